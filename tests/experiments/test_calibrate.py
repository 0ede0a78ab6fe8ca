"""History matching: its parts by hand, calibrations that stop and go on, and parameters that are known, found again."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from typer.testing import CliRunner, Result

import abm
from abm import careers
from experiments import calibrate, derive, history_matching, measures, parameter_sets, store, targets
from experiments.calibrate import Calibration, Settings
from experiments.cli import app
from experiments.errors import InputError
from experiments.history_matching import Goal
from experiments.targets import Target
from regions import Regions

FloatArray = npt.NDArray[np.float64]

FREE = parameter_sets.free_parameters()
NAMES = [f.name for f in FREE]
TABLES = [f"{name}.csv" for name in ("ensemble", "ensemble_attractiveness", "fit", "ranges")]


def target(name: str = "x", middle: float | None = 10.0, sd: float = 3.0, **others: float | str) -> Target:
    about = {"region": "", "site": "", "low": None, "high": None, **others}
    return Target(id="E1", also=(), use="fitted", measure=name, target=middle, sd=sd, unit="", note="", **about)  # type: ignore[arg-type]


# The parameters that vary


def test_every_uncertain_number_of_the_scenario_varies_within_its_prior():
    uncertain = [
        name
        for name, field in abm.Scenario.model_fields.items()
        if field.annotation is float and field.json_schema_extra["role"] == "uncertainty"  # type: ignore[call-overload,index]
    ]
    assert uncertain == NAMES


def test_a_prior_lies_inside_the_allowed_range_and_around_the_default():
    for free in FREE:
        assert free.low < abm.Scenario.model_fields[free.name].default < free.high, free.name
        for end in (free.low, free.high):
            abm.Scenario.model_validate({free.name: end})


def test_the_unit_cube_is_scaled_to_the_priors():
    corners = np.array([[0.0] * len(FREE), [1.0] * len(FREE), [0.25] * len(FREE)])
    low, high, quarter = parameter_sets.scaled(corners)
    assert low.tolist() == [f.low for f in FREE]
    np.testing.assert_allclose(high, [f.high for f in FREE])
    np.testing.assert_allclose(quarter, [0.75 * f.low + 0.25 * f.high for f in FREE])


def test_a_scenario_has_the_values_of_a_point_and_what_is_fixed():
    values = parameter_sets.scaled(np.full((1, len(FREE)), 0.3))[0]
    found = parameter_sets.scenario_at(values, end_year=2031)
    assert [getattr(found, name) for name in NAMES] == values.tolist()
    assert found.end_year == 2031
    assert found.model_fields_set == {*NAMES, "end_year"}


# Attractiveness


def point(seed: int) -> FloatArray:
    return parameter_sets.scaled(np.random.default_rng(seed).random((1, len(FREE))))[0]


def expected(scenario: abm.Scenario, data: Regions, alpha: FloatArray) -> FloatArray:
    """Return the share of all graduates that each region expects."""
    return np.asarray(careers.sites(scenario, data).share @ derive.expected_shares(scenario, data, alpha))


def test_without_an_error_the_default_keeps_what_ships(data):
    np.testing.assert_allclose(parameter_sets.attractiveness(abm.Scenario(), data, 0), data.alpha, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_graduates_spread_as_is_known_whatever_the_parameters(seed, data):
    scenario = parameter_sets.scenario_at(point(seed))
    usual = expected(abm.Scenario(), data, data.alpha)
    assert np.abs(np.log(expected(scenario, data, data.alpha) / usual)).max() > 0.05  # the parameters do matter
    alpha = parameter_sets.attractiveness(scenario, data, 0)
    free = np.abs(alpha - data.alpha) < 0.95 * parameter_sets.ALPHA_RANGE
    assert free.sum() >= len(data) - 2
    np.testing.assert_allclose(np.log(expected(scenario, data, alpha) / usual)[free], 0, atol=0.05)
    assert alpha.sum() == pytest.approx(0, abs=1e-9)


def test_no_region_is_left_by_everyone_where_locums_of_its_neighbours_are_many(data):
    many = abm.Scenario(
        locums_in_several_regions=0.7, locums_in_three_regions=0.5, locum_reach_km=35.0, starts_salaried=0.05
    )
    alpha = parameter_sets.attractiveness(many, data, 0)
    assert np.abs(alpha - data.alpha).max() < 1.1 * parameter_sets.ALPHA_RANGE
    assert expected(many, data, alpha).min() > 0.5 * expected(abm.Scenario(), data, data.alpha).min()


def test_an_error_by_region_is_smaller_where_a_class_is_published(data):
    usual = abm.Scenario()
    draws = np.array([parameter_sets.attractiveness(usual, data, draw) for draw in range(1, 41)])
    share = np.log([expected(usual, data, alpha) for alpha in draws]) - np.log(expected(usual, data, data.alpha))
    known = np.isin(data.codes, [*derive.ABOVE, *derive.ABOUT, *derive.BELOW])
    share -= np.median(share, axis=1, keepdims=True)  # shares add up to one: an error of one is an error of all
    assert share[:, known].std() == pytest.approx(parameter_sets.RATIO_SD_KNOWN, rel=0.15)
    assert share[:, ~known].std() == pytest.approx(parameter_sets.RATIO_SD, rel=0.15)
    np.testing.assert_allclose(draws.sum(axis=1), 0, atol=1e-9)


def test_the_same_draw_is_the_same_error(data):
    scenario = parameter_sets.scenario_at(point(1))
    first, again, other = (parameter_sets.attractiveness(scenario, data, draw) for draw in (3, 3, 4))
    assert first.tolist() == again.tolist()
    assert np.abs(first - other).max() > 0.05


# Runs


def observe(scenario: abm.Scenario, data: Regions, seed: int) -> dict[str, float]:
    return parameter_sets.observe(abm.SettlementModel(scenario, data, rng=seed), scenario.end_year)


def test_a_run_that_is_observed_is_the_run_itself(data):
    scenario = abm.Scenario(end_year=2030)
    model = abm.SettlementModel(scenario, data, rng=3)
    while model.running:
        model.step()
    plain, observed = measures.measure(model), observe(scenario, data, 3)
    assert observed.keys() == plain.keys()
    different = [name for name in plain if not np.array_equal(plain[name], observed[name], equal_nan=True)]
    assert different == ["early_move_ratio"]


def test_a_run_that_is_observed_halfway_gives_what_a_shorter_run_does(data):
    model = abm.SettlementModel(abm.Scenario(end_year=2033), data, rng=3)
    halfway = parameter_sets.observe(model, 2030)
    assert model.year == 2030
    whole = observe(abm.Scenario(end_year=2030), data, 3)
    assert [name for name in whole if not np.array_equal(whole[name], halfway[name], equal_nan=True)] == []


def test_locums_who_settled_lately_move_as_much_more_as_they_reconsider_more(data):
    ratio = [
        np.mean([observe(abm.Scenario(end_year=2030, reconsider_early=early), data, seed)["early_move_ratio"]
                 for seed in (1, 2)])
        for early in (1.0, 2.0)
    ]  # fmt: skip
    assert ratio[1] / ratio[0] == pytest.approx(2, rel=0.2)


def test_a_set_is_measured_by_the_mean_of_its_seeds_with_its_own_attractiveness(data, monkeypatch):
    monkeypatch.setattr(parameter_sets, "END_YEAR", 2030)
    values = point(2)
    found = parameter_sets.evaluate(values, data, 5, (7, 8))
    scenario = parameter_sets.scenario_at(values, end_year=2030)
    alpha = parameter_sets.attractiveness(scenario, data, 5)
    there = replace(data, alpha=alpha)
    runs = [observe(scenario, there, seed) for seed in (7, 8)]
    assert [found[f"alpha[{code}]"] for code in data.codes] == alpha.tolist()
    for name in ("move_rate_locum", "early_move_ratio", "alumni_ratio[RA0512]"):
        assert found[name] == pytest.approx(np.mean([run[name] for run in runs]))
    assert {t.key for t in targets.load() if t.key} <= found.keys()


# How implausible


@pytest.mark.parametrize(
    ("about", "mean", "variance", "implausibility"),
    [
        (target(), 20.0, None, 2.0),  # 10 / sqrt(9 + 16): runs have chance
        (target(), 5.0, None, 1.0),
        (target(), 20.0, 91.0, 1.0),  # 10 / sqrt(9 + 91): an emulator's variance has chance in it
        (target(low=8.0, high=12.0), 11.9, None, 0.0),  # all of a range is as good
        (target(low=8.0, high=12.0), 22.0, None, 2.0),
        (target(low=8.0, high=12.0), 3.0, None, 1.0),
        (target(low=8.0), 1e9, None, 0.0),
        (target(low=8.0), -2.0, None, 2.0),
        (target(high=12.0), -1e9, None, 0.0),
        (target(high=12.0), 17.0, None, 1.0),
    ],
)
def test_implausibility_by_hand(about, mean, variance, implausibility):
    goal = Goal(about, chance=16.0)
    of_mean = None if variance is None else np.array([variance, variance])
    assert goal.implausibility(np.array([mean, mean]), of_mean).tolist() == pytest.approx([implausibility] * 2)


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(0, 10)))
def test_the_second_largest(each: FloatArray):
    assert history_matching.second_largest(each).tolist() == [sorted(row)[-2:][0] for row in each.tolist()]


def test_what_is_fitted_has_the_chance_of_a_mean_over_the_seeds():
    wanted = [t for t in targets.load() if t.use == "fitted"]
    centre = pd.DataFrame({t.key: [1.0, 2.0, 3.0, 6.0] for t in wanted})
    found = calibrate.goals(centre)
    assert [goal.target for goal in found] == wanted
    assert [goal.chance for goal in found] == pytest.approx([14 / 3 / calibrate.SEEDS] * len(wanted))
    with pytest.raises(InputError, match="practices_change"):
        calibrate.goals(centre.drop(columns="practices_change"))


# Emulators


def cube(points: int, free: int, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).random((points, free))


def bent(points: FloatArray) -> FloatArray:
    return np.asarray(3 + 2 * points[:, 0] - points[:, 1] + 0.5 * np.sin(6 * points[:, 2]))


def test_an_emulator_finds_a_known_function_through_noise():
    noise = 0.1
    points, others = cube(120, 4), cube(500, 4, seed=2)
    rng = np.random.default_rng(3)
    emulator = history_matching.emulate("x", points, bent(points) + rng.normal(0, noise, 120))
    mean, variance = emulator.predict(others)
    assert np.sqrt(np.mean((mean - bent(others)) ** 2)) < 0.6 * noise
    assert np.sqrt(np.mean((emulator.line.predict(others) - bent(others)) ** 2)) > 2 * noise  # a line alone cannot
    away = (bent(others) + rng.normal(0, noise, 500) - mean) / np.sqrt(variance)
    assert away.std() == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("points", [50, 100])
def test_an_emulator_of_many_parameters_through_few_runs_knows_how_wrong_it_is(points):
    slopes = np.random.default_rng(4).normal(size=len(FREE))
    rng = np.random.default_rng(5)
    seen, others = cube(points, len(FREE)), cube(400, len(FREE), seed=2)
    emulator = history_matching.emulate("x", seen, seen @ slopes + rng.normal(0, 0.5, points))
    mean, variance = emulator.predict(others)
    away = (others @ slopes + rng.normal(0, 0.5, 400) - mean) / np.sqrt(variance)
    assert np.sqrt(np.mean(away**2)) < 1.6
    assert (np.abs(away) > history_matching.CUT).mean() < 0.06


def test_an_emulator_and_a_run_of_a_point_are_as_implausible():
    """Chance counts once: in the variance that the emulator gives, or in that of the run."""
    noise, points = 2.0, cube(150, 2)
    rng = np.random.default_rng(3)
    emulator = history_matching.emulate("x", points, 20 * points[:, 0] + rng.normal(0, noise, 150))
    goal = Goal(target("x", 0.0, sd=0.5), chance=noise**2)
    others = cube(200, 2, seed=2)
    runs = goal.implausibility(20 * others[:, 0])
    np.testing.assert_allclose(goal.implausibility(*emulator.predict(others)), runs, rtol=0.12, atol=0.25)


def test_an_emulator_is_less_sure_away_from_its_runs():
    points = cube(80, 3) * [0.5, 1, 1]
    emulator = history_matching.emulate("x", points, np.sin(8 * points[:, 0]))
    _, variance = emulator.predict(np.array([[0.25, 0.5, 0.5], [0.6, 0.5, 0.5], [1.0, 0.5, 0.5]]))
    assert variance[0] < variance[1] < variance[2]


def test_a_measure_that_is_always_the_same_can_be_emulated():
    mean, variance = history_matching.emulate("x", cube(50, 3), np.full(50, 0.7)).predict(cube(20, 3, seed=2))
    np.testing.assert_allclose(mean, 0.7, atol=1e-6)
    assert np.isfinite(variance).all()


# The next points


@pytest.fixture(scope="module")
def emulators() -> list[history_matching.Emulator]:
    """Emulators of the first and of the second of three parameters."""
    points = cube(60, 3)
    return [history_matching.emulate(name, points, points[:, k]) for k, name in enumerate(("first", "second"))]


def near(first: float, second: float, sd: float) -> list[Goal]:
    """Return goals for the two parameters, of which one may be beyond the cut; the same twice makes both count."""
    return [Goal(target("first", first, sd), 0.0), Goal(target("second", second, sd), 0.0)]


def most(points: FloatArray, goal: Goal, emulator: history_matching.Emulator) -> float:
    return float(goal.implausibility(*emulator.predict(points)).max())


def test_the_first_points_fill_the_cube_evenly():
    points = history_matching.next_points([], [], 40, 3, np.random.default_rng(1))
    assert points.shape == (40, 3)
    for k in range(3):
        assert sorted((points[:, k] * 40).astype(int)) == list(range(40))


def test_no_next_point_is_ruled_out_in_any_wave(emulators):
    first, second = near(0.5, 0.5, 0.05)
    waves, wanted = [[emulators[0]] * 2, [emulators[1]] * 2], [first, first]
    # The second wave's emulators say of the same goals that it is the other parameter that counts.
    points = history_matching.next_points(waves, wanted, 200, 3, np.random.default_rng(1))
    assert points.shape == (200, 3)
    assert len(np.unique(points, axis=0)) == 200
    assert most(points, first, emulators[0]) <= history_matching.CUT
    assert most(points, second, emulators[1]) <= history_matching.CUT
    assert points[:, 0].min() == pytest.approx(0.35, abs=0.02)
    assert points[:, 0].max() == pytest.approx(0.65, abs=0.02)
    assert np.ptp(points[:, 2]) > 0.95  # of the third nothing is known


def test_one_measure_may_be_beyond_the_cut(emulators):
    points = history_matching.next_points([emulators], near(0.5, 0.5, 0.03), 300, 3, np.random.default_rng(1))
    beyond = np.abs(points[:, :2] - 0.5) > 3.1 * 0.03
    assert beyond.any(axis=0).all()
    assert not beyond.all(axis=1).any()


@pytest.mark.parametrize("middle", [0.5, 0.99])
def test_where_few_are_left_points_near_those_are_tried(emulators, monkeypatch, middle):
    monkeypatch.setattr(history_matching, "POOL", 400)
    (goal, _), waves = near(middle, middle, 0.01), [[emulators[0]] * 2]
    points = history_matching.next_points(waves, [goal, goal], 100, 3, np.random.default_rng(1))
    assert points.shape == (100, 3)
    assert len(np.unique(points, axis=0)) == 100
    assert ((points >= 0) & (points <= 1)).all()
    assert most(points, goal, emulators[0]) <= history_matching.CUT


def test_when_all_is_ruled_out_it_says_so_and_by_what(emulators):
    with pytest.raises(InputError, match=r"every parameter set is ruled out.*first \(E1\) in 100% of the sets, second"):
        history_matching.next_points([emulators], near(3.0, 3.0, 0.1), 10, 3, np.random.default_rng(1))


def test_goals_that_rule_most_out_are_named_hardest_first():
    each = np.array([[0.0, 3.1, 9.0, 0.0], [0.0, 2.9, 9.0, 0.0]])
    wanted = [Goal(target(name), 0.0) for name in "abcd"]
    assert history_matching.hardest(each, wanted) == (
        "More than 3 sd off: c (E1) in 100% of the sets, b (E1) in 50% of the sets"
    )


# A calibration: small, with short runs


@dataclass(frozen=True)
class Small:
    """A calibration of two waves, its folder, and how far it was at every step."""

    folder: Path
    data: Regions
    settings: Settings

    def again(self, folder: Path, **changed: int) -> tuple[Calibration, list[tuple[int, int]]]:
        told: list[tuple[int, int]] = []
        found = calibrate.calibrate(
            folder,
            self.data,
            replace(self.settings, **changed),
            workers=1,
            progress=lambda *numbers: told.append(numbers),
        )
        return found, told


@pytest.fixture(autouse=True, scope="module")
def _short() -> Iterator[None]:
    """Make the runs of this process short: one seed, five years."""
    with pytest.MonkeyPatch.context() as patch:
        cut_to(patch, 2030, 1, 3, 500)
        yield


def cut_to(patch: pytest.MonkeyPatch, end_year: int, seeds: int, centre_runs: int, pool: int) -> None:
    patch.setattr(parameter_sets, "END_YEAR", end_year)
    patch.setattr(calibrate, "SEEDS", seeds)
    patch.setattr(calibrate, "CENTRE_RUNS", centre_runs)
    patch.setattr(history_matching, "POOL", pool)


@pytest.fixture
def usual(monkeypatch):
    """Put back what a calibration of users has."""
    cut_to(monkeypatch, 2033, 2, 12, 40_000)


@pytest.fixture(scope="module")
def one_wave(tmp_path_factory, data) -> Small:
    small = Small(tmp_path_factory.mktemp("one") / "wave", data, Settings(waves=1, points=12, seed=1))
    small.again(small.folder)
    return small


@pytest.fixture
def copied(one_wave, tmp_path) -> Small:
    """A calibration of one wave of which files may go."""
    folder = tmp_path / "copy"
    for file in one_wave.folder.rglob("*.*"):
        new = folder / file.relative_to(one_wave.folder)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(file.read_bytes())
    return replace(one_wave, folder=folder)


def same(a: Calibration, b: Calibration) -> None:
    pd.testing.assert_frame_equal(a.runs, b.runs, check_exact=True)
    assert a.points.tolist() == b.points.tolist()
    assert a.goals == b.goals


def test_every_point_is_a_row_with_its_own_draw(one_wave):
    found, told = one_wave.again(one_wave.folder)
    assert told == [(12, 12)]
    assert found.points.shape == (12, len(FREE))
    assert found.runs["draw"].tolist() == list(range(1, 13))
    assert (found.runs["wave"] == 1).all()
    each = np.column_stack([goal.implausibility(found.runs[goal.name].to_numpy()) for goal in found.goals])
    assert found.runs["implausibility"].tolist() == np.sort(each, axis=1)[:, -2].tolist()
    assert found.kept.tolist() == (found.runs["implausibility"] <= history_matching.CUT).tolist()


def test_what_is_missing_is_run_and_the_tables_are_the_same(copied):
    before, _ = copied.again(copied.folder)
    old = (copied.folder / "wave-1" / "part-00000.parquet").stat().st_mtime_ns
    (copied.folder / "wave-1" / "part-00005.parquet").unlink()
    after, told = copied.again(copied.folder)
    assert told == [(7, 12), (12, 12)]
    assert (copied.folder / "wave-1" / "part-00000.parquet").stat().st_mtime_ns == old
    same(before, after)
    for one, folder in ((before, "before"), (after, "after")):
        (copied.folder / folder).mkdir()
        calibrate.write(copied.folder / folder, one, copied.data, 1)
    for table in TABLES:
        assert (copied.folder / "before" / table).read_bytes() == (copied.folder / "after" / table).read_bytes()


def test_an_interrupt_leaves_what_is_finished(copied, tmp_path):
    def stop(done: int, _: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate.calibrate(tmp_path / "new", copied.data, copied.settings, workers=1, progress=stop)
    found, told = copied.again(tmp_path / "new")
    assert told[0] == (5, 12)
    same(found, copied.again(copied.folder)[0])


@pytest.mark.parametrize("changed", [{"waves": 2}, {"points": 13}, {"seed": 2}])
def test_other_settings_need_another_folder(one_wave, changed):
    with pytest.raises(InputError, match=rf"different: {next(iter(changed))}\. Choose another with --out"):
        one_wave.again(one_wave.folder, **changed)


def test_other_targets_parameters_data_and_code_need_another_folder(one_wave, monkeypatch):
    rows = targets.load()
    changed = replace(next(t for t in rows if t.use == "fitted"), target=0.43)
    monkeypatch.setattr(targets, "load", lambda: [changed, *(t for t in rows if t.id != changed.id)])
    monkeypatch.setattr(parameter_sets, "free_parameters", lambda: FREE[:-1])
    monkeypatch.setattr(calibrate, "code_fingerprint", lambda: "another")
    other = replace(one_wave, data=replace(one_wave.data, fingerprint="another"))
    with pytest.raises(InputError, match="different: data, code, fitted, free"):
        other.again(one_wave.folder)


def test_what_is_only_tested_may_change(one_wave, monkeypatch):
    rows = [t for t in targets.load() if t.use != "tested"]
    monkeypatch.setattr(targets, "load", lambda: rows)
    assert one_wave.again(one_wave.folder)[1] == [(12, 12)]


def failing(wrong: Callable[[int], bool]) -> Callable[..., dict[str, float]]:
    run = parameter_sets.evaluate

    def evaluate(values: FloatArray, data: Regions, draw: int, seeds: tuple[int, ...]) -> dict[str, float]:
        if wrong(draw):
            raise ZeroDivisionError("nobody works here")
        return run(values, data, draw, seeds)

    return evaluate


def test_a_point_that_fails_is_recorded_and_left_out(copied, monkeypatch):
    before, _ = copied.again(copied.folder)
    (copied.folder / "wave-1" / "part-00005.parquet").unlink()
    monkeypatch.setattr(parameter_sets, "evaluate", failing(lambda draw: draw == 7))
    found, _ = copied.again(copied.folder)
    part = pd.read_parquet(copied.folder / "wave-1" / "part-00005.parquet").set_index("draw")
    assert part.loc[7, "error"] == "ZeroDivisionError: nobody works here"
    assert (part.drop(7)["error"] == "").all()
    left = before.runs["draw"] != 7
    pd.testing.assert_frame_equal(found.runs, before.runs[left].reset_index(drop=True), check_exact=True)
    assert found.points.tolist() == before.points[left].tolist()


def test_when_every_point_fails_it_says_why(copied, monkeypatch):
    for file in (copied.folder / "wave-1").glob("part-*"):
        file.unlink()
    monkeypatch.setattr(parameter_sets, "evaluate", failing(lambda _: True))
    with pytest.raises(InputError, match="ZeroDivisionError: nobody works here"):
        copied.again(copied.folder)


def test_regions_without_the_measures_that_are_fitted_are_an_error(data, tmp_path):
    codes = ("other", *data.codes[1:])
    members = tuple(replace(m, code=code) for m, code in zip(data.members, codes, strict=True))
    with pytest.raises(InputError, match="E923: measure alumni_ratio\\[RA0101\\]: a run gives no such measure"):
        calibrate.calibrate(
            tmp_path, replace(data, members=members), Settings(1, 12, 1), workers=1, progress=lambda *_: None
        )


@pytest.mark.slow
def test_a_second_wave_that_was_interrupted_goes_on_and_gives_the_same(copied, tmp_path):
    done: list[int] = []

    def stop(now: int, _: int) -> None:
        done.append(now)
        if done == [0, 5, 10, 12, 0, 5]:
            raise KeyboardInterrupt

    settings = replace(copied.settings, waves=2)
    with pytest.raises(KeyboardInterrupt):
        calibrate.calibrate(tmp_path / "stopped", copied.data, settings, workers=1, progress=stop)
    found, told = copied.again(tmp_path / "stopped", waves=2)
    assert told == [(12, 12), (5, 12), (10, 12), (12, 12)]
    same(found, copied.again(tmp_path / "at once", waves=2)[0])
    assert found.runs["draw"].tolist() == list(range(1, 25))
    assert found.runs["wave"].tolist() == [1] * 12 + [2] * 12
    first, _ = copied.again(copied.folder)
    assert found.points[:12].tolist() == first.points.tolist()


@pytest.mark.slow
@pytest.mark.usefixtures("usual")
def test_a_pool_gives_the_same(data, tmp_path):
    settings = Settings(waves=1, points=10, seed=3)
    serial, pool = (
        calibrate.calibrate(tmp_path / str(workers), data, settings, workers=workers, progress=lambda *_: None)
        for workers in (1, 2)
    )
    same(serial, pool)


def test_of_what_is_left_the_better_fit_is_the_likelier(monkeypatch):
    """Points are drawn by the likelihood of the last wave's emulators: most are within two tolerances."""
    monkeypatch.setattr(history_matching, "POOL", 40_000)
    rng = np.random.default_rng(1)
    points = rng.random((200, 3))
    emulators = [history_matching.emulate(name, points, points[:, k]) for k, name in enumerate(("a", "b"))]
    wanted = [Goal(target(name, 0.5, 0.1), 0.0) for name in ("a", "b")]
    drawn = history_matching.next_points([emulators], wanted, 400, 3, rng)
    assert drawn[:, 0].std() == pytest.approx(0.1, abs=0.02)
    assert drawn[:, 1].std() == pytest.approx(0.1, abs=0.02)
    assert drawn[:, 2].std() > 0.25


# What comes out, by hand


def result(data: Regions, implausibility: list[float]) -> Calibration:
    """Return runs of points at 0, 0.1, 0.2, ... of every range, with measure x ten times that, and alpha a tenth."""
    n = len(implausibility)
    at = np.arange(n) / 10
    alpha = {f"alpha[{code}]": at / 10 + k for k, code in enumerate(data.codes)}
    runs = pd.DataFrame({"x": 10 * at, "implausibility": implausibility, "wave": 1} | alpha)
    return Calibration(runs, np.tile(at[:, None] % 1, len(FREE)), (Goal(target("x", 1.0, 0.3), 0.16),))


def test_members_are_the_sets_that_are_kept(data):
    sets, alpha = calibrate.members(result(data, [1.0, 3.1, 2.0004, 3.0]), data, 1)
    assert sets.columns.tolist() == ["member", *NAMES, "implausibility"]
    assert sets["member"].tolist() == [0, 1, 2]
    assert sets["implausibility"].tolist() == [1.0, 2.0, 3.0]
    values = sets["takeover"].tolist()
    free = FREE[NAMES.index("takeover")]
    assert values == pytest.approx([free.low + u * (free.high - free.low) for u in (0, 0.2, 0.3)])
    assert len(alpha) == 3 * len(data)
    second = alpha[alpha["member"] == 1].set_index("region")["alpha"]
    assert second.to_dict() == pytest.approx({code: 0.02 + k for k, code in enumerate(data.codes)})


def test_more_members_than_an_ensemble_holds_are_drawn(data):
    many = result(data, [1.0] * 50 + [9.0] * 50 + [2.0] * 100)
    sets, alpha = calibrate.members(many, data, 1)
    again, _ = calibrate.members(many, data, 1)
    other, _ = calibrate.members(many, data, 2)
    assert len(sets) == calibrate.KEPT == alpha["member"].nunique()
    assert sets.equals(again)
    assert not sets.equals(other)
    assert set(sets["implausibility"]) == {1.0, 2.0}


def test_ranges_before_and_after_by_hand(data):
    found = calibrate.ranges(result(data, [9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0, 9.0])).set_index("parameter")
    assert found.index.tolist() == NAMES
    stay = found.loc["stay"]  # prior 0 to 1.5; points at 0.2 to 0.6 are kept
    assert stay["default"] == abm.Scenario().stay
    assert stay[["prior_low", "prior_high"]].tolist() == [0, 1.5]
    assert stay[["low", "median", "high"]].tolist() == pytest.approx([1.5 * 0.22, 1.5 * 0.4, 1.5 * 0.58])
    np.testing.assert_allclose(found["width"], 0.36 / 0.9)


def test_the_fit_by_hand(data):
    (row,) = calibrate.fit(result(data, [9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0])).to_dict("records")
    assert (row["measure"], row["target"], row["sd"]) == ("x", 1.0, 0.3)
    assert row["mean"] == pytest.approx(3)
    assert [row["low"], row["high"]] == pytest.approx([1.2, 4.8])
    assert row["implausibility"] == pytest.approx(2 / 0.5)  # 0.3² + 0.16 is 0.5²


def test_when_nothing_is_kept_there_are_tables_without_an_ensemble(data, tmp_path):
    none = result(data, [9.0] * 5)
    calibrate.write(tmp_path, none, data, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.csv", "ranges.csv"]
    assert pd.read_csv(tmp_path / "ranges.csv")["low"].isna().all()
    assert pd.read_csv(tmp_path / "fit.csv")["mean"].isna().all()
    # x is 0, 1, 2, 3, 4 against 1, tolerance and chance together 0.5: the last two are 4 and 6 off
    assert none.verdict == (
        "every one of the 5 sets of the last wave is ruled out by its runs. "
        "More than 3 sd off: x (E1) in 40% of the sets"
    )


# The command


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_without_a_set_left_the_command_says_why_and_writes_no_ensemble(tmp_path, one_wave, monkeypatch):
    there, _ = one_wave.again(one_wave.folder)
    impossible = tuple(
        replace(goal, target=replace(goal.target, target=99.0, low=None, high=None)) for goal in there.goals[:2]
    )
    none = replace(there, runs=there.runs.assign(implausibility=9.0), goals=(*impossible, *there.goals[2:]))
    monkeypatch.setattr(calibrate, "calibrate", lambda *_, **__: none)  # run already
    found = gp_settlement("calibrate", "--out", tmp_path)
    assert found.exit_code == 1, found.output
    assert found.stderr.startswith(
        "No ensemble: every one of the 12 sets of the last wave is ruled out by its runs. More than 3 sd off: "
        "share_stay_training_province (E436) in 100% of the sets, share_stay_training_province[AMC] (E437) in 100%"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"fit.csv", "ranges.csv"}


def test_two_calibrations_keep_out_of_each_others_folder(tmp_path):
    with store.alone(tmp_path):
        found = gp_settlement("calibrate", "--waves", 1, "--points", 50, "--out", tmp_path)
    assert found.exit_code == 2
    assert f"{tmp_path} is in use by another run" in found.stderr
    assert not (tmp_path / "settings.json").exists()


def test_without_scikit_learn_the_extra_is_named(monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else find(name))
    found = gp_settlement("calibrate", "--out", tmp_path / "new")
    assert found.exit_code == 2
    assert 'pip install -c constraints.txt -e ".[calibrate]"' in found.stderr
    assert "Traceback" not in found.output
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("usual")
def test_the_command_leaves_four_tables_and_goes_on_where_it_stopped(tmp_path, data):
    words = ["calibrate", "--waves", 1, "--points", 50, "--out", tmp_path]
    found = gp_settlement(*words)
    assert found.exit_code == 0, found.output
    before = {name: (tmp_path / name).read_bytes() for name in TABLES}
    sets, alpha = (pd.read_csv(tmp_path / name) for name in TABLES[:2])
    assert f"{len(sets)} of 50 sets are not ruled out" in found.output
    assert 5 < len(sets) < 50
    for row in sets.drop(columns=["member", "implausibility"]).to_dict("records"):
        abm.Scenario.model_validate(row)
    assert set(alpha["region"]) == set(data.codes)
    assert alpha.groupby("member")["alpha"].sum().abs().max() < 0.01
    (tmp_path / "wave-1" / "part-00010.parquet").unlink()
    for name in TABLES:
        (tmp_path / name).unlink()
    again = gp_settlement(*words)
    assert again.exit_code == 0
    assert {name: (tmp_path / name).read_bytes() for name in TABLES} == before
    other = gp_settlement(*words, "--seed", 2)
    assert other.exit_code == 2
    assert "different: seed" in other.stderr


# Parameters that are known, found again

TRUTH = {
    "train_own": 0.75, "train_far": 0.3, "yearly_noise": 0.35, "stay": 0.35, "reconsider_holder": 0.3,
    "reconsider_salaried": 0.7, "reconsider_locum": 0.65, "reconsider_early": 0.7, "starts_salaried": 0.25,
    "starts_fixed_locum": 0.7, "seek_practice_middle": 0.7, "settles_as_locum": 0.25, "takeover": 0.3,
    "place_splits": 0.75, "gives_up_practice": 0.3,
}  # fmt: skip
"""Where in their prior ranges parameters are, from 0 to 1; the others are at their defaults."""


@dataclass(frozen=True)
class Recovered:
    """A calibration on what a run with known parameters gives."""

    truth: FloatArray
    found: Calibration
    emulators: list[history_matching.Emulator]

    def implausibility(self, point: FloatArray, sharper: float = 1.0) -> FloatArray:
        """Return what the emulators say of a point, with tolerances that many times as small."""
        goals = sharp(self.found.goals, sharper)
        return np.array(
            [goal.implausibility(*e.predict(point[None]))[0] for goal, e in zip(goals, self.emulators, strict=True)]
        )


def sharp(goals: tuple[Goal, ...], times: float) -> list[Goal]:
    return [Goal(replace(goal.target, sd=(goal.target.sd or 0) / times), goal.chance) for goal in goals]


@pytest.fixture(scope="module")
def recovered(data, tmp_path_factory) -> Recovered:
    default = {f.name: (getattr(abm.Scenario(), f.name) - f.low) / (f.high - f.low) for f in FREE}
    truth = np.array(list({**default, **TRUTH}.values()))
    with pytest.MonkeyPatch.context() as patch:
        cut_to(patch, 2033, 2, 12, 40_000)
        known = parameter_sets.evaluate(parameter_sets.scaled(truth), data, 0, range(1000, 1012))
        rows = [
            replace(t, target=known[t.key], low=None, high=None) if t.use == "fitted" else t for t in targets.load()
        ]
        patch.setattr(targets, "load", lambda: rows)
        folder = tmp_path_factory.mktemp("recovered") / "calibration"
        found = calibrate.calibrate(folder, data, Settings(2, 80, 1), workers=2, progress=lambda *_: None)
    emulators = [history_matching.emulate(g.name, found.points, found.runs[g.name].to_numpy()) for g in found.goals]
    return Recovered(truth, found, emulators)


@pytest.mark.slow
def test_the_truth_is_not_ruled_out(recovered, data):
    assert history_matching.second_largest(recovered.implausibility(recovered.truth)[None])[0] < 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameter_sets, "END_YEAR", 2033)
        own = parameter_sets.evaluate(parameter_sets.scaled(recovered.truth), data, 0, (5, 6))
    each = np.array([goal.implausibility(np.array([own[goal.name]]))[0] for goal in recovered.found.goals])
    assert np.sort(each)[-2] < 2


@pytest.mark.slow
def test_known_parameters_and_measures_are_inside_the_ranges_of_what_is_kept(recovered):
    found = calibrate.ranges(recovered.found).set_index("parameter")
    values = dict(zip(NAMES, parameter_sets.scaled(recovered.truth), strict=True))
    missed = [name for name in TRUTH if not found.loc[name, "low"] <= values[name] <= found.loc[name, "high"]]
    assert not missed
    fit = calibrate.fit(recovered.found)
    inside = (fit["low"] <= fit["target"]) & (fit["target"] <= fit["high"])
    assert inside.mean() > 0.9
    assert (fit["implausibility"] < 2).all()


@pytest.mark.slow
def test_with_sharper_facts_the_ranges_narrow_around_the_truth(recovered, monkeypatch):
    monkeypatch.setattr(history_matching, "POOL", 40_000)
    times = 8.0
    each = recovered.implausibility(recovered.truth, times)
    assert history_matching.second_largest(each[None])[0] <= history_matching.CUT
    away = recovered.truth.copy()
    moved = [NAMES.index(name) for name in TRUTH]
    away[moved] = 1 - away[moved]
    assert history_matching.second_largest(recovered.implausibility(away, times)[None])[0] > history_matching.CUT
    points = history_matching.next_points(
        [recovered.emulators], sharp(recovered.found.goals, times), 300, len(FREE), np.random.default_rng(1)
    )
    low, middle, high = np.quantile(points, [0.05, 0.5, 0.95], axis=0)
    assert ((low <= recovered.truth) & (recovered.truth <= high))[moved].all()
    narrowed = [k for k in moved if (high - low)[k] / 0.9 < 0.88]
    assert len(narrowed) >= 4
    closer = np.abs(middle - recovered.truth) < np.abs(0.5 - recovered.truth)
    assert closer[narrowed].mean() > 0.7
