import { z } from "zod";
import type { Json } from "../../../kernel/json.ts";
import type { ActionRequest, EffectState } from "../../../loop/run/run.ts";
import type { InstanceTarget, Service } from "../../../loop/signal/service.ts";
import type { InstanceState, TargetState } from "../../../loop/signal/target-state.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { isHealthy } from "./health.ts";
import { codeOf, declaredService, messageOf, serviceOf, type Host } from "./host.ts";
import { declaredLife, lifeOf, releaseOfProcess, sameLife, type Life } from "./life.ts";
import { action } from "./parameters.ts";
import { isCleared, moveScratchAside } from "./scratch.ts";
import { deadline, until } from "./wait.ts";

const restart = action(
  "process.restart",
  "probe",
  "Ends an instance with SIGTERM, then SIGKILL, and waits until its supervisor started it again and it is healthy.",
  z.strictObject({
    instance: z.string().min(1).max(128).describe("name of a declared instance"),
    clearScratch: z.boolean().default(false).describe("moves the instance's declared scratch directory aside first"),
  }),
);

/** How long the kernel may take to end a process after SIGKILL. */
const killMs = 5_000;

const lifeSchema = z.strictObject({
  pid: z.number(),
  startTicks: z.number(),
  bootId: z.string(),
  startedAtMs: z.number(),
});
/** `life` is null when the instance was already dead. */
const beforeSchema = z.strictObject({ life: lifeSchema.nullable() });

/**
 * Restarts processes that something else (systemd, a supervisor) starts again when they exit. The effect is a new life:
 * once another life than the captured one is there, nothing is signalled any more for that key (I3).
 */
export function createProcessActuator(host: Host): Actuator {
  return {
    name: "process",
    actions: [restart.spec],
    async observe(name) {
      const service = declaredService(host, name);
      return service && service.instances.length > 0 ? observe(service) : undefined;
    },
    async capture(request) {
      const { instance } = chosen(host, request);
      return { life: (await declaredLife(instance.pidFile)) ?? null };
    },
    async execute(request, signal) {
      const { instance, clearScratch } = chosen(host, request);
      const end = deadline(request.timeoutMs, signal);
      const cleared = clearScratch && (await moveScratchAside(instance, request.key));
      const now = await declaredLife(instance.pidFile);
      // A life that began before its scratch was cleared is not the wanted one, whichever it is.
      const old = cleared ? now : lifeBefore(request);
      if (now && old && sameLife(now, old)) await endLife(instance, now, end);
      const fresh = await awaitNewLife(instance, old, end);
      const after: Json = { pid: fresh.pid, startedAtMs: fresh.startedAtMs };
      return { detail: `${instance.name} runs as process ${fresh.pid} now`, after };
    },
    async probe(request) {
      return probe(host, request);
    },
  };
}

async function probe(host: Host, request: ActionRequest): Promise<EffectState> {
  const { instance, clearScratch } = chosen(host, request);
  if (clearScratch && !(await isCleared(instance, request.key))) return "not-applied";
  const before = lifeBefore(request);
  try {
    const now = await declaredLife(instance.pidFile);
    return now && !(before && sameLife(now, before)) ? "applied" : "not-applied";
  } catch {
    return "unknown";
  }
}

function chosen(host: Host, request: Omit<ActionRequest, "before">) {
  const service = serviceOf(host, request.service);
  const { instance: name, clearScratch } = restart.read(request.parameters);
  const instance = service.instances.find((i) => i.name === name);
  if (!instance)
    throw new AdapterError("unknown-instance", `service \`${service.name}\` declares no instance \`${name}\``);
  if (clearScratch && instance.scratch === undefined)
    throw new AdapterError("no-scratch", `instance \`${name}\` declares no scratch directory; leave clearScratch out`);
  return { service, instance, clearScratch };
}

function lifeBefore(request: ActionRequest): Life | undefined {
  const before = beforeSchema.safeParse(request.before);
  if (!before.success) throw new AdapterError("bad-before", "what was captured before this step cannot be read");
  return before.data.life ?? undefined;
}

async function endLife(instance: InstanceTarget, life: Life, end: AbortSignal): Promise<void> {
  const what = `ending instance \`${instance.name}\``;
  const gone = async () => ((await lives(life)) ? undefined : true);
  await signalLife(life, "SIGTERM");
  if (await until(gone, { withinMs: instance.stopTimeoutMs, end, what })) return;
  await signalLife(life, "SIGKILL");
  if (await until(gone, { withinMs: killMs, end, what })) return;
  throw new AdapterError("did-not-stop", `process ${life.pid} of \`${instance.name}\` outlived SIGKILL`);
}

const lives = async (life: Life): Promise<boolean> => {
  const now = await lifeOf(life.pid);
  return now !== undefined && sameLife(now, life);
};

/** Looks again right before: the id may have gone to a stranger since. */
async function signalLife(life: Life, signal: NodeJS.Signals): Promise<void> {
  if (!(await lives(life))) return;
  try {
    process.kill(life.pid, signal);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return;
    throw new AdapterError("not-permitted", `cannot send ${signal} to process ${life.pid}: ${messageOf(error)}`);
  }
}

async function awaitNewLife(instance: InstanceTarget, old: Life | undefined, end: AbortSignal): Promise<Life> {
  const what = `starting instance \`${instance.name}\` again`;
  let seen = false;
  const fresh = await until(
    async () => {
      const life = await declaredLife(instance.pidFile).catch(() => undefined);
      if (!life || (old && sameLife(life, old))) return undefined;
      seen = true;
      return instance.healthUrl === undefined || (await isHealthy(instance.healthUrl, end)) ? life : undefined;
    },
    { withinMs: instance.startTimeoutMs, everyMs: 100, end, what },
  );
  if (fresh) return fresh;
  if (seen) throw new AdapterError("unhealthy", `\`${instance.name}\` was started again, but did not become healthy`);
  throw new AdapterError(
    "not-restarted",
    `\`${instance.name}\` was not started again; see whether its supervisor runs`,
  );
}

async function observe(service: Service): Promise<Partial<TargetState>> {
  const unreadable: string[] = [];
  const seen = await Promise.all(
    service.instances.map(async (instance) => {
      try {
        return [await stateOf(instance, service)];
      } catch (error) {
        unreadable.push(`instance ${instance.name}: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return { instances: seen.flat(), unreadable };
}

async function stateOf(instance: InstanceTarget, service: Service): Promise<InstanceState> {
  const life = await declaredLife(instance.pidFile);
  if (!life) return { name: instance.name, alive: false };
  const { pid, startedAtMs } = life;
  const release = service.release && (await releaseOfProcess(pid, service.release.directory));
  const never = new AbortController().signal;
  return {
    name: instance.name,
    alive: true,
    pid,
    startedAtMs,
    ...(instance.healthUrl === undefined ? {} : { healthy: await isHealthy(instance.healthUrl, never) }),
    ...(release === undefined ? {} : { release }),
  };
}
