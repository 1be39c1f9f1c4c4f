"""Processes to be killed."""

import contextlib
import multiprocessing

import pytest


@pytest.fixture(scope="module")
def start():
    """Starts a function of `victims` in a process of its own, with the end of a pipe as its last argument."""
    context = multiprocessing.get_context("forkserver")  # all but the first start in milliseconds
    context.set_forkserver_preload(["keras_vg.callbacks.gradient_logger", "keras_vg.logs.reader"])

    @contextlib.contextmanager
    def run(function, *arguments, **options):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=function, args=(*arguments, theirs), kwargs=options)
        process.start()
        theirs.close()
        try:
            yield process, ours
        finally:
            process.kill()
            process.join()
            process.close()
            ours.close()

    return run
