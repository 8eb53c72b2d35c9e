import type { Client } from "pg";
import { asSuperuser } from "./superuser.ts";

/**
 * Gives each role a database of its own, to which no other role can connect. Databases of workloads that are not listed stay.
 *
 * @param url of the superuser
 * @param passwords by role
 * @throws Error of PostgreSQL or of the connection
 */
export async function makeOwnDatabases(
  url: string,
  passwords: ReadonlyMap<string, string>,
): Promise<void> {
  await asSuperuser(url, async (client) => {
    await client.query("revoke all on database template1 from public");
    for (const [role, password] of passwords) {
      await makeOwnDatabase(client, role, password);
    }
  });
}

async function makeOwnDatabase(client: Client, role: string, password: string): Promise<void> {
  const exists = async (catalogue: string, column: string): Promise<boolean> => {
    const { rowCount } = await client.query(`select from ${catalogue} where ${column} = $1`, [
      role,
    ]);
    return rowCount !== 0;
  };
  const name = client.escapeIdentifier(role);
  if (!(await exists("pg_roles", "rolname"))) {
    await client.query(`create role ${name}`);
  }
  await client.query(`
    alter role ${name} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
      password ${client.escapeLiteral(password)}`);
  // Cannot be part of a transaction.
  if (!(await exists("pg_database", "datname"))) {
    await client.query(`create database ${name} owner ${name}`);
  }
  await client.query(`revoke all on database ${name} from public`);
}
