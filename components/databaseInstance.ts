import { wholeNumberFault, type Fault } from "../app/contract/fault.ts";
import type { Complete } from "./defaults.ts";

/** Factor by which storage may grow automatically when it is full. */
export const STORAGE_GROWTH = 4;

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html (gp3, PostgreSQL) */
const MIN_STORAGE_GIB = 20;
const MAX_STORAGE_GIB = 65_536 / STORAGE_GROWTH;

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html */
const MAX_BACKUP_DAYS = 35;

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html */
export const INSTANCE_CLASS = /^db\.[a-z0-9-]+\.[a-z0-9]+$/;

/** The RDS instance and its backups. */
export interface InstanceArgs {
  /** Major version of PostgreSQL, whose minor versions AWS installs, or a minor version. @default 18 */
  postgresVersion?: string | undefined;
  /** Instance class; `db.t4g.micro` costs USD 12 a month (us-east-1, 2026-11). @default db.t4g.micro */
  instanceClass?: string | undefined;
  /** Keeps a standby in another zone, which doubles the cost of instance and storage. @default false */
  multiAz?: boolean | undefined;
  /** Initial storage in GiB, from 20 to 16384, USD 0.115 a GiB and month (us-east-1, 2026-11). @default 20 */
  storageGiB?: number | undefined;
  /** Days for which daily backups are kept, at most until the database is deleted; 0 turns backups off. @default 1 */
  backupDays?: number | undefined;
  /** Takes a snapshot when the database is deleted, USD 0.095 a GiB and month (us-east-1, 2026-11). @default false */
  finalSnapshot?: boolean | undefined;
}

export const INSTANCE_DEFAULTS = {
  postgresVersion: "18",
  instanceClass: "db.t4g.micro",
  multiAz: false,
  storageGiB: 20,
  backupDays: 1,
  finalSnapshot: false,
} as const satisfies InstanceArgs;

/** Settings of an instance in which the defaults are set. */
export type Instance = Complete<InstanceArgs, typeof INSTANCE_DEFAULTS>;

/** What is wrong with an instance, which AWS would reject in the middle of an update. */
export function instanceFaults(args: Instance): Fault[] {
  const { backupDays, instanceClass, postgresVersion, storageGiB } = args;
  const faults = [
    !/^\d+(\.\d+)?$/.test(postgresVersion) && {
      name: "postgresVersion",
      got: postgresVersion,
      mustBe: "a major version of PostgreSQL, or one with its minor version",
      example: "18",
    },
    !INSTANCE_CLASS.test(instanceClass) && {
      name: "instanceClass",
      got: instanceClass,
      mustBe: "an RDS instance class",
      example: "db.t4g.micro",
    },
    wholeNumberFault("storageGiB", storageGiB, MIN_STORAGE_GIB, MAX_STORAGE_GIB),
    wholeNumberFault("backupDays", backupDays, 0, MAX_BACKUP_DAYS),
  ];
  return faults.filter((fault) => typeof fault === "object");
}
