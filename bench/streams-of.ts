import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { boundHeapGrowth } from "../src/app/heap-growth.ts";
import { detectionBench } from "./detection.ts";
import { reportEveryMs, streamReports } from "./stream-workload.ts";

/**
 * What so many live metric streams cost, in this process alone: `--streams N [--swings] [--times N]`. Reports are handed to intake as they are
 * after decoding, those of one service at a time, as its SDK sends them; detection looks once a second of simulated time. Prints one JSON document.
 */
const { values } = parseArgs({
  options: {
    streams: { type: "string", default: "1000" },
    times: { type: "string", default: "1" },
    swings: { type: "boolean", default: false },
  },
});
const [streams, times] = [Number(values.streams), Number(values.times)];
for (const n of [streams, times])
  if (!Number.isInteger(n) || n < 1) throw new Error(`\`${n}\` is not a number of streams or times, give 1 or more`);
if (!global.gc) throw new Error("memory cannot be told without `--expose-gc`");

const startMs = 1_700_000_000_000;
/** Long enough for everything that is kept of a stream to be full, and for a season to be found where there is one. */
const reports = values.swings ? 160 : 40;
const warmUpStreams = 2_000;
const secondMs = 1_000;

/** Bytes in use once what nobody holds is gone: what arrays held outside the heap goes a turn later. */
async function usedBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    global.gc?.();
    await pause(50);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Plays all reports to fresh detectors; CPU time of taking and judging alone, without making them. */
function play(many: number) {
  const workload = streamReports(many, values.swings);
  const detection = detectionBench(workload.declared);
  const steps = reportEveryMs / secondMs;
  let cpuMicroseconds = 0;
  const measured = (work: () => void): void => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    cpuMicroseconds += user + system;
  };
  for (let step = 0; step < reports * steps; step++) {
    const atMs = startMs + step * secondMs;
    const [from, to] = [step % steps, (step % steps) + 1].map((n) => Math.floor((workload.services * n) / steps));
    measured(() => detection.tick(atMs));
    for (let service = from ?? 0; service < (to ?? 0); service++) {
      const signals = workload.ofServices(service, service + 1, atMs);
      measured(() => detection.telemetry(signals));
    }
  }
  return { detection, cpuMicroseconds };
}

boundHeapGrowth();
play(warmUpStreams);
const beforeBytes = await usedBytes();
let played = play(streams);
const bytesPerStream = Math.round(((await usedBytes()) - beforeBytes) / streams);
const { metricSeries, metricSeriesRefused } = played.detection.counters();
if (metricSeries !== streams || metricSeriesRefused !== 0)
  throw new Error(`${metricSeries} of ${streams} streams are watched, ${metricSeriesRefused} points were refused`);
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
let { cpuMicroseconds } = played;
for (let time = 1; time < times; time++) {
  played = play(streams);
  cpuMicroseconds += played.cpuMicroseconds;
}
const cpuMicrosecondsPerPoint = Number((cpuMicroseconds / (streams * reports * times)).toFixed(2));
console.log(JSON.stringify({ streams, bytesPerStream, peakMiB, cpuMicrosecondsPerPoint }));
