"""The model from 2013 against what was published since: its tables, its start, its naive forecasts, and a run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import regions
from abm import careers, national
from abm.population import Block
from experiments import backcast, ensemble, parameter_sets
from experiments.backcast import FIRST_YEAR, LAST_YEAR, MISSES, YEARS
from experiments.targets import AGREES
from regions.people import Role

PUBLISHED = regions.tables.read(regions.load().folder, "evidence").set_index("id")["value"]
ALONE = r"E\d+"
ROLES = ("practice holders", "salaried GPs and fixed locums", "changing locums", "GPs without a practice of their own")
KEPT_ASIDE = (2018, 2019, 2021)


def inputs_table() -> pd.DataFrame:
    return pd.read_csv(backcast.FOLDER / "inputs.csv")


def ids(column: pd.Series) -> set[str]:
    return set(column.dropna().str.findall(ALONE).explode().dropna())


# The tables


def test_a_figure_with_one_source_is_that_of_the_evidence() -> None:
    table = backcast.observed()
    table = table[table["evidence"].str.fullmatch(ALONE) & table["observed"].notna() & (table["evidence"] != "E552")]
    assert len(table) > 50
    assert table["observed"].tolist() == PUBLISHED[table["evidence"]].astype(float).tolist()


def test_successors_found_are_the_rest_of_those_not_found() -> None:
    found = backcast.observed().set_index("evidence")["observed"]["E552"]
    assert found == 100 - float(PUBLISHED["E552"])


def test_a_published_input_with_one_source_is_that_of_the_evidence() -> None:
    table = inputs_table()
    table = table[(table["quality"] == "published") & table["evidence"].str.fullmatch(ALONE)]
    table = table[table["evidence"] != "E505"]  # over ten years
    given, published = table["value"].to_numpy(), PUBLISHED[table["evidence"]].astype(float).to_numpy()
    assert len(table) > 20
    assert np.all(np.isclose(given, published) | np.isclose(given, published / 100))


def test_plan_of_2025_is_what_roles_are_held_against() -> None:
    table = backcast.observed().set_index("evidence")["observed"]
    plan = regions.load().national
    names = [name for name in table.index if name.startswith("werkzaam_") and "," not in name]
    assert len(names) == 3
    assert table[names].tolist() == [plan[name] for name in names]


def test_nothing_is_both_put_in_and_tested() -> None:
    assert not ids(inputs_table()["evidence"]) & ids(backcast.observed()["evidence"])


def test_roles_that_are_kept_aside_are_not_used() -> None:
    table = backcast.observed()
    assert set(ROLES) <= set(table["quantity"])
    assert not set(table.loc[table["quantity"].isin(ROLES), "year"]) & set(KEPT_ASIDE)
    assert not {"E225", "E226", "E227"} & (ids(inputs_table()["evidence"]) | ids(table["evidence"]))


def test_every_input_has_a_quality() -> None:
    table = inputs_table()
    assert set(table.loc[table["name"] != "basisjaar", "quality"]) == {"published", "derived", "assumed"}


def test_every_figure_is_of_a_known_quantity_area_and_year() -> None:
    data, table = regions.load(), backcast.observed()
    assert set(table["quantity"]) == set(backcast.quantities())
    assert all(backcast.area(data, name).any() for name in table["region"])
    assert table["year"].isin(YEARS).all()
    assert (table["at_least"] <= table["at_most"]).all()
    assert np.isfinite(table[["at_least", "at_most"]]).any(axis=1).all()


def test_provinces_divide_the_nation() -> None:
    data = regions.load()
    provinces = {member.province for member in data.members}
    assert np.sum([backcast.area(data, name) for name in provinces], axis=0).tolist() == [1] * len(data)
    assert backcast.area(data, "").all()
    assert backcast.area(data, "RA1222").tolist() == backcast.area(data, "Zeeland").tolist()


def test_inhabitants_are_there_for_every_region_and_year_and_end_where_the_shipped_ones_begin() -> None:
    data = regions.load()
    table = pd.read_csv(backcast.FOLDER / "inhabitants.csv").pivot_table(
        index="year", columns="region", values="persons"
    )
    assert table.index.tolist() == list(YEARS)
    assert table.columns.tolist() == sorted(data.codes)
    assert table.loc[LAST_YEAR, list(data.codes)].to_numpy() == pytest.approx(data.inhabitants[0], abs=1)
    # 16,779,575 on 1 January 2013 (CBS); borders moved since
    assert table.loc[FIRST_YEAR].sum() == pytest.approx(16_779_575, abs=1000)
    assert table.pct_change().abs().max().max() < 0.03


def test_intake_is_known_from_three_years_before_the_start() -> None:
    years = [int(year) for year in backcast.inputs()["intake"]]
    assert years == list(range(FIRST_YEAR - 3, LAST_YEAR))
    run = backcast.scenario()
    assert run.intake_in(2017) == 720
    assert run.intake_in(2021) == 813
    assert run.intake_current == (620 + 670 + 720 + 720) / 4


def test_a_figure_leaves_open_half_of_its_last_digit_unless_more_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backcast, "FOLDER", tmp_path)
    rows = ("a,,2014,11573,,,E1,", "a,,2015,39.0,,,E1,", "a,,2016,2500,2300,2500,E1,", "a,,2017,-5.7,,,E1,",
            "a,,2018,,0,,E1,", "a,,2019,,,0,E1,", "a,,2020,1.047,1.023,1.071,E1,")  # fmt: skip
    header = "quantity,region,year,observed,at_least,at_most,evidence,note"
    (tmp_path / "observed.csv").write_text("\n".join((header, *rows)), encoding="utf-8")
    found = backcast.observed()
    ends = found[["at_least", "at_most"]].to_numpy().tolist()
    assert ends == [
        [11572.5, 11573.5], [38.95, 39.05], [2300, 2500], [-5.75, -5.65], [0, np.inf], [-np.inf, 0], [1.023, 1.071],
    ]  # fmt: skip
    assert found["digits"].tolist() == [1, 2, 1, 2, backcast.EXACT, backcast.EXACT, 4]


def test_no_range_has_more_digits_than_are_compared() -> None:
    """Rounding what is simulated can then not take it out of a range in which it lies."""
    table = backcast.observed()
    for row in table.itertuples():
        assert row.at_least == round(row.at_least, row.digits)
        assert row.at_most == round(row.at_most, row.digits)


def test_behaviour_is_the_baseline_unless_given() -> None:
    changed = {"name", "end_year", "intake_current", "intake", "open_at_start", "places_per_practice"}
    baseline, past = type(backcast.scenario())().model_dump(), backcast.scenario().model_dump()
    assert {name for name in past if past[name] != baseline[name]} == changed
    other = backcast.scenario({"tightness": 1.0, "open_at_start": 0.5})
    assert other.tightness == 1.0
    assert other.open_at_start == backcast.scenario().open_at_start  # of the start, not of behaviour


@pytest.mark.slow
def test_a_seed_draws_the_behaviour_of_a_member_and_nothing_of_the_time() -> None:
    for seed in (1, 2):
        run, start = backcast.drawn(seed)
        member = ensemble.draw(seed).behaviour
        usual, theirs = backcast.scenario(), ensemble.members()[member]
        for free in parameter_sets.free_parameters():
            wanted = usual.open_at_start if free.name == "open_at_start" else theirs[free.name]
            assert getattr(run, free.name) == wanted, free.name
        assert run.model_copy(update={name: getattr(usual, name) for name in theirs}) == usual
        alpha = pd.read_csv(ensemble.ATTRACTIVENESS).query("member == @member").set_index("region")["alpha"]
        assert start.alpha.tolist() == alpha[list(start.codes)].tolist()
        assert start.workforce is backcast.past().workforce


# Values by hand: two years from 2013, two regions


def counts(**named: list[list[float]]) -> dict[str, np.ndarray]:
    return {name: np.array(values, dtype=float) for name, values in named.items()}


HERE = np.array([True, False])
BOTH = np.array([True, True])


def quantity(of: str, over: str = "", **changes: object) -> dict[str, object]:
    return {"of": of, "over": over, "scale": 1.0, "against_nation": False, "since": np.nan, **changes}


def test_value_of_a_count_a_ratio_a_share_and_growth() -> None:
    found = counts(gps=[[10, 30], [15, 45]], inhabitants=[[100, 100], [150, 50]])
    assert backcast.value(quantity("gps"), found, BOTH, 2014) == 60
    assert backcast.value(quantity("gps", "inhabitants", scale=100), found, HERE, 2013) == 10
    assert backcast.value(quantity("gps", "inhabitants", scale=100), found, BOTH, 2013) == 20
    share = quantity("gps", scale=100, against_nation=True)
    assert backcast.value(share, found, HERE, 2014) == 25
    density = quantity("gps", "inhabitants", against_nation=True)
    assert backcast.value(density, found, HERE, 2014) == pytest.approx((15 / 150) / (60 / 200))
    assert backcast.value(quantity("gps", since=2013), found, HERE, 2014) == pytest.approx(50)
    assert backcast.value(quantity("gps", "inhabitants", since=2013), found, HERE, 2014) == pytest.approx(0)


def test_value_keeps_replications_apart_and_is_nan_where_nothing_is_counted() -> None:
    found = counts(gps=[[10, 30], [15, 45]])
    twice = {"gps": np.stack([found["gps"], 2 * found["gps"]])}
    assert backcast.value(quantity("gps"), twice, HERE, 2014).tolist() == [15, 30]
    assert np.isnan(backcast.value(quantity("holders", "gps"), found, HERE, 2014))
    assert np.isnan(backcast.value(quantity("holders", since=2013), found, HERE, 2014))


def test_naive_forecasts_divide_the_nation_of_the_year() -> None:
    found = counts(
        gps=[[10, 30], [15, 65]],
        fte=[[10, 10], [12, 12]],
        fte_established=[[5, 5], [6, 6]],
        demand_fte=[[20, 20], [30, 10]],
        inhabitants=[[100, 100], [150, 50]],
        holders=[[7, 7], [8, 8]],
    )
    stays, shift = backcast.naive(found, grown=False), backcast.naive(found, grown=True)
    assert stays["gps"].tolist() == [[10, 30], [20, 60]]
    # weights 10 * 1.5 and 30 * 0.5
    assert shift["gps"].tolist() == [[10, 30], [40, 40]]
    assert shift["fte"].tolist() == [[10, 10], [18, 6]]
    assert shift["inhabitants"] is found["inhabitants"]
    assert "holders" not in stays


def rows(**changes: object) -> pd.DataFrame:
    one = {
        "quantity": "density", "region": "A", "year": 2014, "observed": 3.0, "at_least": 2.5, "at_most": 3.5,
        "simulated": 4.5, "low": 4.0, "high": 5.0, "naive_stays": 3.2, "naive_shift": 1.5, "difference": 1.0,
        "verdict": MISSES, "note": "",
    }  # fmt: skip
    return pd.DataFrame([{**one, **changes}])


def test_skill_is_the_distance_from_the_published_range() -> None:
    second = rows(observed=np.nan, at_least=0.0, at_most=np.inf, simulated=2.0, naive_stays=-4.0, naive_shift=-1.0)
    nation = rows(quantity="all", naive_stays=np.nan)
    found = backcast.skill(pd.concat([rows(), second, nation]))
    assert found["quantity"].tolist() == ["density"]
    line = found.iloc[0]
    assert line["figures"] == 2
    assert line["error_simulated"] == pytest.approx(np.sqrt((1.0 + 0.0) / 2))
    assert line["error_naive_stays"] == pytest.approx(np.sqrt((0.0 + 16.0) / 2))
    assert line["error_naive_shift"] == pytest.approx(np.sqrt((1.0 + 1.0) / 2))
    assert line[["right_simulated", "right_naive_stays", "right_naive_shift"]].tolist() == [1, 1, 0]


# The start


@pytest.mark.slow
def test_start_has_the_published_gps() -> None:
    force, data = backcast.past().workforce, backcast.past()
    by_role = np.bincount(force.role, force.persons)
    assert by_role[Role.HOLDER] == 7860
    assert by_role[Role.SALARIED] + by_role[Role.FIXED_LOCUM] == 1234
    assert by_role[Role.CHANGING_LOCUM] == 2201
    women = force.sex == 0
    assert force.persons[women].sum() == round(0.48 * 11295)
    assert force.persons[women & (force.role == Role.HOLDER)].sum() == round(0.371 * 7860)
    fte = [force.fte[force.sex == sex].sum() / force.persons[force.sex == sex].sum() for sex in (0, 1)]
    assert fte == pytest.approx([0.71, 0.79])
    old = force.age >= 50
    assert force.persons[old].sum() / force.persons.sum() == pytest.approx(0.424, abs=0.02)
    drenthe = force.region == data.index("RA0102")
    assert force.persons[drenthe & old].sum() > 1.03 * force.persons[drenthe].sum() * force.persons[old].sum() / 11295


@pytest.mark.slow
def test_start_leaves_the_shipped_regions_alone_and_cannot_be_written_to() -> None:
    past, now = backcast.past(), regions.load()
    assert now.base_year == 2025
    assert past.fingerprint != now.fingerprint
    assert past.demand_share.sum(axis=1) == pytest.approx(np.ones(len(past.demand_share)))
    for array in (past.inhabitants, past.demand_share, past.workforce.persons):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.slow
def test_shipped_exit_hazards_give_the_outflow_of_the_plan_of_2009() -> None:
    """The factor on the hazards is near 1 in every year: nothing of the exits is fitted."""
    data = backcast.past()
    path = national.project(national.NationalParameters.from_table(data.national))
    stock = path.heads[Block.STOCK]
    assert 1 - stock[:, 10] / stock[:, 0] == pytest.approx([0.192, 0.382])
    exits = careers.exits(path, data)
    hazard = data.exit_hazard[np.searchsorted(data.exit_age, 60, side="right") - 1]
    kappa = -np.log(1 - exits.stock[:, 1 : LAST_YEAR - FIRST_YEAR + 1, 60]) / hazard
    assert 0.75 < kappa.min() < kappa.max() < 1.25


# A run


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return backcast.run(replications=3, seed=1)


@pytest.mark.slow
def test_run_answers_every_figure(found: pd.DataFrame) -> None:
    assert found["quantity"].tolist() == backcast.observed()["quantity"].tolist()
    assert np.isfinite(found[["simulated", "low", "high"]]).all(axis=None)
    assert (found["low"] <= found["simulated"]).all()
    assert (found["simulated"] <= found["high"]).all()
    inside = (found["high"] >= found["at_least"]) & (found["low"] <= found["at_most"])
    assert ((found["verdict"] == AGREES) == inside).all()
    regional = found["region"] != ""
    assert found.loc[~regional, "naive_stays"].isna().all()
    of_gps = found["quantity"].str.contains("per inhabitant|share of|demand over")
    assert found.loc[regional & of_gps, ["naive_stays", "naive_shift"]].notna().all(axis=None)


@pytest.mark.slow
def test_forecasts_and_model_start_from_the_same_regions_and_make_the_same_nation() -> None:
    counted = backcast.simulate({}, seed=1)
    for grown in (False, True):
        forecast = backcast.naive(counted, grown)
        assert forecast["gps"][0] == pytest.approx(counted["gps"][0])
        assert forecast["gps"].sum(axis=1) == pytest.approx(counted["gps"].sum(axis=1))
    assert counted["gps"].sum(axis=1)[0] == pytest.approx(11295)
    assert counted["holders"] + counted["without_practice"] == pytest.approx(counted["gps"])
    assert counted["women"] + counted["men"] == pytest.approx(counted["gps"])
    forms = counted["solo"] + counted["duo"] + counted["group"]
    assert forms.sum(axis=1) == pytest.approx(counted["established"].sum(axis=1), rel=1e-3)
    assert counted["practices"].sum(axis=1)[0] == pytest.approx(5044, abs=10)
    people = pd.read_csv(backcast.FOLDER / "inhabitants.csv").groupby("year")["persons"].sum()
    assert counted["inhabitants"].sum(axis=1) == pytest.approx(people.to_numpy())


@pytest.mark.slow
def test_same_seed_same_rows_and_other_behaviour_other_rows(found: pd.DataFrame) -> None:
    again = backcast.run(replications=3, seed=1)
    pd.testing.assert_frame_equal(again, found)
    other = backcast.run(replications=3, seed=1, behaviour={"wants_practice": 0.3})
    last = (found["quantity"] == "practice holders") & (found["year"] == LAST_YEAR)
    assert last.sum() == 1
    assert other.loc[last, "simulated"].item() < found.loc[last, "simulated"].item() - 300


@pytest.mark.slow
def test_intervals_hold_behaviour_beside_chance() -> None:
    """With six runs: the same luck, wider where behaviour decides; at the start nothing differs."""
    drawn, luck = (backcast.run(replications=6, seed=1, behaviour=one) for one in (None, {}))
    wide, narrow = (rows["high"] - rows["low"] for rows in (drawn, luck))
    decided = drawn["quantity"].isin(["changing locums", "practices"]) & (drawn["year"] >= 2020)
    assert decided.sum() > 5
    assert (wide[decided] > 2 * narrow[decided]).all()
    start = drawn["evidence"] == "E297"
    assert drawn.loc[start, ["low", "high"]].to_numpy().tolist() == [[4.05, 4.05]]
    assert drawn.loc[start, "verdict"].item() == AGREES  # 4.0496 is 4.05, which 4.1 leaves open


@pytest.mark.slow
def test_model_stays_near_what_happened_nationally(found: pd.DataFrame) -> None:
    """Wide bounds, so that a broken start or intake shows: misses themselves are reported, not tested."""
    nation = found[(found["region"] == "") & found["quantity"].isin(["GPs at work", "practice holders", "practices"])]
    assert (nation["simulated"] / nation["observed"]).between(0.9, 1.1).all()
    women = found[found["quantity"] == "women (%)"]
    assert (women["simulated"] - women["observed"]).abs().max() < 3
