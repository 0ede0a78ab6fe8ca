"""Classed maps of the regions, for reports in Dutch or English.

`choropleth` and `categories` draw one map, `small_multiples` several that share their classes. A map shows the regions
as they lie in RD New, or each as a square of the same size. `classes` has the bounds, `palettes` the colours, `labels`
where names go and `paper` the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.typing import NDArray

from regions import classes as classing_
from regions import labels as labelling
from regions import layout as layouts
from regions import paper
from regions.classes import (
    BREAKS,
    CLASSES,
    Classing,
    Language,
    class_labels,
    classing,
    difference_classing,
    even_breaks,
    number,
    suggested_breaks,
)
from regions.geography import RD_NEW
from regions.palettes import (
    ABOVE_IS_ORANGE,
    BELOW_IS_ORANGE,
    CREAM,
    GREY,
    HIGH_IS_TIGHT,
    INK,
    LOW_IS_TIGHT,
    NEUTRAL,
    NO_DATA,
    ORANGE,
    OUTLINE,
    PALE,
    PURPLE,
    SPREAD,
    Style,
    hatching,
    palette_colours,
    words_on,
)
from regions.paper import HEAD, INNER, MARGIN, SMALL, WIDTH, Box, Sheet, balanced, folded, height, save, wrapped

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "ABOVE_IS_ORANGE",
    "BELOW_IS_ORANGE",
    "BREAKS",
    "CLASSES",
    "CREAM",
    "HIGH_IS_TIGHT",
    "LABELS",
    "LOW_IS_TIGHT",
    "MOST_LABELLED",
    "MOST_PANELS",
    "NEUTRAL",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SPREAD",
    "Category",
    "Classing",
    "Labels",
    "Language",
    "Panel",
    "categories",
    "choropleth",
    "class_labels",
    "classing",
    "difference_classing",
    "even_breaks",
    "number",
    "palette_colours",
    "save",
    "small_multiples",
    "suggested_breaks",
]

Labels = Literal["none", "names", "numbers"]
LABELS: tuple[Labels, ...] = get_args(Labels)
MOST_LABELLED = 40  # regions: the key of more would be longer than a page
MOST_PANELS = 20  # maps on a page

_LEGEND_WIDTH = 5.2  # cm: the North Sea, west of Noord-Holland
_WEST, _EAST = 1.2, 2.2  # cm: for names beside the land
_COLUMN, _GUTTER = 5.1, 0.4  # cm: for the key beside a map, and what parts it from the map
_SCALE_KM, _SCALE_HEIGHT = 50, 0.8
_THIN, _BOLD = 0.7, 1.4  # points
_TILE_GAP = 0.03  # of a tile's side
_NAME = paper.LABEL.copy()
_NAME.set_weight("bold")

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "nl": {
        "no data": "geen gegevens",
        "source": "Bron: {}",
        "boundaries": "Grenzen: CBS/Kadaster, CC BY 4.0",
        "tiles": "Elke regio is een even groot vierkant, ongeveer op haar plaats",
    },
    "en": {
        "no data": "no data",
        "source": "Source: {}",
        "boundaries": "Boundaries: CBS/Kadaster, CC BY 4.0",
        "tiles": "Each region is a square of the same size, about where it lies",
    },
}


class Category(NamedTuple):
    """A class of regions that is no interval of values; `hatched` and `outlined` are how its regions are drawn."""

    label: str
    colour: str
    hatched: bool = False
    outlined: bool = False


class Panel(NamedTuple):
    """One of several maps: its title and values by region, the codes of hatched regions, and dots and rings."""

    title: str
    values: Mapping[str, float] | pd.Series[float]
    hatched: Collection[str] = ()
    dots: Collection[str] = ()
    rings: Collection[str] = ()


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
    signed: bool = False,
    decimals: int | None = None,
    hatched: Collection[str] = (),
    hatched_label: str = "",
    labels: Labels = "none",
    tiles: bool = False,
    layout: pd.DataFrame | None = None,
) -> Figure:
    """Draw a map of the regions, coloured by class, 16 cm wide.

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
        signed: numbers above zero are printed with a plus, as differences are.
        decimals: decimals of the class bounds; None for the fewest that print them exactly.
        hatched: codes of regions that are hatched over their colour; one without data is not.
        hatched_label: what the hatching says, for the legend.
        labels: "names" in the regions, or beside the land with a line where they do not fit; "numbers" with a key
            beside the map, in the order of `boundaries`; or "none". For at most 40 regions.
        tiles: draw each region as a square of the same size, with its abbreviation and value in it.
        layout: the table `map_layout` of a data folder; worked out from the boundaries if None.

    Raises:
        ValueError: breaks that do not ascend, a region that is unknown or there twice, another language, too many
            regions for labels.
        regions.labels.NoRoomError: names that fit nowhere.
    """
    scale = _Scale.of(breaks, unit, lang, palette, diverging, centre, percent, signed, decimals, hatched_label)
    ground = _Ground.of(boundaries, layout, tiles)
    drawn = scale.drawn(Panel("", values, hatched), ground)
    texts = _Texts(title, subtitle, legend_title, "" if scale.suffix else unit, source, lang)
    return _page(ground, drawn, scale.key([drawn]), texts, labels)


def small_multiples(
    panels: Sequence[Panel],
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
    signed: bool = False,
    decimals: int | None = None,
    hatched_label: str = "",
    columns: int | None = None,
) -> Figure:
    """Draw several maps with the same classes and one legend, 16 cm wide and as high as they need.

    Args:
        panels: 1 to 20 maps, in rows from the left.
        columns: maps in a row; by their number if None.
        boundaries, breaks, title, subtitle, unit, legend_title, source, lang, palette, diverging, centre, percent,
            signed, decimals, hatched_label: as of `choropleth`.

    Raises:
        ValueError: as of `choropleth`, and for too many maps.
    """
    if not 1 <= len(panels) <= MOST_PANELS:
        raise ValueError(f"panels: found {len(panels)} maps; allowed are 1 to {MOST_PANELS}")
    scale = _Scale.of(breaks, unit, lang, palette, diverging, centre, percent, signed, decimals, hatched_label)
    ground = _Ground.of(boundaries, None, False)
    drawn = [scale.drawn(panel, ground) for panel in panels]
    texts = _Texts(title, subtitle, legend_title, "" if scale.suffix else unit, source, lang)
    return _page_of_several(ground, drawn, scale.key(drawn), texts, columns or _columns(len(panels)))


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
    labels: Labels = "none",
    tiles: bool = False,
    layout: pd.DataFrame | None = None,
) -> Figure:
    """Draw a map of the regions, coloured by classes that have a name instead of bounds, 16 cm wide.

    Args:
        kinds: region code -> name of its class. A region that is absent is drawn as without data.
        boundaries, title, subtitle, legend_title, source, lang, labels, tiles, layout: as of `choropleth`.
        classes: name -> class, in the legend's order.

    Raises:
        ValueError: a region or class that is unknown, another language, too many regions for labels.
        regions.labels.NoRoomError: names that fit nowhere.
    """
    words = _words(lang)
    ground = _Ground.of(boundaries, layout, tiles)
    _check_known("kinds", kinds, ground.codes)
    if unknown := set(kinds.values()) - set(classes):
        raise ValueError(f"kinds: found {', '.join(sorted(unknown))}; allowed are {', '.join(classes)}")
    look: dict[str, Style] = {
        name: hatching(one.colour) | {"edgecolor": OUTLINE} if one.hatched else {"facecolor": one.colour}
        for name, one in classes.items()
    }
    drawn = _Drawn(
        Panel("", {}),
        [look[kinds[code]] if code in kinds else NO_DATA for code in ground.codes],
        [classes[kinds[code]].label if code in kinds else words["no data"] for code in ground.codes],
        [""] * len(ground.codes),
        [code for code, name in kinds.items() if classes[name].outlined],
    )
    bold = {"edgecolor": INK, "linewidth": _BOLD}
    key = _Key([(one.label, look[name] | (bold if one.outlined else {})) for name, one in classes.items()])
    if NO_DATA in drawn.styles:
        key.notes.append((words["no data"], NO_DATA))
    return _page(ground, drawn, key, _Texts(title, subtitle, legend_title, "", source, lang), labels)


# What is drawn --------------------------------------------------------------------------------------------------------


class _Texts(NamedTuple):
    title: str
    subtitle: str
    legend_title: str
    unit: str
    source: str
    lang: Language

    def foot(self, ground: _Ground) -> str:
        words = _words(self.lang)
        return f"{words['source'].format(self.source)}\n{words['tiles' if ground.tiled else 'boundaries']}"


@dataclass(frozen=True)
class _Key:
    """The entries of a legend: the classes, and what else is drawn."""

    classes: list[tuple[str, Style]]
    notes: list[tuple[str, Style]] = field(default_factory=list)

    @property
    def all(self) -> list[tuple[str, Style]]:
        return self.classes + self.notes


class _Drawn(NamedTuple):
    """A map as it is drawn: the style of each region, its tooltip and number, and what is marked."""

    panel: Panel
    styles: Sequence[Style]
    told: Sequence[str]
    numbers: Sequence[str]
    outlined: Collection[str] = ()


@dataclass(frozen=True)
class _Scale:
    """How values become colours and words."""

    bounds: Sequence[float]
    colours: Sequence[Any]
    labels: Sequence[str]
    factor: float
    decimals: int
    suffix: str
    unit: str
    signed: bool
    lang: Language
    hatched_label: str

    @classmethod
    def of(
        cls, breaks: Sequence[float], unit: str, lang: Language, palette: str | None, diverging: bool, centre: float,
        percent: bool, signed: bool, decimals: int | None, hatched_label: str,
    ) -> _Scale:  # fmt: skip
        _words(lang)
        bounds = classing_.checked_breaks(breaks)
        factor = 100.0 if percent else 1.0
        printed = [factor * bound for bound in bounds]
        suffix = "%" if percent and unit in ("", "%") else ""
        digits = classing_.exact_decimals(printed) if decimals is None else decimals
        colours = palette_colours(bounds, palette, diverging=diverging, centre=centre)
        labels = class_labels(printed, lang, digits, suffix, signed=signed)
        detail = classing_.detail(printed, digits)
        return cls(bounds, colours, labels, factor, detail, suffix, unit, signed, lang, hatched_label)

    def drawn(self, panel: Panel, ground: _Ground) -> _Drawn:
        _check_known("hatched", panel.hatched, ground.codes)
        values = _by_region(panel.values, ground.codes)
        styles, told, numbers = [], [], []
        for code, value, kind in zip(ground.codes, values, np.digitize(values, self.bounds), strict=True):
            if not np.isfinite(value):
                styles.append(NO_DATA)
                told.append(_words(self.lang)["no data"])
                numbers.append("–")
                continue
            text = number(self.factor * value, self.decimals, self.lang, signed=self.signed)
            numbers.append(text + self.suffix)
            text += self.suffix or f" {self.unit}".rstrip()
            styles.append(hatching(self.colours[kind]) if code in panel.hatched else {"facecolor": self.colours[kind]})
            told.append(f"{text}; {self.hatched_label}" if code in panel.hatched else text)
        return _Drawn(panel, styles, told, numbers)

    def key(self, drawn: Iterable[_Drawn]) -> _Key:
        drawn = list(drawn)
        key = _Key([(label, {"facecolor": colour}) for label, colour in zip(self.labels, self.colours, strict=True)])
        if any(NO_DATA in one.styles for one in drawn):
            key.notes.append((_words(self.lang)["no data"], NO_DATA))
        if any(one.panel.hatched for one in drawn):
            key.notes.append((self.hatched_label, hatching("white")))
        return key


@dataclass(frozen=True)
class _Ground:
    """The regions as shapes: as they lie, in RD New metres, or as tiles with sides of 1."""

    codes: Sequence[str]
    names: Sequence[str]
    shapes: Any
    layout: pd.DataFrame
    tiled: bool

    @classmethod
    def of(cls, boundaries: GeoDataFrame, layout: pd.DataFrame | None, tiled: bool) -> _Ground:
        frame = boundaries.to_crs(RD_NEW)
        codes = list(frame["code"])
        table = layouts.drafted(frame) if layout is None else layout
        if absent := sorted(set(codes) - set(table["region"])):
            raise ValueError(f"layout: found no row for region {', '.join(absent)}; every region needs one")
        table = table.set_index("region").loc[codes]
        shapes = shapely.buffer(layouts.squares(table), -_TILE_GAP, join_style="mitre") if tiled else frame.geometry
        return cls(codes, list(frame["name"]), np.asarray(shapes), table, tiled)

    @cached_property
    def outlines(self) -> list[Outline]:
        return [_outline(shape) for shape in self.shapes]

    @cached_property
    def nation(self) -> Outline:
        return _outline(shapely.coverage_union_all(self.shapes))

    @cached_property
    def bounds(self) -> Box:
        return cast(Box, tuple(shapely.total_bounds(self.shapes).tolist()))

    @property
    def aspect(self) -> float:
        west, south, east, north = self.bounds
        return (north - south) / (east - west)

    def fitted(self, box: Box, abroad: float = 0.0) -> tuple[NDArray[np.float64], float]:
        """Return what lies at the corner of a box (cm) and how much a cm is, for the map as large as the box allows.

        It lies at the right edge but for `abroad`, half way up.
        """
        left, bottom, right, top = box
        west, south, east, north = self.bounds
        per_cm = max((north - south) / (top - bottom), (east - west) / (right - left - abroad))
        spare = per_cm * (top - bottom) - (north - south)
        return np.array([east - per_cm * (right - left - abroad), south - spare / 2]), per_cm

    def place(self, box: Box, texts: Sequence[str], abroad: float = 0.0) -> list[labelling.Label]:
        """Return where texts go in a box (cm), clear of the scale bar."""
        origin, per_cm = self.fitted(box, abroad)
        left, bottom, *_ = box

        def on_page(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return (points - origin) / per_cm + np.array([left, bottom])

        bar = (left, bottom, left + 1000 * _SCALE_KM / per_cm, bottom + _SCALE_HEIGHT)
        anchors = on_page(self.layout[["label_x_m", "label_y_m"]].to_numpy(dtype=np.float64))
        shapes = shapely.transform(self.shapes, on_page)
        return labelling.place(texts, [*self.layout["abbreviation"]], shapes, anchors, box, [bar])


# Pages ----------------------------------------------------------------------------------------------------------------


def _page(ground: _Ground, drawn: _Drawn, key: _Key, texts: _Texts, labels: Labels) -> Figure:
    """Return a page with one map."""
    _check_labels(ground, labels)
    with paper.settings():
        if ground.tiled or labels == "numbers":
            return _page_with_list(ground, drawn, key, texts)
        if labels == "names":
            return _page_with_names(ground, drawn, key, texts)
        page = paper.sheet(texts.title, texts.subtitle, texts.foot(ground))
        _Plot.of(page, ground, (MARGIN, page.bottom, WIDTH - MARGIN, page.top)).draw(drawn)
        top = _legend_title(page, texts, _LEGEND_WIDTH)
        page.key([(folded(label, _LEGEND_WIDTH), style) for label, style in key.all], top - 0.2)
    return page.figure


def _page_with_names(ground: _Ground, drawn: _Drawn, key: _Key, texts: _Texts) -> Figure:
    """Return a page with the name of each region in it or beside the land, under a strip of classes."""
    high = (INNER - _WEST - _EAST) * ground.aspect
    box = (MARGIN, 0.0, WIDTH - MARGIN, high)
    labels = ground.place(box, ground.names, _EAST)
    short = [f"{label.lines[0]}: {name}" for label, name in zip(labels, ground.names, strict=True) if label.short]
    strip = _strip_height(key, texts)
    foot = "\n".join(["; ".join(short), texts.foot(ground)] if short else [texts.foot(ground)])
    page = paper.sheet(texts.title, texts.subtitle, foot, strip + high)
    _strip(page, key, texts)
    plot = _Plot.of(page, ground, (MARGIN, page.bottom, WIDTH - MARGIN, page.bottom + high), _EAST)
    plot.draw(drawn)
    plot.write(labels, drawn, page.bottom)
    return page.figure


def _page_with_list(ground: _Ground, drawn: _Drawn, key: _Key, texts: _Texts) -> Figure:
    """Return a page with a number or abbreviation in each region, and beside the map which region that is."""
    wide = INNER - _COLUMN - _GUTTER
    high = wide * ground.aspect
    marks = [*ground.layout["abbreviation"]] if ground.tiled else [str(i + 1) for i in range(len(ground.codes))]
    indent = max(paper.width(mark, SMALL) for mark in marks) + 0.15
    rows = [wrapped(name, SMALL, _COLUMN - indent) for name in ground.names]
    strip = _strip_height(key, texts)
    listed = height([""] * sum(map(len, rows)), SMALL)
    page = paper.sheet(texts.title, texts.subtitle, texts.foot(ground), strip + max(high, listed))
    _strip(page, key, texts)
    top = page.top - strip
    plot = _Plot.of(page, ground, (MARGIN, top - high, MARGIN + wide, top))
    plot.draw(drawn)
    if ground.tiled:
        plot.write_tiles(marks, drawn)
    else:
        plot.write(ground.place(plot.box, marks), drawn)
    left = WIDTH - MARGIN - _COLUMN
    for mark, row in zip(marks, rows, strict=True):
        page.put([mark], top, SMALL, GREY, left)
        top = page.put(row, top, SMALL, INK, left + indent)
    return page.figure


def _page_of_several(
    ground: _Ground, drawn: Sequence[_Drawn], key: _Key, texts: _Texts, columns: int
) -> Figure:  # fmt: skip
    """Return a page with several maps under one strip of classes."""
    gap = 0.4
    wide = (INNER - gap * (columns - 1)) / columns
    heads = [balanced(one.panel.title, HEAD, wide) for one in drawn]
    over = height(max(heads, key=len), HEAD) + 0.1
    high = over + wide * ground.aspect + gap
    with paper.settings():
        strip = _strip_height(key, texts)
        page = paper.sheet(texts.title, texts.subtitle, texts.foot(ground), strip - (-len(drawn) // columns) * high)
        _strip(page, key, texts)
        for k, (one, head) in enumerate(zip(drawn, heads, strict=True)):
            row, column = divmod(k, columns)
            left, up = MARGIN + column * (wide + gap), page.top - strip - row * high
            page.put(head, up, HEAD, left=left)
            plot = _Plot.of(page, ground, (left, up - over - wide * ground.aspect, left + wide, up - over))
            plot.draw(one, thin=_THIN / 2, suffix=f"-{k + 1}", scale_bar=k == 0)
            plot.mark(one.panel.dots, INK)
            plot.mark(one.panel.rings, "white")
    return page.figure


def _legend_title(page: Sheet, texts: _Texts, room: float) -> float:
    top = page.put(balanced(texts.legend_title, HEAD, room), page.top, HEAD)
    return page.put(wrapped(texts.unit, SMALL, room), top - 0.05, SMALL, GREY) if texts.unit else top


def _strip(page: Sheet, key: _Key, texts: _Texts) -> float:
    """Draw the legend over the width of the page, from the top of its room; return the height under it."""
    top = _legend_title(page, texts, INNER)
    top = page.key(key.classes, top - 0.15, columns=paper.columns_that_fit([label for label, _ in key.classes]))
    notes = [(folded(label, INNER), style) for label, style in key.notes]
    return page.key(notes, top - 0.12) if notes else top


def _strip_height(key: _Key, texts: _Texts) -> float:
    """Return how high a strip is with the room under it, in cm."""
    scratch = paper.sheet("", "", "")
    return scratch.top - _strip(scratch, key, texts) + 0.4


def _columns(panels: int) -> int:
    if panels in (1, 2, 4):
        return min(panels, 2)
    return 3 if panels <= 9 else 4 if panels <= 16 else 5


@dataclass(frozen=True)
class _Plot:
    """A map in a box of the page, in cm."""

    page: Sheet
    ground: _Ground
    box: Box
    axes: Axes

    @classmethod
    def of(cls, page: Sheet, ground: _Ground, box: Box, abroad: float = 0.0) -> _Plot:
        left, bottom, right, top = box
        origin, per_cm = ground.fitted(box, abroad)
        corner = origin + per_cm * np.array([right - left, top - bottom])
        axes = page.axes(box)
        axes.set(xlim=(origin[0], corner[0]), ylim=(origin[1], corner[1]))
        axes.set_aspect("equal", adjustable="box")
        axes.set_axis_off()
        return cls(page, ground, box, axes)

    def draw(self, drawn: _Drawn, thin: float = _THIN, suffix: str = "", scale_bar: bool = True) -> None:
        """Draw the regions, their borders, the outline of the nation and the scale."""

        def add(path: Outline, **style: Any) -> None:
            self.axes.add_patch(PathPatch(path, clip_on=False, **style))

        ground = self.ground
        for code, name, path, style, text in zip(
            ground.codes, ground.names, ground.outlines, drawn.styles, drawn.told, strict=True
        ):
            add(path, linewidth=0, gid=f"{code}{suffix}", label=f"{name}: {text}", **style)
        if not ground.tiled:
            for path in ground.outlines:
                add(path, fill=False, edgecolor="white", linewidth=thin)
            add(ground.nation, fill=False, edgecolor=OUTLINE, linewidth=thin)
        for code, path in zip(ground.codes, ground.outlines, strict=True):
            if code in drawn.outlined:
                add(path, fill=False, edgecolor=INK, linewidth=_BOLD, joinstyle="round")
            elif ground.tiled:
                add(path, fill=False, edgecolor=OUTLINE, linewidth=thin / 2)
        if scale_bar and not ground.tiled:
            self._scale_bar()

    def _scale_bar(self) -> None:
        self.axes.add_artist(
            ScaleBar(
                1, "m", fixed_value=_SCALE_KM, fixed_units="km", location="lower left", width_fraction=0.003,
                pad=0, border_pad=0, sep=3, frameon=False, color=GREY, font_properties={"size": 7.5},
            )
        )  # fmt: skip

    def mark(self, codes: Collection[str], colour: str) -> None:
        """Draw a dot in each of some regions."""
        layout = self.ground.layout.loc[list(codes)]
        style: dict[str, Any] = {"markersize": 4, "color": colour, "markeredgecolor": INK}
        self.axes.plot(layout["label_x_m"], layout["label_y_m"], "o", **style)

    def write(self, labels: Sequence[labelling.Label], drawn: _Drawn, up: float = 0.0) -> None:
        """Write labels that are placed, so much higher, and the lines to those beside the land."""
        for label, style in zip(labels, drawn.styles, strict=True):
            x, y = label.centre
            if label.leader:
                self._lead([(at, height + up) for at, height in label.leader])
            elif "hatch" in style:
                self._rectangle(x, y + up, label.width + 0.06, label.height + 0.1, style["facecolor"])
            colour = INK if label.leader else words_on(style["facecolor"])
            font, step = labelling.font(label.size), labelling.LEADING * label.size / paper.POINTS
            first = y + up + step * (len(label.lines) - 1) / 2 - 0.36 * label.size / paper.POINTS  # half a capital
            for i, line in enumerate(label.lines):
                self.page.write(line, x, first - i * step, font, colour, "center")

    def write_tiles(self, marks: Sequence[str], drawn: _Drawn) -> None:
        """Write abbreviation and number in each tile."""
        origin, per_cm = self.ground.fitted(self.box)
        middles = shapely.get_coordinates(shapely.centroid(self.ground.shapes))
        centres = (middles - origin) / per_cm + np.array(self.box[:2])
        for (x, y), mark, figure, style in zip(centres, marks, drawn.numbers, drawn.styles, strict=True):
            colour = words_on(style["facecolor"])
            if "hatch" in style:
                wide = max(paper.width(mark, _NAME), paper.width(figure, SMALL))
                self._rectangle(x, y, wide + 0.12, 0.8 if figure else 0.45, style["facecolor"])
            up = 0.07 if figure else -0.11
            self.page.write(mark, x, y + up, _NAME, colour, "center")
            if figure:
                self.page.write(figure, x, y - 0.3, SMALL, colour, "center")

    def _rectangle(self, x: float, y: float, wide: float, high: float, colour: Any) -> None:
        page = self.page
        corner = (x - wide / 2) / WIDTH, (y - high / 2) / page.height
        page.figure.add_artist(
            Rectangle(corner, wide / WIDTH, high / page.height, facecolor=colour, linewidth=0, zorder=1)
        )

    def _lead(self, ends: Sequence[tuple[float, float]]) -> None:
        """Draw a line from a name to its region, seen on light and on dark."""
        x, y = (np.array(ends) / (WIDTH, self.page.height)).T
        for colour, width in (("white", 1.8), (INK, 0.6)):
            self.page.figure.add_artist(Line2D(x, y, color=colour, linewidth=width, solid_capstyle="round", zorder=1))
        dot: dict[str, Any] = {"marker": "o", "markersize": 3.2, "color": INK, "markeredgecolor": "white"}
        self.page.figure.add_artist(Line2D(x[1:], y[1:], markeredgewidth=0.6, zorder=2, **dot))


def _outline(shape: BaseGeometry) -> Outline:
    """Return the rings of a polygon, holes turned the other way, as one matplotlib path."""
    polygons = shapely.get_parts(shapely.orient_polygons(shape))
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    paths = (Outline(shapely.get_coordinates(ring), closed=True) for ring in rings)
    return Outline.make_compound_path(*paths)


# Arguments ------------------------------------------------------------------------------------------------------------


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


def _check_labels(ground: _Ground, labels: Labels) -> None:
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}; allowed are {', '.join(LABELS)}")
    if (ground.tiled or labels != "none") and len(ground.codes) > MOST_LABELLED:
        raise ValueError(f"labels: found {len(ground.codes)} regions; allowed are at most {MOST_LABELLED}")
    if ground.tiled and labels != "none":
        raise ValueError(f"labels: found {labels!r} on tiles, which have abbreviations; allowed is none")


def _check_known(argument: str, given: Iterable[str], codes: Sequence[str]) -> None:
    if unknown := [code for code in given if code not in codes]:
        raise ValueError(f"{argument}: found region {', '.join(unknown)}; allowed are {', '.join(codes)}")
