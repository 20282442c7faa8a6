"""What the pages are protected by."""

import re
from pathlib import Path

import pytest

from casework.web import console
from casework.web.console import permissions

ROOM = Path(console.__file__).parent


def test_every_route_says_who_may_call_it(app):
    silent = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
        and rule.endpoint != "console.static"
        and not hasattr(app.view_functions[rule.endpoint], "permission")
    ]

    assert silent == []


def test_only_signing_in_and_choices_are_public(app):
    public = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "permission", "") == permissions.PUBLIC
    }

    assert public == {"console.sign_in", "console.sign_out", "console.preferences", "console.nowhere"}


def test_a_person_without_the_permission_is_refused(outsider, city):
    assert outsider.get("/").status_code == 403
    assert outsider.post("/cases/case-1042/dispatch").status_code == 403
    assert city.cases["case-1042"].crew is None


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_change_without_the_token_is_refused(dispatcher, city, token):
    dispatcher.token = token

    assert dispatcher.post("/cases/case-1042/dispatch").status_code == 403
    assert city.cases["case-1042"].crew is None


def test_a_token_of_one_browser_is_worth_nothing_in_another(dispatcher, stranger, city):
    dispatcher.token = stranger.token

    assert dispatcher.post("/cases/case-1042/dispatch").status_code == 403
    assert city.cases["case-1042"].crew is None


def test_a_change_that_another_site_caused_is_refused_though_its_token_is_right(dispatcher):
    answer = dispatcher.client.post(
        "/console/cases/case-1042/dispatch",
        data={"csrf": dispatcher.token},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


def test_pages_are_never_kept_and_name_every_protection(dispatcher):
    headers = dispatcher.get("/").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_vendored_files_are_kept_for_a_year_and_our_own_are_asked_for_each_time(dispatcher):
    vendored = dispatcher.get("/static/vendor/htmx-4.0.1/htmx.min.js")
    own = dispatcher.get("/static/css/base.css")

    assert "immutable" in vendored.headers["Cache-Control"]
    assert own.headers["Cache-Control"] == "no-cache"
    vendored.close()
    own.close()


def test_cookies_are_hidden_from_scripts_and_from_other_sites(stranger):
    answer = stranger.post("/sign-in", accept="text/html", name="dispatcher", password="gongzhi")

    session = next(
        cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("gz_session")
    )
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Path=/console" in session


@pytest.mark.parametrize("path", ["/", "/cases/case-1042", "/crews", "/intake", "/messages", "/help"])
def test_no_page_asks_another_host_for_anything(dispatcher, path):
    page = dispatcher.get(path).text

    assert re.findall(r'(?:src|href|action)="(?!/console|#|\?)[^"]*"', page) == []


def test_no_template_carries_script_or_style_that_the_policy_would_stop():
    for template in (ROOM / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"\son\w+=|\sstyle=|<style|hx-on", text), template.name
        assert not re.search(r"<script(?! src=| type=\"application/json\")", text), template.name


def test_a_script_without_a_session_hears_401_and_no_sign_in_page(stranger):
    answer = stranger.client.get("/console/changes", headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
