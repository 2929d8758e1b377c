import type { Metric } from "./metric.ts";

type Known = readonly [name: string, type: "counter" | "gauge", help: string];

/** How the status's counters are shown to Prometheus: what only grows is a counter and ends in `_total`. */
const known: Readonly<Record<string, Known>> = {
  telemetrySignals: ["telemetry_signals_total", "counter", "Telemetry signals taken in."],
  telemetryDropped: ["telemetry_dropped_total", "counter", "Telemetry signals dropped because a limit was reached."],
  logsWaiting: ["logs_waiting", "gauge", "Log records waiting to be looked at."],
  spans: ["spans_aggregated_total", "counter", "Spans aggregated."],
  metrics: ["metric_points_aggregated_total", "counter", "Metric points aggregated."],
  late: ["telemetry_late_total", "counter", "Signals that came after their interval was closed."],
  future: ["telemetry_future_total", "counter", "Signals from too far in the future."],
  past: ["telemetry_past_total", "counter", "Signals from too far in the past."],
  seriesRefused: ["series_refused_total", "counter", "Signals refused because there were too many series."],
  edgesRefused: ["edges_refused_total", "counter", "Calls refused because there were too many edges."],
  undecided: ["spans_undecided_total", "counter", "Failed calls of which it could not be told who failed."],
  unnamedCalls: ["calls_unnamed_total", "counter", "Calls that did not name whom they called."],
  streams: ["metric_streams", "gauge", "Metric streams known."],
  streamsRefused: ["metric_streams_refused_total", "counter", "Points refused because there were too many streams."],
  streamPointsOld: ["request_points_old_total", "counter", "Points of request metrics not newer than the last one."],
  streamPointsShared: [
    "request_points_shared_total",
    "counter",
    "Points of request metrics of senders that nothing tells apart.",
  ],
  series: ["series", "gauge", "Series with a bucket of late."],
  edges: ["edges", "gauge", "Edges of the call graph known."],
  bucketsHeld: ["buckets_held", "gauge", "Buckets of series in memory, of the last half hour."],
  bucketsPushedOut: [
    "buckets_pushed_out_total",
    "counter",
    "Buckets let go before their time, as there were too many.",
  ],
  openIntervals: ["intervals_open", "gauge", "Intervals that telemetry is still added to."],
  joinsForgotten: ["joins_forgotten_total", "counter", "Spans forgotten before their call or caller was seen."],
  servicesHeard: ["services_heard", "gauge", "Services whose silence would be noticed."],
  servicesUnheard: ["services_unheard_total", "counter", "Signs of life of services for which there was no room."],
  seriesWatched: ["series_watched", "gauge", "Series the detectors watch."],
  seriesUnwatched: ["series_unwatched_total", "counter", "Buckets not watched because there were too many series."],
  logShapes: ["log_shapes", "gauge", "Log templates known."],
  tracesOpen: ["traces_open", "gauge", "Traces to which spans may still come."],
  tracesCut: ["traces_cut_total", "counter", "Traces looked at before they were whole, to make room for others."],
  spansOpen: ["spans_open", "gauge", "Spans of traces to which more may still come."],
  tracesLookedAtPercent: [
    "traces_looked_at_percent",
    "gauge",
    "Share of traces that are joined and looked at as a whole.",
  ],
  spansUntraced: ["spans_untraced_total", "counter", "Spans left out of whole traces because there were too many."],
  tracesSkipped: ["traces_skipped_total", "counter", "Whole traces left out because one look had too many."],
  traceOperations: ["trace_operations", "gauge", "Operations whose calls are watched."],
  traceOperationsRefused: ["trace_operations_refused_total", "counter", "Requests of operations over the limit."],
  operationRows: ["operation_rows", "gauge", "Ten-second rows of operations kept."],
  operationRowsDropped: [
    "operation_rows_dropped_total",
    "counter",
    "Rows of operations not kept because a limit was reached.",
  ],
  exemplarMinutes: ["exemplar_windows", "gauge", "Minutes of services of which slow and failed traces are known."],
  metricSeries: ["metric_series", "gauge", "Metric streams that are watched."],
  metricSeriesRefused: [
    "metric_series_refused_total",
    "counter",
    "Points not watched because there were too many streams.",
  ],
  metricPointsLate: [
    "metric_points_late_total",
    "counter",
    "Points that were older than the last one of their stream.",
  ],
  metricPointsDuplicate: ["metric_points_duplicate_total", "counter", "Points of a time their stream had already."],
  metricPointsShared: [
    "metric_points_shared_total",
    "counter",
    "Points of senders that nothing tells apart, so that what they add is not known.",
  ],
  metricPointsFuture: ["metric_points_future_total", "counter", "Points from too far in the future."],
  metricPointsNotFinite: [
    "metric_points_not_finite_total",
    "counter",
    "Points that were no number, or none that is finite.",
  ],
  logServices: ["log_services", "gauge", "Services whose log is known."],
  logServicesForgotten: [
    "log_services_forgotten_total",
    "counter",
    "Services whose log was forgotten to make room for others.",
  ],
  logsUnshaped: ["logs_unshaped_total", "counter", "Log records left out because there were too many services."],
  logShapesForgotten: ["log_shapes_forgotten_total", "counter", "Log templates let go to make room for others."],
  logsCut: ["logs_cut_total", "counter", "Log records of which only the beginning was looked at."],
  logSessionsMissed: ["log_sessions_missed_total", "counter", "Traces whose log was not compared with others."],
  notableSeries: ["notable_series", "gauge", "Metric streams kept because known failures ask about them."],
  notableSeriesRefused: [
    "notable_series_refused_total",
    "counter",
    "Points of such streams not kept because there were too many.",
  ],
  findingsFiring: ["findings_firing", "gauge", "Findings that are firing."],
  findingsRefused: ["findings_refused_total", "counter", "Findings refused because too many were firing."],
  otlp_items_rejected: ["otlp_items_rejected_total", "counter", "OTLP items refused as malformed."],
  otlp_items_dropped: ["otlp_items_dropped_total", "counter", "OTLP items dropped because a limit was reached."],
  alertmanager_alerts_truncated: [
    "alertmanager_alerts_truncated_total",
    "counter",
    "Alerts that Alertmanager cut off.",
  ],
  cloudevents_ignored: ["cloudevents_ignored_total", "counter", "CloudEvents of no known type."],
  control_times_ahead: [
    "control_times_ahead_total",
    "counter",
    "Times of alerts and changes more than 5 min ahead, taken as the time of receipt.",
  ],
  control_onsets_old: [
    "control_onsets_old_total",
    "counter",
    "Alerts that began more than 24 h before receipt, taken as begun 24 h before.",
  ],
  clockSets: ["clock_sets_total", "counter", "Times the clock was set, by more than detection bears unnoticed."],
  timesAway: [
    "looks_missed_total",
    "counter",
    "Times in which nobody looked for 10 s or more: a controller that was stopped.",
  ],
  logsFuture: ["log_records_future_total", "counter", "Log records from too far in the future."],
  logsPast: ["log_records_past_total", "counter", "Log records from too far in the past."],
  controlSignalsWaiting: ["control_signals_waiting", "gauge", "Alerts and changes taken in and not yet looked at."],
  auditRecords: ["audit_records", "gauge", "Records in the audit log, by all controllers."],
  databaseRestarts: [
    "database_restarts_total",
    "counter",
    "How often the embedded Postgres ended by itself and was started again.",
  ],
  scrapes: ["scrapes_total", "counter", "Times a target was asked for its metrics."],
  scrapesFailed: ["scrapes_failed_total", "counter", "Times a target did not answer with metrics."],
  scrapesLate: ["scrapes_late_total", "counter", "Looks at which a scrape had to wait, as too many were under way."],
  scrapeSamplesRejected: ["scrape_samples_rejected_total", "counter", "Scraped samples refused as malformed."],
  scrapeSamplesDropped: [
    "scrape_samples_dropped_total",
    "counter",
    "Scraped samples dropped because a limit was reached.",
  ],
  archiveWaitingBytes: ["archive_waiting_bytes", "gauge", "What waits for the archive takes up in memory, estimated."],
  archiveDecidedEarly: [
    "archive_decided_early_total",
    "counter",
    "Telemetry thinned before an incident could want it whole.",
  ],
  archiveCrowdedPoints: [
    "archive_crowded_points_total",
    "counter",
    "Metric points that share a series since their metric has too many.",
  ],
  archiveBytes: ["archive_bytes", "gauge", "Bytes of all files of the telemetry archive."],
  archiveFiles: ["archive_files", "gauge", "Files of the telemetry archive."],
  archiveFilesSetAside: ["archive_files_set_aside", "gauge", "Files that cannot be read and were set aside."],
  archiveFilesRemoved: [
    "archive_files_removed_total",
    "counter",
    "Files removed because they were too old or too much.",
  ],
  forwardSent: ["forward_items_sent_total", "counter", "Telemetry signals sent on."],
  forwardDropped: ["forward_items_dropped_total", "counter", "Telemetry signals that could not be sent on."],
  telemetryReturned: [
    "telemetry_returned_total",
    "counter",
    "Telemetry signals left out because they were sent on from here and came back.",
  ],
  forwardWaiting: ["forward_items_waiting", "gauge", "Telemetry signals that wait to be sent on."],
  traceSpansSent: ["trace_spans_sent_total", "counter", "Spans of Homeostat's own traces delivered."],
  traceSpansFailed: ["trace_spans_failed_total", "counter", "Spans of Homeostat's own traces that were not delivered."],
};

/** Counters without a description are left out: what is shown has a type that is true. A test holds the two together. */
export const statusCounters = (counters: Readonly<Record<string, number>>): Metric[] =>
  Object.entries(counters).flatMap(([counter, value]) => {
    const found = known[counter];
    return found ? [{ name: found[0], type: found[1], help: found[2], samples: [{ value }] }] : [];
  });

export const isDescribed = (counter: string): boolean => Object.hasOwn(known, counter);
