from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

import abm
from experiments import console, store
from experiments.cli import app
from experiments.design import CHUNK_RUNS, replication_seeds
from experiments.errors import InputError

COMMAND = [sys.executable, "-c", "from experiments.cli import main; main()"]
SHORT = ["--until", "2027", "--replications", "2"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "baseline"
    assert gp_settlement("run", *SHORT, "--out", folder).exit_code == 0
    return folder


def every_command(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command or typer.main.get_command(app), "commands", {}).items():
        yield from every_command(inner, (*words, name))


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_help_has_an_example(words):
    found = gp_settlement(*words, "--help")
    assert found.exit_code == 0
    assert f"Example: gp-settlement {' '.join(words)}" in " ".join(found.output.split())


def test_run_leaves_tables_and_a_map_and_prints_a_summary():
    found = gp_settlement("run", *SHORT)
    assert found.exit_code == 0, found.output
    folder = Path("results/baseline")
    for name in ("manifest.json", "regions.parquet", "national.parquet", "flows.parquet", "maps/vacancy_rate_2027.png"):
        assert (folder / name).stat().st_size > 0
    for text in (
        "Zeeland",
        "2 runs: no interval, that takes at least 5.",
        "14,347",
        "count for a part in each",
        str(folder),
    ):
        assert text in " ".join(found.stdout.split())
    assert "13,838" not in found.stdout


def test_the_same_command_again_finds_nothing_to_do():
    first = gp_settlement("run", *SHORT)
    manifest = Path("results/baseline/manifest.json").read_bytes()
    second = gp_settlement("run", *SHORT)
    assert second.exit_code == 0
    assert "Nothing left to run" in second.stderr
    assert second.stdout == first.stdout
    assert Path("results/baseline/manifest.json").read_bytes() == manifest
    drawn = Path("results/baseline/maps/vacancy_rate_2027.png")
    dutch = drawn.read_bytes()
    assert gp_settlement("run", *SHORT, "--lang", "en").stdout == first.stdout
    assert drawn.read_bytes() != dutch


def test_the_plan_of_2025_is_shown_where_the_scenario_is_its_own():
    published = ["--until", "2043", "--replications", "1"]
    found = gp_settlement("run", *published)
    assert "13,838" in found.stdout
    assert "16,403" in found.stdout
    other = gp_settlement("run", *published, "--set", "intake=900", "--out", "other").stdout
    assert "13,838" not in other
    assert "baseline; intake=900: regions by vacancy rate" in other


def test_another_run_into_the_folder_names_the_ways_out(results):
    found = gp_settlement("run", *SHORT, "--set", "intake=900", "--out", results)
    assert found.exit_code == 2
    assert "intake (720.0; now 900.0)" in found.stderr
    assert "--out" in found.stderr
    assert "--force" in found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare"], "Missing argument 'BASELINE'"),
        (["run", "baselin"], "did you mean baseline"),
        (["run", "--set", "intak=1"], "did you mean intake"),
        (["run", "--set", "national.epi_miden=1"], "did you mean epi_midden"),
        (["run", "--until", "2050"], "end_year: found 2050"),
        (
            ["run", "--intake", "900"],
            "--intake: found as an option, but it is a value of the scenario; allowed: --set intake=900",
        ),
        (["run", "--demand-level=low"], "--set demand_level=low"),
        (["compare", "baseline", "bonus.toml", "--euro_per_year", "--force"], "--set euro_per_year=VALUE"),
        (["run", "--set", "attractiveness={RA9999=1}"], "RA9999"),
        (["compare", "baseline", "bonus.toml", "--scheduler", "127.0.0.1"], "no Dask scheduler answers"),
        (["run", "--scheduler", "127.0.0.1"], "--scheduler 127.0.0.1: no Dask scheduler answers"),
        (["run", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "goes without --workers"),
        (["run", "--scheduler", "tcp://127.0.0.1:1", "--cluster", "local"], "goes without --cluster"),
        (["map", "nowhere", "--indicator", "coverage", "--year", "2026", "-o", "x.png"], "not a results folder"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_2(words, said):
    found = gp_settlement(*words)
    assert found.exit_code == 2
    assert said in found.stderr
    assert "Traceback" not in found.output
    assert not Path("results").exists()


def test_failed_replications_are_exit_code_1(monkeypatch):
    class Failing(abm.SettlementModel):
        def step(self) -> None:
            if self.seed == replication_seeds(1, 2)[1]:
                raise ZeroDivisionError("nobody works here")
            super().step()

    monkeypatch.setattr(abm, "SettlementModel", Failing)
    for _ in range(2):
        found = gp_settlement("run", *SHORT)
        assert found.exit_code == 1
        assert "1 of 2 runs failed" in found.stderr
        assert "ZeroDivisionError: nobody works here" in found.stderr
        assert "Zeeland" in found.stdout


def test_an_interrupt_is_exit_code_130_and_can_be_resumed(monkeypatch):
    def stop(_: abm.SettlementModel) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(abm.SettlementModel, "step", stop)
        found = gp_settlement("run", *SHORT)
    assert found.exit_code == 130
    assert "the same command again" in found.stderr
    with pytest.raises(InputError, match="not finished"):
        store.open_results(Path("results/baseline"))
    assert gp_settlement("run", *SHORT).exit_code == 0


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(monkeypatch, capsys):
    with console.progress() as move:
        move(0, 10)
        move(5, 10)
    assert capsys.readouterr().err == ""  # too soon
    monkeypatch.setattr(console, "LINE_SECONDS", 0)
    with console.progress() as move:
        for done in (0, 5, 7):
            move(done, 10)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"runs 0/10, 0:00:0\d gone, -:--:-- left", first)
    assert re.fullmatch(r"runs 7/10, 0:00:0\d gone, 0:00:0\d left", last)


def test_progress_is_a_bar_with_the_time_left_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with console.progress() as move:
        for done in (0, 5, 7):
            move(done, 10)
    shown = re.sub("\x1b[^a-zA-Z]*[a-zA-Z]", "", capsys.readouterr().err)
    assert re.search(r"runs [━╺╸]+ +7/10 0:00:0\d gone, 0:00:0\d left", shown)


OF_EACH_UNIT = {(one.unit, one.kind): one for one in abm.INDICATORS}
"""What a map of an indicator depends on: the last indicator of each."""


@pytest.mark.parametrize(("about", "lang"), list(zip(OF_EACH_UNIT, itertools.cycle(["nl", "en"]), strict=False)))
def test_every_kind_of_indicator_has_a_map(results, about, lang):
    indicator = OF_EACH_UNIT[about]
    words = ["--indicator", indicator.name, "--year", 2027, "--lang", lang, "-o", "map.svg"]
    found = gp_settlement("map", results, *words)
    assert found.exit_code == 0, found.output
    text = Path("map.svg").read_text(encoding="utf-8")
    assert indicator.label(lang).split()[0] in text
    assert "CBS/Kadaster" in text


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_map_is_written_in_the_format_of_its_suffix(results, suffix):
    file = Path(f"map.{suffix}")
    found = gp_settlement("map", results, "--indicator", "coverage", "--year", 2026, "-o", file)
    assert found.exit_code == 0
    assert file.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--indicator": "vacancy"}, "did you mean vacancy_rate"),
        ({"--indicator": "zzz"}, "there are supply_fte"),
        ({"--year": 2043}, "there are 2025 to 2027"),
        ({"--indicator": "inflow_persons", "--year": 2025}, "flows start in 2026"),
        ({"--scenario": "basline"}, "did you mean baseline"),
        ({"--scenario": "zzz"}, "there are baseline"),
        ({"-o": "map.jpg"}, ".png, .svg, .pdf"),
        ({"-o": "map"}, ".png, .svg, .pdf"),
    ],
)
def test_a_wrong_map_is_explained(results, changed, said):
    options = {"--indicator": "vacancy_rate", "--year": 2027, "-o": "map.png"} | changed
    found = gp_settlement("map", results, *(word for pair in options.items() for word in pair))
    assert found.exit_code == 2
    assert said in found.stderr
    assert not list(Path().glob("map*"))


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("map nowhere --indicator coverage --year 2026 -o {}.png", "-o"),
        ("report nowhere -o {}.html", "-o"),
        ("report nowhere -o {}", "-o"),
        ("national --csv {}.csv", "--csv"),
        ("national --plot {}.svg", "--plot"),
        ("validate --out {}", "--out"),
        ("validate national --out {}", "--out"),
        ("calibrate --out {}", "--out"),
        ("scenarios new {}.toml", ""),
        ("scenarios schema {}.json", ""),
        ("data export {}", ""),
        ("data regroup {} --by nowhere.csv", ""),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_anything_else(words, option):
    Path("taken").touch()
    for suffix in (".png", ".html", ".csv", ".svg", ".toml", ".json"):
        Path(f"folder{suffix}").mkdir()
    under = gp_settlement(*words.format("taken/mine").split())
    assert (under.exit_code, under.stdout) == (2, "")
    assert under.stderr.startswith(f"Error: {option} taken/mine".replace("  ", " "))
    assert "cannot be written: taken is a file, not a folder" in under.stderr
    other = gp_settlement(*words.format("folder" if "{}." in words else "taken").split())
    assert (other.exit_code, other.stdout) == (2, "")
    wrong = "found a folder, allowed is a file" if "{}." in words else "found a file, allowed is a folder"
    assert wrong in other.stderr


def test_a_folder_without_leave_to_write_is_told(monkeypatch):
    Path("mine").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _: str(path) != "mine")  # who runs tests as root may write anywhere
    found = gp_settlement("scenarios", "new", "mine/new.toml")
    assert found.exit_code == 2
    assert f"Error: mine/new.toml: cannot be written: no leave to write in {Path('mine').absolute()}" in found.stderr


def test_a_file_is_told_by_the_name_it_will_have(capsys):
    with pytest.raises(typer.Exit), console.messages():
        raise PermissionError(13, "Permission denied", "there/.new-123-map.png")
    assert capsys.readouterr().err == "Error: there/map.png: Permission denied\n"


def test_help_imports_nothing_heavy():
    heavy = {"abm", "matplotlib", "numpy", "pandas", "pyarrow", "regions", "rich.progress"}
    code = f"import sys, experiments.cli; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_package_of_the_same_name_is_found_out(tmp_path):
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "__init__.py").touch()
    found = command("--help", env=os.environ | {"PYTHONPATH": str(tmp_path)}, cwd="/")
    assert found.returncode == 2
    assert "the package regions" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.slow
def test_exit_codes_reach_the_shell():
    assert command("run", *SHORT).returncode == 0
    wrong = command("run", "--set", "intak=1")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("Error: ")
    assert "Traceback" not in wrong.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
@pytest.mark.parametrize("workers", ["--workers 1", "--workers 2", "--workers 2 --cluster local"])
def test_ctrl_c_leaves_a_folder_to_go_on_with(tmp_path, workers):
    words = ["run", "--until", "2027", "--replications", "50", *workers.split()]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_for(lambda: list(tmp_path.glob("results/baseline/parts/part-*.json")))  # not one being written
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    left = len(store.statuses(Path("results/baseline")))
    assert CHUNK_RUNS <= left < 50
    assert command(*words).returncode == 0
    assert len(store.statuses(Path("results/baseline"))) == 50


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("workers", ["--workers 2", "--workers 2 --cluster local"])
def test_workers_end_with_a_parent_that_is_killed(tmp_path, workers):
    words = ["run", "--until", "2027", "--replications", "5000", *workers.split()]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: list(tmp_path.glob("results/baseline/parts/part-*.json")))  # not one being written
    process.kill()
    process.wait()
    wait_for(lambda: not members(process.pid))
    assert not members(process.pid)


def members(session: int) -> list[int]:
    """Return the processes of a session."""
    return [
        int(file.parent.name)
        for file in Path("/proc").glob("[0-9]*/stat")
        if int(file.read_text().rpartition(")")[2].split()[3]) == session
    ]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
