import { resolve } from "node:path";
import type { Command } from "commander";
import { isAddress } from "../care/mask-address.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import { defaultDataDir } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print, tell } from "./print.ts";
import { withExamples } from "./with-connection.ts";

interface Options {
  readonly care: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: string;
  readonly otlpPort: string;
  readonly otlpGrpcPort: string;
  readonly json?: boolean;
}

/** `up`: Homeostat in one process, until SIGINT or SIGTERM. */
export function addUp(program: Command): void {
  const command = program
    .command("up")
    .description("run Homeostat on a care repo, in this process, until it is interrupted")
    .requiredOption("--care <dir>", "care repo: a directory, or the URL of a Git repository")
    .option("--data <dir>", "data directory (default ~/.homeostat, or $HOMEOSTAT_DATA)")
    .option(
      "--database-url <url>",
      "a Postgres 14 or newer to use instead of the embedded one ($HOMEOSTAT_DATABASE_URL)",
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <n>", "port of API, page and all receivers; 0 picks a free one", "8420")
    .option("--otlp-port <n>", "second port for OTLP/HTTP only; 0 picks a free one", "4318")
    .option("--otlp-grpc-port <n>", "port for OTLP over gRPC; 0 picks a free one", "4317")
    .option("--json", "one JSON document with the addresses on standard output once ready")
    .action(up);
  withExamples(
    command,
    "homeostat up --care care",
    "homeostat up --care https://git.example.com/care.git --database-url postgres://homeostat@db.example.com/homeostat",
  );
}

async function up(options: Options): Promise<void> {
  const databaseUrl = options.databaseUrl ?? process.env["HOMEOSTAT_DATABASE_URL"];
  // Only here: no other command should wait until all of Homeostat is loaded.
  const { startHomeostat } = await import("../app/start.ts");
  const running = await startHomeostat({
    care: isAddress(options.care) ? options.care : resolve(options.care),
    dataDir: resolve(options.data ?? defaultDataDir()),
    ...(databaseUrl ? { databaseUrl } : {}),
    host: options.host,
    port: portOf(options.port),
    otlpPort: portOf(options.otlpPort),
    otlpGrpcPort: portOf(options.otlpGrpcPort),
    log: (text) => text.split("\n").forEach((line) => tell(`${new Date().toISOString()} ${line}`)),
  }).catch((error: unknown) => {
    const invalid = error instanceof AdapterError && error.code === "bad-care-repo";
    const text = error instanceof Error ? error.message : String(error);
    throw new CommandError(invalid ? exitCode.invalid : exitCode.failed, text);
  });
  const ready = {
    url: running.url,
    otlpUrl: running.otlpUrl,
    otlpGrpc: running.otlpGrpc,
    login: await running.loginLink(),
    auditKey: running.auditKey,
    pid: process.pid,
  };
  print(options.json ?? false, ready, () => [
    "Homeostat is up.",
    `  page   ${ready.login}  (works once, for ten minutes; \`homeostat login\` makes another)`,
    `  API    ${ready.url}`,
    `  OTLP   ${ready.otlpUrl}  (gRPC: ${ready.otlpGrpc})`,
    `  audit  ${ready.auditKey}`,
  ]);
  const why = await ended(running.ended);
  await running.stop();
  // What it began may still be under way: another controller does it from here.
  setTimeout(() => process.exit(), lingerMs).unref();
  if (why !== "signal") throw new CommandError(exitCode.failed, why);
}

/** Long enough to write the last words. */
const lingerMs = 1_000;

const ended = (barred: Promise<string>): Promise<string> =>
  Promise.race([
    barred,
    new Promise<string>((done) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done("signal"));
    }),
  ]);

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new CommandError(exitCode.usage, `\`${text}\` is no port: give a number from 0 to 65535`);
  return port;
}
