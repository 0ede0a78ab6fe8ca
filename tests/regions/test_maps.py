"""Maps: classes, words, colours, and the files that are written."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from regions import drawing, geography, maps, paper

LONG = "Verwacht tekort aan huisartsen in de arbeidsmarktregio's van zorg en welzijn bij gelijke instroom"


@pytest.fixture(scope="module")
def frame() -> Any:
    return geography.boundaries()


@pytest.fixture(scope="module")
def rates(frame: Any) -> dict[str, float]:
    return dict(zip(frame["code"], np.linspace(0.0, 0.27, len(frame)).tolist(), strict=True))


def draw(values: Mapping[str, float] | pd.Series, frame: Any, **changes: Any) -> Figure:
    texts = maps.Texts(
        title="Vacaturegraad per regio",
        subtitle="Basisscenario, 2043",
        unit="%",
        legend_title="Vacaturegraad",
        source="eigen berekening",
    )
    classes, changes = changed(maps.CLASSES["vacancy_rate"]._asdict(), changes)
    words, changes = changed(asdict(texts), changes)
    return maps.choropleth(values, frame, maps.Classing(**classes), maps.Texts(**words), **changes)


def changed(fields: dict[str, Any], changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return fields with the changes that are about them, and the changes that are about others."""
    return fields | {k: v for k, v in changes.items() if k in fields}, {
        k: v for k, v in changes.items() if k not in fields
    }


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def regions_of(figure: Figure) -> dict[str, PathPatch]:
    return {str(patch.get_gid()): patch for patch in figure.findobj(PathPatch) if patch.get_gid()}


def lightness(colour: tuple[float, ...]) -> float:
    """Return L* of an sRGB colour: what is left of it in grey print."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
    return 116 * float(np.cbrt(luminance)) - 16


def test_class_bounds_are_words_in_dutch_and_english() -> None:
    assert maps.class_labels((2.0, 6.3, 10.0), "nl", suffix="%") == (
        "minder dan 2,0%",
        "2,0 tot 6,3%",
        "6,3 tot 10,0%",
        "10,0% of meer",
    )
    assert maps.class_labels((-50.0, 0.0), "en") == ("under −50", "−50 to 0", "0 or more")
    assert maps.class_labels((1200.0,), "nl", decimals=1) == ("minder dan 1.200,0", "1.200,0 of meer")


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (-0.04, 1, "0,0", "0.0"),
        (-1234567.0, 0, "−1.234.567", "−1,234,567"),
    ],
)
def test_numbers(value: float, decimals: int, dutch: str, english: str) -> None:
    assert maps.number(value, decimals, "nl") == dutch
    assert maps.number(value, decimals, "en") == english


def test_bounds_that_print_alike_are_refused() -> None:
    with pytest.raises(ValueError, match="decimals: found 0; allowed are enough to tell the bounds"):
        maps.class_labels((1.1, 1.4), decimals=0)


def test_a_class_contains_its_lower_bound(frame: Any) -> None:
    codes = list(frame["code"])
    figure = draw({codes[0]: 0.03, codes[1]: 0.0299, codes[2]: 0.5}, frame)
    colours = maps.palette_colours(maps.BREAKS["vacancy_rate"])
    drawn = [regions_of(figure)[code].get_facecolor() for code in codes[:3]]
    assert drawn == [pytest.approx(colours[1]), pytest.approx(colours[0]), pytest.approx(colours[-1])]


def test_every_fixed_class_system_is_sound() -> None:
    for name, classes in maps.CLASSES.items():
        assert (np.diff(classes.breaks) > 0).all(), name
        assert len(maps.palette_colours(classes.breaks, classes.palette)) == len(classes.breaks) + 1
        assert maps.classing(name, []) is classes
        assert maps.BREAKS[name] == classes.breaks


def test_other_indicators_get_even_classes() -> None:
    assert maps.classing("inhabitants", [210e3, 1.39e6]).breaks == (4e5, 6e5, 8e5, 1e6, 1.2e6)
    shortage = maps.classing("shortage_fte", [-20.0, 130.0])
    assert shortage.diverging
    assert shortage.breaks == (-100.0, -50.0, 0.0, 50.0, 100.0)


@given(
    values=st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=30),
    n=st.integers(3, 9),
    symmetric=st.booleans(),
)
def test_even_breaks_ascend_and_are_few(values: list[float], n: int, symmetric: bool) -> None:
    breaks = maps.even_breaks([*values, np.nan], n, symmetric=symmetric)
    assert 1 <= len(breaks) < n
    maps.class_labels(breaks)
    assert (np.diff(breaks) > 0).all()
    if symmetric:
        assert breaks == pytest.approx([-bound for bound in reversed(breaks)])


def test_even_breaks_of_values_that_hardly_differ() -> None:
    assert maps.even_breaks([4.0, 4.0 + 1e-12]) == (3.8, 4.0, 4.2)
    assert maps.even_breaks([0.0]) == (-0.05, 0.0, 0.05)


def test_even_breaks_of_nothing() -> None:
    with pytest.raises(ValueError, match="found no finite value"):
        maps.even_breaks([np.nan])
    with pytest.raises(ValueError, match="found 2; allowed are 3 and more"):
        maps.even_breaks([1.0], n=2)


@pytest.mark.parametrize("palette", [maps.HIGH_IS_TIGHT, maps.LOW_IS_TIGHT, maps.NEUTRAL, maps.SPREAD])
def test_sequential_colours_stay_apart_in_grey(palette: str) -> None:
    for classes in range(2, 8):
        steps = np.diff([lightness(colour) for colour in maps.palette_colours(range(1, classes), palette)])
        assert (steps > 4).all() or (steps < -4).all(), classes


@pytest.mark.parametrize("palette", [maps.ABOVE_IS_ORANGE, maps.BELOW_IS_ORANGE])
def test_diverging_colours_darken_from_the_centre(palette: str) -> None:
    for breaks in [(0,), (-1, 1), (-2, -1, 0, 1, 2), (-3, -2, -1, 1, 2, 3), (-1, 0, 1, 2)]:
        light = [lightness(colour) for colour in maps.palette_colours(breaks, palette, diverging=True)]
        top = int(np.argmax(light))
        assert (np.diff(light[: top + 1]) > 4).all(), breaks
        assert (np.diff(light[top:]) < -4).all(), breaks
        assert np.abs(np.subtract.outer(light, light))[~np.eye(len(light), dtype=bool)].min() > 1, breaks


def test_diverging_colours_have_equal_strength_at_equal_steps() -> None:
    one_sided = maps.palette_colours((0, 1, 2), diverging=True)
    two_sided = maps.palette_colours((-2, -1, 0, 1, 2), diverging=True)
    assert one_sided == two_sided[2:]


def test_missing_regions_are_hatched_and_named(frame: Any, rates: dict[str, float]) -> None:
    absent, infinite, *known = rates
    figure = draw({code: rates[code] for code in known} | {infinite: np.inf}, frame)
    assert legend(figure)[-1] == "geen gegevens"
    hatched = {code for code, patch in regions_of(figure).items() if patch.get_hatch()}
    assert hatched == {absent, infinite}
    assert legend(draw({}, frame, lang="en"))[-1] == "no data"


def test_no_entry_for_missing_regions_if_there_are_none(frame: Any, rates: dict[str, float]) -> None:
    assert legend(draw(rates, frame)) == list(
        maps.class_labels([100 * bound for bound in maps.BREAKS["vacancy_rate"]], suffix="%")
    )


def test_hatching_over_colours_has_an_entry_and_a_tooltip(frame: Any, rates: dict[str, float]) -> None:
    light, *_, dark = rates
    absent = list(rates)[5]
    figure = draw(rates | {absent: np.nan}, frame, hatched=[light, dark, absent], hatching="niet zeker")
    drawn, plain = regions_of(figure), regions_of(draw(rates, frame))
    assert {code for code, patch in drawn.items() if patch.get_hatch()} == {light, dark, absent}
    assert legend(figure)[-2:] == ["geen gegevens", "niet zeker"]
    assert drawn[light].get_hatch() == drawn[dark].get_hatch() != drawn[absent].get_hatch()
    for code in (light, dark):
        assert drawn[code].get_facecolor() == plain[code].get_facecolor()
        assert str(drawn[code].get_label()).endswith("%; niet zeker")
        assert abs(lightness(drawn[code].get_edgecolor()) - lightness(drawn[code].get_facecolor())) > 40
    assert str(drawn[absent].get_label()).endswith("geen gegevens")


@pytest.mark.parametrize("palette", [maps.HIGH_IS_TIGHT, maps.NEUTRAL, maps.ABOVE_IS_ORANGE, maps.BELOW_IS_ORANGE])
def test_hatching_is_seen_on_every_class(frame: Any, palette: str) -> None:
    codes = list(frame["code"])[:7]
    values = dict(zip(codes, range(7), strict=True))
    changes = {"palette": palette, "diverging": palette in (maps.ABOVE_IS_ORANGE, maps.BELOW_IS_ORANGE), "centre": 3}
    figure = draw(values, frame, breaks=range(1, 7), hatched=codes, hatching="x", **changes)
    for code in codes:
        patch = regions_of(figure)[code]
        assert abs(lightness(patch.get_edgecolor()) - lightness(patch.get_facecolor())) > 30, code


CLASSES = {
    "more": maps.Category("meer", maps.ORANGE),
    "like": maps.Category(LONG, maps.PALE, hatched=True),
    "less": maps.Category("minder", maps.PURPLE),
    "own": maps.Category("Drenthe", maps.CREAM, outlined=True),
}


def draw_categories(kinds: Mapping[str, str], frame: Any, **changes: Any) -> Figure:
    texts, changes = changed(asdict(maps.Texts("Titel", LONG, "eigen")), changes)
    return maps.categories(kinds, frame, CLASSES, maps.Texts(**texts), **changes)


def test_categories_have_a_colour_an_entry_and_a_tooltip(frame: Any) -> None:
    more, own, like, less, absent = list(frame["code"])[:5]
    figure = draw_categories({more: "more", like: "like", less: "less", own: "own"}, frame, lang="en")
    drawn = regions_of(figure)
    colours = [to_hex(drawn[code].get_facecolor()) for code in (more, own, like, less)]
    assert colours == [maps.ORANGE, maps.CREAM, maps.PALE, maps.PURPLE]
    assert drawn[like].get_hatch() != drawn[absent].get_hatch()
    assert not drawn[more].get_hatch()
    assert str(drawn[less].get_label()).endswith(": minder")
    assert [words.replace("\n", " ") for words in legend(figure)] == ["meer", LONG, "minder", "Drenthe", "no data"]
    bold = [patch for patch in figure.findobj(PathPatch) if patch.get_linewidth() > 1]
    assert [patch.get_path().vertices.tolist() for patch in bold] == [drawn[own].get_path().vertices.tolist()]


def test_categories_stay_apart_in_grey() -> None:
    light = sorted(lightness(to_rgb(one)) for one in (maps.ORANGE, maps.PURPLE, maps.PALE, maps.CREAM))
    assert min(np.diff(light)) > 10


def test_categories_are_checked(frame: Any) -> None:
    code = frame["code"][0]
    with pytest.raises(ValueError, match="kinds: found region NL; allowed are RA0101,"):
        draw_categories({"NL": "more"}, frame)
    with pytest.raises(ValueError, match="kinds: found most; allowed are more, like, less, own"):
        draw_categories({code: "most"}, frame)
    with pytest.raises(ValueError, match="lang: found 'de'"):
        draw_categories({}, frame, lang="de")


def test_a_series_gives_the_same_map_as_a_mapping(frame: Any, rates: dict[str, float]) -> None:
    series = draw(pd.Series(rates)[::-1], frame)
    for code, patch in regions_of(draw(rates, frame)).items():
        assert patch.get_facecolor() == regions_of(series)[code].get_facecolor()


def test_map_is_drawn_in_rd_metres_whatever_comes_in(frame: Any, rates: dict[str, float]) -> None:
    west, south, east, north = draw(rates, frame.to_crs(4326)).axes[0].dataLim.extents
    assert (west, south, east, north) == pytest.approx(tuple(frame.total_bounds), abs=1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"breaks": ()}, "one or more finite bounds that ascend"),
        ({"breaks": (1, 1)}, "one or more finite bounds that ascend"),
        ({"breaks": (1, np.nan)}, "one or more finite bounds that ascend"),
        ({"lang": "de"}, "lang: found 'de'; allowed are nl, en"),
        ({"hatched": ["RA9"]}, "hatched: found region RA9; allowed are RA0101,"),
    ],
)
def test_arguments_are_checked(frame: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw({}, frame, **changes)


def test_values_are_checked(frame: Any) -> None:
    with pytest.raises(ValueError, match="found region NL, RA9; allowed are RA0101,"):
        draw({"NL": 1.0, "RA9": 2.0}, frame)
    with pytest.raises(ValueError, match="found RA0101 more than once"):
        draw(pd.Series([0.1, 0.2], index=["RA0101", "RA0101"]), frame)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("heading", [{"title": "Kort", "subtitle": ""}, {"title": LONG, "subtitle": f"{LONG}; {LONG}"}])
def test_nothing_overlaps_with_long_texts(
    frame: Any, rates: dict[str, float], lang: Any, heading: dict[str, str]
) -> None:
    figure = draw(
        rates | {"RA0101": np.nan},
        frame,
        lang=lang,
        source=LONG,
        legend_title=LONG,
        unit="fte, vraag min aanbod (negatief is een overschot)",
        decimals=4,
        **heading,
    )
    check_nothing_overlaps(figure, frame)


@pytest.mark.parametrize("heading", [{"title": "Kort", "subtitle": ""}, {"title": LONG, "subtitle": f"{LONG}; {LONG}"}])
def test_nothing_overlaps_with_long_words_for_hatching(
    frame: Any, rates: dict[str, float], heading: dict[str, str]
) -> None:
    known = rates | {"RA0101": np.nan}
    check_nothing_overlaps(draw(known, frame, hatched=["RA0102"], hatching=LONG, **heading), frame)


def test_nothing_overlaps_with_long_categories(frame: Any) -> None:
    check_nothing_overlaps(draw_categories(dict.fromkeys(frame["code"][:27], "like"), frame, title=LONG), frame)


def check_nothing_overlaps(figure: Figure, frame: Any) -> None:
    figure.canvas.draw()
    axes = figure.axes[0]
    nation = shapely.union_all(frame.geometry.to_numpy())
    boxes = [text.get_window_extent() for text in figure.texts]
    boxes.append(figure.legends[0].get_window_extent())
    page = figure.bbox
    for box in boxes:
        assert page.x0 < box.x0 < box.x1 < page.x1
        assert page.y0 < box.y0 < box.y1 < page.y1
        assert not nation.intersects(shapely.box(*axes.transData.inverted().transform_bbox(box).extents))
    # Text boxes hold room for ascenders and descenders, so those of two lines may touch by a hair.
    overlaps = [(a.y1 - b.y0, b.y1 - a.y0) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert max(min(pair) for pair in overlaps) < 0.02 / 2.54 * figure.dpi


def test_svg_holds_its_text_and_a_tooltip_per_region(frame: Any, rates: dict[str, float], tmp_path: Path) -> None:
    path = tmp_path / "map.svg"
    maps.save(draw(rates | {"RA0102": np.nan}, frame, title="Tekort < 5% & meer"), path)
    svg = path.read_text(encoding="utf-8")
    for text in ("Tekort &lt; 5% &amp; meer", "Bron: eigen berekening", "Grenzen: CBS/Kadaster, CC BY 4.0"):
        assert f">{text}</text>" in svg
    assert '<g id="RA1428"><title>Zuid-Limburg: 27,0%</title>' in svg
    assert '<g id="RA0102"><title>Drenthe: geen gegevens</title>' in svg
    assert '<g id="RA0206"><title>Stedendriehoek &amp; Noord-Veluwe:' in svg


def test_paths_are_written_short() -> None:
    long = "M 1.234567 2 \nL 3.141593 4.5 \nL -1 0.04 \nz \nM 9 9 \nL 9.06 9"
    svg = f'<svg><path d="{long}" x="1.234567"/><path d="M 0 1.125 \nC 0 0.5 0.25 0.125 1 0.3333 \nL 2 2"/></svg>'
    assert paper._lean(svg) == (
        '<svg><path d="M 1.2 2 l 1.9 2.5 -4.1 -4.5 z M 9 9 l 0.1 0" x="1.234567"/>'
        '<path d="M 0 1.12 C 0 0.5 0.25 0.12 1 0.33 l 1 1.67"/></svg>'
    )


def test_coarser_regions_still_share_their_borders(frame: Any) -> None:
    ground = drawing.Ground.of(frame, None, False)
    coarse = ground.coarser(1700.0)  # as on a map of 4.6 cm
    assert shapely.get_num_coordinates(coarse.shapes).sum() < 0.7 * shapely.get_num_coordinates(ground.shapes).sum()
    assert shapely.coverage_is_valid(coarse.shapes)
    np.testing.assert_allclose(shapely.area(coarse.shapes), shapely.area(ground.shapes), rtol=0.05)


SCRIPT = """
import sys
from regions import geography, maps
frame = geography.boundaries()
values = dict(zip(frame["code"], range(27)))
figure = maps.choropleth(values, frame, maps.Classing((5, 10)), maps.Texts("T", "L", "S", unit="fte"))
for suffix in ("png", "svg", "pdf"):
    maps.save(figure, f"{sys.argv[1]}/map.{suffix}")
assert "matplotlib.pyplot" not in sys.modules
"""


def test_same_map_gives_the_same_bytes_in_another_process(frame: Any, tmp_path: Path) -> None:
    """Also without a screen, with another hash seed and back end, and with the user's own style."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "matplotlibrc").write_text("font.size: 20\nsavefig.bbox: tight\nsvg.fonttype: path\n", encoding="utf-8")
    surroundings = {"PYTHONHASHSEED": "1", "MATPLOTLIBRC": str(other), "MPLBACKEND": "svg"}
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"} | surroundings
    subprocess.run([sys.executable, "-c", SCRIPT, str(other)], check=True, env=environment)

    values = dict(zip(frame["code"][:27], range(27), strict=True))
    figure = maps.choropleth(values, frame, maps.Classing((5, 10)), maps.Texts("T", "L", "S", unit="fte"))
    for name in ("map.png", "map.svg", "map.pdf"):
        maps.save(figure, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (other / name).read_bytes(), name


def test_folders_are_made_and_no_other_file_is_left(tmp_path: Path) -> None:
    maps.save(Figure(), tmp_path / "new" / "map.PNG")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["map.PNG"]


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "map.svg"
    target.write_text("old", encoding="utf-8")

    def fill_disk(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fill_disk)
    with pytest.raises(OSError, match="disk full"):
        maps.save(Figure(), target)
    assert [path.name for path in tmp_path.iterdir()] == ["map.svg"]
    assert target.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["map", "map.jpg"])
def test_unknown_suffix(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"allowed are \.png, \.svg, \.pdf"):
        maps.save(Figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())
