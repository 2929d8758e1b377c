import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../../../loop/signal/signal.ts";
import type { ForwardTarget } from "../../../ports/forwarder.ts";
import { encodeOtlp } from "./encode-otlp.ts";
import { postOtlp } from "./post-otlp.ts";

/** Brings batches to a backend: tries again with pauses, gives up after the last, and counts. */
export interface Delivery {
  deliver(to: ForwardTarget, batch: readonly TelemetrySignal[]): Promise<void>;
  /** A pause that `hurry` ends. */
  pause(ms: number): Promise<void>;
  /** From now on nothing is paused for, and so nothing is tried twice. */
  hurry(): void;
  counts(): { readonly sent: number; readonly dropped: number };
  /** What went wrong with the last attempt; empty when it went well. */
  trouble(): string;
}

type OtlpKind = keyof typeof encodeOtlp;

/** `by`: the installation that sends it on. */
export function createDelivery(pausesMs: readonly number[], by: string): Delivery {
  let [sent, dropped, trouble, hurried] = [0, 0, "", false];
  let wake: (() => void) | undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, hurried ? 0 : ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** What cannot even be encoded is given up like what the backend refuses. */
  function encoded(encode: () => Buffer): Buffer | undefined {
    try {
      return encode();
    } catch (error) {
      trouble = `telemetry cannot be encoded: ${error instanceof Error ? error.message : String(error)}`;
      return undefined;
    }
  }

  async function send(to: ForwardTarget, kind: OtlpKind, items: number, encode: () => Buffer): Promise<void> {
    const body = encoded(encode);
    for (let i = 0; body; i++) {
      const failed = await postOtlp(to, kind, body);
      trouble = failed ? `\`${to.endpoint}\`: ${failed.why}` : "";
      if (!failed) sent += items;
      if (!failed) return;
      const pauseMs = pausesMs[i];
      if (!failed.retryable || pauseMs === undefined || hurried) break;
      await pause(Math.max(pauseMs, failed.retryAfterMs ?? 0));
    }
    dropped += items;
  }

  return {
    async deliver(to, batch) {
      const spans = batch.filter((s): s is SpanSignal => s.kind === "span");
      const metrics = batch.filter((s): s is MetricSignal => s.kind === "metric");
      const logs = batch.filter((s): s is LogSignal => s.kind === "log");
      if (spans.length > 0) await send(to, "traces", spans.length, () => encodeOtlp.traces(spans, by));
      if (metrics.length > 0) await send(to, "metrics", metrics.length, () => encodeOtlp.metrics(metrics, by));
      if (logs.length > 0) await send(to, "logs", logs.length, () => encodeOtlp.logs(logs, by));
    },
    pause,
    hurry() {
      hurried = true;
      wake?.();
    },
    counts: () => ({ sent, dropped }),
    trouble: () => trouble,
  };
}
