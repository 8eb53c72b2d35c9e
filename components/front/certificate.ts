import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { certificateToCreate, type CertificateArgs, type TlsArgs } from "./tls.ts";

/** Longest time for the validation: it usually takes some minutes, and never ends if the zone is not delegated. */
const VALIDATION_TIMEOUT = "15m";

/** Time for which resolvers may keep the record, in seconds. */
const RECORD_TTL = 300;

/**
 * A public ACM certificate for one DNS name, free of charge. AWS renews it while a load balancer uses it and its
 * validation record exists.
 *
 * The record depends only on the name and the account, so all certificates for the name share it, also those of other
 * stacks and regions. It therefore outlives the component.
 *
 * Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
 */
export class Certificate extends pulumi.ComponentResource {
  /** Known when the certificate has been issued. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Certificate", name, {}, opts);
    const inParent = { parent: this };
    const certificate = new aws.acm.Certificate(
      name,
      { domainName: args.dnsName, validationMethod: "DNS" },
      inParent,
    );
    // There is one option for each name of a certificate.
    const asked = certificate.domainValidationOptions.apply(([option]) => {
      if (option === undefined) {
        throw new pulumi.ResourceError(`ACM asks for no record of ${args.dnsName}`, this);
      }
      return option;
    });
    const record = new aws.route53.Record(
      `${name}-validation`,
      {
        zoneId: args.hostedZoneId,
        // The provider stores it without the final dot.
        name: asked.apply(({ resourceRecordName }) => resourceRecordName.replace(/\.$/, "")),
        type: asked.resourceRecordType,
        records: [asked.resourceRecordValue],
        ttl: RECORD_TTL,
        allowOverwrite: true,
      },
      { parent: this, retainOnDelete: true },
    );
    const validation = new aws.acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this, customTimeouts: { create: VALIDATION_TIMEOUT } },
    );
    this.arn = validation.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}

/**
 * ARN of a load balancer's certificate: the existing one, or one created for its DNS name. Undefined without TLS. The created
 * one has the DNS name as its name in the stack, so it stays when another workload gets the DNS name.
 */
export function certificateFor(
  tls: TlsArgs,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Input<string> | undefined {
  const args = certificateToCreate(tls);
  return args === undefined ? tls.certificateArn : new Certificate(args.dnsName, args, opts).arn;
}
