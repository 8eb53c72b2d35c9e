import { randomUUID } from "node:crypto";
import type { Properties } from "../cloud.ts";
import { DNS } from "./dns.ts";
import { arn, firstOf, globalArn, list, newId, refuse, type Kind } from "./kind.ts";

const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const REPOSITORY = "aws:ecr/repository:Repository";
const DATABASE = "aws:rds/instance:Instance";
const SUBNETS = "aws:rds/subnetGroup:SubnetGroup";
const PARAMETERS = "aws:rds/parameterGroup:ParameterGroup";
/** An image in a repository, and a database's last snapshot: no resources of the program. */
export const PUSHED = "pushed image";
export const SNAPSHOT = "final snapshot";

const isOf =
  (role: string) =>
  (outputs: Properties): boolean =>
    outputs.role === role;

const IAM: Readonly<Record<string, Kind>> = {
  [ROLE]: {
    replacedBy: ["name", "path"],
    named: { by: "name", max: 64 },
    make: ({ name }, place) => ({
      id: String(name),
      outputs: { arn: globalArn(place, `role/${String(name)}`) },
    }),
    keptBy: (id, _, cloud) => firstOf(cloud, { [ROLE_POLICY]: isOf(id), [ATTACHMENT]: isOf(id) }),
  },
  [ROLE_POLICY]: {
    replacedBy: ["name", "role"],
    named: { by: "name", max: 128 },
    make: ({ role, name }, { cloud }) => {
      cloud.need(ROLE, role);
      return { id: `${String(role)}:${String(name)}` };
    },
  },
  [ATTACHMENT]: {
    isPlace: true,
    replacedBy: ["policyArn", "role"],
    make: ({ role, policyArn }, { cloud, partition }) => {
      cloud.need(ROLE, role);
      if (!String(policyArn).startsWith(`arn:${partition}:iam::aws:policy/`)) {
        refuse(`NoSuchEntity: Policy ${String(policyArn)} does not exist`);
      }
      return { id: `${String(role)}/${String(policyArn)}` };
    },
  },
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
    replacedBy: ["url"],
    make: ({ url }, place) => {
      const id = globalArn(place, `oidc-provider/${String(url).replace("https://", "")}`);
      return { id, outputs: { arn: id } };
    },
  },
  "aws:kms/key:Key": {
    replacedBy: ["customerMasterKeySpec", "keyUsage", "multiRegion"],
    make: (_, place) => {
      const id = randomUUID();
      return { id, outputs: { keyId: id, arn: arn(place, "kms", `key/${id}`) } };
    },
  },
};

const RDS: Readonly<Record<string, Kind>> = {
  [DATABASE]: {
    replacedBy: ["dbName", "engine", "identifier", "kmsKeyId", "storageEncrypted", "username"],
    named: { by: "identifier", max: 63 },
    make: (inputs, place) => {
      const { identifier, dbSubnetGroupName, parameterGroupName, vpcSecurityGroupIds } = inputs;
      if (place.cloud.find(DATABASE, (other) => other.identifier === identifier)) {
        refuse(`DBInstanceAlreadyExists: ${String(identifier)}`);
      }
      place.cloud.need(SUBNETS, dbSubnetGroupName);
      const { family } = place.cloud.need(PARAMETERS, parameterGroupName).outputs;
      if (family !== `postgres${String(inputs.engineVersion).split(".")[0] ?? ""}`) {
        refuse(`InvalidParameterCombination: parameter group of ${String(family)}`);
      }
      list(vpcSecurityGroupIds).forEach((id) =>
        place.cloud.need("aws:ec2/securityGroup:SecurityGroup", id),
      );
      const address = `${String(identifier)}.c1.${place.region}.rds.${place.dnsSuffix}`;
      const outputs = { address, endpoint: `${address}:5432` };
      return {
        id: newId("db"),
        outputs: { ...outputs, arn: arn(place, "rds", `db:${String(identifier)}`) },
      };
    },
    change: (inputs, _, { outputs }) => {
      if (Number(inputs.engineVersion) < Number(outputs.engineVersion)) {
        refuse(`InvalidParameterCombination: Cannot upgrade to ${String(inputs.engineVersion)}`);
      }
      if (Number(inputs.allocatedStorage) < Number(outputs.allocatedStorage)) {
        refuse("InvalidParameterCombination: Requested storage is less than the current one");
      }
      return {};
    },
    keptBy: (_, { deletionProtection, skipFinalSnapshot, finalSnapshotIdentifier: snapshot }) => {
      const unnamed = skipFinalSnapshot !== true && snapshot === undefined;
      const missing = unnamed ? "its final snapshot, which has no identifier" : undefined;
      return deletionProtection === true ? "its deletion protection" : missing;
    },
    leaves: (_, { skipFinalSnapshot, finalSnapshotIdentifier }, cloud) => {
      if (skipFinalSnapshot !== true) {
        const key = String(finalSnapshotIdentifier);
        cloud.put({ type: SNAPSHOT, name: key, key, inputs: {}, outputs: {} });
      }
    },
  },
  [SUBNETS]: {
    replacedBy: ["name"],
    named: { by: "name", max: 255 },
    make: ({ name, subnetIds }, { cloud }) => {
      const zones = list(subnetIds).map(
        (id) => cloud.need("aws:ec2/subnet:Subnet", id).outputs.availabilityZone,
      );
      return new Set(zones).size < 2
        ? refuse("DBSubnetGroupDoesNotCoverEnoughAZs: two zones are needed")
        : { id: String(name) };
    },
    keptBy: (id, _, cloud) =>
      firstOf(cloud, { [DATABASE]: ({ dbSubnetGroupName }) => dbSubnetGroupName === id }),
  },
  [PARAMETERS]: {
    replacedBy: ["description", "family", "name"],
    named: { by: "name", max: 255 },
    make: ({ name }) => ({ id: String(name) }),
    keptBy: (id, _, cloud) =>
      firstOf(cloud, { [DATABASE]: ({ parameterGroupName }) => parameterGroupName === id }),
  },
};

const ECR: Readonly<Record<string, Kind>> = {
  [REPOSITORY]: {
    replacedBy: ["encryptionConfigurations", "name"],
    named: { by: "name", max: 256 },
    make: ({ name }, place) => {
      const host = `${place.cloud.accountId}.dkr.ecr.${place.region}.${place.dnsSuffix}`;
      const repositoryUrl = `${host}/${String(name)}`;
      return {
        id: String(name),
        outputs: { repositoryUrl, arn: arn(place, "ecr", `repository/${String(name)}`) },
      };
    },
    keptBy: (_, { forceDelete, repositoryUrl }, cloud) =>
      forceDelete === true
        ? undefined
        : firstOf(cloud, { [PUSHED]: ({ repository }) => repository === repositoryUrl }),
    leaves: (_, { repositoryUrl }, cloud) =>
      cloud
        .all(PUSHED)
        .filter(({ outputs }) => outputs.repository === repositoryUrl)
        .forEach(({ key }) => cloud.remove(PUSHED, key)),
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    isPlace: true,
    replacedBy: ["policy", "repository"],
    make: ({ repository }, { cloud }) => ({ id: cloud.need(REPOSITORY, repository).key }),
  },
};

export const SERVICES: Readonly<Record<string, Kind>> = {
  ...DNS,
  ...IAM,
  ...RDS,
  ...ECR,
  "aws:cloudwatch/logGroup:LogGroup": {
    replacedBy: ["logGroupClass", "name"],
    named: { by: "name", max: 512 },
    make: ({ name }, place) => ({
      id: String(name),
      outputs: { arn: arn(place, "logs", `log-group:${String(name)}`) },
    }),
  },
};
