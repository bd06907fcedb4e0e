"""Advice: which shape a design has, which patterns follow, what bites it, and what comes next."""
