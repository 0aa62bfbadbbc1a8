"""What is recorded: the ledger and the log lines."""

from __future__ import annotations

from pydantic import Field

from .words import Group, LogFormat, Seconds


class LogSettings(Group):
    """The ledger and the logs."""

    ledger_keep: Seconds = Field(
        400 * 86400.0, description="How long views and refusals of links are kept by day; the audit is kept for ever."
    )
    log_visitors: bool = Field(
        False, description="Write the address of a link's visitor into the log line of the visit; kept nowhere else."
    )
    log_format: LogFormat = Field(LogFormat.TEXT, description="`text` or `json`, one line each.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def json_lines(self) -> bool:
        """Whether log lines are JSON objects."""
        return self.log_format is LogFormat.JSON
