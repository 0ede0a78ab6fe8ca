"""The tables of a data folder: every column with unit, source, year and quality, and what is allowed in it.

One description serves the reader, the checks and `datapackage.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from regions.people import ROLES, SEXES

Kind = Literal["text", "whole", "number"]
PUBLISHED, DERIVED, ASSUMED = "published", "derived", "assumed"
QUALITIES = (PUBLISHED, DERIVED, ASSUMED)
NOT_STATED = "not stated"
HALF_THE_EARTH = 20_000  # km; nothing is farther away
MOST_TILES = 99  # columns and rows of a tile map

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+", re.ASCII)  # of what is counted: thousands, in Dutch

NATION = "NL"  # in results, the code of all regions together
CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*")
NO_CODES = (NATION, "region")  # the table of distances has a column `region` beside one for each code
CODE_ALLOWED = f"is a letter followed by letters and digits, such as PV20, but for {' and '.join(NO_CODES)}"

CBS = "CBS, inhabitants per municipality on 1 January, summed to regions"
CBS_AGE = "Vektis open data 2023, insured years by age and region"
FORECAST = "PBL/CBS Regionale prognose 2022 (provinces); COROP pattern PBL/CBS 2019 and EUROPOP2019"
KADASTER = "CBS/Kadaster, regional boundaries 2019, CC BY 4.0"
MUNICIPAL_COUNT = "CBS, inhabitants per municipality on 1 January"
MUNICIPAL_POINTS = "CBS/Kadaster, municipal boundaries 2022, merged to those of 2025"
PLAN = "Capaciteitsorgaan, parameter values of the plan of 2025"
VEKTIS = "Vektis open data 2023, GP cost without the registration fee"

# What the owners of the figures say of reuse; where they say nothing: cite the owner. A source belongs to the first
# owner named in it.
LICENCES = {"CBS": "CC BY 4.0", "PBL/CBS": "CC BY 4.0", "municipal": "CC BY 4.0", "Vektis": NOT_STATED}


@dataclass(frozen=True)
class Column:
    """One column: `quality` is `by row` where the table has a column that says it per row.

    Numbers lie from `minimum` to `maximum` and are more than `above`; all rows add up to `total`, give or take
    `tolerance`. `allowed` are the only values of a text column, where there are few; a `filled` one is never empty.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    source: str = ""
    year: str = ""
    quality: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    above: float | None = None
    total: float | None = None
    tolerance: float = 1e-3
    filled: bool = False

    @property
    def licence(self) -> str:
        """What the owner of the column's figures says of reuse; empty for a column without figures of others."""
        if not self.source or self.source in ("project", "by row"):
            return ""
        return next((says for owner, says in LICENCES.items() if self.source.startswith(owner)), NOT_STATED)


@dataclass(frozen=True)
class Table:
    """One CSV file of a data folder; `key` columns identify a row.

    A `complete` table has a row for every combination of its keys; a run does without an `optional` one.
    """

    name: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    complete: bool = False
    optional: bool = False

    @property
    def file(self) -> str:
        """File name inside the folder."""
        return f"{self.name}.csv"

    @property
    def region_column(self) -> str | None:
        """The column that holds region codes, if there is one."""
        return next((c.name for c in self.columns if c.name in ("code", "region")), None)


def region_code(text: str) -> str:
    """Return a region code as it is used here, without spaces around it or a year in front (2024RA0101)."""
    return re.sub(r"^\d{4}(?=RA\d)", "", text.strip())


def is_code(text: str) -> bool:
    """Return whether a region can have this code."""
    return CODE.fullmatch(text) is not None and text not in NO_CODES


def _region(name: str = "region") -> Column:
    return Column(
        name,
        "text",
        "code of the region: the CBS code of the AZW labour region, or one of your own",
        source=KADASTER,
        year="2019",
        quality=PUBLISHED,
    )


_QUALITY = Column("quality", "text", "published, derived or assumed, for the figures of the row", allowed=QUALITIES)
_SOURCE = Column("source", "text", "where the figures of the row come from; E numbers are rows of evidence.csv")

TABLES = (
    Table(
        "regions",
        "The regions in their fixed order",
        ("code",),
        (
            _region("code"),
            Column(
                "name",
                "text",
                "name in the AZW research programme",
                source="AZW",
                year="2019",
                quality=PUBLISHED,
                filled=True,
            ),
            Column("name_nl", "text", "Dutch display name", source="project", quality=ASSUMED, filled=True),
            Column("name_en", "text", "English display name", source="project", quality=ASSUMED, filled=True),
            Column(
                "province",
                "text",
                "province with most of the inhabitants",
                source="CBS",
                year="2025",
                quality=DERIVED,
            ),
            Column(
                "neighbours",
                "text",
                "codes of regions with a common border, water included, separated by ;",
                source=KADASTER,
                year="2019",
                quality=DERIVED,
            ),
            Column(
                "x_m",
                "number",
                "population-weighted mean point, RD New (EPSG:28992) east",
                "m",
                CBS,
                "2025",
                DERIVED,
            ),
            Column(
                "y_m",
                "number",
                "population-weighted mean point, RD New (EPSG:28992) north",
                "m",
                CBS,
                "2025",
                DERIVED,
            ),
            Column("lon", "number", "the same point, longitude", "degrees east", CBS, "2025", DERIVED),
            Column("lat", "number", "the same point, latitude", "degrees north", CBS, "2025", DERIVED),
            Column("area_km2", "number", "land area", "km2", KADASTER, "2019", DERIVED, 0),
        ),
    ),
    Table(
        "inhabitants",
        "Inhabitants by age band in the base year",
        ("region", "age_from"),
        (
            _region(),
            Column(
                "age_from",
                "whole",
                "first age of the band; it ends where the next begins, the last is open",
                "years",
                CBS_AGE,
                "2023",
                DERIVED,
                0,
            ),
            Column(
                "persons",
                "number",
                "inhabitants on 1 January: total of the year times the age share of insured persons",
                "persons",
                f"{CBS}; {CBS_AGE}",
                "2025 (totals), 2023 (age shares)",
                DERIVED,
                0,
            ),
        ),
        complete=True,
    ),
    Table(
        "forecast",
        "Forecast inhabitants by year",
        ("region", "year"),
        (
            _region(),
            Column("year", "whole", "1 January of the year", "year", FORECAST, "2022", DERIVED),
            Column(
                "persons",
                "number",
                "count of the base year times the forecast's own growth",
                "persons",
                f"{CBS}; {FORECAST}",
                "2022 (forecast), 2025 (count)",
                "by row",
                above=0,
            ),
            _QUALITY,
        ),
        complete=True,
    ),
    Table(
        "gp_use",
        "GP use by age band",
        ("age_from",),
        (
            Column("age_from", "whole", "first age of the band", "years", VEKTIS, "2023", PUBLISHED, 0),
            Column(
                "relative_use",
                "number",
                "GP cost per insured year without the registration fee, all ages = 1",
                "ratio",
                VEKTIS,
                "2023",
                DERIVED,
                0,
            ),
        ),
    ),
    Table(
        "distances",
        "Distances between regions",
        ("region",),
        (
            _region(),
            Column(
                "<code>",
                "number",
                "mean straight-line distance between two inhabitants drawn at random, one from each "
                "region; one column per region",
                "km",
                "municipal inhabitants and points, RD New",
                "2025",
                DERIVED,
                0,
                HALF_THE_EARTH,
            ),
        ),
        complete=True,
    ),
    Table(
        "municipalities",
        "The municipalities, from which other regions can be made",
        ("gm_code",),
        (
            Column("gm_code", "text", "CBS code of the municipality", source="CBS", year="2025", quality=PUBLISHED),
            Column("name", "text", "name of the municipality", source="CBS", year="2025", quality=PUBLISHED),
            Column(
                "region",
                "text",
                "code of the region in which most of its area lies",
                source=KADASTER,
                year="2019 (regions), 2022 (municipalities)",
                quality=DERIVED,
            ),
            Column("persons", "whole", "inhabitants on 1 January", "persons", MUNICIPAL_COUNT, "2025", PUBLISHED, 1),
            Column(
                "lon",
                "number",
                "a point inside it, the centroid where that lies inside; longitude",
                "degrees east",
                MUNICIPAL_POINTS,
                "2022",
                DERIVED,
            ),
            Column("lat", "number", "the same point, latitude", "degrees north", MUNICIPAL_POINTS, "2022", DERIVED),
            Column("area_km2", "number", "area", "km2", MUNICIPAL_POINTS, "2022", DERIVED, 0),
        ),
    ),
    Table(
        "training_sites",
        "Training institutes and their annexes",
        ("site",),
        (
            Column(
                "site",
                "text",
                "institute or annex",
                source="huisartsopleiding.nl",
                year="2023",
                quality=PUBLISHED,
            ),
            Column(
                "institute",
                "text",
                "institute it belongs to",
                source="huisartsopleiding.nl",
                year="2023",
                quality="by row",
                filled=True,
            ),
            _region(),
            Column(
                "municipality",
                "text",
                "CBS code of the municipality where it stands (Goes for Zeeland is assumed)",
                source="huisartsopleiding.nl; CBS",
                year="2023",
                quality=DERIVED,
            ),
            Column(
                "share",
                "number",
                "share of those in training, annexes taken from their institute",
                "share",
                "by row",
                "2017-2021",
                "by row",
                0,
                1,
                total=1,
            ),
            Column(
                "first_choice",
                "number",
                "share of candidates whose first choice it is: more than get a place in Amsterdam and Utrecht",
                "share",
                "E450, E478; share",
                "2012, 2020",
                ASSUMED,
                maximum=1,
                above=0,
                total=1,
            ),
            Column(
                "places",
                "number",
                "share of the national places",
                "share",
                "E471, E478; share",
                "2020, 2026",
                ASSUMED,
                0,
                1,
                total=1,
            ),
            _QUALITY,
            _SOURCE,
        ),
    ),
    Table(
        "origins",
        "Where candidates for GP training come from",
        ("region",),
        (
            _region(),
            Column(
                "share",
                "number",
                "share of medical students by region of origin, taken for GP candidates",
                "share",
                "by row",
                "2000-2024",
                "by row",
                0,
                1,
                total=1,
            ),
            _QUALITY,
            _SOURCE,
        ),
        complete=True,
    ),
    Table(
        "attractiveness",
        "Attractiveness of regions beyond size, training, origin, partner and tightness",
        ("region",),
        (
            _region(),
            Column(
                "alpha",
                "number",
                "constant of the region in the utility of location choice; sums to zero",
                "utility",
                "by row",
                "2018-2019",
                "by row",
                -3,
                3,
                total=0,
                tolerance=0.01,
            ),
            _QUALITY,
            _SOURCE,
        ),
        complete=True,
    ),
    Table(
        "workforce",
        "GPs at work in the base year",
        ("region", "sex", "age", "role"),
        (
            _region(),
            Column("sex", "text", "women or men", allowed=SEXES),
            Column("age", "whole", "age on 1 January", "years", "see quality", "2025", DERIVED, 20, 90),
            Column("role", "text", "holder, salaried, fixed_locum or changing_locum", allowed=ROLES),
            Column(
                "persons",
                "whole",
                "GPs at work, each in the home region",
                "persons",
                f"{PLAN}; margins and regional facts in evidence.csv",
                "2025",
                "by row",
                0,
            ),
            Column(
                "fte",
                "number",
                "the same in full-time equivalents",
                "fte",
                f"{PLAN}: fte by sex, relative fte by role",
                "2025",
                "by row",
                0,
            ),
            _QUALITY,
        ),
    ),
    Table(
        "exit_hazard",
        "Yearly hazard of leaving by age, fitted together with the age pyramid",
        ("age_from",),
        (
            Column("age_from", "whole", "first age of the class", "years", "E687 to E692", "2025", ASSUMED, 0),
            Column(
                "hazard",
                "number",
                "yearly hazard of leaving the profession",
                "per year",
                "E687 to E692; fit of the pyramid",
                "2025",
                DERIVED,
                0,
                3,
            ),
            Column(
                "prior",
                "number",
                "central value before the fit",
                "per year",
                "E687 to E692",
                "2025",
                ASSUMED,
                0,
                3,
            ),
            Column(
                "low",
                "number",
                "lower end of the plausible range",
                "per year",
                "E687 to E692",
                "2025",
                ASSUMED,
                0,
                3,
            ),
            Column(
                "high",
                "number",
                "upper end of the plausible range",
                "per year",
                "E687 to E692",
                "2025",
                ASSUMED,
                0,
                3,
            ),
            _SOURCE,
        ),
    ),
    Table(
        "relative_fte",
        "Mean relative fte of the roles in the baseline, by sex and year",
        ("year", "sex"),
        (
            Column("year", "whole", "1 January of the year", "year", "baseline of this model", "", DERIVED),
            Column("sex", "text", "women or men", allowed=SEXES),
            Column(
                "mean",
                "number",
                "mean over GPs at work of fte per head of their role, before scaling",
                "fte/person",
                "baseline of this model; roles E757 to E772",
                "",
                DERIVED,
                maximum=2,
                above=0,
            ),
        ),
        complete=True,
    ),
    Table(
        "national_parameters",
        "Parameters of the national capacity model",
        ("id",),
        (
            Column("id", "text", "name in the national model", source=PLAN, year="2025", quality=PUBLISHED),
            Column("value", "number", "value in the plan of 2025", "see unit", PLAN, "2025", PUBLISHED),
            Column("unit", "text", "unit of the value"),
            Column("meaning", "text", "what it is"),
            _SOURCE,
        ),
    ),
    Table(
        "national_targets",
        "Published national figures to hold results against",
        ("id",),
        (
            Column("id", "text", "number of the figure"),
            Column("quantity", "text", "what it is"),
            Column("value", "number", "the figure", "see unit", PLAN, "see year", PUBLISHED),
            Column("unit", "text", "unit of the value"),
            Column("year", "whole", "year it is about", "year"),
            Column("source", "text", "publication"),
        ),
        optional=True,
    ),
    Table(
        "map_layout",
        "Where labels and tiles of the regions stand on maps",
        ("region",),
        (
            _region(),
            Column(
                "label_x_m",
                "number",
                "centre of the largest circle inside the region, the anchor of its label; RD New (EPSG:28992) east",
                "m",
                KADASTER,
                "2019",
                DERIVED,
            ),
            Column("label_y_m", "number", "the same point, RD New (EPSG:28992) north", "m", KADASTER, "2019", DERIVED),
            Column("abbreviation", "text", "short name, as on tiles", source="project", quality=ASSUMED, filled=True),
            Column(
                "tile_column",
                "whole",
                "column of the region's square on a tile map, from the west; drawn by hand for the 28 regions",
                source="project",
                quality=ASSUMED,
                minimum=0,
                maximum=MOST_TILES,
            ),
            Column(
                "tile_row",
                "whole",
                "row of the square, from the north",
                source="project",
                quality=ASSUMED,
                minimum=0,
                maximum=MOST_TILES,
            ),
        ),
        complete=True,
        optional=True,
    ),
    Table(
        "evidence",
        "Published and assumed facts, one a row",
        ("id",),
        (
            Column("id", "text", "E number, cited in the other tables and at the parameters"),
            Column("topic", "text", "subject"),
            Column("quantity", "text", "what it is"),
            Column("value", "text", "the figure, or the word statement"),
            Column("low", "text", "lower end, where given"),
            Column("high", "text", "upper end, where given"),
            Column("unit", "text", "unit"),
            Column("population", "text", "whom or which region it is about"),
            Column("year", "text", "year it is about"),
            Column("source", "text", "publication"),
            Column("quality", "text", "published, read off text range, qualitative or assumed"),
        ),
        optional=True,
    ),
)

BY_NAME = {table.name: table for table in TABLES}
