import { cut } from "../../app/contract/shown.ts";
import { createKeys } from "../choices.ts";
import { unreachable, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";
import { textOf } from "../replicaPlace.ts";
import { HttpClient } from "./client.ts";
import { requestAbout, requestFor } from "./request.ts";
import type { MakeVisit } from "./visit.ts";

/** Requires a response that names its replica: its status does not show which one answered. */
export async function reachByVisit(
  makeVisit: MakeVisit,
  { key, kind, replica: place, seed, url }: VerifyOptions,
): Promise<Obstacle | undefined> {
  const [probe = ""] = createKeys(1, seed);
  const request = key === undefined ? requestFor(url) : requestAbout(url, key, probe);
  const client = new HttpClient({ source: undefined, keepsCookies: true });
  try {
    const { location, replica, status } = await makeVisit(client, request);
    if (replica !== "" || place.from === "none") {
      return undefined;
    }
    const to = location === undefined ? "" : `, to ${cut(location)}`;
    const fault = {
      name: url,
      problem: `does not name its replica by ${textOf(place)} (status ${status}${to})`,
      mustBe: "a URL whose responses name the replica",
      fix: "pass --replica if they do it elsewhere (for example --replica json:replica)",
    };
    return { isUnnamed: true, fault };
  } catch (error) {
    const fault = {
      name: url,
      problem: unreachable(error),
      mustBe: `the URL of a server of kind ${kind}`,
    };
    return { isUnnamed: false, fault };
  }
}
