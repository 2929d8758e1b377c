import { describe, expect, test } from "vitest";
import { playOnce } from "../../examples/demo/demo.ts";
import { scenarios } from "../../examples/shop/draw.ts";

/** Another seed each day draws other faults; a failure names its seed, and SEED replays it. */
const seed = Number(process.env["SEED"] ?? Math.floor(Date.now() / 86_400_000));

describe.concurrent("every scenario of the demo comes to its right outcome", () => {
  test.each(scenarios)(`%s, seed ${seed}`, { timeout: 600_000 }, async (scenario) => {
    const told: string[] = [];
    const report = await playOnce(scenario, { seed }, (text) => told.push(text));
    expect(report.right, `${report.why}\n${told.join("\n")}`).toBe(true);
  });
});
