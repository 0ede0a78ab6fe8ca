"""The GPs: one append-only table of columns, and `GP`, the Mesa view of one row."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import numpy.typing as npt

from regions.people import ROLES, SEXES, Role

if TYPE_CHECKING:
    from abm.model import SettlementModel
    from abm.practices import Practice
    from regions import Region

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


class GP(mesa.Agent):  # type: ignore[misc]
    """One GP, a light view on a row of the population: reading and writing go to the columns."""

    model: SettlementModel

    def __init__(self, model: SettlementModel, row: int) -> None:
        """Register a view on `row` with the model."""
        super().__init__(model)
        self.row = row
        self.unique_id = int(model.population.key[row])

    @classmethod
    def create_agents(cls, *_: Any, **__: Any) -> Any:
        """Refuse: GPs enter through training or from abroad, so that every view has a row."""
        raise TypeError("GPs cannot be created one by one; change the intake of the scenario instead")

    from_dataframe = create_agents  # Mesa's other way in

    @property
    def role(self) -> str:
        """in_training, holder, salaried, fixed_locum or changing_locum; who left keeps the last."""
        columns = self.model.population
        if columns.status[self.row] == Status.IN_TRAINING or columns.registered[self.row] < 0:
            return "in_training"
        return ROLES[columns.role[self.row]]

    @role.setter
    def role(self, role: str) -> None:
        """Change role: a holder needs an open place in the region, and takes the first."""
        columns, row = self.model.population, self.row
        if role not in ROLES or columns.status[row] != Status.WORKING:
            raise ValueError(f"role {role!r} is not possible; a working GP is one of {', '.join(ROLES)}")
        new = Role[role.upper()]
        if new == columns.role[row]:
            return
        if new == Role.HOLDER:
            columns.practice[row] = self.model.open_practice(columns.region[row])
            self.model.practices.vacant_years[columns.practice[row]] = 0  # nor will it close
        elif new == Role.CHANGING_LOCUM:
            columns.practice[row] = NOWHERE
        if new in (Role.HOLDER, Role.SALARIED):
            columns.second[row] = columns.third[row] = NOWHERE
        columns.role[row] = new

    @property
    def region(self) -> Region | None:
        """The region where the GP works, None in training."""
        return self._region(self.model.population.region[self.row])

    @region.setter
    def region(self, region: Region | str | int) -> None:
        """Move: a holder gives up the practice and is a fixed locum there, a locum's other regions are dropped."""
        columns, row = self.model.population, self.row
        if columns.status[row] != Status.WORKING:
            raise ValueError("only a working GP has a region to change")
        new = self.model.regions.index(region)
        if new == columns.region[row]:
            return
        columns.region[row] = new
        columns.since[row] = self.model.year
        columns.practice[row] = columns.second[row] = columns.third[row] = NOWHERE
        if columns.role[row] == Role.HOLDER:
            columns.role[row] = Role.FIXED_LOCUM

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions where the GP works, the own one first; more than one only for locums."""
        columns = self.model.population
        every = (columns.region[self.row], columns.second[self.row], columns.third[self.row])
        return tuple(self.model.regions.members[index] for index in every if index != NOWHERE)

    @property
    def practice(self) -> Practice | None:
        """The practice of a holder, salaried GP or fixed locum, None for others."""
        index = self.model.population.practice[self.row]
        return None if index == NOWHERE else self.model.practice(int(index))

    @property
    def origin(self) -> Region | None:
        """The region where the GP grew up, None when from abroad."""
        return self._region(self.model.population.origin[self.row])

    @property
    def partner_region(self) -> Region | None:
        """The region to which the partner is tied, None without a tied partner."""
        return self._region(self.model.population.partner[self.row])

    @property
    def training_site(self) -> str | None:
        """Name of the training institute or annex, None when trained abroad."""
        site = self.model.population.site[self.row]
        return None if site == NOWHERE else self.model.regions.sites[site].name

    @property
    def sex(self) -> str:
        """Women or men."""
        return SEXES[self.model.population.sex[self.row]]

    @property
    def age(self) -> int:
        """Age on 1 January of the model's year."""
        return int(self.model.year - self.model.population.birth[self.row])

    @property
    def fte(self) -> float:
        """Full-time equivalents worked this year, 0 in training or after leaving."""
        return float(self.model.fte(np.array([self.row]))[0])

    @property
    def active(self) -> bool:
        """Whether the GP is working or in training."""
        return bool(self.model.population.status[self.row] != Status.LEFT)

    def remove(self) -> None:
        """Let the GP leave for good; the row stays and the view remains readable."""
        self.model.population.status[self.row] = Status.LEFT
        super().remove()

    def _region(self, index: int) -> Region | None:
        return None if index == NOWHERE else self.model.regions.members[index]
