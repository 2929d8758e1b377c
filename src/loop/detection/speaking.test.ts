import { expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { createAbsence } from "./absence.ts";
import { startMs } from "./traffic.testsuite.ts";

const bucketMs = 5_000;
const none = () => false;

/** Says how often silence was told, of a service that is heard in the buckets in which `speaks` says so. */
function told(buckets: number, speaks: (bucket: number) => boolean): number[] {
  const absence = createAbsence();
  const fired: number[] = [];
  let before = 0;
  for (let i = 0; i < buckets; i++) {
    const nowMs = startMs + i * bucketMs;
    if (speaks(i)) absence.heard("mailer", "prod", nowMs);
    const now = absence.tick(nowMs, none).filter((f) => f.state === "firing").length;
    if (now > before) fired.push(i);
    before = now;
  }
  return fired;
}

test("a service that speaks for each of few requests is not missed because this pause is its longest yet", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const share = 0.02 + 0.9 * random();
    expect(
      told(20_000, () => random() < share),
      `seed ${seed}`,
    ).toEqual([]);
  }
});

test("what was heard once or twice is not missed: nobody knows yet how often it speaks", () => {
  expect(told(1_000, (i) => i === 0 || i === 1)).toEqual([]);
});

test("a service that always spoke is missed after 20 seconds, and one that speaks by chance once its silence is no chance", () => {
  expect(told(200, (i) => i < 100)).toEqual([103]);
  const random = seededRandom(5);
  const fired = told(2_000, (i) => i < 1_000 && random() < 0.3);
  expect(fired).toHaveLength(1);
  expect(fired[0]).toBeLessThan(1_000 + 60);
});

test("a service that speaks at a beat is missed after three of its beats, and a busy one after 20 seconds", () => {
  expect(told(400, (i) => i < 300 && i % 6 === 0)).toEqual([294 + 15]);
  const absence = createAbsence();
  for (let s = 0; s <= 120; s++) absence.heard("gateway", "prod", startMs + s * 1_000);
  expect(absence.tick(startMs + 139_000, none)).toEqual([]);
  expect(absence.tick(startMs + 141_000, none)).toMatchObject([{ service: "gateway", state: "firing" }]);
});
