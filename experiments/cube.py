"""Stored results as arrays by scenario, replication, year and region: what comparisons are computed from.

One column of a table is in memory at a time, of as many scenarios as `blocks` puts together; flows are read a row
group at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.arrays import FloatArray, IntArray
from experiments.errors import InputError
from experiments.store import Results

Keys = Mapping[str, pa.ChunkedArray]

TEXTS = {
    "regions": ["scenario", "region_code"],
    "national": ["scenario"],
    "flows": ["scenario", "region_code", "flow"],
}
"""Columns of each table that are read as numbers with a list of texts."""
MOST_VALUES = 5_000_000
"""Numbers of one column that are taken into memory at a time: 40 MB, and as much again for each step with them."""


@dataclass(frozen=True)
class Axes:
    """What results hold: N replications, Y years, R regions, each in order."""

    replications: int
    years: IntArray
    codes: tuple[str, ...]
    names: tuple[str, ...]


def axes(results: Results) -> Axes:
    """Return the axes of results; raises `InputError` where scenarios do not end in the same year."""
    runs = results.manifest["runs"]
    done = {run["scenario"]: run["replication"] for run in reversed(runs) if run["status"] == "done"}
    ends = {name: results.manifest["scenarios"][name]["parameters"]["end_year"] for name in done}
    if len(set(ends.values())) > 1:
        told = ", ".join(f"{name} in {year}" for name, year in ends.items())
        raise InputError(f"end_year: found scenarios that end in different years ({told}); give all one with --until")
    scenario, replication = next(iter(done.items()))
    columns = ["year", "region_code", "region_name"]
    one = results.read("regions", columns, scenario=scenario, replication=replication)
    regions = one[one["year"] == one["year"].iloc[0]]
    return Axes(
        max(run["replication"] for run in runs) + 1,
        np.unique(one["year"].to_numpy()).astype(np.int64),
        tuple(regions["region_code"]),
        tuple(regions["region_name"]),
    )


class Cube:
    """The results of some scenarios; S is their number, NaN stands for runs and values that are not there."""

    def __init__(self, results: Results, scenarios: Sequence[str]) -> None:
        """Open the results of these scenarios."""
        self.results = results
        self.scenarios = tuple(scenarios)
        self.axes = axes(results)
        self._files = {
            name: pq.ParquetFile(results.folder / f"{name}.parquet", read_dictionary=texts)
            for name, texts in TEXTS.items()
        }
        self._places = {name: self._place(self._keys(name)) for name in ("regions", "national")}

    def by_region(self, indicator: str) -> FloatArray:
        """Return an indicator by region, shape (S, N, Y, R)."""
        return self._column("regions", indicator, (*self._shape, len(self.axes.codes)))

    def of_nation(self, indicator: str) -> FloatArray:
        """Return an indicator of the nation, shape (S, N, Y)."""
        return self._column("national", indicator, self._shape)

    def flows(self, names: Sequence[str], quantity: str, by_region: bool = True) -> dict[str, FloatArray]:
        """Return the persons or fte of some flows, each (S, N, Y, R), or (S, N, Y): 0 for nothing, NaN without a run.

        The year is that on whose 1 January the flow of the year before was counted.
        """
        there = np.where(np.isnan(self.of_nation("supply_fte")), np.nan, 0.0)
        if by_region:
            there = np.repeat(there[..., None], len(self.axes.codes), axis=-1)
        found = {name: there.copy() for name in names}
        keys = ["scenario", "replication", "year", *(["region_code"] if by_region else [])]
        file = self._files["flows"]
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=[*keys, "flow", quantity])
            place, here = self._place({name: table[name] for name in keys})
            flow, amount = _positions(table["flow"], names)[here], table[quantity].to_numpy()[here]
            for index, name in enumerate(names):
                np.add.at(found[name].reshape(-1), place[flow == index], amount[flow == index])
        return found

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self.scenarios), self.axes.replications, len(self.axes.years)

    def _keys(self, table: str) -> Keys:
        names = ["scenario", "replication", "year", *(["region_code"] if table == "regions" else [])]
        found = self._files[table].read(columns=names)
        return {name: found[name] for name in names}

    def _place(self, keys: Keys) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Return where in an array each row goes that is of these scenarios, and which rows those are."""
        scenario = _positions(keys["scenario"], self.scenarios)
        here = scenario >= 0
        shape: tuple[int, ...] = self._shape
        place = [scenario, keys["replication"].to_numpy(), keys["year"].to_numpy() - self.axes.years[0]]
        if "region_code" in keys:
            shape = (*shape, len(self.axes.codes))
            place.append(_positions(keys["region_code"], self.axes.codes))
        return np.ravel_multi_index(tuple(axis[here] for axis in place), shape), here

    def _column(self, table: str, name: str, shape: tuple[int, ...]) -> FloatArray:
        place, here = self._places[table]
        values = np.full(shape, np.nan)
        values.reshape(-1)[place] = self._files[table].read(columns=[name])[name].to_numpy()[here]
        return values


def blocks(results: Results, scenarios: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Split scenarios such that one column of a block, and a scenario to compare it with, fits in memory."""
    there = axes(results)
    each = there.replications * len(there.years) * len(there.codes)
    size = max(1, MOST_VALUES // each - 1)
    for first in range(0, len(scenarios), size):
        yield tuple(scenarios[first : first + size])


def _positions(column: pa.ChunkedArray, known: Sequence[str]) -> IntArray:
    """Return the place of each text among the known ones, -1 for others; the column is dictionary-encoded."""
    place = {text: index for index, text in enumerate(known)}
    found = [np.empty(0, dtype=np.int64)]
    for chunk in column.chunks:
        of_text = np.array([place.get(text, -1) for text in chunk.dictionary.to_pylist()], dtype=np.int64)
        found.append(of_text[chunk.indices.to_numpy()])
    return np.concatenate(found)
