import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../../test/postgres.ts";
import { openPostgresStore, type PostgresStore } from "../../adapters/store/postgres/postgres-store.ts";
import { seededRandom } from "../../kernel/random.ts";
import { createDetector } from "../../loop/detection/detector.ts";
import type { Finding } from "../../loop/detection/finding.ts";
import { bucketMs } from "../../loop/detection/red.ts";
import { shopService, startMs, traffic } from "../../loop/detection/traffic.testsuite.ts";
import type { MetricSignal } from "../../loop/signal/signal.ts";
import { createLearnedState } from "./learned-state.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());
const opened: PostgresStore[] = [];
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

const services = ["cart", "pay"];
const metrics = ["queue.depth", "disk.io", "heap.usage", "threads"];
const stepMs = 10_000;
/** A season of an hour, so that a test may live through days. */
const seasonSteps = 360;

const gauge = (name: string, timeMs: number, value: number): MetricSignal => ({
  kind: "metric",
  service: "cart",
  environment: "shop",
  name,
  unit: "",
  timeMs,
  attributes: {},
  value: { type: "gauge", value },
});

/** One life of a controller's detection, on a clock that is moved by hand. */
async function life(url: string, atStep: number) {
  const store = await openPostgresStore({ url });
  opened.push(store);
  let step = atStep;
  const clock = { nowMs: () => startMs + step * stepMs };
  const [detector, logged]: [ReturnType<typeof createDetector>, string[]] = [createDetector(), []];
  const keeping = createLearnedState({
    learned: detector.learned,
    store: store.learned,
    clock,
    log: (text) => logged.push(text),
  });
  await keeping.load();

  /** Goes on for so many steps: metrics are moved by `shift` against their season, and this share of requests fails. */
  function live(steps: number, shift = 0, errorShare = 0): Finding[] {
    const found: Finding[] = [];
    for (const end = step + steps; step < end; step++) {
      const random = seededRandom(step);
      for (const [n, name] of metrics.entries()) {
        const wave = 10 * Math.sin(((step - shift) / seasonSteps) * 2 * Math.PI + n);
        detector.ingestMetric(gauge(name, clock.nowMs(), 50 + wave + random() + random()), clock.nowMs());
      }
      for (const [n, service] of services.entries())
        for (const half of [0, bucketMs]) {
          const make = traffic(shopService(service), 10_000 * n + 2 * step + half);
          detector.ingestBuckets([make(clock.nowMs() + half, { errorShare })]);
        }
      found.push(...detector.tick(clock.nowMs()));
    }
    return found;
  }
  return { store, keeping, detector, logged, live, pass: (steps: number) => void (step += steps), at: () => step };
}

const firing = (found: readonly Finding[]): string[] =>
  [...new Set(found.filter((f) => f.state === "firing").map((f) => f.id))].toSorted();

async function query(url: string, text: string): Promise<Record<string, string>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A database in which a first life learned for twelve seasons, stopped in good order, and what that raised. */
async function learned() {
  const url = await postgres.newDatabase();
  const first = await life(url, 0);
  const found = first.live(12 * seasonSteps);
  await first.keeping.close();
  return { url, first, found };
}

describe("a controller that is started anew on its database", () => {
  it("raises nothing by itself, and sees at once what one without that past does not", async () => {
    const { url, first, found } = await learned();
    expect(firing(found)).toEqual([]);
    const second = await life(url, first.at() + 1);
    expect(second.keeping.counters()).toMatchObject({ learnedRestored: 6, learnedNotRestored: 0, learnedStreams: 6 });
    expect(second.keeping.status()).toMatchObject({ state: "ok", detail: expect.stringContaining("6 restored") });
    expect(firing(second.live(2 * seasonSteps))).toEqual([]);
    await second.keeping.close();

    // Values that are usual, at a time of their season at which they are not, and requests that fail.
    const third = await life(url, second.at() + 1);
    expect(firing(third.live(12, seasonSteps / 2, 0.3))).toEqual([
      "cart/errors@shop",
      "cart/joint@shop",
      "cart/metrics@shop",
      "pay/errors@shop",
    ]);
    const fresh = await life(await postgres.newDatabase(), second.at() + 1);
    expect(firing(fresh.live(3, 0, 0.3))).toEqual([]);
    expect(firing(fresh.live(200, seasonSteps / 2, 0.3))).toEqual([]);
  });

  it("goes on with what was written in portions when it was killed, and raises nothing after a longer absence", async () => {
    const url = await postgres.newDatabase();
    const first = await life(url, 0);
    await first.keeping.save();
    first.live(6 * seasonSteps);
    await first.keeping.save();
    expect(first.keeping.counters()).toMatchObject({ learnedSaved: 6 });
    first.live(20);
    await first.keeping.save();
    expect(first.keeping.counters()).toMatchObject({ learnedSaved: 6 });
    for (const gap of [20, 300, 2_000]) {
      const next = await life(url, 6 * seasonSteps + gap);
      expect(next.keeping.counters()["learnedRestored"]).toBe(gap < 360 ? 6 : 4);
      expect(firing(next.live(seasonSteps))).toEqual([]);
    }
  });

  it("learns anew what is damaged or of another format, and says how much", async () => {
    const { url, first } = await learned();
    await query(url, "update homeostat.learned set state = '\\x00' where kind = 'red' and stream like '%cart%'");
    await query(url, "update homeostat.learned set format = 99 where kind = 'red' and stream like '%pay%'");
    const second = await life(url, first.at());
    expect(second.keeping.counters()).toMatchObject({ learnedRestored: 4, learnedNotRestored: 2 });
    expect(second.keeping.status().detail).toContain("4 restored, 2 damaged");
    expect(firing(second.live(100))).toEqual([]);
  });

  it("shares one row a stream with others, the one written last", async () => {
    const { url, first } = await learned();
    const second = await life(url, first.at());
    second.live(50);
    await Promise.all([first.keeping.close(), second.keeping.close()]);
    await second.keeping.close();
    const rows = await query(url, "select max(length(state)) as longest, count(*) as n from homeostat.learned");
    expect(rows).toMatchObject([{ n: "6" }]);
    expect(Number(rows[0]?.["longest"])).toBeLessThan(12_000);
    expect(firing((await life(url, second.at())).live(100))).toEqual([]);
  });
});

it("a database that is away stops nothing, is told, and gets everything later", async () => {
  const url = await postgres.newDatabase();
  const first = await life(url, 0);
  await first.keeping.save();
  first.live(100);
  await query(url, "alter table homeostat.learned rename to gone");
  await first.keeping.save();
  await first.keeping.save();
  expect(first.keeping.status()).toMatchObject({ name: "learned state", state: "degraded" });
  expect(first.keeping.counters()).toMatchObject({ learnedSaveFailures: 2, learnedSaved: 0 });
  expect(first.logged).toHaveLength(1);
  const other = await life(url, 100);
  expect(other.logged[0]).toContain("what was learned could not be read");
  await query(url, "alter table homeostat.gone rename to learned");
  await first.keeping.save();
  expect(first.keeping.status()).toMatchObject({ state: "ok" });
  await first.keeping.save();
  expect(first.keeping.counters()).toMatchObject({ learnedSaved: 6 });
  await first.store.close();
  await first.keeping.close();
  expect(first.keeping.status()).toMatchObject({ state: "degraded" });
});
