import { readFileSync } from "node:fs";

const read = (): string => {
  const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
};

export const version: string = read();
