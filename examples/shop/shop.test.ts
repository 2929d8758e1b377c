import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readText, writeText } from "./files.ts";
import { memberNamed, type InstanceLayout, type ShopLayout } from "./layout.ts";
import type { LoadCounters } from "./load.ts";
import { hasArgument, isAlive, isHealthy, pidIn, signal, until } from "./processes.ts";
import { currentRelease, switchRelease } from "./release.ts";
import { readSettings } from "./settings.ts";
import { startShop } from "./start.ts";
import { stopShop } from "./stop.ts";
import type { Effect, LedgerLine } from "./supervisor/ledger.ts";
import { deploy } from "./tool/deploy.ts";
import { setConfig, setFlag } from "./tool/edit.ts";
import { blip, hangStore, killExporters, poison, restoreExporters } from "./tool/hurt.ts";

interface Received {
  readonly path: string;
  readonly authorization: string;
  readonly body: Buffer;
}

const received: Received[] = [];
const sink: Server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const authorization = request.headers.authorization ?? "";
    received.push({ path: request.url ?? "", authorization, body: Buffer.concat(parts) });
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
});
const dir = mkdtempSync(join(tmpdir(), "shop-test-"));
let layout: ShopLayout;
let sinkUrl = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
  const address = sink.address();
  if (address === null || typeof address === "string") throw new Error("the sink has no port");
  sinkUrl = `http://127.0.0.1:${address.port}`;
  layout = await startShop({ dir, environment: "test", otlpEndpoint: sinkUrl, token: "to ken", seed: 7 });
  await until("no visitors", 10_000, () => existsSync(layout.loadFile));
});

afterAll(async () => {
  await stopShop(dir);
  sink.closeAllConnections();
  sink.close();
  rmSync(dir, { recursive: true, force: true });
});

const load = (): LoadCounters => JSON.parse(readText(layout.loadFile));
const ledger = (): LedgerLine[] =>
  readText(layout.ledgerFile)
    .trimEnd()
    .split("\n")
    .map((line): LedgerLine => JSON.parse(line));
const effectsSince = (seq: number): LedgerLine[] => ledger().filter((l) => l.seq > seq && l.effect !== undefined);
const lastSeq = (): number => ledger().at(-1)?.seq ?? 0;
const mark = (line: LedgerLine): string => {
  const { kind, ...rest } = line.effect ?? { kind: "none" };
  return `${kind} ${"instance" in rest ? rest.instance : "service" in rest ? rest.service : ""}`;
};
const sinkHas = (path: string, text: string): boolean => received.some((r) => r.path === path && r.body.includes(text));
const allPids = (): number[] =>
  [
    layout.supervisorPidFile,
    layout.loadPidFile,
    ...layout.members.flatMap((m) => m.instances.map((i) => i.pidFile)),
  ].flatMap((file) => pidIn(file) ?? []);

/** What Homeostat does on a plain host, without a word to the shop's tool. */
async function restartAsOutsider(instance: InstanceLayout): Promise<void> {
  const old = pidIn(instance.pidFile) ?? 0;
  signal(old, "SIGTERM");
  await until("restart", 10_000, () => {
    const now = pidIn(instance.pidFile);
    return now !== undefined && now !== old && isHealthy(instance.healthUrl);
  });
}

async function quietSeconds(count: number): Promise<void> {
  const fromMs = Date.now() + 1000;
  await until("still failing", 30_000, () => {
    const seconds = load().lastSeconds.filter((s) => s.atMs >= fromMs);
    const calm = seconds.slice(-count - 1, -1);
    return calm.length === count && calm.every((s) => s.failed + s.unanswered === 0);
  });
}

it("serves its visitors and tells its telemetry, with the token", async () => {
  await until("no traffic", 20_000, () => load().ok > 60);
  expect(load().failed + load().unanswered).toBe(0);
  await until("no metrics", 45_000, () => sinkHas("/v1/metrics", "http.server.request.duration"));
  for (const name of ["gateway", "catalogue", "cart", "checkout", "payment"])
    expect(sinkHas("/v1/traces", `${name}-1`)).toBe(true);
  for (const text of ["peer.service", "service.version", "1.1.0", "deployment.environment.name"])
    expect(sinkHas("/v1/traces", text)).toBe(true);
  expect(sinkHas("/v1/traces", "store-1")).toBe(false);
  expect(new Set(received.map((r) => r.authorization))).toEqual(new Set(["Bearer to ken"]));
});

it("runs each instance in the directory of its release", () => {
  const [instance] = memberNamed(layout, "cart").instances;
  expect(basename(readlinkSync(`/proc/${pidIn(instance?.pidFile ?? "")}/cwd`))).toBe("1.1.0");
});

it("refuses a second shop in the same directory", async () => {
  await expect(startShop({ dir, otlpEndpoint: sinkUrl, token: "t" })).rejects.toThrow("runs in");
});

it("keeps visitors served while a good release is rolled out", async () => {
  const before = load();
  await deploy(layout, "catalogue", "1.2.0", { innocent: true });
  await quietSeconds(2);
  expect(load().failed - before.failed).toBeLessThanOrEqual(1);
});

it("hurts by a bad release, heals by going back, and ledgers who did what", async () => {
  const seq = lastSeq();
  const catalogue = memberNamed(layout, "catalogue");
  const deployed = await deploy(layout, "catalogue", "1.2.0", { errorShare: 0.7 });
  expect(deployed).toMatchObject({ from: "1.2.0", to: "1.2.1", eventTaken: null });
  const failedBefore = load().failed;
  await until("no harm", 15_000, () => load().failed > failedBefore + 15);
  await until("no logs", 5000, () => sinkHas("/v1/logs", "unexpected state in"));
  const own = effectsSince(seq);
  expect(own.filter((l) => l.effect?.kind !== "started").map((l) => [mark(l), l.by])).toEqual([
    ["release-switched catalogue", "shop"],
    ["exited catalogue-1", "shop"],
    ["exited catalogue-2", "shop"],
  ]);

  const after = lastSeq();
  switchRelease(catalogue.currentLink, "1.1.0");
  for (const instance of catalogue.instances) await restartAsOutsider(instance);
  await quietSeconds(3);
  const others = effectsSince(after);
  expect(others.every((l) => l.by === undefined)).toBe(true);
  expect(others.map((l) => l.effect)).toMatchObject([
    { kind: "release-switched", service: "catalogue", from: "1.2.1", to: "1.1.0" },
    { kind: "exited", instance: "catalogue-1", code: 0, signal: null, release: "1.2.1" },
    { kind: "started", instance: "catalogue-1", release: "1.1.0" },
    { kind: "exited", instance: "catalogue-2", code: 0, signal: null, release: "1.2.1" },
    { kind: "started", instance: "catalogue-2", release: "1.1.0" },
  ] satisfies Partial<Effect>[]);
  const numbers = ledger().map((l) => l.seq);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
});

it("announces a change as a CloudEvent only when asked", async () => {
  const events = { url: `${sinkUrl}/events`, token: "change" };
  await setFlag(layout, "newRanking", "off");
  expect(received.some((r) => r.path === "/events")).toBe(false);
  await setFlag(layout, "newRanking", "off", { events });
  const event = received.find((r) => r.path === "/events");
  expect(event?.authorization).toBe("Bearer change");
  expect(JSON.parse(event?.body.toString() ?? "")).toMatchObject({
    specversion: "1.0",
    type: "dev.homeostat.change.flag",
    data: {
      service: "catalogue",
      environment: "test",
      from: "off",
      to: "off",
      subject: "newRanking",
      actor: "product",
    },
  });
});

it("breaks a path by a flag and mends it by the flag", async () => {
  const failedBefore = load().failed;
  await setFlag(layout, "asyncCart", "on");
  await until("no harm", 15_000, () => load().failed > failedBefore + 8);
  await setFlag(layout, "asyncCart", "off");
  await quietSeconds(2);
  const flags = ledger().flatMap((l) => (l.effect?.kind === "flag-changed" ? [[l.effect.to, l.by]] : []));
  expect(flags).toEqual([
    ["on", "shop"],
    ["off", "shop"],
  ]);
});

it("breaks a service by its config; the old file and a restart, or a hangup signal, mend it", async () => {
  const { configFile, instances } = memberNamed(layout, "cart");
  const good = readText(configFile);
  const failedBefore = load().failed;
  await setConfig(layout, "cart", { store: { poolSize: 0 } });
  expect(readSettings(configFile).store?.poolSize).toBe(0);
  await until("no harm", 15_000, () => load().failed > failedBefore + 8);
  writeText(configFile, good);
  for (const instance of instances) signal(pidIn(instance.pidFile) ?? 0, "SIGHUP");
  await quietSeconds(2);
  const configs = ledger().flatMap((l) => (l.effect?.kind === "config-changed" ? [[l.effect.service, l.by]] : []));
  expect(configs).toEqual([
    ["cart", "shop"],
    ["cart", undefined],
  ]);
});

it("crashes again and again on a poisoned spool until its disposable state is moved away", async () => {
  const seq = lastSeq();
  const [instance] = memberNamed(layout, "payment").instances;
  if (instance === undefined) throw new Error("no payment instance");
  poison(layout, instance.name);
  const exits = () => effectsSince(seq).flatMap((l) => (l.effect?.kind === "exited" ? [l.effect] : []));
  await until("no crash loop", 20_000, () => exits().length >= 3);
  expect(exits().map((e) => [e.code, e.signal])).toEqual([
    [null, "SIGKILL"],
    [1, null],
    [1, null],
  ]);
  renameSync(instance.scratchDir, `${instance.scratchDir}.set-aside`);
  mkdirSync(instance.scratchDir);
  const countThen = exits().length;
  await quietSeconds(4);
  expect(exits().length).toBeLessThanOrEqual(countThen + 1);
  expect(effectsSince(seq).some((l) => mark(l) === "scratch-moved payment-1" && l.by === undefined)).toBe(true);
});

it.each(["deadlocked", "stopped"] as const)(
  "takes everybody down by a %s store that only a kill heals",
  async (how) => {
    const [store] = memberNamed(layout, "store").instances;
    if (store === undefined) throw new Error("no store");
    const pid = pidIn(store.pidFile) ?? 0;
    const failedBefore = load().failed;
    hangStore(layout, how);
    await until("no harm", 15_000, () => load().failed > failedBefore + 20);
    expect(await isHealthy(store.healthUrl)).toBe(false);
    signal(pid, "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isAlive(pid)).toBe(true);
    signal(pid, "SIGKILL");
    await quietSeconds(2);
    expect(await isHealthy(store.healthUrl)).toBe(true);
  },
);

it("raises a service's latency for a moment without an error", async () => {
  const failedBefore = load().failed;
  const seq = lastSeq();
  await blip(layout, "cart", 1500);
  await quietSeconds(2);
  expect(load().failed).toBe(failedBefore);
  expect(effectsSince(seq)).toEqual([]);
});

it("loses all telemetry while the services stay well, and gets it back", async () => {
  killExporters(layout);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const [count, ok] = [received.length, load().ok];
  await until("no traffic", 10_000, () => load().ok > ok + 40);
  expect(received.length).toBe(count);
  restoreExporters(layout);
  await until("still no telemetry", 10_000, () => received.length > count + 3);
});

it("leaves nothing running when it does not start in time", async () => {
  const other = mkdtempSync(join(tmpdir(), "shop-late-"));
  const late = startShop({ dir: other, otlpEndpoint: sinkUrl, token: "t", readyWithinMs: 600 });
  await expect(late).rejects.toThrow("did not start");
  const left = readdirSync(join(other, "run")).flatMap((name) => pidIn(join(other, "run", name)) ?? []);
  expect(left.filter((pid) => hasArgument(pid, other))).toEqual([]);
  rmSync(other, { recursive: true, force: true });
});

it("leaves no process behind", async () => {
  const pids = allPids();
  expect(pids.length).toBe(13);
  hangStore(layout, "stopped");
  await stopShop(dir);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(currentRelease(memberNamed(layout, "catalogue").currentLink)).toBe("1.1.0");
});
