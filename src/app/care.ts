import { fileURLToPath } from "node:url";
import { createActuators } from "../adapters/actuator/host/create-actuators.ts";
import { celConditions } from "../adapters/condition/cel/cel-conditions.ts";
import { promql } from "../adapters/evidence/prometheus/promql.ts";
import { cedarPolicyEngine } from "../adapters/policy/cedar/cedar-policy-engine.ts";
import { checkCare } from "../care/check-care.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import { maskAddress } from "../care/mask-address.ts";
import { createCareKeeper, type CareKeeper } from "../care/care-keeper.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { ActionSpec } from "../ports/actuator.ts";
import { defaultSettings } from "../care/default-settings.ts";

/** Runbooks shipped with Homeostat; a care repo may replace one by its name. */
export const shippedDir: string = fileURLToPath(new URL("../../care", import.meta.url));

/** What the actuators can do, without any target: for checking runbooks. */
export const knownActions = (): ActionSpec[] =>
  createActuators({
    services: () => [],
    settings: () => defaultSettings,
    dataDir: "",
    clock: { nowMs: () => 0 },
  }).flatMap((a) => a.actions);

export const careParts = () => ({
  policyEngine: cedarPolicyEngine(),
  conditions: celConditions(),
  queries: promql,
  actions: knownActions(),
  shippedDir,
});

export async function checkDirectory(
  dir: string,
): Promise<{ errors: readonly CareError[]; warnings: readonly CareError[]; summary: string }> {
  const { errors, warnings, config } = await checkCare(dir, careParts());
  const summary = config
    ? `${config.services.length} services, ${config.slos.length} SLOs, ${config.runbooks.length} runbooks, ${config.signatures.length} signatures; ${warnings.length} warnings`
    : `${errors.length} ${errors.length === 1 ? "error" : "errors"}: this care repo would be refused, and the last good one stay active`;
  return { errors, warnings, summary };
}

export const errorText = (e: CareError): string =>
  `${e.file}:${e.line}: ${e.path ? `${e.path}: ` : ""}${e.message}; expected ${e.expected}; ${e.fix}`;

export interface CareEvents {
  readonly activated: (config: ActiveConfig, warnings: readonly CareError[]) => void;
  readonly refused: (errors: readonly CareError[]) => void;
}

/** Loads the care repo and keeps it current; refuses to start on a broken one, naming every error. */
export async function openCare(source: string, dataDir: string, events: CareEvents): Promise<CareKeeper> {
  const kept = await createCareKeeper({
    source,
    dataDir,
    ...careParts(),
    onActivated: events.activated,
    onRefused: events.refused,
  });
  if (kept.ok) return kept.value;
  const shown = kept.error.slice(0, 20).map((e) => `  ${errorText(e)}`);
  throw new AdapterError(
    "bad-care-repo",
    `the care repo \`${maskAddress(source)}\` cannot be used:\n${shown.join("\n")}`,
  );
}
