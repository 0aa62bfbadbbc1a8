"""Grafana's own tokens in memory: read once, and right as of each request, whoever changed them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from backend_server.documents.status import NewDocument
from backend_server.links.publication import NewPublication
from backend_server.primitives.ids import DashboardUid, new_token
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.publications import StoredPublications
from backend_server.storage.transactions import Records

UID = DashboardUid("dev-rig-1-0000000000000000000a")


def test_a_token_is_read_once_and_again_after_another_process_wrote(
    store: Store, database: tuple[str | None, Path]
) -> None:
    token = new_token()
    with Records(store).writing() as tx:
        tx.documents.add([NewDocument(UID, "dev", "main", "rig-1", "rig-1", "shard-00/rig-1.json", "t")])
        tx.publications.add([NewPublication(UID, "p-1", token, wanted=True)])
    publications = StoredPublications(store)
    read: list[str] = []
    event.listen(store._readers, "before_cursor_execute", lambda _c, _k, statement, *_: read.append(statement))

    assert [publications.tokens()[UID] for _ in range(3)] == [token] * 3
    assert len([statement for statement in read if "publications" in statement]) == 1
    assert publications.tokens()["unknown"] is None

    other = Store.open(*database)
    with Records(other).writing() as tx:
        tx.publications.want({UID: False})
    other.close()
    assert publications.tokens()[UID] is None, "it is not to be public any more"
