import { takeSloBucket, watchSlo, type BurnRate } from "./burn-rate.ts";
import type { Finding } from "./finding.ts";
import type { RedBucket } from "./red.ts";
import type { SeriesName } from "./series-name.ts";
import type { Slo } from "./slo.ts";

/** All SLOs under watch. */
export interface SloWatch {
  /** The SLOs from now on; those that stay as they are keep what they counted. */
  configure(slos: readonly Slo[]): void;
  take(of: SeriesName, bucket: RedBucket): void;
  /** Findings since last time, in order. */
  tick(): Finding[];
}

export function createSloWatch(): SloWatch {
  const burns = new Map<string, BurnRate>();
  let byService = new Map<string, BurnRate[]>();
  let found: Finding[] = [];

  function retire(key: string, { slo, firing }: BurnRate): void {
    burns.delete(key);
    const summary = `${slo.service}: SLO ${slo.name} is not declared in this form any more`;
    if (firing) found.push({ ...firing, state: "cleared", summary });
  }

  return {
    configure(slos) {
      const wanted = new Map(slos.map((slo) => [JSON.stringify(slo), slo] as const));
      for (const [key, burn] of burns) if (!wanted.has(key)) retire(key, burn);
      for (const [key, slo] of wanted) if (!burns.has(key)) burns.set(key, watchSlo(slo));
      byService = Map.groupBy(burns.values(), (b) => placeOf(b.slo.service, b.slo.environment));
    },
    take({ type, service, environment }, bucket) {
      if (type !== "service" || burns.size === 0) return;
      for (const burn of byService.get(placeOf(service, environment)) ?? []) {
        const finding = takeSloBucket(burn, bucket);
        if (finding) found.push(finding);
      }
    },
    tick() {
      const taken = found;
      found = [];
      return taken;
    },
  };
}

/** A service in an environment, as one text that no other names can make. */
export const placeOf = (service: string, environment: string): string => JSON.stringify([environment, service]);
