"""Times the assignment and proves it against scipy's dense solver in the same run.

    python benchmarks/assignment.py [--sizes 200x100,2000x2000] [--seconds 10] [--peers]

Times are those of one core, as its own clock counts them, so that a busy machine alters them little.
"""

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded

import numpy as np
import ortools
import scipy
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support import peers
from routing import ability, assignment, costs, flow
from routing.plan import Plan
from routing.problem import CandidateCrew, Policy, WaitingCase
from routing.travel import DistanceTravelTimes

SIZES = "100x200,500x500,2000x2000,5000x5000"
LARGE = 1_000_000  # pairs; above, a few instances say enough
SKILLS = ("drainage", "road_repair", "enforcement", "sanitation", "lighting", "rescue")
AREAS = tuple(f"street-{number:02}" for number in range(18))
OFF_SHIFT, AWAY, AT_HOME_ONLY = 0.03, 0.1, 0.1  # shares of the crews
SOUTH, WEST, SIDE = 30.24, 120.09, 0.1  # about 11 km by 10 km
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TRAVEL = DistanceTravelTimes(timezone(timedelta(hours=8)))
POLICY = Policy(solve_within_s=120.0)  # wall time, which a busy machine stretches


@dataclass(frozen=True, slots=True)
class Checked:
    """One instance, decided and checked: seconds each way, and the two objectives in tenths of a second."""

    whole_s: list[float]
    told_s: list[float]
    solve_s: list[float]
    scipy_s: list[float]
    objective: int
    scipy_objective: int
    plan: Plan
    rounds: int
    arcs: int
    able_pairs: int


def main() -> None:
    """Run every size asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=SIZES, help="cases x crews, comma between")
    parser.add_argument("--seconds", type=float, default=10.0, help="time for each size, at the least")
    parser.add_argument("--instances", type=int, default=10, help="instances of each size")
    parser.add_argument("--peers", action="store_true", help="CP-SAT, PyVRP and VROOM on one of them too")
    parser.add_argument("--peer-seconds", type=float, default=10.0, help="time limit of each of these")
    wanted = parser.parse_args()
    print_machine()
    for size in wanted.sizes.split(","):
        cases, crews = (int(number) for number in size.split("x"))
        run(cases, crews, wanted)


def run(n: int, m: int, wanted: argparse.Namespace) -> None:
    """Decide several instances of one size and print what came out; fails where an objective differs."""
    many = n * m > LARGE
    instances = wanted.instances if not many else min(3, wanted.instances)
    checked = [one_instance(n, m, seed, wanted.seconds / instances) for seed in range(instances)]
    for one in checked:
        assert one.objective == one.scipy_objective, (one.objective, one.scipy_objective)
        assert one.plan.proven_optimal
    offers = [len(one.plan.offers) for one in checked]
    print(f"\n{n} cases x {m} crews, {instances} instances, {min(offers)} to {max(offers)} offers")
    print(f"  proven optimal             {sum(one.plan.proven_optimal for one in checked)} of {instances}")
    equal = sum(one.objective == one.scipy_objective for one in checked)
    print(f"  objective equal to scipy   {equal} of {instances}, to the tenth of a second")
    arcs, pairs = sum(one.arcs for one in checked), sum(one.able_pairs for one in checked)
    rounds = statistics.mean(one.rounds for one in checked)
    print(f"  arcs used of able pairs    {arcs} of {pairs}, {rounds:.1f} rounds")
    whole = report("whole decision", [t for one in checked for t in one.whole_s])
    report("all explanations written", [t for one in checked for t in one.told_s])
    solve = report("our solve with proof", [t for one in checked for t in one.solve_s])
    dense = report("scipy, dense, solve alone", [t for one in checked for t in one.scipy_s])
    print(f"  ratio of medians           scipy/solve {dense / solve:.2f}, whole/solve {whole / solve:.1f}")
    if wanted.peers:
        beside(n, m, wanted.peer_seconds)


def beside(n: int, m: int, seconds: float) -> None:
    """Give one instance to the other solvers: their time, and how much dearer their answer is."""
    total, nobody, _ = matrices(*instance(n, m, 0))
    best = flow.cost_of(total, nobody, flow.solve(total, nobody, POLICY.nearest_k).crew_of)
    for name, solve, most in (
        ("OR-Tools CP-SAT, 1 worker", peers.cp_sat, 1_000_000),
        ("PyVRP", peers.py_vrp, 1_000_000),
        ("VROOM (pyvroom)", peers.vroom_, 1_000_000),
    ):
        if n * m > most:
            print(f"  {name:26} not tried: its model of {n * m:,} pairs is gigabytes")
            continue
        took, crew_of, why = peers.timed(solve, total, nobody, seconds)
        said = why if crew_of is None else f"+{100 * (flow.cost_of(total, nobody, crew_of) / best - 1):.2f} %"
        print(f"  {name:26} {took * 1e3:8.0f} ms, limit {seconds:.0f} s   objective {said}")


def matrices(
    cases: list[WaitingCase], crews: list[CandidateCrew]
) -> tuple[costs.TenthsArray, costs.IntArray, costs.IntArray]:
    """Give the costs of the pairs, of leaving a case out, and what no crew can help."""
    sheet = costs.lay_out(cases, crews, POLICY, TRAVEL, AT)
    total = costs.totals(sheet, ability.reason_codes(sheet) == ability.ABLE)
    return total, costs.nobody(sheet, total), costs.base(sheet)


def one_instance(n: int, m: int, seed: int, seconds: float) -> Checked:
    """Time the whole decision, the solve alone and scipy on the same matrix, in turns."""
    cases, crews = instance(n, m, seed)
    total, nobody, base = matrices(cases, crews)
    plan = decide(cases, crews)
    solution = flow.solve(total, nobody, POLICY.nearest_k)
    gain = np.minimum(total - nobody[:, None], 0).astype(np.float64)
    rows, columns = linear_sum_assignment(gain)
    whole_s, told_s, solve_s, scipy_s = [], [], [], []
    until = time.perf_counter() + seconds
    while not whole_s or time.perf_counter() < until:
        whole_s.append(timed(lambda: decide(cases, crews)))
        told_s.append(timed(lambda: tell(decide(cases, crews))) - whole_s[-1])
        solve_s.append(timed(lambda: flow.solve(total, nobody, POLICY.nearest_k)))
        scipy_s.append(timed(lambda: linear_sum_assignment(gain)))
    return Checked(
        whole_s=whole_s,
        told_s=told_s,
        solve_s=solve_s,
        scipy_s=scipy_s,
        objective=round(plan.objective_s * costs.TENTHS),
        scipy_objective=int((nobody + base).sum() + gain[rows, columns].sum()),
        plan=plan,
        rounds=solution.rounds,
        arcs=solution.arcs,
        able_pairs=int((total < costs.FAR).sum()),
    )


def decide(cases: list[WaitingCase], crews: list[CandidateCrew]) -> Plan:
    """Make the whole decision as the service makes it."""
    return assignment.assign(cases, crews, policy=POLICY, travel=TRAVEL, at=AT)


def tell(plan: Plan) -> list[dict[str, object]]:
    """Write every explanation out, as for a record of the whole decision."""
    return [decided.explanation.to_json() for decided in (*plan.offers, *plan.nobody)]


def instance(n: int, m: int, seed: int) -> tuple[list[WaitingCase], list[CandidateCrew]]:
    """Make a district's moment: P1 to P4 as 5, 20, 50, 25 %, every tenth crew away, unequal demand."""
    dice = random.Random(seed)  # noqa: S311 - an instance must be repeatable, not secret
    cases = [
        WaitingCase(
            id=f"case-{number:05}",
            lat=SOUTH + SIDE * dice.random(),
            lon=WEST + SIDE * dice.random(),
            priority=dice.choices((1, 2, 3, 4), (5, 20, 50, 25))[0],
            capabilities=frozenset(dice.choices(SKILLS, (4, 4, 3, 2, 2, 1))),
            area=dice.choice(AREAS),
            age_s=round(dice.expovariate(1 / 40), 1),
            arrival_target_s=300.0,
        )
        for number in range(n)
    ]
    crews = [
        CandidateCrew(
            id=f"crew-{number:05}",
            lat=SOUTH + SIDE * dice.random(),
            lon=WEST + SIDE * dice.random(),
            position_age_s=round(dice.uniform(0, 310), 1),
            capabilities=frozenset(dice.sample(SKILLS, 3)),
            on_shift=dice.random() > OFF_SHIFT,
            shift_ends_in_s=round(dice.uniform(0, 8 * 3600)),
            status="en_route" if dice.random() < AWAY else "available",
            load=0,
            capacity=1,
            home_area=dice.choice(AREAS),
            mutual_aid=dice.random() > AT_HOME_ONLY,
            jobs_done=dice.randrange(8),
        )
        for number in range(m)
    ]
    return cases, crews


def timed(work: Callable[[], object]) -> float:
    """Give the seconds of one core that one call takes, whatever else the machine does."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def report(name: str, seconds: list[float]) -> float:
    """Print the percentiles in milliseconds and give the median in seconds."""
    p50, p95, p99 = (float(np.percentile(seconds, percent)) for percent in (50, 95, 99))
    print(
        f"  {name:26} {p50 * 1e3:8.1f} {p95 * 1e3:8.1f} {p99 * 1e3:8.1f} ms (p50 p95 p99, n = {len(seconds)})"
    )
    return p50


def print_machine() -> None:
    """Print what the figures were taken on."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = {line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")}
    cores = sum(line.startswith("processor") for line in cpu.splitlines())
    print(f"machine  {', '.join(names) or platform.machine()}, {cores} cores, {platform.system()}")
    print(
        f"software Python {platform.python_version()}, ortools {ortools.__version__}, numpy {np.__version__},"
        f" scipy {scipy.__version__}; start from the {POLICY.nearest_k} cheapest crews a case"
    )


if __name__ == "__main__":
    main()
