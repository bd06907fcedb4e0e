"""What the exports say of a small design, part by part."""

from __future__ import annotations

import json
import sys
from typing import Any, get_args

import pytest

from loadcase.blueprint.model import Blueprint
from loadcase.cli.exporting import Formats
from loadcase.core.errors import UsageError
from loadcase.export import SHARED, export, formats, make
from loadcase.export.base import MissingError, NothingError
from loadcase.export.entities import TYPES
from loadcase.export.http import operations
from loadcase.export.listing import listed
from tests.export import validators
from tests.export.designs import SHOP, shop


def openapi(b: Blueprint) -> dict[str, Any]:
    return validators.openapi(export(b, "openapi"))


def test_the_command_takes_every_format() -> None:
    assert sorted(get_args(Formats)) == sorted(["text", "json", *formats()])
    assert not set(SHARED) & set(formats())


@pytest.mark.parametrize("name", formats())
def test_every_format_says_what_it_is_made_of(name: str) -> None:
    told = formats()[name].told()
    assert list(told) == ["From", "Unknown", "Checked", "Source"]
    assert all(told.values())
    assert formats()[name].summary.endswith(".")


def test_an_unknown_format() -> None:
    with pytest.raises(UsageError, match="no export 'opanapi'; did you mean"):
        export(shop(), "opanapi")


def test_openapi_of_a_write() -> None:
    document = openapi(shop())
    buy = document["paths"]["/customers/{customer}/orders"]["post"]
    assert buy["operationId"] == "buy"
    assert buy["requestBody"]["content"]["application/json"]["schema"] == {
        "allOf": [{"$ref": "#/components/schemas/order"}, {"required": ["client_id"]}]
    }
    assert set(buy["responses"]) == {"2XX", "429", "503"}
    assert [p["name"] for p in buy["parameters"]] == ["customer"]  # the body has what names the operation
    assert document["components"]["schemas"]["order"]["properties"]["seq"]["readOnly"]


def test_openapi_of_a_read_and_its_pages() -> None:
    found = openapi(shop())["paths"]["/customers/{customer}/orders"]["get"]
    cursor = next(p for p in found["parameters"] if p["in"] == "query")
    assert (cursor["name"], cursor["required"], cursor["schema"]["type"]) == ("before_seq", False, "integer")
    page = found["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert set(page) == {"items"}
    opaque = openapi(shop().changed({"api.orders.does": "GET /orders?cursor="}))["paths"]["/orders"]["get"]
    page = opaque["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert page["next_cursor"]["type"] == ["string", "null"]


def test_openapi_of_streams_and_control() -> None:
    paths = openapi(shop())["paths"]
    assert set(paths["/watch"]["get"]["responses"]) == {"101"}
    assert set(paths["/admin/customers/{id}/block"]["post"]["responses"]) == {"2XX", "403", "503"}
    same = openapi(shop().changed({"api.watch.does": "WS /customers/{id}/orders"}))["paths"]
    assert set(same["/customers/{customer}/orders"]["get"]["responses"]) == {"101", "200", "503"}
    events = openapi(shop().changed({"api.watch.does": "SSE /watch"}))["paths"]["/watch"]["get"]
    assert "text/event-stream" in events["responses"]["200"]["content"]


@pytest.mark.parametrize(
    ("does", "guarantees", "header"),
    [
        ("POST /orders (Idempotency-Key)", [], "Idempotency-Key"),
        ("POST /orders (Request-Id)", [], "Request-Id"),
        ("POST /orders", [], None),  # the body has it
        ("POST /orders {note}", [], "Idempotency-Key"),
        ("PUT /orders/{client_id}", [], None),  # the path has it
    ],
)
def test_what_names_an_operation(does: str, guarantees: list[str], header: str | None) -> None:
    b = shop().changed({"api.buy.does": does, "api.buy.guarantees": guarantees})
    (path,) = (p for p in openapi(b)["paths"] if p.startswith("/orders"))
    (operation,) = openapi(b)["paths"][path].values()
    headers = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"]
    assert headers == ([header] if header else [])


def test_no_limit_no_429() -> None:
    b = shop().changed({"components.web.queue": None, "components.limit": None, "flows.buy.steps": ["web.handle"]})
    assert set(openapi(b)["paths"]["/customers/{customer}/orders"]["post"]["responses"]) == {"2XX"}


@pytest.mark.parametrize(
    ("does", "calls"),
    [
        ("POST /a", ["POST /a"]),
        ("DELETE /r/{id} and POST /u/{id}/all", ["DELETE /r/{id}", "POST /u/{id}/all"]),
        ("POST /ask, a stream of tokens", ["POST /ask"]),
        ("GET /feed:delta?cursor=", ["GET /feed:delta"]),
        ("long-poll /notify", ["GET /notify"]),
        ("check(user, action)", []),
        ("BUDGET /a", []),
        ("GET /a{", []),
        ("GET /a{b}{b}", []),
        ("GET /a<script>", []),
        ("GET a", []),
        ("", []),
    ],
)
def test_what_is_read_of_does(does: str, calls: list[str]) -> None:
    found, left_out = operations(shop().changed({"api": {"x": {"kind": "read", "does": does}}}))
    assert [f"{o.method} {o.path}" for o in found] == calls
    assert bool(left_out) is not bool(calls)


def test_asyncapi_says_who_sends_and_who_receives() -> None:
    document = json.loads(export(shop(), "asyncapi")[0][1])
    assert set(document["channels"]) == {"changes", "jobs", "failed", "news"}
    by = {(o["action"], o["channel"]["$ref"].split("/")[-1]): o.get("x-by") for o in document["operations"].values()}
    assert by == {
        ("send", "changes"): "db",
        ("receive", "changes"): "mailer",
        ("send", "jobs"): "web",
        ("receive", "jobs"): "mailer",
        ("send", "failed"): "jobs",
        ("send", "news"): "web",
        ("receive", "news"): "mailer",
    }
    changes = document["channels"]["changes"]
    assert changes["bindings"]["kafka"] == {"partitions": 8, "replicas": 1, "bindingVersion": "0.5.0"}
    assert changes["messages"]["order"]["payload"] == {"$ref": "#/components/schemas/order"}
    assert changes["messages"]["order"]["bindings"]["kafka"]["key"]["type"] == "string"
    assert "payload" not in document["channels"]["news"]["messages"]["message"]
    assert document["components"]["schemas"]["order"]["required"] == ["customer", "seq", "client_id"]


def test_tables_are_partitioned_and_what_is_written_twice_is_refused(postgres: validators.Postgres) -> None:
    ((name, text),) = export(shop(), "sql")
    assert name == "db.sql"
    database = postgres.database()
    assert postgres.run(text, database).returncode == 0
    parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = '\"order\"'::regclass"
    assert postgres.asked(parts, database) == ["4"]
    types = "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) FROM information_schema"
    assert postgres.asked(f"{types}.columns WHERE table_name = 'order'", database) == [
        "customer text, seq bigint, client_id text, note text, total numeric, at timestamp with time zone, "
        "paid boolean, lines jsonb"
    ]
    defaults = "SELECT count(*) FROM information_schema.columns WHERE column_default IS NOT NULL"
    assert postgres.asked(f"{defaults} AND table_name = 'order'", database) == ["0"]  # no sequence of its own
    insert = 'INSERT INTO "order" (customer, seq, client_id) VALUES '
    assert postgres.run(f"{insert} ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'x')", database).returncode == 0
    for again in ("('a', 3, 'x')", "('a', 1, 'z')"):
        done = postgres.run(insert + again, database)
        assert "duplicate key value violates unique constraint" in done.stderr
    assert postgres.run(text.replace("PRIMARY KEY", "PRIMRY KEY"), postgres.database()).returncode != 0


@pytest.mark.parametrize(
    ("entity", "step", "key"),
    [
        ({"key": "id", "identity": "op"}, "write", "id"),
        ({"key": "id", "identity": "op"}, "append", "id, op"),
        ({"key": "id"}, "append", "id"),
        ({"key": ["id", "n"], "identity": "op"}, "append", "id, n, op"),
        ({"key": ["id", "op"], "identity": "op"}, "append", "id, op"),
        ({"identity": "op"}, "append", "op"),
    ],
)
def test_the_key_of_a_row(entity: dict[str, Any], step: str, key: str) -> None:
    b = Blueprint.build(
        {
            "loadcase": 1,
            "name": "x",
            "entities": {"e": {"fields": {"id": "id", "n": "time", "op": "uuid"}, **entity}},
            "components": {"db": {"kind": "store", "like": "postgres"}},
            "flows": {"f": {"arrive": {"rate": "1 /s"}, "steps": [{f"db.{step}": {"entity": "e"}}]}},
        }
    )
    assert f"PRIMARY KEY ({key})" in export(b, "sql")[0][1]
    cql = export(b.changed({"components.db.like": "cassandra"}), "cql")
    assert f"PRIMARY KEY ({key})" in cql[0][1]
    assert len(validators.cql(cql)) == 2


def test_every_type_in_both(postgres: validators.Postgres) -> None:
    key = {"customer": "id", "seq": "int", "client_id": "id"}
    b = shop().changed({"entities.order.fields": {**key, **{f"t_{t}": t for t in TYPES}}, "components.db.shards": None})
    assert postgres.run(export(b, "sql")[0][1], postgres.database()).returncode == 0
    names = list(TYPES)
    for i in range(0, len(names), 5):  # the grammar takes very long for a table of many columns
        some = b.changed({"entities.order.fields": {**key, **{f"t_{t}": t for t in names[i : i + 5]}}})
        assert validators.cql(export(some.changed({"components.db.like": "cassandra"}), "cql"))


def test_copies_go_into_regions() -> None:
    b = shop().changed({"components.db.like": "cassandra", "components.db.regions": 3})
    assert "'replication_factor': 1" in export(b, "cql")[0][1]
    with pytest.raises(Exception, match="do not go evenly into 2 regions"):
        export(b.changed({"components.db.regions": 2}), "cql")


def test_too_many_partitions_are_refused() -> None:
    with pytest.raises(Exception, match="more than the 1024 partitions"):
        export(shop().changed({"components.db.shards": 1025}), "sql")


def test_openslo_counts_good_or_bad() -> None:
    service, available, quick = validators.openslo(export(shop(), "openslo"))
    assert service["metadata"]["name"] == "shop"
    ratio = available["spec"]["indicator"]["spec"]["ratioMetric"]
    assert 'outcome!="ok"' in ratio["bad"]["metricSource"]["spec"]["query"]
    assert available["spec"]["timeWindow"] == [{"duration": "28d", "isRolling": True}]
    assert 'le="0.3"' in quick["spec"]["indicator"]["spec"]["ratioMetric"]["good"]["metricSource"]["spec"]["query"]
    assert [d["spec"]["objectives"][0]["target"] for d in (available, quick)] == [0.999, 0.95]
    wrong = export(shop(), "openslo")[0][1].replace("target: 0.999", "target: 1.5")
    with pytest.raises(AssertionError, match="not valid"):
        validators.openslo([("x", wrong)])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingError, match=r"pip install 'loadcase\[export\]'"):
        export(shop(), "sql")
    found = {one.format: one for one in listed(shop())}
    assert found["sql"].why_not == "SQL needs SQLAlchemy"
    assert found["openapi"].why_not is None


def test_nothing_to_export_says_what_would_change_that() -> None:
    b = Blueprint.loads("loadcase: 1\nname: bare\ncomponents: {s: {kind: service}}\nflows: {}\n")
    for name in formats():
        with pytest.raises(NothingError, match="bare") as raised:
            make(b, name)
        assert raised.value.hint
    assert all(one.why_not for one in listed(b))


def test_what_is_left_out_is_told() -> None:
    b = Blueprint.loads(SHOP.replace("does: WS /watch", "does: watch(customer)"))
    assert make(b, "openapi").left_out == ["watch says 'watch(customer)', which is no call of HTTP"]
    assert make(b, "sql").left_out == []
