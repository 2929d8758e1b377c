import { readText, writeJson } from "./files.ts";
import type { FlagName } from "./layout.ts";

/** flagd's file format, the part the shop uses (https://flagd.dev/reference/flag-definitions/). */
export interface FlagFile {
  readonly $schema: string;
  readonly flags: Readonly<
    Record<
      string,
      {
        readonly state: "ENABLED" | "DISABLED";
        readonly variants: Readonly<Record<string, boolean>>;
        readonly defaultVariant: string;
      }
    >
  >;
}

export const firstFlags = (names: readonly FlagName[]): FlagFile => ({
  $schema: "https://flagd.dev/schema/v0/flags.json",
  flags: Object.fromEntries(
    names.map((name) => [name, { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" }]),
  ),
});

/** Throws when the file is absent or not JSON. */
export const readFlags = (path: string): FlagFile => JSON.parse(readText(path));

/** Whether a flag is on: a disabled or unknown flag is off. */
export function isOn(file: FlagFile | undefined, name: FlagName): boolean {
  const flag = file?.flags[name];
  return flag?.state === "ENABLED" && flag.variants[flag.defaultVariant] === true;
}

/** Changes a flag's default variant; returns the one before. */
export function writeVariant(path: string, name: FlagName, variant: "on" | "off"): string {
  const file = readFlags(path);
  const flag = file.flags[name];
  if (flag === undefined)
    throw new Error(`no flag \`${name}\` in the flag file, use one of ${Object.keys(file.flags).join(", ")}`);
  writeJson(path, { ...file, flags: { ...file.flags, [name]: { ...flag, defaultVariant: variant } } });
  return flag.defaultVariant;
}
