"""Outflow, intake, training and roles: the national model's rules, one GP at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from abm.effects import OLDEST
from abm.population import NOWHERE, Block, Population, Status
from abm.randomness import Decision, Draws, FloatArray, KeyArray, gp_keys, lottery, pick
from regions.people import SEXES, Role
from regions.workforce import kappa_path

if TYPE_CHECKING:
    from abm.national import NationalParameters, NationalPath
    from abm.scenario import Scenario
    from regions import Regions

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

STOCK_COHORT = 0
FIRST_ENTRY_COHORT = 32  # cohort of the entrants of the base year; those in training then have lower ones
FIRST_ARRIVAL_COHORT = 128
CONTRACTIONS = 100
WINDOW = 2  # years on either side of an age whose GPs tell how many of that age hold a practice
# What chance decides once about who enters, but for what depends on the year.
LUCK = {
    "wants_practice": Decision.WANTS_PRACTICE,
    "sex": Decision.SEX,
    "entry_time": Decision.ENTRY_TIME,
    "age": Decision.AGE,
    "completes": Decision.COMPLETES,
    "tied": Decision.PARTNER_TIED,
    "partner": Decision.PARTNER_REGION,
    "origin": Decision.ORIGIN,
    "lot": Decision.SITE_LOTTERY,
}
# Years since registration up to which the early and the middle chance to look for a practice hold (E694, E695).
SEEK_EARLY_UNTIL, SEEK_MIDDLE_UNTIL = 2, 12


@dataclass(frozen=True)
class Exits:
    """Yearly exit probabilities, years counted from the base year.

    `stock` (2, T+1, ages 0..OLDEST): by sex and age at the start of the year; `block` (5, 2, T+1) for the blocks after
    the stock. Year t is the one that ends on 1 January of base year + t.
    """

    stock: FloatArray
    block: FloatArray

    def chance(self, t: int) -> FloatArray:
        """Return the chance to leave in year `t`, shape (blocks, 2, ages)."""
        chance = np.repeat(self.block[:, :, t, None], self.stock.shape[2], axis=2)
        chance[Block.STOCK] = self.stock[:, t]
        return chance

    def within(self, years: int) -> FloatArray:
        """Return the chance to leave within `years` years after each year, by age at its end: (T+1, blocks, 2, ages).

        The last rates hold beyond the horizon.
        """
        last, ages = self.stock.shape[1] - 1, np.arange(OLDEST + 1)
        chance = np.stack([self.chance(min(t, last)) for t in range(last + years + 1)])
        stays = np.ones((last + 1, *chance.shape[1:]))
        for k in range(1, years + 1):
            stays *= 1 - chance[k : k + last + 1, ..., np.minimum(ages + k - 1, OLDEST)]
        return 1 - stays


def of_each(
    chance: FloatArray, block: npt.NDArray[np.int8], sex: npt.NDArray[np.int8], age: npt.NDArray[np.int16]
) -> FloatArray:
    """Return the chance of each GP, shape (n,), like `block`, `sex` and `age`; `chance` (blocks, 2, ages)."""
    kind = block * len(SEXES) + sex
    age = np.clip(age, 0, OLDEST)
    # One index into a flat table is ten times as fast as several; it does not fit the 8 bits of a kind.
    return chance.ravel().take(kind * np.int16(chance.shape[-1]) + age)


def exits(path: NationalPath, regions: Regions) -> Exits:
    """Return exit probabilities under which the expected stock and blocks are those of the national model.

    Stock: 1 - exp(-kappa_s(t) lambda(age)), kappa solved on the base year's national pyramid so that the expected
    remaining stock is the national model's. Blocks: 1 - H(t) / (H(t-1) + G(t)).
    """
    heads = path.heads[Block.STOCK]
    years = heads.shape[1] - 1
    ages = np.arange(OLDEST + 1)
    hazard = regions.exit_hazard[np.searchsorted(regions.exit_age, ages, side="right") - 1]
    force = regions.workforce
    pyramid = np.zeros((2, OLDEST + 1))
    np.add.at(pyramid, (force.sex, force.age), force.persons)
    stock = np.zeros((2, years + 1, OLDEST + 1))
    beyond = np.concatenate([hazard, np.full(years, hazard[-1])])
    for sex in (0, 1):
        if pyramid[sex].sum() > 0 and heads[sex, 0] > 0:
            kappa = kappa_path(pyramid[sex] / pyramid[sex].sum(), beyond, heads[sex] / heads[sex, 0])
            stock[sex, 1:] = 1 - np.exp(-kappa[:, None] * hazard)
    return Exits(stock, path.exit_probability)


def leave(gps: Population, exits: Exits, draws: Draws, t: int, year: int, factor: FloatArray | None = None) -> IntArray:
    """Let GPs leave the profession; returns their rows. `factor` (R, ages) multiplies their chance to."""
    rows = gps.rows(Status.WORKING)
    age = year - 1 - gps.birth.take(rows)
    chance = of_each(exits.chance(t), gps.block.take(rows), gps.sex.take(rows), age)
    if factor is not None:
        chance = chance * factor[gps.region[rows], np.clip(age, 0, OLDEST)]
    gone = rows[draws.uniform(Decision.EXIT, gps.key.take(rows), year) < chance]
    gps.status[gone] = Status.LEFT
    return gone


def cohort_size(draws: Draws, cohort: int, expected: float) -> int:
    """Return a whole number of GPs with the given mean; the fraction is a chance, drawn for the cohort."""
    whole = int(expected)
    if whole == expected:
        return whole
    chance = draws.uniform(Decision.COHORT_SIZE, gp_keys(cohort, np.array([0])))[0]
    return whole + int(chance < expected - whole)


@dataclass(frozen=True)
class Sites:
    """Training sites as arrays: `region` (S,); `share` (S,) of those in training; `places` (S,) of the nation's.

    `utility` (R, S) of each site by origin, `per_place` that of a site that is not open yet if it had all places.
    """

    region: IntArray
    share: FloatArray
    places: FloatArray
    utility: FloatArray
    per_place: FloatArray

    def given_origin(self) -> FloatArray:
        """Return the chance of each site as first choice by origin, shape (R, S)."""
        return _softmax(self.utility)

    def origin_given_site(self, origin_share: FloatArray) -> FloatArray:
        """Return the chance of each origin for those in training at each site, shape (S, R), by Bayes."""
        joint = (self.given_origin() * origin_share[:, None]).T
        total = joint.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(joint, total, out=np.zeros_like(joint), where=total > 0), dtype=np.float64)

    def with_places(self, added: FloatArray) -> Sites:
        """Return the sites when their places change by `added` (S,), a share of the nation's.

        Candidates like a site in proportion to its places, as they like a region to its size; a site that opens is
        liked per place as the mean of those there are.
        """
        places = np.maximum(0.0, self.places + added)
        there = self.places > 0
        with np.errstate(divide="ignore"):
            change = np.log(places / np.where(there, self.places, 1.0))
        return replace(self, places=places, utility=np.where(there, self.utility, self.per_place) + change)


def _softmax(utility: FloatArray) -> FloatArray:
    weight = np.exp(utility - utility.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float64)


def sites(scenario: Scenario, regions: Regions) -> Sites:
    """Return the training sites and how candidates value them: distance from the origin and a constant of the site.

    The constants are such that the nation's first choices are those of the data (contraction of Berry, Levinsohn and
    Pakes, 1995).
    """
    region = regions.site_region
    wanted = np.array([site.first_choice for site in regions.sites])
    away = regions.distance_km[:, region] - np.diag(regions.distance_km)[region]
    nearness = -scenario.site_distance * away / 100
    there = wanted > 0
    utility = np.log(wanted[there]) + nearness[:, there]
    for _ in range(CONTRACTIONS):
        utility += np.log(wanted[there] / (regions.origin_share @ _softmax(utility)))
    places = np.array([site.places for site in regions.sites])
    usual = np.average((utility - nearness[:, there])[0] - np.log(places[there]), weights=places[there])
    every = np.full(nearness.shape, -np.inf)
    every[:, there] = utility
    return Sites(region, np.array([site.share for site in regions.sites]), places, every, nearness + usual)


def choose_sites(
    sites: Sites, origin: npt.NDArray[np.integer], places: FloatArray, keys: KeyArray, lot: FloatArray, draws: Draws
) -> IntArray:
    """Return the training site of each candidate.

    Each applies to the site it likes best of those with places left; short places go by `lot` (keys,); the losers try
    their next choice. `places` (sites,) must be enough for all; they are rounded up.
    """
    utility = draws.gumbel(Decision.SITE, keys, len(sites.share))
    utility += sites.utility.take(origin, axis=0)
    left = np.ceil(places).astype(np.int64)
    chosen = np.full(len(keys), NOWHERE, dtype=np.int64)
    waiting = np.arange(len(keys))
    while len(waiting):
        wish = (utility.take(waiting, axis=0) + np.where(left > 0, 0.0, -np.inf)).argmax(axis=1)
        won = lottery(wish, lot[waiting], left)
        chosen[waiting[won]] = wish[won]
        left -= np.bincount(wish[won], minlength=len(left))
        waiting = waiting[~won]
    return chosen


def luck(draws: Draws, keys: KeyArray, names: Sequence[str] = tuple(LUCK)) -> dict[str, FloatArray]:
    """Return draws of `LUCK` by name, numbers in (0, 1), each of shape (keys,); at once, which takes half the time."""
    return dict(zip(names, draws.at_once([(LUCK[name], keys) for name in names]), strict=True))


@dataclass(frozen=True)
class Entrants:
    """Candidates who start training in one year, before their site is known.

    The last four are draws of `LUCK`: whether a partner is tied, and where; the origin; the lot for a site.
    """

    key: KeyArray
    finish: IntArray
    sex: IntArray
    birth: IntArray
    completes: BoolArray
    wants_practice: BoolArray
    tied: FloatArray
    partner: FloatArray
    origin: FloatArray
    lot: FloatArray


def together(cohorts: Sequence[Entrants]) -> Entrants:
    """Return the entrants of several cohorts, one after the other."""
    columns = (f.name for f in fields(Entrants))
    return Entrants(*(np.concatenate([getattr(one, name) for one in cohorts]) for name in columns))


def sex_of(plan: NationalParameters, block: Block, luck: FloatArray) -> IntArray:
    """Return the sex of those who enter a block, by their draws."""
    return (luck >= plan.share_women[block]).astype(np.int64)


def takes_up_work(
    exits: Exits,
    draws: Draws,
    block: npt.NDArray[np.integer] | Block,
    sex: npt.NDArray[np.integer],
    key: KeyArray,
    t: int,
    year: int,
) -> npt.NDArray[np.bool_]:
    """Draw who takes up work on finishing or arriving: with the chance that somebody of the block stays.

    The external yield of the national model counts from the first year. Exposing those who start to it makes the
    expected block exactly the national model's.
    """
    return draws.uniform(Decision.TAKE_UP, key, year) < 1 - exits.block[block, sex, t]


def entrants(
    scenario: Scenario,
    plan: NationalParameters,
    draws: Draws,
    block: Block,
    year: int,
    cohort: int,
    expected: float,
    entered_after: float = 0.0,
) -> Entrants:
    """Draw who starts training in `year`, at a moment of the year after the fraction `entered_after`.

    They finish a training duration later; `finish` is the year on whose 1 January they have.
    """
    key = gp_keys(cohort, np.arange(cohort_size(draws, cohort, expected)))
    drawn = luck(draws, key)
    moment = entered_after + (1 - entered_after) * drawn["entry_time"]
    age = scenario.age_at_start + scenario.age_at_start_sd * ndtri(drawn["age"])
    return Entrants(
        key=key,
        finish=np.ceil(year + moment + float(plan.duration[block - Block.TRAINING])).astype(np.int64),
        sex=sex_of(plan, block, drawn["sex"]),
        birth=np.ceil(year + moment - age).astype(np.int64),  # whose age on 1 January is the completed one
        completes=drawn["completes"] < plan.internal_yield[block],
        wants_practice=wants_practice(scenario, drawn["wants_practice"]),
        **{name: drawn[name] for name in ("tied", "partner", "origin", "lot")},
    )


def finish_training(gps: Population, exits: Exits, draws: Draws, t: int, year: int) -> IntArray:
    """Let trainees finish; returns the rows of those who take up work, who have no region yet."""
    rows = gps.rows(Status.IN_TRAINING)
    rows = rows[gps.finish[rows] <= year]
    graduates = rows[gps.completes[rows]]
    works = takes_up_work(exits, draws, gps.block[graduates], gps.sex[graduates], gps.key[graduates], t, year)
    starting = graduates[works]
    gps.status[rows] = Status.LEFT
    gps.registered[graduates] = year
    gps.status[starting] = Status.WORKING
    return starting


def first_roles(scenario: Scenario, gps: Population, rows: IntArray, draws: Draws) -> None:
    """Give those who start their first role: salaried, fixed locum or changing locum."""
    salaried, fixed = scenario.starts_salaried, scenario.starts_fixed_locum
    cumulative = np.cumsum([salaried, (1 - salaried) * fixed, (1 - salaried) * (1 - fixed)])
    gps.role[rows] = Role.SALARIED + pick(cumulative, draws.uniform(Decision.FIRST_ROLE, gps.key[rows]))


def change_roles(
    scenario: Scenario,
    gps: Population,
    draws: Draws,
    year: int,
    give_up: FloatArray | None = None,
    settle: FloatArray | None = None,
) -> None:
    """Let some holders give up their practice and some changing locums settle; both are fixed locums then.

    `give_up` and `settle` (R,) multiply these chances.
    """
    working = gps.rows(Status.WORKING)
    role = gps.role.take(working)
    holders = working[np.flatnonzero(role == Role.HOLDER.value)]
    changing = working[np.flatnonzero(role == Role.CHANGING_LOCUM.value)]
    end = scenario.gives_up_practice * (1.0 if give_up is None else give_up[gps.region[holders]])
    begin = scenario.settles_as_locum * (1.0 if settle is None else settle[gps.region[changing]])
    gives_up, settles = draws.at_once(
        [(Decision.GIVES_UP_PRACTICE, gps.key.take(holders)), (Decision.SETTLES_AS_LOCUM, gps.key.take(changing))], year
    )
    gps.role[holders[gives_up < end]] = gps.role[changing[settles < begin]] = Role.FIXED_LOCUM


def wants_practice(scenario: Scenario, luck: FloatArray, share: FloatArray | None = None) -> BoolArray:
    """Return who ever wants a practice of their own, by their draws; `share` (n,) if it is not the scenario's."""
    return luck < (scenario.wants_practice if share is None else share)


def still_wanting(scenario: Scenario, regions: Regions) -> FloatArray:
    """Return the share who want a practice among GPs of the base year without one, by sex and age, shape (2, ages).

    By Bayes: of all GPs of an age the usual share wants one, and those who have one are among them. Holders are counted
    in a window of ages, the same in all regions.
    """
    force = regions.workforce
    ages = np.arange(OLDEST + 1)
    near = np.abs(ages[:, None] - ages) <= WINDOW
    everyone, holding = np.zeros((2, OLDEST + 1)), np.zeros((2, OLDEST + 1))
    np.add.at(everyone, (force.sex, force.age), force.persons)
    holder = force.role == Role.HOLDER.value
    np.add.at(holding, (force.sex[holder], force.age[holder]), force.persons[holder])
    everyone, holding = everyone @ near, holding @ near
    share = np.divide(holding, everyone, out=np.zeros_like(holding), where=everyone > 0)
    without = np.maximum(1 - share, np.finfo(float).tiny)
    return np.maximum(0.0, scenario.wants_practice - share) / without


def looking_for_practice(
    scenario: Scenario, gps: Population, draws: Draws, year: int, factor: FloatArray | None = None
) -> IntArray:
    """Return the rows of those who look for a practice this year, of those who want one and have none.

    The chance depends on the years since registration; they look from the year after it, until a certain age.
    `factor` (R,) multiplies it.
    """
    without = (gps.status == Status.WORKING.value) & (gps.role != Role.HOLDER.value)
    able = (gps.registered < year) & (year - gps.birth < scenario.seeks_until_age)
    wanting = np.flatnonzero(without & able & gps.wants_practice)
    tenure = year - gps.registered[wanting]
    by_stage = np.array([scenario.seek_practice_early, scenario.seek_practice_middle, scenario.seek_practice_late])
    chance = by_stage.take((tenure > SEEK_EARLY_UNTIL).astype(np.int8) + (tenure > SEEK_MIDDLE_UNTIL))
    if factor is not None:
        chance = chance * factor[gps.region[wanting]]
    return wanting[draws.uniform(Decision.SEEKS_PRACTICE, gps.key[wanting], year) < chance]
