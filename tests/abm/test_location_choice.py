"""Location choice: utility by hand, backgrounds by Bayes, errors given the home region, and common random numbers."""

from dataclasses import fields
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abm import Scenario, SettlementModel
from abm import location_choice as lc
from abm.careers import sites as careers_sites
from abm.fixed import prepare
from abm.population import NOWHERE, Status
from abm.randomness import Decision, Draws, gp_keys
from regions.people import Role
from tests.abm.conftest import gps, simulate

MANY = 40_000
# Drawn once for a GP, whatever happens to others.
DRAWN = ["block", "sex", "age", "origin_code", "partner_code", "wants_practice", "finish", "completes"]


def tables(data, **parameters) -> lc.Utility:
    return lc.utility(Scenario(**parameters), data)


def random_gps(data, n=MANY, **columns):
    """Starters with traits of all kinds, some without site, origin or tied partner."""
    rng, regions = np.random.default_rng(1), len(data)
    traits = {
        "site": rng.integers(-1, len(data.sites), n),
        "origin": rng.integers(-1, regions, n),
        "partner": rng.integers(-1, regions, n),
        "region": NOWHERE,
        "base_region": NOWHERE,
    }
    return gps(n, **traits | columns)


# --- utility ---


def test_far_is_zero_at_home_and_minus_the_extra_distance_elsewhere():
    distance = np.array([[10.0, 110.0], [110.0, 30.0]])
    np.testing.assert_allclose(lc.far(distance), [[0, -(110 - 30) / 100], [-(110 - 10) / 100, 0]])


def test_far_is_zero_at_home_in_the_netherlands(data):
    away = lc.far(data.distance_km)
    assert (np.diag(away) == 0).all()
    assert (away[~np.eye(len(data), dtype=bool)] < 0).all()


def test_thinness_is_standardised_and_highest_in_the_periphery(data):
    thin = lc.thinness(data.inhabitants_20_44, data.distance_km, 30.0)
    assert thin.mean() == pytest.approx(0)
    assert thin.std() == pytest.approx(1)
    assert thin[data.index("RA1222")] > 1 > -0.5 > thin[data.index("RA0616")]  # Zeeland, Amsterdam
    assert (lc.thinness(np.ones(2), np.zeros((2, 2)), 30.0) == 0).all()


def test_utility_by_hand(small):
    scenario = Scenario(
        train_own=1.1, train_far=2.0, origin_own=0.9, origin_far=0.4, partner_own=0.7, partner_far=1.3,
        thin_job_market=-0.2, attractiveness={"Drenthe": 0.25},
    )  # fmt: skip
    d, thin = small.distance_km, lc.thinness(small.inhabitants_20_44, small.distance_km, 30.0)
    # trained in Groningen (0), grew up in Drenthe (1), partner in the third region
    population = gps(site=[0, -1, 0], origin=[1, -1, 1], partner=[2, -1, -1])
    found = lc.utility(scenario, small).of(population, np.arange(3))
    for r in range(3):
        base = np.log(small.demand_share[0, r]) + small.alpha[r]
        trained = 1.1 * (r == 0) - 2.0 * (d[0, r] - d[r, r]) / 100
        origin = 0.9 * (r == 1) - 0.4 * (d[1, r] - d[r, r]) / 100
        partner = 0.7 * (r == 2) - 1.3 * (d[2, r] - d[r, r]) / 100
        no_partner = -0.2 * thin[r]
        np.testing.assert_allclose(
            found[:, r], [base + trained + origin + partner, base + no_partner, base + trained + origin + no_partner]
        )


def test_attractiveness_replaces_alpha_when_gps_choose_but_not_in_the_base_year(small):
    utility = lc.utility(Scenario(attractiveness={"Drenthe": 0.25}), small)
    np.testing.assert_allclose(utility.base, lc.utility(Scenario(), small).base)
    np.testing.assert_allclose(utility.lift, [0.25 - small.alpha[1] if r == 1 else 0.0 for r in range(3)])


def test_an_unknown_region_in_attractiveness_is_refused(data):
    with pytest.raises(ValueError, match="RA9999"):
        tables(data, attractiveness={"RA9999": 1.0})
    with pytest.raises(ValueError, match="twice, as Zeeland and RA1222"):
        tables(data, attractiveness={"Zeeland": 0.5, "RA1222": -0.5})


# --- backgrounds ---


def site_of_origin(data) -> np.ndarray:
    sites = careers_sites(Scenario(), data)
    return sites.share[:, None] * sites.origin_given_site(data.origin_share)


def posterior(data, scenario) -> np.ndarray:
    """Chance (region, site, origin, partner) of a background given the region, one combination at a time."""
    prior, n = site_of_origin(data), len(data)
    people = data.inhabitants_20_44 / data.inhabitants_20_44.sum()
    utility = lc.utility(scenario, data)
    joint = np.zeros((n, len(data.sites), n, n + 1))
    for site, origin, partner in product(range(len(data.sites)), range(n), range(n + 1)):
        tied = scenario.partner_tied_share
        chance = prior[site, origin] * (1 - tied if partner == n else tied * people[partner])
        gp = gps(site=[site], origin=[origin], partner=[NOWHERE if partner == n else partner])
        weight = np.exp(utility.of(gp, np.array([0]))[0])
        joint[:, site, origin, partner] = chance * weight / weight.sum()
    return joint / joint.sum(axis=(1, 2, 3), keepdims=True)


def known(data, scenario) -> lc.Background:
    return lc.background(scenario, data, lc.utility(scenario, data), site_of_origin(data))


@pytest.mark.parametrize("tied", [0.0, 0.4, 1.0])
def test_backgrounds_are_those_of_all_combinations_enumerated(small, tied):
    scenario = Scenario(partner_tied_share=tied)
    expected, found = posterior(small, scenario), known(small, scenario)
    by_pair = expected.sum(axis=3).reshape(3, -1)
    np.testing.assert_allclose(np.diff(found.site_origin, axis=1, prepend=0), by_pair, atol=1e-12)
    for region, site, origin in product(range(3), range(2), range(3)):
        chance = found.partner * found.partner_weight[:, region] / found.normaliser[site, origin]
        partner = expected[region, site, origin]
        np.testing.assert_allclose(chance / chance.sum(), partner / partner.sum(), atol=1e-12)


@pytest.mark.parametrize("tied", [0.0, 0.4, 1.0])
def test_drawn_backgrounds_follow_their_chances(small, tied):
    scenario = Scenario(partner_tied_share=tied)
    expected = posterior(small, scenario)
    region = np.repeat(np.arange(3), MANY)
    keys = gp_keys(0, np.arange(3 * MANY))
    drawn = lc.draw_background(known(small, scenario), region, keys, Draws(1))
    cells = np.ravel_multi_index((region, *drawn[:2], np.where(drawn[2] == NOWHERE, 3, drawn[2])), expected.shape)
    share = np.bincount(cells, minlength=expected.size).reshape(expected.shape) / MANY
    assert (np.abs(share - expected) <= 4.5 * np.sqrt(expected * (1 - expected) / MANY)).all()


def test_everywhere_in_the_netherlands_backgrounds_are_chances(data):
    found = prepare(Scenario(), data).background
    assert (np.diff(found.site_origin, axis=1) >= 0).all()
    assert (found.site_origin[:, -1] == 1).all()
    assert found.partner.sum() == pytest.approx(1)


def test_the_stock_was_trained_and_grew_up_near_where_it_works(data):
    model = SettlementModel(None, data, rng=1)
    gp, zeeland, amsterdam = model.population, data.index("RA1222"), data.index("RA0616")
    for trait in (gp.origin, gp.partner):
        assert (trait[gp.region == zeeland] == zeeland).mean() > 3 * (trait[gp.region == amsterdam] == zeeland).mean()


def test_partners_of_those_in_training(data):
    scenario = Scenario(partner_tied_share=0.4)
    keys = gp_keys(40, np.arange(MANY))
    luck = [Draws(1).uniform(of, keys) for of in (Decision.PARTNER_TIED, Decision.PARTNER_REGION)]
    partner = lc.tied_partner(known(data, scenario), *luck)
    tied = partner != NOWHERE
    assert tied.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / MANY))
    people = data.inhabitants_20_44 / data.inhabitants_20_44.sum()
    share = np.bincount(partner[tied], minlength=len(data)) / tied.sum()
    assert (np.abs(share - people) < 4.5 * np.sqrt(people / tied.sum())).all()
    assert (lc.tied_partner(known(data, Scenario(partner_tied_share=0.0)), *luck) == NOWHERE).all()
    assert (lc.tied_partner(known(data, Scenario(partner_tied_share=1.0)), *luck) != NOWHERE).all()


# --- errors ---


def test_home_is_best_for_everybody_of_the_base_year(data):
    model = SettlementModel(None, data, rng=1)
    rows = model.population.rows(Status.WORKING)
    utility = lc.lasting_utility(model._fixed.utility, model.population, rows, model.draws)
    assert len(rows) == 14_347
    np.testing.assert_array_equal(utility.argmax(axis=1), model.population.region[rows])


def test_the_best_utility_of_the_base_year_is_a_gumbel_around_the_logsum(data):
    model = SettlementModel(None, data, rng=1)
    gp, utility = model.population, model._fixed.utility
    rows = gp.rows(Status.WORKING)
    best = lc.lasting_utility(utility, gp, rows, model.draws).max(axis=1)
    error = best - np.logaddexp.reduce(utility.of(gp, rows), axis=1)
    assert stats.kstest(error, "gumbel_r").pvalue > 0.001
    for role in Role:
        assert stats.kstest(error[gp.role[rows] == role], "gumbel_r").pvalue > 0.001


def homes_by_choice(small, n):
    """GPs of one background in the regions they would choose: the errors must then be unconditional again."""
    population = gps(n, site=0, origin=1, partner=2)
    fixed = tables(small).of(population, np.array([0]))[0]
    weight = np.exp(fixed - fixed.max())
    home = np.random.default_rng(1).choice(3, n, p=weight / weight.sum())
    population.base_region[:] = home
    population.region[:] = home
    return population, fixed


def test_over_all_homes_the_errors_are_independent_gumbels(small):
    population, fixed = homes_by_choice(small, MANY)
    errors = lc.lasting_utility(tables(small), population, np.arange(MANY), Draws(1)) - fixed
    for region in range(3):
        assert stats.kstest(errors[:, region], "gumbel_r").pvalue > 0.001
    assert np.abs(np.corrcoef(errors.T) - np.eye(3)).max() < 4.5 / np.sqrt(MANY)


def test_given_a_home_the_errors_are_those_of_gps_who_chose_it(small):
    conditional, fixed = homes_by_choice(small, MANY)
    free = gps(MANY, site=0, origin=1, partner=2, base_region=NOWHERE, region=NOWHERE)
    drawn = lc.lasting_utility(tables(small), conditional, np.arange(MANY), Draws(1)) - fixed
    chosen = lc.lasting_utility(tables(small), free, np.arange(MANY), Draws(2))
    home = chosen.argmax(axis=1)
    for region in range(3):
        here = conditional.base_region == region
        for other in range(3):
            test = stats.ks_2samp(drawn[here, other], chosen[home == region, other] - fixed[other])
            assert test.pvalue > 0.001, (region, other)


def test_errors_last_for_life(data):
    population, utility = random_gps(data, 500), tables(data)
    first = lc.lasting_utility(utility, population, np.arange(500), Draws(1))
    population.region[:] = 3
    population.role[:] = Role.HOLDER
    np.testing.assert_array_equal(lc.lasting_utility(utility, population, np.arange(500)[::-1], Draws(1))[::-1], first)


# --- tightness ---


def test_tightness_by_hand():
    scenario = Scenario(tightness_years=2)
    demand = [np.array([9.0, 9.0]), np.array([10.0, 30.0]), np.array([20.0, 20.0])]
    supply = [np.array([1.0, 9.0]), np.array([10.0, 10.0]), np.array([10.0, 20.0])]
    # the first year is too long ago; the nation has 20 of 40, then 30 of 40
    expected = [(np.log(1 / 2) + np.log(2 * 3 / 4)) / 2, (np.log(3 / 2) + np.log(3 / 4)) / 2]
    np.testing.assert_allclose(lc.tightness(scenario, demand, supply), expected)
    np.testing.assert_allclose(
        lc.tightness(scenario, demand[:1], supply[:1]), [1.0, np.log(10 / 18)]
    )  # ln(9 * 10 / 18) is beyond the cap


def test_a_shortage_is_tight_and_a_surplus_is_not(data):
    demand = data.demand_share[0] * 11_000
    supply = demand * 0.95
    assert (np.abs(lc.tightness(Scenario(), [demand], [supply])) < 1e-12).all()
    supply[4] /= 1.2
    tight = lc.tightness(Scenario(), [demand], [supply])
    assert tight.argmax() == 4
    assert tight[4] > 0 > np.delete(tight, 4).max()


FTE = st.one_of(st.just(0.0), st.floats(1e-3, 1e4))


@given(
    st.lists(FTE, min_size=3, max_size=3).filter(lambda d: sum(d) > 0),
    st.lists(FTE, min_size=3, max_size=3),
    st.floats(0, 5),
)
def test_tightness_is_finite_and_within_the_cap(demand, supply, cap):
    scenario = Scenario(tightness_cap=cap)
    tight = lc.tightness(scenario, [np.array(demand)], [np.array(supply)])
    assert (np.abs(tight) <= cap).all()
    assert all(t == cap for t, s in zip(tight, supply, strict=True) if s == 0)


# --- choosing ---


def weigh(data, population, rows=None, tight=None, year=2030, seed=1, **parameters):
    scenario = Scenario(**parameters)
    rows = np.arange(len(population)) if rows is None else rows
    tight = np.zeros(len(data)) if tight is None else tight
    return lc.weigh(scenario, lc.utility(scenario, data), tight, population, rows, Draws(seed), year)


def choose(*args, **parameters):
    """The region that is best for each."""
    return weigh(*args, **parameters).argmax(axis=1)


def test_starters_choose_in_proportion_to_the_exponential_of_utility(small):
    population = gps(MANY, site=0, origin=1, partner=NOWHERE, region=NOWHERE, base_region=NOWHERE)
    fixed = tables(small).of(population, np.array([0]))[0]
    expected = np.exp(fixed) / np.exp(fixed).sum()
    share = np.bincount(choose(small, population), minlength=3) / MANY
    assert (np.abs(share - expected) < 4 * np.sqrt(expected / MANY)).all()


@settings(deadline=None, max_examples=25)
@given(region=st.integers(0, 27), extra=st.floats(0.01, 3), settled=st.booleans(), seed=st.integers(0, 9))
def test_what_a_region_gains_comes_from_elsewhere_and_nobody_else_moves(data, region, extra, settled, seed):
    homes = np.arange(3000) % len(data) if settled else NOWHERE
    population = random_gps(data, 3000, region=homes)
    before = choose(data, population, seed=seed)
    alpha = float(data.alpha[region])
    after = choose(data, population, seed=seed, attractiveness={data.codes[region]: alpha + extra})
    moved = before != after
    assert (after[moved] == region).all()
    assert (before != region)[moved].all()


def test_utility_written_out(data):
    """Every part of the utility of starters, of the settled, and of the base year's GPs, one GP at a time."""
    lift = float(data.alpha[7]) + 0.8
    scenario = Scenario(tightness=2.5, yearly_noise=0.4, stay=0.3, attractiveness={data.codes[7]: lift})
    region = np.where(np.arange(90) % 3 > 0, 4, NOWHERE)
    base = np.where(np.arange(90) % 3 > 1, 5, NOWHERE)  # of the settled, half were in another region in the base year
    population = random_gps(data, 90, region=region, base_region=base)
    tight = np.random.default_rng(2).normal(0, 0.3, len(data))
    draws, utility = Draws(5), lc.utility(scenario, data)
    expected = []
    for row in range(90):
        one, key = np.array([row]), population.key[[row]]
        fixed = utility.of(population, one)[0]
        total = fixed + draws.gumbel(Decision.TASTE, key, len(data))[0]
        if base[row] == 5:
            best = np.log(np.exp(fixed).sum()) + draws.gumbel(Decision.TASTE_MAXIMUM, key, 1)[0, 0]
            total = -np.log(np.exp(-best) + np.exp(-total))
            total[5] = best
        total = total + 2.5 * tight
        total[7] += 0.8
        if region[row] == 4:
            total = total + 0.4 * draws.gumbel(Decision.NOISE, key, len(data), 2031)[0]
            total[4] += 0.3
        expected.append(total)
    found = lc.weigh(scenario, utility, tight, population, np.arange(90), draws, 2031)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert len(set(found.argmax(axis=1))) > 5


def test_weighing_changes_nothing(data):
    population = random_gps(data, 200, region=3, base_region=3)
    before = {f.name: getattr(population, f.name).copy() for f in fields(population)}
    utility = tables(data)
    copies = [utility.base.copy(), utility.training.copy()]
    lc.weigh(Scenario(), utility, np.ones(len(data)), population, np.arange(200), Draws(1), 2030)
    for name, column in before.items():
        np.testing.assert_array_equal(getattr(population, name), column)
    np.testing.assert_array_equal(utility.base, copies[0])
    np.testing.assert_array_equal(utility.training, copies[1])


def test_tightness_draws_and_its_absence_does_not(data):
    population = random_gps(data, 5000)
    tight = np.zeros(len(data))
    tight[11] = 0.4
    before, after = choose(data, population), choose(data, population, tight=tight)
    assert (after == 11).sum() > 1.5 * (before == 11).sum()
    assert (after[before != after] == 11).all()
    less = choose(data, population, tight=-tight)
    assert (less == 11).sum() < (before == 11).sum()
    assert (before[before != less] == 11).all()
    np.testing.assert_array_equal(choose(data, population, tight=tight, tightness=0.0), before)


def test_the_present_region_holds_those_who_reconsider(data):
    homes = np.arange(5000) % len(data)
    population = random_gps(data, 5000, region=homes)
    stays = [(choose(data, population, stay=stay) == homes).mean() for stay in (0.0, 1.0, 3.0, 5.0)]
    assert stays == sorted(stays)
    assert stays[0] < 0.3
    assert stays[-1] > 2 * stays[0]
    starters = random_gps(data, 5000)
    np.testing.assert_array_equal(choose(data, starters, stay=0.0), choose(data, starters, stay=5.0))


def test_without_yearly_noise_the_base_year_stays_where_it_is(data):
    model = SettlementModel(None, data, rng=1)
    rows = model.population.rows(Status.WORKING)
    chosen = choose(data, model.population, rows, yearly_noise=0.0, stay=0.0)
    np.testing.assert_array_equal(chosen, model.population.region[rows])
    changed = choose(data, model.population, rows, stay=0.0) != model.population.region[rows]
    assert 0.1 < changed.mean() < 0.6


def test_starters_have_no_yearly_noise_but_those_who_reconsider_do(data):
    starters, settled = random_gps(data, 3000), random_gps(data, 3000, region=0)
    np.testing.assert_array_equal(choose(data, starters, year=2030), choose(data, starters, year=2031))
    assert (choose(data, settled, year=2030) != choose(data, settled, year=2031)).any()


def test_each_chooses_alone(data):
    population = random_gps(data, 400, region=np.where(np.arange(400) % 2, NOWHERE, 5))
    together = choose(data, population)
    order = np.random.default_rng(1).permutation(400)
    np.testing.assert_array_equal(choose(data, population, order), together[order])
    alone = [int(choose(data, population, np.array([row]))[0]) for row in range(0, 400, 20)]
    assert alone == together[::20].tolist()
    assert choose(data, population, np.arange(0)).tolist() == []


# --- reconsidering ---


@pytest.mark.parametrize(("role", "rate"), [(0, 0.02), (1, 0.08), (2, 0.15), (3, 0.15)])
@pytest.mark.parametrize(("since", "times"), [(2027, 2.0), (2026, 1.0)])
def test_rates_of_reconsidering(role, rate, since, times):
    scenario = Scenario(
        reconsider_holder=0.02, reconsider_salaried=0.08, reconsider_locum=0.15, reconsider_early=2.0, early_years=3
    )
    population = gps(MANY, role=role, since=since)
    rows = lc.reconsidering(scenario, population, Draws(1), 2030)
    chance = rate * times
    assert len(rows) / MANY == pytest.approx(chance, abs=4 * np.sqrt(chance / MANY))


def test_only_working_gps_with_a_region_reconsider():
    population = gps(status=[0, 1, 1, 2], region=[NOWHERE, NOWHERE, 3, 3])
    always = Scenario(reconsider_holder=1, reconsider_salaried=1, reconsider_locum=1)
    assert lc.reconsidering(always, population, Draws(1), 2030).tolist() == [2]


# --- locums in several regions ---


def test_in_how_many_regions_locums_work():
    keys = gp_keys(3, np.arange(MANY))
    share = np.bincount(lc.several(SEVERAL, keys, Draws(1)), minlength=5) / MANY
    expected = np.array([0, 0.6, 0.4 * 0.75, 0.4 * 0.25, 0])
    assert (np.abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / MANY)).all()


SEVERAL = Scenario(locums_in_several_regions=0.4, locums_in_three_regions=0.25)


def test_the_number_of_regions_is_a_trait_by_hand():
    keys = gp_keys(3, np.arange(300))
    luck = Draws(1).uniform(Decision.LOCUM_REGIONS, keys)
    expected = [3 if u < 0.1 else 2 if u < 0.4 else 1 for u in luck]
    assert lc.several(SEVERAL, keys, Draws(1)).tolist() == expected
    assert lc.several(SEVERAL, keys[::-1], Draws(1)).tolist() == expected[::-1]


@pytest.mark.parametrize(("several", "three", "numbers"), [(0, 1, {1}), (1, 0, {2}), (1, 1, {3})])
def test_all_or_none_in_several_regions(several, three, numbers):
    scenario = Scenario(locums_in_several_regions=several, locums_in_three_regions=three)
    assert set(lc.several(scenario, gp_keys(0, np.arange(2000)), Draws(1))) == numbers


def test_within_reach_by_hand():
    distance = np.array([[10.0, 50.0, 51.0], [50.0, 60.0, 20.0], [51.0, 20.0, 0.0]])
    reach = lc.within_reach(Scenario(locum_reach_km=50.0), distance)
    assert reach.tolist() == [[False, True, False], [True, False, True], [False, True, False]]
    assert distance[1, 1] == 60.0  # the distances are left alone
    assert not lc.within_reach(Scenario(locum_reach_km=0.0), distance).any()


def test_within_reach_in_the_netherlands(data):
    reach = lc.within_reach(Scenario(locum_reach_km=50.0), data.distance_km)
    assert (reach == reach.T).all()
    assert not reach.diagonal().any()
    amsterdam, zaanstreek, groningen = (data.index(code) for code in ("RA0616", "RA0615", "RA0101"))
    assert reach[amsterdam, zaanstreek]
    assert not reach[amsterdam, groningen]
    assert lc.within_reach(Scenario(locum_reach_km=400.0), data.distance_km).sum() == 28 * 27


def test_further_regions_by_hand():
    reach = np.array([[0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
    total = np.array([[9.0, 1.0, 3.0, 2.0]] * 6)
    home, number = np.array([0, 0, 0, 1, 2, 3]), np.array([3, 2, 1, 3, 3, 3])
    second, third = lc.further_regions(reach, home, total, number)
    # from 0 the best are 2 and 3; 1 reaches 0 alone, 2 reaches 0 and 3, and 3 nothing
    assert second.tolist() == [2, 2, NOWHERE, 0, 0, NOWHERE]
    assert third.tolist() == [3, NOWHERE, NOWHERE, NOWHERE, 3, NOWHERE]
    assert (total == [9, 1, 3, 2]).all()


@st.composite
def reaches(draw, most=6):
    n = draw(st.integers(1, most))
    pairs = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    upper = np.triu(np.array(pairs, dtype=bool).reshape(n, n), 1)
    return upper | upper.T


@settings(deadline=None)
@given(reaches(), st.data())
def test_further_regions_are_the_best_within_reach_and_differ(reach, data):
    n = len(reach)
    home = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=8)), dtype=np.int64)
    number = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(home), max_size=len(home))), dtype=np.int64)
    rows = st.lists(st.floats(-50, 50), min_size=n, max_size=n)
    total = np.array(data.draw(st.lists(rows, min_size=len(home), max_size=len(home)))).reshape(len(home), n)
    second, third = lc.further_regions(reach, home, total, number)
    for i, h in enumerate(home):
        there = np.flatnonzero(reach[h])
        found = [int(r) for r in (second[i], third[i]) if r != NOWHERE]
        assert len(found) == min(number[i] - 1, len(there))
        assert h not in found
        assert len(set(found)) == len(found)
        assert set(found) <= set(there)
        assert total[i, found].tolist() == sorted(total[i, there], reverse=True)[: len(found)]
        assert third[i] == NOWHERE or second[i] != NOWHERE


def test_visits_by_hand():
    """Between two regions go as many as the smaller can send."""
    pair = np.array([[0, 1], [1, 0]], dtype=bool)
    chance = lc.visits(pair, np.array([80.0, 80.0]))
    np.testing.assert_allclose(chance, [[0, 1], [1, 0]])
    uneven = lc.visits(pair, np.array([90.0, 30.0]))
    np.testing.assert_allclose(uneven, [[0, 1 / 3], [1, 0]])
    # three regions in a ring: of a, b and c locums, (a + b - c) / 2 go between the first two
    ring = ~np.eye(3, dtype=bool)
    flow = lc.visits(ring, np.array([50.0, 40.0, 30.0])) * np.array([[50.0], [40.0], [30.0]])
    np.testing.assert_allclose(flow, [[0, 30, 20], [30, 0, 10], [20, 10, 0]], rtol=1e-6)
    # on a line, the middle one serves both ends
    line = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=bool)
    chance = lc.visits(line, np.array([20.0, 60.0, 40.0]))
    np.testing.assert_allclose(chance, [[0, 1, 0], [1 / 3, 0, 2 / 3], [0, 1, 0]], rtol=1e-6)
    assert not lc.visits(np.zeros((2, 2), dtype=bool), np.array([5.0, 5.0])).any()


@settings(deadline=None)
@given(reaches(), st.data())
def test_as_many_locums_come_as_go(reach, data):
    size = st.one_of(st.just(0.0), st.floats(1, 1000))
    locums = np.array(data.draw(st.lists(size, min_size=len(reach), max_size=len(reach))))
    chance = lc.visits(reach, locums)
    assert (chance >= 0).all()
    assert (chance.sum(axis=1) <= 1 + 1e-12).all()
    assert not chance[~reach].any()
    assert not chance[locums == 0].any()
    flow = chance * locums[:, None]
    np.testing.assert_allclose(flow, flow.T, rtol=1e-9, atol=1e-9)


def test_visits_are_symmetric_and_use_all_locums_in_the_netherlands(data):
    fixed, force = prepare(Scenario(), data), data.workforce
    locum = np.isin(force.role, [Role.FIXED_LOCUM, Role.CHANGING_LOCUM])
    locums = np.bincount(force.region[locum], force.persons[locum], len(data))
    flow = fixed.visits * locums[:, None]
    np.testing.assert_allclose(flow, flow.T, rtol=1e-9)
    assert not fixed.visits[~fixed.locum_reach].any()
    reached = fixed.locum_reach.any(axis=1)
    assert (fixed.visits[reached].sum(axis=1) > 0.75).all()
    assert flow.sum() > 0.99 * locums[reached].sum()


def test_drawn_visits_follow_their_chances():
    chance = np.array([[0.0, 0.5, 0.2, 0.3], [0.25, 0.0, 0.0, 0.0], [0.0] * 4, [0.6, 0.4, 0.0, 0.0]])
    home, number = np.repeat(np.arange(4), MANY), np.tile([2, 3], 2 * MANY)
    second, third = lc.draw_visits(chance, home, number, gp_keys(0, np.arange(4 * MANY)), Draws(1))
    for region in range(4):
        here = home == region
        share = np.bincount(second[here & (second != NOWHERE)], minlength=4) / MANY
        assert (np.abs(share - chance[region]) <= 4.5 * np.sqrt(chance[region] / MANY)).all()
    assert (third[number == 2] == NOWHERE).all()
    # the third is drawn from what the second leaves
    three = (number == 3) & (home == 0)
    both = np.bincount(second[three] * 4 + np.maximum(third[three], 0), minlength=16).reshape(4, 4) / three.sum()
    expected = chance[0][:, None] * chance[0] / (1 - chance[0][:, None])
    off = ~np.eye(4, dtype=bool) & (np.arange(4) > 0)
    assert (np.abs(both - expected)[off] <= 4.5 * np.sqrt(expected[off] / three.sum())).all()


@settings(deadline=None)
@given(reaches(), st.integers(0, 20))
def test_drawn_visits_are_within_reach_and_differ(reach, seed):
    n = len(reach)
    home, number = np.arange(60) % n, np.arange(60) % 2 + 2
    chance = lc.visits(reach, np.arange(n) * 10.0 + 5)
    second, third = lc.draw_visits(chance, home, number, gp_keys(0, np.arange(60)), Draws(seed))
    for h, n_regions, a, b in zip(home, number, second, third, strict=True):
        assert a == NOWHERE or reach[h, a]
        assert b == NOWHERE or (reach[h, b] and a not in (b, NOWHERE) and n_regions == 3)


def test_regions_of_the_locums_of_the_base_year(data):
    """As many work in several regions as asked for, where there are any within reach; each region keeps its GPs."""
    model = SettlementModel(None, data, rng=1, locums_in_several_regions=0.5, locums_in_three_regions=0.3)
    gp, visits = model.population, model._fixed.visits
    working = gp.rows(Status.WORKING)
    locum = working[np.isin(gp.role[working], [Role.FIXED_LOCUM, Role.CHANGING_LOCUM])]
    expected = 0.5 * visits[gp.region[locum]].sum()
    assert (gp.second[locum] != NOWHERE).sum() == pytest.approx(expected, abs=4 * np.sqrt(len(locum) / 4))
    assert (gp.second[np.setdiff1d(working, locum)] == NOWHERE).all()
    persons = model.results().supply_persons
    of_data = np.bincount(data.workforce.region, data.workforce.persons)
    coming = np.bincount(gp.second[gp.second != NOWHERE], minlength=len(data))
    assert (np.abs(persons - of_data) <= 1 + 4 * np.sqrt(coming / 2)).all()
    assert persons.sum() == pytest.approx(of_data.sum())


def test_regions_of_the_locums_of_a_run(data):
    """New regions are the best within reach; who is no locum has one."""
    model = SettlementModel(None, data, rng=1, locums_in_several_regions=1.0, locums_in_three_regions=1.0)
    for _ in range(3):
        model.step()
    gp, reach = model.population, model._fixed.locum_reach
    new = np.flatnonzero((gp.status == Status.WORKING) & (gp.since > 2025))
    locum = np.isin(gp.role[new], [Role.FIXED_LOCUM, Role.CHANGING_LOCUM])
    most = reach[gp.region[new]].sum(axis=1)
    found = (gp.second[new] != NOWHERE).astype(int) + (gp.third[new] != NOWHERE)
    settled = locum & (gp.since[new] == model.year)
    assert settled.sum() > 500
    np.testing.assert_array_equal(found[settled], np.minimum(most[settled], 2))
    assert (found[~locum] == 0).all()


# --- common random numbers, in whole runs ---


def columns(model) -> pd.DataFrame:
    """Every GP by key, with the columns that are drawn and the outcomes."""
    population = model.population
    found = model.gps().assign(finish=population.finish, completes=population.completes)
    assert found["key"].is_unique
    return found.set_index("key")


def test_one_more_entrant_changes_nobody_elses_draws(run):
    fewer, more = (columns(run(end_year=2036, intake={2030: intake})) for intake in (720, 721))
    extra = more.index.difference(fewer.index)
    assert len(extra) == 1
    assert len(more) == len(fewer) + 1
    pd.testing.assert_frame_equal(more.drop(extra)[DRAWN], fewer[DRAWN])
    same = (more.drop(extra)[["region_code", "role", "status"]] == fewer[["region_code", "role", "status"]]).all(axis=1)
    assert same.mean() > 0.995


@pytest.mark.parametrize(
    "policy",
    [
        {"tightness": 5.0},
        {"reconsider_locum": 0.3},
        {"takeover": 0.3},
        {"locums_in_several_regions": 0.0},
        {"wants_company_women": 0.0},
        {"place_splits": 0.5},
        {"attractiveness": {"RA1222": 1.0}},
    ],
    ids=lambda policy: next(iter(policy)),
)
def test_a_policy_changes_outcomes_but_nobodys_draws(run, policy):
    before, after = (columns(run(end_year=2032, **p)) for p in ({}, policy))
    pd.testing.assert_frame_equal(after[[*DRAWN, "training_site"]], before[[*DRAWN, "training_site"]])
    assert (after[["region_code", "role"]] != before[["region_code", "role"]]).any(axis=None)


def test_a_larger_intake_keeps_the_first_entrants(run):
    fewer, more = (columns(run(end_year=2032, intake=float(intake))) for intake in (600, 900))
    pd.testing.assert_frame_equal(more.loc[fewer.index, DRAWN], fewer[DRAWN])


def test_the_same_seed_gives_the_same_results_bit_for_bit(run):
    first, second = run(3, end_year=2030), run(3, end_year=2030)
    for table in ("results", "national", "flows", "gps", "practice_table"):
        pd.testing.assert_frame_equal(getattr(first, table)(), getattr(second, table)(), check_exact=True)


def test_scenarios_in_between_leave_no_trace(data):
    first = simulate(data, 3, end_year=2030).results()
    for stay in np.linspace(0, 1, 10):
        SettlementModel(None, data, rng=1, stay=float(stay))
    pd.testing.assert_frame_equal(simulate(data, 3, end_year=2030).results(), first, check_exact=True)


def test_another_seed_gives_another_run(run):
    first, second = run(1, end_year=2028).gps(), run(2, end_year=2028).gps()
    assert not first["region_code"].equals(second["region_code"])
    stock = first["block"] == "stock"
    assert (first.loc[stock, "origin_code"] != second.loc[stock, "origin_code"]).mean() > 0.5
