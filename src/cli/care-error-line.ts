import type { CareError } from "../loop/signal/care-error.ts";

/** `services/cart.yaml:7:3: error: spec.tier: …; expected …; what to do` */
export const careErrorLine = (kind: string, e: CareError): string =>
  `${e.file}:${e.line}${e.column === undefined ? "" : `:${e.column}`}: ${kind}: ${e.path ? `${e.path}: ` : ""}${e.message}; expected ${e.expected}; ${e.fix}`;
