"""What measures do to the model: tables by year and region that its rules read, and programmes that reach some GPs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from abm.randomness import Decision, Draws, FloatArray, KeyArray, pick

if TYPE_CHECKING:
    from abm.levers import AnyLever, Lever, Obligation, Placements, Selection

L = TypeVar("L", bound="Lever")
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

OLDEST = 110
TABLES = (
    "appeal", "partner_relief", "travel_relief", "takeover", "seek", "settle", "give_up", "exits", "hours", "demand",
    "norm", "wants", "places",
)  # fmt: skip
FACTORS = ("seek", "settle", "give_up", "exits", "hours", "demand", "norm")  # neutral at 1, other tables at 0


NEVER = np.iinfo(np.int16).max  # a year that does not come


class Situation(IntEnum):
    """In which a GP weighs a region: before having one, as another than the present one, as the present one.

    The present one is PAID to those whom a measure pays for having settled there since it began.
    """

    STARTING = 0
    ELSEWHERE = 1
    PRESENT = 2
    PAID = 3


@dataclass(frozen=True)
class Target:
    """When and where a lever acts: `ramp` (T+1,) from 0 to 1, `where` (R,); `site_region` (S,) of all sites."""

    ramp: FloatArray
    where: BoolArray
    site_region: IntArray
    site_names: tuple[str, ...]

    @property
    def grid(self) -> FloatArray:
        """How much of its size the lever has, by year and region, shape (T+1, R)."""
        return self.ramp[:, None] * self.where

    def site(self, name: str) -> int:
        """Return the row of a site; raises `ValueError` for one that is not there."""
        if name not in self.site_names:
            raise ValueError(f"site {name!r} is not known; there are {', '.join(self.site_names)}")
        return self.site_names.index(name)


@dataclass(frozen=True)
class Programme(Generic[L]):
    """A lever that reaches a share of a cohort, person by person: `share` (T+1,) of the cohort, `where` (R,)."""

    lever: L
    share: FloatArray
    where: BoolArray

    def chance(self, weight: FloatArray) -> FloatArray:
        """Return the cumulative chance of each region (R,) by `weight`; raises `ValueError` if its own have none."""
        if not weight[self.where].any():
            raise ValueError(
                f"levers.{self.lever.name}.regions: found none with candidates or demand, allowed are some that have"
            )
        return np.cumsum(np.where(self.where, weight, 0.0))


@dataclass
class Effects:
    """What levers do to the parameters of the model; T+1 years from the base year, R regions, S sites.

    `appeal` (T+1, situations, R) utility added; `paid_since` (T+1, R) the calendar year from which a measure pays those
    who settle, NEVER without one; `partner_relief`, `travel_relief` (T+1, R) share made good of what is
    lost by distance to the partner, or to all ties; `takeover` (T+1, R) share made good of the chance that an open
    place does not suit; `seek`, `settle`, `give_up` (T+1, R) factors of the chance to look for a practice, to become a
    fixed locum, to give a practice up; `exits` (T+1, R, ages) and `hours` (T+1, R) factors of the chance to leave and
    of fte; `demand` (T+1, R) factor of need, `norm` (T+1, R) of the GPs that a need calls for; `wants` (T+1, S) added
    to the share of graduates who want a practice; `places` (T+1, S) training places a year added; `intake` (T+1,)
    persons who would start training, `candidates` (T+1,) the share of them who do. Programmes reach some of a
    cohort; `active` are the tables on which some lever acts.
    Row t is that of the step that ends in year t.
    """

    appeal: FloatArray
    paid_since: IntArray
    partner_relief: FloatArray
    travel_relief: FloatArray
    takeover: FloatArray
    seek: FloatArray
    settle: FloatArray
    give_up: FloatArray
    exits: FloatArray
    hours: FloatArray
    demand: FloatArray
    norm: FloatArray
    wants: FloatArray
    places: FloatArray
    intake: FloatArray
    candidates: FloatArray
    selection: list[Programme[Selection]] = field(default_factory=list)
    placements: list[Programme[Placements]] = field(default_factory=list)
    obligations: list[Programme[Obligation]] = field(default_factory=list)
    levers: list[tuple[AnyLever, Target]] = field(default_factory=list)
    active: frozenset[str] = frozenset()

    def acts(self, name: str, t: int) -> FloatArray | None:
        """Return row t of a table, None where no lever acts on it in the whole run."""
        return getattr(self, name)[t] if name in self.active else None

    def attract(
        self, grid: FloatArray, starting: float, elsewhere: float, present: float = 0.0, paid: float | None = None
    ) -> None:
        """Add utility by situation, times `grid` (T+1, R); who was paid for settling stays for what others do."""
        for situation, added in zip(Situation, (starting, elsewhere, present, paid), strict=True):
            self.appeal[:, situation] += (present if added is None else added) * grid

    @classmethod
    def neutral(cls, intake: FloatArray, regions: int, sites: int) -> Effects:
        """Return the effects of no lever, for an `intake` (T+1,)."""
        by_region, by_site = (len(intake), regions), (len(intake), sites)
        return cls(
            appeal=np.zeros((len(intake), len(Situation), regions)),
            paid_since=np.full(by_region, NEVER),
            partner_relief=np.zeros(by_region),
            travel_relief=np.zeros(by_region),
            takeover=np.zeros(by_region),
            seek=np.ones(by_region),
            settle=np.ones(by_region),
            give_up=np.ones(by_region),
            exits=np.ones((*by_region, OLDEST + 1)),
            hours=np.ones(by_region),
            demand=np.ones(by_region),
            norm=np.ones(by_region),
            wants=np.zeros(by_site),
            places=np.zeros(by_site),
            intake=intake.copy(),
            candidates=np.ones(len(intake)),
        )


def joint(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the share made good by two measures together: the second mends of what the first leaves."""
    return one + other * (1 - one)


def reached(
    programmes: Sequence[Programme[Any]], t: int, keys: KeyArray, decision: Decision, draws: Draws
) -> tuple[IntArray, IntArray]:
    """Return which of the keys are reached in year `t`, and by which programme; fixed for life."""
    if not programmes:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    shares = np.cumsum([one.share[t] for one in programmes])
    number = np.searchsorted(shares, draws.uniform(decision, keys), side="right")
    some = np.flatnonzero(number < len(programmes))
    return some, number[some]


def region_of(
    programmes: Sequence[Programme[Any]],
    number: IntArray,
    weight: FloatArray,
    keys: KeyArray,
    decision: Decision,
    draws: Draws,
) -> IntArray:
    """Return a region of the programme of each key, drawn in proportion to `weight` (R,)."""
    if not programmes:
        return np.empty(0, dtype=np.int64)
    chance = np.array([one.chance(weight) for one in programmes])
    return pick(chance[number], draws.uniform(decision, keys))
