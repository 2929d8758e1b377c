/** Buckets of one sign of an exponential histogram; `offset` is the index of the first. */
export interface ExponentialBuckets {
  offset: number;
  counts: number[];
}

interface ExponentialPoint {
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

/** Scales that SDKs use; beyond them the bounds are not told apart by doubles. */
const scaleMin = -10;
const scaleMax = 20;

/**
 * An exponential histogram as explicit bounds. By the OpenTelemetry data model, bucket `i` of scale `s` holds values in
 * (base^i, base^(i+1)] with base = 2^(2^-s); negative values mirror it, and `zeroCount` holds what lies within
 * `zeroThreshold` of zero. Counts add up to the same total; buckets whose bounds a double cannot tell apart are merged.
 * Undefined when the scale is out of range or an offset is not sane.
 */
export function explicitBuckets(point: ExponentialPoint): { bounds: number[]; counts: number[] } | undefined {
  const { scale, positive, negative } = point;
  if (scale < scaleMin || scale > scaleMax) return undefined;
  const bound = (index: number) => 2 ** (index * 2 ** -scale);
  const out = new Ladder();
  if (negative.counts.length > 0) out.step(-bound(negative.offset + negative.counts.length), 0);
  for (let k = negative.counts.length - 1; k >= 0; k -= 1)
    out.step(-bound(negative.offset + k), negative.counts[k] ?? 0);
  out.step(point.zeroThreshold, point.zeroCount);
  if (positive.counts.length > 0) out.step(bound(positive.offset), 0);
  positive.counts.forEach((count, k) => out.step(bound(positive.offset + k + 1), count));
  return out.finish();
}

/** Bounds that only climb. A step that does not climb adds its count to the bucket below; one to infinity is the last. */
class Ladder {
  private readonly bounds: number[] = [];
  private readonly counts: number[] = [];
  private overflow = 0;
  /** Counts below the first finite bound, until there is one. */
  private pending = 0;

  step(upper: number, count: number): void {
    const last = this.bounds.at(-1);
    if (upper === Number.POSITIVE_INFINITY) this.overflow += count;
    else if (upper === Number.NEGATIVE_INFINITY) this.pending += count;
    else if (last !== undefined && upper <= last)
      this.counts[this.counts.length - 1] = (this.counts.at(-1) ?? 0) + count;
    else {
      this.bounds.push(upper);
      this.counts.push(count + this.pending);
      this.pending = 0;
    }
  }

  finish(): { bounds: number[]; counts: number[] } {
    return { bounds: this.bounds, counts: [...this.counts, this.overflow + this.pending] };
  }
}
