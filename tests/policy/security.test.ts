import { itFinds, type Mutation } from "./mutations.ts";
import { UNKNOWN } from "./plan.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";
const CONTAINER = ["spec", "template", "spec", "containers", 0];
const INTO_SECRET = "put it into a Secret and take it from there by envFrom or secretKeyRef";

const found = (policy: string, of: string, says: string): Mutation["expected"] => [
  { policy, of, says },
];

describe("policies of security find", () => {
  itFinds([
    {
      title: "a database with a public address",
      stack: "dev",
      change: (plan) => plan.put(plan.one("Instance"), ["publiclyAccessible"], true),
      expected: found(
        "no-public-database",
        "sockjs-sticky-dev",
        "publiclyAccessible of Instance sockjs-sticky-dev is true; it must be false, because a public database invites password guessing; set it to false; pods reach the database inside the VPC",
      ),
    },
    {
      title: "a database of which AWS decides whether it is public",
      stack: "prod",
      change: (plan) => plan.put(plan.one("Instance"), ["publiclyAccessible"], undefined),
      expected: found(
        "no-public-database",
        "sockjs-sticky-prod",
        "publiclyAccessible of Instance sockjs-sticky-prod is not set; it must be false, because a public database invites password guessing; set it to false; pods reach the database inside the VPC",
      ),
    },
    {
      title: "a rule that lets everybody in",
      stack: "dev",
      change: (plan) => plan.put(plan.one("SecurityGroupIngressRule"), ["cidrIpv4"], "0.0.0.0/0"),
      expected: found(
        "no-public-security-group",
        "sockjs-sticky-dev",
        'source of SecurityGroupIngressRule sockjs-sticky-dev is "0.0.0.0/0"; it must be a security group, or a block that is not everybody; name who may connect',
      ),
    },
    {
      title: "a security group that lets everybody in",
      stack: "dev",
      change: (plan) =>
        plan.put(
          plan.one("SecurityGroup"),
          ["ingress"],
          [{ protocol: "tcp", fromPort: 5432, toPort: 5432, ipv6CidrBlocks: ["::/0"] }],
        ),
      expected: found(
        "no-public-security-group",
        "sockjs-sticky-dev",
        'source of SecurityGroup sockjs-sticky-dev is "::/0"; it must be a security group, or a block that is not everybody; name who may connect',
      ),
    },
    {
      title: "a node",
      stack: "dev",
      change: (plan) =>
        plan.add("aws:eks/nodeGroup:NodeGroup", { clusterName: "apps" }, plan.one("SecurityGroup")),
      expected: found(
        "no-public-node",
        "added",
        "type of NodeGroup added is aws:eks/nodeGroup:NodeGroup; it must be a Fargate profile; remove it, or give its eks.Cluster skipDefaultNodeGroup: true",
      ),
    },
    {
      title: "a database that is not encrypted",
      stack: "dev",
      change: (plan) => plan.put(plan.one("Instance"), ["storageEncrypted"], undefined),
      expected: found(
        "encryption-at-rest",
        "sockjs-sticky-dev",
        "storageEncrypted of Instance sockjs-sticky-dev is not set; it must be true; set it to true, which AWS allows only at creation",
      ),
    },
    {
      title: "encryption of which nobody knows before up",
      stack: "dev",
      change: (plan) => plan.put(plan.one("Instance"), ["storageEncrypted"], UNKNOWN),
      expected: found(
        "encryption-at-rest",
        "sockjs-sticky-dev",
        "storageEncrypted of Instance sockjs-sticky-dev is known only after pulumi up; it must be true; set it to true, which AWS allows only at creation",
      ),
    },
    {
      title: "a file system that is not encrypted",
      stack: "dev",
      change: (plan) =>
        plan.add("aws:efs/fileSystem:FileSystem", { encrypted: false }, plan.one("SecurityGroup")),
      expected: found(
        "encryption-at-rest",
        "added",
        "encrypted of FileSystem added is false; it must be true; set it to true, which AWS allows only at creation",
      ),
    },
    {
      title: "a namespace that takes any pod",
      stack: "dev",
      change: (plan) =>
        plan.put(plan.one("Namespace", "echo"), ["metadata", "labels", ENFORCE], "baseline"),
      expected: found(
        "restricted-namespaces",
        "echo",
        `label ${ENFORCE} of Namespace echo is "baseline"; it must be "restricted"; add the label, even if no pods are to run there`,
      ),
    },
    {
      title: "a namespace that says nothing of pods",
      stack: "dev",
      change: (plan) =>
        plan.put(
          plan.one("Namespace", "sockjs-sticky-dev-logging"),
          ["metadata", "labels", ENFORCE],
          undefined,
        ),
      expected: found(
        "restricted-namespaces",
        "sockjs-sticky-dev-logging",
        `label ${ENFORCE} of Namespace sockjs-sticky-dev-logging is not set; it must be "restricted"; add the label, even if no pods are to run there`,
      ),
    },
    ...["registry.example/echo:1.0", "registry.example/echo@sha256:1234"].map(
      (image): Mutation => ({
        title: `the image ${image}`,
        stack: "dev",
        change: (plan) => plan.put(plan.one("Deployment", "echo"), [...CONTAINER, "image"], image),
        expected: found(
          "images-by-digest",
          "echo",
          `image of container echo in Deployment echo is ${JSON.stringify(image)}; it must be NAME@sha256:DIGEST, or the imageUri of an AppImage; set it to the digest that docker buildx imagetools inspect prints`,
        ),
      }),
    ),
    {
      title: "an unknown image that the program does not build",
      stack: "staging",
      change: (plan) =>
        plan.put(plan.one("Deployment", "company-router"), [...CONTAINER, "image"], UNKNOWN),
      expected: found(
        "images-by-digest",
        "company-router",
        "image of container haproxy in Deployment company-router is known only after pulumi up; it must be NAME@sha256:DIGEST, or the imageUri of an AppImage; set it to the digest that docker buildx imagetools inspect prints",
      ),
    },
    ...["PGPASSWORD", "DB_PASS", "PGPASS", "SIGNING_KEY", "CLIENT_SECRET"].map(
      (name): Mutation => ({
        title: `a ${name} in a plain environment, without telling it`,
        stack: "dev",
        change: (plan) =>
          plan.put(plan.one("Deployment", "company"), [...CONTAINER, "env", 0], {
            name,
            value: "opensesame",
          }),
        expected: found(
          "no-plain-secrets",
          "company",
          `environment ${name} of container company in Deployment company is a secret in plain text; it must be an entry of a Secret; ${INTO_SECRET}`,
        ),
      }),
    ),
    {
      title: "a URL with a password, whatever its name",
      stack: "staging",
      change: (plan) =>
        plan.put(plan.one("StatefulSet", "company"), [...CONTAINER, "env", 0], {
          name: "STORE",
          value: "postgres://app:opensesame@db.example/app",
        }),
      expected: found(
        "no-plain-secrets",
        "company",
        `environment STORE of container company in StatefulSet company is a secret in plain text; it must be an entry of a Secret; ${INTO_SECRET}`,
      ),
    },
    {
      title: "a value of which nobody knows before up whether it is a secret",
      stack: "dev",
      change: (plan) =>
        plan.put(plan.one("Deployment", "company"), [...CONTAINER, "env", 0], {
          name: "STORE",
          value: UNKNOWN,
        }),
      expected: found(
        "no-plain-secrets",
        "company",
        `environment STORE of container company in Deployment company is known only after pulumi up; it must be plain values, which every preview can check for secrets; ${INTO_SECRET}`,
      ),
    },
    {
      title: "a private key in a ConfigMap",
      stack: "staging",
      change: (plan) =>
        plan.put(
          plan.one("ConfigMap", "company-router"),
          ["data", "site.pem"],
          "-----BEGIN RSA PRIVATE KEY-----\nMII",
        ),
      expected: found(
        "no-plain-secrets",
        "company-router",
        `entry site.pem of ConfigMap company-router is a secret in plain text; it must be an entry of a Secret; ${INTO_SECRET}`,
      ),
    },
  ]);
});
