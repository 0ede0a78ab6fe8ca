"""How the cells of a document's tables are headed and printed, and what numbers tables and pictures get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import pandas as pd

from experiments.document import Block, Document, Picture, Table
from regions.maps import Language, number, per_cent

PER_CENT = "%"
SHARES = {"nl": "aandeel", "en": "share"}
CAPTIONS = {"nl": {Table: "Tabel", Picture: "Figuur"}, "en": {Table: "Table", Picture: "Figure"}}
WORDY = 20
"""Mean length of the texts in a table from which it is more to be read than looked up in."""
WIDEST_WORD, WIDEST_HEADING, PADDING, READING = 28, 12, 2.0, 2.2
"""Of a column, in letters; long words are hyphenated. Texts are given room by the root of their length."""
BOLD = 1.15
"""Width of a bold letter, as headings are, over that of a plain one."""
SMALLEST, LARGEST = 5.5, 7.5
SPACES = re.compile(r"[ \t\r\n]+")
FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@|]")
"""What a spreadsheet may take for a formula at the start of a text."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold."""


@dataclass(frozen=True)
class Printed:
    """A table as it is read.

    `numeric` tells for each column whether it is set to the right, `widths` how much room it asks for, in characters.
    """

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]

    @property
    def wordy(self) -> bool:
        """Whether the cells are texts rather than figures."""
        lengths = [len(text) for row in self.rows for text in row[1:]]
        return sum(lengths) > WORDY * max(1, len(lengths))


def printed(table: Table, lang: Language) -> Printed:
    """Return the headings and cells of a table in a language."""
    names = [str(name) for name in table.frame.columns]
    rows = tuple(
        tuple(cell(value, table, name, lang) for name, value in zip(names, row, strict=True))
        for row in table.frame.itertuples(index=False, name=None)
    )
    headings = tuple(clean(heading(table, name)) for name in names)
    right = tuple(place > 0 and numeric(table, name) for place, name in enumerate(names))
    columns = [[row[place] for row in rows] for place in range(len(names))]
    return Printed(headings, right, rows, tuple(map(_width, headings, columns)))


def _width(heading: str, texts: Sequence[str]) -> float:
    """Return the room that a column asks for: that of its longest word, more where there is much to read."""
    of_heading = BOLD * max(map(len, heading.split()), default=1)
    of_cells = max((len(word) for text in texts for word in text.split()), default=1)
    reading = READING * max(map(len, texts), default=0) ** 0.5
    return max(min(of_heading, WIDEST_HEADING), min(of_cells, WIDEST_WORD), reading) + PADDING


def font_size(table: Printed, room: float, letter: float) -> float:
    """Return the size of letters, in points, in which a table fits in so many points without breaking words.

    `letter` is the mean width of a letter, per size of the font.
    """
    fitting = room / (letter * sum(table.widths))
    return round(min(max(fitting, SMALLEST), LARGEST), 1)


def heading(table: Table, name: str) -> str:
    """Return a column's heading, with its unit if the heading does not tell it."""
    unit = table.units.get(name, "")
    return name if not unit or unit in re.split(r"[ ,()]", name.lower()) else f"{name} ({unit})"


def heading_of_values(table: Table, name: str, lang: Language) -> str:
    """Return a column's heading where cells are values and not print: percentages are shares, 0.083 for 8.3%."""
    if table.units.get(name) != PER_CENT:
        return heading(table, name)
    return name if SHARES[lang] in name.lower() else f"{name} ({SHARES[lang]})"


def numeric(table: Table, name: str) -> bool:
    """Return whether a column holds numbers; texts may stand in for some of them."""
    return any(is_number(value) for value in table.frame[name])


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a cell is a number that is there."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not pd.isna(value)


def decimals(table: Table, name: str) -> int:
    """Return how many decimals a column is printed with: one for percentages where nothing is said."""
    return table.decimals.get(name, 1 if table.units.get(name) == PER_CENT else 0)


def cell(value: object, table: Table, name: str, lang: Language) -> str:
    """Return a cell as it is printed: whole numbers of a column without unit and decimals as they are, like years."""
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return SPACES.sub(" ", clean(str(value))).strip()
    if isinstance(value, int) and name not in table.units and name not in table.decimals:
        return str(value)
    if table.units.get(name) == PER_CENT:
        return per_cent(value, decimals(table, name), lang)
    return number(value, decimals(table, name), lang)


def captioned(document: Document) -> Iterator[tuple[Block, str]]:
    """Yield each block with the word and number that its caption starts with, empty where it has none."""
    counts = {Table: 0, Picture: 0}
    for block in document.blocks:
        label = ""
        if isinstance(block, Table | Picture):
            counts[type(block)] += 1
            label = f"{CAPTIONS[document.lang][type(block)]} {counts[type(block)]}"
        yield block, label


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would take a text for a formula."""
    return bool(FORMULA.match(text))


def clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return UNPRINTABLE.sub("", text)
