import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { generateKeyPairSync } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { signerSuite } from "../../../ports/signer.testsuite.ts";
import { createEd25519Signer } from "./ed25519-signer.ts";

const folder = mkdtempSync(join(tmpdir(), "signer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (place: string) =>
  createEd25519Signer({ name: "example.com/log", keyPath: join(folder, place, "audit.pem") });

signerSuite("ed25519", at);

describe("the key file", () => {
  it("is PKCS #8, for its owner only, and alone in its folder", async () => {
    await Promise.all([at("f"), at("f"), at("f")]);
    expect(readdirSync(join(folder, "f"))).toEqual(["audit.pem"]);
    expect(statSync(join(folder, "f/audit.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "f/audit.pem"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it("is refused when others may read it", async () => {
    await at("g");
    chmodSync(join(folder, "g/audit.pem"), 0o644);
    await expect(at("g")).rejects.toMatchObject({ code: "open-key", retryable: false });
  });

  it("is never replaced when it is broken or of another kind", async () => {
    await at("h");
    const path = join(folder, "h/audit.pem");
    for (const text of [
      "",
      "nonsense",
      generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }),
    ]) {
      writeFileSync(path, text);
      await expect(at("h")).rejects.toMatchObject({ code: "invalid-key" });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });

  it("is not made for a name that no note can carry", async () => {
    await expect(createEd25519Signer({ name: "two words", keyPath: join(folder, "i.pem") })).rejects.toMatchObject({
      code: "invalid-name",
    });
    expect(readdirSync(folder)).not.toContain("i.pem");
  });
});
