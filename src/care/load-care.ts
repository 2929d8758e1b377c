import { err, ok, type Result } from "../kernel/result.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import type { ActiveConfig } from "../ports/config.ts";
import { checkCare, type CareOptions } from "./check-care.ts";

/** The config a care repo amounts to, or every error in it, in the order of files and lines. */
export async function loadCare(dir: string, options: CareOptions): Promise<Result<ActiveConfig, readonly CareError[]>> {
  const { config, errors } = await checkCare(dir, options);
  return config ? ok(config) : err(errors);
}
