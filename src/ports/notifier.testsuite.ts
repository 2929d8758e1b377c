import { expect, it } from "vitest";
import { AdapterError } from "./adapter-error.ts";
import type { Notification, Notifier } from "./notifier.ts";

export const sampleNotification: Notification = {
  id: "inc-1/escalated",
  type: "escalation",
  atMs: 1_700_000_000_000,
  subject: "inc-1",
  text: "cart fails and nobody knows why",
  data: { severity: 1, services: ["cart"] },
};

/** What the other side of a notifier can be made to do; each call makes a new one. */
export interface NotifierStage {
  readonly notifier: Notifier;
  /** Texts of the notifications the other side took. */
  took(): readonly string[];
}

/** The contract of a notifier: resolved means taken; anything else is an AdapterError that says whether to try again. */
export function notifierSuite(
  make: (behaves: "takes" | "fails" | "refuses" | "is-away") => Promise<NotifierStage>,
): void {
  it("resolves once the other side took it", async () => {
    const { notifier, took } = await make("takes");
    await notifier.notify(sampleNotification);
    expect(took()).toEqual([sampleNotification.text]);
  });

  it.each([
    ["fails", true],
    ["is-away", true],
    ["refuses", false],
  ] as const)("when the other side %s, says whether to try again: %s", async (behaves, retryable) => {
    const { notifier } = await make(behaves);
    const error: unknown = await notifier.notify(sampleNotification).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AdapterError);
    expect(error).toMatchObject({ retryable });
  });
}
