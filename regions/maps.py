"""Classed maps of the regions, for reports in Dutch or English.

Classes are fixed where policy gives the bounds a meaning, so that years and scenarios can be laid side by
side. Matplotlib is used through its objects only: no pyplot, no window, no global settings.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from itertools import pairwise
from math import ceil, log10
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.typing import NDArray

from regions.geography import RD_NEW

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

Language = Literal["nl", "en"]
Colour = tuple[float, float, float, float]
Style = dict[str, Any]
Key = list[tuple[str, Style]]

HIGH_IS_TIGHT = "YlOrBr"  # dark is scarce
LOW_IS_TIGHT = "YlOrBr_r"
NEUTRAL = "YlGnBu"  # dark is much
ABOVE_IS_ORANGE = "PuOr_r"
BELOW_IS_ORANGE = "PuOr"
SPREAD = "BuPu"  # unlike any palette of the indicators themselves: dark is uncertain

# Two sides, neither, and where they part: by hue for the eye and by lightness in grey print.
ORANGE, PURPLE, PALE, CREAM = "#e8963e", "#4b2a82", "#d6d6d6", "#fdf3c8"


class Classing(NamedTuple):
    """How an indicator is divided into classes; the fields are arguments of `choropleth`.

    `breaks` and `centre` are in the unit of the indicator, so fractions where `percent` is true.
    """

    breaks: tuple[float, ...]
    palette: str = NEUTRAL
    percent: bool = False
    diverging: bool = False
    centre: float = 0.0


class Category(NamedTuple):
    """A class of regions that is no interval of values; `hatched` and `outlined` are how its regions are drawn."""

    label: str
    colour: str
    hatched: bool = False
    outlined: bool = False


# A vacancy rate of 6.3% is the nation's in 2025, so its classes tell above from below; coverage of 100% is balance.
# Elsewhere the nation of 2025 lies inside a class, lest like regions differ in colour: 6.0 fte and 8.0 persons per
# 10,000, 53% holders, 7% salaried, 25% fixed and 15% changing locums, 66% women, 22% aged 55 and 13% aged 60 and
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
BREAKS: Mapping[str, tuple[float, ...]] = MappingProxyType({name: c.breaks for name, c in CLASSES.items()})

_SIGNED = ("shortage_fte", "shortage_persons")
_TIGHT = ("vacancies_fte", "unfilled_places", "without_gp")

_CM = 1 / 2.54  # inch
_POINTS = 72 * _CM  # in a cm
_LEADING, _DESCENT = 1.35, 0.3  # height of a line and of what hangs below it, per font size
_WIDTH, _HEIGHT = 16.0, 19.0  # cm: the text width of an A4 report, and room for a caption
_MARGIN = 0.7  # cm
_INNER = _WIDTH - 2 * _MARGIN
_LEGEND_WIDTH = 5.2  # cm: the North Sea, west of Noord-Holland
_HANDLE, _HANDLE_GAP = 2.0, 0.8  # of the legend's colours and what parts them from their words, per font size
_SCALE_KM = 50
_DPI = 300

_INK, _GREY, _OUTLINE = "#1a1a1a", "#595959", "#6e6e6e"
_MIDDLE: Colour = (0.9, 0.9, 0.9, 1.0)  # a palette's own white would vanish against water and borders
_TITLE = FontProperties(family="sans-serif", size=13, weight="bold")
_SUBTITLE = FontProperties(family="sans-serif", size=9.5)
_KEY = FontProperties(family="sans-serif", size=9, weight="bold")
_LABEL = FontProperties(family="sans-serif", size=9)
_SMALL = FontProperties(family="sans-serif", size=7.5)
_NO_DATA: Style = {"facecolor": "#f0f0f0", "edgecolor": "#8c8c8c", "hatch": "//////"}

_HATCH = "\\\\\\\\"
_DARK = 0.5  # luma of a colour under which a hatch is white
_BOLD = 1.4  # points

_FORMATS = ("png", "svg", "pdf")
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "nl": {
        "under": "minder dan {}",
        "between": "{} tot {}",
        "from": "{} of meer",
        "no data": "geen gegevens",
        "source": "Bron: {}",
        "boundaries": "Grenzen: CBS/Kadaster, CC BY 4.0",
    },
    "en": {
        "under": "under {}",
        "between": "{} to {}",
        "from": "{} or more",
        "no data": "no data",
        "source": "Source: {}",
        "boundaries": "Boundaries: CBS/Kadaster, CC BY 4.0",
    },
}


def classing(indicator: str, values: Iterable[float]) -> Classing:
    """Return the classes of an indicator: fixed ones where there are, else even ones made for `values`.

    Args:
        indicator: a column of the results.
        values: all values that are to share the classes, over regions, years and scenarios.
    """
    if indicator in CLASSES:
        return CLASSES[indicator]
    if indicator in _SIGNED:
        return Classing(even_breaks(values, symmetric=True), ABOVE_IS_ORANGE, diverging=True)
    return Classing(even_breaks(values), HIGH_IS_TIGHT if indicator in _TIGHT else NEUTRAL)


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


def palette_colours(
    breaks: Sequence[float], palette: str | None = None, *, diverging: bool = False, centre: float = 0.0
) -> tuple[Colour, ...]:
    """Return a colour per class, from the lowest class to the highest.

    A sequential palette is spread over all classes. A diverging one gives classes at as many steps above and
    below `centre` the same strength, and a class around `centre` a light grey.

    Args:
        breaks: the bounds between classes.
        palette: a matplotlib colour map; by default one that stays readable in grey and when colour-blind.
        diverging: whether the colours run two ways from `centre`.
        centre: where they part, in the unit of the breaks.
    """
    colours = matplotlib.colormaps.get_cmap(palette or (ABOVE_IS_ORANGE if diverging else HIGH_IS_TIGHT))
    if not diverging:
        # The ends of a palette are too near paper and outline, the more so where classes are few.
        classes = len(breaks) + 1
        end = 0.06 + 0.05 * max(0, 5 - classes)
        return tuple(colours(float(tone)) for tone in np.linspace(end, 1 - end, classes))
    steps = _steps_from(centre, breaks)
    furthest = np.abs(steps).max()
    tones = 0.5 + min(0.46, 0.12 + 0.13 * furthest) * steps / furthest
    return tuple(colours(float(tone)) if step else _MIDDLE for step, tone in zip(steps, tones, strict=True))


def number(value: float, decimals: int, lang: Language = "nl") -> str:
    """Return a number as it is printed in Dutch (1.234,5) or English (1,234.5), with a true minus sign."""
    text = f"{round(value, decimals) + 0.0:,.{decimals}f}"  # + 0.0 turns minus zero into zero
    return text.translate(str.maketrans("-,.", "−.,") if lang == "nl" else str.maketrans("-", "−"))


def class_labels(
    breaks: Sequence[float], lang: Language = "nl", decimals: int | None = None, suffix: str = ""
) -> tuple[str, ...]:
    """Return the legend's words for each class, lowest first; the outer classes are open-ended.

    Args:
        breaks: the bounds between classes, in the unit printed; a class contains its lower bound.
        lang: Dutch or English words and decimal sign.
        decimals: decimals of the bounds; None for the fewest that print them exactly.
        suffix: what follows the last number, such as a per cent sign.

    Raises:
        ValueError: two bounds would be printed alike.
    """
    digits = _decimals(breaks) if decimals is None else decimals
    bounds = [number(bound, digits, lang) for bound in breaks]
    if len(set(bounds)) < len(bounds):
        raise ValueError(f"decimals: found {digits}; allowed are enough to tell the bounds {breaks} apart")
    words = _WORDS[lang]
    return (
        words["under"].format(bounds[0]) + suffix,
        *(words["between"].format(*pair) + suffix for pair in pairwise(bounds)),
        words["from"].format(bounds[-1] + suffix),
    )


def choropleth(
    values: Mapping[str, float] | pd.Series[float],
    boundaries: GeoDataFrame,
    *,
    breaks: Sequence[float],
    title: str,
    subtitle: str = "",
    unit: str,
    legend_title: str,
    source: str,
    lang: Language = "nl",
    palette: str | None = None,
    diverging: bool = False,
    centre: float = 0.0,
    percent: bool = False,
    decimals: int | None = None,
    hatched: Collection[str] = (),
    hatched_label: str = "",
) -> Figure:
    """Draw a map of the regions, coloured by class, of 16 by 19 cm.

    Args:
        values: region code -> value. A region that is absent or not finite is drawn as without data.
        boundaries: the regions (columns code, name, geometry), as `regions.geography.boundaries` gives them.
        breaks: the bounds between classes, ascending; a class contains its lower bound and the outer two
            are open-ended. `classing` has them for the indicators.
        title: what is shown; long ones are broken over lines, as all other texts.
        subtitle: year, scenario and the like.
        unit: printed under the legend's title; "" or "%" for a percentage, which is printed with the bounds.
        legend_title: what the colours stand for.
        source: where the figures come from, without the word "source". The boundaries' owner is always named.
        lang: "nl" or "en", for the legend's words and the decimal sign.
        palette: a matplotlib colour map, see `palette_colours`.
        diverging: colours run two ways from `centre`.
        centre: where they part, in the unit of the values.
        percent: values and breaks are fractions, printed times 100.
        decimals: decimals of the class bounds; None for the fewest that print them exactly.
        hatched: codes of regions that are hatched over their colour; one without data is not.
        hatched_label: what the hatching says, for the legend.

    Raises:
        ValueError: breaks that do not ascend, a region that is unknown or there twice, another language.
    """
    words = _words(lang)
    bounds = _checked_breaks(breaks)
    frame = boundaries.to_crs(RD_NEW)
    _check_known("hatched", hatched, list(frame["code"]))
    numbers = _by_region(values, list(frame["code"]))
    scale = 100.0 if percent else 1.0
    printed = [scale * bound for bound in bounds]
    suffix = "%" if percent and unit in ("", "%") else ""
    digits = _decimals(printed) if decimals is None else decimals
    labels = class_labels(printed, lang, digits, suffix)
    colours = palette_colours(bounds, palette, diverging=diverging, centre=centre)

    detail = max(digits, ceil(1 - log10(min((b - a for a, b in pairwise(printed)), default=1.0))))
    styles, told = [], []
    for code, value, kind in zip(frame["code"], numbers, np.digitize(numbers, bounds), strict=True):
        if not np.isfinite(value):
            styles.append(_NO_DATA)
            told.append(words["no data"])
            continue
        text = number(scale * value, detail, lang) + (suffix or f" {unit}".rstrip())
        styles.append(_hatching(colours[kind]) if code in hatched else {"facecolor": colours[kind]})
        told.append(f"{text}; {hatched_label}" if code in hatched else text)
    key: Key = [(label, {"facecolor": colour}) for label, colour in zip(labels, colours, strict=True)]
    if _NO_DATA in styles:
        key.append((words["no data"], _NO_DATA))
    if hatched:
        key.append((_folded(hatched_label), _hatching("white")))
    texts = _Texts(title, subtitle, legend_title, "" if suffix else unit, source, words)
    return _page(frame, styles, told, key, texts)


def categories(
    kinds: Mapping[str, str],
    boundaries: GeoDataFrame,
    *,
    classes: Mapping[str, Category],
    title: str,
    subtitle: str = "",
    legend_title: str,
    source: str,
    lang: Language = "nl",
) -> Figure:
    """Draw a map of the regions, coloured by classes that have a name instead of bounds, of 16 by 19 cm.

    Args:
        kinds: region code -> name of its class. A region that is absent is drawn as without data.
        boundaries, title, subtitle, legend_title, source, lang: as of `choropleth`.
        classes: name -> class, in the legend's order.

    Raises:
        ValueError: a region or class that is unknown, another language.
    """
    words = _words(lang)
    frame = boundaries.to_crs(RD_NEW)
    codes = list(frame["code"])
    _check_known("kinds", kinds, codes)
    if unknown := set(kinds.values()) - set(classes):
        raise ValueError(f"kinds: found {', '.join(sorted(unknown))}; allowed are {', '.join(classes)}")
    drawn: dict[str, Style] = {
        name: _hatching(one.colour) | {"edgecolor": _OUTLINE} if one.hatched else {"facecolor": one.colour}
        for name, one in classes.items()
    }
    styles = [drawn[kinds[code]] if code in kinds else _NO_DATA for code in codes]
    told = [classes[kinds[code]].label if code in kinds else words["no data"] for code in codes]
    bold = {"edgecolor": _INK, "linewidth": _BOLD}
    key: Key = [(_folded(one.label), drawn[name] | (bold if one.outlined else {})) for name, one in classes.items()]
    if _NO_DATA in styles:
        key.append((words["no data"], _NO_DATA))
    outlined = [code for code, name in kinds.items() if classes[name].outlined]
    return _page(frame, styles, told, key, _Texts(title, subtitle, legend_title, "", source, words), outlined)


def save(figure: Figure, path: str | Path) -> None:
    """Write a map as .png (300 dpi), .svg (text as text, a tooltip per region) or .pdf (fonts embedded).

    The file appears whole or not at all, and the same map gives the same bytes. Folders are made as needed.

    Raises:
        ValueError: another suffix.
    """
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in _FORMATS:
        allowed = ", ".join(f".{name}" for name in _FORMATS)
        raise ValueError(f"{path}: found the suffix {path.suffix!r}; allowed are {allowed}")
    content = _rendered(figure, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _rendered(figure: Figure, kind: str) -> bytes:
    metadata: dict[str, str | None] = {"Title": " ".join(str(figure.get_label()).split())}
    metadata |= {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    buffer = BytesIO()
    with _settings():
        figure.savefig(buffer, format=kind, dpi=_DPI, facecolor="white", metadata=metadata)
    return _with_tooltips(buffer.getvalue(), figure) if kind == "svg" else buffer.getvalue()


def _with_tooltips(svg: bytes, figure: Figure) -> bytes:
    """Give each region's group the `<title>` that browsers show and screen readers read."""
    text = svg.decode("utf-8")
    for patch in figure.findobj(PathPatch):
        if gid := patch.get_gid():
            group = f'<g id="{gid}">'
            text = text.replace(group, f"{group}<title>{escape(str(patch.get_label()))}</title>")
    return text.encode("utf-8")


class _Texts(NamedTuple):
    title: str
    subtitle: str
    legend_title: str
    unit: str
    source: str
    words: Mapping[str, str]


def _page(
    frame: GeoDataFrame,
    styles: Sequence[Style],
    told: Sequence[str],
    key: Key,
    texts: _Texts,
    outlined: Collection[str] = (),
) -> Figure:
    """Return the page: texts from the top down, the map under them, its key in the sea and the sources at the foot."""
    with _settings():
        figure = Figure(figsize=(_WIDTH * _CM, _HEIGHT * _CM), dpi=_DPI / 2, facecolor="white")
        figure.set_label(texts.title)
        top = _put(figure, _balanced(texts.title, _TITLE), _HEIGHT - _MARGIN, _TITLE, _INK)
        top = _put(figure, _wrapped(texts.subtitle, _SUBTITLE), top - 0.15, _SUBTITLE, _GREY) - 0.4
        credit = _wrapped(f"{texts.words['source'].format(texts.source)}\n{texts.words['boundaries']}", _SMALL)
        bottom = _MARGIN + _height(credit, _SMALL)
        _put(figure, credit, bottom, _SMALL, _GREY)
        _draw_regions(_panel(figure, frame, top, bottom + 0.3), frame, styles, told, outlined)
        top = _put(figure, _balanced(texts.legend_title, _KEY, _LEGEND_WIDTH), top, _KEY, _INK)
        if texts.unit:
            top = _put(figure, _wrapped(texts.unit, _SMALL, _LEGEND_WIDTH), top - 0.05, _SMALL, _GREY)
        _draw_key(figure, key, top - 0.2)
    return figure


def _hatching(colour: str | Colour) -> Style:
    """Return the style of a region that is hatched over its colour."""
    luma = float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))
    return {"facecolor": colour, "edgecolor": "white" if luma < _DARK else _INK, "hatch": _HATCH}


def _settings() -> AbstractContextManager[None]:
    """Shield a map from the user's own matplotlib settings, and make its bytes depend on the map alone."""
    return matplotlib.rc_context(
        {
            "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # the first comes with matplotlib
            "hatch.linewidth": 0.6,
            "pdf.fonttype": 42,
            "savefig.bbox": None,
            "svg.fonttype": "none",
            "svg.hashsalt": "gp-settlement",
            "text.usetex": False,
        }
    )


def _draw_regions(
    axes: Axes, frame: GeoDataFrame, styles: Sequence[Style], told: Sequence[str], outlined: Collection[str]
) -> None:
    def draw(shape: BaseGeometry, **style: Any) -> None:
        axes.add_patch(PathPatch(_outline(shape), clip_on=False, **style))

    shapes = frame.geometry.to_numpy()
    for code, name, shape, style, text in zip(frame["code"], frame["name"], shapes, styles, told, strict=True):
        draw(shape, linewidth=0, gid=code, label=f"{name}: {text}", **style)
    for shape in shapes:
        draw(shape, fill=False, edgecolor="white", linewidth=0.7)
    draw(shapely.coverage_union_all(shapes), fill=False, edgecolor=_OUTLINE, linewidth=0.7)
    for shape in shapes[frame["code"].isin(outlined)]:
        draw(shape, fill=False, edgecolor=_INK, linewidth=_BOLD, joinstyle="round")
    axes.add_artist(
        ScaleBar(
            1, "m", fixed_value=_SCALE_KM, fixed_units="km", location="lower left", width_fraction=0.003,
            pad=0, border_pad=0, sep=3, frameon=False, color=_GREY, font_properties={"size": 7.5},
        )
    )  # fmt: skip


def _draw_key(figure: Figure, key: Key, top: float) -> None:
    plain: Style = {"edgecolor": _OUTLINE, "linewidth": 0.4}
    figure.legend(
        handles=[Patch(label=label, **(plain | style)) for label, style in key],
        loc="upper left",
        bbox_to_anchor=(_MARGIN / _WIDTH, top / _HEIGHT),
        prop=_LABEL,
        labelcolor=_INK,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=_HANDLE,
        handletextpad=_HANDLE_GAP,
        handleheight=1.3,
        labelspacing=0.3,
    )


def _panel(figure: Figure, frame: GeoDataFrame, top: float, bottom: float) -> Axes:
    """Return axes over the full width between two heights (cm), the regions at their right edge."""
    axes = figure.add_axes(
        (_MARGIN / _WIDTH, bottom / _HEIGHT, _INNER / _WIDTH, (top - bottom) / _HEIGHT), frameon=False
    )
    west, south, east, north = frame.total_bounds
    metres = max((north - south) / (top - bottom), (east - west) / _INNER)  # per cm of paper
    spare = metres * (top - bottom) - (north - south)
    axes.set(xlim=(east - metres * _INNER, east), ylim=(south - spare / 2, north + spare / 2))
    axes.set_aspect("equal", adjustable="box")
    axes.set_axis_off()
    return axes


def _put(figure: Figure, lines: Sequence[str], top: float, font: FontProperties, colour: str) -> float:
    """Write lines at the left margin, downward from height `top`; return the height under them (cm)."""
    style: dict[str, Any] = {"font": font, "color": colour, "va": "baseline", "parse_math": False}
    hang = _DESCENT * font.get_size_in_points() / _POINTS
    for i, line in enumerate(lines, start=1):  # one by one: matplotlib spaces the lines of one text unevenly
        figure.text(_MARGIN / _WIDTH, (top - _height(lines[:i], font) + hang) / _HEIGHT, line, **style)
    return top - _height(lines, font)


def _height(lines: Sequence[str], font: FontProperties) -> float:
    return _LEADING * len(lines) * font.get_size_in_points() / _POINTS


def _wrapped(text: str, font: FontProperties, width: float = _INNER) -> list[str]:
    """Break a text into lines of at most `width` cm; a word that is wider stands alone."""
    lines = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".lstrip()
            if line and text_to_path.get_text_width_height_descent(longer, font, False)[0] > width * _POINTS:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _folded(label: str) -> str:
    """Break a legend's label that is longer than the bounds of a class over lines."""
    beside = (_HANDLE + _HANDLE_GAP) * _LABEL.get_size_in_points() / _POINTS
    return "\n".join(_wrapped(label, _LABEL, _LEGEND_WIDTH - beside))


def _balanced(text: str, font: FontProperties, width: float = _INNER) -> list[str]:
    """Break a text into as few lines as `width` (cm) allows, of about equal width: no last word by itself."""
    best = _wrapped(text, font, width)
    for share in np.arange(0.95, 0.4, -0.05):
        lines = _wrapped(text, font, share * width)
        if len(lines) > len(best):
            break
        best = lines
    return best


def _outline(shape: BaseGeometry) -> Outline:
    """Return the rings of a polygon, holes turned the other way, as one matplotlib path."""
    polygons = shapely.get_parts(shapely.orient_polygons(shape))
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    paths = (Outline(shapely.get_coordinates(ring), closed=True) for ring in rings)
    return Outline.make_compound_path(*paths)


def _by_region(values: Mapping[str, float] | pd.Series[float], codes: Sequence[str]) -> NDArray[np.float64]:
    pairs = [(str(code), float(value)) for code, value in values.items()]
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = [code for code, count in Counter(code for code, _ in pairs).items() if count > 1]
        raise ValueError(f"values: found {', '.join(twice)} more than once; allowed is one value a region")
    _check_known("values", given, codes)
    return np.array([given.get(code, np.nan) for code in codes])


def _words(lang: Language) -> Mapping[str, str]:
    if lang not in _WORDS:
        raise ValueError(f"lang: found {lang!r}; allowed are {', '.join(_WORDS)}")
    return _WORDS[lang]


def _check_known(argument: str, given: Iterable[str], codes: Sequence[str]) -> None:
    if unknown := [code for code in given if code not in codes]:
        raise ValueError(f"{argument}: found region {', '.join(unknown)}; allowed are {', '.join(codes)}")


def _checked_breaks(breaks: Sequence[float]) -> list[float]:
    bounds = [float(bound) for bound in breaks]
    if not bounds or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise ValueError(f"breaks: found {bounds}; allowed are one or more finite bounds that ascend")
    return bounds


def _decimals(bounds: Sequence[float]) -> int:
    """Return the fewest decimals that print the bounds exactly."""
    tolerance = 1e-9 * max(1.0, *(abs(bound) for bound in bounds))
    exact = (d for d in range(9) if all(abs(round(bound, d) - bound) < tolerance for bound in bounds))
    return next(exact, 9)


def _steps_from(centre: float, breaks: Sequence[float]) -> NDArray[np.int_]:
    """Return how many classes each class lies above (+) or below (-) `centre`; 0 for a class around it."""
    first, last = (int(np.searchsorted(breaks, centre, side=side)) for side in ("left", "right"))
    kinds = np.arange(len(breaks) + 1)
    steps: NDArray[np.int_] = np.minimum(kinds - last, 0) + np.maximum(kinds - first, 0)
    return steps
