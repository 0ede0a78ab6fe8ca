"""A report of a results folder: what it says, whatever file it becomes. Made from what is stored; nothing is run.

`make` gives the contents once, chapter by chapter from report_summary, report_regions, report_effects and
report_origins, and the tables for spreadsheets from report_tables; report_html, report_word, report_pdf, report_excel
and report_csv write them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments import region_page, report_effects, report_origins, report_regions, report_summary, report_tables
from experiments.document import Block, Document, Table
from experiments.errors import InputError
from experiments.lookup import Locums
from experiments.report_told import Told
from experiments.store import Results, replacing
from regions.maps import Language

WRITERS = {
    ".html": "report_html",
    ".docx": "report_word",
    ".pdf": "report_pdf",
    ".xlsx": "report_excel",
    "": "report_csv",
}
"""The module that writes each kind of file; imported when asked for, as most need the extra `report`."""
CHAPTERS: tuple[Callable[[Told], Iterator[Block]], ...] = (
    report_summary.chapter, report_regions.nation, report_regions.regions, report_effects.chapter,
    report_origins.in_full, report_origins.assumptions, report_origins.data, report_origins.counting,
    report_origins.again,
)  # fmt: skip
"""In the order of the report."""


@dataclass(frozen=True)
class Report:
    """A document, and what travels with each of its tables when they are taken out of it.

    `about` tells scenario, version, seed and the like; `definitions` what the headings of columns mean; `data` has
    tables that are too long to read, for spreadsheets. `finished` is when the results were (ISO 8601), `scenario` has
    the names of the scenarios, `subtitle` says what the figures are, and `origin` is `about` in a line.
    """

    document: Document
    about: Mapping[str, str]
    definitions: Mapping[str, str]
    data: tuple[Table, ...]
    finished: str
    version: str
    scenario: str
    subtitle: str
    origin: str

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, those of the document first."""
        return (*(block for block in self.document.blocks if isinstance(block, Table)), *self.data)

    def meanings(self, table: Table) -> dict[str, str]:
        """Return what the columns of a table mean, those of which it is said; … stands for the start of a heading."""
        found = {}
        for column in map(str, table.frame.columns):
            for known, meaning in self.definitions.items():
                if column == known or (known.startswith("…") and column.endswith(known[1:])):
                    found[column] = meaning
        return found


def write(
    results: Results,
    output: Path,
    lang: Language,
    template: Path | None = None,
    region: str | None = None,
    locums: Locums = "divided",
) -> None:
    """Write the report of a results folder, or the page of one region.

    The suffix says as what; no suffix means a folder of CSV files.

    `template` is for .docx; `locums` is how those who work in several regions are counted. A file appears whole or not
    at all. Raises `InputError` for another suffix, a template that cannot be used and a folder that holds other files,
    and `ImportError` where the extra `report` is not installed.
    """
    suffix = output.suffix.lower()
    if suffix not in WRITERS:
        raise InputError(
            f"{output}: found {output.suffix}, allowed: {', '.join(filter(None, WRITERS))}, or none for CSV"
        )
    writer = importlib.import_module(f"experiments.{WRITERS[suffix]}")
    made = make(results, lang, region, locums)
    output.parent.mkdir(parents=True, exist_ok=True)
    if not suffix:
        writer.write(made, output)
        return
    with replacing(output) as new:
        writer.write(made, new, **({"template": template} if suffix == ".docx" else {}))


def make(results: Results, lang: Language, region: str | None = None, locums: Locums = "divided") -> Report:
    """Return the report of a results folder in a language, or the page of one region.

    `locums` is how those who work in several regions are counted. Raises `InputError` for a region that is not in the
    results.
    """
    told = Told(results, lang, locums)
    data: tuple[Table, ...] = ()
    if region is not None:
        document = region_page.content(results, region, lang, locums=locums)
    else:
        blocks = tuple(block for chapter in CHAPTERS for block in chapter(told))
        document, data = Document(told.title, lang, blocks), tuple(report_tables.long_tables(told))
    return Report(
        document,
        told.about,
        told.definitions,
        data,
        finished=told.manifest["finished"],
        version=told.manifest["version"],
        scenario=", ".join(told.scenarios),
        subtitle=told.made,
        origin=told.origin,
    )
