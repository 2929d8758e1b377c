import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const servicesCount = 10_000;
const perFile = 100;

/** Half of the services: cells of four that know nothing of each other. A frontend calls two services, and these one store. */
export const cellEnvironment = "cells";
export const cellsCount = servicesCount / 8;
const cellParts = ["frontend", "orders", "stock", "store"] as const;
const cellCalls: Readonly<Record<(typeof cellParts)[number], readonly string[]>> = {
  frontend: ["orders", "stock"],
  orders: ["store"],
  stock: ["store"],
  store: [],
};

/** The other half: one database, 50 services that call it, and 99 callers of each of these, less those over the half. */
export const stormEnvironment = "storm";
const stormServices = servicesCount / 2;
const stormHubs = 50;

export const cellService = (cell: number, part: (typeof cellParts)[number]): string => `cell-${cell}-${part}`;
export const stormService = (i: number): string => (i === 0 ? "storm-database" : `storm-${i}`);
export const stormIndices: readonly number[] = Array.from({ length: stormServices }, (_, i) => i);

interface Declared {
  readonly name: string;
  readonly environment: string;
  readonly dependsOn: readonly string[];
}

function declared(): Declared[] {
  const cells = Array.from({ length: cellsCount }, (_, cell) =>
    cellParts.map((part) => ({
      name: cellService(cell, part),
      environment: cellEnvironment,
      dependsOn: cellCalls[part].map((to) => `cell-${cell}-${to}`),
    })),
  ).flat();
  const storm = stormIndices.map((i) => ({
    name: stormService(i),
    environment: stormEnvironment,
    dependsOn: i === 0 ? [] : [stormService(i <= stormHubs ? 0 : 1 + (i % stormHubs))],
  }));
  return [...cells, ...storm];
}

const documentOf = ({ name, environment, dependsOn }: Declared): string =>
  `apiVersion: homeostat.dev/v1
kind: Service
metadata:
  name: ${name}
spec:
  environment: ${environment}
  owner: bench
  dependsOn: [${dependsOn.join(", ")}]
`;

/** A care repo of 10,000 services that permits nothing to act. */
export async function writeBenchCare(dir: string): Promise<void> {
  await mkdir(join(dir, "services"), { recursive: true });
  const all = declared();
  for (let i = 0; i < all.length; i += perFile)
    await writeFile(
      join(dir, "services", `${i / perFile}.yaml`),
      all
        .slice(i, i + perFile)
        .map(documentOf)
        .join("---\n"),
    );
}
