"""Maps of results: the mean, a difference between scenarios, its spread over runs, and which order is robust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.indicators import RECENT_YEARS, Indicator, is_share
from experiments import ensemble, lookup, spread
from experiments.errors import InputError, nearest
from experiments.map_texts import (
    AGAINST,
    BY_CHANCE,
    COMPARED,
    DATE,
    DATES,
    DEVIATION,
    DIFFERENCE,
    GRADUATES,
    MEAN,
    MEAN_OF_ENSEMBLE,
    NATION_2025,
    NO_DIFFERENCE,
    NO_INTERVAL,
    NO_ORDER,
    NO_SIGN,
    NO_SIGN_KNOWN,
    NOT_ROBUST,
    ORDER,
    ORDERED,
    PAIRED,
    PAIRED_OF_ENSEMBLE,
    POINTS,
    ROUGH,
    RUNS,
    SCHEMES,
    SPREAD,
    SQUARES,
    unit_told,
)
from experiments.store import Results
from regions import geography, maps
from regions.tables import read as read_table

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
        return self.about.label(self.lang)

    @property
    def unit(self) -> str:
        return unit_told(self.about.unit, self.lang)

    @property
    def percent(self) -> bool:
        return is_share(self.about.unit)

    @property
    def title(self) -> str:
        return lookup.title(self.results, self.scenario, self.lang)

    @property
    def runs(self) -> int:
        return int(self.table["replication"].nunique())

    @property
    def ensemble(self) -> bool:
        return bool(self.results.manifest["ensemble"])

    @property
    def signed(self) -> bool:
        """Whether it is a shortage or a surplus."""
        return self.about.name in maps.SIGNED

    @property
    def may_be_in_doubt(self) -> bool:
        """Whether regions are on a side, of the nation or of zero, that may not be robust: a part is on none."""
        return self.ensemble and (self.about.kind == "rate" or self.signed)

    @cached_property
    def ground(self) -> _Ground:
        return _Ground.of(self.results, [str(code) for code in self.table["region_code"].unique()], self.lang)

    def texts(self, title: str, legend_title: str, **others: str) -> maps.Texts:
        return maps.Texts(title, legend_title, lookup.sources(self.results, self.lang), lang=self.lang, **others)

    def of_ensemble(self) -> str:
        """Return the subtitle of a map of an ensemble."""
        return RUNS[self.lang].format(year=self.year, title=self.title, count=self.runs)

    def by_region(self) -> pd.Series[float]:
        """Return the mean over runs by region."""
        return self.table[self.table["year"] == self.year].groupby("region_code")[self.about.name].mean()

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
        if results.mapped("regions.csv"):
            shown = read_table(results.folder, "regions").set_index("code")[f"name_{lang}"]
            frame["name"] = shown.reindex(frame["code"]).fillna(frame.set_index("code")["name"]).to_numpy()
        return cls(frame, read_table(results.folder, "map_layout") if results.mapped("map_layout.csv") else None)


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
    Else, of an ensemble of at least `spread.FEWEST_RUNS` runs, regions of which it is not robust on which side of the
    nation they are (see `spread.order`) are hatched, of a rate; of a shortage, those of which it is not robust whether
    it is one.

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
        shown = [(each.by_region(), _not_robust(each)) for each in asked]
        pooled = pd.concat([tables[name].groupby(["year", "region_code"])[indicator].mean() for name in names])
        classes = maps.classing(indicator, pooled)
    if one.percent:
        classes = classes._replace(percent=True)
    classes, scheme = _own_classes(classes, look, [values for values, _ in shown], lang)
    texts = _difference_texts(asked, compare, scheme) if compare else _mean_texts(asked, scheme, classes.breaks)
    with _room(look, one.ground) as room:
        if len(asked) == 1:
            values, hatched = shown[0]
            return maps.choropleth(values, one.ground.boundaries, classes, texts, hatched=hatched, **room)
        titles = [_panel_title(each, len(years), len(names)) for each in asked]
        panels = [maps.Panel(title, *pair) for title, pair in zip(titles, shown, strict=True)]
        columns = len(years) if len(names) > 1 and 1 < len(years) <= WIDEST else None
        return maps.small_multiples(panels, one.ground.boundaries, classes, texts, columns=columns)


def _mean_texts(asked: Sequence[_Asked], scheme: str, breaks: Sequence[float]) -> maps.Texts:
    """Return what is written around maps of the mean; `scheme` tells how its classes, with these bounds, were made."""
    one, lang = asked[0], asked[0].lang
    hatching, unknown = (NO_SIGN, NO_SIGN_KNOWN) if one.signed else (NOT_ROBUST, NO_ORDER)
    few = one.may_be_in_doubt and min(each.runs for each in asked) < spread.FEWEST_RUNS
    why = unknown[lang].format(fewest=spread.FEWEST_RUNS) if few else ""
    return one.texts(
        one.label,
        "; ".join(filter(None, [one.unit, scheme])),
        subtitle=". ".join(filter(None, [_subtitle(asked, MEAN_OF_ENSEMBLE if one.ensemble else MEAN), why])),
        unit="%" if one.percent else "",
        note=_nation_note(one, breaks),
        hatching=hatching[lang],
    )


def _nation_note(asked: _Asked, breaks: Sequence[float]) -> str:
    """Return which of the bounds between classes is the figure of the nation in 2025, if one is."""
    bound = maps.NATION_2025.get(asked.about.name)
    if bound is None or bound not in breaks:
        return ""
    return NATION_2025[asked.lang].format(bound=lookup.printed(bound, asked.about.unit, asked.lang))


def _difference_texts(asked: Sequence[_Asked], baseline: str, scheme: str) -> maps.Texts:
    """Return what is written around maps of the difference from a baseline."""
    from experiments.paired import FEWEST, LEVEL

    one, lang = asked[0], asked[0].lang
    count = one.table["region_code"].nunique()
    doubt = BY_CHANCE[lang].format(chance=maps.number((1 - LEVEL) * count, 1, lang), count=count)
    if max(each.runs for each in asked) < FEWEST:
        doubt = NO_INTERVAL[lang].format(fewest=FEWEST)
    return one.texts(
        COMPARED[lang].format(label=one.label, title=lookup.title(one.results, baseline, lang)),
        "; ".join(filter(None, [DIFFERENCE[lang], scheme])),
        subtitle=f"{_subtitle(asked, PAIRED_OF_ENSEMBLE if one.ensemble else PAIRED)}. {doubt}",
        unit=POINTS[lang] if one.percent else one.unit,
        hatching=NO_DIFFERENCE[lang].format(level=LEVEL),
    )


def institutes_map(results: Results, year: int, scenario: str | None = None, lang: maps.Language = "nl") -> Figure:
    """Return a map for each training institute: where those start who finished in the five years before 1 January.

    Raises `InputError` for a year or scenario that the results do not hold, or results without the training sites.
    """
    (name,) = lookup.names_of(results, scenario, most=1)
    table = results.read(
        "flows", ["replication", "year", "region_code", "site", "persons"], scenario=name, flow="graduation"
    )
    first, last = int(table["year"].min()), int(table["year"].max())
    if not first <= year <= last:
        raise InputError(f"year {year}: no graduates then in {results.folder}; there are {first} to {last}")
    if results.mapped("training_sites.csv") is None:
        raise InputError(f"{results.folder} has no training_sites.csv: an older version made it; run it again")
    sites = read_table(results.folder, "training_sites")
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
    years = {"first": int(table["year"].min()) - 1, "last": year - 1}
    runs, title = table["replication"].nunique(), lookup.title(results, name, lang)
    mean = MEAN_OF_ENSEMBLE if results.manifest["ensemble"] else MEAN
    texts = maps.Texts(
        words["title"],
        words["legend"],
        lookup.sources(results, lang),
        subtitle=words["subtitle"].format(**years, title=title, mean=mean[lang].format(count=runs)),
        unit="%",
        lang=lang,
    )
    return maps.small_multiples(panels, _Ground.of(results, codes, lang).boundaries, maps.GRADUATES, texts)


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
    _check_ensemble(asked, "spread", 2)
    values = asked.by_run()
    if (values.max() == values.min()).all():
        raise InputError(f"spread: {indicator} of {year} is the same in every run of {results.folder}")
    total = values.std()
    shown = total if source == spread.TOTAL else _part(asked, values, source)
    rough = ROUGH[lang] if source != spread.TOTAL and len(values) < spread.RUNS_FOR_REGIONS else ""
    # No part is larger than the total, so all sources share the classes.
    classes = maps.Classing(maps.even_breaks([0.0, *total], n=8), maps.SPREAD, asked.percent)
    classes, scheme = _own_classes(classes, look, [shown], lang)
    texts = asked.texts(
        SPREAD[lang][source].format(label=asked.label),
        "; ".join(filter(None, [DEVIATION[lang], scheme])),
        subtitle=f"{asked.of_ensemble()}. {SQUARES[lang]}{rough}",
        unit=POINTS[lang] if asked.percent else asked.unit,
    )
    with _room(look, asked.ground) as room:
        return maps.choropleth(shown, asked.ground.boundaries, classes, texts, **room)


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

    `region` is a code, or a name as the results have it or in the language of the map. Raises `InputError` as
    `region_map` does, and for results without ensemble or with fewer than `spread.FEWEST_RUNS` runs, and for a
    region that is unknown or has no value.
    """
    asked = _asked(results, indicator, year, scenario, lang)
    _check_ensemble(asked, "order", spread.FEWEST_RUNS)
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
    kinds = {code: "reference"} | {str(other): f"{side:.0f}" for other, side in order.items()}
    classes = {
        "1": maps.Category(words[1], above),
        "0": maps.Category(words[0], maps.PALE, hatched=True),
        "-1": maps.Category(words[-1], below),
        "reference": maps.Category(name, maps.CREAM, outlined=True),
    }
    texts = asked.texts(
        ORDERED[lang].format(label=asked.label, region=name),
        AGAINST[lang].format(region=name),
        subtitle=asked.of_ensemble(),
    )
    with _room(look, asked.ground) as room:
        return maps.categories(kinds, asked.ground.boundaries, classes, texts, **room)


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
    lookup.indicator(results, indicator, by_region=True)
    return results.read("regions", ["replication", "year", "region_code", indicator], scenario=scenario)


def _asked(
    results: Results, indicator: str, year: int, scenario: str | None, lang: maps.Language,
    table: pd.DataFrame | None = None,
) -> _Asked:  # fmt: skip
    """Return what is asked for, once it is known to be there."""
    (scenario,) = lookup.names_of(results, scenario, most=1)
    about = lookup.indicator(results, indicator, by_region=True)
    table = _table(results, indicator, scenario) if table is None else table
    lookup.check_year(results, year, table["year"])
    if table.loc[table["year"] == year, indicator].isna().all():
        raise InputError(f"year {year}: {indicator} has no value then; flows start in {table['year'].min() + 1}")
    return _Asked(results, about, year, scenario, lang, table)


def _by_run(table: pd.DataFrame, indicator: str, year: int) -> pd.DataFrame:
    return table[table["year"] == year].pivot_table(index="replication", columns="region_code", values=indicator)


def _differences(asked: _Asked, baseline: pd.DataFrame) -> tuple[pd.Series[float], list[str]]:
    """Return the mean difference from the same runs of a baseline, and the codes where it may as well be none."""
    from experiments.paired import paired  # scipy.stats takes its time

    values, base = (_by_run(table, asked.about.name, asked.year) for table in (asked.table, baseline))
    runs, codes = values.index.intersection(base.index), values.columns.intersection(base.columns)
    found = paired(base.loc[runs, codes].to_numpy(), values.loc[runs, codes].to_numpy())
    in_doubt = (found.low <= 0) & (found.high >= 0)
    return pd.Series(found.difference, codes).dropna(), [str(code) for code in codes[in_doubt]]


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


def _subtitle(asked: Sequence[_Asked], mean: Mapping[str, str]) -> str:
    """Return what all maps have in common, and how many runs they are the mean of."""
    one = asked[0]
    years, scenarios = ({getattr(each, key) for each in asked} for key in ("year", "scenario"))
    parts = [DATE[one.lang].format(year=one.year) if len(years) == 1 else DATES[one.lang]]
    if len(scenarios) == 1:
        parts.append(one.title)
    parts.append(mean[one.lang].format(count=lookup.fewest_to_most(each.runs for each in asked)))
    return ". ".join(parts)


def _panel_title(asked: _Asked, years: int, scenarios: int) -> str:
    if scenarios == 1:
        return str(asked.year)
    return asked.title if years == 1 else f"{asked.year}. {asked.title}"


def _not_robust(asked: _Asked) -> list[str]:
    """Return the codes of the regions whose side of the nation, or of zero, is not robust; none of too few runs."""
    if not asked.may_be_in_doubt or asked.runs < spread.FEWEST_RUNS:
        return []
    values = asked.by_run()
    order = spread.order(values, pd.Series(0.0, values.index) if asked.signed else asked.of_nation())
    return [str(code) for code in order.index[order == 0]]


def _check_ensemble(asked: _Asked, option: str, fewest: int) -> None:
    folder, runs = asked.results.folder, asked.runs
    if not asked.results.manifest["ensemble"]:
        raise InputError(
            f"{option}: {folder} was made without --ensemble, and chance alone is not how sure a figure is"
        )
    if runs < fewest:
        raise InputError(
            f"{option}: {folder} holds {runs} run{'s' * (runs > 1)}, needed are {fewest} or more; give --replications"
        )


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
    """Return the code of the region that is called so, and its name in the language of the map."""
    stored = asked.results.read("regions", ["region_code", "region_name"], scenario=asked.scenario, year=asked.year)
    there = asked.ground.boundaries.set_index("code")["name"].to_dict()
    name_of = stored.drop_duplicates().set_index("region_code")["region_name"]
    codes, names = list(there), list(there.values())
    place = lookup.place(asked.results, word, [name_of[code] for code in codes], names, codes)
    return codes[place], names[place]


def _scenarios(results: Results, asked: str | Sequence[str] | None, compare: str | None) -> tuple[str, ...]:
    """Return the names of the scenarios asked for; to be compared are all others, if none is named."""
    there = list(results.manifest["scenarios"])
    if compare is None:
        return lookup.names_of(results, asked or None, most=len(there) if asked else 1)
    others = [name for name in there if name != compare]
    if compare not in there or not others:
        command = f"gp-settlement compare {compare} {' '.join(others) or 'SCENARIO'}"
        why = f"not in {results.folder}" if others else f"{results.folder} holds no other scenario"
        raise InputError(
            f"--compare {compare}: {why} ({command} makes a folder with both; give a scenario of your own by its "
            f".toml file){nearest(compare, there) if others else ''}"
        )
    names = lookup.names_of(results, asked or others, most=len(there))
    if compare in names:
        raise InputError(f"--compare {compare}: found the scenario itself; allowed are others of {', '.join(there)}")
    return names
