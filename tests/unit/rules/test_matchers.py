"""Both matchers keep one promise; the durable one also survives errors, threads and reloads."""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest
import structlog.testing

from rules import compilation, durable, examples
from rules.catalogue import Catalogue, Rule
from rules.errors import FactRefused, PackInvalid
from rules.fields import FactValue
from rules.matcher import Matcher, build_matcher

FLOOD = {"quantity": "water_level", "value": 31, "asset.kind": "underpass"}
LOW = {"quantity": "water_level", "value": 1, "asset.kind": "underpass"}


def names(rules: Iterable[Rule]) -> list[str]:
    """The rules that one event decides; those with a window are asked about it too."""
    return [rule.id for rule in rules if rule.window is None]


def resident_memory_kb() -> int:
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4


def test_every_shipped_example_comes_out_on_the_compiled_rules(
    matcher: Matcher, catalogue: Catalogue
) -> None:
    assert examples.failures(catalogue, matcher) == ()


def test_every_rule_that_holds_is_answered_by_pack_and_id(matcher: Matcher) -> None:
    text = "小学门口井盖不见了,有人受伤"

    found = matcher.match("report", {"category": "manhole_cover", "text": text})

    assert names(found) == ["emergency-words", "open-manhole-at-a-school", "report-manhole-cover"]


def test_a_fact_of_the_wrong_type_is_refused_loudly(matcher: Matcher) -> None:
    with pytest.raises(FactRefused, match="value: must be a number"):
        matcher.match("reading", {**FLOOD, "value": "31"})


def test_an_unknown_event_type_matches_nothing(matcher: Matcher) -> None:
    assert matcher.match("parade", {"text": "x"}) == ()


def test_an_unknown_matcher_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="no such matcher"):
        build_matcher(catalogue, prefer="oracle")


def test_without_the_c_module_the_plain_matcher_serves_and_says_so(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)

    with structlog.testing.capture_logs() as logged:
        built = build_matcher(catalogue)

    assert built.name == "plain"
    assert [(entry["event"], entry["log_level"]) for entry in logged] == [
        ("durable_rules_unavailable", "warning")
    ]


class BrokenOnce:
    """The C module, whose first assertion of an event fails."""

    def __init__(self, engine: ModuleType) -> None:
        self._engine = engine
        self.error = engine.error
        self.made = 0
        self.broken = False

    def create_ruleset(self, name: str, definition: str) -> int:
        self.made += 1
        return self._engine.create_ruleset(name, definition)

    def assert_fact(self, number: int, text: str) -> tuple[int, int]:
        if "_warm" not in text and not self.broken:
            self.broken = True
            raise self.error("error code: 204")
        return self._engine.assert_fact(number, text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def test_after_an_error_the_event_is_judged_all_the_same_and_the_handle_made_anew(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = BrokenOnce(pytest.importorskip("durable_rules_engine"))
    monkeypatch.setattr(durable, "_import_engine", lambda: engine)
    built = durable.DurableMatcher(catalogue)
    made = engine.made

    with structlog.testing.capture_logs() as logged:
        first = built.match("reading", FLOOD)
    second = built.match("reading", FLOOD)
    built.close()

    assert names(first) == names(second) == ["underpass-flooding"]
    assert engine.made == made + 1
    assert [entry["event"] for entry in logged] == ["durable_match_failed"]


def test_a_matcher_closed_by_a_reload_still_answers_the_thread_that_holds_it(catalogue: Catalogue) -> None:
    pytest.importorskip("durable_rules_engine")
    built = build_matcher(catalogue)

    built.close()
    built.close()

    assert names(built.match("reading", FLOOD)) == ["underpass-flooding"]


def test_threads_get_the_answers_to_their_own_events(catalogue: Catalogue) -> None:
    pytest.importorskip("durable_rules_engine")
    built = build_matcher(catalogue)
    wrong = []

    def ask(facts: dict[str, FactValue], expected: str) -> None:
        wrong.extend(
            found for _ in range(500) if (found := names(built.match("reading", facts))) != [expected]
        )

    asking = [
        threading.Thread(target=ask, args=one)
        for one in [(FLOOD, "underpass-flooding"), (LOW, "underpass-all-clear")] * 3
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    built.close()

    assert wrong == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads resident memory from /proc")
def test_a_loop_of_reloads_leaks_no_handles(catalogue: Catalogue) -> None:
    pytest.importorskip("durable_rules_engine")

    def reload(times: int) -> None:
        for _ in range(times):
            built = build_matcher(catalogue)
            built.match("reading", FLOOD)
            built.close()

    reload(20)
    before = resident_memory_kb()
    reload(200)

    # Without delete_state a reload of these few rules leaves some 900 KB behind.
    assert resident_memory_kb() - before < 8_000


def test_two_properties_with_one_hash_are_refused(catalogue: Catalogue) -> None:
    rule = catalogue.rules[0]

    with pytest.raises(PackInvalid, match="look the same to durable-rules"):
        compilation.refuse_collisions(["costarring", "liquid"], rule)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-07, "0.0000001"),
        (1e16, "10000000000000000"),
        (30, "30"),
        (29.9, "29.9"),
        (True, "true"),
        (("a",), "true"),
    ],
)
def test_values_are_written_without_exponents(value: FactValue, text: str) -> None:
    assert compilation.encode(value) == text


def test_rules_are_split_into_handles_within_the_stack_of_the_engine(catalogue: Catalogue) -> None:
    rules = list(catalogue.questions["report"]) * 20

    plans = compilation.plan(rules)

    assert len(plans) > 1
    assert all(plan.definition.count("~") - 1 <= compilation.HANDLE_CLAUSES for plan in plans)


def test_one_file_alone_imports_the_c_module() -> None:
    sources = Path(compilation.__file__).parent.glob("*.py")

    importing = [path.name for path in sources if "import durable_rules_engine" in path.read_text("utf-8")]

    assert importing == ["durable.py"]
