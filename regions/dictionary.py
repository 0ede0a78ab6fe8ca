"""The data dictionary as a page, made from the schema: `python -m regions.dictionary` writes it to docs/."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from regions import schema

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"

INTRODUCTION = """# Data dictionary

A data folder holds these tables as CSV (UTF-8, comma, decimal point) and `boundaries.geojson`.
`gp-settlement data export DIR` writes a copy to edit, `data check DIR` tells everything that is wrong with it, and
`--data DIR` runs on it. E numbers are rows of `evidence.csv`; [Evidence](evidence.md) shows those that are used.
"""


def lines() -> Iterator[str]:
    """Yield the page line by line."""
    yield INTRODUCTION
    for table in schema.TABLES:
        yield f"## {table.file}"
        yield ""
        yield f"{table.title}. A row for each {' and '.join(f'`{key}`' for key in table.key)}."
        yield ""
        yield "| column | meaning | unit | source | licence | year | quality |"
        yield "|---|---|---|---|---|---|---|"
        for c in table.columns:
            cells = (f"`{c.name}`", c.description, c.unit, c.source, c.licence, c.year, c.quality)
            yield "| " + " | ".join(cells) + " |"
        yield ""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(lines())


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(page(), encoding="utf-8", newline="\n")
