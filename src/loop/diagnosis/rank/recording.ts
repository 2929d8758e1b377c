/** Somewhere a fault may start: a service, an instance of one (a pod), or something called that says nothing itself. */
export interface Place {
  readonly id: string;
  /** What instances of one service share: what was normal for one is normal for its siblings. Default: the id. */
  readonly service?: string;
}

export interface Call {
  readonly from: string;
  readonly to: string;
}

/**
 * Points of one measure at one place, in any order; what is not finite counts as missing. Three dimensions are understood and weighed
 * along calls: `requests` (a count per point), `latency` (their mean, any unit of time) and `errors` (the share that failed, 0 to 1),
 * at the same times. All others are resources: what moved there moved there.
 */
export interface Series {
  readonly place: string;
  readonly dimension: string;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

export interface RecordedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  readonly place: string;
  readonly operation: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** One log line, by its template. Lines that say in which span they were written are compared span by span. */
export interface RecordedLog {
  readonly place: string;
  readonly timeMs: number;
  /** Absent: something was written, it is not known what. It only counts as one of all lines. */
  readonly template?: string;
  readonly spanId?: string;
}

export interface RecordedChange {
  readonly place: string;
  readonly timeMs: number;
  readonly text: string;
}

/** Where something was found to be wrong, and in which dimension if that is known. Where it shows is seldom where it starts. */
export interface Symptom {
  readonly place: string;
  readonly dimension?: string;
}

/** The time in question, ms, both ends included. Without `fromMs` the onset is looked for in the series. */
export interface Window {
  readonly fromMs?: number;
  readonly toMs: number;
}

/**
 * What was recorded around an incident, in whatever kinds there are; none is needed. What is before the window is what was normal, what is
 * after it is not looked at.
 */
export interface Recording {
  readonly places: readonly Place[];
  readonly calls: readonly Call[];
  readonly series: readonly Series[];
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
  readonly changes: readonly RecordedChange[];
  readonly symptoms?: readonly Symptom[];
  readonly window: Window;
}
