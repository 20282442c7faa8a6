"""What was decided, and why: offers, cases left without a crew, and the reasons as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

CHOSEN = "chosen"
SENT_ELSEWHERE = "sent_elsewhere"
COSTS_MORE = "costs_more"

NO_CREWS = "no_crews"
NO_ABLE_CREW = "no_able_crew"
CREWS_NEEDED_ELSEWHERE = "crews_needed_elsewhere"

# Hard reasons, in the order in which they are looked for: a crew is named with the first that holds.
HARD_REASONS = (
    "no_capability",
    "off_shift",
    "shift_ends",
    "not_available",
    "busy",
    "no_position",
    "stale_position",
    "out_of_area",
    "refused",
    "unreachable",
    "not_to_be_turned",
)

_NO_TERMS: Mapping[str, float] = MappingProxyType({})
_NO_CHANGE: Mapping[str, object] = MappingProxyType({})


class Considered(NamedTuple):
    """One crew as one case saw it; a tuple, because a decision makes thousands of them.

    `verdict` is chosen, sent_elsewhere, costs_more or a hard reason. The terms add up to `cost_s`, in tenths
    of a second. `more_s` is the cost above that of the chosen crew, negative where a dearer crew was chosen
    because this one is worth more to another case. `price_s` is that worth: the dual price of the crew.
    `change` says what would have to change for this crew to be chosen.
    """

    crew_id: str
    verdict: str
    eta_s: float | None
    cost_s: float | None = None
    terms: Mapping[str, float] = _NO_TERMS
    more_s: float | None = None
    price_s: float | None = None
    sent_to: str | None = None
    change: Mapping[str, object] = _NO_CHANGE

    def to_json(self) -> dict[str, object]:
        """Give the entry as plain JSON values, leaving out what does not apply."""
        said: dict[str, object] = {
            name: value for name, value in zip(self._fields, self, strict=True) if value is not None
        }
        for name, mapping in (("terms", self.terms), ("change", self.change)):
            said[name] = dict(mapping)
            if not mapping:
                del said[name]
        return said


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this crew and not another, for one case.

    `runner_up` is the crew whose choice would have cost the whole plan the least more, `margin_s` how much
    that is at the least. `others` is bounded; `counts` covers every crew by verdict, `not_listed` says how
    many of them are not in `others`.
    """

    case_id: str
    eta_source: str
    chosen: Considered | None
    runner_up: str | None
    margin_s: float | None
    nobody_cost_s: float
    others: Sequence[Considered]
    counts: Mapping[str, int]
    not_listed: int

    def to_json(self) -> dict[str, object]:
        """Give the explanation as plain JSON values."""
        return {
            "case_id": self.case_id,
            "eta_source": self.eta_source,
            "chosen": None if self.chosen is None else self.chosen.to_json(),
            "runner_up": self.runner_up,
            "margin_s": self.margin_s,
            "nobody_cost_s": self.nobody_cost_s,
            "others": [other.to_json() for other in self.others],
            "counts": dict(self.counts),
            "not_listed": self.not_listed,
        }


@dataclass(frozen=True, slots=True)
class Offer:
    """Send this crew to this case; `terms` add up to `cost_s`, in tenths of a second.

    `slot` 0 is the case's first crew, 1 and more the further ones of its response card. `position` 1 is to be
    sent now, 2 and more are what the crew is planned to do after that.
    """

    case_id: str
    crew_id: str
    eta_s: float
    cost_s: float
    terms: Mapping[str, float]
    explanation: Explanation
    slot: int = 0
    position: int = 1


@dataclass(frozen=True, slots=True)
class Nobody:
    """Leave this case waiting.

    `reason` is no_crews, no_able_crew or crews_needed_elsewhere; `counts` says how many crews were out for
    each reason.
    """

    case_id: str
    reason: str
    counts: Mapping[str, int]
    explanation: Explanation
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision over all waiting cases, in the order of their ids.

    `objective_s` is the cost of all offers and of all cases left waiting, `bound_s` what no plan can cost
    less than. `proven_optimal` means that the two are equal: dual prices of the full problem (and a search,
    where crews must go together) prove that no other plan costs less. `planned` is whose turn it will be:
    cases left waiting now that crews of more capacity are to do next; nothing is sent for it. `notes` are
    slugs a log can carry.
    """

    offers: tuple[Offer, ...]
    nobody: tuple[Nobody, ...]
    objective_s: float
    bound_s: float
    proven_optimal: bool
    solver: str
    planned: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()
