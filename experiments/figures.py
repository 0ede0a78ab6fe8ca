"""Figures of results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from abm.indicators import INDICATORS, Indicator
from experiments import ensemble, spread
from experiments.errors import InputError, nearest
from experiments.store import Results
from regions import geography, maps

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.figure import Figure

SUBTITLE = {
    "nl": "1 januari {year}. {title}. Gemiddelde; replicaties: {count}",
    "en": "1 January {year}. {title}. Mean; replications: {count}",
}
RUNS = {
    "nl": "1 januari {year}. {title}. Runs van het ensemble: {count}",
    "en": "1 January {year}. {title}. Runs of the ensemble: {count}",
}
ROBUST = f"{spread.ROBUST:.0%}"
NOT_ROBUST = {
    "nl": f"niet robuust boven of onder het landelijke cijfer: in minder dan {ROBUST} van de runs aan dezelfde kant",
    "en": f"not robustly above or below the national figure: on the same side in less than {ROBUST} of the runs",
}
SPREAD = {
    "nl": {
        spread.TOTAL: "{label}: totale spreiding",
        "behaviour": "{label}: spreiding door gedrag",
        "base_year": "{label}: spreiding door het basisjaar",
        "forecast": "{label}: spreiding door de bevolkingsprognose",
        "national": "{label}: spreiding door het landelijke model",
        "response": "{label}: spreiding door de werking van maatregelen",
        spread.CHANCE: "{label}: spreiding door toeval en samenspel",
    },
    "en": {
        spread.TOTAL: "{label}: total spread",
        "behaviour": "{label}: spread by behaviour",
        "base_year": "{label}: spread by the base year",
        "forecast": "{label}: spread by the population forecast",
        "national": "{label}: spread by the national model",
        "response": "{label}: spread by the response to measures",
        spread.CHANCE: "{label}: spread by chance and interplay",
    },
}
SQUARES = {
    "nl": "Bronnen tellen als kwadraten op tot het totaal",
    "en": "Sources add up to the total as squares",
}
ROUGH = {
    "nl": ". Met zo weinig runs zijn de delen ruw: standaardfout ongeveer een tiende van het totaal",
    "en": ". With so few runs the parts are rough: standard error about a tenth of the total",
}
DEVIATION = {"nl": "Standaardafwijking", "en": "Standard deviation"}
POINTS = {"nl": "procentpunten", "en": "percentage points"}
ORDERED = {"nl": "{label}: volgorde ten opzichte van {region}", "en": "{label}: order against {region}"}
AGAINST = {"nl": "Vergeleken met {region}", "en": "Compared with {region}"}
ORDER = {
    "nl": {
        1: f"hoger in minstens {ROBUST} van de runs",
        0: f"volgorde niet robuust: in minder dan {ROBUST} van de runs aan dezelfde kant",
        -1: f"lager in minstens {ROBUST} van de runs",
    },
    "en": {
        1: f"higher in at least {ROBUST} of the runs",
        0: f"order not robust: on the same side in less than {ROBUST} of the runs",
        -1: f"lower in at least {ROBUST} of the runs",
    },
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


@dataclass(frozen=True)
class _Asked:
    """An indicator of a scenario on 1 January of a year, as a map in a language is to show it.

    `table` has the indicator by replication, year and region_code, of all years.
    """

    results: Results
    about: Indicator
    year: int
    scenario: str
    lang: maps.Language
    table: pd.DataFrame

    @property
    def label(self) -> str:
        return self.about.label_nl if self.lang == "nl" else self.about.label_en

    @property
    def unit(self) -> str:
        return UNITS_NL.get(self.about.unit, self.about.unit) if self.lang == "nl" else self.about.unit

    @property
    def percent(self) -> bool:
        return self.about.unit.startswith("share")

    @property
    def boundaries(self) -> GeoDataFrame:
        """The regions of the results in the boundaries they were made with: those that ship where there were none."""
        file = self.results.folder / geography.BOUNDARIES.name
        return geography.boundaries(file if file.exists() else None, codes=sorted(self.table["region_code"].unique()))

    def subtitle(self, words: dict[str, str]) -> str:
        title = self.results.manifest["scenarios"][self.scenario]["title"].get(self.lang, self.scenario)
        return words[self.lang].format(year=self.year, title=title, count=self.table["replication"].nunique())

    def by_run(self) -> pd.DataFrame:
        """Return the indicator by run and region, those regions that have it in any run."""
        return spread.of_regions(self.results, self.scenario, self.about.name, self.year)

    def of_nation(self) -> pd.Series[float]:
        """Return the indicator of the nation by run."""
        columns = ["replication", self.about.name]
        table = self.results.read("national", columns, scenario=self.scenario, year=self.year)
        return table.set_index("replication")[self.about.name]


def region_map(
    results: Results, indicator: str, year: int, scenario: str | None = None, lang: maps.Language = "nl"
) -> Figure:
    """Return a map of an indicator on 1 January of a year: the mean over replications.

    Of an ensemble, regions of which it is not robust on which side of the nation they are (see `spread.order`) are
    hatched, if the nation is no sum of the regions. `scenario` may be None where the results hold one scenario. Raises
    `InputError` for an indicator, year or scenario that the results do not hold.
    """
    asked = _asked(results, indicator, year, scenario, lang)
    means = asked.table.groupby(["year", "region_code"])[indicator].mean()
    classes = maps.classing(indicator, means)
    return maps.choropleth(
        means.loc[year],
        asked.boundaries,
        breaks=classes.breaks,
        palette=classes.palette,
        diverging=classes.diverging,
        centre=classes.centre,
        percent=asked.percent,
        title=asked.label,
        subtitle=asked.subtitle(SUBTITLE),
        unit="%" if asked.percent else "",
        legend_title=asked.unit,
        source=_source(results, lang),
        lang=lang,
        hatched=_not_robust(asked),
        hatched_label=NOT_ROBUST[lang],
    )


def spread_map(
    results: Results,
    indicator: str,
    year: int,
    source: str = spread.TOTAL,
    scenario: str | None = None,
    lang: maps.Language = "nl",
) -> Figure:
    """Return a map of the standard deviation of an indicator over the runs of an ensemble, in the indicator's unit.

    `source` is one of `spread.SPREADS`: the whole of it, or the part that one source causes (see `spread.parts`).
    Maps of all sources have the same classes. Raises `InputError` as `region_map` does, and for results without
    ensemble or with too few runs, an unknown source, and an indicator that is the same in every run.
    """
    if source not in spread.SPREADS:
        raise InputError(f"spread {source}: not known{nearest(source, spread.SPREADS)}")
    asked = _asked(results, indicator, year, scenario, lang)
    _check_ensemble(asked, "spread")
    values = asked.by_run()
    if (values.max() == values.min()).all():
        raise InputError(f"spread: {indicator} of {year} is the same in every run of {results.folder}")
    total = values.std()
    shown = total if source == spread.TOTAL else _part(asked, values, source)
    rough = ROUGH[lang] if source != spread.TOTAL and len(values) < spread.RUNS_FOR_REGIONS else ""
    return maps.choropleth(
        shown,
        asked.boundaries,
        breaks=maps.even_breaks([0.0, *total], n=8),  # no part is larger, so all sources share the classes
        palette=maps.SPREAD,
        percent=asked.percent,
        title=SPREAD[lang][source].format(label=asked.label),
        subtitle=f"{asked.subtitle(RUNS)}. {SQUARES[lang]}{rough}",
        unit=POINTS[lang] if asked.percent else asked.unit,
        legend_title=DEVIATION[lang],
        source=_source(results, lang),
        lang=lang,
    )


def order_map(
    results: Results,
    indicator: str,
    year: int,
    region: str,
    scenario: str | None = None,
    lang: maps.Language = "nl",
) -> Figure:
    """Return a map of which regions are robustly above or below one of them in the runs of an ensemble.

    `region` is a code or a name. Raises `InputError` as `region_map` does, and for results without ensemble or with
    one run, and for a region that is unknown or has no value.
    """
    asked = _asked(results, indicator, year, scenario, lang)
    _check_ensemble(asked, "order")
    code, name = _region(asked, region)
    values = asked.by_run()
    if code not in values:
        raise InputError(f"region {name}: {indicator} has no value there in {year}")
    order = spread.order(values.drop(columns=code), values[code]).dropna()
    tight_is_low = maps.classing(indicator, values.mean()).palette in (maps.LOW_IS_TIGHT, maps.BELOW_IS_ORANGE)
    above, below = (maps.PURPLE, maps.ORANGE) if tight_is_low else (maps.ORANGE, maps.PURPLE)
    words = ORDER[lang]
    return maps.categories(
        {code: "reference"} | {str(other): f"{side:.0f}" for other, side in order.items()},
        asked.boundaries,
        classes={
            "1": maps.Category(words[1], above),
            "0": maps.Category(words[0], maps.PALE, hatched=True),
            "-1": maps.Category(words[-1], below),
            "reference": maps.Category(name, maps.CREAM, outlined=True),
        },
        title=ORDERED[lang].format(label=asked.label, region=name),
        subtitle=asked.subtitle(RUNS),
        legend_title=AGAINST[lang].format(region=name),
        source=_source(results, lang),
        lang=lang,
    )


def _asked(results: Results, indicator: str, year: int, scenario: str | None, lang: maps.Language) -> _Asked:
    """Return what is asked for, once it is known to be there."""
    scenario = _scenario(results, scenario)
    names = results.quantities("regions")
    if indicator not in names:
        raise InputError(f"indicator {indicator}: not in {results.folder}{nearest(indicator, names)}")
    table = results.read("regions", ["replication", "year", "region_code", indicator], scenario=scenario)
    first, last = int(table["year"].min()), int(table["year"].max())
    if not first <= year <= last:
        raise InputError(f"year {year}: not in {results.folder}; there are {first} to {last}")
    if table.loc[table["year"] == year, indicator].isna().all():
        raise InputError(f"year {year}: {indicator} has no value then; flows start in {first + 1}")
    about = next(one for one in INDICATORS if one.name == indicator)
    return _Asked(results, about, year, scenario, lang, table)


def _not_robust(asked: _Asked) -> list[str]:
    """Return the codes of the regions whose side of the nation is not robust; a part is on no side of its sum."""
    if not asked.results.manifest["ensemble"] or asked.about.kind != "rate":
        return []
    values = asked.by_run()
    if len(values) < 2:  # one run is of one mind
        return []
    order = spread.order(values, asked.of_nation())
    return [str(code) for code in order.index[order == 0]]


def _check_ensemble(asked: _Asked, option: str) -> None:
    folder, runs = asked.results.folder, asked.table["replication"].nunique()
    if not asked.results.manifest["ensemble"]:
        raise InputError(
            f"{option}: {folder} was made without --ensemble, and chance alone is not how sure a figure is"
        )
    if runs < 2:
        raise InputError(f"{option}: {folder} holds {runs} run, needed are 2 or more; give --replications")


def _part(asked: _Asked, values: pd.DataFrame, source: str) -> pd.Series[float]:
    """Return the part of the standard deviation of each region that a source causes."""
    folder, runs = asked.results.folder, asked.table["replication"].nunique()
    if runs < spread.RUNS_FOR_SOURCES:
        raise InputError(
            f"spread {source}: {folder} holds {runs} runs; sources can be told apart from "
            f"{spread.RUNS_FOR_SOURCES} runs on, {spread.TOTAL} from 2"
        )
    drawn = spread.draws(asked.results, asked.scenario)
    if source == ensemble.RESPONSE and source not in drawn:
        raise InputError(f"spread {source}: {asked.scenario} has no measures to respond to")
    return spread.parts(values, drawn.loc[values.index])[source]


def _region(asked: _Asked, word: str) -> tuple[str, str]:
    """Return code and name of the region with this code or name."""
    columns = ["region_code", "region_name"]
    table = asked.results.read("regions", columns, scenario=asked.scenario, year=asked.year).drop_duplicates()
    for code, name in table.itertuples(index=False):
        if word.casefold() in (code.casefold(), name.casefold()):
            return code, name
    known = [*table["region_name"], *table["region_code"]]
    raise InputError(f"region {word}: not in {asked.results.folder}{nearest(word, known)}")


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
