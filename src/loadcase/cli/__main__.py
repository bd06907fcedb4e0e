"""`python -m loadcase.cli` is `loadcase`."""

from loadcase.cli import main

main()
