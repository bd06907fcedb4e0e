"""The gallery as the page lists it: what is read by lines is what the reader of designs reads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from loadcase.core.errors import UsageError
from loadcase.studio.gallery import headings, listed, opened
from loadcase.systems import System, systems


@pytest.mark.parametrize("one", systems(), ids=lambda one: one.name)
def test_headings_are_those_of_the_design(one: System) -> None:
    assert headings(one.path.read_text("utf-8")) == {"title": one.title, "hard_part": one.hard_part}


def test_the_gallery_is_listed_and_opened() -> None:
    assert [one["name"] for one in listed()] == [one.name for one in systems()]
    assert opened("chat")["story"].startswith("# One-to-one chat")
    with pytest.raises(UsageError):
        opened("../chat")


def test_the_server_lists_it_without_the_reader_of_designs() -> None:
    code = (
        "import loadcase.studio.server, sys; print(*(m for m in ('numpy', 'pydantic', 'ruamel') if m in sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""
