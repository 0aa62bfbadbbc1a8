"""`dashwright openapi`: the API's description, for a generator of clients."""

from __future__ import annotations

import click

from .api import api_options, open_api
from .context import show_json


@click.command()
@api_options
def openapi(url: str | None, token: str | None) -> None:
    """Print the API's OpenAPI 3.1 document."""
    with open_api(url, token) as api:
        show_json(api("GET", "/api/openapi.json"))
