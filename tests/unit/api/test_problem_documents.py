from http import HTTPStatus

import pytest

from casework.domain import errors
from casework.web.api import problems


def _kinds(kind=errors.CaseworkError):
    return {kind}.union(*(_kinds(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize(
    "kind", sorted(_kinds(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_every_error_of_the_domain_stands_in_the_table(kind):
    assert problems.KINDS[kind] == kind.slug
    assert 400 <= HTTPStatus(kind.status) < 500 or kind is errors.Unavailable
    assert kind.__doc__


def test_no_two_kinds_share_a_name():
    assert len(set(problems.KINDS.values())) == len(problems.KINDS)


def test_fields_that_were_refused_are_named():
    document = problems.document(errors.InvalidInput({"lat": ["must be a number"]}))

    assert document == {
        "type": "/api/docs#problem-invalid-input",
        "title": "Some fields cannot be used as they are.",
        "status": 422,
        "detail": "lat: must be a number",
        "errors": {"lat": ["must be a number"]},
    }


def test_a_sender_that_is_too_fast_is_told_when_to_come_back_in_whole_seconds():
    answer = problems.answer(errors.TooFast(0.2))

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"


def test_messages_about_arguments_lose_the_place_they_came_in():
    told = problems.by_field({"json": {"lat": ["no"], "_schema": ["odd"]}, "headers": {"If-Match": ["bad"]}})

    assert told == {"lat": ["no"], "body": ["odd"], "headers.If-Match": ["bad"]}
