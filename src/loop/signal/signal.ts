/**
 * A signal is one normalised observation from outside. Receivers make them; nothing else does.
 * Times are milliseconds since the Unix epoch, durations milliseconds. Every text in a signal is untrusted data (I9)
 * and was redacted before it got here (I10).
 */

/** Who a signal speaks of, from the OpenTelemetry resource, alert labels or event source. */
export interface Identity {
  /** `service.name`. */
  readonly service: string;
  /** `deployment.environment.name`; `""` when the sender does not say. */
  readonly environment: string;
  /** `service.instance.id`. */
  readonly instance?: string;
  /** `service.version`. */
  readonly version?: string;
  /** The Homeostat installations that sent it on before, oldest first, divided by commas; undefined when none did. */
  readonly via?: string;
}

export interface SpanSignal extends Identity {
  readonly kind: "span";
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly spanKind: "server" | "client" | "internal" | "producer" | "consumer";
  readonly startMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  /** The service a client or producer span calls, when the span names it (`peer.service`, `server.address` …). */
  readonly peer?: string;
  /** `http.response.status_code` or the RPC status. */
  readonly statusCode?: number;
}

export interface MetricSignal extends Identity {
  readonly kind: "metric";
  readonly name: string;
  readonly unit: string;
  readonly timeMs: number;
  /**
   * What else tells its stream from others: the scope that measured it and, where the sender names no instance, its pod, host and
   * process. Only ever compared.
   */
  readonly source?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value:
    | { readonly type: "gauge"; readonly value: number }
    | {
        readonly type: "counter";
        readonly value: number;
        readonly monotonic: boolean;
        readonly delta: boolean;
        readonly startMs: number;
      }
    | {
        readonly type: "histogram";
        readonly delta: boolean;
        readonly startMs: number;
        readonly count: number;
        readonly sum: number;
        /** Upper bounds, ascending; `counts` has one more member than `bounds`. */
        readonly bounds: readonly number[];
        readonly counts: readonly number[];
      };
}

export interface LogSignal extends Identity {
  readonly kind: "log";
  readonly timeMs: number;
  /** OpenTelemetry severity number, 1 to 24; 0 when unknown. 17 and above are errors. */
  readonly severity: number;
  readonly body: string;
  readonly traceId?: string;
}

/** One alert of a notification, by Alertmanager's words. */
export interface AlertSignal {
  readonly kind: "alert";
  readonly fingerprint: string;
  readonly name: string;
  readonly status: "firing" | "resolved";
  readonly service: string;
  readonly environment: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** As the sender says, but never after receipt, and at most 24 h before it. */
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
}

/** Something someone changed: told by an event (`source: "event"`) or seen by looking at a target (`"observed"`). */
export interface ChangeSignal {
  readonly kind: "change";
  /** Unique per change: the CloudEvents source and id, or a digest of what was observed. */
  readonly id: string;
  readonly change: "release" | "config" | "flag" | "scale" | "infrastructure";
  readonly service: string;
  readonly environment: string;
  readonly instance?: string;
  /** As the sender says, but never after receipt. */
  readonly timeMs: number;
  readonly from?: string;
  readonly to?: string;
  /** For a flag or config change: which flag, which file or key. */
  readonly subject?: string;
  readonly actor?: string;
  readonly source: "event" | "observed";
}

export type TelemetrySignal = SpanSignal | MetricSignal | LogSignal;
export type ControlSignal = AlertSignal | ChangeSignal;
