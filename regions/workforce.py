"""The GPs of the base year, synthesised from national margins and the few known regional facts.

No published table gives GPs by region, age and role. Three steps, each exact on what is published:

1. `fit_pyramid`: age by sex and the exit hazard by age together, such that the national model's outflow of the
   stock follows from them (the yearly factor kappa stays near 1);
2. `regional_ages`: the pyramid divided over regions, met by region where a share of older GPs is known;
3. `workforce`: roles by age and sex, all rounded to whole persons with every margin kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq, least_squares, linprog
from scipy.sparse import coo_array, eye_array, kron, vstack

from regions.people import ROLES, SEXES

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AnyArray = FloatArray | IntArray

AGES: IntArray = np.arange(27, 76)

# Age groups of which a region keeps its number to within one person; nested or apart, so that all can be kept.
AGE_GROUPS = (
    *((27, 54), (55, 75), (27, 39), (40, 54), (55, 64), (65, 75)),
    *((27, 34), (35, 39), (40, 44), (45, 49), (50, 54), (55, 59), (60, 64)),
)
NEARLY = 1e-6  # a sum so close to a whole number is that number
NEWTON_STEPS = 100
PRECISE = 1e-12  # relative, of the fit of the pyramid
KAPPA_SD = 0.1  # of ln kappa; assumed
ROUGHNESS = 0.06  # sd of a change in slope of the pyramid's logarithm, per year of age; assumed

# Ages between which the logarithm of the pyramid is a straight line; nodes are denser where exits are steep.
KNOTS: FloatArray = np.array([27, 29, 31, 34, 37, 41, 45, 49, 53, 57, 60, 63, 65, 67, 70, 75], dtype=float)


@dataclass(frozen=True)
class Fact:
    """A published figure with the spread within which the synthesis may miss it."""

    value: float
    sd: float
    evidence: str


@dataclass(frozen=True)
class PyramidFacts:
    """What is known of age, in years or shares; spreads are ours, wider for older or vaguer figures."""

    mean_age: tuple[Fact, Fact] = (Fact(44.25, 0.1, "E046"), Fact(49.75, 0.1, "E047"))
    share_50plus: tuple[Fact, Fact] = (Fact(0.255, 0.05, "E335"), Fact(0.573, 0.05, "E334"))
    share_under_30: Fact = Fact(0.01, 0.0025, "E048")
    share_under_40: Fact = Fact(0.28, 0.03, "E308")
    persons_60plus: Fact = Fact(2400.0, 300.0, "E365")
    # Those of 35 to 49 in 2018, seven years on at an exit hazard of 0.9% a year (E687).
    persons_42_to_56: tuple[Fact, Fact] = (Fact(3200.0, 250.0, "E339"), Fact(1500.0, 150.0, "E338"))


@dataclass(frozen=True)
class HazardClass:
    """Yearly exit hazard from `age` on: central value and range (evidence rows E687 to E692)."""

    age: int
    value: float
    low: float
    high: float
    evidence: str


@dataclass(frozen=True)
class Pyramid:
    """Result of `fit_pyramid`: `share` (2, ages) sums to 1 per sex; `hazard` per class; `kappa` (2, years)."""

    share: FloatArray
    hazard: FloatArray
    kappa: FloatArray


def hazard_by_age(classes: Sequence[HazardClass], hazard: FloatArray, ages: IntArray) -> FloatArray:
    """Return the yearly hazard at each of `ages`, a step function of the classes."""
    start = np.array([c.age for c in classes])
    return hazard[np.searchsorted(start, ages, side="right") - 1]


def kappa_path(share: FloatArray, hazard: FloatArray, remaining: FloatArray) -> FloatArray:
    """Return the yearly factor on the hazard that makes one sex's stock follow the national model.

    `share` (ages,) of the stock at t = 0; `hazard` (ages + years,) from the youngest age on; `remaining`
    (years + 1,) the share of the stock still at work. One equation a year, solved by Newton steps from 0: what
    remains is convex and falling in kappa, so that the steps never go too far.
    """
    kappa = np.zeros(len(remaining) - 1)
    present = share
    for t in range(1, len(remaining)):
        rate = hazard[t - 1 : t - 1 + len(share)]
        for _ in range(NEWTON_STEPS):
            stay = present * np.exp(-kappa[t - 1] * rate)
            leaving = float(stay @ rate)
            if leaving == 0:  # nobody is left
                break
            step = (stay.sum() - remaining[t]) / leaving
            kappa[t - 1] = max(0.0, kappa[t - 1] + step)
            if abs(step) < NEARLY * NEARLY:
                break
        present = present * np.exp(-kappa[t - 1] * rate)
    return kappa


def fit_pyramid(
    remaining: FloatArray,
    persons: FloatArray,
    classes: Sequence[HazardClass],
    facts: PyramidFacts | None = None,
) -> Pyramid:
    """Fit the age pyramid by sex and the exit hazard by age together.

    Minimises the squared misses, each over its spread: ln kappa of every year, the age facts, the hazards
    within their ranges (taken as two standard deviations either side) and the change of slope of the pyramid.
    `remaining` (2, years + 1), `persons` (2,).
    """
    facts = facts or PyramidFacts()
    years = remaining.shape[1] - 1
    all_ages = np.arange(AGES[0], AGES[-1] + years + 1)
    centre = np.log([c.value for c in classes])
    spread = (np.log([c.high for c in classes]) - np.log([c.low for c in classes])) / 4
    k = len(KNOTS)

    def unpack(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        density = np.exp(np.stack([np.interp(AGES, KNOTS, x[i * k : (i + 1) * k]) for i in (0, 1)]))
        return density / density.sum(axis=1, keepdims=True), np.exp(x[2 * k :])

    def kappa_of(share: FloatArray, hazard: FloatArray) -> FloatArray:
        rate = hazard_by_age(classes, hazard, all_ages)
        return np.stack([kappa_path(share[i], rate, remaining[i]) for i in (0, 1)])

    def residuals(x: FloatArray) -> FloatArray:
        share, hazard = unpack(x)
        by_sex = persons[:, None] * share
        count = by_sex.sum(axis=0)
        total = count.sum()

        def miss(found: float, fact: Fact) -> float:
            return (found - fact.value) / fact.sd

        age_misses = [
            *(miss(share[i] @ AGES, facts.mean_age[i]) for i in (0, 1)),
            *(miss(share[i, AGES >= 50].sum(), facts.share_50plus[i]) for i in (0, 1)),
            max(0.0, miss(count[AGES < 30].sum() / total, facts.share_under_30)),
            miss(count[AGES < 40].sum() / total, facts.share_under_40),
            miss(count[AGES >= 60].sum(), facts.persons_60plus),
            *(miss(by_sex[i, (AGES >= 42) & (AGES <= 56)].sum(), facts.persons_42_to_56[i]) for i in (0, 1)),
        ]
        slopes = [np.diff(x[i * k : (i + 1) * k]) / np.diff(KNOTS) for i in (0, 1)]
        return np.concatenate(
            [
                np.log(kappa_of(share, hazard)).ravel() / KAPPA_SD,
                np.array(age_misses),
                (x[2 * k :] - centre) / spread,
                np.diff(slopes, axis=1).ravel() / ROUGHNESS,
                [x[:k].mean(), x[k : 2 * k].mean()],  # the level of each density is free: hold it at zero
            ]
        )

    start = np.concatenate([-(((KNOTS - facts.mean_age[i].value) / 15) ** 2) for i in (0, 1)] + [centre])
    # To the last digit, so that every machine builds the same tables.
    found = least_squares(residuals, start, jac="3-point", xtol=PRECISE, ftol=PRECISE, gtol=PRECISE)
    share, hazard = unpack(found.x)
    return Pyramid(share, hazard, kappa_of(share, hazard))


@dataclass(frozen=True)
class OlderShare:
    """A known share of GPs of `age` and over in a group of regions, beside the nation's of the same year."""

    regions: tuple[str, ...]
    age: int
    share: float
    nation: float
    evidence: str


def regional_ages(
    national: FloatArray, region_total: FloatArray, older: Sequence[OlderShare], codes: Sequence[str]
) -> FloatArray:
    """Divide the national pyramid over regions, shape (regions, 2, ages), expected persons.

    `national` (2, ages) persons; `region_total` (regions,) persons with the same sum. Where a share of older GPs is
    known, the region's age profile is tilted (an exponential in age) until the odds of being older, relative
    to the nation, are those of the year of the fact. All others share what is left. Iterative proportional fitting.
    """
    target = []
    for fact in older:
        nation = national[:, fact.age <= AGES].sum() / national.sum()
        odds = (fact.share / (1 - fact.share)) / (fact.nation / (1 - fact.nation)) * nation / (1 - nation)
        target.append(odds / (1 + odds))
    table = region_total[:, None, None] * national / national.sum()
    for _ in range(200):
        for fact, share in zip(older, target, strict=True):
            rows = [codes.index(c) for c in fact.regions]
            table[rows] = _tilt(table[rows], fact.age, share)
        table *= national / table.sum(axis=0)
        table *= (region_total / table.sum(axis=(1, 2)))[:, None, None]
    return table * (national / table.sum(axis=0))


def _tilt(block: FloatArray, age: int, share: float) -> FloatArray:
    """Return `block` (regions, 2, ages) tilted in age such that `share` of it is of `age` or over."""

    def tilted(slope: float) -> FloatArray:
        weight: FloatArray = block * np.exp(slope * (AGES - age) / 10)
        return weight * (block.sum() / weight.sum())

    def miss(slope: float) -> float:
        return float(tilted(slope)[..., age <= AGES].sum() / block.sum() - share)

    return tilted(brentq(miss, -5, 5))


def round_margins(
    table: FloatArray,
    rows: IntArray,
    columns: IntArray,
    *,
    owed: FloatArray | float = 0.0,
    groups: Sequence[IntArray] = (),
) -> IntArray:
    """Round a two-way table to whole numbers with the given row and column sums.

    Each cell is one of the two whole numbers around it, and so is the sum of a row over each of `groups` (columns);
    among all such tables, the one that rounds up the largest fractions plus `owed`, what earlier tables of a series
    left out of each cell. As long as groups are nested or apart, the programme is a flow through a network and
    has a whole-number solution. Raises `ValueError` when the margins cannot be met.
    """
    floor = np.floor(table)
    open_rows, open_columns = rows - floor.sum(axis=1), columns - floor.sum(axis=0)
    n, m = table.shape
    cell = np.arange(n * m)
    sums = coo_array(
        (np.ones(2 * n * m), (np.concatenate([cell // m, n + cell % m]), np.concatenate([cell, cell]))),
        shape=(n + m, n * m),
    )
    inside = [kron(eye_array(n), np.isin(np.arange(m), group)[None, :].astype(float)) for group in groups]
    wanted, base = (np.array([t[:, group].sum(axis=1) for group in groups]).ravel() for t in (table, floor))
    most, least = np.ceil(wanted - NEARLY) - base, np.floor(wanted + NEARLY) - base
    found = linprog(
        -(table - floor + owed).ravel(),
        A_eq=sums.tocsr(),
        b_eq=np.concatenate([open_rows, open_columns]),
        A_ub=vstack([*inside, *(-block for block in inside)]).tocsr() if groups else None,
        b_ub=np.concatenate([most, -least]) if groups else None,
        bounds=(0, 1),
        method="highs-ds",
    )
    if not found.success:
        raise ValueError(f"the margins cannot be met by rounding: {found.message}")
    return (floor + np.round(found.x).reshape(n, m)).astype(np.int64)


def whole(values: FloatArray, total: int) -> IntArray:
    """Round `values` to whole numbers that sum to `total`, largest fractions first.

    Raises `ValueError` when rounding up or down cannot give that total.
    """
    floor = np.floor(values)
    short = int(total - floor.sum())
    if not 0 <= short <= values.size:
        raise ValueError(f"values that sum to {values.sum():g} cannot be rounded to {total}")
    up = np.argsort(-(values - floor).ravel(), kind="stable")[:short]
    result = floor.ravel()
    result[up] += 1
    return result.reshape(values.shape).astype(np.int64)


def fit_margins(seed: FloatArray, rows: AnyArray, columns: AnyArray) -> FloatArray:
    """Scale a two-way table by rows and columns in turn until both sums are met."""
    table = seed.astype(np.float64)
    for _ in range(500):
        table *= np.divide(rows, table.sum(axis=1), out=np.zeros(len(rows)), where=rows > 0)[:, None]
        table *= np.divide(columns, table.sum(axis=0), out=np.zeros(len(columns)), where=columns > 0)
    return table


def workforce(
    codes: Sequence[str],
    ages_by_region: FloatArray,
    persons_by_sex: IntArray,
    role_by_sex: IntArray,
    role_profile: FloatArray,
) -> pd.DataFrame:
    """Return whole persons by region, sex, age and role with every margin exact.

    `ages_by_region` (regions, 2, ages); `persons_by_sex` (2,); `role_by_sex` (2, roles); `role_profile`
    (ages, roles) the relative chance of each role at each age, before the margins are met.
    """
    n, _, a = ages_by_region.shape
    national = np.stack([whole(ages_by_region[:, s].sum(axis=0), int(persons_by_sex[s])) for s in (0, 1)]).ravel()
    flat = ages_by_region.reshape(n, -1)
    regional = whole(flat.sum(axis=1), int(persons_by_sex.sum()))
    columns = np.arange(2 * a).reshape(2, a)
    groups = [c[(first <= AGES) & (last >= AGES)] for c in columns for first, last in AGE_GROUPS]
    table = fit_margins(flat, regional, national)
    cells = round_margins(table, regional, national, groups=[*columns, *groups])
    cells = cells.reshape(n, 2, a)

    rows = []
    for s, sex in enumerate(SEXES):
        by_region, by_age = cells[:, s].sum(axis=1), cells[:, s].sum(axis=0)
        expected = fit_margins(by_age[:, None] * role_profile, by_age, role_by_sex[s])
        of_age = expected.sum(axis=1, keepdims=True)
        chance = np.divide(expected, of_age, out=np.zeros_like(expected), where=of_age > 0)
        seed = np.einsum("ra,ak->rk", cells[:, s].astype(float), chance)
        regional_roles = round_margins(fit_margins(seed, by_region, role_by_sex[s]), by_region, role_by_sex[s])
        owed = np.zeros_like(expected)  # without it, roles that are rare at an age would be rounded away everywhere
        for r, code in enumerate(codes):
            table = fit_margins(cells[r, s][:, None] * chance, cells[r, s], regional_roles[r])
            count = round_margins(table, cells[r, s], regional_roles[r], owed=owed)
            owed += table - count
            rows += [(code, sex, int(AGES[i]), ROLES[k], int(count[i, k])) for i, k in np.argwhere(count > 0)]
    return pd.DataFrame(rows, columns=["region", "sex", "age", "role", "persons"])


def relative_fte(role_fte: Mapping[str, float], role_by_sex: IntArray, fte_by_sex: FloatArray) -> FloatArray:
    """Return fte per head by sex and role, shape (2, roles), with the national mean per sex kept.

    `role_fte` is fte per head by role as published; `fte_by_sex` (2,) the national model's.
    """
    rho = np.array([role_fte[role] for role in ROLES])
    mean = (role_by_sex @ rho) / role_by_sex.sum(axis=1)
    return fte_by_sex[:, None] * rho / mean[:, None]
