"""The yardsticks of `single` and `idle_poll`: a bare Flask endpoint that inserts one row, one that looks one up.

Nothing else: no signature, no rights, no entry.
"""

import os

from flask import Flask, request
from psycopg_pool import ConnectionPool

SQL = "INSERT INTO yardstick.request (body) VALUES (%(body)s)"
PROBE = "SELECT request_id FROM yardstick.request WHERE request_id = %(request_id)s"


def create_app() -> Flask:
    """Return the application; `BENCH_DATABASE_URL` names the database, `BENCH_THREADS` the size of the pool."""
    app = Flask("bare")
    pool = ConnectionPool(os.environ["BENCH_DATABASE_URL"], min_size=1, max_size=int(os.environ["BENCH_THREADS"]))
    pool.wait()

    @app.post("/rows")
    def insert_row() -> tuple[dict[str, str], int]:
        with pool.connection() as db:
            db.execute(SQL, {"body": request.get_data()})
        return {"status": "stored"}, 201

    @app.get("/rows/<int:request_id>")
    def look_up_row(request_id: int) -> tuple[dict[str, str], int]:
        with pool.connection() as db:
            row = db.execute(PROBE, {"request_id": request_id}).fetchone()
        return ({"status": "missing"}, 404) if row is None else ({"status": "stored"}, 200)

    return app
