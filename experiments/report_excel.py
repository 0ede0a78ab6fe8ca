"""The tables of a report as an Excel workbook: a sheet per table, with what its figures are and come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from experiments.cells import PER_CENT, captioned, clean, decimals, heading_of_values, is_formula, is_number, printed
from experiments.document import Heading, Paragraph, Table
from experiments.errors import InputError
from experiments.report import Report

LONGEST_NAME, LONGEST_TEXT = 31, 32_767  # of a sheet, of a cell: Excel's own limits
MOST_ROWS = 1_048_000  # Excel has 576 more, for what stands above and below a table
ROW_OF_HEADINGS = 3
WIDEST = 60
DIGITS = 9
"""Decimals that are kept: a mean of whole numbers stays whole."""
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
WORDS = {
    "nl": {"contents": "Inhoud", "definitions": "Wat de kolommen betekenen", "made": "Waar de cijfers vandaan komen"},
    "en": {"contents": "Contents", "definitions": "What the columns mean", "made": "Where the figures come from"},
}


def write(report: Report, path: Path) -> None:
    """Write the tables of a report as .xlsx."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as workbook:
        finished = datetime.fromisoformat(report.finished).replace(tzinfo=None)
        workbook.set_properties({"title": clean(report.document.title), "created": finished})
        _Book(workbook, report).write()
    path.write_bytes(buffer.getvalue())


class _Book:
    """A workbook in the making."""

    def __init__(self, workbook: Workbook, report: Report) -> None:
        self._workbook, self._report = workbook, report
        self._lang = report.document.lang
        self._words = WORDS[self._lang]
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def write(self) -> None:
        """Write the sheet of contents, and one for each table."""
        labels = [label for block, label in captioned(self._report.document) if isinstance(block, Table)]
        labels += [str(len(labels) + place) for place, _ in enumerate(self._report.data, start=1)]
        names = [self._name(label, table) for label, table in zip(labels, self._report.tables, strict=True)]
        self._contents(names)
        for name, table in zip(names, self._report.tables, strict=True):
            self._sheet(name, table)

    def _name(self, label: str, table: Table) -> str:
        text = f"{label.rsplit(' ', 1)[-1]} {NOT_IN_NAMES.sub('', clean(table.caption))}"
        return text[:LONGEST_NAME].strip()

    def _format(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format(properties)
        return self._formats[key]

    def _text(self, sheet: Worksheet, row: int, column: int, text: str, **properties: Any) -> None:
        """Write a text as text: one that Excel would take for a formula is marked as typed with a quote before it."""
        text = clean(text)[:LONGEST_TEXT]
        if is_formula(text):
            properties["quote_prefix"] = True
        sheet.write_string(row, column, text, self._format(**properties))

    def _contents(self, names: list[str]) -> None:
        sheet = self._workbook.add_worksheet(self._words["contents"])
        sheet.set_column(0, 0, 45)
        sheet.set_column(1, 1, 110)
        self._text(sheet, 0, 0, self._report.document.title, bold=True, font_size=14)
        self._text(sheet, 1, 0, self._report.subtitle)
        row = 3
        for name, table in zip(names, self._report.tables, strict=True):
            sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            self._text(sheet, row, 1, table.caption)
            row += 1
        row = self._pairs(sheet, row + 1, self._words["made"], self._report.about)
        for block in self._report.document.blocks:
            if isinstance(block, Heading) and block.level == 1:
                row += 1
            if isinstance(block, Heading | Paragraph):
                self._text(sheet, row, 0, block.text, bold=isinstance(block, Heading))
                row += 1

    def _pairs(self, sheet: Worksheet, row: int, title: str, pairs: Mapping[str, str]) -> int:
        """Write a title and under it pairs of texts; return the row after them."""
        self._text(sheet, row, 0, title, bold=True)
        for place, (key, text) in enumerate(pairs.items(), start=row + 1):
            self._text(sheet, place, 0, key)
            self._text(sheet, place, 1, text)
        return row + len(pairs) + 1

    def _sheet(self, name: str, table: Table) -> None:
        """Write a table with its caption and note above, and definitions and origin below it."""
        if (count := len(table.frame)) > MOST_ROWS:
            raise InputError(f"{table.caption}: found {count:,} rows, allowed are {MOST_ROWS:,}; -o FOLDER writes CSV")
        sheet = self._workbook.add_worksheet(name)
        self._text(sheet, 0, 0, table.caption, bold=True, font_size=12)
        self._text(sheet, 1, 0, table.note)
        names = [str(column) for column in table.frame.columns]
        headings = [heading_of_values(table, column, self._lang) for column in names]
        for place, text in enumerate(headings):
            self._text(sheet, ROW_OF_HEADINGS, place, text, bold=True, text_wrap=True, valign="bottom", bottom=1)
        rows = list(table.frame.itertuples(index=False, name=None))
        for place, row in enumerate(rows, start=ROW_OF_HEADINGS + 1):
            for column, (key, value) in enumerate(zip(names, row, strict=True)):
                self._cell(sheet, place, column, table, key, value)
        found = printed(table, self._lang) if len(rows) < 500 else None
        for place, text in enumerate(headings):
            wide = max((len(row[place]) for row in found.rows), default=0) if found else 12
            sheet.set_column(place, place, min(WIDEST, max(10, wide + 2, *(len(word) + 3 for word in text.split()))))
        last = ROW_OF_HEADINGS + max(1, len(rows))
        sheet.autofilter(ROW_OF_HEADINGS, 0, last, len(names) - 1)
        sheet.freeze_panes(ROW_OF_HEADINGS + 1, 1)
        sheet.repeat_rows(ROW_OF_HEADINGS)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        row_after = last + 2
        if meanings := self._report.meanings(table):
            row_after = self._pairs(sheet, row_after, self._words["definitions"], meanings) + 1
        self._pairs(sheet, row_after, self._words["made"], self._report.about)

    def _cell(self, sheet: Worksheet, row: int, column: int, table: Table, name: str, value: object) -> None:
        if is_number(value):
            style = self._format(**self._digits(table, name, value))
            sheet.write_number(row, column, round(value, DIGITS), style)
        elif isinstance(value, str) and value:
            self._text(sheet, row, column, value, **({"align": "right"} if value.startswith("<") else {}))

    def _digits(self, table: Table, name: str, value: object) -> dict[str, str]:
        """Return how a number is shown; its value is kept in full."""
        if isinstance(value, int) and name not in table.units and name not in table.decimals:
            return {"num_format": "0"}
        places = decimals(table, name)
        point = f".{'0' * places}" if places else ""
        return {"num_format": f"0{point}%" if table.units.get(name) == PER_CENT else f"#,##0{point}"}
