import { createCrowd } from "./crowd.ts";

/** Series there may be at one time (I11). */
export interface RoomLimits {
  readonly seriesMax: number;
  /** Of these, kept free for services that are declared or known for long. */
  readonly reserved: number;
  /** Series of one service: its instances, its versions, whom it calls, and who calls it. */
  readonly perService: Readonly<Record<PartKind, number>>;
  /** A series unheard of for this long makes room for another. */
  readonly idleMs: number;
}

/** What a series is of a service: one that it calls counts among its callees, and as a caller of the other. */
export type PartKind = "instance" | "version" | "callee" | "caller";

export const usualParts: RoomLimits["perService"] = { instance: 2_000, version: 200, callee: 1_000, caller: 2_000 };

/** Whose series it is; `other` is whom an edge leads to. */
export interface SeriesOwner {
  readonly service: string;
  readonly environment: string;
  readonly kind: "service" | "instance" | "version" | "edge";
  readonly other?: string;
}

interface Heard {
  readonly owner: SeriesOwner;
  readonly firstMs: number;
  lastMs: number;
}

/** Which series there is room for. What has more parts than fit takes no room from others; what is refused is counted and named. */
export interface RedRoom {
  /** True when the series is known or there is room for it. */
  admit(series: string, owner: SeriesOwner, atMs: number): boolean;
  forget(nowMs: number): void;
  size(): number;
  refused(): number;
  crowded(nowMs: number): string[];
}

/** A service heard over this long is known for long, and for this long after it fell silent. */
const longMs = 3_600_000;
const rememberedMs = 7 * 24 * 3_600_000;
const rememberedMax = 20_000;
/** Where room is short, a series that came in one interval only makes room so soon. */
const onceIdleMs = 120_000;

/** `isDeclared`: services of the care repo. */
export function createRedRoom(
  limits: RoomLimits,
  isDeclared: (service: string, environment: string) => boolean,
): RedRoom {
  const heard = new Map<string, Heard>();
  const parts = new Map<string, number>();
  /** Services known for long, and when they were heard last. */
  const longKnown = new Map<string, number>();
  const crowd = createCrowd();

  function fullOf(owner: SeriesOwner): string | undefined {
    for (const { kind, service } of partsOf(owner))
      if ((parts.get(partKey(owner.environment, kind, service)) ?? 0) >= limits.perService[kind])
        return `${kind}s of ${service}`;
    if (heard.size < limits.seriesMax - limits.reserved) return undefined;
    const { service, environment, kind } = owner;
    const isKnown = isDeclared(service, environment) || longKnown.has(placeKey(owner));
    if (isKnown && heard.size < limits.seriesMax) return undefined;
    return kind === "service" ? "further services" : `series of ${service}`;
  }

  function add(owner: SeriesOwner, by: number): void {
    for (const { kind, service } of partsOf(owner)) {
      const key = partKey(owner.environment, kind, service);
      const count = (parts.get(key) ?? 0) + by;
      if (count > 0) parts.set(key, count);
      else parts.delete(key);
    }
  }

  function remember({ owner, firstMs, lastMs }: Heard): void {
    if (owner.kind !== "service" || lastMs - firstMs < longMs) return;
    if (longKnown.size < rememberedMax || longKnown.has(placeKey(owner))) longKnown.set(placeKey(owner), lastMs);
  }

  return {
    admit(series, owner, atMs) {
      const known = heard.get(series);
      if (known) {
        known.lastMs = Math.max(known.lastMs, atMs);
        return true;
      }
      const full = fullOf(owner);
      if (full !== undefined) {
        crowd.refuse(full, atMs);
        return false;
      }
      heard.set(series, { owner, firstMs: atMs, lastMs: atMs });
      add(owner, 1);
      return true;
    },
    forget(nowMs) {
      const isShort = heard.size > (limits.seriesMax - limits.reserved) / 2;
      for (const [series, h] of heard) {
        remember(h);
        const idleMs = isShort && h.firstMs === h.lastMs ? Math.min(limits.idleMs, onceIdleMs) : limits.idleMs;
        if (nowMs - h.lastMs <= idleMs) continue;
        heard.delete(series);
        add(h.owner, -1);
      }
      for (const [key, lastMs] of longKnown) if (nowMs - lastMs > rememberedMs) longKnown.delete(key);
    },
    size: () => heard.size,
    refused: () => crowd.total(),
    crowded: (nowMs) => crowd.worst(nowMs),
  };
}

function partsOf({ kind, service, other = "" }: SeriesOwner): { kind: PartKind; service: string }[] {
  if (kind === "service") return [];
  if (kind !== "edge") return [{ kind, service }];
  return [
    { kind: "callee", service },
    { kind: "caller", service: other },
  ];
}

const partKey = (environment: string, kind: PartKind, service: string): string =>
  JSON.stringify([environment, kind, service]);

const placeKey = ({ environment, service }: SeriesOwner): string => JSON.stringify([environment, service]);
