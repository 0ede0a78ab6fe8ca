"""Colours of classes: readable by the colour-blind and in grey print; a test holds them to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

Colour = tuple[float, float, float, float]
Style = dict[str, Any]

HIGH_IS_TIGHT = "YlOrBr"  # dark is scarce
LOW_IS_TIGHT = "YlOrBr_r"
NEUTRAL = "Greens"  # dark is much
ABOVE_IS_ORANGE = "PuOr_r"
BELOW_IS_ORANGE = "PuOr"
SPREAD = "BuPu"  # unlike any palette of the indicators themselves: dark is uncertain

# Two sides, neither, and where they part: by hue for the eye and by lightness in grey print.
ORANGE, PURPLE, PALE, CREAM = "#e8963e", "#4b2a82", "#d6d6d6", "#fdf3c8"

INK, GREY, OUTLINE = "#1a1a1a", "#595959", "#6e6e6e"
NO_DATA: Style = {"facecolor": "#f0f0f0", "edgecolor": "#8c8c8c", "hatch": "//////"}

_MIDDLE: Colour = (0.9, 0.9, 0.9, 1.0)  # a palette's own white would vanish against water and borders
_HATCH = "\\\\"
_DARK = 0.5  # luma of a colour under which a hatch is white


def palette_colours(
    breaks: Sequence[float], palette: str | None = None, *, diverging: bool = False, centre: float = 0.0
) -> tuple[Colour, ...]:
    """Return a colour per class, from the lowest class to the highest.

    A sequential palette is spread over all classes. A diverging one gives classes at as many steps above and
    below `centre` the same strength, and a class around `centre` a light grey.

    Args:
        breaks: the bounds between classes.
        palette: a matplotlib colour map; by default one that stays readable in grey and when colour-blind.
        diverging: whether the colours run two ways from `centre`.
        centre: where they part, in the unit of the breaks.
    """
    colours = matplotlib.colormaps.get_cmap(palette or (ABOVE_IS_ORANGE if diverging else HIGH_IS_TIGHT))
    if not diverging:
        # The ends of a palette are too near paper and outline, the more so where classes are few.
        classes = len(breaks) + 1
        end = 0.06 + 0.05 * max(0, 5 - classes)
        return tuple(colours(float(tone)) for tone in np.linspace(end, 1 - end, classes))
    steps = _steps_from(centre, breaks)
    furthest = np.abs(steps).max()
    tones = 0.5 + min(0.46, 0.12 + 0.13 * furthest) * steps / furthest
    return tuple(colours(float(tone)) if step else _MIDDLE for step, tone in zip(steps, tones, strict=True))


def hatching(colour: str | Colour) -> Style:
    """Return the style of a region that is hatched over its colour."""
    dark = float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722))) < _DARK
    return {"facecolor": colour, "edgecolor": "white" if dark else INK, "hatch": _HATCH}


def words_on(colour: str | Colour) -> str:
    """Return the colour of words on a colour: black or white, whichever stands out more (WCAG's contrast ratio)."""
    return max(("black", "white"), key=lambda word: contrast(word, colour))


def contrast(one: str | Colour, other: str | Colour) -> float:
    """Return the contrast ratio of two colours as WCAG 2.2 defines it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str | Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _steps_from(centre: float, breaks: Sequence[float]) -> NDArray[np.int_]:
    """Return how many classes each class lies above (+) or below (-) `centre`; 0 for a class around it."""
    first, last = (int(np.searchsorted(breaks, centre, side=side)) for side in ("left", "right"))
    kinds = np.arange(len(breaks) + 1)
    steps: NDArray[np.int_] = np.minimum(kinds - last, 0) + np.maximum(kinds - first, 0)
    return steps
