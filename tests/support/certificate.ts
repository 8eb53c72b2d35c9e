import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Makes a certificate for `localhost`, which is its own authority, in a folder: `cert.pem` and `key.pem`. */
export function makeCertificate(folder: string): { cert: Buffer; key: Buffer } {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", "key.pem", "-out", "cert.pem", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...name, ...files], {
    cwd: folder,
    stdio: "pipe",
  });
  const [cert, key] = ["cert.pem", "key.pem"].map((file) => readFileSync(join(folder, file)));
  return { cert: cert ?? Buffer.alloc(0), key: key ?? Buffer.alloc(0) };
}
