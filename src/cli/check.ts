import { resolve } from "node:path";
import type { Command } from "commander";
import { isAddress, maskAddress } from "../care/mask-address.ts";
import { careErrorLine } from "./care-error-line.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./print.ts";
import { withExamples } from "./with-connection.ts";

/** `check`: what is wrong or missing in a care repo, before it is used. */
export function addCheck(program: Command): void {
  const command = program
    .command("check")
    .argument("<dir>", "the care repo")
    .description("what is wrong or missing in a care repo; exits 6 when it would be refused")
    .option("--json", "one JSON document on standard output, also when it fails")
    .action(async (dir: string, options: { json?: boolean }) => {
      if (isAddress(dir))
        throw new CommandError(
          exitCode.usage,
          `\`${maskAddress(dir)}\` is no folder: clone the care repo and check the clone`,
        );
      const { checkDirectory } = await import("../app/care.ts");
      const { errors, warnings, summary } = await checkDirectory(resolve(dir));
      print(options.json ?? false, { ok: errors.length === 0, errors, warnings, summary }, () => [
        ...errors.map((e) => careErrorLine("error", e)),
        ...warnings.map((w) => careErrorLine("warning", w)),
        summary,
      ]);
      if (errors.length > 0) process.exitCode = exitCode.invalid;
    });
  withExamples(command, "homeostat check care", "homeostat check care --json | jq '.errors[].message'");
}
