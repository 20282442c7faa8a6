"""Whatever a signed file, an overlay or an icon holds, taking it in answers or refuses with a sentence."""

import base64
import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import bundles, icons, layout, packs, signing
from rules.bundles import BundleRefused
from rules.errors import PackInvalid, Problem

ROOT = Path(__file__).parents[2]
OURS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = {signing.fingerprint(OURS.public_key()): OURS.public_key()}
SIGNED = bundles.pack(ROOT / "tests" / "data" / "overlaid", OURS)
HEADER, BODY = SIGNED[: SIGNED.index(b"\n\n")], SIGNED[SIGNED.index(b"\n\n") + 2 :]
LOCAL = "id: local\ntitle: {zh: 本地, en: Local}\nowner: us\nrequires: [base]\n"

words = st.sampled_from(
    ["base", "local", "high", "low", "flood", "rules", "find", "put", "then", "when", "do"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | words | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


def sealed(body: bytes) -> bytes:
    """Sign spoiled bytes as their trusted maker would: the signature shields from strangers alone."""
    signature = base64.b64encode(OURS.sign(b"gongzhi-pack 1\n" + body))
    return HEADER[: HEADER.index(b"signature: ") + 11] + signature + b"\n\n" + body


def taken(content: bytes) -> tuple[str, ...]:
    """Answer the files of a signed pack, none where it is refused."""
    try:
        return tuple(bundles.unpack(content, TRUSTED)[1])
    except BundleRefused:
        return ()


# Most of what zipfile trusts stands in the directory at the end.
positions = st.integers(0, len(BODY) - 1) | st.integers(len(BODY) - 500, len(BODY) - 1)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(positions, st.integers(0, 255)), min_size=1, max_size=6))
def test_a_spoiled_zip_is_read_or_refused(spoilt: list[tuple[int, int]]) -> None:
    body = bytearray(BODY)
    for position, byte in spoilt:
        body[position] = byte

    assert all(layout.is_known(name) for name in taken(sealed(bytes(body))))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_refused(content: bytes, begins_well: bool) -> None:  # noqa: FBT001
    assert taken((b"gongzhi-pack 1\n" if begins_well else b"") + content) == ()


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["base", "local", "nobody"]), values, max_size=2))
def test_any_overlay_is_applied_or_refused_with_lines(asked: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "tests" / "data" / "overlaid", folder / "base")
        (folder / "local").mkdir()
        (folder / "local" / "pack.yaml").write_text(LOCAL, encoding="utf-8")
        (folder / "local" / "overlay.yaml").write_text(as_yaml(asked), encoding="utf-8")

        problems, loaded = load(folder)

    assert loaded or problems
    assert all(problem.line >= 1 and problem.what for problem in problems)


def load(folder: Path) -> tuple[tuple[Problem, ...], int]:
    try:
        return (), len(packs.load_packs([folder]).packs)
    except PackInvalid as refused:
        return refused.problems, 0


def as_yaml(value: object) -> str:
    """Write a value in YAML's flow style, every text quoted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_yaml(inner) for inner in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return {None: "null", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload]


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="<>/&;!'\"= svgpathd\n:#xmlns-[]0", max_size=200),
    st.booleans(),
)
def test_any_icon_is_clean_or_refused(inside: str, wrapped: bool) -> None:  # noqa: FBT001
    space = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"'
    text = f"<svg {space}>{inside}</svg>" if wrapped else inside

    try:
        clean = icons.read(text.encode(), "icon.svg")
    except PackInvalid:
        return
    assert icons.read(clean.encode(), "icon.svg") == clean
