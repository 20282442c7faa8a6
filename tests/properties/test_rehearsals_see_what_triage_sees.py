"""Whatever an event holds, a rehearsal makes the same facts of it as triage, or refuses it alike."""

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.rehearsals import Stored
from casework.services import rehearsing
from rules import facts
from rules.errors import FactRefused
from rules.fields import FieldType, Kind

FIELDS = {
    "value": FieldType(Kind.NUMBER),
    "label": FieldType(Kind.TEXT),
    "wet": FieldType(Kind.FLAG),
    "media": FieldType(Kind.TEXTS),
    "reporter.phone": FieldType(Kind.TEXT),
    "asset.threshold": FieldType(Kind.NUMBER),
    "asset.pump.model": FieldType(Kind.TEXT),
    "area.id": FieldType(Kind.TEXT),
    "source": FieldType(Kind.TEXT),
    "subject": FieldType(Kind.TEXT),
    "type": FieldType(Kind.TEXT),
}
SCALARS = (
    st.sampled_from(["water_level", "cm", "m"])
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just("half \ud800")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["phone", "model", "threshold"]), inner, max_size=2)
    ),
    max_leaves=6,
)
QUANTITIES = {"water_level": "cm"}
NAMES = st.sampled_from(
    ["quantity", "unit", "value", "label", "wet", "media", "reporter", "reporter.phone", "other", "asset"]
)
ASSET = st.dictionaries(st.sampled_from(["threshold", "pump", "pump.model", "x"]), VALUES, max_size=3)


@given(
    st.dictionaries(NAMES, VALUES, max_size=5),
    st.none() | st.text(max_size=5),
    st.fixed_dictionaries({}, optional={"asset": ASSET, "area": st.just({"id": "a"})}),
)
def test_the_facts_of_a_rehearsal_are_those_of_triage(data, subject, lookups):
    event = Stored(1, "s", "reading", subject, 0.0, data)
    lens = rehearsing._Lens.of(FIELDS, FIELDS, QUANTITIES)  # noqa: SLF001  (what is promised of it is the point)
    try:
        whole = {"type": "reading", "source": "s", "subject": subject, "data": data}
        known = facts.project(whole, lookups, FIELDS, QUANTITIES)
        expected = {name: value for name, value in known.items() if name in FIELDS}
    except FactRefused:
        expected = None

    seen = lens.look(event, lookups)

    assert seen is None or expected is None or seen == expected
