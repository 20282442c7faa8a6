"""How the demo's crews and residents answer a text: what they do on its link, and when. Pure, seeded."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from random import Random

from casework.demo import geometry, texts

Point = tuple[float, float]

SPEED_M_S = 9.0
DETOUR = 1.35
REPORT_POSITION_EVERY_S = 5.0
_SILENT, _DECLINING, _LATE = 0.07, 0.06, 0.08
_FIXED = 0.88
_SILENT_RESIDENTS = 0.4
_LINK = re.compile(r"https?://[^\s]+?/(?P<kind>[ar])/(?P<token>[A-Za-z0-9_.~-]+)")
_COORDINATES = re.compile(r"(?<![\d.])(?P<lat>-?\d{1,2}\.\d{3,})\s*(?:,|%2C)\s*(?P<lon>-?\d{1,3}\.\d{3,})")
_ASKS_IF_FIXED = re.compile(r"修好了吗|is it fixed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """The link of a text: `kind` is "a" for a crew's actions, "r" for a resident's case page."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Act:
    """Press a button on the link's page, so many seconds after the text."""

    after_s: float
    do: str
    note: str = ""
    at: Point | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Report a position, so many seconds after the text."""

    after_s: float
    at: Point


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a page: where it goes, what it carries anyway, and its buttons as (name, value)."""

    action: str
    fields: tuple[tuple[str, str], ...]
    buttons: tuple[tuple[str, str], ...]


def find_link(text: str) -> Link | None:
    """Find the action link or case page in a text."""
    found = _LINK.search(text)
    if found is None:
        return None
    return Link(found["kind"], f"/{found['kind']}/{found['token'].rstrip('.')}")


def asks_if_fixed(text: str) -> bool:
    """Whether a text asks the resident for the result."""
    return _ASKS_IF_FIXED.search(text) is not None


def find_place(page: str) -> Point | None:
    """Find the first position "lat, lon" on a page: that of the map link."""
    found = _COORDINATES.search(page)
    return (float(found["lat"]), float(found["lon"])) if found else None


def errand(start: Point, target: Point, language: str, random: Random) -> Sequence[Act | Move]:
    """Decide what a crew does with an offer: mostly go and do it; some decline, ignore it, or are late."""
    mood = random.random()
    if mood < _SILENT:
        return []
    answers_s = random.uniform(4, 20)
    if mood < _SILENT + _DECLINING:
        return [Act(answers_s, "decline", _note("decline", language, random), start)]
    leaves_s = answers_s + random.uniform(3, 15)
    slowness = 3.0 if mood < _SILENT + _DECLINING + _LATE else 1.0
    travel_s = max(15.0, geometry.distance_m(start, target) * DETOUR / SPEED_M_S * slowness)
    arrives_s = leaves_s + travel_s
    done_s = arrives_s + random.lognormvariate(5.0, 0.7)
    acts: list[Act | Move] = [
        Act(answers_s, "accept", at=start),
        Act(leaves_s, "en_route", at=start),
        *_way(start, target, leaves_s, arrives_s),
        Act(arrives_s, "on_scene", at=target),
        Act(done_s, "done", _note("done", language, random), target),
    ]
    if random.random() < 0.02:  # noqa: PLR2004  (one in fifty)
        halfway_s = (arrives_s + done_s) / 2
        acts.insert(-1, Act(halfway_s, "need_help", _note("need_help", language, random), target))
    return acts


def still_open(acts: Sequence[Act | Move], offered: Collection[str]) -> Sequence[Act | Move]:
    """Leave out what was done before, given the buttons that the page still offers.

    So a crew whose telephone was off for a while takes up its errand where it stands.
    """
    first = next(
        (index for index, act in enumerate(acts) if isinstance(act, Act) and act.do in offered), None
    )
    if first is None:
        return []
    begun_s = acts[first].after_s
    wait_s = acts[0].after_s
    return [replace(act, after_s=act.after_s - begun_s + wait_s) for act in acts[first:]]


def is_satisfied(random: Random) -> bool | None:
    """Decide a resident's answer to "is it fixed?"; None is none."""
    if random.random() < _SILENT_RESIDENTS:
        return None
    return random.random() < _FIXED


def _way(start: Point, target: Point, leaves_s: float, arrives_s: float) -> Sequence[Move]:
    steps = int((arrives_s - leaves_s) / REPORT_POSITION_EVERY_S)
    return [
        Move(
            leaves_s + step * REPORT_POSITION_EVERY_S,
            geometry.between(start, target, step * REPORT_POSITION_EVERY_S / (arrives_s - leaves_s)),
        )
        for step in range(1, steps + 1)
    ]


def _note(kind: str, language: str, random: Random) -> str:
    return random.choice(texts.NOTES[kind][language])


class _FormReader(HTMLParser):
    """Collects forms with their hidden fields and buttons, as a browser without scripts sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []
        self._buttons: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field or a button."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._action, self._fields, self._buttons = given.get("action", ""), [], []
        elif self._action is None or "name" not in given:
            return
        elif tag == "button" or (tag == "input" and given.get("type") in {"submit", "radio"}):
            self._buttons.append((given["name"], given.get("value", "")))
        elif tag == "input" and given.get("type") == "hidden":
            self._fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """Close a form."""
        if tag == "form" and self._action is not None:
            self.forms.append(Form(self._action, tuple(self._fields), tuple(self._buttons)))
            self._action = None


def read_forms(page: str) -> Sequence[Form]:
    """Read the forms of a page."""
    reader = _FormReader()
    reader.feed(page)
    return reader.forms


def buttons(page: str) -> frozenset[str]:
    """Answer the values of all buttons of a page."""
    return frozenset(value for form in read_forms(page) for _, value in form.buttons)


def fill(page: str, values: Collection[str]) -> dict[str, str] | None:
    """Fill the form that has a button of one of these values, hidden fields too; None without one."""
    for form in read_forms(page):
        for name, offered in form.buttons:
            if offered in values:
                return {**dict(form.fields), name: offered}
    return None
