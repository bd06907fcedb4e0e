"""The page of the JSON shapes: every key that the code writes, with its type and its meaning."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loadcase.advice.advising import advise
from loadcase.alerts.burn import rules_of
from loadcase.alerts.page import CasePages, Paged, PagesResult
from loadcase.alerts.replay import Alert, Firing
from loadcase.blueprint.load import loads
from loadcase.check.judge import Judgement
from loadcase.check.story import Line, Story
from loadcase.cli import execute
from loadcase.core.errors import BlueprintError, LoadcaseError
from loadcase.core.results import CaseVerdict, CheckResult, Decided, Metric, Outcome, RunResult, Series
from loadcase.deep.ablation import Ablation, Trial
from loadcase.draw.diagram import Diagram, Edge, FlowLine, Group, Node, Strand
from loadcase.draw.mermaid import mermaid
from loadcase.estimate.estimate import estimate
from loadcase.estimate.size import size
from loadcase.explore.axes import parse_axis
from loadcase.explore.compare import CaseComparison, Comparison, Difference
from loadcase.explore.envelope import Envelope, Spot, parse
from loadcase.explore.flips import At as CurvePoint
from loadcase.explore.flips import Curve, Flip, Flipped
from loadcase.explore.sweep import At, SweepResult
from loadcase.export.listing import Listed, listing_json
from loadcase.growth.mitigation import Mitigation
from loadcase.growth.shrinking import Shrunk
from loadcase.growth.story import Break, Rung
from loadcase.growth.story import Story as Growing
from loadcase.report.advice import advice_json
from loadcase.report.alerts import alerts_json
from loadcase.report.catalogue import fault_shape, kind_shape, profile_shape
from loadcase.report.compared import compare_json, curve_json, decisions_json
from loadcase.report.envelope import envelope_json
from loadcase.report.explored import sweep_json
from loadcase.report.growth import shrunk_json, story_json
from loadcase.report.judged import explain_json, judge_json
from loadcase.report.review import review_json, rules_json
from loadcase.report.shapes import check_json, error_json, run_json, size_json
from loadcase.review.catalogue import rules
from loadcase.review.reviewing import review
from loadcase.validation.agreement import Agreement, Row
from loadcase.validation.run import built_in
from tools.docs import practice
from tools.docs.fields import table

CLOSED = "RQ-EC-1"
"""A validation case that is all closed form, so that its shape costs nothing."""
SMALL = """\
loadcase: 1
name: small
requirements: {contract: [r.p95 < 300 ms]}
estimates: {users: 1k..4k, pause: 10 s, rate: users / pause}
components: {s: {kind: service, workers: 4, price: 92 USD/month}, c: {kind: cache, hit_ratio: 90 %}}
flows: {r: {arrive: {rate: rate}, steps: [{s.handle: {work: exp(5 ms)}}, c.get]}}
"""
UNSOUND = """\
loadcase: 1
name: unsound
components: {s: {kind: service}}  # loadcase: allow unbounded-queue because it is an example
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
"""
CACHED = """\
loadcase: 1
name: cached
entities: {page: {count: 1k}}
components: {c: {kind: cache, keys: 500}, db: {kind: store}}
flows: {view: {arrive: {rate: 10 /s, key: page}, steps: [c.get: {miss: [db.read: {entity: page}]}]}}
"""
NAMES = {
    "estimate.estimates": "ESTIMATE",
    "estimate.components": "COMPONENT",
    "estimate.flows": "FLOW",
    "estimate.cost_by_component": "COMPONENT",
    "estimate.metrics": "METRIC",
    "size.components": "COMPONENT",
    "size.overlay": "PATH",
    "scale.breaks[].mitigations[].edit": "PATH",
    "scale.rungs[].edit": "PATH",
    "scale.behind": "LOG",
    "shrunk.edit": "PATH",
    "agreement.counts": "STATUS",
    "gallery.systems[].decisions": "DECISION",
    "validate.counts": "STATUS",
    "validate.cases[].expected": "VALUE",
    "validate.cases[].got": "VALUE",
    "validate.cases[].residual": "VALUE",
    "validate.cases[].metrics": "VALUE",
    "judge.guarantees[].story.lines[].told": "COLUMN",
    "check.cases[].guarantees[].story.lines[].told": "COLUMN",
    "run.stories": "METRIC",
    "run.stories.METRIC.lines[].told": "COLUMN",
    "run.doubts": "METRIC",
    "explain.story.lines[].told": "COLUMN",
    "run.metrics": "METRIC",
    "run.rough": "METRIC",
    "run.series": "METRIC",
    "sweep.points[].values": "PATH",
    "sweep.points[].metrics": "METRIC",
    "kinds.kinds": "KIND",
    "kinds.kinds.KIND.fields": "FIELD",
    "faults.faults": "FAULT",
    "faults.faults.FAULT.fields": "FIELD",
    "profiles.profiles": "PROFILE",
    "profiles.profiles.PROFILE.fields": "FIELD",
    "profiles.profiles.PROFILE.published[].design": "FIELD",
}
"""Objects whose keys are names of the design or of the catalogue, and what stands for such a name."""
EXPLAINED = {
    "guarantee": "The line of the contract.",
    "metric": "The metric it speaks of.",
    "value": "What the history shows; null if it does not tell.",
    "low": "Lower end of the interval for all keys where the history is a sample of them; else the value.",
    "high": "Its upper end.",
    "bound": "The bound.",
    "comparison": "`<`, `<=`, `>`, `>=` or `==`.",
    "unit": "`s`, `1/s`, `ratio` or `count`.",
    "verdict": "`holds`, `broken` or `unknown`.",
    "evidence": "Why, in words.",
    "story.said": "What happened, in a sentence; `story` is null where nothing is broken.",
    "story.omitted": "Rows of the operations that are left out.",
    "story.lines[].time_s": "When, s.",
    "story.lines[].event": "The [event](histories.md#events).",
    "story.lines[].flow": "Its flow.",
    "story.lines[].operation": "Its operation.",
    "story.lines[].attempt": "Which attempt.",
    "story.lines[].component": "Where.",
    "story.lines[].place": "Replica, shard or partition.",
    "story.lines[].entity": "Of what.",
    "story.lines[].told.COLUMN": "What else the row says, by [column](histories.md#columns).",
    "story.lines[].faults[]": "Faults that were active.",
}
"""The keys of one judged guarantee with its story."""
JUDGED = {
    "guarantee": "A line of the contract.",
    "metric": "The metric it speaks of.",
    "value": "Mean over the seeds; null if it was not observed.",
    "low": "Lower end of its interval; null if there is none.",
    "high": "Its upper end.",
    "unit": "`s`, `1/s`, `ratio`, `count` or `USD/month`.",
    "verdict": "`holds`, `broken` or `unknown`.",
}
"""The keys of a guarantee in short."""
DIFFERENCE = {
    "metric": "A metric.",
    "unit": "Its unit.",
    "a": "Mean of the first design; null where it has none.",
    "b": "Mean of the second.",
    "difference": "b less a, seed by seed; null where one of them has none.",
    "low": "Lower end of the interval of the difference.",
    "high": "Its upper end.",
    "gain": "How many times as many independent runs would need for that interval; null where the difference does not "
    "vary.",
    "rough": "Whether it comes from a scale model that tells it within its factor only.",
}
"""The keys of a paired difference."""
BRIEF = {
    "better": "`a`, `b`, `same`, `neither` or `unknown`: which design is the better there.",
    "why": "Why, in words.",
    "verdicts[]": "Of the first design and of the second: `holds`, `broken` or `unknown`.",
    "costs[]": "Of the first and of the second, USD per month.",
    "seeds": "Seeds that were run in each case.",
    "judged[].case": "A case that was run.",
    "judged[].guarantee": "A line of the contract that both designs promise.",
    "judged[].unit": "`s`, `1/s`, `ratio`, `count` or `USD/month`.",
    "judged[].bound": "Its bound in this case.",
    "judged[].values[]": "Of the first design and of the second; null where it was not observed.",
    "judged[].verdicts[]": "Of the first design and of the second: `holds`, `broken` or `unknown`.",
}
"""The keys of a comparison at one value."""
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "sweep": {
        "blueprint": "Name of the design.",
        "partial": "Whether it was interrupted.",
        "runs": "Runs that are wanted: points times cases times seeds.",
        "done": "Runs that are done.",
        "before": "Of those, runs that were done before.",
        "wall_s": "Seconds that it took. Differs from run to run.",
        "file": "The Parquet file; null without `--out`.",
        "notes[]": "Remarks.",
        "axes[].path": "What is varied.",
        "axes[].unit": "Unit of its values; `text` where they are none.",
        "axes[].low": "Low end of a range; null for a list.",
        "axes[].high": "Its high end.",
        "axes[].log": "Whether the values are spread by equal factors.",
        "points[].point": "Number of the point, from 0; one entry for each of its cases.",
        "points[].values.PATH": "The value at this point, in base units, or text.",
        "points[].case": "The case.",
        "points[].seeds[]": "Seeds that were run.",
        "points[].scale": "k of the scale model 1:k; 1 is exact.",
        "points[].verdict": "The worst of its guarantees.",
        "points[].partial": "Why a run ended early; null if none did.",
        "points[].error": "Why the engine refused a run; null if it did not.",
        **{f"points[].guarantees[].{key}": said for key, said in JUDGED.items()},
        "points[].metrics.METRIC.value": "Of `--show`: the mean over the seeds.",
        "points[].metrics.METRIC.low": "Lower end of its interval.",
        "points[].metrics.METRIC.high": "Its upper end.",
        "points[].metrics.METRIC.unit": "Its unit.",
    },
    "compare": {
        "names[]": "How the two designs are called.",
        "better": "`a`, `b`, `same`, `neither` or `unknown`: the one that holds its contract; of two the cheaper.",
        "why": "Why, in words.",
        "verdicts[]": "Of the first design and of the second: `holds`, `broken` or `unknown`.",
        **{f"cost.{key}": said for key, said in DIFFERENCE.items()},
        "confidence": "Of the intervals: 0.95 with `--seeds`, 0.994 at each look without.",
        "partial": "Whether it was interrupted.",
        "wall_s": "Seconds that it took. Differs from run to run.",
        "cases[].case": "Name of the case.",
        "cases[].seeds[]": "Seeds that both were run with.",
        "cases[].scale": "k of the scale model 1:k; 1 is exact.",
        **{
            f"cases[].{side}.{key}": said
            for side in ("a", "b")
            for key, said in (
                ("verdict", "The worst of its guarantees."),
                ("partial", "Why a run ended early; null if none did."),
                *((f"guarantees[].{key}", said) for key, said in JUDGED.items()),
            )
        },
        **{f"cases[].differences[].{key}": said for key, said in DIFFERENCE.items()},
    },
    "curve": {
        "names[]": "How the two designs are called.",
        "path": "What is varied.",
        "unit": "Unit of its values; `text` where they are none.",
        "partial": "Whether it was interrupted, or the budget spent.",
        "wall_s": "Seconds that it took. Differs from run to run.",
        "flips[].low": "A value at which the better choice is still the one.",
        "flips[].high": "The next value that is decided, at which it is the other.",
        "flips[].before": "The better choice at the first: a name, `same` or `neither`.",
        "flips[].after": "The better choice at the second.",
        "points[].value": "A value that was compared, in rising order.",
        **{f"points[].{key}": said for key, said in BRIEF.items()},
    },
    "decisions": {
        "blueprint": "Name of the design.",
        "partial": "Whether it was interrupted.",
        "decisions[].decision": "Name of the decision.",
        "decisions[].variant": "Its variant; null without one.",
        "decisions[].flips_when": "What it says.",
        "decisions[].tested": "Whether that is something that can be run.",
        "decisions[].verdict": "`holds` when the choice flips where it says.",
        "decisions[].why": "In words.",
        "decisions[].estimate": "The estimate that it names.",
        "decisions[].by": "The estimate that was changed for that.",
        "decisions[].unit": "Unit of the values of the estimate.",
        "decisions[].now": "Value of the estimate in the blueprint.",
        "decisions[].bound": "Value at which the decision says that it flips.",
        "decisions[].low": "The flip is above this value of the estimate; null where it does not flip.",
        "decisions[].high": "And below this.",
        "decisions[].wall_s": "Seconds that it took. Differs from run to run.",
        "decisions[].points[].value": "A value that was compared, in rising order.",
        **{f"decisions[].points[].{key}": said for key, said in BRIEF.items()},
    },
    "check": {
        "blueprint": "Name of the design.",
        "verdict": "`holds`, `broken` or `unknown`: the worst of the cases.",
        "partial": "Whether the check was interrupted.",
        "wall_s": "Seconds that it took. Differs from run to run.",
        "confidence": "Of the intervals: 0.95 with `--seeds`, 0.994 at each look without.",
        "cases[].case": "Name of the case.",
        "cases[].verdict": "The worst of its guarantees.",
        "cases[].seeds[]": "Seeds that were run.",
        "cases[].scale": "k of the scale model 1:k; 1 is exact.",
        "cases[].partial": "Why a run ended early; null if none did.",
        "cases[].notes[]": "Remarks of the runs.",
        "cases[].guarantees[].guarantee": "The line of the contract.",
        "cases[].guarantees[].metric": "The metric it speaks of.",
        "cases[].guarantees[].value": "Mean over the seeds; null if it was not observed.",
        "cases[].guarantees[].low": "Lower end of its confidence interval; null if there is none.",
        "cases[].guarantees[].high": "Its upper end.",
        "cases[].guarantees[].bound": "The bound that applied in this case.",
        "cases[].guarantees[].comparison": "`<`, `<=`, `>`, `>=` or `==`.",
        "cases[].guarantees[].unit": "`s`, `1/s`, `ratio`, `count` or `USD/month`.",
        "cases[].guarantees[].verdict": "`holds`, `broken` or `unknown`.",
        "cases[].guarantees[].margin": "How far inside the bound, as a share of it; negative is outside.",
        "cases[].guarantees[].degraded": "Whether the case relaxed the bound.",
        "cases[].guarantees[].rough": "Whether it comes from a scale model that tells it within its factor only.",
        "cases[].guarantees[].evidence": "Why, in words.",
        **{f"cases[].guarantees[].{path}": said for path, said in EXPLAINED.items() if path.startswith("story.")},
        "decided[].decision": "A decision whose variant was checked, and that says what this breaks.",
        "decided[].verdict": "`holds` when the variant breaks just that.",
        "decided[].said[]": "What it says that the variant breaks.",
        "decided[].broken[]": "What the variant broke.",
    },
    "judge": {
        "history": "Name of the design that was recorded, or of the file.",
        "verdict": "`holds`, `broken` or `unknown`: the worst of the guarantees.",
        "rows": "Rows of the history.",
        "notes[]": "Remarks.",
        **{f"guarantees[].{key}": meaning for key, meaning in EXPLAINED.items()},
    },
    "explain": EXPLAINED,
    "alerts": {
        "blueprint": "Name of the design.",
        "evaluate_every_s": "How often the rules are evaluated, s.",
        "scrape_every_s": "How old a counter is at most when a rule reads it, s.",
        "slos[].slo": "The line of `operate.slos`.",
        "slos[].metric": "The metric it speaks of.",
        "slos[].flow": "The flow.",
        "slos[].objective": "Share of the operations that have to be good.",
        "slos[].budget": "Share that may be bad.",
        "slos[].limit_s": "Of a percentile: operations that take longer are bad, s; null of an availability.",
        "slos[].window_s": "The time of the objective, s.",
        "slos[].rules[].severity": "`page` or `ticket`.",
        "slos[].rules[].spent": "Share of the budget that is gone when it fires.",
        "slos[].rules[].long_s": "The long window, s.",
        "slos[].rules[].short_s": "The short window, s.",
        "slos[].rules[].burn_rate": "How many times faster than evenly the budget goes when it fires.",
        "slos[].rules[].fires_above": "The share of bad operations in both windows above which it fires.",
        "slos[].rules[].detected_s": "How long until it fires when everything is bad, from none, s.",
        "slos[].left_out[]": "Windows that could never fire, and why.",
        "verdict": "With `--case`: `holds`, `broken` or `unknown`, the worst of the cases.",
        "partial": "With `--case`: whether it was interrupted.",
        "wall_s": "With `--case`: seconds that it took. Differs from run to run.",
        "assumed": "With `--case`: what is assumed of the time before and after a run.",
        "cases[].case": "Name of the case.",
        "cases[].verdict": "Whether the page comes as promised; without faults, whether none does.",
        "cases[].why": "Why, in words.",
        "cases[].page_within_s": "What the case promises, s; null if it promises no page.",
        "cases[].scale": "k of the scale model 1:k; 1 is exact.",
        "cases[].notes[]": "Remarks of the runs.",
        "cases[].runs[].seed": "The seed.",
        "cases[].runs[].untold": "Why the run does not tell what the alerts do; empty when it does.",
        "cases[].runs[].alerts[].metric": "The metric of the objective.",
        "cases[].runs[].alerts[].severity": "`page` or `ticket`.",
        "cases[].runs[].alerts[].bad_before": "Share of bad operations before the first fault.",
        "cases[].runs[].alerts[].bad_during": "The same from then until the last fault ends.",
        "cases[].runs[].alerts[].bad_after": "The same once the run has settled.",
        "cases[].runs[].alerts[].closed_form_s": "When it fires in closed form, s after the first fault; null: never.",
        "cases[].runs[].alerts[].closed_form_over_s": "When that is over in closed form, s; null for never.",
        **{
            f"cases[].runs[].alerts[].{reading}.{key}": said
            for reading, first in (
                ("certain", "Operations of which the run does not tell whether they are bad are good: "),
                ("possible", "They are bad: "),
            )
            for key, said in (
                ("already", f"{first}whether it fires before the first fault."),
                ("fires", "Whether it fires from then on."),
                ("earliest_s", "When at the earliest, s after the first fault; null if it does not."),
                ("latest_s", "When at the latest; null if no evaluation need catch it."),
                ("over_s", "When it is over for good, s; null if it is not."),
            )
        },
    },
    "run": {
        "blueprint": "Name of the design.",
        "case": "The case.",
        "seed": "The seed.",
        "scale": "k of the scale model 1:k; 1 is exact.",
        "duration_s": "Simulated seconds that were measured.",
        "warmup_s": "Simulated seconds before that.",
        "partial": "Why the run ended early; null if it did not.",
        "notes[]": "Remarks.",
        "metrics.METRIC.value": "The value in base units; null if it is not a number.",
        "metrics.METRIC.unit": "Its unit.",
        "rough.METRIC.value": "What a scale model tells within a factor of its scale only; empty when exact.",
        "rough.METRIC.unit": "Its unit.",
        "doubts.METRIC": "Why a metric of correctness that the contract names cannot be told.",
        **{
            f"stories.METRIC.{path.removeprefix('story.')}": said
            for path, said in EXPLAINED.items()
            if path.startswith("story.")
        },
        "series.METRIC.start": "Simulated time at which the first interval begins, s.",
        "series.METRIC.step": "Length of an interval, s.",
        "series.METRIC.unit": "The unit of the values.",
        "series.METRIC.values[]": "One value for each interval; null where nothing was observed.",
        "requests": "Operations that finished.",
        "events": "Events of the engine.",
        "wall_s": "Seconds that it took. Differs from run to run.",
        "peak_rss_bytes": "Peak memory of the process, bytes. Differs from run to run.",
    },
    "estimate": {
        "blueprint": "Name of the design.",
        "load": "Load factor.",
        "estimates.ESTIMATE.value": "The value in base units; the median of a range.",
        "estimates.ESTIMATE.unit": "Its unit.",
        "estimates.ESTIMATE.text": "As people read it.",
        "estimates.ESTIMATE.formula": "As the blueprint has it.",
        "estimates.ESTIMATE.p5": "Of a range only: the 5th percentile.",
        "estimates.ESTIMATE.p50": "Of a range only: the median.",
        "estimates.ESTIMATE.p95": "Of a range only: the 95th percentile.",
        "components.COMPONENT.kind": "Its kind.",
        "components.COMPONENT.nodes": "Machines.",
        "components.COMPONENT.rate": "Visits of its servers per second.",
        "components.COMPONENT.utilisation": "Load offered to its workers; above 1 it does not keep up.",
        "components.COMPONENT.hottest": "The same of its busiest replica, shard or partition.",
        "components.COMPONENT.wait_mean_s": "Mean wait, s; null if it does not keep up.",
        "components.COMPONENT.p99_s": "99th percentile of wait and work, s; null where no formula gives it.",
        "components.COMPONENT.formula": "The formula of the wait.",
        "components.COMPONENT.saturates_at": "Load factor at which it is full.",
        "components.COMPONENT.limited_by": "What is full first: `workers`, `partitions`, `quota` and others.",
        "components.COMPONENT.hit_ratio": "Of a cache; null for the others.",
        "components.COMPONENT.cost": "USD per month.",
        "flows.FLOW.rate": "Per second.",
        "flows.FLOW.mean_s": "Mean time, s; null if it does not keep up.",
        "flows.FLOW.p50_s": "Median, s.",
        "flows.FLOW.p95_s": "95th percentile, s.",
        "flows.FLOW.p99_s": "99th percentile, s.",
        "flows.FLOW.age_p99_s": "Of a consuming flow: 99th percentile from the first client's send to done, s.",
        "flows.FLOW.availability": "Share of the operations that are acknowledged in time.",
        "first_to_saturate.component": "The component that is full first; `first_to_saturate` is null if none can be.",
        "first_to_saturate.at_load": "At this load factor.",
        "first_to_saturate.limited_by": "By this.",
        "first_to_saturate.text": "In words.",
        "cost": "USD per month at load factor 1.",
        "cost_by_component.COMPONENT.nodes": "USD per month for machines.",
        "cost_by_component.COMPONENT.stored": "For what is stored.",
        "cost_by_component.COMPONENT.requests": "For requests.",
        "cost_by_component.COMPONENT.total": "All of it.",
        "metrics.METRIC": "Every [metric](metrics.md) that a closed form gives, in base units.",
        "notes[]": "What the closed form leaves out of this design.",
    },
    "review": {
        "designs[].blueprint": "Name of the design.",
        "designs[].file": "Its file.",
        "designs[].errors": "Findings that are errors.",
        "designs[].warnings": "Findings that are warnings.",
        "designs[].notes": "Findings that are notes.",
        "designs[].fixed": "What `--fix` has mended, or would with `--diff`.",
        "designs[].findings[].rule": "Name of the rule.",
        "designs[].findings[].code": "Its stable code.",
        "designs[].findings[].severity": "`error`, `warning` or `note`.",
        "designs[].findings[].message": "What is wrong.",
        "designs[].findings[].hint": "How to mend it.",
        "designs[].findings[].path": "Where in the design.",
        "designs[].findings[].line": "Line in the file, from 1; 0 for a design that was built in code.",
        "designs[].findings[].column": "Column, from 1.",
        "designs[].findings[].fixable": "Whether `--fix` mends it.",
        "designs[].allowed[].rule": "The same of what a comment allows.",
        "designs[].allowed[].code": "Its stable code.",
        "designs[].allowed[].severity": "`error`, `warning` or `note`.",
        "designs[].allowed[].message": "What is wrong.",
        "designs[].allowed[].hint": "How to mend it.",
        "designs[].allowed[].path": "Where in the design.",
        "designs[].allowed[].line": "Line in the file, from 1; 0 for a design that was built in code.",
        "designs[].allowed[].column": "Column, from 1.",
        "designs[].allowed[].fixable": "Whether `--fix` mends it.",
        "designs[].deep.trials[].what": "With `--deep`, else `deep` is null: what was taken out.",
        "designs[].deep.trials[].how": "What takes its place.",
        "designs[].deep.trials[].path": "Where in the design.",
        "designs[].deep.trials[].state": "`not needed`, `needed`, `undecided`, `not judged`, `allowed`, `not reached`.",
        "designs[].deep.trials[].because": "Why.",
        "designs[].deep.trials[].saves": "USD per month; null where nothing was left to judge.",
        "designs[].deep.trials[].ran": "Whether it was run; else paper decided.",
        "designs[].deep.refused": "Why nothing was run; empty otherwise.",
        "designs[].deep.partial": "Why it ended early; empty otherwise.",
        "designs[].deep.wall_s": "Seconds that it took.",
        "diff": "With `--diff`: what `--fix` would change, as a unified diff.",
    },
    "scale": {
        "blueprint": "Name of the design.",
        "to": "The load factor that was asked for.",
        "breaks[].low": "Load factor at which the guarantees hold.",
        "breaks[].high": "Load factor at which one is broken.",
        "breaks[].closed_form": "Where the closed form expects it.",
        "breaks[].measured": "Whether runs bracketed it; else it is the closed form's.",
        "breaks[].unmeasured": "Why no run did; empty otherwise.",
        "breaks[].undecided[]": "Load factors in between at which runs cannot tell.",
        "breaks[].guarantee": "What breaks.",
        "breaks[].value": "Its value there, in base units; null where nothing was run.",
        "breaks[].component": "The part to blame; empty for none.",
        "breaks[].limited_by": "What is full there: `workers`, `partitions`, `quota` and others.",
        "breaks[].evidence": "Why, from the verdict.",
        "breaks[].mitigations[].component": "A part to change: first that to blame, then what would break next to it.",
        "breaks[].mitigations[].text": "What helps there.",
        "breaks[].mitigations[].edit.PATH": "The same as a variant writes it; empty where no count or limit mends it.",
        "breaks[].mitigations[].price": "USD per month more.",
        "breaks[].lasts_to": "Load factor that the mended design bears; null without an edit.",
        "breaks[].lasts_measured": "Whether runs have shown that; else it is the least on paper.",
        "breaks[].scale": "k of the scale model 1:k that was run.",
        "breaks[].duration_s": "Simulated seconds of a run.",
        "rungs[].load": "A load factor of the ladder.",
        "rungs[].breaks": "Breaks that were mended up to it.",
        "rungs[].cost": "USD per month at that load, with what was mended.",
        "rungs[].edit.PATH": "All edits up to it.",
        "ends": "Why the story ends.",
        "partial": "`interrupted`, or `the budget is spent` where that left something on paper; empty otherwise.",
        "unjudged[]": "Guarantees that some run could not judge: a scale model tells them roughly.",
        "behind.LOG": "Load factor from which on the hottest key of a log falls behind, slower than runs show.",
        "wall_s": "Seconds that it took.",
    },
    "shrunk": {
        "blueprint": "Name of the design.",
        "to": "The load factor that was asked for.",
        "edit.PATH": "Counts that would do.",
        "cost_before": "USD per month as it is.",
        "cost_after": "With these counts.",
        "deep.trials[].what": "What was taken out besides.",
        "deep.trials[].how": "What takes its place.",
        "deep.trials[].path": "Where in the design.",
        "deep.trials[].state": "As for `review --deep`.",
        "deep.trials[].because": "Why.",
        "deep.trials[].saves": "USD per month; null where nothing was left to judge.",
        "deep.trials[].ran": "Whether it was run; else paper decided.",
        "deep.refused": "Why nothing was run; empty otherwise.",
        "deep.partial": "Why it ended early; empty otherwise.",
        "deep.wall_s": "Seconds that it took.",
    },
    "envelope": {
        "blueprint": "Name of the design.",
        "axes[].path": "What is varied: `load`, the load factor, or a path in the design.",
        "axes[].unit": "Unit of its numbers, in base units; `text` where they are none.",
        "axes[].values[].label": "A value as it is shown.",
        "axes[].values[].number": "The same as a number; null for text.",
        "points[].at[]": "Its place on the first and on the second axis, from 0.",
        "points[].verdict": "`holds`, `broken`, `unknown`; null where there is no valid design, or it was not reached.",
        "points[].guarantee": "What breaks, or what runs cannot tell; empty otherwise.",
        "points[].value": "Its value in the runs, in base units; null without.",
        "points[].on_paper": "What the closed form breaks there; empty for nothing.",
        "points[].ran": "Whether the verdict is that of runs; else it is the closed form's.",
        "points[].cost": "USD per month at this point; null where there is no valid design.",
        "points[].dear": "Whether nothing breaks but the bound on the cost.",
        "points[].scale": "k of the scale model 1:k that was run.",
        "points[].duration_s": "Simulated seconds of a run; 0 where none was made.",
        "points[].refused": "Why there is no valid design; empty otherwise.",
        "partial": "`interrupted`, or why points of the border were left on paper; empty otherwise.",
        "unrun": "How many were.",
        "wall_s": "Seconds that it took.",
    },
    "advise": {
        "blueprint": "Name of the design.",
        "file": "Its file.",
        "shapes[].shape": "Name of a shape that the design has.",
        "shapes[].asks": "The question that it answers with yes.",
        "shapes[].risk": "What usually goes wrong with it.",
        "shapes[].source": "Where that is from.",
        "shapes[].evidence[].text": "What says so, with figures at the peak.",
        "shapes[].evidence[].path": "Where in the design.",
        "shapes[].evidence[].line": "Line in the file, from 1; 0 for a design that was built in code.",
        "shapes[].evidence[].column": "Column, from 1.",
        "patterns[].pattern": "Name of a pattern that follows from the shapes.",
        "patterns[].title": "What it is called.",
        "patterns[].state": "`present`; `in words`, as the format has no field for it; `not yet` needed; `missing`.",
        "patterns[].reasons[].shape": "The shape that asks for it.",
        "patterns[].reasons[].why": "Why, with figures.",
        "patterns[].how": "How a blueprint says it.",
        "patterns[].note": "What exactly is missing, or why it may wait; empty where there is no more to say.",
        "patterns[].place.path": "Where it is; `place` is null where it is missing, or not needed yet.",
        "patterns[].place.line": "Line.",
        "patterns[].place.column": "Column.",
        "risks[].risk": "Name of a rule of the review, or of a curveball; the worst risk comes first.",
        "risks[].severity": "`error`, `warning` or `note`.",
        "risks[].weak": "Whether on paper the design has no room for it, or hardly any.",
        "risks[].trigger": "What happens, with figures.",
        "risks[].mitigation": "What helps.",
        "risks[].impact": "What people notice.",
        "risks[].rule": "The rule; null for a curveball.",
        "risks[].tried_by": "The case that tries a curveball; null where none does.",
        "risks[].case": "A case that would try it; null where there is one.",
        "risks[].path": "Where in the design.",
        "risks[].line": "Line.",
        "risks[].column": "Column.",
        "stages[].stage": "Name of a stage of a design, in their order.",
        "stages[].title": "What it is called.",
        "stages[].steps[].say": "What is missing there; no steps where nothing is.",
        "stages[].steps[].how": "How to mend it.",
        "stages[].steps[].rule": "The rule of the review that says so; null for an empty section or a missing pattern.",
        "stages[].steps[].path": "Where in the design.",
        "stages[].steps[].line": "Line.",
        "stages[].steps[].column": "Column.",
        "next": "The first stage with steps; null when every stage is there.",
    },
    "rules": {
        "rules[].rule": "Name of the rule.",
        "rules[].code": "Its stable code.",
        "rules[].severity": "`error`, `warning` or `note`, where a finding is neither graver nor lighter.",
        "rules[].fixable": "Whether `--fix` mends what it can of it.",
        "rules[].summary": "What is wrong, in one sentence.",
        "rules[].what": "What exactly is looked for.",
        "rules[].why": "Why it matters.",
        "rules[].source": "Where that comes from.",
        "rules[].covers[]": "Rules of the guides that it checks.",
    },
    "size": {
        "blueprint": "Name of the design.",
        "case": "The case that the sizes are for.",
        "load": "Its load factor.",
        "headroom": "Share of the busiest part that stays free.",
        "components.COMPONENT.field": "`replicas`, `shards` or `partitions`.",
        "components.COMPONENT.before": "The count in the blueprint.",
        "components.COMPONENT.after": "The count that is proposed.",
        "components.COMPONENT.utilisation_before": "Of the busiest part, with the count before.",
        "components.COMPONENT.utilisation_after": "Of the busiest part, with the count that is proposed.",
        "components.COMPONENT.cost_before": "USD per month, with the count before.",
        "components.COMPONENT.cost_after": "USD per month, with the count that is proposed.",
        "components.COMPONENT.driver": "What asks for that count: `headroom`, `consumers` of a log, `connections`, a "
        "`guarantee`, `floor` (zones and a spare one), `idle`, or `no size helps`.",
        "components.COMPONENT.reason": "Why that count, in words.",
        "overlay.PATH": "The counts that change, as the lines of a variant.",
        "cost_before": "USD per month of the design as it is.",
        "cost_after": "USD per month of the design with the counts that are proposed.",
        "unmet[]": "Guarantees that no size meets, and why.",
    },
    "validate": {
        "partial": "Whether it was interrupted.",
        "counts.STATUS": "How many cases pass, fail or are not-expressible.",
        "cases[].id": "Id of the case.",
        "cases[].group": "Its group.",
        "cases[].phenomenon": "What it is about.",
        "cases[].title": "In words.",
        "cases[].status": "`pass`, `fail` or `not-expressible`.",
        "cases[].expected.VALUE": "What is expected, by the name of the value.",
        "cases[].got.VALUE": "What was found; null if it could not be.",
        "cases[].residual.VALUE": "How far off, as a share of what is expected.",
        "cases[].reason": "Why it fails or cannot be expressed.",
        "cases[].metrics.VALUE.got": "What was found.",
        "cases[].metrics.VALUE.by": "The formula over the metrics, or `closed form`.",
        "cases[].metrics.VALUE.se": "Standard error over the seeds.",
        "cases[].metrics.VALUE.reason": "Why this value fails or is missing.",
        "cases[].metrics.VALUE.expected": "What is expected.",
        "cases[].metrics.VALUE.status": "`pass`, `fail` or `not-expressible`.",
        "cases[].metrics.VALUE.residual": "How far off, as a share of what is expected.",
        "cases[].metrics.VALUE.tolerance": "How far it may be off.",
        "cases[].seeds": "Seeds that were run.",
    },
    "agreement": {
        "partial": "Whether it was interrupted.",
        "counts.STATUS": "How many designs agree, are off or are excluded.",
        "designs[].name": "Name of the design; a validation case with several runs has `id:run`.",
        "designs[].group": "Its group.",
        "designs[].status": "`agree`, `off` or `excluded`.",
        "designs[].reason": "Why it is excluded.",
        "designs[].metrics[].metric": "What is compared; `COMPONENT.sojourn.mean` is the time from arrival until the "
        "worker is free.",
        "designs[].metrics[].closed": "The closed form's value.",
        "designs[].metrics[].engine": "The engine's, the mean over the seeds.",
        "designs[].metrics[].low": "The least of the seeds.",
        "designs[].metrics[].high": "The largest.",
        "designs[].metrics[].difference": "Of the closed form from the engine, relative; 0 within the noise.",
        "designs[].metrics[].limit": "Largest difference that agrees.",
        "designs[].metrics[].ok": "Whether it is within.",
    },
    "draw": {
        "blueprint": "Name of the design.",
        "mermaid": "The flowchart.",
        "diagram.title": "What the design is called.",
        "diagram.width": "Of the view, points.",
        "diagram.height": "The same.",
        "diagram.direction": "Which way the flows go: `down` or `right`.",
        "diagram.layout": "Who placed it: `dot`, or `plain` where there is no Graphviz.",
        "diagram.measured": "Whether the utilisation is of a run, not of the closed form.",
        "diagram.load": "Load factor of the rates.",
        "diagram.groups[].id": "Of a frame.",
        "diagram.groups[].label": "What it is called, such as `3 zones`.",
        "diagram.groups[].kind": "`region` or `zone`.",
        "diagram.groups[].x": "Left, points; the origin is the top left corner.",
        "diagram.groups[].y": "Top.",
        "diagram.groups[].width": "Points.",
        "diagram.groups[].height": "Points.",
        "diagram.groups[].parent": "The frame around it, or null.",
        "diagram.nodes[].id": "Of a box.",
        "diagram.nodes[].name": "The component, or the flow whose clients it is.",
        "diagram.nodes[].kind": "Kind of the component, or `client`.",
        "diagram.nodes[].label": "Its name, shortened where it is very long.",
        "diagram.nodes[].detail": "What it is, and how much there is of it.",
        "diagram.nodes[].x": "Left.",
        "diagram.nodes[].y": "Top.",
        "diagram.nodes[].width": "Points.",
        "diagram.nodes[].height": "Points.",
        "diagram.nodes[].group": "The innermost frame around it, or null.",
        "diagram.nodes[].utilisation": "Share of its workers that is busy, or null.",
        "diagram.nodes[].problem": "Why it cannot do what is asked of it, or null.",
        "diagram.edges[].id": "Of a line, which is all that goes from one box to another.",
        "diagram.edges[].source": "Box where it begins.",
        "diagram.edges[].target": "Box where it ends.",
        "diagram.edges[].flow": "The flow with the highest rate, or null for what comes by itself.",
        "diagram.edges[].label": "One line of text for each flow, or none.",
        "diagram.edges[].rate": "Of all flows, 1/s.",
        "diagram.edges[].kind": "`call`, `consume` (messages are taken) or `commit` (it comes by itself).",
        "diagram.edges[].points[][]": "x, y of 1 + 3n control points of cubic Bézier curves.",
        "diagram.edges[].label_x": "Middle of the label.",
        "diagram.edges[].label_y": "The same.",
        "diagram.edges[].label_width": "Of its box; 0 without a label.",
        "diagram.edges[].label_height": "The same.",
        "diagram.edges[].color": "Index of that flow, or null.",
        "diagram.edges[].strands[].flow": "Each flow, or null.",
        "diagram.edges[].strands[].verbs[]": "What it does there.",
        "diagram.edges[].strands[].rate": "1/s.",
        "diagram.edges[].strands[].color": "Index of the flow, or null.",
        "diagram.edges[].strands[].kind": "As above.",
        "diagram.flows[].name": "A flow of the legend.",
        "diagram.flows[].rate": "Its requests or messages, 1/s.",
        "diagram.flows[].color": "Its index.",
    },
    "gallery": {
        "systems[].name": "Name of the system, and of its folder.",
        "systems[].title": "What it is called.",
        "systems[].file": "Its blueprint.",
        "systems[].prompt": "What is asked for.",
        "systems[].hard_part": "What makes it hard.",
        "systems[].contract[]": "What it promises, as written.",
        "systems[].cases[]": "Names of its cases.",
        "systems[].decisions.DECISION.choose": "What was chosen.",
        "systems[].decisions.DECISION.over[]": "What was not.",
        "systems[].decisions.DECISION.variant": "The variant that makes the other choice, or null.",
        "systems[].decisions.DECISION.breaks[]": "Metrics of the contract that the variant breaks.",
    },
    "export": {
        "blueprint": "Name of the design.",
        "formats[].format": "What `--format` takes.",
        "formats[].title": "The format's name.",
        "formats[].possible": "Whether the design has something that it could hold.",
        "formats[].files[]": "Names of the files that it makes; none where it makes none.",
        "formats[].left_out[]": "What of the design is not in them, and why.",
        "formats[].why_not": "Why it makes none; null where it does.",
        "formats[].hint": "What would change that.",
    },
    "new": {"file": "The file that was written.", "from": "What it was made from."},
    "kinds": {
        "kinds.KIND.verbs[]": "What a step can ask of it.",
        "kinds.KIND.fields.FIELD": "The meaning of each field.",
        "kinds.KIND.doc": "The kind's documentation.",
    },
    "faults": {
        "faults.FAULT.fields.FIELD": "The meaning of each field.",
        "faults.FAULT.doc": "The fault's documentation.",
    },
    "profiles": {
        "profiles.PROFILE.kind": "The kind it is a profile of.",
        "profiles.PROFILE.title": "What it is.",
        "profiles.PROFILE.notes": "What to know when it is used.",
        "profiles.PROFILE.fields.FIELD.value": "As a blueprint would write it.",
        "profiles.PROFILE.fields.FIELD.source": "Where the number is from.",
        "profiles.PROFILE.published[].call": "The verb that a published figure is of.",
        "profiles.PROFILE.published[].metric": "`rate` at which it is full, or a time: `mean`, `p50`, `p95`, `p99`.",
        "profiles.PROFILE.published[].design.FIELD": "Fields and options of the design that it is of.",
        "profiles.PROFILE.published[].published": "The figure, or `unlimited`, or a bound such as `<= 5 ms`.",
        "profiles.PROFILE.published[].modelled": "What the closed form gives; null if nothing limits it.",
        "profiles.PROFILE.published[].unit": "Unit of the model's figure.",
        "profiles.PROFILE.published[].source": "Where the figure is from.",
    },
    "error": {
        "error.code": "Stable: LC0xx use, LC1xx the YAML file, LC2xx values, LC3xx the blueprint's schema, LC4xx "
        "histories.",
        "error.message": "What is wrong.",
        "error.hint": "How to mend it.",
        "error.problems[].code": "Code of one problem of a blueprint.",
        "error.problems[].message": "What is wrong there.",
        "error.problems[].file": "The file.",
        "error.problems[].line": "Counted from 1.",
        "error.problems[].column": "Counted from 1.",
        "error.problems[].hint": "How to mend it.",
    },
}
DECIDED = Decided("where to store", "holds", ("note.lost",), ("note.lost",))
COMMANDS = {
    "check": '`loadcase check FILE --format json`; for several files `{"verdict": ..., "blueprints": [...]}` of these.',
    "judge": "`loadcase judge HISTORY --contract FILE --format json`",
    "explain": "`loadcase explain HISTORY GUARANTEE --format json`",
    "alerts": "`loadcase alerts FILE --format json`; with `--case` also what the alerts do.",
    "run": "`loadcase run FILE --format json`",
    "sweep": "`loadcase sweep FILE --set PATH=VALUES --format json`",
    "compare": "`loadcase compare FILE --variant V --format json`, or of two files",
    "curve": "`loadcase compare FILE --variant V --sweep PATH=RANGE --format json`",
    "decisions": "`loadcase compare FILE --decision NAME --format json`",
    "estimate": "`loadcase estimate FILE --format json`",
    "size": "`loadcase size FILE --format json`",
    "review": "`loadcase review FILE... --format json`",
    "scale": "`loadcase scale FILE --to 100x --format json`",
    "shrunk": "`loadcase scale FILE --to 0.1x --format json`",
    "envelope": "`loadcase scale FILE --envelope AXIS --envelope AXIS --format json`",
    "advise": "`loadcase advise FILE --format json`",
    "rules": "`loadcase review --explain RULE --format json`",
    "validate": "`loadcase validate --format json`",
    "agreement": "`loadcase validate --closed-form --format json`",
    "draw": "`loadcase draw FILE --format json`",
    "gallery": "`loadcase gallery [NAME] --format json`",
    "export": "`loadcase export FILE --format json`: what it can be exported to; the other formats print the export.",
    "new": "`loadcase new FILE --format json`",
    "kinds": "`loadcase kinds [NAME] --format json`",
    "faults": "`loadcase faults [NAME] --format json`",
    "profiles": "`loadcase profiles [NAME] --format json`",
    "error": "Any command with `--format json` whose input is wrong; the exit code is 2.",
}


def samples() -> dict[str, Any]:
    """One object of each shape, made by the code that the commands use."""
    line = Line(0.1, "commit", "send", "7", 1, "db", 0, "message", (("key", "1"),), ("crash of db",))
    story = Story("message.lost", "why", (line,), 0)
    outcome = Outcome("r.p95 < 300 ms", "r.p95", 0.1, 0.09, 0.11, 0.3, "<", "s", "holds", "why", 0.6, story=story)
    case = CaseVerdict("normal", "holds", [1], [outcome], 1, "why", ("note",))
    run = RunResult(
        "small", "normal", 1, {"r.p95": Metric(0.1, "s")}, {"r.p95": Series(0.0, 1.0, "s", [0.1])}, 1, 1, 0.1, 1,
        60.0, 10.0, 1, "why", ("note",), {"r.max": Metric(0.1, "s")}, {"m.lost": "why"}, {"m.lost": story},
    )  # fmt: skip
    watched = loads(SMALL + "operate: {slos: [r.p50 < 300 ms over 28 day]}\n")
    page = Alert(
        watched.objectives[0], "page", Firing(False, (1.0, 2.0), 3.0), Firing(False, (1.0, 2.0), 3.0),
        (0.0, 1.0, 0.0), tuple(rules_of(watched.objectives[0])), math.inf,
    )  # fmt: skip
    pages = CasePages("normal", "holds", "why", 60.0, (1,), (Paged(1, [page]),), 1, ("note",))
    judged = Judgement("small", "broken", [outcome], {outcome.guarantee: story}, 1, ("note",))
    blueprint = loads(SMALL)
    try:
        loads("loadcase: 1\nname: broken\ncomponents: {}\nflows: {f: {}}\n")
    except BlueprintError as error:
        wrong: LoadcaseError = error
    estimated = estimate(blueprint).to_json()
    larger = loads(SMALL.replace("rate: rate", "rate: 10k /s"))
    sized = size_json(size(larger))
    strand = Strand("r", ("get",), 1.0, 0, "call")
    drawn = Diagram(
        "small", "down", (Group("r2z3", "3 zones in each", "zone", "r2"),),
        (Node("c0", "s", "service", "s", "service", 1.0, 1.0, "r2z3", 0.5, "why"),),
        (Edge("e0", "u0", "c0", (strand,), "r 1/s", 1.0, 1.0, ((0.0, 0.0),)),), (FlowLine("r", 1.0, 0),),
    )  # fmt: skip
    return {
        "draw": {"blueprint": "small", "mermaid": mermaid(blueprint), "diagram": drawn.as_dict()},
        "check": check_json(CheckResult("small", "holds", [case], 0.1, decided=(DECIDED,))),
        "judge": judge_json(judged),
        "explain": explain_json(outcome, story),
        "alerts": alerts_json(watched, PagesResult("small", "holds", (pages,))),
        "run": run_json(run),
        **explored(outcome),
        "estimate": {**estimated, "notes": ["note"]},
        "size": {**sized, "unmet": ["why"]},
        "review": reviewed(),
        **grown(),
        "advise": advice_json(advise(loads(CACHED))),
        "rules": rules_json([rules()["dual-write"]]),
        **printed(),
        "export": listing_json(
            blueprint,
            [Listed("openapi", "OpenAPI 3.1", ["openapi.json"], ["why"], "why")],
        ),
        "agreement": {
            "partial": False,
            "counts": {"agree": 1},
            "designs": [Agreement("x", "g", "agree", "", [Row("f.mean", 1.0, 1.0, 1.0, 1.0)]).to_json()],
        },
        "kinds": {"kinds": kind_shape("cache")},
        "faults": {"faults": fault_shape("crash")},
        "profiles": {"profiles": profile_shape("redis")},
        "error": error_json(wrong),
    }


def explored(outcome: Outcome) -> dict[str, Any]:
    """The shapes of sweeps and of comparisons."""
    axis = parse_axis("s.workers=2..8 log x2")
    at = At(0, axis.settings[:1], "normal", (1,), 1, "holds", (outcome,), {"r.p50": (0.1, 0.1, 0.1, "s")}, "why", "why")
    found = Difference("cost", "USD/month", 1.0, 2.0, 1.0, 1.0, 1.0, 3.0)
    verdict = CaseVerdict("normal", "holds", [1], [outcome], 1, "why")
    case = CaseComparison("normal", (1,), 1, verdict, verdict, (found,))
    both = Comparison(("small", "large"), "holds", "holds", found, "a", "why", (case,), 0.95, 0.1)
    points = tuple(CurvePoint(setting, both) for setting in axis.settings)
    curve = Curve(axis, both.names, points, (Flip(axis.settings[0], axis.settings[1], "small", "large"),), 0.1)
    flipped = Flipped(
        "size", "large", "users < 5", "holds", "why", True, "users", "users", "user", 9.0, 5.0, 4.0, 6.0, ((4.0, both),)
    )
    return {
        "sweep": sweep_json(SweepResult("small", (axis,), 2, 2, 1, 0, True, 0.1, (at,), Path("t.parquet"), ("note",))),
        "compare": compare_json(both),
        "curve": curve_json(curve),
        "decisions": decisions_json("small", [flipped], False),
    }


def reviewed() -> dict[str, Any]:
    """A review with a finding, one that a comment allows, a diff, and a part that was taken out."""
    found = review(loads(UNSOUND))
    trial = Trial("a cache", "each get becomes its miss", ("components", "a cache"), "needed", "why", 1.0, True)
    return review_json([found], [1], "--- a/x.yaml\n", [Ablation((trial,), 1.0, "why", "why")])


def grown() -> dict[str, Any]:
    """A growing load with a break that is mended, and a shrinking one."""
    mended = Mitigation("s", "more replicas", {"components.s.replicas": 2}, 1.0)
    one = Break(1.0, 1.1, 1.0, "r.p95 < 1 s", 2.0, "s", "workers", "why", (mended,), 2.0, True, "why", (1.05,))
    rungs = (Rung(2.0, 1, 1.0, mended.edit),)
    story = Growing("small", 2.0, (one,), rungs, "why", "why", ("r.p95 < 1 s",), {"l": 2.0}, 1.0)
    trial = Trial("a cache", "each get becomes its miss", ("components", "a cache"), "needed", "why", 1.0, True)
    shrunk = Shrunk("small", 0.1, mended.edit, 2.0, 1.0, Ablation((trial,), 1.0, "why", "why"))
    axes = parse(["load=1..2 x2", "s.workers=2,4"])
    spot = Spot("broken", "r.p95 < 1 s", "r.p95 < 1 s", 2.0, 1.0, False, True, refused="why")
    drawn = Envelope("small", axes, ((spot, spot), (spot, spot)), "why", 1, 1.0)
    return {"scale": story_json(story), "shrunk": shrunk_json(shrunk), "envelope": envelope_json(drawn)}


def printed() -> dict[str, Any]:
    """The shapes that commands print themselves, from the commands; the validation case is one of a closed form."""
    found = {}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "new.yaml"
        cases = Path(folder) / "cases.json"
        cases.write_text(json.dumps([c for c in built_in() if c["id"] == CLOSED]), "utf-8")
        for name, arguments in {
            "validate": ["validate", str(cases), "--quiet"],
            "gallery": ["gallery", "chat"],
            "new": ["new", str(file)],
        }.items():
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                execute([*arguments, "--format", "json"])
            found[name] = json.loads(out.getvalue())
    return found


def keys(value: Any, shape: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a shape with its type; names of the design count as one."""
    if isinstance(value, dict):
        stand_in = {**NAMES, **practice.NAMES}.get(f"{shape}.{path}")
        for name, inner in value.items():
            yield from keys(inner, shape, f"{path}.{stand_in or name}" if path else stand_in or name)
    elif isinstance(value, list):
        if not value:
            raise ValueError(f"{shape}: {path} is empty, so that its shape does not show")
        yield from keys(value[0], shape, f"{path}[]")
    else:
        kind = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
        yield path, "null" if value is None else kind


def json_page() -> str:
    """All shapes. Raises ValueError when a key has no meaning here, or a meaning has no key."""
    parts = [
        "# JSON shapes",
        "Every command with `--format json` prints one object and nothing else on standard output. Values are in base "
        "units: seconds, bytes, per second, ratios from 0 to 1, US dollars per month. What is not a number is null. "
        "Keys may be added; they are not removed or renamed without an entry in the changelog. `[]` stands for the "
        "items of a list, CAPITALS for names of the design.",
    ]
    for shape, value in {**samples(), **practice.samples()}.items():
        types: dict[str, str] = {}
        for path, kind in keys(value, shape):
            if types.get(path, "null") == "null":
                types[path] = kind
        meanings = {**MEANINGS, **practice.MEANINGS}[shape]
        if set(types) != set(meanings):
            unknown, gone = sorted(set(types) - set(meanings)), sorted(set(meanings) - set(types))
            raise ValueError(f"{shape}: without a meaning {unknown}; meant and not there {gone}")
        rows = [(f"`{path}`", types[path].replace("null", "number"), meanings[path]) for path in meanings]
        parts += [f"## {shape}", {**COMMANDS, **practice.COMMANDS}[shape], table(("key", "type", "meaning"), rows)]
    return "\n\n".join(parts)
