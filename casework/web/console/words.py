"""Plain words for every code that a page shows."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

STATUS: Mapping[str, LazyString] = {
    "collected": lazy_gettext("collected"),
    "filed": lazy_gettext("filed"),
    "dispatched": lazy_gettext("dispatched"),
    "acknowledged": lazy_gettext("acknowledged"),
    "en_route": lazy_gettext("en route"),
    "on_scene": lazy_gettext("on scene"),
    "resolved": lazy_gettext("resolved"),
    "verified": lazy_gettext("verified"),
    "closed": lazy_gettext("closed"),
    "voided": lazy_gettext("voided"),
}
CREW_STATUS: Mapping[str, LazyString] = {
    "available": lazy_gettext("available"),
    "notified": lazy_gettext("notified"),
    "acknowledged": lazy_gettext("acknowledged"),
    "en_route": lazy_gettext("en route"),
    "on_scene": lazy_gettext("on scene"),
    "cleared": lazy_gettext("cleared"),
    "delayed": lazy_gettext("delayed"),
    "out_of_service": lazy_gettext("out of service"),
}
CREW_STATUS_SHORT: Mapping[str, str] = {
    "av": "available",
    "er": "en_route",
    "os": "on_scene",
    "cl": "cleared",
    "de": "delayed",
    "oos": "out_of_service",
}
CLOCK: Mapping[str, LazyString] = {
    "response": lazy_gettext("response"),
    "dispatch": lazy_gettext("dispatch"),
    "turnout": lazy_gettext("turnout"),
    "travel": lazy_gettext("travel"),
    "arrival": lazy_gettext("arrival"),
    "resolution": lazy_gettext("resolution"),
    "callback": lazy_gettext("callback"),
}
LIGHT: Mapping[str, LazyString] = {
    "green": lazy_gettext("in time"),
    "amber": lazy_gettext("soon late"),
    "red": lazy_gettext("late"),
    "paused": lazy_gettext("paused"),
}
WAITING: Mapping[str, LazyString] = {
    "place": lazy_gettext("waits for its place"),
    "dispatch": lazy_gettext("waits to be dispatched"),
    "crew_answer": lazy_gettext("waits for the crew's answer"),
    "crew_departure": lazy_gettext("waits for the crew to leave"),
    "crew_arrival": lazy_gettext("waits for the crew to arrive"),
    "crew_result": lazy_gettext("waits for the crew's result"),
    "verification": lazy_gettext("waits to be verified"),
    "callback": lazy_gettext("waits for the callback"),
}
DISPOSITION: Mapping[str, LazyString] = {
    "resolved": lazy_gettext("resolved"),
    "partly_resolved": lazy_gettext("partly resolved"),
    "unfounded": lazy_gettext("unfounded"),
    "not_responsible": lazy_gettext("not ours to handle"),
    "duplicate": lazy_gettext("duplicate"),
    "self_corrected": lazy_gettext("corrected itself"),
    "cannot_fix": lazy_gettext("cannot be fixed"),
    "cancelled": lazy_gettext("cancelled"),
}
CAPABILITY: Mapping[str, LazyString] = {
    "drainage": lazy_gettext("drainage"),
    "road_repair": lazy_gettext("road repair"),
    "sanitation": lazy_gettext("sanitation"),
    "enforcement": lazy_gettext("enforcement"),
    "lighting": lazy_gettext("lighting"),
    "rescue": lazy_gettext("rescue"),
    "community": lazy_gettext("community work"),
    "patrol": lazy_gettext("patrol"),
}
CHANNEL: Mapping[str, LazyString] = {
    "generic": lazy_gettext("chat"),
    "chat:generic": lazy_gettext("chat"),
    "sms": lazy_gettext("text message"),
    "twilio": lazy_gettext("text message"),
    "voice": lazy_gettext("call"),
    "email": lazy_gettext("e-mail"),
    "webhook": lazy_gettext("webhook"),
    "dingtalk": lazy_gettext("DingTalk group"),
    "wecom": lazy_gettext("WeCom group"),
    "telegram": lazy_gettext("Telegram"),
    "chat:twilio": lazy_gettext("WhatsApp"),
    "chat:dingtalk": lazy_gettext("DingTalk"),
    "chat:wecom": lazy_gettext("WeCom"),
    "chat:telegram": lazy_gettext("Telegram"),
    "none": lazy_gettext("wants no answer"),
    "console": lazy_gettext("console"),
    "phone": lazy_gettext("telephone"),
}
CIRCUIT: Mapping[str, LazyString] = {
    "closed": lazy_gettext("in use"),
    "half_open": lazy_gettext("tried again"),
    "open": lazy_gettext("left alone: too many calls fail"),
}
PURPOSE_CLASS: Mapping[str, LazyString] = {
    "duty": lazy_gettext("order: always"),
    "answer": lazy_gettext("answer: always"),
    "machine": lazy_gettext("to a machine: always"),
    "news": lazy_gettext("news: not after STOP, not in quiet hours"),
}
MESSAGE_STATE: Mapping[str, LazyString] = {
    "new": lazy_gettext("waiting"),
    "sending": lazy_gettext("outcome unknown"),
    "sent": lazy_gettext("sent"),
    "delivered": lazy_gettext("delivered"),
    "failed": lazy_gettext("failed"),
    "expired": lazy_gettext("expired"),
    "cancelled": lazy_gettext("cancelled"),
}
PURPOSE: Mapping[str, LazyString] = {
    "offer": lazy_gettext("offer to crew"),
    "crew_offer": lazy_gettext("offer to crew"),
    "crew_withdrawn": lazy_gettext("no longer needed"),
    "resident_received": lazy_gettext("receipt to resident"),
    "resident_extended": lazy_gettext("receipt to resident"),
    "resident_dispatched": lazy_gettext("a crew is coming"),
    "resident_progress": lazy_gettext("progress to resident"),
    "resident_resolved": lazy_gettext("is it fixed?"),
    "resident_reopened": lazy_gettext("taken up again"),
    "escalation_near": lazy_gettext("soon late"),
    "escalation_over": lazy_gettext("late"),
}
ASSIGNMENT: Mapping[str, LazyString] = {
    "offered": lazy_gettext("notified"),
    "acknowledged": lazy_gettext("acknowledged"),
    "en_route": lazy_gettext("en route"),
    "on_scene": lazy_gettext("on scene"),
    "done": lazy_gettext("done"),
    "declined": lazy_gettext("declined"),
    "expired": lazy_gettext("no answer"),
    "withdrawn": lazy_gettext("withdrawn"),
}
EVENT_TYPE: Mapping[str, LazyString] = {
    "report": lazy_gettext("report"),
    "reading": lazy_gettext("reading"),
    "detection": lazy_gettext("detection"),
    "sighting": lazy_gettext("sighting"),
    "alert": lazy_gettext("alert"),
    "ticket": lazy_gettext("ticket"),
}
EVENT_STATE: Mapping[str, LazyString] = {
    "received": lazy_gettext("received"),
    "decided": lazy_gettext("decided"),
    "dismissed": lazy_gettext("dismissed"),
    "failed": lazy_gettext("failed"),
    "held": lazy_gettext("held back"),
}
DEVICE_STATE: Mapping[str, LazyString] = {
    "online": lazy_gettext("online"),
    "quiet": lazy_gettext("heard"),
    "offline": lazy_gettext("offline"),
    "unheard": lazy_gettext("never heard"),
    "storm": lazy_gettext("too loud"),
    "low": lazy_gettext("battery low"),
}
WARNING_STANDING: Mapping[str, LazyString] = {
    "in_force": lazy_gettext("in force"),
    "superseded": lazy_gettext("replaced by an update"),
    "cancelled": lazy_gettext("cancelled"),
    "expired": lazy_gettext("expired"),
    "not_actual": lazy_gettext("not actual"),
    "noted": lazy_gettext("noted"),
}
PARTY_KIND: Mapping[str, LazyString] = {
    "company": lazy_gettext("company"),
    "vehicle": lazy_gettext("vehicle"),
    "site": lazy_gettext("site"),
}
ROLE: Mapping[str, LazyString] = {
    "dispatcher": lazy_gettext("dispatcher"),
    "shift_lead": lazy_gettext("shift lead"),
    "duty_officer": lazy_gettext("duty officer"),
    "rule_author": lazy_gettext("rule author"),
    "operator": lazy_gettext("operator"),
    "guest": lazy_gettext("guest"),
}
REHEARSAL: Mapping[str, LazyString] = {
    "waiting": lazy_gettext("waiting"),
    "running": lazy_gettext("running"),
    "done": lazy_gettext("done"),
    "failed": lazy_gettext("failed"),
    "cancelled": lazy_gettext("cancelled"),
}
TRIAL: Mapping[str, LazyString] = {
    "shadow": lazy_gettext("shadow"),
    "canary": lazy_gettext("canary"),
}
WHY: Mapping[str, LazyString] = {
    "import": lazy_gettext("from the packs"),
    "publish": lazy_gettext("published"),
    "roll_back": lazy_gettext("rolled back"),
    "withdraw": lazy_gettext("taken out of force"),
}
DRAFT: Mapping[str, LazyString] = {
    "editing": lazy_gettext("being written"),
    "proposed": lazy_gettext("waits for a second person"),
    "published": lazy_gettext("published"),
    "dropped": lazy_gettext("set aside"),
}
DO: Mapping[str, LazyString] = {
    "open_case": lazy_gettext("open a case"),
    "extend_case": lazy_gettext("add to a case"),
    "notify": lazy_gettext("tell somebody"),
    "dismiss": lazy_gettext("set aside"),
    "warn": lazy_gettext("warn first"),
    "set_asset_state": lazy_gettext("mark the asset"),
    "webhook": lazy_gettext("call another system"),
    "start_plan": lazy_gettext("start a plan"),
    "add_points": lazy_gettext("add points"),
    "opened": lazy_gettext("case opened"),
    "joined": lazy_gettext("joined a case"),
    "nothing": lazy_gettext("no case to join"),
}
OPERATOR: Mapping[str, LazyString] = {
    "equals": lazy_gettext("is"),
    "not_equals": lazy_gettext("is not"),
    "at_least": lazy_gettext("at least"),
    "more_than": lazy_gettext("more than"),
    "at_most": lazy_gettext("at most"),
    "less_than": lazy_gettext("less than"),
    "between": lazy_gettext("between"),
    "in": lazy_gettext("one of"),
    "contains": lazy_gettext("contains"),
    "matches": lazy_gettext("matches the pattern"),
    "exists": lazy_gettext("is there"),
    "missing": lazy_gettext("is missing"),
    "equals_field": lazy_gettext("is the same as"),
    "not_equals_field": lazy_gettext("differs from"),
    "at_least_field": lazy_gettext("at least that of"),
    "more_than_field": lazy_gettext("more than that of"),
    "at_most_field": lazy_gettext("at most that of"),
    "less_than_field": lazy_gettext("less than that of"),
}
GROUP: Mapping[str, LazyString] = {
    "all": lazy_gettext("all of these"),
    "any": lazy_gettext("any of these"),
    "not": lazy_gettext("not this"),
}
ASKS: Sequence[tuple[str, LazyString, str, LazyString, bool]] = (
    ("escalate", lazy_gettext("Escalate"), "note", lazy_gettext("Note for the next in the chain"), False),
    ("withdraw", lazy_gettext("Take the crew off"), "reason", lazy_gettext("Reason"), True),
    ("pause", lazy_gettext("Pause the clocks"), "reason", lazy_gettext("Reason"), True),
    ("note", lazy_gettext("Add a note"), "text", lazy_gettext("Note"), True),
    ("reopen", lazy_gettext("Take up again"), "reason", lazy_gettext("Reason"), True),
    ("void", lazy_gettext("Void case"), "reason", lazy_gettext("Reason for voiding"), True),
)
"""Orders that need one line of words: verb, title, field, label, whether the line must be filled in."""

_LISTS = {
    "status": STATUS,
    "crew_status": CREW_STATUS,
    "clock": CLOCK,
    "light": LIGHT,
    "waiting": WAITING,
    "disposition": DISPOSITION,
    "capability": CAPABILITY,
    "channel": CHANNEL,
    "message_state": MESSAGE_STATE,
    "circuit": CIRCUIT,
    "purpose_class": PURPOSE_CLASS,
    "purpose": PURPOSE,
    "event_type": EVENT_TYPE,
    "event_state": EVENT_STATE,
    "device_state": DEVICE_STATE,
    "warning_standing": WARNING_STANDING,
    "party_kind": PARTY_KIND,
    "role": ROLE,
    "assignment": ASSIGNMENT,
    "rehearsal": REHEARSAL,
    "trial": TRIAL,
    "why": WHY,
    "draft": DRAFT,
    "do": DO,
    "operator": OPERATOR,
    "group": GROUP,
}


def word(code: str, kind: str) -> str:
    """Give the word for a code of a kind; an unknown code (from a pack) is shown as it is, in words."""
    known = _LISTS[kind].get(code)
    return code.replace("_", " ") if known is None else str(known)


def done(what: str, params: Mapping[str, str]) -> str:
    """Say that an order was carried out."""
    named = {
        **params,
        "disposition": word(params.get("disposition", ""), "disposition"),
        "status": word(params.get("status", ""), "crew_status"),
    }
    sentences = {
        "dispatched": gettext("Case %(number)s: crew %(crew)s is being told"),
        "escalated": gettext("Case %(number)s escalated to %(people)s"),
        "escalated_to_nobody": gettext(
            "Case %(number)s: nobody has the role above. It stands in the timeline."
        ),
        "withdrawn": gettext("Case %(number)s: the crew is taken off and the case waits again"),
        "verified": gettext("Case %(number)s verified"),
        "reopened": gettext("Case %(number)s taken up again"),
        "paused": gettext("Case %(number)s: clocks paused"),
        "resumed": gettext("Case %(number)s: clocks run again"),
        "noted": gettext("Case %(number)s: note added"),
        "filed": gettext("Case %(number)s filed"),
        "discarded": gettext("Set aside; it stays readable"),
        "undone_offer": gettext("Case %(number)s: taken back before crew %(crew)s was told"),
        "undone_told_offer": gettext("Case %(number)s: crew %(crew)s is told that it is not needed"),
        "undone_closing": gettext("Case %(number)s is open again; its reporters are told"),
        "merged": gettext("Case %(number)s merged into %(into)s"),
        "closed": gettext("Case %(number)s closed: %(disposition)s"),
        "voided": gettext("Case %(number)s voided"),
        "alarm_ended": gettext("Seen; the alarm has ended"),
        "undone": gettext("Case %(number)s: taken back"),
        "resubmitted": gettext("Handed to intake again"),
        "rule_published": gettext("In force now, in every worker"),
        "rule_withdrawn": gettext("Out of force; its versions stay"),
        "rule_proposed": gettext("Handed to a second person"),
        "draft_saved": gettext("Draft kept"),
        "draft_dropped": gettext("Draft set aside"),
        "trial_started": gettext("The trial has begun"),
        "trial_stopped": gettext("The trial has ended; its counts stay"),
        "finding_corrected": gettext("Finding corrected"),
        "device_weighed": gettext("Every worker knows of it now"),
        "crew_status_set": gettext("Crew %(crew)s is now %(status)s"),
    }
    return sentences[what] % named if what in sentences else what


def refused(why: str, params: Mapping[str, str]) -> str:
    """Say why an order was not carried out, and what to do."""
    sentences = {
        "nobody_recommended": gettext("Case %(number)s has no recommended crew. Choose one with a."),
        "unknown_crew": gettext("There is no crew %(crew)s on shift."),
        "unknown_case": gettext("There is no such open case."),
        "changed_meanwhile": gettext("Case %(number)s has changed meanwhile. Look at it again."),
        "reason_needed": gettext("Give a reason."),
        "too_late_to_undo": gettext("It is too late to take this back."),
        "still_invalid": gettext("Still not valid: %(detail)s"),
        "unknown_command": gettext("No such command: %(text)s. Press ? for the list."),
        "crew_not_able": gettext("Crew %(crew)s cannot be sent now: it is busy or off shift."),
        "recommended_not_able": gettext(
            "Case %(number)s: the recommended crew cannot be sent any more. Choose one with a."
        ),
        "status_follows": gettext(
            "Crew %(crew)s: that status follows from its case. "
            "You can set available, delayed or out of service."
        ),
        "crew_still_sent": gettext("Crew %(crew)s still has a case. Its status follows from that."),
        "place_unclear": gettext("Give the place as latitude and longitude, like 30.3201 120.1402."),
        "too_many_tries": gettext("Too many failed tries. Wait five minutes and try again."),
        "rule_broken": gettext("The rule is not in order: %(detail)s"),
        "rule_refused": gettext("Not possible: %(detail)s"),
        "rule_unknown": gettext("There is no such rule, draft or trial."),
        "rule_second": gettext("Another person must put this in force."),
        "rule_name": gettext("Choose a pack and a name of lower-case letters and hyphens, like quiet-home."),
        "event_gone": gettext("This event is not among the latest any more."),
        "unavailable": gettext("The database cannot be reached just now. Nothing was changed; try again."),
        "not_allowed": gettext("This is not possible in the case's present state."),
    }
    return sentences[why] % params if why in sentences else str(params.get("detail", why))
