"""Other regions from the same municipalities, such as the provinces: `regroup()` writes a data folder of them.

What is known of an old region goes to the new ones by where its inhabitants live. A new region that consists of whole
old ones keeps their figures; what had to be divided over municipalities is marked as assumed.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from regions import geography, layout, schema
from regions.datapackage import dump_datapackage
from regions.errors import DataError
from regions.geography import RD_NEW, WGS84, write_boundaries
from regions.mapping import NAMES, read_mapping
from regions.people import ROLES, SEXES
from regions.tables import SHIPPED, load, read
from regions.workforce import NEARLY, round_margins, whole

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

# Tables about the nation, and notes: the same whatever the regions.
COPIED = ("gp_use", "exit_hazard", "relative_fte", "national_parameters", "national_targets", "evidence")
RANK = {quality: rank for rank, quality in enumerate(schema.QUALITIES)}

GRID_DEGREES = 1e-6  # 0.1 m: the corners of new boundaries lie on this grid
MARGIN_M = 10_000.0  # Voronoi cells reach this far beyond what they divide
# Mean distance between two random points of a disc, in radii.
WITHIN_DISC = 128 / (45 * np.pi)
# Its multiples, less their whole part, lie evenly between 0 and 1 however many are taken.
GOLDEN_SECTION = (np.sqrt(5) - 1) / 2
APPROXIMATE = "approximate inside the regions of the source: half way between points of neighbouring municipalities"


@dataclass(frozen=True)
class Split:
    """How R old regions go over into N new ones.

    `home` (municipalities,) is the new region of each; `persons` (R, N) the inhabitants that two have in common.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    home: IntArray
    persons: FloatArray

    @property
    def share(self) -> FloatArray:
        """Share of each old region's inhabitants by new region, (R, N); rows sum to 1."""
        return self.persons / self.persons.sum(axis=1, keepdims=True)

    @property
    def part(self) -> BoolArray:
        """Whether two have municipalities in common, (R, N)."""
        return self.persons > 0

    @property
    def union(self) -> BoolArray:
        """Whether a new region consists of whole old ones, (N,)."""
        return (~self.part | (self.share == 1)).all(axis=0)

    @property
    def same(self) -> BoolArray:
        """Whether a new region is just an old one, (N,)."""
        return self.union & (self.part.sum(axis=0) == 1)

    def divided(self, values: FloatArray, decimals: int) -> FloatArray:
        """Return figures of the new regions, (N, columns), from those of the old, (R, columns), with every sum kept."""
        moved = self.share.T @ values
        return np.stack([_rounded(column, decimals) for column in moved.T], axis=1)

    def quality(self, quality: pd.DataFrame) -> pd.DataFrame:
        """Return the quality of figures by new region, from one row per old region.

        A union is as good as the worst of its parts; what was divided is assumed.
        """
        rank = quality.loc[list(self.old)].apply(lambda column: column.map(RANK)).to_numpy(dtype=np.int64)
        worst = np.where(self.part[:, :, None], rank[:, None, :], 0).max(axis=0)
        worst[~self.union] = RANK[schema.ASSUMED]
        return pd.DataFrame(np.array(schema.QUALITIES)[worst], index=list(self.new), columns=quality.columns)

    def sources(self, sources: pd.Series[str], note: str, kept: BoolArray) -> list[str]:
        """Return the sources of the parts of each new region, with a note where the figure is not `kept`."""
        named = sources.loc[list(self.old)].to_numpy()
        parts = [list(dict.fromkeys(named[column])) for column in self.part.T]
        return ["; ".join(p if k else [*p, note]) for p, k in zip(parts, kept, strict=True)]


def regroup(mapping: pd.DataFrame | str | Path, target: str | Path, source: str | Path | None = None) -> None:
    """Write a complete data folder of other regions, made from the municipalities of a data folder.

    Args:
        mapping: a table or CSV file with a row for every municipality: `gm_code` (or `municipality`; codes and names
            are both understood), `region` (its new code: a letter, then letters and digits) and, if wanted, `name`,
            `name_nl`, `name_en` and `province` of the new region, in one or more of its rows.
        target: the folder to write, new or empty.
        source: the data folder to start from, the shipped one if None.

    Totals of the nation stay as they are: inhabitants by age, forecast, GPs by sex, age and role, and fte. Where an old
    region is divided, each of its municipalities has the old region's age mix, growth, origins and GPs per inhabitant;
    GPs stay whole persons. Distances are worked out anew, straight between municipalities.
    The parameters of the model stay those of the 28 regions: choices such as staying near the place of training mean
    something else where regions are larger or smaller, so results of two groupings differ by more than their borders.

    Borders between whole old regions are kept. Those inside an old region are approximate, half way between points of
    neighbouring municipalities, as the data hold no municipal boundaries; the file then says so in its `source`.

    Raises:
        DataError: a target that is not empty, a fault in the source folder, or every fault of the mapping: a
            municipality that is unknown, there twice or missing, an empty or unusable code, fewer than 2 or more than
            400 regions, a region with two names, a name that is a name or the code of another region.
    """
    folder, target = SHIPPED if source is None else Path(source), Path(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError(f"{target} is there already; name a folder that is new or empty")
    old = load(folder).codes
    places = read(folder, "municipalities")
    wanted = read_mapping(mapping, places)
    split = _split(wanted["region"], places, old, folder)
    names = _names(wanted, places, read(folder, "regions"), split)
    tables = {
        "inhabitants": _inhabitants(read(folder, "inhabitants"), split),
        "forecast": _forecast(read(folder, "forecast"), split),
        "distances": _distances(places, split),
        "municipalities": places.assign(region=wanted["region"]),
        "training_sites": _training_sites(read(folder, "training_sites"), places, split),
        "origins": _origins(read(folder, "origins"), split),
        "attractiveness": _attractiveness(read(folder, "attractiveness"), split),
        "workforce": _workforce(read(folder, "workforce"), split),
    }
    with TemporaryDirectory() as made:
        new = Path(made)
        borders = _write_boundaries(folder, places, names, split, new / geography.BOUNDARIES.name)
        tables["regions"] = _regions(names, places, borders, split)
        tables["map_layout"] = _map_layout(folder, borders, split)
        for name, table in tables.items():
            known = [c.name for c in schema.BY_NAME[name].columns if not c.name.startswith("<")]
            columns = [*known, *split.new] if name == "distances" else known
            table[columns].to_csv(new / schema.BY_NAME[name].file, index=False, lineterminator="\n")
        for file in (schema.BY_NAME[name].file for name in COPIED):
            if (folder / file).exists():  # a run does without some
                shutil.copyfile(folder / file, new / file)
        dump_datapackage(new)
        shutil.copytree(new, target, dirs_exist_ok=True)


# Which region goes where ----------------------------------------------------------------------------------------------


def _split(codes: pd.Series[str], places: pd.DataFrame, old: tuple[str, ...], folder: Path) -> Split:
    new = tuple(sorted(set(codes)))
    home = codes.map(new.index).to_numpy(dtype=np.int64)
    persons = np.zeros((len(old), len(new)))
    np.add.at(persons, (places["region"].map(old.index), home), places["persons"])
    if empty := [code for code, total in zip(old, persons.sum(axis=1), strict=True) if total == 0]:
        file = folder / schema.BY_NAME["municipalities"].file
        raise DataError(f"{file}: no municipality in region {', '.join(empty)}; every region needs one")
    return Split(old, new, home, persons)


def _names(wanted: pd.DataFrame, places: pd.DataFrame, regions: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return the names of the new regions by code: as given, else those of the one old region or municipality.

    Where another region goes by such a name already, the code stands in for it.
    """
    meant = {code: code for code in split.new}
    for column in NAMES[:3]:
        meant |= {name: code for code, name in zip(wanted["region"], wanted[column], strict=True) if name}
    rows = {}
    for j, code in enumerate(split.new):
        members = split.home == j
        given = {c: next(filter(None, wanted.loc[members, c]), "") for c in NAMES}
        own = regions.iloc[split.part[:, j].argmax()]
        only = places["name"][members].iloc[0] if members.sum() == 1 else code
        defaults = (str(own[c]) if split.same[j] else only for c in NAMES[:3])
        name, name_nl, name_en = (word if meant.setdefault(word, code) == code else code for word in defaults)
        inhabitants = pd.Series(split.persons[:, j]).groupby(regions["province"]).sum()
        rows[code] = {
            "name": given["name"] or name,
            "name_nl": given["name_nl"] or given["name"] or name_nl,
            "name_en": given["name_en"] or given["name_nl"] or given["name"] or name_en,
            "province": given["province"] or str(inhabitants.idxmax()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


# Where they lie -------------------------------------------------------------------------------------------------------


def _points(places: pd.DataFrame) -> FloatArray:
    """Return the points of the municipalities in RD New, (municipalities, 2) metres."""
    from pyproj import Transformer

    to_rd = Transformer.from_crs(WGS84, RD_NEW, always_xy=True)
    return np.stack(to_rd.transform(places["lon"].to_numpy(), places["lat"].to_numpy()), axis=1)


def _weights(places: pd.DataFrame, split: Split) -> FloatArray:
    """Share of each municipality in the inhabitants of its new region, (municipalities, N)."""
    weight = (split.home[:, None] == np.arange(len(split.new))) * places["persons"].to_numpy(dtype=np.float64)[:, None]
    return weight / weight.sum(axis=0)


def _regions(names: pd.DataFrame, places: pd.DataFrame, borders: Any, split: Split) -> pd.DataFrame:
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(RD_NEW, WGS84, always_xy=True)
    x, y = (_weights(places, split).T @ _points(places)).T
    lon, lat = to_degrees.transform(x, y)
    return (
        names.rename_axis("code")
        .reset_index()
        .assign(
            neighbours=[";".join(codes) for codes in geography.neighbours(borders, minimum_km=0.0)],
            x_m=x.round().astype(int),
            y_m=y.round().astype(int),
            lon=np.round(lon, 4),
            lat=np.round(lat, 4),
            area_km2=(borders.area / 1e6).round(1).to_numpy(),
        )
    )


def _distances(places: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Mean distance between two inhabitants drawn at random, a municipality being a disc of its area."""
    points = _points(places)
    km = np.hypot(*(points[:, None] - points).T) / 1000
    np.fill_diagonal(km, WITHIN_DISC * np.sqrt(places["area_km2"] / np.pi))
    weight = _weights(places, split)
    table = pd.DataFrame((weight.T @ km @ weight).round(1), columns=list(split.new))
    return table.assign(region=split.new)


def _write_boundaries(folder: Path, places: pd.DataFrame, names: pd.DataFrame, split: Split, path: Path) -> Any:
    """Write the boundaries of the new regions and return them as `geography.boundaries` reads them."""
    old = geography.boundaries(folder / geography.BOUNDARIES.name, split.old)
    pieces, home = _pieces(old.geometry, places, split)
    shapes = _joined(pieces, home)
    water, shore = _narrow_water(shapes)
    if len(water):
        shapes = _joined(np.append(pieces, water), np.append(home, shore))
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": shape.__geo_interface__}
        for code, name, shape in zip(split.new, names["name"], shapes, strict=True)
    ]
    write_boundaries(features, path, schema.KADASTER if split.union.all() else f"{schema.KADASTER}; {APPROXIMATE}")
    return geography.boundaries(path, split.new)


def _map_layout(folder: Path, borders: Any, split: Split) -> pd.DataFrame:
    """Return the layout of the old regions where the new ones are the same, else one that is worked out."""
    if not split.same.all() or not (folder / schema.BY_NAME["map_layout"].file).exists():
        return layout.drafted(borders)
    table = read(folder, "map_layout").set_index("region").loc[list(split.old)].reset_index(drop=True)
    table = table.convert_dtypes()  # whole metres and tiles stay whole
    return table.assign(region=[split.new[i] for i in split.part.argmax(axis=1)]).sort_values("region")


def _transformed(shapes: Any, crs: str, to: str) -> Shapes:
    import geopandas

    return geopandas.GeoSeries(shapes, crs=crs).to_crs(to).to_numpy()


def _pieces(shapes: Any, places: pd.DataFrame, split: Split) -> tuple[Shapes, IntArray]:
    """Divide the old regions, and return the pieces in degrees and the new region of each.

    A region that is divided falls apart in the Voronoi cells of its municipalities, each of its islands by itself; an
    island without a municipality belongs to the nearest. Cells are drawn in RD New and cut in degrees, as the borders
    in the file are straight in degrees.
    """
    import shapely

    points = np.array(shapely.points(_points(places)))
    pieces: list[Any] = []
    home: list[int] = []
    for code, shape in zip(split.old, shapes, strict=True):
        here = np.flatnonzero(places["region"] == code)
        parts = shapely.get_parts(shape)
        on = shapely.distance(parts[:, None], points[here]).argmin(axis=0)
        for i, part in enumerate(parts):
            members = here[on == i] if (on == i).any() else here
            owners = np.unique(split.home[members])
            home += list(owners)
            if len(owners) == 1:
                pieces += list(_transformed([part], RD_NEW, WGS84))
                continue
            around = shapely.buffer(part, MARGIN_M)
            voronoi = shapely.voronoi_polygons(shapely.multipoints(points[members]), extend_to=around, ordered=True)
            drawn = shapely.get_parts(voronoi)
            areas = [shapely.coverage_union_all(drawn[split.home[members] == j]) for j in owners]
            *areas_in_degrees, land = _transformed([*areas, part], RD_NEW, WGS84)
            pieces += list(shapely.intersection(areas_in_degrees, land))
    return np.array(pieces), np.array(home)


def _joined(pieces: Shapes, home: IntArray) -> Shapes:
    """Return the regions that consist of `pieces`, with borders that match those of the neighbours point by point.

    All borders are cut where they meet, on a grid; each face between them belongs to the piece in which it lies.
    """
    import shapely

    lines = shapely.unary_union(shapely.boundary(pieces), grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    face, piece = shapely.STRtree(pieces).query(
        shapely.point_on_surface(faces), predicate="dwithin", distance=GRID_DEGREES
    )
    face, first = np.unique(face, return_index=True)  # a face in no piece is water
    owner = home[piece[first]]
    regions = [shapely.coverage_union_all(faces[face[owner == j]]) for j in range(home.max() + 1)]
    return shapely.orient_polygons(regions)


def _narrow_water(shapes: Shapes) -> tuple[Shapes, IntArray]:
    """Return the narrow water that looks like a mistake in drawing once its shore is cut, and which region gets it."""
    import shapely

    edges = shapely.coverage_invalid_edges(_transformed(shapes, WGS84, RD_NEW), gap_width=geography.SLIVER_M)
    near = _transformed(shapely.buffer(edges, geography.SLIVER_M), RD_NEW, WGS84)
    pairs = list(combinations(np.flatnonzero(~shapely.is_empty(edges)), 2))
    land = shapely.coverage_union_all(shapes)
    water = [shapely.difference(shapely.intersection(near[i], near[j]), land) for i, j in pairs]
    found = [(gap, i) for gap, (i, _) in zip(water, pairs, strict=True) if gap.area > 0]
    return np.array([gap for gap, _ in found], dtype=object), np.array([i for _, i in found], dtype=np.int64)


# Who lives and works there --------------------------------------------------------------------------------------------


def _rounded(values: FloatArray, decimals: int) -> FloatArray:
    """Round figures such that they add up to their rounded sum."""
    unit = 10.0**decimals
    return whole(values * unit, round(values.sum() * unit)) / unit


def _wide(table: pd.DataFrame, column: str, value: str, split: Split) -> pd.DataFrame:
    wide = table.pivot_table(index="region", columns=column, values=value, aggfunc="first")
    return wide.loc[list(split.old)].dropna(axis=1)


def _long(wide: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    table = wide.rename_axis(index="region").reset_index().melt("region", var_name=column, value_name=value)
    return table.sort_values(["region", column], ignore_index=True)


def _inhabitants(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    wide = _wide(table, "age_from", "persons", split)
    new = pd.DataFrame(split.divided(wide.to_numpy(), 1), index=list(split.new), columns=wide.columns)
    return _long(new, "age_from", "persons")


def _forecast(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    wide = _wide(table, "year", "persons", split)
    new = pd.DataFrame(split.divided(wide.to_numpy(), 0), index=list(split.new), columns=wide.columns)
    quality = split.quality(_wide(table, "year", "quality", split)[wide.columns])
    return _long(new, "year", "persons").assign(quality=_long(quality, "year", "quality")["quality"])


def _origins(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    table = table.set_index("region").loc[list(split.old)]
    return pd.DataFrame(
        {
            "region": split.new,
            "share": split.divided(table[["share"]].to_numpy(), 8)[:, 0],
            "quality": split.quality(table[["quality"]])["quality"].to_numpy(),
            "source": split.sources(table["source"], "divided by inhabitants", split.union),
        }
    )


def _attractiveness(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Mean of the old constants by inhabitants, less what makes them sum to zero."""
    table = table.set_index("region").loc[list(split.old)]
    mean = table["alpha"].to_numpy() @ split.persons / split.persons.sum(axis=0)
    quality = split.quality(table[["quality"]])["quality"].to_numpy()
    return pd.DataFrame(
        {
            "region": split.new,
            "alpha": _rounded(mean - mean.mean(), 4),
            "quality": np.where(split.same, quality, schema.ASSUMED),
            "source": split.sources(table["source"], "mean by inhabitants", split.same),
        }
    )


def _training_sites(table: pd.DataFrame, places: pd.DataFrame, split: Split) -> pd.DataFrame:
    home = dict(zip(places["gm_code"], split.home, strict=True))
    return table.assign(region=[split.new[home[code]] for code in table["municipality"]])


def _workforce(table: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Send every GP of an old region to a new one; who they are and their fte stay as they were.

    Where a region is divided, its GPs stand in line by sex, role and age, and each part gets its number of them at even
    distances: so it has the mix of the whole as nearly as whole persons allow.
    """
    table = table.assign(
        old=table["region"].map(split.old.index),
        block=table["sex"].map(SEXES.index) * len(ROLES) + table["role"].map(ROLES.index),
        fte=table["fte"] / table["persons"].clip(lower=1),
        rank=table["quality"].map(RANK),
    )
    turning = np.where(table["block"] % 2, -table["age"], table["age"])  # so that neighbours in line are alike
    table = table.assign(turning=turning).sort_values(["old", "block", "turning"], kind="stable")
    line = table.loc[table.index.repeat(table["persons"])]
    heads = np.bincount(line["old"], minlength=len(split.old))
    flows = _flows(split.share * heads[:, None])
    for code, persons in zip(split.new, flows.sum(axis=0), strict=True):
        if persons == 0:
            raise DataError(f"region {code} would have no GPs at all; join it to another region")
    line = line.assign(new=np.concatenate([_spread(counts) for counts in flows]))
    sums = line.groupby(["new", "sex", "age", "role"], as_index=False).agg(
        persons=("new", "size"), fte=("fte", "sum"), rank=("rank", "max"), block=("block", "first")
    )
    sums = sums.assign(sex_order=sums["sex"].map(SEXES.index)).sort_values(["sex_order", "new", "age", "block"])
    new = sums["new"].to_numpy()
    rank = np.where(split.union[new], sums["rank"], RANK[schema.ASSUMED])
    return sums.assign(
        region=np.array(split.new)[new], fte=sums["fte"].round(9), quality=np.array(schema.QUALITIES)[rank]
    )


def _flows(expected: FloatArray) -> IntArray:
    """Round the GPs that go from old regions (rows) to new ones (columns) to whole persons.

    Rows keep their sum; cells and sums of columns are one of the two whole numbers around them, and sums of columns are
    above 0 where that can be. A row more takes up what a column stays below the upper of its two numbers.
    """
    expected = expected.round(9)
    total = expected.sum(axis=0)
    most = np.ceil(total - NEARLY)
    table = np.vstack([expected, np.maximum(most - total, 0)])
    rows = np.append(expected.sum(axis=1), most.sum() - total.sum()).round().astype(np.int64)
    owed = np.where(table % 1 < NEARLY, -2.0 * table.size, 0.0)  # a whole number stays what it is
    owed[-1, most == 1] -= table.size
    return round_margins(table, rows, most.astype(np.int64), owed=owed)[:-1]


def _spread(counts: IntArray) -> IntArray:
    """Return a line in which part i stands `counts[i]` times at even distances, each part from its own start."""
    part = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(part)) - np.repeat(np.cumsum(counts) - counts, counts)
    start = np.arange(1, len(counts) + 1) * GOLDEN_SECTION % 1
    return part[np.argsort((nth + start[part]) / counts[part], kind="stable")]
