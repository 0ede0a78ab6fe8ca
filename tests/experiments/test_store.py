from __future__ import annotations

import json
from pathlib import Path

import filelock
import pandas as pd
import pyarrow.parquet as pq
import pytest

import abm
from abm.indicators import BETWEEN, INDICATORS
from experiments import runner, store
from experiments.errors import InputError
from experiments.store import Results


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_says_what_was_run(design, data, tmp_path):
    results = runner.run(design(2, intake=900.0), tmp_path, data=data)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == results.manifest
    parameters = abm.Scenario(name="baseline", end_year=2027, intake=900.0).model_dump(mode="json")
    assert manifest["scenarios"]["baseline"]["parameters"] == parameters
    assert manifest["scenarios"]["baseline"]["title"] == {"nl": "Proef", "en": "Trial"}
    assert manifest["seed"] == 1
    assert manifest["replications"] == 2
    assert manifest["data"]["fingerprint"] == data.fingerprint
    assert manifest["code"] == store.code_fingerprint()
    assert {"python", "numpy", "mesa"} <= manifest["software"].keys()
    assert manifest["started"] <= manifest["finished"]
    assert [(run["replication"], run["status"]) for run in manifest["runs"]] == [(0, "done"), (1, "done")]
    assert manifest["runs"][0]["seed"] != manifest["runs"][1]["seed"]


def test_the_tables_are_those_of_the_model(design, data, tmp_path):
    planned = design(2)
    results = runner.run(planned, tmp_path, data=data)
    model = abm.SettlementModel(planned.scenarios[0].scenario, data, rng=planned.runs()[1].seed)
    while model.running:
        model.step()
    tables = (model.results(), model.national(), model.flows(), model.ages())
    for name, expected in zip(store.TABLES, tables, strict=True):
        found = results.read(name, replication=1)
        assert list(found.columns) == ["scenario", "replication", *expected.columns]
        assert set(found["scenario"]) == {"baseline"}
        pd.testing.assert_frame_equal(
            found[expected.columns].reset_index(drop=True), expected, check_dtype=False, check_exact=True
        )


def test_columns_carry_unit_and_labels_and_the_file_what_made_it(design, data, tmp_path):
    runner.run(design(1), tmp_path, data=data)
    schema = pq.read_schema(tmp_path / "regions.parquet")
    assert schema.field("supply_fte").metadata[b"unit"] == b"fte"
    assert set(schema.field("vacancy_rate").metadata) == {b"unit", b"label_nl", b"label_en"}
    about = json.loads(schema.metadata[b"gp_settlement"])
    assert about["data"] == data.fingerprint
    plan = pq.read_schema(tmp_path / "national.parquet").field("supply_fte_plan")
    assert plan.metadata[b"unit"] == b"fte"
    for name, indicators in (("regions", INDICATORS), ("national", (*INDICATORS, *BETWEEN))):
        columns = pq.read_schema(tmp_path / f"{name}.parquet")
        for indicator in indicators:
            about = columns.field(indicator.name).metadata
            assert about[b"unit"].decode() == indicator.unit
            assert about[b"label_nl"].decode() == indicator.label_nl
    assert pq.read_schema(tmp_path / "flows.parquet").field("persons").metadata[b"unit"] == b"persons"


def test_a_folder_of_another_version_is_told_apart(design, data, tmp_path):
    runner.run(design(1), tmp_path, data=data)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"format": 2}), encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest.json: found format 2, .* another folder \(--out\)"):
        store.open_results(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"levers": [{"kind": "campaign", "name": "takeover"}]},
            "levers: found takeover, which is a parameter of the scenario",
        ),
        ({"levers": [{"kind": "gone"}]}, "levers.gone: kind: found 'gone'"),
        ({"gone": 1.0}, "gone: no such parameter"),
    ],
)
def test_a_scenario_of_another_version_is_told_apart(tmp_path, change, said):
    parameters = abm.Scenario().model_dump(mode="json")
    assert Results(tmp_path, {"scenarios": {"one": {"parameters": parameters}}}).scenario("one") == abm.Scenario()
    manifest = {"version": "0.1.0", "scenarios": {"one": {"parameters": parameters | change}}}
    with pytest.raises(InputError) as caught:
        Results(tmp_path, manifest).scenario("one")
    assert str(caught.value).startswith(f"{tmp_path}: the results are of another version of gp-settlement (0.1.0)")
    assert str(caught.value).endswith(f"does not know of scenario one: {said}")


def test_a_folder_with_an_equals_sign_reads_the_same(design, data, tmp_path):
    results = runner.run(design(1), tmp_path / "intake=900", data=data)
    assert "intake" not in results.read("regions").columns


def test_an_error_while_writing_leaves_nothing_half_written(design, data, tmp_path, monkeypatch):
    write = Path.write_bytes

    def torn(path, content):
        write(path, content[: len(content) // 2])
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", torn)
        with pytest.raises(OSError, match="no space"):
            runner.run(design(), tmp_path, data=data)
    assert set(content(tmp_path)) == {".lock", "manifest.json", *store.MAPPED}
    assert not store.statuses(tmp_path)
    assert {run["status"] for run in json.loads((tmp_path / "manifest.json").read_text())["runs"]} == {"missing"}
    assert runner.run(design(), tmp_path, data=data).manifest["finished"]


def test_a_part_counts_only_when_all_its_tables_are_there(design, data, tmp_path, monkeypatch):
    write = Path.write_bytes

    def torn(path, content):
        if "national" in path.name:
            raise OSError("no space left")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", torn)
        with pytest.raises(OSError, match="no space"):
            runner.run(design(), tmp_path, data=data)
    assert not store.statuses(tmp_path)


def test_a_torn_final_table_leaves_the_old_one(design, data, tmp_path, monkeypatch):
    runner.run(design(1), tmp_path, data=data)
    before = (tmp_path / "regions.parquet").read_bytes()

    def torn(_, target, __):
        target.write_bytes(b"half")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_stream", torn)
        with pytest.raises(OSError, match="no space"):
            runner.run(design(2), tmp_path, data=data)
    assert (tmp_path / "regions.parquet").read_bytes() == before
    with pytest.raises(InputError, match="not finished"):
        store.open_results(tmp_path)
    assert runner.run(design(2), tmp_path, data=data).read("national")["replication"].nunique() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"seed": 2}, r"seed \(1; now 2\)"), ({"intake": 900.0}, r"intake \(720.0; now 900.0\)")],
)
def test_another_run_does_not_go_into_the_same_folder(design, data, tmp_path, changed, said):
    runner.run(design(), tmp_path, data=data)
    before = content(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        runner.run(design(**changed), tmp_path, data=data)
    assert "--out" in str(caught.value)
    assert "--force" in str(caught.value)
    assert content(tmp_path) == before


def test_other_code_does_not_go_into_the_same_folder(design, data, tmp_path, monkeypatch):
    runner.run(design(), tmp_path, data=data)
    monkeypatch.setattr(store, "code_fingerprint", lambda: "other")
    with pytest.raises(InputError, match="code of the simulator"):
        runner.run(design(), tmp_path, data=data)


@pytest.mark.parametrize("form", [1, store.FORMAT])
def test_force_replaces_results_of_any_format_and_nothing_else(design, data, tmp_path, form):
    runner.run(design(), tmp_path, data=data)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"format": form}), encoding="utf-8")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "vacancy_rate_2030.png").touch()
    own = [tmp_path / name for name in ("comparison notes.docx", "maps/mine.png", "parts/part of a thesis.txt")]
    for file in own:
        file.touch()
    results = runner.run(design(2, seed=2), tmp_path, data=data, force=True)
    assert results.manifest["seed"] == 2
    assert results.read("national")["replication"].nunique() == 2
    assert all(file.exists() for file in own)
    assert not (tmp_path / "maps" / "vacancy_rate_2030.png").exists()


def test_force_leaves_the_manifest_of_another_program(design, data, tmp_path):
    (tmp_path / "manifest.json").write_text('{"format": 1, "version": "2"}', encoding="utf-8")
    with pytest.raises(InputError, match="not the manifest of a results folder"):
        runner.run(design(), tmp_path, data=data, force=True)
    assert set(content(tmp_path)) == {".lock", "manifest.json"}


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_other_files_is_left_alone(design, data, tmp_path, force):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="other files"):
        runner.run(design(), tmp_path, data=data, force=force)
    assert set(content(tmp_path)) == {"thesis.docx"}


def test_a_file_in_the_way_is_explained(design, data, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="cannot hold results"):
        runner.run(design(), tmp_path / "out", data=data)


def test_two_runs_into_one_folder_are_kept_apart(design, data, tmp_path):
    with filelock.FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="in use by another run"):
        runner.run(design(), tmp_path, data=data)
    assert runner.run(design(), tmp_path, data=data).manifest["finished"]


@pytest.mark.parametrize(("text", "said"), [("{", "damaged"), ("[]", "damaged"), ('{"format": 99}', "damaged")])
def test_a_manifest_that_cannot_be_read_is_explained(tmp_path, text, said):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=said):
        store.open_results(tmp_path)
