"""Which municipality goes to which new region: the table that `regroup` goes by, read and checked."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from regions import schema
from regions.errors import DataError
from regions.tables import FAULTS_SHOWN, cells

FEWEST, MOST = 2, 400
NAMES = ("name", "name_nl", "name_en", "province")
MAPPING = schema.Table(
    "mapping",
    "The new region of every municipality",
    ("gm_code",),
    tuple(schema.Column(name, "text", "") for name in ("gm_code", "municipality", "region", *NAMES)),
)


def read_mapping(mapping: pd.DataFrame | str | Path, places: pd.DataFrame) -> pd.DataFrame:
    """Return new region and names by row of `places`; raise `DataError` with all faults."""
    if isinstance(mapping, pd.DataFrame):
        label, faults = "mapping", list[str]()
        table = mapping.astype(object).where(mapping.notna(), "").astype(str).apply(lambda column: column.str.strip())
        table.index = pd.RangeIndex(2, len(table) + 2)  # as the rows of a file
    else:
        label, (table, faults) = str(mapping), _read_csv(Path(mapping))
    column = "gm_code" if "gm_code" in table.columns else "municipality"
    if absent := [name for name in (column, "region") if name not in table.columns]:
        found_columns = ", ".join(map(str, table.columns))
        raise DataError(f"{label}: column {' and '.join(absent)} is missing; found {found_columns}")
    found, unknown = _found(table[column], places)
    faults += [*unknown, *_code_faults(table["region"]), *_name_faults(table)]
    if faults:
        more = [f"and {len(faults) - FAULTS_SHOWN} faults more"] if len(faults) > FAULTS_SHOWN else []
        raise DataError("\n".join(f"{label}: {fault}" for fault in faults[:FAULTS_SHOWN] + more))
    return table.iloc[np.argsort(found)].reindex(columns=["region", *NAMES], fill_value="").reset_index(drop=True)


def _read_csv(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells of a mapping file by its lines, and the faults of lines left out."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        raise DataError(f"{path}: there is no such .csv file; expected one with the columns gm_code and region")
    table, faults = cells(path, MAPPING)
    told = [str(fault).removeprefix(f"{fault.file}: ") for fault in faults]
    if table.empty and told:
        raise DataError(f"{path}: {told[0]}")
    return table, told


def _found(column: pd.Series[str], places: pd.DataFrame) -> tuple[list[int], list[str]]:
    """Return the row of `places` that each cell means, -1 for none, and the faults."""
    spelled = [(word, i) for name in ("gm_code", "name") for i, word in enumerate(places[name])]
    row_of = {word.casefold(): i for word, i in spelled}
    found = [row_of.get(cell.casefold(), -1) for cell in column]
    seen: dict[int, Any] = {}
    faults = []
    for (row, cell), i in zip(column.items(), found, strict=True):
        if i < 0:
            near = difflib.get_close_matches(cell, [word for word, _ in spelled], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            faults.append(f"row {row}, column {column.name}: found {cell!r}, not in municipalities.csv{hint}")
        elif seen.setdefault(i, row) != row:
            faults.append(f"row {row}, column {column.name}: {places['name'][i]} is in row {seen[i]} already")
    absent = [
        f"{code} {name}"
        for i, (code, name) in enumerate(zip(places["gm_code"], places["name"], strict=True))
        if i not in seen
    ]
    if absent:
        more = f" and {len(absent) - FAULTS_SHOWN} more" if len(absent) > FAULTS_SHOWN else ""
        faults.append(f"no row for {', '.join(absent[:FAULTS_SHOWN])}{more}; every municipality needs a region")
    return found, faults


def _code_faults(codes: pd.Series[str]) -> list[str]:
    usable = codes.map(schema.is_code).astype(bool)
    faults = []
    for code, same in codes[~usable].groupby(codes):
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        faults.append(f"row {same.index[0]}{more}, column region: found {code!r}, allowed {schema.CODE_ALLOWED}")
    n = codes[usable].nunique()
    if not FEWEST <= n <= MOST:
        faults.append(f"column region: found {n} different regions, allowed are {FEWEST} to {MOST}")
    return faults


def _name_faults(table: pd.DataFrame) -> list[str]:
    """A region has one name of each kind, and no name may be a name or the code of another region."""
    faults = []
    meant = {code: code for code in table["region"]}
    for column in (name for name in NAMES if name in table.columns):
        pairs = table.loc[table[column] != "", ["region", column]].drop_duplicates()
        for code, names in pairs.groupby("region")[column]:
            if len(names) > 1:
                faults.append(f"column {column}: found {' and '.join(names)} for region {code}, allowed is one")
        for row, code, name in pairs.itertuples() if column != "province" else ():
            if (other := meant.setdefault(name, code)) != code:
                allowed = f"allowed is no name or code of another region; {other} has it"
                faults.append(f"row {row}, column {column}: found {name!r} for region {code}, {allowed}")
    return faults
