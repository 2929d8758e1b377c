/** Names of one duration of requests served, as Prometheus' own libraries and OpenTelemetry's exporters write it. */
const durations: Readonly<Record<string, { readonly name: string; readonly unit: string }>> = {
  http_server_request_duration_seconds: { name: "http.server.request.duration", unit: "s" },
  http_server_request_duration: { name: "http.server.request.duration", unit: "s" },
  http_request_duration_seconds: { name: "http.server.request.duration", unit: "s" },
  http_server_duration_milliseconds: { name: "http.server.duration", unit: "ms" },
};

/** Labels that say how a request ended, by the names in use. */
const statusLabels: ReadonlySet<string> = new Set([
  "http_response_status_code",
  "http_status_code",
  "status_code",
  "status",
  "code",
]);

const units: readonly (readonly [suffix: string, unit: string])[] = [
  ["_milliseconds", "ms"],
  ["_seconds", "s"],
  ["_bytes", "By"],
  ["_ratio", "1"],
];
const unitWords: Readonly<Record<string, string>> = { seconds: "s", milliseconds: "ms", bytes: "By", ratio: "1" };

/** A family's name and unit as OTLP has them, so that detection knows it; others keep their name. */
export function metricName(family: string, unit: string): { readonly name: string; readonly unit: string } {
  const known = Object.hasOwn(durations, family) ? durations[family] : undefined;
  if (known) return known;
  const ended = units.find(([suffix]) => family.replace(/_total$/, "").endsWith(suffix))?.[1] ?? "";
  return { name: family, unit: unit === "" ? ended : (unitWords[unit] ?? unit) };
}

/** A label of such a duration as OTLP's attribute: `5xx` stands for 500. Labels of other metrics stay as they are. */
export function attributeOf(family: string, label: string, value: string): readonly [name: string, value: string] {
  if (!Object.hasOwn(durations, family)) return [label, value];
  if (label === "error_type") return ["error.type", value];
  if (!statusLabels.has(label) || !/^[1-5](\d\d|xx)$/i.test(value)) return [label, value];
  return ["http.response.status_code", value.replace(/xx$/i, "00")];
}
