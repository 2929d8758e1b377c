import { Bug } from "../kernel/assert.ts";

/**
 * Keeps a mistake of ours about one thing from keeping all others from being seen to. Only mistakes: a database that is away, or a lease
 * that was lost, ends the look at once, as nothing else would go better.
 */
export interface Apart {
  /** Does its work, and tells whether it went well. Rejects with whatever is no mistake. */
  try(about: string, work: () => Promise<void>): Promise<boolean>;
  /** Throws when something went wrong, so that people hear of it. */
  end(): void;
}

export function createApart(): Apart {
  const mistakes: { readonly about: string; readonly error: Error }[] = [];
  return {
    async try(about, work) {
      try {
        await work();
        return true;
      } catch (error) {
        if (!isMistake(error)) throw error;
        mistakes.push({ about, error });
        return false;
      }
    },
    end() {
      const [first] = mistakes;
      if (!first) return;
      const more = mistakes.length > 1 ? `, and ${mistakes.length - 1} more` : "";
      throw new Error(`${first.about}: ${first.error.message}${more}`, { cause: first.error });
    },
  };
}

const isMistake = (error: unknown): error is Error =>
  error instanceof Bug || error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
