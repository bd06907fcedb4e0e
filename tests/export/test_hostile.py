"""Names and texts that a format would act upon are quoted, or refused at their place; in every format."""

from __future__ import annotations

import ast
import json
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError
from loadcase.export import export, make
from loadcase.export.cql import RESERVED
from loadcase.export.text import line, prose, slug, slugs
from tests.export import validators
from tests.export.designs import NASTY, QUEUES, SHOP, nasty


def test_openapi() -> None:
    document = validators.openapi(export(nasty(), "openapi"))
    assert set(document["paths"]) == {f"/things/{i}" for i in range(len(NASTY))} | {"/new", "/tab", "/$$", "/*/"}
    described = json.dumps([o.get("description") for m in document["paths"].values() for o in m.values()])
    assert "<script" not in described
    assert "](" not in described
    assert {tuple(s["properties"]) for s in document["components"]["schemas"].values()} == {NASTY}


def test_asyncapi(tmp_path: Path) -> None:
    ((_, text),) = export(nasty(), "asyncapi")
    document = json.loads(text)
    assert len(document["channels"]) == len(QUEUES)
    assert {c["address"] for c in document["channels"].values()} == {line(name) for name in QUEUES}
    assert validators.asyncapi({"nasty": text}, tmp_path) == {"nasty": []}
    wrong = {**document, "channels": {name: {"address": 3} for name in document["channels"]}}
    assert validators.asyncapi({"wrong": json.dumps(wrong)}, tmp_path)["wrong"]


def test_sql(postgres: validators.Postgres) -> None:
    ((_, text),) = export(nasty(), "sql")
    database = postgres.database()
    done = postgres.run(text, database)
    assert done.returncode == 0, done.stderr
    tables = "SELECT to_json(relname) FROM pg_class WHERE relkind = 'p'"
    assert {json.loads(row) for row in postgres.asked(tables, database)} == set(NASTY)
    columns = (
        "SELECT DISTINCT to_json(column_name::text)::text FROM information_schema.columns WHERE table_schema='public'"
    )
    assert {json.loads(row) for row in postgres.asked(columns, database)} == set(NASTY)


def test_cql() -> None:
    printable = [name for name in NASTY if name.isprintable()]
    for i in range(0, len(printable), 6):  # the grammar takes very long for a table of many columns
        fields = ("a", "b", "c", *printable[i : i + 6])
        statements = validators.cql(export(nasty("cassandra", entities=("things", "select"), fields=fields), "cql"))
        assert len(statements) == 3
        for name in fields:
            assert f'"{name.replace(chr(34), chr(34) * 2)}" text' in statements[1] or f" {name} text" in statements[1]
    with pytest.raises(BlueprintError, match="cannot be the name of a column"):
        export(nasty("cassandra", entities=("things",)), "cql")


def test_every_reserved_word_of_cql_is_quoted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from cqlshlib.cqlhandling import cql_keywords_reserved
    assert cql_keywords_reserved <= RESERVED
    words = sorted(RESERVED)
    for i in range(0, len(words), 6):
        b = nasty("cassandra", entities=("things",), fields=("a", "b", "c", *words[i : i + 6]))
        assert len(validators.cql(export(b, "cql"))) == 2


def test_a_field_that_tools_in_javascript_would_take_for_something_else_is_refused() -> None:
    for format in ("openapi", "asyncapi"):
        with pytest.raises(BlueprintError, match="__proto__"):
            export(nasty(fields=("a", "b", "c", "__proto__")), format)


@pytest.mark.parametrize("name", [n for n in NASTY if not n.replace("_", "").isalnum() or not n.isascii()])
def test_cassandra_has_no_table_of_such_a_name(name: str) -> None:
    with pytest.raises(BlueprintError, match="cannot be the name of a table"):
        export(nasty("cassandra", entities=(name,), fields=("a", "b", "c")), "cql")


def test_prometheus_and_openslo(tmp_path: Path) -> None:
    b = nasty()
    validators.prometheus(export(b, "prometheus"), tmp_path)
    documents = validators.openslo(export(b, "openslo"))
    assert documents[0]["metadata"]["displayName"] == line("".join(NASTY))


def test_locust() -> None:
    ((_, text),) = export(nasty(), "locust")
    tree = ast.parse(text)
    (said,) = (n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "FLOWS")
    assert {flow["name"] for flow in ast.literal_eval(said)} == set(NASTY)


def test_a_type_that_is_none_is_told_and_refused_where_one_is_needed() -> None:
    b = Blueprint.loads(SHOP.replace("paid: bool", "paid: maybe"), "shop.yaml")
    for format in ("sql",):
        with pytest.raises(BlueprintError, match="maybe") as raised:
            export(b, format)
        (problem,) = raised.value.problems
        assert (problem.file, problem.line) == ("shop.yaml", 8)
        assert "uuid" in problem.hint
    field = json.loads(export(b, "asyncapi")[0][1])["components"]["schemas"]["order"]["properties"]["paid"]
    assert "type" not in field
    assert field["x-type"] == "maybe"


@pytest.mark.parametrize(("name", "why"), [("x" * 64, "6[13] bytes"), ("ü" * 32, "6[13] bytes"), ("a\0b", "NUL")])
def test_postgres_would_not_keep_such_a_name(name: str, why: str) -> None:
    with pytest.raises(BlueprintError, match=why):
        export(nasty(fields=(name, "b", "c")), "sql")
    with pytest.raises(BlueprintError, match=why):
        export(nasty(entities=(name,), fields=("a", "b", "c")), "sql")


@settings(max_examples=200)
@given(st.lists(st.text(max_size=80), max_size=8))
def test_slugs_are_plain_and_each_its_own(texts: list[str]) -> None:
    found = slugs(texts)
    assert set(found) == set(texts)
    assert len({name.lower() for name in found.values()}) == len(found)
    for name in found.values():
        assert 1 <= len(name) <= 63
        assert name.replace("-", "").replace("_", "").isalnum()
        assert name.isascii()


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_text_is_one_line_or_no_html(text: str) -> None:
    assert "\n" not in line(text)
    assert line(text).isprintable()
    assert "<" not in prose(text)
    assert slug(text)


def test_yaml_reads_what_was_said() -> None:
    b = Blueprint.loads(
        SHOP.replace("title: A shop", "title: 'yes'").replace("prompt: Sell things.", "prompt: '12:30'")
    )
    service = next(iter(YAML(typ="safe", pure=True).load_all(export(b, "openslo")[0][1])))
    assert service["metadata"]["displayName"] == "yes"
    assert service["spec"]["description"] == "12:30"
    assert make(b, "openslo").left_out == []
