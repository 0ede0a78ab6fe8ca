"""Other regions from the same municipalities: what is kept, what is divided, and what a faulty mapping is told."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import regions
from regions import DataError, build, geography, mapping, regroup, schema
from regions.tables import SHIPPED

PROVINCES = Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv"
CELL = ["sex", "age", "role"]


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False)


@cache
def loaded(folder: Path) -> regions.Regions:
    """Check and load a folder once; its boundaries take seconds."""
    return regions.load(folder)


PLACES = table(SHIPPED, "municipalities")
MAPPINGS: dict[str, Callable[[], Path | pd.DataFrame]] = {
    "provinces": lambda: PROVINCES,
    "municipalities": lambda: pd.DataFrame({"gm_code": PLACES["gm_code"], "region": PLACES["gm_code"]}),
    "halves": lambda: pd.DataFrame(
        {"municipality": PLACES["name"], "region": np.where(PLACES["lat"] > 52, "North", "South")}
    ),
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Regroup by one of `MAPPINGS`, or into the shipped regions, once."""
    folders: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in folders:
            target = tmp_path_factory.mktemp("regrouped") / name
            regroup.regroup(MAPPINGS[name]() if name in MAPPINGS else PLACES[["gm_code", "region"]], target)
            folders[name] = target
        return folders[name]

    return make


@pytest.fixture(params=list(MAPPINGS))
def other(made: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    return made(request.param)


def homes(folder: Path) -> pd.Series:
    """New region of each municipality by code."""
    return table(folder, "municipalities").set_index("gm_code")["region"]


def shares(folder: Path) -> pd.DataFrame:
    """Share of each old region's inhabitants by new region, straight from the municipalities."""
    both = PLACES.assign(new=PLACES["gm_code"].map(homes(folder)))
    persons = both.pivot_table(index="region", columns="new", values="persons", aggfunc="sum", fill_value=0)
    return persons.div(persons.sum(axis=1), axis=0)


def unions(folder: Path) -> list[str]:
    """New regions that consist of whole old ones."""
    return [code for code, column in shares(folder).items() if set(column) <= {0.0, 1.0}]


# The shipped municipalities -------------------------------------------------------------------------------------------


def test_shipped_municipalities_add_up_to_their_regions(data: regions.Regions) -> None:
    assert len(PLACES) == 342
    assert PLACES["gm_code"].is_unique
    assert PLACES["name"].is_unique
    persons = PLACES.groupby("region")["persons"].sum()
    count = build.source("region_population.csv").set_index("code")["population_latest"]
    assert persons.to_dict() == count.to_dict()
    by_age = table(SHIPPED, "inhabitants").groupby("region")["persons"].sum()
    assert (by_age - persons).abs().max() < 0.5
    assert list(persons.index) == list(data.codes)


def test_shipped_points_lie_in_their_regions() -> None:
    frame = geography.boundaries().set_index("code")
    points = shapely.points(regroup._points(PLACES))
    assert all(shapely.intersects(frame.geometry[code], p) for code, p in zip(PLACES["region"], points, strict=True))


def test_training_sites_stand_in_a_municipality_of_their_region() -> None:
    sites = table(SHIPPED, "training_sites").merge(
        PLACES, left_on="municipality", right_on="gm_code", how="left", suffixes=("", "_there")
    )
    assert (sites["region"] == sites["region_there"]).all()
    towns = dict(zip(sites["site"], sites["name"], strict=True))
    assert towns["AMC"] == towns["VUmc"] == "Amsterdam"
    assert towns["VUmc Twente"] == "Enschede"
    assert towns["Radboudumc"] == "Nijmegen"
    assert towns["Erasmus MC Zeeland"] == "Goes"


# The example ----------------------------------------------------------------------------------------------------------


def test_provinces_hold_their_municipalities() -> None:
    mapping = pd.read_csv(PROVINCES)
    assert sorted(mapping["gm_code"]) == sorted(PLACES["gm_code"])
    number = mapping.groupby("region").size()
    assert list(number.index) == [f"PV{i}" for i in range(20, 32)]
    # The municipalities of each province in 2025, in the order of Statistics Netherlands.
    assert list(number) == [10, 18, 12, 25, 6, 51, 26, 44, 50, 13, 56, 31]


def test_provinces_divide_three_regions(made: Callable[[str], Path]) -> None:
    folder = made("provinces")
    share = shares(folder)
    divided = share.index[(share.max(axis=1) < 1)]
    assert list(divided) == ["RA0206", "RA0512", "RA0513"]
    alone = {"Deventer": "PV23", "Scherpenzeel": "PV25", "Nijkerk": "PV25"}
    found = PLACES.set_index("name")
    assert {name: homes(folder)[found.loc[name, "gm_code"]] for name in alone} == alone
    for name, code in alone.items():
        old = found.loc[name, "region"]
        assert share.loc[old, code] == pytest.approx(
            found.loc[name, "persons"] / PLACES.loc[PLACES["region"] == old, "persons"].sum()
        )


def test_names_and_provinces(made: Callable[[str], Path]) -> None:
    provinces = loaded(made("provinces"))
    assert provinces.names[1] == "Fryslân"
    assert provinces.names_en[1] == "Friesland"
    assert provinces.members[1].province == "Friesland"
    towns = loaded(made("municipalities"))
    assert towns.names[towns.index("GM0664")] == "Goes"
    assert towns.members[towns.index("GM0664")].province == "Zeeland"
    halves = loaded(made("halves"))
    assert halves.codes == halves.names == halves.names_en == ("North", "South")
    assert [m.province for m in halves.members] == ["Noord-Holland", "Noord-Brabant"]


def test_neighbours_of_provinces(made: Callable[[str], Path]) -> None:
    near = table(made("provinces"), "regions").set_index("code")["neighbours"].str.split(";").to_dict()
    assert near["PV29"] == ["PV28", "PV30"]
    assert near["PV31"] == ["PV25", "PV30"]
    assert near["PV20"] == ["PV21", "PV22"]
    assert all(code in near[n] for code, others in near.items() for n in others)


# The same regions again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [t.name for t in schema.TABLES if t.name != "regions"])
def test_the_same_regions_give_the_same_tables(made: Callable[[str], Path], name: str) -> None:
    file = schema.BY_NAME[name].file
    assert (made("same") / file).read_bytes() == (SHIPPED / file).read_bytes()


def test_the_same_regions_lie_where_they_lay(made: Callable[[str], Path]) -> None:
    new, old = table(made("same"), "regions"), table(SHIPPED, "regions")
    points = ["x_m", "y_m", "lon", "lat"]
    pd.testing.assert_frame_equal(new.drop(columns=points), old.drop(columns=points))
    assert (new[points] - old[points]).abs().max().to_numpy() == pytest.approx([0, 0, 0, 0], abs=5)  # metres
    assert (new[["lon", "lat"]] - old[["lon", "lat"]]).abs().max().max() < 0.00011
    mine, theirs = geography.boundaries(made("same") / "boundaries.geojson"), geography.boundaries()
    assert list(mine["code"]) == list(theirs["code"])
    assert mine.geometry.symmetric_difference(theirs.geometry).area.max() < 1  # m2
    assert shapely.get_num_coordinates(mine.geometry).sum() == shapely.get_num_coordinates(theirs.geometry).sum()
    source = json.loads((made("same") / "boundaries.geojson").read_text(encoding="utf-8"))["source"]
    assert source == schema.KADASTER


def test_the_same_regions_have_the_same_demand(made: Callable[[str], Path], data: regions.Regions) -> None:
    same = loaded(made("same"))
    assert same.demand_share == pytest.approx(data.demand_share, abs=1e-6)
    assert same.distance_km == pytest.approx(data.distance_km, abs=1e-9)
    assert same.names_nl == data.names_nl


# Other regions --------------------------------------------------------------------------------------------------------


def test_a_regrouped_folder_loads(other: Path, data: regions.Regions) -> None:
    new = loaded(other)
    assert len(new) == table(other, "regions").shape[0]
    assert list(new.codes) == sorted(set(homes(other)))
    assert new.demand_share.sum(axis=1) == pytest.approx(np.ones(21))
    assert (new.demand_share > 0).all()
    assert (np.bincount(new.workforce.region, new.workforce.persons, minlength=len(new)) > 0).all()
    assert new.own_stock == data.own_stock
    assert sorted(path.name for path in other.iterdir()) == sorted(path.name for path in SHIPPED.iterdir())


def test_municipalities_go_over_into_their_new_regions(other: Path, data: regions.Regions) -> None:
    new = loaded(other)
    assert new.municipalities.name == data.municipalities.name
    assert [new.codes[region] for region in new.municipalities.region] == list(homes(other))
    assert set(new.municipalities.region) == set(range(len(new)))
    assert (new.municipalities.persons == data.municipalities.persons).all()
    assert (new.municipalities.distance_km == data.municipalities.distance_km).all()


def test_totals_of_the_nation_are_kept(other: Path) -> None:
    for name, column, by in (
        ("inhabitants", "persons", ["age_from"]),
        ("forecast", "persons", ["year"]),
        ("municipalities", "persons", ["gm_code"]),
        ("workforce", "persons", CELL),
        ("training_sites", "share", ["site"]),
    ):
        new, old = (table(folder, name).groupby(by)[column].sum() for folder in (other, SHIPPED))
        pd.testing.assert_series_equal(new, old, check_exact=name not in ("inhabitants", "training_sites"))
    fte, old_fte = (table(folder, "workforce").groupby(CELL)["fte"].sum() for folder in (other, SHIPPED))
    assert (fte - old_fte).abs().max() < 1e-6
    for name, column, total in (("origins", "share", 1), ("attractiveness", "alpha", 0)):
        assert table(other, name)[column].sum() == pytest.approx(total, abs=2e-6)


def test_inhabitants_and_growth_follow_the_municipalities(other: Path) -> None:
    persons = table(other, "municipalities").groupby("region")["persons"].sum()
    by_age = table(other, "inhabitants").groupby("region")["persons"].sum()
    assert (by_age - persons).abs().max() < 1
    wide, old = (
        table(folder, "forecast").pivot_table(index="region", columns="year", values="persons")
        for folder in (other, SHIPPED)
    )
    assert (wide[2025] - persons).abs().max() == 0
    assert (wide - shares(other).T @ old).abs().max().max() < 1


def test_gps_follow_the_inhabitants(other: Path) -> None:
    new, old = table(other, "workforce"), table(SHIPPED, "workforce")
    share = shares(other)
    expected = share.T @ old.groupby("region")["persons"].sum()
    assert (new.groupby("region")["persons"].sum() - expected).abs().max() < 1
    # The mix of each region is that of the regions it comes from, as nearly as whole persons allow.
    for of in ("sex == 'women'", "role == 'holder'", "role == 'changing_locum'", "age < 40", "age >= 55", "age >= 60"):
        there, all_old = (w.query(of).groupby("region")["persons"].sum() for w in (new, old))
        miss = there.reindex(share.columns, fill_value=0) - share.T @ all_old.reindex(share.index, fill_value=0)
        assert miss.abs().max() < 4, of
        small = expected.index[expected < 10]  # one region's miss may be 3; over many small ones they even out
        assert abs(miss[small].sum()) < 4 + 0.1 * len(small), of


def test_unions_keep_the_gps_of_their_parts(other: Path) -> None:
    new, old = table(other, "workforce"), table(SHIPPED, "workforce")
    share = shares(other)
    for code in unions(other):
        parts = old[old["region"].isin(share.index[share[code] == 1])]
        found = new[new["region"] == code].set_index(CELL)
        expected = parts.groupby(CELL)[["persons", "fte"]].sum()
        assert (found["persons"].sort_index() == expected["persons"]).all()
        assert found["fte"].sort_index().to_numpy() == pytest.approx(expected["fte"].to_numpy())


def test_quality_says_what_was_divided(other: Path) -> None:
    share, whole = shares(other), unions(other)
    for name in ("forecast", "origins", "workforce"):
        new, old = table(other, name), table(SHIPPED, name)
        assert set(new.loc[~new["region"].isin(whole), "quality"]) <= {"assumed"}
        for code in whole:
            parts = old.loc[old["region"].isin(share.index[share[code] == 1]), "quality"]
            worst = max(parts, key=schema.QUALITIES.index)
            assert max(new.loc[new["region"] == code, "quality"], key=schema.QUALITIES.index) == worst
    alpha = table(other, "attractiveness").set_index("region")["quality"]
    single = [code for code in whole if share[code].sum() == 1]
    assert set(alpha.drop(index=single)) <= {"assumed"}


def test_provinces_that_are_regions_keep_what_is_known(made: Callable[[str], Path]) -> None:
    folder = made("provinces")
    assert {"PV20", "PV21", "PV22", "PV24", "PV29"} <= set(unions(folder))
    for name in ("workforce", "forecast", "origins"):
        new, old = (table(f, name) for f in (folder, SHIPPED))
        zeeland, before = new[new["region"] == "PV29"], old[old["region"] == "RA1222"]
        pd.testing.assert_frame_equal(
            zeeland.drop(columns="region").reset_index(drop=True), before.drop(columns="region").reset_index(drop=True)
        )
    alpha, old_alpha = (table(f, "attractiveness").set_index("region") for f in (folder, SHIPPED))
    assert alpha.loc["PV29", "quality"] == old_alpha.loc["RA1222", "quality"]
    # One shift makes them sum to zero again; what lies between two of them stays.
    assert alpha.loc["PV29", "alpha"] - alpha.loc["PV24", "alpha"] == pytest.approx(
        old_alpha.loc["RA1222", "alpha"] - old_alpha.loc["RA0410", "alpha"], abs=2e-4
    )


def test_attractiveness_is_a_mean_by_inhabitants(made: Callable[[str], Path]) -> None:
    folder = made("provinces")
    old = table(SHIPPED, "attractiveness").set_index("region")["alpha"]
    new = table(folder, "attractiveness").set_index("region")["alpha"]
    persons = PLACES.assign(new=PLACES["gm_code"].map(homes(folder)), alpha=PLACES["region"].map(old))
    mean = (persons["alpha"] * persons["persons"]).groupby(persons["new"]).sum() / persons.groupby("new")[
        "persons"
    ].sum()
    assert (new - (mean - mean.mean())).abs().max() < 2e-4


def test_training_sites_move_with_their_town(other: Path) -> None:
    sites = table(other, "training_sites")
    assert list(sites["region"]) == list(sites["municipality"].map(homes(other)))
    shipped = table(SHIPPED, "training_sites")
    pd.testing.assert_frame_equal(sites.drop(columns="region"), shipped.drop(columns="region"))


def test_distances_are_means_over_municipalities(made: Callable[[str], Path]) -> None:
    towns = table(made("municipalities"), "distances").set_index("region")
    assert towns.loc["GM0363", "GM0599"] == pytest.approx(57, abs=2)  # Amsterdam to Rotterdam
    assert towns.loc["GM0935", "GM0014"] == pytest.approx(271, abs=2)  # Maastricht to Groningen
    area = PLACES.set_index("gm_code").loc["GM0014", "area_km2"]
    assert towns.loc["GM0014", "GM0014"] == pytest.approx(0.9054 * np.sqrt(area / np.pi), abs=0.06)
    provinces = table(made("provinces"), "distances").set_index("region")
    old = table(SHIPPED, "distances").set_index("region")
    assert provinces.loc["PV29", "PV20"] == old.loc["RA1222", "RA0101"]


def test_boundaries_cover_the_same_land(other: Path) -> None:
    frame, old = geography.boundaries(other / "boundaries.geojson"), geography.boundaries()
    assert frame.area.sum() == pytest.approx(old.area.sum(), rel=1e-4)
    assert shapely.symmetric_difference(frame.union_all(), old.union_all()).area < 1e-5 * old.area.sum()
    area = table(other, "regions").set_index("code")["area_km2"]
    assert (frame.set_index("code").area / 1e6 - area).abs().max() < 0.06
    shapes = frame.set_index("code").geometry
    points = shapely.points(regroup._points(PLACES))
    for code, point in zip(PLACES["gm_code"].map(homes(other)), points, strict=True):
        assert shapely.intersects(shapes[code], point), code
    source = json.loads((other / "boundaries.geojson").read_text(encoding="utf-8"))["source"]
    assert "approximate" in source


def test_an_island_is_not_cut(made: Callable[[str], Path]) -> None:
    towns = geography.boundaries(made("municipalities") / "boundaries.geojson").set_index("code")
    texel = towns.geometry[PLACES.set_index("name").loc["Texel", "gm_code"]]
    old = geography.boundaries().set_index("code").geometry["RA0614"]
    assert any(shapely.equals_exact(part.normalize(), texel.normalize(), 0.5) for part in old.geoms)


def test_a_municipality_has_the_age_mix_of_its_region(made: Callable[[str], Path]) -> None:
    new = table(made("municipalities"), "inhabitants").pivot_table(index="region", columns="age_from", values="persons")
    old = table(SHIPPED, "inhabitants").pivot_table(index="region", columns="age_from", values="persons")
    mix, whole = new.loc["GM0664"] / new.loc["GM0664"].sum(), old.loc["RA1222"] / old.loc["RA1222"].sum()
    assert mix.to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-5)


def test_a_regrouped_folder_can_be_regrouped(made: Callable[[str], Path], tmp_path: Path) -> None:
    target = tmp_path / "back"
    regroup.regroup(PLACES[["gm_code", "region"]], target, made("municipalities"))
    new, old = (table(f, "workforce").groupby(["region", *CELL])["persons"].sum() for f in (target, SHIPPED))
    pd.testing.assert_series_equal(new, old)
    for name, column, most in (("inhabitants", "persons", 5), ("forecast", "persons", 20)):
        new, old = table(target, name), table(SHIPPED, name)
        assert (new[column] - old[column]).abs().max() < most
    regions.load(target)


def test_figures_of_ones_own_are_regrouped(made: Callable[[str], Path], tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    workforce = table(own, "workforce")
    here = workforce["region"] == "RA0512"
    workforce.loc[here, ["persons", "fte"]] *= 2
    workforce.to_csv(own / "workforce.csv", index=False)
    (own / "evidence.csv").unlink()
    regroup.regroup(PROVINCES, tmp_path / "new", own)
    new = table(tmp_path / "new", "workforce")
    assert new["persons"].sum() == workforce["persons"].sum()
    assert new["fte"].sum() == pytest.approx(workforce["fte"].sum())
    assert not (tmp_path / "new" / "evidence.csv").exists()
    before = table(made("provinces"), "workforce")
    extra = new.groupby("region")["persons"].sum() - before.groupby("region")["persons"].sum()
    assert set(extra[extra != 0].index) == {"PV25", "PV26"}  # one of its municipalities is in Gelderland


# Whole persons --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_rounded_flows_stay_near_and_go_nowhere_new(drawn: st.DataObject) -> None:
    n, m = drawn.draw(st.integers(1, 5)), drawn.draw(st.integers(2, 8))
    weight = np.array(drawn.draw(st.lists(st.lists(st.integers(0, 9), min_size=m, max_size=m), min_size=n, max_size=n)))
    weight[:, 0] += weight.sum(axis=1) == 0
    heads = np.array(drawn.draw(st.lists(st.integers(0, 60), min_size=n, max_size=n)))
    expected = weight / weight.sum(axis=1, keepdims=True) * heads[:, None]
    flows = regroup._flows(expected)
    assert flows.sum(axis=1).tolist() == heads.tolist()
    assert np.abs(flows - expected).max() < 1
    assert np.abs((flows - expected).sum(axis=0)).max() < 1
    assert (flows[weight == 0] == 0).all()


def test_small_regions_get_a_gp_before_others_get_one_more() -> None:
    assert regroup._flows(np.array([[0.1, 5.9]])).tolist() == [[1, 5]]
    assert regroup._flows(np.array([[0.3, 4.7, 0.0], [0.0, 2.1, 0.9]])).tolist() == [[1, 4, 0], [0, 2, 1]]
    assert regroup._flows(np.array([[0.1, 0.2, 5.7]])).tolist() == [[0, 1, 5]]  # one is left over for two of them


def test_parts_stand_evenly_in_line() -> None:
    counts = np.array([60, 30, 9, 1])
    line = regroup._spread(counts)
    assert np.bincount(line).tolist() == counts.tolist()
    for end in range(0, 101, 10):
        found = np.bincount(line[:end], minlength=4)
        assert np.abs(found - counts * end / 100).max() < 2.5
    assert regroup._spread(np.array([0, 3, 0])).tolist() == [1, 1, 1]


def test_a_region_without_gps_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    workforce = table(own, "workforce")
    kept = ~((workforce["region"] == "RA0103") & (workforce["age"] != 45))
    workforce[kept].to_csv(own / "workforce.csv", index=False)
    with pytest.raises(DataError, match=r"region GM\d{4} would have no GPs at all; join it"):
        regroup.regroup(MAPPINGS["municipalities"](), tmp_path / "new", own)


# The mapping ----------------------------------------------------------------------------------------------------------


def halves() -> pd.DataFrame:
    return pd.DataFrame({"gm_code": PLACES["gm_code"], "region": np.where(PLACES["lat"] > 52, "North", "South")})


def fault(mapping: pd.DataFrame | Path, target: Path) -> str:
    with pytest.raises(DataError) as caught:
        regroup.regroup(mapping, target)
    assert not target.exists()
    return str(caught.value)


def test_every_fault_of_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    mapping = halves().assign(name=lambda m: m["region"])
    mapping.loc[0, "gm_code"] = "Gronigen"
    mapping.loc[5, "gm_code"] = mapping.loc[6, "gm_code"]
    mapping.loc[7, "region"] = ""
    mapping.loc[8, "region"] = "a-b"
    mapping.loc[10, "name"] = "Nord"
    mapping = mapping.drop(index=11)
    path = tmp_path / "mapping.csv"
    mapping.to_csv(path, index=False)
    lines = fault(path, tmp_path / "new").splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    message = "\n".join(lines)
    assert "row 2, column gm_code: found 'Gronigen', not in municipalities.csv; did you mean Groningen?" in message
    name = PLACES["name"][6]
    assert f"row 8, column gm_code: {name} is in row 7 already" in message
    absent = [f"{PLACES['gm_code'][i]} {PLACES['name'][i]}" for i in (0, 5, 11)]
    assert f"no row for {', '.join(absent)}; every municipality needs a region" in message
    assert "row 9, column region: found '', allowed is a letter followed by letters and digits" in message
    assert "row 10, column region: found 'a-b'" in message
    assert re.search(r"column name: found .*Nord.* for region \w+, allowed is one", message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.assign(region="All"), "column region: found 1 different regions, allowed are 2 to 400"),
        (lambda m: m.assign(region=""), "row 2 and 341 more, column region: found ''"),
        (lambda m: m.assign(region="region"), "row 2 and 341 more, column region: found 'region'"),
        (
            lambda m: m.assign(region=[f"{i}" for i in range(342)]),
            "row 3, column region: found '1', allowed is a letter followed",
        ),
        (lambda m: m.drop(columns="region"), "column region is missing; found gm_code"),
        (lambda m: m.rename(columns={"gm_code": "code"}), "column municipality is missing; found code, region"),
        (lambda m: m.iloc[:0], "and 322 more; every municipality needs a region"),
        (lambda m: m.assign(name="Half"), "column name: found 'Half' for region South, allowed is no name or code"),
        (
            lambda m: m.assign(name=m["region"].map({"North": "South", "South": ""})),
            "column name: found 'South' for region North, allowed is no name or code of another region; South has it",
        ),
        (
            lambda m: m.assign(
                name=m["region"].map({"North": "Half", "South": ""}), name_en=m["region"].map({"South": "Half"})
            ),
            "column name_en: found 'Half' for region South, allowed is no name or code of another region; North has it",
        ),
        (lambda m: m.assign(gm_code=np.nan), "column gm_code: found ''"),
    ],
)
def test_a_bad_mapping(tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    assert message in fault(change(halves()), tmp_path / "new")
    path = tmp_path / "mapping.csv"
    change(halves()).to_csv(path, index=False)
    fault(path, tmp_path / "new")


def test_more_than_400_regions_are_refused() -> None:
    codes = pd.Series([f"R{i}" for i in range(401)])
    assert mapping._code_faults(codes) == ["column region: found 401 different regions, allowed are 2 to 400"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such .csv file" in fault(tmp_path / "nowhere.csv", tmp_path / "new")
    path = tmp_path / "mapping.csv"
    halves().to_csv(path, index=False, sep=";")
    assert str(path) in (message := fault(path, tmp_path / "new"))
    assert "commas" in message
    path.write_bytes("gm_code,region\nGM0014,Frysl\u00e2n".encode("latin-1"))
    assert "UTF-8" in fault(path, tmp_path / "new")


def test_names_of_municipalities_and_blank_lines_do(tmp_path: Path) -> None:
    named = enumerate(zip(PLACES["name"], halves()["region"], strict=True))
    rows = [f'"{name.upper() if i % 2 else name} ",{code}' for i, (name, code) in named]
    path = tmp_path / "mapping.csv"
    path.write_text("municipality,region\n" + "\n\n".join(rows) + "\n", encoding="utf-8-sig")
    regroup.regroup(path, tmp_path / "new")
    assert regions.load(tmp_path / "new").codes == ("North", "South")


def test_names_are_those_given(tmp_path: Path) -> None:
    mapping = halves()
    mapping["name"] = ""
    mapping.loc[mapping["region"].eq("North").idxmax(), "name"] = "De noordhelft"
    mapping["name_en"] = mapping["region"].map({"North": "Northern half", "South": ""})
    regroup.regroup(mapping, tmp_path / "new")
    new = regions.load(tmp_path / "new")
    assert new.names == new.names_nl == ("De noordhelft", "South")
    assert new.names_en == ("Northern half", "South")


def test_a_default_name_that_is_taken_makes_way_for_the_code(tmp_path: Path) -> None:
    provinces = pd.read_csv(PROVINCES, keep_default_na=False)
    city = provinces["gm_code"] == "GM0014"
    provinces.loc[city, ["region", "name", "name_nl", "name_en"]] = ["STAD", "", "", ""]
    provinces.loc[provinces["region"] == "PV20", ["name_nl", "name_en"]] = ""
    regroup.regroup(provinces, tmp_path / "new")
    new = regions.load(tmp_path / "new")
    names = dict(zip(new.codes, zip(new.names, new.names_nl, new.names_en, strict=True), strict=True))
    assert names["PV20"] == ("Groningen",) * 3
    assert names["STAD"] == ("STAD",) * 3


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(DataError, match="is there already; name a folder that is new or empty"):
        regroup.regroup(halves(), tmp_path)
    with pytest.raises(DataError, match="is there already"):
        regroup.regroup(halves(), SHIPPED)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    regroup.regroup(halves(), tmp_path)
    assert len(regions.load(tmp_path)) == 2


def test_a_source_with_a_region_without_municipalities(tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED, own)
    places = table(own, "municipalities")
    places["region"] = places["region"].replace("RA1222", "RA1121")
    places.to_csv(own / "municipalities.csv", index=False)
    with pytest.raises(DataError, match="RA1222"):
        regroup.regroup(halves(), tmp_path / "new", own)


# The model ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_model_runs_on_other_regions(other: Path) -> None:
    from abm import Scenario, SettlementModel

    data = loaded(other)
    model = SettlementModel(Scenario(end_year=2028), data, rng=1)
    while model.running:
        model.step()
    results, nation = model.results(), model.national()
    assert sorted(results["year"].unique()) == [2025, 2026, 2027, 2028]
    assert set(results["region_code"]) == set(data.codes)
    last = nation.set_index("year").loc[2028]
    assert last["supply_fte"] == pytest.approx(last["supply_fte_plan"], rel=0.01)
    assert results.groupby("year")["supply_fte"].sum().to_numpy() == pytest.approx(nation["supply_fte"].to_numpy())
    table = model.practice_table()
    assert list(table["region_code"]) == list(
        table["municipality"].map(dict(zip(PLACES["name"], homes(other), strict=True)))
    )
    assert set(table["region_code"]) == set(data.codes)
