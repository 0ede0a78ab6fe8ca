"""The model against the same rules written one GP at a time: the same GPs and practices in every year."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm import Scenario, SettlementModel
from abm.levers import Lever
from abm.population import NOWHERE, Population, Status
from abm.practices import Practices, State
from regions import Regions
from regions.people import Role
from tests.abm.conftest import part
from tests.abm.reference import Luck, Reference, RefGP, RefPractice
from tests.abm.strategies import KINDS, levers

PLAN_STOCK = 14347
GP_COLUMNS = [f.name for f in fields(RefGP)]
PRACTICE_COLUMNS = [f.name for f in fields(RefPractice) if f.name != "row"]
FLOATS, WORKLOADS = {"patients", "supply"}, {"workload", "workload_filled"}


@dataclass
class Small:
    """A small nation, and the scenario fields that make its plan as small."""

    regions: Regions
    parameters: dict[str, Any]

    def scenario(self, years: int, **parameters: Any) -> Scenario:
        end_year = self.regions.base_year + years
        return Scenario.model_validate({**self.parameters, **parameters, "end_year": end_year})


def planned(regions: Regions) -> Small:
    """Return regions with intake and arrivals in proportion to their stock."""
    scale = float(regions.workforce.persons.sum()) / PLAN_STOCK
    intake = 720 * scale
    abroad = {"n_buitenland": regions.national["n_buitenland"] * scale}
    return Small(regions, {"intake": intake, "intake_current": intake, "national": abroad})


def keep(regions: Regions, rows: np.ndarray) -> Regions:
    """Return regions with some rows of their workforce, with the stock as plan."""
    force = regions.workforce
    kept = replace(force, **{f.name: getattr(force, f.name)[rows] for f in fields(force)})
    return replace(regions, workforce=kept, national={**regions.national, "aanbod_personen": float(kept.persons.sum())})


def thinned(regions: Regions, every: int) -> Regions:
    """Return regions with every so many-th row of the workforce."""
    return keep(regions, np.arange(0, len(regions.workforce.persons), every))


def without(regions: Regions, code: str, *roles: Role) -> Regions:
    """Return regions of which one has no GPs in some roles."""
    force = regions.workforce
    return keep(regions, np.flatnonzero((force.region != regions.index(code)) | ~np.isin(force.role, roles)))


@pytest.fixture(scope="module")
def nations(data: Regions) -> Mapping[str, Small]:
    north = part(data, ["RA0101", "RA0102", "RA0204"], ["UMCG", "UMCG Emmen"])
    return {
        "three regions": planned(thinned(north, 2)),
        "two regions": planned(thinned(part(data, ["RA0919", "RA1222"], ["Erasmus MC Zeeland"]), 2)),
        "one region": planned(part(data, ["RA1222"], ["Erasmus MC Zeeland"])),
        "all regions": planned(thinned(data, 20)),
        "without holders": planned(without(north, "RA0102", Role.HOLDER)),
        "without GPs": planned(without(north, "RA0102", *Role)),
    }


SEEDS = (1, 2, 2**40 + 3)
NATIONS = ("three regions", "two regions", "one region", "all regions")

# Scenarios in which other rules bind.
CHANGED = {
    "scarce places": {
        "wants_company_women": 1.0,
        "wants_company_men": 1.0,
        "application_rounds": 1,
        "practices_compared": 3,
        "locums_in_several_regions": 0.0,
        "partner_tied_share": 0.0,
        "closes_after": 1,
        "place_splits": 1.0,
        "older_in_small_practices": 1.0,
    },
    "much movement": {
        "reconsider_holder": 0.4,
        "reconsider_salaried": 0.5,
        "reconsider_locum": 0.6,
        "reconsider_early": 2.0,
        "stay": 0.0,
        "yearly_noise": 2.0,
        "locums_in_several_regions": 1.0,
        "locums_in_three_regions": 0.7,
        "locum_reach_km": 150.0,
        "gives_up_practice": 0.15,
        "settles_as_locum": 0.5,
        "seek_practice_early": 0.6,
        "seek_practice_middle": 0.5,
        "seek_practice_late": 0.4,
        "wants_company_women": 0.3,
        "wants_company_men": 0.3,
        "application_rounds": 8,
        "practices_compared": 1,
        "attractiveness": {"RA0102": 1.5},
        "tightness": 5.0,
        "tightness_years": 1,
        "tightness_cap": 0.05,
    },
    "practices dwindle": {
        "practices_compared": 2,
        "takeover": 0.15,
        "takeover_workload": 2.0,
        "closes_after": 2,
        "goes_on_without_holder": 0.4,
        "place_absorbed": 0.6,
        "open_at_start": 0.3,
        "gives_up_practice": 0.1,
        "older_in_small_practices": 0.0,
        "list_reach_km": 20.0,
        "without_gp": 0.05,
        "without_gp_tightness": 6.0,
        "wants_practice": 0.1,
        "seek_practice_late": 0.5,
    },
    "another plan": {
        "intake": {2027: 50.0, 2028: 0.0, 2029: 40.4},
        "national": {"n_buitenland": 3.5, "per_vrouw_buitenland": 0.6, "opleidingsduur": 2.5, "opleidingsduur2": 1.5},
        "demand_scenario": 4,
        "demand_level": "high",
        "yields": "reference",
        "places_per_intake": 1.0,
        "starts_salaried": 0.6,
        "wants_practice": 0.0,
        "fte_changing_locum": 0.3,
        "takeover": 1.0,
        "takeover_workload": 0.0,
        "tightness_years": 2,
    },
}
# Measures, large enough for every rule of theirs to bind in a small nation; those with `regions` of its own last.
EVERYWHERE: dict[str, dict[str, Any]] = {
    "settlement_bonus": {"euro_per_year": 100_000.0},
    "start_premium": {"euro_once": 200_000.0},
    "takeover_support": {"failures_mended": 0.6},
    "ownership_training": {"more_wanting": 0.35},
    "partner_programme": {"partner_loss_mended": 0.9},
    "campaign": {"appeal": 1.5},
    "placements": {"placed_share": 0.6, "months": 30.0, "effect_of_months": 3.0},
    "selection": {"selected_share": 0.5},
    "obligation": {"obliged_share": 0.7, "years": 2, "complies": 0.8, "stays_on": 0.3, "candidates_lost": 0.5},
    "travel_support": {"distance_mended": 0.8},
    "locum_market": {"seek_more": 4.0, "settle_more": 4.0, "give_up_less": 0.9},
    "later_retirement": {"fewer_exits": 0.9, "from_age": 55},
    "hours": {"more_hours": 0.3},
    "task_shifting": {"saved_per_year": 0.1, "saved_at_most": 0.4},
    "smaller_practices": {"list_norm": 1000.0},
    "medical_school": {"students": 400.0, "pipeline_years": 1},
    "training_places": {"places": 10.0},
}
NATIONAL = ("medical_school",)


def measures(small: Small, **parameters: dict[str, Any]) -> tuple[Lever, ...]:
    """Return measures for the last region of a small nation, in force from its second year for three years."""
    first = small.regions.base_year + 1
    region = small.regions.codes[-1]
    return tuple(
        KINDS[kind](**{"first": first, "last": first + 2, "regions": () if kind in NATIONAL else (region,)} | given)
        for kind, given in parameters.items()
    )


# What the calibration and the ensemble may vary; whole numbers and rare cases have tests of their own.
UNCERTAIN = {
    name: st.floats(*(getattr(m, bound) for bound, m in zip(("ge", "le"), field.metadata, strict=True)))
    for name, field in Scenario.model_fields.items()
    if field.annotation is float and field.json_schema_extra["role"] == "uncertainty"
}


def columns(model: SettlementModel) -> dict[str, dict[str, np.ndarray]]:
    """Return the columns of a model by entity, GPs in order of key."""
    order = np.argsort(model.population.key)
    return {
        "GPs": {name: getattr(model.population, name)[order] for name in GP_COLUMNS},
        "practices": {name: getattr(model.practices, name) for name in PRACTICE_COLUMNS},
        "regions": {"supply": model._supply[-1]},
    }


def objects(reference: Reference) -> dict[str, dict[str, np.ndarray]]:
    """Return the same of a reference."""
    gps = [reference.gps[key] for key in sorted(reference.gps)]
    return {
        "GPs": {name: np.array([getattr(gp, name) for gp in gps]) for name in GP_COLUMNS},
        "practices": {name: np.array([getattr(p, name) for p in reference.practices]) for name in PRACTICE_COLUMNS},
        "regions": {"supply": np.array(reference.supply[-1])},
    }


def assert_same(model: SettlementModel, reference: Reference) -> None:
    """Check every column of every GP there ever was, in order of key, and of every practice."""
    assert model.year == reference.year
    now, expected = columns(model), objects(reference)
    for entity, by_name in expected.items():
        for name, values in by_name.items():
            found, where = now[entity][name], f"{entity}: {name} in {model.year}"
            if name in WORKLOADS:  # demand over fte: compare fte over demand, which may be none but for rounding
                np.testing.assert_allclose(1 / found, 1 / values, rtol=1e-9, atol=1e-9, err_msg=where)
            elif name in FLOATS:
                np.testing.assert_allclose(found, values, rtol=1e-9, atol=0, err_msg=where)
            else:
                np.testing.assert_array_equal(found, values, err_msg=where)


def run_both(
    small: Small, seed: int, years: int, shuffle: Random | None = None, **parameters: Any
) -> tuple[SettlementModel, Reference]:
    """Run model and reference side by side and compare them in every year."""
    scenario = small.scenario(years, **parameters)
    model = SettlementModel(scenario, small.regions, rng=seed)
    reference = Reference(scenario, small.regions, seed, shuffle)
    assert_same(model, reference)
    while model.running:
        model.step()
        reference.step()
        assert_same(model, reference)
    return model, reference


@pytest.fixture(scope="module")
def run_changed(nations: Mapping[str, Small]) -> Callable[[str], SettlementModel]:
    return cache(lambda changed: run_both(nations["all regions"], 4, years=7, **CHANGED[changed])[0])


def any_measures(small: Small, years: int) -> st.SearchStrategy[tuple[Lever, ...]]:
    regions = small.regions
    largest = max(regions.sites, key=lambda site: site.places)
    return levers(regions.codes, largest.name, regions.base_year, regions.base_year + years - 1)


def test_there_is_a_measure_of_every_kind():
    assert EVERYWHERE.keys() == KINDS.keys()


def test_the_generator_of_the_reference_is_philox_4x32_10():
    # Two of the test vectors of Random123.
    ones = 0xFFFFFFFF
    assert Luck(0).words(0, 0, 0, 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert Luck(2**64 - 1).words(ones, ones, ones, ones) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)


def test_every_column_is_compared():
    assert set(GP_COLUMNS) == {f.name for f in fields(Population)}
    assert set(PRACTICE_COLUMNS) == {f.name for f in fields(Practices)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("nation", NATIONS)
def test_the_model_follows_the_rules(nations: Mapping[str, Small], nation: str, seed: int):
    run_both(nations[nation], seed, years=6)


@pytest.mark.parametrize("changed", CHANGED)
def test_the_model_follows_the_rules_under_other_parameters(
    run_changed: Callable[[str], SettlementModel], changed: str
):
    run_changed(changed)


def test_under_other_parameters_other_rules_bind(run_changed: Callable[[str], SettlementModel]):
    scarce, moving, dwindling = (run_changed(name) for name in ("scarce places", "much movement", "practices dwindle"))
    gps, practices = scarce.population, scarce.practices
    assert (practices.places > scarce._fixed.practices.places).any()
    assert (gps.second == NOWHERE).all()
    assert (gps.partner == NOWHERE).all()
    assert (moving.population.third != NOWHERE).sum() > 20
    assert {"move_out_holder", "move_out_salaried", "from_holder", "succession_found"} <= set(moving.flows()["flow"])
    practices = dwindling.practices
    assert ((practices.places > 0) & (practices.places < dwindling._fixed.practices.places)).any()
    assert {*practices.state} == {*State}


@given(st.fixed_dictionaries({}, optional=UNCERTAIN), st.integers(0, 2**64 - 1))
@settings(max_examples=10, deadline=None)
def test_the_model_follows_the_rules_for_any_parameters(
    nations: Mapping[str, Small], parameters: dict[str, float], seed: int
):
    run_both(nations["three regions"], seed, years=3, **parameters)


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_the_model_follows_the_rules_with_a_measure(nations: Mapping[str, Small], kind: str):
    small = nations["three regions"]
    run_both(small, 7, years=6, levers=measures(small, **{kind: EVERYWHERE[kind]}))


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("nation", NATIONS)
def test_the_model_follows_the_rules_with_all_measures_at_once(nations: Mapping[str, Small], nation: str, seed: int):
    small = nations[nation]
    model, _ = run_both(small, seed, years=7, levers=measures(small, **EVERYWHERE))
    gps = model.population
    assert (gps.obligation != NOWHERE).sum() > 5
    if any(site.region != len(small.regions) - 1 for site in small.regions.sites):
        assert (gps.placement != NOWHERE).sum() > 5


def test_the_model_follows_the_rules_with_several_programmes_of_a_kind(nations: Mapping[str, Small]):
    """Each reaches others, in other regions; an obligation may hold in the whole country too."""
    small, years = nations["three regions"], {"first": 2025, "last": 2030}
    several = [
        KINDS[kind](**years, name=f"{kind}_{number}", regions=regions, phase_in=number, **{share: 0.3}, **given)
        for kind, share, given in (
            ("selection", "selected_share", {}),
            ("placements", "placed_share", {"months": 12.0}),
            ("obligation", "obliged_share", {"years": 1, "stays_on": 0.2, "candidates_lost": 0.1}),
        )
        for number, regions in enumerate([("RA0102",), small.regions.codes, ("RA0101", "RA0204")])
    ]
    model, _ = run_both(small, 8, years=7, levers=several)
    assert {*model.population.obligation} == {*model.population.placement} == {NOWHERE, 0, 1, 2}


def test_the_model_follows_the_rules_with_places_moved_to_a_new_dependance(nations: Mapping[str, Small]):
    """While as many are opened at another site."""
    small = nations["three regions"]
    opened = KINDS["training_places"](regions=("RA0204",), first=2025, places=10.0, moved_from="UMCG")
    more = KINDS["training_places"](regions=("RA0102",), name="more", first=2026, last=2028, phase_in=2)
    model, _ = run_both(small, 9, years=6, levers=(opened, more))
    assert len(model.regions.sites) == 3
    assert (model.population.site == 2).sum() > 20
    assert (model.population.site == 1).sum() > 20


@given(st.data(), st.fixed_dictionaries({}, optional=UNCERTAIN), st.integers(0, 2**64 - 1))
@settings(max_examples=10, deadline=None)
def test_the_model_follows_the_rules_with_any_measures(
    nations: Mapping[str, Small], data: st.DataObject, parameters: dict[str, float], seed: int
):
    small = nations["three regions"]
    run_both(small, seed, years=3, levers=data.draw(any_measures(small, years=3)), **parameters)


@pytest.mark.parametrize("nation", ["without holders", "without GPs"])
def test_the_model_follows_the_rules_where_a_region_lacks_gps(nations: Mapping[str, Small], nation: str):
    model, _ = run_both(nations[nation], 1, years=6)
    gps = model.population
    assert (gps.region[gps.status == Status.WORKING] == 1).any()


def test_the_model_follows_the_rules_where_gps_of_a_region_work_more(nations: Mapping[str, Small]):
    regions = nations["three regions"].regions
    force = regions.workforce
    longer = replace(force, fte=force.fte * np.where(force.region == 1, 1.2, 1.0))
    run_both(planned(replace(regions, workforce=longer)), 1, years=6)


@pytest.mark.parametrize("changed", [{}, *CHANGED.values()], ids=["baseline", *CHANGED])
def test_the_order_in_which_agents_act_does_not_matter(nations: Mapping[str, Small], changed: dict[str, Any]):
    run_both(nations["three regions"], 5, 5, shuffle=Random(1), **changed)


def test_the_order_in_which_agents_act_does_not_matter_with_measures(nations: Mapping[str, Small]):
    small = nations["three regions"]
    run_both(small, 5, 6, shuffle=Random(1), levers=measures(small, **EVERYWHERE))


@pytest.mark.slow
@given(st.data(), st.fixed_dictionaries({}, optional=UNCERTAIN), st.integers(0, 2**64 - 1), st.sampled_from(NATIONS))
@settings(max_examples=30, deadline=None)
def test_the_model_follows_the_rules_for_any_parameters_and_measures_in_any_nation(
    nations: Mapping[str, Small], data: st.DataObject, parameters: dict[str, float], seed: int, nation: str
):
    small = nations[nation]
    run_both(small, seed, years=7, levers=data.draw(any_measures(small, years=7)), **parameters)


@pytest.mark.slow
@pytest.mark.parametrize("changed", [{}, *CHANGED.values()], ids=["baseline", *CHANGED])
def test_the_model_follows_the_rules_to_the_end_of_the_plan(nations: Mapping[str, Small], changed: dict[str, Any]):
    run_both(nations["all regions"], 6, 20, **changed)


@pytest.mark.slow
def test_the_model_follows_the_rules_with_measures_to_the_end_of_the_plan(nations: Mapping[str, Small]):
    small = nations["all regions"]
    for_long = {kind: {"last": 2040, "phase_in": 4} | given for kind, given in EVERYWHERE.items()}
    run_both(small, 6, 20, levers=measures(small, **for_long))


@pytest.mark.slow
def test_the_model_follows_the_rules_for_the_whole_country(data: Regions):
    years = Scenario().end_year - data.base_year
    run_both(planned(data), 1, years)
