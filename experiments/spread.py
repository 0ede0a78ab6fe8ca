"""How sure is a figure: its spread over the runs of an ensemble, where that comes from, and which order is robust."""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments import ensemble
from experiments.errors import InputError
from experiments.store import Results

TOTAL = "total"
CHANCE = "chance"
"""What the sources do not explain: chance, and their working together."""
SPREADS = (TOTAL, *ensemble.SOURCES, CHANCE)
WORST = 5
ROBUST = 0.9
"""Share of runs in which one region must be before another for their order to be robust; assumed."""
FEWEST_RUNS = 10
"""Of fewer runs nothing is said about order or direction: nine in ten must agree."""
INTERVAL = (0.05, 0.95)
RUNS_FOR_SOURCES = 200
"""With fewer runs, sources without any effect seem to have one."""
RUNS_FOR_REGIONS = 1000
"""With fewer runs, the parts of one region's spread are rough."""


def draws(results: Results, scenario: str) -> pd.DataFrame:
    """Return what each run of a scenario drew, by replication: a column for each source that is in play.

    Raises `InputError` for the results of an ensemble that is no longer the one that ships: its draws are not known.
    """
    if results.manifest["ensemble"] != ensemble.fingerprint():
        raise InputError(f"{results.folder}: made with another ensemble; run it again to tell sources of spread apart")
    rows = [run for run in results.manifest["runs"] if run["scenario"] == scenario and run["status"] == "done"]
    table = pd.DataFrame([ensemble.draw(run["seed"]).__dict__ for run in rows])
    if not results.manifest["scenarios"][scenario]["parameters"]["levers"]:
        table = table.drop(columns=ensemble.RESPONSE)  # there are no measures to respond to
    return table.set_index(pd.Index([run["replication"] for run in rows], name="replication"))


def by_source(values: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the standard deviation of each column of `values` in all, and the share of its variance by source.

    `values` and `drawn` have a row per run. The variance of a source is what runs differ by its draws, less what the
    rest puts into such differences (one-way analysis of variance, uneven groups); what none of them explains is chance.
    An estimate below zero counts as zero; shares add up to one. A column counts the runs in which it has a value.
    """
    total = values.var(ddof=1)
    estimates = {}
    for source in drawn.columns:
        groups = values.groupby(drawn[source].to_numpy())
        size = groups.count()
        n, k = size.sum(), (size > 0).sum()
        between = ((groups.mean() - values.mean()) ** 2 * size).sum()
        within = ((values - groups.transform("mean")) ** 2).sum() / (n - k).where(n > k)
        variance = ((between - (k - 1) * within) / (n - 1)).clip(lower=0)
        estimates[source] = variance.where((k > 1) & (n > k), total * 0.0)
    table = pd.DataFrame(estimates)
    table[CHANCE] = (total - table.sum(axis=1)).clip(lower=0)
    shares = table.div(table.sum(axis=1).replace(0, np.nan), axis=0)
    shares.insert(0, "sd", np.sqrt(total))
    return shares


def parts(values: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the part of the standard deviation of each column of `values` that each source causes, in its unit.

    It is the standard deviation times the root of the source's share of the variance, see `by_source`: parts add up
    as squares. A column that is the same in all runs has parts of zero. Of 200 runs the part of a source has itself a
    standard error of about 0.1 of the whole, that of chance 0.16; of 1000 runs about 0.06 and 0.07, but of a source
    with 20 draws that is large 0.1 still.
    """
    shares = by_source(values, drawn)
    sd = shares.pop("sd")
    return shares.pow(0.5).mul(sd, axis=0).where(sd != 0, 0.0, axis=0)


def order(values: pd.DataFrame, reference: pd.Series[float]) -> pd.Series[float]:
    """Return whether each region is robustly above (1) or below (-1) a reference, or neither (0).

    `values` (runs, regions); `reference` by run: the nation, or one of the regions. Robust is what holds in a share
    `ROBUST` of the runs in which both have a value, being level counts for neither side; NaN where there are none.
    """
    difference = values.sub(reference, axis=0)
    runs = difference.count()
    above, below = ((side.sum() / runs >= ROBUST).astype(float) for side in (difference > 0, difference < 0))
    return (above - below).where(runs > 0)


def ranking(values: pd.DataFrame) -> pd.DataFrame:
    """Return regions by their mean, highest first, with how robust that is.

    `values` (runs, regions). Columns: mean, low, high (5 and 95% of runs), rank_low, rank_high, in_worst (share of runs
    among the five highest), before_next (share of runs in which it is above the next).
    """
    means = values.mean().sort_values(ascending=False)
    ordered = values[means.index]
    rank = ordered.rank(axis=1, ascending=False)
    above = [(ordered.iloc[:, k] > ordered.iloc[:, k + 1]).mean() for k in range(ordered.shape[1] - 1)]
    (low, high), (first, last) = ordered.quantile(list(INTERVAL)).to_numpy(), rank.quantile(list(INTERVAL)).to_numpy()
    return pd.DataFrame(
        {
            "mean": means,
            "low": low,
            "high": high,
            "rank_low": first,
            "rank_high": last,
            "in_worst": (rank <= WORST).mean(),
            "before_next": [*above, np.nan],
        }
    )


def of_regions(results: Results, scenario: str, indicator: str, year: int) -> pd.DataFrame:
    """Return an indicator by run (rows, by replication) and region code."""
    columns = ["replication", "region_code", indicator]
    frame = results.read("regions", columns, scenario=scenario, year=year)
    return frame.pivot_table(index="replication", columns="region_code", values=indicator, sort=False)
