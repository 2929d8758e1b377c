import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** `sha256:<64 hex digits>`. */
export type Digest = `sha256:${string}`;

export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Digest of the RFC 8785 form of a value: the same for the same content, whatever the order of its members. */
export const digestOf = (value: unknown): Digest => `sha256:${sha256Hex(canonicalJson(value))}`;
