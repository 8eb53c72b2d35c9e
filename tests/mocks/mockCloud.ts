import { createHash } from "node:crypto";
import type { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks.js";
import { Rejection, type Cloud, type Properties } from "./account.ts";

/** Of the image that a resource of this name builds. */
export function digestOf(name: string): string {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** Makes a resource that only its remote parent knows, and gives a reference to it. */
export type AddChild = (type: string, name: string, state: Properties) => unknown;

/** What AWS or Kubernetes add to the inputs of a resource. */
type Outputs = (name: string, inputs: Properties, cloud: Cloud, child: AddChild) => Properties;

const none: Outputs = () => ({});

/** Pulumi names an object that has no name. */
const autonamed: Outputs = (name, { metadata }) => ({
  metadata: { name: `${name}-1234567`, ...(metadata as Properties | undefined) },
});

/** All types that the program may make; there are no others. */
const OUTPUTS: Readonly<Record<string, Outputs>> = {
  "aws:acm/certificate:Certificate": certificate,
  "aws:acm/certificateValidation:CertificateValidation": none,
  "aws:cloudwatch/logGroup:LogGroup": (_, { name }, cloud) => ({
    arn: arn(cloud, "logs", `log-group:${String(name)}`),
  }),
  "aws:ec2/securityGroup:SecurityGroup": none,
  "aws:ec2/vpcEndpoint:VpcEndpoint": none,
  "aws:eks/accessEntry:AccessEntry": none,
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": none,
  "aws:eks/addon:Addon": none,
  "aws:eks/fargateProfile:FargateProfile": none,
  "aws:iam/role:Role": (name, _, { partition, accountId }) => ({
    name: `${name}-1234567`,
    arn: `arn:${partition}:iam::${accountId}:role/${name}-1234567`,
  }),
  "aws:iam/rolePolicy:RolePolicy": none,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": none,
  "aws:kms/key:Key": (name, _, cloud) => ({ arn: arn(cloud, "kms", `key/${name}`) }),
  "aws:rds/instance:Instance": (name) => ({
    address: `${name}.rds.example`,
    endpoint: `${name}.rds.example:5432`,
  }),
  "aws:rds/parameterGroup:ParameterGroup": (name) => ({ name: `${name}-parameters` }),
  "aws:rds/subnetGroup:SubnetGroup": (name) => ({ name: `${name}-subnets` }),
  "aws:route53/record:Record": (_, { name }) => ({ fqdn: name }),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": none,
  "awsx:ec2:Vpc": vpc,
  "awsx:ecr:Repository": (_, { name }, { accountId, region }) => ({
    url: `${accountId}.dkr.ecr.${region}.amazonaws.com/${String(name)}`,
  }),
  "docker-build:index:Image": (name) => ({ digest: digestOf(name) }),
  "eks:index:Cluster": eksCluster,
  "kubernetes:apiregistration.k8s.io/v1:APIService": none,
  "kubernetes:apps/v1:Deployment": (_, { spec }, { controllerImage }) => ({
    // One that is only read has no inputs.
    spec: spec ?? { template: { spec: { containers: [{ image: controllerImage }] } } },
  }),
  "kubernetes:apps/v1:StatefulSet": none,
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": none,
  "kubernetes:batch/v1:Job": none,
  "kubernetes:core/v1:ConfigMap": autonamed,
  "kubernetes:core/v1:Namespace": none,
  "kubernetes:core/v1:Secret": autonamed,
  "kubernetes:core/v1:Service": (name, { spec }, { loadBalancers }) =>
    statusOf(
      loadBalancers && (spec as Properties).type === "LoadBalancer",
      `k8s-${name}.elb.example`,
    ),
  "kubernetes:core/v1:ServiceAccount": none,
  "kubernetes:helm.sh/v3:Release": none,
  "kubernetes:networking.k8s.io/v1:Ingress": (name, _, { loadBalancers }) =>
    statusOf(loadBalancers, `k8s-${name}.alb.example`),
  "kubernetes:policy/v1:PodDisruptionBudget": none,
  "pulumi:providers:aws": none,
  "pulumi:providers:kubernetes": none,
  "pulumi:pulumi:StackReference": (_name, _inputs, { lastUp }) => ({
    outputs: lastUp === undefined ? {} : { guardedSettings: lastUp },
  }),
  "random:index/randomId:RandomId": (name) => ({ hex: `hex-of-${name}`, dec: "1" }),
  "random:index/randomPassword:RandomPassword": (name) => ({ result: `password-of-${name}` }),
  "sockjs-sticky:index:AppImage": none,
  "sockjs-sticky:index:Certificate": none,
  "sockjs-sticky:index:Database": none,
  "sockjs-sticky:index:DatabaseAdmin": none,
  "sockjs-sticky:index:ExistingCluster": none,
  "sockjs-sticky:index:ExistingController": none,
  "sockjs-sticky:index:ExistingVpc": none,
  "sockjs-sticky:index:FargateCluster": none,
  "sockjs-sticky:index:KeyRouter": none,
  "sockjs-sticky:index:LoadBalancerController": none,
  "sockjs-sticky:index:PodExecutionRole": none,
  "sockjs-sticky:index:StickyApp": none,
  "sockjs-sticky:index:StickyIngress": none,
  "sockjs-sticky:index:StickyService": none,
  "sockjs-sticky:index:Vpc": none,
  "sockjs-sticky:index:Workload": none,
  "sockjs-sticky:index:WorkloadDatabase": none,
};

/** All questions that the program may ask AWS; there are no others. */
const ANSWERS: Readonly<Record<string, (inputs: Properties, cloud: Cloud) => Properties>> = {
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": (_, { accountId, region }) => ({
    userName: "AWS",
    password: "password-of-the-registry",
    proxyEndpoint: `https://${accountId}.dkr.ecr.${region}.amazonaws.com`,
  }),
  "aws:ec2/getSubnet:getSubnet": ({ id }, { subnets }) => {
    const subnet = subnets.find((each) => each.id === id);
    if (subnet === undefined) {
      throw new Error(`no matching EC2 Subnet found: ${String(id)}`);
    }
    return subnet;
  },
  "aws:ec2/getSubnets:getSubnets": ({ filters }, { subnets }) => {
    const [{ values }] = filters as [{ values: string[] }];
    return { ids: subnets.filter(({ vpcId }) => values.includes(vpcId)).map(({ id }) => id) };
  },
  "aws:ec2/getVpc:getVpc": (_, { dns }) => ({ enableDnsHostnames: dns, enableDnsSupport: dns }),
  "aws:eks/getAddonVersion:getAddonVersion": ({ addonName, kubernetesVersion }) => ({
    version: `v1-${String(addonName)}-for-${String(kubernetesVersion)}`,
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_, { zones, region }) => ({
    names: zones,
    region,
  }),
  "aws:eks/getCluster:getCluster": ({ name }, { clusters, clusterFacts }) => {
    const version = clusters[String(name)];
    if (version === undefined) {
      throw new Error(`ResourceNotFoundException: there is no cluster ${String(name)}`);
    }
    return { version, ...clusterFacts };
  },
  "aws:eks/getClusters:getClusters": (_, { clusters }) => ({
    names: Object.keys(clusters),
    region: "us-east-1",
  }),
  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": ({ url }, { oidcProvider }) => {
    if (!oidcProvider) {
      throw new Rejection(`finding IAM OIDC Provider by url (${String(url)}): not found`);
    }
    return {};
  },
  "aws:index/getCallerIdentity:getCallerIdentity": (_, { accountId, caller }) => ({
    accountId,
    arn: caller,
  }),
  "aws:index/getPartition:getPartition": (_, { partition }) => ({ partition }),
  "aws:index/getRegion:getRegion": (_, { region }) => ({ region }),
  "aws:lb/getHostedZoneId:getHostedZoneId": ({ loadBalancerType }) => ({
    id: `Z-${String(loadBalancerType)}`,
  }),
  "aws:route53/getRecords:getRecords": ({ nameRegex }, { records }) => ({
    resourceRecordSets: records.filter(({ name }) => new RegExp(String(nameRegex)).test(name)),
  }),
  "aws:route53/getZone:getZone": (_, { zone }) => {
    if (zone === undefined) {
      throw new Rejection("couldn't find resource");
    }
    return zone;
  },
  "pulumi:pulumi:readStackResourceOutputs": (_, { urns }) => ({
    outputs: Object.fromEntries(
      urns.map((urn) => {
        const [types, name] = urn.split("::").slice(2);
        return [urn, { type: types?.split("$").at(-1), outputs: { name } }];
      }),
    ),
  }),
};

export function stateOf(args: MockResourceArgs, cloud: Cloud, child: AddChild): Properties {
  const outputs = OUTPUTS[args.type];
  if (outputs === undefined) {
    throw new Error(`no test expects a resource of type ${args.type}: ${args.name}`);
  }
  const inputs = args.inputs as Properties;
  return { ...inputs, ...outputs(args.name, inputs, cloud, child) };
}

export function answerTo(args: MockCallArgs, cloud: Cloud): Properties {
  const answer = ANSWERS[args.token];
  if (answer === undefined) {
    throw new Error(`no test expects a call of ${args.token}`);
  }
  return answer(args.inputs as Properties, cloud);
}

function vpc(name: string, inputs: Properties, _: Cloud, child: AddChild): Properties {
  const kinds = ["private", "public"];
  const zones = inputs.availabilityZoneNames as string[];
  const subnets = kinds.flatMap((kind) => zones.map((_zone, n) => `${name}-${kind}-${n + 1}`));
  const children = (type: string): unknown[] => subnets.map((subnet) => child(type, subnet, {}));
  return {
    vpcId: `${name}-vpc-id`,
    privateSubnetIds: subnets.filter((subnet) => subnet.includes("-private-")),
    publicSubnetIds: subnets.filter((subnet) => subnet.includes("-public-")),
    routeTables: children("aws:ec2/routeTable:RouteTable"),
    routes: children("aws:ec2/route:Route"),
    routeTableAssociations: children("aws:ec2/routeTableAssociation:RouteTableAssociation"),
  };
}

/** ACM asks for the same record for each certificate of a name. */
function certificate(name: string, { domainName }: Properties, cloud: Cloud): Properties {
  const option = {
    domainName,
    resourceRecordName: `_token.${String(domainName)}.`,
    resourceRecordType: "CNAME",
    resourceRecordValue: "_value.acm-validations.aws.",
  };
  return {
    arn: arn(cloud, "acm", `certificate/${name}`),
    domainValidationOptions: [option],
  };
}

/** As the API server writes it. */
function statusOf(isBalanced: boolean, hostname: string): Properties {
  return { status: { loadBalancer: isBalanced ? { ingress: [{ hostname }] } : {} } };
}

/** Neighbours of what the program wants have other values, so that a mix-up shows. */
function eksCluster(name: string, { name: given }: Properties, cloud: Cloud, child: AddChild) {
  const issuer = `oidc.eks.${cloud.region}.amazonaws.com/id/${name}`;
  return {
    eksCluster: child("aws:eks/cluster:Cluster", `${name}-eksCluster`, {
      name: given,
      vpcConfig: { clusterSecurityGroupId: `sg-of-eks-${name}` },
    }),
    clusterSecurityGroupId: `sg-of-component-${name}`,
    kubeconfig: { clusterOf: name },
    kubeconfigJson: JSON.stringify({ clusterOf: name }),
    oidcIssuer: issuer,
    oidcProviderUrl: `https://${issuer}`,
    oidcProviderArn: `arn:${cloud.partition}:iam::${cloud.accountId}:oidc-provider/${issuer}`,
  };
}

function arn({ partition, region, accountId }: Cloud, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}
