import { script, scriptName } from "../../../ports/durable-script.testsuite.ts";
import { durableSuite, type DurableStage } from "../../../ports/durable.testsuite.ts";
import { createSimulatedWorld } from "./simulated-world.ts";

durableSuite("simulated", async (): Promise<DurableStage> => {
  const world = createSimulatedWorld({ seed: 7, startMs: 1_700_000_000_000 });
  const notes: string[] = [];
  const holds = new Set<string>();
  return {
    async controller(id) {
      const engine = world.controller(id);
      const reach = {
        controller: id,
        engine,
        note: (line: string) => void notes.push(line),
        async held(name: string) {
          while (holds.has(name)) await world.sleep(id, 10);
        },
      };
      engine.register(scriptName, script(reach));
      await engine.launch();
      return {
        engine,
        crash: async () => world.crash(id),
        pause: async () => world.pause(id),
        wake: async () => world.wake(id),
      };
    },
    notes: () => notes,
    hold: (name) => void holds.add(name),
    release: (name) => void holds.delete(name),
    pass: (ms) => world.run({ untilMs: world.nowMs() + ms }),
    nowMs: () => world.nowMs(),
    end: async () => undefined,
  };
});
