"""The audit table as client-api sees it: adds a row, reads a row, says whether the database is there.

Connections are kept, because the first row that one adds costs a hundred times the second (the database starts Python
for it); each is tried before it is used again. Knows nothing of HTTP and of what a record holds.
"""

import collections
import contextlib
import threading

import audit
import psycopg

AT_ONCE = 10


class Away(Exception):
    """The database cannot be used now; the message says what it said."""


class Store:
    def __init__(self, host, port, name, password, seconds):
        self._seconds = seconds
        self._where = f"the database {host}:{port}"
        self._places, self._kept = threading.BoundedSemaphore(AT_ONCE), collections.deque()
        self._arguments = {
            "host": host,
            "port": port,
            "dbname": name,
            "user": "api",
            "password": password,
            "connect_timeout": seconds,
            "autocommit": True,
            "options": f"-c statement_timeout={seconds}s -c lock_timeout={seconds}s",
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
        if not self._places.acquire(timeout=self._seconds):
            raise Away(f"{self._where}: {AT_ONCE} requests are under way already; try again")
        connection = None
        try:
            connection = self._alive() or psycopg.connect(**self._arguments)
            yield connection
            self._kept.append(connection)
        except (psycopg.Error, OSError) as error:
            if connection:
                connection.close()
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise Away(f"{self._where}: {lines[0]}") from None
        finally:
            self._places.release()

    def _alive(self):
        """A kept connection that still answers, or None; those that do not are closed."""
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:
                break  # Another thread was first.
            try:
                connection.execute("SELECT")
                return connection
            except (psycopg.Error, OSError):
                connection.close()
        return None
