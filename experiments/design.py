"""A design: the table of runs that an experiment consists of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from experiments.scenarios import NamedScenario

CHUNK_RUNS = 5
"""Runs sent to a worker at a time; fixed, so that parts do not depend on the number of workers."""


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
