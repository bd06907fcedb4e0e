"""Judgement by evidence: each criterion with what was said and done for it, and the level that follows."""

from loadcase.practice.judging.ground import Ground
from loadcase.practice.judging.judge import judge
from loadcase.practice.judging.result import Held, Judgement, Quote, Raise, Verdict

__all__ = ["Ground", "Held", "Judgement", "Quote", "Raise", "Verdict", "judge"]
