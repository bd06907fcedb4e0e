"""The public validators of the formats: each takes the files of an export and fails when one is wrong."""

from __future__ import annotations

import glob
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.alerts.promtool import promtool

HERE = Path(__file__).parent
Files = list[tuple[str, str]]


def missing(why: str) -> None:
    """In CI a validator has to be there; on another machine the test is left out without it."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


# --- OpenAPI ----------------------------------------------------------------------------------------------------------
def openapi(files: Files) -> dict[str, Any]:
    """The document, accepted by openapi-spec-validator."""
    from openapi_spec_validator import OpenAPIV31SpecValidator

    ((_, text),) = files
    document: dict[str, Any] = json.loads(text)
    OpenAPIV31SpecValidator(document).validate()
    return document


# --- AsyncAPI ---------------------------------------------------------------------------------------------------------
def asyncapi(texts: dict[str, str], folder: Path) -> dict[str, list[str]]:
    """Errors that AsyncAPI's parser finds in documents, by name."""
    node, modules = shutil.which("node"), HERE / "node_modules"
    if node is None or not (modules / "@asyncapi" / "parser").is_dir():
        missing(f"AsyncAPI's parser is not installed: npm install --prefix {HERE} (nodejs, npm)")
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, "utf-8")
    files = [str(folder / f"{name}.json") for name in texts]
    done = subprocess.run([str(node), HERE / "asyncapi.mjs", *files], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {Path(file).stem: errors for file, errors in found.items()}


# --- SQL --------------------------------------------------------------------------------------------------------------
class Postgres:
    """A server of its own, reached through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def database(self) -> str:
        """A new empty database."""
        self.count += 1
        name = f"d{self.count}"
        assert self.run(f"CREATE DATABASE {name}").returncode == 0
        return name

    def run(self, text: str, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        """Runs statements until one fails."""
        psql = shutil.which("psql") or "psql"
        command = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-U", "tester"]
        return subprocess.run(
            [*command, "-d", database], input=text, capture_output=True, text=True, timeout=600, errors="replace",
            env={**os.environ, "PGCLIENTENCODING": "UTF8"},
        )  # fmt: skip

    def asked(self, query: str, database: str) -> list[str]:
        """The rows of a query, a line each."""
        done = self.run(query, database)
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n").split("\n")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server in a temporary folder, as a user without rights."""
    found = [shutil.which("initdb"), *sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)]
    initdb = next((Path(one) for one in found if one), None)
    if initdb is None or shutil.which("psql") is None:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    assert initdb is not None
    who: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if os.getuid() == 0:  # which initdb refuses
            name = next(u.pw_name for u in map(pwd.getpwnam, _users()))
            who = {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
            shutil.chown(folder, name)
        plain = {"cwd": folder, "capture_output": True, "text": True, "timeout": 600, **who}
        made = subprocess.run(
            [initdb, "-D", folder / "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync"],
            **plain,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [initdb.parent / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=",
                 "-c", "fsync=off"],
                cwd=folder, stdout=subprocess.DEVNULL, stderr=log, **who,
            )  # fmt: skip
        try:
            answers = Postgres(folder)
            for _ in range(600):
                if answers.run("SELECT 1").returncode == 0:
                    break
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
            yield answers
        finally:
            server.terminate()
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _users() -> list[str]:
    known = {user.pw_name for user in pwd.getpwall()}
    return [name for name in ("postgres", "nobody") if name in known]


# --- CQL --------------------------------------------------------------------------------------------------------------
def cql(files: Files) -> list[str]:
    """The statements, each of which the grammar of cqlsh takes whole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports sre_constants
        from cqlshlib.cql3handling import CqlRuleSet

    found = []
    for _, text in files:
        for statement in CqlRuleSet.cql_split_statements(text)[0]:
            tokens = statement[:-1] if statement and statement[-1][0] == "endtoken" else statement
            if not tokens:
                continue
            spelled = " ".join(token[1] for token in tokens)
            assert statement[-1][0] == "endtoken", f"no end of {spelled}"
            assert CqlRuleSet.whole_match("schemaChangeStatement", tokens, srcstr=text) is not None, spelled
            found.append(spelled)
    return found


# --- Prometheus and OpenSLO -------------------------------------------------------------------------------------------
def prometheus(files: Files, folder: Path) -> None:
    """Accepted by promtool with all of its lints."""
    ((name, text),) = files
    (folder / name).write_text(text, "utf-8")
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", folder / name)
    assert done.returncode == 0, done.stdout + done.stderr


def openslo(files: Files) -> list[dict[str, Any]]:
    """The documents, accepted by the schema; the same for YAML 1.1 and 1.2."""
    ((_, text),) = files
    documents = list(YAML(typ="safe", pure=True).load_all(text))
    old = YAML(typ="safe", pure=True)
    old.version = (1, 1)  # type: ignore[assignment]
    assert list(old.load_all(text)) == documents
    validator = Draft202012Validator(json.loads((HERE / "openslo.schema.json").read_text("utf-8")))
    for document in documents:
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        assert not problems, problems
    return documents
