import type { Identity } from "../../../loop/signal/signal.ts";
import { textMax, type CleanText } from "../clean-text.ts";

/** Resource attributes that say who sends; all others are passed over. */
export const identityKeys: ReadonlySet<string> = new Set([
  "service.name",
  "service.instance.id",
  "service.version",
  "deployment.environment.name",
  "deployment.environment",
]);

/** The name OpenTelemetry gives to a resource without `service.name`. */
const unknownService = "unknown_service";

/**
 * Who a resource is, by the OpenTelemetry semantic conventions. The older `deployment.environment` counts where
 * `deployment.environment.name` is missing.
 */
export function identityOf(attributes: ReadonlyMap<string, string>, clean: CleanText): Identity {
  const kept = (key: string): string | undefined => {
    const text = attributes.get(key);
    return text === undefined || text === "" ? undefined : clean(text, textMax.name);
  };
  return {
    service: kept("service.name") ?? unknownService,
    environment: kept("deployment.environment.name") ?? kept("deployment.environment") ?? "",
    instance: kept("service.instance.id"),
    version: kept("service.version"),
  };
}
