import { cp, mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkCare } from "./check-care.ts";
import { loadCare } from "./load-care.ts";
import { careOptions } from "./care-world.testsuite.ts";

const example = fileURLToPath(new URL("../../care/services-example", import.meta.url));
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "care-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, file)), { recursive: true });
  await writeFile(join(dir, file), text);
}

describe("metrics", () => {
  const shop = `apiVersion: homeostat.dev/v1
kind: Service
metadata: { name: shop }
spec:
  environment: test
  owner: team
  telemetryName: the "shop"
  labels: { team: a.b }
  metrics:
    - name: depth
      query: 'max(depth{service="\${service.telemetryName}", team=~"\${service.labels.team}"})'
      unit: items
      dimension: queue
`;
  const settings = `apiVersion: homeostat.dev/v1
kind: Settings
metadata: { name: settings }
spec: { prometheus: [{ url: "http://127.0.0.1:9090", environments: [test] }] }
`;

  it("are filled from the service's own fields, escaped for where they stand (I9)", async () => {
    await write("shop.yaml", shop);
    await write("settings.yaml", settings);
    const { config, errors, warnings } = await checkCare(dir, careOptions());
    expect(errors).toEqual([]);
    expect(config?.services[0]?.metrics).toEqual([
      {
        name: "depth",
        query: String.raw`max(depth{service="the \"shop\"", team=~"a\\.b"})`,
        unit: "items",
        direction: "higher",
        dimension: "queue",
      },
    ]);
    expect(warnings.filter((w) => w.path.includes("metrics"))).toEqual([]);
  });

  it("that nobody can be asked for are warned of", async () => {
    await write("shop.yaml", shop);
    await write("settings.yaml", settings.replace("[test]", "[prod]"));
    const { warnings } = await checkCare(dir, careOptions());
    expect(warnings).toContainEqual(
      expect.objectContaining({
        file: "shop.yaml",
        line: 9,
        path: "spec.metrics",
        message: "no server knows the environment `test`: these metrics will be missing",
      }),
    );
  });
});

describe("scrape", () => {
  const shop = (scrape: string) => `apiVersion: homeostat.dev/v1
kind: Service
metadata: { name: shop }
spec:
  environment: test
  owner: team
  instances:
    - { name: shop-1, pidFile: 1.pid, healthUrl: "https://127.0.0.1:8081/healthz?deep=1" }
    - { name: shop-2, pidFile: 2.pid, healthUrl: "http://127.0.0.1:8082/healthz" }
    - { name: shop-3, pidFile: 3.pid }
  scrape: ${scrape}
`;
  const read = async (scrape: string) => {
    await write("shop.yaml", shop(scrape));
    const { config, errors } = await checkCare(dir, careOptions());
    expect(errors).toEqual([]);
    return config?.services[0]?.scrape;
  };

  it("is beside the health checks unless told otherwise", async () => {
    const at = (one: string, two: string) => [
      { instance: "shop-1", url: one },
      { instance: "shop-2", url: two },
    ];
    expect(await read("{}")).toEqual({
      targets: at("https://127.0.0.1:8081/metrics", "http://127.0.0.1:8082/metrics"),
      intervalMs: 5_000,
    });
    expect(await read("{ port: 9100, path: /m, interval: 10s, auth: { bearer: env:TOKEN } }")).toEqual({
      targets: at("https://127.0.0.1:9100/m", "http://127.0.0.1:9100/m"),
      intervalMs: 10_000,
      auth: { bearer: "env:TOKEN" },
    });
  });

  it("is at whole addresses where those are named, by an instance's name where they lead to it", async () => {
    expect((await read('{ urls: ["http://127.0.0.1:8082/m", "http://other:1/m"] }'))?.targets).toEqual([
      { instance: "shop-2", url: "http://127.0.0.1:8082/m" },
      { instance: "other:1", url: "http://other:1/m" },
    ]);
  });
});

describe("loadCare", () => {
  it("loads the example care repo with the shipped runbooks", async () => {
    const { config, errors, warnings } = await checkCare(example, careOptions());
    expect(errors).toEqual([]);
    expect(config?.runbooks.map((r) => r.name)).toEqual([
      "config-restore",
      "dependency-restart",
      "escalate",
      "flag-off",
      "process-restart",
      "release-rollback",
    ]);
    expect(config?.services.find((s) => s.name === "checkout")).toMatchObject({
      telemetryName: "checkout",
      minHealthy: 1,
      instances: [{ stopTimeoutMs: 10_000, startTimeoutMs: 30_000 }, {}],
      synthetics: [{ maxMs: 1_000 }],
    });
    expect(config?.services.find((s) => s.name === "payment")?.minHealthy).toBe(0);
    expect(config?.slos).toEqual([
      {
        name: "checkout-availability",
        service: "checkout",
        environment: "staging",
        objective: 0.99,
        windowMs: 28 * 86_400_000,
        indicator: { type: "errors" },
        alerts: [
          { severity: "page", longMs: 3_600_000, shortMs: 300_000, factor: 14.4 },
          { severity: "page", longMs: 21_600_000, shortMs: 1_800_000, factor: 6 },
          { severity: "ticket", longMs: 259_200_000, shortMs: 21_600_000, factor: 1 },
        ],
      },
    ]);
    expect(config?.settings.attemptsMax).toBe(3);
    expect(warnings.map((w) => w.message)).toEqual([
      "no policy lets a runbook act: Homeostat observes only and shows what it would do",
    ]);
  });

  it("names the Git commit of a clean checkout and the content of a dirty one", async () => {
    await cp(example, dir, { recursive: true });
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]).toString();
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "start");
    const head = git("rev-parse", "HEAD").trim();
    const clean = await loadCare(dir, careOptions());
    expect(clean.ok && clean.value.commit).toBe(head);
    await write("extra.yml", "# a comment only\n");
    const dirty = await loadCare(dir, careOptions());
    expect(dirty.ok && dirty.value.commit).toMatch(/^tree:[0-9a-f]{64}$/);
  });
});
