"""The scenarios that a comparison is asked of: the baseline, the others, and the variants of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abm.scenario import Scenario
from experiments import scenarios as files
from experiments.design import Point, points, read_sweep
from experiments.errors import InputError, nearest
from experiments.scenarios import NamedScenario
from regions import Regions

Given = str | Path | Scenario | NamedScenario

NAMED_IN_FOLDER = 3
"""Scenarios that are named in the name of a folder; of more than these, the number."""


@dataclass(frozen=True)
class Asked:
    """The scenarios of a comparison; `points` has what a variant has of a sweep, by its name."""

    baseline: NamedScenario
    others: tuple[NamedScenario, ...]
    points: Mapping[str, Point]
    folder_name: str


def ask(
    given: Sequence[Given],
    settings: Sequence[str],
    until: int | None,
    sweep: Sequence[str],
    sample: int | None,
    seed: int,
    data: Regions,
) -> Asked:
    """Return the scenarios that were asked for, variants of a sweep included; raises `InputError`."""
    sweeps = [read_sweep(text) for text in sweep]
    if not given or (len(given) == 1 and not sweeps):
        raise InputError("found no scenario to compare with the baseline; name one or more, or --sweep KEY=VALUES")
    loaded = [_load(one, settings, until, data) for one in given]
    for setting in settings:
        _known("--set", setting.partition("=")[0].strip(), loaded)
    compared = list(range(1, len(given))) or [0]
    keys = [one.key for one in sweeps]
    for key in keys:
        _known("--sweep", key, [loaded[index] for index in compared])
        if len(given) > 1 and _of_scenario(key):
            raise InputError(
                f"--sweep {key}: would change the scenarios and not {loaded[0].name}, so that its effect counts as "
                "theirs; sweep a lever's field, or name one scenario alone; --set gives a value to all"
            )
    every = points(sweeps, sample, seed, _whole(keys, loaded)) if sweeps or sample is not None else []
    others: list[NamedScenario] = []
    told: dict[str, Point] = {}
    for index in compared:
        own = [key for key in keys if _field(loaded[index].scenario, key)]
        for point in {tuple(point[key] for key in own): {key: point[key] for key in own} for point in every}.values():
            if own:
                others.append(_variant(given[index], settings, until, point, data))
                told[others[-1].name] = point
        if not own:
            others.append(loaded[index])
    names = [loaded[0].name, *(one.name for one in others)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"scenario {twice[0]}: found more than once; give each another name, in its file")
    folder = _folder_name(loaded[0].name, [loaded[index].name for index in compared], keys)
    return Asked(loaded[0], tuple(others), told, folder)


def _load(one: Given, settings: Sequence[str], until: int | None, data: Regions) -> NamedScenario:
    """Return a scenario with the settings that go with it: all of the scenario's fields, and those of its levers."""
    if isinstance(one, Scenario):
        one = NamedScenario(one, {}, {})
    if isinstance(one, NamedScenario):
        if settings:
            raise InputError(f"scenario {one.name}: settings and sweeps go with names and files, found a scenario")
        levers = tuple(
            lever.model_copy(update={"regions": tuple(data.codes[data.index(region)] for region in lever.regions)})
            for lever in one.scenario.levers
        )
        changed = {"levers": levers} | ({} if until is None else {"end_year": until})
        return replace(one, scenario=one.scenario.model_copy(update=changed))
    last = [] if until is None else [f"end_year={until}"]
    general = [setting for setting in settings if _of_scenario(setting)]
    found = files.load(one, [*general, *last], data)
    of_levers = [text for text in settings if not _of_scenario(text) and _field(found.scenario, text.partition("=")[0])]
    return files.load(one, [*general, *of_levers, *last], data) if of_levers else found


def _variant(one: Given, settings: Sequence[str], until: int | None, point: Point, data: Regions) -> NamedScenario:
    """Return a scenario with the values of a point of a sweep, and a name that tells them."""
    values = [f"{key}={value}" for key, value in point.items()]
    try:
        found = _load(one, [*settings, *values], until, data)
    except InputError as error:
        raise InputError(f"--sweep {', '.join(values)}: {error}") from None
    told = "-".join(f"{key}-{value}" for key, value in point.items())
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in f"{found.name}-{told}")
    return replace(found, scenario=found.scenario.model_copy(update={"name": name}))


def _of_scenario(setting: str) -> bool:
    """Return whether a setting KEY=VALUE, or a key, is not that of a lever."""
    key = setting.partition("=")[0].strip()
    return not key or key.partition(".")[0] in Scenario.model_fields


def _field(scenario: Scenario, key: str) -> Any:
    """Return the field of the scenario, or of one of its levers (FIELD or LEVER.FIELD), that a key means, or None."""
    first, _, rest = key.strip().partition(".")
    if first in Scenario.model_fields:
        return Scenario.model_fields[first]
    for lever in scenario.levers:
        name = rest.partition(".")[0] if first == lever.name else first
        if name in type(lever).model_fields:
            return type(lever).model_fields[name]
    return None


def _known(option: str, key: str, named: Sequence[NamedScenario]) -> None:
    """Raise `InputError` for a key that none of the scenarios has."""
    if key and not any(_field(one.scenario, key) for one in named):
        levers = {f"{lever.name}.{name}" for one in named for lever in one.scenario.levers for name in _sizes(lever)}
        known = [*Scenario.model_fields, *sorted({text.partition(".")[2] for text in levers}), *sorted(levers)]
        told = sorted(levers) or Scenario.model_fields
        raise InputError(f"{option} {key}: no parameter of the scenarios or their levers{nearest(key, known, told)}")


def _sizes(lever: Any) -> Iterable[str]:
    return [name for name, one in type(lever).model_fields.items() if one.json_schema_extra]


def _whole(keys: Sequence[str], named: Sequence[NamedScenario]) -> set[str]:
    """Return the keys that take whole numbers."""
    every = {key: [_field(one.scenario, key) for one in named] for key in keys}
    return {key for key, found in every.items() if any(one is not None and one.annotation is int for one in found)}


def _folder_name(baseline: str, others: Sequence[str], keys: Sequence[str]) -> str:
    named = others if len(others) <= NAMED_IN_FOLDER else [others[0], "and", str(len(others) - 1), "more"]
    by = ["by", *keys] if keys else []
    return "-".join([baseline, "vs", *named, *by])
