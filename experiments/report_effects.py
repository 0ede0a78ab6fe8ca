"""The chapter of a report on what scenarios change beside the baseline, whom levers reach and what they cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from experiments import disclosure, effect_charts, figures, paired, summary
from experiments.comparison_facts import Facts, records, shown
from experiments.comparison_printing import rounded
from experiments.comparison_sentences import Teller
from experiments.comparison_stored import Comparison
from experiments.costs import ALL, NO_COST, TRAINING
from experiments.differences import NEIGHBOURS, REST, SUPPLY, TARGET, WHOLE
from experiments.document import Block, Heading, Paragraph, Picture, Table
from experiments.report_told import DETAILED, MAPPED, MILLION, PER_CENT, Told
from experiments.report_words import listed


def chapter(told: Told) -> Iterator[Block]:
    """Yield the effects of scenarios, if there are several."""
    if len(told.scenarios) < 2:
        return
    found = told.comparison
    yield Heading(1, told.say("comparison", baseline=told.scenario(told.baseline)))
    if found is None:
        yield Paragraph(told.say("no comparison"))
        return
    yield _effects(told, found)
    if len(found.scenarios) <= DETAILED:
        yield from (effect_charts.gains(told.results, year, None, told.lang) for year in _years(told, found))
        yield _difference_maps(told, found)
    in_full = len(found.scenarios) <= DETAILED and not found.keys
    if in_full:
        yield from (_gains_and_losses(told, found, scenario) for scenario in found.scenarios)
    if (found.summary["note"] != NO_COST).any():
        yield effect_charts.cost_and_effect(told.results, None, told.lang)
    if in_full:
        yield _costs(told, found)


def _years(told: Told, found: Comparison) -> list[int]:
    """Return the years in which differences are shown: when the first measure has ended, or half way, and the last."""
    early = min(map(Facts(found).end, found.scenarios))
    if early == told.last:
        early = max((year for year in summary.YEARS_SHOWN if year < told.last), default=told.last)
    return sorted({early, told.last})


def _difference_maps(told: Told, found: Comparison) -> Picture:
    """Return maps of what scenarios change in the years of `_years`."""
    years = _years(told, found)
    figure = figures.region_map(told.results, MAPPED, years, found.scenarios, told.lang, compare=found.baseline)
    parts = [
        f"{told.scenario(scenario)}, {year}. {_sides_told(told, found, scenario, year)}"
        for scenario in found.scenarios
        for year in years
    ]
    label, baseline = told.label(MAPPED), told.scenario(found.baseline)
    dates = listed([str(year) for year in years], told.lang)
    caption = told.say("difference caption", label=label, baseline=baseline, year=dates)
    alt = told.say("difference alt", label=label.lower(), baseline=baseline, told=" ".join(parts))
    return Picture(figure, caption, alt)


def _sides_told(told: Told, found: Comparison, scenario: str, year: int) -> str:
    """Return where the rate is shown to be lower or higher than without, and where neither, if that can be said."""
    table = found.read("comparison", scenario=scenario, indicator=MAPPED, year=year).set_index("region_code")
    table = table.loc[[code for code in told.names if code in table.index]]
    if table["low"].isna().all():
        return told.say("few pairs", fewest=paired.FEWEST)
    sides = {"map lower": table["high"] < 0, "map higher": table["low"] > 0}
    sides["map same"] = (table["low"] <= 0) & (table["high"] >= 0)
    return " ".join(
        told.say(phrase, regions=told.named(list(table.index[side]))) for phrase, side in sides.items() if side.any()
    )


def _effects(told: Told, found: Comparison) -> Table:
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
    return Table(
        frame,
        told.say("effects", year=told.last),
        effects_note(told, found),
        {told.say("less"): PER_CENT},
        {**one, **swept, told.say("less"): 0, told.say("per"): 0},
    )


def effects_note(told: Told, found: Comparison) -> str:
    """Return what the figures of a table of effects are."""
    return _with_intervals(told, found, told.say("effects note", baseline=told.scenario(found.baseline)))


def costs_note(told: Told, found: Comparison) -> str:
    """Return what the figures of a table of costs are."""
    return _with_intervals(told, found, told.say("costs note"))


def _with_intervals(told: Told, found: Comparison, note: str) -> str:
    """Return a note, with why there are no intervals if there are none."""
    few = bool(found.summary["gain_low"].isna().all())
    return f"{note} {told.say('few pairs', fewest=paired.FEWEST)}" if few else note


def _decimals_of(values: pd.Series[float]) -> int:
    """Return the fewest decimals that print values exactly, six at most."""
    there = values.dropna()
    return next((d for d in range(6) if there.round(d).equals(there)), 6)


def _gains_and_losses(told: Told, found: Comparison, scenario: str) -> Table:
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
        alone = group != WHOLE and len(parts) == 1
        for row in [*records(parts), *([] if alone else records(whole))]:
            name = told.names.get(row["region_code"]) or told.say("nation" if group == WHOLE else "together")
            sure = "" if np.isnan(row["low"]) else told.say("yes" if shown(row) else "no")
            rows.append(
                {
                    told.say("region"): name,
                    told.say("group"): told.say(f"group {group}"),
                    told.say("without"): row["mean_baseline"],
                    told.say("with"): row["mean_scenario"],
                    difference: row["difference"],
                    low: row["low"],
                    high: row["high"],
                    told.say("shown"): sure,
                }
            )
    frame = pd.DataFrame(rows)
    decimals = dict.fromkeys((told.say("without"), told.say("with"), difference, low, high), 1)
    caption = told.say("where", year=told.last, title=told.scenario(scenario))
    note = _with_intervals(told, found, f"{told.say('where note')} {told.locums_note}")
    return Table(frame, caption, note, {}, decimals)


def _costs(told: Told, found: Comparison) -> Table:
    """Return whom levers reach over the whole run, and what they cost."""
    table = found.costs[found.costs["year"].isna()]
    together = {ALL: told.say("all levers"), TRAINING: told.say("training")}
    cost = told.say("cost")
    low, high = (told.say(end, label=cost) for end in ("low", "high"))
    rows = []
    for (scenario, lever), those in table.groupby(["scenario", "lever"], sort=False):
        if lever == ALL and table.loc[table["scenario"] == scenario, "lever"].nunique() == 2:
            continue  # one lever alone
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
    return Table(pd.DataFrame(rows), told.say("costs"), costs_note(told, found), {}, decimals)


def _count(persons: float) -> float | str:
    """Return a number of GPs as a report may show it."""
    return disclosure.HIDDEN if 0 < persons < disclosure.FEWEST else persons
