/** Shorter ones are copied anyway. */
const sharedMin = 13;

/** The same text, standing alone: an engine keeps the whole of a text for as long as any part of it is kept. */
export const copyOf = (text: string): string => (text.length < sharedMin ? text : ` ${text}`.slice(1));
