import { jsonText, sha256OfFile, sha256OfText, writeJson } from "../files.ts";
import { writeVariant } from "../flag-file.ts";
import { flagOwner, memberNamed, type FlagName, type ServiceName, type ShopLayout } from "../layout.ts";
import { patched, readSettings, type SettingsPatch } from "../settings.ts";
import { emitChange, type Events } from "./change-event.ts";
import { announce } from "./intent.ts";
import { restartService } from "./restart.ts";

export interface EditOptions {
  /** Where to announce the change; nobody is told when absent. */
  readonly events?: Events | undefined;
  /** Whether the instances are restarted so that the file counts; true when absent. Flags need no restart. */
  readonly apply?: boolean;
}

/** Changes a service's config file and applies it. Resolves with the time the file changed. */
export async function setConfig(
  layout: ShopLayout,
  service: ServiceName,
  patch: SettingsPatch,
  options: EditOptions = {},
): Promise<number> {
  const member = memberNamed(layout, service);
  const from = sha256OfFile(member.configFile);
  const settings = patched(readSettings(member.configFile), patch);
  const to = sha256OfText(jsonText(settings));
  const because = `set config of ${service}`;
  announce(layout, { kind: "config", service, to, because });
  writeJson(member.configFile, settings);
  const atMs = Date.now();
  if (options.events !== undefined)
    await emitChange(options.events, {
      kind: "config",
      service,
      environment: layout.environment,
      from,
      to,
      subject: `${service}.json`,
      actor: "configurator",
    });
  if (options.apply ?? true) await restartService(layout, member, because);
  return atMs;
}

/** Turns a flag on or off; the service sees it within a second. Resolves with the time the file changed. */
export async function setFlag(
  layout: ShopLayout,
  flag: FlagName,
  variant: "on" | "off",
  options: Pick<EditOptions, "events"> = {},
): Promise<number> {
  announce(layout, { kind: "flag", flag, to: variant, because: `set flag ${flag} ${variant}` });
  const from = writeVariant(layout.flagsFile, flag, variant);
  const atMs = Date.now();
  if (options.events !== undefined)
    await emitChange(options.events, {
      kind: "flag",
      service: flagOwner[flag],
      environment: layout.environment,
      from,
      to: variant,
      subject: flag,
      actor: "product",
    });
  return atMs;
}
