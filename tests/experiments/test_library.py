"""The scenarios that come with the package: sourced, described, and different from the baseline."""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abm
import regions
from abm import levers
from experiments import groups, scenario_faults, scenario_files, scenarios

LIBRARY = scenario_files.library()
MEASURES = [name for name in LIBRARY if name != "baseline"]
EVIDENCE = Path(regions.__file__).parent / "data" / "evidence.csv"
WORTH = ("published", "derived", "assumed", "none found", "counted")
SHORT = {"RA1222", "RA0207", "RA0102", "RA1121", "RA0614"}
GENERAL = levers.Lever.model_fields.keys()


@cache
def run(name: str, end_year: int) -> pd.DataFrame:
    scenario = scenarios.load(name).scenario.model_copy(update={"end_year": end_year})
    model = abm.SettlementModel(scenario, regions.load(), rng=1)
    while model.running:
        model.step()
    return model.results()


def text_of(name: str) -> str:
    return (scenario_files.LIBRARY / f"{name}.toml").read_text(encoding="utf-8")


def test_there_is_one_for_each_kind_of_lever():
    used = {lever.kind for name in MEASURES for lever in scenarios.load(name).scenario.levers}
    assert used == scenario_faults.KINDS.keys()
    short = {
        lever.kind
        for name in MEASURES
        if name.startswith("shortage-")
        for lever in scenarios.load(name).scenario.levers
        if set(lever.regions) == SHORT
    }
    assert short == scenario_faults.KINDS.keys() - {"medical_school"}  # which is national only


def test_the_shortage_regions_are_those_of_the_evidence():
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        named = {row["population"] for row in csv.DictReader(file) if "E131" <= row["id"] <= "E135"}
    data = regions.load()
    assert {data.codes[data.index(name)] for name in named} == SHORT == set(groups.codes("shortage", data))


def test_all_are_described_in_both_languages():
    for name in LIBRARY:
        named = scenarios.load(name)
        assert named.name == name
        for texts in (named.title, named.description):
            assert texts.keys() == {"nl", "en"}, name
            assert texts["nl"] != texts["en"], name
        assert len(named.title["nl"]) < 100, name


def test_they_cite_rows_that_exist():
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    for name in LIBRARY:
        assert set(re.findall(r"\bE\d{3}\b", text_of(name))) <= known, name


def test_every_value_has_a_source_that_says_what_it_is_worth():
    for name in MEASURES:
        check_sources(name)


def check_sources(name):
    sources = scenarios.load(name).sources
    values = tomllib.loads(text_of(name))
    plain = {"inherits", "title", "description", "sources", "levers"}
    wanted = values.keys() - plain
    for lever in values.get("levers", ()):
        owner = lever.get("name", lever["kind"])
        wanted |= {f"{owner}.{key}" for key in lever.keys() - {"kind", "name", "regions", "cost"}}
        assert lever.get("cost", {"source": "assumed"})["source"].startswith(WORTH)
    assert wanted <= sources.keys(), name
    for key, source in sources.items():
        assert source.startswith(WORTH), (name, key)
        assert source.startswith(("assumed", "none found", "counted")) or re.search(r"E\d{3}|derived", source), key


def test_an_assumed_size_is_called_so_in_the_description():
    for name in MEASURES:
        check_description(name)


def check_description(name):
    named = scenarios.load(name)
    worth = dict(named.sources)
    for lever in named.scenario.levers:
        for key, field in type(lever).model_fields.items():
            if key not in GENERAL and (field.json_schema_extra or {}).get("role") == "lever":
                worth.setdefault(f"{lever.name}.{key}", field.json_schema_extra["source"])
    if any(source.startswith("assumed") for source in worth.values()):
        assert "aanname" in named.description["nl"], name
        assert "assumed" in named.description["en"], name


def test_each_acts_or_runs_on_the_real_data_to_another_result():
    data = regions.load()
    neutral = levers.effects(abm.Scenario(), data, adjustment_year=2027)
    for name in MEASURES:
        scenario = scenarios.load(name).scenario
        on = levers.effects(scenario, levers.with_sites(scenario, data), adjustment_year=2027)
        if on.active or on.selection or on.placements or on.obligations or (on.intake != neutral.intake).any():
            continue
        found, usual = run(name, 2027), run("baseline", 2027)
        assert found["year"].max() == 2027
        assert np.isfinite(found["supply_fte"]).all(), name
        assert not found.equals(usual), name


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURES)
def test_it_makes_a_difference_by_the_end(name):
    found, usual = (run(one, 2043).query("year == 2043")[["supply_fte", "demand_fte"]] for one in (name, "baseline"))
    assert not np.allclose(found, usual, rtol=1e-9, atol=0)
