"""Judging: results of runs against a contract. Never imports the engine."""
