"""How long the interviewer takes to answer a question, and to get ready.

    python bench/answering.py                  every question of the set
    python bench/answering.py --check          exit code 1 when an answer takes longer than 300 ms

Getting ready is reading the facts of one system and all of their phrasings, in a process of its own for each of three.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import loadcase_api  # noqa: F401  puts this tree's source first
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.practice.asked import questions

from loadcase.practice.answering import Answers
from loadcase.systems import systems

BAR_S = 0.3
READY = """
import time
from loadcase.practice.answering import Answers
from loadcase.systems import system
begun = time.perf_counter()
Answers(system("chat").facts).reply("How many users?")
print(time.perf_counter() - begun)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    ready = [
        float(subprocess.run([sys.executable, "-c", READY], check=True, capture_output=True).stdout) for _ in "123"
    ]
    print(f"ready, with the first answer  {np.median(ready):.2f} s")
    took = []
    for one in systems():
        answers = Answers(one.facts)
        for question in questions(one.name):
            begun = time.perf_counter()
            answers.reply(question.ask)
            took.append(time.perf_counter() - begun)
    p50, p99, most = np.quantile(took, [0.5, 0.99, 1.0]) * 1e3
    print(f"{len(took)} answers  median {p50:.1f} ms  p99 {p99:.1f} ms  slowest {most:.1f} ms")
    return int(check and most > BAR_S * 1e3)


if __name__ == "__main__":
    sys.exit(main())
