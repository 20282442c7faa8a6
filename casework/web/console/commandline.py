"""The command line of the board: `:a 1042 C17`, `:s C17 av`; read here once, for script and no script."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.web.console.commands import Commands, Done, Refused
from casework.web.console.queries import Queries, Viewer
from casework.web.console.words import CREW_STATUS, CREW_STATUS_SHORT, DISPOSITION

BIGINT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command line taken apart: the verb, the case number or crew it is for, and the rest."""

    verb: str
    target: str
    rest: str = ""


def parse(text: str) -> Spoken:
    """Take a command line apart; raises `Refused` where it is none."""
    words = text.strip().removeprefix(":").split(maxsplit=2)
    needed = {"a": 3, "d": 2, "e": 2, "m": 3, "c": 3, "v": 3, "s": 3, "o": 2}
    if not words or len(words) < needed.get(words[0], 99):
        raise Refused("unknown_command", status=422, text=text.strip())
    return Spoken(words[0], words[1], words[2] if len(words) > 2 else "")  # noqa: PLR2004


def run(text: str, viewer: Viewer, queries: Queries, commands: Commands) -> Done:
    """Carry out a command line for a person."""
    spoken = parse(text)
    if spoken.verb == "s":
        status = CREW_STATUS_SHORT.get(spoken.rest, spoken.rest)
        if status not in CREW_STATUS:
            raise Refused("unknown_command", status=422, text=text.strip())
        return commands.crew_status(viewer, spoken.target, status)
    return _on_case(spoken, viewer, _case_id(spoken.target, viewer, queries), queries, commands)


def _on_case(spoken: Spoken, viewer: Viewer, case_id: str, queries: Queries, commands: Commands) -> Done:
    def close() -> Done:
        disposition, _, note = spoken.rest.partition(" ")
        if disposition not in DISPOSITION:
            raise Refused("unknown_command", status=422, text=disposition)
        return commands.close(viewer, case_id, disposition, note, None)

    orders: dict[str, Callable[[], Done]] = {
        "a": lambda: commands.assign(viewer, case_id, spoken.rest, None),
        "d": lambda: commands.dispatch_recommended(viewer, case_id, None),
        "e": lambda: commands.escalate(viewer, case_id, spoken.rest),
        "m": lambda: commands.merge(viewer, case_id, _case_id(spoken.rest, viewer, queries), None),
        "v": lambda: commands.void(viewer, case_id, spoken.rest, None),
        "c": close,
        "o": lambda: Done("open", {"number": spoken.target}, case_id),
    }
    return orders[spoken.verb]()


def _case_id(number: str, viewer: Viewer, queries: Queries) -> str:
    usable = number.isdecimal() and len(number) <= BIGINT_DIGITS
    found = queries.case_id_by_number(viewer, int(number)) if usable else None
    if found is None:
        raise Refused("unknown_case", status=404)
    return found
