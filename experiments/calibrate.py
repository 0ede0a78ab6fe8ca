"""Calibration by history matching: which parameter sets cannot be ruled out by what is published.

In waves, runs of the model train an emulator for every measure; the next wave is drawn from where the emulators do not
rule parameters out, by how well they fit. What remains of the last wave, held against its own runs, is the ensemble.
The measures and their tolerances are the rows marked as fitted in `targets.csv`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.table import Table
from scipy.stats import qmc

import abm
from abm import careers
from abm.population import Status
from experiments import derive, measures, targets
from experiments.console import LOOK
from experiments.design import Chunk, Run, chunks, replication_seeds
from experiments.errors import InputError
from experiments.runner import execute
from experiments.store import alone, code_fingerprint, replacing
from regions import Regions
from regions.people import Role

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import BayesianRidge

FloatArray = npt.NDArray[np.float64]

END_YEAR = 2033
"""Long enough for yearly rates; what is fitted is about recent years."""
SEEDS = 2
"""Runs of each parameter set, on the same seeds for all."""
CENTRE_RUNS = 12
"""Runs of the centre, to know how much of a measure is chance."""
CUT = 3.0
"""A set is ruled out when its second largest implausibility is beyond; one measure may be beyond the model."""
POOL = 40_000
"""Candidates tried by the emulators for the next wave."""
BATCH = 5_000
ACTIVE = 8
"""Parameters that the process part of an emulator sees."""
FOLDS = 10
JITTER = 0.08
"""Spread, in the unit cube, of candidates around those not ruled out, where few are left."""
HARDEST = 5
"""Goals that are named where no set is left."""
KEPT = 100
"""Members of the ensemble."""
CONTRACTIONS = 25
# Spread of the log ratio of recent graduates over fte by region around the one that ships: assumed, less where its
# class is published (E919 to E926).
RATIO_SD, RATIO_SD_KNOWN = 0.20, 0.10
RATIO_STREAM = 79
ALPHA_RANGE = 3 * derive.ALPHA_SD
"""How far alpha of a region can be from the one that ships. Where locums of its neighbours are many and near, a region
gets more than its share from those who live next door: without a limit its alpha would fall until nobody settles there.
At the limit its share of graduates is then above what is known."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Free:
    """A parameter that the calibration varies, and the range in which it is thought to lie."""

    name: str
    low: float
    high: float


def free_parameters() -> tuple[Free, ...]:
    """Return the uncertain parameters with a prior range, in the order of the scenario."""
    found = []
    for name, field in abm.Scenario.model_fields.items():
        about: Any = field.json_schema_extra or {}
        if prior := about.get("prior"):
            found.append(Free(name, *prior))
    return tuple(found)


def scaled(points: FloatArray) -> FloatArray:
    """Return parameter values (n, free) for points in the unit cube."""
    free = free_parameters()
    low, high = np.array([f.low for f in free]), np.array([f.high for f in free])
    return np.asarray(low + points * (high - low))


def scenario_at(values: Sequence[float] | FloatArray, **fixed: Any) -> abm.Scenario:
    """Return the scenario with these values of the free parameters."""
    names = [f.name for f in free_parameters()]
    return abm.Scenario.model_validate({**dict(zip(names, map(float, values), strict=True)), **fixed})


def attractiveness(scenario: abm.Scenario, regions: Regions, draw: int) -> FloatArray:
    """Return alpha under which graduates spread as the shipped regions do, but for a drawn error by region.

    Draw 0 has no error. Whatever the other parameters, the expected share of recent graduates stays near what is known,
    as far as an alpha within `ALPHA_RANGE` can make it.
    """
    usual = abm.Scenario()
    site_share = careers.sites(usual, regions).share
    target = np.log(site_share @ derive.expected_shares(usual, regions, regions.alpha))
    if draw:
        known = {*derive.ABOVE, *derive.ABOUT, *derive.BELOW}
        sd = np.array([RATIO_SD_KNOWN if code in known else RATIO_SD for code in regions.codes])
        target = target + np.random.default_rng([RATIO_STREAM, draw]).normal(0, sd)
    share = np.exp(target) / np.exp(target).sum()
    alpha = regions.alpha.copy()
    for _ in range(CONTRACTIONS):
        alpha += np.log(share / (site_share @ derive.expected_shares(scenario, regions, alpha)))
        alpha = np.clip(alpha - alpha.mean(), regions.alpha - ALPHA_RANGE, regions.alpha + ALPHA_RANGE)
    return np.asarray(alpha - alpha.mean())


def observe(model: abm.SettlementModel, until: int) -> dict[str, float]:
    """Run a new model to a year and return its measures, those that need the steps themselves included."""
    moved, at_risk = np.zeros(2), np.zeros(2)  # locums who settled lately, and the others
    gps = model.population
    while model.running and model.year < until:
        before = gps.region.copy()
        lately = model.year + 1 - gps.since <= model.scenario.early_years
        locum = (gps.status == Status.WORKING) & (gps.role >= Role.FIXED_LOCUM)
        model.step()
        n = len(before)
        stays = locum & (gps.status[:n] == Status.WORKING)
        for k, group in enumerate((stays & lately, stays & ~lately)):
            at_risk[k] += group.sum()
            moved[k] += (group & (gps.region[:n] != before)).sum()
    rate = moved / np.maximum(1, at_risk)
    found = measures.measure(model)
    found["early_move_ratio"] = float(rate[0] / rate[1]) if rate[1] else np.nan
    return found


def evaluate(
    values: Sequence[float] | FloatArray, regions: Regions, draw: int, seeds: Sequence[int]
) -> dict[str, float]:
    """Return the mean measures of a parameter set over seeds, and alpha by region as alpha[CODE]."""
    scenario = scenario_at(values, end_year=END_YEAR)
    alpha = attractiveness(scenario, regions, draw)
    alpha.flags.writeable = False
    there = replace(regions, alpha=alpha)
    wanted = [target.key for target in targets.load() if target.key]
    runs = pd.DataFrame([observe(abm.SettlementModel(scenario, there, rng=seed), END_YEAR) for seed in seeds])
    runs = runs.reindex(columns=list(dict.fromkeys(wanted)))
    of_regions = {f"alpha[{code}]": a for code, a in zip(regions.codes, alpha, strict=True)}
    return {**{str(k): float(v) for k, v in runs.mean().items()}, **of_regions}


# Emulators ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Emulator:
    """A measure as a function of the unit cube: a straight line and a Gaussian process on what it leaves."""

    name: str
    line: BayesianRidge
    active: npt.NDArray[np.int64]
    process: GaussianProcessRegressor
    scale: float

    def predict(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance, (n,) each, of what runs at points (n, free) would give, their chance included."""
        rest, sd = self.process.predict(points[:, self.active], return_std=True)
        return self.line.predict(points) + rest * self.scale, (sd * self.scale) ** 2


def emulate(name: str, points: FloatArray, values: FloatArray) -> Emulator:
    """Fit an emulator to runs; the process sees the parameters on which the measure depends most."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_selection import f_regression
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.linear_model import BayesianRidge
    from sklearn.model_selection import KFold, cross_val_predict

    line = BayesianRidge().fit(points, values)
    # What it leaves where it was not fitted: at its own points a line with many slopes leaves far too little.
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    rest = values - cross_val_predict(BayesianRidge(), points, values, cv=folds)
    scale = float(rest.std()) or 1.0
    active = np.sort(np.argsort(-f_regression(points, values)[0])[:ACTIVE])
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.full(len(active), 1.0), (0.1, 30.0))
    kernel += WhiteKernel(0.3, (1e-4, 3.0))
    with warnings.catch_warnings():
        # Of a parameter that does not matter the length is at its bound.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = GaussianProcessRegressor(kernel, random_state=0).fit(points[:, active], rest / scale)
    return Emulator(name, line, active, process, scale)


@dataclass(frozen=True)
class Goal:
    """What is fitted: a target with its tolerance, and the variance by chance of the mean over the seeds."""

    target: targets.Target
    chance: float

    @property
    def name(self) -> str:
        """What the runs call it."""
        return self.target.key

    def implausibility(self, mean: FloatArray, variance: FloatArray | None = None) -> FloatArray:
        """Return how many standard deviations a mean is from the target, or from its range where it has one.

        `variance` of the mean is that of runs, chance alone, unless given; an emulator's has chance in it already.
        """
        of_mean = self.chance if variance is None else variance
        return np.asarray(np.abs(self.target.miss(mean)) / np.sqrt(of_mean + (self.target.sd or 0.0) ** 2))


def second_largest(implausibility: FloatArray) -> FloatArray:
    """Return the second largest of the measures' implausibilities, (n,) of (n, goals)."""
    return np.asarray(np.sort(implausibility, axis=1)[:, -2] if implausibility.shape[1] > 1 else implausibility[:, 0])


def hardest(implausibility: FloatArray, wanted: Sequence[Goal]) -> str:
    """Return in words which goals rule most sets out, of implausibilities (sets, goals)."""
    beyond = (implausibility > CUT).mean(axis=0)
    worst = [k for k in np.argsort(-beyond, kind="stable")[:HARDEST] if beyond[k] > 0]
    told = ", ".join(f"{wanted[k].name} ({wanted[k].target.id}) in {beyond[k]:.0%} of the sets" for k in worst)
    return f"More than {CUT:g} sd off: {told}"


# Waves --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What the runs of a wave share: points (n, free) in the unit cube, of which point i has alpha draw `first` + i."""

    folder: Path
    data: Regions
    points: FloatArray
    first: int
    seeds: tuple[int, ...]

    def file(self, chunk: Chunk) -> Path:
        """Return the part that holds a chunk."""
        return self.folder / f"part-{chunk[0].number:05d}.parquet"


def work(task: Task, chunk: Chunk) -> None:
    """Evaluate the points of a chunk and write its part; a point that fails has only its error."""
    rows = []
    for one in chunk:
        row: dict[str, Any] = {"point": one.number, "draw": task.first + one.number, "error": ""}
        try:
            row |= evaluate(scaled(task.points[one.number]), task.data, row["draw"], task.seeds)
        except Exception as error:
            row["error"] = f"{type(error).__name__}: {error}"
        rows.append(row)
    with replacing(task.file(chunk)) as path:
        pd.DataFrame(rows).to_parquet(path, index=False)


def run_wave(task: Task, workers: int | None, progress: Progress) -> pd.DataFrame:
    """Evaluate what is missing of a wave; returns a row per point that did not fail."""
    every = list(chunks(Run(i, "calibration", i, 0) for i in range(len(task.points))))
    todo = [chunk for chunk in every if not task.file(chunk).exists()]
    done, total = sum(map(len, every)) - sum(map(len, todo)), len(task.points)
    progress(done, total)
    for chunk, _ in execute(todo, partial(work, task), workers):
        done += len(chunk)
        progress(done, total)
    table = pd.concat([pd.read_parquet(task.file(chunk)) for chunk in every if task.file(chunk).exists()])
    if (table["error"] != "").all():
        raise InputError(f"{task.folder}: the runs of every parameter set failed; the first: {table['error'].iloc[0]}")
    return table[table["error"] == ""].drop(columns="error").sort_values("point").reset_index(drop=True)


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
        if target.use == "fitted":
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
    free = len(free_parameters())
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
        task = Task(folder / f"wave-{wave}", data, new, first, seeds[:SEEDS])
        task.folder.mkdir(exist_ok=True)
        found = run_wave(task, workers, progress)
        runs = pd.concat([runs, found.assign(wave=wave)], ignore_index=True)
        points = np.vstack([points, new[found["point"].to_numpy()]])
    each = np.column_stack([goal.implausibility(runs[goal.name].to_numpy()) for goal in wanted])
    return Calibration(runs.assign(implausibility=second_largest(each)), points, wanted)


def next_points(
    emulators: Sequence[Sequence[Emulator]], wanted: Sequence[Goal], number: int, free: int, rng: np.random.Generator
) -> FloatArray:
    """Return points that no wave's emulators rule out; where few are found, some near those.

    Of these, the better a point fits by the last wave's emulators, the likelier it is drawn (a Gaussian likelihood):
    the rule alone leaves sets that fit everything badly.
    """
    if not emulators:
        return np.asarray(qmc.LatinHypercube(free, rng=rng).random(number))
    pool = qmc.LatinHypercube(free, rng=rng).random(POOL)
    left = _not_ruled_out(pool, emulators, wanted)
    if not len(left):
        most = hardest(_implausibility(pool, emulators[-1], wanted), wanted)
        raise InputError(f"every parameter set is ruled out: no set within the prior ranges fits the targets. {most}")
    while len(left) < number:
        near = left[rng.integers(len(left), size=POOL // 4)] + rng.normal(0, JITTER, (POOL // 4, free))
        left = np.vstack([left, _not_ruled_out(near[((near >= 0) & (near <= 1)).all(axis=1)], emulators, wanted)])
    misfit = (_implausibility(left, emulators[-1], wanted) ** 2).sum(axis=1)
    likelihood = np.exp(-0.5 * (misfit - misfit.min())) + np.finfo(float).tiny
    return left[rng.choice(len(left), number, replace=False, p=likelihood / likelihood.sum())]


def _not_ruled_out(points: FloatArray, emulators: Sequence[Sequence[Emulator]], wanted: Sequence[Goal]) -> FloatArray:
    for wave in emulators:
        points = points[second_largest(_implausibility(points, wave, wanted)) <= CUT]
    return points


def _implausibility(points: FloatArray, wave: Sequence[Emulator], wanted: Sequence[Goal]) -> FloatArray:
    """Return the implausibility of each goal by a wave's emulators, shape (points, goals)."""
    found = [np.empty((0, len(wanted)))]
    for start in range(0, len(points), BATCH):
        some = points[start : start + BATCH]
        each = [goal.implausibility(*emulator.predict(some)) for goal, emulator in zip(wanted, wave, strict=True)]
        found.append(np.column_stack(each))
    return np.vstack(found)


def _same(folder: Path, data: Regions, settings: Settings) -> None:
    """Note what a folder is for, or raise `InputError` when it is for something else."""
    fitted = [str(t) for t in targets.load() if t.use == "fitted"]
    about = {**settings.__dict__, "data": data.fingerprint, "code": code_fingerprint(), "fitted": fitted}
    about["free"] = [str(f) for f in free_parameters()]
    file = folder / "settings.json"
    if file.exists():
        old = json.loads(file.read_text(encoding="utf-8"))
        if different := [key for key in about if old.get(key) != about[key]]:
            raise InputError(
                f"{folder} holds another calibration; different: {', '.join(different)}. Choose another with --out"
            )
        return
    with replacing(file) as path:
        path.write_text(json.dumps(about, indent=1), encoding="utf-8")


def _centre(folder: Path, data: Regions, seeds: Sequence[int]) -> pd.DataFrame:
    """Return the measures of the default parameters, a row per seed."""
    file = folder / "centre.parquet"
    if not file.exists():
        usual = abm.Scenario(end_year=END_YEAR)
        table = pd.DataFrame([observe(abm.SettlementModel(usual, data, rng=seed), END_YEAR) for seed in seeds])
        with replacing(file) as path:
            table.to_parquet(path, index=False)
    return pd.read_parquet(file)


# What comes out -----------------------------------------------------------------------------------------------------


def members(result: Calibration, regions: Regions, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ensemble as tables: parameters by member, and alpha by member and region."""
    kept = np.flatnonzero(result.kept)
    if len(kept) > KEPT:
        kept = np.sort(np.random.default_rng(seed).choice(kept, KEPT, replace=False))
    values = pd.DataFrame(scaled(result.points[kept]), columns=[f.name for f in free_parameters()]).round(5)
    values.insert(0, "member", np.arange(len(kept)))
    values["implausibility"] = result.runs["implausibility"].to_numpy()[kept].round(3)
    alpha = result.runs.loc[kept, [f"alpha[{code}]" for code in regions.codes]].set_axis(regions.codes, axis=1)
    long = alpha.assign(member=np.arange(len(kept))).melt("member", var_name="region", value_name="alpha")
    return values, long.sort_values(["member", "region"]).round(4)


def ranges(result: Calibration) -> pd.DataFrame:
    """Return prior and posterior by parameter: low and high (5 and 95%), and the posterior width over the prior's.

    A width well below 1 says that the data move the parameter; near 1, that it stays at its prior.
    """
    values = scaled(result.points[result.kept])
    rows = []
    for k, f in enumerate(free_parameters()):
        low, middle, high = np.quantile(values[:, k], [0.05, 0.5, 0.95]) if len(values) else (np.nan,) * 3
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
        low, high = np.quantile(found, [0.05, 0.95]) if len(found) else (np.nan, np.nan)
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
        _rows("What is fitted, and what the sets that are left give", found.round(3)),
        _rows(
            f"Parameters before and after; width: of the range, after over before ({len(sets)} sets)", moved.round(3)
        ),
    ]


def _rows(title: str, frame: pd.DataFrame) -> Table:
    table = Table(title=title, **LOOK)
    for name in frame.columns:
        table.add_column(name.replace("_", " "), justify="left" if frame[name].dtype == object else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*("" if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row))
    return table
