/** Runs a command; what goes wrong is told in one line, with exit code 1. */
export async function orSay(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
