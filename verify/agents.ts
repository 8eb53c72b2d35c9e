import { Agent } from "undici";

const agents = new Map<string | undefined, Agent>();

/** The agent whose connections come from an address; without one, the system chooses it. */
export function agentFor(source: string | undefined): Agent {
  let agent = agents.get(source);
  if (agent === undefined) {
    agent = new Agent(source === undefined ? {} : { localAddress: source });
    agents.set(source, agent);
  }
  return agent;
}

/** Why a request failed, in words. */
export function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message === "" ? String(code) : message;
}
