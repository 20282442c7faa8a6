"""A change to a case that is asked for under conditions: only over a version, and only once for a key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, cast

from casework.clock import Clock
from casework.domain import errors
from casework.domain.cases import Case
from casework.ids import CaseId
from casework.services.ports import UnitOfWork, UnitsOfWork

_OK = 200
KEPT_FOR = timedelta(hours=24)
"""An answer is kept this long under its key; a later request with the key is a new one."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that has its effect once: its key, whose key it is, and a hash of what was asked."""

    key: str
    principal: str
    fingerprint: str


@dataclass(slots=True)
class Guard:
    """Stands between a use case and its units of work, so that conditions hold in the very transaction.

    The case is locked and its version compared when a unit of work opens; the answer, written by `render`,
    is kept under the key when it commits. A crash can therefore leave neither an effect without its
    answer nor an answer without its effect.
    """

    plain: UnitsOfWork
    clock: Clock
    case_id: CaseId
    render: Callable[[Case], str]
    version: int | None = None
    once: Once | None = None
    answer: str | None = field(default=None, init=False)

    def given(self) -> str | None:
        """Answer what the same request was answered before; raises `IdempotencyKeyReused` for another one."""
        if self.once is None:
            return None
        with self.plain(reading=True) as uow:
            found = uow.replays.find(self.once.key, self.once.principal)
        if found is None:
            return None
        fingerprint, _, body = found
        if fingerprint != self.once.fingerprint:
            raise errors.IdempotencyKeyReused
        return body

    def uows(self, *, reading: bool = False) -> UnitOfWork:
        """Make a guarded unit of work: a `UnitsOfWork` to hand to a use case."""
        if reading:
            return self.plain(reading=True)
        return cast("UnitOfWork", _Guarded(self, self.plain()))  # it passes on what it does not guard


class _Guarded:
    def __init__(self, guard: Guard, inner: UnitOfWork) -> None:
        self._guard = guard
        self._inner = inner

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever a unit of work holds)
        return getattr(self._inner, name)

    def __enter__(self) -> Self:
        self._inner.__enter__()
        try:
            self._compare()
        except errors.CaseworkError as error:
            self._inner.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inner.__exit__(kind, error, trace)

    def _compare(self) -> None:
        expected = self._guard.version
        if expected is not None and self._inner.cases.lock(self._guard.case_id).version != expected:
            raise errors.StaleVersion

    def commit(self) -> None:
        """Keep the answer with its effect, then make both durable."""
        guard, once = self._guard, self._guard.once
        body = guard.render(self._inner.cases.get(guard.case_id))
        if once is not None:
            self._inner.replays.add(once.key, once.principal, once.fingerprint, _OK, body, guard.clock())
        self._inner.commit()
        guard.answer = body
