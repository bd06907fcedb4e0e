"""The candidate's decisions beside those of the worked design: one good answer, not the answer."""

from __future__ import annotations

from loadcase.practice.judging.result import Compared
from loadcase.practice.judging.sorts.decisions import choices
from loadcase.practice.judging.view import View
from loadcase.practice.judging.words import concepts

ALIKE = 0.25
"""Share of what a decision speaks of that another has to speak of too, to be on the same question."""


def compared(view: View) -> tuple[Compared, ...]:
    """Each decision of the worked design, with the candidate's on the same question."""
    own = [(f"{c.chose}, over {c.over}" if c.over else c.chose, c.because, c.quote.event) for c in choices(view)]
    own += [(s.text, "", s.number) for s in view.spoken if s.source == "said" and "alternative" in s.marks]
    found = []
    for name, one in view.worked.decisions.items():
        asked = concepts(f"{name.replace('_', ' ')} {one.choose} {' '.join(one.over)}")
        alike = [(len(asked & concepts(f"{text} {why}")) / len(asked), -i) for i, (text, why, _) in enumerate(own)]
        best = max(alike, default=(0.0, 0))
        worked = f"{one.choose}, over {', '.join(one.over)}" if one.over else one.choose
        worked += f", because {one.because}" if one.because else ""
        text, why, number = own[-best[1]] if best[0] >= ALIKE else ("", "", None)
        found.append(Compared(name, worked, f"{text}, because {why}" if why else text, number))
    return tuple(found)
