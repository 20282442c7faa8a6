"""Publishing: versions that never change, tried first, taken over by every worker between events."""

import threading
from concurrent.futures import ThreadPoolExecutor

import cast
import pytest
from ruled import LEAK, SEEN, SURE

from casework.domain import errors
from casework.domain.rulebook import Deed, DraftState, Why
from casework.services import publishing, triage
from rules.errors import PackInvalid

AUTHOR = Deed(by="user:author")


def _in_force(town, key=SEEN):
    with town.uows(reading=True) as uow:
        return uow.rulebook.in_force().get(key)


def test_the_packs_on_disk_are_the_first_versions_and_are_imported_once(database_url):
    with cast.open_town(database_url) as town:
        first = town.rows("rule_publications")
    with cast.open_town(database_url, populate=False) as again:
        assert again.rows("rule_publications") == first

    assert {row.rule_id for row in first} >= {"leak-seen", "report-leak"}
    assert {row.why for row in first} == {"import"}


def test_a_published_rule_is_in_force_at_once_and_an_opened_case_keeps_its_version(town, desk, see):
    before = see("1", 0.5)
    publishing.publish(SURE, SEEN, AUTHOR, **desk)

    unsure = see("2", 0.5, at=(31.0, 121.0))
    sure = see("3", 0.9, at=(31.0, 121.0))

    assert unsure is None
    assert sure.rule_version == _in_force(town).version != before.rule_version
    with town.uows(reading=True) as uow:
        assert "at_least: 0.8" not in uow.rulebook.find_version("leak-seen", before.rule_version).text
        assert uow.rulebook.find_version("leak-seen", sure.rule_version).text == SURE


@pytest.mark.parametrize(
    ("wrong", "right", "line", "what", "hint"),
    [
        ("confidence, at_least", "confidense, at_least", 7, "unknown field 'confidense'", "'confidence'"),
        ("at_least: 0.8", "at_leest: 0.8", 7, "unknown operator 'at_leest'", "'at_least'"),
        ("category: leak}", "category: leek}", 1, "unknown category 'leek'", "'leak'"),
        ("confidence: 0.5}", "confidence: 0.85}", 13, "expected [], came to [open_case]", "mend"),
        ("title: {zh", "titel: {zh", 2, "unknown key 'titel'", "'title'"),
    ],
)
def test_a_broken_rule_leaves_the_one_in_force_and_names_file_line_and_the_nearest_word(
    town, desk, see, wrong, right, line, what, hint
):
    before = _in_force(town)

    with pytest.raises(PackInvalid) as refused:
        publishing.publish(SURE.replace(wrong, right), SEEN, AUTHOR, **desk)

    told = [str(problem) for problem in refused.value.problems]
    assert any(
        one.startswith(f"small-town/rules/leak-seen.yaml:{line}:") and what in one and hint in one
        for one in told
    ), told
    assert _in_force(town) == before
    assert see("1", 0.5) is not None


def test_a_version_that_is_published_is_never_changed_and_rolls_back_by_being_published_again(town, desk):
    first = _in_force(town)
    publishing.publish(SURE, SEEN, AUTHOR, **desk)

    publishing.roll_back(first.id, by="user:lead", **desk)

    assert _in_force(town) == first
    with town.uows(reading=True) as uow:
        told = uow.rulebook.publications_of(SEEN)
        assert [one.why for one in told] == [Why.ROLL_BACK, Why.PUBLISH, Why.IMPORT]
        assert len(uow.rulebook.versions_of(SEEN)) == 2


def test_the_same_text_is_not_published_twice(desk):
    publishing.publish(SURE, SEEN, AUTHOR, **desk)

    with pytest.raises(errors.Conflict):
        publishing.publish(SURE, SEEN, AUTHOR, **desk)


def test_a_withdrawn_rule_opens_nothing(town, desk, see):
    publishing.withdraw(SEEN, by="user:lead", **desk)

    assert see("1", 0.9) is None
    assert _in_force(town) is None


def test_what_was_published_outlives_a_restart_until_the_disk_says_something_new(database_url, tmp_path):
    with cast.open_town(database_url) as town:
        desk = {"uows": town.uows, "clock": town.clock, "rulebook": town.runtime.rulebook}
        publishing.publish(SURE, SEEN, AUTHOR, **desk)
    with cast.open_town(database_url, populate=False) as again:
        assert _in_force(again).text == SURE
        with again.uows() as uow:
            uow.rulebook.put_on_disk({**uow.rulebook.on_disk(), SEEN: "as it was before a new pack came"})
            uow.commit()
    with cast.open_town(database_url, populate=False) as deployed:
        assert _in_force(deployed).text != SURE


def test_a_second_person_approves_where_two_are_asked_for(town, desk):
    base = {"uows": town.uows, "clock": town.clock}
    draft = publishing.begin_draft(SEEN, SURE, by="user:author", **base)

    with pytest.raises(errors.Conflict):
        publishing.publish_draft(draft.id, by="user:lead", two_persons=True, **desk)
    publishing.propose(draft.id, by="user:author", **desk)
    with pytest.raises(errors.Forbidden):
        publishing.publish_draft(draft.id, by="user:author", two_persons=True, **desk)
    published = publishing.publish_draft(draft.id, by="user:lead", two_persons=True, **desk)

    assert (published.by, published.approved_by) == ("user:author", "user:lead")
    with town.uows() as uow:
        assert uow.rulebook.draft(draft.id).state is DraftState.PUBLISHED


def test_a_proposed_draft_that_is_changed_must_be_proposed_again(town, desk):
    base = {"uows": town.uows, "clock": town.clock}
    draft = publishing.begin_draft(SEEN, SURE, by="user:author", **base)
    publishing.propose(draft.id, by="user:author", **desk)

    publishing.save_draft(draft.id, SURE.replace("0.8", "0.7"), by="user:author", **base)

    with pytest.raises(errors.Conflict):
        publishing.publish_draft(draft.id, by="user:lead", two_persons=True, **desk)


def test_a_draft_that_somebody_else_changed_is_not_overwritten(town):
    base = {"uows": town.uows, "clock": town.clock}
    draft = publishing.begin_draft(SEEN, SURE, by="user:author", **base)
    publishing.save_draft(draft.id, SURE.replace("0.8", "0.7"), by="user:other", **base)

    with pytest.raises(errors.StaleVersion):
        publishing.save_draft(draft.id, SURE, by="user:author", changes=draft.changes, **base)


def test_a_rule_that_does_not_fit_the_packs_any_more_is_left_out_and_the_house_hears_of_it(town, desk):
    with town.uows() as uow:
        version = uow.rulebook.in_force()[LEAK]
        broken = version.text.replace("category: leak}", "category: gone}")
        kept = uow.rulebook.keep_version(
            type(version)(**{**_fields(version), "id": "broken", "digest": "x", "text": broken})
        )
        from casework.services import editions  # noqa: PLC0415  (only this test writes past the use cases)

        editions.put_in_force(uow, LEAK, kept.id, AUTHOR, town.clock())
        uow.commit()
    desk["rulebook"].refresh()
    town.worker._housekeeping()  # noqa: SLF001  (what the sweep does once a second)

    assert ("rules_unfit", "rules_unfit") in town.open_alarms()
    assert {rule.id for rule in town.house.catalogue.rules} >= {"leak-seen", "report-lamp"}
    assert "report-leak" not in {rule.id for rule in town.house.catalogue.rules}


def _fields(version):
    return {name: getattr(version, name) for name in version.__dataclass_fields__}


EVENTS, PUBLICATIONS = 240, 4


def test_workers_swap_between_events_and_each_event_is_judged_once(town, database_url):
    houses = 1 if database_url.startswith("sqlite") else 3
    towns = [town, *(cast.Town(database_url, populate=False) for _ in range(houses - 1))]
    stop = threading.Event()

    def work(one):
        while not stop.is_set() or one.uows(reading=True) is None:
            if not triage.judge_waiting(one.uows, one.house, one.clock, limit=7):
                stop.wait(0.01)

    def send():
        for number in range(EVENTS):
            lat = 20 + number * 0.1
            data = {"label": "leak", "confidence": 0.9, "lat": lat, "lon": 120}
            town.put(f"e{number}", data, kind="detection", source="cameras")

    desk = {"uows": town.uows, "clock": town.clock, "rulebook": town.runtime.rulebook}
    with ThreadPoolExecutor(houses + 1) as pool:
        working = [pool.submit(work, one) for one in towns]
        sending = pool.submit(send)
        for number in range(PUBLICATIONS):
            text = SURE.replace("at_least: 0.8", f"at_least: 0.7{number}")
            publishing.publish(text, SEEN, AUTHOR, **desk)
        sending.result()
        give_up = threading.Event()
        while _waiting(town):
            assert not give_up.wait(0.02)
        stop.set()
        for one in working:
            one.result()
    judged = town.rows("judgements")
    known = {row.version for row in town.rows("rule_versions", rule_id="leak-seen")}
    newest = _in_force(town).version
    swapped = [_version(one) for one in towns if one.runtime.rulebook.refresh()]
    for one in towns[1:]:
        one.close()

    assert len(judged) == len({row.event_seq for row in judged}) == EVENTS
    assert len({row.case_id for row in judged}) == EVENTS
    assert {row.rule_version for row in town.rows("cases")} <= known
    assert set(swapped) == {newest}


def _waiting(town):
    return any(row.state == "new" for row in town.rows("events"))


def _version(town):
    return next(rule.version for rule in town.house.catalogue.rules if rule.id == "leak-seen")


def test_another_process_takes_an_edition_over_by_itself(town, desk, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("on SQLite there is one process")
    with cast.open_town(database_url, populate=False) as other:
        elapsed = [0.0]
        other.runtime.rulebook._elapsed = lambda: elapsed[0]  # noqa: SLF001  (its stop-watch)
        other.runtime.rulebook._looked = 0.0  # noqa: SLF001
        publishing.publish(SURE, SEEN, AUTHOR, **desk)

        before = _version(other)
        elapsed[0] = 0.6

        assert _version(other) == _in_force(town).version != before
