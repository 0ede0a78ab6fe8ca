"""The validation report: scores and verdicts by hand, its tables, and a small run from the command line."""

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import regions
from experiments import (
    backcast,
    parameter_sets,
    plots,
    targets,
    validation,
    validation_questions,
    validation_report,
    validation_runs,
)
from experiments.cli import app
from experiments.document import inlined
from experiments.targets import AGREES, FAILS, FITTED, PUT_IN, TESTED, UNDECIDED, Target
from experiments.validation import VERDICTS

DRAWS = 2


def quiet(*_: int) -> None: ...


def row(target: float | None = None, low: float | None = None, high: float | None = None, sd: float = 1.0) -> Target:
    return Target("E1", (), TESTED, "mean_list", "", "", target, low, high, sd, "patients per practice", "")


def type_in(*words: str) -> Result:
    return CliRunner().invoke(app, ["validate", *words], env={"COLUMNS": "160"})


# Scores and verdicts


@pytest.mark.parametrize(
    ("value", "score"),
    [(5.0, 4.0), (3.0, 4.0), (7.0, 4.0), (2.0, 4.0 + 20.0), (8.5, 4.0 + 30.0)],
)
def test_interval_score_by_hand(value: float, score: float) -> None:
    """Of 3 to 7: the width, and 2 / 0.1 for each unit outside."""
    assert validation.interval_score(3.0, 7.0, value) == pytest.approx(score)


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        (row(target=9.0), 9.0),
        (row(low=8.0, high=9.0), 8.0),
        (row(low=1.0, high=2.0), 2.0),
        (row(low=8.0), 8.0),
        (row(high=2.0), 2.0),
        (row(target=9.0, low=8.0, high=9.0), 8.0),
    ],
)
def test_nearest_end_of_a_range_counts(target: Target, nearest: float) -> None:
    assert validation.nearest_allowed(target, 3.0, 7.0) == nearest


@given(st.integers(-10, 10), st.integers(0, 5), st.integers(-10, 10), st.integers(0, 5))
def test_a_range_that_meets_the_interval_costs_its_width_alone(low: int, wide: int, least: int, room: int) -> None:
    high, most = low + wide, least + room
    nearest = validation.nearest_allowed(row(low=least, high=most), low, high)
    assert least <= nearest <= most
    if least <= high and most >= low:
        assert validation.interval_score(low, high, nearest) == high - low
    else:
        assert validation.interval_score(low, high, nearest) > high - low


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([10.0] * 10, AGREES),
        ([11.0] * 10, AGREES),  # one sd outside
        ([11.5] * 10, UNDECIDED),
        ([12.0] * 10, UNDECIDED),
        ([12.1] * 10, FAILS),
        ([7.0] * 10, FAILS),
        ([10.0] * 9 + [20.0], AGREES),  # one in ten may contradict
        ([10.0] * 8 + [5.0, 15.0], UNDECIDED),  # the mean agrees, two runs in ten do not
        ([13.0] * 9 + [10.0], UNDECIDED),  # one in ten does not contradict
        ([13.0] * 19 + [10.0], FAILS),
        ([float("nan")] * 10, FAILS),
    ],
)
def test_verdicts_by_hand(values: list[float], said: str) -> None:
    assert validation.verdict(row(target=10.0), np.array(values)) == said


def test_all_of_a_range_is_as_good() -> None:
    open_, closed = row(low=10.0), row(target=11.0, low=10.0, high=12.0)
    assert validation.verdict(open_, np.array([10.0, 50.0])) == AGREES
    assert validation.verdict(closed, np.array([10.0, 12.0])) == AGREES
    assert validation.verdict(closed, np.array([14.5, 15.0])) == FAILS


# What the tables are made of


def test_every_tested_measure_has_one_topic() -> None:
    tested = {t.measure for t in targets.load() if t.use == TESTED} - {"backcast"}
    named = [name for those in validation.TOPICS.values() for name in those]
    assert sorted(named) == sorted(tested)


def test_every_reason_is_about_something_that_can_fail() -> None:
    about = {t.id for t in targets.load()} | {t.measure for t in targets.load() if t.measure}
    about |= set(backcast.quantities())
    with validation.REASONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {one["about"] for one in rows} <= about
    assert len({one["about"] for one in rows}) == len(rows)
    assert all(one["reason"].endswith(".") for one in rows)


def test_questions_are_about_every_free_parameter_once() -> None:
    asked = [name for one in validation_questions.QUESTIONS if one.source == "behaviour" for name in one.facts]
    assert sorted(asked) == sorted(["graduates", *(free.name for free in parameter_sets.free_parameters())])


def test_a_fact_that_makes_the_outcome_explains_all_of_it_and_another_nothing() -> None:
    rng = np.random.default_rng(1)
    draws = pd.Series(np.tile(np.arange(50), 4))
    fact = pd.DataFrame(rng.normal(size=(50, 3)), columns=["a", "b", "c"])
    outcome = (3 * fact - 1).iloc[draws].reset_index(drop=True)
    here, other = (pd.DataFrame(t, columns=["a", "b", "c"]).iloc[draws].reset_index(drop=True)
                   for t in (fact, rng.normal(size=(50, 3))))  # fmt: skip
    # Means of 50 draws vary by 49/50 more than 200 runs of them, in unbiased variances.
    whole = fact.var(ddof=1).sum() / fact.iloc[draws].var(ddof=1).sum()
    assert validation_questions.explained(outcome, draws, [here]) == pytest.approx(whole)
    assert abs(validation_questions.explained(outcome, draws, [other])) < 0.06
    assert np.isnan(validation_questions.explained(outcome.iloc[:3], draws.iloc[:3], [here.iloc[:3], other.iloc[:3]]))


def test_many_facts_without_effect_explain_nothing() -> None:
    """Twenty facts on sixty draws would fit a third of any outcome: what chance gives is taken off."""
    rng = np.random.default_rng(3)
    draws, codes = pd.Series(np.arange(60)), [f"r{i}" for i in range(40)]
    outcome, *facts = (pd.DataFrame(rng.normal(size=(60, 40)), columns=codes) for _ in range(21))
    assert abs(validation_questions.explained(outcome, draws, facts)) < 0.08


def test_luck_is_not_explained() -> None:
    """Half of the variance is luck of single runs: a fact of the draws explains the other half."""
    rng = np.random.default_rng(2)
    draws = pd.Series(np.repeat(np.arange(200), 5))
    fact = pd.DataFrame({"a": rng.normal(size=200)}).iloc[draws].reset_index(drop=True)
    outcome = fact + rng.normal(size=(1000, 1))
    assert validation_questions.explained(outcome, draws, [fact]) == pytest.approx(0.5, abs=0.08)


def test_sources_of_all_regions_weigh_by_variance() -> None:
    pooled = validation.pooled(pd.DataFrame({"sd": [1.0, 3.0], "behaviour": [1.0, 0.5], "chance": [0.0, 0.5]}))
    assert pooled.to_dict() == {"sd": 2.0, "behaviour": pytest.approx(0.55), "chance": pytest.approx(0.45)}


# The document


def test_a_table_as_markdown_and_as_html(tmp_path: Path) -> None:
    blocks = [
        validation_report.Heading("On <this>", 1),
        validation_report.Heading("One & two"),
        validation_report.Grid(("a", "b"), "lr", [("x | y", "1"), ("`name`", FAILS)]),
        validation_report.Items(["first", "second"]),
    ]
    assert validation_report.markdown(blocks) == (
        "# On <this>\n\n## One & two\n\n| a | b |\n|---|---:|\n| x \\| y | 1 |\n| `name` | fails |\n\n"
        "- first\n- second\n"
    )
    page = validation_report.as_html(blocks, tmp_path)
    assert '<h1 id="on-this">On &lt;this&gt;</h1>' in page
    assert '<a href="#one-two">One &amp; two</a>' in page
    assert "<td>x | y</td><td class='r'>1</td>" in page
    assert "<td><code>name</code></td><td class='r fails'>fails</td>" in page


def test_drawings_in_one_page_keep_their_ids_apart() -> None:
    svg = '<?xml version="1.0"?>\n<svg><g id="a"/><path clip-path="url(#p)"/><use xlink:href="#m"/></svg>'
    assert inlined(svg, "one") == (
        '<svg><g id="one-a"/><path clip-path="url(#one-p)"/><use xlink:href="#one-m"/></svg>'
    )


@pytest.mark.parametrize(
    ("published", "least", "most", "text"),
    [
        (2500.0, 2300.0, 2500.0, "2,300 to 2,500"), (-5.7, -5.9, -5.65, "−5.9 to −5.65"),
        (39.0, 38.95, 39.05, "38.95 to 39.05"),
        (np.nan, 0.0, np.inf, "at least 0"), (np.nan, -np.inf, 1.0, "at most 1"),
        (11573.0, 11572.5, 11573.5, ""), (4.1, 4.05, 4.15, ""), (-5.7, -5.75, -5.65, ""),
    ],
)  # fmt: skip
def test_what_a_figure_leaves_open_is_told_where_it_is_more_than_its_last_digit(
    published: float, least: float, most: float, text: str
) -> None:
    assert validation_report._range(published, least, most) == text


def test_ranges_of_evidence_name_what_is_between() -> None:
    assert validation_report._evidence_ids("(E008 to E010), E200.") == {"E008", "E009", "E010", "E200"}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4236, "share", "42.4%"), (0.005, "per year", "0.50%"), (1.234, "odds ratio", "1.23"), (10.0, "rank", "10"),
        (10.25, "rank", "10.2"), (3672.4, "patients per practice", "3,672"), (-7.7, "practices per year", "−7.7"),
        (np.nan, "share", ""),
    ],
)  # fmt: skip
def test_numbers_are_told_in_their_unit(value: float, unit: str, text: str) -> None:
    assert validation_report.told(value, unit) == text


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_labels_keep_clear_of_each_other_and_of_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, box = rng.uniform(40, 360, (28, 2)), (0.0, 0.0, 400.0, 400.0)
    sizes = np.column_stack([rng.uniform(20, 60, 28), np.full(28, 8.0)])
    centres = plots.place_labels(points, sizes, box)
    apart = np.abs(centres[:, None] - centres) >= (sizes[:, None] + sizes) / 2
    np.fill_diagonal(apart[..., 0], True)
    assert apart.any(axis=2).all()
    assert (np.abs(centres[:, None] - points) >= sizes[:, None] / 2).any(axis=2).all()
    assert ((centres - sizes / 2 >= 0) & (centres + sizes / 2 <= 400)).all()
    ends = np.clip(points, centres - sizes / 2, centres + sizes / 2)
    crossed = plots.crosses(points[:, None], ends[:, None], centres, sizes / 2)
    np.fill_diagonal(crossed, False)
    assert not crossed.any()


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [((0, 0), (4, 4), True), ((0, 0), (1, 1), True), ((0, 0), (0.9, 0.9), False), ((0, 2), (4, 2), True),
     ((2, 0), (2, 4), True), ((0, 3.1), (4, 3.1), False), ((2, 2), (2, 2), True), ((0, 2.5), (2.5, 5), False)],
)  # fmt: skip
def test_a_line_crosses_a_box_by_hand(start: tuple[float, float], end: tuple[float, float], touches: bool) -> None:
    """The box is from 1 to 3 both ways."""
    crossed = plots.crosses(np.array(start), np.array(end), np.array([2.0, 2.0]), 1.0)
    assert crossed == touches


# What users type


def test_an_option_of_the_report_before_national_is_told() -> None:
    result = type_in("--draws", "3", "national")
    assert result.exit_code == 2
    assert "--draws belongs to the report" in result.output


# A small run


@pytest.fixture(scope="module")
def found() -> validation_runs.Found:
    return validation_runs.collect(DRAWS, 1, regions.load(), workers=1, progress=quiet)


@pytest.fixture(scope="module")
def tables(found: validation_runs.Found) -> validation.Tables:
    return validation.tables(found)


@pytest.fixture(scope="module")
def folder(found: validation_runs.Found, tables: validation.Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return validation_report.write(tmp_path_factory.mktemp("report") / "validation", found, tables).parent


def of_use(use: str) -> list[Target]:
    return [t for t in targets.load() if t.use == use and t.measure != "backcast"]


@pytest.mark.slow
def test_every_fitted_and_tested_row_is_there_with_its_numbers(tables: validation.Tables) -> None:
    assert tables.fitted[["id", "measure"]].to_numpy().tolist() == [[t.id, t.measure] for t in of_use(FITTED)]
    assert sorted(tables.tested[["id", "measure"]].to_numpy().tolist()) == sorted(
        [t.id, t.measure] for t in of_use(TESTED)
    )
    numbers = ["default", "mean", "from", "to", "away"]
    assert tables.fitted[numbers].notna().all(axis=None)
    assert tables.tested[[*numbers, "within", "score", "prior_score"]].notna().all(axis=None)
    assert (tables.tested["score"] >= tables.tested["to"] - tables.tested["from"] - 1e-9).all()
    assert set(tables.tested["verdict"]) <= set(VERDICTS)


@pytest.mark.slow
def test_runs_are_of_three_kinds_and_differ(found: validation_runs.Found) -> None:
    count = found.runs["kind"].value_counts().to_dict()
    assert count == {"ensemble": validation_runs.ENSEMBLE_RUNS * DRAWS, "default": DRAWS, "prior": DRAWS}
    mean = [found.of(kind, "locums_change").mean() for kind in count]
    assert len(set(mean)) == 3
    # The base year is drawn for ensemble and prior alike, from the same seeds; the default has the shipped one.
    drawn, prior, shipped = (
        found.of(kind, "share_of_gps[RA0102]")[:DRAWS] for kind in ("ensemble", "prior", "default")
    )
    assert drawn.tolist() == prior.tolist()
    assert len({*drawn, *shipped}) > 1


@pytest.mark.slow
def test_every_tested_row_stands_in_the_report_with_its_verdict(folder: Path, tables: validation.Tables) -> None:
    lines = [line for line in (folder / "index.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [re.split(r"(?<!\\)\|", line) for line in lines if len(re.findall(r"(?<!\\)\|", line)) == 13]
    told = [[cell.strip() for cell in cells[1:-1]] for cells in told]
    told = [cells for cells in told if cells[-2] in VERDICTS]
    rows = tables.tested.replace({"place": {"": "the nation"}})
    wanted = rows[["place", "id", "verdict", "note"]].to_numpy().tolist()
    assert [[cells[1], cells[2], cells[-2], cells[-1].replace("\\|", "|")] for cells in told] == wanted


@pytest.mark.slow
def test_every_evidence_row_that_is_named_stands_at_the_end_with_its_source(folder: Path) -> None:
    above, listed = (folder / "index.md").read_text(encoding="utf-8").split("## 10 Evidence named above")
    rows = [[cell.strip() for cell in line.split(" | ")] for line in listed.splitlines() if line.startswith("| E")]
    ids = {row[0].removeprefix("| ") for row in rows}
    assert set(re.findall(r"\bE\d{3}\b", above)) <= ids
    assert "E080" in ids
    assert "E921" in ids  # named as E919 to E926
    sources = regions.tables.read(regions.load().folder, "evidence").set_index("id")["source"]
    assert all(sources[row[0].removeprefix("| ")] == row[-1].removesuffix(" |") for row in rows)


@pytest.mark.slow
def test_every_failure_has_a_reason_and_what_agrees_has_none(tables: validation.Tables) -> None:
    failing = tables.tested["verdict"] == FAILS
    assert (tables.tested.loc[failing, "reason"] != "").all()
    assert (tables.tested.loc[tables.tested["verdict"] == AGREES, "reason"] == "").all()
    missed = (tables.past["verdict"] == backcast.MISSES) & (tables.past["use"] == TESTED)
    assert (tables.past.loc[missed, "reason"] != "").all()
    assert tables.failures == failing.sum() + missed.sum()


@pytest.mark.slow
def test_nothing_in_the_back_cast_that_was_put_in_or_fitted_is_called_a_test(tables: validation.Tables) -> None:
    use = tables.past.set_index("evidence")["use"]
    assert use["E001"] == PUT_IN
    assert use["E552"] == FITTED
    assert use["werkzaam_zelfstandig_TBO"] == PUT_IN
    assert use["E743"] == TESTED
    known = {id_ for t in targets.load() if t.use != TESTED for id_ in (t.id, *t.also)}
    own = tables.past.loc[tables.past["use"] == TESTED, "evidence"]
    assert not {id_.strip() for cell in own for id_ in cell.split(",")} & known


@pytest.mark.slow
def test_ranking_and_questions_are_complete(found: validation_runs.Found, tables: validation.Tables) -> None:
    assert list(tables.rankings) == [2030, 2035, 2043]
    for table in tables.rankings.values():
        assert sorted(table.index) == sorted(found.data.codes)
        assert table["in_worst"].sum() == pytest.approx(5)
    assert len(tables.questions) == len(validation_questions.QUESTIONS)
    assert tables.region_sources.index.tolist() == list(found.data.codes)


class Page(HTMLParser):
    """What a page opens and closes, and what it asks for elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") and value and not value.startswith("#"):
                self.asked.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_html_is_whole_and_needs_nothing_else(folder: Path) -> None:
    page = Page((folder / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert page.asked == []
    assert len(set(page.ids)) == len(page.ids)


@pytest.mark.slow
def test_figures_are_there_as_png_and_svg(folder: Path) -> None:
    text = (folder / "index.md").read_text(encoding="utf-8")
    for name in validation_report.FIGURES:
        assert f"({name}.png)" in text
        assert (folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


@pytest.mark.slow
def test_same_command_same_files_however_many_work_at_it(folder: Path, tmp_path: Path) -> None:
    again = type_in("--draws", str(DRAWS), "--workers", "2", "--out", str(tmp_path))
    assert again.exit_code == 0, again.output
    names = sorted(path.name for path in folder.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.slow
def test_strict_fails_where_a_tested_row_does(
    found: validation_runs.Found, tables: validation.Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation_runs, "collect", lambda *_, **__: found)  # run already
    assert tables.failures
    strict = type_in("--strict", "--out", str(tmp_path))
    assert strict.exit_code == 1, strict.output
    assert (tmp_path / "index.html").exists()
    assert type_in("--out", str(tmp_path)).exit_code == 0
    good = replace(tables, tested=tables.tested.assign(verdict=AGREES), past=tables.past.assign(verdict=AGREES))
    monkeypatch.setattr(validation, "tables", lambda _: good)
    assert type_in("--strict", "--out", str(tmp_path)).exit_code == 0
    assert "0 fail" in (tmp_path / "index.md").read_text(encoding="utf-8")
