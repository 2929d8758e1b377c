import { existsSync } from "node:fs";
import { join as joinPath, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { PolicyEngine } from "../ports/policy.ts";
import { checkForward } from "./check-forward.ts";
import { checkPolicies } from "./check-policies.ts";
import { checkServices, readSlos } from "./check-references.ts";
import { checkRunbook, type RunbookWorld } from "./check-runbook.ts";
import { checkSignatures } from "./check-signatures.ts";
import { collect, type Collected } from "./collect.ts";
import { defaultSettings } from "./default-settings.ts";
import { cleanCommit } from "./git.ts";
import { readMetrics } from "./read-metrics.ts";
import { readTree, treeDigest, type SourceText } from "./read-tree.ts";
import { toNotifier } from "./schema/notifier.ts";
import { toRunbook } from "./schema/runbook.ts";
import { toService } from "./schema/service.ts";
import { toSettings } from "./schema/settings.ts";
import { toSignature } from "./schema/signature.ts";
import { parseSource } from "./source-document.ts";
import { warn } from "./warn.ts";
import { warnMetrics } from "./warn-metrics.ts";
import { warnPolicies } from "./warn-policies.ts";

export interface CareOptions extends RunbookWorld {
  readonly policyEngine: PolicyEngine;
  /** Holds shipped runbooks and signatures, used unless the care repo has one of the same name. The package's own unless told otherwise. */
  readonly shippedDir?: string;
}

/** What a care repo amounts to: a config only when there is no error. Warnings never stop it. */
export interface CareCheck {
  readonly config?: ActiveConfig;
  readonly errors: readonly CareError[];
  readonly warnings: readonly CareError[];
}

/**
 * Reads, validates and joins a care repo, all or nothing (I7), with warnings about what is allowed but probably not
 * meant. Errors come in the order of files and lines.
 */
export async function checkCare(dir: string, options: CareOptions): Promise<CareCheck> {
  const folder = resolve(dir);
  const tree = await readTree(folder);
  const own = parseAll(tree.sources);
  const shipped = await shippedParts(options);
  const signatures = join(signaturesOf(own), shipped.signatures);
  const compiled = options.policyEngine.compile(tree.sources.filter((s) => s.file.endsWith(".cedar")));
  const slos = readSlos(own);
  const forward = checkForward(own);
  const metrics = own.services.map((s) => readMetrics(s, options));
  const errors = [
    ...tree.errors,
    ...own.errors,
    ...shipped.errors,
    ...checkServices(own.services),
    ...forward.errors,
    ...metrics.flatMap((m) => m.errors),
    ...slos.errors,
    ...own.runbooks.flatMap((r) => checkRunbook(r, options)),
    ...checkSignatures(own.signatureTests, signatures),
    ...(compiled.ok ? checkPolicies(own.policyTests, compiled.value) : compiled.error),
  ].toSorted(byPlace);
  if (errors.length > 0 || !compiled.ok) return { errors, warnings: [] };
  const [settings] = own.settings;
  const config: ActiveConfig = {
    commit: await identityOf(folder, tree.sources),
    services: own.services.map(({ document: d }, i) => toService(d.metadata, d.spec, folder, metrics[i]?.metrics)),
    slos: slos.slos,
    runbooks: join(runbooksOf(own), shipped.runbooks),
    signatures,
    notifiers: own.notifiers.map(({ document: d }) => toNotifier(d.metadata, d.spec)),
    settings: settings ? toSettings(settings.document.spec) : defaultSettings,
    ask: compiled.value,
    conditions: options.conditions,
  };
  const mayAct = tree.sources.some((s) => s.file.endsWith(".cedar") && permitsActing(s.text));
  const warnings = [
    ...forward.warnings,
    ...warn(own, slos, signatures, mayAct),
    ...warnMetrics(own, config.settings.prometheus),
    ...warnPolicies(tree.sources, config),
  ];
  return { config, errors, warnings: warnings.toSorted(byPlace) };
}

function parseAll(sources: readonly SourceText[]): Collected {
  const parsed = sources.filter((s) => !s.file.endsWith(".cedar")).map((s) => parseSource(s.file, s.text));
  const all = collect(parsed.flatMap((p) => p.documents));
  return { ...all, errors: [...parsed.flatMap((p) => p.errors), ...all.errors] };
}

interface Shipped {
  readonly runbooks: Runbook[];
  readonly signatures: Signature[];
  readonly errors: CareError[];
}

async function shippedParts(options: CareOptions): Promise<Shipped> {
  const dir = options.shippedDir ?? shippedFolder();
  const trees = await Promise.all(["runbooks", "signatures"].map((part) => readTree(joinPath(dir, part))));
  const all = parsedOnce(trees.flatMap((t) => t.sources));
  const faults = trees.flatMap((t) => t.errors);
  const errors = [...faults, ...all.errors, ...all.runbooks.flatMap((r) => checkRunbook(r, options))];
  return {
    runbooks: runbooksOf(all),
    signatures: signaturesOf(all),
    errors: errors.map((e) => ({ ...e, file: `shipped: ${e.file}` })),
  };
}

/** What is shipped stays as it is while a controller runs, and takes longer to parse than most care repos. */
let parsed: { readonly digest: string; readonly all: Collected } | undefined;

function parsedOnce(sources: readonly SourceText[]): Collected {
  const digest = treeDigest(sources);
  if (parsed?.digest !== digest) parsed = { digest, all: parseAll(sources) };
  return parsed.all;
}

const runbooksOf = (all: Collected): Runbook[] => all.runbooks.map(({ document: d }) => toRunbook(d.metadata, d.spec));
const signaturesOf = (all: Collected): Signature[] =>
  all.signatures.map(({ document: d }) => toSignature(d.metadata, d.spec));

/** Whether a permit may be about acting; which runbooks and services it is about is Cedar's to say. In doubt it may. */
const permitsActing = (text: string): boolean =>
  (text.replaceAll(/\/\/[^\n]*/g, "").match(/\bpermit\s*\([^;]*/g) ?? []).some(
    (permit) => !/\baction\s*(==|in\b)/.test(permit) || permit.includes('Action::"act'),
  );

/** The package's `care`, from its sources as from its compiled form. */
function shippedFolder(): string {
  const places = ["../../care", "../../../care"].map((p) => fileURLToPath(new URL(p, import.meta.url)));
  return places.find((p) => existsSync(joinPath(p, "runbooks"))) ?? places[0] ?? "care";
}

/** What the care repo wrote, and what is shipped under other names. */
function join<T extends { readonly name: string }>(written: readonly T[], shipped: readonly T[]): T[] {
  const kept = shipped.filter((s) => written.every((w) => w.name !== s.name));
  return [...written, ...kept].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The Git commit, when what was read is what that commit holds; a digest of the content otherwise. */
async function identityOf(folder: string, sources: readonly SourceText[]): Promise<string> {
  const digest = treeDigest(sources);
  const commit = await cleanCommit(folder);
  if (commit === undefined) return digest;
  // Somebody may have committed while we read: then neither the old nor the new commit is what we have.
  const again = await readTree(folder);
  return treeDigest(again.sources) === digest ? commit : digest;
}

const byPlace = (a: CareError, b: CareError): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.column ?? 0) - (b.column ?? 0);
