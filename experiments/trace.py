"""The career of one simulated GP in plain words: what happened, year by year, and why.

One replication is run and the state of every 1 January kept. A year of a GP is then played again for that GP alone,
with the model's own functions: draws are keyed, so that the GP decides the same. What depends on the others (who gets
an open place) is read from the state afterwards.
"""

from __future__ import annotations

import copy
import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum, auto, unique
from typing import Any

import numpy as np

import abm
from abm import careers, location_choice
from abm.location_choice import IntArray, Pull, Utility
from abm.model import prepare
from abm.population import NOWHERE, ROLE_NAMES, SEX_NAMES, Population, Role, Status
from abm.practices import Form, Practices, forms, wants_company
from abm.randomness import MAX_PLACES, PLACE_BITS, Draws, FloatArray
from experiments.errors import InputError
from experiments.scenarios import LANGUAGES, NamedScenario
from regions import Region, Regions, Site
from regions.tables import SHIPPED

BEST = 3
"""How many regions a choice is told with."""
TERMS_TOLD = 3
"""How many terms are told for the chosen region, and how many against it."""
SMALLEST = 0.05
"""Points under which a difference would be printed as nothing."""
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

    What `data` holds goes with the kind: regions, practices, posts, comparisons, numbers and words.
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
class Comparison:
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
            f"of the column key of model.gps(), for instance {example}, also written {readable(example)}; --random 1 "
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
            role = ROLE_NAMES[starts.role[0]]
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
        scenario, draws, members = model.scenario, model.draws, model.regions.members
        year, was_in = model.regions.base_year + t, int(gp.practice[0])
        on, pull = self.effects, model.pull(t)
        if was_in != NOWHERE and not self.practices[t].runs[was_in]:
            yield Event(year, Kind.PRACTICE_CLOSES, {"practice": self._practice(was_in, t - 1)})

        old = int(gp.region[0])
        gave_up = False
        if old == NOWHERE or len(location_choice.reconsidering(scenario, gp, draws, year, pull)):
            parts = self._terms(gp, t)
            ranked = _ranked(parts)
            new = ranked[0]
            second, places = (ranked[1] if len(ranked) > 1 else None), {"region": members[new]}
            if old == NOWHERE:
                kind, other = Kind.CHOOSES, second
            elif new == old:
                kind, other = Kind.STAYS, second
            else:
                kind, other, places = Kind.MOVES, old, {"left": members[old], **places}
            gave_up = kind == Kind.MOVES and gp.role[0] == Role.HOLDER
            if gave_up:
                yield Event(year, Kind.GIVES_UP_TO_MOVE, {"practice": self._practice(was_in, t - 1)})
                gp.role[0] = Role.FIXED_LOCUM
            yield Event(year, kind, {**places, "why": self._comparison(parts, new, other)})
            gp.region[0] = new

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
        return Event(year, Kind.MOVES_FOR_PRACTICE, {**places, "why": self._comparison(parts, new, own)})

    def _terms(self, gp: Population, t: int) -> dict[str, FloatArray]:
        """Return the terms of the utility of every region for a GP alone, each of shape (R,)."""
        model = self.model
        year = model.regions.base_year + t
        parts = terms(model.scenario, self.utility, self.tight[t - 1], gp, ONLY, model.draws, year, model.pull(t))
        return {name: part[0] for name, part in parts.items()}

    def _comparison(self, parts: Mapping[str, FloatArray], chosen: int, other: int | None) -> Comparison:
        members, total = self.model.regions.members, _total(parts)
        return Comparison(
            best=tuple((members[r], float(total[r])) for r in _ranked(parts)[:BEST]),
            chosen=members[chosen],
            other=None if other is None else members[other],
            ahead={} if other is None else {name: float(part[chosen] - part[other]) for name, part in parts.items()},
        )

    def _background(self, row: int) -> dict[str, Any]:
        gps, model = self.people[-1], self.model
        company = wants_company(model.scenario, gps, np.array([row]), model.draws)[0]
        return {
            "sex": SEX_NAMES[gps.sex[row]],
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
            ROLE_NAMES[gps.role[row]],
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


def readable(key: int) -> str:
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
                f"{EXAMPLE}, also written {readable(EXAMPLE)}; --random 1 finds one"
            )
        return found, scenario or DEFAULT_SCENARIO
    if key is not None and (scenario is not None or key_of(key) is not None):
        raise InputError(f"found KEY {key} and --random {number}, allowed: one of them")
    return None, key or DEFAULT_SCENARIO


# In words ------------------------------------------------------------------------------------------------------------

# Dutch and English side by side, in the order of `LANGUAGES`.
TEXT: Mapping[str, tuple[str, str]] = {
    # The page.
    "title": (
        "{title} (scenario {name}), seed {seed}, {first} tot en met {last}",
        "{title} (scenario {name}), seed {seed}, {first} to {last}",
    ),
    "own_data": ("Eigen gegevens: {folder}", "Own data: {folder}"),
    "one": (
        "Dit is één gesimuleerde huisarts, geen bestaande persoon. Veel in zo'n loopbaan is toeval: één loopbaan zegt "
        "niets over een regio of een maatregel.",
        "This is one simulated GP, not a real person. Much in such a career is chance: one career says nothing about a "
        "region or a policy.",
    ),
    "some": (
        "Dit zijn gesimuleerde huisartsen, geen bestaande personen. Veel in zo'n loopbaan is toeval: enkele loopbanen "
        "zeggen niets over een regio of een maatregel.",
        "These are simulated GPs, not real persons. Much in such a career is chance: a few careers say nothing about a "
        "region or a policy.",
    ),
    "reading": (
        "Bij een jaar staat wat er in de twaalf maanden vóór 1 januari van dat jaar gebeurde. Een huisarts kiest de "
        "regio met de meeste punten; één punt meer maakt de kans op een regio, tegenover die op een andere, ongeveer "
        "{odds} keer zo groot. Tussen haakjes staat hoeveel punten iets scheelt.",
        "What stands at a year happened in the twelve months before 1 January of that year. A GP chooses the region "
        "with the most points; one point more makes the chance of a region, against that of another, about {odds} "
        "times as large. In brackets: how many points something makes.",
    ),
    "gp": ("Huisarts {key} (ook: {readable})", "GP {key} (also: {readable})"),
    # What happened, by kind.
    "born": (
        "{sex}, geboren in {birth}. {origin} {partner} {wish}",
        "{sex}, born in {birth}. {origin} {partner} {wish}",
    ),
    "in_stock": (
        "Op 1 januari {year}: {post}. Opleiding: {site}; huisarts sinds ongeveer {registered}.",
        "On 1 January {year}: {post}. Training: {site}; a GP since about {registered}.",
    ),
    "starts_training": ("Begint met de huisartsopleiding: {site}.", "Starts GP training: {site}."),
    "stops_training": (
        "Stopt zonder diploma met de huisartsopleiding en wordt geen huisarts.",
        "Leaves GP training without a diploma and never becomes a GP.",
    ),
    "graduates_not_at_work": (
        "Rondt de huisartsopleiding af, {age} jaar oud, maar gaat niet als huisarts aan het werk.",
        "Finishes GP training, aged {age}, but never works as a GP.",
    ),
    "arrives_not_at_work": (
        "Komt uit het buitenland, {age} jaar oud, maar gaat hier niet als huisarts aan het werk.",
        "Comes from abroad, aged {age}, but never works as a GP here.",
    ),
    "graduates": (
        "Rondt de huisartsopleiding af, {age} jaar oud, en begint als {role}.",
        "Finishes GP training, aged {age}, and starts as {role}.",
    ),
    "arrives": (
        "Komt uit het buitenland, {age} jaar oud, en begint als {role}.",
        "Comes from abroad, aged {age}, and starts as {role}.",
    ),
    "was_placed": (
        "Werkte tijdens de opleiding een tijd in de regio {region}.",
        "Worked in {region} for a time during training.",
    ),
    "is_obliged": (
        "Is tot {until} verplicht te werken in: {regions}.",
        "Must work, until {until}, in: {regions}.",
    ),
    "chooses": ("Kiest de regio {region}. {why}", "Chooses {region}. {why}"),
    "stays": (
        "Overweegt een andere regio, maar blijft in de regio {region}. {why}",
        "Thinks about another region, but stays in {region}. {why}",
    ),
    "moves": ("Verruilt de regio {left} voor de regio {region}. {why}", "Leaves {left} for {region}. {why}"),
    "works_in_several": (
        "Neemt waar in meer dan één regio: {regions}.",
        "Works as a locum in more than one region: {regions}.",
    ),
    "joins": ("Gaat werken in {practice}.", "Joins {practice}."),
    "practice_closes": (
        "Werkt in een praktijk die sluit omdat er al jaren geen praktijkhouder is: {practice}.",
        "Works in a practice that closes, having had no holder for years: {practice}.",
    ),
    "takes_over": (
        "Zoekt een eigen praktijk en vindt er een: wordt praktijkhouder in {practice}.",
        "Looks for a practice and finds one: becomes a holder in {practice}.",
    ),
    "moves_for_practice": (
        "Zoekt een eigen praktijk en vindt er een in een andere regio: wordt praktijkhouder in {practice} en verruilt "
        "de regio {left} voor de regio {region}. {why}",
        "Looks for a practice and finds one in another region: becomes a holder in {practice} and leaves {left} for "
        "{region}. {why}",
    ),
    "finds_no_practice": (
        "Zoekt een eigen praktijk in de regio {region}{better}, maar vindt er geen.",
        "Looks for a practice in {region}{better}, but finds none.",
    ),
    "gives_up": (
        "Stopt als praktijkhouder, maar blijft als vaste waarnemer werken in {practice}.",
        "Gives up being a holder, but stays on as a fixed locum in {practice}.",
    ),
    "gives_up_to_move": (
        "Geeft de eigen praktijk op om in een andere regio te gaan werken: {practice}.",
        "Gives up the practice to work in another region: {practice}.",
    ),
    "settles": (
        "Stapt over van wisselende naar vaste waarneming.",
        "Settles as a fixed locum, after working as a changing one.",
    ),
    "retires": ("Gaat op {age}-jarige leeftijd met pensioen; was {post}.", "Retires at the age of {age}; was {post}."),
    "leaves": (
        "Stopt op {age}-jarige leeftijd als huisarts, vóór het pensioen; was {post}.",
        "Leaves the profession at the age of {age}, before retirement; was {post}.",
    ),
    "in_training_at_end": ("Op 1 januari {year}: nog in opleiding.", "On 1 January {year}: still in training."),
    "at_work_at_end": ("Op 1 januari {year}: {age} jaar oud, {post}.", "On 1 January {year}: aged {age}, {post}."),
    # Parts of the above.
    "from": ("Opgegroeid in de regio {region}.", "Grew up in {region}."),
    "from_abroad": ("Opgegroeid en opgeleid in het buitenland.", "Grew up and trained abroad."),
    "partner": ("De partner is gebonden aan de regio {region}.", "The partner is tied to {region}."),
    "no_partner": ("Geen partner die aan een regio gebonden is.", "No partner who is tied to a region."),
    "no_practice": ("Wil geen eigen praktijk.", "Wants no practice."),
    "company": (
        "Zou alleen een praktijk overnemen waar al een collega werkt.",
        "Would take over a practice only where a colleague works already.",
    ),
    "any_practice": (
        "Zou een praktijk overnemen, met of zonder collega's.",
        "Would take over a practice, with or without colleagues.",
    ),
    "better_one": (" en in één andere regio met meer punten", " and in one other region with more points"),
    "better": (" en in {count} andere regio's met meer punten", " and in {count} other regions with more points"),
    "site": ("{name}, regio {region}", "{name}, {region}"),
    "practice": (
        "praktijk {number} in {municipality} ({form}, ongeveer {patients} patiënten)",
        "practice {number} in {municipality} ({form}, about {patients} patients)",
    ),
    "post": ("{role} in de regio {regions}", "{role} in {regions}"),
    "posts": ("{role} in de regio's {regions}", "{role} in {regions}"),
    "no_other": ("Een andere keuze was er niet.", "There was no other choice."),
    "next": ("Daarna: {regions}.", "Next: {regions}."),
    "best": ("Bovenaan: {regions}.", "At the top: {regions}."),
    "only": ("Er is geen andere regio.", "There is no other region."),
    "less": ("{region} met {points} punt minder", "{region} with {points} points less"),
    "level": ("{region} met vrijwel evenveel punten", "{region} with nearly as many points"),
    "wins": ("Wint het van {other} vooral door {gains}.", "Beats {other} mainly through {gains}."),
    "wins_despite": (
        "Wint het van {other} vooral door {gains}, ondanks {losses}.",
        "Beats {other} mainly through {gains}, despite {losses}.",
    ),
    "same": ("Scheelt vrijwel niets met {other}.", "Hardly differs from {other}."),
    "and": ("en", "and"),
    # Words.
    "women": ("Vrouw", "Woman"),
    "men": ("Man", "Man"),
    "holder": ("praktijkhouder", "a practice holder"),
    "salaried": ("huisarts in loondienst", "a salaried GP"),
    "fixed_locum": ("vaste waarnemer", "a fixed locum"),
    "changing_locum": ("wisselende waarnemer", "a changing locum"),
    "nobody": ("zonder vaste huisarts", "no established GP"),
    "solo": ("solopraktijk", "solo practice"),
    "duo": ("duopraktijk", "duo practice"),
    "group": ("groepspraktijk", "group practice"),
    "term_size": ("omvang en aantrekkelijkheid van de regio", "size and attractiveness of the region"),
    "term_training": ("nabijheid van de opleidingsplaats", "nearness to the training site"),
    "term_origin": ("nabijheid van de regio van herkomst", "nearness to the region of origin"),
    "term_partner": ("nabijheid van de partner", "nearness to the partner"),
    "term_jobs": ("banen in de omgeving", "jobs within reach"),
    "term_shortage": ("tekort aan huisartsen", "shortage of GPs"),
    "term_present": ("gehechtheid aan de huidige regio", "attachment to the present region"),
    "term_taste": ("persoonlijke voorkeur", "personal taste"),
    "term_circumstances": ("omstandigheden van dat jaar", "circumstances of that year"),
    "term_measures": ("maatregelen", "measures"),
    "term_obligation": ("een verplichting die de andere regio uitsluit", "an obligation that rules the other out"),
}
YEAR_WIDTH = 6
WIDEST = 100


class Teller:
    """Puts events in words of a language, nl or en."""

    def __init__(self, regions: Regions, lang: str) -> None:
        """`regions` are those of the run."""
        self._members, self._lang = regions.members, lang

    def sentence(self, event: Event) -> str:
        """Return what happened, in one or a few sentences."""
        words = {name: self._word(value) for name, value in event.data.items()}
        if event.kind == Kind.BORN:
            for name, there, none in (("origin", "from", "from_abroad"), ("partner", "partner", "no_partner")):
                words[name] = self.say(there if event.data[name] else none, region=words[name])
        if event.kind == Kind.FINDS_NO_PRACTICE:
            count = event.data["better"]
            words["better"] = self.say("better_one" if count == 1 else "better", count=count) if count else ""
        return self.say(event.kind, **words)

    def say(self, phrase: str, **words: object) -> str:
        """Return a phrase with words in it."""
        return TEXT[phrase][LANGUAGES.index(self._lang)].format(**words)

    def number(self, value: float, form: str = ",.1f") -> str:
        """Return a number with the decimal sign of the language."""
        text = format(value, form)
        return text.translate(str.maketrans(".,", ",.")) if self._lang == "nl" else text

    def _word(self, value: object) -> str:
        match value:
            case Region():
                return value.name_nl if self._lang == "nl" else value.name_en
            case Site():
                return self.say("site", name=value.name, region=self._word(self._members[value.region]))
            case PracticeSeen():
                patients = self.number(round(value.patients, -1), ",.0f")
                form = self.say(value.form)
                return self.say(
                    "practice", number=value.number, municipality=value.municipality, form=form, patients=patients
                )
            case Post():
                phrase = "post" if len(value.regions) == 1 else "posts"
                words = self.say(phrase, role=self.say(value.role), regions=self._word(value.regions))
                return words if value.practice is None else f"{words}, {self._word(value.practice)}"
            case Comparison():
                return self._why(value)
            case tuple():
                return self._listed([self._word(each) for each in value])
            case str():
                return self.say(value)
        return str(value)

    def _listed(self, words: list[str]) -> str:
        *first, last = words
        return f"{', '.join(first)} {self.say('and')} {last}" if first else last

    def _why(self, why: Comparison) -> str:
        """Return which regions were the best and what put the chosen one before the other."""
        if why.other is None:
            return self.say("only")
        (top, most), *rest = why.best
        behind = []
        for region, points in rest:
            phrase = "less" if most - points >= SMALLEST else "level"
            behind.append(self.say(phrase, region=self._word(region), points=self.number(most - points)))
        if not behind:
            order = self.say("no_other")
        elif top == why.chosen:
            order = self.say("next", regions=self._listed(behind))
        else:
            order = self.say("best", regions=self._listed([self._word(top), *behind]))
        large = sorted(
            ((name, p) for name, p in why.ahead.items() if abs(p) >= SMALLEST), key=lambda term: -abs(term[1])
        )
        gains = [self._term(*term) for term in large if term[1] > 0][:TERMS_TOLD]
        losses = [self._term(*term) for term in large if term[1] < 0][:TERMS_TOLD]
        phrase = "same" if not gains else "wins_despite" if losses else "wins"
        words = {name: self._listed(told) for name, told in (("gains", gains), ("losses", losses)) if told}
        return f"{order} {self.say(phrase, other=self._word(why.other), **words)}"

    def _term(self, name: str, points: float) -> str:
        told = self.say(f"term_{name}")
        return f"{told} ({self.number(points, '+,.1f')})" if math.isfinite(points) else told


def page(replication: Replication, named: NamedScenario, keys: Iterable[int], lang: str, width: int = WIDEST) -> str:
    """Return the stories of some GPs as text, in lines of at most `width`."""
    model, keys = replication.model, list(keys)
    teller = Teller(model.regions, lang)
    years = {"first": model.regions.base_year, "last": model.year}
    intro = [teller.say("title", title=named.title.get(lang, named.name), name=named.name, seed=model.seed, **years)]
    if model.regions.folder != SHIPPED:
        intro.append(teller.say("own_data", folder=model.regions.folder))
    intro.append(teller.say("one" if len(keys) == 1 else "some"))
    intro.append(teller.say("reading", odds=teller.number(math.e)))
    lines = [line for text in intro for line in _wrapped(text, width)]
    for key in keys:
        lines += ["", teller.say("gp", key=key, readable=readable(key))]
        told = None
        for event in replication.story(key):
            year = None if event.kind == Kind.BORN else event.year
            lines += _wrapped(teller.sentence(event), width, "" if year in (None, told) else str(year))
            told = year
    return "\n".join(lines)


def _wrapped(text: str, width: int, year: str | None = None) -> list[str]:
    """Return the lines of a text, beside a year if one is given."""
    first, rest = ("", "") if year is None else (year.ljust(YEAR_WIDTH), " " * YEAR_WIDTH)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
