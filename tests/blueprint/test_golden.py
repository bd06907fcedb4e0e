"""What a person reads when a blueprint is wrong: place, caret, and the way out, word for word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadcase.blueprint.load import load, loads
from loadcase.core.errors import BlueprintError, LoadcaseError, UsageError
from tests.shop import GOOD

TOLD = {
    "misspelt component": ("web.handle: {work", "wbe.handle: {work", """\
shop.yaml:19:9: error[LC302]: unknown component 'wbe'
          - wbe.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 1 s}]}
            ^
    hint: did you mean "web"?"""),
    "unknown verb": ("web.handle: {work", "web.hanlde: {work", """\
shop.yaml:19:13: error[LC302]: unknown verb of a service 'hanlde'
          - web.hanlde: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 1 s}]}
                ^
    hint: did you mean "handle"?"""),
    "wrong unit": ("timeout: 1 s", "timeout: 300 B", """\
shop.yaml:19:78: error[LC202]: expected a duration such as 250 ms, got 300 B (data)
          - web.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 300 B}]}
                                                                                 ^
    hint: for example 250 ms, 2 s, 1 day, 2 * timeout"""),
    "no unit": ("timeout: 1 s", "timeout: 250", """\
shop.yaml:19:78: error[LC202]: expected a duration such as 250 ms, got 250 (plain number)
          - web.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 250}]}
                                                                                 ^
    hint: it has no unit; write 250 ms or 250 s"""),
    "missing reference": ("from: db", "from: bd", """\
shop.yaml:14:26: error[LC302]: unknown store 'bd'
      log: {kind: log, from: bd}
                             ^
    hint: known: db"""),
    "missing entity": ("key: item}", "key: itme}", """\
shop.yaml:17:31: error[LC302]: unknown entity 'itme'
        arrive: {rate: rate, key: itme}
                                  ^
    hint: did you mean "item"?"""),
    "cyclic estimate": ("buys: 2 request/user/day", "buys: rate / users", """\
shop.yaml:7:9: error[LC212]: a cycle of estimates: buys -> rate -> buys
      buys: rate / users
            ^
    hint: give one of them as a number"""),
    "duplicate key": ("  db: {", "  web: {", """\
shop.yaml:13:3: error[LC104]: "web" stands twice in one mapping, first at line 12, column 3
      web: {kind: store, like: postgres, replicas: 2}
      ^
    hint: remove or rename one of them"""),
    "name in a formula": ("rate: users * buys", 'rate: "users * (bys + 1)"', """\
shop.yaml:8:19: error[LC211]: unknown name "bys"
      rate: "users * (bys + 1)"
                      ^
    hint: did you mean "buys"?"""),
    "units in a formula": ("rate: users * buys", "rate: users + buys", """\
shop.yaml:8:9: error[LC202]: cannot add 2 request/user/day (request/time/user) to 1M user (user)
      rate: users + buys
            ^
    hint: both sides need one unit"""),
    "unit inside a law": ("exp(2 ms)", "exp(2 MB)", """\
shop.yaml:19:32: error[LC202]: expected a duration such as 2 ms, got 2 MB (data)
          - web.handle: {work: exp(2 MB), do: [db.write: {entity: item, timeout: 1 s}]}
                                   ^
    hint: expected a duration such as 2 ms, exp(2 ms) or lognormal(p50=2 ms, p99=20 ms)"""),
    "unit of a guarantee": ("buy.p95 < 300 ms", "buy.p95 < 300 mss", """\
shop.yaml:4:24: error[LC201]: unknown unit "mss"
      contract: [buy.p95 < 300 mss]
                           ^
    hint: did you mean "ms"?"""),
    "exponent of a popularity": ("zipf(0.8)", "zipf(alpha)", """\
shop.yaml:10:39: error[LC211]: unknown name "alpha"
      item: {count: 10k, popularity: zipf(alpha)}
                                          ^
    hint: known names: users, buys, rate"""),
    "kind": ("kind: service", "kind: servcie", """\
shop.yaml:12:15: error[LC302]: unknown kind 'servcie'
      web: {kind: servcie, replicas: 4, workers: 8}
                  ^
    hint: did you mean "service"?"""),
    "path of a variant": ("web.replicas: 2", "wbe.replicas: 2", """\
shop.yaml:26:49: error[LC351]: unknown section or component 'wbe'
      slow: {flows.buy.steps.db.write.timeout: 5 s, wbe.replicas: 2}
                                                    ^
    hint: did you mean "web"?"""),
    "too many servers": ("replicas: 4", "replicas: 1e9", """\
shop.yaml:12:3: error[LC371]: with web the design has 1,000,000,000 servers, which would take 1 TB to simulate; """
"""at most 1,000,000 are
      web: {kind: service, replicas: 1e9, workers: 8}
      ^
    hint: divide the counts and the load by the same factor"""),
    "tag": ("name: shop", "name: !!python/object:os.system x", """\
shop.yaml:2:7: error[LC106]: tags are not used in blueprints, got "tag:yaml.org,2002:python/object:os.system"
    name: !!python/object:os.system x
          ^
    hint: remove it; a blueprint is plain data, and text may be quoted"""),
    "bracket": ("by: web}", "by: web", """\
shop.yaml:22:10: error[LC103]: YAML syntax: while parsing a flow mapping expected ',' or '}', but got ':'
        steps: [web.handle]
             ^
    hint: close the bracket that opens at line 21, column 14, or add the comma that is missing"""),
    "quote": ("name: shop", 'name: "shop', """\
shop.yaml:2:7: error[LC103]: YAML syntax: while scanning a quoted scalar found unexpected end of stream
    name: "shop
          ^
    hint: close the quote"""),
    "empty entry": ("log: {kind: log, from: db}", "log:", """\
shop.yaml:14:3: error[LC303]: expected the fields of a component, got nothing
      log:
      ^
    hint: for example {kind: service, replicas: 4}"""),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_the_text_of_an_error(name: str) -> None:
    old, new, text = TOLD[name]
    assert old in GOOD
    with pytest.raises(BlueprintError) as caught:
        loads(GOOD.replace(old, new, 1), "shop.yaml")
    assert str(caught.value).split("\nshop.yaml")[0] == text


def test_a_wrong_value_of_a_variant_is_shown_where_the_variant_says_it() -> None:
    text = GOOD.replace("timeout: 5 s", "timeout: 5 B")
    with pytest.raises(BlueprintError) as caught:
        loads(text, "shop.yaml", variant="slow")
    assert str(caught.value).splitlines()[0].startswith("shop.yaml:26:44: error[LC202]: expected a duration")


API = """\
loadcase: 1
name: shop
api: {send: {kind: write}, replicas: {kind: read}}
components:
  api: {kind: service, replicas: 4}
  name: {kind: service}
  db: {kind: store}
flows:
  f:
    arrive: {rate: 1 /s}
    steps:
      - api.handle
      - name.handle:
      - choose: [{weight: 1, do: [db.read, db.read: {timeout: 1 s}]}]
variants:
  v: {CHANGE}
"""


def test_a_path_means_the_section_or_the_component_of_that_name_by_what_they_can_hold() -> None:
    def with_change(change: str):  # type: ignore[no-untyped-def]
        return loads(API.replace("CHANGE", change), variant="v")

    assert with_change("api.workers: 9").components["api"].workers == 9
    assert with_change("api.send.kind: control").api["send"].kind == "control"
    assert with_change("components.api.replicas: 9").components["api"].replicas == 9
    assert with_change("name.replicas: 3").components["name"].replicas == 3
    assert with_change("db.shards: 4").components["db"].shards == 4  # type: ignore[attr-defined]
    for change in ("api.replicas: 9", "api.rplicas: 9", "api: null"):
        with pytest.raises(BlueprintError, match=r"LC354.*may mean the section 'api' or the component 'api'") as caught:
            with_change(change)
        assert "components.api" in caught.value.hint


def test_a_variant_removes_sets_and_counts_steps() -> None:
    def names(change: str) -> list[str]:
        b = loads(API.replace("CHANGE", change), variant="v")
        outer = [getattr(s, "verb", "choose") for s in b.flows["f"].steps]
        inner = [f"{s.verb} {s.options.timeout}" for s in b.flows["f"].steps[-1].branches[0]]  # type: ignore[union-attr]
        return [*outer, *inner]

    assert names('"flows.f.steps.db.read[2].timeout": 5 s') == ["handle", "handle", "choose", "read None", "read 5.0"]
    assert names("flows.f.steps.db.read: null") == ["handle", "handle", "choose", "read 1.0"]
    assert names("flows.f.steps.api.handle: null") == ["handle", "choose", "read None", "read 1.0"]
    assert names("flows.f.steps.db.read: db.write")[3] == "write None"
    with pytest.raises(BlueprintError, match=r"db.read stands 2 times in flows.f.steps, not 3 times"):
        names('"flows.f.steps.db.read[3].timeout": 5 s')
    with pytest.raises(BlueprintError, match="LC353"):
        names('"flows.f.steps[7]": db.read')
    with pytest.raises(BlueprintError, match="LC355"):
        names("variants.v: null")


def test_after_a_removed_step_errors_still_stand_at_their_lines() -> None:
    text = API.replace("CHANGE", "flows.f.steps.api.handle: null").replace("name.handle:", "name.hnadle:")
    with pytest.raises(BlueprintError) as caught:
        loads(text, variant="v")
    assert caught.value.problems[0].line == 13


def test_every_variant_is_laid_over_the_design_and_not_over_another_variant() -> None:
    text = API.replace("  v: {CHANGE}", "  v: {components.db: null, flows.f.steps: [api.handle]}\n  w: {db.shards: 2}")
    assert "db" not in loads(text, variant="v").components


@pytest.mark.parametrize("name", ["fifo", "/dev/zero", "/dev/null", "folder", "missing.yaml", "bad\0name"])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    if name == "fifo":
        os.mkfifo(tmp_path / name)
    if name == "folder":
        (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match="cannot read") as caught:
        load(tmp_path / name)
    assert caught.value.code == "LC101"
    assert caught.value.hint


def test_an_endless_file_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a sparse file of a terabyte
    with pytest.raises(BlueprintError, match="larger than 1024 KiB"):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("replicas: 4", "replicas: 1e9", "LC371"),
        ("kind: log, from: db", "kind: log, from: db, partitions: 1e9", "LC371"),
        ("workers: 8", "workers: 8, zones: 1e6", "LC372"),
        ("like: postgres, replicas: 2", "like: postgres, replicas: 100k, write: all", "LC373"),
        ("[web.handle]", "[repeat: {times: 1M, do: [repeat: {times: 1M, do: []}]}]", "LC374"),
        ("[web.handle]", "[fan_out: {n: 1000, do: [fan_out: {n: 900, do: []}]}]", "LC375"),
        ("{load: 2,", "{load: 2, duration: 1000 year,", "LC376"),
        ("{load: 2,", "{load: 2, duration: 0 s,", "LC376"),
        ("{load: 2,", "{load: 1e9,", "LC377"),
        ("cases:\n", "cases:\n" + "".join(f"  c{i}: {{}}\n" for i in range(400)), "LC370"),
    ],
)
def test_what_no_machine_simulates_is_refused_at_its_line(old: str, new: str, code: str) -> None:
    assert old in GOOD
    with pytest.raises(LoadcaseError) as caught:
        loads(GOOD.replace(old, new, 1))
    assert isinstance(caught.value, BlueprintError)
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.problems[0].line
    assert caught.value.problems[0].hint
