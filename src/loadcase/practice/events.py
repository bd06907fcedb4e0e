"""What happens in a session, one event after the other.

An event has `at`, the seconds on the clock of the session (pauses do not count), and `kind`. What the candidate does is
never changed afterwards, and what the interviewer did is kept with it: a session is judged by its events alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Phase = Literal[
    "clarify", "estimate", "interfaces", "design", "deep_dive", "break", "land"
]  # in the order of an interview


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    at: float = Field(ge=0.0, description="Seconds on the session's clock; pauses do not count.")

    @property
    def words(self) -> str:
        """What was said or typed, as it can be quoted."""
        return ""


class _Says(_Event):
    text: str = Field(min_length=1)

    @property
    def words(self) -> str:
        return self.text


# --- the candidate ----------------------------------------------------------------------------------------------------
class Asked(_Says):
    """A question to the interviewer."""

    kind: Literal["asked"] = "asked"


class Said(_Says):
    """Something said aloud: a thought, a reason, an answer to what the interviewer asked (`to`)."""

    kind: Literal["said"] = "said"
    to: int | None = Field(None, description="Number of the interviewer's event that it answers.")


class Assumed(_Says):
    """An assumption that the candidate states."""

    kind: Literal["assumed"] = "assumed"


class Required(_Says):
    """A requirement as the candidate writes it down."""

    kind: Literal["required"] = "required"
    sort: Literal["functional", "deferred", "contract", "hard_part"]


class Estimated(_Event):
    """A line of the estimate pad."""

    kind: Literal["estimated"] = "estimated"
    name: str
    formula: str
    value: str = Field(description="What the formula gives, with its unit; empty where it could not be computed.")

    @property
    def words(self) -> str:
        return f"{self.name} = {self.formula}" + (f" = {self.value}" if self.value else "")


class Decided(_Event):
    """A decision in the form "chose X over Y because A, at the cost of B, flips when C"."""

    kind: Literal["decided"] = "decided"
    chose: str
    over: str = ""
    because: str = ""
    cost: str = ""
    flips_when: str = ""

    @property
    def words(self) -> str:
        parts = [("", self.chose), ("over ", self.over), ("because ", self.because)]
        parts += [("at the cost of ", self.cost), ("flips when ", self.flips_when)]
        return ", ".join(f"{lead}{text}" for lead, text in parts if text)


class Wrote(_Event):
    """The candidate's blueprint, whole, as it is from now on."""

    kind: Literal["wrote"] = "wrote"
    blueprint: str


class Ran(_Event):
    """The candidate had the blueprint estimated, reviewed or run."""

    kind: Literal["ran"] = "ran"
    what: Literal["estimate", "review", "run"]
    case: str = ""
    outcome: Literal["holds", "broken", "undecided", "refused", "done"]
    text: str = Field("", description="What was shown of it, in a line or a few.")

    @property
    def words(self) -> str:
        return f"{self.what} {self.case}: {self.outcome}. {self.text}".strip()


class AskedForHint(_Event):
    """The candidate asked for a hint."""

    kind: Literal["asked_for_hint"] = "asked_for_hint"


# --- the interviewer --------------------------------------------------------------------------------------------------
class Answered(_Says):
    """An answer to a question; `facts` were told, `silent` and an empty `facts` left it to the candidate."""

    kind: Literal["answered"] = "answered"
    to: int
    how: Literal["told", "yours", "derive", "unclear"]
    facts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = Field((), description="Figures asked for that the candidate is to work out.")
    silent: str | None = None


class Prompted(_Says):
    """A follow-up that the interviewer had to ask; `about` is a topic of the rubric."""

    kind: Literal["prompted"] = "prompted"
    probe: str
    about: str


class Steered(_Says):
    """The interviewer moved the candidate on, since time was being lost in one place."""

    kind: Literal["steered"] = "steered"


class Hint(_Says):
    """A hint that was asked for; `about` is a topic of the rubric."""

    kind: Literal["hint"] = "hint"
    about: str


class Curveball(_Says):
    """What goes wrong, thrown into the candidate's design; `effect` tells what a run of it showed."""

    kind: Literal["curveball"] = "curveball"
    name: str
    fault: dict[str, Any] = Field(default_factory=dict)
    outcome: Literal["holds", "broken", "undecided", "refused", "not_run"] = "not_run"
    effect: str = ""


class Changed(_Says):
    """A requirement that changes midway."""

    kind: Literal["changed"] = "changed"
    name: str


class Warned(_Says):
    """A word about the time."""

    kind: Literal["warned"] = "warned"


# --- the clock --------------------------------------------------------------------------------------------------------
class Entered(_Event):
    """A phase begins."""

    kind: Literal["entered"] = "entered"
    phase: Phase


class Paused(_Event):
    """The clock stands still; `wall` is the time of day, in seconds since 1970."""

    kind: Literal["paused"] = "paused"
    wall: float = 0.0


class Resumed(_Event):
    """The clock goes on."""

    kind: Literal["resumed"] = "resumed"
    wall: float = 0.0


class Ended(_Event):
    """The session is over."""

    kind: Literal["ended"] = "ended"


Event = Annotated[
    Asked
    | Said
    | Assumed
    | Required
    | Estimated
    | Decided
    | Wrote
    | Ran
    | AskedForHint
    | Answered
    | Prompted
    | Steered
    | Hint
    | Curveball
    | Changed
    | Warned
    | Entered
    | Paused
    | Resumed
    | Ended,
    Field(discriminator="kind"),
]
CANDIDATES = (Asked, Said, Assumed, Required, Estimated, Decided, Wrote, Ran, AskedForHint)
"""What the candidate does: who holds the pen is seen from these."""

_ONE: TypeAdapter[Event] = TypeAdapter(Event)


def event(raw: Mapping[str, Any]) -> Event:
    """An event from plain data. Raises pydantic's ValidationError."""
    return _ONE.validate_python(raw)


def events(raw: Iterable[Mapping[str, Any]]) -> tuple[Event, ...]:
    """Events from plain data, in order. Raises pydantic's ValidationError."""
    return tuple(event(one) for one in raw)
