"""A rule as a form: its YAML is the one truth, and every field of the form is a place in it.

The form shows the data of the YAML text; what a person changes is put back at its place and written as YAML
again. What the form has no field for is shown as a piece of YAML and kept as it is, so that nothing is lost
in either direction.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from rules import yaml_lines
from rules.conditions import FIELD_OPERATORS, OPERATORS
from rules.fields import FactValue, FieldType, Kind

GROUPS = ("all", "any", "not")
COMPARISONS = (*sorted(OPERATORS), *sorted(f"{name}_field" for name in FIELD_OPERATORS))
_CASE = ("category", "priority", "group_within", "group_radius", "title/zh", "title/en")
ACTION_FIELDS: Mapping[str, tuple[str, ...]] = {
    "open_case": _CASE,
    "extend_case": _CASE,
    "notify": ("role", "message"),
    "dismiss": ("reason/zh", "reason/en"),
}
"""The fields of the form for each action; whatever else an action says is shown as YAML."""
_LISTS = frozenset({"in", "between"})
_FLAGS = frozenset({"exists", "missing"})
_PAIR = 2
_DEEPEST = 60
_LONG = 6

Place = tuple[str | int, ...]
"""Where a value stands in a rule: keys and positions from the root."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a rule's conditions as the form shows it.

    `kind` is "group" (all, any, not with `parts`), "leaf" (a field, an operator and a value), or "yaml":
    something that the form has no fields for, in `value`.
    """

    place: str
    kind: str
    word: str = ""
    field: str = ""
    value: str = ""
    unit: str = ""
    parts: tuple["Node", ...] = ()


class Unreadable(Exception):
    """The text is no mapping in YAML, so no form can be made of it."""


def read(text: str) -> dict[str, Any]:
    """Read a rule's text; raise `PackInvalid` or `Unreadable`."""
    data = yaml_lines.parse(text, "rule").data
    if not isinstance(data, dict):
        raise Unreadable
    return data


def write(data: Mapping[str, Any]) -> str:
    """Write a rule as YAML that reads back as the same data."""
    return yaml.dump(
        dict(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, default_flow_style=False
    )


def changed(text: str, values: Mapping[str, str], fields: Mapping[str, FieldType]) -> str:
    """Put what the form says back into the text; a form that says nothing new leaves it untouched.

    `values` are the form's fields by `kind:place`: `f` a plain value, `o` the operator of a condition with
    its value under `v`, `y` a piece of YAML.
    """
    data = read(text)
    before = copy.deepcopy(data)
    for name, value in values.items():
        kind, _, path = name.partition(":")
        place = _place(path)
        if kind == "f":
            _put_plain(data, place, value)
        elif kind == "o":
            leaf = _find(data, place)
            if isinstance(leaf, dict):
                _put_leaf(data, place, value, values.get(f"v:{path}", ""), fields)
        elif kind == "y" and _find(data, place) is not None:
            _put(data, place, _piece(value, _find(data, place)))
    return text if data == before else write(data)


def added(text: str, path: str, what: str, fields: Mapping[str, FieldType]) -> str:
    """Add a condition (`leaf`), a group (`all`, `any`, `not`) or an action at a place."""
    data = read(text)
    place = _place(path)
    if place == ("then",):
        data.setdefault("then", [])
        if isinstance(data["then"], list):
            data["then"].append(_action(what))
        return write(data)
    first = next(iter(sorted(fields)), "source")
    leaf: dict[str, Any] = {"field": first, "exists": True}
    part = leaf if what == "leaf" else {what: leaf if what == "not" else [leaf]}
    here = _find(data, place)
    if isinstance(here, list):
        here.append(part)
    elif place == ("when",) and isinstance(here, dict):
        _add_to_when(here, part)
    return write(data)


def _add_to_when(when: dict[str, Any], part: dict[str, Any]) -> None:
    """Add to the conditions as a whole: what stands there already becomes the first of all of them."""
    if isinstance(when.get("all"), list):
        when["all"].append(part)
        return
    rest = {key: when.pop(key) for key in list(when) if key != "event"}
    when["all"] = [rest, part] if rest else [part]


def removed(text: str, path: str) -> str:
    """Take out what stands at a place; a group that is left empty goes too."""
    data = read(text)
    place = _place(path)
    parent = _find(data, place[:-1])
    if isinstance(parent, list) and isinstance(place[-1], int) and place[-1] < len(parent):
        del parent[place[-1]]
        if not parent and place[0] == "when":
            return removed(write(data), "/".join(map(str, place[:-1])))
    elif isinstance(parent, dict) and place[-1] in parent:
        del parent[place[-1]]
        if not parent and len(place) > _PAIR:
            return removed(write(data), "/".join(map(str, place[:-1])))
    return write(data)


def with_example(text: str, facts: Mapping[str, FactValue], *, matches: bool) -> str:
    """Add an example made of a real event's facts: one that matches, or a near miss."""
    data = read(text)
    given: dict[str, Any] = {}
    for name, value in facts.items():
        *above, last = name.split(".")
        inner = given
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = list(value) if isinstance(value, tuple) else value
    then = data.get("then")
    does = [action["do"] for action in then if isinstance(action, dict) and "do" in action] if then else []
    example = {"given": given, "expect": does if matches else []}
    if not isinstance(data.get("examples"), list):
        data["examples"] = []
    data["examples"].append(example)
    return write(data)


def tree(data: Mapping[str, Any], fields: Mapping[str, FieldType]) -> Node | None:
    """Show the conditions of a rule; None where it has none but its event's type."""
    when = data.get("when")
    if not isinstance(when, Mapping):
        return None
    rest = {key: value for key, value in when.items() if key != "event"}
    return _node(rest, ("when",), fields) if rest else None


def pieces(data: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Show the entries of a list, such as actions or examples, each as its place and its YAML."""
    listed = data.get(name)
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return []
    return [(f"{name}/{index}", shown(entry)) for index, entry in enumerate(listed)]


@dataclass(frozen=True, slots=True)
class Act:
    """One action as the form shows it: its fields by name, and what else it says as pieces of YAML."""

    place: str
    do: str
    fields: Mapping[str, str]
    rest: tuple[tuple[str, str], ...]


def actions(data: Mapping[str, Any]) -> list[Act]:
    """Show the actions of a rule; one that the form has no fields for is one piece of YAML."""
    listed = data.get("then")
    found = []
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        place = f"then/{index}"
        do = entry.get("do") if isinstance(entry, dict) else None
        if not isinstance(do, str) or do not in ACTION_FIELDS:
            found.append(Act(place, "", {}, ((place, shown(entry)),)))
            continue
        own = {name: _find(entry, _place(name)) for name in ACTION_FIELDS[do]}
        plain = {
            name: _line(value) for name, value in own.items() if value is None or _fits_a_line("in", value)
        }
        plain = {name: "" if own[name] is None else value for name, value in plain.items()}
        tops = {name.partition("/")[0] for name in plain} | {"do"}
        rest = tuple((f"{place}/{key}", shown(entry[key])) for key in entry if key not in tops)
        odd = tuple(
            (f"{place}/{key}", shown(entry[key])) for key in tops - {"do"} if _is_odd(entry.get(key), key, do)
        )
        shadowed = {path.removeprefix(f"{place}/") for path, _ in odd}
        kept = {name: value for name, value in plain.items() if name.partition("/")[0] not in shadowed}
        found.append(Act(place, do, kept, rest + odd))
    return found


def _is_odd(value: object, key: str, do: str) -> bool:
    """Tell whether a value is of another shape than its fields: a text in three languages, a list."""
    names = {name.partition("/")[2] for name in ACTION_FIELDS[do] if name.partition("/")[0] == key}
    if value is None:
        return False
    if names == {""}:
        return (
            not isinstance(value, str | int | float)
            or isinstance(value, bool)
            or not _fits_a_line("in", value)
        )
    return (
        not isinstance(value, dict)
        or set(value) - names != set()
        or not all(isinstance(part, str) and _fits_a_line("equals", part) for part in value.values())
    )


def asked(data: Mapping[str, Any]) -> set[str]:
    """Answer the names of the fields that the conditions of a rule mention."""
    return set(_mentioned(data.get("when")))


def shown(value: object) -> str:
    """Write a piece of a rule as YAML, short things in one line."""
    return (
        yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
        .removesuffix("...\n")
        .rstrip("\n")
    )


def _mentioned(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if (key == "field" or str(key).endswith("_field")) and isinstance(value, str):
                yield value
            yield from _mentioned(value)
    elif isinstance(node, list):
        for part in node:
            yield from _mentioned(part)


def _node(data: object, place: Place, fields: Mapping[str, FieldType]) -> Node:
    path = "/".join(map(str, place))
    if isinstance(data, Mapping) and len(data) == 1:
        ((word, inside),) = data.items()
        if word == "not" and isinstance(inside, Mapping):
            return Node(path, "group", "not", parts=(_node(inside, (*place, "not"), fields),))
        if word in {"all", "any"} and isinstance(inside, list):
            parts = tuple(_node(part, (*place, word, index), fields) for index, part in enumerate(inside))
            return Node(path, "group", word, parts=parts)
    if isinstance(data, Mapping) and len(data) == _PAIR and isinstance(data.get("field"), str):
        word = next(key for key in data if key != "field")
        if word in COMPARISONS and _fits_a_line(word, data[word]):
            declared = fields.get(data["field"])
            unit = declared.unit if declared else ""
            return Node(path, "leaf", word, data["field"], _line(data[word]), unit)
    return Node(path, "yaml", value=shown(data))


def _fits_a_line(word: str, value: object) -> bool:
    """Tell whether a value can be shown in one field of the form and read back from it as it was."""
    if isinstance(value, list):
        return all(_fits_a_line("", part) and "," not in str(part) for part in value)
    if isinstance(value, str):
        return word == "" or (value == value.strip() and "\n" not in value)
    return isinstance(value, bool | int | float)


def _line(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_line, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _put_leaf(
    data: dict[str, Any], place: Place, operator: str, value: str, fields: Mapping[str, FieldType]
) -> None:
    leaf = _find(data, place)
    name = str(leaf.get("field", ""))
    known = {key: old for key, old in leaf.items() if key not in {"field", "event"}}
    if known and operator in known and _line(known[operator]) == value:
        return
    declared = fields.get(name)
    wanted = _value(operator, value, declared.kind if declared else None, known.get(operator))
    for key in known:
        del leaf[key]
    leaf[operator] = wanted


def _value(operator: str, text: str, kind: Kind | None, old: object) -> object:
    """Read what a person wrote as the sort of value that an operator compares a field with."""
    if operator in _FLAGS:
        return True
    if operator.endswith("_field"):
        return text
    if operator in _LISTS or isinstance(old, list):
        sort = Kind.NUMBER if operator == "between" else kind
        return [_one(part.strip(), sort) for part in text.split(",") if part.strip()]
    return _one(text, kind)


def _one(text: str, kind: Kind | None) -> object:
    if kind is Kind.FLAG and text in {"true", "false"}:
        return text == "true"
    if kind is Kind.NUMBER:
        try:
            number = float(text)
        except ValueError:
            return text  # the check says so, with its line
        return int(number) if text.strip().lstrip("+-").isdigit() else number
    return text


def _put_plain(data: dict[str, Any], place: Place, value: str) -> None:
    """Put a plain value at its place; a title that nobody wrote is not there at all."""
    old = _find(data, place)
    new = _plain(place, value, old)
    if new is old or new == old:
        return
    if _find(data, place[:-1]) is None and isinstance(_find(data, place[:-2]), dict):
        _put(data, place[:-1], {})
    _put(data, place, new)
    if len(place) > _PAIR and _find(data, place[:-1]) == {}:
        _put(data, place[:-1], None)


def _plain(place: Place, value: str, old: object) -> object:
    """Keep the sort of a plain value: what was a number stays one where it can."""
    if old == value:
        return old
    if not value and (old is None or place[-1] == "owner" or place[0] == "then"):
        return None
    if isinstance(old, int | float) and not isinstance(old, bool):
        return old if str(old) == value else _one(value, Kind.NUMBER)
    if old is None and place[-1] == "priority":
        return _one(value, Kind.NUMBER)
    return value.replace("\r\n", "\n")


def _piece(value: str, old: object) -> object:
    text = value.replace("\r\n", "\n")
    return old if text.strip() == shown(old).strip() else yaml_lines.parse(text, "rule").data


def _place(path: str) -> Place:
    parts = (part for part in path.split("/")[:_DEEPEST] if part)
    return tuple(int(part) if part.isdecimal() and len(part) < _LONG else part for part in parts)


def _find(root: object, place: Place) -> Any:  # noqa: ANN401  (whatever YAML holds there)
    data: Any = root
    for key in place:
        listed = isinstance(data, list) and isinstance(key, int) and key < len(data)
        if not listed and not (isinstance(data, dict) and key in data):
            return None
        data = data[key]
    return data


def _put(data: dict[str, Any], place: Place, value: object) -> None:
    parent = _find(data, place[:-1])
    last = place[-1]
    if isinstance(parent, dict):
        if value is None:
            parent.pop(last, None)
        else:
            parent[last] = value
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent[last] = value


def _action(do: str) -> dict[str, Any]:
    """Begin an action with the keys that it must have."""
    more: Mapping[str, dict[str, Any]] = {
        "open_case": {"category": ""},
        "extend_case": {"category": ""},
        "notify": {"role": "dispatcher", "message": ""},
        "dismiss": {"reason": {"zh": "原因", "en": "reason"}},
    }
    return {"do": do, **more.get(do, {})}


class _Dumper(yaml.SafeDumper):
    """Writes leaves of conditions and examples in one line, as rule authors do."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: aliases are refused on reading."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  (PyYAML's own)
        """Indent lists under their key."""
        super().increase_indent(flow, indentless=False)


def _represent_dict(dumper: yaml.SafeDumper, data: dict[str, Any]) -> yaml.Node:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data.items())
    node.flow_style = _is_flat(data)
    return node


def _represent_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", data)
    node.flow_style = all(not isinstance(part, dict | list) for part in data)
    return node


def _represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    """Quote what the strict reader would take for something else."""
    node = dumper.represent_str(data)
    try:
        plain = yaml_lines.parse(f"x: {data}", "x").data == {"x": data} and data.isprintable()
    except Exception:  # noqa: BLE001  (whatever it is: quoted it is safe)
        plain = False
    if not plain:
        node.style = '"'
    return node


def _represent_float(dumper: yaml.SafeDumper, data: float) -> yaml.Node:
    """Write 1e16 as 1.0e+16: YAML 1.1 knows no float without its point."""
    text = repr(data)
    return dumper.represent_scalar(
        "tag:yaml.org,2002:float", text if "." in text else text.replace("e", ".0e")
    )


def _is_flat(data: Mapping[str, Any]) -> bool:
    """Tell whether a mapping is short enough for one line: a condition, a text in two languages."""
    inner = 3
    simple = all(
        not isinstance(value, dict | list)
        or (isinstance(value, list) and all(not isinstance(part, dict | list) for part in value))
        for value in data.values()
    )
    return simple and len(data) <= inner


_Dumper.add_representer(dict, _represent_dict)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
