"""What scenarios change: paired differences by region, and whom the gain of some regions comes from.

Computed from stored results alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from abm.indicators import BETWEEN, INDICATORS
from experiments import paired
from experiments.arrays import BoolArray, FloatArray
from experiments.cube import Axes, Cube
from experiments.directions import BETTER, NEITHER
from experiments.errors import InputError, nearest
from experiments.paired import Paired
from experiments.store import Results
from regions import geography
from regions.schema import NATION, region_code

NATION_NAME = "Nederland"
"""Name of the nation in the tables; its code is `NATION`."""
TARGET, NEIGHBOURS, REST, WHOLE = GROUPS = ("target", "neighbours", "rest", "nation")

STEPS: dict[str, tuple[tuple[str, int], ...]] = {
    "graduates": (("graduation", 1),),
    "arrivals": (("arrival", 1),),
    "moves": (("move_in", 1), ("move_out", -1)),
    "leavers": (("retirement", -1), ("exit", -1)),
}
"""The flows that a difference in supply consists of, summed since the base year, with their sign."""
OTHER = "other"
"""What is left of it: hours, roles, and locums who work outside their own region."""
SUPPLY, SHORTAGE, VACANCIES, RATE = "supply_fte", "shortage_fte", "vacancies_fte", "vacancy_rate"
RATE_UNIT = next(one.unit for one in INDICATORS if one.name == RATE)


def indicators(cube: Cube, swept: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield a table for each indicator: scenario, keys of the sweep, indicator, unit, year, region, and `Paired`.

    The cube's first scenario is the baseline; `swept` has the sweep's values by scenario.
    """
    years, others = cube.axes.years, cube.scenarios[1:]
    for one in (*INDICATORS, *BETWEEN):
        values = cube.of_nation(one.name)[..., None]
        codes, names = np.array([NATION]), np.array([NATION_NAME])
        if one in INDICATORS:
            values = np.concatenate([cube.by_region(one.name), values], axis=-1)
            codes, names = np.append(cube.axes.codes, NATION), np.append(cube.axes.names, NATION_NAME)
        each = len(years) * len(codes)
        keys = {
            **{name: np.repeat(column, each) for name, column in about(others, swept).items()},
            "indicator": one.name,
            "unit": one.unit,
            "year": np.tile(np.repeat(years, len(codes)), len(others)),
            "region_code": np.tile(codes, len(years) * len(others)),
            "region_name": np.tile(names, len(years) * len(others)),
        }
        baseline, scenarios = values[0][:, None], np.moveaxis(values[1:], 0, 1)
        yield tidy(keys, paired.paired(baseline, scenarios, BETTER.get(one.name, NEITHER)))


def about(scenarios: Sequence[str], swept: pd.DataFrame) -> dict[str, Any]:
    """Return the columns that tell of scenarios: their names and what they have of a sweep."""
    told = swept.reindex(list(scenarios))
    return {"scenario": np.array(scenarios), **{str(key): told[key].to_numpy() for key in told.columns}}


def tidy(keys: Mapping[str, Any], found: Paired) -> pd.DataFrame:
    """Return a table with the keys and a column for each figure of a comparison, flattened."""
    return pd.DataFrame({**keys, **{one.name: getattr(found, one.name).ravel() for one in fields(found)}})


# Displacement -------------------------------------------------------------------------------------------------------


def groups(results: Results, axes: Axes, scenarios: Iterable[str], baseline: str) -> dict[str, dict[str, BoolArray]]:
    """Return for each scenario which regions (R,) are its targets, border on one, or are the rest; and the nation, all.

    There are no targets, and so no groups but the nation, where levers are for the whole country or none differ from
    the baseline's.
    """
    everywhere, touching = np.ones(len(axes.codes), dtype=bool), borders(results, axes)
    found = {}
    for scenario in scenarios:
        target = targets(results, axes, scenario, baseline)
        near = touching[target].any(axis=0) & ~target
        parts = {TARGET: target, NEIGHBOURS: near, REST: ~target & ~near} if target.any() else {}
        found[scenario] = {**parts, WHOLE: everywhere}
    return found


def targets(results: Results, axes: Axes, scenario: str, baseline: str) -> BoolArray:
    """Return which regions (R,) the levers name in which a scenario differs from the baseline."""
    own, other = (results.manifest["scenarios"][name]["parameters"].get("levers", []) for name in (scenario, baseline))
    differing = [lever for lever in own if lever not in other] + [lever for lever in other if lever not in own]
    if any(not lever["regions"] for lever in differing):
        return np.zeros(len(axes.codes), dtype=bool)  # one acts in the whole country: the aim is the nation
    return named(axes, (region for lever in differing for region in lever["regions"]))


def named(axes: Axes, regions: Iterable[str]) -> BoolArray:
    """Return which regions (R,) are named, by code or name; raises `InputError` for one that is not in the results."""
    rows = {text: row for row, texts in enumerate(zip(axes.codes, axes.names, strict=True)) for text in texts}
    found = np.zeros(len(axes.codes), dtype=bool)
    for region in regions:
        if region_code(region) not in rows:
            raise InputError(f"levers: region {region}: not in the results{nearest(region, rows)}")
        found[rows[region_code(region)]] = True
    return found


def borders(results: Results, axes: Axes) -> BoolArray:
    """Return which regions share a border, water included, shape (R, R); none do without boundaries in the results."""
    file = results.folder / geography.BOUNDARIES.name
    if not file.exists():
        return np.zeros((len(axes.codes), len(axes.codes)), dtype=bool)
    return np.asarray(geography.border_km(geography.boundaries(file, codes=axes.codes)) > 0)


def displacement(
    cube: Cube, swept: pd.DataFrame, by_scenario: Mapping[str, Mapping[str, BoolArray]]
) -> Iterator[pd.DataFrame]:
    """Yield for each scenario who gains and loses: scenario, keys, quantity, group, region_code, year, and `Paired`.

    `by_scenario` has the groups of each. Rows of a group have no region code, rows of a region tell its group.
    Quantities: supply_fte, shortage_fte and vacancy_rate; graduates, arrivals, moves, leavers and other, which add up
    to the difference in supply_fte.
    """
    years, codes = cube.axes.years, np.array(cube.axes.codes)
    supply, shortage, vacancies = (cube.by_region(name) for name in (SUPPLY, SHORTAGE, VACANCIES))
    flows = cube.flows([flow for step in STEPS.values() for flow, _ in step], "fte")
    since = {name: np.zeros_like(supply) for name in STEPS}
    for name, step in STEPS.items():
        for flow, sign in step:
            since[name] += sign * np.cumsum(flows[flow], axis=2)
    quantities = {SUPPLY: supply, SHORTAGE: shortage, **since, OTHER: supply - np.sum(list(since.values()), axis=0)}
    for number, scenario in enumerate(cube.scenarios[1:], start=1):
        of_groups = by_scenario[scenario]
        member = np.stack([*of_groups.values(), *np.eye(len(codes), dtype=bool)]).astype(np.float64)
        group = [*of_groups, *(next(name for name, here in of_groups.items() if here[r]) for r in range(len(codes)))]
        region = [None] * len(of_groups) + codes.tolist()
        summed = {name: (values[0] @ member.T, values[number] @ member.T) for name, values in quantities.items()}
        rates = tuple(_over(vacancies[place] @ member.T, summed[SUPPLY][i]) for i, place in enumerate((0, number)))
        for quantity, (before, after) in {**summed, RATE: rates}.items():
            yield tidy(
                {
                    **{name: column[0] for name, column in about([scenario], swept).items()},
                    "quantity": quantity,
                    "unit": RATE_UNIT if quantity == RATE else "fte",
                    "group": np.tile(np.array(group), len(years)),
                    "region_code": np.tile(np.array(region, dtype=object), len(years)),
                    "year": np.repeat(years, len(group)),
                },
                paired.paired(before, after, BETTER.get(quantity, NEITHER)),
            )


def _over(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)
