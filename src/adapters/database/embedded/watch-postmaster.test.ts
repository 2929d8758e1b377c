import { afterEach, expect, it } from "vitest";
import { watchPostmaster, type PostmasterWatch } from "./watch-postmaster.ts";

let watch: PostmasterWatch | undefined;
afterEach(() => watch?.stop());

const lookEveryMs = 10;

function given(start: (signal: AbortSignal) => Promise<void>) {
  const seen = { running: true, startsMs: [] as number[], said: [] as string[] };
  watch = watchPostmaster({
    lookEveryMs,
    runs: async () => seen.running,
    log: (text) => void seen.said.push(text),
    async start(signal) {
      seen.startsMs.push(performance.now());
      await start(signal);
      seen.running = true;
    },
  });
  return { seen, watch };
}

const refuse = () => Promise.reject(new Error("the disk is full"));

it("leaves one that runs alone", async () => {
  const { seen, watch: watching } = given(refuse);
  await new Promise((done) => setTimeout(done, 10 * lookEveryMs));
  expect([seen.startsMs, seen.said, watching.restarts(), watching.trouble()]).toEqual([[], [], 0, undefined]);
});

it("tries less and less often, says why once, and tells when it worked", async () => {
  let works = false;
  const { seen, watch: watching } = given(() => (works ? Promise.resolve() : refuse()));
  seen.running = false;
  await expect.poll(() => seen.startsMs.length, { timeout: 10_000 }).toBe(5);
  const [first = 0, second = 0, , fourth = 0, fifth = 0] = seen.startsMs;
  expect(second - first).toBeGreaterThanOrEqual(2 * lookEveryMs);
  expect(fifth - fourth).toBeGreaterThanOrEqual(16 * lookEveryMs);
  expect(watching.trouble()).toContain("the disk is full");
  expect(seen.said).toHaveLength(2);
  works = true;
  await expect.poll(() => watching.restarts(), { timeout: 10_000 }).toBe(1);
  expect(watching.trouble()).toBeUndefined();
  expect(seen.said).toHaveLength(3);
});

it("does not storm one that starts and ends at once, again and again", async () => {
  const { seen } = given(() => Promise.resolve());
  for (const untilMs = performance.now() + 40 * lookEveryMs; performance.now() < untilMs;) {
    seen.running = false;
    await new Promise((done) => setTimeout(done, 1));
  }
  expect(seen.startsMs.length).toBeLessThan(8);
});

it("calls off a start that is under way when it is stopped, and starts nothing after", async () => {
  const { seen, watch: watching } = given(
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("called off")))),
  );
  seen.running = false;
  await expect.poll(() => seen.startsMs.length).toBe(1);
  await watching.stop();
  await new Promise((done) => setTimeout(done, 10 * lookEveryMs));
  expect(seen.startsMs).toHaveLength(1);
  expect(watching.restarts()).toBe(0);
});
