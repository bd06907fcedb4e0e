"""What a run gives back, and what a judgement says: plain data for every face.

Values are in base units (s, B, 1/s, ratio, USD/month); `unit` names them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["holds", "broken", "unknown"]


@dataclass(frozen=True)
class Metric:
    """One number of a run. `samples` is how many observations it rests on (0 where that has no meaning).

    `exact`: computed from the design, the same whatever happens in the run.
    """

    value: float
    unit: str
    samples: int = 0
    exact: bool = False


@dataclass(frozen=True)
class Series:
    """One quantity over simulated time: `values[i]` covers `[start + i*step, start + (i+1)*step)` seconds."""

    start: float
    step: float
    unit: str
    values: list[float | None]


@dataclass(frozen=True)
class Tally:
    """The operations that an objective counts, by the interval in which they ended, as a server counts them.

    Item `i` of each list covers `[i*step, (i+1)*step)` seconds after the warm-up. `bad` are those that certainly were,
    `doubtful` those of `total - bad` whose time cannot be told from the objective's bound.
    """

    step: float
    total: list[int]
    bad: list[int]
    doubtful: list[int]


@dataclass(frozen=True)
class RunResult:
    """One case run with one seed.

    `metrics` by name (`send.p95`, `api.utilisation`), `series` by the same names where they vary in time.
    `scale` is k of a scale model 1:k (1: exact). `rough` has what such a model tells within a factor of k only, such as
    the longest time or the hottest of fewer shards. `partial` says why the run ended early, if it did.
    `requests` counts finished logical operations, `events` the engine's events.
    """

    blueprint: str
    case: str
    seed: int
    metrics: dict[str, Metric]
    series: dict[str, Series]
    requests: int
    events: int
    wall_s: float
    peak_rss_bytes: int
    duration_s: float
    warmup_s: float
    scale: int = 1
    partial: str | None = None
    notes: tuple[str, ...] = ()
    rough: dict[str, Metric] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    """Why a metric that was asked for could not be told."""
    stories: dict[str, Any] = field(default_factory=dict)
    """By metric of correctness, the shortest story of what went wrong: `loadcase.check.story.Story`."""
    history: Any = None
    """A `loadcase.core.history.History` of the run, where one was asked for."""
    other_history: Any = None
    """That of the same arrivals with another schedule, where the contract takes one."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """By metric of an objective (`operate.slos`), what it counts; of a scale model, what the model counts.

    Empty when the run ended before its last arrival.
    """

    def metric(self, name: str) -> Metric | None:
        """A metric, rough or not; None when it was not observed."""
        return self.metrics.get(name) or self.rough.get(name)


@dataclass(frozen=True)
class Outcome:
    """One guarantee in one case: the value over the seeds, its interval, and what follows.

    The interval's confidence is 95 % for a fixed number of seeds; where seeds are added until the guarantee is decided
    it is 99.4 % at each look, so that the whole check errs in 5 %.

    `bound` is the one that applied in this case (degraded or not); `margin` is how far the value is inside the bound,
    as a share of it (negative: outside). `evidence` says in words why. `rough`: the value comes from a scale model that
    tells it within the model's factor only.
    """

    guarantee: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    bound: float
    comparison: str
    unit: str
    verdict: Verdict
    evidence: str
    margin: float | None = None
    degraded: bool = False
    rough: bool = False
    story: Any = None
    """The shortest story of what broke it, where it is about correctness: `loadcase.check.story.Story`."""


@dataclass(frozen=True)
class CaseVerdict:
    """All guarantees of one case."""

    case: str
    verdict: Verdict
    seeds: list[int]
    guarantees: list[Outcome]
    scale: int = 1
    partial: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decided:
    """A decision that says what its variant breaks, beside what the variant broke; metrics, in alphabetical order."""

    decision: str
    verdict: Verdict
    said: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True)
class CheckResult:
    """A blueprint judged: the worst verdict of its cases."""

    blueprint: str
    verdict: Verdict
    cases: list[CaseVerdict] = field(default_factory=list)
    wall_s: float = 0.0
    interrupted: bool = False
    level: float = 0.95
    """Confidence of the intervals."""
    decided: tuple[Decided, ...] = ()
    """Of a variant: the decisions that say what it breaks."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """Broken before unknown before holds; an empty list is unknown."""
    for verdict in ("broken", "unknown"):
        if verdict in verdicts:
            return verdict
    return "holds" if verdicts else "unknown"
