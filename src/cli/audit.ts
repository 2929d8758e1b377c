import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { verifyExport } from "../loop/audit/verify.ts";
import { connection, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./output.ts";
import { withConnection } from "./with-connection.ts";

/** `audit export` and `audit verify`. Verifying needs no server, no store and no secret (I12). */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("the append-only record of everything Homeostat did");
  withConnection(
    audit
      .command("export")
      .description("the whole log as JSON Lines; the format is docs/audit-format.md")
      .option("--out <file>", "write to a file instead of standard output"),
  ).action(exportLog);
  audit
    .command("verify")
    .argument("<file>")
    .description("check an exported log offline: exits 1 and says which record was altered, removed, inserted or moved")
    .requiredOption("--key <vkey>", "the log's verifier key, from a source you trust: `name+hash+base64`")
    .option("--since <checkpoint>", "file with an earlier signed checkpoint that this log must extend")
    .option("--json", "one JSON document on standard output")
    .action(verify);
}

async function exportLog(options: ConnectionOptions & { out?: string; json?: boolean }): Promise<void> {
  const to = await connection(options);
  const response = await fetch(new URL("/api/v1/audit", to.url), {
    headers: { authorization: `Bearer ${to.token}` },
  }).catch(() => undefined);
  if (!response) throw new CommandError(exitCode.unreachable, `${to.url} does not answer: is \`homeostat up\` running`);
  if (!response.ok)
    throw new CommandError(
      response.status < 404 ? exitCode.refused : exitCode.failed,
      `the server answered ${response.status}`,
    );
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (options.out === undefined) process.stdout.write(bytes);
  else {
    await writeFile(options.out, bytes, { mode: 0o600 });
    print(
      options.json ?? false,
      { file: options.out, bytes: bytes.length },
      () => `wrote ${options.out}, ${bytes.length} bytes`,
    );
  }
}

async function verify(file: string, options: { key: string; since?: string; json?: boolean }): Promise<void> {
  const read = (path: string) =>
    readFile(path).catch((cause: unknown) => {
      throw new CommandError(
        exitCode.notFound,
        `\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    });
  const bytes = await read(file);
  const since = options.since === undefined ? undefined : (await read(options.since)).toString("utf8");
  const verdict = verifyExport(bytes, { vkey: options.key, ...(since === undefined ? {} : { since }) });
  print(options.json ?? false, verdict, () => verdict.text);
  if (!verdict.ok) process.exitCode = exitCode.failed;
}
