/** Variable parts looked at in one line; what comes after the last is one more, whole (I11). */
export const spansMax = 64;
/** One word can have several parts, `a#1#2`; what it has more is left. */
const room = 32;

/**
 * Where the variable parts of one line are, in order and without overlap: `[starts[i], ends[i])`, in UTF-16 units. A store to
 * be used again for the next line, so that finding them allocates nothing.
 */
export interface Spans {
  count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where the part is variable only if it is seen with several values: a word after `=`, a quoted word, `()`. */
  readonly soft: Uint8Array;
  /** Length of the unit that ends the part and stays when it is always the same: ` bytes`. */
  readonly units: Uint8Array;
  /** How many variable words in a row the part stands for. */
  readonly items: Uint8Array;
  /** True when the line was too long, or held too many variable parts, and its rest became one. */
  cut: boolean;
}

export function createSpans(): Spans {
  return {
    count: 0,
    starts: new Int32Array(spansMax + room),
    ends: new Int32Array(spansMax + room),
    soft: new Uint8Array(spansMax + room),
    units: new Uint8Array(spansMax + room),
    items: new Uint8Array(spansMax + room),
    cut: false,
  };
}

export function pushSpan(spans: Spans, start: number, end: number, soft = 0, unit = 0): void {
  const i = spans.count;
  if (i >= spans.starts.length) return;
  spans.starts[i] = start;
  spans.ends[i] = end;
  spans.soft[i] = soft;
  spans.units[i] = unit;
  spans.items[i] = 1;
  spans.count = i + 1;
}
