import type * as pulumi from "@pulumi/pulumi";
import { eksZones } from "../components/network/zones.ts";
import type { Config } from "./config.ts";
import { checkHostedZone } from "./hostedZone.ts";
import { checkExistingCluster } from "./existingCluster.ts";
import { checkNetwork } from "./existingNetwork.ts";
import { checkCluster } from "./livingCluster.ts";
import type { GuardedSettings, LastUp } from "./lossGuard.ts";

/**
 * Checks the settings against AWS, before anything is created.
 *
 * @returns names of the zones of pods, and the ARN of the cluster's creator if it is known
 * @throws pulumi.RunError naming what AWS would reject in the middle of an update
 */
export async function checkCloud(
  config: Config,
  settings: GuardedSettings,
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<{ zones: string[]; creator: string | undefined }> {
  const { controlPlane, existingCluster, network } = config;
  await checkHostedZone(config, lastUp, opts);
  const zones =
    network.existing === undefined
      ? await eksZones(network.zones, lastUp?.zoneNames, opts)
      : await checkNetwork(network.existing, existingCluster?.name ?? config.name, opts);
  if (existingCluster !== undefined) {
    await checkExistingCluster(existingCluster.name, config, opts);
    return { zones, creator: undefined };
  }
  const creator = await checkCluster(settings, controlPlane.admins, lastUp, opts);
  return { zones, creator };
}
