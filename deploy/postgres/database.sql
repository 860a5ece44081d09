-- One service's roles and database, on any database of the server. From the environment: SERVICE,
-- OWNER_PASSWORD, SERVICE_PASSWORD. The statements are not logged: they hold passwords.
\getenv service SERVICE
\getenv owner_password OWNER_PASSWORD
\getenv service_password SERVICE_PASSWORD
\set owner :service _owner
set log_statement = 'none';
set log_min_error_statement = 'panic';
set password_encryption = 'scram-sha-256';

select format('create role %I login', name)
from unnest(array[:'owner', :'service']) as name
where not exists (select from pg_roles where rolname = name)
\gexec
alter role :"owner" password :'owner_password';
alter role :"service" password :'service_password';

select format('create database %I owner %I encoding ''UTF8'' template template0', :'service', :'owner')
where not exists (select from pg_database where datname = :'service')
\gexec
