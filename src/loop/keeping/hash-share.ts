/**
 * A text's place between 0 (included) and 1, evenly spread: FNV-1a, mixed as in MurmurHash3's finalizer. The same text has
 * the same place on every controller and on every day, so that all of them keep the same traces.
 */
export function hashShare(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
