"""A crew that may hold two cases is given the second one while it works on the first."""

from dataclasses import replace
from datetime import timedelta

import cast
import pytest

from casework.domain.crews import CrewStatus
from casework.services import field_work
from casework.services.field_work import CrewAction, CrewSays


@pytest.fixture
def busy(town):
    """The only crew on duty may hold two cases and is on its way to the first."""
    with town.uows() as uow:
        uow.crews.save(replace(uow.crews.get(town.near.id), capacity=2))
        uow.crews.save(replace(uow.crews.get(town.far.id), status=CrewStatus.OUT_OF_SERVICE))
        uow.commit()
    town.report()
    town.turn()
    first = town.token_of(cast.NEAR_CREW)
    _say(town, first, CrewAction.EN_ROUTE)
    return first


def test_it_is_offered_a_second_case_and_stays_on_its_way(town, busy):
    second = town.report(at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]))
    town.turn()

    assert town.case(second.id).assigned_to == town.near.id
    assert town.crew(town.near).status == "en_route"
    third = town.report(at=(cast.SQUARE[0] - 0.05, cast.SQUARE[1]))
    town.turn()
    assert town.case(third.id).assigned_to is None


def test_the_estimate_of_the_second_case_counts_the_work_on_the_first(town, busy):
    second = town.report(at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]))
    town.turn()

    with town.uows(reading=True) as uow:
        assignment = uow.assignments.get(town.case(second.id).assignment_id)
    assert assignment.eta_s > timedelta(minutes=20).total_seconds()
    assert assignment.explanation["chosen"]["terms"]["queue"] > 1200


def test_when_the_first_is_done_the_crew_shows_what_it_does_for_the_second(town, busy):
    town.report(at=(cast.SQUARE[0] + 0.05, cast.SQUARE[1]))
    town.turn()
    second = town.token_of(cast.NEAR_CREW)
    _say(town, second, CrewAction.ACCEPT)
    assert town.crew(town.near).status == "en_route"

    _say(town, busy, CrewAction.DONE)

    assert town.crew(town.near).status == "acknowledged"
    _say(town, second, CrewAction.DONE)
    assert town.crew(town.near).status == "available"


def _say(town, token, action):
    field_work.act(token, CrewSays(action=action), **town.tools)
