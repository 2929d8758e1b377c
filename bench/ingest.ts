import { cpus } from "node:os";
import { overHttp } from "./ingest-http.ts";
import { otlpRound, remoteWriteRound } from "./ingest-workload.ts";
import { pointsPerCpuSecond } from "./points-rate.ts";

const ratio = (a: number, b: number | null): number | null => (b ? Number((a / b).toFixed(2)) : null);

const decoding = {
  numbers: pointsPerCpuSecond("numbers", false),
  histograms: pointsPerCpuSecond("histograms", false),
  spans: pointsPerCpuSecond("spans", false),
};
const detecting = {
  numbers: pointsPerCpuSecond("numbers", true),
  histograms: pointsPerCpuSecond("histograms", true),
  spans: pointsPerCpuSecond("spans", true),
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
