"""A thousand bad clients at once, and one good one among them. Knows HTTP, and nothing of containers."""

import http.client
import random
import selectors
import socket
import time

CLIENTS = 1000
# For so many seconds, and so long may the good client wait for each of its answers.
SECONDS = 12
PATIENCE = 5
# What each kind of client says at first, and then again and again.
KINDS = {
    "says nothing": (b"", b""),
    "says it letter by letter": (b"GET /metr", b"x"),
    "never ends its headers": (b"GET / HTTP/1.1\r\n", b"X-Header: " + b"a" * 200 + b"\r\n"),
    "speaks something else": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), b"\0" * 64),
    "asks and does not read": (b"GET /report.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50, b""),
    "has a body without end": (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", b"y" * 500),
}


def flood(address, port):
    """How many connections were made in all, and what the good client has to complain of."""
    selector = selectors.DefaultSelector()
    kinds = list(KINDS)
    made, complaints, waits = 0, [], []
    asked = time.monotonic()
    until = asked + SECONDS
    clients = {}
    while (now := time.monotonic()) < until:
        # Whoever is thrown out comes back.
        for _ in range(min(100, CLIENTS - len(clients))):
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            client.connect_ex((address, port))
            clients[client] = [kinds[made % len(kinds)], False]
            selector.register(client, selectors.EVENT_WRITE)
            made += 1
        for key, _ in selector.select(0.01):
            client = key.fileobj
            kind, greeted = clients[client]
            first, again = KINDS[kind]
            try:
                client.send(again if greeted else first)
                clients[client][1] = True
            except BlockingIOError:
                pass
            except OSError:
                drop(selector, clients, client)
        # A client that says nothing would not learn that it was thrown out.
        for client in random.sample(list(clients), len(clients) // 50):
            drop(selector, clients, client)
        if now - asked > 0.5:
            asked = now
            complaint, took = good(address, port)
            waits.append(took)
            complaints += [complaint] if complaint else []
    for client in list(clients):
        drop(selector, clients, client)
    selector.close()
    complaints += [f"only {made} connections were made"] if made < 2 * CLIENTS else []
    complaints += [f"only {len(waits)} questions were asked"] if len(waits) < 5 else []
    return made, sorted(set(complaints)), max(waits, default=0)


def drop(selector, clients, client):
    selector.unregister(client)
    client.close()
    del clients[client]


def good(address, port):
    """What is wrong with an answer, if anything, and how long it took."""
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace").strip()
        complaint = "" if answer.status == 200 and body.startswith("healthy") else f"/healthz: {answer.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        complaint = f"/healthz: {error or type(error).__name__}"
    return complaint, time.monotonic() - began
