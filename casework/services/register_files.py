"""From a foreign list to the rows of a register: columns renamed, constants added, batches cut."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from casework.clock import Clock
from casework.services import registering
from casework.services.foreign_rows import Row, Unreadable
from casework.services.house import Locate
from casework.services.ports import UnitsOfWork
from casework.services.registering import Line, Outcome, Refusal, Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a foreign list differs from ours: `columns` are theirs by our names, `constants` are added."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def fit(self, row: Row) -> Line:
        """Make a line of our own of a row; what it does not name stays as it is called."""
        theirs = {their: our for our, their in self.columns.items()}
        values = {theirs.get(name, name): value for name, value in row.values.items()}
        return Line(row.line, {**self.constants, **values})


def take_all(
    register: Register,
    rows: Iterable[Row | Unreadable],
    shape: Shape,
    *,
    uows: UnitsOfWork,
    locate: Locate,
    clock: Clock,
) -> Iterator[tuple[Outcome, list[Refusal]]]:
    """Take a list batch by batch; each batch is durable when its outcome is answered."""
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, registering.BATCH)):
        unreadable = [
            Refusal(row.line, {"row": [row.reason]}, row.text) for row in batch if isinstance(row, Unreadable)
        ]
        lines = [shape.fit(row) for row in batch if isinstance(row, Row)]
        outcome, refusals = registering.take(register, lines, uows=uows, locate=locate, clock=clock)
        outcome.refused += len(unreadable)
        yield outcome, sorted(unreadable + refusals, key=lambda refusal: refusal.line)
