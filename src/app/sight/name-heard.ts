import type { Heard } from "../../engine/world.ts";
import type { Detector } from "../../loop/detection/detector.ts";
import type { Naming } from "./naming.ts";

/** Whom telemetry came from, by the care repo's names. */
export const nameHeard =
  (eyes: { readonly detector: Pick<Detector, "heard">; readonly openedMs: number }, naming: Pick<Naming, "declared">) =>
  (): Heard => ({
    sinceMs: eyes.openedMs,
    services: eyes.detector.heard().map((h) => ({ ...h, service: naming.declared(h.service, h.environment) })),
  });
