"""A load without a peak."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class NoPeak(Rule):
    """Nothing says how high the load rises.

    What: no estimate is called peak, no case has a load other than 1 or a traffic spike, and no flow arrives in bursts,
    by the hour, by a trace or in a closed loop.

    Why: people come at the same hours. A design that holds the mean of a day fails every evening; twice the mean is the
    least that is usually taken.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 18 (capacity planning by peaks).
    """

    code = "LC523"
    severity = "note"
    covers = ("est-four-figures",)
    valid = (
        """
estimates: {rate: 10 /s, peak_rate: 2 * rate}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: peak_rate}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 10 /s, pattern: "daily(2, 24 hour)"}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 10 /s}, steps: [s.handle]}}
cases: {normal: {}, evening: {load: 2}}
""",
    )
    invalid = (
        """
components: {s: {kind: service}}
flows:  # <-
  r: {arrive: {rate: 10 /s}, steps: [s.handle]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The flows, where none of this is said."""
        b = design.b
        sources = [flow.arrive for flow in design.arriving if flow.arrive is not None]
        plain = [a for a in sources if a.rate is not None and a.pattern in ("poisson", "paced")]
        said = any("peak" in name for name in b.estimates) or any(
            case.load != 1.0 or any(type(f).__name__ == "TrafficSpike" for f in case.faults)
            for case in b.cases.values()
        )
        if plain and len(plain) == len(sources) and not said:
            yield Found(("flows",), "nothing says how high the load rises", "add a case: peak: {load: 2}")
