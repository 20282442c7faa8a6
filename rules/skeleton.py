"""The beginning of a pack: small, whole, and sound as it stands."""

# ruff: noqa: E501  (the files of a pack stand here as they are written)

import re
from collections.abc import Mapping
from pathlib import Path

from rules.errors import RulesError

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ID_LIMIT = 60


class NewPackRefused(RulesError):
    """A new pack cannot be made."""


def make(folder: Path, pack: str, title: Mapping[str, str], owner: str) -> Path:
    """Write a new pack into a folder: a category, a rule with its examples, a text and a sample stream."""
    if len(pack) > _ID_LIMIT or not _SLUG.fullmatch(pack):
        raise NewPackRefused(f"'{pack}' cannot name a pack: a lower-case slug like night-noise")
    target = folder / pack
    try:
        target.mkdir(parents=True)
    except FileExistsError as there:
        raise NewPackRefused(f"{target} is there already") from there
    words = {
        "ID": pack,
        "CODE": pack.replace("-", "_"),
        "ZH": _quoted(title["zh"]),
        "EN": _quoted(title["en"]),
        "OWNER": _quoted(owner),
    }
    for path, template in _FILES.items():
        file = target / path
        file.parent.mkdir(exist_ok=True)
        content = re.sub(r"<([A-Z]+)>", lambda found: words[found[1]], template)
        file.write_text(content, encoding="utf-8")
    return target


def _quoted(text: str) -> str:
    """Write a text as YAML reads it back, whatever stands in it."""
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


_FILES: Mapping[str, str] = {
    "pack.yaml": """\
id: <ID>
title: {zh: <ZH>, en: <EN>}
owner: <OWNER>
layer: {colour: "#1769aa"}
""",
    "icon.svg": """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2">
  <circle cx="12" cy="12" r="8"/>
  <path d="M12 8v5M12 16v1"/>
</svg>
""",
    "categories.yaml": """\
<CODE>:
  title: {zh: <ZH>, en: <EN>}
  icon: other
  priority: 3
  capabilities: [patrol]
  targets: {response: 30 s, dispatch: 60 s, arrival: 300 s, resolution: 20 min, callback: 120 s}
  grouping: {radius: 50 m, within: 2 h}
  escalation: <CODE>
  card:
    - send: {patrol: 1}
""",
    "escalation.yaml": """\
<CODE>:
  steps:
    - {of: dispatch, kind: near, after: 0 s, notify: dispatcher}
    - {of: dispatch, kind: over, after: 0 s, notify: shift_lead}
    - {of: resolution, kind: over, after: 0 s, notify: shift_lead}
    - {of: resolution, kind: over, after: 10 min, notify: duty_officer}
""",
    "messages.yaml": """\
<CODE>_found:
  zh: "{category} {place},请关注。{link}"
  en: "{category}, {place}. Look at it: {link}"
""",
    "rules/first.yaml": """\
# Say here where the threshold comes from: a standard, a contract, last year's data.
- id: <ID>-seen
  title: {zh: <ZH>, en: <EN>}
  when:
    event: detection
    all:
      - {field: label, equals: <CODE>}
      - {field: confidence, at_least: 0.7}
  then:
    - {do: open_case, category: <CODE>}
    - {do: notify, role: dispatcher, message: <CODE>_found}
  examples:
    - given: {label: <CODE>, confidence: 0.7}
      expect: [open_case, notify]
    - given: {label: <CODE>, confidence: 0.69}
      expect: []
""",
    "sample/places.yaml": """\
places:
  - id: <ID>-place
    kind: camera
    name: {zh: 示例摄像机, en: Camera of the sample}
    lat: 30.3100
    lon: 120.1500
""",
    "sample/stream.jsonl": """\
{"at": 0, "id": "unsure", "source": "cameras", "type": "detection", "subject": "<ID>-place", "data": {"label": "<CODE>", "confidence": 0.5}}
{"at": 20, "id": "sure", "source": "cameras", "type": "detection", "subject": "<ID>-place", "data": {"label": "<CODE>", "confidence": 0.9}}
{"at": 40, "id": "again", "source": "cameras", "type": "detection", "subject": "<ID>-place", "data": {"label": "<CODE>", "confidence": 0.8}}
""",
    "sample/expect.yaml": """\
# Exactly these cases: `sure` opens one, `again` joins it, `unsure` does nothing.
cases:
  - {category: <CODE>, priority: 3, opened_by: sure, joined_by: [again]}
""",
}
