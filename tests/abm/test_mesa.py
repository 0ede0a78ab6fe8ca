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
from abm.population import Role, Status
from tests.abm.conftest import simulate

TABLES = ("results", "national", "flows", "gps")


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


def test_group_by_region_gives_the_results(whole):
    at_work = whole.agents.select(lambda gp: gp.region is not None)
    groups = at_work.groupby(lambda gp: gp.region.code)
    results = whole.results().set_index("region_code")
    assert groups.count() == results.supply_persons.to_dict()
    fte = {code: group.agg("fte", sum) for code, group in groups}
    assert fte == pytest.approx(results.supply_fte.to_dict())


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


def test_everybody_to_zeeland(whole):
    whole.agents.select(lambda gp: gp.region is not None).set("region", "RA1222")
    whole.step()
    persons = whole.results().set_index(["year", "region_name"]).supply_persons[2026]
    assert persons["Zeeland"] > 0.8 * persons.sum()


def test_removing_a_gp(model):
    gp = next(gp for gp in model.agents if gp.role == "holder")
    before = len(model.agents)
    gp.remove()
    assert not gp.active
    assert gp not in model.agents
    assert len(model.agents) == before - 1
    assert model.population.status[gp.row] == Status.LEFT
    gp.remove()
    assert len(model.agents) == before - 1
    model.step()
    assert not gp.active
    assert gp not in model.agents
    assert len(model.agents) == len(active(model))


def test_removing_many_while_going_round(model):
    model.agents.select(lambda gp: gp.role == "holder").do("remove")
    assert "holder" not in {gp.role for gp in model.agents}
    model.step()
    assert model.national().share_holder.iloc[-1] < 0.1


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
    model.step()
    left = [gp for gp in views if not gp.active and was[gp.row][1] is not None]
    assert len(left) > 10
    for gp in left:
        assert (gp.role, gp.region, gp.sex) == was[gp.row]
        assert gp.fte == 0
        assert gp.unique_id == model.population.key[gp.row]
        assert gp not in model.agents


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
    np.testing.assert_array_equal(collected(other).year, collected(uninterrupted).year)


def test_a_pickle_is_small(whole):
    whole.step()
    assert len(pickle.dumps(whole)) < 3e6


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
    gp = next(gp for gp in first.agents if gp.region is not None)
    there = second.population.region[gp.row]
    gp.region = (first.population.region[gp.row] + 1) % len(small)
    assert second.population.region[gp.row] == there


@pytest.mark.parametrize("asked", [False, True])
def test_a_dropped_model_is_freed(small, asked):
    model = SettlementModel(None, small, rng=1, end_year=2028)
    if asked:
        assert len(model.agents)
    finish(model)
    there = weakref.ref(model)
    del model
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
def test_batch_run():
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
    assert (last.nunique() == 2).all()  # every iteration has a seed of its own
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
