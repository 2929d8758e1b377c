import { resolve } from "node:path";
import type { Command } from "commander";
import { checkDirectory } from "../app/care.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import { exitCode } from "./exit.ts";
import { print } from "./output.ts";

/** `check`: what is wrong or missing in a care repo, before it is used. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .argument("<dir>", "the care repo")
    .description("what is wrong or missing in a care repo; exits 6 when it would be refused")
    .option("--json", "one JSON document on standard output")
    .action(async (dir: string, options: { json?: boolean }) => {
      const { errors, warnings, summary } = await checkDirectory(resolve(dir));
      print(options.json ?? false, { ok: errors.length === 0, errors, warnings, summary }, () =>
        [...errors.map((e) => line("error", e)), ...warnings.map((w) => line("warning", w)), summary].join("\n"),
      );
      if (errors.length > 0) process.exitCode = exitCode.invalid;
    });
}

const line = (kind: string, e: CareError): string =>
  `${e.file}:${e.line}${e.column === undefined ? "" : `:${e.column}`}: ${kind}: ${e.path ? `${e.path}: ` : ""}${e.message}; expected ${e.expected}; ${e.fix}`;
