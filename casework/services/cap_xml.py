"""Reading CAP 1.2 out of XML that strangers sent: bounded, without entities, every fault by its element."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from casework.domain import errors
from casework.domain.cap import KINDS, STATUSES, Alert, Info, Points, Reference, Zone

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
LONGEST = 1 << 20
MOST_INFOS, MOST_ZONES, MOST_POINTS, MOST_REFERENCES = 40, 500, 20_000, 500
_SEVERITIES = frozenset({"Extreme", "Severe", "Moderate", "Minor", "Unknown"})
_URGENCIES = frozenset({"Immediate", "Expected", "Future", "Past", "Unknown"})
_CERTAINTIES = frozenset({"Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely"})
_LEAST_CORNERS = 4
_LARGEST_KM = 20_040.0


def read(body: bytes) -> Alert:
    """Read one message; raises `MalformedBody` for what is no XML, `InvalidInput` by element."""
    if len(body) > LONGEST:
        raise errors.TooLarge(f"a CAP message has at most {LONGEST} bytes")
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise errors.MalformedBody("the message declares a document type or entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise errors.MalformedBody(f"the message is no XML: {error}") from error
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise errors.InvalidInput({"alert": [f"must be the root, in the namespace {NAMESPACE}"]})
    return _Reader(root).alert()


class _Reader:
    """Takes elements out of a message, and collects what is wrong."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._points = 0
        self.wrong: dict[str, list[str]] = {}

    def alert(self) -> Alert:
        """Read the message; raises `InvalidInput`."""
        root = self._root
        infos = [self._info(info) for info in self._all(root, "info", MOST_INFOS)]
        alert = Alert(
            sender=self._text(root, "sender", 200, required=True),
            identifier=self._text(root, "identifier", 200, required=True),
            sent=self._time(root, "sent", required=True) or datetime.min.replace(tzinfo=UTC),
            status=self._word(root, "status", STATUSES),
            kind=self._word(root, "msgType", KINDS),
            scope=self._text(root, "scope", 16),
            references=self._references(root),
            infos=infos,
        )
        if any(mark in f"{alert.sender}{alert.identifier}" for mark in ", <&"):
            self._say("identifier", "and sender must not hold blanks, commas, < or &")
        if alert.kind in {"Update", "Cancel"} and not alert.references:
            self._say("references", f"are missing: {alert.kind} says which message it is about")
        if alert.kind in {"Alert", "Update"} and not infos:
            self._say("info", "is missing")
        if self.wrong:
            raise errors.InvalidInput(self.wrong)
        return alert

    def _info(self, at: Element) -> Info:
        return Info(
            language=self._text(at, "language", 35) or "en-US",
            event=self._text(at, "event", 200, required=True),
            urgency=self._word(at, "urgency", _URGENCIES),
            severity=self._word(at, "severity", _SEVERITIES),
            certainty=self._word(at, "certainty", _CERTAINTIES),
            headline=self._text(at, "headline", 500) or None,
            description=self._text(at, "description", 20_000) or None,
            instruction=self._text(at, "instruction", 20_000) or None,
            effective=self._time(at, "effective"),
            onset=self._time(at, "onset"),
            expires=self._time(at, "expires"),
            zones=[self._zone(zone) for zone in self._all(at, "area", MOST_ZONES)],
        )

    def _zone(self, at: Element) -> Zone:
        circles = [self._circle(_said(one)) for one in self._all(at, "circle", MOST_ZONES)]
        return Zone(
            name=self._text(at, "areaDesc", 5_000),
            polygons=[
                points
                for one in self._all(at, "polygon", MOST_ZONES)
                if (points := self._polygon(_said(one)))
            ],
            circles=[circle for circle in circles if circle],
            geocodes=[
                (self._text(one, "valueName", 100), self._text(one, "value", 200))
                for one in self._all(at, "geocode", MOST_ZONES)
            ],
        )

    def _polygon(self, text: str) -> Points:
        points = [self._point("polygon", pair) for pair in text.split()]
        found = tuple(point for point in points if point is not None)
        self._points += len(found)
        if self._points > MOST_POINTS:
            self._say("polygon", f"has with the others more than {MOST_POINTS} points")
            return ()
        if len(found) != len(points):
            return ()
        if len(found) < _LEAST_CORNERS or found[0] != found[-1]:
            self._say("polygon", "needs four points or more, the last the same as the first")
            return ()
        return found

    def _circle(self, text: str) -> tuple[float, float, float] | None:
        parts = text.split()
        point = self._point("circle", parts[0]) if len(parts) == 2 else None  # noqa: PLR2004  (centre and radius)
        try:
            radius = float(parts[1]) if point else math.nan
        except ValueError:
            radius = math.nan
        if point is None or not 0 <= radius <= _LARGEST_KM:
            self._say("circle", "must be lat,lon and a radius in km, like 30.25,120.15 2.5")
            return None
        return (*point, radius)

    def _point(self, name: str, pair: str) -> tuple[float, float] | None:
        try:
            lat, lon = (float(part) for part in pair.split(","))
        except ValueError:
            lat = lon = math.nan
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004  (degrees)
            self._say(name, f"has {pair[:40]!r}, which is no lat,lon in degrees")
            return None
        return lat, lon

    def _references(self, at: Element) -> list[Reference]:
        found = []
        said = self._text(at, "references", 100_000).split()
        if len(said) > MOST_REFERENCES:
            self._say("references", f"are more than {MOST_REFERENCES}")
            return []
        for one in said:
            parts = one.split(",")
            sent = _instant(parts[2]) if len(parts) == 3 else None  # noqa: PLR2004  (sender, identifier, sent)
            if sent is None:
                self._say("references", f"has {one[:100]!r}, which is no sender,identifier,sent")
            else:
                found.append(Reference(parts[0], parts[1], sent))
        return found

    def _all(self, at: Element, name: str, most: int) -> Sequence[Element]:
        found = list(_children(at, name))
        if len(found) > most:
            self._say(name, f"stands there {len(found)} times, more than {most}")
        return found[:most]

    def _text(self, at: Element, name: str, longest: int, *, required: bool = False) -> str:
        said = next((_said(one) for one in _children(at, name)), "")
        if required and not said:
            self._say(name, "is missing")
        if len(said) > longest:
            self._say(name, f"must have at most {longest} characters")
        return said[:longest]

    def _word(self, at: Element, name: str, known: frozenset[str]) -> str:
        said = self._text(at, name, 32)
        if said not in known:
            self._say(name, f"must be one of {', '.join(sorted(known))}, not {said!r}")
        return said

    def _time(self, at: Element, name: str, *, required: bool = False) -> datetime | None:
        said = self._text(at, name, 40, required=required)
        instant = _instant(said) if said else None
        if said and instant is None:
            self._say(name, f"must be a time with its offset, like 2026-05-01T08:00:00+08:00, not {said!r}")
        return instant

    def _say(self, name: str, sentence: str) -> None:
        said = self.wrong.setdefault(name, [])
        if len(said) < 3:  # noqa: PLR2004  (enough to mend by)
            said.append(sentence)


def _children(at: Element, name: str) -> Iterator[Element]:
    return (one for one in at if one.tag == f"{{{NAMESPACE}}}{name}")


def _said(at: Element) -> str:
    return (
        " ".join((at.text or "").split())
        if at.tag.endswith(("polygon", "circle"))
        else (at.text or "").strip()
    )


def _instant(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
