import type { Redactor } from "../../../ports/redactor.ts";
import { mayHoldSecret } from "./hints.ts";
import { maskByOwnRules } from "./own-rules.ts";
import type { Found } from "./ranges.ts";
import { mask } from "./ranges.ts";
import { findByPreset } from "./secretlint-rules.ts";

/** What lies behind this many characters of one text is masked unseen (I11). */
export const charsMax = 64 * 1024;
/** Scanned but masked as well at the end of a long text, so that no secret is cut in two and half of it shown. */
const marginChars = 4 * 1024;
/** Texts that were looked at with all rules, and what came of it: log lines and names repeat. At most some 8 MB. */
const cachedMax = 4_096;
const cachedCharsMax = 512;

/**
 * Masks what secretlint's recommended preset finds and, looser, the best-known secret formats, assignments such as
 * `password=…`, and e-mail addresses. Synchronous; a text without any hint of a secret costs one scan. Masking what is
 * masked already changes nothing.
 */
export function createSecretlintRedactor(): Redactor {
  const cache = new Map<string, string>();
  return {
    redact(text) {
      if (text.length <= charsMax && !mayHoldSecret(text)) return text;
      const known = cache.get(text);
      if (known !== undefined) return known;
      const masked = redactNow(text);
      if (text.length <= cachedCharsMax) remember(cache, text, masked);
      return masked;
    },
  };
}

function remember(cache: Map<string, string>, text: string, masked: string): void {
  const [oldest] = cache.keys();
  if (cache.size >= cachedMax && oldest !== undefined) cache.delete(oldest);
  cache.set(text, masked);
}

function redactNow(text: string): string {
  try {
    const masked = maskByOwnRules(text.slice(0, charsMax));
    const found = findByPreset(masked).filter((f) => !isMasked(masked.slice(f.from, f.to), f));
    const whole = mask(masked, found);
    return text.length > charsMax ? `${whole.slice(0, -marginChars)}[redacted:oversize]` : whole;
  } catch {
    // A rule that fails has not said that the text is clean (I7).
    return "[redacted:error]";
  }
}

const urlRules: ReadonlySet<string> = new Set(["basicauth", "database-connection-string"]);

/** What the own rules put there is left alone: a mask, and the host of an URL whose credentials are masked. */
const isMasked = (part: string, { kind }: Found): boolean =>
  /^\[redacted:[a-z0-9-]+\]$/.test(part) || (urlRules.has(kind) && part.includes("[redacted:"));
