from __future__ import annotations

import gc
import os
import pickle
import signal
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import abm
from experiments import runner, store
from experiments.design import chunks

TABLES = [f"{name}.parquet" for name in store.TABLES]


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


class Counted:
    """Runs the model and keeps the seeds; raises for some."""

    def __init__(self, failing: tuple[int, ...] = ()):
        self.seeds: list[int] = []
        self.failing = failing

    def __call__(self, scenario, data, seed):
        self.seeds.append(seed)
        if seed in self.failing:
            raise ZeroDivisionError("nobody works here")
        return runner.simulate(scenario, data, seed)


def test_a_run_leaves_no_model_in_memory_for_the_garbage_collector(data):
    def models() -> int:
        return sum(isinstance(each, abm.SettlementModel) for each in gc.get_objects())

    gc.collect()
    before = models()
    gc.disable()
    try:
        runner.simulate(abm.Scenario(end_year=2026), data, 1)
        assert models() == before
    finally:
        gc.enable()


def test_what_is_there_is_not_run_again(design, data, tmp_path):
    told: list[tuple[int, int]] = []
    runner.run(design(12), tmp_path, data=data, progress=lambda *numbers: told.append(numbers))
    assert told == [(0, 12), (5, 12), (10, 12), (12, 12)]
    manifest = (tmp_path / "manifest.json").read_bytes()
    counted = Counted()
    runner.run(design(12), tmp_path, data=data, run_one=counted)
    assert not counted.seeds
    assert (tmp_path / "manifest.json").read_bytes() == manifest


def test_an_intake_by_year_is_the_same_when_it_comes_back_from_the_manifest(design, data, tmp_path):
    runner.run(design(1, intake={2030: 900.0}), tmp_path, data=data)
    counted = Counted()
    runner.run(design(1, intake={2030: 900.0}), tmp_path, data=data, run_one=counted)
    assert not counted.seeds


@pytest.mark.parametrize("lost", ["part-00000.json", "part-00010-flows.parquet", "part-00010*"])
def test_deleted_parts_are_made_again_and_the_tables_are_the_same(design, data, tmp_path, lost):
    runner.run(design(12), tmp_path, data=data)
    before = tables(tmp_path)
    for file in (tmp_path / "parts").glob(lost):
        file.unlink()
    counted = Counted()
    runner.run(design(12), tmp_path, data=data, run_one=counted)
    seeds = [run.seed for run in design(12).runs()]
    assert counted.seeds == (seeds[:5] if lost.startswith("part-00000") else seeds[10:])
    assert tables(tmp_path) == before


def test_more_replications_run_only_those_and_give_the_same_tables(design, data, tmp_path):
    runner.run(design(3), tmp_path / "grown", data=data)
    counted = Counted()
    runner.run(design(12), tmp_path / "grown", data=data, run_one=counted)
    assert counted.seeds == [run.seed for run in design(12).runs()][3:]
    runner.run(design(12), tmp_path / "at once", data=data)
    assert tables(tmp_path / "grown") == tables(tmp_path / "at once")


def test_fewer_replications_leave_what_is_there(design, data, tmp_path):
    runner.run(design(3), tmp_path, data=data)
    counted = Counted()
    results = runner.run(design(2), tmp_path, data=data, run_one=counted)
    assert not counted.seeds
    assert results.manifest["replications"] == 3


def test_an_interrupted_run_can_be_finished_with_fewer_replications(design, data, tmp_path):
    def stop(done: int, _: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(design(500), tmp_path, data=data, workers=1, progress=stop)
    results = runner.run(design(2), tmp_path, data=data)
    assert results.manifest["replications"] == len(results.manifest["runs"]) == 10
    assert results.read("national")["replication"].nunique() == 10


def test_a_run_that_fails_is_a_row_and_the_rest_goes_on(design, data, tmp_path):
    second = design().runs()[1]
    results = runner.run(design(), tmp_path, data=data, run_one=Counted(failing=(second.seed,)))
    (row,) = results.failed
    assert (row["replication"], row["seed"]) == (1, second.seed)
    assert (row["error"], row["message"]) == ("ZeroDivisionError", "nobody works here")
    assert "Counted" not in row["message"]
    assert "test_runner.py" in row["traceback"]
    assert set(results.read("regions")["replication"]) == {0, 2}


def test_all_runs_may_fail(design, data, tmp_path):
    seeds = tuple(run.seed for run in design().runs())
    results = runner.run(design(), tmp_path, data=data, run_one=Counted(failing=seeds))
    assert len(results.failed) == 3
    assert not (tmp_path / "regions.parquet").exists()


def test_an_interrupt_leaves_what_is_finished(design, data, tmp_path):
    def stop(done: int, _: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(design(12), tmp_path / "stopped", data=data, progress=stop)
    assert sorted(store.statuses(tmp_path / "stopped")) == list(range(10))
    counted = Counted()
    runner.run(design(12), tmp_path / "stopped", data=data, run_one=counted)
    assert len(counted.seeds) == 2
    runner.run(design(12), tmp_path / "at once", data=data)
    assert tables(tmp_path / "stopped") == tables(tmp_path / "at once")


def test_workers_need_no_file_of_the_data_folder(design, data, tmp_path):
    (chunk,) = chunks(design(2).runs())
    for run_one in (runner.simulate, runner.simulate_drawn):
        parts = []
        for given in (data, replace(data, folder=tmp_path / "nowhere", fingerprint="new to the caches")):
            job = runner.Job({"baseline": design().scenarios[0].scenario}, given, run_one)
            parts.append(pickle.loads(pickle.dumps(partial(runner.run_chunk, job)))(chunk))
        assert {row["status"] for row in parts[1].rows} == {"done"}
        assert parts[1].files == parts[0].files


# Pools that break


class Brittle:
    """Does the work at once; breaks, with all it has, when it gets a bad chunk."""

    def __init__(self, work: Callable[[object], object], bad: Callable[[object], bool]):
        self.work = work
        self.bad = bad
        self.broken = False

    def submit(self, chunk):
        if self.broken:
            raise BrokenExecutor
        future: Future[object] = Future()
        if self.bad(chunk):
            self.broken = True
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(self.work(chunk))
        return future


def dispatch(todo, bad, width=2):
    kept: dict[object, object] = {}
    pools: list[Brittle] = []

    @contextmanager
    def pool(work):
        pools.append(Brittle(work, bad))
        yield runner.Workers(pools[-1].submit, lambda: width)

    return list(runner.dispatch(todo, len, pool, kept.__setitem__)), kept, pools


def test_a_broken_pool_is_made_anew_and_its_chunks_are_sent_again(design):
    todo = list(chunks(design(60).runs()))
    breaks = iter([False, True, False, False, True] + [False] * 20)
    found, kept, pools = dispatch(todo, lambda _: next(breaks))
    assert len(pools) == 3
    assert sorted(found) == [(chunk, True) for chunk in todo]
    assert kept == {chunk: len(chunk) for chunk in todo}


def test_a_chunk_that_always_breaks_its_pool_is_given_up_and_no_other(design):
    todo = list(chunks(design(60).runs()))
    found, kept, pools = dispatch(todo, lambda chunk: chunk == todo[2], width=3)
    assert dict(found) == {chunk: chunk != todo[2] for chunk in todo}
    assert kept == {chunk: len(chunk) for chunk in todo if chunk != todo[2]}
    assert len(pools) <= runner.TRIES + 1


def test_no_more_chunks_are_under_way_than_there_is_room_for_now(design):
    todo = list(chunks(design(100).runs()))
    given, back = 0, 0
    most = {2: 0, 4: 0}

    def width() -> int:
        return 2 if given < 10 else 4  # workers may come later

    def submit(chunk):
        nonlocal given
        most[width()] = max(most[width()], given + 1 - back)
        given += 1
        return threads.submit(len, chunk)

    @contextmanager
    def pool(_):
        yield runner.Workers(submit, width)

    with ThreadPoolExecutor(8) as threads:
        for _ in runner.dispatch(todo, len, pool):
            back += 1
    assert back == len(todo)
    assert most == {2: 2, 4: 4}


def kill_once(marker: Path, number: int, scenario, data, seed):
    """Run the model, but kill the process that is to do so the first `number` times."""
    died = sorted(marker.glob("died-*"))
    if len(died) < number:
        (marker / f"died-{time.monotonic_ns()}").touch()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return runner.simulate(scenario, data, seed)


@pytest.mark.slow
def test_processes_that_inherit_nothing_give_the_same_tables(design, data, tmp_path, monkeypatch):
    """On Windows processes are spawned: they import everything anew."""
    monkeypatch.setattr(runner.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    runner.run(design(6), tmp_path / "serial", data=data, workers=1)
    runner.run(design(6), tmp_path / "pool", data=data, workers=2)
    assert tables(tmp_path / "serial") == tables(tmp_path / "pool")


@pytest.mark.slow
def test_a_pool_gives_the_same_tables_and_takes_up_where_it_stopped(design, data, tmp_path):
    runner.run(design(22), tmp_path / "serial", data=data, workers=1)
    runner.run(design(22), tmp_path / "pool", data=data, workers=2)
    assert tables(tmp_path / "serial") == tables(tmp_path / "pool")
    for file in (tmp_path / "pool" / "parts").glob("part-00010*"):
        file.unlink()
    runner.run(design(22), tmp_path / "pool", data=data, workers=2)
    assert tables(tmp_path / "serial") == tables(tmp_path / "pool")


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(design, data, tmp_path):
    (tmp_path / "marker").mkdir()
    deadly = partial(kill_once, tmp_path / "marker", 1)
    results = runner.run(design(22), tmp_path / "killed", data=data, workers=2, run_one=deadly)
    assert list((tmp_path / "marker").iterdir())
    assert not results.failed
    runner.run(design(22), tmp_path / "serial", data=data, workers=1)
    assert tables(tmp_path / "killed") == tables(tmp_path / "serial")


@pytest.mark.slow
def test_a_worker_that_always_dies_is_a_failure_that_the_next_call_tries_again(design, data, tmp_path):
    (tmp_path / "marker").mkdir()
    deadly = partial(kill_once, tmp_path / "marker", 1000)
    results = runner.run(design(2), tmp_path / "killed", data=data, workers=2, run_one=deadly)
    assert {row["error"] for row in results.failed} == {"WorkerDied"}
    assert len(results.failed) == 2
    assert not runner.run(design(2), tmp_path / "killed", data=data).failed
