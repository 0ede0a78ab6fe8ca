"""The chapters of a report on the nation and on its regions: figures, maps and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from experiments import charts, disclosure, figures, paired, spread, summary, workforce_charts
from experiments.document import Block, Heading, Paragraph, Picture, Table
from experiments.report_told import DETAILED, MAPPED, NATIONAL, PER_CENT, REGIONAL, Told
from experiments.report_words import listed
from regions import maps


def nation(told: Told) -> Iterator[Block]:
    """Yield supply and demand of the nation beside the national model and the published plan, and who the GPs are."""
    yield Heading(1, told.say("nation"))
    yield Paragraph(told.say("nation told"))
    yield charts.supply_and_demand(told.results, told.scenarios[:DETAILED], None, told.lang)
    for scenario in told.scenarios[:DETAILED]:
        yield _nation_table(told, scenario)
    yield charts.waterfall(told.results, None, None, None, told.baseline, told.lang)
    yield workforce_charts.blocks(told.results, None, told.baseline, told.lang)
    yield workforce_charts.roles(told.results, None, told.baseline, told.lang)
    yield workforce_charts.pyramid(told.results, None, told.last, told.baseline, told.lang)


def _nation_table(told: Told, scenario: str) -> Table:
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
        rows.append(start | {told.say("origin"): told.say("of drawn plans" if told.ensemble else "of plan")} | plan)
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
    note = " ".join((told.say("nation note"), told.interval_note, told.locums_note))
    units = {labels[name]: told.unit(name) for name in NATIONAL} | dict.fromkeys((low, high), "fte")
    caption = told.say("nation caption", title=told.scenario(scenario))
    return Table(pd.DataFrame(rows, columns=columns), caption, note, units)


def regions(told: Told) -> Iterator[Block]:
    """Yield maps, tables and figures of the regions."""
    scenarios = told.scenarios[:DETAILED]
    yield Heading(1, told.say("regions"))
    yield _maps(told, [told.baseline], [told.first, told.last])
    yield region_table(told, told.baseline)
    if others := [name for name in scenarios if name != told.baseline]:
        yield _maps(told, [told.baseline, *others], [told.last])
    yield from (region_table(told, name) for name in others)
    if told.runs(told.baseline) < spread.FEWEST_RUNS:
        yield Paragraph(told.say("no order", fewest=spread.FEWEST_RUNS))
    else:
        yield charts.ranking(told.results, MAPPED, told.last, told.baseline, told.lang)
    yield charts.panels(told.results, MAPPED, told.baseline, told.lang)
    yield charts.popularity(told.results, told.baseline, told.lang)


def _maps(told: Told, scenarios: Sequence[str], years: Sequence[int]) -> Picture:
    """Return maps of the vacancy rate in a figure; its alternative text says what each shows of every region."""
    figure = figures.region_map(told.results, MAPPED, years, scenarios, told.lang)
    parts = [
        f"{year if len(years) > 1 else told.scenario(scenario)}. {_classes_told(told, scenario, year)}"
        for scenario in scenarios
        for year in years
    ]
    label, dates = told.label(MAPPED), listed([str(year) for year in years], told.lang)
    alt = told.say("maps alt", count=len(told.names), label=label.lower(), told=" ".join(parts))
    phrase = "maps caption" if len(scenarios) > 1 else "map caption"
    return Picture(figure, told.say(phrase, label=label, year=dates, title=told.scenario(scenarios[0])), alt)


def _classes_told(told: Told, scenario: str, year: int) -> str:
    """Return which regions are in which class of the vacancy rate, from low to high."""
    means = told.of_regions(scenario, MAPPED, year).mean()
    breaks = maps.classing(MAPPED, means).breaks
    labels = maps.class_labels([100 * bound for bound in breaks], told.lang, suffix=PER_CENT)
    kinds = pd.Series(np.digitize(means, breaks), means.index).where(means.notna(), -1)
    return " ".join(
        f"{label}: {told.named(list(kinds.index[kinds == kind]))}."
        for kind, label in [*enumerate(labels), (-1, told.say("map none"))]
        if (kinds == kind).any()
    )


def _means(told: Told, scenario: str, year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the mean of each indicator by region code, and which of these must be hidden."""
    table = told.regions
    rows = table[(table["scenario"] == scenario) & (table["year"] == year)]
    means = rows.groupby("region_code")[told.results.quantities("regions")].mean().loc[list(told.names)]
    return means, disclosure.hidden(means)


def region_table(told: Told, scenario: str) -> Table:
    """Return the regions in the last year; sorted where their order means something."""
    means, mask = _means(told, scenario, told.last)
    values = told.of_regions(scenario, MAPPED, told.last)
    shown = told.columns(REGIONAL)
    labels = {name: told.label(name) for name in shown}
    frame = disclosure.shown(means[shown], mask[shown]).rename(columns=labels)
    low, high = (told.say(end, label=labels[MAPPED]) for end in ("low", "high"))
    if len(values) >= paired.FEWEST:
        ends = told.ends(values)
        frame[low], frame[high] = (end.clip(lower=0).mask(mask[MAPPED]) for end in ends)
    names = [f"{name}\N{NO-BREAK SPACE}*" if code in told.assumed else name for code, name in told.names.items()]
    frame.insert(0, told.say("region"), names)
    units = {labels[name]: told.unit(name) for name in shown} | dict.fromkeys((low, high), PER_CENT)
    notes = [told.interval_note]
    if len(values) >= spread.FEWEST_RUNS:
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
    notes += [told.locums_note]
    notes += [told.say("assumed mark")] if told.assumed else []
    notes += [told.say("hidden")] if mask[shown].to_numpy().any() else []
    caption = told.say("regions caption", year=told.last, title=told.scenario(scenario))
    decimals = {told.say("in worst", worst=spread.WORST): 0}
    return Table(frame.reset_index(drop=True), caption, " ".join(notes), units, decimals)
