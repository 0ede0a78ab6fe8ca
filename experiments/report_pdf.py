"""A report as PDF, made by Typst under its own check of PDF/UA-1: what is not accessible is not written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib
import typst

from experiments.cells import captioned, clean, font_size, printed
from experiments.document import Document, Heading, Paragraph, Picture, Table
from experiments.report import Report
from experiments.report_html import TEMPLATES
from regions import paper

TEMPLATE = "report.typ"
ROOM = 17 / 2.54 * 72
"""Width of a table, in points, as in the template."""
LETTER = 0.62
"""Mean width of a letter of DejaVu Sans, per size of the font."""


def write(report: Report, path: Path) -> None:
    """Write a report as PDF."""
    path.write_bytes(rendered(report))


def rendered(report: Report) -> bytes:
    """Return a report as PDF; the same report gives the same bytes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(TEMPLATES / TEMPLATE, folder / TEMPLATE)
        content = {
            "title": clean(report.document.title),
            "subtitle": clean(report.subtitle),
            "lang": report.document.lang,
            "keywords": [clean(f"{key}: {value}") for key, value in report.about.items()],
            "foot": clean(report.document.title),
            "blocks": list(_blocks(report.document, folder)),
        }
        (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8", newline="\n")
        pdf: bytes = typst.compile(
            str(folder / TEMPLATE),
            root=str(folder),
            font_paths=[str(Path(matplotlib.get_data_path(), "fonts", "ttf"))],  # what the figures are set in
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=datetime.fromisoformat(report.finished),
        )
        return pdf


def _blocks(document: Document, folder: Path) -> Iterator[dict[str, Any]]:
    for place, (block, _) in enumerate(captioned(document)):
        match block:
            case Heading(level, text):
                yield {"kind": "heading", "level": level, "text": clean(text)}
            case Paragraph(text):
                yield {"kind": "paragraph", "text": clean(text)}
            case Table():
                found = printed(block, document.lang)
                yield {
                    "kind": "table", "caption": clean(block.caption), "note": clean(block.note),
                    "headings": found.headings, "numeric": found.numeric, "rows": found.rows, "widths": found.widths,
                    "size": font_size(found, ROOM, LETTER),
                }  # fmt: skip
            case Picture():
                file = f"figure-{place}.svg"
                (folder / file).write_bytes(paper.rendered(block.figure, "svg"))
                yield {"kind": "picture", "file": file, "caption": clean(block.caption), "alt": clean(block.alt)}
