import { parseArgs } from "node:util";
import { draw, scenarios, type Scenario } from "./draw.ts";
import { inject } from "./inject.ts";
import { flagNames, readLayout, services, type ShopLayout } from "./layout.ts";
import { orSay } from "./or-say.ts";
import type { Events } from "./tool/change-event.ts";
import { deploy, switchBack } from "./tool/deploy.ts";
import { setConfig, setFlag } from "./tool/edit.ts";
import { blip, hangStore, killExporters, poison, restoreExporters } from "./tool/hurt.ts";

const usage = `node examples/shop/faults.ts --dir DIR [--tell] COMMAND

  scenario NAME [SEED]            one of ${scenarios.join(", ")}
  deploy SERVICE VERSION JSON     a release that behaves as JSON says, such as '{"errorShare":0.5}'
  switch SERVICE VERSION          an existing release
  config SERVICE JSON             a change of settings, such as '{"store":{"poolSize":0}}'
  flag NAME on|off                one of ${flagNames.join(", ")}
  poison INSTANCE                 such as cart-1
  hang-store stopped|deadlocked
  blip SERVICE MS
  exporters off|on

--tell sends change events to EVENTS_URL with the bearer token EVENTS_TOKEN (a scenario's draw may still say no).`;

type Command = (layout: ShopLayout, args: readonly string[], events: Events | undefined) => unknown;

const commands: Readonly<Record<string, Command>> = {
  scenario: (layout, [name, seed], events) =>
    inject(draw(Number(seed ?? 1), oneOf<Scenario>(scenarios, name)), layout, events === undefined ? {} : { events }),
  deploy: (layout, [service, version, json], events) =>
    deploy(layout, oneOf(services, service), version ?? "1.2.0", JSON.parse(json ?? "{}"), { events }),
  switch: (layout, [service, version], events) =>
    switchBack(layout, oneOf(services, service), version ?? "1.1.0", { events }),
  config: (layout, [service, json], events) =>
    setConfig(layout, oneOf(services, service), JSON.parse(json ?? "{}"), { events }),
  flag: (layout, [name, variant], events) =>
    setFlag(layout, oneOf(flagNames, name), oneOf(["on", "off"] as const, variant), { events }),
  poison: (layout, [instance]) => poison(layout, instance ?? ""),
  "hang-store": (layout, [how]) => hangStore(layout, oneOf(["stopped", "deadlocked"] as const, how)),
  blip: (layout, [service, ms]) => blip(layout, oneOf(services, service), Number(ms ?? 3500)),
  exporters: (layout, [state]) =>
    oneOf(["on", "off"] as const, state) === "off" ? killExporters(layout) : restoreExporters(layout),
};

function oneOf<T extends string>(known: readonly T[], word: string | undefined): T {
  const found = known.find((one) => one === word);
  if (found === undefined) throw new Error(`\`${word ?? ""}\` is not known, use one of ${known.join(", ")}`);
  return found;
}

function eventsByEnvironment(): Events | undefined {
  const url = process.env.EVENTS_URL;
  return url === undefined ? undefined : { url, token: process.env.EVENTS_TOKEN ?? "" };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dir: { type: "string" }, tell: { type: "boolean", default: false } },
  });
  const [name, ...args] = positionals;
  const command = commands[name ?? ""];
  if (command === undefined || values.dir === undefined) {
    console.log(usage);
    process.exit(2);
  }
  console.log(
    JSON.stringify(await command(readLayout(values.dir), args, values.tell ? eventsByEnvironment() : undefined)),
  );
}

if (import.meta.main) await orSay(main);
