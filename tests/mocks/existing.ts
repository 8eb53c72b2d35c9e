import type { MockSubnet } from "./account.ts";
import type { MockOptions } from "./mocks.ts";

export const VPC = "vpc-0a1b2c3d";

/** One of {@link VPC}, with the tag of its role. */
export function subnet(id: string, zone: string, role: "elb" | "internal-elb"): MockSubnet {
  const tags = { [`kubernetes.io/role/${role}`]: "1" };
  return {
    id: `subnet-0000000${id}`,
    vpcId: VPC,
    availabilityZone: `us-east-1${zone}`,
    availabilityZoneId: `use1-az-${zone}`,
    tags,
  };
}

const PUBLIC = [subnet("1", "a", "elb"), subnet("2", "b", "elb")] as const;
const PRIVATE = [subnet("3", "a", "internal-elb"), subnet("4", "b", "internal-elb")] as const;
export const SUBNETS = [...PUBLIC, ...PRIVATE];

/** The setting `network` that names them. */
export const NETWORK = {
  vpcId: VPC,
  publicSubnetIds: PUBLIC.map(({ id }) => id),
  privateSubnetIds: PRIVATE.map(({ id }) => id),
};

/** Issuer of the cluster's tokens. */
export const ISSUER = "https://oidc.eks.us-east-1.amazonaws.com/id/A1";

/** What AWS reports of the cluster `shared`. */
export const FACTS = {
  accessConfigs: [{ authenticationMode: "API_AND_CONFIG_MAP" }],
  certificateAuthorities: [{ data: "Y2VydA==" }],
  endpoint: "https://a1.example",
  identities: [{ oidcs: [{ issuer: ISSUER }] }],
  status: "ACTIVE",
  vpcConfig: { vpcId: VPC, clusterSecurityGroupId: "sg-of-cluster" },
};

/** An account with that cluster and network. */
export const CLOUD: MockOptions = {
  subnets: SUBNETS,
  clusters: { shared: "1.36", other: "1.35" },
  clusterFacts: FACTS,
};
