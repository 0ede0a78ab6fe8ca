"""Indicators of a few GPs by hand, and the vacancy curve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm import INDICATORS, SettlementModel
from abm.indicators import NAMES, State, VacancyCurve, Year, collect, vacancy_curve
from abm.population import NOWHERE, Role, Status
from tests.abm.test_careers import gps

UNMET = 678.438  # fte: 6.3% of the plan's 10,768.9 fte
SUMS = [i.name for i in INDICATORS if i.kind == "sum"]
RATES = [i.name for i in INDICATORS if i.kind == "rate"]

# The columns that the results begin with, in their order; those of practices come with practices.
ORDER = [
    "supply_fte", "supply_persons", "demand_fte", "shortage_fte", "shortage_persons", "vacancies_fte", "vacancy_rate",
    "coverage", "inhabitants", "fte_per_10k", "persons_per_10k", "share_holder", "share_salaried",
    "share_fixed_locum", "share_changing_locum", "share_women", "share_55plus", "share_60plus", "outflow_5y",
    "inflow_persons", "alumni_ratio", "practices", "unfilled_places", "mean_list", "share_patient_stop", "without_gp",
    "share_stay_training_region",
]  # fmt: skip
OF_PRACTICES = {"practices", "unfilled_places", "mean_list", "share_patient_stop", "without_gp"}


def test_columns_and_their_order():
    assert list(NAMES) == [name for name in ORDER if name not in OF_PRACTICES]


@pytest.mark.parametrize("indicator", INDICATORS, ids=NAMES)
def test_every_indicator_says_what_it_is(indicator):
    assert indicator.unit
    assert indicator.meaning
    assert indicator.label_en != indicator.label_nl


# --- a state by hand: three regions, the last without any GP, in 2030 ---


@pytest.fixture
def state():
    population = gps(
        region=[0, 0, 0, 0, 1, 1, NOWHERE, 0],
        role=[Role.HOLDER, Role.HOLDER, Role.SALARIED, Role.CHANGING_LOCUM, Role.FIXED_LOCUM, Role.HOLDER, 3, 0],
        sex=[0, 1, 0, 0, 0, 1, 0, 1],
        birth=[1970, 1975, 1976, 1995, 1994, 1966, 2000, 1950],
        registered=[2003, 2008, 2009, 2026, 2025, 1999, NOWHERE, 1980],
        site=[0, 0, 1, 0, 0, 1, 0, 0],
        status=[1, 1, 1, 1, 1, 1, Status.IN_TRAINING, Status.LEFT],
    )
    working = population.rows(Status.WORKING)
    fte = np.array([0.8, 0.9, 0.6, 0.7, 0.5, 1.0])
    leaves = np.array([0.1, 0.2, 0.0, 0.1, 0.0, 0.8])
    return State(population, working, fte, leaves, 2030)


@pytest.fixture
def regions(small):
    return replace(small, inhabitants=np.array([[0.0] * 3] * 5 + [[20_000.0, 5_000.0, 10_000.0]] * 16))


DEMAND = np.array([4.0, 1.0, 2.0])
CURVE = VacancyCurve(0.02, 0.05)


def test_indicators_by_hand(state, regions):
    nan = np.nan
    # the GP who started in 2026 moved in from elsewhere; that of 2025 is no graduate of the last five years
    happened = Year(graduates=np.array([3]), arrivals=np.array([4]), moved=np.array([0, 5]))
    found = collect(state, regions, 5, DEMAND, CURVE, happened)
    fte_per_gp = 4.5 / 6
    expected = {
        "supply_fte": [3.0, 1.5, 0, 4.5],
        "supply_persons": [4, 2, 0, 6],
        "demand_fte": [4, 1, 2, 7],
        "shortage_fte": [1, -0.5, 2, 2.5],
        "shortage_persons": [1 / fte_per_gp, -0.5 / fte_per_gp, 2 / fte_per_gp, 2.5 / fte_per_gp],
        "coverage": [3 / 4, 1.5, 0, 4.5 / 7],
        "inhabitants": [20_000, 5_000, 10_000, 35_000],
        "fte_per_10k": [1.5, 3.0, 0, 45_000 / 35_000],
        "persons_per_10k": [2, 4, 0, 60_000 / 35_000],
        "share_holder": [2 / 4, 1 / 2, nan, 3 / 6],
        "share_salaried": [1 / 4, 0, nan, 1 / 6],
        "share_fixed_locum": [0, 1 / 2, nan, 1 / 6],
        "share_changing_locum": [1 / 4, 0, nan, 1 / 6],
        "share_women": [3 / 4, 1 / 2, nan, 4 / 6],
        "share_55plus": [2 / 4, 1 / 2, nan, 3 / 6],
        "share_60plus": [1 / 4, 1 / 2, nan, 2 / 6],
        "outflow_5y": [0.4 / 4, 0.8 / 2, nan, 1.2 / 6],
        "inflow_persons": [2, 2, 0, 2],
        "alumni_ratio": [1 / (3 / 4.5), 0, nan, 1],
        "share_stay_training_region": [1, nan, nan, 1],
    }
    gap = 4 / 3 - 1
    first = 3 * 0.02 * np.log(1 + np.exp((gap - 0.05) / 0.02))
    second = 1.5 * 0.02 * np.log(1 + np.exp((-1 / 3 - 0.05) / 0.02))
    expected["vacancies_fte"] = [first, second, 2, first + second + 2]
    expected["vacancy_rate"] = [first / 3, second / 1.5, nan, (first + second + 2) / 4.5]
    assert set(expected) == set(NAMES)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-12, err_msg=name)


def test_the_share_that_stays_is_that_of_those_trained_in_the_region(state, regions):
    """Of the graduates of both sites, in region 0 and in region 1, one stays each."""
    state.gps.region[:6] = [0, 1, 1, 0, 2, 0]
    found = collect(state, regions, 5, DEMAND, CURVE, Year(np.arange(6), np.arange(0), np.arange(0)))
    # site 0 (region 0) trained rows 0, 1, 3, 4; site 1 (region 1) rows 2 and 5
    np.testing.assert_allclose(found["share_stay_training_region"], [2 / 4, 1 / 2, np.nan, 3 / 6])


def test_without_flows_in_the_base_year_only_flows_are_unknown(state, regions):
    found = collect(state, regions, 5, DEMAND, CURVE, None)
    for name, values in found.items():
        if name in {"inflow_persons", "share_stay_training_region"}:
            assert np.isnan(values).all(), name
        else:
            assert np.isfinite(values[[0, 1, -1]]).all(), name


def test_the_order_of_the_gps_does_not_matter(state, regions):
    turned = replace(state, working=state.working[::-1], fte=state.fte[::-1], leaves_in_five=state.leaves_in_five[::-1])
    first, second = (collect(s, regions, 5, DEMAND, CURVE, None) for s in (state, turned))
    for name in NAMES:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-12, err_msg=name)


# --- whole runs ---


def both(model):
    """Results as (years, regions) and the nation's row, by column."""
    results, national = model.results(), model.national()
    years = len(national)
    return {name: (results[name].to_numpy().reshape(years, -1), national[name].to_numpy()) for name in NAMES}


@pytest.mark.parametrize("name", sorted({*SUMS} - {"inflow_persons"}))
def test_sums_add_up_over_regions(baseline, name):
    regional, national = both(baseline)[name]
    np.testing.assert_allclose(regional.sum(axis=1), national, rtol=1e-12, atol=1e-9)


def test_inflow_adds_up_but_for_moves_which_cancel_in_the_nation(baseline):
    regional, national = both(baseline)["inflow_persons"]
    flows = baseline.flows()
    moves = flows[flows.flow == "move_in"].groupby("year").persons.sum()
    np.testing.assert_array_equal(regional[1:].sum(axis=1) - moves, national[1:])


@pytest.mark.parametrize(
    ("rate", "above", "below"),
    [
        ("vacancy_rate", "vacancies_fte", "supply_fte"),
        ("coverage", "supply_fte", "demand_fte"),
        ("fte_per_10k", "supply_fte", "inhabitants"),
        ("persons_per_10k", "supply_persons", "inhabitants"),
    ],
)
def test_rates_are_ratios_of_sums_in_regions_and_nation(baseline, rate, above, below):
    times = 10_000 if rate.endswith("10k") else 1
    columns = both(baseline)
    for level in (0, 1):
        expected = columns[above][level] / columns[below][level] * times
        np.testing.assert_allclose(columns[rate][level], expected, rtol=1e-12)


@pytest.mark.parametrize("rate", [r for r in RATES if r.startswith("share_") and "stay" not in r] + ["outflow_5y"])
def test_shares_of_the_nation_are_means_over_gps(baseline, rate):
    columns = both(baseline)
    regional, national = columns[rate]
    persons = columns["supply_persons"][0]
    np.testing.assert_allclose((regional * persons).sum(axis=1) / persons.sum(axis=1), national, rtol=1e-12)
    assert ((regional >= 0) & (regional <= 1)).all()


def test_shares_of_roles_add_up_to_one(baseline):
    results = baseline.results()
    roles = [f"share_{role.name.lower()}" for role in Role]
    np.testing.assert_allclose(results[roles].sum(axis=1), 1)


def test_alumni_ratio_of_the_nation_is_one_and_its_mean_by_fte_too(baseline):
    columns = both(baseline)
    regional, national = columns["alumni_ratio"]
    fte = columns["supply_fte"][0]
    np.testing.assert_allclose(national, 1)
    np.testing.assert_allclose((regional * fte).sum(axis=1) / fte.sum(axis=1), 1)


def test_unknown_only_flows_and_only_in_the_base_year(baseline):
    results = baseline.results().set_index("year")
    unknown = results.columns[results.loc[2025].isna().any()]
    assert set(unknown) == {"inflow_persons", "share_stay_training_region"}
    trained = {baseline.regions.codes[site.region] for site in baseline.regions.sites}
    later = results.loc[2026:]
    missing = later[later.drop(columns="share_stay_training_region").isna().any(axis=1)]
    assert missing.empty
    without = later[later["share_stay_training_region"].isna()]
    # Emmen trains about one a year: some years nobody from there starts
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
