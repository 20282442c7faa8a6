"""Who comes in: sign-in with a brake on guessing, and whose session a cookie opens."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from casework.analytics import visitors
from casework.clock import Clock
from casework.domain import errors
from casework.domain.people import GRANTS
from casework.services import accounts
from casework.services.runtime import Runtime
from casework.web.console.commands import Refused
from casework.web.console.queries import Viewer

TRIES = 8
WINDOW = timedelta(minutes=5)
ADDRESS_TRIES = 40
TOUCH_AFTER = timedelta(minutes=5)
REMEMBERED = 10_000


class Brake:
    """Counts failed sign-ins in memory, by name with address and by address alone.

    Argon2 takes a tenth of a second of one core on purpose; without a brake a guesser could also starve the
    console. The count is of one process: with two web processes a guesser has twice the tries.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, list[datetime]] = {}
        self._guard = threading.Lock()

    def is_on(self, name: str, address: str) -> bool:
        """Whether further tries are refused for now."""
        with self._guard:
            by_name = len(self._recent(f"{name}@{address}"))
            return by_name >= TRIES or len(self._recent(address)) >= ADDRESS_TRIES

    def count(self, name: str, address: str) -> None:
        """Keep a failed try."""
        with self._guard:
            if len(self._failed) > REMEMBERED:
                self._failed = {key: times for key in list(self._failed) if (times := self._recent(key))}
            for key in (f"{name}@{address}", address):
                self._failed[key] = [*self._recent(key), self._clock()]

    def _recent(self, key: str) -> list[datetime]:
        since = self._clock() - WINDOW
        return [at for at in self._failed.get(key, []) if at > since]


class HouseGate:
    """Answers `Gate` by the house's accounts."""

    def __init__(self, runtime: Callable[[], Runtime]) -> None:
        self._runtime = runtime
        self._brake = Brake(lambda: runtime().clock())
        self._slow = threading.BoundedSemaphore(2)

    def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        """Open a session and give its secret; the slow check takes two threads at most.

        Raises `Refused` where this name or address has failed too often of late.
        """
        house = self._runtime()
        if self._brake.is_on(name, address):
            raise Refused("too_many_tries", status=429)
        with self._slow:
            try:
                return accounts.sign_in(name, password, uows=house.uows, clock=house.clock)
            except errors.Unauthorised:
                self._brake.count(name, address)
                return None

    def viewer(self, session: str) -> Viewer | None:
        """Tell whose session this is; read without a write transaction but once in five minutes."""
        house, now = self._runtime(), self._runtime().clock()
        with house.reading() as connection:
            visit = visitors.find(connection, accounts.fingerprint(session))
        if (
            visit is None
            or now >= visit.expires_at
            or now - visit.seen_at >= accounts.IDLE
            or not visit.active
        ):
            return None
        if now - visit.seen_at > TOUCH_AFTER:
            accounts.who(session, uows=house.uows, clock=house.clock)
        granted = frozenset(permission.value for permission in GRANTS[visit.role])
        return Viewer(visit.user_id, visit.display_name, visit.role.value, granted, visit.name)

    def sign_out(self, session: str) -> None:
        """End the session."""
        if session:
            accounts.sign_out(session, uows=self._runtime().uows)
