"""People who sign in, and systems that send with a key."""

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import cache

import argon2

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.people import Role, Session, Source, User
from casework.ids import UserId
from casework.services.ports import UnitsOfWork

IDLE = timedelta(hours=12)
LIFE = timedelta(days=7)
MIN_PASSWORD = 10
_SEEN_AGAIN = timedelta(minutes=5)
KEY_PREFIX = "gzk_"


@cache
def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher()


def fingerprint(secret: str) -> str:
    """Hash a random token or key for keeping: it has enough entropy of its own to need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_user(
    name: str,
    password: str,
    role: Role,
    *,
    display_name: str | None = None,
    phone: str | None = None,
    language: str | None = None,
    uows: UnitsOfWork,
) -> User:
    """Add a person who may sign in."""
    if len(password) < MIN_PASSWORD:
        raise errors.InvalidInput({"password": [f"must have {MIN_PASSWORD} characters or more"]})
    user = User(
        id=UserId(ids.new()),
        name=name,
        display_name=display_name or name,
        role=role,
        password_hash=_hasher().hash(password),
        language=language,
        phone=phone,
    )
    with uows() as uow:
        if uow.people.find(name) is not None:
            raise errors.Conflict(f"there is a user {name!r} already")
        uow.people.add(user)
        uow.commit()
    return user


def sign_in(name: str, password: str, *, uows: UnitsOfWork, clock: Clock) -> str:
    """Check a password and open a session; answer its token, which is kept nowhere but with the browser."""
    with uows(reading=True) as uow:
        user = uow.people.find(name)
    known = user.password_hash if user else _nobody()
    if not _matches(known, password) or user is None or not user.active:
        raise errors.Unauthorised("this name and password do not belong together")
    now = clock()
    token = secrets.token_urlsafe(32)
    session = Session(
        token_hash=fingerprint(token), user_id=user.id, created_at=now, seen_at=now, expires_at=now + LIFE
    )
    with uows() as uow:
        uow.people.open_session(session)
        uow.commit()
    return token


def who(token: str, *, uows: UnitsOfWork, clock: Clock) -> User | None:
    """Answer whose session a token opens, or None; an idle or old session opens nothing."""
    now = clock()
    with uows(reading=True) as uow:
        session = uow.people.session(fingerprint(token))
        if session is None or now >= session.expires_at or now - session.seen_at >= IDLE:
            return None
        user = uow.people.get(session.user_id)
    if now - session.seen_at > _SEEN_AGAIN:
        with uows() as uow:
            uow.people.touch_session(session.token_hash, now)
            uow.commit()
    return user if user.active else None


def sign_out(token: str, *, uows: UnitsOfWork) -> None:
    """End a session."""
    with uows() as uow:
        uow.people.end_session(fingerprint(token))
        uow.commit()


def new_key() -> str:
    """Make a source's key: shown once, kept only as its hash."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def put_source(source: Source, key: str, *, uows: UnitsOfWork) -> Source:
    """Register a source, or give a known one a further key; the newest two stay good."""
    with uows() as uow:
        known = uow.registers.source(source.name)
        older = known.key_hashes if known else ()
        kept = replace(source, key_hashes=(fingerprint(key), *older)[:2])
        uow.registers.put_source(kept)
        uow.commit()
    return kept


def holds(source: Source, key: str) -> bool:
    """Whether a key is one of the source's."""
    seen = fingerprint(key)
    return any(hmac.compare_digest(seen, known) for known in source.key_hashes)


@cache
def _nobody() -> str:
    """Hash something for names that do not exist, so that they take as long as those that do."""
    return _hasher().hash(secrets.token_urlsafe(16))


def _matches(known: str, password: str) -> bool:
    try:
        return _hasher().verify(known, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
