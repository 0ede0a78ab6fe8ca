"""Location choice: a random-utility model over all regions.

    U = ln(size) + alpha + training + origin + partner + tightness + present region + error

The first five are tables by region; the error has a part fixed for life and a yearly part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from abm.effects import Effects, Situation
from abm.population import NOWHERE, Population, Status
from abm.randomness import Decision, Draws, FloatArray, KeyArray, pick
from regions.people import Role

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from regions import Regions

IntArray = npt.NDArray[np.int64]

BALANCINGS = 100
AT_ONCE = 2048  # GPs of whom the chances of every region stay in the cache of the processor


@dataclass(frozen=True)
class Utility:
    """The fixed part of utility, in tables with one column per region.

    `base` (R,); `training` (S+1, R) by training site; `origin` (R+1, R); `partner` (R+1, R) by the region of a tied
    partner. The last row of a table is for GPs without one, so that NOWHERE (-1) finds it. `lift` (R,) is what a
    scenario adds to regions from the first year on; the traits of the base year do not depend on it.
    """

    base: FloatArray
    lift: FloatArray
    training: FloatArray
    origin: FloatArray
    partner: FloatArray

    def of(self, gps: Population, rows: IntArray) -> FloatArray:
        """Return the fixed utility of every region for each of `rows`, shape (rows, R)."""
        total = self.base + self.training.take(gps.site[rows], axis=0)  # twice as fast as an index
        total += self.origin.take(gps.origin[rows], axis=0)
        total += self.partner.take(gps.partner[rows], axis=0)
        return total


def far(distance_km: FloatArray) -> FloatArray:
    """Return minus the extra distance from home to each region, per 100 km, shape (home, region); zero at home.

    `distance_km` (R, R) has each region's own mean distance on the diagonal, which is what a GP at home travels.
    """
    return -(distance_km - np.diag(distance_km)) / 100


def thinness(inhabitants: FloatArray, distance_km: FloatArray, reach_km: float) -> FloatArray:
    """Return how thin the job market of each region is: standardised, minus the log of inhabitants within reach."""
    within_reach = np.log(np.exp(-distance_km / reach_km) @ inhabitants)
    spread = within_reach.std()
    return np.asarray((within_reach.mean() - within_reach) / (spread if spread > 0 else 1.0))


def utility(scenario: Scenario, regions: Regions) -> Utility:
    """Return the tables of fixed utility; a value of `attractiveness` lifts its region from the data's alpha to it."""
    lift = np.zeros(len(regions))
    named: dict[int, str] = {}
    for region, value in scenario.attractiveness.items():
        at = regions.index(region)
        if at in named:
            raise ValueError(f"attractiveness: found one region twice, as {named[at]} and {region}; allowed is once")
        named[at] = region
        lift[at] = value - regions.alpha[at]
    eye, away = np.eye(len(regions)), far(regions.distance_km)
    site = regions.site_region
    nothing = np.zeros((1, len(regions)))
    thin = thinness(regions.inhabitants_20_44, regions.distance_km, scenario.job_market_reach_km)
    return Utility(
        base=np.log(regions.demand_share[0]) + regions.alpha,
        lift=lift,
        training=np.vstack([(scenario.train_own * eye + scenario.train_far * away)[site], nothing]),
        origin=np.vstack([scenario.origin_own * eye + scenario.origin_far * away, nothing]),
        partner=np.vstack([scenario.partner_own * eye + scenario.partner_far * away, scenario.thin_job_market * thin]),
    )


@dataclass(frozen=True)
class Background:
    """Chances of site, origin and partner before and after knowing where a GP works.

    `site_origin` (R, S * R): cumulative chance of each pair for GPs working in a region; `partner` (R+1,) prior
    chance of a tied partner's region, the last for no tied partner; `normaliser` (S, R, R+1): sum over regions of
    exp(utility) for each site, origin and partner.
    """

    site_origin: FloatArray
    partner: FloatArray
    normaliser: FloatArray
    partner_weight: FloatArray


def background(scenario: Scenario, regions: Regions, utility: Utility, site_of_origin: FloatArray) -> Background:
    """Return the chances of a GP's traits given the region of work, by Bayes.

    `site_of_origin` (S, R): joint chance of site and origin among those who trained. The partner's region is
    independent of both: tied partners live as inhabitants of 20 to 44 do.
    """
    people = regions.inhabitants_20_44 / regions.inhabitants_20_44.sum()
    tied = scenario.partner_tied_share
    partner = np.append(tied * people, 1 - tied)
    n_sites, n = site_of_origin.shape
    weight = np.exp(utility.base + utility.training[:-1])[:, None, :] * np.exp(utility.origin[:-1])  # (S, O, R)
    weight_partner = np.exp(utility.partner)  # (P, R)
    flat = weight.reshape(n_sites * n, n)
    normaliser = flat @ weight_partner.T  # (S * O, P)
    chance = site_of_origin.reshape(-1, 1) * flat * ((partner / normaliser) @ weight_partner)  # (S * O, R)
    cumulative = np.cumsum(chance.T, axis=1)
    return Background(
        site_origin=cumulative / cumulative[:, -1:],
        partner=partner,
        normaliser=normaliser.reshape(n_sites, n, n + 1),
        partner_weight=weight_partner,
    )


def draw_background(
    known: Background, region: npt.NDArray[np.integer], keys: KeyArray, draws: Draws
) -> tuple[IntArray, IntArray, IntArray]:
    """Draw site, origin and partner's region (NOWHERE if not tied) of GPs who work in `region`."""
    n = known.site_origin.shape[0]
    # One search in all rows at once: row r of the cumulative chances is moved up by r.
    ladder = (known.site_origin + np.arange(n)[:, None]).ravel()
    step = known.site_origin.shape[1]
    level = draws.uniform(Decision.BACKGROUND_OF_STOCK, keys) + region
    pair = np.minimum(np.searchsorted(ladder, level, side="right") - region * step, step - 1)
    site, origin = pair // n, pair % n
    luck = draws.uniform(Decision.PARTNER_OF_STOCK, keys)
    weight = known.partner * known.partner_weight.T
    normaliser = known.normaliser.reshape(step, -1)
    partner = np.empty(len(keys), dtype=np.int64)
    for some in np.split(np.arange(len(keys)), range(AT_ONCE, len(keys), AT_ONCE)):
        chance = weight.take(region[some], axis=0)
        chance /= normaliser.take(pair[some], axis=0)
        partner[some] = pick(np.cumsum(chance, axis=1, out=chance), luck[some])
    return site, origin, np.where(partner == n, NOWHERE, partner)


def tied_partner(known: Background, whether: FloatArray, where: FloatArray) -> IntArray:
    """Return the region of a tied partner of those who have no region of work yet, NOWHERE if not tied.

    `whether` one is tied, and `where`, are draws in (0, 1), shape (n,).
    """
    tied = whether < 1 - known.partner[-1]
    region = pick(np.cumsum(known.partner[:-1]), where) if tied.any() else 0
    return np.where(tied, region, NOWHERE).astype(np.int64)


@dataclass(frozen=True)
class Pull:
    """What measures add to utility in one year: tables as those of `Utility`, and programmes by their number.

    `appeal` (situations, R); `paid_since` (R,) the year since which settling is paid; `training`, `origin`, `partner`
    as in `Utility`; `placement` (programmes,) utility of the region of a placement; `pool` (programmes, R) where those
    obliged may work, and `stays_on` (programmes,) the share of them who stay afterwards.
    """

    appeal: FloatArray
    paid_since: IntArray
    training: FloatArray
    origin: FloatArray
    partner: FloatArray
    placement: FloatArray
    pool: npt.NDArray[np.bool_]
    stays_on: FloatArray

    def of(self, gps: Population, rows: IntArray) -> FloatArray:
        """Return what is added to every region for each of `rows`, shape (rows, R)."""
        region = gps.region[rows]
        settled = np.flatnonzero(region != NOWHERE)
        total = self.appeal[np.where(region == NOWHERE, Situation.STARTING, Situation.ELSEWHERE)]
        here = region[settled]
        paid = gps.since[rows[settled]] > self.paid_since[here]
        total[settled, here] = self.appeal[np.where(paid, Situation.PAID, Situation.PRESENT), here]
        total += self.training[gps.site[rows]] + self.origin[gps.origin[rows]] + self.partner[gps.partner[rows]]
        placed = np.flatnonzero(gps.placement[rows] != NOWHERE)
        total[placed, gps.placed[rows[placed]]] += self.placement[gps.placement[rows[placed]]]
        return total


def pull(scenario: Scenario, regions: Regions, on: Effects, t: int, training_months: float) -> Pull:
    """Return what the measures in force in year `t` add to utility."""
    away, n = far(regions.distance_km), len(regions)
    nothing = np.zeros((1, n))
    less_travel, less_loss = on.travel_relief[t], on.partner_relief[t]
    site = regions.site_region
    eye = np.eye(n)
    partner = scenario.partner_own * eye + scenario.partner_far * (1 - less_travel) * away
    mended = partner + less_loss * (scenario.partner_own - partner)
    return Pull(
        appeal=on.appeal[t],
        paid_since=on.paid_since[t],
        training=np.vstack([-less_travel * scenario.train_far * away[site], nothing]),
        origin=np.vstack([-less_travel * scenario.origin_far * away, nothing]),
        partner=np.vstack([mended - (scenario.partner_own * eye + scenario.partner_far * away), nothing]),
        placement=np.array([p.lever.pull(scenario.train_own, training_months) for p in on.placements]),
        pool=np.array([p.where for p in on.obligations]).reshape(-1, n),
        stays_on=np.array([p.lever.stays_on for p in on.obligations]),
    )


def bound(gps: Population, rows: IntArray, year: int) -> npt.NDArray[np.bool_]:
    """Return who is still obliged to work somewhere after 1 January of `year`."""
    return (gps.obligation[rows] != NOWHERE) & (gps.obliged_until[rows] > year)


def leaving(pull: Pull, gps: Population, rows: IntArray, draws: Draws, year: int) -> npt.NDArray[np.bool_]:
    """Return whose obligation ends this year and who do not stay on; who holds a practice stays."""
    number = gps.obligation[rows]
    ends = (number != NOWHERE) & (gps.obliged_until[rows] == year) & (gps.role[rows] != Role.HOLDER.value)
    found = np.zeros(len(rows), dtype=bool)
    some = np.flatnonzero(ends)
    luck = draws.uniform(Decision.STAYS_ON, gps.key[rows[some]])
    elsewhere = np.asarray(~pull.pool.all(axis=1))
    found[some] = (luck >= pull.stays_on[number[some]]) & elsewhere[number[some]]
    return found


def lasting_utility(utility: Utility, gps: Population, rows: IntArray, draws: Draws) -> FloatArray:
    """Return fixed utility plus the error fixed for life, shape (rows, R).

    For the GPs of the base year the errors are drawn given that their region was the best then: the maximum of all
    utilities first, the others below it (a truncated Gumbel). Otherwise all would leave at their first reconsideration.
    """
    total = utility.of(gps, rows)
    n = total.shape[1]
    with_error = draws.gumbel(Decision.TASTE, gps.key[rows], n)
    with_error += total
    stock = np.flatnonzero(gps.base_region[rows] != NOWHERE)
    if len(stock):
        home = gps.base_region[rows[stock]]
        best = _log_sum(total.take(stock, axis=0)) + draws.gumbel(Decision.TASTE_MAXIMUM, gps.key[rows[stock]], 1)[:, 0]
        with_error[stock] = _below(with_error.take(stock, axis=0), best[:, None])
        with_error[stock, home] = best
    return with_error


# Both as np.logaddexp would have it, with exp and log of whole arrays: five to forty times as fast.
def _log_sum(values: FloatArray) -> FloatArray:
    """Return the log of the sum of exponentials in each row."""
    most = values.max(axis=1)
    return np.asarray(most + np.log(np.exp(values - most[:, None]).sum(axis=1)))


def _below(free: FloatArray, most: FloatArray) -> FloatArray:
    """Return Gumbel variates `free` given that they stay below `most`: -ln(exp(-free) + exp(-most))."""
    return np.asarray(np.minimum(free, most) - np.log1p(np.exp(-np.abs(free - most))))


Lasting = Callable[[Utility, Population, IntArray, Draws], FloatArray]


class Memory:
    """The lasting utility of GPs who were asked before: it stays the same for life, and most are asked again."""

    def __init__(self, regions: int) -> None:
        """Remember nobody yet."""
        self._place = np.empty(0, dtype=np.int64)  # of each GP in the table
        self._known = 0
        self._table = np.empty((0, regions))

    def __reduce__(self) -> tuple[type[Memory], tuple[int]]:
        """Leave it out of pickles and copies: it can always be worked out again."""
        return Memory, (self._table.shape[1],)

    def lasting_utility(self, utility: Utility, gps: Population, rows: IntArray, draws: Draws) -> FloatArray:
        """Return what `lasting_utility` does; no row may be there twice."""
        if len(gps) > len(self._place):
            self._place = np.concatenate([self._place, np.full(len(gps), NOWHERE)])
        new = rows[self._place[rows] == NOWHERE]
        first, self._known = self._known, self._known + len(new)
        if self._known > len(self._table):
            # Room costs nothing before it is written to; moving what is there does.
            longer = np.empty((max(self._known, 2 * len(gps)), self._table.shape[1]))
            longer[:first] = self._table[:first]
            self._table = longer
        self._table[first : self._known] = lasting_utility(utility, gps, new, draws)
        self._place[new] = np.arange(first, self._known)
        return self._table.take(self._place[rows], axis=0)


def tightness(scenario: Scenario, demand: list[FloatArray], supply: list[FloatArray]) -> FloatArray:
    """Return each region's ln(demand / supply) minus the nation's, the mean of the last years, shape (R,).

    Beyond the cap it counts no further; a region without supply is at the cap.
    """
    cap, least = scenario.tightness_cap, np.finfo(float).tiny
    d, s = np.array(demand[-scenario.tightness_years :]), np.array(supply[-scenario.tightness_years :])
    nation = np.maximum(s.sum(axis=1), least) / d.sum(axis=1)
    ratio = np.divide(d * nation[:, None], s, out=np.full(d.shape, np.inf), where=s > 0)
    return np.clip(np.log(np.maximum(ratio, least)), -cap, cap).mean(axis=0)


def reconsidering(scenario: Scenario, gps: Population, draws: Draws, year: int, pull: Pull | None = None) -> IntArray:
    """Return the rows of working GPs who think about another region this year: more often early and as locum.

    Who is obliged to work somewhere does not; who was, and does not stay on, does.
    """
    rows = np.flatnonzero((gps.status == Status.WORKING.value) & (gps.region != NOWHERE))
    later = np.array(
        [
            scenario.reconsider_holder,
            scenario.reconsider_salaried,
            scenario.reconsider_locum,
            scenario.reconsider_locum,
        ]
    )
    rate = np.concatenate([later, later * scenario.reconsider_early])
    early = year - gps.since.take(rows) <= scenario.early_years
    kind = gps.role.take(rows) + early * np.int8(len(later))
    thinks = draws.uniform(Decision.RECONSIDERS, gps.key.take(rows), year) < rate.take(kind)
    if pull is not None and len(pull.pool):
        thinks = (thinks & ~bound(gps, rows, year)) | leaving(pull, gps, rows, draws, year)
    return rows[thinks]


def weigh(
    scenario: Scenario,
    utility: Utility,
    tight: FloatArray,
    gps: Population,
    rows: IntArray,
    draws: Draws,
    year: int,
    pull: Pull | None = None,
    lasting: Lasting | None = None,
) -> FloatArray:
    """Return the utility of every region for each of `rows`, shape (rows, R); they choose the best.

    All see last year's tightness; nobody sees the others' choices of the same year. What changes in a life comes in as
    the yearly part of the error, for those who have a region already; their present one has the pull of staying.
    Measures come last, and do not change the errors; a region where an obliged GP may not work is out of the question.
    """
    total = (lasting or lasting_utility)(utility, gps, rows, draws)
    total += scenario.tightness * tight + utility.lift
    settled = np.flatnonzero(gps.region[rows] != NOWHERE)
    again = yearly_noise(scenario, gps, rows[settled], draws, year, total.shape[1])
    again += total.take(settled, axis=0)
    again[np.arange(len(settled)), gps.region[rows[settled]]] += scenario.stay
    total[settled] = again
    if pull is not None:
        total += pull.of(gps, rows)
        forbid(total, pull, gps, rows, draws, year)
    return total


def forbid(total: FloatArray, pull: Pull, gps: Population, rows: IntArray, draws: Draws, year: int) -> None:
    """Rule out regions where an obliged GP may not work, and those where one worked who does not stay on."""
    number = gps.obligation[rows]
    if not len(pull.pool):
        return
    total[bound(gps, rows, year)[:, None] & ~_pool(pull, number)] = -np.inf
    total[leaving(pull, gps, rows, draws, year)[:, None] & _pool(pull, number)] = -np.inf


def _pool(pull: Pull, number: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return where those in a programme may work, shape (rows, R); everywhere for those in none."""
    everywhere = np.ones((1, pull.appeal.shape[1]), dtype=bool)
    return np.vstack([pull.pool, everywhere])[number]


def yearly_noise(
    scenario: Scenario, gps: Population, rows: IntArray, draws: Draws, year: int, regions: int
) -> FloatArray:
    """Return the yearly part of the error, shape (rows, R)."""
    errors = draws.gumbel(Decision.NOISE, gps.key[rows], regions, year)
    errors *= scenario.yearly_noise
    return errors


def several(scenario: Scenario, keys: KeyArray, draws: Draws) -> IntArray:
    """Return in how many regions each works while locum, 1 to 3; fixed for life."""
    two_or_three, three = scenario.locums_in_several_regions, scenario.locums_in_three_regions
    luck = draws.uniform(Decision.LOCUM_REGIONS, keys)
    return 1 + (luck < two_or_three).astype(np.int64) + (luck < two_or_three * three)


def within_reach(scenario: Scenario, distance_km: FloatArray) -> npt.NDArray[np.bool_]:
    """Return in which other regions locums of a region may work, shape (R, R)."""
    reach = distance_km <= scenario.locum_reach_km
    np.fill_diagonal(reach, False)
    return reach


def further_regions(
    reach: npt.NDArray[np.bool_], home: npt.NDArray[np.integer], total: FloatArray, number: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the second and third region of locums who work in a `number` of regions, NOWHERE where there is none.

    `reach` (R, R); `home` (n,); `total` (n, R) utilities. They are the next best regions within reach of the home; for
    who moved, the region just left still has the pull of staying.
    """
    worth = total + np.where(reach, 0.0, -np.inf).take(home, axis=0)
    each = np.arange(len(home))
    found = []
    for least in (2, 3):
        best = worth.argmax(axis=1)
        found.append(np.where((number >= least) & np.isfinite(worth[each, best]), best, NOWHERE))
        worth[each, best] = -np.inf
    return found[0], found[1]


def visits(reach: npt.NDArray[np.bool_], locums: FloatArray) -> FloatArray:
    """Return the chance of each other region for locums of the base year who work in several, shape (R, R).

    As many locums (R,) come in as go out, so that a region nearly keeps the GPs that the workforce table gives it:
    flows are symmetric, within reach, and add up to the locums of each region where that is possible.
    """
    weight = np.where(reach.any(axis=1), locums, 0.0)
    for _ in range(BALANCINGS):
        going = weight * (reach @ weight)
        weight *= np.sqrt(np.divide(locums, going, out=np.zeros_like(going), where=going > 0))
    flow = weight[:, None] * reach * weight
    # Nowhere more than there are locums, at either end.
    total = flow.sum(axis=1)
    enough = np.minimum(1.0, np.divide(locums, total, out=np.ones_like(total), where=total > 0))
    flow *= np.minimum.outer(enough, enough)
    return np.divide(flow, locums[:, None], out=np.zeros_like(flow), where=locums[:, None] > 0)


def draw_visits(
    chance: FloatArray, home: npt.NDArray[np.integer], number: IntArray, keys: KeyArray, draws: Draws
) -> tuple[IntArray, IntArray]:
    """Draw the second and third region of locums of the base year, NOWHERE for none; `chance` is that of `visits`."""
    n = len(chance)
    of_each = np.column_stack([chance, np.maximum(0.0, 1 - chance.sum(axis=1))])[home]
    second = pick(np.cumsum(of_each, axis=1), draws.uniform(Decision.SECOND_OF_STOCK, keys))
    of_each[np.arange(len(home)), second] = 0.0
    others = np.cumsum(of_each, axis=1)
    none = (number < 3) | (second == n) | (others[:, -1] <= 0)
    third = np.where(none, n, pick(others, draws.uniform(Decision.THIRD_OF_STOCK, keys)))
    return np.where(second == n, NOWHERE, second), np.where(third == n, NOWHERE, third)
