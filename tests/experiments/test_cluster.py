from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from experiments import cluster, runner, store
from experiments.errors import InputError
from tests.experiments.test_runner import kill_once, tables

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parents[2]
GP_SETTLEMENT = (sys.executable, "-c", "from experiments.cli import main; main()")
DASK = (sys.executable, "-m", "dask")
PACKAGES = ("abm", "regions", "experiments")
Process = subprocess.Popen[str]


def fail_for(failing: int, scenario, data, seed):
    if seed == failing:
        raise ZeroDivisionError("nobody works here")
    return runner.simulate(scenario, data, seed)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def process(*words: object, packages: Path = ROOT, output: int = subprocess.DEVNULL) -> Iterator[Process]:
    """A process that finds our packages in a folder, and is ended with the block."""
    environment = os.environ | {"PYTHONPATH": str(packages)}
    options = {"stdout": output, "stderr": output, "text": True, "env": environment, "cwd": packages}
    with subprocess.Popen([*map(str, words)], **options) as started:
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, Process]]:
    """A Dask scheduler in a process of its own, and its address."""
    file = folder / "scheduler.json"
    words = ("scheduler", "--host", cluster.LOOPBACK, "--port", 0, "--no-dashboard", "--scheduler-file", file)

    def address() -> str:
        return "".join(re.findall(r'"(tcp://[^"]+)"', file.read_text() if file.exists() else ""))

    with process(*DASK, *words) as started:
        wait_for(address)
        yield address(), started


def worker(address: str, packages: Path = ROOT):
    """A Dask worker in a process of its own."""
    return process(*DASK, "worker", address, "--nthreads", 1, "--no-nanny", "--no-dashboard", packages=packages)


def gp_settlement(*words: object, until: str = "2027"):
    """Our command in a process of its own."""
    return process(*GP_SETTLEMENT, "run", "--until", until, *words, output=subprocess.PIPE)


def some_parts(folder: Path) -> None:
    """Wait until there are a few."""
    wait_for(lambda: len(list(folder.glob("parts/part-*.json"))) >= 2)  # not one being written


def other_version(folder: Path) -> Path:
    """Our packages with a line more."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "sources"))
    with (folder / "abm" / "model.py").open("a") as file:
        file.write("# another version\n")
    return folder


@pytest.mark.parametrize("address", ["127.0.0.1", "", "ftp://127.0.0.1:1"])
def test_an_address_that_is_none_is_explained(address):
    with pytest.raises(InputError, match=f"--scheduler {re.escape(address)}: no Dask scheduler answers there"):
        cluster.connect(address)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"code": "other"}, "code other, here "),
        ({"numpy": "1.0"}, "numpy 1.0, here "),
        ({"system": "CP/M"}, "system CP/M, here "),
        (ModuleNotFoundError("No module named 'experiments'"), "no gp-settlement, or another version"),
    ],
)
def test_a_worker_with_other_software_is_named_with_what_differs(there, said):
    here = cluster.software()
    cluster._same("tcp://somewhere:1", dict(here), here)
    with pytest.raises(InputError, match=f"tcp://somewhere:1 has .*{said}"):
        cluster._same("tcp://somewhere:1", there if isinstance(there, Exception) else here | there, here)


@pytest.mark.slow
def test_a_local_cluster_gives_the_same_tables_when_a_worker_is_killed(design, data, tmp_path):
    (tmp_path / "marker").mkdir()
    deadly = partial(kill_once, tmp_path / "marker", 1)
    levels = [handler.level for handler in logging.getLogger("distributed").handlers]
    results = runner.run(design(42), tmp_path / "dask", data=data, workers=cluster.local(2), run_one=deadly)
    assert len(list((tmp_path / "marker").iterdir())) == 1
    assert not results.failed
    assert [handler.level for handler in logging.getLogger("distributed").handlers] == levels
    runner.run(design(42), tmp_path / "serial", data=data, workers=1)
    assert tables(tmp_path / "dask") == tables(tmp_path / "serial")


@pytest.mark.slow
def test_a_run_that_always_kills_its_worker_is_a_failure_and_the_rest_goes_on(design, data, tmp_path):
    first, *_ = design(10).runs()
    deadly = partial(kill_for, first.seed)
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):  # the times that Dask itself sends it again
        results = runner.run(design(10), tmp_path, data=data, workers=cluster.local(1), run_one=deadly)
    assert {row["error"] for row in results.failed} == {"WorkerDied"}
    assert [row["number"] for row in results.failed] == [0, 1, 2, 3, 4]  # its chunk
    assert set(results.read("national")["replication"]) == {5, 6, 7, 8, 9}


def kill_for(deadly: int, scenario, data, seed):
    if seed == deadly:
        os._exit(9)
    return runner.simulate(scenario, data, seed)


@pytest.mark.slow
def test_a_run_that_fails_on_dask_is_a_row_and_the_rest_goes_on(design, data, tmp_path):
    third = design().runs()[2]
    results = runner.run(
        design(7), tmp_path, data=data, workers=cluster.local(2), run_one=partial(fail_for, third.seed)
    )
    (row,) = results.failed
    assert (row["replication"], row["seed"], row["error"]) == (2, third.seed, "ZeroDivisionError")
    assert set(results.read("regions")["replication"]) == {0, 1, 3, 4, 5, 6}


@pytest.mark.slow
def test_workers_of_a_scheduler_give_the_same_tables_when_one_is_killed(tmp_path):
    folder = tmp_path / "dask"
    words = ("--replications", 25, "--ensemble", "--out")
    with (
        scheduler(tmp_path) as (address, _),
        worker(address) as first,
        worker(address),
        gp_settlement(*words, folder, "--scheduler", address) as run,
    ):
        some_parts(folder)
        first.kill()
        _, errors = run.communicate(timeout=120)
    assert run.returncode == 0
    assert "distributed" not in errors  # its log
    with gp_settlement(*words, tmp_path / "serial", "--workers", 1) as run:
        run.communicate(timeout=120)
    assert tables(folder) == tables(tmp_path / "serial")


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_a_message_and_what_is_finished_stays(tmp_path):
    folder = tmp_path / "results"
    with (
        scheduler(tmp_path) as (address, theirs),
        worker(address),
        gp_settlement("--replications", 2000, "--out", folder, "--scheduler", address) as run,
    ):
        some_parts(folder)
        theirs.kill()
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert f"Error: --scheduler {address}: no Dask scheduler answers there" in errors
    assert "Traceback" not in errors
    assert "distributed" not in errors
    assert store.statuses(folder)
    with pytest.raises(InputError, match="not finished"):
        store.open_results(folder)


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_with_another_version_is_an_error(tmp_path, late):
    folder = tmp_path / "results"
    other = other_version(tmp_path / "other")
    with (
        scheduler(tmp_path) as (address, _),
        worker(address, ROOT if late else other),
        gp_settlement("--replications", 2000, "--out", folder, "--scheduler", address) as run,
    ):
        if late:
            some_parts(folder)
        with worker(address, other):
            _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert re.search(r"Error: the Dask worker tcp://\S+ has other software: code \w+, here \w+; .*\n$", errors)
    assert "Traceback" not in errors
    assert bool(store.statuses(folder)) == late


@pytest.mark.slow
def test_a_scheduler_without_workers_is_a_message(tmp_path, monkeypatch, design, data):
    monkeypatch.setattr(cluster, "FIRST_WORKER_SECONDS", 1)
    with (
        scheduler(tmp_path) as (address, _),
        pytest.raises(InputError, match="no worker came in 1 s; `dask worker tcp"),
    ):
        runner.run(design(2), tmp_path / "results", data=data, workers=cluster.connect(address))
