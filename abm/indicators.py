"""Indicators by region and for the nation: what they are called, their unit, and how they follow from the GPs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from abm.population import NOWHERE, WOMEN, Population, Role
from abm.randomness import FloatArray

if TYPE_CHECKING:
    from regions import Regions

IntArray = npt.NDArray[np.int64]
Kind = Literal["sum", "flow", "rate"]

RECENT_YEARS = 5  # graduates of the last five years count as recent; outflow is expected over as many
PER_INHABITANTS = 10_000


@dataclass(frozen=True)
class Indicator:
    """One column of the results.

    A `sum` adds up over regions; so does a `flow`, but for the moves between them; a `rate` does not.
    """

    name: str
    unit: str
    kind: Kind
    label_en: str
    label_nl: str
    meaning: str


INDICATORS: tuple[Indicator, ...] = (
    Indicator("supply_fte", "fte", "sum", "GPs at work (fte)", "Werkzame huisartsen (fte)", "fte of all working GPs"),
    Indicator(
        "supply_persons",
        "persons",
        "sum",
        "GPs at work",
        "Werkzame huisartsen",
        "working GPs, each counted once, in the home region",
    ),
    Indicator(
        "demand_fte",
        "fte",
        "sum",
        "Demand for GPs (fte)",
        "Vraag naar huisartsen (fte)",
        "national demand divided over regions by inhabitants and their GP use",
    ),
    Indicator(
        "shortage_fte",
        "fte",
        "sum",
        "Shortage (fte)",
        "Tekort (fte)",
        "demand minus supply; negative is a surplus",
    ),
    Indicator(
        "shortage_persons",
        "persons",
        "sum",
        "Shortage (persons)",
        "Tekort (personen)",
        "shortage in fte over the nation's mean fte per GP",
    ),
    Indicator(
        "vacancies_fte",
        "fte",
        "sum",
        "Vacancies (fte)",
        "Vacatures (fte)",
        "gap that shows as vacancies, never negative; sums to the published unmet demand in the base year",
    ),
    Indicator("vacancy_rate", "share of supply", "rate", "Vacancy rate", "Vacaturegraad", "vacancies over supply"),
    Indicator("coverage", "share of demand", "rate", "Coverage", "Dekkingsgraad", "supply over demand"),
    Indicator("inhabitants", "persons", "sum", "Inhabitants", "Inwoners", "forecast inhabitants on 1 January"),
    Indicator(
        "fte_per_10k",
        "fte per 10,000",
        "rate",
        "GPs (fte) per 10,000 inhabitants",
        "Huisartsen (fte) per 10.000 inwoners",
        "supply in fte over inhabitants",
    ),
    Indicator(
        "persons_per_10k",
        "persons per 10,000",
        "rate",
        "GPs per 10,000 inhabitants",
        "Huisartsen per 10.000 inwoners",
        "supply in persons over inhabitants",
    ),
    Indicator("share_holder", "share", "rate", "Practice holders", "Praktijkhouders", "share of working GPs"),
    Indicator(
        "share_salaried",
        "share",
        "rate",
        "Salaried GPs",
        "Huisartsen in loondienst (hidha)",
        "share of working GPs",
    ),
    Indicator("share_fixed_locum", "share", "rate", "Fixed locums", "Vaste waarnemers", "share of working GPs"),
    Indicator(
        "share_changing_locum",
        "share",
        "rate",
        "Changing locums",
        "Wisselende waarnemers",
        "share of working GPs",
    ),
    Indicator("share_women", "share", "rate", "Women", "Vrouwen", "share of working GPs"),
    Indicator(
        "share_55plus",
        "share",
        "rate",
        "GPs aged 55 and over",
        "Huisartsen van 55 jaar en ouder",
        "share of working GPs",
    ),
    Indicator(
        "share_60plus",
        "share",
        "rate",
        "GPs aged 60 and over",
        "Huisartsen van 60 jaar en ouder",
        "share of working GPs",
    ),
    Indicator(
        "outflow_5y",
        "share",
        "rate",
        "Outflow expected in five years",
        "Verwachte uitstroom in vijf jaar",
        "expected share of the working GPs who stop within five years",
    ),
    Indicator(
        "inflow_persons",
        "persons",
        "flow",
        "Inflow in the year",
        "Instroom in het jaar",
        "graduates, arrivals from abroad and GPs who moved in; moves cancel in the nation",
    ),
    Indicator(
        "alumni_ratio",
        "ratio",
        "rate",
        "Recent graduates against fte",
        "Recent opgeleiden ten opzichte van fte",
        "share of the nation's graduates of the last five years over share of its fte; those of the base year by age",
    ),
    Indicator(
        "share_stay_training_region",
        "share",
        "rate",
        "Graduates working in their training region",
        "Opgeleiden die in hun opleidingsregio werken",
        "of those trained in the region who started work in the year",
    ),
)
NAMES = tuple(indicator.name for indicator in INDICATORS)


@dataclass(frozen=True)
class Year:
    """What happened in a year, rows of GPs: who started and where they came from. None in the base year."""

    graduates: IntArray
    arrivals: IntArray
    moved: IntArray


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
class State:
    """The GPs at work on 1 January, as seen by the indicators: rows of the population and their fte."""

    gps: Population
    working: IntArray
    fte: FloatArray
    leaves_in_five: FloatArray
    year: int


def collect(
    state: State, regions: Regions, t: int, demand: FloatArray, curve: VacancyCurve, happened: Year | None
) -> dict[str, FloatArray]:
    """Return every indicator by region with the nation as last entry, shape (R + 1,).

    Shares of nobody, and flows in the base year, are NaN.
    """
    n = len(regions)
    gps, rows = state.gps, state.working
    region, role = gps.region[rows], gps.role[rows]
    age = state.year - gps.birth[rows]

    def count(mask: npt.NDArray[np.bool_] | FloatArray) -> FloatArray:
        return _with_nation(np.bincount(region, weights=mask, minlength=n).astype(np.float64))

    supply, persons = count(state.fte), count(np.ones(len(rows)))
    demand = _with_nation(demand)
    inhabitants = _with_nation(regions.inhabitants[t])
    shortage = demand - supply
    vacancies = _with_nation(curve.vacancies(demand[:-1], supply[:-1]))
    recent = count((gps.registered[rows] > state.year - RECENT_YEARS) & (gps.site[rows] != NOWHERE))
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
        "share_women": _ratio(count(gps.sex[rows] == WOMEN), persons),
        "share_55plus": _ratio(count(age >= 55), persons),
        "share_60plus": _ratio(count(age >= 60), persons),
        "outflow_5y": _ratio(count(state.leaves_in_five), persons),
        "alumni_ratio": _ratio(_ratio(recent, recent[-1:]), _ratio(supply, supply[-1:])),
    }
    found |= {f"share_{r.name.lower()}": _ratio(count(role == r), persons) for r in Role}
    found |= dict(_flows(gps, regions, happened))
    return {name: found[name] for name in NAMES}


def _flows(gps: Population, regions: Regions, happened: Year | None) -> Iterator[tuple[str, FloatArray]]:
    n = len(regions)
    unknown = np.full(n + 1, np.nan)
    if happened is None:
        yield "inflow_persons", unknown
        yield "share_stay_training_region", unknown
        return

    def count(region: npt.NDArray[np.integer]) -> FloatArray:
        return np.bincount(region, minlength=n).astype(np.float64)

    inflow = _with_nation(count(gps.region[np.concatenate([happened.graduates, happened.arrivals])]))
    inflow[:-1] += count(gps.region[happened.moved])
    yield "inflow_persons", inflow
    trained_in = np.array([site.region for site in regions.sites])[gps.site[happened.graduates]]
    stayed = trained_in[trained_in == gps.region[happened.graduates]]
    yield "share_stay_training_region", _ratio(_with_nation(count(stayed)), _with_nation(count(trained_in)))


def _with_nation(by_region: FloatArray) -> FloatArray:
    return np.append(by_region, by_region.sum())


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    a, b = np.broadcast_arrays(a, b)
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)
