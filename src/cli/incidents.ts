import type { Command } from "commander";
import type { Incident } from "../loop/incident/incident.ts";
import type { IncidentView, PlanPreview, StatusReport } from "../engine/operations.ts";
import { addClose } from "./close.ts";
import { connection, readiness, request, type Connection, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { incidentLines, incidentViewLines, planLines, statusLines } from "./lines.ts";
import { print } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean };

/** `status`, `incidents`, `incident`, `plan`: commands that look; of them only `incident close` changes anything. */
export function addIncidents(program: Command): void {
  addStatus(program);
  addList(program);
  addShow(program);
  addPlan(program);
}

const get = async <T>(options: Options, path: string): Promise<T> =>
  request<T>(await connection(options), "GET", `/api/v1/${path}`);

function addStatus(program: Command): void {
  const command = withConnection(
    program
      .command("status")
      .description("how Homeostat itself is: parts, stops, approvals waiting, counters; exits 1 when a part failed"),
  ).action(async (options: Options) => {
    const to = await connection(options);
    const status = await request<StatusReport>(to, "GET", "/api/v1/status").catch((error: unknown) =>
      untold(to, error),
    );
    print(options.json ?? false, status, () => statusLines(status));
    if (status.state === "failed") process.exitCode = exitCode.failed;
  });
  withExamples(command, "homeostat status", "homeostat status --json | jq '.openApprovals[].planDigest'");
}

/** While the database is down no token can be checked, and nobody is let in on a guess (I7): what anybody may know is said. */
async function untold(to: Connection, error: unknown): Promise<never> {
  if (!(error instanceof CommandError) || error.code !== "unavailable") throw error;
  const known = await readiness(to);
  if (known?.state !== "failed") throw error;
  throw new CommandError(
    exitCode.failed,
    "failed: the token cannot be checked while the database is down, so there is no more than this; the log of `homeostat up` says why",
    { code: error.code, reasons: known.failed.map((name) => `failed    ${name}`) },
  );
}

function addList(program: Command): void {
  const command = withConnection(
    program
      .command("incidents")
      .description("incidents, newest first")
      .option("--live", "only those that have not ended")
      .option("--limit <n>", "how many at most, up to 500", "50"),
  ).action(async (options: Options & { live?: boolean; limit: string }) => {
    const query = new URLSearchParams({ limit: options.limit, ...(options.live ? { live: "true" } : {}) });
    const { incidents } = await get<{ incidents: Incident[] }>(options, `incidents?${query.toString()}`);
    print(options.json ?? false, { incidents }, () => incidentLines(incidents, Number(options.limit)));
  });
  withExamples(command, "homeostat incidents --live");
}

function addShow(program: Command): void {
  const incident = program.command("incident").description("one incident");
  const command = withConnection(
    incident
      .command("show")
      .argument("<id>", "as `homeostat incidents` lists it")
      .description("its timeline, hypotheses with evidence, decisions, runs and approvals"),
  ).action(async (id: string, options: Options) => {
    const view = await get<IncidentView>(options, `incidents/${encodeURIComponent(id)}`);
    print(options.json ?? false, view, () => incidentViewLines(view));
  });
  withExamples(command, "homeostat incident show inc-3f9c2a71b0de");
  addClose(incident);
}

function addPlan(program: Command): void {
  const command = withConnection(
    program
      .command("plan")
      .argument("<incident>", "as `homeostat incidents` lists it")
      .description("what would be done about an incident now, and what policy says to it")
      .option("--dry-run", "required: plans are carried out by Homeostat, under policy, never by this command"),
  ).action(async (id: string, options: Options & { dryRun?: boolean }) => {
    if (!options.dryRun)
      throw new CommandError(exitCode.usage, "give --dry-run: this command only shows what would be done");
    const preview = await get<PlanPreview>(options, `incidents/${encodeURIComponent(id)}/plan`);
    print(options.json ?? false, preview, () => planLines(preview));
  });
  withExamples(command, "homeostat plan inc-3f9c2a71b0de --dry-run");
}
