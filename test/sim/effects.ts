import type { Json, JsonObject } from "../../src/kernel/json.ts";
import type { ActionRequest, EffectState } from "../../src/loop/run/run.ts";
import type { TargetState } from "../../src/loop/signal/target-state.ts";
import { AdapterError } from "../../src/ports/adapter-error.ts";
import type { Actuator, ActionSpec } from "../../src/ports/actuator.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Life } from "./life.ts";
import type { Shop, Target } from "./shop.ts";

/** What an actuator does with one request instead of what it should. */
export type Whim = "none" | "slow" | "fails" | "refuses" | "fails-after" | "refuses-after" | "lies" | "hangs";

/** One request as the target met it, and what became of it. */
export interface Effect {
  readonly seq: number;
  readonly atMs: number;
  readonly key: string;
  readonly action: string;
  readonly service: string;
  readonly controller: string;
  /** How often the target changed by it. */
  changes: number;
  endedSeq?: number;
  /** Why controller or run were not entitled when it began, by the leases themselves. */
  untitled?: string | undefined;
}

export interface Reach {
  readonly shop: Shop;
  readonly time: Clock;
  readonly life: Life;
  readonly begin: (request: ActionRequest, controller: string) => Effect;
  readonly end: (effect: Effect) => void;
  readonly whim: () => Whim;
  /** The target cannot be read now. */
  readonly unreadable: () => boolean;
  /** A probe that gets no answer. */
  readonly blind: () => boolean;
}

type Probe = (target: Target, request: ActionRequest) => EffectState;
interface Kind {
  readonly name: string;
  readonly action: string;
  observe(target: Target): Partial<TargetState>;
  capture(target: Target, parameters: Readonly<Record<string, Json>>): Json;
  readonly probe: Probe;
  /** Changes the target at once, if what was captured is still there; true when it did. */
  apply(reach: Reach, target: Target, request: ActionRequest): boolean;
  /** What it waits for after the change. */
  settle?(reach: Reach, target: Target, request: ActionRequest): Promise<void>;
}

const specOf = (name: string): ActionSpec => ({ name, description: name, parameters: {}, idempotency: "probe" });

const changedMeanwhile = (): never => {
  throw new AdapterError("target-changed", "somebody else changed it meanwhile");
};
const textIn = (request: ActionRequest, name: string): string => {
  const value = request.parameters[name];
  if (typeof value !== "string") throw new AdapterError("bad-parameter", `${name} is no text`);
  return value;
};
const before = (request: ActionRequest): JsonObject => request.before as JsonObject;

const release: Kind = {
  name: "release",
  action: "release.switch",
  observe: ({ release: now }) => ({
    release: now,
    releases: ["v1", "v2", "v3"].map((name, i) => ({ name, compatible: true, createdAtMs: i })),
  }),
  capture: (target) => ({ release: target.release }),
  probe: (target, request) => {
    if (target.release === request.parameters["to"]) return "applied";
    return target.release === before(request)["release"] ? "not-applied" : "unknown";
  },
  apply({ shop }, target, request) {
    if (target.release === request.parameters["to"]) return false;
    if (target.release !== before(request)["release"]) return changedMeanwhile();
    target.release = textIn(request, "to");
    shop.changed();
    return true;
  },
};

const config: Kind = {
  name: "config",
  action: "config.restore",
  observe: (target) => ({ config: { main: target.config } }),
  capture: (target) => ({ digest: target.config }),
  probe: (target, request) => {
    if (target.config === request.parameters["digest"]) return "applied";
    return target.config === before(request)["digest"] ? "not-applied" : "unknown";
  },
  apply({ shop }, target, request) {
    if (target.config === request.parameters["digest"]) return false;
    if (target.config !== before(request)["digest"]) return changedMeanwhile();
    target.config = textIn(request, "digest");
    shop.changed();
    return true;
  },
};

const wantedFlag = (target: Target, request: ActionRequest) => ({
  variant: "variant" in request.parameters ? textIn(request, "variant") : target.flag.defaultVariant,
  state: request.parameters["state"] === "DISABLED" ? ("DISABLED" as const) : ("ENABLED" as const),
});
const flagIs = (target: Target, { variant, state }: { variant?: Json; state?: Json }): boolean =>
  target.flag.defaultVariant === variant && target.flag.state === state;

const flag: Kind = {
  name: "flag",
  action: "flag.set",
  observe: (target) => ({ flags: { express: target.flag } }),
  capture: (target) => ({ variant: target.flag.defaultVariant, state: target.flag.state }),
  probe: (target, request) => {
    if (flagIs(target, wantedFlag(target, request))) return "applied";
    return flagIs(target, before(request)) ? "not-applied" : "unknown";
  },
  apply({ shop }, target, request) {
    const wanted = wantedFlag(target, request);
    if (flagIs(target, wanted)) return false;
    if (!flagIs(target, before(request))) return changedMeanwhile();
    target.flag = { ...target.flag, defaultVariant: wanted.variant, state: wanted.state };
    shop.changed();
    return true;
  },
};

const instanceOf = (target: Target, request: { parameters: Readonly<Record<string, Json>> }) => {
  const instance = target.instances.find((i) => i.name === request.parameters["instance"]);
  if (!instance) throw new AdapterError("unknown-instance", "no such instance");
  return instance;
};

const process: Kind = {
  name: "process",
  action: "process.restart",
  observe: (target) => ({
    instances: target.instances.map(({ name, alive, pid, startedAtMs, hung, release: runs }) =>
      alive ? { name, alive, pid, startedAtMs, healthy: !hung, release: runs } : { name, alive },
    ),
  }),
  capture: (target, parameters) => {
    const { alive, pid } = instanceOf(target, { parameters });
    return { pid: alive ? pid : null };
  },
  probe(target, request) {
    const { alive, pid, poisoned } = instanceOf(target, request);
    if (request.parameters["clearScratch"] === true && poisoned) return "not-applied";
    return alive && pid !== before(request)["pid"] ? "applied" : "not-applied";
  },
  apply({ shop }, target, request) {
    const instance = instanceOf(target, request);
    const clears = request.parameters["clearScratch"] === true && instance.poisoned;
    if (clears) instance.poisoned = false;
    const old = instance.alive && (clears || instance.pid === before(request)["pid"]);
    if (old) shop.kill(target.service.name, instance.name);
    return old || clears;
  },
  async settle({ life }, target, request) {
    const instance = instanceOf(target, request);
    for (let i = 0; i < 40 && (!instance.alive || instance.hung); i++) await life.sleep(250);
    if (!instance.alive || instance.hung) throw new AdapterError("unhealthy", "it did not become healthy");
  },
};

/** The host's actuators as the contract has them, on the simulated shop, and as unreliable as they are told to be. */
export const shopActuators = (reach: Reach): Actuator[] =>
  [release, config, flag, process].map((kind) => actuatorOf(reach, kind));

function actuatorOf(reach: Reach, kind: Kind): Actuator {
  const { shop, life } = reach;
  const targetOf = (name: string): Target => {
    const target = shop.targets.get(name);
    if (!target) throw new AdapterError("unknown-service", `the care repo declares no service \`${name}\``);
    return target;
  };
  return {
    name: kind.name,
    actions: [specOf(kind.action)],
    async observe(service) {
      await life.gate(`${kind.name}.observe`);
      if (reach.unreadable()) throw new AdapterError("unreadable", "permission denied");
      const target = targetOf(service);
      const declared = kind.name === "process" || target.service.release !== undefined;
      return declared ? kind.observe(target) : undefined;
    },
    async capture({ service, parameters }) {
      await life.gate(`${kind.name}.capture`);
      if (reach.unreadable()) throw new AdapterError("unreadable", "permission denied");
      return kind.capture(targetOf(service), parameters);
    },
    async probe(request) {
      await life.gate(`${kind.name}.probe`);
      if (reach.blind() || reach.unreadable()) throw new AdapterError("unreadable", "no answer");
      return kind.probe(targetOf(request.service), request);
    },
    execute: (request) => execute(reach, kind, targetOf(request.service), request),
  };
}

async function execute(reach: Reach, kind: Kind, target: Target, request: ActionRequest) {
  const { time, life } = reach;
  const effect = reach.begin(request, life.id);
  const whim = reach.whim();
  const untilMs = time.nowMs() + request.timeoutMs;
  const pass = async (ms: number): Promise<void> => {
    await life.sleep(ms);
    await life.gate(`${kind.action} under way`);
    if (time.nowMs() > untilMs) throw new AdapterError("timeout", "it took too long", { retryable: true });
  };
  try {
    if (whim === "lies") return { detail: "done" };
    if (whim === "fails") throw new AdapterError("busy", "try again", { retryable: true });
    if (whim === "refuses") throw new AdapterError("refused", "not possible");
    if (whim === "hangs") await pass(request.timeoutMs + 1);
    await pass(whim === "slow" ? request.timeoutMs / 2 : 20);
    if (kind.apply(reach, target, request)) effect.changes++;
    await life.gate(`${kind.action} applied`);
    if (whim === "fails-after") throw new AdapterError("lost", "the answer was lost", { retryable: true });
    if (whim === "refuses-after") throw new AdapterError("lost", "the answer was lost");
    await kind.settle?.(reach, target, request);
    return { detail: "done" };
  } finally {
    reach.end(effect);
  }
}
