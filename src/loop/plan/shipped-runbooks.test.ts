import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { createActuators } from "../../adapters/actuator/host/create-actuators.ts";
import { promql } from "../../adapters/evidence/prometheus/promql.ts";
import { celConditions } from "../../adapters/condition/cel/cel-conditions.ts";
import { checkCare } from "../../care/check-care.ts";
import { defaultSettings } from "../../care/default-settings.ts";
import { policyForTests } from "../../care/care-world.testsuite.ts";
import type { Hypothesis } from "../diagnosis/diagnosis.ts";
import { bindPlan } from "./bind-plan.ts";
import type { PlanFacts } from "./plan-facts.ts";
import { hypothesisOf, planFacts } from "./plan-scene.testsuite.ts";
import type { Runbook } from "./runbook.ts";

const cel = celConditions();
let runbooks: readonly Runbook[] = [];

beforeAll(async () => {
  const actions = createActuators({
    services: () => [],
    settings: () => defaultSettings,
    dataDir: "",
    clock: { nowMs: () => 0 },
  }).flatMap((a) => a.actions);
  const folder = fileURLToPath(new URL("../../../care/services-example", import.meta.url));
  const { config, errors } = await checkCare(folder, {
    policyEngine: policyForTests,
    conditions: cel,
    queries: promql,
    actions,
  });
  expect(errors).toEqual([]);
  runbooks = config?.runbooks ?? [];
});

const bind = (name: string, hypothesis: Partial<Hypothesis>, facts: Partial<PlanFacts> = {}) => {
  const runbook = runbooks.find((r) => r.name === name);
  if (!runbook) throw new Error(`no runbook ${name}`);
  const [cause = ""] = runbook.causes;
  return bindPlan(runbook, hypothesisOf(cause, hypothesis), { ...planFacts(), ...facts }, cel);
};

const turnedTo = (variant: string, state: string) => ({
  ok: true,
  value: { steps: [{ parameters: { flag: "express", variant, state } }] },
});

describe("the shipped runbooks, on real CEL and against the real actions", () => {
  it("release-rollback goes back to the good release and restarts one by one", () => {
    expect(bind("release-rollback", {})).toMatchObject({
      ok: true,
      value: {
        steps: [
          {
            id: "switch",
            parameters: { to: "v1" },
            undo: [
              { action: "release.switch", with: { to: "${before.release}" } },
              { with: { instance: "shop-1" } },
              { with: { instance: "shop-2" } },
            ],
          },
          { id: "restart[shop-1]", gates: [{ type: "health", instance: "shop-1" }] },
          { id: "restart[shop-2]" },
        ],
      },
    });
  });

  it("release-rollback keeps off when the good release is unknown, current, gone or incompatible", () => {
    const { target, known } = planFacts();
    const releases = [{ name: "v1", compatible: false, createdAtMs: 1 }];
    expect(bind("release-rollback", {}, { known: {} }).ok).toBe(false);
    expect(bind("release-rollback", {}, { known: { ...known, release: "v2" } }).ok).toBe(false);
    expect(bind("release-rollback", {}, { target: { ...target, releases: [] } }).ok).toBe(false);
    expect(bind("release-rollback", {}, { target: { ...target, releases } })).toMatchObject({
      error: ["the good release is gone or not marked compatible"],
    });
    expect(bind("release-rollback", {}, { target: { ...target, instances: [] } }).ok).toBe(false);
    const { release: _unread, ...blind } = target;
    expect(bind("release-rollback", {}, { target: blind }).ok).toBe(false);
  });

  it("process-restart restarts the one instance, and clears scratch only where it is declared", () => {
    const restarted = (instance: string) => bind("process-restart", { instance });
    expect(restarted("shop-1")).toMatchObject({
      value: { steps: [{ parameters: { instance: "shop-1", clearScratch: false }, instances: ["shop-1"] }] },
    });
    expect(restarted("shop-2")).toMatchObject({ value: { steps: [{ parameters: { clearScratch: true } }] } });
    expect(restarted("shop-9").ok).toBe(false);
    expect(bind("process-restart", {}).ok).toBe(false);
  });

  it("flag-off turns to what was good, to off where nothing is recorded, and knows `disabled`", () => {
    const parameters = (flags: Record<string, string>) =>
      bind("flag-off", { subject: "express" }, { known: { flags } });
    expect(parameters({ express: "off" })).toMatchObject(turnedTo("off", "ENABLED"));
    expect(parameters({})).toMatchObject(turnedTo("off", "ENABLED"));
    expect(parameters({ express: "disabled" })).toMatchObject(turnedTo("on", "DISABLED"));
    expect(bind("flag-off", { subject: "other" }).ok).toBe(false);
    expect(bind("flag-off", {}).ok).toBe(false);
  });

  it("config-restore restores the good content and restarts, only when it differs", () => {
    const { target, known } = planFacts();
    expect(bind("config-restore", { subject: "main" })).toMatchObject({
      ok: true,
      value: {
        steps: [
          { parameters: { file: "main", digest: known.config?.["main"] } },
          { id: "restart[shop-1]" },
          { id: "restart[shop-2]" },
        ],
      },
    });
    expect(bind("config-restore", { subject: "main" }, { known: { config: target.config ?? {} } }).ok).toBe(false);
    expect(bind("config-restore", { subject: "other" }).ok).toBe(false);
    expect(bind("config-restore", {}).ok).toBe(false);
  });

  it("dependency-restart restarts only what is alive and does not answer", () => {
    const { target } = planFacts();
    expect(bind("dependency-restart", {})).toMatchObject({ ok: true, value: { steps: [{ id: "restart[shop-2]" }] } });
    const well = (target.instances ?? []).map((i) => ({ ...i, healthy: true }));
    expect(bind("dependency-restart", {}, { target: { ...target, instances: well } }).ok).toBe(false);
  });

  it("escalate touches nothing", () => {
    expect(bind("escalate", {})).toMatchObject({ ok: true, value: { steps: [], runbook: { escalates: true } } });
  });
});
