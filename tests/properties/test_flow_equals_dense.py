"""The flow that prices widen, and the dense solver for few pairs, against another solver's optimum."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from routing import flow
from routing.costs import FAR


def matrix(n: int, m: int, seed: int, values: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw costs with many ties, a fifth of the pairs out, and nobody dearer than every able crew."""
    dice = np.random.default_rng(seed)
    cost = dice.integers(0, values, (n, m)).astype(np.int32)
    cost[dice.random((n, m)) < 0.2] = FAR
    dearest = np.where(cost < FAR, cost, -1).max(axis=1, initial=-1)
    return cost, dearest + 1 + dice.integers(0, 3 * values, n)


def optimum(cost: np.ndarray, nobody: np.ndarray) -> int:
    gain = np.minimum(cost - nobody[:, None], 0)
    rows, columns = linear_sum_assignment(gain)
    return int(nobody.sum() + gain[rows, columns].sum())


sizes = st.tuples(st.integers(0, 14), st.integers(0, 14))


@given(sizes, st.integers(0, 2**32), st.sampled_from([3, 50, 1_000_000]), st.integers(1, 3))
@settings(max_examples=250, deadline=None)
def test_from_few_pairs_the_flow_finds_the_optimum_of_all_and_proves_it(
    size: tuple[int, int], seed: int, values: int, nearest: int
) -> None:
    cost, nobody = matrix(*size, seed, values)

    solution = flow.solve(cost, nobody, nearest, dense_pairs=0)

    assert flow.cost_of(cost, nobody, solution.crew_of) == optimum(cost, nobody) == solution.bound
    assert solution.proven


@given(sizes, st.integers(0, 2**32), st.sampled_from([3, 50]))
@settings(max_examples=150, deadline=None)
def test_both_solvers_prove_the_same_cost_and_give_prices_that_bound_it(
    size: tuple[int, int], seed: int, values: int
) -> None:
    cost, nobody = matrix(*size, seed, values)

    flowing, dense = (flow.solve(cost, nobody, 2, dense_pairs=pairs) for pairs in (0, 10_000))

    assert flowing.bound == dense.bound
    assert (flowing.price >= 0).all()
    assert np.array_equal(flowing.price, dense.price)


def test_a_large_hard_instance_needs_several_rounds_and_is_proven() -> None:
    cost, nobody = matrix(320, 300, 7, 5_000)

    solution = flow.solve(cost, nobody, 4)

    assert solution.rounds > 1
    assert solution.arcs < (cost < FAR).sum()
    assert flow.cost_of(cost, nobody, solution.crew_of) == optimum(cost, nobody) == solution.bound


def test_out_of_time_after_the_first_round_the_answer_says_how_far_it_may_be_off() -> None:
    cost, nobody = matrix(320, 300, 7, 5_000)
    answers = iter([False, True])

    solution = flow.solve(cost, nobody, 4, lambda: next(answers))

    best, reached = optimum(cost, nobody), flow.cost_of(cost, nobody, solution.crew_of)
    assert not solution.proven
    assert solution.bound <= best <= reached
