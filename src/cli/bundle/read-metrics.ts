import { nearest } from "../../care/nearest.ts";
import type { Recording, Series } from "../../loop/diagnosis/rank/recording.ts";
import { bytesOf, tableOf } from "../csv/read-table.ts";
import { seriesOf, type FileSeries } from "../read-series.ts";
import type { Notes } from "./notes.ts";
import { badFile } from "./read-json.ts";

/** Labels that say where something was measured, and what. */
const placeLabels: ReadonlySet<string> = new Set(["place", "service", "service_name", "service.name"]);
const dimensionLabels: ReadonlySet<string> = new Set(["dimension"]);

/** Series of `metrics.csv`: columns `PLACE/DIMENSION`, or a column `place` that tells rows apart. */
export async function readMetrics(file: string, notes: Notes): Promise<Series[]> {
  const bytes = await bytesOf(file);
  if (bytes === undefined) return [];
  const { series, unreadable, unreadableCount, ignored } = seriesOf(tableOf(file, bytes));
  if (unreadableCount > 0)
    notes.add(file, `${unreadableCount} cells cannot be read and count as missing: ${unreadable.join("; ")}`);
  for (const column of ignored) notes.add(file, `not looked at: ${column}`);
  return possible(
    file,
    series.map((s) => ({ ...whereOf(file, s), timesMs: s.atMs, values: s.values })),
    notes,
  );
}

/** What the three that are weighed along calls cannot be. */
const impossible: Readonly<Record<string, { readonly is: (value: number) => boolean; readonly why: string }>> = {
  errors: { is: (value) => value < 0 || value > 1, why: "no share of requests: give 0 to 1, not percent or counts" },
  requests: { is: (value) => value < 0, why: "no count of requests: give what came in each interval" },
  latency: { is: (value) => value < 0, why: "no time: give what a request took" },
};

/** Leaves out, and says so, what would be weighed as something it is not. */
function possible(file: string, series: readonly Series[], notes: Notes): Series[] {
  return series.filter(({ place, dimension, values }) => {
    const { is, why } = impossible[dimension] ?? {};
    const wrong = is && values.find(is);
    if (wrong !== undefined) notes.add(file, `not looked at: \`${dimension}\` of \`${place}\` is ${wrong}, ${why}`);
    return wrong === undefined;
  });
}

function whereOf(file: string, { name, column, labels }: FileSeries): Pick<Series, "place" | "dimension"> {
  const labelOf = (names: ReadonlySet<string>) =>
    Object.entries(labels).find(([label]) => names.has(label.toLowerCase()));
  const place = labelOf(placeLabels);
  if (place !== undefined) {
    const dimension = labelOf(dimensionLabels)?.[1] ?? column;
    const rest = Object.entries(labels).filter(
      ([label]) => label !== place[0] && !dimensionLabels.has(label.toLowerCase()),
    );
    const told = rest.filter(([, value]) => value !== dimension && !column.startsWith(value));
    return { place: place[1], dimension: [dimension, ...told.map(([label, value]) => `${label}=${value}`)].join(" ") };
  }
  const slash = name.lastIndexOf("/");
  if (slash > 0 && slash < name.length - 1) return { place: name.slice(0, slash), dimension: name.slice(slash + 1) };
  throw badFile(
    file,
    1,
    `column \`${name}\``,
    "name each column PLACE/DIMENSION, such as `cart/latency`, or give a column `place`",
  );
}

/** Dimensions that are weighed along calls. */
const weighed = ["requests", "latency", "errors"] as const;

/** Says where a dimension was perhaps meant to be one that is weighed along calls. */
export function noteDimensions(
  file: string,
  { series, calls }: Pick<Recording, "series" | "calls">,
  notes: Notes,
): void {
  const all = new Set(series.map((s) => s.dimension));
  for (const dimension of all) {
    if (weighed.includes(dimension as never)) continue;
    const meant = dimension.length > 40 ? undefined : nearest(dimension, weighed);
    if (meant !== undefined)
      notes.add(
        file,
        `\`${dimension}\` is weighed as any measure; did you mean \`${meant}\`, which is weighed along calls?`,
      );
  }
  const counting = new Set(series.filter((s) => s.dimension === "requests").map((s) => s.place));
  const harmed = [
    ...new Set(series.filter((s) => s.dimension === "latency" || s.dimension === "errors").map((s) => s.place)),
  ];
  const uncounted = harmed.filter((place) => !counting.has(place));
  if (calls.length > 0 && uncounted.length > 0)
    notes.add(
      file,
      `${listed(uncounted)} no \`requests\`, so that its \`latency\` and \`errors\` cannot be weighed along calls`,
    );
}

const listed = (places: readonly string[]): string => {
  const [first = "", ...rest] = places.map((place) => `\`${place}\``);
  return rest.length === 0 ? `${first} has` : `${first} and ${rest.length} more places have`;
};
