import { bug } from "../../../src/kernel/assert.ts";
import type { Json } from "../../../src/kernel/json.ts";
import type { DurableRun } from "../../../src/ports/durable.ts";
import type { KeptRun, Recorded } from "./kept-run.ts";
import type { Life } from "./life.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Value = Json | void;

/** What a story sees: recorded steps are replayed, new ones run and are recorded while this controller still has the run. */
export function replayed(kept: KeptRun, tenure: number, life: Life, time: VirtualTime): DurableRun {
  let next = 0;
  const names = new Set<string>();
  const mine = (): boolean => kept.controller === life.id && kept.tenure === tenure && kept.state === "pending";

  /** Recording is refused once another controller has the run; the story then goes nowhere, as its results count no more. */
  async function record(at: number, entry: Recorded): Promise<void> {
    if (!mine() || kept.recorded[at] !== undefined) return nowhere();
    kept.recorded[at] = entry;
    await life.gate(`recorded ${entry.name}`);
  }
  function known(at: number, name: string): Recorded | undefined {
    const entry = kept.recorded[at];
    if (entry && entry.name !== name)
      return bug(`run ${kept.id} came to \`${name}\` where it recorded \`${entry.name}\`: it is not deterministic`);
    return entry;
  }
  async function step(name: string, body: () => Promise<Value>): Promise<Value> {
    const at = next++;
    await life.gate(`before ${name}`);
    let entry = known(at, name);
    if (!entry) {
      entry = await outcomeOf(name, body);
      await life.gate(`after ${name}`);
      await record(at, entry);
    }
    return valueOf(entry);
  }
  async function receive(topic: string, timeoutMs: number): Promise<Json | null> {
    const untilMs = Number(await step(`until ${topic}`, () => Promise.resolve(time.nowMs() + timeoutMs)));
    const name = `receive ${topic}`;
    const at = next++;
    await life.gate(`before ${name}`);
    let entry = known(at, name);
    if (!entry) {
      const mail = (): number => kept.messages.findIndex((m) => m.topic === topic);
      while (mail() < 0 && time.nowMs() < untilMs) await news(kept, time, untilMs);
      await life.gate(`after ${name}`);
      // Taking the message and recording it are one: a message is read once, whoever crashes.
      if (!mine() || kept.recorded[at] !== undefined) return nowhere();
      const [taken] = mail() < 0 ? [] : kept.messages.splice(mail(), 1);
      entry = { name, value: taken?.message ?? "null" };
      await record(at, entry);
    }
    return (valueOf(entry) as Json | undefined) ?? null;
  }
  return {
    runId: kept.id,
    step: <T extends Value>(name: string, body: () => Promise<T>) => {
      if (names.has(name)) bug(`run ${kept.id} has two steps named \`${name}\``);
      names.add(name);
      return step(name, body) as Promise<T>;
    },
    async sleep(ms) {
      const untilMs = Number(await step("sleep", () => Promise.resolve(time.nowMs() + Math.max(0, ms))));
      if (time.nowMs() < untilMs) await time.sleep(untilMs - time.nowMs());
      await life.gate("slept");
    },
    receive: (topic, timeoutMs) => receive(topic, Math.max(0, timeoutMs)) as Promise<never>,
    now: () => step("now", () => Promise.resolve(time.nowMs())).then(Number),
  };
}

async function outcomeOf(name: string, body: () => Promise<Value>): Promise<Recorded> {
  try {
    return { name, value: JSON.stringify(await body()) };
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    return { name, error: { name: kind, message } };
  }
}

function valueOf(entry: Recorded): Value {
  if ("error" in entry) throw Object.assign(new Error(entry.error.message), { name: entry.error.name });
  return entry.value === undefined ? undefined : (JSON.parse(entry.value) as Json);
}

/** Resolves when something was sent to the run or the time has come. */
const news = (kept: KeptRun, time: VirtualTime, untilMs: number): Promise<void> =>
  new Promise((resolve) => {
    const cancel = time.at(untilMs, () => {
      kept.waiters.delete(wake);
      resolve();
    });
    const wake = (): void => {
      cancel();
      resolve();
    };
    kept.waiters.add(wake);
  });

const nowhere = (): Promise<never> => new Promise(() => undefined);
