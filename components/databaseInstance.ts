import { wholeNumberFault, type Fault } from "../app/contract/fault.ts";

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
  /** Major version of PostgreSQL, whose minor versions AWS installs, or a minor version. */
  postgresVersion: string;
  /** Instance class; `db.t4g.micro` costs USD 12 a month (us-east-1, 2026-11). */
  instanceClass: string;
  /** Keeps a standby in another zone, which doubles the cost of instance and storage. */
  multiAz: boolean;
  /** Initial storage in GiB, USD 0.115 a GiB and month (us-east-1, 2026-11). */
  storageGiB: number;
  /** Days for which daily backups are kept, at most until the database is deleted; 0 turns backups off. */
  backupDays: number;
  /** Takes a snapshot when the database is deleted, USD 0.095 a GiB and month (us-east-1, 2026-11). */
  finalSnapshot: boolean;
}

/** What is wrong with an instance, which AWS would reject in the middle of an update. */
export function instanceFaults(args: InstanceArgs): Fault[] {
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
