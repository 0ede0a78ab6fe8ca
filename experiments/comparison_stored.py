"""What a comparison left in its results folder: the tables, and a summary of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments import costs, paired
from experiments.differences import NEIGHBOURS, RATE, REST, SHORTAGE, SUPPLY, TARGET, WHOLE
from experiments.errors import InputError
from experiments.store import Results

TABLES = ("comparison", "displacement", "costs")
MONEY = {
    "cost": "extra_cost",
    "fte_years": "gain",
    "cost_per_fte_year": "cost_per_gain",
    "cost_per_less_shortage": "cost_per_less_shortage",
}
"""Columns of the summary that come from the costs, and what they are called there."""
ENDS = {"": "difference", "_low": "low", "_high": "high"}
"""Ends of columns of the summary, and the columns of the tables that they come from."""


@dataclass(frozen=True)
class Precision:
    """The precision that was asked for and what came of it: half the 95% interval of the gain, in fte."""

    asked: float
    half_width: float
    pairs: int
    needed: int | None

    @property
    def reached(self) -> bool:
        """Whether the interval is as narrow as was asked."""
        return self.half_width <= self.asked


@dataclass(frozen=True)
class Comparison:
    """What comparing scenarios with a baseline gave; the frames are read from the results folder when asked for."""

    results: Results
    baseline: str
    keys: tuple[str, ...] = ()
    """The keys of a sweep: columns of every frame."""
    precision: Precision | None = None

    @property
    def folder(self) -> Path:
        """Where results and tables are."""
        return self.results.folder

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that were compared with the baseline."""
        return tuple(name for name in self.results.manifest["scenarios"] if name != self.baseline)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Every indicator by scenario, year and region, and for the nation (region_code NL); see `paired.Paired`."""
        return self.read("comparison")

    @cached_property
    def displacement(self) -> pd.DataFrame:
        """What targets, neighbours, the rest and the nation gain or lose, by region too, and of what it consists."""
        return self.read("displacement")

    @cached_property
    def costs(self) -> pd.DataFrame:
        """GPs reached and euros by lever and calendar year, over the run (year empty), and per fte-year gained."""
        return self.read("costs")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per scenario: gain, displacement, certainty and cost, on 1 January of the last year."""
        return _summarised(self)

    def read(self, table: str, **equal: str | int) -> pd.DataFrame:
        """Return one of the tables (comparison, displacement, costs), where columns equal the values given."""
        return self.results.read(table, None, **equal)


def stored(results: Results) -> Comparison | None:
    """Return the comparison that a results folder holds, None if it holds none.

    Raises `InputError` for tables that cannot be read.
    """
    if not all((results.folder / f"{name}.parquet").exists() for name in TABLES):
        return None
    try:
        every = [results.about(table) for table in TABLES]
        if any(about != {**every[0], "results": results.fingerprint} for about in every):
            raise KeyError  # of other runs: a comparison that was ended before its tables were written
        return Comparison(results, str(every[0]["baseline"]), tuple(every[0]["keys"]))
    except (KeyError, TypeError, json.JSONDecodeError):
        raise InputError(
            f"{results.folder}: {', '.join(f'{table}.parquet' for table in TABLES)} are not a comparison of these "
            "results, or of another version; the same gp-settlement compare as before makes them again, where the "
            "version is another with --force"
        ) from None


def _summarised(comparison: Comparison) -> pd.DataFrame:
    """Return a row per scenario with what matters most, on 1 January of the last year.

    Gains are in fte of supply, of the targets or, where a scenario has none, of the nation (`aim` tells), and so is
    the vacancy rate: `vacancy_rate` is its difference, and `_without` and `_with` are what rate and shortage (fte) are.
    `chance_better` and `chance_same` are the shares of pairs in which their shortage is less, or the same,
    `pairs_for_1_fte` the pairs with which the gain is known to 1 fte.
    """
    frame, money = comparison.read("displacement", year=comparison.results.last_year), comparison.costs
    last = frame[frame["region_code"].isna() & frame["quantity"].isin([SUPPLY, SHORTAGE, RATE])]
    told = {(row["scenario"], row["quantity"], row["group"]): row for row in last.to_dict("records")}
    money = money[(money["lever"] == costs.ALL) & money["year"].isna()]
    price = {(row["scenario"], row["quantity"]): row for row in money.to_dict("records")}
    rows: list[dict[str, Any]] = []
    for scenario in comparison.scenarios:
        aim = TARGET if (scenario, SUPPLY, TARGET) in told else WHOLE
        gain, less = told[scenario, SUPPLY, aim], told[scenario, SHORTAGE, aim]
        rate = told[scenario, RATE, aim]
        needs = {"shortage": less, "vacancy_rate": rate}
        row = {"scenario": scenario, **{key: gain[key] for key in comparison.keys}, "aim": aim}
        for name, group in (("gain", aim), *((one, one) for one in (NEIGHBOURS, REST, WHOLE))):
            found = told.get((scenario, SUPPLY, group), {})
            row |= {f"{name}{end}": found.get(key, np.nan) for end, key in ENDS.items()}
        row |= {
            "less_shortage": -less["difference"],
            "less_shortage_low": -less["high"],
            "less_shortage_high": -less["low"],
            **{f"{name}_without": found["mean_baseline"] for name, found in needs.items()},
            **{f"{name}_with": found["mean_scenario"] for name, found in needs.items()},
            **{f"vacancy_rate{end}": rate[key] for end, key in ENDS.items()},
            "chance_better": less["share_better"],
            "chance_same": less["share_same"],
            "gain_sd": gain["sd"],
            "without": gain["mean_baseline"],
            "pairs": gain["pairs"],
            "variance_ratio": gain["variance_ratio"],
            "pairs_for_1_fte": paired.pairs_needed(gain["sd"], 1.0),
        }
        for name, quantity in MONEY.items():
            found = price[scenario, quantity]
            row |= {f"{name}{end}": found[key] for end, key in zip(ENDS, ("value", "low", "high"), strict=True)}
        rows.append(row | {"note": price[scenario, "cost_per_gain"]["note"]})
    return pd.DataFrame(rows)
