import type { Json } from "../kernel/json.ts";
import { AdapterError } from "./adapter-error.ts";
import type { DurableEngine, DurableRun, DurableStory } from "./durable.ts";

/** What the bodies of a scripted run reach: a ledger outside of the engine, and holds by which a test stops a body. */
export interface ScriptReach {
  readonly controller: string;
  readonly engine: Pick<DurableEngine, "start">;
  note(line: string): void;
  /** Resolves once nobody holds this name. */
  held(name: string): Promise<void>;
}

/** One act of a scripted run. Its results are the run's output, in order. */
export type Act =
  | { readonly act: "step"; readonly name: string }
  | { readonly act: "fail"; readonly name: string; readonly kind: "adapter" | "type" }
  | { readonly act: "odd"; readonly name: string }
  | { readonly act: "start"; readonly name: string; readonly id: string }
  | { readonly act: "sleep"; readonly ms: number }
  | { readonly act: "receive"; readonly topic: string; readonly timeoutMs: number }
  | { readonly act: "now" }
  | { readonly act: "throw"; readonly message: string };

export const scriptName = "script";

/** A story that does what its input says, so that it can be played in any process. */
export const script =
  (reach: ScriptReach): DurableStory =>
  async (run, input) => {
    const acts = input as unknown as readonly Act[];
    const results: Json[] = [];
    for (const act of acts) results.push(await play(reach, run, act));
    return results;
  };

async function play(reach: ScriptReach, run: DurableRun, act: Act): Promise<Json> {
  switch (act.act) {
    case "step":
      return run.step(act.name, async () => {
        reach.note(`${run.runId} ${act.name}`);
        await reach.held(act.name);
        return { by: reach.controller };
      });
    case "fail":
      return run.step(act.name, () => fail(reach, run, act)).catch(told);
    case "odd":
      return run
        .step<Json>(act.name, async () => JSON.parse('{"kept":[null,1.5,"é"]}') as Json)
        .then(async (kept) => {
          const nothing = await run.step(`${act.name}/void`, async () => undefined);
          const date = await run.step<Json>(`${act.name}/date`, async () => ({ at: new Date(0) as unknown as Json }));
          return [kept, nothing === undefined, date];
        });
    case "start":
      return run.step(act.name, async () => {
        await reach.engine.start(scriptName, act.id, []);
        return act.id;
      });
    case "sleep":
      return run.sleep(act.ms).then(() => null);
    case "receive":
      return run.receive<Json>(act.topic, act.timeoutMs);
    case "now":
      return run.now();
    case "throw":
      throw new Error(act.message);
  }
}

async function fail(
  reach: ScriptReach,
  run: DurableRun,
  { name, kind }: { name: string; kind: string },
): Promise<Json> {
  reach.note(`${run.runId} ${name}`);
  if (kind === "adapter") throw new AdapterError("gone", "the target is gone", { retryable: true });
  throw new TypeError("not of this kind");
}

const told = (error: unknown): Json =>
  error instanceof AdapterError
    ? { adapter: true, code: error.code, retryable: error.retryable, message: error.message }
    : error instanceof Error
      ? { adapter: false, name: error.name, message: error.message }
      : String(error);
