# ruff: noqa: D102  (the Protocol says what these methods are for)
"""What the pages order, carried out by the use cases; a refusal comes back in plain words."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from casework.domain import errors
from casework.domain.cases import Case, Disposition
from casework.domain.crews import CrewStatus
from casework.ids import CaseId, CrewId
from casework.services import closing, dispatching, field_work, handling, intake
from casework.services.runtime import Runtime
from casework.web.console import undoing
from casework.web.console.commands import Done, Refused
from casework.web.console.queries import Viewer


class HouseCommands:
    """Carries out `Commands`; after each the background is told to look at once."""

    def __init__(self, runtime: Callable[[], Runtime], secret: str) -> None:
        self._runtime = runtime
        self._undo = undoing.Undoing(runtime, secret)

    def dispatch_recommended(self, viewer: Viewer, case_id: str, version: int | None) -> Done:
        house = self._runtime()
        case = self._case(case_id, version)
        with self._asked(case):
            sent = dispatching.dispatch_recommended(
                case.id,
                actor=_actor(viewer),
                uows=house.uows,
                house=house.house(),
                clock=house.clock,
                version=version,
            )
        return self._sent(case, str(sent.crew_id), sent.id)

    def assign(self, viewer: Viewer, case_id: str, crew_code: str, version: int | None) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with house.uows(reading=True) as uow:
            crew = uow.crews.find_by_code(crew_code.upper())
        if crew is None:
            raise Refused("unknown_crew", status=404, crew=crew_code)
        with self._asked(case, crew=crew.code):
            sent = dispatching.assign(
                case.id, crew.id, actor=_actor(viewer), uows=house.uows, house=house.house(),
                clock=house.clock, version=version,
            )  # fmt: skip
        return self._sent(case, str(crew.id), sent.id)

    def withdraw(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            dispatching.withdraw(
                case.id, actor=_actor(viewer), reason=_needed(reason), uows=house.uows, house=house.house(),
                clock=house.clock,
            )  # fmt: skip
        return Done("withdrawn", _number(case), case.id)

    def escalate(self, viewer: Viewer, case_id: str, note: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            told = handling.escalate(
                case.id,
                actor=_actor(viewer),
                reason=note,
                uows=house.uows,
                house=house.house(),
                clock=house.clock,
            )
        if not told:
            return Done("escalated_to_nobody", _number(case), case.id)
        return Done("escalated", {**_number(case), "people": ", ".join(told)}, case.id)

    def merge(self, viewer: Viewer, case_id: str, into_id: str, version: int | None) -> Done:
        house = self._runtime()
        case = self._case(case_id, version)
        with self._asked(case):
            into = closing.merge(
                case.id, CaseId(into_id), actor=_actor(viewer), uows=house.uows, house=house.house(),
                clock=house.clock,
            )  # fmt: skip
        return Done("merged", {**_number(case), "into": str(into.number)}, case.id)

    def close(self, viewer: Viewer, case_id: str, disposition: str, note: str, version: int | None) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            closing.close(
                case.id, Disposition(disposition), actor=_actor(viewer), note=note, uows=house.uows,
                house=house.house(), clock=house.clock, version=version,
            )  # fmt: skip
        params = {**_number(case), "disposition": disposition}
        return Done("closed", params, case.id, self._undo.of_closing(case.id))

    def void(self, viewer: Viewer, case_id: str, reason: str, version: int | None) -> Done:
        house = self._runtime()
        case = self._case(case_id, version)
        with self._asked(case):
            closing.void(
                case.id, actor=_actor(viewer), reason=_needed(reason), uows=house.uows, house=house.house(),
                clock=house.clock,
            )  # fmt: skip
        return Done("voided", _number(case), case.id)

    def verify(self, viewer: Viewer, case_id: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            closing.verify(
                case.id, actor=_actor(viewer), uows=house.uows, house=house.house(), clock=house.clock
            )
        return Done("verified", _number(case), case.id)

    def reopen(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            closing.reopen(
                case.id, actor=_actor(viewer), reason=_needed(reason), uows=house.uows, house=house.house(),
                clock=house.clock,
            )  # fmt: skip
        return Done("reopened", _number(case), case.id)

    def pause(self, viewer: Viewer, case_id: str, reason: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            handling.pause(
                case.id, actor=_actor(viewer), reason=_needed(reason), uows=house.uows, clock=house.clock
            )
        return Done("paused", _number(case), case.id, self._undo.of_pause(case.id))

    def resume(self, viewer: Viewer, case_id: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            handling.resume(case.id, actor=_actor(viewer), uows=house.uows, clock=house.clock)
        return Done("resumed", _number(case), case.id)

    def note(self, viewer: Viewer, case_id: str, text: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            handling.note(case.id, _needed(text), actor=_actor(viewer), uows=house.uows, clock=house.clock)
        return Done("noted", _number(case), case.id)

    def file(self, viewer: Viewer, case_id: str, lat: float, lon: float, address: str) -> Done:
        house = self._runtime()
        case = self._case(case_id)
        with self._asked(case):
            handling.file(
                case.id, lat=lat, lon=lon, address=address or None, actor=_actor(viewer), uows=house.uows,
                house=house.house(), clock=house.clock,
            )  # fmt: skip
        return Done("filed", _number(case), case.id)

    def undo(self, viewer: Viewer, token: str) -> Done:
        with self._asked(None):
            return self._undo.carry_out(_actor(viewer), token)

    def resubmit(self, viewer: Viewer, quarantine_id: str, text: str) -> Done:
        house = self._runtime()
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Refused("still_invalid", status=422, detail=str(error)) from error
        if not isinstance(raw, dict):
            raise Refused("still_invalid", status=422, detail="{…}")
        with self._asked(None):
            intake.resubmit(
                quarantine_id, raw, read=house.read, inbox=house.inbox, actor=_actor(viewer), uows=house.uows,
                clock=house.clock,
            )  # fmt: skip
        return Done("resubmitted")

    def discard(self, viewer: Viewer, quarantine_id: str) -> Done:
        house = self._runtime()
        with self._asked(None):
            intake.discard(quarantine_id, actor=_actor(viewer), uows=house.uows, clock=house.clock)
        return Done("discarded")

    def end_alarms(self, viewer: Viewer, kind: str, keys: Sequence[str]) -> Done:
        house = self._runtime()
        for key in keys:
            with suppress(errors.NotFound):  # somebody else saw it first
                handling.end_alarm(kind, key, actor=_actor(viewer), uows=house.uows, clock=house.clock)
        return Done("alarm_ended")

    def crew_status(self, viewer: Viewer, crew_code: str, status: str) -> Done:
        del viewer  # the use case keeps no actor for a crew
        house = self._runtime()
        with house.uows(reading=True) as uow:
            crew = uow.crews.find_by_code(crew_code.upper())
        if crew is None:
            raise Refused("unknown_crew", status=404, crew=crew_code)
        if CrewStatus(status) not in undoing.SETTABLE:
            raise Refused("status_follows", status=422, crew=crew.code)
        with self._asked(None, crew=crew.code):
            field_work.set_status(crew.id, CrewStatus(status), uows=house.uows, clock=house.clock)
        undo = self._undo.of_crew_status(crew.code, crew.status, CrewStatus(status))
        return Done("crew_status_set", {"crew": crew.code, "status": status}, None, undo)

    def _case(self, case_id: str, version: int | None = None) -> Case:
        try:
            with self._runtime().uows(reading=True) as uow:
                case = uow.cases.get(CaseId(case_id))
        except errors.CaseNotFound as error:
            raise Refused("unknown_case", status=404) from error
        if version is not None and case.version != version:
            raise Refused("changed_meanwhile", number=str(case.number))
        return case

    def _sent(self, case: Case, crew_id: str, assignment_id: str) -> Done:
        with self._runtime().uows(reading=True) as uow:
            code = uow.crews.get(CrewId(crew_id)).code
        params = {**_number(case), "crew": code}
        return Done("dispatched", params, case.id, self._undo.of_offer(case.id, assignment_id, code))

    @contextmanager
    def _asked(self, case: Case | None, **params: str) -> Iterator[None]:
        """Turn what a use case refuses into words, and ring for the background once it is done."""
        named = {**(_number(case) if case else {}), **params}
        try:
            yield
        except errors.CaseworkError as error:
            raise refusal_of(error, named) from error
        bells = self._runtime().bells
        for bell in (bells.triage, bells.solver, bells.relay):
            bell.set()


_WHY: tuple[tuple[type[errors.CaseworkError], str], ...] = (
    (errors.StaleVersion, "changed_meanwhile"),
    (errors.NoRecommendation, "nobody_recommended"),
    (errors.CrewNotAble, "crew_not_able"),
    (errors.CaseNotFound, "unknown_case"),
    (errors.InvalidInput, "still_invalid"),
    (errors.Unavailable, "unavailable"),
    (errors.NotFound, "unknown_case"),
    (errors.Conflict, "not_allowed"),
)


def refusal_of(error: errors.CaseworkError, params: dict[str, str]) -> Refused:
    """Name the sentence for what a use case refused."""
    why = next((why for kind, why in _WHY if isinstance(error, kind)), "not_allowed")
    if why == "changed_meanwhile" and "number" not in params:
        why = "not_allowed"
    if why == "crew_not_able" and "crew" not in params:
        why = "recommended_not_able"
    if why == "not_allowed" and "crew" in params and "number" not in params:
        why = "crew_still_sent"
    status = 409 if error.status == 412 else error.status  # noqa: PLR2004  (a form has no If-Match)
    return Refused(why, status=status, **params, detail=error.detail)


def _actor(viewer: Viewer) -> str:
    return f"user:{viewer.sign_in}"


def _number(case: Case) -> dict[str, str]:
    return {"number": str(case.number)}


def _needed(text: str) -> str:
    if not text.strip():
        raise Refused("reason_needed", status=422)
    return text.strip()
