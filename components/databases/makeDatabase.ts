/** Key of the lock that lets only one Job change the databases' privileges at a time; PostgreSQL rejects concurrent changes. */
const LOCK = 5_432_001;

/**
 * The statements that give a role a database of its own, in which only this role and the administrator can connect. psql runs them in
 * the administrator's own database, each in a transaction of its own. They can be run again, whatever statement an earlier run ended
 * at, and can change the password. PostgreSQL must be 16 or later, and the administrator needs CREATEDB and CREATEROLE.
 *
 * The role can log in only after all databases are closed to it, and its database accepts connections only after it is closed to others.
 *
 * @param name of both, with lower-case letters, digits and hyphens
 * @param verifier of the role's password
 */
export function makeDatabase(name: string, verifier: string): string[] {
  return [
    `do $$ begin perform pg_advisory_lock(${LOCK}); end $$;`,

    `do $$ begin
  if not exists (select from pg_roles where rolname = '${name}') then
    create role "${name}";
  end if;
end $$;`,

    // SET lets the administrator make the role the owner of a database, INHERIT lets it revoke privileges on that database.
    `grant "${name}" to current_user with set true, inherit true;`,

    // Nobody can be connected to template0, which would make the copy fail.
    `select 'create database "${name}" owner "${name}" template template0 allow_connections false'
where not exists (select from pg_database where datname = '${name}') \\gexec`,

    CLOSE_ALL,

    `alter database "${name}" allow_connections true;`,

    `alter role "${name}" login password '${verifier}';`,
  ];
}

/** PostgreSQL lets every role connect to every new database. Fails where another owner's database stays open. */
const CLOSE_ALL = `do $$
declare
  own_database text;
  open_databases text;
begin
  for own_database in select datname from pg_database where pg_has_role(datdba, 'usage') loop
    execute format('revoke all on database %I from public', own_database);
  end loop;
  select string_agg(quote_ident(datname), ', ' order by datname) into open_databases
    from pg_database where datallowconn and has_database_privilege('public', oid, 'connect');
  if open_databases is not null then
    raise exception 'every role can connect to %; its owner must revoke that from public', open_databases;
  end if;
end $$;`;
