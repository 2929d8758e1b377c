// From texts to checked policies with located errors. One error anywhere: no policies at all (I7).
import {
  checkParsePolicySet,
  policySetTextToParts,
  policyToJson,
  validate,
  type PolicyJson,
} from "@cedar-policy/cedar-wasm/nodejs";
import type { CareError } from "../../../loop/signal/care-error.ts";
import type { PolicySource } from "../../../ports/policy.ts";
import { annotationFaults } from "./annotations.ts";
import { firstWord, located, positionAt, type Origin } from "./locate.ts";
import { policySchemaText } from "./schema.ts";
import { beyondBounds } from "./policy-bounds.ts";
import { splitPolicies } from "./split-policies.ts";

/** A policy, named: by its `@id`, or by file and place in it (`shop.cedar:2` is the second). */
export interface NamedPolicy {
  readonly id: string;
  readonly origin: Origin;
  readonly json: PolicyJson;
}

/** A care repo with more is a mistake, or an attack; both are told (I11). */
const policiesMax = 5_000;
const fileLengthMax = 1_000_000;

const problem = (
  origin: Origin,
  message: string,
  expected: string,
  fix: string,
  offset = firstWord(origin.text),
): CareError => ({
  file: origin.source.file,
  ...positionAt(origin.source.text, origin.start + offset),
  path: origin.path,
  message,
  expected,
  fix,
});

const wholeFile = (source: PolicySource): Origin => ({ source, text: source.text, start: 0, path: "" });

interface Read {
  readonly policies: readonly NamedPolicy[];
  readonly errors: readonly CareError[];
}

function readPolicy(source: PolicySource, text: string, start: number, index: number): NamedPolicy | CareError[] {
  const place: Origin = { source, text, start, path: `${source.file}:${index}` };
  const answer = policyToJson(text);
  if (answer.type === "failure") return answer.errors.map((error) => located(error, place));
  const id = (answer.json.annotations?.["id"] as string | null | undefined) ?? place.path;
  return { id, origin: { ...place, path: id }, json: answer.json };
}

/** Permits open the world: each says what it opens. */
function unscoped({ json, origin }: NamedPolicy): CareError[] {
  if (json.effect !== "permit" || json.action.op !== "All") return [];
  const fix = 'name the action: `action == Action::"act-with-approval"`, for example';
  return [
    problem(
      origin,
      "a permit that names no action would permit every action",
      "a permit with `action ==` or `action in`",
      fix,
    ),
  ];
}

function annotationErrors({ json, origin }: NamedPolicy): CareError[] {
  return annotationFaults(json).map(({ annotation, message, expected, fix }) => {
    const at = origin.text.search(new RegExp(`@\\s*${annotation}\\b`));
    return problem(origin, message, expected, fix, at < 0 ? undefined : at);
  });
}

function readFile(source: PolicySource): Read {
  const file = wholeFile(source);
  if (source.text.length > fileLengthMax) {
    return {
      policies: [],
      errors: [
        problem(
          file,
          `the file has ${source.text.length} characters`,
          `at most ${fileLengthMax}`,
          "split it into several files",
        ),
      ],
    };
  }
  const beyond = beyondBounds(source.text);
  if (beyond !== undefined) {
    const { offset, message, expected } = beyond;
    return { policies: [], errors: [problem(file, message, expected, "split the policy into simpler ones", offset)] };
  }
  const parsed = checkParsePolicySet({ staticPolicies: source.text });
  if (parsed.type === "failure") return { policies: [], errors: parsed.errors.map((error) => located(error, file)) };
  const parts = policySetTextToParts(source.text);
  const texts = splitPolicies(source.text);
  if (parts.type === "failure" || parts.policy_templates.length > 0 || parts.policies.length !== texts.length) {
    return {
      policies: [],
      errors: [
        problem(
          file,
          "the file holds a policy template, or could not be split into policies",
          "static policies only",
          "write `principal` and `resource` out instead of `?principal` and `?resource`",
        ),
      ],
    };
  }
  const read = texts.map(({ text, start }, i) => readPolicy(source, text, start, i + 1));
  const policies = read.flatMap((one) => (Array.isArray(one) ? [] : [one]));
  return {
    policies,
    errors: [
      ...read.flatMap((one) => (Array.isArray(one) ? one : [])),
      ...policies.flatMap((one) => [...unscoped(one), ...annotationErrors(one)]),
    ],
  };
}

function duplicates(policies: readonly NamedPolicy[]): CareError[] {
  const seen = new Map<string, NamedPolicy>();
  return policies.flatMap((policy) => {
    const first = seen.get(policy.id);
    if (first === undefined) {
      seen.set(policy.id, policy);
      return [];
    }
    const where = `${first.origin.source.file}:${positionAt(first.origin.source.text, first.origin.start + firstWord(first.origin.text)).line}`;
    return [
      problem(
        policy.origin,
        `policy id \`${policy.id}\` is taken by the policy at ${where}`,
        "an id of its own for each policy",
        "rename one of them",
      ),
    ];
  });
}

/** A rule over every action is checked against every action, and most attributes and facts belong to some only. */
function explained(error: CareError, policy: NamedPolicy): CareError {
  if (policy.json.action.op !== "All" || !error.message.includes("not found")) return error;
  return {
    ...error,
    fix: 'name the actions it is about, for example `action in [Action::"act", Action::"act-with-approval"]`',
  };
}

/** Strict validation. Warnings count too: a policy that can never apply is a forbid that does not forbid, or a mistyped permit. */
function validationErrors(policies: readonly NamedPolicy[]): CareError[] {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const staticPolicies = Object.fromEntries(policies.map((policy) => [policy.id, policy.origin.text]));
  const answer = validate({
    schema: policySchemaText(),
    policies: { staticPolicies },
    validationSettings: { mode: "strict" },
  });
  const [source] = policies.map((policy) => policy.origin);
  if (answer.type === "failure")
    return source === undefined ? [] : answer.errors.map((error) => located(error, source));
  const wrong = new Set(answer.validationErrors.map((error) => error.policyId));
  const warnings = answer.validationWarnings.filter((warning) => !wrong.has(warning.policyId));
  const errors = [...answer.validationErrors, ...warnings].flatMap(({ policyId, error }) => {
    const policy = byId.get(policyId);
    return policy === undefined ? [] : [explained(located(error, policy.origin), policy)];
  });
  // Cedar checks a policy once for each kind of request and repeats itself; the first word about a place is enough.
  return [
    ...new Map(errors.toReversed().map((error) => [`${error.file}:${error.line}:${error.column}`, error])).values(),
  ];
}

const byPlace = (a: CareError, b: CareError): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.column ?? 0) - (b.column ?? 0);

/** All policies of all files, or everything wrong with them, sorted by place. */
export function readPolicies(sources: readonly PolicySource[]): Read {
  const files = sources.map(readFile);
  const policies = files.flatMap((file) => file.policies);
  const tooMany = policies.length > policiesMax ? [`${policies.length} policies`] : [];
  const [first] = sources;
  const limit =
    first === undefined
      ? []
      : tooMany.map((message) =>
          problem(wholeFile(first), message, `at most ${policiesMax}`, "remove some, or write broader ones"),
        );
  const readErrors = [...files.flatMap((file) => file.errors), ...duplicates(policies), ...limit];
  const errors = readErrors.length > 0 || policies.length === 0 ? readErrors : validationErrors(policies);
  return { policies, errors: errors.toSorted(byPlace) };
}
