import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appendLine, readText } from "../files.ts";
import { openLedger, type Intent, type LedgerLine } from "./ledger.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shop-ledger-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const files = () => [join(dir, "ledger.jsonl"), join(dir, "intents.jsonl")] as const;
const lines = (): LedgerLine[] =>
  readText(files()[0])
    .trimEnd()
    .split("\n")
    .map((line): LedgerLine => JSON.parse(line));
const kill: Intent = { kind: "signal", pid: 7, instance: "cart-1", signal: "SIGTERM", because: "deploy cart 1.2.0" };
const exit = (pid: number) =>
  ({ kind: "exited", instance: "cart-1", service: "cart", pid, code: 0, signal: null, release: "1.1.0" }) as const;

it("marks an effect as the shop's own only when the shop said so beforehand, and once", () => {
  const [ledgerFile, intentsFile] = files();
  const ledger = openLedger(ledgerFile, intentsFile);
  ledger.record(exit(6));
  appendLine(intentsFile, kill);
  ledger.record(exit(7));
  ledger.record(exit(7));
  expect(lines().map((l) => [l.seq, l.intent?.kind ?? l.effect?.kind, l.by])).toEqual([
    [1, "exited", undefined],
    [2, "signal", "shop"],
    [3, "exited", "shop"],
    [4, "exited", undefined],
  ]);
});

it("does not take a switch to another release for the announced one", () => {
  const [ledgerFile, intentsFile] = files();
  const ledger = openLedger(ledgerFile, intentsFile);
  appendLine(intentsFile, { kind: "switch", service: "cart", to: "1.2.0", because: "deploy" } satisfies Intent);
  ledger.record({ kind: "release-switched", service: "cart", from: "1.1.0", to: "1.0.0" });
  ledger.record({ kind: "release-switched", service: "cart", from: "1.0.0", to: "1.2.0" });
  expect(lines().flatMap((l) => (l.effect === undefined ? [] : [l.by]))).toEqual([undefined, "shop"]);
});

it("waits for the rest of an intent that is only half written", () => {
  const [ledgerFile, intentsFile] = files();
  const ledger = openLedger(ledgerFile, intentsFile);
  const text = `${JSON.stringify(kill)}\n`;
  appendFileSync(intentsFile, text.slice(0, 20));
  ledger.takeIntents();
  appendFileSync(intentsFile, text.slice(20));
  ledger.record(exit(7));
  expect(lines().map((l) => l.by)).toEqual(["shop", "shop"]);
});
