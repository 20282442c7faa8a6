"""A brake on guessing: an address that asks for too many unknown links has to wait."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

_ADDRESSES = 10_000


@dataclass(slots=True)
class _Budget:
    left: float
    at: datetime


class GuessBrake:
    """Counts misses for each client address, in this process's memory; hits cost nothing.

    `misses` may come at once, and one more every `every_s` seconds.
    """

    def __init__(self, misses: int = 30, every_s: float = 2.0) -> None:
        self._misses = misses
        self._every_s = every_s
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str, now: datetime) -> float:
        """Answer how many seconds this address has to wait before it may ask again; 0 for most."""
        with self._lock:
            left = self._left(address, now)
        return 0.0 if left >= 1 else (1 - left) * self._every_s

    def missed(self, address: str, now: datetime) -> None:
        """Count a link that does not exist."""
        with self._lock:
            left = self._left(address, now)
            self._budgets[address] = _Budget(max(0.0, left - 1), now)
            self._budgets.move_to_end(address)
            if len(self._budgets) > _ADDRESSES:
                self._budgets.popitem(last=False)

    def _left(self, address: str, now: datetime) -> float:
        budget = self._budgets.get(address)
        if budget is None:
            return float(self._misses)
        regained = (now - budget.at).total_seconds() / self._every_s
        return min(float(self._misses), budget.left + max(0.0, regained))
