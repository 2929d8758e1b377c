import { relative } from "node:path";
import type { ArchiveState, Written } from "../../../ports/archive.ts";
import type { ArchiveFile } from "./folder.ts";

/** What is known of the files without looking: for the status. */
export interface Shelf {
  /** A trouble of this kind; the text of an earlier one is replaced, an empty text ends it. */
  trouble(kind: string, text: string): void;
  setAside(file: ArchiveFile, why: string): void;
  wrote(written: Written): void;
  /** After a look at everything. */
  counted(files: readonly ArchiveFile[], removed: number, unreadable: readonly string[]): void;
  state(): ArchiveState;
}

/** Files that are named in the status; others are counted. */
const namedMax = 3;

export function createShelf(root: string): Shelf {
  const troubles = new Map<string, string>();
  let [bytes, files, removed, aside] = [0, 0, 0, 0];
  const names: string[] = [];
  const trouble = (kind: string, text: string): void =>
    void (text === "" ? troubles.delete(kind) : troubles.set(kind, text));

  function tellAside(): void {
    const more = aside > names.length ? ` and ${aside - names.length} more` : "";
    trouble("aside", aside === 0 ? "" : `${aside} files cannot be read and were set aside: ${names.join(", ")}${more}`);
  }

  return {
    trouble,
    setAside(file, why) {
      aside++;
      const reason = why.split("\n")[0] ?? "";
      if (names.length < namedMax) names.push(`\`${relative(root, file.path)}.bad\` (${reason.slice(0, 120)})`);
      tellAside();
    },
    wrote({ bytes: written, left }) {
      for (const more of Object.values(written)) {
        bytes += more;
        files += Number(more > 0);
      }
      trouble("writing", left === undefined ? "" : `telemetry cannot be written: ${left.why}`);
    },
    counted(found, gone, unreadable) {
      bytes = found.reduce((n, f) => n + f.bytes, 0);
      files = found.filter((f) => f.kind === "rows").length;
      removed += gone;
      const bad = found.filter((f) => f.kind === "bad");
      aside = bad.length;
      names.splice(0, Infinity, ...bad.slice(0, namedMax).map((f) => `\`${relative(root, f.path)}\``));
      tellAside();
      trouble(
        "folders",
        unreadable.length === 0 ? "" : `folders cannot be read: ${unreadable.slice(0, namedMax).join(", ")}`,
      );
    },
    state: () => ({ bytes, files, setAside: aside, removed, troubles: [...troubles.values()] }),
  };
}
