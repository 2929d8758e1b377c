import { memberNamed, type ServiceName, type ShopLayout } from "../layout.ts";
import { createRelease, currentRelease, freshVersion, switchRelease, type Behaviour } from "../release.ts";
import { emitChange, type Events } from "./change-event.ts";
import { announce } from "./intent.ts";
import { restartService } from "./restart.ts";

export interface DeployOptions {
  /** One instance after another, the default, or all at once. */
  readonly instanceByInstance?: boolean;
  /** Where to announce the release; nobody is told when absent. */
  readonly events?: Events | undefined;
  /** Called when the link points at the new release and no instance runs it yet. */
  readonly onSwitched?: () => void;
}

export interface Deployed {
  readonly service: ServiceName;
  readonly from: string;
  /** The wanted version, or the next free patch number after it. */
  readonly to: string;
  readonly switchedAtMs: number;
  /** Whether the receiver took the event; `null` when none was to be sent. */
  readonly eventTaken: boolean | null;
}

/** What a deploy tool does: a complete release directory, the link, the event, the restarts. */
export async function deploy(
  layout: ShopLayout,
  service: ServiceName,
  wanted: string,
  behaviour: Behaviour,
  options: DeployOptions = {},
): Promise<Deployed> {
  const member = memberNamed(layout, service);
  const from = currentRelease(member.currentLink) ?? "";
  const to = freshVersion(member.releasesDir, wanted);
  createRelease(member.releasesDir, to, behaviour);
  return release(layout, service, { from, to }, options);
}

/** Points a service at a release that exists already, and restarts it: what an operator would do by hand. */
export function switchBack(
  layout: ShopLayout,
  service: ServiceName,
  to: string,
  options: DeployOptions = {},
): Promise<Deployed> {
  const from = currentRelease(memberNamed(layout, service).currentLink) ?? "";
  return release(layout, service, { from, to }, options);
}

async function release(
  layout: ShopLayout,
  service: ServiceName,
  { from, to }: { readonly from: string; readonly to: string },
  options: DeployOptions,
): Promise<Deployed> {
  const member = memberNamed(layout, service);
  const because = `deploy ${service} ${to}`;
  announce(layout, { kind: "switch", service, to, because });
  switchRelease(member.currentLink, to);
  const switchedAtMs = Date.now();
  options.onSwitched?.();
  const change = { kind: "release", service, environment: layout.environment, from, to, actor: "deployer" } as const;
  const eventTaken = options.events === undefined ? null : await emitChange(options.events, change);
  await restartService(layout, member, because, options.instanceByInstance ?? true);
  return { service, from, to, switchedAtMs, eventTaken };
}
