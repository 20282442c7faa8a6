"""The commands about rules: versions, publishing, rehearsals, trials and precision."""

import getpass
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml
from flask.cli import with_appcontext
from tqdm import tqdm

import rules
from casework.analytics import precision
from casework.cli import told
from casework.domain.rulebook import Deed, RuleKey, TrialKind
from casework.services import publishing, rehearsal_orders, rehearsing, rule_texts, shadowing
from casework.services.rehearsing import Script
from casework.services.runtime import Runtime
from casework.services.shadowing import Plan
from rules import canary, packs

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def register(group: told.Group) -> None:
    """Add the commands to `flask rules`."""
    for command in (versions, publish, roll_back, withdraw, rehearse, trial, trials, stop, show_precision):
        group.add_command(command)


def _by() -> str:
    return f"command:{getpass.getuser()}"


def _tools(house: Runtime) -> dict[str, Any]:
    return {"uows": house.uows, "clock": house.clock, "rulebook": house.rulebook}


def _key(name: str) -> RuleKey:
    pack, _, rule_id = name.partition("/")
    if not rule_id:
        raise click.ClickException(f"name a rule as PACK/RULE, not {name!r}")
    return pack, rule_id


def _rule(pack: str, path: Path) -> tuple[str, RuleKey]:
    text = path.read_text(encoding="utf-8")
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        raise click.ClickException(f"{path}: {broken}") from broken
    return text, (pack, str(data.get("id")) if isinstance(data, dict) else path.stem)


@click.command("versions", cls=told.Command)
@click.argument("rule")
@with_appcontext
def versions(rule: str) -> None:
    """Show when which version of PACK/RULE came into force, the newest first."""
    key = _key(rule)
    with told.house().uows(reading=True) as uow:
        texts = {version.id: version for version in uow.rulebook.versions_of(key)}
        for one in uow.rulebook.publications_of(key):
            version = texts.get(one.version_id or "")
            approved = f", approved by {one.approved_by}" if one.approved_by else ""
            name = f"{version.version} {version.id}" if version else "out of force"
            click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}Z  {one.why:<9} {name}  by {one.by}{approved}")


@click.command("publish", cls=told.Command)
@click.argument("pack")
@click.argument("file", type=_FILE)
@click.option("--note", default="", help="Why, for those who look back.")
@with_appcontext
def publish(pack: str, file: Path, note: str) -> None:
    """Put the rule in FILE in force as part of PACK, after compiling it and running its examples."""
    house = told.house()
    if house.settings.rule_approval:
        raise click.ClickException("rules are published here with a second person's approval: in the console")
    text, key = _rule(pack, file)
    done = publishing.publish(text, key, Deed(by=_by(), note=note), **_tools(house))
    click.echo(f"{key[0]}/{key[1]} is in force, generation {done.generation}")


@click.command("roll-back", cls=told.Command)
@click.argument("version")
@click.option("--note", default="")
@with_appcontext
def roll_back(version: str, note: str) -> None:
    """Put an older VERSION (its id, see `versions`) in force again."""
    house = told.house()
    done = publishing.roll_back(version, by=_by(), note=note, **_tools(house))
    click.echo(f"{done.pack}/{done.rule_id} is in force as it was, generation {done.generation}")


@click.command("withdraw", cls=told.Command)
@click.argument("rule")
@click.option("--note", default="")
@with_appcontext
def withdraw(rule: str, note: str) -> None:
    """Take PACK/RULE out of force; its versions stay."""
    done = publishing.withdraw(_key(rule), by=_by(), note=note, **_tools(told.house()))
    click.echo(f"{done.pack}/{done.rule_id} is out of force, generation {done.generation}")


@click.command("rehearse", cls=told.Command)
@click.argument("pack", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--from", "start", type=click.DateTime(), required=True, help="In the house's time zone.")
@click.option("--to", "end", type=click.DateTime(), required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report.")
@with_appcontext
def rehearse(pack: Path, start: datetime, end: datetime, *, as_json: bool) -> None:
    """Replay stored events through the rules of PACK beside those in force; nothing is changed by it."""
    house = told.house()
    zone = house.settings.timezone
    begin, finish = start.replace(tzinfo=zone), end.replace(tzinfo=zone)
    if begin >= finish:
        raise click.ClickException("--to must lie after --from")
    with house.uows(reading=True) as uow:
        texts = house.rulebook.texts(uow)
    with rule_texts.composed(house.rulebook.folders, texts, replacing=[pack]) as folder:
        canary.check([folder], prefer=house.settings.matcher)
        draft = rules.load_packs([folder])
    own = {rule_texts.pack_id(one) for one in packs.pack_folders([pack])}
    live = house.house().catalogue
    offset = begin.utcoffset() or timedelta(0)
    script = Script(
        live=live,
        draft=draft,
        start=begin,
        end=finish,
        focus=frozenset((rule.pack, rule.id) for rule in draft.rules if rule.pack in own),
        price=rehearsal_orders.text_price(house.settings.prices),
        offset_s=offset.total_seconds(),
        matcher=house.settings.matcher,
    )
    with tqdm(total=1.0, unit="", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}") as bar:
        try:
            report = rehearsing.rehearse(
                script,
                house.archive,
                locate=house.house().locate,
                lineage=house.house().lineage,
                progress=_onto(bar),
            )
        except KeyboardInterrupt:
            raise click.ClickException("cancelled; nothing was changed") from None
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else _told(report))


def _onto(bar: Any) -> Callable[[float, int], None]:  # noqa: ANN401  (tqdm ships no annotations)
    def progress(part: float, events: int) -> None:
        bar.set_postfix_str(f"{events} events", refresh=False)
        bar.update(part - bar.n)

    return progress


def _told(report: dict[str, Any]) -> str:
    lines = [f"{report['events']} events judged, {len(report['changed'])} rules differ"]
    lines.append(f"{'':<16}{'in force':>12}{'draft':>12}")
    for name, shown in (
        ("opened", "cases opened"),
        ("joined", "signals grouped"),
        ("crew_minutes", "crew minutes"),
        ("texts", "texts"),
        ("cost", "cost of texts"),
    ):
        lines.append(f"{shown:<16}{report['live'][name]:>12}{report['draft'][name]:>12}")
    lines.append(f"{report['differing']} events come out otherwise")
    for one in report["differences"][:20]:
        live, draft = (", ".join(" ".join(came) for came in one[side]) or "-" for side in ("live", "draft"))
        lines.append(f"  event {one['seq']} of {one['source']}: {live} -> {draft}")
    return "\n".join(lines)


@click.command("trial", cls=told.Command)
@click.argument("pack")
@click.argument("file", type=_FILE)
@click.option("--days", type=float, required=True)
@click.option("--area", help="Only what happens here.")
@click.option("--canary", "in_force", is_flag=True, help="In force in the area, not only counted.")
@with_appcontext
def trial(pack: str, file: Path, days: float, area: str | None, *, in_force: bool) -> None:
    """Try the rule in FILE on what comes in: as a shadow that is counted, or in force in one area."""
    house = told.house()
    if in_force and house.settings.rule_approval:
        raise click.ClickException("a canary is in force: here it needs a second person, in the console")
    text, key = _rule(pack, file)
    plan = Plan(kind=TrialKind.CANARY if in_force else TrialKind.SHADOW, days=days, area_id=area)
    made = shadowing.start(text, key, plan, by=_by(), **_tools(house))
    click.echo(f"{made.id} until {made.ends_at:%Y-%m-%d %H:%M}Z")


@click.command("trials", cls=told.Command)
@click.argument("rule")
@with_appcontext
def trials(rule: str) -> None:
    """Show the trials of PACK/RULE with their counts."""
    house = told.house()
    with house.uows(reading=True) as uow:
        for one in uow.rulebook.trials_of(_key(rule)):
            counts = uow.rulebook.counts_of(one.id)
            sums = {
                name: sum(getattr(count, name) for count in counts)
                for name in ("judged", "live", "draft", "only_live", "only_draft", "failed")
            }
            running = "running" if one.runs_at(house.clock()) else "over"
            told_of = ", ".join(f"{name} {n}" for name, n in sums.items())
            click.echo(f"{one.id} {one.kind} {one.area_id or 'everywhere'} {running}: {told_of}")


@click.command("stop-trial", cls=told.Command)
@click.argument("trial_id")
@with_appcontext
def stop(trial_id: str) -> None:
    """End a trial before its day."""
    stopped = shadowing.stop(trial_id, by=_by(), **_tools(told.house()))
    click.echo(f"{stopped.pack}/{stopped.rule_id}: stopped")


@click.command("precision", cls=told.Command)
@click.option("--by", type=click.Choice(sorted(precision.BY)), default="rule", show_default=True)
@with_appcontext
def show_precision(by: str) -> None:
    """Show how often rules, sources or devices were right in the last twelve weeks, the worst first."""
    house = told.house()
    with house.reading() as connection:
        rows = precision.read(connection, by, house.clock())
    for row in rows:
        found = row.precision
        weak = "  WEAK" if row.weight and row.weight.weak else ""
        low, high = found.low or 0.0, found.high or 0.0
        share = f"{found.value or 0.0:6.1%} (95 %: {low:.1%} to {high:.1%})"
        click.echo(f"{' / '.join(row.names):<50} n {found.n:>6}  {share}{weak}")
