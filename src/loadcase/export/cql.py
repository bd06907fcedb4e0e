"""CQL tables of what wide-column stores keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import Path
from loadcase.export.base import Export, Made, refused
from loadcase.export.entities import Kept, column_types, stores, tables
from loadcase.export.text import line, slugs
from loadcase.kinds.store import Store

_WORDS = (
    "add allow alter and apply asc authorize batch begin by columnfamily create default delete desc describe drop "
    "entries execute from full grant if in index infinity insert into is keyspace limit materialized mbean mbeans "
    "modify nan norecursive not null of on or order primary rename replace revoke schema select set table to token "
    "truncate unlogged unset update use using view where with"
)
RESERVED = frozenset(_WORDS.split())
"""Words that are no names unless they are quoted. Source: Apache Cassandra documentation, CQL, appendix A."""
LONGEST = 48
"""Characters of the name of a keyspace or a table, which are names of folders too."""
_PLAIN = re.compile(r"[a-z][a-z0-9_]*\Z")
_FOLDER = re.compile(r"\w+\Z", re.ASCII)


class Cql(Export):
    """The tables of each wide-column store, as CQL for Apache Cassandra, one file for each store.

    From: a store whose profile is wide-column (`like: cassandra`), the entities that flows read from it or write to
    it, their `fields`, `key` (the partition key first, then the clustering order) and `identity`, and `replicas`.
    With appends that nothing numbers the identity is added to the clustering order, since an insert with the same key
    would overwrite. The keyspace has `replicas` copies in each data centre, or the share of it that falls to each
    region.

    Unknown: the names of data centres (`replication_factor` goes for all of them), the direction of the clustering
    order (ascending, Cassandra's own), and further tables for other queries: none is made. A field whose type is not
    in the list below is refused, and so is a table's name that Cassandra does not take.

    Checked: against the grammar of `cqlsh`, Apache Cassandra's own shell. No Cassandra is run.

    Source: Apache Cassandra documentation, CQL, Data Definition.
    """

    title = "CQL"

    def make(self, blueprint: Blueprint) -> Made:
        """One file for each wide-column store."""
        found, left_out = tables(blueprint, "wide-column", "wide-column store")
        known = stores(blueprint, "wide-column")
        names = slugs(found)
        files = [(f"{names[s]}.cql", "\n".join(_file(blueprint, s, known[s], kept))) for s, kept in found.items()]
        return Made(files, left_out)


def _file(blueprint: Blueprint, name: str, store: Store, kept: dict[str, Kept]) -> Iterator[str]:
    copies, uneven = divmod(store.replicas, store.regions)
    if uneven:
        raise refused(blueprint, ("components", name, "replicas"), f"{store.replicas} copies do not go evenly into "
                      f"{store.regions} regions", "a keyspace has as many copies in each region")  # fmt: skip
    keyspace = _folder(blueprint, name, ("components", name))
    yield f"-- {line(blueprint.name)}: tables of the store {line(name)} ({line(store.like or '')})"
    yield ""
    yield f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
    yield f"    {{'class': 'NetworkTopologyStrategy', 'replication_factor': {copies}}};"
    for one in kept.values():
        yield ""
        yield from _table(blueprint, keyspace, one)
    yield ""


def _table(blueprint: Blueprint, keyspace: str, one: Kept) -> Iterator[str]:
    path: Path = ("entities", one.name)
    table, row, identity = _folder(blueprint, one.name, path), one.row, one.entity.identity
    columns = []
    for name, found in column_types(blueprint, one.name, one.entity):
        columns.append((_quoted(blueprint, name, (*path, "fields", name)), found.cql))
    quoted = [_quoted(blueprint, name, path) for name in row]
    if identity is not None and identity not in one.key:
        what = (
            "an insert under the same key would overwrite, so that it is part of it"
            if identity in row
            else "Cassandra has no unique constraint, so that whoever writes has to look it up"
        )
        yield f"-- {line(identity)} names the operation: {what}"
    if len(columns) == 1:
        yield f"CREATE TABLE IF NOT EXISTS {keyspace}.{table} ({columns[0][0]} {columns[0][1]} PRIMARY KEY);"
        return
    yield f"CREATE TABLE IF NOT EXISTS {keyspace}.{table} ("
    yield from (f"    {name} {kind}," for name, kind in columns)
    yield f"    PRIMARY KEY ({', '.join(quoted)})"
    yield ");"


def _quoted(blueprint: Blueprint, name: str, path: Path) -> str:
    """A name of a column, quoted where it has to be."""
    if not name or not name.isprintable():
        raise refused(blueprint, path, f"{line(name)!r} cannot be the name of a column", "give it another name")
    return name if _PLAIN.match(name) and name not in RESERVED else '"' + name.replace('"', '""') + '"'


def _folder(blueprint: Blueprint, name: str, path: Path) -> str:
    """A name of a keyspace or a table, which takes letters, digits and `_`."""
    if not _FOLDER.match(name) or len(name) > LONGEST:
        raise refused(
            blueprint, path, f"{line(name)[:LONGEST]!r} cannot be the name of a table or keyspace of Cassandra",
            f"letters, digits and _, at most {LONGEST}",
        )  # fmt: skip
    return _quoted(blueprint, name, path)
