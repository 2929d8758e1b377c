import type { Command } from "commander";
import type { ApprovalRequest } from "../ports/store.ts";
import { connection, request, type ConnectionOptions } from "./client.ts";
import { print } from "./print.ts";
import { withConnection, withExamples } from "./with-connection.ts";

type Options = ConnectionOptions & { json?: boolean; comment?: string };

/** `approve` and `deny`: a person's answer to one exact plan (E6). */
export function addApprovals(program: Command): void {
  for (const answer of ["approve", "deny"] as const) {
    const command = withConnection(
      program
        .command(answer)
        .argument("<plan>", "the plan's digest, or at least its first 12 digits")
        .description(`${answer} a plan that waits for people; \`homeostat status\` lists them`)
        .option("--comment <text>", "why, for the record"),
    ).action((digest: string, options: Options) => give(answer, digest, options));
    withExamples(command, `homeostat ${answer} 3f9c2a71b0de --comment "looked at the dashboards"`);
  }
}

async function give(answer: "approve" | "deny", digest: string, options: Options): Promise<void> {
  const body = { answer, ...(options.comment === undefined ? {} : { comment: options.comment }) };
  const path = `/api/v1/approvals/${encodeURIComponent(digest)}`;
  const result = await request<ApprovalRequest>(await connection(options), "POST", path, body);
  print(options.json ?? false, result, () => [
    `${answer === "approve" ? "approved" : "denied"} ${result.planDigest.slice(7, 19)} of ${result.incidentId}; ${result.answers.length} of ${result.wanted.quorum} answered`,
  ]);
}
