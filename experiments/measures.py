"""What is measured of a run to hold it against the evidence: each measure one small function of a finished run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

import abm
from abm import practices
from abm.population import NOWHERE
from experiments.arrays import BoolArray, FloatArray
from experiments.seen import FIRST, LATER, Seen
from regions.people import Role

TAKEOVERS = 15
"""Years after registration in which a takeover counts for the time to takeover."""
NEAR_KM = 50.0
"""In and around a region: population-weighted distance at most, as the reach of locums."""

By = Literal["nation", "region", "place", "trained", "supply", "elsewhere"]


def rank(values: FloatArray) -> FloatArray:
    """Return 1 for the highest value, 2 for the next, along the last axis; NaN for NaN."""
    return np.asarray(stats.rankdata(-values, "min", axis=-1, nan_policy="omit"), dtype=np.float64)


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
    return _of_trained(seen, seen.province[seen.regions.site_region][:, None] == seen.province)


@_measure(
    "share_near_training", "share", "trained", FIRST,
    "Graduates who start in or around a region of their institute",
    "Opgeleiden die in of rond een regio van hun instituut beginnen",
    "of the graduates of the first five years, those who start within 50 km of a site of their institute",
)  # fmt: skip
def _near_training(seen: Seen) -> FloatArray:
    to_site = seen.regions.distance_km[:, seen.regions.site_region].T <= NEAR_KM  # (S, R)
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
    "how long movers had been there: `parameter_sets.observe` follows the steps",
)  # fmt: skip
def _early_move_ratio(seen: Seen) -> float:  # noqa: ARG001
    return np.nan


@_measure(
    "backcast", "as published", "elsewhere", 0,
    "Back-cast", "Terugblik", "run from 2013 on; what is compared, with figures, stands in `backcast/observed.csv`",
)  # fmt: skip
def _backcast(seen: Seen) -> float:  # noqa: ARG001
    return np.nan
