"""Names on a map: inside a region where they fit, beside the land where not, and never on each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from regions import geography, labels, paper
from regions.labels import Label, NoRoomError
from regions.tables import SHIPPED, read

PER_CM = 24_000  # metres, about as on a page
ROOM = (0.0, 0.0, 14.6, 13.2)
LONGEST = "Regionale samenwerking huisartsenzorg Noordwest-Veluwe, Stedendriehoek en omstreken"


@pytest.fixture(scope="module")
def shapes() -> Any:
    frame = geography.boundaries(codes=list(read(SHIPPED, "regions")["code"]))
    return shapely.transform(frame.geometry.to_numpy(), lambda xy: (xy - (-20_000, 305_000)) / PER_CM)


@pytest.fixture(scope="module")
def anchors() -> Any:
    points = read(SHIPPED, "map_layout")[["label_x_m", "label_y_m"]].to_numpy(dtype=float)
    return (points - (-20_000, 305_000)) / PER_CM


def names(column: str) -> list[str]:
    return list(read(SHIPPED, "regions")[column])


SHORT = list(read(SHIPPED, "map_layout")["abbreviation"])


def box(label: Label) -> Any:
    (x, y), wide, high = label.centre, label.width / 2, label.height / 2
    return shapely.box(x - wide, y - high, x + wide, y + high)


def check(placed: list[Label], shapes: Any, anchors: Any, taken: Any = None) -> None:
    with paper.settings():
        boxes = [box(label) for label in placed]
    lines = [shapely.LineString(label.leader) if label.leader else None for label in placed]
    land = shapely.coverage_union_all(shapes)
    for i, (label, one) in enumerate(zip(placed, boxes, strict=True)):
        assert not any(one.intersects(other) for other in boxes[:i]), label
        assert not any(line and line.intersects(one) for k, line in enumerate(lines) if k != i), label
        assert shapely.box(*ROOM).contains(one)
        assert taken is None or not taken.intersects(one)
        if label.leader:
            assert not land.intersects(one)
            assert label.leader[1] == pytest.approx(tuple(anchors[i]))
            assert lines[i].length < labels.LONGEST
            assert not any(line and line.intersects(lines[i]) for line in lines[:i])
        else:
            assert shapes[i].contains(one), label


@pytest.mark.parametrize("column", ["name_nl", "name_en", "name"])
def test_names_of_the_regions(shapes: Any, anchors: Any, column: str) -> None:
    corner = (0.0, 0.0, 2.0, 0.8)
    with paper.settings():
        placed = labels.place(names(column), SHORT, shapes, anchors, ROOM, [corner])
    check(placed, shapes, anchors, shapely.box(*corner))
    assert sum(label.short for label in placed) < 8
    for label, name, short in zip(placed, names(column), SHORT, strict=True):
        said = "".join(label.lines).replace(" ", "")
        assert said in (short, name.replace(" ", ""), labels.GLOSS.sub("", name).replace(" ", ""))
        assert label.short == (said == short)


def test_numbers_fit_in_every_region(shapes: Any, anchors: Any) -> None:
    numbers = [str(i + 1) for i in range(28)]
    with paper.settings():
        placed = labels.place(numbers, numbers, shapes, anchors, ROOM)
    check(placed, shapes, anchors)
    assert all(label.leader is None for label in placed)
    assert np.linalg.norm(np.array([label.centre for label in placed]) - anchors, axis=1).max() < 0.2


def test_very_long_names_become_short_ones(shapes: Any, anchors: Any) -> None:
    with paper.settings():
        placed = labels.place([LONGEST] * 28, SHORT, shapes, anchors, ROOM)
    check(placed, shapes, anchors)
    assert sum(label.short for label in placed) > 14


def test_no_room_at_all_is_said(shapes: Any, anchors: Any) -> None:
    long = ["A name that is much longer than the page is wide " * 5] * 28
    with pytest.raises(NoRoomError, match=r"^no room for A name"):
        labels.place(long, long, shapes, anchors, ROOM)


def test_what_is_in_brackets_is_left_out_before_a_name_goes_outside() -> None:
    square = np.array([shapely.box(0, 0, 2.0, 1.0), shapely.box(2.0, 0, 12, 1)])
    anchors = np.array([[1.0, 0.5], [5.0, 0.5]])
    with paper.settings():
        here, there = labels.place(["Rijnmond (de stad Rotterdam)"] * 2, ["R", "S"], square, anchors, (0, 0, 12, 6))
    assert here.lines == ("Rijnmond",)
    assert there.lines == ("Rijnmond (de stad Rotterdam)",)
    assert here.leader is None
