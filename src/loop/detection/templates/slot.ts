import { cutText } from "../../../kernel/cut-text.ts";
import { copyOf } from "./copy-of.ts";
import type { Spans } from "./spans.ts";

/** Values kept of one slot, and characters of each (I11). */
const topMax = 4;
const valueMax = 48;
const numeric = /^[-+]?\d{1,15}(?:\.\d{1,9})?$/;

interface Counted {
  value: string;
  count: number;
}

/**
 * What stood in one place of a template: the first and last value, the few that came most often (counts may be too high by what
 * they replaced: Metwally et al., space saving), and how far numbers went. Values are cut at 48 characters.
 */
export interface Slot {
  /** Whether a value was variable by the way it is written, or several were seen. */
  varies: boolean;
  first: string;
  last: string;
  readonly top: Counted[];
  /** How many values there were. */
  seen: number;
  /** Values that were numbers, and their range. */
  numbers: number;
  min: number;
  max: number;
  /** Unit after the number, `undefined` when it was not always the same. */
  unit: string | undefined;
  /** Number of variable words in a row, when it was always the same; else 1. */
  items: number;
}

export const emptySlot = (): Slot => ({
  varies: false,
  first: "",
  last: "",
  top: [],
  seen: 0,
  numbers: 0,
  min: Infinity,
  max: -Infinity,
  unit: "",
  items: 1,
});

/** Notes the value that span `i` of a line has. */
export function noteSpan(slot: Slot, line: string, spans: Spans, i: number): void {
  const [start, end] = [spans.starts[i] as number, spans.ends[i] as number];
  const unit = line.slice(end - (spans.units[i] as number), end);
  if (slot.seen === 0) {
    slot.unit = unit;
    slot.items = spans.items[i] as number;
  }
  if (slot.unit !== unit) slot.unit = undefined;
  if (slot.items !== spans.items[i]) slot.items = 1;
  noteValue(slot, line.slice(start, Math.min(end - unit.length, start + valueMax)), spans.soft[i] === 0);
}

/** Notes a value made of several parts, or a word that became variable: it has no unit apart from it, and is no list. */
export function noteWhole(slot: Slot, value: string, varies: boolean, times = 1): void {
  if (slot.unit !== "") slot.unit = undefined;
  slot.items = 1;
  noteValue(slot, value, varies, times);
}

function noteValue(slot: Slot, value: string, varies: boolean, times = 1): void {
  const isLong = value.length > valueMax;
  const kept = isLong ? cutText(value, valueMax) : value;
  if (slot.seen === 0) slot.first = copyOf(kept);
  slot.varies ||= varies || isLong || kept !== slot.first;
  slot.seen += times;
  countValue(slot, kept, times);
  noteNumber(slot, kept, times);
}

function countValue(slot: Slot, value: string, times: number): void {
  const { top } = slot;
  let least: Counted | undefined;
  for (const counted of top) {
    if (counted.value === value) {
      counted.count += times;
      slot.last = counted.value;
      return;
    }
    if (!least || counted.count < least.count) least = counted;
  }
  slot.last = copyOf(value);
  if (top.length < topMax || !least) top.push({ value: slot.last, count: times });
  else {
    least.value = slot.last;
    least.count += times;
  }
}

function noteNumber(slot: Slot, value: string, times: number): void {
  if (!numeric.test(value)) return;
  const number = Number(value);
  slot.numbers += times;
  if (number < slot.min) slot.min = number;
  if (number > slot.max) slot.max = number;
}

/** Adds what another slot saw. */
export function mergeSlot(into: Slot, other: Slot): void {
  if (other.seen === 0) return;
  const isFirst = into.seen === 0;
  if (isFirst) into.first = other.first;
  into.varies ||= other.varies || into.first !== other.first;
  into.unit = isFirst || into.unit === other.unit ? other.unit : undefined;
  into.items = isFirst || into.items === other.items ? other.items : 1;
  for (const { value, count } of other.top) countValue(into, value, count);
  into.last = other.last;
  into.seen += other.seen;
  into.numbers += other.numbers;
  into.min = Math.min(into.min, other.min);
  into.max = Math.max(into.max, other.max);
}
