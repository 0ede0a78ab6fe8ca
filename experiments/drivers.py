"""What drives the shortage of a region between two years: an account in fte whose parts add up exactly.

The shortage is demand minus supply. Demand is the product of four factors: inhabitants; what they ask for on average in
the nation by demography alone, which ages; how much more or less those of the region ask for; and the other growth, by
the demand scenario and by levers. Each has its share in the growth by logarithmic means (LMDI-I, Ang 2004), which
leaves no remainder. Supply changes by those who start, stop and move, at their fte when
they do; by locums who work outside their own region; and by hours and roles, which is what remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.arrays import FloatArray
from experiments.differences import SHORTAGE, STEPS, SUPPLY
from experiments.errors import InputError
from experiments.lookup import Subject

INHABITANTS, AGEING, USE, GROWTH = "inhabitants", "ageing", "use", "growth"
DEMAND_PARTS = (INHABITANTS, AGEING, USE, GROWTH)
DEMAND, DEMOGRAPHY = "demand_fte", "demand_demography_fte"
LOCUMS, HOURS = "locums", "hours"
PARTS = (*DEMAND_PARTS, "leavers", *(step for step in STEPS if step != "leavers"), LOCUMS, HOURS)


@dataclass(frozen=True)
class Account:
    """The shortage of a region on 1 January of two years, and the parts of its change: fte by run, each (N,).

    A part is above zero where it adds to the shortage. `shortage[0]` plus all parts is `shortage[1]`.
    """

    years: tuple[int, int]
    shortage: tuple[FloatArray, FloatArray]
    parts: dict[str, FloatArray]


def account(asked: Subject, first: int | None = None, last: int | None = None) -> Account:
    """Return the account of the subject's scenario, over all years where none are given.

    Raises `InputError` for a year that is not in the results, and for a first one that is not before the last.
    """
    start = 0 if first is None else asked.step(first)
    end = asked.step(last)
    if start >= end:
        raise InputError(f"years: found {asked.years[start]} to {asked.years[end]}; the first must be before the last")
    ends = [start, end]
    supply, demand = (asked.values(name)[0][:, ends] for name in (SUPPLY, DEMAND))
    shortage = asked.values(SHORTAGE)[0][:, ends]
    names = [flow for step in STEPS.values() for flow, _ in step]
    flows = {
        unit: {name: values[0][:, start + 1 : end + 1].sum(axis=1) for name, values in asked.flows(names, unit).items()}
        for unit in ("fte", "persons")
    }
    parts = _demand(asked, demand, ends)
    parts |= {step: -sum(sign * flows["fte"][flow] for flow, sign in signed) for step, signed in STEPS.items()}
    parts[LOCUMS] = -_locums(asked, flows["persons"], ends)
    rest = supply[:, 1] - supply[:, 0] + sum(parts[name] for name in (*STEPS, LOCUMS))
    parts[HOURS] = -rest
    years = (int(asked.years[start]), int(asked.years[end]))
    return Account(years, (shortage[:, 0], shortage[:, 1]), {name: parts[name] for name in PARTS})


def logarithmic_mean(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return (b - a) / ln(b / a), which is between both; `a` where they are equal. Both are above zero."""
    ratio = b / a
    same = np.isclose(ratio, 1.0, rtol=1e-12, atol=0.0)
    return np.where(same, a, (b - a) / np.log(np.where(same, 2.0, ratio)))


def _demand(asked: Subject, demand: FloatArray, ends: list[int]) -> dict[str, FloatArray]:
    """Return the parts of the change in demand, by its factors."""
    people, demographic = (asked.values(name)[0][:, ends] for name in ("inhabitants", DEMOGRAPHY))
    of_nation, all_people = (asked.cube.of_nation(name)[0][:, ends] for name in (DEMOGRAPHY, "inhabitants"))
    each = of_nation / all_people
    weight = logarithmic_mean(demand[:, 0], demand[:, 1])

    def part(factor: FloatArray) -> FloatArray:
        return np.asarray(weight * np.log(factor[:, 1] / factor[:, 0]))

    found = {INHABITANTS: part(people), AGEING: part(each), USE: part(demographic / people / each)}
    return {**found, GROWTH: demand[:, 1] - demand[:, 0] - sum(found.values())}


def _locums(asked: Subject, persons: dict[str, FloatArray], ends: list[int]) -> FloatArray:
    """Return the fte that come by locums from elsewhere who work here more, less own ones who work elsewhere.

    It is what persons at work change beyond those who start, stop and move, at the mean fte of changing locums.
    """
    there = asked.values("supply_persons")[0][:, ends]
    settled = sum(sign * persons[flow] for signed in STEPS.values() for flow, sign in signed)
    fte, heads = (asked.cube.of_nation(f"{unit}_changing_locum")[0][:, ends].sum(axis=1) for unit in ("fte", "persons"))
    each = np.divide(fte, heads, out=np.zeros_like(fte), where=heads > 0)
    return np.asarray((there[:, 1] - there[:, 0] - settled) * each)
