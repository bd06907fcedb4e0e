"""The rule files: accepted by promtool, and evaluated by Prometheus as by the replay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from loadcase import api
from loadcase.alerts.burn import EVALUATE_S, rules_of
from loadcase.alerts.prometheus import rule_file, rule_text
from loadcase.alerts.replay import Course, Times, burning, course
from loadcase.blueprint.load import load
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, UsageError
from tests.alerts.designs import notes
from tests.alerts.promtool import promtool, unit_test

GALLERY = sorted((Path(__file__).parents[2] / "gallery").glob("*/blueprint.yaml"))
AWKWARD = """\
loadcase: 1
name: 'yes: "quoted" {{ .Labels }}'
components: {s: {kind: service}, q: {kind: queue}}
flows:
  'buy "now" \\ {{x}}':
    arrive: {rate: 1 /s}
    steps: [s.handle, q.publish]
  on:
    consume: {queue: q, by: s}
    steps: [s.handle]
operate:
  slos:
    - on.age.p99 < 1 s over 7 day
    - on.availability > 99.9 % over 90 day
    - on.p50 < 2.5 s over 30 day
  rollback: "use {{ the }} 'previous' image: %s"
  runbook: {'"quoted" {{event}}': "look at {{it}}"}
"""


def checked(blueprint: Blueprint, folder: Path, prefix: str = "loadcase") -> int:
    """The number of rules that promtool found in a file that it accepts."""
    file = folder / "rules.yml"
    file.write_text(rule_text(blueprint, prefix), "utf-8")
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", file)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split("SUCCESS:")[1].split()[0])


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.parent.name)
def test_promtool_accepts_the_rules_of_the_gallery(path: Path, tmp_path: Path) -> None:
    blueprint = load(path)
    found = checked(blueprint, tmp_path) if blueprint.objectives else 0
    assert found == sum(len({w for r in rules_of(o) for w in (r.watch.long_s, r.watch.short_s)}) + 2
                        for o in blueprint.objectives)  # fmt: skip
    assert found or not blueprint.operate.slos


def test_promtool_accepts_awkward_names(tmp_path: Path) -> None:
    blueprint = Blueprint.loads(AWKWARD)
    quoted = 'buy "now" \\ {{x}}'
    assert quoted in blueprint.flows
    awkward = [f"{quoted}.availability >= 99 % over 28 day"]
    assert checked(blueprint, tmp_path, "my_shop") == (5 + 2) + (5 + 2) + (2 + 1)
    with pytest.raises(BlueprintError, match="cannot read the guarantee"):
        blueprint.changed({"operate.slos": awkward})


def test_promtool_refuses_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rule_text(notes()).replace("sum(rate(", "sum(rat(", 1))
    assert promtool("check", "rules", file).returncode != 0


def test_what_prometheus_would_take_for_a_template_stays_text() -> None:
    text = json.dumps(rule_file(Blueprint.loads(AWKWARD)))
    told = [r["annotations"] for g in json.loads(text)["groups"] for r in g["rules"] if "alert" in r]
    for one in told:
        for line in one.values():
            outside = line.replace("{{`{{`}}", "").replace("{{ $value | humanizePercentage }}", "")
            assert "{{" not in outside


def test_the_file_says_what_the_blueprint_does() -> None:
    (first, second) = YAML(typ="safe").load(rule_text(notes(), "shop"))["groups"]
    page = next(r for r in first["rules"] if r.get("labels", {}).get("severity") == "page")
    assert page["labels"] == {"service": "notes", "flow": "send", "slo": "send.availability", "severity": "page"}
    assert 'slo:shop_errors:ratio_rate1h{service="notes",slo="send.availability"} > 0.00672' in page["expr"]
    assert page["alert"] == "SendAvailabilityBudgetBurn"
    for part in ("Rollback: previous image.", "A zone is lost: restore its shard."):
        assert part in page["annotations"]["runbook"]
    assert first["interval"] == f"{EVALUATE_S}s"
    assert 'shop_request_duration_seconds_bucket{flow="send",le="0.1"}[1h]' in json.dumps(second).replace('\\"', '"')


def test_a_whole_bound_is_found_however_a_client_writes_it() -> None:
    (group,) = rule_file(notes("send.p99 < 2 s over 28 day"))["groups"]
    assert 'le=~"2(\\\\.0)?"' in group["rules"][0]["expr"]


def test_a_prefix_is_the_beginning_of_a_name() -> None:
    for wrong in ("", "my-shop", "1st", "a b", "x\n"):
        with pytest.raises(UsageError, match="metric"):
            rule_text(notes(), wrong)


def replayed(slo: str, fault: dict[str, object], severity: str, every_s: int, count: int) -> tuple[Course, list[bool]]:
    """A fault simulated, and whether the alert fires at each evaluation by the replay."""
    blueprint = notes(slo).changed({"cases.zone_outage.faults": [fault]})
    (objective,) = blueprint.objectives
    case = blueprint.cases["zone_outage"]
    result = api.run(blueprint, "zone_outage")
    seen = course(result.tallies[objective.metric], Times.of(case.faults, case.seconds), doubtful_bad=False)
    rules = [r for r in rules_of(objective) if r.watch.severity == severity]
    return seen, [bool(b) for b in burning(seen, rules, every_s * np.arange(count, dtype=float))]


def agrees(
    slo: str, seen: Course, severity: str, fires: list[bool], folder: Path, past_s: int, every_s: int
) -> bool:  # fmt: skip
    """Whether Prometheus fires the alert at the same evaluations, and at no other."""
    blueprint = notes(slo)
    (objective,) = blueprint.objectives
    rules, test = folder / "rules.yml", folder / "test.yml"
    rules.write_text(rule_text(blueprint))
    test.write_text(json.dumps(unit_test(rules, objective, seen, severity, fires, past_s, every_s)))
    done = promtool("test", "rules", test)
    told = done.stdout + done.stderr
    assert "err:" not in told, told
    assert ("SUCCESS" in told) is (done.returncode == 0), told
    return done.returncode == 0


AVAILABLE = "send.availability >= 99.95 % over 28 day"
SIX_HOURS = 6 * 3600 + 600


@pytest.mark.parametrize(
    ("slo", "fault", "fires", "ends"),
    [
        (AVAILABLE, {"outage": {"zone": 1, "at": "40 s", "for": "3 min"}}, True, True),
        (AVAILABLE, {"outage": {"zone": 1, "at": "40 s", "for": "50 s"}}, False, True),
        ("send.p99 < 100 ms over 28 day", {"slow": {"on": "db", "factor": 12, "at": "40 s"}}, True, False),
    ],
    ids=["outage", "short outage", "slow store"],
)
def test_prometheus_fires_and_ends_when_the_replay_says(
    slo: str, fault: dict[str, object], fires: bool, ends: bool, tmp_path: Path
) -> None:
    seen, burns = replayed(slo, fault, "page", EVALUATE_S, 120)
    assert (any(burns), not burns[-1]) == (fires, ends)
    assert agrees(slo, seen, "page", burns, tmp_path, SIX_HOURS, EVALUATE_S)


@pytest.mark.parametrize("late", [-1, 1])
def test_promtool_tells_when_the_replay_is_an_evaluation_off(late: int, tmp_path: Path) -> None:
    seen, burns = replayed(AVAILABLE, {"outage": {"zone": 1, "at": "40 s", "for": "3 min"}}, "page", EVALUATE_S, 20)
    turn = burns.index(True)
    wrong = [i >= turn + late for i in range(20)]
    assert not agrees(AVAILABLE, seen, "page", wrong, tmp_path, SIX_HOURS, EVALUATE_S)


def test_prometheus_writes_a_ticket_when_the_replay_says(tmp_path: Path) -> None:
    # read and evaluated every five minutes, since promtool holds 50,000 samples at most
    seen, burns = replayed(AVAILABLE, {"outage": {"zone": 1, "at": "40 s"}}, "ticket", 300, 12)
    assert 0 < burns.index(True) < len(burns)
    assert agrees(AVAILABLE, seen, "ticket", burns, tmp_path, 3 * 86400 + 3600, 300)
