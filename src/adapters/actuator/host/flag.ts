import { isMap, isScalar, parseDocument, type Document } from "yaml";
import { z } from "zod";
import type { ActionRequest, EffectState } from "../../../loop/run/run.ts";
import type { FlagTarget } from "../../../loop/signal/service.ts";
import type { FlagValue, TargetState } from "../../../loop/signal/target-state.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { readBounded, replaceFile } from "./files.ts";
import { declaredService, messageOf, serviceOf, type Host } from "./host.ts";
import { action } from "./parameters.ts";

const name = z.string().min(1).max(256);
const state = z.enum(["ENABLED", "DISABLED"]);

const set = action(
  "flag.set",
  "probe",
  "Turns a declared flag in a flagd file: its default variant, its state, or both.",
  z
    .strictObject({
      flag: name.describe("name of a flag the service declares"),
      variant: name.optional().describe("one of the flag's variants, to become the default"),
      state: state.optional(),
    })
    .refine((p) => p.variant !== undefined || p.state !== undefined, "variant or state must be given"),
);

const beforeSchema = z.strictObject({ variant: name, state });
type Setting = z.infer<typeof beforeSchema>;

/** Turns flags in a file of flagd's format (JSON or YAML). Only the changed words are rewritten, the rest stays as it is. */
export function createFlagActuator(host: Host): Actuator {
  return {
    name: "flag",
    actions: [set.spec],
    async observe(service) {
      const target = declaredService(host, service)?.flags;
      return target && observe(target);
    },
    async capture(request) {
      const { target, flag } = chosen(host, request);
      return settingOf(flagIn(parse(await textOf(target)), target, flag));
    },
    async execute(request, signal) {
      const { target, flag, wanted } = chosen(host, request);
      const text = await textOf(target);
      const found = flagIn(parse(text), target, flag);
      const now = settingOf(found);
      const next = joined(now, wanted);
      const detail = `flag ${flag} is ${next.state}/${next.variant}`;
      if (same(now, next)) return { detail, after: next };
      if (!same(now, settingBefore(request)))
        throw new AdapterError("target-changed", `flag \`${flag}\` was changed by somebody else meanwhile`);
      if (!found.variants.includes(next.variant))
        throw new AdapterError("no-such-variant", `flag \`${flag}\` has no variant \`${next.variant}\``);
      if (signal.aborted) throw new AdapterError("timeout", `turning flag ${flag} was aborted before it began`);
      await replaceFile(target.file, spliced(text, flag, now, next), request.key);
      return { detail: `${detail}, it was ${now.state}/${now.variant}`, after: next };
    },
    probe: (request) => probe(host, request),
  };
}

async function probe(host: Host, request: ActionRequest): Promise<EffectState> {
  const { target, flag, wanted } = chosen(host, request);
  try {
    const now = settingOf(flagIn(parse(await textOf(target)), target, flag));
    if (same(now, joined(now, wanted))) return "applied";
    return same(now, settingBefore(request)) ? "not-applied" : "unknown";
  } catch {
    return "unknown";
  }
}

function chosen(host: Host, request: Omit<ActionRequest, "before">) {
  const service = serviceOf(host, request.service);
  const { flag, ...wanted } = set.read(request.parameters);
  if (!service.flags?.flags.includes(flag))
    throw new AdapterError(
      "undeclared-flag",
      `service \`${service.name}\` does not let Homeostat turn flag \`${flag}\`; name it in spec.flags.flags`,
    );
  return { target: service.flags, flag, wanted };
}

function settingBefore(request: ActionRequest): Setting {
  const before = beforeSchema.safeParse(request.before);
  if (!before.success) throw new AdapterError("bad-before", "what was captured before this step cannot be read");
  return before.data;
}

const settingOf = (flag: FlagValue): Setting => ({ variant: flag.defaultVariant, state: flag.state });
const same = (a: Setting, b: Setting): boolean => a.variant === b.variant && a.state === b.state;
const joined = (now: Setting, wanted: Partial<Setting>): Setting => ({
  variant: wanted.variant ?? now.variant,
  state: wanted.state ?? now.state,
});

const textOf = async (target: FlagTarget): Promise<string> => (await readBounded(target.file)).toString("utf8");

/** JSON is YAML, and YAML's parser knows where each word stands. */
function parse(text: string): Document {
  const document = parseDocument(text, { version: "1.2", uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new AdapterError("unreadable", `the flag file cannot be parsed: ${error.message}`);
  return document;
}

function flagIn(document: Document, target: FlagTarget, flag: string): FlagValue {
  const node = document.getIn(["flags", flag]);
  if (!isMap(node)) throw new AdapterError("no-such-flag", `\`${target.file}\` holds no flag \`${flag}\``);
  const variants = node.get("variants");
  const value = {
    state: node.get("state"),
    defaultVariant: node.get("defaultVariant"),
    variants: isMap(variants)
      ? variants.items.map((item) => String(isScalar(item.key) ? item.key.value : item.key))
      : [],
  };
  const read = z.strictObject({ state, defaultVariant: z.string(), variants: z.array(z.string()) }).safeParse(value);
  if (!read.success) throw new AdapterError("unreadable", `flag \`${flag}\` lacks a state or a default variant`);
  return read.data;
}

/** The file's text with the changed words replaced where they stand, from the back so that places stay true. */
function spliced(text: string, flag: string, now: Setting, next: Setting): string {
  const document = parse(text);
  const words: [string, string, string][] = [
    ["defaultVariant", now.variant, next.variant],
    ["state", now.state, next.state],
  ];
  const edits = words
    .filter(([, was, becomes]) => was !== becomes)
    .map(([member, , becomes]) => {
      const node = document.getIn(["flags", flag, member], true);
      const range = isScalar(node) ? node.range : undefined;
      if (!range) throw new AdapterError("unreadable", `\`${member}\` of flag \`${flag}\` cannot be rewritten`);
      return { from: range[0], to: range[1], word: JSON.stringify(becomes) };
    });
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((all, { from, to, word }) => all.slice(0, from) + word + all.slice(to), text);
}

async function observe(target: FlagTarget): Promise<Partial<TargetState>> {
  const flags: Record<string, FlagValue> = {};
  const unreadable: string[] = [];
  try {
    const document = parse(await textOf(target));
    for (const flag of target.flags)
      try {
        flags[flag] = flagIn(document, target, flag);
      } catch (error) {
        unreadable.push(`flag ${flag}: ${messageOf(error)}`);
      }
  } catch (error) {
    unreadable.push(`flags: ${messageOf(error)}`);
  }
  return { flags, unreadable };
}
