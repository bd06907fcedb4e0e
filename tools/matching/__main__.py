"""Fits what the interviewer understands questions by, and tells how well it does.

    python -m tools.matching                  how many questions of the part `build` are answered rightly
    python -m tools.matching --fit            learns the examples of all systems anew, and keeps what was learned
    python -m tools.matching --held           tells `held` and `blind` too, in counts; never look at them while building
    python -m tools.matching --compared       the same for facts of one's own, of which nothing was learned

The phrasings of the facts were written with the part `build` at hand, so that it looks better than it is.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tests.practice.asked import blind, questions

from loadcase.practice.answering import Answers
from loadcase.practice.learned import FOLDER
from loadcase.systems import system, systems
from tools.matching import compared
from tools.matching.examples import examples, made_from
from tools.matching.learning import learn
from tools.matching.outcomes import outcome, report


def kept(name: str) -> str:
    """Learns the examples of a system and keeps what was learned."""
    one = system(name)
    made = np.array(made_from(one))
    file = Path(str(FOLDER / f"{name}.npz"))
    np.savez_compressed(file, allow_pickle=False, made_from=made, **learn(examples(one)))
    return name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--fit", "--held", "--compared"):
        parser.add_argument(option, action="store_true")
    chosen = parser.parse_args()
    parts = ("build", "held", "blind") if chosen.held else ("build",)
    if chosen.compared:
        return compared.main(keep=chosen.fit, parts=parts)
    if chosen.fit:
        with ProcessPoolExecutor() as pool:
            for name in pool.map(kept, [one.name for one in systems()]):
                print(f"learned {name}")
    for part in parts:
        asked = [
            (Answers(one.facts), q)
            for one in systems()
            for q in (*questions(one.name), *blind(one.name))
            if q.part == part
        ]
        print(f"{part}\n" + report([(q, outcome(q, answers.reply(q.ask).facts)) for answers, q in asked]))


if __name__ == "__main__":
    main()
