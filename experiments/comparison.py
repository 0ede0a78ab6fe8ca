"""Scenarios against a baseline, replication by replication: what changes, for whom, at what price, and how sure is it.

`compare` runs what is missing; `of_results` needs the stored results alone. Both leave in the results folder
comparison.parquet (every indicator by year and region), displacement.parquet (whom the gain comes from), costs.parquet
and comparison.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments import comparison_report, costs, differences, paired, runner, store
from experiments.comparison_asked import Given, ask
from experiments.comparison_stored import TABLES, Comparison, Precision
from experiments.cube import Cube, axes, blocks
from experiments.describe import Language
from experiments.design import Design, Point
from experiments.differences import SUPPLY
from experiments.errors import InputError, nearest
from experiments.store import Results
from regions import Regions, load

MOST_PAIRS = 1000
"""Pairs at which a wanted precision is given up, unless more were asked for."""
GROWTH = 3
"""The most by which pairs are multiplied at a time: the spread of a few pairs is not well known."""
ROUND = 10
"""Pairs are added until there is a multiple of this."""
FIRST_PAIRS = 10

GROUP_ROWS = 100_000
"""Rows in a row group of a table, at least."""
UNITS = {
    "mean_baseline": "mean over the pairs without the measure, in the unit that column `unit` names",
    "mean_scenario": "mean over the pairs with the measure, in that unit",
    "difference": "mean over the pairs of scenario minus baseline, in that unit",
    "low": "lower end of the 95% interval of that mean, in that unit",
    "high": "upper end of the 95% interval of that mean, in that unit",
    "value": "of costs: mean over the pairs, in the unit that column `unit` names",
    "sd": "standard deviation of the difference over the pairs, in that unit",
    "run_low": "difference below which 5% of the pairs are, in that unit",
    "run_high": "difference above which 5% of the pairs are, in that unit",
    "pairs": "pairs of replications",
    "share_better": "share of pairs in which the scenario is better",
    "share_same": "share of pairs without a difference",
    "share_worse": "share of pairs in which the scenario is worse",
    "variance_ratio": "variance of the difference with independent seeds over that with paired ones",
    "year": "1 January; in costs the calendar year, empty for the whole run",
}
"""What columns hold, told in their metadata."""


# Running ------------------------------------------------------------------------------------------------------------


def compare(
    scenarios: Sequence[Given],
    *,
    replications: int = 10,
    seed: int = 1,
    until: int | None = None,
    settings: Sequence[str] = (),
    sweep: Sequence[str] = (),
    sample: int | None = None,
    precision: float | None = None,
    data: Regions | Path | None = None,
    out: Path | None = None,
    workers: Any = None,
    ensemble: bool = False,
    force: bool = False,
    lang: Language = "nl",
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Comparison:
    """Run scenarios with the same seeds as a baseline, and compare them with it.

    What is in the results folder already is not run again.

    Args:
        scenarios: the baseline first; names of the library, files (.toml) or scenarios.
        replications: pairs of runs.
        seed: what the luck, and a sample, are drawn from.
        until: the last year (1 January).
        settings: texts KEY=VALUE for all, the baseline included; a lever's field for those that have it.
        sweep: texts KEY=FROM:TO:STEP, KEY=a,b,c, or KEY=LOW:HIGH with `sample`; each combination is a scenario.
        sample: the number of points of a Latin hypercube over the ranges of `sweep`.
        precision: go on until half the 95% interval of the gain in the targets in the last year is at most this, in
            fte, or there are 1,000 pairs.
        data: the regions, or a data folder; as shipped if None.
        out: the results folder; results/<baseline>-vs-<scenario> if None.
        workers: as `runner.run` has it.
        ensemble: let each pair also draw what is not known.
        force: replace other results in the folder.
        lang: the language of comparison.md, nl or en.
        progress: is called with the runs done and the runs to do.

    Raises:
        InputError: the first thing that is wrong with what was asked, or no pair of runs succeeded.
    """
    if precision is not None and not precision > 0:
        raise InputError(f"--precision: found {precision:g}, allowed is more than 0 (fte)")
    regions = data if isinstance(data, Regions) else load(data)
    asked = ask(scenarios, settings, until, sweep, sample, seed, regions)
    folder = out or Path("results", asked.folder_name)

    def run(count: int, force: bool) -> Results:
        design = Design((asked.baseline, *asked.others), count, seed, ensemble)
        return runner.run(design, folder, data=regions, workers=workers, force=force, progress=progress)

    results = run(replications, force)
    reached = None
    if precision is not None:
        results, reached = _until(precision, replications, asked.baseline.name, results, lambda n: run(n, False))
    return of_results(results, asked.baseline.name, asked.points, reached, lang, regions)


def _until(
    wanted: float, replications: int, baseline: str, results: Results, run: Callable[[int], Results]
) -> tuple[Results, Precision]:
    """Add pairs until the gain of every scenario is known precisely enough, or there are too many."""
    most = max(MOST_PAIRS, replications)
    while True:
        found = _precision(results, baseline, wanted)
        count = int(results.manifest["replications"])
        if found.reached or count >= most:
            return results, found
        needed = found.needed or most
        more = min(max(needed, count + 1), GROWTH * count) if count >= FIRST_PAIRS else FIRST_PAIRS
        results = run(min(most, -(-more // ROUND) * ROUND))


def _precision(results: Results, baseline: str, wanted: float) -> Precision:
    """Return how precisely the gain in the last year is known, for the scenario of which it is known least."""
    half, pairs, needed = 0.0, np.inf, 0
    _check(results)
    others = [name for name in results.manifest["scenarios"] if name != baseline]
    for block in blocks(results, others):
        cube = Cube(results, [baseline, *block])
        supply = cube.by_region(SUPPLY)[:, :, -1]
        for number, name in enumerate(block, start=1):
            aim = differences.targets(results, cube.axes, name, baseline)
            aim = aim if aim.any() else ~aim
            found = paired.paired(supply[0][:, aim].sum(axis=1), supply[number][:, aim].sum(axis=1))
            width = paired.half_width(found.sd, found.pairs)
            half, pairs = max(half, float(np.nan_to_num(width, nan=np.inf))), min(pairs, float(found.pairs))
            needed = max(needed, paired.pairs_needed(float(found.sd), wanted) or paired.MOST)
    return Precision(wanted, half, int(pairs), needed if needed < paired.MOST else None)


# Comparing ----------------------------------------------------------------------------------------------------------


def of_results(
    results: Results,
    baseline: str | None = None,
    points: Mapping[str, Point] | None = None,
    precision: Precision | None = None,
    lang: Language = "nl",
    data: Regions | None = None,
) -> Comparison:
    """Compare the scenarios of a results folder with the baseline (its first scenario if None); write the tables.

    `points` has what a variant of a sweep has, by its name; `data` are those of the runs, looked up if None: without
    them what training costs is left out. Raises `InputError` where no pair of runs succeeded.
    """
    names = list(results.manifest["scenarios"])
    baseline = baseline or names[0]
    if baseline not in names:
        raise InputError(f"scenario {baseline}: not in {results.folder}{nearest(baseline, names)}")
    others = [name for name in names if name != baseline]
    if not others:
        raise InputError(f"{results.folder} holds one scenario, {baseline}: nothing to compare it with")
    _check(results)
    data = data or results.data
    swept = _swept(points or {})
    aims = differences.groups(results, axes(results), others, baseline)
    about = {
        "version": results.manifest["version"],
        "baseline": baseline,
        "keys": list(swept.columns),
        "results": results.fingerprint,
    }
    with ExitStack() as stack:
        write = {name: stack.enter_context(_table(results.folder / f"{name}.parquet", about)) for name in TABLES}
        for number, block in enumerate(blocks(results, others)):
            cube = Cube(results, [baseline, *block])
            write["comparison"](differences.indicators(cube, swept))
            write["displacement"](differences.displacement(cube, swept, aims))
            write["costs"](costs.table(cube, swept, aims, with_baseline=number == 0, data=data))
    found = Comparison(results, baseline, tuple(swept.columns), precision)
    comparison_report.write(found, lang)
    return found


def _check(results: Results) -> None:
    """Raise `InputError` when no run succeeded."""
    if results.failed and len(results.failed) == len(results.manifest["runs"]):
        first = results.failed[0]
        raise InputError(
            f"{results.folder}: every run failed, there is nothing to compare; first: seed {first['seed']}: "
            f"{first['error']}: {first['message']}"
        )


def _swept(points: Mapping[str, Point]) -> pd.DataFrame:
    """Return the values of a sweep, a row per variant and a column per key: numbers where all are."""
    frame = pd.DataFrame.from_dict(dict(points), orient="index")
    for key in frame.columns:
        numbers = pd.to_numeric(frame[key], errors="coerce")
        if numbers.notna().equals(frame[key].notna()):
            frame[key] = numbers.astype(np.float64)
    return frame


@contextmanager
def _table(file: Path, about: Mapping[str, Any]) -> Iterator[Callable[[Iterable[pd.DataFrame]], None]]:
    """Give the function that adds frames to a Parquet file, which is there when all is written."""
    with store.replacing(file) as path, ExitStack() as stack:
        writers: list[pq.ParquetWriter] = []

        def add(frames: Iterable[pd.DataFrame]) -> None:
            waiting: list[pa.Table] = []
            for frame in frames:
                if not writers:
                    schema = _schema(frame).with_metadata({store.ABOUT: json.dumps(about)})
                    writers.append(stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd")))
                waiting.append(pa.Table.from_pandas(frame, schema=writers[0].schema, preserve_index=False))
                if sum(map(len, waiting)) >= GROUP_ROWS:
                    flush(waiting)
            flush(waiting)

        def flush(waiting: list[pa.Table]) -> None:
            if waiting:
                whole = pa.concat_tables(waiting).replace_schema_metadata(writers[0].schema.metadata)
                writers[0].write_table(whole.combine_chunks())
                waiting.clear()

        yield add


def _schema(frame: pd.DataFrame) -> pa.Schema:
    """Return the types of a table's columns, with what their unit is."""
    numbers = frame.select_dtypes("number").columns
    return pa.schema(
        [
            pa.field(
                str(name),
                pa.int32() if name == "year" else pa.float64() if name in numbers else pa.string(),
                metadata={"unit": UNITS[name]} if name in UNITS else None,
            )
            for name in frame.columns
        ]
    )
