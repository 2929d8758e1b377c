import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { pointsPerCpuSecond } from "./points-rate.ts";

/**
 * What live metric streams cost, at 1,000, 10,000 and 100,000 of them, each number in a process of its own: memory, and CPU time for a point
 * from after decoding to detection's look. Then 100,000 that all have a season, the most a stream can hold. Beside it number points a second
 * of CPU time with decoding, with and without detection. With `--json` one line.
 */
interface Cost {
  readonly streams: number;
  readonly bytesPerStream: number;
  readonly peakMiB: number;
  readonly cpuMicrosecondsPerPoint: number;
}

/** Fewer streams are played more often, so that each figure rests on as many points. */
const sizes = [
  { streams: 1_000, times: 20 },
  { streams: 10_000, times: 3 },
  { streams: 100_000, times: 1 },
];

async function costOf(streams: number, ...more: readonly string[]): Promise<Cost> {
  const script = fileURLToPath(new URL("streams-of.ts", import.meta.url));
  const args = ["--expose-gc", script, "--streams", String(streams), ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`${streams} streams could not be measured, the process ended with ${String(code)}`);
  return JSON.parse(said) as Cost;
}

const costs: Cost[] = [];
for (const { streams, times } of sizes) costs.push(await costOf(streams, "--times", String(times)));
const seasonal = await costOf(100_000, "--swings");
const [decoding, withDetection] = [pointsPerCpuSecond("numbers", false), pointsPerCpuSecond("numbers", true)];
const cpuOf = (streams: number): number => costs.find((c) => c.streams === streams)?.cpuMicrosecondsPerPoint ?? NaN;
const ratio = (a: number, b: number): number => Number((a / b).toFixed(2));
const result = {
  at: Object.fromEntries(costs.map(({ streams, ...cost }) => [streams, cost])),
  cpuOfPoint: {
    "10000 to 1000": ratio(cpuOf(10_000), cpuOf(1_000)),
    "100000 to 1000": ratio(cpuOf(100_000), cpuOf(1_000)),
  },
  seasonal,
  pointsPerS: { decoding, withDetection, detectionToDecoding: ratio(withDetection, decoding) },
};
console.log(JSON.stringify(result, null, process.argv.includes("--json") ? 0 : 2));
