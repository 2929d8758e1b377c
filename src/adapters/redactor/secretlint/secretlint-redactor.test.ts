import { lintSource } from "@secretlint/core";
import { creator, rules } from "@secretlint/secretlint-rule-preset-recommend";
import { describe, expect, it } from "vitest";
import { redactorSamples, redactorSuite } from "../../../ports/redactor.testsuite.ts";
import { mayHoldSecret } from "./hints.ts";
import { mask } from "./ranges.ts";
import { createSecretlintRedactor } from "./secretlint-redactor.ts";
import { findByPreset } from "./secretlint-rules.ts";

redactorSuite("secretlint", createSecretlintRedactor);

const letters = (n: number): string => "aB3dE5gH7jK9mN1pQ2sT4vW6xY8zA0cD".repeat(8).slice(0, n);
const hexDigits = (n: number): string => "0123456789abcdef".repeat(8).slice(0, n);

const onePassword = Buffer.from(
  JSON.stringify({
    email: "x@1passwordserviceaccounts.lcl",
    muk: { alg: "A256GCM", k: letters(40) },
    secretKey: "A3-C4ZJMN",
    srpX: hexDigits(64),
    signInAddress: "a.b.com",
    userAuth: { method: "SRPg-4096" },
  }),
).toString("base64");

/** For each rule of the preset a text it finds, put together here so that no scanner takes this file for a leak. */
const perRule: Readonly<Record<string, string>> = {
  aws: `AWS_SECRET_ACCESS_KEY=${letters(40)}`,
  privatekey: ["-----BEGIN PRIVATE ", "KEY-----\nMI", letters(120), "\n-----END PRIVATE ", "KEY-----"].join(""),
  npm: ["npm", letters(36)].join("_"),
  basicauth: "https://carol:hunter22@shop.test/",
  slack: ["xoxb", "123456789012", letters(24)].join("-"),
  sendgrid: ["SG", letters(22), letters(43)].join("."),
  shopify: ["shpat", hexDigits(32)].join("_"),
  stripe: ["sk_live", letters(24)].join("_"),
  github: ["ghp", letters(36)].join("_"),
  gitlab: ["glpat", letters(20)].join("-"),
  grafana: ["glsa", letters(32), hexDigits(8)].join("_"),
  openai: `sk-${letters(20)}T3BlbkFJ${letters(20)}`,
  anthropic: `sk-ant-api03-${letters(93)}AA`,
  groq: ["gsk", letters(52)].join("_"),
  huggingface: ["hf", "abcdefghijklmnopqrstuvwxyzabcdefgh"].join("_"),
  linear: ["lin_api", letters(40)].join("_"),
  notion: ["ntn", `12345678901${letters(35)}`].join("_"),
  "1password": `ops_${onePassword}`,
  "database-connection-string": "postgres://carol:hunter22@db/shop",
  "hashicorp-vault": ["hvs", letters(95)].join("."),
  vercel: ["vcp", letters(24)].join("_"),
  databricks: `dapi${hexDigits(32)}`,
  docker: ["dckr_pat", letters(27)].join("_"),
  figma: ["figd", letters(40)].join("_"),
  cloudflare: ["cfut", `${letters(40)}${hexDigits(8)}`].join("_"),
  tailscale: ["tskey-auth", letters(12), letters(20)].join("-"),
};
/** `gcp` looks at files by their names only; the comments' rule is not run. */
const withoutSample = ["gcp", "filter-comments"];

describe("the preset", () => {
  const names = rules.map((rule) => rule.meta.id.replace("@secretlint/secretlint-rule-", ""));

  it("has a sample here for every rule, so that an upgrade's new rule is not overlooked", () =>
    expect([...Object.keys(perRule), ...withoutSample].toSorted()).toEqual(names.toSorted()));

  it.each(Object.entries(perRule))("rule %s runs in place, is hinted at, and its secret is masked", (name, text) => {
    const found = findByPreset(`say ${text} now`).filter((f) => f.kind === name);
    expect(found).not.toEqual([]);
    expect(mayHoldSecret(text)).toBe(true);
    const masked = createSecretlintRedactor().redact(`say ${text} now`);
    expect(masked).toMatch(/^say .*\[redacted:[a-z0-9-]+\].* now$/s);
    expect(masked).not.toContain(text);
  });

  it("finds in place what the library finds", async () => {
    const config = { rules: [{ id: "preset", rule: creator }] };
    for (const content of [...Object.values(perRule), ...redactorSamples.map((s) => s.text)]) {
      const source = { filePath: "/dev/null/text", content, contentType: "text" as const };
      const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
      expect(ranges(findByPreset(content).map((f) => [f.from, f.to]))).toEqual(
        ranges(messages.map((m) => [...m.range])),
      );
    }
  });
});

const ranges = (list: readonly (readonly number[])[]): string[] =>
  [...new Set(list.map((r) => r.join("-")))].toSorted();

it("masks overlapping stretches as one", () => {
  const found = [
    { from: 4, to: 8, kind: "b" },
    { from: 2, to: 5, kind: "a" },
    { from: 9, to: 9, kind: "c" },
  ];
  expect(mask("0123456789", found)).toBe("01[redacted:a]89");
});
