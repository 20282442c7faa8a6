"""What the console is put together from, kept in the app's extensions."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app, g, request

from casework.clock import Clock
from casework.web.console.commands import Commands, Gate
from casework.web.console.queries import Queries, Viewer
from casework.web.console.register_desk import RegisterDesk
from casework.web.console.stream import ChangeFeed

_KEY = "gongzhi.console"
LISTED = 100
"""The most keys that one address names, so that it stays under four kilobytes."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything handed in."""

    queries: Queries
    commands: Commands
    gate: Gate
    clock: Clock
    feed: ChangeFeed
    default_language: str = "zh"
    timezone: str = "Asia/Shanghai"
    secure_cookies: bool = False
    media: Path = Path()
    registers: RegisterDesk | None = None
    demo_sign_ins: tuple[tuple[str, str], ...] = field(default=())


def parts() -> Parts:
    """Give the parts of the running app."""
    return cast("Parts", current_app.extensions[_KEY])


def viewer() -> Viewer:
    """Give the signed-in person of this request; only for routes that ask for a permission."""
    return cast("Viewer", g.console_viewer)


def find_viewer() -> Viewer | None:
    """Give the signed-in person of this request, or None."""
    return cast("Viewer | None", g.get("console_viewer"))


def listed(name: str) -> list[str] | None:
    """Read the keys that a request names, parted by commas; None where it names none."""
    return [one for one in request.args.get(name, "").split(",") if one][:LISTED] or None
