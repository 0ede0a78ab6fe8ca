"""Groups of regions, as scenario files name them: a province, the regions short of GPs, the worst by an indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

import abm
from abm.randomness import FloatArray
from experiments.directions import BETTER, LESS
from experiments.errors import InputError, nearest, shown
from regions import DataError, Regions

ALL, SHORTAGE, RANDSTAD = "all", "shortage", "randstad"
GROUPS: Mapping[str, tuple[str, ...]] = {
    SHORTAGE: ("RA1222", "RA0207", "RA0102", "RA1121", "RA0614"),
    RANDSTAD: (
        "RA0511", "RA0512", "RA0513", "RA0615", "RA0616", "RA0717", "RA0818", "RA0919", "RA1020", "RA1121",
    ),
}  # fmt: skip
"""Zeeland, Achterhoek, Drenthe, Drechtsteden and Noord-Holland Noord; and the ten regions of the western cities."""
SOURCES: Mapping[str, str] = {
    SHORTAGE: "E131 to E135",
    RANDSTAD: "assumed: E446 does not delimit it; the regions counted to it for the origin of candidates",
}
NOT_RANKED = ("supply_fte", "supply_persons", "supply_persons_each", "closures", "share_succession_found")
"""Improve, but tell the size of a region, or are not there in the base year."""
RANKED: Mapping[str, int] = {
    **{one.name: BETTER[one.name] for one in abm.INDICATORS if one.name in BETTER and one.name not in NOT_RANKED},
    **dict.fromkeys(("share_55plus", "share_60plus"), LESS),
}
"""The indicators by which regions can be worst, and which way they improve: here, fewer older GPs is better."""
BASE_YEARS = 20
"""Base years over which an indicator is averaged: by chance alone one is not the other."""


class Worst(BaseModel):
    """The regions that are worst by an indicator in the base year of the model, under unchanged policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    worst: int = Field(ge=1, description="how many regions")
    indicator: str = Field(description="by which they are ranked", json_schema_extra={"enum": [*RANKED]})


Item = Annotated[str, Field(description="a region by code or name, a province, shortage, randstad or all")] | Worst
Choice = Item | list[Item]
"""What may stand behind `regions` in a scenario file."""


def words(data: Regions) -> list[str]:
    """Return every word for regions: groups, provinces, names and codes, each once."""
    names = (name for r in data.members for name in (r.name, r.name_nl, r.name_en))
    return list(dict.fromkeys([ALL, *GROUPS, *sorted({r.province for r in data.members}), *names, *data.codes]))


def codes(choice: object, data: Regions) -> tuple[str, ...]:
    """Return the codes of the regions of a choice, in the order of the data and each once.

    A name that is both of a region and of a province is the region.

    Raises `InputError` with a line for all that is wrong with the choice.
    """
    items = choice if isinstance(choice, list | tuple) else [choice]
    found, faults = set[str](), list[str]()
    for item in items:
        try:
            found.update(_codes(item, data))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    return tuple(code for code in data.codes if code in found)


def _codes(item: object, data: Regions) -> Sequence[str]:
    if isinstance(item, dict):
        return _worst(item, data)
    if not isinstance(item, str):
        raise InputError(f"found {shown(item)}, allowed: names, or a table such as {{worst = 5, indicator = ...}}")
    if item == ALL:
        return data.codes
    if item in GROUPS:
        if absent := [code for code in GROUPS[item] if code not in data.codes]:
            raise InputError(f"found {item}, of which {', '.join(absent)} are not among these regions; name regions")
        return GROUPS[item]
    try:
        return [data.codes[data.index(item)]]
    except DataError:
        province = [r.code for r in data.members if r.province == item]
    if not province:
        raise InputError(
            f"found {shown(item)}, no region or group{nearest(item, words(data), [ALL, *GROUPS, *data.names])}"
        )
    return province


def _worst(item: dict[str, object], data: Regions) -> Sequence[str]:
    if item.keys() != Worst.model_fields.keys():
        raise InputError(f"found the keys {', '.join(map(shown, item))}, allowed are worst and indicator, both")
    count, name = item["worst"], item["indicator"]
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= len(data):
        raise InputError(f"worst: found {shown(count)}, allowed is 1 to {len(data)}")
    if name not in list(RANKED):  # which may be unhashable
        raise InputError(f"indicator: found {shown(name)}{_which(name)}")
    goodness = base_year(data)[str(name)] * RANKED[str(name)]
    return [data.codes[row] for row in np.argsort(goodness, kind="stable")[:count]]


def _which(name: object) -> str:
    """Return why an indicator cannot rank regions, and which can."""
    if name in [indicator.name for indicator in abm.INDICATORS]:
        return f", which is not worse or better, or is not there in the base year; there are {', '.join(RANKED)}"
    return nearest(str(name), RANKED)


_KNOWN: WeakKeyDictionary[Regions, dict[str, FloatArray]] = WeakKeyDictionary()


def base_year(data: Regions) -> dict[str, FloatArray]:
    """Return the indicators that rank regions in the base year, (R,), under unchanged policy: mean over fixed seeds."""
    if data not in _KNOWN:
        baseline, names = abm.Scenario.model_validate({}), list(RANKED)
        tables = [abm.SettlementModel(baseline, data, rng=seed).results()[names] for seed in range(BASE_YEARS)]
        _KNOWN[data] = dict(zip(names, np.mean([table.to_numpy() for table in tables], axis=0).T, strict=True))
    return _KNOWN[data]
