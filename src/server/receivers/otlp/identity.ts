import type { Identity } from "../../../loop/signal/signal.ts";
import { textMax, type CleanText } from "../clean-text.ts";

/** Where Homeostat writes down, in what it sends on, which installations it went through. */
const forwardedBy = "homeostat.forwarded_by";
/** Ids of installations, divided by commas; more than are ever sent are cut off. */
const via = /^[0-9a-f]{16}(?:,[0-9a-f]{16}){0,15}/;

/** Resource attributes that say who sends; all others are passed over. */
export const identityKeys: ReadonlySet<string> = new Set([
  "service.name",
  "service.instance.id",
  "service.version",
  "deployment.environment.name",
  "deployment.environment",
  "k8s.pod.uid",
  "k8s.pod.name",
  "container.id",
  "host.id",
  "host.name",
  "process.pid",
  forwardedBy,
]);

/** Who sends, and what tells one sender of a name from another where it names no instance. */
export interface Sender extends Identity {
  readonly place?: string;
}

/** The first of each that there is tells the place, and the process on it. */
const placeKeys = ["k8s.pod.uid", "k8s.pod.name", "container.id", "host.id", "host.name"];

/** The name OpenTelemetry gives to a resource without `service.name`. */
const unknownService = "unknown_service";

/**
 * Who a resource is, by the OpenTelemetry semantic conventions. The older `deployment.environment` counts where
 * `deployment.environment.name` is missing.
 */
export function identityOf(attributes: ReadonlyMap<string, string>, clean: CleanText): Sender {
  const kept = (key: string): string | undefined => {
    const text = attributes.get(key);
    return text === undefined || text === "" ? undefined : clean(text, textMax.name);
  };
  const instance = kept("service.instance.id");
  const where = [placeKeys.map(kept).find((text) => text !== undefined), kept("process.pid")];
  const place = where.filter((text) => text !== undefined).join("#");
  const [through] = via.exec(attributes.get(forwardedBy) ?? "") ?? [];
  return {
    service: kept("service.name") ?? unknownService,
    environment: kept("deployment.environment.name") ?? kept("deployment.environment") ?? "",
    instance,
    version: kept("service.version"),
    ...(through === undefined ? {} : { via: through }),
    ...(instance === undefined && place !== "" ? { place } : {}),
  };
}

/** The signal, with what its resource says of the installations that sent it on. */
export const sentOn = <S extends Identity>(signal: S, { via: through }: Identity): S =>
  through === undefined ? signal : { ...signal, via: through };

/** What tells a metric stream of a sender from others beside its instance; undefined when nothing does. */
export function sourceOf({ place }: Sender, scope: string, clean: CleanText): string | undefined {
  const told = [...(place === undefined ? [] : [place]), ...(scope === "" ? [] : [clean(scope, textMax.name)])];
  return told.length === 0 ? undefined : told.join(" ");
}
