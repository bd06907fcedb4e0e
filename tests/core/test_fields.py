import contextlib
from typing import Annotated, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from loadcase.core import fields
from loadcase.core.distributions import Const, Exp
from loadcase.core.expressions import evaluate
from loadcase.core.fields import Bytes, Number, Rate, Ratio, Seconds, Whole, Work, problem_of
from loadcase.core.quantity import Quantity

NAMES = [
    "Seconds", "Bytes", "Rate", "Number", "Whole", "Whole0", "Ratio", "Factor", "Dollars", "DollarsPerMonth",
    "DollarsPerUnit", "DollarsPerByte", "DollarsPerByteMonth", "Work",
]  # fmt: skip
SCOPE = {
    "t": Quantity(0.1, (("time", 1),)),
    "rate": Quantity(40, (("message", 1), ("time", -1))),
    "n": Quantity(12),
    "wide": evaluate("10..1000 user", {}, "wide"),
    "size": Quantity(300, (("data", 1), ("message", -1))),
}


def read(name: str, value: Any, context: Any = "file") -> Any:
    given = {"scope": SCOPE} if context == "file" else context
    return TypeAdapter(getattr(fields, name)).validate_python(value, context=given)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("Seconds", "250 ms", 0.25),
        ("Seconds", "2 * t", 0.2),
        ("Seconds", 0, 0),
        ("Bytes", "4 kB", 4000),
        ("Bytes", "size", 300),
        ("Rate", "5 /s", 5),
        ("Rate", "2 * rate", 80),
        ("Rate", "86400 message/day", 1),
        ("Number", "50M user", 50e6),
        ("Number", 2.5, 2.5),
        ("Number", "wide", 100),
        ("Whole", "100k", 100_000),
        ("Whole", "ceil(n / 5)", 3),
        ("Whole", "wide", 100),
        ("Whole", 7, 7),
        ("Whole", 7.0, 7),
        ("Whole0", 0, 0),
        ("Ratio", "5 %", 0.05),
        ("Ratio", 0.05, 0.05),
        ("Factor", "150 %", 1.5),
        ("Dollars", "5 USD", 5),
        ("Dollars", "0.4 USD/Mrequest", 0.4e-6),
        ("DollarsPerMonth", "$900k/month", 900e3),
        ("DollarsPerUnit", "3 USD/Mtoken", 3e-6),
        ("DollarsPerByte", "0.09 USD/GB", 0.09e-9),
        ("DollarsPerByteMonth", "0.023 USD/GB/month", 0.023e-9),
    ],
)
def test_reads(name, text, value):
    found = read(name, text)
    assert found == pytest.approx(value, rel=1e-4)
    assert isinstance(found, int) == name.startswith("Whole") or found == 0


def test_work():
    assert read("Work", "exp(t)") == Exp(0.1)
    assert read("Work", "2 ms") == Const(0.002)
    assert read("Work", Exp(3)) == Exp(3)
    assert read("Work", Quantity(2, (("time", 1),))) == Const(2)


@pytest.mark.parametrize(
    ("name", "given", "says", "hint"),
    [
        ("Seconds", "300 B", "expected a duration such as 250 ms, got 300 B (data)", ""),
        ("Seconds", 250, "got 250 (plain number)", "write 250 ms or 250 s"),
        ("Seconds", "-1 ms", "a duration is 0 or more, got -0.001", "expected a duration"),
        ("Seconds", "tt + 1", 'unknown name "tt"', 'did you mean "t"'),
        ("Seconds", None, "got nothing", ""),
        ("Seconds", [], "got a list", ""),
        ("Seconds", {}, "got a mapping", ""),
        ("Seconds", True, "got true", ""),
        ("Seconds", "5 mss", "unknown unit", "ms"),
        ("Bytes", "300B", "got 300G (plain number)", 'write "300 B" for bytes'),
        ("Bytes", "1 GB/s", "(data/time)", ""),
        ("Rate", 5, "expected a rate such as 5 /s", "write 5 /s"),
        ("Rate", "5 user", "(user)", ""),
        ("Number", "5 ms", "(time)", ""),
        ("Number", float("nan"), "not a number", ""),
        ("Number", float("inf"), "beyond", ""),
        ("Number", -1, "0 or more", ""),
        ("Whole", 0, "1 or more", ""),
        ("Whole", 2.5, "expected a whole number, got 2.5", "ceil"),
        ("Whole", "2B", "at most 1,000,000,000", ""),
        ("Whole0", -1, "0 or more", ""),
        ("Ratio", 5, "at most 1", "written 5 %"),
        ("Ratio", "120 %", "at most 1", ""),
        ("Factor", -0.5, "0 or more", ""),
        ("Dollars", 5, "plain number", "write 5 USD"),
        ("DollarsPerMonth", "5 USD", "money per month", ""),
        ("DollarsPerMonth", "30 USD/core/month", "(money/core/time)", ""),
        ("DollarsPerUnit", "5 USD", "money per counted thing", ""),
        ("DollarsPerUnit", "5 USD/GB", "money per counted thing", ""),
        ("DollarsPerByteMonth", "5 USD/GB", "money per size and month", ""),
        ("Work", "exp(300 B)", "got 300 B (data)", ""),
        ("Work", 250, "plain number", "write 250 ms or 250 s"),
        ("Work", "expo(2 ms)", "no duration", 'did you mean "exp"'),
    ],
)
def test_refuses(name, given, says, hint):
    with pytest.raises(ValidationError) as caught:
        read(name, given)
    (details,) = caught.value.errors()
    problem = problem_of(details, ("components", "api"))
    assert says in problem.message
    assert hint in problem.hint
    assert problem.path == ("components", "api")
    assert problem.code.startswith("LC2")
    assert "{" not in details["msg"]


def test_numbers_from_python_are_in_base_units():
    assert read("Seconds", 0.25, None) == 0.25
    assert read("Rate", 5, None) == 5
    assert read("DollarsPerMonth", 70, None) == 70
    assert read("Work", 0.002, None) == Const(0.002)


class Part(BaseModel):
    timeout: Seconds = Field(1.0, description="How long.")
    work: Work = Const(0)
    replicas: Whole = 1
    share: Ratio | None = None
    rate: Rate | None = None
    online: Number | None = None
    size: Bytes | None = None


def test_a_model_validates_dumps_and_validates_again():
    part = Part.model_validate({"timeout": "2 * t", "work": "exp(2 ms)", "rate": "rate"}, context={"scope": SCOPE})
    assert part.timeout == 0.2
    assert part.model_dump()["work"] == "exp(2 ms)"
    assert Part.model_validate(part.model_dump()) == part
    assert Part(timeout="250 ms").timeout == 0.25


def test_the_offset_points_into_the_formula():
    with pytest.raises(ValidationError) as caught:
        Part.model_validate({"timeout": "2 * tt", "work": "exp(2 mss)"}, context={"scope": SCOPE})
    found = [problem_of(details) for details in caught.value.errors()]
    assert [(p.path, p.offset) for p in found] == [(("timeout",), 4), (("work",), 4)]


@pytest.mark.parametrize("name", NAMES)
def test_schema_accepts_the_examples_that_the_type_reads(name):
    adapter = TypeAdapter(getattr(fields, name))
    schema = adapter.json_schema()
    scope = {**SCOPE, "timeout": SCOPE["t"], "peak_rate": SCOPE["rate"], "online": Quantity(1), "dau": Quantity(9)}
    for example in schema["examples"]:
        jsonschema.validate(example, schema)
        adapter.validate_python(example, context={"scope": {**scope, "a": Quantity(2), "b": Quantity(1)}})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([], schema)
    assert schema == adapter.json_schema(mode="serialization")


def test_schema_of_a_model_keeps_the_fields_description():
    assert Part.model_json_schema()["properties"]["timeout"]["description"] == "How long."


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(NAMES), anything, st.sampled_from(["file", None, {}, {"scope": None}, 3]))
def test_any_value_is_read_or_refused(name, value, context):
    with contextlib.suppress(ValidationError):
        read(name, value, context)


def test_an_error_of_ours_raised_in_a_validator_keeps_its_code_and_hint():
    def law(mean: float) -> Exp:
        return Exp(mean)

    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Annotated[float, AfterValidator(law)]).validate_python(0.0)
    problem = problem_of(caught.value.errors()[0], ("components",))
    assert (problem.code, problem.path, problem.hint) == ("LC201", ("components",), "write it as 2 ms or 0.5 s")
    assert problem.message.startswith("the mean of exp is above 0")


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("Work", "300B", 'write "300 B" for bytes'),
        ("Work", 250, "write 250 ms or 250 s"),
        ("Seconds", "150 %", "a quantity such as 250 ms has one"),
        ("Rate", "factor * 2", "a quantity such as 5 /s has one"),
        ("Rate", "3..5", "a quantity such as 5 /s has one"),
    ],
)
def test_a_missing_unit_is_told_by_what_was_written(name, given, hint):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(getattr(fields, name)).validate_python(given, context={"scope": {"factor": Quantity(2.0)}})
    problem = problem_of(caught.value.errors()[0])
    assert problem.code == "LC202"
    assert hint in problem.hint
