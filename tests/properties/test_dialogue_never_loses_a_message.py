"""What must hold for every conversation."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from casework.domain import dialogue
from casework.domain.dialogue import Known, Said, Stage, Talk

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
_words = st.sampled_from(
    ["", "进度", "1", "没修好", "取消", "路灯不亮", "着火了", "hello", "朝晖路1号", "?"]
) | st.text(max_size=120)


@st.composite
def _said(draw: st.DrawFn) -> Said:
    place = draw(st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)))
    return Said(
        text=draw(_words),
        photos=tuple(draw(st.lists(st.just("https://p/1"), max_size=3))),
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        address=draw(st.none() | st.text(min_size=1, max_size=20)),
        poll=draw(st.booleans()),
    )


_talks = st.builds(
    Talk,
    stage=st.sampled_from(Stage),
    heard_at=st.none() | st.integers(0, 7200).map(lambda ago_s: NOW - timedelta(seconds=ago_s)),
    language=st.sampled_from([None, "zh", "en"]),
    pending=st.none() | _said(),
)
_known = st.builds(Known, asked_if_fixed=st.booleans(), placeless=st.booleans())


@given(_talks, _said(), _known)
def test_only_an_empty_poll_is_left_without_an_effect(talk: Talk, said: Said, known: Known) -> None:
    _, effects = dialogue.hear(talk, said, known, NOW)

    empty_poll = said.poll and said.bare and not said.text.strip()
    assert bool(effects) is not empty_poll


@given(_talks, _said(), _known)
def test_at_most_one_thing_is_done_and_a_report_always_has_words(
    talk: Talk, said: Said, known: Known
) -> None:
    _, effects = dialogue.hear(talk, said, known, NOW)

    deeds = [effect for effect in effects if not isinstance(effect, dialogue.Say)]
    assert len(deeds) <= 1
    assert all(deed.said.text.strip() for deed in deeds if isinstance(deed, dialogue.OpenReport))


@given(_talks, _said(), _known)
def test_the_same_words_in_the_same_talk_mean_the_same(talk: Talk, said: Said, known: Known) -> None:
    assert dialogue.hear(talk, said, known, NOW) == dialogue.hear(talk, said, known, NOW)


@given(_talks, _said(), _known)
def test_a_position_that_was_sent_is_never_lost(talk: Talk, said: Said, known: Known) -> None:
    after, effects = dialogue.hear(talk, said, known, NOW)

    if said.has_position:
        kept = [
            effect.said for effect in effects if isinstance(effect, dialogue.OpenReport | dialogue.GivePlace)
        ]
        kept += [after.pending] if after.pending else []
        assert any((one.lat, one.lon) == (said.lat, said.lon) for one in kept)


@given(_talks)
def test_a_talk_survives_being_written_as_json(talk: Talk) -> None:
    assert dialogue.read(json.loads(json.dumps(dialogue.written(talk)))) == talk
