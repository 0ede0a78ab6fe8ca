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
from experiments import groups, scenarios

LIBRARY = scenarios.library()
MEASURES = [name for name in LIBRARY if name != "baseline"]
EVIDENCE = Path(regions.__file__).parent / "data" / "evidence.csv"
WORTH = ("published", "derived", "assumed", "none found", "counted")
SHORT = {"RA1222", "RA0207", "RA0102", "RA1121", "RA0614"}
GENERAL = levers.Lever.model_fields.keys()


@cache
def run(name: str, end_year: int) -> tuple[abm.SettlementModel, pd.DataFrame]:
    scenario = scenarios.load(name).scenario.model_copy(update={"end_year": end_year})
    model = abm.SettlementModel(scenario, regions.load(), rng=1)
    while model.running:
        model.step()
    return model, model.results()


def text_of(name: str) -> str:
    return (scenarios.LIBRARY / f"{name}.toml").read_text(encoding="utf-8")


def test_there_is_one_for_each_kind_of_lever():
    used = {lever.kind for name in MEASURES for lever in scenarios.load(name).scenario.levers}
    assert used == scenarios.KINDS.keys()
    short = {
        lever.kind
        for name in MEASURES
        if name.startswith("shortage-")
        for lever in scenarios.load(name).scenario.levers
        if set(lever.regions) == SHORT
    }
    assert short == scenarios.KINDS.keys() - {"medical_school"}  # which is national only


def test_the_shortage_regions_are_those_of_the_evidence():
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        named = {row["population"] for row in csv.DictReader(file) if "E131" <= row["id"] <= "E135"}
    data = regions.load()
    assert {data.codes[data.index(name)] for name in named} == SHORT == set(groups.codes("shortage", data))


@pytest.mark.parametrize("name", LIBRARY)
def test_it_has_both_languages(name):
    named = scenarios.load(name)
    for texts in (named.title, named.description):
        assert texts.keys() == {"nl", "en"}
        assert texts["nl"] != texts["en"]
    assert len(named.title["nl"]) < 100


@pytest.mark.parametrize("name", LIBRARY)
def test_it_cites_rows_that_exist(name):
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    cited = set(re.findall(r"\bE\d{3}\b", text_of(name)))
    assert cited <= known


@pytest.mark.parametrize("name", MEASURES)
def test_every_value_has_a_source_that_says_what_it_is_worth(name):
    sources = scenarios.load(name).sources
    values = tomllib.loads(text_of(name))
    plain = {"inherits", "title", "description", "sources", "levers"}
    wanted = values.keys() - plain
    for lever in values.get("levers", ()):
        owner = lever.get("name", lever["kind"])
        wanted |= {f"{owner}.{key}" for key in lever.keys() - {"kind", "name", "regions", "cost"}}
        assert lever.get("cost", {"source": "assumed"})["source"].startswith(WORTH)
    assert wanted <= sources.keys()
    for key, source in sources.items():
        assert source.startswith(WORTH), key
        assert source.startswith(("assumed", "none found", "counted")) or re.search(r"E\d{3}|derived", source), key


@pytest.mark.parametrize("name", MEASURES)
def test_an_assumed_size_is_called_so_in_the_description(name):
    named = scenarios.load(name)
    worth = dict(named.sources)
    for lever in named.scenario.levers:
        for key, field in type(lever).model_fields.items():
            if key not in GENERAL and (field.json_schema_extra or {}).get("role") == "lever":
                worth.setdefault(f"{lever.name}.{key}", field.json_schema_extra["source"])
    if any(source.startswith("assumed") for source in worth.values()):
        assert "aanname" in named.description["nl"]
        assert "assumed" in named.description["en"]


@pytest.mark.parametrize("name", MEASURES)
def test_it_runs_on_the_real_data_and_differs_from_the_baseline(name):
    model, results = run(name, 2027)
    _, usual = run("baseline", 2027)
    assert results["year"].max() == 2027
    assert np.isfinite(results["supply_fte"]).all()
    data = levers.with_sites(model.scenario, regions.load())
    on = levers.effects(model.scenario, data, adjustment_year=2027)
    neutral = levers.effects(abm.Scenario(), data, adjustment_year=2027)
    acts = on.active or on.selection or on.placements or on.obligations or (on.intake != neutral.intake).any()
    assert acts or not results.equals(usual)


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURES)
def test_it_makes_a_difference_by_the_end(name):
    found, usual = (run(one, 2043)[1].query("year == 2043")[["supply_fte", "demand_fte"]] for one in (name, "baseline"))
    assert not np.allclose(found, usual, rtol=1e-9, atol=0)
