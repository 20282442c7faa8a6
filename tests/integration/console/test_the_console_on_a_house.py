"""The console shows what the database holds, and what it orders happens there: on SQLite and PostgreSQL."""

import re
from dataclasses import replace

import pytest

from casework.analytics import board, health
from casework.analytics.changes import Watcher
from casework.services import field_work

NOISE = {"text": "工地夜间施工,打桩声吵得睡不着", "category": "noise"}


def first_case(page):
    return re.search(
        r'<tr id="([0-9a-f-]{36})" data-id="[^"]+" data-number="(\d+)" data-version="(\d+)"', page
    )


@pytest.fixture
def noisy(house, dispatcher):
    house.report(**NOISE)
    return first_case(dispatcher.get("/"))


def test_a_report_stands_on_the_board_with_its_clock_and_a_recommended_crew(house, dispatcher):
    house.report(**NOISE)

    page = dispatcher.get("/")

    assert "打桩声" in page
    assert "data-due=" in page
    assert 'data-verb="dispatch"' in page


def test_the_case_page_tells_its_story_its_clocks_and_who_was_looked_at(noisy, dispatcher):
    page = dispatcher.get(f"/cases/{noisy[1]}")

    assert "Report received" in page
    assert "Filed" in page
    assert "started by" in page
    assert "chosen" in page
    assert "could not go" in page


def test_one_key_sends_the_recommended_crew_and_its_row_says_so(noisy, house, dispatcher):
    answer = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3])
    house.worker.run_once()

    assert answer.json["ok"], answer.json
    assert "dispatched" in dispatcher.get(f"/rows?ids={noisy[1]}")
    assert "The offer was sent" in dispatcher.get(f"/cases/{noisy[1]}")


def test_an_offer_that_nobody_answered_can_be_taken_back_and_one_that_was_cannot(noisy, house, dispatcher):
    sent = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3]).json

    taken_back = dispatcher.post("/undo", token=sent["undo"]).json
    again = dispatcher.post("/undo", token=sent["undo"]).json

    assert taken_back["ok"], taken_back
    assert "before crew" in taken_back["message"]
    assert not again["ok"]


def test_an_undone_crew_is_recommended_again(noisy, house, dispatcher):
    sent = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3]).json
    dispatcher.post("/undo", token=sent["undo"])
    house.worker.run_once()

    again = dispatcher.post(f"/cases/{noisy[1]}/dispatch").json

    assert again["ok"], again
    assert again["crew"] == sent["crew"]


def test_a_crew_that_accepted_meanwhile_keeps_the_case(noisy, house, dispatcher):
    sent = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3]).json
    with house.runtime.uows(reading=True) as uow:
        crew = uow.crews.find_by_code(sent["crew"])
    says = field_work.CrewSays(action=field_work.CrewAction.ACCEPT)
    field_work.act_as_crew(
        crew.id, says, uows=house.runtime.uows, house=house.runtime.house(), clock=house.clock
    )

    answer = dispatcher.post("/undo", token=sent["undo"])

    assert answer.status_code == 409
    assert "too late" in answer.json["message"]


def test_an_order_brings_the_row_that_it_changed(noisy, dispatcher):
    sent = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3]).json

    assert f'id="{noisy[1]}"' in sent["rows"]
    assert f'id="chip-{sent["crew"]}"' in sent["rows"]
    assert 'data-verb="dispatch"' not in sent["rows"]


def test_an_alarm_that_was_seen_leaves_the_strip(house, dispatcher):
    with house.runtime.uows() as uow:
        uow.alarms.raise_("rule_notice", "pump", house.clock(), {"message": "pump_check"})
        uow.commit()
    shown = dispatcher.get("/alarms")

    seen = dispatcher.post("/alarms/end", kind="rule_notice", key="pump").json
    again = dispatcher.post("/alarms/end", kind="rule_notice", key="pump").json

    assert 'value="pump"' in shown
    assert seen["ok"], seen
    assert again["ok"], again
    assert 'value="pump"' not in dispatcher.get("/alarms")


def test_undo_lasts_a_short_while(noisy, house, dispatcher):
    sent = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3]).json

    house.clock.advance(seconds=21)

    assert dispatcher.post("/undo", token=sent["undo"]).status_code == 409


def test_a_forged_undo_token_is_refused(dispatcher, noisy):
    assert dispatcher.post("/undo", token="e30=.0000").status_code == 409


def test_an_order_on_an_older_state_is_refused(noisy, dispatcher):
    answer = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version="0")

    assert answer.status_code == 409
    assert "changed meanwhile" in answer.json["message"]


def test_a_paused_case_stands_still_on_the_board_until_it_is_resumed(noisy, dispatcher):
    dispatcher.post(f"/cases/{noisy[1]}/pause", reason="waiting for the police")
    paused = dispatcher.get("/")
    dispatcher.post(f"/cases/{noisy[1]}/resume")

    assert 'data-light="paused"' in paused
    assert 'data-light="paused"' not in dispatcher.get("/")
    assert "waiting for the police" in dispatcher.get(f"/cases/{noisy[1]}")


def test_a_closed_case_leaves_the_board_and_can_be_opened_again(noisy, dispatcher):
    closed = dispatcher.post(
        f"/cases/{noisy[1]}/close", disposition="unfounded", note="", version=noisy[3]
    ).json
    gone = dispatcher.get(f"/rows?ids={noisy[1]}")
    back = dispatcher.post("/undo", token=closed["undo"]).json

    assert noisy[1] not in gone
    assert back["ok"], back
    assert noisy[1] in dispatcher.get(f"/rows?ids={noisy[1]}")


def test_voiding_needs_a_reason(noisy, dispatcher):
    assert dispatcher.post(f"/cases/{noisy[1]}/void", reason=" ").status_code == 422


def test_a_case_without_a_place_is_filed_with_one(house, dispatcher):
    house.report(**NOISE, lat=None, lon=None)
    case = first_case(dispatcher.get("/"))

    unclear = dispatcher.post(f"/cases/{case[1]}/file", place="behind the school")
    filed = dispatcher.post(f"/cases/{case[1]}/file", place="30.3201 120.1402", address="Lishui Road 1")

    assert unclear.status_code == 422
    assert filed.json["ok"], filed.json
    assert "Lishui Road 1" in dispatcher.get("/")


def test_what_is_late_first_stands_on_top(house, dispatcher):
    house.report(**NOISE)
    house.clock.advance(seconds=30)
    house.report(text="路灯不亮", category="street_light", lat=30.33, lon=120.15)

    page = dispatcher.get("/")

    assert page.index("打桩声") < page.index("路灯不亮")


@pytest.mark.parametrize(
    ("query", "is_there"), [("q=打桩", True), ("q=nothing", False), ("priority=1", False)]
)
def test_filters_narrow_the_board(noisy, dispatcher, query, is_there):
    assert (noisy[1] in dispatcher.get(f"/?{query}")) is is_there


def test_numbers_of_residents_are_masked_everywhere(noisy, house, dispatcher):
    pages = [dispatcher.get(path) for path in ("/messages", f"/cases/{noisy[1]}", "/")]

    assert not any("2600002001" in page for page in pages)


def test_an_event_tells_which_rules_held_and_why(noisy, dispatcher):
    listed = dispatcher.get("/intake")

    page = dispatcher.get(re.search(r'/console(/intake/events/\d+)"', listed)[1])

    assert 'class="rule-trace" data-held="yes"' in page
    assert "category is noise (it was noise)" in page
    assert "opened a case" in page
    assert "did not hold" in page
    assert "it would have to" in page


def test_events_that_no_rule_matched_have_their_list_and_count_and_open_their_trace(house, dispatcher, noisy):
    house.send({"type": "reading", "data": {"quantity": "water_level", "value": 1, "unit": "cm"}})

    listed = dispatcher.get("/intake?outcome=unmatched")
    [trace] = set(re.findall(r'href="/console(/intake/events/\d+)"', listed))
    page = dispatcher.get(trace)

    assert re.search(
        r'outcome=unmatched" aria-current="page">No rule matched <span class="badge">1</span>', listed
    )
    assert "did not hold" in page
    assert "it would have to" in page
    assert trace not in dispatcher.get("/intake?outcome=case")
    assert trace in dispatcher.get("/intake?type=reading")
    assert trace not in dispatcher.get("/intake?type=report&source=demo-residents")


def test_an_event_that_could_not_be_judged_says_why_and_is_counted(house, dispatcher, noisy):
    odd = {
        "specversion": "1.0",
        "id": "odd-1",
        "source": "demo-residents",
        "type": "report",
        "data": {"text": "?"},
    }
    house.runtime.inbox.put([house.runtime.read(odd, "demo-residents")], [])
    with house.runtime.uows() as uow:
        [event] = uow.events.take(1)
        uow.events.fail(replace(event, attempts=99), "ValueError: no such unit", house.clock())
        uow.commit()

    listed = dispatcher.get("/intake?outcome=failed")
    page = dispatcher.get(re.search(r'href="/console(/intake/events/\d+)"', listed)[1])

    assert re.search(r'aria-current="page">Could not be judged <span class="badge">1</span>', listed)
    assert "ValueError: no such unit" in page


def test_each_rule_tells_what_it_led_to_and_opens_its_events(house, dispatcher, noisy):
    listed = dispatcher.get("/intake/rules")

    cases = re.search(r'href="/console(/intake\?rule=[^"]+)">(\d+)</a>', listed)
    assert cases[2] == "1"
    assert re.search(r'href="/console/intake/events/\d+"', dispatcher.get(cases[1]))
    with house.runtime.reading() as connection:
        counts = health.count(connection)
    assert counts.rules == {cases[1].rpartition("=")[2]: 1}


def test_a_crew_is_taken_out_of_service_and_put_back(house, dispatcher):
    out = dispatcher.post("/crews/D01/status", status="out_of_service").json
    back = dispatcher.post("/undo", token=out["undo"]).json
    on_scene = dispatcher.post("/crews/D01/status", status="on_scene")

    assert out["ok"], out
    assert back["ok"], back
    assert on_scene.status_code == 422


def test_the_maps_know_every_open_case_and_the_outlines(noisy, dispatcher):
    shown = dispatcher.client.get("/console/map/cases").json
    areas = dispatcher.client.get("/console/map/areas.geojson").json

    [(case_id, number, lon, lat, priority, title, due_s, target_s)] = shown["cases"]
    assert (case_id, number, lon, lat) == (noisy[1], 1001, 120.1402, 30.3201)
    assert shown["titles"][title] == NOISE["text"]
    assert priority in {1, 2, 3, 4}
    assert 0 < due_s <= target_s
    assert {feature["properties"]["level"] for feature in areas["features"]} == {"street"}


def test_the_map_asks_again_only_for_the_cases_that_changed(dispatcher, noisy):
    one = dispatcher.client.get(f"/console/map/cases?ids={noisy[1]},another").json
    dispatcher.post(f"/cases/{noisy[1]}/void", reason="a test")
    ended = dispatcher.client.get(f"/console/map/cases?ids={noisy[1]}").json

    assert [case[0] for case in one["cases"]] == [noisy[1]]
    assert ended["cases"] == []


def test_a_refusal_brings_the_row_as_it_stands_so_that_the_page_can_turn_back(dispatcher, noisy):
    refused = dispatcher.post(f"/cases/{noisy[1]}/dispatch", version="99")

    assert refused.status_code == 409
    assert "1001" in refused.json["message"]
    assert f'id="{noisy[1]}"' in refused.json["rows"]
    assert 'data-verb="dispatch"' in refused.json["rows"]


def test_the_queue_comes_a_page_at_a_time_and_a_longer_page_where_one_is_shown(
    house, dispatcher, noisy, monkeypatch
):
    monkeypatch.setattr(board, "PAGE", 1)
    house.report("路灯不亮", lat=30.33, lon=120.15, category="street_light")

    first = dispatcher.get("/")
    further = re.search(r'class="more"><a href="/console([^"]+)"', first)[1].replace("&amp;", "&")
    second = dispatcher.get(further)
    both = dispatcher.get("/?rows=2")

    numbers = [re.findall(r'data-number="(\d+)"', page) for page in (first, second, both)]
    assert sorted(numbers[0] + numbers[1]) == sorted(numbers[2])
    assert len(numbers[0]) == len(numbers[1]) == 1


def test_changes_are_seen_once_and_named_by_case_and_crew(house, dispatcher, noisy):
    watch = Watcher(house.runtime.reading, house.clock)
    began = watch(0).n
    silent = watch(began)

    house.clock.advance(seconds=1)
    dispatcher.post(f"/cases/{noisy[1]}/dispatch", version=noisy[3])
    changed = watch(began)
    after = watch(changed.n)

    assert silent.n == began
    assert noisy[1] in changed.cases
    assert len(changed.crews) == 1
    assert after.n == changed.n


def test_a_late_number_of_the_timeline_is_not_missed(house, dispatcher, noisy):
    watch = Watcher(house.runtime.reading, house.clock)
    n = watch(0).n
    watch._holes = {1: house.clock()}  # noqa: SLF001  (as if entry 1 had not been visible when a later one was)

    assert noisy[1] in watch(n).cases


def test_somebody_who_asks_later_is_told_what_changed_since(house, dispatcher, noisy):
    told = dispatcher.client.get(f"/console/changes?after={int(house.clock().timestamp() * 1000)}").json

    assert noisy[1] in told["cases"]


def test_guessing_a_password_is_stopped(house):
    stranger = house.app.test_client()
    page = stranger.get("/console/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf" content="(\w+)"', page)[1]

    answers = [
        stranger.post(
            "/console/sign-in", data={"csrf": token, "name": "lead", "password": "wrong"}
        ).status_code
        for _ in range(9)
    ]

    assert answers == [401] * 8 + [429]


def test_a_rule_author_may_look_but_not_send(house, noisy):
    author = house.app.test_client()
    page = author.get("/console/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf" content="(\w+)"', page)[1]
    author.post("/console/sign-in", data={"csrf": token, "name": "author", "password": "demo-author"})
    page = author.get("/console/").get_data(as_text=True)
    token = re.search(r'name="csrf" content="(\w+)"', page)[1]

    answer = author.post(f"/console/cases/{noisy[1]}/dispatch", data={"csrf": token})

    assert answer.status_code == 403
