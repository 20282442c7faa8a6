"""An icon of a pack can draw and nothing else."""

import pytest

from rules import icons
from rules.errors import PackInvalid

SPACE = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"'


def read(text: str) -> str:
    return icons.read(text.encode(), "pack/icon.svg")


def test_shapes_colours_and_transforms_come_through_written_anew() -> None:
    clean = read(
        f"""<?xml version="1.0"?><!-- drawn by hand --><svg {SPACE} fill="none">
        <title>Water &amp; road</title><g transform="rotate(45 12 12)">
        <path d="M4 12 C6 10,8 10,10 12" stroke="#1769aa"/></g></svg>"""
    )

    assert clean.startswith('<svg xmlns="http://www.w3.org/2000/svg" fill="none" viewBox="0 0 24 24">')
    assert '<path d="M4 12 C6 10,8 10,10 12" stroke="#1769aa"/>' in clean
    assert "Water &amp; road" in clean
    assert "drawn by hand" not in clean
    assert read(clean) == clean


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<style>*{background:url(//evil)}</style>", "<style>"),
        ('<image href="https://evil/x.png"/>', "<image>"),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>', "<foreignObject>"),
        ('<use href="#a"/>', "<use>"),
        ('<a href="javascript:alert(1)"><path d="M0 0"/></a>', "<a>"),
        ('<path d="M0 0" onload="alert(1)"/>', "onload"),
        ('<path d="M0 0" style="fill:red"/>', "style"),
        ('<path d="M0 0" fill="url(#x)"/>', "is not understood"),
        ('<path d="M0 0" xmlns:x="http://www.w3.org/1999/xlink" x:href="//evil"/>', "href"),
        ('<animate attributeName="href"/>', "<animate>"),
        (f"<svg {SPACE}/>", "<svg>"),
    ],
)
def test_whatever_could_run_load_or_link_is_refused_by_name(inside: str, said: str) -> None:
    with pytest.raises(PackInvalid, match=r"pack/icon\.svg:1") as refused:
        read(f"<svg {SPACE}>{inside}</svg>")

    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg {SPACE}>&a;</svg>',
        f'<!DOCTYPE svg SYSTEM "http://evil/x.dtd"><svg {SPACE}/>',
        "<svg",
        "<html/>",
        "",
        '<svg viewBox="0 0 1 1"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<?xml version="1.0" encoding="nobody-knows"?><svg/>',
    ],
)
def test_what_is_no_plain_svg_is_refused(text: str) -> None:
    with pytest.raises(PackInvalid):
        read(text)


def test_an_icon_is_bounded_in_size_elements_and_depth() -> None:
    wide = "<path d='M0 0'/>" * 201
    deep = "<g>" * 12 + "</g>" * 12

    for inside in ("x" * icons.SIZE_LIMIT, wide, deep):
        with pytest.raises(PackInvalid):
            read(f"<svg {SPACE}>{inside}</svg>")
