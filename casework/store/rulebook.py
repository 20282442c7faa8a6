"""Rule versions, what is in force, drafts, trials and rehearsals."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from casework.domain import errors
from casework.domain.rulebook import (
    Draft,
    DraftState,
    Publication,
    Rehearsal,
    RehearsalState,
    RuleKey,
    RuleVersion,
    Trial,
    TrialCount,
)
from casework.store import rulebook_tables, tables
from casework.store.casefile import upsert
from casework.store.rows import Rows

SAMPLES = 200
"""Most events of one trial that are kept by number."""
_GENERATION = "rules"
_HELD = 0x72_75_6C_65
_V, _P, _T = rulebook_tables.versions.c, rulebook_tables.publications.c, rulebook_tables.trials.c
_SUMS = ("judged", "live", "draft", "only_live", "only_draft", "failed")


class Rulebook:
    """What is written down of rules."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._versions = Rows(connection, rulebook_tables.versions, RuleVersion)
        self._publications = Rows(connection, rulebook_tables.publications, Publication)
        self._drafts = Rows(connection, rulebook_tables.drafts, Draft)
        self._trials = Rows(connection, rulebook_tables.trials, Trial)

    def generation(self) -> int:
        """Answer the number that grows with every change of what is in force; 0 before the first."""
        counter = tables.counters
        query = sa.select(counter.c.value).where(counter.c.name == _GENERATION)
        return int(self._connection.execute(query).scalar() or 0)

    def next_generation(self) -> int:
        """Begin a new generation, which every worker takes up after this transaction commits."""
        counter = tables.counters
        bump = (
            upsert(self._connection, counter)
            .values(name=_GENERATION, value=1)
            .on_conflict_do_update(index_elements=[counter.c.name], set_={"value": counter.c.value + 1})
        )
        return int(self._connection.execute(bump.returning(counter.c.value)).scalar_one())

    def hold(self) -> None:
        """Let one at a time change what is in force, to the end of the transaction."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_HELD)))

    def in_force(self) -> Mapping[RuleKey, RuleVersion]:
        """Answer the version of every rule that was put in force last and not taken out since."""
        newest = sa.select(sa.func.max(_P.generation)).group_by(_P.pack, _P.rule_id)
        query = self._versions.select().where(
            _V.id.in_(sa.select(_P.version_id).where(_P.generation.in_(newest)))
        )
        return {version.key: version for version in self._versions.many(query)}

    def on_disk(self) -> Mapping[RuleKey, str]:
        """Answer the digest of each rule's text as the disk had it last."""
        table = rulebook_tables.disk
        rows = self._connection.execute(sa.select(table.c.pack, table.c.rule_id, table.c.digest))
        return {(row.pack, row.rule_id): row.digest for row in rows}

    def put_on_disk(self, digests: Mapping[RuleKey, str]) -> None:
        """Write down how the disk has the rules now."""
        table = rulebook_tables.disk
        self._connection.execute(sa.delete(table))
        rows = [
            {"pack": pack, "rule_id": rule_id, "digest": digest}
            for (pack, rule_id), digest in digests.items()
        ]
        if rows:
            self._connection.execute(sa.insert(table), rows)

    def keep_version(self, version: RuleVersion) -> RuleVersion:
        """Add a version, or answer the one with this text and meaning: a version is never changed."""
        query = self._versions.select().where(
            _V.pack == version.pack,
            _V.rule_id == version.rule_id,
            _V.version == version.version,
            _V.digest == version.digest,
        )
        known = self._versions.first(query)
        if known is None:
            self._versions.insert([version])
        return known or version

    def version(self, version_id: str) -> RuleVersion:
        found = self._versions.first(self._versions.select().where(_V.id == version_id))
        if found is None:
            raise errors.NotFound
        return found

    def versions_of(self, key: RuleKey) -> list[RuleVersion]:
        query = self._versions.select().where(_V.pack == key[0], _V.rule_id == key[1])
        return self._versions.many(query.order_by(_V.at.desc(), _V.id.desc()))

    def find_version(self, rule_id: str, version: str) -> RuleVersion | None:
        """Find the newest text of the version that a case was opened by."""
        query = self._versions.select().where(_V.rule_id == rule_id, _V.version == version)
        return self._versions.first(query.order_by(_V.at.desc(), _V.id.desc()))

    def publish(self, publication: Publication) -> None:
        self._publications.insert([publication])

    def publications_of(self, key: RuleKey) -> list[Publication]:
        query = self._publications.select().where(_P.pack == key[0], _P.rule_id == key[1])
        return self._publications.many(query.order_by(_P.generation.desc()))

    def add_draft(self, draft: Draft) -> None:
        self._drafts.insert([draft])

    def draft(self, draft_id: str) -> Draft:
        query = self._drafts.select().where(rulebook_tables.drafts.c.id == draft_id)
        found = self._drafts.first(query.with_for_update())
        if found is None:
            raise errors.NotFound
        return found

    def save_draft(self, draft: Draft) -> Draft:
        saved = replace(draft, changes=draft.changes + 1)
        self._drafts.update(saved)
        return saved

    def open_drafts(self) -> list[Draft]:
        column = rulebook_tables.drafts.c
        query = self._drafts.select().where(column.state.in_([DraftState.EDITING, DraftState.PROPOSED]))
        return self._drafts.many(query.order_by(column.id.desc()).limit(500))

    def add_trial(self, trial: Trial) -> None:
        self._trials.insert([trial])

    def trial(self, trial_id: str) -> Trial:
        found = self._trials.first(self._trials.select().where(_T.id == trial_id).with_for_update())
        if found is None:
            raise errors.NotFound
        return found

    def save_trial(self, trial: Trial) -> None:
        self._trials.update(trial)

    def trials_at(self, now: datetime) -> list[Trial]:
        query = self._trials.select().where(_T.stopped_at.is_(None), _T.starts_at <= now, _T.ends_at > now)
        return self._trials.many(query.order_by(_T.id))

    def trials_of(self, key: RuleKey) -> list[Trial]:
        query = self._trials.select().where(_T.pack == key[0], _T.rule_id == key[1])
        return self._trials.many(query.order_by(_T.id.desc()).limit(50))

    def add_counts(self, counts: Iterable[TrialCount]) -> None:
        """Add to the counts of a day; in one order, so that no two workers wait for each other."""
        table = rulebook_tables.trial_counts
        for count in sorted(counts, key=lambda one: (one.trial_id, one.day)):
            values = {"trial_id": count.trial_id, "day": count.day}
            sums = {name: getattr(count, name) for name in _SUMS}
            added = {name: table.c[name] + value for name, value in sums.items()}
            self._connection.execute(
                upsert(self._connection, table)
                .values(**values, **sums)
                .on_conflict_do_update(index_elements=[table.c.trial_id, table.c.day], set_=added)
            )

    def counts_of(self, trial_id: str) -> list[TrialCount]:
        rows = Rows(self._connection, rulebook_tables.trial_counts, TrialCount)
        column = rulebook_tables.trial_counts.c
        return rows.many(rows.select().where(column.trial_id == trial_id).order_by(column.day))

    def add_samples(self, trial_id: str, samples: Iterable[tuple[int, bool, bool]]) -> None:
        """Keep the numbers of events on which a trial and the rule in force differ, the first of them."""
        table = rulebook_tables.trial_samples
        kept = self._connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.trial_id == trial_id)
        ).scalar_one()
        rows = [
            {"trial_id": trial_id, "event_seq": seq, "live": live, "draft": draft}
            for seq, live, draft in list(samples)[: max(0, SAMPLES - kept)]
        ]
        if rows:
            self._connection.execute(upsert(self._connection, table).on_conflict_do_nothing(), rows)

    def samples_of(self, trial_id: str) -> list[tuple[int, bool, bool]]:
        column = rulebook_tables.trial_samples.c
        query = sa.select(column.event_seq, column.live, column.draft).where(column.trial_id == trial_id)
        return [
            (row.event_seq, row.live, row.draft)
            for row in self._connection.execute(query.order_by(column.event_seq))
        ]


class Rehearsals:
    """Replays that were asked for on a page."""

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = Rows(connection, rulebook_tables.rehearsals, Rehearsal)

    def add(self, rehearsal: Rehearsal) -> None:
        self._rows.insert([rehearsal])

    def get(self, rehearsal_id: str) -> Rehearsal:
        query = self._rows.select().where(rulebook_tables.rehearsals.c.id == rehearsal_id)
        found = self._rows.first(query.with_for_update())
        if found is None:
            raise errors.NotFound
        return found

    def save(self, rehearsal: Rehearsal) -> None:
        self._rows.update(rehearsal)

    def take(self, stale_before: datetime) -> Rehearsal | None:
        """Lock the next one to run: a waiting one, or one whose runner was not heard of for long."""
        column = rulebook_tables.rehearsals.c
        waiting = column.state == RehearsalState.WAITING
        orphaned = sa.and_(column.state == RehearsalState.RUNNING, column.beat_at < stale_before)
        query = self._rows.select().where(sa.or_(waiting, orphaned)).order_by(column.id)
        return self._rows.first(query.with_for_update(skip_locked=True))

    def of_rule(self, key: RuleKey, limit: int = 10) -> list[Rehearsal]:
        column = rulebook_tables.rehearsals.c
        query = self._rows.select().where(column.pack == key[0], column.rule_id == key[1])
        return self._rows.many(query.order_by(column.id.desc()).limit(limit))
