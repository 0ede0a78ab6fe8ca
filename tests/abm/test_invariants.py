"""What holds after every step, whatever the scenario: nobody is lost, sums add up, everyone works where they can."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abm import Scenario, SettlementModel, practices
from abm.indicators import BETWEEN_NAMES, EACH, INDICATORS, NAMES, RECENT_YEARS
from abm.national import BLOCKS
from abm.population import NOWHERE, Status
from abm.practices import State
from regions import Regions
from regions.people import ROLES, Role
from tests.abm.conftest import part
from tests.abm.strategies import KINDS, levers, own

CLOSE = {"rtol": 1e-9, "atol": 1e-6}
SIGN = {"graduation": 1, "arrival": 1, "move_in": 1, "move_out": -1, "retirement": -1, "exit": -1}
OF_THE_YEAR = (
    "inflow_persons", "share_stay_training_region", "share_stay_training_province", "closures",
    "share_succession_found",
)  # fmt: skip


# --- what must hold ---


@dataclass(frozen=True)
class Now:
    """A model with the tables of its present year: indicators by region and for the nation, flows by region."""

    model: SettlementModel
    regions: pd.DataFrame
    nation: pd.Series
    flows: pd.DataFrame

    def flow(self, *names: str) -> np.ndarray:
        """What flowed by region, all sites together."""
        there = self.flows[self.flows.flow.isin(names)].groupby("region_code").persons.sum()
        return there.reindex(self.model.regions.codes, fill_value=0).to_numpy()


def now(model) -> Now:
    results, flows = model.results(), model.flows()
    return Now(
        model,
        results[results.year == model.year].set_index("region_code"),
        model.national().iloc[-1],
        flows[flows.year == model.year],
    )


def stock(model) -> np.ndarray:
    """GPs at work by home region."""
    gp = model.population
    return np.bincount(gp.region[gp.status == Status.WORKING], minlength=len(model.regions))


def assert_conserved(now: Now, before):
    """GPs of each region and the nation change by what happened; moves cancel in the nation."""
    change = sum(sign * now.flow(flow) for flow, sign in SIGN.items())
    np.testing.assert_array_equal(stock(now.model), before + change)
    assert now.flow("move_in").sum() == now.flow("move_out").sum()
    np.testing.assert_array_equal(now.flow(*(f"move_out_{role}" for role in ROLES)), now.flow("move_out"))


def assert_added_up(now: Now):
    """The nation is the sum of the regions; GPs, their fte, roles and ages add up; none in training counts."""
    model, regions, nation = now.model, now.regions, now.nation
    for indicator in INDICATORS:
        if indicator.kind == "sum":
            total = regions[indicator.name].sum(min_count=1)
            np.testing.assert_allclose(total, nation[indicator.name], **CLOSE, err_msg=indicator.name)
        if indicator.kind == "overlap":
            once = indicator.name.removesuffix(EACH)
            assert (regions[indicator.name] >= regions[once] - 1e-9).all()
            assert nation[indicator.name] == nation[once]
    gp = model.population
    working = gp.status == Status.WORKING
    assert nation.supply_persons == working.sum()
    np.testing.assert_allclose(model.fte(np.flatnonzero(working)).sum(), nation.supply_fte, **CLOSE)
    assert not model.fte(np.flatnonzero(~working)).any()
    assert (gp.region[gp.status == Status.IN_TRAINING] == NOWHERE).all()
    assert (gp.region[working] != NOWHERE).all()
    for of, total in (("persons", "supply_persons"), ("fte", "supply_fte")):
        blocks = tuple(f"block_{name}" for name in BLOCKS)
        for classes in (ROLES, ("under_40", "40_54", "55_59", "60plus"), blocks):
            found = regions[[f"{of}_{name}" for name in classes]].sum(axis=1)
            np.testing.assert_allclose(found, regions[total], **CLOSE)
    np.testing.assert_allclose(regions.demand_fte - regions.supply_fte, regions.shortage_fte, **CLOSE)
    np.testing.assert_allclose(regions.inhabitants, model.regions.inhabitants[model.t], **CLOSE)


def assert_everyone_works_where_they_can(model):
    """Holders have a place, the employed a running practice of their region; locums and trainees have none."""
    gp, there = model.population, model.practices
    working, runs = gp.status == Status.WORKING, there.runs
    holder = working & (gp.role == Role.HOLDER)
    employed = working & ((gp.role == Role.SALARIED) | (gp.role == Role.FIXED_LOCUM))
    none = (working & (gp.role == Role.CHANGING_LOCUM)) | (gp.status == Status.IN_TRAINING)

    assert (gp.practice[holder] != NOWHERE).all()
    assert (there.state[gp.practice[holder]] == State.OPEN).all()
    assert (practices.holders(there, gp) <= there.places).all()
    somewhere = np.isin(gp.region, there.region[runs])
    np.testing.assert_array_equal(gp.practice[employed] != NOWHERE, somewhere[employed])
    assert (gp.practice[none] == NOWHERE).all()
    placed = working & (gp.practice != NOWHERE)
    assert runs[gp.practice[placed]].all()
    np.testing.assert_array_equal(there.region[gp.practice[placed]], gp.region[placed])


def assert_locums_work_within_reach(model):
    """Only locums have a second or third region: another one than home, and not too far."""
    gp = model.population
    second, third = gp.second != NOWHERE, gp.third != NOWHERE
    assert not (third & ~second).any()
    locum = (gp.role == Role.FIXED_LOCUM) | (gp.role == Role.CHANGING_LOCUM)
    working = gp.status == Status.WORKING
    assert locum[working & second].all()
    assert not second[gp.status == Status.IN_TRAINING].any()
    for other in (gp.second, gp.third):
        rows = np.flatnonzero(working & (other != NOWHERE))
        assert (other[rows] != gp.region[rows]).all()
        assert (model.regions.distance_km[gp.region[rows], other[rows]] <= model.scenario.locum_reach_km).all()
    assert (gp.second[third] != gp.third[third]).all()


def assert_practices_are_sound(now: Now):
    """Lists hold whoever has a GP; closed practices hold nothing; none waits longer than it may."""
    model, regions = now.model, now.regions
    there, gp, n = model.practices, model.population, len(model.regions)
    listed = np.bincount(there.region, there.patients, n)
    np.testing.assert_allclose(listed + regions.without_gp, regions.inhabitants, **CLOSE)
    np.testing.assert_array_equal(regions.without_gp == regions.inhabitants, listed == 0)
    assert (there.patients >= 0).all()
    assert (there.workload > 0).all()
    assert (there.places[there.state != State.OPEN] == 0).all()
    closed = ~there.runs
    assert not there.patients[closed].any()
    assert not practices.established(there, gp)[closed].any()
    vacant = (there.places > 0) & (practices.holders(there, gp) == 0)
    np.testing.assert_array_equal(there.vacant_years > 0, vacant)
    assert (there.vacant_years <= model.scenario.closes_after).all()
    open_places = practices.open_places(there, gp)
    np.testing.assert_array_equal(regions.practices, np.bincount(there.region, there.runs, n))
    np.testing.assert_array_equal(regions.unfilled_places, np.bincount(there.region, open_places, n))


def unknown(now: Now) -> dict[str, np.ndarray]:
    """Where an indicator has no value, by region with the nation last: shares of nobody, flows in the base year."""
    model, regions = now.model, now.regions

    def zero(values):
        return np.append(values, np.sum(values)) == 0

    nobody, no_fte = zero(regions.supply_persons), zero(regions.supply_fte)
    gp = model.population
    recent = (gp.status == Status.WORKING) & (gp.registered > model.year - RECENT_YEARS) & (gp.site != NOWHERE)
    outflow = np.append(regions.outflow_5y, now.nation.outflow_5y)
    found = {name: nobody for name in NAMES if name.startswith("share_")} | {"outflow_5y": nobody}
    found |= {"vacancy_rate": no_fte, "inhabitants_per_fte": no_fte, "alumni_ratio": no_fte | (not recent.any())}
    found["position"] = found["alumni_ratio"] | ~(outflow > 0) | ~(outflow[-1] > 0)
    found |= dict.fromkeys(("mean_list", "share_patient_stop"), zero(regions.practices))
    if model.year == model.regions.base_year:
        return found | dict.fromkeys(OF_THE_YEAR, np.ones(len(regions) + 1, dtype=bool))
    graduates = now.flows[now.flows.flow == "graduation"].groupby("site").persons.sum()
    trained = np.zeros(len(regions))
    for site in model.regions.sites:
        trained[site.region] += graduates.get(site.name, 0)
    found |= dict.fromkeys(("share_stay_training_region", "share_stay_training_province"), zero(trained))
    found["share_succession_found"] = zero(now.flow("succession_found", "succession_not_found"))
    return found


def assert_known(now: Now):
    """Every indicator is a finite number but for shares of nobody; shares lie between 0 and 1."""
    missing = unknown(now)
    nowhere = np.zeros(len(now.regions) + 1, dtype=bool)
    for name in NAMES:
        values, expected = np.append(now.regions[name], now.nation[name]), missing.get(name, nowhere)
        np.testing.assert_array_equal(np.isnan(values), expected, err_msg=name)
        known = values[~expected]
        assert np.isfinite(known).all(), name
        assert (known >= 0).all() or name.startswith("shortage"), name
        if name.startswith("share_") or name == "outflow_5y":
            assert (known <= 1 + 1e-9).all(), name
    assert np.isfinite(now.nation[[*BETWEEN_NAMES]].astype(float)).all()


def assert_obliged_work_where_they_must(model):
    """Who is obliged works in the regions of the obligation, as locum too; who is in none has no trace of it."""
    gp, obligations = model.population, model._fixed.effects.obligations
    assert ((gp.obligation == NOWHERE) == (gp.obliged_until == NOWHERE)).all()
    assert ((gp.placement == NOWHERE) == (gp.placed == NOWHERE)).all()
    bound = (gp.status == Status.WORKING) & (gp.obligation != NOWHERE) & (gp.obliged_until > model.year)
    for number, programme in enumerate(obligations):
        rows = np.flatnonzero(bound & (gp.obligation == number))
        allowed = np.append(programme.where, True)  # the last for no region
        for region in (gp.region, gp.second, gp.third):
            assert allowed[region[rows]].all()


def assert_sound(now: Now):
    assert_added_up(now)
    assert_everyone_works_where_they_can(now.model)
    assert_locums_work_within_reach(now.model)
    assert_obliged_work_where_they_must(now.model)
    assert_practices_are_sound(now)
    assert_known(now)


LASTING = ("key", "block", "sex", "birth", "site", "origin", "partner", "finish", "completes")
# What training may change, but nothing afterwards.
AFTER_TRAINING = ("wants_practice", "placement", "placed")


def run_and_check(regions: Regions, years: int, seed: int = 1, **parameters) -> SettlementModel:
    """Run some years and check everything after each; nobody changes what lasts, comes back, or reopens."""
    model = SettlementModel(None, regions, rng=seed, end_year=regions.base_year + years, **parameters)
    regions = model.regions  # with the sites that levers open
    assert_sound(now(model))
    while model.running:
        gp, there, before = model.population, model.practices, stock(model)
        lasting = {name: getattr(gp, name).copy() for name in (*LASTING, *AFTER_TRAINING)}
        status, state = gp.status.copy(), there.state.copy()
        model.step()
        after = now(model)
        assert_conserved(after, before)
        assert_sound(after)
        trained = status != Status.IN_TRAINING
        for name, values in lasting.items():
            fixed = trained if name in AFTER_TRAINING else np.ones(len(status), dtype=bool)
            np.testing.assert_array_equal(getattr(gp, name)[: len(status)][fixed], values[fixed], err_msg=name)
        assert len(np.unique(gp.key)) == len(gp)
        assert (gp.status[: len(status)] >= status).all()
        ended = state != there.state
        assert (state[ended] == State.OPEN).all()
        for outcome, flow in ((State.CLOSED, "practice_closed"), (State.WITHOUT_HOLDER, "practice_without_holder")):
            counted = np.bincount(there.region[ended & (there.state == outcome)], minlength=len(regions))
            np.testing.assert_array_equal(after.flow(flow), counted)
        np.testing.assert_array_equal(after.regions.closures, after.flow("practice_closed"))
    return model


# --- where and with what ---

NORTH, ZEELAND = "RA0101", "RA1222"
PLACES = {
    "three regions": (["RA0101", "RA0102", "RA0204"], None),
    "two regions": ([NORTH, ZEELAND], None),
    "two regions, one site": ([NORTH, ZEELAND], ["UMCG"]),
    "one region": ([NORTH], None),
    "a region without GPs": ([NORTH, ZEELAND], None),
}


@pytest.fixture(scope="session")
def nation(data) -> Callable[[str], Regions]:
    """A nation by name; a function, as Hypothesis shows what a test was given."""

    def emptied(regions: Regions) -> Regions:
        """The same without the GPs of its last region."""
        force = regions.workforce
        here = force.region < len(regions) - 1
        left = replace(force, **{field.name: getattr(force, field.name)[here] for field in fields(force)})
        return replace(
            regions, workforce=left, national={**regions.national, "aanbod_personen": float(left.persons.sum())}
        )

    found = {name: part(data, *of) for name, of in PLACES.items()}
    found["a region without GPs"] = emptied(found["a region without GPs"])
    return lambda name: found[name]


def bounds(name):
    """Lowest and highest value allowed of a number in the scenario, None for what is not a number with bounds."""
    found = {type(m).__name__: m for m in Scenario.model_fields[name].metadata}
    return (found["Ge"].ge, found["Le"].le) if {"Ge", "Le"} <= set(found) else None


NUMBERS = {name: bounds(name) for name in Scenario.model_fields if bounds(name) and name != "end_year"}
CHOICES = {
    "intake": [0.0, 5000.0, {2027: 5000.0, 2028: 0.0}],
    "demand_scenario": [1, 2, 3, 4, 6],
    "demand_level": ["low", "middle", "high"],
    "yields": ["straight", "reference"],
    "attractiveness": [{NORTH: 20.0}, {NORTH: -20.0}],
    "national": [{"n_buitenland": 0.0}],
}


def at_the_ends(name):
    """A number of the scenario as its own type, lowest and highest, and in between."""
    low, high = NUMBERS[name]
    if isinstance(Scenario.model_fields[name].default, int):
        return st.sampled_from([low, high]) | st.integers(low, high)
    return st.sampled_from([float(low), float(high)]) | st.floats(low, high)


ENDS = {name: at_the_ends(name) for name in NUMBERS} | {name: st.sampled_from(of) for name, of in CHOICES.items()}
# Of a lever, all numbers of its own at their lowest and their highest.
LEVERS_AT_THE_ENDS = [
    KINDS[kind](
        **{name: of[end] for name, of in own(kind).items()},
        **({} if kind == "medical_school" else {"regions": (NORTH,)}),
        first=2025,
        last=2027,
    )
    for kind in KINDS
    for end in (0, 1)
]
BOUNDS = [{name: type(Scenario.model_fields[name].default)(end)} for name in NUMBERS for end in NUMBERS[name]]


def test_the_bounds_are_those_of_the_scenario():
    assert {"takeover": 0.0} in BOUNDS
    assert {"closes_after": 1} in BOUNDS
    assert {"places_per_practice": 5.0} in BOUNDS
    assert len(BOUNDS) > 100
    assert ENDS.keys() == Scenario.model_fields.keys() - {"name", "end_year", "levers"}


# --- the runs ---


def test_the_baseline_is_sound_in_every_year(data):
    run_and_check(data, 18)


@pytest.mark.parametrize("place", PLACES)
def test_a_small_nation_is_sound_to_the_last_year(nation, place):
    run_and_check(nation(place), 20)


@pytest.mark.parametrize("parameters", [{k: v} for k, values in CHOICES.items() for v in values] + BOUNDS, ids=str)
def test_every_parameter_at_its_ends(nation, parameters):
    run_and_check(nation("two regions"), 2, **parameters)


@pytest.mark.parametrize("lever", LEVERS_AT_THE_ENDS, ids=lambda lever: lever.kind)
def test_every_lever_at_its_ends(nation, lever):
    """In force in three years of four."""
    run_and_check(nation("two regions"), 4, levers=(lever,))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=ENDS), st.sampled_from(sorted(PLACES)), st.integers(0, 2**64 - 1))
def test_any_scenario_anywhere(nation, parameters, place, seed):
    run_and_check(nation(place), 3, seed, **parameters)


def any_levers(regions: Regions, years: int):
    """Levers in any regions of a nation, that begin in any of the years."""
    largest = max(regions.sites, key=lambda site: site.places)
    return levers(regions.codes, largest.name, regions.base_year, regions.base_year + years - 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(sorted(PLACES)), st.integers(0, 2**64 - 1))
def test_any_levers_anywhere(nation, data, place, seed):
    run_and_check(nation(place), 4, seed, levers=data.draw(any_levers(nation(place), 4)))


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.fixed_dictionaries({}, optional=ENDS), st.sampled_from(sorted(PLACES)), st.integers(0, 2**64 - 1))
def test_any_scenario_with_any_levers_anywhere_for_longer(nation, data, parameters, place, seed):
    run_and_check(nation(place), 8, seed, levers=data.draw(any_levers(nation(place), 8)), **parameters)


NOBODY_TAKES_OVER = {"takeover": 0.0, "closes_after": 1, "goes_on_without_holder": 0.0}


@pytest.mark.parametrize("goes_on", [0.0, 1.0])
def test_where_nobody_takes_over_practices_end_one_by_one(nation, goes_on):
    """Holders give up at once, so that after some years no region has a practice with a holder."""
    ends = NOBODY_TAKES_OVER | {"gives_up_practice": 1.0, "goes_on_without_holder": goes_on}
    model = run_and_check(nation("three regions"), 4, **ends)
    assert set(model.practices.state) == {State.WITHOUT_HOLDER if goes_on else State.CLOSED}
    last = model.national().iloc[-1]
    assert last.persons_holder == 0
    if goes_on:
        assert last.without_gp < 0.2 * last.inhabitants
    else:
        assert last.without_gp == pytest.approx(last.inhabitants)
        assert (model.gps().practice[model.population.status == Status.WORKING] == NOWHERE).all()


def test_who_takes_a_place_between_two_steps_keeps_the_practice_open(nation):
    """A practice that was about to close goes on when somebody becomes its holder through Mesa."""
    model = SettlementModel(None, nation("two regions"), rng=1, **NOBODY_TAKES_OVER)
    salaried = [gp for gp in model.agents if gp.role == "salaried"]
    vacant = model.practices.vacant_years > 0
    taken = []
    for region in model.regions.members:
        waiting = np.count_nonzero(vacant & (model.practices.region == region.index))
        for gp in [gp for gp in salaried if gp.region is region][:waiting]:
            gp.role = "holder"
            taken.append(gp.practice)
    assert any(vacant[view.row] for view in taken)
    model.step()
    assert {view.state for view in taken} == {"open"}
    assert_everyone_works_where_they_can(model)
