"""Every system of the gallery in every format: a public validator accepts what is made, and what is not says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadcase.export import export, formats, make
from loadcase.export.base import NothingError
from loadcase.export.entities import model_of
from loadcase.kinds.store import Store
from tests.export import validators
from tests.export.designs import GALLERY, system


def possible(name: str, format: str) -> bool:
    """Whether the design has what the format is made of, told without the exports."""
    b = system(name)
    kinds = {c.kind for c in b.components.values()}
    models = {model_of(c) for c in b.components.values() if isinstance(c, Store)}
    return {
        "asyncapi": bool(kinds & {"log", "queue", "topic"}),
        "sql": "relational" in models,
        "cql": "wide-column" in models,
        "prometheus": bool(b.operate.slos),
        "openslo": bool(b.operate.slos),
        "openapi": True,
        "locust": True,
    }[format]


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("name", GALLERY)
def test_what_is_not_there_is_refused_with_the_reason(name: str, format: str) -> None:
    b = system(name)
    if possible(name, format):
        made = make(b, format)
        assert made.files
        assert all(file == Path(file).name and text.endswith("\n") for file, text in made.files)
        assert make(b, format) == made  # the same each time
    else:
        with pytest.raises(NothingError, match=name) as raised:
            export(b, format)
        assert raised.value.hint


def test_all_of_the_gallery_keeps_its_data_in_tables_of_one_of_the_two() -> None:
    assert all(possible(name, "sql") or possible(name, "cql") for name in GALLERY)


@pytest.mark.parametrize("name", GALLERY)
def test_openapi(name: str) -> None:
    document = validators.openapi(export(system(name), "openapi"))
    assert document["openapi"] == "3.1.0"
    assert document["paths"]


@pytest.mark.slow
def test_asyncapi(tmp_path: Path) -> None:
    texts = {name: export(system(name), "asyncapi")[0][1] for name in GALLERY if possible(name, "asyncapi")}
    assert len(texts) == 17
    assert validators.asyncapi(texts, tmp_path) == {name: [] for name in texts}


@pytest.mark.parametrize("name", [n for n in GALLERY if possible(n, "sql")])
def test_postgres_makes_the_tables(name: str, postgres: validators.Postgres) -> None:
    for file, text in export(system(name), "sql"):
        database = postgres.database()
        done = postgres.run(text, database)
        assert done.returncode == 0, f"{file}: {done.stderr}"
        query = "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        assert postgres.asked(query, database) == [str(text.count("CREATE TABLE"))]


@pytest.mark.parametrize("name", [n for n in GALLERY if possible(n, "cql")])
def test_cqlsh_reads_the_tables(name: str) -> None:
    files = export(system(name), "cql")
    assert len(validators.cql(files)) == sum(text.count("CREATE ") for _, text in files) >= 2


@pytest.mark.parametrize("name", [n for n in GALLERY if possible(n, "prometheus")])
def test_prometheus_and_openslo(name: str, tmp_path: Path) -> None:
    b = system(name)
    validators.prometheus(export(b, "prometheus"), tmp_path)
    documents = validators.openslo(export(b, "openslo"))
    assert [d["kind"] for d in documents] == ["Service", *["SLO"] * len(b.objectives)]
    assert [d["spec"]["objectives"][0]["target"] for d in documents[1:]] == [round(o.share, 12) for o in b.objectives]
    assert len({d["metadata"]["name"] for d in documents}) == len(documents)


@pytest.mark.parametrize("name", GALLERY)
def test_the_load_script_compiles_and_has_every_flow_that_arrives_by_a_call(name: str) -> None:
    b = system(name)
    made = make(b, "locust")
    ((_, text),) = made.files
    compile(text, "locustfile.py", "exec")
    flows = {f for f, flow in b.flows.items() if flow.arrive}
    told = {part.split(":")[0] for part in made.left_out}
    asked = {f for f in flows if f"'name': {f!r}" in text}
    assert asked
    assert asked | (told & flows) == flows


def test_no_name_of_the_gallery_is_lost_in_json() -> None:
    for name in GALLERY:
        document = json.loads(export(system(name), "openapi")[0][1])
        ids = [o["operationId"] for methods in document["paths"].values() for o in methods.values()]
        assert len(set(ids)) == len(ids)
