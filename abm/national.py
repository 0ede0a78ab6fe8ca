"""The national capacity model: how many GPs there will be, are needed, and must start training each year.

A re-implementation of the model behind the plan of 2025 (Capaciteitsorgaan, Capaciteitsplan
Huisartsgeneeskunde 2025, public dashboard data), for the parameter table of any plan year.

Supply is the sum of five blocks of heads, each by sex: the stock working at the base date, those in
training then, the entrants until the adjustment year, the entrants from that year on, and arrivals from
abroad. Demand is base supply plus unmet demand, growing by demography and by a scenario. The required
inflow is the yearly number of entrants from the adjustment year on that closes the gap in a given year.

Symbols: t = years since the base date, 0...20, every state that of 1 January; K = years from base to
adjustment; s = sex; e_s(t) = external yield, the share still working t years after finishing; m(t) =
yearly cohorts that have finished; phi_s(t) = fte per head; L = training duration, C = L rounded up.
Arrays have the axes (block, sex, t) in the orders of `BLOCKS` and `regions.SEXES`, with t = 0...20 last.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regions.people import SEX_IDS

Array = NDArray[np.float64]
YieldRule = Literal["straight", "reference"]

BLOCKS = ("stock", "training", "until_adjustment", "after_adjustment", "abroad")
YIELD_RULES: tuple[YieldRule, ...] = get_args(YieldRule)
LEVELS = ("low", "middle", "high")
SCENARIOS = (1, 2, 3, 4, 6)
STOCK, TRAINING, UNTIL_ADJUSTMENT, AFTER_ADJUSTMENT, ABROAD = range(len(BLOCKS))

NODE_YEARS = (0, 5, 10, 15, 20)  # where the table gives points of outflow, fte per head and demography
YIELD_YEARS = (1, 5, 10, 15)  # where it gives points of the external yield
HORIZON = NODE_YEARS[-1]
LARGEST = 1e9  # no number of a plan comes near; far beyond it sums become infinite
_T = np.arange(HORIZON + 1)
DURATION_DECIMALS = 9  # 0.1 + 0.2 years and the like must not count as a part year more

_LEVEL_NAMES = ("laag", "midden", "hoog")
_NODE_NAMES = ("vijf", "tien", "vijftien", "twintig")
_SUFFIXES = ("", "2", "3")

_YEARS = ("basisjaar", "bijsturingsjaar", "trendjaar", "evenwichtsjaar1", "evenwichtsjaar2")
_FTE = [[f"fte_{s}_basis{n}" for n in ("", *(f"_{n}" for n in _NODE_NAMES))] for s in SEX_IDS]
_OUTFLOW = [[f"uitstroom_{s}_basis_{n}" for n in _NODE_NAMES] for s in SEX_IDS]
_SIZE = ["aanbod_personen", *(f"n_inopleiding_perjaar{b}" for b in _SUFFIXES), "n_buitenland"]
_WOMEN = ["per_vrouw_basis", *(f"per_vrouw_opleiding{b}" for b in _SUFFIXES), "per_vrouw_buitenland"]
_DURATION = [f"opleidingsduur{b}" for b in _SUFFIXES]
_INTERNAL = [f"intern_rendement{b}" for b in _SUFFIXES]
_EXTERNAL = [[[f"extern_rendement_{s}_{y}jaar{b}" for y in YIELD_YEARS] for s in SEX_IDS] for b in _SUFFIXES]
_UNMET = [f"onv_vraag_{v}" for v in _LEVEL_NAMES]
_DEMOGRAPHY = [[f"demo_{y}_{v}" for y in NODE_YEARS[1:]] for v in _LEVEL_NAMES]
_WORK_PROCESS = [[f"{x}_{v}" for x in ("epi", "soc", "vak", "eff", "hor")] for v in _LEVEL_NAMES]
_WORKING_TIME = [f"tijd_{v}" for v in _LEVEL_NAMES]
_SUBSTITUTION = [f"ver_{v}" for v in _LEVEL_NAMES]


class NationalParameterError(ValueError):
    """A parameter table that cannot be projected; `faults` and the message hold everything wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        """Join the faults, one a line."""
        self.faults = tuple(faults)
        number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"national parameter table, {number}:", *faults]))


def _rules() -> Iterator[tuple[ArrayLike, str, Callable[[float], bool]]]:
    """Ids, in nested lists, with what is allowed for each of them, in words and as a test."""
    yield _YEARS, "a whole year", float.is_integer
    yield _SIZE[:TRAINING], "a number above 0", lambda x: x > 0
    yield _SIZE[TRAINING:], "a number, 0 or more", lambda x: x >= 0
    yield _DURATION, f"a number above 0, at most {HORIZON}", lambda x: 0 < x <= HORIZON
    yield _WORKING_TIME, "a number below 1", lambda x: x < 1
    yield _FTE, "a number above 0", lambda x: x > 0
    for shares in (_WOMEN, _INTERNAL, _EXTERNAL, _OUTFLOW):
        yield shares, "a number from 0 to 1", lambda x: 0 <= x <= 1
    for growth in (_UNMET, _DEMOGRAPHY):
        yield growth, "a number, -1 or more", lambda x: x >= -1
    for yearly_growth in (_WORK_PROCESS, _SUBSTITUTION):
        yield yearly_growth, "a number", math.isfinite


_RULES = {str(name): (allowed, holds) for ids, allowed, holds in _rules() for name in np.ravel(ids)}
REQUIRED_IDS = tuple(_RULES)


def _relations(v: Mapping[str, float]) -> Iterator[tuple[str, bool, str]]:
    """Id, whether it contradicts another id, what is allowed; a NaN contradicts nothing."""
    base, adjustment, trend, first, second = (v[name] for name in _YEARS)
    last, trend_years = base + HORIZON, min(trend - base, HORIZON)
    yield "bijsturingsjaar", adjustment <= base, f"after basisjaar ({base:g})"
    yield "trendjaar", trend < base, f"basisjaar ({base:g}) or later"
    for name, year in (("evenwichtsjaar1", first), ("evenwichtsjaar2", second)):
        yield name, year <= adjustment, f"after bijsturingsjaar ({adjustment:g})"
        yield name, year > last, f"at most {last:g}, {HORIZON} years after basisjaar"
    yield "evenwichtsjaar2", second < first, f"evenwichtsjaar1 ({first:g}) or later"
    for nodes in _OUTFLOW:
        for before, after in pairwise(nodes):
            yield after, v[after] < v[before], f"at least {before} ({v[before]}): outflow is cumulative"
    for *_, year10, year15 in np.reshape(_EXTERNAL, (-1, len(YIELD_YEARS))).tolist():
        allowed = f"enough for the line from {year10} ({v[year10]}) to stay above 0 until year {HORIZON}"
        yield year15, 2 * v[year15] - v[year10] < 0, allowed
    for name in _WORKING_TIME:
        yield name, v[name] * trend_years >= 1, f"below 1/{trend_years:g}: it adds up until trendjaar"


def _check(table: Mapping[str, float]) -> None:
    sound = dict.fromkeys(REQUIRED_IDS, math.nan)
    faults = []
    for name, (allowed, holds) in _RULES.items():
        value: object = table.get(name)
        number = float(value) if isinstance(value, Real) else math.nan
        if math.isfinite(number) and holds(number) and abs(number) <= LARGEST:
            sound[name] = number
        else:
            allowed += f", not larger than {LARGEST:g}" if math.isfinite(number) and abs(number) > LARGEST else ""
            found = (value if isinstance(value, Real) else repr(value)) if name in table else "nothing"
            faults.append(f"{name}: found {found}, allowed: {allowed}")
    contradictions = ((name, allowed) for name, bad, allowed in _relations(sound) if bad)
    faults += [f"{name}: found {table[name]}, allowed: {allowed}" for name, allowed in contradictions]
    if faults:
        raise NationalParameterError(faults)


def _lock(record: Any) -> None:
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


@dataclass(frozen=True, eq=False)
class NationalParameters:
    """The parameters of one plan, as read-only arrays; make one with `from_table`.

    Blocks in the order of `BLOCKS`, sexes of `regions.SEXES`, levels of `LEVELS`. Shares are fractions.
    """

    base_year: int
    adjustment_year: int  # the first year in which a changed inflow can start
    trend_year: int  # the last year in which temporary trends of demand still grow
    equilibrium_years: tuple[int, int]  # an earlier alternative, and the year of the advice
    size: Array  # (5,) persons in stock, then persons per year: entrants of three blocks, arrivals
    share_women: Array  # (5,)
    internal_yield: Array  # (5,) share of entrants who finish; 1 for stock and abroad
    duration: Array  # (3,) years of training, of the three blocks that train
    external_yield: Array  # (3, 2, 4) share still working 1, 5, 10 and 15 years after finishing
    outflow: Array  # (2, 5) cumulative share of the stock gone at the node years
    fte_per_head: Array  # (2, 5) at the node years
    unmet_demand: Array  # (3,) share of base supply
    demography: Array  # (3, 5) cumulative growth of demand at the node years
    work_process: Array  # (3,) growth of demand per year: illness, society, profession, efficiency, shifts
    working_time: Array  # (3,) yearly fall in hours per fte
    substitution: Array  # (3,) yearly growth of demand by substitution inside the practice (negative: less)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        _lock(self)

    @property
    def years_to_adjustment(self) -> int:
        """K, the number of yearly intakes that can no longer be changed."""
        return self.adjustment_year - self.base_year

    @classmethod
    def from_table(cls, table: Mapping[str, float]) -> Self:
        """Read `REQUIRED_IDS` from a table id -> value; other ids are ignored.

        Raises:
            NationalParameterError: naming every id that is missing, is no finite number, lies outside its
                bounds or contradicts another, with what was found and what is allowed.
        """
        _check(table)
        read = np.vectorize(lambda name: float(table[name]), otypes=[float])
        base, adjustment, trend, *equilibrium = (int(table[name]) for name in _YEARS)
        from_zero = ((0, 0), (1, 0))  # a path that starts at 0 in year 0
        return cls(
            base_year=base,
            adjustment_year=adjustment,
            trend_year=trend,
            equilibrium_years=(equilibrium[0], equilibrium[1]),
            size=read(_SIZE),
            share_women=read(_WOMEN),
            internal_yield=np.array([1.0, *read(_INTERNAL), 1.0]),
            duration=read(_DURATION).round(DURATION_DECIMALS),
            external_yield=read(_EXTERNAL),
            outflow=np.pad(read(_OUTFLOW), from_zero),
            fte_per_head=read(_FTE),
            unmet_demand=read(_UNMET),
            demography=np.pad(read(_DEMOGRAPHY), from_zero),
            work_process=read(_WORK_PROCESS).sum(axis=1),
            working_time=read(_WORKING_TIME),
            substitution=read(_SUBSTITUTION),
        )


def node_path(nodes: Array, years: tuple[int, ...] = NODE_YEARS) -> Array:
    """Straight lines between the values (..., n) at n `years`: (..., 21), in the unit of the values."""
    return np.apply_along_axis(lambda values: np.interp(_T, years, values), -1, nodes)


def external_yield_curve(nodes: Array, rule: YieldRule = "straight") -> Array:
    """e(t), the share still working t = 0...20 years after finishing: (..., 21).

    `nodes` (..., 4) are the shares at `YIELD_YEARS`; beyond 15 years the slope of years 10-15 continues.
    The rules differ in years 6-9 and 11-14: *straight* draws lines between the nodes; *reference*, the
    calculation behind the dashboard, goes k/5 of the way from the year before to the next node.
    """
    _, _, year10, year15 = np.moveaxis(nodes, -1, 0)
    year20 = 2 * year15 - year10
    e = node_path(np.concatenate([nodes, year20[..., np.newaxis]], axis=-1), (*YIELD_YEARS, HORIZON))
    e[..., 0] = 0
    if rule == "reference":
        for start, end in pairwise(YIELD_YEARS[1:]):
            for t in range(start + 1, end):
                before = e[..., t - 1]
                e[..., t] = before + (e[..., end] - before) * (t - start) / (end - start)
    return e


def _mean_yield(e: Array, last: NDArray[np.int_], width: NDArray[np.int_]) -> Array:
    """A(t): plain mean of e (4, 2, 21) at the years max(1, last - width + 1)...last, (4, 1) and (4, 21).

    The result (4, 2, 21) is 1 where `last` is 0 or less: nobody has been finished for a whole year.
    """
    total = np.cumsum(e, axis=-1)  # e(0) = 0, so this sums from year 1
    last = np.maximum(last, 0)[:, np.newaxis]
    before = np.maximum(last - width[:, np.newaxis], 0)
    window = np.take_along_axis(total, last, -1) - np.take_along_axis(total, before, -1)
    return np.where(last > 0, window / np.maximum(last - before, 1), 1.0)


def _cohorts(p: NationalParameters) -> tuple[Array, Array]:
    """Yearly cohorts that have entered (5, 21) and m(t), those that have finished (5, 21), parts included.

    The stock has none; arrivals from abroad enter and finish at once.
    """
    K, (L1, L2, L3), none = p.years_to_adjustment, p.duration, np.zeros(_T.size)
    entered = [none, none + L1, np.minimum(_T, K), np.maximum(_T - K, 0), _T]
    finished = [none, np.minimum(_T, L1), np.clip(_T - L2, 0, K), np.maximum(_T - L3 - K, 0), _T]
    return np.array(entered, dtype=float), np.array(finished, dtype=float)


def _working(p: NationalParameters, finished: Array, rule: YieldRule) -> Array:
    """Share of the stock still working, 1 - o(t), and cohorts still working, m(t) A(t): (5, 2, 21).

    Cohorts are counted with the exact duration; their yields are means over the whole years since they
    finished, with the duration rounded up: in block 1 the last C1 years, in block 2 the last K, in block 3
    and abroad all. With a part year in its duration, block 1 is one year behind after year C1.
    """
    K, (C1, C2, C3) = p.years_to_adjustment, np.ceil(p.duration).astype(int)
    behind = (_T > C1) & (p.duration[0] < C1)
    last = np.array([_T - behind, _T - C2, _T - C3 - K, _T])
    width = np.array([[C1], [K], [HORIZON], [HORIZON]])
    e = external_yield_curve(p.external_yield, rule)
    mean_yield = _mean_yield(np.concatenate([e, e[:1]]), last, width)  # abroad has the yields of block 1
    return np.concatenate([[1 - node_path(p.outflow)], finished[1:, np.newaxis] * mean_yield])


def _demand(p: NationalParameters, base_supply: float) -> Array:
    """Demand in fte (3 levels, 5 scenarios, 21) on a base supply in fte."""
    T = np.minimum(_T, p.trend_year - p.base_year)
    w, c, z = (x[:, np.newaxis] for x in (p.work_process, p.working_time, p.substitution))
    demography = base_supply * (1 + p.unmet_demand[:, np.newaxis]) * (1 + node_path(p.demography))
    factors = [
        np.ones_like(demography),  # 1 demography
        1 + w * T,  # 2 work process, temporary trend
        1 + w * _T,  # 3 work process, lasting trend
        1 / (1 - c * T) + w * T,  # 4 working time, temporary trend
        1 + (1 / (1 - c) - 1 + w + z) * T,  # 6 vertical substitution, temporary trend
    ]
    demand: Array = demography[:, np.newaxis] * np.stack(factors, axis=1)
    return demand


def _exit_probability(working: Array, newly_finished: Array) -> Array:
    """1 - working(t) / (working(t-1) + newly finished(t)): (5, 2, 21), 0 where nobody can leave.

    The cohorts (5, 2, 21) and (5, 1, 21) are per yearly entrant, so that it exists for an inflow of 0.
    """
    exposed = np.zeros_like(working)
    exposed[..., 1:] = working[..., :-1] + newly_finished[..., 1:]
    stay = np.divide(working, exposed, out=np.ones_like(working), where=exposed > 0)
    leave: Array = np.clip(1 - stay, 0, 1)
    return leave


def _divisor(x: Array) -> Array:
    """NaN where it is 0, so that a quotient is undefined there."""
    return np.where(x > 0, x, np.nan)


def _position(value: object, allowed: tuple[object, ...], what: str) -> int:
    if value not in allowed:
        raise ValueError(f"{what}: found {value!r}, allowed: {', '.join(map(repr, allowed))}")
    return allowed.index(value)


@dataclass(frozen=True, eq=False)
class NationalPath:
    """The projection of one parameter table, 1 January of 21 years, as read-only arrays.

    `exit_probability` is the chance to leave between t-1 and t of those working at t-1 and those who
    finish or arrive in between, so that heads(t) = (heads(t-1) + graduates(t)) (1 - exit(t)). It depends
    on durations and yields only, not on inflow, share of women or internal yield; that of the stock is the
    mean over all ages. It is within 0 to 1 for any durations as long as external yields do not rise with
    time after finishing. Where they rise it is cut off at 0 and heads rebuilt from it fall short: no head in
    the plan of 2025, 1.1% of all heads after 18 years with yields of 0.90 after 1 and 0.98 after 5 years.
    """

    parameters: NationalParameters
    yields: YieldRule
    years: NDArray[np.int_]  # (21,)
    heads: Array  # (5, 2, 21) persons working
    in_training: Array  # (5, 2, 21) persons, also those who will not finish; 0 for stock and abroad
    graduates: Array  # (5, 2, 21) persons finishing, or arriving, between t-1 and t; 0 at t = 0
    exit_probability: Array  # (5, 2, 21), 0 at t = 0
    fte_per_head: Array  # (2, 21)
    supply_heads: Array  # (21,) persons
    supply_fte: Array  # (21,)
    demand: Array  # (3, 5, 21) fte by level, scenario
    fte_per_entrant: Array  # (21,) fte working per yearly entrant from the adjustment year on

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        _lock(self)

    def demand_fte(self, scenario: int = 6, level: str = "middle") -> Array:
        """Demand in fte: (21,). Raises ValueError for another scenario or level than those listed."""
        position = _position(level, LEVELS, "level"), _position(scenario, SCENARIOS, "scenario")
        demand: Array = self.demand[position]
        return demand

    def block_fte(self) -> Array:
        """Supply in fte by block: (5, 21)."""
        fte: Array = (self.heads * self.fte_per_head).sum(axis=1)
        return fte

    def heads_with_intake(self, intake: Array) -> Array:
        """Heads (5, 2, 21) when the entrants from the adjustment year on differ by year.

        `intake` (21,) persons by year of entry; years before the adjustment are not used. The cohorts finish one by
        one and leave with the exit probabilities of the block, which a constant intake gives back exactly.
        """
        p = self.parameters
        entry = np.arange(p.years_to_adjustment, HORIZON + 1)
        finished = np.clip(_T - entry[:, np.newaxis] - p.duration[AFTER_ADJUSTMENT - 1], 0, 1)
        new = np.diff(intake[entry] @ finished, prepend=0) * p.internal_yield[AFTER_ADJUSTMENT]
        women = p.share_women[AFTER_ADJUSTMENT]
        heads = self.heads.copy()
        for t in range(1, HORIZON + 1):
            before = heads[AFTER_ADJUSTMENT, :, t - 1] + new[t] * np.array([women, 1 - women])
            heads[AFTER_ADJUSTMENT, :, t] = before * (1 - self.exit_probability[AFTER_ADJUSTMENT, :, t])
        return heads

    def required_inflow(self, scenario: int = 6, level: str = "middle") -> Array:
        """Entrants per year from the adjustment year on that make supply meet demand in year t: (21,).

        Independent of the inflow of the run, which may be 0. NaN until the first of them work.
        """
        gap = self.demand_fte(scenario, level) - self.supply_fte
        required: Array = self.parameters.size[AFTER_ADJUSTMENT] + gap / _divisor(self.fte_per_entrant)
        return required

    def advice(self, scenario: int = 6, level: str = "middle", year: int | None = None) -> float:
        """Required inflow of one year, by default the second equilibrium year; entrants per year."""
        return float(self.required_inflow(scenario, level)[self._at(year)])

    def decompose(self, scenario: int = 6, level: str = "middle", year: int | None = None) -> dict[str, float]:
        """The required inflow of one year as a sum of seven terms, in entrants per year.

        Each is a number of fte divided by the fte that one yearly entrant adds: `stock_outflow` base supply
        less what the stock still gives (its change of fte per head included); `unmet_demand` at the base
        date; `demography` its effect on base and unmet demand; `nondemographic_growth` demand of the
        scenario less that of demography alone; and, negative, the supply of those `in_training` at the base
        date, `entrants_until_adjustment` and arrivals from `abroad`. All NaN where the inflow is undefined.
        """
        t, level_row = self._at(year), _position(level, LEVELS, "level")
        demand, demography = self.demand_fte(scenario, level)[t], self.demand_fte(1, level)[t]
        supply, base = self.block_fte()[:, t], self.supply_fte[0]
        unmet = self.parameters.unmet_demand[level_row] * base
        fte = {
            "stock_outflow": base - supply[STOCK],
            "unmet_demand": unmet,
            "demography": demography - base - unmet,
            "nondemographic_growth": demand - demography,
            "in_training": -supply[TRAINING],
            "entrants_until_adjustment": -supply[UNTIL_ADJUSTMENT],
            "abroad": -supply[ABROAD],
        }
        per_entrant = _divisor(self.fte_per_entrant)[t]
        return {term: float(value / per_entrant) for term, value in fte.items()}

    def _at(self, year: int | None) -> int:
        chosen = self.parameters.equilibrium_years[1] if year is None else year
        return _position(chosen, tuple(self.years.tolist()), "year")


def project(parameters: NationalParameters, *, yields: YieldRule = "straight") -> NationalPath:
    """Project supply, demand and training of one parameter table over 20 years.

    Args:
        parameters: the plan, from `NationalParameters.from_table`.
        yields: the rule of `external_yield_curve`. `reference` meets the dashboard's own calculation,
            `straight` comes closest to the published plan.

    Raises:
        ValueError: for another yield rule.
    """
    _position(yields, YIELD_RULES, "yields")
    p = parameters
    entered, finished = _cohorts(p)
    working = _working(p, finished, yields)
    newly_finished = np.diff(finished, axis=-1, prepend=0)[:, np.newaxis]
    size, internal_yield = (x[:, np.newaxis, np.newaxis] for x in (p.size, p.internal_yield))
    sex_share = np.stack([p.share_women, 1 - p.share_women], axis=1)[..., np.newaxis]  # (5, 2, 1)

    heads_per_entrant = sex_share * internal_yield * working  # per head of the base stock, for the stock
    heads = size * heads_per_entrant
    fte_per_head = node_path(p.fte_per_head)
    supply_fte = (fte_per_head * heads).sum(axis=(0, 1))
    return NationalPath(
        parameters=p,
        yields=yields,
        years=p.base_year + _T,
        heads=heads,
        in_training=size * sex_share * (entered - finished)[:, np.newaxis],
        graduates=size * sex_share * internal_yield * newly_finished,
        exit_probability=_exit_probability(working, newly_finished),
        fte_per_head=fte_per_head,
        supply_heads=heads.sum(axis=(0, 1)),
        supply_fte=supply_fte,
        demand=_demand(p, supply_fte[0]),
        fte_per_entrant=(fte_per_head * heads_per_entrant[AFTER_ADJUSTMENT]).sum(axis=0),
    )
