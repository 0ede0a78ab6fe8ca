from __future__ import annotations

import math

import numpy as np
import pytest

from abm import Scenario
from abm.levers import Campaign, Obligation, SettlementBonus, SmallerPractices, TaskShifting
from experiments import comparison, costs, training_costs
from tests.experiments import made_up

YEARS = np.array([2025, 2026])
BONUS = {
    "kind": "settlement_bonus", "name": "bonus", "regions": ("RA1222",), "first": 2025, "last": 2026,
    "euro_per_year": 1000.0, "cost": {"per_year": 500.0, "per_reached": 10.0},
}  # fmt: skip
REACHED: list[made_up.Flow] = [
    ("bonus", 0, 2026, "RA1222", "reached:bonus", 2, 1.5),
    ("bonus", 0, 2027, "RA1222", "reached:bonus", 3, 2.0),
    ("bonus", 1, 2026, "RA1222", "reached:bonus", 4, 3.0),
    ("bonus", 1, 2027, "RA1222", "reached:bonus", 5, 4.0),
]
SUPPLY = {("bonus", r, y, "RA1222"): 1.0 + r + 0.5 * (y - 2026) for r in (0, 1) for y in (2026, 2027)}


def table(found: comparison.Comparison) -> dict[tuple[str, str, int | None], dict]:
    rows = found.costs[found.costs["scenario"] == "bonus"].to_dict("records")
    return {(row["lever"], row["quantity"], None if math.isnan(row["year"]) else int(row["year"])): row for row in rows}


def test_the_cost_of_a_lever_by_hand():
    bonus = SettlementBonus(
        euro_per_year=1000.0, first=2025, last=2026, phase_in=2, cost={"per_year": 500.0, "per_reached": 10.0}
    )
    persons, fte = np.array([[2.0, 3.0]]), np.array([[1.0, 2.0]])
    # 2025 at half size: 500 + (5 + 500) * 2; 2026 at full size: 500 + (10 + 1000) * 3
    np.testing.assert_allclose(costs.of_lever(bonus, YEARS, persons, fte), [[1510, 3530]])
    shifting = TaskShifting(first=2026, last=2030, cost={"per_year": 500.0, "per_reached": 10.0})
    np.testing.assert_allclose(costs.of_lever(shifting, YEARS, 0 * persons, fte * [0, 1]), [[0, 520]])
    assert not costs.of_lever(Campaign(first=2030, last=2031), YEARS, persons, fte).any()


def test_an_amount_for_each_is_whole_where_fewer_are_reached_while_it_grows():
    """Of those obliged there are fewer at first, and some are still there after the last year."""
    growing = {"first": 2025, "last": 2025, "phase_in": 4, "regions": ("RA1222",), "cost": {"per_reached": 10.0}}
    persons = np.array([[2.0, 3.0]])
    for lever, euros in ((Obligation(**growing), [20, 30]), (SmallerPractices(**growing), [5, 0])):
        np.testing.assert_allclose(costs.of_lever(lever, YEARS, persons, persons), [euros])


def test_costs_by_year_in_all_and_for_each_fte_year(tmp_path):
    levers = {"base": [], "bonus": [BONUS]}
    supply = {(s, r + more, y, c): gain for more in (0, 2, 4) for (s, r, y, c), gain in SUPPLY.items()}
    many = [(s, r + more, *row) for more in (0, 2, 4) for s, r, *row in REACHED]
    found = table(comparison.of_results(made_up.results(tmp_path, 6, levers, {"supply_fte": supply}, many)))
    assert found["bonus", "reached_persons", 2025]["value"] == 3
    assert found["bonus", "reached_fte", 2026]["value"] == 3
    first, second = 500 + 1010 * 2 + 500 + 1010 * 3, 500 + 1010 * 4 + 500 + 1010 * 5
    assert found["bonus", "cost", 2025]["value"] == pytest.approx(500 + 1010 * 3)
    total = found["(all)", "cost", None]
    assert total["value"] == pytest.approx((first + second) / 2)
    half = 2.570581835636314 * np.std(3 * [first, second], ddof=1) / 6**0.5  # Student's t, 95%, five degrees
    assert total["high"] - total["value"] == pytest.approx(half)
    assert found["(all)", "extra_cost", None]["value"] == total["value"]
    assert found["(all)", "gain", None]["value"] == pytest.approx((1 + 1.5 + 2 + 2.5) / 2)
    assert found["(all)", "gain", None]["unit"] == "fte-years"


def test_cost_per_fte_year_only_where_something_is_gained(tmp_path):
    levers = {"base": [], "bonus": [BONUS]}
    many = [(s, r, y, c, f, p, q) for r in range(5) for s, _, y, c, f, p, q in REACHED[:2]]
    sure = {("bonus", r, y, "RA1222"): 2.0 + 0.01 * r for r in range(5) for y in (2026, 2027)}
    unsure = {("bonus", r, y, "RA1222"): (-1.0) ** r for r in range(5) for y in (2026, 2027)}
    found = table(comparison.of_results(made_up.results(tmp_path / "a", 5, levers, {"supply_fte": sure}, many)))
    row = found["(all)", "cost_per_gain", None]
    assert row["value"] == pytest.approx((1000 + 1010 * 5) / (2 * 2.02))
    assert row["low"] < row["value"] < row["high"]
    assert row["note"] == ""
    for name, supply in (("b", unsure), ("c", {key: -value for key, value in sure.items()})):
        results = made_up.results(tmp_path / name, 5, levers, {"supply_fte": supply}, many)
        found = comparison.of_results(results, lang="en")
        row = table(found)["(all)", "cost_per_gain", None]
        assert math.isnan(row["value"])
        assert row["note"] == costs.NO_GAIN
        assert "no extra GPs |" in (results.folder / "comparison.md").read_text(encoding="utf-8")


FREE_CAMPAIGN = {"kind": "campaign", "regions": ("RA1222",), "first": 2025, "cost": {"per_year": 0.0}}


def test_without_an_amount_no_cost_is_given(tmp_path):
    levers = {"base": [], "bonus": [{**FREE_CAMPAIGN, "name": "bonus"}]}
    sure = {("bonus", r, y, "RA1222"): 2.0 + 0.01 * r for r in range(5) for y in (2026, 2027)}
    found = comparison.of_results(made_up.results(tmp_path, 5, levers, {"supply_fte": sure}, REACHED))
    row = table(found)["(all)", "cost_per_gain", None]
    assert math.isnan(row["value"])
    assert row["note"] == costs.NO_COST
    assert "geen kosten opgegeven" in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_a_reason_for_having_no_cost_makes_it_nil(tmp_path):
    reason = "assumed: candidates are selected anyway"
    free = {**FREE_CAMPAIGN, "name": "bonus", "cost": {"source": reason}}
    sure = {("bonus", r, y, "RA1222"): 2.0 + 0.01 * r for r in range(5) for y in (2026, 2027)}
    results = made_up.results(tmp_path, 5, {"base": [], "bonus": [free]}, {"supply_fte": sure}, REACHED)
    found = table(comparison.of_results(results, lang="en"))["(all)", "cost_per_gain", None]
    assert (found["value"], found["note"]) == (0, "")
    told = (tmp_path / "comparison.md").read_text(encoding="utf-8").replace("\xa0", " ")
    assert f"Lever *bonus* costs 0 euro: {reason}." in told


def test_a_payment_of_nothing_costs_nothing(tmp_path):
    free = {**BONUS, "euro_per_year": 0.0, "cost": {}}
    found = comparison.of_results(made_up.results(tmp_path, 5, {"base": [], "bonus": [free]}, flows=REACHED))
    assert table(found)["(all)", "cost", None]["value"] == 0
    assert table(found)["(all)", "cost_per_gain", None]["note"] == costs.NO_GAIN
    assert "geen kosten" not in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_the_price_of_a_fte_year_is_that_of_a_period(tmp_path):
    sure = {("bonus", r, y, "RA1222"): 2.0 + 0.01 * r for r in range(5) for y in (2026, 2027)}
    many = [(s, r, *row) for r in range(5) for s, _, *row in REACHED[:2]]
    results = made_up.results(tmp_path, 5, {"base": [], "bonus": [BONUS]}, {"supply_fte": sure}, many)
    found = table(comparison.of_results(results, lang="en"))
    first, second = 500 + 1010 * 2, 500 + 1010 * 3
    assert found["(all)", "extra_cost", 2026]["value"] == second
    assert found["(all)", "gain", 2025]["value"] == pytest.approx(2.02)
    assert found["(all)", "cost_per_gain_so_far", 2025]["value"] == pytest.approx(first / 2.02)
    assert found["(all)", "cost_per_gain_so_far", 2026]["value"] == found["(all)", "cost_per_gain", None]["value"]
    told = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert "Lever *bonus* pays GPs who work there and settled since it began: 5 GP-years, of whom" in told
    assert "| 2026 | 0.00 [0.00; 0.00] | +2.0 [2.0; 2.0] | 1,500 |" in told


def test_trainees_are_those_who_started_and_have_not_finished(data):
    years = np.arange(2025, 2043)
    usual = training_costs.trainees(Scenario(intake=500.0, intake_current=500.0), data, years)
    assert usual[0] == 250  # who starts in a year is there for half of it
    assert (np.diff(usual) >= -1e-9).all()
    duration = usual[-1] / 500
    assert 3 < duration < 3.5
    more = training_costs.trainees(Scenario(intake={2030: 1220.0}), data, years)
    more -= training_costs.trainees(Scenario(), data, years)
    assert (more[years < 2030] == 0).all()
    assert more.sum() == pytest.approx(500 * duration)
    assert np.count_nonzero(np.round(more, 9)) == 5
    fewer = Scenario.model_validate({"levers": [{"kind": "obligation", "regions": ("RA1222",), "first": 2027}]})
    less = training_costs.trainees(fewer, data, years) / training_costs.trainees(Scenario(), data, years)
    assert less[-1] == pytest.approx(0.99)  # 0.2 lost for each of the 5% who are obliged


def test_training_more_is_paid_for(tmp_path, data):
    swept = comparison.compare(
        ["baseline"], sweep=["intake=700,720,820"], until=2029, replications=5, data=data, out=tmp_path / "more"
    )
    frame = swept.costs[swept.costs["lever"] == costs.TRAINING].set_index(["scenario", "year"])
    assert frame.loc[("baseline-intake-820", 2028), "value"].max() == pytest.approx(150 * training_costs.EURO_PER_YEAR)
    assert swept.summary.set_index("intake")["note"].to_dict() == {
        700: costs.CHEAPER,
        720: costs.NO_GAIN,
        820: costs.NO_GAIN,
    }
    assert swept.summary["cost"][1] == 0


@pytest.mark.parametrize(
    ("lever", "indicator", "unit", "extra"),
    [
        ({"kind": "settlement_bonus"}, "supply_persons", "person-years", 3.0),  # in 2026 and 2027
        ({"kind": "start_premium"}, "inflow_persons", "persons", 3.0),
        ({"kind": "settlement_bonus", "first": 2026}, "supply_persons", "person-years", 1.0),  # in 2027
    ],
)
def test_who_would_have_come_anyway(tmp_path, lever, indicator, unit, extra):
    levers = {"base": [], "bonus": [{"name": "bonus", "regions": ("RA1222",), "first": 2025, "last": 2026, **lever}]}
    more = {("bonus", 0, 2026, "RA1222"): 2.0, ("bonus", 0, 2027, "RA1222"): 1.0, ("bonus", 0, 2027, "RA0101"): 9.0}
    found = table(comparison.of_results(made_up.results(tmp_path, 1, levers, {indicator: more}, REACHED[:2])))
    assert found["bonus", "extra_persons", None]["value"] == extra
    assert found["bonus", "reached_anyway", None]["value"] == 5 - extra
    assert found["bonus", "reached_anyway", None]["unit"] == unit
    assert found["bonus", "reached_anyway", None]["note"] == ""


def test_who_would_have_taken_over_anyway(tmp_path):
    lever = {"kind": "takeover_support", "name": "bonus", "regions": ("RA1222",), "first": 2025}
    flows = [
        *REACHED[:2],
        ("base", 0, 2026, "RA1222", "to_holder", 1, 1.0),
        ("bonus", 0, 2026, "RA1222", "to_holder", 3, 3.0),
        ("bonus", 0, 2026, "RA0101", "to_holder", 8, 8.0),
    ]
    found = table(comparison.of_results(made_up.results(tmp_path, 1, {"base": [], "bonus": [lever]}, flows=flows)))
    assert found["bonus", "extra_persons", None]["value"] == 2
    assert found["bonus", "reached_anyway", None]["value"] == 3


def test_levers_that_share_their_effect_and_those_that_reach_nobody_who_comes(tmp_path):
    results = made_up.results(
        tmp_path, 2, {"base": [], "bonus": [BONUS, FREE_CAMPAIGN]}, {"supply_fte": SUPPLY}, REACHED
    )
    found = table(comparison.of_results(results))
    assert found["bonus", "reached_anyway", None]["note"] == costs.AT_LEAST
    assert ("campaign", "reached_anyway", None) not in found
    assert found["campaign", "cost", None]["value"] == 0


def test_the_cost_of_the_baseline_is_taken_off(tmp_path):
    levers = {"base": [BONUS], "bonus": [{**BONUS, "euro_per_year": 2000.0}]}
    flows = [*REACHED, *(("base", *row[1:]) for row in REACHED)]
    results = made_up.results(tmp_path, 2, levers, {"supply_fte": SUPPLY}, flows)
    found = comparison.of_results(results)
    assert table(found)["(all)", "extra_cost", None]["value"] == pytest.approx(1000 * (5 + 9) / 2)
    assert set(found.costs["scenario"]) == {"base", "bonus"}


def test_less_demand_is_less_shortage_and_has_its_own_price(tmp_path):
    lever = {
        "kind": "task_shifting", "name": "bonus", "regions": ("RA1222",), "first": 2025, "cost": {"per_reached": 100.0},
    }  # fmt: skip
    demand = {("bonus", r, y, "RA1222"): -4.0 - 0.01 * r for r in range(5) for y in (2026, 2027)}
    flows: list[made_up.Flow] = [
        ("bonus", r, y, "RA1222", "reached:bonus", 0, 4.0) for r in range(5) for y in (2026, 2027)
    ]
    results = made_up.results(tmp_path, 5, {"base": [], "bonus": [lever]}, {"demand_fte": demand}, flows)
    compared = comparison.of_results(results)
    found = table(compared)
    assert found["(all)", "cost", None]["value"] == 800
    assert found["bonus", "reached_fte", None]["value"] == 8
    assert found["bonus", "reached_fte", None]["unit"] == "fte-years"
    assert found["(all)", "less_shortage", None]["value"] == pytest.approx(8.04)
    assert found["(all)", "cost_per_less_shortage", None]["value"] == pytest.approx(800 / 8.04)
    assert found["(all)", "cost_per_gain", None]["note"] == costs.NO_GAIN
    assert compared.summary["less_shortage"][0] == pytest.approx(4.02)
    told = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert "Het tekort is daar 4,0\u00a0fte kleiner" in told
    assert "Per fte-jaar minder tekort is dat 100\u00a0euro" in told
    assert "8 fte-jaren vraag" in told


def test_who_would_have_come_is_not_told_of_some_of_those_who_come(tmp_path):
    """Results do not tell how many more GPs with a tied partner there are."""
    lever = {"kind": "partner_programme", "name": "bonus", "regions": ("RA1222",), "first": 2025}
    found = table(
        comparison.of_results(
            made_up.results(tmp_path, 1, {"base": [], "bonus": [lever]}, {"inflow_persons": {}}, REACHED[:2])
        )
    )
    assert ("bonus", "reached_persons", None) in found
    assert ("bonus", "reached_anyway", None) not in found
