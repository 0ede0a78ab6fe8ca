"""The table of GPs, and the view on one row."""

import copy
import pickle
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm import GP, SettlementModel, practices
from abm.population import NOWHERE, Block, Population, Status, at_work, posts
from abm.randomness import gp_keys
from regions.people import ROLES, Role
from tests.abm.conftest import gps

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


def of_birth(years):
    """The columns of GPs born in these years."""
    more = gps(birth=years)
    return {name: getattr(more, name) for name in NAMES}


@given(st.lists(st.lists(st.integers(1900, 2000), max_size=5), max_size=8), st.data())
def test_what_is_appended_follows_what_the_columns_hold_then(batches, data):
    """Whether they have room, were copied, pickled, written to, or replaced by others or by their own part."""
    population, expected = Population(), np.empty(0, dtype=np.int16)
    for batch in batches:
        population.append(**of_birth(np.array(batch, dtype=np.int16)))
        expected = np.append(expected, batch).astype(np.int16)
        match data.draw(st.sampled_from(["nothing", "deepcopy", "pickle", "write", "reverse", "replace"])):
            case "deepcopy":
                left, population = population, copy.deepcopy(population)
                left.append(**of_birth([1800, 1801]))
            case "pickle":
                population = pickle.loads(pickle.dumps(population))
            case "write":
                population.birth[:1] = expected[:1] = 1850
            case "reverse":
                population.birth = population.birth[::-1]
                expected = expected[::-1]
            case "replace":
                population.birth = expected = expected + np.int16(1)
        assert population.birth.tolist() == expected.tolist()
        assert population.birth.dtype == np.int16
        assert {len(getattr(population, name)) for name in NAMES} == {len(expected)}


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


# --- where GPs work ---


def test_posts_by_hand():
    population = gps(region=[4, 2, 7, 1], second=[NOWHERE, 3, 5, NOWHERE], third=[NOWHERE, NOWHERE, 6, NOWHERE])
    found = posts(population, np.array([2, 0, 1]))
    assert found.who.tolist() == [0, 1, 2, 0, 2, 0]
    assert found.region.tolist() == [7, 4, 2, 5, 3, 6]
    np.testing.assert_allclose(found.share, [1 / 3, 1, 1 / 2, 1 / 3, 1 / 2, 1 / 3])


def test_those_at_work_by_hand():
    population = gps(
        status=[Status.WORKING, Status.LEFT, Status.WORKING, Status.IN_TRAINING, Status.WORKING],
        block=[0, 1, 2, 3, 4], sex=[0, 1, 1, 0, 0], birth=[1960, 1961, 1970, 2000, 1985], role=[0, 1, 2, 3, 3],
        practice=[7, 8, NOWHERE, 9, 5], region=[2, 0, 1, 0, 3], second=[NOWHERE, NOWHERE, 2, 1, NOWHERE],
    )  # fmt: skip
    found = at_work(population, 2030)
    assert len(found) == 3
    assert found.rows.tolist() == [0, 2, 4]
    assert found.block.tolist() == [0, 2, 4]
    assert found.sex.tolist() == [0, 1, 0]
    assert found.age.tolist() == [70, 60, 45]
    assert found.role.tolist() == [0, 2, 3]
    assert found.practice.tolist() == [7, NOWHERE, 5]
    assert found.region.tolist() == [2, 1, 3]
    assert found.posts.region.tolist() == [2, 1, 3, 2]
    assert found.posts.divide(np.array([0.9, 0.8, 0.7])).tolist() == [0.9, 0.4, 0.7, 0.4]
    assert len(at_work(gps(2, status=Status.LEFT), 2030)) == 0


def test_posts_of_nobody():
    found = posts(gps(3), np.arange(0))
    assert [len(column) for column in (found.who, found.region, found.share)] == [0, 0, 0]


@given(
    st.lists(
        st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True),
        min_size=1,
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_the_posts_of_a_gp_are_its_regions_and_add_up_to_one(work, random):
    places = np.array([[*regions, NOWHERE, NOWHERE][:3] for regions in work])
    population = gps(region=places[:, 0], second=places[:, 1], third=places[:, 2])
    rows = np.array(random.sample(range(len(work)), len(work)))
    found = posts(population, rows)
    np.testing.assert_allclose(np.bincount(found.who, found.share), 1)
    assert found.region[: len(rows)].tolist() == [work[row][0] for row in rows]
    for i, row in enumerate(rows):
        here = found.who == i
        assert found.region[here].tolist() == work[row]
        np.testing.assert_allclose(found.share[here], 1 / len(work[row]))


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
    assert (gp.base_region[stock] == gp.region[stock]).all()
    assert gp.wants_practice[stock & (gp.role == Role.HOLDER)].all()
    assert (gp.registered[stock] <= 2025).all()


def test_holders_of_the_base_year_fill_the_places_that_are_not_open(start):
    gp, there = start.population, start.practices
    holder = gp.rows(Status.WORKING)[gp.role[gp.rows(Status.WORKING)] == Role.HOLDER]
    assert (there.region[gp.practice[holder]] == gp.region[holder]).all()
    held = np.bincount(gp.practice[holder], minlength=len(there))
    assert (held <= there.places).all()
    assert there.places.sum() - held.sum() == start._fixed.practices.open_places.sum() > 0


def test_the_base_year_has_its_salaried_gps_and_fixed_locums_in_practices_of_their_region(start):
    gp, there = start.population, start.practices
    employed = np.isin(gp.role, [Role.SALARIED, Role.FIXED_LOCUM])
    assert (there.region[gp.practice[employed]] == gp.region[employed]).all()
    assert there.runs[gp.practice[employed]].all()
    assert (gp.practice[gp.role == Role.CHANGING_LOCUM] == NOWHERE).all()


def test_those_in_training_are_as_many_as_in_the_national_model(start):
    gp = start.population
    trainees = gp.rows(Status.IN_TRAINING)
    assert len(trainees) == pytest.approx(start._fixed.path.in_training[Block.TRAINING, :, 0].sum(), abs=1)
    assert set(gp.finish[trainees]) == {2026, 2027, 2028, 2029}
    for column in (gp.region, gp.registered, gp.since, gp.second, gp.third, gp.base_region, gp.practice):
        assert (column[trainees] == NOWHERE).all()
    assert (gp.site[trainees] != NOWHERE).all()
    assert (gp.origin[trainees] != NOWHERE).all()


def test_who_comes_from_abroad_has_no_site_origin_or_partner(baseline):
    gp = baseline.population
    abroad = gp.block == Block.ABROAD
    assert abroad.sum() == pytest.approx(18 * 14, abs=10)
    for column in (gp.site, gp.origin, gp.partner, gp.base_region):
        assert (column[abroad] == NOWHERE).all()
    others = gp.site[~abroad]
    assert (others != NOWHERE).all()


def test_who_never_registered_has_no_region_and_no_diploma(baseline):
    gp = baseline.population
    never = gp.registered == NOWHERE
    assert (gp.region[never] == NOWHERE).all()
    assert not (gp.completes & never & (gp.status == Status.LEFT)).any()


# --- one GP ---


@pytest.fixture
def model(small):
    return SettlementModel(None, small, rng=1)


def one(model, status=Status.WORKING) -> GP:
    return next(iter(model.agents.select(lambda gp: model.population.status[gp.row] == status)))


def employed(model, role) -> GP:
    """A working GP with this role."""
    return next(iter(model.agents.select(lambda gp: gp.role == role)))


def snapshot(model, gp) -> dict[str, object]:
    """Everything that the columns hold of a GP."""
    return {name: getattr(model.population, name)[gp.row].item() for name in NAMES}


def test_a_view_reads_its_row(model, small):
    gp, column = one(model), model.population
    row = gp.row
    assert gp.unique_id == column.key[row]
    assert gp.region is small.members[column.region[row]]
    assert gp.role == ROLES[column.role[row]]
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
    column.second[row], column.third[row] = NOWHERE, NOWHERE
    assert gp.regions == (gp.region,)


def test_a_view_in_training(model):
    gp = one(model, Status.IN_TRAINING)
    assert (gp.role, gp.region, gp.fte, gp.active) == ("in_training", None, 0.0, True)
    assert (gp.regions, gp.practice) == ((), None)
    assert gp.age == 2025 - model.population.birth[gp.row]
    assert 20 < gp.age < 45
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
    assert gp.regions == (there,)
    assert model.population.region[gp.row] == 2
    assert model.population.since[gp.row] == 2026


def test_who_moves_where_they_are_stays(model):
    gp = employed(model, "holder")
    before = snapshot(model, gp)
    gp.region = gp.region
    assert snapshot(model, gp) == before


@pytest.mark.parametrize("role", ROLES)
def test_who_moves_leaves_practice_and_other_regions_behind(model, role):
    gp, column = employed(model, role), model.population
    was = gp.practice
    column.second[gp.row], column.third[gp.row] = NOWHERE, NOWHERE
    if role.endswith("locum"):
        column.second[gp.row] = (column.region[gp.row] + 1) % 3
    gp.region = (column.region[gp.row] + 2) % 3
    assert gp.role == ("fixed_locum" if role == "holder" else role)
    assert gp.practice is None
    assert gp.regions == (gp.region,)
    if role == "holder":
        assert model.practices.places[was.row] - was.holders == 1


def test_a_gp_cannot_go_where_there_is_nothing(model):
    gp = one(model)
    before = gp.region
    with pytest.raises(ValueError, match="RA9999"):
        gp.region = "RA9999"
    with pytest.raises(ValueError, match="3"):
        gp.region = 3
    assert gp.region is before


@pytest.mark.parametrize("new", ROLES)
@pytest.mark.parametrize("was", ROLES)
def test_changing_the_role_of_a_gp(model, was, new):
    gp, column = employed(model, was), model.population
    practice = gp.practice
    gp.role = new
    assert gp.role == new
    assert ROLES[column.role[gp.row]] == new
    if was == new or (new in ("salaried", "fixed_locum") and was != "changing_locum"):
        assert gp.practice == practice  # established where they were
    elif new == "holder":
        assert gp.practice.region is gp.region
    else:
        assert gp.practice is None


def test_a_new_holder_takes_the_first_open_place_of_the_region(model):
    gp, there = employed(model, "changing_locum"), model.practices
    unfilled = practices.open_places(there, model.population)
    first = np.flatnonzero((unfilled > 0) & (there.region == model.population.region[gp.row]))[0]
    gp.role = "holder"
    assert gp.practice == model.practice(int(first))
    assert practices.open_places(there, model.population)[first] == unfilled[first] - 1


def test_a_holder_needs_an_open_place(model):
    gp, there = employed(model, "fixed_locum"), model.practices
    here = there.region == model.population.region[gp.row]
    there.places[here] -= practices.open_places(there, model.population)[here].astype(np.int16)
    before = snapshot(model, gp)
    with pytest.raises(ValueError, match=f"no open place for a holder in {gp.region.name}"):
        gp.role = "holder"
    assert snapshot(model, gp) == before
    other = next(o for o in model.agents if o.role == "holder" and o.region is gp.region)
    practice = other.practice
    other.role = "salaried"
    assert other.practice == practice
    gp.role = "holder"  # the place that came free
    assert gp.practice == practice
    with pytest.raises(ValueError, match="no open place"):
        other.role = "holder"


@pytest.mark.parametrize(("role", "kept"), list(zip(ROLES, (1, 1, 3, 3), strict=True)))
def test_locums_alone_work_in_several_regions(model, small, role, kept):
    gp, column = employed(model, "changing_locum" if role == "fixed_locum" else "fixed_locum"), model.population
    home = int(column.region[gp.row])
    column.second[gp.row], column.third[gp.row] = (home + 1) % 3, (home + 2) % 3
    assert gp.regions == tuple(small.members[(home + k) % 3] for k in range(3))
    gp.role = role
    assert gp.regions == tuple(small.members[(home + k) % 3] for k in range(kept))


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


# --- one practice ---


def test_the_practice_of_a_gp(model, small):
    gp, there = employed(model, "holder"), model.practices
    practice, row = gp.practice, model.population.practice[gp.row]
    assert practice == model.practice(row)
    assert practice.region is gp.region
    towns = small.municipalities
    assert towns.region[towns.name.index(practice.municipality)] == gp.region.index
    at_work = [o for o in model.agents if o.practice == practice]
    assert practice.holders == sum(o.role == "holder" for o in at_work)
    assert practice.places == there.places[row] >= practice.holders >= 1
    assert practice.form == ("solo", "duo", "group")[min(len(at_work), 3) - 1]
    assert practice.state == "open"
    assert practice.patients == there.patients[row] > 0
    assert practice.municipality in repr(practice)


def test_practices_can_be_counted_and_compared(model, small):
    other = SettlementModel(None, small, rng=1)
    assert model.practice(3) == model.practice(3) != model.practice(4)
    assert model.practice(3) != other.practice(3)
    assert model.practice(3) != 3
    assert len({model.practice(3), model.practice(3), model.practice(4), other.practice(3)}) == 3


@pytest.mark.parametrize("row", [-1, 10_000])
def test_a_practice_that_does_not_exist(model, row):
    with pytest.raises(IndexError, match=f"practice {row} does not exist"):
        model.practice(row)


def test_a_practice_whose_holder_leaves_has_an_open_place(model):
    gp = next(o for o in model.agents if o.role == "holder" and o.practice.form == "solo")
    practice = gp.practice
    gp.remove()
    assert (practice.holders, practice.form) == (0, "nobody")
    assert model.open_practice(practice.region.index) <= practice.row
