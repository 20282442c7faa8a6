"""Which of the texts a provider lists is ours, when its answer to the sending was lost."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications import errors, tokens
from notifications.channel import Accepted, OutgoingText

CLOCK_SKEW = timedelta(seconds=5)
"""How far the provider's clock may be behind ours; its times also carry whole seconds only."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One text as the provider lists it; `created_at` is aware, or None where the provider leaves it out."""

    provider_id: str
    to: str
    body: str
    created_at: datetime | None
    segments: int | None


def choose(
    text: OutgoingText, listed: Iterable[Listed], *, since: datetime, claimed: Collection[str] | None
) -> Accepted | None:
    """Answer the listed text that is this outbox row's, or None if the provider does not have it.

    A text with an action link is known by the link's token, which is in no other text. Any other text is
    known by its whole body, its address and its time. Identical ones are interchangeable for the person who
    reads them, so the oldest that no other row has claimed is taken: as many rows are booked as texts went
    out. A caller that cannot say what is claimed gets `OutcomeUnknown` instead of a guess.
    """
    token = tokens.find_action_token(text.body)
    alike = [one for one in listed if one.to == text.to and _is_alike(one.body, text.body, token)]
    if token is not None:
        return _accepted(alike[0]) if alike else None
    recent = [one for one in alike if one.created_at is None or one.created_at >= since - CLOCK_SKEW]
    if recent and claimed is None:
        raise errors.OutcomeUnknown(
            "ambiguous", "a text without a token of its own is listed, and nobody said which ids are claimed"
        )
    free = [one for one in recent if one.provider_id not in (claimed or ())]
    return _accepted(min(free, key=lambda one: one.created_at or since)) if free else None


def _is_alike(theirs: str, ours: str, token: str | None) -> bool:
    # The end is compared, because a trial account puts its own sentence before the body; a token is enough,
    # because "smart encoding" may exchange characters in the rest.
    return token in theirs if token is not None else theirs.rstrip().endswith(ours.rstrip())


def _accepted(one: Listed) -> Accepted:
    return Accepted(provider_id=one.provider_id, segments=one.segments)
