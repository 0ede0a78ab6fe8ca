"""Data folders from the command line: show, export, check, and runs on a folder of one's own."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import abm
import regions
from abm import careers
from experiments import data as folders
from experiments import derive
from experiments.cli import app
from experiments.errors import InputError
from regions import schema


def type_in(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folders.export(tmp_path / "mine")
    return tmp_path / "mine"


def edit(folder: Path, name: str, **changes: object) -> pd.DataFrame:
    """Change columns of a table of a folder: a value, or a function of the column."""
    table = pd.read_csv(folder / f"{name}.csv")
    for column, change in changes.items():
        table[column] = change(table) if callable(change) else change
    table.to_csv(folder / f"{name}.csv", index=False)
    return table


def test_show_names_every_table_and_what_is_assumed() -> None:
    result = type_in("data", "show")
    assert result.exit_code == 0, result.output
    for table in schema.TABLES:
        assert table.file in result.output
    assert "14,347" in result.output
    assert "18,044,027" in result.output
    assert "assumed, by its weight" in result.output


def test_weights_by_hand() -> None:
    weights = {table.title: weight for weight, _, table in folders.assumed_weights(folders.SHIPPED)}
    workforce = pd.read_csv(folders.SHIPPED / "workforce.csv")
    share = workforce.fte[workforce.quality == "assumed"].sum() / workforce.fte.sum()
    assert weights["GPs at work in the base year"] == pytest.approx(share)
    sites = pd.read_csv(folders.SHIPPED / "training_sites.csv")
    assert weights["Training institutes and their annexes"] == pytest.approx(
        sites.share[sites.quality == "assumed"].sum(), abs=1e-6
    )
    assert "Origins" not in weights


def test_the_worst_quality_of_a_region_counts(mine: Path) -> None:
    edit(mine, "forecast", quality=lambda t: t.quality.where((t.region != "RA0101") | (t.year != 2030), "assumed"))
    quality = folders.region_quality(mine)
    assert quality["forecast"]["RA0101"] == "assumed"
    assert quality["forecast"]["RA0102"] == "derived"
    assert quality["workforce"]["RA1222"] == "derived"


def test_an_export_gives_the_same_regions(mine: Path) -> None:
    copy, shipped = regions.load(mine), regions.load()
    assert copy.fingerprint == shipped.fingerprint
    assert (mine / "boundaries.geojson").exists()
    assert type_in("data", "check", mine).output.startswith(f"{mine}: no faults; 28 regions, 14,347 GPs")


def test_an_export_overwrites_nothing(mine: Path, tmp_path: Path) -> None:
    result = type_in("data", "export", mine)
    assert result.exit_code == 2
    assert "is there already" in result.output
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is there already"):
        folders.export(tmp_path / "file")


def test_a_folder_that_is_not_there() -> None:
    for words in (["data", "check", "nowhere"], ["data", "show", "--data", "nowhere"], ["run", "--data", "nowhere"]):
        result = type_in(*words)
        assert result.exit_code == 2
        assert "nowhere: there is no such data folder" in result.output


def test_faults_are_told_with_exit_code_2(mine: Path) -> None:
    edit(mine, "workforce", persons=lambda t: t.persons.astype(str).where(t.index != 3, "two"))
    result = type_in("data", "check", mine)
    assert result.exit_code == 2
    assert "workforce.csv: row 5, column persons: found 'two'" in result.output
    assert "Traceback" not in result.output


@pytest.fixture
def own(mine: Path) -> Path:
    """A register with ten more women in Zeeland."""
    table = pd.read_csv(mine / "workforce.csv")
    here = table.index[(table.region == "RA1222") & (table.sex == "women")][0]
    fte = table.loc[here, "fte"] / table.loc[here, "persons"]
    table.loc[here, ["persons", "fte"]] = [table.loc[here, "persons"] + 10, table.loc[here, "fte"] + 10 * fte]
    table.to_csv(mine / "workforce.csv", index=False)
    return mine


def test_a_stock_of_ones_own_replaces_the_plans(own: Path) -> None:
    data = regions.load(own)
    assert data.national["aanbod_personen"] == 14357
    assert data.national["per_vrouw_basis"] == pytest.approx(9479 / 14357)
    assert data.own_stock["aanbod_personen"] == 14347
    changes = folders.stock_changes(data)
    assert changes["aanbod_personen"] == {"plan": 14347, "own": 14357}
    assert changes["supply_fte_2043"]["own"] > changes["supply_fte_2043"]["plan"]
    nation = abm.SettlementModel(abm.Scenario(), data, rng=1).national().iloc[0]
    assert nation["supply_persons"] == nation["supply_persons_plan"] == 14357
    assert nation["supply_fte"] == pytest.approx(nation["supply_fte_plan"], rel=1e-3)


def test_the_shipped_stock_is_the_plans() -> None:
    assert folders.stock_changes(regions.load()) == {}
    assert list(folders.stock_lines({})) == []


def test_a_run_on_a_stock_of_ones_own_prints_and_stores_the_difference(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = type_in("run", "--data", own, "--replications", 1, "--until", 2026, "--out", out)
    assert result.exit_code == 0, result.output
    assert "national model was run again" in result.output
    assert "supply fte 2043" in result.output
    stored = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["data"]
    assert stored["own_stock"]["aanbod_personen"] == {"plan": 14347, "own": 14357}
    assert stored["quality"]["workforce"]["RA0205"] == "assumed"


def test_another_base_year(mine: Path) -> None:
    """The same tables ten years earlier: everything moves with them."""
    for name in ("forecast", "relative_fte"):
        edit(mine, name, year=lambda t: t.year - 10)
    years = ("basisjaar", "bijsturingsjaar", "trendjaar", "evenwichtsjaar1", "evenwichtsjaar2")
    edit(mine, "national_parameters", value=lambda t: t.value - 10 * t.id.isin(years))
    data = regions.load(mine)
    assert data.base_year == 2015
    model = abm.SettlementModel(abm.Scenario(end_year=2020, intake={2017: 900.0}), data, rng=1)
    while model.running:
        model.step()
    nation, shipped = model.national(), regions.load()
    usual = abm.SettlementModel(abm.Scenario(end_year=2030), shipped, rng=1)
    assert nation["year"].tolist() == list(range(2015, 2021))
    assert nation["demand_fte"][0] == pytest.approx(usual.national()["demand_fte"][0])
    assert abs(nation["supply_fte"].iloc[-1] / nation["supply_fte_plan"].iloc[-1] - 1) < 0.01
    with pytest.raises(ValueError, match="end_year: found 2043, allowed is 2016 to 2035"):
        abm.SettlementModel(abm.Scenario(), data, rng=1)


def test_assumed_regions_are_marked_in_the_printed_table(tmp_path: Path) -> None:
    result = type_in("run", "--replications", 1, "--until", 2026, "--out", tmp_path / "out")
    words = result.output.split()
    assert words[words.index("Twente") - 1] == "*"
    assert words[words.index("Zeeland") - 1] != "*"
    assert "* GPs of the base year assumed" in " ".join(result.output.split())


PROVINCES = Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv"


def test_regrouping_keeps_where_graduates_go(tmp_path: Path) -> None:
    """Expected shares by province are those of the 28 regions added up, though the own region is larger."""
    result = type_in("data", "regroup", tmp_path / "provinces", "--by", PROVINCES)
    assert result.exit_code == 0, result.output
    assert "12 regions" in result.output
    old, new = regions.load(), regions.load(tmp_path / "provinces")
    share = [
        careers.sites(abm.Scenario(), data).share @ derive.expected_shares(abm.Scenario(), data, data.alpha)
        for data in (old, new)
    ]
    found = dict(zip(new.names_nl, share[1], strict=True))
    wanted = pd.Series(share[0]).groupby([m.province for m in old.members]).sum()
    for province in ("Zeeland", "Groningen", "Drenthe", "Flevoland", "Limburg"):  # these consist of whole regions
        assert found[province] == pytest.approx(wanted[province], abs=2e-4)


def test_a_mapping_with_faults_is_refused(tmp_path: Path) -> None:
    table = pd.read_csv(PROVINCES, dtype=str)
    table.loc[0, "gm_code"] = "GM9999"
    table.iloc[:-1].to_csv(tmp_path / "by.csv", index=False)
    result = type_in("data", "regroup", tmp_path / "provinces", "--by", tmp_path / "by.csv")
    assert result.exit_code == 2
    assert "GM9999" in result.output
    assert "Traceback" not in result.output
