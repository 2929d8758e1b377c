import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../../../loop/signal/signal.ts";
import type { ForwardTarget, Forwarder } from "../../../ports/forwarder.ts";
import { encodeOtlp } from "./encode-otlp.ts";
import { postOtlp } from "./post-otlp.ts";

export interface OtlpForwarderOptions {
  /** Where to, as of now; undefined: nowhere. */
  readonly target: () => ForwardTarget | undefined;
  /** Pauses between attempts, ms. Absent: 1, 2, 4 and 8 s. */
  readonly pausesMs?: readonly number[];
  /** Signals that wait at most. Absent: 50,000. */
  readonly waitingMax?: number;
}

/** Signals sent at one time, and how long they wait for each other. */
const [batchMax, batchMs] = [2_000, 1_000];

/** Sends signals on by OTLP/HTTP with protobuf and gzip. One batch at a time; while it is retried others wait, and beyond the queue they are dropped. */
export function createOtlpForwarder(options: OtlpForwarderOptions): Forwarder {
  const { target, pausesMs = [1_000, 2_000, 4_000, 8_000], waitingMax = 50_000 } = options;
  let queue: TelemetrySignal[] = [];
  let [sent, dropped, trouble, closing] = [0, 0, "", false];
  let pumping: Promise<void> | undefined;
  let wake: (() => void) | undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, closing ? 0 : ms);
      wake = () => (clearTimeout(timer), resolve());
    });

  async function send(to: ForwardTarget, kind: keyof typeof encodeOtlp, items: number, body: Buffer): Promise<void> {
    for (let i = 0; ; i++) {
      const failed = await postOtlp(to, kind, body);
      trouble = failed ? `\`${to.endpoint}\`: ${failed.why}` : "";
      if (!failed) sent += items;
      if (!failed) return;
      const pauseMs = pausesMs[i];
      if (!failed.retryable || pauseMs === undefined || closing) break;
      await pause(Math.max(pauseMs, failed.retryAfterMs ?? 0));
    }
    dropped += items;
  }

  async function sendBatch(to: ForwardTarget, batch: readonly TelemetrySignal[]): Promise<void> {
    const spans = batch.filter((s): s is SpanSignal => s.kind === "span");
    const metrics = batch.filter((s): s is MetricSignal => s.kind === "metric");
    const logs = batch.filter((s): s is LogSignal => s.kind === "log");
    if (spans.length > 0) await send(to, "traces", spans.length, encodeOtlp.traces(spans));
    if (metrics.length > 0) await send(to, "metrics", metrics.length, encodeOtlp.metrics(metrics));
    if (logs.length > 0) await send(to, "logs", logs.length, encodeOtlp.logs(logs));
  }

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      if (queue.length < batchMax) await pause(batchMs);
      const to = target();
      const batch = queue.slice(0, batchMax);
      queue = queue.slice(batchMax);
      if (to) await sendBatch(to, batch);
      else dropped += batch.length;
    }
  }

  function begin(): void {
    pumping ??= pump().finally(() => {
      pumping = undefined;
      if (queue.length > 0 && !closing) begin();
    });
  }

  return {
    take(signals) {
      if (!target() || closing) return;
      const room = Math.max(0, waitingMax - queue.length);
      for (const signal of room < signals.length ? signals.slice(0, room) : signals) queue.push(signal);
      dropped += Math.max(0, signals.length - room);
      begin();
    },
    state: () => ({ sent, dropped, waiting: queue.length, trouble: target() ? trouble : "" }),
    async close(withinMs) {
      closing = true;
      wake?.();
      await Promise.race([pumping, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
      dropped += queue.length;
      queue = [];
    },
  };
}
