"""The documentation's generator: `python -m tools.docs` writes what follows from the code, and checks the rest."""
