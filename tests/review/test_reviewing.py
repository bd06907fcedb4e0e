"""What comments silence, what settings change, what is mended, and what each format prints."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import build, load, loads
from loadcase.cli import execute
from loadcase.core.errors import UsageError
from loadcase.review.allow import allows
from loadcase.review.catalogue import named, rules
from loadcase.review.reviewing import mended, review
from loadcase.review.settings import Settings, settings_for

UNSOUND = """\
# a comment that stays
loadcase: 1
name: unsound
entities: {msg: {count: 10, identity: id}}      # and this one
components:
  web: {kind: service, replicas: 2, workers: 4}
  db: {kind: store, replicas: 3, write: quorum}
flows:
  send:
    arrive: {rate: 5 /s, key: msg, timeout: 1 s, retry: {max: 2, backoff: 100 ms}}
    steps:
      - web.handle:   # odd   spacing
          do: [db.append: {entity: msg}]
"""


@pytest.fixture
def unsound(tmp_path: Path) -> Path:
    path = tmp_path / "unsound.yaml"
    path.write_text(UNSOUND)
    return path


def reported(text: str) -> set[str]:
    return {f.rule for f in review(loads(text)).findings}


# --- comments ---
def test_a_comment_silences_its_line_or_the_next() -> None:
    assert "unbounded-queue" in reported(UNSOUND)
    reason = "# loadcase: allow unbounded-queue because one at a time"
    behind = UNSOUND.replace("workers: 4}", f"workers: 4}} {reason}")
    above = UNSOUND.replace("  web: {", f"  {reason}\n  # more words\n\n  web: {{")
    for text in (behind, above):
        found = review(loads(text))
        assert "unbounded-queue" not in {f.rule for f in found.findings}
        assert [f.rule for f in found.allowed] == ["unbounded-queue"]


def test_a_comment_is_about_one_line_and_the_rules_that_it_names() -> None:
    elsewhere = UNSOUND.replace("components:", "components:  # loadcase: allow unbounded-queue because no")
    assert {"unbounded-queue", "allow-silences-nothing"} <= reported(elsewhere)
    other = UNSOUND.replace("workers: 4}", "workers: 4} # loadcase: allow LC570, LC566 because two codes")
    assert "unbounded-queue" not in reported(other)
    assert "allow-silences-nothing" in reported(other)


def test_what_stands_in_a_text_is_no_comment() -> None:
    text = UNSOUND.replace("workers: 4}", 'workers: 4, why: "x # loadcase: allow LC566 because y"}')
    assert allows(loads(text).document) == []


def test_comments_of_rules_that_are_not_looked_at_are_left_alone() -> None:
    text = UNSOUND.replace("workers: 4}", "workers: 4, queue: 8} # loadcase: allow LC566 because it was so")
    found = review(loads(text), Settings(frozenset({"allow-silences-nothing"}))).findings
    assert found == ()
    assert "allow-silences-nothing" in reported(text)


# --- settings ---
def test_the_nearest_settings_count(unsound: Path) -> None:
    (unsound.parent / "pyproject.toml").write_text('[tool.loadcase.review]\nignore = ["LC56"]\n')
    assert settings_for(unsound).ignore >= {"unbounded-queue", "retry-without-jitter"}
    inner = unsound.parent / "inner"
    inner.mkdir()
    assert settings_for(inner).ignore
    (inner / "loadcase.toml").write_text('[review]\nseverity = {LC566 = "error"}\n')
    assert settings_for(inner) == Settings(None, frozenset(), {"unbounded-queue": "error"})
    (inner / "loadcase.toml").write_text("")
    assert settings_for(inner) == Settings()


def test_a_pyproject_without_settings_is_passed_over(unsound: Path) -> None:
    (unsound.parent / "pyproject.toml").write_text('[tool.loadcase.review]\nselect = ["LC566"]\n')
    inner = unsound.parent / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert settings_for(inner).select == {"unbounded-queue"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[review]\nselct = []\n", "did you mean"),
        ("[review]\nselect = ['LC599x']\n", "no rule"),
        ("[review]\nselect = 'LC5'\n", "list of rules"),
        ("[review]\nseverity = {LC566 = 'fatal'}\n", "severities: error, warning, note"),
        ("[review\n", "cannot read"),
        ("review = 3\n", "not a table"),
    ],
)
def test_wrong_settings_are_refused(unsound: Path, text: str, said: str) -> None:
    (unsound.parent / "loadcase.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        settings_for(unsound)
    assert said in str(caught.value)
    assert "loadcase.toml" in str(caught.value)


def test_options_select_and_ignore(unsound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["review", str(unsound), "--select", "LC566,dual-write", "--format", "json"]) == 0
    (design,) = json.loads(capsys.readouterr().out)["designs"]
    assert [f["rule"] for f in design["findings"]] == ["unbounded-queue"]
    (unsound.parent / "loadcase.toml").write_text('[review]\nseverity = {LC566 = "error"}\n')
    assert execute(["review", str(unsound), "--ignore", "LC54"]) == 1
    assert execute(["review", str(unsound), "--ignore", "unbounded-queue"]) == 0
    assert execute(["review", str(unsound), "--select", "nothing"]) == 2


def test_names_codes_and_beginnings_mean_rules() -> None:
    assert named(["LC566"], "") == named(["unbounded-queue"], "") == {"unbounded-queue"}
    assert named(["LC5", "LC6"], "") == set(rules())
    assert len(named(["lc55"], "")) > 5


# --- fixes ---
def test_fix_mends_in_the_file_and_keeps_its_layout(unsound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["review", str(unsound), "--diff"]) == 0
    diff = capsys.readouterr().out
    assert unsound.read_text() == UNSOUND
    assert execute(["review", str(unsound), "--fix"]) == 0
    assert "2 mended" in capsys.readouterr().out
    wanted = UNSOUND.replace("backoff: 100 ms}", "backoff: 100 ms, jitter: full}")
    wanted = wanted.replace("{entity: msg}]", "{entity: msg, once: id}]")
    assert unsound.read_text() == wanted
    assert [line for line in diff.splitlines() if line[:1] == "+"][1:] == [
        "+" + line for line in wanted.splitlines() if line not in UNSOUND.splitlines()
    ]
    assert execute(["review", str(unsound), "--fix"]) == 0
    assert unsound.read_text() == wanted


def test_only_chosen_rules_are_mended(unsound: Path) -> None:
    assert execute(["review", str(unsound), "--fix", "--select", "retry-without-jitter"]) == 0
    assert "jitter: full" in unsound.read_text()
    assert "once" not in unsound.read_text()


def test_a_bare_step_becomes_a_mapping() -> None:
    text = "requirements: {contract: [a.applied_twice == 0]}\nentities: {a: {count: 5}}\n" + UNSOUND
    assert "entities" in text
    bare = loads(UNSOUND.replace("[db.append: {entity: msg}]", "[db.append: {entity: msg}, web.handle]"))
    after, count = mended(bare)
    assert count == 2
    assert "web.handle]" in after.dump()


def test_a_fix_is_of_the_design_and_not_of_a_variant(unsound: Path) -> None:
    unsound.write_text(UNSOUND + "variants: {more: {components.web.replicas: 4}}\n")
    assert execute(["review", str(unsound), "--variant", "more"]) == 0
    assert execute(["review", str(unsound), "--variant", "more", "--fix"]) == 2


def test_what_a_variant_says_is_found_where_it_stands() -> None:
    text = (
        UNSOUND.replace("workers: 4}", "workers: 4, queue: 8}") + "variants:\n  open:\n    components.web.queue: null\n"
    )
    text += "    flows.send.arrive.retry: {max: 1, backoff: 1 s}\n"
    found = review(loads(text, variant="open")).findings
    line = next(f.line for f in found if f.rule == "retry-without-jitter")
    assert text.splitlines()[line - 1].strip().startswith("flows.send.arrive.retry")


# --- faces ---
def test_sarif_has_rules_places_and_suppressions(unsound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unsound.write_text(UNSOUND.replace("workers: 4}", "workers: 4} # loadcase: allow LC566 because one at a time"))
    assert execute(["review", str(unsound), "--format", "sarif"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    driver = run["tool"]["driver"]
    assert [r["id"] for r in driver["rules"]] == [r.code for r in rules().values()]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == unsound.as_uri()
        assert place["region"]["startLine"] >= 1
    assert [r["ruleId"] for r in run["results"] if "suppressions" in r] == ["LC566"]


def test_github_annotates_lines(unsound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(["review", str(unsound), "--select", "LC566", "--format", "github"])
    assert capsys.readouterr().out.startswith(f"::warning file={unsound},line=6,col=3,title=LC566 unbounded-queue::")


def test_text_shows_the_line_and_counts(unsound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(["review", str(unsound), "--select", "LC566"])
    out = capsys.readouterr().out
    assert f"{unsound}:6:3: warning[LC566]: unbounded-queue: " in out
    assert out.endswith("unsound: 1 warning\n")
    assert "\033" not in out


def test_explain_tells_a_rule_or_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["review", "--explain", "LC566"]) == 0
    out = capsys.readouterr().out
    assert "Why: " in out
    assert "Source: " in out
    assert "# <-" in out
    assert execute(["review", "--explain", "all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rules())
    assert execute(["review", "--explain", "LC566", "--format", "json"]) == 0
    (rule,) = json.loads(capsys.readouterr().out)["rules"]
    assert (rule["rule"], rule["severity"]) == ("unbounded-queue", "warning")
    assert all(rule[part] for part in ("what", "why", "source"))
    assert execute(["review", "--explain", "LC566", "--format", "sarif"]) == 2
    assert execute(["review", "--explain", "nothing"]) == 2
    assert execute(["review"]) == 2


def test_an_invalid_blueprint_is_invalid(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("loadcase: 1\nname: x\n")
    assert execute(["review", str(path)]) == 2


def test_a_design_built_in_code_is_reviewed_without_places() -> None:
    data = {
        "loadcase": 1,
        "name": "built",
        "components": {"s": {"kind": "service"}},
        "flows": {"r": {"arrive": {"rate": "1 /s"}, "steps": ["s.handle"]}},
    }
    found = api.review(build(data)).findings
    assert {f.rule for f in found} >= {"no-deadline", "unbounded-queue"}
    assert {f.line for f in found} == {0}
    assert mended(build(data))[1] == 0


# --- speed, and designs of all kinds ---
def test_forty_components_take_less_than_a_second() -> None:
    parts = [f"  s{i}: {{kind: service, replicas: 3, workers: 8, queue: 64, zones: 3}}" for i in range(20)]
    parts += [f"  d{i}: {{kind: store, shards: 4, replicas: 3}}" for i in range(20)]
    flows = [
        f"  f{i}: {{arrive: {{rate: 50 /s, key: {{count: 10k}}, timeout: 1 s}}, "
        f"steps: [s{i}.handle: {{do: [d{i}.read, d{(i + 1) % 20}.write]}}]}}"
        for i in range(20)
    ]
    text = "loadcase: 1\nname: forty\ncomponents:\n" + "\n".join(parts) + "\nflows:\n" + "\n".join(flows) + "\n"
    review(loads(UNSOUND))
    begun = time.process_time()
    review(loads(text))
    assert time.process_time() - begun < 1.0


VALIDATION = sorted((Path(__file__).parents[2] / "src" / "loadcase" / "validation" / "designs").glob("*.yaml"))


@pytest.mark.parametrize("path", VALIDATION, ids=lambda p: p.stem)
def test_a_design_of_the_validation_is_reviewed(path: Path) -> None:
    blueprint = load(path)
    after, _ = mended(blueprint)
    assert review(after).failed <= review(blueprint).failed
