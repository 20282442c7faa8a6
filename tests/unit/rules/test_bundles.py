"""A pack travels as one signed file: the same bytes each time, and taken only as it was signed."""

import base64
import io
import stat
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rules import bundles, signing
from rules.bundles import BundleRefused

SCENARIO = Path(__file__).parents[3] / "scenarios" / "underpass-flooding"
OURS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
NAME = signing.fingerprint(OURS.public_key())
TRUSTED = {NAME: OURS.public_key()}


@pytest.fixture(scope="module")
def signed() -> bytes:
    return bundles.pack(SCENARIO, OURS)


def zipped(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for entry, content in entries:
            entry.external_attr = entry.external_attr or (stat.S_IFREG | 0o644) << 16
            written.writestr(entry, content)
    return buffer.getvalue()


def sealed(body: bytes, key: Ed25519PrivateKey = OURS) -> bytes:
    """Sign any bytes, as a careless or robbed holder of a trusted key would."""
    whole = bundles.pack(SCENARIO, key)
    header = whole[: whole.index(b"\n\n") + 2]
    signature = base64.b64encode(key.sign(b"gongzhi-pack 1\n" + body))
    return header[: header.index(b"signature: ") + 11] + signature + b"\n\n" + body


def refusal(content: bytes) -> str:
    with pytest.raises(BundleRefused) as refused:
        bundles.unpack(content, TRUSTED)
    return str(refused.value)


def test_a_pack_comes_out_as_it_went_in(signed: bytes) -> None:
    signer, files = bundles.unpack(signed, TRUSTED)

    assert signer == NAME
    assert bundles.pack_id(files) == "underpass-flooding"
    assert files["rules/levels.yaml"] == (SCENARIO / "rules" / "levels.yaml").read_bytes()


def test_the_same_pack_gives_the_same_bytes_whatever_its_files_dates_are(
    signed: bytes, tmp_path: Path
) -> None:
    bundles.write(bundles.unpack(signed, TRUSTED)[1], tmp_path / "copy")

    assert bundles.pack(tmp_path / "copy", OURS) == signed


def test_every_single_changed_byte_is_refused(signed: bytes) -> None:
    for position in range(len(signed)) if len(signed) < 3_000 else [*range(400), *range(400, len(signed), 7)]:
        changed = bytearray(signed)
        changed[position] ^= 1

        with pytest.raises(BundleRefused):
            bundles.unpack(bytes(changed), TRUSTED)


def test_bytes_added_or_cut_off_at_the_end_are_refused(signed: bytes) -> None:
    assert "was changed after it was signed" in refusal(signed + b"\0")
    assert "was changed after it was signed" in refusal(signed[:-1])


def test_an_unknown_key_is_named_and_so_are_the_known_ones() -> None:
    said = refusal(bundles.pack(SCENARIO, STRANGER))

    assert signing.fingerprint(STRANGER.public_key()) in said
    assert "not trusted here" in said
    assert NAME in said


def test_a_foreign_signature_under_our_name_does_not_fit(signed: bytes) -> None:
    foreign = bundles.pack(SCENARIO, STRANGER)
    pretended = foreign.replace(signing.fingerprint(STRANGER.public_key()).encode(), NAME.encode())

    assert "signature does not fit" in refusal(pretended)


def test_a_missing_signature_is_refused(signed: bytes) -> None:
    body = signed[signed.index(b"\n\n") + 2 :]

    assert "plain zip without a signature" in refusal(body)
    assert "signature is missing" in refusal(b"gongzhi-pack 1\nkey: " + NAME.encode() + b"\n\n" + body)
    assert "no signed pack" in refusal(b"hello")
    assert "no signed pack" in refusal(b"")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.yaml",
        "/etc/passwd",
        "rules/../../evil.yaml",
        "rules\\evil.yaml",
        "rules/sub/x.yaml",
        "run.py",
    ],
)
def test_a_path_out_of_the_pack_is_refused_even_when_signed(name: str) -> None:
    said = refusal(sealed(zipped([(zipfile.ZipInfo(name), b"x")])))

    assert "no file of a pack" in said


def test_a_link_is_refused_even_when_signed() -> None:
    link = zipfile.ZipInfo("rules/levels.yaml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "no plain file" in refusal(sealed(zipped([(link, b"/etc/passwd")])))


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = zipfile.ZipInfo("rules/bomb.yaml")
    bomb.compress_type = zipfile.ZIP_DEFLATED

    assert "is compressed" in refusal(sealed(zipped([(bomb, b"\0" * 1_000_000)])))


def test_too_large_too_many_and_doubled_files_are_refused() -> None:
    many = [(zipfile.ZipInfo(f"rules/r{number}.yaml"), b"") for number in range(bundles.COUNT_LIMIT + 1)]
    large = [(zipfile.ZipInfo("README.md"), b"x" * (bundles.FILE_LIMIT + 1))]

    assert "too many" in refusal(sealed(zipped(many)))
    assert "larger than 1 MiB" in refusal(sealed(zipped(large)))
    assert "larger than 8 MiB" in refusal(b"x" * (bundles.SIZE_LIMIT + 1))
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = zipped([(zipfile.ZipInfo("README.md"), b"a"), (zipfile.ZipInfo("README.md"), b"b")])
    assert "stands twice" in refusal(sealed(doubled))


def test_what_is_no_zip_is_refused_even_when_signed() -> None:
    assert "no readable zip" in refusal(sealed(b"PK\x03\x04 nothing"))


def test_a_file_without_pack_yaml_names_no_pack() -> None:
    files = bundles.unpack(sealed(zipped([(zipfile.ZipInfo("README.md"), b"hello")])), TRUSTED)[1]

    with pytest.raises(BundleRefused, match=r"no pack\.yaml with an id"):
        bundles.pack_id(files)


@pytest.mark.parametrize("identifier", ["../up", "/x", "", "A", "a/b", "."])
def test_an_id_that_is_a_path_names_no_pack(identifier: str) -> None:
    with pytest.raises(BundleRefused, match=r"no pack\.yaml with an id"):
        bundles.pack_id({"pack.yaml": f"id: '{identifier}'".encode()})


def test_a_pack_with_a_stray_file_is_not_signed(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("id: a")
    (tmp_path / "notes.txt").write_text("private")

    with pytest.raises(BundleRefused, match=r"notes\.txt"):
        bundles.pack(tmp_path, OURS)
