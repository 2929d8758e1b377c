import type { Json } from "../kernel/json.ts";

/** What people are told: a CloudEvents-shaped message. `id` deduplicates at the receiver. */
export interface Notification {
  readonly id: string;
  readonly type: "approval-wanted" | "escalation" | "outcome" | "heartbeat";
  readonly atMs: number;
  readonly subject: string;
  /** Plain text for a person. */
  readonly text: string;
  readonly data: Readonly<Record<string, Json>>;
}

export interface Notifier {
  readonly name: string;
  /** Resolves once the other side accepted it; AdapterError otherwise. */
  notify(notification: Notification): Promise<void>;
}
