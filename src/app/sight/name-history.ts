import type { Found, History } from "../../ports/archive.ts";
import type { Naming } from "./naming.ts";

/** The same history by the care repo's names, in questions and in answers. */
export function nameHistory(history: History, naming: Pick<Naming, "seen" | "declared">): History {
  const asked = <Q extends { readonly service?: string; readonly environment?: string }>(query: Q): Q =>
    query.service === undefined ? query : { ...query, service: naming.seen(query.service, query.environment ?? "") };
  const told = <R extends { readonly service: string; readonly environment: string }>(found: Found<R>): Found<R> => ({
    ...found,
    rows: found.rows.map((row) => ({ ...row, service: naming.declared(row.service, row.environment) })),
  });
  return {
    points: async (query) => told(await history.points(asked(query))),
    logs: async (query) => told(await history.logs(asked(query))),
    async spans(query) {
      const found = told(await history.spans(asked(query)));
      const rows = found.rows.map((row) =>
        row.peer === undefined ? row : { ...row, peer: naming.declared(row.peer, row.environment) },
      );
      return { ...found, rows };
    },
    redSteps(query) {
      const seen = (service: string) => naming.seen(service, query.environment);
      const { only } = query;
      const other = only?.type === "edge" && only.other !== undefined ? { other: seen(only.other) } : {};
      return history.redSteps({
        ...query,
        services: query.services.map(seen),
        ...(only ? { only: { ...only, ...other } } : {}),
      });
    },
  };
}
