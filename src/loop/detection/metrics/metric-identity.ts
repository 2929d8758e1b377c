import type { MetricSignal } from "../../signal/signal.ts";

/**
 * A number that names the stream a metric point belongs to: service, environment, instance, source, name and attributes in
 * whatever order. 52 bits of two independent FNV-1a sums, because joining the texts would cost more than judging the point; of 100,000
 * streams two share a number with a chance of one in a million, and would then be judged as one.
 */
export function metricIdentity(metric: MetricSignal): number {
  let [low, high] = [mix(seedLow, metric.name), mix(seedHigh, metric.name)];
  for (const text of [metric.service, metric.environment, metric.instance ?? "", metric.source ?? ""]) {
    low = mix(low, text);
    high = mix(high, text);
  }
  let [sumLow, sumHigh] = [0, 0];
  // The order of attributes means nothing, so that their sums are added up.
  for (const name in metric.attributes) {
    const value = metric.attributes[name] ?? "";
    sumLow = (sumLow + mix(mix(seedLow, name), value)) | 0;
    sumHigh = (sumHigh + mix(mix(seedHigh, name), value)) | 0;
  }
  low = Math.imul(low ^ sumLow, 0x85ebca6b) >>> 0;
  high = Math.imul(high ^ sumHigh, 0xc2b2ae35) >>> 0;
  return (high & 0xfffff) * 2 ** 32 + low;
}

const seedLow = 0x811c9dc5;
const seedHigh = 0x01000193;

/** FNV-1a over UTF-16 units, closed by one that no text holds alone, so that `ab`, `c` and `a`, `bc` differ. */
function mix(from: number, text: string): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ 0xffff, 0x01000193);
  return hash ^ (hash >>> 13);
}
