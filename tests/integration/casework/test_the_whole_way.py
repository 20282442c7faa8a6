"""From a report to a closed case, and back again when the reporter says no."""

import cast

from casework.services import closing


def test_a_report_is_offered_done_asked_about_and_closed_by_a_yes(town):
    case = town.report()
    town.turn()
    town.finish()
    town.turn()

    closing.answer_fixed(case.id, fixed=True, report=_report_of(town, case), **town.tools)

    assert town.case(case.id).status == "closed"
    assert [row.outcome for row in town.clocks(case.id)] == ["reached"] * 5
    assert town.open_alarms() == set()


def test_every_reporter_of_one_case_is_told_in_turn(town):
    case = town.report(by=cast.RESIDENT)
    joined = town.report(by=cast.NEIGHBOUR, at=(cast.SQUARE[0] + 0.0003, cast.SQUARE[1]))
    town.turn()
    town.finish()
    town.turn()

    assert joined.id == case.id
    assert town.case(case.id).reporters == 2
    for phone in (cast.RESIDENT, cast.NEIGHBOUR):
        assert [row.purpose for row in sorted(town.rows("messages", address=phone), key=lambda row: row.id)][
            -1
        ] == "resident_resolved"
    assert len(town.sms.texts_to(cast.NEIGHBOUR)) == 3
    assert town.sms.texts_to(cast.OUTSIDER) == []


def _report_of(town, case):
    with town.uows() as uow:
        return uow.reports.of_case(case.id)[0]
