import type * as pulumi from "@pulumi/pulumi";
import type { StackCluster } from "../cluster/cluster.ts";
import { Database, type DatabaseArgs } from "../database.ts";
import { DatabaseAdmin } from "./databaseAdmin.ts";
import { WorkloadDatabase } from "./workloadDatabase.ts";

export interface WorkloadDatabasesArgs extends DatabaseArgs {
  cluster: StackCluster;
  /** An official image of PostgreSQL, whose psql creates databases. */
  psqlImage: string;
}

/** Where a workload stores data: nowhere, in the database that the built-in apps share, or in one of its own. */
export type Storage = "none" | "shared" | "own";

/** How a workload connects to its database. */
interface Connection {
  /** URL with user and password, secret. @default - the workload stores nothing */
  url?: pulumi.Output<string>;
  /** What the workload must depend on. */
  needs: pulumi.Resource[];
}

/** The databases of a stack's workloads, all on one RDS instance, which exists if a workload stores data. */
export class WorkloadDatabases {
  readonly #name: string;
  readonly #args: WorkloadDatabasesArgs;
  readonly #onAws: pulumi.ComponentResourceOptions;
  readonly #inCluster: pulumi.ComponentResourceOptions;
  #server: Database | undefined;
  #admin: DatabaseAdmin | undefined;

  /**
   * @param onAws options of the RDS instance
   * @param inCluster options of what creates databases on it
   */
  constructor(
    name: string,
    args: WorkloadDatabasesArgs,
    onAws: pulumi.ComponentResourceOptions,
    inCluster: pulumi.ComponentResourceOptions,
  ) {
    this.#name = name;
    this.#args = args;
    this.#onAws = onAws;
    this.#inCluster = inCluster;
  }

  /** The database of a workload. */
  of(workload: string, storage: Storage): Connection {
    if (storage === "none") {
      return { needs: [] };
    }
    this.#server ??= new Database(this.#name, this.#args, this.#onAws);
    if (storage === "shared") {
      return { url: this.#server.url, needs: [this.#server] };
    }
    const { cluster, psqlImage: image } = this.#args;
    this.#admin ??= new DatabaseAdmin(this.#name, { database: this.#server }, this.#inCluster);
    const own = new WorkloadDatabase(
      workload,
      { admin: this.#admin, cluster, image },
      { ...this.#inCluster, dependsOn: cluster.workloadPods },
    );
    return { url: own.url, needs: [own] };
  }
}
