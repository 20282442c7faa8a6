"""Notices when the wall clock steps against the monotonic one, and holds what would go out too early."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

STEP_S = 30.0
STABLE_S = 300.0


@dataclass(slots=True)
class ClockGuard:
    """Compares two clocks at each tick.

    After a step of more than `STEP_S` seconds it holds until the wall clock is back near where it was, or
    has run evenly for `STABLE_S` seconds: then the new time is taken for the true one. `elapsed` counts
    seconds and should go on while the machine is suspended, so that a suspension is not taken for a step.
    """

    wall: Callable[[], datetime]
    elapsed: Callable[[], float]
    holding: bool = False
    step_s: float = 0.0
    _offset: float | None = None
    _since: float = 0.0

    def look(self) -> bool:
        """Answer whether deadlines may fire now."""
        now = self.elapsed()
        offset = self.wall().timestamp() - now
        if self._offset is None:
            self._offset = offset
        drift = offset - self._offset
        if not self.holding:
            if abs(drift) > STEP_S:
                self.holding, self.step_s, self._since = True, drift, now
            else:
                self._offset = offset  # slow drift and the daily slewing of a clock are followed
            return not self.holding
        if abs(drift) <= STEP_S:
            self.holding, self.step_s = False, 0.0
        elif abs(drift - self.step_s) > STEP_S:
            self.step_s, self._since = drift, now
        elif now - self._since >= STABLE_S:
            self._offset, self.holding, self.step_s = offset, False, 0.0
        return not self.holding
