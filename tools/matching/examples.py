"""What candidates say, written down as examples to learn from: `asked/SYSTEM.yaml`.

| section | holds |
|---|---|
| `facts`, `silent`, `numbers` | by name, ways to ask for it |
| `unknown` | what is asked of the system and that it has no answer to |
| `several` | messages that ask for two or three facts, with these |

They were written without a look at the questions by which the interviewer is judged (`tests/practice/questions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ruamel.yaml import YAML

from loadcase.practice.learned import BEYOND
from loadcase.practice.matching import Sort, candidates
from loadcase.practice.matching_words import KNOWN
from loadcase.systems import System

FOLDER = Path(__file__).with_name("asked")
Asked = tuple[Sort, str]


@dataclass(frozen=True)
class Examples:
    """What is said to one system."""

    single: list[tuple[str, Asked]]
    """Messages, each with the one thing that it asks for."""
    several: list[tuple[str, tuple[str, ...]]]
    """Messages, each with the facts that it asks for."""


def examples(system: System) -> Examples:
    """Those of `asked`, and the phrasings of the facts."""
    single: list[tuple[str, Asked]] = [
        (text, BEYOND if one.sort == "beyond" else (one.sort, one.name))
        for one in candidates(system.facts)
        for text in one.phrasings
    ]
    read = YAML(typ="safe").load((FOLDER / f"{system.name}.yaml").read_text("utf-8"))
    sections: tuple[tuple[str, Sort], ...] = (("facts", "fact"), ("silent", "silent"), ("numbers", "number"))
    for section, sort in sections:
        single += [(text, (sort, name)) for name, texts in (read[section] or {}).items() for text in texts]
    single += [(text, BEYOND) for text in read["unknown"]]
    return Examples(single, [(one["ask"], tuple(one["facts"])) for one in read["several"]])


def made_from(system: System) -> str:
    """A hash of all that the examples of a system, and their words, come from."""
    known = [KNOWN / name for name in ("intents.toml", "thesaurus.toml", "fillers.txt")]
    files = [FOLDER / f"{system.name}.yaml", system.path.with_name("facts.yaml"), *known]
    return sha256(b"\0".join(Path(str(file)).read_bytes() for file in files)).hexdigest()
