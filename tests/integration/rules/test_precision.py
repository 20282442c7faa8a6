"""Precision: every case that a rule opened ends with a finding, and a device that is mostly wrong is weak."""

import cast
import pytest

from casework.domain.cases import Disposition
from casework.domain.findings import LEAST
from casework.services import closing, precision

HERE = cast.SQUARE


def _finding(town, case):
    with town.uows(reading=True) as uow:
        return uow.findings.find(case.id)


def _close(town, case, disposition):
    closing.close(case.id, disposition, actor="user:wang", note="", **town.tools)


@pytest.mark.parametrize(
    ("disposition", "found"),
    [
        ("resolved", True),
        ("partly_resolved", True),
        ("self_corrected", True),
        ("cannot_fix", True),
        ("not_responsible", True),
        ("unfounded", False),
        ("cancelled", False),
    ],
)
def test_a_case_of_a_rule_ends_with_a_finding_by_its_disposition(town, see, disposition, found):
    case = see("1", 0.9, subject="cam-1")

    _close(town, case, Disposition(disposition))

    finding = _finding(town, case)
    assert (finding.found, finding.rule_id, finding.pack) == (found, "leak-seen", "small-town")
    assert (finding.source, finding.device, finding.by) == ("cameras", "cam-1", "disposition")


def test_a_voided_case_was_not_true_and_a_duplicate_was(town, see):
    first, second, third = (see(str(n), 0.9, at=(HERE[0] + n, HERE[1])) for n in range(3))

    closing.void(first.id, actor="user:wang", reason="a shadow", **town.tools)
    closing.merge(second.id, third.id, actor="user:wang", **town.tools)

    assert _finding(town, first).found is False
    assert _finding(town, second).found is True
    assert _finding(town, third) is None


def test_a_case_that_is_taken_up_again_has_no_finding_until_it_ends_again(town, see):
    case = see("1", 0.9)
    _close(town, case, Disposition.UNFOUNDED)
    closing.reopen(case.id, actor="user:wang", reason="it is there after all", **town.tools)
    between = _finding(town, case)
    _close(town, case, Disposition.RESOLVED)

    assert between is None
    assert _finding(town, case).found is True


def test_a_dispatcher_corrects_a_finding_and_the_word_stands(town, see):
    case = see("1", 0.9)
    _close(town, case, Disposition.RESOLVED)

    precision.correct(
        case.id, found=False, note="a puddle of paint", by="user:wang", uows=town.uows, clock=town.clock
    )
    closing.reopen(case.id, actor="user:wang", reason="to write it down right", **town.tools)
    _close(town, case, Disposition.RESOLVED)

    assert (_finding(town, case).found, _finding(town, case).by) == (False, "user:wang")


def _cry_wolf(town, see, device="cam-1"):
    """Nine false alarms: so many make it 97.5 % sure that less than 30 % are true."""
    for number in range(9):
        case = see(f"{device}-{number}", 0.9, at=(10 + number, HERE[1]), subject=device)
        _close(town, case, Disposition.UNFOUNDED)
    town.runtime.rulebook.refresh()


def test_a_device_that_is_surely_below_its_floor_opens_no_case_alone(town, see):
    _cry_wolf(town, see)

    weak = see("wolf", 0.9, at=HERE, subject="cam-1")
    trusted = see("other", 0.9, at=(HERE[0] + 1, HERE[1]), subject="cam-2")

    assert weak is None
    assert trusted is not None
    (event,) = town.rows("events", event_id="wolf")
    (judged,) = town.rows("judgements", event_seq=event.seq)
    assert judged.trace["done"][0]["held"] == "weak_device"
    (weight,) = town.rows("device_weights")
    assert (weight.device, weight.weak, weight.by) == ("cam-1", True, "findings")
    assert "0 of its last" in weight.reason


def test_a_second_device_that_says_the_same_opens_the_case(town, see):
    _cry_wolf(town, see, "cam-1")
    _cry_wolf(town, see, "cam-2")

    first = see("a", 0.9, subject="cam-1")
    again = see("a again", 0.9, subject="cam-1")
    second = see("b", 0.9, subject="cam-2")

    assert (first, again) == (None, None)
    assert second is not None


def test_a_weak_device_still_joins_a_case_that_is_open(town, see):
    _cry_wolf(town, see)
    opened = see("by another", 0.9, subject="cam-2")

    assert see("by the weak one", 0.9, subject="cam-1").id == opened.id


def test_a_person_takes_the_weakness_back_and_findings_do_not_bring_it_again(town, see):
    _cry_wolf(town, see)

    precision.set_weight(
        "cameras", "cam-1", weak=False, floor=None, reason="the lens was cleaned", by="user:li",
        uows=town.uows, clock=town.clock,
    )  # fmt: skip
    town.runtime.rulebook.refresh()
    case = see("1", 0.9, subject="cam-1")
    _close(town, case, Disposition.UNFOUNDED)
    town.runtime.rulebook.refresh()

    assert case is not None
    assert town.house.weak_devices == frozenset()


def test_a_device_recovers_when_its_latest_findings_are_at_the_floor(town, see):
    _cry_wolf(town, see)
    with town.uows(reading=True) as uow:
        wrong = [row for row in town.rows("findings") if row.device == "cam-1"]
        assert uow.findings.weak_devices() == {("cameras", "cam-1")}
    for row in wrong[:3]:
        precision.correct(
            row.case_id, found=True, note="it was there", by="user:wang", uows=town.uows, clock=town.clock
        )
    town.runtime.rulebook.refresh()

    assert town.house.weak_devices == frozenset()


def test_a_floor_of_its_own_makes_a_device_weak_sooner(town, see):
    for number in range(LEAST):
        case = see(f"{number}", 0.9, at=(10 + number, HERE[1]), subject="cam-1")
        _close(town, case, Disposition.RESOLVED if number % 2 else Disposition.UNFOUNDED)
    with town.uows(reading=True) as uow:
        assert uow.findings.weak_devices() == frozenset()

    precision.set_weight(
        "cameras", "cam-1", weak=None, floor=0.95, reason="gas alarms must be right", by="user:li",
        uows=town.uows, clock=town.clock,
    )  # fmt: skip

    with town.uows(reading=True) as uow:
        assert uow.findings.weak_devices() == {("cameras", "cam-1")}
