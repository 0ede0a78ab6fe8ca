from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import abm
import experiments
from experiments import (
    comparison,
    comparison_report,
    comparison_sentences,
    comparison_stored,
    comparison_tables,
    comparison_words,
    describe,
    ensemble,
    runner,
    store,
)
from experiments.cli import app
from experiments.comparison import of_results
from experiments.comparison_asked import Asked, ask
from experiments.design import replication_seeds
from experiments.errors import InputError
from experiments.scenarios import NamedScenario
from tests.experiments import made_up

BONUS = """
name = "bonus"
inherits = "baseline"

[title]
nl = "Bonus in Zeeland"
en = "Bonus in Zeeland"

[[levers]]
kind = "settlement_bonus"
name = "bonus"
regions = "Zeeland"
first = 2025
last = 2027
euro_per_year = 100000.0

[levers.cost]
per_year = 1000.0
"""
SHORT = ("--until", "2028", "--replications", "3")


@pytest.fixture(scope="module")
def bonus(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("files") / "bonus.toml"
    file.write_text(BONUS, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory, bonus, data) -> comparison.Comparison:
    folder = tmp_path_factory.mktemp("made") / "results"
    return experiments.compare(["baseline", bonus], until=2028, replications=5, data=data, out=folder)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def compare(*words: object) -> Result:
    return CliRunner().invoke(app, ["compare", *map(str, words)], env={"COLUMNS": "100"})


def asked(data, *given: object, settings=(), until=None, sweep=(), sample=None, seed=1) -> Asked:
    return ask(given, settings, until, sweep, sample, seed, data)  # type: ignore[arg-type]


# A real run ----------------------------------------------------------------------------------------------------------


def test_differences_are_those_of_the_stored_runs(made):
    stored = made.results.read("regions", ["scenario", "replication", "supply_fte"], year=2028, region_code="RA1222")
    wide = stored.pivot_table(index="replication", columns="scenario", values="supply_fte")
    rows = made.differences
    row = rows[(rows.indicator == "supply_fte") & (rows.year == 2028) & (rows.region_code == "RA1222")].iloc[0]
    assert row.mean_baseline == pytest.approx(wide["baseline"].mean())
    assert row.difference == pytest.approx((wide["bonus"] - wide["baseline"]).mean())
    assert row.sd == pytest.approx((wide["bonus"] - wide["baseline"]).std())
    assert row.difference > 0
    before = rows[rows.year == 2025]
    assert (before["share_same"].dropna() == 1).all()


def test_for_a_pure_location_lever_the_nation_gains_nothing(made):
    last = made.displacement[made.displacement["year"] == 2028].set_index(["quantity", "group"])
    assert set(last.index.unique("group")) == {"target", "neighbours", "rest", "nation"}
    groups = last[last["region_code"].isna()]["difference"]
    assert groups["supply_fte", "target"] > 2
    assert groups["supply_fte", "neighbours"] + groups["supply_fte", "rest"] < -2
    assert abs(groups["graduates", "nation"]) < 1e-9
    assert abs(groups["moves", "nation"]) < 1e-9
    parts = sum(groups[name, "target"] for name in ("graduates", "arrivals", "moves", "leavers", "other"))
    assert parts == pytest.approx(groups["supply_fte", "target"])
    codes = last[last.index.get_level_values("group") == "neighbours"].loc["supply_fte", "region_code"].dropna()
    assert sorted(codes) == ["RA0919", "RA1323"]


def test_the_cost_is_that_of_whom_the_runs_reached(made):
    flows = made.results.read("flows", scenario="bonus", flow="reached:bonus")
    cost = made.costs[(made.costs["quantity"] == "cost") & (made.costs["lever"] == "bonus")]
    by_year = cost.dropna(subset="year").set_index("year")["value"]
    for year in (2025, 2026, 2027):
        persons = flows[flows["year"] == year + 1]["persons"].sum() / 5
        assert by_year[year] == pytest.approx(1000 + 100_000 * persons)
    assert by_year[2027] > 0
    assert cost[cost["year"].isna()]["value"].iloc[0] == pytest.approx(by_year.sum())


def test_the_summary_holds_what_matters_most(made):
    row = made.summary.iloc[0]
    assert (row["scenario"], row["aim"], row["pairs"]) == ("bonus", "target", 5)
    assert row["gain_low"] < row["gain"] < row["gain_high"]
    assert row["gain"] + row["neighbours"] + row["rest"] == pytest.approx(row["nation"])
    assert row["pairs_for_1_fte"] >= 5


def test_seeds_are_the_same_in_every_scenario(made):
    seeds = {
        name: [run["seed"] for run in made.results.manifest["runs"] if run["scenario"] == name]
        for name in ("baseline", "bonus")
    }
    assert seeds["baseline"] == seeds["bonus"] == replication_seeds(1, 5)


def test_the_command_prints_a_table_and_does_nothing_twice(bonus):
    first = compare("baseline", bonus, *SHORT)
    assert first.exit_code == 0, first.output
    folder = Path("results/baseline-vs-bonus")
    files = [folder / name for name in ("comparison.md", *(f"{name}.parquet" for name in comparison.TABLES))]
    before = [file.read_bytes() for file in files]
    assert str(folder / "comparison.md") in first.stdout
    assert "Bonus in Zeeland, vergeleken met Basis: ongewijzigd beleid" in " ".join(first.stdout.split())
    second = compare("baseline", bonus, *SHORT)
    assert "Nothing left to run" in second.stderr
    assert second.stdout == first.stdout
    assert [file.read_bytes() for file in files] == before
    english = compare("baseline", bonus, *SHORT, "--lang", "en")
    assert "compared with Baseline: unchanged policy" in " ".join(english.stdout.split())
    assert "## How sure is this" in files[0].read_text(encoding="utf-8")
    other = compare("baseline", bonus, "--until", "2027", "--replications", "3")
    assert other.exit_code == 2
    assert "--force" in other.stderr


def test_what_fails_is_left_out_in_pairs_and_said(bonus, monkeypatch):
    class Failing(abm.SettlementModel):
        def step(self) -> None:
            if self.seed == replication_seeds(1, 3)[1] and self.scenario.levers:
                raise ZeroDivisionError("nobody works here")
            super().step()

    monkeypatch.setattr(abm, "SettlementModel", Failing)
    found = compare("baseline", bonus, *SHORT)
    assert found.exit_code == 1
    assert "1 of 6 runs failed" in found.stderr
    frame = pd.read_parquet("results/baseline-vs-bonus/displacement.parquet")
    assert set(frame["pairs"]) == {2}
    assert "Mislukte runs: 1." in Path("results/baseline-vs-bonus/comparison.md").read_text(encoding="utf-8")


def test_a_run_of_the_ensemble_says_what_its_interval_carries(bonus):
    found = compare(
        "baseline", bonus, "--until", "2026", "--replications", "2", "--ensemble", "--set", "response_new=0.15"
    )
    assert found.exit_code == 0, found.output
    told = Path("results/baseline-vs-bonus/comparison.md").read_text(encoding="utf-8")
    drawn = "parameters van gedrag, het basisjaar, de bevolkingsprognose, het landelijke model"
    assert f"In elk paar verschilt ook wat niet bekend is: {drawn} en de reactie op maatregelen." in told
    assert "In elk paar gelijk, omdat een scenario ze zelf instelt: `bonus.response_new`." in told


# Precision -----------------------------------------------------------------------------------------------------------


def test_pairs_are_added_until_the_gain_is_precise_enough(bonus, data):
    found = experiments.compare(["baseline", bonus], until=2026, replications=2, data=data, precision=1.2)
    assert found.precision is not None
    assert found.precision.reached
    assert found.precision.half_width <= 1.2
    assert found.precision.pairs == found.summary["pairs"][0] > 2
    row = found.summary.iloc[0]
    assert (row["gain_high"] - row["gain_low"]) / 2 == pytest.approx(found.precision.half_width)
    assert "Bereikt: ±" in (found.folder / "comparison.md").read_text(encoding="utf-8")


def test_a_precision_that_is_out_of_reach_stops_and_says_what_it_takes(bonus, monkeypatch):
    monkeypatch.setattr(comparison, "MOST_PAIRS", 12)
    found = compare("baseline", bonus, "--until", "2026", "--replications", "2", "--precision", "0.1")
    assert found.exit_code == 0, found.output
    told = Path("results/baseline-vs-bonus/comparison.md").read_text(encoding="utf-8")
    assert "Niet bereikt: ±" in told
    assert "met 12\u00a0paren; daarvoor zijn er" in told
    assert "Gevraagd: ±0,10\u00a0fte. Niet bereikt: ±" in found.stdout


# What is asked -------------------------------------------------------------------------------------------------------


def test_a_sweep_makes_a_scenario_of_every_combination(data, bonus):
    found = asked(data, "baseline", bonus, sweep=["euro_per_year=0:20000:10000", "bonus.last=2026,2030"])
    assert [one.name for one in found.others] == [
        f"bonus-euro_per_year-{euro}-bonus.last-{last}" for euro in (0, 10000, 20000) for last in (2026, 2030)
    ]
    bonuses = [one.scenario.levers[0] for one in found.others]
    assert [(one.euro_per_year, one.last) for one in bonuses][:3] == [(0, 2026), (0, 2030), (10000, 2026)]
    assert found.points["bonus-euro_per_year-0-bonus.last-2030"] == {"euro_per_year": "0", "bonus.last": "2030"}
    assert found.folder_name == "baseline-vs-bonus-by-euro_per_year-bonus.last"
    assert found.baseline.scenario == abm.Scenario()


def test_with_a_sweep_the_baseline_can_be_varied_itself(data):
    found = asked(data, "baseline", sweep=["intake=700,1026"])
    assert [one.scenario.intake for one in found.others] == [700, 1026]
    assert found.baseline.scenario.intake == 720


def test_a_key_goes_to_the_scenarios_that_have_it(data, bonus, tmp_path):
    (tmp_path / "plain.toml").write_text('inherits = "baseline"\nintake = 900.0\n', encoding="utf-8")
    found = asked(data, "baseline", bonus, "plain.toml", sweep=["euro_per_year=1,2"], settings=["bonus.first=2026"])
    assert [one.name for one in found.others] == ["bonus-euro_per_year-1", "bonus-euro_per_year-2", "plain"]
    assert found.others[0].scenario.levers[0].first == 2026
    assert found.others[2].scenario.intake == 900
    everywhere = asked(data, "baseline", bonus, settings=["intake=800"])
    assert {one.scenario.intake for one in (everywhere.baseline, *everywhere.others)} == {800}


def test_a_sample_is_a_latin_hypercube_that_the_seed_fixes(data, bonus):
    ask_ = ["euro_per_year=0:40000", "bonus.last=2030:2039"]
    found = asked(data, "baseline", bonus, sweep=ask_, sample=10, seed=4)
    euros = np.array([one.scenario.levers[0].euro_per_year for one in found.others])
    lasts = np.array([one.scenario.levers[0].last for one in found.others])
    assert sorted(np.floor(euros / 4000)) == list(range(10))
    assert sorted(lasts) == list(range(2030, 2040))
    again = asked(data, "baseline", bonus, sweep=ask_, sample=10, seed=4)
    assert [one.scenario for one in again.others] == [one.scenario for one in found.others]
    assert asked(data, "baseline", bonus, sweep=ask_, sample=10, seed=5).points != found.points


def test_scenarios_of_python_can_be_compared(data):
    lever = {"kind": "campaign", "regions": ("Zeeland", "Drenthe"), "appeal": 0.3}
    named = NamedScenario(abm.Scenario(name="mine", levers=[lever]), {"nl": "Mijn"}, {})
    found = asked(data, abm.Scenario(), named, until=2030)
    assert found.others[0].scenario.levers[0].regions == ("RA1222", "RA0102")
    assert {found.baseline.scenario.end_year, found.others[0].scenario.end_year} == {2030}
    assert found.others[0].scenario.model_fields_set == {"name", "levers", "end_year"}
    with pytest.raises(InputError, match="found a scenario"):
        asked(data, abm.Scenario(), named, settings=["intake=900"])


@pytest.mark.parametrize(
    ("others", "name"),
    [(["a"], "baseline-vs-a"), (["a", "b", "c"], "baseline-vs-a-b-c"), (list("abcd"), "baseline-vs-a-and-3-more")],
)
def test_the_folder_is_named_after_what_is_in_it(data, others, name):
    scenarios = [abm.Scenario(name=one) for one in others]
    assert asked(data, "baseline", *scenarios).folder_name == name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "found no scenario to compare with the baseline"),
        (["baseline"], "scenario baseline: found more than once"),
        (["bonnus"], "scenario bonnus: not in the library"),
        (["BONUS", "--precision", "0"], "--precision: found 0"),
        (["BONUS", "--precision", "nan"], "--precision: found nan"),
        (["BONUS", "--precision", "much"], "--precision"),
        (["BONUS", "--replications", "0"], "--replications"),
        (["BONUS", "--seed", "-1"], "--seed"),
        (["BONUS", "--until", "2099"], "end_year: found 2099"),
        (["BONUS", "--data", "nowhere"], "nowhere"),
        (["BONUS", "--workers", "0"], "--workers"),
        (["BONUS", "--lang", "de"], "--lang"),
        (["BONUS", "--sample", "0"], "--sample"),
        (["BONUS", "--sample", "3"], "--sample 3: found no --sweep"),
        (["BONUS", "--set", "intak=1"], "--set intak: no parameter of the scenarios or their levers; did you mean"),
        (["BONUS", "--set", "intake"], "--set intake: found no KEY=VALUE"),
        (["BONUS", "--set", "bonus.last=2099"], "levers.bonus.last: found 2099"),
        (["BONUS", "--sweep", "euro_per_yaer=1,2"], "did you mean euro_per_year"),
        (["BONUS", "--sweep", "euro_per_year"], "found no KEY=VALUES"),
        (["BONUS", "--sweep", "euro_per_year=0:10"], "found a range without a step; add :STEP, or --sample N"),
        (["BONUS", "--sweep", "euro_per_year=0:10:0"], "found a step of 0"),
        (["BONUS", "--sweep", "euro_per_year=0:10:x"], "which are no numbers"),
        (["BONUS", "--sweep", "euro_per_year=0:inf:1"], "found '0:inf:1'"),
        (["BONUS", "--sweep", "euro_per_year=1,,2"], "found an empty value"),
        (["BONUS", "--sweep", "euro_per_year=1,1"], "found a value twice"),
        (["BONUS", "--sweep", "euro_per_year=0:100000:10"], "found 10,001 values, allowed are at most 1,000"),
        (["BONUS", "--sweep", "euro_per_year=0:400000:200000"], "euro_per_year=400000: "),
        (["--sweep", "demand_level=low,hihg"], "demand_level: found 'hihg'"),
        (["--sweep", "intake=1,2", "--sweep", "intake=3"], "--sweep intake: found more than once"),
        (["--sweep", "intake=1:50:1", "--sweep", "intake_current=1:50:1"], "found 2,500 combinations"),
        (["BONUS", "--sweep", "intake=700,1026"], "would change the scenarios and not baseline"),
        (["--sweep", "intake=1,2", "--sample", "3"], "--sweep intake: found values"),
        (["--sweep", "intake=2:1", "--sample", "3"], "found 1 as HIGH"),
        (["--sweep", "intake=0:1", "--sample", "3000"], "--sample: found 3,000"),
        (["BONUS", "--sweep", "phase_in=0:2", "--sample", "9"], "found fewer different values in phase_in"),
        (["BONUS", "--sweep", "phase_in=0.2:0.8", "--sample", "2"], "found no whole number"),
    ],
)  # fmt: skip
def test_bad_input_is_a_message_and_exit_code_2(bonus, words, said):
    found = compare("baseline", *(bonus if word == "BONUS" else word for word in words))
    assert found.exit_code == 2
    assert said in " ".join(found.stderr.replace("│", " ").split())
    assert "Traceback" not in found.output
    assert not Path("results").exists()


# The page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def swept(tmp_path) -> comparison.Comparison:
    levers = {
        "base": [],
        **{f"bonus-{n}": [{"kind": "campaign", "regions": ("RA1222",), "first": 2025}] for n in range(3)},
    }
    more = {(f"bonus-{n}", r, 2027, "RA1222"): n * (1.0 + 0.1 * r) for n in range(3) for r in range(5)}
    points = {f"bonus-{n}": {"appeal": str(n * 0.5), "demand_level": "low"} for n in range(3)}
    return of_results(made_up.results(tmp_path / "swept", 5, levers, {"supply_fte": more}), points=points, lang="en")


def test_a_sweep_has_a_column_for_each_key_and_a_table_of_effect_against_value(swept):
    assert swept.keys == ("appeal", "demand_level")
    for frame in (swept.differences, swept.displacement, swept.costs, swept.summary):
        assert frame.groupby("scenario")["appeal"].first().to_dict() == {"bonus-0": 0, "bonus-1": 0.5, "bonus-2": 1}
        assert set(frame["demand_level"]) == {"low"}
    assert swept.summary["gain"].tolist() == pytest.approx([0, 1.2, 2.4])
    told = (swept.folder / "comparison.md").read_text(encoding="utf-8")
    assert "| bonus-1 | 0.5 | low | Zeeland | +1.2 |" in told
    assert "| bonus-0 | 0 | low | Zeeland | 0.0 | [0.0; 0.0] | 0.0 | 0.0 | 0.0 | 0.0 | 0% (100% same) |" in told
    headings, rows = comparison_tables.shortest(comparison_report.Teller(swept, "en"))
    assert headings[:2] == ["appeal", "demand_level"]
    assert [row[0] for row in rows] == ["0", "0.5", "1"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_is_whole_in_both_languages(made, lang):
    told = "\n".join(comparison_report.page(made, lang))
    other = "\n".join(comparison_report.page(made, "en" if lang == "nl" else "nl"))
    assert told.count("\n## ") == other.count("\n## ") == 8
    assert told.count("\n|") == other.count("\n|")
    assert "nan" not in told.lower().replace("financ", "")
    for table in told.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1
    assert "E712" in told
    assert ("Buurregio's: met" if lang == "nl" else "Neighbours: regions") in told


def test_sources_kinds_and_units_have_dutch_words():
    assert {f"source {name}" for name in ensemble.SOURCES} <= comparison_words.TEXT.keys()
    kinds = {model.model_fields["kind"].default for model in _levers()}
    assert kinds == comparison_words.KINDS.keys()
    units = {
        (field.json_schema_extra or {}).get("unit") for model in _levers() for field in model.model_fields.values()
    }
    same = {None, "", "year", "euro"}
    assert all(describe.unit_name(unit, "nl") != unit for unit in units - same)


def _levers():
    from typing import get_args

    from abm.levers import AnyLever

    return get_args(get_args(AnyLever)[0])


def test_no_interval_no_claim(tmp_path):
    levers = {"base": [], "bonus": [{"kind": "campaign", "regions": ("RA1222",), "first": 2025}]}
    more = {("bonus", 0, 2027, "RA1222"): 5.0}
    of_results(made_up.results(tmp_path / "one", 1, levers, {"supply_fte": more}))
    told = (tmp_path / "one" / "comparison.md").read_text(encoding="utf-8")
    assert "Voor een uitspraak over Zeeland zijn minstens 5\u00a0paren nodig." in told
    assert "nan" not in told.lower()


def test_tables_of_fewer_runs_are_not_told_as_those_of_all(tmp_path):
    """A comparison to which runs are added may end before its tables are written again."""
    levers = {"base": [], "bonus": [{"kind": "campaign", "regions": ("RA1222",), "first": 2025}]}
    of_results(made_up.results(tmp_path, 2, levers, {"supply_fte": {}}))
    fewer, more = (
        store.Results(tmp_path, made_up.results(tmp_path / f"{runs}", runs, levers, {"supply_fte": {}}).manifest)
        for runs in (2, 3)
    )
    assert comparison_stored.stored(fewer) is not None
    with pytest.raises(InputError, match="are not a comparison of these results"):
        comparison_stored.stored(more)


def test_the_results_of_a_run_can_be_compared_later(made):
    again = of_results(store.open_results(made.folder), "baseline")
    pd.testing.assert_frame_equal(again.differences, made.differences)


def test_runs_go_through_the_runner_with_its_workers(bonus, monkeypatch):
    seen = {}
    inner = runner.run

    def watch(design, folder, **options):
        seen.update(options, seed=design.seed, ensemble=design.ensemble)
        return inner(design, folder, **options)

    monkeypatch.setattr(runner, "run", watch)
    compare(
        "baseline", bonus, "--until", "2026", "--replications", "1", "--workers", "1", "--seed", "5", "--out", "here"
    )
    assert (seen["workers"], seen["seed"], seen["force"], seen["ensemble"]) == (1, 5, False, False)
    assert Path("here/comparison.md").exists()
    forced = compare("baseline", bonus, "--until", "2027", "--replications", "1", "--force", "--out", "here")
    assert forced.exit_code == 0
    assert seen["force"] is True


def test_the_package_is_imported_without_what_a_comparison_needs():
    text = "import sys, experiments; assert 'pandas' not in sys.modules; assert callable(experiments.compare)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'compaer'"):
        _ = experiments.compaer


@pytest.mark.parametrize(("ratio", "told"), [(1.0, 1.0), (2.6, 3.0), (9.4, 9.0), (12.4, 10.0), (24.3, 25.0)])
def test_how_many_times_as_many_runs_is_told_roughly(ratio, told):
    assert comparison_sentences.roughly(ratio) == told
