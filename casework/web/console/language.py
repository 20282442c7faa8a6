"""Chinese and English: which one a browser gets, and the catalogue read straight from its .po file."""

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale

from casework.web.console.parts import parts

LANGUAGES = ("zh", "en")
COOKIE = "gz_language"
CATALOGUES = Path(__file__).parents[1] / "translations"


@cache
def catalogue(language: str) -> NullTranslations:
    """Read a language's catalogue; English is the language of the msgids and needs none."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as source:
        messages = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


class PoDomain(Domain):  # type: ignore[misc]  # flask-babel ships no annotations
    """Takes translations from checked-in .po files, so that no .mo file must be built or kept in step."""

    def get_translations(self) -> NullTranslations:
        """Give the catalogue of the request's language."""
        locale = get_locale()
        return catalogue(locale.language if locale else "en")


def choose() -> str:
    """Take the person's own choice, else what the browser prefers, else the default of the place."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or parts().default_language


class PoBabel(Babel):  # type: ignore[misc]  # flask-babel ships no annotations
    """Babel over the catalogues of this folder."""

    domain_instance = PoDomain()


def install(app: Flask, timezone: str) -> None:
    """Give the app its languages."""
    PoBabel(app, default_locale="en", default_timezone=timezone, locale_selector=choose)


def current() -> str:
    """Give the language of this request: "zh" or "en"; a page asks some thousand times, so it is kept."""
    kept: str | None = g.get("console_language")
    if kept is None:
        locale = get_locale()
        kept = g.console_language = "zh" if locale is not None and locale.language == "zh" else "en"
    return kept
