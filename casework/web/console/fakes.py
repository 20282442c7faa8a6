# ruff: noqa: D102  (the Protocols say what these methods are for)
"""A console without a store: the Protocols of the pages, kept in memory, for tests and screenshots."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from casework.analytics import views
from casework.analytics.filters import BoardFilters
from casework.analytics.inbox import EventFilter
from casework.analytics.outlets import CostRow, StandingRow
from casework.clock import Clock
from casework.domain.people import Permission
from casework.web.console import fake_city
from casework.web.console.commands import Done, Refused
from casework.web.console.queries import GeoJson, Viewer
from notifications import previews

EVERYTHING = frozenset(permission.value for permission in Permission)
PAGE = 200


class FakeConsole:
    """Answers as `Queries`, `Commands` and `Gate` in one, over a generated city."""

    def __init__(self, clock: Clock, *, cases: int = 42, crews: int = 60) -> None:
        city = fake_city.make_city(clock(), cases=cases, crews=crews)
        self.clock = clock
        self.cases = {row.id: row for row in city.rows}
        self.team = {crew.code: crew for crew in city.crews}
        self.held = {row.id: row for row in _quarantine(clock)}
        self.log: list[tuple[int, str, str]] = []
        self.undoable: dict[str, views.BoardRow] = {}
        self.seen: set[str] = set()
        self._numbers = itertools.count(1)
        self._sessions: dict[str, Viewer] = {}
        self._people = {
            "dispatcher": Viewer("user-1", "王敏", "dispatcher", EVERYTHING),
            "outsider": Viewer("user-2", "李强", "guest", frozenset()),
        }

    # Gate

    def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        del address
        if name not in self._people or password != "gongzhi":  # noqa: S105  (the fake's one password)
            return None
        session = f"session-{next(self._numbers)}"
        self._sessions[session] = self._people[name]
        return session

    def viewer(self, session: str) -> Viewer | None:
        return self._sessions.get(session)

    def sign_out(self, session: str) -> None:
        self._sessions.pop(session, None)

    # Queries

    def board(
        self, viewer: Viewer, filters: BoardFilters, cursor: str | None, wanted: int = 0
    ) -> views.Board:
        del viewer, wanted
        rows = sorted((row for row in self.cases.values() if self._fits(row, filters)), key=_lateness)
        start = int(cursor or 0)
        more = str(start + PAGE) if len(rows) > start + PAGE else None
        return views.Board(rows[start : start + PAGE], len(rows), self._n, more)

    def rows(self, viewer: Viewer, case_ids: Sequence[str]) -> Sequence[views.BoardRow]:
        del viewer
        return [self.cases[case_id] for case_id in case_ids if case_id in self.cases]

    def case(self, viewer: Viewer, case_id: str) -> views.CasePage | None:
        del viewer
        row = self.cases.get(case_id)
        return None if row is None else _page(row, self.clock, list(self.team.values()))

    def photos(self, viewer: Viewer, case_id: str) -> Sequence[views.CasePhoto]:
        page = self.case(viewer, case_id)
        return page.photos if page else ()

    def case_id_by_number(self, viewer: Viewer, number: int) -> str | None:
        del viewer
        return next((row.id for row in self.cases.values() if row.number == number), None)

    def categories(self) -> Sequence[views.CategoryView]:
        return [category for category, _capability in fake_city.CATEGORIES.values()]

    def streets(self) -> Sequence[views.AreaOption]:
        return [views.AreaOption(zh, {"zh": zh, "en": en}) for zh, en, _lat, _lon in fake_city.STREETS]

    def points(self, viewer: Viewer, case_ids: Sequence[str] | None = None) -> Sequence[views.MapPoint]:
        del viewer
        return [
            views.MapPoint(row.id, row.number, row.title, row.priority, row.lat, row.lon, row.clock)
            for row in self.cases.values()
            if row.lat is not None and row.lon is not None and (case_ids is None or row.id in case_ids)
        ]

    def crews(self, viewer: Viewer, codes: Sequence[str] | None = None) -> Sequence[views.CrewRow]:
        del viewer
        return [crew for crew in self.team.values() if codes is None or crew.code in codes]

    def alarms(self, viewer: Viewer) -> Sequence[views.AlarmLine]:
        del viewer
        lonely = [row for row in self.cases.values() if row.recommended and row.recommended.crew_code is None]
        said = {"zh": "没有可派的队伍", "en": "Nobody can be sent"}
        return [
            views.AlarmLine(row.id, "nobody_able", row.id, row.opened_at, said, row.id, row.number)
            for row in lonely
            if row.id not in self.seen
        ]

    def event(self, viewer: Viewer, seq: int) -> views.EventPage | None:
        found = next((row for row in self.events(viewer, EventFilter(), None).rows if row.seq == seq), None)
        return (
            None
            if found is None
            else views.EventPage(found, None, None, "{}", views.Trace(None, [], [], [], 0))
        )

    def event_types(self, viewer: Viewer) -> Sequence[str]:
        return sorted({row.type for row in self.events(viewer, EventFilter(), None).rows})

    def intake_counts(self, viewer: Viewer) -> views.IntakeCounts:
        del viewer
        return views.IntakeCounts(0, 0, len(self.held))

    def rule_counts(self, viewer: Viewer) -> views.RuleCounts:
        del viewer
        return views.RuleCounts([], 0)

    def events(self, viewer: Viewer, which: EventFilter, cursor: str | None) -> views.Page[views.EventRow]:
        del viewer, which, cursor
        rows = list(self.cases.values())[:24]
        return views.Page([_event(row, index) for index, row in enumerate(rows)], total=len(rows))

    def quarantine(self, viewer: Viewer, cursor: str | None) -> views.Page[views.QuarantineRow]:
        del viewer, cursor
        return views.Page(list(self.held.values()), total=len(self.held))

    def quarantined(self, viewer: Viewer, quarantine_id: str) -> views.QuarantineRow | None:
        del viewer
        return self.held.get(quarantine_id)

    def messages(self, viewer: Viewer, cursor: str | None) -> views.Page[views.MessageRow]:
        del viewer, cursor
        rows = [row for row in self.cases.values() if row.crew is not None][:20]
        return views.Page(
            [_message(row, index, self.clock) for index, row in enumerate(rows)], total=len(rows)
        )

    def outlets(self, viewer: Viewer) -> views.OutletsPage:
        del viewer
        now = self.clock()
        standing = StandingRow(
            channel="sms", provider="twilio", state="half_open", calls=40, failures=21, seen_at=now
        )
        cost = CostRow(
            channel="sms",
            provider="aliyun",
            currency="CNY",
            messages=1204,
            segments=1377,
            amount=61.965,
            unpriced=0,
        )
        texts = {"crew_offer": {"zh": "{category} {place} 接单 {link}", "en": "{category}, {place}: {link}"}}
        return views.OutletsPage(
            since=now, standings=[standing], costs=[cost], previews=list(previews.of_all(texts))
        )

    def changes_since(self, n: int) -> views.Changes:
        later = [entry for entry in self.log if entry[0] > n]
        cases = [key for _n, kind, key in later if kind == "case"]
        return views.Changes(self._n, cases, [key for _n, kind, key in later if kind == "crew"])

    def areas(self) -> GeoJson:
        return fake_city.outlines()

    # Commands

    def dispatch_recommended(self, viewer: Viewer, case_id: str, version: int | None) -> Done:
        row = self._seen(case_id, version)
        if row.recommended is None or row.recommended.crew_code is None:
            raise Refused("nobody_recommended", number=str(row.number))
        return self.assign(viewer, case_id, row.recommended.crew_code, version)

    def assign(self, viewer: Viewer, case_id: str, crew_code: str, version: int | None) -> Done:
        del viewer
        row, crew = self._seen(case_id, version), self.team.get(crew_code.upper())
        if crew is None:
            raise Refused("unknown_crew", status=404, crew=crew_code)
        on_case = views.CrewOnCase(crew.code, crew.name, "notified", self.clock())
        self._change(
            replace(row, status="dispatched", crew=on_case, recommended=None, waiting_for="crew_answer")
        )
        return Done("dispatched", {"number": str(row.number), "crew": crew.code}, row.id, self._keep(row))

    def escalate(self, viewer: Viewer, case_id: str, note: str) -> Done:
        del viewer, note
        row = self._seen(case_id, None)
        self._change(replace(row, priority=max(1, row.priority - 1)))
        return Done("escalated", {"number": str(row.number), "people": "lead"}, row.id)

    def merge(self, viewer: Viewer, case_id: str, into_id: str, version: int | None) -> Done:
        del viewer
        row, target = self._seen(case_id, version), self._seen(into_id, None)
        self._change(replace(target, reporters=target.reporters + row.reporters))
        self._remove(row)
        params = {"number": str(row.number), "into": str(target.number)}
        return Done("merged", params, row.id, self._keep(row))

    def close(self, viewer: Viewer, case_id: str, disposition: str, note: str, version: int | None) -> Done:
        del viewer, note
        row = self._seen(case_id, version)
        self._remove(row)
        return Done(
            "closed", {"number": str(row.number), "disposition": disposition}, row.id, self._keep(row)
        )

    def void(self, viewer: Viewer, case_id: str, reason: str, version: int | None) -> Done:
        del viewer
        if not reason.strip():
            raise Refused("reason_needed", status=422)
        row = self._seen(case_id, version)
        self._remove(row)
        return Done("voided", {"number": str(row.number)}, row.id, self._keep(row))

    def withdraw(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        del viewer, reason
        row = self._seen(case_id, None)
        self._change(replace(row, status="filed", crew=None, waiting_for="dispatch"))
        return Done("withdrawn", {"number": str(row.number)}, row.id)

    def verify(self, viewer: Viewer, case_id: str) -> Done:
        return self._moved(viewer, case_id, "verified", "verified")

    def reopen(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        del reason
        return self._moved(viewer, case_id, "filed", "reopened")

    def pause(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        del reason
        return self._moved(viewer, case_id, "filed", "paused")

    def resume(self, viewer: Viewer, case_id: str) -> Done:
        return self._moved(viewer, case_id, "filed", "resumed")

    def note(self, viewer: Viewer, case_id: str, text: str) -> Done:
        del viewer, text
        return Done("noted", {"number": str(self._seen(case_id, None).number)}, case_id)

    def file(self, viewer: Viewer, case_id: str, lat: float, lon: float, address: str) -> Done:
        del lat, lon, address
        return self._moved(viewer, case_id, "filed", "filed")

    def discard(self, viewer: Viewer, quarantine_id: str) -> Done:
        del viewer
        del self.held[quarantine_id]
        return Done("discarded")

    def _moved(self, viewer: Viewer, case_id: str, status: str, what: str) -> Done:
        del viewer
        row = self._seen(case_id, None)
        self._change(replace(row, status=status))
        return Done(what, {"number": str(row.number)}, row.id)

    def undo(self, viewer: Viewer, token: str) -> Done:
        del viewer
        row = self.undoable.pop(token, None)
        if row is None:
            raise Refused("too_late_to_undo")
        self._change(row)
        return Done("undone", {"number": str(row.number)}, row.id)

    def end_alarms(self, viewer: Viewer, kind: str, keys: Sequence[str]) -> Done:
        del viewer, kind
        self.seen.update(keys)
        return Done("alarm_ended")

    def resubmit(self, viewer: Viewer, quarantine_id: str, text: str) -> Done:
        del viewer
        try:
            json.loads(text)
        except ValueError as error:
            raise Refused("still_invalid", status=422, detail=str(error)) from error
        del self.held[quarantine_id]
        return Done("resubmitted")

    def crew_status(self, viewer: Viewer, crew_code: str, status: str) -> Done:
        del viewer
        crew = self.team.get(crew_code.upper())
        if crew is None:
            raise Refused("unknown_crew", status=404, crew=crew_code)
        self.team[crew.code] = replace(crew, status=status, status_since=self.clock())
        self.log.append((next(self._numbers), "crew", crew.code))
        return Done("crew_status_set", {"crew": crew.code, "status": status})

    # what tests and the simulation of screenshots use

    def open_case(self, row: views.BoardRow) -> None:
        """Let a case appear."""
        self._change(row)

    @property
    def _n(self) -> int:
        return self.log[-1][0] if self.log else 0

    def _seen(self, case_id: str, version: int | None) -> views.BoardRow:
        row = self.cases.get(case_id)
        if row is None:
            raise Refused("unknown_case", status=404)
        if version is not None and version != row.version:
            raise Refused("changed_meanwhile", number=str(row.number))
        return row

    def _change(self, row: views.BoardRow) -> None:
        self.cases[row.id] = replace(row, version=row.version + 1)
        self.log.append((next(self._numbers), "case", row.id))

    def _remove(self, row: views.BoardRow) -> None:
        del self.cases[row.id]
        self.log.append((next(self._numbers), "case", row.id))

    def _keep(self, row: views.BoardRow) -> str:
        token = f"undo-{next(self._numbers)}"
        self.undoable[token] = row
        return token

    def _fits(self, row: views.BoardRow, filters: BoardFilters) -> bool:
        text = filters.text.lower()
        texts = (*row.place.values(), *row.title.values(), *row.area.values())
        words = f"{row.number} {' '.join(texts)}".lower()
        light = views.light_of(row.clock.due_at, row.clock.target_s, self.clock()) if row.clock else ""
        return (
            text in words
            and (filters.priority is None or filters.priority == row.priority)
            and filters.category in {"", row.category.code}
            and filters.status in {"", row.status}
            and filters.light in {"", light}
        )


def _lateness(row: views.BoardRow) -> tuple[float, int]:
    return (row.clock.due_at.timestamp() if row.clock else float("inf"), -row.number)


def _page(row: views.BoardRow, clock: Clock, team: Sequence[views.CrewRow]) -> views.CasePage:
    now, opened = clock(), row.opened_at - timedelta(seconds=40)
    timeline = [
        _entry(1, opened, "reported", "resident", "收到市民上报", "Reported by a resident", "generic:8f21"),
        _entry(
            2,
            opened + timedelta(seconds=6),
            "opened",
            "rule",
            "规则立案",
            "Filed by rule",
            "resident-report v3",
        ),
        _entry(3, row.opened_at, "recommended", "solver", "推荐处置队伍", "Crew recommended", "solver #218"),
    ]
    clocks = [
        views.ClockBar("response", 30, opened, 1, opened + timedelta(seconds=30), (), row.opened_at, 2),
    ]
    if row.clock is not None:
        started = row.clock.due_at - timedelta(seconds=row.clock.target_s)
        pauses = (views.Pause(now - timedelta(seconds=12), 3),) if row.clock.paused else ()
        clocks.append(
            views.ClockBar(row.clock.kind, row.clock.target_s, started, 3, row.clock.due_at, pauses)
        )
    reporters = [
        views.ReporterLine("陈女士", "generic", "zh", opened, row.title["zh"], opened + timedelta(seconds=6)),
        views.ReporterLine("Mr Novak", "twilio", "en", opened + timedelta(seconds=30), row.title["en"], None),
    ]
    actions = {"dispatch", "assign", "escalate", "merge", "close", "void", "note", "pause"}
    if row.recommended is None or row.recommended.crew_code is None:
        actions.discard("dispatch")
    similar = [views.LinkedCase("case-1036", 1036, row.title, 84, opened)]
    sent = [
        views.AssignmentLine(row.crew.code, row.crew.name, row.crew.status, row.crew.since)
        for _ in range(1)
        if row.crew
    ]
    texts = [_message(row, 0, clock)] if row.crew else []
    return views.CasePage(
        row, "K7MPQ2X9RT", row.title["zh"], timeline, clocks, _candidates(row, team), reporters, sent, texts,
        similar, frozenset(actions),
    )  # fmt: skip


def _entry(
    seq: int, at: datetime, kind: str, actor: str, zh: str, en: str, cause: str
) -> views.TimelineEntry:
    return views.TimelineEntry(
        seq, at, kind, {"zh": actor, "en": actor}, {"zh": zh, "en": en}, {"zh": cause, "en": cause}
    )


def _candidates(row: views.BoardRow, team: Sequence[views.CrewRow]) -> Sequence[views.Candidate]:
    chosen = row.recommended.crew_code if row.recommended else None
    lines = []
    for index, crew in enumerate(sorted(team, key=lambda crew: crew.code != chosen)[:6]):
        able = crew.code == chosen or index % 2 == 0
        reason = (
            {"zh": "能力相符, 位置 11 秒前更新", "en": "Able, position 11 s old"}
            if able
            else {"zh": "缺少所需能力", "en": "Lacks the capability"}
        )
        change = (
            None if crew.code == chosen else {"zh": "若更近 0.9 km 则会选中", "en": "Chosen if 0.9 km nearer"}
        )
        eta = 140.0 + 65 * index if able else None
        lines.append(
            views.Candidate(
                crew.code, crew.name, crew.code == chosen, able, eta, 900.0 + 480 * index, [reason], change
            )
        )
    return lines


def _event(row: views.BoardRow, index: int) -> views.EventRow:
    kind = ("report", "reading", "detection")[index % 3]
    state = "dismissed" if index % 7 == 1 else "decided"
    words = (
        {"zh": "立案", "en": "Case opened"}
        if state == "decided"
        else {"zh": "未匹配", "en": "Nothing matched"}
    )
    return views.EventRow(
        9000 - index, f"demo-{kind}", f"e-{9000 - index}", kind, row.opened_at, row.title["zh"], state, words,
        row.id if state == "decided" else None, row.number if state == "decided" else None,
    )  # fmt: skip


def _message(row: views.BoardRow, index: int, clock: Clock) -> views.MessageRow:
    state = ("delivered", "sent", "delivered", "failed", "sending")[index % 5]
    error = (
        {"zh": "号码已退订 (21610)", "en": "Recipient has opted out (21610)"} if state == "failed" else None
    )
    code = row.crew.code if row.crew else ""
    return views.MessageRow(
        f"msg-{row.number}", clock() - timedelta(seconds=20 * index), code, "offer", "console", "zh",
        f"【共治】案件{row.number} {row.title['zh']}, {row.place['zh']}。接单: https://example.test/a/x",
        state, 1 + (state == "failed"), 1, error, row.id, row.number,
    )  # fmt: skip


_WORDS_FOR_A_NUMBER = """{
  "specversion": "1.0",
  "id": "r-77",
  "source": "water-level",
  "type": "reading",
  "data": {"quantity": "water_level", "value": "thirty", "unit": "cm"}
}"""


def _quarantine(clock: Clock) -> Sequence[views.QuarantineRow]:
    return [
        views.QuarantineRow(
            "q-1", "water-level", clock() - timedelta(minutes=3), "r-77", "reading",
            [("data.value", "Not a valid number.")], _WORDS_FOR_A_NUMBER,
        ),
        views.QuarantineRow(
            "q-2", "demo-report", clock() - timedelta(minutes=9), None, "report",
            [("id", "Missing data for required field."), ("data.lat", "Must be between -90 and 90.")],
            '{"specversion": "1.0", "source": "demo-report", "type": "report", "data": {"lat": 300}}',
        ),
    ]  # fmt: skip
