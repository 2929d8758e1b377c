import type { Evidence, Hypothesis } from "./diagnosis.ts";

/** Something that may have gone wrong at a place, with what speaks for and against it; not yet weighed against others. */
export type Theory = Pick<Hypothesis, "service" | "cause" | "evidenceFor" | "evidenceAgainst"> &
  Partial<Pick<Hypothesis, "instance" | "subject" | "changeId" | "explanations">>;

export const evidence = (kind: string, weight: number, text: string, refs: readonly string[] = []): Evidence => ({
  kind,
  weight,
  text,
  refs,
});
