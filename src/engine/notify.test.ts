import { expect, test } from "vitest";
import type { Json } from "../kernel/json.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { DurableRun } from "../ports/durable.ts";
import { sampleNotification } from "../ports/notifier.testsuite.ts";
import { notifyStory } from "./notify.ts";

/** A run that records nothing and does not wait: the story alone. */
const run = {
  runId: "notify/1",
  step: (_name: string, body: () => Promise<Json>) => body(),
  sleep: () => Promise.resolve(),
  receive: () => Promise.resolve(null),
  now: () => Promise.resolve(0),
} as unknown as DurableRun;

const input = JSON.parse(JSON.stringify(sampleNotification)) as Json;

test("keeps trying until the other side takes it, and tells only who wants to know", async () => {
  let tries = 0;
  const stubborn = {
    name: "stubborn",
    notify: () =>
      ++tries < 4 ? Promise.reject(new AdapterError("unreachable", "away", { retryable: true })) : Promise.resolve(),
  };
  const other = { name: "other", notify: () => Promise.reject(new Error("must not be told")) };
  const told = () => [
    { notifier: stubborn, events: ["escalation"] },
    { notifier: other, events: ["outcome"] },
  ];
  expect(await notifyStory(told, () => undefined)(run, input)).toEqual({ undelivered: [] });
  expect(tries).toBe(4);
});

test("says so when nobody could be told in the end", async () => {
  const failed: string[] = [];
  const dead = {
    name: "dead",
    notify: () => Promise.reject(new AdapterError("unreachable", "away", { retryable: true })),
  };
  const story = notifyStory(
    () => [{ notifier: dead, events: ["escalation"] }],
    (text) => void failed.push(text),
  );
  expect(await story(run, input)).toEqual({ undelivered: ["dead"] });
  expect(failed).toEqual(["inc-1/escalated could not be delivered to dead"]);
});
