"""`gp-settlement national` and `gp-settlement validate national` as a user types them."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from experiments.cli import app

SHIPPED = Path(__file__).parents[2] / "regions" / "data" / "national_parameters.csv"


def type_in(*words: str) -> Result:
    return CliRunner().invoke(app, ["national", *words], env={"COLUMNS": "160"})


def test_the_default_is_the_published_plan() -> None:
    result = type_in()
    assert result.exit_code == 0, result.output
    assert "13,836.8" in result.output
    assert "1,026.7" in result.output
    assert "non-demographic growth" in result.output


def test_the_reference_with_the_inflow_of_the_table(tmp_path: Path) -> None:
    file = tmp_path / "path.csv"
    result = type_in("--current", "718", "--intake", "718", "--yields", "reference", "--csv", str(file))
    assert result.exit_code == 0, result.output
    assert pd.read_csv(file, index_col="year")["required_inflow_6"][2043] == pytest.approx(1031.0, abs=0.05)
    by_file = type_in("--parameters", str(SHIPPED), "--yields", "reference")
    assert "1,031.0" in by_file.output


def test_no_intake_at_all_still_has_an_advice() -> None:
    result = type_in("--intake", "0")
    assert result.exit_code == 0, result.output
    assert "1,026.7" in result.output


def test_the_figure_is_written(tmp_path: Path) -> None:
    file = tmp_path / "new" / "plan.svg"
    assert type_in("--plot", str(file), "--lang", "en").exit_code == 0
    assert "Required yearly inflow into training" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--intake", "-1"], "n_inopleiding_perjaar3: found -1"),
        (["--plot", "plan.gif"], "found .gif, allowed: .png, .svg, .pdf"),
        (["--parameters", "none.csv"], "none.csv: cannot be read"),
    ],
)
def test_wrong_input_is_told_in_one_message(words: list[str], message: str) -> None:
    result = type_in(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    table = pd.read_csv(SHIPPED, dtype=str)[["id", "value"]].set_index("id")
    table.loc["intern_rendement", "value"] = "1.4"
    table.loc["demo_5_midden", "value"] = "0,043"
    table = table.drop(index="uitstroom_man_basis_twintig")
    file = tmp_path / "mine.csv"
    table.reset_index().to_csv(file, index=False)
    result = type_in("--parameters", str(file))
    assert result.exit_code == 2
    for part in ("mine.csv: 3 faults", "intern_rendement: found 1.4", "'0,043'", "uitstroom_man_basis_twintig"):
        assert part in result.output


@pytest.mark.slow
def test_validate_national_writes_the_comparison(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate", "national", "--replications", "20", "--out", str(tmp_path / "v")])
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "v" / "national.csv")
    assert set(table["verdict"]) == {"agrees"}
    assert "national model 1,026.7" in (tmp_path / "v" / "national.md").read_text(encoding="utf-8")
