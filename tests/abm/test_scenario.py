"""What a scenario accepts, what it says about each parameter, and how it refuses."""

import csv
import json
import math
import re
from collections.abc import Iterable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from abm import Scenario
from abm.fixed import national_table
from abm.levers import Cost
from abm.parameters import Role
from abm.scenario import INFLOW_IDS, INTAKE_RANGE, LAST_YEAR
from tests.abm.strategies import KINDS, bounds, levers, numbers, within

PARAMETERS = {name: field for name, field in Scenario.model_fields.items() if name not in ("name", "levers")}
BY_HAND = {"intake", "national", "attractiveness", "demand_scenario", "demand_level", "yields"}
BOUNDED = {name: bounds(Scenario, name) for name in PARAMETERS if name not in BY_HAND}

# The numbers of levers and of what they cost; what else they have is text, a choice, or named by the user.
IN_WORDS = {"kind", "name", "regions", "cost", "established", "moved_from", "source"}
OF_LEVERS: dict[str, type[BaseModel]] = {**KINDS, "cost": Cost}
NUMBERS = [(kind, name) for kind, model in OF_LEVERS.items() for name in numbers(model)]


def refused(**parameters: Any) -> str:
    """Return the message with which the parameters are refused."""
    with pytest.raises(ValidationError) as error:
        Scenario.model_validate(parameters)
    assert isinstance(error.value, ValueError)
    return str(error.value)


def accepted(model: type[BaseModel], value: Any, names: Iterable[str]) -> list[str]:
    """Return the fields that take a value, or refuse it without being named."""
    return [name for name in names if not _refused_by_name(model, name, {name: value})]


def _refused_by_name(model: type[BaseModel], name: str, values: dict[str, Any]) -> bool:
    try:
        model.model_validate(values)
    except ValidationError as error:
        return name in str(error)
    return False


# --- ranges and types ---


def test_the_baseline_needs_nothing():
    assert Scenario() == Scenario(name="baseline", end_year=2043, intake=720.0, intake_current=720.0)


@pytest.mark.parametrize("name", ["intakes", "seed", "rng", "Intake"])
def test_an_unknown_name_is_refused_by_name(name):
    assert name in refused(**{name: 1})


def test_every_number_has_a_range_and_its_default_is_in_it():
    for name, (low, high) in BOUNDED.items():
        assert None not in (low, high), name
        assert low <= getattr(Scenario(), name) <= high, name


def test_values_outside_the_range_are_refused_and_its_ends_allowed():
    for name, ends in BOUNDED.items():
        beyond = 1 if Scenario.model_fields[name].annotation is int else 1e-6
        for end, side in zip(ends, (-1, 1), strict=True):
            assert getattr(Scenario.model_validate({name: end}), name) == end
            assert accepted(Scenario, end + side * beyond, [name]) == []


@pytest.mark.parametrize("value", ["1", None, True, math.nan, math.inf, -math.inf, [1]])
def test_only_finite_numbers_are_numbers(value):
    assert accepted(Scenario, value, BOUNDED) == []


def test_whole_numbers_for_fractions_but_not_the_other_way():
    assert isinstance(Scenario(train_own=1).train_own, float)
    assert "end_year" in refused(end_year=2030.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", None])
def test_tables_hold_finite_numbers(value):
    assert accepted(Scenario, {"x": value}, ["attractiveness", "national"]) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("demand_scenario", 5), ("demand_scenario", "6"), ("demand_level", "mid"), ("yields", "Straight")],
)
def test_choices_are_listed_when_another_is_given(name, value):
    message = refused(**{name: value})
    assert all(repr(choice) in message for choice in get_args(Scenario.model_fields[name].annotation))


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "a/b"])
def test_a_name_is_fit_for_a_folder(name):
    assert "name" in refused(name=name)


def test_a_scenario_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().end_year = 2030


# --- intake by year ---


def test_one_intake_for_all_years():
    assert [Scenario(intake=900.0).intake_in(year) for year in (2027, 2044)] == [900, 900]


def test_intake_by_year_and_the_default_elsewhere():
    scenario = Scenario(intake={2030: 800, 2031: 1026.5})
    assert [scenario.intake_in(year) for year in (2029, 2030, 2031, 2032)] == [720, 800, 1026.5, 720]


def test_years_may_be_text_as_in_toml_and_json():
    by_text = Scenario.model_validate({"intake": {"2030": 800}})
    assert by_text == Scenario(intake={2030: 800.0})
    assert all(isinstance(year, int) for year in by_text.intake)


@pytest.mark.parametrize(
    ("intake", "found"),
    [
        (-1.0, "-1"),
        (5000.5, "5000.5"),
        (math.nan, "intake"),
        ("720", "intake"),
        (True, "intake"),
        ({2030: -1.0}, "found -1.0 in 2030"),
        ({2030: math.nan}, "2030"),
        ({2030: "800"}, "2030"),
        ({2030: True}, "2030"),
        ({"²": 800.0}, "int_type"),
        ({2000: 800.0}, "found year 2000"),
        ({LAST_YEAR: 800.0}, str(LAST_YEAR)),
        ({"twenty": 800.0}, "twenty"),
        ({2030.5: 800.0}, "2030.5"),
    ],
)
def test_an_impossible_intake_is_refused(intake, found):
    assert found in refused(intake=intake)


def test_the_ends_of_the_range_of_intake():
    for end in INTAKE_RANGE:
        assert Scenario(intake={2027: end, LAST_YEAR - 1: end}).intake_in(2027) == end


# --- the national table ---


@pytest.mark.parametrize("id_", INFLOW_IDS)
def test_inflows_have_fields_of_their_own(id_):
    message = refused(national={id_: 800.0})
    assert id_ in message
    assert "intake_current" in message


def test_the_national_table_takes_the_scenario_values(data):
    table = national_table(Scenario(intake_current=700, intake=900, national={"tijd_midden": 0.01}), data)
    changed = {id_: value for id_, value in table.items() if value != data.national[id_]}
    assert changed == dict(zip(INFLOW_IDS, (700, 700, 900), strict=True)) | {"tijd_midden": 0.01}
    by_year = national_table(Scenario(intake={2030: 900.0}), data)
    assert by_year["n_inopleiding_perjaar3"] == 720


def test_an_unknown_national_id_is_refused_by_name(data):
    with pytest.raises(ValueError, match="tijd_middle"):
        national_table(Scenario(national={"tijd_middle": 0.01}), data)


# --- what it says about itself ---


def test_every_parameter_has_a_unit_a_source_and_a_role():
    for name, field in PARAMETERS.items():
        extra = field.json_schema_extra
        assert extra.keys() - {"prior"} == {"unit", "source", "role"}, name
        if "prior" in extra:
            (low, high), (least, most) = extra["prior"], BOUNDED[name]
            assert extra["role"] == "uncertainty", name
            assert least <= low < getattr(Scenario(), name) < high <= most, name
        assert isinstance(extra["unit"], str), name
        assert extra["source"], name
        assert extra["role"] in get_args(Role), name
        assert field.description, name


def test_units_are_missing_only_where_there_is_nothing_to_measure():
    without = {name for name, field in PARAMETERS.items() if not field.json_schema_extra["unit"]}
    assert without == {"demand_scenario", "demand_level", "yields"}


def test_cited_evidence_exists(data):
    with (data.folder / "evidence.csv").open(encoding="utf-8", newline="") as file:
        evidence = {row["id"] for row in csv.DictReader(file)}
    text = {name: f"{f.json_schema_extra['source']} {f.description}" for name, f in PARAMETERS.items()}
    for kind, name in NUMBERS:
        field = OF_LEVERS[kind].model_fields[name]
        text[f"{kind}.{name}"] = f"{field.json_schema_extra['source']} {field.description}"
    cited = {name: set(re.findall(r"\bE\d+\b", t)) for name, t in text.items()}
    assert sum(map(len, cited.values())) > 40
    assert {name: ids - evidence for name, ids in cited.items() if ids - evidence} == {}


def test_the_schema_has_units_for_those_who_read_it():
    schema = Scenario.model_json_schema()
    properties = schema["properties"]
    assert properties["train_far"]["unit"] == "utility per 100 km"
    assert properties.keys() == Scenario.model_fields.keys()
    of_levers = {d["properties"]["kind"]["const"]: d for d in schema["$defs"].values() if "kind" in d["properties"]}
    assert of_levers.keys() == KINDS.keys()
    assert of_levers["hours"]["properties"]["more_hours"]["unit"] == "share"


# --- levers ---


def test_what_is_no_number_in_a_lever_is_described():
    for kind, model in OF_LEVERS.items():
        assert model.model_fields.keys() - numbers(model).keys() <= IN_WORDS, kind
        assert model.__doc__, kind
        for name, field in model.model_fields.items():
            assert field.description or name == "kind", (kind, name)


def test_every_number_of_a_lever_has_a_range_a_unit_a_source_and_a_role():
    for kind, name in NUMBERS:
        field, (least, most) = OF_LEVERS[kind].model_fields[name], numbers(OF_LEVERS[kind])[name]
        at = f"{kind}.{name}"
        assert least is not None, at
        assert most is not None or kind == "cost", at  # money has no end
        assert least <= field.default, at
        assert most is None or field.default <= most, at
        extra = field.json_schema_extra
        assert extra.keys() - {"prior"} == {"unit", "source", "role"}, at
        assert all((extra["unit"], extra["source"], field.description)), at
        assert extra["role"] in ("lever", "uncertainty"), at
        assert "prior" in extra or extra["role"] == "lever", at  # or it would not vary in an ensemble
        if "prior" in extra:
            low, high = extra["prior"]
            assert least <= low <= field.default <= high <= most, at
            assert low < high, at


@pytest.mark.parametrize("kind", OF_LEVERS)
def test_a_lever_is_refused_outside_its_ranges_and_with_what_is_no_number(kind):
    model = OF_LEVERS[kind]
    for name, (low, high) in numbers(model).items():
        needed = {"regions": ("RA0101",)} if getattr(model, "needs_regions", False) else {}
        if name in ("first", "last"):
            needed |= {"first": low, "last": high}
        ends = [(low, -1), *([] if high is None else [(high, 1)])]
        for end, _ in ends:
            assert getattr(model.model_validate(needed | {name: end}), name) == end
        for value in (*(end + step for end, step in ends), math.nan, math.inf, "1", None, True):
            assert _refused_by_name(model, name, needed | {name: value}), (name, value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_lever_has_the_name_of_its_kind_and_does_not_change(kind):
    values = {"kind": kind} | ({"regions": ("RA0101",)} if KINDS[kind].needs_regions else {})
    for name in ({}, {"name": ""}):
        (lever,) = Scenario.model_validate({"levers": [values | name]}).levers
        assert type(lever) is KINDS[kind]
        assert lever.name == kind
    with pytest.raises(ValidationError, match="frozen"):
        lever.first = 2030
    assert Scenario.model_validate({"levers": [values | {"name": "a_2"}]}).levers[0].name == "a_2"


# --- there and back ---


@st.composite
def scenarios(draw):
    given = {}
    for name in BOUNDED:
        if draw(st.booleans()):
            given[name] = draw(within(Scenario, name))
    by_year = st.dictionaries(st.integers(2027, LAST_YEAR - 1), st.floats(*INTAKE_RANGE), max_size=4)
    given["intake"] = draw(st.one_of(st.floats(*INTAKE_RANGE), by_year))
    given["attractiveness"] = draw(st.dictionaries(st.sampled_from(["RA0101", "Zeeland"]), st.floats(-3, 3)))
    given["demand_scenario"] = draw(st.sampled_from([1, 2, 3, 4, 6]))
    given["levers"] = draw(levers(["RA0101", "Zeeland"], "UMCG", 2025, LAST_YEAR - 2))
    return Scenario.model_validate(given)


@given(scenarios())
def test_a_scenario_survives_json_and_plain_values(scenario):
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
    assert Scenario.model_validate(scenario.model_dump()) == scenario


@given(levers(["RA0101", "Zeeland"], "UMCG", 2025, LAST_YEAR - 2))
def test_levers_survive_json_and_plain_values_as_what_they_are(drawn):
    scenario = Scenario(levers=drawn)
    for again in (
        Scenario.model_validate_json(scenario.model_dump_json()),
        Scenario.model_validate(json.loads(scenario.model_dump_json())),
        Scenario.model_validate(scenario.model_dump()),
    ):
        assert again.levers == drawn
        assert [type(lever) for lever in again.levers] == [type(lever) for lever in drawn]
