"""Parameter files, the table of the national model, and its figures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import regions
from abm.national import SCENARIOS, NationalParameters, project
from experiments import national
from experiments.errors import InputError

PLAN = dict(regions.load().national)


def path_of(**changes: float):
    return project(NationalParameters.from_table(PLAN | changes))


def written(tmp_path: Path, table: dict, column: str = "value", sep: str = ",") -> Path:
    file = tmp_path / "parameters.csv"
    file.write_text("\n".join([f"id{sep}{column}", *(f"{k}{sep}{v}" for k, v in table.items())]), encoding="utf-8")
    return file


@pytest.mark.parametrize("column", ["value", "value_2025"])
def test_a_file_gives_the_same_plan_as_the_shipped_table(tmp_path: Path, column: str) -> None:
    table = national.read_table(written(tmp_path, PLAN, column))
    found = national.parameters(table, None, None, "file")
    np.testing.assert_array_equal(project(found).supply_fte, path_of().supply_fte)


def test_only_the_ids_that_are_used_are_needed(tmp_path: Path) -> None:
    from abm.national import REQUIRED_IDS

    table = national.read_table(written(tmp_path, {k: PLAN[k] for k in REQUIRED_IDS}))
    assert national.parameters(table, None, None, "file").base_year == 2025


def test_inflows_replace_those_of_the_table() -> None:
    found = national.parameters(PLAN, 600, 0, "table")
    np.testing.assert_array_equal(found.size[1:4], [600, 600, 0])
    assert national.parameters(PLAN, None, None, "table").size[1] == 718


def test_every_fault_is_in_one_message(tmp_path: Path) -> None:
    bad = PLAN | {"intern_rendement": "0,94", "extern_rendement_man_5jaar": 1.2, "uitstroom_man_basis_tien": 0.1}
    del bad["demo_15_midden"]
    table = national.read_table(_quoted(tmp_path, bad))
    with pytest.raises(InputError) as error:
        national.parameters(table, None, None, "my.csv")
    message = str(error.value)
    assert "my.csv: 4 faults" in message
    for part in (
        "intern_rendement: found '0,94'",
        "extern_rendement_man_5jaar: found 1.2",
        "uitstroom_man_basis_tien: found 0.1",
        "demo_15_midden: found nothing",
        "decimal comma",
    ):
        assert part in message


def _quoted(tmp_path: Path, table: dict) -> Path:
    file = tmp_path / "quoted.csv"
    pd.DataFrame({"id": table.keys(), "value": table.values()}).to_csv(file, index=False)
    return file


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id;value\na;0,94\n", "semicolons"),
        ("name,value\na,1\n", "columns: found name, value"),
        ("id,value_2019,value_2022\na,1,2\n", "one of value or value_YYYY"),
        ("id,value\na,1\na,2\n", "row 3: found a a second time"),
        ("", "columns: found nothing"),
    ],
)
def test_a_file_that_is_no_parameter_table(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"p\.csv") as error:
        national.read_table(file)
    assert message in str(error.value)


def test_a_file_that_is_missing_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        national.read_table(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("id,value\ncaf\xe9,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        national.read_table(tmp_path / "latin.csv")


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    file = written(tmp_path, PLAN)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert national.read_table(file)["aanbod_personen"] == 14347


def test_the_csv_has_the_agreed_columns_and_loses_nothing(tmp_path: Path) -> None:
    path = path_of(n_inopleiding_perjaar=720, n_inopleiding_perjaar2=720, n_inopleiding_perjaar3=720)
    file = tmp_path / "out" / "path.csv"
    national.write_csv(path, file)
    lines = file.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    per_level = [f"demand_{s}_fte{{}}" for s in SCENARIOS] + [f"required_inflow_{s}{{}}" for s in SCENARIOS]
    blocks = [f"{b}_{x}" for b in ("stock", "training", "until_adj", "after_adj", "abroad") for x in ("women", "men")]
    levels = [name.format(suffix) for suffix in ("", "_low", "_high") for name in per_level]
    assert header == ["year", "supply_fte", "supply_heads", *levels, *blocks]
    first = dict(zip(header, lines[1].split(","), strict=True))
    assert first["year"] == "2025"
    assert first["required_inflow_6"] == ""
    assert len(first["supply_fte"].split(".")[1]) >= 6
    table = pd.read_csv(file, index_col="year")
    assert table.loc[2043, "supply_fte"] == pytest.approx(13_836.8, abs=0.05)
    assert table.loc[2043, "required_inflow_6"] == pytest.approx(1_026.7, abs=0.05)
    np.testing.assert_allclose(table["after_adj_women"], path.heads[3, 0], atol=1e-8)


@pytest.mark.parametrize(("lang", "told"), [("nl", "advies, 2043: 1.026,7"), ("en", "advice, 2043: 1,026.7")])
def test_the_figure_tells_the_advice(lang: str, told: str) -> None:
    path = path_of(n_inopleiding_perjaar=720, n_inopleiding_perjaar2=720, n_inopleiding_perjaar3=720)
    drawn = national.figure(path, 6, lang)
    texts = [text.get_text() for text in drawn.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert told in texts
    assert any(("vraag" if lang == "nl" else "demand") in text for text in texts)
