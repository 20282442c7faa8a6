"""What the views of the API share."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.services.runtime import Runtime
from casework.web.api.figures import Figures
from casework.web.api.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Room:
    """The running house behind the API, its keys and its counters."""

    runtime: Callable[[], Runtime]
    keys: Keyring
    figures: Figures
