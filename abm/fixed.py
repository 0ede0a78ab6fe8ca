"""What follows from scenario and regions alone, before any GP is there: the same for every replication."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abm import careers, effects, levers, location_choice, national, observation, practices
from abm.indicators import RECENT_YEARS
from abm.randomness import FloatArray
from abm.scenario import INFLOW_IDS, Scenario
from regions import Regions
from regions.people import ROLES, SEX_IDS, Role
from regions.stock import FTE_TOLERANCE

DEMOGRAPHY = 1  # the national model's demand scenario in which nothing but demography changes


@dataclass(frozen=True)
class Fixed:
    """What follows from scenario and regions alone, the same for every replication; made once and shared.

    `regions` have the sites that levers open, `effects` is what levers do. `leaves_in_five` (T+1, blocks, 2, ages)
    is the chance to leave within five years (`Exits.within`). `need` (T+1, R) of the inhabitants in fte, `usual_need`
    that without levers; `demand` (T+1, R) need at the list norm, `demography` (T+1, R) the part without other growth
    and levers; `fte_per_head` (T+1, 2, roles); `fte_factor` (R+1,) by which a region's GPs work more, the last for no
    region;
    `usual_workload` the nation's demand over supply in the base year;
    `still_wanting` (2, ages) who want a practice among those without one then;
    `nearness` (M, M) of municipalities to patients of a practice that closes; `locum_reach` and `visits` (R, R) where
    locums may work beside their region, and with what chance those of the base year do.
    """

    regions: Regions
    effects: effects.Effects
    plan: national.NationalParameters
    path: national.NationalPath
    exits: careers.Exits
    leaves_in_five: FloatArray
    sites: careers.Sites
    origin_given_site: FloatArray
    utility: location_choice.Utility
    background: location_choice.Background
    demand: FloatArray
    need: FloatArray
    usual_need: FloatArray
    demography: FloatArray
    fte_per_head: FloatArray
    fte_factor: FloatArray
    usual_workload: float
    still_wanting: FloatArray
    practices: practices.Start
    nearness: FloatArray
    locum_reach: npt.NDArray[np.bool_]
    visits: FloatArray


def prepare(scenario: Scenario, regions: Regions) -> Fixed:
    """Return what is fixed for a scenario, from a cache where it was made before."""
    key = (regions, scenario.model_dump_json())
    fixed = _FIXED.get(key)
    if fixed is None:
        fixed = _FIXED[key] = _fixed(scenario, regions)
        if len(_FIXED) > _MOST_FIXED:
            _FIXED.popitem(last=False)
    return fixed


# Bounded: every run of an ensemble has regions of its own, and weak keys would keep all, as what is fixed holds them.
_FIXED: OrderedDict[tuple[Regions, str], Fixed] = OrderedDict()
_MOST_FIXED = 8


# What the data folder fixes: its base year, and the stock of its workforce table.
OF_THE_DATA = ("basisjaar", "aanbod_personen", "per_vrouw_basis")
OVERRIDES = tuple(id_ for id_ in national.REQUIRED_IDS if id_ not in (*OF_THE_DATA, *INFLOW_IDS))


def national_table(scenario: Scenario, regions: Regions) -> dict[str, float]:
    """Return the national model's parameter table with the scenario's values in it."""
    for id_ in scenario.national:
        if id_ in OF_THE_DATA:
            raise ValueError(
                f"national.{id_}: found in the scenario, but it is fixed by the data folder; change it there"
            )
        if id_ not in OVERRIDES:
            raise ValueError(f"national.{id_}: the national model does not use it; it uses {', '.join(OVERRIDES)}")
    inflows = dict.fromkeys(("n_inopleiding_perjaar", "n_inopleiding_perjaar2"), scenario.intake_current)
    later = scenario.intake_in(0) if isinstance(scenario.intake, dict) else scenario.intake
    return {**regions.national, **inflows, "n_inopleiding_perjaar3": later, **scenario.national}


def _fixed(scenario: Scenario, regions: Regions) -> Fixed:
    regions = levers.with_sites(scenario, regions)
    plan = national.NationalParameters.from_table(national_table(scenario, regions))
    by_year = scenario.intake if isinstance(scenario.intake, dict) else {}
    if early := [year for year in by_year if year < plan.adjustment_year]:
        allowed = f"{plan.adjustment_year} and later; intake_current sets the years before"
        raise ValueError(f"intake: found year {early[0]}, allowed is {allowed}")
    path = national.project(plan, yields=scenario.yields)
    on = levers.effects(scenario, regions, plan.adjustment_year)
    utility = location_choice.utility(scenario, regions)
    exits = careers.exits(path, regions)
    sites = careers.sites(scenario, regions)
    origin_given_site = sites.origin_given_site(regions.origin_share)
    usual = path.demand_fte(scenario.demand_scenario, scenario.demand_level)[:, None] * regions.demand_share
    need = usual * on.demand
    demand = need * on.norm
    fte = fte_per_head(scenario, regions, path)
    supply, factor = supply_by_region(regions, fte[0], plan.fte_per_head[:, 0])
    curve = observation.vacancy_curve(scenario.vacancy_softness, demand[0], supply, unmet_demand(scenario, plan, path))
    reach = location_choice.within_reach(scenario, regions.distance_km)
    force = regions.workforce
    locum = (force.role == Role.FIXED_LOCUM.value) | (force.role == Role.CHANGING_LOCUM.value)
    locums = np.bincount(force.region[locum], force.persons[locum], len(regions)).astype(np.float64)
    return Fixed(
        regions=regions,
        effects=on,
        plan=plan,
        path=path,
        exits=exits,
        leaves_in_five=exits.within(RECENT_YEARS),
        sites=sites,
        origin_given_site=origin_given_site,
        utility=utility,
        background=location_choice.background(scenario, regions, utility, sites.share[:, None] * origin_given_site),
        demand=demand,
        need=need,
        usual_need=usual,
        demography=path.demand_fte(DEMOGRAPHY, scenario.demand_level)[:, None] * regions.demand_share,
        fte_per_head=fte,
        fte_factor=factor,
        usual_workload=float(demand[0].sum() / supply.sum()),
        still_wanting=careers.still_wanting(scenario, regions),
        practices=practices.start(scenario, regions, curve.vacancies(demand[0], supply)),
        nearness=np.exp(-regions.municipalities.distance_km / scenario.list_reach_km),
        locum_reach=reach,
        visits=location_choice.visits(reach, locums),
    )


def unmet_demand(scenario: Scenario, plan: national.NationalParameters, path: national.NationalPath) -> float:
    """Return the unmet demand of the base year in fte, which shows as vacancies."""
    level = national.LEVELS.index(scenario.demand_level)
    return float(plan.unmet_demand[level] * path.supply_fte[0])


def fte_per_head(scenario: Scenario, regions: Regions, path: national.NationalPath) -> FloatArray:
    """Return fte by year, sex and role, shape (T+1, 2, roles).

    The national model's fte by sex times the role's relative fte over its mean in the baseline. The mean is a stored
    path, moved to the base year's actual mix, and never made anew inside a run: that would couple regions.
    """
    relative = np.array([getattr(scenario, f"fte_{name}") for name in ROLES])
    force = regions.workforce
    persons = np.zeros((2, len(relative)))
    np.add.at(persons, (force.sex, force.role), force.persons)
    stored = regions.relative_fte_mean
    now = np.divide(persons @ relative, persons.sum(axis=1), out=stored[0].copy(), where=persons.sum(axis=1) > 0)
    mean = stored * (now / stored[0])
    return np.asarray(path.fte_per_head.T[:, :, None] * relative / mean[:, :, None])


def supply_by_region(regions: Regions, per_head: FloatArray, by_sex: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the base year's supply in fte by region, and its ratio to what sex and role alone would give.

    `per_head` (2, roles), of which the scenario's national fte by sex is `by_sex` (2,). The ratio, to the data's own
    fte by sex, is 1 for the shipped workforce; registers may know that GPs of a region work more.
    """
    force, n = regions.workforce, len(regions)
    of_data = np.array([regions.national[f"fte_{sex}_basis"] for sex in SEX_IDS]) / by_sex
    usual = force.persons * per_head[force.sex, force.role]
    weights = (usual, usual * of_data[force.sex], force.fte)
    supply, expected, found = (np.bincount(force.region, w, minlength=n).astype(np.float64) for w in weights)
    factor = np.divide(found, expected, out=np.ones(n), where=expected > 0)
    factor[np.abs(factor - 1) < FTE_TOLERANCE] = 1.0
    return supply * factor, np.append(factor, 1.0)
