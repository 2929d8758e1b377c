import type { Command } from "commander";
import type { Incident } from "../loop/incident/incident.ts";
import type { IncidentView, PlanPreview, StatusReport } from "../engine/operations.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { incidentLines, incidentText, planText, print, statusText } from "./output.ts";
import { withConnection } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean };

/** `status`, `incidents`, `incident show`, `plan`: commands that only look. */
export function addIncidents(program: Command): void {
  withConnection(
    program
      .command("status")
      .description("how Homeostat itself is: parts, stops, approvals waiting, counters; exits 1 when a part failed"),
  ).action(async (options: Options) => {
    const status = await request<StatusReport>(await connection(options), "GET", "/api/v1/status");
    print(options.json ?? false, status, () => statusText(status));
    if (status.state === "failed") process.exitCode = exitCode.failed;
  });
  withConnection(
    program
      .command("incidents")
      .description("incidents, newest first")
      .option("--live", "only those that have not ended")
      .option("--limit <n>", "how many at most", "50"),
  ).action(async (options: Options & { live?: boolean; limit: string }) => {
    const query = new URLSearchParams({ limit: options.limit, ...(options.live ? { live: "true" } : {}) });
    const { incidents } = await request<{ incidents: Incident[] }>(
      await connection(options),
      "GET",
      `/api/v1/incidents?${query.toString()}`,
    );
    print(options.json ?? false, { incidents }, () => incidentLines(incidents));
  });
  const incident = program.command("incident").description("one incident");
  withConnection(
    incident.command("show").argument("<id>").description("its timeline, hypotheses, plans, runs and approvals"),
  ).action(async (id: string, options: Options) => {
    const view = await request<IncidentView>(
      await connection(options),
      "GET",
      `/api/v1/incidents/${encodeURIComponent(id)}`,
    );
    print(options.json ?? false, view, () => incidentText(view));
  });
  withConnection(
    program
      .command("plan")
      .argument("<incident>")
      .description("what would be done about an incident now, and what policy says to it")
      .option("--dry-run", "required: plans are carried out by Homeostat, under policy, never by this command"),
  ).action(async (id: string, options: Options & { dryRun?: boolean }) => {
    if (!options.dryRun)
      throw new CommandError(exitCode.usage, "give --dry-run: this command only shows what would be done");
    const preview = await request<PlanPreview>(
      await connection(options),
      "GET",
      `/api/v1/incidents/${encodeURIComponent(id)}/plan`,
    );
    print(options.json ?? false, preview, () => planText(preview));
  });
}
