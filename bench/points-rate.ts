import { createSecretlintRedactor } from "../src/adapters/redactor/secretlint/secretlint-redactor.ts";
import { cleanText } from "../src/server/receivers/clean-text.ts";
import { decodeOtlp } from "../src/server/receivers/otlp/decode.ts";
import { detectionBench } from "./detection.ts";
import { otlpRound, roundMs, type Workload } from "./ingest-workload.ts";

const signals = { numbers: "metrics", histograms: "metrics", spans: "traces" } as const;
/** CPU time, so that a busy machine does not cut them short. */
const warmUpMs = 500;
const measureMs = 1_500;
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Points per second of CPU time: what one core does. */
export function pointsPerCpuSecond(workload: Workload, detect: boolean): number {
  const round = otlpRound(workload);
  const detection = detectionBench();
  const context = { clean: cleanText(createSecretlintRedactor()) };
  let simulatedMs = Math.floor(Date.now() / roundMs) * roundMs;
  const run = (forMs: number): { points: number; tookMs: number } => {
    const fromMs = cpuMs();
    let points = 0;
    while (cpuMs() < fromMs + forMs) {
      simulatedMs += roundMs;
      round.setTimes(simulatedMs);
      if (detect) detection.tick(simulatedMs);
      for (const body of round.bodies) {
        const decoded = decodeOtlp(signals[workload], "protobuf", body, { ...context, nowMs: simulatedMs });
        if (decoded.rejected > 0) throw new Error(`the workload is wrong: ${decoded.why}`);
        if (detect) detection.telemetry(decoded.signals);
        points += decoded.signals.length;
      }
    }
    return { points, tookMs: cpuMs() - fromMs };
  };
  run(warmUpMs);
  const { points, tookMs } = run(measureMs);
  return Math.round(points / (tookMs / 1_000));
}
