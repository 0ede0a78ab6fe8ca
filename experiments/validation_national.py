"""Hold the GP population against the national model: supply year by year, its blocks, and the advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import root_scalar

import abm
from abm import national
from abm.fixed import prepare
from abm.scenario import INTAKE_RANGE
from experiments.arrays import FloatArray
from experiments.design import replication_seeds
from experiments.errors import InputError
from experiments.runner import Progress
from experiments.targets import AGREES, FAILS, UNDECIDED
from regions import Regions
from regions.people import SEXES

SUPPLY_TOLERANCE = 0.003  # of the national path, every year
BLOCK_TOLERANCE = 0.015  # of the heads of a block
DEMAND_TOLERANCE = 1e-9  # regions must add up to the nation
BALANCE_TOLERANCE = 0.01  # supply against demand under the advice
ADVICE_TOLERANCE = 0.02
STOCK_YEARS = (5, 10, 15, 18)
"""Years after the base year in which the outflow of the stock is held to Monte Carlo error."""
LEVEL = 0.95
BEYOND_CHANCE = 0.997  # level of the interval of the mean outside which chance is no explanation
NOTHING = 1e-9  # rounding
ADVICE_REPLICATIONS = 20
NEARBY = 0.9
INTAKE_PRECISION = 0.5  # entrants a year
USUAL_TRIES = 4  # intakes tried until the advice is found; for the progress bar only

COLUMNS = ("year", "quantity", "national_model", "agents", "low", "high", "difference", "allowed", "verdict")


@dataclass(frozen=True)
class NationalComparison:
    """Rows of the comparison, and how many of them fail."""

    table: pd.DataFrame
    replications: int

    @property
    def failures(self) -> pd.DataFrame:
        """The rows outside what is allowed."""
        return self.table[self.table["verdict"] == FAILS]

    @property
    def undecided(self) -> pd.DataFrame:
        """The rows for which there are too few replications."""
        return self.table[self.table["verdict"] == UNDECIDED]


def checked(scenario: abm.Scenario, regions: Regions) -> abm.Scenario:
    """Return the scenario if it goes with the data and has an advice that can be run; else raise `InputError`."""
    try:
        abm.SettlementModel(scenario, regions, rng=0)
    except ValueError as error:
        raise InputError(str(error)) from None
    fixed = prepare(scenario, regions)
    advised = fixed.path.advice(scenario.demand_scenario, scenario.demand_level)
    low, high = INTAKE_RANGE
    if not low <= advised <= high:
        raise InputError(
            f"the national model's advice: found {advised:,.1f}, allowed is {low:g} to {high:g} to compare"
        )
    return scenario


def compare_national(
    scenario: abm.Scenario, regions: Regions, replications: int, seed: int, progress: Progress
) -> NationalComparison:
    """Run replications of a scenario and compare every year, block and sex with the national model."""
    nations, blocks = [], []
    seeds = replication_seeds(seed, replications)
    for done, one in enumerate(seeds):
        progress(done, replications)
        model = _finished(scenario, regions, one)
        nations.append(model.national())
        blocks.append(model.blocks())
    progress(replications, replications)
    rows = [
        *_supply(nations),
        *_blocks(blocks, regions.base_year),
        *_stock(blocks, regions.base_year),
        *_demand(scenario, regions),
    ]
    return NationalComparison(pd.DataFrame(rows, columns=COLUMNS), replications)


def _finished(scenario: abm.Scenario, regions: Regions, seed: int) -> abm.SettlementModel:
    model = abm.SettlementModel(scenario, regions, rng=seed)
    while model.running:
        model.step()
    return model


Row = tuple[int, str, float, float, float, float, float, str, str]


def _row(year: int, quantity: str, plan: float, found: FloatArray, tolerance: float | None) -> Row:
    """Return one row: within a share of the plan, or (None) within Monte Carlo error.

    Undecided is what chance alone can explain: the interval of the mean reaches what is allowed.
    """
    n = len(found)
    mean, error = float(found.mean()), float(stats.sem(found)) if n > 1 else 0.0
    half, far = (
        error * float(stats.t.ppf(0.5 + level / 2, n - 1)) if n > 1 else 0.0 for level in (LEVEL, BEYOND_CHANCE)
    )
    difference = mean / plan - 1 if plan else mean - plan
    if tolerance is None:
        allowed = f"{BEYOND_CHANCE:.1%} interval"
        verdict = AGREES if abs(mean - plan) <= max(far, NOTHING) else FAILS
    else:
        allowed = f"{tolerance:.1%}" if tolerance > DEMAND_TOLERANCE else f"{tolerance:g}"
        room = tolerance * abs(plan) + NOTHING
        verdict = AGREES if abs(mean - plan) <= room else UNDECIDED if abs(mean - plan) <= room + far else FAILS
    return year, quantity, plan, mean, mean - half, mean + half, difference, allowed, verdict


def _supply(nations: list[pd.DataFrame]) -> Iterator[Row]:
    for name in ("supply_fte", "supply_persons"):
        found = np.stack([nation[name] for nation in nations])
        for t, year in enumerate(nations[0]["year"]):
            if t:
                yield _row(int(year), name, float(nations[0][f"{name}_plan"].iloc[t]), found[:, t], SUPPLY_TOLERANCE)


def _cube(blocks: list[pd.DataFrame], column: str) -> FloatArray:
    """Return a column of the block tables, shape (replications, years, blocks, sexes)."""
    shape = (len(blocks), -1, len(national.BLOCKS), len(SEXES))
    return np.stack([table[column].to_numpy(dtype=np.float64) for table in blocks]).reshape(shape)


def _blocks(blocks: list[pd.DataFrame], base_year: int) -> Iterator[Row]:
    found, plan = _cube(blocks, "persons").sum(axis=3), _cube(blocks, "persons_plan").sum(axis=3)[0]
    for t, block in zip(*np.nonzero(plan[1:] > 0), strict=True):
        year, name = base_year + int(t) + 1, national.BLOCKS[block]
        yield _row(year, f"{name}, persons", float(plan[t + 1, block]), found[:, t + 1, block], BLOCK_TOLERANCE)


def _stock(blocks: list[pd.DataFrame], base_year: int) -> Iterator[Row]:
    stay, plan = (
        _cube(blocks, column)[:, :, national.STOCK] / _cube(blocks, column)[:, :1, national.STOCK]
        for column in ("persons", "persons_plan")
    )
    for s, sex in enumerate(SEXES):
        for t in STOCK_YEARS:
            if t < stay.shape[1]:
                outflow = f"outflow of the stock, {sex}"
                yield _row(base_year + t, outflow, 1 - float(plan[0, t, s]), 1 - stay[:, t, s], None)


def _demand(scenario: abm.Scenario, regions: Regions) -> Iterator[Row]:
    """Regional demand adds up to the national figure, in every year of every scenario and level."""
    for one in national.SCENARIOS:
        for level in national.LEVELS:
            changed = abm.Scenario.model_validate(
                scenario.model_dump() | {"demand_scenario": one, "demand_level": level}
            )
            fixed = prepare(changed, regions)
            plan, found = fixed.path.demand_fte(one, level), fixed.demand.sum(axis=1)
            worst = int(np.abs(found / plan - 1).argmax())
            yield _row(
                regions.base_year + worst, f"demand, scenario {one}, {level} (worst year)", float(plan[worst]),
                found[worst : worst + 1], DEMAND_TOLERANCE,
            )  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """The yearly intake under which the agents meet demand: `value` with a 95% interval, beside the national model's.

    `gap` is supply over demand minus one when the agents run with the national model's advice.
    """

    year: int
    value: float
    low: float
    high: float
    plan: float
    gap: float
    replications: int

    @property
    def agrees(self) -> bool:
        """Whether both are within what is allowed."""
        return abs(self.value / self.plan - 1) <= ADVICE_TOLERANCE and abs(self.gap) <= BALANCE_TOLERANCE


def advice(scenario: abm.Scenario, regions: Regions, replications: int, seed: int, progress: Progress) -> Advice:
    """Find the intake from the adjustment year on at which mean supply meets demand in the year of the advice.

    All intakes are tried on the same seeds, so that the mean gap is nearly a straight line in the intake.
    """
    fixed = prepare(scenario, regions)
    year = fixed.plan.equilibrium_years[1]
    plan = fixed.path.advice(scenario.demand_scenario, scenario.demand_level)
    seeds = replication_seeds(seed, replications)
    gaps: dict[float, FloatArray] = {}

    def gap(intake: float) -> float:
        changed = abm.Scenario.model_validate(scenario.model_dump() | {"intake": float(intake), "end_year": year})
        nations = []
        for one in seeds:
            nations.append(_finished(changed, regions, one).national().iloc[-1])
            progress(len(gaps) * replications + len(nations), max(USUAL_TRIES, len(gaps) + 1) * replications)
        gaps[intake] = np.array([nation["supply_fte"] - nation["demand_fte"] for nation in nations])
        return float(gaps[intake].mean())

    # Supply is nearly a straight line in the intake, so a second point anywhere near will do.
    found = root_scalar(gap, x0=plan, x1=NEARBY * plan, method="secant", xtol=INTAKE_PRECISION)
    value = float(found.root)
    (a, gap_a), (b, gap_b) = list(gaps.items())[:2]
    slope = (gap_b.mean() - gap_a.mean()) / (b - a)
    nearest = gaps[min(gaps, key=lambda intake: abs(intake - value))]
    half = float(stats.sem(nearest) * stats.t.ppf(0.5 + LEVEL / 2, replications - 1) / slope)
    demand = float(fixed.path.demand_fte(scenario.demand_scenario, scenario.demand_level)[year - regions.base_year])
    return Advice(year, value, value - half, value + half, plan, float(gaps[plan].mean()) / demand, replications)


def write(comparison: NationalComparison, found: Advice | None, folder: Path) -> None:
    """Write the comparison as CSV and as a readable page."""
    folder.mkdir(parents=True, exist_ok=True)
    comparison.table.to_csv(folder / "national.csv", index=False, lineterminator="\n")
    (folder / "national.md").write_text(page(comparison, found), encoding="utf-8", newline="\n")


def page(comparison: NationalComparison, found: Advice | None) -> str:
    """Return the comparison as Markdown: what is allowed, the worst rows, every failure."""
    table = comparison.table
    worst = table.assign(size=table["difference"].abs()).sort_values("size", ascending=False)
    worst = worst.drop_duplicates("quantity").drop(columns="size")
    lines = [
        "# The GP population against the national model",
        "",
        f"{comparison.replications} replications; {len(table)} comparisons, {len(comparison.failures)} outside what "
        f"is allowed, {len(comparison.undecided)} undecided for want of replications. Intervals are 95% intervals "
        "of the mean.",
        "",
    ]
    if found is not None:
        lines += [
            f"Yearly intake at which supply meets demand in {found.year}: national model {found.plan:,.1f}; agents "
            f"{found.value:,.1f} (95% interval {found.low:,.1f} to {found.high:,.1f}, {found.replications} "
            f"replications). With the national model's advice, the agents' supply is {found.gap:+.2%} from demand.",
            "",
        ]
    if len(comparison.failures):
        lines += ["## Outside what is allowed", "", *_markdown(comparison.failures), ""]
    lines += ["## Largest difference of each quantity", "", *_markdown(worst), ""]
    return "\n".join(lines)


def _markdown(table: pd.DataFrame) -> Iterator[str]:
    yield "| year | quantity | national model | agents | 95% interval | difference | allowed | verdict |"
    yield "|---|---|---|---|---|---|---|---|"
    records: list[dict[Any, Any]] = table.to_dict("records")
    for row in records:
        decimals = 3 if abs(row["national_model"]) < 10 else 1
        plan, mean, low, high = (f"{row[name]:,.{decimals}f}" for name in ("national_model", "agents", "low", "high"))
        yield (
            f"| {row['year']} | {row['quantity']} | {plan} | {mean} | {low} to {high} "
            f"| {row['difference']:+.2%} | {row['allowed']} | {row['verdict']} |"
        )
