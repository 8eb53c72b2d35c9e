export type Properties = Record<string, unknown>;

/** What AWS reports of a subnet. */
export interface MockSubnet extends Properties {
  id: string;
  vpcId: string;
  availabilityZone: string;
  availabilityZoneId: string;
  tags: Record<string, string>;
}

/** Where the mocked program runs. */
export interface Cloud {
  partition: string;
  region: string;
  accountId: string;
  /** Names of the zones that AWS answers with. */
  zones: string[];
  /** ARN of whose credentials the program has. */
  caller: string;
  /** Version of Kubernetes of each cluster that is there before the program runs, by name. */
  clusters: Readonly<Record<string, string>>;
  /** What else AWS reports of each of them. */
  clusterFacts: Properties;
  /** Whether IAM trusts the issuer of their tokens. */
  oidcProvider: boolean;
  /** Image of a load balancer controller that is there. */
  controllerImage: string;
  /** Subnets that are there before the program runs. */
  subnets: readonly MockSubnet[];
  /** Whether their VPC has DNS support and DNS hostnames. */
  dns: boolean;
  /** The hosted zone that is there. */
  zone: { name: string; privateZone: boolean } | undefined;
  /** Its records. */
  records: readonly { name: string; type: string; setIdentifier?: string }[];
  /** What the stack's last `pulumi up` left. */
  lastUp?: Properties;
  /** URNs of the resources that the stack has. */
  urns: readonly string[];
  /** Whether there are the load balancers that Services and Ingresses ask for; where not, their status is empty. */
  loadBalancers: boolean;
}

export const CLOUD: Cloud = {
  partition: "aws",
  region: "us-east-1",
  accountId: "111122223333",
  zones: ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"],
  caller: "arn:aws:sts::111122223333:assumed-role/deployer/ada",
  clusters: {},
  clusterFacts: {},
  oidcProvider: true,
  controllerImage: "public.ecr.aws/eks/aws-load-balancer-controller:v2.9.0",
  subnets: [],
  dns: true,
  zone: { name: "example.com", privateZone: false },
  records: [],
  urns: [],
  loadBalancers: true,
};

/** What AWS answers to a question that it rejects, as the engine passes it on. */
export class Rejection extends Error {
  get details(): string {
    return this.message;
  }
}
