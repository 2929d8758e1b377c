import type { Room } from "./room.ts";

/**
 * A small picture of a series' whole past: means of equal stretches of time, NaN where there was nothing. When it is full, two
 * neighbours become one and it goes on at half the detail; at the coarsest, it slides.
 */
export interface Thumbnail {
  readonly cells: Float64Array;
  length: number;
  /** Time of one cell; 0 before the first point. */
  cellMs: number;
  stepsPerCell: number;
  startMs: number;
  sum: number;
  count: number;
  /** Cells since `drawPoint` last said that it is worth a look. */
  fresh: number;
}

const cellsMax = 256;
const stepsPerCellMax = 256;
const worthCells = 64;
const freshCells = 32;

export const createThumbnail = (room: Room): Thumbnail => ({
  cells: room(cellsMax),
  length: 0,
  cellMs: 0,
  stepsPerCell: 1,
  startMs: 0,
  sum: 0,
  count: 0,
  fresh: 0,
});

/** Takes in a point of a series with one point each `stepMs`, and answers whether it is time to look for a period. */
export function drawPoint(thumbnail: Thumbnail, atMs: number, value: number, stepMs: number): boolean {
  const gap = (atMs - thumbnail.startMs) / thumbnail.cellMs - thumbnail.length;
  if (thumbnail.cellMs === 0 || gap < 0 || gap > cellsMax) begin(thumbnail, atMs, stepMs);
  let worth = false;
  // Few turns more than `cellsMax`, since a longer gap begins a new picture.
  while (atMs >= thumbnail.startMs + (thumbnail.length + 1) * thumbnail.cellMs) {
    if (thumbnail.length === cellsMax) shorten(thumbnail);
    else worth = closeCell(thumbnail) || worth;
  }
  thumbnail.sum += value;
  thumbnail.count++;
  return worth;
}

function begin(thumbnail: Thumbnail, atMs: number, stepMs: number): void {
  if (thumbnail.cellMs === 0) thumbnail.cellMs = stepMs * thumbnail.stepsPerCell;
  Object.assign(thumbnail, { length: 0, startMs: atMs, sum: 0, count: 0, fresh: 0 });
}

function closeCell(thumbnail: Thumbnail): boolean {
  const { cells, sum, count } = thumbnail;
  cells[thumbnail.length++] = count > 0 ? sum / count : NaN;
  thumbnail.sum = thumbnail.count = 0;
  thumbnail.fresh++;
  if (thumbnail.length < worthCells || thumbnail.fresh < freshCells) return false;
  thumbnail.fresh = 0;
  return true;
}

function shorten(thumbnail: Thumbnail): void {
  const { cells } = thumbnail;
  if (thumbnail.stepsPerCell < stepsPerCellMax) {
    for (let i = 0; i < cellsMax / 2; i++) cells[i] = meanOf(cells[2 * i] as number, cells[2 * i + 1] as number);
    thumbnail.length = cellsMax / 2;
    thumbnail.stepsPerCell *= 2;
    thumbnail.cellMs *= 2;
    return;
  }
  cells.copyWithin(0, cellsMax / 4);
  thumbnail.length -= cellsMax / 4;
  thumbnail.startMs += (cellsMax / 4) * thumbnail.cellMs;
}

const meanOf = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2);
