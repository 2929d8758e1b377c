import { expect, it } from "vitest";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { named } from "./unavailable.ts";

const failure = (code: string, message = "x") => Object.assign(new Error(message), { code });

it.each([
  "08006",
  "53100",
  "53300",
  "57P01",
  "57P03",
  "57014",
  "40P01",
  "40001",
  "25006",
  "58030",
  "ECONNREFUSED",
  "EPIPE",
])("%s passes: to be tried again", (code) => {
  expect(named(failure(code))).toMatchObject({ code: "unavailable", retryable: true });
});

it.each(["23505", "42P01", "28P01", "3D000", "22021"])("%s does not pass by itself", (code) => {
  expect(named(failure(code, "connection timeout"))).toMatchObject({ code: "database", retryable: false });
});

it("knows what the driver says without a code", () => {
  expect(named(new Error("Connection terminated unexpectedly"))).toMatchObject({ code: "unavailable" });
  expect(named(new Error("timeout exceeded when trying to connect"))).toMatchObject({ code: "unavailable" });
  expect(named(new TypeError("x is not a function"))).toMatchObject({ code: "database" });
});

it("names a full disk, and leaves what is named as it is", () => {
  expect(named(failure("53100", "could not extend file")).message).toBe(
    "the database's disk is full: could not extend file",
  );
  const error = new AdapterError("newer-schema", "m");
  expect(named(error)).toBe(error);
});
