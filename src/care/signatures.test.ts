import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { careOptions } from "./care-world.testsuite.ts";
import { checkCare } from "./check-care.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "care-signatures-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const check = async (text: string) => {
  await writeFile(join(dir, "mine.yaml"), text);
  return checkCare(dir, careOptions());
};

const signature = `apiVersion: homeostat.dev/v1
kind: Signature
metadata:
  name: disk-full
spec:
  version: 2.0.0
  owner: team
  cause: disk-full
  title: the spool is full
  advice: empty it
  for:
    - { type: log, says: [spool is full], weight: 4 }
    - { type: metric, names: [spool.used], is: above, value: 0.9, shareOf: [spool.size], weight: 2 }
  against:
    - type: any
      weight: 1
      of:
        - { type: change, changes: [release], within: 5m }
        - { type: target, is: well }
`;

const cases = (says: string) => `${signature}---
apiVersion: homeostat.dev/v1
kind: SignatureTest
metadata:
  name: mine
spec:
  signature: disk-full
  matches:
    - { name: full, source: "recorded: spool", observed: { logs: ["${says}"] } }
  doesNotMatch:
    - { name: half full, source: "made up: for this", observed: { logs: [spool is half full] } }
`;

describe("a signature of the care repo", () => {
  it("replaces the shipped one of its name, and the others stay", async () => {
    const { config, errors } = await check(signature);
    expect(errors).toEqual([]);
    expect(config?.signatures.find((s) => s.name === "disk-full")).toMatchObject({ version: "2.0.0", owner: "team" });
    expect(config?.signatures.length).toBeGreaterThan(40);
  });

  it("makes its cause known to runbooks", async () => {
    const runbook = (cause: string) => `apiVersion: homeostat.dev/v1
kind: Runbook
metadata: { name: tell }
spec:
  { version: 1.0.0, owner: team, description: tells, causes: [${cause}], risk: none, confidenceMin: 0, escalates: true, expected: told }
`;
    const own = signature.replace("cause: disk-full", "cause: spool-full");
    const warned = async (cause: string) =>
      (await check(`${own}---\n${runbook(cause)}`)).warnings.filter((w) => w.message.includes("names the cause"));
    expect(await warned("spool-full")).toEqual([]);
    expect(await warned("spool-ful")).toMatchObject([{ line: 25, fix: "did you mean `spool-full`" }]);
  });
});

it("warns of a runbook that acts on what texts alone can make credible", async () => {
  const acting = (preconditions: string) => `apiVersion: homeostat.dev/v1
kind: Runbook
metadata: { name: act }
spec:
  { version: 1.0.0, owner: team, description: acts, causes: [disk-full], risk: low, confidenceMin: 0.6, expected: room,
    preconditions: [${preconditions}],
    steps: [{ id: one, action: process.restart, with: { instance: a }, undo: { irreversible: it is over } }],
    verify: { gates: [{ type: health }], within: 1m } }
`;
  const warned = async (preconditions: string) =>
    (await check(acting(preconditions))).warnings.filter((w) => w.message.includes("make credible"));
  expect(await warned("")).toMatchObject([{ line: 5, path: "spec.causes[0]" }]);
  expect(await warned("{ expression: target.instances.size() > 1, otherwise: only one }")).toEqual([]);
});

describe("its tests", () => {
  it("pass", async () => expect((await check(cases("the spool is full"))).errors).toEqual([]));

  it("refuse the care repo when one fails, and say which", async () =>
    expect((await check(cases("the spool is empty"))).errors).toMatchObject([
      { line: 28, path: "spec.matches[0]", message: "`disk-full` does not match the case `full`", expected: "a match" },
    ]));

  it("name a signature that is there", async () =>
    expect(
      (await check(cases("spool is full").replace("signature: disk-full", "signature: disk-ful"))).errors,
    ).toMatchObject([
      { line: 26, path: "spec.signature", message: "unknown signature `disk-ful`", fix: "did you mean `disk-full`" },
    ]));
});

describe("mistakes in it", () => {
  const mistakes: [string, [string, string], { line: number; path?: string; message: RegExp; fix?: RegExp }][] = [
    ["an unknown clue", ["type: log", "type: logs"], { line: 12, message: /`logs` is not valid|no alternative fits/ }],
    [
      "a mistyped member",
      ["says:", "sayz:"],
      { line: 12, path: "spec.for[0].sayz", message: /unknown field `sayz`/, fix: /`says`/ },
    ],
    [
      "a pattern of nothing",
      ["[spool is full]", '["*"]'],
      { line: 12, path: "spec.for[0].says[0]", message: /no piece/ },
    ],
    [
      "a weight beyond all measure",
      ["weight: 4", "weight: 40"],
      { line: 12, path: "spec.for[0].weight", message: /`40`/ },
    ],
    [
      "an unknown condition",
      ["is: above", "is: over"],
      { line: 13, path: "spec.for[1].is", message: /`over`/, fix: /one of/ },
    ],
    [
      "a level without a value",
      ["value: 0.9, ", ""],
      { line: 13, message: /`above` needs a value|`value` is missing/ },
    ],
    [
      "a share of a trend",
      ["is: above, value: 0.9", "is: grows, value: 2"],
      { line: 13, path: "spec.for[1].shareOf", message: /share/ },
    ],
    [
      "a group of one",
      ["        - { type: target, is: well }\n", ""],
      { line: 17, path: "spec.against[0].of", message: /2|array/ },
    ],
    [
      "a group in a group",
      ["- { type: target, is: well }", "- { type: all, of: [] }"],
      { line: 19, path: "spec.against[0].of[1].type", message: /`all`/ },
    ],
    [
      "a change of an unknown kind",
      ["[release]", "[relase]"],
      { line: 18, path: "spec.against[0].of[0].changes[0]", message: /`relase`/ },
    ],
    [
      "an alert known by nothing",
      ["{ type: target, is: well }", "{ type: alert }"],
      { line: 19, message: /by names or labels|missing/ },
    ],
    ["no clue at all", ["{ type: log, says: [spool is full], weight: 4 }", "{}"], { line: 12, message: /./ }],
  ];

  it.each(mistakes)("%s is refused where it stands", async (_name, [from, to], expected) => {
    const { errors, config } = await check(signature.replace(from, to));
    expect(config).toBeUndefined();
    const { line, path, message, fix } = expected;
    const [first] = errors;
    expect({ line: first?.line, ...(path === undefined ? {} : { path: first?.path }) }).toEqual({
      line,
      ...(path === undefined ? {} : { path }),
    });
    expect(first?.message).toMatch(message);
    if (fix) expect(first?.fix).toMatch(fix);
  });
});
