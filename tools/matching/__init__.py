"""Fits what the interviewer understands questions by, and tells how well it does: `python -m tools.matching`."""
