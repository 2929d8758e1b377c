import type { Retention } from "../../../ports/config.ts";
import { believedNowMs } from "./believed-now.ts";
import { carryOn } from "./carry-on.ts";
import { listFiles, type ArchiveFile } from "./folder.ts";
import { textOf } from "./is-about-content.ts";
import { joinFiles } from "./join-files.ts";
import { outlived, removeFile } from "./tidy-files.ts";
import type { TidyParts } from "./tidy-parts.ts";

/** A look at everything: what is too old or too much goes, small files are joined, and what is there is counted. */
export async function tidyFolder(parts: TidyParts, retention: Retention, nowMs: number): Promise<void> {
  parts.shelf.trouble("broken", "");
  await carryOn(parts);
  const { files, unreadable } = await listFiles(parts.root);
  const gone = await removeOld(parts, files, retention, nowMs);
  await joinFiles(
    parts,
    files.filter((f) => !gone.has(f)),
    nowMs,
  );
  parts.shelf.counted((await listFiles(parts.root)).files, gone.size, unreadable);
}

/** One that cannot be removed is named, and keeps neither the others nor the rest of the round back. */
async function removeOld({ shelf }: TidyParts, files: readonly ArchiveFile[], retention: Retention, nowMs: number) {
  const gone = new Set<ArchiveFile>();
  const hours = files.filter((f) => f.own).map((f) => f.hourMs);
  const believedMs = believedNowMs(hours, nowMs);
  const old = outlived(files, retention, believedMs);
  const more = outlived(files, retention, nowMs).length - old.length;
  shelf.trouble("age", more === 0 ? "" : aheadText(more, nowMs, believedMs));
  let trouble = "";
  for (const file of old)
    await removeFile(file).then(
      () => gone.add(file),
      (error: unknown) => (trouble = `\`${file.path}\` cannot be removed: ${textOf(error)}`),
    );
  shelf.trouble("removing", trouble);
  return gone;
}

const aheadText = (files: number, nowMs: number, believedMs: number): string =>
  `the clock says ${dayOf(nowMs)}, far ahead of the telemetry: ${files} files stay that are too old by it, until a day of telemetry of that time is there; files go by age as if it were ${dayOf(believedMs)}`;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
