"""What is measured of a run to hold it against the evidence, and the table of that evidence.

Each measure is one small function of a finished run, seen as tables (`Seen`). `targets.csv` marks every evidence row
that the project uses as put in, fitted or tested, and says which measure it speaks about.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

import abm
from abm import practices
from abm.population import NOWHERE, Role, Status
from experiments.errors import InputError, nearest
from regions import Regions
from regions.tables import SHIPPED, read

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FIRST = 5
"""Years after the base year that stand for the present: rates and graduates are those of these years."""
LATER = 10
TAKEOVERS = 15
"""Years after registration in which a takeover counts for the time to takeover."""
NEAR_KM = 50.0
"""In and around a region: population-weighted distance at most, as the reach of locums."""

By = Literal["nation", "region", "place", "trained", "supply", "elsewhere"]


# A run seen as tables -----------------------------------------------------------------------------------------------


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
    def site_region(self) -> IntArray:
        """Region of each training site, shape (S,)."""
        return np.array([site.region for site in self.regions.sites])

    @cached_property
    def supplied(self) -> FloatArray:
        """Graduates of the first years by place where they started and institute, shape (P, I)."""
        return np.asarray(self.by_place(self.of_institute @ self.graduates).T)

    @cached_property
    def working(self) -> IntArray:
        """Rows of the GPs at work at the end of the run."""
        return self.model.population.rows(Status.WORKING)


def rank(values: FloatArray) -> FloatArray:
    """Return 1 for the highest value, 2 for the next, along the last axis; NaN for NaN."""
    above = (values[..., None, :] > values[..., :, None]).sum(axis=-1)
    return np.where(np.isnan(values), np.nan, 1.0 + above)


# The measures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """One measure: `of` gives a number, or an array of them with one for each of `keys`.

    `by` says for what: the nation; each region; each place (regions and provinces); `trained`, the nation, institutes
    and sites; `supply`, each place and institute. What is measured `elsewhere` is NaN in `measure`, and so is every
    measure of a run shorter than `years`.
    """

    name: str
    unit: str
    by: By
    years: int
    label_en: str
    label_nl: str
    meaning: str
    of: Callable[[Seen], FloatArray | float]

    def keys(self, seen: Seen) -> Iterator[str]:
        """Yield what the measure is called in `measure`, in the order of its values."""
        if self.by in ("nation", "elsewhere"):
            yield self.name
            return
        if self.by == "trained":
            yield self.name
        for part in _parts(self.by, seen):
            yield f"{self.name}[{part}]"


def _parts(by: By, seen: Seen) -> Iterator[str]:
    regions = seen.regions
    if by == "region":
        yield from regions.codes
    elif by == "place":
        yield from seen.places
    elif by == "trained":
        yield from (*seen.institutes, *(site.name for site in regions.sites))
    elif by == "supply":
        yield from (f"{place}|{institute}" for place in seen.places for institute in seen.institutes)


MEASURES: dict[str, Measure] = {}

Of = Callable[[Seen], FloatArray | float]


def _measure(
    name: str, unit: str, by: By, years: int, label_en: str, label_nl: str, meaning: str
) -> Callable[[Of], Of]:
    def enter(of: Of) -> Of:
        MEASURES[name] = Measure(name, unit, by, years, label_en, label_nl, meaning, of)
        return of

    return enter


def measure(model: abm.SettlementModel) -> dict[str, float]:
    """Return every measure of a finished run: name, name[REGION or PROVINCE], name[INSTITUTE or SITE], or
    name[REGION or PROVINCE|INSTITUTE]. NaN where the run is too short.
    """
    seen = Seen(model)
    found: dict[str, float] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for one in MEASURES.values():
            values = np.asarray(one.of(seen), dtype=np.float64).ravel().tolist()
            found.update(zip(one.keys(seen), values, strict=True))
    return found


# Where those who finish training settle


def _of_trained(seen: Seen, near: BoolArray) -> FloatArray:
    """Return the share of graduates who start in a region near their site: nation, institutes, sites.

    `near` (S, R) tells which regions are near which site.
    """
    sites = len(seen.regions.sites)
    group = np.vstack([np.ones(sites), seen.of_institute, np.eye(sites)])
    return np.asarray(group @ (seen.graduates * near).sum(axis=1) / (group @ seen.graduates.sum(axis=1)))


@_measure(
    "share_stay_training_province", "share", "trained", FIRST,
    "Graduates who start in the province of training", "Opgeleiden die in hun opleidingsprovincie beginnen",
    "of the graduates of the first five years, those who start in the province of their training site",
)  # fmt: skip
def _stay_in_province(seen: Seen) -> FloatArray:
    return _of_trained(seen, seen.province[seen.site_region][:, None] == seen.province)


@_measure(
    "share_stay_training_region", "share", "trained", FIRST,
    "Graduates who start in the region of training", "Opgeleiden die in hun opleidingsregio beginnen",
    "of the graduates of the first five years, those who start in the region of their training site",
)  # fmt: skip
def _stay_in_region(seen: Seen) -> FloatArray:
    return _of_trained(seen, seen.site_region[:, None] == np.arange(len(seen.regions)))


@_measure(
    "share_near_training", "share", "trained", FIRST,
    "Graduates who start in or around a region of their institute",
    "Opgeleiden die in of rond een regio van hun instituut beginnen",
    "of the graduates of the first five years, those who start within 50 km of a site of their institute",
)  # fmt: skip
def _near_training(seen: Seen) -> FloatArray:
    to_site = seen.regions.distance_km[:, seen.site_region].T <= NEAR_KM  # (S, R)
    return _of_trained(seen, seen.of_institute.T @ (seen.of_institute @ to_site) > 0)


@_measure(
    "share_trained", "share", "supply", FIRST,
    "Share of an institute among those who start here", "Aandeel van een instituut in wie hier begint",
    "of the graduates of the first five years who start in a place, those trained at an institute",
)  # fmt: skip
def _share_trained(seen: Seen) -> FloatArray:
    return np.asarray(seen.supplied / seen.supplied.sum(axis=1, keepdims=True))


@_measure(
    "rank_as_supplier", "rank", "supply", FIRST,
    "Rank of an institute among those who start here", "Rang van een instituut onder wie hier begint",
    "1 for the institute that trained most of the graduates of the first five years who start in a place",
)  # fmt: skip
def _rank_as_supplier(seen: Seen) -> FloatArray:
    return rank(seen.supplied)


@_measure(
    "graduates_go", "share", "supply", FIRST,
    "Graduates of an institute who start here", "Opgeleiden van een instituut die hier beginnen",
    "of an institute's graduates of the first five years, those who start in a place",
)  # fmt: skip
def _graduates_go(seen: Seen) -> FloatArray:
    return np.asarray(seen.supplied / (seen.of_institute @ seen.graduates).sum(axis=1))


@_measure(
    "over_represented", "ratio", "supply", FIRST,
    "Institute over-represented here", "Instituut hier oververtegenwoordigd",
    "share of an institute's graduates of the first five years who start in a place, over that of all graduates",
)  # fmt: skip
def _over_represented(seen: Seen) -> FloatArray:
    everyone = seen.by_place(seen.started) / seen.started.sum()
    return np.asarray(_graduates_go(seen) / everyone[:, None])


@_measure(
    "alumni_ratio", "ratio", "region", FIRST,
    "Recent graduates against fte", "Recent opgeleiden ten opzichte van fte",
    "share of the nation's graduates of the last five years over share of its fte, after five years",
)  # fmt: skip
def _alumni_ratio(seen: Seen) -> FloatArray:
    return seen.state("alumni_ratio")[FIRST]


@_measure(
    "popularity", "ratio", "region", FIRST,
    "Graduates who start here, against the most chosen region",
    "Opgeleiden die hier beginnen, ten opzichte van de meest gekozen regio",
    "graduates of the first five years who start in a region, over those in the region that most start in",
)  # fmt: skip
def _popularity(seen: Seen) -> FloatArray:
    return np.asarray(seen.started / seen.started.max())


@_measure(
    "rank_graduates", "rank", "region", FIRST,
    "Rank by graduates who start here", "Rang naar opgeleiden die hier beginnen",
    "1 for the region where most graduates of the first five years start",
)  # fmt: skip
def _rank_graduates(seen: Seen) -> FloatArray:
    return rank(seen.started)


@_measure(
    "rank_position", "rank", "region", FIRST,
    "Rank by popularity against expected outflow", "Rang naar populariteit ten opzichte van verwachte uitstroom",
    "1 for the best: share of the graduates of the first five years, as the source counts popularity, over the share "
    "of GPs expected in the base year to stop within five years",
)  # fmt: skip
def _rank_position(seen: Seen) -> FloatArray:
    return rank(seen.started / seen.state("outflow_5y")[0])


# Moves


def _moves(seen: Seen, *roles: str) -> float:
    """Return moves to another region per GP and year over the first years."""
    moves = sum(seen.flow(f"move_out_{role}").sum() for role in roles)
    at_risk = sum(seen.state(f"persons_{role}")[:FIRST].sum() for role in roles)
    return float(moves / at_risk)


@_measure(
    "move_rate_holder", "per year", "nation", FIRST,
    "Moves of practice holders", "Verhuizingen van praktijkhouders",
    "moves to another region in the first five years per practice holder and year",
)  # fmt: skip
def _move_rate_holder(seen: Seen) -> float:
    return _moves(seen, "holder")


@_measure(
    "move_rate_salaried", "per year", "nation", FIRST,
    "Moves of salaried GPs", "Verhuizingen van huisartsen in loondienst",
    "moves to another region in the first five years per salaried GP and year",
)  # fmt: skip
def _move_rate_salaried(seen: Seen) -> float:
    return _moves(seen, "salaried")


@_measure(
    "move_rate_locum", "per year", "nation", FIRST,
    "Moves of locums", "Verhuizingen van waarnemers",
    "moves of the home region in the first five years per fixed or changing locum and year",
)  # fmt: skip
def _move_rate_locum(seen: Seen) -> float:
    return _moves(seen, "fixed_locum", "changing_locum")


# Roles and practices


def _yearly_change(seen: Seen, *names: str) -> float:
    """Return the change per year of the nation's sum of indicators over the first years."""
    total = sum(seen.state(name).sum(axis=1) for name in names)
    return float((total[FIRST] - total[0]) / FIRST)


@_measure(
    "holders_change", "persons per year", "nation", FIRST,
    "Change of practice holders", "Verandering van praktijkhouders", "per year, over the first five years",
)  # fmt: skip
def _holders_change(seen: Seen) -> float:
    return _yearly_change(seen, "persons_holder")


@_measure(
    "salaried_and_fixed_change", "persons per year", "nation", FIRST,
    "Change of salaried GPs and fixed locums", "Verandering van hidha's en vaste waarnemers",
    "per year, over the first five years",
)  # fmt: skip
def _salaried_and_fixed_change(seen: Seen) -> float:
    return _yearly_change(seen, "persons_salaried", "persons_fixed_locum")


@_measure(
    "changing_locums_change", "persons per year", "nation", FIRST,
    "Change of changing locums", "Verandering van wisselende waarnemers", "per year, over the first five years",
)  # fmt: skip
def _changing_locums_change(seen: Seen) -> float:
    return _yearly_change(seen, "persons_changing_locum")


@_measure(
    "salaried_change", "persons per year", "nation", FIRST,
    "Change of salaried GPs", "Verandering van huisartsen in loondienst", "per year, over the first five years",
)  # fmt: skip
def _salaried_change(seen: Seen) -> float:
    return _yearly_change(seen, "persons_salaried")


@_measure(
    "locums_change", "persons per year", "nation", FIRST,
    "Change of locums", "Verandering van waarnemers", "fixed and changing, per year, over the first five years",
)  # fmt: skip
def _locums_change(seen: Seen) -> float:
    return _yearly_change(seen, "persons_fixed_locum", "persons_changing_locum")


@_measure(
    "share_holder_change", "percentage points per year", "nation", FIRST,
    "Change of the share of practice holders", "Verandering van het aandeel praktijkhouders",
    "share of working GPs, change per year over the first five years",
)  # fmt: skip
def _share_holder_change(seen: Seen) -> float:
    share = seen.state("persons_holder").sum(axis=1) / seen.state("supply_persons").sum(axis=1)
    return float(100 * (share[FIRST] - share[0]) / FIRST)


@_measure(
    "practices_change", "practices per year", "nation", FIRST,
    "Change of practices", "Verandering van huisartsenpraktijken", "per year, over the first five years",
)  # fmt: skip
def _practices_change(seen: Seen) -> float:
    return _yearly_change(seen, "practices")


@_measure(
    "share_succession_found", "share", "nation", FIRST,
    "Successor found within the year", "Opvolger gevonden binnen het jaar",
    "of the places for holders that were open in a year, those that were filled; first five years",
)  # fmt: skip
def _share_succession_found(seen: Seen) -> float:
    found, not_found = seen.flow("succession_found").sum(), seen.flow("succession_not_found").sum()
    return float(found / (found + not_found))


@_measure(
    "share_recent_locum", "share", "nation", FIRST,
    "Recent graduates who work as locum", "Recent opgeleiden die waarnemer zijn",
    "of the GPs at work at the end of the run who finished training in the last five years, fixed and changing locums",
)  # fmt: skip
def _share_recent_locum(seen: Seen) -> float:
    gps, rows = seen.model.population, seen.working
    if seen.years < FIRST:
        return np.nan
    recent = rows[(gps.registered[rows] > seen.model.year - FIRST) & (gps.site[rows] != NOWHERE)]
    return float((gps.role[recent] >= Role.FIXED_LOCUM).mean())


@_measure(
    "years_to_takeover", "years", "nation", TAKEOVERS + 1,
    "Years from registration to a practice", "Jaren van registratie tot een eigen praktijk",
    "mean over those who have one within fifteen years: from the shares of holders at the end of the run among GPs "
    "at work who finished training one to fifteen years before",
)  # fmt: skip
def _years_to_takeover(seen: Seen) -> float:
    if seen.years <= TAKEOVERS:
        return np.nan
    gps, rows = seen.model.population, seen.working[seen.model.population.site[seen.working] != NOWHERE]
    ago = seen.model.year - gps.registered[rows]
    rows, ago = rows[ago <= TAKEOVERS], ago[ago <= TAKEOVERS]
    holder = np.bincount(ago, gps.role[rows] == Role.HOLDER, TAKEOVERS + 1) / np.bincount(ago, minlength=TAKEOVERS + 1)
    holder[0] = 0.0
    # Who takes over in the k-th year did so k - 1/2 years after registration, on average.
    took_over = np.diff(holder)
    return float((np.arange(1, TAKEOVERS + 1) - 0.5) @ took_over / took_over.sum())


def _practice_form(seen: Seen, form: practices.Form) -> FloatArray:
    """Return the share of a form among the practices of a region that have a GP, at the end of the run."""
    there, gps = seen.model.practices, seen.model.population
    forms = practices.forms(there, gps)
    some = there.runs & (forms != practices.Form.NOBODY)
    n = len(seen.regions)
    return np.asarray(
        np.bincount(there.region[some & (forms == form)], minlength=n) / np.bincount(there.region[some], minlength=n)
    )


@_measure(
    "rank_solo_practices", "rank", "region", 0,
    "Rank by share of solo practices", "Rang naar aandeel solopraktijken",
    "1 for the region with the largest share of practices with one established GP, at the end of the run",
)  # fmt: skip
def _rank_solo(seen: Seen) -> FloatArray:
    return rank(_practice_form(seen, practices.Form.SOLO))


@_measure(
    "rank_group_practices", "rank", "region", 0,
    "Rank by share of group practices", "Rang naar aandeel groepspraktijken",
    "1 for the region with the largest share of practices with three or more established GPs, at the end of the run",
)  # fmt: skip
def _rank_group(seen: Seen) -> FloatArray:
    return rank(_practice_form(seen, practices.Form.GROUP))


@_measure(
    "mean_list", "patients per practice", "nation", 0,
    "Mean list", "Gemiddelde praktijkgrootte (ingeschrevenen)", "patients on the lists over practices in the base year",
)  # fmt: skip
def _mean_list(seen: Seen) -> float:
    return float(_patients(seen) / seen.state("practices")[0].sum())


@_measure(
    "patients_per_holder_fte", "patients per fte", "nation", 0,
    "Patients per full-time practice holder", "Patiënten per voltijds praktijkhouder",
    "patients on the lists over the fte of practice holders in the base year",
)  # fmt: skip
def _patients_per_holder(seen: Seen) -> float:
    return float(_patients(seen) / seen.state("fte_holder")[0].sum())


def _patients(seen: Seen) -> float:
    return float(np.nansum(seen.state("mean_list")[0] * seen.state("practices")[0]))


@_measure(
    "patient_stops_vs_nation", "percentage points", "place", 0,
    "Practices with a patient stop, against the nation", "Praktijken met een patiëntenstop, ten opzichte van het land",
    "share of practices in the base year minus the nation's",
)  # fmt: skip
def _patient_stops(seen: Seen) -> FloatArray:
    there = seen.state("practices")[0]
    stops = np.nan_to_num(seen.state("share_patient_stop")[0]) * there
    return np.asarray(100 * (seen.by_place(stops) / seen.by_place(there) - stops.sum() / there.sum()))


# Shortage and density


@_measure(
    "rank_shortage_5y", "rank", "region", FIRST,
    "Rank by vacancy rate after five years", "Rang naar vacaturegraad na vijf jaar", "1 for the highest vacancy rate",
)  # fmt: skip
def _rank_shortage_first(seen: Seen) -> FloatArray:
    return rank(seen.state("vacancy_rate")[FIRST])


@_measure(
    "rank_shortage_10y", "rank", "region", LATER,
    "Rank by vacancy rate after ten years", "Rang naar vacaturegraad na tien jaar", "1 for the highest vacancy rate",
)  # fmt: skip
def _rank_shortage_later(seen: Seen) -> FloatArray:
    return rank(seen.state("vacancy_rate")[LATER])


def _shortage(seen: Seen) -> FloatArray:
    """Return shortage as a share of demand by year and place."""
    return np.asarray(1 - seen.by_place(seen.state("supply_fte")) / seen.by_place(seen.state("demand_fte")))


@_measure(
    "shortage_share", "share of demand", "place", 0,
    "Shortage", "Tekort", "demand minus supply over demand, in the base year",
)  # fmt: skip
def _shortage_share(seen: Seen) -> FloatArray:
    return np.asarray(_shortage(seen)[0])


@_measure(
    "shortage_growth_10y", "share of demand", "place", LATER,
    "Growth of the shortage", "Groei van het tekort", "shortage as a share of demand: after ten years minus base year",
)  # fmt: skip
def _shortage_growth(seen: Seen) -> FloatArray:
    shortage = _shortage(seen)
    return np.asarray(shortage[LATER] - shortage[0])


@_measure(
    "workload_range", "ratio", "nation", FIRST,
    "Differences in workload between regions", "Verschillen in werkdruk tussen regio's",
    "highest demand per fte of a region over the lowest, minus one; mean of the base year and five years",
)  # fmt: skip
def _workload_range(seen: Seen) -> float:
    workload = (seen.state("demand_fte") / seen.state("supply_fte"))[: FIRST + 1]
    return float((workload.max(axis=1) / workload.min(axis=1) - 1).mean())


@_measure(
    "demand_growth_vs_nation_10y", "share", "place", LATER,
    "Growth of demand, against the nation", "Groei van de vraag, ten opzichte van het land",
    "growth of demand in ten years minus the nation's",
)  # fmt: skip
def _demand_growth(seen: Seen) -> FloatArray:
    demand = seen.state("demand_fte")
    here, nation = seen.by_place(demand), demand.sum(axis=1)
    return np.asarray(here[LATER] / here[0] - nation[LATER] / nation[0])


# Those who leave


@_measure(
    "starters_per_leaver", "ratio", "place", FIRST,
    "Starters who do the work of one leaver", "Starters die het werk van één stopper doen",
    "mean fte of those who leave work over mean fte of the graduates who start, first five years",
)  # fmt: skip
def _starters_per_leaver(seen: Seen) -> FloatArray:
    def per_head(*flows: str) -> FloatArray:
        fte, persons = (sum(seen.flow(f, FIRST, unit) for f in flows) for unit in ("fte", "persons"))
        return seen.by_place(np.asarray(fte)) / seen.by_place(np.asarray(persons))

    return per_head("retirement", "exit") / per_head("graduation")


@_measure(
    "leavers_10y", "share", "place", LATER,
    "Left work within ten years", "Gestopt binnen tien jaar",
    "GPs who left work in ten years, those who came in between included, over GPs of the base year",
)  # fmt: skip
def _leavers(seen: Seen) -> FloatArray:
    left = seen.flow("retirement", LATER) + seen.flow("exit", LATER)
    return np.asarray(seen.by_place(left) / seen.by_place(seen.state("supply_persons")[0]))


# The workforce of the base year


def _in_workforce(seen: Seen, rows: BoolArray) -> FloatArray:
    """Return persons of the base year by region, shape (R,), in some rows of the workforce table."""
    force = seen.regions.workforce
    return np.bincount(force.region[rows], force.persons[rows], len(seen.regions)).astype(np.float64)


def _older(seen: Seen, age: int) -> FloatArray:
    """Return the odds of being of an age or older by place, over the nation's."""
    is_older = seen.regions.workforce.age >= age
    older, younger = _in_workforce(seen, is_older), _in_workforce(seen, ~is_older)
    return np.asarray(seen.by_place(older) / seen.by_place(younger) / (older.sum() / younger.sum()))


@_measure(
    "odds_55plus", "odds ratio", "place", 0,
    "GPs of 55 and over, against the nation", "Huisartsen van 55 jaar en ouder, ten opzichte van het land",
    "odds of being of that age in the base year, over the nation's",
)  # fmt: skip
def _odds_55plus(seen: Seen) -> FloatArray:
    return _older(seen, 55)


@_measure(
    "odds_60plus", "odds ratio", "place", 0,
    "GPs of 60 and over, against the nation", "Huisartsen van 60 jaar en ouder, ten opzichte van het land",
    "odds of being of that age in the base year, over the nation's",
)  # fmt: skip
def _odds_60plus(seen: Seen) -> FloatArray:
    return _older(seen, 60)


@_measure(
    "share_of_gps", "share", "place", 0,
    "Share of the nation's GPs", "Aandeel in de huisartsen van het land", "of the persons of the base year",
)  # fmt: skip
def _share_of_gps(seen: Seen) -> FloatArray:
    persons = _in_workforce(seen, seen.regions.workforce.age >= 0)
    return np.asarray(seen.by_place(persons) / persons.sum())


@_measure(
    "rank_fte", "rank", "region", 0,
    "Rank by share of fte", "Rang naar aandeel in de fte", "1 for the region with most fte in the base year",
)  # fmt: skip
def _rank_fte(seen: Seen) -> FloatArray:
    return rank(seen.state("supply_fte")[0])


@_measure(
    "share_holder_36_45", "share", "nation", 0,
    "Practice holders among GPs of 36 to 45", "Praktijkhouders onder huisartsen van 36 tot en met 45 jaar",
    "of the persons of these ages in the base year",
)  # fmt: skip
def _share_holder_36_45(seen: Seen) -> float:
    force = seen.regions.workforce
    ages = (force.age >= 36) & (force.age <= 45)
    return float(_in_workforce(seen, ages & (force.role == Role.HOLDER)).sum() / _in_workforce(seen, ages).sum())


# Measured elsewhere


@_measure(
    "early_move_ratio", "ratio", "elsewhere", FIRST,
    "Moves in the first years in a region, against later", "Verhuizingen in de eerste jaren in een regio, tegen later",
    "moving rate of locums in their first three years in a region over that of others; a finished run no longer shows "
    "how long movers had been there: `calibrate.observe` follows the steps",
)  # fmt: skip
def _early_move_ratio(seen: Seen) -> float:  # noqa: ARG001
    return np.nan


@_measure(
    "backcast", "as published", "elsewhere", 0,
    "Back-cast", "Terugblik", "run from 2013 on; what is compared, with figures, stands in `backcast/observed.csv`",
)  # fmt: skip
def _backcast(seen: Seen) -> float:  # noqa: ARG001
    return np.nan


# The evidence -------------------------------------------------------------------------------------------------------

TARGETS = Path(__file__).parent / "targets.csv"
PUT_IN, FITTED, TESTED = "put_in", "fitted", "tested"
USES = (PUT_IN, FITTED, TESTED)
COLUMNS = (
    "id", "also", "use", "measure", "region", "site", "target", "low", "high", "sd", "unit", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One row of `targets.csv`: an evidence row, what it is used for, and what a measure should be.

    `also` are evidence rows from which the target was made together with `id`. `region` is a code or a province,
    `site` an institute or site. With `low` or `high` all from one to the other is as good, and `target` is only the
    middle of it; else `target` is what is asked. `sd` is the tolerance, in the unit of the measure; chance in a run
    comes on top. What is put in has no measure: `note` tells in which table or parameter it is.
    """

    id: str
    also: tuple[str, ...]
    use: str
    measure: str
    region: str
    site: str
    target: float | None
    low: float | None
    high: float | None
    sd: float | None
    unit: str
    note: str

    @property
    def key(self) -> str:
        """What `measure` calls the number that this is about."""
        part = "|".join(part for part in (self.region, self.site) if part)
        return f"{self.measure}[{part}]" if part else self.measure

    def miss(self, value: FloatArray | float) -> FloatArray:
        """Return how far values are off, in the unit of the measure, negative when too low."""
        found = np.asarray(value, dtype=np.float64)
        low, high = (self.low, self.high) if (self.low, self.high) != (None, None) else (self.target, self.target)
        inside = np.clip(found, -np.inf if low is None else low, np.inf if high is None else high)
        return np.asarray(found - inside)

    def away(self, value: FloatArray | float) -> FloatArray:
        """Return how far values are off, in standard deviations of the tolerance, negative when too low."""
        return np.asarray(self.miss(value) / (np.nan if self.sd is None else self.sd))


def targets(path: Path = TARGETS) -> list[Target]:
    """Return the rows of the table; raises `InputError` for a row that is not right."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                names = ", ".join(reader.fieldnames or ())
                raise InputError(f"{path.name}: found the columns {names}; allowed are {', '.join(COLUMNS)}")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    found = []
    for line, row in rows:
        try:
            found.append(_target(row))
            _check(found[-1])
        except InputError as error:
            raise InputError(f"{path.name}, line {line} ({row['id']}): {error}") from None
    _check_uses(path.name, found)
    return found


def _target(row: Mapping[str, str]) -> Target:
    if None in row or None in row.values():
        raise InputError(f"found more or fewer cells than the {len(COLUMNS)} columns")

    def number(name: str) -> float | None:
        try:
            value = float(row[name]) if row[name] else None
        except ValueError:
            value = np.nan
        if value is not None and not np.isfinite(value):
            raise InputError(f"{name}: found {row[name]!r}, allowed is a number")
        return value

    return Target(
        id=row["id"], also=tuple(row["also"].split()), use=row["use"], measure=row["measure"],
        region=row["region"], site=row["site"], target=number("target"),
        low=number("low"), high=number("high"), sd=number("sd"), unit=row["unit"], note=row["note"],
    )  # fmt: skip


def _names(table: str, *columns: str) -> list[str]:
    """Return the values of columns of a shipped table, each once."""
    return sorted({str(value) for column in columns for value in read(SHIPPED, table)[column]})


def _check(row: Target) -> None:
    if row.use not in USES:
        raise InputError(f"use: found {row.use!r}, allowed is one of {', '.join(USES)}")
    if row.use == PUT_IN:
        if row.measure:
            raise InputError(f"measure: found {row.measure!r}; what is put in has none, its note tells where it is")
        if not row.note:
            raise InputError("note: found nothing, allowed is the table or parameter in which it is put")
        return
    if row.measure not in MEASURES:
        raise InputError(f"measure: found {row.measure!r}{nearest(row.measure, MEASURES)}")
    by = MEASURES[row.measure].by
    region, site = by in ("region", "place", "supply"), by == "supply" or (by == "trained" and bool(row.site))
    for name, value, needed in (("region", row.region, region), ("site", row.site, site)):
        if bool(value) != needed:
            asks = "one" if needed else "none"
            raise InputError(f"{name}: found {value!r}; the measure {row.measure} needs {asks}")
    if row.unit != MEASURES[row.measure].unit:
        raise InputError(f"unit: found {row.unit!r}, allowed is that of the measure: {MEASURES[row.measure].unit!r}")
    if row.measure == "backcast":
        if {row.target, row.low, row.high, row.sd} != {None}:
            raise InputError("found a number; those of the back-cast stand in backcast/observed.csv")
        return
    if row.sd is None or row.sd <= 0:
        raise InputError(f"sd: found {row.sd}, allowed is more than 0")
    if (row.target, row.low, row.high) == (None, None, None):
        raise InputError("found no target, low or high; what is fitted or tested has at least one")
    if row.use == FITTED and row.target is None:
        raise InputError("found no target; what is fitted has one")
    inside = [value for value in (row.low, row.target, row.high) if value is not None]
    if inside != sorted(inside):
        raise InputError(f"found low {row.low}, target {row.target}, high {row.high}, which are not in that order")


def _check_uses(name: str, rows: Sequence[Target]) -> None:
    """Check what can be wrong between rows, and that evidence, regions and sites exist."""
    evidence = set(_names("evidence", "id"))
    places, sites = _names("regions", "code", "province"), _names("training_sites", "site", "institute")
    use: dict[str, str] = {}
    said: set[tuple[str, str]] = set()
    for row in rows:
        for id_ in (row.id, *row.also):
            if id_ not in evidence:
                raise InputError(f"{name}: {id_} is no row of evidence.csv")
            if use.setdefault(id_, row.use) != row.use:
                raise InputError(f"{name}: {id_} is both {use[id_]} and {row.use}; allowed is one use")
        if row.region and row.region not in places:
            raise InputError(f"{name}: {row.id}: region {row.region} is not known{nearest(row.region, places)}")
        if row.site and row.site not in sites:
            raise InputError(f"{name}: {row.id}: site {row.site} is not known{nearest(row.site, sites)}")
        # What is fitted counts once for each measure, what is tested once for each piece of evidence.
        once = (row.use if row.use == FITTED else row.id, row.key)
        if once in said:
            raise InputError(f"{name}: {row.id}: {row.key} is {row.use} twice; allowed is once")
        said.add(once)
