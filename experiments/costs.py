"""What levers cost, whom they reach, and what an extra GP costs; undiscounted, in euro of today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from abm.flows import REACHED
from abm.levers import AnyLever, Lever, Obligation
from experiments import differences, paired, training_costs
from experiments.arrays import BoolArray, FloatArray, IntArray
from experiments.cube import Cube
from experiments.differences import TARGET, WHOLE
from regions import Regions

Figures = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Mean, the ends of its interval, and the number of pairs."""

ALL = "(all)"
"""Stands for all levers of a scenario together; no lever can be called so."""
TRAINING = "(training)"
"""Stands for training more, or fewer, GPs than in the baseline."""
STOCK = ("settled_since", "working", "older", "obliged")
"""Levers that reach a GP every year that the GP is there: they count GP-years."""
COMING = {"newcomers": "inflow_persons", "tied_newcomers": "inflow_persons"}
"""Levers that reach a GP once, on coming, and the indicator that counts who comes."""
TAKEOVER, TO_HOLDER = "new_holders", "to_holder"

EURO, PERSONS, PERSON_YEARS, FTE, FTE_YEARS, PER_FTE_YEAR = (
    "euro", "persons", "person-years", "fte", "fte-years", "euro per fte-year",
)  # fmt: skip
NO_GAIN = "no gain shown"
FEW = "too few pairs"
NO_COST = "no cost given"
SAME_COST = "same cost as the baseline"
CHEAPER = "costs less than the baseline"
AT_LEAST = "at least: levers share their effect"


def of_lever(lever: AnyLever, years: IntArray, persons: FloatArray, fte: FloatArray) -> FloatArray:
    """Return the cost in each calendar year (Y,) of a lever that reached so many `persons` or `fte` (N, Y), in euro."""
    size = np.array([lever.size_in(int(year)) for year in years])
    each = np.array([lever.each(int(year)) for year in years])
    return lever.cost.per_year * (size > 0) + each * (fte if lever.reaches == "demand" else persons)


def table(
    cube: Cube,
    swept: pd.DataFrame,
    by_scenario: Mapping[str, Mapping[str, BoolArray]],
    with_baseline: bool,
    data: Regions | None,
) -> Iterator[pd.DataFrame]:
    """Yield the costs of each scenario: scenario, keys, lever, year, quantity, unit, value, low, high, pairs, note.

    `year` is the calendar year, empty for the whole run; intervals are 95%. The cube's first scenario is the baseline.
    What training costs is known with the `data` of the run alone.
    """
    by_name = {name: cube.results.scenario(name).levers for name in cube.scenarios}
    names = sorted({REACHED + lever.name for group in by_name.values() for lever in group})
    reached = {unit: cube.flows(names, unit, by_region=False) for unit in ("persons", "fte")}
    calendar = cube.axes.years[1:] - 1
    supply, shortage = (cube.by_region(name)[:, :, 1:] for name in (differences.SUPPLY, differences.SHORTAGE))
    usual = np.empty(0)
    for number, name in enumerate(cube.scenarios):
        rows = Rows({key: column[0] for key, column in differences.about([name], swept).items()})
        total = 0.0 * supply[number].sum(axis=-1)  # NaN without a run
        for lever in by_name[name]:
            persons, fte = (reached[unit][REACHED + lever.name][number][:, 1:] for unit in ("persons", "fte"))
            extra = _extra(cube, lever, number, calendar) if number else None
            total += rows.lever(lever, calendar, persons, fte, extra, alone=len(by_name[name]) == 1)
        if number and data:
            more = training_costs.extra_trainees(cube.results, name, cube.scenarios[0], data, calendar)
            total += rows.training(calendar, 0.0 * total + more) if more.any() else 0.0
        rows.yearly(ALL, calendar, "cost", EURO, total)
        rows.add(ALL, "cost", EURO, total.sum(axis=1))
        usual = usual if number else total
        if number:
            aim = by_scenario[name].get(TARGET, by_scenario[name][WHOLE])
            gain = (supply[number] - supply[0])[..., aim].sum(axis=2)
            less = (shortage[0] - shortage[number])[..., aim].sum(axis=2)
            changes = bool(np.nansum(np.abs(gain)) or np.nansum(np.abs(less)))
            rows.prices(calendar, total - usual, gain, less, _why_no_cost(by_name[name], total, usual, changes))
        if number or (with_baseline and by_name[name]):
            yield rows.frame()


def _why_no_cost(there: tuple[AnyLever, ...], total: FloatArray, usual: FloatArray, changes: bool) -> str:
    """Return why there is no price of what is gained, if there is none: no amount is given, or it is the baseline's."""
    if np.nansum(np.abs(total - usual)):
        return ""
    if np.nansum(np.abs(total)):
        return SAME_COST
    return NO_COST if changes and not (there and all(map(is_known, there))) else ""


def is_known(lever: AnyLever) -> bool:
    """Return whether the cost of a lever is known, nothing included; a payment without an amount costs nothing."""
    return lever.cost.known or type(lever).pays is not Lever.pays


def is_nil(lever: AnyLever) -> bool:
    """Return whether a lever is known to cost nothing."""
    return is_known(lever) and not (lever.pays() or lever.cost.per_year or lever.cost.per_reached)


def _extra(cube: Cube, lever: AnyLever, number: int, calendar: IntArray) -> FloatArray | None:
    """Return how many more GPs (N,) there are of the kind that a lever reaches, in its regions and years.

    None where being reached and coming have nothing to do with each other.
    """
    if lever.reaches in ("older", "tied_newcomers"):
        return None  # the tables do not tell how many more there are of them
    if lever.reaches in STOCK:
        values = cube.by_region("supply_persons")
    elif lever.reaches in COMING:
        values = cube.by_region(COMING[lever.reaches])
    elif lever.reaches == TAKEOVER:
        values = cube.flows([TO_HOLDER], "persons")[TO_HOLDER]
    else:
        return None
    here = differences.named(cube.axes, lever.regions) if lever.regions else np.ones(len(cube.axes.codes), dtype=bool)
    longer = lever.years - 1 if isinstance(lever, Obligation) else 0
    in_force = (calendar >= lever.first) & (calendar <= lever.last + longer)
    change = (values[number] - values[0])[:, 1:]
    return np.asarray(change[:, in_force][..., here].sum(axis=(1, 2)))


class Rows:
    """The rows of one scenario, in the making."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        """Start with the columns that are the same in every row."""
        self._about = dict(about)
        self._parts: list[pd.DataFrame] = []

    def lever(
        self,
        lever: AnyLever,
        years: IntArray,
        persons: FloatArray,
        fte: FloatArray,
        extra: FloatArray | None,
        alone: bool,
    ) -> FloatArray:
        """Add whom a lever reached (N, Y), how many more there are for it (N,), and its cost, returned (N, Y)."""
        cost = of_lever(lever, years, persons, fte)
        self.yearly(lever.name, years, "reached_persons", PERSONS, persons)
        self.yearly(lever.name, years, "reached_fte", FTE, fte)
        self.yearly(lever.name, years, "cost", EURO, cost)
        stock = PERSON_YEARS if lever.reaches in STOCK else PERSONS
        if lever.reaches == "demand":
            self.add(lever.name, "reached_fte", FTE_YEARS, fte.sum(axis=1))
        else:
            self.add(lever.name, "reached_persons", stock, persons.sum(axis=1))
        self.add(lever.name, "cost", EURO, cost.sum(axis=1))
        if extra is not None:
            self.add(lever.name, "extra_persons", stock, extra)
            self.add(lever.name, "reached_anyway", stock, persons.sum(axis=1) - extra, "" if alone else AT_LEAST)
        return cost

    def training(self, years: IntArray, trainees: FloatArray) -> FloatArray:
        """Add the trainees more than in the baseline (N, Y), and what they cost, returned (N, Y)."""
        cost = training_costs.EURO_PER_YEAR * trainees
        self.yearly(TRAINING, years, "cost", EURO, cost)
        self.add(TRAINING, "extra_trainees", PERSON_YEARS, trainees.sum(axis=1))
        self.add(TRAINING, "cost", EURO, cost.sum(axis=1))
        return cost

    def prices(self, years: IntArray, cost: FloatArray, gain: FloatArray, less: FloatArray, no_cost: str) -> None:
        """Add what is paid, gained and less in shortage than in the baseline (N, Y), and what a fte-year costs."""
        self.add(ALL, "extra_cost", EURO, cost.sum(axis=1))
        for quantity, won in (("gain", gain), ("less_shortage", less)):
            self.add(ALL, quantity, FTE_YEARS, won.sum(axis=1))
            self.ratio(f"cost_per_{quantity}", None, cost.sum(axis=1), won.sum(axis=1), no_cost)
        self.yearly(ALL, years, "extra_cost", EURO, cost)
        self.yearly(ALL, years, "gain", FTE, gain)
        so_far, won_so_far = (np.cumsum(part, axis=1) for part in (cost, gain))
        for place, year in enumerate(years):
            self.ratio("cost_per_gain_so_far", int(year), so_far[:, place], won_so_far[:, place], no_cost)

    def yearly(self, lever: str, years: IntArray, quantity: str, unit: str, values: FloatArray) -> None:
        """Add a quantity by year, from its values (N, Y)."""
        self._add(lever, years, quantity, unit, _mean(values))

    def add(self, lever: str, quantity: str, unit: str, values: FloatArray, note: str = "") -> None:
        """Add a quantity of the whole run, from its values (N,)."""
        self._add(lever, [pd.NA], quantity, unit, _mean(values[:, None]), note)

    def ratio(self, quantity: str, year: int | None, cost: FloatArray, gain: FloatArray, no_cost: str) -> None:
        """Add what a fte-year gained costs, from both (N,), if there is a gain and a cost; else why there is none."""
        value, low, high = paired.ratio_interval(cost, gain)
        pairs = float(np.isfinite(cost + gain).sum())
        note = "" if np.isfinite(value) else NO_GAIN if pairs >= paired.FEWEST else FEW
        if no_cost or np.nansum(cost) < 0:
            value, low, high, note = np.nan, np.nan, np.nan, no_cost or CHEAPER
        figures = np.array([value, low, high, pairs])[:, None]
        years = [pd.NA if year is None else year]
        self._add(ALL, years, quantity, PER_FTE_YEAR, (figures[0], figures[1], figures[2], figures[3]), note)

    def frame(self) -> pd.DataFrame:
        """Return the rows."""
        return pd.concat(self._parts, ignore_index=True)

    def _add(self, lever: str, years: Any, quantity: str, unit: str, figures: Figures, note: str = "") -> None:
        keys = {**self._about, "lever": lever, "year": pd.array(years, dtype="Int32"), "quantity": quantity}
        columns = dict(zip(("value", "low", "high", "pairs"), figures, strict=True))
        self._parts.append(pd.DataFrame({**keys, "unit": unit, **columns, "note": note}))


def _mean(values: FloatArray) -> Figures:
    """Return mean, interval and number over replications, of values (N, ...)."""
    found = paired.paired(np.zeros_like(values), values)
    return found.difference, found.low, found.high, found.pairs
