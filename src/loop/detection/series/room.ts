/** Gives arrays of so many numbers, all zero. */
export type Room = (numbers: number) => Float64Array;

/** Room for so many numbers in one piece of memory: an array for itself costs several hundred bytes beside its numbers. */
export function createRoom(numbers: number): Room {
  const { buffer } = new Float64Array(numbers);
  let taken = 0;
  return (many) => new Float64Array(buffer, 8 * (taken += many) - 8 * many, many);
}
