"""A finished run seen as tables: states and flows as arrays by year and region, which measures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import abm
from abm.population import NOWHERE, Status
from experiments.arrays import FloatArray, IntArray
from regions import Regions

FIRST = 5
"""Years after the base year that stand for the present: rates and graduates are those of these years."""
LATER = 10


@dataclass(frozen=True)
class Seen:
    """A finished run. Years count from the base year, 0; years after the end of the run are NaN."""

    model: abm.SettlementModel

    @property
    def regions(self) -> Regions:
        """The regions of the run."""
        return self.model.regions

    @property
    def years(self) -> int:
        """Years that were simulated."""
        return self.model.t

    @cached_property
    def _results(self) -> pd.DataFrame:
        return self.model.results()

    def state(self, name: str) -> FloatArray:
        """Return an indicator on 1 January by year and region, shape (years, R); at least `LATER` + 1 years."""
        by_year = self._results[name].to_numpy(dtype=np.float64).reshape(-1, len(self.regions))
        return np.pad(by_year, ((0, max(0, LATER - self.years)), (0, 0)), constant_values=np.nan)

    @cached_property
    def _flows(self) -> pd.DataFrame:
        return self.model.flows()

    @cached_property
    def _cells(self) -> tuple[dict[str, int], npt.NDArray[Any], IntArray, IntArray]:
        """Return the numbers of the flows by name, and flow, year and region of every row of the flows."""
        flow, names = pd.factorize(self._flows["flow"])
        region = pd.Index(self.regions.codes).get_indexer(pd.Index(self._flows["region_code"]))
        year = self._flows["year"].to_numpy() - self.regions.base_year
        return {str(name): i for i, name in enumerate(names)}, flow, year, region

    def flow(self, name: str, years: int = FIRST, unit: str = "persons") -> FloatArray:
        """Return a flow by region, summed over the first years, shape (R,)."""
        if years > self.years:
            return np.full(len(self.regions), np.nan)
        numbers, flow, year, region = self._cells
        rows = (flow == numbers.get(name, NOWHERE)) & (year <= years)
        return np.bincount(region[rows], self._flows[unit].to_numpy()[rows], len(self.regions)).astype(np.float64)

    @cached_property
    def graduates(self) -> FloatArray:
        """Graduates of the first years by training site and the region where they started, shape (S, R)."""
        shape = (len(self.regions.sites), len(self.regions))
        if self.years < FIRST:
            return np.full(shape, np.nan)
        numbers, flow, year, region = self._cells
        rows = (flow == numbers.get("graduation", NOWHERE)) & (year <= FIRST)
        site = pd.Index([s.name for s in self.regions.sites]).get_indexer(pd.Index(self._flows["site"][rows]))
        cell = site * shape[1] + region[rows]
        persons = self._flows["persons"].to_numpy()[rows]
        return np.bincount(cell, persons, shape[0] * shape[1]).reshape(shape).astype(np.float64)

    @cached_property
    def started(self) -> FloatArray:
        """Graduates of the first years by region, shape (R,)."""
        return np.asarray(self.graduates.sum(axis=0))

    @cached_property
    def province(self) -> npt.NDArray[np.str_]:
        """Province of each region, shape (R,)."""
        return np.array([m.province for m in self.regions.members])

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Region codes, then provinces."""
        return (*self.regions.codes, *np.unique(self.province[self.province != ""]).tolist())

    @cached_property
    def within(self) -> FloatArray:
        """Which regions (columns) lie in each place (rows), 1 or 0, shape (P, R)."""
        provinces = [self.province == name for name in self.places[len(self.regions) :]]
        return np.vstack([np.eye(len(self.regions)), *provinces]).astype(np.float64)

    def by_place(self, of_regions: FloatArray) -> FloatArray:
        """Return sums over regions by place: (P,) of (R,), (years, P) of (years, R)."""
        return np.asarray(of_regions @ self.within.T)

    @cached_property
    def institutes(self) -> tuple[str, ...]:
        """Institutes in the order of their first site."""
        return tuple(dict.fromkeys(site.institute for site in self.regions.sites))

    @cached_property
    def of_institute(self) -> FloatArray:
        """Which sites (columns) belong to each institute (rows), 1 or 0, shape (I, S)."""
        names = [site.institute for site in self.regions.sites]
        return np.array([[float(name == institute) for name in names] for institute in self.institutes])

    @cached_property
    def supplied(self) -> FloatArray:
        """Graduates of the first years by place where they started and institute, shape (P, I)."""
        return np.asarray(self.by_place(self.of_institute @ self.graduates).T)

    @cached_property
    def working(self) -> IntArray:
        """Rows of the GPs at work at the end of the run."""
        return self.model.population.rows(Status.WORKING)
