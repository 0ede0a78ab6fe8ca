"""A comparison to read: comparison.md, and what the terminal shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from experiments import comparison_tables as tables_of
from experiments import store
from experiments.comparison_sentences import Teller
from experiments.comparison_stored import Comparison
from experiments.describe import Language

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

FILE = "comparison.md"
TAG = re.compile(r"<(?=[A-Za-z/!?])")
"""What a viewer of Markdown would take for HTML, in a text from a file of somebody else."""
NAME_WIDTH = 13
"""Of the names of scenarios on the terminal, at least."""


def write(comparison: Comparison, lang: Language) -> Path:
    """Write comparison.md into the results folder; return its path."""
    file = comparison.folder / FILE
    with store.replacing(file) as path:
        path.write_text(TAG.sub(r"\<", "\n".join(page(comparison, lang))), encoding="utf-8", newline="\n")
    return file


def tables(comparison: Comparison, lang: Language) -> Iterator[RenderableType]:
    """Yield the table of all scenarios, to print with rich."""
    from rich.table import Table

    from experiments.console import LOOK

    teller = Teller(comparison, lang)
    headings, rows = tables_of.shortest(teller)
    table = Table(title=teller.title(), caption=teller.overview_note(), **LOOK)
    for place, heading in enumerate(headings):
        name = place == 0 and not comparison.keys
        width = NAME_WIDTH if name else None
        table.add_column(heading, justify="left" if name else "right", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    yield table
    for line in teller.warnings():
        yield f"{line}\n"


def page(comparison: Comparison, lang: Language) -> Iterator[str]:
    """Yield the lines of the page."""
    teller = Teller(comparison, lang)
    words, facts, every, detailed = teller.words, teller.facts, comparison.scenarios, teller.detailed
    yield from ("# " + teller.title(), "")
    yield from _section(words.say("question"))
    yield from (words.say("asked", year=facts.last, baseline=teller.baseline, pairs=facts.pairs()), "")
    yield from _section(words.say("short"))
    for scenario in detailed:
        yield from (f"**{teller.name(scenario)}.** {' '.join(teller.sentences(scenario))}", "")
    yield from _table(tables_of.overview(teller), texts=2 + len(comparison.keys))
    yield from (teller.overview_note(), "")
    if not detailed:
        yield from (words.say("not_detailed", count=len(every)), "")
    yield from _scenarios(teller, [comparison.baseline, *(every[:1] if comparison.keys else every)])
    for scenario in detailed:
        yield from _where(teller, scenario)
    yield from _costs(teller, detailed)
    if detailed:
        yield from _section(words.say("unequal"))
        yield from _table(tables_of.unequal(teller, detailed), texts=2)
        yield from (words.say("unequal_note"), "")
    yield from _section(words.say("sure"))
    yield from teller.sure(detailed or every)
    yield from _assumed(teller)
    version, seed = facts.manifest["version"], facts.manifest["seed"]
    yield from (words.say("files", version=version, pairs=facts.pairs(), seed=seed), "")


def _scenarios(teller: Teller, scenarios: Iterable[str]) -> Iterator[str]:
    """Yield what scenarios are."""
    yield from _section(teller.words.say("words"))
    for scenario in scenarios:
        described = teller.facts.manifest["scenarios"][scenario]["description"].get(teller.words.lang)
        yield from _section(f"{teller.name(scenario)} (`{scenario}`)", level=3)
        if described and not teller.keys:  # a variant is not as told
            yield from (described, "")
        if fields := teller.other_fields(scenario):
            yield from (fields, "")
        levers = teller.facts.comparison.results.scenario(scenario).levers
        yield from [teller.lever(lever) for lever in levers] or [teller.words.say("no levers")]
        yield ""


def _where(teller: Teller, scenario: str) -> Iterator[str]:
    """Yield who gains and who loses, what is left of the shortage, and where the gain comes from."""
    words = teller.words
    yield from _section(words.say("where", title=teller.name(scenario)))
    yield from _table(tables_of.where(teller, scenario))
    yield from (words.say("where_note"), "")
    yield from (teller.over_time(scenario), "")
    yield from _section(words.say("needs"), level=3)
    yield from _table(tables_of.needs(teller, scenario))
    yield from _section(words.say("origin"), level=3)
    yield from _table(tables_of.origin(teller, scenario))
    yield from (words.say("origin_note"), "")
    yield from (teller.losers(scenario), "")


def _costs(teller: Teller, scenarios: Iterable[str]) -> Iterator[str]:
    """Yield whom levers reach and what they cost, in all and by year."""
    words = teller.words
    reach = tables_of.reach(teller, scenarios)
    if not reach[1]:
        return
    yield from _section(words.say("money"))
    yield from _table(reach, texts=2)
    yield from (words.say("cost_note", baseline=teller.baseline), "")
    by_year = {scenario: tables_of.yearly(teller, scenario) for scenario in scenarios}
    paid = {scenario: table for scenario, table in by_year.items() if table[1]}
    for scenario, table in paid.items():
        yield from _section(words.say("yearly", title=teller.name(scenario)), level=3)
        yield from _table(table)
    if paid:
        yield from (words.say("yearly_note"), "")


def _assumed(teller: Teller) -> Iterator[str]:
    """Yield what is assumed of levers."""
    table = tables_of.assumed(teller)
    yield from _section(teller.words.say("assumed"))
    if table[1]:
        yield from (teller.words.say("assumed_note"), "")
        yield from _table(table, texts=len(table[0]))
    yield from (teller.words.say("model_note"), "")


def _section(heading: str, level: int = 2) -> tuple[str, str]:
    return f"{'#' * level} {heading}", ""


def _table(table: tuple[Sequence[str], Iterable[Sequence[str]]], texts: int = 1) -> Iterator[str]:
    """Yield a table, with so many columns of text at the left of those of numbers."""
    headings, rows = table
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "".join("---|" if place < texts else "--:|" for place in range(len(headings)))
    yield from ("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)
    yield ""
