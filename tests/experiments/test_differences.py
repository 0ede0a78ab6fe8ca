from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from abm.indicators import BETWEEN, INDICATORS
from experiments import comparison, cube, differences, directions
from experiments.errors import InputError
from tests.experiments import made_up
from tests.experiments.made_up import CODES

T4 = 2.7764451051977987
BONUS = {"kind": "settlement_bonus", "name": "bonus", "regions": ("Zeeland",), "first": 2025, "last": 2026}
LEVERS = {"base": [], "bonus": [BONUS]}
LAST = 2027


def gains(year: int, **by_region: tuple[float, ...]) -> made_up.Values:
    """What the scenario has more, by replication."""
    return {
        ("bonus", replication, year, code): value
        for code, values in by_region.items()
        for replication, value in enumerate(values)
    }


SUPPLY = gains(
    LAST,
    RA1222=(1, 2, 3, 1, 3),
    RA1323=(-1, 0, -1, -1, 0),
    RA0919=(0, -1, -1, -1, 0),
    RA0101=(-0.5, -1, -0.5, -0.5, -0.5),
)


@pytest.fixture
def found(tmp_path):
    return comparison.of_results(made_up.results(tmp_path, 5, LEVERS, {"supply_fte": SUPPLY}))


def one(frame: pd.DataFrame, **equal: object) -> pd.Series:
    for column, value in equal.items():
        frame = frame[frame[column].isna() if value is None else frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_differences_by_region_and_for_the_nation(found):
    row = one(found.differences, indicator="supply_fte", year=LAST, region_code="RA1222")
    assert (row.mean_baseline, row.mean_scenario, row.difference) == (10, 12, 2)
    assert (row.low, row.high) == pytest.approx((2 - T4 / 5**0.5, 2 + T4 / 5**0.5))
    assert (row.share_better, row.share_same, row.share_worse, row.pairs) == (1, 0, 0, 5)
    assert row.unit == "fte"
    row = one(found.differences, indicator="shortage_fte", year=LAST, region_code="RA1323")
    assert row.difference == pytest.approx(3 / 5)
    assert (row.share_better, row.share_same, row.share_worse) == pytest.approx((0, 2 / 5, 3 / 5))
    row = one(found.differences, indicator="supply_fte", year=LAST, region_code="NL")
    assert (row.mean_baseline, row.difference) == (100, pytest.approx(np.mean([-0.5, 0, 0.5, -1.5, 2.5])))
    assert one(found.differences, indicator="supply_fte", year=2026, region_code="RA1222").share_same == 1


def test_every_indicator_year_and_region_is_there(found):
    frame = found.differences
    assert len(frame) == 3 * (len(INDICATORS) * (len(CODES) + 1) + len(BETWEEN))
    assert set(frame["indicator"]) == {one.name for one in (*INDICATORS, *BETWEEN)}
    assert not frame.duplicated(["scenario", "indicator", "year", "region_code"]).any()


def test_directions_are_of_indicators_that_exist():
    better = directions.BETTER
    assert better.keys() <= {one.name for one in (*INDICATORS, *BETWEEN)}
    assert {better[name] for name in ("supply_fte", "coverage", "fte_per_10k")} == {1}
    assert {better[name] for name in ("shortage_fte", "vacancy_rate", "without_gp", "gini_coverage")} == {-1}
    assert "share_women" not in better


def test_displacement_of_target_neighbours_rest_and_nation(found):
    rows = found.displacement[(found.displacement["year"] == LAST) & (found.displacement["quantity"] == "supply_fte")]
    expected = {
        "target": (1, 2, 3, 1, 3),
        "neighbours": (-1, -1, -2, -2, 0),
        "rest": (-0.5, -1, -0.5, -0.5, -0.5),
        "nation": (-0.5, 0, 0.5, -1.5, 2.5),
    }
    for group, values in expected.items():
        row = one(rows, group=group, region_code=None)
        assert row.difference == pytest.approx(np.mean(values))
        assert row.sd == pytest.approx(np.std(values, ddof=1))
        assert row.high - row.difference == pytest.approx(T4 * np.std(values, ddof=1) / 5**0.5)
    of_regions = rows.dropna(subset="region_code").set_index("region_code")["group"].to_dict()
    assert of_regions == {"RA1222": "target", "RA1323": "neighbours", "RA0919": "neighbours", "RA0101": "rest"}
    parts = [one(rows, group=group, region_code=None).difference for group in ("target", "neighbours", "rest")]
    assert sum(parts) == pytest.approx(one(rows, group="nation", region_code=None).difference)


def test_a_gain_falls_apart_into_what_happened_since_the_start(tmp_path):
    flows: list[made_up.Flow] = [
        ("base", 0, 2026, "RA1222", "graduation", 2, 1.0),
        ("bonus", 0, 2026, "RA1222", "graduation", 3, 1.5),
        ("bonus", 0, 2026, "RA1222", "graduation", 1, 0.25),  # another site
        ("bonus", 0, 2027, "RA1222", "graduation", 1, 1.0),
        ("base", 0, 2027, "RA1222", "move_out", 1, 0.5),
        ("bonus", 0, 2027, "RA1222", "move_in", 1, 0.75),
        ("bonus", 0, 2027, "RA1222", "retirement", 1, 1.0),
        ("base", 0, 2027, "RA1222", "exit", 1, 0.25),
        ("bonus", 0, 2027, "RA1222", "arrival", 1, 0.125),
        ("bonus", 0, 2027, "RA0919", "arrival", 1, 9.0),
        ("bonus", 0, 2027, "RA1222", "to_holder", 1, 7.0),
    ]
    results = made_up.results(tmp_path, 1, LEVERS, {"supply_fte": gains(LAST, RA1222=(3.0,))}, flows)
    frame = comparison.of_results(results).displacement
    frame = frame[(frame["group"] == "target") & frame["region_code"].isna()].set_index(["quantity", "year"])
    expected = {"graduates": 1.75, "arrivals": 0.125, "moves": 1.25, "leavers": -0.75, "supply_fte": 3.0}
    for quantity, value in expected.items():
        assert frame.loc[(quantity, LAST), "difference"] == pytest.approx(value), quantity
    assert frame.loc[("graduates", 2026), "difference"] == pytest.approx(0.75)
    assert frame.loc[("other", LAST), "difference"] == pytest.approx(3 - 1.75 - 0.125 - 1.25 + 0.75)


def test_without_targets_there_is_the_nation_alone(tmp_path):
    levers = {"base": [], "bonus": [{**BONUS, "regions": ()}]}
    found = comparison.of_results(made_up.results(tmp_path, 3, levers, {"supply_fte": SUPPLY}))
    assert set(found.displacement["group"]) == {"nation"}
    assert found.summary["aim"].tolist() == ["nation"]
    assert found.summary["gain"][0] == pytest.approx(0)


def test_without_boundaries_nobody_is_a_neighbour(tmp_path):
    results = made_up.results(tmp_path, 3, LEVERS, {"supply_fte": SUPPLY})
    (tmp_path / "boundaries.geojson").unlink()
    frame = comparison.of_results(results).displacement
    assert one(frame, quantity="supply_fte", year=LAST, group="neighbours", region_code=None).mean_baseline == 0
    assert one(frame, quantity="supply_fte", year=LAST, group="rest", region_code=None).mean_baseline == 90


def test_targets_are_the_regions_of_the_levers_that_differ(tmp_path):
    other = {"kind": "campaign", "regions": ("RA0101",)}
    levers = {"base": [other], "bonus": [other, BONUS], "none": [other], "less": []}
    results = made_up.results(tmp_path, 1, levers)
    axes = cube.axes(results)
    targets = {name: differences.targets(results, axes, name, "base").tolist() for name in levers}
    nobody, zeeland, groningen = [False] * 4, [True, False, False, False], [False, False, False, True]
    assert targets == {"base": nobody, "bonus": zeeland, "none": nobody, "less": groningen}


def test_a_region_that_is_not_in_the_results_is_named(tmp_path):
    results = made_up.results(tmp_path, 1, {"base": [], "bonus": [{**BONUS, "regions": ("Zeelnd",)}]})
    with pytest.raises(InputError, match=r"region Zeelnd: not in the results; did you mean Zeeland\?"):
        comparison.of_results(results)


def test_a_failed_run_leaves_its_pair_out(tmp_path):
    results = made_up.results(tmp_path, 3, LEVERS, {"supply_fte": SUPPLY}, failed=[("base", 0), ("bonus", 2)])
    found = comparison.of_results(results)
    row = one(found.differences, indicator="supply_fte", year=LAST, region_code="RA1222")
    assert (row.pairs, row.difference, row.mean_baseline) == (1, 2, 10)
    assert one(found.displacement, quantity="supply_fte", year=LAST, group="target", region_code=None).pairs == 1
    told = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert "Mislukte runs: 2." in told


def test_results_without_any_run_or_with_other_years_cannot_be_compared(tmp_path):
    every = [(name, 0) for name in LEVERS]
    with pytest.raises(InputError, match=r"every run failed.*nobody works here"):
        comparison.of_results(made_up.results(tmp_path / "failed", 1, LEVERS, failed=every))
    results = made_up.results(tmp_path / "years", 1, LEVERS)
    results.manifest["scenarios"]["bonus"]["parameters"]["end_year"] = 2030
    with pytest.raises(InputError, match=r"end in different years.*--until"):
        comparison.of_results(results)
    with pytest.raises(InputError, match="holds one scenario, base"):
        comparison.of_results(made_up.results(tmp_path / "alone", 1, {"base": []}))
    with pytest.raises(InputError, match=r"scenario bas: not in .*did you mean base\?"):
        comparison.of_results(made_up.results(tmp_path / "named", 1, LEVERS), "bas")


def test_one_scenario_of_which_every_run_failed_leaves_the_others(tmp_path):
    levers = {**LEVERS, "worse": [BONUS]}
    results = made_up.results(tmp_path, 2, levers, {"supply_fte": SUPPLY}, failed=[("worse", 0), ("worse", 1)])
    summary = comparison.of_results(results).summary.set_index("scenario")
    assert summary.loc["bonus", "gain"] == 1.5
    assert summary.loc["worse", "pairs"] == 0
    assert np.isnan(summary.loc["worse", "gain"])


def test_blocks_do_not_change_what_is_found(tmp_path, monkeypatch):
    levers = {**LEVERS, "second": [BONUS], "third": [BONUS]}
    supply = {**SUPPLY, ("third", 1, LAST, "RA1222"): 4.0}
    results = made_up.results(tmp_path, 3, levers, {"supply_fte": supply})
    whole = comparison.of_results(results)
    names = ("differences", "displacement", "costs")
    before = [getattr(whole, name) for name in names]
    monkeypatch.setattr(cube, "MOST_VALUES", 1)
    assert len(list(cube.blocks(results, ["bonus", "second", "third"]))) == 3
    again = comparison.of_results(results)
    for name, expected in zip(names, before, strict=True):
        keys = [column for column in expected if expected[column].dtype.kind not in "f" or column == "year"]
        made = getattr(again, name)
        pd.testing.assert_frame_equal(
            made.sort_values(keys, ignore_index=True), expected.sort_values(keys, ignore_index=True)
        )


def test_inequality_is_compared_too(tmp_path):
    gini = {("bonus", r, LAST): -0.25 * (r + 1) for r in range(3)}
    results = made_up.results(tmp_path, 3, LEVERS, between={"gini_coverage": gini})
    row = one(comparison.of_results(results).differences, indicator="gini_coverage", year=LAST)
    assert (row.region_code, row.difference, row.share_better) == ("NL", -0.5, 1)


def test_columns_say_what_they_hold(found):
    import pyarrow.parquet as pq

    for name in comparison.TABLES:
        schema = pq.read_schema(found.folder / f"{name}.parquet")
        assert b'"baseline": "base"' in schema.metadata[b"gp_settlement"]
        assert schema.field("pairs").metadata[b"unit"] == b"pairs of replications"
        assert b"95% interval" in schema.field("low").metadata[b"unit"]
