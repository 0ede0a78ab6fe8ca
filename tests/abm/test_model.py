"""Whole runs: nobody lost, totals of the national model, limits, and the tables that come out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abm import Scenario, SettlementModel, national
from abm.indicators import NAMES
from abm.model import FLOWS, prepare
from abm.national import NationalParameterError
from abm.population import Block, Role, Status
from tests.abm.conftest import part, simulate

EXACT = {"rtol": 1e-12, "atol": 1e-9}
PLANNED = [
    "supply_fte", "supply_persons", "demand_fte", "shortage_fte", "shortage_persons", "coverage", "share_women",
]  # fmt: skip


# --- nobody is lost ---


SIGN = {"graduation": 1, "arrival": 1, "move_in": 1, "move_out": -1, "retirement": -1, "exit": -1}


def assert_conserved(model):
    """Persons of a region change by its flows, in every year."""
    persons = model.results().pivot_table(index="year", columns="region_code", values="supply_persons")
    flows = model.flows()
    signed = flows.assign(change=flows.persons * flows.flow.map(SIGN).fillna(0))
    change = signed.pivot_table(index="year", columns="region_code", values="change", aggfunc="sum", fill_value=0)
    change = change.reindex(index=persons.index[1:], columns=persons.columns, fill_value=0)
    np.testing.assert_array_equal(persons.diff().iloc[1:], change)


def test_gps_are_conserved_in_every_region_and_year(baseline):
    assert_conserved(baseline)


def test_gps_are_conserved_in_the_nation(baseline):
    persons = baseline.national().set_index("year")["supply_persons"]
    flows = baseline.flows()
    flow = flows.pivot_table(index="year", columns="flow", values="persons", aggfunc="sum", fill_value=0)
    change = flow.graduation + flow.arrival - flow.retirement - flow.exit
    np.testing.assert_array_equal(persons.diff().iloc[1:], change)
    np.testing.assert_array_equal(flow.move_in, flow.move_out)


def test_role_changes_add_up(baseline):
    """Holders change by role flows and by exits; graduates do not start as one."""
    results = baseline.results()
    holders = (results.share_holder * results.supply_persons).groupby(results.year).sum()
    flows = baseline.flows()
    sums = flows[flows.flow.isin(["to_holder", "from_holder"])].groupby(["flow", "year"]).persons.sum()
    left = holders.shift().iloc[1:] + sums["to_holder"] - sums["from_holder"] - holders.iloc[1:]
    gp = baseline.population
    stopped_as_holder = ((gp.status == Status.LEFT) & (gp.role == Role.HOLDER)).sum()
    assert (left.round(6) >= 0).all()
    assert left.sum() == pytest.approx(stopped_as_holder)


def test_persons_and_fte_of_the_last_year_are_those_of_the_gps(baseline):
    gps = baseline.gps()
    results = baseline.results().set_index("year").loc[2043].set_index("region_code")
    working = gps[gps.status == "working"].groupby("region_code")
    assert results.supply_persons.to_dict() == working.size().to_dict()
    np.testing.assert_allclose(working.fte.sum()[results.index], results.supply_fte, **EXACT)
    assert (gps.loc[gps.status != "working", "fte"] == 0).all()
    assert gps.fte.sum() == pytest.approx(baseline.national().supply_fte.iloc[-1])


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
    assert (flows.fte > 0).all()
    assert not flows.duplicated(["year", "region_code", "flow", "site"]).any()
    by_site = flows.flow == "graduation"
    assert set(flows.site[by_site]) == {site.name for site in baseline.regions.sites}
    assert set(flows.site[~by_site]) == {""}
    per_person = flows.fte / flows.persons
    assert per_person.between(0.5, 1.1).all()


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


# --- the national model ---


@pytest.mark.parametrize(("demand_scenario", "level"), [(6, "middle"), (1, "low"), (4, "high")])
def test_demand_adds_up_to_the_national_model_in_every_year(data, demand_scenario, level):
    model = simulate(data, demand_scenario=demand_scenario, demand_level=level, end_year=2045)
    expected = national.project(model._fixed.plan).demand_fte(demand_scenario, level)
    by_year = model.results().groupby("year").demand_fte.sum()
    np.testing.assert_allclose(by_year, expected, rtol=1e-12)
    np.testing.assert_allclose(model.national().demand_fte_plan, expected, rtol=1e-12)


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
    assert [c for c in columns if not c.endswith("_plan")] == ["year", *NAMES]


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


def test_a_constant_intake_by_year_is_a_constant_intake(data):
    every_year = dict.fromkeys(range(2027, 2045), 900.0)
    first, second = (simulate(data, end_year=2035, intake=i).national() for i in (900.0, every_year))
    pd.testing.assert_frame_equal(first, second)
    plan = national.project(prepare(Scenario(intake=900.0), data).plan)
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


def test_the_last_year_of_the_plan_is_possible(data):
    assert simulate(data, end_year=2045).year == 2045


def test_the_end_follows_the_base_year_of_the_data(data):
    years = ("basisjaar", "bijsturingsjaar", "trendjaar", "evenwichtsjaar1", "evenwichtsjaar2")
    earlier = {**data.national, **{name: data.national[name] - 3 for name in years}}
    older = replace(data, base_year=2022, national=earlier)
    with pytest.raises(ValueError, match="2023 to 2042"):
        SettlementModel(None, older)
    assert simulate(older, end_year=2042).results().year.max() == 2042


def test_earlier_years_do_not_depend_on_the_end(data):
    short, long = (simulate(data, end_year=end).results() for end in (2027, 2032))
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
    assert (gps.region_code[gps.status == "in_training"] == "").all()
    assert gps.age[gps.status == "working"].between(25, 95).all()


def test_holders_keep_within_their_places(data):
    places = 0.97
    model = SettlementModel(None, data, rng=1, practice_places=places)
    at_start = int((model.population.role[model.population.rows(Status.WORKING)] == Role.HOLDER).sum())
    while model.running:
        model.step()
        working = model.population.rows(Status.WORKING)
        holders = int((model.population.role[working] == Role.HOLDER).sum())
        if model.year > 2030:
            assert holders <= round(places * at_start)


# --- extremes ---

EXTREMES = {
    "intake": [0.0, 5000.0, {2028: 0.0, 2029: 5000.0}],
    "intake_current": [0.0, 5000.0],
    "partner_tied_share": [0.0, 1.0],
    "places_per_intake": [1.0, 5.0],
    "site_distance": [0.0, 6.0],
    "tightness": [0.0, 6.0],
    "tightness_cap": [0.0, 5.0],
    "train_far": [0.0, 4.0],
    "stay": [0.0, 5.0],
    "yearly_noise": [0.0, 3.0],
    "reconsider_locum": [0.0, 1.0],
    "wants_practice": [0.0, 1.0],
    "practice_places": [0.0, 3.0],
    "gives_up_practice": [0.0, 1.0],
    "starts_salaried": [0.0, 1.0],
    "starts_fixed_locum": [0.0, 1.0],
    "vacancy_softness": [0.001, 0.2],
    "fte_holder": [0.1, 1.5],
    "age_at_start_sd": [0.0, 10.0],
    "attractiveness": [{"RA0101": 20.0}, {"RA0101": -20.0}],
    "demand_scenario": [1, 2, 3, 4, 6],
    "demand_level": ["low", "high"],
    "yields": ["reference"],
}
PLACES = {
    "the Netherlands": None,
    "two regions": (["RA0101", "RA1222"], None),
    "two regions, one site": (["RA0101", "RA1222"], ["UMCG"]),
    "one region": (["RA0101"], None),
}


def assert_sound(model):
    """Finite wherever it means something: rates of nobody have no value."""
    results = model.results()
    flows = {"inflow_persons", "share_stay_training_region"}
    after = results[results.year > model.regions.base_year]
    assert np.isfinite(after.inflow_persons).all()
    sums = ["supply_fte", "supply_persons", "demand_fte", "vacancies_fte", "coverage", "inhabitants"]
    assert (results[sums] >= 0).all(axis=None)
    assert np.isfinite(results[["shortage_fte", "shortage_persons"]]).all(axis=None)
    staffed = results[results.supply_persons > 0].drop(columns=[*flows, "alumni_ratio"])
    assert np.isfinite(staffed[list(set(NAMES) - flows - {"alumni_ratio"})]).all(axis=None)
    assert_conserved(model)
    table = model.national()
    assert np.isfinite(table.filter(like="_plan")).all(axis=None)
    assert (table.supply_persons > 0).all()


@pytest.mark.parametrize(
    "parameters", [{name: value} for name, values in EXTREMES.items() for value in values], ids=str
)
def test_one_extreme_stays_sound(data, parameters):
    assert_sound(simulate(data, end_year=2026, **parameters))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in EXTREMES.items()}),
    st.sampled_from(sorted(PLACES)),
    st.integers(0, 2**64 - 1),
)
def test_extremes_together_stay_sound(data, parameters, place, seed):
    chosen = data if PLACES[place] is None else part(data, *PLACES[place])
    assert_sound(simulate(chosen, seed, end_year=2031, **parameters))


@pytest.mark.parametrize("place", [name for name in PLACES if PLACES[name]])
def test_a_small_nation_runs_to_the_end(data, place):
    model = simulate(part(data, *PLACES[place]), end_year=2043)
    assert_sound(model)
    sites = {site.name for site in model.regions.sites}
    assert set(model.gps().training_site) <= {*sites, ""}


def test_without_intake_the_nation_shrinks_and_nobody_graduates_in_the_end(data):
    model = simulate(data, intake=0, intake_current=0, national={"n_buitenland": 0.0})
    assert_sound(model)
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
