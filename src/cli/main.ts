import { Command, CommanderError } from "commander";
import { addApprovals } from "./approvals.ts";
import { addAudit } from "./audit.ts";
import { addCheck } from "./check.ts";
import { addDemo } from "./demo.ts";
import { addDetect } from "./detect.ts";
import { addDiagnose } from "./diagnose.ts";
import { CommandError, exitCode } from "./exit.ts";
import { addImport } from "./import.ts";
import { addIncidents } from "./incidents.ts";
import { addInit } from "./init.ts";
import { printError } from "./print.ts";
import { addStop } from "./stop.ts";
import { addTokens } from "./tokens.ts";
import { addTopology } from "./topology.ts";
import { addTraces } from "./traces.ts";
import { addUp } from "./up.ts";
import { version } from "../app/status/version.ts";

// Whoever read the output went away: no reason to end, least of all for what looks after services.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

/** Asked for even where the command line cannot be understood otherwise. */
const json = process.argv.includes("--json");

const program = new Command("homeostat")
  .description(
    "A self-healing control plane: finds what is wrong and why, acts under policy, verifies, undoes, and can prove every step.",
  )
  .version(version)
  .showHelpAfterError("(`homeostat --help` shows what there is)")
  .exitOverride();

for (const add of [
  addUp,
  addDemo,
  addInit,
  addCheck,
  addImport,
  addIncidents,
  addApprovals,
  addStop,
  addTraces,
  addTopology,
  addAudit,
  addTokens,
  addDetect,
  addDiagnose,
])
  add(program);

program.addHelpText(
  "after",
  `
Exit codes: 0 done; 1 failed, or not what was wanted; 2 wrong usage; 3 Homeostat cannot be reached; 4 refused;
5 not found; 6 invalid input. Every command takes --json, and then answers failures as
{"error": {"code", "message", "reasons"}}.

Start:  homeostat demo              a real shop, a real fault, a real heal
        homeostat init DIR          a care repo of your own
        homeostat up --care DIR     your own services`,
);

/** What ended a command early; undefined for help and version, which were asked for and given. */
function whyOf(error: unknown): CommandError | undefined {
  if (error instanceof CommandError) return error;
  if (error instanceof CommanderError)
    return error.exitCode === 0
      ? undefined
      : new CommandError(exitCode.usage, error.message.replace(/^error: /, ""), { told: true });
  // A defect: whoever mends it needs to know where it is.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CommandError(exitCode.failed, text);
}

// A reader that ends early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  const why = whyOf(error);
  if (why) printError(json, why);
  process.exitCode = why?.exit ?? exitCode.ok;
}
