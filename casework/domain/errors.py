"""Everything that can be refused: one shallow tree whose docstrings are the messages."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class CaseworkError(Exception):
    """Something was refused."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or (type(self).__doc__ or "").strip())

    @property
    def title(self) -> str:
        """The kind of error in one sentence, the same for every occurrence."""
        return (type(self).__doc__ or "").strip()

    @property
    def detail(self) -> str:
        """What happened this time."""
        return str(self)


class InvalidInput(CaseworkError):
    """Some fields cannot be used as they are."""

    status = 422
    slug = "invalid-input"

    def __init__(self, errors: Mapping[str, Sequence[str]], detail: str | None = None) -> None:
        self.errors = {field: list(sentences) for field, sentences in errors.items()}
        super().__init__(detail or "; ".join(f"{f}: {' '.join(s)}" for f, s in self.errors.items()))


class NotStorable(CaseworkError):
    """The database cannot keep this: a value is of no kind that it knows, or is there already."""

    status = 422
    slug = "not-storable"


class NotFound(CaseworkError):
    """There is nothing under this name."""

    status = 404
    slug = "not-found"


class CaseNotFound(NotFound):
    """There is no case with this identifier."""

    slug = "case-not-found"


class CrewNotFound(NotFound):
    """There is no crew with this identifier."""

    slug = "crew-not-found"


class AssignmentNotFound(NotFound):
    """There is no assignment with this identifier."""

    slug = "assignment-not-found"


class LinkUnknown(NotFound):
    """This link was never given out."""

    slug = "link-unknown"


class LinkExpired(CaseworkError):
    """This link is no longer valid; a newer text may hold a newer one."""

    status = 410
    slug = "link-expired"


class Conflict(CaseworkError):
    """The present state does not allow this."""

    status = 409
    slug = "conflict"


class InvalidTransition(Conflict):
    """A case in this status cannot do that."""

    slug = "invalid-transition"

    def __init__(self, status: str, action: str) -> None:
        super().__init__(f"a case that is {status} cannot be {action}")


class AssignedToAnotherCrew(Conflict):
    """The case is assigned to another crew."""

    slug = "assigned-to-another-crew"


class CrewNotAble(Conflict):
    """This crew cannot be sent to this case now."""

    slug = "crew-not-able"


class NoRecommendation(Conflict):
    """No crew is recommended for this case now."""

    slug = "no-recommendation"


class StaleVersion(CaseworkError):
    """Somebody else changed this case meanwhile; read it again."""

    status = 412
    slug = "stale-version"


class Unauthorised(CaseworkError):
    """A valid key or sign-in is needed."""

    status = 401
    slug = "unauthorised"


class Forbidden(CaseworkError):
    """This key or person may not do that."""

    status = 403
    slug = "forbidden"


class ForeignSource(Forbidden):
    """This key belongs to another source than the event names."""

    slug = "foreign-source"


class MalformedBody(CaseworkError):
    """The body is not what its content type says."""

    slug = "malformed-body"


class UnsupportedMediaType(CaseworkError):
    """This content type is not taken here."""

    status = 415
    slug = "unsupported-media-type"


class TooLarge(CaseworkError):
    """The body is larger than is taken here."""

    status = 413
    slug = "too-large"


class TooFast(CaseworkError):
    """More came in a short time than was agreed; wait and try again."""

    status = 429
    slug = "too-fast"

    def __init__(self, retry_after_s: float, detail: str | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(detail)


class Unavailable(CaseworkError):
    """The service cannot take this just now; nothing was kept, try again."""

    status = 503
    slug = "unavailable"

    def __init__(self, retry_after_s: float = 1.0, detail: str | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(detail)


class IdempotencyKeyReused(CaseworkError):
    """This Idempotency-Key was used with another request."""

    status = 422
    slug = "idempotency-key-reused"
