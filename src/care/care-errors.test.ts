import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkCare } from "./check-care.ts";
import { careOptions } from "./care-world.testsuite.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "care-errors-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const check = async (text: string | Buffer, file = "care.yaml") => {
  await writeFile(join(dir, file), text);
  return (await checkCare(dir, careOptions())).errors;
};

const service = `apiVersion: homeostat.dev/v1
kind: Service
metadata:
  name: shop
spec:
  environment: test
  owner: team
  instances:
    - name: shop-1
      pidFile: shop.pid
      stopTimeout: 10s
`;

const runbook = `apiVersion: homeostat.dev/v1
kind: Runbook
metadata:
  name: turn
spec:
  version: 1.0.0
  owner: team
  description: turns it
  causes: [bad-release]
  risk: low
  confidenceMin: 0.5
  preconditions:
    - { expression: has(known.release), otherwise: nothing known }
  steps:
    - id: switch
      action: release.switch
      with: { to: "\${known.release}" }
      undo:
        - action: release.switch
          with: { to: "\${before.release}" }
  verify:
    gates: [{ type: red, for: 15s }]
    within: 1m
  expected: works again
`;

const slo = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop-errors
spec:
  service: shop
  indicator:
    spec:
      ratioMetric:
        total:
          metricSource:
            type: homeostat.dev/red
            spec: { service: shop, environment: test, indicator: errors }
  timeWindow: [{ duration: 28d, isRolling: true }]
  objectives: [{ target: 0.99 }]
`;

const withMetric = `${service}  metrics:
    - name: depth
      query: 'max(depth{service="\${service.name}"})'
      unit: items
      dimension: queue
`;

const withGate = runbook.replace(
  "{ type: red, for: 15s }",
  '{ type: promql, query: "sum(x)", comparison: "<", threshold: 1, for: 15s }',
);

const servers = `apiVersion: homeostat.dev/v1
kind: Settings
metadata:
  name: settings
spec:
  prometheus:
    - { url: "http://a:9090", environments: [prod], auth: { bearer: env:TOKEN } }
    - { url: "http://b:9090", environments: [test] }
`;

const settings = `apiVersion: homeostat.dev/v1
kind: Settings
metadata:
  name: settings
spec:
  telemetry:
    retention: { thinned: 30d, whole: 90d }
    bytesMax: 10000000000
    share: { tier1: 0.2 }
    around: { before: 5m, after: 5m }
    forward:
      endpoint: https://otlp.example.com
      headers: { authorization: env:OTLP_AUTHORIZATION }
`;

type Expected = { line: number; path?: string; message: RegExp; fix?: RegExp };
const cases: [string, string, [string | RegExp, string], Expected][] = [
  [
    "a mistyped field",
    service,
    ["owner: team", "ownr: team"],
    { line: 7, path: "spec.ownr", message: /unknown field `ownr`/, fix: /did you mean `owner`/ },
  ],
  [
    "a field nobody knows",
    service,
    ["owner: team", "owner: team\n  zebra: 1"],
    { line: 8, path: "spec.zebra", message: /unknown field/, fix: /remove `zebra`/ },
  ],
  ["a missing owner", service, ["  owner: team\n", ""], { line: 5, path: "spec.owner", message: /`owner` is missing/ }],
  [
    "a number for a duration",
    service,
    ["10s", "10"],
    { line: 11, path: "spec.instances[0].stopTimeout", message: /`10` is not valid/, fix: /unit/ },
  ],
  ["a word for a duration", service, ["10s", "soon"], { line: 11, message: /`soon`/ }],
  ["a duration of nothing", service, ["10s", "0s"], { line: 11, message: /more than zero/ }],
  [
    "a name that is no DNS label",
    service,
    ["name: shop\n", "name: Shop_A\n"],
    { line: 4, path: "metadata.name", message: /`Shop_A`/ },
  ],
  [
    "a mistyped kind",
    service,
    ["kind: Service", "kind: Servce"],
    { line: 2, message: /unknown kind/, fix: /did you mean `Service`/ },
  ],
  ["a mistyped apiVersion", service, ["homeostat.dev/v1", "homeostat.dev/v2"], { line: 1, message: /not known/ }],
  [
    "an unknown dependency",
    service,
    ["owner: team", "owner: team\n  dependsOn: [shoop]"],
    { line: 8, path: "spec.dependsOn[0]", message: /unknown service `shoop`/ },
  ],
  [
    "a dependency on itself",
    service,
    ["owner: team", "owner: team\n  dependsOn: [shop]"],
    { line: 8, message: /depends on itself/ },
  ],
  [
    "a metric's query that cannot be read",
    withMetric,
    ["max(depth", "max((depth"],
    {
      line: 14,
      path: "spec.metrics[0].query",
      message: /query cannot be used: line 1, column 1: brackets/,
      fix: /try/,
    },
  ],
  [
    "a metric's template outside of quotes",
    withMetric,
    ['"${service.name}"', "${service.name}"],
    { line: 14, path: "spec.metrics[0].query", message: /`\$\{service\.name\}` stands outside of a text in quotes/ },
  ],
  [
    "a metric's template that reads what is not declared",
    withMetric,
    ["service.name}", "service.nme}"],
    { line: 14, path: "spec.metrics[0].query", message: /No such key: nme/i },
  ],
  [
    "a metric's template that reads more than the service",
    withMetric,
    ["service.name}", "target.release}"],
    { line: 14, path: "spec.metrics[0].query", message: /`target` cannot be read here: only `service` can/ },
  ],
  [
    "a dimension nobody knows",
    withMetric,
    ["dimension: queue", "dimension: queues"],
    { line: 16, path: "spec.metrics[0].dimension", message: /`queues`/ },
  ],
  [
    "a metric of a name that is taken",
    withMetric,
    ["metrics:", "metrics:\n    - { name: depth, query: x, unit: s, dimension: latency }"],
    { line: 14, path: "spec.metrics[1].name", message: /`depth` is declared twice/ },
  ],
  [
    "a scrape of nothing",
    service,
    ["owner: team", "owner: team\n  scrape: {}"],
    { line: 8, path: "spec.scrape", message: /there is nothing to scrape/, fix: /`urls`/ },
  ],
  [
    "a scrape of one address twice",
    service,
    ["owner: team", 'owner: team\n  scrape: { urls: ["http://a/m", "http://a/m"] }'],
    { line: 8, path: "spec.scrape", message: /`http:\/\/a\/m` would be scraped twice/ },
  ],
  [
    "a scrape too often",
    service,
    ["owner: team", 'owner: team\n  scrape: { urls: ["http://a/m"], interval: 100ms }'],
    { line: 8, path: "spec.scrape.interval", message: /at least 1s/ },
  ],
  [
    "a scrape's path that leads to another host",
    service,
    ["owner: team", 'owner: team\n  scrape: { path: "//169.254.169.254/" }'],
    { line: 8, path: "spec.scrape.path", message: /not valid/, fix: /one `\/`/ },
  ],
  [
    "a scrape of a metadata service",
    service,
    ["owner: team", 'owner: team\n  scrape: { urls: ["http://169.254.169.254/"] }'],
    { line: 8, path: "spec.scrape.urls[0]", message: /metadata service/ },
  ],
  [
    "two credentials at once",
    service,
    ["owner: team", 'owner: team\n  scrape: { urls: ["http://a/m"], auth: { bearer: env:A, basic: env:B } }'],
    { line: 8, path: "spec.scrape.auth", message: /`bearer` or `basic`, and not both/ },
  ],
  [
    "a gate's query that cannot be read",
    withGate,
    ["sum(x)", "sum((x)"],
    { line: 22, path: "spec.verify.gates[0].query", message: /brackets do not match/ },
  ],
  [
    "a gate's query that is pinned to a time",
    withGate,
    ["sum(x)", "sum(x @ 5)"],
    { line: 22, path: "spec.verify.gates[0].query", message: /how far back it looks cannot be told/ },
  ],
  [
    "a gate's query that reads an unknown variable",
    withGate,
    ["sum(x)", "sum(x{a='${servic.name}'})"],
    {
      line: 22,
      path: "spec.verify.gates[0].query",
      message: /unknown variable `servic`/,
      fix: /did you mean `service`/,
    },
  ],
  [
    "a gate that looks at a longer time than there is",
    withGate,
    [/for: [^,} ]+/, "for: 2h"],
    { line: 22, path: "spec.verify.gates[0].for", message: /can never pass/, fix: /make `within` longer/ },
  ],
  [
    "telemetry that goes on to Homeostat itself",
    settings,
    ["https://otlp.example.com", "http://localhost:8420"],
    { line: 12, path: "spec.telemetry.forward.endpoint", message: /Homeostat itself listens/ },
  ],
  [
    "a comparison nobody knows",
    withGate,
    ['"<"', '"=="'],
    { line: 22, path: "spec.verify.gates[0].comparison", message: /`==`/ },
  ],
  [
    "a second server of one environment",
    servers,
    ["[test]", "[prod]"],
    { line: 8, path: "spec.prometheus[1].environments", message: /`prod` has another server already/ },
  ],
  [
    "a secret instead of where it is",
    servers,
    ["env:TOKEN", "hunter2"],
    { line: 7, path: "spec.prometheus[0].auth.bearer", fix: /environment or a file/, message: /not valid/ },
  ],
  [
    "a user in a server's address",
    servers,
    ["http://a", "http://me:pw@a"],
    { line: 7, path: "spec.prometheus[0].url", message: /user name or password/ },
  ],
  [
    "a password in a URL",
    service,
    ["stopTimeout: 10s", "healthUrl: http://me:pw@localhost/"],
    { line: 11, message: /user name or password/ },
  ],
  [
    "a metadata service as health URL",
    service,
    ["stopTimeout: 10s", "healthUrl: http://169.254.169.254/x"],
    { line: 11, message: /metadata/ },
  ],
  [
    "more healthy instances than there are",
    service,
    ["owner: team", "owner: team\n  minHealthy: 4"],
    { line: 8, message: /`4` instances must be healthy, 1/ },
  ],
  ["a repeated key", service, ["owner: team", "owner: team\n  owner: other"], { line: 8, message: /unique/ }],
  ["a document that stops in the middle", service, ["instances:", "instances: ["], { line: 9, message: /./ }],
  [
    "a share of more than all",
    settings,
    ["tier1: 0.2", "tier1: 20"],
    { line: 9, path: "spec.telemetry.share.tier1", message: /`20` is not valid/, fix: /0\.05/ },
  ],
  [
    "a tier that is none",
    settings,
    ["tier1: 0.2", "tier5: 0.2"],
    { line: 9, path: "spec.telemetry.share.tier5", message: /unknown field/ },
  ],
  [
    "telemetry that would wait in memory for hours",
    settings,
    ["before: 5m", "before: 2h"],
    { line: 10, path: "spec.telemetry.around.before", message: /at most 15m/ },
  ],
  ["an archive of no size", settings, ["bytesMax: 10000000000", "bytesMax: 0"], { line: 8, message: /`0`/ }],
  [
    "a secret where its reference belongs (K5)",
    settings,
    ["env:OTLP_AUTHORIZATION", "s3cret"],
    { line: 13, path: "spec.telemetry.forward.headers.authorization", message: /not valid/, fix: /environment/ },
  ],
  [
    "a password in the address telemetry goes on to",
    settings,
    ["https://otlp", "https://me:pw@otlp"],
    { line: 12, message: /user name or password/ },
  ],
  [
    "a mistyped action",
    runbook,
    ["action: release.switch\n      with", "action: release.swich\n      with"],
    { line: 16, path: "spec.steps[0].action", message: /unknown action/, fix: /did you mean `release.switch`/ },
  ],
  [
    "a mistyped parameter",
    runbook,
    ['{ to: "${known', '{ too: "${known'],
    { line: 17, message: /unknown parameter `too`/, fix: /did you mean `to`/ },
  ],
  ["a parameter of another type", runbook, ['"${known.release}"', "7"], { line: 17, message: /must be string/ }],
  [
    "a step without undo",
    runbook,
    [/ {6}undo:[\s\S]*?(?= {2}verify)/, ""],
    { line: 15, path: "spec.steps[0].undo", message: /`undo` is missing/, fix: /cannot be/ },
  ],
  [
    "an empty undo",
    runbook,
    [/undo:[\s\S]*?(?= {2}verify)/, "undo: []\n"],
    { line: 18, path: "spec.steps[0].undo", message: /not valid/ },
  ],
  [
    "an undo that means irreversible",
    runbook,
    [/undo:[\s\S]*?(?= {2}verify)/, "undo: { ireversible: no }\n"],
    { line: 18, message: /`ireversible`|`irreversible` is missing/ },
  ],
  [
    "an unknown template variable",
    runbook,
    ["${known.release}", "${knwon.release}"],
    { line: 17, path: "spec.steps[0].with.to", message: /unknown variable `knwon`/, fix: /did you mean `known`/ },
  ],
  [
    "`before` outside an undo",
    runbook,
    ["${known.release}", "${before.release}"],
    { line: 17, message: /unknown variable `before`/ },
  ],
  [
    "`each` without forEach",
    runbook,
    ["${known.release}", "${each.name}"],
    { line: 17, message: /unknown variable `each`/ },
  ],
  [
    "a template that never ends",
    runbook,
    ["${known.release}", "${known.release"],
    { line: 17, message: /never closes/ },
  ],
  [
    "CEL that does not parse",
    runbook,
    ["has(known.release)", "has(known.release"],
    { line: 13, path: "spec.preconditions[0].expression", message: /./ },
  ],
  ["a mistyped gate type", runbook, ["type: red", "type: rde"], { line: 22, message: /`rde` is not valid/ }],
  [
    "a gate's mistyped field",
    runbook,
    ["for: 15s", "fro: 15s"],
    { line: 22, message: /unknown field `fro`|`for` is missing/ },
  ],
  [
    "a runbook that verifies nothing",
    runbook,
    [/ {2}verify:[\s\S]*?(?= {2}expected)/, ""],
    { line: 5, path: "spec.verify", message: /`verify` is missing/ },
  ],
  [
    "an SLO of an unknown service",
    slo,
    ["spec: { service: shop", "spec: { service: shp"],
    { line: 7, message: /unknown service `shp`/, fix: /did you mean `shop`/ },
  ],
  [
    "an SLO in another environment",
    slo,
    ["environment: test", "environment: prod"],
    { line: 7, message: /is in `test`, not in `prod`/ },
  ],
  [
    "malformed burn rates",
    slo,
    ["name: shop-errors", "name: shop-errors\n  annotations: { homeostat.dev/burn-rates: fast }"],
    { line: 5, message: /no list of burn rates/, fix: /14\.4/ },
  ],
  [
    "a target beyond 1",
    slo,
    ["target: 0.99", "target: 99"],
    { line: 15, path: "spec.objectives[0].target", message: /`99`/ },
  ],
  [
    "an indicator without threshold",
    slo,
    ["indicator: errors", "indicator: duration"],
    { line: 7, message: /no threshold/ },
  ],
];

const policyTestFor = (id: string) =>
  check(`apiVersion: homeostat.dev/v1
kind: PolicyTest
metadata: { name: acts }
spec:
  cases:
    - name: may act
      ask: act
      runbook: { name: ${id} }
      service: { name: shop, environment: test }
      expect: { allowed: true, policies: [a.cedar] }
`);

describe("every error says where, what, and what to do", () => {
  it.each(cases)("%s", async (_name, text, [from, to], expected) => {
    const broken = text.replace(from, () => to);
    expect(broken).not.toBe(text);
    if (text !== service) await writeFile(join(dir, "service.yaml"), service);
    const errors = await check(broken);
    const wanted = errors.filter((e) => expected.message.test(e.message));
    expect(wanted, JSON.stringify(errors, null, 1)).not.toEqual([]);
    const [error] = wanted;
    expect(error).toMatchObject({ file: "care.yaml", line: expected.line });
    if (expected.path) expect(error?.path).toBe(expected.path);
    if (expected.fix) expect(error?.fix).toMatch(expected.fix);
    for (const each of errors) {
      expect(each.message).toMatch(/^[^A-Z]/);
      expect(each.message).not.toMatch(/\.$/);
      expect(each.expected && each.fix && each.column).toBeTruthy();
    }
  });

  it.each(cases.filter(([name]) => /secret|password|user in/.test(name)))(
    "shows no secret (I10): %s",
    async (...given) => {
      const [, text, [from, to]] = given;
      if (text !== service) await writeFile(join(dir, "service.yaml"), service);
      const secret = /:([^:@/]+)@/.exec(to)?.[1] ?? to;
      const said = await check(text.replace(from, () => to));
      expect(said).not.toEqual([]);
      for (const { message, expected, fix } of said) expect([message, expected, fix].join(" ")).not.toContain(secret);
    },
  );

  it("accepts the texts the cases start from", async () => {
    await writeFile(join(dir, "service.yaml"), service);
    await writeFile(join(dir, "slo.yaml"), slo);
    expect(await check(runbook)).toEqual([]);
  });

  it("names both places of a name declared twice", async () => {
    expect(await check(`${service}---\n${service}`)).toMatchObject([
      { line: 16, message: "`shop` is declared twice", fix: expect.stringContaining("care.yaml:4") },
      { message: expect.stringContaining("pid file of shop/shop-1") },
    ]);
  });

  it("refuses aliases that would unfold without end, files that are no text, and too much of either", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((c, i) => `${c}: &${c} [${`*${"abcdefg"[i]},`.repeat(9)}]`),
    ];
    expect(await check(bomb.join("\n"))).toMatchObject([{ line: 1, fix: expect.stringContaining("aliases") }]);
    expect(await check(Buffer.from([0x61, 0x3a, 0xff, 0xfe]))).toMatchObject([
      { message: "the file is no UTF-8 text" },
    ]);
    expect(await check(`# ${"x".repeat(1_100_000)}`)).toMatchObject([{ message: expect.stringContaining("bytes") }]);
  });

  it("makes no policy test pass by itself", async () => {
    await writeFile(join(dir, "a.cedar"), "permit turn");
    expect(await policyTestFor("turn")).toEqual([]);
    expect(await policyTestFor("other")).toMatchObject([
      { line: 10, path: "spec.cases[0].expect", message: expect.stringContaining("allowed: expected true, got false") },
    ]);
  });

  it("never throws, and finds a place in the file, whatever YAML it is given", async () => {
    const kinds = fc.constantFrom("Service", "Runbook", "Notifier", "Settings", "PolicyTest", "SLO");
    const document = fc.record({
      apiVersion: fc.constantFrom("homeostat.dev/v1", "openslo/v1"),
      kind: kinds,
      metadata: fc.oneof(fc.record({ name: fc.string() }), fc.jsonValue()),
      spec: fc.oneof(
        fc.dictionary(
          fc.constantFrom("steps", "instances", "objectives", "indicator", "undo", "verify", "__proto__"),
          fc.jsonValue(),
        ),
        fc.jsonValue(),
      ),
    });
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const text = stringify(value);
        const lines = text.split("\n").length;
        for (const error of await check(text)) {
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 60 },
    );
  });
});
