import type { Command } from "commander";
import type { DeclaredService } from "../care/backstage/compare-service.ts";
import type { Imported } from "../care/backstage/import-catalog.ts";
import type { CatalogService } from "../care/backstage/write-service.ts";
import { isAddress, maskAddress } from "../care/mask-address.ts";
import { nameField } from "../care/schema/fields.ts";
import type { CareError } from "../loop/signal/care-error.ts";
import { careErrorLine } from "./care-error-line.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print } from "./print.ts";
import { withExamples } from "./with-connection.ts";

interface Options {
  readonly care: string;
  readonly environment: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `import`: services that another catalog describes, into a care repo. */
export function addImport(program: Command): void {
  const backstage = program
    .command("import")
    .description("services from another catalog, into a care repo")
    .command("backstage")
    .argument("<file...>", "descriptors such as catalog-info.yaml; what their Locations name below is read too")
    .description(
      "a service for each Component of a Backstage catalog; exits 6 and writes nothing when anything is wrong",
    )
    .requiredOption("--care <dir>", "the care repo to write to; what it declares already is left as it is")
    .requiredOption("--environment <name>", "where they run")
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--json", "one JSON document on standard output, also when it fails")
    .action(importBackstage);
  withExamples(
    backstage,
    "homeostat import backstage catalog-info.yaml --care care --environment production --dry-run",
    "homeostat import backstage */catalog-info.yaml --care care --environment production",
  );
}

async function importBackstage(files: readonly string[], options: Options): Promise<void> {
  const { care, environment, dryRun = false, json = false } = options;
  if (isAddress(care))
    throw new CommandError(exitCode.usage, `\`${maskAddress(care)}\` is no folder: clone the care repo, import, push`);
  if (!nameField.safeParse(environment).success)
    throw new CommandError(exitCode.usage, `\`${environment}\` is no environment: write it like \`production\``);
  const { importCatalog } = await import("../care/backstage/import-catalog.ts");
  const imported = await importCatalog(files, { care, environment, dryRun });
  if (!imported.ok) throw refused(imported.error);
  const { services, declared, notes, ignored } = imported.value;
  const shown = { dryRun, services: services.map(({ text: _text, ...s }) => s), declared, notes, ignored };
  print(json, shown, () => linesOf(imported.value, care, dryRun));
  if (services.length + declared.length === 0) process.exitCode = exitCode.invalid;
}

const namedMax = 50;

function refused(errors: readonly CareError[]): CommandError {
  const reasons = errors.slice(0, namedMax).map((e) => careErrorLine("error", e));
  const more = errors.length > namedMax ? [`${errors.length - namedMax} more`] : [];
  const many = `${errors.length} ${errors.length === 1 ? "thing is" : "things are"} wrong`;
  return new CommandError(exitCode.invalid, `nothing is written: ${many}`, { reasons: [...reasons, ...more] });
}

function linesOf({ services, declared, notes, ignored }: Imported, care: string, dryRun: boolean): string[] {
  const kinds = Object.entries(ignored).map(([kind, count]) => `${count} ${kind}`);
  const left = [...notes, ...(kinds.length > 0 ? [`kinds that are not read: ${kinds.join(", ")}`] : [])];
  return [
    ...head(services, declared, care, dryRun),
    ...services.map(serviceLine),
    ...section("declared already, and left as they are:", declared.map(declaredLine)),
    ...section("to know:", left),
    ...(services.length > 0 && !dryRun ? ["", `see whether it is right: homeostat check ${care}`] : []),
  ];
}

function head(
  services: readonly CatalogService[],
  declared: readonly DeclaredService[],
  care: string,
  dryRun: boolean,
): string[] {
  if (services.length + declared.length === 0) return ["these files hold no Component that runs: nothing is written"];
  if (services.length === 0) return ["nothing to write: every service is declared already"];
  const many = `${services.length} ${services.length === 1 ? "service" : "services"}`;
  return [`${dryRun ? "would write" : "wrote"} ${many} to ${care}:`];
}

const serviceLine = ({ file, owner, tier, dependsOn }: CatalogService): string =>
  [
    `  ${file}: of ${owner}`,
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(dependsOn.length > 0 ? [`depends on ${dependsOn.join(", ")}`] : []),
  ].join("; ");

function declaredLine({ name, at, environment, owner, dependsOn }: DeclaredService): string {
  const differs = [
    ...Object.entries({ environment, owner }).flatMap(([field, d]) =>
      d ? [`${field} is \`${d.declared}\`, in the catalog \`${d.catalog}\``] : [],
    ),
    ...(dependsOn?.onlyCatalog.length ? [`only the catalog has it depend on ${dependsOn.onlyCatalog.join(", ")}`] : []),
    ...(dependsOn?.onlyDeclared.length ? [`only here it depends on ${dependsOn.onlyDeclared.join(", ")}`] : []),
  ];
  return `${name} (${at}): ${differs.length > 0 ? differs.join("; ") : "as in the catalog"}`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0
    ? []
    : [
        "",
        title,
        ...lines.slice(0, namedMax).map((line) => `  ${line}`),
        ...(lines.length > namedMax ? [`  and ${lines.length - namedMax} more, see --json`] : []),
      ];
