import type { Client } from "pg";
import type { AppName } from "../../app/contract/catalogue.ts";
import { asSuperuser } from "./superuser.ts";

/**
 * Gives each app a role that can use only a schema of its own, which has its tables. Tables that earlier versions created
 * as superuser get the role as owner.
 *
 * @param url of the superuser
 * @param passwords of the roles, by app
 * @throws Error of PostgreSQL or of the connection
 */
export async function makeAppRoles(
  url: string,
  passwords: ReadonlyMap<AppName, string>,
): Promise<void> {
  await asSuperuser(url, async (client) => {
    await client.query("begin");
    await client.query(closeToOthers);
    for (const [app, password] of passwords) {
      await makeRole(client, app, password);
    }
    await client.query("commit");
  });
}

const closeToOthers = `
  do $$ begin execute format('revoke all on database %I from public', current_database()); end $$;
  revoke all on schema public from public`;

async function makeRole(client: Client, app: AppName, password: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [app]);
  await client.query(`
    ${rowCount === 0 ? `create role ${app};` : ""}
    alter role ${app} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
      password ${client.escapeLiteral(password)};
    alter role ${app} set search_path = ${app};
    create schema if not exists ${app} authorization ${app};
    do $$ begin execute format('grant connect on database %I to ${app}', current_database()); end $$`);
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename ~ $1",
    [`^${app}(_|$)`],
  );
  for (const name of rows.map((row) => client.escapeIdentifier(row.name))) {
    await client.query(`
      alter table public.${name} set schema ${app};
      alter table ${app}.${name} owner to ${app}`);
  }
}
