"""Figures of results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from abm.indicators import INDICATORS
from experiments.errors import InputError, nearest
from experiments.store import Results
from regions import geography, maps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUBTITLE = {
    "nl": "1 januari {year}. {title}. Gemiddelde; replicaties: {count}",
    "en": "1 January {year}. {title}. Mean; replications: {count}",
}
SOURCE = {
    "nl": "gp-settlement {version}, op cijfers van Capaciteitsorgaan, CBS, Vektis en Nivel; deels aannames",
    "en": "gp-settlement {version}, on figures of Capaciteitsorgaan, CBS, Vektis and Nivel; partly assumed",
}
OWN_DATA = {"nl": "Eigen gegevens: {folder}", "en": "Own data: {folder}"}
UNITS_NL = {
    "persons": "personen",
    "ratio": "verhouding",
    "share": "aandeel",
    "share of supply": "aandeel van het aanbod",
    "share of demand": "aandeel van de vraag",
    "fte per 10,000": "fte per 10.000",
    "persons per 10,000": "personen per 10.000",
    "persons per fte": "personen per fte",
    "practices": "praktijken",
    "share of practices": "aandeel van de praktijken",
    "places": "plaatsen",
    "patients per practice": "ingeschrevenen per praktijk",
}
"""Units that have other words in Dutch."""


def region_map(
    results: Results, indicator: str, year: int, scenario: str | None = None, lang: maps.Language = "nl"
) -> Figure:
    """Return a map of an indicator on 1 January of a year: the mean over replications.

    `scenario` may be None where the results hold one scenario. Raises `InputError` for an indicator, year or
    scenario that the results do not hold.
    """
    scenario = _scenario(results, scenario)
    names = results.quantities("regions")
    if indicator not in names:
        raise InputError(f"indicator {indicator}: not in {results.folder}{nearest(indicator, names)}")
    frame = results.read("regions", ["replication", "year", "region_code", indicator], scenario=scenario)
    first, last = int(frame["year"].min()), int(frame["year"].max())
    if not first <= year <= last:
        raise InputError(f"year {year}: not in {results.folder}; there are {first} to {last}")
    means = frame.groupby(["year", "region_code"])[indicator].mean()
    values = means.loc[year]
    if values.isna().all():
        raise InputError(f"year {year}: {indicator} has no value then; flows start in {first + 1}")
    about = next(one for one in INDICATORS if one.name == indicator)
    classes = maps.classing(indicator, means)
    percent = about.unit.startswith("share")
    label = about.label_nl if lang == "nl" else about.label_en
    title = results.manifest["scenarios"][scenario]["title"].get(lang, scenario)
    count = frame["replication"].nunique()
    return maps.choropleth(
        values,
        geography.boundaries(_boundaries(results), codes=list(values.index)),
        breaks=classes.breaks,
        palette=classes.palette,
        diverging=classes.diverging,
        centre=classes.centre,
        percent=percent,
        title=label,
        subtitle=SUBTITLE[lang].format(year=year, title=title, count=count),
        unit="%" if percent else "",
        legend_title=UNITS_NL.get(about.unit, about.unit) if lang == "nl" else about.unit,
        source=_source(results, lang),
        lang=lang,
    )


def _source(results: Results, lang: maps.Language) -> str:
    """Return where the figures come from; a data folder of the user's own is named."""
    source, data = SOURCE[lang].format(version=results.manifest["version"]), results.manifest["data"]
    return source if data["shipped"] else f"{source}. {OWN_DATA[lang].format(folder=Path(data['folder']).name)}"


def _scenario(results: Results, name: str | None) -> str:
    """Return the name of a scenario in the results: the one asked for, or the only one."""
    names = list(results.manifest["scenarios"])
    if name is None and len(names) > 1:
        raise InputError(f"{results.folder} holds several scenarios, name one: {', '.join(names)}")
    if name is not None and name not in names:
        raise InputError(f"scenario {name}: not in {results.folder}{nearest(name, names)}")
    return name or names[0]


def _boundaries(results: Results) -> Path | None:
    """Return the boundaries that the results were made with, or None (those that ship) where there were none."""
    file = results.folder / geography.BOUNDARIES.name
    return file if file.exists() else None
