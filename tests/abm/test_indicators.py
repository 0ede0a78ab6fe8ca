"""Indicators of a few GPs and practices by hand, what they add up to in a run, and the vacancy curve."""

from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abm import INDICATORS, SettlementModel, practices
from abm.indicators import AGE_CLASSES, AGES, BETWEEN, BETWEEN_NAMES, NAMES
from abm.observation import (
    RATIOS,
    Curves,
    State,
    VacancyCurve,
    Year,
    between,
    by_region,
    collect,
    pyramid,
    vacancy_curve,
)
from abm.population import NOWHERE, AtWork, Posts, Status, at_work, posts
from abm.practices import ListCurves, Practices
from regions.people import ROLES, Role
from tests.abm.conftest import gps

UNMET = 678.438  # fte: 6.3% of the plan's 10,768.9 fte
SUMS = [i.name for i in INDICATORS if i.kind == "sum"]
RATES = [i.name for i in INDICATORS if i.kind == "rate"]

# The columns that the results begin with, in their order; further ones follow.
ORDER = [
    "supply_fte", "supply_persons", "demand_fte", "shortage_fte", "shortage_persons", "vacancies_fte", "vacancy_rate",
    "coverage", "inhabitants", "fte_per_10k", "persons_per_10k", "share_holder", "share_salaried",
    "share_fixed_locum", "share_changing_locum", "share_women", "share_55plus", "share_60plus", "outflow_5y",
    "inflow_persons", "alumni_ratio", "practices", "unfilled_places", "mean_list", "share_patient_stop", "without_gp",
    "share_stay_training_region",
]  # fmt: skip
OF_FLOWS = {
    "inflow_persons", "closures", "share_succession_found", "share_stay_training_region",
    "share_stay_training_province",
}  # fmt: skip


def test_columns_and_their_order():
    assert list(NAMES[: len(ORDER)]) == ORDER
    assert len(set(NAMES)) == len(NAMES)
    assert not set(NAMES) & set(BETWEEN_NAMES)


def test_every_indicator_says_what_it_is():
    for one in (*INDICATORS, *BETWEEN):
        assert one.unit, one.name
        assert one.meaning, one.name
        assert one.label("en") == one.label_en != one.label_nl == one.label("nl"), one.name


def test_counts_have_the_unit_of_what_they_count():
    unit = {indicator.name: indicator.unit for indicator in INDICATORS}
    assert {unit[name] for name in NAMES if name.startswith("persons_") and "per_10k" not in name} == {"persons"}
    assert {unit[name] for name in NAMES if name.startswith("fte_") and "per_10k" not in name} == {"fte"}
    counted = ("practices", "closures", "unfilled_places", "without_gp", "inflow_persons")
    assert [unit[name] for name in counted] == ["practices", "practices", "places", "persons", "persons"]


def test_labels_differ():
    for labels in zip(*((i.label_en, i.label_nl) for i in (*INDICATORS, *BETWEEN)), strict=True):
        assert len(set(labels)) == len(labels)


# --- a state by hand: three regions, the last without any GP, in 2030 ---


@pytest.fixture
def state():
    population = gps(
        region=[0, 0, 0, 0, 1, 1, NOWHERE, 0],
        second=[NOWHERE, NOWHERE, NOWHERE, NOWHERE, 0, NOWHERE, NOWHERE, NOWHERE],
        role=[Role.HOLDER, Role.HOLDER, Role.SALARIED, Role.CHANGING_LOCUM, Role.FIXED_LOCUM, Role.HOLDER, 3, 0],
        practice=[0, 1, 0, NOWHERE, 2, 2, NOWHERE, 1],
        sex=[0, 1, 0, 0, 0, 1, 0, 1],
        birth=[1970, 1975, 1976, 1995, 1994, 1966, 2000, 1950],
        registered=[2003, 2025, 2027, 2026, 2026, 1999, NOWHERE, 1980],
        site=[0, 0, NOWHERE, 0, 0, 1, 0, 0],
        status=[1, 1, 1, 1, 1, 1, Status.IN_TRAINING, Status.LEFT],
        block=[0, 0, 4, 1, 1, 0, 2, 0],
    )
    there = Practices(
        region=np.array([0, 0, 1, 1, 2], dtype=np.int16),
        municipality=np.zeros(5, dtype=np.int32),
        places=np.array([2, 1, 2, 0, 0], dtype=np.int16),
        patients=np.array([3000.0, 2000.0, 4000.0, 0.0, 500.0]),
        unfilled_years=np.array([1, 0, 1, 0, 0], dtype=np.int16),
        vacant_years=np.zeros(5, dtype=np.int16),
        state=np.array([0, 0, 0, practices.State.CLOSED, practices.State.WITHOUT_HOLDER], dtype=np.int8),
        workload=np.array([1.2, 0.9, 1.0, 3.0, np.inf]),
        workload_filled=np.ones(5),
    )
    working, fte = at_work(population, 2030), np.array([0.8, 0.9, 0.6, 0.7, 0.5, 1.0])
    shared = working.posts.divide(fte)
    return State(
        gps=population,
        working=working,
        fte=fte,
        shared=shared,
        supply=by_region(working.posts, shared, 3),
        leaves_in_five=np.array([0.1, 0.2, 0.0, 0.1, 0.0, 0.8]),
        practices=there,
        unfilled=practices.open_places(there, population),
        without_gp=np.array([200.0, 10.0, 9500.0]),
        year=2030,
    )


@pytest.fixture
def regions(small):
    """Of the three, the first two are one province."""
    members = tuple(replace(m, province="North" if m.index < 2 else "East") for m in small.members)
    inhabitants = np.array([[0.0] * 3] * 5 + [[20_000.0, 5_000.0, 10_000.0]] * 16)
    return replace(small, members=members, inhabitants=inhabitants)


DEMAND = np.array([4.0, 1.0, 2.0])
DEMOGRAPHY = np.array([3.0, 1.0, 1.5])
CURVE = VacancyCurve(0.02, 0.05)
CURVES = Curves(CURVE, ListCurves(stop_at=0.1, spread=0.5, without=0.01, elasticity=2.0))


def during(**rows) -> Year:
    """What happened in a year, nothing except for the rows given."""
    return Year(**{f.name: np.array(rows.get(f.name, []), dtype=np.int64) for f in fields(Year)})


def test_indicators_by_hand(state, regions):
    nan = np.nan
    # the locum in two regions counts for half in each; two graduates and one from abroad in the last five years
    happened = during(graduates=[3, 4], arrivals=[2], moved=[0, 5], found=[0, 0, 2], not_found=[2, 2], closed=[3])
    found = collect(state, regions, 5, DEMAND, DEMOGRAPHY, CURVES, happened)
    fte_per_gp = 4.5 / 6
    expected = {
        "supply_fte": [3.25, 1.25, 0, 4.5],
        "supply_persons": [4.5, 1.5, 0, 6],
        "demand_fte": [4, 1, 2, 7],
        "shortage_fte": [0.75, -0.25, 2, 2.5],
        "shortage_persons": [0.75 / fte_per_gp, -0.25 / fte_per_gp, 2 / fte_per_gp, 2.5 / fte_per_gp],
        "coverage": [3.25 / 4, 1.25, 0, 4.5 / 7],
        "inhabitants": [20_000, 5_000, 10_000, 35_000],
        "fte_per_10k": [1.625, 2.5, 0, 45_000 / 35_000],
        "persons_per_10k": [2.25, 3, 0, 60_000 / 35_000],
        "inhabitants_per_fte": [20_000 / 3.25, 4000, nan, 35_000 / 4.5],
        "share_holder": [2 / 4.5, 1 / 1.5, nan, 3 / 6],
        "share_salaried": [1 / 4.5, 0, nan, 1 / 6],
        "share_fixed_locum": [0.5 / 4.5, 0.5 / 1.5, nan, 1 / 6],
        "share_changing_locum": [1 / 4.5, 0, nan, 1 / 6],
        "share_women": [3.5 / 4.5, 0.5 / 1.5, nan, 4 / 6],
        "share_55plus": [2 / 4.5, 1 / 1.5, nan, 3 / 6],
        "share_60plus": [1 / 4.5, 1 / 1.5, nan, 2 / 6],
        "outflow_5y": [0.4 / 4.5, 0.8 / 1.5, nan, 1.2 / 6],
        "inflow_persons": [3, 2, 0, 3],
        "alumni_ratio": [(1.5 / 2) / (3.25 / 4.5), (0.5 / 2) / (1.25 / 4.5), nan, 1],
        "share_stay_training_region": [1 / 2, nan, nan, 1 / 2],
        "share_stay_training_province": [1, nan, nan, 1],
        "persons_holder": [2, 1, 0, 3],
        "fte_holder": [1.7, 1.0, 0, 2.7],
        "persons_salaried": [1, 0, 0, 1],
        "fte_salaried": [0.6, 0, 0, 0.6],
        "persons_fixed_locum": [0.5, 0.5, 0, 1],
        "fte_fixed_locum": [0.25, 0.25, 0, 0.5],
        "persons_changing_locum": [1, 0, 0, 1],
        "fte_changing_locum": [0.7, 0, 0, 0.7],
        "persons_women": [3.5, 0.5, 0, 4],
        "fte_women": [2.35, 0.25, 0, 2.6],
        "persons_under_40": [1.5, 0.5, 0, 2],
        "fte_under_40": [0.95, 0.25, 0, 1.2],
        "persons_40_54": [1, 0, 0, 1],
        "fte_40_54": [0.6, 0, 0, 0.6],
        "persons_55_59": [1, 0, 0, 1],
        "fte_55_59": [0.9, 0, 0, 0.9],
        "persons_60plus": [1, 1, 0, 2],
        "fte_60plus": [0.8, 1.0, 0, 1.8],
        "practices": [2, 1, 1, 4],
        "unfilled_places": [1, 1, 0, 2],
        "closures": [0, 1, 0, 1],
        "share_succession_found": [2 / 2, 1 / 3, nan, 3 / 5],
        "mean_list": [2500, 4000, 500, 9500 / 4],
        "without_gp": [200, 10, 9500, 9710],
        "demand_demography_fte": [3, 1, 1.5, 5.5],
        "persons_block_stock": [2, 1, 0, 3],
        "fte_block_stock": [1.7, 1.0, 0, 2.7],
        "persons_block_training": [1.5, 0.5, 0, 2],
        "fte_block_training": [0.95, 0.25, 0, 1.2],
        "persons_block_abroad": [1, 0, 0, 1],
        "fte_block_abroad": [0.6, 0, 0, 0.6],
        "supply_persons_each": [5, 2, 0, 6],
        "persons_fixed_locum_each": [1, 1, 0, 1],
        "persons_changing_locum_each": [1, 0, 0, 1],
        "persons_women_each": [4, 1, 0, 4],
        "persons_under_40_each": [2, 1, 0, 2],
        "persons_40_54_each": [1, 0, 0, 1],
        "persons_55_59_each": [1, 0, 0, 1],
        "persons_60plus_each": [1, 1, 0, 2],
    }
    for block in ("until_adjustment", "after_adjustment"):
        expected |= dict.fromkeys((f"persons_block_{block}", f"fte_block_{block}"), [0] * 4)
    alumni, outflow = np.array(expected["alumni_ratio"]), np.array(expected["outflow_5y"])
    expected["position"] = alumni / (outflow / 0.2)
    stops = stats.norm.cdf((np.log([1.2, 0.9, 1.0]) - 0.1) / 0.5)  # without any GP a practice takes nobody
    expected["share_patient_stop"] = [(stops[0] + stops[1]) / 2, stops[2], 1, (stops.sum() + 1) / 4]
    first = 3.25 * 0.02 * np.log(1 + np.exp((4 / 3.25 - 1 - 0.05) / 0.02))
    second = 1.25 * 0.02 * np.log(1 + np.exp((-0.2 - 0.05) / 0.02))
    expected["vacancies_fte"] = [first, second, 2, first + second + 2]
    expected["vacancy_rate"] = [first / 3.25, second / 1.25, nan, (first + second + 2) / 4.5]
    assert set(expected) == set(NAMES)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-12, err_msg=name)


def test_the_pyramid_by_hand(state):
    divided, each = pyramid(state, 3)
    expected = np.zeros((3, 2, len(AGES)))
    group = {age: k for k, age in enumerate(AGES)}
    for region, sex, age in [(0, 0, 60), (0, 1, 55), (0, 0, 50), (0, 0, 35), (1, 1, 60)]:
        expected[region, sex, group[age]] += 1
    locum = np.zeros_like(expected)
    locum[:2, 0, group[35]] = 1
    np.testing.assert_array_equal(divided, expected + locum / 2)
    np.testing.assert_array_equal(each, expected + locum)


def test_what_gps_have_is_divided_over_their_regions_by_hand():
    where = Posts(
        np.array([0, 1, 2, 1, 2, 2]), np.array([1, 0, 3, 1, 0, 1]), np.array([1, 0.5, 1 / 3, 0.5, 1 / 3, 1 / 3])
    )
    shared = where.divide(np.array([10.0, 4.0, 3.0]))
    np.testing.assert_allclose(by_region(where, shared, 4), [2 + 1, 10 + 2 + 1, 0, 1])


def test_the_share_that_stays_is_that_of_those_trained_in_the_region(state, regions):
    """Of the graduates of both sites, in region 0 and in region 1, some stay there or nearby."""
    state.gps.region[:6] = [0, 1, 1, 0, 2, 0]
    state.gps.site[2] = 1
    found = collect(state, regions, 5, DEMAND, DEMOGRAPHY, CURVES, during(graduates=np.arange(6)))
    # site 0 (region 0) trained rows 0, 1, 3, 4; site 1 (region 1) rows 2 and 5
    np.testing.assert_allclose(found["share_stay_training_region"], [2 / 4, 1 / 2, np.nan, 3 / 6])
    np.testing.assert_allclose(found["share_stay_training_province"], [3 / 4, 2 / 2, np.nan, 5 / 6])


def test_without_flows_in_the_base_year_only_flows_are_unknown(state, regions):
    found = collect(state, regions, 5, DEMAND, DEMOGRAPHY, CURVES, None)
    for name, values in found.items():
        if name in OF_FLOWS:
            assert np.isnan(values).all(), name
        else:
            assert np.isfinite(values[[0, 1, -1]]).all(), name


def test_the_order_of_the_gps_does_not_matter(state, regions):
    places = posts(state.gps, state.working.rows[::-1])
    columns = {f.name: getattr(state.working, f.name)[::-1] for f in fields(AtWork) if f.name != "posts"}
    turned = replace(
        state, working=AtWork(**columns, posts=places), fte=state.fte[::-1], shared=places.divide(state.fte[::-1]),
        leaves_in_five=state.leaves_in_five[::-1],
    )  # fmt: skip
    first, second = (collect(s, regions, 5, DEMAND, DEMOGRAPHY, CURVES, None) for s in (state, turned))
    for name in NAMES:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-12, err_msg=name)


def test_classes_of_age_begin_at_their_first_birthday(state, regions):
    """On 1 January 2030, of those born in 1990 and 1991, 1975 and 1976, 1970 and 1971."""
    state.gps.birth[:6] = [1990, 1991, 1975, 1976, 1970, 1971]
    found = collect(replace(state, working=at_work(state.gps, 2030)), regions, 5, DEMAND, DEMOGRAPHY, CURVES, None)
    nation = [found[f"persons_{name}"][-1] for name in ("under_40", "40_54", "55_59", "60plus")]
    assert nation == [1, 2, 2, 1]


# --- between regions ---


def spread_of(coverage, demand, vacancy_rate=None, threshold=0.1):
    """Indicators between regions, whose last entry, the nation, must not count."""
    rate = np.zeros(len(coverage)) if vacancy_rate is None else vacancy_rate
    found = {"coverage": [*coverage, 99.0], "demand_fte": [*demand, 99.0], "vacancy_rate": [*rate, 99.0]}
    return between({name: np.array(values, dtype=float) for name, values in found.items()}, threshold)


@pytest.mark.parametrize(
    ("coverage", "demand", "gini"),
    [
        ([0.5, 1.0, 1.5], [1, 1, 1], 2 / 9),  # (0.5 + 1 + 0.5) over 9 pairs, over the mean
        ([1.5, 0.5, 1.0], [1, 1, 1], 2 / 9),
        ([1, 2], [2, 1], 1 / 6),  # two at 1 and one at 2
        ([0, 1], [1, 1], 1 / 2),
        ([0, 0, 0, 1], [1, 1, 1, 1], 3 / 4),
        ([0.9, 0.9, 0.9], [5, 1, 3], 0),
        ([0.7], [3], 0),
        ([0.0, 0.0], [1, 1], np.nan),  # no GP anywhere
    ],
)
def test_gini_of_coverage_by_hand(coverage, demand, gini):
    found = spread_of(coverage, demand)
    assert found["gini_coverage"] == pytest.approx(gini, nan_ok=True, abs=1e-12)
    assert found["range_coverage"] == pytest.approx(max(coverage) - min(coverage))


@given(st.lists(st.tuples(st.floats(0.01, 3), st.floats(1, 2000)), min_size=1, max_size=8))
def test_gini_is_half_the_mean_difference_over_the_mean(regions):
    coverage, demand = np.array(regions).T
    share = demand / demand.sum()
    difference = (np.abs(coverage[:, None] - coverage) * share[:, None] * share).sum()
    expected = difference / (2 * (share * coverage).sum())
    assert spread_of(coverage, demand)["gini_coverage"] == pytest.approx(expected, abs=1e-9)


def test_regions_with_a_high_vacancy_rate_are_above_the_threshold():
    rates = [0.05, 0.1, 0.10001, 0.3]
    counted = [spread_of([1] * 4, [1] * 4, rates, threshold)["regions_high_vacancy"] for threshold in (0.1, 0.04, 0.3)]
    assert counted == [2, 4, 0]


def test_indicators_between_regions_are_those_of_the_results(run):
    model = run(end_year=2027, high_vacancy_rate=0.08)
    results, nation = model.results(), model.national()
    by_year = results.groupby("year")
    np.testing.assert_array_equal(
        nation.regions_high_vacancy, by_year.vacancy_rate.agg(lambda rate: (rate > 0.08).sum())
    )
    np.testing.assert_allclose(nation.range_coverage, by_year.coverage.max() - by_year.coverage.min())
    assert nation.gini_coverage.between(0.005, 0.1).all()
    assert not set(BETWEEN_NAMES) & set(results.columns)


# --- whole runs ---


def both(model):
    """Results as (years, regions) and the nation's row, by column."""
    results, national = model.results(), model.national()
    years = len(national)
    return {name: (results[name].to_numpy().reshape(years, -1), national[name].to_numpy()) for name in NAMES}


def test_sums_add_up_over_regions(baseline):
    columns = both(baseline)
    for name in SUMS:
        regional, national = columns[name]
        np.testing.assert_allclose(regional.sum(axis=1), national, rtol=1e-12, atol=1e-9, err_msg=name)
        assert np.isnan(national[0]) == (name in OF_FLOWS), name


def test_inflow_adds_up_but_for_moves_which_cancel_in_the_nation(baseline):
    regional, national = both(baseline)["inflow_persons"]
    flows = baseline.flows()
    moves = flows[flows.flow == "move_in"].groupby("year").persons.sum()
    np.testing.assert_array_equal(regional[1:].sum(axis=1) - moves, national[1:])


def test_rates_are_ratios_of_sums_in_regions_and_nation(baseline):
    columns = both(baseline)
    both_told = {rate: parts for rate, parts in RATIOS.items() if set(parts) <= set(NAMES)}
    assert len(both_told) >= 11
    for rate, (above, below) in both_told.items():
        times = 10_000 if rate.endswith("10k") else 1
        for found, over, under in zip(columns[rate], columns[above], columns[below], strict=True):
            np.testing.assert_allclose(found, over / under * times, rtol=1e-12, err_msg=rate)


OF_GPS = [r for r in RATES if r.startswith("share_") and r not in OF_FLOWS | {"share_patient_stop"}] + ["outflow_5y"]


def test_shares_of_the_nation_are_means_over_gps_or_practices(baseline):
    columns = both(baseline)
    for rate in (*OF_GPS, "share_patient_stop"):
        regional, national = columns[rate]
        of = columns["practices" if rate == "share_patient_stop" else "supply_persons"][0]
        mean = (regional * of).sum(axis=1) / of.sum(axis=1)
        np.testing.assert_allclose(mean, national, rtol=1e-12, err_msg=rate)
        assert ((regional >= 0) & (regional <= 1)).all(), rate


def test_classes_add_up_to_supply_in_regions_and_nation(baseline):
    columns = both(baseline)
    for unit, names in product(("persons", "fte"), (ROLES, AGE_CLASSES)):
        for level in (0, 1):
            total = sum(columns[f"{unit}_{name}"][level] for name in names)
            np.testing.assert_allclose(total, columns[f"supply_{unit}"][level], rtol=1e-12, err_msg=unit)


def test_women_are_some_of_all_and_work_fewer_hours(baseline):
    columns = both(baseline)
    for level in (0, 1):
        women, fte = columns["persons_women"][level], columns["fte_women"][level]
        persons, supply = columns["supply_persons"][level], columns["supply_fte"][level]
        assert ((women > 0) & (women < persons)).all()
        assert (fte / women < (supply - fte) / (persons - women)).mean() > 0.99


def test_those_over_55_are_two_classes_of_age(baseline):
    results = baseline.results()
    np.testing.assert_allclose(
        results.share_55plus * results.supply_persons, results.persons_55_59 + results.persons_60plus, rtol=1e-12
    )


def test_persons_are_divided_over_regions_as_the_gps_are(baseline):
    """Of the last year, one GP at a time."""
    gps, last = baseline.gps(), baseline.results().query("year == 2043").set_index("region_code")
    codes = ["region_code", "second_code", "third_code"]
    work = gps[gps.status == "working"]
    each = work.melt(["role", "age", "sex", "fte"], codes, ignore_index=False).query("value != ''")
    each = each.assign(share=1 / each.groupby(level=0)["value"].transform("size"))
    each["worked"] = each.share * each.fte
    of = {
        "supply": each,
        "holder": each.query("role == 'holder'"),
        "fixed_locum": each.query("role == 'fixed_locum'"),
        "women": each.query("sex == 'women'"),
        "under_40": each.query("age < 40"),
        "55_59": each.query("55 <= age < 60"),
    }
    for name, rows in of.items():
        by_code = rows.groupby("value")[["share", "worked"]].sum().reindex(last.index, fill_value=0)
        columns = ["supply_persons", "supply_fte"] if name == "supply" else [f"persons_{name}", f"fte_{name}"]
        np.testing.assert_allclose(by_code.to_numpy(), last[columns].to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
    assert (each.share < 1).mean() > 0.2


def test_position_is_recent_graduates_against_expected_outflow(baseline):
    columns = both(baseline)
    alumni, outflow = columns["alumni_ratio"], columns["outflow_5y"]
    regional = alumni[0] * outflow[1][:, None] / outflow[0]
    np.testing.assert_allclose(columns["position"][0], regional, rtol=1e-12)
    np.testing.assert_allclose(columns["position"][1], 1)


def test_practices_of_the_last_year_are_those_of_the_table(baseline):
    last = baseline.results().query("year == 2043").set_index("region_code")
    table = baseline.practice_table()
    there = table[table.state != "closed"].groupby("region_code")
    np.testing.assert_array_equal(there.size()[last.index], last.practices)
    np.testing.assert_allclose(there.patients.mean()[last.index], last.mean_list)
    open_now = (table.places - table.holders).groupby(table.region_code).sum()
    np.testing.assert_array_equal(open_now[last.index], last.unfilled_places)
    registered = table.groupby("region_code").patients.sum()[last.index]
    np.testing.assert_allclose(last.inhabitants - registered, last.without_gp, rtol=1e-6)


def test_practices_follow_from_closures_and_succession_from_flows(baseline):
    results, flows = baseline.results(), baseline.flows()

    def wide(table, column):
        wide = table.pivot_table(index="year", columns="region_code", values=column, aggfunc="sum", fill_value=0)
        return wide.reindex(index=range(2026, 2044), columns=baseline.regions.codes, fill_value=0)

    closed, found, not_found = (
        wide(flows[flows.flow == flow], "persons")
        for flow in ("practice_closed", "succession_found", "succession_not_found")
    )
    np.testing.assert_array_equal(closed, wide(results, "closures"))
    there = results.pivot_table(index="year", columns="region_code", values="practices")
    np.testing.assert_array_equal(there.diff().iloc[1:], -closed)
    share = results[results.year > 2025].pivot_table(
        index="year", columns="region_code", values="share_succession_found", dropna=False
    )
    np.testing.assert_allclose(share, found / (found + not_found).where(lambda tried: tried > 0))


def test_alumni_ratio_of_the_nation_is_one_and_its_mean_by_fte_too(baseline):
    columns = both(baseline)
    regional, national = columns["alumni_ratio"]
    fte = columns["supply_fte"][0]
    np.testing.assert_allclose(national, 1)
    np.testing.assert_allclose((regional * fte).sum(axis=1) / fte.sum(axis=1), 1)


def test_unknown_only_flows_and_only_in_the_base_year(baseline):
    results = baseline.results().set_index("year")
    unknown = results.columns[results.loc[2025].isna().any()]
    assert set(unknown) == OF_FLOWS
    later = results.loc[2026:]
    stays = ["share_stay_training_region", "share_stay_training_province"]
    assert set(later.columns[later.isna().any()]) <= {*stays, "share_succession_found"}
    trained = {baseline.regions.codes[site.region] for site in baseline.regions.sites}
    without = later[later[stays].isna().any(axis=1)]
    # the smallest sites train a few a year: some years nobody from there starts
    assert (set(later["region_code"]) - trained) <= set(without["region_code"]) <= set(later["region_code"])
    assert set(without["region_code"]) & trained <= {"RA0102", "RA1222"}


def test_age_shares_and_expected_outflow(baseline):
    results = baseline.results()
    assert (results["share_60plus"] <= results["share_55plus"]).all()
    assert results["outflow_5y"].between(0.02, 0.5).all()


def test_expected_outflow_comes_true_in_the_mean(data):
    model = SettlementModel(None, data, rng=1, end_year=2030)
    there = model.population.rows(Status.WORKING)
    expected = model.national()["outflow_5y"].iloc[0]
    while model.running:
        model.step()
    left = (model.population.status[there] == Status.LEFT).mean()
    assert left == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(there)))


# --- vacancies ---


def test_vacancies_of_the_base_year_are_the_published_unmet_demand(baseline):
    national = baseline.national().iloc[0]
    assert national["vacancies_fte"] == pytest.approx(UNMET, abs=1e-3)
    assert national["vacancy_rate"] == pytest.approx(0.063, abs=1e-6)


def test_vacancies_are_never_negative(baseline):
    results = baseline.results()
    assert (results["vacancies_fte"] >= 0).all()
    assert (results["vacancy_rate"] >= 0).all()


FTE = st.floats(1, 2000)


@settings(deadline=None)
@given(
    st.lists(st.tuples(FTE, FTE), min_size=1, max_size=6),
    st.floats(1e-6, 1.0),
    st.floats(0.001, 0.2),
)
def test_the_curve_meets_any_unmet_demand(regions, share, softness):
    demand, supply = np.array(regions).T
    unmet = share * supply.sum()
    curve = vacancy_curve(softness, demand, supply, unmet)
    vacancies = curve.vacancies(demand, supply)
    assert vacancies.sum() == pytest.approx(unmet, rel=1e-6)
    assert (vacancies >= 0).all()


@given(st.floats(1, 1000), st.floats(0, 1000), st.floats(1e-3, 100), st.floats(0.001, 0.2), st.floats(-1, 1))
def test_vacancies_rise_with_demand_and_never_by_more(supply, demand, more, softness, cut):
    curve = VacancyCurve(softness, cut)
    low, high = curve.vacancies(np.array([demand, demand + more]), np.array([supply, supply]))
    assert low <= high <= low + more * (1 + 1e-9)


def test_a_large_gap_shows_one_for_one():
    curve = VacancyCurve(0.02, 0.1)
    low, high = curve.vacancies(np.array([200.0, 250.0]), np.array([100.0, 100.0]))
    assert high - low == pytest.approx(50)
    assert low == pytest.approx(100 * (1.0 - 0.1))


def test_without_unmet_demand_there_are_no_vacancies():
    curve = vacancy_curve(0.02, np.array([12.0, 9.0]), np.array([10.0, 10.0]), 0.0)
    assert curve.vacancies(np.array([12.0, 9.0]), np.array([10.0, 10.0])).tolist() == [0, 0]


def test_a_region_without_gps_has_all_its_demand_vacant():
    demand, supply = np.array([12.0, 3.0]), np.array([10.0, 0.0])
    curve = vacancy_curve(0.02, demand, supply, 5.0)
    np.testing.assert_allclose(curve.vacancies(demand, supply), [2.0, 3.0])
    # where that is more than all unmet demand there are none elsewhere
    assert vacancy_curve(0.02, demand, supply, 2.0).vacancies(demand, supply).tolist() == [0, 3]


def test_a_year_is_what_is_counted(baseline):
    """The flows of the last year against the indicators of the last year."""
    flows = baseline.flows()
    last = flows[flows.year == baseline.year]
    started = last[last.flow.isin(["graduation", "arrival"])].persons.sum()
    assert baseline.national()["inflow_persons"].iloc[-1] == started
    home = {site.name: baseline.regions.codes[site.region] for site in baseline.regions.sites}
    graduates = last[last.flow == "graduation"]
    stayed = graduates[graduates.site.map(home) == graduates.region_code].persons.sum()
    share = baseline.national()["share_stay_training_region"].iloc[-1]
    assert share == pytest.approx(stayed / graduates.persons.sum())
