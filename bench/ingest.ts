import { cpus } from "node:os";
import { createSecretlintRedactor } from "../src/adapters/redactor/secretlint/secretlint-redactor.ts";
import { cleanText } from "../src/server/receivers/clean-text.ts";
import { decodeOtlp } from "../src/server/receivers/otlp/decode.ts";
import { detectionBench } from "./detection.ts";
import { overHttp } from "./ingest-http.ts";
import { otlpRound, remoteWriteRound, roundMs, type Workload } from "./ingest-workload.ts";

const signals = { numbers: "metrics", histograms: "metrics", spans: "traces" } as const;
const warmUpMs = 500;
const measureMs = 1_500;

/** Points per second of CPU time: what one core does. */
function inProcess(workload: Workload, detect: boolean): number {
  const round = otlpRound(workload);
  const detection = detectionBench();
  const context = { clean: cleanText(createSecretlintRedactor()), nowMs: Date.now() };
  let simulatedMs = Math.floor(Date.now() / roundMs) * roundMs;
  const run = (forMs: number): number => {
    let points = 0;
    for (const endMs = performance.now() + forMs; performance.now() < endMs;) {
      simulatedMs += roundMs;
      round.setTimes(simulatedMs);
      for (const body of round.bodies) {
        const decoded = decodeOtlp(signals[workload], "protobuf", body, context);
        if (decoded.rejected > 0) throw new Error(`the workload is wrong: ${decoded.why}`);
        if (detect) detection.telemetry(decoded.signals);
        points += decoded.signals.length;
      }
      if (detect) detection.tick(simulatedMs);
    }
    return points;
  };
  run(warmUpMs);
  const before = process.cpuUsage();
  const points = run(measureMs);
  const { user, system } = process.cpuUsage(before);
  return Math.round(points / ((user + system) / 1e6));
}

const ratio = (a: number, b: number | null): number | null => (b ? Number((a / b).toFixed(2)) : null);

const decoding = {
  numbers: inProcess("numbers", false),
  histograms: inProcess("histograms", false),
  spans: inProcess("spans", false),
};
const detecting = {
  numbers: inProcess("numbers", true),
  histograms: inProcess("histograms", true),
  spans: inProcess("spans", true),
};
const { homeostat, prometheus } = await overHttp(otlpRound("numbers"), remoteWriteRound());
const result = {
  unit: "points per second of CPU time",
  cpu: cpus()[0]?.model ?? "unknown",
  node: process.version,
  decoding,
  decodingWithDetection: detecting,
  detectionToDecoding: {
    numbers: ratio(detecting.numbers, decoding.numbers),
    histograms: ratio(detecting.histograms, decoding.histograms),
    spans: ratio(detecting.spans, decoding.spans),
  },
  overHttp: { homeostat, prometheusRemoteWrite: prometheus },
  homeostatToPrometheus: ratio(homeostat, prometheus),
};

const short = (value: number | null): string => (value === null ? "not measured" : `${(value / 1e6).toFixed(2)} M/s`);
if (process.argv.includes("--json")) console.log(JSON.stringify(result));
else {
  for (const workload of ["numbers", "histograms", "spans"] as const)
    console.log(`${workload}: decoding ${short(decoding[workload])}, with detection ${short(detecting[workload])}`);
  console.log(`over HTTP: homeostat ${short(homeostat)}, prometheus remote write ${short(prometheus)}`);
}
