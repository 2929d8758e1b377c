import { cutText } from "../../kernel/cut-text.ts";
import { formatDuration } from "../../kernel/duration.ts";
import { oneLine } from "../../kernel/one-line.ts";
import { dateTime } from "../detection/describe.ts";
import type { UndeclaredCall, UndeclaredService, UnheardService, UnseenCall } from "./compare-topology.ts";

/** A difference in plain words, and what to do about it. */
export interface Words {
  readonly text: string;
  readonly advice: string;
}

/** Names of one line, and how much of each (I11). */
const [namesMax, nameMax] = [5, 80];

export const undeclaredCallWords = ({ from, to, isCalleeDeclared }: UndeclaredCall): Words => ({
  text: `${saidName(from)} calls ${saidName(to)}, which its \`dependsOn\` lacks`,
  advice: isCalleeDeclared
    ? `add ${saidName(to)} to \`dependsOn\` of ${saidName(from)}`
    : `declare a service with the \`telemetryName\` ${saidName(to)}, with \`emitsTelemetry: false\` if it sends none, and add it to \`dependsOn\` of ${saidName(from)}`,
});

export const unseenCallWords = ({ from, to, forMs }: UnseenCall): Words => ({
  text: `${saidName(from)} was not seen to call ${saidName(to)} in the last ${lengthOf(forMs)}`,
  advice: `take ${saidName(to)} out of its \`dependsOn\` if it is called no more; if it is called, see what name the spans of ${saidName(from)} give it`,
});

export const undeclaredServiceWords = ({ name, calls, declaredIn }: UndeclaredService): Words => ({
  text: `${saidName(name)} sends telemetry${calls.length > 0 ? `, calls ${list(calls)}` : ""} and is not declared`,
  advice:
    declaredIn.length > 0
      ? `it is declared in ${list(declaredIn)}: declare it here too, or correct the environment, there or in what it sends (\`deployment.environment.name\`)`
      : `declare it, or give the declared service that it is the \`telemetryName\` ${saidName(name)}`,
});

export const unheardServiceWords = ({ name, telemetryName, lastHeardMs, forMs, heardIn }: UnheardService): Words => ({
  text:
    lastHeardMs === null
      ? `${saidName(name)} was not heard in the last ${lengthOf(forMs)}`
      : `${saidName(name)} was last heard ${dateTime(lastHeardMs)}`,
  advice:
    heardIn.length > 0
      ? `${saidName(telemetryName)} is heard in ${list(heardIn)}: correct the environment, as declared or in what it sends (\`deployment.environment.name\`)`
      : `see that it runs and sends telemetry as ${saidName(telemetryName)}; give it the \`telemetryName\` it uses, or \`emitsTelemetry: false\` if it sends none`,
});

/** A name from outside, bounded and on one line (I9). */
export const saidName = (name: string): string =>
  name === "" ? "(no environment)" : `\`${oneLine(name.length > nameMax ? `${cutText(name, nameMax - 1)}…` : name)}\``;

function list(names: readonly string[]): string {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : "";
  return `${names.slice(0, namesMax).map(saidName).join(", ")}${more}`;
}

/** Whole seconds, from a minute on whole minutes. */
const lengthOf = (ms: number): string => formatDuration(Math.floor(ms / unitOf(ms)) * unitOf(ms));

const unitOf = (ms: number): number => (ms < 60_000 ? 1_000 : 60_000);
