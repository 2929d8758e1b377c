import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import type { Found } from "./ranges.ts";

/**
 * The rules of secretlint's recommended preset, run in place: the library's own entry is asynchronous only to wait for
 * rules that read files, and none does without a file's name. Its rule for comments is left out: it lets the text itself
 * switch off redaction (I9).
 */
const scanners = rules.filter((rule) => rule.meta.id !== "@secretlint/secretlint-rule-filter-comments");

type Rule = (typeof scanners)[number];
type Context = Parameters<Rule["create"]>[0];
type Running = ReturnType<Rule["create"]>;
type Source = Parameters<NonNullable<Running["file"]>>[0];

/** Where the rules of the present call report to. Rules are made once, so their reports go through here. */
let reported: Found[] = [];

const running: readonly Running[] = scanners.map((rule) =>
  rule.create(contextOf(rule.meta.id.replace("@secretlint/secretlint-rule-", "")), {}),
);

/** What the preset finds in a text. */
export function findByPreset(text: string): Found[] {
  reported = [];
  const source = sourceOf(text);
  for (const rule of running) void rule.file?.(source);
  return reported;
}

function contextOf(kind: string): Context {
  return {
    sharedOptions: {},
    createTranslator: () => (messageId) => ({ messageId: String(messageId), message: String(messageId), data: {} }),
    report: ({ range: [from, to] }) => reported.push({ from, to, kind }),
    ignore: () => undefined,
  };
}

/** Rules read the content only; a name would make some of them look for files. */
const sourceOf = (content: string): Source => ({
  content,
  contentType: "text",
  hasBOM: false,
  ext: "",
  filePath: undefined,
  physicalFilePath: undefined,
  getFilePath: () => undefined,
  getPhysicalFilePath: () => undefined,
  locationToRange: () => [0, 0],
  rangeToLocation: () => ({ start: nowhere, end: nowhere }),
  positionToIndex: () => 0,
  indexToPosition: () => nowhere,
});

const nowhere = { line: 1, column: 0 };
