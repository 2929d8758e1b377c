import type { CleanText } from "../clean-text.ts";
import { readKeyValue, readValueText } from "./any-value.ts";
import { identityKeys, identityOf, type Sender } from "./identity.ts";
import type { WireReader } from "./wire-reader.ts";

/**
 * Walks the frame that traces, metrics and logs share: a request of resources (field 1), each with its resource (1) and
 * scopes (2). `visitScope` is called within each open scope message. Protobuf promises no order of fields, so the
 * resource is looked for first and the scopes are visited after it.
 */
export function visitResources(r: WireReader, clean: CleanText, visitScope: (who: Sender) => void): void {
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((1 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    const start = r.pos;
    const who = identityOf(readResource(r), clean);
    r.pos = start;
    visitScopes(r, () => visitScope(who));
    r.close(outer);
  }
}

/** The identity attributes of the open resource frame; a resource that is repeated is merged, as Protobuf says. */
function readResource(r: WireReader): Map<string, string> {
  const attributes = new Map<string, string>();
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((1 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    while (r.more()) {
      const inner = r.tag();
      if (inner === ((1 << 3) | 2)) readAttribute(r, attributes);
      else r.skip(inner);
    }
    r.close(outer);
  }
  return attributes;
}

function readAttribute(r: WireReader, attributes: Map<string, string>): void {
  const pair = readKeyValue(r);
  if (identityKeys.has(pair.key)) attributes.set(pair.key, readValueText(r, pair));
}

function visitScopes(r: WireReader, visit: () => void): void {
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((2 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    visit();
    r.close(outer);
  }
}
