"""Where labels of the regions and their tiles stand on maps: the table `map_layout` of a data folder.

A tile map shows every region as a square of the same size, about where it lies, so that small ones can be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GRID_M = 100.0  # label anchors lie on this grid
LETTERS = 3  # of an abbreviation, if that tells regions apart


def anchors(shapes: Any) -> FloatArray:
    """Return the centre of the largest circle inside each region, (R, 2) metres, on a grid of `GRID_M`.

    It is the point farthest from any border (the pole of inaccessibility), of the largest part that a region has.
    """
    circles = shapely.maximum_inscribed_circle(shapes)  # lines from the centre to the border
    return np.asarray(shapely.get_coordinates(shapely.get_point(circles, 0)) / GRID_M).round() * GRID_M + 0.0


def drafted(frame: GeoDataFrame) -> pd.DataFrame:
    """Return a layout for regions that have none drawn by hand.

    Args:
        frame: R boundaries in EPSG:28992 with code and name, as `geography.boundaries` gives them.

    Returns:
        R rows with the columns of the table `map_layout`. Each region has the free tile nearest to it, such that the
        squares of all distances are least.
    """
    points = anchors(frame.geometry.to_numpy())
    tiles = _nearest_tiles(points, float(frame.geometry.area.sum()))
    return pd.DataFrame(
        {
            "region": list(frame["code"]),
            "label_x_m": points[:, 0].astype(np.int64),
            "label_y_m": points[:, 1].astype(np.int64),
            "abbreviation": abbreviations(list(frame["name"]), list(frame["code"])),
            "tile_column": tiles[:, 0],
            "tile_row": tiles[:, 1],
        }
    )


def squares(layout: pd.DataFrame) -> Any:
    """Return the tile of each region as a square with sides of 1, (R,), rows counted from the north."""
    x, y = layout["tile_column"].to_numpy(), -layout["tile_row"].to_numpy()
    return shapely.box(x, y - 1, x + 1, y)


def abbreviations(names: Sequence[str], codes: Sequence[str]) -> list[str]:
    """Return a short name for each region: initials, filled up from the last word; its code where two are alike."""
    short = [_initials(name) or code for name, code in zip(names, codes, strict=True)]
    count = Counter(short)
    return [code if count[word] > 1 else word for word, code in zip(short, codes, strict=True)]


def _initials(name: str) -> str:
    words = [word for word in re.findall(r"\w+", name) if word[0].isupper()][:LETTERS]
    first, last = "".join(word[0] for word in words[:-1]), words[-1] if words else ""
    return (first + last[: LETTERS - len(first)]).upper()


def _nearest_tiles(points: FloatArray, area: float) -> IntArray:
    """Return column and row of a tile for each point, (R, 2), from the north-west."""
    from scipy.optimize import linear_sum_assignment

    side = np.sqrt(area / len(points))
    west, north = points[:, 0].min(), points[:, 1].max()
    columns, rows = (int(span // side) + 2 for span in np.ptp(points, axis=0))
    grid = np.array([(column, row) for row in range(rows) for column in range(columns)])
    places = np.stack([(points[:, 0] - west) / side, (north - points[:, 1]) / side], axis=1)
    away = ((places[:, None] - grid) ** 2).sum(axis=2)
    tiles = grid[linear_sum_assignment(away)[1]]
    return np.asarray(tiles - tiles.min(axis=0))
