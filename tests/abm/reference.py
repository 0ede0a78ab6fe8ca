"""The model once more, one GP and one practice at a time: its rules, written for reading.

`Reference` is made and stepped like `SettlementModel` and must reach the same state. It shares with it the tables that
are fixed before any GP acts (`abm.fixed.prepare`, those of measures too), the numbering of the decisions that draws are
for, and nothing else: the draws themselves, who enters with which traits, careers, location choice, whom measures reach
and what that does, practices and lists are all done here, in plain Python and in the order of a step. Slow, so for
small data.

What happens at the same time is decided for all before it is done for any, so that no rule depends on the order in
which GPs or practices are looked at. `shuffle` shows that: it puts them in another order in every loop.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any

from abm import Scenario
from abm.effects import Programme, Situation
from abm.fixed import prepare
from abm.population import NOWHERE, Block, Status
from abm.practices import State
from abm.randomness import Decision
from regions import Regions
from regions.people import MEN, WOMEN, Role

# Cohorts, the first byte of a key: the stock, the entrants of the base year (of k years earlier: k less), and arrivals.
STOCK, ENTRANTS, ARRIVALS = 0, 32, 128
PLACE_BITS = 24
OLDEST = 110  # ages above share its exit probability
AGES_NEAR = 2  # years on either side of an age that tell how many of that age hold a practice
SEEKS_EARLY, SEEKS_MIDDLE = 2, 12  # years since registration up to which these chances to look for a practice hold
NEARLY_ALL = 1 - 1e-9  # inhabitants without a GP at most
EMPLOYED = (Role.SALARIED, Role.FIXED_LOCUM)
LOCUM = (Role.FIXED_LOCUM, Role.CHANGING_LOCUM)


@dataclass
class RefGP:
    """A GP; the fields are the columns of `Population`."""

    key: int
    block: Block
    sex: int
    birth: int
    site: int
    origin: int
    partner: int
    wants_practice: bool
    finish: int
    completes: bool
    registered: int = NOWHERE
    status: Status = Status.IN_TRAINING
    role: Role = Role.CHANGING_LOCUM
    region: int = NOWHERE
    since: int = NOWHERE
    second: int = NOWHERE
    third: int = NOWHERE
    base_region: int = NOWHERE
    practice: int = NOWHERE
    placement: int = NOWHERE
    placed: int = NOWHERE
    obligation: int = NOWHERE
    obliged_until: int = NOWHERE

    @property
    def works(self) -> bool:
        return self.status == Status.WORKING

    @property
    def regions(self) -> list[int]:
        """The regions of work, the own one first."""
        return [region for region in (self.region, self.second, self.third) if region != NOWHERE]


@dataclass
class RefPractice:
    """A practice; the fields are the columns of `Practices`, and `row` is its place in them."""

    row: int
    region: int
    municipality: int
    places: int
    state: State
    patients: float = 0.0
    unfilled_years: int = 0
    vacant_years: int = 0
    workload: float = 1.0
    workload_filled: float = 1.0

    @property
    def runs(self) -> bool:
        return self.state != State.CLOSED


# Chance --------------------------------------------------------------------------------------------------------------


class Luck:
    """Philox 4x32-10 on whole numbers, one counter at a time."""

    def __init__(self, seed: int) -> None:
        self.low, self.high = seed & 0xFFFFFFFF, seed >> 32

    def words(self, decision: int, key: int, year: int, block: int) -> tuple[int, int, int, int]:
        """Return the four words of 32 bits for a counter."""
        a, b, c, d = key, block, year, decision
        low, high = self.low, self.high
        for _ in range(10):
            first, second = a * 0xD2511F53, c * 0xCD9E8D57
            a, b = (second >> 32) ^ b ^ low, second & 0xFFFFFFFF
            c, d = (first >> 32) ^ d ^ high, first & 0xFFFFFFFF
            low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
        return a, b, c, d

    def u(self, decision: Decision, key: int, year: int = 0, other: int = 0) -> float:
        """Return a number in (0, 1) for a key, or for a key and another; year 0 for what is fixed for life."""
        return _unit(self.words(decision, key, year, other)[0])

    def series(self, decision: Decision, key: int, n: int, year: int = 0) -> list[float]:
        """Return `n` numbers in (0, 1) for a key, four from each block."""
        blocks = [self.words(decision, key, year, block) for block in range(-(-n // 4))]
        return [_unit(word) for block in blocks for word in block][:n]

    def gumbel(self, decision: Decision, key: int, n: int, year: int = 0) -> list[float]:
        """Return `n` standard Gumbel errors for a key."""
        return [-math.log(-math.log(u)) for u in self.series(decision, key, n, year)]


def _unit(word: int) -> float:
    return (word + 0.5) / 2**32


def pick(chances: Sequence[float], u: float) -> int:
    """Return which of the classes `u` falls in, when they divide 0 to 1 in proportion to their chances."""
    level, passed = u * math.fsum(chances), 0.0
    for index, chance in enumerate(chances):
        passed += chance
        if level < passed:
            return index
    return len(chances) - 1


def within(programme: Programme, weights: Sequence[float]) -> list[float]:
    """Return weights by region, zero outside the regions of a programme."""
    return [weight if here else 0.0 for weight, here in zip(weights, programme.where.tolist(), strict=True)]


def key_of(cohort: int, place: int) -> int:
    return (cohort << PLACE_BITS) + place


# The model -----------------------------------------------------------------------------------------------------------


class Reference:
    """GPs and practices as objects; `gps` by key, `practices` by row. The state is that of 1 January of `year`."""

    def __init__(self, scenario: Scenario, regions: Regions, seed: int, shuffle: Random | None = None) -> None:
        self.scenario, self.shuffle = scenario, shuffle
        self.luck = self.luck_of(seed)
        self.fixed = prepare(scenario, regions)
        self.regions = regions = self.fixed.regions  # with the sites that measures open
        self.on = self.fixed.effects
        self.all_regions = range(len(regions))
        self.all_sites = range(len(regions.sites))
        self.year = regions.base_year
        self.gps: dict[int, RefGP] = {}
        self.practices: list[RefPractice] = []
        self.demand: list[list[float]] = []
        self.supply: list[list[float]] = []
        self._tables()

        open_places = self.found_practices()
        self.enter_stock()
        self.place_holders(open_places)
        self.date_empty_practices()
        self.first_lists()
        self.join_practices()
        for gp in self.each(self.gps.values()):
            if gp.role in LOCUM:
                self.visit_other_regions(gp)
        self.enter_trainees()
        self.without = self.share_without_gp()
        self.measure()

    def _tables(self) -> None:
        """Take what is fixed before any GP acts, as plain lists."""
        fixed, tables = self.fixed, self.fixed.utility
        self.site_origin = fixed.background.site_origin.tolist()  # cumulative chances of the pairs
        self.base, self.lift = tables.base.tolist(), tables.lift.tolist()
        # The last row of these is for a GP without site, origin or tied partner: NOWHERE finds it.
        self.training, self.origin, self.partner = (
            table.tolist() for table in (tables.training, tables.origin, tables.partner)
        )
        self.exits_of_stock, self.exits_of_block = fixed.exits.stock.tolist(), fixed.exits.block.tolist()
        self.fte_per_head, self.fte_factor = fixed.fte_per_head.tolist(), fixed.fte_factor.tolist()
        self.share_women = fixed.plan.share_women.tolist()
        self.origin_share, self.site_share = self.regions.origin_share.tolist(), fixed.sites.share.tolist()
        self.site_utility, self.origin_given_site = fixed.sites.utility.tolist(), fixed.origin_given_site.tolist()
        self.new_site_utility, self.site_places = fixed.sites.per_place.tolist(), fixed.sites.places.tolist()
        self.visits, self.in_reach = fixed.visits.tolist(), fixed.locum_reach.tolist()
        self.nearness = fixed.nearness.tolist()

    def luck_of(self, seed: int) -> Luck:
        return Luck(seed)

    def new_gp(self, *values: Any, **named: Any) -> RefGP:
        return RefGP(*values, **named)

    @property
    def t(self) -> int:
        return self.year - self.regions.base_year

    def each(self, things: Iterable) -> list:
        """Return the things, in another order every time when it is to be shown that the order does not matter."""
        things = list(things)
        if self.shuffle:
            self.shuffle.shuffle(things)
        return things

    def at_work(self) -> list[RefGP]:
        return [gp for gp in self.each(self.gps.values()) if gp.works]

    # The yearly step

    def step(self) -> None:
        self.year += 1
        for gp in self.at_work():
            if self.leaves(gp):
                gp.status = Status.LEFT
        self.end_practices()

        self.enter_intake(self.year - 1)
        graduates = [gp for gp in self.each(self.gps.values()) if self.finishes(gp)]
        for gp in graduates:
            self.reach(gp)
        starting = graduates + self.arrivals()
        for gp in starting:
            gp.role = self.first_role(gp)

        tightness = self.tightness()
        choosing = starting + [gp for gp in self.at_work() if self.reconsiders(gp)]
        gave_up = [gp.key for gp in choosing if self.settle(gp, self.utility(gp, tightness))]

        # Who gives up a practice in its region does not look for another in the same year; who moved may.
        looking = [gp.key for gp in self.at_work() if self.looks_for_practice(gp)]
        for gp in self.at_work():
            self.change_role(gp)
        seekers = {key: self.utility(self.gps[key], tightness) for key in {*gave_up, *looking}}
        successors = self.apply(seekers)
        for key, row in self.each(successors.items()):
            self.take_over(self.gps[key], self.practices[row])
        self.count_open_places(set(successors.values()))
        self.join_practices()
        self.measure()

    # Outflow

    def leaves(self, gp: RefGP) -> bool:
        """Leave by sex and year: by age too in the stock, by block in later ones; measures act by region and age."""
        age = min(max(self.year - 1 - gp.birth, 0), OLDEST)
        if gp.block == Block.STOCK:
            chance = self.exits_of_stock[gp.sex][self.t][age]
        else:
            chance = self.exits_of_block[gp.block][gp.sex][self.t]
        chance *= self.on.exits[self.t, gp.region, age]
        return self.luck.u(Decision.EXIT, gp.key, self.year) < chance

    # Who enters

    def cohort_size(self, cohort: int, expected: float) -> int:
        """Return a whole number with the given mean: the fraction is a chance of one more."""
        one_more = self.luck.u(Decision.COHORT_SIZE, key_of(cohort, 0)) < expected - math.floor(expected)
        return math.floor(expected) + one_more

    def sex(self, block: Block, key: int) -> int:
        return WOMEN if self.luck.u(Decision.SEX, key) < self.share_women[block] else MEN

    def ever_wants_practice(self, key: int, share: float | None = None) -> bool:
        return self.luck.u(Decision.WANTS_PRACTICE, key) < (self.scenario.wants_practice if share is None else share)

    def wants_practice_still(self, sex: int, age: int) -> float:
        """Return the share who want one among the GPs of the base year of about this age who have none.

        The usual share of all GPs wants one, and those who have one are among them.
        """
        force = self.regions.workforce
        rows = zip(force.sex.tolist(), force.age.tolist(), force.role.tolist(), force.persons.tolist(), strict=True)
        near = [(role, persons) for s, a, role, persons in rows if s == sex and abs(a - age) <= AGES_NEAR]
        everyone = sum(persons for _, persons in near)
        holding = sum(persons for role, persons in near if role == Role.HOLDER) / everyone
        without = max(1 - holding, sys.float_info.min)
        return max(0.0, self.scenario.wants_practice - holding) / without

    def takes_up_work(self, block: Block, sex: int, key: int) -> bool:
        """Start work with the chance that somebody of the block stays; the others leave before they began."""
        return self.luck.u(Decision.TAKE_UP, key, self.year) < 1 - self.exits_of_block[block][sex][self.t]

    def enter_stock(self) -> None:
        force = self.regions.workforce
        columns = (force.region, force.sex, force.age, force.role, force.persons)
        place = 0
        ages = set(zip(force.sex.tolist(), force.age.tolist(), strict=True))
        still = {of: self.wants_practice_still(*of) for of in ages}
        for region, sex, age, role, persons in zip(*(column.tolist() for column in columns), strict=True):
            for _ in range(persons):
                key = key_of(STOCK, place)
                place += 1
                site, origin = self.background_given_region(key, region)
                birth = self.year - age
                registered = min(birth + self.scenario.age_at_registration, self.year)
                self.gps[key] = self.new_gp(
                    key, Block.STOCK, sex, birth, site, origin,
                    partner=self.partner_given_region(key, region, site, origin),
                    wants_practice=self.ever_wants_practice(key, still[sex, age]) or role == Role.HOLDER,
                    finish=registered, completes=True, registered=registered, status=Status.WORKING, role=Role(role),
                    region=region, since=registered, base_region=region,
                )  # fmt: skip

    def background_given_region(self, key: int, region: int) -> tuple[int, int]:
        """Draw training site and origin of a GP who works in a region, by Bayes."""
        u = self.luck.u(Decision.BACKGROUND_OF_STOCK, key)
        return divmod(bisect_right(self.site_origin[region], u), len(self.regions))

    def partner_given_region(self, key: int, region: int, site: int, origin: int) -> int:
        """Draw the region of the partner of a GP who works in a region; NOWHERE for no tied partner."""
        known = self.fixed.background
        chance = known.partner * known.partner_weight[:, region] / known.normaliser[site, origin]
        partner = pick(chance.tolist(), self.luck.u(Decision.PARTNER_OF_STOCK, key))
        return NOWHERE if partner == len(self.regions) else partner

    def partner_anywhere(self, key: int) -> int:
        """Draw the region of the partner of a GP who works nowhere yet: where young adults live, or NOWHERE."""
        *by_region, not_tied = self.fixed.background.partner.tolist()
        if self.luck.u(Decision.PARTNER_TIED, key) >= 1 - not_tied:
            return NOWHERE
        return pick(by_region, self.luck.u(Decision.PARTNER_REGION, key))

    def entrant(self, block: Block, key: int, year: int, after: float) -> RefGP:
        """Return who starts training at a moment of `year` after the fraction `after`, site and origin unknown."""
        scenario, plan, luck = self.scenario, self.fixed.plan, self.luck
        start = year + after + (1 - after) * luck.u(Decision.ENTRY_TIME, key)
        older = scenario.age_at_start_sd * NormalDist().inv_cdf(luck.u(Decision.AGE, key))
        return self.new_gp(
            key, block, self.sex(block, key), math.ceil(start - scenario.age_at_start - older), NOWHERE, NOWHERE,
            partner=self.partner_anywhere(key),
            wants_practice=self.ever_wants_practice(key),
            finish=math.ceil(start + plan.duration[block - Block.TRAINING]),
            completes=luck.u(Decision.COMPLETES, key) < plan.internal_yield[block],
        )  # fmt: skip

    def enter_trainees(self) -> None:
        """Enter those in training on the base date: the cohorts of the last years, of the oldest only the last part."""
        size, duration = float(self.fixed.plan.size[Block.TRAINING]), float(self.fixed.plan.duration[0])
        for back in range(1, math.ceil(duration) + 1):
            share = min(1.0, duration - (back - 1))
            cohort = ENTRANTS - back
            for place in range(self.cohort_size(cohort, share * size)):
                gp = self.entrant(Block.TRAINING, key_of(cohort, place), self.year - back, after=1 - share)
                gp.site = pick(self.site_share, self.luck.u(Decision.SITE_OF_TRAINEE, gp.key))
                gp.origin = pick(self.origin_given_site[gp.site], self.luck.u(Decision.ORIGIN_OF_TRAINEE, gp.key))
                self.gps[gp.key] = gp

    def enter_intake(self, year: int) -> None:
        """Enter those who start training in `year`, at sites with room for them."""
        before = year < self.fixed.plan.adjustment_year
        block = Block.UNTIL_ADJUSTMENT if before else Block.AFTER_ADJUSTMENT
        intake = float(self.on.intake[self.t])
        cohort = ENTRANTS + year - self.regions.base_year
        keys = [key_of(cohort, place) for place in range(self.cohort_size(cohort, intake))]
        entrants = [self.entrant(block, key, year, after=0.0) for key in keys]
        for gp in entrants:
            gp.origin = self.origin_of_entrant(gp.key)
            self.gps[gp.key] = gp
        size = max(intake, len(entrants))
        open_sites = self.sites_of_the_year(size * self.scenario.places_per_intake)
        self.choose_sites(
            entrants,
            [math.ceil(share * size * self.scenario.places_per_intake) for share, _ in open_sites],
            [liked for _, liked in open_sites],
        )

    def origin_of_entrant(self, key: int) -> int:
        """Return where an entrant grew up; a selected one in a region of the measure, as candidates from there do."""
        number = self.programme(self.on.selection, key, Decision.SELECTED)
        if number == NOWHERE:
            return pick(self.origin_share, self.luck.u(Decision.ORIGIN, key))
        chances = within(self.on.selection[number], self.origin_share)
        return pick(chances, self.luck.u(Decision.ORIGIN_OF_SELECTED, key))

    def sites_of_the_year(self, places: float) -> list[tuple[float, float]]:
        """Return of each site its share of the nation's `places`, and by how much more it is liked for a change of it.

        It is liked in proportion to its places; one that opens as if every one of the nation's places were there, in
        proportion to what is.
        """
        found = []
        for before, added in zip(self.site_places, self.on.places[self.t].tolist(), strict=True):
            now = max(0.0, before + added / max(1.0, places))
            more = now / before if before else now
            found.append((now, math.log(more) if more else -math.inf))
        return found

    def choose_sites(self, candidates: list[RefGP], places: list[int], more: list[float]) -> None:
        """Let each go to the site liked best of those with room; short places go by lottery, losers try their next."""
        utility = {}
        for gp in candidates:
            errors = self.luck.gumbel(Decision.SITE, gp.key, len(self.all_sites))
            usual = [
                self.site_utility[gp.origin][site] if self.site_places[site] else self.new_site_utility[gp.origin][site]
                for site in self.all_sites
            ]
            utility[gp.key] = [sum(terms) for terms in zip(usual, more, errors, strict=True)]
        lot = {gp.key: self.luck.u(Decision.SITE_LOTTERY, gp.key) for gp in candidates}
        waiting = candidates
        while waiting:
            applicants = defaultdict(list)
            for gp in self.each(waiting):
                with_room = [site for site in self.all_sites if places[site] > 0]
                applicants[max(with_room, key=utility[gp.key].__getitem__)].append(gp)
            waiting = []
            for site, there in applicants.items():
                there.sort(key=lambda gp: lot[gp.key])
                for gp in there[: places[site]]:
                    gp.site = site
                waiting += there[places[site] :]
                places[site] = max(0, places[site] - len(there))

    def finishes(self, gp: RefGP) -> bool:
        """End a training that is over; returns whether a GP comes of it who takes up work."""
        if gp.status != Status.IN_TRAINING or gp.finish > self.year:
            return False
        gp.status = Status.LEFT
        if not gp.completes:
            return False
        gp.registered = self.year
        if self.takes_up_work(gp.block, gp.sex, gp.key):
            gp.status = Status.WORKING
        return gp.works

    def programme(self, programmes: Sequence[Programme], key: int, decision: Decision) -> int:
        """Return which of the programmes reaches a GP this year, NOWHERE for none; they share the luck in turn."""
        luck, reached = self.luck.u(decision, key), 0.0
        for number, programme in enumerate(programmes):
            reached += float(programme.share[self.t])
            if luck < reached:
                return number
        return NOWHERE

    def reach(self, gp: RefGP) -> None:
        """Let measures reach a GP who finishes training: attention to ownership, a placement, an obligation."""
        luck, on = self.luck, self.on
        share = self.scenario.wants_practice + float(on.wants[self.t, gp.site])
        gp.wants_practice = self.ever_wants_practice(gp.key, share)

        number = self.programme(on.placements, gp.key, Decision.PLACED)
        if number != NOWHERE:
            chances = within(on.placements[number], self.regions.demand_share[0].tolist())
            region = pick(chances, luck.u(Decision.PLACE_OF_PLACEMENT, gp.key))
            if region != self.regions.sites[gp.site].region:  # who trained there feels the pull of that already
                gp.placement, gp.placed = number, region

        number = self.programme(on.obligations, gp.key, Decision.OBLIGED)
        if number != NOWHERE and luck.u(Decision.COMPLIES, gp.key) < on.obligations[number].lever.complies:
            gp.obligation, gp.obliged_until = number, self.year + on.obligations[number].lever.years

    def arrivals(self) -> list[RefGP]:
        """Enter GPs from abroad, without site, origin or tied partner; returns those who take up work."""
        cohort = ARRIVALS + self.t
        came = []
        for place in range(self.cohort_size(cohort, float(self.fixed.plan.size[Block.ABROAD]))):
            key = key_of(cohort, place)
            sex = self.sex(Block.ABROAD, key)
            self.gps[key] = gp = self.new_gp(
                key, Block.ABROAD, sex, self.year - self.scenario.age_on_arrival, NOWHERE, NOWHERE, NOWHERE,
                wants_practice=self.ever_wants_practice(key), finish=self.year, completes=True, registered=self.year,
                status=Status.WORKING if self.takes_up_work(Block.ABROAD, sex, key) else Status.LEFT,
            )  # fmt: skip
            came.append(gp)
        return [gp for gp in came if gp.works]

    def first_role(self, gp: RefGP) -> Role:
        salaried, fixed = self.scenario.starts_salaried, self.scenario.starts_fixed_locum
        chances = (salaried, (1 - salaried) * fixed, (1 - salaried) * (1 - fixed))
        roles = (Role.SALARIED, Role.FIXED_LOCUM, Role.CHANGING_LOCUM)
        return roles[pick(chances, self.luck.u(Decision.FIRST_ROLE, gp.key))]

    # Location choice

    def tightness(self) -> list[float]:
        """Return the mean over the last years of each region's ln(demand / supply) minus the nation's, within a cap."""
        cap, years = self.scenario.tightness_cap, self.scenario.tightness_years
        total = [0.0 for _ in self.all_regions]
        seen = list(zip(self.demand, self.supply, strict=True))[-years:]
        for demand, supply in seen:
            for r in self.all_regions:
                gap = math.inf  # nobody at work is as tight as can be
                if supply[r] > 0:
                    gap = math.log(demand[r] / supply[r]) - math.log(sum(demand) / sum(supply))
                total[r] += min(max(gap, -cap), cap)
        return [x / len(seen) for x in total]

    def fixed_utility(self, gp: RefGP) -> list[float]:
        """Return size and attractiveness, training, origin and partner of every region for a GP."""
        terms = self.base, self.training[gp.site], self.origin[gp.origin], self.partner[gp.partner]
        return [sum(region) for region in zip(*terms, strict=True)]

    def lasting_utility(self, gp: RefGP) -> list[float]:
        """Return fixed utility with the error for life.

        Who worked in the base year drew errors given that the region was the best then: the maximum first, put on that
        region; the others below it.
        """
        fixed = self.fixed_utility(gp)
        errors = self.luck.gumbel(Decision.TASTE, gp.key, len(fixed))
        free = [v + error for v, error in zip(fixed, errors, strict=True)]
        if gp.base_region == NOWHERE:
            return free
        all_together = math.log(math.fsum(math.exp(v) for v in fixed))
        best = all_together + self.luck.gumbel(Decision.TASTE_MAXIMUM, gp.key, 1)[0]
        below = [-math.log(math.exp(-best) + math.exp(-v)) for v in free]
        return [best if r == gp.base_region else below[r] for r in self.all_regions]

    def utility(self, gp: RefGP, tightness: list[float]) -> list[float]:
        """Return what every region is worth to a GP this year; one that is out of the question, minus infinity.

        Those who have a region already feel the pull of staying there, and what changed in their life this year.
        """
        lasting = self.lasting_utility(gp)
        total = [lasting[r] + self.scenario.tightness * tightness[r] + self.lift[r] for r in self.all_regions]
        if gp.region != NOWHERE:
            changed = self.luck.gumbel(Decision.NOISE, gp.key, len(total), self.year)
            total = [u + self.scenario.yearly_noise * error for u, error in zip(total, changed, strict=True)]
            total[gp.region] += self.scenario.stay
        return [total[r] + self.measures(gp, r) if self.may_work_in(gp, r) else -math.inf for r in self.all_regions]

    def measures(self, gp: RefGP, r: int) -> float:
        """Return what measures add to the utility of a region for a GP this year."""
        scenario, t = self.scenario, self.t
        if gp.region == NOWHERE:
            added = self.on.appeal[t, Situation.STARTING, r]
        elif gp.region == r:
            paid = gp.since > self.on.paid_since[t, r]
            added = self.on.appeal[t, Situation.PAID if paid else Situation.PRESENT, r]
        else:
            added = self.on.appeal[t, Situation.ELSEWHERE, r]
        # Support with travel makes good part of each loss by distance; work for partners, part of what is left of that
        # tie: of what the partner's own region is worth above this one.
        travel, jobs = self.on.travel_relief[t, r], self.on.partner_relief[t, r]
        trained = self.regions.sites[gp.site].region if gp.site != NOWHERE else NOWHERE
        added += travel * scenario.train_far * self.extra_km(trained, r) / 100
        added += travel * scenario.origin_far * self.extra_km(gp.origin, r) / 100
        lost = scenario.partner_far * self.extra_km(gp.partner, r) / 100
        added += travel * lost
        if gp.partner != NOWHERE and gp.partner != r:
            added += jobs * (scenario.partner_own + (1 - travel) * lost)
        if gp.placed == r:
            placement = self.on.placements[gp.placement].lever
            training = 12 * float(self.fixed.plan.duration[0])
            added += scenario.train_own * placement.effect_of_months * placement.months / training
        return float(added)

    def extra_km(self, home: int, r: int) -> float:
        """Return how much further a region is than it is for those at home there; 0 without a tie to any region."""
        if home == NOWHERE:
            return 0.0
        return float(self.regions.distance_km[home, r] - self.regions.distance_km[r, r])

    def bound(self, gp: RefGP) -> bool:
        """Whether a GP is obliged to work in the regions of a measure still."""
        return gp.obligation != NOWHERE and gp.obliged_until > self.year

    def goes_elsewhere(self, gp: RefGP) -> bool:
        """Whether a GP whose obligation ends this year does not stay on: not a holder, and not where all is obliged."""
        if gp.obligation == NOWHERE or gp.obliged_until != self.year or gp.role == Role.HOLDER:
            return False
        programme = self.on.obligations[gp.obligation]
        return not programme.where.all() and self.luck.u(Decision.STAYS_ON, gp.key) >= programme.lever.stays_on

    def may_work_in(self, gp: RefGP, r: int) -> bool:
        """Whether a region is open to a GP: the obliged work in those of the measure, who goes elsewhere in others."""
        if self.bound(gp):
            return bool(self.on.obligations[gp.obligation].where[r])
        return not (self.goes_elsewhere(gp) and self.on.obligations[gp.obligation].where[r])

    def reconsiders(self, gp: RefGP) -> bool:
        """Think about another region this year; more often in the first years in a region. Not in the first year."""
        if gp.region == NOWHERE or self.bound(gp):
            return False
        if self.goes_elsewhere(gp):
            return True
        scenario = self.scenario
        rate = {
            Role.HOLDER: scenario.reconsider_holder,
            Role.SALARIED: scenario.reconsider_salaried,
            Role.FIXED_LOCUM: scenario.reconsider_locum,
            Role.CHANGING_LOCUM: scenario.reconsider_locum,
        }[gp.role]
        if self.year - gp.since <= scenario.early_years:
            rate *= scenario.reconsider_early
        return self.luck.u(Decision.RECONSIDERS, gp.key, self.year) < rate

    def settle(self, gp: RefGP, utility: list[float]) -> bool:
        """Put a GP in the best region, if it is another; returns whether a practice was given up for it."""
        best = max(self.all_regions, key=utility.__getitem__)
        if best == gp.region:
            return False
        gave_up = gp.role == Role.HOLDER
        if gave_up:
            gp.role = Role.FIXED_LOCUM
            gp.obligation = gp.obliged_until = NOWHERE  # over: who is obliged still does not reconsider
        gp.region, gp.since = best, self.year
        gp.practice = gp.second = gp.third = NOWHERE
        if gp.role in LOCUM:
            self.choose_other_regions(gp, utility)
        return gave_up

    def number_of_regions(self, gp: RefGP) -> int:
        """Return in how many regions a GP works whenever locum, fixed for life."""
        u, several = self.luck.u(Decision.LOCUM_REGIONS, gp.key), self.scenario.locums_in_several_regions
        if u < several * self.scenario.locums_in_three_regions:
            return 3
        return 2 if u < several else 1

    def choose_other_regions(self, gp: RefGP, utility: list[float]) -> None:
        """Give a locum who is new in a region the next best regions within reach of it."""
        within_reach = [r for r in self.all_regions if self.in_reach[gp.region][r] and self.may_work_in(gp, r)]
        next_best = sorted(within_reach, key=utility.__getitem__, reverse=True)
        extra = next_best[: self.number_of_regions(gp) - 1]
        gp.second, gp.third = (*extra, NOWHERE, NOWHERE)[:2]

    def visit_other_regions(self, gp: RefGP) -> None:
        """Draw the other regions of a locum of the base year, the third from what the second leaves."""
        number = self.number_of_regions(gp)
        chances = self.visits[gp.region]
        chances = [*chances, max(0.0, 1 - sum(chances))]  # the last: none
        none = len(self.regions)
        second = pick(chances, self.luck.u(Decision.SECOND_OF_STOCK, gp.key))
        if number >= 2 and second != none:
            gp.second = second
            chances[second] = 0.0
            third = pick(chances, self.luck.u(Decision.THIRD_OF_STOCK, gp.key))
            if number == 3 and third != none and sum(chances) > 0:
                gp.third = third

    # Roles

    def looks_for_practice(self, gp: RefGP) -> bool:
        """Look for a practice this year, by years since registration, of those who want one and have none."""
        scenario, tenure = self.scenario, self.year - gp.registered
        too_old = self.year - gp.birth >= scenario.seeks_until_age
        if gp.role == Role.HOLDER or not gp.wants_practice or tenure == 0 or too_old:
            return False
        if tenure <= SEEKS_EARLY:
            chance = scenario.seek_practice_early
        elif tenure <= SEEKS_MIDDLE:
            chance = scenario.seek_practice_middle
        else:
            chance = scenario.seek_practice_late
        chance *= self.on.seek[self.t, gp.region]
        return self.luck.u(Decision.SEEKS_PRACTICE, gp.key, self.year) < chance

    def change_role(self, gp: RefGP) -> None:
        """Let some holders give up their practice, to stay there as fixed locum, and some changing locums settle."""
        scenario, luck, on = self.scenario, self.luck, self.on
        if gp.role == Role.HOLDER:
            chance = scenario.gives_up_practice * on.give_up[self.t, gp.region]
            changes = luck.u(Decision.GIVES_UP_PRACTICE, gp.key, self.year) < chance
        elif gp.role == Role.CHANGING_LOCUM:
            chance = scenario.settles_as_locum * on.settle[self.t, gp.region]
            changes = luck.u(Decision.SETTLES_AS_LOCUM, gp.key, self.year) < chance
        else:
            changes = False
        if changes:
            gp.role = Role.FIXED_LOCUM

    # Practices: the base year

    def found_practices(self) -> list[int]:
        """Found the practices of the base year, each without anybody; returns the open places of each.

        In each region the practices with the lowest lots have the open places.
        """
        begin = self.fixed.practices
        columns = (begin.region.tolist(), begin.municipality.tolist(), begin.places.tolist())
        for row, (region, municipality, places) in enumerate(zip(*columns, strict=True)):
            state = State.OPEN if places > 0 else State.WITHOUT_HOLDER
            self.practices.append(RefPractice(row, region, municipality, places, state))
        for r in self.all_regions:
            here = self.each(p for p in self.practices if p.region == r)
            here.sort(key=lambda p: self.luck.u(Decision.OPEN_AT_START, p.row))
            for practice in here[: begin.open_places[r]]:
                practice.unfilled_years = 1
        return [p.unfilled_years for p in self.practices]

    def place_holders(self, open_places: list[int]) -> None:
        """Put the holders of the base year in practices of their region, older ones more often in small practices.

        Practices stand in order of their size; holders in order of a mix of age and chance.
        """
        holders = [gp for gp in self.at_work() if gp.role == Role.HOLDER]
        weight = self.scenario.older_in_small_practices
        born, older, so_far = Counter(gp.birth for gp in holders), {}, 0
        for birth in sorted(born):
            older[birth] = so_far / len(holders)  # share of the nation's holders who are older
            so_far += born[birth]

        def turn(gp: RefGP) -> tuple[float, int]:
            luck = self.luck.u(Decision.PRACTICE_OF_STOCK, gp.key)
            return weight * older[gp.birth] + (1 - weight) * luck, gp.key

        for r in self.all_regions:
            slots = [p.row for p in self.practices if p.region == r for _ in range(p.places - open_places[p.row])]
            here = sorted((gp for gp in holders if gp.region == r), key=turn)
            for gp, row in zip(here, slots, strict=True):
                gp.practice = row

    def date_empty_practices(self) -> None:
        """Say for how long a practice without any holder has been so: every year its place may have suited nobody."""
        holders, stays = self.holders(), self.scenario.vacant_stays_vacant
        for practice in self.each(self.practices):
            if practice.places > 0 and not holders[practice.row]:
                luck, years = self.luck.u(Decision.VACANT_AT_START, practice.row), 1
                while years < self.scenario.closes_after and luck < stays**years:
                    years += 1
                practice.unfilled_years = practice.vacant_years = years

    def first_lists(self) -> None:
        """Give each practice a list in proportion to the fte expected there: its places and a share of the employed."""
        scenario = self.scenario
        for r in self.all_regions:
            here = [p for p in self.practices if p.region == r]
            employed = sum(gp.region == r and gp.role in EMPLOYED for gp in self.at_work())
            for practice in here:
                practice.patients = (
                    practice.places * scenario.fte_holder + employed / len(here) * scenario.fte_fixed_locum
                )
            if not any(p.patients for p in here):
                for practice in here:
                    practice.patients = 1.0

    # Practices: succession

    def holders(self) -> Counter[int]:
        """Return how many holders each practice has, by row."""
        return Counter(gp.practice for gp in self.at_work() if gp.role == Role.HOLDER)

    def established(self) -> Counter[int]:
        """Return how many GPs each practice has, holders or not, by row."""
        return Counter(gp.practice for gp in self.at_work() if gp.practice != NOWHERE)

    def end_practices(self) -> None:
        """End practices that had no holder for too long: some go on without, the others close and lose their list."""
        closed = []
        for practice in self.each(self.practices):
            if practice.state == State.OPEN and practice.vacant_years >= self.scenario.closes_after:
                goes_on = self.luck.u(Decision.GOES_ON, practice.row, self.year) < self.scenario.goes_on_without_holder
                practice.state = State.WITHOUT_HOLDER if goes_on else State.CLOSED
                practice.places = practice.unfilled_years = practice.vacant_years = 0
                if not goes_on:
                    closed.append(practice)
        # All lists move at once, to the practices that are left in the region: by the lists these have already, and by
        # nearness. Patients of a region without any have no GP.
        gains: Counter[int] = Counter()
        for gone in closed:
            weight = {
                p.row: p.patients * self.nearness[gone.municipality][p.municipality]
                for p in self.practices
                if p.runs and p.region == gone.region
            }
            total = sum(weight.values())
            for row, w in weight.items():
                gains[row] += gone.patients * w / total if total > 0 else 0.0
        for gone in closed:
            gone.patients = 0.0
        for row, patients in gains.items():
            self.practices[row].patients += patients

    def suitable_places(self) -> Counter[int]:
        """Return how many open places of each practice suit those who look this year; fewer where work is heavy."""
        holders, scenario = self.holders(), self.scenario
        suits: Counter[int] = Counter()
        for practice in self.each(self.practices):
            open_places = practice.places - holders[practice.row]
            if not open_places:
                continue
            # The work a successor would meet, against the usual: the nation's in the base year.
            load = practice.workload_filled / self.fixed.usual_workload
            chance = scenario.takeover * load**-scenario.takeover_workload
            chance += self.on.takeover[self.t, practice.region] * max(0.0, 1 - chance)
            luck = self.luck.series(Decision.PLACE_SUITS, practice.row, open_places, self.year)
            suits[practice.row] = sum(u < chance for u in luck)
        return suits

    def wants_company(self, gp: RefGP) -> bool:
        """Whether a GP only takes a practice that has an established GP; fixed for life."""
        scenario = self.scenario
        share = scenario.wants_company_women if gp.sex == WOMEN else scenario.wants_company_men
        return self.luck.u(Decision.WANTS_COMPANY, gp.key) < share

    def apply(self, seekers: dict[int, list[float]]) -> dict[int, int]:
        """Let GPs, with what each region is worth to them, apply for places; returns the practice of who found one.

        Each round all who are left apply once; short places go by lottery. The losers try again, for what is left.
        """
        left, company = self.suitable_places(), self.established()
        lot = {key: self.luck.u(Decision.PRACTICE_LOTTERY, key, self.year) for key in seekers}
        found: dict[int, int] = {}
        waiting = list(seekers)
        for _ in range(self.scenario.application_rounds):
            applicants = defaultdict(list)
            offered = [p for p in self.practices if left[p.row] > 0]
            for key in self.each(waiting):
                practice = self.applies_to(self.gps[key], seekers[key], offered, company)
                if practice is not None:
                    applicants[practice.row].append(key)
            waiting = []
            for row, keys in applicants.items():
                keys.sort(key=lot.__getitem__)
                found |= dict.fromkeys(keys[: left[row]], row)
                waiting += keys[left[row] :]
                left[row] = max(0, left[row] - len(keys))
        return found

    def applies_to(
        self, gp: RefGP, utility: list[float], offered: list[RefPractice], company: Counter[int]
    ) -> RefPractice | None:
        """Return the practice where a GP applies: liked best, in the best region that is not worse than the own."""
        if self.wants_company(gp):
            offered = [p for p in offered if company[p.row]]
        offered = [p for p in offered if utility[p.region] >= utility[gp.region] and self.may_work_in(gp, p.region)]
        if not offered:
            return None
        best = max((p.region for p in offered), key=utility.__getitem__)
        here = [p for p in offered if p.region == best]
        here.sort(key=lambda p: not company[p.row])
        if len(here) > (most := self.scenario.practices_compared):
            start = int(self.luck.u(Decision.FIRST_COMPARED, gp.key, self.year) * len(here))
            here = (here + here)[start : start + most]
        return max(here, key=lambda p: self.luck.u(Decision.LIKES_PRACTICE, gp.key, self.year, p.row))

    def take_over(self, gp: RefGP, practice: RefPractice) -> None:
        """Make a GP holder in a practice, in whichever region it is."""
        if gp.region != practice.region:
            gp.region, gp.since = practice.region, self.year
        gp.role, gp.practice = Role.HOLDER, practice.row
        gp.second = gp.third = NOWHERE

    def count_open_places(self, found: set[int]) -> None:
        """Count the years of open places; `found` are the practices that found a successor, which may grow by a place.

        A practice with other holders may give up a place that is open for the second year or longer.
        """
        holders = self.holders()
        for practice in self.each(self.practices):
            row, open_places = practice.row, practice.places - holders[practice.row]
            practice.unfilled_years = practice.unfilled_years + 1 if open_places else 0
            practice.vacant_years = practice.vacant_years + 1 if practice.places and not holders[row] else 0
            if practice.unfilled_years > 1 and holders[row]:
                practice.places -= self.luck.u(Decision.PLACE_ABSORBED, row, self.year) < self.scenario.place_absorbed
            if row in found:
                practice.places += self.luck.u(Decision.PLACE_SPLITS, row, self.year) < self.scenario.place_splits

    def join_practices(self) -> None:
        """Let salaried GPs and fixed locums whose practice closed, or who have none, join one by its share of lists."""
        there = defaultdict(list)
        for practice in self.practices:
            if practice.runs:
                there[practice.region].append(practice)
        for gp in self.at_work():
            if gp.role in EMPLOYED and (gp.practice == NOWHERE or not self.practices[gp.practice].runs):
                here, luck = there[gp.region], self.luck.u(Decision.WORKPLACE, gp.key, self.year)
                gp.practice = here[pick([p.patients for p in here], luck)].row if here else NOWHERE

    # Lists and workload

    def fte(self, gp: RefGP) -> float:
        usual = self.fte_per_head[self.t][gp.sex][gp.role] * self.fte_factor[gp.region]
        return usual * float(self.on.hours[self.t, gp.region])

    def regional_supply(self) -> list[float]:
        """Return the fte at work in each region; locums in several divide theirs."""
        supply = [0.0 for _ in self.all_regions]
        for gp in self.at_work():
            for region in gp.regions:
                supply[region] += self.fte(gp) / len(gp.regions)
        return supply

    def share_without_gp(self) -> float:
        """Return the share of inhabitants without a GP where demand equals supply, from those of the base year."""
        demand, inhabitants = self.fixed.demand[0].tolist(), self.regions.inhabitants[0].tolist()
        wanted, weight = self.scenario.without_gp * sum(inhabitants), 0.0
        for d, s, people in zip(demand, self.regional_supply(), inhabitants, strict=True):
            if s > 0:
                weight += people * (d / s) ** self.scenario.without_gp_tightness
            else:
                wanted -= people  # nobody has a GP there
        return max(0.0, wanted) / weight if weight else 0.0

    def measure(self) -> None:
        """Scale lists to the inhabitants with a GP, measure workload, and keep demand and supply for later years."""
        demand, supply = self.fixed.demand[self.t].tolist(), self.regional_supply()
        # Of the inhabitants: a smaller list norm calls for more GPs, but what there is to do stays the same.
        need = self.fixed.need[self.t].tolist()
        # What a successor works, whether man or woman.
        of_holder = sum(self.fte_per_head[self.t][sex][Role.HOLDER] for sex in (WOMEN, MEN)) / 2
        holders = self.holders()
        established: Counter[int] = Counter()
        for gp in self.at_work():
            if gp.practice != NOWHERE:
                established[gp.practice] += self.fte(gp) / len(gp.regions)
        for r in self.all_regions:
            here = self.each(p for p in self.practices if p.region == r)
            self.scale_lists(here, r, need[r], supply[r])
            listed = sum(p.patients for p in here)
            # Changing locums and locums from elsewhere work for all practices of the region.
            pool = max(0.0, supply[r] - sum(established[p.row] for p in here))
            for practice in here:
                share = practice.patients / listed if listed else 0.0
                fte = established[practice.row] + share * pool
                filled = fte + (practice.places - holders[practice.row]) * of_holder
                practice.workload = share * need[r] / fte if fte > 0 else math.inf
                practice.workload_filled = share * need[r] / filled if filled > 0 else math.inf
        self.demand.append(demand)
        self.supply.append(supply)

    def scale_lists(self, here: list[RefPractice], r: int, need: float, supply: float) -> None:
        """Scale the lists of a region so that they add up to its inhabitants but for those without a GP."""
        inhabitants, without = float(self.regions.inhabitants[self.t][r]), NEARLY_ALL
        if supply > 0:
            without = min(without, self.without * (need / supply) ** self.scenario.without_gp_tightness)
        listed, total = inhabitants - inhabitants * without, sum(p.patients for p in here)
        for practice in here:
            practice.patients = practice.patients * listed / total if total else 0.0
