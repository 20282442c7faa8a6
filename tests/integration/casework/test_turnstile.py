"""The turnstile before SQLite's one writer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from casework.store.turnstile import Turnstile


def test_waiters_are_served_in_the_order_of_asking():
    turnstile, served, asked = Turnstile(), [], threading.Event()

    def pass_through(number):
        with turnstile:
            served.append(number)

    with ThreadPoolExecutor(20) as people, turnstile:
        for number in range(20):
            people.submit(pass_through, number)
            while len(turnstile._waiting) <= number:  # noqa: SLF001  (the queue is what is tested)
                asked.wait(0.001)

    assert served == list(range(20))


def test_one_who_comes_back_at_once_does_not_overtake_those_who_wait():
    turnstile, served, pause = Turnstile(), [], threading.Event()

    def greedy():
        for _ in range(200):
            with turnstile:
                served.append("greedy")

    def patient():
        with turnstile:
            served.append("patient")

    with ThreadPoolExecutor(2) as people, turnstile:
        people.submit(patient)
        while not turnstile._waiting:  # noqa: SLF001  (as above)
            pause.wait(0.001)
        people.submit(greedy)

    assert served[0] == "patient"


def test_an_error_inside_lets_the_next_one_through():
    turnstile = Turnstile()

    with pytest.raises(ValueError, match="inside"), turnstile:
        raise ValueError("inside")

    with turnstile:
        pass
