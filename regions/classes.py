"""Classes of an indicator: their bounds, and the words of a legend in Dutch and English.

Bounds are fixed where policy gives them a meaning, so that years and scenarios can be laid side by side.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil, log10
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from regions.palettes import ABOVE_IS_ORANGE, BELOW_IS_ORANGE, HIGH_IS_TIGHT, LOW_IS_TIGHT, NEUTRAL

Language = Literal["nl", "en"]
Scheme = Literal["quantiles", "fisher"]


class Classing(NamedTuple):
    """How values are divided into classes, and how these are coloured and printed.

    breaks: the bounds between classes, ascending, in the unit of the values; a class contains its lower bound and the
        outer two are open-ended.
    palette: a matplotlib colour map, see `palettes.palette_colours`.
    percent: values and bounds are fractions, printed times 100.
    diverging: colours run two ways from `centre`, which is in the unit of the values.
    signed: numbers above zero are printed with a plus, as differences are.
    decimals: of the bounds in print; None for the fewest that print them exactly.
    """

    breaks: tuple[float, ...]
    palette: str = NEUTRAL
    percent: bool = False
    diverging: bool = False
    centre: float = 0.0
    signed: bool = False
    decimals: int | None = None


# A vacancy rate of 6.3% is the nation's in 2025 (E012), so its classes tell above from below; coverage of 100% is
# balance. Elsewhere the nation of 2025 lies inside a class, lest like regions differ in colour: 6.0 fte and 8.0 persons
# per 10,000, 53% holders, 7% salaried, 25% fixed and 15% changing locums, 66% women, 22% aged 55 and 13% aged 60 and
# over, 15% leaving in five years, 60% of practices closed to new patients, 1,675 inhabitants per fte, lists of
# 3,700, 60% of open places filled within the year. Alumni ratios step by equal factors from 1.
CLASSES: Mapping[str, Classing] = MappingProxyType(
    {
        "vacancy_rate": Classing((0.03, 0.063, 0.10, 0.15, 0.20, 0.25), HIGH_IS_TIGHT, percent=True),
        "coverage": Classing((0.75, 0.80, 0.85, 0.90, 0.95, 1.00), LOW_IS_TIGHT, percent=True),
        "fte_per_10k": Classing((5.0, 5.4, 5.8, 6.2, 6.6, 7.0)),
        "persons_per_10k": Classing((6.6, 7.2, 7.8, 8.4, 9.0)),
        "share_holder": Classing((0.40, 0.45, 0.50, 0.55, 0.60, 0.65), percent=True),
        "share_salaried": Classing((0.04, 0.06, 0.08, 0.10, 0.15), percent=True),
        "share_fixed_locum": Classing((0.16, 0.20, 0.24, 0.28, 0.32), percent=True),
        "share_changing_locum": Classing((0.04, 0.08, 0.12, 0.16, 0.20), percent=True),
        "share_women": Classing((0.55, 0.60, 0.65, 0.70, 0.75, 0.80), percent=True),
        "share_55plus": Classing((0.15, 0.20, 0.25, 0.30, 0.35), HIGH_IS_TIGHT, percent=True),
        "share_60plus": Classing((0.05, 0.10, 0.15, 0.20, 0.25), HIGH_IS_TIGHT, percent=True),
        "outflow_5y": Classing((0.08, 0.11, 0.14, 0.17, 0.20, 0.23), HIGH_IS_TIGHT, percent=True),
        "share_patient_stop": Classing((0.35, 0.45, 0.55, 0.65, 0.75), HIGH_IS_TIGHT, percent=True),
        "share_stay_training_region": Classing((0.20, 0.30, 0.40, 0.50, 0.60, 0.70), percent=True),
        "share_stay_training_province": Classing((0.20, 0.30, 0.40, 0.50, 0.60, 0.70), percent=True),
        "share_succession_found": Classing((0.40, 0.50, 0.60, 0.70, 0.80), LOW_IS_TIGHT, percent=True),
        "mean_list": Classing((3000.0, 3400.0, 3800.0, 4200.0, 4600.0, 5000.0), HIGH_IS_TIGHT),
        "inhabitants_per_fte": Classing((1500.0, 1600.0, 1700.0, 1800.0, 1900.0), HIGH_IS_TIGHT),
        "position": Classing((0.4, 0.6, 0.8, 1.25, 1.67, 2.5), BELOW_IS_ORANGE, diverging=True, centre=1.0),
        "alumni_ratio": Classing((0.6, 0.8, 1.0, 1.25, 1.67), BELOW_IS_ORANGE, diverging=True, centre=1.0),
    }
)
GRADUATES = Classing((0.01, 0.02, 0.05, 0.10, 0.20, 0.40), percent=True)
"""Share of an institute's graduates that start in a region; by equal factors, as most go to few regions."""
NATION_2025: Mapping[str, float] = MappingProxyType({"vacancy_rate": 0.063})
"""Bounds between classes that are the nation's own figure of 2025, as published (E012)."""
BREAKS: Mapping[str, tuple[float, ...]] = MappingProxyType({name: c.breaks for name, c in CLASSES.items()})


def _mirrored(*bounds: float) -> tuple[float, ...]:
    return (*(-bound for bound in reversed(bounds)), *bounds)


# Differences between scenarios, by factors of three to five: from what a measure takes away from other regions to what
# more training places bring everywhere. Between the innermost bounds there is hardly any. A percentage point of the
# vacancy rate is about 4 fte in a region of mean size (10,700 fte over 28). The bounds are a choice of this project.
_POINTS = _mirrored(0.002, 0.01, 0.03, 0.10)
_OF_A_REGION = _mirrored(1.0, 5.0, 15.0, 50.0)
DIFFERENCES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {name: _POINTS for name, classes in CLASSES.items() if classes.percent}
    | dict.fromkeys(("supply_fte", "supply_persons", "shortage_fte", "shortage_persons", "vacancies_fte"), _OF_A_REGION)
    | {
        "fte_per_10k": _mirrored(0.02, 0.1, 0.3, 1.0),
        "persons_per_10k": _mirrored(0.02, 0.1, 0.3, 1.0),
        "mean_list": _mirrored(10.0, 50.0, 150.0, 500.0),
        "inhabitants_per_fte": _mirrored(5.0, 20.0, 60.0, 200.0),
        "position": _mirrored(0.01, 0.05, 0.15, 0.5),
        "alumni_ratio": _mirrored(0.01, 0.05, 0.15, 0.5),
    }
)

SIGNED = ("shortage_fte", "shortage_persons")
"""Sums on either side of zero: above it a shortage, below it a surplus."""
_TIGHT = ("vacancies_fte", "unfilled_places", "without_gp")
_SCARCE = ("supply_fte", "supply_persons", "fte_per_10k", "persons_per_10k", "inflow_persons", "practices")

_WORDS: Mapping[Language, tuple[str, str, str]] = {
    "nl": ("minder dan {}", "{} tot {}", "{} of meer"),
    "en": ("under {}", "{} to {}", "{} or more"),
}
_SCHEMES: Mapping[Scheme, str] = {"quantiles": "Quantiles", "fisher": "FisherJenks"}
SCHEMES = tuple(_SCHEMES)


def classing(indicator: str, values: Iterable[float]) -> Classing:
    """Return the classes of an indicator: fixed ones where there are, else even ones made for `values`.

    Args:
        indicator: a column of the results.
        values: all values that are to share the classes, over regions, years and scenarios.
    """
    if indicator in CLASSES:
        return CLASSES[indicator]
    if indicator in SIGNED:
        return Classing(even_breaks(values, symmetric=True), ABOVE_IS_ORANGE, diverging=True)
    return Classing(even_breaks(values), HIGH_IS_TIGHT if indicator in _TIGHT else NEUTRAL)


def difference_classing(indicator: str, values: Iterable[float]) -> Classing:
    """Return the classes of a difference in an indicator: symmetric around zero, orange where it gets scarcer.

    Args:
        indicator: a column of the results.
        values: all differences that are to share the classes; used where the indicator has no fixed ones.
    """
    own = classing(indicator, [0.0])
    low_is_tight = indicator in _SCARCE or own.palette in (LOW_IS_TIGHT, BELOW_IS_ORANGE)
    breaks = DIFFERENCES.get(indicator) or even_breaks(values, symmetric=True)
    palette = BELOW_IS_ORANGE if low_is_tight else ABOVE_IS_ORANGE
    return Classing(breaks, palette, own.percent, diverging=True, signed=True)


def even_breaks(values: Iterable[float], n: int = 7, *, symmetric: bool = False) -> tuple[float, ...]:
    """Return round, evenly spaced class bounds for an indicator that has no fixed ones.

    Args:
        values: what is to be divided; values that are not finite are passed over.
        n: the number of classes at most, both open-ended ones included (3 or more).
        symmetric: put the bounds at equal distances on both sides of zero.

    Raises:
        ValueError: no finite value, or n under 3.
    """
    if n < 3:
        raise ValueError(f"number of classes: found {n}; allowed are 3 and more")
    finite = [value for value in map(float, values) if np.isfinite(value)]
    if not finite:
        raise ValueError("class bounds: found no finite value; give at least one, or the bounds themselves")
    low, high = min(finite), max(finite)
    size = max(abs(low), abs(high))
    if high - low <= 1e-6 * size:  # values that hardly differ would need bounds with many decimals
        low, high = low - 0.1 * (size or 1.0), high + 0.1 * (size or 1.0)
    locator = MaxNLocator(n - 1, steps=[1, 2, 2.5, 5, 10], symmetric=symmetric, min_n_ticks=1)
    # The outermost ticks lie beyond the data: the classes next to them are open-ended.
    return tuple(round(float(tick), 12) + 0.0 for tick in locator.tick_values(low, high)[1:-1])


def suggested_breaks(values: Iterable[float], scheme: Scheme, n: int = 5) -> tuple[float, ...]:
    """Return class bounds that fit the values, by mapclassify (the extra `maps`), rounded as far as no value moves.

    Such classes suit one map; maps that are to be compared need those of `classing`.

    Args:
        values: what is to be divided, in the unit printed; values that are not finite are passed over.
        scheme: "quantiles" (as many values in each class) or "fisher" (the least variance within classes).
        n: the number of classes at most.

    Raises:
        ValueError: fewer than two different values, or n under 2.
        ImportError: mapclassify is not installed.
    """
    import mapclassify  # takes seconds

    known = np.array([value for value in map(float, values) if np.isfinite(value)])
    finite = np.unique(known)
    if len(finite) < 2 or n < 2:
        raise ValueError(f"classes: found {len(finite)} different values and {n} classes; allowed are 2 and more")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of speed, and of classes that coincide
        found = getattr(mapclassify, _SCHEMES[scheme])(known, k=min(n, len(finite)))
    tops = np.unique(np.searchsorted(finite, found.bins, side="right") - 1).clip(0, len(finite) - 1)
    tops = tops[tops < len(finite) - 1] if (tops < len(finite) - 1).any() else np.array([0])  # one bound at least
    return tuple(_between(*finite[[i, i + 1]].tolist()) for i in tops)


def _between(low: float, high: float) -> float:
    """Return the number with the fewest decimals above `low` and at most `high`, near the middle."""
    middle = (low + high) / 2
    return next((bound for d in range(12) if low < (bound := round(middle, d)) <= high), high)


def number(value: float, decimals: int, lang: Language = "nl", *, signed: bool = False) -> str:
    """Return a number as it is printed in Dutch (1.234,5) or English (1,234.5), with a true minus sign.

    One that is `signed` has a plus where it is above zero.
    """
    rounded = round(value, decimals) + 0.0  # + 0.0 turns minus zero into zero
    text = f"{rounded:{'+' if signed and rounded else ''},.{decimals}f}"
    return text.translate(str.maketrans("-,.", "−.,") if lang == "nl" else str.maketrans("-", "−"))


def per_cent(share: float, decimals: int, lang: Language = "nl", *, signed: bool = False) -> str:
    """Return a share as it is printed, a percentage: see `number`."""
    return f"{number(100 * share, decimals, lang, signed=signed)}%"


def class_labels(
    breaks: Sequence[float],
    lang: Language = "nl",
    decimals: int | None = None,
    suffix: str = "",
    *,
    signed: bool = False,
) -> tuple[str, ...]:
    """Return the legend's words for each class, lowest first; the outer classes are open-ended.

    Args:
        breaks: the bounds between classes, in the unit printed; a class contains its lower bound.
        lang: Dutch or English words and decimal sign.
        decimals: decimals of the bounds; None for the fewest that print them exactly.
        suffix: what follows the last number, such as a per cent sign.
        signed: numbers above zero get a plus.

    Raises:
        ValueError: two bounds would be printed alike.
    """
    digits = exact_decimals(breaks) if decimals is None else decimals
    bounds = [number(bound, digits, lang, signed=signed) for bound in breaks]
    if len(set(bounds)) < len(bounds):
        raise ValueError(f"decimals: found {digits}; allowed are enough to tell the bounds {breaks} apart")
    under, between, from_ = _WORDS[lang]
    return (
        under.format(bounds[0]) + suffix,
        *(between.format(*pair) + suffix for pair in pairwise(bounds)),
        from_.format(bounds[-1] + suffix),
    )


def detail(breaks: Sequence[float], decimals: int) -> int:
    """Return how many decimals print a value such that its place in its class can be told."""
    return max(decimals, ceil(1 - log10(min((b - a for a, b in pairwise(breaks)), default=1.0))))


def checked_breaks(breaks: Sequence[float]) -> list[float]:
    """Return class bounds as numbers; raise `ValueError` where they do not ascend."""
    bounds = [float(bound) for bound in breaks]
    if not bounds or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise ValueError(f"breaks: found {bounds}; allowed are one or more finite bounds that ascend")
    return bounds


def exact_decimals(bounds: Sequence[float]) -> int:
    """Return the fewest decimals that print the bounds exactly."""
    tolerance = 1e-9 * max(1.0, *(abs(bound) for bound in bounds))
    exact = (d for d in range(9) if all(abs(round(bound, d) - bound) < tolerance for bound in bounds))
    return next(exact, 9)
