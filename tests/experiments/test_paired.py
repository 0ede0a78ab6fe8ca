from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments import paired
from experiments.paired import pairs_needed, quantiles, ratio_interval

T4 = 2.7764451051977987  # Student's t for 95% with four degrees of freedom


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def test_a_paired_difference_by_hand():
    found = paired.paired(column(10, 20, 30, 40, 50), column(11, 22, 33, 44, 55), better=1)
    assert found.mean_baseline[0] == 30
    assert found.mean_scenario[0] == 33
    assert found.difference[0] == 3
    assert found.sd[0] ** 2 == pytest.approx(2.5)
    half = T4 * np.sqrt(2.5 / 5)
    assert (found.low[0], found.high[0]) == pytest.approx((3 - half, 3 + half))
    assert (found.share_better[0], found.share_same[0], found.share_worse[0]) == (1, 0, 0)
    # independent: var 250 and 302.5, paired: 2.5
    assert found.variance_ratio[0] == pytest.approx(221)
    assert found.pairs[0] == 5


def test_the_interval_is_that_of_scipy():
    rng = np.random.default_rng(3)
    before = rng.normal(100, 10, 40)
    after = before + rng.normal(1, 2, 40)
    found = paired.paired(before[:, None], after[:, None])
    expected = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(("better", "shares"), [(1, (0.5, 0.25, 0.25)), (-1, (0.25, 0.25, 0.5))])
def test_ties_are_counted_as_such(better, shares):
    found = paired.paired(column(5, 5, 5, 5), column(6, 7, 5, 4), better)
    assert (found.share_better[0], found.share_same[0], found.share_worse[0]) == shares


def test_without_a_better_direction_only_ties_are_told():
    found = paired.paired(column(5, 5), column(6, 5), 0)
    assert np.isnan(found.share_better[0])
    assert np.isnan(found.share_worse[0])
    assert found.share_same[0] == 0.5


def test_rounding_is_no_difference():
    found = paired.paired(column(1000, 0.1 + 0.2, 5, 5, 5), column(1000 + 1e-10, 0.3, 5, 5, 5), 1)
    assert found.share_same[0] == 1
    assert found.difference[0] == found.sd[0] == found.low[0] == 0
    assert np.isnan(found.variance_ratio[0])


def test_a_pair_with_one_side_missing_is_left_out():
    before, after = column(10, np.nan, 30, 5, 20, 20, 20), column(11, 22, 33, np.nan, 22, 22, 22)
    found = paired.paired(before, after, 1)
    assert found.pairs[0] == 5
    assert found.mean_baseline[0] == 20
    assert found.difference[0] == 2
    assert found.sd[0] == pytest.approx(np.sqrt(2 / 4))
    assert found.share_better[0] == 1
    assert (found.run_low[0], found.run_high[0]) == pytest.approx((1.2, 2.8))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_of_too_few_pairs_there_is_no_interval(count):
    before = np.where(np.arange(4) < count, 1.0, np.nan)[:, None]
    found = paired.paired(before, column(2, 3, 4, 5), 1)
    assert found.pairs[0] == count
    assert np.isnan([found.low[0], found.high[0], found.run_low[0], found.run_high[0]]).all()
    assert np.isnan(found.sd[0]) == np.isnan(found.variance_ratio[0]) == (count < 2)
    assert np.isnan(found.difference[0]) if count == 0 else found.difference[0] == {1: 1, 4: 2.5}[count]


def test_quantiles_are_those_of_numpy_without_what_is_missing():
    values = np.random.default_rng(1).normal(size=(31, 4, 3))
    values[[2, 5, 9], 1, 2] = np.nan
    values[:, 0, 0] = np.nan
    for share, found in zip((0.05, 0.5, 0.95), quantiles(values, (0.05, 0.5, 0.95)), strict=True):
        expected = np.full((4, 3), np.nan)
        for cell in np.ndindex(4, 3):
            there = values[(slice(None), *cell)]
            there = there[~np.isnan(there)]
            expected[cell] = np.quantile(there, share) if len(there) else np.nan
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("sd", "half"), [(3.0, 1.0), (3.0, 0.1), (0.5, 1.0)])
def test_pairs_needed_is_the_smallest_number_that_is_enough(sd, half):
    needed = pairs_needed(sd, half)
    assert needed is not None
    assert paired.half_width(sd, needed) <= half
    assert needed == paired.FEWEST or paired.half_width(sd, needed - 1) > half


def test_pairs_needed_by_hand_and_without_an_answer():
    assert pairs_needed(3.0, 1.0) == 38  # t is 2.026 with 37 degrees of freedom: 2.026 * 3 / 38 ** 0.5 = 0.986
    assert pairs_needed(0.0, 1.0) == paired.FEWEST
    assert pairs_needed(np.nan, 1.0) is None
    assert pairs_needed(1e6, 1e-3) is None


def test_a_ratio_and_its_interval_by_hand():
    # Both move together, so that the ratio is 3 whatever happens.
    assert ratio_interval(np.array([27.0, 30, 33, 30, 30]), np.array([9.0, 10, 11, 10, 10])) == pytest.approx(
        (3, 3, 3), abs=1e-5
    )
    # Under without spread: the interval is that of a mean, over 2.
    half = T4 * np.sqrt(2.5 / 5) / 2
    assert ratio_interval(np.array([4.0, 5, 6, 7, 8]), np.full(5, 2.0)) == pytest.approx((3, 3 - half, 3 + half))


def test_a_ratio_agrees_with_the_bootstrap():
    rng = np.random.default_rng(8)
    gain = rng.normal(10, 4, 200)
    cost = 50 + 3 * gain + rng.normal(0, 8, 200)
    value, low, high = ratio_interval(cost, gain)
    boot = stats.bootstrap(
        (cost, gain),
        lambda a, b, axis: a.mean(axis=axis) / b.mean(axis=axis),
        paired=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert value == pytest.approx(cost.mean() / gain.mean())
    assert (low, high) == pytest.approx((boot.low, boot.high), rel=0.02)


@pytest.mark.parametrize(
    "gain",
    [[1.0, -1, 0.5, 0, 0], [-1.0, -1.1, -0.9, -1, -1], [0.0, 0, 0, 0, 0], [1.0, 1, 1, 1, np.nan]],
    ids=["zero", "less", "none", "few"],
)
def test_where_nothing_is_gained_there_is_no_ratio(gain):
    assert np.isnan(ratio_interval(np.array([1.0, 2, 3, 4, 5]), np.array(gain))).all()
