import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * What PostgreSQL stores of a password. Computed here, so PostgreSQL never receives the password and cannot log it.
 *
 * Sources: https://www.postgresql.org/docs/current/catalog-pg-authid.html, https://www.rfc-editor.org/rfc/rfc5802#section-3
 *
 * @param user whose password it is
 * @param password of ASCII letters and digits, which need no normalization
 * @returns the same for the same arguments: the salt is derived from them, so nothing changes without a reason
 */
export function scramVerifier(user: string, password: string): string {
  const salt = hmac(Buffer.from(password), user).subarray(0, SALT_BYTES);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  const [saltText, storedText, serverText] = [salt, storedKey, hmac(salted, "Server Key")].map(
    (each) => each.toString("base64"),
  );
  return `SCRAM-SHA-256$${ITERATIONS}:${saltText}$${storedText}:${serverText}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
