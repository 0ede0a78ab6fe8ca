"""The chapters of a report on the nation and on its regions: figures, maps and tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from experiments import charts, disclosure, figures, spread, summary, workforce_charts
from experiments.document import Block, Heading, Paragraph, Picture, Table
from experiments.report_told import DETAILED, FEWEST_RUNS, MAPPED, NATIONAL, PER_CENT, REGIONAL, Told
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
    note = " ".join((told.say("nation note"), told.interval_note, told.locums_note))
    units = {labels[name]: told.unit(name) for name in NATIONAL} | dict.fromkeys((low, high), "fte")
    caption = told.say("nation caption", title=told.scenario(scenario))
    return Table(pd.DataFrame(rows, columns=columns), caption, note, units)


def regions(told: Told) -> Iterator[Block]:
    """Yield maps, tables and figures of the regions."""
    yield Heading(1, told.say("regions"))
    yield _map(told, told.baseline, told.first)
    for scenario in told.scenarios[:DETAILED]:
        yield _map(told, scenario, told.last)
        yield region_table(told, scenario)
    yield charts.ranking(told.results, MAPPED, told.last, told.baseline, told.lang)
    yield charts.panels(told.results, MAPPED, told.baseline, told.lang)
    yield charts.popularity(told.results, told.baseline, told.lang)


def _map(told: Told, scenario: str, year: int) -> Picture:
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
    if len(values) > 1:
        ends = told.ends(values)
        frame[low], frame[high] = (end.clip(lower=0).mask(mask[MAPPED]) for end in ends)
    names = [f"{name}\N{NO-BREAK SPACE}*" if code in told.assumed else name for code, name in told.names.items()]
    frame.insert(0, told.say("region"), names)
    units = {labels[name]: told.unit(name) for name in shown} | dict.fromkeys((low, high), PER_CENT)
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
    notes += [told.locums_note]
    notes += [told.say("assumed mark")] if told.assumed else []
    notes += [told.say("hidden")] if mask[shown].to_numpy().any() else []
    caption = told.say("regions caption", year=told.last, title=told.scenario(scenario))
    decimals = {told.say("in worst", worst=spread.WORST): 0}
    return Table(frame.reset_index(drop=True), caption, " ".join(notes), units, decimals)
