"""Run on Dask: a cluster of this machine, or workers anywhere that a scheduler knows.

Workers need this package and nothing else: data go out with the work, and what comes of it is written by who asked.
Numbers come only from workers with the same code and the same software as here.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import platform
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from experiments import store
from experiments.design import Chunk
from experiments.errors import InputError
from experiments.runner import CHUNKS_EACH, Pool, Workers, available

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
NO_INTERRUPTS = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""Run by workers of this machine, also by those that take the place of another: who started them ends them."""
KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
"""Dask has workers give back memory at once. A run asks for it again and again, and would take half as long again."""
CONNECT_SECONDS = 5
"""How long a scheduler may take to answer."""
FIRST_WORKER_SECONDS = 60
"""How long a scheduler may take to get its first worker, which may have just been started."""
CODE_DIGITS = 12
START = "`dask worker {} --nthreads 1 --nworkers N` starts N where gp-settlement[cluster] is installed"


def local(number: int | None = None) -> Pool:
    """Return a cluster of `number` processes on this machine, one for each core if None, that nobody else can reach."""

    @contextmanager
    def pool(work: Callable[[Chunk], T]) -> Iterator[Workers[T]]:
        import dask
        from distributed import Client, LocalCluster

        with _no_interrupts(), dask.config.set(KEEP_MEMORY):
            cluster = LocalCluster(
                n_workers=number or available(),
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=None,
                memory_limit=0,  # a worker that Dask holds up for want of memory would never go on
                silence_logs=logging.CRITICAL,
                preload=[NO_INTERRUPTS],
            )
        with _quiet(), cluster, Client(cluster, set_as_default=False) as client, _serving(client, work) as workers:
            yield workers

    return pool


def connect(address: str) -> Pool:
    """Return the workers of the Dask scheduler at an address such as tcp://127.0.0.1:8786.

    Raises `InputError` when no scheduler answers; the pool does as well, and when the scheduler has no workers, or some
    with other code or other software.
    """
    _check_scheduler(address)

    @contextmanager
    def pool(work: Callable[[Chunk], T]) -> Iterator[Workers[T]]:
        from distributed import Client

        with _quiet():
            _check_scheduler(address)
            with Client(address, set_as_default=False) as client:
                try:
                    client.wait_for_workers(1, timeout=FIRST_WORKER_SECONDS)
                except TimeoutError:
                    raise InputError(
                        f"--scheduler {address}: no worker came in {FIRST_WORKER_SECONDS} s; {START.format(address)}"
                    ) from None
                for worker, found in client.run(software, on_error="return").items():
                    _same(worker, found, software())
                with _serving(client, work) as workers:
                    yield workers

    return pool


def _check_scheduler(address: str) -> None:
    """Raise `InputError` when no scheduler answers; a `Client` would wait longer, and again when it is thrown away."""
    from distributed import Security
    from distributed.core import rpc

    async def ask() -> str:
        async with rpc(address, connection_args=Security().get_connection_args("client")) as server:
            return str((await asyncio.wait_for(server.identity(), CONNECT_SECONDS))["type"])

    with _quiet(), ThreadPoolExecutor(1) as thread:  # of its own, as a notebook has a loop in this one
        try:
            found = thread.submit(asyncio.run, ask()).result()
        except TimeoutError:
            found = f"nothing in {CONNECT_SECONDS} s"
        except Exception as error:  # whatever answers may answer anything
            found = str(error)
    if found != "Scheduler":
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there (found: {found}); "
            "`dask scheduler --host 127.0.0.1` starts one and tells its address"
        )


@contextmanager
def _serving(client: Client, work: Callable[[Chunk], T]) -> Iterator[Workers[T]]:
    """Give the workers of a client."""
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    # A task, so that Dask makes it again when it is lost with a worker; and in one piece, as arrays that Dask takes
    # out of a message may lie in memory where NumPy adds them up in another order.
    there = client.submit(bytes, pickle.dumps(work), pure=False)
    executor = client.get_executor(pure=False)
    try:
        yield Workers(
            lambda chunk: executor.submit(do, software(), there, chunk),
            lambda: max(1, CHUNKS_EACH * sum(client.nthreads().values())),
        )
    except (KilledWorker, CancelledError, CommClosedError) as error:
        raise BrokenExecutor(str(error)) from error
    finally:
        executor.shutdown(wait=False)


def do(here: Mapping[str, str], work: bytes, chunk: Chunk) -> Any:
    """Do pickled work on a worker if its software is what there is `here`."""
    from distributed import get_worker

    _same(get_worker().address, software(), here)
    return _unpickled(work)(chunk)


@lru_cache(maxsize=1)
def _unpickled(work: bytes) -> Callable[[Chunk], Any]:
    """Return the work, with the same regions for every chunk: what follows from them is kept."""
    found: Callable[[Chunk], Any] = pickle.loads(work)
    return found


@cache
def software() -> dict[str, str]:
    """Return what must be the same for numbers to be the same; of when this process first asked."""
    return {"code": store.code_fingerprint()[:CODE_DIGITS], "system": platform.system(), **store.software()}


def _same(worker: str, there: Mapping[str, str] | BaseException, here: Mapping[str, str]) -> None:
    """Raise `InputError` when a worker has other software, or none that can tell."""
    if isinstance(there, BaseException):
        raise InputError(
            f"the Dask worker {worker} has no gp-settlement, or another version ({there}); install the same"
        )
    other = [name for name in here if there.get(name) != here[name]]
    if other:
        found = "; ".join(f"{name} {there.get(name)}, here {here[name]}" for name in other)
        raise InputError(f"the Dask worker {worker} has other software: {found}; install the same and start it again")


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start processes that hear of no interrupts. One that comes meanwhile is lost: half a cluster cannot be ended."""
    here = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if here else None
    try:
        yield
    finally:
        if here:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log off the terminal, and what it says of versions: `_same` is stricter."""
    root = logging.getLogger("distributed")
    levels = {handler: handler.level for handler in root.handlers}
    for handler in levels:
        handler.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Mismatched versions found")
            yield
    finally:
        for handler, level in levels.items():
            handler.setLevel(level)
