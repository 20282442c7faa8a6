"""What a person meant by a short answer, read the same way every time.

A number keys an offer's actions only while an offer is awaited; "yes" and "no" mean something only after a
question.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

_MAX_ANSWER = 40


class Intent(StrEnum):
    """What a text asks for; `OTHER` is free text, for a report or a person to read."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ARRIVED = "arrived"
    DONE = "done"
    STOP = "stop"
    START = "start"
    HELP = "help"
    PROGRESS = "progress"
    YES = "yes"
    NO = "no"
    OTHER = "other"


class Awaiting(StrEnum):
    """What we last asked this person, if anything."""

    NOTHING = "nothing"
    OFFER = "offer"
    FIXED = "fixed"


def _table(**words: str) -> Mapping[str, Intent]:
    return {word: Intent[name.upper()] for name, listed in words.items() for word in listed.split()}


_ALWAYS = _table(
    stop="stop stopall unsubscribe cancel end quit 退订 停止 td t n退订 取消订阅",
    start="start unstop 恢复 恢复订阅",
    help="help info 帮助 ?",
    progress="进度 查进度 查询 进展 状态 progress status",
)
_TO_OFFER = _table(
    accept="1 接 接单 接受 收到 y yes ok 好 好的 accept",
    decline="2 拒 拒绝 拒单 不接 n no decline",
    arrived="3 到 到了 到场 已到 到达 arrived here",
    done="4 完 完成 完了 办结 做完了 done finished",
)
_TO_FIXED = _table(
    yes="1 是 是的 好了 解决了 已解决 修好了 满意 y yes fixed ok",
    no="2 否 没有 没 不 不是 没好 没修好 未解决 没解决 还没 不满意 n no",
)
_EDGES = " .!,~。"
_NUMBERED = re.compile(r"([1-9])[\s.、:,-]+(\d{1,2})")


def read_intent(text: str, *, awaiting: Awaiting = Awaiting.NOTHING) -> Intent:
    """Answer what a text means, given what was asked. Pure; never raises.

    Words of opting out are heard first, whatever was asked, because the provider acts on them too. A choice
    among several offers, "1 2", keeps its first number as the action: see `chosen_number`.
    """
    said = _plain(text)
    if len(said) > _MAX_ANSWER:
        return Intent.OTHER
    if said in _ALWAYS:
        return _ALWAYS[said]
    tables: Mapping[Awaiting, Mapping[str, Intent]] = {
        Awaiting.NOTHING: {},
        Awaiting.OFFER: _TO_OFFER,
        Awaiting.FIXED: _TO_FIXED,
    }
    words = [said.partition(" ")[0]] if chosen_number(text) is not None else said.split()
    meant = {tables[awaiting].get(word, Intent.OTHER) for word in words}
    return meant.pop() if len(meant) == 1 else Intent.OTHER


def chosen_number(text: str) -> int | None:
    """Answer the second number of "1 3" (accept the third of the listed offers), or None without one."""
    found = _NUMBERED.fullmatch(_plain(text))
    return int(found.group(2)) if found else None


def _plain(text: str) -> str:
    # NFKC turns full-width digits and letters, which Chinese keyboards write, into the plain ones.
    folded = unicodedata.normalize("NFKC", text[: _MAX_ANSWER * 4]).casefold()
    return " ".join(folded.split()).strip(_EDGES)
