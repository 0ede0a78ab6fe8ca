"""A report of a results folder: what it says, whatever file it becomes. Made from what is stored; nothing is run.

`make` gives the contents once; report_html, report_word, report_pdf, report_excel and report_csv write them.
"""

from __future__ import annotations

import importlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import abm
from abm.indicators import BETWEEN, INDICATORS, Indicator
from experiments import (
    charts,
    costs,
    describe,
    disclosure,
    effect_charts,
    figures,
    paired,
    region_page,
    scenarios,
    spread,
    summary,
)  # fmt: skip
from experiments import data as folders
from experiments.comparison import TABLES as COMPARED
from experiments.comparison import Comparison
from experiments.comparison_figures import rounded
from experiments.comparison_sentences import Teller
from experiments.costs import ALL, NO_COST, TRAINING
from experiments.differences import NEIGHBOURS, REST, SUPPLY, TARGET, WHOLE
from experiments.document import Block, Document, Heading, Paragraph, Picture, Table
from experiments.errors import InputError
from experiments.map_texts import UNITS_NL
from experiments.report_words import listed, say
from experiments.scenarios import NamedScenario
from experiments.store import Results, replacing
from regions import DataError, Regions, load, maps
from regions.maps import Language, number
from regions.schema import ASSUMED

WRITERS = {
    ".html": "report_html",
    ".docx": "report_word",
    ".pdf": "report_pdf",
    ".xlsx": "report_excel",
    "": "report_csv",
}
"""The module that writes each kind of file; imported when asked for, as most need the extra `report`."""
FEWEST_RUNS = 10
"""Of fewer runs nothing is said about order or direction: nine in ten must agree."""
DETAILED = 5
"""Scenarios told of at length."""
SHORT = 8
"""Digits of a fingerprint where there is little room."""
MAPPED = "vacancy_rate"
MILLION = 1e6
SHARE = "share"
PER_CENT = "%"
NATIONAL = ("supply_fte", "supply_persons", "demand_fte", "shortage_fte", MAPPED)
REGIONAL = ("inhabitants", "supply_persons", "supply_fte", "demand_fte", "shortage_fte", MAPPED)
WITH_INTERVAL = ("supply_fte", "shortage_fte", MAPPED)
DIFFERENCES = (
    "supply_fte", "supply_persons", "shortage_fte", MAPPED, "coverage", "fte_per_10k", "practices", "unfilled_places",
    "share_patient_stop", "without_gp",
)  # fmt: skip
"""Indicators whose differences by region go into a spreadsheet; all are in comparison.parquet."""
RATE_DECIMALS = 1
DECIMALS = {
    "alumni_ratio": 2, "position": 2, "fte_per_10k": 2, "persons_per_10k": 2, "gini_coverage": 3,
    "regions_high_vacancy": 1, **dict.fromkeys(("supply_fte", "demand_fte", "shortage_fte", "vacancies_fte"), 1),
}  # fmt: skip
"""Decimals of indicators in the long tables; percentages have one, other figures none."""
BY_NAME: Mapping[str, Indicator] = {one.name: one for one in (*INDICATORS, *BETWEEN)}


@dataclass(frozen=True)
class Report:
    """A document, and what travels with each of its tables when they are taken out of it.

    `about` tells scenario, version, seed and the like; `definitions` what the headings of columns mean; `data` has
    tables that are too long to read, for spreadsheets. `finished` is when the results were (ISO 8601), `scenario` has
    the names of the scenarios, `subtitle` says what the figures are, and `origin` is `about` in a line.
    """

    document: Document
    about: Mapping[str, str]
    definitions: Mapping[str, str]
    data: tuple[Table, ...]
    finished: str
    version: str
    scenario: str
    subtitle: str
    origin: str

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, those of the document first."""
        return (*(block for block in self.document.blocks if isinstance(block, Table)), *self.data)

    def meanings(self, table: Table) -> dict[str, str]:
        """Return what the columns of a table mean, those of which it is said; … stands for the start of a heading."""
        found = {}
        for column in map(str, table.frame.columns):
            for known, meaning in self.definitions.items():
                if column == known or (known.startswith("…") and column.endswith(known[1:])):
                    found[column] = meaning
        return found


def write(
    results: Results, output: Path, lang: Language, template: Path | None = None, region: str | None = None
) -> None:
    """Write the report of a results folder, or the page of one region.

    The suffix says as what; no suffix means a folder of CSV files.

    `template` is for .docx. A file appears whole or not at all. Raises `InputError` for another suffix, a template that
    cannot be used and a folder that holds other files, and `ImportError` where the extra `report` is not installed.
    """
    suffix = output.suffix.lower()
    if suffix not in WRITERS:
        raise InputError(
            f"{output}: found {output.suffix}, allowed: {', '.join(filter(None, WRITERS))}, or none for CSV"
        )
    writer = importlib.import_module(f"experiments.{WRITERS[suffix]}")
    made = make(results, lang, region)
    output.parent.mkdir(parents=True, exist_ok=True)
    if not suffix:
        writer.write(made, output)
        return
    with replacing(output) as new:
        writer.write(made, new, **({"template": template} if suffix == ".docx" else {}))


def make(results: Results, lang: Language, region: str | None = None) -> Report:
    """Return the report of a results folder in a language, or the page of one region.

    Raises `InputError` for a region that is not in the results.
    """
    told = _Told(results, lang)
    if region is not None:
        return told.report(region_page.content(results, region, lang))
    parts = (_summary, _nation, _regions, _comparison, _scenarios, _assumptions, _data, _counting, _again)
    blocks = tuple(block for part in parts for block in part(told))
    return told.report(Document(told.title, lang, blocks), tuple(_long_tables(told)))


class _Told:
    """What is told of, in a language, and how."""

    def __init__(self, results: Results, lang: Language) -> None:
        self.results, self.lang, self.manifest = results, lang, results.manifest
        self.nation = results.read("national")
        self.regions = results.read("regions")
        there = set(self.nation["scenario"])
        self.scenarios = [name for name in self.manifest["scenarios"] if name in there]
        self.first, self.last = (int(year) for year in (self.nation["year"].min(), self.nation["year"].max()))
        names = self.regions[["region_code", "region_name"]].drop_duplicates()
        self.names: dict[str, str] = dict(names.itertuples(index=False, name=None))
        quality = self.manifest["data"]["quality"]["workforce"]
        self.assumed = {code for code in self.names if quality.get(code) == ASSUMED}
        self.ensemble = bool(self.manifest["ensemble"])

    def say(self, phrase: str, **words: object) -> str:
        return say(phrase, self.lang, **words)

    def number(self, value: float, decimals: int = 0) -> str:
        return number(value, decimals, self.lang)

    def per_cent(self, value: float, decimals: int = 1) -> str:
        return f"{self.number(100 * value, decimals)}%"

    def named(self, codes: Sequence[object]) -> str:
        return listed([self.names[str(code)] for code in codes], self.lang)

    def label(self, name: str) -> str:
        return BY_NAME[name].label_nl if self.lang == "nl" else BY_NAME[name].label_en

    def unit(self, name: str) -> str:
        """Return the unit of a column: "%" for shares, which stay fractions; none where the label says it."""
        unit = BY_NAME[name].unit
        if unit.startswith(SHARE):
            return PER_CENT
        return UNITS_NL.get(unit, unit) if self.lang == "nl" else unit

    def scenario(self, name: str) -> str:
        texts = self.manifest["scenarios"][name]["title"]
        return str(texts.get(self.lang) or next(iter(texts.values()), name))

    def runs(self, scenario: str) -> int:
        return int(self.nation.loc[self.nation["scenario"] == scenario, "replication"].nunique())

    def of_nation(self, scenario: str, year: int) -> pd.DataFrame:
        """Return the nation's indicators by run."""
        table = self.nation
        return table[(table["scenario"] == scenario) & (table["year"] == year)].set_index("replication")

    def of_regions(self, scenario: str, indicator: str, year: int) -> pd.DataFrame:
        """Return an indicator by run and region code, in the regions' order."""
        table = self.regions
        rows = table[(table["scenario"] == scenario) & (table["year"] == year)]
        found = rows.pivot_table(index="replication", columns="region_code", values=indicator, dropna=False)
        return found[list(self.names)]

    def ends(self, values: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
        """Return the ends of the interval in which runs lie, by column: empty for one run."""
        if self.ensemble and len(values) > 1:
            low, high = (values.quantile(share) for share in spread.INTERVAL)
            return low, high
        half = summary.half_width(values.std(), values.count())
        return values.mean() - half, values.mean() + half

    @cached_property
    def inside(self) -> str:
        """The share of runs inside an interval."""
        share = spread.INTERVAL[1] - spread.INTERVAL[0] if self.ensemble else paired.LEVEL
        return self.per_cent(share, 0)

    @cached_property
    def interval_note(self) -> str:
        """What low and high are."""
        low, high = (self.per_cent(share, 0) for share in spread.INTERVAL)
        return self.say("interval ensemble", low=low, high=high) if self.ensemble else self.say("interval chance")

    @cached_property
    def comparison(self) -> Comparison | None:
        """The comparison that the folder holds, if it does."""
        files = [self.results.folder / f"{name}.parquet" for name in COMPARED]
        if len(self.scenarios) < 2 or not all(file.exists() for file in files):
            return None
        about = json.loads(pq.read_schema(files[0]).metadata[b"gp_settlement"])
        found = Comparison(self.results, about["baseline"], tuple(about["keys"]))
        try:
            _ = found.summary  # kept by the comparison
        except KeyError as error:
            raise InputError(
                f"{self.results.folder}: its tables of comparison are of another version of gp-settlement, without "
                f"{error}; the same gp-settlement compare as before makes them again"
            ) from None
        return found

    @cached_property
    def baseline(self) -> str:
        """What other scenarios are compared with, or the first scenario."""
        return self.comparison.baseline if self.comparison else self.scenarios[0]

    @cached_property
    def title(self) -> str:
        """The title of the report."""
        if self.comparison:
            return Teller(self.comparison, self.lang).title()
        return self.say("title", scenario=listed([self.scenario(name) for name in self.scenarios], self.lang))

    @cached_property
    def data(self) -> Regions | None:
        """The data that the runs were made with, if they are still there."""
        about = self.manifest["data"]
        try:
            found = load(None if about["shipped"] else about["folder"])
        except (DataError, OSError):
            return None
        return found if found.fingerprint == about["fingerprint"] else None

    def named_scenario(self, name: str) -> NamedScenario:
        """Return a scenario as it was run."""
        about = self.manifest["scenarios"][name]
        scenario = abm.Scenario.model_validate_json(json.dumps(about["parameters"]))
        sources, choices = about.get("sources", {}), about.get("choices", {})
        return NamedScenario(scenario, about["title"], about["description"], sources, choices)

    @cached_property
    def counts(self) -> str:
        """How many runs each scenario has, in words."""
        counts = sorted({self.runs(name) for name in self.scenarios})
        if counts == [1]:
            return self.say("one run")
        return self.say("runs", count=" - ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1]))))

    def report(self, document: Document, data: tuple[Table, ...] = ()) -> Report:
        """Return a document with what travels with its tables."""
        return Report(
            document,
            self.about,
            self.definitions,
            data,
            finished=self.manifest["finished"],
            version=self.manifest["version"],
            scenario=", ".join(self.scenarios),
            subtitle=self.made,
            origin=self.origin,
        )

    @cached_property
    def made(self) -> str:
        """What the report was made from."""
        finished, version = str(self.manifest["finished"])[:10], self.manifest["version"]
        words = {"version": version, "runs": self.counts, "seed": self.manifest["seed"], "first": self.first}
        return self.say("made", finished=finished, **words)

    @cached_property
    def origin(self) -> str:
        """Version, seed, runs and data in a line."""
        about = self.manifest
        code, data = about["code"][:SHORT], about["data"]["fingerprint"][:SHORT]
        version = f"gp-settlement {about['version']} ({code})"
        return f"{version}; seed {about['seed']}; {self.counts}; data {data}; {', '.join(self.scenarios[:DETAILED])}"

    @cached_property
    def about(self) -> dict[str, str]:
        """What travels with every table."""
        manifest, data = self.manifest, self.manifest["data"]
        titles = [f"{name}: {self.scenario(name)}" for name in self.scenarios[:DETAILED]]
        if len(self.scenarios) > DETAILED:
            titles.append(self.say("several", count=len(self.scenarios) - DETAILED))
        return {
            self.say("scenario"): "; ".join(titles),
            self.say("version"): f"gp-settlement {manifest['version']}",
            self.say("seed"): str(manifest["seed"]),
            self.say("replications"): self.counts,
            self.say("ensemble"): manifest["ensemble"] or self.say("no ensemble"),
            self.say("data fingerprint"): data["fingerprint"],
            self.say("code fingerprint"): manifest["code"],
            self.say("finished"): str(manifest["finished"]),
        }

    @cached_property
    def definitions(self) -> dict[str, str]:
        """What headings of columns mean."""
        low, high = (self.say(end, label="…") for end in ("low", "high"))
        return {
            **{self.label(name): describe.meaning(one, self.lang) for name, one in BY_NAME.items()},
            low: self.interval_note,
            high: self.interval_note,
        }


# Summary -------------------------------------------------------------------------------------------------------------


def _summary(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("summary"))
    for name in [told.baseline] if told.comparison else told.scenarios[:DETAILED]:
        yield Paragraph(" ".join(_nation_in_words(told, name)))
        yield Paragraph(" ".join(_regions_in_words(told, name)))
    if told.comparison:
        teller = Teller(told.comparison, told.lang)
        for name in told.comparison.scenarios[:DETAILED]:
            words = " ".join(teller.sentences(name)).replace("`", "")
            yield Paragraph(f"{told.scenario(name)}. {words}")
    yield Paragraph(" ".join(_certainty(told, told.baseline)))


def _nation_in_words(told: _Told, scenario: str) -> Iterator[str]:
    """Yield what the nation comes to; a direction is told where enough runs have it."""
    first, last = (told.of_nation(scenario, year) for year in (told.first, told.last))
    supply, demand, shortage = (last[name].mean() for name in ("supply_fte", "demand_fte", "shortage_fte"))
    words = {"title": told.scenario(scenario), "first": told.first, "year": told.last}
    figures_ = {"supply": told.number(supply), "demand": told.number(demand)}
    if len(last) < 2:
        yield told.say("one run short", **figures_, **words)
    else:
        low, high = (end["shortage_fte"] for end in told.ends(last[["shortage_fte"]]))
        side = _side(last["shortage_fte"])
        phrase = {1: "short", -1: "surplus"}.get(side, "either")
        sign = -1 if side == -1 else 1
        ends = sorted((sign * low, sign * high))
        between = "between surplus" if ends[0] < 0 else "between"
        told_between = told.say(between, share=told.inside, low=told.number(abs(ends[0])), high=told.number(ends[1]))
        if ends[0] < 0 and sign < 0:  # mostly a surplus, with a shortage at one end
            told_between = told.say("between surplus", share=told.inside, low=told.number(ends[1]),
                                    high=told.number(-ends[0]))  # fmt: skip
        yield told.say(phrase, shortage=told.number(abs(shortage)), between=told_between, **figures_, **words)
        change = last[MAPPED] - first[MAPPED].reindex(last.index)
        phrase = {1: "rate up", -1: "rate down"}.get(_side(change), "rate same")
        low, high = (end[MAPPED] for end in told.ends(last[[MAPPED]]))
        rates = (first[MAPPED].mean(), last[MAPPED].mean(), max(0.0, low), high)
        names = ("before", "after", "low", "high")
        yield told.say(
            phrase, share=told.inside, **{k: told.per_cent(v) for k, v in zip(names, rates, strict=True)}, **words
        )
    yield told.say("plan", plan=told.number(last["supply_fte_plan"].mean()))
    published = summary.published(told.manifest["scenarios"][scenario]["parameters"]).get(told.last)
    if published:
        yield told.say(
            "published", supply=told.number(published["supply_fte"]), demand=told.number(published["demand_fte"])
        )


def _side(values: pd.Series[float]) -> int:
    """Return on which side of zero runs are: 1 above, -1 below, 0 if it cannot be told.

    Of few runs the interval for one more must be on that side, which of two or three it seldom is.
    """
    if len(values) < FEWEST_RUNS:
        half = float(summary.half_width(values.to_frame().std(), values.to_frame().count()).iloc[0])
        return int(np.sign(values.mean())) if abs(values.mean()) > half else 0
    side = spread.order(values.to_frame(), pd.Series(0.0, index=values.index)).iloc[0]
    return 0 if pd.isna(side) else int(side)


def _regions_in_words(told: _Told, scenario: str) -> Iterator[str]:
    """Yield which regions are robustly above or below the nation, and which are among the worst."""
    if told.runs(scenario) < FEWEST_RUNS:
        yield told.say("too few", fewest=FEWEST_RUNS)
        return
    robust = told.per_cent(spread.ROBUST, 0)
    values = told.of_regions(scenario, MAPPED, told.last)
    order = spread.order(values, told.of_nation(scenario, told.last)[MAPPED])
    for side, phrase in ((1, "above"), (-1, "below")):
        codes = list(order.index[order == side])
        named = {"regions": told.named(codes)} if codes else {}
        found = phrase if told.ensemble else f"{phrase} chance"
        yield told.say(found if codes else f"none {phrase}", robust=robust, **named)
    if undecided := int((order == 0).sum()):
        yield told.say("undecided", count=undecided)
    in_worst = spread.ranking(values)["in_worst"]
    sure = list(in_worst.index[in_worst >= spread.ROBUST])
    words = {"worst": spread.WORST, "robust": robust}
    if not sure:
        yield told.say("worst none", **words)
    else:
        yield told.say("worst all" if len(sure) >= spread.WORST else "worst", regions=told.named(sure), **words)
        if len(sure) < spread.WORST:
            yield told.say("worst rest")


def _certainty(told: _Told, scenario: str) -> Iterator[str]:
    """Yield what the spread of the runs does and does not tell."""
    if told.runs(scenario) > 1:
        yield told.say("with ensemble" if told.ensemble else "chance alone")
    if told.assumed:
        yield told.say("assumed regions", count=len(told.assumed))
    if failed := len(told.results.failed):
        yield told.say("failed", runs=len(told.manifest["runs"]), failed=failed)


# The nation and its regions ------------------------------------------------------------------------------------------


def _nation(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("nation"))
    yield Paragraph(told.say("nation told"))
    yield charts.supply_and_demand(told.results, told.scenarios[:DETAILED], None, told.lang)
    for scenario in told.scenarios[:DETAILED]:
        yield _nation_table(told, scenario)
    yield charts.waterfall(told.results, None, None, None, told.baseline, told.lang)
    yield charts.roles(told.results, None, told.baseline, told.lang)


def _nation_table(told: _Told, scenario: str) -> Table:
    """Return the nation in a few years: as simulated, as the national model has it, and as published."""
    published = summary.published(told.manifest["scenarios"][scenario]["parameters"])
    labels = {name: told.label(name) for name in NATIONAL}
    low, high = (told.say(end, label=labels["shortage_fte"]) for end in ("low", "high"))
    rows: list[dict[str, object]] = []
    years = sorted({told.first, *(year for year in summary.YEARS_SHOWN if told.first < year < told.last), told.last})
    for year in years:
        of_runs = told.of_nation(scenario, year)
        ends = told.ends(of_runs[["shortage_fte"]])
        mean = of_runs.mean(numeric_only=True)
        start: dict[str, object] = {told.say("year"): year}
        rows.append(
            start
            | {told.say("origin"): told.say("simulated")}
            | {labels[name]: mean[name] for name in NATIONAL}
            | {key: end["shortage_fte"] for key, end in zip((low, high), ends, strict=True)}
        )
        plan = {labels[name]: mean.get(f"{name}_plan", np.nan) for name in NATIONAL}
        rows.append(start | {told.say("origin"): told.say("of plan")} | plan)
        if figures_ := published.get(year):
            of_plan = {labels[name]: figures_.get(name, np.nan) for name in NATIONAL}
            rows.append(start | {told.say("origin"): told.say("of publication")} | of_plan)
    columns = [
        told.say("year"),
        told.say("origin"),
        *(labels[name] for name in NATIONAL[:4]),
        low,
        high,
        labels[MAPPED],
    ]
    note = " ".join((told.say("nation note"), told.interval_note, told.say("locums")))
    units = {labels[name]: told.unit(name) for name in NATIONAL} | dict.fromkeys((low, high), "fte")
    caption = told.say("nation caption", title=told.scenario(scenario))
    return Table(pd.DataFrame(rows, columns=columns), caption, note, units)


def _regions(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("regions"))
    yield _map(told, told.baseline, told.first)
    for scenario in told.scenarios[:DETAILED]:
        yield _map(told, scenario, told.last)
        yield _region_table(told, scenario)
    yield charts.ranking(told.results, MAPPED, told.last, told.baseline, told.lang)
    yield charts.panels(told.results, MAPPED, told.baseline, told.lang)
    yield charts.popularity(told.results, told.baseline, told.lang)


def _map(told: _Told, scenario: str, year: int) -> Picture:
    """Return a map of the vacancy rate; its alternative text says what the map shows of every region."""
    figure = figures.region_map(told.results, MAPPED, year, scenario, told.lang)
    means = told.of_regions(scenario, MAPPED, year).mean()
    breaks = maps.classing(MAPPED, means).breaks
    labels = maps.class_labels([100 * bound for bound in breaks], told.lang, suffix=PER_CENT)
    kinds = pd.Series(np.digitize(means, breaks), means.index).where(means.notna(), -1)
    parts = [
        f"{label}: {told.named(list(kinds.index[kinds == kind]))}."
        for kind, label in [*enumerate(labels), (-1, told.say("map none"))]
        if (kinds == kind).any()
    ]
    label = told.label(MAPPED)
    alt = told.say("map alt", count=len(means), label=label.lower(), classes=" ".join(parts))
    caption = told.say("map caption", label=label, year=year, title=told.scenario(scenario))
    return Picture(figure, caption, alt)


def _means(told: _Told, scenario: str, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the mean of each indicator by region code, and which of these must be hidden."""
    table = told.regions
    rows = table[(table["scenario"] == scenario) & (table["year"] == year)]
    means = rows.groupby("region_code")[told.results.quantities("regions")].mean().loc[list(told.names)]
    return means, disclosure.hidden(means)


def _region_table(told: _Told, scenario: str) -> Table:
    """Return the regions in the last year; sorted where their order means something."""
    means, mask = _means(told, scenario, told.last)
    values = told.of_regions(scenario, MAPPED, told.last)
    labels = {name: told.label(name) for name in REGIONAL}
    frame = disclosure.shown(means[list(REGIONAL)], mask[list(REGIONAL)]).rename(columns=labels)
    low, high = (told.say(end, label=labels[MAPPED]) for end in ("low", "high"))
    if len(values) > 1:
        ends = told.ends(values)
        frame[low], frame[high] = (end.clip(lower=0).mask(mask[MAPPED]) for end in ends)
    names = [f"{name}\N{NO-BREAK SPACE}*" if code in told.assumed else name for code, name in told.names.items()]
    frame.insert(0, told.say("region"), names)
    units = {labels[name]: told.unit(name) for name in REGIONAL} | dict.fromkeys((low, high), PER_CENT)
    notes = [told.interval_note] if len(values) > 1 else []
    if len(values) >= FEWEST_RUNS:
        words = {1: told.say("higher"), 0: told.say("not robust"), -1: told.say("lower")}
        order = spread.order(values, told.of_nation(scenario, told.last)[MAPPED])
        ranking = spread.ranking(values)
        worst = told.say("in worst", worst=spread.WORST)
        frame[told.say("against")], frame[worst] = order.map(words), ranking["in_worst"]
        units[worst] = PER_CENT
        frame = frame.loc[ranking.index]
        notes += [
            told.say("against note", robust=told.per_cent(spread.ROBUST, 0), worst=spread.WORST), told.say("sorted"),
        ]  # fmt: skip
    else:
        notes.append(told.say("alphabet"))
    notes += [told.say("locums")]
    notes += [told.say("assumed mark")] if told.assumed else []
    notes += [told.say("hidden")] if mask[list(REGIONAL)].to_numpy().any() else []
    caption = told.say("regions caption", year=told.last, title=told.scenario(scenario))
    decimals = {told.say("in worst", worst=spread.WORST): 0}
    return Table(frame.reset_index(drop=True), caption, " ".join(notes), units, decimals)


# Comparison ----------------------------------------------------------------------------------------------------------


def _comparison(told: _Told) -> Iterator[Block]:
    if len(told.scenarios) < 2:
        return
    found = told.comparison
    yield Heading(1, told.say("comparison", baseline=told.scenario(told.baseline)))
    if found is None:
        yield Paragraph(told.say("no comparison"))
        return
    yield _effects(told, found)
    if len(found.scenarios) <= DETAILED:
        yield effect_charts.gains(told.results, None, None, told.lang)
        yield from (_difference_map(told, found, scenario) for scenario in found.scenarios)
    if (found.summary["note"] != NO_COST).any():
        yield effect_charts.cost_and_effect(told.results, None, told.lang)
    if len(found.scenarios) <= DETAILED and not found.keys:
        for scenario in found.scenarios:
            yield _gains_and_losses(told, found, scenario)
        yield _costs(told, found)


def _difference_map(told: _Told, found: Comparison, scenario: str) -> Picture:
    """Return a map of what a scenario changes; its alternative text tells where that is shown, and where not."""
    figure = figures.region_map(told.results, MAPPED, told.last, scenario, told.lang, compare=found.baseline)
    table = found.read("comparison", scenario=scenario, indicator=MAPPED, year=told.last).set_index("region_code")
    table = table.loc[[code for code in told.names if code in table.index]]
    sides = {"map lower": table["high"] < 0, "map higher": table["low"] > 0}
    sides["map same"] = ~(sides["map lower"] | sides["map higher"])
    parts = [
        told.say(phrase, regions=told.named(list(table.index[side]))) for phrase, side in sides.items() if side.any()
    ]
    words = {"title": told.scenario(scenario), "baseline": told.scenario(found.baseline), "year": told.last}
    label = told.label(MAPPED)
    alt = told.say("difference alt", label=label.lower(), told=" ".join(parts), **words)
    return Picture(figure, told.say("difference caption", label=label, **words), alt)


def _effects(told: _Told, found: Comparison) -> Table:
    """Return the effect of each scenario, a row per scenario."""
    gain = told.say("gain")
    low, high = (told.say(end, label=gain) for end in ("low", "high"))
    teller = Teller(found, told.lang)
    summed = found.summary
    rows = []
    for row in summed.to_dict("records"):
        cost = np.nan if row["note"] == NO_COST else row["cost"] / MILLION
        rows.append(
            {
                told.say("scenario"): told.scenario(row["scenario"]),
                **{key: row[key] for key in found.keys},
                told.say("aim"): teller.regions(row["scenario"]),
                gain: row["gain"],
                low: row["gain_low"],
                high: row["gain_high"],
                told.say("less"): row["chance_better"],
                told.say("neighbours"): row[NEIGHBOURS],
                told.say("rest"): row[REST],
                told.say("whole"): row[WHOLE],
                told.say("cost"): cost,
                told.say("per"): np.nan if row["note"] else rounded(row["cost_per_fte_year"]),
            }
        )
    one = dict.fromkeys((gain, low, high, *(told.say(word) for word in ("neighbours", "rest", "whole", "cost"))), 1)
    frame = pd.DataFrame(rows)
    swept = {key: _decimals_of(frame[key]) for key in found.keys if pd.api.types.is_float_dtype(frame[key])}
    baseline = told.scenario(found.baseline)
    return Table(
        frame,
        told.say("effects", year=told.last),
        told.say("effects note", baseline=baseline),
        {told.say("less"): PER_CENT},
        {**one, **swept, told.say("less"): 0, told.say("per"): 0},
    )


def _decimals_of(values: pd.Series[float]) -> int:
    """Return the fewest decimals that print values exactly, six at most."""
    there = values.dropna()
    return next((d for d in range(6) if there.round(d).equals(there)), 6)


def _gains_and_losses(told: _Told, found: Comparison, scenario: str) -> Table:
    """Return what groups of regions and each region gain or lose in the last year."""
    table = found.read("displacement", scenario=scenario, quantity=SUPPLY, year=told.last)
    difference = told.say("difference")
    low, high = (told.say(end, label=difference) for end in ("low", "high"))
    rows = []
    for group in (TARGET, NEIGHBOURS, REST, WHOLE):
        of_group = table[table["group"] == group]
        parts = of_group[of_group["region_code"].isin(list(told.names))]
        whole = of_group[~of_group["region_code"].isin(list(told.names))]
        if group != WHOLE and parts.empty:
            continue
        for row in [*parts.to_dict("records"), *whole.to_dict("records")]:
            name = told.names.get(row["region_code"]) or told.say("nation" if group == WHOLE else "together")
            sure = row["low"] > 0 or row["high"] < 0
            rows.append(
                {
                    told.say("region"): name,
                    told.say("group"): told.say(f"group {group}"),
                    told.say("without"): row["mean_baseline"],
                    told.say("with"): row["mean_scenario"],
                    difference: row["difference"],
                    low: row["low"],
                    high: row["high"],
                    told.say("shown"): told.say("yes" if sure else "no"),
                }
            )
    frame = pd.DataFrame(rows)
    decimals = dict.fromkeys((told.say("without"), told.say("with"), difference, low, high), 1)
    caption = told.say("where", year=told.last, title=told.scenario(scenario))
    return Table(frame, caption, f"{told.say('where note')} {told.say('locums')}", {}, decimals)


def _costs(told: _Told, found: Comparison) -> Table:
    """Return whom levers reach over the whole run, and what they cost."""
    table = found.costs[found.costs["year"].isna()]
    together = {ALL: told.say("all levers"), TRAINING: told.say("training")}
    cost = told.say("cost")
    low, high = (told.say(end, label=cost) for end in ("low", "high"))
    rows = []
    for (scenario, lever), those in table.groupby(["scenario", "lever"], sort=False):
        by_quantity = {row["quantity"]: row for row in those.to_dict("records")}
        reached, anyway = (by_quantity.get(name) for name in ("reached_persons", "reached_anyway"))
        euros = by_quantity["cost"]
        rows.append(
            {
                told.say("scenario"): told.scenario(str(scenario)),
                told.say("lever"): together.get(str(lever), lever),
                told.say("reached"): _count(reached["value"]) if reached else np.nan,
                told.say("counted"): told.say(f"unit {reached['unit']}") if reached else "",
                told.say("anyway"): _count(anyway["value"]) if anyway else np.nan,
                cost: euros["value"] / MILLION,
                low: euros["low"] / MILLION,
                high: euros["high"] / MILLION,
            }
        )
    decimals = {told.say("reached"): 0, told.say("anyway"): 0} | dict.fromkeys((cost, low, high), 1)
    return Table(pd.DataFrame(rows), told.say("costs"), told.say("costs note"), {}, decimals)


def _count(persons: float) -> float | str:
    """Return a number of GPs as a report may show it."""
    return disclosure.HIDDEN if 0 < persons < disclosure.FEWEST else persons


# Scenarios, assumptions, data ----------------------------------------------------------------------------------------


def _scenarios(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("scenarios"))
    for name in told.scenarios[:DETAILED]:
        named = told.named_scenario(name)
        title = told.scenario(name)
        yield Heading(2, title)
        if text := named.description.get(told.lang) or next(iter(named.description.values()), ""):
            yield Paragraph(text)
        if values := describe.differences(named, told.data, told.lang):
            yield _values(told, values, told.say("differs", title=title))
        else:
            yield Paragraph(told.say("rest as default" if named.scenario.levers else "as default"))
        for lever in named.scenario.levers:
            yield Heading(3, told.say("lever named", name=lever.name, about=describe.about_lever(lever, told.lang)))
            lines = describe.lever_lines(named, lever, told.names, told.lang)
            yield Paragraph(" ".join(f"{describe.say(what, told.lang)}: {line}." for what, line in lines))
            values = describe.lever_values(named, lever, told.lang)
            yield _values(told, values, told.say("lever caption", name=lever.name, title=title))
        if not named.scenario.levers:
            yield Paragraph(told.say("no levers"))
    if more := len(told.scenarios[DETAILED:]):
        yield Paragraph(told.say("several", count=more))


def _values(told: _Told, values: Sequence[describe.Value], caption: str, *, usual: bool = True) -> Table:
    """Return values of a scenario or lever with what they mean and where they come from, and what is `usual`."""
    frame = _values_frame(told, values)
    return Table(frame if usual else frame.drop(columns=told.say("default")), caption)


def _values_frame(told: _Told, values: Sequence[describe.Value]) -> pd.DataFrame:
    rows = [
        {
            told.say("parameter"): one.key,
            told.say("meaning"): one.about,
            told.say("value"): one.value,
            told.say("unit"): one.unit,
            told.say("default"): one.usual,
            told.say("quality"): describe.say(one.quality, told.lang),
            told.say("from"): describe.QUALITY_FIRST.sub("", one.source),
        }
        for one in values
    ]
    return pd.DataFrame(rows)


def _assumptions(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("assumptions"))
    yield Paragraph(told.say("assumptions told"))
    values = describe.parameters(told.named_scenario(told.scenarios[0]), told.lang)
    if assumed := [one for one in values if describe.quality(one.source) == ASSUMED]:
        yield _values(told, assumed, told.say("assumptions caption"), usual=False)


def _data(told: _Told) -> Iterator[Block]:
    about = told.manifest["data"]
    folder = Path(about["folder"]).name
    yield Heading(1, told.say("data"))
    yield Paragraph(told.say("shipped data") if about["shipped"] else told.say("own data", folder=folder))
    if about["own_stock"]:
        yield Paragraph(told.say("own stock"))
    if told.data is None:
        yield Paragraph(told.say("data gone", folder=folder))
    else:
        yield _contents(told, told.data.folder)
        yield _weights(told, told.data.folder)
    for table, quality in about["quality"].items():
        codes = [code for code in told.names if quality.get(code) == ASSUMED]
        if codes:
            title = describe.table_title(table, told.lang).lower()
            regions = told.named(codes) if len(codes) < len(told.names) else told.say("all levers")
            yield Paragraph(told.say("assumed in", table=title, regions=regions))


def _contents(told: _Told, folder: Path) -> Table:
    """Return the tables of the data: year, quality and source of each."""

    def quality(counts: Mapping[str, int | None]) -> str:
        words = [(describe.say(name, told.lang), count) for name, count in counts.items()]
        return ", ".join(word if count is None else f"{told.number(count)} {word}" for word, count in words)

    rows = [
        {
            told.say("table"): table.file,
            told.say("about"): describe.table_title(table.name, told.lang),
            told.say("rows"): of.rows,
            told.say("years"): of.year,
            told.say("quality"): quality(of.quality),
            told.say("source"): of.source,
        }
        for table, of in folders.contents(folder)
    ]
    return Table(pd.DataFrame(rows), told.say("data caption"), decimals={told.say("rows"): 0})


def _weights(told: _Told, folder: Path) -> Table:
    rows = [
        {
            told.say("about"): describe.table_title(table.name, told.lang),
            told.say("share assumed"): weight,
            told.say("weighed by"): told.say(of),
        }
        for weight, of, table in folders.assumed_weights(folder)
    ]
    share = told.say("share assumed")
    return Table(pd.DataFrame(rows), told.say("weights caption"), "", {share: PER_CENT}, {share: 0})


def _counting(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("counting"))
    yield Paragraph(f"{told.say('locums')} {told.say('counting persons')}")
    yield Paragraph(told.say("hidden"))
    yield Paragraph(told.interval_note)
    rows = [
        {told.say("term"): told.label(name), told.say("meaning"): describe.meaning(BY_NAME[name], told.lang),
         told.say("unit"): told.unit(name)}
        for name in dict.fromkeys((*NATIONAL, *REGIONAL))
    ]  # fmt: skip
    yield Table(pd.DataFrame(rows), told.say("definitions"))


def _again(told: _Told) -> Iterator[Block]:
    yield Heading(1, told.say("again"))
    yield Paragraph(told.say("again told"))
    command, own = _command(told)
    if own:
        yield Paragraph(told.say("own file", files=listed(own, told.lang)))
    software = ", ".join(f"{name} {version}" for name, version in told.manifest["software"].items())
    rows = {told.say("command"): command} | told.about
    rows |= {told.say("software"): software, told.say("started"): told.manifest["started"]}
    frame = pd.DataFrame({told.say("what"): list(rows), told.say("value"): list(rows.values())})
    yield Table(frame, told.say("made with"))


def _command(told: _Told) -> tuple[str, list[str]]:
    """Return the command that makes the results again, and the scenario files of the user's own that it names."""
    manifest, swept = told.manifest, told.comparison.summary if told.comparison else pd.DataFrame()
    keys = told.comparison.keys if told.comparison else ()
    names = list(dict.fromkeys(name.split(f"-{keys[0]}-")[0] if keys else name for name in manifest["scenarios"]))
    settings = {name: _settings(told, name) for name in names}
    own = [name for name, found in settings.items() if found is None]
    words = ["gp-settlement", "compare" if len(manifest["scenarios"]) > 1 else "run"]
    words += [f"{name}.toml" if name in own else name for name in names]
    values = {key: sorted(swept[key].dropna().unique()) for key in keys}
    sampled = len(swept) < np.prod([len(those) for those in values.values()])
    for key, those in values.items():  # the ends of a sample's ranges are not kept
        words += ["--sweep", f"{key}={'LOW:HIGH' if sampled else ','.join(f'{value:g}' for value in those)}"]
    words += ["--sample", str(len(swept))] if keys and sampled else []
    for setting in dict.fromkeys(setting for found in settings.values() for setting in found or ()):
        words += ["--set", setting]
    words += ["--replications", str(manifest["replications"]), "--seed", str(manifest["seed"])]
    words += ["--until", str(told.last)]
    words += ["--ensemble"] if told.ensemble else []
    words += [] if manifest["data"]["shipped"] else ["--data", Path(manifest["data"]["folder"]).name]
    return shlex.join(words), [f"{name}.toml" for name in own]


def _settings(told: _Told, name: str) -> list[str] | None:
    """Return the settings KEY=VALUE with which the library's scenario is that of the results; None if it is not."""
    about = told.manifest["scenarios"].get(name)
    if name not in scenarios.library():
        return None
    if about is None:  # what a sweep varies
        return []
    try:
        shipped = _flat(scenarios.load(name, (), told.data).scenario.model_dump(mode="json"))
    except InputError:  # of other data
        return None
    ran = _flat(about["parameters"])
    if shipped.keys() != ran.keys():
        return None
    return [f"{key}={json.dumps(value)}" for key, value in ran.items() if value != shipped[key]]


def _flat(value: object, key: str = "") -> dict[str, object]:
    """Return the values of a scenario by the keys that settings have, but for its name and last year."""
    if isinstance(value, dict):
        parts = [(str(part), one) for part, one in value.items() if key or part not in ("name", "end_year")]
    elif isinstance(value, list) and key == "levers":
        parts = [(f"{lever['name']}", lever) for lever in value]
    else:
        return {key.removeprefix("levers."): value}
    return {name: one for part, inner in parts for name, one in _flat(inner, f"{key}.{part}" if key else part).items()}


# Tables for spreadsheets ---------------------------------------------------------------------------------------------


def _long_tables(told: _Told) -> Iterator[Table]:
    yield _all_regions(told)
    yield _all_nation(told)
    if told.comparison:
        yield _all_differences(told, told.comparison)
        yield _all_costs(told, told.comparison)


def _columns(told: _Told, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """Return label, unit and decimals of indicators; labels that two share get the unit."""
    labels, units, decimals = {}, {}, {}
    for name in names:
        plan = name.endswith("_plan")
        indicator = name.removesuffix("_plan")
        label = told.say("plan column", label=told.label(indicator)) if plan else told.label(indicator)
        labels[name], units[label] = label, told.unit(indicator)
        decimals[label] = DECIMALS.get(indicator, RATE_DECIMALS if units[label] == PER_CENT else 0)
    return labels, units, decimals


def _all_regions(told: _Told) -> Table:
    """Return every indicator by scenario, year and region: means of the runs, and the interval of the main ones."""
    names = told.results.quantities("regions")
    groups = told.regions.groupby(["scenario", "year", "region_code"], sort=False)
    means = groups[names].mean()
    mask = disclosure.hidden(means)
    labels, units, decimals = _columns(told, names)
    frame = disclosure.shown(means, mask).rename(columns=labels)
    for name in WITH_INTERVAL:
        ends = _group_ends(told, groups[name])
        for end, values in zip(("low", "high"), ends, strict=True):
            column = told.say(end, label=labels[name])
            frame[column] = values.mask(mask[name])
            units[column], decimals[column] = units[labels[name]], decimals[labels[name]]
    frame = frame.reset_index()
    frame.insert(3, told.say("region"), frame["region_code"].map(told.names))
    keys = {"scenario": told.say("scenario"), "year": told.say("year"), "region_code": told.say("code")}
    notes = [told.say("means"), told.interval_note, told.say("locums"), told.say("hidden")]
    return Table(frame.rename(columns=keys), told.say("all regions"), " ".join(notes), units, decimals)


def _group_ends(told: _Told, groups: Any) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the ends of the interval in which runs lie, by group."""
    if told.ensemble:
        several = groups.count() > 1
        low, high = (groups.quantile(share).where(several) for share in spread.INTERVAL)
        return low, high
    half = summary.half_width(groups.std(), groups.count())
    return groups.mean() - half, groups.mean() + half


def _all_nation(told: _Told) -> Table:
    """Return every indicator of the nation by scenario and year, beside the national model."""
    names = told.results.quantities("national")
    labels, units, decimals = _columns(told, names)
    frame = told.nation.groupby(["scenario", "year"], sort=False)[names].mean().rename(columns=labels).reset_index()
    keys = {"scenario": told.say("scenario"), "year": told.say("year")}
    note = f"{told.say('means')} {told.say('locums')}"
    return Table(frame.rename(columns=keys), told.say("all nation"), note, units, decimals)


def _all_differences(told: _Told, found: Comparison) -> Table:
    """Return differences by scenario, indicator, year and region; those of regions with few GPs left out."""
    names = {one: told.label(one) for one in DIFFERENCES}
    table = found.differences[found.differences["indicator"].isin(list(DIFFERENCES))]
    gps = table[table["indicator"] == "supply_persons"].set_index(["scenario", "year", "region_code"])
    few = gps[(gps[["mean_baseline", "mean_scenario"]] < disclosure.FEWEST).any(axis=1)].index
    table = table[~table.set_index(["scenario", "year", "region_code"]).index.isin(few)]
    difference = told.say("difference any")
    low, high = (told.say(end, label=difference) for end in ("low", "high"))
    columns = {
        "scenario": told.say("scenario"), "indicator": told.say("indicator"), "unit": told.say("unit"),
        "year": told.say("year"), "region_code": told.say("code"), "region_name": told.say("region"),
        "mean_baseline": told.say("without any"), "mean_scenario": told.say("with any"), "difference": difference,
        "low": low, "high": high,
    }  # fmt: skip
    units = {name: BY_NAME[name].unit for name in DIFFERENCES}
    dutch = {name: UNITS_NL.get(unit, unit) for name, unit in units.items()}
    frame = table.assign(
        unit=table["indicator"].map(dutch if told.lang == "nl" else units), indicator=table["indicator"].map(names)
    )
    numbers = [columns[name] for name in ("mean_baseline", "mean_scenario", "difference", "low", "high")]
    note = f"{told.say('effects note', baseline=told.scenario(found.baseline))} {told.say('locums')}"
    frame = frame[list(columns)].rename(columns=columns).reset_index(drop=True)
    return Table(frame, told.say("all differences"), note, {}, dict.fromkeys(numbers, 4))


def _all_costs(told: _Told, found: Comparison) -> Table:
    """Return whom levers reached and what they cost, by calendar year."""
    words = {"reached_persons": "reached_persons", "reached_fte": "reached_fte", "cost": "cost quantity"}
    table = found.costs[found.costs["year"].notna() & found.costs["quantity"].isin(words)].copy()
    value = told.say("per year value")
    low, high = (told.say(end, label=value) for end in ("low", "high"))
    persons = (table["unit"] == costs.PERSONS) & (table["value"] > 0) & (table["value"] < disclosure.FEWEST)
    few = table.set_index(["scenario", "lever", "year"]).index.isin(
        table[persons].set_index(["scenario", "lever", "year"]).index
    )
    together = {ALL: told.say("all levers"), TRAINING: told.say("training")}
    frame = pd.DataFrame(
        {
            told.say("scenario"): table["scenario"],
            told.say("lever"): table["lever"].replace(together),
            told.say("calendar year"): table["year"].astype(int),
            told.say("quantity"): table["quantity"].map({name: told.say(word) for name, word in words.items()}),
            told.say("unit"): table["unit"].map(lambda unit: UNITS_NL.get(unit, unit) if told.lang == "nl" else unit),
            value: table["value"].astype(object).mask(few, disclosure.HIDDEN),
            low: table["low"].mask(few),
            high: table["high"].mask(few),
        }
    ).reset_index(drop=True)
    note = f"{told.say('costs note')} {told.say('hidden')}"
    return Table(frame, told.say("all costs"), note, {}, dict.fromkeys((value, low, high), 1))
