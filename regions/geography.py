"""Where the regions lie: boundaries, read and written, and shared borders.

Coordinates are RD New (EPSG:28992, metres) everywhere but in files, which are GeoJSON in degrees.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regions.errors import DataError
from regions.schema import KADASTER, region_code

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

RD_NEW, WGS84 = "EPSG:28992", "EPSG:4326"
BOUNDARIES = Path(__file__).parent / "data" / "boundaries.geojson"

MOST_BYTES = 50_000_000  # of a file of boundaries; those that ship have 50,000
FARTHEST_M = 2_000_000.0  # from the zero of RD New, in x and y; what lies farther away cannot be drawn in it
ELSEWHERE = "is not in or near the Netherlands; expected longitude and latitude"
# Open water between regions is no error, but it is wider than this; a narrower gap is a drawing mistake.
SLIVER_M = 50.0
# Regions that meet in open water share at most 0.9 km of border in the shipped, generalised boundaries.
LAND_BORDER_KM = 1.0


def boundaries(path: Path | None = None, codes: Sequence[str] | None = None) -> GeoDataFrame:
    """Read and check the region boundaries.

    Args:
        path: a GeoJSON file with the properties `code` and `name`; the shipped boundaries if None.
        codes: the regions wanted, in the order wanted; those of the file, in its order, if None.

    Returns:
        R rows with the columns code, name and geometry (polygons in EPSG:28992), index 0 to R - 1.

    Raises:
        DataError: unreadable file or missing column; a code that is missing, unknown or there twice; a
            geometry that is no valid polygon; regions that overlap or leave slivers between them.

    Source of the shipped file: CBS/Kadaster, labour market regions 2019 (generalised), CC BY 4.0.
    """
    from shapely.errors import ShapelyError

    path = BOUNDARIES if path is None else Path(path)
    frame = _read(path)
    found = [region_code(str(code)) for code in frame["code"]]
    wanted = list(dict.fromkeys(found)) if codes is None else list(codes)
    _report(path, _code_problems(found, wanted))
    frame["code"] = found
    frame = frame.set_index("code").loc[wanted].reset_index()[["code", "name", "geometry"]]
    _report(path, _polygon_problems(frame))
    try:
        frame = frame.to_crs(RD_NEW)
    except ShapelyError as error:  # rings of which some corners have become infinite
        raise DataError(f"{path}: a region {ELSEWHERE}") from error
    _report(path, _place_problems(frame))
    _report(path, _coverage_problems(frame))
    return frame


def write_boundaries(features: Iterable[Mapping[str, Any]], path: Path, source: str = KADASTER) -> None:
    """Write code, name and geometry of each region as GeoJSON, one region a line in the order of the codes.

    `features` are GeoJSON features in degrees with the properties `code` and `name`.
    """
    kept = [
        {
            "type": "Feature",
            "properties": {key: f["properties"][key] for key in ("code", "name")},
            "geometry": f["geometry"],
        }
        for f in sorted(features, key=lambda f: str(f["properties"]["code"]))
    ]
    lines = ",\n".join(json.dumps(f, separators=(",", ":"), ensure_ascii=False) for f in kept)
    head = json.dumps({"type": "FeatureCollection", "source": source}, ensure_ascii=False)[:-1]
    path.write_text(f'{head}, "features": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def border_km(frame: GeoDataFrame) -> NDArray[np.float64]:
    """Return the length of the border that each two regions share.

    Args:
        frame: R boundaries in EPSG:28992, as `boundaries` gives them.

    Returns:
        (R, R) km, symmetric, 0 on the diagonal and between regions that do not touch.
    """
    import shapely

    shapes = frame.geometry.to_numpy()
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = pairs[:, pairs[0] < pairs[1]]
    length = np.zeros((len(shapes), len(shapes)))
    length[first, second] = shapely.length(shapely.intersection(shapes[first], shapes[second])) / 1000.0
    return length + length.T


def neighbours(frame: GeoDataFrame, minimum_km: float = LAND_BORDER_KM) -> tuple[tuple[str, ...], ...]:
    """Return the codes of each region's neighbours.

    Args:
        frame: R boundaries in EPSG:28992, as `boundaries` gives them.
        minimum_km: regions are neighbours if they share a longer border than this; the default leaves out
            those that meet in open water only, 0 keeps them.

    Returns:
        R tuples of codes, both in the order of `frame`.
    """
    codes = list(frame["code"])
    near = border_km(frame) > minimum_km
    return tuple(tuple(codes[j] for j in np.flatnonzero(row)) for row in near)


def _read(path: Path) -> GeoDataFrame:
    import geopandas

    if not path.is_file():
        raise DataError(f"{path}: there is no such file; expected region boundaries as GeoJSON")
    features, crs = _features(path)
    found = list(dict.fromkeys([*(key for feature in features for key in feature["properties"]), "geometry"]))
    if absent := [column for column in ("code", "name") if column not in found]:
        raise DataError(f"{path}: every region needs {', '.join(absent)}; found {', '.join(found)}")
    rows, shapes = [], []
    for number, feature in enumerate(features, 1):
        code, name = (feature["properties"].get(key) for key in ("code", "name"))
        if code is None:
            raise DataError(f"{path}: feature {number} has no code")
        rows.append({"code": str(code), "name": "" if name is None else str(name)})
        shapes.append(_shape(path, number, feature.get("geometry")))
    return geopandas.GeoDataFrame(rows, geometry=shapes, crs=crs)


def _features(path: Path) -> tuple[list[dict[str, Any]], str]:
    """Return the features of a GeoJSON file, each with its properties, and the name of their coordinates.

    It is read here and not by GDAL, which goes by what is in a file, whatever its name, and may be led to others.
    """
    if (size := path.stat().st_size) > MOST_BYTES:
        raise DataError(f"{path}: found {size / 1e6:,.0f} MB, allowed are at most {MOST_BYTES / 1e6:.0f}; simplify it")
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as GeoJSON ({error})") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features:
        raise DataError(f"{path}: cannot be read as GeoJSON (found no features)")
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise DataError(f"{path}: feature {number} has no properties")
    crs = json.dumps(document.get("crs"))  # in old files; GeoJSON is in degrees
    code = re.search(r"EPSG:+(\d{4,5})\b", crs)
    return features, f"EPSG:{code[1]}" if code else WGS84


def _shape(path: Path, number: int, geometry: object) -> Any:
    """Return a geometry of GeoJSON; None where there is none."""
    import shapely

    if geometry is None:
        return None
    try:
        return shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.ShapelyError, RecursionError) as error:
        raise DataError(f"{path}: feature {number}: geometry: {str(error).partition(chr(10))[0]}") from error


def _report(path: Path, problems: Sequence[str]) -> None:
    if problems:
        raise DataError("\n".join(f"{path}: {problem}" for problem in problems))


def _code_problems(found: Sequence[str], wanted: Sequence[str]) -> list[str]:
    counts = Counter(found)
    faults = {
        "more than once in the file": [code for code, count in counts.items() if count > 1],
        "missing from the file": [code for code in dict.fromkeys(wanted) if code not in counts],
        "unknown": [code for code in counts if code not in set(wanted)],
        "asked for more than once": [code for code, count in Counter(wanted).items() if count > 1],
    }
    allowed = f"allowed are {', '.join(dict.fromkeys(wanted))}"
    return [
        f"region code {', '.join(codes)} {fault}" + (f"; {allowed}" if fault == "unknown" else "")
        for fault, codes in faults.items()
        if codes
    ]


def _polygon_problems(frame: GeoDataFrame) -> list[str]:
    import shapely

    problems = []
    for code, shape in zip(frame["code"], frame.geometry, strict=True):
        if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
            found = "no geometry" if shape is None else f"a {shape.geom_type}"
            problems.append(f"region {code} has {found}; expected a Polygon or MultiPolygon")
        elif shape.is_empty or not shape.is_valid:
            problems.append(f"region {code} is not a valid polygon: {shapely.is_valid_reason(shape)}")
    return problems


def _place_problems(frame: GeoDataFrame) -> list[str]:
    there = (frame.bounds.abs() < FARTHEST_M).all(axis=1)  # what is no place in degrees has become infinite
    wrong = frame["code"][~there]
    return [f"region {code} {ELSEWHERE}" for code in wrong]


def _coverage_problems(frame: GeoDataFrame) -> list[str]:
    import shapely

    def faulty(gap_width: float) -> list[str]:
        edges = shapely.coverage_invalid_edges(frame.geometry.to_numpy(), gap_width=gap_width)
        return list(frame["code"][~shapely.is_empty(edges)])

    if overlapping := faulty(0.0):
        return [f"regions {', '.join(overlapping)} overlap, or their borders do not match point by point"]
    if gaping := faulty(SLIVER_M):
        return [f"regions {', '.join(gaping)} leave a gap narrower than {SLIVER_M:.0f} m"]
    return []
