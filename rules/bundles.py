"""One signed file for one pack: a short header with key and signature, then a plain zip of its files.

The signature covers every byte after the header and is checked before any of them is parsed, so that
only somebody with a trusted key reaches the zip reader at all. Nothing in the zip is compressed: the same
pack gives the same bytes with every version of zlib, and there is nothing that could unfold.
"""

import base64
import binascii
import io
import re
import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rules import layout, signing, yaml_lines
from rules.errors import RulesError

SUFFIX = ".gongzhi-pack"
SIZE_LIMIT = 8 * 1024 * 1024
FILE_LIMIT = 1024 * 1024
COUNT_LIMIT = 500
_MAGIC = b"gongzhi-pack 1\n"
_HEADER = re.compile(
    rb"gongzhi-pack 1\nkey: (?P<key>[0-9a-f]{16})\nsignature: (?P<signature>[A-Za-z0-9+/]{86}==)\n\n"
)
_LONGEST_HEADER = 256
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = (stat.S_IFREG | 0o644) << 16
_UNIX = 3
_ENCRYPTED = 0x1
_SLUG = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


class BundleRefused(RulesError):
    """A signed pack cannot be taken, or a pack cannot be made into one."""


def pack(folder: Path, key: Ed25519PrivateKey) -> bytes:
    """Make the signed file of a pack: the same bytes for the same files and key, wherever it is made."""
    strays = layout.strays(folder)
    if strays:
        raise BundleRefused(f"{folder.name}/{strays[0]} is no file of a pack; move it out first")
    body = _zipped({path: (folder / path).read_bytes() for path in layout.files(folder)})
    if len(body) + _LONGEST_HEADER > SIZE_LIMIT:
        raise BundleRefused(f"the pack is larger than {SIZE_LIMIT >> 20} MiB")
    signature = base64.b64encode(key.sign(_signed(body)))
    named = signing.fingerprint(key.public_key()).encode()
    return _MAGIC + b"key: " + named + b"\nsignature: " + signature + b"\n\n" + body


def unpack(content: bytes, trusted: signing.PublicKeys) -> tuple[str, Mapping[str, bytes]]:
    """Answer the fingerprint of the signer and the files of a signed pack, or say why it is not taken."""
    if len(content) > SIZE_LIMIT:
        raise BundleRefused(f"the file is larger than {SIZE_LIMIT >> 20} MiB")
    if content[:2] == b"PK":
        raise BundleRefused("this is a plain zip without a signature; ask for the signed file of the pack")
    if not content.startswith(_MAGIC):
        raise BundleRefused(f"this is no signed pack: it does not begin with '{_MAGIC.decode().strip()}'")
    header = _HEADER.match(content)
    if header is None:
        raise BundleRefused("the signature is missing or damaged; ask for the file again")
    name = header["key"].decode()
    key = trusted.get(name)
    if key is None:
        known = ", ".join(sorted(trusted)) or "none"
        raise BundleRefused(
            f"the pack is signed with the key {name}, which is not trusted here (known: {known})"
        )
    body = content[header.end() :]
    if not signing.holds(key, _decoded(header["signature"]), _signed(body)):
        raise BundleRefused(
            "the signature does not fit: the file was changed after it was signed, or damaged"
        )
    return name, _unzipped(body)


def pack_id(files: Mapping[str, bytes]) -> str:
    """Read the id of a pack from its files; it names the folder that the pack goes to."""
    document = yaml_lines.parse(files.get("pack.yaml", b"").decode(errors="replace"), "pack.yaml")
    found = document.data.get("id") if isinstance(document.data, dict) else None
    if not isinstance(found, str) or not _SLUG.fullmatch(found) or len(found) > 100:  # noqa: PLR2004
        raise BundleRefused("the file holds no pack.yaml with an id")
    return found


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a pack into a new folder; leaves nothing behind if that fails."""
    folder.mkdir()
    try:
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _signed(body: bytes) -> bytes:
    """What is signed: the kind of file stands before the bytes, so that no other kind can pass for it."""
    return _MAGIC + body


def _decoded(signature: bytes) -> bytes:
    """Decode base64 that has one way to write it only, so that no character of it can be another."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return b""
    return raw if base64.b64encode(raw) == signature else b""


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _unzipped(body: bytes) -> Mapping[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            _refuse_entries(entries)
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as broken:
        raise BundleRefused(f"the pack inside is no readable zip: {broken}") from broken


def _refuse_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what a pack never holds; a trusted key does not make a careless or stolen hand trusted."""
    if len(entries) > COUNT_LIMIT:
        raise BundleRefused(f"{len(entries)} files are too many; at most {COUNT_LIMIT}")
    if sum(entry.file_size for entry in entries) > SIZE_LIMIT:
        raise BundleRefused(f"the files together are larger than {SIZE_LIMIT >> 20} MiB")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        # orig_filename still has what zipfile cuts off at a NUL.
        if entry.orig_filename != name or not layout.is_known(name):
            raise BundleRefused(f"'{entry.orig_filename[:100]!r}' is no file of a pack")
        if name in seen:
            raise BundleRefused(f"'{name}' stands twice in the file")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise BundleRefused(f"'{name}' is compressed; files of a pack are stored as they are")
        if entry.flag_bits & _ENCRYPTED:
            raise BundleRefused(f"'{name}' is encrypted")
        if not stat.S_ISREG(entry.external_attr >> 16):
            raise BundleRefused(f"'{name}' is no plain file")
        if entry.file_size > FILE_LIMIT:
            raise BundleRefused(f"'{name}' is larger than {FILE_LIMIT >> 20} MiB")
        seen.add(name)
