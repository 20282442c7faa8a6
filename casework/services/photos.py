"""Keeping photos: read by content, made anew without metadata, stored under the hash of their bytes."""

import hashlib
import io
import os
import re
import threading
from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 1600
SMALL_SIDE = 320
MAX_PIXELS = 25_000_000
"""Most pixels decoded at once: 75 MB; a JPEG is decoded at a fraction of its size, so it may hold more."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
_NAME = re.compile(r"[0-9a-f]{64}\.jpg")
_one_at_a_time = threading.Lock()


class PhotoRefused(ValueError):
    """This file cannot be kept as a photo; `code` says why in one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def keep(content: bytes, folder: Path) -> str:
    """Store a photo and answer its name, the SHA-256 of what is stored; the same photo is kept once.

    Raises `PhotoRefused` for what is too large, no image, or unpacks to too many pixels.
    """
    if len(content) > MAX_BYTES:
        raise PhotoRefused("too_large")
    with _one_at_a_time:  # decoding is what needs memory, so two threads never do it together
        made = _made_anew(content)
    name = f"{hashlib.sha256(made).hexdigest()}.jpg"
    path = path_of(name, folder)
    if not path.exists():
        _write(path, made)
    return name


def is_name(text: str) -> bool:
    """Tell whether a text has the form of a stored photo's name."""
    return _NAME.fullmatch(text) is not None


def path_of(name: str, folder: Path) -> Path:
    """Answer where a stored photo lies. Raises `ValueError` for what is no name of one."""
    if not is_name(name):
        raise ValueError("not the name of a stored photo")
    return folder / name[:2] / name


def thumbnail(name: str, folder: Path) -> Path:
    """Answer where a stored photo lies in small, which is made when it is first asked for."""
    path = path_of(name, folder)
    small = path.with_suffix(".small.jpg")
    if not small.exists():
        with _one_at_a_time:
            made = _made_anew(path.read_bytes(), SMALL_SIDE)
        _write(small, made)
    return small


def _made_anew(content: bytes, side: int = MAX_SIDE) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415  (loaded with the first photo)

    unreadable = (OSError, SyntaxError, ValueError, LookupError, ArithmeticError, TypeError, EOFError)
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            image.draft("RGB", (side, side))
            _bound(image.size)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("too_many_pixels") from error
    except PhotoRefused:
        raise
    except unreadable as error:
        raise PhotoRefused("not_an_image") from error
    upright.thumbnail((side, side))
    upright.info.clear()
    made = io.BytesIO()
    upright.save(made, "JPEG", quality=_QUALITY, optimize=True)
    return made.getvalue()


def _bound(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise PhotoRefused("too_many_pixels")


def _write(path: Path, content: bytes) -> None:
    """Write so that a file under its name is always whole, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
