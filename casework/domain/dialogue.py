"""A resident's chat as a pure function: what went before and what is said now give what to do next."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from notifications import inbound
from notifications.inbound import Awaiting, Intent

IDLE_AFTER = timedelta(minutes=30)
"""A question that was not answered for so long is no longer what the next message answers."""
_LONGEST_PLACE = 80
_CHINESE_SHARE = 0.2
_CODE = re.compile(r"[2-9A-HJ-NP-Z]{10}")


class Stage(StrEnum):
    """What we last asked."""

    IDLE = "idle"
    ASKED_PLACE = "asked_place"
    ASKED_WHAT = "asked_what"


class Words(StrEnum):
    """What the bot can say by itself; the texts stand in `casework.services.chat_texts`."""

    EMERGENCY = "emergency"
    ASK_PLACE = "ask_place"
    ASK_WHAT = "ask_what"
    HOW_TO = "how_to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a resident; a position is in degrees, WGS-84; photos are addresses, never opened."""

    text: str = ""
    photos: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    poll: bool = False

    @property
    def has_position(self) -> bool:
        """Whether latitude and longitude came along."""
        return self.lat is not None and self.lon is not None

    @property
    def bare(self) -> bool:
        """Whether there is nothing but words."""
        return not (self.photos or self.has_position or self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is remembered of a conversation; `pending` came before we knew what it is about."""

    stage: Stage = Stage.IDLE
    heard_at: datetime | None = None
    language: str | None = None
    pending: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the house knows of this person's latest case."""

    asked_if_fixed: bool = False
    placeless: bool = False


@dataclass(frozen=True, slots=True)
class OpenReport:
    """Take this as a report."""

    said: Said


@dataclass(frozen=True, slots=True)
class GivePlace:
    """Give the person's latest case its place."""

    said: Said


@dataclass(frozen=True, slots=True)
class AnswerFixed:
    """Take the answer to "is it fixed?"."""

    fixed: bool


@dataclass(frozen=True, slots=True)
class TellProgress:
    """Say how the person's cases stand, or the one with this code."""

    code: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the person's latest report back, if nobody was sent yet."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say something by itself."""

    words: Words


Effect = OpenReport | GivePlace | AnswerFixed | TellProgress | Withdraw | Say

_EMERGENCY = re.compile(
    "着火|起火|火灾|失火|爆炸|冒烟|(煤气|燃气|天然气)泄漏|漏电|触电|电线掉落|有人受伤|被困|溺水|落水|救命|昏迷|流血|坠楼|倒塌|坍塌"
    r"|\b(on fire|there is a fire|explosion|gas leak|smell of gas|electrocuted|trapped|drowning"
    r"|unconscious|bleeding|collapsed|help me)\b",
    re.IGNORECASE,
)
_CANCEL = frozenset(
    {"取消", "撤销", "撤回", "算了", "不报了", "作废", "cancel", "never mind", "nevermind", "withdraw"}
)
_GREETING = frozenset(
    {"你好", "您好", "在吗", "在么", "hi", "hello", "hey", "谢谢", "感谢", "thanks", "thank you", "嗯", "ok"}
    | {"好", "好的", "收到", "是", "否", "yes", "no", "y", "n", "1", "2"}
)
"""Said without a question before, these are no report."""
_EDGES = " .!?,:;~#。、\uff01\uff1f\uff0c\uff1a\uff1b"
_STILL_BROKEN = re.compile(
    r"没(有)?(修|解决|处理|弄)?好|没人(来|管)|还是(坏|不)|又坏|still (not|broken)|not fixed", re.IGNORECASE
)
_PROGRESS = re.compile(r"(查询?)?(进度|进展|状态)|progress|status", re.IGNORECASE)


def hear(before: Talk, said: Said, known: Known, now: datetime) -> tuple[Talk, tuple[Effect, ...]]:
    """Answer what to remember and what to do; every message that is not empty leads to something."""
    talk = replace(_fresh(before, now), heard_at=now, language=language_of(said.text) or before.language)
    text = said.text.strip()
    if not text and said.bare:
        return (talk, ()) if said.poll else (talk, (Say(Words.ASK_WHAT),))
    if said.bare:
        meant = _command(text, known)
        if meant is not None:
            return replace(talk, stage=Stage.IDLE, pending=None), (meant,)
    if _is_place(talk, said, text, known):
        return replace(talk, stage=Stage.IDLE), (GivePlace(said),)
    if not text:
        return replace(talk, stage=Stage.ASKED_WHAT, pending=_joined(talk.pending, said)), (
            Say(Words.ASK_WHAT),
        )
    return _report(talk, _joined(talk.pending, said))


def _fresh(talk: Talk, now: datetime) -> Talk:
    if talk.heard_at is None or now - talk.heard_at < IDLE_AFTER:
        return talk
    return Talk(language=talk.language)


def _command(text: str, known: Known) -> Effect | None:
    """Read the few words that are no report; None for everything else."""
    plain = text.casefold().strip(_EDGES)
    if plain in _CANCEL or inbound.read_intent(text) is Intent.STOP:
        return Withdraw()
    progress = _asks_progress(text)
    if progress is not None:
        return progress
    if known.asked_if_fixed:
        intent = inbound.read_intent(text, awaiting=Awaiting.FIXED)
        if intent is Intent.YES:
            return AnswerFixed(fixed=True)
        if intent is Intent.NO or (len(text) <= _LONGEST_PLACE and _STILL_BROKEN.search(text)):
            return AnswerFixed(fixed=False)
    if plain in _GREETING or inbound.read_intent(text) in {Intent.HELP, Intent.START} or not plain:
        return Say(Words.HOW_TO)
    return None


def _asks_progress(text: str) -> TellProgress | None:
    """Read "progress", "进度", with or without a case's code, or a code alone."""
    code = _CODE.search(text.upper())
    rest = _CODE.sub("", text.upper(), count=1).strip(_EDGES)
    if code and not rest:
        return TellProgress(code.group(0))
    if _PROGRESS.fullmatch(rest) or inbound.read_intent(text) is Intent.PROGRESS:
        return TellProgress(code.group(0) if code else None)
    return None


def _is_place(talk: Talk, said: Said, text: str, known: Known) -> bool:
    """Whether this is the place that we asked for, and not a new report."""
    if said.photos or _EMERGENCY.search(text):
        return False
    if talk.stage is Stage.ASKED_PLACE:
        return len(text) <= _LONGEST_PLACE
    return known.placeless and not text and (said.has_position or bool(said.address))


def _joined(pending: Said | None, said: Said) -> Said:
    """Put together what came in pieces; the newer piece wins."""
    if pending is None:
        return said
    position = said if said.has_position else pending
    return Said(
        text=said.text or pending.text,
        photos=(pending.photos + said.photos)[:10],
        lat=position.lat,
        lon=position.lon,
        address=said.address or pending.address,
    )


def _report(talk: Talk, said: Said) -> tuple[Talk, tuple[Effect, ...]]:
    effects: list[Effect] = [Say(Words.EMERGENCY)] if _EMERGENCY.search(said.text) else []
    effects.append(OpenReport(said))
    if said.has_position or said.address:
        return replace(talk, stage=Stage.IDLE, pending=None), tuple(effects)
    effects.append(Say(Words.ASK_PLACE))
    return replace(talk, stage=Stage.ASKED_PLACE, pending=None), tuple(effects)


def language_of(text: str) -> str | None:
    """Tell Chinese from English by the share of Chinese characters; None where there are no letters."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return None
    chinese = sum("\u3400" <= char <= "\u9fff" for char in letters)
    return "zh" if chinese > _CHINESE_SHARE * len(letters) else "en"


def written(talk: Talk) -> dict[str, Any]:
    """Write a talk as JSON values."""
    return {
        "stage": talk.stage.value,
        "heard_at": talk.heard_at.isoformat() if talk.heard_at else None,
        "language": talk.language,
        "pending": asdict(talk.pending) if talk.pending else None,
    }


def read(state: Any) -> Talk:  # noqa: ANN401  (JSON values)
    """Read a talk from what `written` wrote; an empty state is a talk that has not begun."""
    if not state:
        return Talk()
    pending = state["pending"]
    return Talk(
        stage=Stage(state["stage"]),
        heard_at=datetime.fromisoformat(state["heard_at"]) if state["heard_at"] else None,
        language=state["language"],
        pending=Said(**{**pending, "photos": tuple(pending["photos"])}) if pending else None,
    )
