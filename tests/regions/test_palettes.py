"""Colours: told apart by the colour-blind and in grey print, and words on them."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from regions import classes, palettes

colour = pytest.importorskip("colour", reason="needs colour-science, of the extra dev")
np.set_printoptions(legacy=False)  # it sets another, under which files get 12 digits, for all tests of the process

KINDS = ("Normal", "Protanomaly", "Deuteranomaly", "Tritanomaly")
TOLD_APART = 5.0  # CIE 2000; a difference of 1 can just be seen side by side


def seen(shown: Any, kind: str) -> Any:
    """Return colours as people see them who lack one of the cones (Machado and others 2009), in CIE Lab."""
    linear = colour.cctf_decoding(np.array([to_rgb(one) for one in shown]), function="sRGB")
    if kind != "Normal":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the model of tritanopia is rougher
            linear = linear @ colour.matrix_cvd_Machado2009(kind, 1.0).T
    return colour.XYZ_to_Lab(colour.RGB_to_XYZ(np.clip(linear, 0, 1), "sRGB", apply_cctf_decoding=False))


def used() -> list[tuple[str, tuple[float, ...], bool, float]]:
    """Return the palettes as indicators and differences use them."""
    own = [
        (one.palette, one.breaks, one.diverging, one.centre) for one in (*classes.CLASSES.values(), classes.GRADUATES)
    ]
    compared = [classes.difference_classing(name, [0.0]) for name in classes.DIFFERENCES]
    own += [(one.palette, one.breaks, True, 0.0) for one in compared]
    own += [(palettes.SPREAD, tuple(range(1, 8)), False, 0.0)]
    return sorted({(palette, tuple(map(float, breaks)), *rest) for palette, breaks, *rest in own})


@pytest.mark.parametrize("kind", KINDS)
def test_neighbouring_classes_are_told_apart(kind: str) -> None:
    for palette, breaks, diverging, centre in used():
        lab = seen(palettes.palette_colours(breaks, palette, diverging=diverging, centre=centre), kind)
        apart = [float(colour.delta_E(a, b, method="CIE 2000")) for a, b in pairwise(lab)]
        assert min(apart) > TOLD_APART, (palette, breaks, apart)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sides_of_a_difference_are_told_apart(kind: str) -> None:
    breaks = classes.DIFFERENCES["vacancy_rate"]
    lab = seen(palettes.palette_colours(breaks, palettes.ABOVE_IS_ORANGE, diverging=True), kind)
    middle = len(breaks) // 2
    for step in range(1, middle + 1):
        assert colour.delta_E(lab[middle - step], lab[middle + step], method="CIE 2000") > 2 * TOLD_APART


def test_the_lightness_of_a_palette_runs_one_way_from_its_centre() -> None:
    for palette, breaks, diverging, centre in used():
        shown = palettes.palette_colours(breaks, palette, diverging=diverging, centre=centre)
        steps = np.sign(np.diff(seen(shown, "Normal")[:, 0]))
        if diverging:
            assert list(steps) == sorted(steps, reverse=True), (palette, breaks)
        else:
            assert abs(steps.sum()) == len(breaks), (palette, breaks)


def test_words_stand_out_on_every_class() -> None:
    for palette, breaks, diverging, centre in used():
        for one in palettes.palette_colours(breaks, palette, diverging=diverging, centre=centre):
            assert palettes.contrast(palettes.words_on(one), one) >= 4.5, palette


def test_contrast_is_that_of_the_guideline() -> None:
    assert palettes.contrast("black", "white") == pytest.approx(21)
    assert palettes.contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)
