"""`SettlementModel`: the yearly step, in the order of the model's description."""

from __future__ import annotations

import functools
from typing import Any

import mesa
import numpy as np
import numpy.typing as npt
import pandas as pd
from mesa.datacollection import DataCollector

from abm import careers, effects, indicators, location_choice, national, observation, practices, reach
from abm.fixed import DEMOGRAPHY, prepare, unmet_demand
from abm.flows import Flows
from abm.population import IN_NO_PROGRAMME, NOWHERE, AtWork, Block, Population, Status, at_work
from abm.randomness import Decision, Draws, FloatArray, gp_keys, pick
from abm.scenario import Scenario
from abm.views import GP, Practice
from regions import Regions, load
from regions.people import ROLES, SEXES, Role

IntArray = npt.NDArray[np.int64]

AGES_EVERY = 5  # years between the years of which ages are kept


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
        regions = _shipped() if regions is None else regions
        first, last = regions.base_year + 1, regions.base_year + national.HORIZON
        if not first <= self.scenario.end_year <= last:
            raise ValueError(f"end_year: found {self.scenario.end_year}, allowed is {first} to {last}")
        self.seed = seed
        self.draws = Draws(seed)
        self._fixed = prepare(self.scenario, regions)
        self.regions = self._fixed.regions
        self.year = self.regions.base_year
        self.population = Population()
        self._memory = location_choice.Memory(len(self.regions))
        self._views: dict[int, GP] | None = None
        self._flows = Flows(self.regions)
        self._demand: list[FloatArray] = []
        self._supply: list[FloatArray] = []
        self._blocks: list[IntArray] = []
        self._collected: list[dict[str, FloatArray]] = []
        self._ages: dict[int, FloatArray] = {}
        self.practices, open_places = practices.found(self._fixed.practices, self.draws)
        self._enter_stock()
        self._enter_practices(open_places)
        self._enter_trainees()
        self._curves = self._base_year_curves()
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
        on = fixed.effects
        pull = self.pull(t)

        left = careers.leave(gps, fixed.exits, draws, t, year, on.acts("exits", t))
        self._record_exits(left)

        ended = practices.end(scenario, self.practices, fixed.nearness, draws, year)
        self._record_practices("practice_closed", ended.closed)
        self._record_practices("practice_without_holder", ended.goes_on)

        self._enter_intake(year - 1)
        graduates = careers.finish_training(gps, fixed.exits, draws, t, year)
        self._reach_graduates(graduates)
        arrivals = self._enter_from_abroad(year)
        starting = np.concatenate([graduates, arrivals])
        careers.first_roles(scenario, gps, starting, draws)

        before = gps.region.copy(), gps.role.copy()
        tight = location_choice.tightness(scenario, self._demand, self._supply)
        movers = location_choice.reconsidering(scenario, gps, draws, year, pull)
        choosing = np.concatenate([starting, movers])
        utility = location_choice.weigh(
            scenario, fixed.utility, tight, gps, choosing, draws, year, pull, self._memory.lasting_utility
        )
        gave_up_to_move = self._settle(choosing, utility.argmax(axis=1), utility)

        seekers = careers.looking_for_practice(scenario, gps, draws, year, on.acts("seek", t))
        careers.change_roles(scenario, gps, draws, year, on.acts("give_up", t), on.acts("settle", t))
        looking = np.zeros(len(gps), dtype=bool)
        looking[seekers] = looking[gave_up_to_move] = True
        found, not_found = self._succession(np.flatnonzero(looking), tight, pull)
        practices.join(self.practices, gps, draws, year)

        self._record("graduation", graduates, by_site=True)
        self._record("arrival", arrivals)
        moved = self._record_changes(*before)
        reach.in_year(self._record, self._flows, fixed, gps, graduates, before[1], t, year)
        self._flows.end_year(year)
        self._collect(observation.Year(graduates, arrivals, moved, found, not_found, ended.closed))
        self.running = self.year < scenario.end_year
        self._register()
        self.datacollector.collect(self)

    def _settle(self, rows: IntArray, chosen: IntArray, utility: FloatArray) -> IntArray:
        """Put GPs in the region they chose; returns the rows of holders who gave up their practice to move."""
        gps = self.population
        changed = np.flatnonzero(gps.region[rows] != chosen)
        rows, chosen, utility = rows[changed], chosen[changed], utility.take(changed, axis=0)
        gave_up = rows[(gps.role[rows] == Role.HOLDER.value)]
        gps.role[gave_up] = Role.FIXED_LOCUM
        gps.obligation[gave_up] = gps.obliged_until[gave_up] = NOWHERE  # over, or they would not have reconsidered
        gps.region[rows] = chosen
        gps.since[rows] = self.year
        gps.practice[rows] = gps.second[rows] = gps.third[rows] = NOWHERE
        self._add_locum_regions(rows, utility)
        return gave_up

    def _add_locum_regions(self, rows: IntArray, utility: FloatArray) -> None:
        """Give the locums among `rows`, who are new in their region, the other regions they work in."""
        gps = self.population
        locums = np.flatnonzero(
            (gps.role[rows] == Role.FIXED_LOCUM.value) | (gps.role[rows] == Role.CHANGING_LOCUM.value)
        )
        number = location_choice.several(self.scenario, gps.key[rows[locums]], self.draws)
        some, number = locums[number > 1], number[number > 1]
        gps.second[rows[some]], gps.third[rows[some]] = location_choice.further_regions(
            self._fixed.locum_reach, gps.region[rows[some]], utility.take(some, axis=0), number
        )

    def _succession(
        self, seekers: IntArray, tight: FloatArray, pull: location_choice.Pull | None
    ) -> tuple[IntArray, IntArray]:
        """Fill open places with those who look for one; places that stay open age, and may be given up.

        Returns the practices of the places that found a successor and of those that did not, one entry per place.
        """
        scenario, gps, draws, year = self.scenario, self.population, self.draws, self.year
        fixed = self._fixed
        utility = location_choice.weigh(
            scenario, fixed.utility, tight, gps, seekers, draws, year, pull, self._memory.lasting_utility
        )
        open_places = practices.open_places(self.practices, gps)
        mended = fixed.effects.acts("takeover", self.t)
        suits = practices.suitable(scenario, self.practices, open_places, fixed.usual_workload, draws, year, mended)
        found = practices.apply(scenario, self.practices, gps, seekers, utility, suits, draws, year)
        rows, place = seekers[found != NOWHERE], found[found != NOWHERE]
        region = self.practices.region[place]
        gps.since[rows[gps.region[rows] != region]] = year
        gps.region[rows] = region
        gps.practice[rows] = place
        gps.role[rows] = Role.HOLDER
        gps.second[rows] = gps.third[rows] = NOWHERE
        still_open = practices.turn(scenario, self.practices, open_places, place, draws, year)
        not_found = np.repeat(np.arange(len(still_open)), still_open)
        self._record_practices("succession_found", place)
        self._record_practices("succession_not_found", not_found)
        return place, not_found

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
        wanting = self._fixed.still_wanting[force.sex[cell], force.age[cell]]
        luck = careers.luck(self.draws, key, ("wants_practice",))["wants_practice"]
        self.population.append(
            key=key, block=Block.STOCK, sex=force.sex[cell], birth=birth, site=site, origin=origin, partner=partner,
            wants_practice=careers.wants_practice(scenario, luck, wanting) | (role == Role.HOLDER.value),
            finish=registered, completes=True, registered=registered, status=Status.WORKING, role=role, region=region,
            since=registered, second=NOWHERE, third=NOWHERE, base_region=region, practice=NOWHERE, **IN_NO_PROGRAMME,
        )  # fmt: skip

    def _enter_practices(self, open_places: IntArray) -> None:
        """Put the GPs of the base year in practices, and give its locums the other regions they work in."""
        scenario, gps, draws = self.scenario, self.population, self.draws
        practices.place_holders(scenario, self.practices, open_places, gps, draws, self.year)
        practices.first_lists(scenario, self.practices, gps)
        practices.join(self.practices, gps, draws, self.year)
        rows = np.flatnonzero((gps.role == Role.FIXED_LOCUM.value) | (gps.role == Role.CHANGING_LOCUM.value))
        number = location_choice.several(scenario, gps.key[rows], draws)
        rows, number = rows[number > 1], number[number > 1]
        gps.second[rows], gps.third[rows] = location_choice.draw_visits(
            self._fixed.visits, gps.region[rows], number, gps.key[rows], draws
        )

    def _base_year_curves(self) -> observation.Curves:
        """Return the curves of vacancies, patient stops and inhabitants without a GP that fit the base year."""
        fixed, scenario = self._fixed, self.scenario
        demand, inhabitants = fixed.demand[0], self.regions.inhabitants[0]
        practices.scale_lists(self.practices, inhabitants * (1 - scenario.without_gp))
        working, _, shared, supply = self._at_work()
        unfilled = practices.open_places(self.practices, self.population)
        self._measure_workload(unfilled, fixed.need[0], supply, working, shared)
        unmet = unmet_demand(scenario, fixed.plan, fixed.path)
        return observation.Curves(
            observation.vacancy_curve(scenario.vacancy_softness, demand, supply, unmet),
            practices.list_curves(scenario, self.practices, inhabitants, demand, supply),
        )

    def _measure_workload(
        self, unfilled: IntArray, need: FloatArray, supply: FloatArray, working: AtWork, shared: FloatArray
    ) -> None:
        """Measure workload; `unfilled` places by practice, `shared` fte by post, of which those at home come first."""
        holder_fte = float(self._fixed.fte_per_head[self.t, :, Role.HOLDER].mean())
        at_home = shared[: len(working)]
        practices.measure_workload(self.practices, unfilled, working.practice, at_home, need, supply, holder_fte)

    def _enter_trainees(self) -> None:
        """Enter those in training on the base date: whole cohorts, and the last part of the oldest."""
        plan = self._fixed.plan
        duration = float(plan.duration[0])
        whole, part = int(duration), duration % 1
        cohorts = []
        for back in range(1, whole + (part > 0) + 1):
            share = 1.0 if back <= whole else part
            cohorts.append(careers.entrants(
                self.scenario, plan, self.draws, Block.TRAINING, self.year - back, careers.FIRST_ENTRY_COHORT - back,
                share * float(plan.size[Block.TRAINING]), entered_after=1 - share,
            ))  # fmt: skip
        if not cohorts:
            return
        trainees, fixed = careers.together(cohorts), self._fixed
        site = pick(np.cumsum(fixed.sites.share), self.draws.uniform(Decision.SITE_OF_TRAINEE, trainees.key))
        chance = np.cumsum(fixed.origin_given_site[site], axis=1)
        origin = pick(chance, self.draws.uniform(Decision.ORIGIN_OF_TRAINEE, trainees.key))
        self._enter_training(trainees, Block.TRAINING, site, origin)

    def _enter_intake(self, year: int) -> None:
        """Enter those who start training in `year`; each chooses a site within its places."""
        plan, scenario = self._fixed.plan, self.scenario
        before = year < plan.adjustment_year
        block = Block.UNTIL_ADJUSTMENT if before else Block.AFTER_ADJUSTMENT
        on, draws = self._fixed.effects, self.draws
        intake = float(on.intake[self.t])
        cohort_id = careers.FIRST_ENTRY_COHORT + year - self.regions.base_year
        cohort = careers.entrants(scenario, plan, draws, block, year, cohort_id, intake)
        origin = pick(np.cumsum(self.regions.origin_share), cohort.origin)
        some, number = effects.reached(on.selection, self.t, cohort.key, Decision.SELECTED, draws)
        origin[some] = effects.region_of(
            on.selection, number, self.regions.origin_share, cohort.key[some], Decision.ORIGIN_OF_SELECTED, draws
        )
        sites, start = self._fixed.sites, max(intake, len(cohort.key))
        if (added := on.acts("places", self.t)) is not None:
            sites = sites.with_places(added / max(1.0, start * scenario.places_per_intake))
        places = sites.places * start * scenario.places_per_intake
        site = careers.choose_sites(sites, origin, places, cohort.key, cohort.lot, draws)
        rows = self._enter_training(cohort, block, site, origin)
        reach.of_programmes(self._record, on.selection, rows[some], number, origin[some])
        reach.of_trainees(self._record, self._fixed, self.population, rows, self.t)

    def _enter_training(self, cohort: careers.Entrants, block: Block, site: IntArray, origin: IntArray) -> IntArray:
        return self.population.append(
            key=cohort.key, block=block, sex=cohort.sex, birth=cohort.birth, site=site, origin=origin,
            partner=location_choice.tied_partner(self._fixed.background, cohort.tied, cohort.partner),
            wants_practice=cohort.wants_practice,
            finish=cohort.finish, completes=cohort.completes, registered=NOWHERE, status=Status.IN_TRAINING,
            role=Role.CHANGING_LOCUM, region=NOWHERE, since=NOWHERE, second=NOWHERE, third=NOWHERE,
            base_region=NOWHERE, practice=NOWHERE, **IN_NO_PROGRAMME,
        )  # fmt: skip

    def _enter_from_abroad(self, year: int) -> IntArray:
        """Enter GPs from abroad, who choose like GPs without training site, origin or tied partner."""
        plan, scenario, gps = self._fixed.plan, self.scenario, self.population
        cohort = careers.FIRST_ARRIVAL_COHORT + self.t
        size = careers.cohort_size(self.draws, cohort, float(plan.size[Block.ABROAD]))
        key = gp_keys(cohort, np.arange(size))
        luck = careers.luck(self.draws, key, ("sex", "wants_practice"))
        sex = careers.sex_of(plan, Block.ABROAD, luck["sex"])
        works = careers.takes_up_work(self._fixed.exits, self.draws, Block.ABROAD, sex, key, self.t, year)
        new = gps.append(
            key=key, block=Block.ABROAD, sex=sex, birth=year - scenario.age_on_arrival, site=NOWHERE, origin=NOWHERE,
            partner=NOWHERE, wants_practice=careers.wants_practice(scenario, luck["wants_practice"]), finish=year,
            completes=True, registered=year,
            status=np.where(works, Status.WORKING, Status.LEFT), role=Role.CHANGING_LOCUM, region=NOWHERE,
            since=NOWHERE, second=NOWHERE, third=NOWHERE, base_region=NOWHERE, practice=NOWHERE, **IN_NO_PROGRAMME,
        )  # fmt: skip
        return new[works]

    # Measures

    def pull(self, t: int) -> location_choice.Pull | None:
        """Return what measures add to utility in the step that ends `t` years after the base year, None if nothing."""
        fixed = self._fixed
        on = fixed.effects
        if not (on.active & {"appeal", "partner_relief", "travel_relief"} or on.placements or on.obligations):
            return None
        months = 12 * float(fixed.plan.duration[0])
        return location_choice.pull(self.scenario, self.regions, on, t, months)

    def _reach_graduates(self, rows: IntArray) -> None:
        """Let programmes reach those who finish: attention to ownership, placements, obligations."""
        gps, draws, on, t = self.population, self.draws, self._fixed.effects, self.t
        key = gps.key[rows]
        if (wants := on.acts("wants", t)) is not None:
            share = self.scenario.wants_practice + wants[gps.site[rows]]
            luck = careers.luck(draws, key, ("wants_practice",))["wants_practice"]
            gps.wants_practice[rows] = careers.wants_practice(self.scenario, luck, share)
        some, number = effects.reached(on.placements, t, key, Decision.PLACED, draws)
        size = self.regions.demand_share[0]
        region = effects.region_of(on.placements, number, size, key[some], Decision.PLACE_OF_PLACEMENT, draws)
        reach.of_programmes(self._record, on.placements, rows[some], number, region)
        new = self._fixed.sites.region[gps.site[rows[some]]] != region  # the training region has its own pull
        gps.placement[rows[some[new]]], gps.placed[rows[some[new]]] = number[new], region[new]

        some, number = effects.reached(on.obligations, t, key, Decision.OBLIGED, draws)
        if not len(some):
            return
        luck = draws.uniform(Decision.COMPLIES, key[some])
        for index, programme in enumerate(on.obligations):
            bound = rows[some[(number == index) & (luck < programme.lever.complies)]]
            gps.obligation[bound], gps.obliged_until[bound] = index, self.year + programme.lever.years

    # What is measured

    def fte(self, rows: IntArray) -> FloatArray:
        """Return the fte of GPs by row, 0 for those not at work."""
        gps = self.population
        return np.where(gps.status[rows] == Status.WORKING.value, self._worked(rows), 0.0)

    def _worked(self, rows: IntArray) -> FloatArray:
        """Return the fte that go with sex, role and region, whether at work or not."""
        gps = self.population
        return self._fte(gps.sex.take(rows), gps.role.take(rows), gps.region.take(rows))

    def _fte(
        self, sex: npt.NDArray[np.int8], role: npt.NDArray[np.int8], region: npt.NDArray[np.integer]
    ) -> FloatArray:
        fixed = self._fixed
        kind = sex * np.int8(len(Role)) + role
        fte = fixed.fte_per_head[self.t].ravel().take(kind) * fixed.fte_factor.take(region)
        hours = fixed.effects.acts("hours", self.t)
        return fte if hours is None else fte * np.append(hours, 1.0).take(region)

    def _at_work(self) -> tuple[AtWork, FloatArray, FloatArray, FloatArray]:
        """Return the GPs at work, and their fte by GP, by post and by region."""
        working = at_work(self.population, self.year)
        fte = self._fte(working.sex, working.role, working.region)
        shared = working.posts.divide(fte)
        return working, fte, shared, observation.by_region(working.posts, shared, len(self.regions))

    def _collect(self, happened: observation.Year | None) -> None:
        gps, t = self.population, self.t
        working, fte, shared, supply = self._at_work()
        demand, need, inhabitants = self._fixed.demand[t], self._fixed.need[t], self.regions.inhabitants[t]
        wanted = inhabitants - self._curves.lists.without_gp(inhabitants, need, supply)
        listed = practices.scale_lists(self.practices, wanted)
        unfilled = practices.open_places(self.practices, gps)
        self._measure_workload(unfilled, need, supply, working, shared)
        leaves = careers.of_each(self._fixed.leaves_in_five[t], working.block, working.sex, working.age)
        state = observation.State(
            gps, working, fte, shared, supply, leaves, self.practices, unfilled, inhabitants - listed, self.year
        )
        found = observation.collect(state, self.regions, t, demand, self._fixed.demography[t], self._curves, happened)
        if t % AGES_EVERY == 0 or self.year == self.scenario.end_year:
            self._ages[self.year] = observation.pyramid(state, len(self.regions))
        block_sex = working.block * len(SEXES) + working.sex
        counts = np.bincount(block_sex, minlength=len(Block) * len(SEXES))
        self._blocks.append(counts.reshape(len(Block), len(SEXES)))
        self._demand.append(demand)
        self._supply.append(supply)
        self._collected.append(found)

    def _record_exits(self, rows: IntArray) -> None:
        retired = self.year - self.population.birth[rows] > self.scenario.counted_as_retirement_from
        self._record("retirement", rows[retired])
        self._record("exit", rows[~retired])

    def _record(
        self, flow: str, rows: IntArray, region: npt.NDArray[np.integer] | None = None, *, by_site: bool = False
    ) -> None:
        """Keep a flow of the year by region (by default where the GPs are now), and by training site if asked."""
        gps = self.population
        where = gps.region[rows] if region is None else region
        self._flows.record(flow, where, self._worked(rows), gps.site[rows] if by_site else None)

    def _record_changes(self, region: npt.NDArray[np.int16], role: npt.NDArray[np.int8]) -> IntArray:
        """Keep who moved and who changed role, from what the GPs' `region` and `role` were; returns who moved."""
        gps = self.population
        moved = np.flatnonzero((region != NOWHERE) & (region != gps.region))
        left, was, fte = region[moved], role[moved], self._worked(moved)
        self._flows.record("move_in", gps.region[moved], fte)
        self._flows.record("move_out", left, fte)
        for one in Role:
            of_role = was == one.value
            self._flows.record(f"move_out_{one.name.lower()}", left[of_role], fte[of_role])
        changed = np.flatnonzero((gps.status == Status.WORKING.value) & (role != gps.role))
        now, then = gps.role[changed], role[changed]
        self._record("to_holder", changed[now == Role.HOLDER.value])
        self._record("from_holder", changed[then == Role.HOLDER.value])
        self._record("to_fixed_locum", changed[(now == Role.FIXED_LOCUM.value) & (then == Role.CHANGING_LOCUM.value)])
        return moved

    def _record_practices(self, flow: str, rows: IntArray) -> None:
        """Keep what happened to practices or places: the column persons counts them, fte is zero."""
        self._flows.record(flow, self.practices.region[rows], np.zeros(len(rows)))

    def results(self) -> pd.DataFrame:
        """Return every indicator by year and region: year, region_code, region_name and a column per indicator."""
        years, n = len(self._collected), len(self.regions)
        keys = {
            "year": np.repeat(np.arange(years) + self.regions.base_year, n),
            "region_code": np.tile(self.regions.codes, years),
            "region_name": np.tile(self.regions.names, years),
        }
        columns = {name: np.concatenate([c[name][:-1] for c in self._collected]) for name in indicators.NAMES}
        return pd.DataFrame({**keys, **columns})

    def national(self) -> pd.DataFrame:
        """Return the indicators of the nation by year, and beside them the national model's, as <column>_plan."""
        path, years = self._fixed.path, len(self._collected)
        threshold = self.scenario.high_vacancy_rate
        unequal = [observation.between(c, threshold) for c in self._collected]
        blocks = self._plan_heads()[..., :years]
        heads = blocks.sum(axis=(0, 1))
        fte = blocks * path.fte_per_head[:, :years]
        supply = fte.sum(axis=(0, 1))
        demand = path.demand_fte(self.scenario.demand_scenario, self.scenario.demand_level)[:years]
        plan = {
            "supply_fte": supply,
            "supply_persons": heads,
            "demand_fte": demand,
            "shortage_fte": demand - supply,
            "shortage_persons": (demand - supply) * heads / supply,
            "coverage": supply / demand,
            "share_women": blocks[:, 0].sum(axis=0) / heads,
            "demand_demography_fte": path.demand_fte(DEMOGRAPHY, self.scenario.demand_level)[:years],
        }
        for unit, of_block in (("persons", blocks), ("fte", fte)):
            plan |= {f"{unit}_block_{name}": of_block[k].sum(axis=0) for k, name in enumerate(national.BLOCKS)}
        columns: dict[str, Any] = {"year": np.arange(years) + self.regions.base_year}
        for name in indicators.NAMES:
            columns[name] = [c[name][-1] for c in self._collected]
            if name in plan:
                columns[f"{name}_plan"] = plan[name]
        return pd.DataFrame(columns | {name: [u[name] for u in unequal] for name in indicators.BETWEEN_NAMES})

    def ages(self) -> pd.DataFrame:
        """Return GPs at work by sex and age group in the base year, every fifth year after it and the last.

        Columns: year, region_code, sex, age (the first of the group, 0 for the youngest), persons, and persons_each,
        in which locums of several regions count in each.
        """
        index = pd.MultiIndex.from_product(
            [list(self._ages), self.regions.codes, SEXES, indicators.AGES],
            names=["year", "region_code", "sex", "age"],
        )
        persons, each = np.stack(list(self._ages.values()), axis=1).reshape(2, -1)
        return pd.DataFrame({"persons": persons, f"persons{indicators.EACH}": each}, index=index).reset_index()

    def blocks(self) -> pd.DataFrame:
        """Return working GPs by year, supply block and sex, beside the national model's: persons, persons_plan."""
        years = len(self._blocks)
        index = pd.MultiIndex.from_product(
            [np.arange(years) + self.regions.base_year, national.BLOCKS, SEXES], names=["year", "block", "sex"]
        )
        plan = np.moveaxis(self._plan_heads()[..., :years], -1, 0)
        columns = {"persons": np.stack(self._blocks).ravel(), "persons_plan": plan.ravel()}
        return pd.DataFrame(columns, index=index).reset_index()

    def _plan_heads(self) -> FloatArray:
        """Return the national model's heads for the scenario's intake, shape (5, 2, T+1)."""
        intake = self._fixed.effects.intake
        return self._fixed.path.heads_with_intake(np.append(intake[1:], intake[-1]))  # by year of entry

    def flows(self) -> pd.DataFrame:
        """Return what happened, long: year, region_code, flow, site (empty if not by site), persons, fte."""
        return self._flows.table()

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
        active = self.population.status != Status.LEFT.value
        for row in [row for row in self._views if not active[row]]:
            mesa.Agent.remove(self._views.pop(row))
        for row in np.flatnonzero(active).tolist():
            if row not in self._views:
                self._views[row] = GP(self, row)
        # Mesa 3.3 counts identities in a class attribute, which would keep every model alive.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    def practice(self, row: int) -> Practice:
        """Return a view of one practice."""
        return Practice(self, row)

    def open_practice(self, region: int) -> int:
        """Return the first practice of a region with an open place; raises `ValueError` when there is none."""
        there = self.practices.region == region
        found = np.flatnonzero(there & (practices.open_places(self.practices, self.population) > 0))
        if not len(found):
            raise ValueError(f"no open place for a holder in {self.regions.names[region]}")
        return int(found[0])

    def practice_table(self) -> pd.DataFrame:
        """Return one row per practice there ever was, with names for regions, municipalities, forms and states."""
        there, gps = self.practices, self.population
        state, form = (np.array([s.name.lower() for s in names]) for names in (practices.State, practices.Form))
        return pd.DataFrame(
            {
                "practice": np.arange(len(there)),
                "region_code": np.array(self.regions.codes)[there.region],
                "municipality": np.array(self.regions.municipalities.name)[there.municipality],
                "state": state[there.state],
                "form": form[practices.forms(there, gps)],
                "places": there.places,
                "holders": practices.holders(there, gps),
                "established": practices.established(there, gps),
                "patients": there.patients,
                "workload": there.workload,
                "unfilled_years": there.unfilled_years,
                "vacant_years": there.vacant_years,
            }
        )

    def gps(self) -> pd.DataFrame:
        """Return one row per GP, living or left, with names for regions, sites, roles and statuses."""
        gps, codes = self.population, np.array([*self.regions.codes, ""])
        status = np.array([s.name.lower() for s in Status])
        in_training = (gps.status == Status.IN_TRAINING.value) | (gps.registered < 0)
        return pd.DataFrame(
            {
                "key": gps.key,
                "block": np.array(national.BLOCKS)[gps.block],
                "status": status[gps.status],
                "role": np.where(in_training, "in_training", np.array(ROLES)[gps.role]),
                "sex": np.array(SEXES)[gps.sex],
                "age": self.year - gps.birth,
                "fte": self.fte(np.arange(len(gps))),
                "region_code": codes[gps.region],
                "second_code": codes[gps.second],
                "third_code": codes[gps.third],
                "practice": np.where(gps.status == Status.WORKING.value, gps.practice, NOWHERE),
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
