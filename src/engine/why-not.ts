import { AdapterError } from "../ports/adapter-error.ts";

/** Why a port did not do what was asked, with its word for it. */
export const whyNot = (error: unknown): string =>
  error instanceof AdapterError
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.message
      : String(error);
