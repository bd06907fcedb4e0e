"""Judging histories: each planted anomaly is found and nothing in a clean one; what is not told is unknown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loadcase import api
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.core.history import Meta, Sample
from loadcase.core.history_files import of_rows, write_history
from loadcase.core.results import Outcome
from tests.check.planted import META, PLANTED, find, history

METRICS = sorted({metric for metrics, _ in PLANTED.values() for metric in metrics})
LINES = [f"{metric} == 0" for metric in METRICS]


def judged(told: object, *lines: str) -> dict[str, Outcome]:
    result = api.judge(told, lines)  # type: ignore[arg-type]
    return {o.metric: o for o in result.outcomes}


def test_a_clean_history_holds_everything() -> None:
    result = api.judge(history(), LINES)
    assert {o.metric: o.verdict for o in result.outcomes} == dict.fromkeys(METRICS, "holds")
    assert (result.verdict, result.stories) == ("holds", {})


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_anomaly_is_found_and_told(name: str) -> None:
    metrics, plant = PLANTED[name]
    result = api.judge(history(plant), LINES)
    broken = {o.metric: o.value for o in result.outcomes if o.verdict != "holds"}
    assert broken == dict.fromkeys(metrics, 1.0)
    for metric in metrics:
        story = result.stories[f"{metric} == 0"]
        assert any(line.operation.endswith("21") for line in story.lines)
        assert {line.component for line in story.lines} & {"db", "gateway"}
        assert any("crash of db/1" in line.faults for line in story.lines), "the fault of the moment is told"
        assert [line.time_s for line in story.lines] == sorted(line.time_s for line in story.lines)
        assert 2 <= len(story.lines) <= 24


def test_staleness_is_told_in_seconds() -> None:
    told = history(PLANTED["stale read"][1])
    found = judged(told, "page.staleness.max < 1 s", "page.staleness.p50 < 1 s", "page.staleness.p99 < 1 s")
    assert found["page.staleness.max"].value == pytest.approx(0.01)  # acknowledged one row before
    assert (found["page.staleness.p50"].value, found["page.staleness.p50"].verdict) == (0.0, "holds")
    assert "too few" in found["page.staleness.p99"].evidence


def test_two_histories_of_the_same_arrivals_are_compared() -> None:
    line = ["message.diverged == 0"]
    assert "--against" in api.judge(history(), line).outcomes[0].evidence
    assert api.judge(history(), line, other=history()).verdict == "holds"
    result = api.judge(history(), line, other=history(PLANTED["lost"][1]))
    assert (result.verdict, result.outcomes[0].value) == ("broken", 1.0)
    assert result.stories[line[0]].lines[0].operation
    assert api.judge(history(), line, other=history(None, replace(META, drained=False))).verdict == "unknown"


def test_what_cannot_be_ordered_is_unknown() -> None:
    def twin(rows: list[dict[str, object]]) -> None:
        rows.append({**rows[find(rows, "commit", "edit 21")], "operation": "other leader"})

    found = judged(history(twin), "page.nonlinearizable == 0")["page.nonlinearizable"]
    assert (found.verdict, found.value) == ("unknown", None)
    assert "same version" in found.evidence
    sampled = judged(history(None, replace(META, sample=Sample(0.1))), "account.unbalanced == 0")
    assert sampled["account.unbalanced"].verdict == "unknown"


def test_what_is_missing_is_unknown_until_the_history_drained() -> None:
    for drained in (None, False):
        told = history(PLANTED["lost"][1], replace(META, drained=drained))
        found = judged(told, *LINES)
        assert {m for m, o in found.items() if o.verdict == "unknown"} == {
            "message.lost", "push.undelivered", "account.unbalanced",
        }  # fmt: skip
    assert api.judge(told, LINES, drained=True).verdict == "broken"


def test_a_loss_without_a_promise_is_a_lower_bound() -> None:
    meta = Meta(drained=True)
    assert judged(history(None, meta), "message.lost == 0")["message.lost"].verdict == "unknown"
    found = judged(history(PLANTED["lost"][1], meta), "message.lost == 0", "message.lost == 1")
    assert found["message.lost"].verdict == "unknown"  # of the last line: it may be more
    assert judged(history(PLANTED["lost"][1], meta), "message.lost == 0")["message.lost"].verdict == "broken"
    assert judged(history(PLANTED["never stored"][1], meta), "message.lost == 0")["message.lost"].verdict == "unknown"


def test_counts_of_a_sample_are_those_of_the_sample() -> None:
    meta = replace(META, sample=Sample(0.01))
    result = api.judge(history(None, meta), ["message.applied_twice == 0", "message.applied_twice <= 100"])
    assert [o.verdict for o in result.outcomes] == ["holds", "unknown"]  # up to 390 of all are not ruled out
    assert "of the sample" in result.outcomes[0].evidence
    assert "1 % of the keys" in result.notes[0]
    lines = ["message.applied_twice == 0", "message.applied_twice <= 100", "message.applied_twice <= 1000"]
    result = api.judge(history(PLANTED["applied twice"][1], meta), lines)
    assert [o.verdict for o in result.outcomes] == ["broken", "unknown", "holds"]
    lines += ["message.applied_twice == 100", "message.applied_twice == 5000"]
    result = api.judge(history(PLANTED["applied twice"][1], meta), lines)
    assert [o.verdict for o in result.outcomes[3:]] == ["unknown", "broken"]
    whole = api.judge(history(PLANTED["applied twice"][1], replace(META, sample=Sample(1.0))), lines[1:2])
    assert whole.verdict == "holds"


def test_clients_times_and_shares_are_told() -> None:
    rows = []
    for i in range(1000):
        rows.append({"time_s": i + 0.0, "event": "invoke", "flow": "r", "operation": i})
        if i % 10 == 0:
            rows.append({"time_s": i + 0.01, "event": "invoke", "flow": "r", "operation": i, "attempt": 2})
        end = "fail" if i % 100 == 99 else "ok"
        rows.append({"time_s": i + (i + 1) / 2000, "event": end, "operation": i})
    told = of_rows(sorted(rows, key=lambda r: float(str(r["time_s"]))), Meta(drained=True))
    found = judged(
        told, "r.p50 < 250 ms", "r.p99 < 1 s", "r.max < 1 s", "r.mean < 300 ms", "r.sd < 1 s",
        "r.availability >= 99 %", "r.attempts == 1.1", "r.rate > 1 /s", "r.errors < 1 /s",
        "r.retries < 1 /s", "r.goodput < 2 /s",
    )  # fmt: skip
    assert found["r.p50"].value == pytest.approx(499 / 2000)  # the 495th of 990
    assert found["r.p99"].verdict == "unknown"
    assert "too few samples: 10 operations" in found["r.p99"].evidence
    assert found["r.max"].value == pytest.approx(0.4995)
    assert found["r.availability"].value == pytest.approx(0.99)
    assert found["r.attempts"].value == pytest.approx(1.1)
    assert found["r.rate"].value == pytest.approx(1000 / 999.5, rel=1e-3)
    assert found["r.errors"].value == pytest.approx(10 / 999.5, rel=1e-3)
    assert {o.verdict for m, o in found.items() if m != "r.p99"} == {"holds"}


def test_a_flow_that_delivers_has_times_from_publish_and_ages_from_invoke() -> None:
    found = judged(history(), "push.mean < 1 s", "push.age.mean < 1 s", "push.age.p50 < 1 s", "push.p50 < 1 s")
    assert found["push.mean"].value == pytest.approx(0.02)
    assert found["push.age.p50"].value == pytest.approx(0.04)  # four rows later


def test_what_was_under_way_counts_neither_way_unless_it_drained() -> None:
    rows = [{"time_s": float(i), "event": e, "operation": o, "flow": "r"}
            for i, (e, o) in enumerate([("invoke", 0), ("ok", 0), ("invoke", 1)])]  # fmt: skip
    assert judged(of_rows(rows), "r.availability == 1")["r.availability"].verdict == "holds"
    assert judged(of_rows(rows, Meta(drained=True)), "r.availability == 1")["r.availability"].value == 0.5


def test_what_a_history_does_not_tell_is_unknown() -> None:
    found = judged(history(), "cost < 5 USD/month", "api.utilisation < 50 %", "mesage.lost == 0", "send.hedges < 2",
                   "push.availability > 0", "send.age.p50 < 1 s")  # fmt: skip
    assert {o.verdict for o in found.values()} == {"unknown"}
    assert 'did you mean "message"' in found["mesage.lost"].evidence
    assert all(o.evidence for o in found.values())


def test_a_contract_is_a_list_a_mapping_or_a_blueprint(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    for text in (
        "# promises\n---\n- push.duplicates == 0\n",
        "contract:\n  - push.duplicates == 0\n",
        "loadcase: 1\nname: x\nestimates: {most: 0}\nrequirements:\n  contract: [push.duplicates <= most]\n",
    ):
        file.write_text(text)
        assert api.judge(history(), file).verdict == "holds"
        assert api.judge(history(PLANTED["duplicates"][1]), tmp_path / "c.yaml").verdict == "broken"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- push.duplicates == 0\n- push.duplicate == 0\n", "c.yaml:2:3: error[LC341]"),
        ("- push.duplicates = 0\n", "c.yaml:1:3: error[LC340]"),
        ("- push.duplicates == 1 ms\n", "c.yaml:1:22: error[LC343]"),
        ("- [\n", "c.yaml:2:1: error[LC103]"),
        ("name: x\n", "expected a contract"),
        ("", "c.yaml:1:1: error[LC108]"),
        ("12\n", "c.yaml:1:1: error[LC108]"),
        ("contract: []\n", "expected a contract"),
        ("contract: [1]\n", "cannot read the guarantee"),
    ],
)
def test_a_wrong_contract_is_told_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    with pytest.raises(BlueprintError) as error:
        api.judge(history(), file)
    assert said in str(error.value)
    with pytest.raises(UsageError, match="cannot read"):
        api.judge(history(), tmp_path / "nowhere.yaml")


def test_names_from_elsewhere_are_fit_to_be_shown() -> None:
    rows = [
        {"time_s": 0.0, "event": "deliver", "flow": "f", "operation": "\x1b[2J" + "x" * 500, "receiver": "\u202e"}
    ] * 2
    story = api.judge(of_rows(rows, Meta("\x1b[31m")), ["f.duplicates == 0"]).stories["f.duplicates == 0"]
    assert len(story.lines[0].operation) == 60
    assert all(text.isprintable() for line in story.lines for _, text in line.told)
    assert story.lines[0].operation.isprintable()


def test_a_long_story_leaves_out_its_middle() -> None:
    rows = [{"time_s": float(i), "event": "invoke", "flow": "f", "operation": 1, "attempt": i + 1} for i in range(60)]
    deliveries = [{"time_s": 60.0 + i, "event": "deliver", "flow": "f", "operation": 1} for i in range(2)]
    story = api.judge(of_rows(rows + deliveries), ["f.duplicates == 0"]).stories["f.duplicates == 0"]
    assert (len(story.lines), story.omitted) == (24, 38)
    assert [line.event for line in story.lines[-2:]] == ["deliver", "deliver"]
    assert story.lines[0].time_s == 0.0


def test_neither_the_engine_nor_numba_is_loaded(tmp_path: Path) -> None:
    write_history(history(), tmp_path / "h.jsonl")
    (tmp_path / "c.yaml").write_text("\n".join(f"- {line}" for line in LINES))
    code = (
        "import sys; from loadcase.cli import execute\n"
        "assert execute(['judge', sys.argv[1], '--contract', sys.argv[2]]) == 0\n"
        "print([m for m in sys.modules if m.startswith(('numba', 'loadcase.engine', 'pyarrow'))])"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "h.jsonl"), str(tmp_path / "c.yaml")]
    told = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
