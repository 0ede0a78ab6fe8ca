"""Make the shipped tables from the facts: `python -m regions.build` reads `sources/` and writes `data/`.

The result is the same on every run; a test rebuilds it and finds no difference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from regions import schema, workforce
from regions.datapackage import dump_datapackage
from regions.geography import write_boundaries
from regions.people import ROLES, SEX_IDS, SEXES
from regions.tables import SHIPPED

SOURCES = Path(__file__).parent / "sources"

BASE_YEAR = 2025
HORIZON = 2045
AGE_BANDS = {"0-19": 0, "20-44": 20, "45-64": 45, "65-74": 65, "75-84": 75, "85+": 85}

# National totals of the forecast edition of 2022, persons: count of its base year, 2035 and 2050 (PBL/CBS 2022).
FORECAST_NATION = {2022: 17_590_672, 2035: 18_900_000, 2050: 19_630_000}
# Weesp moved from Gooi en Vechtstreek to Amsterdam in March 2022; counts before that still have it in the former.
WEESP = ("RA0511", "RA0616")

# Medical students started in 25 years by origin: inhabitants per student (E446, E447) and the national number (E445).
RANDSTAD = (
    "RA0511",
    "RA0512",
    "RA0513",
    "RA0615",
    "RA0616",
    "RA0717",
    "RA0818",
    "RA0919",
    "RA1020",
    "RA1121",
)
NORTH_AND_ZEELAND = ("RA0101", "RA0102", "RA0103", "RA1222")
INHABITANTS_PER_STUDENT = {RANDSTAD: 200.0, NORTH_AND_ZEELAND: 650.0}
STUDENTS = 57_958
# Places at these institutes are short (E450); of all candidates the share E478 gets the first choice, places exceed
# entrants by E471 over E006.
SHORT_OF_PLACES = ("AMC", "VUmc", "UMC Utrecht")
FIRST_CHOICE = 0.892
PLACES_PER_ENTRANT = 1035 / 720
PLACES_2020 = 785.0  # middle of 750 (2018-2020) and 820 (2021) places a year: turns the places of an annex into a share

EXIT_CLASSES = ((0, "E687"), (55, "E688"), (60, "E689"), (65, "E690"), (67, "E691"), (70, "E692"))

# GPs by role on 1 January: holders and changing locums as in the plan; its salaried group split by the pension fund's
# number of salaried GPs (E768).
SALARIED = 1012
WOMEN_AMONG_HOLDERS = 0.521  # E312, 2022
# Relative chance of each role by age: shape assumed after waiting times and wishes (E409, E411, E413, E414, E416 to
# E418, E430).
ROLE_AGES = (30, 35, 40, 45, 50, 55, 60, 65, 70)
HOLDER_SHARE = (0.02, 0.20, 0.45, 0.60, 0.70, 0.78, 0.80, 0.70, 0.50)
CHANGING_AMONG_OTHERS = (0.45, 0.35, 0.27, 0.24, 0.24, 0.26, 0.35, 0.60, 0.80)

# Known shares of older GPs, and the nation's in the same year (2018).
OLDER = (
    workforce.OlderShare(("RA1222",), 55, 0.46, 0.31, "E345"),
    workforce.OlderShare(("RA0103",), 55, 0.34, 0.31, "E346"),
    workforce.OlderShare(("RA0102",), 50, 0.465, 0.396, "E341"),
    workforce.OlderShare(("RA0512", "RA0513"), 50, 0.34, 0.396, "E343"),
)
# Known fte per inhabitant relative to the nation, 2018 (E348 to E350).
DENSITY = {"RA1222": 4.5 / 4.3, "RA0103": 4.5 / 4.3}
NEED_WEIGHT = 0.5  # capacity lies between equal per inhabitant (0) and equal per need (1); assumed


def source(name: str) -> pd.DataFrame:
    """Return one table of `sources/`."""
    return pd.read_csv(SOURCES / name)


def regions() -> pd.DataFrame:
    """Codes, names, neighbours and points in the order of the codes."""
    geography, names = source("region_geography.csv"), source("region_names.csv")
    geography = geography.drop(columns=["lon", "lat"])  # of the middle of the area; the points are those of the people
    table = geography.merge(names, on="code", validate="one_to_one").sort_values("code")
    ours = {"azw_name": "name", "pop_rd_x_m": "x_m", "pop_rd_y_m": "y_m", "pop_lon": "lon", "pop_lat": "lat"}
    table = table.rename(columns=ours)
    return table[[c.name for c in schema.BY_NAME["regions"].columns]]


def inhabitants() -> pd.DataFrame:
    """Inhabitants of the base year by age band."""
    total = source("region_population.csv").set_index("code")["population_latest"]
    use = source("gp_use_by_region_age.csv").query("year == 2023")
    insured = use.pivot_table(index="code", columns="age_group", values="insured", aggfunc="sum")[list(AGE_BANDS)]
    persons = insured.div(insured.sum(axis=1), axis=0).mul(total, axis=0).round(1)
    table = persons.rename(columns=AGE_BANDS).rename_axis("region").reset_index()
    return table.melt("region", var_name="age_from", value_name="persons").sort_values(["region", "age_from"])


def forecast() -> pd.DataFrame:
    """Inhabitants by year: the count of the base year times the growth that the forecast gave for these years.

    The forecast's growth is its total of 2050 over the count of its own base year, 2022, spread over the years as the
    nation's.
    """
    population = source("region_population.csv").set_index("code")
    history = source("region_population_history.csv").set_index("code")
    start = history["population_2022"].astype(float)
    moved = (population["population_2019"] - population["population_2019_on_2025_borders"])[WEESP[0]]
    start = start.add(pd.Series([-float(moved), float(moved)], index=WEESP), fill_value=0)
    growth = population["population_2050_forecast"] / start - 1
    years = np.arange(BASE_YEAR, HORIZON + 1)
    known = np.array(list(FORECAST_NATION.values()), dtype=float)
    nation = np.interp(np.append(years, BASE_YEAR), list(FORECAST_NATION), known)
    part = (nation - known[0]) / (known[-1] - known[0])
    factor = (1 + growth.to_numpy()[:, None] * part[:-1]) / (1 + growth.to_numpy()[:, None] * part[-1])
    persons = population["population_latest"].to_numpy()[:, None] * factor
    table = pd.DataFrame(persons.round(0), index=population.index, columns=years)
    table = table.rename_axis("region").reset_index().melt("region", var_name="year", value_name="persons")
    table = table.sort_values(["region", "year"])
    return table.assign(quality=table["region"].map(population["forecast_quality"]))


def gp_use() -> pd.DataFrame:
    """GP use by age band, both sexes."""
    use = source("gp_use_by_age.csv")
    use = use[
        (use["sex"] == "all") & (use["measure"] == "relative_gp_cost_excl_registration_fee") & (use["year"] == 2023)
    ]
    value = use.set_index("age_group")["value"].astype(float).loc[list(AGE_BANDS)]
    return pd.DataFrame({"age_from": list(AGE_BANDS.values()), "relative_use": value.to_numpy()})


def distances() -> pd.DataFrame:
    """Population-weighted distances, the region's own on the diagonal."""
    return source("region_distance_popweighted_km.csv").rename(columns={"code": "region"})


def municipalities() -> pd.DataFrame:
    """Municipalities with their region, inhabitants, point and area."""
    table = source("municipality_points_2025.csv").astype({"population_2025": int})
    table = table.rename(columns={"region_code": "region", "population_2025": "persons"})
    return table[[c.name for c in schema.BY_NAME["municipalities"].columns]].sort_values("gm_code")


def training_sites() -> pd.DataFrame:
    """Sites with their share of national places; an annex takes its places from its institute."""
    sites = source("training_sites.csv")
    annex = sites["basis"] == "annex"
    share = sites["share"].where(~annex, sites["places_2020"] / PLACES_2020)
    of_annexes = share[annex].groupby(sites["institute"]).sum()
    share = share.where(annex, share - sites["institute"].map(of_annexes).fillna(0))
    quality = sites["quality"].replace("read off text range", schema.DERIVED)
    share = (share / share.sum()).round(5)
    share.iloc[0] += 1 - share.sum()
    short = sites["site"].isin(SHORT_OF_PLACES)
    taken = share[short].sum()
    wanted = np.where(short, share * (taken + 1 - FIRST_CHOICE) / taken, share * (FIRST_CHOICE - taken) / (1 - taken))
    places = np.where(short, share, share * (PLACES_PER_ENTRANT - taken) / (1 - taken)) / PLACES_PER_ENTRANT
    table = sites.assign(
        share=share.round(5),
        first_choice=wanted.round(6),
        places=places.round(6),
        quality=quality.where(quality != schema.PUBLISHED, schema.DERIVED),
    )
    return table.rename(columns={"region_code": "region"})[[c.name for c in schema.BY_NAME["training_sites"].columns]]


def origins() -> pd.DataFrame:
    """Share of candidates by region of origin."""
    people = source("region_population.csv").set_index("code")["population_latest"].astype(float)
    students = pd.Series(np.nan, index=people.index)
    for codes, per_student in INHABITANTS_PER_STUDENT.items():
        students[list(codes)] = people[list(codes)] / per_student
    rest = students.isna()
    students[rest] = people[rest] / people[rest].sum() * (STUDENTS - students.sum())
    share = (students / students.sum()).round(6)
    text = "E445 to E447; elsewhere the remainder per inhabitant; every student as likely to choose general practice"
    return pd.DataFrame({"region": share.index, "share": share.to_numpy(), "quality": schema.DERIVED, "source": text})


def national_parameters() -> pd.DataFrame:
    """Parameters of the national model, values of 2025."""
    table = source("national_model_parameters.csv").rename(columns={"value_2025": "value"})
    return table[[c.name for c in schema.BY_NAME["national_parameters"].columns]]


def map_layout() -> pd.DataFrame:
    """Label anchors worked out from the boundaries, and the tiles as they were drawn by hand."""
    from regions import geography, layout

    tiles = source("map_tiles.csv").rename(columns={"code": "region"})
    frame = geography.boundaries(SOURCES / "azw_regions.geojson", list(regions()["code"]))
    points = layout.anchors(frame.geometry.to_numpy()).astype(np.int64)
    anchors = pd.DataFrame({"region": frame["code"], "label_x_m": points[:, 0], "label_y_m": points[:, 1]})
    table = anchors.merge(tiles, on="region", validate="one_to_one")
    return table[[c.name for c in schema.BY_NAME["map_layout"].columns]]


def exit_classes() -> list[workforce.HazardClass]:
    """Prior exit hazards with their ranges."""
    columns = source("evidence.csv").set_index("id")[["value", "low", "high"]]
    rows = columns.loc[[evidence for _, evidence in EXIT_CLASSES]].astype(float).to_numpy()
    return [
        workforce.HazardClass(age, value, low, high, evidence)
        for (age, evidence), (value, low, high) in zip(EXIT_CLASSES, rows, strict=True)
    ]


def base_year() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Workforce of the base year and the exit hazards fitted together with it."""
    plan = national_parameters().set_index("id")["value"]
    total = round(plan["aanbod_personen"])
    women = round(plan["aanbod_personen"] * plan["per_vrouw_basis"])
    by_sex = np.array([women, total - women])
    remaining = np.stack([_remaining(plan, sex) for sex in SEX_IDS])
    classes = exit_classes()
    pyramid = workforce.fit_pyramid(remaining, by_sex.astype(float), classes)

    codes = list(regions()["code"])
    region_total = total * _capacity_share(codes)
    ages = workforce.regional_ages(by_sex[:, None] * pyramid.share, region_total, OLDER, codes)

    holders = round(plan["werkzaam_zelfstandig_TBO"])
    changing = round(plan["werkzaam_wiss-waarnemer_TBO"])
    others = np.array([SALARIED, total - holders - SALARIED - changing, changing])
    women_holders = round(WOMEN_AMONG_HOLDERS * holders)
    role_women = workforce.whole(others * (women - women_holders) / others.sum(), women - women_holders)
    by_role = np.stack([np.append(women_holders, role_women), np.append(holders - women_holders, others - role_women)])

    table = workforce.workforce(codes, ages, by_sex, by_role, role_profile(others[0] / others[:2].sum()))
    role_fte = plan[["fte_zelfstandig", "fte_loondienst", "fte_loondienst", "fte_wiss-waarnemer"]]
    per_head = workforce.relative_fte(
        dict(zip(ROLES, role_fte, strict=True)),
        by_role,
        plan[[f"fte_{sex}_basis" for sex in SEX_IDS]].to_numpy(),
    )
    sex, role = table["sex"].map(SEXES.index), table["role"].map(ROLES.index)
    known = {code for fact in OLDER for code in fact.regions}
    table["fte"] = (table["persons"] * per_head[sex, role]).round(6)
    table["quality"] = table["region"].map(lambda code: schema.DERIVED if code in known else schema.ASSUMED)

    hazards = pd.DataFrame(
        {
            "age_from": [c.age for c in classes],
            "hazard": pyramid.hazard.round(4),
            "prior": [c.value for c in classes],
            "low": [c.low for c in classes],
            "high": [c.high for c in classes],
            "source": [c.evidence for c in classes],
        }
    )
    return table, hazards


def role_profile(salaried_share: float) -> np.ndarray:
    """Return the relative chance of each role at each age, shape (ages, roles)."""
    holder = np.interp(workforce.AGES, ROLE_AGES, HOLDER_SHARE)
    changing = (1 - holder) * np.interp(workforce.AGES, ROLE_AGES, CHANGING_AMONG_OTHERS)
    staff = 1 - holder - changing
    return np.stack([holder, staff * salaried_share, staff * (1 - salaried_share), changing], axis=1)


def _remaining(plan: pd.Series, sex: str) -> np.ndarray:
    """Share of the stock still at work by year: straight lines between the plan's nodes."""
    nodes = [0.0] + [plan[f"uitstroom_{sex}_basis_{node}"] for node in ("vijf", "tien", "vijftien", "twintig")]
    return 1 - np.interp(np.arange(HORIZON - BASE_YEAR + 1), [0, 5, 10, 15, 20], nodes)


def _capacity_share(codes: list[str]) -> np.ndarray:
    """Share of GPs by region: between equal per inhabitant and equal per need, known densities met."""
    people = inhabitants().pivot_table(index="region", columns="age_from", values="persons").loc[codes]
    heads = people.sum(axis=1)
    need = people @ gp_use()["relative_use"].to_numpy()
    weight = (heads / heads.sum()) ** (1 - NEED_WEIGHT) * (need / need.sum()) ** NEED_WEIGHT
    known = pd.Series(DENSITY) * heads[list(DENSITY)] / heads.sum()
    weight *= (1 - known.sum()) / weight.drop(index=list(DENSITY)).sum()
    weight[list(DENSITY)] = known
    return weight.to_numpy()


def copied(name: str) -> pd.DataFrame:
    """Return the columns that ship of a table that is a fact already."""
    return pd.read_csv(SOURCES / f"{name}.csv", dtype=str, keep_default_na=False)[
        [c.name for c in schema.BY_NAME[name].columns]
    ]


def build(folder: Path = SHIPPED) -> None:
    """Write every table, the boundaries and `datapackage.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    gps, hazards = base_year()
    tables = {
        "regions": regions(),
        "inhabitants": inhabitants(),
        "forecast": forecast(),
        "gp_use": gp_use(),
        "distances": distances(),
        "municipalities": municipalities(),
        "training_sites": training_sites(),
        "origins": origins(),
        "attractiveness": copied("attractiveness"),
        "workforce": gps,
        "exit_hazard": hazards,
        "relative_fte": copied("relative_fte"),
        "national_parameters": national_parameters(),
        "national_targets": copied("national_targets"),
        "map_layout": map_layout(),
        "evidence": copied("evidence"),
    }
    for name, table in tables.items():
        table.to_csv(folder / schema.BY_NAME[name].file, index=False, lineterminator="\n")
    boundaries = json.loads((SOURCES / "azw_regions.geojson").read_text(encoding="utf-8"))
    write_boundaries(boundaries["features"], folder / "boundaries.geojson")
    dump_datapackage(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
