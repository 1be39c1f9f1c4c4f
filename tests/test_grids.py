import os
import random
import threading

import joblib
import pytest

from keras_vg import grids
from keras_vg.reproductions import REPRODUCTIONS
from keras_vg.reproductions.experiments import Variant, run_variants


def test_results_come_in_order_of_the_tasks():
    assert list(grids.run_grid(divmod, [(7, 2), (9, 4), (5, 5)], jobs=2)) == [(3, 1), (2, 1), (1, 0)]


def test_zero_jobs_are_an_error():
    with pytest.raises(ValueError, match="Received: jobs=0"):
        list(grids.run_grid(divmod, [(7, 2)], jobs=0))


VARIANTS = [Variant("relu", "relu", depth=2), Variant("normalized", "tanh", depth=2, normalization="before")]
SEEDS = range(1)


def read_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def one_job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    list(run_variants(VARIANTS, SEEDS, 1, folder, jobs=1))
    files = read_files(folder)
    assert len(files) == 2 * 3
    return files


def test_files_do_not_depend_on_the_number_of_jobs(one_job, tmp_path):
    list(run_variants(VARIANTS, SEEDS, 1, tmp_path, jobs=2))
    assert read_files(tmp_path) == one_job


def test_threads_take_turns(one_job, tmp_path):
    with joblib.parallel_config(backend="threading", n_jobs=3):
        list(run_variants(VARIANTS, SEEDS, 1, tmp_path))
    assert read_files(tmp_path) == one_job


@pytest.mark.long
def test_nobody_else_draws_a_run_s_weights(one_job, tmp_path):
    is_over = threading.Event()

    def draw():
        while not is_over.is_set():
            random.random()

    other = threading.Thread(target=draw)
    other.start()
    try:
        list(run_variants(VARIANTS, SEEDS, 1, tmp_path, jobs=1))
    finally:
        is_over.set()
        other.join()
    assert read_files(tmp_path) == one_job


@pytest.mark.long
@pytest.mark.parametrize("name", ["learning_rate_overshoot", "deep_linear_chain"])
def test_nor_do_the_files_of_a_reproduction(name, tmp_path):
    for jobs in (1, 2):
        REPRODUCTIONS[name].run(tmp_path / str(jobs), seeds=2, jobs=jobs, quick=True)
    files = read_files(tmp_path / "1")
    assert len(files) > 2
    assert read_files(tmp_path / "2") == files


@pytest.fixture
def dask_workers():
    distributed = pytest.importorskip("distributed", reason='needs the extra "cluster"')
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        yield


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # distributed's own clean-up of its sockets
def test_a_cluster_of_dask_workers_takes_the_grid(dask_workers):
    assert os.getpid() not in set(grids.run_grid(os.getpid, [()] * 8))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_files_are_the_same_from_a_cluster(dask_workers, one_job, tmp_path):
    list(run_variants(VARIANTS, SEEDS, 1, tmp_path))
    assert read_files(tmp_path) == one_job
