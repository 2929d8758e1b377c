import type { Json } from "../../../kernel/json.ts";
import type { CleanText } from "../clean-text.ts";
import { finite, valueDepthMax, valueNodesMax, valueText } from "./any-value.ts";
import { identityKeys, identityOf, type Sender } from "./identity.ts";
import type { JsonCursor } from "./json-cursor.ts";

/** The value of an AnyValue in OTLP/JSON. Deeper and further members are null, as in the binary form. */
export function jsonAnyValue(at: JsonCursor, budget = { nodes: valueNodesMax }, depth = 0): Json {
  budget.nodes -= 1;
  const scalar = jsonScalar(at);
  if (scalar !== undefined) return scalar;
  const list = at.get("arrayValue");
  const map = at.get("kvlistValue");
  if ((!list && !map) || depth >= valueDepthMax) return null;
  const left = Math.max(0, budget.nodes);
  if (list) return list.read("values", left, (item) => jsonAnyValue(item, budget, depth + 1));
  const pair = (item: JsonCursor): [string, Json] => [item.text("key"), jsonPairValue(item, budget, depth + 1)];
  return Object.fromEntries(map?.read("values", left, pair) ?? []);
}

function jsonScalar(at: JsonCursor): Json | undefined {
  if (at.get("stringValue")) return at.text("stringValue");
  if (at.get("boolValue")) return at.flag("boolValue");
  if (at.get("intValue")) return at.integer("intValue");
  const double = at.double("doubleValue");
  if (double !== undefined) return finite(double);
  return at.get("bytesValue") ? at.text("bytesValue") : undefined;
}

function jsonPairValue(pair: JsonCursor, budget?: { nodes: number }, depth?: number): Json {
  const value = pair.get("value");
  return value ? jsonAnyValue(value, budget, depth) : null;
}

/** Visits the attributes of a message as text, those that `wanted` names or all. */
export function visitJsonAttributes(
  at: JsonCursor,
  visit: (key: string, value: string) => void,
  wanted?: ReadonlySet<string>,
): void {
  for (const pair of at.items("attributes")) {
    const key = pair.text("key");
    if (!wanted || wanted.has(key)) visit(key, valueText(jsonPairValue(pair)));
  }
}

/** Who the resource of a frame is. */
export function jsonIdentity(frame: JsonCursor, clean: CleanText): Sender {
  const attributes = new Map<string, string>();
  const resource = frame.get("resource");
  if (resource) visitJsonAttributes(resource, (key, value) => attributes.set(key, value), identityKeys);
  return identityOf(attributes, clean);
}
