"""The evidence that the model is held against: `targets.csv`.

It marks every evidence row that the project uses as put in, fitted or tested, and says which measure it speaks about.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.arrays import FloatArray
from experiments.errors import InputError, nearest
from experiments.measures import MEASURES
from regions.tables import SHIPPED, read

TARGETS = Path(__file__).parent / "targets.csv"
PUT_IN, FITTED, TESTED = "put_in", "fitted", "tested"
AGREES, UNDECIDED, FAILS = "agrees", "undecided", "fails"
"""What runs held against something known come to."""
USES = (PUT_IN, FITTED, TESTED)
COLUMNS = (
    "id", "also", "use", "measure", "region", "site", "target", "low", "high", "sd", "unit", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One row of `targets.csv`: an evidence row, what it is used for, and what a measure should be.

    `also` are evidence rows from which the target was made together with `id`. `region` is a code or a province,
    `site` an institute or site. With `low` or `high` all from one to the other is as good, and `target` is only the
    middle of it; else `target` is what is asked. `sd` is the tolerance, in the unit of the measure; chance in a run
    comes on top. What is put in has no measure: `note` tells in which table or parameter it is.
    """

    id: str
    also: tuple[str, ...]
    use: str
    measure: str
    region: str
    site: str
    target: float | None
    low: float | None
    high: float | None
    sd: float | None
    unit: str
    note: str

    @property
    def key(self) -> str:
        """What `measure` calls the number that this is about."""
        part = "|".join(part for part in (self.region, self.site) if part)
        return f"{self.measure}[{part}]" if part else self.measure

    def miss(self, value: FloatArray | float) -> FloatArray:
        """Return how far values are off, in the unit of the measure, negative when too low."""
        found = np.asarray(value, dtype=np.float64)
        low, high = (self.low, self.high) if (self.low, self.high) != (None, None) else (self.target, self.target)
        inside = np.clip(found, -np.inf if low is None else low, np.inf if high is None else high)
        return np.asarray(found - inside)

    def away(self, value: FloatArray | float) -> FloatArray:
        """Return how far values are off, in standard deviations of the tolerance, negative when too low."""
        return np.asarray(self.miss(value) / (np.nan if self.sd is None else self.sd))


def load(path: Path = TARGETS) -> list[Target]:
    """Return the rows of the table; raises `InputError` for a row that is not right."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                names = ", ".join(reader.fieldnames or ())
                raise InputError(f"{path.name}: found the columns {names}; allowed are {', '.join(COLUMNS)}")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    found = []
    for line, row in rows:
        try:
            found.append(_target(row))
            _check(found[-1])
        except InputError as error:
            raise InputError(f"{path.name}, line {line} ({row['id']}): {error}") from None
    _check_uses(path.name, found)
    return found


def _target(row: Mapping[str, str]) -> Target:
    if None in row or None in row.values():
        raise InputError(f"found more or fewer cells than the {len(COLUMNS)} columns")

    def number(name: str) -> float | None:
        try:
            value = float(row[name]) if row[name] else None
        except ValueError:
            value = np.nan
        if value is not None and not np.isfinite(value):
            raise InputError(f"{name}: found {row[name]!r}, allowed is a number")
        return value

    return Target(
        id=row["id"], also=tuple(row["also"].split()), use=row["use"], measure=row["measure"],
        region=row["region"], site=row["site"], target=number("target"),
        low=number("low"), high=number("high"), sd=number("sd"), unit=row["unit"], note=row["note"],
    )  # fmt: skip


def _names(table: str, *columns: str) -> list[str]:
    """Return the values of columns of a shipped table, each once."""
    return sorted({str(value) for column in columns for value in read(SHIPPED, table)[column]})


def _check(row: Target) -> None:
    if row.use not in USES:
        raise InputError(f"use: found {row.use!r}, allowed is one of {', '.join(USES)}")
    if row.use == PUT_IN:
        if row.measure:
            raise InputError(f"measure: found {row.measure!r}; what is put in has none, its note tells where it is")
        if not row.note:
            raise InputError("note: found nothing, allowed is the table or parameter in which it is put")
        return
    if row.measure not in MEASURES:
        raise InputError(f"measure: found {row.measure!r}{nearest(row.measure, MEASURES)}")
    by = MEASURES[row.measure].by
    region, site = by in ("region", "place", "supply"), by == "supply" or (by == "trained" and bool(row.site))
    for name, value, needed in (("region", row.region, region), ("site", row.site, site)):
        if bool(value) != needed:
            asks = "one" if needed else "none"
            raise InputError(f"{name}: found {value!r}; the measure {row.measure} needs {asks}")
    if row.unit != MEASURES[row.measure].unit:
        raise InputError(f"unit: found {row.unit!r}, allowed is that of the measure: {MEASURES[row.measure].unit!r}")
    if row.measure == "backcast":
        if {row.target, row.low, row.high, row.sd} != {None}:
            raise InputError("found a number; those of the back-cast stand in backcast/observed.csv")
        return
    if row.sd is None or row.sd <= 0:
        raise InputError(f"sd: found {row.sd}, allowed is more than 0")
    if (row.target, row.low, row.high) == (None, None, None):
        raise InputError("found no target, low or high; what is fitted or tested has at least one")
    if row.use == FITTED and row.target is None:
        raise InputError("found no target; what is fitted has one")
    inside = [value for value in (row.low, row.target, row.high) if value is not None]
    if inside != sorted(inside):
        raise InputError(f"found low {row.low}, target {row.target}, high {row.high}, which are not in that order")


def _check_uses(name: str, rows: Sequence[Target]) -> None:
    """Check what can be wrong between rows, and that evidence, regions and sites exist."""
    evidence = set(_names("evidence", "id"))
    places, sites = _names("regions", "code", "province"), _names("training_sites", "site", "institute")
    use: dict[str, str] = {}
    said: set[tuple[str, str]] = set()
    for row in rows:
        for id_ in (row.id, *row.also):
            if id_ not in evidence:
                raise InputError(f"{name}: {id_} is no row of evidence.csv")
            if use.setdefault(id_, row.use) != row.use:
                raise InputError(f"{name}: {id_} is both {use[id_]} and {row.use}; allowed is one use")
        if row.region and row.region not in places:
            raise InputError(f"{name}: {row.id}: region {row.region} is not known{nearest(row.region, places)}")
        if row.site and row.site not in sites:
            raise InputError(f"{name}: {row.id}: site {row.site} is not known{nearest(row.site, sites)}")
        # What is fitted counts once for each measure, what is tested once for each piece of evidence.
        once = (row.use if row.use == FITTED else row.id, row.key)
        if once in said:
            raise InputError(f"{name}: {row.id}: {row.key} is {row.use} twice; allowed is once")
        said.add(once)
