"""The tables of a comparison: headings, and rows of texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from abm.indicators import BETWEEN
from abm.levers import Cost
from experiments import costs, describe, training_costs
from experiments.comparison_facts import Row, records
from experiments.comparison_printing import rounded
from experiments.comparison_sentences import COMMON, MILLION, Teller, about
from experiments.costs import ALL, TRAINING
from experiments.differences import (
    NEIGHBOURS,
    OTHER,
    RATE,
    REST,
    SHORTAGE,
    STEPS,
    SUPPLY,
    TARGET,
    WHOLE,
)
from regions.schema import NATION

OWN = "user"
"""The source of a value that is not the default."""
ASSUMED = ("assumed", OWN)
PER_CENT = 100.0

Cells = tuple[list[str], list[list[str]]]
"""Headings and rows."""


def overview(teller: Teller) -> Cells:
    """Return the table of all scenarios."""
    words, facts = teller.words, teller.facts
    end = ["at_end"] if facts.end_early() else []
    names = ["aim", *end, "gain", "interval", "neighbours", "rest", "nation", "less", "chance", "cost", "per"]
    rows = []
    for scenario, row in facts.summary.items():
        rows.append(
            [
                scenario,
                *(words.value(row[key]) for key in teller.keys),
                teller.regions(scenario),
                *_at_end(teller, scenario),
                words.number(row["gain"], signed=True),
                words.interval(row, "gain_low", "gain_high"),
                *(words.number(row[group], signed=True) for group in (NEIGHBOURS, REST, WHOLE)),
                words.number(row["less_shortage"], signed=True),
                words.share(row["chance_better"])
                + (words.say("same", share=words.share(row["chance_same"])) if row["chance_same"] else ""),
                _millions(teller, row),
                words.say(f"{row['note']} short") if row["note"] else words.money(row["cost_per_fte_year"]),
            ]
        )
    return [words.say("scenario"), *teller.keys, *(words.say(name) for name in names)], rows


def shortest(teller: Teller) -> Cells:
    """Return the table of all scenarios for a terminal: variants by what they have of the sweep."""
    words, facts = teller.words, teller.facts
    names = [*(["at_end"] if facts.end_early() else []), "gain", "chance", "cost", "per"]
    rows = []
    for scenario, row in facts.summary.items():
        first = [words.value(row[key]) for key in teller.keys] or [scenario]
        rows.append(
            [
                *(first if any(first) else [scenario, *first[1:]]),
                *(cell.partition(" ")[2].replace(" [", "\n[") for cell in _at_end(teller, scenario)),
                f"{words.number(row['gain'], signed=True)}\n{words.interval(row, 'gain_low', 'gain_high')}",
                words.say("all_same") if row["chance_same"] == 1 else words.share(row["chance_better"]),
                _millions(teller, row),
                words.say(f"{row['note']} cell") if row["note"] else words.money(row["cost_per_fte_year"]),
            ]
        )
    return [*(teller.keys or [words.say("scenario")]), *(words.say(f"{name} short") for name in names)], rows


def _millions(teller: Teller, row: Row) -> str:
    return "" if row["note"] == costs.NO_COST else teller.words.number(row["cost"] / MILLION)


def _at_end(teller: Teller, scenario: str) -> list[str]:
    """Return the cell with what the target has gained when the measures end, none where all go on."""
    facts = teller.facts
    if not facts.end_early():
        return []
    row = facts.group(scenario, SUPPLY, facts.aim(scenario), facts.end(scenario))
    return [teller.at(row) if row else ""]


# Who gains and who loses --------------------------------------------------------------------------------------------


def where(teller: Teller, scenario: str) -> Cells:
    """Return who gains and who loses, by group and by region near the target."""
    words, facts = teller.words, teller.facts
    less = {(row["group"], row["region_code"]): row for row in facts.rows(scenario, SHORTAGE)}
    rows = []
    for name, fte in _named(teller, scenario, SUPPLY, (TARGET, NEIGHBOURS, REST, WHOLE), (TARGET, NEIGHBOURS)):
        shares = (words.share(less[fte["group"], fte["region_code"]][f"share_{one}"]) for one in SHARES)
        rows.append(
            [
                name,
                words.number(fte["mean_baseline"]),
                words.number(fte["mean_scenario"]),
                words.number(fte["difference"], signed=True),
                words.interval(fte),
                words.interval(fte, "run_low", "run_high"),
                " / ".join(shares),
            ]
        )
    headings = ("region", "without", "with", "difference", "interval", "range", "shares")
    return [words.say(name) for name in headings], rows


SHARES = ("better", "same", "worse")


def needs(teller: Teller, scenario: str) -> Cells:
    """Return the shortage and the vacancy rate of the target, without and with."""
    words, aim = teller.words, teller.facts.aim(scenario)
    rates = {(row["group"], row["region_code"]): row for row in teller.facts.rows(scenario, RATE)}
    rows = []
    for name, short in _named(teller, scenario, SHORTAGE, (aim,), (TARGET,)):
        rate = rates[short["group"], short["region_code"]]
        rows.append(
            [
                name,
                words.number(short["mean_baseline"]),
                words.number(short["mean_scenario"]),
                words.number(short["difference"], signed=True),
                words.share(rate["mean_baseline"], 1),
                words.share(rate["mean_scenario"], 1),
                words.number(PER_CENT * rate["difference"], signed=True),
                words.interval(rate, times=PER_CENT),
            ]
        )
    headings = ("region", "shortage_without", "shortage_with", "difference", "rate_without", "rate_with", "points")
    return [words.say(name) for name in (*headings, "interval")], rows


def _named(
    teller: Teller, scenario: str, quantity: str, groups: Sequence[str], in_full: Sequence[str]
) -> Iterable[tuple[str, Row]]:
    """Yield the rows of groups with their names: each group, and the regions of those in full."""
    facts = teller.facts
    for group in groups:
        regions = facts.regions(scenario, quantity, group)
        if (row := facts.group(scenario, quantity, group)) and (group not in in_full or len(regions) != 1):
            yield f"**{teller.words.say('all ' + group)}**", row
        if group in in_full:
            yield from ((facts.names[row["region_code"]], row) for row in regions)


def origin(teller: Teller, scenario: str) -> Cells:
    """Return what the gain of the target consists of."""
    words, facts = teller.words, teller.facts
    rows = []
    for quantity in (*STEPS, OTHER, SUPPLY):
        if row := facts.group(scenario, quantity, facts.aim(scenario)):
            text = words.say(quantity)
            cells = [words.number(row["difference"], signed=True), words.interval(row)]
            rows.append([f"**{text}**" if quantity == SUPPLY else text, *cells])
    return [words.say("step"), words.say("difference"), words.say("interval")], rows


# Cost ---------------------------------------------------------------------------------------------------------------


def reach(teller: Teller, scenarios: Iterable[str]) -> Cells:
    """Return whom levers reach, how many of them would be there anyway, and what they cost."""
    words = teller.words
    rows = []
    for scenario in scenarios:
        found = {(row["lever"], row["quantity"]): row for row in teller.facts.costs(scenario)}
        levers = teller.facts.comparison.results.scenario(scenario).levers
        for lever in levers:
            reached = found.get((lever.name, "reached_persons")) or found[lever.name, "reached_fte"]
            nobody = lever.reaches == "nobody"
            rows.append(
                [
                    f"{teller.name(scenario)}: {lever.name}",
                    describe.say(lever.reaches, words.lang),
                    "" if nobody else words.reached(lever, reached),
                    _anyway(teller, found.get((lever.name, "reached_anyway")), reached["value"]),
                    _euros(teller, found[lever.name, "cost"]),
                ]
            )
        if trained := found.get((TRAINING, "extra_trainees")):
            rows.append(
                [
                    f"{teller.name(scenario)}: {words.say('training' if trained['value'] > 0 else 'training less')}",
                    words.say("trainees", baseline=teller.baseline),
                    f"{words.number(trained['value'], 0, signed=True)} {words.say('unit training')}",
                    "",
                    _euros(teller, found[TRAINING, "cost"]),
                ]
            )
        if len(levers) + bool(trained) > 1:
            rows.append(
                [f"**{teller.name(scenario)}: {words.say('all')}**", "", "", "", _euros(teller, found[ALL, "cost"])]
            )
    return [words.say(name, years=teller.years) for name in ("measure", "who", "reached", "anyway", "euros")], rows


def _anyway(teller: Teller, row: Row | None, reached: float) -> str:
    if row is None:
        return ""
    words = teller.words
    text = f"{words.number(row['value'], 0)} {words.interval(row, decimals=0)}".rstrip()
    text += f", {words.share(min(1.0, row['value'] / reached))}" if reached else ""
    return words.say("at_least", text=text) if row["note"] else text


def _euros(teller: Teller, row: Row) -> str:
    interval = teller.words.interval(row, decimals=2, times=1 / MILLION)
    return f"{teller.words.number(row['value'] / MILLION, 2)} {interval}".rstrip()


def yearly(teller: Teller, scenario: str) -> Cells:
    """Return what a scenario costs more than the baseline and gains by calendar year; no rows without a cost."""
    words = teller.words
    found = {(row["quantity"], int(row["year"])): row for row in teller.facts.costs(scenario, by_year=True)
             if row["lever"] == ALL}  # fmt: skip
    years = sorted({year for _, year in found})
    rows = [
        [
            str(year),
            _euros(teller, found["extra_cost", year]),
            f"{words.number(gain['value'], signed=True)} {words.interval(gain)}".rstrip(),
            words.money(found["cost_per_gain_so_far", year]["value"]),
        ]
        for year in years
        if (gain := found["gain", year])
    ]
    paid = any(found["extra_cost", year]["value"] for year in years)
    headings = ("year", "extra_cost", "gain_then", "so_far")
    return [words.say(name) for name in headings], rows if paid else []


# Inequality and assumptions -----------------------------------------------------------------------------------------


def unequal(teller: Teller, scenarios: Iterable[str]) -> Cells:
    """Return how unequal the regions are at the start, at the end without, and at the end with each scenario."""
    words, facts = teller.words, teller.facts
    rows = []
    for scenario in scenarios:
        for one in BETWEEN:
            found = facts.comparison.read("comparison", scenario=scenario, indicator=one.name, region_code=NATION)
            row, start = records(found)[-1], records(found)[0]["mean_baseline"]
            if one.unit == "regions" and row["mean_baseline"] == row["mean_scenario"] == len(facts.names):
                continue  # all of them, with and without: that tells nothing
            digits = 1 if one.unit == "regions" else 4
            label = one.label(words.lang)
            told = [words.number(value, digits) for value in (start, row["mean_baseline"], row["mean_scenario"])]
            told += [words.number(row["difference"], digits, signed=True), words.interval(row, decimals=digits)]
            rows.append([teller.name(scenario), label, *told])
    ends = [words.say(phrase, year=facts.last) for phrase in ("at_without", "at_with")]
    scenario, indicator, change, interval = (words.say(one) for one in ("scenario", "indicator", "change", "interval"))
    return [scenario, indicator, str(facts.first), *ends, change, interval], rows


def assumed(teller: Teller) -> Cells:
    """Return the parameters of levers that are assumed, how GPs respond, and what is paid, with their sources."""
    words, facts = teller.words, teller.facts
    rows: list[tuple[str, ...]] = []
    for scenario in facts.scenarios:
        given = facts.manifest["scenarios"][scenario].get("sources", {})
        for lever in facts.comparison.results.scenario(scenario).levers:
            for name, field in type(lever).model_fields.items():
                declared = about(field, "source") if getattr(lever, name) == field.default else OWN
                source = given.get(f"{lever.name}.{name}", declared)
                response = about(field, "role") == "uncertainty"
                swept = {name, f"{lever.name}.{name}"} & set(teller.keys)
                if name in COMMON or swept or not (response or source.startswith(ASSUMED)):
                    continue
                extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
                prior = extra.get("prior")
                likely = " - ".join(map(words.value, prior)) if isinstance(prior, list) else ""
                value = words.value(getattr(lever, name))
                rows.append((f"`{lever.name}.{name}`", value, words.unit(about(field, "unit")), likely, source))
            for name, field in Cost.model_fields.items():
                if unit := words.unit(about(field, "unit")):
                    value = words.value(getattr(lever.cost, name))
                    rows.append((f"`{lever.name}.cost.{name}`", value, unit, "", lever.cost.source))
    if (facts.comparison.costs["lever"] == TRAINING).any():
        value = words.value(rounded(training_costs.EURO_PER_YEAR))
        unit = words.say("euro a trainee")
        rows.append((words.say("cost of training"), value, unit, "", training_costs.SOURCE))
    headings = ("parameter", "value", "unit", "likely", "source")
    return [words.say(name) for name in headings], [list(row) for row in dict.fromkeys(rows)]
