"""Taking back what can really be taken back; the token tells any process what, and until when."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Unreadable
from collections.abc import Callable, Mapping
from datetime import timedelta

from casework.domain import errors
from casework.domain.cases import CaseStatus
from casework.domain.crews import CrewStatus
from casework.ids import AssignmentId, CaseId
from casework.services import closing, dispatching, field_work, handling
from casework.services.runtime import Runtime
from casework.web.console.commands import Done, Refused

LASTS = timedelta(seconds=20)
"""As long as the toast is on screen, and a little more for the way."""
SETTABLE = frozenset({CrewStatus.AVAILABLE, CrewStatus.OUT_OF_SERVICE, CrewStatus.DELAYED})


class Undoing:
    """Makes undo tokens and carries them out; what has moved on meanwhile is not taken back."""

    def __init__(self, runtime: Callable[[], Runtime], secret: str) -> None:
        self._runtime = runtime
        self._key = hashlib.sha256(b"undo" + secret.encode()).digest()

    def of_offer(self, case_id: str, assignment_id: str, crew: str) -> str:
        """Offer to withdraw an offer that the crew has not answered."""
        return self._token(what="offer", case=case_id, assignment=assignment_id, crew=crew)

    def of_closing(self, case_id: str) -> str:
        """Offer to reopen a case that was just closed."""
        return self._token(what="closing", case=case_id)

    def of_pause(self, case_id: str) -> str:
        """Offer to let the clocks run again."""
        return self._token(what="pause", case=case_id)

    def of_crew_status(self, crew: str, before: CrewStatus, now: CrewStatus) -> str | None:
        """Offer to set a crew back, where its former status can be set by hand."""
        if before not in SETTABLE or before is now:
            return None
        return self._token(what="crew", crew=crew, before=before.value, now=now.value)

    def carry_out(self, actor: str, token: str) -> Done:
        """Take back what a token names; raises `Refused` once it is too late."""
        said = self._read(token)
        if said["what"] == "crew":
            return self._set_crew_back(said)
        house = self._runtime()
        case_id = CaseId(said["case"])
        with house.uows(reading=True) as uow:
            case = uow.cases.get(case_id)
        params = {"number": str(case.number)}
        if said["what"] == "offer":
            return self._withdraw(actor, case_id, said, params)
        if said["what"] == "pause" and case.paused:
            handling.resume(case_id, actor=actor, uows=house.uows, clock=house.clock)
            return Done("undone", params, case_id)
        if said["what"] != "closing" or case.status is not CaseStatus.CLOSED:
            raise Refused("too_late_to_undo")
        closing.reopen(
            case_id, actor=actor, reason="undo", uows=house.uows, house=house.house(), clock=house.clock
        )
        return Done("undone_closing", params, case_id)

    def _withdraw(self, actor: str, case_id: CaseId, said: Mapping[str, str], params: dict[str, str]) -> Done:
        house = self._runtime()
        try:
            offered = dispatching.take_back_offer(
                case_id, AssignmentId(said["assignment"]), actor=actor, uows=house.uows, house=house.house(),
                clock=house.clock,
            )  # fmt: skip
        except errors.Conflict as error:
            raise Refused("too_late_to_undo") from error
        what = "undone_offer" if offered.sent_at is None else "undone_told_offer"
        return Done(what, {**params, "crew": said["crew"]}, case_id)

    def _set_crew_back(self, said: Mapping[str, str]) -> Done:
        house = self._runtime()
        with house.uows(reading=True) as uow:
            crew = uow.crews.find_by_code(said["crew"])
        if crew is None or crew.status.value != said["now"]:
            raise Refused("too_late_to_undo")
        field_work.set_status(crew.id, CrewStatus(said["before"]), uows=house.uows, clock=house.clock)
        return Done("crew_status_set", {"crew": crew.code, "status": said["before"]})

    def _token(self, **said: str) -> str:
        until = str((self._runtime().clock() + LASTS).timestamp())
        body = urlsafe_b64encode(json.dumps({**said, "until": until}).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def _read(self, token: str) -> Mapping[str, str]:
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            raise Refused("too_late_to_undo")
        try:
            said: Mapping[str, str] = json.loads(urlsafe_b64decode(body))
        except (Unreadable, ValueError) as error:
            raise Refused("too_late_to_undo") from error
        if self._runtime().clock().timestamp() > float(said["until"]):
            raise Refused("too_late_to_undo")
        return said

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
