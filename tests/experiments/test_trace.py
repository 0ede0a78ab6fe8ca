"""The career of one GP in words: what is told is what the model did, in both languages."""

from __future__ import annotations

import re
import shlex
import string
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import abm
from abm import location_choice
from abm.population import NOWHERE, Status
from experiments import scenario_files, scenarios, trace, trace_words
from experiments.cli import app
from experiments.errors import InputError
from experiments.trace import Event, Kind, Post, PracticeSeen, Reasons, Replication
from experiments.trace_words import Teller
from regions.people import SEX_IDS
from tests.abm.conftest import part

ROOT = Path(__file__).resolve().parents[2]
SMALL_INTAKE = {"intake_current": 40.0, "intake": 40.0}

Stories = dict[int, list[Event]]


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def whole(data) -> Replication:
    return Replication(abm.Scenario(), data, 1)


@pytest.fixture(scope="module")
def small(data) -> Replication:
    """Three regions with two sites, in which rare things happen more often."""
    often = {"gives_up_practice": 0.03, "reconsider_holder": 0.05, "takeover": 0.4, "closes_after": 1}
    early = {f"extern_rendement_{sex}_1jaar{block}": 0.96 for sex in SEX_IDS for block in ("", "2", "3")}
    scenario = abm.Scenario(end_year=2036, intake_current=40.0, intake=40.0, national=early, **often)
    return Replication(scenario, part(data, ["RA0101", "RA0102", "RA0204"], ["UMCG", "UMCG Emmen"]), 1)


@pytest.fixture(scope="module")
def policy(small) -> Replication:
    """The three regions with measures that reach many."""
    levers = [
        {"kind": "obligation", "regions": ["RA0102", "RA0204"], "obliged_share": 0.5, "years": 3},
        {"kind": "placements", "regions": ["RA0102"], "placed_share": 0.5},
        {"kind": "partner_programme", "regions": ["RA0102"], "partner_loss_mended": 0.5},
        {"kind": "locum_market", "seek_more": 0.5, "settle_more": 0.5},
        {"kind": "settlement_bonus", "regions": ["RA0102"], "established": True},
    ]
    scenario = abm.Scenario.model_validate({**small.model.scenario.model_dump(), "levers": levers})
    return Replication(scenario, small.model.regions, 1)


@pytest.fixture(scope="module")
def some_policy(policy) -> Stories:
    return {key: policy.story(key) for key in policy.ever_worked()[::4]}


@pytest.fixture(scope="module")
def some(whole) -> Stories:
    return {key: whole.story(key) for key in list(whole.row_of)[::200]}


@pytest.fixture(scope="module")
def some_small(small) -> Stories:
    """All who never worked, and some of the others."""
    worked = small.ever_worked()
    never = small.row_of.keys() - set(worked)
    return {key: small.story(key) for key in [*sorted(never), *worked[::8]]}


@pytest.fixture(scope="module")
def all_small(small) -> Stories:
    return {key: small.story(key) for key in small.row_of}


@pytest.fixture
def told(request) -> tuple[Replication, Stories]:
    replication, stories = request.param
    return request.getfixturevalue(replication), request.getfixturevalue(stories)


ON_MANY = pytest.mark.parametrize(
    "told",
    [
        pytest.param(("whole", "some"), id="the country"),
        pytest.param(("small", "some_small"), id="three regions"),
        pytest.param(("policy", "some_policy"), id="three regions with measures"),
        pytest.param(("small", "all_small"), id="all of three regions", marks=pytest.mark.slow),
    ],
    indirect=True,
)


# What is told is what the model did


POLICY = [
    {"kind": "obligation", "regions": ["Zeeland", "Drenthe"], "obliged_share": 0.3, "years": 2},
    {"kind": "travel_support", "regions": ["Zeeland"], "first": 2025},
    {"kind": "placements", "regions": ["Twente"]},
]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"attractiveness": {"Zeeland": 2.0}, "stay": 1.5, "yearly_noise": 2.0}, {"levers": POLICY}],
    ids=["baseline", "other behaviour", "measures"],
)
def test_the_terms_add_up_to_the_utility(data, parameters):
    scenario = abm.Scenario.model_validate({"end_year": 2028, **parameters})
    run = Replication(scenario, data, 3)
    for t, gps in enumerate(run.people[1:], start=1):
        rows = np.flatnonzero(gps.status != Status.LEFT)[::7]
        given_ = (scenario, run.utility, run.tight[t - 1], gps, rows, run.model.draws, data.base_year + t)
        given_ = (*given_, run.model.pull(t))
        utility, parts = location_choice.weigh(*given_), trace.terms(*given_)
        assert set(gps.region[rows] == NOWHERE) == set(gps.partner[rows] == NOWHERE) == {True, False}
        np.testing.assert_allclose(sum(parts.values()), utility, atol=1e-9)
        assert all(term.shape == utility.shape for term in parts.values())
        without = {name for name, term in parts.items() if not term.any()}
        assert without <= {"obligation"} if scenario.levers else without == {"measures", "obligation"}


def test_each_term_moves_with_its_own_cause(data):
    zeeland = data.index("Zeeland")
    base, changed = (
        Replication(abm.Scenario(end_year=2026, **parameters), data, 1)
        for parameters in ({}, {"attractiveness": {"Zeeland": float(data.alpha[zeeland]) + 1}})
    )
    rows = np.arange(0, 14_000, 100)
    one, other = (
        trace.terms(r.model.scenario, r.utility, r.tight[0], r.people[0], rows, r.model.draws, 2026)
        for r in (base, changed)
    )
    for name, before in one.items():
        difference = np.zeros_like(before)
        difference[:, zeeland] = name == "size"
        np.testing.assert_allclose(other[name] - before, difference, atol=1e-12)


def test_keeping_the_states_does_not_change_the_run(whole, data):
    model = abm.SettlementModel(abm.Scenario(), data, rng=1)
    while model.running:
        model.step()
    pd.testing.assert_frame_equal(whole.model.results(), model.results())
    pd.testing.assert_frame_equal(whole.model.gps(), model.gps())


@ON_MANY
def test_the_chosen_region_is_the_best_of_those_listed(told):
    replication, stories = told
    seen = Counter()
    for event in (event for story in stories.values() for event in story if "why" in event.data):
        why, seen[event.kind] = event.data["why"], seen[event.kind] + 1
        points = dict(why.best)
        every = min(trace.BEST, len(replication.model.regions))
        ruled_out = [len(p.where) - p.where.sum() for p in replication.effects.obligations]
        assert every - max(ruled_out, default=0) - (1 if ruled_out else 0) <= len(why.best) <= every
        assert list(points.values()) == sorted(points.values(), reverse=True)
        assert why.chosen == event.data["region"] != why.other
        ahead = sum(why.ahead.values())
        assert ahead > 0
        if event.kind != Kind.MOVES_FOR_PRACTICE:
            assert why.best[0][0] == why.chosen
        if event.kind in (Kind.CHOOSES, Kind.STAYS):
            assert why.best[1][0] == why.other
        if why.chosen in points and why.other in points:
            assert ahead == pytest.approx(points[why.chosen] - points[why.other])
    assert seen.keys() == {Kind.CHOOSES, Kind.STAYS, Kind.MOVES, Kind.MOVES_FOR_PRACTICE}


def where_it_ends(story: list[Event]) -> dict[str, object]:
    """Follow the events and nothing else; returns what the table of GPs should say."""
    now = {"status": "in_training", "role": "in_training", "region_code": "", "practice": -1, "registered": -1}
    others: tuple[str, ...] = ()
    for event in story:
        match event.kind, event.data:
            case Kind.IN_STOCK, {"post": post, "registered": registered}:
                practice = -1 if post.practice is None else post.practice.number
                codes = [region.code for region in post.regions]
                now |= {"status": "working", "role": post.role, "region_code": codes[0], "practice": practice}
                now |= {"registered": registered}
                others = tuple(codes[1:])
            case ((Kind.GRADUATES | Kind.ARRIVES), {"role": role}):
                now |= {"status": "working", "role": role, "registered": event.year}
            case Kind.STOPS_TRAINING, _:
                now |= {"status": "left"}
            case ((Kind.GRADUATES_NOT_AT_WORK | Kind.ARRIVES_NOT_AT_WORK), {"role": role}):
                now |= {"status": "left", "role": role, "registered": event.year}
            case ((Kind.RETIRES | Kind.LEAVES), _):
                now |= {"status": "left", "practice": -1}
            case ((Kind.CHOOSES | Kind.MOVES), {"region": region}):
                now |= {"region_code": region.code, "practice": -1}
                others = ()
            case Kind.GIVES_UP_TO_MOVE | Kind.GIVES_UP | Kind.SETTLES, _:
                now |= {"role": "fixed_locum"}
            case Kind.JOINS, {"practice": practice}:
                now |= {"practice": practice.number}
            case Kind.PRACTICE_CLOSES, {"practice": practice}:
                assert now["practice"] == practice.number
                now |= {"practice": -1}
            case ((Kind.TAKES_OVER | Kind.MOVES_FOR_PRACTICE), {"practice": practice, "region": region}):
                now |= {"role": "holder", "practice": practice.number, "region_code": region.code}
                others = ()
            case Kind.WORKS_IN_SEVERAL, {"regions": several}:
                others = tuple(region.code for region in several[1:])
    second, third = (*others, "", "")[:2]
    return now | {"second_code": second, "third_code": third}


@ON_MANY
def test_the_events_lead_to_where_the_gp_is_at_the_end(told):
    replication, stories = told
    table = replication.model.gps().set_index("key")
    trained = table["registered"] >= 0
    for key, story in stories.items():
        row, found = table.loc[key], where_it_ends(story)
        if row["status"] == "left" and not row["region_code"]:
            del found["role"]  # who never worked has no role
        assert {name: row[name] for name in found} == found, (key, story)
        assert (found["registered"] >= 0) == trained[key]
        years = [event.year for event in story]
        assert years == sorted(years)
        assert story[0].kind == Kind.BORN
        ends = story[-1].kind
        assert (ends == Kind.AT_WORK_AT_END) == (row["status"] == "working")
        assert (ends == Kind.IN_TRAINING_AT_END) == (row["status"] == "in_training")


@pytest.mark.slow
def test_the_stories_of_all_gps_add_up_to_the_flows(small, all_small):
    found: dict[str, Counter[int]] = defaultdict(Counter)
    same = {
        Kind.GRADUATES: "graduation", Kind.ARRIVES: "arrival", Kind.RETIRES: "retirement", Kind.LEAVES: "exit",
        Kind.SETTLES: "to_fixed_locum", Kind.TAKES_OVER: "succession_found",
        Kind.MOVES_FOR_PRACTICE: "succession_found",
    }  # fmt: skip
    for story in all_small.values():
        region, moved = None, {}
        for event in story:
            if event.kind in same:
                found[same[event.kind]][event.year] += 1
            if event.kind in (Kind.MOVES, Kind.MOVES_FOR_PRACTICE):
                moved[event.year] = moved.get(event.year, (event.data["left"],))[0], event.data["region"]
            if event.kind == Kind.CHOOSES:
                region = event.year
        for year, (left, settled) in moved.items():
            found["move_in"][year] += int(year != region and left != settled)
    flows = small.model.flows().groupby(["flow", "year"])["persons"].sum()
    for flow, by_year in found.items():
        assert dict(flows[flow]) == {year: count for year, count in by_year.items() if count}, flow
    assert found.keys() == {*same.values(), "move_in"}


def test_who_never_works_is_told_so(small):
    table = small.model.gps()
    never = table[(table["status"] == "left") & (table["registered"] < 0)]["key"]
    assert len(never)
    for key in never:
        story = small.story(key)
        assert [event.kind for event in story] == [Kind.BORN, Kind.STARTS_TRAINING, Kind.STOPS_TRAINING]
        assert "wordt geen huisarts" in Teller(small.model.regions, "nl").sentence(story[-1])


def test_a_nation_of_one_region_has_nothing_to_choose(data):
    nation = part(data, ["RA1222"], ["Erasmus MC Zeeland"])
    scenario = abm.Scenario(end_year=2032, intake_current=5.0, intake=5.0)
    run = Replication(scenario, nation, 1)
    events = [event for key in list(run.row_of)[::4] for event in run.story(key) if "why" in event.data]
    assert {event.kind for event in events} == {Kind.CHOOSES, Kind.STAYS}
    assert {Teller(nation, "en").sentence(event) for event in events} == {
        "Chooses Zeeland. There is no other region.",
        "Thinks about another region, but stays in Zeeland. There is no other region.",
    }


# In words


def test_every_phrase_says_the_same_in_both_languages():
    for phrase, texts in trace_words.TEXT.items():
        nl, en = ({field for _, field, _, _ in string.Formatter().parse(text) if field} for text in texts)
        assert nl == en, phrase
        assert all(texts), phrase


def test_everything_that_can_happen_is_met_and_told_in_both_languages(some_small, some_policy, small):
    tellers = [Teller(small.model.regions, lang) for lang in scenario_files.LANGUAGES]
    met = set()
    for event in (event for stories in (some_small, some_policy) for story in stories.values() for event in story):
        met.add(event.kind)
        nl, en = (teller.sentence(event) for teller in tellers)
        assert nl != en
        for sentence in (nl, en):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert not re.search(r"[{}_]|  |None|nan|\.\.| ,", sentence), sentence
        assert not re.search(r"\d\.\d(?!\d\d)", nl), nl  # a point only between thousands
        assert not re.search(r"\d,\d(?!\d\d)", en), en
    assert met == set(Kind)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (
            {"A": 4.0, "B": 3.26, "C": 3.97},
            (
                "Verruilt de regio Drenthe voor de regio Zeeland. Daarna: Rijnmond (Rotterdam) met vrijwel "
                "evenveel punten en Drenthe met 0,7 punt minder. Wint het van Drenthe vooral door persoonlijke "
                "voorkeur (+1,2) en tekort aan huisartsen (+0,3), ondanks gehechtheid aan de huidige regio (-0,5) en "
                "banen in de omgeving (-0,3).",
                "Leaves Drenthe for Zeeland. Next: Rijnmond (Rotterdam) with nearly as many points and Drenthe with "
                "0.7 points less. Beats Drenthe mainly through personal taste (+1.2) and shortage of GPs (+0.3), "
                "despite attachment to the present region (-0.5) and jobs within reach (-0.3).",
            ),
        ),
        (
            {"C": 5.0, "A": 4.0, "B": 3.26},
            (
                "Verruilt de regio Drenthe voor de regio Zeeland. Bovenaan: Rijnmond (Rotterdam), Zeeland met "
                "1,0 punt minder en Drenthe met 1,7 punt minder. Wint het van Drenthe vooral door persoonlijke "
                "voorkeur (+1,2) en tekort aan huisartsen (+0,3), ondanks gehechtheid aan de huidige regio (-0,5) en "
                "banen in de omgeving (-0,3).",
                "Leaves Drenthe for Zeeland. At the top: Rijnmond (Rotterdam), Zeeland with 1.0 points less and "
                "Drenthe with 1.7 points less. Beats Drenthe mainly through personal taste (+1.2) and shortage of GPs "
                "(+0.3), despite attachment to the present region (-0.5) and jobs within reach (-0.3).",
            ),
        ),
    ],
)
def test_a_choice_is_told_with_the_best_regions_and_what_made_the_difference(data, points, said):
    named = {
        name: data.members[data.index(code)] for name, code in zip("ABC", ("RA1222", "RA0102", "RA0919"), strict=True)
    }
    best = sorted(((named[name], value) for name, value in points.items()), key=lambda pair: -pair[1])
    ahead = {"taste": 1.23, "jobs": -0.26, "shortage": 0.3, "present": -0.5, "training": 0.04, "size": -0.03}
    why = Reasons(tuple(best), named["A"], named["B"], ahead)
    event = Event(2030, Kind.MOVES, {"left": named["B"], "region": named["A"], "why": why})
    assert tuple(Teller(data, lang).sentence(event) for lang in ("nl", "en")) == said


def test_no_more_than_three_terms_are_told_on_each_side(data):
    zeeland, drenthe = data.members[data.index("Zeeland")], data.members[data.index("Drenthe")]
    ahead = dict(zip(("size", "training", "origin", "partner", "taste"), (5, 4, 3, 2, -9), strict=True))
    event = Event(
        2030,
        Kind.CHOOSES,
        {"region": zeeland, "why": Reasons(((zeeland, 5), (drenthe, 0)), zeeland, drenthe, ahead)},
    )
    said = Teller(data, "en").sentence(event)
    assert "(+3.0), despite personal taste (-9.0)." in said
    assert "partner" not in said


def test_posts_and_practices_are_told_with_their_numbers(data):
    regions_ = tuple(data.members[data.index(code)] for code in ("RA1020", "RA0818", "RA1222"))
    practice = PracticeSeen(12, "Delft", "duo", 4344.4)
    nl, en = (Teller(data, lang) for lang in ("nl", "en"))
    working = Event(
        2040, Kind.AT_WORK_AT_END, {"year": 2040, "age": 45, "post": Post("fixed_locum", regions_, practice)}
    )
    assert nl.sentence(working) == (
        "Op 1 januari 2040: 45 jaar oud, vaste waarnemer in de regio's Haaglanden (Den Haag), Rijnstreek (Leiden) en "
        "Zeeland, praktijk 12 in Delft (duopraktijk, ongeveer 4.340 patiënten)."
    )
    assert en.sentence(working) == (
        "On 1 January 2040: aged 45, a fixed locum in Haaglanden (The Hague), Rijnstreek (Leiden) and Zeeland, "
        "practice 12 in Delft (duo practice, about 4,340 patients)."
    )
    for better, said in ((0, "Den Haag), maar"), (1, "en in één andere regio met"), (4, "en in 4 andere regio's met")):
        event = Event(2040, Kind.FINDS_NO_PRACTICE, {"region": regions_[0], "better": better})
        assert said in nl.sentence(event)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_story_holds_what_the_table_of_gps_says(whole, data, lang):
    table = whole.model.gps().set_index("key")
    trained = (table["block"] != "stock") & (table["training_site"] != "")
    holds = (table["role"] == "holder") & (table["status"] == "working")
    moved = table[trained & holds & (table["since"] > table["registered"])]
    wanted = {Kind.GRADUATES, Kind.MOVES, Kind.TAKES_OVER}
    key = next(key for key in moved.index if wanted <= {event.kind for event in whole.story(key)})
    row = table.loc[key]
    name = {m.code: m.name_nl if lang == "nl" else m.name_en for m in data.members}
    practice = whole.model.practice(int(row["practice"]))
    text = trace_words.page(whole, scenarios.load("baseline"), [key], lang)
    flat = " ".join(text.split())
    for fact in (
        str(key), trace.spelled(key), "seed 1", "baseline", f"{2043 - row['age']}.", name[row["origin_code"]],
        row["training_site"],
        name[row["region_code"]], f"{row['practice']} in {practice.municipality}",
        {"nl": "geen bestaande persoon", "en": "not a real person"}[lang],
        {"nl": "Rondt de huisartsopleiding af", "en": "Finishes GP training"}[lang],
        {"nl": "Kiest de regio", "en": "Chooses"}[lang], {"nl": "Verruilt de regio", "en": "Leaves"}[lang],
        {"nl": f"{row['age']} jaar oud, praktijkhouder", "en": f"aged {row['age']}, a practice holder"}[lang],
    ):  # fmt: skip
        assert fact in flat
    if row["partner_code"]:
        assert name[row["partner_code"]] in flat
    assert re.search(rf"^{row['registered']}  ", text, re.MULTILINE)


def test_lines_fit_and_a_year_is_named_once(whole, some):
    text = trace_words.page(whole, scenarios.load("baseline"), list(some)[::10], "nl", 60)
    assert max(map(len, text.splitlines())) <= 60
    for story in text.split("\n\n")[1:]:
        years = re.findall(r"^(\d{4})  ", story, re.MULTILINE)
        assert years == sorted(set(years))


def test_own_data_and_settings_are_named(tmp_path):
    folder = tmp_path / "mine"
    assert gp_settlement("data", "export", folder).exit_code == 0
    found = gp_settlement("trace", "--random", "1", "--until", "2026", "--data", folder, "--set", "stay=1.0")
    assert found.exit_code == 0, found.output
    flat = " ".join(found.stdout.split())
    assert "Eigen gegevens:" in flat
    assert "stay=1.0" in flat
    assert "Eigen gegevens" not in gp_settlement("trace", "--random", "1", "--until", "2026").stdout


# Keys and the command


@given(cohort=st.integers(0, 255), place=st.integers(0, (1 << 24) - 1))
def test_a_key_can_be_written_in_two_ways(cohort, place):
    key = cohort << 24 | place
    assert trace.spelled(key) == f"{cohort}-{place}"
    assert trace.key_of(trace.spelled(key)) == trace.key_of(str(key)) == key


@pytest.mark.parametrize("text", ["", "x", "-1", "1-", "1.0", "1-2-3", f"1-{1 << 24}", "१"])
def test_what_is_no_key(text):
    assert trace.key_of(text) is None


def test_gps_drawn_are_the_same_again_and_worked(whole, data):
    drawn = whole.drawn(50)
    assert drawn == whole.drawn(50)
    assert drawn[:3] == whole.drawn(3)
    assert len(set(drawn)) == 50
    table = whole.model.gps().set_index("key").loc[drawn]
    assert (table["region_code"] != "").all()
    worked = whole.ever_worked()
    assert sorted(whole.drawn(len(worked))) == worked
    with pytest.raises(InputError, match=f"allowed: 1 to {len(worked)}"):
        whole.drawn(len(worked) + 1)
    assert Replication(abm.Scenario(end_year=2026), data, 2).drawn(3) != drawn[:3]


def test_random_prints_the_same_twice_and_a_key_the_same_story():
    words = ["--until", "2026", "--lang", "en"]
    found = gp_settlement("trace", "--random", "2", *words)
    assert found.exit_code == 0
    assert found.stdout == gp_settlement("trace", "--random", "2", *words).stdout
    assert found.stdout != gp_settlement("trace", "--random", "2", "--seed", "2", *words).stdout
    _, story, _ = found.stdout.strip().split("\n\n")
    for key in re.match(r"GP (\d+) \(also: ([\d-]+)\)", story).groups():
        assert gp_settlement("trace", key, "baseline", *words).stdout.strip().endswith(story)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "found neither KEY nor --random"),
        (["5", "--random", "3"], "found KEY 5 and --random 3"),
        (["5", "baseline", "--random", "3"], "found KEY 5 and --random 3"),
        (["baseline", "5"], "key baseline: found no key"),
        (["99999999"], "key 99999999: no GP of this run has it (seed 1, until 2043)"),
        (["200-0"], "key 3355443200: no GP"),
        (["--random", "1", "baselin"], "did you mean baseline"),
        (["--random", "99999999"], "--random 99999999: found more than ever worked"),
        (["5", "--until", "2020"], "end_year: found 2020"),
        (["5", "--seed", str(1 << 64)], f"seed {1 << 64} is not between"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_2(words, said):
    found = gp_settlement("trace", *words)
    assert found.exit_code == 2
    assert said in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.output


def test_the_example_of_an_unknown_key_can_be_told():
    for word in ("99999999", "nonsense"):
        said = gp_settlement("trace", word, "--until", "2026").stderr
        for key in re.search(r"for instance (\d+), also written ([\d-]+)", said).groups():
            assert gp_settlement("trace", key, "--until", "2026").exit_code == 0


def test_the_lines_of_the_readme_work():
    lines = [
        line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if "gp-settlement trace" in line
    ]
    assert lines
    for line in lines:
        _, *words = shlex.split(line, comments=True)
        found = gp_settlement(*words)
        assert found.exit_code == 0, found.output
        assert found.stdout.count("(also: ") == 3
