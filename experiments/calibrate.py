"""Calibration by history matching: which parameter sets cannot be ruled out by what is published.

In waves, runs of the model train an emulator for every measure; the next wave is drawn from where the emulators do not
rule parameters out, by how well they fit. What remains of the last wave, held against its own runs, is the ensemble.
The measures and their tolerances are the rows marked as fitted in `targets.csv`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.table import Table

import abm
from experiments import parameter_sets, targets
from experiments.arrays import FloatArray
from experiments.console import LOOK
from experiments.design import Run, replication_seeds
from experiments.errors import InputError
from experiments.history_matching import CUT, Emulator, Goal, emulate, hardest, next_points, second_largest
from experiments.runner import Progress, rows_of
from experiments.spread import INTERVAL
from experiments.store import alone, code_fingerprint, replacing
from experiments.targets import FITTED
from regions import Regions

SEEDS = 2
"""Runs of each parameter set, on the same seeds for all."""
CENTRE_RUNS = 12
"""Runs of the centre, to know how much of a measure is chance."""
KEPT = 100
"""Members of the ensemble."""


@dataclass(frozen=True)
class Settings:
    """How a calibration is done; another one needs another folder."""

    waves: int
    points: int
    seed: int


@dataclass(frozen=True)
class Calibration:
    """What came out: every set that was run, with its wave, measures and implausibility; and the goals."""

    runs: pd.DataFrame
    points: FloatArray
    goals: tuple[Goal, ...]

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Which sets of the last wave, drawn by how well they fit, are not ruled out by their own runs."""
        last = self.runs["wave"] == self.runs["wave"].max()
        return np.asarray((self.runs["implausibility"] <= CUT) & last)

    @property
    def verdict(self) -> str:
        """How many sets are left, in words; if none, which goals rule most of them out."""
        if self.kept.any():
            return f"{int(self.kept.sum())} of {len(self.runs)} sets are not ruled out"
        last = self.runs[self.runs["wave"] == self.runs["wave"].max()]
        each = np.column_stack([goal.implausibility(last[goal.name].to_numpy()) for goal in self.goals])
        return (
            f"every one of the {len(last)} sets of the last wave is ruled out by its runs. {hardest(each, self.goals)}"
        )


def goals(centre: pd.DataFrame) -> tuple[Goal, ...]:
    """Return what is fitted, with the chance in each measure from runs of the centre."""
    found = []
    for target in targets.load():
        if target.use == FITTED:
            name = target.key
            if name not in centre:
                raise InputError(f"targets.csv: {target.id}: measure {name}: a run gives no such measure")
            found.append(Goal(target, float(centre[name].var(ddof=1)) / SEEDS))
    return tuple(found)


def calibrate(
    folder: Path, data: Regions, settings: Settings, *, workers: int | None, progress: Progress
) -> Calibration:
    """Calibrate in waves; what is in the folder already is not run again.

    Raises `InputError` if the folder holds another calibration or is in use, or if the emulators rule out everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        _same(folder, data, settings)
        return _calibrate(folder, data, settings, workers, progress)


def _calibrate(folder: Path, data: Regions, settings: Settings, workers: int | None, progress: Progress) -> Calibration:
    seeds = tuple(replication_seeds(settings.seed, max(SEEDS, CENTRE_RUNS)))
    centre = _centre(folder, data, seeds)
    wanted = goals(centre)
    rng = np.random.default_rng(settings.seed)
    free = len(parameter_sets.free_parameters())
    points = np.empty((0, free))
    runs = pd.DataFrame()
    emulators: list[list[Emulator]] = []
    for wave in range(1, settings.waves + 1):
        if wave > 1:
            recent = runs["wave"] >= wave - 2
            emulators.append(
                [emulate(goal.name, points[recent], runs.loc[recent, goal.name].to_numpy()) for goal in wanted]
            )
        new = next_points(emulators, wanted, settings.points, free, rng)
        first = (wave - 1) * settings.points + 1
        parts = folder / f"wave-{wave}"
        parts.mkdir(exist_ok=True)
        found = run_wave(parts, len(new), partial(_evaluated, data, new, first, seeds[:SEEDS]), workers, progress)
        runs = pd.concat([runs, found.assign(wave=wave)], ignore_index=True)
        points = np.vstack([points, new[found["point"].to_numpy()]])
    each = np.column_stack([goal.implausibility(runs[goal.name].to_numpy()) for goal in wanted])
    return Calibration(runs.assign(implausibility=second_largest(each)), points, wanted)


def run_wave(
    folder: Path, points: int, evaluate: Callable[[Run], dict[str, Any]], workers: int | None, progress: Progress
) -> pd.DataFrame:
    """Evaluate what is missing of a wave; return a row for each point that did not fail."""
    runs = [Run(i, "calibration", i, 0) for i in range(points)]
    table = rows_of(runs, evaluate, folder, workers, progress)
    if (table["error"] != "").all():
        raise InputError(f"{folder}: the runs of every parameter set failed; the first: {table['error'].iloc[0]}")
    return table[table["error"] == ""].drop(columns="error").sort_values("point").reset_index(drop=True)


def _evaluated(data: Regions, points: FloatArray, first: int, seeds: Sequence[int], one: Run) -> dict[str, Any]:
    """Return the row of a point (of n, free) of the unit cube, of which point i has alpha draw `first` + i.

    One that fails has only its error.
    """
    row: dict[str, Any] = {"point": one.number, "draw": first + one.number, "error": ""}
    try:
        return row | parameter_sets.evaluate(parameter_sets.scaled(points[one.number]), data, row["draw"], seeds)
    except Exception as error:
        return row | {"error": f"{type(error).__name__}: {error}"}


def _same(folder: Path, data: Regions, settings: Settings) -> None:
    """Note what a folder is for, or raise `InputError` when it is for something else."""
    fitted = [str(t) for t in targets.load() if t.use == FITTED]
    about = {**settings.__dict__, "data": data.fingerprint, "code": code_fingerprint(), "fitted": fitted}
    about["free"] = [str(f) for f in parameter_sets.free_parameters()]
    file = folder / "settings.json"
    if file.exists():
        try:
            old = dict(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError, RecursionError):
            raise InputError(f"{file} is damaged: not the settings of a calibration; choose another --out") from None
        if different := [key for key in about if old.get(key) != about[key]]:
            raise InputError(
                f"{folder} holds another calibration; different: {', '.join(different)}. Choose another with --out"
            )
        return
    with replacing(file) as path:
        path.write_text(json.dumps(about, indent=1), encoding="utf-8", newline="\n")


def _centre(folder: Path, data: Regions, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the measures of the default parameters, a row per seed."""
    file = folder / "centre.parquet"
    if not file.exists():
        usual = abm.Scenario(end_year=parameter_sets.END_YEAR)
        table = pd.DataFrame(
            [parameter_sets.observe(abm.SettlementModel(usual, data, rng=seed), usual.end_year) for seed in seeds]
        )
        with replacing(file) as path:
            table.to_parquet(path, index=False)
    return pd.read_parquet(file)


# What comes out -----------------------------------------------------------------------------------------------------


def members(result: Calibration, regions: Regions, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ensemble as tables: parameters by member, and alpha by member and region."""
    kept = np.flatnonzero(result.kept)
    if len(kept) > KEPT:
        kept = np.sort(np.random.default_rng(seed).choice(kept, KEPT, replace=False))
    values = pd.DataFrame(
        parameter_sets.scaled(result.points[kept]), columns=[f.name for f in parameter_sets.free_parameters()]
    ).round(5)
    values.insert(0, "member", np.arange(len(kept)))
    values["implausibility"] = result.runs["implausibility"].to_numpy()[kept].round(3)
    alpha = result.runs.loc[kept, [f"alpha[{code}]" for code in regions.codes]].set_axis(regions.codes, axis=1)
    long = alpha.assign(member=np.arange(len(kept))).melt("member", var_name="region", value_name="alpha")
    return values, long.sort_values(["member", "region"]).round(4)


def ranges(result: Calibration) -> pd.DataFrame:
    """Return prior and posterior by parameter: low and high (5 and 95%), and the posterior width over the prior's.

    A width well below 1 says that the data move the parameter; near 1, that it stays at its prior.
    """
    values = parameter_sets.scaled(result.points[result.kept])
    rows = []
    for k, f in enumerate(parameter_sets.free_parameters()):
        low, middle, high = np.quantile(values[:, k], [INTERVAL[0], 0.5, INTERVAL[1]]) if len(values) else (np.nan,) * 3
        width = (high - low) / (0.9 * (f.high - f.low))
        default = abm.Scenario.model_fields[f.name].default
        rows.append((f.name, f.low, f.high, default, low, middle, high, width))
    columns = ["parameter", "prior_low", "prior_high", "default", "low", "median", "high", "width"]
    return pd.DataFrame(rows, columns=columns)


def fit(result: Calibration) -> pd.DataFrame:
    """Return for each goal the target, its tolerance, and what the kept sets give: mean, 5 and 95%, implausibility."""
    kept = result.runs[result.kept]
    rows = []
    for goal in result.goals:
        found = kept[goal.name].to_numpy()
        low, high = np.quantile(found, INTERVAL) if len(found) else (np.nan, np.nan)
        mean = float(found.mean()) if len(found) else np.nan
        about = goal.target
        away = float(goal.implausibility(np.array(mean)))
        rows.append((goal.name, about.target, about.low, about.high, about.sd, mean, low, high, away))
    columns = ["measure", "target", "target_low", "target_high", "sd", "mean", "low", "high", "implausibility"]
    return pd.DataFrame(rows, columns=columns)


def write(folder: Path, result: Calibration, regions: Regions, seed: int) -> list[Table]:
    """Write what came out to the folder; returns the two tables for people: what is fitted, and the ranges.

    Where no set is left there is no ensemble to write.
    """
    sets, alpha = members(result, regions, seed)
    found, moved = fit(result), ranges(result)
    tables = {"fit": found, "ranges": moved}
    if len(sets):
        tables |= {"ensemble": sets, "ensemble_attractiveness": alpha}
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as path:
            table.to_csv(path, index=False, lineterminator="\n")
    return [
        _printed("What is fitted, and what the sets that are left give", found.round(3)),
        _printed(
            f"Parameters before and after; width: of the range, after over before ({len(sets)} sets)", moved.round(3)
        ),
    ]


def _printed(title: str, frame: pd.DataFrame) -> Table:
    table = Table(title=title, **LOOK)
    for name in frame.columns:
        table.add_column(name.replace("_", " "), justify="left" if frame[name].dtype == object else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*("" if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row))
    return table
