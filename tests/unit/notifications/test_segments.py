import pytest

from notifications import segments

EMOJI = "\U0001f6a7"


@pytest.mark.parametrize(
    ("body", "encoding", "characters", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("[crew]", "gsm7", 8, 1),
        ("Ωé à", "gsm7", 4, 1),
        ("`", "ucs2", 1, 1),
        ("案" * 70, "ucs2", 70, 1),
        ("案" * 71, "ucs2", 71, 2),
        ("案" * 134, "ucs2", 134, 2),
        ("案" * 135, "ucs2", 135, 3),
        (EMOJI * 35, "ucs2", 70, 1),
        (EMOJI * 36, "ucs2", 72, 2),
    ],
)
def test_a_text_is_counted_as_the_network_counts_it(
    body: str, encoding: str, characters: int, parts: int
) -> None:
    counted = segments.count(body)

    assert (counted.encoding, counted.characters, counted.segments) == (encoding, characters, parts)


def test_an_escaped_character_is_never_cut_in_two() -> None:
    counted = segments.count("a" * 152 + "€" + "a" * 152)

    assert counted.characters == 306
    assert counted.segments == 3


def test_a_surrogate_pair_is_never_cut_in_two() -> None:
    counted = segments.count("案" * 66 + EMOJI + "案" * 66)

    assert counted.characters == 134
    assert counted.segments == 3


def test_a_lone_surrogate_is_counted_and_not_a_crash() -> None:
    assert segments.count("\ud800").characters == 1
