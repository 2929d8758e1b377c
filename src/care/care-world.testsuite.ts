import { evaluate, parse } from "@marcbachmann/cel-js";
import { err, ok } from "../kernel/result.ts";
import type { Json } from "../kernel/json.ts";
import type { Conditions } from "../loop/plan/conditions.ts";
import type { ActionSpec } from "../ports/actuator.ts";
import type { QueryLanguage } from "../ports/evidence.ts";
import type { PolicyEngine } from "../ports/policy.ts";
import type { CareOptions } from "./check-care.ts";

/** CEL without the adapter's limits: care knows no adapter, its tests neither. */
export const celForTests: Conditions = {
  check(expression) {
    try {
      parse(expression);
      return ok(undefined);
    } catch (error) {
      return err(`it does not parse: ${String(error).split("\n")[0]}`);
    }
  },
  evaluate(expression, facts) {
    try {
      const value: Json = JSON.parse(
        JSON.stringify(evaluate(expression, { ...facts }), (_key, member: unknown) =>
          typeof member === "bigint" ? Number(member) : member,
        ),
      );
      return ok(value);
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error));
    }
  },
};

/** Refuses a text that holds `broken`; otherwise permits what some text names. */
export const policyForTests: PolicyEngine = {
  compile(sources) {
    const broken = sources.find((s) => s.text.includes("broken"));
    if (broken)
      return err([
        { file: broken.file, line: 1, path: "", message: "broken policy", expected: "a policy", fix: "mend it" },
      ]);
    return ok((question) => {
      const policies = sources.filter((s) => s.text.includes(question.principal.id)).map((s) => s.file);
      return { allowed: policies.length > 0, policies, annotations: {}, errors: [] };
    });
  },
};

const spec = (name: string, properties: Record<string, Json>, required: string[]): ActionSpec => ({
  name,
  description: name,
  idempotency: "probe",
  parameters: { type: "object", properties, required, additionalProperties: false },
});

export const actionsForTests: readonly ActionSpec[] = [
  spec("process.restart", { instance: { type: "string" }, clearScratch: { type: "boolean" } }, ["instance"]),
  spec("release.switch", { to: { type: "string" } }, ["to"]),
  spec("flag.set", { flag: { type: "string" }, variant: { type: "string" }, state: { type: "string" } }, ["flag"]),
  spec("config.restore", { file: { type: "string" }, digest: { type: "string" } }, ["file", "digest"]),
];

/** Knows of a query only whether its brackets match, and that `@` pins it. */
export const queriesForTests: QueryLanguage = {
  read(query) {
    if (query.split("(").length !== query.split(")").length) return err("line 1, column 1: brackets do not match");
    return ok({ rangeMs: query.includes("@") ? undefined : 0, newest: true });
  },
};

export const careOptions = (): CareOptions => ({
  policyEngine: policyForTests,
  conditions: celForTests,
  actions: actionsForTests,
  queries: queriesForTests,
});
