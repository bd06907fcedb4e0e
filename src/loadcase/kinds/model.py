"""Model: a language model behind an interface, paid by the token."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loadcase.core.distributions import Const, Dist, LogNormal
from loadcase.core.fields import Dollars, Number, Rate, Ratio, Seconds, Whole0, Work
from loadcase.kinds.base import Component, Options, Visit


class GenerateOptions(Options):
    """Options of `generate`."""

    tokens_in: Number = Field(1000, description="Tokens of the prompt.")
    tokens_out: Number = Field(300, description="Tokens of the answer.")
    stream: bool = Field(False, description="Whether the answer counts as given with the first token.")


class Model(Component):
    """Generates text: a time to the first token, then a time for every further one.

    What: `generate` waits for `first_token` and then `per_token` for each further token of the answer; with
    `stream: true` the caller goes on at the first token. It costs `price_in` and `price_out` per token, is refused
    above `quota` tokens per second, and fails with probability `error_rate`. `workers` bounds the answers in
    flight per replica (0: unlimited).

    Why: cost and latency are per token; an agent's loop multiplies both.

    Example:
        writer: {kind: model, like: llm_large, quota: 2M token/min}

    Source: the profile's.
    """

    kind: Literal["model"] = "model"
    workers: Whole0 = Field(0, description="Answers in flight per replica; 0 means unlimited.")
    first_token: Work = Field(LogNormal.of(p50=0.45, p99=2.0), description="Time to the first token.")
    per_token: Seconds = Field(0.04, description="Time for each further token.")
    price_in: Dollars = Field(0.0, description="Cost of one prompt token.")
    price_out: Dollars = Field(0.0, description="Cost of one answer token.")
    quota: Rate | None = Field(None, description="Tokens per second (in and out) before it refuses.")
    error_rate: Ratio = Field(0.0, description="Share of the calls that fail.")

    verbs = {"generate": GenerateOptions}
    behaviours = {"generate": "flaky"}

    def visits(self, verb: str, options: Options) -> tuple[Visit, ...]:
        """The first token, then the rest of the answer on the same worker."""
        assert isinstance(options, GenerateOptions)
        if options.work is not None:
            return (Visit("main", options.work),)
        rest: Dist = Const(self.per_token * max(0.0, options.tokens_out - 1))
        return (Visit("main", self.first_token, then=rest, detach=options.stream),)

    def quota_of(self, verb: str) -> float | None:
        """Tokens per second before it refuses."""
        return self.quota

    def quota_cost(self, options: Options) -> float:
        """Tokens that one call takes of the quota."""
        assert isinstance(options, GenerateOptions)
        return options.tokens_in + options.tokens_out

    def request_cost(self, verb: str, options: Options) -> float:
        """USD of one call: its tokens."""
        assert isinstance(options, GenerateOptions)
        tokens = options.tokens_in * self.price_in + options.tokens_out * self.price_out
        return self.price_per_request + tokens

    def error_rate_of(self, verb: str) -> float:
        """Share of the calls that fail by themselves."""
        return self.error_rate
