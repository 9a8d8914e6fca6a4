#!/bin/bash
# Run once by the image of PostgreSQL, in its new and empty cluster: the node's roles, each with its own password, none
# with any attribute beyond login. `havre-node migrate` gives them their grants.
set -euo pipefail

for role in owner app sequencer worker eraser auditor; do
    # The password goes in by standard input: neither the command line nor the environment shows it.
    {
        printf '\\set password %s\n' "$(cat "/run/secrets/${role}_password")"
        printf 'CREATE ROLE havre_%s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'"'"'password'"'"';\n' "$role"
    } | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
done

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
ALTER DATABASE havre OWNER TO havre_owner;
REVOKE ALL ON DATABASE havre FROM PUBLIC;
GRANT CONNECT ON DATABASE havre TO
    havre_owner, havre_app, havre_sequencer, havre_worker, havre_eraser, havre_auditor;
SQL
