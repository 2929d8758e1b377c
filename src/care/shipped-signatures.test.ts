import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkCare } from "./check-care.ts";
import { careOptions } from "./care-world.testsuite.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import { ordinaryLines } from "./ordinary-lines.fixture.ts";
import { weigh, type Weighed } from "../loop/diagnosis/signatures/match-signatures.ts";
import { observationsOf, type Observed } from "../loop/diagnosis/signatures/observed-case.ts";
import { observed } from "../loop/diagnosis/signatures/signature-world.testsuite.ts";
import { tellingMin, type Signature } from "../loop/diagnosis/signatures/signature.ts";
import { signatureTestSchema, type SignatureTest } from "../loop/diagnosis/signatures/signature-test.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const tests: readonly SignatureTest[] = readdirSync(at("care/signature-tests")).map((file) => {
  const { spec }: { spec: unknown } = parse(readFileSync(at(`care/signature-tests/${file}`), "utf8"));
  return signatureTestSchema.parse(spec);
});
const files = readdirSync(at("care/signatures")).map((file) => file.replace(/\.yaml$/, ""));

/** A case is told with at least this many nats more than by any signature of another cause. */
const marginMin = 1.5;

let signatures: readonly Signature[] = [];
let runbooks: readonly Runbook[] = [];
beforeAll(async () => {
  const { config, errors } = await checkCare(at("care/services-example"), careOptions());
  expect(errors).toEqual([]);
  signatures = config?.signatures ?? [];
  runbooks = config?.runbooks ?? [];
});

const told = (w: Weighed | undefined): boolean => w !== undefined && w.for >= tellingMin && w.for > w.against;
const net = (w: Weighed | undefined): number => (w === undefined ? 0 : w.for - w.against);
const judged = (seen: Observed): Weighed[] => weigh(signatures, observationsOf(seen));
const matched = (seen: unknown): string[] =>
  weigh(signatures, observed(seen))
    .filter(told)
    .map((w) => w.signature);

describe("the shipped signatures", () => {
  test("are at least 40, each named as its file and with a test of its own", () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
    expect(signatures.map((s) => s.name)).toEqual(files.toSorted());
    expect(tests.map((t) => t.signature).toSorted()).toEqual(files.toSorted());
  });

  test("have at least two positive and two negative cases, each with where it comes from", () => {
    const few = tests.filter((t) => t.matches.length < 2 || t.doesNotMatch.length < 2);
    expect(few.map((t) => t.signature)).toEqual([]);
    const cases = tests.flatMap((t) => [...t.matches, ...t.doesNotMatch]);
    expect(cases.filter((c) => !/^(recorded|documented|made up): /.test(c.source)).map((c) => c.name)).toEqual([]);
  });

  test("at least 30 of them were recorded from the real thing", () => {
    const real = tests.filter((t) => t.matches.some((c) => c.source.startsWith("recorded: ")));
    expect(real.length).toBeGreaterThanOrEqual(30);
  });

  test("lead to a runbook that is shipped, and only those whose cause code can establish to one that acts", () => {
    const established = ["crash-loop", "bad-release", "bad-config", "bad-flag", "dependency-hang"];
    for (const { name, cause } of signatures) {
      const answering = runbooks.filter((r) => r.causes.includes(cause));
      expect(answering.length, name).toBeGreaterThan(0);
      if (!established.includes(cause))
        expect(
          answering.map((r) => r.name),
          name,
        ).toEqual(["escalate"]);
    }
  });

  test("are in the reference, each with its cause", () => {
    const reference = readFileSync(at("docs/reference/signatures.md"), "utf8");
    const squeezed = reference.replaceAll(/ +/g, " ");
    expect(
      signatures.filter((s) => !squeezed.includes(`| \`${s.name}\` | \`${s.cause}\` |`)).map((s) => s.name),
    ).toEqual([]);
  });
});

describe.each(tests.map((t) => [t.signature, t] as const))("%s", (name, { matches, doesNotMatch }) => {
  test.each(matches.map((c) => [c.name, c.observed] as const))("recognises: %s", (_case, seen) => {
    const all = judged(seen);
    const mine = all.find((w) => w.signature === name);
    expect(told(mine)).toBe(true);
    const others = all.filter((w) => w.theory.cause !== mine?.theory.cause).map((w) => [net(w), w.signature] as const);
    const [most, next] = others.reduce((a, b) => (b[0] > a[0] ? b : a), [0, "none"] as const);
    expect(net(mine) - most, `next is ${next}`).toBeGreaterThanOrEqual(marginMin);
  });

  test.each(doesNotMatch.map((c) => [c.name, c.observed] as const))("leaves alone: %s", (_case, seen) => {
    expect(told(judged(seen).find((w) => w.signature === name))).toBe(false);
  });
});

describe("background", () => {
  test("ordinary lines, as services in order write them, are no sign of anything", () => {
    expect(ordinaryLines.length).toBeGreaterThan(60);
    expect(ordinaryLines.filter((line) => matched({ logs: [line] }).length > 0)).toEqual([]);
  });

  test("all of them together in one log neither", () => expect(matched({ logs: ordinaryLines })).toEqual([]));

  test("symptoms that every failure has are no sign of one", () => {
    const findings = (["errors", "duration", "burn-rate"] as const).flatMap((dimension) =>
      (["own", "calls", "callers"] as const).map((where) => ({ dimension, at: where })),
    );
    expect(matched({ findings, logs: ["request failed"], alerts: [{ name: "HighErrorRate" }] })).toEqual([]);
    expect(matched({ changes: [{ change: "release" }, { change: "config" }, { change: "flag" }], findings })).toEqual(
      [],
    );
  });
});

/** A folder as `bench/README.md` describes it, with `loghub-2k` and `alert-rules` in it. */
const data = process.env["HOMEOSTAT_BENCH_DATA"] ?? "";
const hasData = data !== "" && ["loghub-2k", "alert-rules"].every((folder) => existsSync(join(data, folder)));

/** Only where HOMEOSTAT_BENCH_DATA names such a folder: the data is not part of the project. */
const publicData = (): void => {
  test("of 16,000 lines of loghub at most 5 are taken for a failure", () => {
    const systems = readdirSync(join(data, "loghub-2k")).filter((s) => s !== "LICENSE");
    const lines = systems.flatMap((s) =>
      readFileSync(join(data, "loghub-2k", s, `${s}_2k.log`), "utf8")
        .split("\n")
        .filter(Boolean),
    );
    expect(lines.length).toBeGreaterThan(15_000);
    expect(lines.filter((line) => matched({ logs: [line.slice(0, 9_000)] }).length > 0).length).toBeLessThanOrEqual(5);
  });

  test("of 1,100 names of alerts at most 5 fit two causes", () => {
    const text = readFileSync(join(data, "alert-rules", "awesome-prometheus-alerts.rules.yml"), "utf8");
    const names = [...text.matchAll(/^ {14}- name: "?(.*?)"?$/gm)].map((m) => m[1] ?? "");
    expect(names.length).toBeGreaterThan(1_100);
    const found = names.map((name) => matched({ alerts: [{ name: name.slice(0, 200) }] }));
    expect(found.filter((f) => f.length > 0).length).toBeGreaterThan(200);
    expect(found.filter((f) => f.length > 1).length).toBeLessThanOrEqual(5);
  });
};
if (hasData) describe("public data", publicData);
