"""Checking a data folder: every kind of fault alone, many at once, and a clear answer to whatever a file holds."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import regions
from regions import DataError, checks, schema
from regions.checks import check, faults
from regions.tables import FAULTS_SHOWN, SHIPPED
from tests.regions.conftest import Folder

TABLES = [table.name for table in schema.TABLES]
NEEDED = [table.name for table in schema.TABLES if not table.optional]
NUMBERS = {t.name: [c for c in t.columns if c.kind != "text" and not c.name.startswith("<")] for t in schema.TABLES}
WORDS = [(t.name, c) for t in schema.TABLES for c in t.columns if c.allowed]
FILLED = [(t.name, c.name) for t in schema.TABLES for c in t.columns if c.filled]
BY_REGION = [t.name for t in schema.TABLES if t.region_column == "region"]
COMPLETE = [t.name for t in schema.TABLES if t.complete and t.region_column]
TOTALS = [(t.name, c) for t in schema.TABLES for c in t.columns if c.total is not None]

Spoil = Callable[[Folder], object]


def cell(table: str, row: int, column: str, value: str) -> Spoil:
    return lambda folder: folder.put(table, row, column, value)


def without(table: str, **keys: str) -> Spoil:
    """Leave out the rows with these keys."""
    return lambda folder: folder.change(table, lambda frame: frame[(frame[list(keys)] != pd.Series(keys)).any(axis=1)])


def rewrite(table: str, change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(folder: Folder) -> None:
        folder.file(table).write_bytes(change(folder.file(table).read_bytes()))

    return spoil


def borders(edit: Callable[[list[dict[str, Any]]], object]) -> Spoil:
    """Change the features of the boundaries."""

    def spoil(folder: Folder) -> None:
        path = folder.path / "boundaries.geojson"
        collection = json.loads(path.read_text(encoding="utf-8"))
        edit(collection["features"])
        path.write_text(json.dumps(collection), encoding="utf-8")

    return spoil


# At once --------------------------------------------------------------------------------------------------------------

TEN = {
    "regions.csv: row 5, column name_nl: found '', allowed is a text that is not empty": cell(
        "regions", 5, "name_nl", ""
    ),
    "inhabitants.csv: row 4, column persons: found '64.118,5', allowed is a number from 0 on; write a decimal point "
    "and nothing between thousands: 64118.5": cell("inhabitants", 4, "persons", "64.118,5"),
    "forecast.csv: no row for region RA1222, year 2040; needed is one for every region (RA0101 to RA1428) and year "
    "(2025 to 2045)": without("forecast", region="RA1222", year="2040"),
    "distances.csv: row 3, column RA0103: found 7, and 63.7 back in row 4; allowed is the same": cell(
        "distances", 3, "RA0103", "7"
    ),
    "training_sites.csv: row 4, column region: found 'RA0617', allowed is a code of regions.csv; did you mean "
    "RA0717?": cell("training_sites", 4, "region", "2024RA0617"),
    "origins.csv: found semicolons between the cells, allowed are commas; in Excel, untick 'Use system separators' "
    "(Dutch: 'Systeemscheidingstekens gebruiken') under Options, Advanced, set the decimal separator to a point and "
    "the thousands separator to a comma, then save as 'CSV UTF-8 (comma delimited)'": rewrite(
        "origins", lambda text: text.replace(b",", b";").replace(b"0.", b"0,")
    ),
    "attractiveness.csv: column alpha is missing; found region, alfa, quality, source; is it 'alfa'?": rewrite(
        "attractiveness", lambda text: text.replace(b"alpha", b"alfa", 1)
    ),
    "workforce.csv: row 2, column sex: found 'Women', allowed are women, men; did you mean women?": cell(
        "workforce", 2, "sex", "Women"
    ),
    "workforce.csv: row 9, column fte: found 44 fte for 2 persons, allowed is 0.2 to 1.5 a person": cell(
        "workforce", 9, "fte", "44"
    ),
    "boundaries.geojson: region RA0309 has no geometry; expected a Polygon or MultiPolygon": borders(
        lambda features: features[8].update(geometry=None)
    ),
}


def test_ten_faults_in_different_tables_are_told_at_once(folder: Folder) -> None:
    for spoil in TEN.values():
        spoil(folder)
    with pytest.raises(DataError) as caught:
        regions.load(folder.path)
    assert str(caught.value).splitlines() == [f"{folder.path}: 10 faults", *TEN]


def test_one_fault_alone_is_told_in_the_singular(folder: Folder) -> None:
    line, spoil = next(iter(TEN.items()))
    spoil(folder)
    assert faults(folder.path) == [line]
    with pytest.raises(DataError) as caught:
        check(str(folder.path))
    assert str(caught.value) == f"{folder.path}: 1 fault\n{line}"


def test_what_ships_has_no_faults() -> None:
    assert faults(SHIPPED) == []
    check(SHIPPED)


def test_a_missing_folder(tmp_path: Path) -> None:
    assert faults(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: there is no such data folder"]


def test_optional_tables_and_the_description_may_be_missing(folder: Folder) -> None:
    for table in set(TABLES) - set(NEEDED):
        folder.file(table).unlink()
    assert not (folder.path / "datapackage.json").exists()
    assert faults(folder.path) == []


def test_many_faults_of_a_table_are_cut_short_but_not_to_one_column(folder: Folder) -> None:
    folder.change("workforce", lambda frame: frame.assign(fte=[f"{i},5" for i in range(len(frame))]))
    folder.put("workforce", 5000, "age", "12")
    found = faults(folder.path)
    assert len(found) == FAULTS_SHOWN + 1
    assert found[-2].startswith("workforce.csv: row 5000, column age: found '12'")
    assert found[-1] == f"workforce.csv: and {5856 + 1 - FAULTS_SHOWN} faults more"


def test_the_same_in_many_rows_is_one_fault(folder: Folder) -> None:
    folder.change("workforce", lambda frame: frame.replace({"role": {"holder": "praktijkhouder"}}))
    (line,) = faults(folder.path)
    frame = pd.read_csv(SHIPPED / "workforce.csv")
    first, more = frame.index[frame["role"] == "holder"][0] + 2, (frame["role"] == "holder").sum() - 1
    assert line.startswith(
        f"workforce.csv: row {first} and {more} more, column role: found 'praktijkhouder', allowed are"
    )


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing", [NEEDED, ["regions"], ["municipalities"], ["workforce"]], ids=lambda tables: " ".join(tables[:2])
)
def test_missing_files(folder: Folder, missing: list[str]) -> None:
    for table in missing:
        folder.file(table).unlink()
    text = "the file is missing; `gp-settlement data export DIR` writes a complete folder"
    assert faults(folder.path) == [f"{table}.csv: {text}" for table in missing]


@pytest.mark.parametrize("name", ["workforce.csv.txt", "Workforce.csv", "workforce2.csv", "workforce.xlsx"])
def test_a_file_with_another_name(folder: Folder, name: str) -> None:
    folder.file("workforce").rename(folder.path / name)
    assert faults(folder.path) == [f"workforce.csv: the file is missing; found {name!r}, allowed is 'workforce.csv'"]


@pytest.mark.parametrize(("encoding", "row"), [("latin-1", 2), ("utf-16", 1)])
def test_another_encoding(folder: Folder, encoding: str, row: int) -> None:
    for table in TABLES:
        header, _, rest = folder.file(table).read_text(encoding="utf-8").partition("\n")
        folder.file(table).write_bytes(f"{header}\né{rest}".encode(encoding, errors="replace"))
    text = f"row {row}: found bytes that are not UTF-8 text; in Excel, save it as 'CSV UTF-8 (comma delimited)'"
    assert faults(folder.path) == [f"{table}.csv: {text}" for table in TABLES]


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators(folder: Folder, separator: str, name: str) -> None:
    for table in TABLES:
        frame = pd.read_csv(folder.file(table), dtype=str, keep_default_na=False)
        frame.to_csv(folder.file(table), sep=separator, index=False)
    for table, line in zip(TABLES, faults(folder.path), strict=True):
        assert line.startswith(f"{table}.csv: found {name} between the cells, allowed are commas; in Excel, ")
        assert "decimal separator to a point" in line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "the file is empty"),
        (b"\n , \n", "the file is empty"),
        (b"a,b\n0,1\n", "row 1: found a, b; allowed are the columns age_from, relative_use"),
        (b"age_from,relative_use,age_from\n0,1,2\n", "column age_from: found more than once, allowed is once"),
        (
            b"age_from,relative_use\n0,0,69\n20,1\n",
            "row 2: found 3 cells, allowed are 2; a decimal comma makes two cells of a number, and text with a comma "
            "in it needs quotes",
        ),
        (b"age_from,relative_use\n\n0,1\n20\n", "row 4: found 1 cells, allowed are 2"),
        (
            b'age_from,relative_use\n0,"1\n20,1\n',
            "row 2: cannot be read as text between commas: unexpected end of data",
        ),
    ],
    ids=["nothing", "blanks", "another table", "column twice", "cell too many", "cell too few", "open quote"],
)
def test_no_table(folder: Folder, content: bytes, line: str) -> None:
    folder.file("gp_use").write_bytes(content)
    assert faults(folder.path) == [f"gp_use.csv: {line}"]


@pytest.mark.parametrize("position", range(max(len(table.columns) for table in schema.TABLES)))
def test_a_missing_column(folder: Folder, position: int) -> None:
    lines = []
    for table in schema.TABLES:
        if position < len(table.columns) and (table.name, position) != ("distances", 0):
            name = table.columns[position].name.replace("<code>", "RA0511")
            path = folder.change(table.name, lambda frame, name=name: frame.drop(columns=name))
            found = ", ".join(pd.read_csv(path, nrows=0).columns)
            lines.append(f"{table.file}: column {name} is missing; found {found}")
    assert faults(folder.path) == lines


def test_distances_without_a_column_of_codes(folder: Folder) -> None:
    folder.change("distances", lambda frame: frame.drop(columns="region"))
    (line,) = faults(folder.path)
    assert line.startswith("distances.csv: row 1: found RA0101, RA0102, ")
    assert line.endswith("RA1428; allowed are the columns region, <code>")


@pytest.mark.parametrize(
    ("table", "column", "written"),
    [
        ("workforce", "persons", "person"),
        ("workforce", "fte", "FTE"),
        ("distances", "RA0102", "RA102"),
        ("training_sites", "first_choice", "firstchoice"),
    ],
)
def test_a_misspelt_column(folder: Folder, table: str, column: str, written: str) -> None:
    path = folder.change(table, lambda frame: frame.rename(columns={column: written}))
    found = ", ".join(pd.read_csv(path, nrows=0).columns)
    assert faults(folder.path) == [f"{table}.csv: column {column} is missing; found {found}; is it {written!r}?"]


def test_columns_of_ones_own_are_no_fault(folder: Folder) -> None:
    for table in TABLES:
        folder.change(table, lambda frame: frame.assign(remark="mine"))
    assert faults(folder.path) == []


# Cells ----------------------------------------------------------------------------------------------------------------


def allowed_numbers(column: schema.Column) -> str:
    kind = "a whole number" if column.kind == "whole" else "a number"
    if column.above is not None:
        return f"{kind} above {column.above:g}"
    return kind if column.minimum is None else f"{kind} from {column.minimum:g}"


def wrong_numbers(column: schema.Column) -> list[str]:
    wrong = ["many", "", "nan", "inf", "0,5", "1_000", "1e400", "-2e9"]
    wrong += ["2.5"] if column.kind == "whole" else []
    wrong += [f"{column.minimum - 1:g}"] if column.minimum is not None else []
    wrong += [f"{column.above:g}"] if column.above is not None else []
    return wrong + ([f"{column.maximum + 1:g}"] if column.maximum is not None else [])


@pytest.mark.parametrize("nth", range(max(map(len, NUMBERS.values()))))
def test_no_number_or_one_out_of_range(folder: Folder, nth: int) -> None:
    """Of every table that has as many the nth column of numbers; of more columns not all faults would be told."""
    told = []
    for table, columns in NUMBERS.items():
        if nth < len(columns):
            column, wrong = columns[nth], wrong_numbers(columns[nth])

            def spoil(frame: pd.DataFrame, name: str = column.name, wrong: list[str] = wrong) -> pd.DataFrame:
                frame = pd.concat([frame] * 2) if len(frame) < len(wrong) else frame
                frame[name] = [*wrong, *frame[name].iloc[len(wrong) :]]
                return frame

            folder.change(table, spoil)
            for row, value in enumerate(wrong, 2):
                place = f"{table}.csv: row {row}, column {column.name}: found {value!r}"
                told.append(f"{place}, allowed is {allowed_numbers(column)}")
    found = "\n".join(faults(folder.path))
    assert [line for line in told if line not in found] == []
    assert "write a decimal point and nothing between thousands: 0.5" in found


@pytest.mark.parametrize(
    ("written", "meant"), [("0,94", "0.94"), ("1.234,5", "1234.5"), ("1 234,5", "1234.5"), ("-0,5", "-0.5")]
)
def test_a_decimal_comma(folder: Folder, written: str, meant: str) -> None:
    folder.put("regions", 2, "lon", written)
    text = f"found {written!r}, allowed is a number; write a decimal point and nothing between thousands: {meant}"
    assert faults(folder.path) == [f"regions.csv: row 2, column lon: {text}"]


def test_words_that_are_not_allowed(folder: Folder) -> None:
    lines = set()
    for table, column in WORDS:
        folder.put(table, 4, column.name, "1")
        lines.add(f"{table}.csv: row 4, column {column.name}: found '1', allowed are {', '.join(column.allowed)}")
    assert lines - set(faults(folder.path)) == set()


def test_sex_role_and_quality_are_checked() -> None:
    checked = {(table, column.name) for table, column in WORDS}
    assert {("workforce", "sex"), ("workforce", "role"), ("relative_fte", "sex")} <= checked
    by_row = {t.name for t in schema.TABLES if any(c.quality == "by row" for c in t.columns)}
    assert {("workforce", "quality"), *((name, "quality") for name in by_row)} <= checked


def test_texts_that_are_empty(folder: Folder) -> None:
    for table, column in FILLED:
        folder.put(table, 3, column, " ")
    text = "found '', allowed is a text that is not empty"
    assert faults(folder.path) == [f"{table}.csv: row 3, column {column}: {text}" for table, column in FILLED]


def test_a_second_row_for_the_same_key(folder: Folder) -> None:
    lines = []
    for table in schema.TABLES:
        frame = pd.read_csv(folder.file(table.name), dtype=str, keep_default_na=False)
        again = frame.iloc[[1]].copy()
        whole = [column.name for column in table.columns if column.kind == "whole"]
        again[whole] += ".0"
        pd.concat([frame, again]).to_csv(folder.file(table.name), index=False)
        key = ", ".join(again[list(table.key)].iloc[0])
        lines.append(f"{table.file}: row {len(frame) + 2}: a second row for {key}")
    assert faults(folder.path) == lines


def test_an_unknown_region(folder: Folder) -> None:
    for table in BY_REGION:
        folder.put(table, 3, "region", "2024RA1429")
    text = f"row 3, column region: found 'RA1429', allowed is a code of regions.csv; did you mean {near('RA1429')}?"
    found = [line for line in faults(folder.path) if "RA1429" in line]
    assert found == [f"{table}.csv: {text}" for table in BY_REGION]


def near(code: str) -> str:
    found = checks._nearest(code, regions.load().codes)
    assert found is not None
    assert sum(a != b for a, b in zip(found, code, strict=True)) == 1
    return found


def test_a_region_that_its_own_table_does_not_know(folder: Folder) -> None:
    folder.put("regions", 29, "code", "RA1429")
    found = faults(folder.path)
    assert any(
        line.startswith("workforce.csv: row ") and "more, column region: found 'RA1428'" in line for line in found
    )
    assert "origins.csv: no row for region RA1429" in found
    assert "boundaries.geojson: region code RA1429 missing from the file" in found
    assert len(found) < 30


# Whole columns and several tables -------------------------------------------------------------------------------------


def test_regions_without_rows(folder: Folder) -> None:
    for table, code in product(COMPLETE, ("RA0410", "RA0616")):
        without(table, region=code)(folder)
    lines = {f"{table}.csv: no row for region RA0410, RA0616" for table in COMPLETE}
    assert lines - set(faults(folder.path)) == set()


def national(parameter: str, value: str) -> Spoil:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame["id"] == parameter, "value"] = value

    return lambda folder: folder.change("national_parameters", change)


def everywhere(table: str, column: str, value: str, **keys: str) -> Spoil:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[(frame[list(keys)] == pd.Series(keys, dtype=str)).all(axis=1), column] = value

    return lambda folder: folder.change(table, change)


def both(*spoils: Spoil) -> Spoil:
    return lambda folder: [spoil(folder) for spoil in spoils]


BANDS = "0, 20, 45, 65, 75, 85"
REGIONS = "region (RA0101 to RA1428)"
YEARS = "year (2025 to 2045)"
ONE_OR_MORE = "; allowed is one or more in every region"
ALONE: dict[str, tuple[Spoil, list[str]]] = {
    "neighbours": (
        cell("regions", 3, "neighbours", "RA0101;2024RA0103;RA9999"),
        ["regions.csv: row 3, column neighbours: found 'RA9999', allowed are codes of this table, separated by ;"],
    ),
    "municipality": (
        cell("training_sites", 2, "municipality", "Amsterdam"),
        [
            "training_sites.csv: row 2, column municipality: found 'Amsterdam', allowed is a gm_code of "
            "municipalities.csv"
        ],
    ),
    "no municipality in a region": (
        without("municipalities", region="RA0410"),
        [f"municipalities.csv: column region: no municipality in RA0410{ONE_OR_MORE}"],
    ),
    "no municipality in some": (
        both(without("municipalities", region="RA0309"), without("municipalities", region="RA1121")),
        [f"municipalities.csv: column region: no municipality in RA0309, RA1121{ONE_OR_MORE}"],
    ),
    "municipalities of another region": (
        everywhere("municipalities", "region", "RA1121", region="RA1020"),
        [
            f"municipalities.csv: column region: no municipality in RA1020{ONE_OR_MORE}",
            "municipalities.csv: column persons: found 1748727 inhabitants in the municipalities of region RA1121, "
            "allowed are those of inhabitants.csv, 382794, within 30%",
        ],
    ),
    "thousands in a municipality": (
        cell("municipalities", 2, "persons", "244.000"),
        [
            "municipalities.csv: row 2, column persons: found '244.000', allowed is a whole number from 1 on; write "
            "nothing between thousands: 244000"
        ],
    ),
    "far fewer in a municipality": (
        cell("municipalities", 2, "persons", "244"),
        [
            "municipalities.csv: column persons: found 358636 inhabitants in the municipalities of region RA0101, "
            "allowed are those of inhabitants.csv, 602833, within 30%"
        ],
    ),
    "latitude for longitude": (
        both(cell("municipalities", 2, "lon", "53.2186"), cell("municipalities", 2, "lat", "6.6207")),
        [
            "municipalities.csv: row 2, column lon: found 53.2186 east, 6.6207 north, allowed are 2.0 to 8.5 and 50.0 "
            "to 54.5; is one in the place of the other?"
        ],
    ),
    "a region as its own neighbour": (
        cell("regions", 2, "neighbours", "RA0101;RA0102;RA0103"),
        [
            "regions.csv: row 2, column neighbours: found 'RA0101' of RA0101, allowed are other regions that have it "
            "as neighbour too"
        ],
    ),
    "a neighbour on one side": (
        cell("regions", 2, "neighbours", "RA0102"),
        [
            "regions.csv: row 4, column neighbours: found 'RA0101' of RA0103, allowed are other regions that have it "
            "as neighbour too"
        ],
    ),
    "a name of two regions": (
        cell("regions", 3, "name_nl", "Groningen"),
        [
            "regions.csv: row 3, column name_nl: found 'Groningen', allowed is no name or code of another region; "
            "RA0101 has it"
        ],
    ),
    "far too many GPs": (
        both(cell("workforce", 2, "persons", "100000"), cell("workforce", 2, "fte", "70000")),
        [
            "workforce.csv: column persons: found 100479 GPs in region RA0101, allowed is at most one to 100 of its "
            "602833 inhabitants"
        ],
    ),
    "a year": (
        without("forecast", year="2045"),
        [
            "forecast.csv: no row for region RA0101, year 2045; region RA0102, year 2045; region RA0103, year 2045; "
            f"region RA0204, year 2045; region RA0205, year 2045 and 23 more; needed is one for every {REGIONS} and "
            f"{YEARS}"
        ],
    ),
    "a sex in a year": (
        without("relative_fte", year="2030", sex="men"),
        [f"relative_fte.csv: no row for year 2030, sex men; needed is one for every {YEARS} and sex (women, men)"],
    ),
    "a year of both sexes": (without("relative_fte", year="2030"), ["relative_fte.csv: no row for year 2030"]),
    "no use": (
        everywhere("gp_use", "relative_use", "0"),
        ["gp_use.csv: column relative_use: all are 0, allowed is more than 0 somewhere"],
    ),
    "no hazard": (
        everywhere("exit_hazard", "hazard", "0"),
        ["exit_hazard.csv: column hazard: all are 0, allowed is more than 0 somewhere"],
    ),
    "no inhabitants": (
        everywhere("inhabitants", "persons", "0", region="RA1222"),
        ["inhabitants.csv: column persons: found no inhabitants in region RA1222, allowed is more than 0"],
    ),
    "no GPs": (
        both(*(everywhere("workforce", c, "0", region="RA1222") for c in ("persons", "fte"))),
        ["workforce.csv: column persons: found no GPs in region RA1222, allowed is more than 0"],
    ),
    "no rows of GPs": (
        without("workforce", region="RA0410"),
        ["workforce.csv: column persons: found no GPs in region RA0410, allowed is more than 0"],
    ),
    "bands that begin at other ages": (
        both(*(everywhere(table, "age_from", "25", age_from="20") for table in ("inhabitants", "gp_use"))),
        ["inhabitants.csv: column age_from: found bands from 0, 25, 45, 65, 75, 85; among them must be 0, 20, 45, 75"],
    ),
    "other bands of use": (
        cell("gp_use", 4, "age_from", "50"),
        [
            "gp_use.csv: column age_from: found 0, 20, 50, 65, 75, 85, allowed are the bands of inhabitants.csv: "
            f"{BANDS}"
        ],
    ),
    "inhabitants of the base year": (
        cell("inhabitants", 2, "persons", "113592.1"),
        [
            "inhabitants.csv: column persons: found 603833 inhabitants of all ages in region RA0101, allowed are those "
            "of forecast.csv in 2025, 602833, within 0.1%"
        ],
    ),
    "fte of nobody": (
        both(cell("workforce", 2, "persons", "0"), cell("workforce", 2, "fte", "0.5")),
        ["workforce.csv: row 2, column fte: found 0.5 fte for 0 persons, allowed is 0"],
    ),
    "persons without fte": (
        cell("workforce", 9, "fte", "0"),
        ["workforce.csv: row 9, column fte: found 0 fte for 2 persons, allowed is 0.2 to 1.5 a person"],
    ),
    "no distance inside": (
        cell("distances", 2, "RA0101", "0"),
        ["distances.csv: row 2, column RA0101: found 0, allowed is more than 0: the mean distance inside the region"],
    ),
    "distances of regions without a code": (
        both(cell("distances", 3, "region", ""), cell("distances", 5, "region", "")),
        [
            "distances.csv: no row for region RA0102, RA0204",
            "distances.csv: row 3 and 1 more, column region: found '', allowed is a code of regions.csv",
        ],
    ),
    "a distance that is not there": (
        cell("distances", 2, "RA0102", ""),
        ["distances.csv: row 2, column RA0102: found '', allowed is a number from 0 to 20000"],
    ),
    "a parameter": (
        without("national_parameters", id="fte_man_basis_tien"),
        ["national_parameters.csv: column id: fte_man_basis_tien is missing"],
    ),
    "the base year": (
        without("national_parameters", id="basisjaar"),
        ["national_parameters.csv: column id: basisjaar is missing"],
    ),
    "part of a year": (
        national("basisjaar", "2025.5"),
        ["national_parameters.csv: row 3, column value: found 2025.5 for basisjaar, allowed is a whole year"],
    ),
    "no stock": (
        national("aanbod_personen", "0"),
        ["national_parameters.csv: row 9, column value: found 0 for aanbod_personen, allowed is a number above 0"],
    ),
    "growth that no mortality gives": (
        national("demo_20_midden", "9"),
        [
            "national_parameters.csv: row demo_20_midden: no yearly mortality of the oldest between 0.0 and 0.5 gives "
            "a demographic growth of 9.000 in 20 years (found -0.189 to 0.598)"
        ],
    ),
    "exit classes": (
        without("exit_hazard", age_from="0"),
        ["exit_hazard.csv: column age_from: the first class must start at age 0"],
    ),
    "no exit classes": (
        lambda folder: folder.change("exit_hazard", lambda frame: frame.iloc[:0]),
        ["exit_hazard.csv: column age_from: the first class must start at age 0"],
    ),
    "no boundaries": (
        lambda folder: (folder.path / "boundaries.geojson").unlink(),
        ["boundaries.geojson: there is no such file; expected region boundaries as GeoJSON"],
    ),
    "boundaries of a region": (
        borders(lambda features: features.pop(3)),
        ["boundaries.geojson: region code RA0204 missing from the file"],
    ),
    "boundaries twice": (
        borders(lambda features: features.append(features[3])),
        ["boundaries.geojson: region code RA0204 more than once in the file"],
    ),
    "boundaries without codes": (
        borders(lambda features: [feature["properties"].pop("code") for feature in features]),
        ["boundaries.geojson: every region needs code; found name, geometry"],
    ),
    "boundaries that overlap": (
        borders(lambda features: features[0].update(geometry=features[1]["geometry"])),
        ["boundaries.geojson: regions RA0101, RA0102 overlap, or their borders do not match point by point"],
    ),
}


@pytest.mark.parametrize(("spoil", "lines"), ALONE.values(), ids=ALONE)
def test_a_fault_alone(folder: Folder, spoil: Spoil, lines: list[str]) -> None:
    spoil(folder)
    assert faults(folder.path) == lines


@pytest.mark.parametrize("code", ["NL", "region", "101", "R 1", "../x"])
def test_a_code_that_would_be_taken_for_something_else(folder: Folder, code: str) -> None:
    for file in folder.path.glob("*.*"):
        file.write_text(file.read_text(encoding="utf-8").replace("RA0101", code), encoding="utf-8")
    text = f"regions.csv: row 2, column code: found {code!r}, allowed is a letter followed by letters and digits"
    assert faults(folder.path)[0].startswith(text)


def test_another_base_year_needs_its_own_years(folder: Folder) -> None:
    national("basisjaar", "2026")(folder)
    found = faults(folder.path)
    assert [line.partition(":")[0] for line in found].count("forecast.csv") == 1
    assert "relative_fte.csv: no row for year 2046" in found


def test_no_regions(folder: Folder) -> None:
    folder.change("regions", lambda frame: frame.iloc[:0])
    assert "regions.csv: there are no regions; allowed is one or more" in faults(folder.path)


@pytest.mark.parametrize("table", NEEDED)
def test_no_rows(folder: Folder, table: str) -> None:
    folder.change(table, lambda frame: frame.iloc[:0])
    assert any(line.startswith(f"{table}.csv: ") for line in faults(folder.path))


def test_wrong_totals(folder: Folder) -> None:
    lines = []
    for table, column in TOTALS:
        values = pd.read_csv(SHIPPED / f"{table}.csv")[column.name]
        folder.put(table, 2, column.name, f"{values[0] + 0.5}")
        total = values.sum() + 0.5
        place = f"{table}.csv: column {column.name}: found a sum of {total:.6g}, allowed is {column.total:g} within "
        share, each = f"divide every row by {total:.6g}", f"subtract {total / len(values):.6g} from every row"
        lines.append(f"{place}{column.tolerance:g}; {share if column.total else each}")
    assert faults(folder.path) == lines


def test_shares_and_constants_may_be_rounded(folder: Folder) -> None:
    for table, column in TOTALS:
        folder.change(table, lambda frame, c=column.name: frame.assign(**{c: frame[c].astype(float).round(4)}))
    assert faults(folder.path) == []


def test_a_wrong_cell_does_not_hide_other_faults_and_is_told_once(folder: Folder) -> None:
    folder.put("workforce", 2, "persons", "two")
    folder.put("workforce", 9, "fte", "44")
    folder.put("origins", 2, "share", "x")
    folder.put("distances", 2, "RA0102", "far")
    folder.put("distances", 5, "RA0101", "1")
    found = [line.partition(",")[0] for line in faults(folder.path)]
    assert found == [
        "distances.csv: row 2",
        "distances.csv: row 2",
        "origins.csv: row 2",
        "workforce.csv: row 2",
        "workforce.csv: row 9",
    ]


# Anything -------------------------------------------------------------------------------------------------------------

ODD = (
    *(
        "",
        "0",
        "-1",
        "1e9",
        "1e-300",
        "nan",
        "-inf",
        "0,5",
        "2025.0",
        "RA0101",
        "2024RA0101",
        "women",
        "E1",
        "\x00",
        "é",
    ),
    *(" ", ";", ",", '"', "\n", "\r", "=A1", "1" * 400, "٣", "\ufeff", "None"),
)


def spoilt_cells(text: bytes, chance: random.Random) -> bytes:
    """Change a few cells, or repeat, move or leave out rows and columns."""
    rows = [line.split(",") for line in text.decode("utf-8").splitlines()]
    for _ in range(chance.randint(1, 3)):
        row = chance.randrange(len(rows))
        column = chance.randrange(len(rows[row]))
        match chance.randrange(6):
            case 0:
                del rows[row][column]
            case 1:
                rows.insert(chance.randrange(len(rows)), rows[row][:])
            case 2 if len(rows) > 1:
                del rows[row]
            case _:
                rows[row][column] = chance.choice(ODD)
        rows = [row for row in rows if row] or [[""]]
    return "\n".join(",".join(row) for row in rows).encode("utf-8")


def spoilt_bytes(text: bytes, chance: random.Random) -> bytes:
    """Change, put in or leave out a few bytes, or end the file early."""
    changed = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed.insert(at, chance.choice(b',;"\n\r\t\x00\xe9\xff 0'))
            case 2:
                del changed[at]
            case 3:
                del changed[at : at + chance.randrange(1, len(changed))]
        changed = changed or bytearray(b"x")
    return bytes(changed)


def fuzz(folder: Folder, name: str, seeds: range) -> None:
    """Whatever a file holds: the folder loads or is refused with a fault a line."""
    path = folder.path / name
    text = path.read_bytes()
    for seed in seeds:
        chance = random.Random(seed)
        path.write_bytes(chance.choice((spoilt_cells, spoilt_bytes))(text, chance))
        with warnings.catch_warnings():
            warnings.simplefilter("error" if name.endswith(".csv") else "ignore")  # GDAL tells more than it must
            found = faults(folder.path)
            if not found:
                regions.load(folder.path, check=False)
        assert {line.partition(":")[0] for line in found} <= set(FILES)


FILES = [*(f"{name}.csv" for name in TABLES), "boundaries.geojson"]


@pytest.mark.parametrize("name", FILES)
def test_any_file_loads_or_is_refused(folder: Folder, name: str) -> None:
    fuzz(folder, name, range(2))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_files_load_or_are_refused(folder: Folder, name: str) -> None:
    fuzz(folder, name, range(2, 100))


def test_two_regions_on_a_tile(folder: Folder) -> None:
    folder.put("map_layout", 3, "tile_row", "0")
    (line,) = faults(folder.path)
    assert line.startswith("map_layout.csv: row 3, column tile_column: found column 5, row 0, allowed is a tile of its")
    assert line.endswith("; RA0101 is there")
