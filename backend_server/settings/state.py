"""Where state lies: folders and databases."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from .words import Group, SecretText


class StateSettings(Group):
    """Where state lies."""

    data_dir: Path = Field(Path("/var/lib/dashwright"), description="State and secrets of the service.")
    dashboards_dir: Path = Field(
        Path("/var/lib/grafana/dashboards"), description="Where documents are written for Grafana."
    )
    templates_dir: Path | None = Field(
        None, description="Dashboard templates; unset = the shipped `dashboard_templates/`."
    )
    device_kinds_dir: Path | None = Field(None, description="Device kinds; unset = the shipped `config/device_kinds/`.")
    database_url: SecretText | None = Field(
        None, description="PostgreSQL state (own schema `dashwright`); unset = SQLite in `DATA_DIR`."
    )
    supabase_db_host: str | None = Field(None, description="PostgreSQL by parts, as Supabase names them: host.")
    supabase_db_port: int = Field(5432, ge=1, le=65535, description="The same: port.")
    supabase_db_name: str = Field("postgres", description="The same: database.")
    supabase_db_user: str = Field("postgres", description="The same: user.")
    supabase_db_password: SecretText | None = Field(None, description="The same: password.")
    dashboards_db_user: str | None = Field(
        None,
        description="Role by which Grafana's PostgreSQL dashboards read; unset = `prepare` makes one that writes "
        "nothing and cannot see schema `dashwright`.",
    )
    dashboards_db_password: SecretText | None = Field(None, description="Its password.")
    next_public_supabase_url: str | None = Field(None, description="Accepted, not used.")
    next_public_supabase_anon_key: SecretText | None = Field(None, description="Accepted, not used.")

    @property
    def own_provisioning(self) -> Path:
        """Where a Grafana of our own reads its providers and datasources from."""
        return (self.data_dir / "run" / "grafana" / "provisioning").resolve()
