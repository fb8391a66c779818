"""A stand-in for Amazon's S3, over HTTP: it checks what it is sent, as far as one can without the secret.

https://docs.aws.amazon.com/AmazonS3/latest/API/ and …/userguide/RESTAuthentication.html
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5, sha256
from xml.etree import ElementTree as ET

from aiohttp import web
from aiohttp.test_utils import TestServer

BUCKET = "calls"
KEY_ID = "AKIDEXAMPLE"
SIGNATURE = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/\d{{8}}/us-test-1/s3/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*host;[a-z0-9;-]*x-amz-date[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)


@dataclass
class S3:
    """One bucket. `away`: it answers 503 to everything."""

    objects: dict[str, bytes] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    away: bool = False
    url: str = ""

    def put(self, name: str, body: bytes, changed: datetime | None = None) -> None:
        """Have an object there."""
        self.objects[name], self.changed[name] = body, changed or datetime.now(UTC)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the API."""
        body = await request.read()
        assert SIGNATURE.fullmatch(request.headers["Authorization"]), request.headers["Authorization"]
        hashed = request.headers["x-amz-content-sha256"]
        assert hashed in {sha256(body).hexdigest(), "UNSIGNED-PAYLOAD"}
        bucket, _, name = request.path.removeprefix("/").partition("/")
        assert bucket == BUCKET
        if self.away:
            return web.Response(status=503, text="<Error><Code>SlowDown</Code></Error>")
        if not name:
            return self._list(request.query)
        if "uploads" in request.query or "uploadId" in request.query:
            return self._multipart(request, name, body)
        if request.method == "PUT":
            self.put(name, body)
            return web.Response(headers={"ETag": _etag(body)})
        if request.method == "DELETE":
            self.objects.pop(name, None)
            return web.Response(status=204)
        return self._get(request, name)

    def _get(self, request: web.Request, name: str) -> web.Response:
        if name not in self.objects:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        whole = self.objects[name]
        headers = {"ETag": _etag(whole), "Last-Modified": f"{self.changed[name]:%a, %d %b %Y %H:%M:%S GMT}"}
        if found := re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", "")):
            self.ranges.append(found[0])
            start, last = int(found[1]), int(found[2])
            headers["Content-Range"] = f"bytes {start}-{last}/{len(whole)}"
            return web.Response(status=206, body=whole[start : last + 1], headers=headers)
        return web.Response(body=whole, headers=headers)

    def _multipart(self, request: web.Request, name: str, body: bytes) -> web.Response:
        upload = request.query.get("uploadId", "u1")
        if "uploads" in request.query:
            self.uploads[upload] = {}
            return _xml("InitiateMultipartUploadResult", Bucket=BUCKET, Key=name, UploadId=upload)
        if request.method == "PUT":
            self.uploads[upload][int(request.query["partNumber"])] = body
            return web.Response(headers={"ETag": _etag(body)})
        parts = self.uploads.pop(upload)
        self.put(name, b"".join(parts[number] for number in sorted(parts)))
        return _xml("CompleteMultipartUploadResult", Bucket=BUCKET, Key=name, ETag=_etag(b""))

    def _list(self, query: Mapping[str, str]) -> web.Response:
        assert query["list-type"] == "2"
        root = ET.Element("ListBucketResult")
        for name, body in sorted(self.objects.items()):
            if name.startswith(query["prefix"]):
                found = ET.SubElement(root, "Contents")
                changed = f"{self.changed[name]:%Y-%m-%dT%H:%M:%S.000Z}"
                for tag, text in (("Key", name), ("LastModified", changed), ("ETag", _etag(body)), ("Size", len(body))):
                    ET.SubElement(found, tag).text = str(text)
        ET.SubElement(root, "IsTruncated").text = "false"
        return web.Response(body=ET.tostring(root), content_type="application/xml")


@asynccontextmanager
async def s3() -> AsyncIterator[S3]:
    """Serve it for the block."""
    double = S3()
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_route("*", "/{any:.*}", double.answer)
    async with TestServer(app) as server:
        double.url = str(server.make_url("/").origin())
        yield double


def _xml(name: str, **fields: str) -> web.Response:
    root = ET.Element(name)
    for tag, text in fields.items():
        ET.SubElement(root, tag).text = text
    return web.Response(body=ET.tostring(root), content_type="application/xml")


def _etag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'
