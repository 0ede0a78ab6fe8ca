"""Maps of results: what is hatched, how wide a spread is, and which regions come before which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from typer.testing import CliRunner, Result

from experiments import ensemble, figures, map_texts, spread, store
from experiments.cli import app
from experiments.errors import InputError
from experiments.store import Results
from regions import maps

RUNS, YEAR = 10, 2027
SOURCES = (*ensemble.SOURCES_ALWAYS, spread.CHANCE)  # of a scenario without measures


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def made(folder: Path, *words: object) -> Results:
    found = gp_settlement("run", "--until", YEAR, "--out", folder, *words)
    assert found.exit_code == 0, found.output
    return store.open_results(folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    return made(tmp_path_factory.mktemp("made") / "ensemble", "--ensemble", "--replications", RUNS)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Results:
    return made(tmp_path_factory.mktemp("made") / "plain", "--replications", 2)


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Results:
    return made(tmp_path_factory.mktemp("made") / "few", "--ensemble", "--replications", 1)


@pytest.fixture
def changed(results, tmp_path) -> Callable[..., Results]:
    """Give the results with other values of an indicator in the last year: by run for some regions, and elsewhere."""

    def change(
        indicator: str, regions: Mapping[str, list[float]], elsewhere: float, nation: list[float] | None = None
    ) -> Results:
        folder = tmp_path / "changed"
        folder.mkdir()
        for name in ("regions", "national"):
            table = results.read(name)
            last = table["year"] == YEAR
            run = table.loc[last, "replication"]
            if name == "national":
                table.loc[last, indicator] = run.map(dict(enumerate(nation or [elsewhere] * RUNS)))
            else:
                codes = table.loc[last, "region_code"]
                table.loc[last, indicator] = [
                    regions.get(code, [elsewhere] * RUNS)[k] for code, k in zip(codes, run, strict=True)
                ]
            table.to_parquet(folder / f"{name}.parquet")
        return replace(results, folder=folder)

    return change


def shapes(figure: Figure) -> dict[str, PathPatch]:
    return {str(patch.get_gid()): patch for patch in figure.findobj(PathPatch) if patch.get_gid()}


def hatched(figure: Figure) -> set[str]:
    return {code for code, patch in shapes(figure).items() if patch.get_hatch()}


def legend(figure: Figure) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]


def text(figure: Figure) -> str:
    return " ".join(one.get_text() for one in figure.texts)


def told(figure: Figure) -> dict[str, str]:
    """Return what the tooltip of each region says after its name."""
    return {code: str(patch.get_label()).partition(": ")[2] for code, patch in shapes(figure).items()}


# The mean, hatched where the side of the nation is not robust


def test_regions_are_hatched_that_are_on_the_side_of_the_nation_in_too_few_runs(changed, data):
    nation = [0.10 + 0.01 * k for k in range(RUNS)]  # the nation moves more than the regions do around it

    def around(*sides: int) -> list[float]:
        return [rate + 0.005 * side for rate, side in zip(nation, sides, strict=True)]

    nine_above, eight_above, nine_below, level, *_ = data.codes
    rates = {
        nine_above: around(*[1] * 9, -1),
        eight_above: around(*[1] * 8, -1, -1),
        nine_below: around(*[-1] * 9, 0),
        level: around(*[0] * 10),
    }
    figure = figures.region_map(changed("vacancy_rate", rates, 0.3, nation), "vacancy_rate", YEAR)
    assert hatched(figure) == {eight_above, level}
    assert told(figure)[eight_above].endswith(f"%; {figures.NOT_ROBUST['nl']}")
    assert told(figure)[nine_above].endswith("%")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "nl",
            "niet robuust boven of onder het landelijke cijfer: in minder dan 90% van de runs aan dezelfde kant",
        ),
        ("en", "not robustly above or below the national figure: on the same side in less than 90% of the runs"),
    ],
)
def test_the_legend_says_what_the_hatching_means(results, lang, words):
    figure = figures.region_map(results, "vacancy_rate", YEAR, lang=lang)
    assert hatched(figure)
    assert legend(figure)[-1] == words
    assert figure.legends[0].get_patches()[-1].get_hatch()


def test_nothing_is_hatched_without_ensemble(plain):
    figure = figures.region_map(plain, "vacancy_rate", YEAR)
    assert not hatched(figure)
    assert legend(figure) == list(maps.class_labels([100 * one for one in maps.BREAKS["vacancy_rate"]], suffix="%"))


@pytest.mark.parametrize("indicator", ["supply_fte", "inflow_persons"])
def test_a_part_is_on_no_side_of_the_sum(results, indicator):
    figure = figures.region_map(results, indicator, YEAR)
    assert not hatched(figure)
    assert not any("robuust" in words for words in legend(figure))


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", "niet robuust een tekort of een overschot: in minder dan 90% van de runs aan dezelfde kant van nul"),
        ("en", "not robustly a shortage or a surplus: on the same side of zero in less than 90% of the runs"),
    ],
)
def test_a_shortage_is_hatched_where_it_may_be_a_surplus(changed, data, lang, words):
    short, either, surplus, *_ = data.codes
    ours = changed(
        "shortage_fte", {short: [5.0] * 9 + [-1.0], either: [5.0] * 8 + [-1.0, 0.0], surplus: [-9.0] * 10}, 40.0
    )
    figure = figures.region_map(ours, "shortage_fte", YEAR, lang=lang)
    assert hatched(figure) == {either}
    assert legend(figure)[-1] == words


@pytest.mark.parametrize(
    ("lang", "indicator", "words"),
    [
        ("nl", "vacancy_rate", "ensemble: 1. Wat robuust boven of onder het landelijke cijfer ligt, is pas vanaf 10"),
        ("en", "shortage_fte", "ensemble: 1. Where there is robustly a shortage or a surplus can be told from 10"),
    ],
)
def test_few_runs_of_an_ensemble_are_no_ground_for_hatching(few, lang, indicator, words):
    figure = figures.region_map(few, indicator, YEAR, lang=lang)
    assert not hatched(figure)
    assert words in text(figure).replace("\n", " ")
    for draw, fewest in ((figures.spread_map, 2), (lambda *names: figures.order_map(*names, "Zeeland"), 10)):
        with pytest.raises(InputError, match=f"holds 1 run, needed are {fewest} or more"):
            draw(few, "vacancy_rate", YEAR)


# The spread


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("nl", ("Vacaturegraad: totale spreiding", "Standaardafwijking", "procentpunten", f"ensemble: {RUNS}")),
        ("en", ("Vacancy rate: total spread", "Standard deviation", "percentage points", f"ensemble: {RUNS}")),
    ],
)
def test_a_map_of_the_standard_deviation(results, data, lang, words):
    figure = figures.spread_map(results, "vacancy_rate", YEAR, lang=lang)
    for word in words:
        assert word in text(figure)
    table = results.read("regions", ["region_code", "vacancy_rate"], year=YEAR)
    code = data.codes[7]
    sd = np.std(table.loc[table["region_code"] == code, "vacancy_rate"], ddof=1)
    assert told(figure)[code] == f"{maps.number(100 * sd, 1, lang)} {words[2]}"
    assert not hatched(figure)


def test_a_spread_in_the_unit_of_the_indicator(results):
    figure = figures.spread_map(results, "persons_per_10k", YEAR)
    assert all(words.endswith("personen per 10.000") for words in told(figure).values())


def test_maps_of_all_sources_share_their_classes_and_add_up_as_squares(changed, data, monkeypatch):
    monkeypatch.setattr(spread, "RUNS_FOR_SOURCES", RUNS)
    rng = np.random.default_rng(1)
    rates = {code: (1000 * rng.normal(5, 1 + k, RUNS)).round(3).tolist() for k, code in enumerate(data.codes)}
    ours = changed("mean_list", rates, 0.0)
    drawn = {
        source: figures.spread_map(ours, "mean_list", YEAR, source, lang="en") for source in (spread.TOTAL, *SOURCES)
    }
    assert len({tuple(legend(figure)) for figure in drawn.values()}) == 1
    assert len({text(figure) for figure in drawn.values()}) == len(drawn)
    assert all("add up to the total as squares" in text(figure) for figure in drawn.values())

    def squares(source: str) -> np.ndarray:
        numbers = [words.split()[0].replace(",", "") for words in told(drawn[source]).values()]
        return np.array(numbers, float) ** 2

    parts = [squares(source) for source in SOURCES]
    assert sum(part.max() > 0 for part in parts) > 2
    np.testing.assert_allclose(sum(parts), squares(spread.TOTAL), rtol=0.01)


def test_every_source_has_words_and_an_option():
    for lang in ("nl", "en"):
        assert tuple(figures.SPREAD[lang]) == spread.SPREADS
    found = gp_settlement("map", "x", "--indicator", "coverage", "--year", YEAR, "-o", "x.png", "--spread", "x")
    assert found.exit_code == 2
    assert ", ".join(f"'{source}'" for source in spread.SPREADS) in " ".join(found.stderr.replace("│", "").split())


# The order against a region


def order_of(changed, data, indicator: str = "vacancy_rate") -> tuple[Results, dict[str, str]]:
    reference, above, below, either, *_ = data.codes
    base = [0.1 + 0.01 * k for k in range(RUNS)]
    rates = {
        reference: base,
        above: [rate + 0.01 for rate in base],
        below: [rate - 0.01 for rate in base[:-1]] + [0.9],
        either: [rate + 0.01 * (-1) ** k for k, rate in enumerate(base)],
    }
    codes = {"reference": reference, "above": above, "below": below, "either": either}
    return changed(indicator, rates, 0.95), codes


@pytest.mark.parametrize("by_code", [True, False])
def test_regions_are_coloured_by_their_order(changed, data, by_code):
    results, code = order_of(changed, data)
    word = code["reference"].lower() if by_code else data.names[0].upper()
    figure = figures.order_map(results, "vacancy_rate", YEAR, word)
    colour = {one: to_hex(patch.get_facecolor()) for one, patch in shapes(figure).items()}
    assert colour[code["above"]] == maps.ORANGE
    assert colour[code["below"]] == maps.PURPLE
    assert colour[code["either"]] == maps.PALE
    assert colour[code["reference"]] == maps.CREAM
    assert hatched(figure) == {code["either"]}
    assert told(figure)[code["reference"]] == data.names[0]
    widest = max(figure.findobj(PathPatch), key=lambda patch: patch.get_linewidth())
    assert widest.get_path().vertices.tolist() == shapes(figure)[code["reference"]].get_path().vertices.tolist()


def test_the_tight_side_is_orange(changed, data):
    results, code = order_of(changed, data, "coverage")
    figure = figures.order_map(results, "coverage", YEAR, code["reference"])
    assert to_hex(shapes(figure)[code["above"]].get_facecolor()) == maps.PURPLE
    assert to_hex(shapes(figure)[code["below"]].get_facecolor()) == maps.ORANGE
    assert told(figure)[code["above"]] == "hoger in minstens 90% van de runs"


@pytest.mark.parametrize(
    ("lang", "heading", "words"),
    [
        (
            "nl",
            "Vacaturegraad: volgorde ten opzichte van Zeeland",
            [
                "hoger in minstens 90% van de runs",
                "volgorde niet robuust: in minder dan 90% van de runs aan dezelfde kant",
                "lager in minstens 90% van de runs",
                "Zeeland",
            ],
        ),
        (
            "en",
            "Vacancy rate: order against Zeeland",
            [
                "higher in at least 90% of the runs",
                "order not robust: on the same side in less than 90% of the runs",
                "lower in at least 90% of the runs",
                "Zeeland",
            ],
        ),
    ],
)
def test_words_of_the_order(results, lang, heading, words):
    figure = figures.order_map(results, "vacancy_rate", YEAR, "Zeeland", lang=lang)
    assert heading in text(figure)
    assert legend(figure) == words
    assert [bool(patch.get_hatch()) for patch in figure.legends[0].get_patches()] == [False, True, False, False]


def test_regions_without_a_value_are_in_no_order(results, data):
    trained = [code for code in data.codes if code in {data.codes[site.region] for site in data.sites}]
    figure = figures.order_map(results, "share_stay_training_region", YEAR, trained[0])
    assert legend(figure)[-1] == "geen gegevens"
    absent = {code for code, words in told(figure).items() if words == "geen gegevens"}
    assert absent == set(data.codes) - set(trained)
    with pytest.raises(InputError, match="share_stay_training_region has no value there in 2027"):
        figures.order_map(results, "share_stay_training_region", YEAR, next(iter(absent)))


# What cannot be drawn


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--spread", "total", "--order", "Zeeland"], "--spread and --order exclude each other"),
        (["--spread", "behaviour"], "holds 10 runs; sources can be told apart from 200 runs on, total from 2"),
        (["--order", "Zeland"], "did you mean Zeeland"),
        (["--order", "RA9999"], "region RA9999: not in"),
        (["--order", "Zeeland", "--indicator", "vacancy"], "did you mean vacancy_rate"),
        (["--spread", "total", "--year", "2043"], "there are 2025 to 2027"),
        (["--spread", "total", "--indicator", "inflow_persons", "--year", "2025"], "flows start in 2026"),
        (["--spread", "total", "--indicator", "inhabitants", "--year", "2025"], "is the same in every run"),
        (["--order", "Zeeland", "--scenario", "basline"], "did you mean baseline"),
    ],
)
def test_a_wrong_map_is_explained(results, tmp_path, options, said):
    file = tmp_path / "map.png"
    year = [] if "--year" in options else ["--year", YEAR]
    found = gp_settlement("map", results.folder, "--indicator", "vacancy_rate", *year, "-o", file, *options)
    assert found.exit_code == 2
    assert said in found.stderr
    assert not file.exists()


@pytest.mark.parametrize("options", [["--spread", "total"], ["--order", "Zeeland"]])
def test_chance_alone_is_not_how_sure_a_figure_is(plain, options):
    file = plain.folder.parent / "map.png"
    found = gp_settlement("map", plain.folder, "--indicator", "vacancy_rate", "--year", YEAR, "-o", file, *options)
    assert found.exit_code == 2
    assert f"{options[0][2:]}: {plain.folder} was made without --ensemble" in found.stderr
    assert not file.exists()


def test_sources_of_another_ensemble_cannot_be_told_apart(results, monkeypatch):
    monkeypatch.setattr(spread, "RUNS_FOR_SOURCES", RUNS)
    other = replace(results, manifest=results.manifest | {"ensemble": "another"})
    figures.spread_map(other, "coverage", YEAR)
    with pytest.raises(InputError, match="made with another ensemble; run it again"):
        figures.spread_map(other, "coverage", YEAR, "forecast")


def test_a_scenario_without_measures_has_no_response_to_them(results, monkeypatch):
    monkeypatch.setattr(spread, "RUNS_FOR_SOURCES", RUNS)
    with pytest.raises(InputError, match="baseline has no measures to respond to"):
        figures.spread_map(results, "coverage", YEAR, "response")


def test_an_unknown_source_is_named(results):
    with pytest.raises(InputError, match="spread behavior: not known; did you mean behaviour"):
        figures.spread_map(results, "coverage", YEAR, "behavior")


@pytest.mark.parametrize("options", [["--spread", "total"], ["--order", "Zeeland"], []])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_command_writes_the_map(results, tmp_path, options, lang):
    file = tmp_path / "map.svg"
    words = ["--indicator", "vacancy_rate", "--year", YEAR, "--lang", lang, "-o", file, *options]
    found = gp_settlement("map", results.folder, *words)
    assert found.exit_code == 0, found.output
    svg = file.read_text(encoding="utf-8")
    assert (map_texts.ROBUST in svg) == (options != ["--spread", "total"])
    assert ("<pattern" in svg) == (options != ["--spread", "total"])
