"""Maps against pictures that somebody has looked at, in both languages; and what is in the files.

`python -m tests.regions.test_map_images` draws the pictures anew; look at them before they are committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from PIL import Image

from regions import geography, maps, paper
from regions.tables import SHIPPED, read

STORED = Path(__file__).parent / "images"
DPI = 50
TOLERANCE = 4.0  # root mean square of 0 to 255; another version of matplotlib may shift letters by a hair
HATCHED = {
    "nl": "niet robuust boven of onder het landelijke cijfer: in minder dan 90% van de runs aan dezelfde kant",
    "en": "not robustly above or below the national figure: on the same side in less than 90% of the runs",
}


def arguments(lang: maps.Language, unit: str = "%") -> dict[str, Any]:
    frame = geography.boundaries(codes=list(read(SHIPPED, "regions")["code"]))
    frame["name"] = read(SHIPPED, "regions")[f"name_{lang}"]
    texts = maps.Texts(
        title={"nl": "Vacaturegraad", "en": "Vacancy rate"}[lang],
        subtitle={"nl": "1 januari 2043. Proef", "en": "1 January 2043. Trial"}[lang],
        unit=unit,
        legend_title={"nl": "aandeel van het aanbod", "en": "share of supply"}[lang],
        source="gp-settlement",
        hatching=HATCHED[lang],
        lang=lang,
    )
    return {"boundaries": frame, "classes": maps.CLASSES["vacancy_rate"], "texts": texts}


def values() -> pd.Series:
    codes = list(read(SHIPPED, "regions")["code"])
    return pd.Series(np.linspace(0.0, 0.27, 28), index=codes).drop("RA0410")  # Flevoland is without data


def one(lang: maps.Language, **look: Any) -> Figure:
    layout = read(SHIPPED, "map_layout")
    return maps.choropleth(values(), hatched=["RA0101", "RA0512"], layout=layout, **arguments(lang), **look)


def series(lang: maps.Language) -> Figure:
    centred = values() - 0.13
    panels = [
        maps.Panel("2030", centred / 4, list(centred.index[10:18])),
        maps.Panel("2035", centred / 2, ["RA0616"]),
        maps.Panel("2043", centred, dots=["RA0101"], rings=["RA0102", "RA0204"]),
    ]
    unit = {"nl": "procentpunten", "en": "percentage points"}[lang]
    classes = maps.difference_classing("vacancy_rate", [])
    return maps.small_multiples(panels, **(arguments(lang, unit) | {"classes": classes}))


PICTURES: dict[str, Callable[[], Figure]] = {
    "plain-nl": lambda: one("nl"),
    "names-nl": lambda: one("nl", labels="names"),
    "names-en": lambda: one("en", labels="names"),
    "numbers-en": lambda: one("en", labels="numbers"),
    "tiles-nl": lambda: one("nl", tiles=True),
    "series-en": lambda: series("en"),
}


@cache
def picture(name: str) -> Figure:
    return PICTURES[name]()


@cache
def svg_of(name: str) -> str:
    return paper.rendered(picture(name), "svg").decode()


@pytest.mark.parametrize("name", PICTURES)
def test_a_map_is_the_picture_that_was_looked_at(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.png"
    file.write_bytes(paper.rendered(picture(name), "png", DPI))
    assert compare_images(str(STORED / f"{name}.png"), str(file), TOLERANCE) is None


def test_another_class_of_one_small_region_is_another_picture(tmp_path: Path) -> None:
    changed = values()
    changed["RA0616"] = 0.0  # Amsterdam
    file = tmp_path / "changed.png"
    layout = read(SHIPPED, "map_layout")
    figure = maps.choropleth(changed, hatched=["RA0101", "RA0512"], layout=layout, **arguments("nl"))
    file.write_bytes(paper.rendered(figure, "png", DPI))
    assert compare_images(str(STORED / "plain-nl.png"), str(file), TOLERANCE / 4) is not None


@pytest.mark.parametrize("name", PICTURES)
def test_text_in_svg_is_text_in_the_language(name: str) -> None:
    svg = svg_of(name)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    dutch = name.endswith("-nl")
    assert ("Vacaturegraad" if dutch else "Vacancy rate") in texts
    assert ("geen gegevens" if dutch else "no data") in texts
    assert ("Bron: gp-settlement" if dutch else "Source: gp-settlement") in texts
    assert ("3,0 tot 6,3%" in texts) == (dutch and "series" not in name)
    numbers = [
        text for text in texts if re.search(r"\d[.,]\d", text) and not text.startswith(("Boundaries", "Grenzen"))
    ]
    assert numbers
    assert not any(re.search(r"\d\.\d" if dutch else r"\d,\d", text) for text in numbers)
    assert svg.count("<title>") >= 28
    assert "Flevoland: " + ("geen gegevens" if dutch else "no data") in svg


def test_labels_are_in_the_svg() -> None:
    def texts(name: str) -> list[str]:
        return re.findall(r"<text[^>]*>([^<]*)</text>", svg_of(name))

    assert {"Friesland", "Zeeland", "Drenthe"} <= set(texts("names-nl"))
    assert any("Gooi en Vechtstreek" in text for text in texts("names-nl"))  # its short name is explained
    assert {str(i) for i in range(1, 29)} <= set(texts("numbers-en"))
    assert {"North Holland North", "Central Brabant"} <= set(texts("numbers-en"))
    assert set(read(SHIPPED, "map_layout")["abbreviation"]) <= set(texts("tiles-nl"))
    assert {"2030", "2035", "2043", "percentage points", "+1.0 to +3.0"} <= set(texts("series-en"))


def test_png_has_300_dots_per_inch() -> None:
    image = Image.open(BytesIO(paper.rendered(one("nl"), "png")))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert image.width == pytest.approx(16 / 2.54 * 300, abs=1)


@pytest.mark.parametrize("name", ["names-nl", "series-en"])
def test_fonts_in_pdf_are_embedded_as_type_42(name: str) -> None:
    pdf = paper.rendered(picture(name), "pdf")
    assert b"/FontFile2" in pdf
    assert b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf


def test_regions_of_another_grouping_with_long_names(tmp_path: Path) -> None:
    from regions import regroup

    example = Path(__file__).parents[2] / "docs" / "examples" / "provinces.csv"
    mapping = pd.read_csv(example, dtype=str)
    long = "Provinciaal samenwerkingsverband huisartsenzorg "
    regroup.regroup(mapping.assign(name=long + mapping["name"], name_nl=long + mapping["name"]), tmp_path / "new")
    frame = geography.boundaries(tmp_path / "new" / "boundaries.geojson")
    layout = read(tmp_path / "new", "map_layout")
    assert not layout.duplicated(["tile_column", "tile_row"]).any()
    known = dict(zip(frame["code"], np.linspace(0, 0.27, len(frame)).tolist(), strict=True))
    for look in ({"labels": "names"}, {"labels": "numbers"}, {"tiles": True}):
        figure = maps.choropleth(known, layout=layout, **(arguments("nl") | {"boundaries": frame}), **look)
        figure.canvas.draw()
        boxes = [text.get_window_extent() for text in figure.texts]
        page = figure.bbox
        for i, box in enumerate(boxes):
            assert page.x0 < box.x0 < box.x1 < page.x1
            assert page.y0 < box.y0 < box.y1 < page.y1
            for other in boxes[:i]:
                overlap = min(box.x1 - other.x0, other.x1 - box.x0, box.y1 - other.y0, other.y1 - box.y0)
                assert overlap < 0.1 / 2.54 * figure.dpi  # room for ascenders and descenders may touch
        said = " ".join(text.get_text() for text in figure.texts)
        assert "Zuid-Holland" in said


def test_nothing_of_a_page_touches() -> None:
    for name in PICTURES:
        figure = picture(name)
        figure.canvas.draw()
        page = figure.bbox
        legends = [legend.get_window_extent() for legend in figure.legends]
        for legend in legends:
            assert page.x0 < legend.x0 < legend.x1 < page.x1, name
            for text in figure.texts:
                box = text.get_window_extent()
                overlap = min(box.x1 - legend.x0, legend.x1 - box.x0, box.y1 - legend.y0, legend.y1 - box.y0)
                assert overlap < 0.05 / 2.54 * figure.dpi, (name, text.get_text())


def test_too_many_regions_or_maps_are_refused() -> None:
    frame = geography.boundaries()
    many = pd.concat([frame.assign(code=frame["code"] + letter) for letter in "ab"], ignore_index=True)
    with pytest.raises(ValueError, match="labels: found 56 regions; allowed are at most 40"):
        maps.choropleth({}, labels="names", **(arguments("nl") | {"boundaries": many}))
    with pytest.raises(ValueError, match="panels: found 21 maps; allowed are 1 to 20"):
        maps.small_multiples([maps.Panel("x", {})] * 21, **arguments("nl"))
    with pytest.raises(ValueError, match="labels: found 'names' on tiles"):
        one("nl", labels="names", tiles=True)
    with pytest.raises(ValueError, match="labels: found 'all'; allowed are none, names, numbers"):
        one("nl", labels="all")
    with pytest.raises(ValueError, match="layout: found no row for region RA0101"):
        maps.choropleth({}, layout=read(SHIPPED, "map_layout").iloc[1:], **arguments("nl"))


if __name__ == "__main__":
    STORED.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        image = Image.open(BytesIO(paper.rendered(draw(), "png", DPI))).convert("RGB")
        image.save(STORED / f"{name}.png", optimize=True)
