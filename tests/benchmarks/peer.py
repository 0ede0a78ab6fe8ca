# ruff: noqa: ARG002 - the arguments are those of the reference
"""The model as plain Mesa has it: an object for every GP, and loops over them.

The rules are those of the tests' reference, which takes them one GP at a time. What that does for the sake of a test
and a plain model would not is left out, so that nothing slows it down but the objects: chance comes from Mesa's own
stream instead of Philox in Python, what a GP likes for life is kept with the GP instead of drawn anew, who left is
removed, and measures, of which the baseline has none, are not asked after. It counts fewer indicators than the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mesa

from abm import Scenario
from abm.population import NOWHERE, Block, Status
from abm.randomness import Decision
from regions import Regions
from tests.abm.reference import OLDEST, Luck, Reference, RefGP

ALL, ROLES, SEXES, AGES, CLASSES = 0, 1, 5, 7, 11  # where the classes of GPs begin in a row of counts
LIFELONG = {Decision.WANTS_PRACTICE, Decision.LOCUM_REGIONS, Decision.WANTS_COMPANY}


class StreamLuck(Luck):
    """Chance from the stream of a Mesa model, in order of use; what is asked more than once for a GP is kept."""

    def __init__(self, model: mesa.Model) -> None:
        self.random = model.random.random
        self.kept: dict[tuple[int, int], float] = {}

    def u(self, decision: Decision, key: int, year: int = 0, other: int = 0) -> float:
        if decision not in LIFELONG:
            return self.random()
        if (decision, key) not in self.kept:
            self.kept[decision, key] = self.random()
        return self.kept[decision, key]

    def series(self, decision: Decision, key: int, n: int, year: int = 0) -> list[float]:
        return [self.random() for _ in range(n)]

    def gumbel(self, decision: Decision, key: int, n: int, year: int = 0) -> list[float]:
        return [-math.log(-math.log(self.random())) for _ in range(n)]


@dataclass(eq=False)
class PlainGP(RefGP, mesa.Agent):
    """A GP as Mesa agent."""

    __hash__ = object.__hash__
    lasting: list[float] | None = None


class Rules(Reference):
    """The rules of the reference on Mesa agents."""

    def __init__(self, scenario: Scenario, regions: Regions, seed: int, model: mesa.Model) -> None:
        self.model = model
        self.rows: list[tuple[Any, ...]] = []
        super().__init__(scenario, regions, seed)
        assert not self.on.levers

    def luck_of(self, seed: int) -> Luck:
        return StreamLuck(self.model)

    def new_gp(self, *values: Any, **named: Any) -> RefGP:
        gp = PlainGP(*values, **named)
        mesa.Agent.__init__(gp, self.model)
        return gp

    def step(self) -> None:
        super().step()
        for gp in [gp for gp in self.gps.values() if gp.status == Status.LEFT]:
            assert isinstance(gp, PlainGP)
            del self.gps[gp.key]
            gp.remove()

    def leaves(self, gp: RefGP) -> bool:
        if gp.block == Block.STOCK:
            age = min(max(self.year - 1 - gp.birth, 0), OLDEST)
            chance = self.exits_of_stock[gp.sex][self.t][age]
        else:
            chance = self.exits_of_block[gp.block][gp.sex][self.t]
        return self.luck.u(Decision.EXIT, gp.key) < chance

    def utility(self, gp: RefGP, tightness: list[float]) -> list[float]:
        assert isinstance(gp, PlainGP)
        if gp.lasting is None:
            gp.lasting = self.lasting_utility(gp)
        weight, size = self.scenario.tightness, self.scenario.yearly_noise
        columns = zip(gp.lasting, tightness, self.lift, strict=True)
        total = [lasting + weight * tight + lift for lasting, tight, lift in columns]
        if gp.region != NOWHERE:
            errors = self.luck.gumbel(Decision.NOISE, gp.key, len(total), self.year)
            total = [u + size * error for u, error in zip(total, errors, strict=True)]
            total[gp.region] += self.scenario.stay
        return total

    def may_work_in(self, gp: RefGP, r: int) -> bool:
        return True

    def bound(self, gp: RefGP) -> bool:
        return False

    def goes_elsewhere(self, gp: RefGP) -> bool:
        return False

    def fte(self, gp: RefGP) -> float:
        return self.fte_per_head[self.t][gp.sex][gp.role] * self.fte_factor[gp.region]

    def measure(self) -> None:
        super().measure()
        self.collect()

    def at_work(self) -> list[RefGP]:
        working = Status.WORKING
        return [gp for gp in self.gps.values() if gp.status is working]

    def collect(self) -> None:
        """Keep persons and fte by region, in all and by role, sex and age, and what became of the practices."""
        persons, fte = ([[0.0] * CLASSES for _ in self.all_regions] for _ in range(2))
        for gp in self.at_work():
            works, age = self.fte(gp), self.year - gp.birth
            classes = (ALL, ROLES + gp.role, SEXES + gp.sex, AGES + (age >= 40) + (age >= 55) + (age >= 60))
            regions = gp.regions
            part = 1 / len(regions)
            for region in regions:
                of_region, in_fte = persons[region], fte[region]
                for kind in classes:
                    of_region[kind] += part
                    in_fte[kind] += part * works
        number, unfilled, patients = ([0.0 for _ in self.all_regions] for _ in range(3))
        holders = self.holders()
        for practice in self.practices:
            if practice.runs:
                number[practice.region] += 1
                unfilled[practice.region] += practice.places - holders[practice.row]
                patients[practice.region] += practice.patients
        self.rows.append((self.year, persons, fte, number, unfilled, patients))


class PlainModel(mesa.Model):  # type: ignore[misc]
    """The rules in a Mesa model, stepped to the end of the scenario."""

    def __init__(self, scenario: Scenario, regions: Regions, seed: int) -> None:
        super().__init__(rng=seed)
        self.rules = Rules(scenario, regions, seed, self)
        self.end_year = scenario.end_year

    def step(self) -> None:
        self.rules.step()
        self.running = self.rules.year < self.end_year
