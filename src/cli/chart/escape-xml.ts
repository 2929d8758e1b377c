const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text of a file is data: what XML cannot hold or would turn around is left out, what means something there is escaped (I9). */
export const escapeXml = (text: string): string =>
  text
    .replaceAll(
      /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu,
      "",
    )
    .replaceAll(/[&<>"']/g, (c) => escapes[c] ?? c);

/** The same, no longer than `max` characters. */
export const shortXml = (text: string, max: number): string =>
  escapeXml(text.length <= max ? text : `${text.slice(0, max - 1)}…`);
