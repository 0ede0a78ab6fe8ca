"""Draws of the base year and of the forecast: what they keep, how far they spread, and that they repeat."""

from __future__ import annotations

import pickle
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regions
from abm import SettlementModel
from regions import Regions, build, demand, regroup, uncertainty
from regions.uncertainty import base_year, forecast
from tests.abm.conftest import part
from tests.regions.conftest import Folder

PROVINCES = Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv"
DRAWS = range(1, 41)
BORDERS = {"RA0511": -19_334, "RA0616": 19_334}  # Weesp, counted in Gooi en Vechtstreek before 2023

Draw = Callable[[Regions, int], Regions]
Mask = Callable[[regions.Workforce], np.ndarray]


@pytest.fixture(scope="module")
def workforces(data: Regions) -> list[regions.Workforce]:
    return [base_year(data, draw).workforce for draw in DRAWS]


@pytest.fixture(scope="module")
def forecasts(data: Regions) -> list[Regions]:
    return [forecast(data, draw) for draw in range(1, 301)]


@pytest.fixture(scope="module")
def provinces(tmp_path_factory: pytest.TempPathFactory) -> Regions:
    target = tmp_path_factory.mktemp("regrouped") / "provinces"
    regroup.regroup(PROVINCES, target)
    return regions.load(target, check=False)


def everyone(force: regions.Workforce) -> np.ndarray:
    return np.ones(len(force.age), dtype=bool)


def persons(force: regions.Workforce, mask: Mask = everyone, n: int = 28) -> np.ndarray:
    """GPs by region for whom `mask` holds."""
    rows = mask(force)
    return np.bincount(force.region[rows], force.persons[rows], n)


def share(force: regions.Workforce, mask: Mask) -> np.ndarray:
    return persons(force, mask) / persons(force)


def nation(force: regions.Workforce) -> np.ndarray:
    """GPs by sex, age and role."""
    table = np.zeros((2, 100, 4), dtype=np.int64)
    np.add.at(table, (force.sex, force.age, force.role), force.persons)
    return table


def cells(force: regions.Workforce) -> set[tuple[int, ...]]:
    columns = (force.region, force.sex, force.age, force.role, force.persons)
    return set(zip(*(c.tolist() for c in columns), strict=True))


def fte(force: regions.Workforce) -> np.ndarray:
    return np.bincount(force.sex, force.fte, 2)


def assert_keeps_the_nation(new: Regions, old: Regions) -> None:
    force = new.workforce
    assert (nation(force) == nation(old.workforce)).all()
    assert fte(force) == pytest.approx(fte(old.workforce), abs=1e-6)
    assert force.persons.dtype == np.int64
    assert force.persons.min() > 0
    assert (persons(force, n=len(old)) > 0).all()
    keys = list(zip(*(c.tolist() for c in (force.region, force.sex, force.age, force.role)), strict=True))
    assert len(set(keys)) == len(keys)
    assert new.national is old.national
    assert new.inhabitants is old.inhabitants


# The base year --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("varied", [base_year, forecast])
def test_draw_zero_is_the_regions_themselves(data: Regions, varied: Draw) -> None:
    assert varied(data, 0) is data


@pytest.mark.parametrize("varied", [base_year, forecast])
def test_a_draw_below_zero_is_refused(data: Regions, varied: Draw) -> None:
    with pytest.raises(ValueError, match="draw: found -1, allowed is 0"):
        varied(data, -1)


@settings(max_examples=8, deadline=None)
@given(draw=st.integers(1, 2**40))
def test_national_margins_are_exact(data: Regions, draw: int) -> None:
    assert_keeps_the_nation(base_year(data, draw), data)


def test_fte_is_that_of_the_nation_by_sex_and_role(data: Regions) -> None:
    force, old = base_year(data, 1).workforce, data.workforce
    for sex in (0, 1):
        for role in range(4):
            cell, known = ((f.sex == sex) & (f.role == role) for f in (force, old))
            per_head = old.fte[known].sum() / old.persons[known].sum()
            assert force.fte[cell] == pytest.approx(force.persons[cell] * per_head, abs=1e-5)


def test_totals_spread_as_stated(data: Regions, workforces: list[regions.Workforce]) -> None:
    change = np.log([persons(force) / persons(data.workforce) for force in workforces])
    known = np.isin(data.codes, list(build.DENSITY))
    spread = change.std(axis=0)
    assert np.sqrt((spread[~known] ** 2).mean()) == pytest.approx(uncertainty.TOTAL_SD, rel=0.08)
    assert spread[known] == pytest.approx(uncertainty.KNOWN_TOTAL_SD, rel=0.25)
    assert np.abs(change.mean(axis=0)).max() < 4 * uncertainty.TOTAL_SD / np.sqrt(len(DRAWS))


def test_totals_lean_together_to_need_or_to_inhabitants(data: Regions, workforces: list[regions.Workforce]) -> None:
    """From equal per inhabitant (-1/2) to equal per need (1/2) every place is as likely."""
    need = np.log(data.demand_share[0] / data.inhabitants[0] * data.inhabitants[0].sum())
    need -= need.mean()
    lean = [np.log(persons(force) / persons(data.workforce)) @ need / (need @ need) for force in workforces]
    alone = uncertainty.TOTAL_SD / np.sqrt(need @ need)  # what independent errors give
    assert np.var(lean) == pytest.approx(1 / 12 + alone**2, rel=0.35)
    assert np.var(lean) > alone**2


def test_shares_of_older_gps_spread_more_where_nothing_is_known(
    data: Regions, workforces: list[regions.Workforce]
) -> None:
    def older(force: regions.Workforce) -> np.ndarray:
        return force.age >= 55

    now = share(data.workforce, older)
    drawn = np.array([share(force, older) for force in workforces])
    known = np.isin(data.codes, ["RA0102", "RA0103", "RA1222"])
    pair = np.isin(data.codes, ["RA0512", "RA0513"])  # one fact for two regions
    spread = (np.log(drawn / (1 - drawn))).std(axis=0)
    # the slope in age makes about twice itself in the log odds of being 55 or over
    assert spread[~known & ~pair].mean() == pytest.approx(2 * uncertainty.AGE_SD, rel=0.15)
    assert spread[known].mean() == pytest.approx(2 * uncertainty.KNOWN_AGE_SD, rel=0.2)
    together = np.array([persons(f, older)[pair].sum() / persons(f)[pair].sum() for f in workforces])
    odds = np.log(together / (1 - together))
    assert odds.std() == pytest.approx(2 * uncertainty.KNOWN_AGE_SD, rel=0.25)
    assert np.abs(drawn.mean(axis=0) - now).max() < 0.02
    zeeland = data.index("RA1222")
    assert (drawn[:, zeeland] > drawn.mean(axis=1)).all()


def test_roles_spread_and_stay_around_the_shipped_mix(data: Regions, workforces: list[regions.Workforce]) -> None:
    def holder(force: regions.Workforce) -> np.ndarray:
        return force.role == 0

    drawn = np.array([share(force, holder) for force in workforces])
    assert drawn.std(axis=0).mean() == pytest.approx(0.05, abs=0.01)
    assert np.abs(drawn.mean(axis=0) - share(data.workforce, holder)).max() < 0.02


def test_draws_do_not_thin_out_rare_gps_in_small_regions(data: Regions, workforces: list[regions.Workforce]) -> None:
    """Fractions are rounded up as often as they should be, so that the few older salaried GPs are there on average."""

    def rare(force: regions.Workforce) -> np.ndarray:
        return (force.role == 1) & (force.age >= 60)

    small = np.argsort(persons(data.workforce))[:8]
    drawn = np.mean([persons(force, rare)[small].sum() for force in workforces])
    national = (
        persons(data.workforce, rare).sum() / persons(data.workforce).sum() * persons(data.workforce)[small].sum()
    )
    assert drawn == pytest.approx(national, rel=0.15)


def test_a_region_keeps_its_number_by_wide_class_as_expected(data: Regions) -> None:
    """Without errors a draw only rounds anew: numbers of a region move by a few persons."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TOTAL_SD", "KNOWN_TOTAL_SD", "AGE_SD", "KNOWN_AGE_SD", "ROLE_SD"):
            patch.setattr(uncertainty, name, 0.0)
        force = base_year(data, 1).workforce
    change = np.log(persons(force) / persons(data.workforce))
    assert np.abs(change).max() < 0.05  # the lean towards need
    for mask in (lambda f: f.age >= 55, lambda f: f.role == 0, lambda f: f.sex == 1):
        assert np.abs(share(force, mask) - share(data.workforce, mask)).max() < 0.02


def test_rounding_meets_both_margins_and_stays_next_to_what_is_expected() -> None:
    rng = np.random.default_rng(1)
    columns = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    expected = np.array([[2.5, 0.5, 1.0, 0.0], [0.5, 1.5, 1.0, 1.0], [0.0, 1.0, 1.0, 2.0]])
    national = expected.sum(axis=0).astype(np.int64)
    rows = np.array([4, 4, 4])
    made = [uncertainty._round(rng, expected, rows, national, columns) for _ in range(2000)]
    assert all((m.sum(axis=0) == national).all() and (m.sum(axis=1) == rows).all() and m.min() >= 0 for m in made)
    assert all((m[:, :2].sum(axis=1) == [3, 2, 1]).all() for m in made)  # whole numbers of the first key stay
    assert np.mean(made, axis=0) == pytest.approx(expected, abs=0.05)


# Regions of one's own -------------------------------------------------------------------------------------------------


def test_a_published_region_keeps_its_gps(folder: Folder) -> None:
    def publish(table: pd.DataFrame) -> None:
        table.loc[table["region"].isin(["RA0101", "RA1222"]), "quality"] = "published"
        table.loc[table.index[table["region"] == "RA0102"][0], "quality"] = "published"  # one row is not all

    folder.change("workforce", publish)
    data = regions.load(folder.path, check=False)
    drawn = base_year(data, 3)
    assert_keeps_the_nation(drawn, data)
    for code, same in (("RA0101", True), ("RA1222", True), ("RA0102", False), ("RA0103", False)):
        old, new = ({c for c in cells(r.workforce) if c[0] == data.index(code)} for r in (data, drawn))
        assert (old == new) is same


@pytest.mark.parametrize("known", [27, 28])
def test_nothing_varies_when_one_region_at_most_is_not_published(folder: Folder, known: int) -> None:
    def publish(table: pd.DataFrame) -> None:
        table.loc[table["region"].isin(sorted(set(table["region"]))[:known]), "quality"] = "published"

    folder.change("workforce", publish)
    data = regions.load(folder.path, check=False)
    assert base_year(data, 1) is data


def test_one_region_keeps_its_gps_and_its_forecast(data: Regions) -> None:
    alone = part(data, ["RA1222"])
    assert base_year(alone, 5) is alone
    drawn = forecast(alone, 5)
    assert drawn.inhabitants == pytest.approx(alone.inhabitants)
    assert (drawn.demand_share == 1).all()


@pytest.mark.parametrize("codes", [["RA0101", "RA0102", "RA0204"], ["RA1222", "RA0103"], ["RA0512", "RA0513"]])
def test_few_regions(data: Regions, codes: list[str]) -> None:
    few = part(data, codes)
    for draw in range(1, 6):
        drawn = base_year(few, draw)
        assert_keeps_the_nation(drawn, few)
        assert cells(drawn.workforce) != cells(few.workforce)


def test_regions_with_one_gp_each_keep_one(data: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncertainty, "TOTAL_SD", 1.0)  # however far regions may be off
    force = data.workforce
    first = [int(np.nonzero((force.region == r) & (force.persons == 1))[0][0]) for r in range(27)]
    kept = np.concatenate([first, np.nonzero(force.region == 27)[0]])
    columns = {name: getattr(force, name)[kept] for name in ("region", "sex", "age", "role", "persons", "fte")}
    few = replace(data, workforce=replace(force, **columns))
    assert (persons(few.workforce)[:27] == 1).all()
    for draw in range(1, 6):
        assert_keeps_the_nation(base_year(few, draw), few)


def test_own_fte_by_region_is_kept(data: Regions) -> None:
    """Where GPs work a fifth more than elsewhere, those of a draw do so too; the nation's fte stays the same."""
    force = data.workforce
    longer = np.where(force.region == 3, 1.2, 1.0)
    own = replace(data, workforce=replace(force, fte=force.fte * longer))
    drawn = base_year(own, 2)
    assert_keeps_the_nation(drawn, own)
    here = drawn.workforce.region == 3
    usual = base_year(data, 2).workforce
    ratio = drawn.workforce.fte[here].sum() / usual.fte[usual.region == 3].sum()
    assert ratio == pytest.approx(1.2, abs=0.01)


def test_regrouped_regions(provinces: Regions) -> None:
    drawn = base_year(provinces, 1)
    assert_keeps_the_nation(drawn, provinces)
    change = np.log(persons(drawn.workforce, n=12) / persons(provinces.workforce, n=12))
    assert 0.01 < change.std() < 0.09
    path = forecast(provinces, 1)
    assert path.demand_share.sum(axis=1) == pytest.approx(1)


# The forecast ---------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(draw=st.integers(1, 2**40))
def test_forecasts_keep_the_nation_and_the_base_year(data: Regions, draw: int) -> None:
    drawn = forecast(data, draw)
    assert drawn.inhabitants.sum(axis=1) == pytest.approx(data.inhabitants.sum(axis=1))
    assert drawn.demand_share.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert (drawn.inhabitants > 0).all()
    assert (drawn.demand_share > 0).all()
    assert (drawn.inhabitants[0] == data.inhabitants[0]).all()
    assert (drawn.demand_share[0] == data.demand_share[0]).all()
    assert drawn.national is data.national
    assert drawn.workforce is data.workforce


def test_forecast_errors_grow_with_the_years(data: Regions, forecasts: list[Regions]) -> None:
    people = np.log([f.inhabitants / data.inhabitants for f in forecasts])
    need = np.log([f.demand_share / data.demand_share for f in forecasts]) - people
    for errors in (people, need):
        assert (np.diff(errors.std(axis=(0, 2))) > 0).all()
    assert np.abs(people.mean(axis=0)).max() < 0.02


def test_forecast_errors_are_those_of_the_back_test(data: Regions, forecasts: list[Regions]) -> None:
    """Misses after four years: the forecast of 2022 against counts of 2026, and need per inhabitant 2019 to 2023."""
    population = build.source("region_population.csv").set_index("code")
    history = build.source("region_population_history.csv").set_index("code")
    start = history["population_2022"].add(pd.Series(BORDERS), fill_value=0)
    nation = np.interp(2026, list(build.FORECAST_NATION), list(build.FORECAST_NATION.values()))
    first, last = build.FORECAST_NATION[2022], build.FORECAST_NATION[2050]
    foretold = start + (population["population_2050_forecast"] - start) * (nation - first) / (last - first)
    miss = np.log(history["population_2026"] / foretold)
    people = np.log([f.inhabitants[4] / data.inhabitants[4] for f in forecasts])
    assert people.std() == pytest.approx(miss.std(), rel=0.15)

    use = build.gp_use().set_index("age_from")["relative_use"].to_numpy()
    counted = build.source("gp_use_by_region_age.csv").pivot_table(
        index="code", columns=["year", "age_group"], values="insured", aggfunc="sum"
    )
    then, later = (counted[year][list(build.AGE_BANDS)].to_numpy(dtype=float) for year in (2019, 2023))
    widths = np.append(np.diff(list(build.AGE_BANDS.values())), np.inf)
    now = build.inhabitants().pivot_table(index="region", columns="age_from", values="persons").to_numpy()
    mortality = demand.fit_mortality(now, widths, use, 4, 20, data.national["demo_20_midden"])
    rolled = demand.age_path(then, widths, mortality, 4, 4)[-1]
    need_miss = np.log((later @ use) / later.sum(axis=1) / ((rolled @ use) / rolled.sum(axis=1)))
    need = np.log([f.demand_share[4] / data.demand_share[4] for f in forecasts]) - people
    assert need.std() == pytest.approx(need_miss.std(), rel=0.2)


def test_divergence_is_one_error_for_all(data: Regions) -> None:
    """Without errors of their own, regions grow apart by one multiple of what was foretold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertainty, "GROWTH_SD", 0.0)
        patch.setattr(uncertainty, "NEED_GROWTH_SD", 0.0)
        drawn = forecast(data, 7)

    def apart(table: np.ndarray) -> np.ndarray:
        change = np.log(table / table[0])[1:]
        return change - change.mean(axis=1, keepdims=True)

    multiple = apart(drawn.inhabitants) / apart(data.inhabitants)
    assert multiple == pytest.approx(multiple[0, 0], abs=1e-9)
    assert abs(multiple[0, 0] - 1) > 0.01


# Both -----------------------------------------------------------------------------------------------------------------


def arrays(data: Regions) -> list[np.ndarray]:
    return [data.inhabitants, data.demand_share, *vars(data.workforce).values()]


@pytest.mark.parametrize("varied", [base_year, forecast])
def test_draws_repeat_and_differ(data: Regions, varied: Draw) -> None:
    one, again, other = (arrays(varied(data, draw)) for draw in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, again, strict=True))
    assert any(a.shape != b.shape or (a != b).any() for a, b in zip(one, other, strict=True))


def test_draws_are_the_same_in_another_process(data: Regions) -> None:
    code = """
import sys, zlib, regions
from regions.uncertainty import base_year, forecast
drawn = forecast(base_year(regions.load(), 11), 12)
for a in (drawn.inhabitants, drawn.demand_share, *vars(drawn.workforce).values()):
    print(zlib.crc32(a.tobytes()))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    here = arrays(forecast(base_year(data, 11), 12))
    assert [int(line) for line in found] == [zlib.crc32(a.tobytes()) for a in here]


def test_what_is_drawn_is_read_only(data: Regions) -> None:
    drawn = forecast(base_year(data, 1), 1)
    for copy in (drawn, pickle.loads(pickle.dumps(drawn))):
        assert not any(a.flags.writeable for a in arrays(copy))


def test_a_model_runs_on_a_draw(data: Regions) -> None:
    drawn = forecast(base_year(data, 4), 4)
    model, usual = (SettlementModel(None, r, rng=1, end_year=2027) for r in (drawn, data))
    while model.running:
        model.step()
        usual.step()
    one, other = (m.results().reset_index() for m in (model, usual))
    start = one["year"] == 2025
    assert (one["year"].max(), len(one)) == (2027, len(other))
    assert one.loc[start, "supply_fte"].sum() == pytest.approx(other.loc[start, "supply_fte"].sum())
    later = one["year"] == 2027
    assert one.loc[later, "demand_fte"].sum() == pytest.approx(other.loc[later, "demand_fte"].sum())
    assert (one.loc[start, "supply_fte"] != other.loc[start, "supply_fte"]).any()
