import type { Command } from "commander";
import type { ApprovalRequest } from "../ports/store.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { print } from "./output.ts";
import { withConnection } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; comment?: string };

/** `approve` and `deny`: a person's answer to one exact plan (E6). */
export function addApprovals(program: Command): void {
  for (const answer of ["approve", "deny"] as const) {
    withConnection(
      program
        .command(answer)
        .argument("<plan>", "the plan's digest, or at least its first 12 digits")
        .description(`${answer} a plan that waits for people; \`homeostat status\` lists them`)
        .option("--comment <text>", "why, for the record"),
    ).action(async (digest: string, options: Options) => {
      const body = { answer, ...(options.comment === undefined ? {} : { comment: options.comment }) };
      const result = await request<ApprovalRequest>(
        await connection(options),
        "POST",
        `/api/v1/approvals/${encodeURIComponent(digest)}`,
        body,
      );
      print(
        options.json ?? false,
        result,
        () =>
          `${answer === "approve" ? "approved" : "denied"} ${result.planDigest.slice(7, 19)} of ${result.incidentId}; ${result.answers.length} of ${result.wanted.quorum} answered`,
      );
    });
  }
}
