"""Read and check a data folder: `load()` gives the regions as frozen arrays."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from regions import demand, schema
from regions.errors import DataError
from regions.workforce import ROLES, SEXES

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHIPPED = Path(__file__).parent / "data"

# Inhabitants of this age and over share one mortality in the roll-forward of age bands.
OLDEST_FROM = 75
# The plan's nodes of demographic growth end this many years after the base year.
DEMOGRAPHIC_HORIZON = 20
SHARE_TOLERANCE = 1e-3
# Parameters of the national model that the regions need; the rest is the national model's own to check.
NEEDED_PARAMETERS = ("basisjaar", "aanbod_personen", "demo_20_midden")
FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Region:
    """One region, for people: `model.agents[0].region.name`."""

    index: int
    code: str
    name: str
    name_nl: str
    name_en: str
    province: str


@dataclass(frozen=True)
class Site:
    """A training institute or annex; `region` is its row in the region order.

    Shares of the nation: `share` of those in training, `first_choice` of candidates' first choices, `places`.
    """

    name: str
    institute: str
    region: int
    share: float
    first_choice: float
    places: float


class _ReadOnly:
    """Arrays that stay read-only when they are pickled or copied: NumPy forgets the flag."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what was pickled."""
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        self.__dict__.update(state)


@dataclass(frozen=True)
class Workforce(_ReadOnly):
    """GPs of the base year, one row per region, sex, age and role; arrays of equal length.

    `region`, `sex` (0 women, 1 men), `age`, `role` (order of `ROLES`), `persons` (whole), `fte`.
    """

    region: IntArray
    sex: IntArray
    age: IntArray
    role: IntArray
    persons: IntArray
    fte: FloatArray


@dataclass(frozen=True, eq=False)
class Regions(_ReadOnly):
    """Everything that is known of the regions before the model starts; all arrays are read-only.

    R regions, T = 20 years after the base year. `inhabitants` (T+1, R) and `demand_share` (T+1, R; rows sum to 1)
    on 1 January; `distance_km` (R, R) with the region's own distance on the diagonal; `origin_share` (R,) of
    training candidates; `inhabitants_20_44` (R,) of the base year; `alpha` (R,) attractiveness; `exit_age` and
    `exit_hazard` the classes of the yearly exit hazard; `relative_fte_mean` (T+1, 2) by sex; `national` the
    parameter table of the national model. `fingerprint` is the SHA-256 of the files.
    """

    members: tuple[Region, ...]
    base_year: int
    inhabitants: FloatArray
    demand_share: FloatArray
    distance_km: FloatArray
    inhabitants_20_44: FloatArray
    origin_share: FloatArray
    alpha: FloatArray
    sites: tuple[Site, ...]
    workforce: Workforce
    exit_age: IntArray
    exit_hazard: FloatArray
    relative_fte_mean: FloatArray
    national: Mapping[str, float]
    folder: Path
    fingerprint: str

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.members)

    @property
    def codes(self) -> tuple[str, ...]:
        """CBS codes in order."""
        return tuple(m.code for m in self.members)

    @property
    def names(self) -> tuple[str, ...]:
        """AZW names in order."""
        return tuple(m.name for m in self.members)

    @property
    def names_nl(self) -> tuple[str, ...]:
        """Dutch display names in order."""
        return tuple(m.name_nl for m in self.members)

    @property
    def names_en(self) -> tuple[str, ...]:
        """English display names in order."""
        return tuple(m.name_en for m in self.members)

    def index(self, region: str | int | Region) -> int:
        """Return a region's row from its code (a year in front is fine), name, row or `Region`.

        Raises `DataError` naming the nearest spelling.
        """
        if isinstance(region, Region):
            return region.index
        if isinstance(region, (int, np.integer)):
            if 0 <= region < len(self):
                return int(region)
            raise DataError(f"region {region} does not exist; allowed are 0 to {len(self) - 1}")
        wanted = str(region).strip()
        wanted = wanted[4:] if wanted[:4].isdigit() else wanted
        for m in self.members:
            if wanted in (m.code, m.name, m.name_nl, m.name_en):
                return m.index
        every = [t for m in self.members for t in (m.code, m.name, m.name_nl, m.name_en)]
        near = difflib.get_close_matches(wanted, every, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(self.codes)}"
        raise DataError(f"region {region!r} is not known{hint}")

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickles."""
        return {**self.__dict__, "national": dict(self.national)}  # a read-only view does not pickle

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what was pickled."""
        super().__setstate__({**state, "national": MappingProxyType(state["national"])})


def read(folder: Path, name: str, codes: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Read and check one table of a data folder.

    Raises `DataError` with the faults of the table: missing file or column, text in a number, a value that is not
    allowed, a duplicate key or an unknown region (when `codes` are given).
    """
    table = schema.BY_NAME[name]
    path = folder / table.file
    if not path.is_file():
        raise DataError(f"{path}: the file is missing; `python -m regions.build` writes a complete folder")
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason}); save it as CSV UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: cannot be read as comma-separated text: {str(error).strip()}") from error
    fixed = [c for c in table.columns if not c.name.startswith("<")]
    missing = [c.name for c in fixed if c.name not in raw.columns]
    if missing:
        hint = "; columns must be separated by commas" if ";" in raw.columns[0] else ""
        raise DataError(f"{path}: column {', '.join(missing)} is missing; found {', '.join(raw.columns)}{hint}")
    faults: list[str] = []
    for column in fixed:
        if column.kind != "text":
            raw[column.name] = _numbers(raw[column.name], column, path, faults)
        elif column.allowed:
            faults += [
                f"{path}: row {i + 2}, column {column.name}: found {raw[column.name].iloc[i]!r}, "
                f"allowed are {_listed(column.allowed)}"
                for i in np.flatnonzero(~raw[column.name].isin(column.allowed))
            ]
    doubles = raw.duplicated(list(table.key))
    faults += [
        f"{path}: row {i + 2}: a second row for {', '.join(map(str, raw.loc[i, list(table.key)]))}"
        for i in np.flatnonzero(doubles)
    ]
    if codes is not None:
        column_name = "region" if "region" in raw.columns else "code"
        unknown = ~raw[column_name].isin(codes)
        faults += [
            f"{path}: row {i + 2}, column {column_name}: found {raw[column_name].iloc[i]!r}, not a code of regions.csv"
            for i in np.flatnonzero(unknown)
        ]
        present = set(raw[column_name])
        absent = [code for code in codes if code not in present]
        if absent and name != "training_sites":
            faults.append(f"{path}: no row for region {', '.join(absent)}")
    if faults:
        more = [f"{path}: and {len(faults) - FAULTS_SHOWN} faults more"] if len(faults) > FAULTS_SHOWN else []
        raise DataError("\n".join(faults[:FAULTS_SHOWN] + more))
    return raw


def _numbers(text: pd.Series[str], column: schema.Column, path: Path, faults: list[str]) -> pd.Series[Any]:
    values = pd.to_numeric(text, errors="coerce")
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    bad = values.isna() | ~np.isfinite(values) | (values < low) | (values > high)
    kind = "a number"
    if column.kind == "whole":
        kind = "a whole number"
        bad |= values.notna() & (values % 1 != 0)
    if np.isfinite(low):
        kind += f" from {low:g} to {high:g}" if np.isfinite(high) else f" from {low:g} on"
    faults += [
        f"{path}: row {i + 2}, column {column.name}: found {text.iloc[i]!r}, allowed is {kind}"
        for i in np.flatnonzero(bad)
    ]
    return values if bad.any() or column.kind == "number" else values.astype(np.int64)


def load(path: str | Path | None = None) -> Regions:
    """Return the regions of a data folder, the shipped one by default.

    Raises `DataError` naming file, row and column, what was found and what is allowed.
    """
    folder = SHIPPED if path is None else Path(path)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such data folder")
    members = _members(folder)
    codes = tuple(m.code for m in members)
    row = {code: i for i, code in enumerate(codes)}
    national = _national(folder)
    base_year = int(national["basisjaar"])

    inhabitants = read(folder, "inhabitants", codes)
    starts = np.unique(inhabitants["age_from"].to_numpy(dtype=np.int64))
    bands = _grid(folder, "inhabitants", inhabitants, codes, starts.tolist())
    _not_empty(folder, "inhabitants", codes, bands.sum(axis=1))
    use = read(folder, "gp_use").set_index("age_from")["relative_use"]
    if sorted(use.index) != sorted(starts):
        raise DataError(
            f"{folder / 'gp_use.csv'}: column age_from: found {_listed(use.index)}; "
            f"inhabitants.csv has the bands {_listed(starts)}"
        )
    if use.max() <= 0:
        raise DataError(f"{folder / 'gp_use.csv'}: column relative_use: all are 0, allowed is more than 0 somewhere")
    widths = np.append(np.diff(starts), np.inf).astype(np.float64)
    years = np.arange(base_year, base_year + DEMOGRAPHIC_HORIZON + 1)
    totals = _grid(folder, "forecast", read(folder, "forecast", codes), codes, years.tolist())
    _not_empty(folder, "forecast", codes, totals.min(axis=1))
    try:
        by_age, share = demand.divide(
            bands,
            totals.T,
            use.reindex(starts).to_numpy(dtype=np.float64),
            widths,
            int(np.searchsorted(starts, OLDEST_FROM)),
            national["demo_20_midden"],
        )
    except ValueError as error:
        raise DataError(f"{folder / 'national_parameters.csv'}: row demo_20_midden: {error}") from error
    young_adults = (starts >= 20) & (starts < 45)

    hazards = read(folder, "exit_hazard").sort_values("age_from")
    if hazards.empty or hazards["age_from"].iloc[0] > 0:
        raise DataError(f"{folder / 'exit_hazard.csv'}: column age_from: the first class must start at age 0")
    regions = Regions(
        members=members,
        base_year=base_year,
        inhabitants=_frozen(by_age.sum(axis=2)),
        demand_share=_frozen(share),
        distance_km=_distances(folder, codes),
        inhabitants_20_44=_frozen(bands[:, young_adults].sum(axis=1)),
        origin_share=_by_region(folder, "origins", "share", codes, total=1.0),
        alpha=_by_region(folder, "attractiveness", "alpha", codes),
        sites=_sites(folder, codes, row),
        workforce=_workforce(folder, codes, row),
        exit_age=_frozen_int(hazards["age_from"]),
        exit_hazard=_frozen(hazards["hazard"]),
        relative_fte_mean=_frozen(_grid(folder, "relative_fte", read(folder, "relative_fte"), years.tolist(), SEXES)),
        national=national,
        folder=folder,
        fingerprint=_fingerprint(folder),
    )
    _check_against_plan(regions)
    return regions


def _frozen(values: Any) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _frozen_int(values: Any) -> IntArray:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def _grid(folder: Path, name: str, table: pd.DataFrame, rows: Sequence[Any], columns: Sequence[Any]) -> FloatArray:
    """Return the figures of a table with two key columns as a matrix with a value for each pair of keys."""
    first, second = schema.BY_NAME[name].key
    value = next(c.name for c in schema.BY_NAME[name].columns if c.kind == "number")
    grid = table.pivot_table(index=first, columns=second, values=value).reindex(index=list(rows), columns=list(columns))
    gaps = np.argwhere(grid.isna().to_numpy())
    if len(gaps):
        i, j = gaps[0]
        raise DataError(
            f"{folder / schema.BY_NAME[name].file}: no row for {first} {rows[i]}, {second} {columns[j]}"
            f"{f' and {len(gaps) - 1} more' if len(gaps) > 1 else ''}; needed is one for every {first} "
            f"({rows[0]} to {rows[-1]}) and {second} ({columns[0]} to {columns[-1]})"
        )
    return grid.to_numpy(dtype=np.float64)


def _not_empty(folder: Path, name: str, codes: tuple[str, ...], persons: FloatArray) -> None:
    for i in np.flatnonzero(persons <= 0):
        raise DataError(
            f"{folder / schema.BY_NAME[name].file}: region {codes[i]}, column persons: found no inhabitants, "
            "allowed is more than 0"
        )


def _members(folder: Path) -> tuple[Region, ...]:
    table = read(folder, "regions")
    if table.empty:
        raise DataError(f"{folder / 'regions.csv'}: there are no regions; allowed is one or more")
    rows = table[["code", "name", "name_nl", "name_en", "province"]].itertuples(index=False)
    return tuple(Region(i, *row) for i, row in enumerate(rows))


def _national(folder: Path) -> Mapping[str, float]:
    table = read(folder, "national_parameters")
    missing = [name for name in NEEDED_PARAMETERS if name not in set(table["id"])]
    if missing:
        raise DataError(f"{folder / 'national_parameters.csv'}: column id: {_listed(missing)} is missing")
    return MappingProxyType(dict(zip(table["id"], table["value"].astype(float), strict=True)))


def _by_region(folder: Path, name: str, column: str, codes: tuple[str, ...], total: float | None = None) -> FloatArray:
    values = read(folder, name, codes).set_index("region")[column].loc[list(codes)]
    if total is not None and abs(values.sum() - total) > SHARE_TOLERANCE:
        raise DataError(
            f"{folder / schema.BY_NAME[name].file}: column {column} sums to {values.sum():.4f}, allowed is {total:g}"
        )
    return _frozen(values if total is None else values * (total / values.sum()))


def _distances(folder: Path, codes: tuple[str, ...]) -> FloatArray:
    table = read(folder, "distances", codes).set_index("region")
    path = folder / schema.BY_NAME["distances"].file
    absent = [code for code in codes if code not in table.columns]
    if absent:
        raise DataError(f"{path}: column {', '.join(absent)} is missing; one column per region is needed")
    matrix = table.loc[list(codes), list(codes)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    for i, j in np.argwhere(~np.isfinite(matrix) | (matrix < 0)):
        raise DataError(
            f"{path}: row {codes[i]}, column {codes[j]}: found {table.loc[codes[i], codes[j]]!r}, allowed is a "
            "distance in km from 0 on"
        )
    for i, j in np.argwhere(~np.isclose(matrix, matrix.T)):
        raise DataError(
            f"{path}: {codes[i]} to {codes[j]} is {matrix[i, j]} km, back it is {matrix[j, i]} km; they must be equal"
        )
    return _frozen(matrix)


def _sites(folder: Path, codes: tuple[str, ...], row: Mapping[str, int]) -> tuple[Site, ...]:
    table = read(folder, "training_sites", codes)
    shares = table[["share", "first_choice", "places"]]
    for column, total in shares.sum().items():
        if abs(total - 1) > SHARE_TOLERANCE:
            path = folder / schema.BY_NAME["training_sites"].file
            raise DataError(f"{path}: column {column} sums to {total:.4f}; it must sum to 1")
    names = table[["site", "institute", "region"]].itertuples(index=False)
    parts = (shares / shares.sum()).itertuples(index=False)
    return tuple(
        Site(site, institute, row[region], *part) for (site, institute, region), part in zip(names, parts, strict=True)
    )


def _workforce(folder: Path, codes: tuple[str, ...], row: Mapping[str, int]) -> Workforce:
    table = read(folder, "workforce", codes)
    return Workforce(
        region=_frozen_int(table["region"].map(row)),
        sex=_frozen_int(table["sex"].map(SEXES.index)),
        age=_frozen_int(table["age"]),
        role=_frozen_int(table["role"].map(ROLES.index)),
        persons=_frozen_int(table["persons"]),
        fte=_frozen(table["fte"]),
    )


def _check_against_plan(regions: Regions) -> None:
    found, plan = int(regions.workforce.persons.sum()), regions.national["aanbod_personen"]
    if abs(found - plan) >= 1:
        raise DataError(
            f"{regions.folder / 'workforce.csv'}: {found} persons, but aanbod_personen of national_parameters.csv is "
            f"{plan:g}; change one of the two so that they agree"
        )


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for table in schema.TABLES:
        path = folder / table.file
        if path.is_file():
            digest.update(table.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def dump_datapackage(folder: Path) -> None:
    """Write `datapackage.json`: per table and column the unit, source, year, quality and meaning."""
    resources = [
        {
            "name": table.name,
            "path": table.file,
            "title": table.title,
            "schema": {
                "primaryKey": list(table.key),
                "fields": [_field(column) for column in table.columns],
            },
        }
        for table in schema.TABLES
    ]
    boundaries = {
        "name": "boundaries",
        "path": "boundaries.geojson",
        "title": "Boundaries of the regions",
        "licenses": [{"name": "CC-BY-4.0"}],
        "sources": [{"title": schema.KADASTER}],
    }
    package = {"name": "gp-settlement-regions", "resources": [*resources, boundaries]}
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def _field(column: schema.Column) -> dict[str, Any]:
    kinds = {"text": "string", "whole": "integer", "number": "number"}
    field = {
        "name": column.name,
        "type": kinds[column.kind],
        "description": column.description,
        "unit": column.unit,
        "source": column.source,
        "year": column.year,
        "quality": column.quality,
    }
    limits = {"minimum": column.minimum, "maximum": column.maximum}
    constraints: dict[str, Any] = {k: v for k, v in limits.items() if v is not None}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    field = {k: v for k, v in field.items() if v}
    return field | ({"constraints": constraints} if constraints else {})
