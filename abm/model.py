"""`SettlementModel`: the yearly step, in the order of the model's description."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import mesa
import numpy as np
import numpy.typing as npt
import pandas as pd
from mesa.datacollection import DataCollector

from abm import careers, indicators, location_choice, national
from abm.population import GP, NOWHERE, ROLE_NAMES, SEX_NAMES, Block, Population, Role, Status
from abm.randomness import Decision, Draws, FloatArray, gp_keys, pick
from abm.scenario import INFLOW_IDS, Scenario
from regions import Regions, load
from regions.stock import FTE_TOLERANCE

IntArray = npt.NDArray[np.int64]

FLOWS = (
    "graduation", "arrival", "move_in", "move_out", "retirement", "exit",
    "to_holder", "from_holder", "to_fixed_locum",
)  # fmt: skip


@dataclass(frozen=True)
class Fixed:
    """What follows from scenario and regions alone, the same for every replication; made once and shared.

    `demand` (T+1, R) in fte; `fte_per_head` (T+1, 2, roles); `fte_factor` (R+1,) by which a region's GPs work more,
    the last for no region.
    """

    plan: national.NationalParameters
    path: national.NationalPath
    exits: careers.Exits
    sites: careers.Sites
    origin_given_site: FloatArray
    utility: location_choice.Utility
    background: location_choice.Background
    demand: FloatArray
    fte_per_head: FloatArray
    fte_factor: FloatArray
    curve: indicators.VacancyCurve


def prepare(scenario: Scenario, regions: Regions) -> Fixed:
    """Return what is fixed for a scenario, from a cache where it was made before."""
    cache = _FIXED.setdefault(regions, {})
    key = scenario.model_dump_json()
    if key not in cache:
        if len(cache) >= _CACHED_SCENARIOS:
            cache.clear()
        cache[key] = _fixed(scenario, regions)
    return cache[key]


_FIXED: WeakKeyDictionary[Regions, dict[str, Fixed]] = WeakKeyDictionary()
_CACHED_SCENARIOS = 8


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
    plan = national.NationalParameters.from_table(national_table(scenario, regions))
    by_year = scenario.intake if isinstance(scenario.intake, dict) else {}
    if early := [year for year in by_year if year < plan.adjustment_year]:
        allowed = f"{plan.adjustment_year} and later; intake_current sets the years before"
        raise ValueError(f"intake: found year {early[0]}, allowed is {allowed}")
    path = national.project(plan, yields=scenario.yields)
    utility = location_choice.utility(scenario, regions)
    sites = careers.sites(scenario, regions)
    origin_given_site = sites.origin_given_site(regions.origin_share)
    demand = path.demand_fte(scenario.demand_scenario, scenario.demand_level)[:, None] * regions.demand_share
    fte = fte_per_head(scenario, regions, path)
    supply, factor = supply_by_region(regions, fte[0], plan.fte_per_head[:, 0])
    level = national.LEVELS.index(scenario.demand_level)
    unmet = float(plan.unmet_demand[level] * path.supply_fte[0])
    return Fixed(
        plan=plan,
        path=path,
        exits=careers.exits(path, regions),
        sites=sites,
        origin_given_site=origin_given_site,
        utility=utility,
        background=location_choice.background(scenario, regions, utility, sites.share[:, None] * origin_given_site),
        demand=demand,
        fte_per_head=fte,
        fte_factor=factor,
        curve=indicators.vacancy_curve(scenario.vacancy_softness, demand[0], supply, unmet),
    )


def fte_per_head(scenario: Scenario, regions: Regions, path: national.NationalPath) -> FloatArray:
    """Return fte by year, sex and role, shape (T+1, 2, roles).

    The national model's fte by sex times the role's relative fte over its mean in the baseline. The mean is a stored
    path, moved to the base year's actual mix, and never made anew inside a run: that would couple regions.
    """
    relative = np.array([getattr(scenario, f"fte_{name}") for name in ROLE_NAMES])
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
    of_data = np.array([regions.national[f"fte_{sex}_basis"] for sex in ("vrouw", "man")]) / by_sex
    usual = force.persons * per_head[force.sex, force.role]
    weights = (usual, usual * of_data[force.sex], force.fte)
    supply, expected, found = (np.bincount(force.region, w, minlength=n).astype(np.float64) for w in weights)
    factor = np.divide(found, expected, out=np.ones(n), where=expected > 0)
    factor[np.abs(factor - 1) < FTE_TOLERANCE] = 1.0
    return supply * factor, np.append(factor, 1.0)


class SettlementModel(mesa.Model):  # type: ignore[misc]
    """GPs of the Netherlands, year by year from the base year to `scenario.end_year`.

    `SettlementModel(scenario, regions, rng=1)`; keywords are fields of the scenario. `rng=None` takes fresh entropy;
    `seed` tells which. The state is that of 1 January of `year`; `running` turns False at the end.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        regions: Regions | None = None,
        rng: Any = None,
        **parameters: Any,
    ) -> None:
        """Make the population of the base year; raises `ValueError` for a parameter that is unknown or impossible."""
        seed = _seed(rng)
        super().__init__(rng=seed)
        self.scenario = _scenario(scenario, parameters)
        self.regions = _shipped() if regions is None else regions
        first, last = self.regions.base_year + 1, self.regions.base_year + national.HORIZON
        if not first <= self.scenario.end_year <= last:
            raise ValueError(f"end_year: found {self.scenario.end_year}, allowed is {first} to {last}")
        self.seed = seed
        self.draws = Draws(seed)
        self.year = self.regions.base_year
        self.population = Population()
        self._fixed = prepare(self.scenario, self.regions)
        self._views: dict[int, GP] | None = None
        self._flows: list[tuple[int, str, IntArray, IntArray, IntArray, FloatArray]] = []
        self._demand: list[FloatArray] = []
        self._supply: list[FloatArray] = []
        self._blocks: list[IntArray] = []
        self._collected: list[dict[str, FloatArray]] = []
        self._holder_places = self.scenario.practice_places * float(
            self.regions.workforce.persons[self.regions.workforce.role == Role.HOLDER].sum()
        )
        self._enter_stock()
        self._enter_trainees()
        self._collect(None)
        self.datacollector = DataCollector(
            model_reporters={
                "year": "year",
                **{name: functools.partial(_national_value, name=name) for name in indicators.NAMES},
            }
        )

    @property
    def scenario(self) -> Scenario:
        """What the run assumes."""
        return self._scenario

    @scenario.setter
    def scenario(self, scenario: Scenario) -> None:
        # Mesa 3.5 has this property too, and writes the model into the scenario; ours is frozen and shared.
        self._scenario = scenario

    @property
    def t(self) -> int:
        """Years since the base year."""
        return self.year - self.regions.base_year

    # The yearly step

    def step(self) -> None:
        """Move one year on; the state afterwards is that of 1 January of the new `year`."""
        if self.year >= self.scenario.end_year:
            self.running = False
            return
        scenario, gps, draws, fixed = self.scenario, self.population, self.draws, self._fixed
        self.year += 1
        year, t = self.year, self.t

        left = careers.leave(gps, fixed.exits, draws, t, year)
        self._record_exits(left)

        self._enter_intake(year - 1)
        graduates = careers.finish_training(gps, fixed.exits, draws, t, year)
        arrivals = self._enter_from_abroad(year)
        starting = np.concatenate([graduates, arrivals])
        careers.first_roles(scenario, gps, starting, draws)

        movers = location_choice.reconsidering(scenario, gps, draws, year)
        choosing = np.concatenate([starting, movers])
        tight = location_choice.tightness(scenario, self._demand, self._supply)
        chosen = location_choice.choose(scenario, fixed.utility, tight, gps, choosing, draws, year)
        moved = self._settle(choosing, chosen, len(starting))
        self._record("graduation", graduates, by_site=True)
        self._record("arrival", arrivals)

        changes = careers.change_roles(scenario, gps, gps.rows(Status.WORKING), self._holder_places, draws, year)
        self._record("to_holder", changes.to_holder)
        self._record("from_holder", changes.from_holder)
        self._record("to_fixed_locum", changes.to_fixed_locum)

        self._collect(indicators.Year(graduates, arrivals, moved))
        self.running = self.year < scenario.end_year
        self._register()
        self.datacollector.collect(self)

    def _settle(self, rows: IntArray, chosen: IntArray, starting: int) -> IntArray:
        """Put GPs in the region they chose; returns the rows of those who moved from one to another."""
        gps = self.population
        changed = gps.region[rows] != chosen
        moved = rows[starting:][changed[starting:]]
        self._record("move_out", moved)
        gps.region[rows] = chosen
        gps.since[rows[changed]] = self.year
        self._record("move_in", moved)
        return moved

    # Who enters

    def _enter_stock(self) -> None:
        """Enter the GPs of the base year, with traits given where they work."""
        force, scenario = self.regions.workforce, self.scenario
        cell = np.repeat(np.arange(len(force.persons)), force.persons)
        key = gp_keys(careers.STOCK_COHORT, np.arange(len(cell)))
        region, role = force.region[cell], force.role[cell]
        site, origin, partner = location_choice.draw_background(self._fixed.background, region, key, self.draws)
        birth = self.year - force.age[cell]
        registered = np.minimum(birth + scenario.age_at_registration, self.year)
        self.population.append(
            key=key, block=Block.STOCK, sex=force.sex[cell], birth=birth, site=site, origin=origin, partner=partner,
            wants_practice=self._wants_practice(key) | (role == Role.HOLDER),
            finish=registered, completes=True, registered=registered, status=Status.WORKING, role=role, region=region,
            since=registered, home=region,
        )  # fmt: skip

    def _enter_trainees(self) -> None:
        """Enter those in training on the base date: whole cohorts, and the last part of the oldest."""
        plan = self._fixed.plan
        duration = float(plan.duration[0])
        whole, part = int(duration), duration % 1
        for back in range(1, whole + (part > 0) + 1):
            share = 1.0 if back <= whole else part
            cohort = careers.entrants(
                self.scenario, plan, self.draws, Block.TRAINING, self.year - back, careers.FIRST_ENTRY_COHORT - back,
                share * float(plan.size[Block.TRAINING]), entered_after=1 - share,
            )  # fmt: skip
            fixed, key = self._fixed, cohort.key
            site = pick(np.cumsum(fixed.sites.share), self.draws.uniform(Decision.SITE_OF_TRAINEE, key))
            chance = np.cumsum(fixed.origin_given_site[site], axis=1)
            origin = pick(chance, self.draws.uniform(Decision.ORIGIN_OF_TRAINEE, key))
            self._enter_training(cohort, Block.TRAINING, site, origin)

    def _enter_intake(self, year: int) -> None:
        """Enter those who start training in `year`; each chooses a site within its places."""
        plan, scenario = self._fixed.plan, self.scenario
        before = year < plan.adjustment_year
        block = Block.UNTIL_ADJUSTMENT if before else Block.AFTER_ADJUSTMENT
        intake = scenario.intake_current if before else scenario.intake_in(year)
        cohort_id = careers.FIRST_ENTRY_COHORT + year - self.regions.base_year
        cohort = careers.entrants(scenario, plan, self.draws, block, year, cohort_id, intake)
        origin = pick(np.cumsum(self.regions.origin_share), self.draws.uniform(Decision.ORIGIN, cohort.key))
        places = self._fixed.sites.places * max(intake, len(cohort.key)) * scenario.places_per_intake
        site = careers.choose_sites(self._fixed.sites, origin, places, cohort.key, self.draws)
        self._enter_training(cohort, block, site, origin)

    def _enter_training(self, cohort: careers.Entrants, block: Block, site: IntArray, origin: IntArray) -> None:
        self.population.append(
            key=cohort.key, block=block, sex=cohort.sex, birth=cohort.birth, site=site, origin=origin,
            partner=location_choice.draw_partner(self._fixed.background, cohort.key, self.draws),
            wants_practice=self._wants_practice(cohort.key),
            finish=cohort.finish, completes=cohort.completes, registered=NOWHERE, status=Status.IN_TRAINING,
            role=Role.CHANGING_LOCUM, region=NOWHERE, since=NOWHERE, home=NOWHERE,
        )  # fmt: skip

    def _enter_from_abroad(self, year: int) -> IntArray:
        """Enter GPs from abroad, who choose like GPs without training site, origin or tied partner."""
        plan, scenario, gps = self._fixed.plan, self.scenario, self.population
        cohort = careers.FIRST_ARRIVAL_COHORT + self.t
        size = careers.cohort_size(self.draws, cohort, float(plan.size[Block.ABROAD]))
        key = gp_keys(cohort, np.arange(size))
        sex = careers.draw_sex(plan, self.draws, Block.ABROAD, key)
        works = careers.takes_up_work(self._fixed.exits, self.draws, Block.ABROAD, sex, key, self.t, year)
        new = gps.append(
            key=key, block=Block.ABROAD, sex=sex, birth=year - scenario.age_on_arrival, site=NOWHERE, origin=NOWHERE,
            partner=NOWHERE, wants_practice=self._wants_practice(key), finish=year, completes=True, registered=year,
            status=np.where(works, Status.WORKING, Status.LEFT), role=Role.CHANGING_LOCUM, region=NOWHERE,
            since=NOWHERE, home=NOWHERE,
        )  # fmt: skip
        return new[works]

    def _wants_practice(self, key: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        return self.draws.uniform(Decision.WANTS_PRACTICE, key) < self.scenario.wants_practice

    # What is measured

    def fte(self, rows: IntArray) -> FloatArray:
        """Return the fte of GPs by row, 0 for those not at work."""
        gps = self.population
        return np.where(gps.status[rows] == Status.WORKING, self._worked(rows), 0.0)

    def _worked(self, rows: IntArray) -> FloatArray:
        """Return the fte that go with sex, role and region, whether at work or not."""
        gps = self.population
        return (
            self._fixed.fte_per_head[self.t][gps.sex[rows], gps.role[rows]] * self._fixed.fte_factor[gps.region[rows]]
        )

    def _collect(self, happened: indicators.Year | None) -> None:
        working = self.population.rows(Status.WORKING)
        exits = self._fixed.exits
        state = indicators.State(
            self.population, working, self.fte(working),
            exits.expected(self.population, working, self.t, self.year, indicators.RECENT_YEARS), self.year,
        )  # fmt: skip
        demand = self._fixed.demand[self.t]
        found = indicators.collect(state, self.regions, self.t, demand, self._fixed.curve, happened)
        block_sex = self.population.block[working].astype(np.int64) * len(SEX_NAMES) + self.population.sex[working]
        counts = np.bincount(block_sex, minlength=len(Block) * len(SEX_NAMES))
        self._blocks.append(counts.reshape(len(Block), len(SEX_NAMES)))
        self._demand.append(demand)
        self._supply.append(found["supply_fte"][:-1])
        self._collected.append(found)

    def _record_exits(self, rows: IntArray) -> None:
        retired = self.year - self.population.birth[rows] > self.scenario.counted_as_retirement_from
        self._record("retirement", rows[retired])
        self._record("exit", rows[~retired])

    def _record(self, flow: str, rows: IntArray, *, by_site: bool = False) -> None:
        """Keep a flow of the year by region, and by training site where it has one."""
        gps = self.population
        site = gps.site[rows] if by_site else np.full(len(rows), NOWHERE)
        fte = self._worked(rows)
        pair = gps.region[rows].astype(np.int64) * (len(self.regions.sites) + 1) + site + 1
        cells, inverse = np.unique(pair, return_inverse=True)
        region, site = np.divmod(cells, len(self.regions.sites) + 1)
        self._flows.append(
            (
                self.year,
                flow,
                region,
                site - 1,
                np.bincount(inverse, minlength=len(cells)),
                np.bincount(inverse, fte, minlength=len(cells)).astype(np.float64),
            )
        )

    def results(self) -> pd.DataFrame:
        """Return every indicator by year and region: year, region_code, region_name and a column per indicator."""
        years, n = len(self._collected), len(self.regions)
        table = pd.DataFrame(
            {
                "year": np.repeat(np.arange(years) + self.regions.base_year, n),
                "region_code": np.tile(self.regions.codes, years),
                "region_name": np.tile(self.regions.names, years),
            }
        )
        columns = {name: np.concatenate([c[name][:-1] for c in self._collected]) for name in indicators.NAMES}
        return table.assign(**columns)

    def national(self) -> pd.DataFrame:
        """Return the indicators of the nation by year, and beside them the national model's, as <column>_plan."""
        path, years = self._fixed.path, len(self._collected)
        table = pd.DataFrame({"year": np.arange(years) + self.regions.base_year})
        table = table.assign(**{name: [c[name][-1] for c in self._collected] for name in indicators.NAMES})
        blocks = self._plan_heads()[..., :years]
        heads = blocks.sum(axis=(0, 1))
        supply = (blocks * path.fte_per_head[:, :years]).sum(axis=(0, 1))
        demand = self._fixed.demand[:years].sum(axis=1)
        plan = {
            "supply_fte": supply,
            "supply_persons": heads,
            "demand_fte": demand,
            "shortage_fte": demand - supply,
            "shortage_persons": (demand - supply) * heads / supply,
            "coverage": supply / demand,
            "share_women": blocks[:, 0].sum(axis=0) / heads,
        }
        for name, values in plan.items():
            table.insert(list(table.columns).index(name) + 1, f"{name}_plan", values)
        return table

    def blocks(self) -> pd.DataFrame:
        """Return working GPs by year, supply block and sex, beside the national model's: persons, persons_plan."""
        years = len(self._blocks)
        index = pd.MultiIndex.from_product(
            [np.arange(years) + self.regions.base_year, national.BLOCKS, SEX_NAMES], names=["year", "block", "sex"]
        )
        plan = np.moveaxis(self._plan_heads()[..., :years], -1, 0)
        columns = {"persons": np.stack(self._blocks).ravel(), "persons_plan": plan.ravel()}
        return pd.DataFrame(columns, index=index).reset_index()

    def _plan_heads(self) -> FloatArray:
        """Return the national model's heads for the scenario's intake, shape (5, 2, T+1)."""
        path = self._fixed.path
        return path.heads_with_intake(np.array([self.scenario.intake_in(int(year)) for year in path.years]))

    def flows(self) -> pd.DataFrame:
        """Return what happened, long: year, region_code, flow, site (empty if not by site), persons, fte."""
        empty = np.empty(0, dtype=np.int64)
        years, flows, *cells = zip(*self._flows, strict=True) if self._flows else ((), (), *[(empty,)] * 4)
        length = [len(region) for region in cells[0]]
        region, site, persons, fte = (np.concatenate(column) for column in cells)
        names = np.array([*(s.name for s in self.regions.sites), ""])
        return pd.DataFrame(
            {
                "year": np.repeat(years, length),
                "region_code": np.array(self.regions.codes)[region],
                "flow": np.repeat(flows, length),
                "site": names[site],
                "persons": persons.astype(np.float64),
                "fte": fte,
            }
        )

    # Mesa: views are registered when somebody first asks for agents, and kept in step from then on

    @property
    def agents(self) -> Any:
        """Mesa's AgentSet of all GPs working or in training."""
        self._register(asked=True)
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """Mesa's AgentSet per type; there is one type, GP."""
        self._register(asked=True)
        return super().agents_by_type

    @property
    def agent_types(self) -> Any:
        """Types of agents present."""
        self._register(asked=True)
        return super().agent_types

    def remove_all_agents(self) -> None:
        """Let every GP leave."""
        self._register(asked=True)
        super().remove_all_agents()

    def _register(self, asked: bool = False) -> None:
        if self._views is None:
            if not asked:
                return
            self._views = {}
        active = self.population.status != Status.LEFT
        for row in [row for row in self._views if not active[row]]:
            mesa.Agent.remove(self._views.pop(row))
        for row in np.flatnonzero(active).tolist():
            if row not in self._views:
                self._views[row] = GP(self, row)
        # Mesa 3.3 counts identities in a class attribute, which would keep every model alive.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    def gps(self) -> pd.DataFrame:
        """Return one row per GP, living or left, with names for regions, sites, roles and statuses."""
        gps, codes = self.population, np.array([*self.regions.codes, ""])
        status = np.array([s.name.lower() for s in Status])
        in_training = (gps.status == Status.IN_TRAINING) | (gps.registered < 0)
        return pd.DataFrame(
            {
                "key": gps.key,
                "block": np.array(national.BLOCKS)[gps.block],
                "status": status[gps.status],
                "role": np.where(in_training, "in_training", np.array(ROLE_NAMES)[gps.role]),
                "sex": np.array(SEX_NAMES)[gps.sex],
                "age": self.year - gps.birth,
                "fte": self.fte(np.arange(len(gps))),
                "region_code": codes[gps.region],
                "since": gps.since,
                "training_site": np.array([*(s.name for s in self.regions.sites), ""])[gps.site],
                "origin_code": codes[gps.origin],
                "partner_code": codes[gps.partner],
                "wants_practice": gps.wants_practice,
                "registered": gps.registered,
            }
        )


def _national_value(model: SettlementModel, name: str) -> float:
    return float(model._collected[-1][name][-1])


@functools.cache
def _shipped() -> Regions:
    return load()


def _scenario(scenario: Scenario | None, parameters: dict[str, Any]) -> Scenario:
    if not parameters:
        return scenario or Scenario()
    # The numbers of a sweep may be numpy's.
    given = {name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()}
    return Scenario.model_validate({**(scenario.model_dump() if scenario else {}), **given})


def _seed(rng: Any) -> int:
    """Return a seed of 64 bits from a whole number (text is fine), None (fresh entropy), or a numpy generator."""
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    if isinstance(rng, (int, np.integer, str)):
        return int(rng)
    return int(np.random.default_rng(rng).integers(2**63))
