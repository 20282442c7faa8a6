"""Keeping a process to one core."""

import os
import threading
from collections.abc import Callable

import pytest

from casework import cores

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system does not let a program choose its cores"
)


def in_a_thread_of_its_own(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_and_those_it_starts_stay_on_one_core() -> None:
    seen: list[set[int]] = []

    def work() -> None:
        cores.keep_to_one(0)
        in_a_thread_of_its_own(lambda: seen.append(os.sched_getaffinity(0)))

    in_a_thread_of_its_own(work)

    assert [len(allowed) for allowed in seen] == [1]


def test_processes_of_different_numbers_take_different_cores_and_begin_again_after_the_last() -> None:
    allowed = len(os.sched_getaffinity(0))
    chosen: list[int | None] = []

    for number in range(allowed + 1):
        in_a_thread_of_its_own(lambda number=number: chosen.append(cores.keep_to_one(number)))

    assert len(set(chosen)) == allowed
    assert chosen[0] == chosen[-1]
