import type { MetricSignal } from "../../signal/signal.ts";

/** What a metric is about, in the words of the golden signals and the USE method. */
export type MetricClass = "latency" | "errors" | "traffic" | "saturation" | "queue" | "other";

/** Words in names of OpenTelemetry's semantic conventions and of well-known exporters, the first that is in the name decides. */
const words: readonly (readonly [MetricClass, RegExp])[] = [
  ["queue", /queue|backlog|(?:^|[._])lag(?:$|[._])|pending|waiting|depth|inflight|in_flight/],
  ["errors", /error|fail|exception|reject|abort|drop|retr(?:y|ies)|timeout/],
  ["latency", /duration|latency|response_?time|delay|elapsed/],
  [
    "saturation",
    /cpu|memory|heap|rss|disk|filesystem|inode|fds?(?:$|[._])|file_?desc|thread|utili[sz]ation|usage|load|pool|connection|gc(?:$|[._])|throttl|swap|saturat/,
  ],
  ["traffic", /request|call|message|bytes|packet|throughput|io(?:$|[._])|ops|qps|rps|count|total/],
];

export function classOf({ name }: Pick<MetricSignal, "name">): MetricClass {
  const lower = name.toLowerCase();
  return words.find(([, word]) => word.test(lower))?.[0] ?? "other";
}
