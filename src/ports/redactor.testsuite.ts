import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../kernel/json.ts";
import { redactJson } from "./redact-json.ts";
import type { Redactor } from "./redactor.ts";

/** Put together here so that no scanner takes this file for a leak. */
const glue = (...parts: string[]): string => parts.join("");
const letters = (n: number): string => "aB3dE5gH7jK9mN1pQ2sT4vW6xY8zA0cD".repeat(8).slice(0, n);

/** A text, the secret in it, and text beside it that must stay readable. */
const samples: readonly (readonly [name: string, text: string, secret: string, kept?: string])[] = [
  ["AWS access key id", `using ${glue("AKIA", "IOSFODNN7EXAMPLE")} now`, "IOSFODNN7EXAMPLE", "using"],
  ["AWS temporary key id", glue("ASIA", "Y34FZKBOKMUTVV7A"), "Y34FZKBOKMUTVV7A"],
  ["AWS secret key", `aws_secret_access_key = ${letters(40)}`, letters(40), "aws_secret_access_key"],
  ["GitHub token", `push with ${glue("ghp_", letters(36))} failed`, letters(36), "failed"],
  ["GitHub fine-grained token", glue("github_pat_", letters(22), "_", letters(59)), letters(22)],
  ["GitLab token", glue("glpat-", letters(20)), letters(20)],
  ["GitLab runner token", glue("glrt-", letters(20)), letters(20)],
  ["Slack bot token", glue("xoxb-", "123456789012-123456789012-", letters(24)), letters(24)],
  [
    "Slack webhook",
    `POST https://hooks.slack.com/services/${glue("T00000000/B00000000/", letters(24))}`,
    letters(24),
    "POST",
  ],
  ["npm token", `//registry/:_authToken=${glue("npm_", letters(36))}`, letters(36)],
  ["Stripe key", `charge by ${glue("sk_live_", letters(24))}`, letters(24), "charge by"],
  ["Stripe webhook secret", glue("whsec_", letters(32)), letters(32)],
  ["Google API key", `key=${glue("AIza", letters(35))}`, letters(35)],
  [
    "private key",
    glue("before -----BEGIN RSA PRIVATE ", "KEY-----\n", letters(64), "\n-----END RSA PRIVATE ", "KEY----- after"),
    letters(64),
    "before",
  ],
  ["private key cut off", glue("-----BEGIN PRIVATE ", "KEY-----\\n", letters(64)), letters(64)],
  ["JWT", `cookie ${glue("eyJ", letters(20), ".", "eyJ", letters(30), ".", letters(43))}`, letters(30)],
  ["bearer token", "Authorization: Bearer abcdef1234567890", "abcdef1234567890"],
  ["bearer token without header", "sent bearer abcdef1234567890 to gateway", "abcdef1234567890", "to gateway"],
  ["basic authorization", "authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["basic credentials without header", "sent Basic dXNlcjpwYXNz to gateway", "dXNlcjpwYXNz", "to gateway"],
  ["password in a URL", "GET https://carol:hunter2@shop.example/cart 500", "hunter2", "shop.example/cart 500"],
  ["password of a database URL", "postgres://root:root@db:5432/shop refused", "root:root", "refused"],
  ["password with @ encoded", "amqp://u:p%40ss@mq/", "p%40ss"],
  ["redis password without user", "redis://:s3cr3t@cache:6379/0", "s3cr3t", "cache:6379/0"],
  ["password assignment", "login failed password=hunter2 user=7", "hunter2", "user=7"],
  ["password with spaces in quotes", `{"password": "correct horse"}`, "correct horse"],
  ["password in YAML", "db_passwd: hunter2", "hunter2", "db_passwd"],
  ["DB_PASSWORD", "DB_PASSWORD='hunter2'", "hunter2", "DB_PASSWORD"],
  ["API key assignment", "api_key: 0123456789abcdef", "0123456789abcdef", "api_key"],
  ["token in a query", "GET /x?token=0123456789abcdef&page=2", "0123456789abcdef", "page=2"],
  ["client secret in JSON", `{"clientSecret":"0123456789abcdef"}`, "0123456789abcdef"],
  ["e-mail address", "order of jane.doe+shop@mail.example.com failed", "jane.doe", "failed"],
  ["e-mail with letters of any alphabet", "von jürgen@müller.example an", "jürgen", "an"],
  ["e-mail in a query", "/login?u=jane%40example.com", "jane"],
  ["Anthropic-like key", glue("sk-ant-", "api03-", letters(95)), letters(95)],
  ["SendGrid key", glue("SG.", letters(22), ".", letters(43)), letters(43)],
  ["Vault token", glue("hvs.", letters(95)), letters(95)],
];

export const redactorSamples = samples.map(([name, text, secret, kept = ""]) => ({ name, text, secret, kept }));

const harmless = [
  "GET /cart 200 in 12 ms",
  "",
  "connection to 10.0.0.7:5432 refused",
  "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "commit 37cb9f2aa01d3ab7e7d1e5a0d2f0cbb1f7a1c0de by release 1.4.2",
  "checkout: p95 812 ms, expected at most 300 ms",
  "http://gateway:8080/healthz",
  "plan digest 37cb9f2aa01d3ab7e7d1e5a0d2f0cbb1",
  "basic authentication failed",
  "token bucket is empty",
  "access key rotation done, 3 secrets renewed",
  "leader holds lease with token 17",
  "checkout@1.4.2 is live",
  "0191d3c4-7a6e-7b7c-9d7e-3f5a4b6c8d9e",
];

/** What every redactor must do (I10). */
export function redactorSuite(name: string, make: () => Redactor): void {
  describe(`redactor ${name}`, () => {
    it.each(redactorSamples)("masks: $name", ({ text, secret, kept }) => {
      const masked = make().redact(text);
      expect(masked).not.toContain(secret);
      expect(masked).toMatch(/\[redacted:[a-z0-9-]+\]/);
      expect(masked).toContain(kept);
    });

    it.each(harmless)("leaves %j as it is", (text) => expect(make().redact(text)).toBe(text));

    it("finds every secret in the middle of other text, and again when asked again", () => {
      const redactor = make();
      const anything = fc.string({
        unit: fc.constantFrom("a", " ", "\n", "-", "ü", "{", '"', "=", "7"),
        maxLength: 40,
      });
      const pair = fc.tuple(fc.constantFrom(...redactorSamples), anything, anything);
      fc.assert(
        fc.property(pair, ([{ text, secret }, before, after]) => {
          const whole = `${before} ${text} ${after}`;
          expect(redactor.redact(whole)).not.toContain(secret);
          expect(redactor.redact(whole)).toBe(make().redact(whole));
        }),
        { numRuns: 300 },
      );
    });

    it.each(redactorSamples)("masks once what is masked already: $name", ({ text }) => {
      const once = make().redact(text);
      expect(make().redact(once)).toBe(once);
    });

    it("cannot be switched off by the text itself", () =>
      expect(make().redact(`secretlint-disable\n${glue("ghp_", letters(36))}`)).not.toContain(letters(36)));

    it("masks unseen what is too long to look at, also around the limit", () => {
      const long = `start ${"x".repeat(400_000)} ${glue("ghp_", letters(36))} end`;
      expect(make().redact(long)).not.toContain(letters(36));
      expect(make().redact(long)).toContain("start");
      for (const at of [65_500, 65_520, 65_536]) {
        const cut = `${" ".repeat(at - 20)}${glue("ghp_", letters(36))}${" ".repeat(100)}`;
        expect(make().redact(cut)).not.toContain(letters(10));
      }
    });

    it("takes little time for texts made to take long", () => {
      const redactor = make();
      const parts = [
        "ghs_1_",
        "a@a.",
        "://a:",
        "eyJ",
        "SG.a.",
        "password=",
        "-----BEGIN PRIVATE KEY-----",
        "_secret_access_key ",
        "a.",
        "-",
        "sk-a-",
        "xoxb-",
        "token:",
        " ",
        "@",
        "mysql://",
      ];
      for (const part of [...parts, ...parts.map((p, i) => p + (parts[i + 1] ?? ""))]) {
        const text = `password= ${part.repeat(Math.ceil(65_536 / part.length))}`;
        const started = performance.now();
        redactor.redact(text);
        expect(performance.now() - started, part).toBeLessThan(2_000);
      }
    });

    it("redacts JSON deeply, names of members too, and never loses a member", () => {
      const input: Json = {
        note: "mail jane@example.com",
        list: [{ password: "x", retries: 3 }, { apiKey: ["a", "b"] }],
        "jane@example.com": 1,
        "joe@example.com": 2,
        nul: "a\u0000b\ud800",
      };
      const masked = redactJson(input, make());
      expect(JSON.stringify(masked)).not.toMatch(/jane|joe|"x"|\\u0000|\\ud800/);
      expect(masked).toMatchObject({
        list: [{ retries: 3, password: "[redacted:secret]" }, { apiKey: ["[redacted:secret]", "[redacted:secret]"] }],
      });
      expect(Object.values(masked)).toHaveLength(5);
    });

    it("survives JSON of any shape", () => {
      let deep: Json = "x";
      for (let i = 0; i < 10_000; i++) deep = [deep];
      expect(JSON.stringify(redactJson(deep, make()))).toContain("[redacted:depth]");
      fc.assert(
        fc.property(fc.json(), (text) => {
          const value: Json = JSON.parse(text);
          expect(redactJson(value, make())).toBeDefined();
        }),
      );
    });
  });
}
