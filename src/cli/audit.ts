import { parseVerifierKey } from "../loop/audit/note.ts";
import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { verifyExport } from "../loop/audit/verify.ts";
import { ask, connection, type ConnectionOptions } from "./client.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; out?: string };

/** `audit export`, `checkpoint` and `verify`. Verifying needs no server, no store and no secret (I12). */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("the append-only record of everything Homeostat did");
  addExport(audit);
  addCheckpoint(audit);
  const verifying = audit
    .command("verify")
    .argument("<file>", "an exported log")
    .description("check an exported log offline: exits 1 and says which record was altered, removed, inserted or moved")
    .requiredOption("--key <vkey>", "the log's verifier key, from a source you trust: `name+hash+base64`")
    .option("--since <checkpoint>", "file with an earlier signed checkpoint that this log must extend")
    .option("--json", "one JSON document on standard output, also when it fails")
    .action(verify);
  withExamples(
    verifying,
    `homeostat audit verify log.jsonl --key "$KEY"`,
    `homeostat audit verify log.jsonl --key "$KEY" --since checkpoint-of-last-month`,
  );
}

function addExport(audit: Command): void {
  const command = withConnection(
    audit
      .command("export")
      .description("the whole log as JSON Lines; the format is docs/audit-format.md")
      .option("--out <file>", "write to a file instead of standard output"),
  ).action(exportLog);
  withExamples(command, "homeostat audit export --out log.jsonl", "homeostat audit export | gzip > log.jsonl.gz");
}

function addCheckpoint(audit: Command): void {
  const command = withConnection(
    audit
      .command("checkpoint")
      .description("the checkpoint that was signed last: keep it elsewhere, and later logs must extend it")
      .option("--out <file>", "write to a file instead of standard output"),
  ).action(checkpoint);
  withExamples(command, "homeostat audit checkpoint --out checkpoint-of-today");
}

async function exportLog(options: Options): Promise<void> {
  const response = await ask(await connection(options), "GET", "/api/v1/audit", undefined, exportTimeoutMs);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (options.out === undefined) process.stdout.write(bytes);
  else await writeOut(options.out, bytes, options.json ?? false);
}

/** A log of years takes a while to hash again. */
const exportTimeoutMs = 600_000;

async function checkpoint(options: Options): Promise<void> {
  const response = await ask(await connection(options), "GET", "/api/v1/audit/checkpoint");
  // The very bytes: a signed note is checked byte by byte.
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (options.out !== undefined) return writeOut(options.out, bytes, options.json ?? false);
  const note = new TextDecoder().decode(bytes);
  return options.json ? print(true, { checkpoint: note }, () => []) : void process.stdout.write(bytes);
}

async function writeOut(file: string, bytes: Uint8Array, json: boolean): Promise<void> {
  await writeFile(file, bytes, { mode: 0o600 }).catch((cause: unknown) => {
    throw new CommandError(exitCode.failed, `\`${file}\` cannot be written: ${textOf(cause)}`);
  });
  print(json, { file, bytes: bytes.length }, () => [`wrote ${file}, ${bytes.length} bytes`]);
}

async function verify(file: string, options: { key: string; since?: string; json?: boolean }): Promise<void> {
  const bytes = await read(file);
  const key = parseVerifierKey(options.key);
  // Not the exit code of a log that was tampered with.
  if (!key.ok) throw new CommandError(exitCode.invalid, `\`--key\` is no verifier key: ${key.error}`);
  const since = options.since === undefined ? undefined : await read(options.since);
  const verdict = verifyExport(bytes, { vkey: options.key, ...(since === undefined ? {} : { since }) });
  print(options.json ?? false, verdict, () => verdict.text.split("\n"));
  if (!verdict.ok) process.exitCode = exitCode.failed;
}

const read = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((cause: unknown) => {
    throw new CommandError(exitCode.notFound, `\`${path}\` cannot be read: ${textOf(cause)}`);
  });

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
