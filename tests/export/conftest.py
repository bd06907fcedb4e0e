"""What the tests of exports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.export import validators


@pytest.fixture(scope="session")
def postgres() -> Iterator[validators.Postgres]:
    """A PostgreSQL server."""
    with validators.postgres() as server:
        yield server
