"""Observation: how indicators follow from GPs and practices, and what a gap between demand and supply shows as."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from abm.indicators import AGE_CLASSES, AGES, BLOCKS, EACH, NAMES, RECENT_YEARS
from abm.population import NOWHERE, AtWork, Population, Posts
from abm.practices import ListCurves, Practices
from abm.randomness import FloatArray
from regions.people import ROLES, SEXES

if TYPE_CHECKING:
    from regions import Regions

IntArray = npt.NDArray[np.int64]

PER_INHABITANTS = 10_000
# Indicators that are one number over another, of those below or in `collect`.
RATIOS = {
    "vacancy_rate": ("vacancies_fte", "supply_fte"),
    "coverage": ("supply_fte", "demand_fte"),
    "fte_per_10k": ("supply_fte", "inhabitants"),
    "persons_per_10k": ("supply_persons", "inhabitants"),
    "inhabitants_per_fte": ("inhabitants", "supply_fte"),
    "outflow_5y": ("leaving", "supply_persons"),
    **{f"share_{name}": (f"persons_{name}", "supply_persons") for name in (*ROLES, "women", "55plus", "60plus")},
    "mean_list": ("patients", "practices"),
    "share_patient_stop": ("stopping", "practices"),
    "share_succession_found": ("found", "sought"),
    "share_stay_training_region": ("stayed", "trained"),
    "share_stay_training_province": ("nearby", "trained"),
}
# The ways of dividing GPs, and the columns of each, one unit after another: persons, fte, persons in every region.
WAYS = (tuple(ROLES), tuple(SEXES), tuple(AGE_CLASSES), tuple(f"block_{name}" for name in BLOCKS))
COLUMNS = [
    [of_unit.format(name) for of_unit in ("persons_{}", "fte_{}", f"persons_{{}}{EACH}") for name in names]
    for names in WAYS
]


@dataclass(frozen=True)
class Year:
    """What happened in a year. None in the base year.

    Rows of GPs: who started after training or from abroad, and who moved. Practices by row: those that found a
    successor (one entry per place), places that did not, and those that closed.
    """

    graduates: IntArray
    arrivals: IntArray
    moved: IntArray
    found: IntArray
    not_found: IntArray
    closed: IntArray


@dataclass(frozen=True)
class VacancyCurve:
    """Vacancies V = S tau ln(1 + exp((b - c) / tau)) with b = demand over supply minus one; never negative."""

    softness: float
    cut: float

    def vacancies(self, demand: FloatArray, supply: FloatArray) -> FloatArray:
        """Return vacancies in fte by region."""
        gap = np.divide(demand - supply, supply, out=np.zeros_like(supply), where=supply > 0)
        by_curve = supply * self.softness * np.logaddexp(0, (gap - self.cut) / self.softness)
        return np.where(supply > 0, by_curve, demand)  # without any GP, all demand is vacant


def vacancy_curve(softness: float, demand: FloatArray, supply: FloatArray, unmet: float) -> VacancyCurve:
    """Return the curve under which the base year's vacancies sum to the published unmet demand in fte.

    Where regions without any GP need more than that already, there are no vacancies elsewhere.
    """
    staffed = supply > 0
    left = unmet - float(demand[~staffed].sum())
    if left <= 0:
        return VacancyCurve(softness, np.inf)

    def miss(cut: float) -> float:
        return float(VacancyCurve(softness, cut).vacancies(demand, supply).sum() - unmet)

    # x < ln(1 + exp(x)) < exp(x) bounds the cut from both sides; the softness more is for rounding.
    gap, total = demand[staffed] / supply[staffed] - 1, float(supply.sum())
    low = float(gap.min()) - left / total - softness
    high = float(gap.max()) + softness * max(0.0, float(np.log(total * softness / left))) + softness
    return VacancyCurve(softness, float(brentq(miss, low, high)))


@dataclass(frozen=True)
class Curves:
    """What a gap between demand and supply shows as; all are fitted to the base year of the run."""

    vacancies: VacancyCurve
    lists: ListCurves


@dataclass(frozen=True)
class State:
    """The GPs at work on 1 January, as seen by the indicators.

    `fte` (n,) of those `working`, `shared` the same by post; `supply` (R,) their sum by region; `leaves_in_five` (n,)
    each one's chance to leave within five years; `unfilled` (P,) open places; `without_gp` (R,) inhabitants on no list.
    """

    gps: Population
    working: AtWork
    fte: FloatArray
    shared: FloatArray
    supply: FloatArray
    leaves_in_five: FloatArray
    practices: Practices
    unfilled: IntArray
    without_gp: FloatArray
    year: int


def by_region(posts: Posts, shared: FloatArray, regions: int) -> FloatArray:
    """Return the sum by region of what GPs have at each of their posts (`Posts.divide`), shape (R,)."""
    return np.bincount(posts.region, shared, regions).astype(np.float64)


def collect(
    state: State,
    regions: Regions,
    t: int,
    demand: FloatArray,
    demography: FloatArray,
    curves: Curves,
    happened: Year | None,
) -> dict[str, FloatArray]:
    """Return every indicator by region with the nation as last entry, shape (R + 1,).

    `demand` (R,) in fte, and that of `demography` alone. Shares of nobody, and flows in the base year, are NaN.
    """
    n = len(regions)
    found = {
        "demand_fte": _with_nation(demand),
        "demand_demography_fte": _with_nation(demography),
        "inhabitants": _with_nation(regions.inhabitants[t]),
        "vacancies_fte": _with_nation(curves.vacancies.vacancies(demand, state.supply)),
        **_of_gps(state, n),
        **_by_class(state, n),
        **_flows(state.gps, regions, happened),
        **_of_practices(state, n, curves.lists, happened),
    }
    found[f"supply_persons{EACH}"] = np.add.reduce([found[f"persons_{role}{EACH}"] for role in ROLES])
    found["persons_55plus"] = found["persons_55_59"] + found["persons_60plus"]
    ratios = _ratio(*(np.array([found[name] for name in names]) for names in zip(*RATIOS.values(), strict=True)))
    found |= zip(RATIOS, ratios, strict=True)
    supply, persons, outflow = found["supply_fte"], found["supply_persons"], found["outflow_5y"]
    found["shortage_fte"] = found["demand_fte"] - supply
    found["shortage_persons"] = found["shortage_fte"] * _ratio(persons[-1:], supply[-1:])
    found["fte_per_10k"] *= PER_INHABITANTS
    found["persons_per_10k"] *= PER_INHABITANTS
    recent = found["recent"]
    found["alumni_ratio"] = alumni = _ratio(_ratio(recent, recent[-1:]), _ratio(supply, supply[-1:]))
    found["position"] = _ratio(alumni, _ratio(outflow, outflow[-1:]))
    return {name: found[name] for name in NAMES}


def _of_gps(state: State, n: int) -> dict[str, FloatArray]:
    gps, rows, places = state.gps, state.working.rows, state.working.posts
    new = (gps.registered.take(rows) > state.year - RECENT_YEARS) & (gps.site.take(rows) != NOWHERE)
    recent, leaving = (by_region(places, places.divide(of), n) for of in (new.astype(float), state.leaves_in_five))
    return {
        "supply_fte": _with_nation(state.supply, state.fte.sum()),
        "supply_persons": _with_nation(by_region(places, places.share, n), len(rows)),
        "recent": _with_nation(recent, new.sum()),
        "leaving": _with_nation(leaving, state.leaves_in_five.sum()),
    }


def _by_class(state: State, n: int) -> dict[str, FloatArray]:
    """Return GPs by each way of dividing them.

    They are counted once, by all ways together; each way is a margin of that table.
    """
    working, places = state.working, state.working.posts
    older = sum((working.age >= start).astype(np.int8) for start in AGE_CLASSES.values() if start)
    shape = [len(names) for names in WAYS]
    cells = math.prod(shape)
    kind = np.zeros(len(working), dtype=np.int16)
    for names, of_gps in zip(WAYS, (working.role, working.sex, older, working.block), strict=True):
        kind = kind * len(names) + of_gps
    cell = places.each(kind).astype(np.intp) * n + places.region
    regional = [np.bincount(cell, weights, cells * n) for weights in (places.share, state.shared, None)]
    everyone = np.bincount(kind, minlength=cells)
    national = [everyone, np.bincount(kind, state.fte, cells), everyone]
    table = np.concatenate([np.reshape(regional, (3, cells, n)), np.reshape(national, (3, cells, 1))], axis=2)
    table = table.reshape(3, *shape, n + 1)
    found: dict[str, FloatArray] = {}
    for way, columns in enumerate(COLUMNS, start=1):
        margin = table.sum(axis=tuple({1, 2, 3, 4} - {way}))
        found |= zip(columns, margin.reshape(-1, n + 1), strict=True)
    return found


def _of_practices(state: State, n: int, curves: ListCurves, happened: Year | None) -> dict[str, FloatArray]:
    there = state.practices
    open_, region = there.runs, there.region
    weights = {
        "practices": open_,
        "unfilled_places": state.unfilled,
        "patients": there.patients,
        "stopping": curves.stops(there.workload) * open_,
    }
    sums = [state.without_gp, *(np.bincount(region, of_each, n) for of_each in weights.values())]
    found = dict(zip(("without_gp", *weights), _with_nation(np.array(sums)), strict=True))
    if happened is None:
        return found | dict.fromkeys(("closures", "found", "sought"), np.full(n + 1, np.nan))
    events = [np.bincount(region[of], minlength=n) for of in (happened.closed, happened.found, happened.not_found)]
    closed, taken, left = _with_nation(np.array(events))
    return found | {"closures": closed, "found": taken, "sought": taken + left}


def pyramid(state: State, n: int) -> FloatArray:
    """Return GPs by region, sex and age group of `AGES`, shape (2, R, 2, ages).

    First with locums of several regions divided over these, then with them counted in each.
    """
    working, places = state.working, state.working.posts
    group = sum((working.age >= start).astype(np.int8) for start in AGES if start)
    shape = (n, len(SEXES), len(AGES))
    cell = np.ravel_multi_index((places.region, places.each(working.sex), places.each(group)), shape)
    counts = [np.bincount(cell, weight, int(np.prod(shape))).reshape(shape) for weight in (places.share, None)]
    return np.stack(counts).astype(np.float64)


def between(found: dict[str, FloatArray], high_vacancy_rate: float) -> dict[str, float]:
    """Return how unequal regions are: those above a vacancy rate, Gini of coverage, its range; NaN without regions."""
    coverage, demand = found["coverage"][:-1], found["demand_fte"][:-1]
    order = np.argsort(coverage)
    share = demand[order] / demand.sum()
    of_total = share * coverage[order]
    lorenz = np.concatenate([[0.0], np.cumsum(of_total / of_total.sum())]) if of_total.sum() > 0 else np.zeros(1)
    area = float((share * (lorenz[1:] + lorenz[:-1])).sum()) if len(lorenz) > 1 else np.nan
    return {
        "regions_high_vacancy": float((found["vacancy_rate"][:-1] > high_vacancy_rate).sum()),
        "gini_coverage": 1 - area,
        "range_coverage": float(coverage.max() - coverage.min()),
    }


def _flows(gps: Population, regions: Regions, happened: Year | None) -> dict[str, FloatArray]:
    n = len(regions)
    if happened is None:
        return dict.fromkeys(("inflow_persons", "trained", "stayed", "nearby"), np.full(n + 1, np.nan))
    trained_in = regions.site_region[gps.site[happened.graduates]]
    works_in = gps.region[happened.graduates]
    province = regions.province
    began = np.concatenate([works_in, gps.region[happened.arrivals]])
    stayed = trained_in[trained_in == works_in]
    nearby = trained_in[province[trained_in] == province[works_in]]
    sums = _with_nation(np.array([np.bincount(of, minlength=n) for of in (began, trained_in, stayed, nearby)]))
    found = dict(zip(("inflow_persons", "trained", "stayed", "nearby"), sums, strict=True))
    found["inflow_persons"][:-1] += np.bincount(gps.region[happened.moved], minlength=n)
    return found


def _with_nation(by_region: npt.NDArray[Any], nation: float | None = None) -> FloatArray:
    """Return regions and nation along the last axis; the nation is their sum unless given."""
    both = np.empty((*by_region.shape[:-1], by_region.shape[-1] + 1))
    both[..., :-1] = by_region
    both[..., -1] = by_region.sum(axis=-1) if nation is None else nation
    return both


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a / np.where(b == 0, np.nan, b))
