import type { Result } from "../kernel/result.ts";
import type { Ask } from "../loop/decision/ask.ts";
import type { CareError } from "../loop/signal/care-error.ts";

export interface PolicySource {
  /** File name relative to the care repo, for messages. */
  readonly file: string;
  readonly text: string;
}

/** Turns policy texts into a pure question-answering function. Any error in any policy: no function (I7). */
export interface PolicyEngine {
  compile(sources: readonly PolicySource[]): Result<Ask, readonly CareError[]>;
}
