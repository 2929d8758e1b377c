export function verifyIndependently(
  bytes: Uint8Array,
  vkey: string,
  earlier?: Uint8Array | string,
): { readonly size: number; readonly root: string };
