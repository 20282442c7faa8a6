"""The workshop: a rule is written in a form, tried, rehearsed, published by two people, rolled back."""

import html
import re
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from casework.domain.cases import Disposition
from casework.jobs import rehearsals
from casework.services import closing
from casework.store import tables
from casework.web.console.bench import Bench

PACK, RULE = "underpass-flooding", "underpass-flooding"


@pytest.fixture
def author(signed_in):
    return signed_in("author", "demo-author")


@pytest.fixture
def lead(signed_in):
    return signed_in("lead", "demo-shift-lead")


@pytest.fixture
def flooded(house):
    """A gauge says that the water stands at 26 cm, then at 31 cm."""
    with house.runtime.reading() as connection:
        rows = connection.execute(sa.select(tables.assets).where(tables.assets.c.senses.is_not(None))).all()
    gauge = rows[0].id
    for value in (26, 31):
        house.send(
            {
                "type": "reading",
                "subject": gauge,
                "data": {"quantity": "water_level", "value": value, "unit": "cm"},
            }
        )
    return gauge


def _begin(person):
    person.get("/rules")
    answer = person.post("/rules/drafts", pack=PACK, rule=RULE)
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("/console")


def _fields(page):
    """What a browser would send of the form as it stands."""
    found = {}
    for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page):
        found[html.unescape(name)] = html.unescape(value)
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', inside)
        first = re.search(r'<option(?: value="([^"]*)")?>([^<]*)', inside)
        took = chosen or first
        found[html.unescape(name)] = (
            html.unescape(took[1] if took[1] is not None else took[2]) if took else ""
        )
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        found[html.unescape(name)] = html.unescape(text).removeprefix("\n")
    return {name: value for name, value in found.items() if name not in {"csrf", "note"}}


def _yaml(page):
    return _fields(page)["text"]


def test_the_form_and_the_yaml_say_the_same_and_change_together(author):
    draft = _begin(author)
    page = author.get(draft)
    fields = _fields(page)

    same = author.post(draft, **fields, op="form", part="1").get_data(as_text=True)
    place = next(name for name, value in fields.items() if name.startswith("v:") and value == "30")
    lower = author.post(draft, **{**fields, place: "25"}, op="form", part="1").get_data(as_text=True)
    back = author.post(
        draft, **{**fields, "text": _yaml(lower)}, op="yaml", part="1"
    ).get_data(as_text=True)  # fmt: skip

    assert _yaml(same) == fields["text"]
    assert "at_least: 25" in _yaml(lower)
    assert _fields(back)[place] == "25"


def test_what_is_wrong_is_shown_with_its_line_and_nothing_is_published(author):
    draft = _begin(author)
    fields = _fields(author.get(draft))
    broken = fields["text"].replace("water_level", "water_lvl", 1).replace("at_least: 30", "at_leest: 30")

    page = author.post(draft, **{**fields, "text": broken}, op="test", part="1").get_data(as_text=True)

    assert "underpass-flooding/rules/underpass-flooding.yaml:" in page
    assert "at_least" in page


def test_a_real_event_becomes_an_example_by_one_click(author, flooded):
    draft = _begin(author)
    page = author.get(draft)
    op = re.search(r'value="(event:-\d+)"', page)[1]

    changed = author.post(draft, **_fields(page), op=op, part="1").get_data(as_text=True)

    examples = [value for name, value in _fields(changed).items() if name.startswith("y:examples/")]
    assert "water_level" in examples[-1]
    assert "expect: []" in examples[-1]


def test_a_draft_is_tested_rehearsed_tried_published_and_rolled_back(house, author, lead, flooded):
    draft = _begin(author)
    fields = _fields(author.get(draft))
    fields["text"] = fields["text"].replace("at_least: 30}", "at_least: 20}").replace("29.9", "19.9")

    tested = author.post(draft, **fields, op="yaml", part="1").get_data(as_text=True)
    fields = _fields(tested)
    tested = author.post(draft, **fields, op="test", part="1").get_data(as_text=True)
    assert "come out as expected" in tested

    asked = author.post(draft, **{**fields, "days": "2"}, op="rehearse")
    at = asked.headers["Location"].removeprefix("/console")
    assert "data-running" in author.get(at)
    rehearsals.run_next(house.runtime, threading.Event())
    assert 'id="chart-data"' in author.get(at)

    fields["changes"] = _fields(author.get(draft))["changes"]
    tried = author.post(draft, **{**fields, "days": "7"}, op="shadow")
    assert tried.status_code == 303
    assert "shadow" in author.get(f"/rules/of/{PACK}/{RULE}")

    lead.get("/rules")
    published = lead.post(f"{draft}/publish", note="gauges are slow")
    assert published.status_code == 303
    page = lead.get(f"/rules/of/{PACK}/{RULE}")
    assert "gauges are slow" in page
    back = re.search(r'action="/console(/rules/versions/[^"]+/roll-back)"', page)[1]
    assert lead.post(back).status_code == 303
    assert "rolled back" in lead.get(f"/rules/of/{PACK}/{RULE}")


def test_a_dispatcher_reads_rules_and_changes_none(signed_in):
    person = signed_in("dispatcher", "demo-dispatcher")
    person.get("/rules")
    person.get(f"/rules/of/{PACK}/{RULE}")

    assert person.post("/rules/drafts", pack=PACK, rule=RULE).status_code == 403


def test_a_second_person_approves_where_that_is_set(house, author, lead):
    strict = replace(house.runtime.settings, rule_approval=True)
    house.app.extensions["gongzhi.bench"] = Bench(lambda: replace(house.runtime, settings=strict))
    draft = _begin(author)
    fields = _fields(author.get(draft))
    fields["text"] = fields["text"].replace("at_least: 30}", "at_least: 20}").replace("29.9", "19.9")
    fields = _fields(author.post(draft, **fields, op="yaml", part="1").get_data(as_text=True))
    proposed = author.post(draft, **fields, op="propose")
    alone = author.post(f"{draft}/publish")
    lead.get("/rules")
    approved = lead.post(f"{draft}/publish")
    page = lead.get(f"/rules/of/{PACK}/{RULE}")

    assert (proposed.status_code, alone.status_code, approved.status_code) == (303, 409, 303)
    assert "author + lead" in page


def test_precision_is_shown_and_a_finding_corrected(house, lead, flooded):
    with house.runtime.uows(reading=True) as uow:
        event = next(iter(_events(house)))
        case = uow.cases.find_by_event(event.source, event.event_id)
    closing.close(
        case.id, Disposition.UNFOUNDED, actor="user:lead", note="", uows=house.runtime.uows,
        house=house.runtime.house(), clock=house.clock,
    )  # fmt: skip

    page = lead.get("/rules/precision?by=device")
    assert flooded in page
    assert "0 %" in page
    lead.post(f"/rules/findings/{case.id}", found="yes", note="it had drained off")
    assert "100 %" in lead.get("/rules/precision")
    lead.post("/rules/devices", source="demo-residents", device=flooded, weak="yes", reason="dirty")
    assert "opens no case alone" in lead.get("/rules/precision?by=device")


def _events(house):
    with house.runtime.reading() as connection:
        rows = connection.execute(tables.events.select().where(tables.events.c.type == "reading")).all()
    return [row for row in rows if '"value":31' in row.body]
