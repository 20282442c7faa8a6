"""What a crew answers by text: a digit or a word for the task it holds, anything else a remark on it."""

from collections.abc import Mapping

from casework.domain import errors
from casework.domain.crews import Crew
from casework.domain.timeline import EntryKind, Scribe
from casework.services import chat_texts, chatting, chronicling, field_work, telling
from casework.services.field_work import CrewAction, CrewSays
from casework.services.runtime import Runtime
from notifications import inbound
from notifications.inbound import Awaiting, Intent

_ACTIONS: Mapping[Intent, CrewAction] = {
    Intent.ACCEPT: CrewAction.ACCEPT,
    Intent.DECLINE: CrewAction.DECLINE,
    Intent.ARRIVED: CrewAction.ON_SCENE,
    Intent.DONE: CrewAction.DONE,
    Intent.HELP: CrewAction.NEED_HELP,
}
_SILENT = frozenset({Intent.STOP, Intent.START})
"""The provider acts on these by itself and would not let an answer through."""


def take(crew: Crew, message_id: str, text: str, *, runtime: Runtime) -> bool:
    """Do what a crew's text says, and answer it by text; False when it is no word on a task of this crew.

    The step comes first and changes nothing when it is said again, so that a crash before the message is
    marked as taken costs a repeated answer at most.
    """
    with runtime.uows(reading=True) as uow:
        if uow.talks.answer_of(telling.SMS, message_id) is not None:
            return True
        held = uow.assignments.active_of_crew(crew.id)
    intent = inbound.read_intent(text, awaiting=Awaiting.OFFER)
    if intent in _SILENT:
        return True
    if intent in _ACTIONS:
        key, code = _act(crew, _ACTIONS[intent], runtime)
    elif len(held) == 1:
        key, code = "crew_noted", _remark(crew, text, message_id, runtime)
    else:
        return False
    _reply(crew, message_id, text, chat_texts.say(key, crew.language, code=code), runtime)
    return True


def _act(crew: Crew, action: CrewAction, runtime: Runtime) -> tuple[str, str]:
    try:
        view = field_work.act_as_crew(
            crew.id,
            CrewSays(action=action),
            uows=runtime.uows,
            house=runtime.house(),
            clock=runtime.clock,
        )
    except errors.LinkExpired:
        return "crew_gone", ""
    except errors.Conflict as error:
        return ("crew_which" if type(error) is errors.Conflict else "crew_gone"), ""
    return f"crew_{action}", str(view.case.number)


def _remark(crew: Crew, text: str, message_id: str, runtime: Runtime) -> str:
    with runtime.uows() as uow:
        held = uow.assignments.active_of_crew(crew.id)
        case = uow.cases.lock(held[0].case_id)
        scribe = Scribe(case.id, runtime.clock(), f"crew:{crew.code}", f"message:sms/{message_id}")
        chronicling.record(uow, case, scribe.entry(EntryKind.NOTE_ADDED, text=text))
        uow.commit()
    return str(case.number)


def _reply(crew: Crew, message_id: str, text: str, body: str, runtime: Runtime) -> None:
    if crew.phone is None:
        return
    now = runtime.clock()
    with runtime.uows() as uow:
        uow.talks.first_time(telling.SMS, message_id, crew.phone, now, {"text": text})
        uow.talks.put_answer(telling.SMS, message_id, {"user": crew.phone, "replies": [body], "code": None})
        uow.messages.add(chatting.make_text(telling.SMS, crew.phone, crew.language, body, now, None))
        uow.commit()
    runtime.bells.ring_all()
