/** Exit codes of every command; docs/reference/cli.md lists them. */
export const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4, notFound: 5, invalid: 6 } as const;

/** Ends a command with a message for a person and a documented code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exit: number;

  constructor(exit: number, message: string) {
    super(message);
    this.exit = exit;
  }
}
