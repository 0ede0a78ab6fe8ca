"""Reading a data folder: what loads, what is frozen, and what a spoilt table is answered with."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import regions
from regions import DataError, schema
from regions.tables import FAULTS_SHOWN, SHIPPED, dump_datapackage, load, read
from tests.regions.conftest import Folder

ROOT = Path(regions.__file__).resolve().parents[1]

# Tables whose region column must name regions of regions.csv, and those that a run reads.
BY_REGION = [t.name for t in schema.TABLES if any(c.name == "region" for c in t.columns)]
LOADED = [t.name for t in schema.TABLES if t.name not in ("national_targets", "evidence")]
NUMBERS = [(t.name, c) for t in schema.TABLES for c in t.columns if c.kind != "text" and not c.name.startswith("<")]


def fault(action: object, *parts: str) -> str:
    """Run `action`, which must raise a `DataError` that names all `parts`, and return its message."""
    with pytest.raises(DataError) as caught:
        action()  # type: ignore[operator]
    message = str(caught.value)
    for part in parts:
        assert part in message
    return message


def arrays(value: object) -> Iterator[np.ndarray]:
    """Every array in a dataclass and the dataclasses in it."""
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        inner = getattr(value, field.name)
        if isinstance(inner, np.ndarray):
            yield inner
        elif dataclasses.is_dataclass(inner):
            yield from arrays(inner)


# What loads -----------------------------------------------------------------------------------------------------------


def test_regions_in_the_order_of_the_codes(data: regions.Regions) -> None:
    assert len(data) == 28
    assert list(data.codes) == sorted(data.codes)
    assert data.codes[0] == "RA0101"
    assert data.codes[-1] == "RA1428"
    assert [m.index for m in data.members] == list(range(28))
    assert data.names[21] == data.names_nl[21] == data.names_en[21] == "Zeeland"
    assert data.base_year == 2025


def test_shapes_and_ranges(data: regions.Regions) -> None:
    assert data.distance_km.shape == (28, 28)
    assert (data.distance_km == data.distance_km.T).all()
    assert (data.distance_km > 0).all()
    off = data.distance_km[~np.eye(28, dtype=bool)].reshape(28, 27)
    assert (np.diag(data.distance_km) < off.min(axis=1)).all()
    assert data.origin_share.sum() == pytest.approx(1, abs=1e-12)
    assert data.alpha.sum() == pytest.approx(0, abs=1e-3)
    assert data.relative_fte_mean.shape == (21, 2)
    assert (data.inhabitants_20_44 < data.inhabitants[0]).all()
    for share in ("share", "first_choice", "places"):
        assert sum(getattr(site, share) for site in data.sites) == pytest.approx(1, abs=1e-12)
    assert all(0 <= site.region < 28 for site in data.sites)
    assert all(np.isfinite(array).all() for array in arrays(data))


def test_national_parameters_are_the_ids_and_values_of_the_table(data: regions.Regions) -> None:
    table = pd.read_csv(SHIPPED / "national_parameters.csv").set_index("id")["value"]
    assert dict(data.national) == table.to_dict()


def test_writing_raises(data: regions.Regions) -> None:
    found = list(arrays(data))
    assert len(found) == 15
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0
    with pytest.raises(TypeError):
        data.national["basisjaar"] = 2026.0  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.base_year = 2026  # type: ignore[misc]


@pytest.mark.parametrize(
    "name",
    ["RA1020", "2024RA1020", "2019RA1020", " RA1020 ", "Haaglanden", "Haaglanden (Den Haag)", "Haaglanden (The Hague)"],
)
def test_a_region_goes_by_code_and_name(data: regions.Regions, name: str) -> None:
    assert data.index(name) == 19


def test_a_region_goes_by_row_and_itself(data: regions.Regions) -> None:
    assert data.index(19) == data.index(np.int64(19)) == data.index(data.members[19]) == 19


def test_every_code_and_name_finds_its_region(data: regions.Regions) -> None:
    for m in data.members:
        assert {data.index(key) for key in (m.code, m.name, m.name_nl, m.name_en, m.index, m)} == {m.index}


@pytest.mark.parametrize(
    ("region", "answer"),
    [
        ("Zeland", "did you mean Zeeland"),
        ("zeeland", "did you mean Zeeland"),
        ("RA122", "did you mean RA1222"),
        ("2024RA122", "did you mean RA1222"),
        ("Noord-Holland Nord", "did you mean Noord-Holland Noord"),
        ("?", "allowed are RA0101, RA0102"),
        (28, "allowed are 0 to 27"),
        (-1, "allowed are 0 to 27"),
        (None, "allowed are RA0101"),
        (1.5, "allowed are RA0101"),
    ],
)
def test_an_unknown_region_is_answered_with_the_nearest(data: regions.Regions, region: object, answer: str) -> None:
    fault(lambda: data.index(region), answer)  # type: ignore[arg-type]


@pytest.mark.parametrize("again", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_copy_is_the_same_and_as_frozen(data: regions.Regions, again: object) -> None:
    other = again(data)  # type: ignore[operator]
    assert other.members == data.members
    assert other.sites == data.sites
    assert other.national == data.national
    assert other.fingerprint == data.fingerprint
    for mine, theirs in zip(arrays(data), arrays(other), strict=True):
        assert (mine == theirs).all()
        assert not theirs.flags.writeable
    with pytest.raises(TypeError):
        other.national["basisjaar"] = 2026.0


# Any folder -----------------------------------------------------------------------------------------------------------


def test_a_copied_folder_loads_the_same(data: regions.Regions, folder: Folder) -> None:
    other = load(str(folder.path))
    assert other.folder == folder.path
    assert other.fingerprint == data.fingerprint
    for mine, theirs in zip(arrays(data), arrays(other), strict=True):
        assert (mine == theirs).all()


@pytest.mark.parametrize("table", [t.name for t in schema.TABLES])
def test_fingerprint_changes_with_each_table(data: regions.Regions, folder: Folder, table: str) -> None:
    with folder.file(table).open("a", encoding="utf-8", newline="") as file:
        file.write("\n")
    assert load(folder.path).fingerprint != data.fingerprint


def test_the_order_of_rows_and_columns_does_not_matter(data: regions.Regions, folder: Folder) -> None:
    for table in LOADED:
        if table not in ("regions", "workforce", "training_sites"):
            folder.change(table, lambda frame: frame.iloc[::-1, ::-1])
    other = load(folder.path)
    for mine, theirs in zip(arrays(data), arrays(other), strict=True):
        assert theirs == pytest.approx(mine, rel=1e-12)


def test_regions_keep_the_order_of_their_table(data: regions.Regions, folder: Folder) -> None:
    folder.change("regions", lambda frame: frame.iloc[::-1])
    other = load(folder.path)
    assert other.codes == data.codes[::-1]
    assert (other.distance_km == data.distance_km[::-1, ::-1]).all()
    assert other.demand_share == pytest.approx(data.demand_share[:, ::-1], rel=1e-12)
    assert [other.codes[i] for i in other.workforce.region] == [data.codes[i] for i in data.workforce.region]
    assert [other.codes[site.region] for site in other.sites] == [data.codes[site.region] for site in data.sites]


@pytest.mark.parametrize("table", [t.name for t in schema.TABLES])
def test_excel_marks_and_line_ends_are_accepted(folder: Folder, table: str) -> None:
    plain = read(folder.path, table)
    text = folder.file(table).read_bytes()
    folder.file(table).write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    assert read(folder.path, table).equals(plain)


# Descriptions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_every_column_is_described_and_every_description_has_its_column(
    data: regions.Regions, table: schema.Table
) -> None:
    described = [c.name for c in table.columns]
    if table.name == "distances":
        described = [*described[:-1], *data.codes]
    assert list(pd.read_csv(SHIPPED / table.file, nrows=0).columns) == described
    assert set(table.key) <= set(described)
    for column in table.columns:
        assert column.description
        if column.kind == "number":
            assert column.unit, column.name
            assert column.source, column.name
            assert column.quality in (*schema.QUALITIES, "by row"), column.name
        if column.quality == "by row":
            assert "quality" in described, column.name


def test_every_shipped_file_is_described() -> None:
    package = json.loads((SHIPPED / "datapackage.json").read_text(encoding="utf-8"))
    described = {resource["path"] for resource in package["resources"]}
    assert described | {"datapackage.json"} == {path.name for path in SHIPPED.iterdir()}
    assert described - {"boundaries.geojson"} == {table.file for table in schema.TABLES}


def test_datapackage_is_the_one_that_the_schema_gives(tmp_path: Path) -> None:
    dump_datapackage(tmp_path)
    assert (tmp_path / "datapackage.json").read_bytes() == (SHIPPED / "datapackage.json").read_bytes()


def test_datapackage_names_what_is_allowed() -> None:
    package = json.loads((SHIPPED / "datapackage.json").read_text(encoding="utf-8"))
    workforce = next(r for r in package["resources"] if r["name"] == "workforce")["schema"]
    fields = {field["name"]: field for field in workforce["fields"]}
    assert workforce["primaryKey"] == ["region", "sex", "age", "role"]
    assert fields["role"]["constraints"] == {"enum": ["holder", "salaried", "fixed_locum", "changing_locum"]}
    assert fields["age"]["constraints"] == {"minimum": 20, "maximum": 90}
    assert fields["fte"]["unit"] == "fte"


def cited(path: Path) -> set[str]:
    """The evidence numbers in a file; the ends of a range (E919 to E926) are both in it."""
    return set(re.findall(r"\bE\d{3}\b", path.read_text(encoding="utf-8")))


def test_every_citation_resolves() -> None:
    evidence = set(read(SHIPPED, "evidence")["id"])
    files = [*SHIPPED.glob("*.csv"), ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for package in ("abm", "regions", "experiments"):
        files += [*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.toml")]
    unknown = {str(path.relative_to(ROOT)): sorted(cited(path) - evidence) for path in files if path.is_file()}
    assert not {path: ids for path, ids in unknown.items() if ids}


def test_citations_are_found_where_they_are_used() -> None:
    assert {"E046", "E335"} <= cited(ROOT / "regions" / "workforce.py")
    assert "E704" in cited(ROOT / "abm" / "scenario.py")
    assert {"E919", "E926"} <= cited(SHIPPED / "attractiveness.csv")


# Spoilt tables --------------------------------------------------------------------------------------------------------


def codes_for(data: regions.Regions, table: str) -> tuple[str, ...] | None:
    return data.codes if table in BY_REGION else None


def test_a_missing_folder(tmp_path: Path) -> None:
    fault(lambda: load(tmp_path / "nowhere"), str(tmp_path / "nowhere"), "no such data folder")


@pytest.mark.parametrize("table", LOADED)
def test_a_missing_file(folder: Folder, table: str) -> None:
    folder.file(table).unlink()
    fault(lambda: load(folder.path), str(folder.file(table)), "missing", "python -m regions.build")


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_a_missing_column(folder: Folder, table: schema.Table) -> None:
    text = folder.file(table.name).read_text(encoding="utf-8")
    for column in table.columns:
        if not column.name.startswith("<"):
            path = folder.change(table.name, lambda frame, name=column.name: frame.drop(columns=name))
            fault(lambda: read(folder.path, table.name), str(path), f"column {column.name} is missing; found ")
            path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("table", "column"), NUMBERS, ids=lambda value: getattr(value, "name", value))
def test_no_number_or_one_out_of_range(folder: Folder, table: str, column: schema.Column) -> None:
    wrong = ["many", "", "nan", "inf", "0,5"]
    if column.kind == "whole":
        wrong.append("2.5")
    if column.minimum is not None:
        wrong.append(f"{column.minimum - 1:g}")
    if column.maximum is not None:
        wrong.append(f"{column.maximum + 1:g}")

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        frame = pd.concat([frame] * 2) if len(frame) < len(wrong) else frame
        frame[column.name] = [*wrong, *frame[column.name].iloc[len(wrong) :]]
        return frame

    path = folder.change(table, spoil)
    kind = "a whole number" if column.kind == "whole" else "a number"
    limit = "" if column.minimum is None else f" from {column.minimum:g}"
    places = [f"{path}: row {i + 2}, column {column.name}: found {value!r}" for i, value in enumerate(wrong)]
    fault(lambda: read(folder.path, table), *(f"{place}, allowed is {kind}{limit}" for place in places))


@pytest.mark.parametrize(
    ("table", "column", "allowed"),
    [(t.name, c.name, c.allowed) for t in schema.TABLES for c in t.columns if c.allowed],
)
def test_a_word_that_is_not_allowed(folder: Folder, table: str, column: str, allowed: tuple[str, ...]) -> None:
    path = folder.put(table, 4, column, "Vrouw")
    place = f"{path}: row 4, column {column}: found 'Vrouw', allowed are {', '.join(allowed)}"
    fault(lambda: load(folder.path), place)


def test_sex_role_and_quality_are_checked() -> None:
    checked = {(t.name, c.name) for t in schema.TABLES for c in t.columns if c.allowed}
    assert {("workforce", "sex"), ("workforce", "role"), ("relative_fte", "sex")} <= checked
    by_row = {t.name for t in schema.TABLES if any(c.quality == "by row" for c in t.columns)}
    assert {("workforce", "quality"), *((name, "quality") for name in by_row)} <= checked


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_a_second_row_for_the_same_key(data: regions.Regions, folder: Folder, table: schema.Table) -> None:
    path = folder.change(table.name, lambda frame: pd.concat([frame, frame.iloc[[1]]]))
    frame = read(SHIPPED, table.name)
    key = ", ".join(map(str, frame.loc[1, list(table.key)]))
    place = f"{path}: row {len(frame) + 2}: a second row for {key}"
    fault(lambda: read(folder.path, table.name, codes_for(data, table.name)), place)


@pytest.mark.parametrize("table", BY_REGION)
def test_an_unknown_region(folder: Folder, table: str) -> None:
    path = folder.put(table, 3, "region", "RA9999")
    fault(lambda: load(folder.path), f"{path}: row 3, column region: found 'RA9999', not a code of regions.csv")


@pytest.mark.parametrize("table", [name for name in BY_REGION if name != "training_sites"])
def test_a_region_without_rows(folder: Folder, table: str) -> None:
    path = folder.change(table, lambda frame: frame[frame["region"] != "RA0410"])
    fault(lambda: load(folder.path), f"{path}: no row for region RA0410")


@pytest.mark.parametrize(
    ("table", "keys", "place"),
    [
        ("inhabitants", {"region": "RA0204", "age_from": "65"}, "no row for region RA0204, age_from 65;"),
        ("forecast", {"region": "RA0204", "year": "2031"}, "no row for region RA0204, year 2031;"),
        ("forecast", {"year": "2045"}, "no row for region RA0101, year 2045 and 27 more;"),
        ("relative_fte", {"year": "2030", "sex": "men"}, "no row for year 2030, sex men;"),
        ("relative_fte", {"year": "2030"}, "no row for year 2030, sex women and 1 more;"),
    ],
)
def test_a_gap_in_a_grid(folder: Folder, table: str, keys: dict[str, str], place: str) -> None:
    path = folder.change(table, lambda frame: frame[(frame[list(keys)] != pd.Series(keys)).any(axis=1)])
    message = fault(lambda: load(folder.path), f"{path}: {place}", "needed is one for every")
    if "year" in keys:
        assert "2025 to 2045" in message


@pytest.mark.parametrize("table", ["inhabitants", "forecast"])
def test_a_region_without_inhabitants(folder: Folder, table: str) -> None:
    def empty(frame: pd.DataFrame) -> None:
        frame.loc[frame["region"] == "RA1222", "persons"] = "0"

    path = folder.change(table, empty)
    fault(lambda: load(folder.path), f"{path}: region RA1222, column persons:", "allowed is more than 0")


def test_age_bands_that_differ(folder: Folder) -> None:
    path = folder.put("gp_use", 4, "age_from", "50")
    fault(
        lambda: load(folder.path), f"{path}: column age_from: found 0, 20, 50,", "has the bands 0, 20, 45, 65, 75, 85"
    )


def test_no_use_at_all(folder: Folder) -> None:
    path = folder.change("gp_use", lambda frame: frame.assign(relative_use="0"))
    fault(lambda: load(folder.path), f"{path}: column relative_use", "allowed is more than 0")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("origins", "share"),
        ("training_sites", "share"),
        ("training_sites", "first_choice"),
        ("training_sites", "places"),
    ],
)
def test_shares_that_do_not_sum_to_one(folder: Folder, table: str, column: str) -> None:
    path = folder.put(table, 2, column, "0.5")
    message = fault(lambda: load(folder.path), f"{path}: column {column} sums to 1.", " 1")
    assert re.search(r"(allowed is|must sum to) 1", message)


def test_shares_that_miss_one_by_rounding_are_scaled(folder: Folder) -> None:
    folder.change("origins", lambda frame: frame.assign(share=frame["share"].astype(float).round(4)))
    assert load(folder.path).origin_share.sum() == pytest.approx(1, abs=1e-12)


def test_a_distance_that_differs_back(folder: Folder) -> None:
    path = folder.put("distances", 2, "RA0102", "99")
    fault(lambda: load(folder.path), f"{path}: RA0101 to RA0102 is 99.0 km, back it is 45.6 km", "equal")


@pytest.mark.parametrize("value", ["far", "", "-3", "inf"])
def test_no_distance(folder: Folder, value: str) -> None:
    path = folder.put("distances", 2, "RA0102", value)
    place = f"{path}: row RA0101, column RA0102: found {value!r}, allowed is a distance in km from 0 on"
    fault(lambda: load(folder.path), place)


def test_a_region_without_a_column_of_distances(folder: Folder) -> None:
    path = folder.change("distances", lambda frame: frame.drop(columns="RA0102"))
    fault(lambda: load(folder.path), f"{path}: column RA0102 is missing")


def test_a_workforce_that_is_not_the_plans(folder: Folder) -> None:
    path = folder.put("workforce", 2, "persons", "11")
    fault(lambda: load(folder.path), f"{path}: 14357 persons", "aanbod_personen", "14347", "agree")


def test_a_workforce_of_ones_own_with_its_own_plan(folder: Folder) -> None:
    folder.put("workforce", 2, "persons", "11")
    folder.change("national_parameters", lambda frame: frame.replace({"value": {"14347.0": "14357"}}))
    assert load(folder.path).workforce.persons.sum() == 14_357


@pytest.mark.parametrize("name", ["basisjaar", "aanbod_personen", "demo_20_midden"])
def test_a_missing_parameter(folder: Folder, name: str) -> None:
    path = folder.change("national_parameters", lambda frame: frame[frame["id"] != name])
    fault(lambda: load(folder.path), f"{path}: column id: {name} is missing")


def test_growth_that_no_mortality_gives(folder: Folder) -> None:
    def grow(frame: pd.DataFrame) -> None:
        frame.loc[frame["id"] == "demo_20_midden", "value"] = "9"

    path = folder.change("national_parameters", grow)
    fault(lambda: load(folder.path), f"{path}: row demo_20_midden", "growth of 9.000 in 20 years (found")


@pytest.mark.parametrize("kept", [[], [1, 2, 3]], ids=["none", "not the youngest"])
def test_exit_classes_that_leave_ages_out(folder: Folder, kept: list[int]) -> None:
    path = folder.change("exit_hazard", lambda frame: frame.iloc[kept])
    fault(lambda: load(folder.path), f"{path}: column age_from: the first class must start at age 0")


def test_no_regions(folder: Folder) -> None:
    path = folder.change("regions", lambda frame: frame.iloc[:0])
    fault(lambda: load(folder.path), f"{path}: there are no regions")


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "cannot be read as comma-separated text"),
        (b"age_from,relative_use\n0,1\n20,1,1,1\n", "in line 3"),
        ("age_from,relative_use\n0,één\n".encode("latin-1"), "not UTF-8 text"),
        ("age_from,relative_use\n0,1\n".encode("utf-16"), "not UTF-8 text"),
        (b"age_from;relative_use\n0;0,69\n", "columns must be separated by commas"),
    ],
    ids=["empty", "too many cells", "latin-1", "utf-16", "semicolons"],
)
def test_no_table(folder: Folder, content: bytes, answer: str) -> None:
    folder.file("gp_use").write_bytes(content)
    fault(lambda: load(folder.path), str(folder.file("gp_use")), answer)


def test_all_faults_of_a_table_at_once(folder: Folder) -> None:
    folder.put("workforce", 2, "sex", "x")
    folder.put("workforce", 3, "age", "99")
    folder.put("workforce", 4, "role", "chef")
    message = fault(lambda: load(folder.path), "row 2, column sex", "row 3, column age", "row 4, column role")
    assert message.count("\n") == 2


def test_many_faults_are_cut_short(data: regions.Regions, folder: Folder) -> None:
    folder.change("workforce", lambda frame: frame.assign(fte=frame["fte"].str.replace(".", ",")))
    message = fault(lambda: load(folder.path), f"and {len(data.workforce.fte) - FAULTS_SHOWN} faults more")
    assert message.count("\n") == FAULTS_SHOWN
