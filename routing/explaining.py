"""Turns a decision into reasons: why this crew, why not each of the others, what would have to change."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from routing import changes, costs
from routing.ability import ABLE, CodeArray
from routing.costs import FAR, NO_CREW, TENTHS, IntArray, Sheet, TenthsArray
from routing.plan import CHOSEN, COSTS_MORE, HARD_REASONS, SENT_ELSEWHERE, Considered, Explanation

_VERDICTS = (COSTS_MORE, *HARD_REASONS, SENT_ELSEWHERE)


@dataclass(frozen=True)
class Decided:
    """All that an explanation rests on.

    `total` (n, m) and `nobody` (n,) are tenths of a second above `base` (n,), the lateness that no crew can
    help; `crew_of` (n,) and `price` (m,) are the decision and its dual prices.
    """

    sheet: Sheet
    codes: CodeArray
    total: TenthsArray
    nobody: IntArray
    crew_of: IntArray
    price: IntArray
    eta_sources: tuple[str, ...]

    @cached_property
    def base(self) -> IntArray:
        """The lateness (n,) that is there already."""
        return costs.base(self.sheet)

    @cached_property
    def got(self) -> IntArray:
        """The cost (n,) of what each row got, above its base."""
        got = self.nobody.copy()
        sent = np.flatnonzero(self.crew_of != NO_CREW)
        got[sent] = self.total[sent, self.crew_of[sent]]
        return got

    @cached_property
    def paid(self) -> IntArray:
        """The price (n,) of the crew that each row got."""
        paid = np.zeros_like(self.nobody)
        sent = self.crew_of != NO_CREW
        paid[sent] = self.price[self.crew_of[sent]]
        return paid

    @cached_property
    def holder(self) -> Mapping[int, int]:
        """The row that got each crew."""
        return {j: i for i, j in enumerate(self.crew_of.tolist()) if j != NO_CREW}

    @property
    def objective(self) -> int:
        """The cost in tenths of all that was decided, cases left waiting included."""
        return int((self.got + self.base).sum())


@dataclass(frozen=True, eq=False, repr=False)
class _Others(Sequence[Considered]):
    """The crews that one case did not get, looked up when they are read: most of them never are.

    The chosen crew and the runner-up always have a place. Half of the room then goes to the cheapest crews
    that may go, the rest to the nearest that may not.
    """

    decided: Decided
    case: int
    runner_up: int
    length: int

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: int) -> Considered: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Considered]: ...
    def __getitem__(self, index: int | slice) -> Considered | Sequence[Considered]:
        return self._entries[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # what holds mappings cannot be hashed

    def __repr__(self) -> str:
        return repr(tuple(self))

    @cached_property
    def _entries(self) -> tuple[Considered, ...]:
        decided, i = self.decided, self.case
        room = decided.sheet.policy.explained_crews
        chosen = int(decided.crew_of[i])
        may_go = np.flatnonzero(decided.codes[i] == ABLE)
        may_go = may_go[may_go != chosen]
        may_not = np.flatnonzero(decided.codes[i] != ABLE)
        able_room = max(room // 2, room - len(may_not))
        able = _lowest(may_go, np.where(may_go == self.runner_up, -FAR, decided.total[i, may_go]), able_room)
        eta = np.where(decided.sheet.known[i, may_not], decided.sheet.eta[i, may_not], FAR)
        out = _lowest(may_not, eta, room - len(able))
        return (*_able_entries(decided, i, able), *(_out_entry(decided, i, j) for j in out.tolist()))


def explain(decided: Decided) -> Iterator[Explanation]:
    """Give the explanation of each row, in order."""
    sheet, m = decided.sheet, len(decided.sheet.crews)
    runner_up, margin = _runners_up(decided)
    counts = _counts(decided)
    chosen = _chosen_entries(decided)
    for i, case in enumerate(sheet.cases):
        sent = chosen[i] is not None
        listed = min(m - sent, sheet.policy.explained_crews)
        rival = int(runner_up[i])
        yield Explanation(
            case_id=case.id,
            eta_source=decided.eta_sources[i],
            chosen=chosen[i],
            runner_up=None if rival == NO_CREW else sheet.crews[rival].id,
            margin_s=None if rival == NO_CREW else int(margin[i]) / TENTHS,
            nobody_cost_s=int(decided.nobody[i] + decided.base[i]) / TENTHS,
            others=_Others(decided, i, rival, listed),
            counts=counts[i],
            not_listed=m - sent - listed,
        )


def _chosen_entries(decided: Decided) -> list[Considered | None]:
    """Write about the crew (n,) that each row got."""
    entries: list[Considered | None] = [None] * len(decided.crew_of)
    sent = np.flatnonzero(decided.crew_of != NO_CREW)
    columns = decided.crew_of[sent]
    for i, entry in zip(sent.tolist(), _priced(decided, sent, columns, CHOSEN), strict=True):
        entries[i] = entry
    return entries


def _priced(decided: Decided, rows: IntArray, columns: IntArray, verdict: str) -> Iterator[Considered]:
    """Write about pairs that may go: what they cost, and what that is made of."""
    named = costs.terms(decided.sheet, rows, columns)
    table = np.stack([np.broadcast_to(term, rows.shape) for term in named.values()], axis=-1)
    ids, price = decided.sheet.crews, (decided.price[columns] / TENTHS).tolist()
    eta = (decided.sheet.eta[rows, columns] / TENTHS).tolist()
    total = (table.sum(axis=-1) / TENTHS).tolist()
    for j, seconds, cost, worth, parts in zip(
        columns.tolist(), eta, total, price, (table / TENTHS).tolist(), strict=True
    ):
        terms = {name: part for name, part in zip(named, parts, strict=True) if part}
        yield Considered(ids[j].id, verdict, seconds, cost, terms, price_s=worth)


def _able_entries(decided: Decided, i: int, columns: IntArray) -> Iterator[Considered]:
    """Write about crews that may go and were not chosen."""
    more = ((decided.total[i, columns] - decided.got[i]) / TENTHS).tolist()
    short = decided.total[i, columns] + decided.price[columns] - decided.got[i] - decided.paid[i]
    cheaper = (np.maximum(short, 0) / TENTHS).tolist()
    written = _priced(decided, np.full(len(columns), i), columns, COSTS_MORE)
    for j, entry, more_s, cheaper_s in zip(columns.tolist(), written, more, cheaper, strict=True):
        held = decided.holder.get(j)
        yield entry._replace(
            verdict=COSTS_MORE if held is None else SENT_ELSEWHERE,
            sent_to=None if held is None else decided.sheet.cases[held].id,
            more_s=more_s,
            change={"cheaper_by_s": cheaper_s},
        )


def _out_entry(decided: Decided, i: int, j: int) -> Considered:
    """Write about a crew that may not go."""
    sheet, crew = decided.sheet, decided.sheet.crews[j]
    reason = HARD_REASONS[decided.codes[i, j] - 1]
    eta_s = float(sheet.eta[i, j]) / TENTHS if sheet.known[i, j] else math.nan
    return Considered(
        crew_id=crew.id,
        verdict=reason,
        eta_s=None if math.isnan(eta_s) else eta_s,
        change=changes.needed(
            reason, sheet.cases[i], crew, sheet.policy, 0.0 if math.isnan(eta_s) else eta_s
        ),
    )


def _runners_up(decided: Decided) -> tuple[IntArray, IntArray]:
    """Give the crew (n,) that comes nearest to having been chosen and by how much it failed, in tenths."""
    n, m = decided.total.shape
    best, short = np.full(n, NO_CREW, np.int64), np.zeros(n, np.int64)
    if not m:
        return best, short
    price = np.clip(decided.price, 0, int(FAR) - 1).astype(np.int32)
    for rows in costs.blocks(n, m):
        rivals = decided.total[rows] + price
        np.copyto(rivals, np.iinfo(np.int32).max, where=decided.codes[rows] != ABLE)
        own = decided.crew_of[rows]
        sent = np.flatnonzero(own != NO_CREW)
        rivals[sent, own[sent]] = np.iinfo(np.int32).max
        best[rows] = rivals.argmin(axis=1)
        short[rows] = rivals[np.arange(len(own)), best[rows]]
    there_is_one = (decided.crew_of != NO_CREW) & (short != np.iinfo(np.int32).max)
    margin = np.maximum(short - decided.got - decided.paid, 0)
    return np.where(there_is_one, best, NO_CREW), np.where(there_is_one, margin, 0)


def _lowest(places: IntArray, key: TenthsArray, count: int) -> IntArray:
    """Give the `count` places of the lowest keys, lowest first, earlier place first."""
    if count <= 0:
        return places[:0]
    if count < len(places):
        some = np.sort(np.argpartition(key, count)[:count])
        places, key = places[some], key[some]
    return places[np.argsort(key, kind="stable")]


def _counts(decided: Decided) -> list[Mapping[str, int]]:
    """Count for each row every crew but the chosen one by its verdict."""
    n, m = decided.codes.shape
    sent = np.zeros(m, np.uint8)
    sent[decided.crew_of[decided.crew_of != NO_CREW]] = len(HARD_REASONS) + 1
    width = len(_VERDICTS)
    table = np.zeros((n, width), np.int64)
    for rows in costs.blocks(n, m):
        codes = decided.codes[rows]
        verdicts = np.where(codes == ABLE, sent, codes).astype(np.int64)
        verdicts += np.arange(len(codes))[:, None] * width
        table[rows] = np.bincount(verdicts.ravel(), minlength=len(codes) * width).reshape(-1, width)
    table[decided.crew_of != NO_CREW, -1] -= 1
    return [
        {verdict: count for verdict, count in zip(_VERDICTS, row, strict=True) if count}
        for row in table.tolist()
    ]
