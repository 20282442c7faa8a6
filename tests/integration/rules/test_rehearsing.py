"""Rehearsals: what a draft would have done of what came in, with nothing done of it."""

import hashlib
import random
from datetime import timedelta

import pytest
import sqlalchemy as sa
from ruled import SEEN, SURE

from casework.domain import errors
from casework.services import publishing, rehearsing
from casework.services.rehearsing import Cancelled, Script
from casework.store import tables

DAY = timedelta(days=1)


@pytest.fixture
def lived(town):
    """Twenty minutes in which cameras see leaks here and there, surely or not, and residents report."""
    chance = random.Random(7)  # noqa: S311  (a town, not a secret)
    for number in range(300):
        town.clock.advance(seconds=4)
        place = (30.0 + chance.randrange(12) * 0.01, 120.0 + chance.random() * 0.002)
        data = {"lat": place[0], "lon": place[1]}
        if chance.random() < 0.8:
            seen = data | {"label": chance.choice(["leak", "cat"]), "confidence": chance.choice([0.5, 0.9])}
            town.put(f"e{number}", seen, kind="detection", source="cameras")
        else:
            town.put(f"e{number}", data | {"category": chance.choice(["leak", "lamp"]), "text": "x"})
        while town.worker.triage():
            pass
    return town


def _script(town, text=SURE, **more):
    with publishing_tried(town, text) as draft:
        start = town.clock() - DAY
        return Script(
            live=town.house.catalogue,
            draft=draft,
            start=start,
            end=town.clock() + DAY,
            matcher="plain",
            **more,
        )


def publishing_tried(town, text):
    with town.uows(reading=True) as uow:
        texts = town.runtime.rulebook.texts(uow)
    return town.runtime.rulebook.tried({**texts, SEEN: text})


def _rehearse(town, script, **more):
    return rehearsing.rehearse(script, town.runtime.archive, locate=town.house.locate, **more)


def _fingerprint(town):
    """A hash over every row of every table."""
    digest = hashlib.sha256()
    with town._database.reading() as connection:  # noqa: SLF001  (the town's own look at what it left)
        for table in tables.metadata.sorted_tables:
            rows = sorted(map(repr, connection.execute(sa.select(table))))
            digest.update(repr((table.name, rows)).encode())
    return digest.hexdigest()


def test_a_rehearsal_of_the_rules_in_force_opens_and_groups_as_really_happened(lived):
    everything = frozenset((rule.pack, rule.id) for rule in lived.house.catalogue.rules)
    script = Script(
        live=lived.house.catalogue, draft=lived.house.catalogue, start=lived.clock() - DAY,
        end=lived.clock() + DAY, focus=everything, matcher="plain",
    )  # fmt: skip

    told = _rehearse(lived, script)

    cases = lived.rows("cases")
    joined = sum(row.signals - 1 for row in cases)
    assert told["live"] == told["draft"]
    assert (told["live"]["opened"], told["live"]["joined"]) == (len(cases), joined)
    assert told["differing"] == 0


def test_a_stricter_draft_opens_fewer_and_every_difference_names_its_event(lived):
    told = _rehearse(lived, _script(lived))

    unsure = [
        row.seq for row in lived.rows("events", type="detection")
        if '"leak"' in row.body and '"confidence":0.5' in row.body
    ]  # fmt: skip
    assert told["changed"] == [list(SEEN)]
    assert told["draft"]["opened"] <= told["live"]["opened"]
    assert told["draft"]["matched"] == told["live"]["matched"] - len(unsure)
    assert set(unsure) <= {one["seq"] for one in told["differences"]}
    assert sum(told["chart"]["live"]) == told["live"]["opened"]
    assert told["draft"]["crew_minutes"] < told["live"]["crew_minutes"] or told["draft"]["opened"] == 12


def test_a_rehearsal_leaves_every_row_of_the_database_as_it_was(lived):
    before = _fingerprint(lived)

    _rehearse(lived, _script(lived))

    assert _fingerprint(lived) == before


def test_the_archive_cannot_write_even_if_somebody_tries(town):
    with (
        pytest.raises(
            (errors.Unavailable, errors.NotStorable, sa.exc.ProgrammingError, sa.exc.InternalError)
        ),
        town.runtime.archive._looking() as connection,  # noqa: SLF001  (the only connection it has)
    ):
        connection.execute(sa.delete(tables.events))
    town.put("1", {"text": "x", "category": "leak"})
    town.turn()

    assert len(town.rows("cases")) == 1


def test_a_rehearsal_tells_how_far_it_is_and_ends_where_it_is_cancelled(lived):
    parts = []

    def stop(part, events):
        parts.append((part, events))
        raise Cancelled

    with pytest.raises(Cancelled):
        _rehearse(lived, _script(lived), progress=stop)

    assert parts == [(1.0, parts[0][1])]


def test_events_are_found_by_when_they_happened_and_not_by_when_they_came(town):
    old = town.clock() - timedelta(days=40)
    for number in range(3):
        town.put(f"e{number}", {"label": "leak", "confidence": 0.5, "lat": 30, "lon": 120 + number},
                 kind="detection", source="cameras")  # fmt: skip
    with town._database.writing() as connection:  # noqa: SLF001  (what an import of an old file leaves)
        connection.execute(sa.update(tables.events).values(time=old))
        connection.commit()
    town.turn()
    with publishing_tried(town, SURE) as draft:
        script = Script(
            live=town.house.catalogue, draft=draft, start=old - DAY, end=old + DAY, matcher="plain"
        )

    told = _rehearse(town, script)

    assert (told["events"], told["live"]["opened"], told["draft"]["opened"]) == (3, 3, 0)


def test_what_does_not_differ_and_meets_no_changed_case_is_not_judged_at_all(lived):
    told = _rehearse(lived, _script(lived))

    assert told["judged"] == 4  # two versions, and what else opens cases of leaks: lamps are another matter


def test_publishing_what_was_rehearsed_then_rehearses_to_nothing(lived, desk):
    from casework.domain.rulebook import Deed  # noqa: PLC0415

    publishing.publish(SURE, SEEN, Deed(by="user:author"), **desk)

    told = _rehearse(lived, _script(lived))

    assert (told["changed"], told["events"], told["differing"]) == ([], 0, 0)
