from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.design import CHUNK_RUNS, Design, Run, chunks, points, read_sweep, replication_seeds


def test_seeds_differ_and_do_not_depend_on_how_many_are_asked_for():
    seeds = replication_seeds(1, 1000)
    assert len(set(seeds)) == 1000
    assert replication_seeds(1, 10) == seeds[:10]
    assert not set(seeds) & set(replication_seeds(2, 1000))


def test_scenarios_share_the_seed_of_a_replication(design):
    (named,) = design(intake=900).scenarios
    other = replace(named, scenario=named.scenario.model_copy(update={"name": "other"}))
    runs = Design((named, other), 3, seed=1).runs()
    assert [run.number for run in runs] == list(range(6))
    assert [(run.scenario, run.replication) for run in runs[:3]] == [("baseline", 0), ("other", 0), ("baseline", 1)]
    assert runs[0].seed == runs[1].seed != runs[2].seed


def test_more_replications_add_runs_at_the_end(design):
    assert design(30).runs()[:12] == design(12).runs()


@given(st.sets(st.integers(0, 60)))
def test_chunks_hold_neighbours_in_one_cell_of_a_fixed_grid(numbers: set[int]):
    runs = [Run(number, "baseline", number, number) for number in sorted(numbers)]
    found = list(chunks(runs))
    assert [run for chunk in found for run in chunk] == runs
    for chunk in found:
        first, last = chunk[0].number, chunk[-1].number
        assert last - first == len(chunk) - 1
        assert first // CHUNK_RUNS == last // CHUNK_RUNS


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x=0:0.3:0.1", ("0", "0.1", "0.2", "0.3")),
        ("x=0:1:0.4", ("0", "0.4", "0.8")),
        ("x=2:-1:-1", ("2", "1", "0", "-1")),
        ("x=1e3:2e3:500", ("1000", "1500", "2000")),
        ("x=5:5:1", ("5",)),
        (" lever.x = low , high ", ("low", "high")),
    ],
)
def test_a_sweep_has_the_values_that_were_written(text, values):
    found = read_sweep(text)
    assert found.values == values
    assert found.key == text.partition("=")[0].strip()


def test_every_combination_comes_once_the_last_key_fastest():
    found = points([read_sweep("a=1,2"), read_sweep("b=x,y,z")], None, 1)
    assert [(point["a"], point["b"]) for point in found] == [(a, b) for a in "12" for b in "xyz"]


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_a_sample_has_one_point_in_each_slice_and_stays_in_the_range(sample, seed):
    found = points([read_sweep("a=0.12345:9.87654"), read_sweep("b=-3:5")], sample, seed)
    assert len(found) == sample
    for key, low, high in (("a", 0.12345, 9.87654), ("b", -3, 5)):
        values = sorted(float(point[key]) for point in found)
        assert low <= values[0] <= values[-1] <= high
        width = (high - low) / sample
        for number, value in enumerate(values):  # written to four digits
            assert low + number * width - 0.001 <= value <= low + (number + 1) * width + 0.001
    assert points([read_sweep("a=0.12345:9.87654"), read_sweep("b=-3:5")], sample, seed) == found
