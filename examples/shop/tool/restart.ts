import type { InstanceLayout, MemberLayout, ShopLayout } from "../layout.ts";
import { isHealthy, pidIn, signal, until } from "../processes.ts";
import { announce } from "./intent.ts";

/** On a machine that has much else to do, a process takes its time to start. */
const backWithinMs = 60_000;

/** Asks an instance to end; the supervisor starts it again. Resolves once a new process answers its health check. */
async function restartInstance(layout: ShopLayout, instance: InstanceLayout, because: string): Promise<void> {
  const old = pidIn(instance.pidFile);
  if (old !== undefined) {
    announce(layout, { kind: "signal", pid: old, instance: instance.name, signal: "SIGTERM", because });
    signal(old, "SIGTERM");
  }
  await until(`\`${instance.name}\` did not come back`, backWithinMs, () => {
    const now = pidIn(instance.pidFile);
    return now !== undefined && now !== old && isHealthy(instance.healthUrl);
  });
}

/** Restarts a service's instances: one after another, or all at once. */
export async function restartService(
  layout: ShopLayout,
  member: MemberLayout,
  because: string,
  instanceByInstance = true,
): Promise<void> {
  if (!instanceByInstance) {
    await Promise.all(member.instances.map((instance) => restartInstance(layout, instance, because)));
    return;
  }
  for (const instance of member.instances) await restartInstance(layout, instance, because);
}
