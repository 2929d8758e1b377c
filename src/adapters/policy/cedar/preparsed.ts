import { preparsePolicySet, preparseSchema } from "@cedar-policy/cedar-wasm/nodejs";
import { bug } from "../../../kernel/assert.ts";
import { policySchemaText } from "./schema.ts";

/** Name of the preparsed schema in Cedar's cache. */
export const schemaName = "homeostat";

/**
 * Cedar keeps preparsed policy sets by name for ever. To keep that bounded (I11) over any number of config commits, sets
 * share a few named slots; a set whose slot another took since is parsed again when it is next asked.
 */
const slotsMax = 32;
const owners: (object | undefined)[] = [];
let made = 0;
let schemaReady = false;

function readySchema(): void {
  if (schemaReady) return;
  if (preparseSchema(schemaName, policySchemaText()).type === "failure") bug("our own policy schema does not parse");
  schemaReady = true;
}

/** Gives a function that answers with the name under which this policy set is parsed right now. */
export function preparsed(staticPolicies: Readonly<Record<string, string>>): () => string {
  const slot = made % slotsMax;
  made += 1;
  const name = `policies-${slot}`;
  return () => {
    readySchema();
    if (owners[slot] === staticPolicies) return name;
    // The slot is nobody's until the parse succeeded, so that a failure is never answered from another's policies.
    owners[slot] = undefined;
    const answer = preparsePolicySet(name, { staticPolicies: { ...staticPolicies } });
    if (answer.type === "failure")
      throw new Error(`the policies could not be parsed again: ${answer.errors[0]?.message ?? "no reason given"}`);
    owners[slot] = staticPolicies;
    return name;
  };
}
