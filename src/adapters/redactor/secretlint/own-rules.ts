interface OwnRule {
  readonly kind: string;
  /** Linear: every repetition is of one class that excludes what follows it, or has a small maximum (I11). */
  readonly pattern: RegExp;
}

/**
 * Looser than the preset's rules, which leave out examples, placeholders and unusual lengths so as not to trouble
 * developers. Here a wrong hit costs a word, a miss costs a secret. Where a rule has a group `secret`, only that is masked.
 */
const ownRules: readonly OwnRule[] = [
  {
    kind: "private-key",
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )[^])*(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  },
  {
    kind: "aws",
    pattern:
      /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  },
  { kind: "github", pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,})/g },
  { kind: "gitlab", pattern: /(?<![A-Za-z0-9])gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16,}/g },
  {
    kind: "slack",
    pattern: /(?<![A-Za-z0-9])xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|(?<![A-Za-z0-9])xapp-[A-Za-z0-9-]{8,}/g,
  },
  { kind: "slack", pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/-]{8,}/gi },
  { kind: "npm", pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}/g },
  { kind: "stripe", pattern: /(?<![A-Za-z0-9])(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,}/g },
  {
    kind: "google",
    pattern: /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,})/g,
  },
  { kind: "ai-key", pattern: /(?<![A-Za-z0-9])sk-(?:[a-z0-9]{2,12}-){0,3}[A-Za-z0-9_-]{20,}/g },
  { kind: "jwt", pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}/g },
  { kind: "authorization", pattern: /\bbearer[ \t]{1,4}(?<secret>[A-Za-z0-9._~+/=-]{8,})/gi },
  {
    kind: "authorization",
    // Lower-case words alone are language ("basic authentication"), not Base 64.
    pattern: /\b(?:[Bb]asic|BASIC)[ \t]{1,4}(?<secret>(?=[a-z]{0,64}[A-Z0-9+/=])[A-Za-z0-9+/]{6,}={0,2})/g,
  },
  {
    kind: "authorization",
    pattern: /\b(?:proxy-)?authorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<secret>[^\r\n"']{4,})/gi,
  },
  {
    kind: "url-credentials",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/(?<secret>[^\s/@:"'<>]{0,256}:[^\s/@"'<>]{1,256})@/gi,
  },
  {
    kind: "password",
    pattern:
      /(?:pass(?:word|wd|phrase)?|pwd)["']?[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,4}(?:"(?<quoted>[^"\r\n]{1,512})"|'(?<single>[^'\r\n]{1,512})'|(?<secret>[^\s"',;&)\]}]{1,512}))/gi,
  },
  {
    kind: "secret",
    pattern:
      /(?:secret|token|api[._-]?key|access[._-]?key|private[._-]?key|secret[._-]?key|credentials?|session[._-]?id|cookie)["']?[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,4}(?:"(?<quoted>[^"\r\n]{6,512})"|'(?<single>[^'\r\n]{6,512})'|(?<secret>[^\s"',;&)\]}]{6,512}))/gi,
  },
  {
    kind: "email",
    pattern: /[\p{L}\p{N}._%+'-]{1,64}(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu,
  },
];

/** The text after each rule in turn: what one has masked, the next leaves alone. */
export function maskByOwnRules(text: string): string {
  return ownRules.reduce(
    (masked, { kind, pattern }) => masked.replace(pattern, (...match) => maskOne(match, kind)),
    text,
  );
}

function maskOne(match: readonly unknown[], kind: string): string {
  const whole = String(match[0]);
  const groups = match.at(-1);
  const parts: readonly unknown[] = typeof groups === "object" && groups !== null ? Object.values(groups) : [];
  const secret = parts.find((part) => typeof part === "string") ?? whole;
  const at = whole.lastIndexOf(secret);
  return isMask(secret) ? whole : `${whole.slice(0, at)}[redacted:${kind}]${whole.slice(at + secret.length)}`;
}

/** What an earlier rule or pass put there; assignments stop before the bracket that closes it. */
const isMask = (text: string): boolean => /^\[redacted:[a-z0-9-]+\]?$/.test(text);
