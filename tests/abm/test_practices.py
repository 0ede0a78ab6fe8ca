"""Practices by hand: who is where at the start, who takes over, what closes, and how workload shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from abm import Scenario, SettlementModel, practices
from abm.population import NOWHERE, Status
from abm.practices import Form, ListCurves, Practices, Start, State
from abm.randomness import Decision, Draws
from abm.views import Practice
from regions.people import MEN, WOMEN, Role
from tests.abm.conftest import gps, part, spread

MANY = 40_000
YEAR = 2030
DRAWS = Draws(1)
HOLDER, SALARIED, FIXED, CHANGING = Role


def some(n=None, **columns) -> Practices:
    """Open practices of one place with plain values except for the columns given."""
    n = n or max(len(values) for values in columns.values() if np.ndim(values))
    plain = {
        "region": 0, "municipality": 0, "places": 1, "patients": 2000.0, "unfilled_years": 0, "vacant_years": 0,
        "state": State.OPEN, "workload": 1.0, "workload_filled": 1.0,
    }  # fmt: skip
    values = {name: np.broadcast_to(np.asarray(value), (n,)) for name, value in (plain | columns).items()}
    whole = {"region", "municipality", "places", "unfilled_years", "vacant_years", "state"}
    return Practices(**{k: v.astype(np.int32 if k in whole else np.float64) for k, v in values.items()})


# --- counts ---


def test_holders_places_and_forms_by_hand():
    there = some(places=[2, 1, 1, 3])
    gp = gps(
        practice=[0, 0, 1, 3, 3, 3, 3, NOWHERE, 2],
        role=[HOLDER, SALARIED, FIXED, HOLDER, HOLDER, HOLDER, FIXED, CHANGING, HOLDER],
        status=[Status.WORKING] * 8 + [Status.LEFT],
    )
    assert practices.holders(there, gp).tolist() == [1, 0, 0, 3]
    assert practices.open_places(there, gp).tolist() == [1, 1, 1, 0]
    assert practices.established(there, gp).tolist() == [2, 1, 0, 4]
    assert practices.forms(there, gp).tolist() == [Form.DUO, Form.SOLO, Form.NOBODY, Form.GROUP]


def test_a_practice_runs_until_it_closes():
    assert some(state=[State.OPEN, State.WITHOUT_HOLDER, State.CLOSED]).runs.tolist() == [True, True, False]


# --- the base year ---


def nation(small, holders, persons, region):
    """The small nation with these holders by region, and municipalities with these inhabitants in these regions."""
    n = len(holders)
    force = replace(
        small.workforce, region=np.arange(n), sex=np.zeros(n, dtype=np.int64), age=np.full(n, 50),
        role=np.full(n, HOLDER), persons=np.array(holders), fte=np.array(holders, dtype=float),
    )  # fmt: skip
    towns = replace(
        small.municipalities, name=tuple(f"town {i}" for i in range(len(persons))), region=np.array(region),
        persons=np.array(persons, dtype=float), distance_km=np.zeros((len(persons), len(persons))),
    )  # fmt: skip
    return replace(small, workforce=force, municipalities=towns)


def test_practices_of_the_base_year_by_hand(small):
    """Open places 3 as 3 to 1; 12 places in 8 practices, 6 in 4; a region without holders has one without places."""
    scenario = Scenario(open_at_start=0.2, places_per_practice=1.5, practices_of_three=0.125)
    regions = nation(small, [10, 5, 0], [6000, 2000, 1000, 3000], [0, 0, 1, 2])
    begin = practices.start(scenario, regions, np.array([3.0, 1.0, 2.0]))
    assert begin.open_places.tolist() == [2, 1, 0]
    assert begin.region.tolist() == [0] * 8 + [1] * 4 + [2]
    assert begin.places.tolist() == [1, 1, 1, 1, 1, 2, 2, 3, 1, 1, 2, 2, 0]
    # Six and two practices: at 1/12, 3/12, ... and 1/4, 3/4 of the order of size.
    assert begin.municipality.tolist() == [0, 0, 1, 0, 0, 0, 1, 0] + [2] * 4 + [3]


def test_a_practice_has_one_open_place_at_most_in_the_base_year(small):
    regions = nation(small, [10, 5, 5], [1, 1, 1], [0, 1, 2])
    begin = practices.start(
        Scenario(open_at_start=0.5, places_per_practice=5.0), regions, vacancies=np.array([1.0, 0, 0])
    )
    assert begin.open_places.tolist() == [4, 0, 0]  # 20 places in 4 practices
    assert begin.places.tolist() == [3, 3, 4, 4, 5, 5]


def test_without_vacancies_no_place_is_open(small):
    begin = practices.start(Scenario(), nation(small, [10, 5, 5], [1, 1, 1], [0, 1, 2]), np.zeros(3))
    assert begin.open_places.tolist() == [0, 0, 0]


def test_practices_of_the_netherlands(data):
    """Places are holders and open places, in as many practices as published; of every size its share of each town."""
    scenario, towns = Scenario(), data.municipalities
    begin = practices.start(scenario, data, np.ones(len(data)))
    holding = data.workforce.role == HOLDER
    holders = np.bincount(data.workforce.region[holding], data.workforce.persons[holding], len(data))
    assert begin.open_places.sum() == 260
    np.testing.assert_array_equal(np.bincount(begin.region, begin.places), holders + begin.open_places)
    np.testing.assert_allclose(np.bincount(begin.region), (holders + begin.open_places) / (7851 / 4837), atol=0.5)
    assert set(begin.places) == {1, 2, 3}
    assert (begin.places == 3).mean() == pytest.approx(scenario.practices_of_three, abs=0.002)
    np.testing.assert_array_equal(towns.region[begin.municipality], begin.region)
    count = np.bincount(begin.municipality, minlength=len(towns.region))
    inhabitants = np.bincount(towns.region, towns.persons)[towns.region]
    expected = np.bincount(begin.region)[towns.region] * towns.persons / inhabitants
    assert np.abs(count - expected).max() < 1
    for r in range(len(data)):
        here = begin.municipality[begin.region == r]
        for town in np.unique(here):
            so_far = np.cumsum(here == town) - count[town] * np.arange(1, len(here) + 1) / len(here)
            assert np.abs(so_far).max() < 2  # of each size about its share


@given(st.integers(1, 60), st.floats(1, 5), st.floats(0, 0.3))
def test_sizes_rise_and_add_up(count, mean, share_of_three):
    places = round(count * mean)
    size = practices._sizes(count, places, share_of_three)
    assert len(size) == count
    assert size.sum() == places
    assert size.min() >= 1
    assert (np.diff(size) >= 0).all()
    three = round(share_of_three * count)
    if 2 * three <= places - count <= count + three:
        assert np.bincount(size, minlength=4)[3] == three
        assert size.max() <= 3
    else:
        assert size.max() <= max(3, np.ceil(places / count))


@pytest.mark.parametrize(
    ("count", "places", "expected"),
    [(3, 3, [1, 1, 1]), (3, 11, [3, 4, 4]), (4, 10, [2, 2, 3, 3]), (2, 10, [5, 5]), (1, 0, [0])],
)
def test_sizes_by_hand(count, places, expected):
    assert practices._sizes(count, places, 0.0).tolist() == expected


def test_open_places_of_the_base_year_go_by_lottery():
    region = np.array([0] * 6 + [1] * 3 + [2])
    begin = Start(region, np.arange(10), np.array([1, 1, 1, 2, 2, 3, 1, 1, 1, 0]), np.array([2, 1, 0]))
    there, open_now = practices.found(begin, DRAWS)
    lot = DRAWS.uniform(Decision.OPEN_AT_START, np.arange(10, dtype=np.uint32))
    expected = np.zeros(10, dtype=int)
    expected[np.argsort(lot[:6])[:2]] = expected[6 + lot[6:9].argmin()] = 1
    assert open_now.tolist() == expected.tolist()
    assert there.unfilled_years.tolist() == expected.tolist()
    assert there.places.tolist() == begin.places.tolist()
    assert there.region.tolist() == region.tolist()
    assert there.municipality.tolist() == list(range(10))
    assert there.state.tolist() == [State.OPEN] * 9 + [State.WITHOUT_HOLDER]
    assert not there.vacant_years.any()
    assert len(there) == 10


def test_by_age_alone_the_oldest_have_the_smallest_practices():
    there = some(region=[0, 0, 0, 1, 1], places=[1, 1, 2, 1, 2])
    gp = gps(
        birth=[1990, 1960, 1970, 1980, 1985, 1965, 1950],
        region=[0, 0, 0, 0, 1, 1, 1],
        role=[HOLDER] * 6 + [SALARIED],
    )
    practices.place_holders(Scenario(older_in_small_practices=1.0), there, np.array([0, 0, 0, 0, 1]), gp, DRAWS, 2025)
    assert gp.practice.tolist() == [2, 0, 1, 2, 4, 3, NOWHERE]


def test_by_chance_alone_age_does_not_matter():
    scenario, there, full = Scenario(older_in_small_practices=0.0), some(places=[1, 1, 2, 3]), np.zeros(4, dtype=int)
    both = [gps(birth=birth, role=HOLDER) for birth in (np.arange(1950, 1957), np.arange(1990, 1983, -1))]
    for gp in both:
        practices.place_holders(scenario, there, full, gp, DRAWS, 2025)
    order = np.argsort(DRAWS.uniform(Decision.PRACTICE_OF_STOCK, both[0].key))
    assert both[0].practice[order].tolist() == [0, 1, 2, 2, 3, 3, 3]
    np.testing.assert_array_equal(both[0].practice, both[1].practice)


@pytest.mark.parametrize(("weight", "older"), [(0.0, 0.0), (0.5, 5.0), (1.0, 20.0)])
def test_holders_of_small_practices_are_older_by_weight(weight, older):
    """Ages are even over 40 years: by age alone, the half in small practices is 20 years older in the mean."""
    size = np.repeat([1, 2], [2000, 1000])
    gp = gps(birth=1955 + np.arange(4000) % 40, role=HOLDER)
    there = some(places=size)
    practices.place_holders(Scenario(older_in_small_practices=weight), there, np.zeros(3000, int), gp, DRAWS, 2025)
    small = size[gp.practice] == 1
    difference = (2025 - gp.birth)[small].mean() - (2025 - gp.birth)[~small].mean()
    assert difference > older - 1.5
    assert (difference < older + 1.5) or weight == 0.5
    assert practices.open_places(there, gp).tolist() == [0] * 3000


@pytest.mark.parametrize(
    ("stays", "closes_after", "shares"),
    [
        (0.3, 3, [0.7, 0.21, 0.09]),
        (0.3, 1, [1]),
        (0.5, 4, [0.5, 0.25, 0.125, 0.125]),
        (0.0, 3, [1]),
        (1.0, 3, [0, 0, 1]),
    ],
)
def test_practices_without_holder_in_the_base_year_were_so_for_as_long_as_chance_leaves_them(
    stays, closes_after, shares
):
    """As many years as they stay so by chance, and no more than after which they close."""
    full, n = 10, MANY + 12
    there = some(places=[1] * (MANY + full) + [2, 0], state=[State.OPEN] * (n - 1) + [State.WITHOUT_HOLDER])
    open_now = np.array([1] * MANY + [0] * full + [1, 0])
    there.unfilled_years[:] = open_now
    scenario = Scenario(vacant_stays_vacant=stays, closes_after=closes_after)
    practices.place_holders(scenario, there, open_now, gps(full + 1, role=HOLDER), DRAWS, 2025)
    luck = DRAWS.uniform(Decision.VACANT_AT_START, np.arange(MANY, dtype=np.uint32))
    years = sum((luck < stays**k).astype(int) for k in range(closes_after))
    np.testing.assert_array_equal(there.vacant_years[:MANY], years)
    np.testing.assert_array_equal(there.unfilled_years[:MANY], years)
    for year, share in enumerate(shares, start=1):
        assert (years == year).mean() == pytest.approx(share, abs=spread(share, MANY) + 1e-12)
    assert there.vacant_years[MANY:].tolist() == [0] * (full + 2)
    assert there.unfilled_years[MANY:].tolist() == [0] * full + [1, 0]


# --- closing ---


def end(there, nearness=None, seed=1, **parameters):
    return practices.end(Scenario(**parameters), there, np.ones((1, 1)) if nearness is None else nearness, Draws(seed),
                         YEAR)  # fmt: skip


def test_a_practice_closes_after_the_years_without_any_holder():
    there = some(vacant_years=[0, 2, 3, 4, 0, 9], unfilled_years=[0, 2, 3, 4, 3, 9], places=[1, 1, 2, 1, 2, 0],
                 state=[0, 0, 0, 0, 0, State.WITHOUT_HOLDER])  # fmt: skip
    ended = end(there, closes_after=3, goes_on_without_holder=0.0)
    assert ended.closed.tolist() == [2, 3]
    assert ended.goes_on.tolist() == []
    assert there.state.tolist() == [0, 0, State.CLOSED, State.CLOSED, 0, State.WITHOUT_HOLDER]
    assert there.places.tolist() == [1, 1, 0, 0, 2, 0]
    assert there.unfilled_years.tolist() == [0, 2, 0, 0, 3, 9]
    assert there.vacant_years.tolist() == [0, 2, 0, 0, 0, 9]
    assert there.patients.tolist() == [3000, 3000, 0, 0, 3000, 3000]


def test_a_practice_that_goes_on_without_a_holder_keeps_its_patients():
    there = some(vacant_years=[0, 1], places=[1, 2])
    ended = end(there, closes_after=1, goes_on_without_holder=1.0)
    assert (ended.closed.tolist(), ended.goes_on.tolist()) == ([], [1])
    assert there.state.tolist() == [State.OPEN, State.WITHOUT_HOLDER]
    assert there.places.tolist() == [1, 0]
    assert there.patients.tolist() == [2000, 2000]
    assert end(there, closes_after=1).goes_on.tolist() == []


def test_the_share_that_goes_on_is_keyed_by_practice():
    n = 2000
    ended = end(some(n, vacant_years=3), goes_on_without_holder=0.25)
    assert len(ended.goes_on) / n == pytest.approx(0.25, abs=spread(0.25, n))
    assert sorted([*ended.closed, *ended.goes_on]) == list(range(n))
    odd = some(n, vacant_years=np.where(np.arange(n) % 2, 3, 2))
    assert end(odd, goes_on_without_holder=0.25).goes_on.tolist() == [i for i in ended.goes_on if i % 2]


def test_lists_of_closed_practices_move_within_the_region_by_list_and_nearness():
    """What is left in region 0 has 200 and 100 patients, half as near from the other town; region 1 gets nothing."""
    there = some(
        region=[0, 0, 0, 1, 0], municipality=[0, 0, 1, 2, 1], patients=[1000.0, 200, 100, 300, 50],
        state=[State.CLOSED, 0, 0, 0, State.CLOSED],
    )  # fmt: skip
    nearness = np.array([[1.0, 0.5, 0.9], [0.5, 1.0, 0.9], [0.9, 0.9, 1.0]])
    practices.move_lists(there, np.array([0, 4]), nearness)
    # 1000 as 200 to 50, and 50 as 100 to 100
    np.testing.assert_allclose(there.patients, [0, 200 + 800 + 25, 100 + 200 + 25, 300, 0])


def test_patients_of_the_last_practice_of_a_region_have_none():
    there = some(region=[0, 1], municipality=[0, 1], patients=[1000.0, 300.0], state=[State.CLOSED, State.OPEN])
    practices.move_lists(there, np.array([0]), np.ones((2, 2)))
    assert there.patients.tolist() == [0, 300]


@given(st.data())
def test_nobody_is_lost_while_a_practice_is_left(data):
    n = data.draw(st.integers(2, 8))
    there = some(
        patients=np.array(data.draw(st.lists(st.floats(1, 5000), min_size=n, max_size=n))),
        municipality=np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))),
        vacant_years=np.array([0, *data.draw(st.lists(st.sampled_from([0, 3]), min_size=n - 1, max_size=n - 1))]),
    )
    before = there.patients.copy()
    end(there, np.exp(-np.abs(np.subtract.outer(range(3), range(3)))), goes_on_without_holder=0.5)
    assert there.patients.sum() == pytest.approx(before.sum())
    assert (there.patients[there.runs] >= before[there.runs]).all()
    assert not there.patients[~there.runs].any()


# --- which places suit ---


def suitable(there, unfilled, usual=1.0, seed=1, year=YEAR, **parameters):
    return practices.suitable(Scenario(**parameters), there, np.array(unfilled), usual, Draws(seed), year)


def test_all_or_no_places_suit_at_the_ends():
    assert suitable(some(4), [0, 1, 2, 3], takeover=1.0).tolist() == [0, 1, 2, 3]
    assert suitable(some(4), [0, 1, 2, 3], takeover=0.0).tolist() == [0, 0, 0, 0]
    assert suitable(some(2), [0, 0], takeover=1.0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("workload", "elasticity", "chance"),
    [(1.1, 1.0, 0.6), (2.2, 1.0, 0.3), (2.2, 2.0, 0.15), (2.2, 0.0, 0.6), (0.55, 1.0, 1.0), (np.inf, 1.0, 0.0)],
)
def test_the_chance_falls_with_the_workload_against_the_usual_one(workload, elasticity, chance):
    there = some(MANY, workload_filled=workload, workload=0.01)
    found = suitable(there, [1] * MANY, usual=1.1, takeover=0.6, takeover_workload=elasticity)
    assert found.mean() == pytest.approx(chance, abs=spread(chance, MANY) + 1e-12)


def test_each_place_has_luck_of_its_own_whatever_else_is_open():
    n, rows = 500, np.arange(500)
    luck = DRAWS.uniforms(Decision.PLACE_SUITS, rows.astype(np.uint32), 3, YEAR) < 0.5
    for unfilled in (np.full(n, 2), np.where(rows % 2, 2, 0), np.where(rows % 3, 1, 3)):
        expected = [luck[i, :k].sum() for i, k in enumerate(unfilled)]
        assert suitable(some(n), unfilled, takeover=0.5).tolist() == expected
    assert (suitable(some(n), [2] * n, takeover=0.5) <= suitable(some(n), [2] * n, takeover=0.6)).all()
    assert (suitable(some(n), [2] * n, takeover=0.5) != suitable(some(n), [2] * n, takeover=0.5, year=2031)).any()


# --- who wants company ---


def test_who_wants_company_is_fixed_for_life_by_sex():
    gp = gps(MANY, sex=np.arange(MANY) % 2)
    wants = practices.wants_company(
        Scenario(wants_company_women=0.8, wants_company_men=0.6), gp, np.arange(MANY), DRAWS
    )
    luck = DRAWS.uniform(Decision.WANTS_COMPANY, gp.key)
    np.testing.assert_array_equal(wants, luck < np.where(gp.sex == WOMEN, 0.8, 0.6))
    for sex, share in ((WOMEN, 0.8), (MEN, 0.6)):
        assert wants[gp.sex == sex].mean() == pytest.approx(share, abs=spread(share, MANY / 2))
    some_rows = np.array([7, 3, 11])
    assert practices.wants_company(Scenario(), gp, some_rows, DRAWS).tolist() == [
        practices.wants_company(Scenario(), gp, np.array([row]), DRAWS)[0] for row in some_rows
    ]


# --- applying ---

ALONE = {"wants_company_women": 0.0, "wants_company_men": 0.0}
PICKY = {"wants_company_women": 1.0, "wants_company_men": 1.0}


def apply(there, gp, utility, suits, rows=None, seed=1, **parameters):
    rows = np.arange(len(gp)) if rows is None else np.array(rows)
    return practices.apply(
        Scenario(**parameters), there, gp, rows, np.array(utility, dtype=float), np.array(suits), Draws(seed), YEAR
    )


@pytest.mark.parametrize(
    ("own", "other", "suits", "found"),
    [
        (1.0, 0.0, [1, 1], 0),
        (1.0, 0.0, [0, 1], NOWHERE),  # elsewhere only if better
        (0.0, 1.0, [0, 1], 1),
        (0.0, 1.0, [1, 1], 1),  # the best of those with a place
        (0.0, 1.0, [1, 0], 0),
        (1.0, 0.0, [0, 0], NOWHERE),
    ],
)
def test_a_gp_applies_in_the_own_region_or_a_better_one(own, other, suits, found):
    for region in (0, 1):
        there = some(region=[region, 1 - region])
        utility = [[own, other]] if region == 0 else [[other, own]]
        assert apply(there, gps(region=[region]), utility, suits, **ALONE).tolist() == [found]


def test_those_who_want_company_never_get_a_practice_with_nobody_in_it():
    there = some(region=[0, 0, 1])
    seekers = {"region": [0, 0, 0], "practice": [NOWHERE] * 3}
    worth = [[0, 1]] * 3
    assert apply(there, gps(**seekers), worth, [3, 3, 3], **PICKY).tolist() == [NOWHERE] * 3
    # In region 1 there is nobody: the one practice with a salaried GP is left.
    gp = gps(region=[0, 0, 0, 0], practice=[NOWHERE] * 3 + [1], role=[FIXED] * 3 + [SALARIED])
    assert apply(there, gp, worth, [3, 3, 3], rows=[0, 1, 2], **PICKY).tolist() == [1, 1, 1]
    # Who has left keeps nobody company.
    gp.status[3] = Status.LEFT
    assert apply(there, gp, worth, [3, 3, 3], rows=[0, 1, 2], **PICKY).tolist() == [NOWHERE] * 3


def test_each_applies_to_the_practice_liked_best_whatever_is_open_elsewhere():
    n, seekers = 6, 200
    region = np.array([1, 0, 0, 1, 0, 1])
    gp = gps(seekers, region=np.arange(seekers) % 2)
    worth = np.where(np.arange(2) == (np.arange(seekers) % 2)[:, None], 1.0, 0.0)
    liking = DRAWS.pairs(Decision.LIKES_PRACTICE, np.repeat(gp.key, n), np.tile(np.arange(n, dtype=np.uint32), seekers),
                         YEAR).reshape(seekers, n)  # fmt: skip
    for offered in (np.ones(n, bool), np.array([1, 1, 1, 0, 0, 1], bool)):
        may = offered & (region == gp.region[:, None])
        found = apply(some(region=region), gp, worth, offered * seekers, **ALONE)
        np.testing.assert_array_equal(found, np.where(may, liking, -1).argmax(axis=1))


def test_short_places_go_by_lottery_and_losers_try_again():
    gp = gps(5)
    lot = np.argsort(DRAWS.uniform(Decision.PRACTICE_LOTTERY, gp.key, YEAR))
    worth = np.zeros((5, 1))
    for rounds in (1, 2, 20):
        found = apply(some(1), gp, worth, [2], application_rounds=rounds, **ALONE)
        assert np.flatnonzero(found == 0).tolist() == sorted(lot[:2])
    # Three practices with a place each: in every round whoever has the lowest lot gets the one liked best.
    there = some(3)
    liking = DRAWS.pairs(Decision.LIKES_PRACTICE, np.repeat(gp.key, 3), np.tile(np.arange(3, dtype=np.uint32), 5),
                         YEAR).reshape(5, 3)  # fmt: skip
    expected, left, waiting = np.full(5, NOWHERE), {0, 1, 2}, list(lot)
    for rounds in (1, 2, 3):
        wish = {gp_: max(left, key=lambda p, gp_=gp_: liking[gp_, p]) for gp_ in waiting if left}
        for place in set(wish.values()):
            winner = next(gp_ for gp_ in waiting if wish[gp_] == place)
            expected[winner] = place
        left -= set(wish.values())
        waiting = [gp_ for gp_ in waiting if expected[gp_] == NOWHERE]
        assert apply(there, gp, worth, [1, 1, 1], application_rounds=rounds, **ALONE).tolist() == expected.tolist()
    assert not left


def test_a_loser_tries_the_next_region_that_is_better_than_home():
    there = some(region=[0, 1, 2])
    gp = gps(2)
    worth = [[0, 2, 1]] * 2
    first, second = np.argsort(DRAWS.uniform(Decision.PRACTICE_LOTTERY, gp.key, YEAR))
    found = apply(there, gp, worth, [1, 1, 1], application_rounds=2, **ALONE)
    assert (found[first], found[second]) == (1, 2)
    found = apply(there, gp, worth, [1, 1, 1], application_rounds=1, **ALONE)
    assert (found[first], found[second]) == (1, NOWHERE)


def test_nobody_applies_and_nothing_is_on_offer():
    assert apply(some(2), gps(0), np.zeros((0, 1)), [1, 1]).tolist() == []
    assert apply(some(2), gps(3), np.zeros((3, 1)), [0, 0]).tolist() == [NOWHERE] * 3


@settings(deadline=None)
@given(st.data())
def test_places_are_never_exceeded_and_all_that_can_be_are_filled(data):
    def numbers(low, high, n):
        return np.array(data.draw(st.lists(st.integers(low, high), min_size=n, max_size=n)), dtype=np.int64)

    n, seekers, n_regions = data.draw(st.integers(1, 6)), data.draw(st.integers(0, 12)), 3
    there = some(n, region=numbers(0, n_regions - 1, n))
    staff = data.draw(st.integers(0, 4))
    gp = gps(
        seekers + staff,
        region=numbers(0, n_regions - 1, seekers + staff),
        practice=np.append(np.full(seekers, NOWHERE), numbers(0, n - 1, staff)),
        sex=numbers(0, 1, seekers + staff),
    )
    worth = numbers(-2, 2, seekers * n_regions).reshape(seekers, n_regions) + 0.0
    suits, seed = numbers(0, 3, n), data.draw(st.integers(0, 99))
    rows = np.arange(seekers)
    found = apply(there, gp, worth, suits, rows=rows, seed=seed, application_rounds=20)

    got = found != NOWHERE
    assert (np.bincount(found[got], minlength=n) <= suits).all()
    own = worth[rows, gp.region[:seekers]]
    assert (worth[rows[got], there.region[found[got]]] >= own[got]).all()
    company = practices.established(there, gp) > 0
    picky = practices.wants_company(Scenario(), gp, rows, Draws(seed))
    assert company[found[got & picky]].all()
    # Twenty rounds are as many as there are places: whoever is left finds nothing acceptable left.
    left = suits - np.bincount(found[got], minlength=n)
    acceptable = (left > 0) & (worth[:, there.region] >= own[:, None]) & (company | ~picky[:, None])
    assert not acceptable[~got].any()
    # Another order of the same GPs changes nothing.
    order = np.array(data.draw(st.permutations(range(seekers))), dtype=np.int64)
    again = apply(there, gp, worth[order], suits, rows=rows[order], seed=seed, application_rounds=20)
    np.testing.assert_array_equal(again, found[order])
    fewer = apply(there, gp, worth, suits, rows=rows, seed=seed, application_rounds=1)
    assert (fewer[fewer != NOWHERE] == found[fewer != NOWHERE]).all()


# --- places that stay open, and new ones ---


def turn(there, gp, found=(), seed=1, **parameters):
    found = np.array(found, dtype=np.int64)
    unfilled = practices.open_places(there, gp) + np.bincount(found, minlength=len(there))  # before they were found
    return practices.turn(Scenario(**parameters), there, unfilled, found, Draws(seed), YEAR)


NEITHER = {"place_absorbed": 0.0, "place_splits": 0.0}


def test_years_of_open_places_by_hand():
    there = some(places=[1, 1, 2, 2, 0], unfilled_years=[3, 1, 4, 0, 0], vacant_years=[3, 1, 2, 0, 0])
    gp = gps(practice=[1, 2, 0], role=[HOLDER, HOLDER, SALARIED])
    for passed in (1, 2):
        assert turn(there, gp, **NEITHER).tolist() == [1, 0, 1, 2, 0]
        assert there.unfilled_years.tolist() == [3 + passed, 0, 4 + passed, passed, 0]
        assert there.vacant_years.tolist() == [3 + passed, 0, 0, passed, 0]
    assert there.places.tolist() == [1, 1, 2, 2, 0]


def test_a_practice_gives_up_a_place_only_with_other_holders_and_after_a_year():
    there = some(places=[2, 2, 2, 3], unfilled_years=[1, 0, 5, 1])
    gp = gps(practice=[0, 1, 3], role=HOLDER)
    assert turn(there, gp, place_absorbed=1.0).tolist() == [1, 1, 2, 2]
    assert there.places.tolist() == [1, 2, 2, 2]
    assert turn(there, gp, place_absorbed=1.0).tolist() == [0, 1, 2, 1]
    assert there.places.tolist() == [1, 1, 2, 1]
    assert practices.open_places(there, gp).tolist() == [0, 0, 2, 0]


def test_a_practice_that_found_a_holder_may_open_one_place_more():
    there = some(places=[2, 1, 1])
    gp = gps(practice=[0, 0, 2], role=HOLDER)
    still_open = turn(there, gp, found=[0, 0, 2], place_splits=1.0)
    assert there.places.tolist() == [3, 1, 2]
    assert still_open.tolist() == [0, 1, 0]  # what stayed open, not what is new
    assert there.unfilled_years.tolist() == [0, 1, 0]
    turn(there, gp, **NEITHER)
    assert there.unfilled_years.tolist() == [1, 2, 1]


def test_shares_that_split_and_that_give_up_a_place():
    there = some(MANY, places=2, unfilled_years=1)
    gp = gps(practice=np.arange(MANY), role=HOLDER)
    turn(there, gp, found=np.arange(0, MANY, 2), place_absorbed=0.1, place_splits=0.3)
    luck = [DRAWS.uniform(d, np.arange(MANY, dtype=np.uint32), YEAR) for d in (Decision.PLACE_ABSORBED,
                                                                             Decision.PLACE_SPLITS)]  # fmt: skip
    expected = 2 - (luck[0] < 0.1) + ((luck[1] < 0.3) & (np.arange(MANY) % 2 == 0))
    np.testing.assert_array_equal(there.places, expected)
    assert (there.places[1::2] == 1).mean() == pytest.approx(0.1, abs=spread(0.1, MANY / 2))


# --- who works where ---


def test_who_joins_a_practice_by_hand():
    there = some(
        region=[0, 0, 1, 2], patients=[0.0, 500, 800, 0], state=[0, State.WITHOUT_HOLDER, State.CLOSED, State.CLOSED]
    )
    there.patients[2] = 0
    gp = gps(
        role=[SALARIED, FIXED, CHANGING, HOLDER, FIXED, SALARIED, FIXED, FIXED],
        region=[0, 0, 0, 0, 1, 1, 0, 0],
        practice=[NOWHERE, 0, NOWHERE, 0, 2, NOWHERE, NOWHERE, 2],
        status=[Status.WORKING] * 6 + [Status.LEFT, Status.WORKING],
    )
    practices.join(there, gp, DRAWS, YEAR)
    # To the only list in region 0; those in a practice stay; no practice runs in region 1; who left stays away.
    assert gp.practice.tolist() == [1, 0, NOWHERE, 0, NOWHERE, NOWHERE, NOWHERE, 1]


def test_nobody_joins_where_nothing_runs():
    gp = gps(3, role=SALARIED)
    practices.join(some(2, state=State.CLOSED), gp, DRAWS, YEAR)
    assert gp.practice.tolist() == [NOWHERE] * 3


def test_they_join_in_proportion_to_the_list_of_the_own_region():
    lists, region = np.array([100.0, 300, 200, 600, 200]), np.array([1, 0, 1, 0, 1])
    gp = gps(MANY, region=np.arange(MANY) % 2, role=np.where(np.arange(MANY) % 3, SALARIED, FIXED))
    practices.join(some(patients=lists, region=region), gp, DRAWS, YEAR)
    for r, share in ((0, [0, 1 / 3, 0, 2 / 3, 0]), (1, [0.2, 0, 0.4, 0, 0.4])):
        found = np.bincount(gp.practice[gp.region == r], minlength=5) / (MANY / 2)
        assert (np.abs(found - share) <= spread(np.array(share), MANY / 2)).all()
    before = gp.practice.copy()
    practices.join(some(patients=lists[::-1], region=region), gp, DRAWS, YEAR + 1)
    np.testing.assert_array_equal(gp.practice, before)


def test_each_joins_alone():
    there = some(patients=[100.0, 300, 200], region=[0, 0, 1])
    every, odd = gps(200, role=SALARIED), gps(200, role=SALARIED, status=np.where(np.arange(200) % 2, 1, 2))
    for gp in (every, odd):
        practices.join(there, gp, DRAWS, YEAR)
    np.testing.assert_array_equal(odd.practice[1::2], every.practice[1::2])
    assert (odd.practice[::2] == NOWHERE).all()


# --- lists and workload ---


def test_first_lists_by_hand():
    """Places times the fte of a holder, and the employed of the region evenly; one patient where there is neither."""
    there = some(region=[0, 0, 1, 2, 3], places=[1, 3, 2, 0, 0])
    gp = gps(
        region=[0, 0, 0, 0, 0, 3], role=[SALARIED, FIXED, FIXED, CHANGING, HOLDER, FIXED],
        practice=[NOWHERE] * 4 + [0, NOWHERE],
    )  # fmt: skip
    practices.first_lists(Scenario(fte_holder=0.8, fte_fixed_locum=0.6), there, gp)
    np.testing.assert_allclose(there.patients, [0.8 + 0.9, 2.4 + 0.9, 1.6, 1.0, 0.6])


def test_lists_are_scaled_to_those_registered():
    there = some(region=[0, 0, 1, 2], patients=[100.0, 300, 50, 0], state=[0, 0, 0, State.CLOSED])
    listed = practices.scale_lists(there, np.array([2000.0, 0.0, 700.0]))
    assert there.patients.tolist() == [500, 1500, 0, 0]
    assert listed.tolist() == [2000, 0, 0]  # in region 2 there is no list


def measure_workload(there, gp, *rest):
    practices.measure_workload(there, practices.open_places(there, gp), gp.practice, *rest)


def test_workload_by_hand():
    """0.8 and 0.5 fte established; of the 2 fte of the region the other 0.7 work for both, as 100 to 300 patients."""
    there = some(places=[1, 2], patients=[100.0, 300.0])
    gp = gps(practice=[0, 1, NOWHERE], role=[HOLDER, FIXED, CHANGING])
    measure_workload(there, gp, np.array([0.8, 0.5, 0.4]), np.array([3.0]), np.array([2.0]), 0.9)
    fte = np.array([0.8 + 0.25 * 0.7, 0.5 + 0.75 * 0.7])
    np.testing.assert_allclose(there.workload, [0.75 / fte[0], 2.25 / fte[1]])
    np.testing.assert_allclose(there.workload_filled, [0.75 / fte[0], 2.25 / (fte[1] + 2 * 0.9)])


def test_without_anybody_there_is_no_end_to_the_work():
    there = some(region=[0, 1, 1], patients=[100.0, 100, 0], places=[1, 1, 0], state=[0, 0, State.CLOSED])
    measure_workload(there, gps(0), np.zeros(0), np.array([1.0, 2.0]), np.zeros(2), 0.5)
    assert there.workload.tolist() == [np.inf] * 3
    assert there.workload_filled.tolist() == [2.0, 4.0, np.inf]


@given(st.data())
def test_the_work_of_all_practices_is_the_demand_of_the_region(data):
    """Over practices, workload times fte adds up to demand, and fte to supply, where nobody works elsewhere."""
    n = data.draw(st.integers(1, 6))
    region = np.sort(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    there = some(region=region, patients=np.array(data.draw(st.lists(st.floats(1, 5000), min_size=n, max_size=n))))
    many = data.draw(st.integers(0, 10))
    place = np.array(data.draw(st.lists(st.integers(-1, n - 1), min_size=many, max_size=many)), dtype=np.int64)
    gp = gps(many, practice=place, role=np.where(place < 0, CHANGING, SALARIED), region=region[place])
    worked = np.array(data.draw(st.lists(st.floats(0.1, 1), min_size=many, max_size=many)))
    demand = np.array([2.0, 5.0])
    supply = np.bincount(gp.region, worked, 2) + data.draw(st.sampled_from([0.0, 1.0]))
    measure_workload(there, gp, worked, demand, supply, 0.7)
    fte = np.bincount(place[place >= 0], worked[place >= 0], n).astype(float)
    listed = np.bincount(region, there.patients, 2)
    pool = supply - np.bincount(region, fte, 2)
    fte += there.patients / listed[region] * pool[region]
    at_work, busy = fte > 0, np.unique(region)
    need = np.where(at_work, there.workload, 0) * fte
    idle = np.bincount(region, there.patients * ~at_work, 2)[busy] / listed[busy]
    np.testing.assert_allclose(np.bincount(region, need, 2)[busy], demand[busy] * (1 - idle), rtol=1e-9)
    np.testing.assert_allclose(np.bincount(region, fte, 2)[busy], supply[busy])
    assert np.isinf(there.workload[~at_work]).all()


def test_who_works_for_other_regions_too_leaves_no_debt():
    """A region whose established GPs work more than its supply has no pool, rather than a negative one."""
    there = some(patients=[100.0, 100.0])
    gp = gps(practice=[0, 1], role=SALARIED)
    measure_workload(there, gp, np.array([0.6, 0.6]), np.array([1.2]), np.array([1.0]), 0.9)
    np.testing.assert_allclose(there.workload, [1.0, 1.0])


def test_patient_stops_by_hand():
    curves = ListCurves(stop_at=np.log(1.2), spread=0.3, without=0.01, elasticity=3.0)
    workload = np.array([1.2, 1.2 * np.exp(0.3), 1.2 * np.exp(-0.6), np.inf, 0.0])
    np.testing.assert_allclose(curves.stops(workload), [0.5, ndtr(1), ndtr(-2), 1, 0], atol=1e-15)


def test_inhabitants_without_a_gp_by_hand():
    curves = ListCurves(stop_at=0.0, spread=0.3, without=0.01, elasticity=3.0)
    found = curves.without_gp(np.full(5, 1000.0), np.array([1.0, 2, 0.5, 50, 1]), np.array([1.0, 1, 1, 1, 0]))
    np.testing.assert_allclose(found, [10, 80, 1.25, 1000, 1000])
    assert (found < 1000).all()  # lists keep their proportions


@pytest.mark.parametrize("stops", [0.01, 0.6, 0.99])
@pytest.mark.parametrize("without", [0.0, 1 / 150, 0.5])
@pytest.mark.parametrize("spread_", [0.01, 0.3, 3.0])
def test_the_base_year_has_the_published_stops_and_inhabitants_without_a_gp(stops, without, spread_):
    scenario = Scenario(patient_stops=stops, without_gp=without, patient_stop_spread=spread_, without_gp_tightness=1.5)
    workload = np.exp(np.random.default_rng(1).normal(0.1, 0.4, 300))
    there = some(workload=workload, state=np.where(np.arange(300) < 290, State.OPEN, State.WITHOUT_HOLDER))
    inhabitants, demand, supply = np.array([4e5, 7e5, 2e5]), np.array([10.0, 20, 5]), np.array([9.0, 21, 4.5])
    curves = practices.list_curves(scenario, there, inhabitants, demand, supply)
    assert curves.stops(there.workload).mean() == pytest.approx(stops, abs=1e-9)
    assert curves.without_gp(inhabitants, demand, supply).sum() == pytest.approx(without * inhabitants.sum())


def test_closed_practices_have_no_part_in_the_curves():
    there = some(workload=[1.0, 1.5, 1e6], state=[0, 0, State.CLOSED])
    curves = practices.list_curves(Scenario(), there, np.ones(1), np.ones(1), np.ones(1))
    assert curves.stops(there.workload[:2]).mean() == pytest.approx(0.6)


def test_practices_without_anybody_count_as_stopped():
    there = some(workload=[np.inf, np.inf, 1.0, 1.5, 0.7])
    curves = practices.list_curves(Scenario(), there, np.ones(1), np.ones(1), np.ones(1))
    stops = curves.stops(there.workload)
    assert stops.mean() == pytest.approx(0.6)
    assert stops[:2].tolist() == [1, 1]


def test_where_practices_without_anybody_are_more_than_stops_no_other_has_one():
    there = some(workload=[np.inf] * 4 + [1.0])
    curves = practices.list_curves(Scenario(), there, np.ones(1), np.ones(1), np.ones(1))
    assert curves.stops(there.workload).tolist() == [1, 1, 1, 1, 0]


@pytest.mark.parametrize(("staffed", "without"), [(1e6, 1 / 150), (1e5, 1 / 150), (1e6, 0.0)])
@pytest.mark.parametrize("elasticity", [0.0, 3.0])
def test_a_region_without_gps_counts_first_among_those_without(staffed, without, elasticity):
    """Where it is larger than the published number, nobody else is without."""
    inhabitants, demand, supply = np.array([staffed, 1e3]), np.ones(2), np.array([1.1, 0.0])
    scenario = Scenario(without_gp=without, without_gp_tightness=elasticity)
    curves = practices.list_curves(scenario, some(2), inhabitants, demand, supply)
    found = curves.without_gp(inhabitants, demand, supply)
    assert found[1] == pytest.approx(1e3)
    assert found.sum() == pytest.approx(max(1e3, without * inhabitants.sum()))


def test_the_base_year_of_the_netherlands_has_the_published_stops_and_inhabitants_without_a_gp(data):
    base = SettlementModel(None, data, rng=1).national().iloc[0]
    assert base.share_patient_stop == pytest.approx(0.6, abs=1e-9)
    assert base.without_gp == pytest.approx(base.inhabitants / 150)


# --- views and the table ---


@pytest.fixture(scope="module")
def later(data):
    """Two regions after some years, with practices in every state; for reading only."""
    nation = part(data, ["RA0101", "RA0204"], ["UMCG"])
    model = SettlementModel(None, nation, rng=1, takeover=0.2, closes_after=1, goes_on_without_holder=0.5)
    for _ in range(4):
        model.step()
    assert set(model.practices.state) == set(State)
    return model


def test_a_view_reads_its_row(later):
    columns, gp = later.practices, later.population
    for state in State:
        row = int(np.flatnonzero(columns.state == state)[0])
        view = later.practice(row)
        assert view.state == state.name.lower()
        assert view.region is later.regions.members[columns.region[row]]
        assert view.municipality == later.regions.municipalities.name[columns.municipality[row]]
        assert (view.places, view.patients) == (columns.places[row], columns.patients[row])
        assert view.holders == ((gp.practice == row) & (gp.role == HOLDER) & (gp.status == Status.WORKING)).sum()
        established = ((gp.practice == row) & (gp.status == Status.WORKING)).sum()
        assert view.form == ("nobody", "solo", "duo", "group")[min(3, established)]
        assert repr(view) == f"<Practice {row} in {view.municipality}: {view.form}, {view.state}>"


def test_views_of_the_same_practice_are_equal(later, small):
    assert later.practice(1) == later.practice(1) != later.practice(2)
    assert len({later.practice(1), later.practice(1), later.practice(2)}) == 2
    assert later.practice(1) != SettlementModel(None, small, rng=1).practice(1)
    assert later.practice(1) != 1


def test_there_is_no_practice_beyond_the_last(later):
    for row in (-1, len(later.practices)):
        with pytest.raises(IndexError, match=f"practice {row} does not exist; there are {len(later.practices)}"):
            Practice(later, row)


def test_the_table_has_a_row_per_practice_there_ever_was(later):
    table, columns = later.practice_table(), later.practices
    assert table.practice.tolist() == list(range(len(columns)))
    for name in ("places", "patients", "workload", "unfilled_years", "vacant_years"):
        np.testing.assert_array_equal(table[name], getattr(columns, name))
    views = [later.practice(row) for row in range(0, len(columns), 25)]
    seen = table.iloc[::25]
    assert seen.region_code.tolist() == [view.region.code for view in views]
    for name in ("municipality", "state", "form", "holders", "places", "patients"):
        assert seen[name].tolist() == [getattr(view, name) for view in views]
    working = later.gps().query("status == 'working' and practice >= 0")
    assert table.established.sum() == len(working)
    assert table.holders.sum() == (working.role == "holder").sum()
    assert table.established.equals(working.groupby("practice").size().reindex(table.practice, fill_value=0))


def test_an_open_practice_is_the_first_of_the_region_with_an_open_place(later):
    table = later.practice_table().query("places > holders")
    for region, code in enumerate(later.regions.codes):
        assert later.open_practice(region) == table.practice[table.region_code == code].iloc[0]
