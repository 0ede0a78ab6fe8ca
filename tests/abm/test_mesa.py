"""The model among Mesa's tools: agents, writing through views, copies, batch runs and data collection."""

import copy
import gc
import inspect
import multiprocessing
import pickle
import warnings
import weakref
from collections.abc import Iterator

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.batchrunner import batch_run

from abm import GP, SettlementModel
from abm.indicators import NAMES
from abm.population import NOWHERE, Status
from regions.people import ROLES, Role
from tests.abm.conftest import simulate
from tests.abm.test_invariants import assert_sound, now

TABLES = ("results", "national", "flows", "gps", "practice_table")


@pytest.fixture
def model(small) -> SettlementModel:
    return SettlementModel(None, small, rng=1, end_year=2030)


@pytest.fixture
def whole(data) -> SettlementModel:
    return SettlementModel(None, data, rng=1, end_year=2030)


def active(model):
    return np.flatnonzero(model.population.status != Status.LEFT)


def assert_equal(first, second):
    assert first.year == second.year
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(first, name)(), getattr(second, name)(), check_exact=True)


def finish(model):
    while model.running:
        model.step()
    return model


# --- the agents ---


def test_agents_are_those_working_and_in_training(whole):
    assert isinstance(whole, mesa.Model)
    working, training = (len(whole.population.rows(s)) for s in (Status.WORKING, Status.IN_TRAINING))
    assert len(whole.agents) == working + training
    assert {gp.row for gp in whole.agents} == set(active(whole))
    assert all(isinstance(gp, GP) and isinstance(gp, mesa.Agent) for gp in whole.agents)
    assert whole.agent_types == [GP]
    assert len(whole.agents_by_type[GP]) == len(whole.agents)


@pytest.mark.parametrize("ask", ["agents_by_type", "agent_types"])
def test_agents_are_there_however_they_are_asked_for(model, ask):
    assert GP in getattr(model, ask)
    assert len(model.agents) == len(active(model))


def test_nobody_is_registered_before_somebody_asks(model):
    model.step()
    assert model._views is None


def test_views_keep_in_step(model):
    before = {gp.row: gp for gp in model.agents}
    while model.running:
        model.step()
        now = {gp.row: gp for gp in model.agents}
        assert set(now) == set(active(model))
        assert all(before[row] is now[row] for row in before.keys() & now.keys())
        before = now
    assert len({gp.unique_id for gp in model.agents}) == len(model.agents)


def test_asking_late_is_as_asking_early(model, small):
    early = SettlementModel(None, small, rng=1, end_year=2030)
    assert len(early.agents)
    for m in (early, model):
        finish(m)
    assert [gp.row for gp in model.agents] == sorted(gp.row for gp in early.agents)
    assert_equal(model, early)


def test_the_identity_of_a_gp_is_the_key(model):
    for _ in range(2):
        keys = model.population.key[active(model)]
        assert sorted(gp.unique_id for gp in model.agents) == sorted(keys.tolist())
        assert all(type(gp.unique_id) is int for gp in model.agents)
        model.step()


def test_select_and_aggregate(whole):
    holders = whole.agents.select(lambda gp: gp.role == "holder")
    assert len(holders) == 7591
    assert whole.agents.agg("fte", sum) == pytest.approx(whole.national().supply_fte.iloc[0])
    assert whole.agents.agg("age", [min, max])[0] > 20
    some = whole.agents.select(at_most=10)
    assert [len(some), len(some.shuffle()), len(some.sort("age"))] == [10, 10, 10]


def test_views_read_what_the_table_of_gps_says(model):
    for _ in range(2):
        rows = list(model.gps().itertuples())
        for gp in model.agents:
            row = rows[gp.row]
            regions = [row.region_code, row.second_code, row.third_code]
            assert [r.code for r in gp.regions] == [code for code in regions if code]
            assert (gp.region.code if gp.region else "") == row.region_code
            assert (gp.practice.row if gp.practice else NOWHERE) == row.practice
            assert (gp.role, gp.sex, gp.age, gp.fte) == (row.role, row.sex, row.age, row.fte)
            assert (gp.origin.code if gp.origin else "") == row.origin_code
            assert (gp.partner_region.code if gp.partner_region else "") == row.partner_code
            assert (gp.training_site or "") == row.training_site
            assert gp.unique_id == row.key
        model.step()


def test_group_by_region_gives_the_results(whole):
    whole.step()
    at_work = whole.agents.select(lambda gp: gp.region is not None)
    results = whole.results().query("year == 2026").set_index("region_code")
    persons, fte = dict.fromkeys(whole.regions.codes, 0.0), dict.fromkeys(whole.regions.codes, 0.0)
    for codes, group in at_work.groupby(lambda gp: tuple(region.code for region in gp.regions)):
        for code in codes:  # locums in several regions count for a part in each
            persons[code] += len(group) / len(codes)
            fte[code] += group.agg("fte", sum) / len(codes)
    assert persons == pytest.approx(results.supply_persons.to_dict())
    assert fte == pytest.approx(results.supply_fte.to_dict())


def test_group_by_practice_gives_the_table_of_practices(model):
    table = model.practice_table()
    established = model.agents.select(lambda gp: gp.practice is not None).groupby("practice")
    assert {practice.row: len(group) for practice, group in established} == (
        table.established[table.established > 0].to_dict()
    )
    holders = model.agents.select(lambda gp: gp.role == "holder").groupby(lambda gp: gp.practice.row)
    assert holders.count() == table.holders[table.holders > 0].to_dict()
    for practice, _ in established:
        row = table.loc[practice.row]
        assert (practice.region.code, practice.municipality) == (row.region_code, row.municipality)
        assert (practice.form, practice.state, practice.holders) == (row.form, row.state, row.holders)


def test_do(model):
    asked = []
    model.agents.select(at_most=3).do(lambda gp: asked.append(gp.unique_id))
    assert len(asked) == 3
    model.agents.shuffle_do("step")  # a GP has no step of its own
    assert model.year == 2025


# --- writing through a view ---


def test_moving_a_gp_counts_in_the_next_results(model):
    gp = next(gp for gp in model.agents if gp.role == "fixed_locum")
    gp.region = "RA0204"
    assert gp.region.name == "IJssel-Vecht"
    assert model.population.region[gp.row] == 2
    gp.role = "holder"
    assert model.population.role[gp.row] == Role.HOLDER
    assert model.practices.region[model.population.practice[gp.row]] == 2
    persons = model.population.region[model.population.status == Status.WORKING]
    assert (persons == 2).sum() == sum(o.region is gp.region for o in model.agents)
    model.step()
    assert_sound(now(model))


def test_everybody_to_zeeland(data):
    """Nobody keeps a practice; with nothing to take over elsewhere, most are still there a year later."""
    model = SettlementModel(None, data, rng=1, takeover=0.0, reconsider_locum=0.1, reconsider_early=1.0)
    model.agents.select(lambda gp: gp.region is not None).set("region", "RA1222")
    zeeland = data.index("RA1222")
    at_work = model.population.status == Status.WORKING
    assert (model.population.region[at_work] == zeeland).all()
    away = model.population.practice[at_work] != NOWHERE
    assert (model.practices.region[model.population.practice[at_work][away]] == zeeland).all()
    model.step()
    persons = model.results().set_index(["year", "region_name"]).supply_persons[2026]
    assert persons["Zeeland"] > 0.8 * persons.sum()
    assert_sound(now(model))


def test_roles_are_set_for_many_at_once(model):
    model.agents.select(lambda gp: gp.role == "changing_locum").set("role", "salaried")
    assert {gp.role for gp in model.agents} == {"holder", "salaried", "fixed_locum", "in_training"}
    assert all(len(gp.regions) == 1 for gp in model.agents if gp.role == "salaried")
    persons = len(model.agents.select(lambda gp: gp.role == "salaried"))
    model.step()
    assert model.national().persons_salaried.iloc[-1] > 0.9 * persons
    assert_sound(now(model))


def test_open_places_are_for_whoever_is_made_a_holder_first(model):
    """In the region with the fewest: as many as there are places, and not one more."""
    open_now = model.practice_table().assign(open=lambda t: t.places - t.holders).groupby("region_code").open.sum()
    code = open_now.idxmin()
    locums = [gp for gp in model.agents if gp.role == "fixed_locum" and gp.region.code == code]
    assert len(locums) > open_now[code] > 0
    for gp in locums[: open_now[code]]:
        gp.role = "holder"
    with pytest.raises(ValueError, match="no open place"):
        locums[-1].role = "holder"
    assert locums[-1].role == "fixed_locum"
    holder = locums[0]
    practice, holder.role = holder.practice, "changing_locum"
    locums[-1].role = "holder"
    assert locums[-1].practice == practice
    model.step()
    assert_sound(now(model))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_written_the_next_years_are_sound(small, seed):
    """Roles, moves and leaving by chance, in every year."""
    model = SettlementModel(None, small, rng=seed, end_year=2028, locums_in_several_regions=1.0, closes_after=1)
    chance = np.random.default_rng(seed)
    while model.running:
        agents = list(model.agents)
        for gp in (agents[i] for i in chance.choice(len(agents), 200, replace=False)):
            if gp.role == "in_training" or chance.random() < 0.1:
                gp.remove()
            elif chance.random() < 0.4:
                gp.region = int(chance.integers(len(small)))
            else:
                role, was = str(chance.choice(ROLES)), gp.role
                try:
                    gp.role = role
                except ValueError:
                    assert (gp.role, role) == (was, "holder")
        model.step()
        assert_sound(now(model))
        assert {gp.row for gp in model.agents} == set(active(model))


def test_removing_a_gp(model):
    gp = next(gp for gp in model.agents if gp.role == "holder")
    before, practice = len(model.agents), gp.practice
    holders = practice.holders
    gp.remove()
    assert not gp.active
    assert gp not in model.agents
    assert len(model.agents) == before - 1
    assert model.population.status[gp.row] == Status.LEFT
    assert model.practice_table().holders[practice.row] == holders - 1
    gp.remove()
    assert len(model.agents) == before - 1
    model.step()
    assert not gp.active
    assert gp not in model.agents
    assert len(model.agents) == len(active(model))
    assert_sound(now(model))


def test_removing_many_while_going_round(model):
    model.agents.select(lambda gp: gp.role == "holder").do("remove")
    assert "holder" not in {gp.role for gp in model.agents}
    assert (model.practice_table().holders == 0).all()
    model.step()
    assert model.national().share_holder.iloc[-1] < 0.1
    assert_sound(now(model))


@pytest.mark.parametrize("asked_before", [True, False])
def test_removing_all(model, asked_before):
    if asked_before:
        assert len(model.agents)
    model.remove_all_agents()
    assert len(model.agents) == 0
    assert not len(active(model))
    model.step()
    assert len(model.agents) == len(active(model)) > 0  # new entrants and arrivals
    assert model.national().supply_persons.iloc[-1] < 50


def test_who_left_stays_readable(model):
    views = list(model.agents)
    was = {gp.row: (gp.role, gp.region, gp.sex) for gp in views}
    holders = {gp.row: gp.practice for gp in views if gp.role == "holder"}
    model.step()
    left = [gp for gp in views if not gp.active and was[gp.row][1] is not None]
    assert len(left) > 10
    for gp in left:
        assert (gp.role, gp.region, gp.sex) == was[gp.row]
        assert gp.fte == 0
        assert gp.unique_id == model.population.key[gp.row]
        assert gp not in model.agents
        assert gp.practice == holders.get(gp.row, gp.practice)


# --- copies ---


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_copy_of_a_half_run_model_goes_on_as_the_uninterrupted_one(small, duplicate, asked):
    model = SettlementModel(None, small, rng=1, end_year=2028)
    if asked:
        assert len(model.agents)
    model.step()
    other = duplicate(model)
    assert other.year == 2026
    finish(other)
    assert model.year == 2026  # the copy has columns of its own
    assert len(model.results()) == 2 * len(small)
    uninterrupted = simulate(small, end_year=2028)
    assert_equal(other, uninterrupted)
    assert len(other.agents) == len(uninterrupted.agents)
    assert all(gp.model is other for gp in other.agents)
    assert_equal(finish(model), uninterrupted)
    pd.testing.assert_frame_equal(collected(other), collected(uninterrupted), check_exact=True)


@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_copy_keeps_what_was_written(model, duplicate):
    gp = next(gp for gp in model.agents if gp.role == "holder")
    practice, gp.region = gp.practice, "RA0204"
    other = duplicate(model)
    same = next(o for o in other.agents if o.row == gp.row)
    assert (same.role, same.region.code, same.practice) == ("fixed_locum", "RA0204", None)
    assert other.practice(practice.row).holders == practice.holders
    same.role = "holder"
    assert (gp.role, gp.practice) == ("fixed_locum", None)
    assert_sound(now(finish(other)))
    assert model.year == 2025


@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_view_of_a_practice_copies_with_its_model(model, duplicate):
    practice = duplicate(model.practice(3))
    assert practice.model is not model
    assert (practice.row, practice.patients, practice.form) == (3, model.practice(3).patients, model.practice(3).form)


def test_a_pickle_is_small(whole):
    whole.step()
    assert len(pickle.dumps(whole)) < 4.5e6  # distances of municipalities are half of it


def test_two_models_at_once(small):
    first = SettlementModel(None, small, rng=1, end_year=2030)
    second = SettlementModel(None, small, rng=2, end_year=2030, stay=1.0)
    assert len(first.agents) > 0
    assert len(second.agents) > 0
    while first.running:
        first.step()
        second.step()
    assert all(gp.model is first for gp in first.agents)
    assert_equal(first, simulate(small, 1, end_year=2030))
    assert_equal(second, simulate(small, 2, end_year=2030, stay=1.0))
    before = second.gps(), second.practice_table()
    for gp in first.agents.select(lambda gp: gp.region is not None, at_most=50):
        gp.region = (first.population.region[gp.row] + 1) % len(small)
    first.remove_all_agents()
    for table, after in zip(before, (second.gps(), second.practice_table()), strict=True):
        pd.testing.assert_frame_equal(table, after, check_exact=True)


def look_at_nothing(model):
    pass


def look_at_agents(model):
    assert len(model.agents)


def look_at_practices(model):
    views = [gp.practice for gp in model.agents.select(lambda gp: gp.practice is not None, at_most=5)]
    assert len({views[0], model.practice(0)}) <= 2
    assert views[0].form


def write(model):
    gp = next(gp for gp in model.agents if gp.role == "holder")
    gp.region = (gp.region.index + 1) % 3
    gp.role = "holder"
    gp.remove()


@pytest.mark.parametrize("look", [look_at_nothing, look_at_agents, look_at_practices, write])
def test_a_dropped_model_is_freed(small, look):
    model = SettlementModel(None, small, rng=1, end_year=2027)
    look(model)
    finish(model)
    look(model)
    there = weakref.ref(model)
    del model
    gc.collect()
    assert there() is None


def test_a_view_keeps_its_model_and_lets_it_go(small):
    model = SettlementModel(None, small, rng=1, end_year=2027)
    practice, there = model.practice(0), weakref.ref(model)
    del model
    gc.collect()
    assert practice.places == there().practices.places[0]
    del practice
    gc.collect()
    assert there() is None


# --- data collection and batch runs ---


def collected(model) -> pd.DataFrame:
    return model.datacollector.get_model_vars_dataframe()


def test_data_are_collected_once_a_year(baseline):
    table, national = collected(baseline), baseline.national()
    assert list(table.columns) == ["year", *NAMES]
    assert table.year.tolist() == list(range(2026, 2044))
    np.testing.assert_array_equal(table[list(NAMES)], national.loc[1:, list(NAMES)])


@pytest.fixture
def start_method() -> Iterator[None]:
    """Batch runs set the start method of processes for the whole interpreter."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def batch(**options) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # later Mesas prefer seeds to iterations
        found = batch_run(SettlementModel, display_progress=False, **options)
    return pd.DataFrame(found)


@pytest.mark.usefixtures("start_method")
def test_batch_run_as_it_stands_in_the_documents(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = mesa.batch_run(SettlementModel, {"intake": [720, 1026], "end_year": 2030})
    assert [(run["intake"], run["end_year"], run["year"]) for run in found] == [(720, 2030, 2030), (1026, 2030, 2030)]
    assert set(NAMES) <= set(found[0])
    plan = [simulate(data, 1, end_year=2030, intake=i).national().supply_persons_plan.iloc[-1] for i in (720, 1026)]
    assert [run["supply_persons"] for run in found] == pytest.approx(plan, rel=0.01)


@pytest.mark.usefixtures("start_method")
def test_batch_run():
    table = batch(
        parameters={"intake": [720, 1026], "takeover": [0.2, 0.9], "end_year": 2028},
        iterations=1,
        number_processes=1,
        data_collection_period=1,
    )
    assert len(table) == 2 * 2 * 3
    last = table[table.year == 2028].pivot_table(index="intake", columns="takeover", values="unfilled_places")
    assert last.index.tolist() == [720, 1026]
    assert (last[0.2] > last[0.9]).all()


@pytest.mark.usefixtures("start_method")
def test_every_iteration_of_a_batch_has_a_seed_of_its_own():
    table = batch(
        parameters={"intake": [720, 1026], "end_year": 2028},
        iterations=2,
        number_processes=1,
        data_collection_period=1,
    )
    assert len(table) == 2 * 2 * 3
    assert set(table.intake) == {720, 1026}
    for _, of_run in table.groupby("RunId"):
        assert of_run.year.tolist() == [2026, 2027, 2028]
    last = table[table.year == 2028].groupby("intake").supply_fte
    assert (last.nunique() == 2).all()
    assert table.supply_fte.between(10_000, 12_000).all()


@pytest.mark.usefixtures("start_method")
def test_batch_run_reports_the_last_year_by_default(data):
    years = {"end_year": [2027, 2028]}
    seeds_are_an_option = "rng" in inspect.signature(batch_run).parameters  # since Mesa 3.5
    table = batch(parameters=years, rng=[5]) if seeds_are_an_option else batch(parameters={**years, "rng": 5})
    assert table.year.tolist() == [2027, 2028]
    expected = simulate(data, 5, end_year=2028).national().iloc[-1]
    assert table.supply_fte.iloc[-1] == expected.supply_fte


@pytest.mark.slow
@pytest.mark.usefixtures("start_method")
def test_batch_run_in_two_processes():
    table = batch(parameters={"end_year": [2027, 2028]}, iterations=2, number_processes=2)
    assert sorted(table.year) == [2027, 2027, 2028, 2028]
