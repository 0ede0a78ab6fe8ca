"""What comes from others, or at a bad moment: one clear message, nothing half done, no order obeyed.

Readers get files that were valid and then spoilt. The slow tests do so for longer, and end processes at random moments.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import abm
import regions
from abm.national import project
from experiments import (
    calibrate,
    comparison,
    comparison_report,
    ensemble,
    figures,
    national,
    runner,
    scenario_files,
    scenarios,
    store,
    summary,
)
from experiments import data as folders
from experiments.cli import app
from experiments.errors import LINE_AT_MOST, InputError, readable
from regions import DataError, geography, mapping
from regions.tables import MOST_BYTES, SHIPPED, read

START = (sys.executable, "-m", "experiments")

# Files that were spoilt ----------------------------------------------------------------------------------------------

CELLS = st.sampled_from([
    "", "0", "-1", "1e-300", "1e9", "1e308", "1e400", "nan", "-inf", "0,5", "1.234,5", "2025.0", "RA0101", "2024RA0101",
    "\x00", "\x1b[31m", "é", "\u202e", "\ufeff", "[/red]", "$\\x$", "=A1", "../../x", "٣", '"', "\r", "x" * 200_000,
])  # fmt: skip
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "latin-1": lambda text: text.encode("latin-1", "replace"),
    "utf-16": lambda text: text.encode("utf-16"),
    "Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "old Mac": lambda text: text.replace("\n", "\r").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "Dutch": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "decimal comma": lambda text: text.replace(".", ",").encode(),
    "open quote": lambda text: f'{text}"'.encode(),
    "NUL": lambda text: text.replace("a", "\0", 1).encode(),
    "cut off": lambda text: text[: len(text) // 2].encode(),
    "endless": lambda text: f"{text}{'x' * 200_000}".encode(),
    "empty": lambda _: b"",
}
PLACES = st.integers(0, 10_000)


@st.composite
def spoilt_table(draw: st.DrawFn, text: str) -> bytes:
    """Return a CSV file with a few cells, columns or rows changed, in one encoding or another."""
    rows = list(csv.reader(io.StringIO(text)))
    for _ in range(draw(st.integers(0, 3))):
        row, column, cell = draw(PLACES) % len(rows), draw(PLACES) % len(rows[0]), draw(CELLS)
        match draw(st.integers(0, 8)):
            case 0:
                rows = [[*one[:column], *one[column + 1 :]] or [""] for one in rows]
            case 1:
                rows = [[*one[:column], *one[column : column + 1], *one[column:]] for one in rows]
            case 2:
                rows[0][column] = cell
            case 3:
                rows = [rows[0], *([*one[:column], cell, *one[column + 1 :]] for one in rows[1:])]
            case 4:
                rows = [rows[0], *rows[row + 1 :]]
            case 5:
                rows.insert(row, rows[row][:])
            case 6:
                rows.reverse()
            case _:
                rows[row] = [*rows[row][:column], cell, *rows[row][column + 1 :]]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return ENCODINGS[draw(st.sampled_from(list(ENCODINGS)))](out.getvalue())


VALUES = (
    st.none() | st.booleans() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["RA0101", [], {}, [[]], [5, 52], {"type": "Point", "coordinates": [5, 52]}, 10**400])
)  # fmt: skip


@st.composite
def spoilt_json(draw: st.DrawFn, text: str) -> bytes:
    """Return a JSON file in which something is gone, or something else."""
    document = json.loads(text)
    where = document
    for _ in range(draw(st.integers(0, 7))):
        inner = [one for one in (where.values() if isinstance(where, dict) else where) if isinstance(one, dict | list)]
        where = draw(st.sampled_from(inner)) if inner else where
    keys = list(where) if isinstance(where, dict) else list(range(len(where)))
    if keys:
        key, value = draw(st.sampled_from(keys)), draw(VALUES)
        if draw(st.booleans()):
            where[key] = value
        else:
            del where[key]
    return ENCODINGS[draw(st.sampled_from(list(ENCODINGS)))](json.dumps(document))


def refused(read: Callable[[], object]) -> str:
    """Read something and return what is said where it is refused; any other error or warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read()
        except (InputError, DataError) as error:
            return readable(str(error))
    return "nothing"


PARAMETERS = (SHIPPED / "national_parameters.csv").read_text(encoding="utf-8")
BORDERS = (SHIPPED / "boundaries.geojson").read_text(encoding="utf-8")
MAPPING = (Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv").read_text(encoding="utf-8")
MUNICIPALITIES = read(SHIPPED, "municipalities")
NUMBERS = st.none() | st.floats() | st.sampled_from([0.0, 720.0, -1.0, 1e308])
KEYS = st.sampled_from([
    *abm.Scenario.model_fields, "bonus.euro_per_year", "kind", "national.soc_midden", "national.fte_man_basis_tien",
    "attractiveness.Zeeland", "regions", "levers.0", "", "a=b", "x\x1b[31m",
])  # fmt: skip
WORDS = st.sampled_from([
    "900", "-1", "1e308", "5e-324", "nan", "inf", "true", '""', '"x"', "[]", "[{}]", "{2030=900}", "{2030=nan}", "[1",
    "[" * 50 + "]" * 50, "[" * 5000, "9" * 5000, "1\nb = 2", "shortage", "2030", "٣", "\x00", "../../etc/passwd",
])  # fmt: skip
RANGES = WORDS | st.sampled_from([
    "0:50000:10000", "0:1e999999999:1", "1e-999999999:1:1", "0:1:1e-30", "1:0:1", "nan:1:1", "0:1", "a,b,c", ",", "::",
])  # fmt: skip
SAMPLES = st.sampled_from([None, None, 3, 10_000])


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.dictionaries(KEYS, values, max_size=2).map(lambda one: [f"{key}={value}" for key, value in one.items()])


def read_parameters(folder: Path, _: regions.Regions, content: bytes, intake: float | None) -> None:
    file = folder / "parameters.csv"
    file.write_bytes(content)
    list(national.printed(project(national.plan(file, intake, None)), 6))


def read_boundaries(folder: Path, _: regions.Regions, content: bytes) -> None:
    file = folder / "boundaries.geojson"
    file.write_bytes(content)
    geography.boundaries(file)


def read_mapping(folder: Path, _: regions.Regions, content: bytes) -> None:
    file = folder / "mapping.csv"
    file.write_bytes(content)
    assert len(mapping.read_mapping(file, MUNICIPALITIES)) == len(MUNICIPALITIES)


def read_options(_: Path, data: regions.Regions, given: list[str], swept: list[str], sample: int | None) -> None:
    comparison.ask(["baseline", "shortage-bonus"], given, None, swept, sample, 1, data)


READERS: dict[Callable[..., None], st.SearchStrategy[tuple[object, ...]]] = {
    read_parameters: st.tuples(spoilt_table(PARAMETERS), NUMBERS),
    read_boundaries: st.tuples(spoilt_json(BORDERS)),
    read_mapping: st.tuples(spoilt_table(MAPPING)),
    read_options: st.tuples(several(WORDS), several(RANGES), SAMPLES),
}


def hold(examples: int, given_: st.SearchStrategy[tuple[object, ...]], read: Callable[..., object]) -> None:
    """Read so many things, each of which is taken or refused in words."""

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(one=given_)
    def one_by_one(one: tuple[object, ...]) -> None:
        assert refused(lambda: read(*one)).strip()

    one_by_one()


@pytest.mark.parametrize("read", READERS)
def test_anything_is_taken_or_refused(tmp_path: Path, data: regions.Regions, read: Callable[..., None]) -> None:
    hold(25, READERS[read], partial(read, tmp_path, data))


@pytest.mark.slow
@pytest.mark.parametrize("read", READERS)
def test_many_things_are_taken_or_refused(tmp_path: Path, data: regions.Regions, read: Callable[..., None]) -> None:
    hold(1000, READERS[read], partial(read, tmp_path, data))


@pytest.mark.slow
@pytest.mark.parametrize("name", [table.file for table in regions.schema.TABLES])
def test_a_data_folder_that_is_accepted_runs(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mine"
    folders.export(folder)
    text = (SHIPPED / name).read_text(encoding="utf-8")

    def run(content: bytes) -> None:
        (folder / name).write_bytes(content)
        data = regions.load(folder)
        list(folders.described(folder))
        folders.region_quality(folder)
        named = scenarios.load("baseline", [f"end_year={data.base_year + 1}"], data)
        runner.simulate(named.scenario, data, 1)

    hold(30, st.tuples(spoilt_table(text)), run)


# What others made ----------------------------------------------------------------------------------------------------


def test_boundaries_lead_to_no_other_file(tmp_path: Path) -> None:
    """GDAL goes by what is in a file: this one would have it read another, or a web address."""
    file = tmp_path / "boundaries.geojson"
    file.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="b"><SrcDataSource>{geography.BOUNDARIES}</SrcDataSource>'
        "<SrcLayer>boundaries</SrcLayer></OGRVRTLayer></OGRVRTDataSource>",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="cannot be read as GeoJSON"):
        geography.boundaries(file)


def test_boundaries_in_metres_have_to_say_so(tmp_path: Path) -> None:
    file = tmp_path / "boundaries.geojson"
    document = json.loads(geography.boundaries().to_json(drop_id=True))  # which does, as old files do
    file.write_text(json.dumps(document), encoding="utf-8")
    assert geography.boundaries(file).geometry.geom_equals(geography.boundaries().geometry).all()
    del document["crs"]
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="region RA0101 is not in or near the Netherlands"):
        geography.boundaries(file)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_scenario_without_an_end_is_not_waited_for(tmp_path: Path, data: regions.Regions) -> None:
    (tmp_path / "device.toml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "large.toml").write_text(f"# {'x' * scenario_files.MOST_BYTES}", encoding="utf-8")
    for name, said in (("device", "is no file"), ("pipe", "is no file"), ("large", "which is no scenario file")):
        with pytest.raises(InputError, match=said):
            scenarios.load(tmp_path / f"{name}.toml", (), data)


def test_a_table_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folders.export(folder)
    with (folder / "workforce.csv").open("ab") as file:
        file.truncate(MOST_BYTES + 1)  # takes no room on the disk
    with pytest.raises(DataError, match=r"workforce\.csv: found 20 MB, allowed are at most 20; is it another file\?"):
        regions.load(folder)


def test_texts_of_a_file_are_no_markup(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('inherits = "baseline"\n[title]\nnl = "[/red] :smile: [bold]x"\n', encoding="utf-8")
    found = CliRunner().invoke(app, ["scenarios", "show", str(file)])
    assert found.exit_code == 0
    assert "[/red] :smile: [bold]x" in found.stdout


@pytest.mark.slow
def test_a_region_may_be_called_as_markup(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folders.export(folder)
    table = pd.read_csv(folder / "regions.csv", dtype=str).replace({"name": {"Zeeland": "[/x] <b>&"}})
    table.to_csv(folder / "regions.csv", index=False)
    words = ["run", "--data", str(folder), "--until", "2026", "--replications", "1", "--out", str(tmp_path / "out")]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    assert "[/x] <b>&" in found.stdout


def test_texts_of_a_file_are_no_html_in_a_comparison() -> None:
    assert comparison_report.TAG.sub(r"\<", "a < b, <5, <script>x</script>") == r"a < b, <5, \<script>x\</script>"


def test_a_message_gives_no_orders_to_the_terminal() -> None:
    assert readable("found \x1b[31m\u202e\0\nénd") == "found \\x1b[31m\\u202e\\x00\nénd"
    assert len(readable("x" * 10**6)) == LINE_AT_MOST + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="member"), "column member is missing"),
        (lambda table: table.assign(stai=1.0), "column stai: no such parameter; the table is of another version"),
        (lambda table: table.drop(columns="stay"), "column stay is missing; the table is of another version"),
        (lambda table: table.assign(stay=float("nan")), "found a cell that is no number"),
        (lambda table: table.assign(train_own=-1.0), "member 0"),
        (lambda table: table.head(3), "found 100 members"),
    ],
)
def test_an_ensemble_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    file = tmp_path / "ensemble.csv"
    change(pd.read_csv(ensemble.MEMBERS)).to_csv(file, index=False)
    monkeypatch.setattr(ensemble, "MEMBERS", file)
    with pytest.raises(InputError, match=said):
        ensemble.members.__wrapped__()


@pytest.mark.parametrize("change", [lambda rows: rows.iloc[1:], lambda rows: pd.concat([rows, rows.tail(1)])])
def test_attractiveness_that_lacks_a_row_or_has_one_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    file = tmp_path / "attractiveness.csv"
    change(pd.read_csv(ensemble.ATTRACTIVENESS)).to_csv(file, index=False)
    monkeypatch.setattr(ensemble, "ATTRACTIVENESS", file)
    with pytest.raises(InputError, match="allowed is one for each of 100 members and 28 regions"):
        ensemble._attractiveness.__wrapped__()


@pytest.mark.parametrize("name", ["CON", "nul", "Com1.x", "a."])
def test_a_name_that_windows_keeps_is_refused(tmp_path: Path, data: regions.Regions, name: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'name = "{name}"\n', encoding="utf-8")
    with pytest.raises(InputError, match=f"name: found '{name}', which is no name of a folder on Windows"):
        scenarios.load(file, (), data)


@pytest.mark.parametrize(("value", "said"), [("14.347", "allowed: 14347"), ("14_347", "found '14_347'")])
def test_thousands_in_a_plan_are_not_read_as_something_else(tmp_path: Path, value: str, said: str) -> None:
    file = tmp_path / "plan.csv"
    file.write_text(PARAMETERS.replace("aanbod_personen,14347.0", f"aanbod_personen,{value}"), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        national.plan(file, None, None)


def test_a_plan_that_the_national_model_does_not_take_is_a_fault_of_the_folder(tmp_path: Path) -> None:
    folders.export(tmp_path / "mine")
    file = tmp_path / "mine" / "national_parameters.csv"
    file.write_text(re.sub(r"(?m)^per_vrouw_basis,[^,]*", "per_vrouw_basis,66", PARAMETERS), encoding="utf-8")
    found = CliRunner().invoke(app, ["data", "check", str(tmp_path / "mine")])
    assert found.exit_code == 2
    assert "national_parameters.csv: " in found.stderr
    assert "per_vrouw_basis: found 66.0, allowed: a number from 0 to 1" in found.stderr


# Results folders -----------------------------------------------------------------------------------------------------


def tables(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.glob("*.parquet"))}


def test_what_was_cut_off_is_made_again(design, data, tmp_path):
    folder = tmp_path / "results"
    before = runner.run(design(), folder, data=data) and tables(folder)
    for file in (folder / "parts" / "part-00000-flows.parquet", folder / "regions.parquet"):
        file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"regions\.parquet is damaged: delete it, and give the command"):
        store.open_results(folder).read("regions")
    again: list[int] = []
    runner.run(design(), folder, data=data, progress=lambda _, todo: again.append(todo))
    assert again[0] == 3
    assert tables(folder) == before
    (folder / "national.parquet").unlink()
    with pytest.raises(InputError, match=r"national\.parquet is missing"):
        store.open_results(folder).quantities("national")
    runner.run(design(), folder, data=data)
    assert tables(folder) == before


def spoilt_manifests(whole: dict) -> Iterator[object]:
    yield from ([], {"format": store.FORMAT}, {**whole, "runs": [1]}, {**whole, "scenarios": {"x": {}}})
    yield from ({key: value for key, value in whole.items() if key != gone} for gone in whole)


def test_any_manifest_is_taken_or_refused(design, data, tmp_path):
    folder = tmp_path / "results"
    runner.run(design(2), folder, data=data)
    text = (folder / "manifest.json").read_text(encoding="utf-8")

    def look(content: bytes) -> None:
        (folder / "manifest.json").write_bytes(content)
        results = store.open_results(folder)
        for name in results.manifest["scenarios"]:
            results.scenario(name)
            list(summary.tables(results, name, name))

    hold(25, st.tuples(spoilt_json(text)), look)


def test_a_manifest_of_other_runs_is_refused(design, data, tmp_path):
    folder = tmp_path / "results"
    manifest = runner.run(design(1), folder, data=data).manifest
    for key, value in (("stay", 0.1), ("levers", [{}]), ("demand_scenario", "six")):
        changed = json.loads(json.dumps(manifest))
        changed["scenarios"]["baseline"]["parameters"][key] = value
        (folder / "manifest.json").write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(InputError, match="is not that of the tables beside it"):
            store.open_results(folder)
    with pytest.raises(InputError, match=r"of another version .* scenario baseline: demand_scenario"):
        store.Results(folder, changed).scenario("baseline")


def test_maps_read_the_files_beside_results_as_the_data_were_read(design, data, tmp_path):
    results = runner.run(design(1), tmp_path / "results", data=data)
    for name in ("regions.csv", "map_layout.csv", "training_sites.csv"):
        text = (results.folder / name).read_text(encoding="utf-8").replace("RA0101,", " 2024RA0101 ,")
        (results.folder / name).write_text(text.replace(",GRO,", ",NA,"), encoding="utf-8-sig")
    ground = figures._Ground.of(results, data.codes, "nl")
    assert tuple(ground.boundaries["name"]) == data.names_nl
    assert ground.layout is not None
    assert tuple(ground.layout["region"]) == data.codes
    assert ground.layout["abbreviation"][0] == "NA"


def test_settings_of_a_calibration_that_cannot_be_read(tmp_path, data):
    (tmp_path / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"settings\.json is damaged"):
        calibrate._same(tmp_path, data, calibrate.Settings(waves=1, points=1, seed=1))


def test_a_manifest_that_lacks_something_is_refused(design, data, tmp_path):
    folder = tmp_path / "results"
    whole = runner.run(design(1), folder, data=data).manifest
    for spoilt in spoilt_manifests(whole):
        (folder / "manifest.json").write_text(json.dumps(spoilt), encoding="utf-8")
        with pytest.raises(InputError, match=r"manifest\.json is damaged"):
            store.open_results(folder)


def test_a_full_disk_costs_what_was_not_written(design, data, tmp_path, monkeypatch):
    folder, write = tmp_path / "results", Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "part-00005-flows" in path.name:
            write(path, content[:100])
            raise OSError(28, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        runner.run(design(6), folder, data=data)
    monkeypatch.undo()
    assert len(store.statuses(folder)) == 5
    assert not list(folder.rglob(".new-*"))
    again: list[int] = []
    runner.run(design(6), folder, data=data, progress=lambda _, todo: again.append(todo))
    assert again[0] == 1
    runner.run(design(6), tmp_path / "whole", data=data)
    assert tables(folder) == tables(tmp_path / "whole")


@pytest.mark.parametrize("error", [PermissionError(30, "Read-only file system"), NotImplementedError("no locks here")])
def test_a_folder_that_cannot_be_locked_is_refused(design, data, tmp_path, monkeypatch, error):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store.filelock.FileLock, "acquire", fail)
    with pytest.raises(InputError, match=r"cannot hold results: (Read-only|no locks)"):
        runner.run(design(1), tmp_path / "results", data=data)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("words", ["run --workers 2", "compare baseline shortage-bonus --workers 1"])
def test_a_command_that_is_killed_goes_on_to_the_same_results(tmp_path: Path, words: str) -> None:
    command = [*START, *words.split(), "--until", "2027", "--replications", "20"]
    begin = time.monotonic()
    subprocess.run([*command, "--out", tmp_path / "whole"], check=True, capture_output=True)
    lasts = time.monotonic() - begin
    for seed in range(3):
        killed = tmp_path / str(seed)
        process = subprocess.Popen([*command, "--out", killed], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.Random(seed).uniform(0.2, 1) * lasts)
        process.kill()
        process.wait()
        subprocess.run([*command, "--out", killed], check=True, capture_output=True)
        assert tables(killed) == tables(tmp_path / "whole")
        assert not list(killed.rglob(".new-*"))


# The terminal --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "scenarios list"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "scenarios list"),
        ({"TERM": "dumb"}, "data show"),
        ({"HOME": "/nowhere", "MPLCONFIGDIR": "/proc/x"}, "national --plot plan.png"),
    ],
)
def test_any_terminal_will_do(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    around = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONIO"))}
    path = os.pathsep.join(filter(None, [str(Path(abm.__file__).parents[1]), around.get("PYTHONPATH")]))
    found = subprocess.run(
        [*START, *words.split()], env={**around, "PYTHONPATH": path, **environment}, cwd=tmp_path, capture_output=True
    )
    assert found.returncode == 0, found.stderr
    assert b"Traceback" not in found.stderr


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_output_that_cannot_be_written() -> None:
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run([*START, "data", "check", SHIPPED], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (found.returncode, found.stderr) == (2, "Error: what is written: No space left on device\n")
    with subprocess.Popen([*START, "data", "show"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdout.close()  # as `| head` does
        assert reader.stderr.read() == b""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
@pytest.mark.parametrize("moment", [0.15, 0.5, 1.0, 2.0])
def test_ctrl_c_at_the_start_needs_no_traceback(tmp_path: Path, moment: float) -> None:
    begin = f"import os, signal, threading; threading.Timer({moment}, os.kill, (os.getpid(), signal.SIGINT)).start()"
    code = f"{begin}; from experiments.__main__ import main; main()"
    words = ["run", "--replications", "10000", "--out", str(tmp_path / "out")]
    found = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120)
    assert found.returncode == 130, found.stderr
    assert not re.search("Traceback|Error", found.stderr)
