import type { Command } from "commander";
import { CommandError, exitCode } from "./exit.ts";
import { withExamples } from "./with-connection.ts";

/** `demo`: the example shop, a fault, and what Homeostat does about it. Lives in examples/demo, beside the shop. */
export function addDemo(program: Command): void {
  const command = program
    .command("demo")
    .description(
      "start an example shop and Homeostat, break the shop, and show the heal; exits 1 when the right thing did not happen",
    )
    .option(
      "--scenario <name>",
      "bad-release, slow-release, crash-loop, bad-config, bad-flag, dependency-down, needs-approval, heal-fails, deploy-mid-heal, false-alarm, telemetry-loss, cold-start, or all",
      "bad-release",
    )
    .option("--seed <n>", "draws the service, the fault and its time", "1")
    .option("--once", "end after the heal instead of staying up")
    .option("--approve", "have a second person approve what asks for approval (always so with `all`)")
    .option("--parallel <n>", "scenarios at a time with `all`", "2")
    .option("--json", "one JSON document on standard output; the telling goes to standard error")
    .action(async (options: Record<string, string | boolean>) => {
      const { demoOptions, runDemo } = await import("../../examples/demo/demo.ts");
      const args = Object.entries(options).flatMap(([name, value]) =>
        value === true ? [`--${name}`] : [`--${name}`, String(value)],
      );
      const parsed = asked(() => demoOptions(args));
      if (!(await runDemo(parsed))) process.exitCode = exitCode.failed;
    });
  withExamples(
    command,
    "homeostat demo --once",
    "homeostat demo --scenario needs-approval",
    "homeostat demo --scenario all --json",
  );
}

function asked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new CommandError(exitCode.usage, error instanceof Error ? error.message : String(error));
  }
}
