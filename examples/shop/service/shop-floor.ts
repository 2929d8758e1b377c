import type { FlagName, ServiceName } from "../layout.ts";
import type { Answer } from "./upstream.ts";

/** What a route's code may use. */
export interface ShopFloor {
  readonly call: (peer: ServiceName, method: "GET" | "POST", path: string, body?: unknown) => Promise<Answer>;
  readonly read: (key: string) => Promise<unknown>;
  readonly write: (key: string, value: unknown) => Promise<void>;
  readonly isOn: (flag: FlagName) => boolean;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly work: (ms: number) => Promise<void>;
}

interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** `/products/:id`: a part that begins with a colon matches anything but a slash. */
  readonly pattern: string;
  readonly answer: (request: RouteRequest, floor: ShopFloor) => Promise<unknown>;
}

export interface RouteMatch {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/** The first route that fits, with its parameters. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  const parts = path.split("/");
  for (const route of routes) {
    const params = route.method === method ? paramsOf(route.pattern.split("/"), parts) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, wanted] of pattern.entries()) {
    const part = parts[i] ?? "";
    if (wanted.startsWith(":")) params[wanted.slice(1)] = part;
    else if (wanted !== part) return undefined;
  }
  return params;
}
