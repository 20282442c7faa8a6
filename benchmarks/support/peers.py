"""The same assignment given to other solvers: costs in tenths, each answers the crew of each case or -1."""

import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from routing.costs import FAR, NO_CREW, IntArray, TenthsArray

Solve = Callable[[TenthsArray, IntArray, float], IntArray]


def cp_sat(cost: TenthsArray, nobody: IntArray, seconds: float) -> IntArray:
    """One literal an able pair; one worker, which on two cores is the faster setting."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - 90 MB

    model = cp_model.CpModel()
    rows, columns = np.nonzero(cost < FAR)
    pairs = [model.new_bool_var("") for _ in rows]
    left = [model.new_bool_var("") for _ in nobody]
    of_case: list[list[cp_model.IntVar]] = [[one] for one in left]
    of_crew: list[list[cp_model.IntVar]] = [[] for _ in range(cost.shape[1])]
    for pair, i, j in zip(pairs, rows.tolist(), columns.tolist(), strict=True):
        of_case[i].append(pair)
        of_crew[j].append(pair)
    for some in of_case:
        model.add_exactly_one(some)
    for some in of_crew:
        model.add_at_most_one(some)
    prices = [*cost[rows, columns].tolist(), *nobody.tolist()]
    model.minimize(cp_model.LinearExpr.weighted_sum([*pairs, *left], prices))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        raise TimeoutError("no answer in time")
    sent = np.array([solver.boolean_value(pair) for pair in pairs], np.bool_)
    return _crews(len(nobody), rows[sent], columns[sent])


def py_vrp(cost: TenthsArray, nobody: IntArray, seconds: float) -> IntArray:
    """Each crew a vehicle of one stop with its own depot, each case a client with a prize."""
    import pyvrp  # noqa: PLC0415 - a second opinion, loaded where asked for
    from pyvrp.stop import MaxRuntime  # noqa: PLC0415

    n, m = cost.shape
    way = np.zeros((n + m, n + m), np.int64)
    way[:m, m:] = np.where(cost < FAR, cost - cost.min(), 10 * int(nobody.max())).T
    way[m:, m:] = way.max() * (1 - np.eye(n, dtype=np.int64))
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(n + m)],
        clients=[
            pyvrp.Client(m + i, delivery=[1], prize=int(nobody[i] - cost.min()), required=False)
            for i in range(n)
        ],
        depots=[pyvrp.Depot(j) for j in range(m)],
        vehicle_types=[pyvrp.VehicleType(1, [1], start_depot=j, end_depot=j) for j in range(m)],
        distance_matrices=[way],
        duration_matrices=[np.zeros_like(way)],
    )
    best = pyvrp.solve(data, MaxRuntime(seconds), seed=1, display=False).best
    pairs = [
        (activity.idx, route.vehicle_type())
        for route in best.routes()
        for activity in route
        if activity.is_client()
    ]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    able = cost[rows, columns] < FAR
    return _crews(n, rows[able], columns[able])


def vroom_(cost: TenthsArray, nobody: IntArray, seconds: float) -> IntArray:
    """Each crew a vehicle of one stop; what leaving a case costs can only be said as its priority."""
    import vroom  # noqa: PLC0415 - a second opinion, loaded where asked for

    n, m = cost.shape
    most = int(cost[cost < FAR].max())
    way = np.zeros((n + m, n + m), np.uint32)
    way[:m, m:] = np.where(cost < FAR, cost - cost.min(), 3 * most).T
    way[m:, m:] = 3 * most * (1 - np.eye(n, dtype=np.uint32))
    problem = vroom.Input()
    problem.set_durations_matrix(profile="car", matrix_input=way)
    rank = np.argsort(np.argsort(nobody)) * 99 // max(1, n - 1)
    for j in range(m):
        problem.add_vehicle(vroom.Vehicle(j, start=j, capacity=[1], max_travel_time=most - int(cost.min())))
    for i in range(n):
        job = vroom.Job(i, location=m + i, delivery=vroom.Amount([1]), priority=int(rank[i]))
        problem.add_job(job)
    steps = problem.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds)).routes
    jobs = steps[steps["type"] == "job"]
    return _crews(n, jobs["id"].to_numpy(np.int64), jobs["vehicle_id"].to_numpy(np.int64))


def timed(
    solve: Solve, cost: TenthsArray, nobody: IntArray, seconds: float
) -> tuple[float, IntArray | None, str]:
    """Give the seconds of the processor's time a peer took, its answer, and why there is none."""
    started = time.process_time()
    try:
        answer = solve(cost, nobody, seconds)
    except Exception as error:  # noqa: BLE001 - whatever a peer says is what is reported
        return time.process_time() - started, None, str(error).splitlines()[0][:60]
    return time.process_time() - started, answer, ""


def _crews(n: int, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> IntArray:
    crew_of = np.full(n, NO_CREW, np.int64)
    crew_of[rows] = columns
    return crew_of
