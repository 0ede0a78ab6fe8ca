"""A page of a report as matplotlib draws it: its fonts, texts and legends, and the file that is written.

Matplotlib is used through its objects only: no pyplot, no window, no global settings.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.patches import Patch, PathPatch
from matplotlib.textpath import text_to_path

from regions.palettes import GREY, INK, OUTLINE, Style

Key = Sequence[tuple[str, Style]]
Box = tuple[float, float, float, float]  # left, bottom, right, top

CM = 1 / 2.54  # inch
POINTS = 72 * CM  # in a cm
DPI = 300
WIDTH, HEIGHT = 16.0, 19.0  # cm: the text width of an A4 report, and room for a caption
MARGIN = 0.7  # cm
INNER = WIDTH - 2 * MARGIN
LEADING, DESCENT = 1.35, 0.3  # height of a line and of what hangs below it, per font size
HANDLE, HANDLE_GAP, COLUMN_GAP = 2.0, 0.8, 1.6  # of a legend's colours, what parts them from their words, and columns

TITLE = FontProperties(family="sans-serif", size=13, weight="bold")
SUBTITLE = FontProperties(family="sans-serif", size=9.5)
HEAD = FontProperties(family="sans-serif", size=9, weight="bold")
LABEL = FontProperties(family="sans-serif", size=9)
SMALL = FontProperties(family="sans-serif", size=7.5)

_FORMATS = ("png", "svg", "pdf")


@dataclass
class Sheet:
    """A page, written from the top down; `top` and `bottom` are where the room that is left ends. All in cm."""

    figure: Figure
    height: float
    top: float
    bottom: float

    def put(
        self, lines: Sequence[str], top: float, font: FontProperties, colour: str = INK, left: float = MARGIN
    ) -> float:
        """Write lines downward from a height; return the height under them."""
        hang = DESCENT * font.get_size_in_points() / POINTS
        for i, line in enumerate(lines, start=1):  # one by one: matplotlib spaces the lines of one text unevenly
            self.write(line, left, top - height(lines[:i], font) + hang, font, colour)
        return top - height(lines, font)

    def write(
        self, text: str, x: float, y: float, font: FontProperties, colour: str = INK, align: str = "left"
    ) -> None:
        """Write one line; `y` is its base line."""
        style: dict[str, Any] = {"font": font, "color": colour, "ha": align, "va": "baseline", "parse_math": False}
        self.figure.text(x / WIDTH, y / self.height, text, **style)

    def axes(self, box: Box) -> Axes:
        """Return axes without a frame in a box."""
        left, bottom, right, top = box
        return self.figure.add_axes(
            (left / WIDTH, bottom / self.height, (right - left) / WIDTH, (top - bottom) / self.height), frameon=False
        )

    def key(self, key: Key, top: float, left: float = MARGIN, columns: int = 1) -> float:
        """Draw a legend under a height; return the height under it."""
        plain: Style = {"edgecolor": OUTLINE, "linewidth": 0.4}
        legend = Legend(
            self.figure,
            [Patch(**(plain | style)) for _, style in key],
            [label for label, _ in key],
            loc="upper left",
            bbox_to_anchor=(left / WIDTH, top / self.height),
            prop=LABEL,
            labelcolor=INK,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            handlelength=HANDLE,
            handletextpad=HANDLE_GAP,
            handleheight=1.3,
            labelspacing=0.3,
            columnspacing=COLUMN_GAP,
            ncols=columns,
        )
        self.figure.legends.append(legend)
        return self.bounds(legend)[1]

    def bounds(self, artist: Any) -> Box:
        """Return the box that an artist takes up."""
        wide, high = (round(side * self.figure.dpi) for side in self.figure.get_size_inches())
        renderer = RendererAgg(wide, high, self.figure.dpi)  # type: ignore[no-untyped-call]
        box = artist.get_window_extent(renderer)
        left, bottom, right, top = (float(x) / self.figure.dpi / CM for x in box.extents)
        return left, bottom, right, top


def sheet(title: str, subtitle: str, foot: str, room: float | None = None) -> Sheet:
    """Return a page with a title, a subtitle and what is at its foot; long ones are broken over lines.

    It is as high as its texts and `room` (cm) between them need, or of the usual height.
    """
    head, under, credit = balanced(title, TITLE), wrapped(subtitle, SUBTITLE), wrapped(foot, SMALL)
    heading = MARGIN + height(head, TITLE) + 0.15 + height(under, SUBTITLE) + 0.4
    bottom = MARGIN + height(credit, SMALL)
    high = HEIGHT if room is None else heading + room + 0.3 + bottom
    figure = Figure(figsize=(WIDTH * CM, high * CM), dpi=DPI / 2, facecolor="white")
    figure.set_label(title)
    page = Sheet(figure, high, high - heading, bottom + 0.3)
    page.put(under, page.put(head, high - MARGIN, TITLE) - 0.15, SUBTITLE, GREY)
    page.put(credit, bottom, SMALL, GREY)
    return page


def settings() -> AbstractContextManager[None]:
    """Shield a page from the user's own matplotlib settings, and make its bytes depend on the page alone."""
    return matplotlib.rc_context(
        {
            "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # the first comes with matplotlib
            "hatch.linewidth": 0.5,
            "pdf.fonttype": 42,
            "savefig.bbox": None,
            "svg.fonttype": "none",
            "svg.hashsalt": "gp-settlement",
            "text.usetex": False,
        }
    )


def width(text: str, font: FontProperties) -> float:
    """Return how wide a line is, in cm."""
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / POINTS


def height(lines: Sequence[str], font: FontProperties) -> float:
    """Return how high lines are, in cm."""
    return LEADING * len(lines) * font.get_size_in_points() / POINTS


def wrapped(text: str, font: FontProperties, room: float = INNER) -> list[str]:
    """Break a text into lines of at most `room` cm; a word that is wider stands alone."""
    lines = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".lstrip()
            if line and width(longer, font) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def balanced(text: str, font: FontProperties, room: float = INNER) -> list[str]:
    """Break a text into as few lines as `room` (cm) allows, of about equal width: no last word by itself."""
    best = wrapped(text, font, room)
    if len(best) <= 1:
        return best
    for share in np.arange(0.95, 0.4, -0.05):
        lines = wrapped(text, font, share * room)
        if len(lines) > len(best):
            break
        best = lines
    return best


def folded(label: str, room: float) -> str:
    """Break a legend's label over lines such that it and its colour take at most `room` cm."""
    return "\n".join(balanced(label, LABEL, room - (HANDLE + HANDLE_GAP) * LABEL.get_size_in_points() / POINTS))


def columns_that_fit(labels: Sequence[str], room: float = INNER) -> int:
    """Return in how many columns a legend with these labels fits, in cm."""
    beside = (HANDLE + HANDLE_GAP + COLUMN_GAP) * LABEL.get_size_in_points() / POINTS
    widest = max(width(label, LABEL) for label in labels)
    return max(1, min(len(labels), int((room + COLUMN_GAP * LABEL.get_size_in_points() / POINTS) / (widest + beside))))


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as .png (300 dpi), .svg (text as text, a tooltip per region) or .pdf (fonts embedded).

    The file appears whole or not at all, and the same figure gives the same bytes. Folders are made as needed.

    Raises:
        ValueError: another suffix.
    """
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in _FORMATS:
        allowed = ", ".join(f".{name}" for name in _FORMATS)
        raise ValueError(f"{path}: found the suffix {path.suffix!r}; allowed are {allowed}")
    content = rendered(figure, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".new-{os.getpid()}-{path.name}")  # a run clears away those of processes that were killed
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def rendered(figure: Figure, kind: str, dpi: int = DPI) -> bytes:
    """Return the content of a file of a kind: png, svg or pdf."""
    metadata: dict[str, str | None] = {"Title": " ".join(str(figure.get_label()).split())}
    metadata |= {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    buffer = BytesIO()
    with settings():
        figure.savefig(buffer, format=kind, dpi=dpi, facecolor="white", metadata=metadata)
    if kind != "svg":
        return buffer.getvalue()
    return _with_tooltips(_lean(buffer.getvalue().decode("utf-8")), figure).encode("utf-8")


def _lean(svg: str) -> str:
    """Write paths short, a third of their length: lines from point to point, in tenths of a point.

    That is less than half a dot in print. Marks, which are curved and small, have hundredths.
    """
    return re.sub(r' d="([^"]*)"', lambda found: f' d="{_short(found[1])}"', svg)


def _short(path: str) -> str:
    """Return a path as matplotlib writes it, a command a line, in fewer words."""
    digits = 2 if re.search("[CQ]", path) else 1
    words: list[str] = []
    pen, before = [0.0, 0.0], ""
    for command, *numbers in map(str.split, path.splitlines()):
        at = [round(float(number), digits) for number in numbers]
        told = at
        if command == "L":
            told = [round(to - start, digits) for to, start in zip(at, pen, strict=True)]
        if not command == before == "L":  # the next point of a line goes without saying
            words.append("l" if command == "L" else command)
        words += [f"{number:g}" for number in told]
        pen, before = at[-2:] or pen, command
    return " ".join(words)


def _with_tooltips(svg: str, figure: Figure) -> str:
    """Give each region's group the `<title>` that browsers show and screen readers read."""
    for patch in figure.findobj(PathPatch):
        if gid := patch.get_gid():
            group = f'<g id="{gid}">'
            svg = svg.replace(group, f"{group}<title>{escape(str(patch.get_label()))}</title>")
    return svg
