"""Keys that sign packs are made by a command, kept secret, and refused when they are not."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from rules import signing
from rules.signing import KeyRefused


def test_a_private_key_may_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    private, public, fingerprint = signing.make_keys(tmp_path, "district")

    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert fingerprint == signing.fingerprint(signing.private_key(private).public_key())
    assert list(signing.public_keys([public])) == [fingerprint]
    assert list(signing.public_keys([tmp_path])) == [fingerprint]


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    private, _, _ = signing.make_keys(tmp_path, "district")
    before = private.read_bytes()

    with pytest.raises(KeyRefused, match="never written over"):
        signing.make_keys(tmp_path, "district")
    assert private.read_bytes() == before


def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    private, _, _ = signing.make_keys(tmp_path, "district")
    private.chmod(0o640)

    with pytest.raises(KeyRefused, match="chmod 600"):
        signing.private_key(private)


@pytest.mark.parametrize("name", ["../up", "A", "", "a b", "a/b"])
def test_a_name_that_is_a_path_makes_no_key(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyRefused, match="cannot name a key"):
        signing.make_keys(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_a_file_that_holds_no_or_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    odd, other = tmp_path / "odd.pub", tmp_path / "other.pub"
    odd.write_text("hello")
    other.write_bytes(
        X25519PrivateKey.generate()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    with pytest.raises(KeyRefused, match="no public key"):
        signing.public_keys([odd])
    with pytest.raises(KeyRefused, match="another kind of key"):
        signing.public_keys([other])
