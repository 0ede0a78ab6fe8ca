"""Indicators by region and for the nation: what they are called, their unit, and how they follow from the GPs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from abm.population import NOWHERE, SEX_NAMES, Population, Posts, Role
from abm.practices import ListCurves, Practices
from abm.randomness import FloatArray

if TYPE_CHECKING:
    from regions import Regions
    from regions.classes import Language

IntArray = npt.NDArray[np.int64]
Kind = Literal["sum", "flow", "rate", "overlap"]

RECENT_YEARS = 5  # graduates of the last five years count as recent; outflow is expected over as many
PER_INHABITANTS = 10_000


@dataclass(frozen=True)
class Indicator:
    """One column of the results.

    A `sum` adds up over regions; so does a `flow`, but for the moves between them; a `rate` does not. An `overlap`
    adds up to more than the nation, where every GP counts once.
    """

    name: str
    unit: str
    kind: Kind
    label_en: str
    label_nl: str
    meaning: str

    def label(self, lang: Language) -> str:
        """Return what people read instead of the name, in Dutch or English."""
        return self.label_nl if lang == "nl" else self.label_en


def is_share(unit: str) -> bool:
    """Return whether values of a unit are parts of a whole, which people read as per cent."""
    return unit.startswith("share")


INDICATORS: tuple[Indicator, ...] = (
    Indicator("supply_fte", "fte", "sum", "GPs at work (fte)", "Werkzame huisartsen (fte)", "fte of all working GPs"),
    Indicator(
        "supply_persons",
        "persons",
        "sum",
        "GPs at work",
        "Werkzame huisartsen",
        "working GPs; locums in several regions count for a part in each",
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
        "practices",
        "practices",
        "sum",
        "Practices",
        "Huisartsenpraktijken",
        "practices that have not closed, those without a holder included",
    ),
    Indicator(
        "unfilled_places",
        "places",
        "sum",
        "Open places for holders",
        "Open plaatsen voor praktijkhouders",
        "places for practice holders without a holder on 1 January",
    ),
    Indicator(
        "mean_list",
        "patients per practice",
        "rate",
        "Mean list",
        "Gemiddelde praktijkgrootte (ingeschrevenen)",
        "patients on the lists over practices",
    ),
    Indicator(
        "share_patient_stop",
        "share of practices",
        "rate",
        "Practices with a patient stop",
        "Praktijken met een patiëntenstop",
        "mean chance of a patient stop over practices, by their workload",
    ),
    Indicator(
        "without_gp", "persons", "sum", "Inhabitants without a GP", "Inwoners zonder huisarts", "inhabitants on no list"
    ),
    Indicator(
        "share_stay_training_region",
        "share",
        "rate",
        "Graduates working in their training region",
        "Opgeleiden die in hun opleidingsregio werken",
        "of those trained in the region who started work in the year",
    ),
    Indicator(
        "share_stay_training_province",
        "share",
        "rate",
        "Graduates working in their training province",
        "Opgeleiden die in hun opleidingsprovincie werken",
        "of those trained in the region who started work in the year",
    ),
    Indicator(
        "inhabitants_per_fte",
        "persons per fte",
        "rate",
        "Inhabitants per fte",
        "Inwoners per fte",
        "inhabitants over supply in fte",
    ),
    Indicator(
        "position",
        "ratio",
        "rate",
        "Recent graduates against expected outflow",
        "Recent opgeleiden ten opzichte van verwachte uitstroom",
        "recent graduates against fte, over expected outflow against the nation; above 1 is favourable",
    ),
    Indicator(
        "closures",
        "practices",
        "sum",
        "Practices closed in the year",
        "Gesloten praktijken in het jaar",
        "practices that closed after years without a holder",
    ),
    Indicator(
        "share_succession_found",
        "share",
        "rate",
        "Successor found within the year",
        "Opvolger gevonden binnen het jaar",
        "of all places for holders open in the year, those standing open before included, the share that was filled",
    ),
    Indicator(
        "persons_holder",
        "persons",
        "sum",
        "Practice holders (persons)",
        "Praktijkhouders (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_salaried",
        "persons",
        "sum",
        "Salaried GPs (persons)",
        "Huisartsen in loondienst (hidha) (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_fixed_locum",
        "persons",
        "sum",
        "Fixed locums (persons)",
        "Vaste waarnemers (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_changing_locum",
        "persons",
        "sum",
        "Changing locums (persons)",
        "Wisselende waarnemers (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "fte_holder", "fte", "sum", "Practice holders (fte)", "Praktijkhouders (fte)", "fte of working GPs in this role"
    ),
    Indicator(
        "fte_salaried",
        "fte",
        "sum",
        "Salaried GPs (fte)",
        "Huisartsen in loondienst (hidha) (fte)",
        "fte of working GPs in this role",
    ),
    Indicator(
        "fte_fixed_locum",
        "fte",
        "sum",
        "Fixed locums (fte)",
        "Vaste waarnemers (fte)",
        "fte of working GPs in this role",
    ),
    Indicator(
        "fte_changing_locum",
        "fte",
        "sum",
        "Changing locums (fte)",
        "Wisselende waarnemers (fte)",
        "fte of working GPs in this role",
    ),
    Indicator("persons_women", "persons", "sum", "Women (persons)", "Vrouwen (personen)", "working GPs who are women"),
    Indicator("fte_women", "fte", "sum", "Women (fte)", "Vrouwen (fte)", "fte of working GPs who are women"),
    Indicator(
        "persons_under_40",
        "persons",
        "sum",
        "GPs aged under 40 (persons)",
        "Huisartsen jonger dan 40 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_under_40",
        "fte",
        "sum",
        "GPs aged under 40 (fte)",
        "Huisartsen jonger dan 40 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_40_54",
        "persons",
        "sum",
        "GPs aged 40 to 54 (persons)",
        "Huisartsen van 40 tot en met 54 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_40_54",
        "fte",
        "sum",
        "GPs aged 40 to 54 (fte)",
        "Huisartsen van 40 tot en met 54 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_55_59",
        "persons",
        "sum",
        "GPs aged 55 to 59 (persons)",
        "Huisartsen van 55 tot en met 59 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_55_59",
        "fte",
        "sum",
        "GPs aged 55 to 59 (fte)",
        "Huisartsen van 55 tot en met 59 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_60plus",
        "persons",
        "sum",
        "GPs aged 60 and over (persons)",
        "Huisartsen van 60 jaar en ouder (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_60plus",
        "fte",
        "sum",
        "GPs aged 60 and over (fte)",
        "Huisartsen van 60 jaar en ouder (fte)",
        "fte of working GPs of this age on 1 January",
    ),
)
EACH = "_each"
"""End of the name of a number of GPs in which locums count in every region they work in, as RIVM counts."""
_IN_EACH = (
    "supply_persons", "persons_fixed_locum", "persons_changing_locum", "persons_women", "persons_under_40",
    "persons_40_54", "persons_55_59", "persons_60plus",
)  # fmt: skip
_BLOCKS = {  # of national.BLOCKS, in their order
    "stock": ("GPs at work in the base year", "Huisartsen die in het basisjaar werkten"),
    "training": ("GPs in training in the base year", "Huisartsen in opleiding in het basisjaar"),
    "until_adjustment": (
        "GPs from the intake before the adjustment year", "Huisartsen uit de instroom vóór het bijsturingsjaar",
    ),
    "after_adjustment": (
        "GPs from the intake from the adjustment year on", "Huisartsen uit de instroom vanaf het bijsturingsjaar",
    ),
    "abroad": ("GPs from abroad since the base year", "Huisartsen sinds het basisjaar uit het buitenland"),
}  # fmt: skip
# What figures need beside the indicators above: demographic demand, supply by block, and the other way to count locums.
INDICATORS = (
    *INDICATORS,
    Indicator(
        "demand_demography_fte",
        "fte",
        "sum",
        "Demographic demand (fte)",
        "Demografische vraag (fte)",
        "demand that follows from the number of inhabitants, their ages and the unmet demand of the base year",
    ),
    *(
        Indicator(f"{unit}_block_{block}", unit, "sum", f"{en} ({unit})", f"{nl} ({dutch})", meaning)
        for unit, dutch, meaning in (
            ("persons", "personen", "working GPs of this supply block of the national model"),
            ("fte", "fte", "fte of working GPs of this supply block of the national model"),
        )
        for block, (en, nl) in _BLOCKS.items()
    ),
    *(
        Indicator(
            f"{one.name}{EACH}",
            one.unit,
            "overlap",
            f"{one.label_en}, locums in every region",
            f"{one.label_nl}, waarnemers in elke regio",
            "working GPs; locums in several regions count in each, in the nation once",
        )
        for one in INDICATORS
        if one.name in _IN_EACH
    ),
)
# Between regions, for the nation only.
BETWEEN: tuple[Indicator, ...] = (
    Indicator(
        "regions_high_vacancy",
        "regions",
        "rate",
        "Regions with a high vacancy rate",
        "Regio's met een hoge vacaturegraad",
        "regions whose vacancy rate is above the threshold of the scenario",
    ),
    Indicator(
        "gini_coverage",
        "index",
        "rate",
        "Inequality of coverage (Gini)",
        "Ongelijkheid van de dekkingsgraad (Gini)",
        "Gini coefficient of coverage over regions, weighted by demand",
    ),
    Indicator(
        "range_coverage",
        "share of demand",
        "rate",
        "Range of coverage",
        "Spreiding van de dekkingsgraad",
        "highest minus lowest coverage of a region",
    ),
)
NAMES = tuple(indicator.name for indicator in INDICATORS)
BETWEEN_NAMES = tuple(indicator.name for indicator in BETWEEN)
AGE_CLASSES = {"under_40": 0, "40_54": 40, "55_59": 55, "60plus": 60}  # from which age on
AGES = (0, *range(30, 75, 5))
"""From which age on each group of an age pyramid is; the first and the last are open."""


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
    """The GPs at work on 1 January, as seen by the indicators: rows of the population, their fte, and their posts.

    `leaves_in_five` is each one's chance to leave within five years; `without_gp` (R,) inhabitants on no list.
    """

    gps: Population
    working: IntArray
    fte: FloatArray
    posts: Posts
    leaves_in_five: FloatArray
    practices: Practices
    unfilled: IntArray
    without_gp: FloatArray
    year: int


def by_region(posts: Posts, of_gps: FloatArray, regions: int) -> FloatArray:
    """Return the sum over GPs of something by region, each GP divided over the regions of work, shape (R,)."""
    weights = of_gps[posts.who] * posts.share
    return np.bincount(posts.region, weights, regions).astype(np.float64)


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
    gps, rows = state.gps, state.working

    places = state.posts
    fte = state.fte[places.who] * places.share

    def count(of_gps: FloatArray) -> FloatArray:
        return np.append(by_region(places, of_gps, n), of_gps.sum())

    def classes(kind: npt.NDArray[np.integer], number: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return persons, fte, and persons in every region they work in, by class of GPs, each (classes, R + 1)."""
        kind = kind.astype(np.intp)  # bincount would convert it each time, and slower
        cell = places.region * number + kind[places.who]
        tables = [np.bincount(cell, weight, n * number).reshape(n, number) for weight in (places.share, fte, None)]
        everyone = np.bincount(kind, minlength=number)
        nation = [everyone, np.bincount(kind, state.fte, number), everyone]
        persons, in_fte, in_each = (
            np.vstack([table, total]).T.astype(np.float64) for table, total in zip(tables, nation, strict=True)
        )
        return persons, in_fte, in_each

    supply, persons = count(state.fte), np.append(np.bincount(places.region, places.share, n), len(rows))
    demand = _with_nation(demand)
    inhabitants = _with_nation(regions.inhabitants[t])
    shortage = demand - supply
    vacancies = _with_nation(curves.vacancies.vacancies(demand[:-1], supply[:-1]))
    recent = count(((gps.registered[rows] > state.year - RECENT_YEARS) & (gps.site[rows] != NOWHERE)).astype(float))
    outflow = _ratio(count(state.leaves_in_five), persons)
    alumni = _ratio(_ratio(recent, recent[-1:]), _ratio(supply, supply[-1:]))
    _, *starts = AGE_CLASSES.values()
    age = np.sum([state.year - gps.birth[rows] >= start for start in starts], axis=0)
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
        f"supply_persons{EACH}": np.append(np.bincount(places.region, minlength=n), float(len(rows))),
    }
    roles, ages, blocks = [role.name.lower() for role in Role], list(AGE_CLASSES), [f"block_{name}" for name in _BLOCKS]
    kinds = ((roles, gps.role[rows]), (["women", "men"], gps.sex[rows]), (ages, age), (blocks, gps.block[rows]))
    for names, kind in kinds:
        in_persons, in_fte, in_each = classes(kind, len(names))
        found |= {f"persons_{name}": in_persons[k] for k, name in enumerate(names)}
        found |= {f"fte_{name}": in_fte[k] for k, name in enumerate(names)}
        found |= {f"persons_{name}{EACH}": in_each[k] for k, name in enumerate(names)}
    found |= {f"share_{name}": _ratio(found[f"persons_{name}"], persons) for name in (*roles, "women", "60plus")}
    found["share_55plus"] = _ratio(found["persons_55_59"] + found["persons_60plus"], persons)
    found |= dict(_flows(gps, regions, happened))
    found |= dict(_of_practices(state, n, curves.lists, happened))
    return {name: found[name] for name in NAMES}


def _of_practices(state: State, n: int, curves: ListCurves, happened: Year | None) -> Iterator[tuple[str, FloatArray]]:
    there = state.practices
    open_ = there.runs

    def count(weights: FloatArray) -> FloatArray:
        return _with_nation(np.bincount(there.region, weights, n).astype(np.float64))

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
    closed, found, not_found = (_with_nation(np.bincount(there.region[of], minlength=n).astype(float)) for of in events)
    yield "closures", closed
    yield "share_succession_found", _ratio(found, found + not_found)


def pyramid(state: State, n: int) -> FloatArray:
    """Return GPs by region, sex and age group of `AGES`, shape (2, R, 2, ages).

    First with locums of several regions divided over these, then with them counted in each.
    """
    gps, places = state.gps, state.posts
    rows = state.working[places.who]
    age = np.searchsorted(AGES, state.year - gps.birth[rows], side="right") - 1
    shape = (n, len(SEX_NAMES), len(AGES))
    cell = np.ravel_multi_index((places.region, gps.sex[rows], age), shape)
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
    trained_in = np.array([site.region for site in regions.sites])[gps.site[happened.graduates]]
    works_in = gps.region[happened.graduates]
    province = np.unique([member.province for member in regions.members], return_inverse=True)[1]
    trained = _with_nation(count(trained_in))
    stayed = trained_in[trained_in == works_in]
    nearby = trained_in[province[trained_in] == province[works_in]]
    yield "share_stay_training_region", _ratio(_with_nation(count(stayed)), trained)
    yield "share_stay_training_province", _ratio(_with_nation(count(nearby)), trained)


def _with_nation(by_region: FloatArray) -> FloatArray:
    return np.append(by_region, by_region.sum())


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    a, b = np.broadcast_arrays(a, b)
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)
