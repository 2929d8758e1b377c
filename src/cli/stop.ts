import type { Command } from "commander";
import { access } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { formatStopScope, parseStopScope } from "../loop/decision/stop.ts";
import type { StopEntry, StopScope } from "../loop/decision/decision.ts";
import { liftStopFile, readStopFile, stopFileName, writeStopFile } from "../app/stop-file.ts";
import type { SetStop } from "../engine/operations.ts";
import { connection, defaultDataDir, request, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print, tell } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; reason?: string; offline?: boolean };

/** `stop` and `resume` (E7). When the server cannot be reached, stop falls back to the stop file; it never fails quietly. */
export function addStop(program: Command): void {
  const scopes = "all, environment/NAME, service/NAME, runbook/NAME or incident/ID";
  const stopping = withConnection(
    program
      .command("stop")
      .argument("[scope]", scopes, "all")
      .description("stop acting, at once, also running work at its next step; kept over restarts")
      .option("--reason <text>", "why, for the record", "no reason given")
      .option("--offline", "write the stop file only; for when server or database are down"),
  ).action(stop);
  withExamples(stopping, 'homeostat stop --reason "release freeze"', "homeostat stop service/cart --offline");
  const resuming = withConnection(
    program
      .command("resume")
      .argument("[scope]", scopes, "all")
      .description("lift a stop")
      .option("--offline", "remove it from the stop file only"),
  ).action(resume);
  withExamples(resuming, "homeostat resume", "homeostat resume service/cart");
}

async function stop(scope: string, options: Options): Promise<void> {
  const wanted = parse(scope);
  const entry = options.offline ? undefined : await viaServer(wanted, options);
  if (entry)
    return print(options.json ?? false, { ...entry, via: "server" }, () => [
      `stopped ${formatStopScope(wanted)}${entry.unknown ? `, but BEWARE: ${entry.unknown}` : ""}`,
    ]);
  const dataDir = await ownDataDir(options);
  const written: StopEntry = { scope: wanted, by: userInfo().username, reason: options.reason ?? "", atMs: Date.now() };
  const file = await writeStopFile(dataDir, written).catch((cause: unknown) => unwritten(dataDir, scope, cause));
  print(options.json ?? false, { ...written, via: "file", file }, () => [
    `stopped ${formatStopScope(wanted)} by the stop file ${file}; Homeostat on this machine reads it before every effect`,
  ]);
}

/** What holds when the disk is full: a stop file that is there and is empty or cut off stops everything, else nothing new is stopped. */
async function unwritten(dataDir: string, scope: string, cause: unknown): Promise<never> {
  const file = join(dataDir, stopFileName);
  const why = cause instanceof Error ? cause.message : String(cause);
  const everything = await readStopFile(dataDir).then(
    (entries) => entries.some((e) => e.scope.kind === "all"),
    () => true,
  );
  throw new CommandError(
    exitCode.failed,
    everything
      ? `everything is stopped, not only \`${scope}\`, by the stop file ${file}, which could not be written whole (${why}): free the disk, stop \`${scope}\` again, then \`homeostat resume all\``
      : `NOT STOPPED: the stop file ${file} cannot be written (${why}): free the disk and try again, or end Homeostat`,
  );
}

/** The data directory a stop file counts in: one of a Homeostat on this machine. Anything else would be a false all-clear. */
async function ownDataDir(options: Options): Promise<string> {
  const dir = options.data ?? defaultDataDir();
  const elsewhere = options.url ?? process.env["HOMEOSTAT_URL"];
  if (elsewhere !== undefined && options.data === undefined)
    throw new CommandError(
      exitCode.unreachable,
      `NOT STOPPED: ${elsewhere} cannot be reached, and a stop file counts only on its own machine: run \`homeostat stop --offline --data DIR\` there`,
    );
  const known = await access(join(dir, "admin.token")).then(
    () => true,
    () => false,
  );
  if (known) return dir;
  throw new CommandError(
    exitCode.notFound,
    `NOT STOPPED: \`${dir}\` is no data directory of a Homeostat: give the right one by --data`,
  );
}

/** A stop must not wait for a database that hangs: the file is faster. */
const serverWithinMs = 10_000;

/** The stop by the server, or undefined when it cannot be reached: then the file has to do. */
async function viaServer(scope: StopScope, options: Options): Promise<SetStop | undefined> {
  try {
    const body = { scope: formatStopScope(scope), reason: options.reason };
    return await request<SetStop>(await connection(options), "POST", "/api/v1/stops", body, serverWithinMs);
  } catch (error) {
    const down =
      error instanceof CommandError && (error.exit === exitCode.unreachable || error.exit === exitCode.failed);
    if (!down) throw error;
    tell(`homeostat: the server did not stop it (${error.message}); using the stop file`);
    return undefined;
  }
}

/** The server decides whether this person may; the file of this machine is touched only after it agreed. `--offline` asks nobody. */
async function resume(scope: string, options: Options): Promise<void> {
  const wanted = parse(scope);
  const dir = options.data ?? defaultDataDir();
  if (options.offline) {
    if (!(await liftStopFile(dir, wanted)))
      throw new CommandError(exitCode.notFound, `the stop file does not stop \`${scope}\``);
    return print(options.json ?? false, { scope: wanted, via: "file" }, () => [`resumed ${scope} in the stop file`]);
  }
  const path = `/api/v1/stops/${formatStopScope(wanted)}`;
  const missing = await request(await connection(options), "DELETE", path).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof CommandError && error.exit === exitCode.notFound) return error;
      throw stillStopped(error, scope);
    },
  );
  const elsewhere = (options.url ?? process.env["HOMEOSTAT_URL"]) !== undefined && options.data === undefined;
  const fromFile = !elsewhere && (await liftStopFile(dir, wanted));
  if (missing && !fromFile) throw missing;
  print(options.json ?? false, { scope: wanted, via: "server" }, () => [`resumed ${formatStopScope(wanted)}`]);
}

/** What a stop that was not lifted says. */
function stillStopped(error: unknown, scope: string): unknown {
  if (!(error instanceof CommandError) || error.exit !== exitCode.unreachable) return error;
  const offline = `what only the stop file stops is resumed by \`homeostat resume ${scope} --offline\` on its machine`;
  return new CommandError(error.exit, `STILL STOPPED: ${error.message}; ${offline}`);
}

function parse(text: string): StopScope {
  const scope = parseStopScope(text);
  if (!scope.ok) throw new CommandError(exitCode.invalid, scope.error);
  return scope.value;
}
