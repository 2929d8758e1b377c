import { expect, test } from "vitest";
import { askOf, noonMs } from "./given-decision.ts";
import { mayOperate } from "./operate.ts";

const ann = { kind: "person", name: "ann", roles: [] } as const;
const cart = { kind: "service", value: "cart" } as const;

test("stopping works even when the policies are broken (I8)", () => {
  expect(
    mayOperate(
      ann,
      cart,
      "stop",
      () => {
        throw new Error("broken");
      },
      noonMs,
    ).ok,
  ).toBe(true);
});

test("resuming needs a permit, and names it", () => {
  expect(
    mayOperate(ann, cart, "resume", askOf({ operate: { allowed: true, policies: ["operators"] } }), noonMs),
  ).toEqual({ ok: true, value: ["operators"] });
});

test.each([
  ["nothing permits", askOf({}), "no policy permits `ann` to resume `service/cart`"],
  ["a policy forbids", askOf({ operate: { policies: ["no"] } }), "a policy forbids `ann`"],
  ["the policies err (I7)", askOf({ operate: { allowed: true, errors: ["overflow"] } }), "met errors"],
])("does not resume when %s", (_, ask, message) => {
  expect(mayOperate(ann, cart, "resume", ask, noonMs)).toMatchObject({
    ok: false,
    error: { code: "denied", message: expect.stringContaining(message) },
  });
});
