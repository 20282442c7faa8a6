"""Ed25519 keys of those who hand out packs: made, kept in files, and told apart by their fingerprint."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rules.errors import RulesError

_KEY_FILE_LIMIT = 4096
_FINGERPRINT = 16
_NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")

PublicKeys = Mapping[str, Ed25519PublicKey]
"""The keys whose packs are taken, by their fingerprint."""


class KeyRefused(RulesError):
    """A key file cannot be used."""


def make_keys(folder: Path, name: str) -> tuple[Path, Path, str]:
    """Make a pair of keys as NAME.key, which only its owner may read, and NAME.pub; never over old ones.

    Answers both files and the fingerprint.
    """
    if not _NAME.fullmatch(name):
        raise KeyRefused(f"'{name}' cannot name a key: lower-case letters, digits and hyphens")
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / f"{name}.key", folder / f"{name}.pub"
    for file, content, mode in zip(files, (secret, public), (0o600, 0o644), strict=True):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError as there:
            raise KeyRefused(f"{file} is there already; a key is never written over") from there
        with os.fdopen(handle, "wb") as written:
            written.write(content)
    return *files, fingerprint(private.public_key())


def private_key(file: Path) -> Ed25519PrivateKey:
    """Read a private key; refuses one that others on the machine may read."""
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise KeyRefused(f"{file} may be read by others; `chmod 600` it, or make a new key")
    try:
        key = serialization.load_pem_private_key(_content(file), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as broken:
        raise KeyRefused(f"{file} holds no private key that can be read") from broken
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{file} holds another kind of key; packs are signed with Ed25519")
    return key


def public_keys(places: Iterable[Path]) -> PublicKeys:
    """Read trusted public keys from files, and from every *.pub of folders."""
    files = [
        file for place in places for file in (sorted(place.glob("*.pub")) if place.is_dir() else [place])
    ]
    found = [_public_key(file) for file in files]
    return {fingerprint(key): key for key in found}


def fingerprint(key: Ed25519PublicKey) -> str:
    """Answer the beginning of a public key's SHA-256, which people can compare on the telephone."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:_FINGERPRINT]


def holds(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Tell whether a signature is this key's over this content."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _public_key(file: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(_content(file))
    except (ValueError, UnsupportedAlgorithm) as broken:
        raise KeyRefused(f"{file} holds no public key that can be read") from broken
    if not isinstance(key, Ed25519PublicKey):
        raise KeyRefused(f"{file} holds another kind of key; packs are signed with Ed25519")
    return key


def _content(file: Path) -> bytes:
    if file.stat().st_size > _KEY_FILE_LIMIT:
        raise KeyRefused(f"{file} is too large for a key")
    return file.read_bytes()
