"""The rules in force in this process: taken over from the database whenever its generation number has grown.

Packs on disk speak first and whenever they say something new; what is published from the workshop stands
until then (docs/decisions/0009). A worker asks for the house between two batches of events, never within
one, so no event is judged by two editions and none waits for a third.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

import rules
from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.places import Area
from casework.domain.rulebook import Deed, Publication, RuleKey, RuleVersion, Trial, TrialKind, Why
from casework.services import rule_texts
from casework.services.house import Canary, House, Shadow
from casework.services.ports import UnitOfWork, UnitsOfWork
from rules import canary
from rules.catalogue import Catalogue, Rule, make_catalogue
from rules.errors import PackInvalid, Problem, RulesError
from rules.matcher import Matcher

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""A process looks this often whether another one has changed what is in force."""
DISK = "disk"
UNFIT = "rules_unfit"
_IMPORT = Deed(by=DISK, why=Why.IMPORT)


class Editions:
    """Answers the house with the rules that are in force at the moment of asking."""

    def __init__(
        self,
        house: House,
        folders: Sequence[Path],
        *,
        uows: UnitsOfWork,
        clock: Clock,
        prefer: str,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folders = tuple(folders)
        self._disk = house.catalogue
        self._disk_texts = rule_texts.on_disk(self.folders)
        self._unfit: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        self._house = house
        self._uows = uows
        self._clock = clock
        self._prefer = prefer
        self._elapsed = elapsed
        self._looked = elapsed()
        self._generation = -1
        self._standing: tuple[object, ...] = ()
        self._changes_at: datetime | None = None
        self._building = threading.Lock()
        self._take_over_disk()
        self.refresh()

    def house(self) -> House:
        """Answer the house in force; once in a while look whether that has changed.

        Where one thread is taking over a new edition the others go on with the one before.
        """
        now = self._elapsed()
        if now - self._looked >= LOOK_S or self._expired():
            self._looked = now
            if self._building.acquire(blocking=False):
                try:
                    self._look()
                except errors.Unavailable:
                    log.warning("rules_not_looked_at")
                finally:
                    self._building.release()
        return self._house

    def refresh(self) -> House:
        """Take over at once what this process has just changed."""
        with self._building:
            self._look()
        return self._house

    def tell_unfit(self, uow: UnitOfWork) -> None:
        """Raise an alarm for rules that were published and do not fit the packs any more, or end it."""
        unfit = self._unfit
        if unfit != self._told:
            now = self._clock()
            uow.alarms.end(UNFIT, UNFIT, now)
            if unfit:
                uow.alarms.raise_(UNFIT, UNFIT, now, {"problems": list(unfit[:20])})
            self._told = unfit

    def texts(self, uow: UnitOfWork) -> dict[RuleKey, str]:
        """Answer the text of every rule in force."""
        return {key: version.text for key, version in uow.rulebook.in_force().items()}

    @contextmanager
    def tried(self, texts: Mapping[RuleKey, str]) -> Iterator[Catalogue]:
        """Load packs with these rules in them, once a child process has compiled them and run their examples.

        Raises `PackInvalid` with file, line, what is wrong and the nearest valid word.
        """
        with rule_texts.composed(self.folders, texts) as folder:
            canary.check([folder], prefer=self._prefer)
            yield self._load(folder)

    def _load(self, folder: Path) -> Catalogue:
        """Load a composed folder; it is gone soon, so the packs keep the names of where they really are."""
        return replace(rules.load_packs([folder]), packs=self._disk.packs)

    def _expired(self) -> bool:
        return self._changes_at is not None and self._clock() >= self._changes_at

    def _look(self) -> None:
        now = self._clock()
        with self._uows(reading=True) as uow:
            generation = uow.rulebook.generation()
            if generation == self._generation and not self._expired():
                return
            in_force = uow.rulebook.in_force()
            trials = uow.rulebook.trials_at(now)
            weak = uow.findings.weak_devices()
            areas = uow.registers.areas() if trials else []
        standing = (
            tuple(sorted(version.id for version in in_force.values())),
            tuple(trial.id for trial in trials),
        )
        self._generation = generation
        self._changes_at = min((trial.ends_at for trial in trials), default=None)
        if standing != self._standing:
            try:
                self._build(in_force, trials, areas)
            except RulesError as broken:
                self._unfit = tuple(str(broken).splitlines())
                log.exception("rules_not_taken_over")
        self._standing = standing
        self._house = replace(self._house, weak_devices=weak)

    def _build(
        self, in_force: Mapping[RuleKey, RuleVersion], trials: Sequence[Trial], areas: Iterable[Area]
    ) -> None:
        """Make matchers for what is in force; the ones before are closed once the new ones stand.

        A thread that still judges with one of those is answered by the plain matcher: it loses no event.
        """
        before = self._house
        texts = {key: version.text for key, version in in_force.items()}
        catalogue = self._catalogue(texts)
        within = _Within(areas)
        canaries = tuple(self._canaries(texts, trials, within))
        shadows = tuple(self._shadows(texts, trials, within))
        matcher = (
            before.matcher
            if catalogue is before.catalogue
            else rules.build_matcher(catalogue, prefer=self._prefer)
        )
        self._house = replace(
            before, catalogue=catalogue, matcher=matcher, canaries=canaries, shadows=shadows
        )
        self._close(before, keep=matcher)
        log.info("rules_taken_over", catalogue=catalogue.fingerprint, rules=len(catalogue.rules))

    def _close(self, before: House, keep: Matcher) -> None:
        gone = [one.matcher for one in before.canaries] + [one.matcher for one in before.shadows]
        for matcher in gone if before.matcher is keep else [before.matcher, *gone]:
            matcher.close()

    def _catalogue(self, texts: Mapping[RuleKey, str]) -> Catalogue:
        """Load what is in force; the disk's own catalogue serves where nothing differs from it."""
        if texts == self._disk_texts:
            self._unfit = ()
            return self._disk
        fit = dict(texts)
        unfit: list[Problem] = []
        while True:
            try:
                with rule_texts.composed(self.folders, fit) as folder:
                    catalogue = self._load(folder)
                break
            except PackInvalid as invalid:
                blamed = {key for key in fit if _file_of(key) in {one.file for one in invalid.problems}}
                if not blamed:
                    raise
                unfit.extend(one for one in invalid.problems if one.file in set(map(_file_of, blamed)))
                fit = {key: text for key, text in fit.items() if key not in blamed}
        known = rule_texts.pack_ids(self.folders)
        self._unfit = (*map(str, unfit), *_homeless(texts, known))
        return catalogue

    def _canaries(
        self, texts: Mapping[RuleKey, str], trials: Sequence[Trial], within: "_Within"
    ) -> Iterator[Canary]:
        """Make the rules in force of every area with canaries, the smallest area first."""
        own = [trial for trial in trials if trial.kind is TrialKind.CANARY and trial.area_id]
        places = {str(trial.area_id): within.below(str(trial.area_id)) for trial in own}
        for area, areas in sorted(places.items(), key=lambda pair: len(pair[1])):
            changed = {trial.key: trial.text for trial in own if area in places[str(trial.area_id)]}
            catalogue = self._trial_catalogue({**texts, **changed})
            if catalogue is not None:
                yield Canary(areas, catalogue, rules.build_matcher(catalogue, prefer=self._prefer))

    def _shadows(
        self, texts: Mapping[RuleKey, str], trials: Sequence[Trial], within: "_Within"
    ) -> Iterator[Shadow]:
        for trial in trials:
            if trial.kind is not TrialKind.SHADOW:
                continue
            catalogue = self._trial_catalogue({**texts, trial.key: trial.text})
            rule = catalogue and find_rule(catalogue, trial.key)
            if catalogue and rule:
                alone = make_catalogue(rules=[rule], fields=catalogue.fields)
                areas = within.below(trial.area_id) if trial.area_id else None
                yield Shadow(trial.id, rule, rules.build_matcher(alone, prefer="plain"), areas)

    def _trial_catalogue(self, texts: Mapping[RuleKey, str]) -> Catalogue | None:
        """Load the rules with a trial among them; a trial that does not fit any more is left out."""
        try:
            with rule_texts.composed(self.folders, texts) as folder:
                return self._load(folder)
        except RulesError as unfit:
            log.warning("trial_unfit", problems=str(unfit)[:500])
            return None

    def _take_over_disk(self) -> None:
        """Put in force what the disk says anew since it was looked at last, and take out what it dropped."""
        # An overlay changes what a rule means and not its text, so both are compared.
        meanings = {(rule.pack, rule.id): rule.version for rule in self._disk.rules}
        texts = self._disk_texts
        digests = {key: rule_texts.digest(f"{meanings.get(key)}\n{text}") for key, text in texts.items()}
        with self._uows(reading=True) as uow:
            if uow.rulebook.on_disk() == digests:
                return
        now = self._clock()
        with self._uows() as uow:
            uow.rulebook.hold()
            known = uow.rulebook.on_disk()
            in_force = uow.rulebook.in_force()
            for key, text in texts.items():
                rule = find_rule(self._disk, key)
                if rule is not None and known.get(key) != digests[key]:
                    version = uow.rulebook.keep_version(new_version(rule, text, DISK, now))
                    if key not in in_force or in_force[key].id != version.id:
                        put_in_force(uow, key, version.id, _IMPORT, now)
            for key in known.keys() - digests.keys():
                if key in in_force:
                    put_in_force(uow, key, None, _IMPORT, now)
            uow.rulebook.put_on_disk(digests)
            uow.commit()


def put_in_force(
    uow: UnitOfWork, key: RuleKey, version_id: str | None, deed: Deed, now: datetime
) -> Publication:
    """Begin a generation in which a version is in force, or no version of the rule; the caller commits."""
    publication = Publication(
        generation=uow.rulebook.next_generation(),
        pack=key[0],
        rule_id=key[1],
        version_id=version_id,
        at=now,
        by=deed.by,
        approved_by=deed.approved_by,
        why=deed.why,
        note=deed.note[:500],
    )
    uow.rulebook.publish(publication)
    return publication


def new_version(rule: Rule, text: str, by: str, now: datetime) -> RuleVersion:
    """Make the version that a rule's text is."""
    return RuleVersion(
        id=ids.new(),
        pack=rule.pack,
        rule_id=rule.id,
        version=rule.version,
        digest=rule_texts.digest(text),
        text=text,
        title=dict(rule.title),
        at=now,
        by=by,
    )


def find_rule(catalogue: Catalogue, key: RuleKey) -> Rule | None:
    """Find a rule by its pack and id."""
    return next((rule for rule in catalogue.rules if (rule.pack, rule.id) == key), None)


def _file_of(key: RuleKey) -> str:
    return f"{key[0]}/rules/{key[1]}.yaml"


def _homeless(texts: Iterable[RuleKey], packs: frozenset[str]) -> list[str]:
    return [f"{_file_of(key)}: the pack '{key[0]}' is not here" for key in texts if key[0] not in packs]


class _Within:
    """Which areas lie in an area, itself included."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._children: dict[str, list[str]] = {}
        for area in areas:
            self._children.setdefault(str(area.parent_id), []).append(str(area.id))

    def below(self, area_id: str) -> frozenset[str]:
        found, waiting = {area_id}, [area_id]
        while waiting:
            waiting = [
                child for area in waiting for child in self._children.get(area, ()) if child not in found
            ]
            found.update(waiting)
        return frozenset(found)
