"""Run a design: chunks of runs go to workers, whole parts end up on disk, and what is there is skipped.

All that is asked of workers is `concurrent.futures`. They get the regions once, run a chunk and make its part of it;
those of this machine write it, others need no file of ours and send it back. A run that raises becomes a row with its
error. Results do not depend on how the runs were spread.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, Protocol, TypeVar

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
CHUNKS_EACH = 2
"""Chunks under way for each worker: one at work, and one so that it need not wait for the next."""

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Is called with the runs done and the runs to do, first with what was done before."""
RunOne = Callable[[abm.Scenario, regions.Regions, int], Mapping[str, pd.DataFrame]]


@dataclass(frozen=True)
class Job:
    """What all chunks of an experiment share."""

    scenarios: Mapping[str, abm.Scenario]
    data: regions.Regions
    run_one: RunOne


@dataclass(frozen=True)
class Workers(Generic[T]):
    """Workers that wait for chunks: how one is sent to them, and how many may be under way now."""

    submit: Callable[[Chunk], Future[T]]
    width: Callable[[], int]


class Pool(Protocol):
    """Starts workers for some work, and ends them. Raises `BrokenExecutor` when what they had is to be sent again."""

    def __call__(self, work: Callable[[Chunk], T], /) -> AbstractContextManager[Workers[T]]:
        """Give workers that do `work`."""


def simulate(scenario: abm.Scenario, data: regions.Regions, seed: int) -> dict[str, pd.DataFrame]:
    """Run the model once and return its tables."""
    model = abm.SettlementModel(scenario, data, rng=seed)
    while model.running:
        model.step()
    tables = {"regions": model.results(), "national": model.national(), "flows": model.flows(), "ages": model.ages()}
    model.__dict__.clear()  # Mesa's models refer to themselves, and would wait for the garbage collector
    return tables


def simulate_drawn(scenario: abm.Scenario, data: regions.Regions, seed: int) -> dict[str, pd.DataFrame]:
    """Run the model once with what the seed draws of the ensemble, and return its tables."""
    return simulate(*ensemble.drawn(scenario, data, seed), seed)


def _silent(*_: object) -> None:
    """Tell nobody of the progress, keep nothing of the work."""


def run(
    design: Design,
    folder: Path,
    *,
    data: regions.Regions | None = None,
    workers: int | Pool | None = None,
    force: bool = False,
    run_one: RunOne | None = None,
    progress: Progress = _silent,
) -> store.Results:
    """Run what is missing of a design and return the results in `folder`.

    Interrupted, it leaves a folder with which the same call goes on.

    Args:
        design: what to run.
        folder: the results folder, made if need be.
        data: the regions, as `regions.load` gives them; as shipped if None.
        workers: the number of processes, or where else to run, as `experiments.cluster` has it; as many processes as
            pay off if None.
        force: replace other results in the folder.
        run_one: makes the tables of one run from scenario, regions and seed; if None, as the design says.
        progress: is called with the runs done and the runs to do, first with 0 done.

    Raises:
        InputError: the folder cannot be used, or a scenario does not go with the data.
    """
    data = regions.load() if data is None else data
    run_one = run_one or (simulate_drawn if design.ensemble else simulate)
    _check(design, data)
    with store.locked(folder):
        design = store.prepare(folder, design, data, force=force)
        there = store.statuses(folder)
        todo = list(chunks(one for one in design.runs() if one.number not in there))
        scenarios = {named.name: named.scenario for named in design.scenarios}
        work = partial(run_chunk, Job(scenarios, data, run_one))
        done, total = 0, sum(map(len, todo))
        progress(done, total)
        if not todo and (results := store.finished(folder)):
            return results
        lost: list[Run] = []
        try:
            with closing(execute(todo, work, workers, partial(store.write_part, folder.absolute()))) as finished:
                for chunk, whole in finished:
                    lost += () if whole else chunk
                    done += len(chunk)
                    progress(done, total)
        finally:
            store.record(folder, design, lost)
        return store.combine(folder)


def _check(design: Design, data: regions.Regions) -> None:
    """Make each model once: what is wrong with a scenario should not come out as a row for every run."""
    if design.ensemble:
        ensemble.members()
    for named in design.scenarios:
        try:
            abm.SettlementModel(named.scenario, data, rng=0)
        except ValueError as error:
            raise InputError(f"{named.name}: {error}") from None


def worth_it(count: int) -> int:
    """Return how many processes to use for this many chunks."""
    if count < POOL_FROM_CHUNKS:
        return 1
    return min(available(), count)


def available() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    todo: Sequence[Chunk],
    work: Callable[[Chunk], T],
    workers: int | Pool | None,
    keep: Callable[[Chunk, T], None] = _silent,
) -> Generator[tuple[Chunk, bool]]:
    """Do the work for each chunk and keep what comes of it; yield each chunk then, and whether that went well.

    `workers` is as in `run`.
    """
    workers = worth_it(len(todo)) if workers is None else workers
    if not isinstance(workers, int):
        yield from dispatch(todo, work, workers, keep)
    elif workers > 1:
        yield from dispatch(todo, partial(_do, work, keep), partial(processes, number=workers))
    else:
        for chunk in todo:
            keep(chunk, work(chunk))
            yield chunk, True


def _do(work: Callable[[Chunk], T], keep: Callable[[Chunk, T], None], chunk: Chunk) -> None:
    """Do the work in a process of this machine, which keeps it: the more processes, the more write at a time.

    Nothing large goes through a pool's pipes, where what is left by a process that was killed blocks all others.
    """
    keep(chunk, work(chunk))


@contextmanager
def processes(work: Callable[[Chunk], T], number: int) -> Iterator[Workers[T]]:
    """Give fresh processes that do the work, which comes to them in a file."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    with TemporaryDirectory(prefix="gp-settlement-") as folder:
        file = Path(folder, "work.pickle")
        file.write_bytes(pickle.dumps(work))
        executor = ProcessPoolExecutor(
            min(number, WINDOWS_WORKERS) if sys.platform == "win32" else number,
            mp_context=multiprocessing.get_context(method),
            initializer=_begin,
            initargs=(file,),
        )
        try:
            yield Workers(lambda chunk: executor.submit(_do_here, chunk), lambda: CHUNKS_EACH * number)
        finally:
            executor.shutdown(cancel_futures=True)


_work: Callable[[Chunk], Any]
"""What this process does with chunks."""


def _begin(file: Path) -> None:
    global _work
    _follow_parent()
    _work = pickle.loads(file.read_bytes())


def _do_here(chunk: Chunk) -> Any:
    return _work(chunk)


def _follow_parent() -> None:
    """Leave interrupts to the parent, which lets the chunks at work finish, but end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def dispatch(
    todo: Sequence[Chunk], work: Callable[[Chunk], T], pool: Pool, keep: Callable[[Chunk, T], None] = _silent
) -> Generator[tuple[Chunk, bool]]:
    """Do the work in a pool, with no more chunks under way than it has room for, and keep it here; yield as `execute`.

    When the pool breaks, the chunks it had go to the end of the queue and are sent again one at a time, to a new one:
    then the chunk that breaks it is known. After `TRIES` times it is given up.
    """
    queue = deque(todo)
    tries: Counter[Chunk] = Counter()
    while queue:
        sent: dict[Future[T], Chunk] = {}
        try:
            with pool(work) as workers:
                while queue or sent:
                    while queue and len(sent) < (1 if tries[queue[0]] else workers.width()):
                        future = workers.submit(queue[0])
                        sent[future] = queue.popleft()
                    for future in wait(sent, return_when=FIRST_COMPLETED).done:
                        keep(sent[future], future.result())
                        yield sent.pop(future), True
        except BrokenExecutor:
            tries.update(sent.values())
            queue.extend(chunk for chunk in sent.values() if tries[chunk] < TRIES)
            yield from ((chunk, False) for chunk in sent.values() if tries[chunk] == TRIES)


def rows_of(
    runs: Iterable[Run],
    one: Callable[[Run], Mapping[str, object]],
    folder: Path,
    workers: int | None,
    progress: Progress,
) -> pd.DataFrame:
    """Return what `one` gives for each run, a row each; what is in `folder` already is not made again.

    Raises `InputError` when a process dies at it.
    """
    every = list(chunks(runs))
    todo = [chunk for chunk in every if not _part(folder, chunk).exists()]
    total = sum(map(len, every))
    done = total - sum(map(len, todo))
    progress(done, total)
    for chunk, whole in execute(todo, partial(_rows, one), workers, partial(_keep, folder)):
        if not whole:
            raise InputError("a process at work died, perhaps for want of memory; try again with fewer --workers")
        done += len(chunk)
        progress(done, total)
    return pd.concat([pd.read_parquet(_part(folder, chunk)) for chunk in every])


def _part(folder: Path, chunk: Chunk) -> Path:
    return folder / f"part-{chunk[0].number:05d}.parquet"


def _rows(one: Callable[[Run], Mapping[str, object]], chunk: Chunk) -> pd.DataFrame:
    return pd.DataFrame([one(run) for run in chunk])


def _keep(folder: Path, chunk: Chunk, rows: pd.DataFrame) -> None:
    with store.replacing(_part(folder, chunk)) as path:
        rows.to_parquet(path, index=False)


def run_chunk(job: Job, chunk: Chunk) -> store.Part:
    """Run a chunk and return its part."""
    tables: list[tuple[Run, Mapping[str, pd.DataFrame]]] = []
    rows: list[store.Status] = []
    for one in chunk:
        start = time.perf_counter()
        row: store.Status = {**one._asdict(), "status": "done"}
        try:
            tables.append((one, job.run_one(job.scenarios[one.scenario], job.data, one.seed)))
        except Exception as error:
            row |= {
                "status": "failed",
                "error": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
        rows.append(row | {"seconds": round(time.perf_counter() - start, 3)})
    return store.make_part(tables, rows)
