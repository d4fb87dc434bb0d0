-- Two roles for one database: clipcast_owner owns the tables and migrates; clipcast_app, which all
-- processes use, reads and writes rows and can change no table.
--
-- Run it as a superuser in Clipcast's own database, once, and again after manage.py restore:
--   psql --dbname clipcast --file scripts/roles.sql
-- then give each a password (\password clipcast_owner). docs/operators/database-roles.md tells the rest.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clipcast_owner') THEN
        CREATE ROLE clipcast_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clipcast_app') THEN
        CREATE ROLE clipcast_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO clipcast_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO clipcast_app', current_database());
END $$;

ALTER SCHEMA public OWNER TO clipcast_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO clipcast_app;

-- What is there already. A table's own sequences go with it.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
          AND relowner <> 'clipcast_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO clipcast_owner', found.name);
    END LOOP;
    FOR found IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'clipcast_owner'::regrole
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO clipcast_owner', found.name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clipcast_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clipcast_app;

-- What later migrations make.
ALTER DEFAULT PRIVILEGES FOR ROLE clipcast_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO clipcast_app;
ALTER DEFAULT PRIVILEGES FOR ROLE clipcast_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO clipcast_app;

-- Which migrations ran is the owner's to say.
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM clipcast_app;
