"""Putting texts into the outbox: to crews, to reporters, to roles of the house."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from casework import ids
from casework.domain.assignments import Assignment
from casework.domain.cases import Case
from casework.domain.crews import Crew
from casework.domain.messages import Message
from casework.domain.people import Role
from casework.domain.reports import Report
from casework.domain.timeline import EntryKind, Scribe
from casework.ids import MessageId
from casework.services import chat_texts, chronicling
from casework.services.house import House
from casework.services.ports import UnitOfWork
from notifications import segments, templates
from rules import titles
from rules.fields import FactValue

SMS = "sms"
VOICE = "voice"
CONSOLE = "console"
WEBHOOK = "webhook"


def category_title(house: House, code: str, language: str) -> str:
    """Name a category in a language; a category that the packs no longer have keeps its code."""
    category = house.catalogue.categories.get(code)
    return code if category is None else category.title.get(language, code)


def place_of(case: Case, language: str) -> str:
    """Say in a few words where a case is."""
    if case.address:
        return case.address[:40]
    if case.lat is None or case.lon is None:
        return "unknown place" if language == "en" else "位置待定"
    return f"{case.lat:.5f},{case.lon:.5f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A text before it is written: whom it goes to, and what fills its template."""

    purpose: str
    to: tuple[str, str]
    language: str
    now: datetime
    link: str = ""
    crew: str = ""
    minutes: int = 1
    valid_until: datetime | None = None
    assignment: Assignment | None = None
    report: Report | None = None
    secret: str | None = None
    spoken: str | None = None
    facts: Mapping[str, FactValue] | None = None


def _crew_address(crew: Crew) -> tuple[str, str]:
    return (SMS, crew.phone) if crew.phone else (CONSOLE, f"crew:{crew.code}")


def tell_crew(
    uow: UnitOfWork,
    house: House,
    case: Case,
    crew: Crew,
    assignment: Assignment,
    *,
    token: str,
    now: datetime,
) -> None:
    """Offer an assignment by text; the provider drops it when the offer's time is over."""
    draft = _Draft(
        purpose="crew_offer",
        to=_crew_address(crew),
        language=crew.language,
        now=now,
        valid_until=assignment.expires_at,
        assignment=assignment,
        secret=token,
        link=f"{house.public_url}/a/{token}",
        crew=crew.name(crew.language),
        minutes=max(1, round((assignment.eta_s or 60.0) / 60)),
    )
    _put(uow, house, case, draft)


def tell_crew_withdrawn(uow: UnitOfWork, house: House, case: Case, crew: Crew, *, now: datetime) -> None:
    """Tell a crew that it is no longer needed."""
    draft = _Draft(
        purpose="crew_withdrawn", to=_crew_address(crew), language=crew.language, now=now, crew=crew.code
    )
    _put(uow, house, case, draft)


def tell_reporters(
    uow: UnitOfWork,
    house: House,
    case: Case,
    purpose: str,
    *,
    scribe: Scribe,
    crew: Crew | None = None,
    within_s: float | None = None,
) -> int:
    """Tell everyone who reported a case, each in the own language and channel; answer how many.

    `crew` and `within_s` fill the texts that say who comes and how soon.
    """
    told = [report for report in uow.reports.of_case(case.id) if report.can_be_told]
    for report in told:
        tell_reporter(uow, house, case, report, purpose, scribe=scribe, crew=crew, within_s=within_s)
    return len(told)


def tell_reporter(
    uow: UnitOfWork,
    house: House,
    case: Case,
    report: Report,
    purpose: str,
    *,
    scribe: Scribe,
    crew: Crew | None = None,
    within_s: float | None = None,
) -> None:
    """Tell one reporter."""
    if report.channel is None or report.address is None:
        return
    draft = _Draft(
        purpose=purpose,
        to=(report.channel, report.address),
        language=report.language,
        now=scribe.at,
        report=report,
        link=f"{house.public_url}/r/{case.public_code}",
        crew=crew.name(report.language) if crew else "",
        minutes=max(1, round((within_s or case.targets.get("resolution", 1200.0)) / 60)),
    )
    _tell(uow, house, case, report, draft, scribe)


def can_call(house: House, report: Report) -> bool:
    """Tell whether the house can telephone a reporter."""
    return VOICE in house.channels and report.channel == SMS and report.address is not None


def call_reporter(
    uow: UnitOfWork, house: House, case: Case, report: Report, purpose: str, *, scribe: Scribe
) -> None:
    """Telephone one reporter and ask "is it fixed?"; the keys are heard by `casework.services.calling`."""
    draft = _Draft(
        purpose=purpose,
        to=(VOICE, report.address or ""),
        language=report.language,
        now=scribe.at,
        report=report,
        spoken="voice_fixed",
    )
    _tell(uow, house, case, report, draft, scribe)


def _tell(uow: UnitOfWork, house: House, case: Case, report: Report, draft: _Draft, scribe: Scribe) -> None:
    message_id = _put(uow, house, case, draft)
    entry = scribe.entry(
        EntryKind.REPORTER_TOLD, report_id=report.id, purpose=draft.purpose, message=message_id
    )
    chronicling.record(uow, case, entry)


def tell_role(
    uow: UnitOfWork,
    house: House,
    case: Case,
    role: str,
    purpose: str,
    *,
    scribe: Scribe,
    minutes: int,
    facts: Mapping[str, FactValue] | None = None,
) -> list[str]:
    """Tell everyone of a role, by text where there is a number, else on the console; answer their names.

    `facts` fill the fields of an event that the text of a rule names.
    """
    people = uow.people.with_role(Role(role))
    for person in people:
        draft = _Draft(
            purpose=purpose,
            to=(SMS, person.phone) if person.phone else (CONSOLE, f"user:{person.name}"),
            language=person.language or house.language,
            now=scribe.at,
            link=f"{house.public_url}/console/cases/{case.id}",
            minutes=minutes,
            facts=facts,
        )
        _put(uow, house, case, draft)
    groups = house.role_channels.get(role, ())
    for to in groups:
        link = f"{house.public_url}/console/cases/{case.id}"
        draft = _Draft(
            purpose=purpose, to=to, language=house.language, now=scribe.at, link=link, minutes=minutes
        )
        _put(uow, house, case, draft)
    return [person.name for person in people] + [channel for channel, _ in groups]


def warn_party(
    uow: UnitOfWork,
    house: House,
    number: str,
    purpose: str,
    facts: Mapping[str, FactValue],
    *,
    minutes: int,
    now: datetime,
) -> None:
    """Ask a responsible party by text to mend something; there is no case yet, so nothing else is named."""
    template = titles.fill_fields(house.catalogue.messages[purpose], facts)
    parameters = dict.fromkeys(titles.PARAMETERS, titles.MISSING) | {"minutes": str(minutes)}
    body = templates.render(template, house.language, parameters)
    uow.messages.add(_without_case(purpose, SMS, number, house.language, body, now))


def call_hook(
    uow: UnitOfWork, address: str, posted: Mapping[str, object], case: Case | None, *, now: datetime
) -> None:
    """Put a call of another system into the outbox."""
    body = json.dumps(posted, ensure_ascii=False, separators=(",", ":"))
    message = _without_case(WEBHOOK, WEBHOOK, address, "en", body, now)
    uow.messages.add(replace(message, case_id=case.id if case is not None else None))


def _without_case(
    purpose: str, channel: str, address: str, language: str, body: str, now: datetime
) -> Message:
    return Message(
        id=MessageId(ids.new()),
        case_id=None,
        purpose=purpose,
        channel=channel,
        address=address,
        language=language,
        body=body,
        segments=segments.count(body).segments if channel == SMS else 1,
        created_at=now,
        next_attempt_at=now,
    )


def texts_to_show(house: House) -> Mapping[str, Mapping[str, str]]:
    """Answer every text of the packs for a preview; a field of an event is shown as a dash."""
    return {key: titles.fill_fields(text, {}) for key, text in house.catalogue.messages.items()}


def _template(house: House, case: Case, purpose: str) -> Mapping[str, str]:
    """Find the text of a purpose: the one for the category, `{purpose}-for-{category}`, or the common one."""
    messages = house.catalogue.messages
    return messages.get(f"{purpose}-for-{case.category}") or messages[purpose]


def _put(uow: UnitOfWork, house: House, case: Case, draft: _Draft) -> MessageId:
    parameters = {
        "code": case.public_code if draft.report else case.number,
        "category": category_title(house, case.category, draft.language),
        "place": place_of(case, draft.language),
        "link": draft.link,
        "crew": draft.crew,
        "minutes": draft.minutes,
    }
    template = chat_texts.TEXTS[draft.spoken] if draft.spoken else _template(house, case, draft.purpose)
    if draft.facts is not None:
        template = titles.fill_fields(template, draft.facts)
    body = templates.render(template, draft.language, parameters)
    channel, address = draft.to
    message = Message(
        id=MessageId(ids.new()),
        case_id=case.id,
        purpose=draft.purpose,
        channel=channel,
        address=address,
        language=draft.language,
        body=body,
        segments=segments.count(body).segments,
        created_at=draft.now,
        next_attempt_at=draft.now,
        valid_until=draft.valid_until,
        assignment_id=draft.assignment.id if draft.assignment else None,
        report_id=draft.report.id if draft.report else None,
        secret=draft.secret,
    )
    uow.messages.add(message)
    return message.id
