"""Indicators, flows, parameters and evidence as pages of the code: `python -m experiments.reference_pages`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import abm
from abm import indicators, levers, national
from abm.flows import FLOWS, REACHED
from abm.indicators import BETWEEN, INDICATORS, Indicator, Kind
from experiments import comparison, describe, evidence_page
from experiments.levers_page import HEADING, classes, row
from regions import load, tables

DOCS = Path(__file__).parent.parent / "docs"

# Indicators ----------------------------------------------------------------------------------------------------------

KEYS = {
    "scenario": "name of the scenario",
    "replication": "number of the run; the same number in two scenarios has the same luck",
    "year": "the state is that of 1 January; what happened (flows) is of the year before",
    "region_code": "CBS code of the region, or that of your own regions",
    "region_name": "name of the region",
}
KINDS: Mapping[Kind, str] = {
    "sum": "yes",
    "flow": "yes, but for moves between regions",
    "rate": "no",
    "overlap": "no: GPs in several regions count in each",
}

INDICATORS_PAGE = """# Indicator dictionary

A results folder holds `regions.parquet`, with a row for each scenario, replication, year and region, and
`national.parquet`, with the same columns for the nation. Each column of quantities also has its unit and its Dutch
and English name in the metadata of the Parquet file. Three things to know:

- A locum who works in two or three regions counts for a half or a third in each, as Nivel counts. In columns that end
  in `_each` such a locum counts in each of these regions, as RIVM counts. In the nation every GP counts once.
- Columns about what happened in a year are empty in the base year. A share of nobody is empty too.
- *Adds up*: the sum over regions is the figure of the nation. A rate has to be computed anew from its two parts.

Which indicators are held against published figures, and how that ends, is in the [validation
report](validation/index.md).
"""

PLAN = """
## The national model beside it

`national.parquet` has a second column for some indicators: {columns}. Its name ends in `_plan`. It holds what the
[national model](national.md) gives for the intake and demand of the scenario. Spreading measures other than intake
are not in it.
"""


AGES = """
## By age and sex

`ages.parquet` has GPs at work in the base year, every fifth year after it and the last, by region, sex and age group.
The groups begin at {starts}; the first holds all who are younger than the second.

| column | meaning |
|---|---|"""
AGES_COLUMNS = {
    "year": "1 January",
    "region_code": "code of the region",
    "sex": "women or men",
    "age": "first age of the group",
    "persons": "GPs; locums in several regions count for a part in each",
    "persons_each": "GPs; locums in several regions count in each",
}

COMPARED = """
## Comparisons

`compare` adds `comparison.parquet` (every indicator by scenario, year and region), `displacement.parquet` (who gains
and who loses, and of what the gain consists) and `costs.parquet`. The columns `indicator`, `quantity` and `unit` say
what a row is about; [What would a bonus in Zeeland change?](examples/compare.md) reads them. The columns of figures:

| column | meaning |
|---|---|"""


def indicators_page() -> Iterator[str]:
    """Yield the page on the columns of the results."""
    yield INDICATORS_PAGE
    yield "## Keys\n\n| column | meaning |\n|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in KEYS.items())
    yield "\n## By region and for the nation\n"
    yield from _indicators(INDICATORS)
    yield "\n## Between regions\n\nIn `national.parquet` alone.\n"
    yield from _indicators(BETWEEN)
    table = abm.SettlementModel(abm.Scenario(), load(), rng=1).national()
    beside = [f"`{name}`" for name in table.columns.astype(str) if name.endswith("_plan")]
    yield PLAN.format(columns=", ".join(beside)).rstrip()
    yield AGES.format(starts=", ".join(str(start) for start in indicators.AGES))
    yield from (f"| `{name}` | {meaning} |" for name, meaning in AGES_COLUMNS.items())
    yield COMPARED
    yield from (f"| `{name}` | {meaning} |" for name, meaning in comparison.UNITS.items())


def _indicators(those: tuple[Indicator, ...]) -> Iterator[str]:
    yield "| column | English name | Dutch name | unit | adds up | how it is computed |"
    yield "|---|---|---|---|---|---|"
    for one in those:
        cells = (f"`{one.name}`", one.label_en, one.label_nl, one.unit, KINDS[one.kind], one.meaning)
        yield "| " + " | ".join(cells) + " |"


# Flows ---------------------------------------------------------------------------------------------------------------

FLOW_MEANINGS: Mapping[str, tuple[str, str, str]] = {
    "graduation": ("Afgestudeerd", "GPs", "finished training and took up work, where they start; by site"),
    "arrival": ("Uit het buitenland", "GPs", "came from abroad, in the region where they start"),
    "move_in": ("Verhuisd naar de regio", "GPs", "changed home region; in the region they came to"),
    "move_out": ("Verhuisd uit de regio", "GPs", "changed home region; in the region they left"),
    "move_out_holder": ("Idem, praktijkhouders", "GPs", "part of `move_out`: were practice holder before"),
    "move_out_salaried": ("Idem, in loondienst", "GPs", "part of `move_out`: were salaried before"),
    "move_out_fixed_locum": ("Idem, vaste waarnemers", "GPs", "part of `move_out`: were fixed locum before"),
    "move_out_changing_locum": ("Idem, wisselende waarnemers", "GPs", "part of `move_out`: were changing locum before"),
    "retirement": ("Pensioen", "GPs", "left for good, from the age of `counted_as_retirement_from` on"),
    "exit": ("Eerder gestopt", "GPs", "left for good before that age"),
    "to_holder": ("Praktijkhouder geworden", "GPs", "became practice holder"),
    "from_holder": ("Praktijk opgegeven", "GPs", "gave up their practice and work on in another role"),
    "to_fixed_locum": ("Vaste waarnemer geworden", "GPs", "became fixed locum"),
    "succession_found": ("Opvolger gevonden", "places", "places for practice holders that were filled"),
    "succession_not_found": ("Geen opvolger gevonden", "places", "places for practice holders that stayed open"),
    "practice_closed": ("Praktijk gesloten", "practices", "closed after years without a holder"),
    "practice_without_holder": (
        "Praktijk zonder praktijkhouder verder", "practices", "run on by an organisation, without a holder",
    ),
}  # fmt: skip

FLOWS_PAGE = """# Flow dictionary

`flows.parquet` counts what happened, long: a row for each scenario, replication, year, region and flow.

| column | meaning |
|---|---|
| `scenario`, `replication`, `region_code` | as in the [indicators](indicators.md) |
| `year` | 1 January: what happened was in the year before |
| `flow` | one of the names below |
| `site` | training site, of graduations alone; empty for the rest |
| `persons` | how many GPs, places or practices; rows of nobody are left out |
| `fte` | their full-time equivalents; 0 for places and practices |

Moves by role are parts of all moves, not more of them. In the nation moves in and moves out cancel. The balance of a
region, supply in persons at home: graduations + arrivals + moves in - moves out - retirements - exits. A GP counts
here in the home region alone, so that the balance differs from `supply_persons` by the locums who work in several.

| flow | Dutch name | counts | meaning |
|---|---|---|---|
"""


def flows_page() -> Iterator[str]:
    """Yield the page on the flows."""
    rows = [f"| `{name}` | {' | '.join(FLOW_MEANINGS[name])} |" for name in FLOWS]
    reached = "whom the measure NAME reached in the year, for its cost; of task shifting the fte of demand saved"
    yield FLOWS_PAGE + "\n".join([*rows, f"| `{REACHED}NAME` | Bereikt door maatregel NAME | GPs | {reached} |"])


# Parameters ----------------------------------------------------------------------------------------------------------

SECTIONS = {
    "name": "The run, and the national totals",
    "age_at_start": "Candidates and training",
    "train_own": "Location choice",
    "reconsider_holder": "Reconsidering the region",
    "fte_holder": "Roles",
    "locums_in_several_regions": "Locums in several regions",
    "places_per_practice": "Practices in the base year",
    "takeover": "Succession",
    "list_reach_km": "Lists",
    "vacancy_softness": "Indicators",
}
"""The field with which each part of the scenario begins."""

PARAMETERS_PAGE = """# Parameters

Every number that a rule uses and a scenario may change. `--set NAME=VALUE` changes one for a run; a scenario file can
hold them all. E numbers are the facts behind it: [Evidence](evidence.md) tells what was published, by whom and when.

- *allowed* is what the program accepts; *range* is where the value is thought to lie before any calibration. What the
  calibration left of the ranges is in `docs/calibration/ranges.csv`.
- *role*: a `constant` is fixed by the official model or by definition; an `uncertainty` is not known well, and varies
  in `run --ensemble` when it has a range; a `lever` is for policy to choose.
- *quality*: `published`, a printed figure; `derived`, worked out from published figures; `assumed`, nothing found
  supports the size; `chosen`, for the user to fill in.

The Dutch texts are those of `gp-settlement scenarios show NAME --lang nl`.
"""

LEVERS = """
## Levers

A scenario has any number of levers, each a table `[[levers]]` with a `kind`. All have these fields:
"""

KINDS_OF_LEVERS = """
Beside these each kind has its own. What is known of them, and how far to believe it, is in
[Spreading measures](levers.md).
"""

NATIONAL = """
## The national model

The rows of `national_parameters.csv` of a data folder, by their Dutch name in the official model. What they do is in
[The national model](national.md). A scenario replaces one with `national = {{epi_midden = 0.02}}`, or `--set
national.epi_midden=0.02`. Rows with *no* are carried along by the source and not used. Source of all rows but those
that say otherwise: {source}.
"""


def parameters_page() -> Iterator[str]:
    """Yield the page on the fields of scenarios and levers, and on the national parameters."""
    yield PARAMETERS_PAGE.rstrip()
    for name, field in abm.Scenario.model_fields.items():
        if name in SECTIONS:
            yield f"\n## {SECTIONS[name]}\n\n{HEADING[0]} quality |\n{HEADING[1]}---|"
        about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield f"{row(name, field)} {describe.quality(str(about.get('source', '')))} |"
    yield LEVERS
    yield from HEADING
    for name, field in levers.Lever.model_fields.items():
        if name not in ("kind", "cost"):
            yield row(name, field)
    for name, field in levers.Cost.model_fields.items():
        yield row(f"cost.{name}", field)
    yield KINDS_OF_LEVERS
    yield from HEADING
    for kind, cls in classes().items():
        own = [(name, field) for name, field in cls.model_fields.items() if name not in levers.Lever.model_fields]
        yield from (row(f"{kind}.{name}", field) for name, field in own)
    yield from _national()


def _national() -> Iterator[str]:
    table = tables.read(tables.SHIPPED, "national_parameters")
    usual = table["source"].mode()[0]
    yield NATIONAL.format(source=usual)
    yield "| id | meaning | value | unit | used | source |"
    yield "|---|---|---|---|---|---|"
    for one in table.to_dict("records"):
        used = "yes" if one["id"] in national.REQUIRED_IDS else "no"
        source = "" if one["source"] == usual else one["source"]
        yield f"| `{one['id']}` | {one['meaning']} | {one['value']:g} | {one['unit']} | {used} | {source} |"


# -------------------------------------------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], Iterator[str]]] = {
    "indicators.md": indicators_page,
    "flows.md": flows_page,
    "parameters.md": lambda: map(evidence_page.linked, parameters_page()),
    evidence_page.NAME: evidence_page.page,
}


def page(name: str) -> str:
    """Return a page as Markdown."""
    return "\n".join(PAGES[name]()) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    for name in PAGES:
        (folder / name).write_text(page(name), encoding="utf-8", newline="\n")
