"""Where the names of regions go on a map: inside a region where they fit, beside the land with a line where not.

All on paper, in cm from the left and the bottom of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Any, NamedTuple

import numpy as np
import shapely
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray

from regions import paper
from regions.paper import Box

FloatArray = NDArray[np.float64]

SIZES = (7.5, 6.5)  # points; the smaller where a name fits in no other way
GLOSS = re.compile(r"\s*\([^()]*\)$")  # what a name says in brackets is left out where there is no room for it
LEADING, CAPITALS = 1.15, 0.9  # height of a line, and of the last, per font size
TIGHT, AIR = 0.02, 0.06  # cm between a name and the border of its region, and other things
NEAR = 2.0  # cm: a name farther from the anchor of its region could be another's
FINE, COARSE = 0.1, 0.25  # cm between the places that are tried, inside and outside
COMPARED = 40  # places with the shortest lines, of which one is chosen
LONGEST = 3.5  # cm: a longer line is hard to follow
CROSSED = 0.8  # cm of other regions that a line may cross
LINE_COST, LINE_COST_OUTSIDE = 0.15, 0.5  # cm farther from the anchor for one line less
CROSSING = 2.0  # cm longer for a line that does not cross a cm of other regions
MOST_LINES, MOST_PIECES = 4, 9


class Label(NamedTuple):
    """A name on the page: its lines, size in points, centre, where its line ends if it stands outside, if short."""

    lines: tuple[str, ...]
    size: float
    centre: tuple[float, float]
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None
    short: bool = False

    @property
    def width(self) -> float:
        """How wide it is, in cm."""
        return _wide(self.lines, self.size)

    @property
    def height(self) -> float:
        """How high it is, in cm."""
        return _high(self.lines, self.size)


class NoRoomError(ValueError):
    """Names for which there is no place on the map."""


@dataclass(frozen=True)
class _Wrap:
    """One way to write a name: its lines, size in points, whether without its gloss; width and height in cm."""

    lines: tuple[str, ...]
    size: float
    bare: bool = False

    @cached_property
    def width(self) -> float:
        return _wide(self.lines, self.size)

    @property
    def height(self) -> float:
        return _high(self.lines, self.size)

    def boxes(self, centres: FloatArray, air: float = 0.0) -> Any:
        x, y = centres.T
        w, h = self.width / 2 + air, self.height / 2 + air
        return shapely.box(x - w, y - h, x + w, y + h)


def place(
    texts: Sequence[str], short: Sequence[str], shapes: Any, anchors: FloatArray, room: Box, taken: Sequence[Box] = ()
) -> list[Label]:
    """Return where the name of each region goes such that no two of them touch.

    A name goes inside its region; else beside the land, if a line to it is short and crosses little of other regions;
    else the short name goes inside, or beside the land.

    Args:
        texts, short: R names, and R short ones for where there is no room.
        shapes: R regions as they lie on the page, in cm.
        anchors: (R, 2) cm, the place in each region that its name is nearest to and its line ends in.
        room: the box to which names keep.
        taken: boxes in it that hold something else, such as a scale bar.

    Raises:
        NoRoomError: names that fit nowhere.
    """
    land = shapely.buffer(shapely.coverage_union_all(shapes), AIR)
    shapely.prepare(land)
    grid = _grid(room, COARSE)
    grid = grid[~shapely.contains_xy(land, grid)]
    wraps = [list(_wraps(text)) for text in texts]
    found = {i: label for i in range(len(texts)) if (label := _inside(wraps[i], shapes[i], anchors[i]))}
    filled = [*(shapely.box(*box) for box in taken), *map(_box, found.values())]
    homeless = []
    for i in sorted(set(range(len(texts))) - set(found), key=lambda i: -anchors[i][1]):  # from north to south
        ways = list(_wraps(short[i]))
        at = shapes[i], anchors[i]
        label = _outside(wraps[i], *at, grid, room, land, filled)
        if label is None:
            label = _inside(ways, *at, filled) or _outside(ways, *at, grid, room, land, filled)
            label = label and label._replace(short=True)
        if label is None:
            homeless.append(texts[i])
            continue
        found[i] = label
        filled.append(_box(label))
        if label.leader:
            filled.append(shapely.linestrings(label.leader))
    if homeless:
        raise NoRoomError(f"no room for {', '.join(homeless)}")
    return [found[i] for i in range(len(texts))]


def font(size: float) -> FontProperties:
    """Return the font of names of a size."""
    return FontProperties(family="sans-serif", size=size)


def _inside(wraps: Sequence[_Wrap], shape: Any, anchor: FloatArray, filled: Sequence[Any] = ()) -> Label | None:
    """Return the label nearest to the anchor that lies within the region, of the largest size that does."""
    shapely.prepare(shape)
    grid = np.vstack([anchor, _grid(tuple(shape.bounds), FINE)])
    away = np.linalg.norm(grid - anchor, axis=1)
    grid, away = grid[away < NEAR], away[away < NEAR]
    blocked = shapely.geometrycollections(list(filled))
    for size, bare in product(SIZES, (False, True)):
        best: tuple[float, Label] | None = None
        for wrap in (wrap for wrap in wraps if (wrap.size, wrap.bare) == (size, bare)):
            boxes = wrap.boxes(grid, TIGHT)
            fits = shapely.contains_properly(shape, boxes) & ~shapely.intersects(blocked, boxes)
            if fits.any():
                k = int(np.argmin(np.where(fits, away, np.inf)))
                cost = float(away[k]) + LINE_COST * len(wrap.lines)
                if best is None or cost < best[0]:
                    best = cost, Label(wrap.lines, size, _point(grid[k]))
        if best:
            return best[1]
    return None


def _outside(
    wraps: Sequence[_Wrap], shape: Any, anchor: FloatArray, grid: FloatArray, room: Box, land: Any,
    filled: Sequence[Any],
) -> Label | None:  # fmt: skip
    """Return the label beside the land with the shortest line, one that crosses no other and no name."""
    bounds, blocked = shapely.box(*room), shapely.geometrycollections(list(filled))
    best: tuple[float, Label] | None = None
    for wrap in (wrap for wrap in wraps if (wrap.size, wrap.bare) == (SIZES[0], False)):
        half = np.array([wrap.width, wrap.height]) / 2
        edges = np.clip(anchor, grid - half, grid + half)
        length = np.linalg.norm(edges - anchor, axis=1)
        near = np.flatnonzero(length < LONGEST)
        boxes = wrap.boxes(grid[near], AIR)
        free = shapely.contains(bounds, boxes) & ~shapely.intersects(land, boxes) & ~shapely.intersects(blocked, boxes)
        near = near[free]
        leaders: Any = shapely.linestrings(np.stack([edges[near], np.broadcast_to(anchor, (len(near), 2))], axis=1))
        clear = ~shapely.intersects(blocked, leaders)
        near, leaders = near[clear], leaders[clear]
        shortest = np.argsort(length[near])[:COMPARED]
        near, leaders = near[shortest], leaders[shortest]
        on_land = shapely.length(shapely.intersection(leaders, land))
        crossed = on_land - shapely.length(shapely.intersection(leaders, shape))
        costs = np.where(
            crossed < CROSSED, length[near] + CROSSING * crossed + LINE_COST_OUTSIDE * len(wrap.lines), np.inf
        )
        if len(costs) and costs.min() < (best[0] if best else np.inf):
            k = near[np.argmin(costs)]
            leader = _point(edges[k]), _point(anchor)
            best = float(costs.min()), Label(wrap.lines, wrap.size, _point(grid[k]), leader)
    return best and best[1]


def _wraps(text: str) -> Iterator[_Wrap]:
    """Yield the ways to write a name, in every size: of each number of lines the narrowest."""
    bare = GLOSS.sub("", text)
    for size in SIZES:
        yield from (_Wrap(lines, size) for lines in _balanced(_pieces(text), font(size)))
        if bare != text:
            yield from (_Wrap(lines, size, bare=True) for lines in _balanced(_pieces(bare), font(size)))


def _pieces(text: str) -> list[str]:
    """Return what may stand on lines of their own: words, and parts that end in a hyphen."""
    bare = GLOSS.sub("", text)
    words = f"{bare} ".replace("-", "-\0").replace(" ", " \0").split("\0")
    pieces = [word for word in (*words, text[len(bare) :].strip()) if word]  # what is in brackets stays together
    while len(pieces) > MOST_PIECES:  # of a very long name, join the shortest neighbours
        k = min(range(len(pieces) - 1), key=lambda k: len(pieces[k]) + len(pieces[k + 1]))
        pieces[k : k + 2] = [pieces[k] + pieces[k + 1]]
    return pieces


def _balanced(pieces: Sequence[str], size: FontProperties) -> Iterator[tuple[str, ...]]:
    widths = [paper.width(piece, size) for piece in pieces]
    for count in range(1, min(MOST_LINES, len(pieces)) + 1):
        cuts = min(
            ((0, *cut, len(pieces)) for cut in combinations(range(1, len(pieces)), count - 1)),
            key=lambda cut: max(sum(widths[a:b]) for a, b in pairwise(cut)),
        )
        yield tuple("".join(pieces[a:b]).strip() for a, b in pairwise(cuts))


def _grid(box: Box, step: float) -> FloatArray:
    left, bottom, right, top = box
    x, y = np.meshgrid(np.arange(left, right, step), np.arange(bottom, top, step))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _wide(lines: Sequence[str], size: float) -> float:
    return max(paper.width(line, font(size)) for line in lines)


def _high(lines: Sequence[str], size: float) -> float:
    return (LEADING * (len(lines) - 1) + CAPITALS) * size / paper.POINTS


def _box(label: Label) -> Any:
    return _Wrap(label.lines, label.size).boxes(np.array([label.centre]), AIR)[0]


def _point(at: FloatArray) -> tuple[float, float]:
    return float(at[0]), float(at[1])
