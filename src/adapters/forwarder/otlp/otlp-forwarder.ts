import type { TelemetrySignal } from "../../../loop/signal/signal.ts";
import type { ForwardTarget, Forwarder } from "../../../ports/forwarder.ts";
import { createDelivery } from "./delivery.ts";

export interface OtlpForwarderOptions {
  /** Where to, as of now; undefined: nowhere. */
  readonly target: () => ForwardTarget | undefined;
  /** The installation that sends it on, written into what is sent. Absent: none is. */
  readonly by?: string;
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
  const delivery = createDelivery(pausesMs, options.by ?? "");
  let queue: TelemetrySignal[] = [];
  let [dropped, closing] = [0, false];
  let pumping: Promise<void> | undefined;

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      if (queue.length < batchMax) await delivery.pause(batchMs);
      const to = target();
      const batch = queue.slice(0, batchMax);
      queue = queue.slice(batchMax);
      if (to) await delivery.deliver(to, batch);
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
    state() {
      const counts = delivery.counts();
      const trouble = target() ? delivery.trouble() : "";
      return { sent: counts.sent, dropped: counts.dropped + dropped, waiting: queue.length, trouble };
    },
    async close(withinMs) {
      closing = true;
      delivery.hurry();
      await Promise.race([pumping, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
      dropped += queue.length;
      queue = [];
    },
  };
}
