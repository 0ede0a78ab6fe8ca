"""Whom levers reach in a year: kept as flows, for what a measure costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from abm import levers
from abm.flows import REACHED, Flows
from abm.population import Population

if TYPE_CHECKING:
    from abm.effects import Programme, Target
    from abm.fixed import Fixed

IntArray = npt.NDArray[np.int64]

ON_ENTRY = ("nobody", "selected", "placed", "trainees")
"""Levers that reach nobody, or people who are kept by `of_programmes` and `of_trainees` when they enter."""


class Record(Protocol):
    """Keeps a flow of GPs by row, by the regions given or those where they are now."""

    def __call__(self, flow: str, rows: IntArray, region: npt.NDArray[np.integer] | None = None, /) -> None:
        """Keep it."""


def of_programmes(
    record: Record, programmes: Sequence[Programme[Any]], rows: IntArray, number: IntArray, region: IntArray
) -> None:
    """Keep whom each programme reached: `rows`, the `number` of their programme, and the region it counts in."""
    for index, programme in enumerate(programmes):
        record(REACHED + programme.lever.name, rows[number == index], region[number == index])


def of_trainees(record: Record, fixed: Fixed, gps: Population, rows: IntArray, t: int) -> None:
    """Keep who started training where a lever adds places, by the region of the site."""
    region = fixed.sites.region[gps.site[rows]]
    for lever, at in fixed.effects.levers:
        if lever.reaches == "trainees" and at.ramp[t] > 0:
            record(REACHED + lever.name, rows[at.where[region]], region[at.where[region]])


def in_year(
    record: Record, flows: Flows, fixed: Fixed, gps: Population, graduates: IntArray, role: npt.NDArray[np.int8],
    t: int, year: int,
) -> None:  # fmt: skip
    """Keep whom the levers in force reached in the year before 1 January of `year`, but for those known on entry.

    `graduates` started work in it; `role` (GPs,) is what GPs were before it.
    """
    on = fixed.effects
    for lever, at in on.levers:
        if at.ramp[t] > 0 or lever.reaches == "obliged":  # an obligation outlasts the measure
            if lever.reaches == "demand":
                _saved(flows, lever, at, fixed.usual_need[t], t)
            elif lever.reaches == "graduates":
                site = fixed.sites.region[gps.site[graduates]]
                record(REACHED + lever.name, graduates[at.where[site]], site[at.where[site]])
            elif lever.reaches not in ON_ENTRY:
                record(REACHED + lever.name, levers.who(on, lever, at, gps, role, year))


def _saved(flows: Flows, lever: levers.AnyLever, at: Target, need: npt.NDArray[np.float64], t: int) -> None:
    """Keep the demand, in fte, that a lever saves of the `need` (R,): it reaches nobody."""
    region = np.flatnonzero(at.where)
    flows.record(REACHED + lever.name, region, need[region] * lever.saved(at.ramp)[t], persons=0.0)
