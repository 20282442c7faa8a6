"""The resident's case page: how far it is, what was promised, and one question."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from casework.domain import errors
from casework.domain.cases import ENDED, Case, CaseStatus, Disposition
from casework.domain.timeline import Entry, EntryKind
from casework.services import closing, telling
from casework.web.links import page
from casework.web.links.guard import GuessBrake

_ANSWERABLE = frozenset({CaseStatus.RESOLVED, CaseStatus.VERIFIED})
_CODE_LENGTH = 10
_SHOWN = frozenset(
    {
        EntryKind.CASE_COLLECTED,
        EntryKind.CASE_FILED,
        EntryKind.CREW_ACKNOWLEDGED,
        EntryKind.CREW_EN_ROUTE,
        EntryKind.CREW_ON_SCENE,
        EntryKind.CREW_DONE,
        EntryKind.CASE_CLOSED,
        EntryKind.CASE_REOPENED,
        EntryKind.CASE_VOIDED,
        EntryKind.CASE_MERGED,
    }
)
"""What a resident sees of the timeline; nothing of who did it or of what anybody wrote."""
_FIXED = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that has been done, and when."""

    words: str
    at: datetime


def hang(links: Blueprint, guard: GuessBrake) -> None:
    """Add the page's address to the blueprint."""

    @links.get("/r/<code>")
    def show_case(code: str) -> Response:
        """Show how far a case is; this changes nothing."""
        try:
            return _page(_find(code, guard))
        except errors.CaseworkError as error:
            return page.refuse(error, "resident")

    @links.post("/r/<code>")
    def answer_case(code: str) -> Response:
        """Take the answer to "is it fixed?" and show how the case stands then."""
        request.max_content_length = 16_000
        try:
            return _answer(_find(code, guard))
        except RequestEntityTooLarge:
            return page.refuse(errors.TooLarge(), "resident")
        except errors.CaseworkError as error:
            return page.refuse(error, "resident")


def _find(code: str, guard: GuessBrake) -> Case:
    house = page.runtime()
    now = house.clock()
    page.brake(guard, now)
    spelled = code.strip().upper()
    case = None
    if len(spelled) == _CODE_LENGTH and spelled.isascii() and spelled.isalnum():
        with house.uows(reading=True) as uow:
            case = uow.cases.find_by_code(spelled)
            if case is not None and case.duplicate_of is not None:
                case = uow.cases.get(case.duplicate_of)
    if case is None:
        guard.missed(page.client(), now)
        raise errors.CaseNotFound
    return case


def _answer(case: Case) -> Response:
    house = page.runtime()
    fixed = _FIXED.get(request.form.get("fixed", ""))
    if fixed is None:
        return _page(case, status=422)
    if case.status not in _ANSWERABLE:
        # The same answer once more is no error; another one comes too late.
        said = "thanks_yes" if fixed and case.status is CaseStatus.CLOSED else "too_late"
        return _page(case, said=said, status=200 if said == "thanks_yes" else 409)
    try:
        case = closing.answer_fixed(
            case.id, fixed=fixed, report=None, uows=house.uows, house=house.house(), clock=house.clock
        )
    except errors.Conflict:
        return _page(case, said="too_late", status=409)
    house.bells.ring_all()
    return _page(case, said="thanks_yes" if fixed else "thanks_no")


def _page(case: Case, *, said: str = "", status: int = 200) -> Response:
    house = page.runtime()
    lang = page.language()
    with house.uows(reading=True) as uow:
        entries = uow.timeline.of_case(case.id)
    return page.render(
        "case.html",
        status,
        lang=lang,
        case=case,
        said=said,
        category=telling.category_title(house.house(), case.category, lang),
        place=telling.place_of(case, lang),
        steps=_steps(entries),
        promises=_promises(case, entries),
        asks=case.status in _ANSWERABLE and said != "thanks_yes",
        others=max(0, case.reporters - 1),
        why=_why(case),
        clock_time=lambda at: page.local_time(at, house.settings.timezone),
        day=lambda at: at.astimezone(house.settings.timezone).strftime("%m-%d"),
        today=house.clock().astimezone(house.settings.timezone).strftime("%m-%d"),
    )


def _steps(entries: Iterable[Entry]) -> list[_Step]:
    return [_Step(f"step_{entry.kind}", entry.at) for entry in entries if entry.kind in _SHOWN]


def _promises(case: Case, entries: Iterable[Entry]) -> list[tuple[str, int, datetime | None]]:
    """List what was promised: its words, its minutes, and the latest time where that is known."""
    if case.status in ENDED or case.status in _ANSWERABLE:
        return []
    sent = [entry.at for entry in entries if entry.kind is EntryKind.ASSIGNMENT_SENT]
    begun = {
        "promise_arrival": (case.targets.get("arrival"), sent[-1] if sent and case.assigned_to else None),
        "promise_resolution": (case.targets.get("resolution"), case.filed_at),
    }
    return [
        (words, max(1, round(target / 60)), since + timedelta(seconds=target) if since else None)
        for words, (target, since) in begun.items()
        if target is not None
    ]


def _why(case: Case) -> str | None:
    """Name how the case ended where that is not simply "fixed"."""
    plain = {None, Disposition.RESOLVED, Disposition.CANCELLED}
    return None if case.disposition in plain else f"why_{case.disposition}"
