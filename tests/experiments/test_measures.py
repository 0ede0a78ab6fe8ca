"""What is measured of a run, and the table of the evidence that it is held against."""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
import regions
from abm import indicators
from abm.population import IN_NO_PROGRAMME, NOWHERE, Block, Population, Status
from experiments import measures, parameter_sets, targets
from experiments.errors import InputError
from experiments.measures import MEASURES, measure
from experiments.seen import Seen
from experiments.targets import Target
from regions.people import Role
from regions.tables import SHIPPED, read

ROOT = Path(__file__).resolve().parents[2]
DATA = regions.load()
LAST_YEAR = 2031
VU, LEIDEN = "Amsterdam UMC (VUmc)", "Leiden UMC"
Flow = tuple[int, str, str, str, float, float]


@pytest.fixture(scope="module")
def run() -> abm.SettlementModel:
    return finished(LAST_YEAR)


@pytest.fixture(scope="module")
def found(run: abm.SettlementModel) -> dict[str, float]:
    return measure(run)


def finished(end_year: int) -> abm.SettlementModel:
    model = abm.SettlementModel(None, DATA, rng=1, end_year=end_year)
    while model.running:
        model.step()
    return model


def by_hand(years: int, flows: Iterable[Flow] = (), **state: Any) -> Seen:
    """A run of so many years with the tables of this test: indicators (years, regions), by default zero, and flows."""
    shape = (years + 1, len(DATA))
    columns = {name: np.broadcast_to(state.get(name, 0.0), shape).ravel() for name in indicators.NAMES}
    names = ["year", "flow", "region_code", "site", "persons", "fte"]
    model = SimpleNamespace(
        regions=DATA,
        t=years,
        year=DATA.base_year + years,
        results=lambda: pd.DataFrame(columns),
        flows=lambda: pd.DataFrame(list(flows), columns=names),
    )
    return Seen(model)  # type: ignore[arg-type]


def by_name(name: str, seen: Seen) -> dict[str, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(MEASURES[name].of(seen)).ravel().tolist()
    return dict(zip(MEASURES[name].keys(seen), values, strict=True))


def columns(**by_region: Iterable[float]) -> np.ndarray:
    """A table (years, regions), zero but for the regions named, each a value by year or one for all years."""
    length = max(np.size(list(v)) for v in by_region.values())
    table = np.zeros((length, len(DATA)))
    for code, values in by_region.items():
        table[:, DATA.index(code)] = list(values)
    return table


# The measures -------------------------------------------------------------------------------------------------------


def test_a_run_gives_every_measure_that_it_is_long_enough_for(found: dict[str, float]) -> None:
    for name, one in MEASURES.items():
        values = np.array([value for key, value in found.items() if key.split("[")[0] == name])
        long_enough = one.by != "elsewhere" and one.years <= LAST_YEAR - DATA.base_year
        assert len(values) > 0
        assert np.isfinite(values).all() if long_enough else np.isnan(values).all(), name


def test_a_run_of_two_years_gives_the_same_measures_and_says_which_it_cannot_know(found: dict[str, float]) -> None:
    short = measure(finished(DATA.base_year + 2))
    assert short.keys() == found.keys()
    known = {key.split("[")[0] for key, value in short.items() if np.isfinite(value)}
    assert known == {name for name, one in MEASURES.items() if one.years <= 2 and one.by != "elsewhere"}


def test_measuring_leaves_the_run_as_it_was(run: abm.SettlementModel, found: dict[str, float]) -> None:
    again = measure(run)
    assert list(again) == list(found)
    np.testing.assert_array_equal(list(again.values()), list(found.values()))


def test_every_measure_is_explained() -> None:
    for name, one in MEASURES.items():
        assert one.name == name
        assert all((one.unit, one.label_en, one.label_nl, one.meaning)), name


# Leiden: 3 in the region, 2 elsewhere in Zuid-Holland, 5 in Amsterdam. VUmc: 4 stay in Amsterdam; of the annex in
# Twente 1 stays and 5 go to Amsterdam. What happens in the sixth year does not count.
GRADUATES: list[Flow] = [
    (2026, "graduation", "RA0818", "LUMC", 1, 0.6),
    (2027, "graduation", "RA0818", "LUMC", 2, 1.2),
    (2028, "graduation", "RA0919", "LUMC", 2, 1.2),
    (2028, "graduation", "RA0616", "LUMC", 5, 3.0),
    (2030, "graduation", "RA0616", "VUmc", 4, 2.4),
    (2030, "graduation", "RA0616", "VUmc Twente", 5, 3.0),
    (2030, "graduation", "RA0205", "VUmc Twente", 1, 0.6),
    (2031, "graduation", "RA0205", "VUmc", 99, 60.0),
    (2029, "arrival", "RA0205", "", 99, 60.0),
]


def test_who_stays_near_the_place_of_training() -> None:
    seen = by_hand(6, GRADUATES)
    province = by_name("share_stay_training_province", seen)
    assert province["share_stay_training_province[LUMC]"] == province[f"share_stay_training_province[{LEIDEN}]"] == 0.5
    assert province["share_stay_training_province[VUmc]"] == 1
    assert province["share_stay_training_province[VUmc Twente]"] == pytest.approx(1 / 6)
    assert province[f"share_stay_training_province[{VU}]"] == 0.5
    assert province["share_stay_training_province"] == 0.5
    assert np.isnan(province["share_stay_training_province[AMC]"])
    # Amsterdam is within 50 km of Leiden; those of the annex who go there are near another site of their institute.
    near = by_name("share_near_training", seen)
    assert near["share_near_training[LUMC]"] == near[f"share_near_training[{VU}]"] == 1
    assert DATA.distance_km[DATA.index("RA0616"), DATA.index("RA0818")] < measures.NEAR_KM


def test_where_the_graduates_of_a_region_come_from() -> None:
    seen = by_hand(6, GRADUATES)
    share, first = by_name("share_trained", seen), by_name("rank_as_supplier", seen)
    assert share[f"share_trained[RA0616|{LEIDEN}]"] == pytest.approx(5 / 14)
    assert share[f"share_trained[Zuid-Holland|{LEIDEN}]"] == 1
    assert first[f"rank_as_supplier[RA0616|{VU}]"] == 1
    assert first[f"rank_as_supplier[RA0616|{LEIDEN}]"] == 2
    assert by_name("graduates_go", seen)[f"graduates_go[Noord-Holland|{VU}]"] == pytest.approx(0.9)
    # One in ten of VUmc against one in twenty of all.
    assert by_name("over_represented", seen)[f"over_represented[Overijssel|{VU}]"] == pytest.approx(2)


def test_how_popular_regions_are() -> None:
    outflow = columns(RA0616=[0.14] * 7, RA0818=[0.1] * 7, RA0919=[0.4] * 7, RA0205=[0.05] * 7)
    seen = by_hand(6, GRADUATES, outflow_5y=outflow)
    popular, rank = by_name("popularity", seen), by_name("rank_graduates", seen)
    assert popular["popularity[RA0616]"] == 1
    assert popular["popularity[RA0818]"] == pytest.approx(3 / 14)
    codes = ("RA0616", "RA0818", "RA0919", "RA0205", "RA0101")
    assert [rank[f"rank_graduates[{code}]"] for code in codes] == [1, 2, 3, 4, 5]
    # Graduates over outflow: 14 / 0.14, 3 / 0.1, 2 / 0.4, 1 / 0.05.
    position = by_name("rank_position", seen)
    assert [position[f"rank_position[{code}]"] for code in codes[:4]] == [1, 2, 4, 3]


def test_recent_graduates_against_fte_are_those_after_five_years() -> None:
    ratio = columns(RA0512=[9, 9, 9, 9, 9, 1.2, 9])
    assert by_name("alumni_ratio", by_hand(6, alumni_ratio=ratio))["alumni_ratio[RA0512]"] == 1.2


def test_moves_are_counted_against_those_who_could_move() -> None:
    flows = [
        (2026, "move_out_holder", "RA0101", "", 1, 1.0),
        (2030, "move_out_holder", "RA0102", "", 2, 2.0),
        (2031, "move_out_holder", "RA0102", "", 50, 50.0),
        (2027, "move_out_salaried", "RA0101", "", 4, 3.0),
        (2027, "move_out_fixed_locum", "RA0101", "", 5, 3.0),
        (2028, "move_out_changing_locum", "RA0103", "", 3, 3.0),
    ]
    each = {"persons_holder": 60, "persons_salaried": 10, "persons_fixed_locum": 15, "persons_changing_locum": 5}
    seen = by_hand(6, flows, **{name: columns(RA0101=[n] * 7) for name, n in each.items()})
    assert MEASURES["move_rate_holder"].of(seen) == pytest.approx(3 / (5 * 60))
    assert MEASURES["move_rate_salaried"].of(seen) == pytest.approx(4 / (5 * 10))
    assert MEASURES["move_rate_locum"].of(seen) == pytest.approx(8 / (5 * 20))


def test_changes_are_per_year_over_the_first_five() -> None:
    seen = by_hand(
        6,
        persons_holder=columns(RA0101=[100, 100, 100, 100, 100, 90, 0]),
        persons_salaried=columns(RA0101=[10, 0, 0, 0, 0, 15, 0]),
        persons_fixed_locum=columns(RA0102=[20, 0, 0, 0, 0, 40, 0]),
        persons_changing_locum=columns(RA0102=[30, 0, 0, 0, 0, 25, 0]),
        supply_persons=columns(RA0101=[200, 1, 1, 1, 1, 225, 1]),
        practices=columns(RA0101=[50, 0, 0, 0, 0, 40, 0]),
    )
    expected = {
        "holders_change": -2,
        "salaried_change": 1,
        "salaried_and_fixed_change": 5,
        "changing_locums_change": -1,
        "locums_change": 3,
        "practices_change": -2,
        "share_holder_change": 100 * (90 / 225 - 0.5) / 5,
    }
    assert {name: MEASURES[name].of(seen) for name in expected} == pytest.approx(expected)


def test_successors_found() -> None:
    flows = [
        (2026, "succession_found", "RA0101", "", 2, 0),
        (2030, "succession_found", "RA0102", "", 1, 0),
        (2027, "succession_not_found", "RA0101", "", 1, 0),
        (2031, "succession_not_found", "RA0101", "", 70, 0),
    ]
    assert MEASURES["share_succession_found"].of(by_hand(6, flows)) == 0.75


def test_leavers_and_starters() -> None:
    flows = [
        (2026, "retirement", "RA0101", "", 1, 1.0),
        (2027, "exit", "RA0101", "", 1, 0.8),
        (2027, "graduation", "RA0101", "UMCG", 2, 1.2),
        (2035, "retirement", "RA0101", "", 3, 3.0),
    ]
    seen = by_hand(10, flows, supply_persons=columns(RA0101=[20] * 11))
    assert by_name("starters_per_leaver", seen)["starters_per_leaver[Groningen]"] == pytest.approx(0.9 / 0.6)
    assert by_name("leavers_10y", seen)["leavers_10y[RA0101]"] == pytest.approx(5 / 20)


def test_shortage_demand_and_workload() -> None:
    years = np.arange(11)
    supply = np.full((11, len(DATA)), 10.0)
    demand = np.full((11, len(DATA)), 10.0)
    demand[:, DATA.index("RA0205")] = 10 + years  # 10 to 20 fte
    seen = by_hand(10, supply_fte=supply, demand_fte=demand, vacancy_rate=demand / supply - 1)
    assert by_name("shortage_share", seen)["shortage_share[RA0205]"] == 0
    growth = by_name("shortage_growth_10y", seen)
    assert growth["shortage_growth_10y[RA0205]"] == pytest.approx(0.5)
    assert growth["shortage_growth_10y[Overijssel]"] == pytest.approx(10 / 30)  # with IJssel-Vecht
    demand_growth = by_name("demand_growth_vs_nation_10y", seen)
    assert demand_growth["demand_growth_vs_nation_10y[RA0205]"] == pytest.approx(1 - 1 / 28)
    assert MEASURES["workload_range"].of(seen) == pytest.approx(np.mean([0, 0.1, 0.2, 0.3, 0.4, 0.5]))
    for name in ("rank_shortage_5y", "rank_shortage_10y"):
        assert by_name(name, seen)[f"{name}[RA0205]"] == 1
        assert by_name(name, seen)[f"{name}[RA0204]"] == 2


def test_patient_stops_and_lists() -> None:
    seen = by_hand(
        0,
        practices=columns(RA0204=[10], RA0205=[30], RA0101=[60]),
        share_patient_stop=columns(RA0204=[1.0], RA0205=[0.6], RA0101=[0.5]),
        mean_list=columns(RA0204=[3000], RA0205=[4000], RA0101=[2000]),
        fte_holder=columns(RA0204=[100]),
    )
    stops = by_name("patient_stops_vs_nation", seen)
    nation = (10 + 18 + 30) / 100
    assert stops["patient_stops_vs_nation[Overijssel]"] == pytest.approx(100 * (28 / 40 - nation))
    assert stops["patient_stops_vs_nation[RA0101]"] == pytest.approx(100 * (0.5 - nation))
    assert MEASURES["mean_list"].of(seen) == pytest.approx(2700)
    assert MEASURES["patients_per_holder_fte"].of(seen) == pytest.approx(2700)


def test_the_base_year_is_that_of_the_workforce_table(found: dict[str, float]) -> None:
    force = read(SHIPPED, "workforce")
    older = force["age"] >= 60

    def odds(rows: pd.Series) -> float:
        return force["persons"][rows & older].sum() / force["persons"][rows & ~older].sum()

    zeeland = force["region"] == "RA1222"
    assert found["odds_60plus[RA1222]"] == pytest.approx(odds(zeeland) / odds(zeeland | True))
    assert found["odds_60plus[Zeeland]"] == found["odds_60plus[RA1222]"]
    assert found["odds_55plus[RA1222]"] > 1
    assert found["share_of_gps[RA1222]"] == pytest.approx(force["persons"][zeeland].sum() / force["persons"].sum())
    ages = force["age"].between(36, 45)
    holders = force["persons"][ages & (force["role"] == "holder")].sum()
    assert found["share_holder_36_45"] == pytest.approx(holders / force["persons"][ages].sum())
    assert found["rank_fte[RA1020]"] == 1


def population(ago: np.ndarray, role: np.ndarray, year: int) -> Population:
    gps = Population()
    gps.append(
        key=np.arange(len(ago)), block=Block.UNTIL_ADJUSTMENT, sex=0, birth=1990, site=0, origin=0, partner=NOWHERE,
        wants_practice=True, finish=year - ago, completes=True, registered=year - ago, status=Status.WORKING, role=role,
        region=0, since=year - ago, second=NOWHERE, third=NOWHERE, base_region=NOWHERE, practice=NOWHERE,
        **IN_NO_PROGRAMME,
    )  # fmt: skip
    return gps


def test_the_time_to_takeover() -> None:
    """All take over in their fourth year, or half of them in the second and half in the tenth."""
    seen = by_hand(measures.TAKEOVERS + 1)
    ago = np.repeat(np.arange(20), 2)
    second = np.tile([False, True], 20)
    for holder, years in ((ago >= 4, 3.5), (ago >= np.where(second, 2, 10), (1.5 + 9.5) / 2)):
        role = np.where(holder, Role.HOLDER, Role.FIXED_LOCUM)
        seen.model.population = population(ago, role, seen.model.year)
        assert MEASURES["years_to_takeover"].of(Seen(seen.model)) == pytest.approx(years)


def test_recent_graduates_who_are_locums() -> None:
    seen = by_hand(5)
    ago = np.array([0, 4, 4, 1, 5])
    role = np.array([Role.FIXED_LOCUM, Role.CHANGING_LOCUM, Role.SALARIED, Role.HOLDER, Role.FIXED_LOCUM])
    seen.model.population = population(ago, role, seen.model.year)
    assert MEASURES["share_recent_locum"].of(seen) == 0.5


def test_forms_of_practice_are_those_of_the_table(run: abm.SettlementModel, found: dict[str, float]) -> None:
    table = run.practice_table()
    table = table[(table["state"] != "closed") & (table["form"] != "nobody")]
    for name, form in (("rank_solo_practices", "solo"), ("rank_group_practices", "group")):
        share = (table["form"] == form).groupby(table["region_code"]).mean()
        expected = share.rank(ascending=False, method="min")
        assert {code: found[f"{name}[{code}]"] for code in DATA.codes} == expected.to_dict()


def test_shares_agree_with_the_indicators(run: abm.SettlementModel, found: dict[str, float]) -> None:
    """Those of the five years together lie between the lowest and the highest year."""
    nation = run.national().set_index("year").loc[2026:2030]
    for name in ("share_stay_training_province", "share_succession_found"):
        assert nation[name].min() <= found[name] <= nation[name].max()


# The evidence -------------------------------------------------------------------------------------------------------


def test_every_target_is_of_a_measure_that_a_run_gives(found: dict[str, float]) -> None:
    rows = [target for target in targets.load() if target.use != "put_in"]
    assert rows
    assert {row.key for row in rows} <= found.keys()
    fitted = [row for row in rows if row.use == "fitted"]
    finite = {row.key for row in fitted if np.isfinite(found[row.key])}
    assert {row.key for row in fitted} - finite == {"early_move_ratio"}
    assert all(MEASURES[row.measure].years <= parameter_sets.END_YEAR - DATA.base_year for row in fitted)


def test_all_evidence_that_the_code_and_its_tables_name_is_marked() -> None:
    marked = {id_ for row in targets.load() for id_ in (row.id, *row.also)}
    named: dict[str, str] = {}
    for folder in ("abm", "regions", "experiments"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".csv"} and path.name not in {"evidence.csv", "targets.csv"}:
                for first, last in re.findall(r"\bE(\d{3})(?: to E(\d{3}))?\b", path.read_text(encoding="utf-8")):
                    for number in range(int(first), int(last or first) + 1):
                        named.setdefault(f"E{number:03d}", str(path.relative_to(ROOT)))
    assert len(named) > 100
    assert {id_: path for id_, path in named.items() if id_ not in marked} == {}


def a_target(**changes: Any) -> Target:
    row = Target("E436", (), "fitted", "share_stay_training_province", "", "", 0.42, None, None, 0.02, "share", "")
    return replace(row, **changes)


def test_how_far_a_value_is_away() -> None:
    point, between, above = a_target(), a_target(low=0.4, high=0.5), a_target(target=None, low=0.5)
    assert point.away(0.44) == pytest.approx(1)
    assert point.away(0.40) == pytest.approx(-1)
    np.testing.assert_allclose(between.away(np.array([0.38, 0.40, 0.49, 0.54])), [-1, 0, 0, 2])
    np.testing.assert_allclose(above.miss(np.array([0.3, 0.5, 9.0])), [-0.2, 0, 0])
    assert np.isnan(point.away(np.nan))
    assert a_target(region="RA0205", site=VU).key == f"share_stay_training_province[RA0205|{VU}]"


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Write the shipped table with something else in the first row of an evidence row."""

    def write(id_: str, **cells: str) -> Path:
        with targets.TARGETS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        next(row for row in rows if row["id"] == id_).update(cells)
        path = tmp_path / "targets.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, targets.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.mark.parametrize(
    ("id_", "cells", "message"),
    [
        ("E436", {"id": "E999"}, "E999 is no row of evidence.csv"),
        ("E728", {"also": "E720 E999"}, "E999 is no row of evidence.csv"),
        ("E436", {"id": "E131"}, "E131 is both fitted and tested; allowed is one use"),
        ("E728", {"also": "E001"}, "E001 is both put_in and fitted; allowed is one use"),
        ("E436", {"use": "guessed"}, "use: found 'guessed', allowed is one of put_in, fitted, tested"),
        ("E079", {"measure": "share_recent_locums"}, "found 'share_recent_locums'; did you mean share_recent_locum"),
        ("E001", {"measure": "mean_list"}, "what is put in has none"),
        ("E001", {"note": ""}, "note: found nothing"),
        ("E919", {"region": ""}, "region: found ''; the measure alumni_ratio needs one"),
        ("E919", {"region": "RA0521"}, "E919: region RA0521 is not known; did you mean RA05"),
        ("E079", {"site": "AMC"}, "site: found 'AMC'; the measure share_recent_locum needs none"),
        ("E437", {"site": "AMCC"}, "E437: site AMCC is not known; did you mean AMC"),
        ("E437", {"site": "VUmc"}, r"E437: share_stay_training_province\[VUmc\] is fitted twice"),
        ("E436", {"target": "0,42"}, "target: found '0,42', allowed is a number"),
        ("E436", {"target": ""}, "found no target; what is fitted has one"),
        ("E440", {"high": ""}, "found no target, low or high"),
        ("E436", {"low": "0.6"}, "found low 0.6, target 0.42, high 0.5, which are not in that order"),
        ("E436", {"sd": "0"}, "sd: found 0.0, allowed is more than 0"),
        ("E436", {"unit": "%"}, "unit: found '%', allowed is that of the measure: 'share'"),
        ("E039", {"target": "1"}, "those of the back-cast stand in backcast/observed.csv"),
    ],
)
def test_a_fault_in_the_table_is_told(
    plant: Callable[..., Path], id_: str, cells: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message) as told:
        targets.load(plant(id_, **cells))
    assert "targets.csv" in str(told.value)


def test_a_table_with_other_columns_or_none_at_all_is_told(tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    with pytest.raises(InputError, match="cannot be read"):
        targets.load(path)
    path.write_text("id,use\nE001,put_in\n", encoding="utf-8")
    with pytest.raises(InputError, match="found the columns id, use; allowed are id, also, use"):
        targets.load(path)
    path.write_text(",".join(targets.COLUMNS) + "\nE001,,put_in\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2 \(E001\): found more or fewer cells"):
        targets.load(path)
