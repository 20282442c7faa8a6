"""Trips that ended on scene teach the next start of the house by how much estimates are off."""

from dataclasses import replace

import cast
import numpy as np

from casework.analytics import finished_trips
from casework.domain.crews import CrewStatus
from casework.services import field_work
from routing import learning


def test_a_finished_trip_is_told_from_the_order_to_the_arrival_beside_its_estimate(town):
    case = town.report()
    town.turn()
    town.finish()

    with town.runtime.reading() as connection:
        [trip] = finished_trips.listed(connection, town.clock(), town.clock().tzinfo, lambda area: area)

    assignment = town.assignment(town.case(case.id).assignment_id)
    assert trip.took_s == (assignment.on_scene_at - assignment.offered_at).total_seconds()
    assert (trip.estimated_s, trip.source) == (assignment.eta_s, "distance")
    assert trip.hour == assignment.offered_at.hour


def test_a_house_with_enough_slow_trips_behind_it_starts_with_longer_estimates(town):
    with town.uows() as uow:
        uow.crews.save(replace(uow.crews.get(town.far.id), status=CrewStatus.OUT_OF_SERVICE))
        uow.commit()
    for number in range(learning.FEWEST):
        field_work.report_position(town.near.id, *cast.SQUARE, town.clock(), uows=town.uows)
        town.report(at=(cast.SQUARE[0] + number / 500, cast.SQUARE[1]))
        town.turn()
        town.clock.advance(minutes=5)
        town.finish()
    field_work.report_position(town.near.id, *cast.SQUARE, town.clock(), uows=town.uows)
    case = town.report(at=(cast.SQUARE[0] - 0.01, cast.SQUARE[1]))
    town.turn()
    before = town.assignment(town.case(case.id).assignment_id)

    reborn = cast.Town(town.url, populate=False)
    try:
        source = reborn.house.travel.sources(np.array([cast.SQUARE]), reborn.clock())
    finally:
        reborn.close()

    assert before.eta_source == "distance"
    assert source[0].startswith("distance x")
