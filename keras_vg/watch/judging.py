"""Diagnoses runs again when their logs have grown, at a bounded cost."""

import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.rules import diagnose
from keras_vg.logs.following import FollowedLog

SHARE = 0.01
"""The part of a core that diagnosing all runs again and again may take."""


@dataclass
class Judge:
    """The findings about one run, as of its last diagnosis.

    Attributes:
        findings: The findings; None before the first diagnosis, and for logs that cannot be judged.
        reason: Why the logs cannot be judged, for people; empty if they can.
        last: When they were judged last, in seconds of the caller's clock.
    """

    findings: Findings | None = None
    reason: str = ""
    last: float = -math.inf
    _seen: tuple[tuple[Path, int, int, int], ...] = ()

    def is_stale(self, logs: Sequence[FollowedLog]) -> bool:
        """Whether the logs have changed since the last diagnosis."""
        return _identify(logs) != self._seen

    def update(self, logs: Sequence[FollowedLog], now: float) -> bool:
        """Diagnoses the logs.

        Args:
            logs: The logs of the run, each with rows.
            now: The time in seconds, of any clock.

        Returns:
            Whether the findings are new.
        """
        before, self._seen, self.last = (self.findings, self.reason), _identify(logs), now
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # a log that is left out is shown as such
                self.findings, self.reason = diagnose(*(log.table for log in logs)), ""
        except ValueError as error:  # a delta log alone
            self.findings, self.reason = None, str(error)
        return before != (self.findings, self.reason)


class Schedule:
    """Says when the next diagnosis may be: one that takes t seconds is followed by t / `SHARE` seconds without any."""

    def __init__(self) -> None:
        self._next = -math.inf

    def update(self, judged: Sequence[tuple[Judge, Sequence[FollowedLog]]], now: float, is_urgent: bool) -> bool:
        """Diagnoses the runs whose logs have changed, those that have waited longest first, as time permits.

        Args:
            judged: The runs' judges and logs. A run that was never judged does not have to wait.
            now: The time in seconds, of any clock.
            is_urgent: Whether to diagnose all at once.

        Returns:
            Whether any findings are new.
        """
        has_changed = False
        for judge, logs in sorted(judged, key=lambda pair: pair[0].last):
            may = is_urgent or now >= self._next or judge.last == -math.inf
            if may and judge.is_stale(logs):
                start = time.process_time()
                has_changed |= judge.update(logs, now)
                self._next = max(self._next, now) + (time.process_time() - start) / SHARE
        return has_changed


def _identify(logs: Sequence[FollowedLog]) -> tuple[tuple[Path, int, int, int], ...]:
    return tuple((log.path, log.restarts, log.rows, log.last_epoch) for log in logs)
