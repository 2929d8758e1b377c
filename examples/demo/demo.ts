import { parseArgs } from "node:util";
import { scenarios, type Scenario } from "../shop/draw.ts";
import type { Report } from "./report.ts";
import { play } from "./play.ts";
import { setTheStage, type Stage } from "./stage.ts";
import { nextSteps, storyOf } from "./story.ts";

export interface DemoOptions {
  readonly scenario: Scenario | "all";
  readonly seed: number;
  /** One scenario, then end; otherwise it stays up until interrupted. */
  readonly once: boolean;
  readonly json: boolean;
  readonly approve: boolean;
  /** Scenarios at a time for `all`. */
  readonly parallel: number;
}

export const scenarioNames: readonly string[] = [...scenarios, "all"];

/** Plays one scenario or all. Gives whether the right thing happened each time. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  // With --json, standard output holds the document alone.
  const say = (text: string): void => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  if (options.scenario === "all") return playAll(options, say);
  const stage = await setTheStage({ scenario: options.scenario, seed: options.seed, say });
  try {
    const report = await play(stage, { approve: options.approve, say });
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else say(storyOf(report));
    if (!options.once) await stayUp(stage, say);
    return report.right;
  } finally {
    await stage.end();
  }
}

async function playAll(options: DemoOptions, say: (text: string) => void): Promise<boolean> {
  const reports: Report[] = [];
  const waiting = [...scenarios];
  const player = async (): Promise<void> => {
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      const name = scenario;
      const report = await playOnce(name, options, (text) => say(`[${name}] ${text}`));
      reports.push(report);
      say(`[${name}] ${report.right ? "right" : "WRONG"}: ${report.outcome}; ${report.why}`);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, player));
  const sorted = scenarios.flatMap((name) => reports.filter((r) => r.scenario === name));
  if (options.json) process.stdout.write(`${JSON.stringify({ scenarios: sorted })}\n`);
  else
    for (const report of sorted)
      say(`${report.right ? "right" : "WRONG"}  ${report.scenario.padEnd(16)} ${report.outcome}; ${report.why}`);
  return sorted.length === scenarios.length && sorted.every((r) => r.right);
}

/** One scenario on a stage of its own, from start to end. */
export async function playOnce(
  scenario: Scenario,
  options: Pick<DemoOptions, "seed">,
  say: (text: string) => void,
): Promise<Report> {
  const stage = await setTheStage({ scenario, seed: options.seed, say });
  try {
    return await play(stage, { approve: true, say });
  } finally {
    await stage.end();
  }
}

/** Until it is interrupted, which ends the stage. */
async function stayUp(stage: Stage, say: (text: string) => void): Promise<void> {
  say(nextSteps(stage));
  await new Promise<void>(() => undefined);
}

export function demoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: "string", default: "bad-release" },
      seed: { type: "string" },
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      approve: { type: "boolean", default: false },
      parallel: { type: "string", default: "2" },
    },
  });
  const known = scenarioNames.find((name) => name === values.scenario) as DemoOptions["scenario"] | undefined;
  if (!known) throw new Error(`\`${values.scenario}\` is no scenario: give one of ${scenarioNames.join(", ")}`);
  return {
    scenario: known,
    seed: Number(values.seed ?? 1),
    once: values.once,
    json: values.json,
    approve: values.approve,
    parallel: Math.max(1, Number(values.parallel)),
  };
}
