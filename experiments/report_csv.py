"""The tables of a report as a folder of CSV files, in the form that Excel opens in the language of the report.

In Dutch that is a semicolon between cells and a decimal comma, in English a comma and a decimal point; both UTF-8 with
a byte order mark. Every row ends in what the figures come from, and definities.csv or definitions.csv says what the
columns are.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from pathlib import Path

from experiments.cells import PER_CENT, clean, heading_of_values, is_formula, is_number
from experiments.document import Table
from experiments.errors import InputError
from experiments.report import Report
from experiments.store import replacing

SEPARATORS = {"nl": (";", ","), "en": (",", ".")}
"""Between cells, and before decimals."""
LONGEST_NAME = 60
DIGITS = 6
"""Decimals that are written."""
WORDS = {
    "nl": {"file": "definities", "origin": "Herkomst", "table": "Bestand", "column": "Kolom", "meaning": "Betekenis",
           "unit": "Eenheid", "note": "Toelichting"},
    "en": {"file": "definitions", "origin": "Origin", "table": "File", "column": "Column", "meaning": "Meaning",
           "unit": "Unit", "note": "Note"},
}  # fmt: skip


def write(report: Report, folder: Path) -> list[Path]:
    """Write the tables of a report into a folder; return the files.

    Raises `InputError` where the folder holds something else.
    """
    if folder.exists() and (not folder.is_dir() or any(file.suffix != ".csv" for file in folder.iterdir())):
        raise InputError(
            f"-o {folder}: found other files there, allowed is a folder that is new, empty or has CSV files"
        )
    folder.mkdir(parents=True, exist_ok=True)
    words = WORDS[report.document.lang]
    known = [[words[key] for key in ("table", "column", "unit", "meaning", "note")]]
    files = []
    for number, table in enumerate(report.tables, start=1):
        name = f"{number:02d}-{_slug(table.caption)}.csv"
        columns = [str(column) for column in table.frame.columns]
        headings = [heading_of_values(table, column, report.document.lang) for column in columns]
        rows = [[_cell(value, report.document.lang) for value in row] for row in table.frame.itertuples(index=False)]
        text = [[*headings, words["origin"]], *([*row, _safe(report.origin)] for row in rows)]
        files.append(_write(folder / name, text, report.document.lang))
        meanings = report.meanings(table)
        known += [
            [name, _safe(head), _unit(table, column), _safe(meanings.get(column, "")), ""]
            for head, column in zip(headings, columns, strict=True)
        ]
        known.append([name, "", "", _safe(table.caption), _safe(table.note)])
    return [*files, _write(folder / f"{words['file']}.csv", known, report.document.lang)]


def _slug(text: str) -> str:
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")[:LONGEST_NAME].strip("-")


def _unit(table: Table, column: str) -> str:
    """Return a column's unit: percentages are written as fractions."""
    unit = table.units.get(column, "")
    return "1 = 100%" if unit == PER_CENT else _safe(unit)


def _cell(value: object, lang: str) -> str:
    if is_number(value):
        return repr(value if isinstance(value, int) else round(float(value), DIGITS)).replace(".", SEPARATORS[lang][1])
    return _safe(str(value)) if isinstance(value, str | bool) else ""


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = " ".join(clean(text).split())
    return f"'{text}" if is_formula(text) else text


def _write(path: Path, rows: list[list[str]], lang: str) -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=SEPARATORS[lang][0], lineterminator="\r\n").writerows(rows)
    with replacing(path) as new:
        new.write_text(buffer.getvalue(), encoding="utf-8-sig", newline="")
    return path
