import { expect, test } from "vitest";
import { killOnce } from "./kills.ts";

const first = Number(process.env["SEED"] ?? Math.floor(Date.now() / 86_400_000)) * 100;
const seeds = Array.from({ length: 5 }, (_, i) => first + i);

test.concurrent.each(seeds)(
  "a controller killed at a random moment loses nothing and repeats nothing, seed %i",
  { timeout: 900_000 },
  async (seed) => {
    const told: string[] = [];
    const report = await killOnce(seed, (text) => told.push(text));
    expect(report, told.join("\n")).toMatchObject({ healed: true, verified: true, compared: { disagreements: [] } });
  },
);
