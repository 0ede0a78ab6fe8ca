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

    def __len__(self) -> int:
        """Return the number of GPs there ever were."""
        return len(self.key)

    def append(self, **columns: Any) -> npt.NDArray[np.int64]:
        """Add rows; every column must be given, as an array or one value for all. Returns the new rows."""
        names = {f.name for f in fields(self)}
        if columns.keys() != names:
            raise TypeError(f"columns to append differ from {sorted(names)}: {sorted(names ^ columns.keys())}")
        start, n = len(self), len(columns["key"])
        for name, values in columns.items():
            old = getattr(self, name)
            longer = np.empty(start + n, dtype=old.dtype)
            longer[:start], longer[start:] = old, values
            setattr(self, name, longer)
        return np.arange(start, start + n)

    def rows(self, status: Status) -> npt.NDArray[np.int64]:
        """Return the rows of all GPs with a status."""
        return np.flatnonzero(self.status == status.value)


@dataclass(frozen=True)
class Posts:
    """Where GPs work, one entry per GP and region: `who` (index into the rows asked for), `region`, `share`.

    Locums in several regions have an entry for each; the shares of a GP add up to one, and the home region comes first.
    """

    who: npt.NDArray[np.int64]
    region: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]


def posts(gps: Population, rows: npt.NDArray[np.int64]) -> Posts:
    """Return the regions in which GPs at work count, and for how much."""
    second, third = gps.second[rows], gps.third[rows]
    two, three = np.flatnonzero(second != NOWHERE), np.flatnonzero(third != NOWHERE)
    number = 1 + (second != NOWHERE) + (third != NOWHERE)
    who = np.concatenate([np.arange(len(rows)), two, three])
    region = np.concatenate([gps.region[rows], second[two], third[three]]).astype(np.int64)
    return Posts(who, region, 1.0 / number[who])
