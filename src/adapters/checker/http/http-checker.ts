import type { CheckAnswer, Checker } from "../../../ports/checker.ts";

/** Bodies are read up to this size and thrown away; a check only looks at the status. */
const bodyMax = 65_536;

/** Checks over HTTP. Follows no redirect: a service that answers elsewhere is not the one declared. */
export const httpChecker = (): Checker => ({
  health: async (url, timeoutMs) => {
    const { status, error } = await fetchStatus(url, { method: "GET" }, timeoutMs);
    if (status === undefined) return { well: false, text: `${url} does not answer: ${error}` };
    return { well: status >= 200 && status < 300, text: `${url} answers ${status}` };
  },
  transaction: async ({ name, method, url, body, expectStatus, maxMs }) => {
    const startedMs = performance.now();
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const { status, error } = await fetchStatus(
      url,
      { method, headers, ...(body === undefined ? {} : { body }) },
      maxMs + 1_000,
    );
    const tookMs = performance.now() - startedMs;
    return judge(name, status, error, expectStatus, tookMs, maxMs);
  },
});

function judge(
  name: string,
  status: number | undefined,
  error: string,
  expected: number,
  tookMs: number,
  maxMs: number,
): CheckAnswer {
  if (status === undefined) return { well: false, text: `${name} gets no answer: ${error}` };
  if (status !== expected) return { well: false, text: `${name} answers ${status}, expected ${expected}` };
  return {
    well: tookMs <= maxMs,
    text: `${name} answers ${status} in ${tookMs.toFixed(0)} ms, at most ${maxMs} ms expected`,
  };
}

async function fetchStatus(
  url: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<{ status?: number; error: string }> {
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    await drain(response);
    return { status: response.status, error: "" };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
    return { error: cause || (error instanceof Error ? error.message : String(error)) };
  }
}

async function drain(response: Response): Promise<void> {
  let seen = 0;
  for await (const chunk of response.body ?? []) {
    seen += (chunk as Uint8Array).length;
    if (seen > bodyMax) return;
  }
}
