/** State of a detector as JSON, exact to the last bit: arrays of numbers as base64 of their bytes, numbers that JSON has not as words. */
export type Written = number | string | boolean | { readonly [key: string]: Written };
/** Numbers, words and arrays of numbers in whatever nesting; what is undefined is left out. */
type State = number | string | boolean | Float64Array | Float32Array | { [key: string]: State };

export const write = (state: object): Written => writeState(state as State);

function writeState(state: State): Written {
  if (isNumbers(state)) return bytesOf(state).toString("base64");
  if (typeof state === "number") return Number.isFinite(state) ? state : String(state);
  if (typeof state !== "object") return state;
  const entries = Object.entries(state).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, writeState(part)]));
}

/**
 * Fills `fresh` with what was written of a state of the same shape. False when it has another shape, and then `fresh` is of no use any
 * more. What is undefined in `fresh` is not looked at. Numbers are not looked at further: whoever counts by them has to.
 */
export const readInto = (fresh: object, written: unknown): boolean => read(fresh as State, written) !== undefined;

function read(fresh: State, written: unknown): State | undefined {
  if (isNumbers(fresh)) return readArray(fresh, written);
  if (typeof fresh === "number") return readNumber(written);
  if (typeof fresh !== "object") return typeof written === typeof fresh ? (written as State) : undefined;
  for (const [key, part] of Object.entries(fresh)) {
    if (part === undefined) continue;
    const value = read(part, partOf(written, key));
    if (value === undefined) return undefined;
    if (typeof value !== "object") fresh[key] = value;
  }
  return fresh;
}

/** A member of what was written; undefined when there is none. */
export function partOf(written: unknown, key: string): unknown {
  if (typeof written !== "object" || written === null || !Object.hasOwn(written, key)) return undefined;
  return (written as Record<string, unknown>)[key];
}

export const numberIn = (written: unknown, key: string): number | undefined => readNumber(partOf(written, key));

function readNumber(written: unknown): number | undefined {
  if (typeof written === "number") return written;
  return typeof written === "string" && /^(NaN|-?Infinity)$/.test(written) ? Number(written) : undefined;
}

const isNumbers = (state: State): state is Float64Array | Float32Array =>
  state instanceof Float64Array || state instanceof Float32Array;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function readArray(fresh: Float64Array | Float32Array, written: unknown): State | undefined {
  if (typeof written !== "string") return undefined;
  const bytes = Buffer.from(written, "base64");
  if (bytes.length !== fresh.byteLength) return undefined;
  bytesOf(fresh).set(bytes);
  return fresh;
}
