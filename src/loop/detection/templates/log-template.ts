import { hole } from "./key.ts";
import type { Slot } from "./slot.ts";

/** What a variable part is shown as. */
export const wildcard = "<*>";

/** A line's shape: its fixed words, and slots where lines of that shape differ. Grows wider as lines come, never narrower. */
export interface LogTemplate {
  /** Hex digest of its first line's shape; stays when words become slots and when templates become one. */
  readonly id: string;
  /** Order in which templates were first seen. */
  readonly order: number;
  lines: number;
  /** The fixed text, with a hole for each slot. */
  key: string;
  slots: readonly Slot[];
  /** The template this one became part of. */
  into?: LogTemplate;
  /** True when it was let go to make room; lines of the same shape make a new one. */
  forgotten: boolean;
}

/** The template that a template has become. */
export function currentOf(template: LogTemplate): LogTemplate {
  let current = template;
  while (current.into) current = current.into;
  return current;
}

/** Copies of a wildcard shown for a list that always had the same length; longer ones are shown as one. */
const copiesMax = 5;
const neighbours = /<\*>\.?<\*>/g;

/**
 * The template as text: `<*>` for what varies, and neighbouring ones joined, also over a full stop, as in the corrected loghub
 * templates. What could vary and never did is shown as it is. Units of
 * amounts are fixed, unless one of them changes: then the line is written in the units that fit.
 */
export function templateText({ key, slots }: LogTemplate): string {
  const [first = "", ...rest] = key.split(hole);
  const keepsUnits = slots.every(({ unit }) => unit !== undefined);
  let text = first;
  for (const [i, part] of rest.entries()) {
    const before = i === 0 ? first : (rest[i - 1] ?? "");
    text += slotText(slots[i], /[@#:./]$/.exec(before)?.[0] ?? "", keepsUnits) + part;
  }
  return joined(text);
}

function slotText(slot: Slot | undefined, lead: string, keepsUnits: boolean): string {
  if (!slot) return wildcard;
  if (!slot.varies) return slot.first;
  const copies = slot.items <= copiesMax ? slot.items : 1;
  return wildcard + ` ${lead}${wildcard}`.repeat(copies - 1) + (keepsUnits ? (slot.unit ?? "") : "");
}

function joined(text: string): string {
  let [before, now] = ["", text];
  while (before !== now) [before, now] = [now, now.replace(neighbours, wildcard)];
  return now;
}
