import { randomUUID } from "node:crypto";

/** Where change events go. */
export interface Events {
  /** Full URL that takes CloudEvents. */
  readonly url: string;
  readonly token: string;
}

export interface Change {
  readonly kind: "release" | "config" | "flag";
  readonly service: string;
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  /** Which file or flag. */
  readonly subject?: string;
  readonly actor: string;
}

const attemptsMax = 3;

/** POSTs a change as a structured CloudEvent. Tells whether it was taken; a deploy goes on either way. */
export async function emitChange(events: Events, change: Change): Promise<boolean> {
  const { kind, ...data } = change;
  const body = JSON.stringify({
    specversion: "1.0",
    id: randomUUID(),
    source: `/shop/${change.environment}/${change.actor}`,
    type: `dev.homeostat.change.${kind}`,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    data,
  });
  const headers = { "content-type": "application/cloudevents+json", authorization: `Bearer ${events.token}` };
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const signal = AbortSignal.timeout(2000);
      const answer = await fetch(events.url, { method: "POST", headers, body, signal });
      await answer.arrayBuffer();
      if (answer.ok) return true;
    } catch {
      // Refused or too slow; the next attempt carries the same id, so the receiver counts it once.
    }
  }
  return false;
}
