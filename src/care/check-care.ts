import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Runbook } from "../loop/plan/runbook.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { PolicyEngine } from "../ports/policy.ts";
import { checkPolicies } from "./check-policies.ts";
import { checkServices, readSlos } from "./check-references.ts";
import { checkRunbook, type RunbookWorld } from "./check-runbook.ts";
import { collect, type Collected } from "./collect.ts";
import { defaultSettings } from "./default-settings.ts";
import { cleanCommit } from "./git.ts";
import { readMetrics } from "./read-metrics.ts";
import { readTree, treeDigest, type SourceText } from "./read-tree.ts";
import { toNotifier } from "./schema/notifier.ts";
import { toRunbook } from "./schema/runbook.ts";
import { toService } from "./schema/service.ts";
import { toSettings } from "./schema/settings.ts";
import { parseSource } from "./source-document.ts";
import { warn } from "./warn.ts";
import { warnMetrics } from "./warn-metrics.ts";
import { warnPolicies } from "./warn-policies.ts";

export interface CareOptions extends RunbookWorld {
  readonly policyEngine: PolicyEngine;
  /** Shipped runbooks, used unless the care repo has one of the same name. The package's own unless told otherwise. */
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
  const shipped = await shippedRunbooks(options);
  const compiled = options.policyEngine.compile(tree.sources.filter((s) => s.file.endsWith(".cedar")));
  const slos = readSlos(own);
  const metrics = own.services.map((s) => readMetrics(s, options));
  const errors = [
    ...tree.errors,
    ...own.errors,
    ...shipped.errors,
    ...checkServices(own.services),
    ...metrics.flatMap((m) => m.errors),
    ...slos.errors,
    ...own.runbooks.flatMap((r) => checkRunbook(r, options)),
    ...(compiled.ok ? checkPolicies(own.policyTests, compiled.value) : compiled.error),
  ].toSorted(byPlace);
  if (errors.length > 0 || !compiled.ok) return { errors, warnings: [] };
  const [settings] = own.settings;
  const config: ActiveConfig = {
    commit: await identityOf(folder, tree.sources),
    services: own.services.map(({ document: d }, i) => toService(d.metadata, d.spec, folder, metrics[i]?.metrics)),
    slos: slos.slos,
    runbooks: joinRunbooks(own, shipped.runbooks),
    notifiers: own.notifiers.map(({ document: d }) => toNotifier(d.metadata, d.spec)),
    settings: settings ? toSettings(settings.document.spec) : defaultSettings,
    ask: compiled.value,
    conditions: options.conditions,
  };
  const mayAct = tree.sources.some((s) => s.file.endsWith(".cedar") && permitsActing(s.text));
  const warnings = [
    ...warn(own, slos, mayAct),
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

async function shippedRunbooks(options: CareOptions): Promise<{ runbooks: Runbook[]; errors: CareError[] }> {
  const tree = await readTree(options.shippedDir ?? shippedFolder());
  const all = parseAll(tree.sources);
  const errors = [...tree.errors, ...all.errors, ...all.runbooks.flatMap((r) => checkRunbook(r, options))];
  const runbooks = all.runbooks.map(({ document: d }) => toRunbook(d.metadata, d.spec));
  return { runbooks, errors: errors.map((e) => ({ ...e, file: `shipped runbooks: ${e.file}` })) };
}

/** Whether a permit may be about acting; which runbooks and services it is about is Cedar's to say. In doubt it may. */
const permitsActing = (text: string): boolean =>
  (text.replaceAll(/\/\/[^\n]*/g, "").match(/\bpermit\s*\([^;]*/g) ?? []).some(
    (permit) => !/\baction\s*(==|in\b)/.test(permit) || permit.includes('Action::"act'),
  );

/** The package's `care/runbooks`, from its sources as from its compiled form. */
function shippedFolder(): string {
  const places = ["../../care/runbooks", "../../../care/runbooks"].map((p) =>
    fileURLToPath(new URL(p, import.meta.url)),
  );
  return places.find((p) => existsSync(p)) ?? places[0] ?? "care/runbooks";
}

function joinRunbooks(own: Collected, shipped: readonly Runbook[]): Runbook[] {
  const written = own.runbooks.map(({ document: d }) => toRunbook(d.metadata, d.spec));
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
