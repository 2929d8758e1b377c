import type { TelemetrySignal } from "../../../loop/signal/signal.ts";
import type { CleanText } from "../clean-text.ts";

/** Most items taken of one request; a small body can hold millions of empty ones. */
export const itemsMax = 100_000;

/** What decoding needs from outside. */
export interface DecodeContext {
  readonly clean: CleanText;
  /** The time of items that carry none where OTLP allows that (logs). */
  readonly nowMs: number;
}

/** What a request held: signals, and how many items were refused, with the reasons. */
export interface Decoded {
  readonly signals: readonly TelemetrySignal[];
  readonly rejected: number;
  /** Reasons and how often each; empty when nothing was rejected. */
  readonly why: string;
}

/** Collects the items of one request. Nothing leaves it before the whole body was read, so nothing is half-applied. */
export class Batch {
  readonly signals: TelemetrySignal[] = [];
  private readonly reasons = new Map<string, number>();
  private rejected = 0;

  /** Takes an item, or counts the reason why it cannot be taken. */
  take(item: TelemetrySignal | Rejection): void {
    if (item.kind === "rejection") this.reject(item.reason);
    else if (this.signals.length >= itemsMax)
      this.reject(`more than ${itemsMax} items in one request: send smaller batches`);
    else this.signals.push(item);
  }

  reject(reason: string, count = 1): void {
    this.rejected += count;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
  }

  decoded(): Decoded {
    const why = [...this.reasons].map(([reason, count]) => `${count} with ${reason}`).join("; ");
    return { signals: this.signals, rejected: this.rejected, why };
  }
}

/** Why one item cannot be taken, from a closed set of sentences without the sender's words. */
export interface Rejection {
  readonly kind: "rejection";
  readonly reason: string;
}

export const rejection = (reason: string): Rejection => ({ kind: "rejection", reason });
