"""The ensemble: what a seed draws, what a draw changes, and `run --ensemble` from command to table."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner, Result

import abm
import regions
from abm import fixed, national
from experiments import data as folders
from experiments import ensemble, history_matching, parameter_sets, runner, spread, store, summary
from experiments.cli import app
from experiments.design import Design, replication_seeds
from regions import Regions, uncertainty

PROVINCES = Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv"
NAMES = [free.name for free in parameter_sets.free_parameters()]
SIZES = {
    "behaviour": len(ensemble.members()),
    "base_year": ensemble.BASE_YEARS,
    "forecast": ensemble.FORECASTS,
    "national": ensemble.NATIONAL_DRAWS,
}
SEVERAL = 300  # draws of the national model, more than runs use


# What a seed draws


def drawn(seeds: list[int]) -> pd.DataFrame:
    return pd.DataFrame([ensemble.draw(seed).__dict__ for seed in seeds])


def test_a_seed_always_draws_the_same():
    seeds = replication_seeds(1, 50)
    assert drawn(seeds).equals(drawn(seeds))
    assert not drawn(seeds).equals(drawn(replication_seeds(2, 50)))


def test_draws_of_each_source_are_spread_evenly_and_do_not_go_together():
    table = drawn(replication_seeds(1, 6000))
    assert list(table) == list(ensemble.SOURCES)
    for name, size in SIZES.items():
        counts = np.bincount(table[name], minlength=size)
        assert len(counts) == size
        assert stats.chisquare(counts).pvalue > 1e-4, name
    correlation = table.corr().to_numpy()
    assert np.abs(correlation[~np.eye(len(correlation), dtype=bool)]).max() < 4 / 6000**0.5


# Behaviour


@pytest.fixture
def three(tmp_path, monkeypatch, data) -> Iterator[pd.DataFrame]:
    """Members made by hand: 0, 1 and 2, with alpha of a region its place in the list and a tenth of the member."""
    monkeypatch.setattr(ensemble, "MEMBERS", tmp_path / "ensemble.csv")
    monkeypatch.setattr(ensemble, "ATTRACTIVENESS", tmp_path / "attractiveness.csv")
    sets = {"member": [0, 1, 2], "stay": [0.1, 0.2, 0.3], "takeover": [0.6, 0.7, 0.8], "implausibility": [1.0, 2, 3]}
    others = {name: getattr(abm.Scenario(), name) for name in NAMES if name not in sets}
    pd.DataFrame(sets).assign(**others).to_csv(ensemble.MEMBERS, index=False)
    alpha = [(m, code, k + m / 10) for m in range(3) for k, code in enumerate(data.codes)]
    table = pd.DataFrame(alpha, columns=["member", "region", "alpha"])
    table.sample(frac=1, random_state=1).to_csv(ensemble.ATTRACTIVENESS, index=False)
    clear()
    yield pd.DataFrame(sets)
    clear()


def clear() -> None:
    ensemble.members.cache_clear()
    ensemble._attractiveness.cache_clear()


def test_behaviour_is_that_of_the_member(three, data):
    for member in three["member"]:
        scenario, there = ensemble.behaviour(abm.Scenario(), data, member)
        assert (scenario.stay, scenario.takeover) == tuple(three.loc[member, ["stay", "takeover"]])
        assert there.alpha.tolist() == pytest.approx([k + member / 10 for k in range(len(data))])
        assert scenario.model_copy(update={"stay": 0.5, "takeover": abm.Scenario().takeover}) == abm.Scenario()


@pytest.mark.usefixtures("three")
def test_what_a_scenario_sets_itself_stays(data):
    default = abm.Scenario().takeover
    scenario, _ = ensemble.behaviour(abm.Scenario(takeover=default, reconsider_early=1.1), data, 1)
    assert (scenario.stay, scenario.takeover, scenario.reconsider_early) == (0.2, default, 1.1)


@pytest.mark.usefixtures("three")
def test_attractiveness_is_replaced_for_the_same_regions_only(data):
    order = list(reversed(range(len(data))))
    members = tuple(replace(data.members[r], index=i) for i, r in enumerate(order))
    turned = replace(data, members=members, alpha=data.alpha[order])
    _, there = ensemble.behaviour(abm.Scenario(), turned, 2)
    assert there.alpha.tolist() == pytest.approx([k + 0.2 for k in order])
    others = replace(data, members=(replace(data.members[0], code="other"), *data.members[1:]))
    scenario, there = ensemble.behaviour(abm.Scenario(), others, 2)
    assert there is others
    assert scenario.stay == 0.3


@pytest.mark.usefixtures("three")
def test_attractiveness_of_a_data_folder_stays_where_it_is_not_the_one_that_ships(data):
    alpha = data.alpha.copy()
    alpha[[3, 5]] += 0.25
    own = replace(data, alpha=alpha)
    scenario, there = ensemble.behaviour(abm.Scenario(), own, 1)
    assert there.alpha.tolist() == pytest.approx([alpha[k] if k in (3, 5) else k + 0.1 for k in range(len(data))])
    assert scenario.stay == 0.2
    assert data.names[3] in (line := ensemble.attractiveness_line(own))
    assert data.names[5] in line
    assert data.names[4] not in line
    assert ensemble.attractiveness_line(data) == ""


def test_the_members_that_ship_are_sets_that_the_calibration_can_give(data):
    sets, alpha = pd.read_csv(ensemble.MEMBERS), pd.read_csv(ensemble.ATTRACTIVENESS)
    assert sets.columns.tolist() == ["member", *NAMES, "implausibility"]
    assert sets["member"].tolist() == list(range(len(sets)))
    assert (sets["implausibility"] <= history_matching.CUT).all()
    for free in parameter_sets.free_parameters():
        assert sets[free.name].between(free.low, free.high).all(), free.name
    for member in ensemble.members():
        assert list(member) == NAMES
        abm.Scenario.model_validate(dict(member))
    wide = alpha.pivot_table(index="member", columns="region", values="alpha")
    assert len(alpha) == len(sets) * len(data)
    assert set(wide.columns) == set(data.codes)
    assert wide.index.tolist() == sets["member"].tolist()
    np.testing.assert_allclose(wide.sum(axis=1), 0, atol=0.01)


def test_no_member_that_ships_empties_a_region(data):
    wide = pd.read_csv(ensemble.ATTRACTIVENESS).pivot_table(index="member", columns="region", values="alpha")
    assert np.abs(wide[list(data.codes)] - data.alpha).max(axis=None) < 1.2 * parameter_sets.ALPHA_RANGE


# The national model


def plan(scenario: abm.Scenario, data: Regions) -> national.NationalParameters:
    return national.NationalParameters.from_table(fixed.national_table(scenario, data))


def test_number_0_is_the_national_model_as_it_is(data):
    scenario = abm.Scenario(national={"epi_midden": 0.0})
    assert ensemble.national(scenario, data, 0) is scenario


def test_every_draw_is_a_table_that_the_national_model_takes(data):
    tables = [ensemble.national(abm.Scenario(), data, number).national for number in range(1, SEVERAL)]
    assert len({tuple(table.values()) for table in tables}) == len(tables)
    for table in tables:
        plan(abm.Scenario(national=table), data)
        abm.Scenario.model_validate({"national": table})
    assert tables[4] == ensemble.national(abm.Scenario(), data, 5).national


def test_a_draw_changes_outflow_yields_growth_and_hours_and_nothing_of_the_base_year(data):
    changed = ensemble.national(abm.Scenario(), data, 1).national
    assert all(id_.startswith(ensemble.KINDS) for id_ in changed)
    assert {kind for kind in ensemble.KINDS if any(id_.startswith(kind) for id_ in changed)} == set(ensemble.KINDS)
    before, after = plan(abm.Scenario(), data), plan(abm.Scenario(national=changed), data)
    assert after.fte_per_head[:, 0].tolist() == before.fte_per_head[:, 0].tolist()
    hours = after.fte_per_head / before.fte_per_head - 1
    np.testing.assert_allclose(hours, np.arange(5) / 4 * hours[:, -1:], atol=1e-12)  # 0 now, rising to 20 years ahead
    outflow = after.outflow[:, 1:] / before.outflow[:, 1:]
    np.testing.assert_allclose(outflow, outflow[0, 0])
    assert after.size.tolist() == before.size.tolist()


def test_what_a_scenario_sets_itself_of_the_national_model_stays_and_contradicts_no_draw(data):
    own = {"uitstroom_vrouw_basis_vijf": 0.23, "hor_midden": 0.0}
    for number in range(1, 30):
        found = ensemble.national(abm.Scenario(national=own), data, number)
        drawn = ensemble.national(abm.Scenario(), data, number).national
        assert found.national == own | {id_: value for id_, value in drawn.items() if not id_.startswith("uitstroom_")}
        assert len(found.national) < len(drawn)
        plan(found, data)


def test_the_error_of_the_gap_is_as_large_as_that_of_forecasts_that_were_checked(data):
    paths = [national.project(plan(ensemble.national(abm.Scenario(), data, number), data)) for number in range(SEVERAL)]
    supply = np.array([path.supply_fte[10] for path in paths])
    gap = np.array([path.demand_fte(6, "middle")[10] for path in paths]) - supply
    error = (gap[1:] - gap[0]) / supply[0]
    low, high = np.quantile(error, [0.025, 0.975])
    assert -0.15 < low < -0.02
    assert 0.02 < high < 0.15
    assert 0.019 < np.abs(error).mean() < 0.149  # E531, E532
    assert abs(error.mean()) < 0.01


# A run


def test_a_run_has_what_its_seed_draws(data):
    seed = next(s for s in replication_seeds(1, 100) if min(ensemble.draw(s).__dict__.values()) > 0)
    one, scenario = ensemble.draw(seed), abm.Scenario(end_year=2027)
    tables = runner.simulate_drawn(scenario, data, seed)
    here = uncertainty.forecast(uncertainty.base_year(data, one.base_year), one.forecast)
    there = replace(here, alpha=ensemble.behaviour(scenario, data, one.behaviour)[1].alpha)
    behaves = ensemble.behaviour(scenario, data, one.behaviour)[0]
    expected = runner.simulate(ensemble.national(behaves, data, one.national), there, seed)
    for name in store.TABLES:
        pd.testing.assert_frame_equal(tables[name], expected[name], check_exact=True)
    path = national.project(plan(ensemble.national(scenario, data, one.national), data))
    assert tables["national"]["supply_fte_plan"].tolist() == pytest.approx(path.supply_fte[:3].tolist())
    inhabitants = tables["regions"].query("year == 2027")["inhabitants"]
    assert inhabitants.tolist() == pytest.approx(there.inhabitants[2].tolist())
    usual = runner.simulate(scenario, data, seed)
    for name in ("supply_persons", "demand_fte", "inhabitants"):
        assert not np.allclose(tables["regions"][name], usual["regions"][name])


@pytest.fixture
def ensembles(design) -> Callable[..., Design]:
    return lambda replications=3, **parameters: replace(design(replications, **parameters), ensemble=True)


def test_scenarios_share_what_a_replication_draws(ensembles, data, tmp_path):
    (named,) = ensembles().scenarios
    other = abm.Scenario.model_validate({"name": "other", "end_year": 2027, "tightness": 0.0})
    both = replace(ensembles(), scenarios=(named, replace(named, scenario=other)))
    results = runner.run(both, tmp_path, data=data)
    here, there = (spread.draws(results, name) for name in ("baseline", "other"))
    assert here.equals(there)
    assert len(here.drop_duplicates()) == 3
    nation = results.read("national").set_index(["scenario", "replication", "year"]).sort_index()
    for name in ("supply_fte_plan", "demand_fte"):  # the lever is not of the national model
        assert nation.loc["baseline", name].tolist() == nation.loc["other", name].tolist()
    keys = ["scenario", "replication", "year", "region_code"]
    inhabitants = results.read("regions", [*keys, "inhabitants"]).set_index(keys)["inhabitants"].sort_index()
    assert inhabitants["baseline"].tolist() == inhabitants["other"].tolist()
    assert inhabitants["baseline", 0, 2027].tolist() != inhabitants["baseline", 1, 2027].tolist()


@pytest.mark.slow
def test_a_pool_gives_the_same_tables(ensembles, data, tmp_path):
    for workers in (1, 2):
        runner.run(ensembles(22), tmp_path / str(workers), data=data, workers=workers)
    for name in store.TABLES:
        one, two = (tmp_path / str(workers) / f"{name}.parquet" for workers in (1, 2))
        assert one.read_bytes() == two.read_bytes()


# The command


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


SHORT = ["run", "--ensemble", "--until", 2027]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("made") / "ensemble"
    return folder, gp_settlement(*SHORT, "--replications", 12, "--out", folder)


def copy(folder: Path, target: Path) -> Path:
    for file in folder.rglob("*.*"):
        new = target / file.relative_to(folder)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(file.read_bytes())
    return target


def test_run_with_the_ensemble_notes_which_and_prints_how_sure_it_is(made):
    folder, found = made
    assert found.exit_code == 0, found.output
    assert json.loads((folder / "manifest.json").read_text())["ensemble"] == ensemble.fingerprint()
    text = " ".join(found.stdout.split())
    for words in (
        "12 runs of the ensemble",
        "5% to 95% of the runs",
        "in less than 90% of the runs",
        "worst 5",
        f"can be told from {spread.RUNS_FOR_SOURCES} runs on",
        "The Netherlands, 1 January",
    ):
        assert words in text, words
    assert "by chance alone" not in text
    assert "Attractiveness of" not in text


def test_one_run_of_the_ensemble_has_no_interval_and_says_so(tmp_path):
    found = gp_settlement(*SHORT, "--replications", 1, "--out", tmp_path / "one")
    assert found.exit_code == 0, found.output
    assert "One run of the ensemble: no interval" in " ".join(found.stdout.split())
    assert "mean plan: the mean of the drawn national models" in " ".join(found.stdout.split())
    assert "chance alone" not in found.stdout


def test_own_attractiveness_is_kept_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    folder, out = tmp_path / "data", tmp_path / "out"
    assert gp_settlement("data", "export", folder).exit_code == 0
    file = folder / "attractiveness.csv"
    table = pd.read_csv(file)
    table.loc[table["region"] == "RA1222", "alpha"] += 2.0
    table.loc[table["region"] == "RA0616", "alpha"] -= 2.0  # they sum to zero
    table.to_csv(file, index=False)
    found = gp_settlement(*SHORT, "--replications", 3, "--data", folder, "--out", out)
    assert found.exit_code == 0, found.output
    assert "Attractiveness of Amsterdam, Zeeland: that of the data folder in every run" in found.stdout
    there = spread.of_regions(store.open_results(out), "baseline", "inflow_persons", 2027).mean()
    assert there["RA1222"] > 2 * there["RA0616"]  # of half a million inhabitants, and of a million


def test_regions_with_assumed_gps_are_marked(made, data):
    quality = folders.region_quality(data.folder)["workforce"]
    console = Console(width=200, file=io.StringIO())
    console.print(next(iter(summary.tables(store.open_results(made[0]), "baseline", "baseline"))))
    text = console.file.getvalue()
    for name, code in zip(data.names, data.codes, strict=True):
        assert bool(re.search(rf"\d \* +{re.escape(name)}  ", text)) == (quality[code] == "assumed"), name
    assert "* GPs of the base year assumed" in text


@pytest.mark.slow
def test_enough_runs_tell_where_the_spread_comes_from(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    found = gp_settlement(*SHORT, "--replications", spread.RUNS_FOR_SOURCES, "--out", tmp_path / "many")
    assert found.exit_code == 0, found.output
    text = " ".join(found.stdout.split())
    assert "baseline: where the spread comes from, 1 January 2027" in text
    assert "runs on" not in text
    results = store.open_results(tmp_path / "many")
    nation = results.read("national", ["replication", "shortage_fte"], scenario="baseline", year=2027)
    shares = spread.by_source(nation.set_index("replication"), spread.draws(results, "baseline")).loc["shortage_fte"]
    row = re.search(r"the nation: shortage, fte ([\d,]+)" + r" (\d+)%" * 5, text)
    assert row, text
    assert int(row[1].replace(",", "")) == round(shares["sd"])
    assert [int(cell) for cell in row.groups()[1:]] == [round(100 * share) for share in shares.iloc[1:]]
    assert shares["national"] > 0.5  # nothing else moves the nation's total by much


def test_regions_stand_in_the_order_of_their_mean_with_a_mark_where_that_is_not_robust(made, data):
    folder, found = made
    results = store.open_results(folder)
    ranking = spread.ranking(spread.of_regions(results, "baseline", "vacancy_rate", 2027))
    rows = re.findall(r"^\W*(\d+)\W+(\D.*?)\s{2,}.*?([\d.]+%)[ -]+[\d.]+%.*?%\W*?(=?)[^=\d]*$", found.stdout, re.M)
    assert [int(rank) for rank, *_ in rows] == list(range(1, 29))
    first, last = ranking.index[0], ranking.index[-1]
    name = dict(zip(data.codes, data.names, strict=True))
    assert rows[0][1].startswith(name[first][:8])
    assert rows[-1][1].startswith(name[last][:8])
    marked = [mark == "=" for *_, mark in rows]
    assert marked == (ranking["before_next"] < spread.ROBUST).tolist()
    assert any(marked)
    assert not marked[-1]


def test_the_same_command_again_finds_nothing_to_do(made):
    folder, found = made
    again = gp_settlement(*SHORT, "--replications", 12, "--out", folder)
    assert again.exit_code == 0
    assert "Nothing left to run" in again.stderr
    assert again.stdout == found.stdout


def test_what_is_missing_is_run_and_the_tables_are_the_same(made, tmp_path):
    folder = copy(made[0], tmp_path / "copy")
    before = {name: (folder / f"{name}.parquet").read_bytes() for name in store.TABLES}
    for file in (folder / "parts").glob("part-00010*"):
        file.unlink()
    assert gp_settlement(*SHORT, "--replications", 12, "--out", folder).exit_code == 0
    assert {name: (folder / f"{name}.parquet").read_bytes() for name in store.TABLES} == before


def test_runs_with_and_without_the_ensemble_do_not_mix(made, tmp_path):
    without = [word for word in SHORT if word != "--ensemble"]
    found = gp_settlement(*without, "--out", made[0])
    assert found.exit_code == 2
    assert "different: ensemble (with; now without)" in found.stderr
    folder = tmp_path / "plain"
    assert gp_settlement(*without, "--replications", 1, "--out", folder).exit_code == 0
    assert json.loads((folder / "manifest.json").read_text())["ensemble"] is None
    found = gp_settlement(*SHORT, "--out", folder)
    assert found.exit_code == 2
    assert "different: ensemble (without; now with)" in found.stderr


@pytest.mark.usefixtures("three")
def test_another_ensemble_needs_another_folder(made):
    found = gp_settlement(*SHORT, "--replications", 12, "--out", made[0])
    assert found.exit_code == 2
    assert "ensemble (with; now with another)" in found.stderr


def test_own_regions_can_have_an_ensemble(tmp_path):
    folder, out = tmp_path / "provinces", tmp_path / "out"
    assert gp_settlement("data", "regroup", folder, "--by", PROVINCES).exit_code == 0
    found = gp_settlement(*SHORT, "--replications", 3, "--data", folder, "--out", out)
    assert found.exit_code == 0, found.output
    assert "3 runs of the ensemble" in found.stdout
    assert "Attractiveness of all regions: that of the data folder" in " ".join(found.stdout.split())
    there = regions.load(folder)
    assert len(there) == 12
    assert ensemble.behaviour(abm.Scenario(), there, 1)[1] is there
    shown = spread.of_regions(store.open_results(out), "baseline", "vacancy_rate", 2027)
    assert set(shown.columns) == set(there.codes)
    assert (shown.std() > 0).all()


# --- the response to measures ---

BONUS = {"kind": "settlement_bonus", "regions": ["Zeeland"]}


def with_levers(*levers: dict[str, object]) -> abm.Scenario:
    return abm.Scenario.model_validate({"levers": list(levers)})


def test_the_response_to_measures_is_drawn_within_its_range_and_the_measures_own_values_stay():
    scenario = with_levers({**BONUS, "response_new": 0.2})
    assert ensemble.response(scenario, 0) is scenario
    drawn = [ensemble.response(scenario, number).levers[0] for number in range(1, ensemble.RESPONSES)]
    assert {lever.response_new for lever in drawn} == {0.2}
    established = [lever.response_established for lever in drawn]
    assert len(set(established)) == len(established)
    assert 0 <= min(established) < 0.03 < max(established) <= 0.06
    assert {(lever.euro_per_year, lever.first, lever.regions) for lever in drawn} == {(20_000.0, 2026, ("Zeeland",))}


def test_what_a_scenario_sets_of_its_measures_is_told():
    """Also where it is the default; parameters without a range do not vary anyway."""
    assert ensemble.held_line(with_levers(BONUS)) == ""
    scenario = with_levers({**BONUS, "euro_per_year": 9.0, "response_new": 0.15}, {"kind": "hours", "more_hours": 0.1})
    assert ensemble.held(scenario) == {"settlement_bonus.response_new": 0.15, "hours.more_hours": 0.1}
    assert "settlement_bonus.response_new 0.15, hours.more_hours 0.1;" in ensemble.held_line(scenario)


def test_another_measure_in_the_scenario_changes_no_response():
    alone = ensemble.response(with_levers(BONUS), 7).levers[0]
    second = ensemble.response(with_levers({"kind": "medical_school"}, BONUS), 7).levers
    assert second[1] == alone
    assert 6 <= second[0].pipeline_years <= 12


def test_a_run_without_measures_does_not_know_of_responses():
    scenario = abm.Scenario(end_year=2026)
    assert ensemble.response(scenario, 5) == scenario
