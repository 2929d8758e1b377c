import type { Report } from "./report.ts";
import type { Stage } from "./scenario.ts";

const seconds = (ms: number | null): string => (ms === null ? "never" : `${(ms / 1000).toFixed(0)} s after the fault`);

/** The report as a person would tell it. */
export function storyOf(report: Report): string {
  const { incident, diagnosis, plan, decision, run, verification, timings, audit } = report;
  return [
    "",
    `${report.right ? "The right thing happened" : "THE WRONG THING HAPPENED"}: ${report.outcome}; ${report.why}.`,
    ...(incident
      ? [
          `  found      ${seconds(timings.mttdMs)}: ${incident.id}, severity ${incident.severity}; hurt: ${incident.services.join(", ")}`,
        ]
      : []),
    ...(diagnosis
      ? diagnosis.hypotheses
          .slice(0, 3)
          .map(
            (h, i) =>
              `  ${i === 0 ? "because   " : "or else   "} ${h.service}: ${h.cause}, confidence ${h.confidence.toFixed(2)}`,
          )
      : []),
    ...(plan
      ? [`  plan       ${plan.runbook} ${plan.version} on ${plan.service}, digest ${plan.digest.slice(7, 19)}`]
      : []),
    ...(decision ? [`  decision   ${decision.effect}`, ...decision.reasons.map((r) => `             ${r}`)] : []),
    ...(run
      ? [
          `  run        ${run.id}: ${run.state}, ${run.acts} acts, ${run.attempts} ${run.attempts === 1 ? "attempt" : "attempts"}`,
        ]
      : []),
    ...(verification ? [`  verified   ${verification.verdict}`] : []),
    ...(timings.mttrMs === null ? [] : [`  healed     ${seconds(timings.mttrMs)}`]),
    `  proof      ${audit.size} audit records, root ${audit.root.slice(0, 16)}, ${audit.verified ? "verified offline against the log's key" : "NOT VERIFIED"}`,
  ].join("\n");
}

export function nextSteps(stage: Stage): string {
  const { ready } = stage.homeostat;
  const data = `--data ${stage.dir}/data`;
  return `
Homeostat and the shop stay up. Interrupt (Ctrl-C) to end both.
  page       ${ready.login}   (works once, for ten minutes)
  status     npx homeostat status ${data}
  incidents  npx homeostat incidents ${data}
  stop       npx homeostat stop ${data} --reason "just looking"     and   npx homeostat resume ${data}
  a fault    node examples/shop/faults.ts --dir ${stage.dir}/shop scenario bad-flag 7
             (also slow-release, crash-loop, bad-config, dependency-down; release by hand: deploy cart 2.0.0 '{"errorShare":0.5}')
  approval   npm run demo -- --scenario needs-approval
  proof      npx homeostat audit export ${data} --out log.jsonl
             npx homeostat audit verify log.jsonl --key '${ready.auditKey}'`;
}
