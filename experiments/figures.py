"""Maps of results: the mean, a difference between scenarios, its spread over runs, and which order is robust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.indicators import INDICATORS, RECENT_YEARS, Indicator
from experiments import ensemble, spread
from experiments.errors import InputError, nearest
from experiments.map_texts import (
    AGAINST,
    COMPARED,
    DATE,
    DATES,
    DEVIATION,
    DIFFERENCE,
    GRADUATES,
    MEAN,
    NO_DIFFERENCE,
    NO_SIGN,
    NOT_ROBUST,
    ORDER,
    ORDERED,
    OWN_DATA,
    PAIRED,
    POINTS,
    ROUGH,
    RUNS,
    SCHEMES,
    SOURCE,
    SPREAD,
    SQUARES,
    UNITS_NL,
)
from experiments.store import Results
from regions import geography, maps

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Look:
    """How a map is drawn: labels or tiles, and class bounds of one's own, as printed (5 for 5%), or by a scheme."""

    labels: maps.Labels = "none"
    tiles: bool = False
    breaks: tuple[float, ...] | None = None
    classes: maps.Scheme | None = None

    @property
    def one_map(self) -> str | None:
        """The option that suits a single map only, if there is one."""
        return "tiles" if self.tiles else f"labels {self.labels}" if self.labels != "none" else None


PLAIN = Look()
WIDEST = 5
"""Maps in a row at most."""


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
    def title(self) -> str:
        return _title(self.results, self.scenario, self.lang)

    @property
    def runs(self) -> int:
        return int(self.table["replication"].nunique())

    @cached_property
    def ground(self) -> _Ground:
        return _Ground.of(self.results, [str(code) for code in self.table["region_code"].unique()], self.lang)

    def subtitle(self, words: Mapping[str, str]) -> str:
        return words[self.lang].format(year=self.year, title=self.title, count=self.runs)

    def by_run(self) -> pd.DataFrame:
        """Return the indicator by run and region, those regions that have it in any run."""
        return spread.of_regions(self.results, self.scenario, self.about.name, self.year)

    def of_nation(self) -> pd.Series[float]:
        """Return the indicator of the nation by run."""
        columns = ["replication", self.about.name]
        table = self.results.read("national", columns, scenario=self.scenario, year=self.year)
        return table.set_index("replication")[self.about.name]


@dataclass(frozen=True)
class _Ground:
    """The regions of results as they were when the runs were made, with names in a language, and their layout."""

    boundaries: GeoDataFrame
    layout: pd.DataFrame | None

    @classmethod
    def of(cls, results: Results, codes: Sequence[str], lang: maps.Language) -> _Ground:
        frame = geography.boundaries(results.mapped(geography.BOUNDARIES.name), codes=sorted(codes))
        if names := results.mapped("regions.csv"):
            shown = pd.read_csv(names, dtype=str).set_index("code")[f"name_{lang}"]
            frame["name"] = shown.reindex(frame["code"]).fillna(frame.set_index("code")["name"]).to_numpy()
        layout = results.mapped("map_layout.csv")
        return cls(frame, pd.read_csv(layout, dtype={"region": str, "abbreviation": str}) if layout else None)


@contextmanager
def _room(look: Look, ground: _Ground) -> Iterator[dict[str, Any]]:
    """Give the arguments for labels and tiles; raise `InputError` where there is no room for them."""
    if look.one_map and len(ground.boundaries) > maps.MOST_LABELLED:
        found = len(ground.boundaries)
        raise InputError(f"--{look.one_map}: found {found} regions, allowed are at most {maps.MOST_LABELLED}")
    if look.tiles and look.labels != "none":
        raise InputError(f"--labels {look.labels}: found --tiles too, which has abbreviations; allowed is one of them")
    try:
        yield {"labels": look.labels, "tiles": look.tiles, "layout": ground.layout}
    except maps.NoRoomError as error:
        raise InputError(f"--labels {look.labels}: {error}; allowed: numbers, none, or --tiles") from None


def region_map(
    results: Results,
    indicator: str,
    year: int | Sequence[int],
    scenario: str | Sequence[str] | None = None,
    lang: maps.Language = "nl",
    *,
    compare: str | None = None,
    look: Look = PLAIN,
) -> Figure:
    """Return a map of an indicator on 1 January of a year: the mean over replications.

    Several years or scenarios give a map each, with the same classes. With `compare` it is the mean difference from
    that scenario between the same runs; regions where its 95% interval includes zero are hatched.
    Else, of an ensemble, regions of which it is not robust on which side of the nation they are (see `spread.order`)
    are hatched, of a rate; of a shortage, those of which it is not robust whether it is one.

    `scenario` may be None where the results hold one scenario, or one beside `compare`. Raises `InputError` for an
    indicator, year or scenario that the results do not hold, and a `look` that cannot be drawn.
    """
    names = _scenarios(results, scenario, compare)
    years = [year] if isinstance(year, int) else list(dict.fromkeys(year))
    tables = {name: _table(results, indicator, name) for name in [*names, *([compare] if compare else [])]}
    asked = [_asked(results, indicator, y, name, lang, tables[name]) for name in names for y in years]
    if look.one_map and len(asked) > 1:
        raise InputError(f"--{look.one_map}: found {len(asked)} maps, allowed is one; give one year and one scenario")
    if len(asked) > maps.MOST_PANELS:
        raise InputError(f"--year, --scenario: found {len(asked)} maps, allowed are at most {maps.MOST_PANELS}")
    one = asked[0]
    if compare:
        shown = [_differences(each, tables[compare]) for each in asked]
        means = [values for name in names for values in _all_differences(tables[name], tables[compare], indicator)]
        classes = maps.difference_classing(indicator, means)
    else:
        shown = [(each.table[each.table["year"] == each.year].groupby("region_code")[indicator].mean(),
                  _not_robust(each)) for each in asked]  # fmt: skip
        pooled = pd.concat([tables[name].groupby(["year", "region_code"])[indicator].mean() for name in names])
        classes = maps.classing(indicator, pooled)
    if one.percent:
        classes = classes._replace(percent=True)
    classes, legend = _own_classes(classes, look, [values for values, _ in shown], lang)
    unit = POINTS[lang] if compare and one.percent else "%" if one.percent else one.unit if compare else ""
    legend = "; ".join(filter(None, [DIFFERENCE[lang] if compare else one.unit, legend]))
    why = NO_DIFFERENCE if compare else NO_SIGN if indicator in maps.SIGNED else NOT_ROBUST
    against = _title(results, compare, lang) if compare else ""
    arguments: dict[str, Any] = {
        **classes._asdict(),
        "title": COMPARED[lang].format(label=one.label, title=against) if compare else one.label,
        "subtitle": _subtitle(asked, compare),
        "unit": unit,
        "legend_title": legend,
        "source": _source(results, lang),
        "lang": lang,
        "hatched_label": why[lang],
    }
    with _room(look, one.ground) as room:
        if len(asked) == 1:
            values, hatched = shown[0]
            return maps.choropleth(values, one.ground.boundaries, hatched=hatched, **arguments, **room)
        titles = [_panel_title(each, len(years), len(names)) for each in asked]
        panels = [maps.Panel(title, *pair) for title, pair in zip(titles, shown, strict=True)]
        columns = len(years) if len(names) > 1 and 1 < len(years) <= WIDEST else None
        return maps.small_multiples(panels, one.ground.boundaries, columns=columns, **arguments)


def institutes_map(results: Results, year: int, scenario: str | None = None, lang: maps.Language = "nl") -> Figure:
    """Return a map for each training institute: where those start who finished in the five years before 1 January.

    Raises `InputError` for a year or scenario that the results do not hold, or results without the training sites.
    """
    name = _scenario(results, scenario)
    table = results.read(
        "flows", ["replication", "year", "region_code", "site", "persons"], scenario=name, flow="graduation"
    )
    first, last = int(table["year"].min()), int(table["year"].max())
    if not first <= year <= last:
        raise InputError(f"year {year}: no graduates then in {results.folder}; there are {first} to {last}")
    if (file := results.mapped("training_sites.csv")) is None:
        raise InputError(f"{results.folder} has no training_sites.csv: an older version made it; run it again")
    sites = pd.read_csv(file, dtype=str)
    table = table[(table["year"] > year - RECENT_YEARS) & (table["year"] <= year)]
    table = table.assign(institute=table["site"].map(sites.set_index("site")["institute"]))
    persons = table.pivot_table(index="institute", columns="region_code", values="persons", aggfunc="sum")
    codes = [
        str(code) for code in results.read("regions", ["region_code"], scenario=name, year=year)["region_code"].unique()
    ]
    shares = persons.div(persons.sum(axis=1), axis=0).reindex(columns=codes).fillna(0.0).T
    places = {str(name): list(rows["region"]) for name, rows in sites.groupby("institute", sort=False)}
    panels = [
        maps.Panel(name, shares[name], dots=at[:1], rings=[code for code in at if code != at[0]])
        for name, at in places.items()
        if name in shares
    ]
    words = GRADUATES[lang]
    return maps.small_multiples(
        panels,
        _Ground.of(results, codes, lang).boundaries,
        **maps.GRADUATES._asdict(),
        title=words["title"],
        subtitle=words["subtitle"].format(
            first=int(table["year"].min()) - 1,
            last=year - 1,
            title=_title(results, name, lang),
            count=table["replication"].nunique(),
        ),
        unit="%",
        legend_title=words["legend"],
        source=_source(results, lang),
        lang=lang,
    )


def spread_map(
    results: Results,
    indicator: str,
    year: int,
    source: str = spread.TOTAL,
    scenario: str | None = None,
    lang: maps.Language = "nl",
    look: Look = PLAIN,
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
    # No part is larger than the total, so all sources share the classes.
    classes = maps.Classing(maps.even_breaks([0.0, *total], n=8), maps.SPREAD, asked.percent)
    classes, legend = _own_classes(classes, look, [shown], lang)
    with _room(look, asked.ground) as room:
        return maps.choropleth(
            shown,
            asked.ground.boundaries,
            **classes._asdict(),
            title=SPREAD[lang][source].format(label=asked.label),
            subtitle=f"{asked.subtitle(RUNS)}. {SQUARES[lang]}{rough}",
            unit=POINTS[lang] if asked.percent else asked.unit,
            legend_title="; ".join(filter(None, [DEVIATION[lang], legend])),
            source=_source(results, lang),
            lang=lang,
            **room,
        )


def order_map(
    results: Results,
    indicator: str,
    year: int,
    region: str,
    scenario: str | None = None,
    lang: maps.Language = "nl",
    look: Look = PLAIN,
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
    if look.breaks or look.classes:
        raise InputError("--breaks, --classes: an order has no class bounds; leave them out with --order")
    with _room(look, asked.ground) as room:
        return maps.categories(
            {code: "reference"} | {str(other): f"{side:.0f}" for other, side in order.items()},
            asked.ground.boundaries,
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
            **room,
        )


def parsed_breaks(text: str) -> tuple[float, ...]:
    """Return class bounds as they are typed: 0,2.5,5 or, with decimal commas, 0;2,5;5."""
    words = text.replace(",", ".").split(";") if ";" in text else text.split(",")
    try:
        bounds = tuple(float(word.strip().replace("−", "-")) for word in words)
    except ValueError:
        bounds = ()
    if not bounds or not np.isfinite(bounds).all():
        raise InputError(f"--breaks: found {text!r}, allowed are numbers that ascend, such as 0,2.5,5 or 0;2,5;5")
    return bounds


def _table(results: Results, indicator: str, scenario: str) -> pd.DataFrame:
    """Return an indicator of a scenario by replication, year and region, once it is known to be there."""
    names = results.quantities("regions")
    if indicator not in names:
        raise InputError(f"indicator {indicator}: not in {results.folder}{nearest(indicator, names)}")
    return results.read("regions", ["replication", "year", "region_code", indicator], scenario=scenario)


def _asked(
    results: Results, indicator: str, year: int, scenario: str | None, lang: maps.Language,
    table: pd.DataFrame | None = None,
) -> _Asked:  # fmt: skip
    """Return what is asked for, once it is known to be there."""
    scenario = _scenario(results, scenario)
    table = _table(results, indicator, scenario) if table is None else table
    first, last = int(table["year"].min()), int(table["year"].max())
    if not first <= year <= last:
        raise InputError(f"year {year}: not in {results.folder}; there are {first} to {last}")
    if table.loc[table["year"] == year, indicator].isna().all():
        raise InputError(f"year {year}: {indicator} has no value then; flows start in {first + 1}")
    about = next(one for one in INDICATORS if one.name == indicator)
    return _Asked(results, about, year, scenario, lang, table)


def _by_run(table: pd.DataFrame, indicator: str, year: int) -> pd.DataFrame:
    return table[table["year"] == year].pivot_table(index="replication", columns="region_code", values=indicator)


def _differences(asked: _Asked, baseline: pd.DataFrame) -> tuple[pd.Series[float], list[str]]:
    """Return the mean difference from the same runs of a baseline, and the codes where it may as well be none."""
    name = asked.about.name
    found = spread.paired(_by_run(asked.table, name, asked.year), _by_run(baseline, name, asked.year)).dropna(
        subset="mean"
    )
    clear = (found["low"] > 0) | (found["high"] < 0)
    return found["mean"], [str(code) for code in found.index[~clear]]


def _all_differences(table: pd.DataFrame, baseline: pd.DataFrame, indicator: str) -> list[float]:
    """Return the mean difference from a baseline of every year and region, for classes that serve every year."""
    keys = ["replication", "year", "region_code"]
    gap = table.set_index(keys)[indicator] - baseline.set_index(keys)[indicator]
    values: list[float] = gap.groupby(["year", "region_code"]).mean().tolist()
    return values


def _own_classes(
    classes: maps.Classing, look: Look, values: Sequence[pd.Series[float]], lang: maps.Language
) -> tuple[maps.Classing, str]:
    """Return the classes with the bounds that are asked for, and what the legend has to say about them."""
    if look.breaks and look.classes:
        raise InputError("--breaks and --classes exclude each other: found both, allowed is one of them")
    factor = 100.0 if classes.percent else 1.0
    if look.breaks:
        if list(look.breaks) != sorted(set(look.breaks)):
            found = ", ".join(f"{bound:g}" for bound in look.breaks)
            raise InputError(f"--breaks: found {found}, allowed are bounds that ascend, such as 0,5,10")
        return classes._replace(breaks=tuple(bound / factor for bound in look.breaks)), ""
    if look.classes:
        try:
            bounds = maps.suggested_breaks(factor * pd.concat(values), look.classes)
        except ValueError as error:
            raise InputError(f"--classes {look.classes}: {error}") from None
        return classes._replace(breaks=tuple(bound / factor for bound in bounds)), SCHEMES[lang][look.classes]
    return classes, ""


def _subtitle(asked: Sequence[_Asked], compare: str | None) -> str:
    """Return what all maps have in common, and how many runs they are the mean of."""
    one = asked[0]
    years, scenarios = ({getattr(each, key) for each in asked} for key in ("year", "scenario"))
    parts = [DATE[one.lang].format(year=one.year) if len(years) == 1 else DATES[one.lang]]
    if len(scenarios) == 1:
        parts.append(one.title)
    counts = sorted({each.runs for each in asked})
    count = f"{counts[0]}–{counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    parts.append((PAIRED if compare else MEAN)[one.lang].format(count=count))
    return ". ".join(parts)


def _panel_title(asked: _Asked, years: int, scenarios: int) -> str:
    if scenarios == 1:
        return str(asked.year)
    return asked.title if years == 1 else f"{asked.year}. {asked.title}"


def _not_robust(asked: _Asked) -> list[str]:
    """Return the codes of the regions whose side of the nation, or of zero, is not robust.

    A part is on no side of its sum: of sums, those that may be on either side of zero are held against that.
    """
    signed = asked.about.name in maps.SIGNED
    if not asked.results.manifest["ensemble"] or not (asked.about.kind == "rate" or signed):
        return []
    values = asked.by_run()
    if len(values) < 2:  # one run is of one mind
        return []
    order = spread.order(values, pd.Series(0.0, values.index) if signed else asked.of_nation())
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


def _title(results: Results, scenario: str, lang: maps.Language) -> str:
    title: str = results.manifest["scenarios"][scenario]["title"].get(lang, scenario)
    return title


def _scenario(results: Results, name: str | None) -> str:
    """Return the name of a scenario in the results: the one asked for, or the only one."""
    names = list(results.manifest["scenarios"])
    if name is None and len(names) > 1:
        raise InputError(f"{results.folder} holds several scenarios, name one: {', '.join(names)}")
    if name is not None and name not in names:
        raise InputError(f"scenario {name}: not in {results.folder}{nearest(name, names)}")
    return name or names[0]


def _scenarios(results: Results, asked: str | Sequence[str] | None, compare: str | None) -> list[str]:
    """Return the names of the scenarios asked for; to be compared are all others, if none is named."""
    names = list(results.manifest["scenarios"])
    if compare is not None and _scenario(results, compare) and asked is None:
        asked = [name for name in names if name != compare]
        if not asked:
            raise InputError(f"--compare {compare}: {results.folder} holds no other scenario")
    wanted = [asked] if isinstance(asked, str) else list(dict.fromkeys(asked or ())) or [_scenario(results, None)]
    if compare in wanted:
        raise InputError(f"--compare {compare}: found the scenario itself; allowed are others of {', '.join(names)}")
    return [_scenario(results, name) for name in wanted]
