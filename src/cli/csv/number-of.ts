/** How people and programs write that there is no number. */
const none: ReadonlySet<string> = new Set(["", "-", "nan", "null", "nil", "none", "na", "n/a", "undefined"]);

/** Whether a cell says that there is nothing: unknown, and not worth a word. */
export const isNone = (cell: string): boolean => none.has(cell.toLowerCase());

const thousands = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;
const decimalComma = /^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$/;
const plain = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number in a cell, NaN when there is none. Where cells are parted by semicolons a comma is the decimal one, else it parts thousands. */
export function numberOf(cell: string, delimiter: string): number {
  if (plain.test(cell)) return Number(cell);
  if (!cell.includes(",")) return /^[+-]?inf(inity)?$/i.test(cell) ? Infinity : Number.NaN;
  if (delimiter === ";")
    return decimalComma.test(cell) ? Number(cell.replaceAll(".", "").replace(",", ".")) : Number.NaN;
  return thousands.test(cell) ? Number(cell.replaceAll(",", "")) : Number.NaN;
}
