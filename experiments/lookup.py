"""What of results is asked for, by name: scenarios, an indicator, a region, a year; and its values by run and year.

Heavy imports are where they are used: a map asks by name only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from abm.indicators import BETWEEN, EACH, INDICATORS, Indicator, is_share
from experiments import spread
from experiments.arrays import FloatArray, IntArray
from experiments.cube import Cube
from experiments.errors import InputError, nearest
from experiments.store import Results
from regions.drawing import words
from regions.maps import Language, number, per_cent

MOST_SCENARIOS = 5
"""Lines in a figure that can be told apart in print."""
Locums = Literal["divided", "each"]
"""How locums in several regions are counted: for a part in each, as Nivel does, or in every one, as RIVM does."""
COUNTED_IN_EACH = {one.name.removesuffix(EACH) for one in INDICATORS if one.name.endswith(EACH)} | {"persons"}
NATION_NAME = {"nl": "Nederland", "en": "the Netherlands"}
SOURCES = {
    "nl": "gp-settlement {version}, op cijfers van Capaciteitsorgaan, CBS, Vektis en Nivel; deels aannames",
    "en": "gp-settlement {version}, on figures of Capaciteitsorgaan, CBS, Vektis and Nivel; partly assumed",
}
OWN_DATA = {"nl": "Eigen gegevens: {folder}", "en": "Own data: {folder}"}


@dataclass(frozen=True)
class Estimate:
    """The mean over runs, and the ends of the interval; NaN where there is none."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Subject:
    """Scenarios of results and a region of them (None: the nation), to be shown in a language."""

    results: Results
    scenarios: tuple[str, ...]
    region: int | None
    lang: Language

    @cached_property
    def cube(self) -> Cube:
        """The values of the scenarios."""
        return _cube(_Opened(self.results), self.scenarios)

    @property
    def years(self) -> IntArray:
        """The years of the results, shape (Y,)."""
        return self.cube.axes.years

    @property
    def code(self) -> str:
        """Code of the region, or of the nation."""
        from regions.schema import NATION

        return NATION if self.region is None else self.cube.axes.codes[self.region]

    @property
    def place(self) -> str:
        """Name of the region, or of the nation."""
        return NATION_NAME[self.lang] if self.region is None else self.cube.axes.names[self.region]

    @property
    def ensemble(self) -> bool:
        """Whether runs also drew what is not known."""
        return bool(self.results.manifest["ensemble"])

    @property
    def runs(self) -> int:
        """Runs of the scenario that has most."""
        there = np.isfinite(self.cube.of_nation("supply_fte")).any(axis=2)
        return int(there.sum(axis=1).max())

    @property
    def how(self) -> Literal["few", "ensemble", "chance"]:
        """What an interval holds: runs of the ensemble, or runs by chance alone; with too few runs there is none."""
        from experiments import paired

        return "few" if self.runs < paired.FEWEST else "ensemble" if self.ensemble else "chance"

    @property
    def source(self) -> str:
        """Where the figures come from; a data folder of the user's own is named."""
        return source(self.results, self.lang)

    def title(self, scenario: str) -> str:
        """Return the title of a scenario."""
        return title(self.results, scenario, self.lang)

    def values(self, indicator: str) -> FloatArray:
        """Return an indicator of the region, or of the nation, by scenario, run and year: (S, N, Y)."""
        return self.cube.of_nation(indicator) if self.region is None else self.by_region(indicator)[..., self.region]

    def by_region(self, indicator: str) -> FloatArray:
        """Return an indicator by scenario, run, year and region: (S, N, Y, R)."""
        return self.cube.by_region(indicator)

    def flows(self, names: Sequence[str], quantity: str) -> dict[str, FloatArray]:
        """Return flows of the region, or of the nation, by scenario, run and year: (S, N, Y) each."""
        found = self.cube.flows(names, quantity, by_region=self.region is not None)
        return found if self.region is None else {name: values[..., self.region] for name, values in found.items()}

    def estimate(self, values: FloatArray) -> Estimate:
        """Return the mean over runs, the first axis, and in which interval a run falls; see `estimate`."""
        return estimate(values, self.ensemble)

    def step(self, year: int | None) -> int:
        """Return the place of a year among the years, the last for None; raises `InputError` for one not there."""
        year = int(self.years[-1]) if year is None else year
        check_year(self.results, year, self.years)
        return year - int(self.years[0])


def subject(
    results: Results, scenarios: Sequence[str] | str | None, region: str | None, lang: Language, *, most: int = 1
) -> Subject:
    """Return what is asked for, once it is known to be there.

    `scenarios` may be None where the results hold no more than `most`; `region` is a code or a name, None the nation.
    Raises `InputError` for a scenario or region that is not in the results, and for too many scenarios.
    """
    nation = Subject(results, names_of(results, scenarios, most=most), None, lang)
    if region is None:
        return nation
    axes = nation.cube.axes
    return replace(nation, region=place(results, region, axes.names, axes.codes))


def names_of(results: Results, scenarios: Sequence[str] | str | None, *, most: int) -> tuple[str, ...]:
    """Return the names of the scenarios asked for, each once; None asks for all there are.

    Raises `InputError` for a scenario that is not in the results, and for none or more than `most`.
    """
    there = list(results.manifest["scenarios"])
    asked = [scenarios] if isinstance(scenarios, str) else there if scenarios is None else scenarios
    names = tuple(dict.fromkeys(asked))
    if unknown := [name for name in names if name not in there]:
        raise InputError(f"scenario {unknown[0]}: not in {results.folder}{nearest(unknown[0], there)}")
    if not 1 <= len(names) <= most:
        allowed = "one" if most == 1 else f"1 to {most}"
        raise InputError(f"{results.folder}: found {len(names)} scenarios, name {allowed} of: {', '.join(there)}")
    return names


def place(results: Results, word: str, *texts: Sequence[str]) -> int:
    """Return the place among the regions of the one that is called so; raises `InputError` if there is none.

    `texts` are what regions are called: names and codes, each with one for every region.
    """
    for index, called in enumerate(zip(*texts, strict=True)):
        if word.casefold() in (text.casefold() for text in called):
            return index
    known = dict.fromkeys(text for kind in texts for text in kind)
    raise InputError(f"region {word}: not in {results.folder}{nearest(word, known)}")


def check_year(results: Results, year: int, years: Iterable[int]) -> None:
    """Raise `InputError` for a year that is not among those of the results."""
    first, last = min(years), max(years)
    if not first <= year <= last:
        raise InputError(f"year {year}: not in {results.folder}; there are {first} to {last}")


def title(results: Results, scenario: str, lang: Language) -> str:
    """Return the title of a scenario, in the other language where this one has none; its name if it has no title."""
    titles = results.manifest["scenarios"][scenario]["title"]
    return str(titles.get(lang) or next(iter(titles.values()), scenario))


def counted(name: str, locums: Locums) -> str:
    """Return the column that holds a number of GPs with locums counted this way; other columns as they are."""
    return f"{name}{EACH}" if locums == "each" and name in COUNTED_IN_EACH else name


def indicator(results: Results, name: str, *, by_region: bool = False) -> Indicator:
    """Return an indicator by its name; raises `InputError` for one that the results do not have, or not `by_region`."""
    there = results.quantities("regions" if by_region else "national")
    known = {one.name: one for one in (*INDICATORS, *BETWEEN) if one.name in there}
    if name not in known:
        raise InputError(f"indicator {name}: not in {results.folder}{nearest(name, list(known))}")
    return known[name]


class _Opened:
    """Results as a key: equal while their tables are the same."""

    def __init__(self, results: Results) -> None:
        tables = (results.folder / f"{name}.parquet" for name in ("regions", "national", "flows"))
        self.results, self.key = results, (results.folder, *(table.stat().st_mtime_ns for table in tables))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Opened) and self.key == other.key


@lru_cache(maxsize=8)  # the figures of a report ask for the same again and again
def _cube(opened: _Opened, scenarios: tuple[str, ...]) -> Cube:
    return Cube(opened.results, scenarios)


def mean(values: FloatArray) -> FloatArray:
    """Return the mean over runs, the first axis; NaN where no run has a value."""
    count = np.isfinite(values).sum(axis=0)
    return np.divide(np.nansum(values, axis=0), count, out=np.full(np.shape(count), np.nan), where=count > 0)


def estimate(values: FloatArray, ensemble: bool) -> Estimate:
    """Return the mean over runs (N, ...), and the interval in which a run falls.

    Of an ensemble 5 to 95% of the runs; else 95% of runs that differ by chance alone, one more run included (Student's
    t). NaN runs are left out; there is no interval of fewer than `paired.FEWEST` runs.
    """

    from experiments import paired

    count, centre = np.isfinite(values).sum(axis=0), mean(values)
    several = count >= paired.FEWEST
    if ensemble:
        low, high = (np.where(several, end, np.nan) for end in paired.quantiles(values, spread.INTERVAL))
        return Estimate(centre, low, high)
    free = np.maximum(count - 1, 1)
    deviation = np.sqrt(np.nansum((values - centre) ** 2, axis=0) / free)
    half = paired.one_more(count) * deviation
    return Estimate(centre, centre - half, centre + half)


def fewest_to_most(counts: Iterable[int]) -> str:
    """Return how many there are of several things: one number, or the fewest and the most."""
    found = sorted(set(counts))
    return f"{found[0]}–{found[-1]}" if len(found) > 1 else f"{found[0]}"


def source(results: Results, lang: Language) -> str:
    """Return the line that says where the figures come from."""
    return words(lang)["source"].format(sources(results, lang))


def sources(results: Results, lang: Language) -> str:
    """Return where the figures come from; a data folder of the user's own is named."""
    told, data = SOURCES[lang].format(version=results.manifest["version"]), results.manifest["data"]
    return told if data["shipped"] else f"{told}. {OWN_DATA[lang].format(folder=Path(data['folder']).name)}"


def printed(value: float, unit: str, lang: Language, *, signed: bool = False) -> str:
    """Return a value as it is printed: shares as per cent, counts whole, ratios with decimals; NaN is empty.

    `unit` is that of an indicator; it is not printed, but for the per cent sign.
    """
    if not np.isfinite(value):
        return ""
    return (per_cent if is_share(unit) else number)(value, decimals(unit), lang, signed=signed)


def decimals(unit: str) -> int:
    """Return how many decimals a value of a unit has in print; of a share, those of the percentage."""
    if is_share(unit):
        return 1
    return {"ratio": 2, "index": 3, "fte per 10,000": 1, "persons per 10,000": 1}.get(unit, 0)
