"""What Hypothesis may draw: numbers of a pydantic model within their bounds, and levers that do not contradict."""

from collections.abc import Sequence
from typing import Any, get_args

import annotated_types
from hypothesis import strategies as st
from pydantic import BaseModel

from abm.levers import AnyLever, Cost, Lever

KINDS: dict[str, type[Lever]] = {cls.model_fields["kind"].default: cls for cls in get_args(get_args(AnyLever)[0])}
YEARS = ("first", "last", "phase_in")
MOST_OF_A_KIND = 3
LOWER_INTAKE = {"medical_school", "obligation"}
# Of the cohort that all programmes of a kind reach, the part of each.
SHARES = {"selection": "selected_share", "placements": "placed_share", "obligation": "obliged_share"}


def bounds(model: type[BaseModel], name: str) -> tuple[Any, Any]:
    """Return the lower and upper bound of a field, None where it has none."""
    metadata = model.model_fields[name].metadata
    low = [m.ge for m in metadata if isinstance(m, annotated_types.Ge)]
    high = [m.le for m in metadata if isinstance(m, annotated_types.Le)]
    return (low[0] if low else None), (high[0] if high else None)


def numbers(model: type[BaseModel]) -> dict[str, tuple[Any, Any]]:
    """Return the bounds of the numbers among the fields of a model."""
    return {name: bounds(model, name) for name, field in model.model_fields.items() if field.annotation in (int, float)}


def own(kind: str) -> dict[str, tuple[Any, Any]]:
    """Return the bounds of the numbers that a kind of lever has beside those that all have."""
    return {name: of for name, of in numbers(KINDS[kind]).items() if name not in YEARS}


def within(model: type[BaseModel], name: str, most: float | None = None) -> st.SearchStrategy[Any]:
    """Return a strategy for a number of a model: its ends, and in between."""
    low, high = bounds(model, name)
    if model.model_fields[name].annotation is int:
        return st.sampled_from([low, high]) | st.integers(low, high)
    top = float(high if most is None else most)
    return st.sampled_from([float(low), top]) | st.floats(low, top)


def _of_a_kind(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return the numbers of a kind of lever; of a cohort no more than leaves room for others."""
    model, share = KINDS[kind], SHARES.get(kind)
    return st.fixed_dictionaries(
        {}, optional={name: within(model, name, 0.3 if name == share else None) for name in own(kind)}
    )


@st.composite
def levers(draw: Any, regions: Sequence[str], site: str, first: int, last: int) -> tuple[Lever, ...]:
    """Draw levers of any kinds and regions that do not contradict each other and begin in the years `first` to `last`.

    Of the places that a `site` has, few enough are moved from it.
    """
    found: list[Lever] = []
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=6))
    sources = ["", site] if LOWER_INTAKE.isdisjoint(kinds) else [""]  # of few who start, none can be moved
    for kind in kinds:
        model = KINDS[kind]
        before = sum(lever.kind == kind for lever in found)
        if before >= (MOST_OF_A_KIND if model.adds_up else 1):
            continue
        given: dict[str, Any] = {"name": f"{kind}_{before}", **draw(_of_a_kind(kind))}
        some = st.lists(st.sampled_from(list(regions)), min_size=int(model.needs_regions), max_size=3, unique=True)
        given["regions"] = () if kind == "medical_school" else tuple(draw(some))
        begins = given["first"] = draw(st.integers(first, last))
        given["last"] = draw(st.integers(begins, last + 1))
        given["phase_in"] = draw(st.integers(0, 5))
        if kind == "settlement_bonus":
            given["established"] = draw(st.booleans())
        if kind == "training_places":
            given["moved_from"] = draw(st.sampled_from(sources))
            given["places"] = draw(st.floats(0.0, 1.0 if given["moved_from"] else 20.0))
        each = 0.0 if model.reaches_usually == "nobody" else draw(st.floats(0, 1e5))
        given["cost"] = Cost(per_year=draw(st.floats(0, 1e6)), per_reached=each, source="a test")
        found.append(model(**given))
    return tuple(found)
