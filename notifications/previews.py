"""How every text of the packs will look: filled with an example, its segments counted, and its rule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from notifications import purposes, segments, templates

SAMPLE: Mapping[str, Mapping[str, object]] = {
    "zh": {
        "code": "7K2MQ9XW4T",
        "category": "道路积水",
        "place": "文一西路118号",
        "crew": "排水一队",
        "minutes": 12,
        "link": "https://gongzhi.example/a/AbCdEfGh_1234567",
    },
    "en": {
        "code": "7K2MQ9XW4T",
        "category": "Flooded road",
        "place": "118 Wenyi West Road",
        "crew": "Drainage 1",
        "minutes": 12,
        "link": "https://gongzhi.example/a/AbCdEfGh_1234567",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One text in one language; `problem` is why it cannot be made, and then there is no body."""

    key: str
    language: str
    rule: str
    body: str
    encoding: str
    characters: int
    segments: int
    problem: str | None = None


def of_all(messages: Mapping[str, Mapping[str, str]], keys: Iterable[str] | None = None) -> Iterator[Preview]:
    """Fill each text of these keys, or all, in every language that it has."""
    for key in sorted(messages if keys is None else set(keys) & set(messages)):
        for language in sorted(messages[key]):
            yield _one(key, language, messages[key])


def _one(key: str, language: str, template: Mapping[str, str]) -> Preview:
    rule = purposes.class_of(key.partition("-for-")[0]).name
    try:
        body = templates.render(template, language, SAMPLE.get(language, SAMPLE["en"]))
    except templates.TemplateError as error:
        return Preview(
            key=key,
            language=language,
            rule=rule,
            body="",
            encoding="",
            characters=0,
            segments=0,
            problem=str(error),
        )
    counted = segments.count(body)
    return Preview(
        key=key,
        language=language,
        rule=rule,
        body=body,
        encoding=counted.encoding,
        characters=counted.characters,
        segments=counted.segments,
    )
