"""Which figures on GPs a report leaves out because few GPs are behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from abm.indicators import AGE_CLASSES, AGES, EACH
from abm.national import BLOCKS
from regions.people import ROLES

FEWEST = 5
"""Of a group of one to four GPs nothing is shown."""
HIDDEN = "<5"

PARTITIONS = (
    tuple(f"persons_{role}" for role in ROLES),
    tuple(f"persons_{ages}" for ages in AGE_CLASSES),
    tuple(f"persons_block_{block}" for block in BLOCKS),
)
"""Counts that add up to all GPs: one that is hidden alone would follow from the others."""
WOMEN = "persons_women"
COUNTS = (*(name for names in PARTITIONS for name in names), WOMEN)
OLDER = {"share_55plus": ("persons_55_59", "persons_60plus"), "share_60plus": ("persons_60plus",)}
WITHOUT_GPS = ("inhabitants", "demand_fte", "demand_demography_fte")
"""Indicators that say nothing of the GPs of a region."""


def hidden(frame: pd.DataFrame) -> pd.DataFrame:
    """Return which cells of a table of indicators by region must be hidden, as a table of booleans of its shape.

    `frame` has a row per region, or per scenario, year and region in an index that ends in the region; columns are
    indicators, missing ones are not looked at. A count of GPs above 0 and below 5 is hidden, with the fte and share of
    the same GPs; so is a second one, where the first would follow from a total. A region with so few GPs shows none of
    what is derived from them.
    """
    there = [name for name in COUNTS if name in frame]
    counts = frame[there]
    total = frame["supply_persons"] if "supply_persons" in frame else pd.Series(np.inf, frame.index)
    mask = few(counts)
    if WOMEN in there:
        mask[WOMEN] |= few(total - counts[WOMEN])  # the men
    while True:
        more = _across_regions(_within(mask, counts), counts)
        if more.equals(mask):
            break
        mask = more
    found = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    for name in there:
        group = name.removeprefix("persons_")
        for column in {name, f"{name}{EACH}", f"fte_{group}", f"share_{group}"} & set(frame.columns):
            found[column] |= mask[name]
    for column, parts in OLDER.items():
        if column in frame:
            found[column] |= mask[[part for part in parts if part in there]].any(axis=1)
    if "inflow_persons" in frame:
        found["inflow_persons"] |= few(frame["inflow_persons"])
    found.loc[few(total), [name for name in frame if name not in WITHOUT_GPS]] = True
    return found


def few(counts: Any) -> Any:
    """Return which numbers of GPs, in an array or a frame, are too few to show."""
    return (counts > 0) & (counts < FEWEST)


def hidden_cells(persons: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which numbers of GPs by sex and age (2, ages of `AGES`) must be hidden.

    Those of few GPs, and where one alone is hidden of a sex or of a class of ages, whose totals are shown, the smallest
    other too.
    """
    mask = np.asarray(few(persons))
    classes = np.searchsorted(list(AGE_CLASSES.values()), AGES, side="right")
    groups = [np.broadcast_to(classes == one, mask.shape) for one in np.unique(classes)]
    groups += [np.arange(len(mask))[:, None] == sex + np.zeros_like(classes) for sex in range(len(mask))]
    while alone := [group for group in groups if (mask & group).sum() == 1]:
        rest = np.where(alone[0] & ~mask & (persons > 0), persons, np.inf)
        if not np.isfinite(rest).any():
            groups = [group for group in groups if group is not alone[0]]
            continue
        mask.ravel()[rest.argmin()] = True
    return mask


def shown(frame: pd.DataFrame, mask: pd.DataFrame) -> pd.DataFrame:
    """Return a table with `HIDDEN` in the cells that must be hidden; its other columns are as they were."""
    frame = frame.copy()
    for name in mask.columns[mask.any()]:
        frame[name] = frame[name].astype(object).mask(mask[name], HIDDEN)
    return frame


def _within(mask: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Hide, where one count of a partition is hidden, the smallest of the others too."""
    mask = mask.copy()
    for names in PARTITIONS:
        parts = [name for name in names if name in counts]
        if parts:
            hide, values = mask[parts].to_numpy(dtype=bool, copy=True), counts[parts].to_numpy()
            rest = np.where(~hide & (values > 0), values, np.inf)
            rows = np.flatnonzero((hide.sum(axis=1) == 1) & np.isfinite(rest).any(axis=1))
            hide[rows, rest[rows].argmin(axis=1)] = True
            mask[parts] = hide
    return mask


def _across_regions(mask: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Hide, where a count is hidden of one region alone, that of the region with the next smallest too."""
    hide, values = mask.to_numpy(dtype=bool, copy=True), counts.to_numpy()
    levels = list(range(counts.index.nlevels - 1))
    groups = counts.groupby(level=levels).indices.values() if levels else [np.arange(len(counts))]
    for rows in groups:
        here = hide[rows]
        rest = np.where(~here & (values[rows] > 0), values[rows], np.inf)
        columns = np.flatnonzero((here.sum(axis=0) == 1) & np.isfinite(rest).any(axis=0))
        hide[rows[rest[:, columns].argmin(axis=0)], columns] = True
    return pd.DataFrame(hide, mask.index, mask.columns)
