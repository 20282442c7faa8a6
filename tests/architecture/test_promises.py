"""What the house promises of itself: its ladder, its tables, its errors, its one migration head."""

import inspect
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

import migrations
from casework.domain import clocks, errors
from casework.domain.assignments import Assignment, Link, Recommendation
from casework.domain.cases import Case
from casework.domain.clocks import Clock, ClockKind
from casework.domain.crews import Crew, Shift
from casework.domain.deadlines import Deadline
from casework.domain.events import Judgement, Quarantined
from casework.domain.findings import DeviceWeight, Finding, WeakSignal
from casework.domain.messages import Message
from casework.domain.people import GRANTS, Role, Session, Source, User
from casework.domain.places import Area, Asset
from casework.domain.reports import Report
from casework.domain.rulebook import Draft, Publication, Rehearsal, RuleVersion, Trial, TrialCount
from casework.domain.timeline import Entry, EntryKind
from casework.store import rulebook_tables

PROJECT = Path(__file__).parents[2]
KEPT = {
    "cases": Case,
    "reports": Report,
    "timeline": Entry,
    "clocks": Clock,
    "deadlines": Deadline,
    "crews": Crew,
    "shifts": Shift,
    "assignments": Assignment,
    "recommendations": Recommendation,
    "links": Link,
    "messages": Message,
    "judgements": Judgement,
    "quarantine": Quarantined,
    "sources": Source,
    "areas": Area,
    "assets": Asset,
    "users": User,
    "sessions": Session,
    "rule_versions": RuleVersion,
    "rule_publications": Publication,
    "rule_drafts": Draft,
    "rule_trials": Trial,
    "rule_trial_counts": TrialCount,
    "rehearsals": Rehearsal,
    "findings": Finding,
    "device_weights": DeviceWeight,
    "weak_signals": WeakSignal,
}
ERRORS = [
    one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.CaseworkError)
]


@pytest.mark.parametrize("name", KEPT)
def test_a_table_has_the_fields_of_what_it_keeps(name):
    columns = {column.name for column in rulebook_tables.metadata.tables[name].columns}
    own_bookkeeping = {"seq"} if name == "timeline" else set()

    assert columns - own_bookkeeping == {field.name for field in fields(KEPT[name])}


def test_every_error_says_in_its_docstring_what_happened():
    assert [
        one.__name__ for one in ERRORS if not (one.__dict__.get("__doc__") or "").strip().endswith(".")
    ] == []


def test_every_error_has_a_slug_of_its_own():
    slugs = [one.__dict__.get("slug") for one in ERRORS]

    assert None not in slugs
    assert len(set(slugs)) == len(slugs)


def test_every_kind_of_clock_has_a_rule_over_entries_that_exist():
    assert set(clocks.RULES) == set(ClockKind)
    for rule in clocks.RULES.values():
        assert rule.starts | rule.reaches | rule.drops <= set(EntryKind)


def test_every_role_is_granted_something():
    assert all(GRANTS[role] for role in Role)


def test_there_is_one_migration_head():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert len(scripts.get_heads()) == 1


def test_nobody_imports_up_the_ladder():
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.fail("lint-imports is not installed beside this Python")

    checked = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603  (our own)

    assert checked.returncode == 0, checked.stdout[-3_000:]
