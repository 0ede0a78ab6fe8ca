"""Classes of differences, and bounds that fit the values."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regions import classes, maps

needs_mapclassify = pytest.mark.skipif(not importlib.util.find_spec("mapclassify"), reason="needs the extra maps")


def test_classes_of_a_difference_are_symmetric_around_zero() -> None:
    for name in (*classes.CLASSES, "supply_fte", "inhabitants", "shortage_fte", "closures"):
        found = classes.difference_classing(name, [-3.0, 14.0])
        assert found.breaks == tuple(-bound for bound in reversed(found.breaks)), name
        assert (found.diverging, found.signed, found.centre) == (True, True, 0), name
        colours = maps.palette_colours(found.breaks, found.palette, diverging=True)
        assert len(set(colours)) == len(found.breaks) + 1, name


def test_what_gets_scarcer_is_orange() -> None:
    orange = {
        name: classes.difference_classing(name, [1.0]).palette for name in ("vacancy_rate", "coverage", "supply_fte")
    }
    assert orange == {
        "vacancy_rate": maps.ABOVE_IS_ORANGE,
        "coverage": maps.BELOW_IS_ORANGE,
        "supply_fte": maps.BELOW_IS_ORANGE,
    }


def test_differences_are_printed_with_their_sign() -> None:
    assert classes.class_labels((-2.5, 2.5), "nl", signed=True) == ("minder dan −2,5", "−2,5 tot +2,5", "+2,5 of meer")
    assert classes.number(0.04, 1, "nl", signed=True) == "0,0"
    assert classes.number(1234.5, 1, "en", signed=True) == "+1,234.5"


@needs_mapclassify
def test_quantiles_have_as_many_values_in_each_class() -> None:
    values = np.random.default_rng(1).gamma(2.0, 3.0, 30)
    bounds = classes.suggested_breaks([*values, np.nan], "quantiles", 5)
    assert np.bincount(np.digitize(values, bounds)).tolist() == [6] * 5
    assert all(bound == round(bound, 3) for bound in bounds)


@needs_mapclassify
@given(
    values=st.lists(st.integers(-1000, 1000).map(lambda x: x / 8), min_size=2, max_size=30).filter(
        lambda v: len(set(v)) > 1
    ),
    scheme=st.sampled_from(classes.SCHEMES),
    n=st.integers(2, 7),
)
def test_bounds_lie_between_values(values: list[float], scheme: classes.Scheme, n: int) -> None:
    bounds = classes.suggested_breaks(values, scheme, n)
    assert len(bounds) < n
    assert bounds
    assert (np.diff(bounds) > 0).all()
    counts = np.bincount(np.digitize(values, bounds), minlength=len(bounds) + 1)
    assert (counts > 0).all()
    classes.class_labels(bounds)


@needs_mapclassify
def test_one_value_cannot_be_divided() -> None:
    with pytest.raises(ValueError, match="found 1 different values"):
        classes.suggested_breaks([2.0, 2.0], "quantiles")
