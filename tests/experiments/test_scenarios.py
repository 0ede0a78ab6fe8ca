from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import abm
import regions
from experiments import editing, groups, scenario_faults, scenario_files, scenarios
from experiments.errors import InputError

BONUS = """
[[levers]]
kind = "settlement_bonus"
name = "bonus"
regions = "Zeeland"
"""


def scenario_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding=encoding)
    return file


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
    changes = ["intake={2030=800}", "yields=reference", "demand_level='low'", "name=other"]
    scenario = scenarios.load(file, changes).scenario
    assert scenario.intake == {2030: 800}
    assert (scenario.stay, scenario.yields, scenario.demand_level, scenario.name) == (1.0, "reference", "low", "other")


def test_what_was_set_heads_the_run_in_place_of_what_the_file_describes(tmp_path):
    named = scenarios.load("baseline", ["intake=900", "stay=1.0", "end_year=2030"])
    assert named.heading == "baseline; intake=900, stay=1.0"
    assert named.title["en"].endswith("; intake=900, stay=1.0")
    for text in named.description.values():
        assert "intake=900, stay=1.0" in text
        assert "720" not in text
    without_title = scenarios.load(scenario_file(tmp_path, "stay = 2.0\n"), ["intake=900"])
    assert without_title.title == {"nl": "mine; intake=900", "en": "mine; intake=900"}
    until = scenarios.load("baseline", ["end_year=2030"])
    assert (until.heading, until.description) == ("baseline", scenarios.load("baseline").description)


def test_a_national_parameter_is_set_by_its_id():
    changes = ["national.demo_20_midden=0.2", "national.epi_midden=0.01"]
    scenario = scenarios.load("baseline", changes).scenario
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
    found = [line.split(", ")[1].split(": ")[:2] for line in str(caught.value).splitlines()]
    assert found == [["line 2", "end_year"], ["line 3", "stay"], ["line 1", "intak"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("intake = ", "is not TOML"),
        (
            "stay = 1\nintake = €900",
            "line 2: found 'intake = €900', in which '€900' is not TOML (Invalid value); allowed",
        ),
        ('stay = "long\n', "line 1: found 'stay = \"long', in which its end is not TOML"),
        ("title = 'Meer'", "line 1: title: found 'Meer', allowed: a table with nl and en"),
        ("[title]\nfr = 'Plus'", "line 2: title.fr: no such language; there are nl, en"),
        ("[title]\nnl = 3", "line 2: title.nl: found 3, allowed: text"),
        ("[title]\nnl = ' '", "line 2: title.nl: found ' ', allowed is text that can be read"),
        ('[description]\nen = "a\\u0000"', "line 2: description.en: found 'a\\x00', allowed is text that can be read"),
        (
            "[title]\nnl = 'Meer'\nintake = 900",
            "line 3: title.intake: no such language; it belongs above the first line",
        ),
        ("format = 2\nnew_key = 1", "format: found 2, allowed is 1: the file is for a newer gp-settlement"),
        ("format = true", "line 1: format: found True"),
        ("format = '1'", "line 1: format: found '1'"),
        ('stay = """\nlong\n"""\nintake = "x"', "line 4: intake: found 'x', allowed: a valid number, or a table"),
        ("intake = 2025-01-01", "line 1: intake: found datetime.date(2025, 1, 1), allowed: a valid number, or a table"),
        ("intake = {2026 = 900}", "line 1: intake: found year 2026, allowed is 2027 and later"),
        ("intake = nan", "line 1: intake: found nan"),
        ("end_year = 2025", "line 1: end_year: found 2025, allowed with these data is 2026 to 2045"),
        ("end_year = 2030.0", "line 1: end_year: found 2030.0, allowed: a whole number"),
        ("name = 'a b'", "line 1: name: found 'a b', allowed are letters, digits"),
        ("name = 'Baseline'", "line 1: name: found 'Baseline', which is a scenario of the library"),
        (
            "[national]\nbijsturingsjaar = 2030.5",
            "line 2: national.bijsturingsjaar: found 2030.5, allowed: a whole year",
        ),
        ("[national]\nbasisjaar = 2030", "line 2: national.basisjaar: is fixed by the data folder"),
        ("[national]\ntrendjaar = 1e300", "allowed: a whole year, not larger than 1e+09"),
        (
            "[attractiveness]\nZeelnd = 1.0",
            "line 2: attractiveness.Zeelnd: region 'Zeelnd' is not known; did you mean Zeel",
        ),
        (
            "[attractiveness]\nZeeland = 1.0\nRA1222 = 0.5",
            "line 3: attractiveness.RA1222: is the same region as Zeeland, allowed is once",
        ),
        (
            "euro_per_year = 3",
            "line 1: euro_per_year: no such parameter; it belongs to a lever of kind settlement_bonus",
        ),
        ("stay = 1" + "1" * 5000, "is not TOML"),
        ("stay = 0x" + "f" * 5000, "line 1: stay: found a value too long to show"),
        ("stay = " + "[" * 5000, "is not TOML"),
        ('"a\\nb" = 3', 'line 1: "a\\nb": no such parameter'),
        ("[sources]\nintak = 'E006'", "line 2: sources.intak: no such parameter; did you mean intake"),
        ("[sources]\nintake = 6", "line 2: sources.intake: found 6, allowed: text"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        scenarios.load(scenario_file(tmp_path, text))
    assert "mine.toml" in str(caught.value)
    assert said in str(caught.value)


def test_text_in_another_encoding_is_explained(tmp_path):
    with pytest.raises(InputError, match="line 2: found byte 0xe9, allowed is text in UTF-8"):
        scenarios.load(scenario_file(tmp_path, "[title]\nnl = 'één'\n", "cp1252"))


@pytest.mark.parametrize(
    ("name", "said"),
    [("baselin", "did you mean baseline"), ("nothing.toml", "No such file"), ("x", "there are baseline")],
)
def test_an_unknown_scenario_is_explained(name, said):
    with pytest.raises(InputError, match=said):
        scenarios.load(name)


def test_a_file_named_without_its_suffix_is_told(tmp_path):
    file = scenario_file(tmp_path, "intake = 900\n")
    assert faults(file.with_suffix("")) == (
        f"scenario {file.with_suffix('')}: not in the library; a file is named in full: {file}"
    )


def faults(file: Path | str, *more: object) -> str:
    with pytest.raises(InputError) as caught:
        scenarios.load(file, *more)  # type: ignore[arg-type]
    return str(caught.value)


# Levers

CAMPAIGN = "[[levers]]\nkind = 'campaign'\n"
SELECTION = "[[levers]]\nkind = 'selection'\nregions = 'Drenthe'\nselected_share = 0.6\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("levers = 3", "line 1: levers: found 3, allowed: a list"),
        ("levers = [3]", "line 1: levers[1]: found 3, allowed: a table"),
        ("[levers]\nkind = 'campaign'", "line 1: levers: found {'kind': 'campaign'}, allowed: a list"),
        ("[[levers]]\nname = 'one'", "line 1: levers.one: found no kind; there are settlement_bonus, start_premium"),
        ("[[levers]]\nkind = 'campain'", "line 2: levers.campain.kind: found 'campain'; did you mean campaign"),
        ("[[levers]]\nkind = 3", "line 2: levers[1].kind: found 3; there are settlement_bonus"),
        (CAMPAIGN + "appael = 1", "line 3: levers.campaign.appael: no such parameter; did you mean appeal"),
        (CAMPAIGN + "campaign = {x = 1}", "line 3: levers.campaign.campaign: no such parameter"),
        (CAMPAIGN + "name = 'A b'", "line 3: levers[1].name: found 'A b', allowed: text that matches"),
        (CAMPAIGN + "appeal = 'x'", "line 3: levers.campaign.appeal: found 'x', allowed: a valid number"),
        (CAMPAIGN + "appeal = 3", "line 3: levers.campaign.appeal: found 3, allowed: less than or equal to 2"),
        (CAMPAIGN + "cost = 3", "line 3: levers.campaign.cost: found 3, allowed: a table"),
        (
            CAMPAIGN + "[levers.cost]\nper_yer = 3",
            "line 4: levers.campaign.cost.per_yer: no such parameter; did you mean",
        ),
        (
            CAMPAIGN + "regions = 'Zeelnd'",
            "line 3: levers.campaign.regions: found 'Zeelnd', no region or group; did you",
        ),
        ("[[levers]]\nkind = 'training_places'", "line 1: levers.training_places: regions: found none"),
        ("[[levers]]\nkind = 'training_places'\nregions = 'Zeelnd'", "line 3: levers.training_places.regions: found"),
        (
            "[[levers]]\nkind = 'medical_school'\nregions = 'all'",
            "levers.medical_school.regions: found some, allowed is",
        ),
        (CAMPAIGN + "first = 1999", "line 3: levers.campaign.first: found 1999, allowed: greater than"),
        (CAMPAIGN + "first = 2024", "line 3: levers.campaign.first: found 2024, allowed in this run is 2025 to 2042"),
        (
            "end_year = 2030\n" + CAMPAIGN + "first = 2030",
            "line 4: levers.campaign.first: found 2030, allowed in this run",
        ),
        (
            CAMPAIGN + "last = 2028\nfirst = 2030",
            "line 4: levers.campaign.first: found first 2030 and last 2028, allowed are years in this order",
        ),
        (CAMPAIGN + "last = 2025", "line 3: levers.campaign.last: found first 2026 and last 2025"),
        (CAMPAIGN + CAMPAIGN, "levers: found campaign more than once"),
        (CAMPAIGN + CAMPAIGN + "name = 'two'", "line 3: levers.two: found a second campaign beside campaign"),
        (CAMPAIGN + "name = 'stay'", "levers: found stay, which is a parameter of the scenario"),
        (
            BONUS + "euro_per_year = 30.000",
            "levers.bonus.euro_per_year: found 30.000, in which the point is a decimal point; "
            "write 30000 for thousands, or 30.0000 for 30",
        ),
        (
            CAMPAIGN + "cost.per_year = 100.000",
            "line 3: levers.campaign.cost.per_year: found 100.000, in which the point",
        ),
        ("[[levers]]\nkind = 'smaller_practices'\nlist_norm = 1.800", "line 3: levers.smaller_practices.list_norm"),
        (
            "intake = {2030 = 1.026}",
            "line 1: intake.2030: found 1.026, in which the point is a decimal point; write 1026 for thousands",
        ),
        (SELECTION + SELECTION + "name = 'two'", "line 5: levers.two: found 120% of a cohort reached with selection"),
        (
            "[[levers]]\nkind = 'training_places'\nregions = 'Zeeland'\nmoved_from = 'AMCx'",
            "line 1: levers.training_places: site 'AMCx' is not known; there are AMC, VUmc",
        ),
    ],
)
def test_a_wrong_lever_is_explained(tmp_path, text, said):
    found = faults(scenario_file(tmp_path, text))
    assert said in found
    assert found.startswith(str(tmp_path / "mine.toml"))
    assert len(found.splitlines()) == 1


def test_only_counts_and_amounts_may_not_have_three_decimals(tmp_path):
    (lever,) = scenarios.load(
        scenario_file(tmp_path, CAMPAIGN + "appeal = 0.125\ncost.per_year = 30.0000")
    ).scenario.levers
    assert (lever.appeal, lever.cost.per_year) == (0.125, 30)


@pytest.mark.parametrize(("until", "late"), [(2040, []), (2039, [2039])])
def test_levers_too_late_for_the_run_are_told(until, late):
    """The students of 2026 start training in 2036, and are GPs in 2039: the state of 1 January 2040 has them."""
    data = regions.load()
    named = scenarios.load("plan-medical-students", [f"end_year={until}"], data)
    lines = list(scenarios.late_lines(named.scenario, data))
    assert len(lines) == len(late)
    assert all(f"come in {year}, and the run ends on 1 January {until}" in lines[0] for year in late)


def test_faults_of_levers_that_contradict_the_run_come_all_at_once(tmp_path):
    text = "".join(f"{CAMPAIGN}name = 'n{i}'\nfirst = {2024 + i}\n" for i in range(4))
    found = faults(scenario_file(tmp_path, text))
    assert re.findall(r"line (\d+): levers\.(n\d)", found) == [("4", "n0"), ("9", "n2"), ("13", "n3")]


def test_a_long_file_is_read_and_its_faults_told_without_a_line(tmp_path):
    text = "# nothing\n" * scenario_files.LINES_AT_MOST + "intake = 900\n"
    assert scenarios.load(scenario_file(tmp_path, text)).scenario.intake == 900
    file = scenario_file(tmp_path, text + "intak = 1\n")
    assert faults(file).startswith(f"{file}: intak: no such parameter")


def test_regions_of_levers_become_codes(tmp_path):
    choice = "['Noord-Brabant', 'RA1222', {worst = 1, indicator = 'mean_list'}]"
    named = scenarios.load(scenario_file(tmp_path, f"{BONUS}{CAMPAIGN}regions = {choice}\n"))
    bonus, campaign = named.scenario.levers
    assert bonus.regions == ("RA1222",)
    assert {"RA1222", "RA1323", "RA1324", "RA1325", "RA1326"} <= set(campaign.regions)
    assert named.choices["bonus"] == "Zeeland"
    assert named.choices["campaign"][0] == "Noord-Brabant"  # type: ignore[index]


def test_a_lever_with_sites_for_its_places_is_no_contradiction(tmp_path):
    text = "[[levers]]\nkind = 'training_places'\nregions = 'Drenthe'\n[[levers]]\nkind = 'ownership_training'\n"
    assert len(scenarios.load(scenario_file(tmp_path, text)).scenario.levers) == 2


# Inheritance


def family(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "child.toml"


def test_a_file_replaces_what_it_inherits(tmp_path):
    child = family(
        tmp_path,
        grand="stay = 1.0\nintake = 800\nend_year = 2040\nnational = {epi_midden = 0.01, demo_5_hoog = 0.05}\n"
        "[title]\nnl = 'Oud'\n[sources]\nintake = 'E006'\nstay = 'assumed'\n" + BONUS,
        parent="inherits = 'grand.toml'\nintake = {2030 = 900}\nnational = {epi_midden = 0.02}\n"
        "[[levers]]\nkind = 'campaign'\nregions = 'Drenthe'\n",
        child="inherits = 'parent.toml'\nend_year = 2035\n[description]\nen = 'New'\n"
        "[[levers]]\nkind = 'start_premium'\nname = 'bonus'\n[[levers]]\nkind = 'hours'\n",
    )
    named = scenarios.load(child)
    scenario = named.scenario
    assert (scenario.name, scenario.stay, scenario.intake, scenario.end_year) == ("child", 1.0, {2030: 900.0}, 2035)
    assert scenario.national == {"epi_midden": 0.02, "demo_5_hoog": 0.05}
    assert [(lever.name, lever.kind) for lever in scenario.levers] == [
        ("bonus", "start_premium"),  # in the place of the bonus, and nothing of it is left
        ("campaign", "campaign"),
        ("hours", "hours"),
    ]
    assert scenario.levers[0].regions == ()
    assert (named.title, named.description) == ({}, {"en": "New"})
    assert named.sources == {"stay": "assumed"}  # the intake is another now


def test_a_file_can_inherit_from_the_library_and_from_below_its_folder(tmp_path):
    family(tmp_path, sub__base="inherits = 'baseline'\nstay = 1.0", child="inherits = 'sub/base.toml'")
    assert scenarios.load(tmp_path / "child.toml").scenario.stay == 1.0


def test_faults_of_a_base_name_the_base(tmp_path):
    child = family(tmp_path, base="\nintak = 1\nstay = 'x'", child="inherits = 'base.toml'\nend_yer = 2030")
    lines = sorted(faults(child).splitlines())
    assert [line.removeprefix(f"{tmp_path}/").split(": ")[:2] for line in lines] == [
        ["base.toml, line 2", "intak"],
        ["base.toml, line 3", "stay"],
        ["child.toml, line 2", "end_yer"],
    ]


@pytest.mark.parametrize(
    ("inherits", "said"),
    [
        ("'baselin'", "found 'baselin', which the library does not have; did you mean baseline"),
        ("'bas.toml'", "found 'bas.toml', which is not there; did you mean base.toml"),
        ("''", "which the library does not have"),
        ("3", "found 3, allowed is a scenario of the library"),
        ("'child.toml'", "goes round in a circle: "),
        ("'round.toml'", "goes round in a circle: "),
        ("'wrong.toml'", "wrong.toml: is not TOML: Invalid value"),
        ("'../elsewhere.toml'", "no absolute path, no .."),
        ("'sub/../base.toml'", "no absolute path, no .."),
        ("'/etc/scenario.toml'", "no absolute path, no .."),
        ("'C:base.toml'", "no absolute path, no .."),
        ("'sub\\base.toml'", "no absolute path, no .."),
        ("'link.toml'", "no absolute path, no .."),
        ('"base\\u0000.toml"', "allowed is a scenario of the library"),
    ],
)
def test_a_base_that_cannot_be_is_explained(tmp_path, inherits, said):
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "elsewhere.toml").write_text("stay = 1.0")
    try:
        (folder / "link.toml").symlink_to(tmp_path / "elsewhere.toml")
    except OSError:
        pytest.skip("this Windows makes no links")
    texts = {"base": "stay = 1.0", "round": "inherits = 'child.toml'", "wrong": "stay = "}
    found = faults(family(folder, **texts, child=f"stay = 1.0\ninherits = {inherits}"))
    place = "round.toml, line 1" if "round" in inherits else "child.toml, line 2"
    assert f"{folder / place}: inherits: " in found
    assert said in found
    assert len(found.splitlines()) == 1


# Settings


def test_settings_reach_levers(tmp_path):
    file = scenario_file(tmp_path, f"{BONUS}{CAMPAIGN}regions = 'Drenthe'\n")
    assert scenarios.load(file, ["euro_per_year=30.1250"]).scenario.levers[0].euro_per_year == 30.125
    with pytest.raises(InputError, match="30125"):
        scenarios.load(file, ["euro_per_year=30.125"])
    changes = ["bonus.euro_per_year=30000", "appeal=0.3", "bonus.cost.per_year=5", "campaign.regions=shortage"]
    named = scenarios.load(file, [*changes, "bonus.first=2030"])
    bonus, campaign = named.scenario.levers
    assert (bonus.euro_per_year, bonus.cost.per_year, bonus.first, bonus.regions) == (30000, 5, 2030, ("RA1222",))
    assert campaign.appeal == 0.3
    assert set(campaign.regions) == set(groups.GROUPS["shortage"])
    assert named.choices["campaign"] == "shortage"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("bonus.euro_per_yer=3", "settings: levers.bonus.euro_per_yer: no such parameter; did you mean euro_per_year"),
        ("bonu.euro_per_year=3", "settings: bonu.euro_per_year: no such parameter; did you mean bonus.euro_per_year"),
        ("first=2030", "settings: first: several levers have it; say bonus.first or campaign.first"),
        ("euro_per_year=-1", "settings: levers.bonus.euro_per_year: found -1, allowed: greater than or equal to 0"),
        ("bonus.regions=Zeelnd", "settings: levers.bonus.regions: found 'Zeelnd'"),
        ("bonus.first.x=3", "settings: bonus.first.x: first is 2027, which has no parts"),
        ("euro_per_year=30.000", "settings: levers.bonus.euro_per_year: found 30.000, in which the point"),
        ("bonus.first=2024", "settings: levers.bonus.first: found 2024, allowed in this run"),
        ("obliged_share=0.1", "settings: obliged_share: no such parameter"),
    ],
)
def test_a_wrong_setting_of_a_lever_is_explained(tmp_path, setting, said):
    file = scenario_file(tmp_path, f"{BONUS}first = 2027\n{CAMPAIGN}regions = 'Drenthe'\n")
    assert said in faults(file, [setting])


def test_settings_that_do_not_go_together_are_explained():
    assert "settings: national.epi_midden: national is 5" in faults("baseline", ["national=5", "national.epi_midden=1"])
    assert "settings: bonus.first: no such parameter" in faults("baseline", ["levers=[{kind='x'}, 3]", "bonus.first=1"])


def test_every_wrong_setting_has_a_line():
    assert len(faults("baseline", ["intak=1", "zzz", "stay=[", "stay=1"]).splitlines()) == 3


def test_a_setting_takes_the_place_of_the_source(tmp_path):
    file = scenario_file(tmp_path, "[sources]\n'bonus.euro_per_year' = 'E601'\n'bonus.first' = 'x'\n" + BONUS)
    assert scenarios.load(file).sources == {"bonus.euro_per_year": "E601", "bonus.first": "x"}
    assert scenarios.load(file, ["euro_per_year=1"]).sources == {"bonus.first": "x"}


# Whatever is in a file

START = re.sub(
    r"^#(?=[\[a-z])", "", editing.starter("mine", scenarios.load("baseline"), "baseline"), flags=re.MULTILINE
)
PIECES = st.sampled_from(["[", "[[", "]", "=", '"', "\n", "#", "{", "0x", "1e400", "nan", "true", "kind"]) | st.text()


def only_explained(file: Path, text: str, data: regions.Regions) -> None:
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        lines = [str(file) + scenarios.load(file, (), data).name]
    except InputError as error:
        lines = str(error).splitlines()
    assert lines
    assert all(line.startswith(str(file)) for line in lines)


fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzzed
@given(text=st.text())
@example(text="\ud800")
@example(text="[a]\n[a]")
def test_any_text_gives_a_scenario_or_an_explanation(tmp_path, data, text):
    only_explained(tmp_path / "mine.toml", text, data)


@fuzzed
@given(edits=st.lists(st.tuples(st.integers(0, len(START)), st.integers(0, 40), PIECES), min_size=1, max_size=3))
def test_a_file_that_was_damaged_gives_a_scenario_or_an_explanation(tmp_path, data, edits):
    text = START
    for place, length, piece in edits:
        text = text[:place] + piece + text[place + length :]
    only_explained(tmp_path / "mine.toml", text, data)


VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["Zeeland", "shortage", 2030]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["nl", "worst", "2030"]), inner),
    max_leaves=4,
)
LEVER_KEYS = sorted({key for model in scenario_faults.KINDS.values() for key in model.model_fields} - {"kind"})
LEVERS = st.lists(
    st.builds(
        lambda kind, rest: {"kind": kind, **rest},
        st.sampled_from([*scenario_faults.KINDS, "x"]),
        st.dictionaries(st.sampled_from(LEVER_KEYS), VALUES, max_size=3),
    ),
    max_size=3,
)
KEYS = [*abm.Scenario.model_fields, *scenario_files.Heading.model_fields, "x"]


@fuzzed
@given(values=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), levers=LEVERS)
@example(values={"intake": {"2030": 10**400}}, levers=[])
@example(values={"format": 10**9}, levers=[])
def test_any_values_give_a_scenario_or_an_explanation(tmp_path, data, values, levers):
    text = "\n".join(f"{key} = {editing.toml(value)}" for key, value in {"levers": levers, **values}.items())
    only_explained(tmp_path / "mine.toml", text.replace("NaN", "nan").replace("Infinity", "inf"), data)
