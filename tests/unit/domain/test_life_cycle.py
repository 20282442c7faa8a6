"""The life cycle of cases and assignments: what the two tables say, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cases import make_case

from casework.clock import FakeClock
from casework.domain import assignments, errors, life_cycle
from casework.domain.assignments import Assignment, AssignmentState
from casework.domain.cases import CaseStatus, Disposition

NOW = FakeClock()()
LATER = NOW + timedelta(minutes=1)
S = CaseStatus
OFFER = Assignment(
    id="offer",
    case_id="case",
    crew_id="crew",
    state=AssignmentState.OFFERED,
    offered_at=NOW,
    offered_by="system",
    expires_at=LATER,
)
MOVES = {
    "file": (lambda case: life_cycle.file(case, LATER), S.FILED, {S.COLLECTED}),
    "dispatch": (lambda case: life_cycle.dispatch(case, OFFER, LATER), S.DISPATCHED, {S.FILED}),
    "acknowledge": (lambda case: life_cycle.acknowledge(case, OFFER, LATER), S.ACKNOWLEDGED, {S.DISPATCHED}),
    "set_out": (lambda case: life_cycle.set_out(case, OFFER, LATER), S.EN_ROUTE, {S.ACKNOWLEDGED}),
    "arrive": (lambda case: life_cycle.arrive(case, OFFER, LATER), S.ON_SCENE, {S.ACKNOWLEDGED, S.EN_ROUTE}),
    "resolve": (
        lambda case: life_cycle.resolve(case, OFFER, Disposition.RESOLVED, LATER),
        S.RESOLVED,
        {S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE},
    ),
    "give_back": (
        lambda case: life_cycle.give_back(case, OFFER, LATER),
        S.FILED,
        {S.DISPATCHED, S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE},
    ),
    "verify": (lambda case: life_cycle.verify(case, LATER), S.VERIFIED, {S.RESOLVED}),
    "close": (
        lambda case: life_cycle.close(case, Disposition.RESOLVED, LATER),
        S.CLOSED,
        set(S) - {S.CLOSED, S.VOIDED},
    ),
    "void": (
        lambda case: life_cycle.void(case, LATER),
        S.VOIDED,
        {S.COLLECTED, S.FILED, S.DISPATCHED, S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE},
    ),
    "merge": (
        lambda case: life_cycle.merge(case, "other", LATER),
        S.CLOSED,
        set(S) - {S.CLOSED, S.VOIDED},
    ),
    "reopen": (lambda case: life_cycle.reopen(case, LATER), S.FILED, {S.RESOLVED, S.VERIFIED, S.CLOSED}),
}


def test_every_status_stands_in_the_table():
    assert set(life_cycle.TRANSITIONS) == set(CaseStatus)
    assert set(assignments.TRANSITIONS) == set(AssignmentState)


def test_every_status_can_be_reached():
    reached = set().union(*life_cycle.TRANSITIONS.values()) | {S.COLLECTED}

    assert reached == set(CaseStatus)


@pytest.mark.parametrize("status", CaseStatus)
@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_made_from_these_statuses_and_refused_from_all_others(move, status):
    make, reached, allowed = MOVES[move]
    case = make_case(status=status, assigned_to="crew", assignment_id="offer")

    if status in allowed:
        moved = make(case)
        assert (moved.status, moved.changed_at) == (reached, LATER)
    else:
        with pytest.raises(errors.InvalidTransition):
            make(case)


@pytest.mark.parametrize("before", AssignmentState)
@pytest.mark.parametrize("after", AssignmentState)
def test_an_assignment_moves_as_its_table_says(before, after):
    assignment = replace(OFFER, state=before)

    if after in assignments.TRANSITIONS[before]:
        assert assignments.move(assignment, after, LATER).state is after
    else:
        with pytest.raises(errors.Conflict):
            assignments.move(assignment, after, LATER)


def test_what_is_voided_stays_voided():
    assert life_cycle.TRANSITIONS[S.VOIDED] == frozenset()


@pytest.mark.parametrize("status", [S.DISPATCHED, S.ACKNOWLEDGED, S.EN_ROUTE, S.ON_SCENE])
def test_a_case_that_comes_back_remembers_who_left_it(status):
    case = make_case(status=status, assigned_to="crew", assignment_id="offer")

    returned = life_cycle.give_back(case, OFFER, LATER)

    assert (returned.assigned_to, returned.assignment_id, returned.refused_by) == (None, None, {"crew"})


def test_a_crew_that_was_asked_by_mistake_may_be_asked_again():
    case = make_case(status=S.DISPATCHED, assigned_to="crew", assignment_id="offer")

    returned = life_cycle.give_back(case, OFFER, LATER, refused=False)

    assert (returned.status, returned.refused_by) == (S.FILED, frozenset())


def test_another_crew_cannot_answer_for_the_one_that_has_the_case():
    case = make_case(status=S.DISPATCHED, assigned_to="crew", assignment_id="another offer")

    with pytest.raises(errors.AssignedToAnotherCrew):
        life_cycle.acknowledge(case, OFFER, LATER)


def test_a_case_without_a_place_cannot_be_filed():
    with pytest.raises(errors.Conflict):
        life_cycle.file(make_case(status=S.COLLECTED, lat=None, lon=None), LATER)


def test_a_case_taken_up_again_forgets_its_end_and_who_refused_it():
    case = make_case(
        status=S.CLOSED,
        assigned_to="crew",
        assignment_id="offer",
        disposition=Disposition.RESOLVED,
        refused_by=frozenset({"x"}),
    )

    reopened = life_cycle.reopen(case, LATER)

    assert (reopened.disposition, reopened.refused_by, reopened.assigned_to) == (None, frozenset(), None)
    assert reopened.filed_at == LATER
