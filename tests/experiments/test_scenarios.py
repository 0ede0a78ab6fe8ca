from __future__ import annotations

from pathlib import Path

import pytest

import abm
from experiments import scenarios
from experiments.errors import InputError


def scenario_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding=encoding)
    return file


@pytest.mark.parametrize("name", scenarios.library())
def test_the_library_loads_and_is_described_in_both_languages(name):
    named = scenarios.load(name)
    assert named.name == name
    assert set(named.title) == set(named.description) == {"nl", "en"}


def test_the_baseline_is_the_default_scenario():
    assert scenarios.load("baseline").scenario == abm.Scenario()


def test_a_file_of_ones_own_takes_its_name_from_the_file(tmp_path):
    file = scenario_file(tmp_path, 'intake = {2030 = 900}\n[title]\nnl = "Meer"\n[national]\nepi_midden = 0.01\n')
    named = scenarios.load(file)
    assert named.name == "mine"
    assert named.title == {"nl": "Meer"}
    assert named.scenario.intake == {2030: 900}
    assert named.scenario.national == {"epi_midden": 0.01}


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path):
    assert scenarios.load(scenario_file(tmp_path, "intake = 900\n", "utf-8-sig")).scenario.intake == 900


def test_settings_replace_what_the_file_says(tmp_path):
    file = scenario_file(tmp_path, "intake = 900\nstay = 1.0\n")
    settings = ["intake={2030=800}", "yields=reference", "demand_level='low'", "name=other"]
    scenario = scenarios.load(file, settings).scenario
    assert scenario.intake == {2030: 800}
    assert (scenario.stay, scenario.yields, scenario.demand_level, scenario.name) == (1.0, "reference", "low", "other")


def test_a_national_parameter_is_set_by_its_id():
    settings = ["national.demo_20_midden=0.2", "national.epi_midden=0.01"]
    scenario = scenarios.load("baseline", settings).scenario
    assert scenario.national == {"demo_20_midden": 0.2, "epi_midden": 0.01}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("intak=900", "intak: no such parameter; did you mean intake"),
        ("zzz=900", "zzz: no such parameter; there are name, end_year"),
        ("intake", "no KEY=VALUE"),
        ("intake=", "no KEY=VALUE"),
        ("=900", "no KEY=VALUE"),
        ("intake=9 00", "'9 00' is no TOML value"),
        ("intake=900\nstay=1", "is no TOML value"),
        ("intake=many", "intake: found 'many', allowed: a valid number"),
        ("intake={2030=-1}", "intake"),
        ("intake={2030=many}", "no TOML value"),
        ('intake={2030="many"}', "intake.2030: found 'many', allowed: a valid number"),
        ("end_year=2050", "end_year: found 2050, allowed: less than or equal to 2045"),
        ("end_year=2030.5", "end_year: found 2030.5"),
        ("yields=curved", "yields: found 'curved', allowed: 'straight' or 'reference'"),
        ("demand_scenario=5", "demand_scenario: found 5, allowed: 1, 2, 3, 4 or 6"),
        ("name='a/b'", "name: found 'a/b'"),
        ("national.demo_20_miden=0.2", "national.demo_20_miden: no such parameter; did you mean demo_20_midden"),
        ("national.demo_20_midden=true", "national.demo_20_midden: found True, allowed: a valid number"),
        ("stay.x=1", "stay.x: no such parameter; did you mean stay"),
    ],
)
def test_a_wrong_setting_is_explained(setting, said):
    with pytest.raises(InputError) as caught:
        scenarios.load("baseline", [setting])
    assert said in str(caught.value)


def test_every_fault_has_a_line(tmp_path):
    with pytest.raises(InputError) as caught:
        scenarios.load(scenario_file(tmp_path, "intak = 1\nend_year = 2050\nstay = 'long'\n"))
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("intake = ", "is not TOML"),
        ("title = 'Meer'", "title: found 'Meer', allowed: a text for each of nl and en"),
        ("[title]\nfr = 'Plus'", "title: found"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        scenarios.load(scenario_file(tmp_path, text))
    assert "mine.toml" in str(caught.value)
    assert said in str(caught.value)


def test_text_in_another_encoding_is_explained(tmp_path):
    with pytest.raises(InputError, match="UTF-8"):
        scenarios.load(scenario_file(tmp_path, "[title]\nnl = 'één'\n", "cp1252"))


@pytest.mark.parametrize(
    ("name", "said"),
    [("baselin", "did you mean baseline"), ("nothing.toml", "No such file"), ("x", "there are baseline")],
)
def test_an_unknown_scenario_is_explained(name, said):
    with pytest.raises(InputError, match=said):
        scenarios.load(name)
