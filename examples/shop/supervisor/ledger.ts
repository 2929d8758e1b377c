import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { appendLine, ifReadable } from "../files.ts";

/** What the supervisor saw happen to the shop. `by` and `because` are set only where the shop itself said beforehand that it would do it. */
export type Effect =
  | {
      readonly kind: "started";
      readonly instance: string;
      readonly service: string;
      readonly pid: number;
      readonly release: string;
    }
  | {
      readonly kind: "exited";
      readonly instance: string;
      readonly service: string;
      readonly pid: number;
      /** Exit code 0 is a drain somebody asked for; anything else without a signal is the process's own end. */
      readonly code: number | null;
      readonly signal: string | null;
      readonly release: string;
    }
  | { readonly kind: "release-switched"; readonly service: string; readonly from: string; readonly to: string }
  | { readonly kind: "flag-changed"; readonly flag: string; readonly from: string; readonly to: string }
  | { readonly kind: "flag-file-changed"; readonly from: string; readonly to: string }
  | { readonly kind: "config-changed"; readonly service: string; readonly from: string; readonly to: string }
  | { readonly kind: "scratch-moved"; readonly instance: string; readonly from: string; readonly to: string }
  | { readonly kind: "supervisor"; readonly what: "started" | "stopping"; readonly pid: number };

/** What the shop's own tool is about to do, said before it does it. */
export type Intent =
  | {
      readonly kind: "signal";
      readonly pid: number;
      readonly instance: string;
      readonly signal: string;
      readonly because: string;
    }
  | { readonly kind: "switch"; readonly service: string; readonly to: string; readonly because: string }
  | { readonly kind: "config"; readonly service: string; readonly to: string; readonly because: string }
  | { readonly kind: "flag"; readonly flag: string; readonly to: string; readonly because: string }
  | { readonly kind: "note"; readonly because: string };

export interface LedgerLine {
  readonly seq: number;
  readonly atMs: number;
  /** Milliseconds since the supervisor started, by a clock that never jumps. */
  readonly sinceStartMs: number;
  readonly by?: "shop" | "supervisor";
  readonly because?: string;
  readonly effect?: Effect;
  readonly intent?: Intent;
}

export interface Ledger {
  readonly record: (effect: Effect, by?: "supervisor") => void;
  /** Takes over the intents written since the last look. */
  readonly takeIntents: () => void;
}

const intentHoldsMs = 20_000;

/** Appends to the ledger file, in one sequence, what was seen; intents come in from the tool's own file. */
export function openLedger(ledgerFile: string, intentsFile: string): Ledger {
  let seq = 0;
  let open: { readonly intent: Intent; readonly saidMs: number }[] = [];
  const write = (line: Omit<LedgerLine, "seq" | "atMs" | "sinceStartMs">) =>
    appendLine(ledgerFile, { seq: (seq += 1), atMs: Date.now(), sinceStartMs: Math.round(performance.now()), ...line });
  const readNew = tail(intentsFile);
  const takeIntents = () => {
    for (const text of readNew()) {
      const intent = ifReadable((): Intent => JSON.parse(text));
      if (intent === undefined) continue;
      write({ by: "shop", because: intent.because, intent });
      open.push({ intent, saidMs: performance.now() });
    }
  };
  return {
    takeIntents,
    record: (effect, by) => {
      takeIntents();
      // An intent that came to nothing must not claim somebody else's doing later on.
      open = open.filter(({ saidMs }) => performance.now() - saidMs < intentHoldsMs);
      const said = open.find(({ intent }) => announces(intent, effect));
      open = open.filter((one) => one !== said);
      if (said !== undefined) write({ by: "shop", because: said.intent.because, effect });
      else write(by === undefined ? { effect } : { by, effect });
    },
  };
}

/** What an intent announces and what an effect fulfils, in the same words. */
function announces(intent: Intent, effect: Effect): boolean {
  const fulfilled = announcementOf(effect);
  return fulfilled !== undefined && fulfilled === announcedBy(intent);
}

function announcedBy(intent: Intent): string | undefined {
  if (intent.kind === "signal") return `exit ${intent.pid}`;
  if (intent.kind === "switch") return `release ${intent.service} ${intent.to}`;
  if (intent.kind === "config") return `config ${intent.service} ${intent.to}`;
  if (intent.kind === "flag") return `flag ${intent.flag} ${intent.to}`;
  return undefined;
}

function announcementOf(effect: Effect): string | undefined {
  if (effect.kind === "exited") return `exit ${effect.pid}`;
  if (effect.kind === "release-switched") return `release ${effect.service} ${effect.to}`;
  if (effect.kind === "config-changed") return `config ${effect.service} ${effect.to}`;
  if (effect.kind === "flag-changed") return `flag ${effect.flag} ${effect.to}`;
  return undefined;
}

/** Reads whole lines appended since the last call. */
function tail(file: string): () => string[] {
  let offset = 0;
  return () => {
    if (!existsSync(file)) return [];
    const handle = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(65_536);
      const size = readSync(handle, buffer, 0, buffer.length, offset);
      const end = buffer.lastIndexOf(10, size - 1) + 1;
      if (size === 0 || end === 0) return [];
      offset += end;
      return buffer.toString("utf8", 0, end).trimEnd().split("\n");
    } finally {
      closeSync(handle);
    }
  };
}
