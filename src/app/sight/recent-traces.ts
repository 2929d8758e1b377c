import { sampleTraces, type RecentTraces, type WaitingTelemetry } from "../../loop/keeping/sample-traces.ts";
import type { Naming } from "./naming.ts";

/** Spans and lines looked at for one diagnosis (I11). */
const [spansMax, logsMax] = [5_000, 5_000];
/** Senders send spans in batches, some seconds after they ended. */
const settleMs = 8_000;

export type ReadTraces = (environment: string, services: readonly string[], fromMs: number) => RecentTraces;

/** Traces that still wait for the archive, so that they are whole: of the last five minutes as it is shipped. By the care repo's names. */
export const recentTraces =
  (waiting: WaitingTelemetry, { seen, declared }: Pick<Naming, "seen" | "declared">, nowMs: () => number): ReadTraces =>
  (environment, services, fromMs) => {
    const names = new Set(services.map((s) => seen(s, environment)));
    const toMs = nowMs() - settleMs;
    const found = sampleTraces(waiting, { environment, services: names, fromMs, toMs, spansMax, logsMax });
    const named = <S extends { readonly service: string }>(s: S): S => ({
      ...s,
      service: declared(s.service, environment),
    });
    return {
      ...found,
      spans: found.spans.map((s) =>
        s.peer === undefined ? named(s) : { ...named(s), peer: declared(s.peer, environment) },
      ),
      logs: found.logs.map(named),
    };
  };
