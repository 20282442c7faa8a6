"""The texts of rules, one by one: read out of packs on disk, and put together as packs to be loaded.

A set of packs with other rules in them is a folder of packs again: what the loader, its child process and
their messages with file and line do for a folder on disk, they do for a draft without knowing of it.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from casework.domain.rulebook import RuleKey
from rules import packs, yaml_lines
from rules.yaml_lines import Document


def digest(text: str) -> str:
    """Name a text by its content."""
    return hashlib.sha256(text.encode()).hexdigest()


def on_disk(folders: Sequence[Path]) -> dict[RuleKey, str]:
    """Answer the text of every rule in packs that the loader has accepted, by pack and id."""
    found: dict[RuleKey, str] = {}
    for folder in packs.pack_folders(folders):
        pack = pack_id(folder)
        for path in sorted((folder / "rules").glob("*.yaml")):
            for rule_id, text in split(path.read_text(encoding="utf-8"), path.name):
                found[pack, rule_id] = text
    return found


def split(text: str, shown: str) -> Iterator[tuple[str, str]]:
    """Take a rule file apart: each rule's id with its own lines, comments included."""
    document = yaml_lines.parse(text, shown)
    if not isinstance(document.data, list):
        if isinstance(document.data, dict):
            yield str(document.data.get("id")), text
        return
    for index, data in enumerate(document.data):
        own = _lines_of(text, document, index)
        if own is None or yaml_lines.parse(own, shown).data != data:
            own = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)
        yield str(data.get("id") if isinstance(data, dict) else ""), own


def _lines_of(text: str, document: Document, index: int) -> str | None:
    """Cut one entry out of a block list, or answer None where it is not written as one."""
    lines = text.splitlines()
    first = document.line((index,)) - 1
    end = document.line((index + 1,)) - 1 if (index + 1,) in document.lines else len(lines)
    own = lines[first:end]
    indent = len(own[0]) - len(own[0].lstrip()) if own else 0
    if not own or own[0][indent : indent + 2] != "- ":
        return None
    own[0] = own[0][:indent] + "  " + own[0][indent + 2 :]
    while own and (not own[-1].strip() or own[-1].lstrip().startswith("#")):
        own.pop()  # a remark before the next rule is about that one
    margin = indent + 2
    if any(line.strip() and not line.startswith(" " * margin) for line in own):
        return None
    return "\n".join(line[margin:] for line in own) + "\n"


def pack_id(folder: Path) -> str:
    """Read the id of a pack."""
    data = yaml_lines.read(folder / "pack.yaml", f"{folder.name}/pack.yaml").data
    return str(data.get("id")) if isinstance(data, dict) else folder.name


def pack_ids(folders: Sequence[Path]) -> frozenset[str]:
    """Answer the ids of all packs in some folders."""
    return frozenset(pack_id(folder) for folder in packs.pack_folders(folders))


@contextmanager
def composed(
    folders: Sequence[Path], texts: Mapping[RuleKey, str], replacing: Iterable[Path] = ()
) -> Iterator[Path]:
    """Make a folder of the packs with exactly these rules in them, for as long as it is used.

    Everything of a pack but its rules is linked to, not copied. A pack of `replacing` stands, as it is, in
    place of the one with its id; rules of packs that are not there are left out.
    """
    with tempfile.TemporaryDirectory(prefix="gongzhi-rules-") as name:
        root = Path(name)
        instead = {pack_id(folder): folder for folder in packs.pack_folders(list(replacing))}
        for folder in packs.pack_folders(folders):
            pack = pack_id(folder)
            if pack not in instead:
                _lay_out(folder, root / pack, {key[1]: text for key, text in texts.items() if key[0] == pack})
        for pack, folder in instead.items():
            shutil.copytree(folder, root / pack)
        yield root


def _lay_out(folder: Path, target: Path, texts: Mapping[str, str]) -> None:
    target.mkdir()
    for path in folder.iterdir():
        if path.name != "rules":
            (target / path.name).symlink_to(path.resolve())
    (target / "rules").mkdir()
    for rule_id, text in texts.items():
        (target / "rules" / f"{rule_id}.yaml").write_text(text, encoding="utf-8")
