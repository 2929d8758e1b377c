import { expect, test } from "vitest";
import type { Finding } from "../detection/finding.ts";
import type { AlertSignal } from "../signal/signal.ts";
import type { Service } from "../signal/service.ts";
import { severityOf } from "./severity.ts";

const services = [{ name: "cart", tier: 2 }] as unknown as Service[];
const alert = (severity: string, service = "cart", status = "firing") =>
  ({ service, severity, status }) as unknown as AlertSignal;
const finding = (dimension: Finding["dimension"], observed = 0.1) =>
  ({ service: "cart", state: "firing", dimension, observed }) as unknown as Finding;

test.each([
  ["a page of a tier 2 service", [], [alert("page")], 2],
  ["a warning of it", [], [alert("warning")], 3],
  ["a page of a service nobody declared", [], [alert("critical", "nobody")], 3],
  ["an alert that is over", [], [alert("page", "cart", "resolved")], 4],
  ["errors", [finding("errors")], [], 2],
  ["errors of most requests", [finding("errors", 0.8)], [], 1],
  ["a slow service", [finding("duration")], [], 3],
] as const)("%s", (_what, findings, alerts, severity) => {
  expect(severityOf({ findings, alerts }, services)).toBe(severity);
});
