import type { Json } from "../../../kernel/json.ts";
import { marginUnits, textMax } from "../clean-text.ts";
import type { WireReader } from "./wire-reader.ts";

/** Deeper values and further members are shown as null: nobody reads them, and they must not cost more than they carry. */
export const valueDepthMax = 16;
export const valueNodesMax = 4_096;

/** Longest text decoded, in bytes: all that `cleanText` may look at. */
export const textBytesMax = (textMax.body + marginUnits) * 4;

/** A text form of an attribute: what stands in it, with lists, maps and nothing as JSON. */
export const valueText = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Reads the AnyValue message that is open (opentelemetry/proto/common/v1). The last member of the oneof counts. */
export function readAnyValue(r: WireReader, budget = { nodes: valueNodesMax }, depth = 0): Json {
  let value: Json = null;
  budget.nodes -= 1;
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (1 << 3) | 2:
        value = r.text(textBytesMax);
        break;
      case (2 << 3) | 0:
        value = r.varint() !== 0;
        break;
      case (3 << 3) | 0:
        value = r.signedVarint();
        break;
      case (4 << 3) | 1:
        value = finite(r.double());
        break;
      default:
        value = readComposite(r, tag, value, budget, depth);
    }
  }
  return value;
}

/** Lists, maps and bytes; a field that is none of them leaves the value as it was. */
function readComposite(r: WireReader, tag: number, before: Json, budget: { nodes: number }, depth: number): Json {
  const list = tag === ((5 << 3) | 2);
  if (list || tag === ((6 << 3) | 2)) {
    if (depth >= valueDepthMax) return passOver(r, tag);
    return list ? readList(r, budget, depth + 1) : readMap(r, budget, depth + 1);
  }
  if (tag === ((7 << 3) | 2)) return readBytes(r);
  r.skip(tag);
  return before;
}

/** JSON has no NaN and no infinities; their names stand for them. */
export const finite = (value: number): Json => (Number.isFinite(value) ? value : String(value));

function passOver(r: WireReader, tag: number): null {
  r.skip(tag);
  return null;
}

function readBytes(r: WireReader): string {
  const end = r.lengthEnd();
  const start = r.pos;
  r.pos = end;
  return r.bytes.toString("base64", start, Math.min(end, start + textBytesMax));
}

function readList(r: WireReader, budget: { nodes: number }, depth: number): Json {
  const list: Json[] = [];
  const outer = r.open();
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((1 << 3) | 2) || budget.nodes <= 0) {
      r.skip(tag);
      continue;
    }
    const inner = r.open();
    list.push(readAnyValue(r, budget, depth));
    r.close(inner);
  }
  r.close(outer);
  return list;
}

function readMap(r: WireReader, budget: { nodes: number }, depth: number): Json {
  const members: [string, Json][] = [];
  const outer = r.open();
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((1 << 3) | 2) || budget.nodes <= 0) {
      r.skip(tag);
      continue;
    }
    const pair = readKeyValue(r);
    let value: Json = null;
    r.revisit(pair.start, pair.end, () => (value = readAnyValue(r, budget, depth)));
    members.push([pair.key, value]);
  }
  r.close(outer);
  return Object.fromEntries(members);
}

/** A KeyValue field: its key, and where its value lies. The value may come before the key, or not at all. */
export interface KeyValue {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

export function readKeyValue(r: WireReader): KeyValue {
  let key = "";
  let start = r.pos;
  let end = start;
  const outer = r.open();
  while (r.more()) {
    const tag = r.tag();
    if (tag === ((1 << 3) | 2)) key = r.text(textBytesMax);
    else if (tag === ((2 << 3) | 2)) {
      end = r.lengthEnd();
      start = r.pos;
      r.pos = end;
    } else r.skip(tag);
  }
  r.close(outer);
  return { key, start, end };
}

/** The value of a KeyValue as text. */
export function readValueText(r: WireReader, pair: KeyValue): string {
  const { pos, limit } = r;
  r.pos = pair.start;
  r.limit = pair.end;
  const text = valueText(readAnyValue(r));
  r.pos = pos;
  r.limit = limit;
  return text;
}
