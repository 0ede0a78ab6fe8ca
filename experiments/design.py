"""A design: the table of runs that an experiment consists of, and the values that a sweep tries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import numpy as np

from experiments.errors import InputError
from experiments.scenarios import NamedScenario
from regions.schema import GROUPED

CHUNK_RUNS = 5
"""Runs sent to a worker at a time; fixed, so that parts do not depend on the number of workers."""
MOST_VARIANTS = 1000
"""Of one scenario in a sweep: more is nearly always a slip in the step."""
EXPONENT = 12
"""Of ten, in the largest and the smallest number of a sweep: a decimal of more may take all memory to write out."""
SAMPLE_DIGITS = 4
"""Significant digits of a sampled value, so that the name of a variant can tell it in full."""

Point = dict[str, str]
"""Values of one variant by key, written as in TOML."""


class Run(NamedTuple):
    """One row of a design; `number` is its place in the design and in the tables of results."""

    number: int
    scenario: str
    replication: int
    seed: int


Chunk = tuple[Run, ...]


@dataclass(frozen=True)
class Design:
    """Every scenario, `replications` times.

    Replication r has the same seed in every scenario, so that scenarios can be compared in pairs. The
    replication varies slowest: asking for more adds rows at the end. In an `ensemble` each run also draws what is not
    known, from its seed.
    """

    scenarios: tuple[NamedScenario, ...]
    replications: int
    seed: int
    ensemble: bool = False

    def runs(self) -> list[Run]:
        """Return the table of runs, in the order of the results."""
        rows = [
            (scenario.name, replication, seed)
            for replication, seed in enumerate(replication_seeds(self.seed, self.replications))
            for scenario in self.scenarios
        ]
        return [Run(number, *row) for number, row in enumerate(rows)]


def replication_seeds(seed: int, replications: int) -> list[int]:
    """Return a seed for each replication: the 32-bit words of `SeedSequence(seed)`, doubles left out.

    The first n are the same however many follow.
    """
    words = np.random.SeedSequence(seed).generate_state(2 * replications)
    return list(dict.fromkeys(words.tolist()))[:replications]


def chunks(runs: Iterable[Run], size: int = CHUNK_RUNS) -> Iterator[Chunk]:
    """Split runs into chunks of neighbours that do not cross a multiple of `size`."""
    chunk: list[Run] = []
    for run in runs:
        if chunk and (run.number != chunk[-1].number + 1 or run.number % size == 0):
            yield tuple(chunk)
            chunk = []
        chunk.append(run)
    if chunk:
        yield tuple(chunk)


# Sweeps -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sweep:
    """What is tried for one key: the `values`, as texts, or everything between `bounds`."""

    key: str
    values: tuple[str, ...] = ()
    bounds: tuple[Decimal, Decimal] | None = None


def read_sweep(text: str) -> Sweep:
    """Read KEY=FROM:TO:STEP, KEY=a,b,c or KEY=LOW:HIGH; raises `InputError`."""
    key, _, given = (piece.strip() for piece in text.partition("="))
    if not (key and given):
        raise _wrong(text, "found no KEY=VALUES")
    if ":" not in given:
        values = tuple(value.strip() for value in given.split(","))
        if not all(values) or len(set(values)) < len(values):
            raise _wrong(text, "found an empty value" if not all(values) else "found a value twice")
        return Sweep(key, values)
    try:
        numbers = [Decimal(piece.strip()) for piece in given.split(":")]
    except InvalidOperation:
        raise _wrong(text, f"found {given!r}, which are no numbers") from None
    if len(numbers) not in (2, 3) or not all(number.is_finite() for number in numbers):
        raise _wrong(text, f"found {given!r}")
    if any(number and not -EXPONENT <= number.adjusted() <= EXPONENT for number in numbers):
        raise _wrong(text, f"found {given!r}, of which a number is too large or too small to work with")
    first, last = numbers[:2]
    if len(numbers) == 2:
        if last <= first:
            raise _wrong(text, f"found {last} as HIGH, allowed is more than {first}")
        return Sweep(key, bounds=(first, last))
    step = numbers[2]
    if step == 0 or (last - first) * step < 0:
        raise _wrong(text, f"found a step of {step}, which does not lead from {first} to {last}")
    count = int((last - first) / step) + 1
    if count > MOST_VARIANTS:
        raise _wrong(text, f"found {count:,} values, allowed are at most {MOST_VARIANTS:,}")
    return Sweep(key, tuple(_plain(first + step * i) for i in range(count)))


def points(sweeps: Sequence[Sweep], sample: int | None, seed: int, whole: Container[str] = ()) -> list[Point]:
    """Return what variants have: every combination of values, or `sample` points of a Latin hypercube over the bounds.

    Keys in `whole` take whole numbers. The same seed gives the same points. Raises `InputError`.
    """
    keys = [sweep.key for sweep in sweeps]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise InputError(f"--sweep {twice[0]}: found more than once, allowed is once for each key")
    if sample is not None:
        return _hypercube(sweeps, sample, seed, whole)
    if ranges := [sweep for sweep in sweeps if sweep.bounds]:
        raise InputError(f"--sweep {ranges[0].key}: found a range without a step; add :STEP, or --sample N")
    if (count := math.prod(len(sweep.values) for sweep in sweeps)) > MOST_VARIANTS:
        raise InputError(f"--sweep: found {count:,} combinations, allowed are at most {MOST_VARIANTS:,}; try --sample")
    return [dict(zip(keys, values, strict=True)) for values in itertools.product(*(one.values for one in sweeps))]


def _hypercube(sweeps: Sequence[Sweep], sample: int, seed: int, whole: Container[str]) -> list[Point]:
    from scipy.stats import qmc

    if not sweeps:
        raise InputError(f"--sample {sample}: found no --sweep KEY=LOW:HIGH to draw from")
    for sweep in sweeps:
        if not sweep.bounds:
            raise InputError(f"--sweep {sweep.key}: found values, allowed with --sample is KEY=LOW:HIGH")
    if sample > MOST_VARIANTS:
        raise InputError(f"--sample: found {sample:,}, allowed are at most {MOST_VARIANTS:,}")
    unit = qmc.LatinHypercube(len(sweeps), rng=np.random.default_rng(seed)).random(sample)
    columns = [_scaled(sweep, column, sweep.key in whole) for sweep, column in zip(sweeps, unit.T, strict=True)]
    keys = [sweep.key for sweep in sweeps]
    found = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    if len({tuple(point.values()) for point in found}) < sample:
        raise InputError(f"--sample {sample}: found fewer different values in {', '.join(keys)}; try a --sweep of each")
    return found


def _scaled(sweep: Sweep, unit: np.ndarray[tuple[int], np.dtype[np.float64]], whole: bool) -> list[str]:
    """Return numbers between the bounds of a sweep, from numbers between 0 and 1."""
    low, high = sweep.bounds or (Decimal(0), Decimal(1))
    if whole:
        first = math.ceil(low)
        if first > high:
            raise InputError(f"--sweep {sweep.key}={low}:{high}: found no whole number, allowed is nothing else")
        return [str(first + math.floor(u * (math.floor(high) - first + 1))) for u in unit.tolist()]
    drawn = (low + Decimal(u) * (high - low) for u in unit.tolist())
    texts = [_plain(min(max(Decimal(f"{value:.{SAMPLE_DIGITS}g}"), low), high)) for value in drawn]
    # Three decimals may be taken for thousands, four may not.
    return [f"{text}0" if GROUPED.fullmatch(text) else text for text in texts]


def _plain(number: Decimal) -> str:
    """Return a number without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _wrong(text: str, found: str) -> InputError:
    return InputError(
        f"--sweep {text}: {found}; allowed: KEY=FROM:TO:STEP, KEY=a,b,c, or KEY=LOW:HIGH with --sample N, "
        "for instance euro_per_year=0:50000:10000"
    )
