"""A map as it is drawn: how values become colours and words, the regions as shapes, and both on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.typing import NDArray

from regions import classes, paper
from regions import labels as labelling
from regions import layout as layouts
from regions.classes import Classing, Language, class_labels, number
from regions.geography import RD_NEW
from regions.palettes import GREY, INK, NO_DATA, OUTLINE, Style, hatching, palette_colours, words_on
from regions.paper import SMALL, WIDTH, Box, Sheet

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

THIN, BOLD = 0.7, 1.4  # points

_BORDER = 1.35  # white between regions is as strong as grey around them only if it is wider
_SCALE_KM, _SCALE_HEIGHT = 50, 0.8
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


@dataclass(frozen=True)
class Texts:
    """What is written around a map; long texts are broken over lines.

    title: what is shown; `subtitle`: year, scenario and the like.
    legend_title: what the colours stand for; `unit`: printed under it, "" or "%" for a percentage, which is printed
        with the bounds; `note`: printed under these, what a bound between classes means; `hatching`: what that means.
    source: where the figures come from, without the word "source"; the boundaries' owner is always named.
    lang: nl or en, for the legend's words and the decimal sign; another raises `ValueError`.
    """

    title: str
    legend_title: str
    source: str
    subtitle: str = ""
    unit: str = ""
    note: str = ""
    hatching: str = ""
    lang: Language = "nl"

    def __post_init__(self) -> None:
        """Check the language."""
        words(self.lang)

    def foot(self, tiled: bool) -> str:
        """Return what stands at the foot of the page."""
        said = words(self.lang)
        return f"{said['source'].format(self.source)}\n{said['tiles' if tiled else 'boundaries']}"


class Panel(NamedTuple):
    """One of several maps: its title and values by region, the codes of hatched regions, and dots and rings."""

    title: str
    values: Mapping[str, float] | pd.Series[float]
    hatched: Collection[str] = ()
    dots: Collection[str] = ()
    rings: Collection[str] = ()


@dataclass(frozen=True)
class Key:
    """The entries of a legend: the classes, and what else is drawn."""

    classes: list[tuple[str, Style]]
    notes: list[tuple[str, Style]] = field(default_factory=list)

    @property
    def all(self) -> list[tuple[str, Style]]:
        """All entries, in the legend's order."""
        return self.classes + self.notes


class Drawn(NamedTuple):
    """A map as it is drawn: the style of each region, its tooltip and number, and what is marked."""

    panel: Panel
    styles: Sequence[Style]
    told: Sequence[str]
    numbers: Sequence[str]
    outlined: Collection[str] = ()


@dataclass(frozen=True)
class Scale:
    """How values become colours and words; `texts` without the unit where it is printed with the bounds."""

    bounds: Sequence[float]
    colours: Sequence[Any]
    labels: Sequence[str]
    factor: float
    decimals: int
    suffix: str
    signed: bool
    texts: Texts

    @classmethod
    def of(cls, classing: Classing, texts: Texts) -> Scale:
        """Return the scale of these classes; raises `ValueError` for bounds that do not ascend."""
        bounds = classes.checked_breaks(classing.breaks)
        factor = 100.0 if classing.percent else 1.0
        printed = [factor * bound for bound in bounds]
        suffix = "%" if classing.percent and texts.unit in ("", "%") else ""
        digits = classes.exact_decimals(printed) if classing.decimals is None else classing.decimals
        colours = palette_colours(bounds, classing.palette, diverging=classing.diverging, centre=classing.centre)
        labels = class_labels(printed, texts.lang, digits, suffix, signed=classing.signed)
        detail = digits if classing.signed else classes.detail(printed, digits)  # bounds around zero lie close together
        texts = replace(texts, unit="") if suffix else texts
        return cls(bounds, colours, labels, factor, detail, suffix, classing.signed, texts)

    def drawn(self, panel: Panel, ground: Ground) -> Drawn:
        """Return how the regions of a map are drawn."""
        check_known("hatched", panel.hatched, ground.codes)
        texts = self.texts
        values = _by_region(panel.values, ground.codes)
        styles, told, numbers = [], [], []
        for code, value, kind in zip(ground.codes, values, np.digitize(values, self.bounds), strict=True):
            if not np.isfinite(value):
                styles.append(NO_DATA)
                told.append(words(texts.lang)["no data"])
                numbers.append("–")
                continue
            text = number(self.factor * value, self.decimals, texts.lang, signed=self.signed)
            numbers.append(text + self.suffix)
            text += self.suffix or f" {texts.unit}".rstrip()
            styles.append(hatching(self.colours[kind]) if code in panel.hatched else {"facecolor": self.colours[kind]})
            told.append(f"{text}; {texts.hatching}" if code in panel.hatched else text)
        return Drawn(panel, styles, told, numbers)

    def key(self, drawn: Iterable[Drawn]) -> Key:
        """Return the legend of maps that share the scale."""
        drawn = list(drawn)
        key = Key([(label, {"facecolor": colour}) for label, colour in zip(self.labels, self.colours, strict=True)])
        if any(NO_DATA in one.styles for one in drawn):
            key.notes.append((words(self.texts.lang)["no data"], NO_DATA))
        if any(one.panel.hatched for one in drawn):
            key.notes.append((self.texts.hatching, hatching("white")))
        return key


@dataclass(frozen=True)
class Ground:
    """The regions as shapes: as they lie, in RD New metres, or as tiles with sides of 1."""

    codes: Sequence[str]
    names: Sequence[str]
    shapes: Any
    layout: pd.DataFrame
    tiled: bool

    @classmethod
    def of(cls, boundaries: GeoDataFrame, layout: pd.DataFrame | None, tiled: bool) -> Ground:
        """Return the regions as they lie, or as tiles, with their layout."""
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
        """The regions as matplotlib paths."""
        return [_outline(shape) for shape in self.shapes]

    @cached_property
    def nation(self) -> Outline:
        """Their outline as one path."""
        return _outline(shapely.coverage_union_all(self.shapes))

    @cached_property
    def borders(self) -> Outline:
        """The borders between them as one path, each border once."""
        outer = shapely.boundary(shapely.coverage_union_all(self.shapes))
        inner = shapely.difference(shapely.union_all(shapely.boundary(self.shapes)), outer)
        lines = shapely.get_parts(shapely.line_merge(inner))
        return Outline.make_compound_path(*(Outline(shapely.get_coordinates(line)) for line in lines))

    def coarser(self, detail: float) -> Ground:
        """Return the regions without what is smaller than `detail` (metres), their common borders still common."""
        return replace(self, shapes=shapely.coverage_simplify(self.shapes, detail))

    @cached_property
    def bounds(self) -> Box:
        """West, south, east and north."""
        return cast(Box, tuple(shapely.total_bounds(self.shapes).tolist()))

    @property
    def aspect(self) -> float:
        """Height over width."""
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


@dataclass(frozen=True)
class Plot:
    """A map in a box of the page, in cm."""

    page: Sheet
    ground: Ground
    box: Box
    axes: Axes

    @classmethod
    def of(cls, page: Sheet, ground: Ground, box: Box, abroad: float = 0.0) -> Plot:
        """Return a map as large as its box allows, see `Ground.fitted`."""
        left, bottom, right, top = box
        origin, per_cm = ground.fitted(box, abroad)
        corner = origin + per_cm * np.array([right - left, top - bottom])
        axes = page.axes(box)
        axes.set(xlim=(origin[0], corner[0]), ylim=(origin[1], corner[1]))
        axes.set_aspect("equal", adjustable="box")
        axes.set_axis_off()
        return cls(page, ground, box, axes)

    def draw(self, drawn: Drawn, thin: float = THIN, suffix: str = "", scale_bar: bool = True) -> None:
        """Draw the regions, their borders, the outline of the nation and the scale."""

        def add(path: Outline, **style: Any) -> None:
            self.axes.add_artist(PathPatch(path, clip_on=False, **style))  # add_patch would measure each curve

        ground = self.ground
        west, south, east, north = ground.bounds
        self.axes.update_datalim([(west, south), (east, north)])
        for code, name, path, style, text in zip(
            ground.codes, ground.names, ground.outlines, drawn.styles, drawn.told, strict=True
        ):
            add(path, linewidth=0, gid=f"{code}{suffix}", label=f"{name}: {text}", **style)
        if not ground.tiled:
            add(ground.borders, fill=False, edgecolor="white", linewidth=_BORDER * thin)
            add(ground.nation, fill=False, edgecolor=OUTLINE, linewidth=thin)
        for code, path in zip(ground.codes, ground.outlines, strict=True):
            if code in drawn.outlined:
                add(path, fill=False, edgecolor=INK, linewidth=BOLD, joinstyle="round")
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
        edge = "white" if colour == INK else INK
        style: dict[str, Any] = {"markersize": 4, "color": colour, "markeredgecolor": edge, "markeredgewidth": 0.8}
        self.axes.plot(layout["label_x_m"], layout["label_y_m"], "o", **style)

    def write(self, labels: Sequence[labelling.Label], drawn: Drawn, up: float = 0.0) -> None:
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

    def write_tiles(self, marks: Sequence[str], drawn: Drawn) -> None:
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


def _by_region(values: Mapping[str, float] | pd.Series[float], codes: Sequence[str]) -> NDArray[np.float64]:
    pairs = [(str(code), float(value)) for code, value in values.items()]
    given = dict(pairs)
    if len(given) < len(pairs):
        twice = [code for code, count in Counter(code for code, _ in pairs).items() if count > 1]
        raise ValueError(f"values: found {', '.join(twice)} more than once; allowed is one value a region")
    check_known("values", given, codes)
    return np.array([given.get(code, np.nan) for code in codes])


def words(lang: Language) -> Mapping[str, str]:
    """Return the words of a language; raise `ValueError` for another than nl and en."""
    if lang not in _WORDS:
        raise ValueError(f"lang: found {lang!r}; allowed are {', '.join(_WORDS)}")
    return _WORDS[lang]


def check_known(argument: str, given: Iterable[str], codes: Sequence[str]) -> None:
    """Raise `ValueError` for region codes that are not there."""
    if unknown := [code for code in given if code not in codes]:
        raise ValueError(f"{argument}: found region {', '.join(unknown)}; allowed are {', '.join(codes)}")
