"""Closed forms: what a design does on average, without running it."""
