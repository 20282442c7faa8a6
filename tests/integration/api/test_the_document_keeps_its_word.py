"""Requests made from our own OpenAPI document, sensible and not: none may end in an unforeseen error."""

import warnings
from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the tool's own imports warn of is none of our tests' business
    import schemathesis

from house import CASES_KEY, EVENTS_KEY, READER_KEY, as_source

KEYS = [CASES_KEY, EVENTS_KEY, READER_KEY]
EXAMPLES = 300


def test_no_generated_request_ends_in_a_server_error(app, client, demo):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    cases = st.one_of([operation.as_strategy() for operation in operations])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, key=st.sampled_from(KEYS))
    def ask(case, key):
        answer = case.call(headers=as_source(key))

        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (case.method, case.path, answer.text)
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            assert answer.headers["content-type"] == ["application/problem+json"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        ask()


@pytest.mark.parametrize("odd", ["%00", "%ff", "9" * 40, "..%2f..", "%F0%9F%8C%8A", "a" * 4000])
def test_odd_identifiers_are_not_found_rather_than_a_fault(client, odd):
    for address in (
        f"/api/v1/cases/{odd}",
        f"/api/v1/crews/{odd}",
        f"/api/v1/events/gauges/{odd}",
        f"/api/v1/cases?cursor={odd}",
    ):
        assert client.get(address, headers=as_source(CASES_KEY)).status_code in {200, 404, 422}, address
