"""The figures of the validation report: those of the Nivel factsheet, and what was published against what was run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from experiments import derive, plots
from experiments.plots import GREEN, LIGHT, ORANGE, PURPLE
from experiments.spread import INTERVAL
from experiments.targets import AGREES, FAILS, UNDECIDED
from experiments.validation import FAR, NEAR, Tables
from experiments.validation_runs import Found
from regions import geography, maps, paper
from regions.palettes import GREY, INK
from regions.paper import MARGIN, WIDTH
from regions.tables import Regions

LOOK: dict[str, tuple[str, str]] = {AGREES: ("o", GREEN), UNDECIDED: ("D", "#8c8c8c"), FAILS: ("s", ORANGE)}
"""Marker and colour of each verdict."""
ROW, NAMES = 0.36, 7.6  # cm: height of a row, and how far its name reaches
HALF_RANK = 0.15  # half the width of what is a single rank
EDGE_SD = 9.0  # standard deviations at the edge of the figure; what is beyond is drawn there


def figures(found: Found, tables: Tables) -> dict[str, Figure]:
    """Return the figures by name of the file."""
    with plots.settings():
        return {
            "institutes": institutes(found),
            "alumni-fte": alumni_against_fte(found),
            "alumni-ratio": alumni_ratio(found),
            "popularity-outflow": popularity_against_outflow(found),
            "tested-figures": tested_figures(tables.tested),
            "tested-ranks": tested_ranks(tables.tested, len(found.data)),
        }


# Pieces -------------------------------------------------------------------------------------------------------------


def _percent(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{100 * value:g}%")


def _source(found: Found) -> str:
    return (
        f"Source: gp-settlement, mean of {len(found.drawn)} runs of the ensemble; on figures of Capaciteitsorgaan, "
        "CBS, Vektis and Nivel; partly assumed."
    )


def _names(data: Regions) -> list[str]:
    return [plots.short(member.name) for member in data.members]


# The figures of the factsheet ---------------------------------------------------------------------------------------


def institutes(found: Found) -> Figure:
    """Return a small map for each institute: where its graduates start."""
    data = found.data
    frame = geography.boundaries(codes=list(data.codes))
    panels = []
    for name in dict.fromkeys(site.institute for site in data.sites):
        at = [data.codes[site.region] for site in data.sites if site.institute == name]
        shares = {code: found.of("ensemble", f"graduates_go[{code}|{name}]").mean() for code in data.codes}
        panels.append(maps.Panel(name, shares, dots=at[:1], rings=[code for code in at if code != at[0]]))
    texts = maps.Texts(
        "Graduates by region, for each institute",
        "Share of the graduates",
        _source(found).removeprefix("Source: "),
        subtitle=f"Of those who finish training at an institute in {data.base_year}-{data.base_year + 4}, where they "
        "start to work, % by region. Dots: region of the institute; rings: of its annexes.",
        unit="%",
        lang="en",
    )
    return maps.small_multiples(panels, frame, maps.GRADUATES, texts)


def alumni_against_fte(found: Found) -> Figure:
    """Return recent graduates against fte by region, in shares of the nation."""
    fte = found.by_region("ensemble", "fte_share")
    graduates = fte * found.by_region("ensemble", "alumni_ratio")
    x, y = fte.mean(), graduates.mean()
    year = found.data.base_year + 5
    subtitle = (
        f"Shares of the nation, 1 January {year}: those who finished training in the last five years, and fte of all "
        "GPs; scales by equal factors. Above the line: more of the graduates than of the fte. Bars: 90% of the runs."
    )
    page = paper.sheet("Recent graduates against fte", subtitle, _source(found), 14.2)
    axes = plots.axes(page, (2.0, page.bottom + 1.2, WIDTH - MARGIN, page.top))
    low, high = graduates.quantile(list(INTERVAL)).to_numpy()
    axes.set(
        xscale="log", yscale="log", xlim=(0.85 * x.min(), 1.25 * x.max()), ylim=(0.85 * low.min(), 1.1 * high.max())
    )
    ends = [0.5 * x.min(), 2 * x.max()]
    axes.plot(ends, ends, color=GREY, linewidth=0.8)
    axes.vlines(x, low, high, color=LIGHT, linewidth=1.0, zorder=0)
    published = ((derive.ABOVE, "^", "above 1"), (derive.ABOUT, "D", "about 1"), (derive.BELOW, "v", "below 1"))
    known = {code: marker for codes, marker, _ in published for code in codes}
    for code in found.data.codes:
        colour = PURPLE if y[code] > x[code] else ORANGE
        axes.plot(x[code], y[code], known.get(code, "o"), markersize=5, color=colour)
    handles = [Line2D([], [], linestyle="", marker=m, color=GREY, markersize=5, label=t) for _, m, t in published]
    handles.append(Line2D([], [], linestyle="", marker="o", color=GREY, markersize=5, label="not published"))
    axes.legend(handles=handles, title="Published class of graduates over fte", frameon=False, loc="upper left",
                prop={"size": 8}, title_fontproperties={"size": 8}, alignment="left")  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.10]))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel("Share of fte", color=GREY, fontsize=9)
    axes.set_ylabel("Share of recent graduates", color=GREY, fontsize=9)
    axes.grid(color=LIGHT, linewidth=0.5)
    _percent(axes)
    plots.label_points(axes, list(zip(x, y, strict=True)), _names(found.data))
    return page.figure


def alumni_ratio(found: Found) -> Figure:
    """Return a map of the share of recent graduates over the share of fte."""
    values = found.by_region("ensemble", "alumni_ratio").mean()
    year = found.data.base_year + 5
    texts = maps.Texts(
        "Recent graduates over fte",
        "Share of graduates over share of fte",
        _source(found).removeprefix("Source: "),
        subtitle=f"1 January {year}. Share of the graduates of the last five years over share of fte",
        unit="ratio",
        lang="en",
    )
    frame = geography.boundaries(codes=list(found.data.codes))
    return maps.choropleth(values, frame, maps.CLASSES["alumni_ratio"], texts)


def popularity_against_outflow(found: Found) -> Figure:
    """Return which regions graduates choose against how many GPs are expected to stop."""
    base = found.data.base_year
    popular = found.by_region("ensemble", "popularity")
    y = popular.div(popular.sum(axis=1), axis=0).mean()
    x = found.by_region("ensemble", f"outflow_5y:{base}").mean()
    subtitle = (
        f"Graduates of {base}-{base + 4} by region where they start, and GPs at work in {base} who are expected to "
        "stop within five years. Lines: an equal share, and the middle region."
    )
    page = paper.sheet("Popularity against expected outflow", subtitle, _source(found), 14.2)
    axes = plots.axes(page, (2.0, page.bottom + 1.2, WIDTH - MARGIN, page.top))
    corners = (
        "favourable: popular, few stop", "popular, many stop", "not popular, few stop",
        "unfavourable: not popular, many stop",
    )  # fmt: skip
    plots.quadrants(axes, x.to_numpy(), y.to_numpy(), _names(found.data), corners, "en")
    axes.set_xlabel("Expected to stop within five years, of the GPs at work", color=GREY, fontsize=9)
    axes.set_ylabel("Share of graduates who start here", color=GREY, fontsize=9)
    return page.figure


# Published against simulated ----------------------------------------------------------------------------------------


def tested_figures(tested: pd.DataFrame) -> Figure:
    """Return how far each tested row that is no rank lies from what is published, in its tolerance."""
    rows = tested[tested["unit"] != "rank"]
    subtitle = (
        "Distance from the target or the range, in standard deviations of the tolerance (0: on the target or in the "
        f"range). Bars: 90% of the runs. Bands: {NEAR:g} and {FAR:g} sd. Arrows and open marks: further away."
    )
    found = rows.assign(**{name: _away(rows, rows[name]) for name in ("mean", "from", "to")})
    return _dots(found, "Published against simulated: figures", subtitle, (-EDGE_SD, EDGE_SD), "Tolerance, sd")


def tested_ranks(tested: pd.DataFrame, regions: int) -> Figure:
    """Return the ranks that were tested, with the range that is published."""
    rows = tested[tested["unit"] == "rank"]
    subtitle = (
        f"Rank among {regions} regions (or 8 institutes). Green: what is published; light: {FAR:g} sd beyond it. "
    )
    subtitle += "Bars: 90% of the runs."
    return _dots(rows, "Published against simulated: ranks", subtitle, (0.0, regions + 1.0), "Rank")


def _away(rows: pd.DataFrame, values: pd.Series[float]) -> pd.Series[float]:
    least, most = _allowed(rows)
    return (values - values.clip(least, most)) / rows["sd"]


def _allowed(rows: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the ends of what is published: of a range, which may be open, or the target."""
    ranged = rows[["low", "high"]].notna().any(axis=1)
    return (
        rows["low"].fillna(-np.inf).where(ranged, rows["target"]),
        rows["high"].fillna(np.inf).where(ranged, rows["target"]),
    )


def _dots(rows: pd.DataFrame, title: str, subtitle: str, edges: tuple[float, float], label: str) -> Figure:
    """Return a row for each test, under a heading for each measure: dot, interval, and what is published."""
    headed: list[tuple[str, int | None]] = []
    for heading in dict.fromkeys(rows["label"]):
        headed.append((heading, None))
        headed += [(_row_name(rows.iloc[i]), i) for i in np.flatnonzero(rows["label"] == heading).tolist()]
    room = ROW * len(headed) + 1.7
    page = paper.sheet(title, subtitle, "Source: gp-settlement; evidence in brackets.", room)
    axes = plots.axes(page, (NAMES, page.bottom + 1.1, WIDTH - MARGIN, page.top - 0.6))
    ranks = edges[0] == 0.0
    least, most = (values.to_numpy() for values in _allowed(rows))
    for y, (text, i) in enumerate(headed):
        _name(axes, y, text, heading=i is None)
        if i is None:
            continue
        row = rows.iloc[i]
        if ranks:
            _bands(axes, y, (max(least[i], 1), min(most[i], edges[1] - 1)), (FAR * row["sd"], 0.0), HALF_RANK)
        else:
            _bands(axes, y, (0.0, 0.0), (FAR, NEAR), 0.0)
        _marks(axes, y, row, edges)
    axes.set(xlim=edges, ylim=(len(headed) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    if ranks:
        axes.set_xticks([1, *range(5, int(edges[1]), 5)])
    else:
        axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.set_xlabel(label, color=GREY, fontsize=9)
    axes.grid(axis="x", color=LIGHT, linewidth=0.5)
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, linewidth=1.4, label=said)
        for said, (marker, colour) in LOOK.items()
    ]
    corner = (NAMES / WIDTH, page.top / page.height)
    page.figure.legend(handles=handles, loc="upper left", bbox_to_anchor=corner, ncols=3, frameon=False,
                       prop={"size": 8.5}, borderpad=0, borderaxespad=0)  # fmt: skip
    return page.figure


def _name(axes: Axes, y: int, text: str, *, heading: bool) -> None:
    """Write the name of a row left of the axes; a heading has a line below it."""
    left, beside = -(NAMES - MARGIN) / (WIDTH - MARGIN - NAMES), axes.get_yaxis_transform()
    look: dict[str, Any] = {"style": "italic", "color": GREY} if heading else {"style": "normal", "color": INK}
    axes.text(left, y, text, transform=beside, fontsize=7.5, va="center", parse_math=False, **look)
    if heading:
        axes.plot([left, 1], [y - 0.5, y - 0.5], transform=beside, color=LIGHT, linewidth=0.6, clip_on=False)


def _bands(axes: Axes, y: int, inner: tuple[float, float], beyond: tuple[float, float], half: float) -> None:
    """Draw what is published, from one end of it to the other, and how far beyond a mean may be."""
    for far, colour in zip(beyond, ("#edf4f0", "#d3e6dc"), strict=True):
        first, last = inner[0] - far - half, inner[1] + far + half
        axes.barh(y, last - first, left=first, height=0.86, color=colour, zorder=0)


def _marks(axes: Axes, y: int, row: pd.Series[Any], edges: tuple[float, float]) -> None:
    """Draw the interval and the mean of the runs; what is beyond the edges of the figure stands at them."""
    marker, colour = LOOK[row["verdict"]]
    ends = np.clip([row["from"], row["to"]], *edges)
    axes.plot(ends, [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
    for end, edge, arrow in ((row["from"], edges[0], "<"), (row["to"], edges[1], ">")):
        if (end < edge) if arrow == "<" else (end > edge):
            axes.plot(edge, y, arrow, color=colour, markersize=4, clip_on=False)
    mean = float(np.clip(row["mean"], *edges))
    face = colour if mean == row["mean"] else "white"
    axes.plot(mean, y, marker, color=colour, markerfacecolor=face, markersize=4.5, zorder=3, clip_on=False)


def _row_name(row: pd.Series[Any]) -> str:
    parts = str(row["place"]).split(", ") if row["place"] else ["the nation"]
    return f"{', '.join(plots.short(part) for part in parts)} ({row['id']})"
