import { signatureTestSchema } from "../../loop/diagnosis/signatures/signature-test.ts";
import { documentOf } from "./fields.ts";

export const signatureTestDocument = documentOf("SignatureTest", signatureTestSchema);
