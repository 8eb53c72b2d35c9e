/** A request that is made over and over. */
export interface HttpRequest {
  /** Its name in reports, such as `POST /companies about 7KQ2`. */
  name: string;
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
}

/** Bypasses caches, whose responses would name the replica of an earlier request. */
const HEADERS = { "cache-control": "no-cache" };

/** The request for a resource. */
export function requestFor(url: string): HttpRequest {
  return { name: `GET ${new URL(url).pathname}`, method: "GET", url, headers: HEADERS };
}

/** The request about a key, which is only at `place`. */
export function requestAbout(url: string, place: string, key: string): HttpRequest {
  const [kind, field = ""] = place.split(/:(.*)/s);
  const about = `${new URL(url).pathname} about ${key}`;
  switch (kind) {
    case "header":
      return {
        name: `GET ${about}`,
        method: "GET",
        url,
        headers: { ...HEADERS, [field.toLowerCase()]: key },
      };
    case "query": {
      const withKey = new URL(url);
      withKey.searchParams.set(field, key);
      return { ...requestFor(withKey.href), name: `GET ${about}` };
    }
    case "json":
      // The body lacks other members, so the server refuses it and creates nothing.
      return {
        name: `POST ${about}`,
        method: "POST",
        url,
        headers: { ...HEADERS, "content-type": "application/json" },
        body: JSON.stringify({ [field]: key }),
      };
    default: {
      const below = new URL(url);
      below.pathname = `${below.pathname.replace(/\/+$/, "")}/${key}`;
      return requestFor(below.href);
    }
  }
}
