"""Other base years and other forecasts that the facts allow as well: one draw is one of them.

What a draw varies is what nobody publishes by region; what is known of the nation stays as it is. A draw is a number:
the same gives the same everywhere, whatever the seed of a run, and 0 gives the regions themselves. Sizes of the errors
are for regions of the size of the 28 and stand below. They are standard deviations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from regions.build import DENSITY, OLDER
from regions.people import ROLES, SEXES
from regions.stock import FTE_TOLERANCE
from regions.tables import Regions, Workforce
from regions.workforce import NEWTON_STEPS, fit_margins, whole

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Base year. GPs of a region, relative: assumed, as regions differ little in capacity per inhabitant (E136, E274).
TOTAL_SD = 0.04
# Where a density of 2018 is known (E348, E349): 0.9% of rounding (4.5 and 4.3 to a decimal), the rest assumed for the
# seven years since.
KNOWN_TOTAL_SD = 0.02
# Slope of the log odds per ten years of age. Twice this is the error in the log odds of being 55 or over: 0.26, some
# 5 points of the share. Assumed: Zeeland and Utrecht, the extremes of the provinces, are 0.64 above and 0.24 below the
# nation (E343, E345).
AGE_SD = 0.13
# Where a share of older GPs is known: 0.15 in the log odds, 3 points. Two counts of Friesland in 2018 differ by 0.2
# from each other (E344, E346); in five years Drenthe moved by 0.19 against the nation (E330, E331, E340, E341).
KNOWN_AGE_SD = 0.075
# Log odds of each role: some 4 points of the share of holders. Assumed: mixes differ little (E136).
ROLE_SD = 0.15

# Forecast. The part of the foretold divergence of regions that does not come true, or comes on top: one number for the
# nation. From the forecast of 2022 to the counts of 2023 to 2026 inhabitants diverged 0.61, 0.57, 0.49 and 0.48 of what
# was foretold; need per inhabitant, rolled forward by age from 2019 to 2023, 0.42.
DIVERGENCE_SD = 0.5
# Growth of a region's share of inhabitants a year. The rest of these misses is 0.21, 0.40, 0.51 and 0.64% after 1 to 4
# years. With the divergence that makes about 6% in 2050; the published 67% intervals of provinces, 5 to 12% either
# side, less the nation's 5%, give about 7%.
GROWTH_SD = 0.0016
# Growth of need per inhabitant a year: the rest of the miss is 0.30% after four years.
NEED_GROWTH_SD = 0.0008

# Each kind of draw has random numbers of its own.
BASE_YEAR_STREAM, FORECAST_STREAM = 20250101, 20450101
# A region's mix is kept by classes of age; inside them it is the nation's.
CLASSES: IntArray = np.array([35, 40, 45, 50, 55, 60, 65])
OLDER_FROM = 55
PSEUDO_COUNT = 1.0  # persons: no class of a small region is taken to be impossible
TINY = 1e-12


def base_year(regions: Regions, draw: int) -> Regions:
    """Return the regions with another base-year workforce, drawn within what is not known of it.

    Between regions vary the number of GPs (one by one, and together between equal per inhabitant and equal per need),
    their age mix and their mix of roles. GPs stay whole persons and a region keeps at least one. The nation's persons
    by sex, age and role and its fte by sex stay what they are. A region of which every row of the folder's table is
    `published` keeps its GPs. Facts of single regions are known by the codes of the 28; others have the wider errors.
    """
    if draw == 0:
        return regions
    rng = _generator(BASE_YEAR_STREAM, draw)
    force, n = regions.workforce, len(regions)
    free = np.array([code not in regions.published for code in regions.codes])
    varies = free[force.region]
    moving = varies & (force.persons > 0)
    if free.sum() < 2 or not moving.any():
        return regions

    keys = (force.age >= OLDER_FROM, force.sex, force.role, force.age)
    shape = (2, len(SEXES), len(ROLES), int(force.age.max()) + 1)
    found, column = np.unique(np.ravel_multi_index(keys, shape)[moving], return_inverse=True)
    columns = np.stack(np.unravel_index(found, shape))
    _, sex, role, age = columns
    table, fte = (np.zeros((n, len(found))) for _ in range(2))
    np.add.at(table, (force.region[moving], column), force.persons[moving])
    np.add.at(fte, (force.region[moving], column), force.fte[moving])

    national = table.sum(axis=0).round().astype(np.int64)
    totals = _totals(rng, regions, table.sum(axis=1), free)
    tilt = _age_slopes(rng, regions, table.sum(axis=1), free)[:, None] * (age - age.mean()) / 10
    tilt += rng.normal(0, ROLE_SD, (n, len(ROLES)))[:, role]
    expected = fit_margins(_smooth(table, sex, role, age) * np.exp(tilt), totals, national)
    drawn = _round(rng, expected, totals, national, columns)
    drawn_fte = _fte(table, fte, drawn, sex)

    row, col = np.nonzero(drawn)
    made = {"region": row, "sex": sex[col], "age": age[col], "role": role[col]}
    made |= {"persons": drawn[row, col], "fte": drawn_fte[row, col]}
    arrays = {name: np.concatenate([getattr(force, name)[~varies], values]) for name, values in made.items()}
    order = np.lexsort([arrays[name] for name in ("role", "age", "region", "sex")])
    return replace(regions, workforce=Workforce(**{name: _frozen(values[order]) for name, values in arrays.items()}))


def forecast(regions: Regions, draw: int) -> Regions:
    """Return the regions with another path of inhabitants and of the division of demand after the base year.

    Regions diverge more or less than foretold, one error for all, and each has an error in its growth that lasts, so
    that errors grow with the years. So it is for need per inhabitant too. The nation's inhabitants stay what they are
    in every year, and so does its demand, which is not the regions'.
    """
    if draw == 0:
        return regions
    rng = _generator(FORECAST_STREAM, draw)
    inhabitants, demand = regions.inhabitants, regions.demand_share
    years, n = np.arange(len(inhabitants))[:, None], len(regions)
    nation = inhabitants.sum(axis=1, keepdims=True)
    divergence = rng.normal(0, DIVERGENCE_SD, 2)
    growth = rng.normal(0, GROWTH_SD, n)
    need_growth = rng.normal(0, NEED_GROWTH_SD, n)
    people = np.exp(divergence[0] * _change(inhabitants / nation) + growth * years)
    need = np.exp(divergence[1] * _change(demand / inhabitants * nation) + need_growth * years)
    drawn = inhabitants * people
    drawn *= nation / drawn.sum(axis=1, keepdims=True)
    share = demand * people * need
    share /= share.sum(axis=1, keepdims=True)
    drawn[0], share[0] = inhabitants[0], demand[0]
    return replace(regions, inhabitants=_frozen(drawn), demand_share=_frozen(share))


def _generator(stream: int, draw: int) -> np.random.Generator:
    if draw < 0:
        raise ValueError(f"draw: found {draw}, allowed is 0 (as it is) and more")
    return np.random.Generator(np.random.PCG64([stream, draw]))


def _totals(rng: np.random.Generator, regions: Regions, persons: FloatArray, free: BoolArray) -> IntArray:
    """Return whole persons by region with the same sum; regions that are not `free` have none."""
    known = np.isin(regions.codes, list(DENSITY))
    need = np.log(regions.demand_share[0] * regions.inhabitants[0].sum() / regions.inhabitants[0])
    error = rng.normal(0, np.where(known, KNOWN_TOTAL_SD, TOTAL_SD)) + rng.uniform(-0.5, 0.5) * need * ~known
    least = (free & (persons > 0)).astype(np.int64)
    left = round(float(persons.sum())) - int(least.sum())
    drawn = persons * np.exp(error)
    more = np.maximum(drawn * (persons.sum() / drawn.sum()) - least, 0)
    return least + whole(more * (left / max(more.sum(), TINY)), left)


def _age_slopes(rng: np.random.Generator, regions: Regions, persons: FloatArray, free: BoolArray) -> FloatArray:
    """Return the error of each region's age mix; of regions with one fact together, the mean has the smaller error."""
    slope = rng.normal(0, AGE_SD, len(regions))
    known = rng.normal(0, KNOWN_AGE_SD, len(OLDER))
    for fact, error in zip(OLDER, known, strict=True):
        rows = np.isin(regions.codes, fact.regions)
        if rows.sum() == len(fact.regions) and free[rows].all():
            slope[rows] += error - np.average(slope[rows], weights=persons[rows])
    return slope


def _smooth(table: FloatArray, sex: IntArray, role: IntArray, age: IntArray) -> FloatArray:
    """Return what is expected by region and column when a region keeps its classes of age, sex and role only."""
    smooth = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    for group in (np.searchsorted(CLASSES, age, side="right") * 2 + sex, role * 2 + sex):
        member = np.eye(group.max() + 1)[group]
        smooth *= ((table @ member + PSEUDO_COUNT) / (smooth @ member + PSEUDO_COUNT))[:, group]
    return smooth


def _round(
    rng: np.random.Generator, expected: FloatArray, rows: IntArray, national: IntArray, columns: IntArray
) -> IntArray:
    """Return whole persons by region and column with the sums `rows` and `national`.

    `columns` (keys, columns) are sorted. GPs of each region are divided in two again and again, first by the first key
    and in the end one by one column. Every division meets the nation's number; a region's is one of the two whole
    numbers around what is expected, with chances that make that the mean.
    """
    n, m = expected.shape
    before = np.append(0, np.cumsum(national))
    up_to = np.concatenate([np.zeros((n, 1)), np.cumsum(expected, axis=1)], axis=1)
    changes = np.diff(columns, axis=1) != 0
    level = np.append(0, np.argmax(changes, axis=0))  # the first key that changes before each column
    cells = np.zeros((n, m), dtype=np.int64)
    todo = [(0, m, rows)]
    while todo:
        first, end, persons = todo.pop()
        if end - first == 1:
            cells[:, first] = persons
            continue
        inner = np.arange(first + 1, end)
        middle = int(inner[np.argmin(level[inner] * m + np.abs(inner - (first + end) / 2))])
        parts = np.diff(up_to[:, [first, middle, end]], axis=1)
        left = _divide(rng, persons, parts, int(before[middle] - before[first]))
        todo += [(first, middle, left), (middle, end, persons - left)]
    return cells


def _divide(rng: np.random.Generator, persons: IntArray, parts: FloatArray, total: int) -> IntArray:
    """Return how many of `persons` (R,) go to the first of two `parts` (R, 2), in all `total`."""
    odds = np.log(np.maximum(parts, TINY)) @ np.array([1, -1])
    for _ in range(NEWTON_STEPS):  # one shift of the odds meets the total; steps below 1 never go astray
        chance = expit(odds)
        step = (persons @ chance - total) / max(persons @ (chance * (1 - chance)), TINY)
        odds -= np.clip(step, -1, 1)
        if abs(step) < TINY:
            break
    mean = persons * expit(odds)
    floor = np.floor(mean)
    order = rng.permutation(len(persons))
    upwards = np.cumsum((mean - floor)[order])
    upwards *= (total - floor.sum()) / max(upwards[-1], TINY)
    floor[order] += np.diff(np.floor(upwards + rng.uniform(TINY, 1 - TINY)), prepend=0)
    return floor.astype(np.int64)


def _fte(table: FloatArray, fte: FloatArray, drawn: IntArray, sex: IntArray) -> FloatArray:
    """Return fte of the drawn persons: the nation's by column, more or less where GPs of a region work more or less."""
    per_head = fte.sum(axis=0) / table.sum(axis=0)
    usual = table @ per_head
    factor = np.divide(fte.sum(axis=1), usual, out=np.ones(len(table)), where=usual > 0)
    factor[np.abs(factor - 1) < FTE_TOLERANCE] = 1.0
    result: FloatArray = drawn * per_head * factor[:, None]
    for s in np.unique(sex):
        result[:, sex == s] *= fte[:, sex == s].sum() / result[:, sex == s].sum()
    return result


def _change(share: FloatArray) -> FloatArray:
    """Return the change since the base year in logarithms."""
    return np.log(share / share[0])


def _frozen(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    values.flags.writeable = False
    return values
