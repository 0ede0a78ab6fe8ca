"""Data folders for people: what is in one, how good it is, and what a stock of one's own changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import RenderableType
from rich.table import Table

import abm
from abm.national import NationalParameterError, NationalParameters, NationalPath, project
from abm.scenario import INFLOW_IDS
from experiments.console import LOOK
from experiments.errors import InputError
from regions import ROLES, Regions, load, schema
from regions.tables import SHIPPED, read

# What the rows of a table weigh in the results; tables about regions without such a column weigh by inhabitants.
WEIGHTS = {
    "inhabitants": "persons",
    "forecast": "persons",
    "training_sites": "share",
    "origins": "share",
    "workforce": "fte",
}
WEIGHT_NAMES = {"persons": "inhabitants", "share": "trainees or candidates", "fte": "supply in fte"}
CARRIED = "such that graduates spread as over the regions from which these were made"
STOCK_NAMES = {
    "aanbod_personen": "GPs at work, persons",
    "per_vrouw_basis": "share of women",
    "fte_vrouw_basis": "fte per head, women",
    "fte_man_basis": "fte per head, men",
}
REGION_TABLES = ("workforce", "forecast", "attractiveness")
BOUNDARIES, DICTIONARY = "boundaries.geojson", "datapackage.json"


def folder_of(path: Path | None) -> Path:
    """Return a data folder that exists, the shipped one by default."""
    folder = SHIPPED if path is None else path
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such data folder")
    return folder


def new_folder(target: Path) -> None:
    """Make a folder; raise `InputError` when something is there already."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there already; name a folder that is new or empty")
    target.mkdir(parents=True, exist_ok=True)


def export(target: Path, source: Path | None = None) -> list[Path]:
    """Copy a data folder to edit; the target must be new or empty. Returns the files."""
    source = folder_of(source)
    new_folder(target)
    names = [table.file for table in schema.TABLES] + [BOUNDARIES, DICTIONARY]
    return [Path(shutil.copy2(source / name, target / name)) for name in names if (source / name).exists()]


def regroup(mapping: Path, target: Path, source: Path | None = None) -> Regions:
    """Write a data folder of other regions, and carry the attractiveness of regions over to them."""
    from experiments import derive
    from regions import regroup as regrouping

    source = folder_of(source)
    new_folder(target)
    regrouping.regroup(mapping, target, source)
    old, new = load(source), load(target, check=False)
    towns = read(source, "municipalities").merge(read(target, "municipalities"), on="gm_code", suffixes=("", "_new"))
    common = towns.pivot_table(index="region", columns="region_new", values="persons", aggfunc="sum", fill_value=0)
    persons = common.reindex(index=list(old.codes), columns=list(new.codes)).to_numpy(dtype=np.float64)
    alpha = derive.carry_attractiveness(old, new, persons / persons.sum(axis=1, keepdims=True))
    table = read(target, "attractiveness").set_index("region").loc[list(new.codes)]
    table = table.assign(alpha=alpha.round(4), quality=schema.ASSUMED, source=CARRIED).reset_index()
    table.to_csv(target / schema.BY_NAME["attractiveness"].file, index=False, lineterminator="\n")
    return load(target)


def described(folder: Path) -> Iterator[RenderableType]:
    """Yield the tables of a data folder to print: what there is, its totals, and what is assumed by weight."""
    shown = Table("file", "rows", "what", "year", "quality", "source", title=f"Data: {folder}", **LOOK)
    for table, of in contents(folder):
        quality = ", ".join(f"{count:,} {name}" if count else name for name, count in of.quality.items())
        shown.add_row(table.file, f"{of.rows:,}", table.title, of.year, quality, of.source)
    yield shown
    yield _totals(folder)
    yield _assumed(folder)


@dataclass(frozen=True)
class Content:
    """What a table of a data folder holds; `quality` counts rows by quality, or has qualities of columns with None."""

    rows: int
    year: str
    quality: Mapping[str, int | None]
    source: str


def contents(folder: Path) -> Iterator[tuple[schema.Table, Content]]:
    """Yield the tables of a data folder and what is in each."""
    for table in _there(folder):
        frame = read(folder, table.name)
        figures = [c for c in table.columns if c.unit] or table.columns
        year, source = (_distinct(getattr(c, key) for c in figures) for key in ("year", "source"))
        yield table, Content(len(frame), year, _qualities(table, frame), source)


def _distinct(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(w for word in words for w in word.split("; ") if w not in ("", "by row")))


def _there(folder: Path) -> Iterator[schema.Table]:
    """Yield the tables that a data folder has: a run does without some."""
    return (table for table in schema.TABLES if not table.optional or (folder / table.file).exists())


def _qualities(table: schema.Table, frame: pd.DataFrame) -> dict[str, int | None]:
    """Return how many rows are published, derived or assumed, or the qualities of the columns."""
    if "quality" in frame.columns and set(frame["quality"]) <= set(schema.QUALITIES):
        counts = frame["quality"].value_counts()
        return {q: int(counts[q]) for q in schema.QUALITIES if q in counts}
    found = {c.quality for c in table.columns if c.unit and c.quality in schema.QUALITIES}
    return {q: None for q in schema.QUALITIES if q in found}


def _totals(folder: Path) -> Table:
    workforce = read(folder, "workforce")
    persons = float(read(folder, "inhabitants")["persons"].sum())
    regions = len(read(folder, "regions"))
    totals = Table("", "", title="Totals of the base year", **LOOK)
    for name, value in (
        ("regions", f"{regions:,}"),
        ("inhabitants", f"{persons:,.0f}"),
        ("GPs at work, persons", f"{workforce['persons'].sum():,.0f}"),
        ("GPs at work, fte", f"{workforce['fte'].sum():,.1f}"),
        *((f"  {role}", f"{n:,.0f}") for role, n in workforce.groupby("role")["persons"].sum().reindex(ROLES).items()),
    ):
        totals.add_row(str(name), value)
    return totals


def _assumed(folder: Path) -> Table:
    shown = Table("table", "assumed", "of", title="What is assumed, by its weight in the results", **LOOK)
    for weight, of, table in assumed_weights(folder):
        shown.add_row(table.title, f"{weight:.0%}", of)
    return shown


def assumed_weights(folder: Path) -> list[tuple[float, str, schema.Table]]:
    """Return for each table with assumed rows their share, of what, and the table; the largest share first."""
    return sorted(_assumed_weights(folder), key=lambda row: (row[0], row[1], row[2].title), reverse=True)


def _assumed_weights(folder: Path) -> Iterator[tuple[float, str, schema.Table]]:
    inhabitants = read(folder, "inhabitants").groupby("region")["persons"].sum()
    for table in _there(folder):
        frame = read(folder, table.name)
        if "quality" not in frame.columns or not set(frame["quality"]) <= set(schema.QUALITIES):
            if any(c.quality == schema.ASSUMED and c.unit for c in table.columns):
                yield 1.0, "the table", table
            continue
        column = WEIGHTS.get(table.name)
        weight = frame[column] if column else frame["region"].map(inhabitants)
        share = float(weight[frame["quality"] == schema.ASSUMED].sum() / weight.sum())
        if share > 0:
            yield share, WEIGHT_NAMES[column or "persons"], table


def region_quality(folder: Path) -> dict[str, dict[str, str]]:
    """Return for each table about regions the worst quality of its rows by region code."""
    found: dict[str, dict[str, str]] = {}
    for name in REGION_TABLES:
        frame = read(folder, name)
        rank = frame["quality"].map(schema.QUALITIES.index).groupby(frame["region"]).max()
        found[name] = {str(code): schema.QUALITIES[int(worst)] for code, worst in rank.items()}
    return found


def stock_changes(data: Regions) -> dict[str, dict[str, float]]:
    """Return what a stock of one's own changes in the national model: plan and own value by quantity; else empty.

    Both with the intake of the baseline, straight yields and the scenario of the advice. Raises `InputError` for a plan
    that the national model does not take.
    """
    inflows = dict.fromkeys(INFLOW_IDS, abm.Scenario().intake_current)
    plan = _project(data, {**data.own_stock, **inflows})
    if not data.own_stock:
        return {}
    own = _project(data, inflows)
    found = {id_: {"plan": value, "own": data.national[id_]} for id_, value in data.own_stock.items()}
    year = plan.parameters.equilibrium_years[1]
    t = year - plan.parameters.base_year
    for name, of_plan, of_own in (
        ("supply_fte", plan.supply_fte[t], own.supply_fte[t]),
        ("demand_fte", plan.demand_fte()[t], own.demand_fte()[t]),
        ("required_inflow", plan.advice(), own.advice()),
    ):
        found[f"{name}_{year}"] = {"plan": float(of_plan), "own": float(of_own)}
    return found


def _project(data: Regions, changed: dict[str, float]) -> NationalPath:
    try:
        return project(NationalParameters.from_table({**data.national, **changed}))
    except NationalParameterError as error:
        raise InputError(f"{data.folder / schema.BY_NAME['national_parameters'].file}: {error}") from None


def stock_lines(changes: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield a sentence for people on each thing that a stock of one's own changes."""
    if changes:
        yield "The workforce table is not the plan's: the national model was run again on it. Own against plan:"
    for name, value in changes.items():
        if not name.startswith("fte_") or name.endswith("_basis"):
            decimals = 4 if abs(value["plan"]) < 10 else 1
            own, plan, more = (
                f"{x:,.{decimals}f}" for x in (value["own"], value["plan"], value["own"] - value["plan"])
            )
            yield f"  {STOCK_NAMES.get(name, name.replace('_', ' '))}: {own} against {plan} (difference {more})"
