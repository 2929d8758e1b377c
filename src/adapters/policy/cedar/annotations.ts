// What policies may be annotated with. Cedar lets any annotation pass, so a mistyped `@quorum` would be lost (I7).
import type { PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";
import { formatDuration, parseDurationMs } from "../../../kernel/duration.ts";

/** An annotation that is not understood. */
export interface AnnotationFault {
  readonly annotation: string;
  readonly message: string;
  readonly expected: string;
  readonly fix: string;
}

const anyText = {
  valid: (value: string) => value.trim() !== "" && value.length <= 500,
  expected: "a text of 1 to 500 characters",
};

const known: Readonly<Record<string, { readonly valid: (value: string) => boolean; readonly expected: string }>> = {
  id: {
    valid: (value) => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/.test(value),
    expected: "a name of letters, digits and `._:/-`, at most 100",
  },
  reason: anyText,
  owner: anyText,
  quorum: { valid: (value) => /^[1-9]\d?$/.test(value), expected: "a number from 1 to 99" },
  roles: {
    valid: (value) => splitRoles(value).length > 0,
    expected: "role names with commas between them, `sre, shop-lead`",
  },
  expires: { valid: (value) => (parseDurationMs(value) ?? 0) > 0, expected: "a duration such as `30m`" },
};

const ofApprovals: readonly string[] = ["quorum", "roles", "expires"];

const splitRoles = (text: string): string[] =>
  text
    .split(",")
    .map((role) => role.trim())
    .filter((role) => role !== "");

/** Levenshtein's distance by rows. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function unknown(annotation: string): AnnotationFault {
  const names = Object.keys(known);
  const near = names
    .map((name) => ({ name, far: distance(annotation.slice(0, 50).toLowerCase(), name) }))
    .toSorted((a, b) => a.far - b.far)[0];
  const all = names.map((name) => `\`@${name}\``).join(", ");
  return {
    annotation,
    message: `unknown annotation \`@${annotation}\``,
    expected: `one of ${all}`,
    fix:
      near !== undefined && near.far <= 3 ? `did you mean \`@${near.name}\`?` : "remove it, or write it as a comment",
  };
}

const onlyApproval = ({ effect, action }: PolicyJson): boolean =>
  effect === "permit" &&
  action.op === "==" &&
  "entity" in action &&
  "id" in action.entity &&
  action.entity.id === "act-with-approval";

function fault(annotation: string, value: string, policy: PolicyJson): AnnotationFault | undefined {
  const rule = Object.hasOwn(known, annotation) ? known[annotation] : undefined;
  if (rule === undefined) return unknown(annotation);
  if (!rule.valid(value)) {
    return {
      annotation,
      message: `annotation \`@${annotation}("${value}")\` is not understood`,
      expected: rule.expected,
      fix: `write \`@${annotation}\` with ${rule.expected}`,
    };
  }
  if (!ofApprovals.includes(annotation) || onlyApproval(policy)) return undefined;
  return {
    annotation,
    message: `annotation \`@${annotation}\` has no effect here: only a permit of \`action == Action::"act-with-approval"\` asks people`,
    expected: `\`@${annotation}\` on \`permit (principal, action == Action::"act-with-approval", …)\` alone`,
    fix: `split the policy, or remove \`@${annotation}\``,
  };
}

/** What is wrong with a policy's annotations. An approval's annotation on a policy that asks nobody is refused: it would promise what does not happen. */
export function annotationFaults(policy: PolicyJson): AnnotationFault[] {
  return Object.entries(policy.annotations ?? {}).flatMap(
    ([name, value]) => fault(name, (value as string | null) ?? "", policy) ?? [],
  );
}

/** Where several permits determine, the strictest value of each wins: most people, shortest time, only roles all of them name. */
export function strictest(permits: readonly Readonly<Record<string, string>>[]): {
  readonly annotations: Record<string, string>;
  readonly errors: readonly string[];
} {
  const values = (name: string): string[] => permits.flatMap((permit) => permit[name] ?? []);
  const annotations: Record<string, string> = {};
  const quorums = values("quorum").map(Number);
  if (quorums.length > 0) annotations["quorum"] = String(Math.max(...quorums));
  const expiries = values("expires").map((text) => parseDurationMs(text) ?? 0);
  if (expiries.length > 0) annotations["expires"] = formatDuration(Math.min(...expiries));
  const roles = values("roles").map(splitRoles);
  const [first] = roles;
  if (first === undefined) return { annotations, errors: [] };
  const shared = [...new Set(first)].filter((role) => roles.every((list) => list.includes(role))).toSorted();
  if (shared.length === 0)
    return {
      annotations,
      errors: [
        "the policies that permit name no role in common, so nobody could approve: give them one role in common",
      ],
    };
  annotations["roles"] = shared.join(",");
  return { annotations, errors: [] };
}
