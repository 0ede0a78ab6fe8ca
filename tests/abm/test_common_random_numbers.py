"""Common random numbers in whole runs: a change touches those it reaches, and nobody else's luck."""

from dataclasses import dataclass

import numpy as np
import pytest

from abm import SettlementModel, careers
from abm import location_choice as lc
from abm.population import NOWHERE, Status
from regions import Regions
from regions.people import Role
from tests.abm.conftest import simulate

ZEELAND = "RA1222"
FAR_FROM_ZEELAND = ("RA0101", "RA0102", "RA0103", "RA0205")  # Groningen, Drenthe, Friesland and Twente
LIFTED = {"attractiveness": {ZEELAND: 2.0}}  # about one above what it is
CHANGES = {
    "one more entrant": {"intake": {2030: 721.0}},
    "another intake in a year": {"intake": {2028: 1026.0}},
    "no intake in a year": {"intake": {2028: 0.0}},
    "another attractiveness": LIFTED,
    "more takeovers": {"takeover": 0.9},
    "other first roles": {"starts_salaried": 0.5},
    "practices given up": {"gives_up_practice": 0.05},
}
END = 2038
# No place limits who trains where; with the same chances for all, only luck decides who thinks again and who looks.
PLAIN = {
    "places_per_intake": 5.0, "reconsider_holder": 0.2, "reconsider_salaried": 0.2, "reconsider_locum": 0.2,
    "reconsider_early": 1.0, "end_year": END,
}  # fmt: skip
# What regions do to each other: short places in practices, and the pull of a shortage.
NO_FEEDBACK = {"takeover": 0.0, "tightness": 0.0}


@dataclass
class Course:
    """A run, GPs in order of key: the year in which each left (0 for never), and region and role in each year."""

    model: SettlementModel
    key: np.ndarray
    row: np.ndarray
    left: np.ndarray
    region: np.ndarray
    role: np.ndarray
    second: np.ndarray

    def of(self, column: str) -> np.ndarray:
        return getattr(self.model.population, column)[self.row]


def course(data: Regions, **parameters) -> Course:
    """Run to the end year and keep who was where; NOWHERE before a GP entered."""
    model = SettlementModel(None, data, rng=1, **parameters)
    seen = []
    while True:
        gp = model.population
        at_work = gp.status == Status.WORKING
        seen.append(
            (gp.status == Status.LEFT, *(np.where(at_work, c, NOWHERE) for c in (gp.region, gp.role, gp.second)))
        )
        if not model.running:
            break
        model.step()
    n = len(model.population)
    gone, *others = (
        [np.pad(c, (0, n - len(c)), constant_values=NOWHERE) for c in of] for of in zip(*seen, strict=True)
    )
    order = np.argsort(model.population.key)
    gone = np.array([np.arange(n) < len(s[0]) for s in seen]) & (np.array(gone) == 1)
    left = np.where(gone.any(axis=0), data.base_year + gone.argmax(axis=0), 0)
    region, role, second = (np.array(of)[:, order] for of in others)
    return Course(model, model.population.key[order], order, left[order], region, role, second)


@pytest.fixture(scope="module")
def baseline_course(data):
    return course(data, **PLAIN)


@pytest.fixture(scope="module", params=CHANGES)
def changed(request, data):
    return request.param, course(data, **PLAIN | CHANGES[request.param])


def common(first: Course, second: Course) -> tuple[np.ndarray, np.ndarray]:
    """Where the GPs of both runs are in each."""
    _, i, j = np.intersect1d(first.key, second.key, assume_unique=True, return_indices=True)
    return i, j


def test_only_the_entrants_of_that_year_differ(baseline_course, changed):
    name, other = changed
    more, fewer = (np.setdiff1d(a.key, b.key) for a, b in ((other, baseline_course), (baseline_course, other)))
    by_cohort = {"one more entrant": (1, 0), "another intake in a year": (306, 0), "no intake in a year": (0, 720)}
    assert (len(more), len(fewer)) == by_cohort.get(name, (0, 0))
    assert len(np.unique(np.append(more, fewer) >> 24)) <= 1


def test_everybody_trains_starts_and_stops_where_and_when_they_did(baseline_course, changed):
    before, after = baseline_course, changed[1]
    i, j = common(before, after)
    for column in ("sex", "birth", "site", "origin", "partner", "wants_practice", "finish", "completes", "registered"):
        np.testing.assert_array_equal(after.of(column)[j], before.of(column)[i], err_msg=column)
    np.testing.assert_array_equal(after.left[j], before.left[i])
    assert (before.left > 0).sum() > 5000
    # Yet their lives differ: the same luck meets another world.
    assert (after.region[:, j] != before.region[:, i]).any() or (after.role[:, j] != before.role[:, i]).any()


def test_the_same_gps_think_again_and_look_for_a_practice(baseline_course, changed):
    before, after = baseline_course, changed[1]
    i, j = common(before, after)

    def drawn(run, rule, at):
        found = np.zeros(len(run.model.population), dtype=bool)
        found[rule(run.model.scenario, run.model.population, run.model.draws, END + 1)] = True
        return found[run.row][at]

    thinks = drawn(before, lc.reconsidering, i)
    assert thinks.sum() > 1000
    np.testing.assert_array_equal(drawn(after, lc.reconsidering, j), thinks)
    # Holders look for none: compare who holds none in both.
    none = (before.of("role")[i] != Role.HOLDER) & (after.of("role")[j] != Role.HOLDER)
    looks = drawn(before, careers.looking_for_practice, i)[none]
    assert looks.sum() > 100
    np.testing.assert_array_equal(drawn(after, careers.looking_for_practice, j)[none], looks)


def test_errors_are_the_same_and_the_change_comes_on_top(baseline_course, changed):
    """Utilities of those in the same region differ by what a scenario adds to a region, and by nothing else."""
    before, after = baseline_course, changed[1]
    i, j = common(before, after)
    same = np.flatnonzero((before.of("region")[i] == after.of("region")[j]) & (before.region[-1, i] != NOWHERE))[::10]
    i, j = i[same], j[same]
    assert len(same) > 500
    lasting, now = [], []
    for run, at in ((before, i), (after, j)):
        model, rows = run.model, run.row[at]
        utility, nothing = model._fixed.utility, np.zeros(len(model.regions))
        lasting.append(lc.lasting_utility(utility, model.population, rows, model.draws))
        now.append(lc.weigh(model.scenario, utility, nothing, model.population, rows, model.draws, END + 1))
    np.testing.assert_array_equal(*lasting)
    lift = after.model._fixed.utility.lift
    assert np.flatnonzero(lift).tolist() == (
        [after.model.regions.index(ZEELAND)] if changed[0].endswith("ness") else []
    )
    np.testing.assert_allclose(now[1] - now[0], np.tile(lift, (len(same), 1)), atol=1e-9)


@pytest.mark.parametrize("name", ["one more entrant", "another intake in a year", "no intake in a year"])
def test_without_feedback_other_entrants_change_nobodys_life(data, name):
    before, after = (course(data, **PLAIN | NO_FEEDBACK | change) for change in ({}, CHANGES[name]))
    i, j = common(before, after)
    for column in ("left", "region", "role", "second"):
        np.testing.assert_array_equal(getattr(after, column)[..., j], getattr(before, column)[..., i], err_msg=column)


def test_without_feedback_a_lift_changes_the_life_only_of_those_it_draws_there(data):
    before, after = (course(data, **PLAIN | NO_FEEDBACK | change) for change in ({}, LIFTED))
    np.testing.assert_array_equal(after.key, before.key)
    np.testing.assert_array_equal(after.left, before.left)
    there = np.maximum.accumulate(after.region == data.index(ZEELAND))  # who has been there
    drawn = there[-1] & ~(before.region == data.index(ZEELAND)).any(axis=0)
    assert drawn.sum() > 100
    np.testing.assert_array_equal(after.region[~there], before.region[~there])


def test_practices_start_alike_whatever_comes_later(data):
    first, second = (SettlementModel(None, data, rng=1, **change) for change in ({}, LIFTED | {"intake": 1026.0}))
    for column in ("places", "patients", "unfilled_years", "vacant_years", "state", "workload"):
        np.testing.assert_array_equal(getattr(first.practices, column), getattr(second.practices, column))
    np.testing.assert_array_equal(first.population.practice, second.population.practice)


# --- how much it helps ---

SEEDS = 30
LESS = 5  # times


def persons(data: Regions, **parameters) -> np.ndarray:
    """GPs at work in 2035 by seed and region."""
    runs = (simulate(data, seed, end_year=2035, **parameters).results() for seed in range(SEEDS))
    return np.array([run.supply_persons[run.year == 2035] for run in runs])


@pytest.fixture(scope="module")
def baseline_persons(data):
    return persons(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"intake": {2030: 721.0}}, None),
        ({"intake": {2030: 820.0}}, None),
        (LIFTED, FAR_FROM_ZEELAND),
    ],
    ids=["one more entrant", "a hundred more entrants", "Zeeland more attractive"],
)
def test_differences_spread_far_less_than_with_independent_seeds(data, baseline_persons, change, where):
    """In the median region of those that a change does not aim at, after ten years."""
    regions = [data.index(code) for code in where or data.codes]
    after, before = persons(data, **change)[:, regions], baseline_persons[:, regions]
    paired = (after - before).std(axis=0, ddof=1)
    independent = (after - np.roll(before, 1, axis=0)).std(axis=0, ddof=1)
    assert (after != before).any()
    assert np.median(independent) > 10
    assert np.median(LESS * paired - independent) < 0  # no ratio: some regions may not change at all
