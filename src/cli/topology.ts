import type { Command } from "commander";
import type { TopologyView } from "../engine/operations.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { print } from "./print.ts";
import { topologyLines } from "./topology-lines.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; environment?: string; limit: string };

/** `topology`: the service catalogue, as declared and as learned. */
export function addTopology(program: Command): void {
  const command = withConnection(
    program
      .command("topology")
      .description("services and who calls whom: declared, learned from traces, and where the two differ")
      .option("--environment <name>", "only this one")
      .option("--limit <n>", "how many of each list at most, up to 1000", "100"),
  ).action(async ({ environment, limit, ...options }: Options) => {
    const query = new URLSearchParams({ limit, ...(environment === undefined ? {} : { environment }) });
    const path = `/api/v1/topology?${query.toString()}`;
    const view = await request<TopologyView>(await connection(options), "GET", path);
    print(options.json ?? false, view, () => topologyLines(view));
  });
  withExamples(command, "homeostat topology", "homeostat topology --environment prod --json");
}
