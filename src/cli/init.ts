import { resolve } from "node:path";
import type { Command } from "commander";
import { initCare } from "../care/init-care.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./print.ts";
import { withExamples } from "./with-connection.ts";

/** `init`: a care repo to start from. It observes only (M10). */
export function addInit(program: Command): void {
  const command = program
    .command("init")
    .argument("<dir>", "a new or empty folder")
    .description("write a care repo to start from; it observes only, and shows what it would have done")
    .option("--json", "one JSON document on standard output, also when it fails")
    .action(async (dir: string, options: { json?: boolean }) => {
      const path = resolve(dir);
      const written = await initCare(path);
      if (!written.ok) throw new CommandError(exitCode.invalid, written.error);
      print(options.json ?? false, { dir: path, files: written.value, next: next(dir) }, () => [
        `wrote a care repo to ${path}:`,
        ...written.value.map((file) => `  ${file}`),
        "",
        "what next:",
        ...next(dir).map((step, i) => `  ${i + 1}. ${step}`),
      ]);
    });
  withExamples(command, "homeostat init care", "homeostat check care");
}

const next = (dir: string): string[] => [
  `describe a service in ${dir}/services/my-service.yaml`,
  `see whether it is right: homeostat check ${dir}`,
  `keep it in Git: git -C ${dir} init && git -C ${dir} add . && git -C ${dir} commit -m "First care repo"`,
  `run it: homeostat up --care ${dir}`,
  `open it for acting later, by a policy in ${dir}/policies; until then it only observes`,
];
