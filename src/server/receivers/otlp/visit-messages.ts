import type { WireReader } from "./wire-reader.ts";

/** Calls `visit` within each message of the open frame that has this tag; all other fields are passed over. */
export function visitMessages(r: WireReader, wanted: number, visit: () => void): void {
  while (r.more()) {
    const tag = r.tag();
    if (tag !== wanted) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    visit();
    r.close(outer);
  }
}
