import { z } from "zod";
import type { Json } from "../../kernel/json.ts";
import type { CredentialRef } from "../../loop/signal/credential-ref.ts";
import { parseDurationMs } from "../../kernel/duration.ts";

/** What a refused field should have been, and how to write it; read back when an error is explained. */
export const hint = (expected: string, fix: string): { readonly expected: string; readonly fix: string } => ({
  expected,
  fix,
});

export const apiVersion = "homeostat.dev/v1";

/** A DNS label, as Kubernetes and OpenSLO name things. */
export const nameField = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({
    description: "Lower-case letters, digits and dashes, 63 at most, as in DNS",
    ...hint("a name of lower-case letters, digits and dashes, at most 63", "write it like `payment-api`"),
  });

/** Milliseconds of a duration like `30s`; not zero, at most a year. */
export const durationField = z
  .string()
  .regex(/^(\d+(ms|s|m|h|d|w))+$/)
  .refine((text) => inRange(parseDurationMs(text)), "must be more than zero and at most 366d")
  .transform((text) => parseDurationMs(text) ?? 0)
  .meta({
    description: "A duration: a whole number and one of ms, s, m, h, d, w; several may follow each other: 1h30m",
    ...hint("a duration like `500ms`, `30s` or `1h30m`, at most 366d", "write a whole number and its unit"),
  });

const inRange = (ms: number | undefined): boolean => ms !== undefined && ms > 0 && ms <= 366 * 86_400_000;

export const textField = (max = 500) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .meta({ ...hint(`a text of 1 to ${max} characters`, "write what it is for") });

export const pathField = z
  .string()
  .min(1)
  .max(1_024)
  .refine((path) => !path.includes("\0"), "holds a NUL character")
  .meta({
    description: "A path; a relative one counts from the care repo's folder",
    ...hint("a path", "write an absolute path or one relative to the care repo"),
  });

/** An address Homeostat may call: no user and password in it, and never a cloud's metadata service. */
export const urlField = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((text) => isCallable(text), "holds a user name or password, or leads to a metadata service")
  .meta({
    description: "An http or https URL without user name and password",
    ...hint("an http or https URL without user name and password", "write it like `http://127.0.0.1:8080/healthz`"),
  });

function isCallable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, username, password } = new URL(text);
  return (
    username === "" &&
    password === "" &&
    !/^(169\.254\.|\[fe80:|\[fd00:ec2::254\]|metadata\.google\.internal$)/.test(hostname)
  );
}

export const semverField = z
  .string()
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/)
  .meta({
    description: "Semantic version",
    ...hint("a semantic version like `1.2.0`", "write three numbers with dots"),
  });

export const expressionField = z
  .string()
  .min(1)
  .max(2_000)
  .meta({
    description: "A CEL expression",
    ...hint("a CEL expression of at most 2000 characters", "see the variables in the care-repo reference"),
  });

/** Where a secret is, never the secret itself (K5). */
export const secretRefField = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/)
  .meta({
    description: "Where the secret is, never the secret itself",
    ...hint("`env:NAME` or `file:PATH`", "put the secret into the environment or a file and name it here"),
  });

export const authField = z
  .strictObject({ bearer: secretRefField.optional(), basic: secretRefField.optional() })
  .refine((a) => (a.bearer === undefined) !== (a.basic === undefined), "needs `bearer` or `basic`, and not both")
  .describe("A bearer token, or `user:password`; each only named");

export const authOf = ({ bearer, basic }: z.infer<typeof authField>): CredentialRef => ({
  ...(bearer === undefined ? {} : { bearer }),
  ...(basic === undefined ? {} : { basic }),
});

export const queryField = z
  .string()
  .min(1)
  .max(4_000)
  .meta({
    description: "A PromQL query that gives one number for each series; texts in quotes may hold ${cel}",
    ...hint("a PromQL query of at most 4000 characters", "see metrics in the care-repo reference"),
  });

/** A JSON value; texts in it may be templates. */
export const jsonField: z.ZodType<Json> = z.json();

const labels = z.record(z.string().max(253), z.string().max(1_000)).default({});

export const metadataField = z.strictObject({
  name: nameField,
  labels,
  annotations: labels.describe("Free text for people and tools; Homeostat reads only homeostat.dev/…"),
});
export type Metadata = z.infer<typeof metadataField>;

/** A document of one kind. */
export const documentOf = <K extends string, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata: metadataField, spec });
