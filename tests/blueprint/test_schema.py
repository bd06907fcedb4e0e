"""The JSON Schema accepts what loads and refuses what does not."""

from __future__ import annotations

import jsonschema
import pytest
from ruamel.yaml import YAML

from loadcase.blueprint.schema import json_schema
from tests.blueprint.test_load import GALLERY
from tests.shop import GOOD

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def data(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.parent.name)
def test_the_gallery_fits_the_schema(path: object) -> None:
    errors = [e.message for e in VALIDATOR.iter_errors(data(path.read_text()))]  # type: ignore[attr-defined]
    assert errors == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("kind: service", "kind: servcie"), ("workers: 8", "wrokers: 8"), ("name: shop", "nmae: shop"),
     ("web.handle: {work", "web.hanlde: {work"), ("timeout: 1 s", "timeot: 1 s"), ("like: postgres", "like: oracle")],
)  # fmt: skip
def test_what_does_not_load_does_not_fit(old: str, new: str) -> None:
    assert not list(VALIDATOR.iter_errors(data(GOOD)))
    assert list(VALIDATOR.iter_errors(data(GOOD.replace(old, new))))
