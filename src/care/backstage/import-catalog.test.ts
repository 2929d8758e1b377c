import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { checkCare } from "../check-care.ts";
import { careOptions } from "../care-world.testsuite.ts";
import { importCatalog } from "./import-catalog.ts";

const shop = fileURLToPath(new URL("../../../test/backstage", import.meta.url));

let dir: string;
let care: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "homeostat-backstage-"));
  care = join(dir, "care");
  await mkdir(care);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const importing = async (files: readonly string[], options: { dryRun?: boolean; environment?: string } = {}) => {
  const { dryRun = false, environment = "production" } = options;
  return await importCatalog(files, { care, environment, dryRun });
};
const imported = async (...files: string[]) => {
  const result = await importing(files);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const refused = async (...files: string[]) => {
  const result = await importing(files);
  if (result.ok) throw new Error(`taken: ${JSON.stringify(result.value)}`);
  expect(await written()).toEqual([]);
  return result.error;
};
const put = async (name: string, text: string | Uint8Array): Promise<string> => {
  await mkdir(join(dir, "catalog", name, ".."), { recursive: true });
  await writeFile(join(dir, "catalog", name), text);
  return join(dir, "catalog", name);
};
const written = async (): Promise<string[]> =>
  (await readdir(join(care, "services")).catch((): string[] => [])).toSorted();
const spec = async (name: string): Promise<Record<string, unknown>> =>
  (parse(await readFile(join(care, "services", `${name}.yaml`), "utf8")) as { spec: Record<string, unknown> }).spec;

interface Described {
  readonly name: string;
  readonly kind?: string;
  readonly metadata?: object;
  readonly spec?: object;
}
const entity = ({ name, kind = "Component", metadata, spec }: Described): string =>
  stringify({
    apiVersion: "backstage.io/v1alpha1",
    kind,
    metadata: { name, ...metadata },
    spec: { type: "service", lifecycle: "production", owner: "shop-team", ...spec },
  });
const catalog = (...entities: Described[]): string => entities.map(entity).join("---\n");
const location = (spec: object): string =>
  stringify({ apiVersion: "backstage.io/v1alpha1", kind: "Location", metadata: { name: "all" }, spec });

describe("a shop's catalog", () => {
  test("becomes services that the care repo's check accepts", async () => {
    const { services, notes, ignored } = await imported(join(shop, "catalog-info.yaml"));
    const names = ["cart", "cart-store", "ledger", "payment-gateway", "settlement", "web-shop"];
    expect(services.map((s) => s.name)).toEqual(names);
    expect(await written()).toEqual(names.map((n) => `${n}.yaml`).toSorted());
    expect(await spec("web-shop")).toEqual({
      environment: "production",
      owner: "storefront",
      tier: 1,
      labels: { type: "website", lifecycle: "production", system: "shop", "shop.example.com/service-tier": "1" },
      dependsOn: ["cart", "payment-gateway"],
    });
    expect(await spec("payment-gateway")).toMatchObject({
      owner: "payments",
      dependsOn: ["ledger", "settlement"],
      telemetryName: "Payment.Gateway",
    });
    expect(await spec("ledger")).toMatchObject({ tier: 1, emitsTelemetry: false });
    expect(await spec("settlement")).toMatchObject({ owner: "jordan", dependsOn: ["ledger"] });
    expect(ignored).toEqual({ API: 2, Domain: 1, Group: 2, System: 1 });
    for (const part of [
      "catalog-info.yaml:11: `https://git.example.com/logistics",
      "catalog-info.yaml:24: `component:default/ui-kit` is of type `library`",
      "catalog-info.yaml:25: `component:logistics/tracking` is in none of these files",
      "catalog-info.yaml:15: nothing that runs in these files provides `api:default/fraud-api`",
      "`Payment.Gateway` is called `payment-gateway` here",
      "1 of type `library` left out",
      "1 Resource left out",
    ])
      expect(notes).toContainEqual(expect.stringContaining(part));
    const { errors, config } = await checkCare(care, careOptions());
    expect(errors).toEqual([]);
    expect(config?.services.map((s) => s.name).toSorted()).toEqual(names);
  });

  test("gives the same texts in whatever order its files come, and nothing the second time", async () => {
    const files = ["storefront", "payments"].map((part) => join(shop, part, "catalog-info.yaml"));
    const dry = async (order: readonly string[]) => {
      const result = await importing(order, { dryRun: true });
      return result.ok ? result.value.services : [];
    };
    const first = await dry(files);
    expect(first.length).toBe(6);
    expect(await dry(files.toReversed())).toEqual(first);
    expect(await written()).toEqual([]);
    expect((await imported(...files)).services).toEqual(first);
    const again = await imported(...files);
    expect(again.services).toEqual([]);
    expect(again.declared.map(({ name, ...d }) => [name, Object.keys(d)])).toEqual(
      first.map((s) => [s.name, ["at", "from"]]),
    );
  });
});

describe("what the care repo declares", () => {
  const own = (owner: string, extra = ""): string =>
    `apiVersion: homeostat.dev/v1\nkind: Service\nmetadata: { name: cart }\nspec: { environment: staging, owner: ${owner}${extra} }\n`;

  test("is left as it is, and told with what differs", async () => {
    const text = `${own("other-team", ", dependsOn: [search]")}---\n${own("x").replace("cart", "search")}`;
    await writeFile(join(care, "mine.yaml"), text);
    const file = await put("a.yaml", catalog({ name: "cart", spec: { dependsOn: ["resource:db"] } }, db));
    expect((await imported(file)).declared).toEqual([
      {
        name: "cart",
        at: "mine.yaml:3",
        from: "component:default/cart",
        environment: { declared: "staging", catalog: "production" },
        owner: { declared: "other-team", catalog: "shop-team" },
        dependsOn: { onlyDeclared: ["search"], onlyCatalog: ["db"] },
      },
    ]);
    expect(await readFile(join(care, "mine.yaml"), "utf8")).toBe(text);
    expect(await written()).toEqual(["db.yaml"]);
  });

  const db = { name: "db", kind: "Resource" };

  test("may be depended on, by the name people gave it or by where it came from", async () => {
    await writeFile(join(care, "mine.yaml"), own("shop-team"));
    await imported(await put("a.yaml", catalog({ name: "Tax.Service" })));
    const dependsOn = ["component:cart", "component:default/tax.service", "component:other/Tax.Service"];
    const { notes } = await imported(await put("b.yaml", catalog({ name: "web", spec: { dependsOn } })));
    expect(await spec("web")).toMatchObject({ dependsOn: ["cart", "tax-service"] });
    expect(notes).toEqual([expect.stringContaining("`component:other/tax.service` is in none of these files")]);
  });

  test("from another namespace is no reason to take two for one", async () => {
    const file = await put("a.yaml", catalog({ name: "cart", metadata: { namespace: "eu" } }));
    await imported(file);
    await imported(await put("b.yaml", catalog({ name: "cart" }, { name: "web", spec: { dependsOn: ["cart"] } })));
    expect(await written()).toEqual(["cart.yaml", "default-cart.yaml", "web.yaml"]);
    expect(await spec("web")).toMatchObject({ dependsOn: ["default-cart"] });
    expect((await imported(file)).declared).toMatchObject([{ name: "cart", from: "component:eu/cart" }]);
  });

  test("with an error lets nothing be written to it", async () => {
    await writeFile(join(care, "mine.yaml"), own("shop-team", ", dependsOn: [nobody]"));
    expect(await refused(await put("a.yaml", catalog({ name: "web" })))).toMatchObject([
      { file: join(care, "mine.yaml"), line: 4, message: "unknown service `nobody`" },
    ]);
  });

  test("in a file of the same name is not written over, whatever it holds", async () => {
    await mkdir(join(care, "services"));
    await writeFile(join(care, "services", "web.yaml"), "# notes\n");
    const result = await importing([await put("a.yaml", catalog({ name: "web" }, { name: "api" }))]);
    expect(result).toMatchObject({ error: [{ message: "the file is there, and does not declare this service" }] });
    expect(await readFile(join(care, "services", "web.yaml"), "utf8")).toBe("# notes\n");
    expect(await written()).toEqual(["web.yaml"]);
  });
});

describe("names", () => {
  test("that Backstage tells apart by namespace and kind stay apart", async () => {
    const file = await put(
      "a.yaml",
      catalog(
        { name: "cart", spec: { dependsOn: ["resource:cart", "component:eu/cart"] } },
        { name: "cart", kind: "Resource" },
        {
          name: "cart",
          metadata: { namespace: "eu" },
          spec: { dependsOn: ["component:default/cart", "resource:cart"] },
        },
        { name: "cart", kind: "Resource", metadata: { namespace: "eu" } },
      ),
    );
    await imported(file);
    expect(await written()).toEqual(["cart-resource.yaml", "cart.yaml", "eu-cart-resource.yaml", "eu-cart.yaml"]);
    expect(await spec("cart")).toMatchObject({ dependsOn: ["cart-resource", "eu-cart"] });
    expect(await spec("eu-cart")).toMatchObject({ dependsOn: ["cart", "eu-cart-resource"] });
  });

  test("that differ by nothing a service's name can say are refused", async () => {
    const file = await put("a.yaml", catalog({ name: "cart.api" }, { name: "cart_api" }));
    expect(await refused(file)).toMatchObject([{ line: 13, message: "two would be the service `cart-api`" }]);
  });

  test("declared twice are refused, with the other's place", async () => {
    const [a, b] = [await put("a.yaml", catalog({ name: "cart" })), await put("b.yaml", catalog({ name: "Cart" }))];
    expect(await refused(a, b)).toContainEqual(
      expect.objectContaining({
        file: b,
        line: 4,
        message: "`component:default/cart` is declared twice",
        fix: `remove one; the other is in ${a}:4`,
      }),
    );
  });
});

test.each([
  [{ labels: { tier: "2" } }, 2],
  [{ labels: { tier: 2 } }, 2],
  [{ annotations: { "example.com/service-tier": "tier-1" } }, 1],
  [{ labels: { "example.com/criticality": "medium" }, annotations: { tier: "2" } }, 2],
  [{ labels: { tier: "backend" } }, undefined],
  [{ labels: { "example.com/frontier": "1" } }, undefined],
  [{ annotations: { tier: { deep: 1 }, criticality: "constructor" } }, undefined],
])("the tier of %j is %s", async (metadata, tier) => {
  await imported(await put("a.yaml", catalog({ name: "cart", metadata })));
  expect((await spec("cart"))["tier"]).toBe(tier);
});

describe("Locations", () => {
  const cart = catalog({ name: "cart" });

  test("lead to files below, also in a circle, and each is read once", async () => {
    await put("teams/a.yaml", `${location({ target: "../all.yaml" })}---\n${cart}`);
    const file = await put("all.yaml", location({ targets: ["./teams/a.yaml", "teams/../teams/a.yaml"] }));
    expect(await imported(file, file)).toMatchObject({ services: [{ name: "cart" }], notes: [] });
  });

  test.each([
    "../outside.yaml",
    "/etc/passwd",
    "teams/../../outside.yaml",
    "https://example.com/a.yaml",
    "file:///etc/passwd",
    "*/a.yaml",
    "link.yaml",
    "links/outside.yaml",
  ])("never lead to %s: it is told", async (target) => {
    await writeFile(join(dir, "outside.yaml"), catalog({ name: "secret" }));
    const file = await put("all.yaml", `${location({ targets: [target] })}---\n${cart}`);
    await symlink(join(dir, "outside.yaml"), join(dir, "catalog", "link.yaml"));
    await symlink(dir, join(dir, "catalog", "links"));
    const { services, notes } = await imported(file);
    expect(services.map((s) => s.name)).toEqual(["cart"]);
    expect(notes).toEqual([expect.stringContaining(`${file}:7: \`${target}\` is not followed: `)]);
  });

  test("to what is not there are an error, unless it may be absent", async () => {
    const file = await put("all.yaml", `${location({ target: "./gone.yaml" })}---\n${cart}`);
    expect(await refused(file)).toMatchObject([{ file, line: 6, path: "spec.target" }]);
    const may = await put("may.yaml", `${location({ target: "./gone.yaml", presence: "optional" })}---\n${cart}`);
    expect((await imported(may)).notes).toEqual([expect.stringContaining("the file is not there")]);
  });
});

describe("hostile files", () => {
  const good = catalog({ name: "cart" });

  test.each([
    ["a name that leads elsewhere", { name: "../../../etc/cron.d/evil" }, /not valid here/],
    ["a name with control characters", { name: "a\u001b[2J" }, /not valid here/],
    ["a name that is too long", { name: "a".repeat(64) }, /not valid here/],
    ["a name of dots", { name: ".." }, /not valid here/],
    ["a namespace that leads elsewhere", { name: "a", metadata: { namespace: "../x" } }, /not valid here/],
    ["an owner of two lines", { name: "a", spec: { owner: "a\n  tier: 1" } }, /line breaks or control/],
    ["an owner that steers", { name: "a", spec: { owner: "a\u009b31m" } }, /line breaks or control/],
    ["a label that steers", { name: "a", metadata: { labels: { k: "v\u202e" } } }, /control characters/],
    ["a label's name that steers", { name: "a", metadata: { labels: { "k\u0007": "v" } } }, /not valid here/],
    ["a reference that leads elsewhere", { name: "a", spec: { dependsOn: ["component:../b"] } }, /no reference/],
    ["a reference without end", { name: "a", spec: { dependsOn: ["a".repeat(100_000)] } }, /no reference/],
    ["no owner", { name: "a", spec: { owner: undefined } }, /`owner` is missing/],
    ["a mapping for an owner", { name: "a", spec: { owner: { $text: "/etc/passwd" } } }, /a mapping is not valid/],
  ])("%s is refused at its place, and nothing is written", async (_what, described, message) => {
    const file = await put("a.yaml", `${good}---\n${entity(described)}`);
    const errors = await refused(await put("good.yaml", catalog({ name: "web" })), file);
    expect(errors).toMatchObject([{ file, message: expect.stringMatching(message) }]);
    expect(errors[0]?.line).toBeGreaterThan(8);
  });

  test.each([
    ["no YAML", "a: [", /./],
    ["nested without end", "[".repeat(50_000), /nested more than/],
    ["a bomb of aliases", `a: &a [x, x]\nb: &b [${"*a, ".repeat(60)}]\nc: [${"*b, ".repeat(60)}]\n`, /aliases/],
    ["a list", "- a\n", /no descriptor/],
    ["too large", "#".repeat(1_100_000), /1100000 bytes/],
    ["no text", Uint8Array.of(0xff, 0xfe, 0), /no UTF-8/],
    ["an unknown version", good.replace("v1alpha1", "v9"), /not valid here/],
  ])("a file that is %s is refused", async (_what, text, message) => {
    const file = await put("bad.yaml", text);
    const [error] = await refused(await put("good.yaml", good), file);
    expect(error).toMatchObject({ file, message: expect.stringMatching(message) });
  });

  test("a folder, a device and nothing at all are no files", async () => {
    const errors = await refused(dir, "/dev/zero", join(dir, "gone.yaml"), "a\0b");
    expect(errors.map((e) => e.message).toSorted()).toEqual([
      "the file is not there",
      "the file is not there",
      "this is no file",
      "this is no file",
    ]);
  });

  test("members that every object has are names like any other", async () => {
    const text = `${entity({ name: "constructor", spec: { dependsOn: ["component:toString"] } })}---
apiVersion: backstage.io/v1alpha1
kind: __proto__
---
${entity({ name: "hasOwnProperty" }).replace("metadata:", "metadata:\n  labels: { __proto__: x, toString: y }")}`;
    const { ignored, services } = await imported(await put("a.yaml", text));
    expect(services.map((s) => s.name)).toEqual(["constructor", "hasownproperty"]);
    expect(Object.entries(ignored)).toEqual([["__proto__", 1]]);
    expect((await checkCare(care, careOptions())).errors).toEqual([]);
  });

  test("a services folder that is a link leads nowhere", async () => {
    await mkdir(join(dir, "elsewhere"));
    await symlink(join(dir, "elsewhere"), join(care, "services"));
    expect(await refused(await put("a.yaml", good))).toMatchObject([{ message: "this is no folder" }]);
    expect(await readdir(join(dir, "elsewhere"))).toEqual([]);
  });

  test("whatever stands in a descriptor, only services are written, and they pass the check", async () => {
    const usual = ["cart", "Cart.API", "web", "yes", "1", "null", "shop-team"];
    const word = fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 40 }, fc.string(), fc.constant("../x"));
    const reference = fc.oneof({ arbitrary: fc.constantFrom("component:cart", "resource:eu/web"), weight: 5 }, word);
    const described = fc.record({
      name: word,
      kind: fc.constantFrom("Component", "Resource", "API"),
      metadata: fc.record({ namespace: fc.constantFrom("default", "eu") }),
      spec: fc.record({ owner: word, type: word, dependsOn: fc.array(reference, { maxLength: 3 }) }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(described, { maxLength: 4 }), async (all) => {
        await rm(join(care, "services"), { recursive: true, force: true });
        const result = await importing([await put("a.yaml", catalog(...all))]);
        expect(await written()).toEqual(result.ok ? result.value.services.map((s) => `${s.name}.yaml`).toSorted() : []);
        expect(await readdir(care)).toEqual((await written()).length > 0 ? ["services"] : []);
        if (result.ok) expect((await checkCare(care, careOptions())).errors).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
