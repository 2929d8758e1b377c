import { describe, expect, it } from "vitest";
import type { Json } from "../kernel/json.ts";
import type { ActionRequest } from "../loop/run/run.ts";
import { AdapterError } from "./adapter-error.ts";
import type { Actuator } from "./actuator.ts";

/** One target made ready for one test, and how to see from outside what happened to it. */
export interface ActuatorStage {
  readonly actuator: Actuator;
  /** A request whose effect is not there yet. */
  readonly request: Omit<ActionRequest, "before" | "key">;
  /** What stands on the target now, seen without the actuator; equal when nothing changed. */
  look(): Promise<Json>;
  /** How often the effect came about, by the target's own count. */
  effects(): Promise<number>;
  /** Makes the next attempts last longer than any test waits, where the kind of target can. */
  hang?(): Promise<void>;
  end(): Promise<void>;
}

const never = () => new AbortController().signal;

async function keyed(stage: ActuatorStage, key: string, more: Partial<ActionRequest> = {}): Promise<ActionRequest> {
  const asked = { ...stage.request, key, ...more };
  return { ...asked, before: await stage.actuator.capture(asked) };
}

const idempotencyOf = (stage: ActuatorStage) =>
  stage.actuator.actions.find((a) => a.name === stage.request.action)?.idempotency;

/** The contract of `Actuator`, the same for every adapter. `setUp` gives a fresh stage per test. */
export function actuatorSuite(name: string, setUp: () => Promise<ActuatorStage>): void {
  const staged = async (test: (stage: ActuatorStage) => Promise<void>) => {
    const stage = await setUp();
    try {
      await test(stage);
    } finally {
      await stage.end();
    }
  };

  describe(`actuator ${name}`, () => {
    it("declares every action under its own name, with a closed schema", () =>
      staged(async ({ actuator, request }) => {
        expect(actuator.actions.map((a) => a.name)).toContain(request.action);
        for (const { name: action, parameters } of actuator.actions) {
          expect(action.startsWith(`${actuator.name}.`)).toBe(true);
          expect(parameters).toMatchObject({ type: "object", additionalProperties: false });
        }
      }));

    it("changes nothing by observing, capturing and probing", () =>
      staged(async (stage) => {
        const start = await stage.look();
        await stage.actuator.observe(stage.request.service);
        const request = await keyed(stage, "run/step");
        await stage.actuator.probe(request);
        expect(await stage.look()).toEqual(start);
        expect(await stage.effects()).toBe(0);
      }));

    it("brings the effect about once, however often one key is executed", () =>
      staged(async (stage) => {
        const request = await keyed(stage, "run/step");
        await stage.actuator.execute(request, never());
        expect(await stage.effects()).toBe(1);
        if (idempotencyOf(stage) === "none") return;
        await stage.actuator.execute(request, never());
        expect(await stage.effects()).toBe(1);
      }));

    it("tells by looking whether the effect is there, or says that it cannot tell", () =>
      staged(async (stage) => {
        const request = await keyed(stage, "run/step");
        const looks = idempotencyOf(stage) === "probe";
        expect(await stage.actuator.probe(request)).toBe(looks ? "not-applied" : "unknown");
        await stage.actuator.execute(request, never());
        expect(await stage.actuator.probe(request)).toBe(looks ? "applied" : "unknown");
      }));

    it("refuses unknown parameters, unknown services and touches nothing then", () =>
      staged(async (stage) => {
        const request = await keyed(stage, "run/step");
        const start = await stage.look();
        const odd = { ...request, parameters: { ...request.parameters, surprise: true } };
        const strange = { ...request, service: "nobody-declared-this" };
        for (const wrong of [odd, strange]) {
          await expect(stage.actuator.execute(wrong, never())).rejects.toBeInstanceOf(AdapterError);
          await expect(stage.actuator.capture(wrong)).rejects.toBeInstanceOf(AdapterError);
        }
        expect(await stage.look()).toEqual(start);
      }));

    it("captures what can be recorded as JSON", () =>
      staged(async (stage) => {
        const { before } = await keyed(stage, "run/step");
        expect(JSON.parse(JSON.stringify(before))).toEqual(before);
      }));

    it("does nothing once it is aborted", () =>
      staged(async (stage) => {
        const request = await keyed(stage, "run/step");
        await expect(stage.actuator.execute(request, AbortSignal.abort())).rejects.toBeInstanceOf(AdapterError);
        expect(await stage.effects()).toBe(0);
      }));

    it("gives up at the request's timeout", () =>
      staged(async (stage) => {
        if (!stage.hang) return;
        await stage.hang();
        const request = await keyed(stage, "run/step", { timeoutMs: 300 });
        const startMs = performance.now();
        await expect(stage.actuator.execute(request, never())).rejects.toMatchObject({ code: "timeout" });
        expect(performance.now() - startMs).toBeLessThan(5_000);
      }));
  });
}
