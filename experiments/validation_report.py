"""What the validation report says; it is written as Markdown and as one HTML file, figures and tables beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import abm
from abm.indicators import INDICATORS, is_share
from experiments import backcast, parameter_sets, targets
from experiments.data import region_quality
from experiments.ensemble import SOURCES_ALWAYS
from experiments.spread import CHANCE, ROBUST, WORST
from experiments.store import replacing
from experiments.summary import ASSUMED_NOTE
from experiments.targets import AGREES, FAILS, FITTED, PUT_IN, TESTED, UNDECIDED
from experiments.validation import DEFINITION, FAR, VERDICTS, Tables, about, is_far
from experiments.validation_document import Block, Grid, Heading, Items, Picture, Text, as_html, markdown
from experiments.validation_questions import NIVEL, VISIBLE
from experiments.validation_runs import ASKED, PAST_RUNS, YEARS, Found
from regions import uncertainty
from regions.maps import number
from regions.schema import ASSUMED
from regions.tables import read

TITLE = "Validation: the model against what is published"
NATION = "the nation"
FIGURES = {
    "institutes": "Graduates by region for each institute, as small maps",
    "alumni-fte": "Scatter of the share of recent graduates against the share of fte, by region",
    "alumni-ratio": "Map of the share of recent graduates over the share of fte",
    "popularity-outflow": "Scatter of popularity among graduates against expected outflow, by region",
    "tested-figures": "Dot plot of the tested rows that are figures, with intervals, in tolerances",
    "tested-ranks": "Dot plot of the tested rows that are ranks, with intervals and what is published",
}
"""File names of the figures and their text for who cannot see them."""
SELF_EVIDENT = ("share", "ratio", "odds ratio", "rank")
"""Units that a measure's label does not need beside it."""
PUT_INTO = {
    "back-cast": "start and national parameters of the back-cast",
    "ensemble": "spread of the ensemble",
    "other base years": "spread of the ensemble",
    "attractiveness.csv": "attractiveness: its prior",
    "national": "national model: parameters, and results that the population follows",
    "exit_hazard.csv": "hazards of leaving",
    "workforce.csv": "GPs of the base year: persons, fte, sex, ages, roles, density",
    "unmet demand": "level of the vacancies",
    "training_sites.csv": "institutes and annexes",
    "origins.csv": "origins of candidates",
    "prior": "prior ranges of parameters",
    "Scenario": "parameters of the scenario",
}
"""Where what is put in ends up; the first word found in a row's note counts."""
HALVED = 0.75  # share of the variance that must go for half the standard deviation


# Numbers in words ---------------------------------------------------------------------------------------------------


def told(value: float, unit: str) -> str:
    """Return a number as it is printed for its unit, nothing where there is none."""
    if np.isnan(value):
        return ""
    if is_share(unit):
        return number(100 * value, 1, "en") + "%"
    if unit == "per year":
        return number(100 * value, 2, "en") + "%"
    if "ratio" in unit:
        return number(value, 2, "en")
    whole = value == round(value) if unit == "rank" else abs(value) >= 100
    return number(value, 0 if whole else 1, "en")


def asked(row: Any) -> str:
    """Return what is published of a row: a target, or a range that may be open."""
    ends = [told(value, row.unit) for value in (row.low, row.high)]
    if all(ends):
        return f"{ends[0]} to {ends[1]}"
    return f"at least {ends[0]}" if ends[0] else f"at most {ends[1]}" if ends[1] else told(row.target, row.unit)


def _between(low: float, high: float, unit: str) -> str:
    return f"{told(low, unit)} to {told(high, unit)}"


def _percent(value: float, decimals: int = 0) -> str:
    return "" if np.isnan(value) else number(100 * value, decimals, "en") + "%"


def _records(table: pd.DataFrame) -> Iterator[Any]:
    yield from table.rename(columns={"from": "from_"}).itertuples(index=False)


def _headed(table: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    """Yield each row with the label of its measure and its unit, blank where it is that of the row above."""
    before = ""
    for row in _records(table):
        unit = getattr(row, "unit", "share")
        label = row.label if unit in SELF_EVIDENT else f"{row.label}, {unit}"
        yield "" if label == before else label, row
        before = label


def _picture(name: str) -> Picture:
    return Picture(name, FIGURES[name])


def _count(n: int, one: str, more: str = "") -> str:
    return f"{n} {one if n == 1 else more or one + 's'}"


# The report ---------------------------------------------------------------------------------------------------------


def report(found: Found, tables: Tables) -> list[Block]:
    """Return the report."""
    parts = (summary, put_in, fit, tests, past, order, sources, factsheet, wishes, made_with)
    blocks = [block for part in parts for block in part(found, tables)]
    return [Heading(TITLE, 1), *blocks, *cited(blocks, found)]


def summary(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield the outcome in a few lines."""
    yield Text(
        "Written by `gp-settlement validate`. Nothing below is written by hand but the reasons of failures. E numbers "
        "are rows of `regions/data/evidence.csv`: what was published, by whom and when; section 10 has those named "
        "here. A blank first cell of a table is that of the row above. What the tables show stands, with more digits, "
        "in the .csv files beside this page."
    )
    yield Heading("In short")
    yield Items(outcome(found, tables))


def outcome(found: Found, tables: Tables) -> list[str]:
    """Return the outcome in a few lines."""
    tested, counts = tables.tested, tables.tested["verdict"].value_counts()
    agree, open_, fail = (int(counts.get(name, 0)) for name in (AGREES, UNDECIDED, FAILS))
    wide = int(is_far(tested).sum())
    own = tables.past[tables.past["use"] == TESTED]
    missed = int((own["verdict"] == backcast.MISSES).sum())
    better = int((tested["score"] < tested["prior_score"]).sum())
    worst = tables.rankings[ASKED]["in_worst"].sort_values(ascending=False)
    names = _names(found)
    robust = ", ".join(names[code] for code in worst.index[worst >= ROBUST]) or "no region"
    most = ", ".join(f"{names[str(code)]} ({_percent(share)})" for code, share in worst.head(WORST).items())
    first = tables.questions.iloc[0]
    ask, share = f"{first['ask'][0].lower()}{first['ask'][1:]}", _percent(first[f"alone_{ASKED}"])
    return [
        f"Tested, on evidence that was neither put in nor fitted: {_count(len(tested), 'row')}. {agree} agree, "
        f"{open_} are undecided, {fail} fail. Of the undecided, {wide} have their mean more than {FAR:g} "
        "tolerances outside: there the ensemble is wide rather than right.",
        f"Against runs from the prior ranges, intervals are {_median_width(tested)} times as wide (median), and "
        f"their score is better in {better} of {len(tested)} rows. Where the ratio is near 1, the fit says "
        "nothing new.",
        f"Back-cast from {backcast.FIRST_YEAR} to {backcast.LAST_YEAR}: {missed} of {len(own)} independent figures "
        "missed. Intervals there are of behaviour and chance only.",
        f"Among the worst {WORST} in {ASKED} in {ROBUST:.0%} of the runs or more: {robust}. Most often: {most}.",
        f"What would narrow it most: {ask} ({first['whom']}). It would take {share} of the variance of regional "
        f"vacancy rates, less the nation's, in {ASKED}.",
    ]


def _median_width(tested: pd.DataFrame) -> str:
    return number(float(tested["width"].median()), 2, "en")


def _names(found: Found) -> dict[str, str]:
    return {member.code: member.name for member in found.data.members}


def put_in(_: Found, __: Tables) -> Iterator[Block]:
    """Yield what was put in."""
    groups: dict[str, list[str]] = {}
    for target in targets.load():
        if target.use == PUT_IN:
            where = next((name for word, name in PUT_INTO.items() if word in target.note), target.note)
            groups.setdefault(where, []).extend((target.id, *target.also))
    yield Heading("1 What was put in")
    yield Text(
        f"{_count(sum(map(len, groups.values())), 'evidence row')} went into tables or parameters and are no test of "
        "anything. `experiments/targets.csv` says of each row where."
    )
    yield Grid(("where", "rows", "evidence"), "lrl", [(k, str(len(v)), ", ".join(v)) for k, v in groups.items()])


def fit(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield what was fitted, and the ranges of the parameters."""
    yield Heading("2 What was fitted")
    yield Text(
        f"Measured as in the calibration, on runs to {parameter_sets.END_YEAR}, {found.draws} of each kind. The "
        "ensemble also varies base year, forecast and national model, which the calibration held fixed. Target: what "
        "was asked of the model, a figure or a range of which every value is as good, with its tolerance (sd: one "
        "standard deviation), made of the evidence as the note says. Default: mean of the runs of the default "
        "parameters. Ensemble: mean and 90% of its runs. Distance: of that mean from the target, in sd."
    )
    header = (
        "measure", "where", "evidence", "target", "sd", "default", "ensemble", "90% interval", "distance, sd",
        "note",
    )  # fmt: skip
    rows = [
        (
            label, row.place or NATION, row.id, asked(row), told(row.sd, row.unit), told(row.default, row.unit),
            told(row.mean, row.unit), _between(row.from_, row.to, row.unit), number(row.away, 1, "en"), row.note,
        )
        for label, row in _headed(tables.fitted)
    ]  # fmt: skip
    yield Grid(header, "lllrrrrrrl", rows)
    moved = tables.parameters
    few = ", ".join(f"`{name}`" for name in moved.sort_values("width")["parameter"].head(6))
    yield Text(
        "Parameters before and after, 90% of the members against the prior range. Width: after over before; near 1 "
        f"the data do not move the parameter. Narrowest: {few}."
    )
    ranges = [
        (
            f"`{row.parameter}`", f"{row.default:.3g}", f"{row.prior_low:g} to {row.prior_high:g}",
            f"{row.from_:.3g} to {row.to:.3g}", number(row.width, 2, "en"), *_parameter(row.parameter),
        )
        for row in _records(moved)
    ]  # fmt: skip
    yield Grid(("parameter", "default", "prior", "after", "width", "unit", "what it is", "source"), "lrrrrlll", ranges)


def _parameter(name: str) -> tuple[str, str, str]:
    """Return unit, meaning and source of a parameter."""
    field = abm.Scenario.model_fields[name]
    about: Any = field.json_schema_extra
    return about["unit"], field.description or "", about["source"]


def tests(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield every tested row with its verdict, and the failures with their reasons."""
    tested = tables.tested
    yield Heading("3 What was tested")
    yield Text(DEFINITION)
    yield Text(
        f"Mean and 90% interval: of {len(found.drawn)} runs of the ensemble. Within: share of runs at most {FAR:g} "
        "sd outside. Width: of the interval, over that of runs from the prior ranges. Score: the interval score of "
        "Gneiting and Raftery (2007), its width and 20 times what the published figure lies outside, in sd, less is "
        "better; in brackets that of the prior. With a range, the nearest value of the range counts as published. The "
        "note tells what was published and what the tolerance is made of."
    )
    topics = {name: rows["verdict"] for name, rows in tested.groupby("topic", sort=False)} | {"all": tested["verdict"]}
    counts = [(str(name), *(str((said == verdict).sum()) for verdict in VERDICTS)) for name, said in topics.items()]
    yield Grid(("", *VERDICTS), "lrrr", counts)
    yield _picture("tested-figures")
    yield _picture("tested-ranks")
    header = (
        "measure", "where", "evidence", "published", "sd", "mean", "90% interval", "within", "width", "score",
        "verdict", "note",
    )  # fmt: skip
    for topic in tested["topic"].drop_duplicates():
        yield Heading(str(topic), 3)
        yield Grid(
            header, "lllrrrrrrrll", [_tested(label, row) for label, row in _headed(tested[tested["topic"] == topic])]
        )
    yield Heading("Failures and their reasons", 3)
    yield Text("Reasons stand in `experiments/validation_reasons.csv`; tolerances are not changed for a failure.")
    yield from _explained(tested[tested["verdict"] == FAILS])
    yield Heading(f"Undecided, with the mean more than {FAR:g} sd outside", 3)
    yield from _explained(tested[is_far(tested)])


def _explained(rows: pd.DataFrame) -> Iterator[Block]:
    if rows.empty:
        yield Text("None.")
        return
    cells = [(f"{row.label}: {row.place or NATION}", row.id, row.note, row.reason) for row in _records(rows)]
    yield Grid(("what", "evidence", "what is published", "reason"), "llll", cells)


def _tested(label: str, row: Any) -> tuple[str, ...]:
    score, before = (number(value / row.sd, 1, "en") for value in (row.score, row.prior_score))
    return (
        label, row.place or NATION, row.id, asked(row), told(row.sd, row.unit), told(row.mean, row.unit),
        _between(row.from_, row.to, row.unit), _percent(row.within),
        "" if np.isnan(row.width) else number(row.width, 2, "en"), f"{score} ({before})", row.verdict, row.note,
    )  # fmt: skip


def past(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield the back-cast: figures that are a test, its skill, and figures that are not independent."""
    first, last = backcast.FIRST_YEAR, backcast.LAST_YEAR
    own, other = (tables.past[(tables.past["use"] == TESTED) == is_test] for is_test in (True, False))
    yield Heading("4 Back-cast")
    yield Text(
        f"The model from {first} to {last}, with intake, inhabitants and national parameters of the time put in, "
        f"against figures published since. {_count(PAST_RUNS * found.draws, 'run')}; intervals hold 95% of "
        f"them and are {backcast.VARIES}, although they are uncertain too. {backcast.LEAK}"
    )
    yield Text(
        "Range: what the published figure leaves open by rounding and dating (`experiments/backcast/observed.csv`); "
        "half of its last digit where nothing else is said. A figure is missed when the interval does not meet the "
        "range, compared to one digit more than is published. Difference: of the mean from the range."
    )
    missed = own[own["verdict"] == backcast.MISSES]
    yield Text(f"{len(missed)} of {len(own)} figures that were neither put in nor fitted are missed.")
    yield from _skill(own)
    for of_regions, title in ((False, "The nation"), (True, "Regions and provinces")):
        yield Heading(f"{title}: independent figures", 3)
        yield _past_table(found, own[(own["region"] != "") == of_regions], naive=of_regions)
    yield Heading("Misses and their reasons", 3)
    names = _names(found)
    rows = [
        (str(quantity), ", ".join(names.get(place, place or NATION) for place in dict.fromkeys(those["region"])),
         str(len(those)), str(reason))
        for (quantity, reason), those in missed.groupby(["quantity", "reason"], sort=False)
    ]  # fmt: skip
    yield Grid(("what", "where", "missed", "reason"), "llrl", rows)
    yield Heading("Not independent", 3)
    yield Text(
        f"{_count(len(other), 'figure')} were put in or fitted, for {found.data.base_year} or the years before it: "
        "no test, shown for the path between."
    )
    yield _past_table(found, other, naive=False)


def _skill(own: pd.DataFrame) -> Iterator[Block]:
    skill = backcast.skill(own)
    names = {"simulated": "the model", "naive_stays": "shares stay", "naive_shift": "shift-share"}
    better = sum(
        row["error_simulated"] < min(row["error_naive_stays"], row["error_naive_shift"])
        for row in skill.to_dict("records")
    )
    yield Text(
        "Skill in regions against two naive forecasts of the same nation: every region keeps its share of the first "
        "year, or its share grows as its share of demand does. Error: root mean square distance of the mean from the "
        f"published range; right: means inside it. The model has the smallest error in {better} of "
        f"{_count(len(skill), 'quantity', 'quantities')}."
    )
    rows = []
    for row in skill.to_dict("records"):
        cells = [f"{row[f'error_{key}']:.3g}" for key in names] + [str(row[f"right_{key}"]) for key in names]
        rows.append((str(row["quantity"]), str(row["figures"]), *cells))
    header = [f"{what}, {name}" for what in ("error", "right") for name in names.values()]
    yield Grid(("quantity", "figures", *header), "lr" + "r" * len(header), rows)


def _past_table(found: Found, figures: pd.DataFrame, naive: bool) -> Grid:
    names, rows = _names(found), []
    for label, row in _headed(figures.rename(columns={"quantity": "label"})):
        size = max(abs(row.simulated), 0.0 if np.isnan(row.observed) else abs(row.observed))
        d = 0 if size >= 100 else 1 if size >= 5 else 3
        d = d if np.isnan(row.observed) else min(d, _decimals(row.observed) + 1)
        between = f"{number(row.low, d, 'en')} to {number(row.high, d, 'en')}"
        forecasts = [
            "" if np.isnan(value) else number(value, d, "en") for value in (row.naive_stays, row.naive_shift) if naive
        ]
        used = f"{row.evidence} ({row.use.replace('_', ' ')})" if row.use in (PUT_IN, FITTED) else row.evidence
        rows.append(
            (
                label, names.get(row.region, row.region or NATION), str(row.year),
                "" if np.isnan(row.observed) else _exact(row.observed), _range(row.observed, row.at_least, row.at_most),
                number(row.simulated, d, "en"), between, number(row.difference, d, "en"), *forecasts, row.verdict, used,
                row.note,
            )
        )  # fmt: skip
    extra = ("shares stay", "shift-share") if naive else ()
    header = ("quantity", "where", "year", "published", "range", "simulated", "95% interval", "difference", *extra)
    return Grid((*header, "verdict", "evidence", "note"), "ll" + "r" * (6 + len(extra)) + "lll", rows)


def _decimals(value: float) -> int:
    return max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))


def _exact(value: float) -> str:
    """Return a number with the digits that it has."""
    return number(value, _decimals(value), "en")


def _range(published: float, least: float, most: float) -> str:
    """Return what a figure leaves open, nothing where that is half of its last digit."""
    if not np.isfinite(most):
        return f"at least {_exact(least)}"
    if not np.isfinite(least):
        return f"at most {_exact(most)}"
    half = 0.5 * 10.0 ** -_decimals(published)
    if np.allclose([published - least, most - published], half, rtol=1e-6):
        return ""
    return f"{_exact(least)} to {_exact(most)}"


def order(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield the ranking of the regions by vacancy rate."""
    quality = region_quality(found.data.folder)["workforce"]
    names = {code: f"{name} *" if quality[code] == ASSUMED else name for code, name in _names(found).items()}
    meaning = next(one.meaning for one in INDICATORS if one.name == "vacancy_rate")
    yield Heading("5 Where the shortage will be")
    yield Text(
        f"Regions by vacancy rate ({meaning}, fte) on 1 January, mean of {len(found.drawn)} runs of the ensemble, in "
        f"the order of {ASKED}; the interval in which 90% of the runs lie; and the share of runs in which a region is "
        f"among the worst {WORST}. = : in fewer than {ROBUST:.0%} of the runs is the region above the next in {ASKED}: "
        f"their order is not robust. {ASSUMED_NOTE}"
    )
    header = ["region"]
    for year in tables.rankings:
        header += [str(year), f"{year}, 90% interval", f"{year}, worst {WORST}"]
    rows = []
    for code, row in tables.rankings[ASKED].to_dict("index").items():
        cells = [names[str(code)]]
        for ranking in tables.rankings.values():
            one = ranking.loc[str(code)].to_dict()
            between = f"{_percent(one['low'], 1)} to {_percent(one['high'], 1)}"
            cells += [_percent(one["mean"], 1), between, _percent(one["in_worst"])]
        rows.append([*cells, "=" if row["before_next"] < ROBUST else ""])
    yield Grid([*header, f"order {ASKED}"], "l" + "rrr" * len(tables.rankings) + "l", rows)


def sources(found: Found, tables: Tables) -> Iterator[Block]:
    """Yield where the spread comes from."""
    names = [*(source.replace("_", " ") for source in SOURCES_ALWAYS), CHANCE]
    yield Heading("6 Where the spread comes from")
    yield Text(
        "Standard deviation over the runs of the ensemble, and the share of the variance that goes with each source "
        "(one-way analysis of variance over the draws). Behaviour: parameters and attractiveness; base year: who works "
        "where in 2025; forecast: inhabitants and demand of regions; national: the national model's own error; chance: "
        "what is left, luck and sources working together. Shares of a single region are uncertain by some ten points."
    )

    def cells(row: Any, rate: bool) -> list[str]:
        sd = _percent(row["sd"], 1) if rate else number(row["sd"], 0, "en")
        return [sd, *(_percent(row[name]) for name in (*SOURCES_ALWAYS, CHANCE))]

    rows = [
        (str(row["year"]), str(row["of"]), *cells(row, "rate" in row["of"] or "same" in row["of"]))
        for row in tables.sources.to_dict("records")
    ]
    yield Grid(("1 January", "of", "sd", *names), "ll" + "r" * (len(names) + 1), rows)
    yield Text(f"The vacancy rate of each region, 1 January {ASKED}:")
    regions = zip(_names(found).values(), tables.region_sources.to_dict("records"), strict=True)
    by_region = [(name, *cells(row, True)) for name, row in regions]
    yield Grid(("region", "sd", *names), "l" + "r" * (len(names) + 1), by_region)


def factsheet(_: Found, __: Tables) -> Iterator[Block]:
    """Yield the figures of the Nivel factsheet, as simulated."""
    yield Heading("7 The figures of the Nivel factsheet")
    yield Text(
        "As in 'Een nieuwe generatie huisartsen: goed gespreid?' (Nivel, 2020), but simulated, for the years that "
        "follow. Classes of graduates over fte of eight regions were fitted (E919 to E926); what the factsheet says "
        "of the others, of institutes and of popularity is tested above."
    )
    for name in ("institutes", "alumni-fte", "alumni-ratio", "popularity-outflow"):
        yield _picture(name)


def wishes(_: Found, tables: Tables) -> Iterator[Block]:
    """Yield what to ask for."""
    table = tables.questions
    yield Heading("8 What to ask of Nivel")
    yield Text(
        f"To halve the standard deviation, {HALVED:.0%} of the variance must go. Each row is something that differs "
        "between the draws of the ensemble and that a register could tell. Its share is of the variance of the "
        "regions' vacancy rates, less the nation's, all regions together: what a regression on these facts "
        "explains, over the means of the draws, less what chance gives to as many facts. Facts without any effect "
        f"come out between minus and plus {VISIBLE:.0%}, so that the order of rows below that means nothing. Together: "
        f"with the rows above it that are {VISIBLE:.0%} or more in some year."
    )
    yield Text(
        f"The shares rest on how wide the assumed ranges are (standard deviations): {parameter_sets.RATIO_SD:.0%} in a "
        f"region's share of recent graduates, {uncertainty.TOTAL_SD:.0%} in its GPs, {uncertainty.AGE_SD:g} in its "
        f"log odds of age per ten years, {uncertainty.ROLE_SD:g} in those of each role."
    )
    header = ("", "ask for", "of whom", *(f"{year}" for year in YEARS), f"together, {ASKED}", "sd left", "because")
    rows = [
        (
            str(place), row["ask"], row["whom"], *(_small(row[f"alone_{year}"]) for year in YEARS),
            _percent(row["together"]), _percent(row["left"]), row["why"],
        )
        for place, row in enumerate(table.to_dict("records"), start=1)
    ]  # fmt: skip
    yield Grid(header, "rllrrrrrl", rows)
    yield Text(conclusion(tables))


def _small(share: float) -> str:
    return "too few draws" if np.isnan(share) else f"under {VISIBLE:.0%}" if share < VISIBLE else _percent(share)


def conclusion(tables: Tables) -> str:
    """Return in words how far the questions go."""
    asked = tables.questions[tables.questions["together"].notna()]
    row = tables.sources[(tables.sources["year"] == ASKED) & tables.sources["of"].str.startswith("the same")].iloc[0]
    rest = f"Chance, with sources working together, is {_percent(row[CHANCE])} of it, which no register takes away."
    if asked.empty:
        return f"No question takes as much as {VISIBLE:.0%} of the variance in {ASKED}. {rest}"
    enough = asked[asked["together"] >= HALVED]
    if len(enough):
        n = list(asked.index).index(enough.index[0]) + 1
        return f"The first {n} together would halve the standard deviation in {ASKED}. {rest}"
    words = []
    for whom, those in (("Nivel", asked[asked["whom"] == NIVEL]), ("everybody", asked)):
        if len(those):
            left = those.iloc[-1]
            words.append(
                f"what {whom} could tell takes {_percent(left['together'])} of the variance and leaves "
                f"{_percent(left['left'])} of the standard deviation"
            )
    return f"The standard deviation in {ASKED} is not halved: {'; '.join(words)}. {rest}"


def made_with(found: Found, _: Tables) -> Iterator[Block]:
    """Yield what the report was made with."""
    yield Heading("9 What this was made with")
    yield Text(
        "On the data that come along: targets, ensemble and attractiveness are about its 28 regions. The same "
        "command on the same code, data and ensemble gives the same numbers. Fingerprints are SHA-256."
    )
    coded = ("command", "data", "ensemble", "targets", "code")
    rows = [(k, f"`{v}`" if k in coded else v) for k, v in about(found).items()]
    yield Grid(("", ""), "ll", rows)


def cited(blocks: Iterable[Block], found: Found) -> Iterator[Block]:
    """Yield the evidence that a document names."""
    table = read(found.data.folder, "evidence").fillna("").astype(str).set_index("id")
    named = _evidence_ids(markdown(blocks))
    yield Heading("10 Evidence named above")
    yield Text(
        "As published, with the range that the text leaves open in brackets. The whole table: "
        "`regions/data/evidence.csv`."
    )
    rows = []
    for id_, row in table[table.index.isin(named)].iterrows():
        ends = f"{row['low'] or '...'} to {row['high'] or '...'}" if row["low"] or row["high"] else ""
        value = " ".join(part for part in (row["value"] or ends, row["unit"]) if part)
        if row["value"] and ends:
            value += f" ({ends})"
        rows.append((str(id_), row["quantity"], value, row["population"], row["year"], row["source"]))
    yield Grid(("", "what", "value", "of whom", "when", "source"), "llllll", rows)


def _evidence_ids(text: str) -> set[str]:
    """Return the evidence ids in a text, those between the ends of a range (E1 to E3) included."""
    found = set(re.findall(r"\bE\d+\b", text))
    for first, last in re.findall(r"\bE(\d+) to E(\d+)\b", text):
        found |= {f"E{n:0{len(first)}}" for n in range(int(first), int(last) + 1)}
    return found


def write(folder: Path, found: Found, tables: Tables) -> Path:
    """Write the report with its figures and tables; returns the page in Markdown."""
    from experiments.validation_figures import figures
    from regions import maps

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures(found, tables).items():
        for suffix in ("png", "svg"):
            maps.save(figure, folder / f"{name}.{suffix}")
    rankings = [table.rename_axis("region").reset_index().assign(year=year) for year, table in tables.rankings.items()]
    by_name = {
        "fitted": tables.fitted, "tested": tables.tested, "parameters": tables.parameters, "backcast": tables.past,
        "ranking": pd.concat(rankings), "sources": tables.sources, "questions": tables.questions,
    }  # fmt: skip
    for name, table in by_name.items():
        with replacing(folder / f"{name}.csv") as path:
            table.to_csv(path, index=False, lineterminator="\n", float_format="%.6g")
    blocks = report(found, tables)
    for file, text in (("index.md", markdown(blocks)), ("index.html", as_html(blocks, folder))):
        with replacing(folder / file) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
    return folder / "index.md"
