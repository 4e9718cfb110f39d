-- The audit table. Run at every start, by the owner, over the local socket; makes what is not there.
-- Who the roles are and what their passwords are is entrypoint.sh's; how a row is sealed is audit.py's.

SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS plpython3u;
CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE IF NOT EXISTS audit.record (
    id        bigint      PRIMARY KEY,
    at        timestamptz NOT NULL,
    author    text        NOT NULL,
    content   bytea       NOT NULL CHECK (octet_length(content) <= 65536),
    -- The author's own signature over the content; whose key it was is the author's affair.
    signature bytea       NOT NULL CHECK (octet_length(signature) <= 8192),
    -- The digest of the row before, and the seal over all of it.
    previous  bytea       NOT NULL,
    seal      bytea       NOT NULL
);

-- Microseconds since 1970: what is sealed must not depend on how a session writes dates. (The parameter needs its
-- name: PostgreSQL 17 dumps a nameless one beside a named one as "", which nobody can restore.)
CREATE OR REPLACE FUNCTION audit.micros(at timestamptz, OUT micros bigint) IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
    RETURN (extract(epoch FROM at) * 1000000)::bigint;

-- SECURITY DEFINER, because the last row is read with the owner's eyes.
CREATE OR REPLACE FUNCTION audit.seal() RETURNS trigger LANGUAGE plpython3u SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS
$$
import audit
return audit.seal_new(TD, plpy, GD)
$$;

CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit.record only grows: % is refused', TG_OP; END $$;

CREATE OR REPLACE TRIGGER seal BEFORE INSERT ON audit.record
    FOR EACH ROW EXECUTE FUNCTION audit.seal(:'key');
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.record
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.seal(), audit.refuse() FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO api, backup;
GRANT SELECT, INSERT (content, signature) ON audit.record TO api;
GRANT SELECT ON audit.record TO backup;
