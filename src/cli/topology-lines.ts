import type { EnvironmentTopology, Listed, TopologyView } from "../engine/operations.ts";
import { cutText } from "../kernel/cut-text.ts";
import { formatDuration } from "../kernel/duration.ts";
import { clock, dateTime } from "../loop/detection/describe.ts";
import type { KnownCall, KnownService } from "../loop/incident/compare-topology.ts";
import type { Words } from "../loop/incident/topology-words.ts";

/** Names are told in a column of at most so many characters; the whole name is in JSON. */
const widthMax = 60;

/** Services, calls and differences, by environment. */
export function topologyLines(view: TopologyView): string[] {
  const { nowMs, sinceMs, withinMs, environments, environmentsLeftOut } = view;
  if (environments.length === 0) return ["no service is declared or heard yet"];
  return [
    `learned in the last ${formatDuration(withinMs)}, until ${dateTime(nowMs)}`,
    ...(sinceMs > nowMs - withinMs ? [`this controller began to listen at ${clock(sinceMs)}`] : []),
    ...environments.flatMap((e) => ["", ...environmentLines(e)]),
    ...(environmentsLeftOut > 0 ? ["", `${environmentsLeftOut} more environments: --environment NAME`] : []),
  ];
}

function environmentLines({ environment, services, calls, callsUnknown, differences }: EnvironmentTopology): string[] {
  const { undeclaredCalls, unseenCalls, undeclaredServices, unheardServices } = differences;
  const lists = [undeclaredCalls, unseenCalls, undeclaredServices, unheardServices];
  const many = lists.reduce((sum, list) => sum + list.total, 0);
  return [
    `${environment || "(no environment)"}: ${count(services.total, "service")}, ${count(calls.total, "call")}, ${count(many, "difference")}`,
    ...section(
      "services:",
      services,
      columns(services.shown, (s) => s.name, serviceWords),
    ),
    ...section(
      "calls:",
      calls,
      columns(calls.shown, (c) => `${c.from} -> ${c.to}`, callWords),
    ),
    ...section("calls that were seen and are not declared:", undeclaredCalls, undeclaredCalls.shown.flatMap(advised)),
    ...section("declared calls that were not seen:", unseenCalls, unseenCalls.shown.flatMap(advised)),
    ...section("services that are not declared:", undeclaredServices, undeclaredServices.shown.flatMap(advised)),
    ...section("declared services that are not heard:", unheardServices, unheardServices.shown.flatMap(advised)),
    ...(callsUnknown > 0 ? [`  not known: ${count(callsUnknown, "declared call")}, whose callers send no traces`] : []),
    ...(many === 0 ? ["  no difference is known"] : []),
  ];
}

function section(title: string, { total, shown }: Listed<unknown>, lines: readonly string[]): string[] {
  if (total === 0) return [];
  const more = total > shown.length ? [`    and ${total - shown.length} more: --limit N, or --json`] : [];
  return [`  ${title}`, ...lines, ...more];
}

function columns<T>(of: readonly T[], nameOf: (one: T) => string, words: (one: T) => string): string[] {
  const names = of.map((one) => cut(nameOf(one)));
  const width = names.reduce((most, name) => Math.max(most, name.length), 0);
  return of.map((one, i) => `    ${(names[i] ?? "").padEnd(width)}  ${words(one)}`);
}

const cut = (name: string): string => (name.length > widthMax ? `${cutText(name, widthMax - 1)}…` : name);

const serviceWords = ({ isDeclared, emitsTelemetry, isHeard, lastHeardMs }: KnownService): string => {
  const last = lastHeardMs === null ? "" : `, last ${isHeard ? clock(lastHeardMs) : dateTime(lastHeardMs)}`;
  const heard = isHeard ? "heard" : emitsTelemetry ? "not heard" : "sends no telemetry";
  return `${isDeclared ? "declared" : "not declared"}, ${heard}${last}`;
};

const callWords = ({ source, isSeen }: KnownCall): string => {
  if (source === "both") return "declared and learned";
  if (source === "learned") return "learned, not declared";
  return isSeen === null ? "declared, not known whether it is made" : "declared, not seen";
};

const advised = ({ text, advice }: Words): string[] => [`    ${text}`, `      ${advice}`];

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
