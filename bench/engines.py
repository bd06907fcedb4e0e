"""The engines that are compared, and a virtual environment for each under `.envs/`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers.common import WORKLOADS

BENCH = Path(__file__).resolve().parent
ENVS = BENCH / ".envs"
RUN_LIMIT_S = 1800


@dataclass(frozen=True)
class Engine:
    """One engine: its script, what pip installs for it, and the workloads that can be written for it.

    `customers` shortens W1 where a million would take minutes; `script_workload` is the script's own name for one.
    """

    name: str
    script: str
    pins: tuple[str, ...] = ()
    workloads: tuple[str, ...] = WORKLOADS
    customers: int | None = None
    script_workload: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Its virtual environment; engines with the same pins share one."""
        return ENVS / self.script.removesuffix("_peer.py").removesuffix(".py")

    def python(self, ours: str) -> str:
        """The interpreter that runs its script; Loadcase runs under `ours`."""
        return str(self.folder / "bin" / "python") if self.pins else ours


SIMPY = ("simpy==4.1.2",)
ENGINES = {
    engine.name: engine
    for engine in (
        Engine("loadcase", "loadcase_runner.py"),
        Engine("limit", "limit.py", ("numpy==2.4.6", "numba==0.68.1")),
        Engine("cimba", "cimba_peer.py", ("cimba==0.9.5", "numpy==2.4.6", "numba==0.68.1")),
        Engine("simpy", "simpy_peer.py", SIMPY),
        Engine("simpy-store", "simpy_peer.py", SIMPY, ("w1",), script_workload={"w1": "w1store"}),
        Engine("ciw", "ciw_peer.py", ("ciw==3.2.7",), ("w1", "w2"), 200_000),
        Engine("salabim", "salabim_peer.py", ("salabim==26.0.9", "greenlet==3.5.6"), customers=200_000),
    )
}


def make(engine: Engine) -> None:
    """Makes the engine's environment, unless one with the same pins is there. Raises CalledProcessError."""
    if not engine.pins:
        return
    stamp = engine.folder / "pins.txt"
    wanted = "\n".join((sys.version.split()[0], *engine.pins))
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"making {engine.folder.relative_to(BENCH.parent)}: {' '.join(engine.pins)}", file=sys.stderr, flush=True)
    shutil.rmtree(engine.folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(engine.folder)], check=True)
    python = str(engine.folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *engine.pins], check=True)
    stamp.write_text(wanted)


def pinned(core: int | None) -> list[str]:
    """What to put before a command so that it stays on one core."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core)] if taskset and core is not None else []


def last_core() -> int | None:
    """The core to measure on: the last that this process may use, as the first serves most interrupts."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def measure(
    engine: Engine,
    workload: str,
    seed: int,
    core: int | None,
    ours: str,
    customers: int | None,
    duration_s: float | None,
) -> dict[str, Any]:
    """One run in a process of its own: its line, or `error` and why."""
    script = BENCH / engine.script if not engine.pins else BENCH / "peers" / engine.script
    name = engine.script_workload.get(workload, workload)
    command = [*pinned(core), engine.python(ours), str(script), name, "--seed", str(seed)]
    if workload == "w1" and (customers or engine.customers):
        command += ["--n", str(customers or engine.customers)]
    if workload != "w1" and duration_s:
        command += ["--duration", str(duration_s)]
    line: dict[str, Any]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT_S)
    except subprocess.TimeoutExpired:
        line = {"error": f"no answer within {RUN_LIMIT_S} s"}
    except OSError as error:
        line = {"error": str(error)}
    else:
        if done.returncode == 0:
            line = json.loads(done.stdout.splitlines()[-1])
        else:
            said = [text for text in done.stderr.splitlines() if text.strip() and not text.startswith(" ")]
            line = {"error": said[-1] if said else f"exit code {done.returncode}"}
    return {**line, "engine": engine.name, "workload": workload, "seed": seed}
