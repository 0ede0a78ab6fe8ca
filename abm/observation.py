"""Observation: how indicators follow from GPs and practices, and what a gap between demand and supply shows as."""

from __future__ import annotations

import math
from collections.abc import Iterator
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
SHARES = (*ROLES, "women", "55plus", "60plus")
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
    gps, rows, places = state.gps, state.working.rows, state.working.posts

    supply = _with_nation(state.supply, state.fte.sum())
    persons = _with_nation(by_region(places, places.share, n), len(rows))
    demand = _with_nation(demand)
    inhabitants = _with_nation(regions.inhabitants[t])
    shortage = demand - supply
    vacancies = _with_nation(curves.vacancies.vacancies(demand[:-1], supply[:-1]))
    new = (gps.registered.take(rows) > state.year - RECENT_YEARS) & (gps.site.take(rows) != NOWHERE)
    of_new = places.of(new)
    recent = _with_nation(by_region(of_new, of_new.share, n), new.sum())
    leaving = by_region(places, places.divide(state.leaves_in_five), n)
    leaving = _with_nation(leaving, state.leaves_in_five.sum())
    outflow = _ratio(leaving, persons)
    alumni = _ratio(_ratio(recent, recent[-1:]), _ratio(supply, supply[-1:]))
    found = {
        "supply_fte": supply,
        "supply_persons": persons,
        "demand_fte": demand,
        "shortage_fte": shortage,
        "shortage_persons": shortage * _ratio(persons[-1:], supply[-1:]),
        "vacancies_fte": vacancies,
        "vacancy_rate": _ratio(vacancies, supply),
        "coverage": _ratio(supply, demand),
        "inhabitants": inhabitants,
        "fte_per_10k": _ratio(supply, inhabitants) * PER_INHABITANTS,
        "persons_per_10k": _ratio(persons, inhabitants) * PER_INHABITANTS,
        "inhabitants_per_fte": _ratio(inhabitants, supply),
        "outflow_5y": outflow,
        "alumni_ratio": alumni,
        "position": _ratio(alumni, _ratio(outflow, outflow[-1:])),
        "demand_demography_fte": _with_nation(demography),
    }
    found |= _by_class(state, n)
    found[f"supply_persons{EACH}"] = np.add.reduce([found[f"persons_{role}{EACH}"] for role in ROLES])
    found["persons_55plus"] = found["persons_55_59"] + found["persons_60plus"]
    parts = _ratio(np.array([found[f"persons_{name}"] for name in SHARES]), persons)
    found |= {f"share_{name}": part for name, part in zip(SHARES, parts, strict=True)}
    found |= dict(_flows(gps, regions, happened))
    found |= dict(_of_practices(state, n, curves.lists, happened))
    return {name: found[name] for name in NAMES}


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
    cell = kind.astype(np.intp).take(places.who) * n + places.region
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


def _of_practices(state: State, n: int, curves: ListCurves, happened: Year | None) -> Iterator[tuple[str, FloatArray]]:
    there = state.practices
    open_, region = there.runs, there.region

    def count(weights: FloatArray) -> FloatArray:
        return _with_nation(np.bincount(region, weights, n))

    practices = count(open_.astype(float))
    yield "practices", practices
    yield "unfilled_places", count(state.unfilled.astype(float))
    yield "mean_list", _ratio(count(there.patients), practices)
    yield "share_patient_stop", _ratio(count(curves.stops(there.workload) * open_), practices)
    yield "without_gp", _with_nation(state.without_gp)
    if happened is None:
        yield "closures", np.full(n + 1, np.nan)
        yield "share_succession_found", np.full(n + 1, np.nan)
        return
    events = (happened.closed, happened.found, happened.not_found)
    closed, found, not_found = (_with_nation(np.bincount(region[of], minlength=n)) for of in events)
    yield "closures", closed
    yield "share_succession_found", _ratio(found, found + not_found)


def pyramid(state: State, n: int) -> FloatArray:
    """Return GPs by region, sex and age group of `AGES`, shape (2, R, 2, ages).

    First with locums of several regions divided over these, then with them counted in each.
    """
    working, places = state.working, state.working.posts
    group = sum((working.age >= start).astype(np.int8) for start in AGES if start)
    shape = (n, len(SEXES), len(AGES))
    cell = np.ravel_multi_index((places.region, working.sex[places.who], group[places.who]), shape)
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


def _flows(gps: Population, regions: Regions, happened: Year | None) -> Iterator[tuple[str, FloatArray]]:
    n = len(regions)
    if happened is None:
        for name in ("inflow_persons", "share_stay_training_region", "share_stay_training_province"):
            yield name, np.full(n + 1, np.nan)
        return

    def count(region: npt.NDArray[np.integer]) -> FloatArray:
        return np.bincount(region, minlength=n).astype(np.float64)

    inflow = _with_nation(count(gps.region[np.concatenate([happened.graduates, happened.arrivals])]))
    inflow[:-1] += count(gps.region[happened.moved])
    yield "inflow_persons", inflow
    trained_in = regions.site_region[gps.site[happened.graduates]]
    works_in = gps.region[happened.graduates]
    province = regions.province
    trained = _with_nation(count(trained_in))
    stayed = trained_in[trained_in == works_in]
    nearby = trained_in[province[trained_in] == province[works_in]]
    yield "share_stay_training_region", _ratio(_with_nation(count(stayed)), trained)
    yield "share_stay_training_province", _ratio(_with_nation(count(nearby)), trained)


def _with_nation(by_region: npt.NDArray[Any], nation: float | None = None) -> FloatArray:
    """Return regions and nation, which is their sum unless given."""
    both = np.empty(len(by_region) + 1)
    both[:-1] = by_region
    both[-1] = by_region.sum() if nation is None else nation
    return both


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a / np.where(b == 0, np.nan, b))
