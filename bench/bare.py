"""The yardstick of `single`: a bare Flask endpoint that inserts one row and commits, and nothing else."""

import os

from flask import Flask, request
from psycopg_pool import ConnectionPool

SQL = "INSERT INTO yardstick.request (body) VALUES (%(body)s)"


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

    return app
