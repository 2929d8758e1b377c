import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "../kernel/result.ts";

const settings = `# Homeostat's care repo: what it looks after, how well that has to work, and what it may do.
# As the policies beside this file stand it only observes, and shows what it would have done.
apiVersion: homeostat.dev/v1
kind: Settings
metadata:
  name: settings
spec:
  approvalExpiresIn: 1h
`;

const service = `# Take the \`# \` away from what follows, and correct every name, path and URL.
# apiVersion: homeostat.dev/v1
# kind: Service
# metadata:
#   name: my-service
# spec:
#   environment: staging
#   owner: my-team
#   tier: 3
#   instances:
#     - name: my-service-1
#       pidFile: /run/my-service.pid
#       healthUrl: http://127.0.0.1:8080/healthz
# ---
# apiVersion: openslo/v1
# kind: SLO
# metadata:
#   name: my-service-availability
# spec:
#   service: my-service
#   indicator:
#     spec:
#       ratioMetric:
#         counter: true
#         bad:
#           metricSource:
#             type: homeostat.dev/red
#             spec: { service: my-service, environment: staging, indicator: errors }
#         total:
#           metricSource:
#             type: homeostat.dev/red
#             spec: { service: my-service, environment: staging, indicator: errors }
#   timeWindow:
#     - duration: 28d
#       isRolling: true
#   budgetingMethod: Occurrences
#   objectives:
#     - target: 0.99
`;

const shippedPolicies = ["../../care/policies", "../../../care/policies"];

/** The shipped policies permit nothing to act; they say who may approve and stop, and guard what is sensitive. */
async function copyPolicies(to: string): Promise<string[]> {
  const from = shippedPolicies.map((p) => fileURLToPath(new URL(p, import.meta.url))).find((p) => existsSync(p));
  if (from === undefined) return [];
  const names = (await readdir(from)).filter((name) => name.endsWith(".cedar")).toSorted();
  await mkdir(to);
  for (const name of names) await copyFile(join(from, name), join(to, name));
  return names.map((name) => `policies/${name}`);
}

/**
 * Writes a care repo that observes only, into a new or empty folder (a `.git` may be there). Gives the files written;
 * refuses when anything else is there, and then changes nothing.
 */
export async function initCare(dir: string): Promise<Result<readonly string[], string>> {
  try {
    await mkdir(dir, { recursive: true });
    const there = (await readdir(dir)).filter((name) => name !== ".git");
    if (there.length > 0) return err(`\`${dir}\` is not empty: it holds \`${there[0]}\`; choose a new folder`);
    await mkdir(join(dir, "services"));
    await writeFile(join(dir, "settings.yaml"), settings, { flag: "wx" });
    await writeFile(join(dir, "services", "my-service.yaml"), service, { flag: "wx" });
    return ok(["settings.yaml", "services/my-service.yaml", ...(await copyPolicies(join(dir, "policies")))]);
  } catch (error) {
    return err(`cannot write to \`${dir}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
}
