import { deepEqual, ok } from "node:assert/strict";
import { OF_OTHERS, OF_RESOURCES } from "../../policy/documents.ts";
import { ENCRYPTED, PUBLIC } from "../../policy/security.ts";
import { itJudges, of, packOfSuite, type Case } from "./policyCases.ts";
import { UNKNOWN } from "./plan.ts";
import { typesWith } from "./sdkTypes.ts";

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";

/** Blocks that one rule lets in, or a group by its own rules. */
const group = (...cidrBlocks: string[]): [string, Record<string, unknown>] => [
  GROUP,
  { ingress: [{ protocol: "tcp", fromPort: 5432, toPort: 5432, cidrBlocks }] },
];
const rule = (inputs: Record<string, unknown>): [string, Record<string, unknown>] => [
  RULE,
  { securityGroupId: "sg-1", ...inputs },
];

/** What is everybody, however it is written. */
const EVERYBODY = [
  ...["0.0.0.0/0", "0/0", "0.0.0.0/1", "128.0.0.0/1", "64.0.0.0/2", "8.0.0.0/7"],
  ...[
    "::/0",
    "0::0/0",
    "0:0:0:0:0:0:0:0/0",
    "2000::/3",
    "2000::/4",
    "2600::/12",
    "fc::/7",
    "fc00::/6",
  ],
];

/** Whom somebody knows. */
const SOMEBODY = [
  ...["10.0.0.0/8", "8.8.8.8/32", "172.16.0.0/12", "100.64.0.0/10"],
  ...["fc00::/7", "fd00::/8", "2001:db8::/32", "2600:1f00::/24"],
];

describe("policies of exposure", () => {
  const pack = packOfSuite();

  describe("the policy of security groups", () => {
    itJudges(pack, "no-public-security-group", [
      ...EVERYBODY.map((block) =>
        of(
          `a rule for ${block}`,
          ...rule(block.includes(":") ? { cidrIpv6: block } : { cidrIpv4: block }),
          `source of SecurityGroupIngressRule one is ${JSON.stringify(block)}`,
        ),
      ),
      of("a group for what is known", ...group(...SOMEBODY)),
      of("a rule for pods, or to the outside", OLD_RULE, {
        type: "egress",
        cidrBlocks: ["0.0.0.0/0"],
      }),
      of(
        "an old rule",
        OLD_RULE,
        { type: "ingress", cidrBlocks: ["0.0.0.0/0"] },
        'source of SecurityGroupRule one is "0.0.0.0/0"',
      ),
      of(
        "a group of halves, each of which is too much",
        ...group("0.0.0.0/1", "128.0.0.0/1"),
        'source of SecurityGroup one is "0.0.0.0/1"',
        'source of SecurityGroup one is "128.0.0.0/1"',
      ),
      of(
        "a group of blocks that are too much together",
        ...group("8.0.0.0/8", "10.0.0.0/8", "9.0.0.0/8"),
        'source of SecurityGroup one is ["8.0.0.0/8","10.0.0.0/8","9.0.0.0/8"]',
      ),
      {
        title: "two rules of a group that are too much together",
        resources: [rule({ cidrIpv4: "8.0.0.0/8" }), rule({ cidrIpv4: "9.0.0.0/8" })],
        expected: ['source of SecurityGroupIngressRule other1 is ["8.0.0.0/8","9.0.0.0/8"]'],
      },
      {
        title: "two rules of a group that has no id yet",
        resources: [
          rule({ cidrIpv4: "8.0.0.0/8", securityGroupId: UNKNOWN }),
          rule({ cidrIpv4: "9.0.0.0/8", securityGroupId: UNKNOWN }),
          [GROUP, { description: "ours" }],
        ],
        expected: ['source of SecurityGroupIngressRule other1 is ["8.0.0.0/8","9.0.0.0/8"]'],
      },
      {
        title: "the same rules of two groups",
        resources: [
          rule({ cidrIpv4: "8.0.0.0/8" }),
          rule({ cidrIpv4: "9.0.0.0/8", securityGroupId: "sg-2" }),
        ],
        expected: [],
      },
      of(
        "blocks that are no blocks",
        ...rule({ cidrIpv4: "8.8.8.8" }),
        'source of SecurityGroupIngressRule one is "8.8.8.8"',
      ),
      of(
        "a list of blocks, which may be all",
        ...rule({ prefixListId: "pl-1" }),
        'source of SecurityGroupIngressRule one is "pl-1"',
      ),
      of("a group without rules of its own", GROUP, { description: "none" }),
      of("a group whose rules are null", GROUP, { ingress: null }),
    ]);
  });

  describe("the policy of databases", () => {
    itJudges(pack, "no-public-database", [
      ...PUBLIC.map((type) =>
        of(`a public ${type}`, type, { publiclyAccessible: true }, "publiclyAccessible of "),
      ),
      of(
        "a Redshift of which AWS decides",
        "aws:redshift/cluster:Cluster",
        { nodeType: "ra3.large" },
        "publiclyAccessible of Cluster one is not set",
      ),
      of("a private Redshift", "aws:redshift/cluster:Cluster", { publiclyAccessible: false }),
    ]);

    it("covers every resource that can be public", () => {
      const types = typesWith(/^publiclyAccessible$/, /boolean/);
      ok(types.length > 10);
      deepEqual(types.toSorted(), PUBLIC.toSorted());
    });
  });

  describe("the policy of encryption", () => {
    const nested = (path: string, value: unknown): Record<string, unknown> => {
      const [name = "", rest] = path.split(".");
      return { [name]: rest === undefined ? value : { [rest]: value } };
    };
    itJudges(pack, "encryption-at-rest", [
      ...Object.entries(ENCRYPTED).flatMap(([type, [path, value]]): Case[] => {
        const [name = ""] = type.split(":").slice(-1);
        return [
          of(`${type} without ${path}`, type, { tags: {} }, `${path} of ${name} one is not set`),
          of(
            `${type} with another ${path}`,
            type,
            nested(path, "no"),
            `${path} of ${name} one is "no"`,
          ),
          of(`${type} with ${path}`, type, nested(path, value)),
        ];
      }),
      of(
        "an ElastiCache that cannot be encrypted",
        "aws:elasticache/cluster:Cluster",
        { engine: "redis" },
        "type of Cluster one is aws:elasticache/cluster:Cluster",
      ),
      of("an ElastiCache of a group that can", "aws:elasticache/cluster:Cluster", {
        replicationGroupId: "ours",
      }),
    ]);

    it("covers every resource with an input for encryption", () => {
      const types = typesWith(/^(storageEncrypted|encrypted|atRestEncryptionEnabled)$/, /boolean/);
      ok(types.length > 10);
      deepEqual(
        types.filter((type) => ENCRYPTED[type] === undefined),
        [],
      );
    });
  });

  describe("the policy of permissions", () => {
    it("covers every kind of resource policy", () => {
      const names = new RegExp(`^(${OF_RESOURCES.join("|")})$`);
      const named = typesWith(names, /string/);
      deepEqual(
        OF_OTHERS.filter((type) => !named.includes(type)),
        [],
      );
      // Whatever the SDK takes as a document is one by its name, too.
      const documents = typesWith(/./, /PolicyDocument/);
      ok(documents.length > 10);
      deepEqual(
        documents.filter((type) => !named.includes(type)),
        [],
      );
    });
  });
});
