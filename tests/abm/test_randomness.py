"""Keyed draws: published answers of the generator, what a draw depends on, and the distributions."""

import ast
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import abm
from abm import careers, national
from abm.randomness import (
    MAX_PLACES,
    PART,
    PLACE_BITS,
    Decision,
    Draws,
    _to_unit,
    first_word,
    gp_keys,
    lottery,
    philox,
    pick,
)

WORD = 0xFFFFFFFF
KEYS = gp_keys(3, np.arange(500))
MANY = gp_keys(0, np.arange(200_000))
words = st.integers(0, WORD)


def blocks_of(counter, key):
    """One block, with block and decision as numbers and as arrays."""
    array = [np.array([word], dtype=np.uint64) for word in counter]
    for block, decision in product((counter[1], array[1]), (counter[3], array[3])):
        words = philox((array[0], block, counter[2], decision), key)
        assert first_word((array[0], block, counter[2], decision), key) == words[0]
        yield tuple(int(word.item()) for word in words)


# --- the generator ---


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((WORD,) * 4, (WORD, WORD), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers_of_random123(counter, key, answer):
    assert set(blocks_of(counter, key)) == {answer}


def scalar_philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 1 << 32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 1 << 32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return tuple(c)


@settings(deadline=None)
@given(st.tuples(words, words, words, words), st.tuples(words, words))
def test_every_block_is_that_of_the_scalar_generator(counter, key):
    assert set(blocks_of(counter, key)) == {scalar_philox(counter, key)}


def test_a_draw_leaves_its_counter_as_it_is():
    counter = keys, block, decision = [np.arange(5, dtype=np.uint64) + start for start in (0, 10, WORD - 9)]
    before = [words.copy() for words in counter]
    for draw in (philox, first_word):
        draw((keys, block, 2030, decision), (1, 2))
        np.testing.assert_array_equal(counter, before)
    keys, others = KEYS.copy(), KEYS[::-1].copy()
    draws = Draws(1)
    draws.uniform(Decision.EXIT, keys, 2030)
    draws.uniforms(Decision.NOISE, keys, 28, 2030)
    draws.pairs(Decision.LIKES_PRACTICE, keys, others, 2030)
    draws.at_once([(Decision.SEX, keys), (Decision.AGE, keys)])
    np.testing.assert_array_equal(keys, KEYS)
    np.testing.assert_array_equal(others, KEYS[::-1])


@settings(deadline=None)
@given(
    st.integers(0, (1 << 64) - 1),
    st.sampled_from(list(Decision)),
    st.lists(st.tuples(words, words), min_size=1, max_size=5),
    st.one_of(st.just(0), st.integers(2000, 2100), words),
)
def test_every_draw_is_a_word_of_the_block_of_its_counter(seed, decision, pairs, year):
    draws, key = Draws(seed), (seed & WORD, seed >> 32)
    keys, others = (np.array(column, dtype=np.uint32) for column in zip(*pairs, strict=True))

    def first(of, other=0, of_decision=decision):
        return (scalar_philox((int(of), int(other), year, of_decision), key)[0] + 0.5) / 2**32

    alone = [first(of) for of in keys]
    assert draws.uniform(decision, keys, year).tolist() == alone
    assert draws.pairs(decision, keys, others, year).tolist() == [first(*pair) for pair in pairs]
    two = draws.at_once([(decision, keys), (Decision.NOISE, others)], year)
    assert [units.tolist() for units in two] == [alone, [first(of, 0, Decision.NOISE) for of in others]]
    for n in (2, 5, 8):
        blocks = [[scalar_philox((int(of), b, year, decision), key) for b in range(-(-n // 4))] for of in keys]
        expected = [[(word + 0.5) / 2**32 for block in of for word in block][:n] for of in blocks]
        assert draws.uniforms(decision, keys, n, year).tolist() == expected


def test_the_counter_is_key_block_year_and_decision_and_the_key_is_the_seed():
    seed = 0x0123456789ABCDEF
    drawn = Draws(seed).uniforms(Decision.NOISE, gp_keys(5, np.array([7])), 8, 2031)[0]
    blocks = [scalar_philox(((5 << PLACE_BITS) + 7, b, 2031, Decision.NOISE), (0x89ABCDEF, 0x01234567)) for b in (0, 1)]
    np.testing.assert_array_equal(drawn, [(word + 0.5) / 2**32 for block in blocks for word in block])


def test_the_counter_of_a_pair_is_both_keys_year_and_decision():
    keys, others = gp_keys(5, np.array([7, 8, 7])), np.array([0, 1, 4836], dtype=np.uint32)
    drawn = Draws(9).pairs(Decision.LIKES_PRACTICE, keys, others, 2031)
    for found, key, other in zip(drawn, keys, others, strict=True):
        first = scalar_philox((int(key), int(other), 2031, Decision.LIKES_PRACTICE), (9, 0))[0]
        assert found == (first + 0.5) / 2**32


# --- what a draw depends on ---


@given(st.permutations(range(40)), st.integers(1, 40), st.integers(1, 30))
def test_a_draw_depends_on_its_own_key_only(order, many, n):
    draws, chosen = Draws(1), np.array(order[:many])
    every = draws.gumbel(Decision.TASTE, KEYS, n, 2030)
    np.testing.assert_array_equal(draws.gumbel(Decision.TASTE, KEYS[chosen], n, 2030), every[chosen])
    np.testing.assert_array_equal(
        draws.uniform(Decision.EXIT, KEYS[chosen], 2030), draws.uniform(Decision.EXIT, KEYS, 2030)[chosen]
    )


@given(st.lists(st.tuples(st.integers(0, 499), st.integers(0, WORD)), min_size=1, max_size=20))
def test_a_draw_of_a_pair_depends_on_that_pair_only(pairs):
    draws, (rows, others) = Draws(1), np.array(pairs).T
    others = others.astype(np.uint32)
    every = draws.pairs(Decision.LIKES_PRACTICE, KEYS[rows], others, 2030)
    for i in range(len(pairs)):
        one = draws.pairs(Decision.LIKES_PRACTICE, KEYS[rows[[i]]], others[[i]], 2030)
        assert one[0] == every[i]


def test_the_draws_of_pairs_are_unrelated():
    draws, n = Draws(1), 400
    keys, others = np.repeat(KEYS[:n], n), np.tile(np.arange(n, dtype=np.uint32), n)
    drawn = draws.pairs(Decision.LIKES_PRACTICE, keys, others, 2030).reshape(n, n)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 0.001
    for along in (drawn, drawn.T):
        assert np.abs(np.corrcoef(along) - np.eye(n)).max() < 6 / np.sqrt(n)
    assert draws.pairs(Decision.LIKES_PRACTICE, KEYS[:0], others[:0], 2030).shape == (0,)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 28])
def test_more_draws_per_key_leave_the_first_ones_alone(n):
    draws = Draws(1)
    more = draws.uniforms(Decision.TASTE, KEYS, 30)
    np.testing.assert_array_equal(draws.uniforms(Decision.TASTE, KEYS, n), more[:, :n])
    np.testing.assert_array_equal(draws.uniform(Decision.TASTE, KEYS), more[:, 0])


def test_asking_changes_nothing():
    draws = Draws(1)
    first = draws.uniform(Decision.SEX, KEYS)
    draws.uniform(Decision.EXIT, KEYS)
    np.testing.assert_array_equal(draws.uniform(Decision.SEX, KEYS), first)


@pytest.mark.parametrize("seeds", [(1, 2), (1, 1 + (1 << 32)), (0, (1 << 64) - 1)])
def test_another_seed_gives_other_draws(seeds):
    first, second = (Draws(seed).uniform(Decision.SEX, KEYS) for seed in seeds)
    assert not (first == second).any()


def test_other_decisions_years_and_cohorts_give_other_unrelated_draws():
    draws = Draws(1)
    columns = [
        draws.uniform(Decision.EXIT, MANY, 2030),
        draws.uniform(Decision.EXIT, MANY, 2031),
        draws.uniform(Decision.EXIT, MANY),
        draws.uniform(Decision.SEX, MANY, 2030),
        draws.uniform(Decision.EXIT, gp_keys(1, np.arange(len(MANY))), 2030),
        draws.uniforms(Decision.EXIT, MANY, 2, 2030)[:, 1],
    ]
    correlation = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(MANY))


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_does_not_fit_is_refused(seed):
    with pytest.raises(ValueError, match=str(seed)):
        Draws(seed)


@pytest.mark.parametrize("many", [len(KEYS), PART // 2])
def test_several_decisions_at_once_are_those_one_by_one(many):
    keys = gp_keys(3, np.arange(many))
    asked = [(Decision.SEX, keys), (Decision.AGE, keys[5:]), (Decision.EXIT, keys[:0]), (Decision.SEX, keys[::-3])]
    found = Draws(5).at_once(asked, 2030)
    assert len(found) == len(asked)
    for units, (decision, of) in zip(found, asked, strict=True):
        np.testing.assert_array_equal(units, Draws(5).uniform(decision, of, 2030))


# --- one place per decision ---


def decisions_in_source():
    """Where the source names a decision, and how often as the first argument of a draw."""
    named, drawn = Counter(), Counter()
    for path in Path(abm.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="Decision"), attr=name):
                    named[name] += 1
                case ast.Call(
                    func=ast.Attribute(attr="reached" | "region_of", value=ast.Name(id="effects")), args=arguments
                ):
                    for one in arguments:
                        match one:
                            case ast.Attribute(value=ast.Name(id="Decision"), attr=name):
                                drawn[name] += 1
                case ast.Call(
                    func=ast.Attribute(attr="uniform" | "at_once" | "uniforms" | "gumbel" | "pairs", value=receiver),
                    args=[first, *_],
                ) if ast.unparse(receiver) not in {"self", "np.random"}:
                    match first:
                        case ast.Name(id="decision"):
                            pass  # handed on: it counts where it is named
                        case ast.ListComp(elt=ast.Tuple(elts=[ast.Subscript(value=ast.Name(id="LUCK")), _])):
                            drawn.update(decision.name for decision in careers.LUCK.values())
                        case ast.Attribute(value=ast.Name(id="Decision"), attr=name):
                            drawn[name] += 1
                        case ast.List(elts=asked):
                            drawn.update(one.elts[0].attr for one in asked)
                        case _:
                            drawn[f"{path.name}:{node.lineno}: {ast.unparse(first)}"] += 1
    return named, drawn


def test_every_decision_is_drawn_in_exactly_one_place():
    named, drawn = decisions_in_source()
    once = dict.fromkeys(Decision.__members__, 1)
    assert drawn == once
    assert named == once


def test_no_two_decisions_share_an_id():
    assert len({int(d) for d in Decision}) == len(Decision.__members__)


# --- keys ---


def test_a_key_is_the_cohort_and_the_place_in_it():
    keys = gp_keys(255, np.array([0, 1, MAX_PLACES - 1]))
    assert keys.dtype == np.uint32
    assert keys.tolist() == [255 << 24, (255 << 24) + 1, (1 << 32) - 1]
    assert gp_keys(0, np.arange(0)).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, MAX_PLACES - 1)), min_size=2, max_size=2, unique=True))
def test_different_gps_have_different_keys(pair):
    first, second = (int(gp_keys(cohort, np.array([place]))[0]) for cohort, place in pair)
    assert first != second


@pytest.mark.parametrize(("cohort", "place"), [(256, 0), (-1, 0), (0, MAX_PLACES), (0, -1)])
def test_a_key_that_does_not_fit_is_refused(cohort, place):
    with pytest.raises(ValueError, match="does not fit"):
        gp_keys(cohort, np.array([0, place]))


def test_cohorts_never_meet_within_the_horizon():
    """Those in training at the base date, entrants and arrivals, for the longest training and the last year."""
    in_training = {careers.FIRST_ENTRY_COHORT - back for back in range(1, national.HORIZON + 2)}
    entering = {careers.FIRST_ENTRY_COHORT + t for t in range(national.HORIZON)}
    arriving = {careers.FIRST_ARRIVAL_COHORT + t for t in range(1, national.HORIZON + 1)}
    groups = [{careers.STOCK_COHORT}, in_training, entering, arriving]
    assert len(set().union(*groups)) == sum(map(len, groups))
    assert max(arriving) < 1 << (32 - PLACE_BITS)
    assert min(in_training) > careers.STOCK_COHORT


# --- distributions ---


def test_the_ends_of_the_range_are_kept_out():
    ends = _to_unit(np.array([0.0, WORD]))
    assert ((ends > 0) & (ends < 1)).all()
    assert np.isfinite(-np.log(-np.log(ends))).all()


def test_uniform():
    drawn = Draws(1).uniform(Decision.SEX, MANY)
    assert ((drawn > 0) & (drawn < 1)).all()
    assert stats.kstest(drawn, "uniform").pvalue > 0.001


def test_gumbel():
    drawn = Draws(1).gumbel(Decision.TASTE, MANY[:50_000], 8).ravel()
    error = np.sqrt(len(drawn))
    assert drawn.mean() == pytest.approx(np.euler_gamma, abs=4 * (np.pi / np.sqrt(6)) / error)
    assert drawn.var() == pytest.approx(np.pi**2 / 6, abs=4 * np.sqrt(4.4 * (np.pi**2 / 6) ** 2) / error)
    assert stats.kstest(drawn, "gumbel_r").pvalue > 0.001


@pytest.mark.parametrize("n", [0, 1, 28])
def test_nobody_draws_nothing(n):
    nobody = gp_keys(0, np.arange(0))
    assert Draws(1).gumbel(Decision.TASTE, nobody, n).shape == (0, n)
    assert Draws(1).uniform(Decision.SEX, nobody).shape == (0,)


# --- classes and places ---


def test_pick_by_hand():
    cumulative = np.array([0.0, 2.0, 2.0, 5.0, 10.0])  # weights 0, 2, 0, 3, 5
    uniform = np.array([1e-12, 0.1999, 0.2, 0.4999, 0.5, 1 - 1e-12])
    assert pick(cumulative, uniform).tolist() == [1, 1, 3, 3, 4, 4]
    assert pick(np.tile(cumulative, (6, 1)), uniform).tolist() == [1, 1, 3, 3, 4, 4]


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=8).filter(lambda w: sum(w) > 1e-3),
    st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=5),
)
def test_pick_is_the_first_class_whose_cumulative_weight_exceeds_the_level(weights, uniform):
    cumulative = np.cumsum(weights)
    expected = [next(i for i, c in enumerate(cumulative) if c > u * cumulative[-1]) for u in uniform]
    assert pick(cumulative, np.array(uniform)).tolist() == expected
    assert pick(np.tile(cumulative, (len(uniform), 1)), np.array(uniform)).tolist() == expected
    assert all(weights[i] > 0 for i in expected)


def test_pick_takes_its_own_row():
    cumulative = np.cumsum([[1, 0, 0], [0, 1, 0], [0, 0, 1]], axis=1).astype(float)
    assert pick(cumulative, np.array([0.5, 0.5, 0.5])).tolist() == [0, 1, 2]


def test_lottery_by_hand():
    choice = np.array([1, 0, 1, 1, 2])
    lot = np.array([0.3, 0.9, 0.1, 0.2, 0.5])
    assert lottery(choice, lot, np.array([1, 2, 0])).tolist() == [False, True, True, True, False]


@given(st.data())
def test_a_lottery_fills_the_places_with_the_lowest_lots_in_any_order(data):
    n = data.draw(st.integers(0, 12))
    choice = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=np.int64)
    lot = np.array(data.draw(st.permutations(range(n))), dtype=float)
    places = np.array(data.draw(st.lists(st.integers(0, 5), min_size=4, max_size=4)))
    won = lottery(choice, lot, places)
    for option in range(4):
        applied = choice == option
        assert won[applied].sum() == min(applied.sum(), places[option])
        losers = lot[applied & ~won]
        assert not len(losers) or (lot[applied & won] < losers.min()).all()
    order = np.array(data.draw(st.permutations(range(n))), dtype=np.int64)
    np.testing.assert_array_equal(lottery(choice[order], lot[order], places), won[order])
