"""Texts from templates in two languages, with parameters that cannot smuggle anything in."""

import string
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

MAX_PARAMETER = 200
MAX_BODY = 1_600
"""The longest body that the provider takes, in characters (Twilio error 21617)."""
_LINE_BREAKS = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\u2028": " ", "\u2029": " "})


class TemplateError(ValueError):
    """A text could not be made from its template."""


class MissingLanguage(TemplateError):
    """The template has no text in the language asked for, nor in the fall-back language."""

    def __init__(self, language: str) -> None:
        super().__init__(f"the template has no text in {language!r} and none in 'zh'")
        self.language = language


class MissingParameter(TemplateError):
    """The template names a parameter that was not handed in."""

    def __init__(self, parameter: str) -> None:
        super().__init__(f"the template names {{{parameter}}}, which was not handed in")
        self.parameter = parameter


class TextTooLong(TemplateError):
    """The finished text is longer than any provider takes."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the text has {length} characters, more than {MAX_BODY}")
        self.length = length


def render(template: Mapping[str, str], language: str, parameters: Mapping[str, object]) -> str:
    """Fill the template's text in `language`, or in Chinese where that is missing.

    Placeholders are plain names in braces, `{case_number}`; `{{` is a brace. Parameters lose control
    characters and line breaks and are cut at 200 characters, an ellipsis marking the cut. Raises
    `MissingLanguage`, `MissingParameter`, `TextTooLong`, or `TemplateError` for a text that is not a
    template.
    """
    text = template.get(language) or template.get("zh")
    if text is None:
        raise MissingLanguage(language)
    body = "".join(
        literal + ("" if name is None else _filled(name, parameters)) for literal, name in _parts(text)
    )
    if len(body) > MAX_BODY:
        raise TextTooLong(len(body))
    return body


def placeholders(text: str) -> frozenset[str]:
    """Answer the names that a template's text asks for. Raises `TemplateError` if it is not a template."""
    return frozenset(name for _, name in _parts(text) if name is not None)


def clean(value: object) -> str:
    """Answer a parameter as one line without control or direction characters, at most 200 characters long."""
    shown = str(value).translate(_LINE_BREAKS)
    if not shown.isprintable():  # what is printable has none of these, and is nearly every value
        shown = "".join(char for char in shown if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
    kept = shown.strip()
    return kept if len(kept) <= MAX_PARAMETER else kept[: MAX_PARAMETER - 1] + "…"


@lru_cache(maxsize=1_024)
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"this is not a template: {error}") from error
    for _, name, spec, conversion in parsed:
        # Attribute access, indexes and formats would let a template reach into objects.
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise TemplateError(f"a placeholder is a plain name, unlike {{{name}}}")
    return tuple((literal, name) for literal, name, _, _ in parsed)


def _filled(name: str, parameters: Mapping[str, object]) -> str:
    if name not in parameters:
        raise MissingParameter(name)
    return clean(parameters[name])
