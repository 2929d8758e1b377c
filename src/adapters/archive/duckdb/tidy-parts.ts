import type { KeptTier } from "../../../loop/keeping/row.ts";
import type { FolderParts } from "./folder-reader.ts";

export interface TidyParts extends FolderParts {
  /** A file name that was never used before. */
  readonly name: (tier: KeptTier) => string;
  /** What stays free beside all that is written. */
  readonly leaveBytes: number;
}
