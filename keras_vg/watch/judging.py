"""Diagnoses a run again when its logs have grown, at a bounded cost."""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.rules import diagnose
from keras_vg.logs.following import FollowedLog

SHARE = 0.01
"""The part of a core that diagnosing one run again and again may take."""


@dataclass
class Judge:
    """The findings about one run, as of its last diagnosis.

    Attributes:
        findings: The findings; None before the first diagnosis.
        reason: Why the logs cannot be judged, for people; empty if they can.
    """

    findings: Findings | None = None
    reason: str = ""
    _seen: list[tuple[Path, int, int, int]] = field(default_factory=list)
    _next: float = float("-inf")

    def update(self, logs: Sequence[FollowedLog], now: float, is_urgent: bool = False) -> bool:
        """Diagnoses the logs if they have changed.

        After a diagnosis that took the processor t seconds, the next one comes after t / `SHARE` seconds at the
        earliest.

        Args:
            logs: The logs of the run, each with rows.
            now: The time in seconds, of any clock.
            is_urgent: Whether to diagnose at once.

        Returns:
            Whether the findings are new.
        """
        seen = [(log.path, log.restarts, log.rows, log.last_epoch) for log in logs]
        if seen == self._seen or (now < self._next and not is_urgent):
            return False
        start = time.process_time()
        self._seen, before = seen, (self.findings, self.reason)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # a log that is left out is shown as such
                self.findings, self.reason = diagnose(*(log.table for log in logs)), ""
        except ValueError as error:  # a delta log alone
            self.findings, self.reason = None, str(error)
        self._next = now + (time.process_time() - start) / SHARE
        return before != (self.findings, self.reason)
