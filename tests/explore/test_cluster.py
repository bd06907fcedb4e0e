"""The same sweep on a Dask cluster of two workers: the same numbers, also when a worker is lost."""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import UsageError
from loadcase.explore.axes import parse_axes
from loadcase.explore.pool import Cluster
from loadcase.explore.sweep import Progress, sweep
from tests.explore.designs import TINY

if importlib.util.find_spec("distributed") is None:
    pytest.skip("the cluster extra is not installed: pip install -e '.[cluster]'", allow_module_level=True)
distributed = importlib.import_module("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # dask's own warnings


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    api.prepare()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


@pytest.mark.slow
def test_a_cluster_gives_the_same_as_this_machine(cluster: Any, tmp_path: Path) -> None:
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    axes = parse_axes(["s.replicas=1..3", "estimates.users=50,100"])
    sweep(loads(TINY), axes, seeds=3, out=here, threads=1)
    found = sweep(loads(TINY), axes, seeds=3, out=there, cluster=cluster.scheduler_address)
    assert (found.done, found.before) == (18, 0)
    assert pq.read_table(here).equals(pq.read_table(there))
    assert sweep(loads(TINY), axes, seeds=3, out=there, cluster=cluster.scheduler_address).before == 18


@pytest.mark.slow
def test_a_worker_that_is_lost_costs_no_run_and_repeats_none(cluster: Any, tmp_path: Path) -> None:
    text = TINY.replace("duration: 5 s", "duration: 1000 s")
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    axes = parse_axes(["s.replicas=2..4"])
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
    killed: list[int] = []
    ran: list[str] = []

    def on_progress(progress: Progress) -> None:
        if progress.done >= 3 and not killed:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    class Recorded(Cluster):
        def results(self, tasks: Any, stop: Any) -> Any:
            for found in super().results(tasks, stop):
                if found is not None:
                    ran.append(found[0].key)
                yield found

    pool = Recorded(cluster.scheduler_address)
    found = sweep(loads(text), axes, seeds=8, out=there, pool=pool, on_progress=on_progress)
    assert killed
    assert (found.done, found.interrupted) == (24, False)
    assert len(ran) == len(set(ran)) == 24
    sweep(loads(text), axes, seeds=8, out=here, threads=2)
    assert pq.read_table(here).equals(pq.read_table(there))


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_said() -> None:
    with pytest.raises(UsageError, match=r"no cluster at tcp://127\.0\.0\.1:9"):
        sweep(loads(TINY), parse_axes(["s.replicas=1,2"]), cluster="tcp://127.0.0.1:9")
