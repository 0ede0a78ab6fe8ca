"""A document as Markdown and as one HTML file: headings, texts, tables of words, and figures by their files."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.document import inlined

MARKED = ("agrees", "undecided", "fails", "misses")
"""Cells that have a colour."""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; `code` in backticks."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table; `align` has a letter for each column, l or r."""

    header: Sequence[str]
    align: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A figure, by the name of its file, and its text for who cannot see it."""

    name: str
    alt: str


Block = Heading | Text | Items | Grid | Picture


def markdown(blocks: Iterable[Block]) -> str:
    """Return a document as Markdown, its figures as files beside it."""

    def cell(text: str) -> str:
        return text.replace("|", "\\|")

    lines: list[str] = []
    for block in blocks:
        match block:
            case Heading(text, level):
                lines.append(f"{'#' * level} {text}")
            case Text(text):
                lines.append(text)
            case Items(items):
                lines += [f"- {item}" for item in items]
            case Grid(header, align, rows):
                lines.append(f"| {' | '.join(header)} |")
                lines.append(f"|{'|'.join('---:' if a == 'r' else '---' for a in align)}|")
                lines += [f"| {' | '.join(map(cell, row))} |" for row in rows]
            case Picture(name, alt):
                lines.append(f"![{alt}]({name}.png)")
        lines.append("")
    return "\n".join(lines)


STYLE = """
body { font: 16px/1.5 Verdana, Arial, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
h1, h2, h3 { line-height: 1.25; margin-top: 2rem }
p, ul { max-width: 56rem }
nav a { margin-right: 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: 0.8rem; margin: 0.5rem 0 1rem }
th { text-align: left; vertical-align: bottom; border-bottom: 2px solid #595959; max-width: 6.5rem }
td { border-bottom: 1px solid #e0e0e0; vertical-align: top; max-width: 13rem }
td:last-child { max-width: 28rem }
th, td { padding: 0.2rem 0.6rem }
.r { text-align: right }
td.r { white-space: nowrap }
.agrees { color: #14655f } .undecided { color: #595959 } .fails, .misses { color: #b35806; font-weight: bold }
figure { margin: 1rem 0 } figure svg { width: 46rem; max-width: 100%; height: auto }
code { font-size: 0.9em; overflow-wrap: anywhere }
@media print { body { font-size: 11px; margin: 0 } .wide { overflow: visible } table { width: auto } }
"""


def as_html(blocks: Sequence[Block], folder: Path) -> str:
    """Return a document as one HTML file that needs nothing else; figures are the .svg files in `folder`."""
    title = next(block.text for block in blocks if isinstance(block, Heading))
    contents = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = "\n".join(f'<a href="#{_anchor(text)}">{html.escape(text)}</a>' for text in contents)
    lines = ["<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">']
    lines.append('<meta name="viewport" content="width=device-width, initial-scale=1">')
    lines += [f"<title>{html.escape(title)}</title>", f"<style>{STYLE}</style>", "</head>", "<body>"]
    for block in blocks:
        match block:
            case Heading(text, level):
                lines.append(f'<h{level} id="{_anchor(text)}">{_inline(text)}</h{level}>')
                lines += [f"<nav>\n{links}\n</nav>"] if level == 1 else []
            case Text(text):
                lines.append(f"<p>{_inline(text)}</p>")
            case Items(items):
                lines += ["<ul>", *(f"<li>{_inline(item)}</li>" for item in items), "</ul>"]
            case Grid():
                lines += _html_table(block)
            case Picture(name, alt):
                drawing = inlined((folder / f"{name}.svg").read_text(encoding="utf-8"), name)
                lines.append(f'<figure role="img" aria-label="{html.escape(alt)}">\n{drawing}\n</figure>')
    return "\n".join([*lines, "</body>", "</html>", ""])


def _html_table(grid: Grid) -> Iterator[str]:
    def opened(tag: str, align: str, text: str) -> str:
        classes = " ".join(c for c in ("r" if align == "r" else "", text if text in MARKED else "") if c)
        return f"<{tag} class={classes!r}>" if classes else f"<{tag}>"

    yield '<div class="wide"><table>'
    cells = zip(grid.align, grid.header, strict=True)
    yield "<thead><tr>" + "".join(f"{opened('th', a, '')}{_inline(text)}</th>" for a, text in cells) + "</tr></thead>"
    yield "<tbody>"
    for row in grid.rows:
        cells = zip(grid.align, row, strict=True)
        yield "<tr>" + "".join(f"{opened('td', a, text)}{_inline(text)}</td>" for a, text in cells) + "</tr>"
    yield "</tbody></table></div>"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
