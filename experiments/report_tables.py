"""Tables of a report that are too long to read, for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from abm.indicators import AGES
from experiments import chart_texts, costs, disclosure, lookup, paired, spread, summary
from experiments.comparison_stored import Comparison
from experiments.costs import ALL, TRAINING
from experiments.document import Table
from experiments.map_texts import unit_told
from experiments.report_effects import costs_note, effects_note
from experiments.report_told import BY_NAME, DECIMALS, DIFFERENCES, PER_CENT, RATE_DECIMALS, WITH_INTERVAL, Told
from experiments.workforce_charts import age_names
from regions.people import SEXES
from regions.schema import NATION


def long_tables(told: Told) -> Iterator[Table]:
    """Yield all indicators by region and for the nation, GPs by age, and what a comparison found."""
    yield _all_regions(told)
    yield _all_nation(told)
    yield _all_ages(told)
    if told.comparison:
        yield _all_differences(told, told.comparison)
        yield _all_costs(told, told.comparison)


def _columns(told: Told, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """Return label, unit and decimals of indicators; labels that two share get the unit."""
    labels, units, decimals = {}, {}, {}
    for name in names:
        plan = name.endswith("_plan")
        indicator = name.removesuffix("_plan")
        label = told.say("plan column", label=told.label(indicator)) if plan else told.label(indicator)
        labels[name], units[label] = label, told.unit(indicator)
        decimals[label] = DECIMALS.get(indicator, RATE_DECIMALS if units[label] == PER_CENT else 0)
    return labels, units, decimals


def _all_regions(told: Told) -> Table:
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
    notes = [told.say("means"), told.interval_note, told.say("locums both"), told.say("hidden")]
    return Table(frame.rename(columns=keys), told.say("all regions"), " ".join(notes), units, decimals)


def _group_ends(told: Told, groups: Any) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the ends of the interval in which runs lie, by group."""
    if told.ensemble:
        several = groups.count() >= paired.FEWEST
        low, high = (groups.quantile(share).where(several) for share in spread.INTERVAL)
        return low, high
    half = summary.half_width(groups.std(), groups.count())
    return groups.mean() - half, groups.mean() + half


def _all_nation(told: Told) -> Table:
    """Return every indicator of the nation by scenario and year, beside the national model."""
    names = told.results.quantities("national")
    labels, units, decimals = _columns(told, names)
    frame = told.nation.groupby(["scenario", "year"], sort=False)[names].mean().rename(columns=labels).reset_index()
    keys = {"scenario": told.say("scenario"), "year": told.say("year")}
    note = f"{told.say('means')} {told.say('locums both')}"
    return Table(frame.rename(columns=keys), told.say("all nation"), note, units, decimals)


def _all_ages(told: Told) -> Table:
    """Return the GPs of each age by scenario, year, region and sex: means of the runs."""
    keys, counted = ["scenario", "year", "region_code"], lookup.counted("persons", told.locums)
    table = told.results.read("ages", [*keys, "sex", "age", counted])
    means = table.pivot_table(counted, keys, ["sex", "age"], sort=False)
    means = means[pd.MultiIndex.from_product([SEXES, AGES])]
    persons = means.to_numpy().reshape(len(means), len(SEXES), len(AGES))
    mask = np.array([disclosure.hidden_cells(of_region) for of_region in persons])
    ages = age_names(told.lang)
    shown = np.where(mask, disclosure.HIDDEN, persons.astype(object)).reshape(-1, len(AGES))
    frame = means.index.repeat(len(SEXES)).to_frame(index=False)
    frame["region"] = frame["region_code"].map(told.names)
    frame["sex"] = [chart_texts.say(sex, told.lang) for sex in SEXES] * len(means)
    words = {"scenario": "scenario", "year": "year", "region_code": "code", "region": "region", "sex": "sex"}
    frame = frame.rename(columns={name: told.say(word) for name, word in words.items()})
    note = " ".join((told.say("means"), told.locums_note, told.say("hidden")))
    return Table(frame.join(pd.DataFrame(shown, columns=ages)), told.say("all ages"), note, {}, dict.fromkeys(ages, 0))


def _all_differences(told: Told, found: Comparison) -> Table:
    """Return differences by scenario, indicator, year and region; those of regions with few GPs left out."""
    names = {one: told.label(one) for one in told.columns(DIFFERENCES)}
    table = found.differences[found.differences["indicator"].isin(list(names))]
    gps = table[table["indicator"] == told.columns(["supply_persons"])[0]].set_index(
        ["scenario", "year", "region_code"]
    )
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
    units = {name: unit_told(BY_NAME[name].unit, told.lang) for name in names}
    frame = table.assign(
        unit=table["indicator"].map(units),
        indicator=table["indicator"].map(names),
        region_name=table["region_name"].mask(table["region_code"] == NATION, told.say("nation")),
    )
    numbers = [columns[name] for name in ("mean_baseline", "mean_scenario", "difference", "low", "high")]
    note = f"{effects_note(told, found)} {told.locums_note}"
    frame = frame[list(columns)].rename(columns=columns).reset_index(drop=True)
    return Table(frame, told.say("all differences"), note, {}, dict.fromkeys(numbers, 4))


def _all_costs(told: Told, found: Comparison) -> Table:
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
            told.say("unit"): table["unit"].map(lambda unit: unit_told(unit, told.lang)),
            value: table["value"].astype(object).mask(few, disclosure.HIDDEN),
            low: table["low"].mask(few),
            high: table["high"].mask(few),
        }
    ).reset_index(drop=True)
    note = f"{costs_note(told, found)} {told.say('hidden')}"
    return Table(frame, told.say("all costs"), note, {}, dict.fromkeys((value, low, high), 1))
