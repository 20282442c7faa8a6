"""Whatever happens in whatever order: the stored clocks are those that the timeline tells of."""

import shutil
import tempfile
from pathlib import Path

import cast
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import migrations
from casework.domain import clocks, errors
from casework.domain.cases import Disposition
from casework.domain.timeline import EntryKind
from casework.services import closing, dispatching, handling

CREWS = st.sampled_from([cast.NEAR_CREW, cast.FAR_CREW])
TAPS = st.sampled_from(["accept", "decline", "en_route", "on_scene", "done", "need_help"])
WAITS = st.sampled_from([1, 20, 45, 61, 300, 1_300])


def _template():
    folder = Path(tempfile.mkdtemp(prefix="gongzhi-property-"))
    migrations.upgrade(f"sqlite:///{folder / 'gongzhi.db'}")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _one_template():
    Day.template = _template()
    yield
    shutil.rmtree(Day.template)


class Day(RuleBasedStateMachine):
    """A day of one case: everybody does what they like, and is refused where it is not allowed."""

    template: Path

    @initialize(category=st.sampled_from(["leak", "lamp", "flood"]), provider=st.booleans())
    def begin(self, category, provider):
        self.folder = Path(tempfile.mkdtemp(prefix="gongzhi-property-"))
        for file in self.template.iterdir():
            shutil.copy(file, self.folder)
        sms = cast.SaysDelivered if provider else cast.NeverDelivers
        self.town = cast.Town(f"sqlite:///{self.folder / 'gongzhi.db'}", sms=sms)
        self.case = self.town.report(category)

    def teardown(self):
        if hasattr(self, "town"):
            self.town.close()
            shutil.rmtree(self.folder)

    def _try(self, deed, *arguments, **named):
        try:
            deed(*arguments, **named)
        except (errors.CaseworkError, IndexError):  # an IndexError: this crew has no text yet
            return

    @property
    def _plain(self):
        return {"uows": self.town.uows, "clock": self.town.clock}

    @rule(seconds=WAITS)
    def time_passes(self, seconds):
        self.town.turn(seconds=seconds)

    @rule(phone=CREWS, action=TAPS)
    def crew_taps(self, phone, action):
        self._try(self.town.tap, phone, action)

    @rule()
    def dispatcher_sends(self):
        self._try(dispatching.dispatch_recommended, self.case.id, actor="user:wang", **self.town.tools)

    @rule()
    def dispatcher_withdraws(self):
        self._try(dispatching.withdraw, self.case.id, actor="user:wang", reason="x", **self.town.tools)

    @rule()
    def dispatcher_pauses(self):
        self._try(handling.pause, self.case.id, actor="user:wang", reason="x", **self._plain)

    @rule()
    def dispatcher_resumes(self):
        self._try(handling.resume, self.case.id, actor="user:wang", **self._plain)

    @rule()
    def dispatcher_verifies(self):
        self._try(closing.verify, self.case.id, actor="user:wang", **self.town.tools)

    @rule(fixed=st.booleans())
    def reporter_answers(self, fixed):
        with self.town.uows() as uow:
            report = uow.reports.of_case(self.case.id)[0]
        self._try(closing.answer_fixed, self.case.id, fixed=fixed, report=report, **self.town.tools)

    @rule()
    def a_neighbour_reports_it_too(self):
        self.town.report(self.case.category, by=cast.NEIGHBOUR)

    @rule(void=st.booleans())
    def dispatcher_ends_it(self, void):
        if void:
            self._try(closing.void, self.case.id, actor="user:wang", reason="x", **self.town.tools)
        else:
            deed = closing.close
            named = {"actor": "user:wang", "note": "", **self.town.tools}
            self._try(deed, self.case.id, Disposition.CANNOT_FIX, **named)

    @invariant()
    def stored_clocks_equal_those_of_the_timeline(self):
        assert _stored(self.town, self.case) == _replayed(self.town, self.case)

    @invariant()
    def a_crew_is_busy_exactly_while_it_has_an_assignment(self):
        with self.town.uows() as uow:
            for crew in uow.crews.all():
                busy = bool(uow.assignments.active_of_crew(crew.id))
                assert busy == (crew.status not in {"available", "out_of_service"})

    @invariant()
    def no_deadline_waits_for_a_clock_that_has_stopped(self):
        stopped = {row.id for row in self.town.clocks(self.case.id) if row.stopped_at is not None}
        waiting = {row.ref for row in self.town.rows("deadlines", kind="clock", state="pending")}

        assert not stopped & waiting

    @invariant()
    def every_running_clock_that_is_not_over_yet_has_its_deadline(self):
        waiting = {row.ref for row in self.town.rows("deadlines", kind="clock", state="pending")}
        with self.town.uows() as uow:
            running = uow.clocks.running(self.case.id)
        late = [clock for clock in running if clock.breached(self.town.clock()) or clock.paused]

        assert {clock.id for clock in running} - {clock.id for clock in late} <= waiting


def _stored(town, case):
    return sorted(
        (
            row.kind,
            row.started_by,
            row.report_id or "",
            row.started_at,
            row.stopped_by,
            row.outcome,
            row.pauses,
        )
        for row in town.clocks(case.id)
    )


def _replayed(town, case):
    with town.uows() as uow:
        reports = [report for report in uow.reports.of_case(case.id) if report.can_be_told]
    known = {}
    for entry in town.entries(case.id):
        running = [clock for clock in known.values() if clock.stopped_at is None]
        awaiting = (
            [report.id for report in reports if report.received_at <= entry.at]
            if entry.kind is EntryKind.CREW_DONE
            else []
        )
        turn = clocks.turn(case, running, entry, awaiting)
        known |= {clock.id: clock for clock in turn.clocks}
    return sorted(
        (
            one.kind,
            one.started_by,
            one.report_id or "",
            one.started_at,
            one.stopped_by,
            one.outcome,
            one.pauses,
        )
        for one in known.values()
    )


TestDay = Day.TestCase
TestDay.settings = settings(
    max_examples=25, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
