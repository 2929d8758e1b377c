import { policyTestSchema } from "../../loop/decision/policy-test.ts";
import { documentOf } from "./fields.ts";

export const policyTestDocument = documentOf("PolicyTest", policyTestSchema);
