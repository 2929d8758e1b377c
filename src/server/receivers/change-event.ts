import { z } from "zod";
import { sha256Hex } from "../../kernel/digest.ts";
import type { ChangeSignal } from "../../loop/signal/signal.ts";
import type { BoundedTime } from "./bounded-time.ts";
import { textMax, type CleanText } from "./clean-text.ts";
import { attributeMax, type CloudEvent } from "./cloud-event.ts";
import { InvalidBody, readAs } from "./control-routes.ts";

const ownNamespace = "dev.homeostat.";
const changeTypes: ReadonlyMap<string, ChangeSignal["change"]> = new Map([
  ["dev.homeostat.change.release", "release"],
  ["dev.homeostat.change.config", "config"],
  ["dev.homeostat.change.flag", "flag"],
  ["dev.homeostat.change.scale", "scale"],
  ["dev.homeostat.change.infrastructure", "infrastructure"],
]);

const text = z.string().min(1).max(4_096);

/** `data` of our own change events. Strict: a misspelt `from` would quietly cost a diagnosis its best evidence. */
const changeData = z.strictObject({
  service: text,
  environment: text,
  instance: text.optional(),
  from: text.optional(),
  to: text.optional(),
  subject: text.optional(),
  actor: text.optional(),
  at: z.iso.datetime({ offset: true }).optional(),
});

/** CDEvents (cdevents.dev) that say a service runs something else now; the version of the type is not looked at. */
const cdEventType = /^dev\.cdevents\.service\.(deployed|upgraded|rolledback|published)\.\d/;

const cdEventData = z.object({
  subject: z.object({
    id: text,
    content: z.object({ environment: z.object({ id: text }), artifactId: text.optional() }),
  }),
});

/** When a request told of its changes, and how its times are to be read. */
export interface Told {
  readonly atMs: number;
  readonly time: BoundedTime;
}

/**
 * The change an event tells of; undefined for events of other kinds, which are not ours to judge. Throws InvalidBody for
 * a known type with wrong data (400), and for a type of our own namespace that does not exist (422): a misspelt type must
 * not be taken for an unknown one and ignored.
 */
export function changeOf(event: CloudEvent, clean: CleanText, told: Told): ChangeSignal | undefined {
  const change = changeTypes.get(event.type);
  if (change !== undefined) return ownChange(change, event, clean, told);
  if (cdEventType.test(event.type)) return cdEventChange(event, clean, told);
  if (!event.type.startsWith(ownNamespace)) return undefined;
  const known = [...changeTypes.keys()].join("`, `");
  const path = event.where === "" ? "type" : `${event.where}.type`;
  throw new InvalidBody(422, "unknown event type: see `errors`", [{ path, message: `expected one of \`${known}\`` }]);
}

/** Longest id kept, in bytes: what is looked up by is no text of any length. */
const idBytesMax = 1_024;

/**
 * CloudEvents promises that source and id together are unique per event. Where redaction or a bound changes them, a digest
 * keeps two events from becoming one.
 */
function eventId(event: CloudEvent, clean: CleanText): string {
  const id = `${event.source} ${event.id}`;
  const cleaned = clean(id, 2 * attributeMax + 1);
  const isLong = Buffer.byteLength(cleaned) > idBytesMax;
  if (cleaned === id && !isLong) return id;
  return `${isLong ? clean(id, textMax.name) : cleaned} ${sha256Hex(id).slice(0, 16)}`;
}

function ownChange(change: ChangeSignal["change"], event: CloudEvent, clean: CleanText, told: Told): ChangeSignal {
  const { service, environment, at, ...optional } = readAs(changeData, event.data, "a change event", dataPath(event));
  const details = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    kind: "change",
    id: eventId(event, clean),
    change,
    service: clean(service, textMax.name),
    environment: clean(environment, textMax.name),
    timeMs: timeMs(at ?? event.time, told),
    ...Object.fromEntries(details.map(([name, value]) => [name, clean(value)])),
    source: "event",
  };
}

function cdEventChange(event: CloudEvent, clean: CleanText, told: Told): ChangeSignal {
  const { id, content } = readAs(cdEventData, event.data, "a CDEvent about a service", dataPath(event)).subject;
  return {
    kind: "change",
    id: eventId(event, clean),
    change: "release",
    service: clean(id, textMax.name),
    environment: clean(content.environment.id, textMax.name),
    timeMs: timeMs(event.time, told),
    ...(content.artifactId === undefined ? {} : { to: clean(artifactVersion(content.artifactId)) }),
    source: "event",
  };
}

const dataPath = ({ where }: CloudEvent): string => (where === "" ? "data" : `${where}.data`);

const timeMs = (time: string | undefined, told: Told): number =>
  time === undefined ? told.atMs : told.time.begun(time);

/** The version of a package URL (`pkg:oci/cart@1.2.0?…` is `1.2.0`); the whole text when it names none. */
function artifactVersion(artifactId: string): string {
  const version = /^pkg:[^?#]*@([^?#@]+)/.exec(artifactId)?.[1];
  if (version === undefined) return artifactId;
  try {
    return decodeURIComponent(version);
  } catch {
    return version;
  }
}
