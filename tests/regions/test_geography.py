"""Boundaries: order, coordinates, checks, and the neighbours they imply."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from regions import geography
from regions.errors import DataError

SOURCES = Path(geography.__file__).parent / "sources"
Edit = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def frame() -> Any:
    return geography.boundaries()


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Edit], Path]:
    """Write the shipped boundaries after a change to their features."""

    def write(edit: Edit) -> Path:
        collection = json.loads(geography.BOUNDARIES.read_text(encoding="utf-8"))
        edit(collection["features"])
        path = tmp_path / "edited.geojson"
        path.write_text(json.dumps(collection), encoding="utf-8")
        return path

    return write


def published_borders() -> dict[tuple[str, str], float]:
    with (SOURCES / "region_geography.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["code"], other): float(km)
            for row in csv.DictReader(file)
            for other, km in zip(row["neighbours"].split(";"), row["neighbour_border_km"].split(";"), strict=True)
        }


def test_shipped_file_holds_the_shapes_of_the_source() -> None:
    def shapes(path: Path) -> dict[tuple[str, str], Any]:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return {(f["properties"]["code"], f["properties"]["name"]): f["geometry"] for f in features}

    assert shapes(geography.BOUNDARIES) == shapes(SOURCES / "azw_regions.geojson")
    assert len(shapes(geography.BOUNDARIES)) == 28


def test_coordinates_columns_and_area(frame: Any) -> None:
    assert frame.crs.to_epsg() == 28992
    assert list(frame.columns) == ["code", "name", "geometry"]
    with (SOURCES / "region_geography.csv").open(encoding="utf-8", newline="") as file:
        area = {row["code"]: float(row["area_km2"]) for row in csv.DictReader(file)}
    np.testing.assert_allclose(frame.area / 1e6, [area[code] for code in frame["code"]], atol=0.06)


def test_order_follows_the_codes(frame: Any) -> None:
    codes = list(frame["code"])[::-1]
    turned = geography.boundaries(codes=codes)
    assert list(turned["code"]) == codes
    assert list(turned.index) == list(range(28))
    assert turned.geometry.iloc[0].equals(frame.geometry.iloc[-1])


def test_neighbours_are_those_of_the_published_borders(frame: Any) -> None:
    published = published_borders()
    land = geography.neighbours(frame)
    touching = geography.neighbours(frame, minimum_km=0.0)
    codes = list(frame["code"])
    pairs = {(code, other) for code, others in zip(codes, land, strict=True) for other in others}
    assert pairs == {pair for pair, km in published.items() if km > 1.0}
    pairs = {(code, other) for code, others in zip(codes, touching, strict=True) for other in others}
    assert pairs == set(published)


def test_border_lengths_are_the_published_ones(frame: Any) -> None:
    km = geography.border_km(frame)
    codes = list(frame["code"])
    assert (km == km.T).all()
    assert (np.diag(km) == 0).all()
    for (code, other), published in published_borders().items():
        assert km[codes.index(code), codes.index(other)] == pytest.approx(published, abs=0.06)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (lambda codes: [*codes, "RA9999"], "RA9999 missing from the file"),
        (lambda codes: codes[1:], "RA0101 unknown; allowed are RA0102,"),
        (lambda codes: [*codes, "RA0101"], "RA0101 asked for more than once"),
    ],
)
def test_codes_must_match(frame: Any, codes: Callable[[list[str]], list[str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        geography.boundaries(codes=codes(list(frame["code"])))


def duplicate(features: list[dict[str, Any]]) -> None:
    features[1]["properties"]["code"] = "RA0101"


def drop_code(features: list[dict[str, Any]]) -> None:
    features[3]["properties"]["code"] = None


def drop_names(features: list[dict[str, Any]]) -> None:
    for feature in features:
        del feature["properties"]["name"]


def drop_geometry(features: list[dict[str, Any]]) -> None:
    features[0]["geometry"] = None


def cross(features: list[dict[str, Any]]) -> None:
    bowtie = [[6.0, 52.0], [6.1, 52.1], [6.1, 52.0], [6.0, 52.1], [6.0, 52.0]]
    features[0]["geometry"] = {"type": "Polygon", "coordinates": [bowtie]}


def swell(features: list[dict[str, Any]]) -> None:
    shape = shapely.geometry.shape(features[1]["geometry"])
    features[1]["geometry"] = shapely.geometry.mapping(shape.buffer(0.01))


def shrink(features: list[dict[str, Any]]) -> None:
    shape = shapely.geometry.shape(features[1]["geometry"])
    features[1]["geometry"] = shapely.geometry.mapping(shape.buffer(-0.0002))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (duplicate, "region code RA0101 more than once in the file"),
        (drop_code, "feature 4 has no code"),
        (drop_names, "every region needs name; found code, geometry"),
        (drop_geometry, "region RA0101 has no geometry; expected a Polygon or MultiPolygon"),
        (cross, "region RA0101 is not a valid polygon: Self-intersection"),
        (swell, "regions RA0101, RA0102, RA0103, RA0204 overlap"),
        (shrink, "regions RA0101, RA0102.* leave a gap narrower than 50 m"),
    ],
)
def test_faults_are_named(edited: Callable[[Edit], Path], edit: Edit, message: str) -> None:
    path = edited(edit)
    with pytest.raises(DataError, match=message) as caught:
        geography.boundaries(path)
    assert str(path) in str(caught.value)


def test_all_faults_of_a_kind_are_told_at_once(edited: Callable[[Edit], Path]) -> None:
    def edit(features: list[dict[str, Any]]) -> None:
        cross(features)
        features[5]["geometry"] = None

    with pytest.raises(DataError) as caught:
        geography.boundaries(edited(edit))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "no json", '{"type": "FeatureCollection", "features": [{'])
def test_unreadable_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"broken\.geojson: cannot be read as GeoJSON"):
        geography.boundaries(path)


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        geography.boundaries(tmp_path / "absent.geojson")
