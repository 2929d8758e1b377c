import type { FastifyInstance } from "fastify";

/** Nothing but our own script and style, no frames, no plug-ins: untrusted text stays text (I9). */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** On every answer, refusals too. To be called before any route is registered; the page widens its own policy. */
export function setSecurityHeaders(server: FastifyInstance): void {
  server.addHook("onRequest", async (_request, reply) => void reply.headers(securityHeaders));
}
