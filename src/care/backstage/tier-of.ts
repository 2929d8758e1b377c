import type { Entity } from "./entity.ts";

/** As OpenTelemetry's `service.criticality` says it. */
const words: Readonly<Record<string, number>> = { critical: 1, high: 2, medium: 3, low: 4 };

/**
 * The tier by the usual labels and annotations: `tier`, `service-tier` or `criticality`, behind any prefix, as `1` to `4`,
 * `tier-1` or `critical`, `high`, `medium`, `low`. Of several the most critical; undefined when none says it.
 */
export function tierOf({ document: { metadata } }: Entity): number | undefined {
  const said = [...Object.entries(metadata.labels), ...Object.entries(metadata.annotations)];
  const tiers = said.flatMap(([key, value]) => (isTier(key) ? [numberOf(value)] : []));
  return tiers.filter((tier) => tier !== undefined).toSorted((a, b) => a - b)[0];
}

const isTier = (key: string): boolean => /^(.*\/)?(service[-_.]?)?(tier|criticality)$/i.test(key);

const numberOf = (said: unknown): number | undefined => {
  const value = typeof said === "string" || typeof said === "number" ? String(said) : "";
  const [, digit] = /^(?:tier[-_ ]?)?([1-4])$/i.exec(value) ?? [];
  if (digit !== undefined) return Number(digit);
  return Object.hasOwn(words, value.toLowerCase()) ? words[value.toLowerCase()] : undefined;
};
