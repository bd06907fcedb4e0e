"""Objectives as alerts on burn rates: the rules, what a run does to them, and whether a page comes as promised."""
