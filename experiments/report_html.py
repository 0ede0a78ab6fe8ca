"""A report as one HTML file that needs nothing else: drawings stand in it, nothing is fetched, no script runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from experiments.cells import captioned, clean, printed
from experiments.document import Document, Heading, Paragraph, Picture, Table, inlined
from experiments.report import Report
from regions import paper

TEMPLATES = Path(__file__).with_name("templates")
WORDS = {
    "nl": {"contents": "Inhoud", "skip": "Naar de inhoud", "described": "Beschrijving van"},
    "en": {"contents": "Contents", "skip": "Skip to content", "described": "Description of"},
}


def write(report: Report, path: Path) -> None:
    """Write a report as HTML."""
    path.write_text(page(report), encoding="utf-8", newline="\n")


def page(report: Report) -> str:
    """Return a report as an HTML page; all texts in it are escaped by the template."""
    document = report.document
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    blocks = list(_blocks(document))
    contents = [block for block in blocks if block["kind"] == "heading" and block["level"] == 2]
    return environment.get_template("report.html").render(
        lang=document.lang,
        title=clean(document.title),
        subtitle=clean(report.subtitle),
        blocks=blocks,
        contents=contents,
        words=WORDS[document.lang],
    )


def _blocks(document: Document) -> Iterator[dict[str, Any]]:
    for place, (block, label) in enumerate(captioned(document)):
        anchor = f"b{place}"
        match block:
            case Heading(level, text):
                yield {"kind": "heading", "level": level + 1, "text": clean(text), "anchor": anchor}
            case Paragraph(text):
                yield {"kind": "paragraph", "text": clean(text)}
            case Table():
                yield _table(block, document) | {"label": label, "anchor": anchor}
            case Picture():
                yield {"kind": "picture", "label": label, "caption": clean(block.caption), "alt": clean(block.alt),
                       "drawing": drawing(block, anchor)}  # fmt: skip


def _table(table: Table, document: Document) -> dict[str, Any]:
    found = printed(table, document.lang)
    return {
        "kind": "table",
        "caption": clean(table.caption),
        "note": clean(table.note),
        "headings": list(zip(found.headings, found.numeric, strict=True)),
        "rows": [list(zip(row, found.numeric, strict=True)) for row in found.rows],
        "wordy": found.wordy,
    }


def drawing(picture: Picture, name: str) -> Markup:
    """Return a figure as SVG within a page: one image with a name for those who do not see it."""
    svg = inlined(paper.rendered(picture.figure, "svg").decode("utf-8"), name)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(clean(picture.alt))}" ', 1))
