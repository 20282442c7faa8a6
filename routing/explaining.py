"""Turns a decision into reasons: why this crew, why not each of the others, what would have to change."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from routing import changes, costs
from routing.ability import ABLE, CodeArray
from routing.costs import NO_CREW, TENTHS, BoolArray, IntArray, Sheet
from routing.plan import CHOSEN, COSTS_MORE, HARD_REASONS, SENT_ELSEWHERE, Considered, Explanation

_FIRST, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Decided:
    """All that an explanation rests on; `crew_of` (n,), `price` (m,) and the costs in tenths of a second."""

    sheet: Sheet
    codes: CodeArray
    total: IntArray
    nobody: IntArray
    crew_of: IntArray
    price: IntArray
    eta_source: str


@dataclass(frozen=True, slots=True)
class _Able:
    """The crews (n, k) that may go, the chosen one first, with figures in seconds, as plain lists."""

    crew: list[list[int]]
    names: tuple[str, ...]
    terms: list[list[list[float]]]
    eta_s: list[list[float]]
    total_s: list[list[float]]
    more_s: list[list[float]]
    short_s: list[list[float]]
    price_s: list[float]
    chosen: list[int]
    holder: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Out:
    """The crews (n, k) that may not go, the nearest first, as plain lists; NaN where the time is unknown."""

    crew: list[list[int]]
    code: list[list[int]]
    eta_s: list[list[float]]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Others(Sequence[Considered]):
    """The entries of one case, each written when it is read: most of them never are."""

    decided: Decided
    may_go: _Able
    may_not: _Out
    case: int
    first: int
    able_count: int
    out_count: int

    def __len__(self) -> int:
        return self.able_count + self.out_count

    @overload
    def __getitem__(self, index: int) -> Considered: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Considered]: ...
    def __getitem__(self, index: int | slice) -> Considered | Sequence[Considered]:
        places = range(len(self))[index]
        return self._write(places) if isinstance(places, int) else tuple(map(self._write, places))

    def __iter__(self) -> Iterator[Considered]:
        return map(self._write, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # what holds mappings cannot be hashed

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _write(self, place: int) -> Considered:
        if place < self.able_count:
            return _able_entry(self.decided, self.may_go, self.case, self.first + place)
        return _out_entry(self.decided, self.may_not, self.case, place - self.able_count)


def explain(decided: Decided) -> Iterator[Explanation]:
    """Give the explanation of each case, in the order of the ids.

    The chosen crew and the runner-up are always listed. Half of the room then goes to the cheapest crews
    that may go, the rest to the nearest that may not.
    """
    sheet, able = decided.sheet, decided.codes == ABLE
    room = sheet.policy.explained_crews
    runner_up, margin = _runners_up(decided, able)
    may_go = _figures(decided, _cheapest_able(decided, able, runner_up, room + 1))
    may_not = _reasons(decided, _nearest_out(decided, able, room))
    counts = _counts(decided, able)
    for i, case in enumerate(sheet.cases):
        sent = int(may_go.chosen[i] != NO_CREW)
        out_count = len(sheet.crews) - int(able[i].sum())
        able_room = min(len(sheet.crews) - out_count - sent, max(room // 2, room - out_count))
        others = _Others(decided, may_go, may_not, i, sent, able_room, min(out_count, room - able_room))
        yield Explanation(
            case_id=case.id,
            eta_source=decided.eta_source,
            chosen=_able_entry(decided, may_go, i, 0) if sent else None,
            runner_up=None if runner_up[i] == NO_CREW else sheet.crews[runner_up[i]].id,
            margin_s=None if runner_up[i] == NO_CREW else int(margin[i]) / TENTHS,
            nobody_cost_s=int(decided.nobody[i]) / TENTHS,
            others=others,
            counts=counts[i],
            not_listed=len(sheet.crews) - len(others) - sent,
        )


def objective_s(decided: Decided) -> float:
    """Give the cost in seconds of all that was decided, cases left waiting included."""
    return int(_got(decided).sum()) / TENTHS


def _able_entry(decided: Decided, listed: _Able, i: int, place: int) -> Considered:
    """Write about a crew that may go."""
    j = listed.crew[i][place]
    chosen = listed.chosen[i] == j
    sent_to = None if chosen else listed.holder.get(j)
    return Considered(
        crew_id=decided.sheet.crews[j].id,
        verdict=CHOSEN if chosen else COSTS_MORE if sent_to is None else SENT_ELSEWHERE,
        eta_s=listed.eta_s[i][place],
        cost_s=listed.total_s[i][place],
        terms={name: s for name, s in zip(listed.names, listed.terms[i][place], strict=True) if s},
        more_s=None if chosen else listed.more_s[i][place],
        price_s=listed.price_s[j],
        sent_to=sent_to,
        change={} if chosen else {"cheaper_by_s": listed.short_s[i][place]},
    )


def _out_entry(decided: Decided, listed: _Out, i: int, place: int) -> Considered:
    """Write about a crew that may not go."""
    sheet, eta_s = decided.sheet, listed.eta_s[i][place]
    crew = sheet.crews[listed.crew[i][place]]
    reason = HARD_REASONS[listed.code[i][place] - 1]
    known = not math.isnan(eta_s)
    return Considered(
        crew_id=crew.id,
        verdict=reason,
        eta_s=eta_s if known else None,
        change=changes.needed(reason, sheet.cases[i], crew, sheet.policy, eta_s if known else 0.0),
    )


def _figures(decided: Decided, listed: IntArray) -> _Able:
    rows = np.arange(len(decided.crew_of))[:, None]
    total = decided.total[rows, listed]
    got = _got(decided)[:, None]
    short = np.maximum(total + decided.price[listed] - got - _paid(decided)[:, None], 0)
    terms = costs.terms(decided.sheet, rows, listed)
    shaped = [np.broadcast_to(term, listed.shape) for term in terms.values()]
    ids = [case.id for case in decided.sheet.cases]
    return _Able(
        crew=listed.tolist(),
        names=tuple(terms),
        terms=(np.stack(shaped, axis=-1) / TENTHS).tolist(),
        eta_s=_seconds(terms["travel"]),
        total_s=_seconds(total),
        more_s=_seconds(total - got),
        short_s=_seconds(short),
        price_s=(decided.price / TENTHS).tolist(),
        chosen=decided.crew_of.tolist(),
        holder={j: id_ for j, id_ in zip(decided.crew_of.tolist(), ids, strict=True) if j != NO_CREW},
    )


def _reasons(decided: Decided, listed: IntArray) -> _Out:
    sheet, rows = decided.sheet, np.arange(len(decided.crew_of))[:, None]
    eta_s = np.where(sheet.known[rows, listed], sheet.eta[rows, listed] / TENTHS, np.nan)
    return _Out(listed.tolist(), decided.codes[rows, listed].tolist(), eta_s.tolist())


def _seconds(tenths: IntArray) -> list[list[float]]:
    seconds: list[list[float]] = (tenths / TENTHS).tolist()
    return seconds


def _got(decided: Decided) -> IntArray:
    """Give the cost (n,) of what each case got."""
    rows = np.arange(len(decided.crew_of))
    got = decided.nobody.copy()
    sent = decided.crew_of != NO_CREW
    got[sent] = decided.total[rows[sent], decided.crew_of[sent]]
    return got


def _paid(decided: Decided) -> IntArray:
    """Give the price (n,) of the crew that each case got."""
    paid = np.zeros_like(decided.nobody)
    sent = decided.crew_of != NO_CREW
    paid[sent] = decided.price[decided.crew_of[sent]]
    return paid


def _runners_up(decided: Decided, able: BoolArray) -> tuple[IntArray, IntArray]:
    """Give the crew (n,) that comes nearest to having been chosen and by how much it failed, in tenths."""
    rows = np.arange(len(decided.crew_of))
    sent = decided.crew_of != NO_CREW
    if not decided.price.size:
        return np.full(len(rows), NO_CREW, np.int64), np.zeros(len(rows), np.int64)
    rivals = np.where(able, decided.total + decided.price, _LAST)
    rivals[rows[sent], decided.crew_of[sent]] = _LAST
    best = rivals.argmin(axis=1)
    there_is_one = sent & (rivals[rows, best] != _LAST)
    own = _got(decided) + _paid(decided)
    margin = np.maximum(np.where(there_is_one, rivals[rows, best] - own, 0), 0)
    return np.where(there_is_one, best, NO_CREW), margin


def _cheapest_able(decided: Decided, able: BoolArray, runner_up: IntArray, count: int) -> IntArray:
    """Give the chosen crew, the runner-up, and then the cheapest crews that may go (n, up to count)."""
    rows = np.arange(len(decided.crew_of))
    key = np.where(able, decided.total, _LAST)
    for rank, crew in ((_FIRST + 1, runner_up), (_FIRST, decided.crew_of)):
        there = crew != NO_CREW
        key[rows[there], crew[there]] = rank
    return _lowest(key, count)


def _nearest_out(decided: Decided, able: BoolArray, count: int) -> IntArray:
    """Give the nearest crews that may not go (n, up to count), those of unknown place after the others."""
    eta = np.where(decided.sheet.known, decided.sheet.eta, _LAST - 1)
    return _lowest(np.where(able, _LAST, eta), count)


def _lowest(key: IntArray, count: int) -> IntArray:
    """Give the places (n, count) of the lowest entries of each row, lowest first, earlier place first."""
    if count >= key.shape[1]:
        return np.argsort(key, axis=1, kind="stable")
    some = np.sort(np.argpartition(key, count, axis=1)[:, :count], axis=1)
    order = np.argsort(np.take_along_axis(key, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def _counts(decided: Decided, able: BoolArray) -> list[Mapping[str, int]]:
    """Count for each case every crew but the chosen one by its verdict."""
    sent = np.isin(np.arange(able.shape[1]), decided.crew_of)
    served = decided.crew_of != NO_CREW
    elsewhere = (able & sent).sum(axis=1) - served
    columns = {SENT_ELSEWHERE: elsewhere, COSTS_MORE: able.sum(axis=1) - elsewhere - served}
    columns |= {slug: (decided.codes == code).sum(axis=1) for code, slug in enumerate(HARD_REASONS, start=1)}
    table = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [{verdict: count for verdict, count in zip(columns, row, strict=True) if count} for row in table]
