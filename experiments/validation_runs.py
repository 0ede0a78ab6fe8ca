"""The runs of the validation: of the default parameters, of the ensemble, and of parameters from their prior ranges.

The last are drawn from the ranges that they had before the calibration.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pandas as pd

import abm
from experiments import backcast, ensemble, measures, parameter_sets, targets
from experiments.arrays import FloatArray
from experiments.design import Run, replication_seeds
from experiments.runner import Progress, rows_of
from experiments.seen import FIRST
from experiments.targets import FITTED, TESTED
from regions import Regions

Kind = Literal["default", "ensemble", "prior"]

YEARS = (2030, 2035, 2043)
ASKED = 2035
"""The year whose uncertainty is to be halved."""
ENSEMBLE_RUNS = 5
"""Runs of the ensemble for each draw: where its spread comes from takes more runs than how wide it is."""
PAST_RUNS = 2
"""Runs of the back-cast for each draw."""
PRIOR_STREAM = 80
KEPT = ("popularity", "alumni_ratio", "graduates_go")
"""Measures kept for every region, for the figures."""
OF_NATION = {"supply_fte": "supply, fte", "shortage_fte": "shortage, fte", "vacancy_rate": "vacancy rate"}
"""Indicators of the nation that are kept, and what they are called."""


@dataclass(frozen=True)
class Found:
    """What was run: `runs`, a row each with its kind and a column for each number, and `past`, the back-cast."""

    draws: int
    seed: int
    data: Regions
    runs: pd.DataFrame
    past: pd.DataFrame

    def of(self, kind: Kind, name: str) -> FloatArray:
        """Return a number by run."""
        return np.asarray(self._runs(kind)[name], dtype=np.float64)

    def by_region(self, kind: Kind, name: str) -> pd.DataFrame:
        """Return a number by run and region code."""
        columns = [f"{name}[{code}]" for code in self.data.codes]
        return self._runs(kind)[columns].set_axis(list(self.data.codes), axis=1)

    @property
    def drawn(self) -> pd.DataFrame:
        """What each run of the ensemble drew, a column for each source."""
        return self._runs("ensemble")[list(ensemble.SOURCES_ALWAYS)].astype(int)

    def _runs(self, kind: Kind) -> pd.DataFrame:
        return self.runs[self.runs["kind"] == kind].reset_index(drop=True)


def collect(draws: int, seed: int, data: Regions, *, workers: int | None, progress: Progress) -> Found:
    """Run everything: `draws` runs of the defaults and of the prior ranges, five times as many of the ensemble."""
    numbers: dict[Kind, int] = {"ensemble": ENSEMBLE_RUNS * draws, "default": draws, "prior": draws}
    rows = [(kind, r, one) for kind, n in numbers.items() for r, one in enumerate(replication_seeds(seed, n))]
    todo = [Run(number, *row) for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        runs = rows_of(todo, partial(_numbers, data, draws), Path(folder), workers, progress)
    return Found(draws, seed, data, runs, backcast.run(PAST_RUNS * draws, seed))


def _numbers(data: Regions, followed: int, one: Run) -> dict[str, object]:
    """Return the row of a run; so many of each kind are `followed`."""
    kind = cast(Kind, one.scenario)  # a run of a design has the name of a scenario, here that of a kind
    numbers = simulate(kind, one.replication, one.seed, data, one.replication < followed)
    return {"kind": kind, "replication": one.replication, **numbers}


def simulate(kind: Kind, replication: int, seed: int, data: Regions, followed: bool) -> dict[str, float]:
    """Run the model once; return its numbers by name, those as fitted only if it is to be `followed`."""
    scenario, regions = drawn_from(kind, replication, seed, data)
    model, as_fitted = abm.SettlementModel(scenario, regions, rng=seed), dict[str, float]()
    if followed and kind != "prior":
        observed = parameter_sets.observe(model, parameter_sets.END_YEAR)
        as_fitted = {as_fitted_key(key): observed[key] for key in _keys(FITTED)}
    while model.running:
        model.step()
    found = {name: value for name, value in measures.measure(model).items() if _is_kept(name)}
    if kind == "ensemble":
        found |= {source: float(number) for source, number in ensemble.draw(seed).__dict__.items()}
    return found | _more(model) | as_fitted


def drawn_from(kind: Kind, replication: int, seed: int, data: Regions) -> tuple[abm.Scenario, Regions]:
    """Return what a run runs. All that is not behaviour is drawn alike for ensemble and prior."""
    if kind == "default":
        return abm.Scenario(), data
    one = ensemble.draw(seed)
    there = ensemble.base(data, one.base_year, one.forecast)
    if kind == "ensemble":
        scenario, regions = ensemble.behaviour(abm.Scenario(), there, one.behaviour)
    else:
        free = len(parameter_sets.free_parameters())
        point = np.random.default_rng([PRIOR_STREAM, seed]).random(free)
        scenario = parameter_sets.scenario_at(parameter_sets.scaled(point))
        alpha = parameter_sets.attractiveness(scenario, data, replication + 1)
        regions = ensemble.with_attractiveness(there, alpha)
    return ensemble.national(scenario, data, one.national), regions


@cache
def _keys(use: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.key for t in targets.load() if t.use == use and t.key))


def _is_kept(name: str) -> bool:
    return name in _keys(TESTED) or name.partition("[")[0] in KEPT


def as_fitted_key(key: str) -> str:
    """Return what a run calls the number of a fitted row, which is measured as in the calibration."""
    return f"{FITTED}:{key}"


def _more(model: abm.SettlementModel) -> dict[str, float]:
    """Return what is needed beside the measures: by region, and for the nation."""
    results, nation, base = model.results(), model.national(), model.regions.base_year
    after = base + FIRST
    at = {year: results[results["year"] == year] for year in (base, after, *YEARS)}
    found: dict[str, float] = {}

    def keep(name: str, values: pd.Series[float]) -> None:
        found.update(zip((f"{name}[{code}]" for code in model.regions.codes), values.tolist(), strict=True))

    for name in ("supply_fte", "outflow_5y", "share_holder"):
        keep(f"{name}:{base}", at[base][name])
    keep("fte_share", at[after]["supply_fte"] / at[after]["supply_fte"].sum())
    for year in YEARS:
        keep(f"demand_share:{year}", at[year]["demand_fte"] / at[year]["demand_fte"].sum())
        keep(f"vacancy_rate:{year}", at[year]["vacancy_rate"])
        found |= {f"{name}:{year}": float(nation.loc[nation["year"] == year, name].item()) for name in OF_NATION}
    return found
