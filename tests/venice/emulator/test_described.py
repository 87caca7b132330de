"""Requests drawn from Venice's own description, right and wrong: no 5xx, and no answer of an undescribed shape."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.venice.schemas import description
from venice.emulator import Emulator

# Statuses of the real service that its description leaves out; each body is an error in words.
UNDESCRIBED = {
    400: "a query that asks for nothing there is",
    401: "a key that is none, or no ADMIN key",
    402: "no credentials at all",
    404: "a model, or an image at an address, that is not there",
    405: "another method",
    410: "a retired route",
    413: "a body that is too large",
    415: "a body of no kind",
    422: "an image that is too large, or against the policy",
}
OPERATIONS = [(path, method) for path, item in description()["paths"].items() for method in item]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(rate_limit=10**9, error_budget=10**9, balance_usd=10**9) as running:
        yield running


def check(emulator: Emulator, path: str, method: str, examples: int) -> None:
    schema = schemathesis.openapi.from_dict(description())
    schema.config.update(base_url=emulator.url)
    operation = schema[path][method]
    described = {int(status) for status in operation.definition.raw["responses"] if status.isdigit()}
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=st.one_of(right, wrong))
    def run(case: Any) -> None:
        answer = case.call(
            base_url=emulator.url, headers={"Authorization": "Bearer VENICE_ADMIN_KEY_x"}, timeout=60
        )
        if answer.status_code in described:
            case.validate_response(
                answer, checks=[not_a_server_error, response_schema_conformance, content_type_conformance]
            )
        else:
            assert answer.status_code in UNDESCRIBED, (answer.status_code, answer.text[:500])
            assert isinstance(answer.json()["error"], str)

    run()


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_answers_as_described(emulator: Emulator, path: str, method: str) -> None:
    check(emulator, path, method, 25)


@pytest.mark.long
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_answers_as_described_again_and_again(emulator: Emulator, path: str, method: str) -> None:
    check(emulator, path, method, 400)
