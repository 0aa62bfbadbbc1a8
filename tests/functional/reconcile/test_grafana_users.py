"""Grafana's three users come back by themselves when Grafana was set up anew, or somebody changed them."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.grafana import FakeGrafana
from tests.support.app import running_app
from tests.support.grafana import write_provisioning
from tests.support.processes import until

WANTED = {"dashwright-viewer": "Viewer", "dashwright-editor": "Editor", "dashwright-admin": "Admin"}


def users(fake: FakeGrafana) -> dict[str, str]:
    return {one.login: str(one.role) for one in fake.database.users if one.login in WANTED}


def test_a_grafana_that_refuses_is_told_and_asked_again(tmp_path: Path, sqlite_template: Path) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with FakeGrafana(provisioning, environment={}, polling=False) as fake:
        fake.answer_once("/api/org/users", 500, {"message": "no"}, times=3)
        with running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url, audit_interval=0.2):
            until(lambda: users(fake) == WANTED, 30, what="all three are there in the end")


def test_they_are_looked_after_with_every_audit(tmp_path: Path, sqlite_template: Path) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with (
        FakeGrafana(provisioning, environment={}, polling=False) as fake,
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url, audit_interval=0.2),
    ):
        until(lambda: users(fake) == WANTED, 30, what="all three are there")
        fake.database.users[:] = fake.database.users[:1]  # set up anew: its administrator alone
        until(lambda: users(fake) == WANTED, 30, what="all three are back")
        next(one for one in fake.database.users if one.login == "dashwright-viewer").role = "Admin"
        until(lambda: users(fake) == WANTED, 30, what="the viewer is a viewer again")
        before = len(fake.requests_that_change_something())
        seen = len(fake.requests)
        until(lambda: len(fake.requests) > seen + 20, 30, what="some more audits")
        assert len(fake.requests_that_change_something()) == before, "nothing is written when it is right"
