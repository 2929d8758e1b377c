import type { CareError } from "../loop/signal/care-error.ts";
import type { ActiveConfig } from "../ports/config.ts";
import { nearest } from "./nearest.ts";
import type { SourceText } from "./read-tree.ts";

const named = /\b(Service|Runbook)::"((?:[^"\\]|\\.)*)"|\benvironment\s*==\s*"((?:[^"\\]|\\.)*)"/g;
const warningsMax = 50;

/**
 * Services, runbooks and environments that a policy names and nothing has. Cedar finds nothing wrong with them: a forbid of a
 * misspelt service is a guard that is not there.
 */
export function warnPolicies(
  sources: readonly SourceText[],
  { services, runbooks }: Pick<ActiveConfig, "services" | "runbooks">,
): CareError[] {
  const known = {
    service: services.map((s) => s.name),
    runbook: runbooks.map((r) => r.name),
    environment: [...new Set(services.map((s) => s.environment))],
  };
  const warnings: CareError[] = [];
  for (const { file, text } of sources.filter((s) => s.file.endsWith(".cedar")))
    for (const [i, line] of text.split("\n").entries())
      for (const found of line.replace(/\/\/.*$/, "").matchAll(named)) {
        const kind = found[1] === undefined ? "environment" : found[1] === "Service" ? "service" : "runbook";
        const name = found[2] ?? found[3] ?? "";
        if (!known[kind].includes(name)) warnings.push(unknown(file, i + 1, found.index + 1, kind, name, known[kind]));
      }
  return warnings.slice(0, warningsMax);
}

function unknown(
  file: string,
  line: number,
  column: number,
  kind: string,
  name: string,
  known: readonly string[],
): CareError {
  const meant = nearest(name, known);
  return {
    file,
    line,
    column,
    path: "",
    message: `the policy names ${kind} \`${name}\`, which is not there: as it is, it decides about nothing of that name`,
    expected: `the name of a ${kind} of this care repo`,
    fix: meant === undefined ? "correct the name, or leave the policy away" : `did you mean \`${meant}\``,
  };
}
