/**
 * Characters that break a line, steer a terminal or turn the direction of text around (C0, C1, line and paragraph separators,
 * bidirectional embeddings, overrides and isolates): with them one text could look like another, or like a line of ours (I9).
 */
// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const breaks = "\t\n\v\f\r\u0085\u2028\u2029";

/** The text with each such character replaced by what `shown` says, one for one. */
const withoutSteering = (text: string, shown: (character: string) => string): string =>
  text.replaceAll(steering, shown);

/** The text on one line: breaks become spaces, the others U+FFFD. Its length stays. */
export const oneLine = (text: string): string => withoutSteering(text, (c) => (breaks.includes(c) ? " " : "\ufffd"));

/** The same, but its lines and tabs stay. */
export const severalLines = (text: string): string =>
  withoutSteering(text, (c) => (c === "\n" || c === "\t" ? c : breaks.includes(c) ? " " : "\ufffd"));

const signs: Readonly<Record<string, string>> = { "\n": "⏎", "\t": " " };

/** The text as it is shown to people: on one line, on which one sees where it had several. */
export const shownOnOneLine = (text: string): string => withoutSteering(text, (c) => signs[c] ?? "\ufffd");
