"""A database that is gone although there was one is never replaced by an empty one, unless a person says so."""

from __future__ import annotations

from backend_server.errors import ConfigError
from backend_server.provisioning.survey import FolderSurveyor
from backend_server.settings import LinkTokens, Settings
from backend_server.wiring.store import DATABASE_FILE, SECRETS_FILE, database_exists


def refuse_lost_state(settings: Settings) -> None:
    """Raise ConfigError when there is no database, but traces of one.

    Traces are the secrets and the write-ahead log that lie beside it and, unless links do not depend on the database at
    all (`LINK_TOKENS=derived`), dashboards of ours in DASHBOARDS_DIR. A disk that vanished whole leaves none of them.
    """
    if database_exists(settings):
        return
    traces = []
    if (settings.data_dir / SECRETS_FILE).exists():
        traces.append(f"the secrets of one lie in {settings.data_dir / SECRETS_FILE}")
    log = settings.data_dir / f"{DATABASE_FILE}-wal"
    if log.exists() and log.stat().st_size:
        traces.append(f"the last changes of one lie in {log}")
    if settings.link_tokens is not LinkTokens.DERIVED:
        dashboards = len(FolderSurveyor(settings.dashboards_dir).survey().owned)
        if dashboards:
            traces.append(f"{dashboards} dashboard(s) of one lie in {settings.dashboards_dir}")
    if traces:
        raise ConfigError(
            f"There is no database in {settings.data_dir}, yet {' and '.join(traces)}. With an empty database every "
            "link given out would be dead, so none is made: put the file back, restore a backup "
            "(`dashwright restore FILE`), or set DATA_DIR or DATABASE_URL to where it is. To start anew without the "
            "devices and links of before: `dashwright prepare --new`"
        )
