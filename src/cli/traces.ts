import type { Command } from "commander";
import { parseDurationMs } from "../kernel/duration.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./print.ts";
import { operationLines, traceLines, type OperationsAnswer, type TraceAnswer } from "./trace-lines.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean };

/** `traces` and `trace show`: what whole traces tell of a service, and one of them. */
export function addTraces(program: Command): void {
  addOperations(program);
  addShow(program);
}

function addOperations(program: Command): void {
  const command = withConnection(
    program
      .command("traces")
      .argument("<service>", "as the care repo or its telemetry names it")
      .description(
        "its operations: rate, failures, latency, own work and waiting, beside what is usual; and traces to look at",
      )
      .option("--environment <name>", "where, when it is in several")
      .option("--last <duration>", "of how long, from 10s to 30m", "5m")
      .option("--limit <n>", "how many traces at most, up to 500", "20"),
  ).action(async (service: string, options: Options & { environment?: string; last: string; limit: string }) => {
    const lastMs = parseDurationMs(options.last);
    if (lastMs === undefined)
      throw new CommandError(exitCode.usage, `\`${options.last}\` is no duration: give --last one such as 5m`);
    const { environment, limit } = options;
    const query = new URLSearchParams({
      service,
      lastMs: String(lastMs),
      limit,
      ...(environment === undefined ? {} : { environment }),
    });
    const path = `/api/v1/telemetry/operations?${query.toString()}`;
    const answer = await request<OperationsAnswer>(await connection(options), "GET", path);
    print(options.json ?? false, answer, () => operationLines(answer));
  });
  withExamples(command, "homeostat traces checkout", "homeostat traces checkout --last 15m --json");
}

function addShow(program: Command): void {
  const trace = program.command("trace").description("one trace");
  const command = withConnection(
    trace
      .command("show")
      .argument("<id>", "32 hex digits, as `homeostat traces` lists them")
      .description("its spans as a tree: times, own work, what kept it from ending, and where a failure began"),
  ).action(async (id: string, options: Options) => {
    const path = `/api/v1/telemetry/traces/${encodeURIComponent(id)}`;
    const answer = await request<TraceAnswer>(await connection(options), "GET", path);
    print(options.json ?? false, answer, () => traceLines(answer));
  });
  withExamples(command, "homeostat trace show 4bf92f3577b34da6a3ce929d0e0e4736");
}
