"""The pages of the review's rules."""

from __future__ import annotations

from loadcase.review.catalogue import rules
from loadcase.review.guides import guidelines
from loadcase.review.rule import Rule, blueprint_of
from tools.docs.fields import table


def rules_index() -> str:
    """The list of rules, and what became of those of the guides."""
    listed = [(f"[{name}]({name}.md)", f"`{r.code}`", r.severity, r.summary) for name, r in rules().items()]
    checked = [g for g in guidelines().values() if g.checked_by]
    left = [(f"`{g.name}`", g.left) for g in checked if g.left]
    rejected = [(f"`{g.name}`", g.rejected) for g in guidelines().values() if g.rejected]
    return "\n\n".join(
        [
            "# Rules",
            "What [`loadcase review`](../commands/review.md) finds on paper, and by running with `--deep`; "
            "[Review](../review.md) says how.",
            table(("rule", "code", "severity", "what is wrong"), listed),
            "## The guides",
            f"The catalogue comes from {len(guidelines())} rules of five published interview guides. {len(checked)} of "
            "them are checked, each as far as a blueprint and its closed form show it. Of these is left:",
            table(("rule of the guides", "not looked at"), left),
            "Not checked:",
            table(("rule of the guides", "why"), rejected),
        ]
    )


def rule_page(name: str, rule: Rule) -> str:
    """One rule: what is wrong, why, its source, and examples of each kind, which are its tests."""
    told = rule.told()
    facts = f"`{rule.code}`, {rule.severity}" + ("; `loadcase review --fix` mends it" if rule.fixes else "")
    facts += "; `loadcase review --deep` finds it." if rule.deep else "."
    parts = [f"# {name}", rule.summary, facts, told["What"][0].upper() + told["What"][1:]]
    parts += [f"Why it matters: {told['Why']}", "Reported, at the lines that end with `# <-`:"]
    parts += [_shown(example) for example in rule.invalid]
    parts += ["Not reported:", *(_shown(example) for example in rule.valid)]
    guides = ", ".join(f"`{g}`" for g in rule.covers)
    parts += [f"Of the [guides](index.md#the-guides): {guides}."] if guides else []
    return "\n\n".join([*parts, f"Source: {told['Source']}"])


def _shown(example: str) -> str:
    return f"```yaml blueprint\n{blueprint_of(example).rstrip()}\n```"
