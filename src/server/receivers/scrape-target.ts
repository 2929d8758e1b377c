import type { CredentialRef } from "../../loop/signal/credential-ref.ts";
import type { Identity, MetricSignal } from "../../loop/signal/signal.ts";
import { authorization } from "../../ports/read-secret.ts";
import { readBody } from "../../ports/read-body.ts";
import type { Intake } from "../intake.ts";
import type { CleanText } from "./clean-text.ts";
import { expositionSignals } from "./exposition/exposition-signals.ts";
import { parseExposition } from "./exposition/parse-exposition.ts";
import type { Dialect } from "./exposition/sample-line.ts";
import { bodyLimits } from "./http-body.ts";

/** Who is asked for metrics, as the care repo names it. */
export interface TargetToScrape {
  readonly who: Identity;
  readonly url: string;
  readonly auth?: CredentialRef;
  readonly timeoutMs: number;
}

export interface ScrapeWorld {
  readonly intake: Pick<Intake, "telemetry">;
  readonly clean: CleanText;
  /** Stops what is under way. */
  readonly stopped: AbortSignal;
}

/** What came of one scrape. `why` says what of it was not taken, or why it failed; it is clean. */
export interface ScrapeOutcome {
  readonly up: boolean;
  readonly taken: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly why: string;
}

const accepted = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/**
 * Asks a target for its metrics once and hands them over, with the same bounds and redaction as what is sent. Whole or not at
 * all. Then there is `up`: 1, or 0 when it did not answer as it should. Never rejects; follows no redirect.
 */
export async function scrapeTarget(target: TargetToScrape, nowMs: number, world: ScrapeWorld): Promise<ScrapeOutcome> {
  const read = await exposed(target, nowMs, world).catch((error: unknown) => ({ failed: whyFailed(error, target) }));
  const up = !("failed" in read);
  const signals = up ? read.signals : [];
  const { dropped, why } = world.intake.telemetry([...signals, upSignal(target.who, nowMs, up)]);
  if (!up) return { up, taken: 0, rejected: 0, dropped, why: world.clean(read.failed) };
  const reasons = [read.why, why].filter((text) => text !== "").map((text) => world.clean(text));
  return { up, taken: signals.length, rejected: read.rejected, dropped, why: reasons.join("; ") };
}

async function exposed({ url, auth, timeoutMs, who }: TargetToScrape, nowMs: number, { clean, stopped }: ScrapeWorld) {
  const response = await fetch(url, {
    headers: { accept: accepted, ...(await authorization(auth)) },
    redirect: "manual",
    signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopped]),
  });
  const text = await readBody(response, bodyLimits.plainBytesMax);
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  const exposition = parseExposition(text, dialectOf(response.headers.get("content-type") ?? ""));
  if (typeof exposition === "string") throw new Error(exposition);
  if (exposition.families.length === 0 && exposition.rejected > 0) throw new Error("what it answers is no metrics");
  return expositionSignals(exposition, { who, nowMs, clean });
}

const dialectOf = (contentType: string): Dialect =>
  /^\s*application\/openmetrics-text\b/i.test(contentType) ? "openmetrics" : "prometheus";

const upSignal = (who: Identity, nowMs: number, up: boolean): MetricSignal => ({
  kind: "metric",
  ...who,
  name: "up",
  unit: "1",
  timeMs: nowMs,
  attributes: {},
  value: { type: "gauge", value: up ? 1 : 0 },
});

function whyFailed(error: unknown, { timeoutMs }: TargetToScrape): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
