"""A user's own GPs of the base year in the national model: what of its parameters they replace."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from regions.people import SEX_IDS

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

WHOLE = 0.5  # persons: a published share of women is rounded to whole persons
FTE_TOLERANCE = 1e-4  # share of fte per head: fte is stored with a few decimals
NODES = ("", "_vijf", "_tien", "_vijftien", "_twintig")


def own_stock(national: Mapping[str, float], sex: IntArray, persons: IntArray, fte: FloatArray) -> Mapping[str, float]:
    """Return the national parameters that a workforce replaces: none when it is the plan's own.

    `sex` (0 women, 1 men), `persons` and `fte` by row of the workforce. Persons and the share of women become those of
    the workforce; fte per head by sex is moved to the workforce's in the base year and keeps its course after it.
    """
    heads = np.bincount(sex, persons, minlength=2)
    total = float(heads.sum())
    changed: dict[str, float] = {}
    plan_women = national["aanbod_personen"] * national["per_vrouw_basis"]
    if abs(total - national["aanbod_personen"]) >= WHOLE or abs(heads[0] - plan_women) >= WHOLE:
        changed |= {"aanbod_personen": total, "per_vrouw_basis": float(heads[0]) / total}
    for id_, count, own in zip(SEX_IDS, heads, np.bincount(sex, fte, minlength=2), strict=True):
        ids = [f"fte_{id_}_basis{node}" for node in NODES]
        ratio = own / count / national[ids[0]] if count else 1.0
        if abs(ratio - 1) > FTE_TOLERANCE:
            changed |= {name: national[name] * float(ratio) for name in ids}
    return changed
