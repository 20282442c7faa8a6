"""A running house: what every entrance needs to call the use cases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from casework.clock import Clock
from casework.services.bells import Bells
from casework.services.editions import Editions
from casework.services.house import House
from casework.services.intake import Inbox, Read
from casework.services.ports import Archive, UnitsOfWork
from casework.settings import Settings

Reading = Callable[[], AbstractContextManager[Any]]
"""Opens a read-only connection, which only `casework.analytics` knows how to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Handed to the entrances by `app.py`; `house` answers the set-up in force at the moment of asking."""

    settings: Settings
    clock: Clock
    uows: UnitsOfWork
    reading: Reading
    inbox: Inbox
    read: Read
    house: Callable[[], House]
    rulebook: Editions
    archive: Archive
    close: Callable[[], None]
    bells: Bells = field(default_factory=Bells)
