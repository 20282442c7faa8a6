"""Packs as files: make a new one, sign and hand one out, take one in, show what overlays change."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from flask.cli import with_appcontext

from casework.cli import told
from casework.settings import ROOT
from rules import bundles, canary, packs, signing, skeleton
from rules.errors import PackInvalid
from rules.overlays import Change

KEYS = ROOT / "var" / "pack-keys"
_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def register(group: click.Group) -> None:
    """Hang the commands below `flask rules`."""
    for command in (make_key, new_pack, export_pack, import_pack, show_changes):
        group.add_command(command)


@click.command("key", cls=told.Command)
@click.argument("name")
@click.option("--into", "folder", type=_folder, default=KEYS, help="var/pack-keys if absent.")
def make_key(name: str, folder: Path) -> None:
    """Make a pair of keys: NAME.key signs packs and stays here, NAME.pub goes to those who take them."""
    private, public, fingerprint = signing.make_keys(folder, name)
    click.echo(f"{private} signs; keep it secret. {public} is for others. Fingerprint {fingerprint}")


@click.command("new", cls=told.Command)
@click.argument("pack")
@click.option("--into", "folder", type=_folder, help="Folder of packs; the first that is in force if absent.")
@click.option("--zh", required=True, help="Its title in Chinese.")
@click.option("--en", required=True, help="Its title in English.")
@click.option("--owner", required=True, help="Who answers for it.")
@with_appcontext
def new_pack(pack: str, folder: Path | None, zh: str, en: str, owner: str) -> None:
    """Make the skeleton of a pack, sound as it stands."""
    made = skeleton.make(folder or _packs_folder(), pack, {"zh": zh, "en": en}, owner)
    try:
        packs.load_packs([made])
    except PackInvalid:
        shutil.rmtree(made)
        raise
    click.echo(f"{made}: `flask --app app rules check {made}` passes; now make it yours")


@click.command("export", cls=told.Command)
@click.argument("pack", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "key_file", type=_file, required=True, help="The private key that signs.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="PACK.gongzhi-pack if absent.")
def export_pack(pack: Path, key_file: Path, out: Path | None) -> None:
    """Write one pack as one signed file."""
    if not (pack / "pack.yaml").is_file():
        raise click.ClickException(f"{pack} is no pack: it has no pack.yaml")
    key = signing.private_key(key_file)
    content = bundles.pack(pack, key)
    name = bundles.pack_id({"pack.yaml": (pack / "pack.yaml").read_bytes()})
    target = out or Path(f"{name}{bundles.SUFFIX}")
    target.write_bytes(content)
    signer = signing.fingerprint(key.public_key())
    click.echo(f"{target}: {len(content)} bytes, signed with {signer}")


@click.command("import", cls=told.Command)
@click.argument("file", type=_file)
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Public keys, or folders of them; var/pack-keys if absent.",
)
@click.option("--into", "folder", type=_folder, help="Folder of packs; the first that is in force if absent.")
@click.option("--replace", is_flag=True, help="Put it in the place of the pack of the same id.")
@with_appcontext
def import_pack(file: Path, trust: Sequence[Path], folder: Path | None, *, replace: bool) -> None:
    """Take in a signed pack after its signature, its rules and its examples have been checked."""
    if file.stat().st_size > bundles.SIZE_LIMIT:
        raise click.ClickException(f"{file} is larger than {bundles.SIZE_LIMIT >> 20} MiB")
    trusted = signing.public_keys(trust or [place for place in [KEYS] if place.is_dir()])
    signer, files = bundles.unpack(file.read_bytes(), trusted)
    name = bundles.pack_id(files)
    target = (folder or _packs_folder()) / name
    if target.exists() and not replace:
        raise click.ClickException(f"{target} is there already; --replace puts this one in its place")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=target.parent) as staging:
        staged = Path(staging) / name
        bundles.write(files, staged)
        canary.check(_beside(staged, target))
        if target.exists():
            target.rename(Path(staging) / ".before")
        staged.rename(target)
    click.echo(f"{target}: {len(files)} files, signed with {signer}; in force from the next start")


@click.command("changes", cls=told.Command)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@with_appcontext
def show_changes(paths: tuple[Path, ...]) -> None:
    """Show every value that overlays change in the packs, and what they add."""
    places = paths or told.settings().scenarios
    catalogue, changes = packs.load_with_changes(places)
    overlays = {pack.id for pack in catalogue.packs if (Path(pack.folder) / "overlay.yaml").is_file()}
    for change in changes:
        click.echo(f"{change.pack} {change.where}: {_told(change)}   ({change.file}:{change.line})")
    for rule in catalogue.rules:
        if rule.pack in overlays:
            click.echo(f"{rule.pack} rules.{rule.id}: added   ({rule.file}:{rule.line})")
    if not overlays:
        click.echo("no overlay in these packs: every pack stands as it was handed out")


def _told(change: Change) -> str:
    if change.before is None:
        return f"now {_short(change.after)}"
    return f"{_short(change.before)} -> {_short(change.after)}"


def _short(value: object) -> str:
    text = (
        ", ".join(f"{key}: {part}" for key, part in value.items()) if isinstance(value, dict) else str(value)
    )
    return text if len(text) <= 100 else f"{text[:99]}…"  # noqa: PLR2004  (what fits a line)


def _packs_folder() -> Path:
    """Answer the folder that packs are put into: the first one in force that holds several."""
    for folder in told.settings().scenarios:
        if not (folder / "pack.yaml").is_file():
            return folder
    raise click.ClickException("GONGZHI_SCENARIOS names no folder of packs; say --into FOLDER")


def _beside(staged: Path, target: Path) -> list[Path]:
    """Answer the packs among which a new one must be sound: those in force, without the one it replaces."""
    in_force = [
        folder
        for place in told.settings().scenarios
        if place.is_dir()
        for folder in packs.pack_folders([place])
    ]
    return [*(folder for folder in in_force if folder.resolve() != target.resolve()), staged]
