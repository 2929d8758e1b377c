import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { script, scriptName } from "../../../ports/durable-script.testsuite.ts";
import { createDbosEngine } from "./dbos-engine.ts";

/** A controller in a process of its own, which a test may kill or stop. It is asked by messages and ends with its parent. */
const [databaseUrl = "", controllerId = "", dir = ""] = process.argv.slice(2);
const log = (text: string): void => appendFileSync(join(dir, "log"), `${controllerId} ${text}\n`);
let closed = false;
const engine = createDbosEngine({ databaseUrl, controllerId, log });

engine.register(
  scriptName,
  script({
    controller: controllerId,
    engine,
    note: (line) => appendFileSync(join(dir, "notes"), `${line}\n`),
    async held(name) {
      while (existsSync(join(dir, `hold-${name}`))) await pause(10);
    },
  }),
);
process.on("disconnect", () => void (closed || process.exit(1)));
process.on("message", (asked: { n: number; method: keyof typeof engine; args: never[] }) => void answer(asked));
await engine.launch();
process.send?.({ ready: true });

async function answer({ n, method, args }: { n: number; method: keyof typeof engine; args: never[] }): Promise<void> {
  try {
    const value: unknown = await Reflect.apply(engine[method], engine, args);
    process.send?.({ n, value });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    process.send?.({ n, error: { code, message } });
  }
  // What is left must not keep the process: the test waits for its end.
  if (method !== "shutdown") return;
  closed = true;
  process.disconnect();
}
