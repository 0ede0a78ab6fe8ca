"""The GP population against the national model."""

import dataclasses

import numpy as np
import pytest

import abm
import regions
from abm import national
from experiments import validation_national

DATA = regions.load()


def quiet(*_: int) -> None: ...


def test_verdicts_by_hand() -> None:
    found = np.array([99.0, 101.0, 100.0])
    assert validation_national._row(2030, "x", 100.0, found, 0.003)[-1] == "agrees"
    assert validation_national._row(2030, "x", 101.0, found, 0.003)[-1] == "undecided"
    # 99.7% of Student's t with 2 degrees of freedom is 18.2 standard errors: 10.5 and the tolerance around 100.
    assert validation_national._row(2030, "x", 112.0, found, 0.003)[-1] == "fails"
    year, _, plan, mean, low, high, difference, _, _ = validation_national._row(2030, "x", 80.0, found, 0.5)
    assert (year, plan, mean) == (2030, 80.0, 100.0)
    assert difference == pytest.approx(0.25)
    # 95% of Student's t with 2 degrees of freedom: 4.303 standard errors of 1 / sqrt(3).
    assert (low, high) == (pytest.approx(100 - 4.303 / 3**0.5, abs=1e-3), pytest.approx(100 + 4.303 / 3**0.5, abs=1e-3))
    assert validation_national._row(2030, "x", 110.0, found, None)[-1] == "agrees"
    assert validation_national._row(2030, "x", 111.0, found, None)[-1] == "fails"


def test_a_wrong_population_is_found() -> None:
    """Half as many in training as the national model counts must not pass."""
    wrong = abm.Scenario(national={"intern_rendement": 0.5})
    tables = [validation_national._finished(abm.Scenario(), DATA, seed).blocks() for seed in range(1, 6)]
    plan = validation_national._finished(wrong, DATA, 1).blocks()["persons_plan"]
    rows = list(validation_national._blocks([table.assign(persons_plan=plan) for table in tables], 2025))
    training = {row[-1] for row in rows if row[1] == "training, persons"}
    assert training == {"fails"}


def test_demand_adds_up_in_every_scenario_and_level() -> None:
    rows = list(validation_national._demand(abm.Scenario(), DATA))
    assert len(rows) == len(national.SCENARIOS) * len(national.LEVELS)
    assert {row[-1] for row in rows} == {"agrees"}


def test_the_page_names_every_failure() -> None:
    comparison = validation_national.compare_national(abm.Scenario(end_year=2027), DATA, 2, 1, quiet)
    broken = comparison.table.assign(verdict="agrees")
    broken.loc[0, "verdict"] = "fails"
    page = validation_national.page(validation_national.NationalComparison(broken, 2), None)
    assert "1 outside what is allowed" in page
    assert "Outside what is allowed" in page


@pytest.mark.slow
def test_fifty_replications_agree_with_the_national_model() -> None:
    comparison = validation_national.compare_national(abm.Scenario(), DATA, 50, 1, quiet)
    assert not len(comparison.failures), comparison.failures.to_string()


@pytest.mark.slow
def test_the_advice_of_the_agents_agrees() -> None:
    found = validation_national.advice(abm.Scenario(), DATA, validation_national.ADVICE_REPLICATIONS, 1, quiet)
    assert found.plan == pytest.approx(1026.7, abs=0.05)
    assert found.low < found.value < found.high
    assert found.agrees, found


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"opleidingsduur": 3.0, "opleidingsduur2": 3.0, "opleidingsduur3": 3.0},
        {"uitstroom_vrouw_basis_vijf": 0.16, "n_buitenland": 0.0},
        {"bijsturingsjaar": 2028.0, "extern_rendement_man_15jaar3": 0.8},
    ],
)
def test_it_agrees_for_a_changed_parameter_table(changes: dict[str, float]) -> None:
    comparison = validation_national.compare_national(abm.Scenario(national=changes), DATA, 30, 1, quiet)
    assert not len(comparison.failures), comparison.failures.to_string()


@pytest.mark.slow
def test_it_agrees_for_any_regional_age_pyramid() -> None:
    """All GPs over 50 in the first half of the regions, the others in the second: the nation must not notice."""
    force = DATA.workforce
    old, half = force.age >= 50, len(DATA) // 2
    region = np.where(old, force.region % half, half + force.region % (len(DATA) - half))
    tilted = dataclasses.replace(DATA, workforce=dataclasses.replace(force, region=region))
    comparison = validation_national.compare_national(abm.Scenario(), tilted, 30, 1, quiet)
    assert not len(comparison.failures), comparison.failures.to_string()
