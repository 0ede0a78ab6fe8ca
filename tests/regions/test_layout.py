"""Label anchors and tiles: what ships, and what is worked out for other regions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from regions import geography, layout
from regions.tables import SHIPPED, read


@pytest.fixture(scope="module")
def frame() -> Any:
    return geography.boundaries()


@pytest.fixture(scope="module")
def shipped(frame: Any) -> pd.DataFrame:
    return read(SHIPPED, "map_layout").set_index("region").loc[list(frame["code"])]


def test_an_anchor_is_the_point_farthest_from_the_border(frame: Any, shipped: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    for shape, x, y in zip(frame.geometry, shipped["label_x_m"], shipped["label_y_m"], strict=True):
        own = shapely.boundary(shape)
        radius = shapely.distance(shapely.Point(x, y), own)
        assert shape.contains(shapely.Point(x, y))
        west, south, east, north = shape.bounds
        points = shapely.points(rng.uniform((west, south), (east, north), (2000, 2)))
        inside = points[shapely.contains(shape, points)]
        assert shapely.distance(inside, own).max() < radius + 200  # anchors lie on a grid of 100 m


def test_each_region_has_a_tile_and_an_abbreviation_of_its_own(shipped: pd.DataFrame) -> None:
    assert len(shipped) == 28
    assert not shipped.duplicated(["tile_column", "tile_row"]).any()
    assert shipped["abbreviation"].is_unique
    assert shipped["abbreviation"].str.fullmatch("[A-Z]{3}").all()
    assert shipped[["tile_column", "tile_row"]].min().tolist() == [0, 0]


def touching(table: pd.DataFrame, frame: Any) -> list[bool]:
    """Return of each two neighbours whether their tiles touch, at a corner too."""
    at = table[["tile_column", "tile_row"]].to_numpy()
    codes = list(frame["code"])
    pairs = [
        (codes.index(a), codes.index(b))
        for a, near in zip(codes, geography.neighbours(frame), strict=True)
        for b in near
    ]
    return [bool(np.abs(at[i] - at[j]).max() == 1) for i, j in pairs]


def test_tiles_of_neighbours_touch_and_the_compass_is_kept(frame: Any, shipped: pd.DataFrame) -> None:
    assert np.mean(touching(shipped, frame)) > 0.9
    middle = shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy()))
    assert np.corrcoef(shipped["tile_column"], middle[:, 0])[0, 1] > 0.9
    assert np.corrcoef(shipped["tile_row"], -middle[:, 1])[0, 1] > 0.9


def test_a_layout_can_be_worked_out(frame: Any, shipped: pd.DataFrame) -> None:
    drafted = layout.drafted(frame).set_index("region")
    assert not drafted.duplicated(["tile_column", "tile_row"]).any()
    assert np.mean(touching(drafted, frame)) > 0.8
    assert (drafted["label_x_m"] == shipped["label_x_m"]).all()


def test_abbreviations_tell_regions_apart() -> None:
    names = ["Noord-Brabant", "Zuid-Holland", "Groningen", "Utrecht en omgeving", "Utrecht", "2030"]
    assert layout.abbreviations(names, list("abcdef")) == ["NBR", "ZHO", "GRO", "d", "e", "f"]


def test_squares_lie_as_rows_from_the_north() -> None:
    table = pd.DataFrame({"tile_column": [0, 2], "tile_row": [0, 1]})
    assert [shape.bounds for shape in layout.squares(table)] == [(0, -1, 1, 0), (2, -2, 3, -1)]
