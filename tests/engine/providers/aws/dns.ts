import { createHash, randomUUID } from "node:crypto";
import type { Cloud, Properties } from "../cloud.ts";
import { arn, firstOf, list, refuse, type Kind } from "./kind.ts";

export const RECORD = "aws:route53/record:Record";
const CERTIFICATE = "aws:acm/certificate:Certificate";
const LOAD_BALANCED = ["kubernetes:core/v1:Service", "kubernetes:networking.k8s.io/v1:Ingress"];

/** As Route 53 reports the only zone of the account. */
export const ZONE = { name: "example.com", privateZone: false };

export const DNS: Readonly<Record<string, Kind>> = {
  /** https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/acm/certificate.go */
  [CERTIFICATE]: {
    replacedBy: ["domainName", "validationMethod"],
    make: ({ domainName }, place) => {
      const id = arn(place, "acm", `certificate/${randomUUID()}`);
      // Depends only on account and domain.
      const token = createHash("sha256").update(`${place.cloud.accountId} ${String(domainName)}`);
      const option = {
        domainName,
        resourceRecordName: `_${token.digest("hex").slice(0, 32)}.${String(domainName)}.`,
        resourceRecordType: "CNAME",
        resourceRecordValue: "_value.acm-validations.aws.",
      };
      return { id, outputs: { arn: id, domainValidationOptions: [option] } };
    },
    keptBy: (id, _, cloud) =>
      firstOf(
        cloud,
        Object.fromEntries(
          LOAD_BALANCED.map((type) => [type, (outputs) => JSON.stringify(outputs).includes(id)]),
        ),
      ),
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    replacedBy: ["certificateArn", "validationRecordFqdns"],
    make: ({ certificateArn, validationRecordFqdns }, { cloud }) => {
      const { domainValidationOptions } = cloud.need(CERTIFICATE, certificateArn).outputs;
      const [asked] = domainValidationOptions as [{ resourceRecordName: string }];
      if (asked.resourceRecordName !== `${list(validationRecordFqdns).join("")}.`) {
        refuse(`missing DNS validation record: ${asked.resourceRecordName}`);
      }
      return { id: `issued ${String(certificateArn)}` };
    },
  },
  /** https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/route53/record.go */
  [RECORD]: {
    replacedBy: ["name", "zoneId"],
    make: (inputs, { cloud }) => {
      const { zoneId, type, setIdentifier, allowOverwrite } = inputs;
      const name = String(inputs.name);
      const id = [zoneId, name, type, setIdentifier].filter(Boolean).map(String).join("_");
      const others = recordsOf(cloud, name, type);
      const isSimple = setIdentifier === undefined;
      if (others.some((other) => (other.setIdentifier === undefined) !== isSimple)) {
        refuse(
          `InvalidChangeBatch: RRSet with DNS name ${name} cannot be created: a record with another routing policy exists`,
        );
      }
      if (
        others.some((other) => other.setIdentifier === setIdentifier) &&
        allowOverwrite !== true
      ) {
        refuse(
          `InvalidChangeBatch: Tried to create resource record set ${name}, but it already exists`,
        );
      }
      return { id, outputs: { fqdn: name } };
    },
  },
};

/** All records of the zone, as `ListResourceRecordSets` returns them. */
export function recordSets(cloud: Cloud): Properties[] {
  return cloud.all(RECORD).map(({ outputs: { name, type, setIdentifier } }) => ({
    name: `${String(name)}.`,
    type,
    setIdentifier,
  }));
}

function recordsOf(cloud: Cloud, name: string, type: unknown): Properties[] {
  return cloud
    .all(RECORD)
    .map(({ outputs }) => outputs)
    .filter((outputs) => outputs.name === name && outputs.type === type);
}
