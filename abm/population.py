"""The GPs: one append-only table of columns, and where those at work count."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

NOWHERE = -1  # no region, training site, origin or tied partner


# Columns are compared with the `.value` of these and `Role`: numpy takes an IntEnum itself for 64 bits, which is slow.
class Status(IntEnum):
    """Where a GP is in the career."""

    IN_TRAINING = 0
    WORKING = 1
    LEFT = 2


class Block(IntEnum):
    """The supply block of the national model to which a GP belongs."""

    STOCK = 0
    TRAINING = 1
    UNTIL_ADJUSTMENT = 2
    AFTER_ADJUSTMENT = 3
    ABROAD = 4


IN_NO_PROGRAMME = {"placement": NOWHERE, "placed": NOWHERE, "obligation": NOWHERE, "obliged_until": NOWHERE}


@dataclass
class Population:
    """Columns of equal length, one row per GP; rows are never removed, moved or reused.

    `key` names a GP for the draws. `region` is where the GP works (NOWHERE in training), `since` the year of
    settling there, `second` and `third` the other regions of a locum who works in several; `base_region` is the
    region of the base year (NOWHERE for everyone who came later). `practice` is where a holder, salaried GP or fixed
    locum works (NOWHERE for changing locums). `partner` is the region of a tied partner. `finish` is the year in
    which training ends, `completes` whether with a diploma. `role` is meaningful once `status` has been WORKING.
    `placement` is the programme that placed a GP during training, `placed` the region; `obligation` the programme that
    obliges a GP to work somewhere, `obliged_until` the year in which that ends (all NOWHERE without).
    `birth`, `registered`, `since` and `finish` are years.
    """

    key: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, dtype=np.uint32))
    block: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    sex: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    birth: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    site: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    origin: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    partner: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    wants_practice: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    finish: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    completes: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    registered: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    status: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    role: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    region: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    since: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    second: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    third: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    base_region: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    practice: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    placement: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    placed: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))
    obligation: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    obliged_until: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, dtype=np.int16))

    def __post_init__(self) -> None:
        """Begin without room.

        A column is the first part of a longer array, so that those who enter seldom move all who are there.
        """
        self._room: dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]] = {}  # the array, and its part handed out

    def __getstate__(self) -> dict[str, Any]:
        """Leave the room out of pickles and copies."""
        return {**self.__dict__, "_room": {}}

    def __len__(self) -> int:
        """Return the number of GPs there ever were."""
        return len(self.key)

    def append(self, **columns: Any) -> npt.NDArray[np.int64]:
        """Add rows; every column must be given, as an array or one value for all. Returns the new rows.

        A column that somebody took before may go on to see what is written in its rows, or not.
        """
        if columns.keys() != COLUMNS:
            raise TypeError(f"columns to append differ from {sorted(COLUMNS)}: {sorted(COLUMNS ^ columns.keys())}")
        start, end = len(self), len(self) + len(columns["key"])
        for name, values in columns.items():
            there = getattr(self, name)
            room, given = self._room.get(name, (there, None))
            if there is not given or len(room) < end:
                room = np.empty(max(end, 2 * start), dtype=there.dtype)
                room[:start] = there
            room[start:end] = values
            self._room[name] = room, room[:end]
            setattr(self, name, self._room[name][1])
        return np.arange(start, end)

    def rows(self, status: Status) -> npt.NDArray[np.int64]:
        """Return the rows of all GPs with a status."""
        return np.flatnonzero(self.status == status.value)


COLUMNS = frozenset(f.name for f in fields(Population))


@dataclass(frozen=True)
class Posts:
    """Where GPs work, one entry per GP and region: `who` (index into the rows asked for), `region`, `share`.

    Locums in several regions have an entry for each; the shares of a GP add up to one. The home regions of all come
    first, in the order of the rows.
    """

    who: npt.NDArray[np.int64]
    region: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]

    def each(self, of_gps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what GPs are (rows,) at each of their posts."""
        return np.concatenate([of_gps, of_gps.take(self.who[len(of_gps) :])])

    def divide(self, of_gps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what GPs have of something (rows,) divided over their posts."""
        shared: npt.NDArray[np.float64] = self.each(of_gps)
        shared *= self.share
        return shared


def posts(gps: Population, rows: npt.NDArray[np.int64]) -> Posts:
    """Return the regions in which GPs at work count, and for how much."""
    second, third = gps.second.take(rows), gps.third.take(rows)
    two, three = np.flatnonzero(second != NOWHERE), np.flatnonzero(third != NOWHERE)
    share = np.ones(len(rows))
    share[two] = 1 / 2
    share[three] = 1 / 3
    who = np.concatenate([np.arange(len(rows)), two, three])
    region = np.concatenate([gps.region.take(rows), second[two], third[three]]).astype(np.int64)
    return Posts(who, region, np.concatenate([share, share[two], share[three]]))


@dataclass(frozen=True)
class AtWork:
    """The GPs at work at one moment, an entry each: what is counted of them, looked up once.

    `rows` are theirs in the population; `age` in years, `region` that of the home; all else as there.
    """

    rows: npt.NDArray[np.int64]
    block: npt.NDArray[np.int8]
    sex: npt.NDArray[np.int8]
    age: npt.NDArray[np.int16]
    role: npt.NDArray[np.int8]
    practice: npt.NDArray[np.int32]
    region: npt.NDArray[np.int64]
    posts: Posts

    def __len__(self) -> int:
        """Return the number of GPs at work."""
        return len(self.rows)


def at_work(gps: Population, year: int) -> AtWork:
    """Return the GPs at work, on 1 January of `year`."""
    rows = gps.rows(Status.WORKING)
    where = posts(gps, rows)
    # `take` is a third faster than an index.
    return AtWork(
        rows=rows,
        block=gps.block.take(rows),
        sex=gps.sex.take(rows),
        age=year - gps.birth.take(rows),
        role=gps.role.take(rows),
        practice=gps.practice.take(rows),
        region=where.region[: len(rows)],
        posts=where,
    )
