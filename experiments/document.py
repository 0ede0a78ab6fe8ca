"""What a report or a page consists of, whatever file it becomes: a title and blocks in reading order.

Texts are plain, in the document's language, with numbers as they are printed in it; a newline in a text is a space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from regions.maps import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is right below the title of the document."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table whose cells are values, to be printed in the language of the document or kept as numbers.

    `frame` has one level of columns, headed in words, and its first column tells what a row is about; its index is not
    shown. `units` has the unit of a column by its heading ("%" for a share: cells are fractions) and `decimals` how
    many to print. A missing cell is NaN or None. `note` stands below the table.
    """

    frame: pd.DataFrame
    caption: str
    note: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A figure with its caption, and in `alt` what it shows for those who do not see it."""

    figure: Figure
    caption: str
    alt: str


Block = Heading | Paragraph | Table | Picture


@dataclass(frozen=True)
class Document:
    """A document in one language."""

    title: str
    lang: Language
    blocks: tuple[Block, ...]


def inlined(svg: str, name: str) -> str:
    """Return a drawing to stand in an HTML page with others: without its head, its ids its own."""
    svg = svg[svg.index("<svg") :].strip()
    return re.sub(r'( id="| href="#| xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
