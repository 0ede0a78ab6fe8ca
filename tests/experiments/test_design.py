from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from experiments.design import CHUNK_RUNS, Design, Run, chunks, replication_seeds


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
