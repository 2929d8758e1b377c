import { expect, test } from "vitest";
import { isAboutContent } from "./is-about-content.ts";

test.each([
  "Invalid Input Error: No magic bytes found at end of file 'a.parquet'",
  "Invalid Input Error: File 'a.parquet' too small to be a Parquet file",
  'Invalid Input Error: Failed to read file "a.parquet": ZSTD Decompression failure',
  "Invalid Error: TProtocolException: Invalid data",
  'IO Error: Could not read enough bytes from file "a.parquet": attempted to read 9 bytes from location 70',
  "IO Error: TIMESTAMP converted type can only be set for value of Type::INT64",
  'Binder Error: Referenced column "time" not found in FROM clause!',
])("`%s` is about what a file says", (message) => expect(isAboutContent(new Error(message))).toBe(true));

test.each([
  'IO Error: Cannot open file "a.parquet": Too many open files',
  'IO Error: Cannot open file "a.parquet": Permission denied',
  'IO Error: Could not read from file "a.parquet": Input/output error',
  'IO Error: Could not write file "a.parquet.part": No space left on device',
  'IO Error: No files found that match the pattern "a.parquet"',
  "Out of Memory Error: failed to allocate data of size 16.0 MiB",
  "Invalid Error: std::bad_alloc",
  'Permission Error: Cannot access file "a.parquet"',
  "EMFILE: too many open files, open 'a.parquet'",
  "something nobody has seen before",
])("`%s` is nothing a file can help, and none is set aside for it", (message) =>
  expect(isAboutContent(new Error(message))).toBe(false),
);
