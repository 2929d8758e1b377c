/** Exit codes of every command; docs/reference/cli.md lists them. */
export const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4, notFound: 5, invalid: 6 } as const;

/** The word for an exit code in `{"error": {"code"}}`, where the server gave none of its own. */
const words: Readonly<Record<number, string>> = {
  [exitCode.usage]: "usage",
  [exitCode.unreachable]: "unreachable",
  [exitCode.refused]: "refused",
  [exitCode.notFound]: "not-found",
  [exitCode.invalid]: "invalid",
};

interface Given {
  readonly code?: string;
  readonly reasons?: readonly string[];
  readonly told?: boolean;
}

/** Ends a command with a message for a person and a documented code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exit: number;
  /** One word for programs: the server's, or the exit code's. */
  readonly code: string;
  readonly reasons: readonly string[];
  /** Whether people have been told already. */
  readonly told: boolean;

  constructor(exit: number, message: string, given: Given = {}) {
    super(message);
    this.exit = exit;
    this.code = given.code ?? words[exit] ?? "failed";
    this.reasons = given.reasons ?? [];
    this.told = given.told ?? false;
  }
}
