import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** Makes a certificate for `localhost`, which is its own authority, in a folder: `cert.pem` and `key.pem`. */
export function makeCertificate(folder: string): Certificate {
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  openssl(folder, "req", "-x509", ...NEW_KEY, ...name, ...filesOf("cert", "key"), "-days", "2");
  return read(folder, "cert", "key");
}

/**
 * Has the authority that {@link makeCertificate} has made in a folder issue a certificate.
 *
 * @param name its names, such as `DNS:localhost,IP:127.0.0.1`
 * @param days until it expires; less than 0 for one that has expired
 */
export function issueCertificate(folder: string, name: string, days = 2): Certificate {
  const authority = ["-CA", "cert.pem", "-CAkey", "key.pem", "-CAcreateserial"];
  writeFileSync(join(folder, "names.conf"), `subjectAltName=${name}\n`);
  openssl(folder, "req", "-new", ...NEW_KEY, "-subj", "/CN=issued", ...filesOf("request", "own"));
  openssl(
    folder,
    ...["x509", "-req", "-in", "request.pem", "-out", "issued.pem", "-days", String(days)],
    ...["-extfile", "names.conf", ...authority],
  );
  return read(folder, "issued", "own");
}

function filesOf(out: string, key: string): string[] {
  return ["-out", `${out}.pem`, "-keyout", `${key}.pem`];
}

function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
}

function read(folder: string, cert: string, key: string): Certificate {
  const contentOf = (name: string): Buffer => readFileSync(join(folder, `${name}.pem`));
  return { cert: contentOf(cert), key: contentOf(key) };
}
