"""Laws of durations: from the words of a case to the notation of the format, with their moments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadcase.validation.plan import NotExpressible, Unit, num, number_of


@dataclass(frozen=True)
class Law:
    """A law in the notation of the format, its mean and squared coefficient of variation.

    `parts` are drawn one after the other; a sum of independent durations has several.
    """

    parts: tuple[str, ...]
    mean: float
    cv2: float

    @property
    def text(self) -> str:
        """The only part.

        Raises NotExpressible for a sum, which no single duration of the format can be.
        """
        if len(self.parts) > 1:
            raise NotExpressible("the format has no sum of durations as one service time")
        return self.parts[0]


def law(raw: Any, unit: Unit) -> Law:
    """The law that a case describes.

    Raises NotExpressible for one that the format does not have.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _constant(float(raw), unit)
    if not isinstance(raw, Mapping) or "dist" not in raw:
        raise NotExpressible(f"cannot read the duration {raw!r}")
    kind = str(raw["dist"]).lower()
    for names, make in _LAWS:
        if kind in names:
            found: Law = make(raw, unit)
            return found
    raise NotExpressible(f"the format has no {kind} duration")


def _need(raw: Mapping[str, Any], *names: str) -> float:
    for name in names:
        if name in raw:
            return number_of(raw[name], name)
    raise NotExpressible(f"the {raw['dist']} duration lacks {' or '.join(names)}")


def _mean(raw: Mapping[str, Any]) -> float:
    return 1.0 / _need(raw, "rate") if "rate" in raw else _need(raw, "mean", "value")


def _constant(value: float, unit: Unit) -> Law:
    return Law((unit.time(value),), value, 0.0)


def _exponential(raw: Mapping[str, Any], unit: Unit) -> Law:
    mean = _mean(raw)
    return Law((f"exp({unit.time(mean)})",), mean, 1.0)


def _hyper(raw: Mapping[str, Any], unit: Unit) -> Law:
    means = raw.get("means") or [1.0 / number_of(rate, "rates") for rate in raw.get("rates", ())]
    probs = raw.get("probs") or raw.get("probabilities") or raw.get("weights")
    if not means or not probs or len(means) != len(probs):
        raise NotExpressible("a hyperexponential duration needs as many probs as means")
    return _mixed(
        [(p, _exponential({"dist": "exponential", "mean": m}, unit)) for p, m in zip(probs, means, strict=True)]
    )


def _mixture(raw: Mapping[str, Any], unit: Unit) -> Law:
    parts = raw.get("parts")
    if not isinstance(parts, list):
        raise NotExpressible("a mixture needs parts")
    return _mixed([(number_of(weight, "weight"), law(part, unit)) for weight, part in parts])


def _mixed(parts: list[tuple[float, Law]]) -> Law:
    total = sum(weight for weight, _ in parts)
    mean = sum(weight * part.mean for weight, part in parts) / total
    second = sum(weight * part.mean**2 * (1.0 + part.cv2) for weight, part in parts) / total
    text = ", ".join(f"{num(weight / total)}: {part.text}" for weight, part in parts)
    cv2 = second / mean**2 - 1.0 if math.isfinite(second) else math.inf
    return Law((f"mix({text})",), mean, cv2)


def _erlang(raw: Mapping[str, Any], unit: Unit) -> Law:
    stages = _need(raw, "k", "stages", "shape", "phases")
    mean = stages / _need(raw, "stage_rate") if "stage_rate" in raw else _mean(raw)
    if stages != round(stages):
        raise NotExpressible("an erlang duration has a whole number of stages")
    return Law((f"erlang({num(stages)}, {unit.time(mean)})",), mean, 1.0 / stages)


def _lognormal(raw: Mapping[str, Any], unit: Unit) -> Law:
    if "sigma" in raw:
        sigma = number_of(raw["sigma"], "sigma")
    else:
        cv2 = _need(raw, "scv", "cv2") if "scv" in raw or "cv2" in raw else _need(raw, "cv") ** 2
        sigma = math.sqrt(math.log1p(cv2))
    if "mu" in raw:
        mu = number_of(raw["mu"], "mu")
    elif "median" in raw or "p50" in raw:
        mu = math.log(_need(raw, "median", "p50"))
    else:
        mu = math.log(_need(raw, "mean")) - sigma**2 / 2
    mean = math.exp(mu + sigma**2 / 2)
    return Law((f"lognormal(mu={num(mu + math.log(unit.seconds))}, sigma={num(sigma)})",), mean, math.expm1(sigma**2))


def _uniform(raw: Mapping[str, Any], unit: Unit) -> Law:
    low, high = _need(raw, "low", "min", "a"), _need(raw, "high", "max", "b")
    mean = (low + high) / 2
    return Law((f"uniform({unit.time(low)}, {unit.time(high)})",), mean, (high - low) ** 2 / 12 / mean**2)


def _pareto(raw: Mapping[str, Any], unit: Unit) -> Law:
    xm, alpha = _need(raw, "xm", "scale"), _need(raw, "alpha", "shape")
    mean = alpha * xm / (alpha - 1) if alpha > 1 else math.inf
    cv2 = 1.0 / (alpha * (alpha - 2)) if alpha > 2 else math.inf
    return Law((f"pareto(xm={unit.time(xm)}, alpha={num(alpha)})",), mean, cv2)


def _normal(raw: Mapping[str, Any], unit: Unit) -> Law:
    mean, sd = _need(raw, "mean"), _need(raw, "sd", "std")
    return Law((f"normal({unit.time(mean)}, {unit.time(sd)})",), mean, (sd / mean) ** 2)


def _sum(raw: Mapping[str, Any], unit: Unit) -> Law:
    words = {"two": 2, "three": 3, "four": 4}
    match = re.fullmatch(r"sum of (\w+) iid", str(raw["dist"]).lower())
    count = raw.get("n") or (words.get(match[1]) if match else None)
    if not isinstance(count, int):
        raise NotExpressible(f"cannot read the duration {raw['dist']!r}")
    one = law(raw.get("of"), unit)
    return Law(one.parts * count, one.mean * count, one.cv2 / count)


_LAWS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("exponential", "exp", "m", "any", "any (insensitive)"), _exponential),
    (("deterministic", "constant", "d", "fixed"), lambda raw, unit: _constant(_mean(raw), unit)),
    (("hyperexponential", "h2"), _hyper),
    (("mixture", "mix"), _mixture),
    (("erlang", "gamma_integer"), _erlang),
    (("lognormal", "log-normal"), _lognormal),
    (("uniform",), _uniform),
    (("pareto",), _pareto),
    (("normal", "gaussian"), _normal),
    (("sum of two iid", "sum of three iid", "sum of iid"), _sum),
)

# --- laws written as text -------------------------------------------------------------------------------------------
FITS: dict[str, dict[str, str]] = {
    "LNKD-SSD": {"W_A_R_S": "0.9122 Pareto(xm=.235, alpha=10) + 0.0878 Exp(rate=1.66)"},
    "LNKD-DISK": {"W": "0.38 Pareto(1.05, 1.51) + 0.62 Exp(.183)", "A_R_S": "as LNKD-SSD"},
    "YMMR": {
        "W": "0.939 Pareto(3, 3.35) + 0.061 Exp(.0028)",
        "A_R_S": "0.982 Pareto(1.5, 3.8) + 0.018 Exp(.0217)",
    },
}
"""One-way delays in ms, fitted to production: P. Bailis et al., PBS, PVLDB 5(8), 2012, table 3."""
_TERM = re.compile(r"(?:([\d.]+)\s*\*?\s*)?(Pareto|Exp|Uniform|Normal)\s*\(([^()]*)\)", re.IGNORECASE)
_ARGUMENTS = {"pareto": ("xm", "alpha"), "exp": ("rate",), "uniform": ("low", "high"), "normal": ("mean", "sd")}


def written(text: str, unit: Unit) -> Law:
    """A law such as `0.38 Pareto(1.05, 1.51) + 0.62 Exp(.183)`; the argument of Exp is its rate.

    Raises NotExpressible for other text.
    """
    terms = [_TERM.fullmatch(term.strip()) for term in text.split(" + ")]
    parts: list[tuple[float, Law]] = []
    for term in terms:
        if term is None:
            raise NotExpressible(f"cannot read the delay {text!r}")
        kind = term[2].lower()
        values = [part.partition("=")[2] if "=" in part else part for part in term[3].split(",")]
        names = [part.partition("=")[0].strip() if "=" in part else "" for part in term[3].split(",")]
        if len(values) != len(_ARGUMENTS[kind]):
            raise NotExpressible(f"cannot read the delay {text!r}")
        given = {n or d: float(v) for n, d, v in zip(names, _ARGUMENTS[kind], values, strict=True)}
        parts.append((float(term[1] or 1.0), law({"dist": kind, **given}, unit)))
    return parts[0][1] if len(parts) == 1 else _mixed(parts)


def delay(delays: Mapping[str, str], letter: str, unit: Unit) -> Law:
    """The one-way delay for one of W, A, R, S out of texts such as {W: ..., A_R_S: ...}.

    Raises NotExpressible when none of them is about that letter.
    """
    for names, text in delays.items():
        if names == "all" or letter in names.split("_"):
            if text.startswith("as "):
                return delay(FITS.get(text[3:].strip(), {}), letter, unit)
            return written(text, unit)
    raise NotExpressible(f"there is no delay {letter} in {dict(delays)!r}")
