"""Practices: holder places, succession, closure, lists and patient stops."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from abm.population import NOWHERE, Population, Status
from abm.randomness import Decision, Draws, FloatArray, KeyArray, lottery
from regions.people import WOMEN, Role
from regions.workforce import whole

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from regions import Regions

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PAIRS_AT_ONCE = 1 << 16  # of a GP and a practice, whose liking is drawn
NEARLY_ALL = 1 - 1e-9  # share of inhabitants without a GP at most, so that lists keep their proportions


class State(IntEnum):
    """What became of a practice."""

    OPEN = 0
    WITHOUT_HOLDER = 1  # run on by an organisation or chain
    CLOSED = 2


class Form(IntEnum):
    """What a practice is by the number of its established GPs, holders or not."""

    NOBODY = 0
    SOLO = 1
    DUO = 2
    GROUP = 3


@dataclass
class Practices:
    """Columns of equal length, one row per practice there ever was; the row is the practice's key for the draws.

    `region` and `municipality` do not change. `places` for holders, of which some may be open; `patients` on the list.
    `unfilled_years` and `vacant_years` are the years in a row with an open place, and without any holder.
    `workload` is demand over fte at work, `workload_filled` what it would be with all places filled.
    """

    region: IntArray
    municipality: IntArray
    places: npt.NDArray[np.int16]
    patients: FloatArray
    unfilled_years: npt.NDArray[np.int16]
    vacant_years: npt.NDArray[np.int16]
    state: npt.NDArray[np.int8]
    workload: FloatArray
    workload_filled: FloatArray

    def __len__(self) -> int:
        """Return the number of practices there ever were."""
        return len(self.region)

    @property
    def runs(self) -> BoolArray:
        """Whether a practice has not closed."""
        return self.state != State.CLOSED.value


def holders(practices: Practices, gps: Population) -> IntArray:
    """Return the holders at work in each practice."""
    at_work = np.flatnonzero((gps.status == Status.WORKING.value) & (gps.role == Role.HOLDER.value))
    return np.bincount(gps.practice.take(at_work), minlength=len(practices))


def open_places(practices: Practices, gps: Population) -> IntArray:
    """Return the places without a holder in each practice."""
    return practices.places - holders(practices, gps)


def established(practices: Practices, gps: Population) -> IntArray:
    """Return the established GPs in each practice: holders, salaried GPs and fixed locums."""
    rows = np.flatnonzero((gps.status == Status.WORKING.value) & (gps.practice != NOWHERE))
    return np.bincount(gps.practice.take(rows), minlength=len(practices))


def forms(practices: Practices, gps: Population) -> IntArray:
    """Return the form of each practice."""
    return np.minimum(established(practices, gps), Form.GROUP)


# The base year -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """The practices of the base year before anybody is in them, the same for every replication.

    `region`, `municipality`, `places` by practice, in order of region and size; `open_places` (R,).
    """

    region: IntArray
    municipality: IntArray
    places: IntArray
    open_places: IntArray


def start(scenario: Scenario, regions: Regions, vacancies: FloatArray) -> Start:
    """Return the practices of the base year: as many places as a region has holders and open places.

    Open places are divided as `vacancies` (R,) are; practices over municipalities as inhabitants are. A region without
    holders has one practice without places.
    """
    n, force, towns = len(regions), regions.workforce, regions.municipalities
    holding = force.role == Role.HOLDER.value
    in_region = np.bincount(force.region[holding], force.persons[holding], n).astype(np.int64)
    weight = np.where(in_region > 0, vacancies, 0.0)
    open_places = _apportion(round(scenario.open_at_start * int(in_region.sum())), weight)
    practices = np.maximum(1, np.round((in_region + open_places) / scenario.places_per_practice)).astype(np.int64)
    open_places = np.minimum(open_places, practices)  # a practice has one open place at most
    places = in_region + open_places

    size = [_sizes(int(p), int(k), scenario.practices_of_three) for p, k in zip(practices, places, strict=True)]
    town = []
    for r in range(n):
        here = np.flatnonzero(towns.region == r)
        # Spread the sizes over the municipalities: consecutive practices go to different ones.
        count = _apportion(int(practices[r]), towns.persons[here])
        turn = np.concatenate([(np.arange(c) + 0.5) / c for c in count])
        town.append(np.repeat(here, count)[np.argsort(turn, kind="stable")])
    return Start(np.repeat(np.arange(n), practices), np.concatenate(town), np.concatenate(size), open_places)


def _apportion(total: int, weight: FloatArray) -> IntArray:
    """Divide a whole number in proportion to weights; nothing where all weights are zero."""
    if not weight.any():
        return np.zeros(len(weight), dtype=np.int64)
    return whole(total * weight / weight.sum(), total)


def _sizes(practices: int, places: int, share_of_three: float) -> IntArray:
    """Return the places of each practice of a region, rising: one or two, a share three, more if there are too many."""
    extra = places - practices
    three = min(round(share_of_three * practices), max(extra, 0) // 2)
    two = extra - 2 * three
    if not 0 <= two <= practices - three:
        return np.sort((np.arange(practices) + places) // practices)
    return np.repeat([1, 2, 3], [practices - two - three, two, three])


def found(begin: Start, draws: Draws) -> tuple[Practices, IntArray]:
    """Return the practices of the base year and how many places of each are open."""
    n = len(begin.region)
    key = np.arange(n, dtype=np.uint32)
    lot = draws.uniform(Decision.OPEN_AT_START, key)
    open_now = lottery(begin.region, lot, begin.open_places).astype(np.int64)
    practices = Practices(
        region=begin.region.copy(),
        municipality=begin.municipality.copy(),
        places=begin.places.astype(np.int16),
        patients=np.zeros(n),
        unfilled_years=open_now.astype(np.int16),
        vacant_years=np.zeros(n, dtype=np.int16),
        state=np.where(begin.places > 0, State.OPEN, State.WITHOUT_HOLDER).astype(np.int8),
        workload=np.ones(n),
        workload_filled=np.ones(n),
    )
    return practices, open_now


def place_holders(
    scenario: Scenario, practices: Practices, open_now: IntArray, gps: Population, draws: Draws, year: int
) -> None:
    """Put the holders of the base year in practices of their region, older ones more often in small practices."""
    rows = np.flatnonzero(gps.role == Role.HOLDER.value)
    slots = np.repeat(np.arange(len(practices)), practices.places - open_now)
    region = gps.region[rows]
    age = year - gps.birth[rows]
    # The share of the nation's holders who are older: 0 for the oldest.
    rank = np.searchsorted(np.sort(-age), -age) / max(1, len(rows))
    weight = scenario.older_in_small_practices
    score = weight * rank + (1 - weight) * draws.uniform(Decision.PRACTICE_OF_STOCK, gps.key[rows])
    gps.practice[rows[np.lexsort((score, region))]] = slots
    # Practices without a holder have been so for as long as chance leaves them: a geometric number of years.
    empty = np.flatnonzero((holders(practices, gps) == 0) & (practices.places > 0))
    stays_open = scenario.vacant_stays_vacant
    luck = draws.uniform(Decision.VACANT_AT_START, empty.astype(np.uint32))
    years = np.searchsorted(-(stays_open ** np.arange(1, scenario.closes_after)), -luck) + 1
    practices.vacant_years[empty] = practices.unfilled_years[empty] = years


# Succession ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """Practices that closed, and those that went on without a holder."""

    closed: IntArray
    goes_on: IntArray


def end(scenario: Scenario, practices: Practices, nearness: FloatArray, draws: Draws, year: int) -> Ended:
    """End the practices that had no holder for too long: some go on without, the others close and lose their list.

    `nearness` (M, M) of municipalities, 1 for the same.
    """
    due = np.flatnonzero((practices.state == State.OPEN.value) & (practices.vacant_years >= scenario.closes_after))
    goes_on = draws.uniform(Decision.GOES_ON, due.astype(np.uint32), year) < scenario.goes_on_without_holder
    practices.state[due] = np.where(goes_on, State.WITHOUT_HOLDER, State.CLOSED)
    practices.places[due] = 0
    practices.unfilled_years[due] = practices.vacant_years[due] = 0
    closed = due[~goes_on]
    move_lists(practices, closed, nearness)
    return Ended(closed, due[goes_on])


def move_lists(practices: Practices, closed: IntArray, nearness: FloatArray) -> None:
    """Divide the lists of closed practices over those of their region, by list and nearness of the municipality.

    Where no practice is left, the patients have no GP.
    """
    town, number = practices.municipality, len(nearness)
    home = np.zeros(number, dtype=np.int64)
    home[town] = practices.region
    lost = np.bincount(town[closed], practices.patients[closed], number)
    practices.patients[closed] = 0.0
    listed = np.bincount(town, practices.patients, number)
    from_town = np.flatnonzero(lost)
    weight = nearness[from_town] * listed * (home[from_town][:, None] == home)
    total = weight.sum(axis=1)
    share = np.divide(lost[from_town], total, out=np.zeros(len(from_town)), where=total > 0)
    factor = np.divide(listed + share @ weight, listed, out=np.ones(number), where=listed > 0)
    practices.patients *= factor[town]


def suitable(
    scenario: Scenario,
    practices: Practices,
    unfilled: IntArray,
    usual: float,
    draws: Draws,
    year: int,
    mended: FloatArray | None = None,
) -> IntArray:
    """Return how many of the open places of each practice suit those who look for one this year.

    The chance falls with the workload that a successor would meet, against the nation's `usual` in the base year.
    `mended` (R,) is the share of places that would suit nobody and do.
    """
    there = np.flatnonzero(unfilled)
    ratio = np.maximum(practices.workload_filled[there] / usual, np.finfo(float).tiny)
    chance = scenario.takeover * ratio**-scenario.takeover_workload
    if mended is not None:
        chance = chance + mended[practices.region[there]] * (1 - np.minimum(chance, 1.0))
    most = int(unfilled.max(initial=0))
    luck = draws.uniforms(Decision.PLACE_SUITS, there.astype(np.uint32), most, year) < chance[:, None]
    found = np.zeros(len(practices), dtype=np.int64)
    found[there] = (luck & (np.arange(most) < unfilled[there][:, None])).sum(axis=1)
    return found


def wants_company(scenario: Scenario, gps: Population, rows: IntArray, draws: Draws) -> BoolArray:
    """Return who looks only for a practice where a GP is established, oneself included; fixed for life."""
    share = np.where(gps.sex[rows] == WOMEN, scenario.wants_company_women, scenario.wants_company_men)
    return draws.uniform(Decision.WANTS_COMPANY, gps.key[rows]) < share


def apply(
    scenario: Scenario,
    practices: Practices,
    gps: Population,
    rows: IntArray,
    utility: FloatArray,
    suits: IntArray,
    draws: Draws,
    year: int,
) -> IntArray:
    """Let GPs apply to open places; returns the practice of each of `rows`, NOWHERE for who found none.

    `utility` (rows, R) of each region; `suits` (P,) places on offer. A GP applies in the own region, or in one that is
    better; there to the practice liked best of those with a place. Short places go by lottery, losers try again. Who
    wants company applies only where a GP was established before the applications.
    """
    found = np.full(len(rows), NOWHERE, dtype=np.int64)
    if not len(rows) or not suits.any():
        return found
    n = utility.shape[1]
    left = suits.copy()
    company = established(practices, gps) > 0
    picky = wants_company(scenario, gps, rows, draws)
    lot = draws.uniform(Decision.PRACTICE_LOTTERY, gps.key[rows], year)
    own = utility[np.arange(len(rows)), gps.region[rows]]
    worth = np.where(utility >= own[:, None], utility, -np.inf)
    waiting = np.arange(len(rows))
    for _ in range(scenario.application_rounds):
        offered = np.flatnonzero(left)
        somewhere = np.bincount(practices.region[offered], minlength=n) > 0
        with_company = np.bincount(practices.region[offered], company[offered], minlength=n) > 0
        on_offer = np.where([somewhere, with_company], 0.0, -np.inf)
        wish = worth.take(waiting, axis=0)
        wish += on_offer.take(picky[waiting], axis=0)
        region = wish.argmax(axis=1)
        applies = np.isfinite(wish[np.arange(len(waiting)), region])
        waiting, region = waiting[applies], region[applies]
        if not len(waiting):
            break
        keys = gps.key[rows[waiting]]
        liked = _favourite(scenario, practices, offered, company, region, picky[waiting], keys, draws, year)
        won = lottery(liked, lot[waiting], left)
        found[waiting[won]] = liked[won]
        left -= np.bincount(liked[won], minlength=len(left))
        waiting = waiting[~won]
    return found


def _favourite(
    scenario: Scenario, practices: Practices, offered: IntArray, company: BoolArray, region: IntArray, picky: BoolArray,
    keys: KeyArray, draws: Draws, year: int,
) -> IntArray:  # fmt: skip
    """Return for each of `keys` the practice liked best of those `offered` in the `region` where it applies.

    Where more are on offer than one compares, it is of so many next to each other from a random one on, in a circle.
    """
    # By region, and in it first those with company: the only ones for who is picky.
    rank = 2 * practices.region[offered] + ~company[offered]
    order = np.argsort(rank, kind="stable")
    offered, rank = offered[order], rank[order]
    begins = np.searchsorted(rank, np.arange(2 * int(region.max()) + 3))
    first = begins[2 * region]
    number = begins[2 * region + 2 - picky] - first
    compared = np.minimum(number, scenario.practices_compared)
    start = np.zeros(len(keys), dtype=np.int64)
    if len(many := np.flatnonzero(compared < number)):
        start[many] = draws.uniform(Decision.FIRST_COMPARED, keys[many], year) * number[many]
    ends = np.cumsum(compared)

    def best(some: IntArray) -> IntArray:
        count = compared[some]
        ends = np.cumsum(count)
        who = np.repeat(some, count)
        place = np.arange(len(who)) - np.repeat(ends - count, count)
        if len(many):
            place = (start[who] + place) % number[who]
        practice = offered[first[who] + place]
        liking = draws.pairs(Decision.LIKES_PRACTICE, keys[who], practice.astype(np.uint32), year)
        liked = np.flatnonzero(liking == np.repeat(np.maximum.reduceat(liking, ends - count), count))
        return practice[liked[np.searchsorted(who[liked], some)]]

    everybody = np.arange(len(keys))
    if ends[-1] <= PAIRS_AT_ONCE:
        return best(everybody)
    # Pairs of a large country do not fit memory all at once.
    borders = np.searchsorted(ends, np.arange(PAIRS_AT_ONCE, ends[-1], PAIRS_AT_ONCE), side="right")
    return np.concatenate([best(some) for some in np.split(everybody, np.unique(borders)) if len(some)])


def turn(
    scenario: Scenario, practices: Practices, unfilled: IntArray, found: IntArray, draws: Draws, year: int
) -> IntArray:
    """Count the years of open places and change the number of places; returns the places that stayed open, (P,).

    `unfilled` (P,) were open, `found` are the practices of the new holders. A practice that found one may open a place
    more; a practice with other holders may give up a place that stayed open for another year.
    """
    filled = np.bincount(found, minlength=len(practices))
    still_open = unfilled - filled
    now = practices.places - still_open
    practices.unfilled_years[:] = np.where(still_open > 0, practices.unfilled_years + 1, 0)
    practices.vacant_years[:] = np.where((now == 0) & (practices.places > 0), practices.vacant_years + 1, 0)

    lasting = np.flatnonzero((practices.unfilled_years > 1) & (now > 0))
    grown = np.flatnonzero(filled)
    absorbed, splits = draws.at_once(
        [(Decision.PLACE_ABSORBED, lasting.astype(np.uint32)), (Decision.PLACE_SPLITS, grown.astype(np.uint32))], year
    )
    practices.places[lasting[absorbed < scenario.place_absorbed]] -= 1
    practices.places[grown[splits < scenario.place_splits]] += 1
    return still_open


def join(practices: Practices, gps: Population, draws: Draws, year: int) -> None:
    """Let salaried GPs and fixed locums without a practice join one of their region, in proportion to its list."""
    runs = practices.runs
    employed = (gps.role == Role.SALARIED.value) | (gps.role == Role.FIXED_LOCUM.value)
    rows = np.flatnonzero(employed & (gps.status == Status.WORKING.value))
    practice = gps.practice.take(rows)
    rows = rows[(practice == NOWHERE) | ~runs.take(practice)]
    gps.practice[rows] = NOWHERE
    order = np.flatnonzero(runs)
    order = order[np.argsort(practices.region[order], kind="stable")]
    border = np.searchsorted(practices.region[order], np.arange(int(practices.region.max(initial=0)) + 2))
    first, last = border[gps.region[rows]], border[gps.region[rows] + 1]
    somewhere = np.flatnonzero(first < last)
    if not len(somewhere):
        return
    rows, first, last = rows[somewhere], first[somewhere], last[somewhere]
    # One search for all regions: the running total of the lists before a region, plus a share of the region's.
    total = np.concatenate([[0.0], np.cumsum(practices.patients[order])])
    level = draws.uniform(Decision.WORKPLACE, gps.key[rows], year)
    at = total[first] + level * (total[last] - total[first])
    gps.practice[rows] = order[np.clip(np.searchsorted(total, at, side="right") - 1, first, last - 1)]


# Lists and workload -------------------------------------------------------------------------------------------------


def first_lists(scenario: Scenario, practices: Practices, gps: Population) -> None:
    """Give practices of the base year lists in proportion to the fte expected there with all places filled."""
    employed = (gps.status == Status.WORKING.value) & (
        (gps.role == Role.SALARIED.value) | (gps.role == Role.FIXED_LOCUM.value)
    )
    n = int(practices.region.max()) + 1
    in_region = np.bincount(gps.region[employed], minlength=n)
    per_practice = in_region / np.maximum(1, np.bincount(practices.region, minlength=n))
    practices.patients[:] = practices.places * scenario.fte_holder
    practices.patients += per_practice[practices.region] * scenario.fte_fixed_locum
    empty = np.bincount(practices.region, practices.patients, n)[practices.region] == 0
    practices.patients[empty] = 1.0


def scale_lists(practices: Practices, registered: FloatArray) -> FloatArray:
    """Scale lists so that they add up to the `registered` (R,) of a region; returns those for whom there is a list."""
    total = np.bincount(practices.region, practices.patients, len(registered))
    factor = np.divide(registered, total, out=np.zeros_like(registered), where=total > 0)
    practices.patients *= factor[practices.region]
    return np.where(total > 0, registered, 0.0)


def measure_workload(
    practices: Practices,
    unfilled: IntArray,
    practice: npt.NDArray[np.integer],
    worked: FloatArray,
    demand: FloatArray,
    supply: FloatArray,
    holder_fte: float,
) -> None:
    """Measure demand over fte in each practice.

    `unfilled` (P,) open places; of each GP at work the `practice` (n,), and `worked` (n,) fte in the home region;
    `demand` and `supply` (R,) in fte. Of supply, what is not established in a practice (changing locums, locums from
    elsewhere) works for all practices of the region in proportion to lists.
    """
    n = len(demand)
    own = np.bincount(practice - NOWHERE, worked, len(practices) + 1)[1:]  # the first are those in none
    region = practices.region
    pool = np.maximum(0.0, supply - np.bincount(region, own, n))
    listed = np.bincount(region, practices.patients, n)
    share = practices.patients / np.where(listed > 0, listed, np.inf)[region]
    fte = own + share * pool[region]
    filled = fte + unfilled * holder_fte
    need = share * demand[region]
    practices.workload[:] = np.divide(need, fte, out=np.full(len(need), np.inf), where=fte > 0)
    practices.workload_filled[:] = np.divide(need, filled, out=np.full(len(need), np.inf), where=filled > 0)


@dataclass(frozen=True)
class ListCurves:
    """How workload shows: the workload at which half of the practices stop, and how many have no GP.

    `stop_at` and `spread` in log points of demand over fte; `without` (share) at tightness 1 of demand over supply.
    """

    stop_at: float
    spread: float
    without: float
    elasticity: float

    def stops(self, workload: FloatArray) -> FloatArray:
        """Return the chance of a patient stop by practice."""
        with np.errstate(divide="ignore"):
            level = np.log(workload)
        above = level - np.where(np.isinf(level), 0.0, self.stop_at)
        return np.asarray(ndtr(above / self.spread))

    def without_gp(self, inhabitants: FloatArray, demand: FloatArray, supply: FloatArray) -> FloatArray:
        """Return inhabitants without a GP by region; all where there is no supply."""
        tight = np.divide(demand, supply, out=np.ones(len(demand)), where=supply > 0)
        share = np.where(supply > 0, self.without * tight**self.elasticity, 1.0)
        return np.asarray(inhabitants * np.minimum(NEARLY_ALL, share))


def list_curves(
    scenario: Scenario, practices: Practices, inhabitants: FloatArray, demand: FloatArray, supply: FloatArray
) -> ListCurves:
    """Return the curves under which the base year has the published patient stops and inhabitants without a GP."""
    spread, workload = scenario.patient_stop_spread, np.log(practices.workload[practices.runs])
    finite = workload[np.isfinite(workload)]
    if not len(finite):
        finite = np.zeros(1)

    def miss(stop_at: float) -> float:
        return float(ndtr((workload - stop_at) / spread).mean() - scenario.patient_stops)

    reach = abs(float(ndtri(scenario.patient_stops))) * spread + spread
    low, high = float(finite.min()) - reach, float(finite.max()) + reach
    # Where practices without any GP are more than those with a stop, all others have none.
    stop_at = float(brentq(miss, low, high)) if miss(high) < 0 else np.inf
    staffed = supply > 0
    weight = inhabitants[staffed] * (demand[staffed] / supply[staffed]) ** scenario.without_gp_tightness
    left = max(0.0, scenario.without_gp * inhabitants.sum() - inhabitants[~staffed].sum())
    without = left / weight.sum() if weight.sum() > 0 else 0.0
    return ListCurves(stop_at, spread, without, scenario.without_gp_tightness)
