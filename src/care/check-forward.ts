import type { CareError } from "../loop/signal/care-error.ts";
import type { Collected } from "./collect.ts";

const here: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);
/** Homeostat's own port, and those it shares with collectors, as `up` opens them unless told otherwise. */
const [ownPort, sharedPorts] = ["8420", ["4317", "4318"]];

/** Telemetry that is sent on to Homeostat itself would go round without end. Where Homeostat may listen elsewhere it is a warning. */
export function checkForward(all: Pick<Collected, "settings">): { errors: CareError[]; warnings: CareError[] } {
  const found = { errors: [] as CareError[], warnings: [] as CareError[] };
  for (const { source, document } of all.settings) {
    const endpoint = document.spec.telemetry.forward?.endpoint;
    const url = endpoint === undefined || !URL.canParse(endpoint) ? undefined : new URL(endpoint);
    if (!url || !here.has(url.hostname)) continue;
    const at = (message: string): CareError =>
      source.error(["spec", "telemetry", "forward", "endpoint"], {
        message,
        expected: "an OTLP/HTTP backend that is not Homeostat",
        fix: "name the backend's own address",
      });
    if (url.port === ownPort) found.errors.push(at(`\`${url.host}\` is where Homeostat itself listens`));
    if (sharedPorts.includes(url.port))
      found.warnings.push(at(`\`${url.host}\` is Homeostat itself, unless it was told to listen elsewhere`));
  }
  return found;
}
