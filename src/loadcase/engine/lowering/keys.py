"""Key spaces and their popularity, and which key a call is about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from loadcase.core import program as op
from loadcase.engine.lowering.assembler import floats, ints
from loadcase.engine.lowering.base import DRAWN, OWN, Part, Request
from loadcase.kinds.base import Component, Options

LONE_RANKS = 512
"""Most popular ranks of a power law that have a bin each."""


@dataclass
class Keys(Part):
    """Lowers key spaces, and the draws from them."""

    def space(self, request: Request) -> int:
        """Number of the key space that a call is about; the last one when it is about no key."""
        name = request.call.options.key or getattr(request.component, "key", None) or self.scope.flow_space
        return self.scope.spaces.index(name) if name else len(self.scope.spaces)

    def register(self, options: Options, component: Component, name: str) -> int:
        """The register of the key of a call, which is drawn where it is not the flow's own."""
        key = options.key or getattr(component, "key", None)
        if key is None or key == self.scope.flow_space:
            return OWN
        self.asm.emit(op.KEYED, self.scope.spaces.index(key), self.asm.place(f"{name}:key"))
        self.heat(key, DRAWN, f"{name}:key")
        return DRAWN

    def heat(self, space: str | None, register: int, name: str) -> None:
        """While a key is hot, a share of the requests is about it."""
        knob = self.faults.heat_knob(space)
        if knob is None:
            return
        self.scope.sometimes(knob, f"{name}:hot", lambda: self.asm.emit(op.REKEY, register, 0))

    def tables(self) -> dict[str, Any]:
        """Key spaces, with the alias tables of their weights."""
        rows: list[tuple[int, ...]] = []
        counts: list[int] = []
        parameters: list[tuple[float, ...]] = []
        stay: list[float] = []
        other: list[int] = []
        bins: list[tuple[float, float, float]] = []
        for space in self.blueprint.keys.values():
            law = {"uniform": 0, "zipf": 1, "hot": 2, "weights": 3}[space.law]
            par = (0.0, 0.0)
            weights: list[float] = list(space.weights) if space.law == "weights" else []
            of_space = [(0.0, 1.0, 1.0)] * len(weights)
            if space.law == "zipf":
                par = (space.exponent, 0.0)
                weights, of_space = zipf_bins(space.count, space.exponent)
            elif space.law == "hot":
                par = (space.share, float(space.hot))
            rows.append((law, len(stay), len(weights)))
            if weights:
                p, k = alias_table(weights)
                stay.extend(p)
                other.extend(k)
                bins.extend(of_space)
            counts.append(space.count)
            parameters.append(par)
        return {
            "keyspaces": ints(rows, 3),
            "keyspace_n": np.array(counts or [1], np.int64),
            "keyspace_par": floats(parameters, 2),
            "alias_p": floats(stay),
            "alias_k": np.array(other or [0], np.int64),
            "bins": floats(bins, 3),
        }


def zipf_bins(n: int, s: float) -> tuple[list[float], list[tuple[float, float, float]]]:
    """Ranks 0 to n - 1 with weights (rank + 1)**-s in bins: weights of the bins, and (first, ranks, least) of each.

    The most popular ranks have a bin each; later ones share bins of 2 % of their rank. `least` is the weight of a bin's
    last rank in that of its first. Sums by Euler and Maclaurin: exact to rounding beyond the first bins.
    """
    ends = list(range(1, min(n, LONE_RANKS) + 1))
    while ends[-1] < n:
        ends.append(min(n, int(ends[-1] * 1.02) + 1))
    weights, bins = [], []
    for start, end in zip([0, *ends], ends, strict=False):
        first, last = start + 1.0, float(end)
        f, g = first**-s, last**-s
        if end - start == 1:
            weight = f
        else:
            area = math.log(last / first) if s == 1.0 else (last ** (1 - s) - first ** (1 - s)) / (1 - s)
            third = s * (s + 1) * (s + 2) / 720
            weight = area + (f + g) / 2 + s * (f / first - g / last) / 12 - third * (f / first**3 - g / last**3)
        weights.append(weight)
        bins.append((float(start), float(end - start), g / f))
    return weights, bins


def alias_table(weights: list[float]) -> tuple[list[float], list[int]]:
    """Vose's alias method: probability of staying, and where to go otherwise."""
    n = len(weights)
    total = math.fsum(weights)
    scaled = [w * n / total for w in weights]
    stay, other = [1.0] * n, list(range(n))
    small = [i for i, w in enumerate(scaled) if w < 1.0]
    large = [i for i, w in enumerate(scaled) if w >= 1.0]
    while small and large:
        a, b = small.pop(), large.pop()
        stay[a], other[a] = scaled[a], b
        scaled[b] -= 1.0 - scaled[a]
        (small if scaled[b] < 1.0 else large).append(b)
    return stay, other
