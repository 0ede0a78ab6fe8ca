"""The national capacity model against the figures of the plan of 2025, a scalar re-reading, and by hand."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regions
from abm import national
from abm.national import (
    BLOCKS,
    REQUIRED_IDS,
    SCENARIOS,
    YIELD_RULES,
    NationalParameterError,
    NationalParameters,
    NationalPath,
    project,
)
from regions.people import SEX_IDS, SEXES

DATA = Path(__file__).parent / "data"
PRINTED = 0.05 + 1e-9  # the tables are printed with one decimal
INFLOWS = [f"n_inopleiding_perjaar{b}" for b in ("", "2", "3")]
DURATIONS = [f"opleidingsduur{b}" for b in ("", "2", "3")]

PLAN = dict(regions.load().national)
PATH = pd.read_csv(DATA / "national_path_2025.csv", index_col="year")
HEADS = pd.read_csv(DATA / "national_heads_2025.csv", index_col="year")
YIELDS = pd.read_csv(DATA / "national_external_yield_2025.csv", index_col="t")


def run(yields="straight", **changes) -> NationalPath:
    return project(NationalParameters.from_table({**PLAN, **changes}), yields=yields)


def all_blocks(ids, value):
    return dict.fromkeys(ids, value)


# --- the figures of the plan of 2025 ---


def test_the_shipped_table_has_the_ids_the_model_needs() -> None:
    assert set(national.REQUIRED_IDS) <= set(PLAN)


@pytest.mark.parametrize("column", [c for c in PATH if "straight" not in c])
def test_reference_path(column):
    path = run("reference")
    computed = {
        "supply_fte": path.supply_fte,
        "supply_heads": path.supply_heads,
        "demand_1": path.demand_fte(1),
        "demand_6": path.demand_fte(6),
        "gap_6": path.demand_fte(6) - path.supply_fte,
        "required_6": path.required_inflow(6),
    }
    np.testing.assert_array_equal(path.years, PATH.index)
    np.testing.assert_allclose(computed[column], PATH[column], rtol=0, atol=PRINTED)


def test_straight_path():
    path = run("straight")
    np.testing.assert_allclose(path.supply_fte, PATH["supply_fte_straight"], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(path.required_inflow(), PATH["required_6_straight"], rtol=0, atol=PRINTED)


@pytest.mark.parametrize("column", HEADS.columns)
def test_reference_heads_by_block(column):
    block, sex = column.rsplit("_", 1)
    heads = run("reference").heads[BLOCKS.index(block), SEXES.index(sex)]
    np.testing.assert_allclose(heads, HEADS[column], rtol=0, atol=PRINTED)


def test_no_men_from_abroad():
    assert not run().heads[national.ABROAD, SEXES.index("men")].any()


@pytest.mark.parametrize("rule", YIELD_RULES)
def test_external_yield(rule):
    curve = national.external_yield_curve(NationalParameters.from_table(PLAN).external_yield, rule)
    for block in curve:
        for sex, row in zip(SEXES, block, strict=True):
            np.testing.assert_allclose(row, YIELDS[f"{sex}_{rule}"], rtol=0, atol=5e-7 + 1e-12)


@pytest.mark.parametrize(
    ("rule", "inflow", "supply", "advice"),
    [
        ("reference", 718, 13_790.2, 1_031.0),
        ("reference", 720, 13_813.2, 1_030.3),
        ("straight", 718, 13_813.8, 1_027.5),
        ("straight", 720, 13_836.8, 1_026.7),
    ],
)
def test_against_the_published_year(rule, inflow, supply, advice):
    path = run(rule, **all_blocks(INFLOWS, inflow))
    assert path.supply_fte[18] == pytest.approx(supply, abs=PRINTED)
    assert path.demand_fte(1)[18] == pytest.approx(13_017.9, abs=PRINTED)
    assert path.demand_fte(6)[18] == pytest.approx(16_402.5, abs=PRINTED)
    assert path.advice() == pytest.approx(advice, abs=PRINTED)
    # what was published: within 1% on supply, 2% on the advice
    assert path.supply_fte[18] == pytest.approx(13_838, rel=0.01)
    assert path.advice() == pytest.approx(1_026, rel=0.02)


@pytest.mark.parametrize(
    ("rule", "year", "required"),
    [
        ("reference", 2037, 651.2),
        ("reference", 2043, 625.4),
        ("straight", 2037, 648.0),
        ("straight", 2043, 622.9),
    ],
)
def test_required_inflow_for_demography_alone(rule, year, required):
    assert run(rule).advice(scenario=1, year=year) == pytest.approx(required, abs=PRINTED)


def test_training_of_exactly_three_years():
    path = run("reference", **all_blocks(DURATIONS, 3.0))
    assert path.supply_fte[18] == pytest.approx(13_750.4, abs=PRINTED)
    assert path.advice() == pytest.approx(1_032.5, abs=PRINTED)


def test_parts_of_the_advice():
    parts = run("reference").decompose()
    assert parts == pytest.approx(
        {
            "stock_outflow": 645.9,
            "unmet_demand": 81.3,
            "demography": 188.2,
            "nondemographic_growth": 405.6,
            "in_training": -165.7,
            "entrants_until_adjustment": -104.7,
            "abroad": -19.5,
        },
        abs=PRINTED,
    )
    assert sum(parts.values()) == pytest.approx(run("reference").advice(), rel=1e-12)
    assert run("reference").fte_per_entrant[18] == pytest.approx(8.3448, abs=5e-5)


# --- small cases by hand ---

BY_HAND = {  # e(1...5) = 0.9, 0.8, 0.7, 0.6, 0.5 and ten entrants a year, half of them women
    **{f"extern_rendement_{s}_1jaar{b}": 0.9 for s in SEX_IDS for b in ("", "2", "3")},
    **{f"extern_rendement_{s}_5jaar{b}": 0.5 for s in SEX_IDS for b in ("", "2", "3")},
    **{f"extern_rendement_{s}_10jaar{b}": 0.4 for s in SEX_IDS for b in ("", "2", "3")},
    **{f"extern_rendement_{s}_15jaar{b}": 0.3 for s in SEX_IDS for b in ("", "2", "3")},
    **{f"per_vrouw_opleiding{b}": 0.5 for b in ("", "2", "3")},
    **{f"intern_rendement{b}": 1 for b in ("", "2", "3")},
    **all_blocks(INFLOWS, 10),
    "bijsturingsjaar": 2026,
}


@pytest.mark.parametrize(
    ("duration", "training", "until_adjustment", "after_adjustment"),
    [
        # block 1: 5 * (1 * 0.9, 2 * 0.85, 2 * 0.75, ...); block 2: one cohort; block 3: 5 * (0.9, 2 * 0.85)
        (2, [0, 4.5, 8.5, 7.5, 6.5, 5.5], [0, 0, 0, 4.5, 4.0, 3.5], [0, 0, 0, 0, 4.5, 8.5]),
        # the window of block 1 waits a year after year 2; first part cohorts of half a year at yield 1
        (
            1.5,
            [0, 4.5, 6.375, 6.375, 5.625, 4.875],
            [0, 0, 2.5, 4.5, 4.0, 3.5],
            [0, 0, 0, 2.5, 6.75, 10.625],
        ),
    ],
)
def test_heads_by_hand(duration, training, until_adjustment, after_adjustment):
    path = run(**BY_HAND, **all_blocks(DURATIONS, duration))
    for sex in range(2):
        computed = path.heads[1:4, sex, :6]
        np.testing.assert_allclose(computed, [training, until_adjustment, after_adjustment], atol=1e-12)


def test_graduates_and_persons_in_training_by_hand():
    path = run(**BY_HAND, **all_blocks(DURATIONS, 1.5))
    women_finishing = [[0, 5, 2.5, 0, 0], [0, 0, 2.5, 2.5, 0], [0, 0, 0, 2.5, 5]]
    women_training = [[7.5, 2.5, 0, 0, 0], [0, 5, 2.5, 0, 0], [0, 0, 5, 7.5, 7.5]]
    np.testing.assert_allclose(path.graduates[1:4, 0, :5], women_finishing, atol=1e-12)
    np.testing.assert_allclose(path.in_training[1:4, 0, :5], women_training, atol=1e-12)
    assert not path.in_training[[0, 4]].any()
    np.testing.assert_allclose(path.graduates[4, :, 1:], [[14] * 20, [0] * 20], atol=1e-12)


def test_as_many_in_training_every_year_at_the_same_inflow():
    np.testing.assert_allclose(run().in_training.sum(axis=(0, 1)), 718 * 3.2)


def test_demand_scenarios_by_hand():
    c, w, z = 0.02, 0.037, -0.011
    path = run(tijd_midden=c)
    for t, trend_years in ((5, 5), (15, 10)):
        demography = path.demand_fte(1)[t]
        assert demography == pytest.approx(10_768.8582 * 1.063 * (1 + {5: 0.043, 15: 0.121}[t]))
        factors = {
            2: 1 + w * trend_years,
            3: 1 + w * t,
            4: {5: 1 / 0.9, 15: 1 / 0.8}[t] + w * trend_years,
            6: 1 + (0.02 / 0.98 + w + z) * trend_years,
        }
        for scenario, factor in factors.items():
            assert path.demand_fte(scenario)[t] == pytest.approx(demography * factor), (scenario, t)
    np.testing.assert_array_equal(path.demand_fte(6, "low"), run().demand_fte(6, "middle"))


def test_levels_have_their_own_parameters():
    path = run(onv_vraag_laag=0.0, demo_5_hoog=0.1, epi_hoog=0.02, ver_laag=0.0)
    assert path.demand_fte(1, "low")[0] == pytest.approx(path.supply_fte[0])
    assert path.demand_fte(1, "high")[5] / path.demand_fte(1, "middle")[5] == pytest.approx(1.1 / 1.043)
    assert path.demand_fte(2, "high")[1] / path.demand_fte(1, "high")[1] == pytest.approx(1.047)
    assert path.demand_fte(6, "low")[1] / path.demand_fte(1, "low")[1] == pytest.approx(1.037)


def test_fte_per_head_follows_its_nodes():
    path = run(fte_vrouw_basis_vijf=0.77)
    assert path.fte_per_head[0, 2] == pytest.approx(0.74)
    assert path.supply_fte[0] == pytest.approx(run().supply_fte[0])
    assert path.supply_fte[5] - run().supply_fte[5] == pytest.approx(0.05 * path.heads[:, 0, 5].sum())


def test_another_plan_year_shifts_the_years_only():
    years = ("basisjaar", "bijsturingsjaar", "trendjaar", "evenwichtsjaar1", "evenwichtsjaar2")
    earlier = run(**{name: PLAN[name] - 3 for name in years})
    assert (earlier.years[0], earlier.years[-1]) == (2022, 2042)
    assert earlier.parameters.equilibrium_years == (2034, 2040)
    assert earlier.advice() == run().advice()
    assert earlier.advice(year=2034) == run().advice(year=2037)


# --- any parameter table ---


@st.composite
def tables(draw):
    """Tables whose blocks, sexes and levels all differ, with external yields that do not rise."""

    def number(low, high):
        return draw(st.one_of(st.sampled_from([low, high]), st.floats(low, high).map(lambda x: round(x, 6))))

    table = {}
    base = draw(st.integers(2010, 2030))
    adjustment = base + draw(st.integers(1, 5))
    table |= {"basisjaar": base, "bijsturingsjaar": adjustment, "trendjaar": base + draw(st.integers(0, 25))}
    equilibria = sorted(draw(st.lists(st.integers(adjustment + 1, base + 20), min_size=2, max_size=2)))
    table |= dict(zip(("evenwichtsjaar1", "evenwichtsjaar2"), equilibria, strict=True))
    table["aanbod_personen"] = number(1, 20_000)
    table |= {name: number(0, 2_000) for name in (*INFLOWS, "n_buitenland")}
    table |= {name: draw(st.one_of(st.sampled_from([2.5, 3.0, 3.2, 4.0]), st.floats(0.1, 6))) for name in DURATIONS}
    for name in (n for n in REQUIRED_IDS if n.startswith(("per_vrouw", "intern"))):
        table[name] = number(0, 1)
    for sex in SEX_IDS:
        for node in ("", "_vijf", "_tien", "_vijftien", "_twintig"):
            table[f"fte_{sex}_basis{node}"] = number(0.3, 1.2)
        outflow = sorted(number(0, 1) for _ in range(4))
        nodes = ("vijf", "tien", "vijftien", "twintig")
        table |= {f"uitstroom_{sex}_basis_{n}": o for n, o in zip(nodes, outflow, strict=True)}
        for block in ("", "2", "3"):
            falling = sorted((number(0.5, 1) for _ in range(4)), reverse=True)
            for year, value in zip((1, 5, 10, 15), falling, strict=True):
                table[f"extern_rendement_{sex}_{year}jaar{block}"] = value
    for level in ("laag", "midden", "hoog"):
        table |= {f"{x}_{level}": number(-0.01, 0.03) for x in ("epi", "soc", "vak", "eff", "hor", "ver", "tijd")}
        table |= {f"demo_{year}_{level}": number(-0.1, 0.3) for year in (5, 10, 15, 20)}
        table[f"onv_vraag_{level}"] = number(0, 0.2)
    return table


rules = st.sampled_from(YIELD_RULES)
few = settings(max_examples=40, deadline=None)


def scalar_heads(table, rule, block, sex, t):
    """One number of heads, read from the description of the model term by term."""
    name, woman = ("vrouw", 1) if sex == 0 else ("man", 0)
    suffix = {1: "", 2: "2", 3: "3", 4: ""}.get(block)

    def share(x):
        return table[x] if woman else 1 - table[x]

    def lines(nodes, t):
        i = min(t // 5, 3)
        return nodes[i] + (nodes[i + 1] - nodes[i]) * (t - 5 * i) / 5

    if block == 0:
        o = [0, *(table[f"uitstroom_{name}_basis_{n}"] for n in ("vijf", "tien", "vijftien", "twintig"))]
        return table["aanbod_personen"] * share("per_vrouw_basis") * (1 - lines(o, t))

    y1, y5, y10, y15 = (table[f"extern_rendement_{name}_{y}jaar{suffix}"] for y in (1, 5, 10, 15))

    def e(t):
        if t <= 5:
            return 0 if t == 0 else y1 + (y5 - y1) * (t - 1) / 4
        if t > 15:
            return y15 + (y15 - y10) * (t - 15) / 5
        start, low, high = (5, y5, y10) if t <= 10 else (10, y10, y15)
        if rule == "straight" or t == start + 5:
            return low + (high - low) * (t - start) / 5
        return e(t - 1) + (high - e(t - 1)) * (t - start) / 5

    def mean(i, j):
        return sum(e(k) for k in range(i, j + 1)) / (j - i + 1)

    if block == 4:
        return table["n_buitenland"] * share("per_vrouw_buitenland") * sum(e(k) for k in range(1, t + 1))

    K = table["bijsturingsjaar"] - table["basisjaar"]
    L = table[f"opleidingsduur{suffix}"]
    C = math.ceil(L)
    if block == 1:
        m = min(t, L)
        last = t if t <= C or L == C else t - 1
        A = mean(max(1, last - C + 1), last) if t > 0 else 0
    elif block == 2:
        m, a = min(max(t - L, 0), K), t - C
        A = mean(max(1, a - K + 1), a) if a > 0 else 1
    else:
        m, a = max(t - L - K, 0), t - C - K
        A = mean(1, a) if a > 0 else 1
    entrants = table[f"n_inopleiding_perjaar{suffix}"] * share(f"per_vrouw_opleiding{suffix}")
    return entrants * table[f"intern_rendement{suffix}"] * m * A


@few
@given(tables(), rules)
def test_heads_of_any_table_are_those_of_a_scalar_reading(table, rule):
    heads = project(NationalParameters.from_table(table), yields=rule).heads
    expected = [[[scalar_heads(table, rule, b, s, t) for t in range(21)] for s in range(2)] for b in range(len(BLOCKS))]
    np.testing.assert_allclose(heads, expected, rtol=1e-9, atol=1e-6)


@few
@given(tables(), rules, st.sampled_from(SCENARIOS), st.sampled_from(national.LEVELS), st.integers(0, 20))
def test_parts_add_up_to_the_required_inflow(table, rule, scenario, level, t):
    path = project(NationalParameters.from_table(table), yields=rule)
    year = table["basisjaar"] + t
    parts = path.decompose(scenario, level, year)
    total = path.advice(scenario, level, year)
    if path.fte_per_entrant[t] == 0:
        assert math.isnan(total)
        assert all(map(math.isnan, parts.values()))
    else:
        size = sum(map(abs, parts.values())) + table["n_inopleiding_perjaar3"]
        assert sum(parts.values()) == pytest.approx(total, abs=1e-9 * size)


@few
@given(tables(), rules)
def test_heads_follow_from_graduates_and_exit_probabilities(table, rule):
    path = project(NationalParameters.from_table(table), yields=rule)
    assert (path.exit_probability >= 0).all()
    assert (path.exit_probability <= 1).all()
    heads = path.heads[..., 0]
    for t in range(1, 21):
        heads = (heads + path.graduates[..., t]) * (1 - path.exit_probability[..., t])
    np.testing.assert_allclose(heads, path.heads[..., 20], rtol=1e-9, atol=1e-6)


@few
@given(tables(), rules)
def test_required_inflow_does_not_depend_on_the_inflow(table, rule):
    with_none, with_many = (
        project(NationalParameters.from_table(table | {"n_inopleiding_perjaar3": inflow}), yields=rule)
        for inflow in (0, 2_000)
    )
    required = with_none.required_inflow()
    defined = with_none.fte_per_entrant > 0
    np.testing.assert_array_equal(np.isnan(required), ~defined)
    scale = 1e-9 * (np.abs(required) + 2_000 + 1e5 / national._divisor(with_none.fte_per_entrant))
    gap = np.abs(with_many.required_inflow() - required)
    assert (gap[defined] <= scale[defined]).all()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_training_the_required_inflow_meets_demand(scenario):
    before = run()
    after = run(n_inopleiding_perjaar3=before.advice(scenario))
    assert after.supply_fte[18] == pytest.approx(after.demand_fte(scenario)[18])
    assert after.advice(scenario) == pytest.approx(before.advice(scenario))


def test_no_inflow_is_required_before_the_first_of_them_work():
    path = run()
    np.testing.assert_array_equal(np.isnan(path.required_inflow()), path.years <= 2030)


def test_no_inflow_at_all():
    nobody = {**all_blocks(INFLOWS, 0), "n_buitenland": 0}
    path = run(**nobody)
    np.testing.assert_allclose(path.supply_heads, path.heads[0].sum(axis=0))
    np.testing.assert_array_equal(path.exit_probability, run().exit_probability)
    needed = ("stock_outflow", "unmet_demand", "demography", "nondemographic_growth")
    assert path.advice() == pytest.approx(sum(run().decompose()[term] for term in needed))


def test_an_advice_where_nobody_is_left():
    gone = [n for n in REQUIRED_IDS if n.startswith("uitstroom")]
    assert run(**all_blocks(gone, 1), **all_blocks(INFLOWS, 0), n_buitenland=0).advice() > 0


def test_rising_yields_are_cut_off():
    back = {f"extern_rendement_{s}_1jaar{b}": 0.9 for s in SEX_IDS for b in ("", "2", "3")}
    later = {n: 0.98 for n in PLAN if n.startswith("extern") and "_1jaar" not in n}
    path = run(**back, **later)
    assert path.exit_probability.min() == 0
    heads = path.heads[..., 0]
    for t in range(1, 19):
        heads = (heads + path.graduates[..., t]) * (1 - path.exit_probability[..., t])
    assert 1 - heads.sum() / path.supply_heads[18] == pytest.approx(0.011, abs=5e-4)


def test_a_duration_computed_in_floats_counts_as_whole():
    assert run(opleidingsduur=0.1 * 30).supply_fte[18] == run(opleidingsduur=3.0).supply_fte[18]


def test_arrays_are_read_only():
    path = run()
    for array in (path.heads, path.demand_fte(), path.parameters.size):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# --- faults ---


def test_all_faults_of_a_table_in_one_message():
    table: dict = {
        **PLAN,
        "basisjaar": 2025.5,
        "aanbod_personen": 0,
        "per_vrouw_opleiding2": 1.2,
        "opleidingsduur": 0,
        "n_buitenland": -1,
        "fte_man_basis_tien": math.nan,
        "tijd_laag": 1,
        "intern_rendement": "0.94",
        "epi_hoog": math.inf,
    }
    del table["onv_vraag_midden"]
    with pytest.raises(NationalParameterError) as error:
        NationalParameters.from_table(table)
    assert isinstance(error.value, ValueError)
    assert set(error.value.faults) == {
        "basisjaar: found 2025.5, allowed: a whole year",
        "aanbod_personen: found 0, allowed: a number above 0",
        "per_vrouw_opleiding2: found 1.2, allowed: a number from 0 to 1",
        "opleidingsduur: found 0, allowed: a number above 0, at most 20",
        "n_buitenland: found -1, allowed: a number, 0 or more",
        "fte_man_basis_tien: found nan, allowed: a number above 0",
        "tijd_laag: found 1, allowed: a number below 1",
        "intern_rendement: found '0.94', allowed: a number from 0 to 1",
        "epi_hoog: found inf, allowed: a number",
        "onv_vraag_midden: found nothing, allowed: a number, -1 or more",
    }
    assert all(fault in str(error.value) for fault in error.value.faults)


def test_contradictions_are_named_together_with_other_faults():
    table = {
        **PLAN,
        "bijsturingsjaar": 2025,
        "trendjaar": 2024,
        "evenwichtsjaar1": 2044,
        "evenwichtsjaar2": 2043,
        "uitstroom_man_basis_tien": 0.2,
        "extern_rendement_vrouw_15jaar3": 0.4,
        "onv_vraag_laag": -2,
    }
    with pytest.raises(NationalParameterError) as error:
        NationalParameters.from_table(table)
    assert set(error.value.faults) == {
        "bijsturingsjaar: found 2025, allowed: after basisjaar (2025)",
        "trendjaar: found 2024, allowed: basisjaar (2025) or later",
        "evenwichtsjaar2: found 2043, allowed: evenwichtsjaar1 (2044) or later",
        "uitstroom_man_basis_tien: found 0.2, allowed: at least uitstroom_man_basis_vijf (0.226): "
        "outflow is cumulative",
        "extern_rendement_vrouw_15jaar3: found 0.4, allowed: enough for the line from "
        "extern_rendement_vrouw_10jaar3 (0.889) to stay above 0 until year 20",
        "onv_vraag_laag: found -2, allowed: a number, -1 or more",
    }


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"evenwichtsjaar2": 2046}, "at most 2045, 20 years after basisjaar"),
        ({"evenwichtsjaar1": 2027}, "after bijsturingsjaar"),
        ({"tijd_hoog": 0.1}, "below 1/10"),
        ({"tijd_hoog": 0.06, "trendjaar": 2060}, "below 1/20"),
    ],
)
def test_a_contradiction(change, fault):
    with pytest.raises(NationalParameterError, match=fault) as error:
        run(**change)
    assert len(error.value.faults) == 1


def test_an_empty_table_names_every_id():
    with pytest.raises(NationalParameterError) as error:
        NationalParameters.from_table({})
    assert [fault.split(":")[0] for fault in error.value.faults] == list(REQUIRED_IDS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: run("curved"), "yields: found 'curved', allowed: 'straight', 'reference'"),
        (lambda: run().demand_fte(5), "scenario: found 5, allowed: 1, 2, 3, 4, 6"),
        (lambda: run().required_inflow(6, "laag"), "level: found 'laag', allowed: 'low', 'middle', 'high'"),
        (lambda: run().advice(year=2046), "year: found 2046"),
        (lambda: run().decompose(year=2024), "year: found 2024"),
    ],
)
def test_unknown_choices(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_constant_intake_by_year_gives_the_blocks_back() -> None:
    path = project(NationalParameters.from_table(PLAN | {"n_inopleiding_perjaar3": 1026.0}))
    np.testing.assert_allclose(path.heads_with_intake(np.full(21, 1026.0)), path.heads, atol=1e-8)


def test_one_larger_intake_adds_its_own_cohort() -> None:
    path = project(NationalParameters.from_table(PLAN))
    intake = np.full(21, PLAN["n_inopleiding_perjaar3"])
    more = intake.copy()
    more[3] += 100
    extra = (path.heads_with_intake(more) - path.heads_with_intake(intake))[3].sum(axis=0)
    assert not extra[:7].any()
    assert extra[7] == pytest.approx(100 * 0.94 * 0.8 * (1 - path.exit_probability[3, :, 7] @ [0.74, 0.26]))
    assert extra[7] < extra[8] > extra[9] > extra[20] > 0
