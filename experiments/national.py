"""The national model as a tool of its own: parameter files, tables and the two classic figures."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.table import Table

import abm
import regions
from abm.national import SCENARIOS, NationalParameterError, NationalParameters, NationalPath
from experiments.console import LOOK
from experiments.errors import InputError
from regions.people import SEXES
from regions.schema import GROUPED, NUMBER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from regions.maps import Language

BLOCK_COLUMNS = ("stock", "training", "until_adj", "after_adj", "abroad")
LEVEL_SUFFIXES = {"middle": "", "low": "_low", "high": "_high"}
DECIMALS = "%.9f"

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "supply": "supply",
        "demand": "demand, scenario {}",
        "fte": "fte",
        "inflow": "required inflow, scenario {}",
        "entrants": "entrants a year",
        "supply and demand": "GPs: supply and demand",
        "required inflow": "Required yearly inflow into training",
        "advice": "advice, {}",
        "undefined": "undefined",
        "source": "National capacity model, parameters of {}; intake {} a year, {} from {}; own calculation",
    },
    "nl": {
        "supply": "aanbod",
        "demand": "vraag, scenario {}",
        "fte": "fte",
        "inflow": "benodigde instroom, scenario {}",
        "entrants": "instroom per jaar",
        "supply and demand": "Huisartsen: aanbod en vraag",
        "required inflow": "Benodigde jaarlijkse instroom in de opleiding",
        "advice": "advies, {}",
        "undefined": "niet bepaald",
        "source": "Landelijk capaciteitsmodel, parameters van {}; instroom {} per jaar, {} vanaf {}; eigen berekening",
    },
}
TERMS = {
    "stock_outflow": "outflow of the stock",
    "unmet_demand": "unmet demand",
    "demography": "demography",
    "nondemographic_growth": "non-demographic growth",
    "in_training": "in training at the base date",
    "entrants_until_adjustment": "entrants until the adjustment year",
    "abroad": "arrivals from abroad",
}
"""What the terms of the decomposed advice are called in the printed table."""


COUNTS = ("aanbod_personen", "n_inopleiding_perjaar", "n_buitenland")
"""Parameters that count persons, of whom nobody gives thousandths, by the start of their id."""


def read_table(path: Path) -> dict[str, object]:
    """Read a parameter file with the columns `id` and `value` (or one `value_YYYY`); numbers where they are numbers.

    Raises `InputError` when the file cannot be read, lacks a column or has an id twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; save it as CSV UTF-8") from None
    head = text.split("\n", 1)[0]
    if ";" in head and "," not in head:
        raise InputError(f"{path}: row 1: found semicolons, allowed: columns separated by commas, decimal points")
    try:
        return _values(path, csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as text between commas: {error}") from None


def _values(path: Path, rows: csv.DictReader[str]) -> dict[str, object]:
    """Return the values of a parameter file by id, numbers where they are numbers."""
    columns = [name for name in rows.fieldnames or [] if re.fullmatch(r"value(_\d{4})?", name)]
    if "id" not in (rows.fieldnames or []) or len(columns) != 1:
        found = ", ".join(rows.fieldnames or []) or "nothing"
        raise InputError(f"{path}: columns: found {found}, allowed: id and one of value or value_YYYY")
    table: dict[str, object] = {}
    faults = []
    for number, row in enumerate(rows, start=2):
        name, value = (row["id"] or "").strip(), (row[columns[0]] or "").strip()
        if not name and not value:
            continue  # empty rows, as spreadsheets leave them
        if name in table:
            faults.append(f"{path}: row {number}: found {name} a second time, allowed: each id once")
        if name.startswith(COUNTS) and GROUPED.fullmatch(value):
            faults.append(f"{path}: row {number}: found {value} persons for {name}, allowed: {value.replace('.', '')}")
        table[name] = _number(value)
    if faults:
        raise InputError("\n".join(faults))
    return table


def _number(text: str) -> object:
    return float(text) if NUMBER.fullmatch(text) else text


def parameters(
    table: Mapping[str, object], current: float | None, intake: float | None, source: str
) -> NationalParameters:
    """Return checked parameters; `current` and `intake` replace the table's inflows where given.

    Raises `InputError` with every fault.
    """
    values = dict(table)
    if current is not None:
        values |= {"n_inopleiding_perjaar": current, "n_inopleiding_perjaar2": current}
    if intake is not None:
        values["n_inopleiding_perjaar3"] = intake
    try:
        return NationalParameters.from_table(values)  # type: ignore[arg-type]
    except NationalParameterError as error:
        hint = []
        if any(isinstance(v, str) and re.fullmatch(r"-?\d+,\d+", v) for v in values.values()):
            hint = ["numbers with a decimal comma: write a decimal point"]
        faults = "1 fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        raise InputError("\n".join([f"{source}: {faults}", *error.faults, *hint])) from None


def plan(file: Path | None, current: float | None, intake: float | None) -> NationalParameters:
    """Return the parameters of a file, or of the shipped plan with the intake of the baseline scenario."""
    if file is not None:
        return parameters(read_table(file), current, intake, str(file))
    baseline = abm.Scenario()
    current = baseline.intake_current if current is None else current
    intake = baseline.intake_in(baseline.end_year) if intake is None else intake
    return parameters(regions.load().national, current, intake, "the shipped plan")


def printed(path: NationalPath, scenario: int) -> Iterator[Table]:
    """Yield the tables for the terminal: the path, and the required inflow as the sum of its parts."""
    p = path.parameters
    title = (
        f"National model, plan of {p.base_year}: intake {p.size[1]:,.0f} a year, {p.size[3]:,.0f} from "
        f"{p.adjustment_year}; demand scenario {scenario}, middle level; {path.yields} yields"
    )
    shown = Table("1 January", title=title, **LOOK)
    for heading in ("supply, persons", "supply, fte", "demand, fte", "gap, fte", "required inflow"):
        shown.add_column(heading, justify="right")
    demand, required = path.demand_fte(scenario), path.required_inflow(scenario)
    for t, year in enumerate(path.years):
        values = (path.supply_heads[t], path.supply_fte[t], demand[t], demand[t] - path.supply_fte[t], required[t])
        shown.add_row(str(year), *("" if np.isnan(value) else f"{value:,.1f}" for value in values))
    yield shown
    parts = Table("entrants a year", title="Required inflow as a sum", **LOOK)
    for year in p.equilibrium_years:
        parts.add_column(str(year), justify="right")
    split = [path.decompose(scenario, year=year) for year in p.equilibrium_years]
    for term, name in TERMS.items():
        parts.add_row(name, *(f"{one[term]:,.1f}" for one in split))
    parts.add_section()
    parts.add_row("required inflow", *(f"{path.advice(scenario, year=year):,.1f}" for year in p.equilibrium_years))
    yield parts


def table(path: NationalPath) -> pd.DataFrame:
    """Return one row per year: supply, then by level demand and required inflow of each scenario, then heads."""
    columns: dict[str, np.ndarray] = {
        "year": path.years,
        "supply_fte": path.supply_fte,
        "supply_heads": path.supply_heads,
    }
    for level, suffix in LEVEL_SUFFIXES.items():
        columns |= {f"demand_{s}_fte{suffix}": path.demand_fte(s, level) for s in SCENARIOS}
        columns |= {f"required_inflow_{s}{suffix}": path.required_inflow(s, level) for s in SCENARIOS}
    for block, name in enumerate(BLOCK_COLUMNS):
        columns |= {f"{name}_{sex}": path.heads[block, s] for s, sex in enumerate(SEXES)}
    return pd.DataFrame(columns)


def write_csv(path: NationalPath, file: Path) -> None:
    """Write `table` as CSV, whole or not at all; what is undefined is left blank."""
    from experiments.store import replacing

    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as new:
        table(path).to_csv(new, index=False, float_format=DECIMALS, lineterminator="\n")


def figure(path: NationalPath, scenario: int = 6, lang: Language = "nl") -> Figure:
    """Return the two classic figures one above the other: supply and demand, and the required inflow by year."""
    from matplotlib.figure import Figure

    from regions.maps import number

    words = LABELS[lang]
    drawn = Figure(figsize=(6.7, 8.2), facecolor="white")
    drawn.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    drawn.set_label(words["supply and demand"])
    above, below = drawn.subplots(2, 1, sharex=True)
    above.plot(path.years, path.supply_fte, color="#1a1a1a", linewidth=2.2, label=words["supply"])
    shown = list(dict.fromkeys((1, scenario)))
    for style, one in zip(("--", "-"), shown, strict=False):
        above.plot(
            path.years, path.demand_fte(one), style, color="#b35806", linewidth=1.8, label=words["demand"].format(one)
        )
        below.plot(path.years, path.required_inflow(one), style, color="#542788", linewidth=1.8,
                   label=words["inflow"].format(one))  # fmt: skip
    advice_year = path.parameters.equilibrium_years[1]
    advice = path.advice(scenario)
    told = number(advice, 1, lang) if np.isfinite(advice) else words["undefined"]
    below.plot([advice_year], [advice], "o", color="#542788")
    below.annotate(
        f"{words['advice'].format(advice_year)}: {told}",
        (advice_year, np.nan_to_num(advice)),
        (0, 30),
        textcoords="offset points",
        ha="center",
    )
    # The first years need an inflow far beyond any training capacity; the axis shows what can be read.
    below.set_ylim(0, 2.5 * max(float(np.nan_to_num(advice)), float(path.parameters.size[3]), 1.0))
    for axes, title, unit in ((above, "supply and demand", "fte"), (below, "required inflow", "entrants")):
        _dress(axes, words[title], words[unit], lang)
    above.set_ylim(bottom=0)
    p = path.parameters
    intakes = (number(float(p.size[block]), 0, lang) for block in (1, 3))
    source = words["source"].format(p.base_year, *intakes, p.adjustment_year)
    drawn.supxlabel(source, fontsize=7.5, color="#595959", x=0.02, ha="left")
    return drawn


def _dress(axes: Axes, title: str, unit: str, lang: Language) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from regions.maps import number

    axes.set_title(title, loc="left", fontweight="bold", fontsize=11)
    axes.set_ylabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(steps=[5, 10], integer=True))
    axes.tick_params(labelbottom=True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0, lang)))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False)
