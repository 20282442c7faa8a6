"""Which cores a process's threads run on.

Threads that take turns at one interpreter gain nothing from a second core and lose much to it: each hand-over
wakes a core that sleeps, and the thread woken there waits for the one that still runs. Kept to one core the
service takes twice as many single events a second (measured by benchmarks/intake.py); whatever else the
machine does is moved to the other cores by the system.
"""

import os


def keep_to_one(number: int) -> int | None:
    """Keep this thread, and those that it starts, to one core; processes with other numbers get others.

    Answers the core, or None where there is no choice: one core only, or a system that cannot be told.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    # From the last one on: the first is where most systems handle their interrupts.
    allowed = sorted(os.sched_getaffinity(0), reverse=True)
    if len(allowed) == 1:
        return None
    core = allowed[number % len(allowed)]
    os.sched_setaffinity(0, {core})
    return core
