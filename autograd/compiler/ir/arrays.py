"""Arrays of whole numbers, as the passes use them: spans, orders and hashes."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Hashes: TypeAlias = NDArray[np.uint64]


def spans(start: Ints, length: Ints) -> Ints:
    """start[0], start[0] + 1, … (length[0] of them), start[1], …"""
    total = int(length.sum())
    ends = np.cumsum(length)
    found: Ints = np.repeat(start - (ends - length), length)
    found += np.arange(total)
    return found


def within(length: Ints) -> Ints:
    """0 … length[0] − 1, 0 … length[1] − 1, …"""
    return spans(np.zeros(len(length), np.int64), length)


def runs(holds: Mask) -> Ints:
    """First and last (left out) place of each run in which it holds, one row a run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def distinct(nodes: Ints) -> Ints:
    """Each of the nodes once, in order."""
    found = np.sort(nodes)
    if len(found) > 1:
        found = found[np.append(True, found[1:] != found[:-1])]
    return found


def ordered(keys: Ints) -> Ints:
    """The places of the keys, none of them negative, from the least key to the greatest; equal ones in their order.

    Key and place, packed into one number, are sorted several times faster than places by their keys.
    """
    bits = len(keys).bit_length()
    if not len(keys) or int(keys.max()).bit_length() + bits > 63:
        return np.argsort(keys, kind="stable")
    return _packed(keys << bits, bits)


def firsts_of_equals(keys: Hashes) -> Ints:
    """For each key the first place of the same key; of keys that differ very little, too: only likely equal."""
    bits = len(keys).bit_length()
    high = keys >> np.uint64(bits + 1)  # one bit less: the packed number is not negative
    places = _packed((high << np.uint64(bits)).view(np.int64), bits)
    is_first = np.append(True, high[places[1:]] != high[places[:-1]])[: len(keys)]
    found = np.empty_like(places)
    found[places] = places[is_first][np.cumsum(is_first) - 1]
    return found


def _packed(keys: Ints, bits: int) -> Ints:
    """The places of keys whose lowest `bits` bits are free, by key and then place."""
    keys |= np.arange(len(keys))
    keys.sort()
    keys &= (1 << bits) - 1
    return keys


def hash_rows(numbers: Ints, start: Ints, arity: Ints) -> Hashes:
    """A hash of each row numbers[start : start + arity]; the rows, none empty, lie one behind the other."""
    if not len(start):
        return np.zeros(0, np.uint64)
    odd = mix(np.arange(int(arity.max()))) | np.uint64(1)
    narrow = (arity == arity[0]).all()
    factors = np.tile(odd, len(arity)) if narrow else odd[within(arity)]
    found: Hashes = np.add.reduceat(numbers.view(np.uint64) * factors, start)
    return found


def mix(x: NDArray[Any]) -> Hashes:
    """A good hash of 64-bit integers (splitmix64)."""
    z = x.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
