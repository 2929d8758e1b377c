/** Requests an instance answered, by status: what a Prometheus scrapes at `/metrics`. */
export interface RequestCounts {
  add(status: number): void;
  /** Prometheus text format 0.0.4. */
  text(): string;
}

export function countRequests(): RequestCounts {
  // Both from the start on, so that a rate can be told from the first error on.
  const byCode = new Map([
    [200, 0],
    [500, 0],
  ]);
  return {
    add: (status) => void byCode.set(status, (byCode.get(status) ?? 0) + 1),
    text: () =>
      [
        "# HELP shop_requests_total Requests answered, by status code.",
        "# TYPE shop_requests_total counter",
        ...[...byCode].map(([code, count]) => `shop_requests_total{code="${code}"} ${count}`),
        "",
      ].join("\n"),
  };
}
