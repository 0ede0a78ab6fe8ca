"""What happens to GPs and practices, counted by year, region and training site."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from abm.population import NOWHERE
from abm.randomness import FloatArray
from regions import Regions
from regions.people import ROLES

IntArray = npt.NDArray[np.int64]

# What the flows count: GPs, but for the last four, which count places of holders and practices.
FLOWS = (
    "graduation", "arrival", "move_in", "move_out", *(f"move_out_{role}" for role in ROLES), "retirement", "exit",
    "to_holder", "from_holder", "to_fixed_locum",
    "succession_found", "succession_not_found", "practice_closed", "practice_without_holder",
)  # fmt: skip
REACHED = "reached:"  # with the name of a lever: whom it reached in a year, for its cost


@dataclass(frozen=True)
class _Entry:
    """One flow as it was recorded: `cell` (region and site) and `fte` of each it concerns, who counts for `persons`."""

    flow: str
    cell: npt.NDArray[np.integer]
    fte: FloatArray
    persons: float


class Flows:
    """The flows of a run: those of the year that goes on one by one, those of earlier years added up."""

    def __init__(self, regions: Regions) -> None:
        """Begin without any."""
        self._regions = regions
        self._shape = len(regions), len(regions.sites) + 1  # the last site is none
        self._year: list[_Entry] = []
        self._years: list[tuple[int, list[str], IntArray, FloatArray, FloatArray]] = []

    def record(
        self,
        flow: str,
        region: npt.NDArray[np.integer],
        fte: FloatArray,
        site: npt.NDArray[np.integer] | None = None,
        persons: float = 1.0,
    ) -> None:
        """Add GPs, practices or places (n,) to a flow of this year, by region and, if given, by training site."""
        sites = np.int64(self._shape[1])  # regions have 16 bits, which cells may not fit
        cell = region * sites + (NOWHERE if site is None else site) % sites
        self._year.append(_Entry(flow, cell, fte, persons))

    def end_year(self, year: int) -> None:
        """Add up what was recorded in the year that ends on 1 January of `year`."""
        flows = [entry.flow for entry in self._year]
        size = [len(entry.cell) for entry in self._year]
        first = np.repeat(np.arange(len(flows)) * math.prod(self._shape), size)
        cell = first + np.concatenate([entry.cell for entry in self._year])
        persons = np.repeat([entry.persons for entry in self._year], size)
        fte = np.concatenate([entry.fte for entry in self._year])
        there = np.flatnonzero(np.bincount(cell))
        in_persons, in_fte = (np.bincount(cell, of)[there].astype(np.float64) for of in (persons, fte))
        self._years.append((year, flows, there, in_persons, in_fte))
        self._year = []

    def table(self) -> pd.DataFrame:
        """Return what happened, long: year, region_code, flow, site (empty if not by site), persons, fte."""
        codes, names = np.array(self._regions.codes), np.array([*(site.name for site in self._regions.sites), ""])
        nothing = np.empty(0)
        rows = [(nothing.astype(np.int64), codes[:0], np.array(FLOWS)[:0], names[:0], nothing, nothing)]
        for year, flows, cell, persons, fte in self._years:
            number, region, site = np.unravel_index(cell, (len(flows), *self._shape))
            rows.append((np.full(len(cell), year), codes[region], np.array(flows)[number], names[site], persons, fte))
        columns = ("year", "region_code", "flow", "site", "persons", "fte")
        return pd.DataFrame(dict(zip(columns, map(np.concatenate, zip(*rows, strict=True)), strict=True)))
