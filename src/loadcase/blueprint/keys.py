"""Key spaces: which keys requests are about, and how often each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from loadcase.blueprint.model import Entity, Popularity
from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import median, strip_counts

MOST_KEYS = 10**12
MOST_WEIGHTS = 100_000
_CALL = re.compile(r"\s*(zipf|hot)\s*\(([^()]*)\)\s*\Z")
_TAKES = "uniform, zipf(0.8), hot(10 %, 1), or a list of weights"


class Keys:
    """Turns what a `key` field says into the name of a key space."""

    def __init__(self, problems: Problems, scope: Mapping[str, Any], entities: Mapping[str, Entity]) -> None:
        self.problems = problems
        self.scope = scope
        self.entities = entities
        self.spaces: dict[str, Popularity] = {}

    def space(self, raw: Any, path: Path) -> str | None:
        """The key space that a field names; None when it names none or is wrong."""
        if raw is None:
            return None
        if isinstance(raw, Mapping):
            return self.inline(raw, path)
        if not isinstance(raw, str) or raw not in self.entities:
            if isinstance(raw, str):
                self.problems.unknown("entity", raw, self.entities, path, value=True)
            else:
                self.problems.add("LC320", f"a key is an entity, got {describe(raw)}", path,
                                  "name an entity, or write {count: 1000, popularity: zipf(0.8)}")  # fmt: skip
            return None
        if raw not in self.spaces:
            entity = self.entities[raw]
            if entity.count is None:
                self.problems.add("LC321", f"entity {raw!r} is used as a key but has no count", path,
                                  f"add `count:` to entities.{raw}, such as `count: 10M`")  # fmt: skip
                return None
            self.add(raw, entity.count, entity.popularity, ("entities", raw))
        return raw if raw in self.spaces else None

    def inline(self, raw: Mapping[str, Any], path: Path) -> str | None:
        """A key space that is written where it is used."""
        for name in raw:
            if name not in ("count", "popularity"):
                self.problems.unknown("field", name, ("count", "popularity"), (*path, name), "LC301")
                return None
        popularity = raw.get("popularity", "uniform")
        count = self.number(raw.get("count", len(popularity) if isinstance(popularity, list) else 0), (*path, "count"))
        name = ".".join(str(p) for p in path)
        if count is not None:
            self.add(name, count, popularity, path)
        return name if name in self.spaces else None

    def add(self, name: str, count: float, popularity: Any, path: Path) -> None:
        """Checks a key space and keeps it."""
        if not 1 <= count <= MOST_KEYS:
            self.problems.add("LC322", f"a key space has between 1 and 10^12 keys, got {count:g}", (*path, "count"),
                              "for example count: 10M")  # fmt: skip
            return
        law = self.law(popularity, round(count), (*path, "popularity"))
        if law is not None:
            self.spaces[name] = law

    def law(self, raw: Any, count: int, path: Path) -> Popularity | None:
        """How requests spread over the keys."""
        if raw is None or raw == "uniform":
            return Popularity(count)
        if isinstance(raw, list):
            return self.weights(raw, count, path)
        match = _CALL.match(raw) if isinstance(raw, str) else None
        if match is None:
            self.problems.add("LC323", f"cannot read the popularity {describe(raw)}", path, f"expected {_TAKES}")
            return None
        values, at = [], match.start(2)
        for part in match[2].split(","):
            values.append(self.number(part.strip(), path, at=at + len(part) - len(part.lstrip())))
            at += len(part) + 1
        if any(v is None for v in values):
            return None
        numbers = [v for v in values if v is not None]
        if match[1] == "zipf":
            if len(numbers) != 1 or not 0.0 <= numbers[0] <= 5.0:
                self.problems.add("LC324", "zipf takes one exponent between 0 and 5", path, "for example zipf(0.8)")
                return None
            return Popularity(count, "zipf", exponent=numbers[0])
        share, keys = numbers[0], numbers[1] if len(numbers) == 2 else 0.0
        if len(numbers) != 2 or not 0.0 <= share <= 1.0 or not 1 <= keys <= count:
            self.problems.add("LC325", "hot takes a share and a number of keys, of those that exist", path,
                              "for example hot(10 %, 1)")  # fmt: skip
            return None
        return Popularity(count, "hot", share=share, hot=round(keys))

    def weights(self, raw: list[Any], count: int, path: Path) -> Popularity | None:
        """One weight for each key."""
        if len(raw) > MOST_WEIGHTS or len(raw) != count:
            self.problems.add("LC326", f"{len(raw)} weights for {count} keys", path, "give one weight for each key")
            return None
        values = [self.number(v, (*path, i)) for i, v in enumerate(raw)]
        numbers = [v for v in values if v is not None]
        total = math.fsum(numbers)
        if len(numbers) < len(raw) or min(numbers) < 0 or total <= 0:
            self.problems.add(
                "LC327", "weights are numbers of at least 0, not all of them 0", path, "for example [3, 1, 1]"
            )
            return None
        return Popularity(count, "weights", weights=tuple(w / total for w in numbers))

    def number(self, raw: Any, path: Path, at: int = 0) -> float | None:
        """A plain number, perhaps counted or computed; it stands `at` characters into the value at the path."""
        try:
            value = strip_counts(median(evaluate(raw, self.scope)))
            if value.dims:
                raise LoadcaseError(
                    f"expected a plain number, got {describe(raw)}", code="LC201", hint="for example 3, 10M or 5 %"
                )
        except LoadcaseError as error:
            self.problems.error(error, path, at=at)
            return None
        return float(median(value).value)
