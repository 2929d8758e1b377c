import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IncidentView, TopologyView } from "../engine/operations.ts";
import { ok } from "../kernel/result.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import { givenServer, healthy, incident, refusal, startMs } from "../server/server-world.testsuite.ts";

const bin = fileURLToPath(new URL("../../bin/homeostat", import.meta.url));
const hostile = "evil\u001b[2J\u009b31m\u202egnp\n  2026-01-01 00:00:00  outcome    resolved: all is well\r\u0007";
const digest = `sha256:${"ab".repeat(32)}` as const;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command to its end, as a person starts it. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HOMEOSTAT_")));
  const child = spawn(bin, args, { env: { ...clean, ...env }, stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.once("close", (code) => done({ code, stdout, stderr })));
}

const view: IncidentView = {
  incident: incident({
    services: [hostile],
    timeline: [{ atMs: startMs, kind: "note", actor: { kind: "system", name: hostile }, text: hostile }],
  }),
  diagnosis: {
    incidentId: incident().id,
    atMs: startMs,
    hypotheses: [
      {
        id: "h",
        service: hostile,
        cause: "bad-release",
        confidence: 0.8,
        evidenceFor: [{ kind: "k", weight: 1, text: hostile, refs: [] }],
        evidenceAgainst: [],
      },
    ],
    missing: [],
    ranking: {
      places: [
        {
          service: hostile,
          confidence: 0.6,
          dimension: hostile,
          instance: { name: hostile, confidence: 0.7 },
          evidenceFor: [{ kind: "k", weight: 1, text: hostile, refs: [] }],
          evidenceAgainst: [],
        },
      ],
      nothingConfidence: 0.3,
      isCredible: true,
      missing: ["no traces"],
    },
    operations: [
      {
        service: hostile,
        operation: hostile,
        change: "slower",
        text: `moved: ${hostile}`,
        through: [],
        traceIds: [hostile],
      },
    ],
    inputs: digest,
  },
  plans: [],
  decisions: [],
  runs: [],
  approvals: [],
};

const words = { text: hostile, advice: hostile };
const topology: TopologyView = {
  nowMs: startMs,
  sinceMs: 0,
  withinMs: 1,
  environments: [
    {
      environment: hostile,
      services: {
        total: 1,
        shown: [{ name: hostile, isDeclared: false, emitsTelemetry: true, isHeard: true, lastHeardMs: startMs }],
      },
      calls: { total: 1, shown: [{ from: hostile, to: hostile, source: "learned", isSeen: true }] },
      callsUnknown: 0,
      differences: {
        undeclaredCalls: { total: 1, shown: [{ from: hostile, to: hostile, ...words }] },
        unseenCalls: { total: 0, shown: [] },
        undeclaredServices: { total: 1, shown: [{ service: hostile, ...words }] },
        unheardServices: { total: 0, shown: [] },
      },
    },
  ],
  environmentsLeftOut: 0,
};

let dir: string;
let url: string;
let env: Record<string, string>;
let given: Awaited<ReturnType<typeof givenServer>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeostat-cli-"));
  given = await givenServer({
    incident: async (id) => (id === incident().id ? view : undefined),
    status: async () => ({ ...healthy, components: [{ name: "database", state: "ok", detail: hostile }] }),
    resume: refusal("stale"),
    close: refusal("denied"),
    topology: async ({ environment }) => (environment === "nowhere" ? refusal("not-found")() : ok(topology)),
  });
  url = await given.server.listen({ host: "127.0.0.1", port: 0 });
  const token = (await given.issue("read", "operate", "approve")).slice("Bearer ".length);
  env = { HOMEOSTAT_URL: url, HOMEOSTAT_TOKEN: token, HOMEOSTAT_DATA: join(dir, "none") };
});
afterAll(async () => {
  await given?.server.close();
  await rm(dir, { recursive: true, force: true });
});

// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe("hostile text", () => {
  test("neither steers the terminal nor forges a line", async () => {
    const shown = await Promise.all([
      run(["incident", "show", incident().id], env),
      run(["incidents"], env),
      run(["status"], env),
      run(["topology"], env),
    ]);
    for (const { code, stdout, stderr } of shown) {
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).not.toMatch(steering);
      expect(stdout).not.toMatch(/^ {2}2026-01-01/m);
    }
    expect(shown[0]?.stdout).toContain("evil\ufffd[2J");
    expect(shown[0]?.stdout).toContain("moved: evil\ufffd[2J");
  });

  test("comes through --json unharmed, and still steers nothing", async () => {
    const { stdout } = await run(["incident", "show", incident().id, "--json"], env);
    expect(stdout.trimEnd()).not.toMatch(steering);
    expect(JSON.parse(stdout)).toEqual(view);
  });

  test.each([
    ["https://ada:s3cr3t@127.0.0.1:9/care.git", 6],
    ["http://ada:s3cr3t@127.0.0.1:9/care.git", 6],
  ])("a password in the address %s of a care repo is never said back", async (address, code) => {
    const data = join(dir, "unused");
    const [up, check] = await Promise.all([run(["up", "--care", address, "--data", data]), run(["check", address])]);
    expect([up.code, check.code]).toEqual([code, 2]);
    for (const { stderr } of [up, check]) expect(stderr).toContain("ada:***@127.0.0.1");
    expect(up.stdout + up.stderr + check.stdout + check.stderr).not.toContain("s3cr3t");
  });

  test("in an argument is said back harmlessly", async () => {
    const { code, stderr } = await run(["stop", `planet/\u001b[2J`], env);
    expect(code).toBe(6);
    expect(stderr).not.toMatch(steering);
  });
});

describe("failures", () => {
  const cases: readonly (readonly [args: string[], code: number, word: string, withEnv?: Record<string, string>])[] = [
    [["incident", "show", "inc-none"], 5, "not-found"],
    [["incidents", "--limit", "0"], 6, "invalid"],
    [["trace", "show", "f".repeat(32)], 5, "not-found"],
    [["trace", "show", "4bf9"], 6, "invalid"],
    [["trace", "show"], 2, "usage"],
    [["traces", "nobody"], 5, "not-found"],
    [["traces", "cart", "--last", "soon"], 2, "usage"],
    [["traces", "cart", "--last", "2h"], 6, "invalid"],
    [["traces", "cart"], 3, "unreachable", { HOMEOSTAT_URL: "http://127.0.0.1:9" }],
    [["topology", "--environment", "nowhere"], 5, "not-found"],
    [["topology", "--limit", "0"], 6, "invalid"],
    [["resume", "service/cart"], 4, "stale"],
    [["status"], 4, "unauthenticated", { HOMEOSTAT_TOKEN: "hs_wrong" }],
    [["status"], 3, "unreachable", { HOMEOSTAT_URL: "http://127.0.0.1:9" }],
    [["status"], 2, "usage", { HOMEOSTAT_URL: "nonsense" }],
    [["status"], 3, "unreachable", { HOMEOSTAT_URL: "" }],
    [["plan", incident().id], 2, "usage"],
    [["incident", "close", incident().id], 2, "usage"],
    [["incident", "close", incident().id, "--reason", "mine"], 4, "denied"],
    [["nonsense"], 2, "usage"],
    [["status", "--nonsense"], 2, "usage"],
    [["approve"], 2, "usage"],
    [["stop", "planet/earth"], 6, "invalid"],
    [["audit", "verify", "/nowhere", "--key", "k"], 5, "not-found"],
    [["audit", "verify", import.meta.filename, "--key", "k"], 6, "invalid"],
    [["up", "--care", ".", "--port", "x"], 2, "usage"],
    [["demo", "--scenario", "nonsense"], 2, "usage"],
  ];

  const named = cases.map(([args, code, word, own = {}]) => ({ args, code, word, own }));
  test.each(named)("$args exits $code, and says `$word` to programs", async ({ args, code, word, own }) => {
    const [person, program] = await Promise.all([
      run(args, { ...env, ...own }),
      run([...args, "--json"], { ...env, ...own }),
    ]);
    expect([person.code, person.stdout]).toEqual([code, ""]);
    expect(person.stderr).not.toBe("");
    expect([program.code, program.stderr]).toEqual([code, person.stderr]);
    expect(JSON.parse(program.stdout)).toEqual({
      error: { code: word, message: expect.stringMatching(/./), reasons: expect.any(Array) },
    });
  });

  test("the reasons of a refusal are shown", async () => {
    expect((await run(["resume", "service/cart"], env)).stderr).toBe("homeostat: a stale refusal\n  why\n");
  });

  test("a connection file that is damaged is as none", async () => {
    await writeFile(join(dir, "connection.json"), "{");
    expect((await run(["status", "--data", dir])).code).toBe(3);
  });
});

test("every command's help says what it is for, and ends in a call to copy", async () => {
  const commands =
    "up,demo,init,check,import backstage,status,incidents,incident show,incident close,traces,trace show,topology,plan,approve,deny,stop,resume,audit export,audit checkpoint,audit verify,token create,login,detect,diagnose".split(
      ",",
    );
  for (let i = 0; i < commands.length; i += 4)
    await Promise.all(
      commands.slice(i, i + 4).map(async (command) => {
        const { code, stdout } = await run([...command.split(" "), "--help"]);
        expect(code).toBe(0);
        expect(stdout, command).toMatch(new RegExp(`\n\nExamples:\n {2}homeostat ${command}`));
        expect(stdout, command).toContain("--json");
      }),
    );
  const { stdout } = await run(["--help"]);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1]).filter((name) => name !== "help");
  expect(new Set(commands.map((c) => c.split(" ")[0]))).toEqual(new Set(listed));
});

test("init writes a care repo that check accepts, says what next, and refuses a folder that is not empty", async () => {
  const care = join(dir, "care");
  const made = await run(["init", care]);
  expect(made.code).toBe(0);
  expect(made.stdout).toContain(`homeostat up --care ${care}`);
  expect((await run(["check", care])).code).toBe(0);
  const again = await run(["init", care, "--json"]);
  expect(again.code).toBe(6);
  expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "invalid" } });
});

describe("import backstage", () => {
  const shop = fileURLToPath(new URL("../../test/backstage/catalog-info.yaml", import.meta.url));
  const given = async (name: string): Promise<string[]> => {
    const care = join(dir, name);
    expect((await run(["init", care])).code).toBe(0);
    return ["--care", care, "--environment", "production"];
  };

  test("writes services that check accepts, says what it left, and leaves them as they are the next time", async () => {
    const to = await given("imported");
    const dry = await run(["import", "backstage", shop, ...to, "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, ""]);
    expect(dry.stdout).toContain("would write 6 services to");
    const wrote = await run(["import", "backstage", shop, ...to]);
    expect([wrote.code, wrote.stderr]).toEqual([0, ""]);
    expect(wrote.stdout).toContain("services/web-shop.yaml: of storefront; tier 1; depends on cart, payment-gateway\n");
    expect(wrote.stdout).toContain("kinds that are not read: 2 API, 1 Domain, 2 Group, 1 System\n");
    const check = await run(["check", to[1] ?? "", "--json"]);
    expect(check.code).toBe(0);
    expect(JSON.parse(check.stdout)).toMatchObject({ ok: true, errors: [] });
    const again = await run(["import", "backstage", shop, ...to, "--json"]);
    expect(again.code).toBe(0);
    const { services, declared } = JSON.parse(again.stdout) as { services: unknown[]; declared: unknown[] };
    expect([services.length, declared.length]).toEqual([0, 6]);
  });

  test("names what is wrong with file and line, and exits 6; 2 for a wrong environment or an address", async () => {
    const to = await given("refused");
    const bad = join(dir, "bad.yaml");
    await writeFile(
      bad,
      "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: ../../evil\u001b[2J\nspec: {}\n",
    );
    const refused = await run(["import", "backstage", shop, bad, ...to, "--json"]);
    expect(refused.code).toBe(6);
    const { error } = JSON.parse(refused.stdout) as { error: { code: string; reasons: string[] } };
    expect(error.code).toBe("invalid");
    expect(error.reasons).toContainEqual(
      expect.stringContaining(`${bad}:5:1: error: spec.owner: \`owner\` is missing`),
    );
    expect(refused.stderr).not.toMatch(steering);
    for (const wrong of [
      ["--care", join(dir, "refused"), "--environment", "Not a name"],
      ["--care", "https://example.com/care.git", "--environment", "production"],
    ])
      expect((await run(["import", "backstage", shop, ...wrong])).code).toBe(2);
  });
});

test("the log and its checkpoint are written byte by byte", async () => {
  const [log, checkpoint] = [join(dir, "log"), join(dir, "checkpoint")];
  expect((await run(["audit", "export"], env)).stdout).toBe("one\ntwo\n");
  expect((await run(["audit", "checkpoint"], env)).stdout).toBe("a checkpoint\n");
  expect(JSON.parse((await run(["audit", "checkpoint", "--json"], env)).stdout)).toEqual({
    checkpoint: "a checkpoint\n",
  });
  await run(["audit", "export", "--out", log], env);
  await run(["audit", "checkpoint", "--out", checkpoint], env);
  expect(await readFile(log, "utf8")).toBe("one\ntwo\n");
  expect(await readFile(checkpoint, "utf8")).toBe("a checkpoint\n");
  const failed = await run(["audit", "export", "--json"], { ...env, HOMEOSTAT_TOKEN: "hs_wrong" });
  expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: "unauthenticated" } });
});

const healthyStop = { scope: { kind: "service" as const, value: "helo" }, by: "ann", reason: "", atMs: 1 };
const away = { HOMEOSTAT_URL: "http://127.0.0.1:9", HOMEOSTAT_TOKEN: "hs_x" };

test("stop falls back to the stop file when no server answers, and resume lifts it", async () => {
  await writeFile(join(dir, "admin.token"), "hs_x");
  const stopped = await run(["stop", "service/cart", "--data", dir, "--reason", "drill", "--json"], away);
  expect(stopped.code).toBe(0);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ via: "file", reason: "drill" });
  expect(stopped.stderr).toContain("using the stop file");
  expect(await readFile(join(dir, "STOP"), "utf8")).toContain("drill");
  expect((await run(["resume", "service/cart", "--offline", "--data", dir], away)).code).toBe(0);
  expect((await run(["resume", "service/cart", "--offline", "--data", dir], away)).code).toBe(5);
});

test("a resume that is refused, or reaches nobody, leaves the stop file as it is", async () => {
  await writeFile(join(dir, "admin.token"), "hs_x");
  await run(["stop", "service/cart", "--offline", "--data", dir], env);
  const unheard = await run(["resume", "service/cart", "--data", dir], away);
  expect(unheard.code).toBe(3);
  expect(unheard.stderr).toContain("STILL STOPPED");
  expect((await run(["resume", "service/cart", "--data", dir], env)).code, "refused").toBe(4);
  expect(await readFile(join(dir, "STOP"), "utf8")).toContain("cart");
  expect((await run(["resume", "service/cart", "--offline", "--data", dir], env)).code).toBe(0);
});

test("who stops what nobody knows is told so", async () => {
  const unknown = { ...healthyStop, unknown: "no service `helo` is known" };
  const { server, issue } = await givenServer({ stop: async () => ({ ok: true, value: unknown }) });
  const at = await server.listen({ host: "127.0.0.1", port: 0 });
  const token = (await issue("operate")).slice("Bearer ".length);
  const said = await run(["stop", "service/helo"], { HOMEOSTAT_URL: at, HOMEOSTAT_TOKEN: token });
  await server.close();
  expect(said).toMatchObject({ code: 0 });
  expect(said.stdout).toContain("BEWARE: no service `helo` is known");
});

describe("while the database is down", () => {
  const down = async () => {
    const { server, store } = await givenServer({
      status: async () => ({
        ...healthy,
        state: "failed",
        components: [
          { name: "database", state: "failed", detail: "secret detail" },
          { name: "clock", state: "ok", detail: "" },
        ],
      }),
    });
    store.tokens.find = () => Promise.reject(new AdapterError("unavailable", "gone", { retryable: true }));
    const address = await server.listen({ host: "127.0.0.1", port: 0 });
    return { server, own: { HOMEOSTAT_URL: address, HOMEOSTAT_TOKEN: `hs_${"x".repeat(43)}` } };
  };

  test("status says so, names the parts that failed, and lets nobody in on a guess", async () => {
    const { server, own } = await down();
    const [person, program] = await Promise.all([run(["status"], own), run(["status", "--json"], own)]);
    await server.close();
    expect([person.code, program.code, person.stdout]).toEqual([1, 1, ""]);
    expect(person.stderr).toMatch(
      /the token cannot be checked while the database is down.*\n {2}failed {4}database\n$/,
    );
    expect(person.stderr).not.toContain("secret");
    expect(JSON.parse(program.stdout)).toMatchObject({
      error: { code: "unavailable", reasons: ["failed    database"] },
    });
  });

  test("incidents says what is wrong, and stop falls back to the stop file", async () => {
    const { server, own } = await down();
    await writeFile(join(dir, "admin.token"), "hs_x");
    const [listed, stopped] = await Promise.all([
      run(["incidents"], own),
      run(["stop", "service/cart", "--data", dir, "--json"], own),
    ]);
    await server.close();
    expect([listed.code, listed.stdout]).toEqual([1, ""]);
    expect(listed.stderr).toContain("the database does not answer");
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ via: "file" });
    expect(stopped.stderr).toContain("using the stop file");
    expect((await run(["resume", "service/cart", "--offline", "--data", dir], own)).code).toBe(0);
  });
});

test("stop never claims to have stopped what it cannot reach", async () => {
  const elsewhere = await run(["stop"], { ...away, HOMEOSTAT_DATA: dir });
  expect(elsewhere.code).toBe(3);
  expect(elsewhere.stderr).toContain("NOT STOPPED");
  const nowhere = await run(["stop", "--data", join(dir, "typo")], {});
  expect(nowhere.code).toBe(5);
  expect(nowhere.stderr).toContain("NOT STOPPED");
});
