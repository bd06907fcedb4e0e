"""PostgreSQL tables of what relational stores keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import Path
from loadcase.export.base import Export, Made, MissingError, refused
from loadcase.export.entities import Kept, column_types, stores, tables
from loadcase.export.text import line, slugs

_QUOTED = re.compile(r'("(?:[^"]|"")*")')
MOST_BYTES = 63
"""Of a name; PostgreSQL cuts longer ones off."""
MOST_PARTITIONS = 1024
"""Tables that one table is divided into here."""


class Sql(Export):
    """The tables of each relational store, as `CREATE TABLE` for PostgreSQL, one file for each store.

    From: a store whose profile is relational (`like: postgres`, `mysql`, `sql_global`), the entities that flows read
    from it or write to it, their `fields`, `key` and `identity`, and `shards`. The primary key is the entity's key
    where a `write`, `update` or `claim` finds its row by it, or where its appends are numbered (`sequence`); with
    other appends the identity is added, since nothing says that two of them differ in the key. The identity is
    unique: it names the operation, which has one effect. Where one transaction writes several rows, and where the
    table is partitioned, it is unique together with the partition key. With more shards than one a table is
    partitioned by the hash of its partition key, a partition for each shard.

    Unknown: the form of an `id` (TEXT, which holds any), which other fields may be empty (none is NOT NULL),
    references between entities, and further indexes: none is made. A field whose type is not in the list below is
    refused.

    Checked: by PostgreSQL itself, which has to make the tables.

    Source: PostgreSQL documentation, CREATE TABLE and Table Partitioning.
    """

    title = "PostgreSQL DDL"

    def make(self, blueprint: Blueprint) -> Made:
        """One file for each relational store."""
        found, left_out = tables(blueprint, "relational", "relational store")
        shards = {name: store.shards for name, store in stores(blueprint, "relational").items()}
        names = slugs(found)
        return Made(
            [(f"{names[store]}.sql", _file(blueprint, store, kept, shards[store])) for store, kept in found.items()],
            left_out,
        )


def _file(blueprint: Blueprint, store: str, kept: dict[str, Kept], shards: int) -> str:
    product = blueprint.components[store].like
    parts = [f"-- {line(blueprint.name)}: tables of the store {line(store)} ({line(product or '')}), for PostgreSQL"]
    if shards > MOST_PARTITIONS:
        path: Path = ("components", store, "shards")
        raise refused(blueprint, path, f"{shards} shards are more than the {MOST_PARTITIONS} partitions made of them",
                      "export a variant with fewer shards: they are servers, not tables")  # fmt: skip
    for one in kept.values():
        parts.append("\n".join(_table(blueprint, one, shards)))
    return "\n\n".join(parts) + "\n"


def _table(blueprint: Blueprint, one: Kept, shards: int) -> Iterator[str]:
    try:
        import sqlalchemy as sa
        from sqlalchemy.dialects import postgresql
        from sqlalchemy.schema import CreateTable
    except ImportError:
        raise MissingError("SQL needs SQLAlchemy", hint="pip install 'loadcase[export]'") from None
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    quoted = dialect.identifier_preparer.quote
    path: Path = ("entities", one.name)
    _named(blueprint, one.name, path, len(f"_{shards - 1}") if shards > 1 else 0)
    row, unique = one.row, _unique(one, shards)
    parts: list[Any] = []
    for name, found in column_types(blueprint, one.name, one.entity):
        _named(blueprint, name, (*path, "fields", name))
        fixed = name in row or name in unique
        parts.append(sa.Column(name, _Spelled(sa, found.sql), nullable=not fixed, autoincrement=False))
    parts.append(sa.PrimaryKeyConstraint(*row))
    if unique:
        parts.append(sa.UniqueConstraint(*unique))
    by_hash: dict[str, Any] = {"postgresql_partition_by": f"HASH ({quoted(row[0])})"} if shards > 1 else {}
    table = sa.Table(one.name, sa.MetaData(), *parts, **by_hash)
    for remark in _remarks(one, row, unique, shards):
        yield f"-- {line(remark)}"
    yield _laid_out(str(CreateTable(table).compile(dialect=dialect))) + ";"
    for i in range(shards if shards > 1 else 0):
        part = quoted(f"{one.name}_{i}")
        yield (
            f"CREATE TABLE {part} PARTITION OF {quoted(one.name)} FOR VALUES WITH (MODULUS {shards}, REMAINDER {i});"
        )


def _laid_out(text: str) -> str:
    """A statement with spaces for tabs and none at the ends of lines; what is quoted stays as it is."""
    parts = _QUOTED.split(text.strip())
    parts[::2] = [
        re.sub(r" *\n\)\n *", "\n) ", re.sub(r" +\n", "\n", part.replace("\t", "    "))) for part in parts[::2]
    ]
    return "".join(parts)


def _Spelled(sa: Any, text: str) -> Any:  # noqa: N802
    """A column type by its name in PostgreSQL."""
    from sqlalchemy.dialects import postgresql as pg

    return {
        "TEXT": sa.Text(), "UUID": pg.UUID(), "BOOLEAN": sa.Boolean(), "BIGINT": sa.BigInteger(),
        "DOUBLE PRECISION": pg.DOUBLE_PRECISION(), "NUMERIC": sa.Numeric(), "DATE": sa.Date(), "BYTEA": pg.BYTEA(),
        "TIMESTAMPTZ": pg.TIMESTAMP(timezone=True), "JSONB": pg.JSONB(),
    }[text]  # fmt: skip


def _unique(one: Kept, shards: int) -> list[str]:
    """The fields that are unique together beside the primary key; none where that says it."""
    identity = one.entity.identity
    if identity is None or identity not in one.entity.fields:
        return []
    wide = [one.row[0], identity] if (shards > 1 or one.several) and identity != one.row[0] else [identity]
    return [] if set(wide) == set(one.row) else wide


def _remarks(one: Kept, row: list[str], unique: list[str], shards: int) -> Iterator[str]:
    """What the table cannot show by itself."""
    identity = one.entity.identity
    if identity in row and identity not in one.key and one.key:
        yield f"{identity} is in the primary key: nothing says that two appends to {', '.join(one.key)} differ in it"
    if len(unique) == 2 and shards > 1:
        yield f"{identity} is unique within one {row[0]}: a partitioned table can promise no more, so that the same "
        yield f"operation under another {row[0]} has to be caught elsewhere"
    elif len(unique) == 2:
        yield f"{identity} names the operation, whose transaction writes several rows: one for each {row[0]}"
    if one.entity.order_by is not None and one.numbered and len(one.key) > 1:
        yield f"{one.key[-1]} is numbered for each {one.entity.order_by} by whoever writes, not by a sequence"


def _named(blueprint: Blueprint, name: str, path: Path, more: int = 0) -> None:
    """Raises BlueprintError for a name that PostgreSQL does not take whole."""
    if not name or "\0" in name:
        raise refused(blueprint, path, "PostgreSQL has no name that is empty or holds a NUL", "give it another name")
    if len(name.encode()) + more > MOST_BYTES:
        raise refused(blueprint, path, f"{line(name)[:20]}... has more than {MOST_BYTES - more} bytes, which "
                      "PostgreSQL cuts off", "give it a shorter name")  # fmt: skip
