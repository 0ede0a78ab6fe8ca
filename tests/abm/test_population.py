"""The table of GPs, and the view on one row."""

from dataclasses import fields

import numpy as np
import pytest

from abm import GP, SettlementModel
from abm.population import NOWHERE, ROLE_NAMES, Block, Population, Role, Status
from abm.randomness import gp_keys
from tests.abm.test_careers import gps

NAMES = [f.name for f in fields(Population)]


# --- the table ---


def test_rows_are_appended_at_the_end_and_keep_their_place():
    population = gps(3, region=[4, 5, 6])
    columns = {name: getattr(population, name).copy() for name in NAMES}
    rows = population.append(**{**columns, "key": gp_keys(9, np.arange(3)), "region": 7})
    assert rows.tolist() == [3, 4, 5]
    assert len(population) == 6
    assert population.region.tolist() == [4, 5, 6, 7, 7, 7]
    for name in NAMES:
        np.testing.assert_array_equal(getattr(population, name)[:3], columns[name])
        assert len(getattr(population, name)) == 6


def test_columns_keep_their_type():
    empty, full = Population(), gps(3)
    for name in NAMES:
        assert getattr(full, name).dtype == getattr(empty, name).dtype, name
    assert full.key.dtype == np.uint32


def test_nobody_can_be_appended():
    population = gps(2)
    nobody = {name: getattr(population, name)[:0] for name in NAMES}
    assert population.append(**nobody).tolist() == []
    assert len(population) == 2


def test_every_column_must_be_given():
    population = gps(2)
    columns = {name: getattr(population, name) for name in NAMES}
    with pytest.raises(TypeError, match="origin"):
        population.append(**{name: values for name, values in columns.items() if name != "origin"})
    with pytest.raises(TypeError, match="salary"):
        population.append(**columns, salary=1)
    assert len(population) == 2


def test_rows_by_status():
    population = gps(status=[0, 1, 2, 1])
    assert [population.rows(status).tolist() for status in Status] == [[0], [1, 3], [2]]


# --- the GPs that a model starts with ---


@pytest.fixture(scope="module")
def start(data):
    return SettlementModel(None, data, rng=1)


def test_the_stock_is_the_workforce_of_the_data(start, data):
    gp, force = start.population, data.workforce
    stock = gp.block == Block.STOCK
    found = np.stack([gp.region[stock], gp.sex[stock], 2025 - gp.birth[stock], gp.role[stock]])
    cells, persons = np.unique(found, axis=1, return_counts=True)
    given = np.stack([force.region, force.sex, force.age, force.role])[:, force.persons > 0]
    order = np.lexsort(given[::-1])
    np.testing.assert_array_equal(cells, given[:, order])
    np.testing.assert_array_equal(persons, force.persons[force.persons > 0][order])
    assert (gp.home[stock] == gp.region[stock]).all()
    assert gp.wants_practice[stock & (gp.role == Role.HOLDER)].all()
    assert (gp.registered[stock] <= 2025).all()


def test_those_in_training_are_as_many_as_in_the_national_model(start):
    gp = start.population
    trainees = gp.rows(Status.IN_TRAINING)
    assert len(trainees) == pytest.approx(start._fixed.path.in_training[Block.TRAINING, :, 0].sum(), abs=1)
    assert set(gp.finish[trainees]) == {2026, 2027, 2028, 2029}
    for column in (gp.region, gp.registered, gp.since, gp.home):
        assert (column[trainees] == NOWHERE).all()
    assert (gp.site[trainees] != NOWHERE).all()
    assert (gp.origin[trainees] != NOWHERE).all()


def test_keys_are_unique_however_many_enter(baseline):
    key = baseline.population.key
    assert len(np.unique(key)) == len(key)


def test_who_comes_from_abroad_has_no_site_origin_or_partner(baseline):
    gp = baseline.population
    abroad = gp.block == Block.ABROAD
    assert abroad.sum() == pytest.approx(18 * 14, abs=10)
    for column in (gp.site, gp.origin, gp.partner, gp.home):
        assert (column[abroad] == NOWHERE).all()
    others = gp.site[~abroad]
    assert (others != NOWHERE).all()


def test_working_gps_have_a_region_and_others_none(baseline):
    gp = baseline.population
    assert (gp.region[gp.rows(Status.WORKING)] != NOWHERE).all()
    assert (gp.region[gp.rows(Status.IN_TRAINING)] == NOWHERE).all()
    never = gp.registered == NOWHERE
    assert (gp.region[never] == NOWHERE).all()
    assert not (gp.completes & never & (gp.status == Status.LEFT)).any()


# --- one GP ---


@pytest.fixture
def model(small):
    return SettlementModel(None, small, rng=1)


def one(model, status=Status.WORKING) -> GP:
    return next(iter(model.agents.select(lambda gp: model.population.status[gp.row] == status)))


def test_a_view_reads_its_row(model, small):
    gp, column = one(model), model.population
    row = gp.row
    assert gp.unique_id == column.key[row]
    assert gp.region is small.members[column.region[row]]
    assert gp.role == ROLE_NAMES[column.role[row]]
    assert gp.age == 2025 - column.birth[row]
    assert gp.sex in ("women", "men")
    assert gp.training_site == small.sites[column.site[row]].name
    assert gp.origin is small.members[column.origin[row]]
    assert gp.active
    fixed = model._fixed
    usual = fixed.fte_per_head[0, column.sex[row], column.role[row]] * fixed.fte_factor[column.region[row]]
    assert gp.fte == pytest.approx(float(usual))
    column.partner[row], column.origin[row], column.site[row] = 2, NOWHERE, NOWHERE
    assert gp.partner_region is small.members[2]
    assert gp.origin is None
    assert gp.training_site is None


def test_a_view_in_training(model):
    gp = one(model, Status.IN_TRAINING)
    assert (gp.role, gp.region, gp.fte, gp.active) == ("in_training", None, 0.0, True)
    assert 25 < gp.age < 45
    with pytest.raises(ValueError, match="working"):
        gp.region = 0
    with pytest.raises(ValueError, match="holder"):
        gp.role = "holder"


@pytest.mark.parametrize("as_written", ["RA0204", "2024RA0204", "index", "region"])
def test_moving_a_gp(model, small, as_written):
    model.step()
    there = small.members[2]
    gp = one(model)
    model.population.since[gp.row] = 2000
    gp.region = {"index": 2, "region": there}.get(as_written, as_written)
    assert gp.region is there
    assert model.population.region[gp.row] == 2
    assert model.population.since[gp.row] == 2026


def test_a_gp_cannot_go_where_there_is_nothing(model):
    gp = one(model)
    before = gp.region
    with pytest.raises(ValueError, match="RA9999"):
        gp.region = "RA9999"
    with pytest.raises(ValueError, match="3"):
        gp.region = 3
    assert gp.region is before


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_changing_the_role_of_a_gp(model, role):
    gp = one(model)
    gp.role = role
    assert gp.role == role
    assert ROLE_NAMES[model.population.role[gp.row]] == role


@pytest.mark.parametrize("role", ["in_training", "locum", "", None])
def test_a_role_that_is_none(model, role):
    with pytest.raises(ValueError, match="fixed_locum"):
        one(model).role = role


def test_who_left_keeps_the_last_role_and_region(model):
    gp = one(model)
    role, region = gp.role, gp.region
    gp.remove()
    assert (gp.role, gp.region, gp.fte, gp.active) == (role, region, 0.0, False)
    with pytest.raises(ValueError, match="working"):
        gp.region = 0
    trainee = one(model, Status.IN_TRAINING)
    trainee.remove()
    assert (trainee.role, trainee.active) == ("in_training", False)


def test_gps_enter_through_the_model_only(model):
    for way_in in (GP.create_agents, GP.from_dataframe):
        with pytest.raises(TypeError, match="intake"):
            way_in(model, 3)
