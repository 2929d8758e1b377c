import { createSeriesDetector, type SeriesDetector } from "./series-detector.ts";
import { takePoint } from "./take-point.ts";

/** A detector that knows the past of a series from its first live point on, just as if it had been there. Both arrays are as long. */
export function learnHistory(timesMs: ArrayLike<number>, values: ArrayLike<number>): SeriesDetector {
  if (timesMs.length !== values.length)
    throw new Error(`${timesMs.length} times do not go with ${values.length} values: give one time a value`);
  const detector = createSeriesDetector();
  for (let i = 0; i < values.length; i++) takePoint(detector, timesMs[i] as number, values[i] as number);
  return detector;
}
