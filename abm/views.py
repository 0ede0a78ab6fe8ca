"""GPs and practices one by one: light views on rows of the columns, a GP's as a Mesa agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from abm import practices
from abm.population import NOWHERE, Status
from regions.people import ROLES, SEXES, Role

if TYPE_CHECKING:
    from abm.model import SettlementModel
    from regions import Region


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


class Practice:
    """One practice, a light view on a row of the columns."""

    def __init__(self, model: SettlementModel, row: int) -> None:
        """Raise `IndexError` when there is no such practice."""
        if not 0 <= row < len(model.practices):
            raise IndexError(f"practice {row} does not exist; there are {len(model.practices)}")
        self.model, self.row = model, row

    def __eq__(self, other: object) -> bool:
        """Whether it is the same practice of the same model."""
        return isinstance(other, Practice) and (self.model, self.row) == (other.model, other.row)

    def __hash__(self) -> int:
        """Return a hash, so that practices can be counted."""
        return hash((id(self.model), self.row))

    def __repr__(self) -> str:
        """Return what it is."""
        return f"<Practice {self.row} in {self.municipality}: {self.form}, {self.state}>"

    @property
    def region(self) -> Region:
        """The region where it stands."""
        return self.model.regions.members[self.model.practices.region[self.row]]

    @property
    def municipality(self) -> str:
        """Name of the municipality where it stands."""
        return self.model.regions.municipalities.name[self.model.practices.municipality[self.row]]

    @property
    def places(self) -> int:
        """Places for holders, open ones included."""
        return int(self.model.practices.places[self.row])

    @property
    def holders(self) -> int:
        """Holders at work."""
        return int(practices.holders(self.model.practices, self.model.population)[self.row])

    @property
    def patients(self) -> float:
        """Patients on the list."""
        return float(self.model.practices.patients[self.row])

    @property
    def form(self) -> str:
        """Nobody, solo, duo or group, by the number of its established GPs."""
        return practices.Form(practices.forms(self.model.practices, self.model.population)[self.row]).name.lower()

    @property
    def state(self) -> str:
        """Open, without_holder or closed."""
        return practices.State(self.model.practices.state[self.row]).name.lower()
