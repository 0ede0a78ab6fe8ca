"""Reading a data folder: what loads, what is frozen, and what a spoilt table is answered with."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import regions
from regions import DataError, checks, schema
from regions.datapackage import dump_datapackage
from regions.tables import SHIPPED, load, read
from tests.regions.conftest import Folder

ROOT = Path(regions.__file__).resolve().parents[1]

# Tables with a region column, and those that a run reads.
BY_REGION = [t.name for t in schema.TABLES if any(c.name == "region" for c in t.columns)]
LOADED = [t.name for t in schema.TABLES if not t.optional]


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


def test_municipalities_in_the_order_of_their_table(data: regions.Regions) -> None:
    towns, table = data.municipalities, read(SHIPPED, "municipalities")
    assert list(towns.name) == list(table["name"])
    assert [data.codes[region] for region in towns.region] == list(table["region"])
    assert list(towns.persons) == list(table["persons"])
    n = len(towns.name)
    assert n == 342
    assert towns.region.shape == towns.persons.shape == (n,)
    assert towns.distance_km.shape == (n, n)


def test_every_region_has_a_municipality_and_its_inhabitants(data: regions.Regions) -> None:
    towns = data.municipalities
    assert set(towns.region) == set(range(len(data)))
    persons = np.bincount(towns.region, towns.persons)
    assert persons == pytest.approx(data.inhabitants[0], rel=1e-3)


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ("Amsterdam", "Utrecht", 35),
        ("Amsterdam", "Rotterdam", 57),
        ("Groningen", "Maastricht", 271),
        ("Goes", "Goes", 0),
    ],
)
def test_known_distances_between_municipalities(data: regions.Regions, here: str, there: str, km: float) -> None:
    towns = data.municipalities
    found = towns.distance_km[towns.name.index(here), towns.name.index(there)]
    assert found == pytest.approx(km, abs=2 if km else 0)


def test_distances_between_municipalities_are_those_on_the_globe(data: regions.Regions) -> None:
    km, table = data.municipalities.distance_km, read(SHIPPED, "municipalities")
    lon, lat = np.radians(table[["lon", "lat"]].to_numpy()).T
    north, east = np.sin((lat[:, None] - lat) / 2) ** 2, np.sin((lon[:, None] - lon) / 2) ** 2
    globe = 2 * 6371 * np.arcsin(np.sqrt(north + np.cos(lat[:, None]) * np.cos(lat) * east))
    np.testing.assert_array_equal(km, km.T)
    assert (np.diag(km) == 0).all()
    np.testing.assert_allclose(km, globe, rtol=0.01, atol=1e-6)


def test_writing_raises(data: regions.Regions) -> None:
    found = list(arrays(data))
    assert len(found) == 18
    assert len(list(arrays(data.municipalities))) == 3
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


def test_fingerprint_changes_with_each_table(data: regions.Regions, folder: Folder) -> None:
    seen = {data.fingerprint}
    for table in schema.TABLES:
        with folder.file(table.name).open("a", encoding="utf-8", newline="") as file:
            file.write("\n")
        seen.add(load(folder.path, check=False).fingerprint)
    assert len(seen) == len(schema.TABLES) + 1


def test_the_order_of_rows_and_columns_does_not_matter(data: regions.Regions, folder: Folder) -> None:
    for table in LOADED:
        if table not in ("regions", "municipalities", "workforce", "training_sites"):
            folder.change(table, lambda frame: frame.iloc[::-1, ::-1])
    other = load(folder.path)
    for mine, theirs in zip(arrays(data), arrays(other), strict=True):
        np.testing.assert_allclose(theirs, mine, rtol=1e-12)


def test_regions_keep_the_order_of_their_table(data: regions.Regions, folder: Folder) -> None:
    folder.change("regions", lambda frame: frame.iloc[::-1])
    other = load(folder.path)
    assert other.codes == data.codes[::-1]
    assert (other.distance_km == data.distance_km[::-1, ::-1]).all()
    assert other.demand_share == pytest.approx(data.demand_share[:, ::-1], rel=1e-12)
    assert [other.codes[i] for i in other.workforce.region] == [data.codes[i] for i in data.workforce.region]
    assert [other.codes[site.region] for site in other.sites] == [data.codes[site.region] for site in data.sites]


def test_excel_marks_and_line_ends_are_accepted(folder: Folder) -> None:
    for table in schema.TABLES:
        plain, file = read(folder.path, table.name), folder.file(table.name)
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
        assert read(folder.path, table.name).equals(plain), table.name


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


# What is not read -----------------------------------------------------------------------------------------------------


def test_a_folder_of_ones_own_is_checked_first(folder: Folder) -> None:
    folder.put("workforce", 2, "sex", "x")
    folder.put("gp_use", 3, "relative_use", "-1")
    message = fault(lambda: load(folder.path), "gp_use.csv: row 3", "workforce.csv: row 2")
    assert message == fault(lambda: checks.check(folder.path))


def test_a_folder_that_was_checked_is_not_checked_again(folder: Folder) -> None:
    folder.put("workforce", 2, "fte", "99")
    fault(lambda: load(folder.path), "workforce.csv: row 2")
    assert load(folder.path, check=False).workforce.fte[0] == 99


def test_what_ships_is_read_without_the_checks() -> None:
    code = "import regions, sys; regions.load(); regions.load(regions.tables.SHIPPED); print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'regions.tables'" in modules
    assert "'regions.checks'" not in modules
    assert "'pandera'" not in modules


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"region,alpha\n1,2,3\n", b"region,alpha\n\xff,1\n"])
def test_a_file_that_cannot_be_read(folder: Folder, content: bytes) -> None:
    path = folder.file("attractiveness")
    path.write_bytes(content)
    fault(lambda: read(folder.path, "attractiveness"), f"{path}: ")
    path.unlink()
    fault(lambda: read(folder.path, "attractiveness"), f"{path}: the file is missing")


def test_shares_that_miss_one_by_rounding_are_scaled(folder: Folder) -> None:
    folder.change("origins", lambda frame: frame.assign(share=frame["share"].astype(float).round(4)))
    assert load(folder.path).origin_share.sum() == pytest.approx(1, abs=1e-12)


def test_a_year_before_a_code_does_not_matter(data: regions.Regions, folder: Folder) -> None:
    year = "2024"
    for table in BY_REGION:
        folder.change(table, lambda frame: frame.assign(region=year + frame["region"]))
    folder.change("regions", lambda frame: frame.assign(code=year + frame["code"]))
    folder.change("distances", lambda frame: frame.rename(columns=lambda name: name.replace("RA", f"{year}RA")))
    borders = folder.path / "boundaries.geojson"
    borders.write_text(borders.read_text(encoding="utf-8").replace('"RA', f'"{year}RA'), encoding="utf-8")
    other = load(folder.path)
    assert other.members == data.members
    for mine, theirs in zip(arrays(data), arrays(other), strict=True):
        assert (mine == theirs).all()


def test_spaces_empty_rows_and_row_names_do_not_matter(data: regions.Regions, folder: Folder) -> None:
    def write(frame: pd.DataFrame) -> pd.DataFrame:
        names = pd.Series(range(len(frame)), frame.index, dtype=str)
        return pd.concat([frame.assign(sex=" " + frame["sex"]).set_axis(names), frame.iloc[:2].map(lambda _: "")])

    path = folder.change("workforce", write)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.insert(0, "", [str(i) for i in frame.index])
    frame.iloc[-2:] = ""
    frame.to_csv(path, index=False)
    assert path.read_text(encoding="utf-8").startswith(",region,sex")
    other = load(folder.path).workforce
    for mine, theirs in zip(arrays(data.workforce), arrays(other), strict=True):
        assert (mine == theirs).all()


def test_a_workforce_of_ones_own_replaces_the_plans(data: regions.Regions, folder: Folder) -> None:
    folder.put("workforce", 2, "persons", "11")
    folder.put("workforce", 2, "fte", "7")
    other = load(folder.path)
    assert other.workforce.persons.sum() == other.national["aanbod_personen"] == 14_357
    assert other.own_stock["aanbod_personen"] == data.national["aanbod_personen"] == 14_347


def test_a_workforce_of_ones_own_with_its_own_plan(folder: Folder) -> None:
    folder.put("workforce", 2, "persons", "11")
    folder.put("workforce", 2, "fte", "7")
    folder.change("national_parameters", lambda frame: frame.replace({"value": {"14347.0": "14357"}}))
    assert load(folder.path).workforce.persons.sum() == 14_357
