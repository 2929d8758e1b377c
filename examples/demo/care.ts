import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { MemberLayout, ShopLayout } from "../shop/layout.ts";

/** What the demo's care repo sets that a fresh one does not, in words; printed, so that nothing is hidden. */
export const differences = (production: boolean): string[] => [
  "SLO windows of 15 s to 2 minutes instead of 5 minutes to 3 days, so that a demo of minutes shows a burn rate",
  "a state counts as known to be good after 20 s of being well instead of 10 minutes",
  "findings have to agree for 5 s instead of 10 s before they are an incident, and be quiet for 15 s instead of 1 minute",
  "5 runs an hour on a service instead of 3, and 10 s between two runs of one runbook on it instead of 10 minutes",
  production
    ? "policies permit the shipped runbooks to act in `production` once a person with the role approver agreed; a fresh repo only observes"
    : "policies permit the shipped runbooks to act in `demo` by themselves; a fresh repo only observes",
];

const burnRates = "page:1m/15s:5,ticket:2m/30s:2";
const owner = "shop-team";

/** Writes a care repo for a running shop: what its people would have written about it, and nothing about any fault. */
export async function writeCareRepo(dir: string, layout: ShopLayout): Promise<void> {
  await mkdir(dir, { recursive: true });
  const services = layout.members.map((member) => serviceDocument(member, layout));
  const slos = layout.members.filter((m) => m.kind === "service").map((member) => sloDocument(member, layout));
  const text = (documents: readonly unknown[]): string => documents.map((d) => stringify(d)).join("---\n");
  await writeFile(join(dir, "services.yaml"), text(services));
  await writeFile(join(dir, "slos.yaml"), text(slos));
  await writeFile(join(dir, "settings.yaml"), text([settings]));
  await writeFile(join(dir, "policies.cedar"), policies(layout.environment));
}

const serviceDocument = (member: MemberLayout, layout: ShopLayout) => ({
  apiVersion: "homeostat.dev/v1",
  kind: "Service",
  metadata: { name: member.name },
  spec: {
    environment: layout.environment,
    owner,
    tier: member.name === "gateway" || member.name === "checkout" ? 1 : 2,
    dependsOn: [...member.calls],
    emitsTelemetry: member.kind === "service",
    instances: member.instances.map((i) => ({
      name: i.name,
      pidFile: i.pidFile,
      healthUrl: i.healthUrl,
      stopTimeout: "4s",
      startTimeout: "20s",
      scratch: i.scratchDir,
    })),
    minHealthy: member.instances.length > 1 ? 1 : 0,
    ...(member.kind === "service" ? serviceTargets(member) : {}),
    ...(member.name === "gateway"
      ? {
          synthetics: [
            { name: "browse", method: "GET", url: `${layout.gatewayUrl}/products`, expectStatus: 200, max: "1500ms" },
          ],
        }
      : {}),
  },
});

const serviceTargets = (member: MemberLayout) => ({
  release: { directory: member.releasesDir, link: member.currentLink, manifest: "manifest.json" },
  config: [{ name: "main", file: member.configFile }],
  ...(member.flags.length > 0 ? { flags: { file: member.flagsFile, flags: [...member.flags] } } : {}),
});

const sloDocument = (member: MemberLayout, layout: ShopLayout) => {
  const source = {
    metricSource: {
      type: "homeostat.dev/red",
      spec: { service: member.name, environment: layout.environment, indicator: "errors" },
    },
  };
  return {
    apiVersion: "openslo/v1",
    kind: "SLO",
    metadata: { name: `${member.name}-availability`, annotations: { "homeostat.dev/burn-rates": burnRates } },
    spec: {
      service: member.name,
      indicator: {
        metadata: { name: `${member.name}-errors` },
        spec: { ratioMetric: { counter: true, bad: source, total: source } },
      },
      timeWindow: [{ duration: "1d", isRolling: true }],
      budgetingMethod: "Occurrences",
      objectives: [{ target: 0.98 }],
    },
  };
};

const settings = {
  apiVersion: "homeostat.dev/v1",
  kind: "Settings",
  metadata: { name: "settings" },
  spec: {
    incidents: { confirm: "5s", quiet: "15s" },
    knownGoodAfter: "20s",
    restraints: { rate: { perService: 5 }, cooldown: "10s" },
    approvalExpiresIn: "10m",
  },
};

const policies = (environment: string): string => `
@id("${environment}-runbooks")
@reason("${environment === "demo" ? "in the demo environment the shipped runbooks act by themselves" : "in production a person approves the exact plan"}")
${environment === "demo" ? "" : '@quorum("1")\n@roles("approver")\n@expires("10m")\n'}permit (
  principal,
  action == Action::"${environment === "demo" ? "act" : "act-with-approval"}",
  resource
) when {
  resource.environment == "${environment}"
};

@id("approvers-approve")
@reason("people with the role approver answer approvals")
permit (principal, action == Action::"approve", resource) when { principal.roles.contains("approver") };

@id("operators-resume")
@reason("people with the role operator lift stops")
permit (principal is Person, action == Action::"operate", resource) when { principal.roles.contains("operator") };
`;
