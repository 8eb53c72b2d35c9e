import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The given processes, the members of their process groups, and the descendants of all these. */
export function withRelatives(pids: ReadonlySet<number>): Set<number> {
  const all = new Set(pids);
  const processes = readProcesses();
  processes.filter(({ group }) => pids.has(group)).forEach(({ pid }) => all.add(pid));
  // Iterating over a set includes what is added to it meanwhile.
  for (const pid of all) {
    processes.filter(({ parent }) => parent === pid).forEach((child) => all.add(child.pid));
  }
  return all;
}

/** The other members of this process' group, which it leads. */
export function groupMembers(): number[] {
  return readProcesses()
    .filter(({ group, pid }) => group === process.pid && pid !== process.pid)
    .map(({ pid }) => pid);
}

interface Process {
  pid: number;
  parent: number;
  group: number;
}

/** The state of a process that has exited and whose parent has not noticed yet. */
const ZOMBIE = "Z";

/** All processes of this computer that run; on Linux from /proc, because small images have no `ps`. */
function readProcesses(): Process[] {
  if (!existsSync("/proc/self/stat")) {
    const columns = ["-A", "-o", "pid=,ppid=,pgid=,stat="];
    const lines = execFileSync("ps", columns, { encoding: "utf8" }).trim().split("\n");
    const running = lines.map((line) => line.trim().split(/\s+/));
    return running
      .filter(([, , , state = ""]) => !state.startsWith(ZOMBIE))
      .map(([pid, parent, group]) => ({
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
      }));
  }
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), ...relativesOf(entry) }));
}

function relativesOf(pid: string): Omit<Process, "pid"> {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === ZOMBIE
      ? { parent: 0, group: 0 }
      : { parent: Number(parent), group: Number(group) };
  } catch {
    return { parent: 0, group: 0 };
  }
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has exited.
  }
}
