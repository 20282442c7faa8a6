"""Every address of the application says who may call it, and those of the API hold to what they say."""

import app as application
from casework import settings
from casework.web import permissions
from casework.web.permissions import Means


def _application():
    return application.create_app(
        settings.parse({"GONGZHI_DATABASE_URL": "sqlite:///nowhere/never-opened.db", "GONGZHI_DEMO": "1"})
    )


def _rules():
    made = _application()
    return [
        (rule, permissions.of(made.view_functions[rule.endpoint], rule.rule))
        for rule in made.url_map.iter_rules()
    ]


def test_every_route_declares_a_permission():
    silent = [rule.rule for rule, permission in _rules() if permission is None]

    assert silent == []


def test_every_address_under_the_api_asks_for_a_key_with_a_scope_except_its_description():
    public = {"/api/v1/openapi.json", "/api/docs", "/api/docs/style.css"}

    for rule, permission in _rules():
        if rule.rule.startswith("/api/") and rule.rule not in public:
            assert permission is not None
            assert permission.means is Means.SOURCE_KEY, rule.rule
            assert permission.scopes, rule.rule


def test_nothing_that_changes_anything_is_public():
    for rule, permission in _rules():
        if permission is not None and permission.means is Means.PUBLIC:
            assert not {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()), rule.rule


def test_without_a_key_the_api_lets_nobody_in():
    client = _application().test_client()
    # The key ring is never asked without a scheme that it knows, so no database is opened here.
    for rule, permission in _rules():
        if permission is not None and permission.means is Means.SOURCE_KEY:
            address = rule.rule.replace("<case_id>", "x").replace("<crew_id>", "x")
            address = address.replace("<source>", "x").replace("<path:event_id>", "x")
            method = "POST" if "POST" in (rule.methods or set()) else "GET"

            answer = client.open(address, method=method, json={} if method == "POST" else None)

            # GeoReport v2 has 403 for a missing key.
            refused = 403 if rule.rule.startswith("/open311/") else 401
            assert answer.status_code == refused, rule.rule
