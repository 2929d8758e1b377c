import { bucketMs } from "../../src/loop/detection/red.ts";
import { openShop, type Trouble } from "./shop-traffic.ts";

export const stepsOf = (minutes: number): number => (minutes * 60_000) / bucketMs;
/** Detectors have seen this much of what is usual before a fault, and see this much of the fault. */
const warm = stepsOf(120);
const faulty = stepsOf(10);

const since = (i: number): number => i - warm;
/** Kinds of faults, injected into the shop's telemetry. */
export const faults: Readonly<Record<string, Trouble>> = {
  "a release fails a third of requests": { service: "catalogue", served: () => ({ errorShare: 0.33 }) },
  "a release fails one in twelve requests": { service: "cart", served: () => ({ errorShare: 0.08 }) },
  "everything fails": { service: "payment", served: () => ({ errorShare: 1 }) },
  "slow by three times": { service: "catalogue", served: () => ({ medianMs: 3 }) },
  "slow by twice": { service: "cart", served: () => ({ medianMs: 2.2 }) },
  "a dependency hangs": { service: "store", served: () => ({ medianMs: 150, errorShare: 0.4 }) },
  "a dependency gets slow": { service: "store", served: () => ({ medianMs: 12 }) },
  "slower from minute to minute": { service: "checkout", served: (i) => ({ medianMs: 1 + since(i) / 20 }) },
  "failures that come and go": {
    service: "checkout",
    served: (i) => ({ errorShare: Math.floor(since(i) / 6) % 2 === 0 ? 0.5 : 0.001 }),
  },
  "one of two instances fails": { service: "payment", served: () => ({ errorShare: 0.5 }) },
  "it falls silent, and its callers fail": { service: "payment", served: () => null },
  "some requests take seconds": { service: "catalogue", served: () => ({ otherShare: 0.2, otherMs: 4_000 }) },
  "a crash loop": {
    service: "cart",
    served: (i) => ({ errorShare: since(i) % 8 < 3 ? 0.5 : 0.02, medianMs: since(i) % 8 < 3 ? 4 : 1 }),
    log: { text: "process # exited with code 1, restarting", severity: 17, perStep: 1 },
  },
  "four times the visitors, and slow with it": {
    service: "gateway",
    served: () => ({ perSecond: 4, medianMs: 3, errorShare: 0.02 }),
  },
  "the processor is used up": {
    service: "catalogue",
    served: () => ({ medianMs: 1.8 }),
    metrics: { "process.cpu.utilization": () => 20, "queue.depth": () => 12 },
  },
  "memory leaks until it swaps": {
    service: "checkout",
    served: (i) => ({ medianMs: 1 + since(i) / 60 }),
    metrics: { "process.memory.usage": (i) => since(i) / 2, "process.cpu.utilization": () => 8 },
  },
  "the connection pool is exhausted": {
    service: "cart",
    served: () => ({ errorShare: 0.06, otherShare: 0.15, otherMs: 3_000 }),
    metrics: { "db.client.connections.usage": () => 25, "queue.depth": () => 10 },
    log: { text: "timeout acquiring connection # from pool", severity: 17, perStep: 2 },
  },
  "a queue backs up": {
    service: "checkout",
    served: () => ({ medianMs: 2 }),
    metrics: { "queue.depth": (i) => since(i), "db.client.connections.usage": () => 10 },
  },
  "the disk is full": {
    service: "store",
    served: () => ({ errorShare: 0.15 }),
    log: { text: "write failed: no space left on device, block #", severity: 17, perStep: 3 },
  },
  "a certificate expired": {
    service: "payment",
    served: () => ({ errorShare: 0.95, medianMs: 0.4 }),
    log: { text: "TLS handshake # failed: certificate has expired", severity: 17, perStep: 4 },
  },
  "names do not resolve": {
    service: "cart",
    served: () => ({ errorShare: 0.3, medianMs: 5 }),
    log: { text: "getaddrinfo EAI_AGAIN store, attempt #", severity: 17, perStep: 3 },
  },
  "a quota is reached": {
    service: "payment",
    served: () => ({ errorShare: 0.25 }),
    log: { text: "429 Too Many Requests, retry after # s", severity: 13, perStep: 5 },
  },
  "a cold cache": {
    service: "catalogue",
    served: () => ({ otherShare: 0.6, otherMs: 260 }),
    metrics: { "db.client.connections.usage": () => 12, "process.cpu.utilization": () => 9 },
  },
  "requests fail fast": { service: "checkout", served: () => ({ errorShare: 0.2, medianMs: 0.3 }) },
};

/** Plays usual traffic and then the fault: what came of it. */
export function playFault(trouble: Trouble, seed: number): "raised before" | "caught" | "missed" {
  const step = openShop(seed);
  for (let i = 0; i < warm; i++) if (step(i)) return "raised before";
  for (let i = warm; i < warm + faulty; i++) if (step(i, trouble)) return "caught";
  return "missed";
}
