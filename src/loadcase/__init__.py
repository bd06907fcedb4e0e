"""Loadcase: a system design as a program, run under load and judged against its own contract."""
