import { visitHttp } from "./http/httpVisit.ts";
import type { Obstacle } from "./obstacle.ts";
import type { VerifyOptions } from "./options.ts";
import type { ReplicaPlace } from "./replicaPlace.ts";
import { reachSocketio } from "./socketio/reachSocketio.ts";
import { createSocketioSubjects } from "./socketio/socketioSubjects.ts";
import { TRANSPORTS as SOCKETIO_TRANSPORTS } from "./socketio/transports.ts";
import { reachSockjs } from "./sockjs/reachSockjs.ts";
import { createSockjsSubjects } from "./sockjs/sockjsSubjects.ts";
import { TRANSPORTS } from "./sockjs/transport.ts";
import { visitSse } from "./sse/sseVisit.ts";
import type { Subject } from "./subject.ts";
import type { TallyOptions } from "./tally.ts";
import { reachByVisit } from "./visits/reachByVisit.ts";
import type { MakeVisit } from "./visits/visit.ts";
import { createVisitSubjects } from "./visits/visitSubjects.ts";
import { visitWebSocket } from "./websocket/webSocketVisit.ts";

export const KIND_NAMES = ["sockjs", "socketio", "websocket", "sse", "http"] as const;
export type KindName = (typeof KIND_NAMES)[number];

export const SCENARIOS = ["steady", "reconnect", "fallback", "rollout", "scale", "soak"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What can be verified, and how. */
export interface Kind {
  protocols: readonly ("http:" | "https:" | "ws:" | "wss:")[];
  /** Empty if there is only one. */
  transports: readonly string[];
  scenarios: readonly Scenario[];
  /** Places of keys; empty for none, and no cookies. */
  keys: readonly ("path" | "query" | "header" | "json")[];
  replicas: readonly ReplicaPlace["from"][];
  /** Checks whether anything can be verified at the URL. */
  reach: (options: VerifyOptions) => Promise<Obstacle | undefined>;
  createSubjects: (
    options: VerifyOptions,
    common: Omit<TallyOptions, "session">,
  ) => readonly Subject[];
}

/** A kind whose clients open a connection for each visit. */
function visiting(
  makeVisit: (options: VerifyOptions) => MakeVisit,
): Omit<Kind, "protocols" | "keys"> {
  return {
    transports: [],
    scenarios: ["steady", "rollout", "scale", "soak"],
    replicas: ["header", "json", "body", "cookie", "none"],
    reach: (options) => reachByVisit(makeVisit(options), options),
    createSubjects: (options, common) => createVisitSubjects(makeVisit(options), options, common),
  };
}

/** Everything that can be verified. */
export const KINDS: Record<KindName, Kind> = {
  sockjs: {
    protocols: ["http:", "https:"],
    transports: TRANSPORTS,
    scenarios: ["steady", "reconnect", "fallback", "rollout", "soak"],
    keys: [],
    replicas: ["header", "none"],
    reach: reachSockjs,
    createSubjects: createSockjsSubjects,
  },
  socketio: {
    protocols: ["http:", "https:"],
    transports: SOCKETIO_TRANSPORTS,
    scenarios: ["steady", "reconnect", "soak"],
    keys: ["query", "header"],
    replicas: ["header", "json", "body", "cookie", "none"],
    reach: reachSocketio,
    createSubjects: createSocketioSubjects,
  },
  websocket: {
    protocols: ["ws:", "wss:"],
    keys: ["path", "query", "header"],
    ...visiting(({ echo, replica }) => visitWebSocket(replica, echo)),
  },
  sse: {
    protocols: ["http:", "https:"],
    keys: ["path", "query", "header"],
    ...visiting(({ replica }) => visitSse(replica)),
  },
  http: {
    protocols: ["http:", "https:"],
    keys: ["path", "query", "header", "json"],
    ...visiting(({ replica }) => visitHttp(replica)),
  },
};
