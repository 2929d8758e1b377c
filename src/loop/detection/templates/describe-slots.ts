import type { LogTemplate } from "./log-template.ts";
import type { Slot } from "./slot.ts";

/** Slots told of. */
const slotsMax = 3;

/** What stood in the first few slots of a template, for people: the range of numbers, or the value that came most. */
export const describeSlots = ({ slots }: LogTemplate): string =>
  slots
    .filter(({ varies }) => varies)
    .slice(0, slotsMax)
    .map(describe)
    .join(", ");

function describe({ numbers, min, max, seen, top }: Slot): string {
  if (numbers === seen) return min === max ? String(min) : `${min} to ${max}`;
  const most = top.toSorted((a, b) => b.count - a.count)[0];
  return most && most.count * 2 > seen
    ? `mostly \`${most.value}\``
    : `many values, last \`${top.at(-1)?.value ?? ""}\``;
}
