"""The words of a rule file beyond single comparisons: places, times, units, windows, and their mistakes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rules import measures
from rules.catalogue import Catalogue
from rules.conditions import Condition
from rules.errors import FactRefused, PackInvalid
from rules.explanation import decide, differences, explain
from rules.facts import project
from rules.matcher import build_matcher
from rules.packs import load_packs

PACK = "id: town\ntitle: {zh: 镇, en: Town}\nowner: tests\n"
CATEGORIES = """
manhole:
  title: {zh: 井盖, en: Manhole}
  capabilities: [drainage]
  grouping: {radius: 50 m, within: 1 h}
  escalation: plain
"""
ESCALATION = "plain: {steps: [{of: dispatch, kind: over, notify: shift_lead}]}\n"
MESSAGES = 'lane_blocked: {zh: "{asset.name}消防通道被占", en: "{asset.name}: keep the fire lane clear"}\n'
EVENTS = """
events:
  detection:
    party: {type: text}
quantities:
  water_level: {unit: cm}
  wind: {unit: m/s}
lookups:
  asset.contact: {type: text}
  asset.threshold: {type: number, unit: cm}
  asset.depth: {type: number, unit: m}
  history.floodings: {type: number, counts: cases, category: manhole, within: 90 d, radius: 200 m}
  history.points: {type: number, counts: points, of: party, within: 365 d}
"""
CALENDARS = """
school-days: {weekdays: [mon, tue, wed, thu, fri], from: 2026-09-01, to: 2027-01-22, except: [2026-10-01]}
"""
HEAD = "id: r\ntitle: {zh: 规, en: Rule}\n"
THEN = "then: [{do: open_case, category: manhole}]\n"

Load = Callable[[str], Catalogue]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a pack with one rule, whose text is given after its head."""
    folder = tmp_path / "town"
    (folder / "rules").mkdir(parents=True)
    for name, text in (
        ("pack", PACK),
        ("categories", CATEGORIES),
        ("escalation", ESCALATION),
        ("messages", MESSAGES),
        ("events", EVENTS),
        ("calendars", CALENDARS),
    ):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def loaded(rule: str) -> Catalogue:
        (folder / "rules" / "r.yaml").write_text(HEAD + rule, encoding="utf-8")
        return load_packs([folder])

    return loaded


def single(when: str, matching: str, missing: str) -> str:
    return (
        f"when: {when}\n{THEN}examples:\n"
        f"  - {{given: {matching}, expect: [open_case]}}\n  - {{given: {missing}, expect: []}}\n"
    )


def refusal(load: Load, rule: str) -> str:
    with pytest.raises(PackInvalid) as refused:
        load(rule)
    return str(refused.value)


@pytest.mark.parametrize(
    ("when", "matching", "missing"),
    [
        (
            "{event: report, near: {lat: 31.30, lon: 120.61, radius: 300 m}}",
            "{lat: 31.3026, lon: 120.61}",
            "{lat: 31.3028, lon: 120.61}",
        ),
        (
            "{event: report, near: {lat: 31.3, lon: 120.6, radius: 1 km}}",
            "{asset: {lat: 31.3, lon: 120.6}}",
            "{}",
        ),
        (
            "{event: report, within_area: [district-12, district-13]}",
            "{area: {id: grid-1, path: [grid-1, district-12]}}",
            "{area: {id: grid-1, path: [grid-1, district-11]}}",
        ),
        ("{event: report, within_area: grid-1}", "{area: {id: grid-1}}", "{area: {id: grid-2}}"),
        (
            '{event: report, during: {hours: "22:00-06:00", weekdays: [fri]}}',
            '{local_time: "2026-11-21T05:59"}',  # Saturday morning still belongs to Friday's night
            '{local_time: "2026-11-21T06:00"}',
        ),
        (
            '{event: report, during: {hours: ["07:00-08:30", "16:00-18:00"], calendar: school-days}}',
            '{local_time: "2026-11-20T16:00"}',
            '{local_time: "2026-10-01T16:00"}',
        ),
        (
            "{event: reading, all: [{field: quantity, equals: water_level}, {field: value, at_least: 0.3m}]}",
            "{quantity: water_level, value: 0.3, unit: m}",
            "{quantity: water_level, value: 29.9}",
        ),
        (
            "{event: reading, all: [{field: quantity, equals: wind}, {field: value, more_than: 72 km/h}]}",
            "{quantity: wind, value: 20.1}",
            "{quantity: wind, value: 72, unit: km/h}",
        ),
        (
            "{event: report, field: history.floodings, at_least: 3}",
            "{history: {floodings: 3}}",
            "{history: {floodings: 2}}",
        ),
    ],
)
@pytest.mark.parametrize("prefer", ["durable", "plain"])
def test_conditions_on_place_time_units_and_history_hold_as_their_examples_say(
    load, when, matching, missing, prefer
):
    catalogue = load(single(when, matching, missing))
    matcher = build_matcher(catalogue, prefer=prefer)
    (rule,) = catalogue.rules

    held = [bool(matcher.match(rule.event, example.given)) for example in rule.examples]
    matcher.close()

    assert held == [True, False]


def test_a_reading_is_judged_in_the_unit_of_its_quantity(load):
    catalogue = load(single("{event: report, field: text, equals: a}", "{text: a}", "{text: b}"))
    raw = {"type": "reading", "data": {"quantity": "water_level", "value": 0.3, "unit": "m"}}

    facts = project(raw, {}, catalogue.fields["reading"], catalogue.quantities)

    assert (facts["value"], facts["unit"]) == (30.0, "cm")


@pytest.mark.parametrize("unit", ["kg", "nonsense", "m**9**9**9", "", "m" * 200, "__import__('os')", "1/0"])
def test_a_reading_in_a_unit_that_cannot_be_converted_is_refused_by_its_field(load, unit):
    catalogue = load(single("{event: report, field: text, equals: a}", "{text: a}", "{text: b}"))
    raw = {"type": "reading", "data": {"quantity": "water_level", "value": 0.3, "unit": unit}}

    with pytest.raises(FactRefused) as refused:
        project(raw, {}, catalogue.fields["reading"], catalogue.quantities)

    assert refused.value.field == "unit"


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [(36, "km/h", "m/s", 10), (1, "°C", "K", 274.15), (212, "degF", "°C", 100), (5, "dB", "dB", 5)],
)
def test_units_are_converted(value, unit, wanted, expected):
    assert measures.convert(value, unit, wanted) == pytest.approx(expected)


def test_a_logarithm_is_not_converted_as_if_it_were_a_length():
    with pytest.raises(measures.UnitRefused):
        measures.convert(1.0, "dBm", "W")


WINDOWS = {
    "count": """
when: {event: report, field: category, equals: manhole}
window:
  by: [area.id]
  count: {at_least: 3, within: 10 min}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {category: manhole, area: {id: a1}}}
      - {at: 4 min, given: {category: manhole, area: {id: a1}}}
      - {at: 10 min, given: {category: manhole, area: {id: a1}}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {category: manhole, area: {id: a1}}}
      - {at: 4 min, given: {category: manhole, area: {id: a2}}}
      - {at: 601 s, given: {category: manhole, area: {id: a1}}}
""",
    "different residents near each other": """
when: {event: report}
window:
  count: {at_least: 2, within: 10 min, different: reporter.phone, radius: 200 m}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {reporter: {phone: "1"}, lat: 31.3, lon: 120.6}}
      - {at: 1 s, given: {reporter: {phone: "1"}, lat: 31.3, lon: 120.6}}
      - {at: 2 s, given: {reporter: {phone: "2"}, lat: 31.3017, lon: 120.6}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {reporter: {phone: "1"}, lat: 31.3, lon: 120.6}}
      - {at: 1 s, given: {reporter: {phone: "2"}, lat: 31.3019, lon: 120.6}}
      - {at: 2 s, given: {reporter: {phone: "3"}}}
""",
    "together": """
when: {event: detection, field: label, equals: smoke}
window:
  together:
    within: 5 min
    radius: 150 m
    with:
      - {event: reading, all: [{field: quantity, equals: pm10}, {field: value, at_least: 300}]}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, event: reading, given: {quantity: pm10, value: 400, lat: 31.3, lon: 120.6}}
      - {at: 4 min, given: {label: smoke, lat: 31.301, lon: 120.6}, expect: [open_case]}
  - events:
      - {at: 0 s, event: reading, given: {quantity: pm10, value: 400, lat: 31.3, lon: 120.6}}
      - {at: 4 min, given: {label: smoke, lat: 31.302, lon: 120.6}}
""",
    "lasting": """
when: {event: reading, field: quantity, equals: water_level}
window:
  by: [subject]
  lasting: {for: 5 min, while: {field: value, at_least: 0.3 m}, gap: 3 min}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 31}}
      - {at: 2 min, given: {subject: d, quantity: water_level, value: 30}}
      - {at: 3 min, given: {subject: d, quantity: wind, value: 1}}
      - {at: 5 min, given: {subject: d, quantity: water_level, value: 33}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 31}}
      - {at: 2 min, given: {subject: d, quantity: water_level, value: 29}}
      - {at: 4 min, given: {subject: d, quantity: water_level, value: 33}}
      - {at: 8 min, given: {subject: d, quantity: water_level, value: 33}}
      - {at: 12 min, given: {subject: d, quantity: water_level, value: 33}}
""",
    "change": """
when: {event: reading, field: quantity, equals: water_level}
window:
  by: [subject]
  change: {of: value, rises: 0.1 m, within: 5 min}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 12}}
      - {at: 2 min, given: {subject: d, quantity: water_level, value: 5}}
      - {at: 5 min, given: {subject: d, quantity: water_level, value: 15}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 5}}
      - {at: 301 s, given: {subject: d, quantity: water_level, value: 15}}
""",
    "then": """
when: {event: sighting, field: speed_kmh, exists: true}
window:
  by: [party]
  then:
    - {event: detection, field: label, equals: dumping, within: 30 min}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {party: truck, speed_kmh: 30}}
      - {at: 30 min, event: detection, given: {party: truck, label: dumping}, expect: [open_case]}
  - events:
      - {at: 0 s, event: detection, given: {party: truck, label: dumping}}
      - {at: 1 s, given: {party: truck, speed_kmh: 30}}
      - {at: 2 s, event: detection, given: {party: other, label: dumping}}
""",
    "absent": """
when: {event: detection, field: label, equals: gate_open}
window:
  by: [subject]
  absent: {event: detection, field: label, equals: gate_closed, for: 10 min}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: g, label: gate_open}}
      - {at: 5 min, given: {subject: h, label: gate_closed}}
      - {at: 11 min, expect: [open_case]}
      - {at: 30 min}
  - events:
      - {at: 0 s, given: {subject: g, label: gate_open}}
      - {at: 10 min, given: {subject: g, label: gate_closed}}
      - {at: 11 min}
""",
    "silence": """
when: {event: reading}
window: {by: [subject], absent: {for: 30 min}}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: g}}
      - {at: 29 min, given: {subject: g}}
      - {at: 58 min}
      - {at: 60 min, expect: [open_case]}
      - {at: 90 min, given: {subject: g}}
      - {at: 121 min, expect: [open_case]}
  - events:
      - {at: 0 s, given: {subject: g}}
      - {at: 30 min, given: {subject: g}}
""",
    "clears": """
when: {event: reading, all: [{field: quantity, equals: water_level}, {field: value, at_least: 30}]}
window:
  by: [subject]
  clears: {all: [{field: quantity, equals: water_level}, {field: value, less_than: 20}]}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 31}, expect: [open_case]}
      - {at: 1 min, given: {subject: d, quantity: water_level, value: 25}}
      - {at: 2 min, given: {subject: d, quantity: water_level, value: 31}}
      - {at: 3 min, given: {subject: d, quantity: water_level, value: 19}}
      - {at: 4 min, given: {subject: d, quantity: water_level, value: 31}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {subject: d, quantity: water_level, value: 29}}
""",
    "a tolerance": """
when: {event: report}
window: {by: [subject], tolerance: 30 s, count: {at_least: 2, within: 1 min}}
then: [{do: open_case, category: manhole}]
examples:
  - events:
      - {at: 0 s, given: {subject: d}}
      - {at: 50 s, given: {subject: d}, expect: [open_case]}
  - events:
      - {at: 0 s, given: {subject: d}}
""",
}


@pytest.mark.parametrize("rule", WINDOWS.values(), ids=WINDOWS)
def test_windows_hold_as_their_examples_say(load, rule):
    assert load(rule).watching


@pytest.mark.parametrize("rule", WINDOWS.values(), ids=WINDOWS)
def test_an_example_of_a_window_that_comes_out_otherwise_refuses_the_pack(load, rule):
    wrong = rule.rstrip().removesuffix("}") + ", expect: [open_case]}\n"

    answer = refusal(load, wrong + "  - events: [{at: 0 s}]\n")

    line = HEAD.count("\n") + wrong.count("\n")
    assert f"town/rules/r.yaml:{line}: rule 'r': expected [open_case], came to []" in answer


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "by: [area.id]",
            "by: [area.ix]",
            "r.yaml:6: unknown field 'area.ix' of report (did you mean 'area.id'?)",
        ),
        (
            "at_least: 3,",
            "at_least: 1,",
            "r.yaml:7: window.count.at_least: must be greater than or equal to 2",
        ),
        ("at_least: 3,", "at_lest: 3,", "r.yaml:7: unknown key 'at_lest' (did you mean 'at_least'?)"),
        ("within: 10 min", "within: soon", "r.yaml:7: window.count.within: 'soon' is not an amount"),
        ("within: 10 min", "within: 0 s", "takes no time"),
        ("count: {", "cuont: {", "r.yaml:7: unknown key 'cuont' (did you mean 'count'?)"),
        ("  count: {at_least: 3, within: 10 min}\n", "", "the window asks nothing"),
        ("  count:", "  tolerance: 2 h\n  count:", "waits too long"),
        ("  count:", "  absent: {for: 5 min}\n  count:", "count and absent stand side by side"),
        (
            "  count:",
            "  clears: {field: txt, equals: a}\n  count:",
            "unknown field 'txt' (did you mean 'text'?)",
        ),
        ("  count:", "  clears: {event: redding, field: a, equals: a}\n  count:", "did you mean 'reading'?"),
        ("{at: 4 min,", "{at: 40 min,", "the times go backwards"),
        ("{at: 0 s, given", "{at: 0 s, event: raport, given", "did you mean 'report'?"),
        (
            "then: [{do: open_case",
            "then: [{do: open_csae",
            "unknown action 'open_csae' (did you mean 'open_case'?)",
        ),
    ],
)
def test_a_mistake_in_a_window_is_answered_with_its_line_and_the_nearest_word(load, old, new, told):
    rule = WINDOWS["count"]
    assert old in rule

    answer = refusal(load, rule.replace(old, new))

    assert told in answer
    assert "town/rules/r.yaml:" in answer


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("{event: report, near: {lat: 91, lon: 0, radius: 1 m}}", "lat: must be greater"),
        ("{event: report, near: {lat: 1, lon: 0}}", "radius: missing data"),
        ('{event: report, during: {hours: "25:00-26:00"}}', "is no stretch of the day"),
        ("{event: report, during: {weekdays: [frei]}}", "did you mean 'fri'?"),
        ("{event: report, during: {calendar: schooldays}}", "did you mean 'school-days'?"),
        ("{event: report, during: {}}", "'during' is empty"),
        ("{event: report, within_area: a, field: text}", "'within_area' stands alone"),
        ("{event: reading, field: value, at_least: 3 m}", "value has no declared unit"),
        (
            "{event: reading, all: [{field: quantity, equals: wind}, {field: value, at_least: 3 kg}]}",
            "'kg' cannot be converted to m/s",
        ),
        (
            "{event: reading, field: asset.threshold, at_least_field: asset.depth}",
            "asset.threshold is in cm, asset.depth in m",
        ),
    ],
)
def test_a_mistake_about_place_time_or_unit_is_answered_in_words(load, when, told):
    assert told in refusal(load, single(when, "{text: a}" if "report" in when else "{value: 1}", "{}"))


def test_what_would_have_to_differ_is_the_fewest_comparisons(load):
    catalogue = load(
        single(
            "{event: report, all: [{any: [{field: text, equals: a}, {all: [{field: category, equals: b}, "
            "{field: address, equals: c}]}]}, {not: {field: track_id, exists: true}}]}".replace(
                "track_id", "reporter.phone"
            ),
            "{text: a}",
            "{text: z}",
        )
    )
    (rule,) = catalogue.rules

    told = differences(rule.when, {"text": "z", "reporter.phone": "1"})

    assert [(one["field"], one["must"]) for one in told] == [("text", True), ("reporter.phone", False)]
    assert "differ" in explain(rule, {"text": "z"})
    assert differences(rule.when, {"text": "a"}) == []


def test_a_rule_with_a_window_is_heard_and_not_yet_matched(load):
    catalogue = load(WINDOWS["count"])
    matcher = build_matcher(catalogue, prefer="plain")

    decision = decide(matcher, catalogue, "report", {"category": "manhole", "area.id": "a1"})

    assert decision.matched == ()
    assert [question.part.role for question in decision.heard] == ["when"]


def test_a_changed_action_keeps_what_a_window_remembers_and_a_changed_question_does_not(load):
    before = load(WINDOWS["count"]).rules[0]
    acted = load(
        WINDOWS["count"].replace("category: manhole}]\nex", "category: manhole, priority: 1}]\nex")
    ).rules[0]
    asked = load(
        WINDOWS["count"]
        .replace("within: 10 min}", "within: 600 s, radius: 1 km}")
        .replace("a1}}", "a1}, lat: 1, lon: 1}")
    ).rules[0]

    assert before.version != acted.version
    assert before.memory == acted.memory
    assert before.memory != asked.memory


def test_messages_of_rules_may_name_fields_and_those_of_the_service_may_not(load, tmp_path):
    load(single("{event: report, field: text, equals: a}", "{text: a}", "{text: b}"))
    (tmp_path / "town" / "messages.yaml").write_text(
        'crew_offer: {zh: "{asset.name}", en: "a"}\nown: {zh: "{asset.nam}", en: "a"}\n', encoding="utf-8"
    )

    answer = refusal(load, single("{event: report, field: text, equals: a}", "{text: a}", "{text: b}"))

    assert "town/messages.yaml:1: unknown parameter '{asset.name}'" in answer
    assert "town/messages.yaml:2: unknown parameter '{asset.nam}' (did you mean 'asset.name'?)" in answer


def test_a_condition_on_the_place_is_no_word_that_a_field_may_have():
    assert Condition("lat", "equals", 1).holds({"lat": 1})


def test_only_rules_on_what_machines_send_have_a_limit_that_nobody_declared(load):
    of_people = load(single("{event: report, field: text, equals: a}", "{text: a}", "{text: b}")).rules[0]
    of_machines = load(
        single("{event: detection, field: label, equals: a}", "{label: a}", "{label: b}")
    ).rules[0]

    assert of_people.limit is None
    assert of_machines.limit is not None
    assert (of_machines.limit.cases, of_machines.limit.within_s) == (1_000, 3600.0)
