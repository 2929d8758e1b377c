import type { Command } from "commander";

/** The options of every command that talks to a running Homeostat. */
export const withConnection = (command: Command): Command =>
  command
    .option("--data <dir>", "data directory of the Homeostat to talk to (default ~/.homeostat, or $HOMEOSTAT_DATA)")
    .option("--url <url>", "its address ($HOMEOSTAT_URL)")
    .option("--token <token>", "a bearer token (better: $HOMEOSTAT_TOKEN)")
    .option("--json", "one JSON document on standard output, also when it fails");

/** Calls to copy, at the end of a command's help. */
export const withExamples = (command: Command, ...calls: readonly string[]): Command =>
  command.addHelpText("after", `\nExamples:\n${calls.map((call) => `  ${call}`).join("\n")}`);
