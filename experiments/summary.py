"""The short tables that end a run: the regions ranked, and the nation beside the national model."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import abm
from experiments import paired
from experiments.console import LOOK

if TYPE_CHECKING:
    from experiments.store import Results

YEARS_SHOWN = (2030, 2035)
"""Shown for the nation beside the first and the last year."""
NATIONAL = {
    "supply_fte": "supply, fte",
    "supply_persons": "supply, persons",
    "demand_fte": "demand, fte",
    "shortage_fte": "shortage, fte",
    "vacancy_rate": "vacancy rate",
}
SPREAD_SHOWN = {
    "supply_fte": "the nation: supply, fte",
    "shortage_fte": "the nation: shortage, fte",
    "vacancy_rate": "the nation: vacancy rate",
}
PUBLISHED = {2043: {"supply_fte": 13_838.0, "demand_fte": 16_403.0}}
"""Capaciteitsplan Huisartsgeneeskunde 2025, Kernrapport: inflow unchanged, scenario 6, middle level; fte."""
PUBLISHED_FOR = ("intake_current", "intake", "demand_scenario", "demand_level", "national")
"""The published figures hold where these are at their defaults."""
PLANS = {
    False: ("plan", "plan: the national model with the scenario's figures"),
    True: ("mean plan", "mean plan: the mean of the drawn national models, one for each run"),
}
"""What the national model's row is called, and what it is; without and with the ensemble."""
NATION_CAPTION = "simulated: mean of the replications"
ASSUMED_NOTE = "* GPs of the base year assumed: the region has the national age and role profile."
PUBLISHED_CAPTION = "published: Capaciteitsplan 2025"
LOCUM_NOTE = "Locums who work in several regions count for a part in each; every GP counts once in all."


def tables(results: Results, scenario: str, heading: str) -> Iterator[RenderableType]:
    """Yield the tables of a scenario, to print with rich, with what it is called above them."""
    nation = results.read("national", scenario=scenario)
    last = int(nation["year"].max())
    count = nation["replication"].nunique()
    ensemble = bool(results.manifest["ensemble"])
    spread = f"Mean; interval: where 95% of single runs fall by chance alone, from {count} replications."
    if few := count < paired.FEWEST:
        runs = "One run" if count == 1 else f"{count} runs"
        spread = f"{runs}{' of the ensemble' if ensemble else ''}: no interval, that takes at least {paired.FEWEST}."
    columns = ["region_code", "region_name", "vacancy_rate", "shortage_fte"]
    regions = results.read("regions", columns, scenario=scenario, year=last)
    title = f"{heading}: regions by vacancy rate, 1 January {last}"
    quality = results.manifest["data"]["quality"]["workforce"]
    assumed = {code for code, worst in quality.items() if worst == "assumed"}
    note = f"{LOCUM_NOTE} {ASSUMED_NOTE}" if assumed else LOCUM_NOTE
    if ensemble and not few:
        yield from _ensemble(results, scenario, heading, last, count, assumed, note)
    else:
        yield _regions(regions, assumed, title, f"{spread} {note}")
    yield _nation(nation, published(results.manifest["scenarios"][scenario]["parameters"]), last, ensemble)


def _regions(frame: pd.DataFrame, assumed: Container[str], title: str, caption: str) -> Table:
    groups = frame.groupby(["region_code", "region_name"])
    half = half_width(groups["vacancy_rate"].std(), groups["vacancy_rate"].count())
    means = groups.mean().sort_values("vacancy_rate", ascending=False)
    table = Table("", "region", title=title, caption=caption, **LOOK)
    for heading in ("vacancy rate", "interval", "shortage, fte"):
        table.add_column(heading, justify="right")
    for rank, (region, rate, shortage) in enumerate(means.itertuples(), start=1):
        code, name = region
        low, high = max(0.0, rate - half[region]), rate + half[region]
        interval = f"{low:.1%} - {high:.1%}" if pd.notna(half[region]) else ""
        table.add_row(_place(rank, code, assumed), name, f"{rate:.1%}", interval, f"{shortage:,.0f}")
    return table


def _place(rank: int, code: str, assumed: Container[str]) -> str:
    """Return a rank and the mark of assumed GPs, which stands here as names are broken where there is little room."""
    return f"{rank:>2} *" if code in assumed else f"{rank:>2}"


def _ensemble(
    results: Results, scenario: str, heading: str, year: int, count: int, assumed: Container[str], note: str
) -> Iterator[RenderableType]:
    """Yield the regions with how robust their order is, and where the spread comes from."""
    from experiments import spread

    values = spread.of_regions(results, scenario, "vacancy_rate", year)
    names = results.read("regions", ["region_code", "region_name"], scenario=scenario, year=year)
    name = names.drop_duplicates().set_index("region_code")["region_name"]
    low, high = (f"{share:.0%}" for share in spread.INTERVAL)
    title = f"{heading}: regions by vacancy rate, 1 January {year}, {count} runs of the ensemble"
    caption = (
        f"Mean; interval and ranks: {low} to {high} of the runs; worst {spread.WORST}: share of runs among those. "
        f"= : in less than {spread.ROBUST:.0%} of the runs is the region above the next, their order is not robust. "
        f"{note}"
    )
    table = Table("", "region", title=title, caption=caption, **LOOK)
    for column in ("vacancy\nrate", "interval", "ranks", f"worst {spread.WORST}", ""):
        table.add_column(column, justify="right")
    for rank, (code, row) in enumerate(spread.ranking(values).iterrows(), start=1):
        table.add_row(
            _place(rank, str(code), assumed),
            name[str(code)],
            f"{row['mean']:.1%}",
            f"{row.low:.1%} - {row.high:.1%}",
            f"{row.rank_low:.0f} - {row.rank_high:.0f}",
            f"{row.in_worst:.0%}",
            "=" if row.before_next < spread.ROBUST else "",
        )
    yield table
    if count < spread.RUNS_FOR_SOURCES:
        yield Text(f"Where the spread comes from can be told from {spread.RUNS_FOR_SOURCES} runs on.\n")
        return
    drawn = spread.draws(results, scenario)
    nation = results.read("national", ["replication", *SPREAD_SHOWN], scenario=scenario, year=year)
    sources = spread.by_source(nation.set_index("replication"), drawn.loc[nation["replication"]])
    sources.loc["vacancy rate of a region, mean of all"] = spread.by_source(values, drawn.loc[values.index]).mean()
    table = Table("", title=f"{heading}: where the spread comes from, 1 January {year}", **LOOK)
    for source in sources.columns:
        table.add_column(source.replace("_", " "), justify="right")
    for label, row in sources.iterrows():
        rate = "rate" in str(label)
        cells = [f"{row.sd:.1%}" if rate else f"{row.sd:,.0f}", *(f"{share:.0%}" for share in row.iloc[1:])]
        table.add_row(SPREAD_SHOWN.get(str(label), str(label)), *cells)
    yield table


def half_width(deviation: pd.Series[float], count: pd.Series[int]) -> pd.Series[float]:
    """Return half the interval of one more run around the mean: Student's t, undefined for too few replications."""
    return deviation * pd.Series(paired.one_more(count.to_numpy()), index=count.index)


def _nation(frame: pd.DataFrame, published: dict[int, dict[str, float]], last: int, ensemble: bool) -> Table:
    plan, told = PLANS[ensemble]
    caption = "; ".join([NATION_CAPTION, told, *([PUBLISHED_CAPTION] if last in published else [])]) + "."
    table = Table("", "", title="The Netherlands, 1 January", caption=caption, **LOOK)
    for heading in NATIONAL.values():
        table.add_column(heading, justify="right")
    means = frame.drop(columns="scenario").groupby("year").mean()
    for year in sorted({int(means.index[0]), *YEARS_SHOWN, last} & set(means.index)):
        row = means.loc[year].to_dict()
        table.add_section()
        table.add_row(str(year), "simulated", *(_number(name, row.get(name)) for name in NATIONAL))
        table.add_row("", plan, *(_number(name, row.get(f"{name}_plan")) for name in NATIONAL))
        if year in published:
            figures = published[year]
            table.add_row("", "published", *(_number(name, figures.get(name)) for name in NATIONAL))
    return table


def _number(name: str, value: float | None) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:.1%}" if name == "vacancy_rate" else f"{value:,.0f}"


def published(parameters: dict[str, object]) -> dict[int, dict[str, float]]:
    """Return the published figures that a scenario with these parameters can be laid beside."""
    default = abm.Scenario.model_validate({}).model_dump(mode="json")
    return PUBLISHED if all(parameters[key] == default[key] for key in PUBLISHED_FOR) else {}
