import { existsSync } from "node:fs";
import { join } from "node:path";
import { readText } from "./files.ts";

export type ServiceName = "gateway" | "catalogue" | "cart" | "checkout" | "payment";
export type MemberName = ServiceName | "store";
export type FlagName = "newRanking" | "expressCheckout" | "asyncCart";

export const services: readonly ServiceName[] = ["gateway", "catalogue", "cart", "checkout", "payment"];

/** Who calls whom. */
export const calls: Readonly<Record<MemberName, readonly MemberName[]>> = {
  gateway: ["catalogue", "cart", "checkout"],
  catalogue: ["store"],
  cart: ["store"],
  checkout: ["cart", "payment", "store"],
  payment: [],
  store: [],
};

export const flagNames: readonly FlagName[] = ["newRanking", "expressCheckout", "asyncCart"];

/** Whose code looks at which flag. */
export const flagOwner: Readonly<Record<FlagName, ServiceName>> = {
  newRanking: "catalogue",
  expressCheckout: "checkout",
  asyncCart: "cart",
};

export interface InstanceLayout {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly healthUrl: string;
  readonly readyUrl: string;
  /** Holds the pid while the process lives; absent while it does not. */
  readonly pidFile: string;
  readonly portFile: string;
  /** Disposable state: may be moved away while the instance is down. */
  readonly scratchDir: string;
  readonly logFile: string;
}

export interface MemberLayout {
  readonly name: MemberName;
  /** The store takes no releases and sends no telemetry. */
  readonly kind: "service" | "store";
  readonly calls: readonly MemberName[];
  readonly releasesDir: string;
  readonly currentLink: string;
  readonly configFile: string;
  readonly flagsFile: string;
  readonly flags: readonly FlagName[];
  readonly instances: readonly InstanceLayout[];
}

/** What `shop.json` holds: where everything is. No secret is in it. */
export interface ShopLayout {
  readonly dir: string;
  readonly environment: string;
  readonly seed: number;
  readonly gatewayUrl: string;
  readonly gatewayUrls: readonly string[];
  readonly flagsFile: string;
  readonly addressesFile: string;
  readonly ledgerFile: string;
  readonly intentsFile: string;
  readonly loadFile: string;
  /** While this file exists no process of the shop exports telemetry. */
  readonly telemetryOffFile: string;
  readonly supervisorPidFile: string;
  readonly loadPidFile: string;
  readonly members: readonly MemberLayout[];
}

export const layoutFileOf = (dir: string): string => join(dir, "layout.json");
/** The layout of the shop in a directory; throws when none was laid out there. */
export function readLayout(dir: string): ShopLayout {
  if (!existsSync(layoutFileOf(dir))) throw new Error(`no shop in \`${dir}\`, start one with start.ts --dir ${dir}`);
  return JSON.parse(readText(layoutFileOf(dir)));
}

/** Exists once every instance was healthy. */
export const shopFileOf = (dir: string): string => join(dir, "shop.json");
export const supervisorPidFileOf = (dir: string): string => join(dir, "run", "supervisor.pid");

const instanceNames = (member: MemberName): string[] =>
  member === "store" ? ["store-1"] : [`${member}-1`, `${member}-2`];

/** How many ports `layoutOf` needs. */
export const portsNeeded = services.length * 2 + 1;

/** The layout of a shop under an absolute directory, on the given free ports. */
export function layoutOf(dir: string, environment: string, seed: number, ports: readonly number[]): ShopLayout {
  const left = [...ports];
  const instance = (name: string): InstanceLayout => {
    const port = left.shift();
    if (port === undefined) throw new Error(`needs ${portsNeeded} ports, got ${ports.length}`);
    const url = `http://127.0.0.1:${port}`;
    return {
      name,
      port,
      url,
      healthUrl: `${url}/healthz`,
      readyUrl: `${url}/readyz`,
      pidFile: join(dir, "run", `${name}.pid`),
      portFile: join(dir, "run", `${name}.port`),
      scratchDir: join(dir, "scratch", name),
      logFile: join(dir, "logs", `${name}.log`),
    };
  };
  const members = ([...services, "store"] as const).map((name): MemberLayout => memberOf(dir, name, instance));
  const gatewayUrls = (members[0]?.instances ?? []).map((i) => i.url);
  return {
    dir,
    environment,
    seed,
    gatewayUrl: gatewayUrls[0] ?? "",
    gatewayUrls,
    flagsFile: join(dir, "flags.json"),
    addressesFile: join(dir, "addresses.json"),
    ledgerFile: join(dir, "ledger.jsonl"),
    intentsFile: join(dir, "intents.jsonl"),
    loadFile: join(dir, "load.json"),
    telemetryOffFile: join(dir, "telemetry-off"),
    supervisorPidFile: supervisorPidFileOf(dir),
    loadPidFile: join(dir, "run", "load.pid"),
    members,
  };
}

function memberOf(dir: string, name: MemberName, instance: (name: string) => InstanceLayout): MemberLayout {
  const releasesDir = join(dir, "releases", name);
  return {
    name,
    kind: name === "store" ? "store" : "service",
    calls: calls[name],
    releasesDir,
    currentLink: join(releasesDir, "current"),
    configFile: join(dir, "config", `${name}.json`),
    flagsFile: join(dir, "flags.json"),
    flags: flagNames.filter((flag) => flagOwner[flag] === name),
    instances: instanceNames(name).map(instance),
  };
}

/** A member by name; throws for a name the shop does not have. */
export function memberNamed(layout: ShopLayout, name: string): MemberLayout {
  const member = layout.members.find((m) => m.name === name);
  if (member === undefined)
    throw new Error(`no service \`${name}\` in the shop, use one of ${layout.members.map((m) => m.name).join(", ")}`);
  return member;
}

/** An instance by name, with its member. */
export function instanceNamed(layout: ShopLayout, name: string): { member: MemberLayout; instance: InstanceLayout } {
  for (const member of layout.members)
    for (const instance of member.instances) if (instance.name === name) return { member, instance };
  throw new Error(`no instance \`${name}\` in the shop, instances are named like catalogue-1`);
}
