"""Reports for CI systems: JUnit XML and GitHub annotations."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, LoadcaseError
from loadcase.core.results import CheckResult


def junit(results: list[CheckResult]) -> str:
    """One test suite per case and one test per guarantee; broken is a failure, undecided an error."""
    root = Element("testsuites", name="loadcase")
    for result in results:
        for case in result.cases:
            verdicts = [o.verdict for o in case.guarantees]
            suite = SubElement(
                root, "testsuite", name=f"{result.blueprint}.{case.case}", tests=str(len(verdicts)),
                failures=str(verdicts.count("broken")), errors=str(verdicts.count("unknown")),
            )  # fmt: skip
            for outcome in case.guarantees:
                test = SubElement(
                    suite, "testcase", classname=f"{result.blueprint}.{case.case}", name=_clean(outcome.guarantee)
                )
                if outcome.verdict != "holds":
                    tag = "failure" if outcome.verdict == "broken" else "error"
                    SubElement(test, tag, message=_clean(outcome.evidence), type=outcome.verdict)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def github(blueprint: Blueprint, file: str, result: CheckResult) -> str:
    """An annotation at the line of each guarantee that does not hold."""
    lines = []
    places = {g.text: g.path for g in blueprint.contract}
    for case in result.cases:
        for outcome in case.guarantees:
            if outcome.verdict == "holds":
                continue
            line, column = (1, 1)
            if blueprint.document is not None:
                line, column = blueprint.document.position(places[outcome.guarantee])
            text = f"{case.case}: {outcome.guarantee} is {outcome.verdict}: {outcome.evidence}"
            lines.append(annotation(outcome.verdict, file, (line, column), text))
    return "\n".join(lines) + ("\n" if lines else "")


def annotation(verdict: str, file: str, place: tuple[int, int], text: str) -> str:
    """One annotation: an error for what is broken, else a warning."""
    level = "error" if verdict == "broken" else "warning"
    return f"::{level} file={_property(file)},line={place[0]},col={place[1]}::{_message(text)}"


def finding_line(level: str, file: str, place: tuple[int, int], title: str, text: str) -> str:
    """One annotation of a review, with a title."""
    word = {"error": "error", "warning": "warning"}.get(level, "notice")
    where = f"file={_property(file)},line={place[0]},col={place[1]},title={_property(title)}"
    return f"::{word} {where}::{_message(text)}"


def github_error(error: LoadcaseError) -> str:
    """The problems of a blueprint as annotations."""
    if not isinstance(error, BlueprintError):
        return f"::error::{_message(str(error))}\n"
    lines = [
        f"::error file={_property(p.file)},line={p.line},col={p.column},title={_property(p.code)}::"
        f"{_message(p.message + (f' ({p.hint})' if p.hint else ''))}"
        for p in error.problems
    ]
    return "\n".join(lines) + "\n"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
