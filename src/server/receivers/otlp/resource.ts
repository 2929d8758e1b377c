import type { CleanText } from "../clean-text.ts";
import { readKeyValue, readValueText } from "./any-value.ts";
import { identityKeys, identityOf, type Sender } from "./identity.ts";
import { visitMessages } from "./visit-messages.ts";
import type { WireReader } from "./wire-reader.ts";

/**
 * Walks the frame that traces, metrics and logs share: a request of resources (field 1), each with its resource (1) and
 * scopes (2). `visitScope` is called within each open scope message. Protobuf promises no order of fields, so the
 * resource is looked for first and the scopes are visited after it.
 */
export function visitResources(r: WireReader, clean: CleanText, visitScope: (who: Sender) => void): void {
  visitMessages(r, (1 << 3) | 2, () => {
    const start = r.pos;
    const who = identityOf(readResource(r), clean);
    r.pos = start;
    visitMessages(r, (2 << 3) | 2, () => visitScope(who));
  });
}

/** The identity attributes of the open resource frame; a resource that is repeated is merged, as Protobuf says. */
function readResource(r: WireReader): Map<string, string> {
  const attributes = new Map<string, string>();
  visitMessages(r, (1 << 3) | 2, () => {
    while (r.more()) {
      const inner = r.tag();
      if (inner === ((1 << 3) | 2)) readAttribute(r, attributes);
      else r.skip(inner);
    }
  });
  return attributes;
}

function readAttribute(r: WireReader, attributes: Map<string, string>): void {
  const pair = readKeyValue(r);
  if (identityKeys.has(pair.key)) attributes.set(pair.key, readValueText(r, pair));
}
