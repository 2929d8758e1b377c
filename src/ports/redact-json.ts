import type { Json } from "../kernel/json.ts";
import type { Redactor } from "./redactor.ts";

/** Below this depth a value is masked whole: nobody needs it, and recursion stays bounded (I11). */
const depthMax = 32;

/** Members whose text is a secret whatever it looks like. Numbers and booleans under these names are kept. */
const secretName =
  /(?:^|[._-]|[a-z](?=[A-Z]))(?:pass(?:word|wd|phrase)?|pwd|secret|secrets|token|api[._-]?key|access[._-]?key|secret[._-]?key|private[._-]?key|client[._-]?secret|credentials?|authorization|cookie|set-cookie)$/i;

/**
 * A copy of a JSON value with every text redacted, names of members too, and texts under telling names (`password`,
 * `apiKey`, …) masked whole (I10). What JSON stores refuse is replaced by U+FFFD: NUL and lone surrogates. Two names
 * that become the same are told apart by a number, so nothing is lost unseen.
 */
export function redactJson<T extends Json>(value: T, redactor: Redactor): T;
export function redactJson(value: Json, redactor: Redactor): Json {
  return redactAt(value, redactor, 0);
}

/** A text as every JSON store takes it, redacted. */
export const redactText = (text: string, redactor: Redactor): string =>
  redactor.redact(text.toWellFormed().replaceAll("\u0000", "\ufffd"));

function redactAt(value: Json, redactor: Redactor, depth: number): Json {
  if (typeof value === "string") return redactText(value, redactor);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= depthMax) return "[redacted:depth]";
  if (Array.isArray(value)) return value.map((item: Json) => redactAt(item, redactor, depth + 1));
  const members: [string, Json][] = [];
  const taken = new Set<string>();
  for (const [name, member] of Object.entries(value)) {
    const plain = freeName(redactText(name, redactor), taken);
    members.push([plain, secretName.test(name) ? maskTexts(member, depth) : redactAt(member, redactor, depth + 1)]);
  }
  return Object.fromEntries(members);
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}#${n}`;
  taken.add(free);
  return free;
}

/** Every text at or under a member with a telling name; an empty one hides nothing and says so. */
function maskTexts(value: Json, depth: number): Json {
  if (typeof value === "string") return value === "" ? "" : "[redacted:secret]";
  if (typeof value !== "object" || value === null) return value;
  return depth >= depthMax || !Array.isArray(value)
    ? "[redacted:secret]"
    : value.map((item: Json) => maskTexts(item, depth + 1));
}
