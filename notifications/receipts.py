"""The words by which providers say what became of a text, brought to five of ours."""

from collections.abc import Mapping
from enum import StrEnum


class Word(StrEnum):
    """`taken` and `sent` are steps on the way; the others end it."""

    TAKEN = "taken"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


WORDS: Mapping[str, Word] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "initiated", "ringing"), Word.TAKEN),
    # A call that was answered and ended has perhaps spoken to a machine: only a key says that somebody heard.
    **dict.fromkeys(("sent", "in-progress", "completed", "answered"), Word.SENT),
    "delivered": Word.DELIVERED,
    "read": Word.READ,
    **dict.fromkeys(("undelivered", "failed", "busy", "no-answer", "canceled", "expired"), Word.FAILED),
}


def read(word: str) -> Word:
    """Answer what a provider's word means; one that is not known is a step on the way."""
    return WORDS.get(word.casefold(), Word.TAKEN)
