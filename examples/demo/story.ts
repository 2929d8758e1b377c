import type { Report } from "./report.ts";
import type { Stage } from "./stage.ts";

const seconds = (ms: number | null): string => (ms === null ? "never" : `${(ms / 1000).toFixed(0)} s after the fault`);

/** The report as a person would tell it. */
export function storyOf(report: Report): string {
  const { incident, timings, audit, ledger } = report;
  return [
    "",
    `${report.right ? "The right thing happened" : "THE WRONG THING HAPPENED"}: ${report.outcome}; ${report.why}.`,
    ...(incident
      ? [
          `  found      ${seconds(timings.mttdMs)}: ${incident.id}, severity ${incident.severity}; hurt: ${incident.services.join(", ")}`,
        ]
      : []),
    ...whyLines(report),
    ...whatLines(report),
    ...(timings.mttrMs === null ? [] : [`  healed     ${seconds(timings.mttrMs)}`]),
    `  proof      ${audit.size} audit records, root ${audit.root.slice(0, 16)}, ${audit.verified ? "verified offline against the log's key" : "NOT VERIFIED"}; the shop's own ledger saw ${ledger.effects} effects and ${ledger.disagreements.length === 0 ? "agrees" : "DISAGREES"}`,
  ].join("\n");
}

const whyLines = ({ diagnosis }: Report): string[] =>
  (diagnosis?.hypotheses ?? [])
    .slice(0, 3)
    .flatMap((h, i) => [
      `  ${i === 0 ? "because   " : "or else   "} ${h.service}: ${h.cause}, confidence ${h.confidence.toFixed(2)}`,
      ...h.for.map((text) => `             + ${text}`),
      ...h.against.map((text) => `             - ${text}`),
    ]);

function whatLines({ plan, decision, run, verification }: Report): string[] {
  return [
    ...(plan
      ? [`  plan       ${plan.runbook} ${plan.version} on ${plan.service}, digest ${plan.digest.slice(7, 19)}`]
      : []),
    ...(decision ? [`  decision   ${decision.effect}`, ...decision.reasons.map((r) => `             ${r}`)] : []),
    ...(run
      ? [
          `  run        ${run.id}: ${run.state}, ${run.acts} acts, ${run.attempts} ${run.attempts === 1 ? "attempt" : "attempts"}`,
        ]
      : []),
    ...(run && plan ? plan.steps.map((step) => `             ${step}`) : []),
    ...(verification
      ? [`  verified   ${verification.verdict}`, ...verification.gates.map((g) => `             ${g}`)]
      : []),
  ];
}

export function nextSteps(stage: Stage): string {
  const { ready } = stage.homeostat;
  const data = `--data ${stage.dir}/data`;
  return `
Homeostat and the shop stay up. Interrupt (Ctrl-C) to end both.
  page       ${ready.login}   (works once, for ten minutes)
  status     bin/homeostat status ${data}
  incidents  bin/homeostat incidents ${data}
  stop       bin/homeostat stop ${data} --reason "just looking"     and   bin/homeostat resume ${data}
  a fault    node_modules/.bin/node examples/shop/faults.ts --dir ${stage.dir}/shop scenario bad-flag 7
             (also slow-release, crash-loop, bad-config, dependency-down; release by hand: deploy cart 2.0.0 '{"errorShare":0.5}')
  approval   npm run demo -- --scenario needs-approval
  proof      bin/homeostat audit export ${data} --out log.jsonl
             bin/homeostat audit verify log.jsonl --key '${ready.auditKey}'`;
}
