/** What DuckDB says of a file whose bytes are wrong: by the kind of its error. */
const contentKinds =
  /^(Invalid Input|Invalid|Invalid Type|Binder|Conversion|Not implemented|Out of Range|Mismatch Type|Serialization) Error:/;
/** Errors of its Parquet reader that it files under input and output, though the system gave what was asked for. */
const contentOfParquet =
  /^IO Error: (Could not read enough bytes from file|\w+ converted type|Unsupported|Root element)/i;

/**
 * Whether DuckDB failed by what a file says. All else is not the file's fault: no memory, no room, no file descriptor left, no permission, a disk
 * that does not answer. What is not known to be about content is taken for the latter, so that nothing good is ever set aside (I7).
 */
export function isAboutContent(error: unknown): boolean {
  const text = textOf(error);
  return !isShortOfMemory(error) && (contentKinds.test(text) || contentOfParquet.test(text));
}

export const isShortOfMemory = (error: unknown): boolean => /out of memory|bad_alloc/i.test(textOf(error));

/** The first line of what went wrong, bounded. */
export const textOf = (error: unknown): string =>
  ((error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "").slice(0, 200);
