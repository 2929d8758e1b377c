import { readFile } from "node:fs/promises";

/** The page's own files; nothing is loaded from elsewhere. */
const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

export interface PageFile {
  readonly type: string;
  readonly text: string;
}

export async function pageFile(name: "page.html" | "page.js" | "page.css"): Promise<PageFile> {
  const extension = name.slice(name.indexOf(".") + 1);
  return {
    type: types[extension] ?? "text/plain",
    text: await readFile(new URL(`./assets/${name}`, import.meta.url), "utf8"),
  };
}

/** Nothing but our own script and style, no frames, no plug-ins: untrusted text stays text (I9). */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
