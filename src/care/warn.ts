import type { Signature } from "../loop/diagnosis/signatures/signature.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Slo } from "../loop/detection/slo.ts";
import type { Collected } from "./collect.ts";
import type { readSlos } from "./check-references.ts";
import { nearest } from "./nearest.ts";

/** Causes that code names; signatures name the others. */
const codedCauses = [
  "bad-release",
  "bad-config",
  "bad-flag",
  "crash-loop",
  "dependency-hang",
  "overload",
  "telemetry-loss",
  "unknown",
];

/** What is allowed, and probably not what was meant. */
export function warn(
  all: Collected,
  slos: ReturnType<typeof readSlos>,
  signatures: readonly Pick<Signature, "cause">[],
  mayAct: boolean,
): CareError[] {
  const causes = [...new Set([...codedCauses, ...signatures.map((s) => s.cause)])];
  return [
    ...wholeRepo(all, mayAct),
    ...all.services.flatMap((s) => ofService(s, slos)),
    ...all.runbooks.flatMap((r) => ofRunbook(r, causes)),
    ...ofSlos(slos),
    ...unreadAlerts(all.slos, slos.slos),
  ];
}

const general = (message: string, expected: string, fix: string): CareError => ({
  file: ".",
  line: 1,
  path: "",
  message,
  expected,
  fix,
});

function wholeRepo(all: Collected, mayAct: boolean): CareError[] {
  return [
    ...(all.services.length === 0
      ? [
          general(
            "no service is declared",
            "a Service document for each service",
            "add one, see the care-repo reference",
          ),
        ]
      : []),
    ...(mayAct
      ? []
      : [
          general(
            "no policy lets a runbook act: Homeostat observes only and shows what it would do",
            "a permit in a .cedar file once it may act",
            "nothing, until you want it to act",
          ),
        ]),
    ...(all.notifiers.length === 0
      ? [
          general(
            "there is no Notifier: nobody is told of approvals wanted, escalations and outcomes",
            "a Notifier document",
            "add one with a URL that reaches people",
          ),
        ]
      : []),
  ];
}

function ofService(
  { source, document: { metadata, spec } }: Collected["services"][number],
  { slos, elsewhere }: ReturnType<typeof readSlos>,
): CareError[] {
  const { name } = metadata;
  const blind = spec.instances.flatMap((instance, i) =>
    instance.healthUrl === undefined
      ? [
          source.error(["spec", "instances", i], {
            message: `instance \`${instance.name}\` has no health URL: a restart of it counts as done once it lives`,
            expected: "healthUrl",
            fix: "add the URL of a health check",
          }),
        ]
      : [],
  );
  const hasSlo = slos.some((s) => s.service === name) || elsewhere.some((s) => s.document.spec.service === name);
  if (hasSlo || !spec.emitsTelemetry) return blind;
  return [
    source.error(["metadata", "name"], {
      message: `service \`${name}\` has no SLO: only what is unusual is noticed`,
      expected: "an OpenSLO document",
      fix: "say how well it has to work",
    }),
    ...blind,
  ];
}

function ofRunbook(
  { source, document: { spec } }: Collected["runbooks"][number],
  known: readonly string[],
): CareError[] {
  return [...unknownCauses(source, spec.causes, known), ...actsOnTexts(source, spec, known)];
}

/** What nobody looked at on the target may be made up by whoever can write to a log (I9). */
function actsOnTexts(
  source: Collected["runbooks"][number]["source"],
  spec: Collected["runbooks"][number]["document"]["spec"],
  known: readonly string[],
): CareError[] {
  if (spec.escalates || spec.preconditions.length > 0) return [];
  return spec.causes.flatMap((cause, i) =>
    known.includes(cause) && !codedCauses.includes(cause)
      ? [
          source.error(["spec", "causes", i], {
            message: `it acts on \`${cause}\`, which logs and alerts alone can make credible, without a precondition`,
            expected: "preconditions over `target` that hold only when acting is right",
            fix: "add one, or let it escalate",
          }),
        ]
      : [],
  );
}

function unknownCauses(
  source: Collected["runbooks"][number]["source"],
  causes: readonly string[],
  known: readonly string[],
): CareError[] {
  return causes.flatMap((cause, i) => {
    if (known.includes(cause)) return [];
    const meant = nearest(cause, known);
    return [
      source.error(["spec", "causes", i], {
        message: `no diagnosis and no signature names the cause \`${cause}\``,
        expected: `one of ${known.map((c) => `\`${c}\``).join(", ")}`,
        fix: meant ? `did you mean \`${meant}\`` : "make sure a signature of yours names it",
      }),
    ];
  });
}

/** Alert policies of an SLO Homeostat measures are not read: its burn rates come from the annotation or the defaults. */
const unreadAlerts = (slos: Collected["slos"], measured: readonly Slo[]): CareError[] =>
  slos
    .filter(({ document: d }) => d.spec.alertPolicies.length > 0 && measured.some((s) => s.name === d.metadata.name))
    .map(({ source }) =>
      source.error(["spec", "alertPolicies"], {
        message: "alert policies are not read: burn rates come from the annotation `homeostat.dev/burn-rates`",
        expected: "the annotation, or nothing for the usual burn rates",
        fix: "write the burn rates into the annotation",
      }),
    );

const ofSlos = ({ elsewhere }: ReturnType<typeof readSlos>): CareError[] =>
  elsewhere.map(({ source, document }) =>
    source.error(["spec", "indicator"], {
      message: `SLO \`${document.metadata.name}\` is measured by another system: only its alerts reach Homeostat`,
      expected: "metric sources of type `homeostat.dev/red`, or alerts from that system",
      fix: "nothing, if that system's alerts are sent here",
    }),
  );
