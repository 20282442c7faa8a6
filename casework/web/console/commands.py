"""What the console orders, as a Protocol, with the two answers an order can have: done, or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from casework.web.console.queries import Viewer


@dataclass(frozen=True, slots=True)
class Done:
    """An order was carried out: `what` names the sentence, `undo` the token that takes it back."""

    what: str
    params: Mapping[str, str] = field(default_factory=dict)
    case_id: str | None = None
    undo: str | None = None


class Refused(Exception):
    """An order was not carried out and nothing changed; `why` names the sentence for the person."""

    def __init__(self, why: str, *, status: int = 409, **params: str) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.params = params


class Commands(Protocol):
    """Everything the pages change. `version` is the one the person saw; an older one raises `Refused`."""

    def dispatch_recommended(self, viewer: Viewer, case_id: str, version: int | None) -> Done:
        """Send the crew that the solver recommends."""
        ...

    def assign(self, viewer: Viewer, case_id: str, crew_code: str, version: int | None) -> Done:
        """Send the crew that the person chose."""
        ...

    def escalate(self, viewer: Viewer, case_id: str, note: str) -> Done:
        """Take the next step of the case's escalation chain now."""
        ...

    def merge(self, viewer: Viewer, case_id: str, into_id: str, version: int | None) -> Done:
        """Record the case as a duplicate of another, whose reporters it joins."""
        ...

    def close(self, viewer: Viewer, case_id: str, disposition: str, note: str, version: int | None) -> Done:
        """Close the case with how it ended."""
        ...

    def void(self, viewer: Viewer, case_id: str, reason: str, version: int | None) -> Done:
        """Void a case that should never have been opened."""
        ...

    def withdraw(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        """Take the case away from its crew and let it wait for another."""
        ...

    def verify(self, viewer: Viewer, case_id: str) -> Done:
        """Confirm a crew's result as a second person."""
        ...

    def reopen(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        """Take a done case up again."""
        ...

    def pause(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        """Let the case's clocks stand still, with a reason."""
        ...

    def resume(self, viewer: Viewer, case_id: str) -> Done:
        """Let the clocks run again."""
        ...

    def note(self, viewer: Viewer, case_id: str, text: str) -> Done:
        """Add a remark to the timeline."""
        ...

    def file(self, viewer: Viewer, case_id: str, lat: float, lon: float, address: str) -> Done:
        """Give a collected case its place (degrees, WGS-84) and accept it as work."""
        ...

    def undo(self, viewer: Viewer, token: str) -> Done:
        """Take back what `Done.undo` named, while that is still possible."""
        ...

    def resubmit(self, viewer: Viewer, quarantine_id: str, text: str) -> Done:
        """Hand a mended event to intake again; what still fails raises `Refused` with the fields."""
        ...

    def discard(self, viewer: Viewer, quarantine_id: str) -> Done:
        """Set an event in quarantine aside for good; it stays readable."""
        ...

    def end_alarms(self, viewer: Viewer, kind: str, keys: Sequence[str]) -> Done:
        """End alarms of one kind that a person has seen; those that are over already are passed by."""
        ...

    def crew_status(self, viewer: Viewer, crew_code: str, status: str) -> Done:
        """Set a crew's status on its behalf."""
        ...


class Gate(Protocol):
    """Who comes in: sign-in sessions, kept on the server."""

    def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        """Open a session and give its secret, or None where name and password do not belong together.

        Raises `Refused` where the name or the network address has failed too often of late.
        """
        ...

    def viewer(self, session: str) -> Viewer | None:
        """Tell whose session this is, or None where it is over or unknown."""
        ...

    def sign_out(self, session: str) -> None:
        """End the session."""
        ...
