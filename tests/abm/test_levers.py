"""Spreading measures in whole runs: each does what it says, where and when, to those it says; no size is no measure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm import SettlementModel
from abm.effects import reached
from abm.flows import REACHED
from abm.levers import Lever
from abm.population import NOWHERE, Block, Status
from abm.randomness import Decision
from regions import Regions
from regions.people import Role
from tests.abm.conftest import simulate
from tests.abm.strategies import KINDS
from tests.abm.test_common_random_numbers import NO_FEEDBACK, PLAIN, common, course

ZEELAND, GRONINGEN, DRENTHE, NO_SITE = "RA1222", "RA0101", "RA0102", "RA0204"
AMSTERDAM = "RA0616"
NATIONAL = ("medical_school",)
SEEDS = (1, 2)
END = 2033


def lever(kind: str, *regions: str, **given: Any) -> Lever:
    """A lever, by default in Zeeland."""
    where = () if kind in NATIONAL else regions or (ZEELAND,)
    return KINDS[kind](**{"regions": where} | given)


# --- each does what it is for ---


def in_zeeland(column: str) -> Callable[[SettlementModel], float]:
    """The last value of an indicator there."""

    def value(model: SettlementModel) -> float:
        last = model.results().tail(len(model.regions)).set_index("region_code")
        return float(last.loc[ZEELAND, column])

    return value


def in_the_nation(column: str) -> Callable[[SettlementModel], float]:
    return lambda model: float(model.national()[column].iloc[-1])


def entrants(model: SettlementModel) -> np.ndarray:
    """The rows of those who started training since the base year."""
    return np.flatnonzero(np.isin(model.population.block, [Block.UNTIL_ADJUSTMENT, Block.AFTER_ADJUSTMENT]))


def who_grew_up_there(model: SettlementModel) -> float:
    return float((model.population.origin[entrants(model)] == model.regions.index(ZEELAND)).sum())


def who_trains_there(model: SettlementModel) -> float:
    there = [index for index, site in enumerate(model.regions.sites) if site.region == model.regions.index(ZEELAND)]
    return float(np.isin(model.population.site[entrants(model)], there).sum())


def who_wants_a_practice(model: SettlementModel) -> float:
    return float(model.population.wants_practice[entrants(model)].sum())


def who_entered(model: SettlementModel) -> float:
    return float(len(entrants(model)))


persons, fte, demand = (in_zeeland(name) for name in ("supply_persons", "supply_fte", "demand_fte"))
Effect = tuple[dict[str, Any], list[tuple[Callable[[SettlementModel], float], int]]]
# The size, and what rises (1), falls (-1) or stays as it is (0). Large: two seeds are enough to tell.
LARGE: dict[str, Effect] = {
    "settlement_bonus": ({"euro_per_year": 100_000.0, "response_new": 0.35}, [(persons, 1), (who_entered, 0)]),
    "start_premium": ({"euro_once": 200_000.0, "response_once": 0.14}, [(persons, 1)]),
    "takeover_support": (
        {"failures_mended": 1.0, "regions": ()},
        [(in_the_nation("persons_holder"), 1), (in_the_nation("share_succession_found"), 1)],
    ),
    "ownership_training": (
        {"more_wanting": 0.35, "regions": ()},
        [(who_wants_a_practice, 1), (in_the_nation("persons_holder"), 1), (in_the_nation("supply_persons"), 0)],
    ),
    "partner_programme": ({"partner_loss_mended": 1.0}, [(persons, 1)]),
    "campaign": ({"appeal": 2.0}, [(persons, 1), (who_entered, 0)]),
    "placements": ({"placed_share": 0.8, "months": 30.0, "effect_of_months": 1.5}, [(persons, 1)]),
    "training_places": ({"places": 80.0}, [(who_trains_there, 1), (persons, 1), (who_entered, 0)]),
    "selection": ({"selected_share": 0.8}, [(who_grew_up_there, 1), (persons, 1), (who_entered, 0)]),
    "obligation": ({"obliged_share": 0.5, "candidates_lost": 0.5}, [(persons, 1), (who_entered, -1)]),
    "travel_support": ({"distance_mended": 1.0}, [(persons, 1)]),
    "locum_market": (
        {"seek_more": 2.0, "settle_more": 5.0, "give_up_less": 1.0, "regions": ()},
        [(in_the_nation("persons_changing_locum"), -1), (in_the_nation("persons_holder"), 1)],
    ),
    "later_retirement": ({"fewer_exits": 1.0}, [(persons, 1), (in_zeeland("persons_60plus"), 1)]),
    "hours": ({"more_hours": 0.3}, [(fte, 1), (demand, 0)]),
    "task_shifting": ({"saved_per_year": 0.05, "saved_at_most": 0.4}, [(demand, -1)]),
    "smaller_practices": ({"list_norm": 1200.0}, [(demand, 1), (persons, 1)]),
    "medical_school": (
        {"students": 8000.0, "pipeline_years": 1},
        [(who_entered, 1), (in_the_nation("supply_persons"), 1)],
    ),
}  # fmt: skip


def large(kind: str, **given: Any) -> Lever:
    return lever(kind, **LARGE[kind][0] | given)


@pytest.fixture(scope="module")
def usual(data: Regions) -> Mapping[int, SettlementModel]:
    """Runs without measures, by seed; for reading only."""
    return {seed: simulate(data, seed, end_year=END) for seed in SEEDS}


def test_every_kind_is_tried():
    assert LARGE.keys() == NO_SIZE.keys() == REACHES.keys() | NOBODY.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_measure_has_the_effect_it_is_for(data, usual, kind):
    for seed, before in usual.items():
        after = simulate(data, seed, end_year=END, levers=[large(kind)])
        for value, sign in LARGE[kind][1]:
            change = value(after) - value(before)
            assert np.sign(change) == sign, (seed, value, change)


def test_more_hours_change_fte_and_nobodys_region_at_once(data):
    """In the first year every GP of the region works as much more; elsewhere none does."""
    before, after = (
        simulate(data, end_year=2026, locums_in_several_regions=0.0, levers=of)
        for of in ([], [lever("hours", first=2025, more_hours=0.2)])
    )
    np.testing.assert_array_equal(after.population.region, before.population.region)
    there = before.population.region == data.index(ZEELAND)
    rows = np.arange(len(before.population))
    np.testing.assert_allclose(after.fte(rows), before.fte(rows) * np.where(there, 1.2, 1.0))
    assert there.sum() > 100


# --- no size is no measure ---

NO_SIZE: dict[str, list[dict[str, Any]]] = {
    "settlement_bonus": [
        {"euro_per_year": 0.0, "established": True},
        {"response_new": 0.0, "response_established": 0.0},
    ],
    "start_premium": [{"euro_once": 0.0}],
    "takeover_support": [{"failures_mended": 0.0}],
    "ownership_training": [{"more_wanting": 0.0, "regions": ()}],
    "partner_programme": [{"partner_loss_mended": 0.0}],
    "campaign": [{"appeal": 0.0}],
    "placements": [{"placed_share": 0.0}, {"placed_share": 0.9, "months": 0.0}],
    "training_places": [{"places": 0.0}, {"places": 0.0, "regions": (NO_SITE,)}, {"places": 0.0, "moved_from": "AMC"}],
    "selection": [{"selected_share": 0.0}],
    "obligation": [{"obliged_share": 0.0}, {"obliged_share": 0.9, "complies": 0.0, "candidates_lost": 0.0}],
    "travel_support": [{"distance_mended": 0.0}],
    "locum_market": [{"seek_more": 0.0, "settle_more": 0.0, "give_up_less": 0.0}],
    "later_retirement": [{"fewer_exits": 0.0, "from_age": 25}],
    "hours": [{"more_hours": 0.0}],
    "task_shifting": [{"saved_per_year": 0.0}, {"saved_at_most": 0.0}],
    "smaller_practices": [{"list_norm": 2095.0}],
    "medical_school": [{"students": 2880.0, "study_loss": 0.0, "choosing": 0.25, "pipeline_years": 1}],
}


def tables(model: SettlementModel, until: int = END) -> dict[str, pd.DataFrame]:
    """Every table of a run up to a year, but for whom measures reached."""
    flows = model.flows()
    found = {
        "results": model.results(),
        "national": model.national(),
        "blocks": model.blocks(),
        "flows": flows[~flows.flow.str.startswith(REACHED)],
    }
    return {name: table[table.year <= until].reset_index(drop=True) for name, table in found.items()}


def assert_identical(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    """Check that tables are the same, bit for bit."""
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)


@pytest.mark.parametrize(
    ("kind", "given"), [(k, g) for k, of in NO_SIZE.items() for g in of], ids=lambda v: v if isinstance(v, str) else ""
)
def test_without_size_a_measure_is_the_baseline_bit_for_bit(data, usual, kind, given):
    found = simulate(data, 1, end_year=2032, levers=[lever(kind, **given, first=2025)])
    assert_identical(tables(found), tables(usual[1], until=2032))


def test_measures_of_every_kind_leave_the_years_before_them_alone_bit_for_bit(data, usual):
    model = simulate(data, 1, end_year=2033, levers=[large(kind, first=2031) for kind in KINDS])
    assert_identical(tables(model, until=2031), tables(usual[1], until=2031))
    after = tables(model, until=2033)["results"]
    assert not after.equals(tables(usual[1], until=2033)["results"])
    flows = model.flows()
    reached_in = flows.year[flows.flow.str.startswith(REACHED)]
    assert len(reached_in) > 0
    assert (reached_in > 2031).all()


@pytest.mark.parametrize("kind", ["hours", "task_shifting", "smaller_practices"])
def test_after_its_last_year_a_region_is_touched_only_through_behaviour(data, usual, kind):
    """Demand, and fte of everyone by role and sex, are what they were."""
    model = simulate(data, 1, end_year=2032, levers=[large(kind, first=2026, last=2029)])
    results, before = (run.results() for run in (model, usual[1]))
    here, there = (table[(table.region_code == ZEELAND) & (table.year <= 2032)] for table in (results, before))
    in_force = (here.year > 2026) & (here.year <= 2030)
    changed = here.demand_fte.to_numpy() != there.demand_fte.to_numpy()
    np.testing.assert_array_equal(changed, in_force if kind != "hours" else np.zeros(len(here), dtype=bool))
    rows = model.population.rows(Status.WORKING)
    usual_fte = usual[1]._fixed.fte_per_head[model.t][model.population.sex[rows], model.population.role[rows]]
    np.testing.assert_array_equal(model.fte(rows), usual_fte * model._fixed.fte_factor[model.population.region[rows]])


# --- whom it reached, by hand ---

FIRST, LAST = 2026, 2028  # so that the years of flows are 2027 to 2029
YEARS_OBLIGED = 2


@dataclass
class Year:
    """What happened in a step: the model afterwards, the rows before it, and the lever."""

    model: SettlementModel
    lever: Lever
    there: int
    status: np.ndarray
    region: np.ndarray
    role: np.ndarray
    came: dict[int, int]  # by row: the year since which a GP works there, of who came since the lever began
    obliged: dict[int, int]  # by row: the year in which the obligation ends

    @property
    def working(self) -> np.ndarray:
        """Rows at work there."""
        gp = self.model.population
        return np.flatnonzero((gp.status == Status.WORKING) & (gp.region == self.there))

    def was(self, column: np.ndarray) -> np.ndarray:
        """What a column was before the step, NOWHERE for who was not there."""
        return np.pad(column, (0, len(self.model.population) - len(column)), constant_values=NOWHERE)

    @property
    def new(self) -> np.ndarray:
        rows = self.working
        return rows[self.was(self.region)[rows] != self.there]

    @property
    def starters(self) -> np.ndarray:
        """Those who finished training this year and took up work."""
        gp = self.model.population
        trained = self.was(self.status) == Status.IN_TRAINING
        return np.flatnonzero(trained & (gp.status == Status.WORKING))

    @property
    def trainees(self) -> np.ndarray:
        """Those who started training this year."""
        return np.arange(len(self.status), len(self.model.population))[
            self.model.population.block[len(self.status) :] != Block.ABROAD
        ]

    def trained_there(self, rows: np.ndarray) -> np.ndarray:
        site = np.array([site.region for site in self.model.regions.sites])
        return rows[site[self.model.population.site[rows]] == self.there]

    def lucky(self, rows: np.ndarray, decision: Decision, share: float) -> np.ndarray:
        return rows[self.model.draws.uniform(decision, self.model.population.key[rows]) < share]

    def follow(self) -> None:
        """Keep who came, and who is obliged."""
        here = set(self.working.tolist())
        for row in [row for row in self.came if row not in here]:
            del self.came[row]
        for row in self.new.tolist():
            self.came[row] = self.model.year
        if self.lever.kind == "obligation" and self.lever.first < self.model.year <= self.lever.last + 1:
            bound = self.lucky(self.lucky(self.starters, Decision.OBLIGED, 0.4), Decision.COMPLIES, 0.8)
            self.obliged.update(dict.fromkeys(bound.tolist(), self.model.year + YEARS_OBLIGED))


def _locums(year: Year) -> np.ndarray:
    rows = year.working
    return rows[np.isin(year.model.population.role[rows], [Role.FIXED_LOCUM, Role.CHANGING_LOCUM])]


def _new_holders(year: Year) -> np.ndarray:
    rows = year.working
    return rows[(year.model.population.role[rows] == Role.HOLDER) & (year.was(year.role)[rows] != Role.HOLDER)]


def _tied(year: Year) -> np.ndarray:
    return year.new[year.model.population.partner[year.new] != NOWHERE]


def _who_served(year: Year) -> np.ndarray:
    """The obliged who work there still, as many times as the obligation has years."""
    return np.array([row for row in year.working.tolist() if year.obliged.get(row, 0) > year.model.year], dtype=int)


def _older(year: Year) -> np.ndarray:
    """Who had the age when the year began, so that the measure held for their chance to leave in it."""
    rows = year.working
    return rows[year.model.year - 1 - year.model.population.birth[rows] >= 60]


# The lever, and the GPs it reached in a year.
REACHES: dict[str, tuple[dict[str, Any], Callable[[Year], np.ndarray] | None]] = {
    "settlement_bonus": ({}, lambda year: np.array(sorted(year.came), dtype=int)),
    "start_premium": ({}, lambda year: year.new),
    "takeover_support": ({"failures_mended": 0.9}, _new_holders),
    "ownership_training": ({}, lambda year: year.trained_there(year.starters)),
    "partner_programme": ({}, _tied),
    "placements": ({"placed_share": 0.3}, lambda year: year.lucky(year.starters, Decision.PLACED, 0.3)),
    "training_places": ({"places": 20.0}, lambda year: year.trained_there(year.trainees)),
    "selection": ({"selected_share": 0.3}, lambda year: year.lucky(year.trainees, Decision.SELECTED, 0.3)),
    "obligation": ({"obliged_share": 0.4, "complies": 0.8, "years": YEARS_OBLIGED}, _who_served),
    "travel_support": ({}, lambda year: year.new),
    "locum_market": ({}, _locums),
    "later_retirement": ({"from_age": 60}, _older),
    "hours": ({}, lambda year: year.working),
    "smaller_practices": ({}, lambda year: year.working),
    "task_shifting": ({"saved_per_year": 0.02, "saved_at_most": 0.05}, None),
}
NOBODY: dict[str, dict[str, Any]] = {"campaign": {}, "medical_school": {"pipeline_years": 0}}
NOT_AT_WORK_YET = ("selection", "training_places", "placements")


def years_of(data: Regions, acting: Lever, years: int = 5) -> Iterator[Year]:
    """Run with a lever in Groningen; gives what happened up to each year, one after another."""
    model = SettlementModel(None, data, rng=4, end_year=2025 + years, levers=[acting])
    came: dict[int, int] = {}
    obliged: dict[int, int] = {}
    while model.running:
        gp = model.population
        at_work = np.where(gp.status == Status.WORKING, gp.region, NOWHERE)
        before = gp.status.copy(), at_work, gp.role.copy()
        model.step()
        now = Year(model, acting, data.index(GRONINGEN), *before, came, obliged)
        if model.year > FIRST:
            now.follow()
        yield now


def row_of(model: SettlementModel, name: str) -> pd.DataFrame:
    flows = model.flows()
    return flows[(flows.flow == REACHED + name) & (flows.year == model.year)]


@pytest.mark.parametrize("kind", [kind for kind, (_, who) in REACHES.items() if who])
def test_the_flow_counts_whom_a_measure_reached(data, kind):
    given, who = REACHES[kind]
    counted = 0
    for year in years_of(data, lever(kind, GRONINGEN, first=FIRST, last=LAST, name="it", **given)):
        found = row_of(year.model, "it")
        if not FIRST < year.model.year <= LAST + 1 and kind != "obligation":  # which outlasts the measure
            assert found.empty
            continue
        rows = who(year)
        assert set(found.region_code) <= {GRONINGEN}
        assert set(found.site) <= {""}
        assert found.persons.sum() == len(rows)
        if kind not in NOT_AT_WORK_YET:
            assert found.fte.sum() == pytest.approx(year.model.fte(rows).sum(), rel=1e-12)
        counted += len(rows)
    assert counted > 20


def test_a_bonus_for_all_reaches_all_who_work_there(data):
    bonus = lever("settlement_bonus", GRONINGEN, first=FIRST, established=True)
    for year in years_of(data, bonus, years=3):
        found = row_of(year.model, "settlement_bonus")
        assert found.persons.sum() == (len(year.working) if year.model.year > FIRST else 0)


def test_the_flow_of_task_shifting_is_the_demand_saved(data, usual):
    """Beside nothing else, that of the baseline less that of the run."""
    given, _ = REACHES["task_shifting"]
    model = simulate(
        data, 1, end_year=2030, levers=[lever("task_shifting", ZEELAND, DRENTHE, first=FIRST, last=LAST, **given)]
    )
    saved = usual[1].results().head(6 * len(data)).demand_fte - model.results().demand_fte
    by_cell = model.results().assign(saved=saved).set_index(["year", "region_code"]).saved
    flows = model.flows()
    found = flows[flows.flow == REACHED + "task_shifting"].set_index(["year", "region_code"])
    assert set(found.index) == {(y, r) for y in (2027, 2028, 2029) for r in (ZEELAND, DRENTHE)}
    assert (found.persons == 0).all()
    np.testing.assert_allclose(found.fte, by_cell[found.index])
    assert by_cell.drop(found.index).abs().max() == 0
    before = usual[1].results().set_index(["year", "region_code"]).demand_fte
    of_zeeland = [(y, ZEELAND) for y in (2027, 2028, 2029)]
    np.testing.assert_allclose(found.fte[of_zeeland] / before[of_zeeland], [0.02, 0.04, 0.05])


@pytest.mark.parametrize("kind", NOBODY)
def test_nobody_is_counted_for_what_reaches_nobody(data, kind):
    model = simulate(data, end_year=2028, levers=[lever(kind, first=2025, **NOBODY[kind])])
    assert not model.flows().flow.str.startswith(REACHED).any()


def test_each_lever_counts_under_its_own_name(data):
    levers = [lever("hours", name="more_in_zeeland"), lever("hours", DRENTHE, name="more_in_drenthe")]
    flows = simulate(data, end_year=2028, levers=levers).flows()
    found = flows[flows.flow.str.startswith(REACHED)]
    assert set(zip(found.flow, found.region_code, strict=True)) == {
        ("reached:more_in_zeeland", ZEELAND), ("reached:more_in_drenthe", DRENTHE),
    }  # fmt: skip
    assert set(found.year) == {2027, 2028}


# --- obligations ---

SETTLED = {"reconsider_holder": 0.0, "reconsider_salaried": 0.0, "reconsider_locum": 0.0}
BOUND = {"obliged_share": 0.4, "years": 4, "complies": 0.8, "stays_on": 0.6, "candidates_lost": 0.0}


@pytest.fixture(scope="module")
def obliged(data):
    """A run in which nobody moves but for an obligation; for each year the regions and roles at its end."""
    bound = KINDS["obligation"](regions=(ZEELAND, DRENTHE), **BOUND, first=2025)
    model = SettlementModel(None, data, rng=5, end_year=2038, levers=[bound], takeover=1.0, **SETTLED)
    seen = {}
    while model.running:
        model.step()
        gp = model.population
        seen[model.year] = tuple(c.copy() for c in (gp.status == Status.WORKING, gp.region, gp.role, gp.since))
    return model, seen


def test_as_many_are_obliged_as_should(obliged):
    model, _ = obliged
    gp = model.population
    started = (gp.registered > 2025) & (gp.since != NOWHERE) & (gp.block != Block.ABROAD)
    share, n = 0.4 * 0.8, started.sum()
    assert (gp.obligation[started] == 0).mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / n))
    assert (gp.obligation[~started] == NOWHERE).all()
    bound = gp.obligation == 0
    np.testing.assert_array_equal(gp.obliged_until[bound], gp.registered[bound] + 4)


def test_the_obliged_work_in_the_pool_until_it_ends(obliged):
    model, seen = obliged
    gp = model.population
    pool = np.flatnonzero(model._fixed.effects.obligations[0].where)
    checked = 0
    for year, (working, region, *_) in seen.items():
        rows = np.flatnonzero(
            working & (gp.obligation[: len(working)] == 0) & (gp.obliged_until[: len(working)] > year)
        )
        assert np.isin(region[rows], pool).all()
        checked += len(rows)
    assert checked > 3000


def test_afterwards_holders_stay_and_of_the_others_as_many_as_stay_on(obliged):
    """Nobody thinks of another region but for the obligation; a seeker may find a practice elsewhere all the same."""
    model, seen = obliged
    gp = model.population
    pool = np.flatnonzero(model._fixed.effects.obligations[0].where)
    stays = model.draws.uniform(Decision.STAYS_ON, gp.key) < 0.6
    free, left, holding = 0, 0, 0
    for year in list(seen)[1:]:
        (_, region, role, _), (working, now, role_now, since) = seen[year - 1], seen[year]
        n = len(region)
        ends = np.flatnonzero((gp.obligation[:n] == 0) & (gp.obliged_until[:n] == year) & working[:n])
        holder = role[ends] == Role.HOLDER
        np.testing.assert_array_equal(now[ends[holder]], region[ends[holder]])
        others = ends[~holder]
        goes = ~stays[others]
        assert not np.isin(now[others[goes]], pool).any()
        assert (since[others[goes]] == year).all()
        moved = now[others] != region[others]
        assert (role_now[others[~goes & moved]] == Role.HOLDER).all()
        free, left, holding = free + len(others), left + goes.sum(), holding + holder.sum()
    assert holding > 30
    assert free > 500
    assert left / free == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / free))


def test_an_obligation_in_the_whole_country_traps_nobody_and_sends_nobody_away(data):
    """Everyone chooses as without it, and stays: nobody thinks again here."""
    bound = KINDS["obligation"](**BOUND | {"years": 1, "stays_on": 0.0}, first=2025, regions=data.codes)
    with_it, without = (simulate(data, 5, end_year=2030, levers=of, **SETTLED) for of in ([bound], []))
    assert (with_it.population.obligation == 0).sum() > 500
    assert_identical(tables(with_it), tables(without))


def test_a_holder_is_as_free_as_others_when_the_obligation_ends(data):
    """Nobody stays on in the pool, which is nearly the whole country; a holder who moves may all the same."""
    pool = tuple(code for code in data.codes if code != AMSTERDAM)
    restless = {"reconsider_holder": 1.0, "yearly_noise": 3.0, "takeover": 1.0, "wants_practice": 1.0}
    restless |= {"seek_practice_early": 1.0, "seek_practice_middle": 1.0}
    bound = KINDS["obligation"](
        regions=pool, first=2025, obliged_share=1.0, complies=1.0, years=2, stays_on=0.0, candidates_lost=0.0
    )
    model = SettlementModel(None, data, rng=3, end_year=2030, levers=[bound], **restless)
    taken_in_pool = 0
    while model.running:
        gp = model.population
        holder = np.flatnonzero((gp.status == Status.WORKING) & (gp.role == Role.HOLDER))
        region, until = gp.region[holder], gp.obliged_until[holder]
        model.step()
        moved = (until == model.year) & (gp.region[holder] != region)
        again = holder[moved & (gp.role[holder] == Role.HOLDER) & (gp.status[holder] == Status.WORKING)]
        taken_in_pool += (gp.region[again] != data.index(AMSTERDAM)).sum()
    assert taken_in_pool > 100


# --- common random numbers ---


@pytest.fixture(scope="module")
def plain_course(data):
    return course(data, **PLAIN)


@pytest.mark.parametrize("kind", ["campaign", "takeover_support", "hours", "placements", "smaller_practices"])
def test_a_lever_in_a_region_changes_nobodys_luck(data, plain_course, kind):
    """Traits, training, start and exit are the same for all, in whatever world they meet."""
    after = course(data, **PLAIN, levers=[large(kind)])
    np.testing.assert_array_equal(after.key, plain_course.key)
    np.testing.assert_array_equal(after.left, plain_course.left)
    for column in ("sex", "birth", "site", "origin", "partner", "wants_practice", "finish", "completes", "registered"):
        np.testing.assert_array_equal(after.of(column), plain_course.of(column), err_msg=column)
    assert (after.region != plain_course.region).any() or (after.role != plain_course.role).any() or kind == "hours"


def test_without_feedback_what_a_region_offers_changes_only_the_lives_it_draws_there(data):
    before, after = (course(data, **PLAIN | NO_FEEDBACK, levers=of) for of in ([], [large("settlement_bonus")]))
    there = np.maximum.accumulate(after.region == data.index(ZEELAND))
    assert (there[-1] & ~(before.region == data.index(ZEELAND)).any(axis=0)).sum() > 100
    np.testing.assert_array_equal(after.region[~there], before.region[~there])


PROGRAMMES = {
    "selection": ("selected_share", Decision.SELECTED, {}),
    "placements": ("placed_share", Decision.PLACED, {"months": 38.0, "effect_of_months": 3.0}),
    "obligation": ("obliged_share", Decision.OBLIGED, {"candidates_lost": 0.0, "complies": 1.0}),
}


@pytest.mark.parametrize("kind", PROGRAMMES)
def test_without_feedback_one_more_programme_changes_only_the_lives_of_those_it_reaches(data, kind):
    """Those of the first programme are reached by it still, and live as they did."""
    share, decision, given = PROGRAMMES[kind]
    first = lever(kind, DRENTHE, name="first_one", first=2026, **given, **{share: 0.2})
    second = lever(kind, name="second_one", first=2026, **given, **{share: 0.1})
    before, after = (course(data, **PLAIN | NO_FEEDBACK, levers=of) for of in ([first], [first, second]))
    i, j = common(before, after)
    assert len(i) == len(before.key) == len(after.key)
    luck = after.model.draws.uniform(decision, after.key)
    others = (luck < 0.2) | (luck >= 0.3)
    assert others.any()
    for column in ("left", "region", "role", "second"):
        found, was = getattr(after, column)[..., j], getattr(before, column)[..., i]
        np.testing.assert_array_equal(found[..., others], was[..., others], err_msg=column)
    changed = (after.region != before.region).any(axis=0)
    assert changed.sum() > 50
    programmes = getattr(after.model._fixed.effects, {"obligation": "obligations"}.get(kind, kind))
    some, number = reached(programmes, 5, after.key, decision, after.model.draws)
    assert set(np.flatnonzero(changed)) <= set(some[number == 1])


@pytest.mark.parametrize("kind", ["ownership_training"])
def test_without_feedback_attention_to_ownership_changes_only_what_graduates_want(data, kind):
    before, after = (course(data, **PLAIN | NO_FEEDBACK, levers=of) for of in ([], [large(kind)]))
    wanted, wants = before.of("wants_practice"), after.of("wants_practice")
    more = wants & ~wanted
    assert wants[wanted].all()
    assert more.sum() > 500
    assert (after.of("registered")[more] > 2026).all()
    np.testing.assert_array_equal(after.region, before.region)
