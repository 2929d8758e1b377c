import { cutText } from "../../../kernel/cut-text.ts";
import { copyOf } from "./copy-of.ts";
import { createFormStore } from "./form-store.ts";
import { rootOf, type Form } from "./form.ts";
import { findSpans } from "./find-spans.ts";
import { keyOf, onlySlot } from "./key.ts";
import { learnForm } from "./learn-form.ts";
import type { LogTemplate } from "./log-template.ts";
import { noteSpan, noteWhole } from "./slot.ts";
import { createSpans, type Spans } from "./spans.ts";

/** Characters looked at per line (I11). */
const charsMax = 2_000;

/** Finds the shapes of log lines as they come. */
export interface TemplateMiner {
  /** The template a line belongs to, made if there is none yet. */
  take(line: string): LogTemplate;
  /** Forms kept, templates let go to make room, and lines of which only the beginning was looked at. */
  stats(): { readonly forms: number; readonly forgotten: number; readonly cut: number };
}

/**
 * A miner that keeps `formsMax` to `2.5 * formsMax` ways of writing lines: 1 to 4 KB each, at most 34 KB for a hostile one, so
 * 1 to 4 MB when it is full. Deterministic: the same lines give the same templates. Takes redacted text (I10) and treats it as
 * data (I9).
 */
export function createTemplateMiner(formsMax = 400): TemplateMiner {
  const spans = createSpans();
  const store = createFormStore(formsMax);
  let [made, cut] = [0, 0];
  return {
    take(line) {
      const text = tidy(line);
      findSpans(text, spans, line.length > charsMax);
      if (spans.cut) cut++;
      const key = keyOf(text, spans);
      const form = store.get(key) ?? learnForm(store, key, made++);
      const { template } = rootOf(form);
      template.lines++;
      noteValues(template, form, text, spans);
      return template;
    },
    stats: () => ({ forms: store.size(), forgotten: store.forgotten(), cut }),
  };
}

const untidy = /\p{Cc}| {2}/u;
/** Control sequences of terminals, such as for colours (ECMA-48). */
const terminal = /\p{Cc}\[[\d;?]*[A-Za-z]/gu;

/** Without control characters and needless blanks, and of bounded length. A copy when it was cut, so that the rest can be freed. */
function tidy(line: string): string {
  const part = line.length > charsMax ? copyOf(cutText(line, charsMax)) : line;
  return (untidy.test(part) ? part.replace(terminal, " ").replace(/[\p{Cc} ]+/gu, " ") : part).trim();
}

function noteValues({ slots }: LogTemplate, form: Form, line: string, spans: Spans): void {
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    if (!slot) continue;
    const filling = form.into ? form.outward[i] : undefined;
    const span = filling ? onlySlot(filling) : i;
    if (span !== undefined) noteSpan(slot, line, spans, span);
    else if (filling) noteWhole(slot, filled(filling, line, spans), filling.length > 1);
  }
}

const filled = (filling: readonly (string | number)[], line: string, spans: Spans): string =>
  filling.map((part) => (typeof part === "string" ? part : line.slice(spans.starts[part], spans.ends[part]))).join("");
