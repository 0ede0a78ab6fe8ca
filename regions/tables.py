"""Read a data folder: `load()` gives the regions as frozen arrays.

What may be in the tables stands in `schema`, and `checks` holds them to it; reading takes that for granted.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from regions import demand, schema
from regions.errors import DataError, Fault
from regions.people import ROLES, SEX_IDS, SEXES
from regions.schema import region_code
from regions.stock import NODES, own_stock

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHIPPED = Path(__file__).resolve().parent / "data"

# Inhabitants of these ages are colleagues and customers at hand; those of this age and over share one mortality in
# the roll-forward of age bands. Bands of one's own must begin at these ages too.
YOUNG_ADULTS = (20, 45)
OLDEST_FROM = 75
BAND_EDGES = (0, *YOUNG_ADULTS, OLDEST_FROM)
# The plan's nodes of demographic growth end this many years after the base year.
DEMOGRAPHIC_HORIZON = 20
# Parameters of the national model that the regions need; the rest is the national model's own to check.
NEEDED_PARAMETERS = (
    "basisjaar",
    "aanbod_personen",
    "per_vrouw_basis",
    "demo_20_midden",
    *(f"fte_{sex}_basis{node}" for sex in SEX_IDS for node in NODES),
)
EARTH_RADIUS_KM = 6371.0
FAULTS_SHOWN = 20  # of a table
MOST_BYTES = 20_000_000  # of a table; the workforce of 400 regions has 8 million
NEAR_FILE = 0.8  # likeness of a file name that was probably meant
COMPLETE = "`gp-settlement data export DIR` writes a complete folder"
SEPARATORS = {";": "semicolons", "\t": "tabs"}
COMMAS = "a decimal comma makes two cells of a number, and text with a comma in it needs quotes"
SAVE_RIGHT = "in Excel, save it as 'CSV UTF-8 (comma delimited)'"
SAVE_WITH_COMMAS = (
    "in Excel, untick 'Use system separators' (Dutch: 'Systeemscheidingstekens gebruiken') under Options, Advanced, "
    "set the decimal separator to a point and the thousands separator to a comma, then save as 'CSV UTF-8 (comma "
    "delimited)'"
)


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


@dataclass(frozen=True)
class Municipalities(_ReadOnly):
    """Where practices stand; M municipalities: `name`, `region` (M,), `persons` (M,), `distance_km` (M, M)."""

    name: tuple[str, ...]
    region: IntArray
    persons: FloatArray
    distance_km: FloatArray


@dataclass(frozen=True, eq=False)
class Regions(_ReadOnly):
    """Everything that is known of the regions before the model starts; all arrays are read-only.

    R regions, T = 20 years after the base year. `inhabitants` (T+1, R) and `demand_share` (T+1, R; rows sum to 1)
    on 1 January; `distance_km` (R, R) with the region's own distance on the diagonal; `origin_share` (R,) of
    training candidates; `inhabitants_20_44` (R,) of the base year; `alpha` (R,) attractiveness; `exit_age` and
    `exit_hazard` the classes of the yearly exit hazard; `relative_fte_mean` (T+1, 2) by sex; `national` the
    parameter table of the national model, with the stock of the workforce table; `own_stock` holds the plan's value
    of every parameter which that replaced. `published` holds the codes of the regions of which every row of the
    workforce table is published. `fingerprint` is the SHA-256 of the files.
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
    municipalities: Municipalities
    workforce: Workforce
    exit_age: IntArray
    exit_hazard: FloatArray
    relative_fte_mean: FloatArray
    national: Mapping[str, float]
    own_stock: Mapping[str, float]
    published: frozenset[str]
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

    @cached_property
    def province(self) -> IntArray:
        """The number of each region's province among those there are, shape (R,)."""
        number = np.unique([m.province for m in self.members], return_inverse=True)[1]
        number.flags.writeable = False
        return number

    @cached_property
    def site_region(self) -> IntArray:
        """The row of each training site's region, shape (sites,)."""
        row = np.array([site.region for site in self.sites], dtype=np.int64)
        row.flags.writeable = False
        return row

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
        wanted = region_code(str(region))
        for m in self.members:
            if wanted in (m.code, m.name, m.name_nl, m.name_en):
                return m.index
        every = [t for m in self.members for t in (m.code, m.name, m.name_nl, m.name_en)]
        near = difflib.get_close_matches(wanted, every, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(self.codes)}"
        raise DataError(f"region {region!r} is not known{hint}")

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickles."""
        proxies = {name: dict(getattr(self, name)) for name in ("national", "own_stock")}
        return {**self.__dict__, **proxies}  # a read-only view does not pickle

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what was pickled."""
        proxies = {name: MappingProxyType(state[name]) for name in ("national", "own_stock")}
        super().__setstate__({**state, **proxies})


def cells(file: Path, table: schema.Table) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the cells of a file with a table as text, with the line of the file as index, and what keeps it unread.

    Cells lose spaces around them and region codes a year in front; empty rows and columns without a name are left
    out, and so are rows with a fault. A file that cannot be read at all gives a table without columns.
    """
    try:
        lines, rows = _rows(file)
        header = _header(table, rows[0])
    except DataError as error:
        return pd.DataFrame(), [Fault(file.name, str(error))]
    good, faults = [], []
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) < len(header) or any(row[len(header) :]):
            hint = f"; {COMMAS}" if len(row) > len(header) else ""
            faults.append(Fault(file.name, f"found {len(row)} cells, allowed are {len(header)}{hint}", line))
        else:
            good.append((line, row[: len(header)]))
    frame = pd.DataFrame([row for _, row in good], [line for line, _ in good], header, dtype=object)
    frame = frame.loc[:, [name != "" for name in header]]
    if (column := table.region_column) in frame:
        frame[column] = frame[column].map(region_code)
    return frame, faults


def _rows(path: Path) -> tuple[list[int], list[list[str]]]:
    """Return the rows of a CSV file that are not empty, and the line on which each begins."""
    if not path.is_file():
        others = {file.name for file in path.parent.glob("*")} - {table.file for table in schema.TABLES}
        near = difflib.get_close_matches(path.name, others, 1, NEAR_FILE)
        hint = f"found {near[0]!r}, allowed is {path.name!r}" if near else COMPLETE
        raise DataError(f"the file is missing; {hint}")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise DataError(f"found {size / 1e6:,.0f} MB, allowed are at most {MOST_BYTES / 1e6:.0f}; is it another file?")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"the file cannot be opened: {error.strerror}; is it open in another program?") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"row {line}: found bytes that are not UTF-8 text; {SAVE_RIGHT}") from error
    lines, rows, start = [], [], 1
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            values = [value.strip() for value in row]
            if any(values):
                lines.append(start)
                rows.append(values)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"row {start}: cannot be read as text between commas: {error}") from error
    if not rows:
        raise DataError("the file is empty")
    return lines, rows


def _header(table: schema.Table, found: list[str]) -> list[str]:
    """Return the names of the columns up to the last that has one, if these are what the first row holds."""
    header = [region_code(name) for name in found]
    header = header[: max(i for i, name in enumerate(header, 1) if name)]
    expected = [column.name for column in table.columns]
    if not set(header) & set(expected):
        for separator, name in SEPARATORS.items():
            if separator in found[0]:
                raise DataError(f"found {name} between the cells, allowed are commas; {SAVE_WITH_COMMAS}")
        raise DataError(f"row 1: found {', '.join(found)}; allowed are the columns {', '.join(expected)}")
    if twice := [name for name, count in Counter(header).items() if name and count > 1]:
        raise DataError(f"column {', '.join(twice)}: found more than once, allowed is once")
    return header


def read(folder: Path, name: str) -> pd.DataFrame:
    """Return one table of a data folder that holds no faults, numbers as numbers and codes without a year.

    Raises `DataError` when the file cannot be read; `checks` finds what else may be wrong with it.
    """
    table = schema.BY_NAME[name]
    frame, faults = cells(folder / table.file, table)
    if faults:
        raise DataError("\n".join(f"{folder / fault.file}{str(fault)[len(fault.file) :]}" for fault in faults))
    for column in table.columns:
        if column.kind != "text" and column.name in frame:
            values = frame[column.name].to_numpy().astype(np.float64)
            frame[column.name] = values if column.kind == "number" else values.astype(np.int64)
    return frame.reset_index(drop=True)


def load(path: str | Path | None = None, *, check: bool = True) -> Regions:
    """Return the regions of a data folder, the shipped one by default.

    A folder of one's own is checked before it is read, which takes a second; `check=False` leaves that out when it
    has been done. Raises `DataError` with all faults: file, row and column, what was found and what is allowed.
    """
    folder = SHIPPED if path is None else Path(path)
    if check and folder.resolve() != SHIPPED:
        from regions import checks  # brings in pandera and geopandas

        checks.check(folder)
    return assemble(folder)


def assemble(folder: Path) -> Regions:
    """Return the regions of a data folder that was checked.

    Raises `DataError` when no mortality of the oldest gives the plan's growth of demand.
    """
    members = _members(folder)
    codes = tuple(m.code for m in members)
    row = {code: i for i, code in enumerate(codes)}
    national = _national(folder)
    base_year = int(national["basisjaar"])

    use = read(folder, "gp_use").set_index("age_from")["relative_use"].sort_index()
    starts = use.index.to_numpy()
    bands = _grid(folder, "inhabitants", codes, starts)
    widths = np.append(np.diff(starts), np.inf).astype(np.float64)
    years = np.arange(base_year, base_year + DEMOGRAPHIC_HORIZON + 1)
    totals = _grid(folder, "forecast", codes, years)
    first_open = int(np.searchsorted(starts, OLDEST_FROM))
    try:
        by_age, share = demand.divide(bands, totals.T, use.to_numpy(), widths, first_open, national["demo_20_midden"])
    except ValueError as error:
        raise DataError(f"{folder / 'national_parameters.csv'}: row demo_20_midden: {error}") from error
    young = (starts >= YOUNG_ADULTS[0]) & (starts < YOUNG_ADULTS[1])

    hazards = read(folder, "exit_hazard").sort_values("age_from")
    force = _workforce(folder, row)
    own = own_stock(national, force.sex, force.persons, force.fte)
    return Regions(
        members=members,
        base_year=base_year,
        inhabitants=_frozen(by_age.sum(axis=2)),
        demand_share=_frozen(share),
        distance_km=_frozen(_by_region(folder, "distances", codes)[list(codes)]),
        inhabitants_20_44=_frozen(bands[:, young].sum(axis=1)),
        origin_share=_frozen(_scaled(_by_region(folder, "origins", codes)["share"])),
        alpha=_frozen(_by_region(folder, "attractiveness", codes)["alpha"]),
        sites=_sites(folder, row),
        municipalities=_municipalities(folder, row),
        workforce=force,
        exit_age=_frozen_int(hazards["age_from"]),
        exit_hazard=_frozen(hazards["hazard"]),
        relative_fte_mean=_frozen(_grid(folder, "relative_fte", years, SEXES)),
        national=MappingProxyType({**national, **own}),
        own_stock=MappingProxyType({id_: national[id_] for id_ in own}),
        published=_published(folder),
        folder=folder,
        fingerprint=_fingerprint(folder),
    )


def _frozen(values: Any) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _frozen_int(values: Any) -> IntArray:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _grid(folder: Path, name: str, rows: Sequence[Any] | IntArray, columns: Sequence[Any] | IntArray) -> FloatArray:
    """Return the figures of a table with two key columns as a matrix, shape (rows, columns)."""
    first, second = schema.BY_NAME[name].key
    value = next(c.name for c in schema.BY_NAME[name].columns if c.kind == "number")
    figures = read(folder, name).set_index([first, second])[value]
    found = figures.loc[pd.MultiIndex.from_product([rows, columns])]
    return found.to_numpy(dtype=np.float64).reshape(len(rows), len(columns))


def _scaled(shares: pd.Series[float]) -> pd.Series[float]:
    """Return shares that add up to one; in a file they are rounded."""
    return shares / shares.sum()


def _members(folder: Path) -> tuple[Region, ...]:
    rows = read(folder, "regions")[["code", "name", "name_nl", "name_en", "province"]].itertuples(index=False)
    return tuple(Region(i, *row) for i, row in enumerate(rows))


def _national(folder: Path) -> Mapping[str, float]:
    table = read(folder, "national_parameters")
    return MappingProxyType(dict(zip(table["id"], table["value"].tolist(), strict=True)))


def _by_region(folder: Path, name: str, codes: tuple[str, ...]) -> pd.DataFrame:
    return read(folder, name).set_index("region").loc[list(codes)]


def _sites(folder: Path, row: Mapping[str, int]) -> tuple[Site, ...]:
    table = read(folder, "training_sites")
    names = table[["site", "institute", "region"]].itertuples(index=False)
    parts = table[["share", "first_choice", "places"]].apply(_scaled).itertuples(index=False)
    return tuple(
        Site(site, institute, row[region], *part) for (site, institute, region), part in zip(names, parts, strict=True)
    )


def _municipalities(folder: Path, row: Mapping[str, int]) -> Municipalities:
    table = read(folder, "municipalities")
    lon, lat = np.radians(table["lon"].to_numpy()), np.radians(table["lat"].to_numpy())
    # Over a country as small as this the earth is flat between two places, if not over all: the error is below 0.1%.
    east = (lon[:, None] - lon) * np.cos((lat[:, None] + lat) / 2)
    away = EARTH_RADIUS_KM * np.hypot(east, lat[:, None] - lat)
    return Municipalities(
        name=tuple(table["name"]),
        region=_frozen_int(table["region"].map(row)),
        persons=_frozen(table["persons"]),
        distance_km=_frozen(away),
    )


def _workforce(folder: Path, row: Mapping[str, int]) -> Workforce:
    table = read(folder, "workforce")
    return Workforce(
        region=_frozen_int(table["region"].map(row)),
        sex=_frozen_int(table["sex"].map(SEXES.index)),
        age=_frozen_int(table["age"]),
        role=_frozen_int(table["role"].map(ROLES.index)),
        persons=_frozen_int(table["persons"]),
        fte=_frozen(table["fte"]),
    )


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for table in schema.TABLES:
        path = folder / table.file
        if path.is_file():
            digest.update(table.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _published(folder: Path) -> frozenset[str]:
    table = read(folder, "workforce")
    known = (table["quality"] == schema.PUBLISHED).groupby(table["region"]).all()
    return frozenset(known.index[known])
