"""What levers write into the tables, by hand; whom programmes reach; sites, pulls and obligations that follow."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm import Scenario, SettlementModel, careers
from abm import location_choice as lc
from abm.careers import Sites
from abm.effects import FACTORS, NEVER, OLDEST, TABLES, Effects, Programme, Situation, Target, joint, reached, region_of
from abm.fixed import prepare
from abm.levers import NEW_SITE, Cost, effects, target, with_sites
from abm.national import HORIZON
from abm.population import NOWHERE
from abm.randomness import Decision, Draws, gp_keys
from regions import Regions
from regions.people import Role
from tests.abm.conftest import gps, spread
from tests.abm.strategies import KINDS, SHARES, levers

GRONINGEN, DRENTHE, THIRD = "RA0101", "RA0102", "RA0204"
ADJUSTMENT = 2027
MANY = 40_000
# In force in the calendar years 2027 to 2029, half in the first: in the steps that end 3, 4 and 5 years after 2025.
WHEN = {"first": 2027, "last": 2029, "phase_in": 2}
RAMP = np.zeros(HORIZON + 1)
RAMP[3:6] = 0.5, 1.0, 1.0


def lever(kind: str, **given: Any) -> Any:
    cls = KINDS[kind]
    return cls(**{"regions": (DRENTHE,), **given} if cls.needs_regions else given)


def act(regions: Regions, *acting: Any, **parameters: Any) -> Effects:
    """Return what levers do."""
    scenario = Scenario(levers=acting, **parameters)
    return effects(scenario, with_sites(scenario, regions), ADJUSTMENT)


def in_drenthe(regions: Regions, kind: str, **given: Any) -> Effects:
    return act(regions, lever(kind, **WHEN, regions=(DRENTHE,), **given))


def grid(regions: Regions, *codes: str) -> np.ndarray:
    """How much of a lever there is by year and region, in some regions."""
    return RAMP[:, None] * np.isin(regions.codes, codes or regions.codes)


def assert_others_neutral(on: Effects, *names: str) -> None:
    """Check that levers act on the tables named and on no other."""
    assert on.active == set(names)
    for name in set(TABLES) - set(names):
        assert (getattr(on, name) == (name in FACTORS)).all(), name


# --- when and where ---


def test_it_grows_to_its_size_and_ends():
    grows = lever("campaign", first=2027, last=2031, phase_in=4)
    assert [grows.size_in(year) for year in range(2025, 2034)] == [0, 0, 0.25, 0.5, 0.75, 1, 1, 0, 0]
    at_once = lever("campaign", first=2027, last=2028)
    assert [at_once.size_in(year) for year in range(2026, 2030)] == [0, 1, 1, 0]
    never_whole = lever("campaign", first=2027, last=2028, phase_in=5)
    assert [never_whole.size_in(year) for year in range(2026, 2030)] == [0, 0.2, 0.4, 0]


@pytest.mark.parametrize("kind", ["training_places", "placements", "hours", "task_shifting"])
def test_while_it_grows_fewer_are_reached_or_as_many_for_part_of_the_amount(data, kind):
    """In its first year a lever that takes ten years to grow costs a tenth, give or take a few GPs."""
    growing = lever(kind, regions=("RA0101",), first=2025, phase_in=10, cost=Cost(per_reached=1000.0))
    at_once = growing.model_copy(update={"phase_in": 0})
    costs = []
    for acting in (growing, at_once):
        model = SettlementModel(Scenario(end_year=2026, levers=(acting,)), data, rng=1)
        model.step()
        flows = model.flows()
        reached_now = flows[flows.flow == f"reached:{kind}"][["persons", "fte"]].sum()
        costs.append(acting.each(2025) * reached_now["fte" if acting.reaches == "demand" else "persons"])
    assert costs[0] == pytest.approx(0.1 * costs[1], rel=0.2, abs=5 * growing.each(2025))


def test_a_lever_of_a_year_works_in_the_step_that_begins_in_it(small):
    years = 2024 + np.arange(HORIZON + 1)
    at = target(lever("campaign", **WHEN, regions=(DRENTHE,)), small, years)
    np.testing.assert_array_equal(at.ramp, RAMP)
    np.testing.assert_array_equal(at.where, [False, True, False])
    np.testing.assert_array_equal(at.grid, grid(small, DRENTHE))
    np.testing.assert_array_equal(at.site_region, [site.region for site in small.sites])
    everywhere = target(lever("campaign", first=2025, last=2044), small, years)
    np.testing.assert_array_equal(everywhere.grid, np.vstack([np.zeros((1, 3)), np.ones((HORIZON, 3))]))


def test_regions_go_by_code_or_name_and_sites_by_name(small):
    years = 2024 + np.arange(HORIZON + 1)
    by_name = target(lever("campaign", regions=("Drenthe", DRENTHE, small.names[2])), small, years)
    np.testing.assert_array_equal(by_name.where, [False, True, True])
    assert by_name.site("UMCG Emmen") == 1
    with pytest.raises(ValueError, match="site 'UMCG Assen' is not known; there are UMCG, UMCG Emmen"):
        by_name.site("UMCG Assen")


def test_no_lever_no_effect(small):
    on = act(small)
    assert_others_neutral(on)
    assert not on.levers
    assert (on.intake == 720).all()
    assert all(on.acts(name, 3) is None for name in TABLES)


def test_a_table_that_acts_is_read_by_year(small):
    on = in_drenthe(small, "hours", more_hours=0.1)
    np.testing.assert_array_equal(on.acts("hours", 3), [1, 1.05, 1])
    np.testing.assert_array_equal(on.acts("hours", 7), [1, 1, 1])
    assert on.acts("norm", 3) is None


# --- each kind of lever, by hand ---


@pytest.mark.parametrize(("established", "present"), [(False, 0.0), (True, 0.08)])
def test_settlement_bonus(small, established, present):
    """40,000 euro are four times the response."""
    on = in_drenthe(
        small, "settlement_bonus",
        euro_per_year=40_000.0, established=established, response_new=0.1, response_established=0.02,
    )  # fmt: skip
    here = grid(small, DRENTHE)
    np.testing.assert_allclose(on.appeal[:, Situation.STARTING], 0.4 * here)
    np.testing.assert_allclose(on.appeal[:, Situation.ELSEWHERE], 0.08 * here)
    np.testing.assert_allclose(on.appeal[:, Situation.PRESENT], present * here)
    np.testing.assert_allclose(on.appeal[:, Situation.PAID], 0.08 * here)
    np.testing.assert_array_equal(on.paid_since, np.where(here > 0, 2027, NEVER))
    assert_others_neutral(on, "appeal")
    assert on.levers[0][0].pays() == 40_000


def test_start_premium(small):
    on = in_drenthe(small, "start_premium", euro_once=50_000.0, response_once=0.06, response_once_established=0.01)
    here = grid(small, DRENTHE)
    for situation, most in zip(Situation, (0.3, 0.05, 0.0, 0.0), strict=True):
        np.testing.assert_allclose(on.appeal[:, situation], most * here)
    assert_others_neutral(on, "appeal")
    assert on.levers[0][0].pays() == 50_000


def test_takeover_support_twice_mends_of_what_is_left(small):
    on = act(
        small,
        lever("takeover_support", **WHEN, regions=(DRENTHE,), failures_mended=0.2),
        lever("takeover_support", **WHEN, name="more", failures_mended=0.5),
    )
    expected = np.zeros((HORIZON + 1, 3))
    expected[3] = 0.25, 0.1 + 0.25 * 0.9, 0.25
    expected[4:6] = 0.5, 0.2 + 0.5 * 0.8, 0.5
    np.testing.assert_allclose(on.takeover, expected)
    assert_others_neutral(on, "takeover")


def test_ownership_training_is_at_the_sites_of_the_regions_and_adds_up(small):
    on = act(
        small,
        lever("ownership_training", **WHEN, regions=(DRENTHE,), more_wanting=0.1),
        lever("ownership_training", **WHEN, name="more", more_wanting=0.02),
    )
    np.testing.assert_allclose(on.wants, RAMP[:, None] * [0.02, 0.12])  # Groningen, Emmen
    assert_others_neutral(on, "wants")


def test_partner_programme(small):
    on = in_drenthe(small, "partner_programme", partner_loss_mended=0.4)
    np.testing.assert_allclose(on.partner_relief, 0.4 * grid(small, DRENTHE))
    assert_others_neutral(on, "partner_relief")


def test_campaign_is_for_all_who_weigh_a_region(small):
    on = act(
        small,
        lever("campaign", **WHEN, regions=(DRENTHE,), appeal=0.7),
        lever("campaign", **WHEN, name="other", regions=(THIRD,), appeal=0.1),
    )
    for situation in Situation:
        np.testing.assert_allclose(on.appeal[:, situation], RAMP[:, None] * [0, 0.7, 0.1])
    assert_others_neutral(on, "appeal")


def test_placements(small):
    on = in_drenthe(small, "placements", placed_share=0.3, months=12.0, effect_of_months=0.5)
    (programme,) = on.placements
    np.testing.assert_allclose(programme.share, 0.3 * RAMP)
    np.testing.assert_array_equal(programme.where, [False, True, False])
    assert programme.lever.pull(train_own=1.6, training_months=38.4) == pytest.approx(1.6 * 0.5 * 12 / 38.4)
    assert_others_neutral(on)


def test_training_places_at_the_sites_there_are_and_moved(small):
    on = in_drenthe(small, "training_places", places=8.0)
    np.testing.assert_allclose(on.places, RAMP[:, None] * [0, 8])
    assert_others_neutral(on, "places")
    moved = in_drenthe(small, "training_places", places=8.0, moved_from="UMCG")
    np.testing.assert_allclose(moved.places, RAMP[:, None] * [-8, 8])


def test_training_places_in_several_regions_and_sites(data):
    """The places are those of each region; its sites have equal parts."""
    several = next(r for r in range(len(data)) if sum(site.region == r for site in data.sites) > 1)
    there = np.array([site.region for site in data.sites])
    codes = (data.codes[several], data.codes[int(there[there != several][0])])
    on = act(data, lever("training_places", **WHEN, regions=codes, places=12.0, moved_from="UMC Utrecht"))
    expected = np.where(there == several, 12 / (there == several).sum(), 0.0)
    other = there == data.index(codes[1])
    expected[other] = 12 / other.sum()
    expected[[site.name for site in data.sites].index("UMC Utrecht")] -= 24
    np.testing.assert_allclose(on.places[4], expected)
    np.testing.assert_allclose(on.places.sum(axis=1), 0.0, atol=1e-12)


def test_a_region_without_a_site_gets_one_and_each_only_one(small):
    opens = [
        lever("training_places", regions=(THIRD, GRONINGEN), places=5.0),
        lever("training_places", name="more", regions=(THIRD,), places=1.0),
    ]
    regions = with_sites(Scenario(levers=opens), small)
    assert regions.sites[:2] == small.sites
    (new,) = regions.sites[2:]
    assert (new.region, new.name, new.institute) == (2, small.names[2], NEW_SITE)
    assert (new.share, new.first_choice, new.places) == (0, 0, 0)
    np.testing.assert_allclose(act(small, *opens).places[4], [5, 0, 6])
    assert with_sites(Scenario(levers=[lever("hours")]), small) is small


def test_selection(small):
    on = in_drenthe(small, "selection", selected_share=0.4)
    (programme,) = on.selection
    np.testing.assert_allclose(programme.share, 0.4 * RAMP)
    np.testing.assert_array_equal(programme.where, [False, True, False])
    assert_others_neutral(on)
    assert (on.intake == 720).all()


def test_obligation_costs_candidates(small):
    on = in_drenthe(small, "obligation", obliged_share=0.2, candidates_lost=0.5)
    (programme,) = on.obligations
    np.testing.assert_allclose(programme.share, 0.2 * RAMP)
    np.testing.assert_allclose(on.candidates, 1 - 0.1 * RAMP)
    np.testing.assert_allclose(on.intake, 720 * (1 - 0.1 * RAMP))
    assert_others_neutral(on)


def test_travel_support(small):
    on = in_drenthe(small, "travel_support", distance_mended=0.3)
    np.testing.assert_allclose(on.travel_relief, 0.3 * grid(small, DRENTHE))
    assert_others_neutral(on, "travel_relief")


def test_locum_market(small):
    on = in_drenthe(small, "locum_market", seek_more=0.5, settle_more=1.5, give_up_less=0.4)
    here = grid(small, DRENTHE)
    np.testing.assert_allclose(on.seek, 1 + 0.5 * here)
    np.testing.assert_allclose(on.settle, 1 + 1.5 * here)
    np.testing.assert_allclose(on.give_up, 1 - 0.4 * here)
    assert_others_neutral(on, "seek", "settle", "give_up")


def test_later_retirement_holds_from_an_age(small):
    on = in_drenthe(small, "later_retirement", fewer_exits=0.4, from_age=63)
    old = np.arange(OLDEST + 1) >= 63
    np.testing.assert_allclose(on.exits, 1 - 0.4 * grid(small, DRENTHE)[:, :, None] * old)
    assert_others_neutral(on, "exits")


@pytest.mark.parametrize("more", [0.2, -0.2])
def test_hours(small, more):
    on = in_drenthe(small, "hours", more_hours=more)
    np.testing.assert_allclose(on.hours, 1 + more * grid(small, DRENTHE))
    assert_others_neutral(on, "hours")


def test_task_shifting_saves_more_each_year_up_to_a_cap_and_ends(small):
    for most, saved in ((0.9, [0.02, 0.06, 0.10]), (0.07, [0.02, 0.06, 0.07])):
        on = in_drenthe(small, "task_shifting", saved_per_year=0.04, saved_at_most=most)
        expected = np.ones((HORIZON + 1, 3))
        expected[3:6, 1] -= saved
        np.testing.assert_allclose(on.demand, expected)
        assert_others_neutral(on, "demand")


def test_smaller_practices_call_for_more_gps(small):
    on = in_drenthe(small, "smaller_practices", list_norm=1800.0)
    expected = np.ones((HORIZON + 1, 3))
    expected[3, 1] = 1 / (1 - 0.5 * 295 / 2095)
    expected[4:6, 1] = 2095 / 1800
    np.testing.assert_allclose(on.norm, expected)
    assert_others_neutral(on, "norm")


def test_medical_school_comes_through_the_pipeline(small):
    """Students who start from 2027 to 2029 start the GP training three years later."""
    school = lever("medical_school", **WHEN, students=4000.0, study_loss=0.1, choosing=0.25, pipeline_years=3)
    on = act(small, school)
    expected = np.full(HORIZON + 1, 720.0)
    expected[6:9] = (720 + 900) / 2, 900, 900
    np.testing.assert_allclose(on.intake, expected)
    assert_others_neutral(on)


def test_no_measure_changes_the_intake_before_the_adjustment_year(small):
    """That of the base year and of the year after it are given; from 2027 on it is what it would be."""
    school = lever(
        "medical_school", first=2025, last=2028, students=4000.0, study_loss=0, choosing=0.25, pipeline_years=0
    )
    bound = lever("obligation", first=2025, last=2028, obliged_share=0.5, candidates_lost=0.4)
    of = {"intake_current": 700.0, "intake": {2027: 800.0, 2028: 900.0, 2029: 1000.0}}
    by_school, by_loss = act(small, school, **of).intake, act(small, bound, **of).intake
    np.testing.assert_allclose(by_school[:6], [700, 700, 700, 1000, 1000, 1000])
    np.testing.assert_allclose(by_loss[:6], [700, 700, 700, 640, 720, 1000])
    assert by_school[6] == by_loss[6] == 720


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SHARES])
def test_the_order_of_two_levers_does_not_matter(data, kind):
    """A lever of a kind beside one of each other kind: programmes are reached in their order, tables are not."""
    others = [lever(k, regions=(data.codes[0],) if k != "medical_school" else (), **WHEN) for k in KINDS if k != kind]
    one = lever(kind, regions=() if kind == "medical_school" else data.codes[:2], **WHEN)
    found = [act(data, *acting) for acting in ([one, *others], [*others, one])]
    for name in TABLES:
        np.testing.assert_allclose(*(getattr(on, name) for on in found), rtol=1e-12, err_msg=name)


def test_the_order_of_measures_on_the_intake_does_not_matter(small):
    """Candidates stay away from an obligation however many doctors there are."""
    school = lever("medical_school", first=2027, students=4000.0, study_loss=0.0, choosing=0.25, pipeline_years=0)
    bound = lever("obligation", first=2027, obliged_share=0.25, candidates_lost=0.4)
    for acting in ((school, bound), (bound, school)):
        np.testing.assert_allclose(act(small, *acting).intake[3:6], 900)


# --- years and regions outside a lever ---


@pytest.mark.parametrize("kind", KINDS)
def test_outside_its_years_and_regions_a_lever_does_nothing(data, kind):
    inside = (data.codes[0], "RA1222")
    given: dict[str, Any] = {"regions": inside} if kind != "medical_school" else {"pipeline_years": 0}
    on = act(data, lever(kind, **WHEN, **given))
    neutral = Effects.neutral(np.full(HORIZON + 1, 720.0), len(data), on.wants.shape[1])
    where = np.isin(data.codes, inside)
    sites = np.array([where[region] for region in on.levers[0][1].site_region])
    for name in (*TABLES, "intake", "candidates"):
        found, usual = getattr(on, name), getattr(neutral, name)
        np.testing.assert_array_equal(found[RAMP == 0], usual[RAMP == 0], err_msg=name)
        if name in ("intake", "candidates"):  # of the nation
            continue
        elsewhere = ~(sites if name in ("wants", "places") else where)
        axis = 2 if name == "appeal" else 1
        np.testing.assert_array_equal(
            found.compress(elsewhere, axis=axis), usual.compress(elsewhere, axis=axis), err_msg=name
        )
    assert (on.paid_since[(RAMP == 0)[:, None] | ~where] == NEVER).all()
    for programme in (*on.selection, *on.placements, *on.obligations):
        assert (programme.share[RAMP == 0] == 0).all()
        np.testing.assert_array_equal(programme.where, where)


@given(st.data())
def test_tables_of_any_levers_stay_possible(data, drawn):
    """Shares lie between 0 and 1, factors and intake are never negative, programmes reach at most everybody."""
    on = act(data, *drawn.draw(levers(data.codes, "UMCG", 2025, 2040)))
    for name in ("partner_relief", "travel_relief", "takeover"):
        assert ((getattr(on, name) >= 0) & (getattr(on, name) <= 1 + 1e-12)).all()
    for name in FACTORS:
        assert (getattr(on, name) >= 0).all()
    assert (on.intake >= 0).all()
    assert ((on.candidates >= 0) & (on.candidates <= 1)).all()
    for name in TABLES:
        assert np.isfinite(getattr(on, name)).all()
        assert (getattr(on, name)[0] == (name in FACTORS)).all()  # the base year is given


# --- shares and programmes ---


def test_what_two_measures_mend_together():
    np.testing.assert_allclose(
        joint(np.array([0.0, 0.2, 0.5, 1.0]), np.array([0.3, 0.5, 0.5, 0.7])), [0.3, 0.6, 0.75, 1]
    )


def programmes(*shares: float, where: Any = (True, True, True)) -> list[Programme[Any]]:
    return [Programme(lever("placements"), np.full(HORIZON + 1, share), np.array(where)) for share in shares]


KEYS, DRAWS = gp_keys(40, np.arange(MANY)), Draws(3)


def numbers(*shares: float) -> np.ndarray:
    """The programme of each key, NOWHERE for none."""
    some, number = reached(programmes(*shares), 4, KEYS, Decision.PLACED, DRAWS)
    every = np.full(MANY, NOWHERE)
    every[some] = number
    return every


def test_programmes_reach_their_shares_each_its_own_people():
    found = numbers(0.1, 0.0, 0.25)
    for number, share in enumerate((0.1, 0.0, 0.25)):
        assert (found == number).mean() == pytest.approx(share, abs=spread(share, MANY))
    luck = DRAWS.uniform(Decision.PLACED, KEYS)
    np.testing.assert_array_equal(found, np.select([luck < 0.1, luck < 0.35], [0, 2], NOWHERE))


def test_another_programme_behind_changes_nobody_reached_before():
    before, after = numbers(0.1, 0.2), numbers(0.1, 0.2, 0.3)
    was = before != NOWHERE
    np.testing.assert_array_equal(after[was], before[was])
    assert {*after[~was]} == {NOWHERE, 2}
    bigger = numbers(0.1, 0.6)
    assert ((bigger == 0) == (before == 0)).all()
    assert (bigger[before == 1] == 1).all()


def test_programmes_reach_nobody_or_everybody():
    assert (numbers(0.0, 0.0) == NOWHERE).all()
    assert (numbers(1.0, 0.0) == 0).all()
    some, number = reached([], 4, KEYS, Decision.PLACED, DRAWS)
    assert len(some) == len(number) == 0


def test_a_programme_reaches_by_year():
    share = np.zeros(HORIZON + 1)
    share[5] = 0.5
    programme = Programme(lever("placements"), share, np.ones(3, dtype=bool))
    assert len(reached([programme], 4, KEYS, Decision.PLACED, DRAWS)[0]) == 0
    assert len(reached([programme], 5, KEYS, Decision.PLACED, DRAWS)[0]) == pytest.approx(MANY / 2, abs=MANY * 0.01)


def test_the_region_of_a_programme_is_drawn_in_proportion_to_weight():
    two = [*programmes(0.5, where=(True, False, True)), *programmes(0.5, where=(False, True, False))]
    number = np.arange(MANY) % 2
    weight = np.array([0.2, 0.5, 0.3])
    found = region_of(two, number, weight, KEYS, Decision.PLACE_OF_PLACEMENT, DRAWS)
    assert (found[number == 1] == 1).all()
    first = found[number == 0]
    assert {*first} == {0, 2}
    assert (first == 0).mean() == pytest.approx(0.4, abs=spread(0.4, len(first)))
    assert len(region_of([], number[:0], weight, KEYS[:0], Decision.PLACE_OF_PLACEMENT, DRAWS)) == 0


def test_nobody_is_selected_from_regions_without_candidates(small):
    """Rather than from a region that the measure does not name; one region with candidates is enough."""
    nobody_there = replace(small, origin_share=np.array([0.4, 0.0, 0.6]))
    with pytest.raises(ValueError, match="found none with candidates"):
        act(nobody_there, lever("selection", regions=(DRENTHE,)))
    (programme,) = act(nobody_there, lever("selection", regions=(DRENTHE, THIRD))).selection
    found = region_of([programme], np.zeros(99, int), nobody_there.origin_share, KEYS[:99], Decision.ORIGIN, DRAWS)
    assert (found == 2).all()


# --- sites with more places ---


def test_sites_are_liked_in_proportion_to_their_places():
    """Doubling, halving, opening, closing, and a site that stays closed; a half of all places are 50 of 100."""
    sites = Sites(
        region=np.arange(5),
        share=np.array([0.5, 0.3, 0.0, 0.2, 0.0]),
        places=np.array([0.4, 0.4, 0.0, 0.2, 0.0]),
        utility=np.array([[1.0, 2.0, -np.inf, 3.0, -np.inf]]),
        per_place=np.array([[9.0, 9.0, 4.0, 9.0, 9.0]]),
    )
    found = sites.with_places(np.array([0.4, -0.2, 0.1, -0.3, 0.0]))
    np.testing.assert_allclose(found.places, [0.8, 0.2, 0.1, 0.0, 0.0])
    expected = [1 + np.log(2), 2 - np.log(2), 4 + np.log(0.1), -np.inf, -np.inf]
    np.testing.assert_allclose(found.utility, [expected])
    np.testing.assert_array_equal(found.share, sites.share)
    same = sites.with_places(np.zeros(5))
    np.testing.assert_array_equal(same.places, sites.places)
    np.testing.assert_array_equal(same.utility, sites.utility)


def test_a_site_that_opens_is_liked_per_place_as_the_mean_of_those_there_are(small):
    """At its own region: the mean of the constants of the sites per place, weighted by places."""
    scenario = Scenario(levers=[lever("training_places", regions=(THIRD,))], site_distance=2.0)
    sites = careers.sites(scenario, with_sites(scenario, small))
    usual = careers.sites(Scenario(site_distance=2.0), small)
    np.testing.assert_array_equal(sites.utility[:, :2], usual.utility)
    assert (sites.utility[:, 2] == -np.inf).all()
    d = small.distance_km
    places = np.array([site.places for site in small.sites])
    nearness = np.array(
        [[-2.0 * (d[o, s.region] - d[s.region, s.region]) / 100 for s in small.sites] for o in range(3)]
    )
    constants = (usual.utility - nearness)[0]
    np.testing.assert_allclose(usual.utility - nearness, np.tile(constants, (3, 1)))  # the same for every origin
    per_place = ((constants - np.log(places)) * places).sum() / places.sum()
    np.testing.assert_allclose(sites.per_place[:, 2], per_place - 2.0 * (d[:, 2] - d[2, 2]) / 100)


def test_a_new_dependance_fills_its_places_and_another_loses(small):
    """Candidates from its region go there; a site that loses nearly all of its places has hardly anybody."""
    opened = [
        lever("training_places", regions=(THIRD,), first=2025, places=100.0),
        lever("training_places", name="moved", regions=(THIRD,), first=2025, places=13.0, moved_from="UMCG Emmen"),
    ]
    model = SettlementModel(None, small, rng=1, end_year=2028, levers=opened)
    usual = SettlementModel(None, small, rng=1, end_year=2028)
    for run in (model, usual):
        while run.running:
            run.step()
    new, old = (np.bincount(run.population.site[_entrants(run)], minlength=3) for run in (model, usual))
    assert 0 < new[1] <= 3
    assert old[1] > 30
    assert new.sum() == old.sum()
    assert old[2] == 0
    assert 100 < new[2] <= 3 * 114  # places are rounded up


def _entrants(model: SettlementModel) -> np.ndarray:
    gp = model.population
    return np.flatnonzero((gp.key >> 24 >= careers.FIRST_ENTRY_COHORT) & (gp.key >> 24 < careers.FIRST_ARRIVAL_COHORT))


def test_a_site_with_no_places_trains_nobody():
    """With places for all at one site only, all are there, however much they like the other."""
    sites = Sites(
        np.arange(2), np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.array([[5.0, 0.0]]), np.array([[1.0, 1.0]])
    ).with_places(np.array([-0.5, 0.5]))
    keys = gp_keys(40, np.arange(200))
    lot = DRAWS.uniform(Decision.SITE_LOTTERY, keys)
    chosen = careers.choose_sites(sites, np.zeros(200, dtype=int), sites.places * 200, keys, lot, DRAWS)
    assert (chosen == 1).all()


# --- the pull of measures ---


def pull_of(small: Regions, on: Effects, scenario: Scenario, t: int = 4) -> lc.Pull:
    return lc.pull(scenario, with_sites(scenario, small), on, t, training_months=38.4)


SCENARIO = Scenario(
    train_own=1.1, train_far=2.0, origin_own=0.9, origin_far=0.4, partner_own=0.7, partner_far=1.3, thin_job_market=-0.2
)


def of_gp(small: Regions, *acting: Any, **traits: Any) -> np.ndarray:
    """What measures add in the fourth year for one GP, who starts unless a region is given, by region."""
    on = act(small, *acting)
    plain = {"site": [NOWHERE], "origin": [NOWHERE], "partner": [NOWHERE], "region": [NOWHERE]}
    population = gps(**plain | {name: [value] for name, value in traits.items()})
    return pull_of(small, on, SCENARIO).of(population, np.arange(1))[0]


def km(small: Regions, home: int, region: int) -> float:
    """How many hundred km further a region is than for those at home there."""
    d = small.distance_km
    return float(d[home, region] - d[region, region]) / 100


def test_travel_support_makes_good_part_of_each_loss_by_distance(small):
    support = lever("travel_support", **WHEN, regions=(DRENTHE,), distance_mended=0.25)
    tied = {"site": 0, "origin": 2, "partner": 0}  # trained in Groningen, grew up in the third
    expected = 0.25 * (2.0 * km(small, 0, 1) + 0.4 * km(small, 2, 1) + 1.3 * km(small, 0, 1))
    assert expected > 0.1
    np.testing.assert_allclose(of_gp(small, support, **tied), [0, expected, 0], atol=1e-12)
    np.testing.assert_allclose(of_gp(small, support), [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(of_gp(small, support, origin=1, partner=1), [0, 0, 0], atol=1e-12)  # at home there


def test_a_partner_programme_brings_a_region_nearer_to_the_partners_own(small):
    work = lever("partner_programme", **WHEN, regions=(DRENTHE,), partner_loss_mended=0.4)
    lost = 0.7 + 1.3 * km(small, 2, 1)  # against the partner's own region
    np.testing.assert_allclose(of_gp(small, work, partner=2), [0, 0.4 * lost, 0], atol=1e-12)
    np.testing.assert_allclose(of_gp(small, work, partner=1), [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(of_gp(small, work, partner=NOWHERE), [0, 0, 0], atol=1e-12)
    wholly = lever("partner_programme", **WHEN, regions=(DRENTHE,), partner_loss_mended=1.0)
    table = lc.utility(SCENARIO, small).partner
    assert table[2, 1] + of_gp(small, wholly, partner=2)[1] == pytest.approx(table[2, 2])


def test_travel_support_and_a_partner_programme_mend_no_loss_twice(small):
    both = (
        lever("travel_support", **WHEN, regions=(DRENTHE,), distance_mended=0.25),
        lever("partner_programme", **WHEN, regions=(DRENTHE,), partner_loss_mended=0.4),
    )
    far = 1.3 * km(small, 2, 1)
    expected = 0.25 * far + 0.4 * (0.7 + 0.75 * far)
    np.testing.assert_allclose(of_gp(small, *both, partner=2), [0, expected, 0], atol=1e-12)
    whole = [
        b.model_copy(update={n: 1.0}) for b, n in zip(both, ("distance_mended", "partner_loss_mended"), strict=True)
    ]
    assert of_gp(small, *whole, partner=2)[1] == pytest.approx(0.7 + far)


def test_what_a_region_is_worth_differs_by_where_one_is(small):
    on = act(
        small,
        lever("settlement_bonus", **WHEN, regions=(DRENTHE, THIRD), established=True, euro_per_year=10_000.0,
              response_new=0.5, response_established=0.1),
        lever("start_premium", **WHEN, regions=(DRENTHE,), euro_once=10_000.0, response_once=0.05,
              response_once_established=0.01),
    )  # fmt: skip
    population = gps(region=[NOWHERE, 0, 1, 2], site=NOWHERE, origin=NOWHERE)
    found = pull_of(small, on, SCENARIO).of(population, np.arange(4))
    np.testing.assert_allclose(found, [[0, 0.55, 0.5], [0, 0.11, 0.1], [0, 0.1, 0.1], [0, 0.11, 0.1]], atol=1e-12)


def test_a_bonus_for_newcomers_keeps_those_who_get_it(small):
    """In force from 2027: who settled in that year is there since 1 January 2028. Each bonus has its own newcomers."""
    bonus = {"kind": "settlement_bonus", "regions": (DRENTHE,), "euro_per_year": 10_000.0, "response_established": 0.1}
    on = act(small, lever(**bonus, first=2027, last=2029), lever(**bonus, name="next", first=2030, last=2031))
    population = gps(region=[1, 1, 1, 0], since=[2027, 2028, 2031, 2028], site=NOWHERE, origin=NOWHERE)
    for t, stays in ((2, [0, 0, 0]), (5, [0, 0.1, 0.1]), (6, [0, 0, 0.1]), (8, [0, 0, 0])):
        found = pull_of(small, on, SCENARIO, t).of(population, np.arange(4))
        np.testing.assert_allclose(found[:3, 1], stays, atol=1e-12)
        assert found[3, 1] == pytest.approx(0.1 if 3 <= t <= 7 else 0.0)  # who weighs coming would be paid


def test_a_placement_pulls_to_its_region_for_life(small):
    on = act(
        small,
        lever("placements", **WHEN, regions=(GRONINGEN,), placed_share=0.1, months=3.0),
        lever(
            "placements", **WHEN, name="long", regions=(DRENTHE, THIRD),
            placed_share=0.1, months=12.0, effect_of_months=2.0,
        ),
    )  # fmt: skip
    population = gps(placement=[0, 1, 1, NOWHERE], placed=[0, 1, 2, NOWHERE], region=NOWHERE, site=0, origin=0)
    for t in (4, 15):
        found = pull_of(small, on, SCENARIO, t).of(population, np.arange(4))
        expected = np.zeros((4, 3))
        expected[0, 0] = 1.1 * 3 / 38.4
        expected[1, 1] = expected[2, 2] = 1.1 * 2 * 12 / 38.4
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_outside_its_years_a_measure_pulls_nobody(small):
    on = act(
        small,
        *(lever(kind, **WHEN) for kind in ("settlement_bonus", "start_premium", "campaign", "travel_support")),
        lever("partner_programme", **WHEN, partner_loss_mended=1.0),
    )
    population = gps(region=[NOWHERE, 0, 1, 2], site=[0, 1, 0, 1], origin=[2, 1, 0, 2], partner=[0, 1, 2, NOWHERE])
    for t in (2, 6):
        assert (pull_of(small, on, SCENARIO, t).of(population, np.arange(4)) == 0).all()
    assert (pull_of(small, on, SCENARIO, 4).of(population, np.arange(4)) > 0).any()


# --- obligations ---


def a_pull(*pools: tuple[bool, bool, bool], stays_on: tuple[float, ...] = ()) -> lc.Pull:
    """A pull of obligations alone."""
    return lc.Pull(
        np.zeros((4, 3)), np.full(3, NEVER), np.zeros((3, 3)), np.zeros((4, 3)), np.zeros((4, 3)), np.zeros(0),
        np.array(pools, dtype=bool).reshape(-1, 3), np.array(stays_on),
    )  # fmt: skip


OUTSIDE_FIRST = (False, True, True)


def test_the_obliged_are_bound_until_the_year_it_ends():
    population = gps(obligation=[0, 0, 0, NOWHERE], obliged_until=[2031, 2030, 2029, NOWHERE])
    np.testing.assert_array_equal(lc.bound(population, np.arange(4), 2030), [True, False, False, False])


def test_the_obliged_may_only_work_in_the_pool():
    population = gps(obligation=[0, 1, NOWHERE], obliged_until=[2031, 2031, NOWHERE])
    total = np.zeros((3, 3))
    pull = a_pull(OUTSIDE_FIRST, (True, False, False), stays_on=(1.0, 1.0))
    lc.forbid(total, pull, population, np.arange(3), DRAWS, 2030)
    out = -np.inf
    np.testing.assert_array_equal(total, [[out, 0, 0], [0, out, out], [0, 0, 0]])


def test_who_does_not_stay_on_may_work_anywhere_but_in_the_pool():
    population = gps(role=[Role.SALARIED, Role.HOLDER], obligation=0, obliged_until=2030)
    total = np.zeros((2, 3))
    lc.forbid(total, a_pull(OUTSIDE_FIRST, stays_on=(0.0,)), population, np.arange(2), DRAWS, 2030)
    np.testing.assert_array_equal(total, [[0, -np.inf, -np.inf], [0, 0, 0]])  # who holds a practice stays
    for year in (2029, 2031):
        assert not lc.leaving(a_pull(OUTSIDE_FIRST, stays_on=(0.0,)), population, np.arange(2), DRAWS, year).any()


def test_nobody_has_to_leave_where_the_pool_is_the_whole_country():
    population = gps(obligation=[0, 1], obliged_until=2030)
    pull = a_pull((True, True, True), OUTSIDE_FIRST, stays_on=(0.0, 0.0))
    np.testing.assert_array_equal(lc.leaving(pull, population, np.arange(2), DRAWS, 2030), [False, True])
    total = np.zeros((2, 3))
    lc.forbid(total, pull, population, np.arange(2), DRAWS, 2030)
    assert np.isfinite(total[0]).all()


@pytest.mark.parametrize("stays_on", [0.0, 0.6, 1.0])
def test_as_many_stay_on_as_should(stays_on):
    population = gps(10_000, role=Role.FIXED_LOCUM, obligation=0, obliged_until=2030)
    goes = lc.leaving(a_pull(OUTSIDE_FIRST, stays_on=(stays_on,)), population, np.arange(10_000), DRAWS, 2030)
    assert 1 - goes.mean() == pytest.approx(stays_on, abs=spread(stays_on, 10_000))


def test_the_bound_do_not_think_again_and_who_goes_does():
    """Each would think again, but for what binds; without obligations nothing changes."""
    always = Scenario(reconsider_holder=1.0, reconsider_salaried=1.0, reconsider_locum=1.0)
    never = Scenario(reconsider_holder=0.0, reconsider_salaried=0.0, reconsider_locum=0.0)
    population = gps(region=1, obligation=[0, 0, 0, NOWHERE], obliged_until=[2031, 2030, 2029, NOWHERE])
    pull = a_pull(OUTSIDE_FIRST, stays_on=(0.0,))
    assert lc.reconsidering(always, population, DRAWS, 2030, pull).tolist() == [1, 2, 3]
    assert lc.reconsidering(never, population, DRAWS, 2030, pull).tolist() == [1]
    for none in (None, a_pull()):
        assert lc.reconsidering(always, population, DRAWS, 2030, none).tolist() == [0, 1, 2, 3]
        assert lc.reconsidering(never, population, DRAWS, 2030, none).tolist() == []


def test_measures_come_on_top_and_change_no_error(small):
    """The errors of the base year's GPs, drawn given their region, are the same with measures as without."""
    on = act(small, lever("campaign", **WHEN, regions=(DRENTHE,), appeal=0.8))
    population = gps(200, region=np.arange(200) % 3, base_region=np.arange(200) % 3, site=0, origin=1)
    rows, utility = np.arange(200), lc.utility(SCENARIO, small)
    tight = np.array([0.1, -0.2, 0.3])
    without = lc.weigh(SCENARIO, utility, tight, population, rows, DRAWS, 2029)
    with_it = lc.weigh(SCENARIO, utility, tight, population, rows, DRAWS, 2029, pull_of(small, on, SCENARIO))
    np.testing.assert_allclose(with_it - without, np.tile([0, 0.8, 0], (200, 1)), atol=1e-12)


# --- conflicts and bad values ---


def message(data: Regions, *given: dict[str, Any], **parameters: Any) -> str:
    """The one message with which levers are refused."""
    with pytest.raises(ValueError, match=r".") as error:
        SettlementModel(None, data, rng=1, levers=given, **parameters)
    found = str(error.value)
    lines = [line for line in found.splitlines() if "errors.pydantic.dev" not in line]
    if len(lines) > 1:  # pydantic's: how many errors, where, what
        assert lines[0].startswith("1 validation error")
        assert len(lines) == 3
    return " ".join(line.strip() for line in lines[-2:])


CAMPAIGN = {"kind": "campaign"}
REFUSED = {
    "unknown kind": ([{"kind": "campain"}], ["levers.0", "'campain'", "'campaign'"]),
    "no kind": ([{"appeal": 1.0}], ["levers.0", "'kind'"]),
    "unknown field": ([CAMPAIGN | {"apeal": 1.0}], ["levers.0.campaign.apeal"]),
    "outside the range": ([CAMPAIGN | {"appeal": 9.0}], ["levers.0.campaign.appeal", "less than or equal to 2"]),
    "ends before it begins": (
        [CAMPAIGN | {"first": 2030, "last": 2029}],
        ["levers.0.campaign", "found first 2030 and last 2029, allowed are years in this order"],
    ),
    "twice the same name": ([CAMPAIGN, CAMPAIGN], ["levers", "found campaign more than once"]),
    "a name not for a column": ([CAMPAIGN | {"name": "A b"}], ["levers.0.campaign.name"]),
    "negative cost": ([CAMPAIGN | {"cost": {"per_year": -1.0}}], ["levers.0.campaign.cost.per_year"]),
    "places nowhere": ([{"kind": "training_places"}], ["levers.0.training_places", "regions: found none"]),
    "whoever is obliged": ([{"kind": "obligation"}], ["levers.0.obligation", "regions: found none"]),
    "a name of the scenario": ([CAMPAIGN | {"name": "stay"}], ["levers", "found stay, which is a parameter"]),
    "students of a region": ([{"kind": "medical_school", "regions": [DRENTHE]}], ["regions: found some"]),
    "before the base year": (
        [CAMPAIGN | {"first": 2024}],
        ["levers.campaign.first: found 2024, allowed in this run is 2025 to 2042"],
    ),
    "after the run": ([CAMPAIGN | {"first": 2043, "last": 2043}], ["levers.campaign.first: found 2043", "to 2042"]),
    "two do the same": (
        [CAMPAIGN | {"regions": [DRENTHE]}, CAMPAIGN | {"name": "other"}],
        ["levers.other: found a second campaign beside campaign in the same regions and years"],
    ),
    "unknown site": (
        [{"kind": "training_places", "regions": [DRENTHE], "moved_from": "UMCU"}],
        ["levers.training_places: site 'UMCU' is not known; there are AMC", "UMC Utrecht"],
    ),
    "more than everybody": (
        [
            {"kind": "obligation", "regions": [DRENTHE], "obliged_share": 0.7},
            {"kind": "obligation", "regions": [DRENTHE], "name": "b", "obliged_share": 0.7},
        ],
        ["levers.b: found 140% of a cohort reached with obligation, allowed is 100%"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_one_message_says_what_is_wrong(data, case):
    given, parts = REFUSED[case]
    found = message(data, *given)
    assert all(part in found for part in parts), found


def test_the_years_allowed_are_those_of_the_run(data):
    found = message(data, CAMPAIGN | {"first": 2030}, end_year=2030)
    assert "levers.campaign.first: found 2030, allowed in this run is 2025 to 2029" in found


def test_an_unknown_region_is_refused_with_the_name_of_its_lever(data):
    found = message(data, CAMPAIGN | {"regions": ["Drente"]})
    assert "levers.campaign" in found
    assert "did you mean Drenthe?" in found


def test_a_site_cannot_lose_more_places_than_it_has(data):
    """Or there would be more places than before."""
    found = message(data, {"kind": "training_places", "regions": [DRENTHE], "places": 500.0, "moved_from": "AMC"})
    assert "levers.training_places.places: found 500 moved from AMC in 2026, allowed are the 98.1" in found
    most = {"kind": "training_places", "regions": [DRENTHE], "places": 90.0, "moved_from": "AMC"}
    found = message(data, most, intake={2030: 360.0})
    assert "levers.training_places.places: found 90 moved from AMC in 2030, allowed are the 49.0" in found


@pytest.mark.parametrize(
    "shares",
    [
        (0.4, 0.2, 0.3, 0.1),  # sums to a hair more than 1
        (0.5, 0.5),
        (0.7, 0.2, 0.1),
    ],
)
def test_programmes_may_reach_everybody_together(small, shares):
    each = [lever("selection", **WHEN, name=f"s{i}", selected_share=share) for i, share in enumerate(shares)]
    assert len(act(small, *each).selection) == len(shares)


def test_two_of_a_kind_may_follow_each_other_or_be_elsewhere(small):
    first = lever("campaign", first=2026, last=2028)
    second = lever("campaign", name="second", first=2029, last=2030)
    elsewhere = lever("campaign", name="third", first=2031, last=2031, regions=(DRENTHE,))
    beside = lever("campaign", name="fourth", first=2031, last=2031, regions=(THIRD,))
    on = act(small, first, second, elsewhere, beside)
    assert (on.appeal[2:7] == 0.1).all()
    np.testing.assert_allclose(on.appeal[7], np.tile([0, 0.1, 0.1], (4, 1)))


def test_programmes_may_follow_each_other_and_reach_all(small):
    first, second = (
        lever("selection", name=name, first=year, last=year, selected_share=1.0)
        for name, year in (("a", 2027), ("b", 2028))
    )
    on = act(small, first, second)
    np.testing.assert_array_equal(np.sum([p.share for p in on.selection], axis=0)[3:5], [1, 1])


# --- the intake that follows ---


def entered(model: SettlementModel) -> dict[int, int]:
    """Who started training, by calendar year."""
    cohort, counts = np.unique(model.population.key[_entrants(model)] >> 24, return_counts=True)
    return {2025 + int(c) - careers.FIRST_ENTRY_COHORT: int(n) for c, n in zip(cohort, counts, strict=True)}


@pytest.mark.parametrize(
    ("acting", "intake"),
    [
        (
            lever(
                "medical_school", first=2026, last=2028,
                students=3200.0, study_loss=0.0, choosing=0.25, pipeline_years=3,
            ),
            {2029: 800.0, 2030: 800.0, 2031: 800.0},
        ),
        (
            lever("obligation", first=2026, last=2028, obliged_share=0.0, candidates_lost=0.5),
            {},
        ),
        (
            lever("obligation", first=2026, last=2028, obliged_share=0.25, candidates_lost=0.5, complies=0.0),
            {2027: 630.0, 2028: 630.0},
        ),
    ],
    ids=["medical school", "obligation of nobody", "obligation"],
)  # fmt: skip
def test_a_run_and_the_plan_beside_it_have_the_intake_of_the_levers(data, acting, intake):
    """The same as when the intake is given: the same entrants, the same plan; and nothing else changes."""
    end = {"end_year": 2034}
    by_lever, by_hand = (
        SettlementModel(None, data, rng=2, **of, **end) for of in ({"levers": [acting]}, {"intake": intake})
    )
    for model in (by_lever, by_hand):
        while model.running:
            model.step()
    assert entered(by_lever) == entered(by_hand) == {year: intake.get(year, 720) for year in range(2025, 2034)}
    for name in ("supply_persons_plan", "supply_fte_plan", "shortage_persons_plan"):
        np.testing.assert_array_equal(by_lever.national()[name], by_hand.national()[name])
    np.testing.assert_array_equal(by_lever.population.region, by_hand.population.region)
    np.testing.assert_array_equal(by_lever.blocks(), by_hand.blocks())


def test_demand_of_the_run_follows_the_tables(small):
    acting = [
        lever("task_shifting", **WHEN, regions=(DRENTHE,), saved_per_year=0.1, saved_at_most=0.9),
        lever("smaller_practices", **WHEN, regions=(DRENTHE, THIRD), list_norm=1047.5),
    ]
    usual, changed = (prepare(Scenario(levers=of), small) for of in ((), acting))
    assert (usual.need == usual.demand).all()
    factor = np.ones_like(usual.demand)
    factor[3:6, 1] = 0.95, 0.85, 0.75
    norm = np.ones_like(usual.demand)
    norm[3, 1:] = 4 / 3
    norm[4:6, 1:] = 2.0
    np.testing.assert_allclose(changed.demand, usual.demand * factor * norm)
    np.testing.assert_allclose(changed.need, usual.demand * factor)  # what there is to do, whatever the norm
    assert changed.usual_workload == usual.usual_workload


def test_wants_are_the_traits_luck_against_another_share():
    luck = DRAWS.uniform(Decision.WANTS_PRACTICE, gp_keys(40, np.arange(1000)))
    usual = careers.wants_practice(Scenario(), luck)
    share = np.where(np.arange(1000) < 500, 0.65, 0.85)
    found = careers.wants_practice(Scenario(), luck, share)
    np.testing.assert_array_equal(found[:500], usual[:500])
    assert found[usual].all()
    assert 50 < (found & ~usual).sum() < 150


def test_targets_know_their_grid_and_sites():
    at = Target(np.array([0.0, 0.5]), np.array([True, False]), np.array([1]), ("here",))
    np.testing.assert_array_equal(at.grid, [[0, 0], [0.5, 0]])
    assert at.site("here") == 0
    assert replace(at, site_names=("a", "b")).site("b") == 1
