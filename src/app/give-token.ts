import { err, ok, type Result } from "../kernel/result.ts";
import type { Caller, Refusal } from "../engine/operations.ts";
import type { World } from "../engine/world.ts";
import { createToken } from "../server/auth.ts";

/** Who may give tokens, and with them names and roles, at all. The first credential has it. */
export const adminRole = "admin";

export interface WantedToken {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/**
 * A new token, recorded (K1). A token is a name and its roles, on which quorum and four eyes rest: only an admin gives
 * them, never wider than the admin's own scopes (I7).
 */
export async function giveToken(
  world: World,
  caller: Caller,
  { name, scopes, roles }: WantedToken,
): Promise<Result<{ name: string; token: string }, Refusal>> {
  if (!caller.roles.includes(adminRole))
    return err({
      code: "denied",
      message: `only the role \`${adminRole}\` gives tokens: ask somebody who has it`,
      reasons: [],
    });
  const wider = scopes.filter((s) => !caller.scopes.includes(s));
  if (wider.length > 0)
    return err({
      code: "denied",
      message: `your own token lacks the scopes ${wider.join(", ")}: it cannot give them`,
      reasons: [],
    });
  const made = createToken();
  await world.record({
    key: `token/${made.sha256.slice(0, 16)}`,
    type: "token.created",
    atMs: world.clock.nowMs(),
    actor: { kind: "person", name: caller.name },
    subject: "token",
    configCommit: world.config().commit,
    body: { person: name, scopes: [...scopes], roles: [...roles] },
  });
  await world.store.tokens.put({ sha256: made.sha256, name, scopes, roles, singleUse: false });
  return ok({ name, token: made.token });
}
