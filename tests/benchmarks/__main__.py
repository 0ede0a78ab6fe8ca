"""What the model costs, as a table: `python -m tests.benchmarks`, and with `--long` also what takes minutes.

Times are medians of several runs, in seconds of processor time (which others on the machine disturb little) and of wall
clock. `--against FOLDER` runs another checkout in turn with this one, and tells the ratio of each pair.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

PROCESSES = {
    "exits": ("abm.careers", "leave"),
    "practices that end": ("abm.practices", "end"),
    "intake and its training sites": ("abm.model:SettlementModel", "_enter_intake"),
    "end of training": ("abm.careers", "finish_training"),
    "arrivals": ("abm.model:SettlementModel", "_enter_from_abroad"),
    "who reconsiders": ("abm.location_choice", "reconsidering"),
    "utility of regions": ("abm.location_choice", "weigh"),
    "moves": ("abm.model:SettlementModel", "_settle"),
    "who looks for a practice": ("abm.careers", "looking_for_practice"),
    "changes of role": ("abm.careers", "change_roles"),
    "places that suit": ("abm.practices", "suitable"),
    "applications": ("abm.practices", "apply"),
    "places that stay open": ("abm.practices", "turn"),
    "joining practices": ("abm.practices", "join"),
    "indicators": ("abm.model:SettlementModel", "_collect"),
    "all else": ("abm.model:SettlementModel", "step"),
}
"""The processes of a step, and the function that each is; time in another of them does not count twice."""


@dataclass(frozen=True)
class Row:
    """One line of the table: medians of `runs` in seconds, or a number in another unit."""

    what: str
    runs: int
    cpu: float | None = None
    wall: float | None = None
    note: str = ""


def timed(work: Callable[[], Any], runs: int) -> tuple[float, float]:
    """Return the median seconds of processor time and of wall clock."""
    cpu, wall = [], []
    for _ in range(runs):
        begin = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - begin[0])
        wall.append(time.perf_counter() - begin[1])
    return median(cpu), median(wall)


def environment(checkout: Path) -> dict[str, str]:
    """Return the environment of a command, in which Python keeps what it compiled, as it does for users."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "PYTHONPATH": str(checkout)
    }


def command(*words: str, cwd: Path = ROOT) -> tuple[float, float, float, str]:
    """Run a command; returns its seconds of processor and wall clock, its peak memory in MB, and what it printed.

    The command runs in a process between, whose children's peak memory is that of this command alone.
    """
    program = (
        "import json, resource, subprocess, sys, time; begin = time.perf_counter(); "
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([used.ru_utime + used.ru_stime, time.perf_counter() - begin, used.ru_maxrss / 1024, "
        "done.stdout, done.returncode, done.stderr]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, wall, memory, printed, code, error = json.loads(found.stdout)
    if code:
        raise RuntimeError(f"{' '.join(words)}: {error}")
    return cpu, wall, memory, printed


def one_run(scenario: Any, data: Any, seed: int) -> Any:
    from abm import SettlementModel

    model = SettlementModel(scenario, data, rng=seed)
    while model.running:
        model.step()
    model.results()
    return model


def seeds() -> Iterator[int]:
    yield from range(1, 1 << 30)


# What is measured


def runs(count: int) -> Iterator[Row]:
    """One national run, what comes before it, and its peer."""
    import regions
    from abm import Scenario, SettlementModel
    from abm.fixed import prepare
    from tests.benchmarks.peer import PlainModel

    data, scenario, seed = regions.load(), Scenario(), seeds()
    yield Row("regions, loaded", 5, *timed(regions.load, 5))
    data_of_run = iter([regions.load() for _ in range(5)])
    yield Row(
        "what is fixed for scenario and regions, once", 5, *timed(lambda: prepare(scenario, next(data_of_run)), 5)
    )
    one_run(scenario, data, 0)
    yield Row("init", 2 * count, *timed(lambda: SettlementModel(scenario, data, rng=next(seed)), 2 * count))
    cpu, wall = timed(lambda: one_run(scenario, data, next(seed)), 2 * count)
    yield Row("one national run: init, 18 steps, results", 2 * count, cpu, wall, "target 0.15")
    yield from processes(scenario, data, count)

    def plain() -> None:
        model = PlainModel(scenario, data, next(seed))
        while model.running:
            model.step()

    ratios, times = [], []
    for _ in range(max(2, count // 4)):
        ours, peer = (timed(work, n) for work, n in ((lambda: one_run(scenario, data, next(seed)), 4), (plain, 1)))
        ratios.append(peer[0] / ours[0])
        times.append(peer)
    cpu, wall = (median(each) for each in zip(*times, strict=True))
    note = f"{median(ratios):.1f} times a run beside it ({min(ratios):.1f} to {max(ratios):.1f}); target 25"
    yield Row("the same rules, an object for every GP", len(ratios), cpu, wall, note)


@contextmanager
def exclusive(spent: dict[str, float]) -> Iterator[None]:
    """Add to `spent` the seconds of each process, without those of another one within it."""
    import importlib

    inside: list[float] = []

    def wrap(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            inside.append(0.0)
            begin = time.process_time()
            try:
                return work(*arguments, **named)
            finally:
                passed = time.process_time() - begin
                spent[name] += passed - inside.pop()
                if inside:
                    inside[-1] += passed

        return call

    with ExitStack() as stack:
        for name, (place, attribute) in PROCESSES.items():
            module, _, kind = place.partition(":")
            owner = importlib.import_module(module)
            owner = getattr(owner, kind) if kind else owner
            stack.enter_context(patch.object(owner, attribute, wrap(name, getattr(owner, attribute))))
        yield


def processes(scenario: Any, data: Any, count: int) -> Iterator[Row]:
    """Each process of the step, for a whole run of 18 steps."""
    found = defaultdict(list)
    for seed in range(count):
        spent: dict[str, float] = defaultdict(float)
        with exclusive(spent):
            one_run(scenario, data, seed)
        for name, seconds in spent.items():
            found[name].append(seconds)
    for name in PROCESSES:
        yield Row(f"- {name}", count, median(found[name]), None, "in a whole run")


def country(times: int, count: int) -> Row:
    """A run of the country some times larger, in a process of its own for its memory."""
    program = (
        "import json, resource, time; import regions; from tests.benchmarks.country import scaled; "
        "from tests.benchmarks.__main__ import one_run, timed; "
        f"data, scenario = scaled(regions.load(), {times}); one_run(scenario, data, 0) if {times} < 100 else None; "
        f"seed = iter(range(1, 1000)); found = timed(lambda: one_run(scenario, data, next(seed)), {count}); "
        "print(json.dumps(found))"
    )
    _, _, memory, printed = command(sys.executable, "-c", program)
    cpu, wall = json.loads(printed)
    return Row(f"country times {times}", count, cpu, wall, f"{cpu / times:.4f} per country, peak {memory:.0f} MB")


def countries(count: int, largest: int) -> Iterator[Row]:
    """The country times 1, 10 and 100; the note has what it costs per GP."""
    rows = [country(times, n) for times, n in ((1, count), (10, max(1, count // 5)), (100, 1)) if times <= largest]
    first = rows[0].cpu
    assert first
    for row in rows:
        times = int(row.what.split()[-1])
        assert row.cpu
        yield Row(
            row.what, row.runs, row.cpu, row.wall, f"{row.note}, per GP {row.cpu / times / first:.2f}; target 1.2"
        )


def commands(count: int) -> Iterator[Row]:
    """The command from a cold start: a fresh process every time, files in the cache of the machine."""
    program = [sys.executable, "-m", "experiments"]
    with tempfile.TemporaryDirectory() as folder:  # what is not compiled yet is now
        command(*program, "run", "--replications", "1", "--until", "2026", "--out", folder)
    for what, words, target in (
        ("gp-settlement --help", ["--help"], 0.5),
        ("gp-settlement run --replications 1", ["run", "--replications", "1"], 5),
        ("gp-settlement run: 10 runs, tables and map", ["run"], 5),
    ):
        found = []
        for _ in range(count):
            with tempfile.TemporaryDirectory() as folder:
                out = ["--out", folder] if "run" in words else []
                found.append(command(*program, *words, *out)[:3])
        cpu, wall, memory = (median(each) for each in zip(*found, strict=True))
        yield Row(what, count, cpu, wall, f"peak {memory:.0f} MB; target {target}")


def maps(count: int) -> Iterator[Row]:
    """The maps of the report, drawn and written."""
    from regions import paper
    from tests.benchmarks.test_maps import DRAWN

    def write(name: str) -> bytes:
        return paper.rendered(DRAWN[name](), "svg")

    for name in ("plain", "numbers", "nine"):
        yield Row(f"map {name}, drawn and written as svg", count, *timed(partial(write, name), count))


def kernel(count: int) -> Iterator[Row]:
    """The hottest kernel, a draw for each of many keys, beside copying memory."""
    import numpy as np

    from abm.randomness import Decision, Draws, gp_keys

    source = np.ones(1 << 24)
    there = np.empty_like(source)
    cpu, wall = timed(lambda: np.copyto(there, source), 3 * count)
    yield Row("copy of 128 MB", 3 * count, cpu, wall, f"{2 * source.nbytes / cpu / 1e9:.1f} GB/s, read and written")
    for number in (1000, 1 << 14, 1 << 20):
        keys = gp_keys(0, np.arange(number))
        cpu, wall = timed(partial(Draws(1).uniform, Decision.EXIT, keys, 2030), 3 * count)
        moved = keys.nbytes + 8 * number
        note = f"{cpu / number * 1e9:.1f} ns each, {moved / cpu / 1e9:.2f} GB/s of keys read and numbers written"
        yield Row(f"{number} draws", 3 * count, cpu, wall, note)


def replications(_: int) -> Iterator[Row]:
    """Some and many replications on two processes, with writing: memory should not grow with their number."""
    program = [sys.executable, "-m", "experiments", "run", "--workers", "2"]
    for number in (100, 1000):
        with tempfile.TemporaryDirectory() as folder:
            cpu, wall, memory = watched(*program, "--replications", str(number), "--out", folder)
        note = f"{cpu / number:.3f} s of processor a run, peak {memory:.0f} MB in all processes"
        target = "; target 120" if number == 1000 else ""
        yield Row(f"{number} replications on 2 processes, written", 1, cpu, wall, note + target)


def watched(*words: str) -> tuple[float, float, float]:
    """Run a command that has processes work for it; returns seconds of processor and wall, and peak memory, of all."""
    import psutil

    begin, peak, spent = time.perf_counter(), 0, {}
    with psutil.Popen(words, cwd=ROOT, env=environment(ROOT), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            memory = 0
            for each in [process, *process.children(recursive=True)]:
                with suppress(psutil.Error):
                    memory += each.memory_info().rss
                    spent[each.pid] = sum(each.cpu_times()[:2])
            peak = max(peak, memory)
            time.sleep(0.1)
    return sum(spent.values()), time.perf_counter() - begin, peak / 2**20


def against(other: Path, count: int) -> Iterator[Row]:
    """Runs here and in another checkout, in turn."""
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import regions; from abm import Scenario, SettlementModel\n"
        "import time\n"
        "data, scenario = regions.load(), Scenario()\n"
        "def run(seed):\n"
        "    begin = time.process_time(); model = SettlementModel(scenario, data, rng=seed)\n"
        "    init = time.process_time() - begin\n"
        "    while model.running: model.step()\n"
        "    model.results(); return init, time.process_time() - begin\n"
        "run(0); found = sorted(run(seed) for seed in range(1, 8))\n"
        "print(json.dumps([sorted(each)[3] for each in zip(*found)]))"
    )
    pairs = []
    for _ in range(count):
        pairs.append([json.loads(command(sys.executable, "-c", program, str(at), cwd=at)[3]) for at in (other, ROOT)])
    for k, what in enumerate(("init", "one national run")):
        then, now = (median(pair[side][k] for pair in pairs) for side in (0, 1))
        ratios = [pair[0][k] / pair[1][k] for pair in pairs]
        note = f"{then:.4f} in the other; ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        yield Row(f"{what}, in turn with the other checkout", count, now, None, note)


def memory(_: int) -> Iterator[Row]:
    """Peak memory of a process after its first run and after many."""
    for number in (1, 20):
        program = (
            "import regions; from abm import Scenario; from tests.benchmarks.__main__ import one_run\n"
            f"data = regions.load()\nfor seed in range({number}): one_run(Scenario(), data, seed)"
        )
        found = command(sys.executable, "-c", program)
        yield Row(f"peak memory after {number} run{'s' * (number > 1)}", 1, None, None, f"{found[2]:.0f} MB")


def table(rows: Iterator[Row]) -> None:
    """Print rows as they come, as Markdown."""
    print("| what | runs | processor, s | wall, s | |\n|---|--:|--:|--:|---|")
    for row in rows:
        cpu, wall = ("" if value is None else f"{value:.4f}" for value in (row.cpu, row.wall))
        print(f"| {row.what} | {row.runs} | {cpu} | {wall} | {row.note} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.benchmarks")
    parser.add_argument("--runs", type=int, default=6, help="how many of each, more or fewer for what is quick or slow")
    parser.add_argument("--long", action="store_true", help="also 1,000 replications, and the country times 100")
    parser.add_argument("--only", action="append", choices=[*PARTS, "replications"], help="this part; repeatable")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, to run in turn with this one")
    asked = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}\n")  # fmt: skip
    parts = {**PARTS, "countries": partial(countries, largest=100 if asked.long else 10)}
    if asked.long:
        parts["replications"] = replications
    if asked.against:
        parts = {"against": partial(lambda count: against(asked.against.resolve(), count))}
    names = [name for name in parts if not asked.only or name in asked.only]
    table(row for name in names for row in parts[name](asked.runs))


# In the order of the table.
PARTS: dict[str, Callable[[int], Iterator[Row]]] = {
    "runs": runs, "kernel": kernel, "memory": memory, "countries": partial(countries, largest=10),
    "commands": lambda count: commands(max(3, count // 2)), "maps": lambda count: maps(max(3, count // 2)),
}  # fmt: skip

if __name__ == "__main__":
    main()
