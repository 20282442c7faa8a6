"""Photos that come from anywhere."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from casework.services import photos


def _bytes(size: tuple[int, int], kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **options)
    return file.getvalue()


def _bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it has side x side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def test_a_photo_loses_its_metadata_and_keeps_its_upright_side(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "A maker of telephones"
    exif[0x8825] = {1: "N", 2: (30.0, 19.0, 8.0)}

    name = photos.keep(_bytes((400, 300), exif=exif), tmp_path)

    stored = photos.path_of(name, tmp_path).read_bytes()
    with Image.open(io.BytesIO(stored)) as image:
        assert image.size == (300, 400)
        assert not image.getexif()
    assert b"maker" not in stored


def test_a_large_photo_is_made_smaller_and_a_small_one_is_not_blown_up(tmp_path: Path):
    large = photos.keep(_bytes((4000, 3000)), tmp_path)
    small = photos.keep(_bytes((40, 30), "PNG"), tmp_path)

    with Image.open(photos.path_of(large, tmp_path)) as image:
        assert image.size == (1600, 1200)
    with Image.open(photos.path_of(small, tmp_path)) as image:
        assert image.size == (40, 30)


def test_the_same_photo_is_kept_once(tmp_path: Path):
    names = {photos.keep(_bytes((40, 30)), tmp_path) for _ in range(2)}

    assert len(names) == 1
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (b"GIF89a" + b"\0" * 50, "not_an_image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "not_an_image"),
        (_bytes((40, 30))[:200], "not_an_image"),
        (b"\x89PNG\r\n\x1a\n", "not_an_image"),
        (_bomb(9_000), "too_many_pixels"),
        (_bomb(12_000), "too_many_pixels"),
        (_bomb(60_000), "too_many_pixels"),
        (b"\xff\xd8" + b"\0" * photos.MAX_BYTES, "too_large"),
    ],
)
def test_what_is_no_usable_photo_is_refused_with_its_reason(content: bytes, code: str, tmp_path: Path):
    with pytest.raises(photos.PhotoRefused) as refused:
        photos.keep(content, tmp_path)

    assert refused.value.code == code
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../etc/passwd", "a.jpg", "A" * 64 + ".jpg", "0" * 64 + ".jpg\n", ""])
def test_a_name_that_is_none_of_ours_leads_nowhere(name: str, tmp_path: Path):
    assert not photos.is_name(name)
    with pytest.raises(ValueError, match="name"):
        photos.path_of(name, tmp_path)
