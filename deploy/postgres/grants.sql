-- Within one service's database: the service role reads and writes what its owner makes, and
-- nobody else may even connect. Variable: service.
\set owner :service _owner
revoke all on database :"service" from public;
grant connect on database :"service" to :"service";
revoke all on schema public from public;
grant all on schema public to :"owner";
grant usage on schema public to :"service";
alter default privileges for role :"owner" in schema public
    grant select, insert, update, delete on tables to :"service";
alter default privileges for role :"owner" in schema public
    grant usage, select on sequences to :"service";
