/** Whether a health URL answers 2xx in time. Redirects count as unwell: they may lead anywhere. Bodies are not read. */
export async function isHealthy(url: string, signal: AbortSignal, withinMs = 2_000): Promise<boolean> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      headers: { connection: "close" },
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
