import type * as pulumi from "@pulumi/pulumi";
import { eksZones } from "../components/network/zones.ts";
import type { Config } from "./config.ts";
import { checkExistingCluster } from "./existingCluster.ts";
import { checkNetwork } from "./existingNetwork.ts";
import { checkCluster } from "./livingCluster.ts";
import type { GuardedSettings, LastUp } from "./lossGuard.ts";

/**
 * Asks AWS what only AWS knows, before anything is created.
 *
 * @returns names of the zones of pods, and the ARN of the cluster's creator if it is known
 * @throws pulumi.RunError naming what AWS would reject in the middle of an update
 */
export async function askCloud(
  config: Config,
  settings: GuardedSettings,
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<{ zones: string[]; creator: string | undefined }> {
  const { controlPlane, network } = config;
  await checkExistingCluster(config, opts);
  const zones =
    network.existing === undefined
      ? await eksZones(network.zones, lastUp?.zoneNames, opts)
      : await checkNetwork(network.existing, opts);
  const creator = await checkCluster(settings, controlPlane.admins, lastUp, opts);
  return { zones, creator };
}
