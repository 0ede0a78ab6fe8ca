"""Outflow, intake, training and roles against the national model and by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm import Scenario, SettlementModel, careers, national, practices
from abm.careers import OLDEST, Entrants, Exits, Sites, of_each
from abm.fixed import prepare
from abm.population import NOWHERE, Block, Status, at_work
from abm.randomness import Decision, Draws, gp_keys
from regions.people import Role
from tests.abm.conftest import gps, spread

MANY = 60_000
INTAKE = 720
FIRST_CHOICE = 0.892  # E478


def fixed(data, **national_values):
    return prepare(Scenario(national=national_values), data)


# --- exits ---


def expected_stock(data, exits):
    """The stock by sex and year if everybody were a fraction: move the pyramid on, year by year."""
    force = data.workforce
    present = np.zeros((2, OLDEST + 1))
    np.add.at(present, (force.sex, force.age), force.persons)
    path = [present.sum(axis=1)]
    for t in range(1, national.HORIZON + 1):
        present = present * (1 - exits.stock[:, t])
        present = np.pad(present, ((0, 0), (1, 0)))[:, :-1]
        path.append(present.sum(axis=1))
    return np.array(path).T


@pytest.mark.parametrize(
    "changes",
    [
        {},
        dict(zip(np.ravel(national._OUTFLOW), [0.05, 0.3, 0.35, 0.6, 0.5, 0.6, 0.8, 0.95], strict=True)),
    ],
    ids=["plan", "uneven"],
)
def test_the_expected_stock_is_the_national_one_in_every_year(data, changes):
    found = fixed(data, **changes)
    heads = found.path.heads[Block.STOCK]
    stock = expected_stock(data, found.exits)
    np.testing.assert_allclose(stock / stock[:, :1], heads / heads[:, :1], rtol=1e-6)
    if not changes:
        np.testing.assert_allclose(stock, heads, rtol=1e-4)  # the base year is in whole persons


def test_the_stock_leaves_later_in_life_and_never_before_the_first_year(data):
    exits = fixed(data).exits
    assert (exits.stock[:, 0] == 0).all()
    assert ((exits.stock >= 0) & (exits.stock < 1)).all()
    yearly = exits.stock[:, 1:]
    assert (yearly[..., 66] > yearly[..., 55]).all()


def test_expected_blocks_are_the_national_ones_in_every_year(data):
    found = fixed(data)
    for block in list(Block)[Block.TRAINING :]:
        heads = np.zeros(2)
        for t in range(1, national.HORIZON + 1):
            heads = (heads + found.path.graduates[block, :, t]) * (1 - found.exits.block[block, :, t])
            np.testing.assert_allclose(heads, found.path.heads[block, :, t], rtol=1e-9)


def test_the_chance_to_leave_is_that_of_the_age_at_the_start_of_the_year():
    stock = np.zeros((2, 3, OLDEST + 1))
    stock[0, 2, 64], stock[1, 2, 64] = 0.3, 0.4
    stock[:, :, OLDEST] = 0.9
    block = np.zeros((5, 2, 3))
    block[Block.ABROAD, 1, 2] = 0.2
    exits = Exits(stock, block)
    population = gps(
        sex=[0, 1, 0, 1, 0],
        birth=[1962, 1962, 1961, 1962, 1850],
        block=[Block.STOCK, Block.STOCK, Block.STOCK, Block.ABROAD, Block.STOCK],
    )
    chance = of_each(exits.chance(2), population.block, population.sex, 2026 - population.birth)
    np.testing.assert_allclose(chance, [0.3, 0.4, 0, 0.2, 0.9])


def test_those_who_leave_are_as_many_as_their_chances_say(data):
    exits = fixed(data).exits
    rng = np.random.default_rng(1)
    population = gps(MANY, sex=rng.integers(0, 2, MANY), birth=2025 - rng.integers(30, 70, MANY))
    population.status[:1000] = Status.IN_TRAINING
    working = at_work(population, 2025)
    chance = of_each(exits.chance(1), working.block, working.sex, working.age)
    gone = careers.leave(population, exits, Draws(1), 1, 2026)
    assert abs(len(gone) - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
    assert gone.min() >= 1000
    np.testing.assert_array_equal(population.rows(Status.LEFT), gone)


def test_the_chance_to_leave_within_years_is_a_product_of_years(data):
    exits = fixed(data).exits
    last = national.HORIZON
    population = gps(
        birth=[1955, 1975, 1990, 1990, 1985],
        sex=[0, 1, 0, 1, 0],
        block=[Block.STOCK, Block.STOCK, Block.STOCK, Block.AFTER_ADJUSTMENT, Block.ABROAD],
    )
    kind = population.block, population.sex
    for t, years in ((0, 1), (0, 5), (14, 5), (18, 5), (20, 3)):
        stays = np.ones(5)
        for k in range(1, years + 1):
            # beyond the horizon the last rates hold, but GPs go on ageing
            age = 2025 + t - population.birth + k - 1
            stays *= 1 - of_each(exits.chance(min(t + k, last)), *kind, age)
        found = of_each(exits.within(years)[t], *kind, 2025 + t - population.birth)
        np.testing.assert_allclose(found, 1 - stays, rtol=1e-12)


# --- cohorts ---


def test_cohort_sizes_are_unbiased_for_fractions():
    sizes = np.array([careers.cohort_size(Draws(seed), 40, 12.3) for seed in range(4000)])
    assert set(sizes) == {12, 13}
    assert sizes.mean() == pytest.approx(12.3, abs=spread(0.3, len(sizes)))


@pytest.mark.parametrize("whole", [0, 1, 720])
def test_a_whole_cohort_has_its_size(whole):
    assert {careers.cohort_size(Draws(seed), 40, float(whole)) for seed in range(50)} == {whole}


def test_cohorts_have_luck_of_their_own():
    sizes = [[careers.cohort_size(Draws(seed), cohort, 0.5) for seed in range(500)] for cohort in (40, 41)]
    assert abs(np.corrcoef(sizes)[0, 1]) < 0.2


@pytest.mark.parametrize("n", [0, 3, 20_000])
def test_luck_drawn_at_once_is_that_of_its_decisions(n):
    keys, draws = gp_keys(40, np.arange(n)), Draws(3)
    for names in (tuple(careers.LUCK), ("sex",), ("lot", "age")):
        found = careers.luck(draws, keys, names)
        assert tuple(found) == names
        for name in names:
            np.testing.assert_array_equal(found[name], draws.uniform(careers.LUCK[name], keys))


def choose_sites(sites, origin, places, keys, draws):
    return careers.choose_sites(sites, origin, places, keys, careers.luck(draws, keys, ["lot"])["lot"], draws)


def drawn(data, block=Block.TRAINING, year=2024, n=MANY, after=0.0, duration=3.2, **parameters) -> Entrants:
    durations = dict.fromkeys(national._DURATION, duration)
    plan = fixed(data, **durations).plan
    return careers.entrants(Scenario(**parameters), plan, Draws(1), block, year, 40, float(n), after)


def test_training_of_3_2_years_ends_in_the_fourth_calendar_year_for_most(data):
    finish, count = np.unique(drawn(data).finish, return_counts=True)
    assert finish.tolist() == [2028, 2029]  # on 1 January
    assert count[0] / MANY == pytest.approx(0.8, abs=spread(0.8, MANY))


@pytest.mark.parametrize("duration", [1.0, 3.0, 4.0])
def test_whole_durations_end_in_one_year(data, duration):
    assert set(drawn(data, duration=duration).finish) == {2025 + int(duration)}


def test_part_of_a_cohort_entered_after_a_moment_of_the_year(data):
    """From the middle of 2021 on, and 3.2 years: from the end of 2024 until early in 2025."""
    finish, count = np.unique(drawn(data, year=2021, after=0.5).finish, return_counts=True)
    assert finish.tolist() == [2025, 2026]
    assert count[0] / MANY == pytest.approx(0.6, abs=spread(0.6, MANY))


def test_those_who_entered_last_of_the_oldest_cohort_finish_in_the_first_year(data):
    assert set(drawn(data, year=2021, after=0.8).finish) == {2026}


def test_a_cohort_has_the_plans_share_of_women_and_of_those_who_finish(data):
    for block in (Block.TRAINING, Block.AFTER_ADJUSTMENT):
        entrants, plan = drawn(data, block), fixed(data).plan
        women, ends = plan.share_women[block], plan.internal_yield[block]
        assert (entrants.sex == 0).mean() == pytest.approx(women, abs=spread(women, MANY))
        assert entrants.completes.mean() == pytest.approx(ends, abs=spread(ends, MANY))
        assert set(entrants.sex) == {0, 1}


def test_age_at_the_start(data):
    entrants = drawn(data, age_at_start=31.0, age_at_start_sd=2.0)
    # a GP of 30 on 1 January was born in the year before the thirtieth last one; starts are spread over theirs
    age = 2024.5 - (entrants.birth - 0.5)
    assert age.mean() == pytest.approx(31.0, abs=4 * 2.1 / np.sqrt(MANY))
    assert age.std() == pytest.approx(np.sqrt(2.0**2 + 1 / 12 + 1 / 12), abs=0.05)
    assert len(set(drawn(data, age_at_start_sd=0.0).birth)) <= 2


@pytest.mark.parametrize("duration", [3.0, 3.2])
def test_as_many_finish_each_year_as_in_the_national_model(data, duration):
    """Every cohort with a hundred times its size, so that the shares can be compared."""
    found = fixed(data, **dict.fromkeys(national._DURATION, duration))
    path, plan, scenario = found.path, found.plan, Scenario()
    times, years = 100, national.HORIZON
    finished = np.zeros((5, 2, years + 1))
    starts = [
        (Block.TRAINING, 2025 - back, share)
        for back, share in ((1, 1.0), (2, 1.0), (3, 1.0), (4, duration % 1))
        if share
    ]
    starts += [(Block.UNTIL_ADJUSTMENT, year, 1.0) for year in (2025, 2026)]
    starts += [(Block.AFTER_ADJUSTMENT, year, 1.0) for year in range(2027, 2045)]
    for cohort, (block, year, share) in enumerate(starts):
        size = times * share * float(plan.size[block])
        entrants = careers.entrants(scenario, plan, Draws(1), block, year, cohort, size, 1 - share)
        t = entrants.finish - 2025
        inside = entrants.completes & (t <= years)
        np.add.at(finished[block], (entrants.sex[inside], t[inside]), 1 / times)
    blocks = slice(Block.TRAINING, Block.ABROAD)
    error = 4 * np.sqrt(path.graduates[blocks] / times) + 0.5
    assert (np.abs(finished[blocks] - path.graduates[blocks]) < error).all()


# --- finishing ---


def test_finishing_training_by_hand():
    population = gps(
        finish=[2029, 2030, 2030, 2031, 2030], completes=[True, True, False, True, True], status=Status.IN_TRAINING,
        registered=NOWHERE, region=NOWHERE, block=[1, 1, 1, 1, 4], role=Role.CHANGING_LOCUM,
    )  # fmt: skip
    block = np.zeros((5, 2, 10))
    block[Block.ABROAD, :, 5] = 1.0
    exits = Exits(np.zeros((2, 10, OLDEST + 1)), block)
    assert careers.finish_training(population, exits, Draws(1), 5, 2030).tolist() == [0, 1]
    left, training, working = Status.LEFT, Status.IN_TRAINING, Status.WORKING
    assert population.status.tolist() == [working, working, left, training, left]
    assert population.registered.tolist() == [2030, 2030, NOWHERE, NOWHERE, 2030]
    assert careers.finish_training(population, exits, Draws(1), 5, 2030).tolist() == []


def test_graduates_take_up_work_with_the_chance_that_their_block_stays():
    chance = np.zeros((5, 2, 2))
    chance[Block.TRAINING, 0, 1], chance[Block.TRAINING, 1, 1] = 0.1, 0.3
    sex = np.repeat([0, 1], MANY // 2)
    population = gps(finish=2026, status=Status.IN_TRAINING, sex=sex, block=Block.TRAINING)
    exits = Exits(np.zeros((2, 2, OLDEST + 1)), chance)
    starting = careers.finish_training(population, exits, Draws(1), 1, 2026)
    for s, leaves in enumerate((0.1, 0.3)):
        share = (sex[starting] == s).sum() / (MANY // 2)
        assert share == pytest.approx(1 - leaves, abs=spread(leaves, MANY // 2))


# --- training sites ---


def some_sites(utility, places=None):
    n = np.shape(utility)[1]
    places = np.full(n, 1 / n) if places is None else places
    return Sites(np.zeros(n, dtype=np.int64), np.full(n, 1 / n), places, *[np.asarray(utility, dtype=float)] * 2)


@settings(deadline=None)
@given(st.data())
def test_nobody_is_placed_beyond_the_places_or_prefers_a_site_with_places_left(data):
    n_sites = data.draw(st.integers(1, 5))
    utility = data.draw(
        st.lists(st.lists(st.floats(-3, 3), min_size=n_sites, max_size=n_sites), min_size=3, max_size=3)
    )
    places = np.array(data.draw(st.lists(st.floats(0, 20), min_size=n_sites, max_size=n_sites)))
    n = data.draw(st.integers(0, int(np.ceil(places).sum())))
    sites, keys, draws = some_sites(utility), gp_keys(40, np.arange(n)), Draws(7)
    origin = np.arange(n) % 3
    chosen = choose_sites(sites, origin, places, keys, draws)
    count = np.bincount(chosen, minlength=n_sites)
    assert count.sum() == n
    assert (count <= np.ceil(places)).all()
    liking = sites.utility[origin] + draws.gumbel(Decision.SITE, keys, n_sites)
    better = liking > liking[np.arange(n), chosen][:, None]
    assert not (better & (count < np.ceil(places))).any()


def test_short_places_go_to_the_lowest_lots():
    sites, keys, draws = some_sites([[50.0, 0.0]]), gp_keys(40, np.arange(10)), Draws(1)
    chosen = choose_sites(sites, np.zeros(10, dtype=int), np.array([3.0, 10.0]), keys, draws)
    lot = draws.uniform(Decision.SITE_LOTTERY, keys)
    assert set(np.flatnonzero(chosen == 0)) == set(np.argsort(lot)[:3])


def test_first_choices_of_the_nation_are_those_of_the_data(data):
    sites = fixed(data).sites
    wanted = np.array([s.first_choice for s in data.sites])
    np.testing.assert_allclose(data.origin_share @ sites.given_origin(), wanted, rtol=1e-9)
    np.testing.assert_allclose(sites.given_origin().sum(axis=1), 1)


def test_candidates_prefer_sites_near_their_origin(data):
    chance = fixed(data).sites.given_origin()
    names = [s.name for s in data.sites]
    groningen, limburg = data.index("RA0101"), data.index("RA1428")
    umcg, maastricht = names.index("UMCG"), names.index("Maastricht")
    assert chance[groningen, umcg] > 2 * chance[limburg, umcg]
    assert chance[limburg, maastricht] > 2 * chance[groningen, maastricht]
    indifferent = prepare(Scenario(site_distance=0.0), data).sites.given_origin()
    np.testing.assert_allclose(indifferent, np.broadcast_to(indifferent[0], indifferent.shape))


def test_as_many_get_their_first_choice_and_each_site_its_share_as_published(data):
    sites, scenario = fixed(data).sites, Scenario()
    places = sites.places * INTAKE * scenario.places_per_intake
    first, found = [], []
    for seed in range(30):
        draws, keys = Draws(seed), gp_keys(40, np.arange(INTAKE))
        origin = np.searchsorted(np.cumsum(data.origin_share), draws.uniform(Decision.ORIGIN, keys))
        chosen = choose_sites(sites, origin, places, keys, draws)
        wish = (sites.utility[origin] + draws.gumbel(Decision.SITE, keys, len(places))).argmax(axis=1)
        first.append((chosen == wish).mean())
        found.append(np.bincount(chosen, minlength=len(places)))
        assert (found[-1] <= np.ceil(places)).all()
    assert np.mean(first) == pytest.approx(FIRST_CHOICE, abs=0.01)
    np.testing.assert_allclose(np.mean(found, axis=0) / INTAKE, sites.share, atol=0.006)


def test_origin_given_site_by_hand():
    # first choices by origin: 3 to 1 and 1 to 1; two thirds of the candidates come from the first origin
    sites = some_sites(np.log([[3.0, 1.0], [1.0, 1.0]]))
    np.testing.assert_allclose(sites.given_origin(), [[0.75, 0.25], [0.5, 0.5]])
    found = sites.origin_given_site(np.array([2 / 3, 1 / 3]))
    np.testing.assert_allclose(found, [[0.5 / (0.5 + 1 / 6), 1 / 4], [0.5, 0.5]])
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_no_candidates(data):
    nobody = gp_keys(40, np.arange(0))
    sites = fixed(data).sites
    assert not len(choose_sites(sites, np.arange(0), sites.places, nobody, Draws(1)))


def test_a_site_nobody_wants_first_still_fills_from_the_others(data):
    """Twice the nation's wishes for one site: the rest go elsewhere."""
    sites = replace(fixed(data).sites, utility=np.tile(np.r_[9.0, np.zeros(len(data.sites) - 1)], (len(data), 1)))
    keys = gp_keys(40, np.arange(INTAKE))
    chosen = choose_sites(sites, np.zeros(INTAKE, dtype=int), sites.places * 1035, keys, Draws(1))
    assert (chosen == 0).sum() == np.ceil(sites.places[0] * 1035)


# --- roles ---


def test_first_roles():
    population = gps(MANY, role=Role.CHANGING_LOCUM)
    rows = np.arange(MANY)[::2]
    careers.first_roles(Scenario(starts_salaried=0.15, starts_fixed_locum=0.4), population, rows, Draws(1))
    share = np.bincount(population.role[rows], minlength=4) / len(rows)
    expected = np.array([0, 0.15, 0.85 * 0.4, 0.85 * 0.6])
    assert (np.abs(share - expected) <= spread(expected, len(rows))).all()
    assert (population.role[1::2] == Role.CHANGING_LOCUM).all()


def test_first_roles_when_the_shares_leave_no_rest():
    population = gps(1000)
    careers.first_roles(Scenario(starts_salaried=0.5, starts_fixed_locum=1.0), population, np.arange(1000), Draws(1))
    assert set(population.role) == {Role.SALARIED, Role.FIXED_LOCUM}


SEEK = Scenario(
    seek_practice_early=0.03,
    seek_practice_middle=0.08,
    seek_practice_late=0.05,
    wants_practice=0.65,
    seeks_until_age=60,
)
ALL_SEEK = {f"seek_practice_{when}": 1.0 for when in ("early", "middle", "late")}


@pytest.mark.parametrize(("tenure", "chance"), [(1, 0.03), (2, 0.03), (3, 0.08), (12, 0.08), (13, 0.05), (40, 0.05)])
def test_of_those_who_want_a_practice_a_share_looks_for_one(tenure, chance):
    wants = np.arange(MANY) < 0.65 * MANY
    population = gps(MANY, wants_practice=wants, registered=2030 - tenure, role=np.arange(MANY) % 3 + 1)
    looking = careers.looking_for_practice(SEEK, population, Draws(1), 2030)
    assert len(looking) / wants.sum() == pytest.approx(chance, abs=spread(chance, int(wants.sum())))
    luck = Draws(1).uniform(Decision.SEEKS_PRACTICE, population.key, 2030)
    np.testing.assert_array_equal(looking, np.flatnonzero(wants & (luck < chance)))


def test_who_looks_for_a_practice_by_hand():
    """Holders, those who never want one, those in training and those who left do not look."""
    population = gps(
        role=[0, 1, 2, 3, 1, 2, 3], wants_practice=[True, True, False, True, True, True, True],
        status=[1, 1, 1, 1, 0, 2, 1], practice=[4, 4, 4, NOWHERE, NOWHERE, 4, NOWHERE],
    )  # fmt: skip
    assert careers.looking_for_practice(Scenario(**ALL_SEEK), population, Draws(1), 2030).tolist() == [1, 3, 6]
    never = Scenario(**dict.fromkeys(ALL_SEEK, 0.0))
    assert careers.looking_for_practice(never, population, Draws(1), 2030).tolist() == []


def test_nobody_looks_for_a_practice_before_a_year_at_work_or_from_an_age_on():
    scenario = Scenario(**ALL_SEEK, seeks_until_age=58)
    population = gps(registered=[2029, 2030, 2008, 2008, 2031], birth=[1999, 1999, 1973, 1972, 2000])
    assert careers.looking_for_practice(scenario, population, Draws(1), 2030).tolist() == [0, 2]
    assert careers.looking_for_practice(scenario, population, Draws(1), 2031).tolist() == [0, 1]


def test_who_still_wants_a_practice_in_the_base_year(data):
    """Of all GPs about an age the usual share wants one; those who have one are among them."""
    found = careers.still_wanting(Scenario(wants_practice=0.65), data)
    force = data.workforce
    for sex, age in ((0, 36), (1, 41), (0, 60)):
        near = (force.sex == sex) & (np.abs(force.age - age) <= 2)
        persons = force.persons[near].sum()
        holding = force.persons[near & (force.role == Role.HOLDER)].sum()
        assert found[sex, age] == pytest.approx(max(0.0, (0.65 * persons - holding) / (persons - holding)))
    everyone = SettlementModel(None, data, rng=1, wants_practice=0.65).population
    stock = everyone.block == Block.STOCK
    at_least = (everyone.role[stock] == Role.HOLDER).mean()
    assert at_least < everyone.wants_practice[stock].mean() < 0.73  # E697: 0.60 to 0.73
    assert (careers.still_wanting(Scenario(wants_practice=0.0), data) == 0).all()
    assert (careers.still_wanting(Scenario(wants_practice=1.0), data) <= 1).all()


def test_the_more_want_a_practice_the_more_look(small):
    looking = []
    for share in (0.4, 0.65, 0.95):
        model = SettlementModel(None, small, rng=1, wants_practice=share)
        model.step()
        found = careers.looking_for_practice(model.scenario, model.population, model.draws, model.year + 1)
        looking.append(len(found))
    assert looking[0] < looking[1] < looking[2]


def test_looking_for_a_practice_changes_nothing_and_is_everyones_own_luck():
    population, scenario = gps(2000), Scenario(**dict.fromkeys(ALL_SEEK, 0.3))
    before = {f.name: getattr(population, f.name).copy() for f in fields(population)}
    looking = careers.looking_for_practice(scenario, population, Draws(1), 2030)
    for name, column in before.items():
        np.testing.assert_array_equal(getattr(population, name), column)
    population.role[:1000] = Role.HOLDER
    fewer = careers.looking_for_practice(scenario, population, Draws(1), 2030)
    np.testing.assert_array_equal(fewer, looking[looking >= 1000])
    assert set(careers.looking_for_practice(scenario, population, Draws(1), 2031)) != set(fewer)


def test_changes_of_role_by_hand():
    """Holders stay on in their practice as fixed locum; changing locums settle without one yet."""
    population = gps(
        role=[0, 0, 1, 2, 3, 3, 0, 3], status=[1, 1, 1, 1, 1, 1, 2, 2],
        practice=[5, 6, 5, 6, NOWHERE, NOWHERE, 7, NOWHERE],
    )  # fmt: skip
    holder, salaried, fixed, changing = Role
    careers.change_roles(Scenario(gives_up_practice=1.0, settles_as_locum=0.0), population, Draws(1), 2030)
    assert population.role.tolist() == [fixed, fixed, salaried, fixed, changing, changing, holder, changing]
    careers.change_roles(Scenario(gives_up_practice=0.0, settles_as_locum=1.0), population, Draws(1), 2030)
    assert population.role.tolist() == [fixed, fixed, salaried, fixed, fixed, fixed, holder, changing]
    assert population.practice.tolist() == [5, 6, 5, 6, NOWHERE, NOWHERE, 7, NOWHERE]


def test_holders_give_up_and_changing_locums_settle_at_their_rates():
    before = np.repeat(np.arange(4), MANY // 4)
    population = gps(role=before)
    careers.change_roles(Scenario(gives_up_practice=0.02, settles_as_locum=0.1), population, Draws(1), 2030)
    changed = population.role != before
    assert (population.role[changed] == Role.FIXED_LOCUM).all()
    for role, rate in ((Role.HOLDER, 0.02), (Role.CHANGING_LOCUM, 0.1), (Role.SALARIED, 0), (Role.FIXED_LOCUM, 0)):
        assert changed[before == role].mean() == pytest.approx(rate, abs=spread(rate, MANY // 4))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=60),
    st.integers(0, 5),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_role_changes_by_ones_own_luck_and_in_two_ways_only(people, seed, gives_up, settles):
    role, status = np.array(people).T
    population, scenario = gps(role=role, status=status), Scenario(gives_up_practice=gives_up, settles_as_locum=settles)
    careers.change_roles(scenario, population, Draws(seed), 2030)
    for row, (was, at) in enumerate(people):
        decision, rate = {
            Role.HOLDER: (Decision.GIVES_UP_PRACTICE, gives_up),
            Role.CHANGING_LOCUM: (Decision.SETTLES_AS_LOCUM, settles),
        }.get(was, (Decision.NOISE, 0.0))
        changes = at == Status.WORKING and Draws(seed).uniform(decision, population.key[[row]], 2030)[0] < rate
        assert population.role[row] == (Role.FIXED_LOCUM if changes else was)


def test_whoever_gives_up_makes_a_place(small):
    model = SettlementModel(None, small, rng=1)
    gp, there = model.population, model.practices
    before, was = practices.open_places(there, gp), gp.role.copy()
    careers.change_roles(Scenario(gives_up_practice=0.2), gp, model.draws, 2026)
    gave_up = np.flatnonzero((was == Role.HOLDER) & (gp.role != Role.HOLDER))
    assert len(gave_up) > 50
    made = practices.open_places(there, gp) - before
    np.testing.assert_array_equal(made, np.bincount(gp.practice[gave_up], minlength=len(there)))
