"""Putting rules in force: tried in a child process first, approved by a second person where that is set."""

from dataclasses import replace

import structlog

from casework import ids
from casework.clock import Clock
from casework.domain import errors
from casework.domain.rulebook import Deed, Draft, DraftState, Publication, RuleKey, RuleVersion, Why
from casework.services import editions
from casework.services.editions import Editions
from casework.services.ports import UnitsOfWork
from rules import checks, yaml_lines
from rules.catalogue import Catalogue, Rule
from rules.errors import PackInvalid, Problem

log = structlog.get_logger(__name__)

TEXT_LIMIT = 64 * 1024
_TRIES = 5


def try_out(text: str, key: RuleKey, *, uows: UnitsOfWork, rulebook: Editions) -> tuple[Catalogue, Rule]:
    """Compile a text among the rules in force and run all examples, in a child process with a time limit.

    Answers the catalogue that would be in force, and the rule in it. Raises `PackInvalid`.
    """
    check_text(text, key)
    with uows(reading=True) as uow:
        texts = rulebook.texts(uow)
    with rulebook.tried({**texts, key: text}) as catalogue:
        return catalogue, _found(catalogue, key)


def publish(
    text: str, key: RuleKey, deed: Deed, *, uows: UnitsOfWork, clock: Clock, rulebook: Editions
) -> Publication:
    """Put a text in force as a version, in every worker; what is broken leaves the one before in force.

    It is tried together with all rules in force; where another one is published meanwhile, it is tried
    again with that one, so that nothing comes into force that was not tried as a whole.
    """
    for _ in range(_TRIES):
        with uows(reading=True) as uow:
            seen = uow.rulebook.generation()
        _, rule = try_out(text, key, uows=uows, rulebook=rulebook)
        with uows() as uow:
            uow.rulebook.hold()
            if uow.rulebook.generation() != seen:
                continue
            now = clock()
            version = uow.rulebook.keep_version(editions.new_version(rule, text, deed.by, now))
            if (standing := uow.rulebook.in_force().get(key)) and standing.id == version.id:
                raise errors.Conflict("this very text is in force already")
            published = editions.put_in_force(uow, key, version.id, deed, now)
            uow.commit()
        rulebook.refresh()
        log.info("rule_published", pack=key[0], rule=key[1], version=version.version, by=deed.by)
        return published
    raise errors.Unavailable(detail="other rules are being published; try again")


def roll_back(
    version_id: str, *, by: str, uows: UnitsOfWork, clock: Clock, rulebook: Editions, note: str = ""
) -> Publication:
    """Publish an older version again."""
    with uows(reading=True) as uow:
        version = uow.rulebook.version(version_id)
    deed = Deed(by=by, why=Why.ROLL_BACK, note=note)
    return publish(version.text, version.key, deed, uows=uows, clock=clock, rulebook=rulebook)


def withdraw(
    key: RuleKey, *, by: str, uows: UnitsOfWork, clock: Clock, rulebook: Editions, note: str = ""
) -> Publication:
    """Take a rule out of force; its versions stay."""
    with uows() as uow:
        uow.rulebook.hold()
        if key not in uow.rulebook.in_force():
            raise errors.NotFound
        taken = editions.put_in_force(uow, key, None, Deed(by=by, why=Why.WITHDRAW, note=note), clock())
        uow.commit()
    rulebook.refresh()
    log.info("rule_withdrawn", pack=key[0], rule=key[1], by=by)
    return taken


def begin_draft(key: RuleKey, text: str, *, by: str, uows: UnitsOfWork, clock: Clock) -> Draft:
    """Begin a draft of a rule, new or in force."""
    check_text(text, key)
    now = clock()
    with uows() as uow:
        standing: RuleVersion | None = uow.rulebook.in_force().get(key)
        draft = Draft(
            id=ids.new(),
            pack=key[0],
            rule_id=key[1],
            text=text,
            based_on=standing.id if standing else None,
            state=DraftState.EDITING,
            made_at=now,
            made_by=by,
            changed_at=now,
            changed_by=by,
        )
        uow.rulebook.add_draft(draft)
        uow.commit()
    return draft


def save_draft(
    draft_id: str, text: str, *, by: str, uows: UnitsOfWork, clock: Clock, changes: int | None = None
) -> Draft:
    """Keep a draft's text; one that waited for approval goes back to be worked on."""
    with uows() as uow:
        draft = _open(uow.rulebook.draft(draft_id))
        if changes is not None and draft.changes != changes:
            raise errors.StaleVersion("somebody else changed this draft meanwhile; look at it again")
        if text == draft.text:
            return draft
        check_text(text, draft.key)
        saved = uow.rulebook.save_draft(
            replace(
                draft,
                text=text,
                state=DraftState.EDITING,
                proposed_by=None,
                changed_at=clock(),
                changed_by=by,
            )
        )
        uow.commit()
    return saved


def drop_draft(draft_id: str, *, by: str, uows: UnitsOfWork, clock: Clock) -> None:
    """Set a draft aside."""
    with uows() as uow:
        draft = _open(uow.rulebook.draft(draft_id))
        uow.rulebook.save_draft(replace(draft, state=DraftState.DROPPED, changed_at=clock(), changed_by=by))
        uow.commit()


def propose(draft_id: str, *, by: str, uows: UnitsOfWork, clock: Clock, rulebook: Editions) -> Draft:
    """Hand a draft that passes to a second person."""
    with uows(reading=True) as uow:
        draft = _open(uow.rulebook.draft(draft_id))
    try_out(draft.text, draft.key, uows=uows, rulebook=rulebook)
    with uows() as uow:
        if uow.rulebook.draft(draft_id).changes != draft.changes:
            raise errors.StaleVersion("somebody else changed this draft meanwhile; look at it again")
        proposed = uow.rulebook.save_draft(
            replace(draft, state=DraftState.PROPOSED, proposed_by=by, changed_at=clock())
        )
        uow.commit()
    return proposed


def publish_draft(
    draft_id: str,
    *,
    by: str,
    uows: UnitsOfWork,
    clock: Clock,
    rulebook: Editions,
    two_persons: bool,
    note: str = "",
) -> Publication:
    """Publish a draft; where two persons are asked for, as one who neither wrote nor proposed it."""
    with uows(reading=True) as uow:
        draft = _open(uow.rulebook.draft(draft_id))
    first = draft.changed_by
    if two_persons:
        if draft.state is not DraftState.PROPOSED or draft.proposed_by is None:
            raise errors.Conflict("a second person publishes here: propose the draft first")
        if by in {draft.proposed_by, draft.changed_by}:
            raise errors.Forbidden("whoever wrote or proposed a draft does not approve it")
        first = draft.proposed_by
    deed = Deed(by=first, approved_by=by, note=note) if two_persons else Deed(by=by, note=note)
    published = publish(draft.text, draft.key, deed, uows=uows, clock=clock, rulebook=rulebook)
    with uows() as uow:
        now = uow.rulebook.draft(draft_id)
        if now.text == draft.text:  # what was written on meanwhile is another draft
            uow.rulebook.save_draft(replace(now, state=DraftState.PUBLISHED, changed_at=clock()))
            uow.commit()
    return published


def check_text(text: str, key: RuleKey) -> None:
    """Refuse a text that is no one rule of this name; raise `PackInvalid` with the line."""
    shown = f"{key[0]}/rules/{key[1]}.yaml"
    if not checks.is_slug(key[1]):
        raise PackInvalid([Problem(shown, 1, f"'{key[1]}' must be a lower-case slug", "like quiet-home")])
    if len(text.encode()) > TEXT_LIMIT:
        raise PackInvalid([Problem(shown, 1, "the rule is larger than 64 KiB", "make two rules of it")])
    document = yaml_lines.parse(text, shown)
    if not isinstance(document.data, dict):
        raise PackInvalid([document.problem((), "must be one rule: a mapping of keys and values")])
    if document.data.get("id") != key[1]:
        what = f"the id is '{document.data.get('id')}' and not '{key[1]}'"
        raise PackInvalid([document.problem(("id",), what, "a draft keeps the id it began with")])


def _open(draft: Draft) -> Draft:
    if draft.state not in {DraftState.EDITING, DraftState.PROPOSED}:
        raise errors.Conflict(f"this draft was {draft.state} already")
    return draft


def _found(catalogue: Catalogue, key: RuleKey) -> Rule:
    rule = editions.find_rule(catalogue, key)
    if rule is None:
        shown = f"{key[0]}/rules/{key[1]}.yaml"
        raise PackInvalid([Problem(shown, 1, f"there is no pack '{key[0]}' here", "name a loaded pack")])
    return rule
