"""What is told of a comparison: its figures, by scenario."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments import paired
from experiments.comparison_stored import Comparison
from experiments.cube import axes
from experiments.differences import SUPPLY, TARGET, WHOLE
from experiments.lookup import fewest_to_most
from experiments.store import Results

Row = dict[str, Any]


def end(results: Results, baseline: str, scenario: str, last: int) -> int:
    """Return the 1 January on which the last of the measures in which a scenario differs has ended, or `last`."""
    own, usual = (results.manifest["scenarios"][name]["parameters"]["levers"] for name in (scenario, baseline))
    return min(last, max((lever["last"] + 1 for lever in own if lever not in usual), default=last))


class Facts:
    """The figures of a comparison; years are those of 1 January."""

    def __init__(self, comparison: Comparison) -> None:
        """Take what is told of."""
        self.comparison = comparison
        self.manifest = comparison.results.manifest
        self.baseline, self.scenarios = comparison.baseline, comparison.scenarios
        self.summary = {str(row["scenario"]): row for row in records(comparison.summary)}
        there = axes(comparison.results)
        self.first, self.last = int(there.years[0]), int(there.years[-1])
        self.names = dict(zip(there.codes, there.names, strict=True))
        targets = comparison.read("displacement", year=self.last, quantity=SUPPLY, group=TARGET)
        named = targets[targets["region_code"].isin(self.names)]
        self._targets = named.groupby("scenario")["region_code"].agg(list).to_dict()
        self._displacement: dict[str, list[Row]] = {}
        self._costs: dict[str, list[Row]] = {}

    def targets(self, scenario: str) -> list[str]:
        """Return the names of a scenario's targets; none is the nation."""
        return [self.names[code] for code in self._targets.get(scenario, [])]

    def rows(self, scenario: str, quantity: str, year: int | None = None) -> list[Row]:
        """Return the rows of the displacement, of groups and of regions, in a year or in the last."""
        if scenario not in self._displacement:
            self._displacement[scenario] = records(self.comparison.read("displacement", scenario=scenario))
        year = self.last if year is None else year
        return [one for one in self._displacement[scenario] if one["quantity"] == quantity and one["year"] == year]

    def group(self, scenario: str, quantity: str, group: str, year: int | None = None) -> Row | None:
        """Return the row of a group of regions."""
        rows = self.rows(scenario, quantity, year)
        return next((row for row in rows if row["group"] == group and row["region_code"] not in self.names), None)

    def regions(self, scenario: str, quantity: str, group: str | None = None) -> list[Row]:
        """Return the rows of the regions, or of those of a group, in the last year."""
        rows = (row for row in self.rows(scenario, quantity) if row["region_code"] in self.names)
        return [row for row in rows if group in (None, row["group"])]

    def aim(self, scenario: str) -> str:
        """Return which group a scenario aims at: its targets, or the nation."""
        return TARGET if self._targets.get(scenario) else WHOLE

    def costs(self, scenario: str, *, by_year: bool = False) -> list[Row]:
        """Return the rows of the costs: those of the whole run, or by calendar year."""
        if scenario not in self._costs:
            self._costs[scenario] = records(self.comparison.read("costs", scenario=scenario))
        return [row for row in self._costs[scenario] if pd.notna(row["year"]) == by_year]

    def other_intake(self, scenario: str) -> bool:
        """Whether a scenario trains another number of GPs than the baseline."""
        own, usual = (self.manifest["scenarios"][name]["parameters"] for name in (scenario, self.baseline))
        return any(own[key] != usual[key] for key in ("intake", "intake_current"))

    def end(self, scenario: str) -> int:
        """Return the 1 January on which the last of the measures in which a scenario differs has ended, or the last."""
        return end(self.comparison.results, self.baseline, scenario, self.last)

    def end_early(self) -> bool:
        """Whether the measures of any scenario end before the run does."""
        return any(self.end(scenario) < self.last for scenario in self.summary)

    def pairs(self) -> str:
        """Return the number of pairs, or the fewest and the most."""
        return fewest_to_most(int(row["pairs"]) for row in self.summary.values())

    def half_width(self, scenario: str) -> float:
        """Return half the interval of the gain, in fte."""
        row = self.summary[scenario]
        return float(paired.half_width(row["gain_sd"], row["pairs"]))


def shown(row: Row, name: str = "") -> bool:
    """Return whether the interval of a difference leaves zero out; `name` stands before the ends of a summary's."""
    low, high = (row[f"{name}_{end}" if name else end] for end in ("low", "high"))
    return bool(low > 0 or high < 0)


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a table."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def in_doubt(row: Row) -> bool:
    """Return whether there is a difference in some pairs, and none on average that chance could not have made."""
    return not shown(row) and bool(np.isfinite(row["low"])) and not row["low"] == row["high"] == 0
