"""Reads the whole body of a request before anything else sees it, within bounds of size and time.

What comes after finds it complete, in `scope["state"]["body"]` too, because a MAC is over the bytes and not over what
they mean. Knows nothing of paths.
"""

import asyncio
import json

BYTES = 65536
SECONDS = 10


class Limits:
    """ASGI middleware."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            async with asyncio.timeout(SECONDS):
                body = await whole(receive)
        except TimeoutError:
            return await refuse(send, 408, f"the body of the request did not come within {SECONDS} s")
        if body is None:
            return await refuse(send, 413, f"a request has at most {BYTES} bytes")
        scope.setdefault("state", {})["body"] = body
        given = False

        async def replay():
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def whole(receive):
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BYTES:
            return None
    return bytes(body)


async def refuse(send, code, why):
    body = json.dumps({"error": why}).encode()
    # What is left of the request is not read, so the connection cannot be used again.
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
