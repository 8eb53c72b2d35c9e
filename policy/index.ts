import type { Policies } from "@pulumi/policy";
import { drain } from "./drain.ts";
import { images } from "./images.ts";
import { logGroups, logRetention, tags } from "./operations.ts";
import {
  clusterBeforePods,
  controllerBeforeLoadBalancers,
  loadBalancerBeforePods,
  permissionsBeforeController,
} from "./order.ts";
import { noWildcards } from "./permissions.ts";
import { plainEnvironment } from "./plainSecrets.ts";
import { restrictedNamespaces } from "./pods.ts";
import { encryption, noNodes, noPublicDatabase } from "./security.ts";
import { noPublicSecurityGroup } from "./securityGroups.ts";
import { ofPlanned, unfailing } from "./stack.ts";
import { browsersStay, clientsStay, keysStay } from "./stickiness.ts";

/** The policies of `npm run preview`, which fails on every violation. */
export const policies: Policies = [
  clientsStay,
  browsersStay,
  keysStay,
  drain,

  controllerBeforeLoadBalancers,
  permissionsBeforeController,
  loadBalancerBeforePods,
  clusterBeforePods,

  noWildcards,
  noPublicDatabase,
  noPublicSecurityGroup,
  noNodes,
  encryption,
  images,
  restrictedNamespaces,
  plainEnvironment,

  logRetention,
  logGroups,
  tags,
].map((policy) => unfailing(ofPlanned(policy)));
