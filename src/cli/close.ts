import type { Command } from "commander";
import type { Incident } from "../loop/incident/incident.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { print } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; reason: string };

/** `incident close`: a person takes care of what is left (C2). */
export function addClose(incident: Command): void {
  const command = withConnection(
    incident
      .command("close")
      .argument("<id>", "as `homeostat incidents` lists it")
      .description("close it: you take care of what still fires, and that opens no other incident")
      .requiredOption("--reason <text>", "why, for the record"),
  ).action(close);
  withExamples(command, 'homeostat incident close inc-3f9c2a71b0de --reason "known, fixed with the next release"');
}

async function close(id: string, options: Options): Promise<void> {
  const path = `/api/v1/incidents/${encodeURIComponent(id)}/close`;
  const closed = await request<Incident>(await connection(options), "POST", path, { reason: options.reason });
  print(options.json ?? false, closed, () => [`closed ${closed.id}`]);
}
