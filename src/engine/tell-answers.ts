import { digestOf } from "../kernel/digest.ts";
import type { ApprovalRequest } from "../ports/store.ts";
import { tellStory } from "./incident-story.ts";
import type { World } from "./world.ts";

/** Puts every answer people gave on the timeline and on record, each once: also those whose giver got no further. */
export async function tellAnswers(world: World, request: ApprovalRequest): Promise<void> {
  const { incidentId, runId, planDigest } = request;
  for (const { answer, by, comment, atMs } of request.answers)
    await tellStory(world, incidentId, {
      atMs,
      kind: "approval",
      actor: { kind: "person", name: by },
      text: `${answer === "approve" ? "approved" : "denied"} plan ${planDigest.slice(7, 19)}${comment ? `: ${comment}` : ""}`,
      key: `${runId}/answer/${digestOf(by).slice(7, 19)}`,
      type: "approval.answered",
      body: { planDigest, answer },
    });
}
