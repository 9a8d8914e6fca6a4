"""Describe a migrated database as text, the same on every supported PostgreSQL: `schema.sql` is such a description.

    python -m migrations.snapshot 'postgresql:///havre?host=/run/postgresql' > migrations/schema.sql

It is read by people and compared by a test; it is not meant to be run. Beside it `digests.txt` holds SHA-256 of each
migration: yoyo does not notice that an applied file was edited, the test does.
"""

import sys
from hashlib import sha256
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent

_TABLES = """
    SELECT relation.oid::int, relation.relname
      FROM pg_class AS relation
     WHERE relation.relnamespace = 'public'::regnamespace
       AND relation.relkind IN ('r', 'p')
       AND relation.relname !~ '^(_?yoyo|procrastinate)'
     ORDER BY relation.relname
"""
_COLUMNS = """
    SELECT format('    %%s %%s%%s%%s%%s', attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
                  CASE WHEN attribute.attnotnull THEN ' NOT NULL' ELSE '' END,
                  CASE WHEN attribute.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END,
                  CASE WHEN value.adbin IS NULL THEN ''
                       WHEN attribute.attgenerated = 's' THEN ' GENERATED ' || pg_get_expr(value.adbin, value.adrelid)
                       ELSE ' DEFAULT ' || pg_get_expr(value.adbin, value.adrelid) END)
      FROM pg_attribute AS attribute
      LEFT JOIN pg_attrdef AS value ON (value.adrelid, value.adnum) = (attribute.attrelid, attribute.attnum)
     WHERE attribute.attrelid = %s AND attribute.attnum > 0 AND NOT attribute.attisdropped
     ORDER BY attribute.attnum
"""
# NOT NULL is told with its column; from version 18 on it is a constraint too.
_CONSTRAINTS = """
    SELECT format('    CONSTRAINT %%s %%s', conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = %s AND contype <> 'n' ORDER BY conname
"""
_INDEXES = """
    SELECT pg_get_indexdef(indexrelid)
      FROM pg_index
     WHERE indrelid = %s AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
     ORDER BY indexrelid::regclass::text
"""
_TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s AND NOT tgisinternal ORDER BY tgname"
_TABLE_GRANTS = """
    SELECT format('GRANT %%s ON %%s TO %%s', string_agg(privilege_type, ', ' ORDER BY privilege_type),
                  table_name, grantee)
      FROM information_schema.role_table_grants
     WHERE table_schema = 'public' AND table_name = %s AND grantee LIKE 'havre%%' AND grantee <> 'havre_owner'
     GROUP BY table_name, grantee ORDER BY grantee
"""
_COLUMN_GRANTS = """
    SELECT format('GRANT %%s (%%s) ON %%s TO %%s', privilege_type, string_agg(column_name, ', ' ORDER BY column_name),
                  table_name, grantee)
      FROM information_schema.column_privileges AS one
     WHERE table_schema = 'public' AND table_name = %s AND grantee LIKE 'havre%%' AND grantee <> 'havre_owner'
       AND NOT EXISTS (SELECT FROM information_schema.role_table_grants AS whole
                        WHERE (whole.table_schema, whole.table_name, whole.grantee, whole.privilege_type)
                            = (one.table_schema, one.table_name, one.grantee, one.privilege_type))
     GROUP BY privilege_type, table_name, grantee ORDER BY grantee, privilege_type
"""
_FUNCTIONS = """
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname
"""


def describe(db: psycopg.Connection[tuple[object, ...]]) -> str:
    """Return the description of everything that the migrations made in the schema `public`."""
    parts = [
        "-- What the migrations make, told from the catalogue. Written by migrations/snapshot.py; not to be run.\n"
    ]
    for oid, name in db.execute(_TABLES).fetchall():
        members = [*_lines(db, _COLUMNS, oid), *_lines(db, _CONSTRAINTS, oid)]
        parts.append(f"CREATE TABLE {name} (\n" + ",\n".join(members) + "\n);")
        told = [*_lines(db, _INDEXES, oid), *_lines(db, _TRIGGERS, oid)]
        told += [*_lines(db, _TABLE_GRANTS, name), *_lines(db, _COLUMN_GRANTS, name)]
        parts.append("".join(f"{line};\n" for line in told))
    parts += [f"{definition.rstrip()};\n" for definition in _lines(db, _FUNCTIONS)]
    return "\n".join(parts)


def digests() -> str:
    """Return a line for each migration: SHA-256 of the file, and its name."""
    steps = sorted(FOLDER.glob("[0-9]*.sql"))
    return "".join(f"{sha256(step.read_bytes()).hexdigest()}  {step.name}\n" for step in steps)


def _lines(db: psycopg.Connection[tuple[object, ...]], query: str, *parameters: object) -> list[str]:
    return [str(row[0]) for row in db.execute(query.encode(), parameters or None).fetchall()]


def main() -> None:
    """Print the description of the database that the first argument names."""
    with psycopg.connect(sys.argv[1]) as db:
        sys.stdout.write(describe(db))


if __name__ == "__main__":
    main()
