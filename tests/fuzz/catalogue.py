"""Blueprints that were broken by hand: each is loaded, estimated, drawn and checked, or refused with its place."""

from __future__ import annotations

from functools import reduce

from tests.shop import GOOD as SHOP

ADDED = {
    "[buy.p95 < 300 ms]": "[buy.p95 < 300 ms, db.utilisation < 80 %]",
    "  db: {": "  hot: {kind: cache, replicas: 2, keys: 1k}\n  db: {",
    "from: db}": "from: db, partitions: 4}",
    "  follow:\n": """\
  look:
    arrive: {rate: 10 * rate, key: item}
    steps:
      - web.handle: {work: exp(1 ms), do: [hot.get: {miss: [db.read]}]}
  follow:
""",
    "  peak: {load: 2,": "  normal: {duration: 5 s, warmup: 1 s}\n  peak: {load: 2, duration: 5 s,",
    " web.replicas: 2}": " components.web.replicas: 2}",
}
"""What makes the shop one that uses a cache and runs in no time."""
GOOD = reduce(lambda text, change: text.replace(*change, 1), ADDED.items(), SHOP)


def _edit(old: str, new: str) -> str:
    assert old in GOOD, old
    return GOOD.replace(old, new, 1)


def _fault(text: str) -> str:
    return _edit("load: 2,", f"faults: [{text}],")


def _loop(users: str) -> str:
    return _edit("{rate: rate, key: item}", f"{{users: {users}, think: 1 s, key: item}}")


def _nested(levels: int, inner: str = "db.read") -> str:
    """Calls nested in one another."""
    text = inner
    for _ in range(levels):
        text = f"web.handle: {{do: [{text}]}}"
    return _edit("[web.handle]", f"[{text}]")


def _components(count: int) -> str:
    return _edit("flows:\n", "".join(f"  c{i}: {{kind: service}}\n" for i in range(count)) + "flows:\n")


def _bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return GOOD + "operate:\n" + "".join(f"  {line}\n" for line in lines)


def _merge_bomb(levels: int) -> str:
    lines = ["  a0: &a0 {x: 1, y: 2}"]
    lines += [f"  a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 20)}], z{i}: 1}}" for i in range(1, levels)]
    return GOOD + "decisions:\n" + "\n".join(lines) + "\n"


def _estimates(count: int, formula: str) -> str:
    lines = "".join(f"  e{i}: {formula.format(i=i, j=i - 1)}\n" for i in range(1, count))
    return _edit("estimates:\n", "estimates:\n  e0: 2\n" + lines)


NUMBERS = (
    "10^12", "1e12", "1000000000000", "1e400", "-1e400", ".inf", "-.inf", ".nan", "NaN", "nan", "inf", "-1", "-0.0",
    "0", "0.5", "1e-300", "1e308", "9" * 50, "9" * 99, "9" * 101, "9" * 5000, "2**10**10", "9**9**9", "(((1)))",
    "1/0", "0x7fffffffffffffff", "0o777", "0b1", "1_000", "１２", "1,5", "true", "~", '""', "[]", "{}", "[[1]]", "''",
    "1 parsec", "1 s", "5 %", "1..2", "2..1", "1..1e300", "-5..5", "0..0", "1...2", "1e5..1e6 s", "users", "web",
    "__import__('os').system('true')", "().__class__", "lambda: 0", "rate if 1 else 2", "[x for x in y]", "f''",
    "max()", "min(1, 2 s)", "round(1, 2)", "ceil(", "1 +", "+", "1" + "+1" * 400, "(" * 60 + "1" + ")" * 60,
    "-" * 300 + "1", "2 ** -1", "(-8) ** 0.5", "1e100 * 1e100", "1000 years", "10^9 year", "$5", "5 USD",
    "🦀", "\\u202e5",
)  # fmt: skip
"""Values that stand where a number belongs."""

FIELDS = {
    "replicas": "replicas: 4",
    "workers": "workers: 8",
    "keys": "keys: 1k",
    "partitions": "partitions: 4",
    "count": "count: 10k",
    "load": "load: 2",
    "duration": "duration: 5 s, warmup: 1 s",
    "timeout": "timeout: 1 s",
    "rate": "rate: rate",
    "work": "work: exp(2 ms)",
    "popularity": "popularity: zipf(0.8)",
}
"""Places for them, by what stands there."""

_FLOWS = "".join(f"  f{i}: {{arrive: {{rate: 1 /s}}, steps: [web.handle]}}\n" for i in range(280))
SIZES = {
    "replicas-1e9": _edit("replicas: 4", "replicas: 1e9"),
    "replicas-1e12": _edit("replicas: 4", "replicas: 1000000000000"),
    "store-1e6-by-1e3": _edit("like: postgres, replicas: 2", "like: postgres, replicas: 1k, shards: 1M"),
    "store-1e9-by-1e9": _edit("like: postgres, replicas: 2", "like: postgres, replicas: 1e9, shards: 1e9"),
    "copies-1e6": _edit("like: postgres, replicas: 2", "like: postgres, replicas: 1M, write: all"),
    "workers-1e9": _edit("workers: 8", "workers: 1e9"),
    "partitions-1e9": _edit("partitions: 4", "partitions: 1e9"),
    "partitions-1e6": _edit("partitions: 4", "partitions: 1M"),
    "cache-keys-1e9": _edit("keys: 1k", "keys: 1e9"),
    "cache-replicas-1e6": _edit("replicas: 2, keys: 1k", "replicas: 1M"),
    "entity-1e15": _edit("count: 10k", "count: 1e15"),
    "entity-1e12": _edit("count: 10k", "count: 1e12"),
    "entity-1e12-no-bound": _edit("count: 10k", "count: 1e12").replace(", keys: 1k", ""),
    "weights-200k": _edit("{count: 10k, popularity: zipf(0.8)}", f"{{popularity: [{', '.join(['1'] * 9000)}]}}"),
    "fan-out-1e9": _edit("[web.handle]", "[fan_out: {n: 1e9, do: [db.read]}]"),
    "fan-out-1e4": _edit("[web.handle]", "[fan_out: {n: 10000, do: [db.read]}]"),
    "fan-out-1e4-squared": _edit("[web.handle]", "[fan_out: {n: 10000, do: [fan_out: {n: 10000, do: [db.read]}]}]"),
    "repeat-1e12": _edit("[web.handle]", "[repeat: {times: 1e12, do: [db.read]}]"),
    "repeat-1e6": _edit("[web.handle]", "[repeat: {times: 1M, do: [db.read]}]"),
    "repeat-1e6-cubed": _edit(
        "[web.handle]",
        "[repeat: {times: 1M, do: [repeat: {times: 1M, do: [repeat: {times: 1M, do: [db.read]}]}]}]",
    ),
    "repeat-nothing-1e6": _edit("[web.handle]", "[repeat: {times: 1M, do: []}]"),
    "repeat-nothing-1e18": _edit(
        "[web.handle]", "[repeat: {times: 1M, do: [repeat: {times: 1M, do: [repeat: {times: 1M, do: []}]}]}]"
    ),
    "spawn-storm": _edit("[web.handle]", "[repeat: {times: 1M, do: [spawn: [wait: 1 hour]]}]"),
    "users-1e9": _loop("1e9"),
    "users-1e6": _loop("1M"),
    "users-250k": _loop("125k"),
    "users-no-think": _edit("{rate: rate, key: item}", "{users: 1000}").replace(
        "web.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 1 s}]}", "web.handle: {work: 0 s}"
    ),
    "endless-client": _edit("{rate: rate, key: item}", "{users: 1}").replace(
        "- web.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 1 s}]}", "[]"
    ).replace("    steps:\n      []", "    steps: []"),
    "duration-1000-years": _edit("duration: 5 s, warmup: 1 s", "duration: 1000 year"),
    "duration-30-years": _edit("duration: 5 s, warmup: 1 s", "duration: 30 year"),
    "duration-0": _edit("duration: 5 s, warmup: 1 s", "duration: 0 s"),
    "warmup-30-years": _edit("warmup: 1 s", "warmup: 30 year"),
    "unstable": _edit("load: 2", "load: 100000"),
    "unstable-store": _edit("like: postgres, replicas: 2", "like: postgres, workers: 1, work: 1 hour"),
    "load-1e300": _edit("load: 2", "load: 1e99"),
    "load-0": _edit("load: 2", "load: 0"),
    "rate-1e99": _edit("rate: rate, key", "rate: 1e99 /s, key"),
    "rate-1e12": _edit("rate: rate, key", "rate: 1e12 /s, key"),
    "rate-0": _edit("rate: rate, key", "rate: 0 /s, key"),
    "work-0": _edit("work: exp(2 ms)", "work: 0 s"),
    "work-1000-years": _edit("work: exp(2 ms)", "work: 1000 year"),
    "work-pareto-endless": _edit("work: exp(2 ms)", '"work": "pareto(xm=1 ms, alpha=0.01)"'),
    "timeout-0": _edit("timeout: 1 s", "timeout: 0 s"),
    "retry-1e9": _edit("timeout: 1 s", "timeout: 1 us, retry: {max: 1e9}"),
    "retry-1e9-no-wait": _edit("timeout: 1 s", "timeout: 0.001 us, retry: {max: 1e9, backoff: 0 s}"),
    "retry-multiplier": _edit("timeout: 1 s", "timeout: 1 us, retry: {max: 1000, backoff: 1 s, multiplier: 1e99}"),
    "breaker-1e9": _edit("timeout: 1 s", "breaker: {calls: 1e9}"),
    "hedge-0": _edit("timeout: 1 s", "hedge: {after: 0 s}"),
    "limiter-1e12": _edit("flows:\n", "  lim: {kind: limiter, rate: 5 /s, key: item}\nflows:\n")
    .replace("count: 10k", "count: 1e12")
    .replace("[web.handle]", "[lim.take]"),
    "limiter-keys-by-replicas": _edit(
        "flows:\n", "  lim: {kind: limiter, rate: 5 /s, key: item, replicas: 10k, scope: local}\nflows:\n"
    )
    .replace("count: 10k", "count: 10M")
    .replace("    steps:\n      - web.handle: {w", "    steps:\n      - lim.take\n      - web.handle: {w", 1),
    "cache-of-all-keys": _edit("count: 10k", "count: 67M").replace(", keys: 1k", ""),
    "ten-caches": _edit("flows:\n", "".join(f"  k{i}: {{kind: cache, keys: 400M}}\n" for i in range(10)) + "flows:\n"),
    "in-flight-1e9": _edit("by: web}", "by: web, in_flight: 1e9}"),
    "zones-1e9": _edit("workers: 8}", "workers: 8, zones: 1e9, regions: 1e9}"),
    "choices-1e9": _edit("workers: 8}", "workers: 8, balance: two_choices, choices: 1e9}"),
    "queue-1e9": _edit("workers: 8}", "workers: 8, queue: 1e9}"),
    "network-1-year": GOOD + "network: {client: 1 year}\n",
    "daily-1-ns": _edit("rate: rate, key: item", 'rate: rate, key: item, pattern: "daily(2, 1 ns)"'),
    "bursty-1e9": _edit("rate: rate, key: item", 'rate: rate, key: item, pattern: "bursty(1e9, 1 ns, 1 year)"'),
    "erlang-1e9": _edit("exp(2 ms)", '"erlang(1e9, 8 ms)"'),
    "zipf-0-of-1e12": _edit("count: 10k, popularity: zipf(0.8)", "count: 1e12, popularity: zipf(0)"),
    "zipf-5-of-1e12": _edit("count: 10k, popularity: zipf(0.8)", "count: 1e12, popularity: zipf(5)"),
    "hot-all-of-1e12": _edit("count: 10k, popularity: zipf(0.8)", 'count: 1e12, popularity: "hot(100 %, 1e12)"'),
    "components-1e4": _components(10_000),
    "components-6e4": _components(60_000),
    "components-950": _components(950),
    "steps-1e4": _edit("[web.handle]", "[" + ", ".join(["web.handle"] * 3_000) + "]"),
    "steps-1900": _edit("    steps: [web.handle]", "    steps:\n" + "      - web.handle\n" * 1_900),
    "steps-nested-55": _nested(50),
    "steps-nested-25": _nested(25),
    "steps-nested-12": _nested(12),
    "flows-280": _edit("cases:\n", _FLOWS + "cases:\n"),
    "cases-1e4": _edit("variants:\n", "".join(f"  k{i}: {{load: {i}}}\n" for i in range(10_000)) + "variants:\n"),
    "cases-200": _edit("variants:\n", "".join(f"  k{i}: {{load: {i}}}\n" for i in range(200)) + "variants:\n"),
    "variants-1e4": GOOD + "".join(f"  v{i}: {{components.web.replicas: {i + 1}}}\n" for i in range(10_000)),
    "variants-200": GOOD + "".join(f"  v{i}: {{components.web.replicas: {i + 1}}}\n" for i in range(200)),
    "contract-1e4": _edit("[buy.p95 <", "[" + "buy.p95 < 1 s, " * 5_000 + "buy.p95 <"),
    "publish-circle": _edit("steps: [web.handle]", "steps: [web.handle, log.publish]").replace(", from: db", ""),
    "write-circle": _edit("steps: [web.handle]", "steps: [web.handle, db.write]"),
    "dead-letter-circle": _edit("flows:\n", "  q: {kind: queue, dead_letters: q, visibility: 1 s}\nflows:\n").replace(
        "consume: {log: log, by: web}", "consume: {queue: q, by: web}"
    ),
}  # fmt: skip
"""Designs too large, too long, too fast or without end: they end in a clear statement."""

SYNTAX = {
    "empty": "",
    "blank": "   \n\n\n",
    "comment": "# nothing\n",
    "null": "null\n",
    "scalar": "hello\n",
    "number": "42\n",
    "list": "- a\n- b\n",
    "two-documents": GOOD + "---\n" + GOOD,
    "document-end": GOOD + "...\n",
    "document-start": "---\n" + GOOD,
    "crlf": GOOD.replace("\n", "\r\n"),
    "cr": GOOD.replace("\n", "\r"),
    "bom": "\ufeff" + GOOD,
    "bom-inside": _edit("name: shop", "name: \ufeffshop"),
    "tab-indent": _edit("  web:", "\tweb:"),
    "tab-in-flow": _edit("web: {kind", "web: {\tkind"),
    "tab-after-colon": _edit("name: shop", "name:\tshop"),
    "nul": _edit("shop", "sh\0op"),
    "control": _edit("shop", "sh\x07op"),
    "escape": _edit("shop", "sh\x1b[31mop"),
    "surrogate-escape": _edit("shop", '"\\ud800"'),
    "right-to-left": _edit("shop", "sh\u202eop"),
    "line-separator": _edit("shop", "sh\u2028op"),
    "next-line": _edit("shop", "sh\u0085op"),
    "look-alike-key": _edit("name: shop", "nаme: shop"),
    "look-alike-component": _edit("web.handle: {work: exp(2 ms)", "wеb.handle: {work: exp(2 ms)"),
    "look-alike-colon": _edit("name: shop", "name： shop"),
    "no-break-space": _edit("replicas: 4", "replicas:\u00a04"),
    "zero-width": _edit("kind: service", "kind: service\u200b"),
    "full-width-digits": _edit("replicas: 4", "replicas: ４"),
    "tag-python": _edit("name: shop", "name: !!python/object/apply:os.system ['true']"),
    "tag-own": _edit("name: shop", "name: !secret shop"),
    "tag-str": _edit("replicas: 4", "replicas: !!str 4"),
    "tag-binary": _edit("name: shop", "name: !!binary aGVsbG8="),
    "tag-omap": _edit("  normal: {", "  normal: !!omap {"),
    "tag-set": GOOD + "decisions: !!set {a, b}\n",
    "directive-yaml": "%YAML 1.1\n---\n" + GOOD,
    "directive-tag": "%TAG ! tag:example.com,2000:\n---\n" + GOOD,
    "anchor-unused": _edit("name: shop", "name: &n shop"),
    "alias-undefined": _edit("name: shop", "name: *nobody"),
    "alias-to-itself": _edit("  normal: {duration", "  normal: &n {x: *n, duration"),
    "alias-good": _edit("peak: {load: 2", "peak: {<<: *n, load: 2").replace("normal: {", "normal: &n {"),
    "alias-key": _edit("name: shop", "&k name: shop").replace("loadcase: 1", "loadcase: 1\n*k : again"),
    "merge-of-scalar": _edit("  normal: {", "  normal: {<<: 5, "),
    "merge-of-list": _edit("  normal: {", "  normal: {<<: [1, 2], "),
    "merge-quoted": _edit("  normal: {", '  normal: {"<<": 5, '),
    "merge-at-the-top": "<<: {name: other}\n" + GOOD,
    "alias-bomb": _bomb(12, 10),
    "alias-bomb-wide": _bomb(4, 250),
    "merge-bomb": _merge_bomb(12),
    "duplicate-key": _edit("name: shop", "name: shop\nname: shop"),
    "duplicate-component": _edit("  hot: {", "  web: {"),
    "duplicate-in-flow-map": _edit("replicas: 4", "replicas: 4, replicas: 5"),
    "duplicate-quoted": _edit("name: shop", "name: shop\n'name': shop"),
    "key-number": _edit("name: shop", "name: shop\n1: 2"),
    "key-null": _edit("name: shop", "name: shop\n~: 2"),
    "key-true": _edit("name: shop", "name: shop\ntrue: 2"),
    "key-list": _edit("name: shop", "name: shop\n? [a, b]\n: 2"),
    "key-map": _edit("name: shop", "name: shop\n{a: b}: 2"),
    "key-empty": _edit("name: shop", 'name: shop\n"": 2'),
    "key-long": _edit("name: shop", f"name: shop\n{'k' * 2000}: 2"),
    "key-endless": _edit("name: shop", f"name: shop\n{'k' * 30000}: 2"),
    "unclosed-quote": _edit("name: shop", 'name: "shop'),
    "unclosed-bracket": _edit("[web.handle]", "[web.handle"),
    "unclosed-brace": _edit("workers: 8}", "workers: 8"),
    "extra-bracket": _edit("[web.handle]", "[web.handle]]"),
    "no-space-after-colon": _edit("name: shop", "name:shop"),
    "two-colons": _edit("name: shop", "name: a: b"),
    "indent-more": _edit("  web: {", "   web: {"),
    "indent-less": _edit("  hot: {", " hot: {"),
    "dash-missing": _edit("      - web.handle: {work: exp(2 ms)", "      web.handle: {work: exp(2 ms)"),
    "comment-swallows": _edit("workers: 8}", "workers: 8 # }"),
    "block-scalar": _edit("name: shop", "name: |\n  shop\n  and more"),
    "block-scalar-number": _edit("replicas: 4, workers: 8}", "replicas: 4}").replace("name: shop", "name: >-\n  shop"),
    "question-mark": _edit("name: shop", "? name\n: shop"),
    "question-marks": "? " * 500 + "a\n",
    "dashes": "- " * 3000 + "a\n",
    "brackets": "a: " + "[" * 500 + "]" * 500 + "\n",
    "braces": "a: " + "{a: " * 500 + "}" * 500 + "\n",
    "brackets-open": "[" * 100_000,
    "many-anchors": GOOD + "decisions:\n" + "".join(f"  d{i}: &x{i} {{choose: a}}\n" for i in range(3_000)),
    "long-line": _edit("name: shop", f"name: {'x' * 50_000}"),
    "long-text": _edit("name: shop", "name: shop\nprompt: |\n" + "  many words and more\n" * 20_000),
    "too-large": GOOD + "# " + "x" * (1 << 20),
    "timestamp": _edit("name: shop", "name: 2001-12-14t21:59:43.10-05:00"),
    "sexagesimal": _edit("replicas: 4", "replicas: 1:30:00"),
    "yes": _edit("kind: cache,", "kind: cache, coalesce: yes,"),
    "norway": _edit("name: shop", "name: no"),
    "json": '{"loadcase": 1, "name": "x", "components": {"a": {"kind": "service"}}, '
    '"flows": {"f": {"arrive": {"rate": "1 /s"}, "steps": ["a.handle"]}}}',
}  # fmt: skip
"""What YAML itself, or the layer right above it, has to refuse or to read right."""

SCHEMA = {
    "no-loadcase": _edit("loadcase: 1\n", ""),
    "loadcase-text": _edit("loadcase: 1", 'loadcase: "1"'),
    "loadcase-float": _edit("loadcase: 1", "loadcase: 1.0"),
    "loadcase-2": _edit("loadcase: 1", "loadcase: 2"),
    "loadcase-huge": _edit("loadcase: 1", "loadcase: " + "9" * 90),
    "loadcase-list": _edit("loadcase: 1", "loadcase: [1]"),
    "only-version": "loadcase: 1\n",
    "null-everywhere": "".join(line.split(":")[0] + ":\n" for line in GOOD.splitlines() if line[:1].isalpha()),
    "empty-lists": "".join(line.split(":")[0] + ": []\n" for line in GOOD.splitlines() if line[:1].isalpha()),
    "empty-maps": "".join(line.split(":")[0] + ": {}\n" for line in GOOD.splitlines() if line[:1].isalpha()),
    "no-steps": _edit("    steps: [web.handle]\n", ""),
    "steps-null": _edit("steps: [web.handle]", "steps:"),
    "steps-text": _edit("steps: [web.handle]", "steps: web.handle"),
    "steps-map": _edit("steps: [web.handle]", "steps: {web.handle: {}}"),
    "step-null": _edit("[web.handle]", "[null]"),
    "step-empty": _edit("[web.handle]", "['']"),
    "step-dot": _edit("[web.handle]", "['.']"),
    "step-dots": _edit("[web.handle]", "[web.handle.more]"),
    "step-list": _edit("[web.handle]", "[[web.handle]]"),
    "step-two-keys": _edit("[web.handle]", "[{web.handle: {}, db.read: {}}]"),
    "step-number": _edit("[web.handle]", "[7]"),
    "step-options-list": _edit("[web.handle]", "[web.handle: [1]]"),
    "step-options-text": _edit("[web.handle]", "[web.handle: fast]"),
    "do-null": _edit("do: [db.write: {entity: item, timeout: 1 s}]", "do:"),
    "do-text": _edit("do: [db.write: {entity: item, timeout: 1 s}]", "do: db.write"),
    "parallel-empty": _edit("[web.handle]", "[parallel: []]"),
    "parallel-of-empty": _edit("[web.handle]", "[parallel: [[], []]]"),
    "parallel-scalar": _edit("[web.handle]", "[parallel: 5]"),
    "parallel-need": _edit("[web.handle]", "[parallel: {branches: [[web.handle]], need: 7}]"),
    "fan-out-0": _edit("[web.handle]", "[fan_out: {n: 0, do: [db.read]}]"),
    "choose-empty": _edit("[web.handle]", "[choose: []]"),
    "choose-zero": _edit("[web.handle]", "[choose: [{weight: 0, do: [web.handle]}]]"),
    "choose-negative": _edit("[web.handle]", "[choose: [{weight: -1, do: [web.handle]}]]"),
    "repeat-half": _edit("[web.handle]", "[repeat: {times: 0.5, do: [web.handle]}]"),
    "wait-bytes": _edit("[web.handle]", "[wait: 5 MB]"),
    "wait-list": _edit("[web.handle]", "[wait: [1]]"),
    "spawn-map": _edit("[web.handle]", "[spawn: {a: b}]"),
    "kind-missing": _edit("kind: service, ", ""),
    "kind-null": _edit("kind: service", "kind:"),
    "kind-list": _edit("kind: service", "kind: [service]"),
    "kind-unknown": _edit("kind: service", "kind: servcie"),
    "like-list": _edit("like: postgres", "like: [postgres]"),
    "like-path": _edit("like: postgres", "like: ../../../etc/passwd"),
    "component-null": _edit("web: {kind: service, replicas: 4, workers: 8}", "web:"),
    "component-dot": _edit("  hot: {", "  h.t: {"),
    "component-bracket": _edit("  hot: {", "  'h[1]': {"),
    "component-empty-name": _edit("  hot: {", "  '': {"),
    "component-long-name": _edit("  hot: {", f"  {'h' * 900}: {{"),
    "component-named-cost": _edit("  hot: {", "  cost: {"),
    "flow-named-as-component": _edit("  follow:", "  web:"),
    "flow-named-cost": _edit("  follow:", "  cost:"),
    "flow-empty-name": _edit("  follow:", "  '':"),
    "flow-dot": _edit("  follow:", "  a.b:"),
    "arrive-and-consume": _edit("consume: {log: log, by: web}", "consume: {log: log, by: web}\n    arrive: {rate: 1}"),
    "arrive-null": _edit("arrive: {rate: rate, key: item}", "arrive:"),
    "arrive-twice": _edit("arrive: {rate: rate, key: item}", "arrive: {rate: 1 /s, users: 5}"),
    "consume-nothing": _edit("consume: {log: log, by: web}", "consume: {}"),
    "consume-two": _edit("consume: {log: log, by: web}", "consume: {log: log, queue: log, by: web}"),
    "consume-list": _edit("consume: {log: log, by: web}", "consume: {log: [log], by: web}"),
    "consume-itself": _edit("consume: {log: log, by: web}", "consume: {log: follow, by: web}"),
    "key-list-value": _edit("key: item}", "key: [item]}"),
    "key-no-count": _edit("count: 10k, ", ""),
    "entity-unknown-field": _edit("count: 10k", "count: 10k, sharding: yes"),
    "from-itself": _edit("from: db", "from: log"),
    "from-list": _edit("from: db", "from: [db]"),
    "estimate-cycle": _edit("users: 1M user", "users: rate / buys"),
    "estimate-itself": _edit("users: 1M user", "users: users * 2"),
    "estimate-list": _edit("users: 1M user", "users: [1, 2]"),
    "estimate-keyword": _edit("users: 1M user", "if: 5\n  users: 1M user"),
    "estimate-function": _edit("users: 1M user", "max: 5\n  users: 1M user"),
    "estimate-dunder": _edit("users: 1M user", "users: __builtins__"),
    "estimate-chain": _estimates(1_500, "e{j} + 1"),
    "estimate-doubling": _estimates(1_500, "e{j} * e{j}"),
    "estimate-powers": _estimates(40, "e{j} ** e{j}"),
    "estimate-ranges": _estimates(1_500, "1..{i}0"),
    "estimate-ring": _edit("estimates:\n", "estimates:\n" + "".join(f"  r{i}: r{(i + 1) % 900}\n" for i in range(900))),
    "contract-text": _edit("[buy.p95 < 300 ms, db.utilisation < 80 %]", "buy.p95 < 300 ms"),
    "contract-null": _edit("[buy.p95 < 300 ms, db.utilisation < 80 %]", "[null]"),
    "contract-map": _edit("[buy.p95 < 300 ms, db.utilisation < 80 %]", "[{buy.p95: 300 ms}]"),
    "contract-many-nines": _edit("buy.p95", "buy.p" + "9" * 40),
    "contract-nan": _edit("buy.p95 < 300 ms", "buy.p95 < nan"),
    "contract-unit": _edit("buy.p95 < 300 ms", "buy.p95 < 300 B"),
    "contract-equal": _edit("buy.p95 < 300 ms", "buy.p95 == 300 ms"),
    "contract-p0": _edit("buy.p95 < 300 ms", "buy.p0 < 300 ms"),
    "contract-impossible": _edit("buy.p95 < 300 ms", "buy.p95 < 0 s"),
    "case-null": _edit("peak: {load: 2, duration: 5 s, degrade: {buy.p95: 1 s}}", "peak:"),
    "case-text": _edit("peak: {load: 2, duration: 5 s, degrade: {buy.p95: 1 s}}", "peak: hard"),
    "degrade-unknown": _edit("buy.p95: 1 s", "bye.p95: 1 s"),
    "degrade-list": _edit("degrade: {buy.p95: 1 s}", "degrade: [buy.p95]"),
    "sacred-map": _edit("degrade: {buy.p95: 1 s}", "sacred: {buy.p95: 1 s}"),
    "faults": _fault("crash: {on: db}"),
    "faults-all": _fault("crash: {on: web, count: 1, at: 1 s, for: 1 s}, outage: {zone: 1, at: 2 s, for: 1 s}, "
                         "pause: {on: db, at: 1.5 s, for: 1 s}, flush: {on: hot}, packet_loss: {share: 50 %}, "
                         "duplicate_requests: {share: 1}, hot_key: {entity: item, share: 1}"),
    "faults-text": _edit("load: 2,", "faults: crash,"),
    "faults-map": _edit("load: 2,", "faults: {crash: {on: db}},"),
    "faults-null": _edit("load: 2,", "faults: null,"),
    "faults-list-of-null": _fault("null"),
    "faults-two-in-one": _fault("{crash: {on: db}, slow: {on: db, factor: 2}}"),
    "faults-list-in-list": _fault("[crash: {on: db}]"),
    "faults-many": _fault(", ".join(["slow: {on: db, factor: 2}"] * 5_000)),
    "faults-hundred": _fault(", ".join(["crash: {on: web, at: 1 s, for: 1 s}"] * 100)),
    "fault-misspelt": _fault("crahs: {on: db}"),
    "fault-key-number": _fault("5: {on: db}"),
    "fault-not-yet": _fault("clock_skew: {on: db}"),
    "fault-bare": _fault("crash"),
    "fault-null": _fault("crash: null"),
    "fault-on-nobody": _fault("crash: {on: bd}"),
    "fault-on-list": _fault("crash: {on: [db]}"),
    "fault-unit": _fault("crash: {on: db, at: 5 MB}"),
    "fault-no-unit": _fault("crash: {on: db, at: 5}"),
    "fault-late": _fault("crash: {on: db, at: 1 year}"),
    "fault-long": _fault("crash: {on: db, at: 1 s, for: 30 year}"),
    "fault-no-time": _fault("crash: {on: db, for: 0 s}"),
    "fault-nan": _fault("crash: {on: db, at: .nan}"),
    "fault-inf": _fault("slow: {on: db, factor: .inf}"),
    "fault-factor-1e308": _fault("slow: {on: db, factor: 1e308}"),
    "fault-spike-1e308": _fault("traffic_spike: {factor: 1e308}"),
    "fault-spike-1e6": _fault("traffic_spike: {factor: 1e6}"),
    "fault-share-and-count": _fault("crash: {on: db, share: 1 %, count: 1}"),
    "fault-count-1e9": _fault("crash: {on: db, count: 1e9}"),
    "fault-zone-1e9": _fault("outage: {zone: 1e9}"),
    "fault-between-one": _fault("partition: {between: [web]}"),
    "fault-between-itself": _fault("partition: {between: [web, web]}"),
    "fault-between-map": _fault("partition: {between: {web: db}}"),
    "fault-between-and-zones": _fault("partition: {between: [web, db], zones: [1, 2]}"),
    "fault-nowhere": _fault("partition: {}"),
    "fault-loss-all": _fault("packet_loss: {share: 100 %}"),
    "fault-loss-two": _fault("packet_loss: {share: 60 %, resend: 0 s}, packet_loss: {share: 60 %, resend: 0 s}"),
    "fault-delay-year": _fault("added_latency: {delay: 1 year}"),
    "fault-unknown-component-elsewhere": _fault("crash: {on: web}").replace("- web.handle", "- wbe.handle"),
    "variant-null": _edit("slow: {", "nothing:\n  slow: {"),
    "variant-of-nothing": _edit("components.web.replicas: 2", "components.wbe.replicas: 2"),
    "variant-of-variants": _edit("components.web.replicas: 2", "variants.slow: null"),
    "variant-removes-all": _edit("components.web.replicas: 2", "components: null, flows: null"),
    "variant-empty-path": _edit("components.web.replicas: 2", "'': 5"),
    "variant-dots": _edit("components.web.replicas: 2", "'...': 5"),
    "variant-index": _edit("components.web.replicas: 2", "'flows.buy.steps[99]': 5"),
    "variant-huge-index": _edit("components.web.replicas: 2", f"'flows.buy.steps[{'9' * 400}]': 5"),
    "variant-extends-itself": _edit("slow: {", "slow: {extends: slow, "),
    "decision-null": GOOD + "decisions:\n  a:\n",
    "decision-variant": GOOD + "decisions: {a: {choose: b, variant: slwo}}\n",
    "operate-list": GOOD + "operate: [1]\n",
    "api-list": GOOD + "api: [1]\n",
    "network-zero": GOOD + "network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}\n",
    "network-negative": GOOD + "network: {client: -1 ms}\n",
    "network-list": GOOD + "network: [1]\n",
    "trace-escape": _edit("{rate: rate, key: item}", "{trace: ../../../../etc/passwd}"),
    "trace-null-byte": _edit("{rate: rate, key: item}", '{trace: "a\\0b"}'),
    "mix-nested": _edit("exp(2 ms)", "'" + "mix(1: " * 50 + "1 ms" + ")" * 50 + "'"),
    "mix-many": _edit("exp(2 ms)", "'mix(" + ", ".join(["0.01: 1 ms"] * 90) + ")'"),
    "law-unknown": _edit("exp(2 ms)", "gaussian(2 ms)"),
    "law-unit": _edit("exp(2 ms)", "exp(2 MB)"),
    "law-unclosed": _edit("exp(2 ms)", '"exp(2 ms"'),
    "law-name": _edit("exp(2 ms)", '"exp(avg=2 ms)"'),
    "law-dunder": _edit("exp(2 ms)", "__import__(os)"),
    "law-negative": _edit("exp(2 ms)", "exp(-2 ms)"),
}  # fmt: skip
"""Shapes and names that the format does not have."""


def hostile() -> dict[str, bytes]:
    """Every file of the catalogue by name."""
    files = {
        name: text.encode("utf-8", "surrogatepass") for part in (SYNTAX, SCHEMA, SIZES) for name, text in part.items()
    }
    files |= {
        "utf-16": GOOD.encode("utf-16"),
        "latin-1": _edit("shop", "café").encode("latin-1"),
        "binary": bytes(range(256)) * 40,
        "zeros": bytes(5_000),
        "truncated-utf-8": _edit("shop", "caf\u00e9").encode()[:24],
        "over-long-utf-8": _edit("shop", "sh").encode().replace(b"name: sh", b"name: \xc0\xafsh"),
    }
    for field, old in FIELDS.items():
        for number in NUMBERS:
            name = old.split(":")[0]
            files[f"{field} = {number[:40]} ({len(number)})"] = _edit(old, f"{name}: {number}").encode()
    return files
