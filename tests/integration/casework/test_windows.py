"""Rules over several events on a real database: counted once, in order, across kills and workers."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cast
import pytest

from casework.domain import errors
from casework.domain.events import NewEvent
from casework.domain.places import Asset
from casework.services import acting, recalling, triage
from casework.store.columns import dumps
from rules.matcher import build_matcher
from rules.packs import load_packs

CHILD = Path(__file__).parents[2] / "support" / "judging_child.py"
PACK = """
id: watched
title: {zh: 观察, en: Watched}
owner: the duty desk
"""
EVENTS = """
events:
  detection:
    party: {type: text}
lookups:
  asset.contact: {type: text}
  history.cases: {type: number, counts: cases, category: watched, within: 90 d, radius: 200 m}
  history.points: {type: number, counts: points, of: party, within: 365 d}
"""
CATEGORIES = """
watched:
  title: {zh: 观察, en: Watched}
  capabilities: [drainage]
  grouping: {radius: 1 m, within: 1 s}
  escalation: watched
"""
ESCALATION = "watched: {steps: [{of: dispatch, kind: over, notify: shift_lead}]}\n"
MESSAGES = """
mend_it: {zh: "请在{minutes}分钟内处理{asset.name}", en: "Please mend {asset.name} in {minutes} minutes"}
seen: {zh: "{label}", en: "{label} seen"}
"""
RULES = """
- id: three-leaks
  title: {zh: 三, en: Three}
  when: {event: reading, field: quantity, equals: leak}
  window: {by: [subject], count: {at_least: 3, within: 10 min}}
  then: [{do: open_case, category: watched, group_by: [subject], group_within: 1 h}]
  examples:
    - events:
        - {at: 0 s, given: {subject: a, quantity: leak}}
        - {at: 1 s, given: {subject: a, quantity: leak}}
        - {at: 2 s, given: {subject: a, quantity: leak}, expect: [open_case]}
    - events: [{at: 0 s, given: {subject: a, quantity: leak}}]
- id: silent
  title: {zh: 静, en: Silent}
  when: {event: reading, field: quantity, equals: heartbeat}
  window: {by: [subject], absent: {for: 10 min}}
  then: [{do: open_case, category: watched}]
  examples:
    - events: [{at: 0 s, given: {subject: a, quantity: heartbeat}}, {at: 11 min, expect: [open_case]}]
    - events: [{at: 0 s, given: {subject: a, quantity: heartbeat}}, {at: 10 min}]
- id: late
  title: {zh: 迟, en: Late}
  when: {event: reading, field: quantity, equals: late}
  window: {by: [subject], tolerance: 30 s, then: [{field: quantity, equals: later, within: 5 min}]}
  then: [{do: open_case, category: watched}]
  examples:
    - events:
        - {at: 0 s, given: {subject: a, quantity: late}}
        - {at: 9 s, given: {subject: a, quantity: later}, expect: [open_case]}
    - events: [{at: 0 s, given: {subject: a, quantity: later}}]
- id: blocked
  title: {zh: 堵, en: Blocked}
  when: {event: detection, field: label, equals: blocked}
  window: {by: [subject], clears: {field: label, equals: free}}
  then:
    - {do: warn, to: asset.contact, message: mend_it, wait: 10 min}
    - {do: open_case, category: watched}
  examples:
    - events: [{at: 0 s, given: {subject: a, label: blocked}, expect: [warn, open_case]}]
    - events: [{at: 0 s, given: {subject: a, label: free}}]
- id: loud
  title: {zh: 吵, en: Loud}
  when: {event: detection, field: label, equals: loud}
  window: {by: [subject], clears: {field: label, equals: quiet}}
  then: [{do: open_case, category: watched, group_by: [subject]}]
  examples:
    - events: [{at: 0 s, given: {subject: a, label: loud}, expect: [open_case]}]
    - events: [{at: 0 s, given: {subject: a, label: quiet}}]
- id: noticed
  title: {zh: 见, en: Noticed}
  when: {event: detection, field: label, equals: noticed}
  cool_down: {for: 30 min, by: [subject]}
  then:
    - {do: add_points, to: party, points: 3}
    - {do: start_plan, plan: sweep-up}
    - {do: set_asset_state, state: dirty}
    - {do: webhook, hook: city, body: {what: "{label} at {asset.name}"}}
  examples:
    - {given: {label: noticed}, expect: [add_points, start_plan, set_asset_state, webhook]}
    - {given: {label: other}, expect: []}
- id: again
  title: {zh: 又, en: Again}
  when:
    event: detection
    all:
      - {field: label, equals: again}
      - {field: history.cases, at_least: 1}
      - {field: history.points, at_least: 3}
  then: [{do: open_case, category: watched, group_by: [label]}]
  examples:
    - {given: {label: again, history: {cases: 1, points: 3}}, expect: [open_case]}
    - {given: {label: again, history: {cases: 1}}, expect: []}
- id: flood
  title: {zh: 多, en: Many}
  when: {event: detection, field: label, equals: many}
  limit: {cases: 2, within: 1 h}
  then: [{do: open_case, category: watched, group_by: [subject]}]
  examples:
    - {given: {label: many}, expect: [open_case]}
    - {given: {label: other}, expect: []}
"""


@pytest.fixture(scope="session")
def watched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs") / "watched"
    (folder / "rules").mkdir(parents=True)
    parts = {"pack": PACK, "events": EVENTS, "categories": CATEGORIES, "escalation": ESCALATION}
    for name, text in {**parts, "messages": MESSAGES}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "rules" / "watched.yaml").write_text(RULES, encoding="utf-8")
    return folder


@pytest.fixture
def house(town, watched):
    catalogue = load_packs([cast.SMALL_TOWN, watched])
    return replace(
        town.house,
        catalogue=catalogue,
        matcher=build_matcher(catalogue, prefer="plain"),
        channels={**town.house.channels, "webhook": town.house.channels["console"]},
        hooks={"city": "http://127.0.0.1:9/rules"},
    )


class Bench:
    """Sends events of one town through the rules above, and lets its time pass."""

    def __init__(self, town, house, sent=0):
        self.town, self.house = town, house
        self._sent = sent

    def send(self, kind, data, *, subject="gauge", ago=0):
        self._sent += 1
        now = self.town.clock()
        event = NewEvent(
            source="gauges",
            event_id=f"e{self._sent}",
            type=kind,
            subject=subject,
            time=now - timedelta(seconds=ago),
            received_at=now,
            body=dumps(data),
        )
        self.town.runtime.inbox.put([event], [])
        return f"e{self._sent}"

    def reading(self, quantity, **options):
        return self.send("reading", {"quantity": quantity, "value": 1}, **options)

    def asset(self, asset_id, name, **attributes):
        """Register a part of the town and answer its id."""
        asset = Asset(
            id=asset_id,
            kind="shop",
            name_zh=name,
            name_en=name,
            lat=cast.SQUARE[0],
            lon=cast.SQUARE[1],
            area_id=None,
            attributes=attributes,
        )
        with self.town.uows() as uow:
            uow.registers.add_assets([asset])
            uow.commit()
        return asset_id

    def judge(self):
        while triage.judge_waiting(self.town.uows, self.house, self.town.clock):
            pass

    def wait(self, **span):
        self.town.clock.advance(**span)
        return triage.pass_time(self.town.uows, self.house, self.town.clock)

    def cases(self, rule):
        return self.town.rows("cases", rule_id=rule)

    def judgement(self, event_id):
        (event,) = self.town.rows("events", event_id=event_id)
        return self.town.rows("judgements", event_seq=event.seq)[0]


@pytest.fixture
def bench(town, house):
    return Bench(town, house)


def test_the_third_event_within_the_time_opens_one_case_and_says_what_it_counted(bench):
    for _ in range(3):
        last = bench.reading("leak")
        bench.town.clock.advance(minutes=1)
    bench.judge()

    (case,) = bench.cases("three-leaks")
    judged = bench.judgement(last)

    assert judged.case_id == case.id
    (entry,) = [entry for entry in judged.trace["matched"] if entry["rule"] == "three-leaks"]
    assert entry["window"]["counted"] == ["gauges/e1", "gauges/e2", "gauges/e3"]
    assert bench.judgement("e2").trace["unmatched"][-1]["window"]["needs"]["more"] == 1


def test_a_judgement_that_does_not_commit_leaves_nothing_in_the_window(bench):
    class Breaks(Exception):
        pass

    def uows(*, reading=False):
        uow = bench.town.uows(reading=reading)
        if not reading:
            uow.commit = _raise(Breaks)
        return uow

    bench.reading("leak")
    with pytest.raises(Breaks):
        triage.judge_waiting(uows, bench.house, bench.town.clock)
    assert bench.town.rows("windows") == []

    bench.judge()
    (row,) = bench.town.rows("windows")
    assert len(row.state["memory"]) == 1


def _raise(error):
    def commit():
        raise error

    return commit


def test_a_new_process_goes_on_counting_where_the_last_one_ended(bench, house):
    bench.reading("leak")
    bench.reading("leak")
    bench.judge()

    again = Bench(bench.town, house, sent=2)
    again.reading("leak")
    again.judge()

    assert len(again.cases("three-leaks")) == 1


def test_an_absence_is_noticed_once_at_its_time_however_many_look(bench):
    bench.reading("heartbeat")
    bench.judge()

    assert bench.wait(minutes=10) == 0
    bench.town.clock.advance(seconds=1)
    threads = [
        threading.Thread(target=triage.pass_time, args=(bench.town.uows, bench.house, bench.town.clock))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.wait(hours=1)

    (case,) = bench.cases("silent")
    judged = bench.judgement("e1")
    assert (judged.case_id, judged.outcome) == (case.id, "case")
    assert judged.trace["matched"][-1]["window"]["after"] == "gauges/e1"
    assert judged.trace["unmatched"] == [
        entry for entry in judged.trace["unmatched"] if entry["rule"] != "silent"
    ]


def test_what_is_awaited_and_came_in_time_counts_although_it_is_judged_late(bench):
    bench.reading("heartbeat")
    bench.judge()
    bench.town.clock.advance(minutes=9)
    bench.reading("heartbeat")  # it waits in the inbox while the time runs out

    assert bench.wait(minutes=5) == 0
    bench.judge()
    assert bench.cases("silent") == []

    bench.wait(minutes=6)
    assert len(bench.cases("silent")) == 1


def test_events_late_within_the_tolerance_are_taken_in_order_and_decided_when_time_has_passed(bench):
    bench.reading("later")
    first = bench.reading("late", ago=5)
    bench.judge()
    assert bench.cases("late") == []
    assert "waits_until" in bench.judgement(first).trace["unmatched"][-1]["window"]

    bench.wait(seconds=31)

    (case,) = bench.cases("late")
    assert bench.judgement("e1").case_id == case.id
    assert bench.judgement("e1").outcome == "case"


def test_the_events_of_one_window_are_judged_by_one_worker_at_a_time(bench):
    for _ in range(30):
        bench.reading("leak", subject="a")
        bench.reading("leak", subject="b")
        bench.town.clock.advance(seconds=1)
    threads = [threading.Thread(target=_judge_singly, args=(bench,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.judge()

    counted = [
        entry["window"]["counted"]
        for number in range(1, 61)
        for entry in bench.judgement(f"e{number}").trace["matched"]
        if entry["rule"] == "three-leaks"
    ]

    assert len(bench.cases("three-leaks")) == 2
    assert len(counted) == 56
    assert all(int(names[-1][8:]) - int(names[0][8:]) == 4 for names in counted)


def _judge_singly(bench):
    for _ in range(60):
        triage.judge_waiting(bench.town.uows, bench.house, bench.town.clock, limit=1)


def test_kills_at_any_instant_leave_the_decisions_of_an_uninterrupted_run(bench, watched):
    for _ in range(20):
        bench.reading("leak", subject="a")
        bench.reading("leak", subject="b")
        bench.town.clock.advance(seconds=1)

    for judged in (9, None):
        child = subprocess.Popen(  # noqa: S603  (this interpreter and a file of ours)
            [sys.executable, str(CHILD), bench.town.url, str(watched)], stdout=subprocess.PIPE, text=True
        )
        with child:
            for count, _ in enumerate(child.stdout, 1):
                if count == judged:
                    child.kill()

    counted = [
        [int(name[8:]) for name in entry["window"]["counted"]]
        for number in range(1, 41)
        for entry in bench.judgement(f"e{number}").trace["matched"]
        if entry["rule"] == "three-leaks"
    ]
    assert counted == [[number - 4, number - 2, number] for number in range(5, 41)]
    assert len(bench.cases("three-leaks")) == 2


def test_a_caller_who_waits_has_what_came_before_judged_first(bench):
    bench.reading("leak")
    bench.reading("leak")
    bench.reading("leak")

    case = triage.judge_now("gauges", "e3", uows=bench.town.uows, house=bench.house, clock=bench.town.clock)

    assert case is not None
    assert bench.judgement("e1").outcome == "unmatched"


def test_a_warning_comes_first_and_the_case_only_when_nothing_was_mended(bench):
    shop = bench.asset("shop", "the shop", contact=cast.OUTSIDER)
    blocked = {"label": "blocked", "confidence": 0.9}
    bench.send("detection", blocked, subject=shop)
    bench.judge()
    bench.town.clock.advance(minutes=5)
    bench.send("detection", {"label": "free", "confidence": 0.9}, subject=shop)
    bench.send("detection", blocked, subject=shop)
    bench.judge()
    texts = bench.town.rows("messages", purpose="mend_it")

    assert bench.cases("blocked") == []
    assert [text.address for text in texts] == [cast.OUTSIDER] * 2
    assert "the shop" in texts[0].body
    assert "10" in texts[0].body

    bench.town.clock.advance(minutes=10)
    bench.send("detection", blocked, subject=shop)
    bench.judge()

    assert len(bench.cases("blocked")) == 1
    assert len(bench.town.rows("messages", purpose="mend_it")) == 2


def test_where_nobody_can_be_warned_the_case_is_opened_at_once(bench):
    kiosk = bench.asset("kiosk", "the kiosk")
    bench.send("detection", {"label": "blocked", "confidence": 0.9}, subject=kiosk)
    bench.judge()

    assert len(bench.cases("blocked")) == 1


def test_what_was_before_is_counted_when_a_rule_asks_for_it(bench):
    seen = {"label": "again", "confidence": 1.0, "party": "p1", "lat": cast.SQUARE[0], "lon": cast.SQUARE[1]}
    first = bench.send("detection", seen)
    bench.judge()
    bench.town.clock.advance(days=1)
    bench.send("detection", {**seen, "label": "many"})
    bench.send("detection", {**seen, "label": "noticed"})
    bench.judge()
    second = bench.send("detection", seen)
    elsewhere = bench.send("detection", {**seen, "lat": cast.SQUARE[0] + 0.01})
    bench.judge()

    assert bench.judgement(first).outcome == "unmatched"
    assert len(bench.cases("again")) == 1
    assert bench.judgement(second).outcome == "case"
    assert bench.judgement(elsewhere).outcome == "unmatched"


def test_a_rule_acts_once_in_its_cool_down_and_records_what_it_does(bench):
    shop = bench.asset("shop", "the shop")
    noticed = {"label": "noticed", "confidence": 0.9, "party": "p1"}
    first = bench.send("detection", noticed, subject=shop)
    bench.town.clock.advance(minutes=29)
    second = bench.send("detection", noticed, subject=shop)
    bench.town.clock.advance(minutes=1)
    bench.send("detection", noticed, subject=shop)
    bench.judge()

    assert len(bench.town.rows("plan_starts", plan="sweep-up")) == 2
    assert bench.judgement(second).outcome == "held_back"
    assert "cooling" in bench.judgement(second).trace["done"][0]
    assert bench.town.rows("assets", id=shop)[0].attributes["state"] == "dirty"
    (hook, _) = bench.town.rows("messages", channel="webhook")
    assert hook.address == "http://127.0.0.1:9/rules"
    assert '"what":{"zh"' not in hook.body
    assert "noticed at the shop" in hook.body
    assert bench.judgement(first).outcome == "noted"


def test_a_rule_over_its_limit_pauses_itself_and_tells_its_owner(bench):
    for number in range(4):
        bench.send("detection", {"label": "many", "confidence": 1.0}, subject=f"s{number}")
    bench.judge()

    (alarm,) = bench.town.rows("alarms", kind="rule_paused")
    assert len(bench.cases("flood")) == 2
    assert (alarm.key, alarm.data["owner"]) == ("watched/flood", "the duty desk")
    assert "paused" in bench.judgement("e3").trace["done"][0]
    assert bench.judgement("e4").outcome == "held_back"

    acting.resume("watched/flood", uows=bench.town.uows, clock=bench.town.clock)
    bench.town.clock.advance(hours=1, seconds=1)
    bench.send("detection", {"label": "many", "confidence": 1.0}, subject="s9")
    bench.judge()

    assert len(bench.cases("flood")) == 3
    assert bench.town.rows("alarms", kind="rule_paused")[0].ended_at is not None
    with pytest.raises(errors.NotFound, match="is not paused"):
        acting.resume("watched/flood", uows=bench.town.uows, clock=bench.town.clock)


def test_a_later_version_of_a_paused_rule_begins_anew(bench):
    for number in range(3):
        bench.send("detection", {"label": "many", "confidence": 1.0}, subject=f"s{number}")
    bench.judge()
    later = [replace(rule, version="later") for rule in bench.house.catalogue.rules]

    with bench.town.uows() as uow:
        recalling.tidy(uow, replace(bench.house.catalogue, rules=tuple(later)), bench.town.clock())
        uow.commit()

    assert bench.town.rows("rule_pauses") == []


def test_what_matters_no_more_is_forgotten_and_too_many_keys_are_said_aloud(bench, monkeypatch):
    monkeypatch.setattr(recalling, "KEYS", 2)
    for number in range(4):
        bench.reading("leak", subject=f"s{number}")
        bench.town.clock.advance(seconds=1)
    bench.judge()

    _tidy(bench)
    assert sorted(row.name[-2:] for row in bench.town.rows("windows")) == ["s2", "s3"]
    assert bench.town.rows("alarms", kind="windows_evicted")[0].data["evicted"] == 2

    bench.town.clock.advance(minutes=11)
    _tidy(bench)
    assert bench.town.rows("windows") == []


def test_a_cleared_threshold_is_forgotten_after_an_hour_and_one_that_is_not_is_kept(bench):
    for subject in ("cleared", "open"):
        bench.send("detection", {"label": "loud", "confidence": 1.0}, subject=subject)
    bench.judge()
    bench.send("detection", {"label": "quiet", "confidence": 1.0}, subject="cleared")
    bench.judge()

    bench.town.clock.advance(minutes=61)
    _tidy(bench)

    assert [row.name.partition(":")[2] for row in bench.town.rows("windows")] == ["open"]


def _tidy(bench):
    with bench.town.uows() as uow:
        recalling.tidy(uow, bench.house.catalogue, bench.town.clock())
        uow.commit()
