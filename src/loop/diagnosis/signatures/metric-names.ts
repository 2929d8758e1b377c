import type { Matcher, Signature } from "./signature.ts";

/** Names remembered with their answer (I11): most metrics come again and again. */
const rememberedMax = 10_000;

/** `process.open_fds` and `process_open_fds_total` are one metric: exporters add units and counts to names. */
export const canonical = (name: string): string =>
  name
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/[.\-/]/g, "_")
    .replace(/(_(total|bytes|seconds|milliseconds|ratio|percent|count)){1,2}$/, "");

/** Made once for each set of signatures, however often it is asked. */
const known = new WeakMap<readonly Signature[], (name: string) => boolean>();

/** Whether a signature of the set asks about a metric of this name. */
export function asksAboutMetric(signatures: readonly Signature[]): (name: string) => boolean {
  const made = known.get(signatures) ?? build(signatures);
  known.set(signatures, made);
  return made;
}

function build(signatures: readonly Signature[]): (name: string) => boolean {
  const wanted = new Set(signatures.flatMap(metricNames).map(canonical));
  const answers = new Map<string, boolean>();
  return (name) => {
    const answer = answers.get(name) ?? wanted.has(canonical(name));
    if (answers.size < rememberedMax) answers.set(name, answer);
    return answer;
  };
}

const metricNames = (signature: Signature): string[] =>
  [...signature.for, ...signature.against]
    .flatMap(({ look }): readonly Matcher[] => ("of" in look ? look.of : [look]))
    .flatMap((m) =>
      m.type === "metric" ? [...m.names, ...("shareOf" in m.condition ? m.condition.shareOf : [])] : [],
    );
