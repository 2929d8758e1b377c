/** A text that differs from an earlier one only in its numbers is held back this long. */
const everyMs = 60_000;
const shapesMax = 200;

/**
 * Tells a text, and the next ones of its shape at most once a minute, with how many were held back: while its database is
 * away DBOS says so ten times a second, and the log must not drown in it (I11).
 */
export function tellSeldom(
  log: (text: string) => void,
  nowMs: () => number = () => performance.now(),
): (text: string) => void {
  const told = new Map<string, { atMs: number; heldBack: number }>();
  return (text) => {
    const shape = text.replaceAll(/[\d.]+/g, "0");
    const last = told.get(shape);
    if (last && nowMs() - last.atMs < everyMs) {
      last.heldBack++;
      return;
    }
    if (told.size >= shapesMax) told.clear();
    told.set(shape, { atMs: nowMs(), heldBack: 0 });
    log(last && last.heldBack > 0 ? `${text} (and ${last.heldBack} times since it was told last)` : text);
  };
}
