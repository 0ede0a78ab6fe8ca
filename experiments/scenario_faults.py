"""What is wrong with the values of a scenario: where, what was found, and what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from pydantic import ValidationError

import abm
import regions
from abm import levers, national
from abm.fixed import OF_THE_DATA, OVERRIDES, prepare
from experiments import groups
from experiments.errors import InputError, nearest, shown
from experiments.scenario_files import LANGUAGES, NAME_ALLOWED, Grouped, Heading, Keys

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

TABLES = ("national", "attractiveness")
"""Scenario fields that hold a value by name."""
KINDS: Mapping[str, type[levers.Lever]] = {
    model.model_fields["kind"].default: model for model in get_args(get_args(levers.AnyLever)[0])
}
"""The class of each kind of lever."""
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
COUNTED = ("euro", "persons", "places", "patients")
"""Units of which nobody gives thousandths."""

Fault = tuple[Keys, str]
TOO_LARGE: Fault = ((), "a number in it is too large, or too near 0, to work with")


def with_codes(values: Mapping[str, Any], data: regions.Regions) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values with the regions of levers as codes, and what is wrong with regions."""
    found = values.get("levers")
    if not isinstance(found, list):
        return dict(values), []
    items, faults = [], list[Fault]()
    for number, lever in enumerate(found):
        if isinstance(lever, dict) and "regions" in lever:
            try:
                lever = {**lever, "regions": groups.codes(lever["regions"], data)}
            except InputError as error:
                faults += [(("levers", number, "regions"), line) for line in str(error).splitlines()]
                lever = {key: value for key, value in lever.items() if key != "regions"}
        items.append(lever)
    return {**values, "levers": items}, faults


def of_values(values: Mapping[str, Any], data: regions.Regions) -> list[Fault]:
    """Return what is wrong with values, each for itself."""
    resolved, faults = with_codes(values, data)
    unclear = {path[:-1] for path, _ in faults}
    grouped = dict(_all_thousands(values))
    faults += grouped.items()
    try:
        abm.Scenario.model_validate(resolved)
    except ValidationError as error:
        # What is wrong with a lever as a whole may be so because its regions are.
        found = (fault for fault in explain(values, error) if fault[0] not in {*unclear, *grouped})
        faults += [_at_field(values, fault) for fault in found]
    except OverflowError:
        faults.append(TOO_LARGE)
    return [*faults, *_of_national(values.get("national")), *_of_attractiveness(values.get("attractiveness"), data)]


def _of_national(ids: object) -> Iterator[Fault]:
    """Yield what is wrong with the ids of the national model's parameters."""
    for key in ids if isinstance(ids, dict) else ():
        if key in OF_THE_DATA:
            yield ("national", key), "is fixed by the data folder; change it there"
        elif key not in national.REQUIRED_IDS:  # of these the scenario itself refuses some
            yield ("national", key), f"no such parameter{nearest(key, OVERRIDES)}"


def _of_attractiveness(places: object, data: regions.Regions) -> Iterator[Fault]:
    """Yield what is wrong with the regions of which the attractiveness is set."""
    named: dict[int, str] = {}
    for key in places if isinstance(places, dict) else ():
        try:
            first = named.setdefault(data.index(key), key)
        except regions.DataError as error:
            yield ("attractiveness", key), str(error)
        else:
            if first != key:
                yield ("attractiveness", key), f"is the same region as {first}, allowed is once"


def _all_thousands(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield each count or amount in euro, of scenario or lever, that may be meant as thousands."""
    yield from _thousands(values, abm.Scenario.model_fields)
    items = values.get("levers")
    for number, lever in enumerate(items if isinstance(items, list) else ()):
        if isinstance(lever, dict) and lever.get("kind") in list(KINDS):
            yield from _thousands(lever, KINDS[lever["kind"]].model_fields, ("levers", number))
            yield from _thousands(lever.get("cost"), levers.Cost.model_fields, ("levers", number, "cost"))


def _thousands(values: object, fields: Mapping[str, FieldInfo], path: Keys = ()) -> Iterator[Fault]:
    """Yield each count or amount among values that was written with three decimals, at `path` and below."""
    for key, value in values.items() if isinstance(values, dict) else ():
        about = fields[key].json_schema_extra if key in fields else None
        counted = isinstance(about, dict) and str(about.get("unit")).startswith(COUNTED)
        parts = value.items() if isinstance(value, dict) else [(None, value)]
        for part, one in parts if counted else ():
            if isinstance(one, Grouped):
                where = (*path, key) if part is None else (*path, key, part)
                whole = int(one.text.replace(".", ""))
                text = f"found {one.text}, in which the point is a decimal point; write {whole} for thousands"
                yield where, f"{text}, or {one.text}0 for {one:g}"


def contradictions(scenario: abm.Scenario, data: regions.Regions) -> list[Fault]:
    """Return what of a scenario contradicts itself or the data."""
    first = int(data.base_year)
    if not first < scenario.end_year <= first + national.HORIZON:
        allowed = f"{first + 1} to {first + national.HORIZON}"
        return [(("end_year",), f"found {scenario.end_year}, allowed with these data is {allowed}")]
    if faults := _of_levers(scenario, data):
        return faults
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            prepare(scenario, data)
    except ValueError as error:
        heading, *lines = str(error).splitlines()  # with lines below it if it is of the national model's table
        told = [f"national.{line}" for line in lines] or [heading]
        return [(tuple(key.split(".")), text) for key, _, text in (line.partition(": ") for line in told)]
    except (OverflowError, FloatingPointError):
        return [TOO_LARGE]
    return []


def _of_levers(scenario: abm.Scenario, data: regions.Regions) -> list[Fault]:
    """Return which levers contradict the data, or those before them."""
    faults, kept = list[Fault](), list[levers.AnyLever]()
    with_sites = levers.with_sites(scenario, data)
    adjustment = int(scenario.national.get("bijsturingsjaar", data.national["bijsturingsjaar"]))
    for number, lever in enumerate(scenario.levers):
        some = scenario.model_copy(update={"levers": (*kept, lever)})
        try:
            levers.effects(some, with_sites, adjustment)
        except ValueError as error:
            faults.append(_at_lever(number, lever, str(error)))
        else:
            kept.append(lever)
    return faults


def _at_field(values: Mapping[str, Any], fault: Fault) -> Fault:
    """Return the fault of a lever as a whole as that of the field that its message blames, if the field was given."""
    path, message = fault
    lever = _value(values, path) if _is_lever(path) else None
    key, _, text = message.partition(": ")
    fields = key.split(".")
    return ((*path, *fields), text) if isinstance(lever, dict) and fields[0] in lever else fault


def _at_lever(number: int, lever: levers.AnyLever, message: str) -> Fault:
    """Return the fault of a lever from the message of the model."""
    key, _, text = message.partition(": ")
    fields = key.removeprefix(f"levers.{lever.name}").strip(".") if key != "levers" else ""
    return ("levers", number, *fields.split(".")) if fields else ("levers", number), text


def lever_fields(model: type[levers.Lever]) -> list[str]:
    """Return the keys of a lever's values, those of its cost with a point."""
    return [*model.model_fields, *(f"cost.{name}" for name in levers.Cost.model_fields)]


# Messages ------------------------------------------------------------------------------------------------------------


def explain(values: Mapping[str, Any], error: ValidationError) -> list[Fault]:
    """Return what is wrong with which value: what was found and what is allowed."""
    faults: dict[Keys, list[ErrorDetails]] = {}
    for fault in error.errors():
        faults.setdefault(_path(values, fault["loc"]), []).append(fault)
    # Of a field with several types, the fault that lies deepest tells most.
    deepest = {
        path: found
        for path, found in faults.items()
        if not any(other != path and other[: len(path)] == path for other in faults) or _is_lever(path)
    }
    return [(path, _text(values, path, found)) for path, found in deepest.items()]


def first_found(values: Mapping[str, Any], error: ValidationError) -> str:
    """Return the first value that is wrong, for where it cannot be put right: without what is allowed."""
    path, text = explain(values, error)[0]
    return f"{key_of(values, path)}: {text.partition('; ')[0]}"


def _is_lever(path: Keys) -> bool:
    return len(path) == 2 and path[0] == "levers"


def _text(values: Mapping[str, Any], path: Keys, faults: Sequence[ErrorDetails]) -> str:
    kind = faults[0]["type"]
    if path == ("name",):
        return f"found {shown(faults[0]['input'])}, {NAME_ALLOWED}; rename the file, or set name in it"
    if kind == "extra_forbidden":
        noun = "language" if path[0] in ("title", "description") else "parameter"
        return f"no such {noun}{_known(values, path)}"
    if kind == "value_error":
        return str(faults[0]["ctx"]["error"])
    if kind == "union_tag_not_found":
        return f"found no kind; there are {', '.join(KINDS)}"
    if kind == "union_tag_invalid":
        found = _value(values, (*path, "kind"))
        return f"kind: found {shown(found)}{nearest(str(found), KINDS)}"
    allowed = dict.fromkeys(_allowed(fault["msg"]) for fault in faults)
    return f"found {shown(faults[0]['input'])}, allowed: {', or '.join(allowed)}"


def _allowed(message: str) -> str:
    """Return what is allowed, in the words of TOML."""
    text = re.sub("^(Input|String|Value) should (be )?", "", message)
    text = re.sub("^match pattern", "text that matches", text)
    text = re.sub("^have", "text that has", text)
    text = re.sub("a valid dictionary or instance of Texts", "a table with nl and en", text)
    text = re.sub("a valid dictionary or .*", "a table", text)
    for ours, theirs in {"table": "valid dictionary", "list": "valid tuple", "whole number": "valid integer"}.items():
        text = text.replace(theirs, ours)
    return text.replace("a valid string", "text")


def _known(values: Mapping[str, Any], path: Keys) -> str:
    """Return the end of the message about a key that is not known."""
    key = str(path[-1])
    if path[0] in ("title", "description"):
        misplaced = key in abm.Scenario.model_fields or key in Heading.model_fields
        return "; it belongs above the first line in [brackets]" if misplaced else f"; there are {', '.join(LANGUAGES)}"
    if path[0] == "levers" and len(path) > 2:
        model = KINDS[_value(values, (*path[:2], "kind"))]
        return nearest(key, levers.Cost.model_fields if path[2] == "cost" and len(path) > 3 else model.model_fields)
    if kinds := [kind for kind, model in KINDS.items() if key in model.model_fields]:
        where = "a lever" if len(kinds) == len(KINDS) else f"a lever of kind {' or '.join(kinds)}"
        return f"; it belongs to {where}, below [[levers]]"
    return nearest(key, [*abm.Scenario.model_fields, *Heading.model_fields], abm.Scenario.model_fields)


def _value(values: Any, path: Keys) -> Any:
    for key in path:
        values = values[key]
    return values


def _path(values: Any, loc: Sequence[int | str]) -> Keys:
    """Return the part of a fault's location that is in the values, without the names of types in between."""
    if loc[0] == "levers":
        loc = (*loc[:2], *loc[3:])  # the third is the kind
    path: list[str | int] = []
    for part in loc:
        key = str(part) if isinstance(values, Mapping) else part  # the model may have made a number of a key
        here = isinstance(values, Mapping) and key in values
        if here or (isinstance(values, list) and isinstance(key, int) and key < len(values)):
            values = values[key]
            path.append(key)
    return tuple(path) or (loc[0],)


def lever_name(lever: object) -> str | None:
    """Return the name of a lever as it stands in a file."""
    name = lever.get("name") or lever.get("kind") if isinstance(lever, dict) else None
    return name if isinstance(name, str) else None


def key_of(values: Mapping[str, Any], path: Keys) -> str:
    """Return a key as people write it, a lever by its name."""
    parts = [str(part) if BARE_KEY.fullmatch(str(part)) else json.dumps(part, ensure_ascii=False) for part in path]
    if len(path) > 1 and path[0] == "levers":
        number = int(path[1])
        name = lever_name(values["levers"][number])
        parts[:2] = [f"levers.{name}" if name and BARE_KEY.fullmatch(name) else f"levers[{number + 1}]"]
    return ".".join(parts)
