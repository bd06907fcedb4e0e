"""How long a cold process takes to answer, and that the light commands stay light.

    python bench/coldstart.py              medians of five
    python bench/coldstart.py --peers      SimPy's and cimba's cold answer to W2 beside it (environments of run.py)

Times `loadcase --help`, `loadcase estimate gallery/chat`, `loadcase draw gallery/chat`, and a new process that runs W2
for 60 simulated seconds with the compiled kernel in its cache. Exit code 1 when a command fails, or when one of the
first three imports numba: that is asserted on the modules loaded, not by time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from statistics import median

import loadcase_api as api
from engines import BENCH, ENGINES

HEAVY = ("numba", "llvmlite")
COMMANDS = {
    "--help": ["--help"],
    "estimate": ["estimate", str(api.CHAT)],
    "draw": ["draw", str(api.CHAT)],
}
W2_SECONDS = 60.0
PROBE = f"""
import sys
try:
    {api.COMMAND}
except SystemExit as left:
    code = left.code
else:
    code = 0
print("\\nLOADED", *(m for m in {HEAVY!r} if m in sys.modules))
sys.exit(code)
"""
Environment = dict[str, str]


def environment() -> Environment:
    """This process's environment, with the source tree in front."""
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(api.SOURCE), *([before] if before else [])])}


def timed(command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Wall seconds of a process from start to exit, and what it did."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    return time.perf_counter() - started, done


def why(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of what a failed process said."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return (lines[-1] if lines and lines[0].startswith("Traceback") else lines[0]) if lines else "no message"


def loads_heavy(arguments: list[str]) -> list[str]:
    """Which heavy modules a command has imported by its end."""
    _, done = timed([sys.executable, "-c", PROBE, *arguments])
    said = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    return said[-1].split()[1:] if said else []


def cold(name: str, command: list[str], repeats: int) -> dict[str, object]:
    """Median wall seconds of a command in processes of their own, after one that is not timed."""
    _, done = timed(command)
    if done.returncode != 0:
        return {"what": name, "error": f"exit code {done.returncode}: {why(done)}"}
    walls = [timed(command)[0] for _ in range(repeats)]
    return {"what": name, "wall_s": round(median(walls), 3), "walls_s": [round(x, 3) for x in walls]}


def run_w2(seconds: float) -> None:
    """The child: reads W2 and runs it once."""
    found = api.run(api.load(api.workload("w2")), 1, seconds)
    print(json.dumps({"requests": found.requests, "run_s": found.wall_s}))


def main() -> int:
    """One JSON line a measurement; exit code 0, or 1 when something failed or was not light."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=W2_SECONDS, help="simulated, of w2 (default: %(default)s)")
    parser.add_argument("--peers", action="store_true", help="time simpy and cimba too")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        try:
            run_w2(given.seconds)
        except api.NotReadyError as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    fine = True
    for name, arguments in COMMANDS.items():
        line = cold(f"loadcase {name}", [sys.executable, "-c", api.COMMAND, *arguments], given.repeats)
        heavy = loads_heavy(arguments)
        fine = fine and "error" not in line and not heavy
        print(json.dumps({**line, "imports": heavy}), flush=True)
    child = [sys.executable, __file__, "--child", "--seconds", str(given.seconds)]
    line = cold("loadcase w2", child, given.repeats)
    fine = fine and "error" not in line
    print(json.dumps(line), flush=True)
    for peer in ("simpy", "cimba") if given.peers else ():
        engine = ENGINES[peer]
        script = str(BENCH / "peers" / engine.script)
        command = [engine.python(sys.executable), script, "w2", "--duration", str(given.seconds)]
        print(json.dumps(cold(f"{peer} w2", command, given.repeats)), flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
