"""The pages about rules: list, history, workshop, rehearsals, precision; and the forms on them."""

from collections.abc import Mapping
from contextlib import suppress

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.analytics import precision as figures
from casework.domain import errors
from casework.domain.rulebook import Draft, RehearsalState, RuleKey, TrialKind
from casework.services import precision, publishing, rehearsal_orders, rule_texts, shadowing, workshop
from casework.services.shadowing import Plan
from casework.web.console import permissions, words
from casework.web.console.bench import Sheet, bench, in_words
from casework.web.console.commands import Refused
from casework.web.console.parts import viewer
from casework.web.console.permissions import PUBLISH_RULES, READ, WRITE_RULES
from rules import checks, schema
from rules.errors import PackInvalid

FIELDS_LIMIT = 2_000
_KINDS = ("f:", "o:", "v:", "y:")


def add_to(blueprint: Blueprint) -> None:
    """Add the pages and the forms."""
    for rule, view, permission, method in (
        ("/rules", rule_list, READ, "GET"),
        ("/rules/precision", show_precision, READ, "GET"),
        ("/rules/of/<pack>/<rule_id>", rule_page, READ, "GET"),
        ("/rules/versions/<rule_id>/<version>", version, READ, "GET"),
        ("/rules/drafts/<draft_id>", draft_page, WRITE_RULES, "GET"),
        ("/rules/rehearsals/<rehearsal_id>", rehearsal_page, READ, "GET"),
        ("/rules/drafts", begin, WRITE_RULES, "POST"),
        ("/rules/drafts/<draft_id>", edit, WRITE_RULES, "POST"),
        ("/rules/drafts/<draft_id>/publish", publish, PUBLISH_RULES, "POST"),
        ("/rules/versions/<version_id>/roll-back", roll_back, PUBLISH_RULES, "POST"),
        ("/rules/of/<pack>/<rule_id>/withdraw", withdraw_rule, PUBLISH_RULES, "POST"),
        ("/rules/trials/<trial_id>/stop", stop_trial, WRITE_RULES, "POST"),
        ("/rules/rehearsals/<rehearsal_id>/cancel", cancel, WRITE_RULES, "POST"),
        ("/rules/findings/<case_id>", correct, permissions.END_CASES, "POST"),
        ("/rules/devices", weigh, permissions.END_CASES, "POST"),
    ):
        guarded = permissions.needs(permission)(view)
        blueprint.add_url_rule(rule, view_func=guarded, methods=[method])


def rule_list() -> str:
    """Show the rules in force, the drafts and what is tried."""
    return render_template("console/rules.html", two_persons=bench().two_persons, **bench().rules())


def rule_page(pack: str, rule_id: str) -> str:
    """Show one rule with its versions, trials, rehearsals and precision."""
    try:
        page = bench().rule((pack, rule_id))
    except errors.NotFound:
        abort(404)
    numbers = bench().numbers([finding.case_id for finding in page.findings])
    return render_template("console/rule.html", page=page, numbers=numbers, now=bench().runtime.clock())


def version(rule_id: str, version: str) -> Response:
    """Go to the rule that opened a case, at the version that did."""
    with bench().runtime.uows(reading=True) as uow:
        found = uow.rulebook.find_version(rule_id, version)
    if found is None:
        abort(404)
    return redirect(url_for("console.rule_page", pack=found.pack, rule_id=rule_id, _anchor=found.id), 303)


def show_precision() -> str:
    """Show how often rules, sources and devices were right."""
    by = request.args.get("by", "rule")
    if by not in figures.BY:
        by = "rule"
    return render_template("console/precision.html", rows=bench().precision(by), by=by, weeks=figures.WEEKS)


def begin() -> Response:
    """Begin a draft of a rule in force or of a new one."""
    pack, rule_id = request.form.get("pack", ""), request.form.get("rule", "").strip()
    if pack not in {one.id for one in bench().catalogue.packs} or not checks.is_slug(rule_id):
        raise Refused("rule_name", status=422)
    event = request.form.get("event", "")
    if event not in bench().catalogue.fields:
        event = "report"
    with in_words():
        draft = bench().begin((pack, rule_id), event, _actor())
    return redirect(url_for("console.draft_page", draft_id=draft.id), 303)


def draft_page(draft_id: str) -> str:
    """Show the workshop with one draft on the bench."""
    draft = _draft(draft_id)
    return _page(bench().sheet(draft, draft.text))


def edit(draft_id: str) -> Response | str:
    """Do what the pressed button says with the draft as the page has it now."""
    draft = _draft(draft_id)
    op = request.form.get("op", "form")
    text = _text(draft)
    with suppress(PackInvalid, workshop.Unreadable):  # the sheet says what is wrong, with its line
        text = _changed(text, op)
    if op in {"form", "yaml", "test"} or op.partition(":")[0] in {"add", "remove", "event"}:
        return _page(bench().sheet(draft, text, test=op == "test"))
    with in_words():
        return _ordered(_saved(draft, text), op)


def _changed(text: str, op: str) -> str:
    """Put the form's fields into the text, unless the text itself was edited; then do what a button says."""
    if op != "yaml" and request.form.get("drawn", "") in {"", rule_texts.digest(text)}:
        values = {name: value for name, value in request.form.items() if name.startswith(_KINDS)}
        if len(values) > FIELDS_LIMIT:
            raise Refused("rule_broken", status=422, detail=str(len(values)))
        text = workshop.changed(text, values, bench().fields(text))
    word, _, rest = op.partition(":")
    if word == "add":
        place, _, what = rest.rpartition(":")
        return workshop.added(text, place, what, bench().fields(text))
    if word == "remove":
        return workshop.removed(text, rest)
    if word == "event" and rest[1:].isdecimal():
        return bench().with_event(text, int(rest[1:16]), matches=rest[0] == "+")
    return text


def _ordered(draft: Draft, op: str) -> Response:
    tools, by = bench().tools, _actor()
    if op == "rehearse":
        start, end = bench().span(_days(366.0, 30.0))
        made = rehearsal_orders.ask(
            draft.text, draft.key, start=start, end=end, by=by, uows=tools["uows"], clock=tools["clock"]
        )
        bench().runtime.bells.rehearse.set()
        return redirect(url_for("console.rehearsal_page", rehearsal_id=made.id), 303)
    if op in {"shadow", "canary"}:
        _try(draft, op)
        return _to_rule(draft.key)
    if op == "propose":
        publishing.propose(draft.id, by=by, **tools)
        flash(words.done("rule_proposed", {}), "done")
    elif op == "drop":
        publishing.drop_draft(draft.id, by=by, uows=tools["uows"], clock=tools["clock"])
        flash(words.done("draft_dropped", {}), "done")
        return redirect(url_for("console.rule_list"), 303)
    else:
        flash(words.done("draft_saved", {}), "done")
    return redirect(url_for("console.draft_page", draft_id=draft.id), 303)


def _try(draft: Draft, op: str) -> None:
    """Begin a trial; a canary is in force somewhere, and asked of those who may publish."""
    kind = TrialKind(op)
    if kind is TrialKind.CANARY:
        if PUBLISH_RULES not in viewer().permissions:
            abort(403)
        if bench().two_persons and draft.changed_by == _actor():
            raise Refused("rule_second", status=403)
    plan = Plan(kind=kind, days=_days(90.0, 7.0), area_id=request.form.get("area") or None)
    shadowing.start(draft.text, draft.key, plan, by=_actor(), **bench().tools)
    flash(words.done("trial_started", {}), "done")


def publish(draft_id: str) -> Response:
    """Publish a draft, or approve it as the second person."""
    draft = _draft(draft_id)
    with in_words():
        publishing.publish_draft(
            draft.id,
            by=_actor(),
            two_persons=bench().two_persons,
            note=request.form.get("note", "")[:500],
            **bench().tools,
        )
    flash(words.done("rule_published", {}), "done")
    return _to_rule(draft.key)


def roll_back(version_id: str) -> Response:
    """Put an older version in force again."""
    note = request.form.get("note", "")[:500]
    with in_words():
        done = publishing.roll_back(version_id, by=_actor(), note=note, **bench().tools)
    flash(words.done("rule_published", {}), "done")
    return _to_rule((done.pack, done.rule_id))


def withdraw_rule(pack: str, rule_id: str) -> Response:
    """Take a rule out of force."""
    with in_words():
        publishing.withdraw((pack, rule_id), by=_actor(), **bench().tools)
    flash(words.done("rule_withdrawn", {}), "done")
    return _to_rule((pack, rule_id))


def stop_trial(trial_id: str) -> Response:
    """End a trial before its day."""
    with in_words():
        stopped = shadowing.stop(trial_id, by=_actor(), **bench().tools)
    flash(words.done("trial_stopped", {}), "done")
    return _to_rule(stopped.key)


def rehearsal_page(rehearsal_id: str) -> str:
    """Show how far a rehearsal is, or what came of it; a script asks for the middle of the page alone."""
    try:
        found = bench().rehearsal(rehearsal_id)
    except errors.NotFound:
        abort(404)
    running = found.state in {RehearsalState.WAITING, RehearsalState.RUNNING}
    template = "console/_rehearsal.html" if "part" in request.args else "console/rehearsal.html"
    return render_template(template, page=found, running=running)


def cancel(rehearsal_id: str) -> Response:
    """Cancel a rehearsal."""
    tools = bench().tools
    with in_words():
        rehearsal_orders.cancel(rehearsal_id, uows=tools["uows"], clock=tools["clock"])
    return redirect(url_for("console.rehearsal_page", rehearsal_id=rehearsal_id), 303)


def correct(case_id: str) -> Response:
    """Say what a case was, whatever its disposition."""
    tools = bench().tools
    with in_words():
        finding = precision.correct(
            case_id,
            found=request.form.get("found") == "yes",
            note=request.form.get("note", "")[:500],
            by=_actor(),
            uows=tools["uows"],
            clock=tools["clock"],
        )
    flash(words.done("finding_corrected", {}), "done")
    return _to_rule((finding.pack or "", finding.rule_id))


def weigh() -> Response:
    """Say what a device's word weighs."""
    tools = bench().tools
    weak = {"yes": True, "no": False}.get(request.form.get("weak", ""))
    floor = request.form.get("floor", "").strip()
    with in_words():
        precision.set_weight(
            request.form.get("source", "")[:200],
            request.form.get("device", "")[:256],
            weak=weak,
            floor=_percent(floor),
            reason=request.form.get("reason", "")[:500],
            by=_actor(),
            uows=tools["uows"],
            clock=tools["clock"],
        )
    bench().runtime.rulebook.refresh()
    flash(words.done("device_weighed", {}), "done")
    return redirect(url_for("console.show_precision", by="device"), 303)


def _percent(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.removesuffix("%")) / 100
    except ValueError as error:
        raise Refused("rule_refused", status=422, detail=text[:20]) from error


def _draft(draft_id: str) -> Draft:
    try:
        return bench().draft(draft_id)
    except errors.NotFound:
        abort(404)


def _text(draft: Draft) -> str:
    given = request.form.get("text")
    text = draft.text if given is None else given.replace("\r\n", "\n")
    if len(text.encode()) > publishing.TEXT_LIMIT:
        raise Refused("rule_broken", status=422, detail="64 KiB")
    return text


def _saved(draft: Draft, text: str) -> Draft:
    changes = request.form.get("changes", "")
    seen = int(changes) if changes.isdecimal() and len(changes) < 10 else None  # noqa: PLR2004  (an integer)
    tools = bench().tools
    return publishing.save_draft(
        draft.id, text, by=_actor(), changes=seen, uows=tools["uows"], clock=tools["clock"]
    )


def _page(sheet: Sheet) -> str:
    context: Mapping[str, object] = {
        "sheet": sheet,
        "two_persons": bench().two_persons,
        "categories": sorted(bench().catalogue.categories),
        "messages": sorted(bench().catalogue.messages),
        "roles": sorted(schema.ROLES),
        "event_types": sorted(bench().catalogue.fields),
        "drawn": rule_texts.digest(sheet.text),
        "operators": workshop.COMPARISONS,
        "areas": bench().areas(),
        "me": _actor(),
    }
    template = "console/_bench.html" if request.form.get("part") else "console/workshop.html"
    return render_template(template, **context)


def _days(most: float, usual: float) -> float:
    try:
        days = float(request.form.get("days", ""))
    except ValueError:
        return usual
    return min(most, days) if days > 0 else usual


def _to_rule(key: RuleKey) -> Response:
    return redirect(url_for("console.rule_page", pack=key[0], rule_id=key[1]), 303)


def _actor() -> str:
    return f"user:{viewer().sign_in}"
