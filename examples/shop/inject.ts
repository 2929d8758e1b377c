import { setTimeout as sleep } from "node:timers/promises";
import type { Draw, DrawnRelease, Fault } from "./draw.ts";
import type { ShopLayout } from "./layout.ts";
import type { Events } from "./tool/change-event.ts";
import { deploy, type Deployed } from "./tool/deploy.ts";
import { setConfig, setFlag } from "./tool/edit.ts";
import { blip, hangStore, killExporters, poison } from "./tool/hurt.ts";

export interface Injected {
  /** When the harm began, by the wall clock: the link, file or signal, not its first victim. */
  readonly faultAtMs: number;
  readonly culprit: string | null;
  /** The release that was shipped as, or together with, the fault. */
  readonly release: Deployed | null;
  readonly innocent: Deployed | null;
}

/**
 * Carries a draw out on a running shop. An innocent release that belongs before the fault delays the fault as needed.
 * Resolves when all is done; `onFault` is called with the time the moment the harm begins. Events go out only where the
 * draw says so and `events` tells where.
 */
export async function inject(
  drawn: Draw,
  layout: ShopLayout,
  options: { readonly events?: Events; readonly onFault?: (atMs: number) => void } = {},
): Promise<Injected> {
  const offsetMs = drawn.innocent?.offsetMs ?? 0;
  const faultAfterMs = Math.max(drawn.faultAfterMs, -offsetMs);
  const [done, innocent] = await Promise.all([
    sleep(faultAfterMs).then(() => carryOut(drawn.fault, layout, options.events, options.onFault)),
    drawn.innocent === null ? null : shipAfter(faultAfterMs + offsetMs, drawn.innocent.release, layout, options.events),
  ]);
  return { ...done, culprit: drawn.culprit, innocent };
}

/** Somebody else's deploy on the culprit, to be called while the heal runs. `null` when the draw has none. */
export async function injectSecond(drawn: Draw, layout: ShopLayout, events?: Events): Promise<Deployed | null> {
  return drawn.second === null ? null : ship(drawn.second, layout, events);
}

async function shipAfter(
  delayMs: number,
  release: DrawnRelease,
  layout: ShopLayout,
  events?: Events,
): Promise<Deployed> {
  await sleep(delayMs);
  return ship(release, layout, events);
}

const ship = (release: DrawnRelease, layout: ShopLayout, events?: Events, onSwitched?: () => void): Promise<Deployed> =>
  deploy(layout, release.service, release.version, release.behaviour, {
    events: release.emitEvent ? events : undefined,
    ...(onSwitched === undefined ? {} : { onSwitched }),
  });

type Done = Pick<Injected, "faultAtMs" | "release">;

async function carryOut(
  fault: Fault,
  layout: ShopLayout,
  events?: Events,
  onFault: (atMs: number) => void = () => undefined,
): Promise<Done> {
  const began = (atMs: number): Done => {
    onFault(atMs);
    return { faultAtMs: atMs, release: null };
  };
  const told = (emit: boolean) => ({ events: emit ? events : undefined });
  switch (fault.kind) {
    case "release":
      return shipFault(fault.release, layout, events, onFault);
    case "config-behind-release": {
      // The file changes first and counts from the restarts that the release brings.
      await setConfig(layout, fault.release.service, fault.patch, { apply: false });
      return shipFault(fault.release, layout, events, onFault);
    }
    case "config": {
      onFault(Date.now());
      return { faultAtMs: await setConfig(layout, fault.service, fault.patch, told(fault.emitEvent)), release: null };
    }
    case "flag":
      return began(await setFlag(layout, fault.flag, "on", told(fault.emitEvent)));
    case "poison":
      return began(poison(layout, fault.instance));
    case "hang-store":
      return began(hangStore(layout, fault.how));
    case "blip": {
      onFault(Date.now());
      return { faultAtMs: await blip(layout, fault.service, fault.forMs), release: null };
    }
    case "exporters":
      break;
  }
  return began(killExporters(layout));
}

async function shipFault(
  release: DrawnRelease,
  layout: ShopLayout,
  events: Events | undefined,
  onFault: (atMs: number) => void,
): Promise<Done> {
  const deployed = await ship(release, layout, events, () => onFault(Date.now()));
  return { faultAtMs: deployed.switchedAtMs, release: deployed };
}
