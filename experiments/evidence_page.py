"""The published facts that the project goes by, as a page made from evidence.csv and from who cites it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from regions import tables

ROOT = Path(__file__).parent.parent
NAME = "evidence.md"
CITING = ("abm/**/*.py", "regions/**/*.py", "experiments/**/*.py", "experiments/**/*.toml", "experiments/**/*.csv",
          "regions/data/*.csv", "docs/*.md")  # fmt: skip
"""The files that may cite a fact, but for this page and the table of facts."""
CITED = re.compile(r"\bE(\d{3})(?:\s+to\s+E(\d{3}))?\b")
NUMBER = re.compile(r"\bE\d{3}\b")
NATION = "Netherlands"

INTRODUCTION = """# Evidence

What the E numbers stand for: every fact that a parameter, a target, a table of the data folder, a rule or a page of
this documentation cites. It is made from `regions/data/evidence.csv`, which also holds what was found and not used.

- *value* is as it was published; two numbers with *to* between them are a range, also where a value goes before it.
  It is empty where the source says something without a number: then *unit* tells in which direction.
- *quality*: `published`, by the source named; `published (secondary)`, by another who cites it; `read off chart` and
  `read off text range`, taken from a chart or a range in words; `qualitative`, said without a number; `assumed`,
  nothing found supports the size.
- Facts are about the Netherlands, unless the text ends in another group or place.
"""


def linked(text: str) -> str:
    """Return a text in which each E number leads to its row on the page."""
    return NUMBER.sub(rf"[\g<0>]({NAME}#\g<0>)", text)


def cited(text: str) -> set[str]:
    """Return the facts that a text cites, those inside a range, 'first to last', too."""
    ends = ((int(first), int(last or first)) for first, last in CITED.findall(text))
    return {f"E{number:03}" for first, last in ends for number in range(first, last + 1)}


def facts() -> pd.DataFrame:
    """Return the rows of evidence.csv that are cited."""
    files = {file for pattern in CITING for file in ROOT.glob(pattern)}
    others = (file for file in files if file.name not in (NAME, "evidence.csv"))
    there = set().union(*(cited(file.read_text(encoding="utf-8")) for file in others))
    table = tables.read(tables.SHIPPED, "evidence")
    return table[table["id"].isin(there)]


def page() -> Iterator[str]:
    """Yield the page: a table for each topic."""
    yield INTRODUCTION.rstrip()
    found = facts()
    for topic, rows in found.groupby(found["topic"].str.lstrip("0123456789 ")):
        yield f"\n## {str(topic)[0].upper()}{str(topic)[1:]}\n"
        yield "| number | fact | value | unit | year | source | quality |"
        yield "|---|---|---|---|---|---|---|"
        for one in rows.to_dict("records"):
            told = one["population"] == NATION or str(one["quantity"]).endswith(str(one["population"]))
            about = "" if told else f"; {one['population']}"
            cells = (f'<a id="{one["id"]}"></a>{one["id"]}', _cell(f"{one['quantity']}{about}"), _value(one),
                     *(_cell(one[key]) for key in ("unit", "year", "source", "quality")))  # fmt: skip
            yield f"| {' | '.join(cells)} |"


def _value(fact: Mapping[Hashable, str]) -> str:
    """Return the value with its range."""
    ends = " to ".join(filter(None, (fact["low"], fact["high"])))
    return f"{fact['value']} ({ends})" if fact["value"] and ends else fact["value"] or ends


def _cell(text: str) -> str:
    """Return a text as a cell of Markdown has it."""
    return text.replace("|", "\\|").replace("<", "&lt;")
