"""`dashwright openapi`: the API's description, for a generator of clients."""

from __future__ import annotations

import click

from .api import Api, api_command
from .context import show_json


@click.command()
@api_command()
def openapi(*, api: Api) -> None:
    """Print the API's OpenAPI 3.1 document."""
    show_json(api("GET", "/api/openapi.json"))
