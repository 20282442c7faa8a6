"""The brake on guessing."""

from datetime import UTC, datetime, timedelta

from casework.web.links.guard import GuessBrake

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)


def test_misses_up_to_the_allowance_cost_nothing_and_the_next_has_to_wait():
    guard = GuessBrake(misses=3, every_s=2.0)

    for _ in range(3):
        assert guard.wait_s("10.0.0.1", NOW) == 0
        guard.missed("10.0.0.1", NOW)

    assert guard.wait_s("10.0.0.1", NOW) == 2.0
    assert guard.wait_s("10.0.0.2", NOW) == 0


def test_waiting_gives_one_try_back_and_no_more_than_the_allowance():
    guard = GuessBrake(misses=1, every_s=2.0)
    guard.missed("10.0.0.1", NOW)

    assert guard.wait_s("10.0.0.1", NOW + timedelta(seconds=1.5)) == 0.5
    assert guard.wait_s("10.0.0.1", NOW + timedelta(seconds=2)) == 0
    guard.missed("10.0.0.1", NOW + timedelta(days=9))
    assert guard.wait_s("10.0.0.1", NOW + timedelta(days=9)) == 2.0


def test_many_addresses_do_not_fill_the_memory():
    guard = GuessBrake()

    for number in range(10_050):
        guard.missed(f"address {number}", NOW)

    assert len(guard._budgets) == 10_000  # noqa: SLF001  (what the promise is about)
