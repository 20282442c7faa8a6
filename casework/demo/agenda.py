"""What is planned for later, by its time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True, frozen=True, slots=True)
class Due:
    """Something to do at a time, in seconds; of the same time, the earlier planned comes first."""

    at_s: float
    number: int
    do: Callable[[], None] = field(compare=False)


class Agenda:
    """A queue by time."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, at_s: float, do: Callable[[], None]) -> None:
        """Plan something."""
        heapq.heappush(self._heap, Due(at_s, next(self._numbers), do))

    def next_due(self, now_s: float) -> Due | None:
        """Take out the earliest that is due; None when nothing is."""
        if self._heap and self._heap[0].at_s <= now_s:
            return heapq.heappop(self._heap)
        return None

    def put_back(self, due: Due) -> None:
        """Plan again, at its old time, what could not be done."""
        heapq.heappush(self._heap, due)
