"""Rows become dataclasses by their fields: columns of the first table that has them, enums of what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, insert, select

from backend_server.storage.engine.rows import RowReader

_METADATA = MetaData()
ITEMS = Table("items", _METADATA, Column("id", Integer), Column("state", String), Column("colour", String))
PRICES = Table("prices", _METADATA, Column("id", Integer), Column("price", Integer))


class State(StrEnum):
    NEW = "new"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class Item:
    id: int
    state: State
    colour: State | None
    price: int
    length: int
    owner: str


def test_a_row_is_read_by_the_fields_of_its_dataclass() -> None:
    reader = RowReader(Item, ITEMS, PRICES, given=1, length=func.length(ITEMS.c.state))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _METADATA.create_all(connection)
        connection.execute(insert(ITEMS), [{"id": 1, "state": "sold", "colour": None}])
        connection.execute(insert(PRICES), [{"id": 1, "price": 5}])
        row = connection.execute(select(*reader.columns).join_from(ITEMS, PRICES, ITEMS.c.id == PRICES.c.id)).one()
    engine.dispose()
    item = reader.read(row, "ann")
    assert item == Item(1, State.SOLD, None, 5, 4, "ann")
    assert item.state is State.SOLD
