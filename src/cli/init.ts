import { resolve } from "node:path";
import type { Command } from "commander";
import { initCare } from "../care/init-care.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./output.ts";

/** `init`: a care repo to start from. It observes only (M10). */
export function addInit(program: Command): void {
  program
    .command("init")
    .argument("<dir>", "a new or empty folder")
    .description("write a care repo to start from; it observes only, and shows what it would have done")
    .option("--json", "one JSON document on standard output")
    .action(async (dir: string, options: { json?: boolean }) => {
      const path = resolve(dir);
      const written = await initCare(path);
      if (!written.ok) throw new CommandError(exitCode.invalid, written.error);
      print(options.json ?? false, { dir: path, files: written.value }, () =>
        [`wrote a care repo to ${path}:`, ...written.value.map((f) => `  ${f}`), ...next(dir)].join("\n"),
      );
    });
}

const next = (dir: string): string[] => [
  `next: describe a service in ${dir}/services, then \`homeostat check ${dir}\` and \`homeostat up --care ${dir}\``,
];
