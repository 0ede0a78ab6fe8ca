"""Classed maps of the regions, for reports in Dutch or English.

`choropleth` and `categories` draw one map, `small_multiples` several that share their classes. A map shows the regions
as they lie in RD New, or each as a square of the same size. `classes` has the bounds, `palettes` the colours, `labels`
where names go, `drawing` a map on a page and `paper` the page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from matplotlib.figure import Figure

from regions import paper
from regions.classes import (
    BREAKS,
    CLASSES,
    GRADUATES,
    NATION_2025,
    SCHEMES,
    SIGNED,
    Classing,
    Language,
    Scheme,
    class_labels,
    classing,
    difference_classing,
    even_breaks,
    number,
    per_cent,
    suggested_breaks,
)
from regions.drawing import BOLD, THIN, Drawn, Ground, Key, Panel, Plot, Scale, Texts, check_known, words
from regions.labels import NoRoomError
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
)
from regions.paper import HEAD, INNER, MARGIN, SMALL, WIDTH, Sheet, balanced, folded, height, save, wrapped

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

__all__ = [
    "ABOVE_IS_ORANGE",
    "BELOW_IS_ORANGE",
    "BREAKS",
    "CLASSES",
    "CREAM",
    "GRADUATES",
    "HIGH_IS_TIGHT",
    "LABELS",
    "LOW_IS_TIGHT",
    "MOST_LABELLED",
    "MOST_PANELS",
    "NATION_2025",
    "NEUTRAL",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SCHEMES",
    "SIGNED",
    "SPREAD",
    "Category",
    "Classing",
    "Labels",
    "Language",
    "NoRoomError",
    "Panel",
    "Scheme",
    "Texts",
    "categories",
    "choropleth",
    "class_labels",
    "classing",
    "difference_classing",
    "even_breaks",
    "number",
    "palette_colours",
    "per_cent",
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
_DETAIL = 0.03  # cm: what is smaller on a small map is left out; a thin line is as wide as half of it
_COLUMN, _GUTTER = 5.1, 0.4  # cm: for the key beside a map, and what parts maps and columns


class Category(NamedTuple):
    """A class of regions that is no interval of values; `hatched` and `outlined` are how its regions are drawn."""

    label: str
    colour: str
    hatched: bool = False
    outlined: bool = False


def choropleth(
    values: Mapping[str, float] | pd.Series[float],
    boundaries: GeoDataFrame,
    classes: Classing,
    texts: Texts,
    *,
    hatched: Collection[str] = (),
    labels: Labels = "none",
    tiles: bool = False,
    layout: pd.DataFrame | None = None,
) -> Figure:
    """Draw a map of the regions, coloured by class, 16 cm wide.

    Args:
        values: region code -> value. A region that is absent or not finite is drawn as without data.
        boundaries: the regions (columns code, name, geometry), as `regions.geography.boundaries` gives them.
        classes: the classes of the values; `classing` has those of the indicators.
        texts: what is written around the map.
        hatched: codes of regions that are hatched over their colour; one without data is not.
        labels: "names" in the regions, or beside the land with a line where they do not fit; "numbers" with a key
            beside the map, in the order of `boundaries`; or "none". For at most 40 regions.
        tiles: draw each region as a square of the same size, with its abbreviation and value in it.
        layout: the table `map_layout` of a data folder; worked out from the boundaries if None.

    Raises:
        ValueError: breaks that do not ascend, a region that is unknown or there twice, too many regions for labels.
        NoRoomError: names that fit nowhere.
    """
    scale = Scale.of(classes, texts)
    ground = Ground.of(boundaries, layout, tiles)
    drawn = scale.drawn(Panel("", values, hatched), ground)
    return _page(ground, drawn, scale.key([drawn]), scale.texts, labels)


def small_multiples(
    panels: Sequence[Panel],
    boundaries: GeoDataFrame,
    classes: Classing,
    texts: Texts,
    *,
    columns: int | None = None,
) -> Figure:
    """Draw several maps with the same classes and one legend, 16 cm wide and as high as they need.

    Args:
        panels: 1 to 20 maps, in rows from the left.
        boundaries, classes, texts: as of `choropleth`.
        columns: maps in a row; by their number if None.

    Raises:
        ValueError: as of `choropleth`, and for too many maps.
    """
    if not 1 <= len(panels) <= MOST_PANELS:
        raise ValueError(f"panels: found {len(panels)} maps; allowed are 1 to {MOST_PANELS}")
    scale = Scale.of(classes, texts)
    ground = Ground.of(boundaries, None, False)
    drawn = [scale.drawn(panel, ground) for panel in panels]
    return _page_of_several(ground, drawn, scale.key(drawn), scale.texts, columns or _columns(len(panels)))


def categories(
    kinds: Mapping[str, str],
    boundaries: GeoDataFrame,
    classes: Mapping[str, Category],
    texts: Texts,
    *,
    labels: Labels = "none",
    tiles: bool = False,
    layout: pd.DataFrame | None = None,
) -> Figure:
    """Draw a map of the regions, coloured by classes that have a name instead of bounds, 16 cm wide.

    Args:
        kinds: region code -> name of its class. A region that is absent is drawn as without data.
        boundaries, texts, labels, tiles, layout: as of `choropleth`.
        classes: name -> class, in the legend's order.

    Raises:
        ValueError: a region or class that is unknown, too many regions for labels.
        NoRoomError: names that fit nowhere.
    """
    no_data = words(texts.lang)["no data"]
    ground = Ground.of(boundaries, layout, tiles)
    check_known("kinds", kinds, ground.codes)
    if unknown := set(kinds.values()) - set(classes):
        raise ValueError(f"kinds: found {', '.join(sorted(unknown))}; allowed are {', '.join(classes)}")
    look: dict[str, Style] = {
        name: hatching(one.colour) | {"edgecolor": OUTLINE} if one.hatched else {"facecolor": one.colour}
        for name, one in classes.items()
    }
    drawn = Drawn(
        Panel("", {}),
        [look[kinds[code]] if code in kinds else NO_DATA for code in ground.codes],
        [classes[kinds[code]].label if code in kinds else no_data for code in ground.codes],
        [""] * len(ground.codes),
        [code for code, name in kinds.items() if classes[name].outlined],
    )
    bold = {"edgecolor": INK, "linewidth": BOLD}
    key = Key([(one.label, look[name] | (bold if one.outlined else {})) for name, one in classes.items()])
    if NO_DATA in drawn.styles:
        key.notes.append((no_data, NO_DATA))
    return _page(ground, drawn, key, texts, labels)


# Pages ----------------------------------------------------------------------------------------------------------------


def _page(ground: Ground, drawn: Drawn, key: Key, texts: Texts, labels: Labels) -> Figure:
    """Return a page with one map."""
    _check_labels(ground, labels)
    with paper.settings():
        if ground.tiled or labels == "numbers":
            return _page_with_list(ground, drawn, key, texts)
        if labels == "names":
            return _page_with_names(ground, drawn, key, texts)
        page = paper.sheet(texts.title, texts.subtitle, texts.foot(ground.tiled))
        Plot.of(page, ground, (MARGIN, page.bottom, WIDTH - MARGIN, page.top)).draw(drawn)
        top = _legend_title(page, texts, _LEGEND_WIDTH)
        page.key([(folded(label, _LEGEND_WIDTH), style) for label, style in key.all], top - 0.2)
    return page.figure


def _page_with_names(ground: Ground, drawn: Drawn, key: Key, texts: Texts) -> Figure:
    """Return a page with the name of each region in it or beside the land, under a strip of classes."""
    high = (INNER - _WEST - _EAST) * ground.aspect
    box = (MARGIN, 0.0, WIDTH - MARGIN, high)
    labels = ground.place(box, ground.names, _EAST)
    short = [f"{label.lines[0]}: {name}" for label, name in zip(labels, ground.names, strict=True) if label.short]
    strip = _strip_height(key, texts)
    foot = "\n".join(["; ".join(short), texts.foot(ground.tiled)] if short else [texts.foot(ground.tiled)])
    page = paper.sheet(texts.title, texts.subtitle, foot, strip + high)
    _strip(page, key, texts)
    plot = Plot.of(page, ground, (MARGIN, page.bottom, WIDTH - MARGIN, page.bottom + high), _EAST)
    plot.draw(drawn)
    plot.write(labels, drawn, page.bottom)
    return page.figure


def _page_with_list(ground: Ground, drawn: Drawn, key: Key, texts: Texts) -> Figure:
    """Return a page with a number or abbreviation in each region, and beside the map which region that is."""
    wide = INNER - _COLUMN - _GUTTER
    high = wide * ground.aspect
    marks = [*ground.layout["abbreviation"]] if ground.tiled else [str(i + 1) for i in range(len(ground.codes))]
    indent = max(paper.width(mark, SMALL) for mark in marks) + 0.15
    rows = [wrapped(name, SMALL, _COLUMN - indent) for name in ground.names]
    strip = _strip_height(key, texts)
    listed = height([""] * sum(map(len, rows)), SMALL)
    page = paper.sheet(texts.title, texts.subtitle, texts.foot(ground.tiled), strip + max(high, listed))
    _strip(page, key, texts)
    top = page.top - strip
    plot = Plot.of(page, ground, (MARGIN, top - high, MARGIN + wide, top))
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


def _page_of_several(ground: Ground, drawn: Sequence[Drawn], key: Key, texts: Texts, columns: int) -> Figure:
    """Return a page with several maps under one strip of classes."""
    wide = (INNER - _GUTTER * (columns - 1)) / columns
    west, _, east, _ = ground.bounds
    ground = ground.coarser(_DETAIL * (east - west) / wide)
    with paper.settings():
        heads = [balanced(one.panel.title, HEAD, wide) for one in drawn]
        over = height(max(heads, key=len), HEAD) + 0.1
        high = over + wide * ground.aspect + _GUTTER
        strip = _strip_height(key, texts)
        page = paper.sheet(
            texts.title, texts.subtitle, texts.foot(ground.tiled), strip - (-len(drawn) // columns) * high
        )
        _strip(page, key, texts)
        for k, (one, head) in enumerate(zip(drawn, heads, strict=True)):
            row, column = divmod(k, columns)
            left, up = MARGIN + column * (wide + _GUTTER), page.top - strip - row * high
            page.put(head, up, HEAD, left=left)
            plot = Plot.of(page, ground, (left, up - over - wide * ground.aspect, left + wide, up - over))
            plot.draw(one, thin=THIN / 2, suffix=f"-{k + 1}", scale_bar=k == 0)
            plot.mark(one.panel.dots, INK)
            plot.mark(one.panel.rings, "white")
    return page.figure


def _legend_title(page: Sheet, texts: Texts, room: float) -> float:
    top = page.put(balanced(texts.legend_title, HEAD, room), page.top, HEAD)
    small = [line for text in (texts.unit, texts.note) if text for line in wrapped(text, SMALL, room)]
    return page.put(small, top - 0.05, SMALL, GREY) if small else top


def _strip(page: Sheet, key: Key, texts: Texts) -> float:
    """Draw the legend over the width of the page, from the top of its room; return the height under it."""
    top = _legend_title(page, texts, INNER)
    top = page.key(key.classes, top - 0.15, columns=paper.columns_that_fit([label for label, _ in key.classes]))
    notes = [(folded(label, INNER), style) for label, style in key.notes]
    return page.key(notes, top - 0.12) if notes else top


def _strip_height(key: Key, texts: Texts) -> float:
    """Return how high a strip is with the room under it, in cm."""
    scratch = paper.sheet("", "", "")
    return scratch.top - _strip(scratch, key, texts) + 0.4


def _columns(panels: int) -> int:
    if panels in (1, 2, 4):
        return min(panels, 2)
    return 3 if panels <= 9 else 4 if panels <= 16 else 5


def _check_labels(ground: Ground, labels: Labels) -> None:
    if labels not in LABELS:
        raise ValueError(f"labels: found {labels!r}; allowed are {', '.join(LABELS)}")
    if (ground.tiled or labels != "none") and len(ground.codes) > MOST_LABELLED:
        raise ValueError(f"labels: found {len(ground.codes)} regions; allowed are at most {MOST_LABELLED}")
    if ground.tiled and labels != "none":
        raise ValueError(f"labels: found {labels!r} on tiles, which have abbreviations; allowed is none")
