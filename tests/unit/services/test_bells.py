"""Bells that know whether many callers wait."""

from casework.services.bells import Bells


def test_one_event_alone_is_no_crowd() -> None:
    bells = Bells()

    bells.events_came()

    assert bells.triage.is_set()
    assert not bells.crowded()


def test_commits_that_follow_each_other_closely_are_a_crowd() -> None:
    bells = Bells()

    bells.events_came()
    bells.events_came()

    assert bells.crowded()
