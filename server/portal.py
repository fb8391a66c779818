"""A portal: the built pages of a React application, on the host of the API that it talks to.

The same origin serves both, so there is no CORS, and the store's cookies reach nobody else. Only files that were there
at the start are served, each by its exact path, so that no path leads out of the folder. Any other address that a
browser opens is one of the portal's own screens, which its router finds: it gets index.html.
"""

import secrets
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

ROOT = Path(__file__).parents[1]

# What the build writes where a nonce belongs; each page gets its own. https://www.w3.org/TR/CSP3/#security-nonces
NONCE_PLACEHOLDER = "__CSP_NONCE__"

# Bytes of a nonce, encoded before they are sent; CSP asks for 128 bits at least.
NONCE_BYTES = 18

# What stands beside a file in fewer bytes, which FileResponse chooses by Accept-Encoding.
_COMPRESSED = frozenset({".br", ".gz"})

# A name that is hashed never has other content. https://www.rfc-editor.org/rfc/rfc8246
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class Portal:
    """One application's files. `middleware` belongs to the API on whose host they are.

    `folder` is where `make portals` builds it; files below the URL path `hashed` carry a hash in their name. `reserved`
    are first segments of paths that the API answers, or refuses, itself.
    """

    def __init__(self, name: str, *, folder: Path, hashed: str, reserved: Collection[str]) -> None:
        self._name = name
        self._hashed = hashed
        self._reserved = frozenset(reserved)
        self._files = MappingProxyType(
            {
                f"/{file.relative_to(folder).as_posix()}": file
                for file in folder.rglob("*")
                if file.is_file() and file.suffix not in _COMPRESSED and file.name != "index.html"
            }
        )
        index = folder / "index.html"
        self._index = index.read_text(encoding="utf-8") if index.is_file() else None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer what the API has no route for, if it is a file or a screen of the portal."""
        if request.method not in {hdrs.METH_GET, hdrs.METH_HEAD} or not isinstance(
            request.match_info.http_exception, web.HTTPNotFound
        ):
            return await handler(request)
        if file := self._files.get(request.path):
            cached = _FOR_EVER if request.path.startswith(self._hashed) else _ASK_AGAIN
            return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: cached})
        if request.path == "/" or self._is_screen(request):
            return self._page(request)
        return await handler(request)

    def _is_screen(self, request: web.Request) -> bool:
        """Programs that ask for what is not there are told so; only browsers are shown a page."""
        path = PurePosixPath(request.path)
        return (
            self._index is not None
            and path.name != ""
            and path.parts[1] not in self._reserved
            and not path.suffix
            and "text/html" in request.headers.get(hdrs.ACCEPT, "")
        )

    def _page(self, request: web.Request) -> web.Response:
        if self._index is None:
            return web.Response(text=f"This is Storeline's {self._name}, not built yet: `make portals` builds it.\n")
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        return web.Response(
            text=self._index.replace(NONCE_PLACEHOLDER, nonce),
            content_type="text/html",
            headers={
                hdrs.CACHE_CONTROL: _ASK_AGAIN,
                "Content-Security-Policy": security_policy(request.host, nonce),
                "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
            },
        )


def security_policy(host: str, nonce: str) -> str:
    """Return what a page may load: files and answers of this host, and styles that carry the nonce.

    Not every browser takes 'self' for websockets, too, so they are named. Recordings are played from memory (blob:).
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "font-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
