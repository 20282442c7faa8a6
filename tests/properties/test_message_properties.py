from hypothesis import given
from hypothesis import strategies as st

from notifications import addresses, inbound, segments, templates, tokens


@given(st.text(max_size=400))
def test_a_text_is_never_cut_into_more_segments_than_needed_plus_the_uncut_pairs(body: str) -> None:
    counted = segments.count(body)

    least = -(-counted.characters // counted.per_segment)
    most = max(1, -(-counted.characters // (counted.per_segment - 1)))
    assert max(1, least) <= counted.segments <= most


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_costs_less(body: str, more: str) -> None:
    assert segments.count(body + more).segments >= segments.count(body).segments


@given(st.text(max_size=600))
def test_a_cleaned_parameter_is_one_short_line_and_cleaning_it_again_changes_nothing(value: str) -> None:
    cleaned = templates.clean(value)

    assert len(cleaned) <= templates.MAX_PARAMETER
    assert len(cleaned.splitlines()) <= 1
    assert templates.clean(cleaned) == cleaned


@given(st.text(max_size=80))
def test_whatever_a_person_writes_has_a_meaning(text: str) -> None:
    for awaiting in inbound.Awaiting:
        assert inbound.read_intent(text, awaiting=awaiting) in inbound.Intent


@given(st.text(max_size=60))
def test_what_reads_as_a_number_reads_as_itself_again(written: str) -> None:
    try:
        number = addresses.normalise(written)
    except addresses.UnusableNumber:
        return

    assert addresses.normalise(number) == number
    assert number[3:] not in addresses.mask(number)


@given(st.from_regex(r"[A-Za-z0-9_-]{16}", fullmatch=True), st.text(alphabet="案件回复 。", max_size=20))
def test_an_action_link_gives_back_its_token_in_any_text(token: str, around: str) -> None:
    assert tokens.find_action_token(f"{around}http://g.cn/a/{token}{around}") == token
