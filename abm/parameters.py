"""How a parameter is declared: default, unit, allowed range, source and role.

E numbers are rows of `evidence.csv`. The role says what a parameter is for: a `constant` is fixed by the official
model or by definition, an `uncertainty` is not known well and varies in an ensemble, a `lever` is for policy to choose.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

Role = Literal["constant", "uncertainty", "lever"]


def parameter(
    default: Any,
    *,
    unit: str,
    source: str,
    role: Role,
    about: str,
    low: float | None = None,
    high: float | None = None,
    prior: tuple[float, float] | None = None,
) -> Any:
    """Return a field with its unit, allowed range, source and role.

    `prior` is the range within which an uncertainty is thought to lie, before the calibration.
    """
    about_it: dict[str, Any] = {"unit": unit, "source": source, "role": role}
    if prior is not None:
        about_it["prior"] = list(prior)
    return Field(default, ge=low, le=high, description=about, json_schema_extra=about_it)
