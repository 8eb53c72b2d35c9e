import { connect } from "node:net";

/** Longest time for a connection to the Kubernetes API, in milliseconds. */
const CONNECT_MS = 10_000;

/** Longest time for one of the endpoint's addresses if it has several, in milliseconds. */
const ADDRESS_MS = 4_000;

/**
 * Why this computer cannot connect to the endpoint of a Kubernetes API. Undefined if it can, or if that is unknown: the
 * Kubernetes provider connects through a proxy if there is one, and fails without delay if it cannot resolve the name.
 */
export function whyUnreachable(
  endpoint: string,
  proxy = process.env.HTTPS_PROXY ?? process.env.https_proxy,
): Promise<string | undefined> {
  if (proxy) {
    return Promise.resolve(undefined);
  }
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      autoSelectFamilyAttemptTimeout: ADDRESS_MS,
      signal: AbortSignal.timeout(CONNECT_MS),
    });
    socket.on("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", ({ code, name }: NodeJS.ErrnoException) => {
      const reason = name === "AbortError" ? `no answer in ${CONNECT_MS / 1000} s` : code;
      resolve(code === "ENOTFOUND" || code === "EAI_AGAIN" ? undefined : reason);
    });
  });
}
