"""What a line that was typed means: a slash command, a question, an assumption, or something said aloud."""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"(how (many|much|big|large|long|often|fast|soon|fresh|stale|likely|do|does|should|is|are|bad|quickly)"
    r"|what('s|s| is| are| does| do| about| if| kind| sort| happens| should| would| rate| size| latency| scale)"
    r"|which|who|whose|do (we|you|i|users|they|clients)|does|is (it|there|this|that|the)|are (there|we|they|users|the)"
    r"|can (we|i|you|users|they|it|the)|could (we|i|you|users|they|it|the)|should (i|we|it|there|they|the)"
    r"|must (the|it|we|i|order|they|users)|may (i|we|it|users|the)|any)\b",
    re.IGNORECASE,
)
_ASSUMES = re.compile(
    r"(i('ll| will|'d)? assume|i'm assuming|let('s| us|s)? assume|assume|assuming|assumption:)\b", re.IGNORECASE
)
_LEAD = re.compile(r"^(so|ok|okay|and|well|right|um+|hm+|then|also|alright|first|next)[,.!]?\s+", re.IGNORECASE)
_PARTS = {
    "over": r"\b(?:over|instead of|rather than)\b",
    "because": r"\b(?:because|since)\b",
    "cost": r"\bat the cost of\b",
    "flips_when": r"\b(?:(?:it |would |which )*flips? (?:when|if|at|once)|until)\b",
}
_CHOSE = re.compile(r"^(?:(?:i|we)\s+)?(?:chose|choose|go with|take|pick)\s+", re.IGNORECASE)


def sort_of(text: str) -> str:
    """`ask`, `assume` or `say`: how a line of free text is meant."""
    plain = text.strip()
    while lead := _LEAD.match(plain):
        plain = plain[lead.end() :]
    if "?" in plain:
        return "ask"
    if _ASSUMES.match(plain):
        return "assume"
    return "ask" if _ASKS.match(plain) else "say"


def decision(text: str) -> dict[str, str]:
    """The parts of "X over Y because A, at the cost of B, flips when C"; each mark counts where it first stands after
    the one before it, and a part may be missing."""
    found: list[tuple[str, int, int]] = []
    at = 0
    for name, mark in _PARTS.items():
        if name == "over":
            reason = re.search(_PARTS["because"], text, re.IGNORECASE)
            hit = re.search(mark, text[: reason.start() if reason else len(text)], re.IGNORECASE)
        else:
            hit = re.compile(mark, re.IGNORECASE).search(text, at)
        if hit:
            found.append((name, hit.start(), hit.end()))
            at = hit.end()
    ends = [*[start for _, start, _ in found], len(text)][1:]
    parts = {"chose": _CHOSE.sub("", text[: found[0][1] if found else len(text)].strip())}
    for (name, _, end), until in zip(found, ends, strict=True):
        parts[name] = text[end:until]
    return {name: part.strip(" ,;.\t\n") for name, part in parts.items()}


def estimate(text: str) -> tuple[str, str] | None:
    """The name and the formula of `name = formula`; None where it is no such line."""
    name, sign, formula = text.partition("=")
    return (name.strip(), formula.strip()) if sign and name.strip() and formula.strip() else None
