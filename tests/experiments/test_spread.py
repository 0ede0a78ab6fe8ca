"""Where a spread comes from and which order is robust, recovered from numbers made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import ensemble, runner, spread
from experiments.ensemble import SOURCES_ALWAYS as SOURCES
from experiments.errors import InputError
from experiments.store import Results

SHARES = [*SOURCES, spread.CHANCE]


def drawn(runs: int, sizes: tuple[int, ...] = (40, 20, 50, 50), seed: int = 1) -> pd.DataFrame:
    """Return which of each source every run has; low numbers more often, so that groups are uneven."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: (size * rng.random(runs) ** 1.5).astype(int) for name, size in zip(SOURCES, sizes)})  # noqa: B905


def simulated(which: pd.DataFrame, sd: dict[str, float], columns: int, seed: int = 2) -> pd.DataFrame:
    """Return runs made of an effect by source, with a standard deviation of `sd`, and chance."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, sd.get(spread.CHANCE, 0.0), (len(which), columns))
    for name in SOURCES:
        effects = rng.normal(0, sd.get(name, 0.0), (which[name].max() + 1, columns))
        values += effects[which[name].to_numpy()]
    return pd.DataFrame(values)


# Where the spread comes from


def test_one_source_by_hand():
    groups = pd.DataFrame({name: [0] * 5 for name in SOURCES} | {"forecast": [0, 0, 1, 1, 1]})
    (row,) = spread.by_source(pd.DataFrame({"x": [0.0, 4.0, 3.0, 7.0, 5.0]}), groups).to_dict("records")
    # Means 2 and 5 around 3.8: between them 2 * 1.8² + 3 * 1.2² = 10.8, of which 16 / 3 would come of the 16 within.
    variance = (10.8 - 16 / 3) / 4
    assert row["sd"] == pytest.approx(6.7**0.5)
    assert row["forecast"] == pytest.approx(variance / 6.7)
    assert row[spread.CHANCE] == pytest.approx(1 - variance / 6.7)
    assert [row[name] for name in SOURCES if name != "forecast"] == [0, 0, 0]


@pytest.mark.parametrize(
    "sd",
    [
        {"behaviour": 3.0, "base_year": 2.0, "national": 1.0, spread.CHANCE: 2.0},
        {"base_year": 1.0, "forecast": 2.0, spread.CHANCE: 0.5},
        {"behaviour": 1.0, "base_year": 1.0, "forecast": 1.0, "national": 1.0, spread.CHANCE: 1.0},
    ],
)
def test_known_shares_of_the_variance_are_found_again(sd):
    which = drawn(3000)
    found = spread.by_source(simulated(which, sd, columns=200), which).mean()
    variance = {name: sd.get(name, 0.0) ** 2 for name in SHARES}
    for name in SHARES:
        assert found[name] == pytest.approx(variance[name] / sum(variance.values()), abs=0.025), name
    assert found["sd"] == pytest.approx(sum(variance.values()) ** 0.5, rel=0.03)


def test_chance_alone_is_chance():
    which = drawn(1000)
    found = spread.by_source(simulated(which, {spread.CHANCE: 1.0}, columns=200), which).mean()
    assert found[spread.CHANCE] > 0.95


def test_a_source_that_does_not_vary_or_is_never_the_same_has_no_share():
    which = drawn(100).assign(base_year=7, forecast=np.arange(100))
    found = spread.by_source(simulated(which, {"behaviour": 1.0, spread.CHANCE: 1.0}, columns=5), which)
    assert (found[["base_year", "forecast"]] == 0).all(axis=None)
    assert (found["behaviour"] > 0).all()


def test_what_is_the_same_in_all_runs_has_no_spread_and_no_shares():
    found = spread.by_source(pd.DataFrame({"x": np.full(100, 3.0)}), drawn(100))
    assert found.loc["x", "sd"] == 0
    assert found.loc["x", SHARES].isna().all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(2, 60), st.floats(1e-3, 1e6), st.floats(-1e3, 1e3))
def test_shares_are_shares_whatever_the_unit(seed: int, runs: int, unit: float, shift: float):
    which = drawn(runs, (3, 4, 2, 5), seed)
    values = simulated(which, dict.fromkeys(SHARES, 1.0), columns=3, seed=seed)
    found = spread.by_source(values, which)
    assert ((found[SHARES] >= 0) & (found[SHARES] <= 1)).all(axis=None)
    np.testing.assert_allclose(found[SHARES].sum(axis=1), 1)
    other = spread.by_source(values * unit + shift * unit, which)
    np.testing.assert_allclose(other[SHARES], found[SHARES], atol=1e-6)
    np.testing.assert_allclose(other["sd"], found["sd"] * unit, rtol=1e-6)


def test_a_column_without_a_value_in_some_runs_counts_the_others():
    which = drawn(300, (5, 4, 6, 3))
    values = simulated(which, dict.fromkeys(SHARES, 1.0), columns=3)
    values.iloc[::3, 1] = np.nan
    there = values[1].dropna()
    found = spread.by_source(values, which)
    pd.testing.assert_series_equal(found.loc[1], spread.by_source(there.to_frame(), which.loc[there.index]).loc[1])
    pd.testing.assert_frame_equal(found.loc[[0, 2]], spread.by_source(values[[0, 2]], which))


def test_parts_are_standard_deviations_that_add_up_as_squares():
    groups = pd.DataFrame({name: [0] * 5 for name in SOURCES} | {"forecast": [0, 0, 1, 1, 1]})
    values = pd.DataFrame({"x": [0.0, 4.0, 3.0, 7.0, 5.0], "same": 2.0, "none": np.nan})
    found = spread.parts(values, groups)
    assert found.columns.tolist() == SHARES
    assert found.loc["x", "forecast"] == pytest.approx(((10.8 - 16 / 3) / 4) ** 0.5)  # see the source by hand
    assert (found.loc["x"] ** 2).sum() == pytest.approx(6.7)
    assert (found.loc["same"] == 0).all()
    assert found.loc["none"].isna().all()


@pytest.mark.parametrize(("runs", "source", "chance"), [(200, 0.1, 0.16), (1000, 0.06, 0.07)])
def test_how_well_the_parts_of_one_column_are_known(runs, source, chance):
    sizes = (len(ensemble.members()), ensemble.BASE_YEARS, ensemble.FORECASTS, ensemble.NATIONAL_DRAWS)
    rng = np.random.default_rng(3)
    # As of the vacancy rate of a region in 2043.
    sd = dict(zip(SHARES, np.sqrt([0.46, 0.02, 0.07, 0.38, 0.07]), strict=True))
    found = []
    for seed in range(12):
        which = pd.DataFrame({s: rng.integers(size, size=runs) for s, size in zip(SOURCES, sizes, strict=True)})
        found.append(spread.parts(simulated(which, sd, columns=28, seed=seed), which))
    errors = pd.concat(found).std()
    assert errors[spread.CHANCE] == pytest.approx(chance, abs=0.03)
    assert errors[["behaviour", "base_year", "forecast"]].tolist() == pytest.approx([source] * 3, abs=0.03)
    assert errors["national"] == pytest.approx(0.1, abs=0.03)


# Which order is robust


def test_an_order_by_hand():
    reference = pd.Series([0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0])
    sides = {
        "above": [1] * 9 + [-1],  # 90% of the runs
        "below": [-1] * 9 + [0],
        "neither": [1] * 8 + [-1, -1],
        "level at times": [1] * 8 + [0, 0],
        "level": [0] * 10,
        "above where it is": [1] * 8 + [np.nan, np.nan],
        "nowhere": [np.nan] * 10,
    }
    found = spread.order(pd.DataFrame(sides).add(reference, axis=0), reference)
    assert found.index.tolist() == list(sides)
    np.testing.assert_array_equal(found, [1, -1, 0, 0, 0, 1, np.nan])


def test_an_order_counts_the_runs_that_the_reference_has():
    values = pd.DataFrame({"x": [1.0, 1.0, -1.0]}, index=[4, 5, 6])
    assert spread.order(values, pd.Series({4: 0.0, 5: 0.0})).tolist() == [1]
    assert spread.order(values, pd.Series({6: 0.0, 5: 0.0})).tolist() == [0]


def test_a_ranking_by_hand():
    runs = np.arange(21.0)  # 5% of 21 runs is the second lowest of them
    values = pd.DataFrame({"low": 0.0, "rises": runs, "high": np.where(runs < 3, 0.5, 30.0)}, index=runs)
    found = spread.ranking(values)
    assert list(found.index) == ["high", "rises", "low"]
    assert found["mean"].tolist() == pytest.approx([(18 * 30 + 3 * 0.5) / 21, 10, 0])
    assert found.loc["rises", ["low", "high"]].tolist() == [1, 19]
    # "high" is above "rises" but for runs 1 and 2; "rises" above "low" but for run 0, where they are level.
    assert found["before_next"].tolist()[:2] == pytest.approx([19 / 21, 20 / 21])
    assert np.isnan(found["before_next"].iloc[-1])
    assert found.loc["high", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert found.loc["rises", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert found.loc["low", ["rank_low", "rank_high"]].tolist() == [3, 3]
    assert (found["in_worst"] == 1).all()  # of three regions all are among the worst five


def test_the_share_of_runs_among_the_worst_five():
    steady = {f"r{k}": [10.0 - k] * 4 for k in range(5)}  # 10 to 6
    found = spread.ranking(pd.DataFrame(steady | {"rarely": [0.0, 0.0, 0.0, 20.0], "never": [1.0] * 4}))
    assert found.loc["rarely", "in_worst"] == 0.25
    assert found.loc["r4", "in_worst"] == 0.75
    assert found.loc["r0", "in_worst"] == 1
    assert found.loc["never", "in_worst"] == 0
    assert found["in_worst"].sum() == pytest.approx(spread.WORST)


def test_regions_that_never_change_places_have_one_rank_and_a_robust_order():
    values = pd.DataFrame(np.random.default_rng(1).random((50, 1)) - np.arange(8.0))
    found = spread.ranking(values)
    assert found["rank_low"].tolist() == found["rank_high"].tolist() == list(range(1, 9))
    assert (found["before_next"].iloc[:-1] == 1).all()


# Of a results folder


def test_draws_are_those_of_the_runs_that_were_done():
    runs = [("baseline", 0, 11, "done"), ("other", 0, 11, "done"), ("baseline", 1, 12, "failed")]
    runs.append(("baseline", 2, 13, "done"))
    keys = ("scenario", "replication", "seed", "status")
    about = {
        "runs": [dict(zip(keys, run, strict=True)) for run in runs],
        "ensemble": ensemble.fingerprint(),
        "scenarios": {"baseline": {"parameters": {"levers": []}}, "other": {"parameters": {"levers": ["some"]}}},
    }
    found = spread.draws(Results(Path(), about), "baseline")
    assert found.index.tolist() == [0, 2]
    assert found.columns.tolist() == list(SOURCES)
    assert found.loc[2].to_dict() == {name: vars(ensemble.draw(13))[name] for name in SOURCES}
    assert spread.draws(Results(Path(), about), "other").columns.tolist() == list(ensemble.SOURCES)
    with pytest.raises(InputError, match="made with another ensemble"):
        spread.draws(Results(Path(), {**about, "ensemble": "of another version"}), "baseline")


def test_an_indicator_by_run_and_region_is_that_of_the_tables(design, data, tmp_path):
    results = runner.run(design(2), tmp_path, data=data)
    found = spread.of_regions(results, "baseline", "coverage", 2026)
    assert found.columns.tolist() == list(data.codes)
    assert found.index.tolist() == [0, 1]
    table = results.read("regions").set_index(["replication", "year", "region_code"])["coverage"]
    assert found.loc[1, data.codes[5]] == table[1, 2026, data.codes[5]]
