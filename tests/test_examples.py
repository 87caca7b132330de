"""What is run when: long tests alone, and what draws its examples in both runs, further in the long one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import further_cases, is_long, is_short, may_differ
from tests.examples import FURTHER, tried

_drawn: list[int] = []


@tried(7)
@given(st.integers())
def test_it_draws_as_many_as_it_says(number: int) -> None:
    _drawn.append(number)


def test_it_drew_as_many() -> None:
    _drawn.clear()
    test_it_draws_as_many_as_it_says()
    assert len(_drawn) == 7


@pytest.mark.long
def test_it_drew_many_more() -> None:
    _drawn.clear()
    test_it_draws_as_many_as_it_says()
    assert len(_drawn) == 7 * FURTHER


def test_what_draws_is_in_both_runs(request: pytest.FixtureRequest) -> None:
    module = request.node.parent
    drawing = pytest.Function.from_parent(module, name="test_it_draws_as_many_as_it_says")
    many = pytest.Function.from_parent(module, name="test_it_drew_many_more")
    assert [is_short(each) for each in (drawing, many, request.node)] == [True, False, True]
    assert [is_long(each) for each in (drawing, many, request.node)] == [True, True, False]


def test_of_many_cases_every_nth_is_in_the_short_run(request: pytest.FixtureRequest) -> None:
    cases: list[pytest.Item] = [
        pytest.Function.from_parent(
            request.node.parent, name=f"a case[{number}]", callobj=test_it_drew_as_many, originalname="a case"
        )
        for number in range(7)
    ]
    for case in cases:
        case.add_marker(pytest.mark.one_in(3))
    further = further_cases([request.node, *cases])
    assert [is_short(case, further) for case in cases] == [True, False, False, True, False, False, True]
    assert [is_long(case, further) for case in cases] == [False, True, True, False, True, True, False]


@pytest.mark.one_database
def test_what_is_the_same_with_any_database_is_done_with_one(
    db: None, request: pytest.FixtureRequest
) -> None:
    assert not may_differ(request.node)
    request.node.own_markers = []
    assert may_differ(request.node)
