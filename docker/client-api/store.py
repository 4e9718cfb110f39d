"""The audit table as client-api sees it: adds a row, reads a row, says whether the database is there.

One connection a request, a bounded number at a time: the database is on the next network, and none is left over that
may have died. Knows nothing of HTTP and of what a record holds.
"""

import contextlib
import threading

import audit
import psycopg

AT_ONCE = 10
SECONDS = 5


class Away(Exception):
    """The database cannot be used now; the message says what it said."""


class Store:
    def __init__(self, host, port, name, password):
        self._where = f"the database {host}:{port}"
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._arguments = {
            "host": host,
            "port": port,
            "dbname": name,
            "user": "api",
            "password": password,
            "connect_timeout": SECONDS,
            "options": f"-c statement_timeout={SECONDS}s -c lock_timeout={SECONDS}s",
        }

    def add(self, content, signature):
        """The id of the new row, which is sealed and committed."""
        with self._connected() as connection:
            query = "INSERT INTO audit.record (content, signature) VALUES (%s, %s) RETURNING id"
            return connection.execute(query, (content, signature)).fetchone()[0]

    def get(self, number):
        """The row of this id, or None."""
        with self._connected() as connection:
            query = f"SELECT {audit.COLUMNS} FROM audit.record WHERE id = %s"
            row = connection.execute(query, (number,)).fetchone()
        return audit.Row(*row) if row else None

    def answers(self):
        """Nothing, if rows can be read and added; raises Away otherwise."""
        with self._connected() as connection:
            query = "SELECT has_column_privilege('audit.record', 'content', 'INSERT'), EXISTS (SELECT FROM audit.record)"
            if not connection.execute(query).fetchone()[0]:
                raise Away(f"{self._where}: the role `api` may not add rows")

    @contextlib.contextmanager
    def _connected(self):
        if not self._places.acquire(timeout=SECONDS):
            raise Away(f"{self._where}: {AT_ONCE} requests are under way already; try again")
        try:
            with psycopg.connect(**self._arguments) as connection:
                yield connection
        except (psycopg.Error, OSError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise Away(f"{self._where}: {lines[0]}") from None
        finally:
            self._places.release()
