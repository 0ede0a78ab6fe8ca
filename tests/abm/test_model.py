"""Whole runs: what happened, totals of the national model, limits, and the tables that come out."""

import gc
import weakref
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from abm import Scenario, SettlementModel, national, practices
from abm.fixed import _MOST_FIXED, prepare
from abm.flows import FLOWS
from abm.indicators import BETWEEN_NAMES, NAMES
from abm.national import NationalParameterError
from abm.population import NOWHERE, Block, Status
from regions.people import Role
from tests.abm.conftest import simulate
from tests.abm.test_invariants import BOUNDS, CHOICES, run_and_check

PLANNED = [
    "supply_fte", "supply_persons", "demand_fte", "shortage_fte", "shortage_persons", "coverage", "share_women",
    "demand_demography_fte", *(f"{unit}_block_{block}" for unit in ("persons", "fte") for block in national.BLOCKS),
]  # fmt: skip


# --- what happened ---


OF_PRACTICES = ("succession_found", "succession_not_found", "practice_closed", "practice_without_holder")


def test_role_changes_add_up(baseline):
    """Holders change by role flows and by exits; graduates do not start as one."""
    holders = baseline.national().set_index("year").persons_holder
    flows = baseline.flows()
    sums = flows[flows.flow.isin(["to_holder", "from_holder"])].groupby(["flow", "year"]).persons.sum()
    left = holders.shift().iloc[1:] + sums["to_holder"] - sums["from_holder"] - holders.iloc[1:]
    gp = baseline.population
    stopped_as_holder = ((gp.status == Status.LEFT) & (gp.role == Role.HOLDER)).sum()
    assert (left >= 0).all()
    assert left.sum() == stopped_as_holder


def test_persons_and_fte_of_the_last_year_are_those_of_the_gps(baseline):
    gps, last = baseline.gps(), baseline.national().iloc[-1]
    working = gps[gps.status == "working"]
    assert last.supply_persons == len(working)
    assert last.supply_fte == pytest.approx(working.fte.sum(), rel=1e-12)
    for role, of in working.groupby("role"):
        assert last[f"persons_{role}"] == len(of)
        assert last[f"fte_{role}"] == pytest.approx(of.fte.sum(), rel=1e-12)
    assert (gps.loc[gps.status != "working", "fte"] == 0).all()


def test_who_settles_or_moves_does_so_since_that_year(data):
    model = SettlementModel(None, data, rng=1)
    for _ in range(3):
        gp = model.population
        region, since = gp.region.copy(), gp.since.copy()
        model.step()
        n = len(region)
        changed = (gp.region[:n] != region) & (gp.region[:n] >= 0)
        assert changed.sum() > 500
        assert (gp.since[:n][changed] == model.year).all()
        np.testing.assert_array_equal(gp.since[:n][~changed], since[~changed])


def test_flows(baseline):
    flows = baseline.flows()
    assert list(flows.columns) == ["year", "region_code", "flow", "site", "persons", "fte"]
    assert set(flows.flow) == set(FLOWS)
    assert set(flows.year) == set(range(2026, 2044))
    assert (flows.persons > 0).all()
    assert not flows.duplicated(["year", "region_code", "flow", "site"]).any()
    by_site = flows.flow == "graduation"
    assert set(flows.site[by_site]) == {site.name for site in baseline.regions.sites}
    assert set(flows.site[~by_site]) == {""}
    of_gps = ~flows.flow.isin(OF_PRACTICES)
    assert (flows.fte / flows.persons)[of_gps].between(0.5, 1.1).all()
    assert (flows.fte[~of_gps] == 0).all()


def test_moves_out_are_divided_by_role(baseline):
    flows = baseline.flows()
    cells = ["year", "region_code"]
    all_of_them = flows[flows.flow == "move_out"].set_index(cells).sort_index()[["persons", "fte"]]
    roles = flows[flows.flow.str.startswith("move_out_")].groupby(cells)[["persons", "fte"]].sum()
    # by role before the move, but fte as worked afterwards
    pd.testing.assert_frame_equal(roles, all_of_them, rtol=1e-12)


def test_graduates_of_a_site_are_those_who_trained_there(baseline):
    gp, flows = baseline.population, baseline.flows()
    took_up = (gp.registered >= 2026) & (gp.block != Block.ABROAD) & (gp.region >= 0)
    expected = pd.Series(np.array([s.name for s in baseline.regions.sites])[gp.site[took_up]]).value_counts()
    graduations = flows[flows.flow == "graduation"].groupby("site").persons.sum()
    assert graduations.to_dict() == expected.to_dict()


def test_retirements_are_exits_from_sixty_on(data):
    model = SettlementModel(None, data, rng=1)
    there = model.population.rows(Status.WORKING)
    age = 2025 - model.population.birth[there]
    model.step()
    gone = model.population.status[there] == Status.LEFT
    flows = model.flows().groupby("flow").persons.sum()
    assert flows["retirement"] == (gone & (age >= 60)).sum()
    assert flows["exit"] == (gone & (age < 60)).sum()


def test_training_of_no_time_leaves_nobody_in_training(data):
    model = SettlementModel(None, data, rng=1, national={"opleidingsduur": 1e-10}, end_year=2026)
    assert not len(model.population.rows(Status.IN_TRAINING))
    model.step()
    assert not model.running


# --- places and successors ---


def test_what_a_model_writes_to_its_practices_reaches_no_other_model(data):
    first, second = (SettlementModel(None, data, rng=1) for _ in range(2))
    for field in fields(first.practices):
        here, there = getattr(first.practices, field.name), getattr(second.practices, field.name)
        assert not np.shares_memory(here, there), field.name
        assert here.flags.writeable


def test_places_that_stay_open_are_those_without_a_holder(data):
    model = SettlementModel(None, data, rng=1, place_absorbed=0.0, place_splits=0.0)
    for _ in range(3):
        model.step()
        there, holders = model.practices, practices.holders(model.practices, model.population)
        open_places = there.places - holders
        np.testing.assert_array_equal(there.unfilled_years > 0, open_places > 0)
        np.testing.assert_array_equal(there.vacant_years > 0, (holders == 0) & (there.places > 0))
        flows = model.flows().query(f"year == {model.year} and flow == 'succession_not_found'")
        assert flows.persons.sum() == open_places.sum() > 200


def test_every_place_found_has_a_new_holder(data):
    model = SettlementModel(None, data, rng=1)
    for _ in range(3):
        gp = model.population
        before = np.where((gp.status == Status.WORKING) & (gp.role == Role.HOLDER), gp.practice, NOWHERE)
        model.step()
        gp = model.population
        before = np.append(before, np.full(len(gp) - len(before), NOWHERE))
        now = np.where((gp.status == Status.WORKING) & (gp.role == Role.HOLDER), gp.practice, NOWHERE)
        new = np.flatnonzero((now != before) & (now != NOWHERE))
        flows = model.flows().query(f"year == {model.year} and flow == 'succession_found'").set_index("region_code")
        found = np.bincount(model.practices.region[now[new]], minlength=len(data))
        assert flows.persons.sum() == len(new) > 200
        np.testing.assert_array_equal(flows.persons.reindex(data.codes, fill_value=0), found)
        assert (gp.second[new] == NOWHERE).all()


def test_holders_never_exceed_places_and_fill_them_where_many_look_and_all_suits(data):
    eager = {"seek_practice_early": 1.0, "seek_practice_middle": 1.0, "wants_practice": 1.0, "takeover": 1.0}
    easy = {"takeover_workload": 0.0, "wants_company_women": 0.0, "wants_company_men": 0.0, "application_rounds": 20}
    model = SettlementModel(None, data, rng=1, end_year=2030, **eager, **easy, place_splits=0.0)
    while model.running:
        model.step()
        unfilled = practices.open_places(model.practices, model.population)
        assert (unfilled >= 0).all()
        assert unfilled.sum() == 0


def test_places_stay_as_they_are_where_none_is_split_absorbed_or_closed(data):
    model = SettlementModel(None, data, rng=1, end_year=2035, place_splits=0.0, place_absorbed=0.0, closes_after=20)
    places = model.practices.places.copy()
    while model.running:
        model.step()
    np.testing.assert_array_equal(model.practices.places, places)
    nation = model.national()
    np.testing.assert_array_equal(nation.persons_holder + nation.unfilled_places, places.sum())


def test_holders_follow_the_places(run):
    fewer, usual, more = (
        run(end_year=2029, place_splits=splits).national().persons_holder.iloc[-1] for splits in (0.0, 0.08, 0.5)
    )
    assert fewer < usual < more


def test_practices_stand_in_a_municipality_of_their_region(baseline, data):
    there = baseline.practices
    np.testing.assert_array_equal(data.municipalities.region[there.municipality], there.region)


# --- the national model ---


def test_ages_are_kept_of_some_years_and_add_up(data):
    model = simulate(data, end_year=2032)
    ages, results = model.ages(), model.results().set_index(["year", "region_code"])
    assert ages.year.unique().tolist() == [2025, 2030, 2032]
    for unit, total in (("persons", "supply_persons"), ("persons_each", "supply_persons_each")):
        by_region = ages.groupby(["year", "region_code"])[unit].sum()
        np.testing.assert_allclose(by_region, results[total].loc[by_region.index])
    women = ages[(ages.sex == "women") & (ages.age >= 60)].groupby(["year", "region_code"]).persons.sum()
    assert (women <= results.persons_60plus.loc[women.index] + 1e-9).all()


@pytest.mark.parametrize(("demand_scenario", "level"), [(6, "middle"), (1, "low"), (4, "high")])
def test_demand_adds_up_to_the_national_model_in_every_year(small, demand_scenario, level):
    model = simulate(small, demand_scenario=demand_scenario, demand_level=level, end_year=2045)
    expected = national.project(model._fixed.plan).demand_fte(demand_scenario, level)
    by_year = model.results().groupby("year").demand_fte.sum()
    np.testing.assert_allclose(by_year, expected, rtol=1e-12)
    np.testing.assert_allclose(model.national().demand_fte_plan, expected, rtol=1e-12)
    demographic = national.project(model._fixed.plan).demand_fte(1, level)
    np.testing.assert_allclose(model.national().demand_demography_fte, demographic, rtol=1e-12)


def test_the_base_year_is_the_plans(baseline):
    first = baseline.national().iloc[0]
    for name in PLANNED:
        assert first[name] == pytest.approx(first[f"{name}_plan"], rel=1e-5), name
    assert first.supply_persons == 14_347
    assert first.supply_fte == pytest.approx(10_768.9, abs=0.1)


def test_supply_stays_near_the_plan_in_one_run(baseline):
    table = baseline.national()
    np.testing.assert_allclose(table.supply_persons, table.supply_persons_plan, rtol=0.01)
    np.testing.assert_allclose(table.supply_fte, table.supply_fte_plan, rtol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters", [{}, {"intake": 1026.0}, {"intake": {2028: 1500.0, 2031: 300.5}, "yields": "reference"}], ids=str
)
def test_supply_is_the_plans_in_the_mean(data, parameters):
    """Within four standard errors of the mean over seeds, in every year."""
    seeds = 40
    runs = [simulate(data, rng, **parameters).national() for rng in range(seeds)]
    plan = runs[0]
    for name in ("supply_persons", "share_women", "supply_fte"):
        values = np.array([run[name] for run in runs])[:, 1:]
        error = 4 * values.std(axis=0, ddof=1) / np.sqrt(seeds)
        if name == "supply_fte" and parameters:
            error = 0.005 * values.mean(axis=0)  # fte by role is held to the mix of the baseline only
        assert (np.abs(values.mean(axis=0) - plan[f"{name}_plan"][1:]) < error).all(), name


def test_columns_of_the_nation(baseline):
    columns = list(baseline.national().columns)
    assert [c for c in columns if c.endswith("_plan")] == [f"{name}_plan" for name in PLANNED]
    for name in PLANNED:
        assert columns.index(f"{name}_plan") == columns.index(name) + 1
    assert [c for c in columns if not c.endswith("_plan")] == ["year", *NAMES, *BETWEEN_NAMES]


def test_the_plan_follows_an_intake_by_year(data):
    usual = simulate(data, end_year=2040).national()
    more = simulate(data, end_year=2040, intake={2030: 1720.0}).national()
    extra = more.supply_persons_plan - usual.supply_persons_plan
    yield_ = data.national["intern_rendement3"]
    np.testing.assert_allclose(extra[usual.year <= 2033], 0, atol=1e-9)  # training takes 3.2 years
    assert extra[usual.year == 2035].item() == pytest.approx(1000 * yield_, rel=0.05)
    assert (extra[usual.year >= 2035].diff().dropna() < 0).all()
    found = more.supply_persons - usual.supply_persons
    np.testing.assert_allclose(found, extra, atol=4 * np.sqrt(1000 * 0.06) + 10)


def test_a_constant_intake_by_year_is_a_constant_intake(small):
    every_year = dict.fromkeys(range(2027, 2045), 900.0)
    first, second = (simulate(small, end_year=2035, intake=i).national() for i in (900.0, every_year))
    pd.testing.assert_frame_equal(first, second)
    plan = national.project(prepare(Scenario(intake=900.0), small).plan)
    np.testing.assert_allclose(first.supply_persons_plan, plan.supply_heads[:11], rtol=1e-9)


def test_national_parameters_reach_the_model(data):
    usual = simulate(data, end_year=2027).national()
    changed = simulate(data, end_year=2027, national={"onv_vraag_midden": 0.1, "n_buitenland": 0.0})
    assert changed.national().vacancies_fte[0] == pytest.approx(0.1 * usual.supply_fte_plan[0])
    assert "arrival" not in set(changed.flows().flow)


def test_an_impossible_national_parameter_is_refused(data):
    with pytest.raises(NationalParameterError, match="onv_vraag_midden"):
        SettlementModel(None, data, national={"onv_vraag_midden": -2.0})
    with pytest.raises(ValueError, match="basisjaar"):
        SettlementModel(None, data, national={"basisjaar": 2024.0})


# --- the course of a run ---


def test_the_year_runs_from_the_base_year_to_the_end(data):
    model = SettlementModel(None, data, rng=1, end_year=2028)
    seen = [(model.year, model.running)]
    while model.running:
        model.step()
        seen.append((model.year, model.running))
    assert seen == [(2025, True), (2026, True), (2027, True), (2028, False)]
    assert sorted(set(model.results().year)) == [2025, 2026, 2027, 2028]


def test_a_step_after_the_end_does_nothing(data):
    model = simulate(data, end_year=2027)
    before = [model.results(), model.national(), model.flows(), model.gps()]
    model.step()
    assert (model.year, model.running) == (2027, False)
    for table, after in zip(before, (model.results(), model.national(), model.flows(), model.gps()), strict=True):
        pd.testing.assert_frame_equal(table, after, check_exact=True)
    assert len(model.datacollector.get_model_vars_dataframe()) == 2


def test_before_the_first_step_there_is_the_base_year_and_no_flow(data):
    model = SettlementModel(None, data, rng=1)
    assert model.results().year.tolist() == [2025] * 28
    assert len(model.national()) == 1
    assert list(model.flows().columns) == ["year", "region_code", "flow", "site", "persons", "fte"]
    assert model.flows().empty


@pytest.mark.parametrize("end_year", [2025, 2046, 2000])
def test_an_end_outside_the_plan_is_refused(data, end_year):
    with pytest.raises(ValueError, match="end_year"):
        SettlementModel(None, data, end_year=end_year)


def test_the_last_year_of_the_plan_is_possible(small):
    assert simulate(small, end_year=2045).year == 2045


def test_the_end_follows_the_base_year_of_the_data(small):
    years = ("basisjaar", "bijsturingsjaar", "trendjaar", "evenwichtsjaar1", "evenwichtsjaar2")
    earlier = {**small.national, **{name: small.national[name] - 3 for name in years}}
    older = replace(small, base_year=2022, national=earlier)
    with pytest.raises(ValueError, match="2023 to 2042"):
        SettlementModel(None, older)
    assert simulate(older, end_year=2042).results().year.max() == 2042


def test_earlier_years_do_not_depend_on_the_end(data):
    short, long = (simulate(data, end_year=end).results() for end in (2027, 2029))
    pd.testing.assert_frame_equal(short, long[long.year <= 2027], check_exact=True)


# --- what the constructor takes ---


def test_keywords_are_fields_of_the_scenario(data):
    keywords = SettlementModel(None, data, rng=1, end_year=2030, intake=900, attractiveness={"RA0101": 1})
    assert keywords.scenario == Scenario(end_year=2030, intake=900.0, attractiveness={"RA0101": 1.0})
    assert isinstance(keywords.scenario.intake, float)
    scenario = SettlementModel(Scenario(end_year=2030, intake=900.0, attractiveness={"RA0101": 1.0}), data, rng=1)
    assert scenario.scenario == keywords.scenario
    for model in (keywords, scenario):
        model.step()
    pd.testing.assert_frame_equal(keywords.results(), scenario.results(), check_exact=True)


def test_keywords_go_before_the_scenario(data):
    model = SettlementModel(Scenario(name="mine", end_year=2030, stay=1.0), data, rng=1, stay=2)
    assert model.scenario == Scenario(name="mine", end_year=2030, stay=2.0)


@pytest.mark.parametrize(
    "keywords",
    [
        {"end_year": np.int64(2030)},
        {"intake": np.int64(800)},
        {"intake": np.float64(800.5)},
        {"stay": np.float32(0.5)},
        {"demand_scenario": np.int64(2)},
    ],
    ids=str,
)
def test_the_numbers_of_numpy_are_numbers(data, keywords):
    model = SettlementModel(None, data, rng=1, **keywords)
    assert model.scenario == Scenario(**{name: value.item() for name, value in keywords.items()})


@pytest.mark.parametrize("keywords", [{"intakes": 720}, {"seed": 1}, {"years": 3}])
def test_an_unknown_keyword_is_refused_by_name(data, keywords):
    with pytest.raises(ValueError, match=next(iter(keywords))):
        SettlementModel(None, data, rng=1, **keywords)


@pytest.mark.parametrize("keywords", [{"intake": -1}, {"intake": True}, {"end_year": "2030"}, {"stay": None}])
def test_an_impossible_keyword_is_refused_by_name(data, keywords):
    with pytest.raises(ValueError, match=next(iter(keywords))):
        SettlementModel(None, data, rng=1, **keywords)


def test_the_shipped_regions_are_the_default(data):
    first, second = SettlementModel(rng=1), SettlementModel(rng=2)
    assert first.regions is second.regions
    assert first.regions.fingerprint == data.fingerprint


# --- seeds ---


def test_without_a_seed_every_run_is_another_and_says_which(data):
    first, second = SettlementModel(None, data), SettlementModel(None, data)
    assert first.seed != second.seed
    again = SettlementModel(None, data, rng=first.seed)
    pd.testing.assert_frame_equal(again.gps(), first.gps(), check_exact=True)


@pytest.mark.parametrize("rng", [7, np.int64(7), "7"])
def test_a_seed_may_be_a_number_or_its_text(data, rng):
    model = SettlementModel(None, data, rng=rng)
    assert model.seed == 7
    assert type(model.seed) is int


def test_a_generator_gives_one_seed_after_another(data):
    generator = np.random.default_rng(1)
    seeds = [SettlementModel(None, data, rng=generator).seed for _ in range(2)]
    assert seeds[0] != seeds[1]
    assert SettlementModel(None, data, rng=np.random.default_rng(1)).seed == seeds[0]


@pytest.mark.parametrize("rng", [-1, 1 << 64, "one"])
def test_an_impossible_seed_is_refused(data, rng):
    with pytest.raises(ValueError, match=r"seed|non-negative|one"):
        SettlementModel(None, data, rng=rng)


def test_the_largest_seed(data):
    assert SettlementModel(None, data, rng=(1 << 64) - 1).seed == (1 << 64) - 1


def test_mesas_generator_plays_no_part(data):
    first, second = (SettlementModel(None, data, rng=1, end_year=2028) for _ in range(2))
    while first.running:
        second.random.random()
        second.rng.random(3)
        first.step()
        second.step()
    pd.testing.assert_frame_equal(first.results(), second.results(), check_exact=True)


# --- tables ---


def test_columns_of_the_results(baseline, data):
    results = baseline.results()
    assert list(results.columns) == ["year", "region_code", "region_name", *NAMES]
    assert len(results) == 19 * 28
    assert tuple(results.region_code[:28]) == data.codes
    assert tuple(results.region_name[:28]) == data.names
    assert set(results[list(NAMES)].dtypes) == {np.dtype(float)}
    inhabitants = results.inhabitants.to_numpy().reshape(19, 28)
    np.testing.assert_allclose(inhabitants, data.inhabitants[:19])


def test_one_row_per_gp_living_or_left(baseline):
    gps = baseline.gps()
    assert len(gps) == len(baseline.population)
    assert set(gps.status) == {"working", "in_training", "left"}
    assert (gps.status == "working").sum() == baseline.national().supply_persons.iloc[-1]
    assert (gps.role[gps.status == "in_training"] == "in_training").all()
    assert set(gps.role[gps.status == "working"]) == {role.name.lower() for role in Role}
    assert (gps.training_site[gps.block == "abroad"] == "").all()
    nobody = gps[gps.status == "in_training"]
    assert (nobody[["region_code", "second_code", "third_code"]] == "").all(axis=None)
    assert (nobody.practice == NOWHERE).all()
    working = gps[gps.status == "working"]
    assert working.age.between(25, 95).all()
    assert set(working.role[working.second_code != ""]) == {"fixed_locum", "changing_locum"}
    assert (working.second_code[working.third_code != ""] != "").all()
    assert (working.practice >= 0).eq(working.role != "changing_locum").all()


def test_one_row_per_practice_open_or_closed(baseline, data):
    table, gps = baseline.practice_table(), baseline.gps().query("status == 'working'")
    assert list(table.practice) == list(range(len(baseline.practices)))
    assert set(table.region_code) == set(data.codes)
    assert set(table.municipality) <= set(data.municipalities.name)
    assert set(table.state) == {"open", "without_holder", "closed"}
    assert {"solo", "duo", "group"} <= set(table.form)
    held = gps[gps.role == "holder"].practice.value_counts().reindex(table.practice, fill_value=0)
    np.testing.assert_array_equal(table.holders, held)
    at_work = gps[gps.practice >= 0].practice.value_counts().reindex(table.practice, fill_value=0)
    np.testing.assert_array_equal(table.established, at_work)
    forms = np.array(["nobody", "solo", "duo", "group"])
    np.testing.assert_array_equal(table.form, forms[np.minimum(at_work, 3)])
    ended = table.state != "open"
    assert (table.places[ended] == 0).all()
    assert (table.patients > 0).eq(table.state != "closed").all()
    assert len(table) == baseline.national().practices.iloc[0]
    for row in (0, int(table.index[ended][0]), len(table) - 1):
        view = baseline.practice(row)
        seen = [view.region.code, view.municipality, view.state, view.form, view.places, view.holders, view.patients]
        columns = ["region_code", "municipality", "state", "form", "places", "holders", "patients"]
        assert seen == table.loc[row, columns].tolist()


# --- extremes ---


@pytest.mark.slow  # on a few regions it is done every time, with the other invariants
@pytest.mark.parametrize(
    "parameters", [{name: value} for name, values in CHOICES.items() for value in values] + BOUNDS, ids=str
)
def test_one_extreme_stays_sound_in_the_netherlands(data, parameters):
    model = run_and_check(data, 1, **parameters)
    assert np.isfinite(model.national().filter(like="_plan")).all(axis=None)


def test_without_intake_the_nation_shrinks_and_nobody_graduates_in_the_end(data):
    model = simulate(data, intake=0, intake_current=0, national={"n_buitenland": 0.0})
    assert not (model.gps().status == "in_training").any()
    table = model.national()
    assert (table.supply_persons.diff().dropna() < 0).all()
    assert (table.inflow_persons[1:] == 0).all()
    np.testing.assert_allclose(table.supply_persons, table.supply_persons_plan, rtol=0.02)


def test_an_intake_of_5000_is_followed(data):
    table = simulate(data, intake=5000).national()
    np.testing.assert_allclose(table.supply_persons, table.supply_persons_plan, rtol=0.01)


def test_an_intake_before_the_adjustment_year_is_refused(data):
    with pytest.raises(ValueError, match="intake: found year 2026, allowed is 2027 and later; intake_current"):
        SettlementModel(Scenario(intake={2026: 800.0}), data, rng=1)


def test_a_workforce_that_works_more_in_a_region_is_taken_as_it_is(data):
    force, zeeland = data.workforce, data.index("RA1222")
    more = np.where(force.region == zeeland, force.fte * 1.2, force.fte)
    changed = replace(data, workforce=replace(force, fte=more))
    base = SettlementModel(Scenario(), changed, rng=1).results().set_index("region_code")
    usual = SettlementModel(Scenario(), data, rng=1).results().set_index("region_code")
    assert base.loc["RA1222", "supply_fte"] == pytest.approx(1.2 * usual.loc["RA1222", "supply_fte"], rel=1e-6)
    pd.testing.assert_series_equal(base["supply_fte"].drop("RA1222"), usual["supply_fte"].drop("RA1222"))


@pytest.mark.parametrize("name", ["aanbod_personen", "per_vrouw_basis", "basisjaar"])
def test_what_the_data_fix_is_no_setting_of_a_scenario(data, name):
    with pytest.raises(
        ValueError, match=rf"national\.{name}: found in the scenario, but it is fixed by the data folder"
    ):
        SettlementModel(Scenario(national={name: 1.0}), data, rng=1)


def test_a_national_parameter_that_does_nothing_is_refused(data):
    with pytest.raises(ValueError, match=r"national\.fte_vrouw: the national model does not use it"):
        SettlementModel(Scenario(national={"fte_vrouw": 0.95}), data, rng=1)


def test_another_national_fte_changes_supply_as_the_plan_does(data):
    changed = SettlementModel(Scenario(national={"fte_vrouw_basis": 0.8}), data, rng=1).national().iloc[0]
    assert changed["supply_fte"] == pytest.approx(changed["supply_fte_plan"], rel=1e-5)
    assert changed["supply_fte"] == pytest.approx(9469 * 0.8 + 4878 * 0.81, rel=1e-5)


def test_relative_fte_of_the_roles_is_that_of_the_national_table(data):
    ids = ("fte_zelfstandig", "fte_loondienst", "fte_loondienst", "fte_wiss-waarnemer")
    for name, id_ in zip(("holder", "salaried", "fixed_locum", "changing_locum"), ids, strict=True):
        assert getattr(Scenario(), f"fte_{name}") == data.national[id_]


def test_regions_that_nobody_uses_any_more_are_let_go(small):
    made = []
    for number in range(3 * _MOST_FIXED):  # as an ensemble makes them for every run
        other = replace(small, fingerprint=str(number))
        assert prepare(Scenario(), other) is prepare(Scenario(), other)
        made.append(weakref.ref(other))
    del other
    gc.collect()
    assert sum(one() is not None for one in made) <= _MOST_FIXED
