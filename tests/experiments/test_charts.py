"""Figures of results and the page of a region: on real results, in both languages, with figures checked by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from typer.testing import CliRunner

from experiments import (
    chart_texts,
    charts,
    comparison_words,
    disclosure,
    drivers,
    effect_charts,
    lookup,
    plots,
    region_page,
    region_texts,
    report_effects,
    report_words,
    spread,
    store,
    workforce_charts,
)
from experiments.cli import app
from experiments.document import Heading, Paragraph, Picture, Table
from experiments.errors import InputError
from experiments.report_told import Told
from experiments.store import Results
from regions import maps
from regions.maps import Language

LAST = 2030
LANGUAGES: tuple[Language, Language] = ("nl", "en")
Draw = Callable[[Results, Language], Picture]


def made(folder: Path, *words: object) -> Results:
    found = CliRunner().invoke(app, [str(word) for word in (*words, "--until", LAST, "--out", folder)])
    assert found.exit_code == 0, found.output
    return store.open_results(folder)


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Results:
    folder = tmp_path_factory.mktemp("made") / "compared"
    return made(folder, "compare", "baseline", "shortage-bonus", "--replications", 5)


@pytest.fixture(scope="module")
def few_pairs(tmp_path_factory) -> Results:
    folder = tmp_path_factory.mktemp("made") / "few"
    return made(folder, "compare", "baseline", "shortage-bonus", "--replications", 2)


@pytest.fixture(scope="module")
def uncertain(tmp_path_factory) -> Results:
    return made(
        tmp_path_factory.mktemp("made") / "uncertain", "run", "--ensemble", "--replications", spread.FEWEST_RUNS
    )


@pytest.fixture(scope="module")
def one_run(tmp_path_factory) -> Results:
    return made(tmp_path_factory.mktemp("made") / "one", "run", "--replications", 1)


OF_SCENARIOS: dict[str, Draw] = {
    "supply and demand, nation": lambda r, lang: charts.supply_and_demand(r, None, None, lang),
    "supply and demand, region": lambda r, lang: charts.supply_and_demand(r, "baseline", "Drenthe", lang),
    "trend": lambda r, lang: charts.trend(r, "vacancy_rate", None, "RA0102", lang),
    "trend of a flow": lambda r, lang: charts.trend(r, "inflow_persons", None, "Zeeland", lang),
    "panels": lambda r, lang: charts.panels(r, "vacancy_rate", None, lang),
    "panels of a sum": lambda r, lang: charts.panels(r, "shortage_fte", "baseline", lang),
    "roles": lambda r, lang: workforce_charts.roles(r, "Zeeland", "baseline", lang),
    "blocks": lambda r, lang: workforce_charts.blocks(r, "Zeeland", "baseline", lang),
    "blocks of the nation": lambda r, lang: workforce_charts.blocks(r, None, "baseline", lang),
    "pyramid": lambda r, lang: workforce_charts.pyramid(r, "Zeeland", 2029, "baseline", lang),
    "pyramid of the nation": lambda r, lang: workforce_charts.pyramid(r, None, None, "baseline", lang),
    "ranking": lambda r, lang: charts.ranking(r, "vacancy_rate", None, "baseline", lang, "Drenthe"),
    "ranking of a sum": lambda r, lang: charts.ranking(r, "shortage_fte", 2027, "baseline", lang),
    "popularity": lambda r, lang: charts.popularity(r, "baseline", lang, "Zeeland"),
    "waterfall": lambda r, lang: charts.waterfall(r, "Zeeland", None, None, "baseline", lang),
    "waterfall of the nation": lambda r, lang: charts.waterfall(r, None, 2026, 2029, "baseline", lang),
}
OF_COMPARISONS: dict[str, Draw] = {
    "gains": lambda r, lang: effect_charts.gains(r, None, None, lang),
    "effects": lambda r, lang: effect_charts.effects(r, "vacancy_rate", 2029, "Zeeland", None, lang),
    "effects on the nation": lambda r, lang: effect_charts.effects(r, "gini_coverage", None, None, None, lang),
    "cost and effect": lambda r, lang: effect_charts.cost_and_effect(r, None, lang),
}


def texts(figure: Figure) -> list[Text]:
    """Return the texts of a figure."""
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def boxes(figure: Figure) -> list[tuple[str, np.ndarray]]:
    """Return what each text of a figure says and where it stands, in inches: left, bottom, right, top."""
    figure.dpi = 300
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    unseen = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                inside = low - 1e-9 <= tick.get_loc() <= high + 1e-9
                shown = tick.label1.get_visible() and axes.axison
                if not (inside and shown):
                    unseen.add(tick.label1)
                unseen.add(tick.label2)
    found = []
    for text in texts(figure):
        if text in unseen:
            continue
        box = Text.get_window_extent(text, renderer)  # without the arrow of an annotation
        if box.width and box.height:
            found.append((text.get_text(), np.array(box.extents) / 300))
    return found


def check_page(figure: Figure) -> None:
    """No text leaves the page, and no two of them touch."""
    width, height = figure.get_size_inches()
    shown = boxes(figure)
    assert len(shown) > 4
    for text, (left, bottom, right, top) in shown:
        assert min(left, bottom, width - right, height - top) >= 0, text
    air = 0.01  # the box of a text is a little larger than its letters
    for (text, a), (other, b) in combinations(shown, 2):
        apart = a[2] - air <= b[0] or b[2] - air <= a[0] or a[3] - air <= b[1] or b[3] - air <= a[1]
        assert apart, f"{text!r} and {other!r} overlap"


def told(picture: Picture) -> str:
    return f"{picture.caption} {picture.alt}"


@pytest.mark.parametrize("name", OF_SCENARIOS)
def test_a_figure_of_chance_alone_has_its_texts_apart_and_its_numbers_told(compared: Results, name: str) -> None:
    check(OF_SCENARIOS[name](compared, "nl"), "nl")


@pytest.mark.parametrize("name", OF_SCENARIOS)
def test_a_figure_of_an_ensemble_has_its_texts_apart_and_its_numbers_told(uncertain: Results, name: str) -> None:
    check(OF_SCENARIOS[name](uncertain, "en"), "en")


@pytest.mark.parametrize("region", [None, "Zeeland"])
@pytest.mark.parametrize("draw", [charts.supply_and_demand, partial(workforce_charts.blocks, scenario="baseline")])
def test_the_national_model_beside_an_ensemble_is_the_mean_of_those_drawn(uncertain, compared, draw, region) -> None:
    for results in (uncertain, compared):
        shown = " ".join(text.get_text() for text in texts(draw(results, region=region, lang="en").figure))
        found = "mean of the drawn models" in " ".join(shown.split())
        assert found == (results is uncertain and region is None)


@pytest.mark.parametrize("name", OF_SCENARIOS)
def test_a_figure_of_one_run_has_no_interval(one_run: Results, name: str) -> None:
    picture = OF_SCENARIOS[name](one_run, "en")
    check(picture, "en")
    assert "interval 0" not in told(picture)
    assert "nan" not in told(picture)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", OF_COMPARISONS)
def test_a_figure_of_a_comparison_has_its_texts_apart_and_its_numbers_told(
    compared: Results, name: str, lang: Language
) -> None:
    check(OF_COMPARISONS[name](compared, lang), lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_figure_of_few_pairs_tells_of_no_interval(few_pairs: Results, lang: Language) -> None:
    for name, draw in OF_COMPARISONS.items():
        picture = draw(few_pairs, lang)
        check(picture, lang)
        assert "95%" not in picture.alt, name
        assert re.search("zonder interval" if lang == "nl" else "without interval", picture.alt), name
    of = Told(few_pairs, lang)
    alt = report_effects._difference_maps(of, of.comparison).alt
    years = len(report_effects._years(of, of.comparison))
    assert alt.count("Geen intervallen" if lang == "nl" else "No intervals") == years


def check(picture: Picture, lang: Language) -> None:
    check_page(picture.figure)
    words = [text.get_text() for text in texts(picture.figure)]
    assert any(word.startswith("Bron: gp-settlement" if lang == "nl" else "Source: gp-settlement") for word in words)
    assert picture.figure.get_label()
    assert picture.caption
    assert re.search(r"\d", picture.alt)
    assert len(picture.alt) > 60
    every = " ".join([*words, told(picture)])
    assert "{" not in every
    assert not re.search(r"\bnan\b", every, re.IGNORECASE)
    if lang == "nl":
        assert not re.search(r"\d\.\d(?!\d\d)", re.sub(r"gp-settlement \S+", "", every)), every
    assert picture.figure.get_figwidth() == pytest.approx(16 / 2.54)


def test_a_figure_is_written_as_text_in_svg_and_does_not_follow_the_users_settings(compared, tmp_path: Path) -> None:
    picture = charts.supply_and_demand(compared, "baseline", "Zeeland", "nl")
    maps.save(picture.figure, tmp_path / "a.svg")
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "axes.facecolor": "red", "svg.fonttype": "path"}):
        maps.save(charts.supply_and_demand(compared, "baseline", "Zeeland", "nl").figure, tmp_path / "b.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert ">Aanbod van en vraag naar huisartsen, Zeeland</text>" in svg
    assert svg == (tmp_path / "b.svg").read_text(encoding="utf-8")


# Numbers ------------------------------------------------------------------------------------------------------------


def test_supply_and_demand_are_the_means_of_the_results(compared: Results) -> None:
    picture = charts.supply_and_demand(compared, "baseline", "Zeeland", "en")
    table = compared.read("regions", scenario="baseline")
    mean = table[table["region_name"] == "Zeeland"].groupby("year")[["supply_fte", "shortage_fte"]].mean()
    above, below = picture.figure.axes
    assert any(np.allclose(line.get_ydata(), mean["supply_fte"]) for line in lines(above, 6))
    assert any(np.allclose(line.get_ydata(), mean["shortage_fte"]) for line in lines(below, 6))
    ends = mean["supply_fte"].loc[[2025, LAST]]
    assert f"supply goes from {ends.iloc[0]:,.0f} to {ends.iloc[1]:,.0f}" in picture.alt


def test_the_nation_has_the_national_models_shortage_beside_it(compared: Results) -> None:
    picture = charts.supply_and_demand(compared, "baseline", None, "en")
    plan = compared.read("national", scenario="baseline", replication=0)["shortage_fte_plan"].to_numpy()
    below = picture.figure.axes[1]
    assert any(np.allclose(line.get_ydata(), plan) for line in lines(below, 6))
    assert f"a shortage of {plan[-1]:,.0f} fte" in picture.alt


def lines(axes: Axes, years: int) -> list:
    return [line for line in axes.get_lines() if len(line.get_ydata()) == years]


def test_an_interval_of_chance_is_that_of_one_more_run_and_of_an_ensemble_that_of_its_runs() -> None:
    values = np.array([[1.0], [2.0], [3.0], [2.0], [2.0], [np.nan]])
    chance = lookup.estimate(values, ensemble=False)
    half = 2.7764451051977987 * np.sqrt(2 / 4) * np.sqrt(1 + 1 / 5)  # t of 97.5% with 4 degrees of freedom
    assert (chance.mean[0], chance.low[0], chance.high[0]) == pytest.approx((2, 2 - half, 2 + half))
    found = lookup.estimate(values, ensemble=True)
    assert (found.mean[0], found.low[0], found.high[0]) == pytest.approx((2, 1.2, 2.8))
    for ensemble in (True, False):
        few = lookup.estimate(values[:4], ensemble=ensemble)
        assert few.mean[0] == 2
        assert np.isnan([few.low[0], few.high[0]]).all()
    nothing = lookup.estimate(values[5:], ensemble=True)
    assert np.isnan([nothing.mean[0], nothing.low[0], nothing.high[0]]).all()


def test_roles_are_stacked_to_one(compared: Results) -> None:
    axes = workforce_charts.roles(compared, "Zeeland", "baseline").figure.axes[0]
    tops = [collection.get_datalim(axes.transData).y1 for collection in axes.collections]
    assert len(tops) == 4
    assert tops[-1] == pytest.approx(1)
    assert [bool(one.get_hatch()) for one in axes.collections] == [False, True, True, False]


def test_supply_by_block_is_that_of_the_results_and_hides_few(compared: Results) -> None:
    table = compared.read("regions", scenario="baseline")
    here = table[table["region_name"] == "Zeeland"].groupby("year").mean(numeric_only=True)
    picture = workforce_charts.blocks(compared, "Zeeland", "baseline", "en")
    areas = [one.get_paths()[0].get_extents().get_points() for one in picture.figure.axes[0].collections]
    assert areas[-1][1, 1] == pytest.approx(here["supply_fte"].max(), rel=1e-6)
    abroad = here["persons_block_abroad"].iloc[-1]
    assert 0 < abroad < disclosure.FEWEST
    assert "from abroad <5" in picture.alt
    nation = compared.read("national", scenario="baseline", year=LAST)["fte_block_training_plan"].mean()
    assert f"in training in 2025 {nation:,.0f}" in workforce_charts.blocks(compared, None, "baseline", "en").alt


def test_a_pyramid_has_the_ages_of_the_results_and_hides_few(compared: Results) -> None:
    table = compared.read("ages", scenario="baseline", year=LAST)
    nation = table.groupby(["sex", "age"])["persons"].sum() / table["replication"].nunique()
    drawn = workforce_charts.pyramid(compared, None, None, "baseline").figure.axes[1].patches
    assert [bar.get_width() for bar in drawn[:10]] == pytest.approx((-nation["women"]).tolist())
    assert [bar.get_width() for bar in drawn[10:]] == pytest.approx(nation["men"].tolist())
    for locums, unit in (("divided", "persons"), ("each", "persons_each")):
        of_region = table[table["region_code"] == "RA1222"]
        here = of_region.pivot_table(index="age", columns="sex", values=unit)
        picture = workforce_charts.pyramid(compared, "Zeeland", None, "baseline", "en", locums)
        assert f"2030: {here.to_numpy().sum():.0f} GPs" in picture.alt
        bars = picture.figure.axes[1].patches
        shown = np.array([abs(bar.get_width()) for bar in bars[:20]]).reshape(2, 10)
        assert (here["women"].iloc[-1] > 0) & (shown[0, -1] == 0)  # women of 70 and over are few
        assert set(shown[shown > 0]) <= set(here.to_numpy().ravel())
        assert shown[shown > 0].min() >= disclosure.FEWEST
        assert "<5" in [text.get_text() for text in texts(picture.figure)]


@given(st.lists(st.sampled_from([0.0, 1.0, 4.9, 5.0, 30.0]), min_size=20, max_size=20))
def test_no_hidden_cell_of_a_pyramid_follows_from_a_total(counts: list[float]) -> None:
    persons = np.array(counts).reshape(2, 10)
    mask = disclosure.hidden_cells(persons)
    assert mask[disclosure.few(persons)].all()
    assert not mask[persons == 0].any()
    for some in (np.s_[0], np.s_[1], np.s_[:, :3], np.s_[:, 3:6], np.s_[:, 6:7], np.s_[:, 7:]):
        assert mask[some].sum() != 1 or (persons[some] > 0).sum() == 1


def test_a_ranking_runs_from_the_highest_and_tells_robustness_of_an_ensemble_alone(compared, uncertain) -> None:
    table = compared.read("regions", scenario="baseline", year=LAST)
    means = table.groupby("region_name")["vacancy_rate"].mean().sort_values(ascending=False)
    plain = charts.ranking(compared, "vacancy_rate", None, "baseline", "en")
    assert f"Highest: {means.index[0]} {means.iloc[0]:.1%}" in plain.alt
    assert "obustly" not in plain.alt
    assert "=" not in [text.get_text() for text in texts(plain.figure)]
    picture = charts.ranking(uncertain, "vacancy_rate", None, None, "en")
    values = spread.of_regions(uncertain, "baseline", "vacancy_rate", LAST)
    nation = uncertain.read("national", year=LAST).set_index("replication")["vacancy_rate"]
    sides = spread.order(values, nation)
    assert f"Robustly above the nation: {(sides == 1).sum()}; robustly below: {(sides == -1).sum()}" in picture.alt
    ties = (spread.ranking(values)["before_next"] < spread.ROBUST).sum()
    assert [text.get_text() for text in texts(picture.figure)].count("=") == ties


def test_popularity_is_where_graduates_start(compared: Results) -> None:
    flows = compared.read("flows", scenario="baseline", flow="graduation")
    share = flows.groupby("region_code")["persons"].sum() / flows["persons"].sum()
    axes = charts.popularity(compared, "baseline").figure.axes[0]
    drawn = [y for line in axes.get_lines() if line.get_marker() in ("^", "s", "o") for y in line.get_ydata()]
    assert sorted(drawn) == pytest.approx(sorted(share), rel=0.02)  # the mean of shares, and the share of means
    assert sum(drawn) == pytest.approx(1)


# What drives a shortage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["compared", "uncertain"])
@pytest.mark.parametrize("years", [(None, None), (2026, 2029), (2029, 2030)])
def test_the_parts_of_a_shortage_add_up_in_every_run_and_region(request, folder: str, years) -> None:
    results = request.getfixturevalue(folder)
    codes = results.read("regions", ["region_code"])["region_code"].unique()
    for region in (None, *codes):
        found = drivers.account(lookup.subject(results, "baseline", region, "nl"), *years)
        assert tuple(found.parts) == drivers.PARTS
        np.testing.assert_allclose(found.shortage[0] + sum(found.parts.values()), found.shortage[1], atol=1e-9)


def test_parts_of_regions_add_up_to_those_of_the_nation(compared: Results) -> None:
    codes = compared.read("regions", ["region_code"])["region_code"].unique()
    by_region = [drivers.account(lookup.subject(compared, "baseline", code, "nl")).parts for code in codes]
    nation = drivers.account(lookup.subject(compared, "baseline", None, "nl")).parts
    for name in ("leavers", "graduates", "arrivals", "moves", drivers.LOCUMS, drivers.HOURS):
        np.testing.assert_allclose(sum(parts[name] for parts in by_region), nation[name], atol=1e-6)
    np.testing.assert_allclose(nation["moves"], 0, atol=1e-9)
    np.testing.assert_allclose(nation[drivers.USE], 0, atol=1e-9)
    np.testing.assert_allclose(nation[drivers.LOCUMS], 0, atol=1e-9)
    demand = sum(nation[name] for name in drivers.DEMAND_PARTS)
    np.testing.assert_allclose(sum(p[name] for p in by_region for name in drivers.DEMAND_PARTS), demand, atol=1e-6)


def test_an_account_by_hand(compared: Results, tmp_path: Path) -> None:
    """Two regions and two years; A: people double, all need 20% less by demography, those here 25%, and growth."""
    folder = tmp_path / "hand"
    folder.mkdir()
    keys = {"scenario": "baseline", "replication": 0}
    rows = [  # year, code, supply_fte, supply_persons, demand_fte, demand_demography_fte, inhabitants
        (2025, "A", 80.0, 100.0, 100.0, 100.0, 1000.0),
        (2025, "B", 90.0, 100.0, 100.0, 100.0, 1000.0),
        (2026, "A", 97.0, 118.0, 200.0, 150.0, 2000.0),
        (2026, "B", 85.0, 92.0, 130.0, 90.0, 1000.0),
    ]
    names = ["year", "region_code", "supply_fte", "supply_persons", "demand_fte", drivers.DEMOGRAPHY, "inhabitants"]
    table = pd.DataFrame(rows, columns=names).assign(**keys, region_name=lambda t: "Region " + t["region_code"])
    table["shortage_fte"] = table["demand_fte"] - table["supply_fte"]
    nation = table.groupby("year")[[*names[2:], "shortage_fte"]].sum().reset_index().assign(**keys)
    nation["fte_changing_locum"], nation["persons_changing_locum"] = 16.0, 20.0  # 0.8 fte each
    flows = [  # code, flow, persons, fte
        ("A", "graduation", 20.0, 15.0),
        ("A", "arrival", 1.0, 1.0),
        ("A", "move_in", 3.0, 2.5),
        ("A", "move_out", 2.0, 1.5),
        ("A", "retirement", 6.0, 5.0),
        ("A", "exit", 1.0, 0.5),
        ("B", "move_in", 2.0, 1.5),
        ("B", "move_out", 3.0, 2.5),
        ("B", "retirement", 4.0, 3.0),
    ]
    moved = pd.DataFrame(flows, columns=["region_code", "flow", "persons", "fte"]).assign(**keys, year=2026, site="")
    for name, frame in (("regions", table), ("national", nation), ("flows", moved)):
        for text in ("scenario", "region_code", "flow"):
            if text in frame:
                frame[text] = frame[text].astype("string[pyarrow]")
        frame.astype({"year": "int32", "replication": "int32"}).to_parquet(folder / f"{name}.parquet")
    run = {"scenario": "baseline", "replication": 0, "status": "done"}
    manifest = compared.manifest | {"runs": [run]}
    found = drivers.account(lookup.subject(Results(folder, manifest), "baseline", "Region A", "nl"))
    parts = {name: float(values[0]) for name, values in found.parts.items()}
    weight = 100 / np.log(2)  # the logarithmic mean of 100 and 200
    assert parts[drivers.INHABITANTS] == pytest.approx(100)  # they alone double
    national = (240 / 3000) / (200 / 2000)  # by demography alone
    assert parts[drivers.AGEING] == pytest.approx(weight * np.log(national))
    assert parts[drivers.USE] == pytest.approx(weight * np.log((150 / 2000) / (100 / 1000) / national))
    assert parts[drivers.GROWTH] == pytest.approx(weight * np.log(200 / 150))
    assert parts["leavers"] == pytest.approx(5.5)
    assert parts["graduates"] == pytest.approx(-15)
    assert parts["arrivals"] == pytest.approx(-1)
    assert parts["moves"] == pytest.approx(-1)
    # 15 persons more settled (20 + 1 + 3 - 2 - 6 - 1) and 18 at work: 3 locums from elsewhere at 0.8 fte
    assert parts[drivers.LOCUMS] == pytest.approx(-2.4)
    # supply grew by 17 = 15 + 1 + 1 - 5.5 + 2.4 + hours
    assert parts[drivers.HOURS] == pytest.approx(-3.1)
    assert [float(value[0]) for value in found.shortage] == [20, 103]
    assert sum(parts.values()) == pytest.approx(83)


def test_a_logarithmic_mean_lies_between_and_is_the_value_of_equals() -> None:
    a, b = np.array([1.0, 2.0, 5.0]), np.array([np.e, 2.0, 5.0 * (1 + 1e-13)])
    np.testing.assert_allclose(drivers.logarithmic_mean(a, b), [np.e - 1, 2, 5])


def test_a_waterfall_ends_where_it_should(compared: Results) -> None:
    axes = charts.waterfall(compared, "Zeeland", None, None, "baseline").figure.axes[0]
    bars = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    table = compared.read("regions", scenario="baseline")
    mean = table[table["region_name"] == "Zeeland"].groupby("year")["shortage_fte"].mean()
    assert bars[0] == pytest.approx((0, mean[2025]))
    assert bars[-1] == pytest.approx((0, mean[LAST]))
    for (_, end), (start, _) in pairwise(bars[:-1]):
        assert start == pytest.approx(end)
    assert bars[-2][1] == pytest.approx(mean[LAST])


# What scenarios change ----------------------------------------------------------------------------------------------


def test_effects_are_those_of_the_comparison(compared: Results) -> None:
    row = compared.read("comparison", indicator="supply_fte", year=LAST, region_code="NL").iloc[0]
    picture = effect_charts.effects(compared, "supply_fte", None, None, None, "en")
    drawn = [line.get_xdata() for line in picture.figure.axes[0].get_lines()]
    assert [row["low"], row["high"]] in [list(values) for values in drawn]
    assert f"{row['difference']:+.1f}".replace("-", "−") in picture.alt
    gains = effect_charts.gains(compared, None, None, "en")
    groups = compared.read("displacement", year=LAST, quantity="supply_fte")
    target = groups[(groups["group"] == "target") & groups["region_code"].isna()].iloc[0]
    assert f"targets {target['difference']:+.1f}".replace("-", "−") in gains.alt


def test_shares_change_by_percentage_points(compared: Results) -> None:
    row = compared.read("comparison", indicator="vacancy_rate", year=2029, region_code="RA0102").iloc[0]
    picture = effect_charts.effects(compared, "vacancy_rate", 2029, "Drenthe", None, "en")
    number = f"{100 * row['difference']:+.1f}".replace("-", "−")
    assert number in picture.alt
    assert " pp" in picture.alt
    assert any("percentage points" in text.get_text() for text in texts(picture.figure))


def test_costs_are_those_of_the_comparison(compared: Results) -> None:
    table = compared.read("costs", lever="(all)", quantity="extra_cost")
    picture = effect_charts.cost_and_effect(compared, None, "en")
    assert f"{table['value'].iloc[0] / 1e6:.1f} million euro" in picture.alt


# What cannot be drawn -----------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[Results, Language], object], str]] = {
    "region": (
        lambda r, lang: workforce_charts.roles(r, "Zeland", "baseline", lang),
        "region Zeland: .* did you mean Zeeland",
    ),
    "scenario": (
        lambda r, lang: workforce_charts.roles(r, None, "base", lang),
        "scenario base: .* did you mean baseline",
    ),
    "several": (
        lambda r, lang: workforce_charts.roles(r, None, None, lang),
        "found 2 scenarios, name one of: baseline, short",
    ),
    "indicator": (
        lambda r, lang: charts.trend(r, "vacancy", None, None, lang),
        "indicator vacancy: .* did you mean .*vacancy_rate",
    ),
    "year": (
        lambda r, lang: workforce_charts.pyramid(r, None, 2031, "baseline", lang),
        "year 2031: .* there are 2025 to 2030",
    ),
    "order of years": (
        lambda r, lang: charts.waterfall(r, None, 2028, 2027, "baseline", lang),
        "found 2028 to 2027; the first must be before the last",
    ),
    "value": (
        lambda r, lang: charts.ranking(r, "inflow_persons", 2025, "baseline", lang),
        "year 2025: inflow_persons has no value",
    ),
    "only of the nation": (
        lambda r, lang: charts.ranking(r, "gini_coverage", 2027, "baseline", lang),
        "indicator gini_coverage: not in",
    ),
    "compared": (
        lambda r, lang: effect_charts.effects(r, scenarios=["baseline"], lang=lang),
        "scenario baseline: not compared in .* there are shortage-bonus",
    ),
    "page": (lambda r, lang: region_page.content(r, "Zeland", lang), "region Zeland: .* did you mean Zeeland"),
    "page's year": (
        lambda r, lang: region_page.content(r, "Zeeland", lang, year=2025),
        "year 2025: a page looks ahead; there are 2026 to 2030",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_there_gives_one_message(compared: Results, fault: str) -> None:
    draw, message = FAULTS[fault]
    with pytest.raises(InputError, match=message) as error:
        draw(compared, "nl")
    assert "\n" not in str(error.value)


def test_results_without_a_comparison_give_one_message(uncertain: Results) -> None:
    with pytest.raises(InputError, match="holds no comparison; `gp-settlement compare` makes one"):
        effect_charts.gains(uncertain)


# The page of a region -----------------------------------------------------------------------------------------------


def plain(document) -> Iterator[str]:
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Table():
                yield from (block.caption, block.note, *map(str, block.frame.columns))
            case Picture():
                yield from (block.caption, block.alt)


def page_of(results: Results, region: str) -> str:
    return " ".join(plain(region_page.content(results, region, "en")))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("folder", ["compared", "uncertain", "one_run"])
def test_a_page_runs_in_the_order_of_the_factsheets(request, folder: str, lang: Language) -> None:
    results = request.getfixturevalue(folder)
    page = region_page.content(results, "Zeeland", lang)
    headings = [block.text for block in page.blocks if isinstance(block, Heading)]
    order = ("capacity", "training", "vacancies", "workload", "measures", "made")
    assert headings == [region_texts.say(name, lang) for name in order]
    assert page.lang == lang
    assert "Zeeland" in page.title
    assert "2025" in page.title
    words = list(plain(page))
    assert all("{" not in text and "nan" not in text.lower().split() for text in words)
    if lang == "nl":
        assert not any(re.search(r"\d\.\d(?!\d\d)", text) for text in words if "gp-settlement" not in text)
    for block in page.blocks:
        if isinstance(block, Table):
            assert block.frame.columns.is_unique
            assert len(block.frame)
            assert set(block.units) | set(block.decimals) <= set(block.frame.columns)
        if isinstance(block, Picture):
            check_page(block.figure)


def test_a_page_has_the_region_beside_its_neighbours_and_the_nation(compared: Results) -> None:
    page = region_page.content(compared, "RA0102", "en")
    over_time, table = [block for block in page.blocks if isinstance(block, Table)][:2]
    assert list(over_time.frame["Year"]) == [2025, LAST]
    here = compared.read("regions", scenario="baseline", region_code="RA0102").groupby("year")["demand_fte"].mean()
    assert over_time.frame["Demand for GPs (fte)"].tolist() == pytest.approx(here.loc[[2025, LAST]].tolist())
    assert list(table.frame["Region"]) == ["Drenthe", "Groningen", "IJssel-Vecht", "Friesland", "the Netherlands"]
    fte = compared.read("regions", scenario="baseline", year=LAST).groupby("region_name")["supply_fte"].mean()
    assert table.frame["GPs at work (fte)"].iloc[0] == pytest.approx(fte["Drenthe"])
    assert table.frame["GPs at work (fte)"].iloc[1] == pytest.approx(fte["Groningen"])


def test_a_page_shows_nothing_of_few_gps_and_counts_locums_as_asked(compared: Results, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    shutil.copytree(compared.folder, folder)
    table = compared.read("regions")
    drenthe, friesland = ((table["region_code"] == code) & (table["year"] == LAST) for code in ("RA0102", "RA0103"))
    table.loc[drenthe, "persons_women"] = 3.0
    table.loc[friesland, "supply_persons"] = 4.0
    table.to_parquet(folder / "regions.parquet")
    few = replace(compared, folder=folder)
    capacity = next(block for block in region_page.content(few, "RA0102", "en").blocks
                    if isinstance(block, Table) and "Region" in block.frame).frame.set_index("Region")  # fmt: skip
    assert capacity.loc["Drenthe", "Women"] == disclosure.HIDDEN
    assert capacity.loc["Drenthe", "GPs at work (fte)"] != disclosure.HIDDEN
    assert set(capacity.loc["Friesland"]) == {disclosure.HIDDEN}
    words = page_of(few, "RA0103")
    assert "Fewer than five GPs work in Friesland" in words
    blocks = region_page.content(few, "RA0103", "en").blocks
    assert not any(isinstance(block, Table | Picture) for block in blocks)
    each = region_page.content(compared, "RA0102", "en", locums="each")
    column = "GPs at work, locums in every region"
    found = next(block for block in each.blocks if isinstance(block, Table) and column in block.frame)
    expected = compared.read("regions", scenario="baseline", region_code="RA0102", year=LAST)["supply_persons_each"]
    assert found.frame[column].iloc[-1] == pytest.approx(expected.mean())
    assert "as RIVM counts" in found.note


@pytest.mark.slow
def test_a_page_claims_what_is_robust_alone(uncertain: Results, compared: Results) -> None:
    values = spread.of_regions(uncertain, "baseline", "vacancy_rate", LAST)
    nation = uncertain.read("national", year=LAST).set_index("replication")["vacancy_rate"]
    one_of_each = {side: code for code, side in spread.order(values, nation).items()}
    assert len(one_of_each) > 1
    for side, code in one_of_each.items():
        phrase = {1: "above", -1: "below"}.get(int(side), "neither")
        assert region_texts.say(phrase, "en") in page_of(uncertain, str(code))
    in_worst = spread.ranking(values)["in_worst"]
    among = "In at least 90% of the runs the region is among the 5 with the highest vacancy rate"
    for code in (in_worst.index[0], in_worst.index[-1]):
        words = page_of(uncertain, str(code))
        assert (among in words) == (in_worst[code] >= spread.ROBUST)
        assert "regions in order" in words
    words = page_of(compared, "Zeeland")
    assert "Nothing can be said of the order of regions: that takes at least 10 runs" in words
    assert "Vacancy rate: regions in order" not in words
    assert "surely" not in words
    assert "is sure" not in words
    assert "by chance alone" in words


@pytest.mark.slow
def test_a_page_tells_what_measures_do_where_they_were_compared(compared: Results, uncertain: Results) -> None:
    row = compared.read("comparison", indicator="supply_fte", year=LAST, region_code="RA0102").iloc[0]
    words = page_of(compared, "Drenthe")
    assert "is aimed at this region" in words
    shown = row["low"] > 0
    assert (f"{row['difference']:.1f} fte more GPs" in words) == shown
    assert ("No difference in fte of GPs is shown here" in words) != shown
    assert "is aimed at other regions" in page_of(compared, "Zuid-Limburg")
    assert "`gp-settlement compare`" in page_of(uncertain, "Drenthe")


# Pieces -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts", [chart_texts.TEXT, region_texts.TEXT, report_words.TEXT, comparison_words.TEXT, comparison_words.KINDS]
)
def test_every_text_has_the_same_words_to_fill_in_in_both_languages(texts: dict[str, tuple[str, str]]) -> None:
    for dutch, english in texts.values():
        assert bool(dutch) == bool(english), dutch
        assert set(re.findall(r"{(\w+)}", dutch)) == set(re.findall(r"{(\w+)}", english)), dutch


def test_labels_on_a_line_move_as_little_as_they_must() -> None:
    wanted, sizes = np.array([5.0, 1.0, 1.2, 1.1]), np.array([1.0, 1.0, 2.0, 1.0])
    placed = plots.apart(wanted, sizes, (0.0, 10.0))
    order = np.argsort(placed)
    assert list(order) == [1, 3, 2, 0]
    assert placed[0] == 5
    gaps = np.diff(placed[order]) - (sizes[order][1:] + sizes[order][:-1]) / 2
    assert (gaps > -1e-12).all()
    assert placed[1] - 0.5 == pytest.approx(0)
    assert plots.apart(np.array([3.0]), np.array([1.0]), (0.0, 10.0)) == pytest.approx([3.0])
    tight = plots.apart(np.full(4, 9.9), np.ones(4), (0.0, 10.0))
    assert tight == pytest.approx([6.5, 7.5, 8.5, 9.5])
