"""Maps of several years, scenarios and institutes, of differences, and with labels, tiles and bounds of one's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from typer.testing import CliRunner, Result

import abm
from experiments import figures, runner, store
from experiments.cli import app
from experiments.design import Design
from experiments.errors import InputError
from experiments.scenarios import NamedScenario
from experiments.store import Results
from regions import maps

RUNS, YEAR = 5, 2028
NO_DIFFERENCE = "niet van toeval te onderscheiden: het 95%-interval van het verschil bevat nul"


@pytest.fixture(scope="module")
def results(data, tmp_path_factory) -> Results:
    """Two scenarios that differ in how many start training now: they finish from 2028 on."""
    scenarios = [
        NamedScenario(
            abm.Scenario(name=name, end_year=YEAR, intake_current=intake),
            {"nl": f"Proef {name}", "en": f"Trial {name}"},
            {},
        )
        for name, intake in (("low", 500), ("high", 1100))
    ]
    return runner.run(Design(tuple(scenarios), RUNS, 1), tmp_path_factory.mktemp("made") / "two", data=data, workers=1)


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def shapes(figure: Figure) -> dict[str, PathPatch]:
    return {str(patch.get_gid()): patch for patch in figure.findobj(PathPatch) if patch.get_gid()}


def told(figure: Figure) -> dict[str, str]:
    return {code: str(patch.get_label()).partition(": ")[2] for code, patch in shapes(figure).items()}


def hatched(figure: Figure) -> set[str]:
    return {code for code, patch in shapes(figure).items() if patch.get_hatch()}


def legend(figure: Figure) -> list[str]:
    return [text.get_text().replace("\n", " ") for one in figure.legends for text in one.get_texts()]


def texts(figure: Figure) -> list[str]:
    return [one.get_text() for one in figure.texts]


def changed(results: Results, folder: Path, differences: dict[str, list[float]], elsewhere: float) -> Results:
    """Give the results with `high` so much above `low` in the vacancy rate of the last year, by run."""
    folder.mkdir()
    for name in store.MAPPED:
        shutil.copy(results.folder / name, folder)
    table = results.read("regions")
    rows = (table["year"] == YEAR) & (table["scenario"] == "high")
    low = table[(table["year"] == YEAR) & (table["scenario"] == "low")].set_index(["replication", "region_code"])
    table.loc[rows, "vacancy_rate"] = [
        low.loc[(run, code), "vacancy_rate"] + differences.get(code, [elsewhere] * RUNS)[run]
        for run, code in zip(table.loc[rows, "replication"], table.loc[rows, "region_code"], strict=True)
    ]
    table.to_parquet(folder / "regions.parquet")
    return replace(results, folder=folder)


# Differences


def test_a_difference_is_the_mean_of_paired_runs_and_hatched_where_its_interval_holds_zero(results, data, tmp_path):
    clear, doubtful, down = data.codes[:3]
    # Student's t with 4 degrees of freedom: 2.78 standard errors either way.
    ours = changed(
        results,
        tmp_path / "changed",
        {clear: [0.03, 0.05, 0.04, 0.04, 0.04], doubtful: [-0.01, 0.08, 0.01, 0.06, 0.035], down: [-0.06] * 5},
        0.0004,
    )
    figure = figures.region_map(ours, "vacancy_rate", YEAR, "high", "nl", compare="low")
    assert told(figure)[clear] == "+4,0 procentpunten"
    assert told(figure)[doubtful] == f"+3,5 procentpunten; {NO_DIFFERENCE}"
    assert told(figure)[down] == "−6,0 procentpunten"
    assert hatched(figure) == {doubtful}
    assert legend(figure)[-1] == NO_DIFFERENCE
    colours = maps.palette_colours(
        maps.difference_classing("vacancy_rate", []).breaks, maps.ABOVE_IS_ORANGE, diverging=True
    )
    drawn = shapes(figure)
    assert drawn[clear].get_facecolor() == pytest.approx(colours[7])  # +3 to +10
    assert drawn[down].get_facecolor() == pytest.approx(colours[1])  # -10 to -3
    assert drawn[data.codes[9]].get_facecolor() == pytest.approx(colours[4])  # hardly any
    assert "procentpunten" in texts(figure)
    assert "Vacaturegraad: verschil met ‘Proef low’" in " ".join(texts(figure))
    assert "Proef high. Gemiddeld verschil tussen runs met hetzelfde toeval; runs: 5" in " ".join(texts(figure))


def test_before_anything_differs_there_is_no_difference(results):
    figure = figures.region_map(results, "vacancy_rate", 2025, compare="low", lang="en")
    assert len(hatched(figure)) == 28
    assert {words.partition(";")[0] for words in told(figure).values()} == {"0.0 percentage points"}


def test_differences_of_a_sum_have_its_unit(results):
    figure = figures.region_map(results, "supply_fte", YEAR, compare="low", lang="en")
    assert "fte" in texts(figure)
    assert legend(figure)[0] == "under −50"
    assert all(words.partition(";")[0].endswith(" fte") for words in told(figure).values())


# Several maps


def test_years_share_their_classes_and_one_legend(results):
    figure = figures.region_map(results, "supply_fte", [2025, 2027, YEAR], "low", "en")
    assert {"2025", "2027", "2028"} <= set(texts(figure))
    assert len(figure.axes) == 3
    assert len(shapes(figure)) == 3 * 28
    means = results.read("regions", ["year", "region_code", "supply_fte"], scenario="low")
    for k, year in enumerate((2025, 2027, YEAR), start=1):
        expected = means[(means["year"] == year) & (means["region_code"] == "RA1222")]["supply_fte"].mean()
        assert told(figure)[f"RA1222-{k}"].startswith(maps.number(expected, 0, "en"))
    assert legend(figure) == legend(figures.region_map(results, "supply_fte", 2025, "low", "en"))


def test_scenarios_by_years(results):
    figure = figures.region_map(results, "vacancy_rate", [2025, YEAR], ["low", "high"], "nl")
    heads = " ".join(texts(figure))
    for head in ("2025. Proef low", "2028. Proef low", "2025. Proef high", "2028. Proef high"):
        assert head in heads
    lefts = [round(axes.get_position().x0, 3) for axes in figure.axes]
    assert lefts[:2] == lefts[2:]  # years in columns, scenarios in rows
    assert "1 januari. Gemiddelde; runs: 5" in heads
    assert "6,3%: Nederland op 1 januari 2025" in texts(figure)  # what a bound between classes is
    own = figures.Look(breaks=(5.0, 10.0))
    assert not any("6,3%" in one for one in texts(figures.region_map(results, "vacancy_rate", YEAR, "low", look=own)))


def test_of_few_runs_a_difference_is_not_hatched_and_the_map_says_so(results, tmp_path):
    for name in store.MAPPED:
        shutil.copy(results.folder / name, tmp_path)
    table = results.read("regions")
    table[table["replication"] < 4].to_parquet(tmp_path / "regions.parquet")
    few = replace(results, folder=tmp_path)
    figure = figures.region_map(few, "vacancy_rate", YEAR, "high", "en", compare="low")
    assert not hatched(figure)
    assert "Whether a difference is chance can be told from 5 runs on" in " ".join(texts(figure))


def test_graduates_of_each_institute(results, data):
    figure = figures.institutes_map(results, YEAR, "high", "en")
    institutes = list(dict.fromkeys(site.institute for site in data.sites))
    assert [axes for axes in texts(figure) if axes in institutes] == institutes
    flows = results.read("flows", scenario="high", flow="graduation")
    sites = [site.name for site in data.sites if site.institute == "UMC Groningen"]
    persons = flows[flows["site"].isin(sites)].groupby("region_code")["persons"].sum()
    k = institutes.index("UMC Groningen") + 1
    share = 100 * persons["RA0101"] / persons.sum()
    assert told(figure)[f"RA0101-{k}"] == f"{maps.number(share, 1, 'en')}%"
    assert "Training finished in 2025-2027" in " ".join(texts(figure))
    with pytest.raises(InputError, match=r"year 2025: no graduates then .*; there are 2026 to 2028"):
        figures.institutes_map(results, 2025, "high")


# Labels, tiles, bounds


@pytest.mark.parametrize(("lang", "name"), [("nl", "Noord-Holland Noord"), ("en", "North Holland North")])
def test_names_are_those_of_the_language(results, lang, name):
    figure = figures.region_map(results, "coverage", YEAR, "low", lang, look=figures.Look(labels="numbers"))
    assert name in texts(figure)
    assert str(shapes(figure)["RA0614"].get_label()).startswith(f"{name}: ")


def test_bounds_are_typed_as_they_are_printed(results):
    look = figures.Look(breaks=figures.parsed_breaks("80;82,5;100"))
    figure = figures.region_map(results, "coverage", YEAR, "low", "nl", look=look)
    assert legend(figure) == ["minder dan 80,0%", "80,0 tot 82,5%", "82,5 tot 100,0%", "100,0% of meer"]
    assert figures.parsed_breaks("0,2.5,5") == (0, 2.5, 5)
    assert figures.parsed_breaks("−5, -1, 3") == (-5, -1, 3)


def test_classes_that_fit_are_named(results):
    pytest.importorskip("mapclassify")
    figure = figures.region_map(results, "coverage", YEAR, "low", look=figures.Look(classes="quantiles"))
    assert "aandeel van de vraag; klassen: kwantielen" in " ".join(texts(figure))
    assert len(legend(figure)) == 5


def test_results_of_before_have_maps_still(results, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(results.folder, folder)
    for name in store.MAPPED:
        (folder / name).unlink()
    old = store.open_results(folder)
    figures.region_map(old, "coverage", YEAR, "low", look=figures.Look(labels="names"))
    figures.region_map(old, "coverage", YEAR, "low", look=figures.Look(tiles=True))
    with pytest.raises(InputError, match=r"no training_sites\.csv: an older version made it; run it again"):
        figures.institutes_map(old, YEAR, "low")


# The command


@pytest.mark.parametrize(
    "options",
    [
        ["--scenario", "high", "--compare", "low", "--year", "2026,2028"],
        ["--scenario", "low", "--scenario", "high", "--year", YEAR],
        ["--compare", "low", "--year", YEAR, "--tiles", "--lang", "en"],
        ["--scenario", "low", "--year", 2025, "--year", YEAR, "--breaks", "2,4,6"],
    ],
)
def test_the_command_draws_it(results, tmp_path, options):
    file = tmp_path / "map.svg"
    found = gp_settlement("map", results.folder, "--indicator", "vacancy_rate", "-o", file, *options)
    assert found.exit_code == 0, found.output
    assert "</svg>" in file.read_text(encoding="utf-8")


def test_the_command_draws_institutes(results, tmp_path):
    file = tmp_path / "map.svg"
    found = gp_settlement("map", results.folder, "--institutes", "--year", YEAR, "--scenario", "low", "-o", file)
    assert found.exit_code == 0, found.output
    assert "Radboudumc" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--year", "20z8"], "--year: found '20z8', allowed: years such as 2035 or 2025,2035"),
        (["--scenario", "low", "--year", "2028,2060"], "year 2060: not in"),
        (["--scenario", "low", "--indicator", "coverag"], "did you mean coverage"),
        (["--scenario", "lo"], "did you mean low"),
        (
            ["--scenario", "low", "--compare", "hihg"],
            "(gp-settlement compare hihg low high makes a folder with both;",
        ),
        (["--scenario", "low", "--compare", "low"], "--compare low: found the scenario itself"),
        (["--compare", "low", "--order", "Zeeland"], "--order and --compare exclude each other: found both"),
        (["--scenario", "low", "--breaks", "5,1"], "--breaks: found 5, 1, allowed are bounds that ascend"),
        (["--scenario", "low", "--breaks", "5,x"], "--breaks: found '5,x', allowed are numbers that ascend"),
        (["--scenario", "low", "--tiles", "--labels", "names"], "--labels names: found --tiles too"),
        (["--year", "2026,2027", "--scenario", "low", "--tiles"], "--tiles: found 2 maps, allowed is one"),
        (["--scenario", "low", "--labels", "codes"], "'codes' is not one of 'none', 'names', 'numbers'"),
        (["--scenario", "low", "--year", "2026,2027", "--spread", "total"], "--year: found 2, allowed is one"),
        ([], "found 2 scenarios, name one of: low, high"),
        (["--institutes", "--scenario", "low"], "--institutes: takes no --indicator"),
    ],
)
def test_a_wrong_map_is_explained(results, tmp_path, options, said):
    file = tmp_path / "map.png"
    words = options if "--indicator" in options else ["--indicator", "coverage", *options]
    words = words if "--year" in options else ["--year", YEAR, *words]
    found = gp_settlement("map", results.folder, "-o", file, *words)
    assert found.exit_code == 2
    assert said in " ".join(found.stderr.split())
    assert not file.exists()


def test_a_map_of_nothing_lists_the_indicators(results, tmp_path):
    found = gp_settlement("map", results.folder, "--year", YEAR, "-o", tmp_path / "map.png")
    assert found.exit_code == 2
    assert "--indicator: found none, needed is one; there are supply_fte, supply_persons," in found.stderr
