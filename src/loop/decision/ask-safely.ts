import type { Ask, PolicyAnswer, PolicyQuestion } from "./ask.ts";

/** Asks, and takes a thrown error or an answer that is both allowed and in error as a no. Upholds I7. */
export function askSafely(ask: Ask, question: PolicyQuestion): PolicyAnswer {
  try {
    const answer = ask(question);
    return answer.errors.length === 0 ? answer : { ...answer, allowed: false };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { allowed: false, policies: [], annotations: {}, errors: [`the policies could not be asked: ${why}`] };
  }
}
