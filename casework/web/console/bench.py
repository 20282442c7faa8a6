"""What the pages about rules read and order: the workshop's bench, on the running house."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app

from casework.analytics import precision as figures
from casework.analytics import rule_list
from casework.domain import errors
from casework.domain.rulebook import Draft, Publication, Rehearsal, RuleKey, RuleVersion, Trial, TrialCount
from casework.services import publishing, workshop
from casework.services.runtime import Runtime
from casework.web.console.commands import Refused
from rules import explanation
from rules.catalogue import Catalogue
from rules.errors import PackInvalid, Problem
from rules.fields import FieldType

KEY = "gongzhi.bench"
FRESH = """id: {rule_id}
title: {{zh: 新规则, en: New rule}}
when:
  event: {event}
then: []
examples: []
"""


def bench() -> "Bench":
    """Give the bench of the running app."""
    return cast("Bench", current_app.extensions[KEY])


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule with its history."""

    key: RuleKey
    version: RuleVersion | None
    versions: tuple[RuleVersion, ...]
    publications: tuple[Publication, ...]
    trials: tuple[tuple[Trial, TrialCount, tuple[tuple[int, bool, bool], ...]], ...]
    rehearsals: tuple[Rehearsal, ...]
    precision: figures.Row | None
    findings: tuple[Any, ...]
    cases: int
    last_case_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as it is edited: its text, the form made of it, and what was found wrong."""

    draft: Draft
    text: str
    form: workshop.Node | None
    data: Mapping[str, Any]
    fields: Mapping[str, FieldType]
    values: Mapping[str, list[str]]
    actions: list[workshop.Act]
    examples: list[tuple[str, str]]
    events: list[rule_list.Seen]
    problems: tuple[Problem, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = field(default=())
    tested: bool = False


class Bench:
    """Reads and orders for the pages about rules."""

    def __init__(self, runtime: Callable[[], Runtime]) -> None:
        self._runtime = runtime

    @property
    def runtime(self) -> Runtime:
        """The running house."""
        return self._runtime()

    @property
    def tools(self) -> dict[str, Any]:
        """What publishing and trials want besides their own arguments."""
        house = self.runtime
        return {"uows": house.uows, "clock": house.clock, "rulebook": house.rulebook}

    @property
    def two_persons(self) -> bool:
        """Whether a second person must approve."""
        return self.runtime.settings.rule_approval

    @property
    def catalogue(self) -> Catalogue:
        """The rules in force here, with categories and messages."""
        return self.runtime.house().catalogue

    def rules(self) -> dict[str, Any]:
        """Read the list of rules, drafts and trials."""
        house = self.runtime
        now = house.clock()
        with house.reading() as connection:
            standing = rule_list.in_force(connection)
            right = {row.names: row for row in figures.read(connection, "rule", now)}
            weak = sum(
                bool(row.weight and row.weight.weak) for row in figures.read(connection, "device", now)
            )
        with house.uows(reading=True) as uow:
            drafts = uow.rulebook.open_drafts()
            trials = {trial.key: trial for trial in uow.rulebook.trials_at(now)}
        loaded = {(rule.pack, rule.id): rule for rule in self.catalogue.rules}
        return {
            "rules": standing,
            "loaded": loaded,
            "right": right,
            "drafts": drafts,
            "trials": trials,
            "weak": weak,
            "packs": self.catalogue.packs,
            "events": sorted(self.catalogue.fields),
        }

    def rule(self, key: RuleKey) -> RulePage:
        """Read one rule with its history; raise `NotFound`."""
        house = self.runtime
        with house.uows(reading=True) as uow:
            versions = uow.rulebook.versions_of(key)
            trials = tuple(
                (
                    trial,
                    _total(trial, uow.rulebook.counts_of(trial.id)),
                    tuple(uow.rulebook.samples_of(trial.id)),
                )
                for trial in uow.rulebook.trials_of(key)
            )
            rehearsals = tuple(uow.rehearsals.of_rule(key))
            if not versions and not trials and not rehearsals:
                raise errors.NotFound
            page_of = uow.rulebook.publications_of(key), uow.rulebook.in_force().get(key)
        with house.reading() as connection:
            rows = figures.read(connection, "rule", house.clock(), rule=key[1])
            found = tuple(figures.latest(connection, key[1]))
            names = [version.version for version in versions]
            cases, last = rule_list.last_opened(connection, key, names)
        precision = next((row for row in rows if row.names == key), None)
        return RulePage(
            key,
            page_of[1],
            tuple(versions),
            tuple(page_of[0]),
            trials,
            rehearsals,
            precision,
            found,
            cases,
            last,
        )

    def areas(self) -> list[Any]:
        """Answer the areas that a trial can be kept to."""
        with self.runtime.uows(reading=True) as uow:
            return uow.registers.areas()

    def draft(self, draft_id: str) -> Draft:
        """Read a draft; raise `NotFound`."""
        with self.runtime.uows(reading=True) as uow:
            return uow.rulebook.draft(draft_id)

    def begin(self, key: RuleKey, event: str, by: str) -> Draft:
        """Begin a draft of a rule in force, or of a new one."""
        with self.runtime.uows(reading=True) as uow:
            known = uow.rulebook.in_force().get(key)
        text = known.text if known else FRESH.format(rule_id=key[1], event=event)
        return publishing.begin_draft(key, text, by=by, uows=self.runtime.uows, clock=self.runtime.clock)

    def sheet(self, draft: Draft, text: str, *, test: bool = False) -> Sheet:
        """Lay a draft out for editing; with `test`, after compiling it and running its examples."""
        problems: tuple[Problem, ...] = ()
        data: Mapping[str, Any] = {}
        try:
            data = workshop.read(text)
        except PackInvalid as invalid:
            problems = invalid.problems
        except workshop.Unreadable:
            problems = (Problem("rule", 1, "must be one rule: a mapping of keys and values"),)
        fields = self._fields(data)
        event_type = _event_of(data)
        with self.runtime.reading() as connection:
            latest = (
                rule_list.events(connection, event_type, fields, rule_list.LOOKED_AT) if event_type else []
            )
        tests: tuple[Mapping[str, Any], ...] = ()
        if test and not problems:
            problems, tests = self._tested(draft.key, text)
        return Sheet(
            draft=draft,
            text=text,
            form=workshop.tree(data, fields),
            data=data,
            fields=fields,
            values=rule_list.values_seen(latest),
            actions=workshop.actions(data),
            examples=workshop.pieces(data, "examples"),
            events=latest[: rule_list.EVENTS],
            problems=problems,
            tests=tests,
            tested=test and not problems,
        )

    def _tested(self, key: RuleKey, text: str) -> tuple[tuple[Problem, ...], tuple[Mapping[str, Any], ...]]:
        """Compile and run the examples in a child process; where all pass, show how each came about."""
        try:
            _, rule = publishing.try_out(text, key, uows=self.runtime.uows, rulebook=self.runtime.rulebook)
        except PackInvalid as invalid:
            return invalid.problems, ()
        return (), tuple(
            {"expect": list(example.expect), "trace": explanation.explain(rule, example.given)}
            for example in rule.examples
        )

    def with_event(self, text: str, seq: int, *, matches: bool) -> str:
        """Add an example made of a stored event, with the fields that the rule asks about."""
        data = workshop.read(text)
        fields = self._fields(data)
        with self.runtime.reading() as connection:
            latest = rule_list.events(connection, _event_of(data), fields, rule_list.LOOKED_AT)
        event = next((one for one in latest if one.seq == seq), None)
        if event is None:
            raise Refused("event_gone", status=404)
        asked = workshop.asked(data)
        known = {name: value for name, value in event.facts.items() if name in fields and name in asked}
        return workshop.with_example(text, known or dict(event.facts), matches=matches)

    def fields(self, text: str) -> Mapping[str, FieldType]:
        """Answer the fields that a text's event type has."""
        return self._fields(workshop.read(text))

    def _fields(self, data: Mapping[str, Any]) -> Mapping[str, FieldType]:
        return self.catalogue.fields.get(_event_of(data), {})

    def rehearsal(self, rehearsal_id: str) -> Rehearsal:
        """Read a rehearsal; raise `NotFound`."""
        with self.runtime.uows(reading=True) as uow:
            return uow.rehearsals.get(rehearsal_id)

    def span(self, days: float) -> tuple[datetime, datetime]:
        """Answer the last days."""
        now = self.runtime.clock()
        return now - timedelta(days=days), now

    def precision(self, by: str) -> list[figures.Row]:
        """Read how often rules, sources or devices were right."""
        with self.runtime.reading() as connection:
            return figures.read(connection, by, self.runtime.clock())

    def numbers(self, case_ids: list[str]) -> dict[str, int]:
        """Answer the short numbers of cases."""
        found = {}
        with self.runtime.uows(reading=True) as uow:
            for case_id in case_ids:
                try:
                    found[case_id] = uow.cases.get(cast("Any", case_id)).number
                except errors.NotFound:
                    continue
        return found


def _event_of(data: Mapping[str, Any]) -> str:
    when = data.get("when")
    return str(when.get("event", "")) if isinstance(when, Mapping) else ""


def _total(trial: Trial, counts: list[TrialCount]) -> TrialCount:
    """Add up the days of a trial."""
    sums = {
        name: sum(getattr(count, name) for count in counts)
        for name in ("judged", "live", "draft", "only_live", "only_draft", "failed")
    }
    return TrialCount(trial_id=trial.id, day="", **sums)


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what a use case about rules refuses into words for the person."""
    try:
        yield
    except PackInvalid as invalid:
        told = "; ".join(str(problem) for problem in invalid.problems[:3])
        raise Refused("rule_broken", status=422, detail=told) from invalid
    except workshop.Unreadable as unreadable:
        raise Refused("rule_broken", status=422, detail="rule:1") from unreadable
    except errors.NotFound as missing:
        raise Refused("rule_unknown", status=404) from missing
    except errors.CaseworkError as error:
        raise Refused("rule_refused", status=409, detail=error.detail) from error
