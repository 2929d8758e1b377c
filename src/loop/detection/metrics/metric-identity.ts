import type { MetricSignal } from "../../signal/signal.ts";

/**
 * A number that names the stream a metric point belongs to: service, environment, instance, source, name and attributes in
 * whatever order. 52 bits of two independent FNV-1a sums, because joining the texts would cost more than judging the point; of 100,000
 * streams two share a number with a chance of one in a million, and would then be judged as one.
 */
export function metricIdentity(metric: MetricSignal): number {
  // One after the other asks about the same point.
  if (metric !== latest) [latest, latestIdentity] = [metric, identityOf(metric)];
  return latestIdentity;
}

let latest: MetricSignal | undefined;
let latestIdentity = 0;

function identityOf(metric: MetricSignal): number {
  let [sumLow, sumHigh] = [0, 0];
  // The order of attributes means nothing, so that their sums are added up.
  for (const name in metric.attributes) {
    begin();
    mix(name);
    mix(metric.attributes[name] ?? "");
    sumLow = (sumLow + low) | 0;
    sumHigh = (sumHigh + high) | 0;
  }
  begin();
  mix(metric.name);
  mix(metric.service);
  mix(metric.environment);
  mix(metric.instance ?? "");
  mix(metric.source ?? "");
  const lower = Math.imul(low ^ sumLow, 0x85ebca6b) >>> 0;
  const upper = Math.imul(high ^ sumHigh, 0xc2b2ae35) >>> 0;
  return (upper & 0xfffff) * 2 ** 32 + lower;
}

/** Both sums while they are made: a pair given back for each text would cost as much as the sums. */
let [low, high] = [0, 0];

function begin(): void {
  low = 0x811c9dc5;
  high = 0x01000193;
}

/** FNV-1a over UTF-16 units, closed by one that no text holds alone, so that `ab`, `c` and `a`, `bc` differ. */
function mix(text: string): void {
  let [a, b] = [low, high];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x01000193);
  }
  a = Math.imul(a ^ 0xffff, 0x01000193);
  b = Math.imul(b ^ 0xffff, 0x01000193);
  low = a ^ (a >>> 13);
  high = b ^ (b >>> 13);
}
