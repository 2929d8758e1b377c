import type { Call, Recording, RecordedSpan } from "./recording.ts";

/**
 * Tells which places no request that was seen comes by: by calls known and learned from spans, what the symptoms cannot reach, or without
 * symptoms what is in no call at all. Nothing is aside while no call is known.
 */
export function asideOf({ calls, spans, symptoms = [] }: Recording): (place: string) => boolean {
  const callees = Map.groupBy([...calls, ...learned(spans)], (c) => c.from);
  const starts = symptoms.map((s) => s.place).filter((place) => callees.has(place));
  const queue = starts.length > 0 ? starts : [...callees.keys()];
  const reached = new Set<string>();
  for (let place = queue.pop(); place !== undefined; place = queue.pop()) {
    if (reached.has(place)) continue;
    reached.add(place);
    queue.push(...(callees.get(place) ?? []).map((c) => c.to));
  }
  return (place) => reached.size > 0 && !reached.has(place);
}

function learned(spans: readonly RecordedSpan[]): Call[] {
  const placeOf = new Map(spans.map((s) => [s.spanId, s.place]));
  const found = new Map<string, Call>();
  for (const { parentId, place: to } of spans) {
    const from = parentId === undefined ? undefined : placeOf.get(parentId);
    if (from !== undefined && from !== to) found.set(JSON.stringify([from, to]), { from, to });
  }
  return [...found.values()];
}
