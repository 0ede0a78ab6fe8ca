"""Pieces of figures: pages that look as the maps do, axes, and labels that keep clear of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.optimize import isotonic_regression

from experiments.arrays import BoolArray, FloatArray
from regions import paper
from regions.maps import Language, number
from regions.palettes import GREY, INK
from regions.paper import LEADING, POINTS, SMALL, Box, Sheet

Point = tuple[float, float]

LIGHT = "#e0e0e0"
ORANGE, PURPLE, GREEN = "#b35806", "#542788", "#1b7f79"
"""Dark enough for thin lines and small words."""
TICK = FontProperties(family="sans-serif", size=8)
PASSES = 8
ORDERS = 6
"""Orders in which labels take their places at most, of which the best is kept."""
NEAREST = 100
"""Places around a point, the best on their own, of which a label takes one."""
SHORT = {
    "Amstelland Kennemerland en Meerlanden (AKM)": "AKM",
    "Noordwest-Veluwe en Stedendriehoek": "NW-Veluwe, Stedendriehoek",
    "Noord- en Midden-Limburg": "Noord- en M.-Limburg",
    "Zaanstreek en Waterland": "Zaanstreek-Waterland",
    "Gooi- en Vechtstreek": "Gooi en Vechtstreek",
}
"""Names of regions in a crowd."""


@contextmanager
def settings() -> Iterator[None]:
    """Shield a figure from the user's own matplotlib settings, and give it those of the maps."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        with paper.settings():
            yield


def axes(page: Sheet, box: Box) -> Axes:
    """Return axes in a box of the page, in cm, with a line at the left and below."""
    drawn = page.axes(box)
    drawn.set_frame_on(True)
    drawn.spines[["top", "right"]].set_visible(False)
    drawn.spines[["left", "bottom"]].set_color(GREY)
    drawn.tick_params(colors=GREY, labelsize=TICK.get_size_in_points())
    drawn.set_axisbelow(True)
    return drawn


def numbered(axis: Any, lang: Language, *, percent: bool = False, signed: bool = False, most: int = 6) -> None:
    """Print round numbers along an axis as the language does; shares as per cent."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    scale, suffix = (100.0, "%") if percent else (1.0, "")

    def told(value: float, _: object) -> str:
        ticks = scale * np.asarray(axis.get_majorticklocs())
        digits = next(d for d in range(6) if np.allclose(ticks, np.round(ticks, d), atol=1e-9))
        return number(scale * value, digits, lang, signed=signed) + suffix

    axis.set_major_formatter(FuncFormatter(told))


def years(drawn: Axes, first: int, last: int) -> None:
    """Let the axis run from one year to another, with round years along it."""
    drawn.set_xlim(first, last)
    drawn.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 5, 10], integer=True))
    drawn.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def ends(drawn: Axes, first: int, last: int) -> None:
    """Let the axis run from one year to another, with these two alone along it."""
    drawn.set_xlim(first, last)
    drawn.set_xticks([first, last], [str(first), str(last)])
    start, end = drawn.get_xticklabels()
    start.set_horizontalalignment("left")
    end.set_horizontalalignment("right")


def apart(wanted: FloatArray, sizes: FloatArray, room: Point) -> FloatArray:
    """Return where things of these sizes go on a line: nearest to where they are wanted without overlap, in order.

    All in one unit; `wanted` are centres. They go beyond `room` at its end only if together they are larger.
    """
    order = np.argsort(wanted, kind="stable")
    size = sizes[order]
    offset = np.concatenate([[0.0], np.cumsum((size[1:] + size[:-1]) / 2)])
    start = isotonic_regression(wanted[order] - offset).x
    lowest = room[0] + size[0] / 2 if len(size) else room[0]
    highest = room[1] - size[-1] / 2 - offset[-1] if len(size) else room[1]
    placed = np.empty(len(order))
    placed[order] = np.clip(start, lowest, max(lowest, highest)) + offset
    return placed


def end_labels(
    page: Sheet,
    drawn: Axes,
    values: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str],
    left: float,
    room: float,
    font: FontProperties = SMALL,
) -> None:
    """Write a text beside the end of each line, `left` cm from the left of the page and `room` wide, without overlap.

    A thin line leads to a text that had to move away.
    """
    lines = [paper.wrapped(text, font, room) for text in texts]
    height = page.height
    at = drawn.transData.transform([(drawn.get_xlim()[1], value) for value in values]) / page.figure.dpi / paper.CM
    box = drawn.get_position()
    sizes = np.array([paper.height(line, font) for line in lines]) + 0.05
    centres = apart(at[:, 1], sizes, (box.y0 * height - 0.2, box.y1 * height + 0.3))
    for (x, y), centre, size, line, colour in zip(at, centres, sizes, lines, colours, strict=True):
        page.put(line, centre + size / 2, font, colour, left)
        ends = ([x + 0.08, left - 0.08], [y, centre])
        if abs(y - centre) > LEADING * font.get_size_in_points() / POINTS / 2:
            draw_line(page, *ends)


def draw_line(page: Sheet, x: Sequence[float], y: Sequence[float], colour: str = "#8c8c8c", width: float = 0.5) -> None:
    """Draw a line on the page; in cm."""
    from matplotlib.lines import Line2D

    along, up = np.asarray(x) / paper.WIDTH, np.asarray(y) / page.height
    page.figure.add_artist(Line2D(along, up, color=colour, linewidth=width, transform=page.figure.transFigure))


def place_labels(points: FloatArray, sizes: FloatArray, box: tuple[float, float, float, float]) -> FloatArray:
    """Return where labels of these sizes go (their centres): near their points, clear of the rest if they can be.

    All in 72nds of an inch; `box` is left, bottom, right and top of the room. Each label in turn takes the best of the
    places around its point, given where the others are, a few times over. The line from a point to its label keeps
    clear too.
    """
    angles = np.deg2rad([0, 180, 90, 270, 45, 135, 315, 225, 22, 158, 338, 202, 67, 113, 293, 247])
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    steps = np.arange(4.0, 80.0, 4.0)
    halves, n = sizes / 2, len(points)
    places = [points[i] + np.concatenate([ways * (halves[i] + step) for step in steps]) for i in range(n)]
    costs, others = [], ~np.eye(n, dtype=bool)
    for i, tried in enumerate(places):
        to_points = np.maximum(np.abs(tried[:, None] - points) - halves[i], 0)  # from the edge, 0 inside
        far = np.linalg.norm(to_points, axis=2)
        outside = ((tried - halves[i] < box[:2]) | (tried + halves[i] > box[2:])).any(axis=1)
        covered, others_near = (to_points < 3).all(axis=2).sum(axis=1), (far < far[:, [i]] - 1).sum(axis=1)
        crossed = (crosses(points[i], _edge(points[i], tried, halves[i])[:, None], points, 3.0) & others[i]).sum(axis=1)
        costs.append(np.repeat(steps, len(ways)) / 4 + 100 * outside + 30 * (covered + crossed) + 3 * others_near)

    def wrong(i: int, tried: FloatArray, centres: FloatArray) -> FloatArray:
        """Return how much is wrong with places of a label, given where the others are."""
        over = (np.abs(tried[:, None] - centres) < halves[i] + halves + 0.5).all(axis=2)
        own_line = crosses(points[i], _edge(points[i], tried, halves[i])[:, None], centres, halves)
        their_lines = crosses(points, _edge(points, centres, halves), tried[:, None], halves[i])
        return np.asarray(((50 * over + 30 * (own_line | their_lines)) * others[i]).sum(axis=1))

    kept = [np.argsort(cost, kind="stable")[:NEAREST] for cost in costs]
    places = [tried[some] for tried, some in zip(places, kept, strict=True)]
    costs = [cost[some] for cost, some in zip(costs, kept, strict=True)]
    start = np.array([tried[0] for tried in places])
    best, least = start, np.inf
    chance = np.random.default_rng(0)  # the same points have the same labels
    for turn in range(ORDERS):
        centres, order = start.copy(), chance.permutation(n) if turn else np.arange(n)
        chosen, faults = np.zeros(n), np.zeros(n)
        for _ in range(PASSES):
            before = centres.copy()
            for i in order:
                fault = wrong(i, places[i], centres)
                k = np.argmin(costs[i] + fault)
                centres[i], chosen[i], faults[i] = places[i][k], (costs[i] + fault)[k], fault[k]
            if np.array_equal(before, centres):
                break
        if chosen.sum() < least:
            best, least = centres, float(chosen.sum())
        if not faults.any():
            break
    return best


def _edge(point: FloatArray, centre: FloatArray, half: FloatArray) -> FloatArray:
    """Return where a line from a point reaches a label."""
    return np.clip(point, centre - half, centre + half)


def crosses(start: FloatArray, end: FloatArray, centre: FloatArray, half: FloatArray | float) -> BoolArray:
    """Return whether lines from start to end touch boxes of half that size around a centre; the last axis is x, y."""
    way = end - start
    way = np.where(way == 0, np.finfo(float).eps, way)
    sides = np.stack([(centre - half - start) / way, (centre + half - start) / way])
    enters, leaves = sides.min(axis=0).max(axis=-1), sides.max(axis=0).min(axis=-1)
    return np.asarray((enters <= leaves) & (enters <= 1) & (leaves >= 0))


def label_points(
    axes: Axes, points: Sequence[Point], names: Sequence[str], size: float = 7.5, strip: float = 0.0
) -> None:
    """Write a name beside each point of a scatter, with a thin line where it had to move away.

    Names keep out of a `strip` along the top and the bottom, in 72nds of an inch.
    """
    font = FontProperties(family="sans-serif", size=size)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    points_in_72nds = axes.transData.transform(points) / figure.dpi * 72
    corners = axes.transAxes.transform([(0, 0), (1, 1)]) / figure.dpi * 72
    widths = [text_to_path.get_text_width_height_descent(name, font, False)[0] for name in names]
    sizes = np.column_stack([np.array(widths) + 1, np.full(len(names), 1.15 * size)])
    box = (*corners[0] + [0, strip], *corners[1] - [0, strip])
    centres = place_labels(points_in_72nds, sizes, box)
    for name, at, centre, room in zip(names, points_in_72nds, centres, sizes, strict=True):
        away = np.linalg.norm(np.maximum(np.abs(points_in_72nds - centre) - room / 2, 0), axis=1)
        edge = _edge(at, centre, room / 2)
        own = np.linalg.norm(edge - at)
        if own > 6 or (away < own + 3).sum() > 1:  # it could be taken for another's
            ends = axes.transData.inverted().transform(np.array([at, edge]) * figure.dpi / 72)
            axes.plot(*ends.T, color="#6e6e6e", linewidth=0.5, zorder=1)
        x, y = axes.transData.inverted().transform(centre * figure.dpi / 72).tolist()
        axes.text(x, y, name, font=font, color=INK, ha="center", va="center_baseline", parse_math=False)


def sides(x: FloatArray, y: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return which regions are favourable (popular, few stop) and which are the opposite; see `quadrants`."""
    middle, equal = float(np.median(x)), 1 / len(x)
    return (y > equal) & (x < middle), (y < equal) & (x > middle)


def quadrants(
    drawn: Axes,
    x: FloatArray,
    y: FloatArray,
    names: Sequence[str],
    corners: Sequence[str],
    lang: Language,
    chosen: int | None = None,
) -> None:
    """Draw which regions are popular (y, shares) against how many GPs will stop (x, shares), with names.

    Lines part them at the middle region and at an equal share; `corners` says what the quarters are: top left (few
    stop, popular), top right, bottom left and bottom right. Marks tell the quarters apart besides colour. The
    region at the place `chosen` stands out.
    """
    room = 0.12 * (x.max() - x.min()) or 0.01
    middle, equal = float(np.median(x)), 1 / len(x)
    drawn.set(xlim=(x.min() - room, x.max() + room), ylim=(-0.06 * y.max(), 1.14 * y.max()))
    drawn.axhline(equal, color=GREY, linewidth=0.7)
    drawn.axvline(middle, color=GREY, linewidth=0.7)
    good, bad = sides(x, y)
    if chosen is not None:
        drawn.plot(x[chosen], y[chosen], "o", markersize=11, color="none", markeredgecolor=INK, markeredgewidth=1.2)
    for rows, marker, colour in ((good, "^", PURPLE), (bad, "s", ORANGE), (~good & ~bad, "o", "#8c8c8c")):
        drawn.plot(x[rows], y[rows], marker, markersize=4.5, color=colour)
    colours = (PURPLE, GREY, GREY, ORANGE)
    for place, (text, colour) in enumerate(zip(corners, colours, strict=True)):
        top, right = place < 2, bool(place % 2)
        drawn.text(
            0.988 if right else 0.012, 0.988 if top else 0.012, text, transform=drawn.transAxes, font=TICK,
            style="italic", color=colour, ha="right" if right else "left", va="top" if top else "bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    drawn.grid(color=LIGHT, linewidth=0.5)
    for axis in (drawn.xaxis, drawn.yaxis):
        numbered(axis, lang, percent=True, most=8)
    label_points(drawn, list(zip(x, y, strict=True)), names, strip=2 * TICK.get_size_in_points())


def short(name: str) -> str:
    """Return the name of a region as it stands in a crowd."""
    return SHORT.get(name, name.removesuffix(" en omgeving"))
