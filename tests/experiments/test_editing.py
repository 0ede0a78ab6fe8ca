from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

import abm
from experiments import editing, groups, scenario_faults, scenario_files, scenarios
from experiments.cli import app
from experiments.errors import InputError

BASE = """
intake = {2030 = 900}
[title]
nl = "Basis"
[national]
epi_midden = 0.02
[attractiveness]
Zeeland = 0.5
[[levers]]
kind = "settlement_bonus"
name = "zeeland"
regions = ["Zeeland", {worst = 2, indicator = "mean_list"}]
[[levers]]
kind = "task_shifting"
cost = {per_reached = 100_000, source = "E146"}
"""
TO_USE = re.compile(r'^#(?=[\["a-z])', re.MULTILINE)
"""What stands before a line of a starter that is there to use."""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def schema(data) -> jsonschema.Draft7Validator:
    found = json.loads(editing.schema_text(data))
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_library_is_as_the_schema_says(schema):
    for file in scenario_files.LIBRARY.glob("*.toml"):
        schema.validate(tomllib.loads(file.read_text(encoding="utf-8")))


def test_a_scenario_is_as_the_schema_says(schema):
    schema.validate(tomllib.loads('format = 1\ninherits = "baseline"\n' + BASE))


def test_every_kind_of_lever_is_in_the_schema_as_it_is_in_the_model(schema):
    for kind, cls in scenario_faults.KINDS.items():
        lever = {"kind": kind, "regions": "shortage"}
        schema.validate({"levers": [lever]})
        assert set(schema.schema["$defs"][cls.__name__]["properties"]) == set(cls.model_fields), kind
        assert not schema.is_valid({"levers": [{**lever, "surely_unknown": 1}]}), kind


@pytest.mark.parametrize(
    "text",
    [
        "intak = 900",
        "intake = 'many'",
        "end_year = 2050",
        "demand_scenario = 5",
        "format = 2",
        "title = 'Meer'",
        "title = {fr = 'Plus'}",
        "inherits = 'baselin'",
        "national = {epi_miden = 1}",
        "attractiveness = {Zeelnd = 1}",
        "levers = [{name = 'x'}]",
        "levers = [{kind = 'campain'}]",
        "levers = [{kind = 'campaign', appael = 1}]",
        "levers = [{kind = 'campaign', appeal = -1}]",
        "levers = [{kind = 'campaign', first = 1999}]",
        "levers = [{kind = 'campaign', regions = 'Zeelnd'}]",
        "levers = [{kind = 'campaign', regions = ['Zeeland', 'shortages']}]",
        "levers = [{kind = 'campaign', regions = {worst = 0, indicator = 'coverage'}}]",
        "levers = [{kind = 'campaign', regions = {worst = 3, indicator = 'inhabitants'}}]",
        "levers = [{kind = 'campaign', cost = {per_yer = 1}}]",
    ],
)
def test_a_wrong_file_is_wrong_by_schema_and_by_reader(schema, text):
    assert not schema.is_valid(tomllib.loads(text))
    Path("mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        scenarios.load("mine.toml")


def test_the_schema_tells_unit_and_source(schema, data):
    bonus = schema.schema["$defs"]["SettlementBonus"]["properties"]["euro_per_year"]
    assert bonus["description"].endswith(
        f"[euro/year; {abm.levers.SettlementBonus.model_fields['euro_per_year'].json_schema_extra['source']}]"
    )
    assert groups.words(data)[0] in json.dumps(schema.schema["$defs"]["Regions"])


@pytest.mark.parametrize("base", ["baseline", "base.toml", "sub/base.toml"])
def test_a_starter_loads_at_once_and_line_by_line(schema, base):
    Path("sub").mkdir()
    for folder in (".", "sub"):
        Path(folder, "base.toml").write_text(BASE, encoding="utf-8")
    made = gp_settlement("scenarios", "new", "mine.toml", "--from", base)
    assert made.exit_code == 0, made.output
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"#:schema ./{editing.SCHEMA_FILE}"
    assert json.loads(Path(editing.SCHEMA_FILE).read_text(encoding="utf-8")) == schema.schema
    schema.validate(tomllib.loads(text))
    like = scenarios.load(base)
    named = scenarios.load("mine.toml")
    assert named.name == "mine"
    assert named.scenario == like.scenario.model_copy(update={"name": "mine"})
    whole = TO_USE.sub("", text)
    assert whole.count("[[levers]]") == max(1, len(like.scenario.levers)) + text.count("Levers: [[")
    schema.validate(tomllib.loads(whole))
    Path("mine.toml").write_text(whole, encoding="utf-8")
    used = scenarios.load("mine.toml")
    changed = [key for key in abm.Scenario.model_fields if getattr(used.scenario, key) != getattr(named.scenario, key)]
    assert changed == (["levers"] if base == "baseline" else [])  # the example of a lever


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["there.toml"], "there.toml is there already"),
        (["mine.txt"], "found .txt, allowed: .toml"),
        (["my scenario.toml"], "found 'my scenario', allowed are letters"),
        (["baseline.toml"], "a scenario of the library"),
        (["NUL.toml"], "no name of a folder on Windows"),
        (["mine.toml", "--from", "baselin"], "did you mean baseline"),
        (["mine.toml", "--from", "nothing.toml"], "No such file"),
        (["sub/mine.toml", "--from", "there.toml"], "found a file elsewhere"),
    ],
)
def test_a_starter_that_cannot_be_is_explained(words, said):
    Path("sub").mkdir()
    Path("there.toml").write_text("# mine\n")
    found = gp_settlement("scenarios", "new", *words)
    assert found.exit_code == 2
    assert said in found.stderr
    assert Path("there.toml").read_text() == "# mine\n"
    assert sorted(map(str, Path().iterdir())) == ["sub", "there.toml"]


def test_the_schema_goes_to_a_file_or_the_screen(schema):
    assert json.loads(gp_settlement("scenarios", "schema").stdout) == schema.schema
    found = gp_settlement("scenarios", "schema", "my.json")
    assert found.stdout.strip() == "my.json"
    assert json.loads(Path("my.json").read_text(encoding="utf-8")) == schema.schema
    assert "#:schema ./FILE" in gp_settlement("scenarios", "schema", "--help").output
