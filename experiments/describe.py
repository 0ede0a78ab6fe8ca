"""What a scenario says, for people: in Dutch or English, with unit, source and quality of every value."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic.fields import FieldInfo
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

import abm
from abm.indicators import Indicator
from abm.levers import AnyLever, Cost, Lever
from experiments import groups
from experiments.console import LOOK
from experiments.scenario_faults import TABLES
from experiments.scenario_files import LANGUAGES
from experiments.scenarios import NamedScenario
from regions import Regions, schema, tables

Language = Literal["nl", "en"]
Quality = Literal["published", "derived", "assumed", "stated", "chosen", "default"]
DUTCH = Path(__file__).with_name("dutch.toml")
EVIDENCE = re.compile(r"E(\d{3})(?: to E(\d{3}))?")
WORKED_OUT = re.compile(r"fitted|E\d{3} (over|and E\d{3} taken together)")
OFFICIAL = ("plan of 2025", "national table", "national model", "Capaciteitsorgaan")
QUALITY_FIRST = re.compile(r"^(user|(published|assumed|derived)\b[;:,]? ?)")
NO_SIZE = ("assumed", "qualitative")
"""Quality of evidence that gives no measured size."""

TEXT: Mapping[str, tuple[str, str]] = {
    "name": ("naam", "name"),
    "title": ("titel", "title"),
    "changes": ("wat verandert", "what it changes"),
    "nothing": ("niets: alles staat op de standaardwaarde", "nothing: every value is at its default"),
    "differs": ("Wat van de basis verschilt", "What differs from the baseline"),
    "as_baseline": ("Geen enkele waarde verschilt van de basis.", "No value differs from the baseline."),
    "value": ("waarde", "value"),
    "baseline": ("basis", "baseline"),
    "parameter": ("parameter", "parameter"),
    "meaning": ("betekenis en herkomst", "meaning and origin"),
    "lever": ("Maatregel", "Lever"),
    "regions": ("Regio's", "Regions"),
    "country": ("heel Nederland", "the whole country"),
    "years": ("Jaren", "Years"),
    "span": ("{first} tot en met {last}", "{first} to {last}, the last included"),
    "phased": (", op volle omvang na {years} jaar", ", at full size after {years} years"),
    "reaches": ("Bereikt", "Reaches"),
    "worst": ("de {count} slechtste naar {indicator}", "the {count} worst by {indicator}"),
    "cost": ("Kosten", "Cost"),
    "pays": (
        "{pays} euro die de maatregel zelf per jaar betaalt aan elke huisarts die wordt bereikt, op volle omvang",
        "{pays} euro that it pays itself a year to each GP it reaches, at full size",
    ),
    "per_reached": ("{amount} euro per bereikte huisarts", "{amount} euro for each GP reached"),
    "per_saved": ("{amount} euro per bespaarde fte", "{amount} euro for each fte saved"),
    "per_year": ("{amount} euro per jaar dat de maatregel geldt", "{amount} euro for each year in force"),
    "cost_source": ("bron van de bedragen: {known}", "source of the amounts: {known}"),
    "nil": ("0 euro", "0 euro"),
    "no_cost": ("geen opgegeven", "none given"),
    "yes": ("ja", "yes"),
    "no": ("nee", "no"),
    "published": ("gepubliceerd", "published"),
    "derived": ("afgeleid", "derived"),
    "assumed": ("aangenomen", "assumed"),
    "stated": ("volgens dit bestand", "as this file says"),
    "default": ("standaardwaarde", "default"),
    "chosen": ("gekozen in dit scenario", "chosen in this scenario"),
    "nobody": ("niemand", "nobody"),
    "newcomers": ("huisartsen die in de regio's komen werken", "GPs who come to work in the regions"),
    "tied_newcomers": (
        "huisartsen met een gebonden partner die in de regio's komen werken",
        "GPs with a tied partner who come to work in the regions",
    ),
    "settled_since": (
        "huisartsen die er werken en zich er sinds het begin vestigden",
        "GPs who work there and settled since it began",
    ),
    "working": ("alle huisartsen die er werken", "all GPs who work there"),
    "older": ("oudere huisartsen die er werken", "older GPs who work there"),
    "locums": ("waarnemers die er werken", "locums who work there"),
    "new_holders": ("wie daar praktijkhouder wordt", "those who become practice holder there"),
    "graduates": ("wie daar de opleiding afrondt", "those who finish their training there"),
    "selected": ("geselecteerde kandidaten", "selected candidates"),
    "placed": ("wie daar een deel van de opleiding doet", "those placed there in their training"),
    "obliged": ("wie daar een verplichting vervult", "those who fulfil an obligation there"),
    "trainees": ("huisartsen in opleiding op de extra plaatsen", "trainees in the places added"),
    "demand": ("fte bespaarde vraag", "fte of demand saved"),
}


@dataclass(frozen=True)
class Value:
    """One value of a scenario: `usual` is the baseline's, or the default of a lever."""

    key: str
    about: str
    value: str
    usual: str
    unit: str
    source: str
    quality: Quality


def catalogue(scenarios: list[NamedScenario], lang: Language) -> Table:
    """Return a table of scenarios: name, title and what each changes."""
    table = Table(**LOOK)
    for heading in ("name", "title", "changes"):
        table.add_column(say(heading, lang), no_wrap=heading == "name")
    for named in scenarios:
        table.add_row(
            named.name,
            _in(named.title, lang),
            "; ".join(_changes(named, lang)) or say("nothing", lang),
        )
    return table


def page(named: NamedScenario, data: Regions, lang: Language) -> Iterator[RenderableType]:
    """Yield all that a scenario says: its texts, what differs from the baseline, and every lever."""
    yield Text(f"{named.name}: {_in(named.title, lang)}", style="bold")
    if described := _in(named.description, lang):
        yield Text(f"{described}\n")
    values = differences(named, data, lang)
    if values:
        yield _table(values, say("differs", lang), lang)
    elif not named.scenario.levers:
        yield Text(say("as_baseline", lang))
    for lever in named.scenario.levers:
        yield Text(f"{say('lever', lang)} {lever.name}: {about_lever(lever, lang)}", style="bold")
        for heading, line in lever_lines(named, lever, _region_names(data, lang), lang):
            yield Text(f"  {say(heading, lang)}: {line}")
        yield _table(lever_values(named, lever, lang), None, lang)


def differences(named: NamedScenario, data: Regions | None, lang: Language) -> list[Value]:
    """Return every value that differs from the baseline, but for levers.

    Without the data that it is for, it is not known what the data have where the scenario has a value of its own.
    """
    values = []
    for key, field in abm.Scenario.model_fields.items():
        value, usual = getattr(named.scenario, key), field.get_default(call_default_factory=True)
        if key in ("name", "levers") or value == usual:
            continue
        if key in TABLES:
            values += [_of_table(named, key, part, one, data, lang) for part, one in value.items()]
        else:
            values.append(_value(key, value, usual, field, named.sources.get(key), lang))
    return values


def parameters(named: NamedScenario, lang: Language) -> list[Value]:
    """Return every parameter of a scenario that has one value, at its default or not; levers apart."""
    return [
        _value(key, getattr(named.scenario, key), field.get_default(), field, named.sources.get(key), lang)
        for key, field in abm.Scenario.model_fields.items()
        if key not in ("name", "levers", *TABLES)
    ]


def lever_values(named: NamedScenario, lever: AnyLever, lang: Language) -> list[Value]:
    """Return the sizes of a lever, and how people respond to it."""
    values = []
    for key, field in type(lever).model_fields.items():
        if key not in Lever.model_fields and getattr(lever, key) != "":
            source = named.sources.get(f"{lever.name}.{key}")
            usual = field.get_default(call_default_factory=True)
            values.append(_value(key, getattr(lever, key), usual, field, source, lang))
    return values


def quality(source: str) -> Quality:
    """Return how well a value is known, from its source: E numbers are rows of the evidence."""
    if source in ("", "user"):
        return "chosen"
    for stated in ("assumed", "derived"):
        if source.startswith(stated):
            return stated
    rows = [f"E{n:03}" for first, last in EVIDENCE.findall(source) for n in range(int(first), int(last or first) + 1)]
    if any(_evidence().get(row, NO_SIZE[0]) in NO_SIZE for row in rows):
        return "assumed"
    if WORKED_OUT.search(source):
        return "derived"
    return "published" if rows or source.startswith(("published", *OFFICIAL)) else "stated"


@functools.cache
def _evidence() -> dict[str, str]:
    """Return the quality of each row of the evidence that comes along."""
    table = tables.read(tables.SHIPPED, "evidence")
    return dict(zip(table["id"], table["quality"], strict=True))


# Values --------------------------------------------------------------------------------------------------------------


def _value(key: str, value: object, usual: object, field: FieldInfo, stated: str | None, lang: Language) -> Value:
    extra: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = extra.get("unit", "")
    source = stated or (extra.get("source", "") if value == usual else "")
    return Value(
        key=key,
        about=_meaning(key, field, lang),
        value=_shown(value, unit, lang),
        usual=_shown(usual, unit, lang),
        unit=unit_name(unit, lang),
        source=source,
        quality="default" if value == usual and source in ("", "user") else quality(source),
    )


def _of_table(named: NamedScenario, key: str, part: str, value: float, data: Regions | None, lang: Language) -> Value:
    """Return a national parameter, or the attractiveness of a region, that a scenario replaces."""
    name = f"{key}.{part}"
    source = named.sources.get(name) or named.sources.get(key) or ""
    about, unit, usual = _meaning(key, abm.Scenario.model_fields[key], lang), "", None
    if key == "attractiveness":
        unit, usual = "utility", float(data.alpha[data.index(part)]) if data else None
    elif data:
        row = tables.read(data.folder, "national_parameters").set_index("id").loc[part]
        about, unit, usual = str(row["meaning"]), str(row["unit"]), data.national[part]
    return Value(
        key=name,
        about=about,
        value=_shown(value, unit, lang),
        usual="" if usual is None else _shown(usual, unit, lang),
        unit=unit_name(unit, lang),
        source=source,
        quality=quality(source),
    )


def _meaning(key: str, field: FieldInfo, lang: Language) -> str:
    labels = _dutch()["scenario"] | _dutch()["lever"]
    return labels.get(key, str(field.description)) if lang == "nl" else str(field.description)


def unit_name(unit: str, lang: Language) -> str:
    """Return what a unit of a parameter is called."""
    return _dutch()["units"].get(unit, unit) if lang == "nl" else unit


def _shown(value: object, unit: str, lang: Language) -> str:
    """Return a value with the decimal sign of the language; years without a sign for thousands."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(one, unit, lang)}" for key, one in value.items())
    if isinstance(value, bool):
        return say("yes" if value else "no", lang)
    if not isinstance(value, int | float):
        return str(value)
    if unit == "year":
        return str(value)
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return text.translate(str.maketrans(".,", ",.")) if lang == "nl" else text


# Levers --------------------------------------------------------------------------------------------------------------


def lever_lines(
    named: NamedScenario, lever: AnyLever, names: Mapping[str, str], lang: Language
) -> Iterator[tuple[str, str]]:
    """Yield where, when, whom and at what cost a lever reaches, each with its heading; `names` of regions by code."""
    yield "regions", _where(named, lever, names, lang)
    phased = say("phased", lang, years=lever.phase_in) if lever.phase_in else ""
    yield "years", say("span", lang, first=lever.first, last=lever.last) + phased
    yield "reaches", say(lever.reaches, lang)
    yield "cost", _cost(lever, lang)


def _region_names(data: Regions, lang: Language) -> dict[str, str]:
    return dict(zip(data.codes, data.names_nl if lang == "nl" else data.names_en, strict=True))


def _where(named: NamedScenario, lever: AnyLever, names: Mapping[str, str], lang: Language) -> str:
    if not lever.regions:
        return say("country", lang)
    listed = ", ".join(names[code] for code in lever.regions)
    choice = _choice(named.choices.get(lever.name, ()), lang, groups.SOURCES)
    same = not choice or set(choice.split(", ")) == set(listed.split(", "))  # in whatever order
    return listed if same else f"{choice}: {listed}"


def _choice(choice: object, lang: Language, sources: Mapping[str, str]) -> str:
    """Return what the file says of the regions, groups with their source."""
    if isinstance(choice, list | tuple):
        return ", ".join(_choice(item, lang, sources) for item in choice)
    if isinstance(choice, Mapping):
        labels = {one.name: one.label(lang) for one in abm.INDICATORS}
        return say("worst", lang, count=choice["worst"], indicator=labels[choice["indicator"]].lower())
    return f"{choice} ({sources[str(choice)]})" if str(choice) in sources else str(choice)


def _cost(lever: AnyLever, lang: Language) -> str:
    def amount(value: float) -> str:
        return _shown(value, "euro", lang)

    cost, parts = lever.cost, list[str]()
    if lever.pays():
        parts.append(say("pays", lang, pays=amount(lever.pays())))
    if cost.per_reached:
        parts.append(
            say("per_saved" if lever.reaches == "demand" else "per_reached", lang, amount=amount(cost.per_reached))
        )
    if cost.per_year:
        parts.append(say("per_year", lang, amount=amount(cost.per_year)))
    if not parts and cost.known:
        parts.append(say("nil", lang))
    if cost != Cost():
        parts.append(say("cost_source", lang, known=_known(quality(cost.source), cost.source, lang)))
    return "; ".join(parts) or say("no_cost", lang)


def meaning(indicator: Indicator, lang: Language) -> str:
    """Return what an indicator is."""
    return _dutch()["indicators"][indicator.name] if lang == "nl" else indicator.meaning


def table_title(name: str, lang: Language) -> str:
    """Return what a table of a data folder holds."""
    return _dutch()["tables"][name] if lang == "nl" else schema.BY_NAME[name].title


def about_lever(lever: AnyLever, lang: Language) -> str:
    """Return what a lever is, in a line."""
    english = str(type(lever).__doc__).splitlines()[0]
    return str(_dutch()["kinds"].get(lever.kind, english)) if lang == "nl" else english


def _changes(named: NamedScenario, lang: Language) -> Iterator[str]:
    """Yield in a few words what a scenario changes."""
    for key, field in abm.Scenario.model_fields.items():
        value, usual = getattr(named.scenario, key), field.get_default(call_default_factory=True)
        if key in TABLES:
            yield from (f"{key}.{part} = {_shown(one, '', lang)}" for part, one in value.items())
        elif key not in ("name", "levers") and value != usual:
            unit = "year" if key == "end_year" else ""
            yield f"{key} {_shown(usual, unit, lang)} → {_shown(value, unit, lang)}"
    for lever in named.scenario.levers:
        where = _choice(named.choices.get(lever.name, ()), lang, {}) or say("country", lang)
        yield f"{lever.name}: {where}, {lever.first}-{lever.last}"


# Words ---------------------------------------------------------------------------------------------------------------


def _table(values: list[Value], title: str | None, lang: Language) -> Table:
    table = Table(title=title, **LOOK)
    for heading in ("parameter", "value", "meaning"):
        table.add_column(say(heading, lang), no_wrap=heading == "parameter")
    for one in values:
        size = f"{one.value} {one.unit}".strip() + (f" ({say('baseline', lang)}: {one.usual})" if title else "")
        known = _known(one.quality, one.source, lang)
        table.add_row(one.key, size, "\n".join(filter(None, (one.about, known))))
    return table


def _known(of: Quality, source: str, lang: Language) -> str:
    """Return the quality of a value and where it comes from, the quality once."""
    rest = QUALITY_FIRST.sub("", source)
    return say(of, lang) + (f": {rest}" if rest else "")


def say(phrase: str, lang: Language, **words: object) -> str:
    """Return one of the phrases of `TEXT` in a language, with its words filled in."""
    return TEXT[phrase][LANGUAGES.index(lang)].format(**words)


def _in(texts: Mapping[str, str], lang: Language) -> str:
    """Return a text in a language, or in another if there is none."""
    return texts.get(lang) or next(iter(texts.values()), "")


@functools.cache
def _dutch() -> dict[str, dict[str, str]]:
    return tomllib.loads(DUTCH.read_text(encoding="utf-8"))
