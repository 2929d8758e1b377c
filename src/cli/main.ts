import { Command, CommanderError } from "commander";
import { addApprovals } from "./approvals.ts";
import { addAudit } from "./audit.ts";
import { addCheck } from "./check.ts";
import { addDemo } from "./demo.ts";
import { CommandError, exitCode } from "./exit.ts";
import { addIncidents } from "./incidents.ts";
import { addInit } from "./init.ts";
import { addStop } from "./stop.ts";
import { addTokens } from "./tokens.ts";
import { addUp } from "./up.ts";
import { version } from "../app/version.ts";

const program = new Command("homeostat")
  .description(
    "A self-healing control plane: finds what is wrong and why, acts under policy, verifies, undoes, and can prove every step.",
  )
  .version(version)
  .showHelpAfterError("(`homeostat --help` shows what there is)")
  .exitOverride();

for (const add of [addUp, addDemo, addInit, addCheck, addIncidents, addApprovals, addStop, addAudit, addTokens])
  add(program);

program.addHelpText(
  "after",
  `
Exit codes: 0 done; 1 failed, or not what was wanted; 2 wrong usage; 3 Homeostat cannot be reached; 4 refused;
5 not found; 6 invalid input. Every command takes --json.

Start:  homeostat demo              a real shop, a real fault, a real heal
        homeostat up --care DIR     your own services`,
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommandError) {
    process.stderr.write(`homeostat: ${error.message}\n`);
    process.exitCode = error.exit;
  } else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else {
    process.stderr.write(`homeostat: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = exitCode.failed;
  }
}
