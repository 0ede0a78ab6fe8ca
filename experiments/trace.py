"""The career of one simulated GP: what happened, year by year, and why.

One replication is run and the state of every 1 January kept. A year of a GP is then played again for that GP alone,
with the model's own functions: draws are keyed, so that the GP decides the same. What depends on the others (who gets
an open place) is read from the state afterwards.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum, auto, unique
from typing import Any

import numpy as np

import abm
from abm import careers, location_choice
from abm.fixed import prepare
from abm.location_choice import Pull, Utility
from abm.population import NOWHERE, Population, Status
from abm.practices import Form, Practices, forms, wants_company
from abm.randomness import MAX_PLACES, PLACE_BITS, Draws
from experiments.arrays import FloatArray, IntArray
from experiments.errors import InputError
from regions import Region, Regions, Site
from regions.people import ROLES, SEXES, Role

BEST = 3
"""How many regions a choice is told with."""
EMPLOYED = (Role.SALARIED, Role.FIXED_LOCUM)


# What happened -------------------------------------------------------------------------------------------------------


@unique
class Kind(StrEnum):
    """What can happen to a GP."""

    BORN = auto()
    IN_STOCK = auto()
    STARTS_TRAINING = auto()
    STOPS_TRAINING = auto()
    GRADUATES_NOT_AT_WORK = auto()
    ARRIVES_NOT_AT_WORK = auto()
    GRADUATES = auto()
    ARRIVES = auto()
    WAS_PLACED = auto()
    IS_OBLIGED = auto()
    CHOOSES = auto()
    STAYS = auto()
    MOVES = auto()
    WORKS_IN_SEVERAL = auto()
    JOINS = auto()
    PRACTICE_CLOSES = auto()
    TAKES_OVER = auto()
    MOVES_FOR_PRACTICE = auto()
    FINDS_NO_PRACTICE = auto()
    GIVES_UP = auto()
    GIVES_UP_TO_MOVE = auto()
    SETTLES = auto()
    RETIRES = auto()
    LEAVES = auto()
    IN_TRAINING_AT_END = auto()
    AT_WORK_AT_END = auto()


@dataclass(frozen=True)
class Event:
    """Something that happened in the year before 1 January of `year`, as in the model's tables.

    What `data` holds goes with the kind: regions, practices, posts, reasons, numbers and words.
    """

    year: int
    kind: Kind
    data: Mapping[str, Any]


@dataclass(frozen=True)
class PracticeSeen:
    """A practice as it was when something happened; `number` is its row, `patients` on the list."""

    number: int
    municipality: str
    form: str
    patients: float


@dataclass(frozen=True)
class Post:
    """What a GP works as, where, and in which practice if in one."""

    role: str
    regions: tuple[Region, ...]
    practice: PracticeSeen | None


@dataclass(frozen=True)
class Reasons:
    """Why a region: the best ones with their points, and per term how far the `chosen` is ahead of the `other`."""

    best: tuple[tuple[Region, float], ...]
    chosen: Region
    other: Region | None
    ahead: Mapping[str, float]


def terms(
    scenario: abm.Scenario,
    utility: Utility,
    tight: FloatArray,
    gps: Population,
    rows: IntArray,
    draws: Draws,
    year: int,
    pull: Pull | None = None,
) -> dict[str, FloatArray]:
    """Return the terms of which `location_choice.weigh` returns the sum, each of shape (rows, R)."""
    same = np.zeros((len(rows), len(utility.base)))
    partner, tied = utility.partner[gps.partner[rows]], (gps.partner[rows] != NOWHERE)[:, None]
    region = gps.region[rows][:, None]
    changed = location_choice.yearly_noise(scenario, gps, rows, draws, year, len(utility.base))
    measures, allowed = same, same.copy()
    if pull is not None:
        measures = pull.of(gps, rows)
        location_choice.forbid(allowed, pull, gps, rows, draws, year)
    return {
        "size": same + utility.base + utility.lift,
        "training": utility.training[gps.site[rows]],
        "origin": utility.origin[gps.origin[rows]],
        "partner": np.where(tied, partner, 0.0),
        "jobs": np.where(tied, 0.0, partner),
        "shortage": same + scenario.tightness * tight,
        "present": scenario.stay * (region == np.arange(len(utility.base))),
        "taste": location_choice.lasting_utility(utility, gps, rows, draws) - utility.of(gps, rows),
        "circumstances": np.where(region == NOWHERE, 0.0, changed),
        "measures": measures,
        "obligation": allowed,
    }


class Replication:
    """One finished run with the state of every 1 January: `people`, `practices` and their `forms`, for each year.

    `tight` (T, R) is the tightness that GPs saw in each year after the base year.
    """

    def __init__(self, scenario: abm.Scenario, regions: Regions, seed: int) -> None:
        """Run the model; raises `InputError` when the scenario does not go with the data."""
        try:
            self.model = abm.SettlementModel(scenario, regions, rng=seed)
        except ValueError as error:
            raise InputError(f"{scenario.name}: {error}") from None
        self.people: list[Population] = []
        self.practices: list[Practices] = []
        self.forms: list[IntArray] = []
        self._keep()
        while self.model.running:
            self.model.step()
            self._keep()
        self.row_of = {int(key): row for row, key in enumerate(self.people[-1].key)}
        table, years = self.model.results(), len(self.people)
        demand, supply = (list(table[name].to_numpy().reshape(years, -1)) for name in ("demand_fte", "supply_fte"))
        fixed = prepare(scenario, regions)
        self.utility, self.effects = fixed.utility, fixed.effects
        self.tight = [location_choice.tightness(scenario, demand[:t], supply[:t]) for t in range(1, years)]

    def _keep(self) -> None:
        self.people.append(copy.deepcopy(self.model.population))
        self.practices.append(copy.deepcopy(self.model.practices))
        self.forms.append(forms(self.model.practices, self.model.population))

    def ever_worked(self) -> list[int]:
        """Return the keys of the GPs who ever worked, rising."""
        last = self.people[-1]
        return sorted(last.key[last.region != NOWHERE].tolist())

    def drawn(self, number: int) -> list[int]:
        """Return the keys of some GPs who ever worked, drawn from the seed; more go on from fewer."""
        worked = self.ever_worked()
        if number > len(worked):
            raise InputError(f"--random {number}: found more than ever worked, allowed: 1 to {len(worked)}")
        order = np.random.default_rng(self.model.seed).permutation(len(worked))
        return [worked[place] for place in order[:number]]

    def known(self, key: int) -> int:
        """Return a key that a GP of this run has; raises `InputError` for another, with an example."""
        if key in self.row_of:
            return key
        worked = self.ever_worked()
        example = worked[len(worked) // 2] if worked else next(iter(self.row_of), 0)
        raise InputError(
            f"key {key}: no GP of this run has it (seed {self.model.seed}, until {self.model.year}); allowed: a number "
            f"of the column key of model.gps(), for instance {example}, also written {spelled(example)}; --random 1 "
            "finds one"
        )

    def story(self, key: int) -> list[Event]:
        """Return what happened to a GP, in order."""
        return list(self._story(self.row_of[key]))

    def _story(self, row: int) -> Iterator[Event]:
        model, gps = self.model, self.people[-1]
        base, last = model.regions.base_year, model.year
        yield Event(int(gps.birth[row]), Kind.BORN, self._background(row))
        cohort = int(gps.key[row]) >> PLACE_BITS
        if cohort == careers.STOCK_COHORT:
            since = {"site": self._site(row), "registered": int(gps.registered[row])}
            yield Event(base, Kind.IN_STOCK, {**since, "post": self._post(row, 0), "year": base})
        elif cohort < careers.FIRST_ARRIVAL_COHORT:
            year = base + cohort - careers.FIRST_ENTRY_COHORT + 1
            yield Event(year, Kind.STARTS_TRAINING, {"site": self._site(row)})
        for t in range(1, len(self.people)):
            yield from self._year(row, t)
        if gps.status[row] == Status.IN_TRAINING:
            yield Event(last, Kind.IN_TRAINING_AT_END, {"year": last})
        if gps.status[row] == Status.WORKING:
            post = self._post(row, len(self.people) - 1)
            yield Event(last, Kind.AT_WORK_AT_END, {"age": last - int(gps.birth[row]), "post": post, "year": last})

    def _year(self, row: int, t: int) -> Iterator[Event]:
        """Yield what happened in the year before 1 January of base year + t."""
        model, before, after = self.model, self.people[t - 1], self.people[t]
        year = model.regions.base_year + t
        if row >= len(after):
            return
        was = Status(before.status[row]) if row < len(before) else None
        now = Status(after.status[row])
        birth = int(after.birth[row])
        if was == Status.LEFT or now == Status.IN_TRAINING:
            return
        if was == Status.WORKING and now == Status.LEFT:
            age = year - 1 - birth
            kind = Kind.RETIRES if age >= model.scenario.counted_as_retirement_from else Kind.LEAVES
            yield Event(year, kind, {"age": age, "post": self._post(row, t - 1)})
        elif was == Status.WORKING:
            yield from self._at_work(row, t, _alone(before, row))
        else:
            starts = _alone(after, row)
            for column in (starts.region, starts.since, starts.second, starts.third, starts.practice):
                column[0] = NOWHERE
            careers.first_roles(model.scenario, starts, ONLY, model.draws)
            role = ROLES[starts.role[0]]
            if int(after.key[row]) >> PLACE_BITS >= careers.FIRST_ARRIVAL_COHORT:
                kind = Kind.ARRIVES if now == Status.WORKING else Kind.ARRIVES_NOT_AT_WORK
                yield Event(year, kind, {"age": year - birth, "role": role})
            elif not after.completes[row]:
                yield Event(year, Kind.STOPS_TRAINING, {})
            else:
                kind = Kind.GRADUATES if now == Status.WORKING else Kind.GRADUATES_NOT_AT_WORK
                yield Event(year, kind, {"age": year - birth, "role": role})
                yield from self._programmes(after, row, year)
            if now == Status.WORKING:
                yield from self._at_work(row, t, starts)

    def _programmes(self, gps: Population, row: int, year: int) -> Iterator[Event]:
        """Yield the programmes that reached a GP who finishes training."""
        if (placed := self._region(gps.placed[row])) is not None:
            yield Event(year, Kind.WAS_PLACED, {"region": placed})
        if gps.obligation[row] != NOWHERE:
            pool = self.effects.obligations[gps.obligation[row]].where
            there = tuple(member for member, inside in zip(self.model.regions.members, pool, strict=True) if inside)
            yield Event(year, Kind.IS_OBLIGED, {"regions": there, "until": int(gps.obliged_until[row])})

    def _at_work(self, row: int, t: int, gp: Population) -> Iterator[Event]:
        """Yield what a working GP decided and met in a year; `gp` is the GP alone, in the state before.

        The order is that of `SettlementModel.step`.
        """
        model, after = self.model, self.people[t]
        scenario, draws = model.scenario, model.draws
        year, was_in = model.regions.base_year + t, int(gp.practice[0])
        on, pull = self.effects, model.pull(t)
        if was_in != NOWHERE and not self.practices[t].runs[was_in]:
            yield Event(year, Kind.PRACTICE_CLOSES, {"practice": self._practice(was_in, t - 1)})

        old, gave_up = int(gp.region[0]), False
        if old == NOWHERE or len(location_choice.reconsidering(scenario, gp, draws, year, pull)):
            choice = self._choice(gp, t)
            gave_up = choice.kind == Kind.MOVES and gp.role[0] == Role.HOLDER
            if gave_up:
                yield Event(year, Kind.GIVES_UP_TO_MOVE, {"practice": self._practice(was_in, t - 1)})
                gp.role[0] = Role.FIXED_LOCUM
            yield choice
            gp.region[0] = choice.data["region"].index

        seeks = gave_up or bool(len(careers.looking_for_practice(scenario, gp, draws, year, on.acts("seek", t))))
        role = gp.role[0]
        careers.change_roles(scenario, gp, draws, year, on.acts("give_up", t), on.acts("settle", t))
        if seeks:
            yield self._search(row, t, gp)
        elif role == Role.HOLDER != gp.role[0]:
            yield Event(year, Kind.GIVES_UP, {"practice": self._practice(was_in, t)})
        if role == Role.CHANGING_LOCUM and after.role[row] == Role.FIXED_LOCUM:
            yield Event(year, Kind.SETTLES, {})

        now_in = int(after.practice[row])
        if after.role[row] in EMPLOYED and now_in not in (NOWHERE, was_in):
            yield Event(year, Kind.JOINS, {"practice": self._practice(now_in, t)})
        if old != after.region[row] and after.second[row] != NOWHERE:
            yield Event(year, Kind.WORKS_IN_SEVERAL, {"regions": self._post(row, t).regions})

    def _choice(self, gp: Population, t: int) -> Event:
        """Return which region a GP alone chooses, and why."""
        members, old, parts = self.model.regions.members, int(gp.region[0]), self._terms(gp, t)
        new, second, *_ = *_ranked(parts), None
        year, places = self.model.regions.base_year + t, {"region": members[new]}
        if old in (NOWHERE, new):
            kind = Kind.CHOOSES if old == NOWHERE else Kind.STAYS
            return Event(year, kind, {**places, "why": self._reasons(parts, new, second)})
        return Event(year, Kind.MOVES, {"left": members[old], **places, "why": self._reasons(parts, new, old)})

    def _search(self, row: int, t: int, gp: Population) -> Event:
        """Return what came of looking for a practice."""
        model, after = self.model, self.people[t]
        members, year = model.regions.members, model.regions.base_year + t
        parts = self._terms(gp, t)
        total, own = _total(parts), int(gp.region[0])
        if after.role[row] != Role.HOLDER:
            better = int((total > total[own]).sum())
            return Event(year, Kind.FINDS_NO_PRACTICE, {"region": members[own], "better": better})
        practice, new = self._practice(int(after.practice[row]), t), int(after.region[row])
        if new == own:
            return Event(year, Kind.TAKES_OVER, {"region": members[own], "practice": practice})
        places = {"left": members[own], "region": members[new], "practice": practice}
        return Event(year, Kind.MOVES_FOR_PRACTICE, {**places, "why": self._reasons(parts, new, own)})

    def _terms(self, gp: Population, t: int) -> dict[str, FloatArray]:
        """Return the terms of the utility of every region for a GP alone, each of shape (R,)."""
        model = self.model
        year = model.regions.base_year + t
        parts = terms(model.scenario, self.utility, self.tight[t - 1], gp, ONLY, model.draws, year, model.pull(t))
        return {name: part[0] for name, part in parts.items()}

    def _reasons(self, parts: Mapping[str, FloatArray], chosen: int, other: int | None) -> Reasons:
        members, total = self.model.regions.members, _total(parts)
        return Reasons(
            best=tuple((members[r], float(total[r])) for r in _ranked(parts)[:BEST]),
            chosen=members[chosen],
            other=None if other is None else members[other],
            ahead={} if other is None else {name: float(part[chosen] - part[other]) for name, part in parts.items()},
        )

    def _background(self, row: int) -> dict[str, Any]:
        gps, model = self.people[-1], self.model
        company = wants_company(model.scenario, gps, np.array([row]), model.draws)[0]
        return {
            "sex": SEXES[gps.sex[row]],
            "birth": int(gps.birth[row]),
            "origin": self._region(gps.origin[row]),
            "partner": self._region(gps.partner[row]),
            "wish": "no_practice" if not gps.wants_practice[row] else "company" if company else "any_practice",
        }

    def _region(self, index: int) -> Region | None:
        return None if index == NOWHERE else self.model.regions.members[index]

    def _site(self, row: int) -> Site | None:
        index = self.people[-1].site[row]
        return None if index == NOWHERE else self.model.regions.sites[index]

    def _practice(self, number: int, t: int) -> PracticeSeen:
        there, town = self.practices[t], self.practices[t].municipality[number]
        form = Form(self.forms[t][number]).name.lower()
        return PracticeSeen(number, self.model.regions.municipalities.name[town], form, float(there.patients[number]))

    def _post(self, row: int, t: int) -> Post:
        gps = self.people[t]
        where = [int(column[row]) for column in (gps.region, gps.second, gps.third)]
        practice = int(gps.practice[row])
        return Post(
            ROLES[gps.role[row]],
            tuple(self.model.regions.members[r] for r in where if r != NOWHERE),
            None if practice == NOWHERE else self._practice(practice, t),
        )


ONLY = np.array([0])  # the row of a GP alone
DEFAULT_SCENARIO = "baseline"
EXAMPLE = (careers.FIRST_ENTRY_COHORT << PLACE_BITS) + 7


def _alone(gps: Population, row: int) -> Population:
    """Return a population of one GP, to play a year again."""
    return Population(**{column.name: getattr(gps, column.name)[[row]] for column in fields(gps)})


def _total(parts: Mapping[str, FloatArray]) -> FloatArray:
    return np.sum(list(parts.values()), axis=0)


def _ranked(parts: Mapping[str, FloatArray]) -> list[int]:
    """Return the regions by their points, those ruled out left out."""
    total = _total(parts)
    return [r for r in np.argsort(-total, kind="stable").tolist() if np.isfinite(total[r])]


def spelled(key: int) -> str:
    """Return a key as cohort and place in the cohort."""
    return f"{key >> PLACE_BITS}-{key % MAX_PLACES}"


def key_of(text: str) -> int | None:
    """Return the key that a text is: a number, or cohort-place; None if it is neither."""
    found = re.fullmatch(r"(?:(\d+)-)?(\d+)", text.strip(), re.ASCII)
    if not found or (found[1] is not None and int(found[2]) >= MAX_PLACES):
        return None
    return (int(found[1] or 0) << PLACE_BITS) + int(found[2])


def asked(key: str | None, number: int | None, scenario: str | None) -> tuple[int | None, str]:
    """Return the key asked for, None where a `number` of GPs is to be drawn, and the scenario.

    With a number the first word is the scenario. Raises `InputError` unless there is either a key or a number.
    """
    if number is None:
        if key is None:
            raise InputError("found neither KEY nor --random, allowed: one of them, for instance --random 3")
        found = key_of(key)
        if found is None:
            raise InputError(
                f"key {key}: found no key, allowed: a number of the column key of model.gps(), for instance "
                f"{EXAMPLE}, also written {spelled(EXAMPLE)}; --random 1 finds one"
            )
        return found, scenario or DEFAULT_SCENARIO
    if key is not None and (scenario is not None or key_of(key) is not None):
        raise InputError(f"found KEY {key} and --random {number}, allowed: one of them")
    return None, key or DEFAULT_SCENARIO
