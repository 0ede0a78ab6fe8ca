"""Run a design: chunks of runs go to workers, whole parts end up on disk, and what is there is skipped.

Written against `concurrent.futures.Executor` alone. A worker loads the regions once, runs its chunk and
writes the chunk's part; a run that raises becomes a row with its error. Results do not depend on how the runs
were spread.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

import abm
import regions
from experiments import ensemble, store
from experiments.design import Chunk, Design, Run, chunks
from experiments.errors import InputError

TRIES = 3
"""How often a chunk is sent when the pool breaks under it."""
POOL_FROM_CHUNKS = 8
"""With fewer chunks than this, starting processes takes longer than they save."""
WINDOWS_WORKERS = 61
"""The most processes that a pool can hold on Windows."""

RunOne = Callable[[abm.Scenario, regions.Regions, int], Mapping[str, pd.DataFrame]]


@dataclass(frozen=True)
class Job:
    """What all chunks of an experiment share."""

    scenarios: Mapping[str, abm.Scenario]
    data: Path
    fingerprint: str
    folder: Path
    run_one: RunOne


def simulate(scenario: abm.Scenario, data: regions.Regions, seed: int) -> dict[str, pd.DataFrame]:
    """Run the model once and return its three tables."""
    model = abm.SettlementModel(scenario, data, rng=seed)
    while model.running:
        model.step()
    return {"regions": model.results(), "national": model.national(), "flows": model.flows()}


def _silent(*_: int) -> None:
    """Tell nobody of the progress."""


def run(
    design: Design,
    folder: Path,
    *,
    data: regions.Regions | None = None,
    workers: int | None = None,
    force: bool = False,
    run_one: RunOne | None = None,
    progress: Callable[[int, int], None] = _silent,
) -> store.Results:
    """Run what is missing of a design and return the results in `folder`.

    Interrupted, it leaves a folder with which the same call goes on.

    Args:
        design: what to run.
        folder: the results folder, made if need be.
        data: the regions, as `regions.load` gives them; as shipped if None.
        workers: the number of processes; as many as pay off if None.
        force: replace other results in the folder.
        run_one: makes the three tables of one run from scenario, regions and seed; if None, as the design says.
        progress: is called with the runs done and the runs to do, first with 0 done.

    Raises:
        InputError: the folder cannot be used, or a scenario does not go with the data.
    """
    data = regions.load() if data is None else data
    run_one = run_one or (ensemble.simulate if design.ensemble else simulate)
    _check(design, data)
    with store.locked(folder):
        design = store.prepare(folder, design, data, force=force)
        there = store.statuses(folder)
        todo = list(chunks(one for one in design.runs() if one.number not in there))
        scenarios = {named.name: named.scenario for named in design.scenarios}
        job = Job(scenarios, data.folder.absolute(), data.fingerprint, folder.absolute(), run_one)
        _LOADED.clear()
        _LOADED[data.fingerprint] = data
        done, total = 0, sum(map(len, todo))
        progress(done, total)
        if not todo and (results := store.finished(folder)):
            return results
        lost: list[Run] = []
        try:
            with closing(execute(todo, partial(run_chunk, job), workers or worth_it(len(todo)))) as finished:
                for chunk, whole in finished:
                    lost += () if whole else chunk
                    done += len(chunk)
                    progress(done, total)
        finally:
            store.record(folder, design, lost)
        return store.combine(folder)


def _check(design: Design, data: regions.Regions) -> None:
    """Make each model once: what is wrong with a scenario should not come out as a row for every run."""
    for named in design.scenarios:
        try:
            abm.SettlementModel(named.scenario, data, rng=0)
        except ValueError as error:
            raise InputError(f"{named.name}: {error}") from None


def worth_it(count: int) -> int:
    """Return how many processes to use for this many chunks."""
    if count < POOL_FROM_CHUNKS:
        return 1
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, count)


def execute(todo: Iterable[Chunk], work: Callable[[Chunk], None], workers: int) -> Generator[tuple[Chunk, bool]]:
    """Do the work for each chunk; yield each chunk when it is finished, and whether its part is there."""
    if workers > 1:
        yield from spread(todo, work, partial(processes, workers), workers)
    else:
        for chunk in todo:
            work(chunk)
            yield chunk, True


def processes(workers: int) -> Executor:
    """Return a pool of fresh processes."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(
        min(workers, WINDOWS_WORKERS) if sys.platform == "win32" else workers,
        mp_context=multiprocessing.get_context(method),
        initializer=_follow_parent,
    )


def _follow_parent() -> None:
    """Leave interrupts to the parent, which lets the chunks at work finish, but end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def spread(
    todo: Iterable[Chunk], work: Callable[[Chunk], None], pool: Callable[[], Executor], width: int
) -> Generator[tuple[Chunk, bool]]:
    """Do the work on executors from `pool`, at most `width` chunks at a time; yield as `execute` does.

    When an executor breaks, the chunks it had go to the end of the queue and are sent again one at a time, on
    a new one: then the chunk that breaks it is known. After `TRIES` times it is given up.
    """
    queue = deque(todo)
    tries: Counter[Chunk] = Counter()
    while queue:
        sent: dict[Future[None], Chunk] = {}
        with pool() as executor:
            try:
                while queue or sent:
                    while queue and len(sent) < (1 if tries[queue[0]] else width):
                        future = executor.submit(work, queue[0])
                        sent[future] = queue.popleft()
                    for future in wait(sent, return_when=FIRST_COMPLETED).done:
                        future.result()
                        yield sent.pop(future), True
            except BrokenExecutor:
                tries.update(sent.values())
                queue.extend(chunk for chunk in sent.values() if tries[chunk] < TRIES)
                yield from ((chunk, False) for chunk in sent.values() if tries[chunk] == TRIES)


def run_chunk(job: Job, chunk: Chunk) -> None:
    """Run a chunk and write its part."""
    data = loaded(job.data, job.fingerprint)
    tables: list[tuple[Run, Mapping[str, pd.DataFrame]]] = []
    rows: list[store.Status] = []
    for one in chunk:
        start = time.perf_counter()
        row: store.Status = {**one._asdict(), "status": "done"}
        try:
            tables.append((one, job.run_one(job.scenarios[one.scenario], data, one.seed)))
        except Exception as error:
            row |= {
                "status": "failed",
                "error": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
        rows.append(row | {"seconds": round(time.perf_counter() - start, 3)})
    store.write_part(job.folder, chunk, tables, rows)


_LOADED: dict[str, regions.Regions] = {}
"""The regions of this process, by fingerprint."""


def loaded(data: Path, fingerprint: str) -> regions.Regions:
    """Return the regions, read once a process."""
    if fingerprint not in _LOADED:
        found = regions.load(data, check=False)  # the parent has checked it; the fingerprint tells a change
        if found.fingerprint != fingerprint:
            raise InputError(f"{data}: the data changed while the experiment ran; start it again")
        _LOADED.clear()
        _LOADED[fingerprint] = found
    return _LOADED[fingerprint]
