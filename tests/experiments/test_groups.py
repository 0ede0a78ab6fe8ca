from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

import abm
import regions
from experiments import groups
from experiments.errors import InputError
from regions import build
from regions.tables import SHIPPED


def test_shortage_is_the_five_regions_of_the_evidence(data):
    with (SHIPPED / "evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    named = [rows[f"E{number}"] for number in range(131, 136)]
    assert all(row["quantity"].startswith("shortages more often than average") for row in named)
    assert {data.codes[data.index(row["population"])] for row in named} == set(groups.codes("shortage", data))
    assert groups.SOURCES["shortage"] == "E131 to E135"


def test_randstad_is_that_of_the_origin_of_candidates(data):
    assert set(groups.codes("randstad", data)) == set(build.RANDSTAD)
    assert groups.SOURCES["randstad"].startswith("assumed")


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("Zeeland", ["RA1222"]),
        ("RA1222", ["RA1222"]),
        ("Noord-Holland Noord", ["RA0614"]),
        ("North Holland North", ["RA0614"]),
        ("Utrecht", ["RA0512", "RA0513"]),
        ("Noord-Brabant", ["RA1323", "RA1324", "RA1325", "RA1326"]),
        (["Zeeland", "Drenthe", "Zeeland"], ["RA0102", "RA1222"]),  # in the order of the data, once
        (["shortage", "Limburg"], ["RA0102", "RA0207", "RA0614", "RA1121", "RA1222", "RA1427", "RA1428"]),
        ([], []),
    ],
)
def test_words_for_regions(data, choice, found):
    assert list(groups.codes(choice, data)) == found


def test_all_is_every_region(data):
    assert groups.codes("all", data) == data.codes


def test_every_word_that_is_offered_is_understood(data):
    for word in groups.words(data):
        assert groups.codes(word, data)


def test_a_name_of_region_and_province_is_the_region(data):
    members = tuple(replace(r, province="Zeeland") if r.code == "RA0102" else r for r in data.members)
    assert groups.codes("Zeeland", replace(data, members=members)) == ("RA1222",)


@pytest.mark.parametrize("indicator", ["mean_list", "unfilled_places"])
def test_the_worst_are_those_of_the_base_year(data, indicator):
    base = abm.SettlementModel(abm.Scenario(), data, rng=99).results()  # these two are the same whatever the luck
    worst = base.nlargest(4, indicator)["region_code"]
    assert set(groups.codes({"worst": 4, "indicator": indicator}, data)) == set(worst)


@pytest.mark.parametrize(("indicator", "sign"), [("vacancy_rate", 1), ("coverage", -1), ("position", -1)])
def test_worst_is_high_or_low_as_the_indicator_is(data, indicator, sign):
    chosen = groups.codes({"worst": 3, "indicator": indicator}, data)
    badness = sign * groups.base_year(data)[indicator]
    row = [data.index(code) for code in chosen]
    assert badness[row].min() >= np.delete(badness, row).max()


def test_the_worst_are_the_same_each_time(data):
    other = regions.load()
    choice = {"worst": 5, "indicator": "vacancy_rate"}
    assert groups.codes(choice, other) == groups.codes(choice, data)
    np.testing.assert_array_equal(groups.base_year(other)["vacancy_rate"], groups.base_year(data)["vacancy_rate"])


def test_indicators_that_rank_are_there_in_the_base_year(data):
    assert all(np.isfinite(groups.base_year(data)[name]).all() for name in groups.RANKED)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("Zeelnd", "found 'Zeelnd', no region or group; did you mean Zeeland"),
        ("shortages", "did you mean shortage"),
        ("qqq", "no region or group; there are all, shortage, randstad, Groningen, Drenthe"),
        (3, "found 3, allowed: names, or a table"),
        ({"worst": 3}, "found the keys 'worst', allowed are worst and indicator"),
        ({"worst": 0, "indicator": "coverage"}, "worst: found 0, allowed is 1 to 28"),
        ({"worst": 29, "indicator": "coverage"}, "worst: found 29, allowed is 1 to 28"),
        ({"worst": True, "indicator": "coverage"}, "worst: found True"),
        ({"worst": 3, "indicator": "coverag"}, "indicator: found 'coverag'; did you mean coverage"),
        ({"worst": 3, "indicator": "inflow_persons"}, "not there in the base year; there are shortage_fte"),
        ({"worst": 3, "indicator": "inhabitants"}, "not worse or better"),
        ({"worst": 3, "indicator": ["coverage"]}, "indicator: found ['coverage']"),
    ],
)
def test_what_is_no_region_is_explained(data, choice, said):
    with pytest.raises(InputError) as caught:
        groups.codes(choice, data)
    assert said in str(caught.value)


def test_every_fault_of_a_list_has_a_line(data):
    with pytest.raises(InputError) as caught:
        groups.codes(["Zeelnd", "Zeeland", 3], data)
    assert len(str(caught.value).splitlines()) == 2


def test_a_group_needs_its_regions_in_the_data(data):
    members = tuple(replace(r, code="XX01") if r.code == "RA0207" else r for r in data.members)
    with pytest.raises(InputError, match="found shortage, of which RA0207 are not among these regions"):
        groups.codes("shortage", replace(data, members=members))
