"""Keyed random draws: every draw is a pure function of (seed, decision, year, GP key, draw number).

Nothing has a state to carry, so one more GP, or another policy, changes nobody else's luck (common random numbers).
The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum, unique
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
KeyArray = npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]
Block = tuple[Words, Words, Words, Words]
# Keys, block, year, decision: block and decision for each key, or a number for all, as the year is.
Counter = tuple[npt.NDArray[np.integer], Words | int, int, Words | int]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_BITS, _MASK = 32, 0xFFFFFFFF


def _word(number: int) -> Words:
    # An array without dimensions: numpy would make one of a number for every operation, at a third of its time.
    return np.array(number, dtype=np.uint64)


_M0, _M1 = map(_word, _MULTIPLIERS)
_SHIFT, _LOW = _word(_BITS), _word(_MASK)

# A key is the cohort (8 bits) and the place in the cohort (24 bits): a country a hundred times larger still fits.
PLACE_BITS = 24
MAX_PLACES = 1 << PLACE_BITS

PART = 1 << 15  # counters whose words, and those of a round in between, stay in the cache of the processor


@unique
class Decision(IntEnum):
    """What a draw decides; each is drawn at one place in the code. Those from 64 on are keyed by practice."""

    COHORT_SIZE = 1
    SEX = 2
    AGE = 3
    ORIGIN = 4
    PARTNER_TIED = 5
    PARTNER_REGION = 6
    ENTRY_TIME = 7
    COMPLETES = 8
    SITE = 9
    SITE_LOTTERY = 10
    SITE_OF_TRAINEE = 11
    ORIGIN_OF_TRAINEE = 12
    BACKGROUND_OF_STOCK = 13
    PARTNER_OF_STOCK = 14
    WANTS_PRACTICE = 15
    TASTE = 16
    TASTE_MAXIMUM = 17
    NOISE = 18
    EXIT = 19
    TAKE_UP = 20
    RECONSIDERS = 21
    FIRST_ROLE = 22
    SEEKS_PRACTICE = 23
    PRACTICE_LOTTERY = 24
    GIVES_UP_PRACTICE = 25
    SETTLES_AS_LOCUM = 26
    LOCUM_REGIONS = 27
    WANTS_COMPANY = 28
    LIKES_PRACTICE = 29
    PRACTICE_OF_STOCK = 30
    WORKPLACE = 31
    SECOND_OF_STOCK = 32
    THIRD_OF_STOCK = 33
    SELECTED = 34
    ORIGIN_OF_SELECTED = 35
    PLACED = 36
    PLACE_OF_PLACEMENT = 37
    OBLIGED = 38
    COMPLIES = 39
    STAYS_ON = 40
    FIRST_COMPARED = 41
    OPEN_AT_START = 64
    VACANT_AT_START = 65
    PLACE_SUITS = 66
    GOES_ON = 67
    PLACE_ABSORBED = 68
    PLACE_SPLITS = 69


def gp_keys(cohort: int, places: npt.NDArray[np.integer]) -> KeyArray:
    """Return the keys of the GPs at `places` of a cohort (0 to 255)."""
    fits = not len(places) or (int(places.min()) >= 0 and int(places.max()) < MAX_PLACES)
    if not (0 <= cohort < 1 << (32 - PLACE_BITS) and fits):
        raise ValueError(
            f"cohort {cohort} or a place in it does not fit a key of {32 - PLACE_BITS} + {PLACE_BITS} bits"
        )
    return (np.uint32(cohort << PLACE_BITS) | places.astype(np.uint32)).astype(np.uint32)


def philox(counter: Counter, key: tuple[int, int]) -> Block:
    """Return four words of 32 bits for each counter (Philox 4x32-10)."""
    return _rounds(_two_rounds(counter, key), _later_keys(key))


def first_word(counter: Counter, key: tuple[int, int]) -> Words:
    """Return the first of the four words alone, for which half of the last two rounds is enough."""
    *rounds, (_, k1), (k0, _) = _later_keys(key)
    a, _, c, d = _rounds(_two_rounds(counter, key), rounds)
    b, c = c * _M1 & _LOW, (a * _M0 >> _SHIFT) ^ (d ^ k1)
    return (c * _M1 >> _SHIFT) ^ (b ^ k0)


def _two_rounds(counter: Counter, key: tuple[int, int]) -> Block:
    """Return the counters after two rounds, where numbers are reckoned by Python: numpy is slower with a single one."""
    keys, block, year, decision = counter
    (k0, k1), (l0, l1) = _round_keys(key)[:2]
    high, low = divmod(year * _MULTIPLIERS[1], 1 << _BITS)
    d = keys.astype(np.uint64)
    d *= _M0
    c = d >> _SHIFT
    c ^= _word(decision ^ k1) if isinstance(decision, int) else decision ^ _word(k1)
    d &= _LOW
    b = c * _M1
    if isinstance(block, int):
        high, rest = divmod((high ^ block ^ k0) * _MULTIPLIERS[0], 1 << _BITS)
        d ^= _word(high ^ l1)
        c, d = d, _word(rest)
    else:
        first = block ^ _word(high ^ k0)
        first *= _M0
        c = first >> _SHIFT
        c ^= d
        c ^= _word(l1)
        first &= _LOW
        d = first
    a = b >> _SHIFT
    a ^= _word(low ^ l0)
    b &= _LOW
    return a, b, c, d


def _rounds(counter: Block, keys: list[tuple[Words, Words]]) -> Block:
    a, b, c, d = counter
    for k0, k1 in keys:
        first, second = a * _M0, c * _M1
        a, c = second >> _SHIFT, first >> _SHIFT
        a ^= b
        c ^= d
        a ^= k0
        c ^= k1
        second &= _LOW
        first &= _LOW
        b, d = second, first
    return a, b, c, d


@lru_cache(maxsize=16)
def _round_keys(key: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the key of each round."""
    return [((key[0] + r * _KEY_STEPS[0]) & _MASK, (key[1] + r * _KEY_STEPS[1]) & _MASK) for r in range(_ROUNDS)]


@lru_cache(maxsize=16)
def _later_keys(key: tuple[int, int]) -> list[tuple[Words, Words]]:
    """Return the key of each round but the first two, as arrays."""
    return [(_word(k0), _word(k1)) for k0, k1 in _round_keys(key)[2:]]


class Draws:
    """Draws of one replication: `seed` is a whole number of at most 64 bits."""

    def __init__(self, seed: int) -> None:
        """Raise `ValueError` when the seed does not fit 64 bits."""
        if not 0 <= seed < 1 << 64:
            raise ValueError(f"seed {seed} is not between 0 and 2**64 - 1")
        self.seed = seed
        self._key = (seed & _MASK, seed >> _BITS)

    def uniform(self, decision: Decision, keys: KeyArray, year: int = 0) -> FloatArray:
        """Return one number in (0, 1) for each key, shape (keys,); `year` 0 for what is fixed for life."""

        def make(part: slice) -> FloatArray:
            return self._unit(int(decision), keys[part], 0, year)

        return _in_parts(make, len(keys), PART)

    def at_once(self, asked: Sequence[tuple[Decision, KeyArray]], year: int = 0) -> list[FloatArray]:
        """Return what `uniform` does for each decision and its keys, in one go where they are few."""
        size = [len(keys) for _, keys in asked]
        if sum(size) > PART:
            return [self.uniform(decision, keys, year) for decision, keys in asked]
        decision = np.repeat(np.array([decision for decision, _ in asked], dtype=np.uint64), size)
        units = self._unit(decision, np.concatenate([keys for _, keys in asked]), 0, year)
        return [units[end - length : end] for end, length in zip(accumulate(size), size, strict=True)]

    def uniforms(self, decision: Decision, keys: KeyArray, n: int, year: int = 0) -> FloatArray:
        """Return `n` numbers in (0, 1) for each key, shape (keys, n)."""
        if n == 1:
            return self.uniform(decision, keys, year)[:, None]
        blocks = np.arange(-(-n // 4), dtype=np.uint64)

        def make(part: slice) -> FloatArray:
            some = keys[part]
            each, block = np.repeat(some, len(blocks)), np.tile(blocks, len(some))
            words = philox((each, block, int(year), int(decision)), self._key)
            return _to_unit(np.stack(words, axis=1, dtype=np.float64)).reshape(len(some), 4 * len(blocks))[:, :n]

        return _in_parts(make, len(keys), PART // max(1, len(blocks)))

    def pairs(self, decision: Decision, keys: KeyArray, others: KeyArray, year: int = 0) -> FloatArray:
        """Return one number in (0, 1) for each pair of a key and another, shape (pairs,)."""

        def make(part: slice) -> FloatArray:
            return self._unit(int(decision), keys[part], others[part].astype(np.uint64), year)

        return _in_parts(make, len(keys), PART)

    def gumbel(self, decision: Decision, keys: KeyArray, n: int, year: int = 0) -> FloatArray:
        """Return `n` standard Gumbel errors for each key, shape (keys, n)."""
        errors = self.uniforms(decision, keys, n, year)
        for _ in range(2):
            np.negative(np.log(errors, out=errors), out=errors)
        return errors

    def _unit(self, decision: Words | int, keys: KeyArray, block: Words | int, year: int) -> FloatArray:
        return _to_unit(first_word((keys, block, int(year), decision), self._key).astype(np.float64))


def _in_parts(make: Callable[[slice], FloatArray], keys: int, size: int) -> FloatArray:
    """Return what is made for so many keys, some at a time."""
    if keys <= size:
        return make(slice(None))
    return np.concatenate([make(slice(first, first + size)) for first in range(0, keys, size)])


def _to_unit(words: FloatArray) -> FloatArray:
    """Turn whole numbers of 32 bits into numbers in (0, 1), in place."""
    words += 0.5  # keeps 0 and 1 out: a Gumbel error would be infinite there
    words *= 2.0**-32
    return words


def pick(cumulative: FloatArray, uniform: FloatArray) -> npt.NDArray[np.int64]:
    """Return for each uniform the index of the class it falls in.

    `cumulative` (classes,) or (n, classes), rising to any positive total; `uniform` (n,).
    """
    level = uniform * cumulative[..., -1]
    if cumulative.ndim == 1:
        return np.minimum(np.searchsorted(cumulative, level, side="right"), len(cumulative) - 1)
    return np.asarray((cumulative > level[:, None]).argmax(axis=1))


def lottery(choice: npt.NDArray[np.integer], lot: FloatArray, places: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return who gets a place: for each option in `choice`, the lowest lots up to its number of `places`."""
    won = np.asarray(np.bincount(choice, minlength=len(places))[choice] <= places[choice])
    short = np.flatnonzero(~won)  # only these have to be sorted
    order = short[np.lexsort((lot[short], choice[short]))]
    sorted_choice = choice[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_choice, sorted_choice)
    won[order] = rank < places[sorted_choice]
    return won
