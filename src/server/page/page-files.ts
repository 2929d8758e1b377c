import { readFile } from "node:fs/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pagePolicy } from "../security-headers.ts";

/** The page's own files, by the path they are served at; nothing else is served, and nothing is loaded from elsewhere. */
const files = {
  "/page.js": { name: "page.js", type: "text/javascript; charset=utf-8" },
  "/view.js": { name: "view.js", type: "text/javascript; charset=utf-8" },
  "/page.css": { name: "page.css", type: "text/css; charset=utf-8" },
} as const;

/** `GET /` and what it needs. `isKnown` says whether a request carries a session; without one there is a word on how to get it. */
export function registerPage(server: FastifyInstance, isKnown: (request: FastifyRequest) => Promise<boolean>): void {
  server.get("/", async (request, reply) => {
    if (await isKnown(request)) return send(reply, "page.html", "text/html; charset=utf-8");
    return reply.code(401).type("text/plain; charset=utf-8").send("log in first: get a link with `homeostat login`\n");
  });
  for (const [path, { name, type }] of Object.entries(files))
    server.get(path, async (_request, reply) => send(reply, name, type));
}

const send = async (reply: FastifyReply, name: string, type: string): Promise<FastifyReply> =>
  reply
    .header("content-security-policy", pagePolicy)
    .type(type)
    .send(await readFile(new URL(`./assets/${name}`, import.meta.url), "utf8"));
