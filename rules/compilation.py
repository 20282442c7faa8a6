"""Compile rules to durable-rules' own JSON, split into handles that stay within its hard limits."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules.catalogue import Question, Rule
from rules.clauses import Clause, Feature, Literal, clauses
from rules.conditions import Condition
from rules.errors import PackInvalid, Problem
from rules.fields import FactValue

HANDLE_CLAUSES = 56
"""An event that matches more than 64 clauses of one handle fires nothing (MAX_STACK_SIZE)."""
HANDLE_PROPERTIES = 200
"""An event with more than 251 properties is refused (error 302)."""
LITERAL_CHARACTERS = 512
_RESERVED = ("id", "sid", "_t", "_warm", "$s", "$time", "$timerName")
_WARM = '"warm~0":{"all":[{"m":{"_warm":1}}]}'
"""Without a rule that has once run, delete_state frees memory that was never set, and aborts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One handle to be made: its definition, and what an event must carry for it.

    `properties` are (fact, property) pairs, `features` (property, condition) pairs; a clause is
    called `<index of its question>~<number>`.
    """

    definition: str
    properties: tuple[tuple[str, str], ...]
    features: tuple[tuple[str, Condition], ...]


def plan(questions: Sequence[Question]) -> tuple[Plan, ...]:
    """Split the questions of one event type into handles and compile each.

    Raises `PackInvalid` where two property names have the same 32-bit FNV-1a hash, by which alone
    durable-rules tells them apart.
    """
    plans: list[Plan] = []
    batch: list[tuple[int, Rule, Sequence[Clause]]] = []
    size, asked = 0, 0
    for index, question in enumerate(questions):
        alternatives = clauses(question.when)
        names = len({_asked(literal) for clause in alternatives for literal in clause})
        if batch and (size + len(alternatives) > HANDLE_CLAUSES or asked + names > HANDLE_PROPERTIES):
            plans.append(_compile(batch))
            batch, size, asked = [], 0, 0
        batch.append((index, question.rule, alternatives))
        size, asked = size + len(alternatives), asked + names
    if batch:
        plans.append(_compile(batch))
    return tuple(plans)


def encode(value: FactValue) -> str:
    """Write a fact as durable-rules reads it: no exponents, which it refuses.

    A text longer than any literal is cut just past that length, so that it still differs from all
    of them; a list stands as true, for only its presence is asked of durable-rules.
    """
    if isinstance(value, tuple):
        return "true"
    if isinstance(value, str):
        return json.dumps(value[: LITERAL_CHARACTERS + 1])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    return f"{Decimal(text):f}" if "e" in text else text


def fnv1a(name: str) -> int:
    """Hash a property name as durable-rules does: 32-bit FNV-1a over UTF-8 (Fowler, Noll, Vo)."""
    hashed = 2166136261
    for byte in name.encode():
        hashed = (hashed ^ byte) * 16777619 & 0xFFFFFFFF
    return hashed


def property_name(field: str) -> str:
    """Answer the property that stands for a field: a dot would read as nesting."""
    return "v_" + field.replace(".", "__")


def refuse_collisions(names: Iterable[str], rule: Rule) -> None:
    """Raise `PackInvalid` when two of the property names have one hash."""
    by_hash: dict[int, str] = {}
    for name in (*_RESERVED, *names):
        other = by_hash.setdefault(fnv1a(name), name)
        if other != name:
            what = f"the names '{name}' and '{other}' look the same to durable-rules"
            raise PackInvalid([Problem(rule.file, rule.line, what, "rename one of the fields")])


def _compile(batch: Sequence[tuple[int, Rule, Sequence[Clause]]]) -> Plan:
    properties: dict[str, str] = {}
    features: dict[Condition, str] = {}
    entries = [_WARM]
    for index, rule, alternatives in batch:
        for number, clause in enumerate(alternatives):
            tests = ",".join(['{"_t":1}', *(_test(literal, properties, features) for literal in clause)])
            entries.append(f'"{index}~{number}":{{"all":[{{"m":{{"$and":[{tests}]}}}}]}}')
        refuse_collisions((*properties.values(), *features.values()), rule)
    return Plan(
        "{" + ",".join(entries) + "}",
        tuple(properties.items()),
        tuple((name, condition) for condition, name in features.items()),
    )


def _test(literal: Literal | Feature, properties: dict[str, str], features: dict[Condition, str]) -> str:
    if isinstance(literal, Feature):
        name = features.setdefault(literal.condition, f"_c{len(features)}")
        return f'{{"{name}":{encode(literal.wanted)}}}'
    name = properties.setdefault(literal.field, property_name(literal.field))
    if literal.operator == "=":
        return f'{{"{name}":{encode(literal.value)}}}'
    value = "1" if literal.operator in {"$ex", "$nex"} else encode(literal.value)
    return f'{{"{literal.operator}":{{"{name}":{value}}}}}'


def _asked(literal: Literal | Feature) -> str | Condition:
    return literal.condition if isinstance(literal, Feature) else literal.field


def event_text(plan: Plan, facts: Mapping[str, FactValue], encoded: dict[str, str]) -> str:
    """Write the facts that a handle asks about as its event; `encoded` is shared between handles.

    The constant id "1" is retracted after every match; `_t` is the guard that keeps rules off
    durable-rules' own state fact.
    """
    parts = ['{"id":"1","_t":1']
    for field, name in plan.properties:
        if field in facts:
            if field not in encoded:
                encoded[field] = encode(facts[field])
            parts.append(f'"{name}":{encoded[field]}')
    parts.extend(f'"{name}":{encode(condition.holds(facts))}' for name, condition in plan.features)
    return ",".join(parts) + "}"
