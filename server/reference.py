"""GET /openapi.json and GET /docs: what an API says about itself, to programs and to people."""

import json
from typing import Any

from aiohttp import web

from auth.http.operations import gives
from server import page

JSON_TYPE = "application/json"


class Reference:
    """Two handlers, for anybody; `describe` gives them their content before the first request."""

    def __init__(self) -> None:
        self._document = b""
        self._page = ""

    def describe(self, document: dict[str, Any]) -> None:
        """Take the document of the API, these two routes included."""
        self._document = json.dumps(document, ensure_ascii=False).encode()
        self._page = page.render(document)

    @gives(media=JSON_TYPE)
    async def document(self, _request: web.Request) -> web.Response:
        """Give the OpenAPI document of this API."""
        return web.Response(body=self._document, content_type=JSON_TYPE)

    @gives(media="text/html")
    async def page(self, _request: web.Request) -> web.Response:
        """Show the OpenAPI document as a page."""
        headers = {"Content-Security-Policy": page.SECURITY_POLICY}
        return web.Response(text=self._page, content_type="text/html", headers=headers)
