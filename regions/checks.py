"""Check a data folder: everything that is wrong with it at once, in words that say how to put it right.

Cells are held to `schema` by pandera, on tables read as text, so that a message shows what is in the file. Rules over
whole columns and several tables follow, then the boundaries. What passes, `tables.assemble` can read.
"""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrorReason

from regions import geography, schema, tables
from regions.errors import DataError, Fault
from regions.people import SEXES
from regions.schema import GROUPED, NUMBER

FloatArray = npt.NDArray[np.float64]

BASE_YEAR_TOLERANCE = 1e-3  # inhabitants by age against the forecast; they differ by 3e-7 in the shipped tables
MUNICIPAL_TOLERANCE = 0.3  # inhabitants by municipality against those by age, which may be of another year
FEWEST_EACH = 100  # inhabitants to a GP; there are 1,200
AROUND = ((2.0, 8.5), (50.0, 54.5))  # degrees east and north in which the Netherlands and what is near lie
LEAST_FTE, MOST_FTE = 0.2, 1.5  # of one GP, mean of a row; outside, fte and persons cannot be of the same GPs
LARGEST = 1e9  # nothing in a data folder comes near
FEW = 7  # as many are listed, of more the ends
GAPS_SHOWN = 5
DISTANCE_TOLERANCE = 1e-3  # km
ANY_SIGN = ("per_vrouw_basis", "demo_20_midden")  # needed parameters that need not be above 0
HINT = "hint"
BOUNDARIES = geography.BOUNDARIES.name
FILES = {name: i for i, name in enumerate([*(table.file for table in schema.TABLES), BOUNDARIES])}


def check(folder: str | Path) -> None:
    """Check a data folder; raise `DataError` with everything that is wrong with it, one fault a line."""
    found = _found(Path(folder))
    if found:
        number = f"{len(found)} faults" if len(found) > 1 else "1 fault"
        raise DataError("\n".join([f"{folder}: {number}", *_shown(found)]))


def faults(folder: str | Path) -> list[str]:
    """Return what is wrong with a data folder, table by table and one fault a line; nothing when it can be used.

    The same in several rows is one fault. At most `tables.FAULTS_SHOWN` of a table are told, and how many are not.
    """
    return _shown(_found(Path(folder)))


def _found(folder: Path) -> dict[Fault, int]:
    """Return the faults in the order of files and rows, each with the number of further rows that have it."""
    same: dict[Fault, list[Fault]] = defaultdict(list)
    for fault in _every(folder):
        same[replace(fault, row=None)].append(fault)
    firsts = {min(group, key=_row): len(group) - 1 for group in same.values()}
    return {fault: firsts[fault] for fault in sorted(firsts, key=lambda f: (FILES.get(f.file, 0), _row(f)))}


def _every(folder: Path) -> list[Fault]:
    if not folder.is_dir():
        return [Fault(str(folder), "there is no such data folder")]
    data = _read(folder)
    borders, parameters = folder / BOUNDARIES, folder / "national_parameters.csv"
    found = [fault for sheet in data.sheets.values() for fault in sheet.faults]
    found += [fault for rule in RULES if rule.applies(data) for fault in rule.broken(data)]
    found += _told(borders, lambda: geography.boundaries(borders, data.codes or None))
    return found or _told(parameters, lambda: tables.assemble(folder))


def _told(path: Path, action: Callable[[], object]) -> list[Fault]:
    """Return what a `DataError` says about a file."""
    try:
        action()
    except DataError as error:
        return [Fault(path.name, line.removeprefix(f"{path}: ")) for line in str(error).splitlines()]
    return []


# Faults for people ----------------------------------------------------------------------------------------------------


def _row(fault: Fault) -> int:
    return fault.row or 0


def _shown(found: Mapping[Fault, int]) -> list[str]:
    lines = []
    for file in dict.fromkeys(fault.file for fault in found):
        own = [fault for fault in found if fault.file == file]
        kept = _spread(own, tables.FAULTS_SHOWN)
        lines += [fault.line(found[fault]) for fault in kept]
        if left := len(own) - len(kept):
            lines.append(f"{file}: and {left} faults more")
    return lines


def _spread(own: Sequence[Fault], number: int) -> list[Fault]:
    """Return the first faults of every column rather than many of one, in the order they have."""
    seen: dict[str | None, int] = defaultdict(int)
    rank = {}
    for fault in own:
        rank[fault] = seen[fault.column]
        seen[fault.column] += 1
    kept = set(sorted(own, key=rank.__getitem__)[:number])
    return [fault for fault in own if fault in kept]


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def _range(values: Sequence[Any]) -> str:
    return _listed(values) if len(values) <= FEW else f"{values[0]} to {values[-1]}"


def _nearest(word: str, known: Iterable[str]) -> str | None:
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, 1)
    return by_lower[near[0]] if near else None


# Cells ----------------------------------------------------------------------------------------------------------------


def _numbers(text: pd.Series[str], column: schema.Column) -> pd.Series[float]:
    """Return the numbers in a column; NaN where there is none or one that is not allowed."""
    values = np.array([float(cell) if NUMBER.fullmatch(cell) else math.nan for cell in text], dtype=np.float64)
    low = -math.inf if column.minimum is None else column.minimum
    above = -math.inf if column.above is None else column.above
    high = math.inf if column.maximum is None else column.maximum
    good = (values >= low) & (values > above) & (values <= high) & (np.abs(values) <= LARGEST)
    if column.kind == "whole":
        good[good] &= values[good] % 1 == 0
        good &= np.array([GROUPED.fullmatch(cell) is None for cell in text], dtype=np.bool_)
    return pd.Series(np.where(good, values, math.nan), text.index)


def _allowed_numbers(column: schema.Column) -> str:
    kind = "a whole number" if column.kind == "whole" else "a number"
    if column.above is not None:
        return f"{kind} above {column.above:g}" + ("" if column.maximum is None else f", at most {column.maximum:g}")
    if column.minimum is not None:
        return f"{kind} from {column.minimum:g} " + ("on" if column.maximum is None else f"to {column.maximum:g}")
    return kind


def _number_hint(found: str, column: schema.Column) -> str:
    if column.kind == "whole" and GROUPED.fullmatch(found):
        return f"; write nothing between thousands: {found.replace('.', '')}"
    if NUMBER.fullmatch(found):
        return f"; nothing here is larger than {LARGEST:.0f}" if abs(float(found)) > LARGEST else ""
    meant = found.replace(".", "").replace(" ", "").replace(",", ".")
    return f"; write a decimal point and nothing between thousands: {meant}" if NUMBER.fullmatch(meant) else ""


def _column(table: schema.Table, column: schema.Column, codes: Sequence[str]) -> pa.Column:
    """Return what the cells of a column are held to, as a test and in words, with a hint on cells that fail."""
    if column.kind != "text":
        hint = partial(_number_hint, column=column)
        return _held(lambda text: _numbers(text, column).notna(), f"is {_allowed_numbers(column)}", hint)
    if column.name == table.region_column and table.name != "regions" and codes:
        return _word(codes, "is a code of regions.csv")
    if table.name == "regions" and column.name == "code":
        return _held(lambda text: text.map(schema.is_code).astype(bool), schema.CODE_ALLOWED, lambda _: "")
    if column.allowed:
        return _word(column.allowed, f"are {_listed(column.allowed)}")
    if column.filled or column.name in table.key:
        return _held(lambda text: text != "", "is a text that is not empty", lambda _: "")
    return pa.Column()


def _held(holds: Callable[[pd.Series[str]], pd.Series[bool]], allowed: str, hint: Callable[[str], str]) -> pa.Column:
    return pa.Column(checks=pa.Check(holds, error=allowed), metadata={HINT: hint})


def _word(words: Sequence[str], allowed: str) -> pa.Column:
    def hint(found: str) -> str:
        near = _nearest(found, words)
        return f"; did you mean {near}?" if near else ""

    return _held(lambda text: text.isin(list(words)), allowed, hint)


# Tables ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """One table: a `frame` of values by line of the file, with NaN for a number that is wrong and one row a key.

    `readable` tells whether no row is left out for its form.
    """

    frame: pd.DataFrame
    faults: list[Fault]
    readable: bool


@dataclass(frozen=True)
class Data:
    """The tables that are there, and the region codes as far as they are known."""

    sheets: Mapping[str, Sheet]
    codes: list[str]

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return the values of a table by line."""
        return self.sheets[table].frame

    def years(self) -> list[int]:
        """Return the years that a path needs; none where the base year is not known."""
        parameters = self["national_parameters"]
        start = parameters.loc[parameters["id"] == "basisjaar", "value"]
        if start.empty or start.iloc[0] % 1 != 0:
            return []
        return [int(start.iloc[0]) + t for t in range(tables.DEMOGRAPHIC_HORIZON + 1)]

    def axis(self, table: str, key: str) -> Sequence[Any]:
        """Return the values that a key of a table must have."""
        match key:
            case "region":
                return self.codes
            case "year":
                return self.years()
            case "sex":
                return SEXES
        return [int(value) for value in sorted(self[table][key].dropna().unique())]

    def persons(self, frame: pd.DataFrame) -> FloatArray:
        """Return the persons in some rows of a table by region."""
        at = pd.Index(self.codes).get_indexer(pd.Index(frame["region"]))
        persons = np.bincount(at[at >= 0], frame["persons"][at >= 0], minlength=len(self.codes))
        return persons.astype(np.float64)


def _read(folder: Path) -> Data:
    """Return the tables, every cell checked; optional ones may be missing."""
    sheets: dict[str, Sheet] = {}
    codes: list[str] = []
    for table in schema.TABLES:  # the regions come first
        if not table.optional or (folder / table.file).exists():
            sheets[table.name] = _sheet(folder, table, codes)
        if table.name == "regions" and sheets["regions"].readable:
            codes = [code for code in sheets["regions"].frame.get("code", ()) if code]
    return Data(sheets, codes)


def _sheet(folder: Path, table: schema.Table, codes: Sequence[str]) -> Sheet:
    cells, unreadable = tables.cells(folder / table.file, table)
    if cells.columns.empty:
        return Sheet(cells, unreadable, readable=False)
    columns = _columns(table, codes)
    values = _values(cells, columns)
    found = list(_cell_faults(table, cells, _form(table, columns, codes)))
    return Sheet(values[_first_of_key(values, table)], unreadable + found, readable=not unreadable)


def _columns(table: schema.Table, codes: Sequence[str]) -> list[schema.Column]:
    """Return the columns of a table; the schema writes <code> for one column per region."""
    named = [[c] if c.name != "<code>" else [replace(c, name=code) for code in codes] for c in table.columns]
    return [column for columns in named for column in columns]


def _values(cells: pd.DataFrame, columns: Iterable[schema.Column]) -> pd.DataFrame:
    numeric = [c for c in columns if c.kind != "text" and c.name in cells]
    return cells.assign(**{c.name: _numbers(cells[c.name], c) for c in numeric})


def _first_of_key(values: pd.DataFrame, table: schema.Table) -> pd.Series[bool]:
    """Tell which rows are the first with their key; a key that is not there or wrong is none."""
    keys = values.reindex(columns=list(table.key))
    keys = keys.mask(keys == "")
    return ~keys.duplicated() | keys.isna().any(axis=1)


def _form(table: schema.Table, columns: Sequence[schema.Column], codes: Sequence[str]) -> pa.DataFrameSchema:
    """Return what the schema says of a table as pandera has it, for cells that are text."""
    keys = [column for column in columns if column.name in table.key]
    return pa.DataFrameSchema(
        {column.name: _column(table, column, codes) for column in columns},
        checks=pa.Check(lambda cells: _first_of_key(_values(cells, keys), table)),
    )


def _cell_faults(table: schema.Table, cells: pd.DataFrame, form: pa.DataFrameSchema) -> Iterator[Fault]:
    try:
        form.validate(cells, lazy=True)
    except pa.errors.SchemaErrors as found:
        for error in found.schema_errors:
            if error.reason_code is SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
                yield _missing_column(table, error.failure_cases, cells, form)
            elif error.reason_code is not SchemaErrorReason.DATAFRAME_CHECK:
                raise  # a mistake in a check, not in the data
            elif error.schema is form:
                for line in error.failure_cases["index"].unique():
                    yield Fault(table.file, f"a second row for {_listed(cells.loc[line, list(table.key)])}", int(line))
            else:
                for case in error.failure_cases.itertuples():
                    hint = error.schema.metadata[HINT](case.failure_case)
                    text = f"found {case.failure_case!r}, allowed {error.check.error}{hint}"
                    yield Fault(table.file, text, int(case.index), error.schema.name)


def _missing_column(table: schema.Table, name: str, cells: pd.DataFrame, form: pa.DataFrameSchema) -> Fault:
    near = _nearest(name, [str(column) for column in cells if column not in form.columns])
    hint = f"; is it {near!r}?" if near else ""
    return Fault(table.file, f"column {name} is missing; found {_listed(cells)}{hint}")


# Whole columns and several tables -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule over whole columns, asked where they are readable.

    A wrong number is NaN in them: it makes sums and comparisons come out as no fault, as it is one already.
    """

    broken: Callable[[Data], Iterator[Fault]]
    columns: tuple[str, ...]

    def applies(self, data: Data) -> bool:
        """Tell whether all columns are there, in tables that are readable."""
        there = {f"{name}.{c}" for name, sheet in data.sheets.items() if sheet.readable for c in sheet.frame}
        return there.issuperset(self.columns)


def _no_regions(data: Data) -> Iterator[Fault]:
    if data["regions"].empty:
        yield Fault("regions.csv", "there are no regions; allowed is one or more")


def _names(data: Data) -> Iterator[Fault]:
    """A region goes by its code and by each of its names: none may mean two."""
    meant: dict[str, str] = {code: code for code in data["regions"]["code"]}
    for name in ("name", "name_nl", "name_en"):
        for line, code, word in zip(data["regions"].index, *(data["regions"][c] for c in ("code", name)), strict=True):
            if word and meant.setdefault(word, code) != code:
                text = f"found {word!r}, allowed is no name or code of another region; {meant[word]} has it"
                yield Fault("regions.csv", text, line, name)


def _neighbours(data: Data) -> Iterator[Fault]:
    table = data["regions"]
    of = {code: _listed_codes(cell) for code, cell in zip(table["code"], table["neighbours"], strict=True)}
    all_known = all(set(data.codes).issuperset(near) for near in of.values())
    for line, code, cell in zip(table.index, table["code"], table["neighbours"], strict=True):
        for other in _listed_codes(cell):
            if other not in data.codes:
                text = f"found {other!r}, allowed are codes of this table, separated by ;"
                yield Fault("regions.csv", text, line, "neighbours")
            elif all_known and (other == code or code not in of[other]):
                text = f"found {other!r} of {code}, allowed are other regions that have it as neighbour too"
                yield Fault("regions.csv", text, line, "neighbours")


def _listed_codes(cell: str) -> list[str]:
    return [code for code in map(schema.region_code, cell.split(";")) if code]


def _municipalities(data: Data) -> Iterator[Fault]:
    known = set(data["municipalities"]["gm_code"])
    for line, code in zip(data["training_sites"].index, data["training_sites"]["municipality"], strict=True):
        if code not in known:
            text = f"found {code!r}, allowed is a gm_code of municipalities.csv"
            yield Fault("training_sites.csv", text, line, "municipality")


def _places(table: str, data: Data) -> Iterator[Fault]:
    """Longitude and latitude are easily mistaken for each other."""
    (west, east), (south, north) = AROUND
    for line, lon, lat in zip(data[table].index, data[table]["lon"], data[table]["lat"], strict=True):
        if not math.isnan(lon + lat) and not (west <= lon <= east and south <= lat <= north):
            hint = "; is one in the place of the other?" if west <= lat <= east and south <= lon <= north else ""
            text = f"found {lon:g} east, {lat:g} north, allowed are {west} to {east} and {south} to {north}{hint}"
            yield Fault(f"{table}.csv", text, line, "lon")


def _inhabitants_of_municipalities(data: Data) -> Iterator[Fault]:
    """Years of the two tables may differ, thousands not."""
    for code, towns, ages in _apart(data, data["municipalities"], data["inhabitants"], MUNICIPAL_TOLERANCE):
        text = (
            f"found {towns:.0f} inhabitants in the municipalities of region {code}, allowed are those of "
            f"inhabitants.csv, {ages:.0f}, within {MUNICIPAL_TOLERANCE:.0%}"
        )
        yield Fault("municipalities.csv", text, column="persons")


def _too_many_gps(data: Data) -> Iterator[Fault]:
    people = data.persons(data["inhabitants"])
    for code, gps, inhabitants in zip(data.codes, data.persons(data["workforce"]), people, strict=True):
        if gps > inhabitants / FEWEST_EACH > 0:
            text = (
                f"found {gps:.0f} GPs in region {code}, allowed is at most one to {FEWEST_EACH} of its "
                f"{inhabitants:.0f} inhabitants"
            )
            yield Fault("workforce.csv", text, column="persons")


def _no_municipality(data: Data) -> Iterator[Fault]:
    """Every region needs a municipality: practices stand in one."""
    if empty := [code for code in data["regions"]["code"] if code not in set(data["municipalities"]["region"])]:
        text = f"no municipality in {_listed(empty)}; allowed is one or more in every region"
        yield Fault("municipalities.csv", text, column="region")


def _incomplete(table: schema.Table, data: Data) -> Iterator[Fault]:
    """Name the keys of which there should be a row: every first key, then every pair of both."""
    values = data[table.name]
    axes = [data.axis(table.name, key) for key in table.key]
    there = set(values[list(table.key)].itertuples(index=False, name=None))
    firsts = {row[0] for row in there}
    if absent := [first for first in axes[0] if first not in firsts]:
        yield Fault(table.file, f"no row for {table.key[0]} {_listed(absent)}")
    if gaps := [row for row in product(*axes) if row[0] in firsts and row not in there]:
        named = [_listed(f"{k} {v}" for k, v in zip(table.key, row, strict=True)) for row in gaps[:GAPS_SHOWN]]
        more = f" and {len(gaps) - GAPS_SHOWN} more" if len(gaps) > GAPS_SHOWN else ""
        needed = " and ".join(f"{k} ({_range(axis)})" for k, axis in zip(table.key, axes, strict=True))
        yield Fault(table.file, f"no row for {'; '.join(named)}{more}; needed is one for every {needed}")


def _wrong_total(table: schema.Table, column: schema.Column, data: Data) -> Iterator[Fault]:
    values = data[table.name][column.name].to_numpy()
    wanted, found = column.total or 0.0, values.sum()
    if abs(found - wanted) > column.tolerance:
        mend = f"; divide every row by {found:.6g}" if wanted and found > 0 else ""
        mend = mend if wanted else f"; subtract {found / len(values):.6g} from every row"
        text = f"found a sum of {found:.6g}, allowed is {wanted:g} within {column.tolerance:g}{mend}"
        yield Fault(table.file, text, column=column.name)


def _all_zero(table: str, column: str, data: Data) -> Iterator[Fault]:
    values = data[table][column].to_numpy()
    if values.size and values.max() <= 0:
        yield Fault(f"{table}.csv", "all are 0, allowed is more than 0 somewhere", column=column)


def _nobody(table: str, who: str, data: Data) -> Iterator[Fault]:
    needed = set(data[table]["region"]) if schema.BY_NAME[table].complete else set(data.codes)
    for code, persons in zip(data.codes, data.persons(data[table]), strict=True):
        if persons <= 0 and code in needed:
            yield Fault(f"{table}.csv", f"found no {who} in region {code}, allowed is more than 0", column="persons")


def _age_bands(data: Data) -> Iterator[Fault]:
    found = sorted(data["inhabitants"]["age_from"].dropna().astype(int).unique())
    if not set(tables.BAND_EDGES) <= set(found):
        text = f"found bands from {_listed(found)}; among them must be {_listed(tables.BAND_EDGES)}"
        yield Fault("inhabitants.csv", text, column="age_from")


def _use_bands(data: Data) -> Iterator[Fault]:
    bands, use = (np.unique(data[name]["age_from"].to_numpy()) for name in ("inhabitants", "gp_use"))
    if not np.isnan(use).any() and not np.isnan(bands).any() and list(use) != list(bands):
        found, allowed = _listed(use.astype(int)), _listed(bands.astype(int))
        text = f"found {found}, allowed are the bands of inhabitants.csv: {allowed}"
        yield Fault("gp_use.csv", text, column="age_from")


def _base_year(data: Data) -> Iterator[Fault]:
    year = data.years()[:1]
    count = data["forecast"][data["forecast"]["year"].isin(year)]
    for code, ages, total in _apart(data, data["inhabitants"], count, BASE_YEAR_TOLERANCE):
        text = (
            f"found {ages:.0f} inhabitants of all ages in region {code}, allowed are those of forecast.csv in "
            f"{year[0]}, {total:.0f}, within {BASE_YEAR_TOLERANCE:.1%}"
        )
        yield Fault("inhabitants.csv", text, column="persons")


def _apart(
    data: Data, found: pd.DataFrame, wanted: pd.DataFrame, tolerance: float
) -> Iterator[tuple[str, float, float]]:
    """Yield the regions of which the persons in two tables differ by more than a share, with both."""
    for code, here, there in zip(data.codes, data.persons(found), data.persons(wanted), strict=True):
        if here > 0 and there > 0 and abs(here / there - 1) > tolerance:
            yield code, here, there


def _fte_of_persons(data: Data) -> Iterator[Fault]:
    force = data["workforce"]
    persons, fte = force["persons"], force["fte"]
    odd = (fte < LEAST_FTE * persons) | (fte > MOST_FTE * persons)
    for line in force.index[odd]:
        found = f"found {fte[line]:g} fte for {persons[line]:.0f} persons"
        allowed = f"{LEAST_FTE:g} to {MOST_FTE:g} a person" if persons[line] else "0"
        yield Fault("workforce.csv", f"{found}, allowed is {allowed}", line, "fte")


def _distances(data: Data) -> Iterator[Fault]:
    table = data["distances"]
    table = table[table["region"].isin(data.codes)]  # each once; rows without a code may be many
    lines = dict(zip(table["region"], table.index, strict=True))
    km = table.set_index("region").reindex(index=data.codes, columns=data.codes).to_numpy(dtype=np.float64)
    for i, j in np.argwhere(np.abs(km - km.T) > DISTANCE_TOLERANCE):
        if i < j:
            here, there = data.codes[i], data.codes[j]
            text = f"found {km[i, j]:g}, and {km[j, i]:g} back in row {lines[there]}; allowed is the same"
            yield Fault("distances.csv", text, lines[here], there)
    for code, own in zip(data.codes, np.diag(km), strict=True):
        if own <= 0:
            text = f"found {own:g}, allowed is more than 0: the mean distance inside the region"
            yield Fault("distances.csv", text, lines[code], code)


def _tiles(data: Data) -> Iterator[Fault]:
    table = data["map_layout"]
    first: dict[tuple[float, float], str] = {}
    columns = (table[name] for name in ("region", "tile_column", "tile_row"))
    for line, code, *tile in zip(table.index, *columns, strict=True):
        column, row = tile
        if not math.isnan(column + row) and first.setdefault((column, row), code) != code:
            text = f"found column {column:g}, row {row:g}, allowed is a tile of its own; {first[column, row]} is there"
            yield Fault("map_layout.csv", text, line, "tile_column")


def _national(data: Data) -> Iterator[Fault]:
    """Hold the parameters that the regions need to what they need; the national model checks the rest."""
    table = data["national_parameters"]
    if missing := [name for name in tables.NEEDED_PARAMETERS if name not in set(table["id"])]:
        yield Fault("national_parameters.csv", f"{_listed(missing)} is missing", column="id")
    for line, name, value in table[["id", "value"]].itertuples(name=None):
        wrong = value <= 0 and name in tables.NEEDED_PARAMETERS and name not in ANY_SIGN
        if wrong or (name == "basisjaar" and value % 1 > 0):
            kind = "a whole year" if name == "basisjaar" else "a number above 0"
            yield Fault("national_parameters.csv", f"found {value:g} for {name}, allowed is {kind}", line, "value")


def _first_exit_class(data: Data) -> Iterator[Fault]:
    ages = data["exit_hazard"]["age_from"].to_numpy()
    if not ages.size or ages.min() > 0:
        yield Fault("exit_hazard.csv", "the first class must start at age 0", column="age_from")


def _needs(table: schema.Table) -> Iterator[str]:
    """Yield the columns that tell which rows a complete table has and should have."""
    others = {"region": ("regions.code",), "year": ("national_parameters.id", "national_parameters.value")}
    for key in table.key:
        yield from (f"{table.name}.{key}", *others.get(key, ()))


PERSONS = ("regions.code", "inhabitants.region", "inhabitants.persons")
RULES = (
    Rule(_no_regions, ("regions.code",)),
    Rule(_names, ("regions.code", "regions.name", "regions.name_nl", "regions.name_en")),
    Rule(_neighbours, ("regions.code", "regions.neighbours")),
    *(Rule(partial(_places, name), (f"{name}.lon", f"{name}.lat")) for name in ("regions", "municipalities")),
    Rule(_municipalities, ("training_sites.municipality", "municipalities.gm_code")),
    Rule(_no_municipality, ("regions.code", "municipalities.region")),
    *(Rule(partial(_incomplete, table), tuple(_needs(table))) for table in schema.TABLES if table.complete),
    *(
        Rule(partial(_wrong_total, table, column), (f"{table.name}.{column.name}",))
        for table in schema.TABLES
        for column in table.columns
        if column.total is not None
    ),
    Rule(partial(_all_zero, "gp_use", "relative_use"), ("gp_use.relative_use",)),
    Rule(partial(_all_zero, "exit_hazard", "hazard"), ("exit_hazard.hazard",)),
    Rule(partial(_nobody, "inhabitants", "inhabitants"), PERSONS),
    Rule(partial(_nobody, "workforce", "GPs"), ("regions.code", "workforce.region", "workforce.persons")),
    Rule(_inhabitants_of_municipalities, (*PERSONS, "municipalities.region", "municipalities.persons")),
    Rule(_too_many_gps, (*PERSONS, "workforce.region", "workforce.persons")),
    Rule(_age_bands, ("inhabitants.age_from",)),
    Rule(_use_bands, ("inhabitants.age_from", "gp_use.age_from")),
    Rule(
        _base_year,
        ("inhabitants.region", "inhabitants.persons", "forecast.persons", *_needs(schema.BY_NAME["forecast"])),
    ),
    Rule(_fte_of_persons, ("workforce.persons", "workforce.fte")),
    Rule(_distances, ("regions.code", "distances.region")),
    Rule(_tiles, ("map_layout.region", "map_layout.tile_column", "map_layout.tile_row")),
    Rule(_national, ("national_parameters.id", "national_parameters.value")),
    Rule(_first_exit_class, ("exit_hazard.age_from",)),
)
