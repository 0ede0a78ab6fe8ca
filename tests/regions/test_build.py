"""The build: the shipped tables follow from the facts in `regions/sources`, byte for byte."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regions import build, schema
from regions.tables import SHIPPED
from regions.workforce import PyramidFacts

FILES = sorted([*(t.file for t in schema.TABLES), "boundaries.geojson", "datapackage.json"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "new"
    run = subprocess.run([sys.executable, "-m", "regions.build", str(folder)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return folder


@pytest.fixture(scope="module")
def evidence() -> pd.DataFrame:
    return build.source("evidence.csv").set_index("id")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SHIPPED / f"{name}.csv")


@pytest.mark.parametrize("file", FILES)
def test_shipped_file_is_what_the_build_writes(built: Path, file: str) -> None:
    assert (built / file).read_bytes() == (SHIPPED / file).read_bytes()


def test_build_writes_these_files_and_no_more(built: Path) -> None:
    assert sorted(path.name for path in built.iterdir()) == FILES
    assert sorted(path.name for path in SHIPPED.iterdir()) == FILES


def test_shipped_files_are_utf8_with_plain_line_ends() -> None:
    for file in FILES:
        content = (SHIPPED / file).read_bytes()
        assert b"\r" not in content, file
        assert content.endswith(b"\n"), file
        assert not content.startswith(b"\xef\xbb\xbf"), file
        content.decode("utf-8")


# Figures in the code against the evidence they name -------------------------------------------------------------------


def test_constants_are_the_evidence_they_cite(evidence: pd.DataFrame) -> None:
    value = pd.to_numeric(evidence["value"], errors="coerce")
    assert value["E768"] == build.SALARIED
    assert value["E312"] / 100 == pytest.approx(build.WOMEN_AMONG_HOLDERS)
    assert value["E445"] == build.STUDENTS
    assert {
        build.RANDSTAD: value["E446"],
        build.NORTH_AND_ZEELAND: value["E447"],
    } == build.INHABITANTS_PER_STUDENT
    assert value["E478"] / 100 == pytest.approx(build.FIRST_CHOICE)
    assert value["E471"] / value["E006"] == pytest.approx(build.PLACES_PER_ENTRANT)
    assert {
        "RA1222": value["E348"] / value["E350"],
        "RA0103": value["E349"] / value["E350"],
    } == build.DENSITY


def test_known_shares_are_the_evidence_they_cite(evidence: pd.DataFrame) -> None:
    nation = {50: "E331", 55: "E347"}
    for fact in build.OLDER:
        row = evidence.loc[fact.evidence]
        assert float(row["value"]) / 100 == pytest.approx(fact.share)
        assert str(fact.age) in row["quantity"]
        assert float(evidence.loc[nation[fact.age], "value"]) / 100 == pytest.approx(fact.nation)
        assert evidence.loc[nation[fact.age], "year"] == row["year"]


def test_age_facts_lie_within_the_evidence_they_cite(evidence: pd.DataFrame) -> None:
    facts = PyramidFacts()
    percent = [*facts.share_50plus, facts.share_under_40]
    for fact in (*facts.mean_age, facts.persons_60plus, *percent):
        value, low, high = pd.to_numeric(evidence.loc[fact.evidence, ["value", "low", "high"]])
        scale = 100 if fact in percent else 1
        if np.isnan(low):
            assert fact.value * scale == pytest.approx(value)
        else:
            assert low <= fact.value * scale <= high


def test_exit_classes_start_at_the_ages_of_their_evidence(evidence: pd.DataFrame) -> None:
    for c in build.exit_classes():
        ages = re.findall(r"\d+", evidence.loc[c.evidence, "quantity"])
        assert str(c.age if c.age else 55) == ages[0]
        assert c.low < c.value < c.high


# Tables against their sources -----------------------------------------------------------------------------------------


def test_inhabitants_are_the_count_of_the_base_year_in_the_insured_age_mix() -> None:
    count = build.source("region_population.csv").set_index("code")
    assert set(count["latest_year"]) == {build.BASE_YEAR}
    wide = table("inhabitants").pivot_table(index="region", columns="age_from", values="persons")
    assert wide.sum(axis=1).to_numpy() == pytest.approx(count["population_latest"].to_numpy(), abs=0.5)
    insured = build.source("gp_use_by_region_age.csv").query("year == 2023 and code == 'RA1222'")
    mix = insured.set_index("age_group")["insured"].loc[list(build.AGE_BANDS)].to_numpy()
    assert (wide.loc["RA1222"] / wide.loc["RA1222"].sum()).to_numpy() == pytest.approx(mix / mix.sum(), abs=1e-6)


def test_gp_use_is_one_on_average_and_rises_with_age() -> None:
    use = table("gp_use")["relative_use"]
    people = table("inhabitants").groupby("age_from")["persons"].sum().to_numpy()
    assert (people @ use.to_numpy()) / people.sum() == pytest.approx(1, abs=0.001)
    assert use.is_monotonic_increasing


def test_forecast_nation_adds_up_over_the_regions() -> None:
    history = build.source("region_population_history.csv")
    count = build.source("region_population.csv")
    assert history["population_2022"].sum() == pytest.approx(build.FORECAST_NATION[2022], rel=1e-4)
    assert count["population_2050_forecast"].sum() == pytest.approx(build.FORECAST_NATION[2050], rel=1e-4)


def test_forecast_grows_as_its_own_edition_says() -> None:
    persons = table("forecast").pivot_table(index="region", columns="year", values="persons")
    count = build.source("region_population.csv").set_index("code")
    assert list(persons.columns) == list(range(build.BASE_YEAR, build.HORIZON + 1))
    assert (persons[build.BASE_YEAR] == count["population_latest"]).all()

    # Drenthe by hand: 480,100 in 2050 over 497,743 in 2022, along with the nation's 17.591, 18.9 and 19.63 million.
    growth = 480_100 / 497_743 - 1
    part = [
        (18_900_000 - 17_590_672) * 3 / 13 / (19_630_000 - 17_590_672),
        (18_900_000 + 730_000 * 10 / 15 - 17_590_672) / (19_630_000 - 17_590_672),
    ]
    expected = 506_529 * (1 + growth * part[1]) / (1 + growth * part[0])
    assert persons.loc["RA0102", 2045] == pytest.approx(expected, abs=1)
    # Less of a fall than from the later, higher count.
    assert persons.loc["RA0102", 2045] > 506_529 * 480_100 / 506_529

    # Amsterdam's growth does not include the 19,334 people of Weesp, who came with their town.
    history = build.source("region_population_history.csv").set_index("code")["population_2022"]
    for code, weesp in (("RA0616", 19_334), ("RA0511", -19_334)):
        growth = count.loc[code, "population_2050_forecast"] / (history[code] + weesp) - 1
        expected = count.loc[code, "population_latest"] * (1 + growth * part[1]) / (1 + growth * part[0])
        assert persons.loc[code, 2045] == pytest.approx(expected, abs=1)


def test_training_sites_keep_the_places_of_their_institutes() -> None:
    sites, source = table("training_sites"), build.source("training_sites.csv")
    main = source[source["basis"] == "main"].set_index("institute")["share"]
    assert sites.groupby("institute")["share"].sum().loc[main.index].to_numpy() == pytest.approx(
        main / main.sum(), abs=1e-3
    )
    annex = source[source["basis"] == "annex"].set_index("site")["places_2020"]
    assert sites.set_index("site").loc[annex.index, "share"].to_numpy() == pytest.approx(
        annex / build.PLACES_2020, rel=0.01
    )


def test_as_many_candidates_get_their_first_choice_as_is_known() -> None:
    sites = table("training_sites")
    places_per_entrant = sites["places"] * build.PLACES_PER_ENTRANT
    assert np.minimum(sites["first_choice"], places_per_entrant).sum() == pytest.approx(build.FIRST_CHOICE, abs=1e-4)
    short = sites["site"].isin(build.SHORT_OF_PLACES)
    assert (sites["first_choice"] > places_per_entrant)[short].all()
    assert (sites["first_choice"] <= places_per_entrant)[~short].all()


def test_origins_by_inhabitant() -> None:
    share = table("origins").set_index("region")["share"] * build.STUDENTS
    people = build.source("region_population.csv").set_index("code")["population_latest"]
    per_student = people / share
    assert per_student[list(build.RANDSTAD)].to_numpy() == pytest.approx(np.full(10, 200), rel=1e-3)
    assert per_student[list(build.NORTH_AND_ZEELAND)].to_numpy() == pytest.approx(np.full(4, 650), rel=1e-3)
    rest = per_student.drop(index=[*build.RANDSTAD, *build.NORTH_AND_ZEELAND])
    assert rest.to_numpy() == pytest.approx(np.full(14, rest.mean()), rel=1e-3)
    assert 200 < rest.mean() < 650


def test_relative_fte_starts_at_the_mean_of_the_base_year() -> None:
    parameters = table("national_parameters").set_index("id")["value"]
    rho = {
        "holder": parameters["fte_zelfstandig"],
        "salaried": parameters["fte_loondienst"],
        "fixed_locum": parameters["fte_loondienst"],
        "changing_locum": parameters["fte_wiss-waarnemer"],
    }
    workforce = table("workforce")
    weighted = workforce["persons"] * workforce["role"].map(rho)
    mean = weighted.groupby(workforce["sex"]).sum() / workforce.groupby("sex")["persons"].sum()
    path = table("relative_fte").set_index(["year", "sex"])["mean"]
    for sex in ("women", "men"):
        assert path[build.BASE_YEAR, sex] == pytest.approx(mean[sex], abs=1e-4)
