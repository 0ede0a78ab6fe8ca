"""The measures as a page, made from their classes: `python -m experiments.levers_page` writes it to docs/."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from abm import levers
from experiments import training_costs
from experiments.comparison_printing import rounded

PAGE = Path(__file__).parent.parent / "docs" / "levers.md"

INTRODUCTION = """# Spreading measures

Each measure of a scenario is a table `[[levers]]` of this `kind`. It names regions, the calendar years in which it is
in force, and in how many years it grows to its full size; `gp-settlement scenarios list` shows the scenarios that come
with the package. E numbers are rows of `regions/data/evidence.csv`.

A source begins with what it is worth: *published*, a printed figure; *derived*, worked out from published figures, the
step given; *assumed*, nothing found supports the size, at best its sign. A *lever* is for policy to choose, an
*uncertainty* says how people respond; both may have a range within which the value is thought to lie.

Costs of a year are `cost.per_year + (cost.per_reached + what the lever itself pays) * GPs reached`, in euro of today.
While a measure grows to its full size, either fewer are reached (entrants selected, graduates placed, GPs obliged,
demand saved) or as many for part of the amount (all others); `cost.per_year` is whole from the first year.
Training more GPs, or fewer, than in the baseline is counted at {euro:,.0f} euro a year for each trainee
({source}), whether a measure or another intake makes the difference. Beside that only money for the
measure counts: not what GPs earn by their work, nor training that would have been given elsewhere. "None found" counts
as nil, which flatters the measure; where nothing else is paid, a comparison says that no cost is given. A cost given
for a size does not follow when the size changes.

How far to believe: *good*, Dutch figures agree; *fair*, several foreign studies or a Dutch figure that is near; *weak*,
one study or a far analogue; *none*, a what-if.
"""

REACHED = {
    "nobody": "nobody in person",
    "newcomers": "GPs who come to work in one of the regions, also from another of them",
    "tied_newcomers": "GPs with a tied partner who come to work in one of the regions, also from another of them",
    "settled_since": "GPs who settled in the regions since it began (with `established`: all who work there)",
    "working": "all GPs at work in the regions",
    "older": "GPs at work in the regions from `from_age` on",
    "locums": "locums in the regions",
    "new_holders": "new practice holders in the regions",
    "graduates": "graduates of the training sites in the regions",
    "selected": "entrants selected",
    "placed": "graduates who were placed",
    "obliged": "GPs who serve their obligation in the regions",
    "trainees": "those who start training in the regions",
    "demand": "demand saved, in fte",
}
GENERAL = frozenset(levers.Lever.model_fields)
HEADING = (
    "| field | meaning | default | allowed | range | unit | role | source |",
    "|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Judgement:
    """What a lever does in the model, what is known of it, and how far to believe its direction and its size."""

    acts_on: str
    evidence: str
    direction: str
    size: str
    because: str


JUDGEMENTS = {
    "settlement_bonus": Judgement(
        "attractiveness of the regions, for GPs who start and, less, for GPs elsewhere and for those it pays to stay",
        "Foreign only. Asked, GPs want 37 to 130% of their income for a remote place (E604 to E609) or 9,044 euro a "
        "month (E619); 65% would stay at any offer (E603). Observed, 10% more income kept or drew 0.8 points more "
        "(E614), new GPs responded and established ones did not (E615, E616), and American bonuses moved 0.2 to 0.5% "
        "(E627, E628). The Dutch plan sees little evidence that money works alone (E147), Norway neither (E621).",
        "fair",
        "weak",
        "What people say exceeds what they do; the default response lies between. It pays many who would have come.",
    ),
    "start_premium": Judgement(
        "attractiveness of the regions for GPs who start and, less, for GPs elsewhere",
        "England: 20,000 pounds raised the posts filled from 62 to 69% (E684, E685) to 86 to 93% (E680, E682), of "
        "trainees, without a control. Flanders stopped its 20,000 euro in 2020 (E601); 27 municipalities were still "
        "short two years later (E602).",
        "fair",
        "weak",
        "The English figure is of training posts for three years, not of a career; Flanders points the other way.",
    ),
    "takeover_support": Judgement(
        "chance that an open place suits a GP who looks for a practice there",
        "Friesland matched 5 practices and kept 15 open in a year and a half (E597, E598), with 15 candidates (E596). "
        "Of practices 44% found no successor (E552); a half to six in ten are short of rooms (E555, E909). Nothing "
        "tells matching, premises and deputies apart in effect; only premises have a cost (E599, E600).",
        "fair",
        "weak",
        "Dutch and on the point, but one programme, twenty practices and nothing to compare with: rather too high. It "
        "moves places between GPs who want one; it makes no GPs.",
    ),
    "ownership_training": Judgement(
        "share of graduates of the sites in the regions who ever want a practice",
        "Wishes are well known: 62 to 73% want a practice (E296, E413, E416, E429), nearly all aspire but part dares "
        "(E432), in company (E419, E434). No programme was measured.",
        "weak",
        "none",
        "That attention raises the wish is plausible; a wish is no practice (E417, E418). Few shortage regions train.",
    ),
    "partner_programme": Judgement(
        "what GPs with a tied partner lose by working away from the partner's region, in the regions",
        "The partner's work and the family decide with (E138, E129), in Zeeland it is the main obstacle (E363); abroad "
        "a partner from the country goes with an odds ratio of 2.8 to 3.0 (E637, E639, E640). No programme was "
        "measured; the share of GPs with a tied partner is assumed.",
        "good",
        "none",
        "The obstacle is real; what help takes away of it is a what-if.",
    ),
    "campaign": Judgement(
        "attractiveness of the regions for everybody",
        "Campaigns ran in Zeeland, Drenthe, Vechtdal and Friesland (E151). Friesland counted 5, then 15 candidates "
        "(E594, E596) for 22 GPs wanted (E593), with nothing to compare with.",
        "weak",
        "none",
        "Counts of candidates say nothing on who would have come anyway.",
    ),
    "placements": Judgement(
        "attractiveness of the region of the placement, for those placed: the pull of training, by months",
        "Rural training goes with rural work abroad: odds ratio 2.5 to 4.6 after graduation (E635, E638), 1.75 before "
        "(E634). Dutch GPs mostly work near where they trained (E094, E436, E437). In Australia 42% of the "
        "rural-trained stay five years (E668). Named in E148.",
        "good",
        "weak",
        "Who trains somewhere often chose to, so the pull is partly preference; that months count in proportion is "
        "assumed.",
    ),
    "training_places": Judgement(
        "places at the sites of the regions, which candidates choose by distance from their origin; nobody is added",
        "Alumni work around their institute or its annex (E094, E095, E439, E440), but none trained in Twente settled "
        "in Enschede itself (E490). Candidates are short, places are not (E049, E467); those in the north, east and "
        "south-west stayed empty (E450); places in London drew trainees away from where they were needed (E686).",
        "good",
        "weak",
        "The pull of training is the best known number here; how many fill the places is much less so.",
    ),
    "selection": Judgement(
        "region of origin of some entrants, and so the site they choose and where they settle",
        "Origin goes with an odds ratio of 2.3 to 2.7 (E633, E636, E643), 4.0 in one programme (E647); 34% of British "
        "doctors settle where they are from (E651). Dutch doctors often go back (E449); few come from the North and "
        "Zeeland (E447). Shares abroad: 6.8% (E675), 16% (E677), with a duty.",
        "good",
        "fair",
        "Much evidence, all foreign in size. Whether there are enough candidates from the regions is not tested.",
    ),
    "obligation": Judgement(
        "region of some graduates for some years; intake, by the candidates who stay away",
        "Foreign: 71% fulfil it (E669), 97% in Japan (E671); of those 70% stay in the prefecture (E672: 46 to 93%), "
        "68% in Pennsylvania (E649), though less often at the first place (E670). Named in E148.",
        "good",
        "weak",
        "While it lasts it works by definition. How many candidates it costs is a what-if, and decides the balance.",
    ),
    "travel_support": Judgement(
        "loss of utility by distance to training place, origin and partner, in the regions",
        "Northern GPs accept less than 30 minutes (E420), half would move house (E421). No support was measured.",
        "weak",
        "none",
        "Support does not shorten the way. The default is what its euros would do as a bonus, and a little more.",
    ),
    "locum_market": Judgement(
        "chances to look for a practice, to become a fixed locum, and to give a practice up",
        "Holding a practice is unattractive to starters in a market of locums (E139); GPs stay locum longer (E433). "
        "Tariffs, duty for all and fixed lists are named (E148, E054), without effects. A salaried GP costs a practice "
        "13% more than a locum for the same work (E917, E918).",
        "weak",
        "none",
        "It changes roles, not numbers. Locums might as well leave for other regions, which the model leaves out.",
    ),
    "later_retirement": Judgement(
        "yearly chance to leave, from an age on",
        "Three in four who leave are 60 or older (E397 to E399). Rural GPs in Australia put relief first, then pay to "
        "stay (E612); recruitment, not retention, is the weak point elsewhere (E666). No Dutch measure was evaluated.",
        "weak",
        "none",
        "It postpones: the gain ends when they leave after all.",
    ),
    "hours": Judgement(
        "fte of each GP at work in the regions",
        "Weeks grew by 9% from 2018 to 2024, mostly administration (E034, E035), and are not expected to grow further "
        "(E036); starters want 30 to 40 hours where leavers made 50 to 60 (E558, E559).",
        "weak",
        "none",
        "The evidence points to fewer hours rather than more.",
    ),
    "task_shifting": Judgement(
        "demand for GPs, a little less each year up to a limit, beside what the national plan counts already",
        "Staff of a practice grew from 3.7 to 5.7 fte in seven years (E899, E911); unmet demand fell by 1.7 points in "
        "three years, mainly so (E016). Staff is short (E055); some 300 PA and VS worked in GP care in 2018 (E142, "
        "E143), places for 75 more were wanted (E146).",
        "good",
        "weak",
        "What was seen is in the plan; that as much again is possible is assumed.",
    ),
    "smaller_practices": Judgement(
        "GPs that the same need calls for, and so the shortage that draws GPs",
        "LHV proposed about 1,800 patients (E149), three pilots ran (E150); the norm fell from 2,350 to 2,095 before "
        "(E537, E539). Shorter hours and smaller lists are preferred (E623), workload keeps GPs away (E129).",
        "fair",
        "weak",
        "That 16% more GPs are called for is arithmetic; that they are drawn as by any shortage, and so at most fill "
        "the norm, is assumed. That practices take them on because income stays is what the cost is for.",
    ),
    "medical_school": Judgement(
        "national intake, after study and wait",
        "The plan: 4,100 students and 25% who choose the GP training give 1,026 (E050, E051), in 2032 at the earliest "
        "(E052). Of graduates 28% became GP, 16 to 40% by area of origin (E448); of doctors who specialise 34% choose "
        "it (E476).",
        "good",
        "fair",
        "A sum; the share that chooses is a hope when the number of students rises. Nobody graduates before 2039.",
    ),
}


def classes() -> dict[str, type[levers.Lever]]:
    """Return the lever classes by kind, in the order of the module."""
    return {one.model_fields["kind"].default: one for one in get_args(get_args(levers.AnyLever)[0])}


def lines() -> Iterator[str]:
    """Yield the page line by line."""
    yield INTRODUCTION.format(euro=rounded(training_costs.EURO_PER_YEAR), source=training_costs.SOURCE)
    yield "| lever | what it is | acts on | size | direction | size believed |"
    yield "|---|---|---|---|---|---|"
    for kind, cls in classes().items():
        judged, own = JUDGEMENTS[kind], [name for name in cls.model_fields if name not in GENERAL]
        sizes = [name for name in own if _about(cls.model_fields[name]).get("role") == "lever"]
        size = "; ".join(f"`{name}` {_value(cls.model_fields[name].default)}" for name in sizes)
        cells = (f"[`{kind}`](#{kind})", _summary(cls), judged.acts_on, size, judged.direction, judged.size)
        yield "| " + " | ".join(cells) + " |"
    yield ""
    for kind, cls in classes().items():
        yield from _section(kind, cls)


def _section(kind: str, cls: type[levers.Lever]) -> Iterator[str]:
    judged = JUDGEMENTS[kind]
    yield f"## {kind}"
    yield ""
    yield f"{_doc(cls)} Acts on: {judged.acts_on}. Reaches: {REACHED[cls.reaches_usually]}."
    yield ""
    yield from HEADING
    for name, field in cls.model_fields.items():
        if name not in GENERAL:
            yield row(name, field)
    yield ""
    yield f"Costs: {_costs(cls.model_fields['cost'].default)}."
    yield ""
    yield f"Evidence: {judged.evidence}"
    yield ""
    yield f"Belief: direction {judged.direction}, size {judged.size}. {judged.because}"
    yield ""


def row(name: str, field: FieldInfo) -> str:
    """Return what is known of a field as a row below `HEADING`."""
    about, default = _about(field), field.get_default(call_default_factory=True)
    unit = about.get("unit", "")
    cells = (
        f"`{name}`", field.description or "", "" if default in ((), {}) else _value(default, unit),
        _allowed(field, unit), _range(about.get("prior"), unit), unit, about.get("role", ""), about.get("source", ""),
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join(lines())


def _summary(cls: type[levers.Lever]) -> str:
    return inspect.cleandoc(cls.__doc__ or "").splitlines()[0]


def _doc(cls: type[levers.Lever]) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split())


def _about(field: FieldInfo) -> Mapping[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _value(value: object, unit: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "year":  # without a sign for thousands
        return str(value)
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def _range(bounds: object, unit: str) -> str:
    return " to ".join(_value(bound, unit) for bound in bounds) if isinstance(bounds, list | tuple) else ""


def _allowed(field: FieldInfo, unit: str) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(_value(one) for one in get_args(field.annotation))
    low = [one.ge for one in field.metadata if isinstance(one, Ge)]
    high = [one.le for one in field.metadata if isinstance(one, Le)]
    return _range([*low, *high], unit)


def _costs(cost: levers.Cost) -> str:
    amounts = [(cost.per_year, "a year"), (cost.per_reached, "for each reached")]
    euros = " and ".join(f"{_value(amount)} euro {what}" for amount, what in amounts if amount)
    return f"{euros or 'nil'} ({cost.source})"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(page(), encoding="utf-8", newline="\n")
