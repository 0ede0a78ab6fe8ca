from __future__ import annotations

import io
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

import abm
from abm import levers
from experiments import describe, scenario_faults, scenario_files, scenarios, store
from experiments.cli import app

FILE = """
intake = 1026
[title]
nl = "Meer huisartsen"
en = "More GPs"
[description]
nl = "Wat er verandert."
en = "What changes."
[national]
epi_midden = 0.02
[attractiveness]
Zeeland = 0.5
[sources]
intake = "E010"
"bonus.euro_per_year" = "a letter of the province, 2024"
[[levers]]
kind = "settlement_bonus"
name = "bonus"
regions = "shortage"
euro_per_year = 30_000
phase_in = 3
cost = {per_year = 250_000, source = "assumed"}
[[levers]]
kind = "campaign"
regions = {worst = 2, indicator = "mean_list"}
first = 2027
last = 2032
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(FILE, encoding="utf-8")


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def shown(data, lang, name="mine.toml") -> str:
    console = Console(width=300, file=io.StringIO())
    for part in describe.page(scenarios.load(name, (), data), data, lang):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_page_tells_values_with_unit_and_source(data):
    english, dutch = shown(data, "en"), shown(data, "nl")
    for text in (
        "mine: More GPs",
        "What changes.",
        "1,026 persons/year (baseline: 720)",
        "published: E010",
        "0.02 fraction/year (baseline: 0.01)",
        "attractiveness.Zeeland",
        "shortage (E131 to E135): Drenthe, Achterhoek, Noord-Holland Noord".replace(
            "Noord-Holland Noord", "North Holland North"
        ),
        "2026 to 2042, the last included, at full size after 3 years",
        "GPs who work there and settled since it began",
        "30,000 euro that it pays itself a year",
        "250,000 euro for each year in force; source of the amounts: assumed",
        "30,000 euro/year",
        "as this file says: a letter of the province, 2024",
        "derived: E712",
        "the 2 worst by mean list",
        "2027 to 2032",
    ):
        assert text in english, text
    for text in (
        "mine: Meer huisartsen",
        "1.026 personen per jaar (basis: 720)",
        "gepubliceerd: E010",
        "30.000 euro per jaar",
        "Een jaarlijkse betaling aan huisartsen",
        "volgens dit bestand",
        "gekozen in dit scenario",
    ):
        assert text in dutch, text


def test_every_value_that_differs_is_there(data):
    named = scenarios.load("mine.toml", ["stay=0.6", "takeover=0.8"], data)
    values = {one.key: one for one in describe.differences(named, data, "en")}
    assert set(values) == {"intake", "national.epi_midden", "attractiveness.Zeeland", "stay", "takeover"}
    assert (values["stay"].value, values["stay"].usual, values["stay"].quality) == ("0.6", "0.5", "chosen")
    assert values["national.epi_midden"].usual == f"{data.national['epi_midden']:.4g}"


@pytest.mark.parametrize(
    ("source", "quality"),
    [
        ("", "chosen"),
        ("user", "chosen"),
        ("E006", "published"),
        ("E712", "assumed"),  # a row of the evidence that is itself assumed
        ("E131 to E135", "assumed"),  # statements, without a size
        ("E397 to E399", "published"),
        ("E471 over E006", "derived"),
        ("E079: over three quarters start as locum", "published"),
        ("derived: E597 over E597 and E598, a year", "derived"),
        ("assumed; E675", "assumed"),
        ("published: two rows of the plan", "published"),
        ("plan of 2025: the advice", "published"),
        ("E999", "assumed"),
        ("a letter of the province", "stated"),
    ],
)
def test_quality_follows_from_the_source(source, quality):
    assert describe.quality(source) == quality


def test_everything_has_a_dutch_label():
    dutch = describe._dutch()
    fields = [
        field
        for model in (abm.Scenario, levers.Cost, *scenario_faults.KINDS.values())
        for field in model.model_fields.values()
    ]
    units = {field.json_schema_extra.get("unit") for field in fields if isinstance(field.json_schema_extra, dict)}
    assert units - {"", None} == set(dutch["units"])
    assert set(abm.Scenario.model_fields) - {"name"} == set(dutch["scenario"])
    assert set(scenario_faults.KINDS) == set(dutch["kinds"])
    known = {key for model in scenario_faults.KINDS.values() for key in model.model_fields} | set(
        levers.Cost.model_fields
    )
    assert known - {"kind", "name", "regions", "cost", "source"} == set(dutch["lever"])
    assert set(get_args(levers.Reach)) <= set(describe.TEXT)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_library_is_listed(lang):
    found = gp_settlement("scenarios", "list", "--lang", lang)
    assert found.exit_code == 0, found.output
    words = " ".join(found.stdout.split())
    for name in scenario_files.library():
        assert name in words
        assert scenarios.load(name).title[lang].split()[0] in words


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_scenario_is_shown(lang):
    found = gp_settlement("scenarios", "show", "mine.toml", "--lang", lang)
    assert found.exit_code == 0, found.output
    assert scenarios.load("mine.toml").title[lang] in found.stdout


def test_the_whole_library_can_be_shown(data):
    for name in scenario_files.library():
        for lang in scenario_files.LANGUAGES:
            assert scenarios.load(name, (), data).title[lang] in shown(data, lang, name)


def test_an_unknown_scenario_is_explained():
    found = gp_settlement("scenarios", "show", "baselin")
    assert found.exit_code == 2
    assert "did you mean baseline" in found.stderr


def test_a_file_with_levers_runs():
    words = ["--until", "2028", "--replications", "1", "--set", "bonus.euro_per_year=50000", "--set", "appeal=0.2"]
    found = gp_settlement("run", "mine.toml", *words)
    assert found.exit_code == 0, found.output
    results = store.open_results(Path("results/mine"))
    assert results.manifest["scenarios"]["mine"]["parameters"]["levers"][0]["euro_per_year"] == 50_000
    flows = results.read("flows")
    paid = flows[flows["flow"] == "reached:bonus"]
    assert paid["persons"].sum() > 0
    assert set(paid["region_code"]) <= set(scenarios.load("mine.toml").scenario.levers[0].regions)


def test_a_file_with_levers_is_traced():
    traced = gp_settlement("trace", "--random", "1", "mine.toml", "--until", "2028", "--lang", "en")
    assert traced.exit_code == 0, traced.output
    assert "More GPs (scenario mine)" in traced.stdout


def test_a_wrong_lever_stops_a_run_before_it_starts():
    Path("mine.toml").write_text(FILE.replace("shortage", "shortages"), encoding="utf-8")
    found = gp_settlement("run", "mine.toml")
    assert found.exit_code == 2
    assert found.stderr.startswith("Error: mine.toml, line ")
    assert "did you mean shortage" in found.stderr
    assert not Path("results").exists()


def test_regions_that_are_named_one_by_one_are_told_once(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\n[[levers]]\nname = "b"\nkind = "settlement_bonus"\nregions = ["Zeeland", "Drenthe"]\n'
        "first = 2026\nlast = 2030\neuro_per_year = 1000\n",
        encoding="utf-8",
    )
    told = gp_settlement("scenarios", "show", file, "--lang", "en").output
    assert "Drenthe, Zeeland" in told
    assert "Zeeland, Drenthe" not in told
