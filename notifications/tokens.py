"""The secret in an action link: made once, kept only as its hash, short enough for one Chinese text."""

import hashlib
import re
import secrets

_BYTES = 12
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")
_ACTION_LINK = re.compile(r"/a/([A-Za-z0-9_-]{16})(?![A-Za-z0-9_-])")


def new_token() -> str:
    """Make an unguessable token: 96 bits in 16 URL-safe characters."""
    return secrets.token_urlsafe(_BYTES)


def hash_token(token: str) -> str:
    """Answer the SHA-256 of a token as 64 hex digits: what the database keeps.

    A plain hash is enough, as 96 random bits cannot be tried out.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def looks_like_token(text: str) -> bool:
    """Tell whether a text has the form of a token, so that nonsense costs no look-up."""
    return _TOKEN.fullmatch(text) is not None


def find_action_token(body: str) -> str | None:
    """Answer the token of the first action link (`.../a/{token}`) in a text, which no other text carries."""
    found = _ACTION_LINK.search(body)
    return found.group(1) if found else None
