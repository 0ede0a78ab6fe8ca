"""Back-cast: the model from 2013 to 2025, held against what has been published since.

No parameter of behaviour is fitted again: each run draws a set of the ensemble, so that what is not known of behaviour
is in the intervals beside chance. In `backcast/` stand

- `inputs.csv`, what is put in: the GPs of 2013 by role, and what is known of their sex and age; intake by year; the
  national model's parameters as published around 2013 (outflow of the stock and growth of demand: the plan of 2009);
- `inhabitants.csv`, put in too, on the borders of 2025: counted from 2019 on; 2013 and 2016 are 2019 moved back with
  the growth of the COROP region (Amsterdam: the municipality; CBS 37259eng); straight lines between;
- `observed.csv`, figures published since, with the range that rounding and dating leave open (where it gives none, half
  of the last digit either side), and `quantities.csv`, what they are in the model.

Assumed for want of figures: in 2013 GPs were spread over regions half-way between inhabitants and need, everywhere with
the nation's ages but for Drenthe; need per inhabitant, training sites and origins are the shipped ones. See `LEAK` for
what is not of the time.

2013, because what is known of provinces (E039) and ages (E330, E340) and the revised count of practices (E791) begin
there; of 2018 the roles are kept aside, and what followed it lies behind the break of 2019-2020 in the register. Across
that break salaried GPs, fixed and changing locums can only be compared together.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

import abm
import regions
from abm import observation, practices
from abm.population import Status, posts
from experiments import ensemble
from experiments.arrays import BoolArray, FloatArray
from experiments.design import replication_seeds
from experiments.targets import AGREES
from regions import Regions, workforce
from regions.build import NEED_WEIGHT, role_profile
from regions.people import ROLES, SEX_IDS, SEXES, WOMEN, Role
from regions.tables import Workforce
from regions.workforce import Fact

Counts = Mapping[str, FloatArray]  # by name; each array (..., years, R)

FOLDER = Path(__file__).parent / "backcast"
FIRST_YEAR, LAST_YEAR = 2013, 2025
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
OUTFLOW_YEARS = 10  # of the plan of 2009
VAGUE_AGE, VAGUE_PERSONS = 5.0, 1000.0  # spread of what is not known of the ages of 2013
HELD = 1e-3  # exit hazards may move by this share in the fit of the ages: they stay as they are
GIVEN = ("inhabitants", "demand_fte")
DIVIDED = ("gps", "fte", "fte_established")  # what a naive forecast divides over regions
INTERVAL = (0.025, 0.975)
MISSES = "misses"
EXACT = 15
"""Decimals to which a direction is compared, which has no last digit."""
LEAK = (
    "The sets were fitted to figures of 2008 to 2023, each with an attractiveness of regions under which graduates "
    "spread as the classes of 2019 say (E919 to E926); hazards of leaving were set with figures of 2018 to 2025. So "
    "behaviour knows of years that are simulated: a leak. Figures that were fitted themselves are no test."
)
VARIES = (
    "of behaviour and chance: each run draws a parameter set of the ensemble and its luck. The start of 2013, "
    "inhabitants and national parameters are alike in all runs"
)


@functools.cache
def inputs() -> Mapping[str, Mapping[str, float]]:
    """Return what is put in, by use (stock, scenario, intake, national) and name."""
    table = pd.read_csv(FOLDER / "inputs.csv")
    return {str(use): dict(zip(rows["name"], rows["value"], strict=True)) for use, rows in table.groupby("use")}


def scenario(behaviour: Mapping[str, Any] | None = None) -> abm.Scenario:
    """Return the baseline with the intake and practices of the time; `behaviour` is another set of parameters."""
    stock, open_at_start = inputs()["stock"], inputs()["scenario"]["open_at_start"]
    intake = {int(year): value for year, value in inputs()["intake"].items()}
    later = int(inputs()["national"]["bijsturingsjaar"])
    of_the_time = {
        "name": "backcast",
        "end_year": LAST_YEAR,
        # The model has one number for those in training at the start and the entrants of its first year.
        "intake_current": float(np.mean([intake[year] for year in intake if year < later])),
        "intake": {year: value for year, value in intake.items() if year >= later},
        "open_at_start": open_at_start,
        "places_per_practice": (1 + open_at_start) * stock["holders"] / stock["practices"],
    }
    return abm.Scenario.model_validate({**(behaviour or {}), **of_the_time})


@functools.cache
def past() -> Regions:
    """Return the regions as of 1 January 2013; takes some seconds."""
    now, stock = regions.load(), inputs()["stock"]
    table = pd.read_csv(FOLDER / "inhabitants.csv").pivot_table(index="year", columns="region", values="persons")
    counted = table.loc[list(YEARS), list(now.codes)].to_numpy(dtype=np.float64)
    people = np.vstack([counted, np.repeat(counted[-1:], len(now.inhabitants) - len(counted), axis=0)])  # never run
    need = people * now.demand_share[0] / now.inhabitants[0]
    total = stock["holders"] + stock["salaried_and_fixed"] + stock["changing"]
    women = round(total * stock["share_women"])
    national = {**now.national, **inputs()["national"], "aanbod_personen": total, "per_vrouw_basis": women / total}
    made = replace(
        now,
        base_year=FIRST_YEAR,
        inhabitants=people,
        demand_share=need / need.sum(axis=1, keepdims=True),
        inhabitants_20_44=now.inhabitants_20_44 * people[0] / now.inhabitants[0],
        workforce=_workforce(now, national, people[0] ** (1 - NEED_WEIGHT) * need[0] ** NEED_WEIGHT),
        # Every role keeps its fte: how the mix of roles goes on from 2025 says nothing of these years.
        relative_fte_mean=np.repeat(now.relative_fte_mean[:1], len(people), axis=0),
        national=MappingProxyType(national),
        own_stock=MappingProxyType({}),
        fingerprint=f"{now.fingerprint}-{FIRST_YEAR}",
    )
    return copy(made)  # a copy's arrays are read-only


def _workforce(now: Regions, national: Mapping[str, float], weight: FloatArray) -> Workforce:
    """Return the GPs of the start, divided over regions by `weight`, made as those of the shipped base year are."""
    stock = inputs()["stock"]
    total, women = round(national["aanbod_personen"]), round(national["aanbod_personen"] * national["per_vrouw_basis"])
    by_sex = np.array([women, total - women])
    drenthe = workforce.OlderShare(("RA0102",), 50, stock["drenthe_50plus"], stock["nation_50plus"], "E340")
    pyramid = by_sex[:, None] * _ages(now, national, by_sex.astype(np.float64))
    ages = workforce.regional_ages(pyramid, total * weight / weight.sum(), [drenthe], now.codes)

    holders, salaried = round(stock["holders"]), round(stock["salaried"])
    others = np.array([salaried, round(stock["salaried_and_fixed"]) - salaried, round(stock["changing"])])
    women_holders = round(holders * stock["women_among_holders"])
    women_others = workforce.whole(others * (women - women_holders) / others.sum(), women - women_holders)
    of_women = np.append(women_holders, women_others)
    by_role = np.stack([of_women, np.append(holders, others) - of_women])
    table = workforce.workforce(now.codes, ages, by_sex, by_role, role_profile(others[0] / others[:2].sum()))

    fte = {role: abm.Scenario.model_fields[f"fte_{role}"].default for role in ROLES}
    per_head = workforce.relative_fte(fte, by_role, np.array([national[f"fte_{sex}_basis"] for sex in SEX_IDS]))
    sex = table["sex"].map(SEXES.index).to_numpy()
    role = table["role"].map(ROLES.index).to_numpy()
    region, age, persons = table["region"].map(now.codes.index), table["age"], table["persons"].to_numpy()
    return copy(Workforce(region.to_numpy(), sex, age.to_numpy(), role, persons, persons * per_head[sex, role]))


def _ages(now: Regions, national: Mapping[str, float], by_sex: FloatArray) -> FloatArray:
    """Return the share of each age by sex, shape (2, ages), at which the shipped hazards give the plan's outflow."""
    stock = inputs()["stock"]
    gone = [national[f"uitstroom_{sex}_basis_tien"] for sex in SEX_IDS]
    hazards = [
        workforce.HazardClass(int(age), hazard, hazard * (1 - HELD), hazard * (1 + HELD), "shipped")
        for age, hazard in zip(now.exit_age, now.exit_hazard.tolist(), strict=True)
    ]
    known = workforce.PyramidFacts(
        mean_age=(Fact(45.0, VAGUE_AGE, "assumed"), Fact(51.0, VAGUE_AGE, "assumed")),
        share_50plus=(Fact(stock["women_50plus"], 0.02, "E330"), Fact(stock["men_50plus"], 0.02, "E330")),
        share_under_30=Fact(0.03, 0.01, "assumed"),
        share_under_40=Fact(stock["under_40"], 0.03, "E244"),
        persons_60plus=Fact(1500.0, VAGUE_PERSONS, "assumed"),
        persons_42_to_56=(Fact(2300.0, VAGUE_PERSONS, "assumed"), Fact(2500.0, VAGUE_PERSONS, "assumed")),
    )
    remaining = 1 - np.outer(gone, np.arange(OUTFLOW_YEARS + 1) / OUTFLOW_YEARS)
    return workforce.fit_pyramid(remaining, by_sex, hazards, known).share


def drawn(seed: int) -> tuple[abm.Scenario, Regions]:
    """Return the scenario and the regions of 2013 with the behaviour that the ensemble draws from a seed."""
    return ensemble.behaviour(scenario(), past(), ensemble.draw(seed).behaviour)


def simulate(behaviour: Mapping[str, Any] | None, seed: int) -> Counts:
    """Run once, with this set of parameters or the one that the seed draws; return what is counted by year and region.

    `{}` is the set of the baseline.
    """
    run, start = drawn(seed) if behaviour is None else (scenario(behaviour), past())
    model = abm.SettlementModel(run, start, rng=seed)
    shape, counted = (len(YEARS), len(model.regions)), [_count(model)]
    while model.running:
        model.step()
        counted.append(_count(model))
    results, flows = model.results(), model.flows()
    flows = flows.pivot_table(index=["year", "region_code"], columns="flow", values="persons", aggfunc="sum")
    flows = flows.reindex(pd.MultiIndex.from_product([YEARS, model.regions.codes])).fillna(0.0)
    found, lost = (flows[f"succession_{name}"].to_numpy().reshape(shape) for name in ("found", "not_found"))
    of_results = {name: results[name].to_numpy().reshape(shape) for name in ("practices", *GIVEN)}
    of_gps = {name: np.stack([one[name] for one in counted]) for name in counted[0]}
    return of_gps | of_results | {"found": found, "sought": found + lost}


def _count(model: abm.SettlementModel) -> dict[str, FloatArray]:
    """Return counts of GPs at work by region, shape (R,) each; those of several regions in parts, as the results do."""
    gps, there, n = model.population, model.practices, len(model.regions)
    rows = gps.rows(Status.WORKING)
    role, women, age, fte = gps.role[rows], gps.sex[rows] == WOMEN, model.year - gps.birth[rows], model.fte(rows)
    holder, changing = role == Role.HOLDER, role == Role.CHANGING_LOCUM
    established = ~changing
    form = np.where(gps.practice[rows] >= 0, practices.forms(there, gps)[gps.practice[rows]], practices.Form.NOBODY)
    of_gps = {
        "gps": np.ones(len(rows)), "holders": holder, "staff": ~holder & ~changing, "changing": changing,
        "without_practice": ~holder, "established": established, "women": women, "men": ~women,
        "women_established": women & established, "women_holders": women & holder,
        "under_40_established": (age < 40) & established, "50plus": age >= 50, "women_50plus": women & (age >= 50),
        "men_50plus": ~women & (age >= 50), "55plus": age >= 55, "60plus": age >= 60, "age_women": women * age,
        "age_men": ~women * age, "fte": fte, "fte_established": established * fte,
        **{name: form == practices.Form[name.upper()] for name in ("solo", "duo", "group")},
    }  # fmt: skip
    places = posts(gps, rows)
    return {name: observation.by_region(places, places.divide(1.0 * of), n) for name, of in of_gps.items()}


def quantities() -> dict[Any, dict[Any, Any]]:
    """Return what each observed figure is in the model, by name.

    A count (`of`), or that `over` another, times `scale`; or over the nation's; or its growth in % `since` a year.
    """
    table = pd.read_csv(FOLDER / "quantities.csv", index_col="quantity", true_values=["yes"], false_values=["no"])
    return table.fillna({"over": ""}).to_dict("index")


def value(what: Mapping[str, Any], counts: Counts, where: BoolArray, year: int) -> FloatArray:
    """Return a quantity of the regions `where` (R,) in a year, shape (...); NaN where something is not counted."""

    def level(rows: BoolArray, when: int) -> FloatArray:
        names = [name for name in (what["of"], what["over"]) if name]
        if not counts.keys() >= set(names):
            return np.array(np.nan)
        of, *over = (counts[name][..., when - FIRST_YEAR, :][..., rows].sum(axis=-1) for name in names)
        return np.asarray(of / over[0] if over else of)

    if np.isfinite(what["since"]):
        return 100 * (level(where, year) / level(where, int(what["since"])) - 1)
    nation = level(np.ones_like(where), year) if what["against_nation"] else 1.0
    return np.asarray(what["scale"] * level(where, year) / nation)


def naive(counts: Counts, grown: bool) -> Counts:
    """Return counts (years, R) as a naive forecast divides the nation's GPs over regions, and what both know.

    A region's share of the nation stays as in the first year, or (`grown`) grows as its share of demand does.
    """
    demand = counts["demand_fte"] / counts["demand_fte"].sum(axis=1, keepdims=True)
    result = {name: counts[name] for name in GIVEN}
    for name in DIVIDED:
        weight = counts[name][0] * (demand / demand[0] if grown else np.ones_like(demand))
        result[name] = counts[name].sum(axis=1, keepdims=True) * weight / weight.sum(axis=1, keepdims=True)
    return result


def observed() -> pd.DataFrame:
    """Return the published figures, each with the range that it leaves open; that of a direction has one end.

    A figure without a range of its own leaves open half of its last digit. Compared is one `digits` further: a
    simulated 4.0496 is 4.05, which a published 4.1 leaves open.
    """
    text = dict.fromkeys(("region", "observed", "note"), str)
    table = pd.read_csv(FOLDER / "observed.csv", dtype=text).fillna({"region": "", "note": ""})
    decimals = table["observed"].str.partition(".")[2].str.len()  # NaN for a direction
    table["observed"] = table["observed"].astype(float)
    half = 0.5 * 10.0**-decimals
    table["digits"] = (decimals + 1).fillna(EXACT).astype(int)
    for name, sign in (("at_least", -1), ("at_most", 1)):
        open_ = table[name].fillna(table["observed"] + sign * half).fillna(sign * np.inf)
        table[name] = [round(value, digits) for value, digits in zip(open_, table["digits"], strict=True)]
    return table


def area(data: Regions, name: str) -> BoolArray:
    """Return which regions make up the nation (empty), a region (its code) or a province (the regions mostly in it)."""
    return np.array([name in ("", member.code, member.province) for member in data.members])


def run(replications: int = 10, seed: int = 1, behaviour: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return one row per published figure; each run draws its behaviour, unless one is given for all (`simulate`).

    quantity, region (empty for the nation), year, observed (NaN where a direction is published), at_least and at_most
    (what the publication leaves open), simulated (mean of the replications), low and high (95% of them), naive_stays
    and naive_shift (NaN for what these forecasts do not say), difference (of the mean from the range), verdict (whether
    both ranges touch), evidence, note. What is simulated is rounded to one digit more than is published.
    """
    runs = [simulate(behaviour, one) for one in replication_seeds(seed, replications)]
    counts = {name: np.stack([one[name] for one in runs]) for name in runs[0]}
    mean = {name: count.mean(axis=0) for name, count in counts.items()}
    forecasts = {"naive_stays": naive(mean, grown=False), "naive_shift": naive(mean, grown=True)}
    table, what = observed(), quantities()
    rows: list[dict[str, object]] = []
    asked = table[["quantity", "region", "year", "at_least", "at_most", "digits"]]
    for name, region, year, least, most, digits in asked.itertuples(index=False):
        where = area(past(), region)
        values = value(what[name], counts, where, year)
        low, high = np.quantile(values, INTERVAL).tolist()
        guesses = {key: float(value(what[name], f, where, year)) if region else np.nan for key, f in forecasts.items()}
        found = {"simulated": float(values.mean()), "low": low, "high": high, **guesses}
        found = {key: round(number, digits) for key, number in found.items()}
        off = round(found["simulated"] - min(max(found["simulated"], least), most), digits)
        touch = found["high"] >= least and found["low"] <= most
        rows.append({**found, "difference": off, "verdict": AGREES if touch else MISSES})
    front = ["quantity", "region", "year", "observed", "at_least", "at_most"]
    return pd.concat([table[front], pd.DataFrame(rows), table[["evidence", "note"]]], axis=1)


def skill(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how far model and naive forecasts are off in the regions, by quantity.

    `figures` compared; for each forecast `error`, its root mean square distance, and `right`, how many it met.
    """
    lines = []
    for quantity, here in rows[rows["naive_stays"].notna()].groupby("quantity", sort=False):
        line: dict[str, object] = {"quantity": quantity, "figures": len(here)}
        for name in ("simulated", "naive_stays", "naive_shift"):
            off = here[name] - here[name].clip(here["at_least"], here["at_most"])
            line |= {f"error_{name}": float(np.sqrt((off**2).mean())), f"right_{name}": int((off == 0).sum())}
        lines.append(line)
    return pd.DataFrame(lines)
