"""A real terminal, inside of tmux: what is shown in it, and keys that are pressed."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest


class Terminal:
    """A shell command in a terminal of its own.

    Args:
        command: The command, as for a shell. Behind it, its exit status is printed.
        folder: Where it runs, and where the modes of the terminal before and after it are kept.
        width: Columns.
        height: Lines.
        environment: Further variables.
    """

    def __init__(self, command, folder, width=80, height=24, **environment):
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not installed: apt-get install tmux")
        self._server, self._folder = Path(tempfile.mkdtemp(prefix="tmux")), folder
        script = f"trap : INT; stty -g > before; echo shell; {command}; echo status $?; stty -g > after; exec sleep 600"
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where pytest is in the background
        try:
            self._run(
                *("new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(folder)),
                f"sh -c {shlex.quote(script)}",
                env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **environment},
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def _run(self, *arguments, **options):
        command = ["tmux", "-u", "-f", os.devnull, "-S", str(self._server / "socket"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", **options).stdout

    def capture(self, with_styles=False):
        """The lines that are shown."""
        return self._run("capture-pane", "-p", *(["-e"] if with_styles else [])).splitlines()

    def press(self, *keys):
        """Presses keys, by tmux's names."""
        self._run("send-keys", *keys)

    def find_process(self, word):
        """The process in the terminal that has a word among its arguments."""
        shell = psutil.Process(int(self._run("display-message", "-p", "#{pane_pid}")))
        return next(child for child in shell.children(recursive=True) if word in child.cmdline())

    def resize(self, width, height):
        """Changes the size."""
        self._run("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, *texts, seconds=60):
        """Waits until all texts are shown; returns the lines."""
        end = time.monotonic() + seconds
        while True:
            lines = self.capture()
            shown = "\n".join(lines)
            if all(text in shown for text in texts):
                return lines
            if time.monotonic() > end:
                pytest.fail(f"{texts} not shown within {seconds} s, but:\n{shown}")
            time.sleep(0.05)

    def check_is_restored(self):
        """Checks that the shell's screen and the terminal's modes are those before the command."""
        deadline = time.monotonic() + 30
        while not (self._folder / "after").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (self._folder / "before").read_text() == (self._folder / "after").read_text()
        assert self.capture()[0] == "shell"

    def close(self):
        """Ends tmux and what runs in it."""
        self._run("kill-server")
        shutil.rmtree(self._server)


def name_command(*arguments):
    """The keras-vg command of this interpreter, for a shell."""
    return shlex.join([sys.executable, "-m", "keras_vg", *map(str, arguments)])
